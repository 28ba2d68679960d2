#include "model/window.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

#define DAY_MINUTES (24 * 60)

bool window_parse(const char *text, struct window *ret)
{
	const char *dash = strchr(text, '-');
	autofree char *from = NULL;
	struct window w;

	if (same(text, "always")) {
		*ret = (struct window){0};
		return true;
	}
	if (!dash)
		return false;
	from = xstrndup(text, (size_t)(dash - text));
	if (!time_of_day_parse(from, &w.from) || !time_of_day_parse(dash + 1, &w.to) || w.from == w.to)
		return false;
	*ret = w;
	return true;
}

char *window_text(const struct window *w)
{
	if (w->from == w->to)
		return xstrdup("always");
	return format("%02d:%02d-%02d:%02d", w->from / 60, w->from % 60, w->to / 60, w->to % 60);
}

int64_t window_closed_s(const struct window *w)
{
	return window_wait_s(w, w->to);
}

static bool holds(const struct window *w, int minute)
{
	if (w->from <= w->to)
		return w->from == w->to || (minute >= w->from && minute < w->to);
	return minute >= w->from || minute < w->to;
}

int64_t window_wait_s(const struct window *w, int minute)
{
	return holds(w, minute) ? 0 : (int64_t)((w->from - minute + DAY_MINUTES) % DAY_MINUTES) * 60;
}

bool window_is_open(const struct window *w, int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	return !localtime_r(&when, &tm) || holds(w, tm.tm_hour * 60 + tm.tm_min);
}

/* The first of a time of day from 't' on. */
static int64_t next(int minute, int64_t t)
{
	int64_t at = t;

	for (int days = 0; days <= 2; days++) {
		at = time_local(t, days, minute / 60, minute % 60);
		if (at >= t)
			break;
	}
	return at < t ? t : at;
}

int64_t window_opens(const struct window *w, int64_t t)
{
	return window_is_open(w, t) ? t : next(w->from, t);
}

int64_t window_closes(const struct window *w, int64_t t)
{
	if (w->from == w->to)
		return INT64_MAX;
	return window_is_open(w, t) ? next(w->to, t + 1) : t + 1;
}
