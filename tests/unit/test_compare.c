#include "unit/unit.h"

#include "model/compare.h"
#include "unit/shop.h"

/* Three manifests that are equal until a test changes them, and what came of comparing. */
struct bench {
	struct manifest source, restored, before;
	struct measure m;
	struct findings f;
};

static int set_up(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	shop(&b->source);
	shop(&b->restored);
	shop(&b->before);
	b->m = (struct measure){&b->source, &b->restored, &b->before, "shop/shop_2", "shop/shop_1", NULL};
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	manifest_done(&b->source);
	manifest_done(&b->restored);
	manifest_done(&b->before);
	findings_done(&b->f);
	free(b);
	return 0;
}

/* A check of that name, with that result, whose detail says so. */
static void expect(const struct bench *b, const char *name, enum result result, const char *says)
{
	const struct check *c = check_named(&b->f, name);

	assert_non_null(c);
	assert_int_equal(c->result, result);
	if (says)
		assert_non_null(strstr(c->detail, says));
}

static void test_equal_volume_passes_table_by_table(void **state)
{
	struct bench *b = *state;

	compare_volume(&b->m, &b->f);
	assert_int_equal(count_result(&b->f, RESULT_PASS), 4);
	assert_int_equal(b->f.check_count, 4);
	expect(b, "public.orders", RESULT_PASS, NULL);
	assert_string_equal(check_named(&b->f, "public.orders")->expected, "412310");
	assert_string_equal(check_named(&b->f, "public.orders")->actual, "412310");
	expect(b, "large object bytes", RESULT_PASS, NULL);
	assert_int_equal(b->f.notes.count, 0);
}

static void test_one_row_less_or_more_is_a_fail(void **state)
{
	struct bench *b = *state;

	table_of(&b->restored, "public.orders")->rows--;
	table_of(&b->restored, "public.items")->rows++;
	compare_volume(&b->m, &b->f);
	expect(b, "public.orders", RESULT_FAIL, "412 310 rows in the source, 412 309 restored");
	expect(b, "public.items", RESULT_FAIL, "40 rows in the source, 41 restored");
}

static void test_missing_table_is_a_fail(void **state)
{
	struct bench *b = *state;

	lose_table(&b->restored, "public.orders");
	compare_volume(&b->m, &b->f);
	expect(b, "public.orders", RESULT_FAIL, "did not come back at all");
}

static void test_what_the_box_lacked_excuses_absence_only(void **state)
{
	struct bench *b = *state;

	b->m.excuse = "the box has no extension 'postgis'";
	table_of(&b->restored, "public.orders")->rows = 0;
	table_of(&b->restored, "public.items")->rows = 39;
	compare_volume(&b->m, &b->f);
	expect(b, "public.orders", RESULT_UNDECIDED, "postgis");
	expect(b, "public.items", RESULT_FAIL, NULL);
}

static void test_table_that_cannot_be_counted_is_undecided(void **state)
{
	struct bench *b = *state;

	table_of(&b->restored, "public.orders")->rows = -1;
	table_of(&b->restored, "public.orders")->left_out = xstrdup("no privilege");
	compare_volume(&b->m, &b->f);
	expect(b, "public.orders", RESULT_UNDECIDED, "no privilege");
}

static void test_left_out_is_a_skip_with_its_reason(void **state)
{
	struct bench *b = *state;
	struct relation *r = table_of(&b->source, "public.orders");

	r->rows = -1;
	r->left_out = xstrdup("a foreign table");
	compare_volume(&b->m, &b->f);
	expect(b, "public.orders", RESULT_SKIP, "a foreign table");
}

static void test_source_that_is_not_counted_is_one_skip(void **state)
{
	struct bench *b = *state;

	b->source.counts_exact = false;
	for (size_t i = 0; i < b->source.relation_count; i++)
		b->source.relations[i].rows = -1;
	compare_volume(&b->m, &b->f);
	expect(b, "rows", RESULT_SKIP, "counts = off");
	assert_null(check_named(&b->f, "public.orders"));
	assert_int_equal(b->f.notes.count, 1);
}

