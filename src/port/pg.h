/*
 * A connection to a PostgreSQL server, through libpq, never blocking past its
 * deadline. Sources are reached with verify-full or over a Unix socket and in
 * no other way: there is no field here to ask for less. A login never gives the
 * password away: SCRAM-SHA-256, or an md5 hash to a server that TLS has proven.
 * A libpq older than 16 cannot be told so; with it a password is used for
 * SCRAM-SHA-256 bound to the TLS channel alone, and never over a Unix socket.
 *
 *     CLEANUP(pg_close) struct pg *pg = NULL;
 *     CLEANUP(pg_rows_done) struct pg_rows rows = {0};
 *     if (pg_connect(&target, deadline, &pg, err) < 0 ||
 *         pg_query(pg, "SELECT 1", &rows, err) < 0)
 *             return -1;
 *     pg_text(&rows, 0, 0)
 *
 * Every session of ours starts with search_path empty, row_security off, our
 * own timeouts (0: deadlines are enforced on this side), client_encoding UTF8,
 * DateStyle ISO, TimeZone UTC and the like; queries name pg_catalog.
 */
#ifndef DRILLBOX_PORT_PG_H
#define DRILLBOX_PORT_PG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

struct pg; /* one connection */

struct pg_target {
	const char *host;	  /* name to verify, or a socket folder beginning with '/' */
	const char *address;	  /* what is dialled instead; NULL: host */
	const char *port;	  /* NULL: 5432 */
	const char *database;
	const char *user;
	const char *password;	  /* NULL: none */
	const char *ca;		  /* PEM file; NULL: the system's */
	const char *client_cert;  /* NULL: none */
	const char *client_key;
	bool own_settings;	  /* keep the database's and role's own settings (rung 10); else ours, as above */
	bool scratch;		  /* the scratch server: event_triggers off as well (17+), where the user may */
	bool superuser;		  /* the user is one, so that it may set everything */
	const char *bound;	  /* path the server of a socket folder bound it by: another that answers is not it; NULL: any */
	bool scram_only;	  /* refuse to log in by an md5 hash (doctor asks once) */
};

/*
 * What whoever works on a restored database starts with, in the form of PGOPTIONS: its own settings (ALTER DATABASE SET)
 * may keep it read-only, make everybody another role, or load a library that only the source has.
 */
#define PG_RESTORED_SETTINGS "-c default_transaction_read_only=off -c role=none -c local_preload_libraries="
#define PG_RESTORED_SETTINGS_OF_SUPERUSER PG_RESTORED_SETTINGS " -c session_preload_libraries="

/*
 * Errors are told apart: ERR_NETWORK (unreachable, cut), ERR_REFUSED (password,
 * certificate, name, pg_hba, no such database or role), ERR_TIMEOUT, ERR_STOPPED,
 * ERR_SOURCE (the server is starting up or shutting down, too many connections).
 */
MUST_CHECK int pg_connect(const struct pg_target *target, struct deadline deadline, struct pg **ret, struct error *err);
void pg_close(struct pg **pg);

/*
 * The same connection as libpq's text, for a PostgreSQL program of 'major': to
 * that numeric 'address', the password from 'passfile' (NULL: none), never in
 * the text. Owned by the caller.
 */
char *pg_conninfo(const struct pg_target *target, const char *address, const char *passfile, int major);

/* The deadline of everything that follows on this connection. */
void pg_set_deadline(struct pg *pg, struct deadline deadline);

/*
 * Called about every 'every_ms' while this connection waits for an answer, so
 * that one thread can watch other things; -1 ends what runs with its error.
 * NULL: none. It may use other connections, never this one.
 */
typedef int (*pg_tick)(void *context, struct error *err);
void pg_set_tick(struct pg *pg, pg_tick tick, void *context, int every_ms);

