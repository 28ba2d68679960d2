#include "unit/unit.h"

#include "model/retention.h"

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1795320900) /* Sunday 2026-11-22 04:15:00 UTC */

static struct dump *add(struct dumps *list, int64_t taken, enum dump_state dump_state)
{
	struct dump *d = dumps_add(list);

	d->source = xstrdup("shop");
	d->name = dump_name("shop", "db", taken);
	d->taken = taken;
	d->state = dump_state;
	return d;
}

/* Judge, and remove what goes as pruning would. Returns how many went. */
static size_t prune(struct dumps *list, struct keep keep, int64_t now)
{
	char **gone = xcalloc(list->count + 1, sizeof(*gone));
	size_t left = 0, went;

	retention_judge(list, "shop", keep, now, gone);
	for (size_t i = 0; i < list->count; i++) {
		/* each has one reason, to stay or to go */
		assert_true((gone[i] == NULL) != (list->items[i].kept_because == NULL));
		if (gone[i])
			dump_done(&list->items[i]);
		else
			list->items[left++] = list->items[i];
		free(gone[i]);
	}
	went = list->count - left;
	list->count = left;
	free(gone);
	return went;
}

static const struct dump *of(const struct dumps *list, int64_t taken)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].taken == taken)
			return &list->items[i];
	return NULL;
}

static void test_a_daily_proven_dump_over_two_years(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};

	(void)state;
	for (int i = 0; i < 730; i++)
		add(&list, NOW - i * DAY, DUMP_PROVEN);
	prune(&list, KEEP_DEFAULT, NOW);
	for (int i = 0; i < 7; i++)
		assert_non_null(of(&list, NOW - i * DAY));
	assert_string_equal(of(&list, NOW)->kept_because, "newest proven: never pruned");
	assert_string_equal(of(&list, NOW - DAY)->kept_because, "newest proven of its day, 2 of 7 kept");
	/* weeks end on Sunday: the 22nd, 15th, 8th and 1st of November */
	assert_string_equal(of(&list, NOW - 14 * DAY)->kept_because, "newest proven of its week, 3 of 4 kept");
	assert_string_equal(of(&list, NOW - 21 * DAY)->kept_because, "newest proven of its week, 4 of 4 kept");
	/* 31 October 2026 and 31 December 2025 */
	assert_string_equal(of(&list, NOW - 22 * DAY)->kept_because, "newest proven of its month, 2 of 12 kept");
	assert_string_equal(of(&list, NOW - 326 * DAY)->kept_because, "newest proven of its month, 12 of 12 kept");
	/* 7 days, 3 more weeks (1 November is a week's end), 11 more months */
	assert_int_equal(list.count, 7 + 3 + 11);
}

static void test_what_goes_is_told_why(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	char *gone[5] = {0};

	(void)state;
	add(&list, NOW, DUMP_PROVEN);
	add(&list, NOW - 60, DUMP_PROVEN);
	add(&list, NOW - 120, DUMP_REFUTED);
	add(&list, NOW - 15 * DAY, DUMP_REFUTED);
	add(&list, NOW - 180, DUMP_UNPROVEN);
	retention_judge(&list, "shop", KEEP_DEFAULT, NOW, gone);
	assert_null(gone[0]);
	assert_string_equal(gone[1], "proven, but not the newest of one of the 7 days, 4 weeks and 12 months kept");
	assert_string_equal(list.items[2].kept_because, "one of the 2 newest refuted, for 14 days");
	assert_string_equal(gone[3], "refuted, and older than 14 days");
	assert_string_equal(list.items[4].kept_because, "newest unproven: never pruned");
	free(gone[1]);
	free(gone[3]);
}

static void test_a_source_that_stood_still_loses_nothing(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};

	(void)state;
	for (int i = 0; i < 7; i++)
		add(&list, NOW - 400 * DAY - i * DAY, DUMP_PROVEN);
	assert_int_equal(prune(&list, KEEP_DEFAULT, NOW), 0);
}

