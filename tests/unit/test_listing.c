#include "unit/unit.h"

#include "base/file.h"
#include "base/text.h"
#include "pull/listing.h"

#define FOLDER "https://db.example.com/dumps/"

static struct web_url folder_of(const char *text)
{
	struct web_url url = {0};
	struct error err = {0};

	if (web_url_parse(text, &url, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return url;
}

static int read_from(const char *folder, const char *bytes, size_t n, struct remotes *ret, struct error *err)
{
	CLEANUP(web_url_done) struct web_url url = folder_of(folder);

	return listing_read(&url, bytes, n, ret, err);
}

static struct remotes listed_in(const char *folder, const char *text)
{
	struct remotes list = {0};
	struct error err = {0};

	if (read_from(folder, text, strlen(text), &list, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return list;
}

static struct remotes listed(const char *text)
{
	return listed_in(FOLDER, text);
}

static const struct remote *find(const struct remotes *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (same(list->items[i].name, name))
			return &list->items[i];
	fail_msg("'%s' is not there", name);
	return NULL;
}

/* What servers wrote of one folder; a local time is Berlin's. */
enum sizes { NO_SIZES, ROUNDED, EXACT };
enum times { NO_TIMES, MINUTES, LOCAL_MINUTES, SECONDS };

static const struct {
	const char *file;
	enum sizes sizes;
	enum times times;
	enum listing_kind kind;
} samples[] = {
	{"nginx.html", EXACT, MINUTES, LISTING_PAGE},
	{"nginx-rounded.html", ROUNDED, LOCAL_MINUTES, LISTING_PAGE},
	{"nginx.json", EXACT, SECONDS, LISTING_JSON},
	{"apache-pre.html", ROUNDED, LOCAL_MINUTES, LISTING_PAGE},
	{"apache-table.html", ROUNDED, LOCAL_MINUTES, LISTING_PAGE},
	{"apache-old.html", ROUNDED, LOCAL_MINUTES, LISTING_PAGE},
	{"apache-plain.html", NO_SIZES, NO_TIMES, LISTING_PAGE},
	{"caddy.html", EXACT, SECONDS, LISTING_PAGE},
	{"caddy.json", EXACT, SECONDS, LISTING_JSON},
};

static char *sample(const char *file, size_t *ret_n)
{
	autofree char *path = format("tests/fuzz/seeds/listing/%s", file);
	struct error err = {0};
	char *bytes = NULL;

	if (read_small_bytes(path, LISTING_CAP, &bytes, ret_n, &err) < 0)
		fail_msg("%s", err.text);
	return bytes;
}

static void expect_time(size_t i, const struct remote *r, const char *exact)
{
	int64_t t = time_parse_rfc3339(exact);

	if (samples[i].times == NO_TIMES)
		t = TIME_UNKNOWN;
	else if (samples[i].times != SECONDS)
		t -= t % 60;
	if (samples[i].times == LOCAL_MINUTES)
		t += 3600;
	if (r->modified != t)
		fail_msg("%s: '%s' is of %lld, not %lld", samples[i].file, r->name, (long long)r->modified, (long long)t);
	assert_int_equal(r->modified_to_minute, samples[i].times == MINUTES || samples[i].times == LOCAL_MINUTES);
}

static void expect_bytes(size_t i, const struct remote *r, int64_t bytes)
{
	/* what is small is written in full also where sizes are rounded */
	int64_t expected = samples[i].sizes == EXACT || (samples[i].sizes == ROUNDED && bytes < 973) ? bytes : -1;

	if (samples[i].sizes == ROUNDED && bytes < 10000 && r->bytes == bytes)
		return;
	if (r->bytes != expected)
		fail_msg("%s: '%s' has %lld bytes", samples[i].file, r->name, (long long)r->bytes);
}

static void expect_sample(size_t i)
{
	static const struct {
		const char *name, *where, *modified;
		int64_t bytes;
	} files[] = {
		{"shop_20261121_041500.dump", "/dumps/shop_20261121_041500.dump", "2026-11-21T04:16:31Z", 4321},
		{"shop_20261122_041500.dump", "/dumps/shop_20261122_041500.dump", "2026-11-22T04:16:02Z", 20971520},
		{"a b & <c> 'd' \"e\" 100%.dump", NULL, "2026-11-01T01:02:03Z", 2},
		{"at_04:15.dump", NULL, "2026-11-01T01:02:03Z", 2},
		{"gr\xc3\xb6\xc3\x9f" "e.dump", NULL, "2026-11-01T01:02:03Z", 2},
		{"q?x#y;z[1].dump", NULL, "2026-11-01T01:02:03Z", 2},
		{"longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong.dump", NULL,
		 "2026-11-01T01:02:03Z", 12345678},
	};
	size_t n = 0;
	autofree char *bytes = sample(samples[i].file, &n);
	CLEANUP(remotes_done) struct remotes list = {0};
	struct error err = {0};

	assert_int_equal(listing_kind(bytes, n), samples[i].kind);
	if (read_from(FOLDER, bytes, n, &list, &err) < 0)
		fail_msg("%s: %s", samples[i].file, err.text);
	for (size_t k = 0; k < COUNT(files); k++) {
		const struct remote *r = find(&list, files[k].name);

		if (files[k].where)
			assert_string_equal(r->where, files[k].where);
		expect_time(i, r, files[k].modified);
		expect_bytes(i, r, files[k].bytes);
	}
	(void)find(&list, "latest.dump");
	(void)find(&list, "shop_20261122_041500.dump.sha256");
	assert_int_equal(list.count, COUNT(files) + 2); /* no folder, nothing above, nothing twice */
}

static void test_what_servers_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++)
		expect_sample(i);
}

/* Where a link leads to a file that its folder's page named is found again by a link of its own. */
static void test_every_link_is_one_to_the_same_file(void **state)
{
	CLEANUP(web_url_done) struct web_url folder = folder_of(FOLDER);

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		size_t n = 0;
		autofree char *bytes = sample(samples[i].file, &n);
		CLEANUP(remotes_done) struct remotes list = {0};
		struct error err = {0};

		assert_int_equal(listing_read(&folder, bytes, n, &list, &err), 0);
		for (size_t k = 0; k < list.count; k++) {
			CLEANUP(web_url_done) struct web_url url = {0};
			autofree char *name = NULL;

			assert_int_equal(web_url_resolve(&folder, list.items[k].where, &url, &err), 0);
			name = web_url_file(&url);
			assert_string_equal(name, list.items[k].name);
		}
	}
}

static void test_a_symbolic_link_has_no_time_of_its_own(void **state)
{
	size_t n = 0;
	autofree char *bytes = sample("caddy.json", &n);
	CLEANUP(remotes_done) struct remotes list = listed(bytes);

	(void)state;
	assert_true(find(&list, "latest.dump")->modified == TIME_UNKNOWN);
	assert_int_equal(find(&list, "latest.dump")->bytes, 20971520);
}

static void test_the_index_of_publish(void **state)
{
	size_t n = 0;
	autofree char *bytes = sample("index.json", &n);
	CLEANUP(remotes_done) struct remotes list = listed(bytes), none = listed("{\"schema\":1,\"source\":\"shop\",\"dumps\":[]}");

	(void)state;
	assert_int_equal(listing_kind(bytes, n), LISTING_INDEX);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].name, "shop_20261122_041500.dump");
	assert_string_equal(list.items[0].where, "/dumps/shop_20261122_041500.dump");
	assert_int_equal(list.items[0].bytes, 20971520);
	assert_int_equal(list.items[0].modified, time_parse_rfc3339("2026-11-22T04:15:00Z"));
	assert_false(list.items[0].modified_to_minute);
	assert_memory_equal(list.items[0].sha256, "000102", 6);
	assert_memory_equal(list.items[0].manifest_sha256, "f00102", 6);
	assert_int_equal(none.count, 0);
}

