#include "unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "drill/sql_checks.h"

static void parses(const char *text, struct sql_check *c)
{
	struct error err = {0};

	assert_int_equal(sql_check_parse(text, c, &err), 0);
	c->name = xstrdup("asked");
}

static void refuses(const char *text, const char *says)
{
	struct sql_check c = {0};
	struct error err = {0};

	assert_int_equal(sql_check_parse(text, &c, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_non_null(strstr(err.text, says));
	assert_null(c.query);
}

static void test_header_and_query(void **state)
{
	struct sql_check c = {0};

	(void)state;
	parses("\xef\xbb\xbf\r\n-- A question.\r\n--expect:   >= 1000  \r\n\r\n  -- why: a quiet day has that many\r\n"
	       "SELECT count(*)\r\n-- expect: not a header any more\r\nFROM orders\r\n",
	       &c);
	assert_int_equal(c.expects, EXPECT_VALUE);
	assert_int_equal(c.by, BY_GREATER_OR_EQUAL);
	assert_string_equal(c.value, "1000");
	assert_string_equal(c.expected, ">= 1000");
	assert_string_equal(c.why, "a quiet day has that many");
	assert_true(starts_with(c.query, "SELECT count(*)"));
	assert_true(ends_with(c.query, "FROM orders"));
	sql_check_done(&c);
}

static void test_every_form(void **state)
{
	static const struct {
		const char *text;
		enum expectation expects;
		enum order_sign by;
		const char *value;
	} forms[] = {
		{"true", EXPECT_TRUE, BY_EQUAL, NULL},
		{"false", EXPECT_FALSE, BY_EQUAL, NULL},
		{"= true", EXPECT_TRUE, BY_EQUAL, "true"},
		{"= 42", EXPECT_VALUE, BY_EQUAL, "42"},
		{"=42", EXPECT_VALUE, BY_EQUAL, "42"},
		{"== 42", EXPECT_VALUE, BY_EQUAL, "42"},
		{"!= 42", EXPECT_VALUE, BY_UNEQUAL, "42"},
		{"<> 42", EXPECT_VALUE, BY_UNEQUAL, "42"},
		{"< -1.5", EXPECT_VALUE, BY_LESS, "-1.5"},
		{"<= 42", EXPECT_VALUE, BY_LESS_OR_EQUAL, "42"},
		{"> 42", EXPECT_VALUE, BY_GREATER, "42"},
		{"= 'it''s'", EXPECT_VALUE, BY_EQUAL, "it's"},
		{"= shipped late", EXPECT_VALUE, BY_EQUAL, "shipped late"},
		{"rows 0", EXPECT_ROWS, BY_EQUAL, "0"},
		{"rows >= 5", EXPECT_ROWS, BY_GREATER_OR_EQUAL, "5"},
		{"within 10% of last proven", EXPECT_NEAR_LAST, BY_EQUAL, "10"},
		{"within 0.5 % of last proven", EXPECT_NEAR_LAST, BY_EQUAL, "0.5"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		autofree char *text = format("-- expect: %s\nSELECT 1", forms[i].text);
		struct sql_check c = {0};

		parses(text, &c);
		assert_int_equal(c.expects, forms[i].expects);
		assert_int_equal(c.by, forms[i].by);
		assert_true(same(c.value, forms[i].value));
		sql_check_done(&c);
	}
}

static void test_broken_files_say_what_is_wrong(void **state)
{
	(void)state;
	refuses("SELECT 1", "no '-- expect:' line");
	refuses("-- A comment: more of it.\nSELECT 1\n-- expect: true", "no '-- expect:' line");
	refuses("", "no '-- expect:' line");
	refuses("-- expct: false\nSELECT 1", "did you mean '-- expect:'");
	refuses("-- expects: false\nSELECT 1", "did you mean '-- expect:'");
	refuses("-- expect:\nSELECT 1", "not understood");
	refuses("-- expect: about 7\nSELECT 1", "about 7");
	refuses("-- expect: >=\nSELECT 1", "no value");
	refuses("-- expect: true\n-- expect: false\nSELECT 1", "twice");
	refuses("-- expect: rows many\nSELECT 1", "rows 0");
	refuses("-- expect: rows -1\nSELECT 1", "rows 0");
	refuses("-- expect: within ten% of last proven\nSELECT 1", "within 10%");
	refuses("-- expect: within 10% of yesterday\nSELECT 1", "within 10%");
	refuses("-- expect: within 10 of last proven\nSELECT 1", "within 10%");
	refuses("-- expect: within 10 parsecs of last proven\nSELECT 1", "parsecs");
	refuses("-- expect: true\n\n  \n", "no query");
}

struct case_of {
	const char *expect;
	const char *value;
	enum result result;
};

static enum result judge(const char *expect, const char *value, const char *last, char **ret_detail)
{
	autofree char *text = format("-- expect: %s\n-- why: so it must be\nSELECT 1", expect);
	struct sql_answer answer = {.rows = 1, .columns = 1, .null = value == NULL};
	struct sql_check c = {0};
	enum result result;

	(void)snprintf(answer.value, sizeof(answer.value), "%s", value ? value : "");
	parses(text, &c);
	result = sql_check_judge(&c, &answer, last, ret_detail);
	sql_check_done(&c);
	return result;
}

static void test_values(void **state)
{
	static const struct case_of cases[] = {
		{"true", "t", RESULT_PASS},
		{"true", "true", RESULT_PASS},
		{"true", "f", RESULT_FAIL},
		{"false", "f", RESULT_PASS},
		{"false", "t", RESULT_FAIL},
		{"= true", "t", RESULT_PASS},
		{"true", "1", RESULT_UNDECIDED},
		{"true", NULL, RESULT_FAIL},
		{"= 42", "42", RESULT_PASS},
		{"= 42", "42.000", RESULT_PASS},
		{"= 42", "+42", RESULT_PASS},
		{"= 42", "042", RESULT_PASS},
		{"= 42", "42.001", RESULT_FAIL},
		{"= 0", "-0.0", RESULT_PASS},
		{"= 9007199254740993", "9007199254740992", RESULT_FAIL},
		{"= 123456789012345678901234567890.1", "123456789012345678901234567890.10", RESULT_PASS},
		{"< 123456789012345678901234567890.1", "123456789012345678901234567890.09", RESULT_PASS},
		{"> -10", "-9.5", RESULT_PASS},
		{"> -9.5", "-10", RESULT_FAIL},
		{">= 1000", "999", RESULT_FAIL},
		{">= 1000", "1000", RESULT_PASS},
		{"<= 1000", "1e+20", RESULT_FAIL},
		{">= 1000", "1e+20", RESULT_PASS},
		{">= 1000", "Infinity", RESULT_PASS},
		{">= 1000", "NaN", RESULT_FAIL},
		{"<> 1000", "999", RESULT_PASS},
		{"<> 1000", "1000.0", RESULT_FAIL},
		{">= 1000", NULL, RESULT_FAIL},
		{">= 1000", "many", RESULT_UNDECIDED},
		{"= 1000", "many", RESULT_FAIL},
		{"= open", "open", RESULT_PASS},
		{"= 'open'", "closed", RESULT_FAIL},
		{"> 2026-01-01", "2026-11-22 04:15:00+00", RESULT_PASS},
		{"> 2026-01-01", "2025-12-31 23:59:59+00", RESULT_FAIL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *detail = NULL;
		enum result result = judge(cases[i].expect, cases[i].value, NULL, &detail);

		if (result != cases[i].result)
			print_error("expect '%s', value '%s': %s\n", cases[i].expect, cases[i].value, detail);
		assert_int_equal(result, cases[i].result);
		if (result == RESULT_FAIL)
			assert_non_null(strstr(detail, "so it must be"));
	}
}

static void test_near_last(void **state)
{
	static const struct {
		const char *expect, *value, *last;
		enum result result;
	} cases[] = {
		{"within 10% of last proven", "109", "100", RESULT_PASS},
		{"within 10% of last proven", "110", "100", RESULT_PASS},
		{"within 10% of last proven", "111", "100", RESULT_FAIL},
		{"within 10% of last proven", "90", "100", RESULT_PASS},
		{"within 10% of last proven", "89", "100", RESULT_FAIL},
		{"within 10% of last proven", "-105", "-100", RESULT_PASS},
		{"within 10% of last proven", "0", "0", RESULT_PASS},
		{"within 10% of last proven", "1", "0", RESULT_FAIL},
		{"within 10% of last proven", "1", NULL, RESULT_SKIP},
		{"within 10% of last proven", "1", "NULL", RESULT_SKIP},
		{"within 10% of last proven", "soon", "100", RESULT_UNDECIDED},
		{"within 10% of last proven", "NaN", "100", RESULT_UNDECIDED},
		{"within 10% of last proven", NULL, "100", RESULT_FAIL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *detail = NULL;

		assert_int_equal(judge(cases[i].expect, cases[i].value, cases[i].last, &detail), cases[i].result);
	}
}

static void test_rows_and_shapes(void **state)
{
	struct sql_check rows = {0}, value = {0};
	struct sql_answer none = {.rows = 0, .columns = 3}, two = {.rows = 2, .columns = 1},
			  wide = {.rows = 1, .columns = 2}, empty = {.rows = 0, .columns = 1};
	char *detail = NULL;

	(void)state;
	parses("-- expect: rows 0\nSELECT 1", &rows);
	parses("-- expect: = 0\nSELECT 1", &value);
	assert_int_equal(sql_check_judge(&rows, &none, NULL, &detail), RESULT_PASS);
	free(detail);
	assert_int_equal(sql_check_judge(&rows, &two, NULL, &detail), RESULT_FAIL);
	assert_non_null(strstr(detail, "2 rows"));
	free(detail);
	assert_int_equal(sql_check_judge(&value, &two, NULL, &detail), RESULT_UNDECIDED);
	assert_non_null(strstr(detail, "asked.sql"));
	free(detail);
	assert_int_equal(sql_check_judge(&value, &wide, NULL, &detail), RESULT_UNDECIDED);
	free(detail);
	/* nothing at all is what an emptied table gives, and no expectation of a value holds then */
	assert_int_equal(sql_check_judge(&value, &empty, NULL, &detail), RESULT_FAIL);
	free(detail);
	sql_check_done(&rows);
	sql_check_done(&value);
}

static void put(const char *dir, const char *name, const char *text)
{
	autofree char *path = path_join(dir, name);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void test_folder(void **state)
{
	char dir[] = "/tmp/checks-XXXXXX";
	struct sql_checks checks = {0};
	struct error err = {0};
	autofree char *names = NULL, *big = xcalloc(SQL_FILE_CAP + 2, 1);

	(void)state;
	assert_non_null(mkdtemp(dir));
	put(dir, "users-floor.sql", "-- expect: >= 1\nSELECT count(*) FROM users");
	put(dir, "latest.sql", "-- expect: true\nSELECT true");
	put(dir, "broken.sql", "-- expect: nothing much\nSELECT 1");
	memset(big, '-', SQL_FILE_CAP + 1);
	put(dir, "huge.sql", big);
	put(dir, "README.txt", "not a check");
	put(dir, ".hidden.sql", "not a check either");
	assert_int_equal(sql_checks_read(dir, &checks, &err), 0);
	names = sql_checks_names(&checks);
	assert_string_equal(names, "broken, huge, latest, users-floor");
	assert_true(checks.items[0].broken);
	assert_non_null(strstr(checks.items[0].why_broken.text, "'broken.sql'"));
	assert_true(checks.items[1].broken);
	assert_false(checks.items[2].broken);
	sql_checks_done(&checks);
	assert_int_equal(remove_tree(dir, &err), 0);

	assert_int_equal(sql_checks_read(dir, &checks, &err), 0);
	assert_int_equal(checks.count, 0);
	sql_checks_done(&checks);
	assert_int_equal(sql_checks_read("/dev/null", &checks, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_and_query),
		cmocka_unit_test(test_every_form),
		cmocka_unit_test(test_broken_files_say_what_is_wrong),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_near_last),
		cmocka_unit_test(test_rows_and_shapes),
		cmocka_unit_test(test_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
