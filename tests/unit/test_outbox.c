#include "unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ledger/outbox.h"
#include "unit/of_ledger.h"

#define NOW 1800000000
#define HOUR 3600
#define DAY 86400

static void tell(struct data *d, const char *target, enum news news, const char *sentence)
{
	CLEANUP(calls_done) struct calls list = {0};
	const struct tolds nothing = {0};

	calls_add(&list, target, news, "shop", sentence, NOW);
	must(ledger_tell(d->ledger, &nothing, &list, NOW, &d->err));
}

/* What is due, as "target news sentence" with '; ' between. */
static char *due(struct data *d, int64_t now)
{
	CLEANUP(calls_done) struct calls list = {0};
	struct text t = {0};

	must(ledger_outbox_due(d->ledger, now, &list, &d->err));
	for (size_t i = 0; i < list.count; i++)
		text_addf(&t, "%s%s %s %s", i ? "; " : "", list.items[i].target, news_word(list.items[i].news),
			  list.items[i].sentence);
	return text_take(&t);
}

static void expect_due(struct data *d, int64_t now, const char *wanted)
{
	autofree char *got = due(d, now);

	assert_string_equal(got, wanted);
}

static struct call first(struct data *d, int64_t now)
{
	CLEANUP(calls_done) struct calls list = {0};
	struct call m;

	must(ledger_outbox_due(d->ledger, now, &list, &d->err));
	assert_true(list.count > 0);
	m = list.items[0];
	list.items[0] = (struct call){0};
	return m;
}

