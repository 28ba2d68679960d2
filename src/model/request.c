#include "model/request.h"

#include <string.h>

#include "model/config.h"
#include "model/dump.h"

#define ALLOW "allow"

/* ---- what can be asked */

static bool is_drill(const char *word)
{
	int64_t number;

	return strspn(word, "0123456789") == strlen(word) && parse_int(word, 1, INT64_MAX, &number);
}

/* As the store writes it: another spelling of the same name is none. */
static bool is_dump(const char *word)
{
	autofree char *source = NULL, *database = NULL, *again = NULL;
	int64_t taken;

	if (!dump_name_parse(word, &source, &database, &taken))
		return false;
	again = dump_name(source, database, taken);
	return same(word, again);
}

static bool is_count(const char *word)
{
	size_t length = strlen(word);

	return length >= 1 && length <= 7 && strspn(word, "0123456789") == length;
}

/* A day, a moment or an age; which of them is for the verb to say. */
static bool is_time(const char *word)
{
	size_t length = strlen(word);

	return length >= 1 && length <= 32 && word[0] != '-' &&
	       strspn(word, "0123456789abcdefghijklmnopqrstuvwxyzTZ:-") == length;
}

enum { NAMES_DRILL = 1 << 0, NAMES_SOURCE = 1 << 1, NAMES_DUMP = 1 << 2 };

static const struct {
	unsigned kind;
	bool (*fits)(const char *word);
} names[] = {
	{NAMES_DRILL, is_drill},
	{NAMES_SOURCE, source_name_valid},
	{NAMES_DUMP, is_dump},
};

enum { WITH_JSON = 1 << 0, WITH_LIMIT = 1 << 1, WITH_SINCE = 1 << 2 };

static const struct {
	unsigned option;
	const char *word;
	bool (*value)(const char *word); /* NULL: takes none */
} options[] = {
	{WITH_JSON, "--json", NULL},
	{WITH_LIMIT, "--limit", is_count},
	{WITH_SINCE, "--since", is_time},
};

/* Every verb that is in reach, with everything it may be told. A verb that is not here does not exist over SSH. */
static const struct askable {
	const char *verb;
	const char *shown; /* what else may stand with it */
	unsigned right;	   /* 0: every key's */
	unsigned options;
	unsigned names;
	bool needs_name;
} askables[] = {
	{"status", "", 0, WITH_JSON, 0, false},
	{"history", " [SOURCE] [--limit N] [--since T]", 0, WITH_JSON | WITH_LIMIT | WITH_SINCE, NAMES_SOURCE, false},
	{"show", " [DRILL|SOURCE|DUMP]", 0, WITH_JSON, NAMES_DRILL | NAMES_SOURCE | NAMES_DUMP, false},
	{"dumps", " [SOURCE]", 0, WITH_JSON, NAMES_SOURCE, false},
	{"drill", " [SOURCE|DUMP]", RIGHT_DRILL, 0, NAMES_SOURCE | NAMES_DUMP, false},
	{"fetch", " DUMP", RIGHT_FETCH, 0, NAMES_DUMP, true},
};

static const struct {
	const char *word;
	unsigned right;
} rights_of[] = {
	{"drill", RIGHT_DRILL},
	{"fetch", RIGHT_FETCH},
};

char *request_list(unsigned rights, const char *between)
{
	struct text t = {0};

	for (size_t i = 0; i < COUNT(askables); i++)
		if (rights ? askables[i].right & rights : !askables[i].right)
			text_addf(&t, "%s%s%s", t.length ? between : "", askables[i].verb, askables[i].shown);
	return text_take(&t);
}

/* ---- words */

static int refuse(unsigned rights, struct error *err, const char *why)
{
	autofree char *all = request_list(0, ", "), *more = rights ? request_list(rights, ", ") : NULL;

	return fail(err, ERR_USAGE, "%s; what can be asked here: %s, each with --json%s%s", why, all, more ? "; " : "",
		    more ? more : "");
}