static void test_empty_source_is_a_skip(void **state)
{
	struct bench *b = *state;
	struct manifest empty = {.counts_exact = true};

	b->m.source = &empty;
	b->restored.large_objects.count = 0;
	compare_volume(&b->m, &b->f);
	assert_int_equal(b->f.check_count, 1);
	expect(b, "rows", RESULT_SKIP, "no tables");
}

static void hash(struct manifest *m, const char *orders, const char *large_objects)
{
	set_text(&table_of(m, "public.orders")->content, orders);
	set_text(&m->large_objects.content, large_objects);
}

static void test_contents(void **state)
{
	struct bench *b = *state;

	hash(&b->source, "record:1", "text:2");
	hash(&b->restored, "record:1", "text:2");
	table_of(&b->source, "public.items")->not_hashed = xstrdup("they grow");
	compare_contents(&b->m, &b->f);
	assert_int_equal(b->f.check_count, 3);
	expect(b, "public.orders", RESULT_PASS, NULL);
	expect(b, "public.items", RESULT_SKIP, "left out ([drill] not-hashed): they grow");
	expect(b, "large objects", RESULT_PASS, NULL);
}

static void test_other_contents_fail(void **state)
{
	struct bench *b = *state;

	hash(&b->source, "record:1", "text:2");
	hash(&b->restored, "record:-1", "text:3");
	compare_contents(&b->m, &b->f);
	expect(b, "public.orders", RESULT_FAIL, "do not hold the same");
	expect(b, "large objects", RESULT_FAIL, "do not hold the same");
}

/* Told once: by rung 7. */
static void test_contents_of_other_rows(void **state)
{
	struct bench *b = *state;

	hash(&b->source, "record:1", NULL);
	hash(&b->restored, "record:2", NULL);
	table_of(&b->restored, "public.orders")->rows--;
	compare_contents(&b->m, &b->f);
	expect(b, "public.orders", RESULT_SKIP, "not as many");
	expect(b, "large objects", RESULT_SKIP, "may not read pg_largeobject");
	set_text(&table_of(&b->restored, "public.orders")->content, NULL);
	findings_done(&b->f);
	compare_contents(&b->m, &b->f);
	expect(b, "public.orders", RESULT_UNDECIDED, "could not be read");
	expect(b, "public.items", RESULT_UNDECIDED, "nor why"); /* never in silence */
	lose_table(&b->restored, "public.orders");
	findings_done(&b->f);
	compare_contents(&b->m, &b->f);
	assert_null(check_named(&b->f, "public.orders"));
}

static void test_contents_of_another_version_of_an_extension(void **state)
{
	struct bench *b = *state;

	hash(&b->source, "record:1", NULL);
	hash(&b->restored, "record:2", NULL);
	table_of(&b->source, "public.orders")->filtered = true;
	set_text(&b->restored.extensions[0].version, "1.9");
	compare_contents(&b->m, &b->f);
	expect(b, "public.orders", RESULT_UNDECIDED, "in another version");
}

static void test_lost_large_objects_fail(void **state)
{
	struct bench *b = *state;

	b->restored.large_objects = (struct large_objects){.count = 1, .bytes = 4096};
	compare_volume(&b->m, &b->f);
	expect(b, "large objects", RESULT_FAIL, "2 in the source, 1 restored");
	b->restored.large_objects = (struct large_objects){.count = 2, .bytes = 4095};
	findings_done(&b->f);
	compare_volume(&b->m, &b->f);
	expect(b, "large objects", RESULT_PASS, NULL);
	expect(b, "large object bytes", RESULT_FAIL, "4096");
}

static void test_extension_rows_follow_its_version(void **state)
{
	struct bench *b = *state;

	table_of(&b->source, "public.items")->filtered = true;
	table_of(&b->restored, "public.items")->rows = 41;
	compare_volume(&b->m, &b->f);
	expect(b, "public.items", RESULT_FAIL, NULL);
	findings_done(&b->f);
	set_text(&b->restored.extensions[0].version, "1.9");
	compare_volume(&b->m, &b->f);
	expect(b, "public.items", RESULT_UNDECIDED, "another version");
}

