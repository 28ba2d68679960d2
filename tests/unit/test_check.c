#include "unit/unit.h"

#include "model/check.h"

/* Findings with one pass on every rung of the level. */
static struct findings healthy(enum level level)
{
	struct findings f = {0};

	for (int r = 0; r < RUNGS; r++)
		if (level_has_rung(level, (enum rung)r))
			findings_add(&f, (enum rung)r, RESULT_PASS, "all", "1", "1", "%s", "");
	return f;
}

static void set_rung(struct findings *f, enum rung rung, enum result result)
{
	for (size_t i = 0; i < f->check_count; i++)
		if (f->checks[i].rung == rung)
			f->checks[i].result = result;
}

static enum verdict verdict_of(const struct findings *f, enum level level, bool had_measure, char **ret_reason)
{
	free(*ret_reason);
	*ret_reason = NULL;
	return findings_verdict(f, level, had_measure, ret_reason);
}

static void test_words_go_both_ways(void **state)
{
	(void)state;
	for (int v = VERDICT_PASS; v <= VERDICT_RUNNING; v++)
		assert_int_equal(verdict_from_word(verdict_word((enum verdict)v)), v);
	for (int r = RESULT_PASS; r <= RESULT_SKIP; r++)
		assert_int_equal(result_from_word(result_word((enum result)r)), r);
	for (int l = LEVEL_QUICK; l <= LEVEL_DEEP; l++)
		assert_int_equal(level_from_word(level_word((enum level)l)), l);
	for (int r = 0; r < RUNGS; r++)
		assert_int_equal(rung_from_word(rung_word((enum rung)r)), r);
	assert_int_equal(verdict_from_word("good"), -1);
	assert_int_equal(result_from_word(""), -1);
	assert_int_equal(level_from_word("Deep"), -1);
	assert_int_equal(rung_from_word("passed"), -1);
	assert_string_equal(rung_word(RUNG_MEDIA), "media");
	assert_string_equal(rung_word(RUNG_TIME), "time");
}

static void test_levels_climb_what_they_promise(void **state)
{
	static const char climbed[][RUNGS + 1] = {
		[LEVEL_QUICK] = "yyyyyynnynnn",
		[LEVEL_STANDARD] = "yyyyyyyyyyny",
		[LEVEL_DEEP] = "yyyyyyyyyyyy",
	};

	(void)state;
	for (int l = LEVEL_QUICK; l <= LEVEL_DEEP; l++)
		for (int r = 0; r < RUNGS; r++)
			assert_int_equal(level_has_rung((enum level)l, (enum rung)r), climbed[l][r] == 'y');
}

static void test_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verdict_exit_code(VERDICT_PASS), 0);
	assert_int_equal(verdict_exit_code(VERDICT_FAIL), 1);
	assert_int_equal(verdict_exit_code(VERDICT_UNDECIDED), 2);
	assert_int_equal(verdict_exit_code(VERDICT_RUNNING), 2);
}

static void test_all_passed_is_a_pass(void **state)
{
	char *reason = NULL;

	(void)state;
	for (int l = LEVEL_QUICK; l <= LEVEL_DEEP; l++) {
		CLEANUP(findings_done) struct findings f = healthy((enum level)l);

		assert_int_equal(verdict_of(&f, (enum level)l, true, &reason), VERDICT_PASS);
		assert_string_equal(reason, "");
	}
	free(reason);
}

static void test_a_fail_anywhere_is_a_fail_whatever_else_there_is(void **state)
{
	char *reason = NULL;

	(void)state;
	for (int r = 0; r < RUNGS; r++) {
		CLEANUP(findings_done) struct findings f = healthy(LEVEL_DEEP);

		set_rung(&f, (enum rung)r, RESULT_FAIL);
		findings_add(&f, RUNG_PLAN, RESULT_UNDECIDED, "x", "", "", "no extension");
		assert_int_equal(verdict_of(&f, LEVEL_DEEP, false, &reason), VERDICT_FAIL);
	}
	free(reason);
}

