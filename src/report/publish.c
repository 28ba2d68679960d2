/* `publish`: what was put where. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "port/table.h"
#include "report/layout.h"
#include "report/report.h"

void publication_done(struct publication *p)
{
	dump_done(&p->dump);
	free(p->index);
	strings_done(&p->removed);
	strings_done(&p->notes);
	*p = (struct publication){0};
}

static struct json *json_of(const struct strings *list)
{
	struct json *array = json_new_array();

	for (size_t i = 0; i < list->count; i++)
		json_add_text(array, list->items[i]);
	return array;
}

static void publish_json(const struct report *r, const struct publication *p)
{
	struct json *root = json_begin();
	const struct dump *d = p->dump.name ? &p->dump : NULL;

	json_set_text(root, "source", p->source);
	json_set_text(root, "dump", d ? d->name : NULL);
	json_set_text(root, "reason", p->why ? p->why->text : "");
	json_set_text(root, "path", d ? d->path : NULL);
	if (d)
		json_set_int(root, "bytes", d->bytes);
	json_set_text(root, "sha256", d ? d->sha256 : NULL);
	json_set_time(root, "data_as_of", d ? d->taken : TIME_UNKNOWN);
	json_set_seconds(root, "seconds", d ? p->seconds : -1);
	json_set_text(root, "index", p->index);
	json_set_int(root, "published", (int64_t)p->indexed);
	json_set(root, "removed", json_of(&p->removed));
	json_set(root, "notes", json_of(&p->notes));
	json_end(r, root);
}

static void print_list(const struct report *r, const char *word, const struct strings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		autofree char *clean = printable(list->items[i], false);

		fprintf(r->to, "  %-9s ", word);
		print_wrapped(r->to, clean, 12, 12, width_of(r));
	}
}

static void publish_text(const struct report *r, const struct publication *p)
{
	autofree char *name = printable(p->dump.name, false);
	char bytes[UNIT_TEXT], seconds[UNIT_TEXT], freed[UNIT_TEXT];

	fprintf(r->to, "%s   %sPUBLISHED%s   %s   in %s\n", name, paint_on(r, PAINT_GREEN), paint_off(r, PAINT_GREEN),
		human_bytes(p->dump.bytes, bytes), human_seconds(p->seconds, seconds));
	fprintf(r->to, "  %-9s %s\n  %-9s %s: %zu dump%s\n", "file", p->dump.path, "index", p->index, p->indexed,
		p->indexed == 1 ? "" : "s");
	print_list(r, "removed", &p->removed);
	if (p->removed.count)
		fprintf(r->to, "  %-9s %s\n", "freed", human_bytes(p->freed_bytes, freed));
	print_list(r, "note", &p->notes);
}

void report_publish(const struct report *r, const struct publication *p)
{
	if (r->json)
		publish_json(r, p);
	else
		publish_text(r, p);
}