static void test_unproven_after_the_seventh_one_a_week(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};

	(void)state;
	add(&list, NOW - 100 * DAY, DUMP_PROVEN);
	for (int i = 0; i < 35; i++)
		add(&list, NOW - i * DAY, DUMP_UNPROVEN);
	prune(&list, KEEP_DEFAULT, NOW);
	/* the week of the 22nd, and the Sundays before */
	assert_int_equal(list.count, 1 + 7 + 4);
	assert_non_null(of(&list, NOW - 7 * DAY));
	assert_non_null(of(&list, NOW - 28 * DAY));
	assert_null(of(&list, NOW - 8 * DAY));
	assert_string_equal(of(&list, NOW - 100 * DAY)->kept_because, "newest proven: never pruned");
	assert_string_equal(of(&list, NOW - 28 * DAY)->kept_because, "newest unproven of its week");
}

static void test_orphans_and_broken_sources_keep_all(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};

	(void)state;
	for (int i = 0; i < 50; i++)
		add(&list, NOW - i * 60, (enum dump_state)(i % 3));
	assert_int_equal(prune(&list, KEEP_ALL, NOW), 0);
	assert_string_equal(list.items[9].kept_because, "its source's file cannot be used");
	for (size_t i = 0; i < list.count; i++)
		list.items[i].orphan = true;
	assert_int_equal(prune(&list, KEEP_DEFAULT, NOW), 0);
	assert_string_equal(list.items[9].kept_because, "orphan: its source has no file");
}

static void test_the_future_is_kept_but_counts_for_nothing(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};

	(void)state;
	add(&list, NOW + 365 * DAY, DUMP_PROVEN);
	add(&list, NOW - DAY, DUMP_PROVEN);
	add(&list, NOW + DAY, DUMP_UNPROVEN);
	add(&list, NOW - 2 * DAY, DUMP_UNPROVEN);
	assert_int_equal(prune(&list, (struct keep){0, 0, 0}, NOW), 0);
	assert_string_equal(of(&list, NOW + 365 * DAY)->kept_because, "dated in the future");
	assert_string_equal(of(&list, NOW - DAY)->kept_because, "newest proven: never pruned");
	assert_string_equal(of(&list, NOW - 2 * DAY)->kept_because, "newest unproven: never pruned");
}

static void test_only_the_named_source_is_judged(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	char *gone[3] = {0};

	(void)state;
	add(&list, NOW, DUMP_REFUTED);
	set_text(&add(&list, NOW - 60 * DAY, DUMP_REFUTED)->source, "crm");
	retention_judge(&list, "shop", KEEP_DEFAULT, NOW, gone);
	assert_null(gone[1]);
	assert_null(list.items[1].kept_because);
	retention_judge(&list, "crm", KEEP_DEFAULT, NOW, gone);
	assert_non_null(gone[1]);
	assert_non_null(list.items[0].kept_because);
	free(gone[1]);
}

/* -------- properties, over catalogues made at random */

static uint64_t seed;

static int64_t dice(int64_t sides)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (int64_t)((seed >> 33) % (uint64_t)sides);
}

static struct dumps catalogue(void)
{
	struct dumps list = {0};
	int64_t n = dice(60), days = 1 + dice(500);

	for (int64_t i = 0; i < n; i++) {
		int64_t taken = NOW - dice(days * DAY);

		if (dice(20) == 0)
			taken = NOW + 1 + dice(30 * DAY);
		add(&list, taken, (enum dump_state)dice(3));
	}
	return list;
}

static struct keep some_keep(void)
{
	return (struct keep){(int)dice(9), (int)dice(6), (int)dice(14)};
}

