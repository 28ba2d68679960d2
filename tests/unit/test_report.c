#include "unit/unit.h"

#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "port/json.h"
#include "port/table.h"
#include "report/layout.h"
#include "report/progress.h"
#include "report/report.h"

#define NOW INT64_C(1795435200) /* 2026-11-23 12:00 UTC, a Monday; 13:00 in Berlin */
#define HOUR 3600
#define DAY 86400
#define SHOP "shop/shop_20261122_031500"

static int in_berlin(void **state)
{
	(void)state;
	if (setenv("TZ", "Europe/Berlin", 1) < 0)
		return -1;
	tzset();
	return 0;
}

/* What a report prints, at 80 columns, without colour. */
struct page {
	struct report r;
	char *text;
	size_t n;
};

static void page_open(struct page *p, bool json)
{
	*p = (struct page){0};
	p->r = (struct report){.to = open_memstream(&p->text, &p->n), .json = json, .width = 80, .now = NOW};
	assert_non_null(p->r.to);
}

static void page_close(struct page *p)
{
	assert_int_equal(fclose(p->r.to), 0);
}

static void page_done(struct page *p)
{
	free(p->text);
}

#define expect_in(page, words)                                             \
	do {                                                               \
		if (!strstr((page)->text, words))                          \
			fail_msg("no '%s' in:\n%s", words, (page)->text);  \
	} while (0)

/* No line before 'end' (NULL: the last) is wider than the screen. */
static void expect_narrow(const struct page *p, const char *end)
{
	autofree char *copy = xstrdup(p->text);
	char *rest = copy, *line;

	if (end) {
		assert_non_null(strstr(copy, end));
		*strstr(copy, end) = '\0';
	}
	while ((line = strsep(&rest, "\n")))
		if (text_columns(line) > 80)
			fail_msg("wider than 80 columns: %s", line);
}

static struct json *parsed(struct page *p)
{
	struct json *root = NULL;
	struct error err = {0};

	if (json_parse(p->text, p->n, &root, &err) < 0)
		fail_msg("%s in:\n%s", err.text, p->text);
	assert_int_equal(json_get_int(root, "schema"), 1);
	return root;
}

/* ---- times ---- */

