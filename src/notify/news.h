/*
 * What is news: which messages follow from what was told before and from what
 * is so now, each told once. Pure: what was told comes from the ledger, and
 * goes back there together with the messages.
 *
 *     struct told after = news_of_source(before, &situation, &messages);
 *     if (!told_same(before, &after))
 *             tolds_add(&changed, &after);
 */
#ifndef DRILLBOX_NOTIFY_NEWS_H
#define DRILLBOX_NOTIFY_NEWS_H

#include "model/history.h"
#include "model/lights.h"
#include "model/outbox.h"
#include "model/status.h"

/* A source as it is now. */
struct situation {
	const struct source_status *status;
	const struct source_facts *facts;
	const char *refuted;	     /* the newest dump, where it is refuted; NULL */
	bool ever_proven;	     /* by what the ledger knows, also when no copy is left */
	bool let_in;		     /* the newest pull delivered, or found that there is nothing newer */
	const struct events *rows;   /* its latest rounds, pulls and drills, newest first; needed where it has a ping */
	int64_t now;
	bool clock_known;	     /* else nothing is said of what is in date */
	bool webhook, ping;	     /* who is to be told */
};

/*
 * Rising trouble is told at once: every newly refuted dump, the end of being in
 * date, a refusal; the next refusal only after a pull was let in. Recovery is told
 * once all of it is gone and the newest dump is proven and in date. Of a ping each
 * round's begin and end, and the end of a drill on its own where it changed what
 * the source is; a round that brought nothing (nothing newer, window closed) has
 * not failed while the source is proven. Success is never said of a source that
 * would keep green off, nor without a known clock. A ping that is new begins with
 * the next round. The caller owns what is returned: told_done().
 */
struct told news_of_source(const struct told *before, const struct situation *s, struct calls *news);

/* How all is. */
struct summary {
	const struct status *status;
	const struct schedule *weekly; /* NULL: nobody is to be told */
	int64_t now;
	bool clock_known;
};

/* The weekly line, where it is due; the first is due a week's day after it was first asked for. As above. */
struct told news_of_box(const struct told *before, const struct summary *s, struct calls *news);

/* When the next weekly line is due; TIME_UNKNOWN: none is. */
int64_t news_weekly_at(const struct told *box, const struct schedule *weekly, int64_t now);

#endif
