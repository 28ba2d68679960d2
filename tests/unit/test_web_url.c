#include "unit/unit.h"

#include "base/text.h"
#include "model/web_url.h"

static struct web_url parsed(const char *text)
{
	struct web_url url = {0};
	struct error err = {0};

	if (web_url_parse(text, &url, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return url;
}

static void test_urls_that_are_taken(void **state)
{
	static const struct {
		const char *text, *host, *port, *path, *query, *again;
	} cases[] = {
		{"https://db.example.com/dumps/shop/", "db.example.com", "443", "/dumps/shop/", NULL,
		 "https://db.example.com/dumps/shop/"},
		{"https://DB.Example.COM:443", "db.example.com", "443", "/", NULL, "https://db.example.com/"},
		{"HTTPS://db/a", "db", "443", "/a", NULL, "https://db/a"},
		{"https://db:8443/a?b=c/d?e", "db", "8443", "/a", "b=c/d?e", "https://db:8443/a?b=c/d?e"},
		{"https://db:/a", "db", "443", "/a", NULL, "https://db/a"},
		{"https://db?x", "db", "443", "/", "x", "https://db/?x"},
		{"https://db/a?", "db", "443", "/a", "", "https://db/a?"},
		{"https://db/a#part?x", "db", "443", "/a", NULL, "https://db/a"},
		{"https://db#part", "db", "443", "/", NULL, "https://db/"},
		{"https://10.0.0.7/a", "10.0.0.7", "443", "/a", NULL, "https://10.0.0.7/a"},
		{"https://[2001:DB8:0:0::1]:8443/a", "2001:db8::1", "8443", "/a", NULL, "https://[2001:db8::1]:8443/a"},
		{"https://[::1]/a", "::1", "443", "/a", NULL, "https://[::1]/a"},
		{"https://db_1/gr%C3%B6%C3%9Fe.dump", "db_1", "443", "/gr%C3%B6%C3%9Fe.dump", NULL,
		 "https://db_1/gr%C3%B6%C3%9Fe.dump"},
		{"https://db/@me/a:b;c=d,e", "db", "443", "/@me/a:b;c=d,e", NULL, "https://db/@me/a:b;c=d,e"},
		{"https://db/a/./b/../c", "db", "443", "/a/c", NULL, "https://db/a/c"},
		{"https://db/../../a", "db", "443", "/a", NULL, "https://db/a"},
		{"https://db/a/..", "db", "443", "/", NULL, "https://db/"},
		{"https://db/a/.", "db", "443", "/a/", NULL, "https://db/a/"},
		{"https://db/a/%2E%2e/b/%2e./c", "db", "443", "/c", NULL, "https://db/c"},
		{"https://db/a//b/.../.c", "db", "443", "/a//b/.../.c", NULL, "https://db/a//b/.../.c"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(web_url_done) struct web_url url = parsed(cases[i].text);
		autofree char *again = web_url_text(&url), *shown = web_url_shown(&url);

		assert_string_equal(url.host, cases[i].host);
		assert_string_equal(url.port, cases[i].port);
		assert_string_equal(url.path, cases[i].path);
		if (!same(url.query, cases[i].query))
			fail_msg("%s: query %s", cases[i].text, url.query ? url.query : "(none)");
		assert_string_equal(again, cases[i].again);
		assert_memory_equal(shown, again, strcspn(again, "?"));
		assert_int_equal(strlen(shown), strcspn(again, "?"));
	}
}

static void test_urls_that_are_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"http://db/a", "does not begin with https://"},
		{"ftp://db/a", "does not begin with https://"},
		{"db.example.com/a", "does not begin with https://"},
		{"https:/db/a", "does not begin with https://"},
		{"https:db", "does not begin with https://"},
		{"", "does not begin with https://"},
		{"https://", "names no host"},
		{"https:///a", "names no host"},
		{"https://:443/a", "names no host"},
		{"https://-db/a", "can be none"},
		{"https://.db/a", "can be none"},
		{"https://db./a", "can be none"},
		{"https://d b/a", "can be none"},
		{"https://d%62/a", "can be none"},
		{"https://gr\xc3\xb6sse.example/a", "xn--"},
		{"https://db:0/a", "port"},
		{"https://db:0443/a", "port"},
		{"https://db:65536/a", "port"},
		{"https://db:-1/a", "port"},
		{"https://db:http/a", "port"},
		{"https://2001:db8::1/a", "port"},
		{"https://[2001:db8::1/a", "brackets"},
		{"https://[::1]x/a", "brackets"},
		{"https://[db]/a", "no IPv6 address"},
		{"https://[fe80::1%25eth0]/a", "no IPv6 address"},
		{"https://db/a b", "%20"},
		{"https://db/gr\xc3\xb6sse", "%C3"},
		{"https://db/a[1]", "%5B"},
		{"https://db/a\\b", "%5C"},
		{"https://db/a\x7f", "%7F"},
		{"https://db/a\r\nHost: x", "control character"},
		{"https://db/%4", "%25"},
		{"https://db/a?%zz", "%25"},
		{"https://db/100%", "%25"},
	};
	autofree char *path = xcalloc(WEB_URL_CAP, 1), *longest = NULL;
	struct web_url url = {0};
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		err = (struct error){0};
		if (web_url_parse(cases[i].text, &url, &err) == 0)
			fail_msg("%s was taken", cases[i].text);
		assert_int_equal(err.kind, ERR_CONFIG);
		assert_null(url.host);
		if (!strstr(err.text, cases[i].said))
			fail_msg("%s: %s", cases[i].text, err.text);
	}
	memset(path, 'a', WEB_URL_CAP - strlen("https://db/"));
	longest = format("https://db/%s", path);
	url = parsed(longest);
	web_url_done(&url);
	free(longest);
	longest = format("https://db/a%s", path);
	assert_int_equal(web_url_parse(longest, &url, &err), -1);
	assert_non_null(strstr(err.text, "4096 bytes"));
}