static void test_times_in_the_zone_of_the_box(void **state)
{
	static const struct {
		int64_t t;
		const char *text;
	} cases[] = {
		{NOW - 10 * HOUR, "today 03:00"},	    {NOW - 14 * HOUR, "yesterday 23:00"},
		{NOW + 15 * HOUR, "tomorrow 04:00"},	    {NOW - 3 * DAY, "Fri 13:00"},
		{NOW + 3 * DAY, "Thu 13:00"},		    {NOW - 7 * DAY, "2026-11-16 13:00"},
		{NOW - 60 * DAY, "2026-09-24 14:00"},	    {TIME_UNKNOWN, "never"},
	};
	char buf[WHEN_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(when_text(cases[i].t, NOW, buf), cases[i].text);
	assert_string_equal(when_and_age(NOW - 53 * HOUR, NOW, buf), "Sat 08:00 (53 h)");
	assert_string_equal(when_and_age(NOW + HOUR, NOW, buf), "today 14:00 (in the future)");
	assert_string_equal(when_and_age(TIME_UNKNOWN, NOW, buf), "never");
	assert_string_equal(zone_name(buf), "Europe/Berlin");
}

static void test_a_day_of_25_hours_is_one_day(void **state)
{
	const int64_t change = 1792976400; /* 2026-10-26 02:00 in Berlin; the night before had 25 hours */
	char buf[WHEN_TEXT];

	(void)state;
	assert_string_equal(when_text(change - 25 * HOUR, change, buf), "yesterday 02:00");
	assert_string_equal(when_text(change + 25 * HOUR, change, buf), "tomorrow 03:00");
}

/* ---- show ---- */

static void a_drill(struct show *s, enum verdict verdict, const char *reason)
{
	*s = (struct show){
		.drill = {.event = {.kind = EVENT_DRILL, .id = 128, .source = xstrdup("shop"), .dump = xstrdup(SHOP),
				    .verdict = verdict, .reason = xstrdup(reason), .started = NOW - HOUR,
				    .ended = NOW - HOUR + 94, .seconds = 94, .level = LEVEL_STANDARD, .pid = 77},
			  .findings = {.restore_seconds = verdict == VERDICT_PASS ? 73.6 : -1}},
		.stored = true,
		.path = xstrdup("/data/store/shop/shop_20261122_031500.dump"),
		.recovery = xstrdup("# Whole?\ncd /data\npg_restore it\n"),
		.own_checks = true,
		.data_as_of = 1795317304, /* 2026-11-22 04:15:04 in Berlin */
		.last_proven_taken = TIME_UNKNOWN,
		.accepted_at = TIME_UNKNOWN,
		.median_seconds = -1,
	};
}

static void test_show_a_pass(void **state)
{
	CLEANUP(show_done) struct show s;
	CLEANUP(page_done) struct page p;
	struct findings *f = &s.drill.findings;

	(void)state;
	a_drill(&s, VERDICT_PASS, "");
	findings_add(f, RUNG_MEDIA, RESULT_PASS, "sha256", "9c", "9c", "%s", "");
	findings_add(f, RUNG_VOLUME, RESULT_PASS, "public.orders", "9214000", "9214000", "%s", "");
	findings_add(f, RUNG_VOLUME, RESULT_PASS, "public.items", "553", "553", "%s", "");
	findings_add(f, RUNG_VOLUME, RESULT_PASS, "large objects", "3", "3", "%s", "");
	findings_add(f, RUNG_SEQUENCES, RESULT_PASS, "public.orders_id_seq", "9", "9", "%s", "");
	findings_add(f, RUNG_WRITES, RESULT_SKIP, "writes", "", "", "%s", "as it was told");
	findings_add_phase(f, RUNG_MEDIA, 2.1, "412 MB read back from the disk, sha256 9c1f...e2");
	findings_add_phase(f, RUNG_RESTORE, 71.2, "2 jobs; 1 message tolerated: transaction_timeout is unknown to this "
						  "older server");
	findings_note(f, "sequence public.legacy_id_seq is behind max(legacy.id): in the source too");
	page_open(&p, false);
	report_show(&p.r, &s);
	page_close(&p);
	assert_string_equal(p.text,
		"drill 128   shop/shop_20261122_031500   PASS   in 94 s\n"
		"  2 tables, 9 214 553 rows and 1 sequence, as many as the source had at 04:15:04\n"
		"\n"
		"  media    2.1 s  412 MB read back from the disk, sha256 9c1f...e2\n"
		"  restore   71 s  2 jobs; 1 message tolerated: transaction_timeout is unknown to\n"
		"                  this older server\n"
		"  writes          skipped: as it was told\n"
		"  note            sequence public.legacy_id_seq is behind max(legacy.id): in the\n"
		"                  source too\n"
		"\n"
		"The dump:  /data/store/shop/shop_20261122_031500.dump\n"
		"Data as of yesterday 04:15 (times: Europe/Berlin)\n"
		"\n"
		"To restore it by hand, as superuser of an empty server (PGHOST, PGPORT, PGUSER):\n"
		"\n"
		"# Whole?\ncd /data\npg_restore it\n");
	expect_narrow(&p, "# Whole");
}

static void test_show_says_that_there_are_no_checks_of_your_own(void **state)
{
	CLEANUP(show_done) struct show s;
	CLEANUP(page_done) struct page p;

	(void)state;
	a_drill(&s, VERDICT_PASS, "");
	s.own_checks = false;
	findings_add_phase(&s.drill.findings, RUNG_MEDIA, 1, "x");
	page_open(&p, false);
	report_show(&p.r, &s);
	page_close(&p);
	expect_in(&p, "no checks of your own: put queries in checks.d/shop/NAME.sql");
	expect_in(&p, "the source had is not known here"); /* nothing was: it must not say more than it knows */
}

static void test_show_a_fail(void **state)
{
	CLEANUP(show_done) struct show s;
	CLEANUP(page_done) struct page p;

	(void)state;
	a_drill(&s, VERDICT_FAIL, "public.orders came back with fewer rows; and 1 more check failed");
	findings_add(&s.drill.findings, RUNG_VOLUME, RESULT_FAIL, "public.orders", "412310", "0", "%s",
		     "412 310 rows in the source, 0 restored");
	findings_add(&s.drill.findings, RUNG_STRUCTURE, RESULT_FAIL, "public.\x1b[31mitems", "an index", "", "%s", "");
	s.last_proven = xstrdup("shop/shop_20261121_031500");
	s.last_proven_taken = NOW - 31 * HOUR;
	page_open(&p, false);
	report_show(&p.r, &s);
	page_close(&p);
	expect_in(&p, "FAIL   in 94 s\n  public.orders came back with fewer rows; and 1 more check failed\n\n");
	expect_in(&p, "  volume     public.orders      412 310 rows in the source, 0 restored\n");
	expect_in(&p, "  structure  public.?[31mitems  expected an index, found nothing\n");
	expect_in(&p, "\n\n  Likely: the dump was made with the rows of these left out, by options of\n  pg_dump or a filter.\n"
		      "  To do: 'drillbox doctor shop', then 'drillbox round shop'.\n"
		      "  The last proven copy is shop/shop_20261121_031500, 31 h old, kept; to recover\n"
		      "  from that one: 'drillbox show shop/shop_20261121_031500'.\n");
	expect_in(&p, "\nThis dump is refuted; 'drillbox show shop/shop_20261121_031500' has the lines");
	assert_null(strchr(p.text, '\x1b'));
	expect_narrow(&p, "# Whole");
}

/* What was expected and what was found, where the sentence does not say; a statement that a check is named after is cut. */
static void test_show_a_fail_with_its_values(void **state)
{
	CLEANUP(show_done) struct show s;
	CLEANUP(page_done) struct page p;
	struct findings *f = &s.drill.findings;

	(void)state;
	a_drill(&s, VERDICT_FAIL, "table 'public.t' came back with another owner; and 3 more checks failed");
	findings_add(f, RUNG_STRUCTURE, RESULT_FAIL, "public.t", "shop", "postgres", "%s", "it came back with another owner");
	findings_add(f, RUNG_STRUCTURE, RESULT_FAIL, "public.i", "present", "absent", "%s", "it did not come back");
	findings_add(f, RUNG_RESTORE, RESULT_FAIL,
		     "ALTER TABLE ONLY public.a_table_with_a_name ADD CONSTRAINT with_\xc3\xa4s CHECK", "",
		     "23514 x", "%s", "rows do not pass");
	findings_add(f, RUNG_CHECKS, RESULT_FAIL, "sold", ">= 1", "0", "%s", "a shop that sold nothing is not ours");
	page_open(&p, false);
	report_show(&p.r, &s);
	page_close(&p);
	expect_in(&p, "it came back with another owner (expected shop, found postgres)");
	expect_in(&p, "it did not come back\n");
	expect_in(&p, "ALTER TABLE ONLY public.a_table_with_a_name ADD CONSTRAINT w...\n");
	expect_in(&p, "a shop that sold nothing is not ours (expected >= 1, found 0)");
	expect_in(&p, "No dump of shop is proven.");
	expect_in(&p, "\nThis dump is refuted; no other one is proven.");
	expect_narrow(&p, "# Whole");
}

static void test_show_undecided_judges_nothing(void **state)
{
	CLEANUP(show_done) struct show s;
	CLEANUP(page_done) struct page p;

	(void)state;
	a_drill(&s, VERDICT_UNDECIDED, "the box has no extension 'postgis': build the image with it");
	findings_add(&s.drill.findings, RUNG_PLAN, RESULT_UNDECIDED, "postgis", "", "", "%s",
		     "the box has no extension 'postgis': build the image with it");
	s.stored = false;
	page_open(&p, false);
	report_show(&p.r, &s);
	page_close(&p);
	expect_in(&p, "UNDECIDED   after 94 s\n"
		      "  the box has no extension 'postgis': build the image with it\n"
		      "  This proves nothing and refutes nothing.\n"
		      "\n"
		      "  No dump"); /* said once */
	expect_in(&p, "No dump of shop is proven.\n");
	expect_in(&p, "The dump is no longer in the store.\n");
	assert_null(strstr(p.text, "by hand"));
}

static void test_show_lists_so_many_and_counts_the_rest(void **state)
{
	CLEANUP(show_done) struct show s;
	CLEANUP(page_done) struct page p;

	(void)state;
	a_drill(&s, VERDICT_FAIL, "many");
	for (int i = 0; i < 1000; i++)
		findings_add(&s.drill.findings, RUNG_VOLUME, RESULT_FAIL, "public.t", "1", "0", "%s", "gone");
	page_open(&p, false);
	report_show(&p.r, &s);
	page_close(&p);
	expect_in(&p, "  and 960 more fail; --json has them all\n");
}

static void test_show_json(void **state)
{
	CLEANUP(show_done) struct show s;
	CLEANUP(page_done) struct page p;
	CLEANUP(json_free) struct json *root = NULL;
	const struct json *check;

	(void)state;
	a_drill(&s, VERDICT_PASS, "");
	findings_add(&s.drill.findings, RUNG_VOLUME, RESULT_PASS, "public.orders", "412", "412", "%s", "");
	findings_add_phase(&s.drill.findings, RUNG_RESTORE, 1.9, "x");
	findings_note(&s.drill.findings, "n");
	s.median_seconds = 71;
	s.median_of = 30;
	page_open(&p, true);
	report_show(&p.r, &s);
	page_close(&p);
	root = parsed(&p);
	assert_true(json_get_real(root, "restore_median") == 71);
	assert_true(starts_with(p.text, "{\"schema\":1,\"drill\":128,\"source\":\"shop\",\"dump\":\"" SHOP
				"\",\"verdict\":\"pass\",\"reason\":\"\",\"level\":\"standard\","));
	assert_string_equal(json_get_text(root, "started"), "2026-11-23T11:00:00Z");
	assert_true(json_get_real(root, "seconds") == 94);
	assert_true(json_get_real(root, "restore_seconds") == 73.6);
	assert_string_equal(json_get_text(json_at(json_get(root, "phases"), 0), "name"), "restore");
	assert_true(json_get_real(json_at(json_get(root, "phases"), 0), "seconds") == 1.9);
	assert_string_equal(json_as_text(json_at(json_get(root, "notes"), 0)), "n");
	check = json_at(json_get(root, "checks"), 0);
	assert_string_equal(json_get_text(check, "rung"), "volume");
	assert_string_equal(json_get_text(check, "name"), "public.orders");
	assert_string_equal(json_get_text(check, "result"), "pass");
	assert_string_equal(json_get_text(check, "expected"), "412");
	assert_string_equal(json_get_text(check, "actual"), "412");
	assert_string_equal(json_get_text(check, "detail"), "");
}

/* ---- history ---- */

static void add_event(struct events *list, enum event_kind kind, int64_t id, const char *dump, enum verdict verdict,
		      const char *reason)
{
	struct event *e = events_add(list);

	e->kind = kind;
	e->id = id;
	e->source = xstrdup("shop");
	e->dump = dump ? xstrdup(dump) : NULL;
	e->verdict = verdict;
	e->reason = xstrdup(reason);
	e->started = NOW - HOUR;
	e->seconds = 61;
	e->level = LEVEL_STANDARD;
}

static void test_history(void **state)
{
	CLEANUP(events_done) struct events list = {0};
	CLEANUP(page_done) struct page p;

	(void)state;
	add_event(&list, EVENT_DRILL, 12, SHOP, VERDICT_PASS, "");
	add_event(&list, EVENT_PULL, 9, NULL, VERDICT_UNDECIDED,
		  "connecting to 'db.example.com': the password was refused: check password-file");
	list.items[1].seconds = -1;
	page_open(&p, false);
	report_history(&p.r, &list);
	page_close(&p);
	assert_string_equal(p.text,
		"STARTED      WHAT      DUMP                       VERDICT    TOOK\n"
		"today 12:00  drill 12  shop/shop_20261122_031500  pass       61 s\n"
		"today 12:00  pull 9    shop                       undecided\n"
		"    connecting to 'db.example.com': the password was refused: check\n"
		"    password-file\n"
		"\n"
		"(times: Europe/Berlin)\n");
	expect_narrow(&p, NULL);
}

static void test_history_json(void **state)
{
	CLEANUP(events_done) struct events list = {0};
	CLEANUP(page_done) struct page p;
	CLEANUP(json_free) struct json *root = NULL;
	const struct json *row;

	(void)state;
	add_event(&list, EVENT_DRILL, 12, SHOP, VERDICT_RUNNING, "");
	add_event(&list, EVENT_PULL, 9, NULL, VERDICT_UNDECIDED, "refused");
	page_open(&p, true);
	report_history(&p.r, &list);
	page_close(&p);
	root = parsed(&p);
	assert_true(starts_with(p.text,
				"{\"schema\":1,\"rounds\":[{\"kind\":\"drill\",\"id\":12,\"source\":\"shop\",\"dump\":\"" SHOP
				"\",\"verdict\":\"running\",\"reason\":\"\",\"started\":\"2026-11-23T11:00:00Z\","
				"\"seconds\":61.0,"));
	row = json_at(json_get(root, "rounds"), 1);
	assert_string_equal(json_get_text(row, "kind"), "pull");
	assert_true(json_is_nothing(json_get(row, "dump")));
	assert_string_equal(json_get_text(row, "verdict"), "undecided");
	assert_string_equal(json_get_text(row, "reason"), "refused");
}

static void test_an_empty_history_says_so(void **state)
{
	const struct events none = {0};
	CLEANUP(page_done) struct page p;
	CLEANUP(page_done) struct page j;

	(void)state;
	page_open(&p, false);
	report_history(&p.r, &none);
	page_close(&p);
	assert_string_equal(p.text, "nothing was pulled or drilled yet\n");
	page_open(&j, true);
	report_history(&j.r, &none);
	page_close(&j);
	assert_string_equal(j.text, "{\"schema\":1,\"rounds\":[]}\n");
}

/* ---- dumps ---- */

static void add_dump(struct dumps *list, const char *name, enum dump_state state, const char *kept)
{
	struct dump *d = dumps_add(list);

	d->name = xstrdup(name);
	d->source = xstrdup("shop");
	d->path = format("/data/store/%s.dump", name);
	d->bytes = 412000000;
	d->taken = NOW - 30 * HOUR;
	d->complete = true;
	d->state = state;
	d->kept_because = kept ? xstrdup(kept) : NULL;
	memset(d->sha256, 'a', SHA256_HEX - 1);
}

static void test_dumps(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	CLEANUP(page_done) struct page p;

	(void)state;
	add_dump(&list, SHOP, DUMP_PROVEN, "newest proven");
	add_dump(&list, "shop/shop_20261121_031500", DUMP_UNPROVEN, NULL);
	list.items[1].taken = NOW + DAY;
	page_open(&p, false);
	report_dumps(&p.r, &list, 88000000000);
	page_close(&p);
	assert_string_equal(p.text,
		"DUMP                          AGE    SIZE  STATE     KEPT BECAUSE\n"
		"shop/shop_20261122_031500    30 h  412 MB  proven    newest proven\n"
		"shop/shop_20261121_031500  future  412 MB  unproven  goes with the next prune\n"
		"\n"
		"2 dumps, 824 MB; 88 GB free on the disk (the time in a name is UTC)\n");
	expect_narrow(&p, NULL);
}

static void test_dumps_json(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	CLEANUP(page_done) struct page p;
	CLEANUP(json_free) struct json *root = NULL;
	const struct json *row;

	(void)state;
	add_dump(&list, SHOP, DUMP_PROVEN, "newest proven");
	page_open(&p, true);
	report_dumps(&p.r, &list, -1);
	page_close(&p);
	root = parsed(&p);
	row = json_at(json_get(root, "dumps"), 0);
	assert_string_equal(json_get_text(row, "dump"), SHOP);
	assert_string_equal(json_get_text(row, "source"), "shop");
	assert_string_equal(json_get_text(row, "path"), "/data/store/" SHOP ".dump");
	assert_int_equal(json_get_int(row, "bytes"), 412000000);
	assert_int_equal(strlen(json_get_text(row, "sha256")), 64);
	assert_string_equal(json_get_text(row, "data_as_of"), "2026-11-22T06:00:00Z");
	assert_string_equal(json_get_text(row, "state"), "proven");
	assert_string_equal(json_get_text(row, "kept_because"), "newest proven");
	assert_true(json_is_nothing(json_get(row, "origin")));
}

static void test_a_published_dump_shows_its_origin(void **state)
{
	static const enum vouch vouches[] = {VOUCH_NONE, VOUCH_LIST};
	static const char *const words[] = {"unverified", "sha256"};

	(void)state;
	for (size_t i = 0; i < COUNT(vouches); i++) {
		CLEANUP(dumps_done) struct dumps list = {0};
		CLEANUP(page_done) struct page p, screen;
		CLEANUP(json_free) struct json *root = NULL;
		const struct json *origin;

		add_dump(&list, SHOP, DUMP_PROVEN, "newest proven");
		list.items[0].origin = (struct origin){
			.where = xstrdup("https://db.example.com/shop.dump"), .modified = TIME_UNKNOWN, .vouch = vouches[i]};
		page_open(&p, true);
		report_dumps(&p.r, &list, -1);
		page_close(&p);
		root = parsed(&p);
		origin = json_get(json_at(json_get(root, "dumps"), 0), "origin");
		assert_string_equal(json_get_text(origin, "vouched"), words[i]);
		assert_string_equal(json_get_text(origin, "where"), "https://db.example.com/shop.dump");
		assert_null(json_get_text(origin, "etag"));
		assert_true(json_is_nothing(json_get(origin, "modified")));
		assert_int_equal(strstr(json_get_text(origin, "sentence"), "origin unverified") != NULL, vouches[i] == VOUCH_NONE);
		page_open(&screen, false);
		report_dumps(&screen.r, &list, -1);
		page_close(&screen);
		assert_int_equal(strstr(screen.text, "unverified") != NULL, vouches[i] == VOUCH_NONE);
	}
}

static void test_publish_says_what_is_where(void **state)
{
	CLEANUP(publication_done) struct publication facts = {.source = "shop", .seconds = 3.24, .indexed = 2};
	CLEANUP(dumps_done) struct dumps list = {0};
	CLEANUP(page_done) struct page p;
	CLEANUP(page_done) struct page j;
	CLEANUP(json_free) struct json *root = NULL;

	(void)state;
	add_dump(&list, SHOP, DUMP_UNPROVEN, NULL);
	facts.dump = list.items[0];
	list.count = 0;
	facts.index = xstrdup("/srv/dumps/shop/index.json");
	facts.freed_bytes = 412000000;
	strings_add(&facts.removed, "shop/shop_20261101_031500: too \x1b old");
	strings_add(&facts.notes, "a note");
	page_open(&p, false);
	report_publish(&p.r, &facts);
	page_close(&p);
	expect_in(&p, SHOP "   PUBLISHED   412 MB   in 3.2 s\n");
	expect_in(&p, "  index     /srv/dumps/shop/index.json: 2 dumps\n");
	expect_in(&p, "  removed   shop/shop_20261101_031500: too ? old\n  freed     412 MB\n  note      a note\n");
	page_open(&j, true);
	report_publish(&j.r, &facts);
	page_close(&j);
	root = parsed(&j);
	assert_int_equal(json_get_int(root, "schema"), 1);
	assert_string_equal(json_get_text(root, "dump"), SHOP);
	assert_int_equal(json_get_int(root, "published"), 2);
	assert_int_equal(json_count(json_get(root, "removed")), 1);
}

static void test_publish_that_did_not(void **state)
{
	const struct error why = {.kind = ERR_NETWORK, .text = "nothing listens"};
	const struct publication facts = {.source = "shop", .why = &why};
	CLEANUP(page_done) struct page j;
	CLEANUP(json_free) struct json *root = NULL;

	(void)state;
	page_open(&j, true);
	report_publish(&j.r, &facts);
	page_close(&j);
	root = parsed(&j);
	assert_true(json_is_nothing(json_get(root, "dump")));
	assert_true(json_is_nothing(json_get(root, "index")));
	assert_true(json_is_nothing(json_get(root, "data_as_of")));
	assert_string_equal(json_get_text(root, "reason"), "nothing listens");
}

static void test_prune_says_why_each_goes_or_stays(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	char *gone[] = {NULL, (char *)"older than 14 days"};
	const struct prune facts = {.list = &list, .gone_because = gone, .dry = true, .freed_bytes = 412000000};
	CLEANUP(page_done) struct page p;
	CLEANUP(page_done) struct page j;
	CLEANUP(json_free) struct json *root = NULL;

	(void)state;
	add_dump(&list, SHOP, DUMP_PROVEN, "newest proven");
	add_dump(&list, "shop/shop_20261101_031500", DUMP_REFUTED, NULL);
	page_open(&p, false);
	report_prune(&p.r, &facts);
	page_close(&p);
	expect_in(&p, "shop/shop_20261122_031500  412 MB  proven   stays  newest proven\n");
	expect_in(&p, "shop/shop_20261101_031500  412 MB  refuted  goes   older than 14 days\n");
	expect_in(&p, "1 of 2 dumps would go, 412 MB\n");
	page_open(&j, true);
	report_prune(&j.r, &facts);
	page_close(&j);
	root = parsed(&j);
	assert_true(json_get_bool(root, "dry_run"));
	assert_string_equal(json_get_text(json_at(json_get(root, "gone"), 0), "because"), "older than 14 days");
	assert_string_equal(json_get_text(json_at(json_get(root, "kept"), 0), "dump"), SHOP);
}

/* ---- status ---- */

static void a_status(struct status *s)
{
	struct source_status *shop, *crm;

	*s = (struct status){.box = xstrdup("closet"), .daemon = true, .lights = {PATTERN_OFF, PATTERN_DOUBLE, PATTERN_OFF}};
	shop = status_add(s, "shop");
	shop->data_as_of = NOW - 8 * HOUR - 45 * 60;
	shop->in_date = true;
	shop->verdict = VERDICT_PASS;
	shop->reason = xstrdup("");
	shop->restored_in = 74;
	shop->dumps = 14;
	shop->proven = 13;
	shop->last_pull = shop->last_try = shop->data_as_of;
	shop->last_try_result = xstrdup("pass");
	shop->next = NOW + 15 * HOUR + 15 * 60;
	shop->next_reason = xstrdup("scheduled");
	crm = status_add(s, "crm");
	crm->data_as_of = crm->last_pull = NOW - 53 * HOUR;
	crm->verdict = VERDICT_PASS;
	crm->reason = xstrdup("");
	crm->brief = xstrdup("password refused");
	crm->restored_in = 281;
	crm->dumps = crm->proven = 14;
	crm->last_try = NOW - HOUR;
	crm->last_try_result = xstrdup("the password was refused: check password-file");
	crm->next = NOW + HOUR;
	crm->next_reason = xstrdup("try again");
}

#define LIT "\xe2\x97\x8f"
#define DARK "\xe2\x97\x8b"

static void test_status(void **state)
{
	CLEANUP(status_done) struct status s;
	CLEANUP(page_done) struct page p;

	(void)state;
	a_status(&s);
	page_open(&p, false);
	report_status(&p.r, &s);
	page_close(&p);
	assert_string_equal(p.text,
		"closet   green " DARK "  amber " LIT LIT " red " DARK "     1 of 2 not in date: crm, password refused\n"
		"                                     (times:\xc2\xa0" "Europe/Berlin)\n"
		"\n"
		"SOURCE  DATA AS OF         VERDICT  RESTORED IN  DUMPS          NEXT\n"
		"shop    today 04:15 (9 h)  pass     74 s         14, 13 proven  tomorrow 04:15\n"
		"crm     Sat 08:00 (53 h)   pass     5 min        14, 14 proven  try again 14:00\n"
		"\n"
		"crm: the pull of today 12:00 did not deliver: the password was refused: check\n"
		"  password-file\n");
	expect_narrow(&p, NULL);
}

static void test_status_says_a_reason_once(void **state)
{
	static const char reason[] = "two tables lost rows";
	CLEANUP(status_done) struct status s;
	CLEANUP(page_done) struct page one;
	CLEANUP(page_done) struct page both;

	(void)state;
	a_status(&s);
	s.sources[0].verdict = VERDICT_FAIL;
	set_text(&s.sources[0].reason, reason);
	page_open(&one, false);
	report_status(&one.r, &s);
	page_close(&one);
	expect_in(&one, "1 of 2 refuted: shop, two tables lost rows");
	assert_null(strstr(strstr(one.text, reason) + 1, reason));
	s.sources[1].verdict = VERDICT_FAIL;
	page_open(&both, false);
	report_status(&both.r, &s);
	page_close(&both);
	expect_in(&both, "2 of 2 refuted: shop, crm");
	expect_in(&both, "\nshop: two tables lost rows\n");
}

static void test_status_says_who_could_not_be_told(void **state)
{
	struct page p, j;
	CLEANUP(status_done) struct status s;
	CLEANUP(json_free) struct json *root = NULL;
	const struct json *row;
	struct target *t;

	(void)state;
	a_status(&s);
	targets_add(&s.targets, "ping of shop")->waiting = 1; /* on its way, nothing to say of */
	t = targets_add(&s.targets, TARGET_WEBHOOK);
	t->waiting = 3;
	t->given_up = 1;
	t->failing_since = NOW - 2 * HOUR;
	set_text(&t->trouble, "'hooks.example.com' answered 503: it is tried again");
	page_open(&p, false);
	report_status(&p.r, &s);
	page_close(&p);
	expect_in(&p, "notify: webhook not delivered since today 11:00: 'hooks.example.com' answered");
	expect_in(&p, "3 waiting; 1 given up");
	assert_null(strstr(p.text, "ping of shop"));
	expect_narrow(&p, NULL);
	page_open(&j, true);
	report_status(&j.r, &s);
	page_close(&j);
	root = parsed(&j);
	row = json_at(json_get(root, "notify"), 1);
	assert_string_equal(json_get_text(row, "target"), "webhook");
	assert_int_equal(json_get_int(row, "waiting"), 3);
	assert_int_equal(json_get_int(row, "given_up"), 1);
	assert_string_equal(json_get_text(row, "failing_since"), "2026-11-23T10:00:00Z");
	assert_string_equal(json_get_text(row, "trouble"), "'hooks.example.com' answered 503: it is tried again");
	assert_true(json_is_nothing(json_get(json_at(json_get(root, "notify"), 0), "failing_since")));
	page_done(&p);
	page_done(&j);
}

static void test_status_without_a_daemon(void **state)
{
	CLEANUP(status_done) struct status s;
	CLEANUP(page_done) struct page p;
	CLEANUP(page_done) struct page j;
	CLEANUP(json_free) struct json *root = NULL;

	(void)state;
	a_status(&s);
	s.daemon = false; /* the lights it was given are no one's */
	page_open(&p, false);
	report_status(&p.r, &s);
	page_close(&p);
	expect_in(&p, "green " DARK "  amber " DARK "  red " DARK);
	expect_in(&p, "no daemon answers");
	page_open(&j, true);
	report_status(&j.r, &s);
	page_close(&j);
	root = parsed(&j);
	assert_false(json_get_bool(root, "daemon"));
	assert_string_equal(json_get_text(json_get(root, "lights"), "busy"), "off");
}

static void test_status_json(void **state)
{
	CLEANUP(status_done) struct status s;
	CLEANUP(page_done) struct page p;
	CLEANUP(json_free) struct json *root = NULL;
	const struct json *row;

	(void)state;
	a_status(&s);
	s.sources[1].data_as_of = s.sources[1].last_pull = TIME_UNKNOWN;
	page_open(&p, true);
	report_status(&p.r, &s);
	page_close(&p);
	root = parsed(&p);
	assert_string_equal(json_get_text(root, "box"), "closet");
	assert_string_equal(json_get_text(json_get(root, "lights"), "pass"), "off");
	assert_string_equal(json_get_text(json_get(root, "lights"), "busy"), "double");
	assert_string_equal(json_get_text(json_get(root, "lights"), "fail"), "off");
	row = json_at(json_get(root, "sources"), 0);
	assert_string_equal(json_get_text(row, "source"), "shop");
	assert_string_equal(json_get_text(row, "data_as_of"), "2026-11-23T03:15:00Z");
	assert_true(json_get_bool(row, "in_date"));
	assert_string_equal(json_get_text(row, "verdict"), "pass");
	assert_string_equal(json_get_text(row, "reason"), "");
	assert_string_equal(json_get_text(row, "last_pull"), "2026-11-23T03:15:00Z");
	assert_string_equal(json_get_text(row, "last_pull_result"), "pass");
	assert_string_equal(json_get_text(row, "last_try_result"), "pass");
	assert_string_equal(json_get_text(row, "next"), "2026-11-24T03:15:00Z");
	row = json_at(json_get(root, "sources"), 1);
	assert_true(json_is_nothing(json_get(row, "data_as_of")));
	assert_true(json_is_nothing(json_get(row, "last_pull")));
	assert_true(json_is_nothing(json_get(row, "last_pull_result")));
	assert_string_equal(json_get_text(row, "last_try_result"), "the password was refused: check password-file");
}

/* ---- doctor ---- */

static void test_doctor(void **state)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};
	CLEANUP(page_done) struct page p;
	CLEANUP(page_done) struct page j;
	CLEANUP(json_free) struct json *root = NULL;

	(void)state;
	prechecks_add(&list, PRECHECK_OK, ERR_NONE, "clock", "", "synchronised");
	prechecks_add(&list, PRECHECK_BAD, ERR_PRIVILEGE, "privileges",
		      "on the source:\nGRANT SELECT ON public.audit_2026, public.tmp_a, billing.cards, billing.more TO drillbox;",
		      "3 of 187 relations cannot be read: public.audit_2026, public.tmp_a, billing.cards");
	page_open(&p, false);
	report_doctor(&p.r, "shop", &list);
	page_close(&p);
	assert_string_equal(p.text,
		"shop\n"
		"ok    clock       synchronised\n"
		"bad   privileges  3 of 187 relations cannot be read: public.audit_2026,\n"
		"                  public.tmp_a, billing.cards\n"
		"                  To do: on the source:\n"
		"                         GRANT SELECT ON public.audit_2026, public.tmp_a, billing.cards, billing.more TO "
		"drillbox;\n"
		"\n");
	page_open(&j, true);
	report_doctor(&j.r, NULL, &list);
	page_close(&j);
	root = parsed(&j);
	assert_true(json_is_nothing(json_get(root, "source")));
	assert_string_equal(json_get_text(json_at(json_get(root, "findings"), 1), "level"), "bad");
}