#define SHA "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void test_an_index_that_is_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"{}", "none that 'drillbox publish' wrote"},
		{"{\"schema\":1}", "none that 'drillbox publish' wrote"},
		{"{\"schema\":1,\"dumps\":{}}", "none that 'drillbox publish' wrote"},
		{"{\"schema\":\"1\",\"dumps\":[]}", "none that 'drillbox publish' wrote"},
		{"{\"schema\":2,\"dumps\":[]}", "newer drillbox (schema 2, known is 1)"},
		{"{\"schema\":1,\"dumps\":[", "line 1"},
		{"{\"schema\":1,\"dumps\":[{}]}", "dump 1 of it has no name"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"..\"}]}", "dump 1 of it has no name"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"a/b\"}]}", "dump 1 of it has no name"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"../x\"}]}", "dump 1 of it has no name"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"a\\nb\"}]}", "dump 1 of it has no name"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"a\"}]}", "no usable 'bytes' of 'a'"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"a\",\"bytes\":-1}]}", "no usable 'bytes'"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"a\",\"bytes\":1}]}", "no usable 'data_as_of'"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"a\",\"bytes\":1,\"data_as_of\":\"today\"}]}", "no usable 'data_as_of'"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"a\",\"bytes\":1,\"data_as_of\":\"2026-11-22T04:15:00Z\"}]}",
		 "no usable 'sha256'"},
		{"{\"schema\":1,\"dumps\":[{\"file\":\"a\",\"bytes\":1,\"data_as_of\":\"2026-11-22T04:15:00Z\",\"sha256\":\"" SHA
		 "\",\"manifest_sha256\":\"x\"}]}", "no usable 'manifest_sha256'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct remotes list = {0};
		struct error err = {0};

		if (read_from(FOLDER, cases[i].text, strlen(cases[i].text), &list, &err) == 0)
			fail_msg("%s was taken", cases[i].text);
		assert_int_equal(err.kind, ERR_DATA);
		if (!strstr(err.text, cases[i].said))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_int_equal(list.count, 0);
	}
}

