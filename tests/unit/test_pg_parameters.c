#include "unit/unit.h"

#include "base/text.h"
#include "port/pg_parameters.h"

static const struct pg_target remote = {.host = "db.example.com", .database = "shop", .user = "drillbox"};
static const struct pg_target local = {.host = "/run/postgresql", .database = "shop", .user = "drillbox"};

/* "" where it is not there. */
static const char *value_of(const struct pg_target *target, bool old, bool has_password, const char *key)
{
	struct pg_parameter list[PG_PARAMETERS];
	size_t n = pg_parameters(target, "192.0.2.1", NULL, old, has_password, list);

	for (size_t i = 0; i < n; i++)
		if (same(list[i].key, key))
			return list[i].value;
	return "";
}

static void test_the_server_is_verified_in_full(void **state)
{
	struct pg_target with_ca = remote;

	(void)state;
	assert_string_equal(value_of(&remote, false, true, "sslmode"), "verify-full");
	assert_string_equal(value_of(&remote, false, true, "sslrootcert"), "system");
	assert_string_equal(value_of(&remote, true, true, "sslrootcert"), "/etc/ssl/certs/ca-certificates.crt");
	with_ca.ca = "/etc/ca.pem";
	assert_string_equal(value_of(&with_ca, true, true, "sslrootcert"), "/etc/ca.pem");
	assert_string_equal(value_of(&remote, false, true, "hostaddr"), "192.0.2.1");
	assert_string_equal(value_of(&local, false, true, "hostaddr"), "");
	assert_string_equal(value_of(&local, false, true, "sslrootcert"), "");
}

/* An old libpq would answer any request for a password; over a socket it cannot be bound to a channel. */
static void test_a_password_is_not_given_away(void **state)
{
	(void)state;
	assert_string_equal(value_of(&remote, false, true, "channel_binding"), "prefer");
	assert_string_equal(value_of(&remote, true, true, "channel_binding"), "require");
	assert_string_equal(value_of(&remote, true, false, "channel_binding"), "prefer");
	assert_string_equal(value_of(&local, true, true, "channel_binding"), "prefer");
	assert_string_equal(value_of(&remote, false, true, "require_auth"), "scram-sha-256,md5,none");
	assert_string_equal(value_of(&remote, false, true, "password"), "");
	assert_string_equal(value_of(&remote, false, true, "passfile"), PG_NOWHERE);
}

static void test_as_text(void **state)
{
	const struct pg_target odd = {.host = "db.example.com", .database = "a'b\\c d", .user = "u"};
	autofree char *now = pg_parameters_text(&odd, "192.0.2.1", "/tmp/p", 17, false);
	autofree char *before = pg_parameters_text(&odd, "192.0.2.1", "/tmp/p", 13, true);

	(void)state;
	assert_non_null(strstr(now, "host='db.example.com' hostaddr='192.0.2.1' port='5432' dbname='a\\'b\\\\c d' user='u' "
				    "passfile='/tmp/p' "));
	assert_non_null(strstr(now, " require_auth='"));
	assert_non_null(strstr(now, " sslnegotiation='"));
	assert_non_null(strstr(now, " channel_binding='prefer'"));
	assert_null(strstr(before, "require_auth"));
	assert_null(strstr(before, "sslsni"));
	assert_null(strstr(before, "sslcertmode"));
	assert_non_null(strstr(before, " channel_binding='require'"));
}

static void test_what_a_session_starts_with(void **state)
{
	struct pg_target scratch = local;
	autofree char *source = pg_session_settings(&remote), *restored = NULL, *all = NULL;

	(void)state;
	scratch.scratch = true;
	restored = pg_session_settings(&scratch);
	scratch.superuser = true;
	all = pg_session_settings(&scratch);
	assert_true(starts_with(source, "-c search_path= -c row_security=off "));
	assert_true(ends_with(source, " -c max_parallel_workers_per_gather=0"));
	assert_true(ends_with(restored, " " PG_RESTORED_SETTINGS));
	assert_true(ends_with(all, " " PG_RESTORED_SETTINGS_OF_SUPERUSER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_server_is_verified_in_full),
		cmocka_unit_test(test_a_password_is_not_given_away),
		cmocka_unit_test(test_as_text),
		cmocka_unit_test(test_what_a_session_starts_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