/* The newest of a state that is not of the future; TIME_UNKNOWN where there is none. */
static int64_t newest_of(const struct dumps *list, enum dump_state dump_state)
{
	int64_t best = TIME_UNKNOWN;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].state == dump_state && list->items[i].taken <= NOW && list->items[i].taken > best)
			best = list->items[i].taken;
	return best;
}

static bool has(const struct dumps *list, enum dump_state dump_state, int64_t taken)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].state == dump_state && list->items[i].taken == taken)
			return true;
	return false;
}

static void test_pruning_never_takes_the_last_proven_or_unproven(void **state)
{
	(void)state;
	for (seed = 1; seed < 4000000000000ULL && seed; seed += 1000000007ULL) {
		CLEANUP(dumps_done) struct dumps list = {0};
		uint64_t start = seed;
		int64_t proven, unproven;
		struct keep keep;

		list = catalogue();
		keep = some_keep();
		proven = newest_of(&list, DUMP_PROVEN);
		unproven = newest_of(&list, DUMP_UNPROVEN);
		prune(&list, keep, NOW);
		assert_true(proven == TIME_UNKNOWN || has(&list, DUMP_PROVEN, proven));
		assert_true(unproven == TIME_UNKNOWN || has(&list, DUMP_UNPROVEN, unproven));
		/* what is left is left alone */
		assert_int_equal(prune(&list, keep, NOW), 0);
		seed = start;
	}
}

static void test_pruning_is_bounded_and_the_clock_can_take_nothing(void **state)
{
	(void)state;
	for (seed = 2; seed < 1000000000000ULL; seed += 1000000007ULL) {
		CLEANUP(dumps_done) struct dumps list = {0};
		uint64_t start = seed;
		struct keep keep;
		int64_t refuted = 0, proven = 0;

		list = catalogue();
		keep = some_keep();
		/* an unknown clock, or one far in the past: everything stays */
		assert_int_equal(prune(&list, keep, TIME_UNKNOWN), 0);
		assert_int_equal(prune(&list, keep, NOW - 1000 * DAY), 0);
		prune(&list, keep, NOW);
		for (size_t i = 0; i < list.count; i++) {
			const struct dump *d = &list.items[i];

			refuted += d->taken <= NOW && d->state == DUMP_REFUTED;
			proven += d->taken <= NOW && d->state == DUMP_PROVEN;
			assert_true(d->state != DUMP_REFUTED || NOW - d->taken <= 14 * DAY);
		}
		assert_true(refuted <= 2);
		assert_true(proven <= keep.daily + keep.weekly + keep.monthly + 1);
		seed = start;
	}
}

static void test_pressure_takes_refuted_then_unproven_then_proven_beyond_keep(void **state)
{
	(void)state;
	for (seed = 3; seed < 1000000000000ULL; seed += 1000000007ULL) {
		CLEANUP(dumps_done) struct dumps list = {0};
		autofree size_t *order = NULL;
		autofree bool *taken = NULL;
		uint64_t start = seed;
		char **gone;
		struct keep keep;
		size_t n, rank = 0;

		list = catalogue();
		keep = some_keep();
		order = xcalloc(list.count + 1, sizeof(*order));
		taken = xcalloc(list.count + 1, sizeof(*taken));
		gone = xcalloc(list.count + 1, sizeof(*gone));
		n = retention_pressure_order(&list, "shop", keep, NOW, order);
		assert_true(n <= list.count);
		retention_judge(&list, "shop", keep, NOW, gone);
		for (size_t i = 0; i < n; i++) {
			static const size_t ranks[] = {[DUMP_REFUTED] = 0, [DUMP_UNPROVEN] = 1, [DUMP_PROVEN] = 2};
			const struct dump *d = &list.items[order[i]];

			assert_false(taken[order[i]]);
			taken[order[i]] = true;
			assert_true(ranks[d->state] >= rank);
			rank = ranks[d->state];
			/* of the proven only what pruning would take too */
			if (d->state == DUMP_PROVEN)
				assert_non_null(gone[order[i]]);
		}
		for (size_t i = 0; i < list.count; i++) {
			const struct dump *d = &list.items[i];

			if (d->kept_because && strstr(d->kept_because, "never pruned"))
				assert_false(taken[i]);
			else if (d->state != DUMP_PROVEN || gone[i])
				assert_true(taken[i]);
			free(gone[i]);
		}
		free(gone);
		seed = start;
	}
}

