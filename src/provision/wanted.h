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
 * told of each key. The keys of [panel] and of a source are model/config.h's.
 */
#ifndef DRILLBOX_PROVISION_WANTED_H
#define DRILLBOX_PROVISION_WANTED_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "model/config.h"
#include "provision/network.h"
#include "provision/ssh_key.h"

#define PROVISION_FILE "drillbox.txt"
#define WANTED_CAP ((size_t)64 << 10) /* bytes of the file */

/* A value that is taken off the card once it was applied. */
struct secret {
	char *value; /* NULL: not given */
	int line;
	size_t at, length; /* in the file */
	bool masked;	   /* all '*': what the box already holds */
};

struct wanted_ssh {
	struct ssh_key key;
	char *allowed; /* "allow drill fetch"; NULL: reading alone */
};

struct wanted_ssh_list {
	struct wanted_ssh *items;
	size_t count;
};

/* Files beside drillbox.txt that a source names. */
enum part { PART_CA, PART_CLIENT_CERT, PART_CLIENT_KEY, PARTS };

struct wanted_file {
	char *name; /* NULL: not given */
	int line;
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
	struct secret password;
	struct wanted_file files[PARTS];
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
	struct secret wifi_password;
	struct box_config panel;
	struct wanted_keys panel_keys;
	int panel_line;
	struct wanted_source *sources; /* in the order of the file */
	size_t source_count;
};

/* ERR_CONFIG begins with file and line. Nothing in it repeats a secret. */
MUST_CHECK int wanted_read(const char *bytes, size_t n, struct wanted *ret, struct error *err);
void wanted_done(struct wanted *w);

/* Whether nothing at all is asked for: every line is a comment. */
bool wanted_is_empty(const struct wanted *w);

/* Every secret of the file: the i-th, or NULL behind the last. */
struct secret *wanted_secret(struct wanted *w, size_t i);

/* Put "drillbox.txt, line N" before an error. */
int wanted_fail_at(int line, struct error *err);

/* The word for a part in drillbox.txt, and the end of the name of the box's own file ("-ca.pem"). */
const char *part_key(enum part part);
const char *part_suffix(enum part part);

/* A key of drillbox.txt. Ends with section NULL; the keys of [panel] and of a source that are as in the box's own files are not in it. */
struct provision_key {
	const char *section, *key;
	const char *meaning;
	bool repeats;
	int (*set)(struct wanted *w, struct wanted_source *source, const char *value, struct error *err);
};

const struct provision_key *wanted_keys(void);

#endif