static const struct target *find(const struct targets *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (same(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

/* ---- the model's ---- */

static void test_words_go_both_ways(void **state)
{
	(void)state;
	for (int n = NEWS_FAIL; n <= NEWS_ALIVE; n++)
		assert_int_equal(news_from_word(news_word((enum news)n)), n);
	assert_int_equal(news_from_word("gossip"), -1);
}

static void test_a_sentence_is_cut_between_characters(void **state)
{
	CLEANUP(calls_done) struct calls list = {0};
	struct text t = {0};
	autofree char *long_one = NULL;
	const struct call *m;

	(void)state;
	for (int i = 0; i < SENTENCE_CAP; i++)
		text_add(&t, "\xc3\xa4");
	long_one = text_take(&t);
	m = calls_add(&list, TARGET_WEBHOOK, NEWS_FAIL, "shop", long_one, NOW);
	assert_true(strlen(m->sentence) <= SENTENCE_CAP);
	assert_true(strlen(m->sentence) > SENTENCE_CAP - 8);
	assert_true(is_utf8(m->sentence));
	assert_true(ends_with(m->sentence, "..."));
	m = calls_add(&list, TARGET_WEBHOOK, NEWS_FAIL, "shop", "a\r\nb\x1b[31m\xff", NOW);
	assert_string_equal(m->sentence, "a??b?[31m?");
}

static void test_it_is_tried_again_later_and_later_and_given_up_after_a_week(void **state)
{
	static const struct {
		int tries;
		int64_t wait_s, age, next; /* next: from now; -1: given up */
	} cases[] = {
		{0, -1, 0, 60},	     {1, -1, 60, 300},	     {2, -1, HOUR, 900},	{3, -1, HOUR, HOUR},
		{9, -1, DAY, HOUR},  {0, 600, 0, 600},	     {3, 600, 0, HOUR},		{9, -1, 7 * DAY + 1, -1},
		{0, -1, 9 * DAY, -1}, {OUTBOX_TRIES - 1, -1, HOUR, -1}, {OUTBOX_TRIES - 2, -1, HOUR, HOUR},
		{5, -1, -DAY, HOUR}, /* the clock was set back: its age says nothing */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct call m = {.tries = cases[i].tries, .at = NOW - cases[i].age};
		int64_t next = call_next_try(&m, cases[i].wait_s, NOW);

		if (next != (cases[i].next < 0 ? TIME_UNKNOWN : NOW + cases[i].next))
			fail_msg("case %zu: %lld", i, (long long)(next - NOW));
	}
}

static void test_targets_are_told_apart(void **state)
{
	autofree char *of = target_of_source("shop");

	(void)state;
	assert_string_equal(target_source(of), "shop");
	assert_null(target_source(TARGET_PING));
	assert_null(target_source(TARGET_WEBHOOK));
}

/* ---- the ledger's ---- */

static void test_messages_wait_in_order_and_outlive_the_process(void **state)
{
	struct data *d = *state;
	int64_t next;

	expect_due(d, NOW, "");
	must(ledger_outbox_next(d->ledger, NOW, &next, &d->err));
	assert_int_equal(next, TIME_UNKNOWN);
	tell(d, TARGET_WEBHOOK, NEWS_FAIL, "first");
	tell(d, TARGET_WEBHOOK, NEWS_RECOVERED, "second");
	tell(d, "ping of shop", NEWS_START, "");
	open_ledger(d, LEDGER_WRITE);
	expect_due(d, NOW, "webhook fail first; ping of shop start ");
	must(ledger_outbox_next(d->ledger, NOW, &next, &d->err));
	assert_int_equal(next, NOW);
}

static void test_one_that_waits_holds_up_its_own_target_alone(void **state)
{
	struct data *d = *state;
	CLEANUP(targets_done) struct targets targets = {0};
	CLEANUP(call_done) struct call m = {0};
	int64_t next;

	tell(d, TARGET_WEBHOOK, NEWS_FAIL, "first");
	tell(d, TARGET_WEBHOOK, NEWS_RECOVERED, "second");
	tell(d, "ping of shop", NEWS_START, "");
	m = first(d, NOW);
	must(ledger_outbox_put_off(d->ledger, &m, NOW + 60, "it is down", NOW, &d->err));
	open_ledger(d, LEDGER_WRITE);
	expect_due(d, NOW + 59, "ping of shop start ");
	expect_due(d, NOW + 60, "ping of shop start ; webhook fail first");
	must(ledger_targets(d->ledger, &targets, &d->err));
	assert_int_equal(targets.count, 2);
	assert_int_equal(find(&targets, TARGET_WEBHOOK)->waiting, 2);
	assert_int_equal(find(&targets, TARGET_WEBHOOK)->failing_since, NOW);
	assert_string_equal(find(&targets, TARGET_WEBHOOK)->trouble, "it is down");
	assert_int_equal(find(&targets, "ping of shop")->failing_since, TIME_UNKNOWN);
	call_done(&m);
	m = first(d, NOW);
	must(ledger_outbox_delivered(d->ledger, &m, &d->err));
	must(ledger_outbox_next(d->ledger, NOW, &next, &d->err));
	assert_int_equal(next, NOW + 60);
}

static void test_delivery_ends_the_trouble(void **state)
{
	struct data *d = *state;
	CLEANUP(targets_done) struct targets targets = {0};
	CLEANUP(call_done) struct call m = {0};

	tell(d, TARGET_WEBHOOK, NEWS_FAIL, "first");
	m = first(d, NOW);
	must(ledger_outbox_put_off(d->ledger, &m, NOW + 60, "it is down", NOW, &d->err));
	call_done(&m);
	m = first(d, NOW + 60);
	assert_int_equal(m.tries, 1);
	must(ledger_outbox_put_off(d->ledger, &m, NOW + 360, "it is still down", NOW + 60, &d->err));
	must(ledger_targets(d->ledger, &targets, &d->err));
	assert_int_equal(targets.items[0].failing_since, NOW); /* since the first */
	assert_string_equal(targets.items[0].trouble, "it is still down");
	must(ledger_outbox_delivered(d->ledger, &m, &d->err));
	targets_done(&targets);
	must(ledger_targets(d->ledger, &targets, &d->err));
	assert_int_equal(targets.count, 0);
}

static void test_one_given_up_lets_the_next_pass_and_stays_said(void **state)
{
	struct data *d = *state;
	CLEANUP(targets_done) struct targets targets = {0};
	CLEANUP(call_done) struct call m = {0};

	tell(d, TARGET_WEBHOOK, NEWS_FAIL, "first");
	tell(d, TARGET_WEBHOOK, NEWS_RECOVERED, "second");
	m = first(d, NOW);
	must(ledger_outbox_give_up(d->ledger, &m, "answered 404", NOW, &d->err));
	expect_due(d, NOW, "webhook recovered second");
	must(ledger_targets(d->ledger, &targets, &d->err));
	assert_int_equal(targets.items[0].given_up, 1);
	assert_int_equal(targets.items[0].waiting, 1);
	assert_string_equal(targets.items[0].trouble, "answered 404");
}

static void test_what_waits_has_a_cap(void **state)
{
	struct data *d = *state;
	CLEANUP(targets_done) struct targets targets = {0};
	CLEANUP(calls_done) struct calls list = {0};
	const struct tolds nothing = {0};

	for (int i = 0; i < OUTBOX_CAP + 3; i++) {
		autofree char *n = format("%d", i);

		calls_add(&list, TARGET_WEBHOOK, NEWS_FAIL, "shop", n, NOW);
	}
	calls_add(&list, "ping of shop", NEWS_START, "shop", NULL, NOW);
	must(ledger_tell(d->ledger, &nothing, &list, NOW, &d->err));
	must(ledger_targets(d->ledger, &targets, &d->err));
	assert_int_equal(find(&targets, TARGET_WEBHOOK)->waiting, OUTBOX_CAP);
	assert_int_equal(find(&targets, TARGET_WEBHOOK)->given_up, 3);
	assert_non_null(strstr(find(&targets, TARGET_WEBHOOK)->trouble, "more than 200 messages waited"));
	assert_int_equal(find(&targets, "ping of shop")->waiting, 1);
	expect_due(d, NOW, "webhook fail 3; ping of shop start ");
}

static void test_a_clock_that_went_back_holds_nothing_up(void **state)
{
	struct data *d = *state;
	int64_t next;

	tell(d, TARGET_WEBHOOK, NEWS_FAIL, "first"); /* at NOW, which turns out to have been in the future */
	expect_due(d, NOW - HOUR, "");
	expect_due(d, NOW - 30 * DAY, "webhook fail first");
	must(ledger_outbox_next(d->ledger, NOW - 30 * DAY, &next, &d->err));
	assert_int_equal(next, NOW - 30 * DAY);
}

static void test_a_target_that_is_no_more_is_forgotten(void **state)
{
	struct data *d = *state;
	CLEANUP(targets_done) struct targets targets = {0};

	tell(d, TARGET_WEBHOOK, NEWS_FAIL, "first");
	must(ledger_target_ill(d->ledger, TARGET_WEBHOOK, "it is down", NOW, &d->err));
	tell(d, "ping of shop", NEWS_START, "");
	must(ledger_target_forget(d->ledger, TARGET_WEBHOOK, &d->err));
	must(ledger_targets(d->ledger, &targets, &d->err));
	assert_int_equal(targets.count, 1);
	assert_string_equal(targets.items[0].name, "ping of shop");
}

static void test_the_ping_that_nobody_keeps(void **state)
{
	struct data *d = *state;
	CLEANUP(targets_done) struct targets targets = {0};

	must(ledger_target_well(d->ledger, TARGET_PING, &d->err));
	must(ledger_target_ill(d->ledger, TARGET_PING, "no route", NOW, &d->err));
	must(ledger_target_ill(d->ledger, TARGET_PING, "no route", NOW + 300, &d->err));
	must(ledger_target_ill(d->ledger, TARGET_PING, "no answer", NOW + 600, &d->err));
	must(ledger_targets(d->ledger, &targets, &d->err));
	assert_int_equal(targets.items[0].failing_since, NOW);
	assert_int_equal(targets.items[0].waiting, 0);
	assert_string_equal(targets.items[0].trouble, "no answer");
	must(ledger_target_well(d->ledger, TARGET_PING, &d->err));
	targets_done(&targets);
	must(ledger_targets(d->ledger, &targets, &d->err));
	assert_int_equal(targets.count, 0);
}

static void test_what_was_told_is_kept(void **state)
{
	struct data *d = *state;
	CLEANUP(tolds_done) struct tolds list = {0}, read = {0};
	const struct calls none = {0};
	struct told shop = TOLD_NOTHING, box = TOLD_NOTHING;

	shop.source = xstrdup("shop");
	shop.refuted = xstrdup("shop/shop_20261122_031500");
	shop.troubled = shop.stale = true;
	shop.begun = 7;
	shop.ended = 6;
	shop.drilled = 12;
	box.source = xstrdup("");
	box.weekly = NOW;
	tolds_add(&list, &shop);
	tolds_add(&list, &box);
	must(ledger_tell(d->ledger, &list, &none, NOW, &d->err));
	open_ledger(d, LEDGER_WRITE);
	must(ledger_told(d->ledger, &read, &d->err));
	assert_int_equal(read.count, 2);
	assert_true(told_same(tolds_find(&read, "shop"), &list.items[0]));
	assert_true(told_same(tolds_find(&read, ""), &list.items[1]));
	assert_int_equal(tolds_find(&read, "crm")->begun, ROW_UNKNOWN);
	list.items[0].stale = false;
	set_text(&list.items[0].refuted, NULL);
	must(ledger_tell(d->ledger, &list, &none, NOW, &d->err));
	tolds_done(&read);
	must(ledger_told(d->ledger, &read, &d->err));
	assert_int_equal(read.count, 2);
	assert_true(told_same(tolds_find(&read, "shop"), &list.items[0]));
}

#define with_data(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_go_both_ways),
		cmocka_unit_test(test_a_sentence_is_cut_between_characters),
		cmocka_unit_test(test_it_is_tried_again_later_and_later_and_given_up_after_a_week),
		cmocka_unit_test(test_targets_are_told_apart),
		with_data(test_messages_wait_in_order_and_outlive_the_process),
		with_data(test_one_that_waits_holds_up_its_own_target_alone),
		with_data(test_delivery_ends_the_trouble),
		with_data(test_one_given_up_lets_the_next_pass_and_stays_said),
		with_data(test_what_waits_has_a_cap),
		with_data(test_a_clock_that_went_back_holds_nothing_up),
		with_data(test_a_target_that_is_no_more_is_forgotten),
		with_data(test_the_ping_that_nobody_keeps),
		with_data(test_what_was_told_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
