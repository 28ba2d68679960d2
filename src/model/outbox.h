/*
 * What is told to the world outside: messages that wait for their delivery,
 * what was told of each source so far, and targets that could not be reached.
 * Plain structs shared by ledger/, notify/ and run/. All text is owned.
 *
 * A target is "webhook", "ping" (the box's dead-man's switch, for which nothing
 * ever waits) or "ping of SOURCE".
 */
#ifndef DRILLBOX_MODEL_OUTBOX_H
#define DRILLBOX_MODEL_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define TARGET_WEBHOOK "webhook"
#define TARGET_PING "ping"

#define OUTBOX_CAP 200		  /* messages that wait for one target; beyond, the oldest go */
#define OUTBOX_TRIES 170	  /* about 7 days of them ... */
#define OUTBOX_DAYS 7		  /* ... and whatever was tried, after these a message is given up */
#define SENTENCE_CAP 1000	  /* bytes of a message's sentence */

enum news {
	NEWS_FAIL,	/* a dump is refuted */
	NEWS_STALE,	/* a source is no longer in date */
	NEWS_REFUSED,	/* a pull was refused: login, certificate, privilege */
	NEWS_RECOVERED, /* it was one of those, and is proven and in date again */
	NEWS_WEEKLY,	/* how all is */
	NEWS_TEST,
	NEWS_START,	/* of pings: a round has begun ... */
	NEWS_SUCCESS,	/* ... and has passed ... */
	NEWS_FAILURE,	/* ... or not */
	NEWS_ALIVE,	/* of the box's ping: green beats */
};

/* "fail", "stale", ...; the inverse returns -1 for an unknown word. */
const char *news_word(enum news n);
int news_from_word(const char *word);

struct call {
	int64_t id;	  /* 0: not in the outbox yet */
	char *target;
	enum news news;
	char *source;	  /* NULL: the box */
	char *sentence;	  /* why, "" where there is nothing to say */
	int64_t at;	  /* when it was seen to be so */
	int tries;	  /* that failed */
	int64_t next_try;
};

struct calls {
	struct call *items; /* in the order in which they are to be told */
	size_t count;
};

/* A copy of each text; the sentence is made fit to be sent, and cut to its cap. */
struct call *calls_add(struct calls *list, const char *target, enum news news, const char *source,
			     const char *sentence, int64_t at);
void call_done(struct call *m);
void calls_done(struct calls *list);

#define ROW_UNKNOWN (-1)

/* What was told of one source. Zero-initialised, with the rows unknown, is nothing yet. */
struct told {
	char *source;	  /* "": the box itself */
	bool troubled;	  /* any of these, and not yet that it has recovered */
	bool stale;
	bool refused;
	char *refuted;	  /* the dump; NULL: none */
	int64_t weekly;	  /* of the box: when it was last due; TIME_UNKNOWN: never */
	int64_t begun;	  /* its newest round that was told to have begun; ROW_UNKNOWN: it has no ping */
	int64_t ended;	  /* the same for the end of rounds ... */
	int64_t drilled;  /* ... and of drills outside of one */
};

#define TOLD_NOTHING ((struct told){.weekly = TIME_UNKNOWN, .begun = ROW_UNKNOWN, .ended = ROW_UNKNOWN, .drilled = ROW_UNKNOWN})

struct tolds {
	struct told *items;
	size_t count;
};

/* What was told of 'source'; nothing where it is not in the list. */
const struct told *tolds_find(const struct tolds *list, const char *source);
/* Takes 't' over. */
void tolds_add(struct tolds *list, struct told *t);
struct told told_copy(const struct told *t);
bool told_same(const struct told *a, const struct told *b);
void told_done(struct told *t);
void tolds_done(struct tolds *list);

/* A target for which messages wait, or that could not be reached. */
struct target {
	char *name;
	int64_t waiting;
	int64_t failing_since; /* TIME_UNKNOWN: nothing went wrong since its last delivery */
	char *trouble;	       /* the latest sentence; "" */
	int64_t given_up;      /* messages, since then */
};

struct targets {
	struct target *items;
	size_t count;
};

struct target *targets_add(struct targets *list, const char *name);
void targets_done(struct targets *list);

/* "ping of shop". Owned by the caller. */
char *target_of_source(const char *source);
/* The source of a "ping of SOURCE"; NULL for any other. Points into 'target'. */
const char *target_source(const char *target);

/*
 * When a message that could not be delivered is tried again, 'wait_s' being what
 * the server asked for (-1: nothing): after 1, 5, 15 minutes, then hourly.
 * TIME_UNKNOWN: it is given up.
 */
int64_t call_next_try(const struct call *m, int64_t wait_s, int64_t now);

#endif
