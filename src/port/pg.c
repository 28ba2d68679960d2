#include "port/pg.h"

#include <errno.h>
#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/text.h"
#include "port/pg_login.h"
#include "port/pg_parameters.h"
#include "port/resolve.h"

#define CONNECT_MS 30000	 /* for one address: dialling, TLS and login */
#define NEXT_ADDRESS_MS 10000	 /* the same while there are more addresses to try */
#define CANCEL_MS 3000		 /* to tell the server that we wait no longer, and to hear that it heard */
#define IN_FLIGHT 256		 /* statements sent and not yet answered */
#define NOT_SEEN (-1L)
#define LOOKS 10		 /* at a certificate that is refused, until its reason was seen */

/* What libpq has from 17 on, and what stands for it before. */
#ifdef LIBPQ_HAS_CHUNK_MODE
#define A_PIECE PGRES_TUPLES_CHUNK
#else
#define A_PIECE PGRES_SINGLE_TUPLE /* of one row, not of PG_PIECE */
#endif
#ifndef LIBPQ_HAS_SEND_PIPELINE_SYNC
#define PQsendPipelineSync PQpipelineSync /* which also flushes, as far as it can without waiting */
#endif

struct pg {
	PGconn *conn;
	struct deadline deadline;
	pg_tick tick;
	void *tick_context;
	int tick_ms;
	bool broken; /* an answer is still owed that will never be read */
	int backend_pid;
	bool password_used;
	char *address;
	char *version;
	char sqlstate[6];
	char *message;
};

/* ---------------------------------------------------------------- waiting */

static int waited_too_long(const struct pg *pg, struct error *err)
{
	if (deadline_stopped(pg->deadline))
		return fail(err, ERR_STOPPED, "stopped while waiting for the server");
	return fail(err, ERR_TIMEOUT, "the server did not answer in time: see what it is busy with, or allow more time");
}

/* Until 'fd' is ready for one of 'events', calling the tick. */
static int wait_ready(struct pg *pg, int fd, short events, struct error *err)
{
	int64_t next_tick = pg->tick ? clock_mono_ms() + pg->tick_ms : INT64_MAX;

	for (;;) {
		struct pollfd p[2] = {{.fd = fd, .events = events}, {.fd = pg->deadline.stop_fd, .events = POLLIN}};
		struct deadline until = pg->deadline;
		int n;

		if (next_tick < until.at_ms)
			until.at_ms = next_tick;
		n = poll(p, 2, deadline_left(until));
		if (n < 0 && errno != EINTR)
			return fail(err, ERR_IO, "wait for the server: %m");
		if (n > 0 && p[1].revents)
			return waited_too_long(pg, err);
		if (n > 0 && p[0].revents)
			return 0;
		if (clock_mono_ms() >= pg->deadline.at_ms)
			return waited_too_long(pg, err);
		if (pg->tick && clock_mono_ms() >= next_tick) {
			if (pg->tick(pg->tick_context, err) < 0)
				return -1;
			next_tick = clock_mono_ms() + pg->tick_ms;
		}
	}
}

void pg_set_deadline(struct pg *pg, struct deadline deadline)
{
	pg->deadline = deadline;
}

void pg_set_tick(struct pg *pg, pg_tick tick, void *context, int every_ms)
{
	pg->tick = tick;
	pg->tick_context = context;
	pg->tick_ms = every_ms;
}

/* ---------------------------------------------------------------- what went wrong on the way in */

/* OpenSSL knows why a certificate was refused; libpq's text does not say it. */
static int explain_certificate(const struct pg_target *t, long verified, struct error *err)
{
	const char *why = X509_verify_cert_error_string(verified);

	switch (verified) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return fail(err, ERR_REFUSED, "the certificate of the server at '%s', or the CA that signed it, has expired: "
			    "renew it on the server", t->host);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return fail(err, ERR_REFUSED, "the certificate of the server at '%s' is not valid yet: see the clock of this "
			    "box, then the certificate", t->host);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return fail(err, ERR_REFUSED, "the certificate of the server at '%s' was not signed by %s (%s): give the CA that "
			    "signed it as 'ca'", t->host, t->ca ? t->ca : "a CA of this system", why);
	default:
		return fail(err, ERR_REFUSED,
			    "the certificate of the server at '%s' was refused (%s): see it with 'openssl s_client "
			    "-starttls postgres'",
			    t->host, why);
	}
}

