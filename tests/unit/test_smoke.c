#include "unit/unit.h"

#include <unistd.h>

#include "base/file.h"
#include "drill/smoke.h"

static void test_refusals(void **state)
{
	static const struct {
		const char *state;
		enum result result;
	} cases[] = {
		{"42501", RESULT_FAIL},	     {"42P01", RESULT_FAIL},	  {"23505", RESULT_FAIL},      {"23503", RESULT_FAIL},
		{"23514", RESULT_FAIL},	     {"44000", RESULT_FAIL},	  {"P0001", RESULT_FAIL},      {"2200H", RESULT_FAIL},
		{"25006", RESULT_FAIL},	     {"42601", RESULT_UNDECIDED}, {"57014", RESULT_UNDECIDED}, {"22P02", RESULT_UNDECIDED},
		{"53100", RESULT_UNDECIDED}, {"XX000", RESULT_UNDECIDED}, {"08006", RESULT_UNDECIDED}, {"", RESULT_UNDECIDED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *meaning = NULL;

		if (smoke_refusal(cases[i].state, "no", &meaning) != cases[i].result)
			fail_msg("'%s'", cases[i].state);
		assert_non_null(meaning);
	}
	const char *meaning;

	assert_int_equal(smoke_refusal("42704", "type \"x\" does not exist", &meaning), RESULT_FAIL);
	assert_int_equal(smoke_refusal("42704", "unrecognized configuration parameter \"app.x\"", &meaning), RESULT_UNDECIDED);
}

static void test_reading(void **state)
{
	char path[] = "/tmp/drillbox-smoke-XXXXXX";
	autofree char *sql = NULL;
	struct error err;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(smoke_read(path, &sql, &err), -1);
	assert_non_null(strstr(err.text, "there is no SQL in '/tmp/"));
	assert_int_equal(write_all(fd, " ;\n", 3, path, &err), 0);
	assert_int_equal(smoke_read(path, &sql, &err), -1);
	assert_int_equal(write_all(fd, "SELECT 1", 8, path, &err), 0);
	assert_int_equal(smoke_read(path, &sql, &err), 0);
	assert_string_equal(sql, " ;\nSELECT 1");
	assert_int_equal(ftruncate(fd, SMOKE_CAP + 1), 0);
	assert_int_equal(close(fd), 0);
	free(take(sql));
	assert_int_equal(smoke_read(path, &sql, &err), -1);
	assert_non_null(strstr(err.text, "[drill] smoke"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(smoke_read(path, &sql, &err), -1);
	assert_non_null(strstr(err.text, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
