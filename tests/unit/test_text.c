#include "unit/unit.h"

#include <stdio.h>

#include "base/text.h"

static void test_grow_keeps_what_is_there_and_zeroes_the_new(void **state)
{
	int *items = NULL;

	(void)state;
	for (size_t n = 0; n < 100; n++) {
		items = grow(items, n, sizeof(*items));
		assert_int_equal(items[n], 0);
		items[n] = (int)n + 1;
	}
	for (size_t n = 0; n < 100; n++)
		assert_int_equal(items[n], (int)n + 1);
	free(items);
}

static void test_text_grows_and_is_taken(void **state)
{
	struct text t = {0};
	char *s = text_take(&t);

	(void)state;
	assert_string_equal(s, "");
	free(s);
	for (int i = 0; i < 1000; i++)
		text_addf(&t, "%d,", i % 10);
	text_add(&t, "end");
	text_add_bytes(&t, "xyz", 1);
	assert_int_equal(t.length, 2004);
	s = text_take(&t);
	assert_null(t.data);
	assert_int_equal(strlen(s), 2004);
	assert_string_equal(s + 1998, "9,endx");
	free(s);
}

static void test_set_text_of_a_part_of_itself(void **state)
{
	char *s = xstrdup("  padded");

	(void)state;
	set_text(&s, s + 2);
	assert_string_equal(s, "padded");
	set_text(&s, NULL);
	assert_null(s);
}

static void test_strings_sort_and_join(void **state)
{
	struct strings list = {0};
	char *s;

	(void)state;
	s = strings_join(&list, ", ", 3);
	assert_string_equal(s, "");
	free(s);
	strings_add(&list, "b");
	strings_add(&list, "a");
	strings_add(&list, "B");
	strings_add(&list, "c");
	strings_sort(&list);
	s = strings_join(&list, ", ", 4);
	assert_string_equal(s, "B, a, b, c");
	free(s);
	s = strings_join(&list, ", ", 3);
	assert_string_equal(s, "B, a, b and 1 more");
	free(s);
	s = strings_join(&list, ", ", 0);
	assert_string_equal(s, "4 more");
	free(s);
	assert_true(strings_have(&list, "c"));
	assert_false(strings_have(&list, "C"));
	strings_done(&list);
	assert_int_equal(list.count, 0);
}

static void test_ends_and_sameness(void **state)
{
	char padded[] = " \t a b\r\n", blank[] = "  ";

	(void)state;
	assert_true(starts_with("abc", "ab") && starts_with("abc", "") && !starts_with("ab", "abc"));
	assert_true(words_have("a bc d", "bc") && words_have("login", "login") && words_have("a  b", "b"));
	assert_true(!words_have("nologin", "login") && !words_have("", "a") && !words_have(NULL, "a") && !words_have("a b", "a b"));
	assert_true(ends_with("abc", "bc") && ends_with("abc", "") && !ends_with("bc", "abc"));
	assert_true(same(NULL, NULL) && same("a", "a"));
	assert_false(same(NULL, "") || same("", NULL) || same("a", "b"));
	assert_string_equal(trim(padded), "a b");
	assert_string_equal(trim(blank), "");
}

