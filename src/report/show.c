/* `show`: a drill whole, from what was asked to how to get the data out. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "port/table.h"
#include "report/advice.h"
#include "report/layout.h"
#include "report/report.h"

#define NAME_SHOWN 60 /* of what a check is named after: a whole statement, often */
#define LISTED_AT_MOST 40 /* checks of one result on a screen; --json has all */

void show_done(struct show *s)
{
	drill_record_done(&s->drill);
	free(s->path);
	free(s->recovery);
	free(s->last_proven);
	free(s->accepted_by);
	free(s->accepted_why);
	origin_done(&s->origin);
	*s = (struct show){0};
}

/* ---- JSON ---- */

static struct json *checks_json(const struct findings *f)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < f->check_count; i++) {
		struct json *check = json_new_object();

		json_set_text(check, "rung", rung_word(f->checks[i].rung));
		json_set_text(check, "name", f->checks[i].name);
		json_set_text(check, "result", result_word(f->checks[i].result));
		json_set_text(check, "expected", f->checks[i].expected);
		json_set_text(check, "actual", f->checks[i].actual);
		json_set_text(check, "detail", f->checks[i].detail);
		json_add(list, check);
	}
	return list;
}

static struct json *phases_json(const struct findings *f)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < f->phase_count; i++) {
		struct json *phase = json_new_object();

		json_set_text(phase, "name", rung_word(f->phases[i].rung));
		json_set_seconds(phase, "seconds", f->phases[i].seconds);
		json_set_text(phase, "summary", f->phases[i].summary);
		json_add(list, phase);
	}
	return list;
}

static struct json *notes_json(const struct findings *f)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < f->notes.count; i++)
		json_add_text(list, f->notes.items[i]);
	return list;
}

static void set_acceptance(struct json *root, const struct show *s)
{
	struct json *accepted;

	if (!s->accepted) {
		json_set_null(root, "accepted");
		return;
	}
	accepted = json_new_object();
	json_set_text(accepted, "who", s->accepted_by);
	json_set_text(accepted, "why", s->accepted_why);
	json_set_time(accepted, "at", s->accepted_at);
	json_set(root, "accepted", accepted);
}

static void show_json(const struct report *r, const struct show *s)
{
	const struct event *e = &s->drill.event;
	const struct findings *f = &s->drill.findings;
	struct json *root = json_begin();

	json_set_int(root, "drill", e->id);
	json_set_text(root, "source", e->source);
	json_set_text(root, "dump", e->dump);
	json_set_text(root, "verdict", verdict_word(e->verdict));
	json_set_text(root, "reason", e->reason);
	json_set_text(root, "level", level_word(e->level));
	json_set_text(root, "trigger", trigger_word(e->trigger));
	json_set_bool(root, "interrupted", e->interrupted);
	json_set_time(root, "started", e->started);
	json_set_seconds(root, "seconds", e->seconds);
	json_set_seconds(root, "restore_seconds", f->restore_seconds);
	json_set_seconds(root, "restore_median", s->median_of ? s->median_seconds : -1);
	json_set_time(root, "data_as_of", s->data_as_of);
	json_set_origin(root, "origin", &s->origin);
	json_set(root, "phases", phases_json(f));
	json_set(root, "notes", notes_json(f));
	json_set(root, "checks", checks_json(f));
	json_set_bool(root, "own_checks", s->own_checks);
	set_acceptance(root, s);
	json_set_bool(root, "acknowledged", s->acknowledged);
	json_set_text(root, "last_proven", s->last_proven);
	json_set_text(root, "path", s->stored ? s->path : NULL);
	json_set_text(root, "recovery", s->stored ? s->recovery : NULL);
	json_end(r, root);
}

/* ---- text ---- */

