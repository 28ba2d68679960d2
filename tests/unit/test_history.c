#include "unit/unit.h"

#include "base/text.h"
#include "model/history.h"

/* One event, in a line: what attempts_of() looks at. */
struct line {
	enum event_kind kind;
	int64_t id, round;
	enum verdict verdict;
	bool interrupted;
	enum error_kind why;
	int64_t started, ended;
	const char *dump; /* NULL: it does not matter */
};

#define UNENDED TIME_UNKNOWN

static struct attempts of(const struct line *lines, size_t n)
{
	CLEANUP(events_done) struct events events = {0};
	struct attempts a;

	for (size_t i = 0; i < n; i++) {
		struct event *e = events_add(&events);

		e->kind = lines[i].kind;
		e->id = lines[i].id;
		e->round = lines[i].round;
		e->verdict = lines[i].verdict;
		e->interrupted = lines[i].interrupted;
		e->why = lines[i].why;
		e->started = lines[i].started;
		e->ended = lines[i].ended;
		set_text(&e->dump, lines[i].dump);
	}
	attempts_of(&events, 7, &a);
	return a;
}

#define attempts(lines) of(lines, COUNT(lines))

static void test_nothing_happened_yet(void **state)
{
	const struct attempts a = of(NULL, 0);

	(void)state;
	assert_true(a.first_seen == 7);
	assert_true(a.last_round == TIME_UNKNOWN && a.last_try == TIME_UNKNOWN && a.last_end == TIME_UNKNOWN);
	assert_false(a.last_failed);
	assert_int_equal(a.failures + a.interrupted, 0);
}

static void test_a_round_that_delivered_and_was_drilled(void **state)
{
	static const struct line whole[] = {
		{EVENT_DRILL, 3, 1, VERDICT_FAIL, false, ERR_NONE, 120, 150, NULL},
		{EVENT_PULL, 2, 1, VERDICT_PASS, false, ERR_NONE, 101, 119, NULL},
		{EVENT_ROUND, 1, 1, VERDICT_FAIL, false, ERR_NONE, 100, 151, NULL},
	};
	static const struct line undelivered[] = {
		{EVENT_PULL, 2, 1, VERDICT_UNDECIDED, false, ERR_NETWORK, 101, 119, NULL},
		{EVENT_ROUND, 1, 1, VERDICT_UNDECIDED, false, ERR_NETWORK, 100, 120, NULL},
	};
	struct attempts a = attempts(whole);

	(void)state;
	assert_true(a.last_round == 100 && a.last_end == 151 && a.last_try == 101);
	assert_int_equal(a.failures, 0);
	assert_true(a.delivered);
	a = attempts(undelivered);
	assert_false(a.delivered);
	assert_true(a.last_round == TIME_UNKNOWN && a.last_end == 120);
	assert_true(a.last_failed);
	assert_int_equal(a.why, ERR_NETWORK);
	assert_int_equal(a.failures, 1);
}

/* An older dump came, and was drilled; the newest is still to come, as if nothing had. */
static void test_an_older_one_does_not_stand_for_the_newest(void **state)
{
	static const struct line lines[] = {
		{EVENT_DRILL, 4, 1, VERDICT_PASS, false, ERR_NONE, 140, 150, NULL},
		{EVENT_PULL, 3, 1, VERDICT_UNDECIDED, false, ERR_PAUSED, 120, 139, NULL},
		{EVENT_PULL, 2, 1, VERDICT_PASS, false, ERR_NONE, 101, 119, NULL},
		{EVENT_ROUND, 1, 1, VERDICT_PASS, false, ERR_NONE, 100, 151, NULL},
	};
	struct attempts a = attempts(lines);

	(void)state;
	assert_true(a.last_round == TIME_UNKNOWN && a.last_try == 120 && a.last_end == 151);
	assert_true(a.last_failed && !a.delivered);
	assert_int_equal(a.why, ERR_PAUSED);
	assert_int_equal(a.failures, 1);
}

static void test_a_drill_of_another_round_does_not_complete_this_one(void **state)
{
	static const struct line lines[] = {
		{EVENT_DRILL, 9, 0, VERDICT_PASS, false, ERR_NONE, 300, 310, NULL}, /* on its own */
		{EVENT_PULL, 2, 1, VERDICT_PASS, false, ERR_NONE, 101, 119, NULL},
		{EVENT_ROUND, 1, 1, VERDICT_UNDECIDED, true, ERR_NONE, 100, 200, NULL},
	};
	const struct attempts a = attempts(lines);

	(void)state;
	assert_true(a.last_round == TIME_UNKNOWN);
	assert_int_equal(a.interrupted, 0); /* the drill after it ended by itself */
}

/* The drill was cut short and repeated on its own: the round has done its work, and no other is due for it. */
static void test_a_repeated_drill_completes_its_round(void **state)
{
	static const struct line lines[] = {
		{EVENT_DRILL, 5, 0, VERDICT_PASS, false, ERR_NONE, 160, 170, "shop/shop_1"},
		{EVENT_DRILL, 3, 1, VERDICT_UNDECIDED, true, ERR_STOPPED, 120, 150, "shop/shop_1"},
		{EVENT_PULL, 2, 1, VERDICT_PASS, false, ERR_NONE, 101, 119, "shop/shop_1"},
		{EVENT_ROUND, 1, 1, VERDICT_UNDECIDED, true, ERR_NONE, 100, 151, NULL},
	};
	static const struct line of_another[] = {
		{EVENT_DRILL, 5, 0, VERDICT_PASS, false, ERR_NONE, 160, 170, "shop/shop_0"},
		{EVENT_PULL, 2, 1, VERDICT_PASS, false, ERR_NONE, 101, 119, "shop/shop_1"},
		{EVENT_ROUND, 1, 1, VERDICT_UNDECIDED, true, ERR_NONE, 100, 151, NULL},
	};

	(void)state;
	assert_int_equal(attempts(lines).last_round, 100);
	assert_int_equal(attempts(lines).interrupted, 0);
	assert_true(attempts(of_another).last_round == TIME_UNKNOWN);
}

