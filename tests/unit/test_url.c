#include "unit/unit.h"

#include "base/text.h"
#include "model/url.h"

static void test_urls_that_are_taken(void **state)
{
	static const struct {
		const char *text, *user, *host, *port, *database;
	} cases[] = {
		{"postgresql://drillbox@db.example.com:5432/shop", "drillbox", "db.example.com", "5432", "shop"},
		{"postgres://me@db_1/shop", "me", "db_1", "5432", "shop"},
		{"postgresql://db/shop", "drillbox", "db", "5432", "shop"},
		{"postgresql://me@10.0.0.7:6000/shop", "me", "10.0.0.7", "6000", "shop"},
		{"postgresql://me@[2001:db8::1]:6000/shop", "me", "2001:db8::1", "6000", "shop"},
		{"postgresql://me@[::1]/shop", "me", "::1", "5432", "shop"},
		{"postgresql://me@%2Frun%2Fpostgresql/shop", "me", "/run/postgresql", "5432", "shop"},
		{"postgresql://me@%2Frun%2Fpostgresql:5433/shop", "me", "/run/postgresql", "5433", "shop"},
		{"postgresql:///shop?host=/run/postgresql", "drillbox", "/run/postgresql", "5432", "shop"},
		{"postgresql:///shop?host=/run/postgresql&port=5433&user=me", "me", "/run/postgresql", "5433", "shop"},
		{"postgresql://db?dbname=shop", "drillbox", "db", "5432", "shop"},
		{"postgresql://o%27hara%40x@db/my%20shop%2Fprod", "o'hara@x", "db", "5432", "my shop/prod"},
		{"postgresql://me@db/gr%C3%B6%c3%9fe", "me", "db", "5432", "gr\xc3\xb6\xc3\x9f" "e"},
		{"postgresql://me@db/a=b:c\\d", "me", "db", "5432", "a=b:c\\d"},
		{"postgresql://me@db:/shop", "me", "db", "5432", "shop"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(url_done) struct url u = {0};
		struct error err = {0};

		if (url_parse(cases[i].text, &u, &err) < 0)
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_string_equal(u.user, cases[i].user);
		assert_string_equal(u.host, cases[i].host);
		assert_string_equal(u.port, cases[i].port);
		assert_string_equal(u.database, cases[i].database);
	}
}

static void test_urls_that_are_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"mysql://me@db/shop", "does not begin with postgresql://"},
		{"db.example.com", "does not begin with"},
		{"host=db dbname=shop", "does not begin with"},
		{"postgresql://me@db1,db2/shop", "several hosts"},
		{"postgresql://me@db1%2Cdb2/shop", "several hosts"},
		{"postgresql:///shop?host=a,b", "several hosts"},
		{"postgresql://me@db/", "names no database"},
		{"postgresql://me@db", "names no database"},
		{"postgresql:///shop", "names no host"},
		{"postgresql://me@:5432/shop", "names no host"},
		{"postgresql://me@db:0/shop", "port '0'"},
		{"postgresql://me@db:65536/shop", "port '65536'"},
		{"postgresql://me@db:http/shop", "port 'http'"},
		{"postgresql://me@2001:db8::1/shop", "brackets"},
		{"postgresql://me@[2001:db8::1/shop", "brackets"},
		{"postgresql://me@[::1]x/shop", "brackets"},
		{"postgresql://me@[db]/shop", "no IPv6 address"},
		{"postgresql://a@b@db/shop", "two '@'"},
		{"postgresql://me@db/sh%op", "%25"},
		{"postgresql://me@db/sh%4", "%25"},
		{"postgresql://me@db/sh%00op", "control character"},
		{"postgresql://me@db/sh%0Aop", "control character"},
		{"postgresql://me@d b/shop", "no host"},
		{"postgresql://me@-db/shop", "no host"},
		{"postgresql://me@%40abstract/shop", "no host"},
		{"postgresql://me@db/shop?sslmode", "no '='"},
		{"postgresql://me@db/shop?host=other", "'host' twice"},
		{"postgresql://me@db/shop?dbname=other", "'dbname' twice"},
		{"postgresql://me@db/shop?application_name=x", "'application_name': only host, port, user and dbname"},
		{"postgresql://me@db/shop?prot=5433", "did you mean 'port'?"},
		{"postgresql://me@db/a234567890123456789012345678901234567890123456789012345678901234", "63 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct url u = {0};
		struct error err = {0};

		if (url_parse(cases[i].text, &u, &err) == 0)
			fail_msg("%s was taken", cases[i].text);
		assert_int_equal(err.kind, ERR_CONFIG);
		assert_null(u.host);
		if (!strstr(err.text, cases[i].said))
			fail_msg("%s: %s", cases[i].text, err.text);
	}
}

static void test_a_password_is_refused_and_not_repeated(void **state)
{
	static const char *const urls[] = {
		"postgresql://me:s3cr3t@db/shop",	  "postgresql://me:s3cr3t@x@db/shop", "postgresql://me:s3cr3t/x@db/shop",
		"postgresql://me:x?s3cr3t@db/shop",	  "postgresql://:s3cr3t@db/shop",
		"postgresql://me@db/shop?password=s3cr3t",
		"postgresql://me@db/shop?PASSWORD=s3cr3t", "postgresql://me:s3cr3t@[::1/shop", "postgresql://me:%s3cr3t@a,b/shop",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct url u = {0};
		struct error err = {0};

		assert_int_equal(url_parse(urls[i], &u, &err), -1);
		if (strstr(err.text, "3cr3t") || !strstr(err.text, "password-file"))
			fail_msg("%s: %s", urls[i], err.text);
	}
}

static void test_what_touches_tls_is_refused_by_name(void **state)
{
	static const char *const names[] = {
		"sslmode",	   "sslrootcert",  "sslcert",	 "sslkey",	 "sslnegotiation",
		"requiressl",	   "sslpassword",  "sslcrl",	 "sslcrldir",	 "ssl_min_protocol_version",
		"ssl",		   "sslsni",	   "gssencmode", "gssdelegation", "krbsrvname",
		"channel_binding", "require_auth", "passfile",	 "service",	 "options",
		"sslcertmode",	   "hostaddr",	   "requirepeer", "SSLMODE",	 "target_session_attrs",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		autofree char *text = format("postgresql://me@db/shop?%s=x", names[i]);
		autofree char *named = format("'%s'", names[i]);
		struct url u = {0};
		struct error err = {0};

		assert_int_equal(url_parse(text, &u, &err), -1);
		assert_non_null(strstr(err.text, named));
		assert_non_null(url_refused(names[i]));
	}
	assert_null(url_refused("host"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls_that_are_taken),
		cmocka_unit_test(test_urls_that_are_refused),
		cmocka_unit_test(test_a_password_is_refused_and_not_repeated),
		cmocka_unit_test(test_what_touches_tls_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
