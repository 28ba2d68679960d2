#include "unit/unit.h"

#include "base/text.h"
#include "notify/news.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z, a Friday */
#define HOUR 3600
#define DAY 86400
#define DUMP_1 "shop/shop_20270114_031500"
#define DUMP_2 "shop/shop_20270115_031500"

/* A source, proven and in date, with both kinds of target; a test changes what it is about. */
struct fixture {
	struct status status;
	struct source_status *source;
	struct source_facts facts;
	struct events rows; /* newest first */
	struct situation s;
	struct told told;
};

static void be_well(struct fixture *f)
{
	f->facts = (struct source_facts){
		.ever_proven = true, .in_date = true, .proven_copy_present = true, .proven_copy_fresh = true};
	f->source->verdict = VERDICT_PASS;
	f->source->in_date = true;
	f->source->data_as_of = NOW - 5 * HOUR;
	set_text(&f->source->reason, "");
	set_text(&f->source->last_try_result, "pass");
	set_text(&f->source->brief, NULL);
	f->s.refuted = NULL;
	f->s.let_in = true;
}

static void refuse(struct fixture *f, const char *why)
{
	f->facts.pull_refused = true;
	f->s.let_in = false;
	set_text(&f->source->last_try_result, why);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->source = status_add(&f->status, "shop");
	f->s = (struct situation){
		.status = f->source, .facts = &f->facts, .ever_proven = true, .rows = &f->rows, .now = NOW, .clock_known = true,
		.webhook = true};
	f->told = TOLD_NOTHING;
	be_well(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	status_done(&f->status);
	events_done(&f->rows);
	told_done(&f->told);
	free(f);
	return 0;
}

/* What is news now, as "news sentence" lines; what is told by it is told from now on. */
static char *news(struct fixture *f)
{
	CLEANUP(calls_done) struct calls list = {0};
	struct told after = news_of_source(&f->told, &f->s, &list);
	struct text t = {0};

	told_done(&f->told);
	f->told = after;
	for (size_t i = 0; i < list.count; i++)
		text_addf(&t, "%s%s%s%s", i ? "\n" : "", news_word(list.items[i].news), *list.items[i].sentence ? " " : "",
			  list.items[i].sentence);
	return text_take(&t);
}

static void expect(struct fixture *f, const char *wanted)
{
	autofree char *got = news(f);
	autofree char *again = NULL;

	assert_string_equal(got, wanted);
	again = news(f);
	assert_string_equal(again, ""); /* each thing is told once */
}

static void refute(struct fixture *f, const char *dump, const char *why)
{
	f->s.refuted = dump;
	f->facts.newest_refuted = true;
	f->source->verdict = VERDICT_FAIL;
	set_text(&f->source->reason, why);
}

static void add_row(struct fixture *f, enum event_kind kind, int64_t id, enum verdict verdict, const char *reason)
{
	struct event row = {
		.kind = kind, .id = id, .round = kind == EVENT_ROUND ? id : 0, .verdict = verdict, .reason = xstrdup(reason),
		.source = xstrdup("shop"), .dump = xstrdup(DUMP_2)};

	(void)events_add(&f->rows);
	memmove(f->rows.items + 1, f->rows.items, (f->rows.count - 1) * sizeof(row));
	f->rows.items[0] = row;
}

static void end_row(struct fixture *f, enum verdict verdict, const char *reason)
{
	f->rows.items[0].verdict = verdict;
	set_text(&f->rows.items[0].reason, reason);
}

/* ---- the webhook ---- */

static void test_all_is_well_is_no_news(void **state)
{
	struct fixture *f = *state;

	expect(f, "");
	assert_false(f->told.troubled);
}

static void test_a_fail_and_its_end(void **state)
{
	struct fixture *f = *state;

	refute(f, DUMP_1, "public.orders: 412 rows in the source, 0 restored");
	expect(f, "fail " DUMP_1 ": public.orders: 412 rows in the source, 0 restored");
	be_well(f);
	expect(f, "recovered data as of 2027-01-15T03:00:00Z");
	refute(f, DUMP_1, "once more");
	expect(f, "fail " DUMP_1 ": once more");
}

static void test_each_refuted_dump_is_told_and_none_twice(void **state)
{
	struct fixture *f = *state;

	refute(f, DUMP_1, "one");
	expect(f, "fail " DUMP_1 ": one");
	/* another comes, and is drilled: neither well nor news */
	be_well(f);
	f->source->verdict = VERDICT_RUNNING;
	expect(f, "");
	refute(f, DUMP_1, "one");
	expect(f, "");
	refute(f, DUMP_2, "two");
	expect(f, "fail " DUMP_2 ": two");
}

static void test_undecided_is_no_recovery(void **state)
{
	struct fixture *f = *state;

	refute(f, DUMP_1, "one");
	expect(f, "fail " DUMP_1 ": one");
	be_well(f);
	f->facts.newest_undecided = true;
	f->source->verdict = VERDICT_UNDECIDED;
	expect(f, "");
	be_well(f);
	expect(f, "recovered data as of 2027-01-15T03:00:00Z");
}

static void test_no_longer_in_date_says_why(void **state)
{
	struct fixture *f = *state;

	f->facts.in_date = false;
	f->source->data_as_of = NOW - 31 * HOUR;
	set_text(&f->source->last_try_result, "'db.example.com': nothing listens");
	expect(f, "stale its newest proven data is of 2027-01-14T01:00:00Z, 31 h old; the last pull did not deliver: "
		  "'db.example.com': nothing listens");
	be_well(f);
	expect(f, "recovered data as of 2027-01-15T03:00:00Z");
}

/* What never was in date cannot end to be, and without a clock nobody knows. */
static void test_what_is_not_stale(void **state)
{
	struct fixture *f = *state;

	f->facts.in_date = f->facts.ever_proven = f->s.ever_proven = false;
	f->source->data_as_of = TIME_UNKNOWN;
	f->source->verdict = VERDICT_UNDECIDED;
	expect(f, "");
	be_well(f);
	f->s.ever_proven = true;
	f->facts.in_date = false;
	f->s.clock_known = false;
	expect(f, "");
}

/* A file of the source that is half written is no matter of dates, before or after. */
static void test_a_broken_file_keeps_what_was_told(void **state)
{
	struct fixture *f = *state;

	f->facts.broken = true;
	f->facts.in_date = false;
	expect(f, "");
	f->facts.broken = false;
	f->source->data_as_of = NOW - 31 * HOUR;
	expect(f, "stale its newest proven data is of 2027-01-14T01:00:00Z, 31 h old");
	f->facts.broken = true;
	expect(f, "");
	f->facts.broken = false;
	expect(f, "");
	be_well(f);
	expect(f, "recovered data as of 2027-01-15T03:00:00Z");
}

static void test_a_store_that_was_emptied(void **state)
{
	struct fixture *f = *state;

	f->facts.ever_proven = f->facts.in_date = f->facts.proven_copy_present = false;
	f->source->data_as_of = TIME_UNKNOWN;
	f->source->verdict = VERDICT_UNDECIDED;
	set_text(&f->source->reason, "its newest dump is no longer in the store");
	expect(f, "stale it has no proven dump any more; its newest dump is no longer in the store");
	be_well(f);
	expect(f, "recovered data as of 2027-01-15T03:00:00Z");
}

static void test_a_clock_that_is_unknown_keeps_what_was_told(void **state)
{
	struct fixture *f = *state;

	f->facts.in_date = false;
	f->source->data_as_of = NOW - 31 * HOUR;
	expect(f, "stale its newest proven data is of 2027-01-14T01:00:00Z, 31 h old");
	f->s.clock_known = false;
	f->facts.in_date = true;
	expect(f, "");
	f->facts.in_date = false;
	f->s.clock_known = true;
	expect(f, "");
}

static void test_a_refusal_is_told_while_all_is_in_date(void **state)
{
	struct fixture *f = *state;

	refuse(f, "the server at 'db' refused the password of 'drillbox'");
	expect(f, "refused the server at 'db' refused the password of 'drillbox'");
	be_well(f);
	f->source->verdict = VERDICT_RUNNING; /* the pull went through; its drill has not ended */
	expect(f, "");
	refuse(f, "the certificate has expired");
	expect(f, "refused the certificate has expired");
	be_well(f);
	expect(f, "recovered data as of 2027-01-15T03:00:00Z");
}

/* A login that is refused and a network that is down, by turns, while what is proven is in date: one night, one message. */
static void test_a_refusal_by_turns(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		be_well(f);
		refuse(f, "no");
		expect(f, i ? "" : "refused no");
		be_well(f);
		f->s.let_in = false;
		set_text(&f->source->last_try_result, "nothing listens");
		expect(f, "");
	}
	be_well(f);
	set_text(&f->source->last_try_result, "nothing newer is there");
	expect(f, "recovered data as of 2027-01-15T03:00:00Z");
	refuse(f, "no");
	expect(f, "refused no");
}

