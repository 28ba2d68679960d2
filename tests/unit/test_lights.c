#include "unit/unit.h"

#include "base/cleanup.h"
#include "model/lights.h"

#define PROVEN .ever_proven = true
#define IN_DATE .in_date = true
#define COPY_WELL .proven_copy_present = true, .proven_copy_fresh = true
#define WELL_SOURCE PROVEN, IN_DATE, COPY_WELL
#define WELL_BOX .network = true, .clock_known = true

/* One fact changed at a time from a box on which all is well. */
static void test_the_table_line_by_line(void **state)
{
	static const struct {
		const char *what;
		struct facts box;
		struct source_facts first, second;
		int sources;
		struct lights lights;
	} cases[] = {
		{"all well", {WELL_BOX}, {WELL_SOURCE}, {WELL_SOURCE}, 2, {PATTERN_HEARTBEAT, PATTERN_OFF, PATTERN_OFF}},
		{"no source", {WELL_BOX}, {0}, {0}, 0, {PATTERN_OFF, PATTERN_DOUBLE, PATTERN_OFF}},
		{"working", {WELL_BOX, .working = true}, {WELL_SOURCE}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_BREATHE, PATTERN_OFF}},
		{"newest not drilled yet", {WELL_BOX},
		 {.ever_proven = true, IN_DATE, COPY_WELL}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_OFF, PATTERN_OFF}},
		{"never proven", {WELL_BOX}, {WELL_SOURCE}, {.in_date = false}, 2,
		 {PATTERN_OFF, PATTERN_DOUBLE, PATTERN_OFF}},
		{"not in date", {WELL_BOX}, {PROVEN, COPY_WELL}, {WELL_SOURCE}, 2,
		 {PATTERN_OFF, PATTERN_DOUBLE, PATTERN_OFF}},
		{"newest undecided", {WELL_BOX}, {WELL_SOURCE}, {WELL_SOURCE, .newest_undecided = true}, 2,
		 {PATTERN_OFF, PATTERN_DOUBLE, PATTERN_OFF}},
		{"pull refused", {WELL_BOX}, {WELL_SOURCE, .pull_refused = true}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_DOUBLE, PATTERN_OFF}},
		{"tight", {WELL_BOX, .tight = true}, {WELL_SOURCE}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_DOUBLE, PATTERN_OFF}},
		{"an older dump refuted", {WELL_BOX}, {WELL_SOURCE, .older_refuted = true}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_DOUBLE, PATTERN_OFF}},
		{"a broken source file", {WELL_BOX}, {WELL_SOURCE}, {WELL_SOURCE, .broken = true}, 2,
		 {PATTERN_OFF, PATTERN_DOUBLE, PATTERN_OFF}},
		{"proven copy gone", {WELL_BOX}, {PROVEN, IN_DATE, .proven_copy_fresh = true}, {0}, 1,
		 {PATTERN_OFF, PATTERN_DOUBLE, PATTERN_OFF}},
		{"proven copy not re-read", {WELL_BOX}, {PROVEN, IN_DATE, .proven_copy_present = true}, {0}, 1,
		 {PATTERN_OFF, PATTERN_DOUBLE, PATTERN_OFF}},
		{"refuted", {WELL_BOX}, {WELL_SOURCE}, {WELL_SOURCE, .newest_refuted = true}, 2,
		 {PATTERN_OFF, PATTERN_OFF, PATTERN_FLASH}},
		{"refuted, acknowledged", {WELL_BOX}, {WELL_SOURCE, .newest_refuted = true, .refuted_acknowledged = true},
		 {0}, 1, {PATTERN_OFF, PATTERN_OFF, PATTERN_ON}},
		{"one of two acknowledged", {WELL_BOX},
		 {WELL_SOURCE, .newest_refuted = true, .refuted_acknowledged = true},
		 {WELL_SOURCE, .newest_refuted = true}, 2, {PATTERN_OFF, PATTERN_OFF, PATTERN_FLASH}},
		{"refuted while working", {WELL_BOX, .working = true}, {WELL_SOURCE, .newest_refuted = true}, {0}, 1,
		 {PATTERN_OFF, PATTERN_BREATHE, PATTERN_FLASH}},
		{"no network", {.clock_known = true}, {WELL_SOURCE}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_TRIPLE, PATTERN_OFF}},
		{"clock unknown", {.network = true}, {WELL_SOURCE}, {0}, 1, {PATTERN_OFF, PATTERN_TRIPLE, PATTERN_OFF}},
		{"no network comes before not in date", {.clock_known = true}, {PROVEN, COPY_WELL}, {0}, 1,
		 {PATTERN_OFF, PATTERN_TRIPLE, PATTERN_OFF}},
		{"working comes before no network", {.clock_known = true, .working = true}, {WELL_SOURCE}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_BREATHE, PATTERN_OFF}},
		{"ill", {WELL_BOX, .ill = true}, {WELL_SOURCE}, {0}, 1,
		 {PATTERN_OFF, PATTERN_ALTERNATE, PATTERN_ALTERNATE}},
		{"ill wins", {.ill = true, .working = true, .button = BUTTON_HELD}, {.newest_refuted = true}, {0}, 1,
		 {PATTERN_OFF, PATTERN_ALTERNATE, PATTERN_ALTERNATE}},
		{"button held", {WELL_BOX, .working = true, .button = BUTTON_HELD}, {WELL_SOURCE}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_ON, PATTERN_OFF}},
		{"button held long", {WELL_BOX, .button = BUTTON_HELD_LONG}, {WELL_SOURCE}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_FLICKER, PATTERN_OFF}},
		{"button held too long", {WELL_BOX, .button = BUTTON_HELD_TOO_LONG}, {WELL_SOURCE}, {0}, 1,
		 {PATTERN_HEARTBEAT, PATTERN_OFF, PATTERN_OFF}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct source_facts sources[] = {cases[i].first, cases[i].second};
		struct facts f = cases[i].box;
		struct lights l;

		f.sources = sources;
		f.source_count = (size_t)cases[i].sources;
		l = lights_of(&f);
		if (l.pass != cases[i].lights.pass || l.busy != cases[i].lights.busy || l.fail != cases[i].lights.fail)
			fail_msg("%s: green %s, amber %s, red %s", cases[i].what, pattern_word(l.pass), pattern_word(l.busy),
				 pattern_word(l.fail));
	}
}