static void test_no_drift_is_a_pass_that_says_how_many(void **state)
{
	struct bench *b = *state;

	table_of(&b->source, "public.orders")->rows = 412310 / 2 + 1;
	compare_drift(&b->m, &b->f);
	assert_int_equal(b->f.check_count, 1);
	expect(b, "drift", RESULT_PASS, "shop/shop_1");
	assert_string_equal(b->f.checks[0].actual, "0 of 2");
}

static void test_drift_is_undecided_until_accepted(void **state)
{
	struct bench *b = *state;

	table_of(&b->source, "public.orders")->rows = 412310 / 2 - 1;
	table_of(&b->source, "public.items")->rows = 0;
	compare_drift(&b->m, &b->f);
	expect(b, "public.orders", RESULT_UNDECIDED, "source shrank");
	expect(b, "public.orders", RESULT_UNDECIDED, "drillbox accept shop/shop_2");
	expect(b, "public.items", RESULT_UNDECIDED, "had 40 rows in 'shop/shop_1' and has 0 now");
	assert_null(check_named(&b->f, "drift"));
}

static void test_small_tables_may_halve_but_not_vanish(void **state)
{
	struct bench *b = *state;

	table_of(&b->source, "public.items")->rows = 1;
	compare_drift(&b->m, &b->f);
	expect(b, "drift", RESULT_PASS, NULL);
	findings_done(&b->f);
	table_of(&b->before, "public.items")->rows = 999;
	table_of(&b->source, "public.items")->rows = 1;
	compare_drift(&b->m, &b->f);
	expect(b, "drift", RESULT_PASS, NULL);
	findings_done(&b->f);
	table_of(&b->before, "public.items")->rows = 1000;
	table_of(&b->source, "public.items")->rows = 499;
	compare_drift(&b->m, &b->f);
	expect(b, "public.items", RESULT_UNDECIDED, NULL);
	findings_done(&b->f);
	table_of(&b->source, "public.items")->rows = 500;
	compare_drift(&b->m, &b->f);
	expect(b, "drift", RESULT_PASS, NULL);
}

static void test_drift_without_manifest_looks_at_what_was_restored(void **state)
{
	struct bench *b = *state;

	b->m.source = NULL;
	table_of(&b->restored, "public.orders")->rows = 0;
	compare_drift(&b->m, &b->f);
	expect(b, "public.orders", RESULT_UNDECIDED, "source shrank");
}

static void test_drift_with_nothing_counted_is_no_pass(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < b->before.relation_count; i++)
		b->before.relations[i].rows = -1;
	compare_drift(&b->m, &b->f);
	assert_int_equal(count_result(&b->f, RESULT_PASS), 0);
	expect(b, "drift", RESULT_SKIP, NULL);
	assert_false(compare_drift_passed(&b->f));
	findings_done(&b->f);
	b->m.predecessor = NULL;
	compare_drift(&b->m, &b->f);
	assert_int_equal(b->f.check_count, 0);
}

static void test_tables_gone_are_a_note(void **state)
{
	struct bench *b = *state;

	assert_int_equal(compare_gone(&b->m, &b->f), 0);
	assert_int_equal(b->f.notes.count, 0);
	lose_table(&b->source, "public.items");
	assert_int_equal(compare_gone(&b->m, &b->f), 1);
	assert_int_equal(b->f.notes.count, 1);
	assert_non_null(strstr(b->f.notes.items[0], "public.items"));
	assert_int_equal(b->f.check_count, 0);
}

static void test_table_that_is_gone_with_its_rows_is_drift(void **state)
{
	struct bench *b = *state;

	lose_table(&b->source, "public.items");
	compare_drift(&b->m, &b->f);
	expect(b, "public.items", RESULT_UNDECIDED, "is gone");
	findings_done(&b->f);
	/* a partition of a table that stays */
	set_text(&object_of(&b->before, "table", "public.items")->values[2], "public.orders");
	compare_drift(&b->m, &b->f);
	expect(b, "drift", RESULT_PASS, NULL);
	findings_done(&b->f);
	set_text(&object_of(&b->before, "table", "public.items")->values[2], "public.gone");
	compare_drift(&b->m, &b->f);
	expect(b, "public.items", RESULT_UNDECIDED, "is gone");
	findings_done(&b->f);
	table_of(&b->before, "public.items")->rows = 0;
	compare_drift(&b->m, &b->f);
	expect(b, "drift", RESULT_PASS, NULL);
}