/* ---------------------------------------------------------------- connecting */

static bool knows(const char *option)
{
	PQconninfoOption *options = PQconndefaults();
	bool found = false;

	for (PQconninfoOption *o = options; o && o->keyword; o++)
		found = found || strcmp(o->keyword, option) == 0;
	PQconninfoFree(options);
	return found;
}

/*
 * Whether the libpq of this machine, which need not be the one that was compiled against, can be told which ways of
 * logging in to allow, and to take the system's CAs by itself: from 16 on.
 */
static bool libpq_is_old(void)
{
	return !knows("require_auth");
}

/* Nothing of libpq's environment counts: what is not given here has libpq's built-in default. */
static void forget_environment(void)
{
	static bool forgotten;
	PQconninfoOption *options;

	if (forgotten)
		return;
	options = PQconndefaults();
	for (PQconninfoOption *o = options; o && o->keyword; o++)
		if (o->envvar)
			(void)unsetenv(o->envvar);
	PQconninfoFree(options);
	(void)unsetenv("PGSYSCONFDIR");
	(void)unsetenv("PGSERVICEFILE");
	/* OpenSSL's own: the system's CAs are the system's, here as in the programs that we start */
	(void)unsetenv("SSL_CERT_FILE");
	(void)unsetenv("SSL_CERT_DIR");
	/* nor do this machine's tickets; from 16 on require_auth says so */
	(void)setenv("KRB5CCNAME", "FILE:" PG_NOWHERE, 1);
	forgotten = true;
}

static PGconn *connect_start(const struct pg_target *t, const char *address, const char *options)
{
	struct pg_parameter list[PG_PARAMETERS];
	const char *keys[PG_PARAMETERS + 1] = {0}, *values[PG_PARAMETERS + 1] = {0};
	size_t n = pg_parameters(t, address, NULL, libpq_is_old(), t->password != NULL, list), known = 0;

	for (size_t i = 0; i < n; i++)
		if (!list[i].since || knows(list[i].key))
			list[known++] = list[i];
	n = known;
	if (t->password)
		list[n++] = (struct pg_parameter){"password", t->password, 0};
	if (options)
		list[n++] = (struct pg_parameter){"options", options, 0};
	for (size_t i = 0; i < n; i++) {
		keys[i] = list[i].key;
		values[i] = list[i].value;
	}
	return PQconnectStartParams(keys, values, 0);
}

char *pg_conninfo(const struct pg_target *target, const char *address, const char *passfile, int major)
{
	/* the program may have a libpq of its own, as old as itself */
	return pg_parameters_text(target, address, passfile, major, libpq_is_old() || major < PG_LOGINS_CAN_BE_CHOSEN);
}

/* Poll until the login is through. 'ret_verified' gets OpenSSL's judgement of the certificate; NOT_SEEN when it was missed. */
static int connect_poll(struct pg *pg, long *ret_verified, bool *ret_in_time, struct error *err)
{
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;
	SSL *ssl = NULL;

	*ret_verified = NOT_SEEN;
	*ret_in_time = true;
	while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
		if (wait_ready(pg, PQsocket(pg->conn), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, err) < 0) {
			*ret_in_time = false;
			break;
		}
		/* libpq frees it when the handshake fails: hold on to it, for its reason */
		if (!ssl && (ssl = PQsslStruct(pg->conn, "OpenSSL")))
			(void)SSL_up_ref(ssl);
		state = PQconnectPoll(pg->conn);
	}
	if (ssl) {
		*ret_verified = SSL_get_verify_result(ssl);
		SSL_free(ssl);
	}
	return state == PGRES_POLLING_OK ? 0 : -1;
}

/* A notice on stderr would be libpq's voice in our program. */
static void no_notice(void *context UNUSED, const PGresult *result UNUSED)
{
}

/*
 * What stands in a folder that others write to may be a link to any server's socket. The path by which the one
 * that we came to was bound cannot be another's; nothing was sent yet.
 */
