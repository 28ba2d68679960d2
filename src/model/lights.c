#include "model/lights.h"

#include "base/text.h"

#define MOST_MARKS 7
#define LONGEST_WAIT_MS 500

/*
 * A pattern over its period: lit from 0 to the first mark, dark to the second,
 * and so on; the last mark's state holds to the end.
 */
static const struct {
	const char *word;
	int period; /* ms; 0: never changes */
	bool lit;   /* at 0 */
	int marks[MOST_MARKS];
} patterns[] = {
	[PATTERN_OFF] = {"off", 0, false, {0}},
	[PATTERN_ON] = {"on", 0, true, {0}},
	[PATTERN_HEARTBEAT] = {"heartbeat", 2000, true, {1900}},
	[PATTERN_BREATHE] = {"breathe", 1000, true, {500}},
	[PATTERN_DOUBLE] = {"double", 2000, true, {150, 300, 450}},
	[PATTERN_TRIPLE] = {"triple", 2000, true, {150, 300, 450, 600, 750}},
	[PATTERN_FLASH] = {"flash", 500, true, {250}},
	[PATTERN_FLICKER] = {"flicker", 100, true, {50}},
	[PATTERN_ALTERNATE] = {"alternate", 1000, true, {500}},
};

static bool any_refuted(const struct facts *f, bool acknowledged)
{
	for (size_t i = 0; i < f->source_count; i++)
		if (f->sources[i].newest_refuted && f->sources[i].refuted_acknowledged == acknowledged)
			return true;
	return false;
}

bool source_is_proven(const struct source_facts *s)
{
	return s->in_date && s->ever_proven && s->proven_copy_present && s->proven_copy_fresh && !s->newest_refuted &&
	       !s->newest_undecided && !s->broken;
}

static enum pattern pass_lamp(const struct facts *f)
{
	if (f->source_count == 0 || !f->clock_known || f->ill)
		return PATTERN_OFF;
	for (size_t i = 0; i < f->source_count; i++)
		if (!source_is_proven(&f->sources[i]))
			return PATTERN_OFF;
	return PATTERN_HEARTBEAT;
}

static enum pattern fail_lamp(const struct facts *f)
{
	if (f->ill)
		return PATTERN_ALTERNATE;
	if (any_refuted(f, false))
		return PATTERN_FLASH;
	return any_refuted(f, true) ? PATTERN_ON : PATTERN_OFF;
}

static bool wants_attention(const struct source_facts *s)
{
	return !s->ever_proven || !s->in_date || s->newest_undecided || s->pull_refused || s->older_refuted || s->broken;
}

static enum pattern busy_lamp(const struct facts *f)
{
	if (f->ill)
		return PATTERN_ALTERNATE;
	if (f->button == BUTTON_HELD)
		return PATTERN_ON;
	if (f->button == BUTTON_HELD_LONG)
		return PATTERN_FLICKER;
	if (f->working)
		return PATTERN_BREATHE;
	if (!f->network || !f->clock_known)
		return PATTERN_TRIPLE;
	for (size_t i = 0; i < f->source_count; i++)
		if (wants_attention(&f->sources[i]))
			return PATTERN_DOUBLE;
	if (f->tight || (pass_lamp(f) == PATTERN_OFF && fail_lamp(f) == PATTERN_OFF))
		return PATTERN_DOUBLE;
	return PATTERN_OFF;
}

struct lights lights_of(const struct facts *f)
{
	return (struct lights){.pass = pass_lamp(f), .busy = busy_lamp(f), .fail = fail_lamp(f)};
}

static int within(enum pattern p, int64_t ms)
{
	int64_t at = ms % patterns[p].period;

	return (int)(at < 0 ? at + patterns[p].period : at);
}

bool pattern_lit(enum pattern p, int64_t ms, bool is_fail)
{
	bool lit = patterns[p].lit;
	int at;

	if (patterns[p].period == 0)
		return lit;
	at = within(p, ms);
	for (int i = 0; i < MOST_MARKS && patterns[p].marks[i] && patterns[p].marks[i] <= at; i++)
		lit = !lit;
	return p == PATTERN_ALTERNATE && !is_fail ? !lit : lit;
}

static int until_change(enum pattern p, int64_t ms)
{
	int at;

	if (patterns[p].period == 0)
		return LONGEST_WAIT_MS;
	at = within(p, ms);
	for (int i = 0; i < MOST_MARKS && patterns[p].marks[i]; i++)
		if (patterns[p].marks[i] > at)
			return patterns[p].marks[i] - at;
	return patterns[p].period - at;
}

int lights_next_change(const struct lights *l, int64_t ms)
{
	const enum pattern lamps[] = {l->pass, l->busy, l->fail};
	int soonest = LONGEST_WAIT_MS;

	for (size_t i = 0; i < COUNT(lamps); i++) {
		int wait = until_change(lamps[i], ms);

		if (wait < soonest)
			soonest = wait;
	}
	return soonest;
}

const char *pattern_word(enum pattern p)
{
	return patterns[p].word;
}

int pattern_from_word(const char *word)
{
	for (size_t i = 0; i < COUNT(patterns); i++)
		if (same(patterns[i].word, word))
			return (int)i;
	return -1;
}
