#include "unit/unit.h"

#include "base/text.h"
#include "port/json.h"

static void test_writes_what_was_built(void **state)
{
	CLEANUP(json_free) struct json *root = json_new_object();
	struct json *list = json_new_array();
	autofree char *text = NULL;

	(void)state;
	json_set_int(root, "schema", 1);
	json_set_text(root, "name", "caf\xc3\xa9 \"x\"\n");
	json_set_text(root, "none", NULL);
	json_set_real(root, "seconds", 3.2);
	json_set_real(root, "third", 1.0 / 3);
	json_set_real(root, "whole", 60);
	json_set_real(root, "nan", 0.0 / 0.0);
	json_set_bool(root, "yes", true);
	json_add_text(list, "a");
	json_add(list, json_new_object());
	json_set(root, "list", list);
	text = json_text(root, false);
	assert_string_equal(text, "{\"schema\":1,\"name\":\"caf\xc3\xa9 \\\"x\\\"\\n\",\"none\":null,\"seconds\":3.2,"
				  "\"third\":0.333,\"whole\":60.0,\"nan\":null,\"yes\":true,\"list\":[\"a\",{}]}");
}

static void test_text_that_is_not_utf8_is_replaced(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"a\xff" "b", "[\"a?b\"]"},
		{"\xc3", "[\"?\"]"},
		{"\xe2\x82", "[\"??\"]"},
		{"\xed\xa0\x80", "[\"???\"]"},
		{"\xf0\x9f\x98\x80\x80", "[\"\xf0\x9f\x98\x80?\"]"},
		{"\xc0\xaf", "[\"??\"]"},
		{"\xf4\x90\x80\x80", "[\"????\"]"},
		{"\x1b[31m", "[\"\\u001B[31m\"]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(json_free) struct json *list = json_new_array();
		autofree char *text = NULL;

		json_add_text(list, cases[i].in);
		text = json_text(list, false);
		assert_string_equal(text, cases[i].out);
	}
}

static void test_reads_and_is_neutral_about_what_is_not_there(void **state)
{
	static const char source[] = "{\"a\":\"x\",\"n\":9007199254740993,\"r\":1.5,\"t\":true,\"z\":null,\"l\":[1,2]}";
	CLEANUP(json_free) struct json *root = NULL;
	struct error err;

	(void)state;
	assert_int_equal(json_parse(source, strlen(source), &root, &err), 0);
	assert_string_equal(json_get_text(root, "a"), "x");
	assert_true(json_get_int(root, "n") == 9007199254740993);
	assert_true(json_get_real(root, "r") == 1.5);
	assert_true(json_as_real(json_at(json_get(root, "l"), 1)) == 2);
	assert_true(json_get_bool(root, "t"));
	assert_true(json_is_nothing(json_get(root, "z")));
	assert_true(json_is_nothing(json_get(root, "gone")));
	assert_false(json_is_nothing(json_get(root, "a")));
	assert_null(json_get_text(root, "n"));
	assert_int_equal(json_get_int(root, "a"), 0);
	assert_false(json_get_bool(root, "a"));
	assert_int_equal(json_count(json_get(root, "l")), 2);
	assert_int_equal(json_count(json_get(root, "a")), 0);
	assert_null(json_at(json_get(root, "l"), 2));
	assert_null(json_get(json_get(root, "l"), "a"));
}

static void test_refuses_what_is_not_json(void **state)
{
	static const char *const cases[] = {"", "{", "{\"a\":1,\"a\":2}", "[1] x", "[\"\xff\"]", "{\"a\"}", "[\"\\u0000\"]"};
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json *root = NULL;

		assert_int_equal(json_parse(cases[i], strlen(cases[i]), &root, &err), -1);
		assert_int_equal(err.kind, ERR_DATA);
		assert_null(root);
		assert_non_null(strstr(err.text, "line 1"));
	}
}

static void test_refuses_endless_depth(void **state)
{
	CLEANUP(text_done) struct text deep = {0};
	struct json *root = NULL;
	struct error err;

	(void)state;
	for (int i = 0; i < 100000; i++)
		text_add(&deep, "[");
	assert_int_equal(json_parse(deep.data, deep.length, &root, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
}

static void test_writes_to_a_file_and_says_when_it_cannot(void **state)
{
	CLEANUP(json_free) struct json *root = json_new_object();
	autofclose FILE *good = tmpfile();
	autofclose FILE *closed = fopen("/dev/null", "r");
	char line[32] = "";
	struct error err;

	(void)state;
	json_set_int(root, "schema", 1);
	assert_int_equal(json_write(root, good, true, &err), 0);
	rewind(good);
	assert_true(fread(line, 1, sizeof(line) - 1, good) > 0);
	assert_string_equal(line, "{\n  \"schema\": 1\n}\n");
	assert_int_equal(json_write(root, closed, false, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
}

/* A few bytes each, that would fill the memory of a small machine. */
static void test_refuses_more_values_than_fit(void **state)
{
	static const char *const units[] = {"[],", "{},", "7,", "\"\","};
	static const size_t counts[] = {JSON_VALUES_CAP - 1, JSON_VALUES_CAP};

	(void)state;
	for (size_t i = 0; i < COUNT(units) * COUNT(counts); i++) {
		const char *unit = units[i / 2];
		size_t n = strlen(unit), size = 1 + counts[i % 2] * n;
		autofree char *text = xcalloc(size + 1, 1);
		struct json *root = NULL;
		struct error err = {0};

		text[0] = '[';
		for (size_t at = 1; at < size; at += n)
			(void)stpcpy(text + at, unit);
		text[size - 1] = 'x'; /* so that it is refused either way, and quickly */
		assert_int_equal(json_parse(text, i % 2 ? size : 7, &root, &err), -1);
		assert_int_equal(strstr(err.text, "more than 4000000 values") != NULL, i % 2);
	}
}

/* What stands in a text is none, whatever it looks like. */
static void test_counts_no_values_in_a_text(void **state)
{
	size_t n = 3 * (size_t)JSON_VALUES_CAP;
	autofree char *text = xcalloc(n + 1, 1);
	CLEANUP(json_free) struct json *root = NULL;
	struct error err = {0};

	(void)state;
	memset(text, '[', n);
	memcpy(text, "[\"\\\"{", 5);
	memcpy(text + n - 2, "\"]", 2);
	if (json_parse(text, n, &root, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(strlen(json_as_text(json_at(root, 0))), n - 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes_what_was_built),
		cmocka_unit_test(test_text_that_is_not_utf8_is_replaced),
		cmocka_unit_test(test_reads_and_is_neutral_about_what_is_not_there),
		cmocka_unit_test(test_refuses_what_is_not_json),
		cmocka_unit_test(test_refuses_endless_depth),
		cmocka_unit_test(test_refuses_more_values_than_fit),
		cmocka_unit_test(test_counts_no_values_in_a_text),
		cmocka_unit_test(test_writes_to_a_file_and_says_when_it_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
