/*
 * Calling home: what there is to tell, by whom it is to be heard, and the
 * telling. News are worked out from ledger and overview each time, so that it
 * does not matter which process saw something happen, or when.
 *
 *     CLEANUP(calling_done) struct calling c = {0};
 *     if (calling_look(&box, &overview, now, &c, err) < 0 || calling_note(&box, &c, now, err) < 0 ||
 *         calling_deliver(&box, &overview, deadline, &n, err) < 0)
 *             return -1;
 *
 * What goes wrong with a target is in the ledger as its trouble and is no error
 * here: it changes no verdict, no light and no other verb's exit code.
 */
#ifndef DRILLBOX_RUN_CALLING_H
#define DRILLBOX_RUN_CALLING_H

#include "model/outbox.h"
#include "model/precheck.h"
#include "run/overview.h"

/* What is new since it was last told, and for whom nothing is kept any more. */
struct calling {
	struct tolds told; /* that differ from what the ledger has */
	struct calls news;
	struct strings gone; /* targets that the configuration no longer has */
};

/* Reads only. */
MUST_CHECK int calling_look(const struct box *box, const struct overview *o, int64_t now, struct calling *ret,
			    struct error *err);
void calling_done(struct calling *c);

/* For the daemon: when there is something to note or to deliver, at the earliest 'now'; TIME_UNKNOWN: nothing. Reads only. */
MUST_CHECK int calling_due(const struct box *box, const struct overview *o, int64_t now, int64_t *ret, struct error *err);

/* The news into the outbox. The box is open for BOX_NOTE, here and below. */
MUST_CHECK int calling_note(const struct box *box, const struct calling *c, int64_t now, struct error *err);

struct calling_tally {
	size_t delivered, put_off, given_up;
};

/*
 * Deliver what is due, one message of each target after the other, until
 * nothing is or less of the deadline is left than one may take; what was not
 * tried by then is due as before. A success that waited until its source is proven
 * no more, by 'o', is taken back. A line for each on standard output.
 */
MUST_CHECK int calling_deliver(const struct box *box, const struct overview *o, struct deadline deadline,
			       struct calling_tally *ret, struct error *err);

/* The box's own ping, now; nobody keeps it. True when it was delivered. */
MUST_CHECK int calling_ping(const struct box *box, struct deadline deadline, bool *ret_delivered, struct error *err);

/* A test message to each target, a line for each. ERR_NOTHING: there is none. True when all were delivered. */
MUST_CHECK int calling_test(const struct box *box, struct deadline deadline, bool *ret_all, struct error *err);

/* For doctor: who is told, and whether they were reached. */
void calling_examine(const struct config *config, struct prechecks *list);

#endif
