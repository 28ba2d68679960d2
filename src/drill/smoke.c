#include "drill/smoke.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"

int smoke_read(const char *path, char **ret, struct error *err)
{
	autofree char *sql = NULL;

	if (read_small_file(path, SMOKE_CAP, &sql, err) < 0)
		return fail_within(err, "[drill] smoke");
	if (sql[strspn(sql, " \t\r\n;")] == '\0')
		return fail(err, ERR_CONFIG, "[drill] smoke: there is no SQL in '%s'", path);
	*ret = take(sql);
	return 0;
}

static const struct {
	const char *state; /* an SQLSTATE, or its class */
	enum result result;
	const char *meaning;
} refusals[] = {
	{"42501", RESULT_FAIL, "the application's role may not do this"},
	{"42P01", RESULT_FAIL, "a table it writes to is missing"},
	{"42703", RESULT_FAIL, "a column it writes to is missing"},
	{"42883", RESULT_FAIL, "a function or operator it needs is missing"},
	{"42704", RESULT_FAIL, "an object it needs is missing"}, /* but see smoke_refusal() */
	{"3F000", RESULT_FAIL, "a schema it needs is missing"},
	{"2200H", RESULT_FAIL, "a sequence has no value left"},
	{"23", RESULT_FAIL, "a constraint refuses it"},
	{"44", RESULT_FAIL, "a view refuses it"},
	{"428C9", RESULT_FAIL, "a column takes no value"},
	{"P0", RESULT_FAIL, "a function, a trigger or the file itself raises an error"},
	{"39", RESULT_FAIL, "a trigger breaks its own rules"},
	{"25006", RESULT_FAIL, "nothing can be written"},
	{"42601", RESULT_UNDECIDED, "it does not parse"},
	{"57014", RESULT_UNDECIDED, "it took longer than it may"},
	{"55P03", RESULT_UNDECIDED, "it waited for a lock"},
};

enum result smoke_refusal(const char *sqlstate, const char *message, const char **ret_meaning)
{
	*ret_meaning = "a setting of the source's server is missing here";
	if (strstr(message, "unrecognized configuration parameter"))
		return RESULT_UNDECIDED;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		if (!starts_with(sqlstate, refusals[i].state))
			continue;
		*ret_meaning = refusals[i].meaning;
		return refusals[i].result;
	}
	*ret_meaning = "it ended with an error";
	return RESULT_UNDECIDED;
}
