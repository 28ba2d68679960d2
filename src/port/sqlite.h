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
 * Open for writing (WAL, synchronous=FULL, persistent WAL and shared-memory
 * files, so that another uid can read while nobody writes) or for reading only.
 * Waits up to 10 s for a lock.
 */
MUST_CHECK int sqlite_open(const char *path, bool writable, struct sqlite **ret, struct error *err);
void sqlite_close(struct sqlite **db);

/* Statements without parameters or rows, several separated by ';'. */
MUST_CHECK int sqlite_script(struct sqlite *db, const char *sql, struct error *err);

/*
 * One statement. 'types' has a letter per parameter: i (int64_t), d (double),
 * t (const char *, NULL is NULL), b (int as 0 or 1), n (NULL, no argument).
 *     sqlite_prepare(db, &s, err, "SELECT ... WHERE id = ? AND name = ?", "it", id, name)
 */
MUST_CHECK int sqlite_prepare(struct sqlite *db, struct sqlite_statement **ret, struct error *err, const char *sql,
			      const char *types, ...);
/* 1: a row; 0: the end; -1: an error. */
MUST_CHECK int sqlite_step(struct sqlite_statement *s, struct error *err);
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
