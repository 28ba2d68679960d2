#include "unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "port/digest.h"
#include "run/overview.h"

#define BYTES "PGDMP"
#define HOUR 3600

/* A box with one source 'shop', daily, and whatever dumps a test gives it. */
struct fixture {
	char *dir;
	struct box box;
	int64_t now;
	struct overview o;
	struct error err;
};

#define must(call)                                                    \
	do {                                                          \
		if ((call) < 0)                                       \
			fail_msg("%s: %s", #call, f->err.text);       \
	} while (0)

static void put(struct fixture *f, const char *name, const char *content)
{
	autofree char *path = path_join(f->dir, name), *folder = path_dir(path);

	must(make_dirs(folder, 0700, &f->err));
	must(write_file_durably(path, content, strlen(content), 0600, &f->err));
}

static void open_box(struct fixture *f)
{
	autofree char *conf = path_join(f->dir, "drillbox.conf");
	const struct options o = {.config = conf};

	box_done(&f->box);
	must(box_open(&o, BOX_NOTE, "test", NULL, &f->box, &f->err));
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	char pattern[] = "/tmp/test_overview.XXXXXX";
	autofree char *data = NULL;

	f->dir = mkdtemp(pattern) ? xstrdup(pattern) : NULL;
	f->now = clock_wall();
	f->box = BOX_INIT;
	put(f, "drillbox.conf", "[box]\nname = closet\ndata = data\n");
	put(f, "sources.d/shop.conf", "[source]\nurl = postgresql://drillbox@127.0.0.1/shop\nca = ca.pem\n");
	data = path_join(f->dir, "data");
	must(make_dirs(data, 0755, &f->err));
	open_box(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int gone;

	overview_done(&f->o);
	box_done(&f->box);
	gone = remove_tree(f->dir, &f->err);
	free(f->dir);
	free(f);
	return gone;
}

/* A dump in the store, and its pull in the ledger. Returns its name, owned by the caller. */
static char *pulled(struct fixture *f, int64_t taken)
{
	autofree char *name = dump_name("shop", "shop", taken);
	autofree char *path = format("data/store/%s.dump", name);
	autofree char *list_path = format("data/store/%s.dump.sha256", name);
	autofree char *list = NULL;
	struct dump d = {.name = name, .source = (char[]){"shop"}, .bytes = sizeof(BYTES) - 1, .taken = taken};
	const struct pull_outcome outcome = {.dump = &d};
	int64_t row;

	must(digest_bytes(BYTES, sizeof(BYTES) - 1, d.sha256, &f->err));
	list = format("%s  %s.dump\n", d.sha256, path_base(name));
	put(f, path, BYTES);
	put(f, list_path, list);
	must(ledger_source_seen(f->box.ledger, "shop", &f->err));
	must(ledger_pull_begin(f->box.ledger, "shop", TRIGGER_SCHEDULE, 0, &row, &f->err));
	must(ledger_pull_end(f->box.ledger, row, &outcome, &f->err));
	return take(name);
}

static int64_t begun(struct fixture *f, const char *dump, enum level level)
{
	int64_t row;

	must(ledger_drill_begin(f->box.ledger, "shop", dump, level, TRIGGER_SCHEDULE, 0, &row, &f->err));
	return row;
}

static void drilled(struct fixture *f, const char *dump, enum level level, enum verdict verdict)
{
	CLEANUP(findings_done) struct findings found = {.restore_seconds = 1};
	const struct drill_end end = {
		.verdict = verdict, .reason = verdict == VERDICT_PASS ? "" : "so it is", .findings = &found};
	int64_t row = begun(f, dump, level);

	findings_add(&found, RUNG_MEDIA, verdict == VERDICT_FAIL ? RESULT_FAIL : RESULT_PASS, "sha256", "", "", "%s", "");
	must(ledger_drill_end(f->box.ledger, row, &end, &f->err));
}

static const struct source_status *look(struct fixture *f)
{
	overview_done(&f->o);
	must(overview_gather(&f->box, f->now, &f->o, &f->err));
	/* this is not about the machine the test runs on */
	strings_done(&f->o.status.box_faults);
	f->o.status.clock_unknown = false;
	f->o.facts.clock_known = f->o.facts.network = true;
	f->o.facts.tight = false;
	return &f->o.status.sources[0];
}

/* Verdict and exit code of status, and the lights of an idle daemon. */
static void expect(struct fixture *f, enum verdict verdict, int code, struct lights lights)
{
	const struct source_status *s = look(f);
	struct lights l = lights_of(&f->o.facts);

	if (s->verdict != verdict || status_exit_code(&f->o.status) != code || l.pass != lights.pass ||
	    l.busy != lights.busy || l.fail != lights.fail)
		fail_msg("%s: %s; exit code %d; green %s, amber %s, red %s", verdict_word(s->verdict), s->reason,
			 status_exit_code(&f->o.status), pattern_word(l.pass), pattern_word(l.busy), pattern_word(l.fail));
}

#define GREEN ((struct lights){PATTERN_HEARTBEAT, PATTERN_OFF, PATTERN_OFF})
#define AMBER ((struct lights){PATTERN_OFF, PATTERN_DOUBLE, PATTERN_OFF})
#define RED ((struct lights){PATTERN_OFF, PATTERN_OFF, PATTERN_FLASH})
#define ACKED ((struct lights){PATTERN_OFF, PATTERN_OFF, PATTERN_ON})

static void test_from_nothing_to_proven(void **state)
{
	struct fixture *f = *state;
	autofree char *dump = NULL;
	int64_t row;
	CLEANUP(findings_done) struct findings found = {.restore_seconds = 2.5};
	const struct drill_end end = {.verdict = VERDICT_PASS, .reason = "", .findings = &found};

	expect(f, VERDICT_UNDECIDED, 2, AMBER);
	dump = pulled(f, f->now - HOUR);
	expect(f, VERDICT_UNDECIDED, 2, AMBER);
	row = begun(f, dump, LEVEL_STANDARD);
	expect(f, VERDICT_RUNNING, 3, AMBER);
	findings_add(&found, RUNG_MEDIA, RESULT_PASS, "sha256", "", "", "%s", "");
	must(ledger_drill_end(f->box.ledger, row, &end, &f->err));
	expect(f, VERDICT_PASS, 0, GREEN);
	assert_true(look(f)->in_date);
	assert_int_equal(look(f)->data_as_of, f->now - HOUR);
	assert_string_equal(f->o.sources[0].newest_proven, dump);
}

/* Green stays while the next dump is drilled, and what that comes to decides. */
static void test_the_newest_dump_decides(void **state)
{
	struct fixture *f = *state;
	autofree char *first = pulled(f, f->now - 9 * HOUR), *second = NULL, *third = NULL;
	int64_t row;
	const struct drill_end undecided = {.verdict = VERDICT_UNDECIDED, .reason = "no room"};

	drilled(f, first, LEVEL_STANDARD, VERDICT_PASS);
	second = pulled(f, f->now - 5 * HOUR);
	expect(f, VERDICT_UNDECIDED, 2, AMBER);
	row = begun(f, second, LEVEL_STANDARD);
	expect(f, VERDICT_RUNNING, 0, GREEN);
	must(ledger_drill_end(f->box.ledger, row, &undecided, &f->err));
	expect(f, VERDICT_UNDECIDED, 2, AMBER);
	row = begun(f, second, LEVEL_STANDARD); /* while it is tried again it is what it was */
	expect(f, VERDICT_UNDECIDED, 2, AMBER);
	must(ledger_drill_end(f->box.ledger, row, &undecided, &f->err));
	third = pulled(f, f->now - HOUR);
	drilled(f, third, LEVEL_STANDARD, VERDICT_FAIL);
	expect(f, VERDICT_FAIL, 1, RED);
	assert_string_equal(f->o.sources[0].newest_refuted, third);
	must(ledger_acknowledge(f->box.ledger, third, "anna", &f->err));
	expect(f, VERDICT_FAIL, 1, ACKED);
	(void)begun(f, third, LEVEL_STANDARD);
	expect(f, VERDICT_FAIL, 1, ACKED);
}

/* It proves nothing and refutes nothing; but what it found is no reason for a green light. */
static void test_a_quick_drill_that_fails(void **state)
{
	struct fixture *f = *state;
	autofree char *dump = pulled(f, f->now - HOUR);

	drilled(f, dump, LEVEL_STANDARD, VERDICT_PASS);
	drilled(f, dump, LEVEL_QUICK, VERDICT_FAIL);
	expect(f, VERDICT_FAIL, 1, RED);
	assert_string_equal(look(f)->reason, "so it is");
	drilled(f, dump, LEVEL_STANDARD, VERDICT_PASS);
	expect(f, VERDICT_PASS, 0, GREEN);
}

static void test_a_proven_dump_that_shrank_on_the_disk(void **state)
{
	struct fixture *f = *state;
	autofree char *dump = pulled(f, f->now - HOUR);
	autofree char *path = format("%s/data/store/%s.dump", f->dir, dump);

	drilled(f, dump, LEVEL_STANDARD, VERDICT_PASS);
	assert_int_equal(truncate(path, 2), 0);
	expect(f, VERDICT_UNDECIDED, 2, AMBER);
	assert_non_null(strstr(look(f)->reason, "not as it was stored"));
}

/* The bytes went, under disk pressure or by an error of the disk; the fail does not go with them. */
static void test_bytes_that_are_gone_hide_nothing(void **state)
{
	struct fixture *f = *state;
	autofree char *good = pulled(f, f->now - 5 * HOUR), *bad = pulled(f, f->now - HOUR);
	autofree char *path = format("%s/data/store/%s.dump", f->dir, bad);

	drilled(f, good, LEVEL_STANDARD, VERDICT_PASS);
	drilled(f, bad, LEVEL_STANDARD, VERDICT_FAIL);
	assert_int_equal(unlink(path), 0);
	expect(f, VERDICT_FAIL, 1, RED);
	drilled(f, bad, LEVEL_STANDARD, VERDICT_PASS);
	expect(f, VERDICT_UNDECIDED, 2, AMBER);
	assert_non_null(strstr(look(f)->reason, "no longer in the store"));
}

/* Dumps are named by their source's clock, which may be a little ahead. */
static void test_a_dump_of_the_future(void **state)
{
	struct fixture *f = *state;
	autofree char *old = pulled(f, f->now - 5 * HOUR);
	autofree char *ahead = pulled(f, f->now + SKEW_TOLERANCE_S - 10);
	autofree char *future = pulled(f, f->now + SKEW_TOLERANCE_S + 60);

	drilled(f, old, LEVEL_STANDARD, VERDICT_PASS);
	drilled(f, future, LEVEL_STANDARD, VERDICT_PASS);
	expect(f, VERDICT_UNDECIDED, 2, AMBER); /* that one waits to be drilled, the one of the future does not count */
	drilled(f, ahead, LEVEL_STANDARD, VERDICT_PASS);
	expect(f, VERDICT_PASS, 0, GREEN);
	assert_int_equal(look(f)->data_as_of, f->now + SKEW_TOLERANCE_S - 10);
}

static void test_not_in_date(void **state)
{
	struct fixture *f = *state;
	autofree char *dump = pulled(f, f->now - 31 * HOUR);

	drilled(f, dump, LEVEL_STANDARD, VERDICT_PASS);
	expect(f, VERDICT_PASS, 3, AMBER);
}

static void test_a_broken_file_hides_no_fail(void **state)
{
	struct fixture *f = *state;
	autofree char *dump = pulled(f, f->now - HOUR);

	drilled(f, dump, LEVEL_STANDARD, VERDICT_PASS);
	put(f, "sources.d/shop.conf", "[source]\ntyp = postgres\n");
	open_box(f);
	expect(f, VERDICT_UNDECIDED, 2, AMBER);
	assert_false(f->o.sources[0].usable);
	drilled(f, dump, LEVEL_STANDARD, VERDICT_FAIL);
	expect(f, VERDICT_FAIL, 1, (struct lights){PATTERN_OFF, PATTERN_DOUBLE, PATTERN_FLASH});
}

/* The daemon keeps it when the box it came from is long closed. */
static void test_it_outlives_the_box(void **state)
{
	struct fixture *f = *state;
	autofree char *dump = pulled(f, f->now - HOUR);
	autofree char *headline = NULL;

	drilled(f, dump, LEVEL_STANDARD, VERDICT_PASS);
	(void)look(f);
	box_done(&f->box);
	headline = status_headline(&f->o.status);
	assert_string_equal(headline, "its only source is proven and in date");
	assert_true(f->o.sources[0].usable);
	assert_true(f->o.facts.sources[0].in_date);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_from_nothing_to_proven),
		TEST(test_the_newest_dump_decides),
		TEST(test_a_quick_drill_that_fails),
		TEST(test_a_proven_dump_that_shrank_on_the_disk),
		TEST(test_bytes_that_are_gone_hide_nothing),
		TEST(test_a_dump_of_the_future),
		TEST(test_not_in_date),
		TEST(test_a_broken_file_hides_no_fail),
		TEST(test_it_outlives_the_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
