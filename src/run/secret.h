/* Secrets: read from a file or from a systemd credential, kept out of every argv and environment. */
#ifndef DRILLBOX_RUN_SECRET_H
#define DRILLBOX_RUN_SECRET_H

#include "base/error.h"

/* Overwrites and frees; a destructor for CLEANUP(). */
void secret_done(char **secret);

/*
 * The first line of what 'where' names: a path, or "credential:NAME", the file
 * NAME in $CREDENTIALS_DIRECTORY (systemd.exec(5)). NULL gives NULL.
 * ERR_LACKING: it is missing, empty, or open to others.
 */
MUST_CHECK int secret_read(const char *where, char **ret, struct error *err);

/* The path behind 'where', for files that libpq reads itself (keys, certificates). Owned by the caller; NULL gives NULL. */
MUST_CHECK int secret_path(const char *where, char **ret, struct error *err);

#endif
