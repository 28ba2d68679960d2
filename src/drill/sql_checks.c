#include "drill/sql_checks.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define CHECK_TIMEOUT_MS (10 * 60 * 1000)
#define CHECKS_ROLE "drillbox checks"
#define NAMED_MOST 5

static const struct {
	const char *sign;
	enum order_sign by;
} signs[] = {
	/* the longer ones first */
	{"<=", BY_LESS_OR_EQUAL}, {">=", BY_GREATER_OR_EQUAL}, {"<>", BY_UNEQUAL}, {"!=", BY_UNEQUAL}, {"==", BY_EQUAL},
	{"=", BY_EQUAL},	       {"<", BY_LESS},		 {">", BY_GREATER},
};

static const char forms[] = "true, false, '= 42', '>= 1000', 'rows 0' or 'within 10% of last proven'";

/* ---------------------------------------------------------------- numbers as text */

static bool is_decimal(const char *s)
{
	size_t digits = 0, points = 0;

	for (s += *s == '+' || *s == '-'; *s; s++) {
		if (isdigit((unsigned char)*s))
			digits++;
		else if (*s == '.' && points == 0)
			points++;
		else
			return false;
	}
	return digits > 0;
}

/* Also what float columns print: "1e+20", "Infinity", "NaN". */
static bool is_number(const char *s, long double *ret)
{
	char *end;

	if (!is_decimal(s) && s[strspn(s, "0123456789+-.eE")] != '\0' && !same(s, "Infinity") &&
	    !same(s, "-Infinity") && !same(s, "NaN"))
		return false;
	errno = 0;
	*ret = strtold(s, &end);
	return end != s && *end == '\0';
}

/* The digits of a plain decimal without sign and leading zeros, and how many of them stand before the point. */
static const char *significant(const char *s, bool *ret_negative, size_t *ret_whole, size_t *ret_fraction)
{
	*ret_negative = *s == '-';
	s += *s == '+' || *s == '-';
	s += strspn(s, "0");
	*ret_whole = strspn(s, "0123456789");
	*ret_fraction = s[*ret_whole] == '.' ? strlen(s + *ret_whole + 1) : 0;
	while (*ret_fraction && s[*ret_whole + *ret_fraction] == '0')
		(*ret_fraction)--;
	return s;
}

/* Plain decimals of any length, exactly: a count or an amount of money is never rounded to compare it. */
static int compare_decimals(const char *a, const char *b)
{
	bool a_negative, b_negative;
	size_t a_whole, b_whole, a_fraction, b_fraction, shorter;
	int order;

	a = significant(a, &a_negative, &a_whole, &a_fraction);
	b = significant(b, &b_negative, &b_whole, &b_fraction);
	a_negative = a_negative && a_whole + a_fraction > 0;
	b_negative = b_negative && b_whole + b_fraction > 0;
	if (a_negative != b_negative)
		return a_negative ? -1 : 1;
	shorter = a_fraction < b_fraction ? a_fraction : b_fraction;
	order = a_whole != b_whole ? (a_whole < b_whole ? -1 : 1) : strncmp(a, b, a_whole);
	if (order == 0 && shorter)
		order = strncmp(a + a_whole + 1, b + b_whole + 1, shorter);
	if (order == 0)
		order = (a_fraction > b_fraction) - (a_fraction < b_fraction);
	return a_negative ? -order : order;
}

static bool holds(enum order_sign by, int order)
{
	switch (by) {
	case BY_EQUAL:
		return order == 0;
	case BY_UNEQUAL:
		return order != 0;
	case BY_LESS:
		return order < 0;
	case BY_LESS_OR_EQUAL:
		return order <= 0;
	case BY_GREATER:
		return order > 0;
	case BY_GREATER_OR_EQUAL:
	default:
		return order >= 0;
	}
}

/* ---------------------------------------------------------------- the header */

static bool parse_sign(const char **at, enum order_sign *ret)
{
	for (size_t i = 0; i < COUNT(signs); i++) {
		if (!starts_with(*at, signs[i].sign))
			continue;
		*ret = signs[i].by;
		*at += strlen(signs[i].sign);
		*at += strspn(*at, " \t");
		return true;
	}
	return false;
}

