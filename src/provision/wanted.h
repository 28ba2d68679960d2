/*
 * What drillbox.txt asks for: the file read into plain structs, every value
 * looked at for itself. What the box already has is not asked here; that is
 * installation.h's.
 *
 *     CLEANUP(wanted_done) struct wanted wanted = {0};
 *     if (wanted_read(bytes, n, &wanted, err) < 0)
 *             return -1;          -> "drillbox.txt, line 12: unknown key ..."
 *
 * One table (wanted_keys()) drives reading, the nearest-name hints, and what is
 * told of each key; what the box holds in files of its own is held.h's, and all
 * other keys of [panel], of [notify] and of a source are model/config.h's.
 */
#ifndef DRILLBOX_PROVISION_WANTED_H
#define DRILLBOX_PROVISION_WANTED_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "model/config.h"
#include "provision/held.h"
#include "provision/network.h"
#include "provision/ssh_key.h"

#define WANTED_CAP ((size_t)64 << 10) /* bytes of the file */

/* A value, and where it stands in the file. */
struct given {
	char *value; /* NULL: not given */
	int line;
	size_t at, length;
	bool masked; /* a secret of nothing but '*': what the box already holds */
};

struct wanted_ssh {
	struct ssh_key key;
	char *allowed; /* "allow drill fetch"; NULL: reading alone */
};

struct wanted_ssh_list {
	struct wanted_ssh *items;
	size_t count;
};

struct wanted_key {
	char *section, *key, *value; /* as they go into a file of the box; section without the name */
};

struct wanted_keys {
	struct wanted_key *items;
	size_t count;
};

struct wanted_source {
	char *name;
	int line; /* the first that names it */
	bool has_section; /* [source NAME] itself */
	struct source_config config;
	struct wanted_keys keys;
	struct given held[HELDS];
};

/* What goes into drillbox.conf. */
struct wanted_conf {
	int panel_line, notify_line; /* of the section; 0: not given */
	struct box_config config;
	struct wanted_keys keys;
	struct given held[HELDS];
};

/* All text is owned, NULL where it is not given. */
struct wanted {
	char *name, *time_zone;
	int time_zone_line;
	bool mdns_given, mdns;
	int encrypt_line; /* 0: not given */
	bool encrypt;
	struct wanted_ssh_list admin, history;
	struct link wire, air;
	int wire_line, air_line;
	char *ssid, *country;
	struct given wifi_password;
	struct wanted_conf conf;
	struct wanted_source *sources; /* in the order of the file */
	size_t source_count;
};

/* ERR_CONFIG begins with file and line. Nothing in it repeats a secret. */
MUST_CHECK int wanted_read(const char *bytes, size_t n, struct wanted *ret, struct error *err);
void wanted_done(struct wanted *w);

/* Whether nothing at all is asked for: every line is a comment. */
bool wanted_is_empty(const struct wanted *w);

/* Every secret of the file: the i-th, or NULL behind the last. */
struct given *wanted_secret(struct wanted *w, size_t i);

/* What is to be held: of the box itself for 0, then of each source; NULL behind the last. An array of HELDS. */
static inline const struct given *wanted_held(const struct wanted *w, size_t i)
{
	if (i == 0)
		return w->conf.held;
	return i <= w->source_count ? w->sources[i - 1].held : NULL;
}

/* Put "drillbox.txt, line N" before an error. */
int wanted_fail_at(int line, struct error *err);

/* A key of drillbox.txt. Ends with section NULL; those of held.h, and those that are as in the box's own files, are not in it. */
struct provision_key {
	const char *section, *key;
	const char *meaning;
	bool repeats;
	int (*set)(struct wanted *w, const char *value, struct error *err);
};

const struct provision_key *wanted_keys(void);

/* Every section as in the tables, in the order in which they are told; those with NAME are of a source. Ends with NULL. */
const char *const *wanted_sections(void);

/* Whether drillbox.txt takes a key of the box's own files as it is. 'section' is as in the tables ("source NAME"). */
bool wanted_takes_as_it_is(const char *section, const struct config_key *key);

#endif
