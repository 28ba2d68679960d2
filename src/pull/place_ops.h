/*
 * What a kind of place gives pull/place.c, which calls it by the source's type:
 * the functions of pull/place.h, with the kind's own state in place of 'struct
 * place'. Contracts are those of place.h.
 */
#ifndef DRILLBOX_PULL_PLACE_OPS_H
#define DRILLBOX_PULL_PLACE_OPS_H

#include "pull/place.h"

struct place_ops {
	/* Asks nothing yet; *ret goes to all the others. On failure there is nothing to close. */
	int (*open)(const struct source_config *source, const struct place_secrets *secrets, void **ret,
		    struct error *err);
	void (*close)(void *state);
	int (*list)(void *state, const char *begun, struct deadline deadline, struct remotes *ret, struct error *err);
	int (*get)(void *state, const struct remote *r, int64_t from, struct deadline deadline, struct place_part *ret,
		   struct error *err);
	int (*read)(void *state, void *buf, size_t n, struct deadline deadline, size_t *ret_n, struct error *err);
	int (*beside)(void *state, const struct remote *r, const char *suffix, size_t cap, struct deadline deadline,
		      char **ret_bytes, size_t *ret_n, struct error *err);
	bool (*clock)(const void *state, int64_t *ret_there, int64_t *ret_here); /* NULL: it never knows */
	const struct tls *(*connection)(const void *state);			  /* the same */
};

/*
 * Bytes a second: what comes slower for a whole minute is given up, to be gone on with at the next try. Time that we
 * ourselves take does not count, and half of the least that '[pull] limit' can ask for is well below every line that a
 * dump could come over.
 */
#define PLACE_SLOWEST 500

/* How its server is to be spoken to. Points into 'source'. */
struct http_options place_http_options(const struct source_config *source);

extern const struct place_ops place_web; /* pull/web.c */
extern const struct place_ops place_s3;	 /* pull/s3.c */

#endif
