#include "panel/board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "port/ini.h"
#include "version.h"

#define BOARDS DRILLBOX_SHARE "/boards"
#define DEVICE_TREE "/sys/firmware/devicetree/base/compatible"
#define DEVICE_TREE_CAP 4096
#define SUFFIX ".conf"
#define MOST_LINES 64 /* of a header */

/* The keys of a board's file; each has to be there. */
static const struct board_key {
	const char *section, *key;
	bool list; /* of words with spaces between */
	size_t offset;
} keys[] = {
	{"board", "title", false, offsetof(struct board, title)},
	{"board", "compatible", true, offsetof(struct board, compatible)},
	{"panel", "chip", false, offsetof(struct board, chip)},
	{"panel", "lines", true, offsetof(struct board, lines)},
	{"panel", "pass", false, offsetof(struct board, pass)},
	{"panel", "busy", false, offsetof(struct board, busy)},
	{"panel", "fail", false, offsetof(struct board, fail)},
	{"panel", "button", false, offsetof(struct board, button)},
};

static void *slot_of(struct board *b, const struct board_key *k)
{
	return (char *)b + k->offset;
}

static void add_words(struct strings *list, const char *value)
{
	for (value += strspn(value, " "); *value; value += strspn(value, " ")) {
		size_t n = strcspn(value, " ");

		strings_add_owned(list, xstrndup(value, n));
		value += n;
	}
}

static int take_key(void *context, const char *section, const char *key, const char *value, struct error *err)
{
	struct board *b = context;

	for (size_t i = 0; i < COUNT(keys); i++) {
		if (!same(keys[i].section, section) || !same(keys[i].key, key))
			continue;
		if (!*value)
			return fail(err, ERR_CONFIG, "[%s] %s is empty: give it a value", section, key);
		if (keys[i].list)
			add_words(slot_of(b, &keys[i]), value);
		else
			set_text(slot_of(b, &keys[i]), value);
		return 0;
	}
	return fail(err, ERR_CONFIG, "a board's file has no '%s' in [%s]: take it out", key, section);
}

static bool has_value(struct board *b, const struct board_key *k)
{
	return k->list ? ((struct strings *)slot_of(b, k))->count > 0 : *(char **)slot_of(b, k) != NULL;
}

/* The four lines of a panel, by what [panel] calls them. */
struct panel_line {
	const char *key, *line;
};
#define PANEL_LINES 4

/* Each among the board's and used once; a line that is not given is none. */
static int lines_fit(const struct board *b, const struct panel_line lines[PANEL_LINES], struct error *err)
{
	for (size_t i = 0; i < PANEL_LINES; i++) {
		if (!lines[i].line)
			continue;
		if (b->name && !strings_have(&b->lines, lines[i].line)) {
			autofree char *all = strings_join(&b->lines, ", ", MOST_LINES);

			return fail(err, ERR_CONFIG, "[panel] %s = '%s' is no line for a panel on this board (%s): take one of %s",
				    lines[i].key, lines[i].line, b->title, all);
		}
		for (size_t j = 0; j < i; j++)
			if (same(lines[i].line, lines[j].line))
				return fail(err, ERR_CONFIG, "[panel] %s and %s are both line '%s': give each its own",
					    lines[j].key, lines[i].key, lines[i].line);
	}
	return 0;
}

static int finish(struct board *b, struct error *err)
{
	const struct panel_line lines[PANEL_LINES] = {
		{"pass", b->pass}, {"busy", b->busy}, {"fail", b->fail}, {"button", b->button}};

	for (size_t i = 0; i < COUNT(keys); i++)
		if (!has_value(b, &keys[i]))
			return fail(err, ERR_CONFIG, "[%s] %s is missing: a board's file needs it", keys[i].section, keys[i].key);
	return lines_fit(b, lines, err);
}