static void test_an_interrupted_pull_is_no_failure_and_ends_no_row_of_them(void **state)
{
	static const struct line lines[] = {
		{EVENT_PULL, 5, 0, VERDICT_UNDECIDED, true, ERR_NONE, 500, 510, NULL},
		{EVENT_PULL, 4, 0, VERDICT_UNDECIDED, false, ERR_REFUSED, 400, 410, NULL},
		{EVENT_PULL, 3, 0, VERDICT_UNDECIDED, true, ERR_NONE, 300, 310, NULL},
		{EVENT_PULL, 2, 0, VERDICT_UNDECIDED, false, ERR_NETWORK, 200, 210, NULL},
		{EVENT_PULL, 1, 0, VERDICT_PASS, false, ERR_NONE, 100, 110, NULL},
		{EVENT_PULL, 0, 0, VERDICT_UNDECIDED, false, ERR_NETWORK, 50, 60, NULL},
	};
	const struct attempts a = attempts(lines);

	(void)state;
	assert_int_equal(a.failures, 2);
	assert_int_equal(a.why, ERR_REFUSED);
	assert_int_equal(a.interrupted, 1);
	assert_true(a.last_try == 500);
}

static void test_what_runs_says_nothing_yet(void **state)
{
	static const struct line lines[] = {
		{EVENT_PULL, 3, 2, VERDICT_RUNNING, false, ERR_NONE, 301, UNENDED, NULL},
		{EVENT_ROUND, 2, 2, VERDICT_RUNNING, false, ERR_NONE, 300, UNENDED, NULL},
		{EVENT_PULL, 2, 1, VERDICT_UNDECIDED, true, ERR_NONE, 201, 250, NULL},
		{EVENT_ROUND, 1, 1, VERDICT_UNDECIDED, true, ERR_NONE, 200, 250, NULL},
	};
	const struct attempts a = attempts(lines);

	(void)state;
	assert_true(a.last_try == 301 && a.last_end == 250);
	assert_false(a.last_failed);
	assert_int_equal(a.interrupted, 1); /* the round; its pull is a part of it */
}

static void test_interrupted_in_a_row(void **state)
{
	static const struct line lines[] = {
		{EVENT_DRILL, 9, 0, VERDICT_UNDECIDED, true, ERR_NONE, 400, 410, NULL},
		{EVENT_ROUND, 3, 3, VERDICT_UNDECIDED, true, ERR_NONE, 300, 310, NULL},
		{EVENT_ROUND, 2, 2, VERDICT_PASS, false, ERR_NONE, 200, 210, NULL},
		{EVENT_ROUND, 1, 1, VERDICT_UNDECIDED, true, ERR_NONE, 100, 110, NULL},
	};

	(void)state;
	assert_int_equal(attempts(lines).interrupted, 2);
}

static void test_which_drills_decide(void **state)
{
	static const struct {
		enum dump_state before;
		enum level level;
		enum verdict verdict;
		enum dump_state after;
	} cases[] = {
		{DUMP_UNPROVEN, LEVEL_STANDARD, VERDICT_PASS, DUMP_PROVEN},
		{DUMP_UNPROVEN, LEVEL_DEEP, VERDICT_FAIL, DUMP_REFUTED},
		{DUMP_REFUTED, LEVEL_DEEP, VERDICT_PASS, DUMP_PROVEN},
		{DUMP_PROVEN, LEVEL_STANDARD, VERDICT_FAIL, DUMP_REFUTED},
		{DUMP_PROVEN, LEVEL_STANDARD, VERDICT_UNDECIDED, DUMP_PROVEN},
		{DUMP_REFUTED, LEVEL_STANDARD, VERDICT_UNDECIDED, DUMP_REFUTED},
		{DUMP_PROVEN, LEVEL_STANDARD, VERDICT_RUNNING, DUMP_PROVEN},
		{DUMP_UNPROVEN, LEVEL_QUICK, VERDICT_PASS, DUMP_UNPROVEN},
		{DUMP_PROVEN, LEVEL_QUICK, VERDICT_FAIL, DUMP_PROVEN},
		{DUMP_REFUTED, LEVEL_QUICK, VERDICT_PASS, DUMP_REFUTED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(dump_state_after(cases[i].before, cases[i].level, cases[i].verdict), cases[i].after);
}

static void test_words_go_there_and_back(void **state)
{
	(void)state;
	for (int t = TRIGGER_OPERATOR; t <= TRIGGER_BUTTON; t++)
		assert_int_equal(trigger_from_word(trigger_word((enum trigger)t)), t);
	assert_int_equal(trigger_from_word("nobody"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_happened_yet),
		cmocka_unit_test(test_a_round_that_delivered_and_was_drilled),
		cmocka_unit_test(test_an_older_one_does_not_stand_for_the_newest),
		cmocka_unit_test(test_a_drill_of_another_round_does_not_complete_this_one),
		cmocka_unit_test(test_a_repeated_drill_completes_its_round),
		cmocka_unit_test(test_an_interrupted_pull_is_no_failure_and_ends_no_row_of_them),
		cmocka_unit_test(test_what_runs_says_nothing_yet),
		cmocka_unit_test(test_interrupted_in_a_row),
		cmocka_unit_test(test_which_drills_decide),
		cmocka_unit_test(test_words_go_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
