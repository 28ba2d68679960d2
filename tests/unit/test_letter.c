#include "unit/unit.h"

#include "base/text.h"
#include "notify/letter.h"
#include "port/json.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */

/* A message, and the letter it becomes; freed with the test. */
struct fixture {
	struct calls messages;
	struct web_url url;
	struct letter letter;
};

static int set_up(void **state)
{
	*state = xcalloc(1, sizeof(struct fixture));
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	calls_done(&f->messages);
	web_url_done(&f->url);
	letter_done(&f->letter);
	free(f);
	return 0;
}

static const struct letter *write_to(struct fixture *f, const char *url, const char *target, enum news news, const char *source,
				     const char *sentence, const char *box, enum webhook_body body)
{
	struct call *m;
	struct error err;

	letter_done(&f->letter);
	web_url_done(&f->url);
	if (web_url_parse(url, &f->url, &err) < 0)
		fail_msg("%s", err.text);
	m = calls_add(&f->messages, target, news, source, sentence, NOW);
	m->id = news == NEWS_TEST ? 0 : 7;
	f->letter = letter_write(m, box, body, &f->url);
	return &f->letter;
}

static const char *header(const struct letter *l, const char *name)
{
	for (size_t i = 0; i < l->header_count; i++)
		if (same(l->names[i], name))
			return l->values[i];
	return "";
}

static void test_json(void **state)
{
	CLEANUP(json_free) struct json *root = NULL;
	const struct letter *l = write_to(*state, "https://example.com/hook", TARGET_WEBHOOK, NEWS_FAIL, "shop",
					  "public.\"a\\b\": 3 rows", "closet", BODY_JSON);
	struct error err;

	assert_string_equal(l->method, "POST");
	assert_string_equal(header(l, "Content-Type"), "application/json");
	assert_int_equal(json_parse(l->body, strlen(l->body), &root, &err), 0);
	assert_int_equal(json_get_int(root, "schema"), 1);
	assert_int_equal(json_get_int(root, "id"), 7);
	assert_string_equal(json_get_text(root, "event"), "fail");
	assert_string_equal(json_get_text(root, "box"), "closet");
	assert_string_equal(json_get_text(root, "source"), "shop");
	assert_string_equal(json_get_text(root, "sentence"), "public.\"a\\b\": 3 rows");
	assert_string_equal(json_get_text(root, "at"), "2027-01-15T08:00:00Z");
	l = write_to(*state, "https://example.com/hook", TARGET_WEBHOOK, NEWS_WEEKLY, NULL, "all is well", "closet", BODY_JSON);
	assert_non_null(strstr(l->body, "\"source\":null"));
	l = write_to(*state, "https://example.com/hook", TARGET_WEBHOOK, NEWS_TEST, NULL, "a test", "closet", BODY_JSON);
	assert_non_null(strstr(l->body, "\"id\":null"));
}

/* Nothing in a dump's names may call a whole channel, or hide where a link leads. */
static void test_slack(void **state)
{
	const struct letter *l = write_to(*state, "https://hooks.slack.com/services/T/B/x", TARGET_WEBHOOK, NEWS_FAIL, "shop",
					  "public.<!channel> & \"co\"", "closet", BODY_SLACK);

	assert_string_equal(l->body, "{\"text\":\"closet: the newest dump of shop is refuted: public.&lt;!channel&gt; &amp; "
				     "\\\"co\\\"\"}");
	assert_string_equal(header(l, "Content-Type"), "application/json");
}

static void test_ntfy(void **state)
{
	const struct letter *l = write_to(*state, "https://ntfy.sh/topic", TARGET_WEBHOOK, NEWS_STALE, "shop",
					  "its newest proven data is 31 h old", "closet", BODY_NTFY);

	assert_string_equal(header(l, "Title"), "closet: shop is no longer in date");
	assert_string_equal(header(l, "Priority"), "4");
	assert_string_equal(header(l, "Tags"), "hourglass");
	assert_string_equal(l->body, "its newest proven data is 31 h old");
	l = write_to(*state, "https://ntfy.sh/topic", TARGET_WEBHOOK, NEWS_FAIL, "shop", "x", "Gr\xc3\xbc\xc3\x9f", BODY_NTFY);
	assert_true(starts_with(header(l, "Title"), "=?UTF-8?B?R3LDvMOf"));
	l = write_to(*state, "https://ntfy.sh/topic", TARGET_WEBHOOK, NEWS_FAIL, "shop", "x", "a\r\nX-Evil: 1", BODY_NTFY);
	assert_string_equal(header(l, "Title"), "a??X-Evil: 1: the newest dump of shop is refuted");
}

static void test_every_news_of_a_webhook_has_a_title(void **state)
{
	static const enum news all[] = {NEWS_FAIL, NEWS_STALE, NEWS_REFUSED, NEWS_RECOVERED, NEWS_WEEKLY};
	CLEANUP(strings_done) struct strings seen = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		const struct call m = {.news = all[i], .source = (char[]){"shop"}};
		autofree char *title = letter_title(&m, "closet");

		assert_true(starts_with(title, "closet: "));
		assert_null(strchr(title, '%'));
		assert_null(strstr(title, "a test"));
		assert_false(strings_have(&seen, title));
		strings_add(&seen, title);
	}
}

static void test_pings(void **state)
{
	static const struct {
		const char *url;
		enum news news;
		const char *sentence, *path, *query, *method;
	} cases[] = {
		{"https://hc-ping.com/uuid", NEWS_START, "", "/uuid/start", NULL, "GET"},
		{"https://hc-ping.com/uuid", NEWS_SUCCESS, "", "/uuid", NULL, "GET"},
		{"https://hc-ping.com/uuid", NEWS_FAILURE, "no disk", "/uuid/fail", NULL, "POST"},
		{"https://hc-ping.com/uuid/", NEWS_FAILURE, "no disk", "/uuid/fail", NULL, "POST"},
		{"https://hc-ping.com/uuid/", NEWS_SUCCESS, "", "/uuid/", NULL, "GET"},
		{"https://hc-ping.com/uuid?create=1", NEWS_START, "", "/uuid/start", "create=1", "GET"},
		{"https://hc-ping.com/uuid", NEWS_TEST, "called", "/uuid/log", NULL, "POST"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct letter *l = write_to(*state, cases[i].url, "ping of shop", cases[i].news, "shop", cases[i].sentence,
						  "closet", BODY_JSON);

		assert_string_equal(l->method, cases[i].method);
		assert_string_equal(l->url.path, cases[i].path);
		assert_true(same(l->url.query, cases[i].query));
		assert_true(same(l->body, *cases[i].sentence ? cases[i].sentence : NULL));
	}
}

static void test_the_boxs_own_ping_is_the_url_and_nothing_else(void **state)
{
	const struct letter *l = write_to(*state, "https://status.example.com/api/push/token?status=up", TARGET_PING, NEWS_ALIVE,
					  NULL, NULL, "closet", BODY_SLACK);

	assert_string_equal(l->method, "GET");
	assert_string_equal(l->url.path, "/api/push/token");
	assert_string_equal(l->url.query, "status=up");
	assert_null(l->body);
	assert_int_equal(l->header_count, 0);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_fixture(test_json),
		with_fixture(test_slack),
		with_fixture(test_ntfy),
		cmocka_unit_test(test_every_news_of_a_webhook_has_a_title),
		with_fixture(test_pings),
		with_fixture(test_the_boxs_own_ping_is_the_url_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
