#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static enum log_level current = LOG_NOTICES;

void log_set_level(enum log_level level)
{
	current = level;
}

static void say(enum log_level level, int priority, const char *fmt, va_list ap)
{
	autofree char *safe = NULL;
	char line[1024];

	if (level > current)
		return;
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	safe = printable(line, true); /* names and messages from outside may be in it */
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", priority, safe);
	else
		fprintf(stderr, "drillbox: %s\n", safe);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_ERRORS, 3, fmt, ap);
	va_end(ap);
}

void log_notice(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_NOTICES, 5, fmt, ap);
	va_end(ap);
}

void log_detail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_DETAILS, 6, fmt, ap);
	va_end(ap);
}
