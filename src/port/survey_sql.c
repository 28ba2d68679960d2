#include "port/survey_sql.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "port/survey.sql.h"

#define MAX_ARGUMENTS 4

/* One grant a grantee: "app=INSERT*,SELECT; PUBLIC=SELECT", '*' with grant option; who granted does not count. */
#define WHO "CASE x_.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x_.grantee)) END"
#define WHAT "x_.privilege_type || CASE WHEN x_.is_grantable THEN '*' ELSE '' END"
#define GRANTS(acl) "SELECT grantee, privilege_type, is_grantable FROM aclexplode(coalesce(" acl ", acldefault($3, $4)))"

static const struct {
	const char *name;
	const char *text; /* $1 ... $4 are the arguments */
} macros[] = {
	{"name", "(quote_ident($1) || '.' || quote_ident($2))"},
	{"signature",
	 "(quote_ident($1) || '.' || quote_ident($2) || '(' || pg_catalog.pg_get_function_identity_arguments($3) || ')')"},
	{"free",
	 "NOT EXISTS (SELECT FROM pg_catalog.pg_depend d_ WHERE d_.classid = 'pg_catalog.$1'::regclass "
	 "AND d_.objid = $2 AND d_.deptype = 'e')"},
	{"ours",
	 "($3 !~ '^pg_' AND $3 <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d_ "
	 "WHERE d_.classid = 'pg_catalog.$1'::regclass AND d_.objid = $2 AND d_.deptype = 'e'))"},
	{"comment",
	 "(SELECT m_.description FROM pg_catalog.pg_description m_ WHERE m_.objoid = $2 "
	 "AND m_.classoid = 'pg_catalog.$1'::regclass AND m_.objsubid = $3)"},
	/* "pg_attver=..." is the server's own bookkeeping of when a column was made */
	{"sorted", "(SELECT string_agg(x_, ', ' ORDER BY x_ COLLATE \"C\") FROM unnest($1) x_ WHERE x_ !~ '^pg_attver=')"},
	{"options",
	 "(SELECT string_agg(CASE WHEN x_ ~* '^[^=]*(passw|secret|token|key)' THEN split_part(x_, '=', 1) || '=(not shown)' "
	 "ELSE x_ END, ', ' ORDER BY x_ COLLATE \"C\") FROM unnest($1) x_)"},
	{"acl",
	 "(SELECT string_agg(g.who || '=' || g.what, '; ' ORDER BY g.who COLLATE \"C\") FROM (SELECT " WHO " AS who, "
	 "string_agg(DISTINCT (" WHAT ") COLLATE \"C\", ',' ORDER BY (" WHAT ") COLLATE \"C\") AS what "
	 "FROM aclexplode(coalesce($1, acldefault($2, $3))) x_ GROUP BY 1) g)"},
	{"beyond",
	 "(SELECT string_agg(g.line, '; ' ORDER BY g.line COLLATE \"C\") FROM ("
	 "SELECT '+' || " WHO " || '=' || string_agg(" WHAT ", ',' ORDER BY x_.privilege_type COLLATE \"C\") AS line FROM ("
	 GRANTS("$1") " EXCEPT " GRANTS("$2") ") x_ GROUP BY x_.grantee UNION ALL "
	 "SELECT '-' || " WHO " || '=' || string_agg(" WHAT ", ',' ORDER BY x_.privilege_type COLLATE \"C\") AS line FROM ("
	 GRANTS("$2") " EXCEPT " GRANTS("$1") ") x_ GROUP BY x_.grantee) g)"},
};

struct arguments {
	const char *at[MAX_ARGUMENTS];
	size_t length[MAX_ARGUMENTS];
	size_t count;
};

