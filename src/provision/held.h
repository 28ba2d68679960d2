/*
 * What a source or the box is given that the box then holds in a file of its own,
 * below secrets/ beside its configuration: a secret that stands in drillbox.txt,
 * or a file that lies beside it. One table says for each what it is called there
 * and here, what it has to look like, and whether it is taken off the card.
 */
#ifndef DRILLBOX_PROVISION_HELD_H
#define DRILLBOX_PROVISION_HELD_H

#include <stdbool.h>
#include <stddef.h>

#define PROVISION_FILE "drillbox.txt"
#define HELD_FILE_CAP ((size_t)64 << 10) /* bytes of a file beside it */

enum held {
	/* secrets, in drillbox.txt itself */
	HELD_PASSWORD,
	HELD_TOKEN,
	HELD_SECRET_KEY,
	HELD_SESSION_TOKEN,
	HELD_SOURCE_PING,
	HELD_PING,
	HELD_WEBHOOK,
	HELD_SECRETS, /* how many these are */
	/* files beside it */
	HELD_CA = HELD_SECRETS,
	HELD_CLIENT_CERT,
	HELD_CLIENT_KEY,
	HELD_HEADERS,
	HELD_NOTIFY_CA,
	HELDS,
};

struct held_kind {
	const char *section, *key; /* in drillbox.txt, with NAME for a source's; the value is the secret, or the file's name */
	const char *meaning;
	const char *conf_key; /* in the box's own files, in the section of the same first word; its value is a path */
	const char *file;     /* below secrets/; of a source it follows the source's name */
	bool leaves;	      /* the card, once the box has it */
	/* Why these bytes cannot be that, as the end of a sentence that names them but does not repeat them; NULL: they can. */
	const char *(*quarrel)(const char *bytes, size_t n);
};

const struct held_kind *held_kind(enum held held);

static inline bool held_is_file(enum held held)
{
	return held >= HELD_SECRETS;
}

/* The one of that section ("source NAME") with that key, as drillbox.txt has it, or as the box's own files do; HELDS: none. */
enum held held_find(const char *section, const char *key);
enum held held_find_in_conf(const char *section, const char *key);

/* "secrets/shop.token": relative to the configuration. 'source' is NULL for what is the box's. Owned by the caller. */
char *held_path(enum held held, const char *source);

#endif
