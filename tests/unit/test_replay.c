#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "drill/plain_reader.h"
#include "drill/replay.h"

#include <cmocka.h> /* last: its fail() is a macro */

static void test_errors_are_counted(void **state)
{
	static const struct {
		const char *said;
		size_t errors;
	} cases[] = {
		{"", 0},
		{"psql:<stdin>:12: ERROR:  42P01\n", 1},
		{"psql:<stdin>:12: ERROR:  42P01\npsql:<stdin>:13: FATAL:  57P01\npsql:<stdin>:1: PANIC:  XX000", 3},
		{"psql:<stdin>:12: NOTICE:  00000\npsql:<stdin>:13: WARNING:  25001\n", 0},
		{"psql:<stdin>:3: error: backslash commands are restricted; only \\unrestrict is allowed\n", 0},
		{"DETAIL: psql:<stdin>:12: ERROR:  42P01\n", 0},
		{"psql:<stdin>: ERROR:\n", 1},
		{"psql: error: connection to server failed\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(replay_count_errors(cases[i].said), cases[i].errors);
}

static void test_how_far_it_is(void **state)
{
	const char *text = NULL;
	int64_t count = 0;

	(void)state;
	assert_true(plain_reader_item("item 12 TABLE public.orders", &count, &text));
	assert_int_equal(count, 12);
	assert_string_equal(text, "TABLE public.orders");
	assert_false(plain_reader_item("item x TABLE public.orders", &count, &text));
	assert_false(plain_reader_item("item 99999999999999999999 TABLE", &count, &text));
	assert_false(plain_reader_item("item 12", &count, &text));
	assert_false(plain_reader_item("plain-reader:data:it ends early", &count, &text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_are_counted),
		cmocka_unit_test(test_how_far_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
