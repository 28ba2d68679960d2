/*
 * What a libpq is told of a connection: its parameters, and the settings that a
 * session starts with. Pure: which libpq it is, the caller has to know. Only port/pg.c uses this.
 */
#ifndef DRILLBOX_PORT_PG_PARAMETERS_H
#define DRILLBOX_PORT_PG_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#include "port/pg.h"

#define PG_LOGINS_CAN_BE_CHOSEN 16 /* the first libpq that can be told which ways of logging in to allow; one before it is old */
#define PG_NOWHERE "/nonexistent/drillbox" /* for files that libpq would otherwise look for in the home folder */

struct pg_parameter {
	const char *key, *value;
	int since; /* the major whose libpq knows it first, where an older one may be asked */
};

#define PG_PARAMETERS 32 /* with room for password and options as well, which are never among them */

/*
 * All that are not empty; returns how many. 'address' is the numeric one to
 * dial, 'passfile' where a password stands (NULL: nowhere). An 'old' libpq that has a
 * password is allowed SCRAM-SHA-256 over TLS and nothing else. Values live as long as what was given.
 */
size_t pg_parameters(const struct pg_target *target, const char *address, const char *passfile, bool old, bool has_password,
		     struct pg_parameter ret[PG_PARAMETERS]);

/* The same as libpq's text, without what a libpq of 'major' does not know. Owned by the caller. */
char *pg_parameters_text(const struct pg_target *target, const char *address, const char *passfile, int major, bool old);

/* In the form of PGOPTIONS. Owned by the caller. */
char *pg_session_settings(const struct pg_target *target);
#define PG_NO_EVENT_TRIGGERS "-c event_triggers=off" /* a scratch server's beside them; known from 17 on */

#endif
