#include "drill/settle.h"

#include <stdlib.h>
#include <string.h>

#include "port/survey.h"

#define STATEMENTS_MOST 3
#define SPARE "\"drillbox spare %zu\""
#define BESIDE "{owner}.{spare}"

/*
 * How to put a text in its object's place, or in that of one BESIDE it, which is
 * surveyed instead. Several remedies for one key are tried in their order.
 * Tables are emptied first where a statement would look at their rows: in this
 * transaction that costs nothing.
 */
static const struct remedy {
	const char *class_name;
	const char *key;
	const char *statements[STATEMENTS_MOST];
} remedies[] = {
	{"column", "~default", {"ALTER TABLE {owner} ALTER COLUMN {last} SET DEFAULT {text}"}},
	{"column",
	 "~default",
	 {"TRUNCATE {owner} CASCADE", "ALTER TABLE {owner} ALTER COLUMN {last} SET EXPRESSION AS ({text})"}},
	{"constraint",
	 "~definition",
	 {"TRUNCATE {owner} CASCADE", "ALTER TABLE {owner} DROP CONSTRAINT {last}",
	  "ALTER TABLE {owner} ADD CONSTRAINT {last} {text}"}},
	{"constraint",
	 "~definition",
	 {"ALTER DOMAIN {owner} DROP CONSTRAINT {last}", "ALTER DOMAIN {owner} ADD CONSTRAINT {last} {text}"}},
	{"index", "~definition", {"TRUNCATE {table} CASCADE", "ALTER INDEX {name} RENAME TO {spare}", "{text}"}},
	{"index", "~definition", {"ALTER INDEX {name} RENAME TO {spare}", "{text}"}},
	{"trigger", "~definition", {"DROP TRIGGER {last} ON {owner}", "{text}"}},
	{"rule", "~definition", {"DROP RULE {last} ON {owner}", "{text}"}},
	{"view", "~definition", {"CREATE VIEW " BESIDE " AS {text}"}},
	{"policy", "~using", {"ALTER POLICY {last} ON {owner} USING ({text})"}},
	{"policy", "~check", {"ALTER POLICY {last} ON {owner} WITH CHECK ({text})"}},
	{"statistics", "~definition", {"DROP STATISTICS {name}", "{text}"}},
	{"type", "~default", {"ALTER DOMAIN {name} SET DEFAULT {text}"}},
	{"function", "~body", {"CREATE OR REPLACE FUNCTION {bare}({~arguments}) RETURNS {result} LANGUAGE sql {text}"}},
	{"function", "~body", {"CREATE OR REPLACE PROCEDURE {bare}({~arguments}) LANGUAGE sql {text}"}},
	{"function",
	 "~arguments",
	 {"CREATE OR REPLACE FUNCTION {bare}({text}) RETURNS {result} LANGUAGE {language} AS 'SELECT 1'"}},
	{"function", "~arguments", {"CREATE OR REPLACE PROCEDURE {bare}({text}) LANGUAGE {language} AS 'SELECT 1'"}},
	{"table",
	 "~partition bound",
	 {"TRUNCATE {inherits} CASCADE", "ALTER TABLE {inherits} DETACH PARTITION {name}",
	  "ALTER TABLE {inherits} ATTACH PARTITION {name} {text}"}},
};

/* ---------------------------------------------------------------- spelling */

/* Where the last part of a name begins: after the last '.' outside of quotes and brackets. */
static const char *last_part(const char *name)
{
	const char *last = name;
	bool quoted = false;
	int depth = 0;

	for (const char *p = name; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		depth += (*p == '(') - (*p == ')');
		if (*p == '.' && depth == 0)
			last = p + 1;
	}
	return last;
}

/* How much of a function's name is left without its arguments. */
static size_t bare_length(const char *name)
{
	bool quoted = false;
	size_t i;

	for (i = 0; name[i]; i++) {
		if (name[i] == '"')
			quoted = !quoted;
		if (name[i] == '(' && !quoted)
			break;
	}
	return i;
}

static const char *value_of(const struct object_class *c, const struct object *o, const char *key)
{
	for (size_t k = 0; k < c->keys.count; k++)
		if (same(c->keys.items[k], key))
			return o->values[k];
	return NULL;
}

