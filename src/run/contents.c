#include "run/contents.h"

#include <stdlib.h>
#include <string.h>

#include "drill/inspect.h"
#include "drill/plan.h"
#include "port/toolset.h"

#define READ_TIMEOUT_S 3600 /* plain SQL is read to its end */

static void add_line(struct listing *l, const char *kind, const char *name, int64_t rows, const char *remark)
{
	l->lines = grow(l->lines, l->contents.count, sizeof(*l->lines));
	l->lines[l->contents.count++] = (struct contents_line){kind, name, rows, remark};
}

/* What the source held, and why something was left out. */
static void list_manifest(const struct manifest *m, struct listing *l)
{
	static const char *const shown[] = {"index", "view", "function", "trigger", "policy", "type"};

	l->made_by = format("%s of server %s, %s format", m->dumped_by, m->server_version, m->format);
	for (size_t i = 0; i < m->extension_count; i++)
		add_line(l, "extension", m->extensions[i].name, -1, m->extensions[i].version);
	for (size_t i = 0; i < m->relation_count; i++)
		add_line(l, "table", m->relations[i].name, m->relations[i].rows, m->relations[i].left_out);
	for (size_t i = 0; i < m->sequence_count; i++)
		add_line(l, "sequence", m->sequences[i].name, -1, NULL);
	for (size_t k = 0; k < COUNT(shown); k++) {
		const struct object_class *c = manifest_class(m, shown[k]);

		for (size_t i = 0; c && i < c->count; i++)
			add_line(l, shown[k], c->objects[i].name, -1, NULL);
	}
}

/* In the same order; how many rows a table has nobody counted. */
static void list_entries(const struct toc *toc, struct listing *l)
{
	static const struct {
		const char *type, *kind;
	} shown[] = {{"EXTENSION", "extension"}, {"TABLE", "table"},   {"SEQUENCE", "sequence"}, {"INDEX", "index"},
		     {"VIEW", "view"},		 {"FUNCTION", "function"}, {"TRIGGER", "trigger"},	 {"POLICY", "policy"},
		     {"TYPE", "type"}};
	autofree char *how = xstrdup(toc->format);

	for (char *c = how; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	l->made_by = format("pg_dump %s of server %s, %s format", toc->dumped_by ? toc->dumped_by : "unknown",
			    toc->server_version ? toc->server_version : "unknown", how);
	for (size_t k = 0; k < COUNT(shown); k++) {
		for (size_t i = 0; i < toc->count; i++) {
			const struct toc_entry *e = &toc->items[i];

			if (strcmp(e->type, shown[k].type) != 0)
				continue;
			strings_add_owned(&l->names, strcmp(e->schema, "-") == 0 ? xstrdup(e->name)
										 : format("%s.%s", e->schema, e->name));
			add_line(l, shown[k].kind, l->names.items[l->names.count - 1], -1, NULL);
		}
	}
}

/* The first thing that was not well, which is why there is no list. */
static int refused(const struct findings *f, const struct dump *dump, struct error *err)
{
	for (size_t i = 0; i < f->check_count; i++)
		if (f->checks[i].result == RESULT_FAIL || f->checks[i].result == RESULT_UNDECIDED)
			return fail(err, f->checks[i].result == RESULT_FAIL ? ERR_DATA : ERR_LACKING, "'%s' cannot be listed: %s",
				    dump->name, f->checks[i].detail);
	return fail(err, ERR_BUG, "'%s' cannot be listed, and nobody says why", dump->name);
}

static int list_dump(const struct box *box, const struct dump *dump, struct listing *l, struct error *err)
{
	CLEANUP(toolset_done) struct toolset tools = {0};
	CLEANUP(findings_done) struct findings found = {0};
	CLEANUP(text_done) struct text summary = {0};
	CLEANUP(toc_done) struct toc toc = {0};
	struct drill_request request = {
		.dump = dump,
		.tools = &tools,
		.level = LEVEL_STANDARD,
		.listing = true,
		.deadline = deadline_in(NO_DEADLINE, READ_TIMEOUT_S * 1000),
	};
	const struct tool *tool;

	if (toolset_scan(&tools, &box->config.box.bins, request.deadline, err) < 0)
		return -1;
	tool = plan_tool(&request, &found);
	if (tool && inspect_dump(&request, tool, &toc, &found, &summary, err) < 0)
		return -1;
	if (!tool || !toc.version)
		return refused(&found, dump, err);
	list_entries(&toc, l);
	return 0;
}

int contents_read(const struct box *box, const struct dump *dump, struct listing *ret, struct error *err)
{
	CLEANUP(listing_done) struct listing l = {.contents = {.dump = dump}};

	if (dump->has_manifest) {
		if (box_manifest(dump, &l.manifest, err) < 0)
			return -1;
		list_manifest(&l.manifest, &l);
	} else if (list_dump(box, dump, &l, err) < 0) {
		return -1;
	}
	l.contents.lines = l.lines;
	l.contents.made_by = l.made_by;
	*ret = l;
	l = (struct listing){0};
	return 0;
}

void listing_done(struct listing *l)
{
	free(l->lines);
	free(l->made_by);
	strings_done(&l->names);
	manifest_done(&l->manifest);
	*l = (struct listing){0};
}
