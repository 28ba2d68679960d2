#include "unit/unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "run/account.h"

static void who_is_not_root_stays_who_they_are(void **state)
{
	struct error err;
	uid_t before = geteuid();

	(void)state;
	assert_int_equal(account_settle("/nowhere/drillbox.conf", &err), 0);
	assert_int_equal(geteuid(), before);
}

static void a_word_of_sudo_counts_only_from_sudo(void **state)
{
	struct error err;

	(void)state;
	if (geteuid() == 0) {
		print_message("root may have been called by sudo\n");
		skip();
	}
	assert_int_equal(setenv("SUDO_USER", "somebody-else", 1), 0);
	assert_int_equal(account_settle("/nowhere/drillbox.conf", &err), 0);
	assert_string_not_equal(account_caller(), "somebody-else");
	assert_int_equal(unsetenv("SUDO_USER"), 0);
}

/* Another's folder, and root's becoming its owner: tests/device/020-image; there is one user here. */
static void an_own_folder_is_the_box(void **state)
{
	char dir[] = "/tmp/account-XXXXXX";
	struct error err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(account_is_the_box(dir, &err), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(account_is_the_box("/tmp/not/there", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_not_root_stays_who_they_are),
		cmocka_unit_test(a_word_of_sudo_counts_only_from_sudo),
		cmocka_unit_test(an_own_folder_is_the_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
