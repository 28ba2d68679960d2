#include "model/retention.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UNPROVEN_KEPT 7
#define REFUTED_KEPT 2
#define REFUTED_DAYS 14
#define PUBLISHED_KEPT 2
#define DAY ((int64_t)86400)

/* Some dumps of one source, newest first, as indexes into the list. */
struct pile {
	size_t *at;
	size_t count;
};

static void pile_done(const struct pile *p)
{
	free(p->at);
}

static int newest_first(const void *a, const void *b, void *list)
{
	const struct dump *items = ((const struct dumps *)list)->items;
	const struct dump *x = &items[*(const size_t *)a], *y = &items[*(const size_t *)b];

	if (x->taken != y->taken)
		return x->taken < y->taken ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* The source's dumps in this state; those dated after 'now' left out, or, with 'future', only those. */
static struct pile pile_of(const struct dumps *list, const char *source, enum dump_state state, int64_t now, bool future)
{
	struct pile p = {xcalloc(list->count, sizeof(*p.at)), 0};

	for (size_t i = 0; i < list->count; i++) {
		const struct dump *d = &list->items[i];

		if (same(d->source, source) && d->state == state && (d->taken > now) == future)
			p.at[p.count++] = i;
	}
	if (p.count > 1)
		qsort_r(p.at, p.count, sizeof(*p.at), newest_first, (void *)list);
	return p;
}

/*
 * The one dump of a state that is never pruned: the newest that is not dated in
 * the future, or the newest of all where every one is. -1 when there is none.
 */
static int64_t untouchable(const struct dumps *list, const char *source, enum dump_state state, int64_t now)
{
	CLEANUP(pile_done) struct pile past = pile_of(list, source, state, now, false);
	CLEANUP(pile_done) struct pile future = pile_of(list, source, state, now, true);

	if (past.count)
		return (int64_t)past.at[0];
	return future.count ? (int64_t)future.at[0] : -1;
}

enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH };

/* The number of the UTC day, week (from Monday) or month that a time is in. */
static int64_t period_of(enum period period, int64_t t)
{
	int64_t day = t / DAY - (t % DAY < 0);
	int64_t since_monday = day + 3; /* 1970 began on a Thursday */
	time_t when = (time_t)t;
	struct tm tm;

	if (period == PERIOD_DAY)
		return day;
	if (period == PERIOD_WEEK)
		return since_monday / 7 - (since_monday % 7 < 0);
	return gmtime_r(&when, &tm) ? (int64_t)tm.tm_year * 12 + tm.tm_mon : 0;
}

/* Keep a dump for a reason; the first reason is the one that is told. */
static void stays(struct dump *d, char *why)
{
	if (d->kept_because)
		free(why);
	else
		d->kept_because = why;
}

/*
 * For each dump of a pile: where it is the newest of its period, the number of
 * that period among those that have a dump, 1 the latest; else INT_MAX. So a
 * source that stood still for a year loses nothing by it.
 */
static int *number_periods(const struct dumps *list, const struct pile *p, enum period period)
{
	int *numbers = xcalloc(p->count, sizeof(*numbers));
	int64_t last = 0;
	int n = 0;

	for (size_t i = 0; i < p->count; i++) {
		int64_t in = period_of(period, list->items[p->at[i]].taken);

		numbers[i] = n == 0 || in != last ? ++n : INT_MAX;
		last = in;
	}
	return numbers;
}

/* 'what' is "newest proven of its day". */
static void keep_periods(struct dumps *list, const struct pile *p, enum period period, int kept, const char *what)
{
	autofree int *numbers = number_periods(list, p, period);

	for (size_t i = 0; i < p->count; i++)
		if (numbers[i] <= kept)
			stays(&list->items[p->at[i]], format("%s, %d of %d kept", what, numbers[i], kept));
}

