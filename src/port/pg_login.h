/* Why a login failed, in words for a person. Only port/pg.c uses this. */
#ifndef DRILLBOX_PORT_PG_LOGIN_H
#define DRILLBOX_PORT_PG_LOGIN_H

#include "port/pg.h"

/*
 * 'words' are libpq's, with verbose errors on; 'address' is what was dialled,
 * "" for a Unix socket. Fills 'err' and returns -1.
 */
int explain_login(const struct pg_target *target, const char *address, const char *words, struct error *err);

#endif
