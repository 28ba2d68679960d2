#include "report/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "port/table.h"

#define DAY_NAMES_FOR 6 /* days back or ahead in which a weekday's name says which day is meant */

struct report report_to(FILE *to, bool json)
{
	const char *term = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");

	return (struct report){
		.to = to,
		.json = json,
		.colour = !json && isatty(fileno(to)) && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0,
		.width = table_width_of(to),
		.now = clock_wall(),
	};
}

/* ---- times ---- */

/* Days from one local date to another; dates without their hours, so that a day of 23 hours is a day. */
static int days_between(const struct tm *from, const struct tm *to)
{
	struct tm a = {.tm_year = from->tm_year, .tm_mon = from->tm_mon, .tm_mday = from->tm_mday};
	struct tm b = {.tm_year = to->tm_year, .tm_mon = to->tm_mon, .tm_mday = to->tm_mday};

	return (int)((timegm(&b) - timegm(&a)) / 86400);
}

char *when_text(int64_t t, int64_t now, char *buf)
{
	time_t when = (time_t)t, today = (time_t)now;
	struct tm at, here;
	int days;

	(void)snprintf(buf, WHEN_TEXT, "never");
	if (t == TIME_UNKNOWN || !localtime_r(&when, &at) || !localtime_r(&today, &here))
		return buf;
	days = days_between(&here, &at);
	if (days == 0)
		(void)strftime(buf, WHEN_TEXT, "today %H:%M", &at);
	else if (days == 1)
		(void)strftime(buf, WHEN_TEXT, "tomorrow %H:%M", &at);
	else if (days == -1)
		(void)strftime(buf, WHEN_TEXT, "yesterday %H:%M", &at);
	else if (abs(days) <= DAY_NAMES_FOR)
		(void)strftime(buf, WHEN_TEXT, "%a %H:%M", &at);
	else
		(void)strftime(buf, WHEN_TEXT, "%Y-%m-%d %H:%M", &at);
	return buf;
}

char *age_text(int64_t t, int64_t now, char *buf)
{
	if (now - t < 10)
		(void)snprintf(buf, UNIT_TEXT, "%lld s", (long long)(now - t));
	else
		human_seconds((double)(now - t), buf);
	return buf;
}

char *when_and_age(int64_t t, int64_t now, char *buf)
{
	char age[UNIT_TEXT];
	size_t used;

	when_text(t, now, buf);
	if (t == TIME_UNKNOWN)
		return buf;
	used = strlen(buf);
	if (t > now)
		(void)snprintf(buf + used, WHEN_TEXT - used, " (in the future)");
	else
		(void)snprintf(buf + used, WHEN_TEXT - used, " (%s)", age_text(t, now, age));
	return buf;
}

char *clock_text(int64_t t, char *buf)
{
	time_t when = (time_t)t;
	struct tm at;

	if (t == TIME_UNKNOWN || !localtime_r(&when, &at) || strftime(buf, WHEN_TEXT, "%H:%M:%S", &at) == 0)
		buf[0] = '\0';
	return buf;
}

char *zone_name(char *buf)
{
	const char *zone = getenv("TZ");
	char link[256] = "";
	time_t now = time(NULL);
	struct tm here;
	char *name;

	if (zone && *zone) {
		(void)snprintf(buf, WHEN_TEXT, "%s", zone + (*zone == ':'));
		return buf;
	}
	if (readlink("/etc/localtime", link, sizeof(link) - 1) > 0 && (name = strstr(link, "zoneinfo/"))) {
		(void)snprintf(buf, WHEN_TEXT, "%.*s", WHEN_TEXT - 1, name + strlen("zoneinfo/"));
		return buf;
	}
	(void)snprintf(buf, WHEN_TEXT, "%s", localtime_r(&now, &here) ? here.tm_zone : "UTC");
	return buf;
}

/* ---- colours ---- */

const char *paint_on(const struct report *r, enum paint p)
{
	static const char *const codes[] = {
		[PAINT_NONE] = "",	    [PAINT_GREEN] = "\033[32m", [PAINT_AMBER] = "\033[33m",
		[PAINT_RED] = "\033[31m",   [PAINT_BOLD] = "\033[1m",
	};

	return r->colour ? codes[p] : "";
}

const char *paint_off(const struct report *r, enum paint p)
{
	return r->colour && p != PAINT_NONE ? "\033[0m" : "";
}

enum paint paint_of_verdict(enum verdict v)
{
	static const enum paint paints[] = {
		[VERDICT_PASS] = PAINT_GREEN,
		[VERDICT_FAIL] = PAINT_RED,
		[VERDICT_UNDECIDED] = PAINT_AMBER,
		[VERDICT_RUNNING] = PAINT_BOLD,
	};

	return paints[v];
}

size_t width_of(const struct report *r)
{
	return r->width > 0 ? (size_t)r->width : TABLE_WIDTH;
}

/* ---- JSON ---- */

struct json *json_begin(void)
{
	struct json *root = json_new_object();

	json_set_int(root, "schema", 1);
	return root;
}

void json_end(const struct report *r, struct json *root)
{
	struct error seen_in_ferror;

	if (json_write(root, r->to, isatty(fileno(r->to)), &seen_in_ferror) < 0)
		(void)fflush(r->to);
	json_free(&root);
}

void json_set_time(struct json *object, const char *key, int64_t t)
{
	char text[TIME_TEXT];

	json_set_text(object, key, t == TIME_UNKNOWN ? NULL : time_rfc3339(t, text));
}

void json_set_seconds(struct json *object, const char *key, double seconds)
{
	if (seconds < 0)
		json_set_null(object, key);
	else
		json_set_real(object, key, seconds);
}

void json_set_origin(struct json *object, const char *key, const struct origin *origin)
{
	autofree char *sentence = origin_sentence(origin);
	struct json *o;

	if (!sentence) {
		json_set_null(object, key);
		return;
	}
	o = json_new_object();
	json_set_text(o, "where", origin->where);
	json_set_text(o, "version", origin->version);
	json_set_text(o, "etag", origin->etag);
	json_set_time(o, "modified", origin->modified);
	json_set_text(o, "vouched", vouch_word(origin->vouch));
	json_set_text(o, "sentence", sentence);
	json_set(object, key, o);
}
