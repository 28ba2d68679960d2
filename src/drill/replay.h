/*
 * A dump in plain SQL run into a database of the cluster: what reads it in one
 * sandbox (drill/plain_reader.h), psql in another, a pipe between them. psql stops at
 * the first error, as a recovery by hand does that goes by the book: what
 * follows a COPY that failed are rows, and psql would take them for SQL.
 */
#ifndef DRILLBOX_DRILL_REPLAY_H
#define DRILLBOX_DRILL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "drill/cluster.h"
#include "model/dump.h"

#define PSQL_FAILED 3 /* how psql exits that met an error in what it was given */

struct replay_request {
	const struct dump *dump;
	struct cluster *cluster;
	const struct tool *tool;
	const char *database;
	bool single; /* in one transaction: then less WAL is written */
	/* While it runs, with how many entries were begun and the last of them; -1 ends it. */
	int (*tick)(void *context, int64_t begun, const char *item, struct error *err);
	void *context;
	struct deadline deadline;
};

struct replay {
	int exit_code;	 /* psql's; -1 when it did not exit */
	bool killed;
	size_t errors;	 /* that psql told of, by their SQLSTATE alone: no text of a dump is among its words */
	char *epitaph;	 /* psql's; owned */
	bool whole;	 /* the reader came to the end, or psql gave up before it; else psql's errors are no evidence */
	struct error why; /* where it did not: ERR_DATA is evidence against the dump */
};

/* -1: stopped, out of time, no sandbox, or as 'tick' says. */
MUST_CHECK int replay_run(const struct replay_request *q, struct replay *ret, struct error *err);
void replay_done(struct replay *r);

/* How many errors these words of psql's tell of: "psql:<stdin>:12: ERROR:  42P01" each. Pure. */
size_t replay_count_errors(const char *said);

#endif