static int check_bound(PGconn *conn, const struct pg_target *t, struct error *err)
{
	struct sockaddr_un there = {0};
	socklen_t size = sizeof(there) - 1;

	if (!t->bound)
		return 0;
	if (getpeername(PQsocket(conn), (struct sockaddr *)&there, &size) < 0)
		return fail(err, ERR_NETWORK, "the server in '%s' does not answer: %m", t->host);
	if (there.sun_family != AF_UNIX || strcmp(there.sun_path, t->bound) != 0)
		return fail(err, ERR_DATA, "the socket in '%s' is not the scratch server's: look at what the dump runs", t->host);
	return 0;
}

static int connect_attempt(struct pg *pg, const struct pg_target *t, const char *address, const char *options,
			   long *ret_verified, struct error *err)
{
	bool in_time;

	PQfinish(pg->conn);
	pg->conn = connect_start(t, address, options);
	if (!pg->conn)
		return fail(err, ERR_SPACE, "no memory for a connection");
	(void)PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE);
	(void)PQsetNoticeReceiver(pg->conn, no_notice, NULL);
	if (PQstatus(pg->conn) == CONNECTION_BAD)
		return explain_login(t, address, PQerrorMessage(pg->conn), err);
	if (check_bound(pg->conn, t, err) < 0)
		return -1;
	if (connect_poll(pg, ret_verified, &in_time, err) == 0)
		return 0;
	if (!in_time && err->kind == ERR_TIMEOUT)
		return fail(err, ERR_NETWORK, "'%s' port %s%s%s%s does not answer: see the network and its firewalls", t->host,
			    t->port ? t->port : "5432", *address ? " (" : "", address, *address ? ")" : "");
	return in_time ? explain_login(t, address, PQerrorMessage(pg->conn), err) : -1;
}

/* A handshake that is done within one step of libpq's is over before its reason can be asked for: then once more. */
static int connect_once(struct pg *pg, const struct pg_target *t, const char *address, const char *options,
			struct error *err)
{
	for (int i = 0; i < LOOKS; i++) {
		long verified = X509_V_OK;

		if (connect_attempt(pg, t, address, options, &verified, err) == 0)
			return 0;
		if (!strstr(PQerrorMessage(pg->conn), "certificate verify failed"))
			return -1;
		if (verified != NOT_SEEN && verified != X509_V_OK)
			return explain_certificate(t, verified, err);
	}
	return -1;
}

/* Login event triggers would run on us before any SET, and only servers from 17 on know how to leave them out. */
static int connect_with_settings(struct pg *pg, const struct pg_target *t, const char *address, struct error *err)
{
	autofree char *common = pg_session_settings(t);
	autofree char *options = t->own_settings ? NULL : format("%s%s", common, t->scratch ? " " PG_NO_EVENT_TRIGGERS : "");

	if (connect_once(pg, t, address, options, err) == 0)
		return 0;
	if (t->own_settings || !t->scratch || !strstr(PQerrorMessage(pg->conn), "\"event_triggers\""))
		return -1;
	return connect_once(pg, t, address, common, err);
}