static void test_all_at_once_is_all_told_and_recovers_once(void **state)
{
	struct fixture *f = *state;

	refute(f, DUMP_1, "one");
	f->facts.in_date = false;
	f->source->data_as_of = NOW - 31 * HOUR;
	refuse(f, "no");
	expect(f, "fail " DUMP_1 ": one\nstale its newest proven data is of 2027-01-14T01:00:00Z, 31 h old; the last pull did "
		  "not deliver: no\nrefused no");
	f->facts.pull_refused = false;
	f->s.let_in = true;
	expect(f, "");
	be_well(f);
	expect(f, "recovered data as of 2027-01-15T03:00:00Z");
}

static void test_a_webhook_that_comes_later_hears_what_is_wrong_then(void **state)
{
	struct fixture *f = *state;

	refute(f, DUMP_1, "one");
	f->s.webhook = false;
	expect(f, "");
	f->s.webhook = true;
	expect(f, "fail " DUMP_1 ": one");
	f->s.webhook = false;
	expect(f, "");
	be_well(f);
	f->s.webhook = true;
	expect(f, ""); /* what it never heard of is not over for it */
}

/* ---- pings ---- */

static void ping_only(struct fixture *f)
{
	f->s.webhook = false;
	f->s.ping = true;
}

static void test_a_new_ping_begins_with_the_next_round(void **state)
{
	struct fixture *f = *state;

	ping_only(f);
	add_row(f, EVENT_ROUND, 1, VERDICT_FAIL, "long ago");
	add_row(f, EVENT_ROUND, 2, VERDICT_RUNNING, "");
	expect(f, "");
	end_row(f, VERDICT_PASS, "");
	expect(f, "success");
	add_row(f, EVENT_ROUND, 3, VERDICT_RUNNING, "");
	expect(f, "start");
	end_row(f, VERDICT_PASS, "");
	expect(f, "success");
}

