#include "unit/unit.h"

#include "model/config.h"

static struct source_config source(void)
{
	struct source_config s;

	source_config_init(&s, "shop");
	return s;
}

static void set(struct source_config *s, const char *section, const char *key, const char *value)
{
	struct error err;

	if (source_config_set(s, "/etc/drillbox", section, key, value, &err) < 0)
		fail_msg("%s = %s: %s", key, value, err.text);
}

static void finish(struct source_config *s)
{
	struct error err;

	if (source_config_finish(s, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_defaults(void **state)
{
	static const struct {
		const char *section, *key, *value;
	} cases[] = {
		{"source", "type", "postgres"}, {"source", "password-file", ""}, {"source", "client-cert", ""},
		{"source", "ca", ""},		{"source", "address", ""},	 {"pull", "schedule", "04:15"},
		{"pull", "format", "custom"},	{"pull", "jobs", "1"},		 {"pull", "compress", "zstd:3"},
		{"pull", "timeout", "6h"},	{"pull", "lock-timeout", "5 min"}, {"pull", "max-size", "none"},
		{"pull", "counts", "exact"},	{"pull", "stale-after", "30h"},	 {"drill", "level", "standard"},
		{"drill", "timeout", "6h"},	{"drill", "budget", "none"},	 {"drill", "app-role", ""},
		{"drill", "smoke", ""},		{"keep", "daily", "7"},		 {"keep", "weekly", "4"},
		{"keep", "monthly", "12"},
	};
	CLEANUP(source_config_done) struct source_config s = source();

	(void)state;
	set(&s, "source", "url", "postgresql://drillbox@db.example.com:5432/shop");
	finish(&s);
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *value = source_config_get(&s, cases[i].section, cases[i].key);

		assert_non_null(value);
		if (strcmp(value, cases[i].value) != 0)
			fail_msg("[%s] %s is '%s'", cases[i].section, cases[i].key, value);
	}
	assert_in_range(s.drill_jobs, 1, 64);
	assert_string_equal(s.at.host, "db.example.com");
	assert_string_equal(s.at.port, "5432");
	assert_string_equal(s.at.database, "shop");
	assert_string_equal(s.at.user, "drillbox");
	assert_null(s.at.address);
	assert_null(source_config_get(&s, "pull", "level"));
	assert_null(source_config_get(&s, "box", "name"));
}

/* Every key takes what it writes, so that no line of the table is without its type and field. */
static void test_every_key_takes_back_what_it_wrote(void **state)
{
	static const struct {
		bool of_source;
		const char *section, *key, *value, *written;
	} cases[] = {
		{false, "box", "name", "closet", "closet"},
		{false, "box", "data", "data", "/etc/drillbox/data"},
		{false, "panel", "backend", "terminal", "terminal"},
		{false, "panel", "chip", "pinctrl-bcm2711", "pinctrl-bcm2711"},
		{false, "panel", "pass", "GPIO17", "GPIO17"},
		{false, "panel", "busy", "4", "4"},
		{false, "panel", "fail", "GPIO27", "GPIO27"},
		{false, "panel", "button", "GPIO22", "GPIO22"},
		{false, "postgres", "bin", "/opt/pg17/bin : pg16/bin", "/opt/pg17/bin:/etc/drillbox/pg16/bin"},
		{true, "source", "type", "postgres", "postgres"},
		{true, "source", "url", "postgres://db/shop", "postgres://db/shop"},
		{true, "source", "address", "10.8.0.2", "10.8.0.2"},
		{true, "source", "password-file", "secrets/shop", "/etc/drillbox/secrets/shop"},
		{true, "source", "client-cert", "/x/c.pem", "/x/c.pem"},
		{true, "source", "client-key", "credential:shop.key", "credential:shop.key"},
		{true, "source", "ca", "ca.pem", "/etc/drillbox/ca.pem"},
		{true, "pull", "schedule", "every 6h", "every 6h"},
		{true, "pull", "format", "directory", "directory"},
		{true, "pull", "jobs", "4", "4"},
		{true, "pull", "compress", "gzip:9", "gzip:9"},
		{true, "pull", "timeout", "90 min", "90 min"},
		{true, "pull", "lock-timeout", "30 s", "30 s"},
		{true, "pull", "max-size", "20 GB", "20 GB"},
		{true, "pull", "counts", "off", "off"},
		{true, "pull", "stale-after", "3d", "3d"},
		{true, "drill", "level", "deep", "deep"},
		{true, "drill", "jobs", "64", "64"},
		{true, "drill", "timeout", "1h", "1h"},
		{true, "drill", "budget", "30 min", "30 min"},
		{true, "drill", "app-role", "shop_app", "shop_app"},
		{true, "drill", "smoke", "smoke.sql", "/etc/drillbox/smoke.sql"},
		{true, "keep", "daily", "0", "0"},
		{true, "keep", "weekly", "8", "8"},
		{true, "keep", "monthly", "3650", "3650"},
	};
	CLEANUP(source_config_done) struct source_config s = source();
	CLEANUP(config_done) struct config c = {0};
	size_t keys = 0;

	(void)state;
	box_config_init(&c.box);
	for (int of_source = 0; of_source <= 1; of_source++)
		for (const struct config_key *k = config_keys(of_source); k->section; k++)
			keys++;
	assert_int_equal(keys, COUNT(cases)); /* a new key wants a line above */
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *written = NULL;
		struct error err = {0};
		int done;

		for (int twice = 0; twice < 2; twice++) {
			const char *value = twice ? written : cases[i].value;

			if (cases[i].of_source)
				done = source_config_set(&s, "/etc/drillbox", cases[i].section, cases[i].key, value, &err);
			else
				done = box_config_set(&c.box, "/etc/drillbox", cases[i].section, cases[i].key, value, &err);
			if (done < 0)
				fail_msg("%s", err.text);
			free(written);
			written = cases[i].of_source ? source_config_get(&s, cases[i].section, cases[i].key)
						     : box_config_get(&c.box, cases[i].section, cases[i].key);
			assert_string_equal(written, cases[i].written);
		}
	}
}

static void test_every_key_says_what_it_means(void **state)
{
	(void)state;
	for (int of_source = 0; of_source <= 1; of_source++)
		for (const struct config_key *k = config_keys(of_source); k->section; k++) {
			assert_true(strlen(k->meaning) > 10);
			assert_true(k->fallback[0] || strcmp(k->key, "url") == 0);
		}
}

static void test_values_that_are_refused(void **state)
{
	static const struct {
		const char *section, *key, *value, *said;
	} cases[] = {
		{"source", "type", "mysql", "type = 'mysql' is not 'postgres'"},
		{"source", "url", "", "does not begin with"},
		{"source", "url", "postgresql://me:s3cr3t@db/shop", "password-file"},
		{"source", "url", "postgresql://me@db/shop?sslmode=disable", "'sslmode'"},
		{"source", "address", "db:5432", "without a port"},
		{"source", "address", "a,b", "without a port"},
		{"source", "address", "", "without a port"},
		{"source", "password-file", "", "a path or credential:NAME"},
		{"source", "password-file", "credential:", "a path or credential:NAME"},
		{"source", "password-file", "credential:../x", "a path or credential:NAME"},
		{"source", "password-file", "credential:a/b", "a path or credential:NAME"},
		{"pull", "schedule", "sometimes", "a time of day like 04:15"},
		{"pull", "schedule", "every 5 min", "from 30 min"},
		{"pull", "format", "plain", "one of custom, directory"},
		{"pull", "jobs", "0", "from 1 to 64"},
		{"pull", "jobs", "65", "from 1 to 64"},
		{"pull", "jobs", "two", "from 1 to 64"},
		{"pull", "compress", "bzip2", "one of none, gzip"},
		{"pull", "compress", "none:3", "one of none, gzip"},
		{"pull", "compress", "zstd:", "one of none, gzip"},
		{"pull", "compress", "zstd:3 -f /etc/passwd", "one of none, gzip"},
		{"pull", "timeout", "none", "a time like"},
		{"pull", "timeout", "0", "a time like"},
		{"pull", "timeout", "6", "a time like"},
		{"pull", "max-size", "20", "a size like 20 GB"},
		{"pull", "counts", "yes", "one of exact, off"},
		{"drill", "level", "thorough", "one of quick"},
		{"drill", "budget", "30", "or none"},
		{"drill", "app-role", "", "the name of a role"},
		{"keep", "daily", "-1", "from 0 to 3650"},
		{"keep", "monthly", "12x", "from 0 to 3650"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(source_config_done) struct source_config s = source();
		autofree char *before = source_config_get(&s, cases[i].section, cases[i].key);
		autofree char *after = NULL;
		struct error err = {0};

		if (source_config_set(&s, "/etc", cases[i].section, cases[i].key, cases[i].value, &err) == 0)
			fail_msg("%s = '%s' was taken", cases[i].key, cases[i].value);
		assert_int_equal(err.kind, ERR_CONFIG);
		if (!strstr(err.text, cases[i].said))
			fail_msg("%s", err.text);
		assert_null(strstr(err.text, "s3cr3t"));
		after = source_config_get(&s, cases[i].section, cases[i].key);
		assert_string_equal(before, after);
	}
}

static void test_unknown_names_come_with_a_hint(void **state)
{
	static const struct {
		bool of_source;
		const char *section, *key, *said;
	} cases[] = {
		{true, "pull", "shedule", "unknown key 'shedule' in [pull]: did you mean 'schedule'?"},
		{true, "source", "password", "unknown key 'password' in [source]: did you mean 'password-file'?"},
		{true, "source", "pasword-file", "did you mean 'password-file'?"},
		{true, "drill", "schedule", "it belongs in [pull]"},
		{true, "pull", "xyz", "'drillbox config --all' lists what there is"},
		{true, "puul", "jobs", "unknown section [puul]: did you mean [pull]?"},
		{true, "zzz", "jobs", "unknown section [zzz]: 'drillbox config --all'"},
		{true, "box", "name", "section [box] belongs in drillbox.conf"},
		{false, "pull", "jobs", "section [pull] belongs in a source's file"},
		{false, "panel", "buton", "did you mean 'button'?"},
		{true, "", "url", "before the first [section]"},
		{true, "pull", "sch\x1b[31m", "unknown key 'sch?[31m'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(source_config_done) struct source_config s = source();
		CLEANUP(config_done) struct config c = {0};
		struct error err = {0};
		int done;

		box_config_init(&c.box);
		if (cases[i].of_source)
			done = source_config_set(&s, "/etc", cases[i].section, cases[i].key, "s3cr3t", &err);
		else
			done = box_config_set(&c.box, "/etc", cases[i].section, cases[i].key, "s3cr3t", &err);
		assert_int_equal(done, -1);
		assert_int_equal(err.kind, ERR_CONFIG);
		if (!strstr(err.text, cases[i].said))
			fail_msg("%s", err.text);
		assert_null(strstr(err.text, "s3cr3t"));
	}
}

static void test_what_does_not_fit_together(void **state)
{
	static const char *const url = "postgresql://db/shop", *const socket = "postgresql:///shop?host=/run/postgresql";
	static const struct {
		const char *said;
		const char *lines[4][3];
	} cases[] = {
		{"url is missing", {{"pull", "jobs", "1"}}},
		{"client-key is missing", {{"source", "url", url}, {"source", "client-cert", "c.pem"}}},
		{"client-cert is missing", {{"source", "url", url}, {"source", "client-key", "c.key"}}},
		{"ca has no use", {{"source", "url", socket}, {"source", "ca", "ca.pem"}}},
		{"address has no use", {{"source", "url", socket}, {"source", "address", "10.0.0.1"}}},
		{"needs format = directory", {{"source", "url", url}, {"pull", "jobs", "2"}}},
		{"smoke needs app-role", {{"source", "url", url}, {"drill", "smoke", "x.sql"}}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(source_config_done) struct source_config s = source();
		struct error err = {0};

		for (size_t k = 0; k < 4 && cases[i].lines[k][0]; k++)
			set(&s, cases[i].lines[k][0], cases[i].lines[k][1], cases[i].lines[k][2]);
		assert_int_equal(source_config_finish(&s, &err), -1);
		assert_int_equal(err.kind, ERR_CONFIG);
		if (!strstr(err.text, cases[i].said))
			fail_msg("%s", err.text);
	}
}

static void test_stale_after_follows_the_schedule(void **state)
{
	CLEANUP(source_config_done) struct source_config weekly = source(), own = source();

	(void)state;
	set(&weekly, "source", "url", "postgresql://db/shop");
	set(&weekly, "pull", "schedule", "Sun 03:00");
	finish(&weekly);
	assert_int_equal(weekly.stale_after_s, 7 * 86400 * 5 / 4);
	set(&own, "source", "url", "postgresql://db/shop");
	set(&own, "pull", "stale-after", "5 s");
	finish(&own);
	assert_int_equal(own.stale_after_s, 5);
}

static void test_the_box_is_checked(void **state)
{
	CLEANUP(config_done) struct config c = {0};
	struct error err = {0};

	(void)state;
	box_config_init(&c.box);
	assert_true(strlen(c.box.name) > 0);
	assert_string_equal(c.box.data, "/var/lib/drillbox");
	assert_int_equal(c.box.backend, PANEL_AUTO);
	assert_int_equal(box_config_finish(&c.box, &err), 0);
	assert_int_equal(box_config_set(&c.box, "/etc", "panel", "pass", "GPIO17", &err), 0);
	assert_int_equal(box_config_set(&c.box, "/etc", "panel", "fail", "GPIO17", &err), 0);
	assert_int_equal(box_config_finish(&c.box, &err), -1);
	assert_non_null(strstr(err.text, "pass and fail are both line 'GPIO17'"));
	assert_int_equal(box_config_set(&c.box, "/etc", "panel", "fail", "GPIO27", &err), 0);
	assert_int_equal(box_config_set(&c.box, "/etc", "box", "data", "/", &err), 0);
	assert_int_equal(box_config_finish(&c.box, &err), -1);
	assert_int_equal(box_config_set(&c.box, "/etc", "postgres", "bin", "/a::/b", &err), -1);
	assert_int_equal(c.box.bins.count, 0);
}

static void test_the_environment(void **state)
{
	static const char *const fine[] = {"PATH=/usr/bin", "PGHOST=db", "PGUSER=me", "PGDATABASE=x", "LANG=C", "PGTZ=UTC", NULL};
	static const char *const refused[] = {
		"PGPASSWORD=s3cr3t",	 "PGPASSFILE=/x",  "PGSERVICE=x",	    "PGSERVICEFILE=/x",	 "PGSYSCONFDIR=/x",
		"PGSSLMODE=disable",	 "PGSSLROOTCERT=/x", "PGSSLCERT=/x",	    "PGSSLKEY=/x",	 "PGSSLNEGOTIATION=direct",
		"PGREQUIRESSL=0",	 "PGGSSENCMODE=prefer", "PGCHANNELBINDING=disable", "PGREQUIREAUTH=password",
		"PGHOSTADDR=10.0.0.1",	 "PGSSLMINPROTOCOLVERSION=TLSv1", "PGSSLMODE=",	"PGREQUIREPEER=x", "PGKRBSRVNAME=x",
	};
	struct error err = {0};

	(void)state;
	assert_int_equal(config_environment(fine, &err), 0);
	for (size_t i = 0; i < COUNT(refused); i++) {
		const char *environment[] = {"PATH=/usr/bin", refused[i], NULL};
		autofree char *name = xstrndup(refused[i], strcspn(refused[i], "="));

		assert_int_equal(config_environment(environment, &err), -1);
		assert_int_equal(err.kind, ERR_CONFIG);
		assert_non_null(strstr(err.text, name));
		assert_null(strstr(err.text, "s3cr3t"));
	}
}

static void test_source_names(void **state)
{
	static const char *const good[] = {"shop", "a", "My-Shop_2", "0", "_"};
	static const char *const bad[] = {"", "-x", "a b", "a/b", "..", "a.b", "\xc3\xb6",
					  "a2345678901234567890123456789012345678901234567890123456789012345"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(source_name_valid(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(source_name_valid(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_key_takes_back_what_it_wrote),
		cmocka_unit_test(test_every_key_says_what_it_means),
		cmocka_unit_test(test_values_that_are_refused),
		cmocka_unit_test(test_unknown_names_come_with_a_hint),
		cmocka_unit_test(test_what_does_not_fit_together),
		cmocka_unit_test(test_stale_after_follows_the_schedule),
		cmocka_unit_test(test_the_box_is_checked),
		cmocka_unit_test(test_the_environment),
		cmocka_unit_test(test_source_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
