#include "model/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_words[] = {
	[VERDICT_PASS] = "pass",
	[VERDICT_FAIL] = "fail",
	[VERDICT_UNDECIDED] = "undecided",
	[VERDICT_RUNNING] = "running",
};

static const char *const result_words[] = {
	[RESULT_PASS] = "pass",
	[RESULT_FAIL] = "fail",
	[RESULT_UNDECIDED] = "undecided",
	[RESULT_SKIP] = "skip",
};

static const char *const level_words[] = {
	[LEVEL_QUICK] = "quick",
	[LEVEL_STANDARD] = "standard",
	[LEVEL_DEEP] = "deep",
};

static const struct {
	const char *word;
	enum level from;   /* the lowest level that climbs this rung */
	bool proof;	   /* a drill cannot pass without a pass here: a skip is not enough */
	bool names_object; /* its checks are named after what they look at, so a reason begins with the name */
} rungs[RUNGS] = {
	[RUNG_MEDIA] = {"media", LEVEL_QUICK, .proof = true},
	[RUNG_INSPECT] = {"inspect", LEVEL_QUICK},
	[RUNG_PLAN] = {"plan", LEVEL_QUICK},
	[RUNG_CLUSTER] = {"cluster", LEVEL_QUICK},
	[RUNG_RESTORE] = {"restore", LEVEL_QUICK, .proof = true},
	[RUNG_STRUCTURE] = {"structure", LEVEL_QUICK, .names_object = true},
	[RUNG_VOLUME] = {"volume", LEVEL_STANDARD, .names_object = true},
	[RUNG_SEQUENCES] = {"sequences", LEVEL_STANDARD, .names_object = true},
	[RUNG_CHECKS] = {"checks", LEVEL_QUICK, .names_object = true},
	[RUNG_WRITES] = {"writes", LEVEL_STANDARD, .names_object = true},
	[RUNG_INTEGRITY] = {"integrity", LEVEL_DEEP, .names_object = true},
	[RUNG_TIME] = {"time", LEVEL_STANDARD},
};

static int index_of(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (same(words[i], word))
			return (int)i;
	return -1;
}

const char *verdict_word(enum verdict v)
{
	return verdict_words[v];
}

int verdict_from_word(const char *word)
{
	return index_of(verdict_words, COUNT(verdict_words), word);
}

const char *result_word(enum result r)
{
	return result_words[r];
}

int result_from_word(const char *word)
{
	return index_of(result_words, COUNT(result_words), word);
}

const char *level_word(enum level l)
{
	return level_words[l];
}

int level_from_word(const char *word)
{
	return index_of(level_words, COUNT(level_words), word);
}

const char *rung_word(enum rung r)
{
	return rungs[r].word;
}

int rung_from_word(const char *word)
{
	for (int r = 0; r < RUNGS; r++)
		if (same(rungs[r].word, word))
			return r;
	return -1;
}

bool level_has_rung(enum level level, enum rung rung)
{
	return level >= rungs[rung].from;
}

int verdict_exit_code(enum verdict v)
{
	return v == VERDICT_PASS ? 0 : v == VERDICT_FAIL ? 1 : 2;
}

static char *vtext(const char *fmt, va_list ap)
{
	char *s;

	if (!fmt)
		return xstrdup("");
	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	return s;
}

struct check *findings_add(struct findings *f, enum rung rung, enum result result, const char *name,
			   const char *expected, const char *actual, const char *detail_fmt, ...)
{
	struct check *c;
	va_list ap;

	f->checks = grow(f->checks, f->check_count, sizeof(*f->checks));
	c = &f->checks[f->check_count++];
	c->rung = rung;
	c->result = result;
	c->name = xstrdup(name ? name : "");
	c->expected = xstrdup(expected ? expected : "");
	c->actual = xstrdup(actual ? actual : "");
	va_start(ap, detail_fmt);
	c->detail = vtext(detail_fmt, ap);
	va_end(ap);
	return c;
}

void findings_add_error(struct findings *f, enum rung rung, const char *name, const struct error *err)
{
	findings_add(f, rung, RESULT_UNDECIDED, name, "", "", "%s", err->text);
}

void findings_add_phase(struct findings *f, enum rung rung, double seconds, const char *summary_fmt, ...)
{
	struct phase *p;
	va_list ap;

	f->phases = grow(f->phases, f->phase_count, sizeof(*f->phases));
	p = &f->phases[f->phase_count++];
	p->rung = rung;
	p->seconds = seconds;
	va_start(ap, summary_fmt);
	p->summary = vtext(summary_fmt, ap);
	va_end(ap);
}