static void test_a_round_that_did_not_pass(void **state)
{
	struct fixture *f = *state;

	ping_only(f);
	expect(f, "");
	add_row(f, EVENT_ROUND, 1, VERDICT_UNDECIDED, "no disk");
	expect(f, "start\nfailure no disk");
	add_row(f, EVENT_ROUND, 2, VERDICT_FAIL, "2 tables lost rows");
	add_row(f, EVENT_ROUND, 3, VERDICT_RUNNING, "");
	expect(f, "start\nfailure 2 tables lost rows\nstart");
}

/* The round's pull, and the round's end. */
static void end_at_pull(struct fixture *f, enum error_kind why, const char *reason)
{
	int64_t round = f->rows.items[0].id;

	end_row(f, VERDICT_UNDECIDED, reason);
	add_row(f, EVENT_PULL, round, VERDICT_UNDECIDED, reason);
	f->rows.items[0].round = round;
	f->rows.items[0].why = why;
}

static void test_a_round_that_brought_nothing(void **state)
{
	static const struct {
		enum error_kind why;
		bool in_date, drilled;
		const char *news;
	} cases[] = {
		{ERR_CURRENT, true, false, "success"},	       {ERR_PAUSED, true, false, "success"},
		{ERR_CURRENT, false, false, "failure the round brought nothing newer, and the source is not proven and in date"},
		{ERR_NETWORK, true, false, "failure because"},
		{ERR_NOTHING, true, false, "failure because"}, /* no dump is there at all */
		{ERR_CURRENT, true, true, "failure because"}, /* what was there already could not be judged */
	};
	struct fixture *f = *state;

	ping_only(f);
	expect(f, "");
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t id = 10 * (int64_t)(i + 1);

		f->facts.in_date = cases[i].in_date;
		add_row(f, EVENT_ROUND, id, VERDICT_RUNNING, "");
		expect(f, "start");
		end_at_pull(f, cases[i].why, "because");
		if (cases[i].drilled) {
			add_row(f, EVENT_DRILL, id, VERDICT_UNDECIDED, "because");
			f->rows.items[0].round = id;
		}
		expect(f, cases[i].news);
	}
}

