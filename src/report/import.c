/* `import`: what became of each file that was handed in. */
#include "base/text.h"
#include "port/table.h"
#include "report/layout.h"
#include "report/report.h"

static struct json *item_json(const struct importation *i)
{
	struct json *row = json_new_object(), *notes = json_new_array();
	const struct dump *d = i->dump;

	for (size_t n = 0; n < i->notes->count; n++)
		json_add_text(notes, i->notes->items[n]);
	json_set_text(row, "file", i->file);
	json_set_text(row, "dump", d ? d->name : NULL);
	json_set_text(row, "reason", i->why ? i->why->text : "");
	json_set_bool(row, "was_here", i->was_here);
	json_set_text(row, "source", d ? d->source : NULL);
	json_set_text(row, "path", d ? d->path : NULL);
	if (d)
		json_set_int(row, "bytes", d->bytes);
	json_set_text(row, "sha256", d ? d->sha256 : NULL);
	json_set_time(row, "data_as_of", d ? d->taken : TIME_UNKNOWN);
	json_set_seconds(row, "seconds", d ? i->seconds : -1);
	json_set(row, "notes", notes);
	return row;
}

static void import_json(const struct report *r, const struct importation *items, size_t count)
{
	struct json *root = json_begin(), *rows = json_new_array();

	for (size_t i = 0; i < count; i++)
		json_add(rows, item_json(&items[i]));
	json_set(root, "imports", rows);
	json_end(r, root);
}

/* What did not come in is said on standard error. */
static void item_text(const struct report *r, const struct importation *i)
{
	autofree char *name = printable(i->dump->name, false), *file = printable(i->file, false);
	char bytes[UNIT_TEXT], seconds[UNIT_TEXT];

	fprintf(r->to, "%s   %s%s%s   %s   in %s\n  %-9s %s\n", name, paint_on(r, PAINT_GREEN),
		i->was_here ? "HERE ALREADY" : "IMPORTED", paint_off(r, PAINT_GREEN), human_bytes(i->dump->bytes, bytes),
		human_seconds(i->seconds, seconds), "from", file);
	for (size_t n = 0; n < i->notes->count; n++) {
		autofree char *note = printable(i->notes->items[n], false);

		fprintf(r->to, "  %-9s ", "note");
		print_wrapped(r->to, note, 12, 12, width_of(r));
	}
}

void report_import(const struct report *r, const struct importation *items, size_t count)
{
	const struct dump *last = NULL;
	size_t n = 0;

	if (r->json) {
		import_json(r, items, count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!items[i].dump)
			continue;
		item_text(r, &items[i]);
		last = items[i].dump;
		n += !items[i].was_here;
	}
	if (n > 0)
		fprintf(r->to, "Nothing is proven by that: drillbox drill %s\n", n == 1 ? last->name : "DUMP");
}
