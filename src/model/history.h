/*
 * What happened, as the ledger gives it back: plain structs shared by ledger/,
 * report/ and run/, and the few rules that read a history. All text is owned.
 */
#ifndef DRILLBOX_MODEL_HISTORY_H
#define DRILLBOX_MODEL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "model/check.h"
#include "model/dump.h"
#include "model/schedule.h"

enum trigger { TRIGGER_OPERATOR, TRIGGER_SCHEDULE, TRIGGER_BUTTON };
const char *trigger_word(enum trigger t);
int trigger_from_word(const char *word); /* -1: unknown */

enum event_kind { EVENT_ROUND, EVENT_PULL, EVENT_DRILL };
const char *event_kind_word(enum event_kind k);

/* A round, a pull or a drill: one row of its life, without a drill's findings. */
struct event {
	enum event_kind kind;
	int64_t id;
	int64_t round;	   /* the round it belongs to; 0: none. Of a round: its own id */
	enum trigger trigger;
	char *source;
	char *dump;	   /* NULL: nothing was delivered */
	enum verdict verdict; /* a pull: pass, undecided or running */
	char *reason;	   /* "" for a pass */
	enum error_kind why; /* ERR_NONE where no error is behind it */
	bool interrupted;  /* ended by a crash, a power cut or a shutdown, not by itself */
	int64_t started;
	int64_t ended;	   /* TIME_UNKNOWN while it runs */
	double seconds;	   /* of a running one: so far, by the wall clock; < 0: not known (interrupted) */
	int64_t bytes;	   /* pull: of the dump; drill: most scratch it used; 0: not known */
	enum level level;  /* drill only */
	double restore_seconds; /* drill only; < 0: it did not come so far */
	int64_t pid;	   /* of the process that runs or ran it */
};

struct events {
	struct event *items; /* newest first */
	size_t count;
};

struct event *events_add(struct events *list);
void event_done(struct event *e);
void events_done(struct events *list);

/* A drill whole. */
struct drill_record {
	struct event event;
	struct findings findings;
};

void drill_record_done(struct drill_record *d);

/* What the ledger knows of one dump; the dump itself may be gone. */
struct dump_record {
	char *name;
	char *source;
	char sha256[SHA256_HEX];	  /* "" when the ledger never saw it arrive */
	char manifest_sha256[SHA256_HEX]; /* "" when it came without one */
	int64_t bytes;
	int64_t taken;
	char *system_identifier;	  /* NULL: not known */
	int64_t database_oid;		  /* 0: not known */
	int64_t skew_s;			  /* box minus source at the snapshot */
	struct origin origin;		  /* where it was published */
	enum dump_state state;
	int64_t decided_by;		  /* the drill that made it proven or refuted; 0: none */
	int64_t decided_at;		  /* its start */
	char *decided_reason;		  /* "" unless refuted */
	double restore_seconds;		  /* of that drill; < 0: none */
	int64_t last_drill;		  /* newest drill of any level that ended; 0: none */
	enum verdict last_verdict;	  /* of it */
	char *last_reason;
	bool accepted;
	char *accepted_by;		  /* NULL when not */
	char *accepted_why;
	int64_t accepted_at;
	bool acknowledged;
	bool rotten;			  /* its bytes, when they were last read, did not match their digest */
	/* when its bytes were last read and matched their digest; TIME_UNKNOWN: never, or no longer */
	int64_t reread;
};

void dump_record_done(struct dump_record *d);

/*
 * What a dump is after one more drill of it: the latest pass or fail at level
 * standard or deep decides, undecided and quick change nothing.
 */
enum dump_state dump_state_after(enum dump_state before, enum level level, enum verdict verdict);

/* An acceptance: the operator vouches that this dump is the baseline. */
struct acceptance {
	char *dump;
	char *who;
	char *why;
	int64_t at;
};

/*
 * Attempts of a source for schedule_next(), from its events of every kind,
 * newest first, running ones among them. 'first_seen' is taken as it is.
 */
void attempts_of(const struct events *newest_first, int64_t first_seen, struct attempts *ret);

#endif
