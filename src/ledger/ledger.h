/*
 * The ledger: DATA/ledger/ledger.sqlite, the history of every round, pull,
 * drill, phase, check, press, acceptance and acknowledgement.
 *
 *     CLEANUP(ledger_close) struct ledger *l = NULL;
 *     if (ledger_open(data, LEDGER_WRITE, &l, err) < 0 || ledger_settle(l, NULL, err) < 0 ||
 *         ledger_drill_begin(l, &begin, &id, err) < 0)
 *             return -1;
 *
 * Every function below that writes is one transaction and one sync; begin and
 * end of a drill, findings and all, are two. Errors: ERR_LACKING (a newer
 * drillbox wrote it), ERR_DATA (damaged), ERR_PRIVILEGE (may not be read),
 * ERR_SPACE, ERR_IO, ERR_BUSY (another writer for more than 10 s).
 */
#ifndef DRILLBOX_LEDGER_LEDGER_H
#define DRILLBOX_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/history.h"

#define LEDGER_GROUP "drillbox-read" /* may read the ledger, where that group exists */

struct ledger;

/*
 * LEDGER_WRITE makes its folder and file where they are missing (but not DATA)
 * and brings an older ledger up to date. LEDGER_READ never writes: another uid can use it
 * whether a writer lives or not; where there is no ledger yet it reads as empty.
 */
enum ledger_mode { LEDGER_READ, LEDGER_WRITE };

MUST_CHECK int ledger_open(const char *data, enum ledger_mode mode, struct ledger **ret, struct error *err);
void ledger_close(struct ledger **l);

/* Read all of it and say whether it is whole (doctor, start of the daemon). */
MUST_CHECK int ledger_verify(struct ledger *l, struct error *err);

/*
 * Close every running row whose process is gone as undecided, "interrupted ...".
 * For the verb that has just taken DATA/lock, and for the daemon. 'ret_count'
 * may be NULL; nothing is written where nothing was interrupted.
 */
MUST_CHECK int ledger_settle(struct ledger *l, size_t *ret_count, struct error *err);

/* ---- writing ---- */

/* Note that the box knows this source; only the first time writes. */
MUST_CHECK int ledger_source_seen(struct ledger *l, const char *source, struct error *err);

MUST_CHECK int ledger_round_begin(struct ledger *l, const char *source, enum trigger trigger, int64_t *ret_id,
				  struct error *err);
/* 'reason' "" for a pass. 'interrupted': ended from outside (shutdown), to be repeated once. */
MUST_CHECK int ledger_round_end(struct ledger *l, int64_t id, enum verdict verdict, const char *reason,
				bool interrupted, double seconds, struct error *err);

/* 'round' 0: on its own. */
MUST_CHECK int ledger_pull_begin(struct ledger *l, const char *source, enum trigger trigger, int64_t round,
				 int64_t *ret_id, struct error *err);

/* The same of a dump that a person hands in, since 'started'. It is the source's pull to read of, and none to reckon with. */
MUST_CHECK int ledger_import_begin(struct ledger *l, const char *source, int64_t started, int64_t *ret_id, struct error *err);

/* What a pull came to. With 'why' it delivered nothing and is undecided; else it delivered 'dump'. */
struct pull_outcome {
	const struct error *why;
	bool interrupted;
	double seconds;
	const struct dump *dump;	/* name, source, bytes, sha256, taken are read */
	const char *manifest_sha256;	/* NULL: without a manifest */
	const char *system_identifier;	/* NULL: not known */
	int64_t database_oid;
	const char *server_version;	/* NULL: not known */
	bool skew_known;		/* also of a failed pull that came so far */
	bool skew_verified;		/* the source's now() came over verified TLS */
	int64_t skew_s;			/* box minus source */
	const struct origin *origin;	/* of a dump that was published elsewhere; NULL: pulled from a live server */
	const struct strings *notes;	/* NULL: none */
};

MUST_CHECK int ledger_pull_end(struct ledger *l, int64_t id, const struct pull_outcome *o, struct error *err);

/* A dump that did not come by a pull (import; or the ledger is younger than the store). Known already: nothing. */
MUST_CHECK int ledger_dump_found(struct ledger *l, const struct dump *dump, const char *manifest_sha256,
				 struct error *err);

/* The bytes of this dump, which came before, are published as this revision now: by that it is known again. */
MUST_CHECK int ledger_published_as(struct ledger *l, const char *dump, const struct origin *origin, struct error *err);

MUST_CHECK int ledger_drill_begin(struct ledger *l, const char *source, const char *dump, enum level level,
				  enum trigger trigger, int64_t round, int64_t *ret_id, struct error *err);

/* What a drill came to, for its row. */
struct drill_end {
	enum verdict verdict;
	const char *reason;		/* "" for a pass */
	enum error_kind why;		/* ERR_NONE unless an error ended it */
	bool interrupted;		/* ended from outside, to be repeated once */
	double seconds;
	int64_t scratch_bytes;		/* most it used; 0: not known */
	const struct findings *findings; /* restore_seconds, phases, checks, notes */
};

/* A media rung without fail or undecided also counts as a re-read of the dump. */
MUST_CHECK int ledger_drill_end(struct ledger *l, int64_t id, const struct drill_end *o, struct error *err);

/* The stored bytes were hashed outside a drill: they matched, or 'detail' says how not. */
MUST_CHECK int ledger_reread(struct ledger *l, const char *dump, bool matched, const char *detail, struct error *err);

