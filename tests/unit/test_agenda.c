#include "unit/unit.h"

#include "base/cleanup.h"
#include "run/agenda.h"

#define NOW 1795320900 /* 2026-11-22T04:15:00Z */
#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define SOURCES 3

/* Three configured sources, proven, with nothing due, and a fourth of which only dumps are left. */
struct fixture {
	struct source_overview sources[SOURCES + 1];
	struct source_status statuses[SOURCES + 1];
	struct overview overview;
	struct agenda agenda;
};

static char *const names[] = {"crm", "shop", "wiki", "gone"};
static char *const proven[] = {"crm/crm_1", "shop/shop_1", "wiki/wiki_1", "gone/gone_1"};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	for (size_t i = 0; i < COUNT(f->sources); i++) {
		f->statuses[i] = (struct source_status){.source = names[i], .dumps = 1, .proven = 1};
		f->sources[i] = (struct source_overview){
			.facts = {.ever_proven = true, .proven_copy_present = true, .proven_copy_fresh = true},
			.due = {.at = TIME_UNKNOWN},
			.newest_proven = proven[i],
		};
	}
	for (size_t i = 0; i < SOURCES; i++) {
		f->sources[i].usable = true;
		f->sources[i].due.at = NOW + 3600;
	}
	f->overview = (struct overview){
		.status = {.sources = f->statuses, .source_count = COUNT(f->statuses)},
		.sources = f->sources,
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	agenda_done(&f->agenda);
	free(f);
	return 0;
}

static bool add_due(struct fixture *f)
{
	return agenda_add_due(&f->agenda, &f->overview, NOW, DAY_MS);
}

/* The next task is this one. */
static void expect(struct fixture *f, const char *verb, const char *what, enum trigger trigger)
{
	struct task t;

	assert_true(agenda_next(&f->agenda, &t));
	assert_string_equal(t.verb, verb);
	assert_string_equal(t.what, what);
	assert_int_equal(t.trigger, trigger);
	task_done(&t);
}

static void expect_empty(struct fixture *f)
{
	struct task t;

	assert_false(agenda_next(&f->agenda, &t));
	assert_int_equal(f->agenda.count, 0);
}

static void test_nothing_is_due(void **state)
{
	struct fixture *f = *state;

	assert_false(add_due(f));
	expect_empty(f);
	assert_int_equal(agenda_next_due(&f->overview), NOW + 3600);
}

static void test_nothing_at_any_time(void **state)
{
	struct fixture *f = *state;
	struct overview empty = {0};

	for (size_t i = 0; i < SOURCES; i++)
		f->sources[i].due.at = TIME_UNKNOWN;
	assert_true(agenda_next_due(&f->overview) == TIME_UNKNOWN);
	assert_false(add_due(f));
	assert_true(agenda_next_due(&empty) == TIME_UNKNOWN);
	assert_false(agenda_add_due(&f->agenda, &empty, NOW, DAY_MS));
	agenda_add_press(&f->agenda, &empty, true);
	expect_empty(f);
}

static void test_longest_overdue_first(void **state)
{
	struct fixture *f = *state;

	f->sources[0].due.at = f->sources[0].due.since = NOW;
	f->sources[1].due.at = f->sources[1].due.since = NOW - 7200;
	f->sources[2].due.at = f->sources[2].due.since = NOW - 60;
	assert_true(add_due(f));
	assert_int_equal(agenda_next_due(&f->overview), NOW - 7200);
	expect(f, "round", "shop", TRIGGER_SCHEDULE);
	expect(f, "round", "wiki", TRIGGER_SCHEDULE);
	expect(f, "round", "crm", TRIGGER_SCHEDULE);
	expect_empty(f);
}

static void test_due_together(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SOURCES; i++)
		f->sources[i].due.at = NOW - 1;
	assert_true(add_due(f));
	expect(f, "round", "crm", TRIGGER_SCHEDULE);
	expect(f, "round", "shop", TRIGGER_SCHEDULE);
	expect(f, "round", "wiki", TRIGGER_SCHEDULE);
	expect_empty(f);
}

/* A window opens for all at once: then it is who has waited longest, and of those who was last tried longest ago. */
static void test_due_at_the_opening(void **state)
{
	static const int64_t since[SOURCES] = {NOW - 60, NOW - 7200, NOW - 7200},
			     tried[SOURCES] = {NOW - 9000, NOW - 8000, NOW - 9000};
	struct fixture *f = *state;

	for (size_t i = 0; i < SOURCES; i++) {
		f->sources[i].due = (struct due){.at = NOW, .since = since[i]};
		f->sources[i].last_try = tried[i];
	}
	assert_true(add_due(f));
	expect(f, "round", "wiki", TRIGGER_SCHEDULE);
	expect(f, "round", "shop", TRIGGER_SCHEDULE);
	expect(f, "round", "crm", TRIGGER_SCHEDULE);
	f->sources[1].last_try = TIME_UNKNOWN; /* never */
	assert_true(add_due(f));
	expect(f, "round", "shop", TRIGGER_SCHEDULE);
}

