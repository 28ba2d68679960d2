#include "unit/unit.h"

#include <stdio.h>

#include "base/clock.h"
#include "model/structure.h"
#include "unit/shop.h"

struct bench {
	struct manifest source, restored;
	struct measure m;
	struct structure s;
	struct findings f;
};

static int set_up(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	shop(&b->source);
	shop(&b->restored);
	b->m = (struct measure){.source = &b->source, .restored = &b->restored};
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	structure_done(&b->s);
	findings_done(&b->f);
	manifest_done(&b->source);
	manifest_done(&b->restored);
	free(b);
	return 0;
}

static void compare(struct bench *b)
{
	structure_done(&b->s);
	findings_done(&b->f);
	compare_structure(&b->m, &b->s);
	structure_report(&b->s, &b->m, &b->f);
}

/* The one thing that is not a pass is this. */
static void expect_only(const struct bench *b, const char *name, enum result result, const char *says)
{
	const struct check *c = check_named(&b->f, name);

	assert_non_null(c);
	assert_int_equal(c->result, result);
	assert_non_null(strstr(c->detail, says));
	assert_int_equal(b->f.check_count - count_result(&b->f, RESULT_PASS), 1);
}

static void test_equal_is_silent_and_says_how_much(void **state)
{
	struct bench *b = *state;

	compare(b);
	assert_int_equal(b->s.count, 0);
	assert_int_equal(b->f.notes.count, 0);
	assert_int_equal(b->f.check_count, 6);
	assert_int_equal(count_result(&b->f, RESULT_PASS), 6);
	assert_string_equal(check_named(&b->f, "column")->expected, "3");
	assert_string_equal(check_named(&b->f, "column")->actual, "3");
	assert_non_null(check_named(&b->f, "database"));
	assert_non_null(check_named(&b->f, "extension"));
}

static void test_missing_table_takes_its_columns_along(void **state)
{
	struct bench *b = *state;

	lose_object(&b->restored, "table", "public.orders");
	lose_object(&b->restored, "column", "public.orders.id");
	lose_object(&b->restored, "column", "public.orders.state");
	compare(b);
	expect_only(b, "public.orders", RESULT_FAIL, "nor did 2 objects that belong to it");
	assert_null(check_named(&b->f, "column"));
}

static void test_extra_table_takes_its_columns_along(void **state)
{
	struct bench *b = *state;

	lose_object(&b->source, "table", "public.orders");
	lose_object(&b->source, "column", "public.orders.id");
	lose_object(&b->source, "column", "public.orders.state");
	compare(b);
	expect_only(b, "public.orders", RESULT_FAIL, "the source has none");
}

static void test_missing_and_extra_objects(void **state)
{
	struct bench *b = *state;

	lose_object(&b->restored, "column", "public.orders.state");
	compare(b);
	expect_only(b, "public.orders.state", RESULT_FAIL, "column 'public.orders.state' did not come back");
	manifest_done(&b->restored);
	shop(&b->restored);
	lose_object(&b->source, "column", "public.orders.state");
	compare(b);
	expect_only(b, "public.orders.state", RESULT_FAIL, "the source has none");
}

static void test_value_differs(void **state)
{
	struct bench *b = *state;
	const struct check *c;

	set_text(&object_of(&b->restored, "table", "public.orders")->values[0], "postgres");
	compare(b);
	expect_only(b, "public.orders", RESULT_FAIL, "table 'public.orders' came back with another owner");
	c = check_named(&b->f, "public.orders");
	assert_string_equal(c->expected, "shop");
	assert_string_equal(c->actual, "postgres");
}

static void test_lost_grant_is_a_fail(void **state)
{
	struct bench *b = *state;

	set_text(&object_of(&b->restored, "table", "public.orders")->values[1], NULL);
	compare(b);
	expect_only(b, "public.orders", RESULT_FAIL, "acl");
}

static void test_text_waits_to_be_settled(void **state)
{
	struct bench *b = *state;

	set_text(&object_of(&b->restored, "column", "public.orders.state")->values[1], "('new')::text");
	compare(b);
	assert_int_equal(b->s.count, 1);
	assert_int_equal(b->s.differences[0].kind, DIFFERENCE_TEXT);
	expect_only(b, "public.orders.state", RESULT_UNDECIDED, "default of column");

	structure_settle(&b->s.differences[0], true);
	findings_done(&b->f);
	structure_report(&b->s, &b->m, &b->f);
	assert_int_equal(count_result(&b->f, RESULT_PASS), b->f.check_count);
	assert_non_null(check_named(&b->f, "column"));

	structure_settle(&b->s.differences[0], false);
	findings_done(&b->f);
	structure_report(&b->s, &b->m, &b->f);
	expect_only(b, "public.orders.state", RESULT_FAIL, "another default");

	structure_leave_open(&b->s.differences[0], "the server refuses the source's text");
	findings_done(&b->f);
	structure_report(&b->s, &b->m, &b->f);
	expect_only(b, "public.orders.state", RESULT_UNDECIDED, "refuses");
}

