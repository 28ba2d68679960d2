#include "unit/unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "pull/web.h"

#define PEER_SCRIPT "tests/unit/web_peer.py"
#include "unit/peer.h"

#define SIZE 100000
#define AT 1795320900 /* 2026-11-22T04:15:00Z */

/* A place of the peer "web", and what it was opened with. */
struct visit {
	struct source_config source;
	struct place_secrets secrets;
	char *ca;
	void *state;
};

static int visit_open(struct visit *v, const char *peer, const char *path, struct error *err)
{
	char port[8];
	autofree char *url = format("https://" PEER_HOST ":%s%s", peer_port(peer, port), path);

	source_config_init(&v->source, "shop");
	v->ca = peer_file("ca.pem");
	if (source_config_set(&v->source, "/", "source", "url", url, err) < 0 ||
	    source_config_set(&v->source, "/", "source", "ca", v->ca, err) < 0 ||
	    source_config_set(&v->source, "/", "source", "address", "127.0.0.1", err) < 0 ||
	    source_config_finish(&v->source, err) < 0)
		return -1;
	return place_web.open(&v->source, &v->secrets, &v->state, err);
}

static void visit_done(struct visit *v)
{
	if (v->state)
		place_web.close(v->state);
	source_config_done(&v->source);
	free(v->ca);
}

/* It stays where it is: the place keeps pointers into it. */
static struct visit *visit(struct visit *v, const char *path)
{
	struct error err = {0};

	if (visit_open(v, "web", path, &err) < 0)
		fail_msg("%s: %s", path, err.text);
	return v;
}

static struct remotes listed(struct visit *v)
{
	struct remotes list = {0};
	struct error err = {0};

	if (place_web.list(v->state, NULL, soon(20000), &list, &err) < 0)
		fail_msg("%s: %s", v->source.url, err.text);
	return list;
}

static const struct remote *newest_of(const struct visit *v, const struct remotes *list)
{
	const struct remote *newest = NULL;
	struct error err = {0};

	if (remotes_newest(list, v->source.pattern, &newest, &err) < 0)
		fail_msg("%s: %s", v->source.url, err.text);
	return newest;
}

/* ---------------------------------------------------------------- folders */

static void test_the_newest_of_a_folder(void **state)
{
	static const struct {
		const char *path, *name;
		int64_t bytes, modified;
	} cases[] = {
		{"/nginx/", "m.dump", SIZE, AT + 50},	{"/apache/", "new.dump", SIZE, AT + 1},
		{"/plain/", "a.dump", SIZE, AT + 9},	{"/gone/", "a.dump", SIZE, AT + 9},
		{"/json/", "a.dump", 5, AT + 3},	{"/indexed/", "b.dump", SIZE, AT - 86400},
		{"/spa/", "a.dump", SIZE, AT + 4},	{"/renamed/", "m.dump", SIZE, AT + 50},
		{"/all-untimed/", "b.dump", SIZE, AT + 60},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(visit_done) struct visit v = {0};
		CLEANUP(remotes_done) struct remotes list = listed(visit(&v, cases[i].path));
		const struct remote *r = newest_of(&v, &list);
		int64_t there, here;

		if (!same(r->name, cases[i].name) || r->bytes != cases[i].bytes || r->modified != cases[i].modified)
			fail_msg("%s: '%s' of %lld, %lld bytes", cases[i].path, r->name, (long long)r->modified,
				 (long long)r->bytes);
		assert_false(place_web.clock(v.state, &there, &here)); /* it has none */
	}
}

static void test_what_an_index_says_goes_along(void **state)
{
	CLEANUP(visit_done) struct visit v = {0};
	CLEANUP(remotes_done) struct remotes list = listed(visit(&v, "/indexed/"));
	const struct remote *r = newest_of(&v, &list);

	(void)state;
	assert_int_equal(list.count, 2);
	assert_string_equal(r->where, "/indexed/b.dump");
	assert_memory_equal(r->sha256, "000102", 6);
	assert_memory_equal(r->manifest_sha256, "000102", 6);
}

struct refusal {
	const char *path;
	enum error_kind kind;
	const char *said;
};

