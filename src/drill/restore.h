/*
 * Rung 5: the database under its own name, restored by pg_restore in the
 * sandbox, and what its errors come to.
 */
#ifndef DRILLBOX_DRILL_RESTORE_H
#define DRILLBOX_DRILL_RESTORE_H

#include <stdbool.h>
#include <stddef.h>

#include "drill/cluster.h"
#include "drill/drill.h"
#include "drill/inspect.h"

struct restore_request {
	const struct drill_request *drill;
	struct cluster *cluster;
	const struct tool *tool;
	const struct toc *toc;
	const struct database_shape *shape; /* as the box can make it: with the substitute, where there is one */
	const char *substituted_locale;	    /* the locale that was asked for, when the box has it not; NULL: none */
	bool locale_unknown;		    /* the dump does not say it */
	const struct strings *collations;    /* of the server's own, to be there (drill/collations.h); may be NULL */
	const struct strings *older, *newer; /* extensions of another version than the source's, with both; may be NULL */
	const struct strings *lacking;	    /* extensions the box does not have; may be NULL */
	int jobs;			    /* at least 2 are used: only then, or in one transaction, is WAL saved */
	int64_t keep_free;		    /* bytes that must stay free on the disk of DATA */
};

struct restore_result {
	char *database;	   /* its name, there now; NULL when none was made */
	bool usable;	   /* what was restored can be compared (also with errors, but not when it was cut short) */
	bool out_of_space; /* the cluster's place was too small: once more on the disk, if it was in memory */
	char *excuse;	   /* what the box lacked, in one sentence, for model/compare.h; NULL: nothing */
	int jobs;	   /* as it ran at last */
	size_t tolerated;  /* messages */
};

/*
 * Make roles and database, restore, apply the database's own entries, and judge
 * every message. Adds checks of RUNG_RESTORE; a fail or undecided among them
 * does not hinder the rungs that follow while 'usable'. With 'out_of_space' in a
 * cluster in memory no check is added: the caller starts over on the disk.
 * -1: stopped, out of time, or the cluster died (undecided).
 */
MUST_CHECK int restore_run(const struct restore_request *request, struct restore_result *ret, struct findings *f,
			   struct text *summary, struct error *err);
void restore_result_done(struct restore_result *r);

#endif
