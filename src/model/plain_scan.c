#include "model/plain_inner.h"

#include <string.h>

#define TAG_MOST 256 /* bytes of $tag$; pg_dump needs some ten */

enum sort { OTHER, SPACE, LETTER, DIGIT, DOLLAR, QUOTE, DOUBLE_QUOTE, MINUS, SLASH, SEMICOLON, OPENS, CLOSES, BACKSLASH };

static const unsigned char sorts[256] = {
	['\t' ... '\r'] = SPACE, [' '] = SPACE,
	['A' ... 'Z'] = LETTER, ['a' ... 'z'] = LETTER, ['_'] = LETTER, [0x80 ... 0xff] = LETTER,
	['0' ... '9'] = DIGIT, ['$'] = DOLLAR, ['\''] = QUOTE, ['"'] = DOUBLE_QUOTE, ['-'] = MINUS, ['/'] = SLASH,
	[';'] = SEMICOLON, ['('] = OPENS, [')'] = CLOSES, ['\\'] = BACKSLASH,
};

static enum sort sort_of(char c)
{
	return (enum sort)sorts[(unsigned char)c];
}

static void open_string(struct plain *p, bool escapes)
{
	plain_token_begin(p, TOKEN_STRING);
	p->escapes = escapes;
	p->place = IN_STRING;
	p->at++;
}

static void open_name(struct plain *p)
{
	plain_token_begin(p, TOKEN_QUOTED);
	p->place = IN_NAME;
	p->at++;
}

static void open_word(struct plain *p, enum place place)
{
	plain_token_begin(p, TOKEN_WORD);
	p->place = place;
}

static int open_command(struct plain *p, struct error *err)
{
	bool at_line_start = p->at > p->piece ? p->at[-1] == '\n' : p->last == '\n';

	if (plain_switch_sink(p, SINK_DROP, err) < 0)
		return -1;
	p->mark_line = plain_line_here(p);
	p->in_statement |= !at_line_start; /* never where pg_dump writes one */
	plain_line_begin(p);
	p->place = IN_COMMAND;
	return 0;
}

static int take_semicolon(struct plain *p, struct error *err)
{
	p->at++;
	return p->parentheses == 0 && p->statement.blocks == 0 ? plain_end_statement(p, err) : 0;
}

static int take_parenthesis(struct plain *p, bool opens, struct error *err)
{
	if (plain_take_sign(p, *p->at, err) < 0)
		return -1;
	if (opens)
		p->parentheses++;
	else if (p->parentheses > 0)
		p->parentheses--;
	p->at++;
	return 0;
}

static int take_other(struct plain *p, struct error *err)
{
	char sign = *p->at++;

	return plain_take_sign(p, sign, err);
}

static int in_statement(struct plain *p, enum sort sort, struct error *err)
{
	switch (sort) {
	case LETTER:
		open_word(p, IN_WORD);
		return 0;
	case DIGIT:
		p->place = IN_NUMBER;
		return 0;
	case DOLLAR:
		p->at++;
		open_word(p, IN_TAG);
		return 0;
	case QUOTE:
		open_string(p, p->old_strings);
		return 0;
	case DOUBLE_QUOTE:
		open_name(p);
		return 0;
	case SEMICOLON:
		return take_semicolon(p, err);
	case OPENS:
	case CLOSES:
		return take_parenthesis(p, sort == OPENS, err);
	case SPACE:
	case MINUS:
	case SLASH:
	case BACKSLASH:
	case OTHER:
		break;
	}
	return take_other(p, err);
}

static int step_sql(struct plain *p, struct error *err)
{
	enum sort sort;

	while (p->at < p->end && sort_of(*p->at) == SPACE)
		p->at++;
	if (p->at == p->end)
		return 0;
	sort = sort_of(*p->at);
	if (sort == MINUS || sort == SLASH) {
		p->at++;
		p->place = sort == MINUS ? AFTER_MINUS : AFTER_SLASH;
		return 0;
	}
	if (sort == BACKSLASH)
		return open_command(p, err);
	return plain_begin_statement(p, err) < 0 ? -1 : in_statement(p, sort, err);
}

static bool goes_on_word(char c)
{
	enum sort sort = sort_of(c);

	return sort == LETTER || sort == DIGIT || sort == DOLLAR;
}

/* A single letter before a quote says what kind of string it is. */
static bool opens_prefixed(struct plain *p)
{
	char c = p->token.length == 1 ? p->token.text[0] : '\0';

	if (c == '\0' || *p->at != '\'' || !strchr("eEbBxXnN", c))
		return false;
	open_string(p, c == 'e' || c == 'E' || (p->old_strings && (c == 'n' || c == 'N')));
	return true;
}

static int step_word(struct plain *p, struct error *err)
{
	const char *begin = p->at;

	while (p->at < p->end && goes_on_word(*p->at))
		p->at++;
	plain_token_add(p, begin, (size_t)(p->at - begin));
	if (p->at == p->end || opens_prefixed(p))
		return 0;
	if (*p->at == '&' && p->token.length == 1 && (p->token.text[0] == 'u' || p->token.text[0] == 'U')) {
		p->at++;
		p->place = AFTER_U_AND;
		return 0;
	}
	p->place = IN_SQL;
	return plain_token_end(p, err);
}

