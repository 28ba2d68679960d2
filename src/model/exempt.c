#include "model/exempt.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The next "pattern: reason" of a list, both owned. False at the end; a pattern or a reason that is not there is "". */
static bool next(const char **at, char **ret_pattern, char **ret_reason)
{
	size_t n = strcspn(*at, ";");
	autofree char *one = xstrndup(*at, n);
	char *colon = strstr(one, ": ");

	if (!**at)
		return false;
	*at += n + ((*at)[n] == ';');
	*ret_reason = xstrdup(colon ? trim(colon + 1) : "");
	if (colon)
		*colon = '\0';
	*ret_pattern = xstrdup(trim(one));
	return true;
}

bool exempt_valid(const char *list)
{
	bool valid = *list != '\0', more = true;

	while (valid && more) {
		autofree char *pattern = NULL, *reason = NULL;

		more = next(&list, &pattern, &reason);
		valid = !more || (*pattern && strchr(pattern, '.') && *reason);
	}
	return valid;
}

char *exempt_reason(const char *list, const char *table)
{
	bool more = list != NULL;

	while (more) {
		autofree char *pattern = NULL, *reason = NULL;

		more = next(&list, &pattern, &reason);
		if (more && fnmatch(pattern, table, FNM_NOESCAPE) == 0)
			return take(reason);
	}
	return NULL;
}