static void test_a_password_is_refused_and_not_repeated(void **state)
{
	static const char *const urls[] = {
		"https://me:s3cr3t@db/a",   "https://me:s3cr3t@x@db/a", "https://me:s3cr3t/x@db/a", "https://me:x?s3cr3t@db/a",
		"https://s3cr3t@db/a",	  "https://:s3cr3t@db/a",    "https://me:s3cr3t@[::1/a", "https://me:%s3cr3t@db/a",
		"https://me:s3cr3t#@db/a",
	};
	struct web_url base = parsed("https://db/a");

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct web_url url = {0};
		struct error err = {0};

		assert_int_equal(web_url_parse(urls[i], &url, &err), -1);
		if (strstr(err.text, "3cr3t") || !strstr(err.text, "password-file"))
			fail_msg("%s: %s", urls[i], err.text);
		assert_int_equal(web_url_resolve(&base, urls[i], &url, &err), -1);
		assert_int_equal(err.kind, ERR_DATA);
		assert_null(strstr(err.text, "3cr3t"));
	}
	web_url_done(&base);
}

/* RFC 3986, section 5.4, and what pages and servers write beyond it. */
static void test_references(void **state)
{
	static const struct {
		const char *reference, *whole; /* NULL: none to go by */
	} cases[] = {
		{"g:h", NULL},
		{"g", "https://a/b/c/g"},
		{"./g", "https://a/b/c/g"},
		{"g/", "https://a/b/c/g/"},
		{"/g", "https://a/g"},
		{"//g", "https://g/"},
		{"?y", "https://a/b/c/d;p?y"},
		{"g?y", "https://a/b/c/g?y"},
		{"#s", "https://a/b/c/d;p?q"},
		{"g#s", "https://a/b/c/g"},
		{"g?y#s", "https://a/b/c/g?y"},
		{";x", "https://a/b/c/;x"},
		{"g;x?y#s", "https://a/b/c/g;x?y"},
		{"", "https://a/b/c/d;p?q"},
		{".", "https://a/b/c/"},
		{"./", "https://a/b/c/"},
		{"..", "https://a/b/"},
		{"../", "https://a/b/"},
		{"../g", "https://a/b/g"},
		{"../..", "https://a/"},
		{"../../", "https://a/"},
		{"../../g", "https://a/g"},
		{"../../../g", "https://a/g"},
		{"../../../../g", "https://a/g"},
		{"/./g", "https://a/g"},
		{"/../g", "https://a/g"},
		{"g.", "https://a/b/c/g."},
		{".g", "https://a/b/c/.g"},
		{"g..", "https://a/b/c/g.."},
		{"..g", "https://a/b/c/..g"},
		{"./../g", "https://a/b/g"},
		{"./g/.", "https://a/b/c/g/"},
		{"g/./h", "https://a/b/c/g/h"},
		{"g/../h", "https://a/b/c/h"},
		{"g;x=1/./y", "https://a/b/c/g;x=1/y"},
		{"g;x=1/../y", "https://a/b/c/y"},
		{"g?y/./x", "https://a/b/c/g?y/./x"},
		{"g?y/../x", "https://a/b/c/g?y/../x"},
		{"g#s/../x", "https://a/b/c/g"},
		{"http:g", NULL},
		{"http://a/b", NULL},
		{"HTTPS://B:443/x", "https://b/x"},
		{"https://b:8443/x", "https://b:8443/x"},
		{"https:g", NULL},
		{"https:", NULL},
		{"javascript:alert(1)", NULL},
		{"mailto:me@a", NULL},
		{"./at_04:15.dump", "https://a/b/c/at_04:15.dump"},
		{"04:15.dump", "https://a/b/c/04:15.dump"},
		{"a/04:15", "https://a/b/c/a/04:15"},
		{"  g \n", "https://a/b/c/g"},
		{"my dump.dump", "https://a/b/c/my%20dump.dump"},
		{"gr\xc3\xb6\xc3\x9f" "e", "https://a/b/c/gr%C3%B6%C3%9Fe"},
		{"a[1].dump", "https://a/b/c/a%5B1%5D.dump"},
		{"//[::1]:8/a[1]", "https://[::1]:8/a%5B1%5D"},
		{"\\\\evil/x", "https://a/b/c/%5C%5Cevil/x"},
		{"g\x01h", NULL},
		{"g\nh", NULL},
		{"100%.dump", NULL},
		{"//", NULL},
		{"///x", NULL},
		{"//u:p@h/x", NULL},
	};
	struct web_url base = parsed("https://a/b/c/d;p?q");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(web_url_done) struct web_url url = {0};
		struct error err = {0};
		autofree char *whole = NULL;

		if (web_url_resolve(&base, cases[i].reference, &url, &err) < 0) {
			if (cases[i].whole)
				fail_msg("%s: %s", cases[i].reference, err.text);
			assert_int_equal(err.kind, ERR_DATA);
			assert_null(url.host);
			continue;
		}
		whole = web_url_text(&url);
		if (!same(whole, cases[i].whole))
			fail_msg("'%s' became %s", cases[i].reference, whole);
	}
	web_url_done(&base);
}

