#include "drill/inventory.h"

#include <stdlib.h>
#include <string.h>

#define NAMED_MOST 5

/* What is looked for, most serious first. Of the data of a table the rows tell more (rung 7). */
static const struct {
	const char *type, *one, *many;
} kinds[] = {
	{"TABLE", "table", "tables"},
	{"CONSTRAINT", "constraint", "constraints"},
	{"FK CONSTRAINT", "foreign key", "foreign keys"},
	{"CHECK CONSTRAINT", "check constraint", "check constraints"},
	{"TRIGGER", "trigger", "triggers"},
	{"EVENT TRIGGER", "event trigger", "event triggers"},
	{"ROW SECURITY", "row security of a table", "row securities of tables"},
	{"POLICY", "policy", "policies"},
	{"SEQUENCE", "sequence", "sequences"},
	{"DEFAULT", "default", "defaults"},
	{"FUNCTION", "function", "functions"},
	{"PROCEDURE", "procedure", "procedures"},
	{"AGGREGATE", "aggregate", "aggregates"},
	{"VIEW", "view", "views"},
	{"MATERIALIZED VIEW", "materialised view", "materialised views"},
	{"RULE", "rule", "rules"},
	{"INDEX", "index", "indexes"},
	{"EXTENSION", "extension", "extensions"},
	{"TYPE", "type", "types"},
	{"DOMAIN", "domain", "domains"},
	{"SCHEMA", "schema", "schemas"},
	{"FOREIGN TABLE", "foreign table", "foreign tables"},
	{"PUBLICATION", "publication", "publications"},
	{"ACL", "grant", "grants"},
	{"DEFAULT ACL", "default privilege", "default privileges"},
};

static char *name_of(const struct toc_entry *e)
{
	return strcmp(e->schema, "-") == 0 ? xstrdup(e->name) : format("%s.%s", e->schema, e->name);
}

/* Sorted: the entries of one type. */
static void names_of(const struct toc *toc, const char *type, struct strings *ret)
{
	for (size_t i = 0; i < toc->count; i++)
		if (strcmp(toc->items[i].type, type) == 0)
			strings_add_owned(ret, name_of(&toc->items[i]));
	strings_sort(ret);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool found(const struct strings *sorted, const char *name)
{
	return sorted->count && bsearch(&name, sorted->items, sorted->count, sizeof(*sorted->items), by_text);
}

/* "public.orders_2025" of a constraint's "public.orders_2025 orders_2025_pkey", or of the name itself. */
static bool is_of(const struct strings *tables, const char *name)
{
	autofree char *table = xstrndup(name, strcspn(name, " "));

	return found(tables, name) || found(tables, table);
}

/* 'parts' are the partitions there were, with their indexes: theirs goes with them. */
static size_t compare_kind(const struct toc *then, const struct toc *now, size_t kind, const struct strings *parts,
			   const char *then_name, struct findings *f)
{
	CLEANUP(strings_done) struct strings was = {0}, is = {0}, gone = {0};
	autofree char *joined = NULL;

	names_of(then, kinds[kind].type, &was);
	names_of(now, kinds[kind].type, &is);
	for (size_t i = 0; i < was.count; i++)
		if (!found(&is, was.items[i]) && !is_of(parts, was.items[i]))
			strings_add(&gone, was.items[i]);
	if (!gone.count)
		return 0;
	joined = strings_join(&gone, ", ", NAMED_MOST);
	findings_note(f, "%zu %s of '%s' %s not in this dump: %s", gone.count, gone.count == 1 ? kinds[kind].one : kinds[kind].many,
		      then_name, gone.count == 1 ? "is" : "are", joined);
	return gone.count;
}

void inventory_compare(const struct toc *then, const struct toc *now, const char *then_name, struct findings *f,
		       struct text *summary)
{
	CLEANUP(strings_done) struct strings parts = {0}, indexes = {0};
	size_t gone = 0;

	names_of(then, "TABLE ATTACH", &parts);
	names_of(then, "INDEX ATTACH", &indexes);
	for (size_t i = 0; i < indexes.count; i++)
		strings_add(&parts, indexes.items[i]);
	strings_sort(&parts);
	for (size_t kind = 0; kind < COUNT(kinds); kind++)
		gone += compare_kind(then, now, kind, &parts, then_name, f);
	if (gone)
		text_addf(summary, "; %zu %s gone since %s", gone, gone == 1 ? "object" : "objects", then_name);
	else
		text_addf(summary, "; nothing gone since %s", then_name);
}

int inventory_check(const struct drill_request *r, const struct tool *tool, const struct toc *now, struct findings *f,
		    struct text *summary, struct error *err)
{
	struct drill_request before = {.dump = r->predecessor_dump, .tools = r->tools, .level = LEVEL_STANDARD, .listing = true,
				       .deadline = r->deadline};
	CLEANUP(findings_done) struct findings found_before = {0};
	CLEANUP(text_done) struct text said = {0};
	CLEANUP(toc_done) struct toc then = {0};

	if (!r->predecessor_dump)
		return 0;
	if (inspect_dump(&before, tool, &then, &found_before, &said, err) < 0)
		return -1;
	if (then.version)
		inventory_compare(&then, now, r->predecessor_name, f, summary);
	else
		findings_note(f, "what there was in '%s' could not be listed any more, so nobody compared with it: %s",
			      r->predecessor_name,
			      found_before.check_count ? found_before.checks[0].detail : "it did not say why");
	return 0;
}
