#include "unit/unit.h"

#include "base/text.h"
#include "model/duration.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
		const char *again;
	} cases[] = {
		{"6h", 21600, "6h"},	{"5 min", 300, "5 min"}, {"30 min", 1800, "30 min"}, {"90 s", 90, "90 s"},
		{"7d", 604800, "7d"},	{"1w", 604800, "7d"},	 {"90m", 5400, "90 min"},    {"24 hours", 86400, "1d"},
		{"25h", 90000, "25h"},	{"0", 0, "0 s"},	 {"1 s", 1, "1 s"},
	};
	static const char *const bad[] = {"", "h", "6", "6 x", "-6h", "6.5h", "6h 5 min", "11 years", "9999999999d", " 6h", "6h "};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *again = duration_text(cases[i].seconds);
		int64_t seconds = -1;

		assert_true(duration_parse(cases[i].text, &seconds));
		assert_int_equal(seconds, cases[i].seconds);
		assert_string_equal(again, cases[i].again);
		assert_true(duration_parse(again, &seconds) && seconds == cases[i].seconds);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t seconds = -1;

		if (duration_parse(bad[i], &seconds))
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(seconds, -1);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
		const char *again;
	} cases[] = {
		{"20 GB", 20000000000, "20 GB"}, {"512MiB", 536870912, "512 MiB"}, {"1 TB", 1000000000000, "1 TB"},
		{"1kb", 1000, "1 kB"},		 {"1023 B", 1023, "1023 B"},	   {"4 KiB", 4096, "4 KiB"},
		{"2 TiB", 2199023255552, "2 TiB"},
	};
	static const char *const bad[] = {"", "GB", "20", "-1 GB", "1.5 GB", "20 GB x", "99999999 TB"};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *again = size_text(cases[i].bytes);
		int64_t bytes = -1;

		assert_true(size_parse(cases[i].text, &bytes));
		assert_int_equal(bytes, cases[i].bytes);
		assert_string_equal(again, cases[i].again);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t bytes = -1;

		if (size_parse(bad[i], &bytes))
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(bytes, -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
