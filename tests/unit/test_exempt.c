#include "unit/unit.h"

#include "base/text.h"
#include "model/exempt.h"

static void test_lists(void **state)
{
	static const char *const good[] = {"public.log: grows", "public.log: a; audit.*: b, and c", "\"Odd Name\".t: x"};
	static const char *const bad[] = {"", "public.log", "public.log:", "log: no schema", "public.log: ", ": why",
					  "public.log: a;; b", "public.log: a; audit.*", "public.log:a"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!exempt_valid(good[i]))
			fail_msg("'%s'", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (exempt_valid(bad[i]))
			fail_msg("'%s'", bad[i]);
}

static void test_reasons(void **state)
{
	static const char list[] = "public.log: 2 TB; audit.*: an archive, see there; x.y_2?: short";
	static const struct {
		const char *table, *reason;
	} cases[] = {
		{"public.log", "2 TB"},	       {"public.logs", NULL}, {"audit.events", "an archive, see there"},
		{"audit.\"Odd\"", "an archive, see there"}, {"x.y_21", "short"},   {"x.y_2", NULL}, {"public.orders", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *reason = exempt_reason(list, cases[i].table);

		if (!same(reason, cases[i].reason))
			fail_msg("%s: %s", cases[i].table, reason ? reason : "none");
	}
	assert_null(exempt_reason(NULL, "public.log"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
