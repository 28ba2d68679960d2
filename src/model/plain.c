#include "model/plain.h"

#include <stdlib.h>
#include <string.h>

#include "model/plain_command.h"
#include "model/plain_comment.h"
#include "model/plain_statement.h"

#define HEAD_MOST 128	     /* bytes, of the three lines that are looked at first */
#define LINE_MOST 65536	     /* bytes of a comment or a command that are kept */
#define TAG_MOST 256	     /* bytes of $tag$; pg_dump needs some ten */
#define SHOWN_MOST 30	     /* bytes of what is refused that the sentence shows */

#define BOM "\xef\xbb\xbf"

/* Where the next byte stands. */
enum place {
	IN_SQL,
	IN_WORD,
	IN_NUMBER,
	AFTER_MINUS,
	AFTER_SLASH,
	AFTER_U_AND,	 /* U& */
	IN_TAG,		 /* $ta */
	IN_STRING,
	IN_STRING_ESCAPE, /* after a backslash */
	AFTER_STRING,	 /* its quote may be the first of two */
	IN_NAME,	 /* in double quotes */
	AFTER_NAME,
	IN_DOLLARS,
	IN_LINE_COMMENT,
	IN_COMMENT,
	IN_COMMAND,
	BEFORE_ROWS,	 /* between COPY's semicolon and the end of its line */
	IN_ROWS,
};

/* What becomes of the bytes. */
enum sink { SINK_PASS, SINK_HOLD, SINK_DROP };

/* Of the line of COPY's rows, how much of its end mark was seen. */
enum row { ROW_BEGINS, ROW_BACKSLASH, ROW_END, ROW_END_CR, ROW_OTHER };

struct plain {
	struct plain_ears ears;
	struct plain_facts facts;
	struct strings roles; /* sorted */
	struct scene scene;
	bool objects; /* something was said that is not about the database itself */
	bool trailer;
	bool old_strings; /* SET standard_conforming_strings = off */

	char head[HEAD_MOST + 1]; /* until it was judged */
	size_t head_bytes, head_lines;
	bool began;

	/* of the piece at hand */
	const char *piece, *at, *end;
	const char *from;    /* what before it went on its way */
	const char *counted; /* lines before it are */
	uint64_t before;     /* bytes of the pieces before it */
	char last;	     /* byte of them */

	enum place place;
	enum sink sink;
	enum row row;
	bool in_statement;
	uint64_t statement_at;	 /* byte */
	size_t statement_line, mark_line; /* 'mark': of the comment, command or rows */
	bool escapes;	      /* in this string a backslash escapes */
	size_t parentheses, comments; /* that are open */
	char comment_last;
	size_t tag_seen;      /* bytes of the closing tag */
	struct text held;     /* of the statement, until its fate is known */
	struct text line;     /* of a comment or a command */
	struct text tag;      /* "$tag$" */
	struct token token;
	struct statement statement;
	char *rows_of;	      /* the table, for the sentence */
};

struct plain *plain_new(const struct plain_ears *ears, int target_major)
{
	struct plain *p = xcalloc(1, sizeof(*p));

	p->ears = *ears;
	p->scene.target_major = target_major;
	p->last = '\n';
	return p;
}

const struct plain_facts *plain_facts(const struct plain *p)
{
	return &p->facts;
}

void plain_free(struct plain **slot)
{
	struct plain *p = *slot;

	*slot = NULL;
	if (!p)
		return;
	free(p->facts.server_version);
	free(p->facts.dumped_by);
	free(p->facts.started);
	free(p->facts.database);
	free(p->facts.create_database);
	free(p->facts.encoding);
	strings_done(&p->roles);
	text_done(&p->held);
	text_done(&p->line);
	text_done(&p->tag);
	free(p->rows_of);
	free(p);
}

/* ---------------------------------------------------------------- lines, and what goes out */

static void count_lines(struct plain *p)
{
	const char *newline;

	for (; (newline = memchr(p->counted, '\n', (size_t)(p->at - p->counted))); p->counted = newline + 1)
		p->facts.lines++;
	p->counted = p->at;
}

