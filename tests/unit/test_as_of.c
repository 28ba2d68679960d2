#include "unit/unit.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "model/as_of.h"

#define HOUR ((int64_t)3600)
#define TRUE_TIME INT64_C(1795320900) /* at which the archive was begun */
#define LATER (TRUE_TIME + 1000 * HOUR)

static void test_a_snapshot_fits_an_archive_of_its_time_in_every_zone(void **state)
{
	(void)state;
	for (int64_t zone = -12 * 4; zone <= 14 * 4; zone++) {
		int64_t created = TRUE_TIME + zone * HOUR / 4;

		assert_true(as_of_fits(TRUE_TIME - 1800, created));
		assert_true(as_of_fits(TRUE_TIME + 300, created));
		assert_false(as_of_fits(TRUE_TIME + 28 * HOUR, created));
		assert_false(as_of_fits(TRUE_TIME - 28 * HOUR, created));
	}
	assert_false(as_of_fits(TRUE_TIME, TRUE_TIME - 240 * HOUR));
}

/* Whatever the zone, an earlier archive that was written soon shows no more than the zone. */
static void test_an_earlier_archive_tells_of_the_zone(void **state)
{
	(void)state;
	for (int64_t zone = -11 * 4; zone <= 14 * 4; zone++) {
		int64_t seconds = zone * HOUR / 4;

		assert_int_equal(as_of_zone(TRUE_TIME + seconds, TRUE_TIME), seconds);
		assert_int_equal(as_of_zone(TRUE_TIME + seconds, TRUE_TIME - 240), seconds); /* two clocks */
		assert_int_equal(as_of_zone(TRUE_TIME + seconds, TRUE_TIME + 599), seconds);
		assert_true(as_of_zone(TRUE_TIME + seconds, TRUE_TIME + 3 * HOUR) <= seconds);
	}
	assert_int_equal(as_of_zone(TRUE_TIME, TRUE_TIME + 13 * HOUR), ZONE_LEAST);
	assert_int_equal(as_of_zone(TRUE_TIME, TRUE_TIME - 15 * HOUR), ZONE_LEAST); /* nowhere */
}

static void test_a_guess_is_no_later_than_anything_that_is_known(void **state)
{
	static const struct {
		int64_t wall, modified, zone, now; /* after the true time */
		int64_t at, older_by;
		bool written;
	} cases[] = {
		{0, HOUR, ZONE_LEAST, 2 * HOUR, HOUR, 15 * HOUR, true},
		{9 * HOUR, HOUR, ZONE_LEAST, 2 * HOUR, HOUR, 6 * HOUR, true},
		{-8 * HOUR, HOUR, ZONE_LEAST, 2 * HOUR, HOUR, 23 * HOUR, true},
		/* a copy that was made late */
		{0, 40 * HOUR, ZONE_LEAST, 41 * HOUR, -14 * HOUR, 0, false},
		{9 * HOUR, 30 * HOUR, ZONE_LEAST, 41 * HOUR, -5 * HOUR, 0, false},
		{9 * HOUR, 20 * HOUR, 9 * HOUR, 21 * HOUR, 0, 5 * HOUR, false},
		{9 * HOUR, 20 * HOUR, 8 * HOUR, 21 * HOUR, HOUR, 6 * HOUR, false},
		/* with a zone that is known, one that was written soon is of then */
		{9 * HOUR, HOUR, 8 * HOUR, 2 * HOUR, HOUR, 6 * HOUR, true},
		/* nobody tells when it was written */
		{9 * HOUR, TIME_UNKNOWN, ZONE_LEAST, HOUR, -5 * HOUR, 0, false},
		{9 * HOUR, TIME_UNKNOWN, 9 * HOUR, HOUR, 0, 5 * HOUR, false},
		/* never in the future */
		{9 * HOUR, 8 * HOUR, ZONE_LEAST, HOUR, HOUR, 6 * HOUR, true},
		{40 * HOUR, TIME_UNKNOWN, ZONE_LEAST, HOUR, HOUR, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t modified = cases[i].modified == TIME_UNKNOWN ? TIME_UNKNOWN : TRUE_TIME + cases[i].modified;
		struct as_of a = as_of_guess(TRUE_TIME + cases[i].wall, modified, cases[i].zone, TRUE_TIME + cases[i].now);

		if (a.at != TRUE_TIME + cases[i].at || a.older_by != cases[i].older_by || a.written != cases[i].written)
			fail_msg("%zu: %lld, %lld older, %d", i, (long long)(a.at - TRUE_TIME), (long long)a.older_by, a.written);
	}
}

/*
 * Wherever on earth, and however late it was copied: with an earlier one that was written soon, it
 * is at most as much too new as that was.
 */
static void test_a_late_copy_is_no_fresher_for_it(void **state)
{
	(void)state;
	for (int64_t zone = -11 * 4; zone <= 14 * 4; zone++) {
		int64_t wall = TRUE_TIME + zone * HOUR / 4;
		int64_t known = as_of_zone(wall - 24 * HOUR, TRUE_TIME - 24 * HOUR + 120);

		for (int64_t late = 0; late < 100; late++)
			assert_in_range(as_of_guess(wall, TRUE_TIME + late * HOUR, known, LATER).at, TRUE_TIME, TRUE_TIME + 120);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_snapshot_fits_an_archive_of_its_time_in_every_zone),
		cmocka_unit_test(test_an_earlier_archive_tells_of_the_zone),
		cmocka_unit_test(test_a_guess_is_no_later_than_anything_that_is_known),
		cmocka_unit_test(test_a_late_copy_is_no_fresher_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