/* 'it''s' without its quotes; anything else as it stands. */
static char *unquote(const char *s)
{
	struct text t = {0};
	size_t length = strlen(s);

	if (length < 2 || s[0] != '\'' || s[length - 1] != '\'')
		return xstrdup(s);
	for (size_t i = 1; i < length - 1; i++) {
		text_add_bytes(&t, &s[i], 1);
		if (s[i] == '\'' && s[i + 1] == '\'' && i + 1 < length - 1)
			i++;
	}
	return text_take(&t);
}

static int parse_rows(const char *s, struct sql_check *c, struct error *err)
{
	int64_t n;

	c->expects = EXPECT_ROWS;
	c->by = BY_EQUAL;
	s += strspn(s, " \t");
	(void)parse_sign(&s, &c->by);
	if (!parse_int(s, 0, INT64_MAX, &n))
		return fail(err, ERR_CONFIG, "'-- expect: rows' wants a number, as in 'rows 0' or 'rows >= 5', not '%s'", s);
	c->value = xstrdup(s);
	return 0;
}

static int parse_near(const char *s, struct sql_check *c, struct error *err)
{
	size_t digits = strspn(s, "0123456789.");
	char *number = xstrndup(s, digits);

	c->expects = EXPECT_NEAR_LAST;
	c->value = number;
	s += digits;
	s += strspn(s, " \t");
	if (!is_decimal(number) || *s != '%' || !same(s + 1 + strspn(s + 1, " \t"), "of last proven"))
		return fail(err, ERR_CONFIG, "'-- expect: %s' is not understood; write 'within 10%% of last proven'", c->expected);
	return 0;
}

static int parse_value(const char *s, struct sql_check *c, struct error *err)
{
	c->expects = EXPECT_VALUE;
	if (!parse_sign(&s, &c->by))
		return fail(err, ERR_CONFIG, "'-- expect: %s' is not understood; it can be %s", s, forms);
	if (*s == '\0')
		return fail(err, ERR_CONFIG, "'-- expect:' names no value to compare with; it can be %s", forms);
	if (c->by == BY_EQUAL && (same(s, "true") || same(s, "false")))
		c->expects = same(s, "true") ? EXPECT_TRUE : EXPECT_FALSE;
	c->value = unquote(s);
	return 0;
}

static int parse_expectation(const char *s, struct sql_check *c, struct error *err)
{
	if (c->expected)
		return fail(err, ERR_CONFIG, "'-- expect:' stands there twice; keep one, and one query to a file");
	c->expected = xstrdup(s);
	if (same(s, "true") || same(s, "false")) {
		c->expects = same(s, "true") ? EXPECT_TRUE : EXPECT_FALSE;
		return 0;
	}
	if (starts_with(s, "rows") && (s[4] == ' ' || s[4] == '\t'))
		return parse_rows(s + 4, c, err);
	if (starts_with(s, "within "))
		return parse_near(s + 7 + strspn(s + 7, " \t"), c, err);
	return parse_value(s, c, err);
}

/* One comment line of the header; what is neither 'expect' nor 'why' is just a comment, unless it looks mistyped. */
static int parse_comment(char *line, struct sql_check *c, struct error *err)
{
	static const char *const keys[] = {"expect", "why", NULL};
	char *text = trim(line + 2);
	autofree char *word = xstrndup(text, strcspn(text, ": \t"));

	if (starts_with(text, "expect:"))
		return parse_expectation(trim(text + 7), c, err);
	if (starts_with(text, "why:")) {
		if (!c->why)
			c->why = xstrdup(trim(text + 4));
		return 0;
	}
	if (text[strlen(word)] == ':' && strlen(word) > 3 && nearest_name(word, keys))
		return fail(err, ERR_CONFIG, "'-- %s:' is not known; did you mean '-- %s:'?", word, nearest_name(word, keys));
	return 0;
}