/* The number of the line that the next byte stands in. */
static size_t line_here(struct plain *p)
{
	count_lines(p);
	return p->facts.lines + 1;
}

static void give(struct plain *p, const char *bytes, size_t n)
{
	if (p->ears.sql && n)
		p->ears.sql(p->ears.context, bytes, n);
}

/* Of what is left out the line ends stay: lines keep their numbers, for what psql says. */
static void give_newlines(struct plain *p, const char *bytes, size_t n)
{
	const char *end = bytes + n, *newline;

	for (; (newline = memchr(bytes, '\n', (size_t)(end - bytes))); bytes = newline + 1)
		give(p, newline, 1);
}

static size_t *counter_of(struct plain_facts *facts, enum fate fate)
{
	switch (fate) {
	case FATE_DROP:
		return &facts->drops;
	case FATE_TABLESPACE:
		return &facts->tablespaces;
	case FATE_SUBSCRIPTION:
		return &facts->subscriptions;
	case FATE_STATISTICS:
		return &facts->statistics;
	case FATE_TIMEOUT:
		return &facts->timeouts;
	case FATE_OPEN:
	case FATE_KEPT:
	case FATE_PREAMBLE:
	case FATE_DATABASE:
		break;
	}
	return NULL;
}

/* Once a fate is known, what was held goes its way, and so does the rest. CREATE DATABASE is held to its end. */
static void follow_fate(struct plain *p)
{
	if (p->sink != SINK_HOLD || p->statement.fate == FATE_OPEN || p->statement.fate == FATE_DATABASE)
		return;
	if (fate_is_kept(p->statement.fate)) {
		p->sink = SINK_PASS;
		give(p, p->held.data, p->held.length);
	} else {
		p->sink = SINK_DROP;
		give_newlines(p, p->held.data, p->held.length);
		++*counter_of(&p->facts, p->statement.fate);
	}
	p->held.length = 0;
}

/* What was looked at since the last call goes where it belongs. */
static int flush(struct plain *p, struct error *err)
{
	size_t n = (size_t)(p->at - p->from);
	const char *bytes = p->from;

	p->from = p->at;
	if (p->sink == SINK_HOLD && p->held.length + n > PLAIN_HEAD_OF_STATEMENT) {
		statement_end(&p->statement);
		if (p->statement.fate == FATE_DATABASE)
			return fail(err, ERR_DATA, "the CREATE DATABASE in line %zu has more than %d bytes, which pg_dump does not write",
				    p->statement_line, PLAIN_HEAD_OF_STATEMENT);
		follow_fate(p);
	}
	if (p->sink == SINK_HOLD)
		text_add_bytes(&p->held, bytes, n);
	else if (p->sink == SINK_PASS)
		give(p, bytes, n);
	else
		give_newlines(p, bytes, n);
	return 0;
}

static int switch_sink(struct plain *p, enum sink sink, struct error *err)
{
	if (flush(p, err) < 0)
		return -1;
	p->sink = sink;
	return 0;
}

/* ---------------------------------------------------------------- tokens */

static void token_begin(struct plain *p, enum token_kind kind)
{
	p->token.kind = kind;
	p->token.length = 0;
	p->token.cut = false;
}

static void token_add(struct plain *p, const char *bytes, size_t n)
{
	size_t room = TOKEN_MOST - p->token.length;

	if (n > room) {
		p->token.cut = true;
		n = room;
	}
	memcpy(p->token.text + p->token.length, bytes, n);
	p->token.length += n;
}

static int take_role(struct plain *p, const char *role, bool cut, struct error *err)
{
	size_t low = 0, high = p->roles.count;

	if (cut)
		return fail(err, ERR_DATA, "the name of a role in the statement of line %zu has more than %d bytes", p->statement_line,
			    TOKEN_MOST);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(p->roles.items[middle], role);

		if (order == 0)
			return 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (p->roles.count == PLAIN_ROLES_MOST)
		return fail(err, ERR_DATA, "it names more than %d roles (in line %zu, and before)", PLAIN_ROLES_MOST, p->statement_line);
	strings_add(&p->roles, role);
	for (size_t i = p->roles.count - 1; i > low; i--) {
		char *swapped = p->roles.items[i];

		p->roles.items[i] = p->roles.items[i - 1];
		p->roles.items[i - 1] = swapped;
	}
	if (p->ears.role)
		p->ears.role(p->ears.context, role);
	return 0;
}

