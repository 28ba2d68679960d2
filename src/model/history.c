#include "model/history.h"

#include <stdlib.h>
#include <string.h>

static const char *const trigger_words[] = {
	[TRIGGER_OPERATOR] = "operator",
	[TRIGGER_SCHEDULE] = "schedule",
	[TRIGGER_BUTTON] = "button",
};

const char *trigger_word(enum trigger t)
{
	return trigger_words[t];
}

int trigger_from_word(const char *word)
{
	for (size_t i = 0; i < COUNT(trigger_words); i++)
		if (strcmp(trigger_words[i], word) == 0)
			return (int)i;
	return -1;
}

const char *event_kind_word(enum event_kind k)
{
	static const char *const words[] = {
		[EVENT_ROUND] = "round",
		[EVENT_PULL] = "pull",
		[EVENT_DRILL] = "drill",
	};

	return words[k];
}

struct event *events_add(struct events *list)
{
	struct event *e;

	list->items = grow(list->items, list->count, sizeof(*list->items));
	e = &list->items[list->count++];
	e->started = e->ended = TIME_UNKNOWN;
	e->restore_seconds = -1;
	return e;
}

void event_done(struct event *e)
{
	free(e->source);
	free(e->dump);
	free(e->reason);
	*e = (struct event){.started = TIME_UNKNOWN, .ended = TIME_UNKNOWN, .restore_seconds = -1};
}

void events_done(struct events *list)
{
	for (size_t i = 0; i < list->count; i++)
		event_done(&list->items[i]);
	free(list->items);
	*list = (struct events){0};
}

void drill_record_done(struct drill_record *d)
{
	event_done(&d->event);
	findings_done(&d->findings);
}

void dump_record_done(struct dump_record *d)
{
	free(d->name);
	free(d->source);
	free(d->system_identifier);
	origin_done(&d->origin);
	free(d->decided_reason);
	free(d->last_reason);
	free(d->accepted_by);
	free(d->accepted_why);
	*d = (struct dump_record){0};
}

enum dump_state dump_state_after(enum dump_state before, enum level level, enum verdict verdict)
{
	if (level == LEVEL_QUICK)
		return before;
	if (verdict == VERDICT_PASS)
		return DUMP_PROVEN;
	return verdict == VERDICT_FAIL ? DUMP_REFUTED : before;
}

static const struct event *pull_of(const struct events *events, int64_t round)
{
	for (size_t i = 0; i < events->count; i++)
		if (events->items[i].kind == EVENT_PULL && events->items[i].round == round)
			return &events->items[i];
	return NULL;
}

/* A drill that came to an end by itself, whatever the verdict: in the round, or of what its pull brought. */
static bool settles(const struct event *e, int64_t round, const struct event *pull)
{
	return e->kind == EVENT_DRILL && e->verdict != VERDICT_RUNNING && !e->interrupted &&
	       (e->round == round || (pull->dump && same(e->dump, pull->dump)));
}

/* Whether a round brought a dump that was drilled; where that was cut short, its repetition counts. */
static bool round_complete(const struct events *events, int64_t round)
{
	const struct event *pull = pull_of(events, round);
	bool complete = false;

	for (size_t i = 0; pull && pull->verdict == VERDICT_PASS && i < events->count && !complete; i++)
		complete = settles(&events->items[i], round, pull);
	return complete;
}

static void attempts_of_rounds(const struct events *events, struct attempts *ret)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->items[i];

		if (e->kind != EVENT_ROUND || e->verdict == VERDICT_RUNNING)
			continue;
		if (ret->last_end == TIME_UNKNOWN || (e->ended != TIME_UNKNOWN && e->ended > ret->last_end))
			ret->last_end = e->ended;
		if (ret->last_round == TIME_UNKNOWN && round_complete(events, e->id))
			ret->last_round = e->started;
	}
}

/* An interrupted pull failed at nothing: it neither adds to the failures nor ends their row. */
static void attempts_of_pulls(const struct events *events, struct attempts *ret)
{
	bool newest = true, ended = false;

	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->items[i];

		if (e->kind != EVENT_PULL)
			continue;
		if (ret->last_try == TIME_UNKNOWN)
			ret->last_try = e->started;
		if (e->verdict == VERDICT_RUNNING)
			continue;
		if (!ended)
			ret->delivered = e->verdict == VERDICT_PASS;
		ended = true;
		if (e->interrupted)
			continue;
		if (e->verdict == VERDICT_PASS)
			return;
		ret->failures++;
		if (newest) {
			ret->last_failed = true;
			ret->why = e->why;
		}
		newest = false;
	}
}

/* What stands on its own: a round, or a pull or a drill outside of one. */
static void attempts_of_interruptions(const struct events *events, struct attempts *ret)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->items[i];

		if (e->verdict == VERDICT_RUNNING || (e->kind != EVENT_ROUND && e->round))
			continue;
		if (!e->interrupted)
			return;
		ret->interrupted++;
	}
}

void attempts_of(const struct events *newest_first, int64_t first_seen, struct attempts *ret)
{
	*ret = (struct attempts){
		.first_seen = first_seen,
		.last_round = TIME_UNKNOWN,
		.last_try = TIME_UNKNOWN,
		.last_end = TIME_UNKNOWN,
	};
	attempts_of_rounds(newest_first, ret);
	attempts_of_pulls(newest_first, ret);
	attempts_of_interruptions(newest_first, ret);
}
