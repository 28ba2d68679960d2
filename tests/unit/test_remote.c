#include "unit/unit.h"

#include "model/remote.h"

struct entry {
	const char *name;
	int64_t modified;
	int cut; /* to the minute */
};

#define AT 1795320900 /* 2026-11-22T04:15:00Z */

static struct remotes listed(const struct entry *entries, size_t n)
{
	struct remotes list = {0};

	for (size_t i = 0; i < n; i++) {
		struct remote *r = remotes_add(&list);

		assert_int_equal(r->bytes, -1);
		assert_true(r->modified == TIME_UNKNOWN);
		r->name = xstrdup(entries[i].name);
		r->where = format("/%s", entries[i].name);
		r->modified = entries[i].modified;
		r->modified_to_minute = entries[i].cut != 0;
	}
	return list;
}

static void expect_newest(const struct entry *entries, size_t n, const char *pattern, const char *name)
{
	CLEANUP(remotes_done) struct remotes list = listed(entries, n);
	const struct remote *newest = NULL;
	struct error err = {0};

	if (remotes_newest(&list, pattern, &newest, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	assert_string_equal(newest->name, name);
}

#define NEWEST(pattern, name, ...)                                                                 \
	do {                                                                                       \
		static const struct entry entries_[] = {__VA_ARGS__};                              \
		expect_newest(entries_, COUNT(entries_), pattern, name);                           \
	} while (0)

static void test_the_newest_is_so_by_time(void **state)
{
	(void)state;
	/* by name, the last of each would be another */
	NEWEST("*.dump", "shop-01-12-2026.dump", {"shop-30-11-2026.dump", AT, 0}, {"shop-01-12-2026.dump", AT + 86400, 0});
	NEWEST("*.dump", "monday.dump", {"wednesday.dump", AT - 2 * 86400, 0}, {"monday.dump", AT, 0},
	       {"friday.dump", AT - 86400, 0});
	NEWEST("*.dump", "shop.10.dump", {"shop.9.dump", AT, 0}, {"shop.10.dump", AT + 1, 0});
	/* a time in the name counts for nothing against the file's own */
	NEWEST("*.dump", "shop_20261120_041500.dump", {"shop_20261120_041500.dump", AT + 60, 0},
	       {"shop_20261122_041500.dump", AT, 0});
	NEWEST("*.dump", "old.dump", {"old.dump", -5, 0}, {"older.dump", -6, 0});
	NEWEST("*", "a", {"a", AT, 0});
	/* before 1970 and far ahead alike */
	NEWEST("*.dump", "b.dump", {"a.dump", 0, 0}, {"b.dump", INT64_C(253402300799), 0}, {"c.dump", AT, 0});
}

static void test_of_the_same_time(void **state)
{
	(void)state;
	NEWEST("*", "shop_20261122_041500.dump", {"shop_20261122_041500.dump", AT, 0}, {"web_20261121_041500.dump", AT, 0},
	       {"zebra.dump", AT, 0});
	NEWEST("*", "b.dump", {"a.dump", AT, 0}, {"b.dump", AT, 0}, {"B.dump", AT, 0});
	NEWEST("*", "b.dump", {"b.dump", AT, 0}, {"B.dump", AT, 0}, {"a.dump", AT, 0});
}

static void test_what_is_no_dump_by_its_name(void **state)
{
	(void)state;
	NEWEST("*", "shop.dump", {"shop.dump", AT, 0}, {"shop.dump.sha256", AT + 1, 0}, {"shop.dump.json", AT + 1, 0},
	       {".shop.dump.x7Gh2a", AT + 1, 0});
	NEWEST("shop_*.dump", "shop_1.dump", {"shop_1.dump", AT, 0}, {"web_1.dump", AT + 1, 0}, {"shop_2.dump.gz", AT + 2, 0},
	       {"shop_3.dump.part", AT + 3, 0});
	NEWEST("shop_?[0-9].dump", "shop_a1.dump", {"shop_a1.dump", AT, 0}, {"shop_ab.dump", AT + 1, 0});
}

static void test_one_alone_needs_no_time(void **state)
{
	(void)state;
	NEWEST("*.dump", "shop.dump", {"shop.dump", TIME_UNKNOWN, 0}, {"readme.txt", AT, 0});
}

static void expect_nothing(const struct entry *entries, size_t n, const char *pattern, const char *said)
{
	CLEANUP(remotes_done) struct remotes list = listed(entries, n);
	const struct remote *newest = NULL;
	struct error err = {0};

	assert_int_equal(remotes_newest(&list, pattern, &newest, &err), -1);
	assert_int_equal(err.kind, ERR_NOTHING);
	assert_null(newest);
	if (!strstr(err.text, said))
		fail_msg("%s", err.text);
}

#define NOTHING(pattern, said, ...)                                                                \
	do {                                                                                       \
		static const struct entry entries_[] = {__VA_ARGS__};                              \
		expect_nothing(entries_, COUNT(entries_), pattern, said);                          \
	} while (0)

static void test_what_was_there_instead(void **state)
{
	char longest[600];
	struct entry entry = {longest, AT, 0};

	(void)state;
	expect_nothing(NULL, 0, "*.dump", "there are no files");
	NOTHING("shop_*.dump", "none of the 3 files there fits the pattern 'shop_*.dump'; 'shop_1.dump.gz' comes nearest",
		{"web_1.dmp", AT, 0}, {"shop_1.dump.gz", AT, 0}, {"readme.txt", AT, 0});
	NOTHING("*.dump", "'shop.dmp' comes nearest", {"shop.dmp", AT + 1, 0}, {"readme.txt", AT, 0});
	NOTHING("*.dump", "'shop?[2J.dmp' comes nearest", {"shop\x1b[2J.dmp", AT, 0});
	NOTHING("*", "'a.dump.json' comes nearest", {"a.dump.json", AT, 0});
	NOTHING("*.dump", "several files there fit the pattern, and 'b.dump' comes without a time", {"a.dump", AT, 0},
		{"b.dump", TIME_UNKNOWN, 0});
	NOTHING("*.dump", "comes without a time", {"a.dump", TIME_UNKNOWN, 0}, {"b.dump", TIME_UNKNOWN, 0});
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	expect_nothing(&entry, 1, "*.dump", "correct 'pattern'");
}

static void expect_narrowed(const struct entry *entries, size_t n, size_t cap, size_t fit, const char *left)
{
	CLEANUP(remotes_done) struct remotes list = listed(entries, n);
	CLEANUP(strings_done) struct strings names = {0};
	autofree char *joined = NULL;

	assert_int_equal(remotes_narrow(&list, "*.dump", cap), fit);
	for (size_t i = 0; i < list.count; i++) {
		if (!list.items[i].older)
			strings_add(&names, list.items[i].name);
	}
	joined = strings_join(&names, " ", 100);
	assert_string_equal(joined, left);
}

#define NARROWED(cap, fit, left, ...)                                                              \
	do {                                                                                       \
		static const struct entry entries_[] = {__VA_ARGS__};                              \
		expect_narrowed(entries_, COUNT(entries_), cap, fit, left);                        \
	} while (0)

static void test_what_can_be_the_newest(void **state)
{
	(void)state;
	/* exact times leave no doubt */
	NARROWED(20, 1, "c.dump", {"a.dump", AT, 0}, {"b.dump", AT + 1, 0}, {"c.dump", AT + 2, 0});
	NARROWED(20, 2, "b.dump c.dump", {"a.dump", AT, 0}, {"b.dump", AT + 2, 0}, {"c.dump", AT + 2, 0});
	/* the clock was put back between a and b, or not: both can be; c cannot */
	NARROWED(20, 2, "a.dump b.dump", {"a.dump", AT, 1}, {"b.dump", AT + 3600, 1}, {"c.dump", AT - 60, 1});
	NARROWED(20, 2, "a.dump b.dump", {"a.dump", AT, 1}, {"b.dump", AT, 1});
	/* the doubt is about what is cut, not about what is not */
	NARROWED(20, 1, "b.dump", {"a.dump", AT, 0}, {"b.dump", AT + 1, 1});
	/* one without a time may be any */
	NARROWED(20, 2, "a.dump c.dump", {"a.dump", TIME_UNKNOWN, 0}, {"b.dump", AT, 0}, {"c.dump", AT + 1, 0});
	/* what fits nothing stays for the sentence that names it */
	NARROWED(20, 1, "shop.dmp b.dump x.txt", {"shop.dmp", AT + 9, 0}, {"a.dump", AT, 0}, {"b.dump", AT + 1, 0},
		 {"x.txt", AT, 0});
	NARROWED(20, 0, "shop.dmp", {"shop.dmp", AT, 0});
	/* more than are looked at */
	NARROWED(2, 2, "b.dump c.dump", {"a.dump", AT, 1}, {"b.dump", AT + 60, 1}, {"c.dump", AT + 120, 1});
	NARROWED(1, 3, "a.dump b.dump d.dump", {"a.dump", TIME_UNKNOWN, 0}, {"b.dump", TIME_UNKNOWN, 0}, {"c.dump", AT, 1},
		 {"d.dump", AT + 1, 1});
	expect_narrowed(NULL, 0, 20, 0, "");
}

/* The times of a page and those of the files themselves may be of two zones. */
static void test_what_is_older_is_never_the_newest(void **state)
{
	static const struct entry entries[] = {{"a.dump", AT, 1}, {"b.dump", AT + 86400, 1}};
	CLEANUP(remotes_done) struct remotes list = listed(entries, COUNT(entries));
	const struct remote *newest = NULL;
	struct error err;

	(void)state;
	assert_int_equal(remotes_narrow(&list, "*", 20), 1);
	list.items[1].modified = AT - 5;
	assert_int_equal(remotes_newest(&list, "*", &newest, &err), 0);
	assert_string_equal(newest->name, "b.dump");
}

static void expect_left(const struct entry *entries, size_t n, const char *pattern, const char *names)
{
	CLEANUP(remotes_done) struct remotes list = listed(entries, n);
	CLEANUP(strings_done) struct strings left = {0};
	const struct remote *before = NULL, *after = NULL;
	struct error why = {0}, why_now = {0};
	int status = remotes_newest(&list, pattern, &before, &why);
	autofree char *name = before ? xstrdup(before->name) : NULL, *joined = NULL;

	remotes_thin(&list, pattern, "s3://backups/daily/begun.dump");
	for (size_t i = 0; i < list.count; i++)
		strings_add(&left, list.items[i].name);
	joined = strings_join(&left, " ", n);
	assert_string_equal(joined, names);
	assert_int_equal(list.count + list.gone, n);
	/* and nothing else is said of them */
	assert_int_equal(remotes_newest(&list, pattern, &after, &why_now), status);
	if (status == 0)
		assert_string_equal(after->name, name);
	else
		assert_string_equal(why_now.text, why.text);
}

#define LEFT(pattern, names, ...)                                                                  \
	do {                                                                                       \
		static const struct entry entries_[] = {__VA_ARGS__};                              \
		expect_left(entries_, COUNT(entries_), pattern, names);                            \
	} while (0)

static void test_what_stays_of_a_long_listing(void **state)
{
	CLEANUP(remotes_done) struct remotes none = {0};

	(void)state;
	LEFT("*.dump", "b.dump", {"a.dump", AT - 1, 0}, {"b.dump", AT, 0}, {"c.dump", AT - 2, 0}, {"z.txt", AT + 5, 0});
	/* of the same time, as remotes_newest() decides */
	LEFT("*.dump", "b.dump", {"a.dump", AT, 0}, {"b.dump", AT, 0});
	/* the dump that these are of may be still to come */
	LEFT("*.dump", "a.dump a.dump.json b.dump.sha256", {"a.dump", AT, 0}, {"a.dump.json", AT, 0}, {"b.dump.sha256", AT, 0},
	     {"notes.json", AT, 0}, {"a.txt.sha256", AT, 0});
	LEFT("*.dump", "b.dump c.dump", {"a.dump", AT - 5, 0}, {"b.dump", AT, 0}, {"c.dump", TIME_UNKNOWN, 0});
	/* of which a part has come */
	LEFT("*.dump", "b.dump begun.dump", {"a.dump", AT - 5, 0}, {"b.dump", AT, 0}, {"begun.dump", AT - 9, 0});
	/* what is named when none fits */
	LEFT("shop*.dump", "shop.tar", {"a.txt", AT, 0}, {"shop.tar", AT, 0}, {"b.txt", AT, 0});
	remotes_thin(&none, "*", NULL);
	assert_int_equal(none.count + none.gone, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_newest_is_so_by_time),
		cmocka_unit_test(test_of_the_same_time),
		cmocka_unit_test(test_what_is_no_dump_by_its_name),
		cmocka_unit_test(test_one_alone_needs_no_time),
		cmocka_unit_test(test_what_was_there_instead),
		cmocka_unit_test(test_what_can_be_the_newest),
		cmocka_unit_test(test_what_is_older_is_never_the_newest),
		cmocka_unit_test(test_what_stays_of_a_long_listing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