static int parse_lines(char *text, struct sql_check *c, struct error *err)
{
	char *line = text;

	while (*line) {
		char *end = strchrnul(line, '\n'), *next = *end ? end + 1 : end;
		char *start = line + strspn(line, " \t\r");

		if (start < end && !starts_with(start, "--"))
			break;
		*end = '\0';
		if (start < end && parse_comment(start, c, err) < 0)
			return -1;
		line = next;
	}
	if (!c->expected)
		return fail(err, ERR_CONFIG, "it has no '-- expect:' line above the query; it can be %s", forms);
	c->query = xstrdup(trim(line));
	if (c->query[0] == '\0')
		return fail(err, ERR_CONFIG, "there is no query in it");
	if (!c->why)
		c->why = xstrdup("");
	return 0;
}

int sql_check_parse(const char *text, struct sql_check *ret, struct error *err)
{
	CLEANUP(sql_check_done) struct sql_check c = {0};
	autofree char *copy = xstrdup(starts_with(text, "\xef\xbb\xbf") ? text + 3 : text);

	if (parse_lines(copy, &c, err) < 0)
		return -1;
	*ret = c;
	c = (struct sql_check){0};
	return 0;
}

/* ---------------------------------------------------------------- the answer */

static enum result gave(const struct sql_check *c, const char *value, bool well, char **ret_detail)
{
	if (well)
		*ret_detail = xstrdup(c->why);
	else
		*ret_detail = format("gave %s, expected %s%s%s", value, c->expected, c->why[0] ? ": " : "", c->why);
	return well ? RESULT_PASS : RESULT_FAIL;
}

static enum result judge_boolean(const struct sql_check *c, const char *value, char **ret_detail)
{
	bool is_true = same(value, "t") || same(value, "true"), is_false = same(value, "f") || same(value, "false");

	if (!is_true && !is_false) {
		*ret_detail = format("the query gave '%s', which is neither true nor false; mend '%s.sql'", value, c->name);
		return RESULT_UNDECIDED;
	}
	return gave(c, is_true ? "true" : "false", is_true == (c->expects == EXPECT_TRUE), ret_detail);
}

static enum result judge_value(const struct sql_check *c, const char *value, char **ret_detail)
{
	long double want, is;

	if (is_decimal(c->value) && is_decimal(value))
		return gave(c, value, holds(c->by, compare_decimals(value, c->value)), ret_detail);
	if (is_number(c->value, &want) && is_number(value, &is))
		return gave(c, value, !isnan(want) && !isnan(is) && holds(c->by, (is > want) - (is < want)), ret_detail);
	if (is_number(c->value, &want) && c->by != BY_EQUAL && c->by != BY_UNEQUAL) {
		*ret_detail = format("the query gave '%s', which is not a number to compare with %s; mend '%s.sql'", value,
				     c->value, c->name);
		return RESULT_UNDECIDED;
	}
	return gave(c, value, holds(c->by, strcmp(value, c->value)), ret_detail);
}

static enum result judge_near(const struct sql_check *c, const char *value, const char *last, char **ret_detail)
{
	long double is, was;

	if (!is_number(value, &is) || isnan(is) || isinf(is)) {
		*ret_detail = format("the query gave '%s', which is not a number; mend '%s.sql'", value, c->name);
		return RESULT_UNDECIDED;
	}
	if (!last || !is_number(last, &was) || isnan(was) || isinf(was)) {
		*ret_detail = xstrdup("no proven dump has a value to compare with yet; the next drill will compare");
		return RESULT_SKIP;
	}
	if (fabsl(is - was) <= fabsl(was) * strtold(c->value, NULL) / 100) {
		*ret_detail = format("was %s when last proven%s%s", last, c->why[0] ? ": " : "", c->why);
		return RESULT_PASS;
	}
	*ret_detail = format("gave %s, was %s when last proven, expected %s%s%s", value, last, c->expected,
			     c->why[0] ? ": " : "", c->why);
	return RESULT_FAIL;
}

static enum result judge_rows(const struct sql_check *c, int64_t rows, char **ret_detail)
{
	autofree char *text = format("%lld", (long long)rows), *said = format("%lld rows", (long long)rows);

	return gave(c, said, holds(c->by, compare_decimals(text, c->value)), ret_detail);
}