static void judge_proven(struct dumps *list, const char *source, struct keep keep, int64_t now)
{
	CLEANUP(pile_done) struct pile p = pile_of(list, source, DUMP_PROVEN, now, false);

	keep_periods(list, &p, PERIOD_DAY, keep.daily, "newest proven of its day");
	keep_periods(list, &p, PERIOD_WEEK, keep.weekly, "newest proven of its week");
	keep_periods(list, &p, PERIOD_MONTH, keep.monthly, "newest proven of its month");
}

static void judge_unproven(struct dumps *list, const char *source, int64_t now)
{
	CLEANUP(pile_done) struct pile p = pile_of(list, source, DUMP_UNPROVEN, now, false);
	size_t newest = p.count < UNPROVEN_KEPT ? p.count : UNPROVEN_KEPT;
	struct pile older = {p.at + newest, p.count - newest};
	autofree int *numbers = number_periods(list, &older, PERIOD_WEEK);

	for (size_t i = 0; i < newest; i++)
		stays(&list->items[p.at[i]], format("one of the %d newest unproven", UNPROVEN_KEPT));
	for (size_t i = 0; i < older.count; i++)
		if (numbers[i] != INT_MAX)
			stays(&list->items[older.at[i]], xstrdup("newest unproven of its week"));
}

static void judge_refuted(struct dumps *list, const char *source, int64_t now)
{
	CLEANUP(pile_done) struct pile p = pile_of(list, source, DUMP_REFUTED, now, false);

	for (size_t i = 0; i < p.count && i < REFUTED_KEPT; i++) {
		struct dump *d = &list->items[p.at[i]];

		if (now - d->taken <= REFUTED_DAYS * DAY)
			stays(d, format("one of the %d newest refuted, for %d days", REFUTED_KEPT, REFUTED_DAYS));
	}
}

static char *gone_because(const struct dump *d, struct keep keep, int64_t now)
{
	switch (d->state) {
	case DUMP_PROVEN:
		return format("proven, but not the newest of one of the %d days, %d weeks and %d months kept", keep.daily,
			      keep.weekly, keep.monthly);
	case DUMP_UNPROVEN:
		return format("unproven, and neither one of the %d newest nor the newest of its week", UNPROVEN_KEPT);
	case DUMP_REFUTED:
		break;
	}
	if (now - d->taken > REFUTED_DAYS * DAY)
		return format("refuted, and older than %d days", REFUTED_DAYS);
	return format("refuted, and %d newer refuted ones are kept", REFUTED_KEPT);
}

/* What stays whatever the numbers say. */
static void keep_always(struct dumps *list, const char *source, struct keep keep, int64_t now)
{
	int64_t proven = untouchable(list, source, DUMP_PROVEN, now);
	int64_t unproven = untouchable(list, source, DUMP_UNPROVEN, now);

	for (size_t i = 0; i < list->count; i++) {
		struct dump *d = &list->items[i];

		if (!same(d->source, source))
			continue;
		set_text(&d->kept_because, NULL);
		if ((int64_t)i == proven)
			stays(d, xstrdup("newest proven: never pruned"));
		else if ((int64_t)i == unproven)
			stays(d, xstrdup("newest unproven: never pruned"));
		else if (d->orphan)
			stays(d, xstrdup("orphan: its source has no file"));
		else if (keep.daily < 0)
			stays(d, xstrdup("its source's file cannot be used"));
		else if (d->taken > now)
			stays(d, xstrdup("dated in the future"));
	}
}

void retention_judge(struct dumps *list, const char *source, struct keep keep, int64_t now, char **ret_gone_because)
{
	keep_always(list, source, keep, now);
	judge_proven(list, source, keep, now);
	judge_unproven(list, source, now);
	judge_refuted(list, source, now);
	for (size_t i = 0; i < list->count; i++) {
		const struct dump *d = &list->items[i];

		if (same(d->source, source))
			ret_gone_because[i] = d->kept_because ? NULL : gone_because(d, keep, now);
	}
}

