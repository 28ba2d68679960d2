/*
 * What port/expand.c asks of each library that takes a packing apart; nobody else includes it.
 */
#ifndef DRILLBOX_PORT_EXPAND_INNER_H
#define DRILLBOX_PORT_EXPAND_INNER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Bytes to be read and room to be filled; a step moves both on. */
struct expand_step {
	const unsigned char *in;
	size_t in_left;
	unsigned char *out;
	size_t out_left;
};

struct unpacking {
	/* ERR_SPACE: no memory. */
	int (*open)(void **ret, struct error *err);
	/*
	 * As far as either lasts. *ret_between: nothing was begun that has not
	 * ended, so that the file may end here, or another member or frame begin.
	 */
	int (*step)(void *state, struct expand_step *s, bool *ret_between, struct error *err);
	void (*free)(void *state);
};

extern const struct unpacking unpacking_gzip; /* port/expand_gzip.c */
extern const struct unpacking unpacking_zstd; /* port/expand_zstd.c */

#endif
