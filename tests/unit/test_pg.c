#include "unit/unit.h"

#include "base/text.h"
#include "port/pg.h"
#include "port/pg_login.h"
#include "port/resolve.h"

static const struct pg_target target = {
	.host = "db.example.com", .port = "5433", .database = "shop", .user = "drillbox", .ca = "/etc/ca.pem"};

/* What libpq 17 says with verbose errors, and what it must come to. */
static const struct {
	const char *words;
	enum error_kind kind;
	const char *told; /* a part of the sentence */
} logins[] = {
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: FATAL:  28P01: password authentication failed "
	 "for user \"drillbox\"\nLOCATION:  auth_failed, auth.c:326\n",
	 ERR_REFUSED, "refused the password of 'drillbox'"},
	/* the server's words in another language: only the SQLSTATE is stable */
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: FATAL:  28P01: Passwort-Authentifizierung fuer "
	 "Benutzer drillbox fehlgeschlagen\n",
	 ERR_REFUSED, "refused the password"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: FATAL:  3D000: database \"shop\" does not "
	 "exist\n",
	 ERR_REFUSED, "has no database 'shop'"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: FATAL:  28000: no pg_hba.conf entry for host "
	 "\"10.0.0.9\", user \"drillbox\", database \"shop\", SSL encryption\n",
	 ERR_REFUSED, "hostssl"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: FATAL:  57P03: the database system is starting "
	 "up\n",
	 ERR_SOURCE, "the database system is starting up"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: FATAL:  53300: sorry, too many clients "
	 "already\n",
	 ERR_SOURCE, "no connection left"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: FATAL:  08P01: unsupported startup parameter in "
	 "options: row_security\n",
	 ERR_SOURCE, "pooler"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: server certificate for \"other\" does not match "
	 "host name \"db.example.com\"\n",
	 ERR_REFUSED, "another name than 'db.example.com'"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: server does not support SSL, but SSL was "
	 "required\n",
	 ERR_REFUSED, "offers no TLS"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: Connection refused\n\tIs the server running on "
	 "that host and accepting TCP/IP connections?\n",
	 ERR_NETWORK, "nothing listens at 'db.example.com' port 5433 (10.0.0.1)"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: something nobody has seen\n", ERR_NETWORK,
	 "something nobody has seen"},
	{"connection to server at \"db.example.com\" (10.0.0.1), port 5433 failed: FATAL:  XX123: something of a server\n",
	 ERR_REFUSED, "something of a server"},
};

static void test_refused_logins_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(logins); i++) {
		struct error err = {0};

		assert_int_equal(explain_login(&target, "10.0.0.1", logins[i].words, &err), -1);
		if (err.kind != logins[i].kind || !strstr(err.text, logins[i].told))
			fail_msg("%s\ncame to %s: %s", logins[i].words, error_word(err.kind), err.text);
		assert_null(strchr(err.text, '\n'));
	}
}

static void test_conninfo_weakens_nothing_and_quotes(void **state)
{
	struct pg_target t = target;
	char *s;

	(void)state;
	t.database = "it's a \\ name";
	t.password = "secret";
	s = pg_conninfo(&t, "10.0.0.1", "/proc/self/fd/9", 17);
	assert_non_null(strstr(s, "dbname='it\\'s a \\\\ name'"));
	assert_non_null(strstr(s, "host='db.example.com' hostaddr='10.0.0.1'"));
	assert_non_null(strstr(s, "sslmode='verify-full' sslrootcert='/etc/ca.pem'"));
	assert_non_null(strstr(s, "passfile='/proc/self/fd/9'"));
	assert_non_null(strstr(s, "gssencmode='disable'"));
	assert_non_null(strstr(s, "require_auth='scram-sha-256,md5,none'"));
	assert_non_null(strstr(s, "sslcertmode='disable'"));
	assert_null(strstr(s, "secret"));
	free(s);
	t.ca = NULL;
	s = pg_conninfo(&t, "10.0.0.1", NULL, 15);
	/* a libpq of 15 knows no 'system', and takes it for a file */
	assert_non_null(strstr(s, "sslrootcert='/etc/ssl/certs/ca-certificates.crt'"));
	assert_non_null(strstr(s, "passfile='/nonexistent"));
	/* a libpq of 15 would refuse to hear of it */
	assert_null(strstr(s, "require_auth"));
	free(s);
	/* so that nothing but this keeps it from sending the password to whoever asks for it in clear text */
	s = pg_conninfo(&t, "10.0.0.1", "/proc/self/fd/9", 15);
	assert_non_null(strstr(s, "channel_binding='require'"));
	free(s);
	s = pg_conninfo(&t, "10.0.0.1", "/proc/self/fd/9", 16);
	assert_non_null(strstr(s, "require_auth='scram-sha-256,md5,none'"));
	assert_non_null(strstr(s, "channel_binding='prefer'"));
	free(s);
	s = pg_conninfo(&t, "10.0.0.1", NULL, 17);
	assert_non_null(strstr(s, "sslrootcert='system'"));
	free(s);
	t.host = "/run/postgresql";
	s = pg_conninfo(&t, "", NULL, 17);
	assert_null(strstr(s, "hostaddr"));
	assert_non_null(strstr(s, "sslmode='disable'"));
	free(s);
}

static void test_quoting(void **state)
{
	char *s = pg_identifier("He said \"hi\"");

	(void)state;
	assert_string_equal(s, "\"He said \"\"hi\"\"\"");
	free(s);
	s = pg_literal("it's \\ so");
	assert_string_equal(s, "'it''s \\ so'");
	free(s);
}

static void test_addresses(void **state)
{
	struct addresses found = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(resolve_name("192.0.2.7", deadline_in(NO_DEADLINE, 5000), &found, &err), 0);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0], "192.0.2.7");
	found = (struct addresses){0};
	assert_int_equal(resolve_name("::1", deadline_in(NO_DEADLINE, 5000), &found, &err), 0);
	assert_string_equal(found.items[0], "::1");
	assert_int_equal(resolve_name("no such name", deadline_in(NO_DEADLINE, 5000), &found, &err), -1);
	assert_int_equal(err.kind, ERR_NETWORK);
	assert_non_null(strstr(err.text, "'no such name'"));
}

static void test_nothing_there(void **state)
{
	const struct pg_target nobody = {.host = "/nonexistent/sockets", .database = "d", .user = "u"};
	struct pg *pg = NULL;
	struct error err = {0};

	(void)state;
	/* nothing of the environment counts: this would lead elsewhere */
	setenv("PGHOSTADDR", "192.0.2.1", 1);
	setenv("PGSERVICE", "elsewhere", 1);
	assert_int_equal(pg_connect(&nobody, deadline_in(NO_DEADLINE, 5000), &pg, &err), -1);
	assert_int_equal(err.kind, ERR_NETWORK);
	assert_non_null(strstr(err.text, "/nonexistent/sockets"));
	assert_null(pg);
	assert_null(getenv("PGHOSTADDR"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_logins_are_told_apart), cmocka_unit_test(test_conninfo_weakens_nothing_and_quotes),
		cmocka_unit_test(test_quoting),			      cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
