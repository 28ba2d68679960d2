#include "unit/unit.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "run/fixes.h"
#include "unit/folder.h"

#define NOW "2026-11-24T03:00:00Z"

/* What is found in a file of this content; NULL: no file. Each finding is "level: sentence|cure\n". */
static char *found(const char *content)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};
	struct text said = {0};
	autofree char *path = path_join(folder, "fixes");
	struct error err;

	if (content && write_file_durably(path, content, strlen(content), 0600, &err) < 0)
		fail_msg("%s", err.text);
	fixes_examine(folder, time_parse_rfc3339(NOW), &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct precheck *p = &list.items[i];

		assert_string_equal(p->name, "fixes");
		text_addf(&said, "%s: %s|%s\n", precheck_level_word(p->level), p->sentence, p->cure);
	}
	return text_take(&said);
}

static void says(const char *content, const char *expected)
{
	autofree char *said = found(content);

	assert_string_equal(said, expected);
}

static void test_no_appliance(void **state)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};

	(void)state;
	fixes_examine("/tmp/not/there", time_parse_rfc3339(NOW), &list);
	assert_int_equal(list.count, 0);
}

static void test_nobody_looked(void **state)
{
	(void)state;
	says(NULL, "warn: nobody has looked yet which packages have fixes|sudo systemctl start drillbox-fixes\n");
}

static void test_nothing_to_fix(void **state)
{
	(void)state;
	says("2026-11-23T22:00:00Z\n", "ok: none that Debian has and the box has not; looked 5 h ago|\n");
	says("2026-11-17T03:00:00Z\n", "ok: none that Debian has and the box has not; looked 7 days ago|\n");
	says("2026-11-24T03:04:00Z\n", "ok: none that Debian has and the box has not; looked 0.0 s ago|\n");
}

static void test_fixes(void **state)
{
	(void)state;
	says("2026-11-23T22:00:00Z\nlibc6 2.41-12 2.41-12+deb13u1\n",
	     "warn: 1 package has known fixes: libc6 (2.41-12, fixed in 2.41-12+deb13u1)|sudo drillbox-update\n");
	says("2026-11-23T22:00:00Z\nlibc6 2.41-12 2.41-12+deb13u1\nopenssh-server 1:10.0p1-7 1:10.0p1-8\n",
	     "warn: 2 packages have known fixes: libc6 (2.41-12, fixed in 2.41-12+deb13u1), openssh-server (1:10.0p1-7, fixed in "
	     "1:10.0p1-8)|sudo drillbox-update\n");
}

static void test_what_no_terminal_should_see(void **state)
{
	(void)state;
	says("2026-11-23T22:00:00Z\nlib\033c6 2.41\r-12 2.41-\00713\n",
	     "warn: 1 package has known fixes: lib?c6 (2.41?-12, fixed in 2.41-?13)|sudo drillbox-update\n");
}

static void test_many_fixes(void **state)
{
	struct text t = {0};
	autofree char *content = NULL, *said = NULL;

	(void)state;
	text_add(&t, "2026-11-23T22:00:00Z\n");
	for (int i = 0; i < 200; i++)
		text_addf(&t, "package-%d 1-%d 1-%d+deb13u1\n", i, i, i);
	content = text_take(&t);
	said = found(content);
	assert_true(starts_with(said, "warn: 200 packages have known fixes: package-0 (1-0, fixed in 1-0+deb13u1), "));
	assert_non_null(strstr(said, " and 188 more|sudo drillbox-update\n"));
}

static void test_not_looked_for_long(void **state)
{
	autofree char *said = found("2026-11-12T03:00:00Z\nlibc6 2.41-12 2.41-12+deb13u1\n");

	(void)state;
	assert_true(starts_with(said, "warn: nobody could look for fixes for 12 days|find out why with 'journalctl"));
	assert_non_null(strstr(said, "\nwarn: 1 package has known fixes: libc6"));
}

static void test_a_time_to_come(void **state)
{
	(void)state;
	says("2026-11-24T03:06:00Z\n",
	     "warn: the last look for fixes was at a time that is yet to come: the clock was wrong then, or is "
	     "now|sudo systemctl start drillbox-fixes\n");
}

static void test_what_makes_no_sense(void **state)
{
	static const char *const contents[] = {"", "\n", "libc6 1 2\n", "2026-11-23\n", "2026-11-23T22:00:00Z\nlibc6\n",
					       "2026-11-23T22:00:00Z\nlibc6 1\n", "2026-11-23T22:00:00Z\nlibc6 1 \n",
					       "2026-11-23T22:00:00Z\nlibc6 1 2 3\n", "2026-11-23T22:00:00Z\n 1 2\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++) {
		autofree char *said = found(contents[i]);

		if (!starts_with(said, "bad: '") || !strstr(said, "remove it, and find out why"))
			fail_msg("'%s' -> %s", contents[i], said);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_appliance),	TEST(test_nobody_looked), TEST(test_nothing_to_fix),
		TEST(test_fixes),		TEST(test_many_fixes),	  TEST(test_not_looked_for_long),
		TEST(test_a_time_to_come),	TEST(test_what_makes_no_sense), TEST(test_what_no_terminal_should_see),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