/* Every combination of what is known: green never stands beside something unproven. */
static void test_green_is_never_lit_without_proof(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 1U << 14; bits++) {
		struct source_facts s = {
			.ever_proven = bits & 1,
			.in_date = bits & 2,
			.refuted_acknowledged = bits & 4,
			.newest_undecided = bits & 8,
			.newest_refuted = bits & 16,
			.older_refuted = bits & 32,
			.proven_copy_present = bits & 64,
			.proven_copy_fresh = bits & 128,
			.pull_refused = bits & 256,
			.broken = bits & 512,
		};
		struct facts f = {
			.ill = bits & 1024,
			.working = bits & 2048,
			.network = bits & 4096,
			.clock_known = bits & 8192,
			.sources = &s,
			.source_count = 1,
		};
		struct lights l = lights_of(&f);

		assert_true(l.pass == PATTERN_OFF || l.pass == PATTERN_HEARTBEAT);
		if (l.pass == PATTERN_HEARTBEAT) {
			assert_true(s.ever_proven && s.in_date && s.proven_copy_present && s.proven_copy_fresh);
			assert_false(s.newest_undecided || s.newest_refuted || s.broken || f.ill || !f.clock_known);
			assert_int_equal(l.fail, PATTERN_OFF);
		}
		if (s.newest_refuted)
			assert_int_not_equal(l.fail, PATTERN_OFF);
		/* all three off is what a dead box shows */
		assert_false(l.pass == PATTERN_OFF && l.busy == PATTERN_OFF && l.fail == PATTERN_OFF);
	}
}