static int dial(struct pg *pg, const struct pg_target *t, struct deadline deadline, struct error *err)
{
	struct addresses found = {0};
	int done = -1;

	if (t->host[0] == '/') {
		pg->deadline = deadline_in(deadline, CONNECT_MS);
		return connect_with_settings(pg, t, "", err);
	}
	if (resolve_name(t->address ? t->address : t->host, deadline_in(deadline, CONNECT_MS), &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++) {
		bool last = i + 1 == found.count;

		pg->deadline = deadline_in(deadline, last ? CONNECT_MS : NEXT_ADDRESS_MS);
		done = connect_with_settings(pg, t, found.items[i], err);
		if (done == 0)
			set_text(&pg->address, found.items[i]);
		/* another address is no cure for a refusal */
		if (done == 0 || err->kind != ERR_NETWORK)
			break;
	}
	return done;
}

/* Limits that not every server knows, so that they cannot be asked for while logging in. */
static int set_later_timeouts(struct pg *pg, struct error *err)
{
	int version = PQserverVersion(pg->conn);

	if (version >= 140000 && pg_exec(pg, "SET idle_session_timeout = 0", err) < 0)
		return -1;
#ifndef LIBPQ_HAS_ASYNC_CANCEL
	struct error ignored;

	/*
	 * see cancel(): a server that cannot look whether its client is still there (before 14, or
	 * not on Linux) works to the end
	 */
	if (version >= 140000 && pg_exec(pg, "SET client_connection_check_interval = '2s'", &ignored) < 0 && pg->broken)
		return fail(err, ERR_NETWORK, "the server went away during the login: see its log");
#endif
	return version >= 170000 ? pg_exec(pg, "SET transaction_timeout = 0", err) : 0;
}

static int check_settings(struct pg *pg, const struct pg_target *t, struct error *err)
{
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};

	if (pg_query(pg,
		     "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('search_path'), "
		     "pg_catalog.current_setting('row_security')",
		     &rows, err) < 0)
		return -1;
	pg->backend_pid = (int)pg_int(&rows, 0, 0);
	if (t->own_settings)
		return 0;
	if ((*pg_text(&rows, 0, 1) && strcmp(pg_text(&rows, 0, 1), "\"\"") != 0) || strcmp(pg_text(&rows, 0, 2), "off") != 0)
		return fail(err, ERR_SOURCE,
			    "our session settings did not reach the server of '%s', so a connection pooler stands in front of it: "
			    "give the server's own port", t->database);
	/* such a database holds bytes of no known encoding; as UTF-8 they would be refused */
	if (strcmp(pg_database_encoding(pg), "SQL_ASCII") == 0 && pg_exec(pg, "SET client_encoding = 'SQL_ASCII'", err) < 0)
		return -1;
	return set_later_timeouts(pg, err);
}

static char *version_text(const PGconn *conn)
{
	const char *full = PQparameterStatus(conn, "server_version");

	return full ? xstrndup(full, strcspn(full, " ")) : xstrdup("unknown");
}

int pg_connect(const struct pg_target *target, struct deadline deadline, struct pg **ret, struct error *err)
{
	CLEANUP(pg_close) struct pg *pg = xcalloc(1, sizeof(*pg));

	pg->address = xstrdup("");
	forget_environment();
	if (target->password && target->host[0] == '/' && libpq_is_old())
		return fail(err, ERR_LACKING,
			    "the libpq of this machine is older than 16, and cannot be kept from giving a password away over a "
			    "socket: use peer in pg_hba.conf and no password-file, or reach the server over TLS");
	if (dial(pg, target, deadline, err) < 0)
		return -1;
	pg->password_used = PQconnectionUsedPassword(pg->conn) != 0;
	pg->version = version_text(pg->conn);
	(void)PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
	if (PQsetnonblocking(pg->conn, 1) != 0)
		return fail(err, ERR_IO, "the connection cannot be made non-blocking");
	pg->deadline = deadline_in(deadline, CONNECT_MS);
	if (check_settings(pg, target, err) < 0)
		return -1;
	pg->deadline = deadline;
	*ret = take(pg);
	return 0;
}

void pg_close(struct pg **pg)
{
	if (!*pg)
		return;
	PQfinish((*pg)->conn);
	free((*pg)->address);
	free((*pg)->version);
	free((*pg)->message);
	free(*pg);
	*pg = NULL;
}

/* ---------------------------------------------------------------- what a connection knows of itself */

int pg_server_version(const struct pg *pg)
{
	return PQserverVersion(pg->conn);
}

const char *pg_database_encoding(const struct pg *pg)
{
	const char *encoding = PQparameterStatus(pg->conn, "server_encoding");

	return encoding ? encoding : "UTF8";
}

const char *pg_server_version_text(const struct pg *pg)
{
	return pg->version;
}

int pg_backend_pid(const struct pg *pg)
{
	return pg->backend_pid;
}

const char *pg_address(const struct pg *pg)
{
	return pg->address;
}

bool pg_behind_proxy(const struct pg *pg)
{
	return PQbackendPID(pg->conn) != pg->backend_pid;
}

bool pg_used_password(const struct pg *pg)
{
	return pg->password_used;
}

