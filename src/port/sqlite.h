/*
 * SQLite, with every statement prepared and bound. One connection, one thread.
 */
#ifndef DRILLBOX_PORT_SQLITE_H
#define DRILLBOX_PORT_SQLITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct sqlite; /* a database */
struct sqlite_statement;

/*
 * Open for writing (WAL, synchronous=FULL; the WAL and its shared memory stay
 * behind at the end, so that another uid can read while nobody writes, and a
 * commit is one sync), for reading only, or in memory for a ledger that is not
 * there yet. Waits up to 10 s for a lock. Writing makes the file, 0640.
 *
 * Errors: ERR_DATA (damaged, or no SQLite file), ERR_PRIVILEGE (this user may
 * not), ERR_SPACE, ERR_BUSY, ERR_IO.
 */
enum sqlite_mode { SQLITE_READING, SQLITE_WRITING, SQLITE_IN_MEMORY };

MUST_CHECK int sqlite_open(const char *path, enum sqlite_mode mode, struct sqlite **ret, struct error *err);
void sqlite_close(struct sqlite **db);

/* Read all of it (or, if it is larger than 'cap' bytes, nothing): ERR_DATA with the first thing that is wrong. */
MUST_CHECK int sqlite_verify(struct sqlite *db, int64_t cap, struct error *err);

/* A transaction: what is not committed is undone. Take the write lock at once, so that it waits here and nowhere later. */
MUST_CHECK int sqlite_begin(struct sqlite *db, struct error *err);
MUST_CHECK int sqlite_commit(struct sqlite *db, struct error *err);
/* For the way out after an error, and as a no-op after a commit. */
void sqlite_rollback(struct sqlite *db);

/* Statements without parameters or rows, several separated by ';'. */
MUST_CHECK int sqlite_script(struct sqlite *db, const char *sql, struct error *err);

/*
 * One statement. 'types' has a letter per parameter: i (int64_t), d (double),
 * t (const char *, NULL is NULL), b (int as 0 or 1), o (const int64_t *, NULL is NULL).
 *     sqlite_prepare(db, &s, err, "SELECT ... WHERE id = ? AND name = ?", "it", id, name)
 */
MUST_CHECK int sqlite_prepare(struct sqlite *db, struct sqlite_statement **ret, struct error *err, const char *sql,
			      const char *types, ...);
/* 1: a row; 0: the end; -1: an error. */
MUST_CHECK int sqlite_step(struct sqlite_statement *s, struct error *err);
/* Run it once more with other values, without preparing it again. */
MUST_CHECK int sqlite_again(struct sqlite_statement *s, struct error *err, const char *types, ...);
void sqlite_finish(struct sqlite_statement **s);
int64_t sqlite_int(struct sqlite_statement *s, int column);
double sqlite_real(struct sqlite_statement *s, int column);
/* Valid until the next step; "" for NULL. */
const char *sqlite_text(struct sqlite_statement *s, int column);
bool sqlite_is_null(struct sqlite_statement *s, int column);

/* A statement that returns no rows. */
MUST_CHECK int sqlite_run(struct sqlite *db, struct error *err, const char *sql, const char *types, ...);
/* A single integer, 'fallback' when there is no row or it is NULL. */
MUST_CHECK int sqlite_get_int(struct sqlite *db, int64_t *ret, int64_t fallback, struct error *err, const char *sql,
			      const char *types, ...);
int64_t sqlite_last_id(struct sqlite *db);
int64_t sqlite_changes(struct sqlite *db);

#endif
