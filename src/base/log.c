#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static enum log_level current = LOG_NOTICES;

void log_set_level(enum log_level level)
{
	current = level;
}

static void say(enum log_level level, int priority, const char *fmt, va_list ap)
{
	char line[1024];

	if (level > current)
		return;
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "drillbox: %s\n", line);
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
