/*
 * The outbox in the ledger: messages kept until they are delivered or given up,
 * what was told so far, and targets in trouble. Errors as ledger.h.
 *
 *     ledger_tell(l, &tolds, &messages, now, err)      news and what is told with them: one transaction
 *     ledger_outbox_due(l, now, &due, err)             the first of each target, if it is time
 *     ledger_outbox_delivered(l, &due.items[i], err)   ... or _put_off(), or _give_up()
 */
#ifndef DRILLBOX_LEDGER_OUTBOX_H
#define DRILLBOX_LEDGER_OUTBOX_H

#include "base/text.h"
#include "ledger/ledger.h"
#include "model/outbox.h"

MUST_CHECK int ledger_told(struct ledger *l, struct tolds *ret, struct error *err);

/*
 * Put 'news' into the outbox and note what is told by that. Where more than
 * OUTBOX_CAP then wait for a target, the oldest are given up. The target's
 * trouble says so.
 */
MUST_CHECK int ledger_tell(struct ledger *l, const struct tolds *told, const struct calls *news, int64_t now,
			   struct error *err);

/* The oldest message of each target, of those whose time has come, the longest overdue first. */
MUST_CHECK int ledger_outbox_due(struct ledger *l, int64_t now, struct calls *ret, struct error *err);
/* When there is something due next, at the earliest 'now'; TIME_UNKNOWN: nothing waits. */
MUST_CHECK int ledger_outbox_next(struct ledger *l, int64_t now, int64_t *ret, struct error *err);

MUST_CHECK int ledger_outbox_delivered(struct ledger *l, const struct call *m, struct error *err);
/* Taken back: what it says is not so any more. */
MUST_CHECK int ledger_outbox_withdraw(struct ledger *l, const struct call *m, struct error *err);
MUST_CHECK int ledger_outbox_put_off(struct ledger *l, const struct call *m, int64_t next_try, const char *why,
				     int64_t now, struct error *err);
MUST_CHECK int ledger_outbox_give_up(struct ledger *l, const struct call *m, const char *why, int64_t now,
				     struct error *err);

/* For what never waits in the outbox: a target was reached, or was not. Writes only where that is new. */
MUST_CHECK int ledger_target_well(struct ledger *l, const char *target, struct error *err);
MUST_CHECK int ledger_target_ill(struct ledger *l, const char *target, const char *why, int64_t now, struct error *err);

/* Targets that something waits for, or that are in trouble, by name. */
MUST_CHECK int ledger_targets(struct ledger *l, struct targets *ret, struct error *err);
/* All that is kept of a target that is no more. */
MUST_CHECK int ledger_target_forget(struct ledger *l, const char *target, struct error *err);

#endif