/* The token that was collected ends before the byte that comes next. */
static int token_end(struct plain *p, struct error *err)
{
	uint64_t here = p->before + (uint64_t)(p->at - p->piece);

	if (!p->statement.wanted)
		return 0;
	p->token.text[p->token.length] = '\0';
	for (size_t i = 0; p->token.kind == TOKEN_WORD && i < p->token.length; i++)
		if (p->token.text[i] >= 'A' && p->token.text[i] <= 'Z')
			p->token.text[i] = (char)(p->token.text[i] - 'A' + 'a');
	p->token.within = p->parentheses > 0;
	p->token.beyond = here - p->statement_at > PLAIN_HEAD_OF_STATEMENT;
	statement_token(&p->statement, &p->token);
	if (p->sink == SINK_HOLD && p->statement.fate != FATE_OPEN) {
		if (flush(p, err) < 0)
			return -1;
		follow_fate(p);
	}
	if (p->statement.role && p->sink != SINK_DROP)
		return take_role(p, p->statement.role, p->statement.role_cut, err);
	return 0;
}

/* The next byte, as a token. */
static int take_sign(struct plain *p, char sign, struct error *err)
{
	if (!p->statement.wanted)
		return 0;
	token_begin(p, TOKEN_SIGN);
	token_add(p, &sign, 1);
	return token_end(p, err);
}

/* ---------------------------------------------------------------- statements */

static int begin_statement(struct plain *p, struct error *err)
{
	if (p->in_statement)
		return 0;
	if (p->trailer)
		return fail(err, ERR_DATA, "it goes on after its end, in line %zu: are these two dumps in one file?", line_here(p));
	if (switch_sink(p, SINK_HOLD, err) < 0)
		return -1;
	p->in_statement = true;
	p->statement_line = line_here(p);
	p->statement_at = p->before + (uint64_t)(p->at - p->piece);
	statement_begin(&p->statement, &p->scene);
	return 0;
}

