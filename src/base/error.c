#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define EXIT_UNDECIDED 2

static const struct {
	const char *word;
	int exit_code;
} kinds[ERR_KINDS] = {
	[ERR_NONE] = {"none", EX_OK},
	[ERR_BUG] = {"bug", EX_SOFTWARE},
	[ERR_USAGE] = {"usage", EX_USAGE},
	[ERR_CONFIG] = {"config", EX_CONFIG},
	[ERR_IO] = {"io", EXIT_UNDECIDED},
	[ERR_SPACE] = {"space", EXIT_UNDECIDED},
	[ERR_NETWORK] = {"network", EXIT_UNDECIDED},
	[ERR_REFUSED] = {"refused", EXIT_UNDECIDED},
	[ERR_PRIVILEGE] = {"privilege", EXIT_UNDECIDED},
	[ERR_SOURCE] = {"source", EXIT_UNDECIDED},
	[ERR_CHANGED] = {"changed", EXIT_UNDECIDED},
	[ERR_LACKING] = {"lacking", EXIT_UNDECIDED},
	[ERR_BUSY] = {"busy", EXIT_UNDECIDED},
	[ERR_TIMEOUT] = {"timeout", EXIT_UNDECIDED},
	[ERR_STOPPED] = {"stopped", EXIT_UNDECIDED},
	[ERR_PAUSED] = {"paused", EXIT_UNDECIDED},
	[ERR_CLOCK] = {"clock", EXIT_UNDECIDED},
	[ERR_DATA] = {"data", EXIT_UNDECIDED},
	[ERR_NOTHING] = {"nothing", EXIT_UNDECIDED},
	[ERR_CURRENT] = {"current", EXIT_UNDECIDED},
};

int fail(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	err->kind = kind;
	err->os_errno = strstr(fmt, "%m") ? saved : 0;
	va_start(ap, fmt);
	errno = saved;
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	errno = saved;
	return -1;
}

int fail_within(struct error *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	size_t used;
	va_list ap;
	int n;

	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	used = n < 0 ? 0 : (size_t)n;
	/* what does not fit is cut */
	if (used < sizeof(err->text) && snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner) < 0)
		err->text[used] = '\0';
	return -1;
}

int error_exit_code(enum error_kind kind)
{
	return kinds[kind].exit_code;
}

const char *error_word(enum error_kind kind)
{
	return kinds[kind].word;
}

enum error_kind error_kind_from_word(const char *word)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return (enum error_kind)i;
	return ERR_BUG;
}