/* ---- config ---- */

static void test_config_shows_what_is_not_the_default(void **state)
{
	CLEANUP(config_done) struct config c = {.path = xstrdup("/etc/drillbox/drillbox.conf")};
	struct source_config *shop = xcalloc(1, sizeof(*shop));
	CLEANUP(page_done) struct page p;
	CLEANUP(page_done) struct page all;
	CLEANUP(page_done) struct page j;
	CLEANUP(json_free) struct json *root = NULL;
	struct error err = {0};

	(void)state;
	box_config_init(&c.box);
	source_config_init(shop, "shop");
	c.sources = grow(c.sources, 0, sizeof(struct source_config *));
	c.sources[c.source_count++] = shop;
	if (box_config_set(&c.box, "/", "box", "name", "closet", &err) < 0 ||
	    source_config_set(shop, "/", "source", "url", "postgresql://db.example.com/shop", &err) < 0 ||
	    source_config_set(shop, "/", "pull", "schedule", "every 6h", &err) < 0 || source_config_finish(shop, &err) < 0)
		fail_msg("%s", err.text);
	page_open(&p, false);
	report_config(&p.r, &c, NULL, false);
	page_close(&p);
	expect_in(&p, "[box]\nname = closet\n");
	expect_in(&p, "[source]\nurl = postgresql://db.example.com/shop\n[pull]\nschedule = every 6h\n\n");
	page_open(&all, false);
	report_config(&all.r, &c, shop, true);
	page_close(&all);
	expect_in(&all, "\nformat = custom\n");
	expect_in(&all, "; default: custom\n");
	expect_in(&all, "\n#app-role =\n");
	assert_null(strstr(all.text, "[box]"));
	page_open(&j, true);
	report_config(&j.r, &c, NULL, false);
	page_close(&j);
	root = parsed(&j);
	assert_int_equal(json_count(json_get(root, "keys")), 3);
	assert_string_equal(json_get_text(json_at(json_get(root, "keys"), 2), "value"), "every 6h");
}