/* No proof, no success. */
static void test_a_pass_that_proves_nothing(void **state)
{
	struct fixture *f = *state;

	ping_only(f);
	expect(f, "");
	f->facts.ever_proven = f->facts.in_date = false;
	add_row(f, EVENT_ROUND, 1, VERDICT_PASS, "");
	expect(f, "start\nfailure the round passed, but the source is not proven and in date");
}

/* A dump in date is proven, and something that keeps green off is known all the same. */
static void test_a_pass_while_something_is_known_against_it(void **state)
{
	static const struct {
		struct source_facts facts;
		bool clock_unknown;
		const char *why;
	} cases[] = {
		{{.newest_undecided = true, .proven_copy_present = true, .proven_copy_fresh = true}, false, "the newest is "
		 "undecided"},
		{{.proven_copy_fresh = true}, false, "it is gone"},
		{{.proven_copy_present = true}, false, "not re-read"},
		{{.proven_copy_present = true, .proven_copy_fresh = true}, true, "the box's clock is not known"},
	};
	struct fixture *f = *state;

	ping_only(f);
	expect(f, "");
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *wanted = format("start\nfailure the round passed, but the source is not proven and in date: %s",
					       cases[i].why);

		f->facts = cases[i].facts;
		f->facts.ever_proven = f->facts.in_date = true;
		f->s.clock_known = !cases[i].clock_unknown;
		set_text(&f->source->reason, cases[i].why);
		add_row(f, EVENT_ROUND, 10 * (int64_t)i + 1, VERDICT_PASS, "");
		expect(f, wanted);
		add_row(f, EVENT_DRILL, 10 * (int64_t)i + 2, VERDICT_PASS, ""); /* of the older, proven one */
		expect(f, "");
	}
}

/* The facts are of the newest round: what it has not settled yet is not held against one that passed before it. */
static void test_a_pass_before_another_round(void **state)
{
	struct fixture *f = *state;

	ping_only(f);
	expect(f, "");
	add_row(f, EVENT_ROUND, 1, VERDICT_PASS, "");
	add_row(f, EVENT_ROUND, 2, VERDICT_RUNNING, "");
	f->facts.newest_undecided = true;
	expect(f, "start\nstart");
	end_row(f, VERDICT_PASS, "");
	be_well(f);
	expect(f, "success");
}

static void test_drills_outside_of_a_round(void **state)
{
	struct fixture *f = *state;

	ping_only(f);
	add_row(f, EVENT_DRILL, 4, VERDICT_PASS, "");
	expect(f, "");
	add_row(f, EVENT_DRILL, 5, VERDICT_RUNNING, "");
	expect(f, "");
	end_row(f, VERDICT_PASS, "");
	expect(f, "success");
	add_row(f, EVENT_DRILL, 6, VERDICT_FAIL, "an old one is bad");
	set_text(&f->rows.items[0].dump, DUMP_1);
	expect(f, "");
	refute(f, DUMP_2, "bad");
	add_row(f, EVENT_DRILL, 7, VERDICT_FAIL, "bad");
	expect(f, "failure bad");
	add_row(f, EVENT_DRILL, 8, VERDICT_PASS, ""); /* of an older one: the newest stays refuted */
	expect(f, "");
	be_well(f);
	add_row(f, EVENT_DRILL, 9, VERDICT_UNDECIDED, "stopped");
	expect(f, "");
	f->rows.items[0].round = 3; /* one of a round's is told with the round */
	add_row(f, EVENT_DRILL, 10, VERDICT_PASS, "");
	f->rows.items[0].round = 3;
	expect(f, "");
}

