#include "unit/unit.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "port/ini.h"

static char *path; /* of the file of one test */

static int setup(void **state)
{
	char pattern[] = "/tmp/drillbox-ini-XXXXXX";
	int fd = mkstemp(pattern);

	(void)state;
	path = xstrdup(pattern);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	free(path);
	return 0;
}

static int collect(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	if (same(value, "bad"))
		return fail(err, ERR_CONFIG, "%s is bad", key);
	text_addf(context, "[%s]%s=%s;", section, key, value);
	return 0;
}

static int read_bytes(const char *bytes, size_t n, struct text *ret, struct error *err)
{
	assert_int_equal(write_file_durably(path, bytes, n, 0600, err), 0);
	return ini_read(path, collect, ret, err);
}

static void takes(const char *content, const char *keys)
{
	CLEANUP(text_done) struct text t = {0};
	struct error err = {0};

	if (read_bytes(content, strlen(content), &t, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(t.data ? t.data : "", keys);
}

static void refuses(const char *content, int line, const char *said)
{
	CLEANUP(text_done) struct text t = {0};
	autofree char *place = format("%s:%d: ", path, line);
	struct error err = {0};

	if (read_bytes(content, strlen(content), &t, &err) == 0)
		fail_msg("'%s' was taken", content);
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!starts_with(err.text, place) || !strstr(err.text, said))
		fail_msg("%s", err.text);
}

static void test_what_is_taken(void **state)
{
	(void)state;
	takes("", "");
	takes("# a comment\n; another\n\n", "");
	takes("[a]\nx=1\ny = two words \n[b]\nx=3", "[a]x=1;[a]y=two words;[b]x=3;");
	takes("[a]\r\nx = 1\r\n", "[a]x=1;");
	takes("\xef\xbb\xbf[a]\nx=1\n", "[a]x=1;");
	takes("[a]\nx = a = b : c\n", "[a]x=a = b : c;");
	takes("[a]\nx =\n", "[a]x=;");
	takes("x = 1\n", "[]x=1;");
	takes("[a]\nx=1\n[b]\ny=2\n[a]\nz=3\n", "[a]x=1;[b]y=2;[a]z=3;");
}

static void test_a_value_is_what_stands_there(void **state)
{
	(void)state;
	/* no comments behind values, no values over several lines */
	takes("[a]\nx = 1 ; 2 # 3\n", "[a]x=1 ; 2 # 3;");
	takes("[a]\nx = 1\n  y = 2\n", "[a]x=1;[a]y=2;");
	refuses("[a]\nx = 1\n  and more\n", 3, "neither [section], key = value nor a comment");
	takes("[a]\nx = \"quoted\"\n", "[a]x=\"quoted\";");
}

static void test_what_is_refused_with_its_line(void **state)
{
	(void)state;
	refuses("[a]\nx=1\nx=2\n", 3, "'x' is given a second time in [a]");
	refuses("[a]\nx=1\n[b]\ny=1\n[a]\nx=2\n", 6, "second time");
	refuses("[a]\n\n# c\nnonsense\n", 4, "neither");
	refuses("[a\nx=1\n", 1, "]");
	refuses("[a] x = 1\n", 1, "follows the ']'");
	refuses("[a]\nx=1\n[b] # c\n", 3, "follows the ']'");
	refuses("[a]\nx=1\ny=bad\nz=3\n", 3, "y is bad");
}

static void test_nothing_is_read_after_an_error(void **state)
{
	static const char *const contents[] = {"[a]\nx=1\ny=bad\nz=3\n", "[a]\nx=1\nnonsense\nz=3\n", "[a]\nx=1\nx=2\nz=3\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++) {
		CLEANUP(text_done) struct text t = {0};
		struct error err = {0};

		assert_int_equal(read_bytes(contents[i], strlen(contents[i]), &t, &err), -1);
		assert_string_equal(t.data, "[a]x=1;");
	}
}

static void test_long_lines(void **state)
{
	autofree char *value = xcalloc(5001, 1), *content = NULL, *keys = NULL;

	(void)state;
	memset(value, 'v', 3000);
	content = format("[a]\nx = %s\n", value);
	keys = format("[a]x=%s;", value);
	takes(content, keys);
	free(content);
	memset(value, 'v', 5000);
	content = format("[a]\nx = %s\n", value);
	refuses(content, 2, "shorten it");
}

static void test_files_that_cannot_be(void **state)
{
	CLEANUP(text_done) struct text t = {0};
	struct error err = {0};
	char *huge;

	(void)state;
	assert_int_equal(ini_read("/nowhere/x.conf", collect, &t, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_int_equal(err.os_errno, ENOENT);
	assert_int_equal(read_bytes("[a]\nx=1\0y=2\n", 12, &t, &err), -1);
	huge = xcalloc(INI_CAP + 2, 1);
	memset(huge, '#', INI_CAP + 1);
	assert_int_equal(read_bytes(huge, INI_CAP + 1, &t, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	free(huge);
}

static bool x_repeats(const char *section, const char *key)
{
	return same(section, "a") && same(key, "x");
}

static int collect_places(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	const struct ini_place *place = context;

	(void)section;
	(void)key;
	return fail(err, ERR_CONFIG, "%d %d %zu %zu %s", place->line, place->section_line, place->value_at, place->value_length,
		    value);
}

static void test_a_text_in_memory(void **state)
{
	CLEANUP(text_done) struct text t = {0};
	struct ini_place place;
	struct error err = {0};

	(void)state;
	assert_int_equal(ini_read_text("[a]\nx=1\nx=2\n", x_repeats, collect, &t, &place, &err), 0);
	assert_string_equal(t.data, "[a]x=1;[a]x=2;");
	assert_int_equal(ini_read_text("[a]\nx=1\n\n[b]\nx=1\nx=2\n", x_repeats, collect, &t, &place, &err), -1);
	assert_int_equal(place.line, 6);
	assert_int_equal(ini_read_text("\xef\xbb\xbf[a]\r\n\r\n x =  yz \r\n", NULL, collect_places, &place, &place, &err), -1);
	assert_string_equal(err.text, "3 1 16 2 yz");
	assert_int_equal(ini_read_text("[a]\nnonsense\n", NULL, collect, &t, &place, &err), -1);
	assert_int_equal(place.line, 2);
}

#define WITH_FILE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILE(test_what_is_taken),
		WITH_FILE(test_a_value_is_what_stands_there),
		WITH_FILE(test_what_is_refused_with_its_line),
		WITH_FILE(test_nothing_is_read_after_an_error),
		WITH_FILE(test_long_lines),
		WITH_FILE(test_files_that_cannot_be),
		cmocka_unit_test(test_a_text_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