static void test_a_reference_does_not_grow_beyond_the_cap(void **state)
{
	autofree char *high = xcalloc(WEB_URL_CAP + 2, 1);
	CLEANUP(web_url_done) struct web_url base = parsed("https://a/");
	struct web_url url = {0};
	struct error err = {0};

	(void)state;
	memset(high, 0xff, WEB_URL_CAP / 2); /* encoded, three bytes each */
	assert_int_equal(web_url_resolve(&base, high, &url, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	memset(high, 'a', WEB_URL_CAP + 1);
	assert_int_equal(web_url_resolve(&base, high, &url, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
}

static void test_the_name_of_the_file(void **state)
{
	static const struct {
		const char *url, *file;
	} cases[] = {
		{"https://db/dumps/shop.dump", "shop.dump"},
		{"https://db/dumps/shop.dump?x=/y", "shop.dump"},
		{"https://db/dumps/", ""},
		{"https://db", ""},
		{"https://db/gr%C3%B6%C3%9Fe.dump", "gr\xc3\xb6\xc3\x9f" "e.dump"},
		{"https://db/a%20b%25.dump", "a b%.dump"},
		{"https://db/a%2Fb", ""},
		{"https://db/%2e%2e%2fetc%2fpasswd", ""},
		{"https://db/a%00b", ""},
		{"https://db/a%0Ab", ""},
		{"https://db/%7F", ""},
		{"https://db/a/%2E%2E", ""},
		{"https://db/...", "..."},
		{"https://db/at_04%3a15", "at_04:15"},
	};
	char longest[300] = "https://db/";
	struct web_url url;
	char *file;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		url = parsed(cases[i].url);
		file = web_url_file(&url);
		assert_string_equal(file, cases[i].file);
		free(file);
		web_url_done(&url);
	}
	memset(longest + strlen(longest), 'a', 255);
	url = parsed(longest);
	file = web_url_file(&url);
	assert_int_equal(strlen(file), 255);
	free(file);
	web_url_done(&url);
	longest[strlen(longest)] = 'a';
	url = parsed(longest);
	file = web_url_file(&url);
	assert_string_equal(file, "");
	free(file);
	web_url_done(&url);
}

static void test_origins(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"https://db/a", "https://DB:443/b?c", true},
		{"https://db/a", "https://db:8443/a", false},
		{"https://db/a", "https://db2/a", false},
		{"https://[::1]/a", "https://[0:0::1]:443/b", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(web_url_done) struct web_url a = parsed(cases[i].a), b = parsed(cases[i].b);

		assert_int_equal(web_url_same_origin(&a, &b), cases[i].same);
		assert_int_equal(web_url_same_origin(&b, &a), cases[i].same);
	}
}

static void test_the_host_header(void **state)
{
	CLEANUP(web_url_done) struct web_url plain = parsed("https://db/a"), six = parsed("https://[::1]:8443/");
	CLEANUP(web_url_done) struct web_url copy = web_url_copy(&six);
	autofree char *of_plain = web_url_authority(&plain), *of_six = web_url_authority(&copy);

	(void)state;
	assert_string_equal(of_plain, "db");
	assert_string_equal(of_six, "[::1]:8443");
	assert_true(copy.host != six.host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls_that_are_taken),
		cmocka_unit_test(test_urls_that_are_refused),
		cmocka_unit_test(test_a_password_is_refused_and_not_repeated),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_a_reference_does_not_grow_beyond_the_cap),
		cmocka_unit_test(test_the_name_of_the_file),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_the_host_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
