/*
 * Checks and verdicts: what a drill asked, and what the answers come to.
 *
 * fail      evidence that the dump, or the source's schema, is bad
 * undecided the box could not tell, or a person has to
 * The two never share a path: an error (base/error.h) can only become undecided.
 */
#ifndef DRILLBOX_MODEL_CHECK_H
#define DRILLBOX_MODEL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_UNDECIDED, VERDICT_RUNNING };
enum result { RESULT_PASS, RESULT_FAIL, RESULT_UNDECIDED, RESULT_SKIP };
enum level { LEVEL_QUICK, LEVEL_STANDARD, LEVEL_DEEP };

enum rung {
	RUNG_MEDIA,
	RUNG_INSPECT,
	RUNG_PLAN,
	RUNG_CLUSTER,
	RUNG_RESTORE,
	RUNG_STRUCTURE,
	RUNG_VOLUME,
	RUNG_SEQUENCES,
	RUNG_CHECKS,
	RUNG_WRITES,
	RUNG_INTEGRITY,
	RUNG_TIME,
	RUNGS
};

/* Words as they stand in JSON, ledger and reports. The inverse returns -1 for an unknown word. */
const char *verdict_word(enum verdict v);
int verdict_from_word(const char *word);
const char *result_word(enum result r);
int result_from_word(const char *word);
const char *level_word(enum level l);
int level_from_word(const char *word);
const char *rung_word(enum rung r);
int rung_from_word(const char *word);

/* Whether a drill of this level climbs this rung. */
bool level_has_rung(enum level level, enum rung rung);

/* The exit code of a verdict: 0, 1, 2. */
int verdict_exit_code(enum verdict v);

/* One question asked of the restored database. All text owned; never NULL once added. */
struct check {
	enum rung rung;
	enum result result;
	char *name;	/* what was asked of: "public.orders", "sha256", "recent-orders" */
	char *expected;
	char *actual;
	char *detail;	/* one sentence, with the cause and the cure where it is not a pass */
};

struct phase {
	enum rung rung;
	double seconds;
	char *summary; /* "412 MB read back from the disk, sha256 9c1f...e2" */
};

/* What a drill found, whole. Zero-initialised is empty. */
struct findings {
	struct check *checks;
	size_t check_count;
	struct phase *phases;
	size_t phase_count;
	struct strings notes;
	double restore_seconds; /* from verified bytes to a usable database; < 0 when it did not come so far */
};

/* Append a check; NULL texts become "". Returns it, valid until the next one is added. */
struct check *findings_add(struct findings *f, enum rung rung, enum result result, const char *name,
			   const char *expected, const char *actual, const char *detail_fmt, ...)
	PRINTF_LIKE(7, 8);

/* An error on a rung: an undecided check with the error's sentence. */
void findings_add_error(struct findings *f, enum rung rung, const char *name, const struct error *err);

/* A phase that has ended; 'summary_fmt' as in printf. */
void findings_add_phase(struct findings *f, enum rung rung, double seconds, const char *summary_fmt, ...)
	PRINTF_LIKE(4, 5);

/* A note: something to know that changes no verdict. The same note twice is kept once. */
void findings_note(struct findings *f, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* How many checks of a rung have this result. */
size_t findings_count(const struct findings *f, enum rung rung, enum result result);

/* Whether anything on this rung is a fail or undecided. */
bool findings_rung_well(const struct findings *f, enum rung rung);

/*
 * The verdict of a drill at 'level' that ended by itself: any fail is a fail;
 * else any undecided is undecided; else undecided when a rung that the level
 * asks for has no check at all (it did not run), when media or restore have only
 * skips, or when nothing was compared with anything ('had_measure' false); else
 * pass. 'ret_reason' gets one owned sentence, "" for a pass: the detail of the
 * first check with that result, after its name where the detail does not say it,
 * and how many more there are.
 */
enum verdict findings_verdict(const struct findings *f, enum level level, bool had_measure, char **ret_reason);

void findings_done(struct findings *f);

#endif
