/* Secrets: read from a file or from a systemd credential, kept out of every argv and environment. */
#ifndef DRILLBOX_RUN_SECRET_H
#define DRILLBOX_RUN_SECRET_H

#include "base/error.h"
#include "model/config.h"
#include "pull/place.h"

/* Overwrites and frees; a destructor for CLEANUP(). */
void secret_done(char **secret);

/*
 * The first line of what 'where' names: a path, or "credential:NAME", the file
 * NAME in $CREDENTIALS_DIRECTORY (systemd.exec(5)). NULL gives NULL. 'what' is
 * the word for it in errors: "password". ERR_LACKING: it is missing, empty, or
 * open to others.
 */
MUST_CHECK int secret_read_as(const char *where, const char *what, char **ret, struct error *err);

/* The path of the file behind 'where', for who reads it himself. Owned by the caller; NULL gives NULL. */
MUST_CHECK int secret_path(const char *where, char **ret, struct error *err);

/*
 * A source with all that is needed to reach it: its secrets, and its key,
 * certificates and CA as paths that a library can open. Zero-initialised is none.
 */
struct reachable {
	struct source_config source; /* borrowed from the configuration, but for the paths below */
	char *password;		     /* NULL: none, here and below */
	char *token, *headers;
	char *secret_key, *session_token;
	char *client_cert, *client_key, *ca;
};

/* What of it a place wants. Points into 'r'. */
struct place_secrets reachable_secrets(const struct reachable *r);

MUST_CHECK int reachable_open(const struct source_config *source, struct reachable *ret, struct error *err);
void reachable_done(struct reachable *r);

#endif
