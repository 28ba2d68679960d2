#include "run/agenda.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_AFTER_MS ((int64_t)24 * 3600 * 1000) /* a copy that cannot be re-read is tried again after a day */
#define MOST_WISHED 100 /* tasks that wait, beyond which a wish is in vain */

static void add(struct agenda *a, const char *verb, const char *what, enum trigger trigger)
{
	a->tasks = grow(a->tasks, a->count, sizeof(*a->tasks));
	a->tasks[a->count++] = (struct task){verb, xstrdup(what), trigger};
}

static int compare_due(const void *a, const void *b)
{
	const struct source_overview *const *x = a, *const *y = b;

	if ((*x)->due.since != (*y)->due.since)
		return (*x)->due.since < (*y)->due.since ? -1 : 1;
	if ((*x)->last_try != (*y)->last_try)
		return (*x)->last_try < (*y)->last_try ? -1 : 1;
	return *x < *y ? -1 : 1; /* the overview is in order of names */
}

static const char *name_of(const struct overview *o, const struct source_overview *s)
{
	return o->status.sources[s - o->sources].source;
}

/*
 * An interrupted drill is repeated as a drill: its dump is there, and pulling
 * once more would leave it unjudged.
 */
static const char *verb_for(const struct source_overview *s)
{
	return s->due.reason == DUE_INTERRUPTED && s->delivered ? "drill" : "round";
}

/*
 * Proven copies that nobody has read for a week, or that look damaged, are drilled
 * as ever: green goes on meaning what it says, and bytes that rotted are refuted.
 */
static bool add_looking_after(struct agenda *a, const struct overview *o, int64_t now_ms)
{
	if (a->looked_after_ms && now_ms - a->looked_after_ms < LOOK_AFTER_MS)
		return false;
	for (size_t i = 0; i < o->status.source_count; i++) {
		const struct source_overview *s = &o->sources[i];

		if (s->usable && s->newest_proven && !(s->facts.proven_copy_present && s->facts.proven_copy_fresh))
			add(a, "drill", s->newest_proven, TRIGGER_SCHEDULE);
	}
	if (a->count)
		a->looked_after_ms = now_ms;
	return a->count > 0;
}

bool agenda_add_due(struct agenda *a, const struct overview *o, int64_t now, int64_t now_ms)
{
	const struct source_overview **due = xcalloc(o->status.source_count + 1, sizeof(struct source_overview *));
	size_t n = 0;

	for (size_t i = 0; i < o->status.source_count; i++)
		if (o->sources[i].usable && o->sources[i].due.at != TIME_UNKNOWN && o->sources[i].due.at <= now)
			due[n++] = &o->sources[i];
	if (n > 1)
		qsort(due, n, sizeof(struct source_overview *), compare_due);
	for (size_t i = 0; i < n; i++)
		add(a, verb_for(due[i]), name_of(o, due[i]), TRIGGER_SCHEDULE);
	free(due);
	return n > 0 || add_looking_after(a, o, now_ms);
}

void agenda_add_press(struct agenda *a, const struct overview *o, bool rounds)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->tasks[i].trigger == TRIGGER_BUTTON)
			return;
	for (size_t i = 0; i < o->status.source_count; i++) {
		if (!o->sources[i].usable)
			continue;
		add(a, rounds || o->status.sources[i].dumps == 0 ? "round" : "drill", o->status.sources[i].source,
		    TRIGGER_BUTTON);
	}
}

static void add_wish(struct agenda *a, const char *what)
{
	if (a->count >= MOST_WISHED)
		return;
	for (size_t i = 0; i < a->count; i++)
		if (same(a->tasks[i].verb, "drill") && same(a->tasks[i].what, what))
			return;
	add(a, "drill", what, TRIGGER_OPERATOR);
}

void agenda_add_drill(struct agenda *a, const struct overview *o, const char *what)
{
	if (*what)
		add_wish(a, what);
	for (size_t i = 0; !*what && i < o->status.source_count; i++)
		if (o->sources[i].usable && o->status.sources[i].dumps)
			add_wish(a, o->status.sources[i].source);
}

/* Whether the schedule still asks for it; what is no source's round is for others to say. */
static bool is_due(const struct overview *o, const struct task *t, int64_t now)
{
	if (t->trigger != TRIGGER_SCHEDULE || !same(t->verb, "round"))
		return true;
	for (size_t i = 0; i < o->status.source_count; i++)
		if (same(o->status.sources[i].source, t->what))
			return o->sources[i].usable && o->sources[i].due.at != TIME_UNKNOWN && o->sources[i].due.at <= now;
	return false;
}

void agenda_drop_not_due(struct agenda *a, const struct overview *o, int64_t now)
{
	size_t left = 0;

	for (size_t i = 0; i < a->count; i++)
		if (is_due(o, &a->tasks[i], now))
			a->tasks[left++] = a->tasks[i];
		else
			task_done(&a->tasks[i]);
	a->count = left;
}

bool agenda_next(struct agenda *a, struct task *ret)
{
	if (a->count == 0)
		return false;
	*ret = a->tasks[0];
	memmove(a->tasks, a->tasks + 1, --a->count * sizeof(*a->tasks));
	return true;
}

void task_done(struct task *t)
{
	free(t->what);
	*t = (struct task){0};
}

void agenda_done(struct agenda *a)
{
	for (size_t i = 0; i < a->count; i++)
		task_done(&a->tasks[i]);
	free(a->tasks);
	*a = (struct agenda){0};
}

int64_t agenda_next_due(const struct overview *o)
{
	int64_t first = TIME_UNKNOWN;

	for (size_t i = 0; i < o->status.source_count; i++)
		if (o->sources[i].due.at != TIME_UNKNOWN && (first == TIME_UNKNOWN || o->sources[i].due.at < first))
			first = o->sources[i].due.at;
	return first;
}
