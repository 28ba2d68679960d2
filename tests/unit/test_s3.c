/* Against tests/unit/s3_server.py, which checks signatures by a reckoning of its own. */
#include "unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "port/digest.h"
#include "pull/place_ops.h"

#define HOST "s3.drillbox.test"
#define BODY_BYTES (256 * 40)

static struct {
	pid_t pid;
	int input;    /* its end is the server's */
	char port[8];
	char ca[256];
} server;

static int start_server(void **state)
{
	int to[2], from[2];
	FILE *said;

	(void)state;
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	server.pid = fork();
	if (server.pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		execlp("python3", "python3", "tests/unit/s3_server.py", NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	server.input = to[1];
	said = fdopen(from[0], "r");
	assert_int_equal(fscanf(said, "%7s %255s", server.port, server.ca), 2);
	assert_int_equal(fclose(said), 0);
	return 0;
}

static int stop_server(void **state)
{
	int status;

	(void)state;
	close(server.input);
	assert_int_equal(waitpid(server.pid, &status, 0), server.pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* --- a source of it --- */

struct shop {
	struct source_config source;
	struct place_secrets secrets;
	void *place;
	struct deadline deadline;
	const char *begun; /* where one is of which a part is here */
};

static void shop_done(struct shop *s)
{
	if (s->place)
		place_s3.close(s->place);
	free(s->source.bucket);
	free(s->source.prefix);
}

/* A bucket as 'access_key' with its secret (NULL: as nobody). */
static struct shop open_shop(const char *bucket, const char *prefix, const char *access_key, const char *secret)
{
	struct shop s = {
		.source = {.name = "shop",
			   .type = SOURCE_S3,
			   .bucket = xstrdup(bucket),
			   .prefix = xstrdup(prefix),
			   .pattern = "*.dump",
			   .region = "eu-central-1",
			   .style = S3_PATH,
			   .access_key = (char *)access_key,
			   .ca = server.ca,
			   .endpoint = {.host = HOST, .port = server.port, .path = "/"},
			   .at = {.address = "127.0.0.1"}},
		.secrets = {.secret_key = secret},
		.deadline = deadline_in(NO_DEADLINE, 20000),
	};

	return s;
}

static void begin(struct shop *s)
{
	struct error err = {0};

	if (place_s3.open(&s->source, &s->secrets, &s->place, &err) < 0)
		fail_msg("%s", err.text);
}

static void list_or_fail(struct shop *s, struct remotes *list)
{
	struct error err = {0};

	if (!s->place)
		begin(s);
	if (place_s3.list(s->place, s->begun, s->deadline, list, &err) < 0)
		fail_msg("%s: %s", error_word(err.kind), err.text);
}

static void get_or_fail(struct shop *s, const struct remote *r, int64_t from, struct place_part *part)
{
	struct error err = {0};

	if (!s->place)
		begin(s);
	if (place_s3.get(s->place, r, from, s->deadline, part, &err) < 0)
		fail_msg("%s: %s", error_word(err.kind), err.text);
}

/* What comes after a get: its length, and its digest. */
static int64_t read_all(struct shop *s, char sha256[SHA256_HEX])
{
	CLEANUP(digest_free) struct digest *d = NULL;
	char buf[1000];
	struct error err = {0};
	int64_t all = 0;
	size_t n = 0;

	assert_int_equal(digest_new(&d, &err), 0);
	do {
		if (place_s3.read(s->place, buf, sizeof(buf), s->deadline, &n, &err) < 0)
			fail_msg("%s", err.text);
		digest_add(d, buf, n);
		all += (int64_t)n;
	} while (n > 0);
	digest_end(d, sha256);
	return all;
}

/* BODY's bytes from an offset on. */
static void body_digest(size_t from, char sha256[SHA256_HEX])
{
	unsigned char body[BODY_BYTES];
	struct error err = {0};

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (unsigned char)i;
	assert_int_equal(digest_bytes(body + from, sizeof(body) - from, sha256, &err), 0);
}

static void expect_body(struct shop *s, size_t from)
{
	char got[SHA256_HEX], expected[SHA256_HEX];

	body_digest(from, expected);
	assert_int_equal(read_all(s, got), (int64_t)(BODY_BYTES - from));
	assert_string_equal(got, expected);
}

static const struct remote *named(const struct remotes *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

/* --- listing --- */

static void test_pages_and_odd_keys(void **state)
{
	static const struct {
		enum s3_style style;
		char *path; /* of the endpoint */
	} styles[] = {{S3_PATH, "/"},
		      {S3_VIRTUAL, "/"},
		      {S3_PATH, "/storage/v1/s3"},
		      {S3_PATH, "/storage/v1/s3/"},
		      {S3_VIRTUAL, "/storage/v1/s3"}};

	(void)state;
	for (size_t i = 0; i < COUNT(styles); i++) {
		CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");
		CLEANUP(remotes_done) struct remotes list = {0};
		CLEANUP(place_part_done) struct place_part part = {0};
		const struct remote *newest = NULL, *odd;
		struct error err = {0};

		s.source.style = styles[i].style;
		s.source.endpoint.path = styles[i].path;
		list_or_fail(&s, &list);
		assert_int_equal(list.count, 13);
		assert_null(named(&list, "shop.dump")); /* in a folder below */
		assert_int_equal(remotes_newest(&list, "*.dump", &newest, &err), 0);
		assert_string_equal(newest->name, "shop_20261122_041500.dump");
		assert_int_equal(newest->bytes, BODY_BYTES);
		odd = named(&list, "a b+c:d%(\xc3\xa9)\xe6\x97\xa5.dump");
		assert_non_null(odd);
		get_or_fail(&s, odd, 0, &part);
		assert_int_equal(part.from, 0);
		assert_int_equal(part.bytes, BODY_BYTES);
		assert_int_equal(part.modified, time_parse_rfc3339("2026-11-22T04:15:07Z"));
		assert_string_equal(part.etag, odd->etag);
		assert_null(part.version);
		expect_body(&s, 0);
	}
}

static void test_what_does_not_matter_is_not_kept(void **state)
{
	CLEANUP(shop_done) struct shop s = open_shop("crowded", "wal/", "AKTEST", "s3cr3t/+");
	CLEANUP(remotes_done) struct remotes list = {0};
	const struct remote *newest = NULL;
	struct error err = {0};

	(void)state;
	s.source.pattern = "*.dump";
	list_or_fail(&s, &list);
	assert_int_equal(list.count + list.gone, 6504);
	assert_in_range(list.count, 3, 1600);
	assert_int_equal(remotes_newest(&list, "*.dump", &newest, &err), 0);
	assert_string_equal(newest->name, "0_20261122_041500.dump");
	assert_non_null(named(&list, "0_20261122_041500.dump.sha256"));
	assert_null(named(&list, "0_20261120_041500.dump"));
	/* of which a part is here already */
	remotes_done(&list);
	s.begun = "s3://crowded/wal/0_20261120_041500.dump";
	list_or_fail(&s, &list);
	assert_non_null(named(&list, "0_20261120_041500.dump"));
	assert_int_equal(list.count + list.gone, 6504);
}

static void test_prefixes(void **state)
{
	static const struct {
		const char *prefix;
		size_t count;
		const char *name;
	} cases[] = {
		{"", 1, "other.dump"},
		{"daily/shop", 3, "shop_20261121_041500.dump"},
		{"daily/shop_20261122_041500.dump", 2, "shop_20261122_041500.dump"}, /* one fixed file, and what is beside it */
		{"daily/a b+c", 1, "a b+c:d%(\xc3\xa9)\xe6\x97\xa5.dump"},
		{"daily/deeper/", 1, "shop.dump"},
		{"nothing", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(shop_done) struct shop s = open_shop("backups", cases[i].prefix, "AKTEST", "s3cr3t/+");
		CLEANUP(remotes_done) struct remotes list = {0};

		list_or_fail(&s, &list);
		assert_int_equal(list.count, cases[i].count);
		if (cases[i].name)
			assert_non_null(named(&list, cases[i].name));
	}
}

static void test_session_token(void **state)
{
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEMP", "temporary");
	CLEANUP(remotes_done) struct remotes list = {0};

	(void)state;
	s.secrets.session_token = "Fwo/+token==";
	list_or_fail(&s, &list);
	assert_int_equal(list.count, 13);
}

static void test_anybody_may_read_what_is_public(void **state)
{
	CLEANUP(shop_done) struct shop s = open_shop("public", "", NULL, NULL);
	CLEANUP(remotes_done) struct remotes list = {0};
	CLEANUP(place_part_done) struct place_part part = {0};

	(void)state;
	list_or_fail(&s, &list);
	assert_int_equal(list.count, 1);
	get_or_fail(&s, &list.items[0], 0, &part);
	expect_body(&s, 0);
}

/* --- refusals: each as it comes through from the wire --- */

static void test_what_a_listing_may_meet(void **state)
{
	static const struct {
		const char *bucket, *prefix, *access_key, *secret, *token;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{"backups", "daily/", "AKTEST", "not-it", NULL, ERR_REFUSED, "secret-key-file"},
		{"backups", "daily/", "AKNOBODY", "x", NULL, ERR_REFUSED, "'AKNOBODY'"},
		{"backups", "daily/", "AKEXPIRED", "x", "t", ERR_REFUSED, "expired"},
		{"backups", "daily/", "AKTEMP", "temporary", "other", ERR_REFUSED, "session token"},
		{"backups", "daily/", "AKGET", "get", NULL, ERR_PRIVILEGE, "s3:ListBucket on arn:aws:s3:::backups"},
		{"backups", "", "AKBELOW", "below", NULL, ERR_PRIVILEGE, "s3:ListBucket"},
		{"backups", "daily/", NULL, NULL, NULL, ERR_PRIVILEGE, "give access-key"},
		{"nowhere", "", "AKTEST", "s3cr3t/+", NULL, ERR_SOURCE, "no bucket 'nowhere'"},
		{"elsewhere", "", "AKTEST", "s3cr3t/+", NULL, ERR_SOURCE, "write region = eu-west-1"},
		{"malformed", "", "AKTEST", "s3cr3t/+", NULL, ERR_SOURCE, "write region = eu-north-1"},
		{"moving", "", "AKTEST", "s3cr3t/+", NULL, ERR_NETWORK, "try again"},
		{"skewed", "", "AKTEST", "s3cr3t/+", NULL, ERR_CLOCK, "its own clock says 2031-02-03T04:05:06Z"},
		{"skewed-date", "", "AKTEST", "s3cr3t/+", NULL, ERR_CLOCK, "its own clock says 2031-02-03T04:05:06Z"},
		{"slow", "", "AKTEST", "s3cr3t/+", NULL, ERR_NETWORK, "SlowDown"},
		{"mute", "", "AKTEST", "s3cr3t/+", NULL, ERR_PRIVILEGE, "s3:ListBucket"},
		{"html", "", "AKTEST", "s3cr3t/+", NULL, ERR_DATA, "the list of the bucket 'html'"},
		{"circle", "daily/", "AKTEST", "s3cr3t/+", NULL, ERR_DATA, "circle"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(shop_done) struct shop s =
			open_shop(cases[i].bucket, cases[i].prefix, cases[i].access_key, cases[i].secret);
		struct remotes list = {0};
		struct error err = {0};

		s.secrets.session_token = cases[i].token;
		begin(&s);
		if (place_s3.list(s.place, NULL, s.deadline, &list, &err) != -1 || err.kind != cases[i].kind ||
		    !strstr(err.text, cases[i].told))
			fail_msg("%s as %s: %s: %s", cases[i].bucket, cases[i].access_key, error_word(err.kind), err.text);
		assert_null(list.items);
	}
}

static void test_another_region(void **state)
{
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");
	struct remotes list = {0};
	struct error err = {0};

	(void)state;
	s.source.region = "us-east-1";
	begin(&s);
	assert_int_equal(place_s3.list(s.place, NULL, s.deadline, &list, &err), -1);
	assert_int_equal(err.kind, ERR_SOURCE);
	assert_non_null(strstr(err.text, "write region = eu-central-1"));
}

static void test_what_an_object_may_meet(void **state)
{
	static const struct {
		const char *where;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{"daily/archived.dump", ERR_SOURCE, "archive (storage class GLACIER)"},
		{"daily/gone.dump", ERR_NOTHING, "'daily/gone.dump'"},
	};
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");

	(void)state;
	begin(&s);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct remote r = {.name = "x.dump", .where = (char *)cases[i].where, .bytes = -1};
		struct place_part part = {0};
		struct error err = {0};

		if (place_s3.get(s.place, &r, 0, s.deadline, &part, &err) != -1 || err.kind != cases[i].kind ||
		    !strstr(err.text, cases[i].told))
			fail_msg("%s: %s: %s", cases[i].where, error_word(err.kind), err.text);
	}
}

/* --- parts --- */

/* One of the bucket's, as a listing or an earlier answer knew it. */
static struct remote object(const char *where, const char *etag, const char *version)
{
	return (struct remote){.name = (char *)path_base(where), .where = (char *)where, .bytes = -1, .modified = TIME_UNKNOWN,
			       .etag = (char *)etag, .version = (char *)version};
}

static void test_resuming(void **state)
{
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");
	CLEANUP(place_part_done) struct place_part first = {0};
	struct remote r = object("daily/shop_20261122_041500.dump", NULL, NULL);

	(void)state;
	get_or_fail(&s, &r, 0, &first);
	r.etag = first.etag;
	for (int64_t from = 1; from < BODY_BYTES; from += 3413) {
		CLEANUP(place_part_done) struct place_part part = {0};

		get_or_fail(&s, &r, from, &part); /* what was left of the answer before is dropped */
		assert_int_equal(part.from, from);
		assert_int_equal(part.bytes, BODY_BYTES);
		assert_string_equal(part.etag, first.etag);
		assert_string_equal(part.sha256, "");
		expect_body(&s, (size_t)from);
	}
}

/* Whatever is not exactly the rest of what was begun begins anew. */
static void test_beginning_anew(void **state)
{
	static const struct {
		const char *where, *etag;
		int64_t bytes, from;
	} cases[] = {
		{"daily/shop_20261122_041500.dump", "\"of-another-revision\"", -1, 100},
		{"daily/shop_20261122_041500.dump", NULL, -1, 100},
		{"daily/no-ranges.dump", "OF-BODY", -1, 100},
		{"daily/odd-range.dump", "OF-BODY", -1, 100},
		{"daily/shop_20261122_041500.dump", "OF-BODY", BODY_BYTES + 1, 100},
		{"daily/shop_20261122_041500.dump", "OF-BODY", -1, BODY_BYTES + 1},
	};
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");
	CLEANUP(place_part_done) struct place_part body = {0};
	const struct remote known = object("daily/shop_20261122_041500.dump", NULL, NULL);

	(void)state;
	get_or_fail(&s, &known, 0, &body);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(place_part_done) struct place_part part = {0};
		struct remote r = object(cases[i].where, same(cases[i].etag, "OF-BODY") ? body.etag : cases[i].etag, NULL);

		r.bytes = cases[i].bytes;
		get_or_fail(&s, &r, cases[i].from, &part);
		assert_int_equal(part.from, 0);
		assert_int_equal(part.bytes, BODY_BYTES);
		assert_string_equal(part.etag, body.etag);
		expect_body(&s, 0);
	}
}

static void test_versions(void **state)
{
	static const struct {
		const char *version;
		bool of_newest;	   /* the etag that is held */
		int64_t from;
		const char *told;  /* the answer's version */
	} cases[] = {
		{"v1", false, 100, "v1"},  /* replaced meanwhile, and still there */
		{"gone", false, 0, "v2"},  /* replaced, and no longer there */
		{"gone", true, 100, "v2"}, /* the same bytes under another version */
		{"secret", true, 100, "v2"}, /* without s3:GetObjectVersion */
		{"secret", false, 0, "v2"},
		{NULL, true, 100, "v2"},
		{"null", true, 100, "v2"},
	};
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");
	CLEANUP(place_part_done) struct place_part newest = {0}, old = {0};
	const struct remote now = object("daily/versions.dump", NULL, NULL), before = object("daily/old.dump", NULL, NULL);

	(void)state;
	get_or_fail(&s, &now, 0, &newest);
	assert_string_equal(newest.version, "v2");
	get_or_fail(&s, &before, 0, &old);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(place_part_done) struct place_part part = {0};
		const struct remote r =
			object("daily/versions.dump", cases[i].of_newest ? newest.etag : old.etag, cases[i].version);

		get_or_fail(&s, &r, 100, &part);
		assert_int_equal(part.from, cases[i].from);
		assert_string_equal(part.version, cases[i].told);
	}
}

static void test_digests_of_the_store(void **state)
{
	static const struct {
		const char *where;
		bool whole;
	} cases[] = {
		{"daily/shop_20261122_041500.dump", true},
		{"daily/locked.dump", true},	 /* object lock and encryption do not matter */
		{"daily/parts.dump", false},	 /* "...-3": of the parts' digests */
		{"daily/composite.dump", false}, /* the same, by its type only */
		{"daily/no-ranges.dump", false}, /* another algorithm's */
	};
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");
	char expected[SHA256_HEX];

	(void)state;
	body_digest(0, expected);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(place_part_done) struct place_part part = {0};
		const struct remote r = object(cases[i].where, NULL, NULL);

		get_or_fail(&s, &r, 0, &part);
		assert_string_equal(part.sha256, cases[i].whole ? expected : "");
		expect_body(&s, 0);
	}
}

static void test_an_empty_object(void **state)
{
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");
	CLEANUP(place_part_done) struct place_part part = {0};
	const struct remote r = object("daily/empty.dump", NULL, NULL);
	char sha256[SHA256_HEX];

	(void)state;
	get_or_fail(&s, &r, 0, &part);
	assert_int_equal(part.bytes, 0);
	assert_int_equal(read_all(&s, sha256), 0);
	assert_string_equal(sha256, part.sha256);
}

/* --- beside --- */

static void test_beside(void **state)
{
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");
	const struct remote r = object("daily/shop_20261122_041500.dump", NULL, NULL);
	autofree char *bytes = NULL;
	char expected[SHA256_HEX];
	struct error err = {0};
	size_t n = 0;

	(void)state;
	begin(&s);
	body_digest(0, expected);
	if (place_s3.beside(s.place, &r, ".sha256", 4096, s.deadline, &bytes, &n, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(n, 64 + 2 + strlen(r.name) + 1);
	assert_memory_equal(bytes, expected, 64);
	free(bytes);
	bytes = NULL;
	assert_int_equal(place_s3.beside(s.place, &r, ".json", 4096, s.deadline, &bytes, &n, &err), -1);
	assert_int_equal(err.kind, ERR_NOTHING);
	assert_int_equal(place_s3.beside(s.place, &r, ".sha256", 10, s.deadline, &bytes, &n, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_null(bytes);
}

/* Who may list below a prefix only is told "denied" of what is not there. */
static void test_beside_where_the_bucket_may_not_be_listed(void **state)
{
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKBELOW", "below");
	const struct remote r = object("daily/shop_20261122_041500.dump", NULL, NULL);
	CLEANUP(remotes_done) struct remotes list = {0};
	autofree char *bytes = NULL;
	struct error err = {0};
	size_t n = 0;

	(void)state;
	begin(&s);
	assert_int_equal(place_s3.beside(s.place, &r, ".json", 4096, s.deadline, &bytes, &n, &err), -1);
	assert_int_equal(err.kind, ERR_PRIVILEGE);
	list_or_fail(&s, &list);
	assert_int_equal(place_s3.beside(s.place, &r, ".json", 4096, s.deadline, &bytes, &n, &err), -1);
	assert_int_equal(err.kind, ERR_NOTHING);
	assert_int_equal(place_s3.beside(s.place, &r, ".sha256", 4096, s.deadline, &bytes, &n, &err), 0);
}

static void test_asked_to_stop(void **state)
{
	CLEANUP(shop_done) struct shop s = open_shop("backups", "daily/", "AKTEST", "s3cr3t/+");
	struct remotes list = {0};
	struct error err = {0};
	int stop[2];

	(void)state;
	assert_int_equal(pipe2(stop, O_CLOEXEC), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	begin(&s);
	s.deadline.stop_fd = stop[0];
	assert_int_equal(place_s3.list(s.place, NULL, s.deadline, &list, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	close(stop[0]);
	close(stop[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_and_odd_keys),
		cmocka_unit_test(test_what_does_not_matter_is_not_kept),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_session_token),
		cmocka_unit_test(test_anybody_may_read_what_is_public),
		cmocka_unit_test(test_what_a_listing_may_meet),
		cmocka_unit_test(test_another_region),
		cmocka_unit_test(test_what_an_object_may_meet),
		cmocka_unit_test(test_resuming),
		cmocka_unit_test(test_beginning_anew),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_digests_of_the_store),
		cmocka_unit_test(test_an_empty_object),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_beside_where_the_bucket_may_not_be_listed),
		cmocka_unit_test(test_asked_to_stop),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