/* What a word in braces stands for, but for what needs putting together. NULL: the object has no such thing. */
static const char *value_for(const char *word, const struct object_class *c, const struct object *o)
{
	if (same(word, "name"))
		return o->name;
	return same(word, "last") ? last_part(o->name) : value_of(c, o, word);
}

static bool spell_word(struct text *out, const char *word, const struct object_class *c, const struct object *o,
		       const char *text, size_t n)
{
	const char *value;

	if (same(word, "owner") && last_part(o->name) != o->name) {
		text_add_bytes(out, o->name, (size_t)(last_part(o->name) - o->name) - 1);
	} else if (same(word, "bare")) {
		text_add_bytes(out, o->name, bare_length(o->name));
	} else if (same(word, "spare")) {
		text_addf(out, SPARE, n);
	} else if (same(word, "text")) {
		text_add_bytes(out, text, strlen(text) - (ends_with(text, ";") ? 1 : 0));
	} else {
		value = value_for(word, c, o);
		if (!value)
			return false;
		text_add(out, value);
	}
	return true;
}

char *settle_spell(const char *template, const struct object_class *c, const struct object *o, const char *text,
		   size_t n)
{
	struct text out = {0};

	for (const char *p = template; *p;) {
		size_t plain = strcspn(p, "{"), inside;
		autofree char *word = NULL;

		text_add_bytes(&out, p, plain);
		p += plain;
		if (*p == '\0')
			break;
		inside = strcspn(p, "}");
		word = xstrndup(p + 1, inside - 1);
		if (!spell_word(&out, word, c, o, text, n)) {
			text_done(&out);
			return NULL;
		}
		p += inside + 1;
	}
	return text_take(&out);
}

/* ---------------------------------------------------------------- trying */

struct attempt {
	struct difference *difference;
	const struct object_class *c;
	bool applied;
	char *read_from; /* the object to survey instead; NULL: its own */
	char *refusal;	 /* the server's words for the last remedy that it did not take */
};

static bool lost(const struct error *err)
{
	return err->kind == ERR_NETWORK || err->kind == ERR_TIMEOUT || err->kind == ERR_STOPPED;
}

/* 1: all statements were taken; 0: not, and nothing of them is left; -1: nothing can be asked any more. */
static int apply(struct pg *pg, const struct remedy *remedy, const struct attempt *a, const struct object *o, size_t n,
		 struct error *err)
{
	if (pg_exec(pg, "SAVEPOINT remedy", err) < 0)
		return -1;
	for (size_t i = 0; i < STATEMENTS_MOST && remedy->statements[i]; i++) {
		autofree char *sql = settle_spell(remedy->statements[i], a->c, o, a->difference->expected, n);
		CLEANUP(pg_rows_done) struct pg_rows rows = {0};

		if (!sql)
			(void)fail(err, ERR_SOURCE, "the source's catalogue does not say enough to ask");
		/* one statement at a time, whatever the text holds */
		else if (pg_query_params(pg, sql, 0, NULL, &rows, err) == 0)
			continue;
		else if (lost(err))
			return -1;
		else if (pg_message(pg)[0])
			(void)fail(err, ERR_SOURCE, "%s", pg_message(pg));
		{
			struct error again;

			if (pg_exec(pg, "ROLLBACK TO SAVEPOINT remedy", &again) < 0) {
				*err = again;
				return -1;
			}
		}
		return 0;
	}
	return pg_exec(pg, "RELEASE SAVEPOINT remedy", err) < 0 ? -1 : 1;
}

static int attempt(struct pg *pg, struct attempt *a, size_t n, struct error *err)
{
	const struct object *o = object_class_find(a->c, a->difference->name);

	for (size_t i = 0; o && i < COUNT(remedies) && !a->applied; i++) {
		struct error why;
		int taken;

		if (!same(remedies[i].class_name, a->difference->class_name) || !same(remedies[i].key, a->difference->key))
			continue;
		taken = apply(pg, &remedies[i], a, o, n, &why);
		if (taken < 0) {
			*err = why;
			return -1;
		}
		a->applied = taken == 1;
		if (taken == 0)
			set_text(&a->refusal, why.text);
		else if (strstr(remedies[i].statements[0], BESIDE))
			a->read_from = settle_spell(BESIDE, a->c, o, "", n);
	}
	return 0;
}

