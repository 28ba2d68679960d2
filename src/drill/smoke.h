/*
 * The operator's smoke SQL ([drill] smoke): statements that write as the application
 * does, and what it means where the restored database refuses one.
 */
#ifndef DRILLBOX_DRILL_SMOKE_H
#define DRILLBOX_DRILL_SMOKE_H

#include "base/error.h"
#include "model/check.h"

#define SMOKE_CAP ((size_t)1 << 20) /* bytes of the file */

/* All of the file; ERR_CONFIG where it holds none. Owned by the caller. */
MUST_CHECK int smoke_read(const char *path, char **ret, struct error *err);

/* What a server's refusal of it says, by SQLSTATE and message: fail, or undecided for "" and what says nothing of the database. */
enum result smoke_refusal(const char *sqlstate, const char *message, const char **ret_meaning);

#endif