static int step_u_and(struct plain *p, struct error *err)
{
	if (*p->at == '\'') {
		open_string(p, false);
		return 0;
	}
	if (*p->at == '"') {
		open_name(p);
		return 0;
	}
	p->place = IN_SQL;
	return plain_token_end(p, err) < 0 ? -1 : plain_take_sign(p, '&', err);
}

/* Letters that follow digits are part of it: 0x1F, 1e9. */
static int step_number(struct plain *p, struct error *err)
{
	while (p->at < p->end && (sort_of(*p->at) == DIGIT || sort_of(*p->at) == LETTER || *p->at == '.'))
		p->at++;
	if (p->at == p->end)
		return 0;
	p->place = IN_SQL;
	return plain_take_sign(p, '0', err);
}

static int open_comment(struct plain *p, enum place place)
{
	p->mark_line = plain_line_here(p);
	p->comments = 1;
	p->comment_last = '\0';
	plain_line_begin(p);
	plain_line_add(p, "--", 2);
	p->at++;
	p->place = place;
	return 0;
}

/* One that stands alone is a sign of a statement. */
static int step_minus(struct plain *p, struct error *err)
{
	if (*p->at == '-')
		return open_comment(p, IN_LINE_COMMENT);
	p->place = IN_SQL;
	return plain_begin_statement(p, err) < 0 ? -1 : plain_take_sign(p, '-', err);
}

static int step_slash(struct plain *p, struct error *err)
{
	if (*p->at == '*')
		return open_comment(p, IN_COMMENT);
	p->place = IN_SQL;
	return plain_begin_statement(p, err) < 0 ? -1 : plain_take_sign(p, '/', err);
}

/* A carriage return ends it too. */
static int step_line_comment(struct plain *p, struct error *err)
{
	const char *begin = p->at;

	(void)err;
	while (p->at < p->end && *p->at != '\n' && *p->at != '\r')
		p->at++;
	if (!p->in_statement)
		plain_line_add(p, begin, (size_t)(p->at - begin));
	if (p->at < p->end) {
		p->place = IN_SQL;
		plain_heed_comment(p);
	}
	return 0;
}

static int step_comment(struct plain *p, struct error *err)
{
	(void)err;
	while (p->at < p->end && p->comments > 0) {
		char c = *p->at++;
		bool ends = p->comment_last == '*' && c == '/', opens = p->comment_last == '/' && c == '*';

		p->comments += opens;
		p->comments -= ends;
		p->comment_last = ends || opens ? '\0' : c; /* neither sign counts twice */
	}
	if (p->comments == 0)
		p->place = IN_SQL;
	return 0;
}

/* The dollar was the first of a quote, or of $1, or alone. */
static int step_tag(struct plain *p, struct error *err)
{
	const char *begin = p->at;

	if (p->token.length == 0 && sort_of(*p->at) == DIGIT) {
		p->place = IN_NUMBER;
		return 0;
	}
	while (p->at < p->end && (sort_of(*p->at) == LETTER || sort_of(*p->at) == DIGIT))
		p->at++;
	plain_token_add(p, begin, (size_t)(p->at - begin));
	if (p->token.length > TAG_MOST)
		return fail(err, ERR_DATA,
			    "a dollar quote in the statement of line %zu has more than %d letters, which pg_dump does not write",
			    p->statement_line, TAG_MOST);
	if (p->at == p->end)
		return 0;
	if (*p->at != '$') {
		p->place = p->token.length ? IN_WORD : IN_SQL;
		return p->token.length ? 0 : plain_take_sign(p, '$', err);
	}
	p->tag.length = 0;
	text_add(&p->tag, "$");
	text_add_bytes(&p->tag, p->token.text, p->token.length);
	text_add(&p->tag, "$");
	p->tag_seen = 0;
	p->at++;
	p->place = IN_DOLLARS;
	return 0;
}

/* Within a tag no dollar stands but at its ends: where it does not go on, it may begin anew. */
static int step_dollars(struct plain *p, struct error *err)
{
	while (p->at < p->end && p->tag_seen < p->tag.length) {
		char c = *p->at;

		if (p->tag_seen == 0 && c != '$') {
			const char *dollar = memchr(p->at, '$', (size_t)(p->end - p->at));

			p->at = dollar ? dollar : p->end;
			continue;
		}
		p->tag_seen = c == p->tag.data[p->tag_seen] ? p->tag_seen + 1 : c == '$';
		p->at++;
	}
	if (p->tag_seen < p->tag.length)
		return 0;
	p->place = IN_SQL;
	plain_token_begin(p, TOKEN_STRING);
	return plain_token_end(p, err);
}

