#include "port/pg_login.h"

#include <string.h>

#include "base/text.h"

/* %h host, %p port, %d database, %u user, %a address dialled, %m the server's or libpq's own words */
static const struct {
	const char *sqlstate; /* NULL: none */
	const char *words;    /* NULL: any */
	enum error_kind kind;
	const char *sentence;
} login_errors[] = {
	{"08P01", "startup parameter", ERR_SOURCE,
	 "a connection pooler stands in front of '%d' at '%h' and passes no session settings on: give the server's own port"},
	{"0A000", "command-line options", ERR_SOURCE,
	 "a connection pooler stands in front of '%d' at '%h' and passes no session settings on: give the server's own port"},
	{"28P01", NULL, ERR_REFUSED, "the server at '%h' refused the password of '%u': put the right one into the password file"},
	{"28000", "pg_hba.conf", ERR_REFUSED,
	 "the server at '%h' admits no such login: add a hostssl line for user '%u' and database '%d' to its pg_hba.conf (%m)"},
	{"28000", "does not exist", ERR_REFUSED,
	 "the server at '%h' has no role '%u': create it there, or name another in the url"},
	{"28000", "certificate", ERR_REFUSED,
	 "the server at '%h' did not take our client certificate for '%u' (%m): see client-cert, and the server's clientcert rule"},
	{"28000", NULL, ERR_REFUSED, "the server at '%h' refused the login of '%u' (%m): see its pg_hba.conf and pg_ident.conf"},
	{"3D000", NULL, ERR_REFUSED, "the server at '%h' has no database '%d': see the name in the url"},
	{"42501", "permission denied for database", ERR_REFUSED,
	 "'%u' may not connect to the database '%d' at '%h': GRANT CONNECT ON DATABASE %d TO %u there"},
	{"42501", NULL, ERR_REFUSED, "the server at '%h' refused the login of '%u' (%m): grant what it asks for"},
	{"53300", NULL, ERR_SOURCE, "the server at '%h' has no connection left for '%u' (%m): raise max_connections, or try later"},
	{"57P03", NULL, ERR_SOURCE, "the server at '%h' takes no logins now (%m): try again when it is up"},
	{"57P01", NULL, ERR_SOURCE, "the server at '%h' is shutting down (%m): try again when it is up"},
	{"55000", NULL, ERR_SOURCE, "the database '%d' at '%h' takes no logins now (%m): see datallowconn"},
	{NULL, "channel binding", ERR_REFUSED,
	 "the server at '%h' asks for another login than SCRAM-SHA-256 bound to TLS (%m), and the libpq of this machine, older "
	 "than 16, has no other that is safe: use scram-sha-256 in its pg_hba.conf and set the password of '%u' anew, or update "
	 "libpq"},
	{NULL, "does not match host name", ERR_REFUSED,
	 "the server's certificate is for another name than '%h' (%m): write the name of the certificate in the url, "
	 "and where to dial in 'address'"},
	{NULL, "certificate verify failed", ERR_REFUSED,
	 "the certificate of the server at '%h' could not be verified: see the 'ca' of the source"},
	{NULL, "root certificate file", ERR_CONFIG, "the 'ca' cannot be used (%m): give a readable PEM file"},
	{NULL, "could not read root certificate", ERR_CONFIG, "the 'ca' cannot be used (%m): give a readable PEM file"},
	{NULL, "certificate file", ERR_CONFIG, "the client certificate cannot be used (%m): see client-cert and client-key"},
	{NULL, "private key file", ERR_CONFIG, "the client key cannot be used (%m): see client-key; it must be 0600"},
	{NULL, "certificate", ERR_REFUSED, "TLS with the server at '%h' failed (%m): see ca, client-cert and client-key"},
	{NULL, "alert", ERR_REFUSED, "the server at '%h' refused TLS (%m): see ca, client-cert and client-key"},
	{NULL, "server does not support SSL", ERR_REFUSED,
	 "the server at '%h' offers no TLS: set ssl = on with a certificate there; without it nothing is sent"},
	{NULL, "authentication method requirement", ERR_REFUSED,
	 "the server at '%h' asks for a login that would give the password away (%m): use scram-sha-256 in its pg_hba.conf"},
	{NULL, "no password supplied", ERR_REFUSED, "the server at '%h' wants a password for '%u': give password-file"},
	{NULL, "No such file or directory", ERR_NETWORK,
	 "no server listens on the socket in '%h', port %p: is it running, and is the folder right?"},
	{NULL, "Permission denied", ERR_NETWORK, "the socket in '%h', port %p, may not be used: add this user to its group"},
	{NULL, "Connection refused", ERR_NETWORK, "nothing listens at '%h' port %p (%a): is the server up, is the port right?"},
	{NULL, "No route to host", ERR_NETWORK, "there is no way to '%h' port %p (%a): see the network and its firewalls"},
	{NULL, "Network is unreachable", ERR_NETWORK, "there is no way to '%h' port %p (%a): is the box on a network?"},
	{NULL, "timed out", ERR_NETWORK, "'%h' port %p (%a) does not answer: see the network and its firewalls"},
	{NULL, "closed the connection", ERR_NETWORK,
	 "'%h' port %p (%a) closed the connection during the login: is it a PostgreSQL server, and what does its log say?"},
	{NULL, "received invalid response", ERR_NETWORK, "'%h' port %p (%a) does not speak like PostgreSQL: see the port"},
};