/* ---------------------------------------------------------------- judging */

static const char *text_now(const struct manifest *now, const struct attempt *a)
{
	const struct object_class *c = manifest_class(now, a->difference->class_name);
	const struct object *o = c ? object_class_find(c, a->read_from ? a->read_from : a->difference->name) : NULL;

	return o ? value_of(c, o, a->difference->key) : NULL;
}

/*
 * An object that cannot be altered for itself (a partition's part of what its
 * parent has) is settled by another that differed by the very same texts.
 */
static bool settled_elsewhere(const struct attempt *all, size_t count, const struct difference *d)
{
	for (size_t i = 0; i < count; i++) {
		const struct difference *o = all[i].difference;

		if (all[i].applied && o->kind == DIFFERENCE_SAME && same(o->class_name, d->class_name) &&
		    same(o->key, d->key) && same(o->expected, d->expected) && same(o->actual, d->actual))
			return true;
	}
	return false;
}

static void judge(struct attempt *all, size_t count, const struct manifest *now)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].applied)
			structure_settle(all[i].difference, same(text_now(now, &all[i]), all[i].difference->actual));
	for (size_t i = 0; i < count; i++) {
		autofree char *why = NULL;

		if (all[i].applied)
			continue;
		if (settled_elsewhere(all, count, all[i].difference)) {
			structure_settle(all[i].difference, true);
			continue;
		}
		why = all[i].refusal ? format("the scratch server does not take the source's text (%s)", all[i].refusal)
				     : xstrdup("there is no way to have a server parse it again");
		structure_leave_open(all[i].difference, why);
	}
}

static int try_all(struct pg *pg, struct attempt *all, size_t count, struct manifest *ret_now, struct error *err)
{
	if (pg_exec(pg,
		    "BEGIN READ WRITE; SET LOCAL session_replication_role = replica; SET LOCAL check_function_bodies = off",
		    err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (attempt(pg, &all[i], i, err) < 0)
			return -1;
	if (survey_catalogue(pg, ret_now, err) < 0)
		return -1;
	manifest_sort(ret_now);
	return 0;
}

static void leave_all_open(struct attempt *all, size_t count, const char *why)
{
	for (size_t i = 0; i < count; i++)
		structure_leave_open(all[i].difference, why);
}

/* The texts of one class: what is done to the objects of one must not disturb those of another. */
static int settle_class(struct pg *pg, struct attempt *all, size_t count, struct error *err)
{
	CLEANUP(manifest_done) struct manifest now = {0};
	struct error why;
	int worked = try_all(pg, all, count, &now, &why);

	if (worked == 0)
		judge(all, count, &now);
	else
		leave_all_open(all, count, why.text);
	if (worked < 0 && lost(&why)) {
		*err = why;
		return -1;
	}
	return pg_exec(pg, "ROLLBACK", err);
}

/* Those of the class that stands at differences[from], each once. */
static size_t gather(const struct measure *m, struct structure *s, size_t from, struct attempt *all)
{
	const char *class_name = s->differences[from].class_name;
	size_t count = 0;

	for (size_t i = from; i < s->count; i++)
		if (s->differences[i].kind == DIFFERENCE_TEXT && same(s->differences[i].class_name, class_name))
			all[count++] = (struct attempt){.difference = &s->differences[i],
							.c = manifest_class(m->source, class_name)};
	return count;
}

int settle_texts(struct pg *pg, const struct measure *m, struct structure *s, struct error *err)
{
	autofree struct attempt *all = xcalloc(s->count, sizeof(*all));

	/* whatever became of a class, none of its differences is a DIFFERENCE_TEXT any more */
	for (size_t i = 0; i < s->count; i++) {
		size_t count = s->differences[i].kind == DIFFERENCE_TEXT ? gather(m, s, i, all) : 0;
		int settled = count ? settle_class(pg, all, count, err) : 0;

		for (size_t k = 0; k < count; k++) {
			free(all[k].read_from);
			free(all[k].refusal);
		}
		if (settled < 0)
			return -1;
	}
	return 0;
}
