#include "unit/unit.h"

#include "report/advice.h"

static void advises(enum rung rung, const char *actual, const char *detail, const char *likely, const char *to_do)
{
	CLEANUP(findings_done) struct findings f = {0};
	autofree char *said = NULL;
	const char *cause;

	findings_add(&f, RUNG_INSPECT, RESULT_UNDECIDED, "x", "", "", "%s", "");
	findings_add(&f, rung, RESULT_FAIL, "public.t", "x", actual, "%s", detail);
	findings_add(&f, RUNG_TIME, RESULT_FAIL, "budget", "", "", "%s", "");
	cause = advice_of(&f, "shop", "shop/shop_1", &said);
	if (!likely)
		assert_null(cause);
	else
		assert_non_null(strstr(cause, likely));
	assert_non_null(strstr(said, to_do));
	assert_null(strchr(said, '{'));
}

static void test_the_first_fail_decides(void **state)
{
	(void)state;
	advises(RUNG_MEDIA, "", "", NULL, "look at the disk");
	advises(RUNG_INSPECT, "", "", "cut off or damaged", "'drillbox doctor shop', then 'drillbox round shop'");
	advises(RUNG_RESTORE, "", "in the source already: rows", "would stop here too",
		"mend it on the source, then 'drillbox round shop'");
	advises(RUNG_RESTORE, "", "pg_restore cannot read the archive: x", "cut off or damaged", "'drillbox round shop'");
	advises(RUNG_RESTORE, "", "there is no harmless reason for this: in the source already", NULL, "'drillbox round shop'");
	advises(RUNG_STRUCTURE, "absent", "", "left out", "'drillbox doctor shop'");
	advises(RUNG_STRUCTURE, "postgres", "", NULL, "'drillbox doctor shop'");
	advises(RUNG_VOLUME, "0", "", "rows of these left out", "'drillbox doctor shop'");
	advises(RUNG_VOLUME, "10", "", NULL, "'drillbox doctor shop'");
	advises(RUNG_SEQUENCES, "3", "", "handed out twice", "'drillbox round shop'");
	advises(RUNG_CHECKS, "f", "", NULL, "'drillbox drill shop/shop_1 --keep 1h'");
	advises(RUNG_WRITES, "refused", "", NULL, "'drillbox drill shop/shop_1 --keep 1h'");
	advises(RUNG_TIME, "", "", "the dump is whole", "'budget' in [drill]");
}

static void test_nothing_failed(void **state)
{
	struct findings f = {0};
	autofree char *said = NULL;

	(void)state;
	assert_null(advice_of(&f, "shop", "shop/shop_1", &said));
	assert_string_equal(said, "'drillbox doctor shop', then 'drillbox round shop'");
}

static void test_nowhere_to_pull_from(void **state)
{
	CLEANUP(findings_done) struct findings f = {0};
	autofree char *said = NULL;

	(void)state;
	findings_add(&f, RUNG_INSPECT, RESULT_FAIL, "archive", "", "", "%s", "");
	assert_non_null(advice_of(&f, NULL, "imported/shop_1", &said));
	assert_string_equal(said, "have another one made, and 'drillbox import' it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_fail_decides),
		cmocka_unit_test(test_nothing_failed),
		cmocka_unit_test(test_nowhere_to_pull_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
