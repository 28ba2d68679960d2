/* `history`, and what a pull came to. */
#include "base/text.h"
#include "port/table.h"
#include "report/layout.h"
#include "report/report.h"

static struct json *event_json(const struct event *e)
{
	struct json *row = json_new_object();

	json_set_text(row, "kind", event_kind_word(e->kind));
	json_set_int(row, "id", e->id);
	json_set_text(row, "source", e->source);
	json_set_text(row, "dump", e->dump);
	json_set_text(row, "verdict", verdict_word(e->verdict));
	json_set_text(row, "reason", e->reason);
	json_set_time(row, "started", e->started);
	json_set_seconds(row, "seconds", e->seconds);
	if (e->round)
		json_set_int(row, "round", e->round);
	else
		json_set_null(row, "round");
	json_set_text(row, "trigger", trigger_word(e->trigger));
	json_set_bool(row, "interrupted", e->interrupted);
	if (e->kind == EVENT_DRILL) {
		json_set_text(row, "level", level_word(e->level));
		json_set_seconds(row, "restore_seconds", e->restore_seconds);
	}
	if (e->kind == EVENT_PULL && e->bytes)
		json_set_int(row, "bytes", e->bytes);
	return row;
}

static void history_json(const struct report *r, const struct events *events)
{
	struct json *root = json_begin();
	struct json *rounds = json_new_array();

	for (size_t i = 0; i < events->count; i++)
		json_add(rounds, event_json(&events->items[i]));
	json_set(root, "rounds", rounds);
	json_end(r, root);
}

static void add_event(struct table *t, const struct report *r, const struct event *e)
{
	autofree char *what = format("%s %lld", event_kind_word(e->kind), (long long)e->id);
	autofree char *verdict = format("%s%s", verdict_word(e->verdict),
					e->kind == EVENT_DRILL && e->level != LEVEL_STANDARD ? "*" : "");
	char when[WHEN_TEXT], took[UNIT_TEXT];

	table_row(t);
	table_cell(t, 0, when_text(e->started, r->now, when));
	table_cell(t, 1, what);
	table_cell(t, 2, e->dump ? e->dump : e->source);
	table_cell(t, 3, verdict);
	table_cell(t, 4, e->seconds < 0 ? NULL : human_seconds(e->seconds, took));
	table_words(t, e->reason);
}

static void history_text(const struct report *r, const struct events *events)
{
	static const char *const headings[] = {"STARTED", "WHAT", "DUMP", "VERDICT", ">TOOK", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	bool other_levels = false;
	char zone[WHEN_TEXT];

	if (events->count == 0) {
		fputs("nothing was pulled or drilled yet\n", r->to);
		return;
	}
	for (size_t i = 0; i < events->count; i++) {
		add_event(t, r, &events->items[i]);
		other_levels = other_levels ||
			       (events->items[i].kind == EVENT_DRILL && events->items[i].level != LEVEL_STANDARD);
	}
	table_print(t, r->to, true, (int)width_of(r));
	fprintf(r->to, "\n(times: %s%s)\n", zone_name(zone),
		other_levels ? "; *: a quick or deep drill, 'drillbox show N' says which" : "");
}

void report_history(const struct report *r, const struct events *events)
{
	if (r->json)
		history_json(r, events);
	else
		history_text(r, events);
}

static void pull_json(const struct report *r, const struct event *e, const struct dump *dump)
{
	struct json *root = json_begin();

	json_set_int(root, "pull", e->id);
	json_set_text(root, "source", e->source);
	json_set_text(root, "dump", e->dump);
	json_set_text(root, "verdict", verdict_word(e->verdict));
	json_set_text(root, "reason", e->reason);
	json_set_time(root, "started", e->started);
	json_set_seconds(root, "seconds", e->seconds);
	json_set_text(root, "path", dump ? dump->path : NULL);
	if (dump)
		json_set_int(root, "bytes", dump->bytes);
	json_set_text(root, "sha256", dump ? dump->sha256 : NULL);
	json_set_time(root, "data_as_of", dump ? dump->taken : TIME_UNKNOWN);
	json_end(r, root);
}

static void pull_text(const struct report *r, const struct event *e, const struct dump *dump)
{
	autofree char *name = printable(e->dump ? e->dump : e->source, false);
	enum paint paint = paint_of_verdict(e->verdict);
	char bytes[UNIT_TEXT], seconds[UNIT_TEXT];

	fprintf(r->to, "pull %lld   %s   %s%s%s", (long long)e->id, name, paint_on(r, paint),
		dump ? "DELIVERED" : "UNDECIDED", paint_off(r, paint));
	if (dump)
		fprintf(r->to, "   %s", human_bytes(dump->bytes, bytes));
	if (e->seconds >= 0)
		fprintf(r->to, "   %s %s", dump ? "in" : "after", human_seconds(e->seconds, seconds));
	fputs("\n", r->to);
	if (e->reason && *e->reason) {
		fputs("  ", r->to);
		print_wrapped(r->to, e->reason, 2, 2, width_of(r));
	}
}

void report_pull(const struct report *r, const struct event *pull, const struct dump *dump)
{
	if (r->json)
		pull_json(r, pull, dump);
	else
		pull_text(r, pull, dump);
}