static void test_no_rung_that_could_not_tell_or_did_not_run_is_a_pass(void **state)
{
	char *reason = NULL;

	(void)state;
	for (int r = 0; r < RUNGS; r++) {
		CLEANUP(findings_done) struct findings f = healthy(LEVEL_DEEP);
		CLEANUP(findings_done) struct findings without = {0};

		for (int other = 0; other < RUNGS; other++)
			if (other != r)
				findings_add(&without, (enum rung)other, RESULT_PASS, "all", "1", "1", "%s", "");
		set_rung(&f, (enum rung)r, RESULT_UNDECIDED);
		assert_int_equal(verdict_of(&f, LEVEL_DEEP, true, &reason), VERDICT_UNDECIDED);
		assert_int_equal(verdict_of(&without, LEVEL_DEEP, true, &reason), VERDICT_UNDECIDED);
		assert_non_null(strstr(reason, rung_word((enum rung)r)));
	}
	free(reason);
}

static void test_a_skip_with_a_reason_will_do_except_where_it_proves_nothing(void **state)
{
	char *reason = NULL;

	(void)state;
	for (int r = 0; r < RUNGS; r++) {
		CLEANUP(findings_done) struct findings f = healthy(LEVEL_STANDARD);
		bool proof = r == RUNG_MEDIA || r == RUNG_RESTORE;

		set_rung(&f, (enum rung)r, RESULT_SKIP);
		assert_int_equal(verdict_of(&f, LEVEL_STANDARD, true, &reason), proof ? VERDICT_UNDECIDED : VERDICT_PASS);
	}
	free(reason);
}

static void test_nothing_found_or_compared_is_undecided(void **state)
{
	CLEANUP(findings_done) struct findings none = {0};
	CLEANUP(findings_done) struct findings f = healthy(LEVEL_STANDARD);
	char *reason = NULL;

	(void)state;
	assert_int_equal(verdict_of(&none, LEVEL_QUICK, true, &reason), VERDICT_UNDECIDED);
	assert_int_equal(verdict_of(&f, LEVEL_STANDARD, false, &reason), VERDICT_UNDECIDED);
	assert_non_null(strstr(reason, "nothing to compare with"));
	free(reason);
}

static void test_the_reason_is_the_first_fail_and_how_many_more(void **state)
{
	CLEANUP(findings_done) struct findings f = healthy(LEVEL_STANDARD);
	char *reason = NULL;

	(void)state;
	findings_add(&f, RUNG_VOLUME, RESULT_FAIL, "public.orders", "412310", "0", "%d rows in the source, %d restored", 412310, 0);
	assert_int_equal(verdict_of(&f, LEVEL_STANDARD, true, &reason), VERDICT_FAIL);
	assert_string_equal(reason, "public.orders: 412310 rows in the source, 0 restored");
	findings_add(&f, RUNG_VOLUME, RESULT_FAIL, "public.lines", "5", "0", "%s", "5 rows in the source, 0 restored");
	assert_int_equal(verdict_of(&f, LEVEL_STANDARD, true, &reason), VERDICT_FAIL);
	assert_string_equal(reason, "public.orders: 412310 rows in the source, 0 restored; and 1 more check failed");
	findings_add(&f, RUNG_CHECKS, RESULT_FAIL, "recent", "true", "false", "%s", "");
	assert_int_equal(verdict_of(&f, LEVEL_STANDARD, true, &reason), VERDICT_FAIL);
	assert_string_equal(reason, "public.orders: 412310 rows in the source, 0 restored; and 2 more checks failed");
	free(reason);
}

