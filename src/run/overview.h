/*
 * What is known right now, gathered once for everybody who shows it: the
 * daemon's lights, `status`, and the schedule. Reads, never writes.
 */
#ifndef DRILLBOX_RUN_OVERVIEW_H
#define DRILLBOX_RUN_OVERVIEW_H

#include "model/lights.h"
#include "model/schedule.h"
#include "model/status.h"
#include "run/box.h"

#define REREAD_FRESH_S (7 * 86400)   /* how old the last look at a proven dump's bytes may be */
#define ROUNDS_OF_ROOM 3	     /* less room than that is worth a light */
#define SCRATCH_FACTOR 1.3	     /* of the largest known restore is reserved for the next */

enum clock_state {
	CLOCK_KNOWN,
	CLOCK_UNCONFIRMED, /* nobody vouches for it since the start; a pull may */
	CLOCK_WRONG,	   /* before the build or the ledger's newest row */
};

/* Nothing in it points into the configuration: it outlives the box it was gathered from. */
struct source_overview {
	bool usable;			    /* it is configured, and its file can be used: it can be pulled */
	struct source_facts facts;
	bool delivered;			    /* the last pull did: what was interrupted, if anything, is a drill */
	bool let_in;			    /* the last pull delivered, or found nothing newer */
	int64_t last_try;		    /* start of the last pull; TIME_UNKNOWN: there was none */
	struct due due;			    /* at TIME_UNKNOWN: not usable, nothing is due */
	char *newest_refuted;		    /* the dump behind a red light; NULL: none */
	char *newest_proven;		    /* the dump everything rests on; NULL: none */
};

struct overview {
	struct status status;		    /* one source_status for each of 'sources', in the same order */
	struct source_overview *sources;
	struct source_facts *source_facts;  /* of the configured ones: what 'facts' points to */
	enum clock_state clock;
	struct facts facts;		    /* 'working' and 'button' are left to the caller */
};

MUST_CHECK int overview_gather(const struct box *box, int64_t now, struct overview *ret, struct error *err);
void overview_done(struct overview *o);

/* 'ret_why' gets an owned sentence unless it is known. Reads kernel and ledger only. */
MUST_CHECK int clock_judge(struct ledger *ledger, int64_t now, enum clock_state *ret, char **ret_why,
			   struct error *err);

/* Scratch that the next drill may need: the largest known restore and a margin; 0 when nothing is known. */
MUST_CHECK int scratch_reserve(struct ledger *ledger, int64_t *ret_bytes, struct error *err);

/* Whether any source is elsewhere: one at a tunnel's end or a socket on the box itself misses no network. */
bool network_needed(const struct config *config);

#endif