/* The button: how long it was held and what came of it ("acknowledge shop/...", "drill", "round", "nothing: ..."). */
MUST_CHECK int ledger_press(struct ledger *l, int64_t held_ms, const char *outcome, struct error *err);

/*
 * Accepting or acknowledging twice keeps the first acknowledgement and the last
 * acceptance. A dump that passed after it was acknowledged and is refuted once
 * more has to be acknowledged once more.
 */
MUST_CHECK int ledger_accept(struct ledger *l, const char *dump, const char *who, const char *why, struct error *err);
MUST_CHECK int ledger_acknowledge(struct ledger *l, const char *dump, const char *who, struct error *err);

/* A source's now() outside a pull (doctor). Only verified ones vouch for the clock. */
MUST_CHECK int ledger_clock_seen(struct ledger *l, const char *source, int64_t skew_s, bool verified,
				 struct error *err);

/* ---- reading ---- */

struct history_filter {
	const char *source;	 /* NULL: all */
	const char *dump;	 /* NULL: all */
	int64_t since;		 /* TIME_UNKNOWN: from the beginning; by start */
	size_t limit;		 /* 0: no limit */
	bool rounds;		 /* rows of kind round as well; else pulls and drills only */
	bool not_imported;	 /* without the dumps that were handed in */
};

/*
 * Newest first. A row still marked running whose process is gone reads as
 * undecided and interrupted, settled or not.
 */
MUST_CHECK int ledger_history(struct ledger *l, const struct history_filter *filter, struct events *ret,
			      struct error *err);

/* One drill whole; ERR_USAGE when there is none of that number. */
MUST_CHECK int ledger_drill(struct ledger *l, int64_t id, struct drill_record *ret, struct error *err);

/* The newest drill of a dump, of a source, or of all (both NULL); 0 when there is none. */
MUST_CHECK int ledger_newest_drill(struct ledger *l, const char *source, const char *dump, int64_t *ret_id,
				   struct error *err);

enum which_pull {
	PULL_ENDED,	/* whatever came of it */
	PULL_DELIVERED,
	DUMP_ARRIVED,	/* that, or a dump that was handed in */
};

/* The newest pull of that kind; false in 'ret_found': none. */
MUST_CHECK int ledger_newest_pull(struct ledger *l, const char *source, enum which_pull which, bool *ret_found,
				  struct event *ret, struct error *err);

/*
 * The dump of a source that came as this very revision: the same digest, or where none is
 * published ("") the same place with the same ETag and version, or where it has neither with
 * the same time and size; owned by the caller, NULL when there is none. It may have left the store since.
 */
MUST_CHECK int ledger_came_before(struct ledger *l, const char *source, const struct origin *origin, const char *sha256,
				  int64_t bytes, char **ret_dump, struct error *err);

/* Fill state, accepted and origin of each. Dumps the ledger never heard of stay unproven. */
MUST_CHECK int ledger_dump_states(struct ledger *l, struct dumps *list, struct error *err);

/* All that is known of one dump, found or not (then name only, unproven). */
MUST_CHECK int ledger_dump(struct ledger *l, const char *name, struct dump_record *ret, struct error *err);

/*
 * The newest dump of a source, taken before 'before' (TIME_UNKNOWN: any), that
 * is proven or accepted; owned by the caller, NULL when there is none. It may
 * have left the store since.
 */
MUST_CHECK int ledger_baseline(struct ledger *l, const char *source, int64_t before, char **ret_dump,
			       struct error *err);

/* For schedule_next(). */
MUST_CHECK int ledger_attempts(struct ledger *l, const char *source, struct attempts *ret, struct error *err);

/* Bytes and seconds of the newest pull that delivered; 0 and 0 when there is none. */
MUST_CHECK int ledger_pull_size(struct ledger *l, const char *source, int64_t *ret_bytes, double *ret_seconds,
				struct error *err);

/* Most scratch any drill used in the last 60 days of drills; of one source, or of all (NULL). 0: not known. */
MUST_CHECK int ledger_scratch_largest(struct ledger *l, const char *source, int64_t *ret_bytes, struct error *err);

/* Whether any drill of a source ever proved a dump, which may be gone since. */
MUST_CHECK int ledger_ever_proven(struct ledger *l, const char *source, bool *ret, struct error *err);

/* Median restore_seconds of the newest 'most' drills of a source that passed, and of how many; < 0: none. */
MUST_CHECK int ledger_restore_median(struct ledger *l, const char *source, size_t most, double *ret_seconds,
				     size_t *ret_of, struct error *err);

/* Seconds of a phase in the newest drill of a source that passed, for time-left estimates; < 0: not known. */
MUST_CHECK int ledger_phase_seconds(struct ledger *l, const char *source, enum rung rung, double *ret_seconds,
				    struct error *err);

/* The latest time in any row: a clock before it is wrong. TIME_UNKNOWN: an empty ledger. */
MUST_CHECK int ledger_newest_time(struct ledger *l, int64_t *ret, struct error *err);

/*
 * Since this boot: when a source's now(), over verified TLS, last agreed with
 * the box within 'tolerance_s'; TIME_UNKNOWN: it did not. 'ret_skew' (may be
 * NULL) gets the latest skew seen since boot, agreeing or not, 0 when none.
 */
MUST_CHECK int ledger_clock_agreed(struct ledger *l, int64_t tolerance_s, int64_t *ret_at, int64_t *ret_skew,
				   struct error *err);

#endif
