/*
 * The work itself, each with its rows in the ledger: pull a source, drill a
 * dump, let retention take what it may. Straight-line and blocking; the box is
 * open for BOX_WORK.
 */
#ifndef DRILLBOX_RUN_WORK_H
#define DRILLBOX_RUN_WORK_H

#include "run/box.h"

/*
 * A fresh dump of a source into the store. 0 with 'ret' filled; -1: nothing was
 * delivered and the row says why. 'round' 0: on its own. 'ret_row' is 0 where
 * not even the row could be opened. -1 with ERR_CURRENT and 'ret' filled: what
 * is newest at the place is here already, as this dump.
 *
 * 'ret_more': what was delivered is an older one, of which a part had come before. The newest is
 * pulled by another work_pull() in the same round: it has a row of its own, which tells whether it came.
 */
MUST_CHECK int work_pull(struct box *box, const struct source_config *source, enum trigger trigger, int64_t round,
			 struct dump *ret, int64_t *ret_row, bool *ret_more, struct error *err);

struct handing; /* run/pulling.h */

/* What came of it. Zero-initialised is nothing. */
struct imported {
	struct dump dump; /* without a name: it did not come in */
	bool was_here;	  /* the same bytes were in the store already, as this dump */
	double seconds;
	struct strings notes;
};

/* A dump that a person hands in, into the store. Its row in the ledger is there once all its bytes are. */
MUST_CHECK int work_import(struct box *box, const struct source_config *source, const struct handing *what,
			   struct imported *ret, struct error *err);
void imported_done(struct imported *i);

/* What is asked for ... */
struct drill_work {
	const struct dump *dump;
	const struct source_config *source;
	enum level level;
	enum trigger trigger;
	int64_t round;
	int64_t keep_s; /* leave the restored database up that long */
	bool quiet;	/* do not print the psql line of a kept one (JSON) */
};

/* ... and what came of it. */
struct drilled {
	int64_t row;
	enum verdict verdict;
	char *reason; /* owned; "" for a pass */
};

void drilled_done(struct drilled *d);

/* One drill, recorded. The verdict is the outcome; -1 only when the row itself could not be written. */
MUST_CHECK int work_drill(struct box *box, const struct drill_work *work, struct drilled *ret, struct error *err);

/* Retention over every source, or 'source' alone; 'dry' only judges. 'list' and 'ret_gone' as box_judge() leaves them. */
MUST_CHECK int work_prune(struct box *box, const char *source, bool dry, struct dumps *ret_list, char ***ret_gone,
			  int64_t *ret_bytes, struct error *err);
void gone_done(char **gone, size_t count);

#endif
