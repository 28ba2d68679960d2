#include "drill/restore_talk.h"

#include <stdlib.h>
#include <string.h>

#define TALK_LINE_CAP 8192

#define SAYS "pg_restore: "

/* What begins an entry in its verbose talk. */
static const char *const beginnings[] = {"creating ", "processing data for table ", "executing "};

static void note_beginning(struct restore_talk *t, const char *line)
{
	for (size_t i = 0; i < COUNT(beginnings); i++) {
		if (!starts_with(line, beginnings[i]))
			continue;
		t->begun++;
		set_text(&t->item, line + strlen(beginnings[i]));
		return;
	}
}

/* Errors that pg_restore only hands on, or that say no more than that another process of it had one. */
static bool is_own(const char *error)
{
	static const char *const others[] = {"could not execute query", "COPY failed for table", "a worker process died",
					     "could not set ", "error returned by PQ"};

	for (size_t i = 0; i < COUNT(others); i++)
		if (starts_with(error, others[i]))
			return false;
	return true;
}

/* The text of an error that was counted when its line began. */
static void note_error(struct restore_talk *t, const char *error)
{
	t->owed--;
	set_text(&t->last_error, error);
	if (is_own(error))
		set_text(&t->own_error, error);
}

/* What stands before a line's text: messages that begin there, and how many of them say that they are errors. */
struct head {
	size_t begun, errors;
	bool is_error; /* the text is an error's */
};

static const char *read_head(const char *line, struct head *ret)
{
	static const struct {
		const char *says;
		size_t begun, errors;
	} pieces[] = {{"pg_restore:", 1, 0}, {"error: ", 0, 1}, {"warning: ", 0, 0}, {"detail: ", 0, 0}, {"hint: ", 0, 0}};
	struct head h = {0};
	size_t i;

	for (;;) {
		line += strspn(line, " ");
		for (i = 0; i < COUNT(pieces) && !starts_with(line, pieces[i].says); i++)
			;
		if (i == COUNT(pieces))
			break;
		line += strlen(pieces[i].says);
		h.begun += pieces[i].begun;
		h.errors += pieces[i].errors;
		h.is_error = pieces[i].errors > 0;
	}
	*ret = h;
	return line;
}

/*
 * pg_restore writes a message in pieces: "pg_restore:", " ", "error: ", the text.
 * With several jobs its processes write at once, so that a line may begin with
 * pieces of two, and a later one with what was still to come of the other.
 */
static void note_line(struct restore_talk *t, const char *line)
{
	static const char told[] = SAYS "warning: errors ignored on restore: ";
	struct head h;
	const char *text = read_head(line, &h);
	size_t open = t->open + h.begun;

	t->ignored = -1;
	if (starts_with(line, told) && !parse_int(line + strlen(told), 0, INT32_MAX, &t->ignored))
		t->ignored = -1;
	if (h.errors > open)
		h.errors = open;
	if (open == 0 || (!h.begun && !h.errors && !t->owed))
		return; /* goes on with a message of several lines */
	t->open = open - 1;
	t->errors += h.errors;
	t->owed += h.errors;
	if (h.is_error || !h.begun)
		note_error(t, text);
	else
		note_beginning(t, text);
}

static void talk_line_end(struct restore_talk *t)
{
	if (!t->line.length)
		return;
	note_line(t, t->line.data);
	t->line.length = 0;
	t->line.data[0] = '\0';
}

void restore_talk_add(struct restore_talk *t, const char *bytes, size_t n)
{
	while (n > 0) {
		const char *newline = memchr(bytes, '\n', n);
		size_t part = newline ? (size_t)(newline - bytes) : n;
		size_t room = TALK_LINE_CAP - t->line.length;

		if (part && room)
			text_add_bytes(&t->line, bytes, part < room ? part : room);
		if (!newline)
			return;
		talk_line_end(t);
		bytes += part + 1;
		n -= part + 1;
	}
}

void restore_talk_end(struct restore_talk *t)
{
	talk_line_end(t);
}

void restore_talk_done(struct restore_talk *t)
{
	text_done(&t->line);
	free(t->item);
	free(t->last_error);
	free(t->own_error);
	*t = (struct restore_talk){0};
}

/* Why pg_restore gives up; the first words found decide. */
static const struct {
	const char *says;
	enum meaning meaning;
	const char *rule;
	const char *sentence; /* %s: its words */
} endings[] = {
	{"Input/output error", MEANING_BOX, "disk", "the disk could not be read (%s): check it"},
	{"Cannot allocate memory", MEANING_BOX, "memory", "pg_restore ran out of memory (%s): drill on a larger box"},
	{"out of memory", MEANING_BOX, "memory", "pg_restore ran out of memory (%s): drill on a larger box"},
	{"No space left", MEANING_BOX, "disk-full", "there was no room for pg_restore to work (%s)"},
	{"unsupported version", MEANING_LACKING, "archive-version",
	 "the archive is newer than this pg_restore (%s): install the source's PostgreSQL on the box"},
	{"not built with", MEANING_LACKING, "archive-compression", "this pg_restore cannot read the archive (%s)"},
	{"compression with", MEANING_LACKING, "archive-compression", "this pg_restore cannot read the archive (%s)"},
#define DAMAGE(words) {words, MEANING_DAMAGE, "archive", "pg_restore cannot read the archive: %s"}
	DAMAGE("archive"),
	DAMAGE("input file"),
	DAMAGE("end of file"),
	DAMAGE("corrupt"),
	DAMAGE("magic string"),
	DAMAGE("uncompress"),
	DAMAGE("decompress"),
	DAMAGE("could not close data file"), /* what unpacks it was not at its end */
	DAMAGE("data block"),
	DAMAGE("block ID"),
	DAMAGE("TOC"),
	DAMAGE("data offset flag"),
	DAMAGE("section code"),
	DAMAGE("for large object"),
	DAMAGE("ENCODING item"),
	DAMAGE("STDSTRINGS item"),
	DAMAGE("in header"),
	DAMAGE("sanity check"),
#undef DAMAGE
	{"", MEANING_BOX, "gave-up", "pg_restore gave up: %s; drill again"},
};

/* The place of '%s' in 'sentence' taken by 'words': sentences of a table are no format strings. */
static char *put_words(const char *sentence, const char *words)
{
	size_t head = (size_t)(strstr(sentence, "%s") - sentence);

	return format("%.*s%s%s", (int)head, sentence, words, sentence + head + 2);
}

void restore_talk_judge(const struct restore_talk *t, struct judgement *ret)
{
	const char *said = t->own_error ? t->own_error : t->last_error;
	autofree char *words = printable(said ? said : "it did not say why", false);
	size_t i = 0;

	while (!strstr(words, endings[i].says))
		i++;
	ret->meaning = endings[i].meaning;
	ret->rule = endings[i].rule;
	ret->sentence = put_words(endings[i].sentence, words);
	ret->name = xstrdup("");
}
