#include "unit/unit.h"

#include "base/cleanup.h"
#include "panel/button.h"

#define START 1000000 /* ms: no clock begins at 0 */

/* Down at 'START', up 'held' ms later: what it meant. */
static enum intent press_for(int64_t held, int64_t *ret_held)
{
	struct press p;
	enum intent intent;

	press_init(&p, false);
	intent = press_edge(&p, true, START, ret_held);
	assert_int_equal(intent, INTENT_NONE);
	assert_int_equal(*ret_held, -1);
	return press_edge(&p, false, START + held, ret_held);
}

static void test_length_decides(void **state)
{
	static const struct {
		int64_t held, told;
		enum intent intent;
	} cases[] = {
		{0, -1, INTENT_NONE},	      {3, -1, INTENT_NONE},	    {49, -1, INTENT_NONE},
		{50, 50, INTENT_SHORT},	      {300, 300, INTENT_SHORT},	    {2999, 2999, INTENT_SHORT},
		{3000, 3000, INTENT_LONG},    {9999, 9999, INTENT_LONG},    {10000, 10000, INTENT_NONE},
		{3600000, 3600000, INTENT_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t told;

		assert_int_equal(press_for(cases[i].held, &told), cases[i].intent);
		assert_int_equal(told, cases[i].told);
	}
}

static void test_lights_while_held(void **state)
{
	static const struct {
		int64_t after;
		enum button shown;
	} cases[] = {
		{0, BUTTON_HELD},	   {2999, BUTTON_HELD},		 {3000, BUTTON_HELD_LONG},
		{9999, BUTTON_HELD_LONG},  {10000, BUTTON_HELD_TOO_LONG}, {86400000, BUTTON_HELD_TOO_LONG},
	};
	struct press p;
	int64_t held;

	(void)state;
	press_init(&p, false);
	assert_int_equal(press_state(&p, START), BUTTON_UP);
	(void)press_edge(&p, true, START, &held);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(press_state(&p, START + cases[i].after), cases[i].shown);
	(void)press_edge(&p, false, START + 400, &held);
	assert_int_equal(press_state(&p, START + 400), BUTTON_UP);
}

static void test_held_at_start(void **state)
{
	struct press p;
	int64_t held;

	(void)state;
	press_init(&p, true);
	assert_int_equal(press_state(&p, START), BUTTON_UP);
	assert_int_equal(press_edge(&p, false, START + 500, &held), INTENT_NONE);
	assert_int_equal(held, -1);
	/* the next one counts */
	assert_int_equal(press_edge(&p, true, START + 900, &held), INTENT_NONE);
	assert_int_equal(press_state(&p, START + 950), BUTTON_HELD);
	assert_int_equal(press_edge(&p, false, START + 1100, &held), INTENT_SHORT);
	assert_int_equal(held, 200);
}

/* An edge that says what is known already moves neither the start of a press nor its end. */
static void test_double_edges(void **state)
{
	struct press p;
	int64_t held;

	(void)state;
	press_init(&p, false);
	assert_int_equal(press_edge(&p, false, START - 10, &held), INTENT_NONE);
	assert_int_equal(held, -1);
	(void)press_edge(&p, true, START, &held);
	assert_int_equal(press_edge(&p, true, START + 2900, &held), INTENT_NONE);
	assert_int_equal(held, -1);
	assert_int_equal(press_edge(&p, false, START + 3100, &held), INTENT_LONG);
	assert_int_equal(held, 3100);
	assert_int_equal(press_edge(&p, false, START + 3200, &held), INTENT_NONE);
	assert_int_equal(held, -1);
}

/* A contact that bounces on its way down and up: one press, as long as the quiet stretch between. */
static void test_bounces(void **state)
{
	struct press p;
	int64_t held, at = START;
	int presses = 0;

	(void)state;
	press_init(&p, false);
	for (int i = 0; i < 6; i++, at += 3)
		presses += press_edge(&p, i % 2 == 0, at, &held) != INTENT_NONE;
	(void)press_edge(&p, true, at, &held);
	at += 200;
	presses += press_edge(&p, false, at, &held) == INTENT_SHORT;
	assert_int_equal(held, 200);
	for (int i = 0; i < 6; i++, at += 3)
		presses += press_edge(&p, i % 2 == 0, at + 3, &held) != INTENT_NONE;
	assert_int_equal(presses, 1);
	assert_false(p.down);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_length_decides), cmocka_unit_test(test_lights_while_held),
		cmocka_unit_test(test_held_at_start),  cmocka_unit_test(test_double_edges),
		cmocka_unit_test(test_bounces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