void retention_judge_published(struct dumps *list, const char *source, struct keep keep, int64_t now,
			       char **ret_gone_because)
{
	CLEANUP(pile_done) struct pile p = pile_of(list, source, DUMP_UNPROVEN, now, false);
	CLEANUP(pile_done) struct pile future = pile_of(list, source, DUMP_UNPROVEN, now, true);

	for (size_t i = 0; i < list->count; i++)
		set_text(&list->items[i].kept_because, NULL);
	for (size_t i = 0; i < p.count && i < PUBLISHED_KEPT; i++)
		stays(&list->items[p.at[i]], format("one of the %d newest: never removed", PUBLISHED_KEPT));
	for (size_t i = 0; i < future.count; i++)
		stays(&list->items[future.at[i]], xstrdup("dated in the future"));
	keep_periods(list, &p, PERIOD_DAY, keep.daily, "newest of its day");
	keep_periods(list, &p, PERIOD_WEEK, keep.weekly, "newest of its week");
	keep_periods(list, &p, PERIOD_MONTH, keep.monthly, "newest of its month");
	for (size_t i = 0; i < p.count; i++)
		if (!list->items[p.at[i]].kept_because)
			ret_gone_because[p.at[i]] = format("not the newest of one of the %d days, %d weeks and %d months kept",
							   keep.daily, keep.weekly, keep.monthly);
}

/* Oldest first. */
static size_t add_refuted(const struct dumps *list, const char *source, int64_t now, size_t *ret)
{
	CLEANUP(pile_done) struct pile p = pile_of(list, source, DUMP_REFUTED, now, false);
	CLEANUP(pile_done) struct pile future = pile_of(list, source, DUMP_REFUTED, now, true);
	size_t n = 0;

	for (size_t i = p.count; i-- > 0;)
		ret[n++] = p.at[i];
	for (size_t i = future.count; i-- > 0;)
		ret[n++] = future.at[i];
	return n;
}

/* The middle one first: the newest is the freshest there is, the oldest the nearest to when all was well. */
static size_t add_unproven(const struct dumps *list, const char *source, int64_t now, size_t *ret)
{
	CLEANUP(pile_done) struct pile future = pile_of(list, source, DUMP_UNPROVEN, now, true);
	CLEANUP(pile_done) struct pile past = pile_of(list, source, DUMP_UNPROVEN, now, false);
	autofree size_t *left = xcalloc(future.count + past.count, sizeof(*left));
	int64_t never = untouchable(list, source, DUMP_UNPROVEN, now);
	size_t count = 0, n = 0;

	for (size_t i = 0; i < future.count; i++)
		if ((int64_t)future.at[i] != never)
			left[count++] = future.at[i];
	for (size_t i = 0; i < past.count; i++)
		if ((int64_t)past.at[i] != never)
			left[count++] = past.at[i];
	while (count > 0) {
		size_t middle = (count - 1) / 2;

		ret[n++] = left[middle];
		count--;
		memmove(left + middle, left + middle + 1, (count - middle) * sizeof(*left));
	}
	return n;
}

/* Oldest first. What is dated in the future has no place in [keep] yet, and stays. */
static size_t add_proven_beyond(const struct dumps *list, const char *source, struct keep keep, int64_t now, size_t *ret)
{
	CLEANUP(pile_done) struct pile p = pile_of(list, source, DUMP_PROVEN, now, false);
	autofree int *days = number_periods(list, &p, PERIOD_DAY);
	autofree int *weeks = number_periods(list, &p, PERIOD_WEEK);
	autofree int *months = number_periods(list, &p, PERIOD_MONTH);
	size_t n = 0;

	for (size_t i = p.count; i-- > 1;) /* the first is the newest proven */
		if (days[i] > keep.daily && weeks[i] > keep.weekly && months[i] > keep.monthly)
			ret[n++] = p.at[i];
	return n;
}

size_t retention_pressure_order(const struct dumps *list, const char *source, struct keep keep, int64_t now,
				size_t *ret_order)
{
	size_t n = 0;

	if (keep.daily < 0)
		return 0;
	n += add_refuted(list, source, now, ret_order + n);
	n += add_unproven(list, source, now, ret_order + n);
	n += add_proven_beyond(list, source, keep, now, ret_order + n);
	return n;
}
