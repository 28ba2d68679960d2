/* `status`: one screen; its first line says what is wrong or that all is well. */
#include "model/status.h"

#include <string.h>

#include "base/text.h"
#include "port/table.h"
#include "report/layout.h"
#include "report/report.h"

#define HEADLINE_COLUMN 38

/* ---- JSON ---- */

static struct json *source_json(const struct source_status *s)
{
	struct json *row = json_new_object();

	json_set_text(row, "source", s->source);
	json_set_time(row, "data_as_of", s->data_as_of);
	json_set_bool(row, "in_date", s->in_date);
	json_set_text(row, "verdict", verdict_word(s->verdict));
	json_set_text(row, "reason", s->reason ? s->reason : "");
	json_set_time(row, "last_pull", s->last_pull);
	json_set_text(row, "last_pull_result", s->last_pull == TIME_UNKNOWN ? NULL : "pass");
	json_set_time(row, "last_try", s->last_try);
	json_set_text(row, "last_try_result", s->last_try_result);
	json_set_time(row, "next", s->next);
	json_set_text(row, "next_reason", s->next_reason);
	json_set_seconds(row, "restore_seconds", s->restored_in);
	json_set_int(row, "dumps", (int64_t)s->dumps);
	json_set_int(row, "proven", (int64_t)s->proven);
	json_set_bool(row, "acknowledged", s->acknowledged);
	json_set_bool(row, "orphan", s->orphan);
	return row;
}

static struct json *lights_json(const struct status *s)
{
	static const struct lights dark = {PATTERN_OFF, PATTERN_OFF, PATTERN_OFF};
	const struct lights *l = s->daemon ? &s->lights : &dark;
	struct json *lights = json_new_object();

	json_set_text(lights, "pass", pattern_word(l->pass));
	json_set_text(lights, "busy", pattern_word(l->busy));
	json_set_text(lights, "fail", pattern_word(l->fail));
	return lights;
}

static struct json *targets_json(const struct targets *list)
{
	struct json *targets = json_new_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct target *t = &list->items[i];
		struct json *row = json_new_object();

		json_set_text(row, "target", t->name);
		json_set_int(row, "waiting", t->waiting);
		json_set_time(row, "failing_since", t->failing_since);
		json_set_text(row, "trouble", t->trouble);
		json_set_int(row, "given_up", t->given_up);
		json_add(targets, row);
	}
	return targets;
}

static void status_json(const struct report *r, const struct status *s)
{
	autofree char *headline = status_headline(s);
	struct json *root = json_begin();
	struct json *faults = json_new_array();
	struct json *sources = json_new_array();

	for (size_t i = 0; i < s->box_faults.count; i++)
		json_add_text(faults, s->box_faults.items[i]);
	for (size_t i = 0; i < s->source_count; i++)
		json_add(sources, source_json(&s->sources[i]));
	json_set_text(root, "box", s->box);
	json_set_bool(root, "daemon", s->daemon);
	json_set(root, "lights", lights_json(s));
	json_set_text(root, "headline", headline);
	json_set(root, "faults", faults);
	json_set_text(root, "running", s->running);
	json_set(root, "sources", sources);
	json_set(root, "notify", targets_json(&s->targets));
	json_end(r, root);
}

/* ---- text ---- */

static const char *lamp_text(enum pattern p)
{
	switch (p) {
	case PATTERN_OFF:
		return "\xe2\x97\x8b";
	case PATTERN_DOUBLE:
		return "\xe2\x97\x8f\xe2\x97\x8f";
	case PATTERN_TRIPLE:
		return "\xe2\x97\x8f\xe2\x97\x8f\xe2\x97\x8f";
	case PATTERN_ON:
	case PATTERN_HEARTBEAT:
	case PATTERN_BREATHE:
	case PATTERN_FLASH:
	case PATTERN_FLICKER:
	case PATTERN_ALTERNATE:
		break;
	}
	return "\xe2\x97\x8f";
}

/* "green ●  "; returns the columns it took. */
static size_t print_lamp(const struct report *r, const char *name, enum pattern p, enum paint paint, size_t columns)
{
	const char *lamp = lamp_text(p);
	size_t used = strlen(name) + 1 + text_columns(lamp);
	size_t padding = columns > used ? columns - used : 2;

	if (p == PATTERN_OFF)
		paint = PAINT_NONE;
	fprintf(r->to, "%s %s%s%s%*s", name, paint_on(r, paint), lamp, paint_off(r, paint), (int)padding, "");
	return used + padding;
}

