#include "base/clock.h"

#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

int64_t clock_wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

int64_t clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

double clock_mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool utc(int64_t t, struct tm *ret_tm)
{
	time_t when = (time_t)t;

	return t != TIME_UNKNOWN && gmtime_r(&when, ret_tm);
}

char *time_rfc3339(int64_t t, char *buf)
{
	struct tm tm;

	if (!utc(t, &tm) || strftime(buf, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		buf[0] = '\0';
	return buf;
}

char *time_compact(int64_t t, char *buf)
{
	struct tm tm;

	if (!utc(t, &tm) || strftime(buf, TIME_TEXT, "%Y%m%d_%H%M%S", &tm) == 0)
		buf[0] = '\0';
	return buf;
}

int64_t time_parse_rfc3339(const char *text)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%d", &tm);
	int hours, minutes, used = 0;
	char sign;

	if (!rest || (*rest != 'T' && *rest != 't' && *rest != ' '))
		return TIME_UNKNOWN;
	rest = strptime(rest + 1, "%H:%M:%S", &tm);
	if (!rest)
		return TIME_UNKNOWN;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if ((*rest == 'Z' || *rest == 'z') && rest[1] == '\0')
		return timegm(&tm);
	if (sscanf(rest, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) != 3 || rest[used] != '\0')
		return TIME_UNKNOWN;
	if ((sign != '+' && sign != '-') || hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return TIME_UNKNOWN;
	return timegm(&tm) - (sign == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
}

int64_t time_parse_compact(const char *text)
{
	struct tm tm = {0};
	char again[TIME_TEXT];
	const char *rest = strptime(text, "%Y%m%d_%H%M%S", &tm);
	int64_t t;

	if (!rest || *rest)
		return TIME_UNKNOWN;
	t = timegm(&tm);
	/* strptime is lenient: what it read must be what we would write */
	return strcmp(time_compact(t, again), text) == 0 ? t : TIME_UNKNOWN;
}

int time_month(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (strncmp(names + (ptrdiff_t)3 * i, name, 3) == 0)
			return i;
	return -1;
}

/*
 * mktime(3) may answer differently from call to call where a wall time comes
 * twice or not at all, so both halves of the year are asked: the first that
 * really reads so wins, and in a gap the later reading, which is past the jump.
 */
int64_t time_local(int64_t of, int days, int hour, int minute)
{
	int64_t exact = INT64_MAX, latest = TIME_UNKNOWN;
	time_t when = (time_t)of;
	struct tm day;

	for (int dst = 0; localtime_r(&when, &day) && dst <= 1; dst++) {
		struct tm asked = {.tm_year = day.tm_year, .tm_mon = day.tm_mon, .tm_mday = day.tm_mday + days,
				   .tm_hour = hour, .tm_min = minute, .tm_isdst = dst};
		struct tm read;
		time_t t = mktime(&asked);

		if (t == (time_t)-1 || !localtime_r(&t, &read))
			continue;
		if (read.tm_hour == hour && read.tm_min == minute && t < exact)
			exact = t;
		if (t > latest)
			latest = t;
	}
	return exact != INT64_MAX ? exact : latest;
}

bool time_of_day_parse(const char *text, int *ret_minute)
{
	int64_t hour, minute;
	char part[3] = "";

	if (strlen(text) != 5 || text[2] != ':')
		return false;
	memcpy(part, text, 2);
	if (!parse_int(part, 0, 23, &hour) || !parse_int(text + 3, 0, 59, &minute))
		return false;
	*ret_minute = (int)(hour * 60 + minute);
	return true;
}

struct deadline deadline_in(struct deadline outer, int64_t ms)
{
	int64_t at = clock_mono_ms() + ms;

	return (struct deadline){at < outer.at_ms ? at : outer.at_ms, outer.stop_fd};
}

int deadline_left(struct deadline d)
{
	int64_t left;

	if (d.at_ms == INT64_MAX)
		return -1;
	left = d.at_ms - clock_mono_ms();
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

bool deadline_stopped(struct deadline d)
{
	struct pollfd p = {.fd = d.stop_fd, .events = POLLIN};

	return d.stop_fd >= 0 && poll(&p, 1, 0) > 0;
}

void deadline_rest(struct deadline d, int64_t ms)
{
	struct pollfd stop = {.fd = d.stop_fd, .events = POLLIN};

	(void)poll(&stop, 1, deadline_left(deadline_in(d, ms)));
}
