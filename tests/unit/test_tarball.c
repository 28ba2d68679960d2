#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "drill/tarball.h"

#include <cmocka.h> /* last: its fail() is a macro */

#include "unit/folder.h"

/* A member with a header that is right. */
static void add_member(struct text *tar, const char *name, size_t size)
{
	char header[512] = {0};
	unsigned int sum = 0;
	static const char zeros[2048];

	(void)snprintf(header, 100, "%s", name);
	(void)snprintf(header + 124, 12, "%011zo", size);
	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	(void)snprintf(header + 148, 8, "%06o", sum);
	text_add_bytes(tar, header, sizeof(header));
	text_add_bytes(tar, zeros, (size + 511) / 512 * 512);
}

/* What is said of the first 'n' bytes; "" when nothing. Owned. */
static char *said_of(const struct text *tar, size_t n)
{
	autofree char *path = path_join(folder, "a.tar");
	struct error err;

	if (write_file_durably(path, tar->data, n, 0600, &err) < 0)
		fail_msg("%s", err.text);
	return xstrdup(tarball_check(path, &err) < 0 ? err.text : "");
}

static void test_frame(void **state)
{
	CLEANUP(text_done) struct text tar = {0};
	static const char zeros[1024];
	static const struct {
		size_t end;
		const char *says;
	} cases[] = {
		{0, "before its first member"}, {511, "before its first member"}, {512, "'toc.dat'"}, {1500, "'toc.dat'"},
		{2047, "'toc.dat'"}, {2048, "'toc.dat'"}, {2600, "'1.dat'"}, {3072, "'1.dat'"}, {4095, "'1.dat'"}, {4096, ""},
	};

	(void)state;
	add_member(&tar, "toc.dat", 1025);
	add_member(&tar, "1.dat", 1);
	text_add_bytes(&tar, zeros, sizeof(zeros));
	assert_int_equal(tar.length, 4096);
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *said = said_of(&tar, cases[i].end);

		if (!*cases[i].says)
			assert_string_equal(said, "");
		else if (!strstr(said, cases[i].says))
			fail_msg("of the first %zu bytes: '%s', which has no %s", cases[i].end, said, cases[i].says);
	}
}

static void test_damage(void **state)
{
	CLEANUP(text_done) struct text tar = {0};
	autofree char *whole = NULL, *renamed = NULL, *huge = NULL;
	static const char zeros[1024];

	(void)state;
	add_member(&tar, "toc.dat", 0);
	text_add_bytes(&tar, zeros, sizeof(zeros));
	whole = said_of(&tar, tar.length);
	assert_string_equal(whole, "");
	tar.data[0] = 'x';
	renamed = said_of(&tar, tar.length);
	assert_non_null(strstr(renamed, "no header at byte 0"));
	tar.data[0] = 't';
	memset(tar.data + 124, 0xff, 12);
	huge = said_of(&tar, tar.length);
	assert_non_null(strstr(huge, "no header at byte 0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_frame, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_damage, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
