#include "drill/collations.h"

#include <ctype.h>
#include <string.h>

#define IN_TEXTS "COLLATE "	    /* as a server writes it, where the name is found without its schema */
#define IN_KEYS "pg_catalog."
#define NAME_CAP 64
#define COLLATIONS_MOST 100

/* "de_DE", "de_DE.utf8", "sr_RS@latin"; not ICU's "de-DE-x-icu" nor "C". */
static bool is_of_libc(const char *name)
{
	return isalpha((unsigned char)name[0]) && isalpha((unsigned char)name[1]) && strchr(name, '_') && 
	       !ends_with(name, "-x-icu") && strncmp(name, "pg_", 3) != 0 && !same(name, "ucs_basic");
}

/* The name in double quotes that begins at 'at'; one without quotes is none of libc's. NULL: none. Owned. */
static char *quoted_at(const char *at)
{
	size_t n = *at == '"' ? strcspn(at + 1, "\"") : 0;

	return n > 0 && n < NAME_CAP && at[n + 1] == '"' ? xstrndup(at + 1, n) : NULL;
}

static void add(const char *at, struct strings *ret)
{
	autofree char *name = quoted_at(at);

	if (name && is_of_libc(name) && !strings_have(ret, name) && ret->count < COLLATIONS_MOST)
		strings_add(ret, name);
}

static void add_of_text(const char *text, struct strings *ret)
{
	for (const char *at = text; (at = strstr(at, IN_TEXTS)); at += strlen(IN_TEXTS))
		add(at + strlen(IN_TEXTS), ret);
}

void collations_wanted(const struct manifest *m, struct strings *ret)
{
	for (size_t i = 0; m && i < m->class_count; i++) {
		const struct object_class *c = &m->classes[i];

		for (size_t o = 0; o < c->count; o++)
			for (size_t k = 0; k < c->keys.count; k++) {
				const char *value = c->objects[o].values[k];

				if (value && same(c->keys.items[k], "collation") && starts_with(value, IN_KEYS))
					add(value + strlen(IN_KEYS), ret);
				else if (value)
					add_of_text(value, ret);
			}
	}
}

char *collation_locale(const char *name, const char *encoding)
{
	size_t n = strcspn(name, "@");

	if (strchr(name, '.') || !same(encoding, "UTF8"))
		return xstrdup(name);
	return format("%.*s.UTF-8%s", (int)n, name, name + n);
}

/* An error that is caught is not logged: the log is the restore's. */
static char *making(const char *name, const char *encoding)
{
	autofree char *locale = collation_locale(name, encoding), *quoted = pg_identifier(name), *literal = pg_literal(locale);
	autofree char *block = format("BEGIN CREATE COLLATION pg_catalog.%s (PROVIDER = libc, LOCALE = %s); "
				      "EXCEPTION WHEN OTHERS THEN NULL; END", quoted, literal);
	autofree char *body = pg_literal(block);

	return format("DO %s", body);
}

static int make(struct pg *pg, const char *name, const char *encoding, struct error *err)
{
	const char *const params[] = {name};
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};
	autofree char *sql = making(name, encoding);

	if (pg_query_params(pg, "SELECT 1 FROM pg_catalog.pg_collation c, pg_catalog.pg_database d WHERE c.collname = $1 AND "
			    "c.collnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.collencoding IN (-1, d.encoding) AND "
			    "d.datname = pg_catalog.current_database()", 1, params, &rows, err) < 0)
		return -1;
	return pg_row_count(&rows) ? 0 : pg_exec(pg, sql, err);
}

int collations_make(struct pg *pg, const struct strings *names, const char *encoding, struct error *err)
{
	if (names->count && pg_exec(pg, "SET allow_system_table_mods = on", err) < 0)
		return -1;
	for (size_t i = 0; i < names->count; i++)
		if (make(pg, names->items[i], encoding, err) < 0)
			return -1;
	return 0;
}