/* The first has used up the window: the others have not had their turn, and nobody writes a row for them. */
static void test_what_is_not_due_any_more(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SOURCES; i++)
		f->sources[i].due = (struct due){.at = NOW - 60, .since = NOW - 60};
	assert_true(add_due(f));
	agenda_add_press(&f->agenda, &f->overview, true);
	agenda_add_drill(&f->agenda, &f->overview, "wiki/wiki_1");
	expect(f, "round", "crm", TRIGGER_SCHEDULE);
	f->sources[1].due.at = NOW + 57600;
	agenda_drop_not_due(&f->agenda, &f->overview, NOW);
	expect(f, "round", "wiki", TRIGGER_SCHEDULE);
	f->sources[2].usable = false;
	agenda_drop_not_due(&f->agenda, &f->overview, NOW);
	expect(f, "round", "crm", TRIGGER_BUTTON);
	expect(f, "round", "shop", TRIGGER_BUTTON);
	expect(f, "round", "wiki", TRIGGER_BUTTON);
	expect(f, "drill", "wiki/wiki_1", TRIGGER_OPERATOR);
	expect_empty(f);
}

static void test_one_second_early(void **state)
{
	struct fixture *f = *state;

	f->sources[1].due.at = NOW + 1;
	assert_false(add_due(f));
	expect_empty(f);
}

/* A drill cut short is drilled again: pulling once more would leave its dump unjudged. */
static void test_interrupted(void **state)
{
	struct fixture *f = *state;

	f->sources[0].due = (struct due){NOW - 2, DUE_INTERRUPTED, NOW - 2};
	f->sources[0].delivered = true;
	f->sources[1].due = (struct due){NOW - 1, DUE_INTERRUPTED, NOW - 1}; /* its pull was cut short */
	f->sources[1].facts.newest_undecided = true;
	f->sources[2].due = (struct due){NOW, DUE_RETRY, NOW};
	f->sources[2].delivered = true;
	assert_true(add_due(f));
	expect(f, "drill", "crm", TRIGGER_SCHEDULE);
	expect(f, "round", "shop", TRIGGER_SCHEDULE);
	expect(f, "round", "wiki", TRIGGER_SCHEDULE);
	expect_empty(f);
}

static void test_broken_and_orphaned(void **state)
{
	struct fixture *f = *state;

	f->sources[0].usable = false;
	for (size_t i = 0; i < COUNT(f->sources); i++) {
		f->sources[i].due.at = NOW - 10;
		f->sources[i].facts.proven_copy_fresh = false;
	}
	assert_true(add_due(f));
	expect(f, "round", "shop", TRIGGER_SCHEDULE);
	expect(f, "round", "wiki", TRIGGER_SCHEDULE);
	expect_empty(f);
	agenda_add_press(&f->agenda, &f->overview, true);
	expect(f, "round", "shop", TRIGGER_BUTTON);
	expect(f, "round", "wiki", TRIGGER_BUTTON);
	expect_empty(f);
}

/* Green says that the copy was read within a week: it is read when nothing else is to be done. */
static void test_copies_are_looked_after(void **state)
{
	struct fixture *f = *state;

	f->sources[1].facts.proven_copy_fresh = false;
	f->sources[2].facts.proven_copy_present = false;
	f->sources[0].due.at = NOW;
	assert_true(add_due(f));
	expect(f, "round", "crm", TRIGGER_SCHEDULE);
	expect_empty(f);
	f->sources[0].due.at = NOW + 3600;
	assert_true(add_due(f));
	expect(f, "drill", "shop/shop_1", TRIGGER_SCHEDULE);
	expect(f, "drill", "wiki/wiki_1", TRIGGER_SCHEDULE);
	expect_empty(f);
}

static void test_a_copy_that_cannot_be_read_has_its_day(void **state)
{
	struct fixture *f = *state;

	f->sources[1].facts.proven_copy_fresh = false;
	assert_true(agenda_add_due(&f->agenda, &f->overview, NOW, 5000));
	expect(f, "drill", "shop/shop_1", TRIGGER_SCHEDULE);
	assert_false(agenda_add_due(&f->agenda, &f->overview, NOW, 5000 + DAY_MS - 1));
	assert_true(agenda_add_due(&f->agenda, &f->overview, NOW, 5000 + DAY_MS));
	expect(f, "drill", "shop/shop_1", TRIGGER_SCHEDULE);
	expect_empty(f);
}

