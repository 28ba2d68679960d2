#include "unit/unit.h"

#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/window.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3" /* as Europe/Berlin has it, also where there is no tzdata */

static int64_t at(const char *utc)
{
	int64_t t = time_parse_rfc3339(utc);

	assert_true(t != TIME_UNKNOWN);
	return t;
}

static struct window parsed(const char *text)
{
	struct window w;

	if (!window_parse(text, &w))
		fail_msg("'%s' is no window", text);
	return w;
}

static void test_texts(void **state)
{
	static const char *const good[] = {"22:00-06:00", "00:00-23:59", "06:00-22:00", "23:59-00:00", "always"};
	static const char *const bad[] = {
		"", "22:00", "22:00-", "22:00-22:00", "22:00-24:00", "22:60-06:00", "2:00-06:00", "22:00-6:00", "22:00 - 06:00",
		"22-06", "-1:00-06:00", "22:00-06:00 ", " 22:00-06:00", "+2:00-06:00", "22:00-06:0x", "Always", "22.00-06.00",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct window w = parsed(good[i]);
		autofree char *again = window_text(&w);

		assert_string_equal(again, good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct window w = {1, 2};

		assert_false(window_parse(bad[i], &w));
		assert_int_equal(w.from, 1);
	}
}

static void test_moments(void **state)
{
	static const struct {
		const char *window, *at, *opens, *closes; /* opens NULL: it is open then */
	} cases[] = {
		{"22:00-06:00", "2026-11-22T20:59:58Z", "2026-11-22T21:00:00Z", NULL},
		{"22:00-06:00", "2026-11-22T21:00:00Z", NULL, "2026-11-23T05:00:00Z"},
		{"22:00-06:00", "2026-11-23T04:59:59Z", NULL, "2026-11-23T05:00:00Z"},
		{"22:00-06:00", "2026-11-23T05:00:00Z", "2026-11-23T21:00:00Z", NULL},
		{"01:00-02:30", "2026-11-23T00:10:00Z", NULL, "2026-11-23T01:30:00Z"},
		{"01:00-02:30", "2026-11-23T02:00:00Z", "2026-11-24T00:00:00Z", NULL},
		/* summer time ends on 2026-10-25 at 01:00 UTC: the night is an hour longer */
		{"22:00-06:00", "2026-10-24T20:00:00Z", NULL, "2026-10-25T05:00:00Z"},
		/* 02:10 comes twice in it: it closes at the first 02:30, and is open once more from the second 02:00 on */
		{"22:00-02:30", "2026-10-25T00:10:00Z", NULL, "2026-10-25T00:30:00Z"},
		{"22:00-02:30", "2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z", NULL},
		{"22:00-02:30", "2026-10-25T01:10:00Z", NULL, "2026-10-25T01:30:00Z"},
		{"02:30-06:00", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z", NULL},
		/* it begins on 2027-03-28: a window within the hour that is left out never opens that day */
		{"22:00-06:00", "2027-03-27T21:00:00Z", NULL, "2027-03-28T04:00:00Z"},
		{"22:00-02:30", "2027-03-28T00:50:00Z", NULL, "2027-03-28T01:00:00Z"},
		{"02:10-02:20", "2027-03-28T00:30:00Z", "2027-03-29T00:10:00Z", NULL},
	};

	(void)state;
	setenv("TZ", BERLIN, 1);
	tzset();
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct window w = parsed(cases[i].window);
		int64_t t = at(cases[i].at);

		assert_int_equal(window_is_open(&w, t), cases[i].opens == NULL);
		assert_int_equal(window_opens(&w, t), cases[i].opens ? at(cases[i].opens) : t);
		assert_int_equal(window_closes(&w, t), cases[i].closes ? at(cases[i].closes) : t + 1);
	}
}

/* Whatever the hour and the day: it opens not before it is asked for, is open then, and closed when it closes. */
static void test_every_minute_of_a_change_of_time(void **state)
{
	static const char *const windows[] = {"22:00-06:00", "02:10-02:20", "02:30-03:00", "01:30-02:30", "03:00-02:00"};
	static const char *const days[] = {"2026-10-24T12:00:00Z", "2027-03-27T12:00:00Z"};

	(void)state;
	setenv("TZ", BERLIN, 1);
	tzset();
	for (size_t i = 0; i < COUNT(windows) * COUNT(days); i++) {
		struct window w = parsed(windows[i / COUNT(days)]);
		int64_t from = at(days[i % COUNT(days)]);

		for (int64_t t = from; t < from + 2 * 86400; t += 60) {
			int64_t opens = window_opens(&w, t), closes = window_closes(&w, opens);

			assert_true(opens >= t && opens - t < 50 * 3600);
			assert_true(window_is_open(&w, opens));
			assert_true(opens == t || !window_is_open(&w, opens - 1));
			assert_true(closes > opens && closes - opens < 48 * 3600);
			assert_true(window_is_open(&w, closes - 1) && !window_is_open(&w, closes));
		}
	}
}

static void test_how_long_it_is_closed(void **state)
{
	static const struct {
		const char *window;
		int hours, wait;
	} cases[] = {{"22:00-06:00", 16, 570}, {"06:00-22:00", 8, 0},    {"12:00-13:00", 23, 0}, {"13:00-12:00", 1, 30},
		     {"01:00-13:00", 12, 0},   {"01:00-02:00", 23, 750}, {"always", 0, 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct window w = parsed(cases[i].window);

		assert_int_equal(window_closed_s(&w), cases[i].hours * 3600);
		assert_int_equal(window_wait_s(&w, 12 * 60 + 30), cases[i].wait * 60);
	}
}

static void test_always(void **state)
{
	struct window w = {0};

	(void)state;
	assert_true(window_is_open(&w, 0));
	assert_int_equal(window_opens(&w, 12345), 12345);
	assert_true(window_closes(&w, 12345) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_every_minute_of_a_change_of_time),
		cmocka_unit_test(test_how_long_it_is_closed),
		cmocka_unit_test(test_always),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
