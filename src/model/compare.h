/*
 * Manifests side by side: the source's, taken in the dump's snapshot, and the
 * restored database's, taken with the same queries. Pure: no server, no file.
 * All manifests must be sorted; every comparison is one merge, so that 20 000
 * tables are a matter of milliseconds. Rung 6 is in model/structure.h.
 *
 *     struct measure m = {.source = ..., .restored = ..., .predecessor = ...};
 *     compare_volume(&m, &findings);
 *     compare_drift(&m, &findings);
 */
#ifndef DRILLBOX_MODEL_COMPARE_H
#define DRILLBOX_MODEL_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/check.h"
#include "model/manifest.h"

/* Of manifests: the class that says which tables are parts of others, and under which key. */
#define COMPARE_TABLES "table"
#define COMPARE_INHERITS "inherits"

/* The check of what large objects hold: no table's, for those have their schema before them. */
#define COMPARE_LARGE_OBJECTS "large objects"

/* What is compared. Whatever is not there is NULL. */
struct measure {
	const struct manifest *source;	    /* in the dump's snapshot */
	const struct manifest *restored;
	const struct manifest *predecessor; /* of the newest proven or accepted dump before this one */
	const char *dump_name;
	const char *predecessor_name;
	/*
	 * What the box lacked while it restored, in one sentence ("the box has no
	 * extension 'postgis'"). What is missing then is undecided and not a fail:
	 * its absence is no evidence against the dump.
	 */
	const char *excuse;
};

/* Rung 7: the exact rows of every table, and the large objects; one check for each. */
void compare_volume(const struct measure *m, struct findings *f);

/*
 * Rung 11: what the rows of every table hold, equal to the source's: one check for
 * each, a skip with the reason where one was not hashed. What is missing
 * altogether is rung 7's to tell.
 */
void compare_contents(const struct measure *m, struct findings *f);

/*
 * Rung 7, drift: a table with rows in the predecessor that has none now or is
 * gone, or had 1 000 or more and has fewer than half of them, *in the source*, is
 * undecided, "source shrank". A partition that is gone while its parent stays is
 * everyday life. Where the dump has no manifest, the restored rows stand in for
 * the source's. No predecessor: no check.
 */
void compare_drift(const struct measure *m, struct findings *f);

/* Whether it did compare a table, and none had shrunk: without a manifest, only then was the dump measured by it. */
bool compare_drift_passed(const struct findings *f);

/* Rung 2: tables the predecessor had and the source has no more: a note. Returns how many. */
size_t compare_gone(const struct measure *m, struct findings *f);

/*
 * Rung 2: still the same database of the same server as the predecessor's;
 * undecided when it became another. Where one of the two has no manifest, their databases' names alone are compared.
 */
void compare_identity(const struct measure *m, struct findings *f);

/*
 * Rung 8: every sequence at or past the source's, in the direction of its
 * increment, and past every value of the columns it feeds. Without a manifest
 * only the second can be asked.
 */
void compare_sequences(const struct measure *m, struct findings *f);

#endif