static void print_heading(const struct report *r, const struct event *e)
{
	static const char *const words[] = {
		[VERDICT_PASS] = "PASS",
		[VERDICT_FAIL] = "FAIL",
		[VERDICT_UNDECIDED] = "UNDECIDED",
		[VERDICT_RUNNING] = "RUNNING",
	};
	autofree char *dump = printable(e->dump, false);
	enum paint paint = paint_of_verdict(e->verdict);
	const char *took = e->verdict == VERDICT_UNDECIDED ? "after" : e->verdict == VERDICT_RUNNING ? "for" : "in";
	char seconds[UNIT_TEXT];

	fprintf(r->to, "drill %lld   %s   %s%s%s", (long long)e->id, dump, paint_on(r, paint), words[e->verdict],
		paint_off(r, paint));
	if (e->seconds >= 0)
		fprintf(r->to, "   %s %s", took, human_seconds(e->seconds, seconds));
	fputs("\n", r->to);
}

/* How much was found to be what it was: objects with a name of their own that passed, and the sum of their rows. */
static size_t count_equal(const struct findings *f, enum rung rung, int64_t *ret_sum)
{
	size_t n = 0;
	int64_t rows;

	*ret_sum = 0;
	for (size_t i = 0; i < f->check_count; i++) {
		const struct check *c = &f->checks[i];

		if (c->rung != rung || c->result != RESULT_PASS || !strchr(c->name, '.'))
			continue;
		n++;
		if (parse_int(c->actual, 0, INT64_MAX, &rows))
			*ret_sum += rows;
	}
	return n;
}

static void say_passed(const struct report *r, const struct show *s)
{
	const struct findings *f = &s->drill.findings;
	CLEANUP(text_done) struct text line = {0};
	char number[UNIT_TEXT], at[WHEN_TEXT];
	int64_t rows, ignored;
	size_t tables = count_equal(f, RUNG_VOLUME, &rows);
	size_t sequences = count_equal(f, RUNG_SEQUENCES, &ignored);

	if (tables) {
		text_addf(&line, "%s %s", human_count((int64_t)tables, number), tables == 1 ? "table" : "tables");
		text_addf(&line, "%s %s %s", sequences ? "," : " and", human_count(rows, number), rows == 1 ? "row" : "rows");
		if (sequences)
			text_addf(&line, " and %s %s", human_count((int64_t)sequences, number),
				  sequences == 1 ? "sequence" : "sequences");
		text_addf(&line, ", as many as the source had at %s", clock_text(s->data_as_of, at));
	} else {
		text_addf(&line, "it was restored, and nothing that was checked spoke against it; how many rows the source had "
			  "is not known here");
	}
	if (s->drill.event.level == LEVEL_QUICK)
		text_add(&line, " (a quick drill: it neither proves nor refutes the dump)");
	fputs("  ", r->to);
	print_wrapped(r->to, line.data, 2, 2, width_of(r));
}

static void say_outcome(const struct report *r, const struct show *s)
{
	const struct event *e = &s->drill.event;

	if (e->verdict == VERDICT_PASS) {
		say_passed(r, s);
	} else if (e->verdict == VERDICT_RUNNING) {
		fprintf(r->to, "  it is running (pid %lld); 'drillbox watch' follows it\n", (long long)e->pid);
	} else {
		fputs("  ", r->to);
		print_wrapped(r->to, e->reason, 2, 2, width_of(r));
	}
	if (e->verdict == VERDICT_UNDECIDED)
		fputs("  This proves nothing and refutes nothing.\n", r->to);
}

static void add_row(struct table *t, const char *first, const char *second, const char *words)
{
	autofree char *indented = format("  %s", first);

	table_row(t);
	table_cell(t, 0, indented);
	table_cell(t, 1, second);
	table_words(t, words);
}

/* Whether the detail leaves to be told what is there instead of what. Numbers it has, though written otherwise. */
static bool wants_values(const struct check *c)
{
	return (c->rung == RUNG_STRUCTURE || c->rung == RUNG_CHECKS) && (*c->expected || *c->actual) &&
	       !same(c->actual, "absent") &&
	       !same(c->expected, "absent") && !(strstr(c->detail, c->expected) && strstr(c->detail, c->actual));
}

static char *check_words(const struct check *c)
{
	const char *expected = *c->expected ? c->expected : "nothing", *actual = *c->actual ? c->actual : "nothing";

	if (!*c->detail)
		return format("expected %s, found %s", expected, actual);
	if (wants_values(c))
		return format("%s (expected %s, found %s)", c->detail, expected, actual);
	return xstrdup(c->detail);
}