static void test_short_press(void **state)
{
	struct fixture *f = *state;

	f->statuses[1].dumps = f->statuses[1].proven = 0;
	f->sources[1].newest_proven = NULL;
	agenda_add_press(&f->agenda, &f->overview, false);
	expect(f, "drill", "crm", TRIGGER_BUTTON);
	expect(f, "round", "shop", TRIGGER_BUTTON);
	expect(f, "drill", "wiki", TRIGGER_BUTTON);
	expect_empty(f);
}

static void test_long_press(void **state)
{
	struct fixture *f = *state;

	agenda_add_press(&f->agenda, &f->overview, true);
	expect(f, "round", "crm", TRIGGER_BUTTON);
	expect(f, "round", "shop", TRIGGER_BUTTON);
	expect(f, "round", "wiki", TRIGGER_BUTTON);
	expect_empty(f);
}

/* However often the button is pressed while work waits, one press counts; and it comes after what was due. */
static void test_presses_do_not_pile_up(void **state)
{
	struct fixture *f = *state;

	f->sources[2].due.at = NOW;
	assert_true(add_due(f));
	agenda_add_press(&f->agenda, &f->overview, false);
	agenda_add_press(&f->agenda, &f->overview, true);
	agenda_add_press(&f->agenda, &f->overview, false);
	assert_int_equal(f->agenda.count, 1 + SOURCES);
	expect(f, "round", "wiki", TRIGGER_SCHEDULE);
	expect(f, "drill", "crm", TRIGGER_BUTTON);
	/* while its first task runs, the press still waits with the others */
	agenda_add_press(&f->agenda, &f->overview, true);
	expect(f, "drill", "shop", TRIGGER_BUTTON);
	expect(f, "drill", "wiki", TRIGGER_BUTTON);
	expect_empty(f);
	agenda_add_press(&f->agenda, &f->overview, true);
	assert_int_equal(f->agenda.count, SOURCES);
}

/* What it is asked about may be gone by the time it runs: a task has a name of its own. */
static void test_tasks_own_their_names(void **state)
{
	struct fixture *f = *state;
	char name[] = "shop";

	f->statuses[1].source = name;
	f->sources[1].due.at = NOW;
	assert_true(add_due(f));
	memset(name, 'x', sizeof(name) - 1);
	expect(f, "round", "shop", TRIGGER_SCHEDULE);
}

static void test_a_wish_waits_once(void **state)
{
	struct fixture *f = *state;

	agenda_add_drill(&f->agenda, &f->overview, "shop/shop_1");
	agenda_add_drill(&f->agenda, &f->overview, "shop/shop_1");
	agenda_add_drill(&f->agenda, &f->overview, "wiki");
	expect(f, "drill", "shop/shop_1", TRIGGER_OPERATOR);
	expect(f, "drill", "wiki", TRIGGER_OPERATOR);
	expect_empty(f);
}

static void test_a_wish_for_all_leaves_out_what_cannot_be_drilled(void **state)
{
	struct fixture *f = *state;

	f->statuses[1].dumps = 0;
	agenda_add_drill(&f->agenda, &f->overview, "");
	agenda_add_drill(&f->agenda, &f->overview, "");
	expect(f, "drill", "crm", TRIGGER_OPERATOR);
	expect(f, "drill", "wiki", TRIGGER_OPERATOR);
	expect_empty(f);
}

static void test_wishes_have_an_end(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 1000; i++) {
		autofree char *what = format("shop/shop_%d", i);

		agenda_add_drill(&f->agenda, &f->overview, what);
	}
	assert_int_equal(f->agenda.count, 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_due),
		TEST(test_a_wish_waits_once),
		TEST(test_a_wish_for_all_leaves_out_what_cannot_be_drilled),
		TEST(test_wishes_have_an_end),
		TEST(test_nothing_at_any_time),
		TEST(test_longest_overdue_first),
		TEST(test_due_together),
		TEST(test_due_at_the_opening),
		TEST(test_what_is_not_due_any_more),
		TEST(test_one_second_early),
		TEST(test_interrupted),
		TEST(test_broken_and_orphaned),
		TEST(test_copies_are_looked_after),
		TEST(test_a_copy_that_cannot_be_read_has_its_day),
		TEST(test_short_press),
		TEST(test_long_press),
		TEST(test_presses_do_not_pile_up),
		TEST(test_tasks_own_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
