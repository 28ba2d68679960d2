/*
 * The box as a verb finds it: configuration, store and ledger opened together,
 * and the data folder's lock where the verb works.
 *
 *     CLEANUP(box_done) struct box box = BOX_INIT;
 *     if (box_open(o, BOX_WORK, "pull", "shop", &box, err) < 0)
 *             return say_error(err);
 */
#ifndef DRILLBOX_RUN_BOX_H
#define DRILLBOX_RUN_BOX_H

#include "base/error.h"
#include "ledger/ledger.h"
#include "model/config.h"
#include "report/report.h"
#include "run/lock.h"
#include "run/verb.h"
#include "store/store.h"

struct box {
	struct config config;
	struct store *store;
	struct ledger *ledger;
	struct lock *lock;
	int stop_fd; /* readable once somebody asked us to stop; -1 unless BOX_WORK */
	bool stopped;	  /* that was heard, see box_explain_stop() */
	bool interrupted; /* and it was no person's wish: what it cut short is repeated */
};

#define SKEW_TOLERANCE_S 300 /* so far may a source's clock be from ours; a dump dated later is dated in the future */

#define BOX_INIT ((struct box){.stop_fd = -1})

enum box_use {
	BOX_STORE, /* configuration and store alone: answers whatever became of the ledger */
	BOX_LOOK, /* read only: needs no rights beyond reading */
	BOX_NOTE, /* write a line into the ledger, beside whoever works */
	BOX_TRY, /* the same on a box that may have done nothing yet: its data folder is made */
	BOX_IMPORT, /* the same as what follows, for a source that need not be there */
	BOX_WORK, /* pull, drill, round, prune: holds DATA/lock, sweeps what a killed one left */
};

/*
 * 'source' is what the lock says is being worked on; NULL: all. With o->wait it
 * waits for the lock; a name that is neither a source nor a dump waits for nothing.
 */
MUST_CHECK int box_open(const struct options *o, enum box_use use, const char *verb, const char *source,
			struct box *ret, struct error *err);
void box_done(struct box *box);

/*
 * Work ended with ERR_STOPPED: put into 'err' who asked. True when that was no
 * person's wish to end this very run (a shutdown).
 */
bool box_explain_stop(struct box *box, struct error *err);
/* Whether a stop was asked for, heard already or not: nothing more is begun. */
bool box_stopped(const struct box *box);

/* That a source is configured, or has dumps in the store whatever became of its file: they can be drilled. As box_source(). */
MUST_CHECK int box_has(const struct box *box, const char *name, struct error *err);

/* As configuration_source(). */
MUST_CHECK int box_source(const struct box *box, const char *name, const struct source_config **ret,
			  struct error *err);

/*
 * Every dump in the store with what the ledger and the configuration know of it;
 * of one source unless NULL. 'trouble' (may be NULL) as store_list().
 */
MUST_CHECK int box_dumps(const struct box *box, const char *source, struct dumps *ret, struct strings *trouble,
			 struct error *err);

/* Fill kept_because of all, and ret_gone[i] of those retention lets go (array of list->count, owned strings). */
void box_judge(const struct box *box, struct dumps *list, char **ret_gone);

/* The manifest beside a dump; -1 as manifest_load(). */
MUST_CHECK int box_manifest(const struct dump *d, struct manifest *ret, struct error *err);

#endif
