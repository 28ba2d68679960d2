/*
 * What the daemon runs next: a queue of verbs, each a child of its own, filled
 * by the schedule and by the button. Pure but for the queue itself.
 */
#ifndef DRILLBOX_RUN_AGENDA_H
#define DRILLBOX_RUN_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/history.h"
#include "run/overview.h"

struct task {
	const char *verb;  /* "round", "drill" */
	char *what;	   /* SOURCE or DUMP */
	enum trigger trigger;
};

struct agenda {
	struct task *tasks;	 /* what is to come, in order */
	size_t count;
	int64_t looked_after_ms; /* when a proven copy was last re-read for its own sake; 0: never */
};

/*
 * Nothing waits: put in what is due now, who has waited longest first, then who was last tried
 * longest ago. True when something was.
 */
bool agenda_add_due(struct agenda *a, const struct overview *o, int64_t now, int64_t now_ms);

/*
 * What waits and is not due any more goes: while one source was pulled, the window of the next may have closed. It has
 * not had its turn, and so goes first when that opens.
 */
void agenda_drop_not_due(struct agenda *a, const struct overview *o, int64_t now);

/*
 * A short press: drill the newest dump of every source, a source without one
 * gets a round. A long one: a round of every source. While tasks of an earlier
 * press wait, another adds nothing.
 */
void agenda_add_press(struct agenda *a, const struct overview *o, bool rounds);

/* Somebody wants SOURCE or DUMP drilled, or with "" the newest dump of each source. What waits already is not added again. */
void agenda_add_drill(struct agenda *a, const struct overview *o, const char *what);

/* Take the first; false when there is none. The caller owns it: task_done(). */
bool agenda_next(struct agenda *a, struct task *ret);
void task_done(struct task *t);
void agenda_done(struct agenda *a);

/* When the schedule next asks for something; TIME_UNKNOWN: nothing is due at any time. */
int64_t agenda_next_due(const struct overview *o);

#endif