enum result sql_check_judge(const struct sql_check *c, const struct sql_answer *answer, const char *last,
			    char **ret_detail)
{
	if (c->expects == EXPECT_ROWS)
		return judge_rows(c, answer->rows, ret_detail);
	if (answer->columns != 1 || answer->rows > 1) {
		*ret_detail = format("the query gave %lld rows of %d columns where one value was expected; mend '%s.sql'",
				     (long long)answer->rows, answer->columns, c->name);
		return RESULT_UNDECIDED;
	}
	/* no row and NULL are what an emptied table gives: they hold no expectation */
	if (answer->rows == 0 || answer->null)
		return gave(c, answer->rows == 0 ? "no row" : "NULL", false, ret_detail);
	switch (c->expects) {
	case EXPECT_TRUE:
	case EXPECT_FALSE:
		return judge_boolean(c, answer->value, ret_detail);
	case EXPECT_NEAR_LAST:
		return judge_near(c, answer->value, last, ret_detail);
	case EXPECT_VALUE:
	case EXPECT_ROWS:
	default:
		return judge_value(c, answer->value, ret_detail);
	}
}

/* ---------------------------------------------------------------- the folder */

static void read_one(const char *dir, const char *file, struct sql_check *c)
{
	autofree char *path = path_join(dir, file), *text = NULL;
	struct error why = {0};
	char *name = xstrndup(file, strlen(file) - strlen(".sql"));

	if (read_small_file(path, SQL_FILE_CAP, &text, &why) < 0 || sql_check_parse(text, c, &why) < 0) {
		(void)fail_within(&why, "check file '%s'", file);
		c->broken = true;
		c->why_broken = why;
	}
	c->name = name;
}

/* The names of a folder that are a check's, sorted. */
static int list_files(const char *dir, struct strings *ret, struct error *err)
{
	autoclosedir DIR *d = opendir(dir);
	const struct dirent *e;

	if (!d && errno != ENOENT)
		return fail(err, ERR_IO, "open folder '%s': %m; make it readable or remove it", dir);
	while (d && (errno = 0, e = readdir(d))) {
		if (e->d_name[0] == '.' || !ends_with(e->d_name, ".sql"))
			continue;
		if (ret->count == SQL_FILES_MOST)
			return fail(err, ERR_CONFIG, "folder '%s' holds more than %d checks; put several questions in one query",
				    dir, SQL_FILES_MOST);
		strings_add(ret, e->d_name);
	}
	if (d && errno)
		return fail(err, ERR_IO, "read folder '%s': %m; look at the disk", dir);
	strings_sort(ret);
	return 0;
}

int sql_checks_read(const char *dir, struct sql_checks *ret, struct error *err)
{
	CLEANUP(strings_done) struct strings files = {0};

	if (list_files(dir, &files, err) < 0)
		return -1;
	*ret = (struct sql_checks){.items = xcalloc(files.count, sizeof(*ret->items)), .count = files.count};
	for (size_t i = 0; i < files.count; i++)
		read_one(dir, files.items[i], &ret->items[i]);
	return 0;
}

char *sql_checks_names(const struct sql_checks *checks)
{
	CLEANUP(strings_done) struct strings names = {0};

	for (size_t i = 0; i < checks->count; i++)
		strings_add(&names, checks->items[i].name);
	return strings_join(&names, ", ", NAMED_MOST);
}

void sql_check_done(struct sql_check *c)
{
	free(c->name);
	free(c->value);
	free(c->expected);
	free(c->why);
	free(c->query);
	*c = (struct sql_check){0};
}

void sql_checks_done(struct sql_checks *c)
{
	for (size_t i = 0; i < c->count; i++)
		sql_check_done(&c->items[i]);
	free(c->items);
	*c = (struct sql_checks){0};
}

/* ---------------------------------------------------------------- asking */

/* What a server's refusal of the operator's query says, by SQLSTATE. All others: undecided. */
static const struct {
	const char *state;
	enum result result;
	const char *meaning;
} refusals[] = {
	{"42P01", RESULT_FAIL, "a table it asks for is missing"},
	{"42703", RESULT_FAIL, "a column it asks for is missing"},
	{"42883", RESULT_FAIL, "a function or operator it asks for is missing"},
	{"42704", RESULT_FAIL, "an object it asks for is missing"},
	{"3F000", RESULT_FAIL, "a schema it asks for is missing"},
	{"42601", RESULT_UNDECIDED, "it is not one query that parses"},
	{"25006", RESULT_UNDECIDED, "it writes, and checks may only read"},
	{"42501", RESULT_UNDECIDED, "a role that may read everything may not do this"},
	{"57014", RESULT_UNDECIDED, "it took longer than a check may"},
	{"25P01", RESULT_UNDECIDED, "it ends its transaction, and a check is one query"},
};

