#include "model/schedule.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/duration.h"
#include "model/window.h"

#define MINUTE ((int64_t)60)
#define HOUR ((int64_t)3600)
#define DAY ((int64_t)86400)
#define EVERY_LEAST (30 * MINUTE)
#define EVERY_MOST (31 * DAY)
#define CLOCK_SLACK HOUR /* a start so far ahead may be a clock put back; further ahead it was a wrong clock */
#define QUICK_TRY (15 * MINUTE) /* a try that took longer is not repeated ahead of the schedule */

static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
				       "Thursday", "Friday", "Saturday"};

/* "Sun" or "Sunday" and what follows it; -1 when there is no weekday. */
static int parse_weekday(const char *text, const char **ret_rest)
{
	size_t length = strcspn(text, " ");

	for (int day = 0; day < 7; day++) {
		if (length != 3 && length != strlen(weekdays[day]))
			continue;
		if (strncasecmp(text, weekdays[day], length) != 0 || text[length] == '\0')
			continue;
		*ret_rest = text + length + strspn(text + length, " ");
		return day;
	}
	return -1;
}

static bool parse(const char *text, struct schedule *s)
{
	const char *rest = text;
	int minute;

	*s = (struct schedule){.weekday = -1};
	if (strncasecmp(text, "every ", 6) == 0)
		return duration_parse(text + 6 + strspn(text + 6, " "), &s->every_s) && s->every_s >= EVERY_LEAST &&
		       s->every_s <= EVERY_MOST;
	s->weekday = parse_weekday(text, &rest);
	if (!time_of_day_parse(rest, &minute))
		return false;
	s->hour = minute / 60;
	s->minute = minute % 60;
	return true;
}

int schedule_parse(const char *text, struct schedule *ret, struct error *err)
{
	struct schedule s;

	if (!parse(text, &s))
		return fail(err, ERR_CONFIG, "'%s' is no schedule: write a time of day like 04:15, a weekday and a time "
			    "like Sun 03:00, or every 6h (from 30 min to 31d)", text);
	*ret = s;
	return 0;
}

char *schedule_text(const struct schedule *s)
{
	if (s->every_s) {
		autofree char *every = duration_text(s->every_s);

		return format("every %s", every);
	}
	if (s->weekday < 0)
		return format("%02d:%02d", s->hour, s->minute);
	return format("%.3s %02d:%02d", weekdays[s->weekday], s->hour, s->minute);
}

int64_t schedule_interval_s(const struct schedule *s)
{
	if (s->every_s)
		return s->every_s;
	return s->weekday < 0 ? DAY : 7 * DAY;
}

int64_t schedule_stale_after_s(const struct schedule *s, const struct window *w)
{
	int64_t interval = schedule_interval_s(s), quarter = interval / 4;

	return interval + (quarter > 2 * HOUR ? quarter : 2 * HOUR) +
	       (s->every_s ? window_closed_s(w) : window_wait_s(w, s->hour * 60 + s->minute));
}

static int weekday_of(int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	return localtime_r(&when, &tm) ? tm.tm_wday : -1;
}

/* The first time the schedule names after 'after'. */
static int64_t next_named_time(const struct schedule *s, int64_t after)
{
	for (int days = 0; days <= 8; days++) {
		int64_t t = time_local(after, days, s->hour, s->minute);

		if (t > after && (s->weekday < 0 || weekday_of(t) == s->weekday))
			return t;
	}
	return after + schedule_interval_s(s);
}

/* What is repeated ahead of the schedule, and after how long: the last delay goes on for ever where 'hourly'. */
static const struct {
	enum error_kind why;
	int64_t delays[3];
	int count;
	bool hourly;
} retries[] = {
	{ERR_NETWORK, {5 * MINUTE, 15 * MINUTE, 45 * MINUTE}, 3, true},
	{ERR_TIMEOUT, {5 * MINUTE, 15 * MINUTE, 45 * MINUTE}, 3, true},
	{ERR_REFUSED, {0}, 0, true},
	{ERR_CLOCK, {0}, 0, true},
	{ERR_CURRENT, {0}, 0, true}, /* the next one may only be late */
	{ERR_CHANGED, {5 * MINUTE}, 1, false},
	{ERR_NOTHING, {0}, 0, true}, /* what is published may only be late */
	{ERR_PAUSED, {0}, 1, true}, /* as soon as the window is open again */
};

/* -1: not ahead of the schedule. */
static int64_t retry_delay(enum error_kind why, int failures)
{
	int before = failures > 0 ? failures - 1 : 0;

	for (size_t i = 0; i < COUNT(retries); i++) {
		if (retries[i].why != why)
			continue;
		if (before < retries[i].count)
			return retries[i].delays[before];
		return retries[i].hourly ? HOUR : -1;
	}
	return -1;
}

static int64_t believed(int64_t t, int64_t now)
{
	return t == 0 || t == TIME_UNKNOWN || t > now + CLOCK_SLACK ? TIME_UNKNOWN : t;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b; /* TIME_UNKNOWN is the smallest */
}

/* The next due time after what the schedule has had so far. */
static int64_t next_scheduled(const struct schedule *s, const struct attempts *a, int64_t now)
{
	int64_t had = believed(a->last_round, now), seen = believed(a->first_seen, now);

	if (a->last_failed || a->interrupted > 1)
		had = later(had, believed(a->last_try, now));
	if (had == TIME_UNKNOWN && (s->every_s || seen == TIME_UNKNOWN))
		return seen == TIME_UNKNOWN ? now : seen;
	if (s->every_s)
		return had + s->every_s;
	return next_named_time(s, had == TIME_UNKNOWN ? seen : had);
}

/* TIME_UNKNOWN: not ahead of the schedule. */
static int64_t next_retry(const struct attempts *a, int64_t now)
{
	int64_t began = believed(a->last_try, now), ended = believed(a->last_end, now);
	int64_t delay = a->last_failed ? retry_delay(a->why, a->failures) : -1;

	if (delay < 0 || began == TIME_UNKNOWN)
		return TIME_UNKNOWN;
	/* what is here already is mostly known at once; one that had to be downloaded to be known is not, every hour */
	if ((a->why == ERR_TIMEOUT || a->why == ERR_CURRENT) && ended != TIME_UNKNOWN && ended - began > QUICK_TRY)
		return TIME_UNKNOWN;
	return later(began, ended) + delay;
}

/* Whatever the hour. */
static struct due next_work(const struct schedule *s, const struct attempts *a, int64_t now)
{
	struct due due = {.at = next_scheduled(s, a, now), .reason = DUE_SCHEDULED};
	int64_t again = next_retry(a, now);

	if (a->interrupted == 1) {
		int64_t at = later(believed(a->last_try, now), believed(a->last_end, now));

		return (struct due){.at = at == TIME_UNKNOWN || at > now ? now : at, .reason = DUE_INTERRUPTED};
	}
	if (again != TIME_UNKNOWN && again < due.at)
		due = (struct due){.at = again, .reason = DUE_RETRY};
	return due;
}

struct due schedule_next(const struct schedule *s, const struct window *w, const struct attempts *a, int64_t now)
{
	struct due due = next_work(s, a, now);
	int64_t earliest = later(due.at, now), opens = window_opens(w, earliest);

	due.since = due.at;
	/* a drill takes nothing of the line */
	if (opens > earliest && !(due.reason == DUE_INTERRUPTED && a->delivered))
		due.at = opens;
	return due;
}