int pg_server_version(const struct pg *pg); /* 170012 */
const char *pg_server_version_text(const struct pg *pg); /* "17.12" */
/* The encoding of the database, "UTF8". */
const char *pg_database_encoding(const struct pg *pg);
int pg_backend_pid(const struct pg *pg); /* as the backend itself says it */
/* The numeric address that was dialled, so that other programs reach the same server; "" on a Unix socket. */
const char *pg_address(const struct pg *pg);
/* True when the backend is not who took the connection: a pooler stands between. */
bool pg_behind_proxy(const struct pg *pg);
/* How TLS was verified, for doctor: "" on a Unix socket. */
const char *pg_tls_version(const struct pg *pg);
bool pg_used_password(const struct pg *pg);
/* The days until the server's certificate expires, and its issuer's name; -1 without TLS. 'ret_issuer' is owned by the caller. */
int pg_certificate(const struct pg *pg, char **ret_issuer, int64_t *ret_not_after);

struct pg_rows {
	void *result;
	int first, rows, columns; /* 'rows' of them, from 'first' of the result */
};

int pg_row_count(const struct pg_rows *r);
bool pg_is_null(const struct pg_rows *r, int row, int column);
/* The text of a field, "" for NULL; lives as long as the rows. */
const char *pg_text(const struct pg_rows *r, int row, int column);
/* The same, NULL for NULL. */
const char *pg_text_or_null(const struct pg_rows *r, int row, int column);
int64_t pg_int(const struct pg_rows *r, int row, int column);
bool pg_bool(const struct pg_rows *r, int row, int column);
const char *pg_column_name(const struct pg_rows *r, int column);
void pg_rows_done(struct pg_rows *r);

/*
 * One statement. A server's error becomes an error of kind ERR_SOURCE (or, by
 * SQLSTATE: 42501 ERR_PRIVILEGE, 55P03 and 57014 ERR_TIMEOUT, 53100/53200
 * ERR_SPACE, 08xxx and 57P0x ERR_NETWORK) with its message; pg_sqlstate() tells more.
 */
MUST_CHECK int pg_query(struct pg *pg, const char *sql, struct pg_rows *ret, struct error *err);
/* With text parameters $1..$n; a NULL is NULL. */
MUST_CHECK int pg_query_params(struct pg *pg, const char *sql, int n, const char *const *params, struct pg_rows *ret,
			       struct error *err);
/* A statement whose rows do not matter. */
MUST_CHECK int pg_exec(struct pg *pg, const char *sql, struct error *err);
/* A single value, "" for NULL or no row. Owned by the caller. */
MUST_CHECK int pg_value(struct pg *pg, const char *sql, char **ret, struct error *err);

/* Row by row in constant memory: 'each' sees one row at a time (row 0 of 'rows'); -1 from it ends the query with its error. */
typedef int (*pg_each)(void *context, const struct pg_rows *row, struct error *err);
MUST_CHECK int pg_query_each(struct pg *pg, const char *sql, pg_each each, void *context, struct error *err);

/*
 * Many statements without waiting for each answer (libpq's pipeline mode): the
 * line's latency is paid once, not per statement. 'next' gives the i-th
 * statement (owned by the caller's context, valid until the next call) or NULL
 * at the end; 'answer' gets every answer in order, a long one in pieces of at
 * most PG_PIECE rows with the same 'i' (an empty one once, with no rows).
 * Outside of a transaction each statement is its own. A failing statement ends
 * the pipeline with its error; those behind it may have run.
 */
#define PG_PIECE 1000
typedef const char *(*pg_next)(void *context, size_t i);
typedef int (*pg_answer)(void *context, size_t i, const struct pg_rows *rows, struct error *err);
MUST_CHECK int pg_pipeline(struct pg *pg, pg_next next, pg_answer answer, void *context, struct error *err);

/* SQLSTATE and primary message of the last server error on this connection; "" when there was none. */
const char *pg_sqlstate(const struct pg *pg);
const char *pg_message(const struct pg *pg);

/* 'name' as an SQL identifier or literal, always quoted. Owned by the caller. */
char *pg_identifier(const char *name);
char *pg_literal(const char *text);

#endif
