#include "unit/unit.h"

#include <glob.h>
#include <unistd.h>

#include "base/file.h"
#include "panel/board.h"
#include "unit/folder.h"

#define PANEL "[panel]\nchip = pinctrl-x\nlines = A B C D E\npass = A\nbusy = B\nfail = C\nbutton = D\n"

static char *put(const char *name, const char *content)
{
	char *path = path_join(folder, name);
	struct error err;

	if (write_file_durably(path, content, strlen(content), 0600, &err) < 0)
		fail_msg("%s", err.text);
	return path;
}

static void put_board(const char *file, const char *compatible)
{
	autofree char *content = format("[board]\ntitle = the %s\ncompatible = %s\n\n" PANEL, file, compatible);
	autofree char *path = put(file, content);
}

static void is_refused(const char *content, const char *said)
{
	autofree char *path = put("x.conf", content);
	struct board b = {0};
	struct error err = {0};

	if (board_read(path, &b, &err) == 0)
		fail_msg("this was taken:\n%s", content);
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!starts_with(err.text, path) || !strstr(err.text, said))
		fail_msg("expected '%s', got: %s", said, err.text);
}

static void test_what_is_read(void **state)
{
	autofree char *path = put("closet-9.conf", "[board]\ntitle = A closet\ncompatible = maker,closet-9  maker,closet\n" PANEL);
	CLEANUP(board_done) struct board b = {0};
	struct error err = {0};

	(void)state;
	if (board_read(path, &b, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(b.name, "closet-9");
	assert_string_equal(b.title, "A closet");
	assert_int_equal(b.compatible.count, 2);
	assert_string_equal(b.compatible.items[1], "maker,closet");
	assert_string_equal(b.chip, "pinctrl-x");
	assert_int_equal(b.lines.count, 5);
	assert_string_equal(b.button, "D");
}

static void test_what_is_refused(void **state)
{
	(void)state;
	is_refused("[board]\ntitle = x\ncompatible = y\nlamp = z\n" PANEL, ":4: a board's file has no 'lamp' in [board]");
	is_refused("[board]\ntitle =\ncompatible = y\n" PANEL, ":2: [board] title is empty");
	is_refused("[board]\ntitle = x\n" PANEL, "[board] compatible is missing");
	is_refused("[board]\ntitle = x\ncompatible = y\n[panel]\nchip = c\nlines = A B C D\npass = A\nbusy = B\nfail = F\nbutton = "
		   "D\n",
		   "fail = 'F' is no line for a panel on this board (x): take one of A, B, C, D");
	is_refused("[board]\ntitle = x\ncompatible = y\n[panel]\nchip = c\nlines = A B C D\npass = A\nbusy = B\nfail = A\nbutton = "
		   "D\n",
		   "pass and fail are both line 'A'");
}

/* What a device tree of these names finds; "" for none. */
static void finds(const char *tree, size_t n, const char *name)
{
	CLEANUP(board_done) struct board b = {0};
	struct error err = {0};

	if (board_find(folder, tree, n, &b, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(b.name ? b.name : "", name);
}

#define FINDS(tree, name) finds(tree, sizeof(tree), name)

static void test_the_most_exact_name_decides(void **state)
{
	(void)state;
	put_board("a-general.conf", "maker,chip");
	put_board("b-exact.conf", "maker,model-2 maker,model-2-plus");
	put_board("c-other.conf", "maker,other");
	FINDS("maker,model-2\0maker,chip", "b-exact");
	FINDS("maker,model-2-plus\0maker,chip", "b-exact");
	FINDS("maker,model-3\0maker,chip", "a-general");
	FINDS("maker,other", "c-other");
	FINDS("maker,mode", "");
	FINDS("maker,chip-2", "");
	finds("", 0, "");
	finds("maker,other", strlen("maker,other"), "c-other"); /* cut off where the NUL would be */
	finds("maker,other", strlen("maker,othe"), "");
}

static void test_no_folder_and_a_bad_file(void **state)
{
	CLEANUP(board_done) struct board b = {0};
	autofree char *path = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(board_find("/tmp/not/there", "x", 2, &b, &err), 0);
	assert_null(b.name);
	put_board("a.conf", "x");
	path = put("z.conf", "[board]\ncolour = red\n");
	assert_int_equal(board_find(folder, "x", 2, &b, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_true(starts_with(err.text, path));
	assert_null(b.name);
}

/* What board_lines() says of a [panel] on the board of closet.conf; "" for nothing. */
static void is_said(const struct box_config *box, const char *said)
{
	autofree char *path = put("closet.conf", "[board]\ntitle = A closet\ncompatible = x\n" PANEL);
	CLEANUP(board_done) struct board b = {0};
	struct gpio_lines lines;
	struct error err = {0};

	if (board_read(path, &b, &err) < 0)
		fail_msg("%s", err.text);
	if (board_lines(&b, box, &lines, &err) == 0)
		(void)strcpy(err.text, "");
	else
		assert_int_equal(err.kind, ERR_CONFIG);
	if (*said ? !strstr(err.text, said) : *err.text)
		fail_msg("expected '%s', got: %s", said, err.text);
}

static void test_lines_on_a_known_board(void **state)
{
	(void)state;
	is_said(&(struct box_config){0}, "");
	is_said(&(struct box_config){.chip = "pinctrl-x", .fail = "E"}, "");
	is_said(&(struct box_config){.chip = "gpiochip0"}, "chip = 'gpiochip0' does not drive the header of this board (A closet): "
							   "that is 'pinctrl-x'");
	is_said(&(struct box_config){.pass = "17"}, "[panel] pass = '17' is no line for a panel on this board (A closet): take one "
						    "of A, B, C, D, E");
	is_said(&(struct box_config){.button = "F"}, "[panel] button = 'F' is no line");
	is_said(&(struct box_config){.fail = "A"}, "[panel] pass and fail are both line 'A'");
	is_said(&(struct box_config){.pass = "D"}, "[panel] pass and button are both line 'D'");
	is_said(&(struct box_config){.pass = "B", .busy = "A"}, "");
}

static void test_lines_come_from_panel_first(void **state)
{
	autofree char *path = put("closet.conf", "[board]\ntitle = A closet\ncompatible = x\n" PANEL);
	CLEANUP(board_done) struct board b = {0};
	const struct box_config box = {.busy = "E"};
	struct gpio_lines lines;
	struct error err = {0};

	(void)state;
	assert_int_equal(board_read(path, &b, &err), 0);
	assert_int_equal(board_lines(&b, &box, &lines, &err), 0);
	assert_string_equal(lines.chip, "pinctrl-x");
	assert_string_equal(lines.lamps[0], "A");
	assert_string_equal(lines.lamps[1], "E");
	assert_string_equal(lines.lamps[2], "C");
	assert_string_equal(lines.button, "D");
}

static void test_lines_on_a_board_nobody_knows(void **state)
{
	const struct board unknown = {0};
	struct box_config box = {.chip = "c", .pass = "1", .busy = "2"};
	struct gpio_lines lines;
	struct error err = {0};

	(void)state;
	assert_int_equal(board_lines(&unknown, &box, &lines, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_non_null(strstr(err.text, "set 'chip', 'pass', 'busy' and 'fail' in [panel]"));
	box.fail = "3";
	assert_int_equal(board_lines(&unknown, &box, &lines, &err), 0);
	assert_null(lines.button);
	box.button = "2";
	assert_int_equal(board_lines(&unknown, &box, &lines, &err), -1);
	assert_non_null(strstr(err.text, "[panel] busy and button are both line '2'"));
}

/* The ones we ship: each can be read, and no two answer to one name. */
static void test_our_boards(void **state)
{
	CLEANUP(strings_done) struct strings names = {0};
	struct error err = {0};
	glob_t files;

	(void)state;
	assert_int_equal(glob("board/*/panel.conf", 0, NULL, &files), 0);
	assert_int_equal(files.gl_pathc, 4);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		CLEANUP(board_done) struct board b = {0};

		if (board_read(files.gl_pathv[i], &b, &err) < 0)
			fail_msg("%s", err.text);
		for (size_t k = 0; k < b.compatible.count; k++) {
			assert_false(strings_have(&names, b.compatible.items[k]));
			strings_add(&names, b.compatible.items[k]);
		}
	}
	globfree(&files);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_read),
		TEST(test_what_is_refused),
		TEST(test_the_most_exact_name_decides),
		TEST(test_no_folder_and_a_bad_file),
		TEST(test_lines_on_a_known_board),
		TEST(test_lines_come_from_panel_first),
		TEST(test_lines_on_a_board_nobody_knows),
		TEST(test_our_boards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