/* Take "(a, f(b, c), 'd')" apart; returns what follows the closing bracket. */
static const char *read_arguments(const char *p, struct arguments *ret)
{
	const char *from = ++p;
	bool quoted = false;
	int depth = 0;

	for (;; p++) {
		if (*p == '\0' || ret->count == MAX_ARGUMENTS)
			abort();
		if (*p == '\'')
			quoted = !quoted;
		if (quoted)
			continue;
		if (depth == 0 && (*p == ',' || *p == ')')) {
			from += strspn(from, " \n");
			ret->at[ret->count] = from;
			ret->length[ret->count++] = (size_t)(p - from);
			from = p + 1;
			if (*p == ')')
				return p + 1;
		}
		depth += (*p == '(') - (*p == ')');
	}
}

static void spell_out(struct text *out, const char *text, const struct arguments *a)
{
	for (; *text; text++) {
		size_t i = (size_t)(text[1] - '1');

		if (*text != '$' || !isdigit((unsigned char)text[1])) {
			text_add_bytes(out, text, 1);
			continue;
		}
		if (i >= a->count)
			abort();
		text_add_bytes(out, a->at[i], a->length[i]);
		text++;
	}
}

/* At a '$': the macro there, and what follows it; NULL when it is a plain character. */
static const char *spell_macro(struct text *out, const char *p)
{
	for (size_t i = 0; i < COUNT(macros); i++) {
		size_t n = strlen(macros[i].name);
		struct arguments a = {0};
		const char *rest;

		if (strncmp(p + 1, macros[i].name, n) != 0 || p[1 + n] != '(')
			continue;
		rest = read_arguments(p + 1 + n, &a);
		spell_out(out, macros[i].text, &a);
		return rest;
	}
	return NULL;
}

/* Whether a line is for servers of this major: "... -- 15+", "... -- <15", or no such end. */
static bool line_counts(const char *line, size_t length, int major)
{
	const char *mark = length ? memmem(line, length, " -- ", 4) : NULL;
	int64_t from;
	autofree char *word = NULL;
	size_t n;

	if (!mark)
		return true;
	word = xstrndup(mark + 4, length - (size_t)(mark + 4 - line));
	n = strlen(word);
	if (word[0] == '<' && parse_int(word + 1, 1, 99, &from))
		return major < from;
	if (n > 1 && word[n - 1] == '+') {
		word[n - 1] = '\0';
		if (parse_int(word, 1, 99, &from))
			return major >= from;
	}
	return true;
}

char *survey_sql_expand(const char *sql, size_t length, int major)
{
	CLEANUP(text_done) struct text kept = {0};
	struct text out = {0};

	for (const char *line = sql, *end = sql + length; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((stop ? stop : end) - line);

		if (line_counts(line, n, major)) {
			text_add_bytes(&kept, line, n);
			text_add(&kept, "\n");
		}
		line += n + 1;
	}
	for (const char *p = kept.data ? kept.data : ""; *p;) {
		const char *rest = *p == '$' ? spell_macro(&out, p) : NULL;

		if (!rest)
			text_add_bytes(&out, p, 1);
		p = rest ? rest : p + 1;
	}
	return text_take(&out);
}

/* The part behind a heading line, up to the ';' that ends it. */
static char *part(const char *behind_heading, int major)
{
	const char *from = strchr(behind_heading, '\n') + 1;
	const char *end = strstr(from, ";\n");

	return survey_sql_expand(from, (size_t)(end - from), major);
}

char *survey_sql_query(const char *name, int major)
{
	autofree char *heading = format("\n-- query: %s\n", name);
	const char *at = strstr(survey_sql, heading);

	if (!at)
		abort();
	return part(at + strlen(heading) - 1, major);
}

char *survey_sql_class(size_t i, int major, char **ret_name)
{
	static const char heading[] = "\n-- class: ";
	const char *at = survey_sql;

	for (size_t k = 0; k <= i; k++) {
		at = strstr(at, heading);
		if (!at)
			return NULL;
		at += strlen(heading);
	}
	*ret_name = xstrndup(at, strcspn(at, "\n"));
	return part(at, major);
}
