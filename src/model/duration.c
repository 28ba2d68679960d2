#include "model/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"

struct unit {
	const char *word;
	int64_t times;
};

static const struct unit seconds_units[] = {
	{"s", 1},	{"sec", 1},	{"seconds", 1},	 {"m", 60},	 {"min", 60},	 {"minutes", 60}, {"minute", 60},
	{"h", 3600},	{"hour", 3600}, {"hours", 3600}, {"d", 86400},	 {"day", 86400}, {"days", 86400},
	{"w", 604800},	{"week", 604800}, {"weeks", 604800},
};

static const struct unit byte_units[] = {
	{"B", 1},		 {"kB", 1000},		  {"MB", 1000000},	       {"GB", 1000000000},
	{"TB", 1000000000000},	 {"KiB", 1024},		  {"MiB", 1024 * 1024},	       {"GiB", 1024 * 1024 * 1024},
	{"TiB", (int64_t)1 << 40},
};

#define TEN_YEARS ((int64_t)10 * 366 * 86400)
#define ONE_EIB ((int64_t)1 << 60)

static bool parse(const char *text, const struct unit *units, size_t count, int64_t most, int64_t *ret)
{
	char *rest;
	long long n;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	n = strtoll(text, &rest, 10);
	if (errno)
		return false;
	if (n == 0 && !*rest) {
		*ret = 0;
		return true;
	}
	while (*rest == ' ')
		rest++;
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(rest, units[i].word) != 0)
			continue;
		if (n > most / units[i].times)
			return false;
		*ret = n * units[i].times;
		return true;
	}
	return false;
}

bool duration_parse(const char *text, int64_t *ret_seconds)
{
	return parse(text, seconds_units, COUNT(seconds_units), TEN_YEARS, ret_seconds);
}

bool size_parse(const char *text, int64_t *ret_bytes)
{
	return parse(text, byte_units, COUNT(byte_units), ONE_EIB, ret_bytes);
}

struct written {
	int64_t times;
	const char *word;
};

/* 'units' from the largest to the smallest, which is 1. */
static char *text(int64_t n, const struct written *units)
{
	while (units->times > 1 && (n == 0 || n % units->times))
		units++;
	return format("%lld%s", (long long)(n / units->times), units->word);
}

char *duration_text(int64_t seconds)
{
	static const struct written units[] = {{86400, "d"}, {3600, "h"}, {60, " min"}, {1, " s"}};

	return text(seconds, units);
}

char *size_text(int64_t bytes)
{
	static const struct written units[] = {
		{1000000000000, " TB"}, {(int64_t)1 << 40, " TiB"}, {1000000000, " GB"}, {1 << 30, " GiB"},
		{1000000, " MB"},	{1 << 20, " MiB"},	    {1000, " kB"},	 {1 << 10, " KiB"},
		{1, " B"},
	};

	return text(bytes, units);
}