static char *check_name(const struct check *c)
{
	size_t n = strlen(c->name);

	if (n <= NAME_SHOWN)
		return xstrdup(c->name);
	for (n = NAME_SHOWN; n > 0 && ((unsigned char)c->name[n] & 0xc0) == 0x80;)
		n--; /* not within a character */
	return format("%.*s...", (int)n, c->name);
}

/* Whether the reason has said all there is to say: it speaks for the only check that is not well. */
static bool said_already(const struct findings *f, const char *reason)
{
	size_t n = 0;
	bool said = false;

	for (size_t i = 0; i < f->check_count; i++) {
		const struct check *c = &f->checks[i];

		if (c->result != RESULT_FAIL && c->result != RESULT_UNDECIDED)
			continue;
		n++;
		said = *c->detail && strstr(reason, c->detail);
	}
	return n == 1 && said;
}

/* The checks of one result, one row each. */
static void print_checks(const struct report *r, const struct findings *f, enum result result)
{
	static const char *const headings[] = {"", "", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	size_t n = 0;

	for (size_t i = 0; i < f->check_count; i++) {
		const struct check *c = &f->checks[i];
		autofree char *words = NULL, *name = NULL;

		if (c->result != result || n++ >= LISTED_AT_MOST)
			continue;
		words = check_words(c);
		name = check_name(c);
		add_row(t, rung_word(c->rung), name, words);
	}
	if (n == 0)
		return;
	fputs("\n", r->to);
	table_print(t, r->to, false, (int)width_of(r));
	if (n > LISTED_AT_MOST)
		fprintf(r->to, "  and %zu more %s; --json has them all\n", n - LISTED_AT_MOST, result_word(result));
}

static const struct phase *phase_of(const struct findings *f, enum rung rung)
{
	for (size_t i = 0; i < f->phase_count; i++)
		if (f->phases[i].rung == rung)
			return &f->phases[i];
	return NULL;
}

/* A rung without a phase of its own, all of whose checks were skipped, says why. */
static void add_skipped(struct table *t, const struct findings *f, enum rung rung)
{
	for (size_t i = 0; i < f->check_count; i++) {
		const struct check *c = &f->checks[i];
		autofree char *words = NULL;

		if (c->rung != rung || c->result != RESULT_SKIP)
			continue;
		words = format("skipped: %s", *c->detail ? c->detail : c->name);
		add_row(t, rung_word(rung), NULL, words);
		return;
	}
}

static bool says_own_checks(const struct findings *f)
{
	static const char words[] = "no checks of your own";

	for (size_t i = 0; i < f->notes.count; i++)
		if (strstr(f->notes.items[i], words))
			return true;
	for (size_t i = 0; i < f->phase_count; i++)
		if (strstr(f->phases[i].summary, words))
			return true;
	return false;
}

static void print_phases(const struct report *r, const struct show *s)
{
	static const char *const headings[] = {"", ">", NULL};
	const struct findings *f = &s->drill.findings;
	CLEANUP(table_free) struct table *t = table_new(headings);
	char seconds[UNIT_TEXT];

	for (int rung = 0; rung < RUNGS; rung++) {
		const struct phase *p = phase_of(f, (enum rung)rung);

		if (p)
			add_row(t, rung_word(p->rung), human_seconds(p->seconds, seconds), p->summary);
		else
			add_skipped(t, f, (enum rung)rung);
	}
	for (size_t i = 0; i < f->notes.count; i++)
		add_row(t, "note", NULL, f->notes.items[i]);
	if (f->phase_count && !s->own_checks && !says_own_checks(f)) {
		autofree char *words = format("no checks of your own: put queries in checks.d/%s/NAME.sql",
					      s->drill.event.source);

		add_row(t, "note", NULL, words);
	}
	fputs(f->phase_count || f->notes.count ? "\n" : "", r->to);
	table_print(t, r->to, false, (int)width_of(r));
}

static void say_acceptance(const struct report *r, const struct show *s)
{
	char at[WHEN_TEXT];
	autofree char *line = NULL;

	if (s->accepted) {
		line = format("Accepted by %s, %s: %s", s->accepted_by, when_text(s->accepted_at, r->now, at), s->accepted_why);
		fputs("\n  ", r->to);
		print_wrapped(r->to, line, 2, 2, width_of(r));
	}
	if (s->acknowledged && s->drill.event.verdict == VERDICT_FAIL)
		fputs("\n  This red was acknowledged.\n", r->to);
}

/* What there is to fall back on. */
static void say_last_proven(const struct report *r, const struct show *s)
{
	const struct event *e = &s->drill.event;
	autofree char *line = NULL;
	char age[UNIT_TEXT];

	if (e->verdict == VERDICT_PASS)
		return;
	if (!s->last_proven)
		line = format(s->orphan ? "No dump of this database in %s is proven." : "No dump of %s is proven.", e->source);
	else if (same(s->last_proven, e->dump))
		line = format("An earlier drill has proven this dump, and nothing here takes that back.");
	else
		line = format("The last proven copy is %s, %s old, kept%s%s%s.", s->last_proven,
			      age_text(s->last_proven_taken, r->now, age),
			      e->verdict == VERDICT_FAIL ? "; to recover from that one: 'drillbox show " : "",
			      e->verdict == VERDICT_FAIL ? s->last_proven : "", e->verdict == VERDICT_FAIL ? "'" : "");
	fputs("  ", r->to);
	print_wrapped(r->to, line, 2, 2, width_of(r));
}

/* What it comes of, and what to do. */
static void say_advice(const struct report *r, const struct show *s)
{
	const struct event *e = &s->drill.event;
	autofree char *to_do = NULL, *line = NULL, *cause = NULL;
	const char *likely;

	if (e->verdict != VERDICT_PASS)
		fputs("\n", r->to);
	if (e->verdict != VERDICT_FAIL)
		return;
	likely = advice_of(&s->drill.findings, s->orphan ? NULL : e->source, e->dump, &to_do);
	if (likely) {
		cause = format("Likely: %s.", likely);
		fputs("  ", r->to);
		print_wrapped(r->to, cause, 2, 2, width_of(r));
	}
	line = format("To do: %s.", to_do);
	fputs("  ", r->to);
	print_wrapped(r->to, line, 2, 2, width_of(r));
}

/* Whoever copies the lines below should know what they would get. */
static void warn_of_refuted(const struct report *r, const char *last_proven)
{
	autofree char *better = last_proven ? format("'drillbox show %s' has the lines for the last proven one", last_proven) :
					      xstrdup("no other one is proven");
	autofree char *line = format("This dump is refuted; %s.", better);

	fputs("\n", r->to);
	print_wrapped(r->to, line, 0, 0, width_of(r));
}

/* The lines stand at the margin and unbroken: they are there to be copied. */
static void print_recovery(const struct report *r, const struct show *s)
{
	char at[WHEN_TEXT], zone[WHEN_TEXT];
	autofree char *path = NULL;
	autofree char *lines = NULL;

	if (!s->stored) {
		fputs("\nThe dump is no longer in the store.\n", r->to);
		return;
	}
	path = printable(s->path, false);
	lines = printable(s->recovery, true);
	fprintf(r->to, "\nThe dump:  %s\n", path);
	if (s->data_as_of != TIME_UNKNOWN)
		fprintf(r->to, "Data as of %s (times: %s)\n", when_text(s->data_as_of, r->now, at), zone_name(zone));
	if (s->drill.event.verdict == VERDICT_FAIL)
		warn_of_refuted(r, s->last_proven);
	fprintf(r->to, "\nTo restore it by hand, as superuser of an empty server (PGHOST, PGPORT, PGUSER):\n\n%s", lines);
}

static void show_text(const struct report *r, const struct show *s)
{
	const struct findings *f = &s->drill.findings;

	print_heading(r, &s->drill.event);
	say_outcome(r, s);
	if (!said_already(f, s->drill.event.reason)) {
		print_checks(r, f, RESULT_FAIL);
		print_checks(r, f, RESULT_UNDECIDED);
	}
	print_phases(r, s);
	say_acceptance(r, s);
	say_advice(r, s);
	say_last_proven(r, s);
	print_recovery(r, s);
}

void report_show(const struct report *r, const struct show *s)
{
	if (r->json)
		show_json(r, s);
	else
		show_text(r, s);
}
