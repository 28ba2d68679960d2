#include "unit/unit.h"

#include "base/text.h"
#include "port/cgroup.h"

#define MIB ((int64_t)1 << 20)

static void assert_delegated(const char *membership, const char *folder)
{
	autofree char *found = cgroup_delegated(membership);

	if (folder)
		assert_string_equal(found, folder);
	else
		assert_null(found);
}

static void test_what_is_delegated(void **state)
{
	(void)state;
	assert_delegated("0::/system.slice/drillbox.service/main\n", "/sys/fs/cgroup/system.slice/drillbox.service");
	assert_delegated("0::/main\n", "/sys/fs/cgroup"); /* in a namespace of its own */
	assert_delegated("1:name=systemd:/a\n0::/b/main\n", "/sys/fs/cgroup/b");
}

static void test_what_is_not(void **state)
{
	(void)state;
	assert_delegated("", NULL);
	assert_delegated("0::/\n", NULL);
	assert_delegated("0::/system.slice/drillbox.service\n", NULL);
	assert_delegated("0::/system.slice/domain\n", NULL);
	assert_delegated("0::/user.slice/user-1000.slice/session-3.scope\n", NULL);
	assert_delegated("0::/system.slice/drillbox.service/main (deleted)\n", NULL);
	/* version 1 */
	assert_delegated("9:memory:/main\n1:name=systemd:/system.slice/main\n", NULL);
	assert_delegated("10::/a/main\n", NULL);
}

static void test_events(void **state)
{
	static const char events[] = "low 0\nhigh 0\nmax 812\noom 3\noom_kill 2\noom_group_kill 1\n";

	(void)state;
	assert_int_equal(cgroup_event(events, "oom_kill"), 2);
	assert_int_equal(cgroup_event(events, "oom"), 3);
	assert_int_equal(cgroup_event(events, "oom_group_kill"), 1);
	assert_int_equal(cgroup_event(events, "kill"), 0);
	assert_int_equal(cgroup_event("oom_kill", "oom_kill"), 0);
	assert_int_equal(cgroup_event("oom_kill many\n", "oom_kill"), 0);
	assert_int_equal(cgroup_event("oom_kill 7", "oom_kill"), 7);
	assert_int_equal(cgroup_event("", "oom_kill"), 0);
}

/* What the boards have, less what the firmware and the kernel keep. */
static void test_the_cap(void **state)
{
	(void)state;
	assert_int_equal(cgroup_cap(430 * MIB), 270 * MIB);
	assert_int_equal(cgroup_cap(920 * MIB), 760 * MIB);
	assert_int_equal(cgroup_cap(2000 * MIB), 1750 * MIB);
	assert_int_equal(cgroup_cap(8000 * MIB), 7488 * MIB);
	assert_int_equal(cgroup_cap(200 * MIB), 100 * MIB);
}

static void test_none_is_no_error(void **state)
{
	struct cgroup *none = NULL;

	(void)state;
	assert_int_equal(cgroup_entrance(NULL), 0);
	assert_false(cgroup_ran_short(NULL));
	cgroup_free(&none);
	assert_true(cgroup_memory_left() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_delegated), cmocka_unit_test(test_what_is_not),
		cmocka_unit_test(test_events),		  cmocka_unit_test(test_the_cap),
		cmocka_unit_test(test_none_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