static void test_text_that_is_gone_is_no_matter_of_wording(void **state)
{
	struct bench *b = *state;

	set_text(&object_of(&b->restored, "column", "public.orders.state")->values[1], NULL);
	compare(b);
	expect_only(b, "public.orders.state", RESULT_FAIL, "default");
}

static void test_text_across_majors_is_a_note(void **state)
{
	struct bench *b = *state;

	b->source.server_version_num = 150020;
	set_text(&object_of(&b->restored, "column", "public.orders.state")->values[1], "('new')::text");
	compare(b);
	assert_int_equal(count_result(&b->f, RESULT_PASS), b->f.check_count);
	assert_int_equal(b->f.notes.count, 1);
	assert_non_null(strstr(b->f.notes.items[0], "public.orders.state"));
	assert_non_null(strstr(b->f.notes.items[0], "majors"));
}

static void test_collation_versions_are_notes(void **state)
{
	struct bench *b = *state;

	set_text(&object_of(&b->restored, "collation", "public.german")->values[1], "153.121");
	set_text(&b->source.collation_version, "2.36");
	set_text(&b->restored.collation_version, "2.41");
	compare(b);
	assert_int_equal(count_result(&b->f, RESULT_PASS), b->f.check_count);
	assert_int_equal(b->f.notes.count, 2);
}

static void test_extension_version_is_a_note_and_absence_is_not(void **state)
{
	struct bench *b = *state;

	set_text(&object_of(&b->restored, "extension", "hstore")->values[0], "1.7");
	compare(b);
	assert_int_equal(count_result(&b->f, RESULT_PASS), b->f.check_count);
	assert_non_null(strstr(b->f.notes.items[0], "version of extension differs: hstore (1.8, here 1.7)"));
	lose_object(&b->restored, "extension", "hstore");
	compare(b);
	expect_only(b, "hstore", RESULT_FAIL, "extension 'hstore' did not come back");
}

static void test_what_the_box_lacked_excuses_absence_only(void **state)
{
	struct bench *b = *state;

	b->m.excuse = "the box has no extension 'hstore'";
	lose_object(&b->restored, "column", "public.orders.state");
	compare(b);
	expect_only(b, "public.orders.state", RESULT_UNDECIDED, "the box has no extension 'hstore'");
	set_text(&object_of(&b->restored, "table", "public.orders")->values[0], "postgres");
	compare(b);
	assert_int_equal(check_named(&b->f, "public.orders")->result, RESULT_FAIL);
}

static void test_database_properties(void **state)
{
	struct bench *b = *state;

	set_text(&b->restored.owner, "postgres");
	compare(b);
	expect_only(b, "shop", RESULT_FAIL, "database 'shop' came back with another owner");
	set_text(&b->restored.owner, "shop");
	b->restored.connection_limit = 5;
	compare(b);
	expect_only(b, "shop", RESULT_FAIL, "connection limit");
	b->restored.connection_limit = -1;
	set_text(&b->restored.encoding, "SQL_ASCII");
	compare(b);
	expect_only(b, "shop", RESULT_UNDECIDED, "encoding");
	set_text(&b->restored.encoding, "UTF8");
	set_text(&b->restored.collate, "C");
	compare(b);
	assert_int_equal(count_result(&b->f, RESULT_PASS), b->f.check_count);
	assert_int_equal(b->f.notes.count, 1);
}

static void test_lost_database_setting(void **state)
{
	struct bench *b = *state;

	set_text(&b->restored.settings.items[1], "clerk\twork_mem=4MB");
	compare(b);
	assert_int_equal(count_result(&b->f, RESULT_FAIL), 2);
	assert_non_null(check_named(&b->f, "work_mem=8MB (for role clerk)"));
	assert_non_null(check_named(&b->f, "work_mem=4MB (for role clerk)"));
}

static void test_what_one_survey_does_not_know_is_named(void **state)
{
	struct bench *b = *state;

	add_class(&b->source, "constellation", "a", "b");
	manifest_sort(&b->source);
	compare(b);
	assert_int_equal(count_result(&b->f, RESULT_PASS), b->f.check_count);
	assert_int_equal(b->f.notes.count, 1);
	assert_non_null(strstr(b->f.notes.items[0], "constellation"));
}