static void test_identity(void **state)
{
	struct bench *b = *state;

	compare_identity(&b->m, &b->f);
	expect(b, "identity", RESULT_PASS, NULL);
	findings_done(&b->f);
	set_text(&b->source.system_identifier, "7002");
	compare_identity(&b->m, &b->f);
	expect(b, "identity", RESULT_UNDECIDED, "another server");
	findings_done(&b->f);
	set_text(&b->source.system_identifier, "7001");
	b->source.database_oid = 99999;
	compare_identity(&b->m, &b->f);
	expect(b, "identity", RESULT_UNDECIDED, "another database");
}

static void test_without_a_manifest_the_names_are_compared(void **state)
{
	struct bench *b = *state;
	const struct manifest *source = b->m.source;

	b->m.predecessor_name = "shop/app_20261121_041500";
	for (int none_before = 0; none_before < 2; none_before++) {
		b->m.source = none_before ? source : NULL;
		b->before.database_oid = none_before ? 0 : 16384;
		b->m.dump_name = "shop/app_20261122_041500";
		compare_identity(&b->m, &b->f);
		assert_int_equal(b->f.check_count, 0);
		b->m.dump_name = "shop/staging_20261122_041500";
		compare_identity(&b->m, &b->f);
		expect(b, "identity", RESULT_UNDECIDED,
		       "became another database since 'shop/app_20261121_041500' (app, now staging)");
		findings_done(&b->f);
	}
	b->m.predecessor = NULL;
	compare_identity(&b->m, &b->f);
	assert_int_equal(b->f.check_count, 0);
}

static void test_identity_that_may_not_be_read_is_no_change(void **state)
{
	struct bench *b = *state;

	set_text(&b->source.system_identifier, NULL);
	compare_identity(&b->m, &b->f);
	expect(b, "identity", RESULT_PASS, NULL);
	assert_string_equal(b->f.checks[0].actual, "database oid 16384");
	findings_done(&b->f);
	b->source.in_recovery = true;
	compare_identity(&b->m, &b->f);
	assert_int_equal(b->f.notes.count, 1);
}

static struct sequence *sequence(struct manifest *m)
{
	return &m->sequences[0];
}

static void test_sequences_at_or_past_pass(void **state)
{
	struct bench *b = *state;

	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, NULL);
	findings_done(&b->f);
	sequence(&b->restored)->last_value += 32;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, NULL);
	assert_int_equal(b->f.notes.count, 0);
}

static void test_sequence_behind_is_a_fail(void **state)
{
	struct bench *b = *state;

	sequence(&b->restored)->last_value--;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_FAIL, "behind the source's 412310");
	findings_done(&b->f);
	sequence(&b->restored)->last_value++;
	sequence(&b->restored)->is_called = false;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_FAIL, "not yet used");
}

static void test_sequence_that_counts_down(void **state)
{
	struct bench *b = *state;

	sequence(&b->source)->increment = sequence(&b->restored)->increment = -1;
	sequence(&b->source)->last_value = sequence(&b->source)->max = -50;
	sequence(&b->restored)->last_value = sequence(&b->restored)->max = -50;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, NULL);
	findings_done(&b->f);
	sequence(&b->restored)->last_value = -60;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, NULL);
	findings_done(&b->f);
	sequence(&b->restored)->last_value = -49;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_FAIL, NULL);
}

static void test_cycling_sequence_behind_is_a_note(void **state)
{
	struct bench *b = *state;

	sequence(&b->source)->cycles = sequence(&b->restored)->cycles = true;
	sequence(&b->restored)->last_value = 1;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, "cycles");
	assert_int_equal(b->f.notes.count, 1);
}

static void test_missing_sequence(void **state)
{
	struct bench *b = *state;
	struct measure without = b->m;
	struct manifest none = {0};

	without.restored = &none;
	compare_sequences(&without, &b->f);
	expect(b, "public.orders_id_seq", RESULT_FAIL, "did not come back");
	findings_done(&b->f);
	without.excuse = "the box has no extension 'postgis'";
	compare_sequences(&without, &b->f);
	expect(b, "public.orders_id_seq", RESULT_UNDECIDED, "postgis");
}