static void test_when_each_pattern_is_lit(void **state)
{
	static const struct {
		enum pattern pattern;
		bool is_fail;
		int period;
		struct {
			int from, to;
		} lit[3];
	} cases[] = {
		{PATTERN_OFF, false, 2000, {{0, 0}}},
		{PATTERN_ON, false, 2000, {{0, 2000}}},
		{PATTERN_HEARTBEAT, false, 2000, {{0, 1900}}},
		{PATTERN_BREATHE, false, 1000, {{0, 500}}},
		{PATTERN_DOUBLE, false, 2000, {{0, 150}, {300, 450}}},
		{PATTERN_TRIPLE, false, 2000, {{0, 150}, {300, 450}, {600, 750}}},
		{PATTERN_FLASH, true, 500, {{0, 250}}},
		{PATTERN_FLICKER, false, 100, {{0, 50}}},
		{PATTERN_ALTERNATE, true, 1000, {{0, 500}}},
		{PATTERN_ALTERNATE, false, 1000, {{500, 1000}}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int ms = 0; ms < 3 * cases[i].period; ms++) {
			int at = ms % cases[i].period;
			bool lit = false;

			for (size_t k = 0; k < COUNT(cases[i].lit); k++)
				lit |= at >= cases[i].lit[k].from && at < cases[i].lit[k].to;
			if (pattern_lit(cases[i].pattern, ms, cases[i].is_fail) != lit)
				fail_msg("%s at %d ms", pattern_word(cases[i].pattern), ms);
		}
		/* a year on, and before the start */
		assert_int_equal(pattern_lit(cases[i].pattern, 31536000000, cases[i].is_fail),
				 pattern_lit(cases[i].pattern, 0, cases[i].is_fail));
		assert_int_equal(pattern_lit(cases[i].pattern, -1, cases[i].is_fail),
				 pattern_lit(cases[i].pattern, cases[i].period - 1, cases[i].is_fail));
	}
}

static void test_next_change_misses_none(void **state)
{
	(void)state;
	for (int p = PATTERN_OFF; p <= PATTERN_ALTERNATE; p++) {
		for (int q = PATTERN_OFF; q <= PATTERN_ALTERNATE; q++) {
			struct lights l = {PATTERN_HEARTBEAT, (enum pattern)p, (enum pattern)q};

			for (int ms = 0; ms < 2000; ms += 7) {
				int wait = lights_next_change(&l, ms);

				assert_in_range(wait, 1, 500);
				for (int t = ms; t < ms + wait; t++) {
					assert_int_equal(pattern_lit(l.pass, t, false), pattern_lit(l.pass, ms, false));
					assert_int_equal(pattern_lit(l.busy, t, false), pattern_lit(l.busy, ms, false));
					assert_int_equal(pattern_lit(l.fail, t, true), pattern_lit(l.fail, ms, true));
				}
				if (wait < 500)
					assert_true(pattern_lit(l.pass, ms + wait, false) != pattern_lit(l.pass, ms, false) ||
						    pattern_lit(l.busy, ms + wait, false) != pattern_lit(l.busy, ms, false) ||
						    pattern_lit(l.fail, ms + wait, true) != pattern_lit(l.fail, ms, true));
			}
		}
	}
}

static void test_words(void **state)
{
	(void)state;
	for (int p = PATTERN_OFF; p <= PATTERN_ALTERNATE; p++)
		assert_int_equal(pattern_from_word(pattern_word((enum pattern)p)), p);
	assert_int_equal(pattern_from_word("blink"), -1);
	assert_string_equal(pattern_word(PATTERN_HEARTBEAT), "heartbeat");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_table_line_by_line),
		cmocka_unit_test(test_green_is_never_lit_without_proof),
		cmocka_unit_test(test_when_each_pattern_is_lit),
		cmocka_unit_test(test_next_change_misses_none),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
