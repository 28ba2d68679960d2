/*
 * How to restore a dump by hand: the shell lines that rebuild its database on an
 * empty server, from the store's files alone. `show` ends with them, and
 * DATA/README.txt holds them for every dump's shape; a test runs them as they are.
 */
#ifndef DRILLBOX_MODEL_RECOVERY_H
#define DRILLBOX_MODEL_RECOVERY_H

#include <stdbool.h>

#include "base/text.h"
#include "model/manifest.h"

/*
 * Append the lines for the dump at 'path' (absolute). 'm' may be NULL (no
 * manifest, or a damaged one): the lines then say what has to be made by hand. 'makes_database': it is
 * plain SQL that was made with --create; an archive can always be told to. 'jobs': how many restored it when that was
 * last seen, for a CHECK or a function that reads other tables may hang on their order; 0: not known.
 * Every line is a command or a '#' comment; names are quoted for the shell and
 * for SQL; the server is whatever PGHOST, PGPORT and PGUSER name.
 */
void recovery_lines(const char *path, const struct manifest *m, bool makes_database, int jobs, struct text *out);

#endif
