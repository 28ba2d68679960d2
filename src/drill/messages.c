#include "drill/messages.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STATEMENT_SHOWN 120
#define VERSIONS_SHOWN 3

/* One of these holds when all that it names is found. The first that holds decides. */
struct message_rule {
	const char *name;
	const char *sqlstate;	/* codes separated by blanks, each may be a class ("53"); "": none; NULL: any */
	const char *text;	/* found in the message; NULL: any */
	const char *statement;	/* the statement begins so; NULL: any */
	enum { ALWAYS, IN_FUNCTION, BY_SEARCH_PATH, OLDER_THAN_17, OTHER_MAJOR, LACKS, FAILED, ROWS_FAILED, GAVE_UP, SUBSTITUTED,
	       SORTED_OTHERWISE, UNKNOWN_LOCALE, UNKNOWN_ROLES, OLDER, NEWER, BOX_FAILED } when;
	enum meaning meaning;
	const char *sentence;	/* {message}, {name}, {last}, {detail}, {statement}, {function}, {locale}, {sorts},
				 * {major}, {older}, {newer} are filled in */
};

#define NOT_THERE "42704 42883 42P01 42703 3F000"

#define SORTS_OTHERWISE                                                                                                        \
	"the box's library sorts text by other rules than the source's (version {sorts}), which may be why ({message}): restore "  \
	"it by hand on a system like the source's"