const char *pg_tls_version(const struct pg *pg)
{
	const char *version = PQsslInUse(pg->conn) ? PQsslAttribute(pg->conn, "protocol") : NULL;

	return version ? version : "";
}

int pg_certificate(const struct pg *pg, char **ret_issuer, int64_t *ret_not_after)
{
	SSL *ssl = PQsslStruct(pg->conn, "OpenSSL");
	X509 *certificate = ssl ? SSL_get1_peer_certificate(ssl) : NULL;
	char issuer[256];
	struct tm tm;
	int64_t not_after;

	if (!certificate)
		return -1;
	if (X509_NAME_get_text_by_NID(X509_get_issuer_name(certificate), NID_commonName, issuer, sizeof(issuer)) < 0)
		(void)X509_NAME_oneline(X509_get_issuer_name(certificate), issuer, sizeof(issuer));
	not_after = ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1 ? (int64_t)timegm(&tm) : TIME_UNKNOWN;
	X509_free(certificate);
	if (not_after == TIME_UNKNOWN)
		return -1;
	*ret_issuer = xstrdup(issuer);
	*ret_not_after = not_after;
	return (int)((not_after - clock_wall()) / 86400);
}

/* ---------------------------------------------------------------- errors of statements */

static const struct {
	const char *prefix;
	enum error_kind kind;
} state_kinds[] = {
	{"42501", ERR_PRIVILEGE}, {"55P03", ERR_TIMEOUT}, {"57014", ERR_TIMEOUT}, {"53100", ERR_SPACE},
	{"53200", ERR_SPACE},	  {"08", ERR_NETWORK},	  {"57P0", ERR_NETWORK},  {"25P03", ERR_NETWORK},
};

static enum error_kind kind_of_state(const char *state)
{
	for (size_t i = 0; i < COUNT(state_kinds); i++)
		if (starts_with(state, state_kinds[i].prefix))
			return state_kinds[i].kind;
	return ERR_SOURCE;
}

/* The connection itself is gone, or libpq gave up on it. */
static int lost(struct pg *pg, struct error *err)
{
	autofree char *line = NULL;
	const char *words = PQerrorMessage(pg->conn);

	line = xstrndup(words, strcspn(words, "\n"));
	pg->broken = true;
	return fail(err, ERR_NETWORK, "the connection to the server was cut (%s): see the network and the server's log",
		    *line ? line : "no reason given");
}

static int refused(struct pg *pg, const PGresult *result, struct error *err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);

	if (!state)
		return lost(pg, err);
	(void)memcpy(pg->sqlstate, state, strnlen(state, 5));
	pg->sqlstate[5] = '\0';
	set_text(&pg->message, message ? message : "");
	if (starts_with(state, "57P0")) {
		pg->broken = true;
		return fail(err, ERR_NETWORK, "the server ended the connection (%s): see its log", pg->message);
	}
	if (strcmp(state, "53200") == 0 && strstr(pg->message, "shared memory"))
		return fail(err, ERR_SPACE, "the server's lock table is full: raise max_locks_per_transaction there");
	return fail(err, kind_of_state(state), "the server says: %s%s%s%s", pg->message, detail ? " (" : "",
		    detail ? detail : "", detail ? ")" : "");
}

const char *pg_sqlstate(const struct pg *pg)
{
	return pg->sqlstate;
}

const char *pg_message(const struct pg *pg)
{
	return pg->message ? pg->message : "";
}

/* ---------------------------------------------------------------- giving up on an answer */

#ifdef LIBPQ_HAS_ASYNC_CANCEL
/* Ask the server to stop; encrypted as the connection is. */
static void cancel(struct pg *pg)
{
	PGcancelConn *request = PQcancelCreate(pg->conn);
	struct deadline until = deadline_in(NO_DEADLINE, CANCEL_MS);
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;

	if (!request)
		return;
	if (!PQcancelStart(request))
		state = PGRES_POLLING_FAILED;
	while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
		struct pollfd p = {.fd = PQcancelSocket(request),
				   .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT};

		if (poll(&p, 1, deadline_left(until)) <= 0 && deadline_left(until) == 0)
			break;
		state = PQcancelPoll(request);
	}
	PQcancelFinish(request);
}
#else
/* Before 17 libpq asks in the clear, and for as long as the network takes: the connection is closed, and the server sees it. */
static void cancel(struct pg *pg UNUSED)
{
}
#endif

