/*
 * Half of a download: which revision the bytes beside it are part of, and how
 * many of them can be relied on. Kept as JSON beside them, so that a next try
 * goes on only with what is of the very same revision. Only pull/published.c
 * uses this.
 */
#ifndef DRILLBOX_PULL_HALF_H
#define DRILLBOX_PULL_HALF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/dump.h"

/* All text owned. Zero-initialised is none. */
struct half {
	char *where;
	char *etag;    /* strong, NULL: none: it can never be gone on with */
	char *version;
	int64_t modified; /* TIME_UNKNOWN, or 0: not known */
	int64_t bytes; /* of the whole; -1: not known */
	int64_t kept;  /* of the beginning, on the disk for sure */
	char *boot;    /* in which it was written: until the next, all that the file holds is good */
	int64_t barren; /* tries of the last ones, in a row, that brought nothing more */
	char sha256[SHA256_HEX]; /* of the whole, as the store itself said of this revision when it was begun; "": it did not */
};

/* 'sha256' is the store's own, or "". */
struct half half_of(const struct origin *origin, int64_t bytes, const char *sha256);

/* ERR_NOTHING, ERR_DATA: there is none, or none that makes sense. */
MUST_CHECK int half_read(const char *path, struct half *ret, struct error *err);
/*
 * In one piece, and on the disk when this returns: no byte of another revision is written before the note says
 * which it is of. Sync the bytes first that 'kept' vouches for.
 */
MUST_CHECK int half_write(const char *path, const struct half *h, struct error *err);

bool half_can_go_on(const struct half *h);

/* Whether it can be gone on with, and what is offered is (as far as the offer tells) the same revision. */
bool half_is_of(const struct half *h, const struct origin *offered);

/* Whether it can be gone on with, and was published after 'held' (TIME_UNKNOWN: nothing is held). */
bool half_is_newer(const struct half *h, int64_t held);

/*
 * How many bytes of 'fd' to go on from. Never all of a whole one: the last byte
 * is asked for once more, so that the server says whether the revision still is the same.
 */
MUST_CHECK int half_usable(const struct half *h, int fd, int64_t *ret, struct error *err);

void half_done(struct half *h);

#endif