/* In these, a letter's second byte may be a backslash or a quote. */
static bool is_unsafe_encoding(const char *name)
{
	static const char *const unsafe[] = {"sjis", "mskanji", "shiftjis", "win932", "windows932", "big5", "win950", "windows950",
					     "gbk", "win936", "windows936", "uhc", "win949", "windows949", "gb18030", "johab",
					     "shiftjis2004"};
	char plain[16] = "";
	size_t n = 0;

	for (; *name && n + 1 < sizeof(plain); name++)
		if ((*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9'))
			plain[n++] = *name;
		else if (*name >= 'A' && *name <= 'Z')
			plain[n++] = (char)(*name - 'A' + 'a');
	for (size_t i = 0; i < COUNT(unsafe); i++)
		if (strcmp(plain, unsafe[i]) == 0)
			return true;
	return false;
}

static int heed_settings(struct plain *p, struct error *err)
{
	const char *encoding = statement_setting(&p->statement, "client_encoding");
	const char *strings = statement_setting(&p->statement, "standard_conforming_strings");
	autofree char *shown = encoding ? printable(encoding, false) : NULL;

	if (encoding && is_unsafe_encoding(encoding))
		return fail(err, ERR_SOURCE,
			    "it is in the encoding %s, in which a letter may hold a backslash, and cannot be drilled: dump with "
			    "'pg_dump -E UTF8'",
			    shown);
	if (encoding)
		set_text(&p->facts.encoding, shown);
	if (strings)
		p->old_strings = strcmp(strings, "off") == 0;
	return 0;
}

/* The whole CREATE DATABASE was held. */
static int heed_database(struct plain *p, struct error *err)
{
	if (p->facts.create_database)
		return fail(err, ERR_DATA, "it creates a second database, in line %zu, which pg_dump does not write", p->statement_line);
	p->facts.create_database = xstrndup(p->held.data, p->held.length - 1);
	if (p->statement.count > 2)
		set_text(&p->facts.database, p->statement.first[2].text);
	give_newlines(p, p->held.data, p->held.length);
	p->held.length = 0;
	return 0;
}

/* "public.orders", for the sentence. */
static void note_rows(struct plain *p)
{
	CLEANUP(text_done) struct text name = {0};

	for (size_t i = 1; i < p->statement.count && i < STATEMENT_FIRST; i++) {
		const struct token *t = &p->statement.first[i];

		if (strcmp(t->text, "(") == 0 || (t->kind == TOKEN_WORD && strcmp(t->text, "from") == 0))
			break;
		text_add(&name, t->text);
	}
	free(p->rows_of);
	p->rows_of = printable(name.data ? name.data : "", false);
	p->facts.copies++;
	p->place = BEFORE_ROWS;
	p->mark_line = p->statement_line;
}

static void heed_kept(struct plain *p)
{
	const struct statement *s = &p->statement;

	if (s->count == 0 || s->fate != FATE_KEPT)
		return;
	p->objects = true;
	p->scene.made |= statement_is(s, "create");
	p->facts.makes_public |= statement_is(s, "create schema public") || statement_is(s, "create schema if not exists public");
	if (s->rows_follow)
		note_rows(p);
}

/* Its semicolon has just been passed. */
static int end_statement(struct plain *p, struct error *err)
{
	statement_end(&p->statement);
	if (flush(p, err) < 0)
		return -1;
	follow_fate(p);
	p->in_statement = false;
	p->sink = SINK_PASS;
	if (p->statement.fate == FATE_DATABASE)
		return heed_database(p, err);
	heed_kept(p);
	return p->statement.fate == FATE_PREAMBLE ? heed_settings(p, err) : 0;
}

/* ---------------------------------------------------------------- between statements */

static void cut_return(struct text *line)
{
	if (line->length && line->data[line->length - 1] == '\r')
		line->data[--line->length] = '\0';
}

static void line_begin(struct plain *p)
{
	p->line.length = 0;
	text_add(&p->line, "");
}

static void line_add(struct plain *p, const char *bytes, size_t n)
{
	if (p->line.length + n <= LINE_MOST)
		text_add_bytes(&p->line, bytes, n);
	else
		text_add_bytes(&p->line, bytes, LINE_MOST + 1 - p->line.length); /* longer than any that is looked at */
}

static void heed_comment(struct plain *p)
{
	struct plain_entry entry;

	if (p->in_statement || p->line.length > LINE_MOST)
		return;
	if (strcmp(p->line.data, PLAIN_TRAILER) == 0) {
		p->trailer = true;
	} else if (plain_comment_entry(p->line.data, &entry)) {
		p->scene.named = true;
		if (p->ears.entry)
			p->ears.entry(p->ears.context, &entry);
	} else {
		plain_comment_fact(p->line.data, &p->facts);
	}
}

static int refuse_command(const struct plain *p, struct error *err)
{
	autofree char *beginning = xstrndup(p->line.data, SHOWN_MOST), *shown = printable(beginning, false);

	return fail(err, ERR_DATA, "line %zu holds a command of psql's that pg_dump does not write: '%s'", p->mark_line, shown);
}

/*
 * A database has to have been created by then, and nothing in it. It connects
 * once more after what --create says about the database itself.
 */
static bool may_connect(const struct plain *p, const char *database)
{
	return p->facts.create_database && !p->objects && same(p->facts.database, database);
}

static int heed_command(struct plain *p, struct error *err)
{
	autofree char *database = NULL;
	enum plain_command command;

	cut_return(&p->line);
	command = p->in_statement ? COMMAND_UNKNOWN : plain_command(p->line.data, &database);
	if (command == COMMAND_UNKNOWN || (p->trailer && command != COMMAND_UNRESTRICT) ||
	    (command == COMMAND_ENCODING && p->objects) || (command == COMMAND_CONNECT && !may_connect(p, database)))
		return refuse_command(p, err);
	return 0;
}

/* ---------------------------------------------------------------- the bytes, each where it stands */

enum sort { OTHER, SPACE, LETTER, DIGIT, DOLLAR, QUOTE, DOUBLE_QUOTE, MINUS, SLASH, SEMICOLON, OPENS, CLOSES, BACKSLASH };

static const unsigned char sorts[256] = {
	['\t' ... '\r'] = SPACE, [' '] = SPACE, ['A' ... 'Z'] = LETTER, ['a' ... 'z'] = LETTER, ['_'] = LETTER, [0x80 ... 0xff] = LETTER,
	['0' ... '9'] = DIGIT, ['$'] = DOLLAR, ['\''] = QUOTE, ['"'] = DOUBLE_QUOTE, ['-'] = MINUS, ['/'] = SLASH,
	[';'] = SEMICOLON, ['('] = OPENS, [')'] = CLOSES, ['\\'] = BACKSLASH,
};

static enum sort sort_of(char c)
{
	return (enum sort)sorts[(unsigned char)c];
}

static void open_string(struct plain *p, bool escapes)
{
	token_begin(p, TOKEN_STRING);
	p->escapes = escapes;
	p->place = IN_STRING;
	p->at++;
}

static void open_name(struct plain *p)
{
	token_begin(p, TOKEN_QUOTED);
	p->place = IN_NAME;
	p->at++;
}

static void open_word(struct plain *p, enum place place)
{
	token_begin(p, TOKEN_WORD);
	p->place = place;
}

static int open_command(struct plain *p, struct error *err)
{
	bool at_line_start = p->at > p->piece ? p->at[-1] == '\n' : p->last == '\n';

	if (switch_sink(p, SINK_DROP, err) < 0)
		return -1;
	p->mark_line = line_here(p);
	p->in_statement |= !at_line_start; /* never where pg_dump writes one */
	line_begin(p);
	p->place = IN_COMMAND;
	return 0;
}

static int take_semicolon(struct plain *p, struct error *err)
{
	p->at++;
	return p->parentheses == 0 && p->statement.blocks == 0 ? end_statement(p, err) : 0;
}

static int take_parenthesis(struct plain *p, bool opens, struct error *err)
{
	if (take_sign(p, *p->at, err) < 0)
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

	return take_sign(p, sign, err);
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
	return begin_statement(p, err) < 0 ? -1 : in_statement(p, sort, err);
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
	token_add(p, begin, (size_t)(p->at - begin));
	if (p->at == p->end || opens_prefixed(p))
		return 0;
	if (*p->at == '&' && p->token.length == 1 && (p->token.text[0] == 'u' || p->token.text[0] == 'U')) {
		p->at++;
		p->place = AFTER_U_AND;
		return 0;
	}
	p->place = IN_SQL;
	return token_end(p, err);
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
	return token_end(p, err) < 0 ? -1 : take_sign(p, '&', err);
}

/* Letters that follow digits are part of it: 0x1F, 1e9. */
static int step_number(struct plain *p, struct error *err)
{
	while (p->at < p->end && (sort_of(*p->at) == DIGIT || sort_of(*p->at) == LETTER || *p->at == '.'))
		p->at++;
	if (p->at == p->end)
		return 0;
	p->place = IN_SQL;
	return take_sign(p, '0', err);
}

static int open_comment(struct plain *p, enum place place)
{
	p->mark_line = line_here(p);
	p->comments = 1;
	p->comment_last = '\0';
	line_begin(p);
	line_add(p, "--", 2);
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
	return begin_statement(p, err) < 0 ? -1 : take_sign(p, '-', err);
}

static int step_slash(struct plain *p, struct error *err)
{
	if (*p->at == '*')
		return open_comment(p, IN_COMMENT);
	p->place = IN_SQL;
	return begin_statement(p, err) < 0 ? -1 : take_sign(p, '/', err);
}

/* A carriage return ends it too. */
static int step_line_comment(struct plain *p, struct error *err)
{
	const char *begin = p->at;

	(void)err;
	while (p->at < p->end && *p->at != '\n' && *p->at != '\r')
		p->at++;
	if (!p->in_statement)
		line_add(p, begin, (size_t)(p->at - begin));
	if (p->at < p->end) {
		p->place = IN_SQL;
		heed_comment(p);
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
	token_add(p, begin, (size_t)(p->at - begin));
	if (p->token.length > TAG_MOST)
		return fail(err, ERR_DATA, "a dollar quote in the statement of line %zu has more than %d letters, which pg_dump does not write",
			    p->statement_line, TAG_MOST);
	if (p->at == p->end)
		return 0;
	if (*p->at != '$') {
		p->place = p->token.length ? IN_WORD : IN_SQL;
		return p->token.length ? 0 : take_sign(p, '$', err);
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
	token_begin(p, TOKEN_STRING);
	return token_end(p, err);
}

static int step_string(struct plain *p, struct error *err)
{
	const char *begin = p->at, *quote = memchr(begin, '\'', (size_t)(p->end - begin));
	const char *stop = quote ? quote : p->end;
	const char *backslash = p->escapes ? memchr(begin, '\\', (size_t)(stop - begin)) : NULL;

	(void)err;
	p->at = backslash ? backslash : stop;
	token_add(p, begin, (size_t)(p->at - begin));
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
	token_add(p, p->at++, 1);
	p->place = IN_STRING;
	return 0;
}

static int step_after_string(struct plain *p, struct error *err)
{
	if (*p->at == '\'')
		return step_string_escape(p, err);
	p->place = IN_SQL;
	return token_end(p, err);
}

static int step_name(struct plain *p, struct error *err)
{
	const char *begin = p->at, *quote = memchr(begin, '"', (size_t)(p->end - begin));

	(void)err;
	p->at = quote ? quote : p->end;
	token_add(p, begin, (size_t)(p->at - begin));
	if (p->at == p->end)
		return 0;
	p->at++;
	p->place = AFTER_NAME;
	return 0;
}

static int step_after_name(struct plain *p, struct error *err)
{
	if (*p->at == '"') {
		token_add(p, p->at++, 1);
		p->place = IN_NAME;
		return 0;
	}
	p->place = IN_SQL;
	return token_end(p, err);
}

static int step_command(struct plain *p, struct error *err)
{
	const char *begin = p->at, *newline = memchr(begin, '\n', (size_t)(p->end - begin));

	p->at = newline ? newline : p->end;
	line_add(p, begin, (size_t)(p->at - begin));
	if (!newline && p->line.length <= LINE_MOST)
		return 0;
	if (heed_command(p, err) < 0)
		return -1;
	p->place = IN_SQL;
	return switch_sink(p, SINK_PASS, err);
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

static int add_bytes(struct plain *p, const char *bytes, size_t n, struct error *err)
{
	p->piece = p->at = p->from = p->counted = bytes;
	p->end = bytes + n;
	while (p->at < p->end)
		if (steps[p->place](p, err) < 0)
			return -1;
	if (flush(p, err) < 0)
		return -1;
	count_lines(p);
	p->before += n;
	if (n)
		p->last = bytes[n - 1];
	return 0;
}

/* ---------------------------------------------------------------- the head */

static int refuse_head(const struct plain *p, const char *head, struct error *err)
{
	autofree char *beginning = xstrndup(head, SHOWN_MOST), *shown = printable(beginning, false);

	if (p->head_bytes == 0)
		return fail(err, ERR_DATA, "it is empty, or begins with a byte of zero");
	if (p->head_bytes >= 2 && (memcmp(p->head, "\xff\xfe", 2) == 0 || memcmp(p->head, "\xfe\xff", 2) == 0))
		return fail(err, ERR_DATA,
			    "it is text in UTF-16, as PowerShell's '>' makes it, which psql cannot read: let pg_dump write the "
			    "file itself, with -f");
	return fail(err, ERR_DATA, "it does not begin as what pg_dump writes does, but with '%s'", shown);
}

/* The first lines, without what ends them, joined by blanks. */
static char *head_words(const char *head)
{
	CLEANUP(text_done) struct text words = {0};

	for (; *head; head++)
		if (*head == '\n')
			text_add(&words, " ");
		else if (*head != '\r')
			text_add_bytes(&words, head, 1);
	return text_take(&words);
}

static int judge_head(struct plain *p, struct error *err)
{
	const char *head = p->head + (starts_with(p->head, BOM) ? strlen(BOM) : 0);
	autofree char *words = head_words(head);

	p->began = true;
	if (starts_with(words, "-- -- PostgreSQL database cluster dump"))
		return fail(err, ERR_SOURCE,
			    "it is a dump of pg_dumpall, of a whole server, and cannot be drilled: dump each database with pg_dump");
	if (!starts_with(words, "-- " PLAIN_HEAD " --"))
		return refuse_head(p, head, err);
	/* what psql would leave out itself, in UTF-8 */
	return add_bytes(p, head, p->head_bytes - (size_t)(head - p->head), err);
}

/* Returns how many of the bytes were taken. */
static size_t collect_head(struct plain *p, const char *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && p->head_bytes < HEAD_MOST && p->head_lines < 3) {
		p->head_lines += bytes[i] == '\n';
		p->head[p->head_bytes++] = bytes[i++];
	}
	p->head[p->head_bytes] = '\0';
	return i;
}

static int add_text(struct plain *p, const char *bytes, size_t n, struct error *err)
{
	size_t taken = p->began ? 0 : collect_head(p, bytes, n);

	if (!p->began && p->head_bytes < HEAD_MOST && p->head_lines < 3)
		return 0;
	if (!p->began && judge_head(p, err) < 0)
		return -1;
	return n > taken ? add_bytes(p, bytes + taken, n - taken, err) : 0;
}

/* Of one in UTF-16 every other byte is a NUL. */
static int refuse_nul(struct plain *p, struct error *err)
{
	if (!p->began && judge_head(p, err) < 0)
		return -1;
	return fail(err, ERR_DATA, "line %zu holds a byte of zero, which no dump does: it is damaged", p->facts.lines + 1);
}

int plain_add(struct plain *p, const char *bytes, size_t n, struct error *err)
{
	const char *nul = n ? memchr(bytes, '\0', n) : NULL;

	if (add_text(p, bytes, nul ? (size_t)(nul - bytes) : n, err) < 0)
		return -1;
	return nul ? refuse_nul(p, err) : 0;
}

/* ---------------------------------------------------------------- the end */

static int refuse_end(const struct plain *p, struct error *err)
{
	bool quoted = p->place == IN_STRING || p->place == IN_STRING_ESCAPE || p->place == IN_NAME || p->place == IN_DOLLARS;

	if (p->place == BEFORE_ROWS || p->place == IN_ROWS)
		return fail(err, ERR_DATA, "it ends within the rows of '%s', which begin in line %zu: it was cut short", p->rows_of,
			    p->mark_line);
	if (p->place == IN_COMMENT)
		return fail(err, ERR_DATA, "it ends within a comment, which begins in line %zu: it was cut short", p->mark_line);
	if (p->in_statement || p->place == AFTER_MINUS || p->place == AFTER_SLASH)
		return fail(err, ERR_DATA, "it ends within %sa statement, which begins in line %zu: it was cut short",
			    quoted ? "a string of " : "", p->in_statement ? p->statement_line : p->facts.lines + 1);
	return fail(err, ERR_DATA,
		    "it ends without the line '" PLAIN_TRAILER "': it was cut short, or pg_dump did not come to its end");
}

int plain_end(struct plain *p, struct error *err)
{
	if (!p->began && judge_head(p, err) < 0)
		return -1;
	if (p->place == IN_LINE_COMMENT) {
		p->place = IN_SQL;
		heed_comment(p);
	} else if (p->place == IN_COMMAND) {
		if (heed_command(p, err) < 0)
			return -1;
		p->place = IN_SQL;
	}
	if (p->place != IN_SQL || p->in_statement || !p->trailer)
		return refuse_end(p, err);
	return 0;
}