/* The next result if one comes in time; false when none will. */
static bool read_owed(struct pg *pg, struct deadline until, PGresult **ret)
{
	while (PQisBusy(pg->conn)) {
		struct pollfd p = {.fd = PQsocket(pg->conn), .events = POLLIN};

		(void)PQflush(pg->conn);
		if (poll(&p, 1, deadline_left(until)) == 0 || PQconsumeInput(pg->conn) == 0)
			return false;
	}
	*ret = PQgetResult(pg->conn);
	return true;
}

/*
 * Nobody wants the rest of the answers: 'statements' of them are still owed, in
 * a pipeline or alone. Read them for a short time, cancelling what 'runs'. A
 * connection that owes more afterwards is of no use and is closed. Keeps 'err'
 * and the server's words as they are.
 */
static void abandon(struct pg *pg, size_t statements, bool runs)
{
	struct deadline until = deadline_in(NO_DEADLINE, CANCEL_MS);
	bool pipeline = PQpipelineStatus(pg->conn) != PQ_PIPELINE_OFF;

	if (!pg->broken && PQstatus(pg->conn) == CONNECTION_OK && runs)
		cancel(pg);
	pg->broken = pg->broken || PQstatus(pg->conn) != CONNECTION_OK;
	while (!pg->broken && statements > 0) {
		PGresult *result = NULL;

		if (!read_owed(pg, until, &result) || deadline_left(until) == 0)
			pg->broken = true;
		else if (pipeline ? PQresultStatus(result) == PGRES_PIPELINE_SYNC : !result)
			statements--;
		PQclear(result);
	}
	if (!pg->broken && pipeline)
		pg->broken = !PQexitPipelineMode(pg->conn);
	if (pg->broken)
		PQfinish(take(pg->conn));
}

/* ---------------------------------------------------------------- rows */

int pg_row_count(const struct pg_rows *r)
{
	return r->rows;
}

bool pg_is_null(const struct pg_rows *r, int row, int column)
{
	return row >= r->rows || column >= r->columns || PQgetisnull(r->result, r->first + row, column);
}

const char *pg_text(const struct pg_rows *r, int row, int column)
{
	return pg_is_null(r, row, column) ? "" : PQgetvalue(r->result, r->first + row, column);
}

const char *pg_text_or_null(const struct pg_rows *r, int row, int column)
{
	return pg_is_null(r, row, column) ? NULL : PQgetvalue(r->result, r->first + row, column);
}

int64_t pg_int(const struct pg_rows *r, int row, int column)
{
	return strtoll(pg_text(r, row, column), NULL, 10);
}

bool pg_bool(const struct pg_rows *r, int row, int column)
{
	return pg_text(r, row, column)[0] == 't';
}

const char *pg_column_name(const struct pg_rows *r, int column)
{
	return PQfname(r->result, column);
}

void pg_rows_done(struct pg_rows *r)
{
	PQclear(r->result);
	*r = (struct pg_rows){0};
}

static struct pg_rows rows_of(PGresult *result)
{
	return (struct pg_rows){.result = result, .rows = PQntuples(result), .columns = PQnfields(result)};
}

/* ---------------------------------------------------------------- statements */

static int usable(const struct pg *pg, struct error *err)
{
	if (pg->broken || !pg->conn)
		return fail(err, ERR_NETWORK, "the connection was given up before: connect again");
	return 0;
}

/* Send what is buffered, taking in what comes meanwhile, so that neither side waits for the other. */
static int flush(struct pg *pg, struct error *err)
{
	int left;

	while ((left = PQflush(pg->conn)) > 0) {
		if (wait_ready(pg, PQsocket(pg->conn), POLLIN | POLLOUT, err) < 0)
			return -1;
		if (PQconsumeInput(pg->conn) == 0)
			return lost(pg, err);
	}
	return left < 0 ? lost(pg, err) : 0;
}

