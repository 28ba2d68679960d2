#include "unit/unit.h"

#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/schedule.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3" /* as Europe/Berlin has it, also where there is no tzdata */
#define MINUTE 60
#define HOUR 3600
#define DAY 86400

static const struct window always;

static void zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

static int64_t at(const char *utc)
{
	int64_t t = time_parse_rfc3339(utc);

	assert_true(t != TIME_UNKNOWN);
	return t;
}

static struct schedule parsed(const char *text)
{
	struct schedule s = {0};
	struct error err;

	if (schedule_parse(text, &s, &err) < 0)
		fail_msg("%s", err.text);
	return s;
}

static void test_texts_that_are_taken(void **state)
{
	static const struct {
		const char *text, *again;
		int64_t interval, stale_after;
	} cases[] = {
		{"04:15", "04:15", DAY, 30 * HOUR},
		{"00:00", "00:00", DAY, 30 * HOUR},
		{"23:59", "23:59", DAY, 30 * HOUR},
		{"Sun 03:00", "Sun 03:00", 7 * DAY, 7 * DAY + 42 * HOUR},
		{"saturday  03:00", "Sat 03:00", 7 * DAY, 7 * DAY + 42 * HOUR},
		{"every 6h", "every 6h", 6 * HOUR, 8 * HOUR},
		{"every 30 min", "every 30 min", 30 * MINUTE, 150 * MINUTE},
		{"Every 31d", "every 31d", 31 * DAY, 31 * DAY * 5 / 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct schedule s = parsed(cases[i].text);
		autofree char *text = schedule_text(&s);

		assert_string_equal(text, cases[i].again);
		assert_int_equal(schedule_interval_s(&s), cases[i].interval);
		assert_int_equal(schedule_stale_after_s(&s, &always), cases[i].stale_after);
	}
}

static void test_stale_after_has_room_for_the_hours_outside_the_window(void **state)
{
	static const struct {
		const char *schedule, *window;
		int64_t stale_after;
	} cases[] = {
		{"every 6h", "22:00-06:00", (8 + 16) * HOUR},
		{"every 30 min", "09:00-17:30", 150 * MINUTE + 15 * HOUR + 30 * MINUTE},
		{"every 1d", "12:00-13:00", (30 + 23) * HOUR},
		{"every 6h", "always", 8 * HOUR},
		{"04:15", "22:00-06:00", 30 * HOUR},
		{"04:15", "12:00-13:00", 30 * HOUR + 7 * HOUR + 45 * MINUTE},
		{"Sun 03:00", "22:00-06:00", 7 * DAY + 42 * HOUR},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct schedule s = parsed(cases[i].schedule);
		struct window w;

		assert_true(window_parse(cases[i].window, &w));
		if (schedule_stale_after_s(&s, &w) != cases[i].stale_after)
			fail_msg("%s within %s: %lld s", cases[i].schedule, cases[i].window,
				 (long long)schedule_stale_after_s(&s, &w));
	}
}

/* Begun as soon as each is due, and the whole of a year long: no dump is stale before the next one is begun. */
static void test_a_schedule_that_is_kept_leaves_no_source_stale(void **state)
{
	static const char *const texts[] = {"every 30 min", "every 6h", "every 7h", "every 1d", "every 3d", "04:15", "Sun 03:00"};
	static const char *const windows[] = {"22:00-06:00", "12:00-13:30", "00:00-23:59", "02:30-03:30", "always"};
	int64_t end = at("2027-02-01T12:00:00Z");

	(void)state;
	zone(BERLIN);
	for (size_t i = 0; i < COUNT(texts) * COUNT(windows); i++) {
		struct schedule s = parsed(texts[i % COUNT(texts)]);
		int64_t last = at("2026-01-25T12:00:00Z"), next;
		struct window w;

		assert_true(window_parse(windows[i / COUNT(texts)], &w));
		for (; last < end; last = next) {
			struct attempts a = {.first_seen = last - DAY, .last_round = last, .last_try = last, .last_end = last + 90};

			next = schedule_next(&s, &w, &a, last + 100).at;
			if (next - last >= schedule_stale_after_s(&s, &w))
				fail_msg("%s within %s: %lld s", texts[i % COUNT(texts)], windows[i / COUNT(texts)],
					 (long long)(next - last));
		}
	}
	zone("UTC0");
}

static void test_texts_that_are_refused(void **state)
{
	static const char *const bad[] = {"",	   "daily",    "4:15",	    "24:00",	 "04:60",    "04:15:00",
					  "Sun",   "Sun ",     "Sol 03:00", "every",	 "every 5s", "every 29 min",
					  "every 32d", "every 6", "03:00 Sun", "Sun Mon 03:00", "-4:15", "04:+5", "+4:15"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct schedule s = {.hour = 77};
		struct error err = {0};

		if (schedule_parse(bad[i], &s, &err) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(s.hour, 77);
		assert_int_equal(err.kind, ERR_CONFIG);
	}
}

/* The next due time after a round that began at 'last', seen from 'now'. */
static int64_t next_after(const char *text, int64_t last, int64_t now)
{
	struct schedule s = parsed(text);
	struct attempts a = {.first_seen = last - DAY, .last_round = last, .last_try = last, .last_end = last + 90};
	struct due due = schedule_next(&s, &always, &a, now);

	assert_int_equal(due.reason, DUE_SCHEDULED);
	return due.at;
}

static void test_the_box_s_own_time(void **state)
{
	(void)state;
	zone(BERLIN);
	/* 04:15 in summer and in winter */
	assert_int_equal(next_after("04:15", at("2026-07-01T02:15:05Z"), at("2026-07-01T12:00:00Z")), at("2026-07-02T02:15:00Z"));
	assert_int_equal(next_after("04:15", at("2026-12-01T03:15:05Z"), at("2026-12-01T12:00:00Z")), at("2026-12-02T03:15:00Z"));
	assert_int_equal(next_after("04:15", at("2026-12-01T03:14:59Z"), at("2026-12-01T12:00:00Z")), at("2026-12-01T03:15:00Z"));
	/* exactly then is not after it */
	assert_int_equal(next_after("04:15", at("2026-12-01T03:15:00Z"), at("2026-12-01T12:00:00Z")), at("2026-12-02T03:15:00Z"));
	/* across the end of a month and of a year */
	assert_int_equal(next_after("04:15", at("2026-12-31T04:00:00Z"), at("2026-12-31T12:00:00Z")), at("2027-01-01T03:15:00Z"));
	/* 22 November 2026 is a Sunday */
	assert_int_equal(next_after("Sun 03:00", at("2026-11-20T12:00:00Z"), at("2026-11-20T12:00:00Z")),
			 at("2026-11-22T02:00:00Z"));
	assert_int_equal(next_after("Sun 03:00", at("2026-11-22T02:00:01Z"), at("2026-11-22T12:00:00Z")),
			 at("2026-11-29T02:00:00Z"));
	/* already Monday there, still Sunday in UTC */
	assert_int_equal(next_after("Mon 00:30", at("2026-11-20T12:00:00Z"), at("2026-11-20T12:00:00Z")),
			 at("2026-11-22T23:30:00Z"));
}

/* Run the schedule for some days: every due time is run 5 s late. Returns how many runs. */
static int run(const char *text, const char *from, const char *to, int64_t *ret_last)
{
	int64_t last = at(from), end = at(to);
	int runs = 0;

	for (;;) {
		int64_t next = next_after(text, last, last + HOUR);

		assert_true(next > last);
		if (next > end)
			return runs;
		*ret_last = next;
		runs++;
		last = next + 5;
	}
}

static void test_the_hour_that_is_left_out(void **state)
{
	int64_t last;

	(void)state;
	zone(BERLIN);
	/* on 29 March 2026 02:00 becomes 03:00: 02:30 is taken as 03:30, once */
	assert_int_equal(next_after("02:30", at("2026-03-28T01:30:05Z"), at("2026-03-28T12:00:00Z")), at("2026-03-29T01:30:00Z"));
	assert_int_equal(run("02:30", "2026-03-27T12:00:00Z", "2026-03-31T12:00:00Z", &last), 4);
	assert_int_equal(last, at("2026-03-31T00:30:00Z"));
	assert_int_equal(run("04:15", "2026-03-27T12:00:00Z", "2026-03-31T12:00:00Z", &last), 4);
	assert_int_equal(last, at("2026-03-31T02:15:00Z"));
}

static void test_the_hour_that_comes_twice(void **state)
{
	int64_t last;

	(void)state;
	zone(BERLIN);
	/* on 25 October 2026 03:00 becomes 02:00: 02:30 is taken at its first coming, once */
	for (int again = 0; again < 3; again++) {
		assert_int_equal(next_after("02:30", at("2026-10-24T00:30:05Z"), at("2026-10-24T12:00:00Z")),
				 at("2026-10-25T00:30:00Z"));
		assert_int_equal(next_after("02:30", at("2026-10-25T00:30:05Z"), at("2026-10-25T00:31:00Z")),
				 at("2026-10-26T01:30:00Z"));
		/* whatever was asked before must not change the answer */
		(void)next_after("02:30", at("2026-12-24T00:30:05Z"), at("2026-12-24T12:00:00Z"));
	}
	assert_int_equal(run("02:30", "2026-10-23T12:00:00Z", "2026-10-27T12:00:00Z", &last), 4);
	assert_int_equal(last, at("2026-10-27T01:30:00Z"));
}

static void test_the_first_coming_where_winter_is_the_exception(void **state)
{
	(void)state;
	/* Dublin: standard time in summer, so the clock's two 01:30 carry their marks the other way round */
	zone("IST-1GMT0,M10.5.0,M3.5.0/1");
	assert_int_equal(next_after("01:30", at("2026-10-24T12:00:00Z"), at("2026-10-24T12:00:00Z")), at("2026-10-25T00:30:00Z"));
	zone(BERLIN);
	assert_int_equal(next_after("02:30", at("2026-10-24T12:00:00Z"), at("2026-10-24T12:00:00Z")), at("2026-10-25T00:30:00Z"));
}

static void test_every_zone_runs_once_a_day(void **state)
{
	/* Lord Howe moves by half an hour, Dublin counts winter as the exception, Santiago jumps at midnight */
	static const char *const zones[] = {"UTC0", BERLIN, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "IST-1GMT0,M10.5.0,M3.5.0/1",
					    "<-04>4<-03>,M9.1.6/24,M4.1.6/24", "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45"};
	static const char *const times[] = {"00:00", "00:30", "01:45", "02:00", "02:30", "03:00", "23:45"};
	int64_t last;

	(void)state;
	for (size_t z = 0; z < COUNT(zones); z++) {
		zone(zones[z]);
		for (size_t t = 0; t < COUNT(times); t++)
			assert_int_equal(run(times[t], "2026-01-01T12:00:00Z", "2027-01-01T12:00:00Z", &last), 365);
	}
	zone("UTC0");
}

static void test_every_so_often(void **state)
{
	struct schedule s = parsed("every 6h");
	struct attempts fresh = {.first_seen = at("2026-11-22T12:00:00Z")};
	int64_t last;

	(void)state;
	assert_int_equal(next_after("every 6h", at("2026-11-22T12:00:00Z"), at("2026-11-22T13:00:00Z")),
			 at("2026-11-22T18:00:00Z"));
	assert_int_equal(run("every 12h", "2026-11-22T00:00:00Z", "2026-11-24T12:00:00Z", &last), 4);
	/* never pulled: at once */
	assert_int_equal(schedule_next(&s, &always, &fresh, at("2026-11-22T12:00:10Z")).at, fresh.first_seen);
}

static void test_a_missed_time_runs_once(void **state)
{
	int64_t now = at("2026-11-22T09:30:00Z"), due;

	(void)state;
	zone("UTC0");
	/* off for five days: one due time in the past, and after that round tomorrow's */
	due = next_after("04:15", at("2026-11-17T04:15:02Z"), now);
	assert_true(due <= now);
	assert_int_equal(due, at("2026-11-18T04:15:00Z"));
	assert_int_equal(next_after("04:15", now, now + HOUR), at("2026-11-23T04:15:00Z"));
}

static void test_a_new_source_waits_for_its_time_and_an_unknown_one_does_not(void **state)
{
	struct schedule s = parsed("04:15");
	int64_t now = at("2026-11-22T09:30:00Z");
	struct attempts fresh = {
		.first_seen = now - HOUR, .last_round = TIME_UNKNOWN, .last_try = TIME_UNKNOWN, .last_end = TIME_UNKNOWN};
	struct attempts nothing = {0};

	(void)state;
	assert_int_equal(schedule_next(&s, &always, &fresh, now).at, at("2026-11-23T04:15:00Z"));
	assert_int_equal(schedule_next(&s, &always, &nothing, now).at, now);
}

static struct due after_failure(enum error_kind why, int failures, int64_t took)
{
	struct schedule s = parsed("04:15");
	int64_t tried = at("2026-11-22T10:00:00Z");
	struct attempts a = {.first_seen = tried - 9 * DAY, .last_round = tried - DAY, .last_try = tried, .last_failed = true,
			     .why = why, .failures = failures, .last_end = tried + took};
	struct due due = schedule_next(&s, &always, &a, tried + took);

	due.at -= tried + took;
	return due;
}

static void test_the_ladder_after_a_failure(void **state)
{
	static const struct {
		enum error_kind why;
		int failures;
		int minutes; /* -1: waits for the schedule */
	} cases[] = {
		{ERR_NETWORK, 1, 5},   {ERR_NETWORK, 2, 15},  {ERR_NETWORK, 3, 45},  {ERR_NETWORK, 4, 60},
		{ERR_NETWORK, 99, 60}, {ERR_TIMEOUT, 1, 5},   {ERR_REFUSED, 1, 60},  {ERR_REFUSED, 7, 60},
		{ERR_NOTHING, 1, 60},  {ERR_NOTHING, 9, 60},
		{ERR_CLOCK, 1, 60},    {ERR_CHANGED, 1, 5},   {ERR_CHANGED, 2, -1},  {ERR_PRIVILEGE, 1, -1},
		{ERR_SPACE, 1, -1},    {ERR_SOURCE, 1, -1},   {ERR_LACKING, 1, -1},  {ERR_STOPPED, 1, -1},
		{ERR_CURRENT, 1, 60},  {ERR_CURRENT, 9, 60}, {ERR_BUG, 1, -1},
	};

	(void)state;
	zone("UTC0");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct due due = after_failure(cases[i].why, cases[i].failures, 20);

		if (cases[i].minutes < 0) {
			assert_int_equal(due.reason, DUE_SCHEDULED);
			assert_int_equal(due.at, 18 * HOUR + 15 * MINUTE - 20);
		} else {
			assert_int_equal(due.reason, DUE_RETRY);
			assert_int_equal(due.at, cases[i].minutes * MINUTE);
		}
	}
	/* a pull that ran into its own timeout after hours is not repeated five minutes later */
	assert_int_equal(after_failure(ERR_TIMEOUT, 1, 6 * HOUR).reason, DUE_SCHEDULED);
	assert_int_equal(after_failure(ERR_NETWORK, 1, 6 * HOUR).reason, DUE_RETRY);
}

static void test_the_schedule_comes_before_a_later_retry(void **state)
{
	struct schedule s = parsed("04:15");
	int64_t tried = at("2026-11-22T03:30:00Z");
	struct attempts a = {.first_seen = tried - 9 * DAY, .last_round = tried - DAY, .last_try = tried, .last_failed = true,
			     .why = ERR_REFUSED, .failures = 1, .last_end = tried + 1};
	struct due due = schedule_next(&s, &always, &a, tried + 2);

	(void)state;
	zone("UTC0");
	assert_int_equal(due.reason, DUE_SCHEDULED);
	assert_int_equal(due.at, at("2026-11-22T04:15:00Z"));
}

static void test_an_interrupted_round_is_repeated_once(void **state)
{
	struct schedule s = parsed("04:15");
	int64_t tried = at("2026-11-22T04:15:01Z"), now = tried + HOUR;
	struct attempts a = {.first_seen = tried - 9 * DAY, .last_round = tried - DAY, .last_try = tried, .interrupted = 1,
			     .last_end = tried - DAY + 90};
	struct due due = schedule_next(&s, &always, &a, now);

	(void)state;
	zone("UTC0");
	assert_int_equal(due.reason, DUE_INTERRUPTED);
	assert_true(due.at <= now);
	a.interrupted = 2;
	due = schedule_next(&s, &always, &a, now);
	assert_int_equal(due.reason, DUE_SCHEDULED);
	assert_int_equal(due.at, at("2026-11-23T04:15:00Z"));
}

static void test_a_wrong_clock_of_the_past_does_not_stop_the_schedule(void **state)
{
	struct schedule s = parsed("04:15");
	int64_t now = at("2026-11-22T09:30:00Z");
	struct attempts a = {.first_seen = now - 9 * DAY, .last_round = now + 900 * DAY, .last_try = now + 900 * DAY,
			     .last_end = now + 900 * DAY + 90};
	struct due due;

	(void)state;
	zone("UTC0");
	due = schedule_next(&s, &always, &a, now);
	assert_true(due.at <= now);
	a.last_round = a.last_try = now + 2 * HOUR;
	assert_true(schedule_next(&s, &always, &a, now).at <= now);
	/* a clock put back by a little is no reason for another round */
	a.last_round = now + 60;
	assert_int_equal(schedule_next(&s, &always, &a, now).at, at("2026-11-23T04:15:00Z"));
	/* nor may a retry be put off into that future */
	a = (struct attempts){.first_seen = now - 9 * DAY, .last_round = now - HOUR, .last_try = now + 900 * DAY,
			      .last_failed = true, .why = ERR_NETWORK, .failures = 1};
	assert_int_equal(schedule_next(&s, &always, &a, now).at, at("2026-11-23T04:15:00Z"));
}

static void test_within_the_window(void **state)
{
	struct schedule s = parsed("04:15"), often = parsed("every 6h");
	struct window night, noon;
	int64_t tried = at("2026-11-22T03:15:02Z");
	struct attempts fresh = {.first_seen = tried - 9 * DAY, .last_round = tried - DAY, .last_try = tried - DAY};
	struct attempts paused = {.first_seen = tried - 9 * DAY, .last_round = tried - DAY, .last_try = tried, .last_failed = true,
				  .why = ERR_PAUSED, .failures = 1, .last_end = at("2026-11-22T05:00:00Z")};

	(void)state;
	zone(BERLIN);
	assert_true(window_parse("22:00-06:00", &night) && window_parse("12:00-13:30", &noon));
	/* a time within it stays, one outside waits for it to open */
	assert_int_equal(schedule_next(&s, &night, &fresh, tried - HOUR).at, at("2026-11-22T03:15:00Z"));
	assert_int_equal(schedule_next(&s, &noon, &fresh, tried - HOUR).at, at("2026-11-22T11:00:00Z"));
	fresh.last_round = fresh.last_try = at("2026-11-22T05:00:00Z");
	assert_int_equal(schedule_next(&often, &night, &fresh, at("2026-11-22T06:00:00Z")).at, at("2026-11-22T21:00:00Z"));
	/* what was missed is due at once where it may be, and as late as it was */
	fresh.last_round = fresh.last_try = tried - 3 * DAY;
	assert_int_equal(schedule_next(&s, &night, &fresh, at("2026-11-22T22:30:00Z")).at, at("2026-11-20T03:15:00Z"));
	assert_int_equal(schedule_next(&s, &night, &fresh, at("2026-11-22T12:00:00Z")).at, at("2026-11-22T21:00:00Z"));
	/* what its closing cut short goes on when it opens, ahead of the schedule, and once more so */
	for (int i = 1; i < 3; i++) {
		struct due due;

		paused.failures = i;
		due = schedule_next(&s, &night, &paused, paused.last_end);
		assert_int_equal(due.reason, DUE_RETRY);
		assert_int_equal(due.at, at("2026-11-22T21:00:00Z"));
	}
}

/* The dump is there: what is to be done again is the box's own. */
static void test_a_drill_waits_for_no_window(void **state)
{
	struct schedule s = parsed("04:15");
	int64_t tried = at("2026-11-22T04:15:01Z"), now = at("2026-11-22T09:00:00Z");
	struct attempts a = {.first_seen = tried - 9 * DAY, .last_round = tried - DAY, .last_try = tried, .interrupted = 1,
			     .delivered = true, .last_end = tried - DAY + 90};
	struct window night;
	struct due due;

	(void)state;
	zone("UTC0");
	assert_true(window_parse("22:00-06:00", &night));
	due = schedule_next(&s, &night, &a, now);
	assert_int_equal(due.reason, DUE_INTERRUPTED);
	assert_true(due.at <= now);
	/* it was the pull that was cut short, and the one before it had delivered */
	a.delivered = false;
	due = schedule_next(&s, &night, &a, now);
	assert_int_equal(due.reason, DUE_INTERRUPTED);
	assert_int_equal(due.at, at("2026-11-22T22:00:00Z"));
	/* what delivered and was interrupted by nothing waits as ever */
	a = (struct attempts){.first_seen = tried - 9 * DAY, .last_round = tried - DAY, .last_try = tried - DAY, .delivered = true};
	assert_int_equal(schedule_next(&s, &night, &a, now).at, at("2026-11-22T22:00:00Z"));
}

static void test_who_has_waited_longest(void **state)
{
	struct schedule early = parsed("04:15"), late = parsed("05:00");
	int64_t now = at("2026-11-22T09:00:00Z");
	struct attempts a = {.first_seen = now - 9 * DAY, .last_round = now - DAY, .last_try = now - DAY};
	struct window night;
	struct due one, other;

	(void)state;
	zone("UTC0");
	assert_true(window_parse("22:00-04:00", &night));
	one = schedule_next(&early, &night, &a, now);
	other = schedule_next(&late, &night, &a, now);
	assert_int_equal(one.at, at("2026-11-22T22:00:00Z"));
	assert_int_equal(other.at, one.at);
	assert_int_equal(one.since, at("2026-11-22T04:15:00Z"));
	assert_int_equal(other.since, at("2026-11-22T05:00:00Z"));
	assert_int_equal(schedule_next(&early, &always, &a, now).since, at("2026-11-22T04:15:00Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_that_are_taken),
		cmocka_unit_test(test_stale_after_has_room_for_the_hours_outside_the_window),
		cmocka_unit_test(test_a_schedule_that_is_kept_leaves_no_source_stale),
		cmocka_unit_test(test_texts_that_are_refused),
		cmocka_unit_test(test_the_box_s_own_time),
		cmocka_unit_test(test_the_hour_that_is_left_out),
		cmocka_unit_test(test_the_hour_that_comes_twice),
		cmocka_unit_test(test_the_first_coming_where_winter_is_the_exception),
		cmocka_unit_test(test_every_zone_runs_once_a_day),
		cmocka_unit_test(test_every_so_often),
		cmocka_unit_test(test_a_missed_time_runs_once),
		cmocka_unit_test(test_a_new_source_waits_for_its_time_and_an_unknown_one_does_not),
		cmocka_unit_test(test_the_ladder_after_a_failure),
		cmocka_unit_test(test_the_schedule_comes_before_a_later_retry),
		cmocka_unit_test(test_an_interrupted_round_is_repeated_once),
		cmocka_unit_test(test_within_the_window),
		cmocka_unit_test(test_a_drill_waits_for_no_window),
		cmocka_unit_test(test_who_has_waited_longest),
		cmocka_unit_test(test_a_wrong_clock_of_the_past_does_not_stop_the_schedule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
