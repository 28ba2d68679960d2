/*
 * The ledger's versions: step N brings version N to N + 1, step 0 is
 * schema.sql. A step that was shipped is never changed.
 */
#ifndef DRILLBOX_LEDGER_MIGRATIONS_H
#define DRILLBOX_LEDGER_MIGRATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "port/sqlite.h"

#define LEDGER_APPLICATION 0x64726278 /* "drbx": tells a ledger from any other SQLite file */

extern const char *const ledger_steps[];
extern const size_t ledger_step_count;

/* Bring a ledger up to the last of 'steps', in one transaction. A newer one is ERR_LACKING, no ledger at all ERR_DATA. */
MUST_CHECK int ledger_migrate(struct sqlite *db, const char *const *steps, size_t count, struct error *err);

/*
 * For a reader, who cannot migrate: ERR_LACKING unless it is of version 'count'.
 * 'ret_empty': nothing was written into it yet.
 */
MUST_CHECK int ledger_version_check(struct sqlite *db, size_t count, bool *ret_empty, struct error *err);

#endif