static void expand(struct text *out, const char *sentence, const struct pg_target *t, const char *address,
		   const char *message)
{
	for (const char *p = sentence; *p; p++) {
		if (*p != '%') {
			text_add_bytes(out, p, 1);
			continue;
		}
		switch (*++p) {
		case 'h': text_add(out, t->host); break;
		case 'p': text_add(out, t->port ? t->port : "5432"); break;
		case 'd': text_add(out, t->database); break;
		case 'u': text_add(out, t->user); break;
		case 'a': text_add(out, *address ? address : t->host); break;
		default: text_add(out, message); break;
		}
	}
}

/*
 * libpq keeps no SQLSTATE of a refused login, but with verbose errors it stands
 * in the text, before the words that the server may have translated:
 * "connection to ... failed: FATAL:  28P01: password authentication failed ...".
 */
static const char *login_sqlstate(const char *text, char state[6])
{
	for (const char *p = strstr(text, ":  "); p; p = strstr(p + 1, ":  "))
		if (strspn(p + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && p[8] == ':' && p[9] == ' ') {
			memcpy(state, p + 3, 5);
			state[5] = '\0';
			return p + 10;
		}
	return NULL;
}

/* The first line of what happened, without libpq's "connection to server at ... failed: ". */
static char *login_message(const char *text, char state[6])
{
	const char *from = login_sqlstate(text, state), *failed;
	char *line;

	if (!from) {
		failed = strstr(text, " failed: ");
		from = starts_with(text, "connection to server") && failed ? failed + strlen(" failed: ") : text;
	}
	line = xstrndup(from, strcspn(from, "\n"));
	if (starts_with(line, "FATAL:  "))
		memmove(line, line + 8, strlen(line + 8) + 1);
	return line;
}

int explain_login(const struct pg_target *target, const char *address, const char *words, struct error *err)
{
	char state[6] = "";
	autofree char *message = login_message(words, state);

	for (size_t i = 0; i < COUNT(login_errors); i++) {
		CLEANUP(text_done) struct text sentence = {0};

		if (login_errors[i].sqlstate ? strcmp(login_errors[i].sqlstate, state) != 0 : state[0] != '\0')
			continue;
		if (login_errors[i].words && !strstr(message, login_errors[i].words))
			continue;
		expand(&sentence, login_errors[i].sentence, target, address, message);
		return fail(err, login_errors[i].kind, "%s", sentence.data);
	}
	return fail(err, state[0] ? ERR_REFUSED : ERR_NETWORK, "the login at '%s' port %s failed (%s): see the server's log",
		    target->host, target->port ? target->port : "5432", message);
}
