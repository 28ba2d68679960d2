/*
 * The commands of psql's that pg_dump writes into a dump in plain SQL
 * (appendPsqlMetaConnect() of PostgreSQL's string_utils.c, and \restrict). Pure.
 */
#ifndef DRILLBOX_MODEL_PLAIN_COMMAND_H
#define DRILLBOX_MODEL_PLAIN_COMMAND_H

#include <stdbool.h>

enum plain_command {
	COMMAND_UNKNOWN,    /* none of them */
	COMMAND_RESTRICT,   /* \restrict KEY */
	COMMAND_UNRESTRICT, /* \unrestrict KEY */
	COMMAND_ENCODING,   /* \encoding SQL_ASCII, before it connects to a name with odd letters in it */
	COMMAND_CONNECT,    /* \connect shop, \connect "Shop", \connect -reuse-previous=on "dbname='it\'s'" */
};

/* A whole line, without its end. The database it connects to is the caller's, and NULL of the other commands. */
enum plain_command plain_command(const char *line, char **ret_database);

#endif