static void test_a_ping_taken_out_and_put_back_in(void **state)
{
	struct fixture *f = *state;

	ping_only(f);
	expect(f, "");
	f->s.ping = false;
	expect(f, "");
	add_row(f, EVENT_ROUND, 1, VERDICT_FAIL, "unheard");
	f->s.ping = true;
	expect(f, "");
	add_row(f, EVENT_ROUND, 2, VERDICT_PASS, "");
	expect(f, "start\nsuccess");
}

/* ---- the week ---- */

static char *weekly(struct fixture *f, const struct schedule *at, int64_t now, bool clock_known)
{
	const struct summary s = {.status = &f->status, .weekly = at, .now = now, .clock_known = clock_known};
	CLEANUP(calls_done) struct calls list = {0};
	struct told after = news_of_box(&f->told, &s, &list);

	told_done(&f->told);
	f->told = after;
	assert_true(list.count <= 1);
	return xstrdup(list.count ? list.items[0].sentence : "");
}

static void expect_week(struct fixture *f, const struct schedule *at, int64_t now, bool clock_known, const char *wanted)
{
	autofree char *got = weekly(f, at, now, clock_known);

	assert_string_equal(got, wanted);
}

static void test_the_weekly_line(void **state)
{
	static const struct schedule monday = {.weekday = 1, .hour = 8};
	struct fixture *f = *state;
	const int64_t due = NOW + 3 * DAY; /* Monday 08:00, UTC */

	status_add(&f->status, "crm")->verdict = VERDICT_UNDECIDED;
	expect_week(f, NULL, NOW, true, "");
	assert_int_equal(f->told.weekly, TIME_UNKNOWN);
	expect_week(f, &monday, NOW, false, "");
	expect_week(f, &monday, NOW, true, ""); /* the first is due in three days */
	assert_int_equal(news_weekly_at(&f->told, &monday, NOW), due);
	expect_week(f, &monday, due - 1, true, "");
	expect_week(f, &monday, due + 60, false, "");
	expect_week(f, &monday, due + 60, true,
		    "1 of 2 undecided: crm, nothing is proven yet; data as of 2027-01-15T03:00:00Z (shop)");
	expect_week(f, &monday, due + 120, true, "");
	/* weeks without power come to one line */
	expect_week(f, &monday, due + 22 * DAY, true,
		    "1 of 2 undecided: crm, nothing is proven yet; data as of 2027-01-15T03:00:00Z (shop)");
	assert_int_equal(news_weekly_at(&f->told, &monday, due + 22 * DAY), due + 28 * DAY);
	/* a clock that is put back a little does not say it twice; one that was far ahead does not keep it away */
	expect_week(f, &monday, due + 22 * DAY - 30, true, "");
	assert_int_equal(news_weekly_at(&f->told, &monday, due + 22 * DAY - 30), due + 28 * DAY);
	assert_int_equal(news_weekly_at(&f->told, &monday, due), due);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_fixture(test_all_is_well_is_no_news),
		with_fixture(test_a_fail_and_its_end),
		with_fixture(test_each_refuted_dump_is_told_and_none_twice),
		with_fixture(test_undecided_is_no_recovery),
		with_fixture(test_no_longer_in_date_says_why),
		with_fixture(test_what_is_not_stale),
		with_fixture(test_a_broken_file_keeps_what_was_told),
		with_fixture(test_a_store_that_was_emptied),
		with_fixture(test_a_clock_that_is_unknown_keeps_what_was_told),
		with_fixture(test_a_refusal_is_told_while_all_is_in_date),
		with_fixture(test_a_refusal_by_turns),
		with_fixture(test_all_at_once_is_all_told_and_recovers_once),
		with_fixture(test_a_webhook_that_comes_later_hears_what_is_wrong_then),
		with_fixture(test_a_new_ping_begins_with_the_next_round),
		with_fixture(test_a_round_that_did_not_pass),
		with_fixture(test_a_round_that_brought_nothing),
		with_fixture(test_a_pass_that_proves_nothing),
		with_fixture(test_a_pass_while_something_is_known_against_it),
		with_fixture(test_a_pass_before_another_round),
		with_fixture(test_drills_outside_of_a_round),
		with_fixture(test_a_ping_taken_out_and_put_back_in),
		with_fixture(test_the_weekly_line),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