static void test_manifest_without_catalogue_is_undecided(void **state)
{
	struct bench *b = *state;
	size_t kept = b->source.class_count;

	b->source.class_count = 0;
	compare(b);
	b->source.class_count = kept;
	expect_only(b, "catalogue", RESULT_UNDECIDED, "no catalogue");
}

static void test_worst_comes_first(void **state)
{
	struct bench *b = *state;
	autofree char *reason = NULL;

	set_text(&b->restored.owner, "postgres");
	lose_object(&b->restored, "column", "public.items.name");
	lose_object(&b->restored, "table", "public.orders");
	compare(b);
	assert_int_equal(findings_verdict(&b->f, LEVEL_QUICK, true, &reason), VERDICT_FAIL);
	assert_non_null(strstr(reason, "table 'public.orders' did not come back"));
}

static void test_many_differences_are_capped_and_counted(void **state)
{
	struct bench *b = *state;
	struct object_class *c = add_class(&b->source, "rule", "a", "b");

	for (int i = 0; i < 150; i++) {
		autofree char *name = format("public.rule_%03d", i);

		add_object(c, name, "x", NULL);
	}
	add_class(&b->restored, "rule", "a", "b");
	manifest_sort(&b->source);
	manifest_sort(&b->restored);
	compare(b);
	assert_int_equal(count_result(&b->f, RESULT_FAIL), 101);
	assert_non_null(strstr(check_named(&b->f, "rule")->detail, "50 more"));
}

static void test_texts_are_shown_on_one_line(void **state)
{
	struct bench *b = *state;

	set_text(&object_of(&b->restored, "table", "public.orders")->values[1], "\n  clerk\n\tSELECT  by x\n");
	compare(b);
	assert_string_equal(check_named(&b->f, "public.orders")->actual, "clerk SELECT by x");
}

static void test_long_texts_show_where_they_differ(void **state)
{
	struct bench *b = *state;
	char long_one[4001], long_two[4001];
	const struct check *c;

	memset(long_one, 'a', 4000);
	long_one[4000] = '\0';
	memcpy(long_two, long_one, sizeof(long_two));
	long_two[2000] = 'b';
	set_text(&object_of(&b->source, "table", "public.orders")->values[1], long_one);
	set_text(&object_of(&b->restored, "table", "public.orders")->values[1], long_two);
	compare(b);
	c = check_named(&b->f, "public.orders");
	assert_true(strlen(c->actual) < 200);
	assert_non_null(strchr(c->actual, 'b'));
}

/* Nothing is quadratic: a hundred thousand columns of which every second is missing. */
static void test_scales(void **state)
{
	struct bench *b = *state;
	struct object_class *e = add_class(&b->source, "wide", "a", "b"), *a = add_class(&b->restored, "wide", "a", "b");
	int64_t start, enough_ms = getenv("EMULATED") ? 60000 : 5000;

	for (int i = 0; i < 100000; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "public.t.c%06d", i);
		add_object(e, name, "x", "y");
		if (i % 2)
			add_object(a, name, "x", "y");
	}
	manifest_sort(&b->source);
	manifest_sort(&b->restored);
	start = clock_mono_ms();
	compare(b);
	assert_true(clock_mono_ms() - start < enough_ms);
	assert_int_equal(count_result(&b->f, RESULT_FAIL), 101);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_equal_is_silent_and_says_how_much),
		TEST(test_missing_table_takes_its_columns_along),
		TEST(test_extra_table_takes_its_columns_along),
		TEST(test_missing_and_extra_objects),
		TEST(test_value_differs),
		TEST(test_lost_grant_is_a_fail),
		TEST(test_text_waits_to_be_settled),
		TEST(test_text_that_is_gone_is_no_matter_of_wording),
		TEST(test_text_across_majors_is_a_note),
		TEST(test_collation_versions_are_notes),
		TEST(test_extension_version_is_a_note_and_absence_is_not),
		TEST(test_what_the_box_lacked_excuses_absence_only),
		TEST(test_database_properties),
		TEST(test_lost_database_setting),
		TEST(test_what_one_survey_does_not_know_is_named),
		TEST(test_manifest_without_catalogue_is_undecided),
		TEST(test_worst_comes_first),
		TEST(test_many_differences_are_capped_and_counted),
		TEST(test_texts_are_shown_on_one_line),
		TEST(test_long_texts_show_where_they_differ),
		TEST(test_scales),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