/* The next result, NULL at the end of a statement's. */
static int next_result(struct pg *pg, PGresult **ret, struct error *err)
{
	while (PQisBusy(pg->conn)) {
		if (wait_ready(pg, PQsocket(pg->conn), POLLIN, err) < 0)
			return -1;
		if (PQconsumeInput(pg->conn) == 0)
			return lost(pg, err);
	}
	*ret = PQgetResult(pg->conn);
	return 0;
}

static void answer_in_pieces(PGconn *conn)
{
#ifdef LIBPQ_HAS_CHUNK_MODE
	(void)PQsetChunkedRowsMode(conn, PG_PIECE);
#else
	(void)PQsetSingleRowMode(conn);
#endif
}

static bool has_rows(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == A_PIECE || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

/* A COPY would never end by itself, so the connection is given up. */
static bool is_copy(const PGresult *result)
{
	return PQresultStatus(result) == PGRES_COPY_OUT || PQresultStatus(result) == PGRES_COPY_IN;
}

static int refuse_copy(struct pg *pg, struct error *err)
{
	pg->broken = true;
	abandon(pg, 1, false);
	return fail(err, ERR_SOURCE, "a COPY is not a query: write a SELECT");
}

/* Read all results of one statement; the last with rows (or without) is kept. */
static int collect(struct pg *pg, struct pg_rows *ret, struct error *err)
{
	PGresult *kept = NULL, *result;
	bool well = true;

	for (;;) {
		if (next_result(pg, &result, err) < 0) {
			PQclear(kept);
			abandon(pg, 1, true);
			return -1;
		}
		if (!result)
			break;
		if (well && !has_rows(result)) {
			well = false;
			(void)refused(pg, result, err);
		}
		if (is_copy(result)) {
			PQclear(result);
			PQclear(kept);
			return refuse_copy(pg, err);
		}
		PQclear(kept);
		kept = result;
	}
	if (!well || !kept) {
		PQclear(kept);
		return well ? lost(pg, err) : -1;
	}
	*ret = rows_of(kept);
	return 0;
}

static int sent(struct pg *pg, int ok, struct error *err)
{
	if (!ok)
		return lost(pg, err);
	if (flush(pg, err) < 0) {
		abandon(pg, 1, true);
		return -1;
	}
	return 0;
}

int pg_query(struct pg *pg, const char *sql, struct pg_rows *ret, struct error *err)
{
	if (usable(pg, err) < 0 || sent(pg, PQsendQuery(pg->conn, sql), err) < 0)
		return -1;
	return collect(pg, ret, err);
}

int pg_query_params(struct pg *pg, const char *sql, int n, const char *const *params, struct pg_rows *ret,
		    struct error *err)
{
	if (usable(pg, err) < 0 ||
	    sent(pg, PQsendQueryParams(pg->conn, sql, n, NULL, params, NULL, NULL, 0), err) < 0)
		return -1;
	return collect(pg, ret, err);
}

int pg_exec(struct pg *pg, const char *sql, struct error *err)
{
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};

	return pg_query(pg, sql, &rows, err);
}

int pg_value(struct pg *pg, const char *sql, char **ret, struct error *err)
{
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};

	if (pg_query(pg, sql, &rows, err) < 0)
		return -1;
	*ret = xstrdup(pg_text(&rows, 0, 0));
	return 0;
}

static int each_of(PGresult *result, pg_each each, void *context, struct error *err)
{
	struct pg_rows row = rows_of(result);
	int count = row.rows;

	row.rows = 1;
	for (; row.first < count; row.first++)
		if (each(context, &row, err) < 0)
			return -1;
	return 0;
}

int pg_query_each(struct pg *pg, const char *sql, pg_each each, void *context, struct error *err)
{
	bool refusal = false;
	PGresult *result;
	int done = 0;

	if (usable(pg, err) < 0 || sent(pg, PQsendQuery(pg->conn, sql), err) < 0)
		return -1;
	answer_in_pieces(pg->conn);
	while (done == 0) {
		done = next_result(pg, &result, err);
		if (done == 0 && !result)
			return 0;
		if (done < 0)
			break;
		if (is_copy(result)) {
			PQclear(result);
			return refuse_copy(pg, err);
		}
		refusal = !has_rows(result);
		done = refusal ? refused(pg, result, err) : each_of(result, each, context, err);
		PQclear(result);
	}
	abandon(pg, 1, !refusal);
	return -1;
}