static void test_pressure_takes_unproven_from_the_middle(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	size_t order[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		add(&list, NOW - i * DAY, DUMP_UNPROVEN);
	assert_int_equal(retention_pressure_order(&list, "shop", KEEP_DEFAULT, NOW, order), 5);
	assert_int_equal(order[0], 3);
	assert_int_equal(order[4], 5); /* the oldest goes last, the newest never */
	assert_int_equal(retention_pressure_order(&list, "shop", KEEP_ALL, NOW, order), 0);
	assert_int_equal(retention_pressure_order(&list, "crm", KEEP_DEFAULT, NOW, order), 0);
}

static void test_what_is_published(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	char *gone[80] = {0};
	size_t left = 0;

	(void)state;
	for (int i = 0; i < 60; i++)
		add(&list, NOW - i * DAY / 4, DUMP_UNPROVEN); /* every six hours, for 15 days; the first at 04:15 */
	add(&list, NOW + DAY, DUMP_UNPROVEN);
	retention_judge_published(&list, "shop", (struct keep){3, 2, 1}, NOW, gone);
	assert_string_equal(of(&list, NOW)->kept_because, "one of the 2 newest: never removed");
	/* 22:15 of the day before is both: the second newest, and the newest of its day */
	assert_string_equal(of(&list, NOW - DAY / 4)->kept_because, "one of the 2 newest: never removed");
	assert_string_equal(of(&list, NOW - 5 * DAY / 4)->kept_because, "newest of its day, 3 of 3 kept");
	/* Sunday the 15th */
	assert_string_equal(of(&list, NOW - 25 * DAY / 4)->kept_because, "newest of its week, 2 of 2 kept");
	assert_string_equal(of(&list, NOW + DAY)->kept_because, "dated in the future");
	for (size_t i = 0; i < list.count; i++) {
		assert_true((gone[i] == NULL) != (list.items[i].kept_because == NULL));
		left += gone[i] == NULL;
		free(gone[i]);
	}
	assert_int_equal(left, 5);
}

static void test_the_newest_published_stays_whatever_keep_says(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	char *gone[3] = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		add(&list, NOW - (400 + i) * DAY, DUMP_UNPROVEN);
	retention_judge_published(&list, "shop", (struct keep){0, 0, 0}, NOW, gone);
	assert_null(gone[0]);
	assert_null(gone[1]);
	assert_string_equal(gone[2], "not the newest of one of the 0 days, 0 weeks and 0 months kept");
	free(gone[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_daily_proven_dump_over_two_years),
		cmocka_unit_test(test_what_goes_is_told_why),
		cmocka_unit_test(test_a_source_that_stood_still_loses_nothing),
		cmocka_unit_test(test_unproven_after_the_seventh_one_a_week),
		cmocka_unit_test(test_orphans_and_broken_sources_keep_all),
		cmocka_unit_test(test_the_future_is_kept_but_counts_for_nothing),
		cmocka_unit_test(test_only_the_named_source_is_judged),
		cmocka_unit_test(test_pruning_never_takes_the_last_proven_or_unproven),
		cmocka_unit_test(test_pruning_is_bounded_and_the_clock_can_take_nothing),
		cmocka_unit_test(test_pressure_takes_refuted_then_unproven_then_proven_beyond_keep),
		cmocka_unit_test(test_pressure_takes_unproven_from_the_middle),
		cmocka_unit_test(test_what_is_published),
		cmocka_unit_test(test_the_newest_published_stays_whatever_keep_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
