/*
 * The digest list beside a dump, as sha256sum(1) writes and checks it: one line
 * "HEX  NAME" for each file of the dump, sorted, and one for the manifest.
 * Inside the store only.
 */
#ifndef DRILLBOX_STORE_SUMS_H
#define DRILLBOX_STORE_SUMS_H

#include "base/error.h"
#include "model/dump.h"

struct sum {
	char sha256[SHA256_HEX];
	char name[2 * 256]; /* "NAME.dump" or "NAME.d/FILE" */
};

/* Called for each line in turn; -1 ends the walk with this error. */
typedef int (*sum_seen)(void *context, const struct sum *sum, struct error *err);

/*
 * Walk the list at 'path'. ERR_NOTHING: there is none. ERR_DATA: it is not one:
 * the sentence names the line. Every line is of the form above, names rise in
 * byte order, the last line is whole.
 */
MUST_CHECK int sums_walk(const char *path, sum_seen seen, void *context, struct error *err);

#endif