static int step_string(struct plain *p, struct error *err)
{
	const char *begin = p->at, *quote = memchr(begin, '\'', (size_t)(p->end - begin));
	const char *stop = quote ? quote : p->end;
	const char *backslash = p->escapes ? memchr(begin, '\\', (size_t)(stop - begin)) : NULL;

	(void)err;
	p->at = backslash ? backslash : stop;
	plain_token_add(p, begin, (size_t)(p->at - begin));
	if (p->at == p->end)
		return 0;
	p->at++;
	p->place = backslash ? IN_STRING_ESCAPE : AFTER_STRING;
	return 0;
}

/* One byte for itself. */
static int step_string_escape(struct plain *p, struct error *err)
{
	(void)err;
	plain_token_add(p, p->at++, 1);
	p->place = IN_STRING;
	return 0;
}

static int step_after_string(struct plain *p, struct error *err)
{
	if (*p->at == '\'')
		return step_string_escape(p, err);
	p->place = IN_SQL;
	return plain_token_end(p, err);
}

static int step_name(struct plain *p, struct error *err)
{
	const char *begin = p->at, *quote = memchr(begin, '"', (size_t)(p->end - begin));

	(void)err;
	p->at = quote ? quote : p->end;
	plain_token_add(p, begin, (size_t)(p->at - begin));
	if (p->at == p->end)
		return 0;
	p->at++;
	p->place = AFTER_NAME;
	return 0;
}

static int step_after_name(struct plain *p, struct error *err)
{
	if (*p->at == '"') {
		plain_token_add(p, p->at++, 1);
		p->place = IN_NAME;
		return 0;
	}
	p->place = IN_SQL;
	return plain_token_end(p, err);
}

static int step_command(struct plain *p, struct error *err)
{
	const char *begin = p->at, *newline = memchr(begin, '\n', (size_t)(p->end - begin));

	p->at = newline ? newline : p->end;
	plain_line_add(p, begin, (size_t)(p->at - begin));
	if (!newline && p->line.length <= PLAIN_LINE_MOST)
		return 0;
	if (plain_heed_command(p, err) < 0)
		return -1;
	p->place = IN_SQL;
	return plain_switch_sink(p, SINK_PASS, err);
}

/* psql would take what follows on the line for SQL, after the rows. */
static int step_before_rows(struct plain *p, struct error *err)
{
	while (p->at < p->end && *p->at != '\n' && sort_of(*p->at) == SPACE)
		p->at++;
	if (p->at == p->end)
		return 0;
	if (*p->at != '\n')
		return fail(err, ERR_DATA, "something follows the COPY of line %zu on its line, which pg_dump does not write",
			    p->statement_line);
	p->at++;
	p->row = ROW_BEGINS;
	p->place = IN_ROWS;
	return 0;
}

static enum row row_after(enum row row, char c)
{
	if (c == '\n')
		return ROW_BEGINS;
	if (row == ROW_BEGINS && c == '\\')
		return ROW_BACKSLASH;
	if (row == ROW_BACKSLASH && c == '.')
		return ROW_END;
	return row == ROW_END && c == '\r' ? ROW_END_CR : ROW_OTHER;
}

static int step_rows(struct plain *p, struct error *err)
{
	(void)err;
	while (p->at < p->end) {
		bool end_mark = p->row == ROW_END || p->row == ROW_END_CR;

		if (p->row == ROW_OTHER || (p->row == ROW_BEGINS && *p->at != '\\')) {
			const char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));

			p->row = newline ? ROW_BEGINS : ROW_OTHER;
			p->at = newline ? newline + 1 : p->end;
			continue;
		}
		p->row = row_after(p->row, *p->at++);
		if (end_mark && p->row == ROW_BEGINS) {
			p->place = IN_SQL;
			return 0;
		}
	}
	return 0;
}

/* Each is called with a byte left at least, and takes one or goes elsewhere. */
static int (*const steps[])(struct plain *p, struct error *err) = {
	[IN_SQL] = step_sql,
	[IN_WORD] = step_word,
	[IN_NUMBER] = step_number,
	[AFTER_MINUS] = step_minus,
	[AFTER_SLASH] = step_slash,
	[AFTER_U_AND] = step_u_and,
	[IN_TAG] = step_tag,
	[IN_STRING] = step_string,
	[IN_STRING_ESCAPE] = step_string_escape,
	[AFTER_STRING] = step_after_string,
	[IN_NAME] = step_name,
	[AFTER_NAME] = step_after_name,
	[IN_DOLLARS] = step_dollars,
	[IN_LINE_COMMENT] = step_line_comment,
	[IN_COMMENT] = step_comment,
	[IN_COMMAND] = step_command,
	[BEFORE_ROWS] = step_before_rows,
	[IN_ROWS] = step_rows,
};

int plain_add_bytes(struct plain *p, const char *bytes, size_t n, struct error *err)
{
	p->piece = p->at = p->from = p->counted = bytes;
	p->end = bytes + n;
	while (p->at < p->end)
		if (steps[p->place](p, err) < 0)
			return -1;
	if (plain_flush(p, err) < 0)
		return -1;
	plain_count_lines(p);
	p->before += n;
	if (n)
		p->last = bytes[n - 1];
	return 0;
}
