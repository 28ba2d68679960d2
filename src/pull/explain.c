/* What pg_dump's last words mean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pull/postgres.h"

/* %m: the server's or pg_dump's own words; %t: the table that was being dumped, where one is named. The first that fits counts. */
static const struct {
	const char *words;
	enum error_kind kind;
	const char *sentence;
} dump_errors[] = {
	{"server version mismatch", ERR_LACKING, "pg_dump is older than the server (%m): install the server's own version on the "
	 "box"},
	{"No space left on device", ERR_SPACE, "the disk is full (%m): make room or use a larger disk"},
	{"Disk quota exceeded", ERR_SPACE, "the disk quota is used up (%m): raise it"},
	{"File too large", ERR_SPACE, "the dump is larger than a file may be here (%m): use format = directory"},
	{"permission denied for large object", ERR_PRIVILEGE,
	 "a large object may not be read (%m): GRANT SELECT ON LARGE OBJECT to the role that dumps, or membership in its owner"},
	{"row-level security", ERR_PRIVILEGE,
	 "row security would hide rows from the dump (%m): ALTER ROLE ... BYPASSRLS for the role that dumps"},
	{"row security", ERR_PRIVILEGE, "row security would hide rows from the dump (%m): ALTER ROLE ... BYPASSRLS for the role "
	 "that dumps"},
	{"permission denied", ERR_PRIVILEGE, "the role that dumps may not read everything (%m): GRANT it; 'drillbox doctor' lists "
	 "all"},
	/* --lock-wait-timeout is a statement timeout to the server */
	{"due to statement timeout\npg_dump: detail: Query was: LOCK TABLE", ERR_CHANGED,
	 "somebody waits for a lock behind ours, so pg_dump could not take its own: try again when the schema is at rest"},
	{"canceling statement due to lock timeout", ERR_CHANGED,
	 "somebody waits for a lock behind ours, so pg_dump could not take its own (%m): try again when the schema is at rest"},
	{"could not obtain lock", ERR_CHANGED,
	 "somebody waits for a lock behind ours, so pg_dump could not take its own (%m): try again when the schema is at rest"},
	{"conflict with recovery", ERR_CHANGED,
	 "the standby cancelled the dump%t, because it had to apply what the dump still read: set hot_standby_feedback = on or "
	 "raise max_standby_streaming_delay there"},
	{"out of shared memory", ERR_SPACE, "the server's lock table is full (%m): raise max_locks_per_transaction there"},
	{"invalid memory alloc request size", ERR_SOURCE,
	 "a value%t is too wide to be dumped as text (%m): bytea is only good up to half a gigabyte, split it"},
	{"Cannot enlarge string buffer", ERR_SOURCE,
	 "a row%t is too wide to be dumped as text (%m): bytea is only good up to half a gigabyte, split it"},
	{"string buffer exceeds maximum allowed length", ERR_SOURCE,
	 "a row%t is too wide to be dumped as text (%m): bytea is only good up to half a gigabyte, split it"},
	{"out of memory", ERR_SOURCE, "a value%t is too wide, or memory is short (%m): bytea is only good up to half a gigabyte"},
	{"canceling statement due to statement timeout", ERR_SOURCE, "the server cancelled the dump%t (%m): see who sets "
	 "statement_timeout"},
	{"canceling statement due to user request", ERR_SOURCE, "somebody on the server cancelled the dump%t: try again"},
	{"remaining connection slots", ERR_SOURCE, "the server had no connection left for pg_dump (%m): raise max_connections"},
	{"too many", ERR_SOURCE, "the server had no connection left for pg_dump (%m): raise max_connections or the role's limit"},
	{"terminating connection due to administrator command", ERR_NETWORK, "the server ended the connection of pg_dump%t: try "
	 "again"},
	{"closed the connection", ERR_NETWORK, "the connection was cut%t (%m): see the network and the server's log"},
	{"SSL SYSCALL error", ERR_NETWORK, "the connection was cut%t (%m): see the network"},
	{"SSL error", ERR_NETWORK, "the connection was cut%t (%m): see the network"},
	{"could not receive data", ERR_NETWORK, "the connection was cut%t (%m): see the network"},
	{"could not send data", ERR_NETWORK, "the connection was cut%t (%m): see the network"},
	{"Connection refused", ERR_NETWORK, "the server took no second connection (%m): is it still up?"},
	{"connection to server", ERR_NETWORK, "pg_dump could not connect where we could (%m): see the server's log"},
	{"snapshot", ERR_NETWORK, "pg_dump could not enter our snapshot (%m): our own connection must have been lost, try again"},
	{"cache lookup failed", ERR_CHANGED, "the schema was altered under pg_dump (%m): try again when it is at rest"},
	{"does not exist", ERR_CHANGED, "the schema was altered under pg_dump (%m): try again when it is at rest"},
	{"could not find", ERR_CHANGED, "the schema was altered under pg_dump (%m): try again when it is at rest"},
};

/* "error: query failed: ERROR:  permission denied for table x" without all that stands before the point. */
static char *essence(const char *words)
{
	const char *line = strstr(words, "error: "), *server = strstr(words, "Error message from server: ");
	const char *from = server ? server + strlen("Error message from server: ") : line ? line + strlen("error: ") : words;
	autofree char *first = xstrndup(from, strcspn(from, "\n"));
	char *point = strstr(first, "ERROR:  ");

	if (!point)
		point = strstr(first, "FATAL:  ");
	return printable(point ? point + 8 : first, false);
}

/* " in table 'x'" where pg_dump says which one it was at. */
static char *at_table(const char *words)
{
	static const char before[] = "contents of table \"";
	const char *at = strstr(words, before);
	autofree char *name = NULL, *clean = NULL;

	if (!at)
		return xstrdup("");
	at += strlen(before);
	name = xstrndup(at, strcspn(at, "\"\n"));
	clean = printable(name, false);
	return format(" at table '%s'", clean);
}

static char *filled_in(const char *sentence, const char *words)
{
	autofree char *message = essence(words), *table = at_table(words);
	struct text out = {0};

	for (const char *p = sentence; *p; p++) {
		if (p[0] == '%' && p[1] == 'm')
			text_add(&out, message);
		else if (p[0] == '%' && p[1] == 't')
			text_add(&out, table);
		else
			text_add_bytes(&out, p, 1);
		p += *p == '%';
	}
	return text_take(&out);
}

int pull_explain_dump_error(const char *words, const char *epitaph, struct error *err)
{
	for (size_t i = 0; i < COUNT(dump_errors); i++) {
		autofree char *sentence = NULL;

		if (!strstr(words, dump_errors[i].words))
			continue;
		sentence = filled_in(dump_errors[i].sentence, words);
		return fail(err, dump_errors[i].kind, "%s", sentence);
	}
	return fail(err, ERR_SOURCE, "%s: see the server's log", epitaph);
}
