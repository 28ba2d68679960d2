/*
 * Rung 11, of a deep drill: what the tables hold is what they held in the source's
 * snapshot, and what the restore has built is whole: amcheck of every table and
 * every B-tree index, each entry of which is looked for.
 */
#ifndef DRILLBOX_DRILL_INTEGRITY_H
#define DRILLBOX_DRILL_INTEGRITY_H

#include "drill/drill.h"
#include "model/compare.h"
#include "port/pg.h"

struct integrity_run {
	const struct drill_request *drill;
	const struct pg_target *target; /* the restored database, as superuser */
	const struct measure *measure;	/* whose 'restored' is this one: */
	struct manifest *restored;	/* gets its contents' hashes */
};

/* Adds checks of RUNG_INTEGRITY and appends what its phase should say. -1: nothing could be asked, or stopped, out of time. */
MUST_CHECK int integrity_check(const struct integrity_run *run, struct findings *f, struct text *summary, struct error *err);

#endif
