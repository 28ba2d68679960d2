#include "model/plain.h"

#include <stdlib.h>
#include <string.h>

#include "model/plain_inner.h"

#define BOM "\xef\xbb\xbf"

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

/* ---------------------------------------------------------------- the head */

static int refuse_head(const struct plain *p, const char *head, struct error *err)
{
	autofree char *beginning = xstrndup(head, PLAIN_SHOWN_MOST), *shown = printable(beginning, false);

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
			    "it is a dump of pg_dumpall, of a whole server, and cannot be drilled: dump each database with "
			    "pg_dump");
	if (!starts_with(words, "-- " PLAIN_HEAD " --"))
		return refuse_head(p, head, err);
	/* what psql would leave out itself, in UTF-8 */
	return plain_add_bytes(p, head, p->head_bytes - (size_t)(head - p->head), err);
}

/* Returns how many of the bytes were taken. */
static size_t collect_head(struct plain *p, const char *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && p->head_bytes < PLAIN_HEAD_MOST && p->head_lines < 3) {
		p->head_lines += bytes[i] == '\n';
		p->head[p->head_bytes++] = bytes[i++];
	}
	p->head[p->head_bytes] = '\0';
	return i;
}

static int add_text(struct plain *p, const char *bytes, size_t n, struct error *err)
{
	size_t taken = p->began ? 0 : collect_head(p, bytes, n);

	if (!p->began && p->head_bytes < PLAIN_HEAD_MOST && p->head_lines < 3)
		return 0;
	if (!p->began && judge_head(p, err) < 0)
		return -1;
	return n > taken ? plain_add_bytes(p, bytes + taken, n - taken, err) : 0;
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
		plain_heed_comment(p);
	} else if (p->place == IN_COMMAND) {
		if (plain_heed_command(p, err) < 0)
			return -1;
		p->place = IN_SQL;
	}
	if (p->place != IN_SQL || p->in_statement || !p->trailer)
		return refuse_end(p, err);
	return 0;
}
