/* `dumps`, `list` and `prune`: what is stored, what is in it, what goes and why. */
#include <string.h>

#include "base/text.h"
#include "port/table.h"
#include "report/layout.h"
#include "report/report.h"

/* ---- dumps ---- */

static struct json *dump_json(const struct dump *d)
{
	struct json *row = json_new_object();

	json_set_text(row, "dump", d->name);
	json_set_text(row, "source", d->source);
	json_set_text(row, "path", d->path);
	json_set_int(row, "bytes", d->bytes);
	json_set_text(row, "sha256", d->sha256);
	json_set_time(row, "data_as_of", d->taken);
	json_set_text(row, "state", dump_state_word(d->state));
	json_set_text(row, "kept_because", d->kept_because);
	json_set_bool(row, "accepted", d->accepted);
	json_set_bool(row, "complete", d->complete);
	json_set_bool(row, "manifest", d->has_manifest);
	json_set_bool(row, "orphan", d->orphan);
	json_set_origin(row, "origin", &d->origin);
	return row;
}

static void dumps_json(const struct report *r, const struct dumps *list, int64_t free_bytes)
{
	struct json *root = json_begin();
	struct json *rows = json_new_array();

	for (size_t i = 0; i < list->count; i++)
		json_add(rows, dump_json(&list->items[i]));
	json_set(root, "dumps", rows);
	if (free_bytes >= 0)
		json_set_int(root, "free_bytes", free_bytes);
	json_end(r, root);
}

/* Why it stays, and what else is to be said of it. */
static char *dump_words(const struct dump *d)
{
	return format("%s%s%s%s", d->kept_because ? d->kept_because : "goes with the next prune",
		      d->accepted ? "; accepted" : "", d->origin.vouch == VOUCH_NONE ? "; origin unverified" : "",
		      !d->complete ? "; incomplete: its digest list or manifest is missing" : "");
}

static void dumps_text(const struct report *r, const struct dumps *list, int64_t free_bytes)
{
	static const char *const headings[] = {"DUMP", ">AGE", ">SIZE", "STATE", "~KEPT BECAUSE", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	char age[UNIT_TEXT], size[UNIT_TEXT], free[UNIT_TEXT];
	int64_t sum = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct dump *d = &list->items[i];
		autofree char *words = dump_words(d);

		sum += d->bytes;
		table_row(t);
		table_cell(t, 0, d->name);
		table_cell(t, 1, d->taken > r->now ? "future" : age_text(d->taken, r->now, age));
		table_cell(t, 2, human_bytes(d->bytes, size));
		table_cell(t, 3, dump_state_word(d->state));
		table_words(t, words);
	}
	table_print(t, r->to, true, (int)width_of(r));
	fprintf(r->to, "%s%zu %s, %s", list->count ? "\n" : "", list->count, list->count == 1 ? "dump" : "dumps",
		human_bytes(sum, size));
	if (free_bytes >= 0)
		fprintf(r->to, "; %s free on the disk", human_bytes(free_bytes, free));
	fputs(list->count ? " (the time in a name is UTC)\n" : "\n", r->to);
}

void report_dumps(const struct report *r, const struct dumps *list, int64_t free_bytes)
{
	if (r->json)
		dumps_json(r, list, free_bytes);
	else
		dumps_text(r, list, free_bytes);
}

/* ---- list ---- */

static void contents_json(const struct report *r, const struct contents *c)
{
	struct json *root = json_begin();
	struct json *rows = json_new_array();

	json_set_text(root, "dump", c->dump->name);
	json_set_text(root, "path", c->dump->path);
	json_set_text(root, "made_by", c->made_by);
	for (size_t i = 0; i < c->count; i++) {
		struct json *row = json_new_object();

		json_set_text(row, "kind", c->lines[i].kind);
		json_set_text(row, "name", c->lines[i].name);
		if (c->lines[i].rows < 0)
			json_set_null(row, "rows");
		else
			json_set_int(row, "rows", c->lines[i].rows);
		json_set_text(row, "remark", c->lines[i].remark);
		json_add(rows, row);
	}
	json_set(root, "contents", rows);
	json_end(r, root);
}

static void contents_text(const struct report *r, const struct contents *c)
{
	static const char *const headings[] = {"KIND", "NAME", ">ROWS", "~REMARK", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	autofree char *path = printable(c->dump->path, false);
	autofree char *made_by = c->made_by ? printable(c->made_by, false) : NULL;
	char rows[UNIT_TEXT];

	fprintf(r->to, "%s\n", path);
	if (made_by)
		fprintf(r->to, "%s\n", made_by);
	fputs("\n", r->to);
	for (size_t i = 0; i < c->count; i++) {
		table_row(t);
		table_cell(t, 0, c->lines[i].kind);
		table_cell(t, 1, c->lines[i].name);
		table_cell(t, 2, c->lines[i].rows < 0 ? NULL : human_count(c->lines[i].rows, rows));
		table_words(t, c->lines[i].remark);
	}
	table_print(t, r->to, true, (int)width_of(r));
}

void report_contents(const struct report *r, const struct contents *c)
{
	if (r->json)
		contents_json(r, c);
	else
		contents_text(r, c);
}

/* ---- prune ---- */

static void prune_json(const struct report *r, const struct prune *p)
{
	struct json *root = json_begin();
	struct json *gone = json_new_array();
	struct json *kept = json_new_array();

	for (size_t i = 0; i < p->list->count; i++) {
		const struct dump *d = &p->list->items[i];
		struct json *row = json_new_object();

		json_set_text(row, "dump", d->name);
		json_set_int(row, "bytes", d->bytes);
		json_set_text(row, "state", dump_state_word(d->state));
		json_set_text(row, "because", p->gone_because[i] ? p->gone_because[i] : d->kept_because);
		json_add(p->gone_because[i] ? gone : kept, row);
	}
	json_set_bool(root, "dry_run", p->dry);
	json_set(root, "gone", gone);
	json_set(root, "kept", kept);
	json_set_int(root, "freed_bytes", p->freed_bytes);
	json_end(r, root);
}

static void prune_text(const struct report *r, const struct prune *p)
{
	static const char *const headings[] = {"DUMP", ">SIZE", "STATE", "", "~BECAUSE", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	char size[UNIT_TEXT];
	size_t gone = 0;

	for (size_t i = 0; i < p->list->count; i++) {
		const struct dump *d = &p->list->items[i];

		gone += p->gone_because[i] != NULL;
		table_row(t);
		table_cell(t, 0, d->name);
		table_cell(t, 1, human_bytes(d->bytes, size));
		table_cell(t, 2, dump_state_word(d->state));
		table_cell(t, 3, !p->gone_because[i] ? "stays" : p->dry ? "goes" : "gone");
		table_words(t, p->gone_because[i] ? p->gone_because[i] : d->kept_because);
	}
	table_print(t, r->to, true, (int)width_of(r));
	fprintf(r->to, "%s%zu of %zu %s %s, %s\n", p->list->count ? "\n" : "", gone, p->list->count,
		p->list->count == 1 ? "dump" : "dumps", p->dry ? "would go" : "gone", human_bytes(p->freed_bytes, size));
}

void report_prune(const struct report *r, const struct prune *p)
{
	if (r->json)
		prune_json(r, p);
	else
		prune_text(r, p);
}
