#include "unit/unit.h"

#include <errno.h>

#include "base/error.h"

static void test_errno_is_kept_only_where_it_is_named(void **state)
{
	struct error err;

	(void)state;
	errno = ENOENT;
	assert_int_equal(fail(&err, ERR_IO, "open '%s': %m", "x"), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_int_equal(err.os_errno, ENOENT);
	assert_string_equal(err.text, "open 'x': No such file or directory");
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fail(&err, ERR_DATA, "no sense"), -1);
	assert_int_equal(err.os_errno, 0);
}

static void test_context_stands_before_the_text(void **state)
{
	struct error err;

	(void)state;
	(void)fail(&err, ERR_NETWORK, "no answer");
	assert_int_equal(fail_within(&err, "pulling '%s'", "shop"), -1);
	assert_string_equal(err.text, "pulling 'shop': no answer");
	assert_int_equal(err.kind, ERR_NETWORK);
}

static void test_too_long_is_cut_not_overrun(void **state)
{
	struct error err;
	char long_text[2048];

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	(void)fail(&err, ERR_BUG, "%s", long_text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	(void)fail_within(&err, "%s", "outer");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "outer: xxx", 10);
	(void)fail_within(&err, "%s", long_text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void test_every_kind_has_a_word_and_an_exit_code(void **state)
{
	(void)state;
	for (int k = 0; k < ERR_KINDS; k++) {
		int code = error_exit_code((enum error_kind)k);

		assert_non_null(error_word((enum error_kind)k));
		assert_int_equal(error_kind_from_word(error_word((enum error_kind)k)), k);
		/* 1 means evidence against a dump: never an error */
		assert_int_not_equal(code, 1);
		assert_true(k == ERR_NONE ? code == 0 : code == 2 || code == 64 || code == 70 || code == 78);
	}
	assert_int_equal(error_exit_code(ERR_USAGE), 64);
	assert_int_equal(error_exit_code(ERR_BUG), 70);
	assert_int_equal(error_exit_code(ERR_CONFIG), 78);
	assert_int_equal(error_exit_code(ERR_NOTHING), 2);
	assert_int_equal(error_exit_code(ERR_CURRENT), 2);
	assert_int_equal(error_kind_from_word("no such word"), ERR_BUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errno_is_kept_only_where_it_is_named),
		cmocka_unit_test(test_context_stands_before_the_text),
		cmocka_unit_test(test_too_long_is_cut_not_overrun),
		cmocka_unit_test(test_every_kind_has_a_word_and_an_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
