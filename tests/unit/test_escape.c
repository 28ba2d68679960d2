#include "unit/unit.h"

#include "base/text.h"
#include "port/escape.h"

static const char all_held[] = "data ok\nledger ok\nconfiguration ok\nwriting ok\nloopback ok\nnetwork ok\nprocesses ok\n"
			       "rights ok\nnamespaces ok\nmounts ok\nptrace ok\nfamilies ok\nforks ok\n";

static const struct precheck *finding(const struct prechecks *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (same(list->items[i].name, name))
			return &list->items[i];
	fail_msg("no finding '%s'", name);
	return NULL;
}

static void test_all_held(void **state)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};

	(void)state;
	escape_judge(all_held, &list);
	assert_int_equal(list.count, 13);
	assert_null(prechecks_bad(&list));
}

static void test_what_did_not_hold(void **state)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};

	(void)state;
	escape_judge("ptrace bad a process can be traced\nforks warn the limit of 512 does not hold\nmounts ok\n", &list);
	assert_int_equal(finding(&list, "ptrace")->level, PRECHECK_BAD);
	assert_string_equal(finding(&list, "ptrace")->sentence, "a process can be traced");
	assert_true(*finding(&list, "ptrace")->cure != '\0');
	assert_int_equal(finding(&list, "forks")->level, PRECHECK_WARN);
	assert_int_equal(finding(&list, "mounts")->level, PRECHECK_OK);
}

/* A probe that died, or was made to say something else. */
static void test_what_was_not_tried(void **state)
{
	static const char *const said[] = {"", "\n\n", "data", "data \n", "data okay\n", "ok\n", "xdata ok\n", "data bad"};

	(void)state;
	for (size_t i = 0; i < COUNT(said); i++) {
		CLEANUP(prechecks_done) struct prechecks list = {0};

		escape_judge(said[i], &list);
		assert_int_equal(list.count, 13);
		for (size_t k = 0; k < list.count; k++)
			assert_int_equal(list.items[k].level, PRECHECK_BAD);
		assert_non_null(strstr(finding(&list, "data")->sentence, "not tried to its end"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_held),
		cmocka_unit_test(test_what_did_not_hold),
		cmocka_unit_test(test_what_was_not_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
