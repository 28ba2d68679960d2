#include "model/plain_command.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define REUSE "-reuse-previous=on "
#define DBNAME "dbname="

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_plain(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static bool all_plain(const char *s)
{
	const char *at = s;

	while (is_plain(*at))
		at++;
	return at > s && *at == '\0';
}

static bool is_key(const char *s)
{
	return all_plain(s) && !strpbrk(s, "_.");
}

/* What stands between two signs that are doubled, or follow a backslash, within; NULL: it is not all of 's'. */
static char *unquote(const char *s, char sign, bool backslash)
{
	CLEANUP(text_done) struct text out = {0};

	if (*s++ != sign)
		return NULL;
	for (; *s; s++) {
		if (s[0] == (backslash ? '\\' : sign) && s[1] && (backslash || s[1] == sign))
			s++;
		else if (*s == sign)
			return s[1] == '\0' ? text_take(&out) : NULL;
		text_add_bytes(&out, s, 1);
	}
	return NULL;
}

/* A word of psql's as pg_dump writes it: bare, or in double quotes. */
static char *command_word(const char *s)
{
	return *s == '"' ? unquote(s, '"', false) : all_plain(s) ? xstrdup(s) : NULL;
}

static char *connect_name(const char *arguments)
{
	bool reuse = starts_with(arguments, REUSE);
	autofree char *word = command_word(arguments + (reuse ? strlen(REUSE) : 0));
	const char *value;

	if (!word || !reuse)
		return take(word);
	if (!starts_with(word, DBNAME))
		return NULL;
	value = word + strlen(DBNAME);
	return *value == '\'' ? unquote(value, '\'', true) : all_plain(value) ? xstrdup(value) : NULL;
}

/* What follows the name of the command; NULL: it is another. */
static const char *arguments_of(const char *line, const char *command)
{
	size_t n = strlen(command);

	return strncmp(line, command, n) == 0 && line[n] == ' ' ? line + n + 1 : NULL;
}

enum plain_command plain_command(const char *line, char **ret_database)
{
	const char *arguments;

	*ret_database = NULL;
	if ((arguments = arguments_of(line, "\\restrict")) && is_key(arguments))
		return COMMAND_RESTRICT;
	if ((arguments = arguments_of(line, "\\unrestrict")) && is_key(arguments))
		return COMMAND_UNRESTRICT;
	if ((arguments = arguments_of(line, "\\encoding")) && strcmp(arguments, "SQL_ASCII") == 0)
		return COMMAND_ENCODING;
	if ((arguments = arguments_of(line, "\\connect")) && (*ret_database = connect_name(arguments)))
		return COMMAND_CONNECT;
	return COMMAND_UNKNOWN;
}