/* ---- colour ---- */

static void test_colour_only_where_it_was_asked_for(void **state)
{
	CLEANUP(status_done) struct status s;
	CLEANUP(page_done) struct page p;
	autofclose FILE *f = tmpfile();
	struct report r = report_to(f, false);

	(void)state;
	assert_false(r.colour); /* no terminal */
	a_status(&s);
	page_open(&p, false);
	p.r.colour = true;
	report_status(&p.r, &s);
	page_close(&p);
	expect_in(&p, "amber \033[33m" LIT LIT "\033[0m");
	expect_in(&p, "green " DARK);
}

/* ---- progress ---- */

static void test_progress_lines(void **state)
{
	static const struct {
		struct progress_facts f;
		bool bar;
		size_t width;
		const char *line;
	} cases[] = {
		{{"shop", "pull", PROGRESS_BYTES, 412000000, 287000000, NULL, 8, 38e6, -1, 0}, false, 0,
		 "shop  pull       287 of ~412 MB   38 MB/s   3 s left"},
		{{"shop", "pull", PROGRESS_BYTES, 412000000, 900000, NULL, 8, 0, -1, 0}, false, 0,
		 "shop  pull       900 kB of ~412 MB"},
		{{"shop", "pull", PROGRESS_BYTES, 0, 900000, NULL, 8, 1000, -1, 0}, false, 0,
		 "shop  pull       900 kB   1.0 kB/s"},
		{{"shop", "pull", PROGRESS_BYTES, 100, 200, NULL, 8, 10, -1, 0}, false, 0,
		 "shop  pull       200 of ~100 B   10 B/s"},
		{{"shop", "restore", PROGRESS_OBJECTS, 184, 92, "orders_pkey", 31, 3, 71, 0}, true, 0,
		 "shop  restore    "
		 "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
		 "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
		 "\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91"
		 "\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91"
		 "  92 of 184   orders_pkey   ~40 s left"},
		{{"shop", "restore", PROGRESS_OBJECTS, 184, 92, "orders_pkey", 131, 0, 71, 0}, false, 0,
		 "shop  restore    92 of 184   orders_pkey"},
		{{"shop", "cluster", PROGRESS_TIME, 0, 0, NULL, 12, 0, -1, 0}, false, 0, "shop  cluster    12 s"},
		{{"shop", "restore", PROGRESS_OBJECTS, 2, 0, "\x1b[2J\xc3\xa4\xc3\xa4", 1, 0, -1, 0}, false, 30,
		 "shop  restore    0 of 2   ?[2J"},
		{{"shop", "pull", PROGRESS_BYTES, 412000000, 287000000, NULL, 8, 38e6, -1, 90}, false, 0,
		 "shop  pull       287 of ~412 MB   38 MB/s   ~90 s left"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *line = progress_text(&cases[i].f, cases[i].bar, cases[i].width);

		assert_string_equal(line, cases[i].line);
	}
}

static void test_how_far_it_is_in_a_phrase(void **state)
{
	static const struct {
		bool bytes;
		int64_t done, of;
		double rate, left;
		const char *phrase;
	} cases[] = {
		{true, 1200000000, 4100000000, 2e6, 1450, "1.2 of ~4.1 GB, 2.0 MB/s, 24 min left"},
		{true, 1200000, 0, 0, -1, "1.2 MB"},
		{true, 0, 4100000000, 0, -1, ""},
		{false, 92, 184, 3, 40, "92 of 184, 40 s left"},
		{false, 92, 0, 3, -1, ""},
		{false, 0, 0, 0, 5, "5 s left"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *phrase =
			progress_phrase(cases[i].bytes, cases[i].done, cases[i].of, cases[i].rate, cases[i].left);

		assert_string_equal(phrase, cases[i].phrase);
	}
}

static void test_progress_of_a_moment_prints_nothing(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);
	struct progress *p = progress_new(to, "shop");

	(void)state;
	progress_at(p, 5, "before any phase");
	progress_phase(p, "pull", PROGRESS_BYTES, 100, -1);
	progress_at(p, 50, NULL);
	progress_phase(p, "media", PROGRESS_BYTES, 100, -1);
	progress_free(&p);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(text, "");
	free(text);
}

static void test_progress_piped_is_plain_lines(void **state)
{
	const struct timespec noticed = {1, 50000000};
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);
	struct progress *p = progress_new(to, "shop");

	(void)state;
	progress_phase(p, "pull", PROGRESS_BYTES, 1000000, -1);
	nanosleep(&noticed, NULL);
	progress_at(p, 500000, NULL);
	progress_at(p, 600000, NULL); /* too soon for another line */
	progress_free(&p);
	assert_null(p);
	assert_int_equal(fclose(to), 0);
	assert_null(strchr(text, '\r'));
	assert_null(strchr(text, '\033'));
	assert_true(starts_with(text, "shop  pull       500 kB of ~1.0 MB   "));
	assert_non_null(strstr(text, "left\nshop  pull: ended after 1."));
	assert_true(ends_with(text, " s, 600 kB\n"));
	free(text);
}

