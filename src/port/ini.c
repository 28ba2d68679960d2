#include "port/ini.h"

#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "base/file.h"
#include "base/text.h"

#define LONGEST_LINE 4000

struct reading {
	const char *rest; /* of the file */
	int line;
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
	return NULL;
}

/* One line, as fgets(3) would: this is where lines are counted. */
static char *next_line(char *buffer, int size, void *stream)
{
	struct reading *r = stream;
	size_t n = strcspn(r->rest, "\n");
	const char *why;

	if (r->failed || *r->rest == '\0')
		return NULL;
	n += r->rest[n] == '\n';
	r->line++;
	why = n + 1 > (size_t)size ? "the line is too long: shorten it" : quarrel(r->rest, n);
	if (why) {
		r->failed = true;
		(void)fail(r->err, ERR_CONFIG, "%s", why);
		return NULL;
	}
	memcpy(buffer, r->rest, n);
	buffer[n] = '\0';
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
	if (strings_have(&r->seen, both)) {
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

int ini_read(const char *path, ini_key each, void *context, struct error *err)
{
	autofree char *text = NULL;
	CLEANUP(reading_done) struct reading r = {.each = each, .context = context, .err = err};
	int status;

	if (read_small_file(path, INI_CAP, &text, err) < 0) {
		err->kind = ERR_CONFIG;
		return -1;
	}
	r.rest = text;
	be_strict();
	status = ini_parse_stream(next_line, &r, take_key, &r);
	if (r.failed)
		return fail_within(err, "%s:%d", path, r.line);
	if (status > 0)
		return fail(err, ERR_CONFIG, "%s:%d: neither [section], key = value nor a comment: correct it", path, status);
	if (status < 0)
		return fail(err, ERR_SPACE, "no memory to read '%s'", path);
	return 0;
}
