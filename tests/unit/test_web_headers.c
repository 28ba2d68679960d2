#include "unit/unit.h"

#include "pull/web_headers.h"

static int make(const char *user, struct place_secrets secrets, struct web_headers *ret, struct error *err)
{
	CLEANUP(source_config_done) struct source_config s = {0};

	source_config_init(&s, "shop");
	set_text(&s.user, user);
	return web_headers_make(&s, &secrets, ret, err);
}

static void expect(const char *user, struct place_secrets secrets, const char *expected)
{
	CLEANUP(web_headers_done) struct web_headers h = {0};
	CLEANUP(text_done) struct text all = {0};
	struct error err = {0};

	if (make(user, secrets, &h, &err) < 0)
		fail_msg("%s", err.text);
	text_add(&all, "");
	for (size_t i = 0; i < h.names.count; i++)
		text_addf(&all, "%s=%s|", h.names.items[i], h.values.items[i]);
	assert_string_equal(all.data, expected);
}

static void test_what_is_sent(void **state)
{
	(void)state;
	expect(NULL, (struct place_secrets){0}, "");
	expect("Aladdin", (struct place_secrets){.password = "open sesame"}, "Authorization=Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==|");
	expect("me", (struct place_secrets){.password = "a:b"}, "Authorization=Basic bWU6YTpi|");
	expect("me", (struct place_secrets){0}, "");
	expect(NULL, (struct place_secrets){.token = "abc.DEF-1~2+3/4="}, "Authorization=Bearer abc.DEF-1~2+3/4=|");
	expect(NULL, (struct place_secrets){.headers = ""}, "");
	expect(NULL, (struct place_secrets){.headers = "\n\r\n# a: b\n"}, "");
	expect(NULL, (struct place_secrets){.headers = "X-Key: 1\r\n  Y:\ttwo words \nZ:gr\xc3\xb6\xc3\x9f" "e"},
	       "X-Key=1|Y=two words|Z=gr\xc3\xb6\xc3\x9f" "e|");
	expect("me", (struct place_secrets){.password = "x", .headers = "X: 1"}, "Authorization=Basic bWU6eA==|X=1|");
	expect(NULL, (struct place_secrets){.headers = "Authorization: Negotiate x"}, "Authorization=Negotiate x|");
	expect(NULL, (struct place_secrets){.headers = "Cookie: a=b; c=d"}, "Cookie=a=b; c=d|");
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *user;
		struct place_secrets secrets;
		const char *said;
	} cases[] = {
		{NULL, {.headers = "X: 1\n\ns3cr3t"}, "line 3"},
		{NULL, {.headers = ": s3cr3t"}, "no header"},
		{NULL, {.headers = "X Y: s3cr3t"}, "no header"},
		{NULL, {.headers = "X : s3cr3t"}, "no header"},
		{NULL, {.headers = "X\xc3\xb6: s3cr3t"}, "no header"},
		{NULL, {.headers = "X: a\rs3cr3t"}, "control character"},
		{NULL, {.headers = "X: a\x01s3cr3t"}, "control character"},
		{NULL, {.headers = "X: s3cr3t\x7f"}, "control character"},
		{NULL, {.headers = "X: 1\nx: s3cr3t"}, "line 2 of the file that 'headers-file' names sets 'x' a second time"},
		{NULL, {.headers = "host: s3cr3t"}, "sets 'host'"},
		{NULL, {.headers = "Content-Length: 3"}, "sets 'Content-Length'"},
		{NULL, {.headers = "CONTENT-ENCODING: x"}, "which the box sets itself"},
		{NULL, {.headers = "Transfer-Encoding: chunked"}, "which the box sets itself"},
		{NULL, {.headers = "Connection: close"}, "which the box sets itself"},
		{NULL, {.headers = "Range: bytes=1-"}, "which the box sets itself"},
		{NULL, {.headers = "If-Match: *"}, "which the box sets itself"},
		{NULL, {.headers = "If-None-Match: *"}, "which the box sets itself"},
		{NULL, {.headers = "Accept-Encoding: gzip"}, "which the box sets itself"},
		{NULL, {.headers = "Proxy-Authorization: s3cr3t"}, "which the box sets itself"},
		{NULL, {.headers = "User-Agent: me"}, "which the box sets itself"},
		{NULL, {.headers = "Upgrade: h2c"}, "which the box sets itself"},
		{"me", {.password = "x", .headers = "Authorization: s3cr3t"}, "a second time"},
		{NULL, {.token = "x", .headers = "AUTHORIZATION: s3cr3t"}, "a second time"},
		{"me", {.password = "s3cr3t\nx"}, "password-file"},
		{"me", {.password = "s3cr3t\tx"}, "password-file"},
		{NULL, {.token = "s3cr3t x"}, "token-file"},
		{NULL, {.token = "s3cr3t\r\nX: y"}, "token-file"},
		{NULL, {.token = "s3cr3t\xc3\xb6"}, "token-file"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct web_headers h = {0};
		struct error err = {0};

		if (make(cases[i].user, cases[i].secrets, &h, &err) == 0)
			fail_msg("case %zu was taken", i);
		assert_int_equal(err.kind, ERR_CONFIG);
		if (!strstr(err.text, cases[i].said) || strstr(err.text, "3cr3t"))
			fail_msg("case %zu: %s", i, err.text);
		assert_int_equal(h.names.count, 0);
	}
}

static void test_caps(void **state)
{
	autofree char *value = xcalloc(WEB_HEADER_VALUE_CAP + 2, 1), *line = NULL;
	CLEANUP(text_done) struct text many = {0};
	struct web_headers h = {0};
	struct error err = {0};

	(void)state;
	memset(value, 'x', WEB_HEADER_VALUE_CAP + 1);
	line = format("X: %s", value);
	assert_int_equal(make(NULL, (struct place_secrets){.headers = line}, &h, &err), -1);
	assert_int_equal(make(NULL, (struct place_secrets){.token = value}, &h, &err), -1);
	line[strlen(line) - 1] = '\0';
	assert_int_equal(make(NULL, (struct place_secrets){.headers = line}, &h, &err), 0);
	web_headers_done(&h);
	for (int i = 0; i <= WEB_HEADERS_CAP + 1; i++)
		text_addf(&many, "X-%d: y\n", i);
	assert_int_equal(make(NULL, (struct place_secrets){.headers = many.data}, &h, &err), -1);
	assert_non_null(strstr(err.text, "more than 50"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_sent),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