static void test_behind_max_in_the_source_too_is_a_note(void **state)
{
	struct bench *b = *state;

	sequence(&b->source)->max = sequence(&b->restored)->max = 500000;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, NULL);
	assert_int_equal(b->f.notes.count, 1);
	assert_non_null(strstr(b->f.notes.items[0], "in the source too"));
	/* the source's max not read: its position against the same rows tells */
	findings_done(&b->f);
	sequence(&b->source)->max_known = false;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, NULL);
	assert_int_equal(b->f.notes.count, 1);
}

static void test_behind_max_only_here_is_a_fail(void **state)
{
	struct bench *b = *state;

	sequence(&b->restored)->max = 500000;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_FAIL, "behind max(public.orders.id) = 500000");
}

static void test_unused_sequence_of_an_empty_table_is_well(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 2; i++) {
		struct sequence *s = sequence(i ? &b->source : &b->restored);

		s->last_value = 1;
		s->is_called = s->max_known = false;
	}
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, NULL);
	assert_int_equal(b->f.notes.count, 0);
}

static void test_sequences_without_manifest(void **state)
{
	struct bench *b = *state;

	b->m.source = NULL;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, "past max");
	findings_done(&b->f);
	sequence(&b->restored)->max = 500000;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_UNDECIDED, "no manifest");
	findings_done(&b->f);
	sequence(&b->restored)->max_known = false;
	compare_sequences(&b->m, &b->f);
	assert_int_equal(b->f.check_count, 1);
	expect(b, "sequences", RESULT_SKIP, NULL);
}

static void test_extremes_do_not_wrap(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 2; i++) {
		struct sequence *s = sequence(i ? &b->source : &b->restored);

		s->last_value = INT64_MIN;
		s->is_called = false;
		s->increment = INT64_MAX;
		s->max = INT64_MIN;
	}
	sequence(&b->source)->max_known = sequence(&b->restored)->max_known = false;
	compare_sequences(&b->m, &b->f);
	expect(b, "public.orders_id_seq", RESULT_PASS, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_equal_volume_passes_table_by_table),
		TEST(test_one_row_less_or_more_is_a_fail),
		TEST(test_missing_table_is_a_fail),
		TEST(test_what_the_box_lacked_excuses_absence_only),
		TEST(test_table_that_cannot_be_counted_is_undecided),
		TEST(test_left_out_is_a_skip_with_its_reason),
		TEST(test_source_that_is_not_counted_is_one_skip),
		TEST(test_empty_source_is_a_skip),
		TEST(test_contents),
		TEST(test_other_contents_fail),
		TEST(test_contents_of_other_rows),
		TEST(test_contents_of_another_version_of_an_extension),
		TEST(test_lost_large_objects_fail),
		TEST(test_extension_rows_follow_its_version),
		TEST(test_no_drift_is_a_pass_that_says_how_many),
		TEST(test_drift_is_undecided_until_accepted),
		TEST(test_small_tables_may_halve_but_not_vanish),
		TEST(test_drift_without_manifest_looks_at_what_was_restored),
		TEST(test_drift_with_nothing_counted_is_no_pass),
		TEST(test_tables_gone_are_a_note),
		TEST(test_table_that_is_gone_with_its_rows_is_drift),
		TEST(test_identity),
		TEST(test_without_a_manifest_the_names_are_compared),
		TEST(test_identity_that_may_not_be_read_is_no_change),
		TEST(test_sequences_at_or_past_pass),
		TEST(test_sequence_behind_is_a_fail),
		TEST(test_sequence_that_counts_down),
		TEST(test_cycling_sequence_behind_is_a_note),
		TEST(test_missing_sequence),
		TEST(test_behind_max_in_the_source_too_is_a_note),
		TEST(test_behind_max_only_here_is_a_fail),
		TEST(test_unused_sequence_of_an_empty_table_is_well),
		TEST(test_sequences_without_manifest),
		TEST(test_extremes_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