static void test_only_files_of_the_folder(void **state)
{
	static const char *const elsewhere[] = {
		"../",		    "..",	       "/",			    "/dumps",
		"/dumps/",	    "./",	       "?C=N;O=D",		    "sub/",
		"sub/a.dump",	    "../a.dump",       "/other/a.dump",		    "//evil.example/dumps/a.dump",
		"https://evil.example/dumps/a.dump",   "http://db.example.com/dumps/a.dump",
		"https://db.example.com:8443/dumps/a.dump",
		"https://me:x@db.example.com/dumps/a.dump", "javascript:a.dump", "mailto:a.dump@b", "#a.dump",
		"%2e%2e/a.dump",    "..%2fa.dump",     "a%2fb.dump",		    "%2Fdumps%2Fa.dump",
		"a%00.dump",	    "a%0a.dump",       "a\x01.dump",		    "%zz.dump",
		"/Dumps/a.dump",    "/dumps%2Fa.dump", "sub%2f..%2fa.dump",	    "",
	};
	static const struct {
		const char *href, *name;
	} inside[] = {
		{"a.dump", "a.dump"},
		{"./a.dump", "a.dump"},
		{"/dumps/a.dump", "a.dump"},
		{"//db.example.com/dumps/a.dump", "a.dump"},
		{"https://DB.example.com:443/dumps/a.dump", "a.dump"},
		{"../dumps/a.dump", "a.dump"},
		{"sub/../a.dump", "a.dump"},
		{"/d%75mps/a.dump", "a.dump"},
		{"a.dump#top", "a.dump"},
		{"a.dump?download=1", "a.dump"},
		{" a.dump\n", "a.dump"},
		{"a b.dump", "a b.dump"},
		{"a&amp;b.dump", "a&b.dump"},
		{"a&b.dump", "a&b.dump"},
		{"a&#38;b&#x26;c.dump", "a&b&c.dump"},
		{"a&unknown;b.dump", "a&unknown;b.dump"},
		{"&#128;&#xe9;.dump", "\xc2\x80\xc3\xa9.dump"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(elsewhere); i++) {
		autofree char *page = format("<a href=\"%s\">x.dump</a> 22-Nov-2026 04:15 77\n", elsewhere[i]);
		CLEANUP(remotes_done) struct remotes list = listed(page);

		if (list.count)
			fail_msg("'%s' gave '%s'", elsewhere[i], list.items[0].name);
	}
	for (size_t i = 0; i < COUNT(inside); i++) {
		autofree char *page = format("<a href=\"%s\">x.dump</a> 22-Nov-2026 04:15 77\n", inside[i].href);
		CLEANUP(remotes_done) struct remotes list = listed(page);

		if (list.count != 1)
			fail_msg("'%s' gave %zu", inside[i].href, list.count);
		assert_string_equal(list.items[0].name, inside[i].name);
		assert_int_equal(list.items[0].bytes, 77);
		assert_int_equal(list.items[0].modified, time_parse_rfc3339("2026-11-22T04:15:00Z"));
	}
}

static void test_a_folder_whose_name_is_encoded(void **state)
{
	static const char *const hrefs[] = {"a.dump", "/my%20dumps/%c3%b6/a.dump", "/my%20dumps/%C3%B6/a.dump",
					    "/my dumps/\xc3\xb6/a.dump"};

	(void)state;
	for (size_t i = 0; i < COUNT(hrefs); i++) {
		autofree char *page = format("<a href='%s'>", hrefs[i]);
		CLEANUP(remotes_done) struct remotes list = listed_in("https://db/my%20dumps/%C3%B6/", page);

		assert_int_equal(list.count, 1);
	}
}

static void test_pages_that_are_not_as_they_should_be(void **state)
{
	static const struct {
		const char *page, *name;
		int64_t bytes;
		const char *modified; /* NULL: none */
	} cases[] = {
		{"<A HREF=a.dump>a.dump</A> 2026-11-22 04:15 5", "a.dump", 5, "2026-11-22T04:15:00Z"},
		{"<a class=x href = 'a.dump' >a.dump</a>\t22-Nov-2026 04:15:59 5", "a.dump", 5, "2026-11-22T04:15:59Z"},
		{"<a href=\"a.dump\">2020-01-01 00:00 99</a> 2026-11-22 04:15 5", "a.dump", 5, "2026-11-22T04:15:00Z"},
		{"<a title='>' href=\"a.dump\">a</a> 2026-11-22 04:15 5", "a.dump", 5, "2026-11-22T04:15:00Z"},
		{"<a href=\"a.dump\">a</a> 2026-Nov-22 04:15:07</td><td>5", "a.dump", 5, "2026-11-22T04:15:07Z"},
		{"<a href=\"a.dump\">a</a> 2026-11-22 04:15 5 MB", "a.dump", -1, "2026-11-22T04:15:00Z"},
		{"<a href=\"a.dump\">a</a> 2026-11-22 04:15 5K", "a.dump", -1, "2026-11-22T04:15:00Z"},
		{"<a href=\"a.dump\">a</a> 2026-11-22 04:15 1,024", "a.dump", -1, "2026-11-22T04:15:00Z"},
		{"<a href=\"a.dump\">a</a> 2026-11-22 04:15 -", "a.dump", -1, "2026-11-22T04:15:00Z"},
		{"<a href=\"a.dump\">a</a> 2026-11-22 04:15 99999999999999999999", "a.dump", -1, "2026-11-22T04:15:00Z"},
		{"<a href=\"a.dump\">a</a> 2026-02-30 04:15 5", "a.dump", -1, NULL},
		{"<a href=\"a.dump\">a</a> 2026-13-01 04:15 5", "a.dump", -1, NULL},
		{"<a href=\"a.dump\">a</a> 2026-11-22 24:15 5", "a.dump", -1, NULL},
		{"<a href=\"a.dump\">a</a> 12026-11-22 04:15 5", "a.dump", -1, NULL},
		{"<a href=\"a.dump\">a</a> 22-Xyz-2026 04:15 5", "a.dump", -1, NULL},
		{"<a href=\"a.dump\">a</a> built from 22-Nov-202", "a.dump", -1, NULL},
		/* what stands behind the list is not of its last row */
		{"<ul><li><a href=\"a.dump\">a</a></li></ul>made 2026-11-22 04:15 5", "a.dump", -1, NULL},
		{"<pre><a href=\"a.dump\">a</a></pre><address>2026-11-22 04:15 5</address>", "a.dump", -1, NULL},
		{"<a href=\"a.dump\">a</a><hr>2026-11-22 04:15 5", "a.dump", -1, NULL},
		{"<!-- <a href=\"b.dump\"> --><a href=\"a.dump\">", "a.dump", -1, NULL},
		{"<script>x = '<a href=\"b.dump\">'</script><a href=\"a.dump\">", "a.dump", -1, NULL},
		{"<title><a href=\"b.dump\"></title><a href=\"a.dump\">", "a.dump", -1, NULL},
		{"<p>1 < 2 <a name=b.dump></a><a href=\"a.dump\"", "a.dump", -1, NULL},
		{"<base href=\"https://db.example.com/\"><a href=\"dumps/a.dump\">", "a.dump", -1, NULL},
		{"\xef\xbb\xbf\n<a href=\"a.dump\">", "a.dump", -1, NULL},
		{"<td><a href=\"a.dump\">a</a><td data-size=\"7\">7 B<td><time datetime=\"2026-11-22T04:15:01.5+01:00\">", "a.dump",
		 7, "2026-11-22T03:15:01Z"},
		{"<td><a href=\"a.dump\">a</a><td data-size=\"-7\">7 B<td><time datetime=\"soon\">", "a.dump", -1, NULL},
		{"[{\"name\":\"a.dump\"}]", "a.dump", -1, NULL},
		{"[{\"name\":\"a.dump\",\"size\":\"5\",\"mtime\":5}, 7, null, [], {\"name\":\"b\",\"type\":\"other\"}]", "a.dump",
		 -1, NULL},
		{" [{\"name\":\"x\",\"is_dir\":true},{\"name\":\"a.dump\",\"url\":\"./a.dump\",\"size\":-5,\"mod_time\":\"x\"},"
		 "{\"name\":\"b\",\"url\":\"//evil/b\"}]", "a.dump", -1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(remotes_done) struct remotes list = listed(cases[i].page);
		int64_t modified = cases[i].modified ? time_parse_rfc3339(cases[i].modified) : TIME_UNKNOWN;

		if (list.count != 1 || !same(list.items[0].name, cases[i].name) || list.items[0].bytes != cases[i].bytes ||
		    list.items[0].modified != modified)
			fail_msg("%s: %zu, of %lld, %lld bytes", cases[i].page, list.count,
				 list.count ? (long long)list.items[0].modified : 0,
				 list.count ? (long long)list.items[0].bytes : 0);
	}
}

static void expect_refused(const char *bytes, size_t n, const char *said)
{
	struct remotes list = {0};
	struct error err = {0};

	assert_int_equal(read_from(FOLDER, bytes, n, &list, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	if (!strstr(err.text, said))
		fail_msg("%s", err.text);
}

static void test_what_is_no_listing(void **state)
{
	(void)state;
	expect_refused("", 0, "no listing of a folder");
	expect_refused(" \n", 2, "no listing of a folder");
	expect_refused("PGDMP", 5, "no listing of a folder");
	expect_refused("<a href=\"a\0.dump\">", 18, "no listing of a folder");
	expect_refused("[1,", 3, "line 1");
}

/* Nothing is taken beyond the caps, and what is within them costs no more than its size. */
static void test_caps(void **state)
{
	struct text many = {0}, odd = {0};
	struct remotes list = {0};
	int64_t begun = clock_mono_ms();
	struct error err = {0};

	(void)state;
	for (int i = 0; i <= LISTING_FILES_CAP; i++)
		text_addf(&many, "<a href=%d>", i);
	expect_refused(many.data, many.length, "more than 100000 files");
	while (odd.length < LISTING_CAP - 16)
		text_add(&odd, "<a <!--<x '\"&#1");
	assert_int_equal(read_from(FOLDER, odd.data, odd.length, &list, &err), 0);
	remotes_done(&list);
	while (odd.length <= LISTING_CAP)
		text_add(&odd, "<a <!--<x '\"&#1");
	expect_refused(odd.data, odd.length, "more than 16777216 bytes");
	memset(odd.data, ' ', LISTING_JSON_CAP + 1);
	odd.data[0] = '[';
	expect_refused(odd.data, LISTING_JSON_CAP + 1, "more than 4194304 bytes");
	assert_true(clock_mono_ms() - begun < 20000);
	text_done(&many);
	text_done(&odd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_servers_write),
		cmocka_unit_test(test_every_link_is_one_to_the_same_file),
		cmocka_unit_test(test_a_symbolic_link_has_no_time_of_its_own),
		cmocka_unit_test(test_the_index_of_publish),
		cmocka_unit_test(test_an_index_that_is_refused),
		cmocka_unit_test(test_only_files_of_the_folder),
		cmocka_unit_test(test_a_folder_whose_name_is_encoded),
		cmocka_unit_test(test_pages_that_are_not_as_they_should_be),
		cmocka_unit_test(test_what_is_no_listing),
		cmocka_unit_test(test_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