static void test_percent_coding_goes_both_ways(void **state)
{
	static const struct {
		const char *plain, *coded;
	} cases[] = {
		{"shop", "shop"},      {"My-Shop_2", "My-Shop_2"}, {"a b", "a%20b"},	   {"a/b", "a%2Fb"},
		{"..", "%2E%2E"},      {"100%", "100%25"},	   {"gr\xc3\xb6\xc3\x9f", "gr%C3%B6%C3%9F"},
		{"\n", "%0A"},	       {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *coded = percent_encode(cases[i].plain), *plain = percent_decode(cases[i].coded);

		assert_string_equal(coded, cases[i].coded);
		assert_non_null(plain);
		assert_string_equal(plain, cases[i].plain);
		free(coded);
		free(plain);
	}
}

static void test_percent_decode_takes_only_what_we_write(void **state)
{
	static const char *const bad[] = {"a.b", "a/b", "%", "%2", "%2f", "%00", "%41", "%GG", "a b", "\xc3\xb6"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_null(percent_decode(bad[i]));
}

static void test_hex(void **state)
{
	char *s = hex((const unsigned char *)"\x00\x9f\xff", 3);

	(void)state;
	assert_string_equal(s, "009fff");
	free(s);
}

/* Of a text that is not at its end yet, and of one that ends too soon. */
static void test_percent_byte(void **state)
{
	(void)state;
	assert_int_equal(percent_byte("%2Fx", 3), '/');
	assert_int_equal(percent_byte("%fF", 3), 0xff);
	assert_int_equal(percent_byte("%00", 3), 0);
	assert_int_equal(percent_byte("%2F", 2), -1);
	assert_int_equal(percent_byte("%2", 3), -1);
	assert_int_equal(percent_byte("%", 3), -1);
	assert_int_equal(percent_byte("", 3), -1);
	assert_int_equal(percent_byte("2F0", 3), -1);
	assert_int_equal(percent_byte("%g0", 3), -1);
	assert_int_equal(percent_byte("%0:", 3), -1);
}

static void test_parse_int(void **state)
{
	static const char *const bad[] = {"",	  "-",	   "+1",  " 1",	  "1 ",	 "1x", "0x1",
					  "1.0",  "--1",   "101", "-101", "9999999999999999999999"};
	int64_t n = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(parse_int(bad[i], -100, 100, &n));
	assert_int_equal(n, 7);
	assert_true(parse_int("-100", -100, 100, &n) && n == -100);
	assert_true(parse_int("007", 0, 100, &n) && n == 7);
	assert_true(parse_int("9223372036854775807", 0, INT64_MAX, &n) && n == INT64_MAX);
}

static void test_sizes_for_people(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0 B"},		  {999, "999 B"},	  {1000, "1.0 kB"},	   {9949, "9.9 kB"},
		{9950, "10 kB"},	  {412345678, "412 MB"},  {1900000000, "1.9 GB"},  {999499999, "999 MB"},
		{999500000, "1.0 GB"},	  {-1500, "-1.5 kB"},	  {INT64_MAX, "9.2 EB"},
	};
	char buf[UNIT_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(human_bytes(cases[i].bytes, buf), cases[i].text);
}

static void test_times_for_people(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = {
		{0, "0.0 s"},	      {0.21, "0.2 s"},	    {9.94, "9.9 s"},	   {9.96, "10 s"},
		{94, "94 s"},	      {119.4, "119 s"},	    {120, "2 min"},	   {30 * 60, "30 min"},
		{6 * 3600, "6 h"},    {31 * 3600, "31 h"},  {53 * 3600, "53 h"},   {72 * 3600, "3 days"},
		{30 * 86400, "30 days"},
	};
	char buf[UNIT_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(human_seconds(cases[i].seconds, buf), cases[i].text);
}

static void test_counts_for_people(void **state)
{
	char buf[UNIT_TEXT];

	(void)state;
	assert_string_equal(human_count(0, buf), "0");
	assert_string_equal(human_count(999, buf), "999");
	assert_string_equal(human_count(1000, buf), "1 000");
	assert_string_equal(human_count(9214553, buf), "9 214 553");
	assert_string_equal(human_count(-12345, buf), "-12 345");
	assert_string_equal(human_count(INT64_MIN, buf), "-9 223 372 036 854 775 808");
}

static void test_nearest_name(void **state)
{
	static const char *const names[] = {"password-file", "backend", "url", "ca", "client-cert", "client-key", NULL};

	(void)state;
	assert_string_equal(nearest_name("pasword-file", names), "password-file");
	assert_string_equal(nearest_name("password_file", names), "password-file");
	assert_string_equal(nearest_name("BACKEDN", names), "backend");
	assert_string_equal(nearest_name("ulr", names), "url");
	assert_string_equal(nearest_name("cas", names), "ca");
	assert_string_equal(nearest_name("client-kez", names), "client-key");
	assert_string_equal(nearest_name("password", names), "password-file");
	assert_string_equal(nearest_name("client-ke", names), "client-key");
	assert_null(nearest_name("schedule", names));
	assert_null(nearest_name("xy", names));
	assert_null(nearest_name("", names));
	assert_null(nearest_name("x", names));
}

static void test_nearest_name_of_a_very_long_word(void **state)
{
	static const char *const names[] = {"backend", NULL};
	char word[4096];

	(void)state;
	memset(word, 'b', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(nearest_name(word, names));
}

static void test_printable(void **state)
{
	static const struct {
		const char *in, *lines, *line;
	} cases[] = {
		{"plain", "plain", "plain"},
		{"gr\xc3\xb6\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x98", "gr\xc3\xb6\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x98",
		 "gr\xc3\xb6\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x98"},
		{"a\nb\tc", "a\nb\tc", "a?b c"},
		{"\x1b[31mred\r", "?[31mred?", "?[31mred?"},
		{"\x7f", "?", "?"},
		{"\xc2\x9b" "1m", "?1m", "?1m"},		/* CSI as C1 */
		{"\xff\xfe", "??", "??"},
		{"\xc0\xaf", "??", "??"},			/* overlong '/' */
		{"\xe0\x80\xaf", "???", "???"},
		{"\xed\xa0\x80", "???", "???"},			/* surrogate */
		{"\xf4\x90\x80\x80", "????", "????"},		/* beyond Unicode */
		{"\xe2\x82", "??", "??"},			/* cut short */
		{"\xe2\x80\xae" "gpj", "?gpj", "?gpj"},		/* right-to-left override */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *lines = printable(cases[i].in, true), *line = printable(cases[i].in, false);

		assert_string_equal(lines, cases[i].lines);
		assert_string_equal(line, cases[i].line);
		free(lines);
		free(line);
	}
}

static void test_base64_goes_both_ways(void **state)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfb\xf0", "//vw"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *text = base64_encode((const unsigned char *)cases[i].bytes, strlen(cases[i].bytes));
		size_t n = 99;
		autofree unsigned char *bytes = base64_decode(cases[i].text, &n);

		assert_string_equal(text, cases[i].text);
		assert_non_null(bytes);
		assert_int_equal(n, strlen(cases[i].bytes));
		assert_memory_equal(bytes, cases[i].bytes, n);
	}
}

static void test_base64_has_one_spelling(void **state)
{
	static const char *const refused[] = {"Z",   "Zg",	"Zg=",	  "Zg===", "Zh==",  "Zm9=",    "=",	   "====",
					      "Z===", "Zm9v\n", " Zm9v", "Zm 9v", "Zg==Zg==", "Zm-_", "Zm9vZ", "Zm=v"};

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		size_t n;

		if (base64_decode(refused[i], &n))
			fail_msg("taken: '%s'", refused[i]);
	}
}

static void test_control_bytes(void **state)
{
	(void)state;
	assert_false(has_control(""));
	assert_false(has_control("plain \xc3\xa4 ~"));
	assert_true(has_control("a\tb"));
	assert_true(has_control("\x1b[2J"));
	assert_true(has_control("a\x7f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_control_bytes),
		cmocka_unit_test(test_grow_keeps_what_is_there_and_zeroes_the_new),
		cmocka_unit_test(test_text_grows_and_is_taken),
		cmocka_unit_test(test_set_text_of_a_part_of_itself),
		cmocka_unit_test(test_strings_sort_and_join),
		cmocka_unit_test(test_ends_and_sameness),
		cmocka_unit_test(test_percent_coding_goes_both_ways),
		cmocka_unit_test(test_percent_decode_takes_only_what_we_write),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_percent_byte),
		cmocka_unit_test(test_base64_goes_both_ways),
		cmocka_unit_test(test_base64_has_one_spelling),
		cmocka_unit_test(test_parse_int),
		cmocka_unit_test(test_sizes_for_people),
		cmocka_unit_test(test_times_for_people),
		cmocka_unit_test(test_counts_for_people),
		cmocka_unit_test(test_nearest_name),
		cmocka_unit_test(test_nearest_name_of_a_very_long_word),
		cmocka_unit_test(test_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