void findings_note(struct findings *f, const char *fmt, ...)
{
	autofree char *note = NULL;
	va_list ap;

	va_start(ap, fmt);
	note = vtext(fmt, ap);
	va_end(ap);
	if (!strings_have(&f->notes, note))
		strings_add_owned(&f->notes, take(note));
}

size_t findings_count(const struct findings *f, enum rung rung, enum result result)
{
	size_t n = 0;

	for (size_t i = 0; i < f->check_count; i++)
		n += f->checks[i].rung == rung && f->checks[i].result == result;
	return n;
}

bool findings_rung_well(const struct findings *f, enum rung rung)
{
	return findings_count(f, rung, RESULT_FAIL) == 0 && findings_count(f, rung, RESULT_UNDECIDED) == 0;
}

/* The operator's own words may hold a name such as 'orders' by chance: of those only a quoted name counts. */
static bool names_itself(const struct check *c)
{
	autofree char *name = format("%s%s", c->rung == RUNG_CHECKS ? "'" : "", c->name);

	return strstr(c->detail, name) != NULL;
}

/* What one check says, as a sentence that stands alone. */
static char *sentence(const struct check *c)
{
	if (c->detail[0] == '\0')
		return format("%s '%s': expected %s, found %s", rungs[c->rung].word, c->name,
			      c->expected[0] ? c->expected : "something else", c->actual[0] ? c->actual : "nothing");
	if (rungs[c->rung].names_object && !names_itself(c))
		return format("%s: %s", c->name, c->detail);
	return xstrdup(c->detail);
}

/* The first check with this result speaks; the others are counted. NULL when there is none. */
static char *reason_for(const struct findings *f, enum result result, const char *said_of_others)
{
	const struct check *first = NULL;
	autofree char *text = NULL;
	size_t others = 0;

	for (size_t i = 0; i < f->check_count; i++) {
		if (f->checks[i].result != result)
			continue;
		if (first)
			others++;
		else
			first = &f->checks[i];
	}
	if (!first)
		return NULL;
	text = sentence(first);
	if (others == 0)
		return take(text);
	return format("%s; and %zu more %s %s", text, others, others == 1 ? "check" : "checks", said_of_others);
}

static size_t checks_on(const struct findings *f, enum rung rung)
{
	size_t n = 0;

	for (size_t i = 0; i < f->check_count; i++)
		n += f->checks[i].rung == rung;
	return n;
}

/* A rung of the level that proves nothing: it has no check, or only skips where a pass is a must. NULL when there is none. */
static char *unproven_rung(const struct findings *f, enum level level)
{
	for (int r = 0; r < RUNGS; r++) {
		if (!level_has_rung(level, (enum rung)r))
			continue;
		if (checks_on(f, (enum rung)r) == 0)
			return format("the part '%s' did not run, so nothing is known of it; drill the dump again",
				      rungs[r].word);
		if (rungs[r].proof && findings_count(f, (enum rung)r, RESULT_PASS) == 0)
			return format("the part '%s' was skipped, and without it nothing is proven; drill the dump again",
				      rungs[r].word);
	}
	return NULL;
}

enum verdict findings_verdict(const struct findings *f, enum level level, bool had_measure, char **ret_reason)
{
	char *reason;

	if ((reason = reason_for(f, RESULT_FAIL, "failed"))) {
		*ret_reason = reason;
		return VERDICT_FAIL;
	}
	if ((reason = reason_for(f, RESULT_UNDECIDED, "could not tell")) || (reason = unproven_rung(f, level))) {
		*ret_reason = reason;
		return VERDICT_UNDECIDED;
	}
	if (!had_measure) {
		*ret_reason = xstrdup("there was nothing to compare with: no manifest, no accepted or proven dump before whose "
				      "tables could be compared, no SQL check; look at it with 'drillbox drill DUMP --keep 1h', "
				      "then 'drillbox accept DUMP --why ...' it");
		return VERDICT_UNDECIDED;
	}
	*ret_reason = xstrdup("");
	return VERDICT_PASS;
}

void findings_done(struct findings *f)
{
	for (size_t i = 0; i < f->check_count; i++) {
		free(f->checks[i].name);
		free(f->checks[i].expected);
		free(f->checks[i].actual);
		free(f->checks[i].detail);
	}
	for (size_t i = 0; i < f->phase_count; i++)
		free(f->phases[i].summary);
	free(f->checks);
	free(f->phases);
	strings_done(&f->notes);
	*f = (struct findings){0};
}
