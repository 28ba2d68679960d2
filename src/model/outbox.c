#include "model/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PING_OF "ping of "
#define DAY 86400

static const char *const words[] = {
	[NEWS_FAIL] = "fail",	      [NEWS_STALE] = "stale",	[NEWS_REFUSED] = "refused", [NEWS_RECOVERED] = "recovered",
	[NEWS_WEEKLY] = "weekly",     [NEWS_TEST] = "test",	[NEWS_START] = "start",	    [NEWS_SUCCESS] = "success",
	[NEWS_FAILURE] = "failure",   [NEWS_ALIVE] = "alive",
};

const char *news_word(enum news n)
{
	return words[n];
}

int news_from_word(const char *word)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (same(words[i], word))
			return (int)i;
	return -1;
}

/* ---- messages ---- */

/* One line of UTF-8 without control bytes, cut between characters. */
static char *fit(const char *sentence)
{
	char *clean = printable(sentence ? sentence : "", false);
	size_t n = SENTENCE_CAP - strlen("...");

	if (strlen(clean) <= SENTENCE_CAP)
		return clean;
	while (n > 0 && ((unsigned char)clean[n] & 0xc0) == 0x80)
		n--;
	memcpy(clean + n, "...", sizeof("..."));
	return clean;
}

struct call *calls_add(struct calls *list, const char *target, enum news news, const char *source,
			     const char *sentence, int64_t at)
{
	struct call *m;

	list->items = grow(list->items, list->count, sizeof(*list->items));
	m = &list->items[list->count++];
	*m = (struct call){
		.target = xstrdup(target),
		.news = news,
		.source = source ? xstrdup(source) : NULL,
		.sentence = fit(sentence),
		.at = at,
		.next_try = at,
	};
	return m;
}

void call_done(struct call *m)
{
	free(m->target);
	free(m->source);
	free(m->sentence);
	*m = (struct call){0};
}

void calls_done(struct calls *list)
{
	for (size_t i = 0; i < list->count; i++)
		call_done(&list->items[i]);
	free(list->items);
	*list = (struct calls){0};
}

int64_t call_next_try(const struct call *m, int64_t wait_s, int64_t now)
{
	static const int64_t delays[] = {60, 300, 900, 3600};
	size_t i = m->tries < 0 ? 0 : (size_t)m->tries;
	int64_t delay = delays[i < COUNT(delays) ? i : COUNT(delays) - 1];

	/* a clock that was set meanwhile says nothing about a message's age, but the tries are counted */
	if (m->tries + 1 >= OUTBOX_TRIES || (m->at <= now && now - m->at > (int64_t)OUTBOX_DAYS * DAY))
		return TIME_UNKNOWN;
	return now + (wait_s > delay ? wait_s : delay);
}

/* ---- what was told ---- */

const struct told *tolds_find(const struct tolds *list, const char *source)
{
	static const struct told nothing = TOLD_NOTHING;

	for (size_t i = 0; i < list->count; i++)
		if (same(list->items[i].source, source))
			return &list->items[i];
	return &nothing;
}

void tolds_add(struct tolds *list, struct told *t)
{
	list->items = grow(list->items, list->count, sizeof(*list->items));
	list->items[list->count++] = *t;
	*t = TOLD_NOTHING;
}

struct told told_copy(const struct told *t)
{
	struct told copy = *t;

	copy.source = t->source ? xstrdup(t->source) : NULL;
	copy.refuted = t->refuted ? xstrdup(t->refuted) : NULL;
	return copy;
}

bool told_same(const struct told *a, const struct told *b)
{
	return a->troubled == b->troubled && a->stale == b->stale && a->refused == b->refused &&
	       same(a->refuted, b->refuted) && a->weekly == b->weekly && a->begun == b->begun && a->ended == b->ended &&
	       a->drilled == b->drilled;
}

void told_done(struct told *t)
{
	free(t->source);
	free(t->refuted);
	*t = TOLD_NOTHING;
}

void tolds_done(struct tolds *list)
{
	for (size_t i = 0; i < list->count; i++)
		told_done(&list->items[i]);
	free(list->items);
	*list = (struct tolds){0};
}

/* ---- targets ---- */

struct target *targets_add(struct targets *list, const char *name)
{
	struct target *t;

	list->items = grow(list->items, list->count, sizeof(*list->items));
	t = &list->items[list->count++];
	*t = (struct target){.name = xstrdup(name), .failing_since = TIME_UNKNOWN, .trouble = xstrdup("")};
	return t;
}

void targets_done(struct targets *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].trouble);
	}
	free(list->items);
	*list = (struct targets){0};
}

char *target_of_source(const char *source)
{
	return format(PING_OF "%s", source);
}

const char *target_source(const char *target)
{
	return starts_with(target, PING_OF) ? target + strlen(PING_OF) : NULL;
}