int board_read(const char *path, struct board *ret, struct error *err)
{
	CLEANUP(board_done) struct board b = {0};
	const char *file = path_base(path);

	b.name = ends_with(file, SUFFIX) ? xstrndup(file, strlen(file) - strlen(SUFFIX)) : xstrdup(file);
	if (ini_read(path, take_key, &b, err) < 0)
		return -1;
	if (finish(&b, err) < 0)
		return fail_within(err, "%s", path);
	*ret = b;
	b = (struct board){0};
	return 0;
}

/* No folder, no boards. */
static int list_files(const char *folder, struct strings *ret, struct error *err)
{
	autoclosedir DIR *d = opendir(folder);
	const struct dirent *e;

	if (!d && errno != ENOENT)
		return fail(err, ERR_CONFIG, "open folder '%s': %m", folder);
	while (d && (errno = 0, e = readdir(d)))
		if (e->d_name[0] != '.' && ends_with(e->d_name, SUFFIX))
			strings_add_owned(ret, path_join(folder, e->d_name));
	if (d && errno)
		return fail(err, ERR_CONFIG, "read folder '%s': %m", folder);
	strings_sort(ret);
	return 0;
}

/* How far from exact the name is that the board answers to; 'tree' has that many where it answers to none. */
static size_t distance(const struct board *b, const struct strings *tree)
{
	size_t i = 0;

	while (i < tree->count && !strings_have(&b->compatible, tree->items[i]))
		i++;
	return i;
}

int board_find(const char *folder, const char *tree, size_t n, struct board *ret, struct error *err)
{
	CLEANUP(strings_done) struct strings names = {0}, files = {0};
	CLEANUP(board_done) struct board best = {0};
	size_t nearest;

	for (size_t at = 0, length; at < n; at += length + 1) {
		length = strnlen(tree + at, n - at);
		strings_add_owned(&names, xstrndup(tree + at, length));
	}
	nearest = names.count;
	if (list_files(folder, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++) {
		CLEANUP(board_done) struct board b = {0};

		if (board_read(files.items[i], &b, err) < 0)
			return -1;
		if (distance(&b, &names) >= nearest)
			continue;
		nearest = distance(&b, &names);
		board_done(&best);
		best = b;
		b = (struct board){0};
	}
	*ret = best;
	best = (struct board){0};
	return 0;
}

int board_here(struct board *ret, struct error *err)
{
	char tree[DEVICE_TREE_CAP];
	autofclose FILE *f = fopen(DEVICE_TREE, "re");
	size_t n = f ? fread(tree, 1, sizeof(tree), f) : 0;

	return board_find(BOARDS, tree, n, ret, err);
}

static const char *either(const char *configured, const char *of_board)
{
	return configured ? configured : of_board;
}

int board_lines(const struct board *b, const struct box_config *box, struct gpio_lines *ret, struct error *err)
{
	const struct panel_line lines[PANEL_LINES] = {
		{"pass", either(box->pass, b->pass)},
		{"busy", either(box->busy, b->busy)},
		{"fail", either(box->fail, b->fail)},
		{"button", either(box->button, b->button)},
	};

	if (b->name && box->chip && !same(box->chip, b->chip))
		return fail(err, ERR_CONFIG, "[panel] chip = '%s' does not drive the header of this board (%s): that is '%s'",
			    box->chip, b->title, b->chip);
	if (!either(box->chip, b->chip) || !lines[0].line || !lines[1].line || !lines[2].line)
		return fail(err, ERR_CONFIG, "this board is not one we know: set 'chip', 'pass', 'busy' and 'fail' in [panel]");
	if (lines_fit(b, lines, err) < 0)
		return -1;
	*ret = (struct gpio_lines){
		.chip = either(box->chip, b->chip),
		.lamps = {lines[0].line, lines[1].line, lines[2].line},
		.button = lines[3].line,
	};
	return 0;
}

void board_done(struct board *b)
{
	char *const texts[] = {b->name, b->title, b->chip, b->pass, b->busy, b->fail, b->button};

	for (size_t i = 0; i < COUNT(texts); i++)
		free(texts[i]);
	strings_done(&b->compatible);
	strings_done(&b->lines);
	*b = (struct board){0};
}
