/*
 * A pull of a dump that was published: on a web server or in an object store.
 *
 * The newest is chosen, what was published beside it is read (offer.h), and its
 * bytes are hashed while they are written, in one pass. What an earlier try left
 * at part_path is gone on with where the very same revision is still there,
 * after it was hashed from the disk: also where a newer one was published meanwhile, or a dump that takes
 * more than a night would never come. It is given up where the trouble is its own, or where three tries in a
 * row brought nothing more of it. A body is taken only whole, and only with
 * the digest published for it.
 *
 * Nothing is synced for good and nothing gets a name: that is the store's.
 */
#ifndef DRILLBOX_PULL_PUBLISHED_H
#define DRILLBOX_PULL_PUBLISHED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/config.h"
#include "model/dump.h"
#include "model/precheck.h"
#include "port/digest.h"
#include "pull/place.h"

/* What the server says the time is, over TLS that was verified. */
struct published_clock {
	bool known;
	int64_t there, here; /* at the same moment */
};

/* What came. All text owned. Zero-initialised is empty; after an error what was known by then. */
struct published {
	struct origin origin;
	char *file;		      /* its name there */
	struct digest_result digest;  /* of what was written */
	char *manifest;		      /* byte for byte, with the digest that was published for it; NULL: none */
	size_t manifest_n;
	char *database;		      /* the dump's own word ... */
	int64_t created;	      /* ... and by the clock on the wall there, as if it were UTC; TIME_UNKNOWN: it does not say */
	bool utc;		      /* that clock was UTC's */
	struct strings files;	      /* of a folder: "HEX  /FILE", by FILE; digest holds then no more than the bytes */
	struct published_clock clock;
	bool resumed;
	char *newer;		      /* the name of the newest there, where an older one was finished; NULL: this is the newest */
};

struct published_request {
	const struct source_config *source;
	const struct place_secrets *secrets;
	const char *part_path;	  /* file to be written; may hold what an earlier try left */
	const char *origin_path;  /* beside it: what it is part of */
	int64_t held;		  /* data as of the newest that is here: none older is finished; TIME_UNKNOWN: there is none */
	int64_t size_cap;	  /* bytes; 0: none */
	int64_t space_floor;	  /* stop when the disk's free bytes fall under it; 0: none */
	struct deadline deadline;
	/*
	 * Asked before the first byte, of the newest and then of one that is to be finished: whether
	 * this revision ('sha256' "" where none is published, 'bytes' -1 where not known) is here
	 * already; and once more where the answer tells more of it than the listing did. An error
	 * ends the pull of it, and nothing was downloaded.
	 */
	int (*offered)(void *context, const struct origin *origin, const char *sha256, int64_t bytes, struct error *err);
	/* So much is to come beside what is here: make room, or refuse. */
	int (*admit)(void *context, int64_t to_come, int64_t of, struct error *err);
	void (*progress)(void *context, int64_t bytes, int64_t of); /* about four times a second */
	void *context;
	struct strings *notes;
};

/*
 * On an error what has come stays at part_path, to be gone on with, unless it never
 * can be: then it is removed. ERR_CHANGED: it was replaced while it came: try
 * again, once. ERR_DATA: what was published contradicts itself, or the bytes their
 * digest. ERR_SOURCE: it is no dump that can be drilled. ERR_SPACE, and what place.h says.
 */
MUST_CHECK int pull_published(const struct published_request *request, struct published *ret, struct error *err);

/*
 * What doctor looks at: that the place lets us in, by which certificate, that it
 * can be listed, what is newest there and what was published beside it. Findings
 * go to 'list'; nothing is an error here except being stopped.
 */
MUST_CHECK int precheck_published(const struct source_config *source, const struct place_secrets *secrets,
				  struct deadline deadline, struct prechecks *list, struct published_clock *ret_clock,
				  struct error *err);

void published_done(struct published *p);

#endif