/* What the box lacked while it restored may be why an answer is wrong: then it is no evidence. */
static void add(const struct sql_checks_run *run, const struct sql_check *c, enum result result, const char *actual,
		const char *detail, struct findings *f)
{
	bool excused = result == RESULT_FAIL && run->excuse;

	findings_add(f, RUNG_CHECKS, excused ? RESULT_UNDECIDED : result, c->name, c->expected, actual, "%s%s%s", detail,
		     excused ? "; " : "", excused ? run->excuse : "");
}

static void add_refusal(const struct sql_checks_run *run, const struct sql_check *c, const struct pg *pg,
			const struct error *err, struct findings *f)
{
	autofree char *detail = NULL;

	const char *state = pg ? pg_sqlstate(pg) : "", *message = pg ? pg_message(pg) : "";

	for (size_t i = 0; i < COUNT(refusals); i++) {
		if (!same(refusals[i].state, state))
			continue;
		detail = format("%s (%s); see '%s.sql'", refusals[i].meaning, message, c->name);
		add(run, c, refusals[i].result, "", detail, f);
		return;
	}
	detail = format("the query of '%s.sql' ended with: %s", c->name, err->text);
	add(run, c, RESULT_UNDECIDED, "", detail, f);
}

struct asking {
	const char *query;
	struct sql_answer answer;
};

static const char *only_query(void *context, size_t i)
{
	const struct asking *a = context;

	return i == 0 ? a->query : NULL;
}

static int take_answer(void *context, size_t i UNUSED, const struct pg_rows *rows, struct error *err UNUSED)
{
	struct asking *a = context;

	if (a->answer.rows == 0 && pg_row_count(rows) > 0 && rows->columns > 0) {
		const char *value = pg_text(rows, 0, 0);
		size_t length = strnlen(value, SQL_VALUE_CAP - 1);

		a->answer.null = pg_is_null(rows, 0, 0);
		memcpy(a->answer.value, value, length);
		a->answer.value[length] = '\0';
	}
	a->answer.columns = rows->columns;
	a->answer.rows += pg_row_count(rows);
	return 0;
}

/* The database's own search_path, as an application would find it; ours is empty. */
static const char own_search_path[] =
	"SELECT pg_catalog.set_config('search_path', coalesce((SELECT substr(c, 13) FROM pg_catalog.pg_db_role_setting s "
	"JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase, pg_catalog.unnest(s.setconfig) AS c "
	"WHERE d.datname = current_database() AND s.setrole = 0 AND c LIKE 'search_path=%' LIMIT 1), "
	"'\"$user\", public'), false)";

/*
 * The checks' own role: no superuser, so that a query of the operator's cannot
 * do what it is not meant to; but it reads everything, rows behind row security
 * included, so that it is never told less than there is. The structure has been
 * compared by now: what the database lets in may be changed.
 */