/* ---------------------------------------------------------------- pipelines */

struct pipeline {
	struct pg *pg;
	pg_next next;
	pg_answer answer;
	void *context;
	size_t sent, answered;
	bool all_sent;
	bool in_statement; /* results of statement 'answered' are being read */
	bool had_piece;	   /* it has given rows already */
	bool refused;	   /* the server ended it, nothing runs */
};

static int pipeline_fill(struct pipeline *p, struct error *err)
{
	while (!p->all_sent && p->sent - p->answered < IN_FLIGHT) {
		const char *sql = p->next(p->context, p->sent);

		if (!sql) {
			p->all_sent = true;
			break;
		}
		if (!PQsendQueryParams(p->pg->conn, sql, 0, NULL, NULL, NULL, NULL, 0) ||
		    !PQsendPipelineSync(p->pg->conn))
			return lost(p->pg, err);
		p->sent++;
	}
	return PQflush(p->pg->conn) < 0 ? lost(p->pg, err) : 0;
}

static int pipeline_take(struct pipeline *p, PGresult *result, struct error *err)
{
	struct pg_rows rows = rows_of(result);

	if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
		p->answered++;
		p->in_statement = p->had_piece = false;
		return 0;
	}
	if (!has_rows(result)) {
		p->refused = true;
		return refused(p->pg, result, err);
	}
	/* a long answer ends with an empty result of its own */
	if (p->had_piece && rows.rows == 0)
		return 0;
	p->had_piece = true;
	return p->answer(p->context, p->answered, &rows, err);
}

/* Take what has come, without waiting. Between two statements libpq gives one NULL. */
static int pipeline_drain(struct pipeline *p, struct error *err)
{
	while (p->answered < p->sent && !PQisBusy(p->pg->conn)) {
		PGresult *result;
		int done;

		if (!p->in_statement) {
			answer_in_pieces(p->pg->conn);
			p->in_statement = true;
		}
		result = PQgetResult(p->pg->conn);
		if (!result)
			continue;
		done = pipeline_take(p, result, err);
		PQclear(result);
		if (done < 0)
			return -1;
	}
	return 0;
}

static int pipeline_run(struct pipeline *p, struct error *err)
{
	for (;;) {
		short events = POLLIN;

		if (pipeline_fill(p, err) < 0 || pipeline_drain(p, err) < 0)
			return -1;
		if (p->all_sent && p->answered == p->sent)
			return 0;
		if (!PQisBusy(p->pg->conn))
			continue;
		if (PQflush(p->pg->conn) > 0)
			events |= POLLOUT;
		if (wait_ready(p->pg, PQsocket(p->pg->conn), events, err) < 0)
			return -1;
		if (PQconsumeInput(p->pg->conn) == 0)
			return lost(p->pg, err);
	}
}

int pg_pipeline(struct pg *pg, pg_next next, pg_answer answer, void *context, struct error *err)
{
	struct pipeline p = {.pg = pg, .next = next, .answer = answer, .context = context};

	if (usable(pg, err) < 0)
		return -1;
	if (!PQenterPipelineMode(pg->conn))
		return fail(err, ERR_BUG, "the connection is busy with another statement");
	if (pipeline_run(&p, err) < 0) {
		abandon(pg, p.sent - p.answered, !p.refused);
		return -1;
	}
	if (!PQexitPipelineMode(pg->conn))
		return lost(pg, err);
	return 0;
}

/* ---------------------------------------------------------------- quoting */

static char *quoted(const char *s, char quote)
{
	struct text t = {0};

	text_add_bytes(&t, &quote, 1);
	for (; *s; s++) {
		if (*s == quote)
			text_add_bytes(&t, &quote, 1);
		text_add_bytes(&t, s, 1);
	}
	text_add_bytes(&t, &quote, 1);
	return text_take(&t);
}

char *pg_identifier(const char *name)
{
	return quoted(name, '"');
}

char *pg_literal(const char *text)
{
	/* standard_conforming_strings is on in every session of ours: a backslash is a character like others */
	return quoted(text, '\'');
}