static void test_progress_on_a_terminal_is_one_line_drawn_over(void **state)
{
	const struct timespec soon = {0, 350000000};
	const struct winsize narrow = {.ws_col = 44, .ws_row = 10};
	char seen[2048] = "";
	int master, slave;
	struct progress *p;
	FILE *to;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &narrow), 0);
	to = fdopen(slave, "w");
	assert_non_null(to);
	p = progress_new(to, "shop");
	progress_phase(p, "restore", PROGRESS_OBJECTS, 10, -1);
	nanosleep(&soon, NULL);
	progress_at(p, 5, "an_index_with_a_rather_long_name");
	progress_at(p, 6, NULL); /* too soon to be drawn again */
	progress_free(&p);
	/* what was written twice may be read twice */
	while (!ends_with(seen, "\r\033[K") && poll(&(struct pollfd){.fd = master, .events = POLLIN}, 1, 5000) > 0) {
		size_t n = strlen(seen);

		assert_true(read(master, seen + n, sizeof(seen) - 1 - n) > 0);
	}
	/* cut before the last column, and wiped at the end */
	assert_string_equal(seen, "\rshop  restore    "
				  "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
				  "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
				  "\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91"
				  "\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91"
				  "  5 of\033[K\r\033[K");
	assert_int_equal(fclose(to), 0);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times_in_the_zone_of_the_box),
		cmocka_unit_test(test_a_day_of_25_hours_is_one_day),
		cmocka_unit_test(test_show_a_pass),
		cmocka_unit_test(test_show_says_that_there_are_no_checks_of_your_own),
		cmocka_unit_test(test_show_a_fail),
		cmocka_unit_test(test_show_a_fail_with_its_values),
		cmocka_unit_test(test_show_undecided_judges_nothing),
		cmocka_unit_test(test_show_lists_so_many_and_counts_the_rest),
		cmocka_unit_test(test_show_json),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_history_json),
		cmocka_unit_test(test_an_empty_history_says_so),
		cmocka_unit_test(test_dumps),
		cmocka_unit_test(test_dumps_json),
		cmocka_unit_test(test_publish_says_what_is_where),
		cmocka_unit_test(test_publish_that_did_not),
		cmocka_unit_test(test_a_published_dump_shows_its_origin),
		cmocka_unit_test(test_prune_says_why_each_goes_or_stays),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_status_says_a_reason_once),
		cmocka_unit_test(test_status_says_who_could_not_be_told),
		cmocka_unit_test(test_status_without_a_daemon),
		cmocka_unit_test(test_status_json),
		cmocka_unit_test(test_doctor),
		cmocka_unit_test(test_config_shows_what_is_not_the_default),
		cmocka_unit_test(test_colour_only_where_it_was_asked_for),
		cmocka_unit_test(test_progress_lines),
		cmocka_unit_test(test_how_far_it_is_in_a_phrase),
		cmocka_unit_test(test_progress_of_a_moment_prints_nothing),
		cmocka_unit_test(test_progress_piped_is_plain_lines),
		cmocka_unit_test(test_progress_on_a_terminal_is_one_line_drawn_over),
	};

	return cmocka_run_group_tests(tests, in_berlin, NULL);
}
