/*
 * A place where a source's dumps are published, seen alike whatever stands
 * behind it: a web server (pull/web.c) or an object store (pull/s3.c). Only
 * pull/published.c uses this.
 *
 *     CLEANUP(place_close) struct place *place = NULL;
 *     if (place_open(source, secrets, &place, err) < 0 || place_list(place, NULL, deadline, &list, err) < 0 ||
 *         remotes_newest(&list, source->pattern, &newest, err) < 0 ||
 *         place_get(place, newest, 0, deadline, &part, err) < 0)
 *             return -1;
 *     ... place_read(place, ...) until it gives 0 bytes ...
 */
#ifndef DRILLBOX_PULL_PLACE_H
#define DRILLBOX_PULL_PLACE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/config.h"
#include "model/precheck.h"
#include "model/remote.h"
#include "port/http.h"

struct place;

/* What a source needs to be let in, read by the caller; NULL where there is none. */
struct place_secrets {
	const char *password;	   /* https: of 'user' */
	const char *token;	   /* https: a bearer token */
	const char *headers;	   /* https: "Name: value" lines */
	const char *secret_key;	   /* s3 */
	const char *session_token; /* s3 */
};

/* Nothing is asked yet. Keeps pointers into 'source' and 'secrets'. */
MUST_CHECK int place_open(const struct source_config *source, const struct place_secrets *secrets, struct place **ret,
			  struct error *err);
void place_close(struct place **place);

/*
 * What is there; a place that is one fixed file lists that. Of very many only what matters may be listed (remotes_thin()):
 * 'begun' is the origin's 'where' of one that does, though it is not the newest; NULL: there is none.
 */
MUST_CHECK int place_list(struct place *place, const char *begun, struct deadline deadline, struct remotes *ret,
			  struct error *err);

/* An answer to place_get(): which revision it is of, and what comes. All text owned. */
struct place_part {
	/* Bytes are of this offset on: what was asked for, or 0 where it has to begin anew (another revision, or no ranges). */
	int64_t from;
	int64_t bytes;	/* of the whole file */
	char *etag;	/* NULL: none, then no part of it can ever be resumed */
	char *version;	/* NULL: none */
	int64_t modified;
	/* Of the whole file, where the store itself keeps it and says so; "" else, and where 'from' is not 0. */
	char sha256[SHA256_HEX];
};

/*
 * Begin to read one file at 'from', which is before its end. Beyond 0 it is asked for with If-Match on
 * r->etag and so only if it is still that revision; where it is not, *ret tells the
 * new one, whole, from 0.
 */
MUST_CHECK int place_get(struct place *place, const struct remote *r, int64_t from, struct deadline deadline,
			 struct place_part *ret, struct error *err);

/* More of it; 0 bytes: that was all, and it was whole. */
MUST_CHECK int place_read(struct place *place, void *buf, size_t n, struct deadline deadline, size_t *ret_n,
			  struct error *err);

/* A small file beside 'r' ("NAME" + suffix), whole. ERR_NOTHING: it is not there. */
MUST_CHECK int place_beside(struct place *place, const struct remote *r, const char *suffix, size_t cap,
			    struct deadline deadline, char **ret_bytes, size_t *ret_n, struct error *err);

/* What the server's clock said with its last answer that was not from a cache, and ours then; false: nothing yet. */
bool place_clock(const struct place *place, int64_t *ret_there, int64_t *ret_here);

/* The connection as it stands, for doctor; NULL: there is none. */
const struct tls *place_connection(const struct place *place);

void place_part_done(struct place_part *part);

#endif
