#include "model/window.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

#define DAY_MINUTES (24 * 60)
#define LOOKED_AHEAD_S ((int64_t)3 * 86400) /* a window within an hour that is left out opens on the day after */

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

/*
 * The first moment after 't' at which it is open, or closed. Minute by minute: a time of day comes twice, or not at
 * all, where the clock is put back or forward.
 */
static int64_t next(const struct window *w, int64_t t, bool open)
{
	int64_t last = t + LOOKED_AHEAD_S;

	for (t++; t < last && window_is_open(w, t) != open; t = (t / 60 + 1) * 60)
		;
	return t;
}

int64_t window_opens(const struct window *w, int64_t t)
{
	return window_is_open(w, t) ? t : next(w, t, true);
}

int64_t window_closes(const struct window *w, int64_t t)
{
	return w->from == w->to ? INT64_MAX : next(w, t, false);
}
