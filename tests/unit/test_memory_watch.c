#include "unit/unit.h"

#include "port/memory_watch.h"

static void test_a_stat(void **state)
{
	pid_t parent = 0;
	int64_t pages = 0;

	(void)state;
	assert_true(memory_watch_parse_stat("71 (postgres) S 12 71 71 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 9 8192 4711 18446 1",
					    &parent, &pages));
	assert_int_equal(parent, 12);
	assert_int_equal(pages, 4711);
	/* a name can hold anything */
	assert_true(memory_watch_parse_stat("71 (a) S 1 (b)) R 13 71 71 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 9 8192 4712 18446 1",
					    &parent, &pages));
	assert_int_equal(parent, 13);
	assert_int_equal(pages, 4712);
	assert_false(memory_watch_parse_stat("71 (a) S 14 71 71", &parent, &pages));
	assert_false(memory_watch_parse_stat("", &parent, &pages));
}

static void test_a_rollup(void **state)
{
	(void)state;
	assert_int_equal(memory_watch_parse_rollup("1-2 ---p 0 00:00 0 [rollup]\nRss:  900 kB\nPss:   300 kB\nPss_Dirty:  7 kB\n"
						   "Pss_Anon:   100 kB\nPss_File:   150 kB\nPss_Shmem:  50 kB\nShared_Clean: 1 kB\n"
						   "Swap:  999 kB\nSwapPss:  11 kB\n"),
			 161 * 1024);
	/* before 5.4 */
	assert_int_equal(memory_watch_parse_rollup("1-2 ---p 0 00:00 0 [rollup]\nRss:  900 kB\nPss:   300 kB\nSwapPss:  0 kB\n"),
			 300 * 1024);
	assert_int_equal(memory_watch_parse_rollup("1-2 ---p 0 00:00 0 [rollup]\n"), -1);
	assert_int_equal(memory_watch_parse_rollup(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stat),
		cmocka_unit_test(test_a_rollup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
