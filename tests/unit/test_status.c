#include "unit/unit.h"

#include "base/text.h"
#include "model/status.h"

static struct source_status *add(struct status *s, const char *name, enum verdict verdict, bool in_date)
{
	struct source_status *added = status_add(s, name);

	added->verdict = verdict;
	added->in_date = in_date;
	added->data_as_of = 1000;
	return added;
}

static void expect(const struct status *s, const char *headline, int exit_code)
{
	autofree char *text = status_headline(s);

	assert_string_equal(text, headline);
	assert_int_equal(status_exit_code(s), exit_code);
}

static void test_all_is_well(void **state)
{
	CLEANUP(status_done) struct status s = {0};

	(void)state;
	add(&s, "crm", VERDICT_PASS, true);
	expect(&s, "its only source is proven and in date", 0);
	add(&s, "shop", VERDICT_PASS, true);
	expect(&s, "all 2 sources proven and in date", 0);
}

static void test_nothing_configured_is_nothing_proven(void **state)
{
	CLEANUP(status_done) struct status s = {0};

	(void)state;
	expect(&s, "no source is configured, so nothing is proven: add a file in sources.d", 2);
	add(&s, "gone", VERDICT_FAIL, false)->orphan = true;
	expect(&s, "no source is configured, so nothing is proven: add a file in sources.d", 2);
}

static void test_one_over_two_over_three(void **state)
{
	CLEANUP(status_done) struct status s = {0};

	(void)state;
	add(&s, "a", VERDICT_PASS, false)->brief = xstrdup("password refused");
	expect(&s, "1 of 1 not in date: a, password refused", 3);
	add(&s, "b", VERDICT_UNDECIDED, true)->reason = xstrdup("no disk");
	expect(&s, "1 of 2 undecided: b, no disk", 2);
	add(&s, "c", VERDICT_FAIL, true)->reason = xstrdup("2 tables lost rows");
	expect(&s, "1 of 3 refuted: c, 2 tables lost rows", 1);
}

static void test_names_when_there_are_several(void **state)
{
	CLEANUP(status_done) struct status s = {0};

	(void)state;
	for (char name[] = "a"; *name < 'f'; ++*name)
		add(&s, name, VERDICT_PASS, false);
	expect(&s, "5 of 5 not in date: a, b, c and 2 more", 3);
}

static void test_never_proven(void **state)
{
	CLEANUP(status_done) struct status s = {0};

	(void)state;
	status_add(&s, "new");
	expect(&s, "1 of 1 undecided: new, nothing is proven yet", 2);
}

static void test_a_pull_that_failed_while_all_is_in_date_is_said(void **state)
{
	CLEANUP(status_done) struct status s = {0};

	(void)state;
	add(&s, "crm", VERDICT_PASS, true)->brief = xstrdup("pull refused");
	add(&s, "shop", VERDICT_PASS, true);
	expect(&s, "1 of 2 in date, but in trouble: crm, pull refused", 0);
}

static void test_the_box_comes_after_what_a_drill_said(void **state)
{
	CLEANUP(status_done) struct status s = {0};

	(void)state;
	strings_add(&s.box_faults, "no network: check the cable");
	add(&s, "shop", VERDICT_PASS, true);
	expect(&s, "no network: check the cable", 0);
	s.sources[0].in_date = false;
	expect(&s, "no network: check the cable", 3);
	add(&s, "new", VERDICT_UNDECIDED, true)->reason = xstrdup("no disk");
	expect(&s, "1 of 2 undecided: new, no disk", 2);
	add(&s, "crm", VERDICT_FAIL, true);
	expect(&s, "1 of 3 refuted: crm", 1);
}

static void test_an_unknown_clock_is_never_well(void **state)
{
	CLEANUP(status_done) struct status s = {.clock_unknown = true};

	(void)state;
	strings_add(&s.box_faults, "the clock is not known: check the network time service");
	add(&s, "shop", VERDICT_PASS, true);
	expect(&s, "the clock is not known: check the network time service", 2);
	s.sources[0].in_date = false;
	assert_int_equal(status_exit_code(&s), 2);
	s.sources[0].verdict = VERDICT_FAIL;
	assert_int_equal(status_exit_code(&s), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_well),
		cmocka_unit_test(test_nothing_configured_is_nothing_proven),
		cmocka_unit_test(test_one_over_two_over_three),
		cmocka_unit_test(test_names_when_there_are_several),
		cmocka_unit_test(test_never_proven),
		cmocka_unit_test(test_a_pull_that_failed_while_all_is_in_date_is_said),
		cmocka_unit_test(test_the_box_comes_after_what_a_drill_said),
		cmocka_unit_test(test_an_unknown_clock_is_never_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