static int make_role(const struct sql_checks_run *run, struct error *err)
{
	CLEANUP(pg_close) struct pg *pg = NULL;
	autofree char *there = NULL, *database = pg_identifier(run->target->database), *rights = NULL;

	if (pg_connect(run->target, run->deadline, &pg, err) < 0 ||
	    pg_value(pg, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = '" CHECKS_ROLE "'", &there, err) < 0 ||
	    (there[0] == '\0' && pg_exec(pg, "CREATE ROLE \"" CHECKS_ROLE "\"", err) < 0))
		return -1;
	rights = format("ALTER ROLE \"" CHECKS_ROLE "\" LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION BYPASSRLS; "
			"GRANT pg_read_all_data TO \"" CHECKS_ROLE "\"; "
			"GRANT CONNECT ON DATABASE %s TO \"" CHECKS_ROLE "\"; "
			"ALTER DATABASE %s CONNECTION LIMIT -1; "
			"ALTER DATABASE %s RESET session_preload_libraries", /* the box may not have them */
			database, database, database);
	return pg_exec(pg, rights, err);
}

static int open_session(const struct sql_checks_run *run, struct pg **ret, struct error *err)
{
	struct pg_target target = *run->target;
	CLEANUP(pg_close) struct pg *pg = NULL;
	char time[TIME_TEXT];
	autofree char *set = format("SET drillbox.dump_time = '%s'", time_rfc3339(run->dump_time, time));

	target.user = CHECKS_ROLE;
	target.superuser = false;
	if (pg_connect(&target, run->deadline, &pg, err) < 0 || pg_exec(pg, own_search_path, err) < 0 ||
	    (run->dump_time != TIME_UNKNOWN && pg_exec(pg, set, err) < 0))
		return -1;
	*ret = take(pg);
	return 0;
}

static int ask(struct pg *pg, const struct sql_check *c, struct deadline deadline, struct asking *a, struct error *err)
{
	autofree char *begin = format("BEGIN READ ONLY; SET LOCAL statement_timeout = %d", CHECK_TIMEOUT_MS);

	*a = (struct asking){.query = c->query};
	pg_set_deadline(pg, deadline_in(deadline, CHECK_TIMEOUT_MS + 5000));
	/* the pipeline takes one statement only, and its rows piece by piece */
	if (pg_exec(pg, begin, err) < 0)
		return -1;
	return pg_pipeline(pg, only_query, take_answer, a, err);
}

static const char *last_value(const struct sql_checks_run *run, const char *name)
{
	for (size_t i = 0; i < run->last_value_count; i++)
		if (same(run->last_values[i].name, name))
			return run->last_values[i].value;
	return NULL;
}

static void add_answer(const struct sql_checks_run *run, const struct sql_check *c, const struct sql_answer *answer,
		       struct findings *f)
{
	autofree char *detail = NULL, *value = NULL;
	enum result result = sql_check_judge(c, answer, last_value(run, c->name), &detail);

	if (c->expects == EXPECT_ROWS)
		value = format("%lld", (long long)answer->rows);
	else if (answer->null)
		value = xstrdup("NULL");
	else if ((c->expects == EXPECT_TRUE || c->expects == EXPECT_FALSE) && strlen(answer->value) == 1)
		value = xstrdup(answer->value[0] == 't' ? "true" : answer->value[0] == 'f' ? "false" : answer->value);
	else
		value = printable(answer->value, false);
	add(run, c, result, value, detail, f);
}

/* A session that ended with an error may be lost with it: the next check opens another. */
static void run_one(const struct sql_checks_run *run, const struct sql_check *c, struct pg **session, struct findings *f)
{
	struct error err = {0}, ignored = {0};
	struct asking a;

	if (c->broken) {
		findings_add(f, RUNG_CHECKS, RESULT_UNDECIDED, c->name, "", "", "%s", c->why_broken.text);
		return;
	}
	if (!*session && open_session(run, session, &err) < 0) {
		findings_add_error(f, RUNG_CHECKS, c->name, &err);
		return;
	}
	if (ask(*session, c, run->deadline, &a, &err) < 0) {
		add_refusal(run, c, *session, &err, f);
		pg_close(session);
		return;
	}
	add_answer(run, c, &a.answer, f);
	if (pg_exec(*session, "ROLLBACK", &ignored) < 0)
		pg_close(session);
}

size_t sql_checks_run(const struct sql_checks *checks, const struct sql_checks_run *run, struct findings *f)
{
	CLEANUP(pg_close) struct pg *session = NULL;
	struct error err = {0};

	if (checks->count == 0)
		return 0;
	if (make_role(run, &err) < 0) {
		findings_add_error(f, RUNG_CHECKS, "session", &err);
		return 0;
	}
	for (size_t i = 0; i < checks->count && deadline_left(run->deadline) != 0; i++) {
		if (run->progress)
			run->progress(run->context, checks->items[i].name, i, checks->count);
		run_one(run, &checks->items[i], &session, f);
	}
	return findings_count(f, RUNG_CHECKS, RESULT_PASS) + findings_count(f, RUNG_CHECKS, RESULT_FAIL);
}
