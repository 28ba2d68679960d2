/*
 * Rung 9: the operator's own questions. A file of checks.d/SOURCE/ is one query
 * with its expectation in the comments above it:
 *
 *     -- expect: >= 1000
 *     -- why: the shop takes that many orders on its quietest day
 *     SELECT count(*) FROM orders WHERE placed > current_setting('drillbox.dump_time')::timestamptz - interval '1 day'
 *
 * expect: true, false, a comparison (= <> < <= > >=) with a number or a text,
 * 'rows 0' (or 'rows >= 5'), 'within 10% of last proven'. A file that cannot be
 * understood, or expects nothing, makes its check undecided, never a fail.
 */
#ifndef DRILLBOX_DRILL_SQL_CHECKS_H
#define DRILLBOX_DRILL_SQL_CHECKS_H

#include "base/clock.h"
#include "base/error.h"
#include "drill/drill.h"
#include "model/check.h"
#include "port/pg.h"

#define SQL_FILE_CAP ((size_t)64 << 10)
#define SQL_FILES_MOST 1000
#define SQL_VALUE_CAP 1024 /* bytes of a value that are kept */

enum expectation { EXPECT_TRUE, EXPECT_FALSE, EXPECT_VALUE, EXPECT_ROWS, EXPECT_NEAR_LAST };
enum order_sign { BY_EQUAL, BY_UNEQUAL, BY_LESS, BY_LESS_OR_EQUAL, BY_GREATER, BY_GREATER_OR_EQUAL };

struct sql_check {
	char *name;		/* of the file, without .sql */
	bool broken;		/* the file could not be used: 'why_broken' says it, nothing below holds */
	struct error why_broken;
	enum expectation expects;
	enum order_sign by;	/* EXPECT_VALUE and EXPECT_ROWS */
	char *value;		/* what it is compared with; the percentage of EXPECT_NEAR_LAST */
	char *expected;		/* the expectation as written */
	char *why;		/* "" when the file gives none */
	char *query;
};

struct sql_checks {
	struct sql_check *items; /* by name */
	size_t count;
};

/* What a query gave. */
struct sql_answer {
	int64_t rows;
	int columns;
	bool null;
	char value[SQL_VALUE_CAP]; /* of the first column of the first row */
};

/* Take a file's text apart. ERR_CONFIG says what is wrong with it. */
MUST_CHECK int sql_check_parse(const char *text, struct sql_check *ret, struct error *err);

/* Judge an answer; 'last' is what the check came to when the source was last proven, or NULL. 'ret_detail' is owned. */
enum result sql_check_judge(const struct sql_check *check, const struct sql_answer *answer, const char *last,
			    char **ret_detail);

/* All NAME.sql of a folder; a folder that is not there holds none. An error: the folder could not be read. */
MUST_CHECK int sql_checks_read(const char *dir, struct sql_checks *ret, struct error *err);

struct sql_checks_run {
	const struct pg_target *target; /* the restored database, as superuser; the checks run as a role of their own */
	int64_t dump_time;
	const struct drill_value *last_values;
	size_t last_value_count;
	const char *excuse; /* what the box lacked while it restored (model/compare.h): a fail is undecided then; NULL */
	struct deadline deadline;
	void (*progress)(void *context, const char *name, size_t done, size_t of); /* NULL: none */
	void *context;
};

/* Ask them all, until the deadline: a check for each. Returns how many were answered with pass or fail. */
size_t sql_checks_run(const struct sql_checks *checks, const struct sql_checks_run *run, struct findings *f);

/* "recent-orders, latest-invoice and 3 more". Owned by the caller. */
char *sql_checks_names(const struct sql_checks *checks);

void sql_check_done(struct sql_check *c);
void sql_checks_done(struct sql_checks *c);

#endif
