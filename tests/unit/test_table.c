#include "unit/unit.h"

#include <stdio.h>

#include "base/text.h"
#include "port/table.h"

static char *printed(struct table *t, bool headings, int width)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	assert_non_null(to);
	table_print(t, to, headings, width);
	assert_int_equal(fclose(to), 0);
	return text;
}

static char *wrapped(const char *s, size_t at, size_t indent, size_t width)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	assert_non_null(to);
	print_wrapped(to, s, at, indent, width);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void add(struct table *t, const char *a, const char *b, const char *words)
{
	table_row(t);
	table_cell(t, 0, a);
	table_cell(t, 1, b);
	table_words(t, words);
}

static void test_columns_are_aligned(void **state)
{
	static const char *const headings[] = {"SOURCE", ">SIZE", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	autofree char *with = NULL;
	autofree char *without = NULL;

	(void)state;
	add(t, "shop", "412 MB", NULL);
	add(t, "m\xc3\xbcnchen", "1 B", "");
	with = printed(t, true, 80);
	assert_string_equal(with, "SOURCE     SIZE\n"
				  "shop     412 MB\n"
				  "m\xc3\xbcnchen     1 B\n");
	without = printed(t, false, 80);
	assert_string_equal(without, "shop     412 MB\n"
				     "m\xc3\xbcnchen     1 B\n");
}

static void test_an_empty_table_prints_nothing(void **state)
{
	static const char *const headings[] = {"A", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	autofree char *text = printed(t, true, 80);

	(void)state;
	assert_string_equal(text, "");
}

static void test_words_stand_beside_or_beneath(void **state)
{
	static const char *const headings[] = {"A", "B", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	autofree char *wide = NULL;
	autofree char *narrow = NULL;

	(void)state;
	add(t, "one", "", "the password was refused by the server");
	add(t, "three", "4", NULL);
	wide = printed(t, false, 34);
	assert_string_equal(wide, "one       the password was refused\n"
				  "          by the server\n"
				  "three  4\n");
	narrow = printed(t, false, 31);
	assert_string_equal(narrow, "one\n"
				    "    the password was refused by\n"
				    "    the server\n"
				    "three  4\n");
}

static void test_words_may_have_a_heading(void **state)
{
	static const char *const headings[] = {"A", "B", "~WHY", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	autofree char *wide = NULL;
	autofree char *narrow = NULL;

	(void)state;
	add(t, "one", "2", "because");
	wide = printed(t, true, 80);
	assert_string_equal(wide, "A    B  WHY\n"
				  "one  2  because\n");
	narrow = printed(t, true, 12); /* enough for the heading, not for the words */
	assert_string_equal(narrow, "A    B  WHY\n"
				    "one  2\n"
				    "    because\n");
}

static void test_a_row_wider_than_the_screen_is_whole(void **state)
{
	static const char *const headings[] = {"A", "B", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	autofree char *text = NULL;

	(void)state;
	add(t, "a name that is rather longer than it should be", "and another", NULL);
	text = printed(t, false, 20);
	assert_string_equal(text, "a name that is rather longer than it should be  and another\n");
}

static void test_control_bytes_do_not_come_out(void **state)
{
	static const char *const headings[] = {"A", "B", NULL};
	CLEANUP(table_free) struct table *t = table_new(headings);
	autofree char *text = NULL;
	autofree char *paragraph = NULL;

	(void)state;
	add(t, "\x1b[31mred\nline", "\xff", "bell\a");
	text = printed(t, false, 80);
	assert_string_equal(text, "?[31mred?line  ?  bell?\n");
	paragraph = wrapped("a\x1b[2Jb\nc", 0, 2, 80);
	assert_string_equal(paragraph, "a?[2Jb\n  c\n");
}

static void test_paragraphs_are_broken_between_words(void **state)
{
	static const struct {
		const char *in;
		size_t at, indent, width;
		const char *out;
	} cases[] = {
		{"one two three", 0, 0, 80, "one two three\n"},
		{"one two three", 0, 2, 7, "one two\n  three\n"},
		{"one two three", 4, 2, 7, "one\n  two\n  three\n"},
		{"unbreakably long", 0, 1, 5, "unbreakably\n long\n"},
		{"  blanks   go ", 0, 0, 80, "blanks go\n"},
		{"", 0, 0, 80, "\n"},
		{"a\n\nb\n", 0, 1, 80, "a\n \n b\n"},
		{"\xe2\x97\x8f\xe2\x97\x8f \xe2\x97\x8f\xe2\x97\x8f", 0, 0, 5,
		 "\xe2\x97\x8f\xe2\x97\x8f \xe2\x97\x8f\xe2\x97\x8f\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *text = wrapped(cases[i].in, cases[i].at, cases[i].indent, cases[i].width);

		assert_string_equal(text, cases[i].out);
	}
}

static void test_width_in_columns_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(text_columns("\xe2\x97\x8f x"), 3);
	assert_int_equal(text_columns("\xe6\x97\xa5"), 2);
	assert_int_equal(text_columns("\xff"), 1);
	assert_int_equal(text_columns(""), 0);
}

static void test_no_terminal_is_80_columns(void **state)
{
	autofclose FILE *f = tmpfile();

	(void)state;
	assert_int_equal(table_width_of(f), 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_are_aligned),
		cmocka_unit_test(test_an_empty_table_prints_nothing),
		cmocka_unit_test(test_words_stand_beside_or_beneath),
		cmocka_unit_test(test_words_may_have_a_heading),
		cmocka_unit_test(test_a_row_wider_than_the_screen_is_whole),
		cmocka_unit_test(test_control_bytes_do_not_come_out),
		cmocka_unit_test(test_paragraphs_are_broken_between_words),
		cmocka_unit_test(test_width_in_columns_not_bytes),
		cmocka_unit_test(test_no_terminal_is_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
