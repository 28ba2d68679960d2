/*
 * Rung 10: whether the restored database can be written to, as the application
 * writes to it: not left read-only, every sequence gives a next value, the
 * application's role logs in with its own rights and settings, and the operator's
 * smoke SQL goes through. All of it is taken back: the smoke SQL's transaction is
 * rolled back, and the sequences get the values with which they came.
 */
#ifndef DRILLBOX_DRILL_WRITES_H
#define DRILLBOX_DRILL_WRITES_H

#include "drill/drill.h"
#include "port/pg.h"

#define SMOKE_CAP ((size_t)1 << 20) /* bytes of the smoke SQL */

struct writes_run {
	const struct drill_request *drill;
	const struct pg_target *target;	  /* the restored database, as superuser */
	const struct manifest *restored;  /* as it was surveyed, sequences and all */
	const char *excuse; /* what the box lacked while it restored (model/compare.h): a fail is undecided then; NULL */
};

/*
 * Adds checks of RUNG_WRITES and appends what its phase should say. 'ret_changed':
 * the smoke SQL ended its own transaction, so that the database is no longer what
 * was restored. -1: nothing could be asked, or stopped, out of time.
 */
MUST_CHECK int writes_check(const struct writes_run *run, struct findings *f, struct text *summary, bool *ret_changed,
			    struct error *err);

/* The operator's smoke SQL. Owned by the caller. */
MUST_CHECK int smoke_read(const char *path, char **ret, struct error *err);

/* What a server's refusal of it says, by SQLSTATE: fail, or undecided for "" and what says nothing of the database. */
enum result smoke_refusal(const char *sqlstate, const char **ret_meaning);

#endif
