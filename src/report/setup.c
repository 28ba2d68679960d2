/* `doctor`, `check` and `config`: whether all is ready, and what is set. */
#include <string.h>

#include "base/text.h"
#include "port/table.h"
#include "report/layout.h"
#include "report/report.h"

/* ---- doctor ---- */

static void doctor_json(const struct report *r, const char *source, const struct prechecks *list)
{
	struct json *root = json_begin();
	struct json *findings = json_new_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct precheck *p = &list->items[i];
		struct json *row = json_new_object();

		json_set_text(row, "level", precheck_level_word(p->level));
		json_set_text(row, "name", p->name);
		json_set_text(row, "found", p->sentence);
		json_set_text(row, "cure", p->cure);
		json_add(findings, row);
	}
	json_set_text(root, "source", source);
	json_set(root, "findings", findings);
	json_end(r, root);
}

static size_t widest_name(const struct prechecks *list)
{
	size_t widest = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t columns = text_columns(list->items[i].name);

		widest = columns > widest ? columns : widest;
	}
	return widest;
}

/* SQL and commands to paste: lines stay as they are, and stand clear of the sentence. */
static void print_cure(const struct report *r, const char *cure, size_t indent)
{
	autofree char *clean = printable(cure, true);

	for (char *line = clean; *line;) {
		size_t n = strcspn(line, "\n");

		fprintf(r->to, "%*s%s%.*s\n", (int)indent, "", line == clean ? "To do: " : "       ", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

static void doctor_text(const struct report *r, const char *source, const struct prechecks *list)
{
	static const enum paint paints[] = {
		[PRECHECK_OK] = PAINT_GREEN,
		[PRECHECK_WARN] = PAINT_AMBER,
		[PRECHECK_BAD] = PAINT_RED,
	};
	size_t names = widest_name(list);
	size_t indent = 6 + names + 2;

	fprintf(r->to, "%s\n", source ? source : "the box");
	for (size_t i = 0; i < list->count; i++) {
		const struct precheck *p = &list->items[i];
		autofree char *name = printable(p->name, false);

		fprintf(r->to, "%s%-4s%s  %s%*s", paint_on(r, paints[p->level]), precheck_level_word(p->level),
			paint_off(r, paints[p->level]), name, (int)(names - text_columns(name) + 2), "");
		print_wrapped(r->to, p->sentence, indent, indent, width_of(r));
		print_cure(r, p->cure, indent);
	}
	fputs("\n", r->to);
}

void report_doctor(const struct report *r, const char *source, const struct prechecks *list)
{
	if (r->json)
		doctor_json(r, source, list);
	else
		doctor_text(r, source, list);
}

/* ---- check ---- */

static void check_json(const struct report *r, const struct config *c, const struct strings *wrong, size_t good)
{
	struct json *root = json_begin();
	struct json *sources = json_new_array();
	struct json *checks = json_new_object();
	struct json *errors = json_new_array();
	bool ok = wrong->count == 0;

	for (size_t i = 0; i < c->source_count; i++) {
		const struct source_config *s = c->sources[i];
		autofree char *doubt = source_config_doubt(s);
		struct json *row = json_new_object();

		ok = ok && !s->broken;
		json_set_text(row, "source", s->name);
		json_set_text(row, "path", s->path);
		json_set_bool(row, "ok", !s->broken);
		json_set_text(row, "error", s->broken ? s->why.text : NULL);
		json_set_text(row, "warning", doubt);
		json_add(sources, row);
	}
	for (size_t i = 0; i < wrong->count; i++)
		json_add_text(errors, wrong->items[i]);
	json_set_int(checks, "ok", (int64_t)good);
	json_set(checks, "errors", errors);
	json_set_bool(root, "ok", ok);
	json_set_text(root, "path", c->path);
	json_set(root, "sources", sources);
	json_set(root, "checks", checks);
	json_end(r, root);
}

static size_t print_broken_sources(const struct report *r, const struct config *c)
{
	size_t broken = 0;

	for (size_t i = 0; i < c->source_count; i++)
		if (c->sources[i]->broken) {
			broken++;
			print_wrapped(r->to, c->sources[i]->why.text, 0, 2, width_of(r));
		}
	if (broken)
		fprintf(r->to, "%zu of %zu sources cannot be used; the others go on\n", broken, c->source_count);
	return broken;
}

static void print_doubts(const struct report *r, const struct config *c)
{
	for (size_t i = 0; i < c->source_count; i++) {
		autofree char *doubt = source_config_doubt(c->sources[i]);
		autofree char *sentence = doubt ? format("warning: %s", doubt) : NULL;

		if (sentence)
			print_wrapped(r->to, sentence, 0, 2, width_of(r));
	}
}

static void check_text(const struct report *r, const struct config *c, const struct strings *wrong, size_t good)
{
	autofree char *path = printable(c->path, false), *dir = printable(c->dir, false);
	size_t broken = print_broken_sources(r, c);

	for (size_t i = 0; i < wrong->count; i++) {
		autofree char *sentence = printable(wrong->items[i], false);

		print_wrapped(r->to, sentence, 0, 2, width_of(r));
	}
	print_doubts(r, c);
	if (broken || wrong->count)
		return;
	fprintf(r->to, "ok: %s", path);
	if (c->source_count)
		fprintf(r->to, ", %zu %s, %zu %s of your own\n", c->source_count, c->source_count == 1 ? "source" : "sources", good,
			good == 1 ? "check" : "checks");
	else
		fprintf(r->to, "; no source yet: describe one in %s/sources.d/NAME.conf\n", dir);
}

void report_check(const struct report *r, const struct config *c, const struct strings *wrong, size_t good)
{
	if (r->json)
		check_json(r, c, wrong, good);
	else
		check_text(r, c, wrong, good);
}

/* ---- config ---- */

/* One file's keys, wherever its values are, and what they would be if it named only what it must. */
struct file {
	const char *source; /* NULL: drillbox.conf */
	const char *path;
	const struct box_config *box, *default_box;
	const struct source_config *config, *default_config;
};

static char *value_of(const struct file *f, const struct config_key *k)
{
	return f->source ? source_config_get(f->config, k->section, k->key) : box_config_get(f->box, k->section, k->key);
}

static bool is_default(const struct file *f, const struct config_key *k, const char *value)
{
	autofree char *fallback = f->source ? source_config_get(f->default_config, k->section, k->key) :
					      box_config_get(f->default_box, k->section, k->key);

	return *k->fallback ? same(value, fallback) : !value || !*value;
}

static void add_keys_json(struct json *list, const struct file *f, bool all)
{
	for (const struct config_key *k = config_keys(f->source != NULL); k->section; k++) {
		autofree char *value = value_of(f, k);
		struct json *row;

		if (!all && is_default(f, k, value))
			continue;
		row = json_new_object();
		json_set_text(row, "source", f->source);
		json_set_text(row, "section", k->section);
		json_set_text(row, "key", k->key);
		json_set_text(row, "value", value);
		json_set_text(row, "default", k->fallback);
		json_set_text(row, "meaning", k->meaning);
		json_add(list, row);
	}
}

static void print_key(const struct report *r, const struct config_key *k, const char *value, bool all)
{
	autofree char *clean = printable(value ? value : "", false);
	autofree char *comment = NULL;

	if (all) {
		comment = format("# %s; default: %s", k->meaning, *k->fallback ? k->fallback : "none, it must be given");
		print_wrapped(r->to, comment, 0, 0, 100000); /* one line, so that it stays a comment */
	}
	fprintf(r->to, "%s%s =%s%s\n", value && *value ? "" : "#", k->key, *clean ? " " : "", clean);
}

/* As a file that drillbox would read. */
static void print_keys(const struct report *r, const struct file *f, bool all)
{
	autofree char *path = printable(f->path ? f->path : "", false);
	const char *section = "";

	fprintf(r->to, "# %s\n", path);
	for (const struct config_key *k = config_keys(f->source != NULL); k->section; k++) {
		autofree char *value = value_of(f, k);

		if (!all && is_default(f, k, value))
			continue;
		if (strcmp(section, k->section) != 0)
			fprintf(r->to, "%s[%s]\n", all && *section ? "\n" : "", k->section);
		section = k->section;
		print_key(r, k, value, all);
	}
	fputs("\n", r->to);
}

static void report_file(const struct report *r, struct json *list, const struct file *f, bool all)
{
	autofree char *why = NULL;

	if (list) {
		add_keys_json(list, f, all);
	} else if (f->source && f->config->broken) {
		why = printable(f->config->why.text, false);
		fprintf(r->to, "# %s cannot be used: %s\n\n", f->source, why);
	} else {
		print_keys(r, f, all);
	}
}

static void report_source(const struct report *r, struct json *list, const struct source_config *s, bool all)
{
	CLEANUP(source_config_done) struct source_config fallback = {0};
	const struct file file = {.source = s->name, .path = s->path, .config = s, .default_config = &fallback};

	source_config_init(&fallback, s->name);
	if (!s->broken)
		source_config_follow(&fallback, s);
	report_file(r, list, &file, all);
}

static void report_box(const struct report *r, struct json *list, const struct config *c, bool all)
{
	CLEANUP(config_done) struct config fallback = {0};
	const struct file file = {.path = c->path, .box = &c->box, .default_box = &fallback.box};

	box_config_init(&fallback.box);
	report_file(r, list, &file, all);
}

void report_config(const struct report *r, const struct config *c, const struct source_config *source, bool all)
{
	struct json *root = r->json ? json_begin() : NULL;
	struct json *list = r->json ? json_new_array() : NULL;

	if (!source)
		report_box(r, list, c, all);
	for (size_t i = 0; i < c->source_count; i++)
		if ((!source || source == c->sources[i]) && (!r->json || !c->sources[i]->broken))
			report_source(r, list, c->sources[i], all);
	if (r->json) {
		json_set(root, "keys", list);
		json_end(r, root);
	}
}
