#include "model/plain_inner.h"

#include <stdlib.h>
#include <string.h>

#include "model/plain_command.h"
#include "model/plain_comment.h"

/* ---------------------------------------------------------------- lines, and what goes out */

void plain_count_lines(struct plain *p)
{
	const char *newline;

	for (; (newline = memchr(p->counted, '\n', (size_t)(p->at - p->counted))); p->counted = newline + 1)
		p->facts.lines++;
	p->counted = p->at;
}

/* The number of the line that the next byte stands in. */
size_t plain_line_here(struct plain *p)
{
	plain_count_lines(p);
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

	for (; bytes < end && (newline = memchr(bytes, '\n', (size_t)(end - bytes))); bytes = newline + 1)
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
	case FATE_LABEL:
		return &facts->labels;
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
	size_t *counter = counter_of(&p->facts, p->statement.fate);

	if (p->sink != SINK_HOLD || p->statement.fate == FATE_OPEN || p->statement.fate == FATE_DATABASE)
		return;
	if (fate_is_kept(p->statement.fate)) {
		p->sink = SINK_PASS;
		give(p, p->held.data, p->held.length);
	} else {
		p->sink = SINK_DROP;
		give_newlines(p, p->held.data, p->held.length);
		if (counter)
			++*counter;
	}
	p->held.length = 0;
}

/* What was looked at since the last call goes where it belongs. */
int plain_flush(struct plain *p, struct error *err)
{
	size_t n = (size_t)(p->at - p->from);
	const char *bytes = p->from;

	p->from = p->at;
	if (p->sink == SINK_HOLD && p->held.length + n > PLAIN_HEAD_OF_STATEMENT) {
		statement_end(&p->statement);
		if (p->statement.fate == FATE_DATABASE)
			return fail(err, ERR_DATA,
				    "the CREATE DATABASE in line %zu has more than %d bytes, which pg_dump does not write",
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

int plain_switch_sink(struct plain *p, enum sink sink, struct error *err)
{
	if (plain_flush(p, err) < 0)
		return -1;
	p->sink = sink;
	return 0;
}

/* ---------------------------------------------------------------- tokens */

void plain_token_begin(struct plain *p, enum token_kind kind)
{
	p->token.kind = kind;
	p->token.length = 0;
	p->token.cut = false;
}

void plain_token_add(struct plain *p, const char *bytes, size_t n)
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
		return fail(err, ERR_DATA, "the name of a role in the statement of line %zu has more than %d bytes",
			    p->statement_line, TOKEN_MOST);
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
		return fail(err, ERR_DATA, "it names more than %d roles (in line %zu, and before)", PLAIN_ROLES_MOST,
			    p->statement_line);
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
int plain_token_end(struct plain *p, struct error *err)
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
		if (plain_flush(p, err) < 0)
			return -1;
		follow_fate(p);
	}
	if (p->statement.role && p->sink != SINK_DROP)
		return take_role(p, p->statement.role, p->statement.role_cut, err);
	return 0;
}

/* The next byte, as a token. */
int plain_take_sign(struct plain *p, char sign, struct error *err)
{
	if (!p->statement.wanted)
		return 0;
	plain_token_begin(p, TOKEN_SIGN);
	plain_token_add(p, &sign, 1);
	return plain_token_end(p, err);
}

/* ---------------------------------------------------------------- statements */

int plain_begin_statement(struct plain *p, struct error *err)
{
	if (p->in_statement)
		return 0;
	if (p->trailer)
		return fail(err, ERR_DATA, "it goes on after its end, in line %zu: are these two dumps in one file?",
			    plain_line_here(p));
	if (plain_switch_sink(p, SINK_HOLD, err) < 0)
		return -1;
	p->in_statement = true;
	p->statement_line = plain_line_here(p);
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
		return fail(err, ERR_DATA, "it creates a second database, in line %zu, which pg_dump does not write",
			    p->statement_line);
	p->facts.create_database = xstrndup(p->held.data, p->held.length - 1);
	if (p->statement.count > 2)
		set_text(&p->facts.database, p->statement.first[2].text);
	give_newlines(p, p->held.data, p->held.length);
	p->held.length = 0;
	return 0;
}

/* CREATE SCHEMA [IF NOT EXISTS] public, which --quote-all-identifiers writes as "public". */
static bool makes_public(const struct statement *s)
{
	size_t at = statement_is(s, "create schema if not exists") ? 5 : 2;

	return statement_is(s, "create schema") && s->count > at && at < STATEMENT_FIRST && s->first[at].kind <= TOKEN_QUOTED &&
	       same(s->first[at].text, "public");
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
	p->facts.makes_public |= makes_public(s);
	if (s->rows_follow)
		note_rows(p);
}

/* Its semicolon has just been passed. */
int plain_end_statement(struct plain *p, struct error *err)
{
	statement_end(&p->statement);
	if (plain_flush(p, err) < 0)
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

void plain_line_begin(struct plain *p)
{
	p->line.length = 0;
	text_add(&p->line, "");
}

void plain_line_add(struct plain *p, const char *bytes, size_t n)
{
	if (p->line.length + n <= PLAIN_LINE_MOST)
		text_add_bytes(&p->line, bytes, n);
	else
		text_add_bytes(&p->line, bytes, PLAIN_LINE_MOST + 1 - p->line.length); /* longer than any that is looked at */
}

void plain_heed_comment(struct plain *p)
{
	struct plain_entry entry;

	if (p->in_statement || p->line.length > PLAIN_LINE_MOST)
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
	autofree char *beginning = xstrndup(p->line.data, PLAIN_SHOWN_MOST), *shown = printable(beginning, false);

	if (p->statement.blocks > 0 && p->in_statement)
		return fail(err, ERR_DATA,
			    "psql waits for the END of a BEGIN in the routine of line %zu, up to the command '%s' in line %zu: "
			    "where 'begin' is a name there, dump with --quote-all-identifiers, or --format=custom",
			    p->statement_line, shown, p->mark_line);
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

int plain_heed_command(struct plain *p, struct error *err)
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
