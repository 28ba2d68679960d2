#include "model/plain_statement.h"

#include <string.h>

#include "base/text.h"

enum when { ALWAYS, NOTHING_MADE, NOTHING_NAMED, TARGET_WITHOUT };

#define TRANSACTION_TIMEOUT_SINCE 17

/* The first that holds. Whatever is in none is kept. */
static const struct {
	const char *words;
	enum fate fate;
	enum when when;
} rules[] = {
	{"create database", FATE_DATABASE, ALWAYS},
	{"drop database", FATE_DROP, ALWAYS},
	{"create subscription", FATE_SUBSCRIPTION, ALWAYS},
	{"alter subscription", FATE_SUBSCRIPTION, ALWAYS},
	{"drop subscription", FATE_SUBSCRIPTION, ALWAYS},
	{"comment on subscription", FATE_SUBSCRIPTION, ALWAYS},
	{"security label on subscription", FATE_SUBSCRIPTION, ALWAYS},
	{"security label for ? on subscription", FATE_SUBSCRIPTION, ALWAYS},
	/* of providers that a server is started with, and another is not */
	{"security label", FATE_LABEL, ALWAYS},
	{"select pg_catalog . pg_restore_*", FATE_STATISTICS, ALWAYS},
	{"select pg_catalog . pg_clear_*", FATE_STATISTICS, ALWAYS},
	{"select * from pg_catalog . pg_restore_*", FATE_STATISTICS, ALWAYS},
	{"select * from pg_catalog . pg_clear_*", FATE_STATISTICS, ALWAYS},
	{"set default_tablespace = ''", FATE_PREAMBLE, ALWAYS},
	{"set default_tablespace", FATE_TABLESPACE, ALWAYS},
	{"set transaction_timeout", FATE_TIMEOUT, TARGET_WITHOUT},
	/* what --clean writes before the first entry. A view that others hang on in a circle it makes a hollow one first. */
	{"drop", FATE_DROP, NOTHING_MADE},
	{"update pg_catalog . pg_database set datistemplate = false", FATE_DROP, NOTHING_MADE},
	{"select pg_catalog . lo_unlink", FATE_DROP, NOTHING_MADE},
	{"create or replace view", FATE_DROP, NOTHING_NAMED},
	/* what --create writes before it connects to what it has created */
	{"alter database", FATE_PREAMBLE, ALWAYS},
	{"alter role ? in database", FATE_PREAMBLE, ALWAYS},
	{"comment on database", FATE_PREAMBLE, ALWAYS},
	{"select pg_catalog . set_config", FATE_PREAMBLE, ALWAYS},
	{"set", FATE_PREAMBLE, ALWAYS},
};

/* Statements whose later tokens matter too: for roles, for rows, for blocks. */
static const char *const followed[] = {"alter", "copy", "create", "grant", "revoke", "set"};

/* After which words a role stands. NULL: whatever it is. */
static const struct {
	const char *first, *second, *before, *word;
} role_words[] = {
	{"alter", NULL, "owner", "to"},
	{"alter", "default", "for", "role"},
	{"alter", "default", "for", "user"},
	{"alter", "default", NULL, "to"},
	{"alter", "default", NULL, "from"},
	{"alter", "role", "alter", "role"},
	{"create", "policy", NULL, "to"},
	{"create", "schema", NULL, "authorization"},
	{"create", "user", NULL, "for"},
	{"grant", NULL, NULL, "to"},
	{"grant", NULL, "granted", "by"},
	{"revoke", NULL, NULL, "from"},
	{"revoke", NULL, "granted", "by"},
	{"set", "session", "session", "authorization"},
	{"set", "role", "set", "role"},
};

/* Words in the place of a role that are none. */
static const char *const no_roles[] = {"public", "current_user", "session_user", "current_role", "user", "all", "none", "default"};

/* Words that psql counts to tell a routine whose body is not quoted. */
static const char *const routine_words[] = {"create", "or", "replace"};

#define IN_ROUTINE 10

