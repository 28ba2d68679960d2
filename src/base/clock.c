#include "base/clock.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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
