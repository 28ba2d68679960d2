#include "model/status.h"

#include <stdlib.h>
#include <string.h>

#define NAMED_AT_MOST 3

struct source_status *status_add(struct status *s, const char *source)
{
	struct source_status *added;

	s->sources = grow(s->sources, s->source_count, sizeof(*s->sources));
	added = &s->sources[s->source_count++];
	*added = (struct source_status){
		.source = xstrdup(source),
		.data_as_of = TIME_UNKNOWN,
		.verdict = VERDICT_UNDECIDED,
		.restored_in = -1,
		.last_pull = TIME_UNKNOWN,
		.last_try = TIME_UNKNOWN,
		.next = TIME_UNKNOWN,
	};
	return added;
}

void status_done(struct status *s)
{
	for (size_t i = 0; i < s->source_count; i++) {
		free(s->sources[i].source);
		free(s->sources[i].reason);
		free(s->sources[i].brief);
		free(s->sources[i].last_try_result);
		free(s->sources[i].next_reason);
	}
	free(s->sources);
	free(s->box);
	free(s->running);
	free(s->ill);
	targets_done(&s->targets);
	strings_done(&s->box_faults);
	*s = (struct status){0};
}

/* ---- what may be wrong with a source, the gravest first ---- */

static bool is_refuted(const struct source_status *s)
{
	return s->verdict == VERDICT_FAIL;
}

static bool is_undecided(const struct source_status *s)
{
	return s->verdict == VERDICT_UNDECIDED;
}

static bool is_stale(const struct source_status *s)
{
	return !s->in_date;
}

static bool is_troubled(const struct source_status *s)
{
	return s->brief != NULL;
}

static const struct trouble {
	bool (*has)(const struct source_status *s);
	const char *words;
	int exit_code;
} troubles[] = {
	{is_refuted, "refuted", 1},
	{is_undecided, "undecided", 2},
	{is_stale, "not in date", 3},
	{is_troubled, "in date, but in trouble", 0},
};

static size_t count_configured(const struct status *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->source_count; i++)
		n += !s->sources[i].orphan;
	return n;
}

/* Why, in a few words: what its pulls say of a stale one, what the drill said of any other. */
static const char *few_words(const struct source_status *s, const struct trouble *t)
{
	if (s->brief && (t->has == is_stale || t->has == is_troubled || !s->reason || !*s->reason))
		return s->brief;
	if (s->reason && *s->reason)
		return s->reason;
	return s->data_as_of == TIME_UNKNOWN ? "nothing is proven yet" : NULL;
}

/* "1 of 2 not in date: crm, password refused"; NULL when no source has this trouble. */
static char *trouble_text(const struct status *s, const struct trouble *t)
{
	CLEANUP(strings_done) struct strings names = {0};
	const struct source_status *only = NULL;
	autofree char *joined = NULL;
	const char *why;

	for (size_t i = 0; i < s->source_count; i++)
		if (!s->sources[i].orphan && t->has(&s->sources[i])) {
			strings_add(&names, s->sources[i].source);
			only = &s->sources[i];
		}
	if (names.count == 0)
		return NULL;
	joined = strings_join(&names, ", ", NAMED_AT_MOST);
	why = names.count == 1 ? few_words(only, t) : NULL;
	return format("%zu of %zu %s: %s%s%s", names.count, count_configured(s), t->words, joined, why ? ", " : "",
		      why ? why : "");
}

static char *well_text(const struct status *s)
{
	size_t n = count_configured(s);

	if (n == 0)
		return xstrdup("no source is configured, so nothing is proven: add a file in sources.d");
	return n == 1 ? xstrdup("its only source is proven and in date") :
			format("all %zu sources proven and in date", n);
}

char *status_headline(const struct status *s)
{
	char *text = NULL;

	if (s->ill)
		return xstrdup(s->ill);
	for (size_t i = 0; i < COUNT(troubles) && !text; i++) {
		/* what ails the box comes after what a drill said, and before what its clock says */
		if (troubles[i].has == is_stale && s->box_faults.count)
			return xstrdup(s->box_faults.items[0]);
		text = trouble_text(s, &troubles[i]);
	}
	return text ? text : well_text(s);
}

int status_exit_code(const struct status *s)
{
	bool nothing_certain = s->ill || s->clock_unknown;

	for (size_t t = 0; t < COUNT(troubles); t++)
		for (size_t i = 0; i < s->source_count; i++)
			if (!s->sources[i].orphan && troubles[t].has(&s->sources[i]) && troubles[t].exit_code)
				return troubles[t].exit_code == 3 && nothing_certain ? 2 : troubles[t].exit_code;
	return nothing_certain || count_configured(s) == 0 ? 2 : 0;
}
