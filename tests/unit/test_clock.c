#include "unit/unit.h"

#include <limits.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define NOVEMBER 1795320900 /* 2026-11-22T04:15:00Z */

static void test_times_go_both_ways(void **state)
{
	static const int64_t times[] = {0, -1, NOVEMBER, 951782400 /* 29 February 2000 */, 4102444799};
	char buf[TIME_TEXT];

	(void)state;
	assert_string_equal(time_rfc3339(NOVEMBER, buf), "2026-11-22T04:15:00Z");
	assert_string_equal(time_compact(NOVEMBER, buf), "20261122_041500");
	for (size_t i = 0; i < COUNT(times); i++) {
		assert_int_equal(time_parse_rfc3339(time_rfc3339(times[i], buf)), times[i]);
		assert_int_equal(time_parse_compact(time_compact(times[i], buf)), times[i]);
	}
	assert_string_equal(time_rfc3339(TIME_UNKNOWN, buf), "");
}

static void test_offsets_and_fractions(void **state)
{
	(void)state;
	assert_int_equal(time_parse_rfc3339("2026-11-22T05:15:00+01:00"), NOVEMBER);
	assert_int_equal(time_parse_rfc3339("2026-11-21T23:45:00-04:30"), NOVEMBER);
	assert_int_equal(time_parse_rfc3339("2026-11-22 04:15:00.123456Z"), NOVEMBER);
}

static void test_what_is_no_time(void **state)
{
	static const char *const bad[] = {"",			  "2026-11-22",		       "2026-11-22T04:15:00",
					  "2026-11-22T04:15:00+1",	  "2026-11-22T04:15:00+25:00", "2026-11-22T04:15:00Zx",
					  "2026-13-22T04:15:00Z", "yesterday"};
	static const char *const bad_compact[] = {"",		      "20261122",	 "20261122_0415",   "20261122_041500x",
						  "20261322_041500",  "20261131_041500", "20261122_246000", "2026 122_041500",
						  "20261122-041500"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(time_parse_rfc3339(bad[i]), TIME_UNKNOWN);
	for (size_t i = 0; i < COUNT(bad_compact); i++)
		assert_int_equal(time_parse_compact(bad_compact[i]), TIME_UNKNOWN);
}

static void test_months(void **state)
{
	(void)state;
	assert_int_equal(time_month("Jan"), 0);
	assert_int_equal(time_month("Dec-2026"), 11);
	assert_int_equal(time_month("anF"), -1);
	assert_int_equal(time_month("ja"), -1);
	assert_int_equal(time_month(""), -1);
}

static void test_times_of_day(void **state)
{
	static const char *const bad[] = {"",      "2:00",  "22:0",  "22.00",  "24:00", "22:60",
					  "+2:00", "22:-1", " 2:00", "22:000", "22:00 "};
	int minute = -7;

	(void)state;
	assert_true(time_of_day_parse("00:00", &minute));
	assert_int_equal(minute, 0);
	assert_true(time_of_day_parse("23:59", &minute));
	assert_int_equal(minute, 23 * 60 + 59);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (time_of_day_parse(bad[i], &minute) || minute != 23 * 60 + 59)
			fail_msg("'%s' was taken", bad[i]);
}

static void test_deadlines(void **state)
{
	struct deadline near, inner;

	(void)state;
	assert_int_equal(deadline_left(NO_DEADLINE), -1);
	near = deadline_in(NO_DEADLINE, 10000);
	assert_in_range(deadline_left(near), 9000, 10000);
	inner = deadline_in(near, 3600000);
	assert_true(inner.at_ms == near.at_ms);
	assert_in_range(deadline_left(deadline_in(near, 100)), 0, 100);
	assert_int_equal(deadline_left(deadline_in(near, -5)), 0);
	assert_int_equal(deadline_left((struct deadline){INT64_MAX - 1, -1}), INT_MAX);
}

static void test_a_stop_is_seen_and_passed_on(void **state)
{
	struct deadline d = NO_DEADLINE;
	int ends[2];

	(void)state;
	assert_false(deadline_stopped(d));
	assert_int_equal(pipe(ends), 0);
	d.stop_fd = ends[0];
	assert_false(deadline_stopped(d));
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(deadline_stopped(d));
	assert_true(deadline_stopped(deadline_in(d, 1000)));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times_go_both_ways),
		cmocka_unit_test(test_offsets_and_fractions),
		cmocka_unit_test(test_what_is_no_time),
		cmocka_unit_test(test_months),
		cmocka_unit_test(test_times_of_day),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_a_stop_is_seen_and_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
