/*
 * Rung 10: whether the restored database can be written to, as the application
 * writes to it: not left read-only, every sequence gives a next value, the
 * application's role logs in with its own rights and settings, and the operator's
 * smoke SQL goes through. All of it is taken back: the smoke SQL's transaction is
 * rolled back, and the sequences get the values with which they came.
 */
#ifndef DRILLBOX_DRILL_WRITES_H
#define DRILLBOX_DRILL_WRITES_H

#include "drill/cluster.h"
#include "drill/drill.h"
#include "port/pg.h"

struct writes_run {
	const struct drill_request *drill;
	struct cluster *cluster;
	int64_t keep_free;		  /* bytes that must stay free on the disk of DATA */
	const struct pg_target *target;	  /* the restored database, as superuser */
	const struct manifest *restored;  /* as it was surveyed, sequences and all */
	const char *excuse; /* what the box lacked while it restored (model/compare.h): a fail is undecided then; NULL */
};

/*
 * Adds checks of RUNG_WRITES and appends what its phase should say. What logs in or
 * writes may fire what the dump brings along, and not all of that can be taken back
 * (a trigger for logins commits): nothing is compared with the source after this.
 * -1: nothing could be asked, or stopped, out of time, out of room.
 */
MUST_CHECK int writes_check(const struct writes_run *run, struct findings *f, struct text *summary, struct error *err);

#endif
