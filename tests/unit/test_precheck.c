#include "unit/unit.h"

#include "base/text.h"
#include "model/precheck.h"

static void test_first_bad_decides(void **state)
{
	struct prechecks list = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(prechecks_verdict(&list, &err), 0);
	prechecks_add(&list, PRECHECK_OK, ERR_NONE, "login", "", "'%s' logs in", "drillbox");
	prechecks_add(&list, PRECHECK_WARN, ERR_PRIVILEGE, "tls", "renew it", "expires in %d days", 3);
	assert_int_equal(prechecks_verdict(&list, &err), 0);
	assert_int_equal(list.items[1].kind, ERR_NONE);
	prechecks_add(&list, PRECHECK_BAD, ERR_PRIVILEGE, "privileges", "GRANT it", "may not read %s", "a");
	prechecks_add(&list, PRECHECK_BAD, ERR_SOURCE, "pooler", "", "a pooler");
	assert_int_equal(prechecks_verdict(&list, &err), -1);
	assert_int_equal(err.kind, ERR_PRIVILEGE);
	assert_string_equal(err.text, "may not read a: GRANT it");
	prechecks_done(&list);
}

static void test_what_to_do_is_never_cut_off(void **state)
{
	struct prechecks list = {0};
	struct error err = {0};
	char names[2000];

	(void)state;
	memset(names, 'x', sizeof(names) - 1);
	names[sizeof(names) - 1] = '\0';
	prechecks_add(&list, PRECHECK_BAD, ERR_PRIVILEGE, "privileges", "GRANT a;\nGRANT b;", "may not read %s", names);
	assert_int_equal(strlen(list.items[0].sentence), strlen("may not read ") + sizeof(names) - 1);
	assert_int_equal(prechecks_verdict(&list, &err), -1);
	assert_non_null(strstr(err.text, "drillbox doctor"));
	assert_null(strchr(err.text, '\n'));
	prechecks_done(&list);
}

static void test_errors_become_findings(void **state)
{
	struct prechecks list = {0};
	struct error err = {.kind = ERR_NETWORK, .text = "nothing listens: see the port"}, again = {0};

	(void)state;
	prechecks_add_error(&list, "login", &err);
	assert_int_equal(prechecks_verdict(&list, &again), -1);
	assert_int_equal(again.kind, ERR_NETWORK);
	assert_string_equal(again.text, err.text);
	assert_string_equal(precheck_level_word(list.items[0].level), "bad");
	prechecks_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_bad_decides),
		cmocka_unit_test(test_what_to_do_is_never_cut_off),
		cmocka_unit_test(test_errors_become_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