static int split(const char *text, unsigned rights, struct strings *ret, struct error *err)
{
	size_t length = strnlen(text, REQUEST_LONGEST + 1);

	if (length > REQUEST_LONGEST)
		return refuse(rights, err, "a request is not that long");
	for (size_t i = 0; i < length; i++)
		if ((text[i] < ' ' && text[i] != '\t') || text[i] > '~')
			return refuse(rights, err, "a request is printable ASCII");
	for (const char *at = text;; at++) {
		size_t word = strcspn(at, " \t");

		if (word == 0)
			return refuse(rights, err, "a request is words with one space between them");
		strings_add_owned(ret, xstrndup(at, word));
		at += word;
		if (!*at)
			return 0;
	}
}

static const struct askable *find_askable(const char *verb)
{
	for (size_t i = 0; i < COUNT(askables); i++)
		if (same(askables[i].verb, verb))
			return &askables[i];
	return NULL;
}

/* The option that stands at words[at], as an index; -1: none that this verb may be told here, or not so. */
static int option_at(const struct askable *a, const struct strings *words, size_t at)
{
	for (size_t i = 0; i < COUNT(options); i++) {
		if (!(a->options & options[i].option) || !same(options[i].word, words->items[at]))
			continue;
		if (options[i].value && (at + 1 == words->count || !options[i].value(words->items[at + 1])))
			return -1;
		return (int)i;
	}
	return -1;
}

static bool is_name(const struct askable *a, const char *word)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if ((a->names & names[i].kind) && names[i].fits(word))
			return true;
	return false;
}

/* Whether everything behind the verb is on the list. */
static bool fits(const struct askable *a, const struct strings *words)
{
	unsigned seen = 0;
	bool named = false;

	for (size_t i = 1; i < words->count; i++) {
		int option;

		if (words->items[i][0] != '-') {
			if (named || !is_name(a, words->items[i]))
				return false;
			named = true;
			continue;
		}
		option = option_at(a, words, i);
		if (option < 0 || (seen & options[option].option))
			return false;
		seen |= options[option].option;
		i += options[option].value != NULL;
	}
	return named || !a->needs_name;
}

int request_parse(const char *text, unsigned rights, struct strings *ret_words, struct error *err)
{
	CLEANUP(strings_done) struct strings words = {0};
	const struct askable *a;

	if (split(text, rights, &words, err) < 0)
		return -1;
	a = find_askable(words.items[0]);
	if (!a)
		return refuse(rights, err, "there is no such verb here");
	if (a->right & ~rights)
		return refuse(rights, err, "this key may not ask for that");
	if (!fits(a, &words)) {
		autofree char *why = format("'%s' cannot be asked so here", a->verb);

		return refuse(rights, err, why);
	}
	*ret_words = words;
	words = (struct strings){0};
	return 0;
}

/* ---- the key's line */

/* Whether the command is a key's own line. */
static bool is_line(const char *command)
{
	size_t length = strlen(ALLOW);

	return strncmp(command, ALLOW, length) == 0 && (!command[length] || strchr(" \t", command[length]));
}

static int read_rights(const char *line, unsigned *ret, struct error *err)
{
	CLEANUP(strings_done) struct strings words = {0};
	unsigned rights = 0;

	if (split(line, 0, &words, err) < 0)
		return -1;
	for (size_t i = 1; i < words.count; i++) {
		size_t known = 0;

		while (known < COUNT(rights_of) && !same(rights_of[known].word, words.items[i]))
			known++;
		if (known == COUNT(rights_of))
			return refuse(0, err, "the key's line allows what there is not");
		rights |= rights_of[known].right;
	}
	*ret = rights;
	return 0;
}

int request_read(const char *command, const char *original, struct strings *ret_words, struct error *err)
{
	unsigned rights = 0;

	if (command && is_line(command)) {
		if (read_rights(command, &rights, err) < 0)
			return -1;
		command = original && *original ? original : NULL;
	}
	if (!command) {
		*ret_words = (struct strings){0};
		return 0;
	}
	return request_parse(command, rights, ret_words, err);
}
