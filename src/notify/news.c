#include "notify/news.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define NAMED_AT_MOST 10
#define CLOCK_PUT_BACK_S 3600

static bool says(const char *text)
{
	return text && *text;
}

/* ---- sentences, of what happened ---- */

/* "its newest proven data is of 2026-11-22T04:15:00Z, 31 h ago; the last pull did not deliver: ..." */
static char *stale_sentence(const struct situation *s)
{
	const struct source_status *st = s->status;
	char as_of[TIME_TEXT], age[UNIT_TEXT];
	const char *pull = says(st->last_try_result) && !same(st->last_try_result, "pass") ? st->last_try_result : NULL;
	const char *why = pull ? pull : says(st->reason) ? st->reason : says(st->brief) ? st->brief : NULL;

	if (!s->facts->ever_proven)
		return format("it has no proven dump any more%s%s%s", why ? "; " : "",
			      pull ? "the last pull did not deliver: " : "", why ? why : "");
	return format("its newest proven data is of %s, %s old%s%s%s", time_rfc3339(st->data_as_of, as_of),
		      human_seconds((double)(s->now - st->data_as_of), age), why ? "; " : "",
		      pull ? "the last pull did not deliver: " : "", why ? why : "");
}

static char *recovered_sentence(const struct situation *s)
{
	char as_of[TIME_TEXT];

	return format("data as of %s", time_rfc3339(s->status->data_as_of, as_of));
}

/* What keeps a source from being proven though its round failed at nothing. */
static char *unproven_sentence(const struct situation *s, const char *but)
{
	const struct source_status *st = s->status;
	const char *why = !s->clock_known ? "the box's clock is not known" : says(st->reason) ? st->reason : st->brief;

	return format("the round %s the source is not proven and in date%s%s", but, says(why) ? ": " : "", says(why) ? why : "");
}

/* ---- the webhook ---- */

static void add(const struct situation *s, struct calls *news, enum news what, const char *sentence)
{
	calls_add(news, TARGET_WEBHOOK, what, s->status->source, sentence, s->now);
}

static bool is_well(const struct situation *s)
{
	return s->clock_known && s->status->verdict == VERDICT_PASS && source_is_proven(s->facts) && !s->facts->pull_refused;
}

/* A dump that was told stays told while another, not yet judged, takes its place. */
static void tell_refuted(const struct situation *s, struct told *t, struct calls *news)
{
	autofree char *sentence = NULL;

	if (!s->refuted || same(s->refuted, t->refuted))
		return;
	sentence = format("%s: %s", s->refuted, says(s->status->reason) ? s->status->reason : "refuted");
	add(s, news, NEWS_FAIL, sentence);
	set_text(&t->refuted, s->refuted);
}

static void tell_stale(const struct situation *s, struct told *t, struct calls *news)
{
	/* where the last copy was refuted, that is told */
	bool stale = (s->facts->ever_proven || (s->ever_proven && !s->refuted)) && !s->facts->in_date;

	/* of a file that cannot be used nobody knows how old the data may be */
	if (!s->clock_known || s->facts->broken)
		return;
	if (stale && !t->stale) {
		autofree char *sentence = stale_sentence(s);

		add(s, news, NEWS_STALE, sentence);
	}
	t->stale = stale;
}

/* Of a source that refuses by turns and cannot be reached by turns it is told once. */
static void tell_refused(const struct situation *s, struct told *t, struct calls *news)
{
	if (s->facts->pull_refused && !t->refused)
		add(s, news, NEWS_REFUSED, s->status->last_try_result);
	t->refused = s->facts->pull_refused || (t->refused && !s->let_in);
}

static void tell_webhook(const struct situation *s, struct told *t, struct calls *news)
{
	autofree char *sentence = NULL;

	tell_refuted(s, t, news);
	tell_stale(s, t, news);
	tell_refused(s, t, news);
	t->troubled = t->troubled || t->stale || t->refused || t->refuted;
	if (!t->troubled || t->refused || !is_well(s))
		return;
	sentence = recovered_sentence(s);
	add(s, news, NEWS_RECOVERED, sentence);
	t->troubled = false;
	set_text(&t->refuted, NULL);
}

static void forget_webhook(struct told *t)
{
	t->troubled = t->stale = t->refused = false;
	set_text(&t->refuted, NULL);
}

/* ---- pings ---- */

static bool is_lone_drill(const struct event *e)
{
	return e->kind == EVENT_DRILL && e->round == 0;
}

/* What was before the first look is not told. A round that runs now is told when it ends. */
static void begin_pings(const struct events *rows, struct told *t)
{
	t->begun = t->ended = t->drilled = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct event *e = &rows->items[i];
		bool over = e->verdict != VERDICT_RUNNING;

		if (e->kind == EVENT_ROUND && e->id > t->begun)
			t->begun = e->id;
		if (e->kind == EVENT_ROUND && over && e->id > t->ended)
			t->ended = e->id;
		if (is_lone_drill(e) && over && e->id > t->drilled)
			t->drilled = e->id;
	}
}

static void ping(const struct situation *s, struct calls *news, enum news what, const char *sentence)
{
	autofree char *target = target_of_source(s->status->source);

	calls_add(news, target, what, s->status->source, sentence, s->now);
}

/* No proof, no success: a pass at level quick, or of a dump that is old, is none. */
static bool is_proven(const struct situation *s)
{
	return s->clock_known && source_is_proven(s->facts);
}