static const struct message_rule rules[] = {
	/* pg_restore --create, which restores the database's own entries, insists on making it */
	{"database-exists", "42P04", "already exists", "CREATE DATABASE", ALWAYS, MEANING_EXPECTED, "{message}"},

	/* harmless */
	{"transaction-timeout", "42704", "unrecognized configuration parameter \"transaction_timeout\"",
	 "SET transaction_timeout", OLDER_THAN_17, MEANING_TOLERATED,
	 "transaction_timeout is unknown to this older server"},
	{"public-exists", "42P06", "schema \"public\" already exists", "CREATE SCHEMA public", ALWAYS,
	 MEANING_TOLERATED, "schema public was there already"},
	{"plpgsql-exists", "42710", "extension \"plpgsql\" already exists", "CREATE EXTENSION plpgsql", ALWAYS,
	 MEANING_TOLERATED, "extension plpgsql was there already"},
	{"label-provider", "22023", "security label provider", "SECURITY LABEL", ALWAYS, MEANING_TOLERATED,
	 "security labels were left out: this server knows no provider {name}"},

	/* the box */
	{"disk-full", "53100", NULL, NULL, ALWAYS, MEANING_BOX,
	 "no room was left for the restored database ({message}): give the box more room"},
	{"disk-full", "58", "No space left", NULL, ALWAYS, MEANING_BOX,
	 "no room was left for the restored database ({message}): give the box more room"},
	{"memory", "53200", NULL, NULL, ALWAYS, MEANING_BOX,
	 "the scratch server ran out of memory ({message}): drill with fewer jobs or on a larger box"},
	{"resources", "53", NULL, NULL, ALWAYS, MEANING_BOX,
	 "the scratch server ran out of resources ({message}): drill with fewer jobs or on a larger box"},
	/* pg_restore that gives up takes its statement back; why it does is in its own words */
	{"taken-back", "57014", "canceling statement due to user request", NULL, GAVE_UP, MEANING_FOLLOWS, "{message}"},
	{"stopped", "57", NULL, NULL, ALWAYS, MEANING_BOX, "the restore was interrupted ({message}): drill again"},
	{"scratch-corrupt", "XX001 XX002", NULL, NULL, ALWAYS, MEANING_BOX,
	 "the scratch server found its own files damaged ({message}): check the box's memory and disk"},
	{"unreadable-log", "", NULL, NULL, ALWAYS, MEANING_BOX,
	 "the scratch server's log holds a line that cannot be read: drill again"},
	{"deadlock", "40 55P03", NULL, NULL, ALWAYS, MEANING_AGAIN, "jobs of the restore waited for each other"},
	{"role", "42704", "role \"", NULL, ALWAYS, MEANING_ROLE, "role {name} is not in the manifest"},

	/* what the box does not have */
	{"extension", "0A000 58P01", "extension \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no extension {name}: install its package for this PostgreSQL; the dump itself was not judged"},
	{"extension-file", "58P01", "extension control file", NULL, ALWAYS, MEANING_LACKING,
	 "the box lacks an extension ({message}): install its package; the dump itself was not judged"},
	{"extension-version", "22023", "has no installation script nor update path", NULL, ALWAYS, MEANING_LACKING,
	 "the box has another version of extension {name} ({message}): install the source's"},
	{"library", "58P01", "could not access file", NULL, ALWAYS, MEANING_LACKING,
	 "the box lacks a library of an extension ({message}): install its package"},
	{"preload", NULL, "shared_preload_libraries", NULL, ALWAYS, MEANING_LACKING,
	 "an extension must be preloaded ({message}), which this box does not do: restore it by hand on a server that does"},
	{"preload", NULL, "must be preloaded", NULL, ALWAYS, MEANING_LACKING,
	 "an extension must be preloaded ({message}), which this box does not do: restore it by hand on a server that does"},
	{"collation", "42704", "collation \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no collation {name}: install its locale"},
	{"locale", "22023 42602", "locale", NULL, ALWAYS, MEANING_LACKING,
	 "the box lacks a locale ({message}): install it"},
	{"locale", "22023 0A000 XX000", "collator", NULL, ALWAYS, MEANING_LACKING,
	 "the box lacks a locale ({message}): install it"},
	{"compression", "0A000", "compression method", NULL, ALWAYS, MEANING_LACKING,
	 "this server was built without a compression method the dump uses ({message}): install one that was built with it"},
	{"access-method", "42704", "access method \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no access method {name}, which an extension brings: install its package"},
	{"wrapper", "42704", "foreign-data wrapper \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no foreign-data wrapper {name}, which an extension brings: install its package"},
	{"language", "42704", "language \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no language {name}, which an extension brings: install its package"},
	{"parameter", "42704", "unrecognized configuration parameter", NULL, ALWAYS, MEANING_LACKING,
	 "this server has no parameter {name}: install the extension or the PostgreSQL that has it"},
	{"lacking", NOT_THERE " 42P16 42809 42830", NULL, NULL, LACKS, MEANING_LACKING,
	 "this may need what the box lacks ({message}): install that first"},

	/* order by other rules than the source's */
	{"substituted-locale", "23505 23514 23P01 42P17 22023", NULL, NULL, SUBSTITUTED, MEANING_LACKING,
	 "text was sorted by other rules than the source's, because the box has no locale '{locale}' ({message}): "
	 "install it"},
	{"sorts-otherwise", "23514", "partition", NULL, SORTED_OTHERWISE, MEANING_LACKING, SORTS_OTHERWISE},
	{"sorts-otherwise", "23P01 42P17", NULL, NULL, SORTED_OTHERWISE, MEANING_LACKING, SORTS_OTHERWISE},

	{"unknown-locale", "23514 23P01 42P17 22023", NULL, NULL, UNKNOWN_LOCALE, MEANING_LACKING,
	 "text may have been sorted by other rules than the source's, whose locale is not in this dump ({message}): make the dump "
	 "with pg_dump --create, which tells it"},

	{"unknown-roles", "42501", NULL, NULL, UNKNOWN_ROLES, MEANING_LACKING,
	 "a stand-in for a role may not do this ({message}), and what the role itself may is not in this dump: restore it by hand "
	 "on a server that has its roles, or make it without --use-set-session-authorization"},

	/* a table for which there was no room is missed by all that comes later */
	{"after-the-box", NULL, NULL, NULL, BOX_FAILED, MEANING_FOLLOWS, "{message}"},

	/* wrong in the source already, and the consequences of an earlier error */
	{"search-path", NOT_THERE, NULL, NULL, BY_SEARCH_PATH, MEANING_SOURCE,
	 "in the source already: {function} relies on search_path, which a restore leaves empty ({message}); on the "
	 "source: ALTER FUNCTION ... SET search_path"},
	{"follows", "23503", NULL, NULL, ROWS_FAILED, MEANING_FOLLOWS, "{message}"},
	{"follows", NOT_THERE " 25P02 42830 55000", NULL, NULL, FAILED, MEANING_FOLLOWS, "{message}"},
	{"older-extension", "42883 42704", NULL, NULL, OLDER, MEANING_LACKING,
	 "the box has an older {older}, which may lack this ({message}): install the source's version"},
	{"newer-extension", "42723 42710 42P07", "already exists", NULL, NEWER, MEANING_LACKING,
	 "the box has a newer {newer}, which may bring this itself ({message}): install the source's version"},
	{"function", "P0 22 38 39 " NOT_THERE, NULL, NULL, IN_FUNCTION, MEANING_SOURCE,
	 "in the source already: {function} fails while its rows are restored ({message}), as one does that reads other "
	 "tables or goes by settings; on the source: make it depend on the row alone, or a trigger of it"},
	{"foreign-key", "23503", NULL, NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: rows violate the foreign key {last} ({detail}); find and mend them on the source"},
	{"check", "23514", "violates check constraint", NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: rows do not pass CHECK {last} while they are restored; one that reads other tables "
	 "has to become a trigger"},
	{"check-later", "23514", "is violated by some row", NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: rows do not pass CHECK {name}; find and mend them on the source"},
	{"partition", "23514", NULL, NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: rows do not fit where they are stored ({message})"},
	{"duplicates", "23505 23P01", NULL, NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: what should be unique is there twice ({detail}), as after a change of sort order; "
	 "REINDEX there and mend the rows"},
	{"not-null", "23502", NULL, NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: {message}; on the source: mend the rows, and make a generated column depend on its row alone"},
	{"unpopulated", "55000", "has not been populated", NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: {message}"},

	/* the dump */
	{"rows", "22", NULL, "COPY", ALWAYS, MEANING_DAMAGE,
	 "rows of the dump are not what their table takes: {message}"},
	{"other-major", "42 0A000", NULL, NULL, OTHER_MAJOR, MEANING_LACKING,
	 "this server may not take what PostgreSQL {major} took ({message}): to know, install 'postgresql-{major}' on the box"},
	{"unexplained", NULL, NULL, NULL, ALWAYS, MEANING_DAMAGE, "there is no harmless reason for this: {message}"},
};

static bool sqlstate_matches(const char *codes, const char *sqlstate)
{
	if (!codes)
		return true;
	if (!*codes || !*sqlstate)
		return !*codes && !*sqlstate;
	while (*codes) {
		size_t n = strcspn(codes, " ");

		if (strncmp(codes, sqlstate, n) == 0)
			return true;
		codes += n + strspn(codes + n, " ");
	}
	return false;
}

/*
 * Where the context names the function that failed, the innermost: "public.worth(text) line 1 at RETURN", or in quotes.
 * NULL: the message is of no function. Only lines that begin so: names of tables and columns stand there too.
 */
static const char *function_name(const char *context)
{
	for (const char *line = context; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *word = line + strcspn(line, " \n");

		if ((starts_with(line, "SQL ") || starts_with(line, "PL/")) && starts_with(word, " function "))
			return word + strlen(" function ");
	}
	return NULL;
}

/* Without its quotes: messages do not quote. Owned. */
static char *unquoted(const char *name, size_t n)
{
	struct text out = {0};

	for (size_t i = 0; i < n; i++)
		if (name[i] != '"')
			text_add_bytes(&out, name + i, 1);
	return text_take(&out);
}

/* "public.known(integer, text)" is 'public."known"(a integer, b text)'. Whoever calls it with other types may mean another. */
static bool is_name_of(const char *object, const char *named)
{
	size_t bare = strcspn(named, "(");
	autofree char *clean = unquoted(object, strlen(object));
	const char *wanted = named + bare, *has = clean + bare;

	if (strncmp(clean, named, bare) != 0)
		return false;
	while (*wanted && *has) {
		size_t n = strcspn(++wanted, ",)"), m = strcspn(++has, ",)");

		if (m < n || strncmp(has + m - n, wanted, n) != 0 || (m > n && has[m - n - 1] != ' '))
			return false;
		wanted += n;
		has += m;
		if (*wanted != *has)
			return false;
		if (*wanted == ')')
			return true;
		wanted += wanted[1] == ' ';
		has += has[1] == ' ';
	}
	return !*wanted && !*has;
}

/* What is missing was an object of the source's own, by its name with its schema. */
static bool was_its_own(const struct message *m, const struct manifest *source)
{
	static const struct {
		const char *says;
		const char *class_name;
		const char *ends;
	} kinds[] = {{"function ", "function", ")"}, {"function ", "aggregate", ")"}, {"procedure ", "function", ")"},
		     {"type \"", "type", "\"["}, {"type \"", "table", "\"["}, {"type \"", "view", "\"["}};

	for (size_t k = 0; source && k < COUNT(kinds); k++) {
		const struct object_class *c = manifest_class(source, kinds[k].class_name);
		autofree char *named = NULL;
		const char *at = m->text + strlen(kinds[k].says);

		if (!c || !starts_with(m->text, kinds[k].says))
			continue;
		named = xstrndup(at, strcspn(at, kinds[k].ends) + (*kinds[k].ends == ')'));
		for (size_t i = 0; i < c->count; i++)
			if (is_name_of(c->objects[i].name, named))
				return true;
	}
	return false;
}

/* 'relation "public.rate" does not exist': no search_path would find it. */
static bool names_its_schema(const char *text)
{
	const char *open = strchr(text, '"'), *close = open ? strchr(open + 1, '"') : NULL;

	return close && memchr(open, '.', (size_t)(close - open));
}

static bool is_so(const struct message_rule *rule, const struct message *m, const struct circumstances *c)
{
	switch (rule->when) {
	case IN_FUNCTION:
		return function_name(m->context) != NULL;
	case BY_SEARCH_PATH:
		return function_name(m->context) && !names_its_schema(m->text);
	case OLDER_THAN_17:
		return c->server_version_num < 170000;
	case OTHER_MAJOR:
		return c->source_version_num && c->source_version_num / 10000 != c->server_version_num / 10000;
	case LACKS:
		return c->something_lacked || (c->lacking && c->lacking->count > 0);
	case FAILED:
		return c->something_failed;
	case ROWS_FAILED:
		return c->rows_failed;
	case OLDER:
		/* which objects an extension has is in no manifest; but what is of none is */
		return c->older && c->older->count > 0 && !was_its_own(m, c->source);
	case NEWER:
		return c->newer && c->newer->count > 0;
	case GAVE_UP:
		return c->gave_up;
	case SUBSTITUTED:
		return c->substituted_locale != NULL;
	case UNKNOWN_ROLES:
		return !c->source;
	case UNKNOWN_LOCALE:
		return c->locale_unknown;
	case SORTED_OTHERWISE:
		return c->collation_differs != NULL;
	case BOX_FAILED:
		return c->box_failed;
	case ALWAYS:
	default:
		return true;
	}
}

static bool rule_holds(const struct message_rule *rule, const struct message *m, const struct circumstances *c)
{
	return sqlstate_matches(rule->sqlstate, m->sqlstate) && is_so(rule, m, c) &&
	       (!rule->text || strstr(m->text, rule->text)) &&
	       (!rule->statement || starts_with(m->statement, rule->statement));
}

/* The n-th name in double quotes, "" when there is none. */
static char *quoted_name(const char *text, int n)
{
	const char *open = text, *close;

	for (int i = 0;; i++) {
		open = strchr(open, '"');
		close = open ? strchr(open + 1, '"') : NULL;
		if (!close)
			return xstrdup("");
		if (i == n)
			return xstrndup(open + 1, (size_t)(close - open - 1));
		open = close + 1;
	}
}

/* What a message is about: the first name; of a role, which may have quotes in its name that no message doubles, up to the last. */
static char *subject_name(const char *text)
{
	static const char role[] = "role \"";
	const char *end = strrchr(text, '"');

	if (starts_with(text, role) && end > text + strlen(role))
		return xstrndup(text + strlen(role), (size_t)(end - text) - strlen(role));
	return quoted_name(text, 0);
}

/* "function public.worth(text)", as far as the context tells. */
static char *failing_function(const char *context)
{
	const char *name = function_name(context);
	autofree char *quoted = NULL;
	size_t n;

	if (!name)
		return xstrdup("a function");
	if (*name == '"') {
		quoted = quoted_name(name, 0);
		return format("function %s", quoted);
	}
	n = strcspn(name, ")\n");
	return format("function %.*s%s", (int)n, name, name[n] == ')' ? ")" : "");
}

/* The last name in double quotes, "" when there is none. */
static char *last_name(const char *text)
{
	char *last = xstrdup("");

	for (int i = 0;; i++) {
		char *next = quoted_name(text, i);

		if (!*next) {
			free(next);
			return last;
		}
		free(last);
		last = next;
	}
}

static void add_filled(struct text *out, const char *key, size_t n, const struct message *m,
		       const struct circumstances *c)
{
	autofree char *first = subject_name(m->text), *last = last_name(m->text);
	autofree char *function = failing_function(m->context);
	autofree char *older = c->older ? strings_join(c->older, ", ", VERSIONS_SHOWN) : NULL;
	autofree char *newer = c->newer ? strings_join(c->newer, ", ", VERSIONS_SHOWN) : NULL;
	autofree char *major = format("%d", c->source_version_num / 10000);
	const struct {
		const char *key;
		const char *value;
	} fills[] = {
		{"message", m->text},  {"detail", *m->detail ? m->detail : m->text}, {"name", first},
		{"last", last},	       {"statement", m->statement}, {"function", function},
		{"locale", c->substituted_locale ? c->substituted_locale : ""},
		{"sorts", c->collation_differs ? c->collation_differs : ""},
		{"major", major},      {"older", older ? older : ""}, {"newer", newer ? newer : ""},
	};

	for (size_t i = 0; i < COUNT(fills); i++) {
		if (strlen(fills[i].key) == n && strncmp(fills[i].key, key, n) == 0) {
			autofree char *clean = printable(fills[i].value, false);

			text_add(out, clean);
		}
	}
}

static char *fill(const char *sentence, const struct message *m, const struct circumstances *c)
{
	struct text out = {0};

	while (*sentence) {
		size_t plain = strcspn(sentence, "{"), n;

		text_add_bytes(&out, sentence, plain);
		sentence += plain;
		if (!*sentence)
			break;
		n = strcspn(++sentence, "}");
		add_filled(&out, sentence, n, m, c);
		sentence += n + (sentence[n] == '}');
	}
	return text_take(&out);
}

void message_judge(const struct message *m, const struct circumstances *c, struct judgement *ret)
{
	for (size_t i = 0; i < COUNT(rules); i++) {
		if (!rule_holds(&rules[i], m, c))
			continue;
		ret->meaning = rules[i].meaning;
		ret->rule = rules[i].name;
		ret->sentence = fill(rules[i].sentence, m, c);
		ret->name = subject_name(m->text);
		return;
	}
	abort(); /* the last rule holds for all */
}

bool message_hangs_on_order(const struct message *m, const struct judgement *j)
{
	static const char *const rules_of_order[] = {"check", "function", "not-null"};

	for (size_t i = 0; starts_with(m->statement, "COPY ") && i < COUNT(rules_of_order); i++)
		if (strcmp(j->rule, rules_of_order[i]) == 0)
			return true;
	return false;
}

void judgement_done(struct judgement *j)
{
	free(j->sentence);
	free(j->name);
	*j = (struct judgement){0};
}

/* The identifier or sign that begins at 'at', in 'ret' as it is without quotes; its end. */
static const char *take_token(const char *at, char **ret)
{
	struct text out = {0};

	text_add(&out, "");
	if (*at == '"') {
		for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
			at += *at == '"';
			text_add_bytes(&out, at, 1);
		}
		at += *at == '"';
	} else if (strchr(" ,();", *at)) {
		at += *at != '\0';
	} else {
		size_t n = strcspn(at, " ,();\"");

		text_add_bytes(&out, at, n);
		at += n;
	}
	free(*ret);
	*ret = text_take(&out);
	return at;
}

/* What stands for roles without being the name of one. */
static bool is_keyword_for_roles(const char *at)
{
	static const char *const keywords[] = {"public", "current_role", "current_user", "session_user"};
	size_t n = strcspn(at, " ,;");

	for (size_t i = 0; i < COUNT(keywords); i++)
		if (n == strlen(keywords[i]) && strncasecmp(at, keywords[i], n) == 0)
			return true;
	return false;
}

void message_roles(const struct message *m, struct strings *ret)
{
	const char *at = m->statement;
	autofree char *word = subject_name(m->text);

	if (*word)
		strings_add(ret, word);
	if (!starts_with(at, "CREATE POLICY "))
		return;
	while (*at && !(starts_with(at, "TO ") && at[-1] == ' '))
		at = take_token(at, &word);
	for (at += *at ? strlen("TO ") : 0; *at; at += 2) {
		bool cut, keyword = is_keyword_for_roles(at);

		at = take_token(at, &word);
		/* a statement that was cut ends in half a name */
		cut = *at != ',' && *at != ' ' && *at != ';';
		if (!cut && !keyword && *word && !strings_have(ret, word))
			strings_add(ret, word);
		if (!starts_with(at, ", "))
			return;
	}
}

char *message_subject(const struct message *m)
{
	struct text out = {0};
	bool blank = false;

	for (const char *c = m->statement; *c && out.length < STATEMENT_SHOWN; c++) {
		if (*c == ' ' || *c == '\n' || *c == '\t') {
			blank = out.length > 0;
			continue;
		}
		if (blank)
			text_add(&out, " ");
		blank = false;
		text_add_bytes(&out, c, 1);
	}
	if (!out.length)
		text_add(&out, "the restore");
	autofree char *raw = text_take(&out);

	return printable(raw, false);
}
