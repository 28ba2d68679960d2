#include "port/ini.h"

#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "base/file.h"
#include "base/text.h"

#define LONGEST_LINE 4000
#define LONGEST_SECTION 49 /* inih cuts what is longer */

struct reading {
	const char *text, *rest;    /* the whole and what is left of it */
	const char *line, *line_at; /* inih's copy of the line, and where it stands in the text */
	struct ini_place *place;
	bool (*repeats)(const char *section, const char *key);
	struct strings seen; /* "section\nkey" */
	ini_key each;
	void *context;
	bool failed;
	struct error *err;
};

static void reading_done(struct reading *r)
{
	strings_done(&r->seen);
}

/* What inih would take without a word though it says something else than it looks like. */
static const char *quarrel(const char *line, size_t n)
{
	const char *first = line + strspn(line, " \t");
	const char *last = line + n;

	while (last > first && strchr(" \t\r\n", last[-1]))
		last--;
	if (n > LONGEST_LINE)
		return "the line is longer than 4000 bytes: shorten it";
	if (first < last && *first == '[' && last[-1] != ']')
		return "something follows the ']' of a section: put it on a line of its own";
	if (first < last && *first == '[' && last - first - 2 > LONGEST_SECTION)
		return "the name of a section is longer than 49 bytes: shorten it";
	return NULL;
}

/* The line without the mark that some editors put before a whole file. */
static const char *behind_mark(const struct reading *r)
{
	return r->place->line == 1 && strncmp(r->rest, "\xef\xbb\xbf", 3) == 0 ? r->rest + 3 : r->rest;
}

/* One line, as fgets(3) would: this is where lines are counted. */
static char *next_line(char *buffer, int size, void *stream)
{
	struct reading *r = stream;
	size_t n = strcspn(r->rest, "\n");
	const char *why, *start;

	if (r->failed || *r->rest == '\0')
		return NULL;
	n += r->rest[n] == '\n';
	r->place->line++;
	start = behind_mark(r);
	if (start[strspn(start, " \t")] == '[')
		r->place->section_line = r->place->line;
	why = n + 1 > (size_t)size ? "the line is too long: shorten it" : quarrel(start, n - (size_t)(start - r->rest));
	if (why) {
		r->failed = true;
		(void)fail(r->err, ERR_CONFIG, "%s", why);
		return NULL;
	}
	memcpy(buffer, r->rest, n);
	buffer[n] = '\0';
	r->line = buffer;
	r->line_at = r->rest;
	r->rest += n;
	return buffer;
}

static int take_key(void *context, const char *section, const char *key, const char *value)
{
	struct reading *r = context;
	autofree char *both = format("%s\n%s", section, key);
	int done;

	if (r->failed)
		return 0;
	r->place->value_at = (size_t)(r->line_at - r->text) + (size_t)(value - r->line);
	r->place->value_length = strlen(value);
	if (strings_have(&r->seen, both) && !(r->repeats && r->repeats(section, key))) {
		autofree char *shown = printable(key, false);

		done = fail(r->err, ERR_CONFIG, "'%s' is given a second time in [%s]: leave one out", shown, section);
	} else {
		done = r->each(r->context, section, key, value, r->err);
	}
	strings_add_owned(&r->seen, take(both));
	r->failed = done < 0;
	return done == 0;
}

/* Debian's inih can be told at run time what it elsewhere is told when it is built. */
static void be_strict(void)
{
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_stop_on_first_error = true;
	ini_use_stack = false;
	ini_allow_realloc = false;
	ini_max_line = LONGEST_LINE + 3;
	ini_initial_alloc = LONGEST_LINE + 3;
}

int ini_read_text(const char *text, bool (*repeats)(const char *section, const char *key), ini_key each, void *context,
		  struct ini_place *place, struct error *err)
{
	CLEANUP(reading_done) struct reading r = {
		.text = text, .rest = text, .place = place, .repeats = repeats, .each = each, .context = context, .err = err};
	int status;

	*place = (struct ini_place){0};
	be_strict();
	status = ini_parse_stream(next_line, &r, take_key, &r);
	if (r.failed)
		return -1;
	if (status > 0)
		return fail(err, ERR_CONFIG, "neither [section], key = value nor a comment: correct it");
	if (status < 0)
		return fail(err, ERR_SPACE, "no memory to read it");
	return 0;
}

int ini_read(const char *path, ini_key each, void *context, struct error *err)
{
	autofree char *text = NULL;
	struct ini_place place;

	if (read_small_file(path, INI_CAP, &text, err) < 0) {
		err->kind = ERR_CONFIG;
		return -1;
	}
	if (ini_read_text(text, NULL, each, context, &place, err) < 0)
		return fail_within(err, "%s:%d", path, place.line);
	return 0;
}