static void print_first_line(const struct report *r, const struct status *s, const char *headline)
{
	static const struct lights dark = {PATTERN_OFF, PATTERN_OFF, PATTERN_OFF};
	const struct lights *l = s->daemon ? &s->lights : &dark;
	autofree char *box = printable(s->box ? s->box : "", false);
	autofree char *line = NULL;
	char zone[WHEN_TEXT];
	size_t at = text_columns(box) + 3;

	fprintf(r->to, "%s   ", box);
	at += print_lamp(r, "green", l->pass, PAINT_GREEN, 9);
	at += print_lamp(r, "amber", l->busy, PAINT_AMBER, 9);
	at += print_lamp(r, "red", l->fail, PAINT_RED, 10);
	/* a no-break space: the zone stays in one piece */
	line = format("%s   (times:\xc2\xa0%s)", headline, zone_name(zone));
	print_wrapped(r->to, line, at, at < HEADLINE_COLUMN ? at : 2, width_of(r));
	if (!s->daemon)
		fputs("no daemon answers: the lights are dark, nothing is scheduled; 'drillbox daemon'\n", r->to);
}

/* "tomorrow 04:15", "try again 10:20", "due now"; "" when nobody knows. */
static char *next_text(const struct report *r, const struct source_status *s)
{
	const char *reason = s->next_reason && strcmp(s->next_reason, "scheduled") != 0 ? s->next_reason : "";
	char when[WHEN_TEXT];
	const char *at;

	if (s->orphan)
		return xstrdup("it has no file");
	if (s->next == TIME_UNKNOWN)
		return xstrdup("");
	if (s->next <= r->now)
		return format("%s%sdue now", reason, *reason ? ", " : "");
	at = when_text(s->next, r->now, when);
	if (*reason && starts_with(at, "today "))
		at += strlen("today ");
	return format("%s%s%s", reason, *reason ? " " : "", at);
}

static void add_source(struct table *t, const struct report *r, const struct source_status *s)
{
	autofree char *dumps = format("%zu, %zu proven", s->dumps, s->proven);
	autofree char *next = next_text(r, s);
	char as_of[WHEN_TEXT], restored[UNIT_TEXT];

	table_row(t);
	table_cell(t, 0, s->source);
	table_cell(t, 1, when_and_age(s->data_as_of, r->now, as_of));
	table_cell(t, 2, verdict_word(s->verdict));
	table_cell(t, 3, s->restored_in < 0 ? NULL : human_seconds(s->restored_in, restored));
	table_cell(t, 4, dumps);
	table_cell(t, 5, next);
}

/* The first one is set apart from the table. */
static void print_remark(const struct report *r, bool *first, const char *who, const char *what)
{
	autofree char *line = format("%s: %s", who, what);

	fputs(*first ? "\n" : "", r->to);
	*first = false;
	print_wrapped(r->to, line, 0, 2, width_of(r));
}

/* Who could not be told. It is no matter of the sources, and stands last. */
static void print_targets(const struct report *r, const struct targets *list, bool *first)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct target *t = &list->items[i];
		autofree char *waiting = t->waiting ? format("; %lld waiting", (long long)t->waiting) : xstrdup("");
		autofree char *given_up = t->given_up ? format("; %lld given up", (long long)t->given_up) : xstrdup("");
		autofree char *line = NULL;
		char since[WHEN_TEXT];

		if (t->failing_since == TIME_UNKNOWN)
			continue;
		line = format("%s not delivered since %s: %s%s%s", t->name, when_text(t->failing_since, r->now, since), t->trouble,
			      waiting, given_up);
		print_remark(r, first, "notify", line);
	}
}

/* What is behind a verdict, and a pull that did not deliver, beneath the table, unless the first line has said it. */
static void print_remarks(const struct report *r, const struct status *s, const char *headline)
{
	bool first = true;

	for (size_t i = 0; i < s->source_count; i++) {
		const struct source_status *src = &s->sources[i];
		autofree char *pull = NULL;
		char when[WHEN_TEXT];

		if (src->verdict != VERDICT_PASS && src->reason && *src->reason && !strstr(headline, src->reason))
			print_remark(r, &first, src->source, src->reason);
		if (!src->last_try_result || strcmp(src->last_try_result, "pass") == 0 ||
		    same(src->last_try_result, src->reason))
			continue;
		pull = format("the pull of %s did not deliver: %s", when_text(src->last_try, r->now, when),
			      src->last_try_result);
		print_remark(r, &first, src->source, pull);
	}
	for (size_t i = 0; i < s->box_faults.count; i++)
		if (!strstr(headline, s->box_faults.items[i]))
			print_remark(r, &first, "the box", s->box_faults.items[i]);
	if (s->running)
		print_remark(r, &first, "running", s->running);
	print_targets(r, &s->targets, &first);
}

static void status_text(const struct report *r, const struct status *s)
{
	static const char *const headings[] = {"SOURCE", "DATA AS OF", "VERDICT", "RESTORED IN", "DUMPS", "NEXT", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	autofree char *headline = status_headline(s);

	print_first_line(r, s, headline);
	for (size_t i = 0; i < s->source_count; i++)
		add_source(t, r, &s->sources[i]);
	fputs(s->source_count ? "\n" : "", r->to);
	table_print(t, r->to, true, (int)width_of(r));
	print_remarks(r, s, headline);
}

void report_status(const struct report *r, const struct status *s)
{
	if (r->json)
		status_json(r, s);
	else
		status_text(r, s);
}