/* And what a URL keeps secret is not said with it. */
static void expect_refusal(const struct refusal *r)
{
	CLEANUP(visit_done) struct visit v = {0};
	struct remotes list = {0};
	struct error err = {0};

	visit(&v, r->path);
	assert_int_equal(place_web.list(v.state, NULL, soon(20000), &list, &err), -1);
	if (err.kind != r->kind || !strstr(err.text, r->said) || strstr(err.text, "s3cr3t"))
		fail_msg("%s: %s: %s", r->path, error_word(err.kind), err.text);
	assert_int_equal(list.count, 0);
}

static void test_folders_that_are_refused(void **state)
{
	static const struct refusal cases[] = {
		{"/not-there/", ERR_NOTHING, "404"},
		{"/closed/", ERR_REFUSED, "autoindex on"},
		{"/login-only/", ERR_REFUSED, "401"},
		{"/broken-index/", ERR_NETWORK, "it asks to wait for"},
		{"/bad-index/", ERR_DATA, "/bad-index/index.json': dump 1 of it has no name"},
		{"/no-listing/", ERR_DATA, "/no-listing/': it is no listing of a folder"},
		{"/many/", ERR_NOTHING, "21 files there fit the pattern and are listed without a time"},
		{"/to-file/", ERR_SOURCE, "which is no folder"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_refusal(&cases[i]);
}

static void test_a_folder_of_which_nothing_can_be_chosen(void **state)
{
	static const char *const cases[][2] = {{"/empty/", "there are no files"}, {"/half-timed/", "comes without a time"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(visit_done) struct visit v = {0};
		CLEANUP(remotes_done) struct remotes list = listed(visit(&v, cases[i][0]));
		const struct remote *newest;
		struct error err = {0};

		assert_int_equal(remotes_newest(&list, v.source.pattern, &newest, &err), -1);
		if (!strstr(err.text, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], err.text);
	}
}

static void test_another_server_is_not_followed(void **state)
{
	char port[8];
	autofree char *path = format("/away/%s/", peer_port("web-too", port));
	CLEANUP(visit_done) struct visit v = {0};
	struct remotes list = {0};
	struct error err = {0};

	(void)state;
	visit(&v, path);
	assert_int_equal(place_web.list(v.state, NULL, soon(20000), &list, &err), -1);
	assert_int_equal(err.kind, ERR_SOURCE);
	if (!strstr(err.text, "url leads to another server") || !strstr(err.text, port))
		fail_msg("%s", err.text);
}

/* ---------------------------------------------------------------- one file */

static void test_a_fixed_file_is_looked_at(void **state)
{
	static const struct {
		const char *path, *name, *etag;
		int64_t bytes, modified;
	} cases[] = {
		{"/files/good/shop.dump", "shop.dump", "\"one\"", SIZE, AT + 7},
		{"/files/good/latest?id=7&x=/y", "latest", "\"one\"", SIZE, AT + 7},
		{"/files/weak/shop.dump", "shop.dump", NULL, SIZE, AT + 7},
		{"/files/untagged/shop.dump", "shop.dump", NULL, SIZE, AT + 7},
		{"/files/timeless/shop.dump", "shop.dump", "\"one\"", SIZE, TIME_UNKNOWN},
		{"/files/no-head/shop.dump", "shop.dump", "\"one\"", SIZE, AT + 7},
		{"/files/no-head-no-ranges/shop.dump", "shop.dump", "\"one\"", SIZE, TIME_UNKNOWN},
		{"/files/chunked/shop.dump", "shop.dump", NULL, -1, TIME_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(visit_done) struct visit v = {0};
		CLEANUP(remotes_done) struct remotes list = listed(visit(&v, cases[i].path));
		const struct remote *r = newest_of(&v, &list);

		assert_int_equal(list.count, 1);
		assert_string_equal(r->where, cases[i].path);
		if (!same(r->name, cases[i].name) || !same(r->etag, cases[i].etag) || r->bytes != cases[i].bytes ||
		    r->modified != cases[i].modified)
			fail_msg("%s: '%s' %s of %lld, %lld bytes", cases[i].path, r->name, r->etag ? r->etag : "-",
				 (long long)r->modified, (long long)r->bytes);
	}
}

static void test_fixed_files_that_are_refused(void **state)
{
	static const struct refusal cases[] = {
		{"/files/not-there/shop.dump?token=s3cr3t", ERR_NOTHING, "404"},
		{"/files/busy/shop.dump", ERR_NETWORK, "503"},
		{"/files/login/shop.dump", ERR_REFUSED, "401"},
		{"/files/folder/shop.dump", ERR_SOURCE, "leads to a folder"},
		{"/files/gzip/shop.dump", ERR_SOURCE, "sent encoded (gzip)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_refusal(&cases[i]);
}

/* ---------------------------------------------------------------- bytes */

/* What 'get' brings must be the bytes of the file of the revision it tells, from where it tells. */
static void expect_bytes(struct visit *v, const char *path, int64_t from, int64_t to, int modulus)
{
	unsigned char buf[7777];
	int64_t at = from;
	size_t n = 1;

	while (n) {
		struct error err = {0};

		if (place_web.read(v->state, buf, sizeof(buf), soon(20000), &n, &err) < 0)
			fail_msg("%s: %s", path, err.text);
		for (size_t i = 0; i < n; i++, at++)
			if (buf[i] != at % modulus)
				fail_msg("%s: byte %lld", path, (long long)at);
	}
	assert_int_equal(at, to);
}

static void test_a_rest_is_of_the_same_revision_or_all_is_new(void **state)
{
	static const struct {
		const char *path, *etag; /* what is asked for */
		int64_t asked, from, bytes;
		const char *told;
		int modulus;
	} cases[] = {
		{"/files/good/shop.dump", "\"one\"", 0, 0, SIZE, "\"one\"", 251},
		{"/files/good/shop.dump", "\"one\"", 1, 1, SIZE, "\"one\"", 251},
		{"/files/good/shop.dump", "\"one\"", 99999, 99999, SIZE, "\"one\"", 251},
		{"/files/good/shop.dump", "\"one\"", SIZE - 1, SIZE - 1, SIZE, "\"one\"", 251},
		{"/files/good/shop.dump", "\"one\"", SIZE, 0, SIZE, "\"one\"",
		 251},	    /* of a whole one nobody asks for a rest */
		{"/files/good/shop.dump", "\"one\"", SIZE + 1, 0, SIZE, "\"one\"", 251},    /* cannot be */
		{"/files/good/shop.dump", NULL, 500, 0, SIZE, "\"one\"", 251},		    /* nothing to know it by */
		{"/files/good/shop.dump", "W/\"one\"", 500, 0, SIZE, "\"one\"", 251},	    /* nothing to rely on */
		{"/files/weak/shop.dump", "W/\"one\"", 500, 0, SIZE, NULL, 251},
		{"/files/untagged/shop.dump", "\"one\"", 500, 0, SIZE, NULL, 251},
		{"/files/replaced/shop.dump", "\"one\"", 500, 0, SIZE, "\"two\"", 241},
		{"/files/shrunk/shop.dump", "\"one\"", 5000, 0, 1000, "\"three\"", 251},
		{"/files/careless-shrunk/shop.dump", "\"one\"", 5000, 0, 1000, "\"three\"", 251},
		{"/files/careless-shrunk/shop.dump", "\"one\"", 1000, 0, 1000, "\"three\"", 251},
		{"/files/no-ranges/shop.dump", "\"one\"", 500, 0, SIZE, "\"one\"", 251},
		{"/files/wrong-range/shop.dump", "\"one\"", 500, 0, SIZE, "\"one\"", 251},
		{"/files/open-range/shop.dump", "\"one\"", 500, 0, SIZE, "\"one\"", 251},
		{"/files/careless/shop.dump", "\"one\"", 500, 0, SIZE, "\"two\"", 241},
		{"/files/chunked/shop.dump", NULL, 500, 0, -1, NULL, 251},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(visit_done) struct visit v = {0};
		CLEANUP(place_part_done) struct place_part part = {0};
		struct remote r = {
			.name = "shop.dump", .where = (char *)cases[i].path, .etag = (char *)cases[i].etag, .bytes = SIZE};
		struct error err = {0};

		visit(&v, cases[i].path);
		if (place_web.get(v.state, &r, cases[i].asked, soon(20000), &part, &err) < 0)
			fail_msg("%s from %lld: %s", cases[i].path, (long long)cases[i].asked, err.text);
		if (part.from != cases[i].from || part.bytes != cases[i].bytes || !same(part.etag, cases[i].told))
			fail_msg("%s from %lld: from %lld, %lld bytes, %s", cases[i].path, (long long)cases[i].asked,
				 (long long)part.from, (long long)part.bytes, part.etag ? part.etag : "-");
		expect_bytes(&v, cases[i].path, part.from, cases[i].bytes < 0 ? SIZE : cases[i].bytes, cases[i].modulus);
	}
}

/* As where the bytes lie with a service for storage: our login stays, what we ask for goes along. */
static void test_a_rest_comes_from_another_server_too(void **state)
{
	char port[8];
	autofree char *path = format("/away/%s/m.dump", peer_port("web-too", port));
	CLEANUP(visit_done) struct visit v = {.secrets = {.token = "t0k3n"}};
	CLEANUP(place_part_done) struct place_part part = {0};
	struct remote r = {.name = "m.dump", .where = path, .etag = "\"one\"", .bytes = SIZE};
	struct error err = {0};

	(void)state;
	visit(&v, path);
	if (place_web.get(v.state, &r, 500, soon(20000), &part, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(part.from, 500);
	assert_int_equal(part.bytes, SIZE);
	expect_bytes(&v, path, 500, SIZE, 251);
}

static void test_bytes_that_are_refused(void **state)
{
	static const struct {
		const char *path;
		int64_t from;
		enum error_kind kind;
		const char *said;
	} cases[] = {
		{"/files/not-there/shop.dump", 0, ERR_NOTHING, "404"},	 {"/files/not-there/shop.dump", 7, ERR_NOTHING, "404"},
		{"/files/busy/shop.dump", 7, ERR_NETWORK, "503"},	 {"/files/login/shop.dump", 7, ERR_REFUSED, "401"},
		{"/files/gzip/shop.dump", 0, ERR_SOURCE, "sent encoded"}, {"/files/gzip/shop.dump", 7, ERR_SOURCE, "sent encoded"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(visit_done) struct visit v = {0};
		struct remote r = {.where = (char *)cases[i].path, .etag = "\"one\""};
		struct place_part part = {.from = -7};
		struct error err = {0};

		visit(&v, cases[i].path);
		assert_int_equal(place_web.get(v.state, &r, cases[i].from, soon(20000), &part, &err), -1);
		if (err.kind != cases[i].kind || !strstr(err.text, cases[i].said))
			fail_msg("%s: %s: %s", cases[i].path, error_word(err.kind), err.text);
		assert_int_equal(part.from, -7);
	}
}

/* ---------------------------------------------------------------- beside */

static void test_files_beside_a_dump(void **state)
{
	static const struct {
		const char *folder, *where, *suffix;
		enum error_kind kind; /* ERR_NONE: it is there */
	} cases[] = {
		{"/nginx/", "/nginx/m.dump", ".sha256", ERR_NONE},
		{"/nginx/", "/nginx/a.dump", ".sha256", ERR_NOTHING},
		{"/nginx/", "/nginx/m.dump", ".json", ERR_NOTHING}, /* a page that answers to every name */
		{"/nginx/", "/closed/", "", ERR_NOTHING},	    /* denied, and not in the listing */
		{"/nginx/", "/login-only/", "", ERR_REFUSED},
		{"/nginx/", "/files/busy/x", ".json", ERR_NETWORK},
		{"/nginx/", "/nginx/m.dump?x", ".sha256", ERR_NOTHING},
		{"/nginx/", "/files/good/x", ".json", ERR_DATA}, /* beyond the cap */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(visit_done) struct visit v = {0};
		CLEANUP(remotes_done) struct remotes list = listed(visit(&v, cases[i].folder));
		struct remote r = {.where = (char *)cases[i].where};
		autofree char *bytes = NULL;
		struct error err = {0};
		size_t n = 0;
		int done = place_web.beside(v.state, &r, cases[i].suffix, 4096, soon(20000), &bytes, &n, &err);

		if (done == 0 ? cases[i].kind != ERR_NONE : err.kind != cases[i].kind)
			fail_msg("%s%s: %s: %s", cases[i].where, cases[i].suffix, error_word(err.kind), err.text);
		if (done == 0) {
			assert_int_equal(n, 64 + strlen("  m.dump\n"));
			assert_true(ends_with(bytes, "  m.dump\n"));
		}
	}
}

/* ---------------------------------------------------------------- being let in */

static void test_logins(void **state)
{
	static const struct {
		const char *path, *user, *password, *token, *headers;
		bool in;
	} cases[] = {
		{"/files/login/shop.dump", "me", "s3cr3t \xc3\xb6", NULL, NULL, true},
		{"/files/login/shop.dump", "me", "s3cr3t", NULL, NULL, false},
		{"/files/login/shop.dump", NULL, NULL, NULL, "authorization: Basic bWU6czNjcjN0IMO2\r\n", true},
		{"/files/token/shop.dump", NULL, NULL, "t0k3n", "# for the gate\n\nX-Key:  k:1 \nX-Other:", true},
		{"/files/token/shop.dump", NULL, NULL, "t0k3n", "X-Key: k:2\nX-Other:", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(visit_done) struct visit v = {.secrets = {.password = cases[i].password, .token = cases[i].token,
								  .headers = cases[i].headers}};
		CLEANUP(remotes_done) struct remotes list = {0};
		struct error err = {0};

		if (visit_open(&v, "web", cases[i].path, &err) < 0)
			fail_msg("%s", err.text);
		place_web.close(v.state);
		v.state = NULL;
		set_text(&v.source.user, cases[i].user);
		if (place_web.open(&v.source, &v.secrets, &v.state, &err) < 0)
			fail_msg("%s", err.text);
		if ((place_web.list(v.state, NULL, soon(20000), &list, &err) == 0) != cases[i].in)
			fail_msg("case %zu: %s", i, err.text);
		if (!cases[i].in)
			assert_int_equal(err.kind, ERR_REFUSED);
	}
}

static void test_a_place_that_cannot_be_opened(void **state)
{
	CLEANUP(visit_done) struct visit v = {.secrets = {.headers = "Host: x"}};
	struct error err = {0};

	(void)state;
	assert_int_equal(visit_open(&v, "web", "/nginx/", &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_null(v.state);
	v.secrets.headers = NULL;
	set_text(&v.source.ca, "/not/there");
	assert_int_equal(place_web.open(&v.source, &v.secrets, &v.state, &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
}

static void test_the_server_s_clock(void **state)
{
	static const char *const paths[] = {"/files/dated/x.dump", "/files/cached/x.dump"};

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		CLEANUP(visit_done) struct visit v = {0};
		CLEANUP(remotes_done) struct remotes list = listed(visit(&v, paths[i]));
		int64_t there = 0, here = 0, now = clock_wall();

		/* what a cache tells is the time at which it was told */
		assert_int_equal(place_web.clock(v.state, &there, &here), i == 0);
		if (i == 0) {
			assert_int_equal(there, AT + 45 * 60);
			assert_in_range(here, now - 60, now);
		}
		assert_non_null(place_web.connection(v.state));
	}
}

/* ---------------------------------------------------------------- the real one */

/* Put a file where nginx has it: SIZE bytes that count up to 'modulus', and its time. */
static void publish(const char *path, int modulus, int64_t modified)
{
	autofree char *name = format("www%s", path), *file = peer_file(name), *part = format("%s.new", file);
	autofree char *bytes = xcalloc(SIZE, 1);
	struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};
	struct error err = {0};

	for (int i = 0; i < SIZE; i++)
		bytes[i] = (char)(i % modulus);
	(void)unlink(file);
	assert_int_equal(write_file_durably(part, bytes, SIZE, 0644, &err), 0);
	assert_int_equal(utimensat(AT_FDCWD, part, times, 0), 0);
	assert_int_equal(rename(part, file), 0);
}

static void test_nginx_lists(void **state)
{
	static const char *const folders[] = {"/dumps/", "/local/", "/json/"};
	static const struct {
		const char *name;
		int64_t modified;
	} files[] = {{"z.dump", AT + 3}, {"a%2.dump", AT + 40}, {"gr\xc3\xb6\xc3\x9f" "e.dump", AT + 39}, {"b.txt", AT + 99}};

	(void)state;
	for (size_t i = 0; i < COUNT(folders); i++) {
		CLEANUP(visit_done) struct visit v = {0};
		CLEANUP(remotes_done) struct remotes list = {0};
		CLEANUP(place_part_done) struct place_part part = {0};
		const struct remote *r;
		struct error err = {0};

		for (size_t k = 0; k < COUNT(files); k++) {
			autofree char *path = format("%s%s", folders[i], files[k].name);

			publish(path, 251, files[k].modified);
		}
		assert_int_equal(visit_open(&v, "nginx", folders[i], &err), 0);
		list = listed(&v);
		r = newest_of(&v, &list);
		assert_string_equal(r->name, "a%2.dump");
		assert_int_equal(r->modified, AT + 40);
		assert_int_equal(r->bytes, SIZE);
		assert_int_equal(place_web.get(v.state, r, 0, soon(20000), &part, &err), 0);
		assert_int_equal(part.bytes, SIZE);
		assert_int_equal(part.modified, AT + 40);
		expect_bytes(&v, r->where, 0, SIZE, 251);
	}
}

static void test_nginx_without_a_listing(void **state)
{
	CLEANUP(visit_done) struct visit v = {0};
	struct remotes list = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(visit_open(&v, "nginx", "/no-index/", &err), 0);
	assert_int_equal(place_web.list(v.state, NULL, soon(20000), &list, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_non_null(strstr(err.text, "nginx: autoindex on"));
}

static void expect_rest(struct visit *v, const struct remote *r, int64_t asked, int64_t from, int modulus)
{
	CLEANUP(place_part_done) struct place_part part = {0};
	struct error err = {0};

	if (place_web.get(v->state, r, asked, soon(20000), &part, &err) < 0)
		fail_msg("from %lld: %s", (long long)asked, err.text);
	assert_int_equal(part.from, from);
	assert_int_equal(part.bytes, SIZE);
	expect_bytes(v, r->where, from, SIZE, modulus);
}

static void test_nginx_goes_on_with_one_revision_only(void **state)
{
	CLEANUP(visit_done) struct visit v = {0};
	CLEANUP(remotes_done) struct remotes list = {0};
	struct error err = {0};

	(void)state;
	publish("/dumps/fixed.dump", 251, AT);
	assert_int_equal(visit_open(&v, "nginx", "/dumps/fixed.dump", &err), 0);
	list = listed(&v);
	assert_non_null(list.items[0].etag);
	expect_rest(&v, &list.items[0], 0, 0, 251);
	expect_rest(&v, &list.items[0], 777, 777, 251);
	expect_rest(&v, &list.items[0], SIZE - 1, SIZE - 1, 251);
	expect_rest(&v, &list.items[0], SIZE, 0, 251); /* of a whole one nobody asks for a rest */
	expect_rest(&v, &list.items[0], SIZE + 9, 0, 251); /* cannot be */
	publish("/dumps/fixed.dump", 241, AT + 1);
	expect_rest(&v, &list.items[0], 777, 0, 241);
	expect_rest(&v, &list.items[0], SIZE, 0, 241);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_newest_of_a_folder),
		cmocka_unit_test(test_what_an_index_says_goes_along),
		cmocka_unit_test(test_folders_that_are_refused),
		cmocka_unit_test(test_a_folder_of_which_nothing_can_be_chosen),
		cmocka_unit_test(test_another_server_is_not_followed),
		cmocka_unit_test(test_a_fixed_file_is_looked_at),
		cmocka_unit_test(test_fixed_files_that_are_refused),
		cmocka_unit_test(test_a_rest_is_of_the_same_revision_or_all_is_new),
		cmocka_unit_test(test_a_rest_comes_from_another_server_too),
		cmocka_unit_test(test_bytes_that_are_refused),
		cmocka_unit_test(test_files_beside_a_dump),
		cmocka_unit_test(test_logins),
		cmocka_unit_test(test_a_place_that_cannot_be_opened),
		cmocka_unit_test(test_the_server_s_clock),
		cmocka_unit_test(test_nginx_lists),
		cmocka_unit_test(test_nginx_without_a_listing),
		cmocka_unit_test(test_nginx_goes_on_with_one_revision_only),
	};

	return cmocka_run_group_tests(tests, peers_start, peers_stop);
}