static void test_the_reason_names_what_the_detail_does_not(void **state)
{
	static const struct {
		enum rung rung;
		const char *name, *expected, *actual, *detail, *reason;
	} cases[] = {
		{RUNG_SEQUENCES, "public.s", "5", "4", "public.s is behind", "public.s is behind"},
		{RUNG_MEDIA, "sha256", "a", "b", "the stored bytes changed", "the stored bytes changed"},
		{RUNG_CHECKS, "recent", "true", "false", "", "checks 'recent': expected true, found false"},
		{RUNG_CHECKS, "recent", "", "", "", "checks 'recent': expected something else, found nothing"},
	};
	char *reason = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(findings_done) struct findings f = {0};

		findings_add(&f, cases[i].rung, RESULT_FAIL, cases[i].name, cases[i].expected, cases[i].actual, "%s",
			     cases[i].detail);
		assert_int_equal(verdict_of(&f, LEVEL_STANDARD, true, &reason), VERDICT_FAIL);
		assert_string_equal(reason, cases[i].reason);
	}
	free(reason);
}

static void test_an_error_is_never_a_fail(void **state)
{
	CLEANUP(findings_done) struct findings f = healthy(LEVEL_STANDARD);
	struct error err;
	char *reason = NULL;

	(void)state;
	for (int k = ERR_BUG; k < ERR_KINDS; k++) {
		(void)fail(&err, (enum error_kind)k, "the box could not do it (%s)", error_word((enum error_kind)k));
		findings_add_error(&f, RUNG_CLUSTER, "postgres", &err);
	}
	assert_int_equal(findings_count(&f, RUNG_CLUSTER, RESULT_FAIL), 0);
	assert_int_equal(findings_count(&f, RUNG_CLUSTER, RESULT_UNDECIDED), ERR_KINDS - 1);
	assert_int_equal(verdict_of(&f, LEVEL_STANDARD, true, &reason), VERDICT_UNDECIDED);
	assert_true(starts_with(reason, "the box could not do it (bug); and 18 more checks could not tell"));
	free(reason);
}

static void test_what_is_added_is_kept(void **state)
{
	CLEANUP(findings_done) struct findings f = {0};
	struct check *c = findings_add(&f, RUNG_VOLUME, RESULT_SKIP, NULL, NULL, NULL, "counts = off in [%s]", "pull");

	(void)state;
	assert_string_equal(c->name, "");
	assert_string_equal(c->expected, "");
	assert_string_equal(c->actual, "");
	assert_string_equal(c->detail, "counts = off in [pull]");
	assert_true(findings_rung_well(&f, RUNG_VOLUME));
	findings_add(&f, RUNG_VOLUME, RESULT_UNDECIDED, "x", "1", "2", "shrank");
	assert_false(findings_rung_well(&f, RUNG_VOLUME));
	assert_true(findings_rung_well(&f, RUNG_SEQUENCES));
	findings_add_phase(&f, RUNG_MEDIA, 2.5, "%d MB", 412);
	assert_int_equal(f.phase_count, 1);
	assert_string_equal(f.phases[0].summary, "412 MB");
	findings_note(&f, "behind %s", "in the source too");
	findings_note(&f, "behind in the source too");
	findings_note(&f, "another");
	assert_int_equal(f.notes.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_go_both_ways),
		cmocka_unit_test(test_levels_climb_what_they_promise),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_all_passed_is_a_pass),
		cmocka_unit_test(test_a_fail_anywhere_is_a_fail_whatever_else_there_is),
		cmocka_unit_test(test_no_rung_that_could_not_tell_or_did_not_run_is_a_pass),
		cmocka_unit_test(test_a_skip_with_a_reason_will_do_except_where_it_proves_nothing),
		cmocka_unit_test(test_nothing_found_or_compared_is_undecided),
		cmocka_unit_test(test_the_reason_is_the_first_fail_and_how_many_more),
		cmocka_unit_test(test_the_reason_names_what_the_detail_does_not),
		cmocka_unit_test(test_an_error_is_never_a_fail),
		cmocka_unit_test(test_what_is_added_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
