/*
 * A dump that a person hands in: a file, the folder of a directory archive, or
 * standard input. It is copied and hashed in one pass, recognised by its first
 * bytes, and held against what lies beside it (offer.h) as if it had been published.
 *
 * Links within a folder are not followed; what is no plain file is refused
 * before it is opened. Nothing is synced and nothing gets a name: that is the
 * store's. After an error whoever called removes what is at part_path.
 */
#ifndef DRILLBOX_PULL_HANDED_H
#define DRILLBOX_PULL_HANDED_H

#include "pull/published.h"

#define HANDED_INPUT "-" /* standard input, by way of the command line */
#define HANDED_FILES_CAP 100000 /* in a folder */

struct handed_request {
	const char *path;	/* as it was given */
	const char *part_path;	/* to be written: a file, or a folder where 'path' is one */
	int64_t size_cap;	/* bytes; 0: none */
	int64_t space_floor;	/* stop when the disk's free bytes fall under it; 0: none */
	struct deadline deadline;
	/* Asked before the first byte, where its digest is known ("": not) and its size (-1: not): an error ends it. */
	int (*offered)(void *context, const struct origin *origin, const char *sha256, int64_t bytes, struct error *err);
	/* So many bytes are to come (-1: not known): make room, or refuse. */
	int (*admit)(void *context, int64_t bytes, struct error *err);
	/* What it is and tells of itself, once that is known, with the manifest that lies beside it: an error ends it. */
	int (*recognised)(void *context, const struct published *so_far, struct error *err);
	void (*progress)(void *context, int64_t bytes, int64_t of); /* about four times a second; of 0: not known */
	void *context;
	struct strings *notes;
};

/*
 * 'ret' as pull_published() fills it; its origin.where is the absolute path or "standard input", its origin.modified
 * when the file was written. ERR_SOURCE: it is no dump that can be drilled. ERR_DATA: its digest is another
 * than what lies beside it says. ERR_CHANGED: it was written to meanwhile. ERR_PRIVILEGE: the user whose
 * box it is may not read it. ERR_NOTHING: there is none. ERR_SPACE.
 */
MUST_CHECK int pull_handed(const struct handed_request *request, struct published *ret, struct error *err);

#endif