static bool is_among(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static bool is_word(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && strcmp(t->text, word) == 0;
}

/* 'word' of 'n' bytes is one of a rule. */
static bool token_fits(const struct token *t, const char *word, size_t n)
{
	if (n == 1 && *word == '?')
		return true;
	if (n == 2 && memcmp(word, "''", 2) == 0)
		return t->kind == TOKEN_STRING && t->length == 0;
	if (t->kind != TOKEN_WORD && t->kind != TOKEN_SIGN)
		return false;
	if (n > 1 && word[n - 1] == '*')
		return t->length >= n - 1 && memcmp(t->text, word, n - 1) == 0;
	return t->length == n && memcmp(t->text, word, n) == 0;
}

enum fit { FIT_NO, FIT_SO_FAR, FIT_YES };

static enum fit words_fit(const struct statement *s, const char *words)
{
	for (size_t i = 0; *words; i++) {
		size_t n = strcspn(words, " ");

		if (i == s->count)
			return FIT_SO_FAR;
		if (i == STATEMENT_FIRST || !token_fits(&s->first[i], words, n))
			return FIT_NO;
		words += n + strspn(words + n, " ");
	}
	return FIT_YES;
}

bool statement_is(const struct statement *s, const char *words)
{
	return words_fit(s, words) == FIT_YES;
}

static bool holds(const struct scene *scene, enum when when)
{
	switch (when) {
	case NOTHING_MADE:
		return !scene->made;
	case NOTHING_NAMED:
		return !scene->made && !scene->named;
	case TARGET_WITHOUT:
		return scene->target_major < TRANSACTION_TIMEOUT_SINCE;
	case ALWAYS:
		break;
	}
	return true;
}

/* ALTER may say anywhere that it drops something. */
static enum fate otherwise(const struct statement *s, bool over)
{
	if (s->scene.made || s->count == 0 || !is_word(&s->first[0], "alter"))
		return FATE_KEPT;
	if (s->dropping)
		return FATE_DROP;
	return over ? FATE_KEPT : FATE_OPEN;
}

static enum fate judge(const struct statement *s, bool over)
{
	for (size_t i = 0; i < COUNT(rules); i++) {
		enum fit fit = holds(&s->scene, rules[i].when) ? words_fit(s, rules[i].words) : FIT_NO;

		if (fit == FIT_YES)
			return rules[i].fate;
		if (fit == FIT_SO_FAR && !over)
			return FATE_OPEN;
	}
	return otherwise(s, over);
}

bool fate_is_kept(enum fate f)
{
	return f == FATE_KEPT || f == FATE_PREAMBLE;
}

void statement_begin(struct statement *s, const struct scene *scene)
{
	s->scene = *scene;
	s->count = 0;
	s->fate = FATE_OPEN;
	s->wanted = true;
	s->dropping = s->rows_follow = s->role_cut = false;
	s->blocks = s->routine = 0;
	s->role = NULL;
	s->last[0] = '\0';
	s->roles = ROLES_NO;
}

static void settle(struct statement *s, enum fate fate)
{
	s->fate = fate;
	if (fate == FATE_OPEN || s->count == 0)
		return;
	s->wanted = s->first[0].kind == TOKEN_WORD && is_among(s->first[0].text, followed, COUNT(followed));
}

void statement_end(struct statement *s)
{
	if (s->fate == FATE_OPEN)
		settle(s, judge(s, true));
}

static bool role_comes(const struct statement *s, const struct token *t)
{
	for (size_t i = 0; i < COUNT(role_words); i++)
		if (strcmp(t->text, role_words[i].word) == 0 && is_word(&s->first[0], role_words[i].first) &&
		    (!role_words[i].second || (s->count > 1 && is_word(&s->first[1], role_words[i].second))) &&
		    (!role_words[i].before || strcmp(s->last, role_words[i].before) == 0))
			return true;
	return false;
}

/* What stands where a role should. */
static void take_role(struct statement *s, const struct token *t)
{
	if (is_word(t, "group"))
		return;
	s->roles = ROLES_COMMA;
	if (t->kind == TOKEN_SIGN || (t->kind == TOKEN_STRING && !is_word(&s->first[0], "set")))
		return;
	if (t->kind == TOKEN_WORD && is_among(t->text, no_roles, COUNT(no_roles)))
		return;
	s->role = t->text;
	s->role_cut = t->cut;
}

static void look_for_roles(struct statement *s, const struct token *t)
{
	if (s->roles == ROLES_NEXT)
		take_role(s, t);
	else if (s->roles == ROLES_COMMA && t->kind == TOKEN_SIGN && t->text[0] == ',')
		s->roles = ROLES_NEXT;
	else
		s->roles = t->kind == TOKEN_WORD && role_comes(s, t) ? ROLES_NEXT : ROLES_NO;
}

static bool names_routine(const char *word)
{
	return strcmp(word, "function") == 0 || strcmp(word, "procedure") == 0;
}

/* psql's way to find the end of a routine whose body is SQL: it counts three words, outside of parentheses. */
static void count_blocks(struct statement *s, const struct token *t)
{
	if (s->routine >= 0 && s->routine < IN_ROUTINE) {
		if ((s->routine == 1 || s->routine == 3) && names_routine(t->text))
			s->routine = IN_ROUTINE;
		else if (s->routine < (int)COUNT(routine_words) && strcmp(t->text, routine_words[s->routine]) == 0)
			s->routine++;
		else
			s->routine = -1;
	}
	if (s->routine != IN_ROUTINE || t->within)
		return;
	if (strcmp(t->text, "begin") == 0 || (s->blocks > 0 && strcmp(t->text, "case") == 0))
		s->blocks++;
	else if (s->blocks > 0 && strcmp(t->text, "end") == 0)
		s->blocks--;
}

static void look_at_word(struct statement *s, const struct token *t)
{
	count_blocks(s, t);
	if (t->within)
		return;
	if (is_word(t, "drop") || is_word(t, "detach"))
		s->dropping |= !t->beyond;
	if (is_word(t, "stdin") && strcmp(s->last, "from") == 0 && is_word(&s->first[0], "copy"))
		s->rows_follow = true;
}

void statement_token(struct statement *s, const struct token *t)
{
	if (t->beyond)
		statement_end(s);
	s->role = NULL;
	if (!s->wanted)
		return;
	if (s->count < STATEMENT_FIRST) {
		struct token *own = &s->first[s->count];

		own->kind = t->kind;
		own->length = t->length;
		own->cut = t->cut;
		memcpy(own->text, t->text, t->length + 1);
	}
	s->count++;
	if (t->kind == TOKEN_WORD)
		look_at_word(s, t);
	if (!t->within)
		look_for_roles(s, t);
	s->last[0] = '\0';
	if (t->kind == TOKEN_WORD && t->length < sizeof(s->last))
		memcpy(s->last, t->text, t->length + 1);
	if (s->fate == FATE_OPEN)
		settle(s, judge(s, false));
}

const char *statement_setting(const struct statement *s, const char *name)
{
	const struct token *t = s->first;

	if (s->count < 3 || !is_word(&t[0], "set"))
		return NULL;
	if (is_word(&t[1], "names") && strcmp(name, "client_encoding") == 0)
		return t[2].text;
	if (s->count < 4 || !is_word(&t[1], name) || (strcmp(t[2].text, "=") != 0 && !is_word(&t[2], "to")))
		return NULL;
	return t[3].text;
}
