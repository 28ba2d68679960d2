/*
 * When a source is due. Times of day are the box's local time; everything else
 * is UTC. Pure functions of what happened and what time it is.
 */
#ifndef DRILLBOX_MODEL_SCHEDULE_H
#define DRILLBOX_MODEL_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/window.h"

struct schedule {
	int64_t every_s; /* > 0: "every 6h", from start to start; 0: at a time of day */
	int weekday;	 /* 0 Sunday .. 6 Saturday, -1 every day */
	int hour, minute;
};

/* "04:15", "Sun 03:00", "every 6h" (30m to 31d). */
MUST_CHECK int schedule_parse(const char *text, struct schedule *ret, struct error *err);
/* The inverse: text that parses to it. Owned by the caller. */
char *schedule_text(const struct schedule *s);
/* Seconds between two due times. */
int64_t schedule_interval_s(const struct schedule *s);
/*
 * The default of stale-after: the interval and a quarter, at least two hours more, and as long as a
 * due time may have to wait for the window: "every 6h" all the hours in which it is closed.
 */
int64_t schedule_stale_after_s(const struct schedule *s, const struct window *w);

/* What happened to a source so far. A time that never was is TIME_UNKNOWN (or 0). */
struct attempts {
	int64_t first_seen;	/* when the box first knew this source */
	int64_t last_round;	/* start of the last scheduled or complete round that delivered and was drilled */
	int64_t last_try;	/* start of the last pull, delivered or not */
	bool delivered;		/* the last pull did, and was not interrupted: what was, if anything, is a drill */
	bool last_failed;	/* the last pull that was not interrupted did not deliver */
	enum error_kind why;	/* of the last failure */
	int failures;		/* pulls in a row that did not deliver */
	int interrupted;	/* rounds or drills in a row that were interrupted */
	int64_t last_end;	/* end of the last round */
};

enum due_reason { DUE_SCHEDULED, DUE_RETRY, DUE_INTERRUPTED };

struct due {
	int64_t at;
	enum due_reason reason;
	int64_t since; /* when it would have been due without a window: who has waited longest */
};

/*
 * When the source is next due, and why. A time at or before 'now' is due now: a
 * due time that was missed runs once. After a pull that failed: on the network
 * or without an answer in time 5, 15, 45 minutes, then hourly; refused,
 * without a clock, or nothing newer there: hourly; schema altered meanwhile: once more; everything else
 * waits for the schedule. A round that was interrupted is repeated once. All of it
 * within the source's window: what comes due outside waits for its opening, and
 * what its closing cut short goes on then. A drill alone, which is what is repeated where the
 * dump has come, waits for no window.
 *
 * A time of day that the change to summer time leaves out is taken as much later,
 * one that comes twice at its first coming. "every 6h" counts from the start of
 * the last round, and is due at once for a source never pulled. Starts recorded
 * more than an hour after 'now' came from a wrong clock and count for nothing.
 */
struct due schedule_next(const struct schedule *s, const struct window *w, const struct attempts *a, int64_t now);

#endif