/* It failed at nothing: there was nothing newer to pull, or the hours for it were over. */
static bool brought_nothing(const struct events *rows, const struct event *round)
{
	bool nothing = false;

	for (size_t i = 0; i < rows->count; i++) {
		const struct event *e = &rows->items[i];

		if (e->kind == EVENT_ROUND || e->round != round->id)
			continue;
		if (e->kind == EVENT_DRILL)
			return false;
		nothing = e->why == ERR_CURRENT || e->why == ERR_PAUSED;
	}
	return nothing;
}

/* What it did is seen in the facts no more: another round has changed them, or is at it. */
static bool is_newest_round(const struct events *rows, const struct event *round)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->items[i].kind == EVENT_ROUND && rows->items[i].id > round->id)
			return false;
	return true;
}

static void ping_round_end(const struct situation *s, const struct event *e, struct calls *news)
{
	bool passed = e->verdict == VERDICT_PASS;
	autofree char *unproven = NULL;

	if (!passed && !brought_nothing(s->rows, e)) {
		ping(s, news, NEWS_FAILURE, e->reason);
	} else if (is_proven(s)) {
		ping(s, news, NEWS_SUCCESS, NULL);
	} else if (is_newest_round(s->rows, e)) {
		unproven = unproven_sentence(s, passed ? "passed, but" : "brought nothing newer, and");
		ping(s, news, NEWS_FAILURE, unproven);
	}
}

static void ping_round(const struct situation *s, const struct event *e, struct told *t, struct calls *news)
{
	if (e->id > t->begun) {
		ping(s, news, NEWS_START, NULL);
		t->begun = e->id;
	}
	if (e->verdict != VERDICT_RUNNING && e->id > t->ended) {
		ping_round_end(s, e, news);
		t->ended = e->id;
	}
}

/* What repeats an interrupted round, or what a person asked for. */
static void ping_drill(const struct situation *s, const struct event *e, struct told *t, struct calls *news)
{
	if (e->verdict == VERDICT_RUNNING || e->id <= t->drilled)
		return;
	t->drilled = e->id;
	if (e->verdict == VERDICT_PASS && is_proven(s))
		ping(s, news, NEWS_SUCCESS, NULL);
	else if (e->verdict == VERDICT_FAIL && same(e->dump, s->refuted))
		ping(s, news, NEWS_FAILURE, e->reason);
}

static void tell_ping(const struct situation *s, struct told *t, struct calls *news)
{
	if (t->begun == ROW_UNKNOWN) {
		begin_pings(s->rows, t);
		return;
	}
	for (size_t i = s->rows->count; i-- > 0;) {
		const struct event *e = &s->rows->items[i];

		if (e->kind == EVENT_ROUND)
			ping_round(s, e, t, news);
		else if (is_lone_drill(e))
			ping_drill(s, e, t, news);
	}
}

struct told news_of_source(const struct told *before, const struct situation *s, struct calls *news)
{
	struct told after = told_copy(before);

	set_text(&after.source, s->status->source);
	if (s->webhook)
		tell_webhook(s, &after, news);
	else
		forget_webhook(&after);
	if (s->ping)
		tell_ping(s, &after, news);
	else
		after.begun = after.ended = after.drilled = ROW_UNKNOWN;
	return after;
}

/* ---- the week ---- */

int64_t news_weekly_at(const struct told *box, const struct schedule *weekly, int64_t now)
{
	struct attempts had = {.first_seen = TIME_UNKNOWN, .last_round = box->weekly, .last_try = TIME_UNKNOWN};

	if (!weekly || box->weekly == TIME_UNKNOWN)
		return TIME_UNKNOWN;
	/* one that is in the future was noted by a wrong clock, or just before it was put back a little */
	return box->weekly > now + CLOCK_PUT_BACK_S ? now : schedule_next(weekly, &(struct window){0}, &had, now).at;
}

/* "all 2 sources proven and in date; data as of 2026-11-22T04:15:00Z (crm), ..." */
static char *weekly_sentence(const struct status *s)
{
	CLEANUP(strings_done) struct strings of = {0};
	autofree char *headline = status_headline(s);
	autofree char *joined = NULL;
	char as_of[TIME_TEXT];

	for (size_t i = 0; i < s->source_count; i++)
		if (!s->sources[i].orphan && s->sources[i].data_as_of != TIME_UNKNOWN)
			strings_add_owned(&of, format("%s (%s)", time_rfc3339(s->sources[i].data_as_of, as_of),
						      s->sources[i].source));
	if (of.count == 0)
		return take(headline);
	joined = strings_join(&of, ", ", NAMED_AT_MOST);
	return format("%s; data as of %s", headline, joined);
}

struct told news_of_box(const struct told *before, const struct summary *s, struct calls *news)
{
	struct told after = told_copy(before);
	autofree char *sentence = NULL;
	int64_t at;

	set_text(&after.source, "");
	if (!s->weekly)
		after.weekly = TIME_UNKNOWN;
	if (!s->weekly || !s->clock_known)
		return after;
	at = news_weekly_at(before, s->weekly, s->now);
	if (before->weekly == TIME_UNKNOWN)
		after.weekly = s->now;
	if (at == TIME_UNKNOWN || at > s->now)
		return after;
	sentence = weekly_sentence(s->status);
	calls_add(news, TARGET_WEBHOOK, NEWS_WEEKLY, NULL, sentence, s->now);
	after.weekly = s->now;
	return after;
}
