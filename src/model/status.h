/*
 * What `drillbox status` says, as run/ gathers it from config, store, ledger
 * and daemon: plain data, and the sentence and exit code that follow from it.
 * All text is owned; NULL where there is none.
 */
#ifndef DRILLBOX_MODEL_STATUS_H
#define DRILLBOX_MODEL_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/check.h"
#include "model/lights.h"
#include "model/outbox.h"

struct source_status {
	char *source;
	int64_t data_as_of;	  /* of the newest proven dump; TIME_UNKNOWN: nothing is proven */
	bool in_date;
	enum verdict verdict;	  /* of the newest dump; running while one works; undecided when never drilled */
	char *reason;		  /* "" for a pass */
	char *brief;		  /* the reason in a few words for the first line ("password refused"); NULL: none */
	double restored_in;	  /* restore_seconds of the newest proven dump; < 0: none */
	size_t dumps, proven;
	int64_t last_pull;	  /* the last one that delivered; TIME_UNKNOWN: none */
	int64_t last_try;	  /* the last one, delivered or not */
	char *last_try_result;	  /* "pass", or its sentence; NULL: none yet */
	int64_t next;		  /* TIME_UNKNOWN: not known (no daemon, broken file) */
	char *next_reason;	  /* "scheduled", "try again", "repeat", "running"; NULL */
	bool acknowledged;	  /* of a fail */
	bool orphan;		  /* its file is gone; its dumps stay */
};

struct status {
	char *box;
	bool daemon;		  /* a live one answered; else the lights are all off */
	struct lights lights;
	char *ill;		  /* why the box itself is; then no word below says what it should. NULL: it is well */
	bool clock_unknown;	  /* then nobody can say what is in date */
	struct strings box_faults; /* what is wrong with the box itself, the gravest first ("clock unknown: ...") */
	char *running;		  /* "drill of shop since 04:17, pid 123"; NULL */
	struct source_status *sources;
	size_t source_count;
	struct targets targets;	  /* of those who are told, the ones that something waits for, or that cannot be reached */
};

struct source_status *status_add(struct status *s, const char *source);
void status_done(struct status *s);

/* "all 2 sources proven and in date", or what is wrong, the gravest first. Owned by the caller. */
char *status_headline(const struct status *s);

/*
 * 0 all proven and in date; 1 a fail; 2 undecided, nothing to judge, the box ill or its clock
 * unknown; 3 not in date. Orphans do not count.
 */
int status_exit_code(const struct status *s);

#endif
