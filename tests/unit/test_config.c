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
		{"source", "ca", ""},		{"source", "address", ""},	 {"source", "pattern", ""},
		{"source", "region", ""},	{"source", "endpoint", ""},	 {"source", "style", "auto"},
		{"source", "proxy", ""},	{"source", "pin", ""},		 {"pull", "schedule", "04:15"},
		{"pull", "format", "custom"},	{"pull", "jobs", "1"},		 {"pull", "compress", "zstd:3"},
		{"pull", "timeout", "6h"},	{"pull", "lock-timeout", "5 min"}, {"pull", "max-size", "none"},
		{"pull", "limit", "none"},	{"pull", "window", "always"},
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
		{false, "notify", "ping-file", "secrets/ping", "/etc/drillbox/secrets/ping"},
		{false, "notify", "ping-every", "10 s", "10 s"},
		{false, "notify", "webhook-file", "credential:hook", "credential:hook"},
		{false, "notify", "webhook-body", "ntfy", "ntfy"},
		{false, "notify", "weekly", "Sun 18:30", "Sun 18:30"},
		{false, "notify", "ca", "ca.pem", "/etc/drillbox/ca.pem"},
		{false, "notify", "proxy", "http://proxy:3128", "http://proxy:3128"},
		{true, "source", "type", "postgres", "postgres"},
		{true, "source", "url", "postgres://db/shop", "postgres://db/shop"},
		{true, "source", "address", "10.8.0.2", "10.8.0.2"},
		{true, "source", "password-file", "secrets/shop", "/etc/drillbox/secrets/shop"},
		{true, "source", "user", "o'hara@example.com", "o'hara@example.com"},
		{true, "source", "token-file", "token", "/etc/drillbox/token"},
		{true, "source", "headers-file", "credential:shop.headers", "credential:shop.headers"},
		{true, "source", "pattern", "shop_*.[Dd]ump?", "shop_*.[Dd]ump?"},
		{true, "source", "endpoint", "https://MinIO:9000", "https://minio:9000/"},
		{true, "source", "region", "eu-central-1", "eu-central-1"},
		{true, "source", "style", "virtual", "virtual"},
		{true, "source", "access-key", "AKIA_x+=.-", "AKIA_x+=.-"},
		{true, "source", "secret-key-file", "../secret", "/etc/drillbox/../secret"},
		{true, "source", "session-token-file", "/run/token", "/run/token"},
		{true, "source", "pin", "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		 "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
		{true, "source", "proxy", "http://10.0.0.1:3128", "http://10.0.0.1:3128"},
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
		{true, "pull", "limit", "2MB/s", "2 MB/s"},
		{true, "pull", "window", "22:00-06:00", "22:00-06:00"},
		{true, "pull", "counts", "off", "off"},
		{true, "pull", "stale-after", "3d", "3d"},
		{true, "drill", "level", "deep", "deep"},
		{true, "drill", "jobs", "64", "64"},
		{true, "drill", "timeout", "1h", "1h"},
		{true, "drill", "budget", "30 min", "30 min"},
		{true, "drill", "not-hashed", "public.log: it grows; a.*: b", "public.log: it grows; a.*: b"},
		{true, "drill", "app-role", "shop_app", "shop_app"},
		{true, "drill", "smoke", "smoke.sql", "/etc/drillbox/smoke.sql"},
		{true, "keep", "daily", "0", "0"},
		{true, "keep", "weekly", "8", "8"},
		{true, "keep", "monthly", "3650", "3650"},
		{true, "notify", "ping-file", "secrets/shop-ping", "/etc/drillbox/secrets/shop-ping"},
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

/* What 'config' shows of it; the address itself stays whole. */
static void test_a_url_that_was_signed_beforehand(void **state)
{
	static const struct {
		const char *given, *shown;
	} cases[] = {
		{"https://db/shop.dump?X-Amz-Signature=s3cr3t", "https://db/shop.dump?***"},
		{"https://db/shop.dump", "https://db/shop.dump"},
		{"s3://bucket/what?", "s3://bucket/what?"},
		{"postgresql:///shop?host=/run/postgresql", "postgresql:///shop?host=/run/postgresql"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(source_config_done) struct source_config s = source();
		autofree char *shown = NULL;

		set(&s, "source", "url", cases[i].given);
		shown = source_config_get(&s, "source", "url");
		assert_string_equal(shown, cases[i].shown);
		assert_string_equal(s.url, cases[i].given);
		if (i == 0)
			assert_string_equal(s.web.query, "X-Amz-Signature=s3cr3t");
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
		{"source", "type", "mysql", "type = 'mysql' is not one of postgres, https, s3"},
		{"source", "type", "HTTPS", "one of postgres, https, s3: did you mean 'https'?"},
		{"source", "type", "postgresql", "one of postgres, https, s3: did you mean 'postgres'?"},
		{"pull", "jobs", "4\t; four", "; a comment stands on a line of its own"},
		{"drill", "level", "deep # all", "; a comment stands on a line of its own"},
		{"source", "url", "http://db/dumps/", "unencrypted: write https://"},
		{"source", "url", "http://me:s3cr3t@db/dumps/", "unencrypted: write https://"},
		{"source", "url", "ftp://me:s3cr3t@db/dumps/", "does not begin with postgresql://, https:// or s3://"},
		{"source", "url", "me:s3cr3t@db/dumps/", "does not begin with"},
		{"source", "url", "https://me:s3cr3t@db/dumps/", "password-file"},
		{"source", "url", "https://s3cr3t@db/dumps/", "password-file"},
		{"source", "url", "https://db/my dumps/", "%20"},
		{"source", "url", "https:///dumps/", "names no host"},
		{"source", "url", "s3://", "does not name a bucket"},
		{"source", "url", "s3://ab", "does not name a bucket"},
		{"source", "url", "s3://-ab/", "does not name a bucket"},
		{"source", "url", "s3://.../x", "does not name a bucket"},
		{"source", "url", "s3://AKIA:s3cr3t@bucket/x", "secret-key-file"},
		{"source", "url", "s3://bucket/a\tb", "control character"},
		{"source", "user", "", "without a ':'"},
		{"source", "user", "me:s3cr3t", "without a ':'"},
		{"source", "token-file", "credential:", "a path or credential:NAME"},
		{"source", "headers-file", "", "a path or credential:NAME"},
		{"source", "pattern", "", "a pattern of file names"},
		{"source", "pattern", "daily/*.dump", "without a '/'"},
		{"source", "endpoint", "minio:9000", "a URL like https://"},
		{"source", "endpoint", "http://minio:9000", "a URL like https://"},
		{"source", "endpoint", "https://AKIA:s3cr3t@minio", "a URL like https://"},
		{"source", "region", "EU Central", "a region like"},
		{"source", "region", "", "a region like"},
		{"source", "style", "dns", "one of auto, path, virtual"},
		{"source", "access-key", "a/b", "the name of a key"},
		{"source", "access-key", "a, b", "the name of a key"},
		{"source", "access-key", "", "the name of a key"},
		{"source", "pin", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "sha256/"},
		{"source", "pin", "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", "44 characters"},
		{"source", "pin", "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "44 characters"},
		{"source", "pin", "sha1/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "sha256/"},
		{"source", "proxy", "proxy:3128", "a URL like http://"},
		{"source", "proxy", "https://proxy:3128", "a URL like http://"},
		{"source", "proxy", "http://proxy", "a URL like http://"},
		{"source", "proxy", "http://proxy:", "a URL like http://"},
		{"source", "proxy", "http://proxy:3128/path", "a URL like http://"},
		{"source", "proxy", "http://me:s3cr3t@", "a URL like http://"},
		{"source", "proxy", "http://me:s3cr3t@proxy:0", "a URL like http://"},
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
		{"source", "headers-file", "https://db/s3cr3t", "headers-file = '...' is not a path or credential:NAME"},
		{"notify", "ping-file", "https://hc-ping.com/s3cr3t", "is written into that file"},
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
		{"pull", "limit", "2 MB", "a rate of at least 1 kB/s"},
		{"pull", "limit", "999 B/s", "a rate of at least 1 kB/s"},
		{"pull", "limit", "fast", "a rate of at least 1 kB/s"},
		{"pull", "window", "22-6", "hours like 22:00-06:00"},
		{"pull", "window", "22:00-22:00", "hours like 22:00-06:00"},
		{"drill", "level", "thorough", "one of quick"},
		{"drill", "budget", "30", "or none"},
		{"drill", "app-role", "", "the name of a role"},
		{"drill", "not-hashed", "public.log", "SCHEMA.TABLE: REASON"},
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
		{true, "notify", "webhook-file", "'webhook-file' of [notify] belongs in drillbox.conf"},
		{true, "notify", "webhok-file", "unknown key 'webhok-file' in [notify]"},
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
	static const char *const web = "https://db/dumps/", *const s3 = "s3://bucket/shop/";
	static const struct {
		const char *said;
		const char *lines[4][3];
	} cases[] = {
		/* one of each kind with what is another's */
		{"user has no use where type = postgres", {{"source", "url", url}, {"source", "user", "me"}}},
		{"token-file has no use where type = postgres", {{"source", "url", url}, {"source", "token-file", "t"}}},
		{"headers-file has no use where type = s3", {{"source", "url", s3}, {"source", "headers-file", "h"}}},
		{"password-file has no use where type = s3", {{"source", "url", s3}, {"source", "password-file", "p"}}},
		{"pattern has no use where type = postgres", {{"source", "url", url}, {"source", "pattern", "*.dump"}}},
		{"pin has no use where type = postgres",
		 {{"source", "url", url}, {"source", "pin", "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}},
		{"proxy has no use where type = postgres", {{"source", "url", url}, {"source", "proxy", "http://p:1"}}},
		{"endpoint has no use where type = https", {{"source", "url", web}, {"source", "endpoint", "https://m"}}},
		{"region has no use where type = https", {{"source", "url", web}, {"source", "region", "us-east-1"}}},
		{"style has no use where type = https", {{"source", "url", web}, {"source", "style", "path"}}},
		{"access-key has no use where type = https", {{"source", "url", web}, {"source", "access-key", "a"}}},
		{"secret-key-file has no use where type = postgres", {{"source", "url", url}, {"source", "secret-key-file", "a"}}},
		{"session-token-file has no use where type = https",
		 {{"source", "url", web}, {"source", "session-token-file", "a"}}},
		{"[pull] format has no use where type = https", {{"source", "url", web}, {"pull", "format", "directory"}}},
		{"[pull] jobs has no use where type = s3", {{"source", "url", s3}, {"pull", "jobs", "2"}}},
		{"[pull] compress has no use where type = https", {{"source", "url", web}, {"pull", "compress", "gzip"}}},
		{"[pull] lock-timeout has no use where type = https", {{"source", "url", web}, {"pull", "lock-timeout", "1 min"}}},
		{"[pull] counts has no use where type = s3", {{"source", "url", s3}, {"pull", "counts", "off"}}},
		/* what is said twice, and differs */
		{"type = https, and url is one of type postgres", {{"source", "type", "https"}, {"source", "url", url}}},
		{"type = postgres, and url is one of type s3", {{"source", "url", s3}, {"source", "type", "postgres"}}},
		{"type = s3, and url is one of type https", {{"source", "url", web}, {"source", "type", "s3"}}},
		/* halves */
		{"password-file is missing", {{"source", "url", web}, {"source", "user", "me"}}},
		{"user is missing", {{"source", "url", web}, {"source", "password-file", "p"}}},
		{"user and token-file are two ways",
		 {{"source", "url", web}, {"source", "user", "me"}, {"source", "password-file", "p"},
		  {"source", "token-file", "t"}}},
		{"client-key is missing", {{"source", "url", web}, {"source", "client-cert", "c"}}},
		{"secret-key-file is missing", {{"source", "url", s3}, {"source", "access-key", "a"}}},
		{"access-key is missing", {{"source", "url", s3}, {"source", "secret-key-file", "a"}}},
		{"session-token-file goes with it", {{"source", "url", s3}, {"source", "session-token-file", "a"}}},
		{"endpoint has a '?'", {{"source", "url", s3}, {"source", "endpoint", "https://m/?x"}}},
		/* folders and files */
		{"a folder with a '?'", {{"source", "url", "https://db/dumps/?C=M"}}},
		{"names no file that could be a dump", {{"source", "url", "https://db/dumps/a%2Fb"}}},
		{"names no file that could be a dump", {{"source", "url", "https://db/dumps/index.json"}}},
		{"names no file that could be a dump", {{"source", "url", "https://db/shop.dump.sha256"}}},
		{"pattern has no use where url is one file", {{"source", "url", "https://db/dumps"}, {"source", "pattern", "*"}}},

		{"url is missing", {{"pull", "jobs", "1"}}},
		{"client-key is missing", {{"source", "url", url}, {"source", "client-cert", "c.pem"}}},
		{"client-cert is missing", {{"source", "url", url}, {"source", "client-key", "c.key"}}},
		{"ca has no use", {{"source", "url", socket}, {"source", "ca", "ca.pem"}}},
		{"address has no use", {{"source", "url", socket}, {"source", "address", "10.0.0.1"}}},
		{"[pull] limit has no use where url is a Unix socket",
		 {{"source", "url", "postgresql:///shop?host=/run/pg"}, {"pull", "limit", "1 MB/s"}}},
		{"needs format = directory", {{"source", "url", url}, {"pull", "jobs", "2"}}},
		{"smoke needs app-role", {{"source", "url", url}, {"drill", "smoke", "x.sql"}}},
		{"counts = off forbids", {{"source", "url", url}, {"drill", "level", "deep"}, {"pull", "counts", "off"}}},
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

/* What a source of each kind has where its file says no more than it must. */
static void test_what_follows_from_the_url(void **state)
{
	static const struct {
		const char *lines[3][2];
		const char *type, *pattern, *endpoint, *region, *style;
	} cases[] = {
		{{{"url", "postgresql://db/shop"}}, "postgres", "", "", "", "auto"},
		{{{"url", "https://db/dumps/"}, {"type", "https"}}, "https", "*.dump", "", "", "auto"},
		{{{"url", "https://db/dumps/"}, {"pattern", "shop_*"}}, "https", "shop_*", "", "", "auto"},
		{{{"url", "https://db/latest.php?id=7"}}, "https", "*", "", "", "auto"},
		{{{"url", "s3://bucket"}}, "s3", "*.dump", "https://s3.us-east-1.amazonaws.com/", "us-east-1", "virtual"},
		{{{"url", "s3://bucket/shop/"}, {"type", "s3"}, {"region", "eu-central-1"}}, "s3", "*.dump",
		 "https://s3.eu-central-1.amazonaws.com/", "eu-central-1", "virtual"},
		{{{"url", "s3://my.bucket/"}}, "s3", "*.dump", "https://s3.us-east-1.amazonaws.com/", "us-east-1", "path"},
		{{{"endpoint", "https://minio:9000"}, {"url", "s3://bucket/"}}, "s3", "*.dump", "https://minio:9000/", "us-east-1",
		 "path"},
		{{{"endpoint", "https://minio:9000"}, {"url", "s3://bucket/"}, {"style", "virtual"}}, "s3", "*.dump",
		 "https://minio:9000/", "us-east-1", "virtual"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(source_config_done) struct source_config s = source(), fallback = source();
		const char *const expected[][2] = {
			{"type", cases[i].type},     {"pattern", cases[i].pattern}, {"endpoint", cases[i].endpoint},
			{"region", cases[i].region}, {"style", cases[i].style},
		};

		for (size_t k = 0; k < 3 && cases[i].lines[k][0]; k++)
			set(&s, "source", cases[i].lines[k][0], cases[i].lines[k][1]);
		finish(&s);
		for (size_t k = 0; k < COUNT(expected); k++) {
			autofree char *value = source_config_get(&s, "source", expected[k][0]);

			if (!same(value, expected[k][1]))
				fail_msg("%s: %s is '%s'", s.url, expected[k][0], value);
		}
		/* as a report finds out what was given */
		source_config_follow(&fallback, &s);
		assert_int_equal(fallback.type, s.type);
		assert_int_equal(fallback.stale_after_s, s.stale_after_s);
	}
}

/* 'config --all' prints a file that can be read again, whatever the kind. */
static void test_a_finished_source_is_read_again(void **state)
{
	static const char *const urls[] = {"postgresql://db/shop", "https://db/dumps/", "s3://my.bucket/shop/"};

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		CLEANUP(source_config_done) struct source_config s = source(), again = source();

		set(&s, "source", "url", urls[i]);
		finish(&s);
		for (const struct config_key *k = config_keys(true); k->section; k++) {
			autofree char *value = source_config_get(&s, k->section, k->key);

			if (*value)
				set(&again, k->section, k->key, value);
		}
		finish(&again);
		assert_int_equal(again.type, s.type);
		assert_int_equal(again.style, s.style);
	}
}

static void test_the_password_of_a_proxy_is_not_written(void **state)
{
	static const char *const cases[][2] = {
		{"http://me:s3cr3t@proxy:3128", "http://me:***@proxy:3128"},
		{"http://me:s3@cr3t@[::1]:3128", "http://me:***@[::1]:3128"},
		{"http://me@proxy:3128", "http://me@proxy:3128"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(source_config_done) struct source_config s = source();
		autofree char *written = NULL;

		set(&s, "source", "proxy", cases[i][0]);
		assert_string_equal(s.proxy, cases[i][0]);
		written = source_config_get(&s, "source", "proxy");
		assert_string_equal(written, cases[i][1]);
		set(&s, "source", "proxy", written);
	}
}

static void test_where_dumps_are(void **state)
{
	CLEANUP(source_config_done) struct source_config web = source(), s3 = source();

	(void)state;
	set(&web, "source", "url", "https://DB.example.com:8443/dumps/shop/");
	finish(&web);
	assert_string_equal(web.web.host, "db.example.com");
	assert_string_equal(web.web.port, "8443");
	assert_string_equal(web.web.path, "/dumps/shop/");
	assert_null(web.at.host);
	set(&s3, "source", "url", "s3://bucket/a b/%c3?x#y");
	finish(&s3);
	assert_string_equal(s3.bucket, "bucket");
	assert_string_equal(s3.prefix, "a b/%c3?x#y");
	set(&s3, "source", "url", "s3://bucket");
	assert_string_equal(s3.prefix, "");
}

static void test_stale_after_follows_the_schedule(void **state)
{
	CLEANUP(source_config_done) struct source_config weekly = source(), often = source(), own = source();
	autofree char *doubt = NULL;

	(void)state;
	set(&weekly, "source", "url", "postgresql://db/shop");
	set(&weekly, "pull", "schedule", "Sun 03:00");
	finish(&weekly);
	assert_int_equal(weekly.stale_after_s, 7 * 86400 * 5 / 4);
	set(&often, "source", "url", "postgresql://db/shop");
	set(&often, "pull", "window", "22:00-06:00");
	set(&often, "pull", "schedule", "every 6h");
	finish(&often);
	assert_int_equal(often.stale_after_s, (8 + 16) * 3600);
	set(&own, "source", "url", "postgresql://db/shop");
	set(&own, "pull", "stale-after", "5 s");
	set(&own, "pull", "window", "22:00-06:00");
	finish(&own);
	assert_int_equal(own.stale_after_s, 5);
	doubt = source_config_doubt(&own);
	assert_non_null(strstr(doubt, "stale-after of 'shop' is 5 s, and outside its window nothing is pulled for 16h"));
	assert_null(source_config_doubt(&often));
	assert_null(source_config_doubt(&weekly));
	own.stale_after_s = 16 * 3600;
	assert_null(source_config_doubt(&own));
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

static void test_who_is_told(void **state)
{
	static const struct {
		const char *key, *value, *said;
	} refused[] = {
		{"ping", "https://hc-ping.com/s3cr3t", "did you mean 'ping-file'?"},
		{"webhook", "https://hooks.example.com/s3cr3t", "did you mean 'webhook-"},
		{"ping-file", "", "a path or credential:NAME"},
		{"ping-every", "9 s", "a time from 10 s to 1d"},
		{"ping-every", "25h", "a time from 10 s to 1d"},
		{"ping-every", "none", "a time from 10 s to 1d"},
		{"webhook-body", "xml", "one of json, slack, ntfy"},
		{"weekly", "08:00", "a weekday and a time like Mon 08:00, or none"},
		{"weekly", "every 6h", "a weekday and a time like Mon 08:00, or none"},
		{"weekly", "Mon 25:00", "a weekday and a time like Mon 08:00, or none"},
	};
	CLEANUP(config_done) struct config c = {0};
	autofree char *every = NULL, *weekly = NULL, *body = NULL, *none = NULL;
	struct error err = {0};

	(void)state;
	box_config_init(&c.box);
	every = box_config_get(&c.box, "notify", "ping-every");
	weekly = box_config_get(&c.box, "notify", "weekly");
	body = box_config_get(&c.box, "notify", "webhook-body");
	assert_string_equal(every, "5 min");
	assert_string_equal(weekly, "Mon 08:00");
	assert_string_equal(body, "json");
	assert_null(c.box.notify.webhook_file);
	for (size_t i = 0; i < COUNT(refused); i++) {
		assert_int_equal(box_config_set(&c.box, "/etc", "notify", refused[i].key, refused[i].value, &err), -1);
		if (!strstr(err.text, refused[i].said) || strstr(err.text, "s3cr3t"))
			fail_msg("%s = %s: %s", refused[i].key, refused[i].value, err.text);
	}
	assert_int_equal(box_config_set(&c.box, "/etc", "notify", "weekly", "none", &err), 0);
	none = box_config_get(&c.box, "notify", "weekly");
	assert_string_equal(none, "none");
	assert_true(c.box.notify.weekly.hour < 0);
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
		cmocka_unit_test(test_a_url_that_was_signed_beforehand),
		cmocka_unit_test(test_every_key_says_what_it_means),
		cmocka_unit_test(test_values_that_are_refused),
		cmocka_unit_test(test_unknown_names_come_with_a_hint),
		cmocka_unit_test(test_what_does_not_fit_together),
		cmocka_unit_test(test_what_follows_from_the_url),
		cmocka_unit_test(test_a_finished_source_is_read_again),
		cmocka_unit_test(test_the_password_of_a_proxy_is_not_written),
		cmocka_unit_test(test_where_dumps_are),
		cmocka_unit_test(test_stale_after_follows_the_schedule),
		cmocka_unit_test(test_the_box_is_checked),
		cmocka_unit_test(test_who_is_told),
		cmocka_unit_test(test_the_environment),
		cmocka_unit_test(test_source_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
