#include "port/table.h"

#include <libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/text.h"

#define BETWEEN "  "
#define BESIDE_LEAST 24  /* columns: words that need more than is left, and more than this, stand beneath their row */
#define BENEATH_INDENT 4
#define NARROWEST 40     /* a terminal of less is taken for one of this */
#define UNLIMITED 100000 /* rows are never cut: what does not fit is still all there */

struct table {
	struct libscols_table *lines;
	struct libscols_line *last;
	char **words; /* one for each row, NULL for none */
	char *over_words; /* their heading, NULL for none */
	size_t count;
};

/*
 * The width of characters is the locale's business, and whatever locale the
 * program was started in, its text is UTF-8.
 */
static locale_t enter_utf8(locale_t *ret_before)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	*ret_before = utf8 ? uselocale(utf8) : (locale_t)0;
	return utf8;
}

static void leave_utf8(locale_t utf8, locale_t before)
{
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
}

struct table *table_new(const char *const *headings)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->lines = scols_new_table();
	if (!t->lines)
		abort();
	for (; *headings; headings++) {
		bool right = **headings == '>';

		if (**headings == '~') {
			set_text(&t->over_words, *headings + 1);
			break;
		}
		if (!scols_table_new_column(t->lines, *headings + right, 0, right ? SCOLS_FL_RIGHT : 0))
			abort();
	}
	scols_table_set_column_separator(t->lines, BETWEEN);
	return t;
}

void table_free(struct table **t)
{
	if (!*t)
		return;
	for (size_t i = 0; i < (*t)->count; i++)
		free((*t)->words[i]);
	free((*t)->words);
	free((*t)->over_words);
	scols_unref_table((*t)->lines);
	free(*t);
	*t = NULL;
}

void table_row(struct table *t)
{
	t->last = scols_table_new_line(t->lines, NULL);
	if (!t->last)
		abort();
	t->words = grow(t->words, t->count, sizeof(*t->words));
	t->words[t->count++] = NULL;
}

void table_cell(struct table *t, int column, const char *text)
{
	autofree char *clean = printable(text ? text : "", false);

	if (scols_line_set_data(t->last, (size_t)column, clean) < 0)
		abort();
}

void table_words(struct table *t, const char *text)
{
	free(t->words[t->count - 1]);
	t->words[t->count - 1] = text && *text ? printable(text, false) : NULL;
}

int table_width_of(FILE *to)
{
	struct winsize size;
	int fd = fileno(to);

	if (fd < 0 || ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return TABLE_WIDTH;
	return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}

static size_t columns_of(const char *s, size_t n)
{
	mbstate_t state = {0};
	size_t columns = 0;

	while (n > 0) {
		wchar_t c;
		size_t used = mbrtowc(&c, s, n, &state);
		int wide;

		if (used == 0 || used > n) { /* broken UTF-8: a column for each byte */
			memset(&state, 0, sizeof(state));
			used = 1;
			wide = 1;
		} else {
			wide = wcwidth(c);
		}
		columns += wide > 0 ? (size_t)wide : 0;
		s += used;
		n -= used;
	}
	return columns;
}

size_t text_columns(const char *text)
{
	locale_t before;
	locale_t utf8 = enter_utf8(&before);
	size_t columns = columns_of(text, strlen(text));

	leave_utf8(utf8, before);
	return columns;
}

void cut_columns(char *text, size_t width)
{
	size_t n = strlen(text);

	while (n > 0 && text_columns(text) > width) {
		do
			text[n--] = '\0';
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80);
		text[n] = '\0';
	}
}

static size_t digits_at(const char *s)
{
	return strspn(s, "0123456789");
}

/* The bytes of the word that 's' starts with; a number in groups of three is one word. */
static size_t word_at(const char *s)
{
	size_t n = strcspn(s, " \n");

	while (n > 0 && s[n] == ' ' && digits_at(s + n - 1) == 1 && digits_at(s + n + 1) == 3)
		n += 1 + strcspn(s + n + 1, " \n");
	return n;
}

static void wrap(FILE *to, const char *text, size_t at, size_t indent, size_t width)
{
	bool fresh = true; /* nothing stands on this line that a word could be put after */

	while (*text) {
		size_t n = word_at(text);
		size_t columns = columns_of(text, n);

		if (n > 0 && !fresh && at + 1 + columns > width) {
			fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
			fresh = true;
		}
		if (n > 0) {
			fprintf(to, "%s%.*s", fresh ? "" : " ", (int)n, text);
			at += columns + !fresh;
			fresh = false;
		}
		text += n;
		if (*text == '\n' && text[1]) {
			fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
			fresh = true;
		}
		text += *text != '\0';
	}
	fputc('\n', to);
}

void print_wrapped(FILE *to, const char *text, size_t at, size_t indent, size_t width)
{
	autofree char *clean = printable(text, true);
	locale_t before;
	locale_t utf8 = enter_utf8(&before);

	wrap(to, clean, at, indent, width);
	leave_utf8(utf8, before);
}

static void print_row(FILE *to, const char *row, const char *words, bool is_heading, size_t left, size_t width)
{
	size_t columns = columns_of(row, strlen(row));
	size_t needed = words ? columns_of(words, strlen(words)) : 0;
	bool room = left + strlen(BETWEEN) + (needed < BESIDE_LEAST ? needed : BESIDE_LEAST) <= width;

	if (!words || (is_heading && !room)) {
		fprintf(to, "%s\n", row);
	} else if (!room) {
		fprintf(to, "%s\n%*s", row, BENEATH_INDENT, "");
		wrap(to, words, BENEATH_INDENT, BENEATH_INDENT, width);
	} else {
		fprintf(to, "%s%*s", row, (int)(left - columns + strlen(BETWEEN)), "");
		wrap(to, words, left + strlen(BETWEEN), left + strlen(BETWEEN), width);
	}
}

/* Cut a printed table into its lines, without the blanks at their ends; returns the widest. */
static size_t split(char *printed, struct strings *ret)
{
	size_t widest = 0;
	char *line, *rest = printed;

	while ((line = strsep(&rest, "\n")) && (rest || *line)) {
		size_t n = strlen(line), columns;

		while (n > 0 && line[n - 1] == ' ')
			line[--n] = '\0';
		strings_add(ret, line);
		columns = columns_of(line, n);
		widest = columns > widest ? columns : widest;
	}
	return widest;
}

static void print_lines(struct table *t, FILE *to, bool headings, size_t width)
{
	CLEANUP(strings_done) struct strings lines = {0};
	autofree char *printed = NULL;
	size_t widest;

	scols_table_enable_noheadings(t->lines, !headings);
	scols_table_set_termforce(t->lines, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(t->lines, UNLIMITED);
	scols_table_enable_minout(t->lines, 1);
	if (scols_print_table_to_string(t->lines, &printed) < 0)
		abort();
	widest = split(printed, &lines);
	for (size_t i = 0; i < lines.count; i++) {
		size_t row = i - headings;
		bool is_heading = headings && i == 0;
		const char *words = is_heading ? t->over_words : row < t->count ? t->words[row] : NULL;

		print_row(to, lines.items[i], words, is_heading, widest, width);
	}
}

void table_print(struct table *t, FILE *to, bool headings, int width)
{
	locale_t before, utf8;

	if (t->count == 0)
		return;
	utf8 = enter_utf8(&before);
	print_lines(t, to, headings, (size_t)(width > 0 ? width : table_width_of(to)));
	leave_utf8(utf8, before);
}
