#include "drill/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/json.h"

#define PIECE 65536
#define LAST_WORDS ((off_t)65536) /* of the log, to find why a server died */
#define STATEMENT_SHOWN 120
#define VERSIONS_SHOWN 3
#define TALK_LINE_CAP 8192

/* --- the server's log --- */

/* Calls 'each' for every line; a longer one than the cap is cut. */
struct line_reader {
	int fd;
	struct text line;
	void (*each)(void *context, const char *line, size_t n, bool cut);
	void *context;
};

static void add_to_line(struct text *line, const char *bytes, size_t n)
{
	size_t room = MESSAGE_LINE_CAP - line->length;

	if (room > 0 && n > 0)
		text_add_bytes(line, bytes, n < room ? n : room);
}

static void end_line(struct line_reader *r)
{
	if (r->line.length)
		r->each(r->context, r->line.data, r->line.length, r->line.length == MESSAGE_LINE_CAP);
	r->line.length = 0;
}

static void line_reader_done(struct line_reader *r)
{
	cleanup_close(&r->fd);
	text_done(&r->line);
}

static int read_lines(struct line_reader *r, const char *path, int64_t *ret_whole, struct error *err)
{
	autofree char *piece = xcalloc(1, PIECE);
	int64_t read_bytes = 0;
	ssize_t n;

	while ((n = read(r->fd, piece, PIECE)) != 0) {
		const char *at = piece, *end = piece + (n > 0 ? n : 0), *newline;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, ERR_IO, "read '%s': %m", path);
		while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
			add_to_line(&r->line, at, (size_t)(newline - at));
			end_line(r);
			at = newline + 1;
			*ret_whole = read_bytes + (at - piece);
		}
		add_to_line(&r->line, at, (size_t)(end - at));
		read_bytes += n;
	}
	return 0;
}

/* What a dump may have put in the log's place is not followed. -1 with errno. */
static int open_log(const char *path, int64_t from, off_t *ret_size)
{
	struct stat st;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	if (lseek(fd, from, SEEK_SET) < 0)
		return -1;
	*ret_size = st.st_size;
	return take_fd(&fd);
}

/* A cut line is closed so that what came before the cut can be read: its string and its object end here. */
static char *close_cut(const char *line, size_t n)
{
	autofree char *head = NULL;

	for (size_t i = n; i > 0 && i + 6 > n; i--)
		if (line[i - 1] == '\\')
			n = i - 1;
	head = xstrndup(line, n);
	return format("%s\"}", head);
}

static struct json *parse_line(const char *line, size_t n, bool cut)
{
	autofree char *closed = cut ? close_cut(line, n) : xstrndup(line, n);
	autofree char *clean = NULL;
	struct json *root = NULL;
	struct error ignored;

	if (json_parse(closed, strlen(closed), &root, &ignored) == 0)
		return root;
	/* a database in SQL_ASCII has bytes that are no UTF-8 */
	clean = printable(closed, true);
	return json_parse(clean, strlen(clean), &root, &ignored) == 0 ? root : NULL;
}

static char *field(const struct json *root, const char *key)
{
	const char *value = root ? json_get_text(root, key) : NULL;

	return xstrndup(value ? value : "", MESSAGE_FIELD_CAP);
}

static void copy_word(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
}

static bool severe(const char *severity)
{
	return strcmp(severity, "ERROR") == 0 || strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

/* Whether the line is an error of a session that counts. */
static bool counts(const struct json *root)
{
	const char *severity = json_get_text(root, "error_severity");
	const char *backend = json_get_text(root, "backend_type");
	const char *sqlstate = json_get_text(root, "state_code");

	if (!severity || !severe(severity))
		return false;
	if (backend && strcmp(backend, "client backend") != 0 && strcmp(severity, "PANIC") != 0)
		return false;
	return !sqlstate || !starts_with(sqlstate, "08");
}

static void message_done(struct message *m)
{
	free(m->text);
	free(m->detail);
	free(m->hint);
	free(m->context);
	free(m->statement);
	free(m->database);
}

static void add_message(void *context, const char *line, size_t n, bool cut)
{
	struct messages *list = context;
	CLEANUP(json_free) struct json *root = parse_line(line, n, cut);
	struct message *m;

	if (root && !counts(root))
		return;
	if (list->count == MESSAGES_CAP) {
		list->dropped++;
		return;
	}
	list->items = grow(list->items, list->count, sizeof(*list->items));
	m = &list->items[list->count++];
	*m = (struct message){0};
	copy_word(m->severity, sizeof(m->severity), root ? json_get_text(root, "error_severity") : "ERROR");
	copy_word(m->sqlstate, sizeof(m->sqlstate), root ? json_get_text(root, "state_code") : NULL);
	m->text = root ? field(root, "message") : xstrdup("a line of the server's log that cannot be read");
	m->detail = field(root, "detail");
	m->hint = field(root, "hint");
	m->context = field(root, "context");
	m->statement = field(root, "statement");
	m->database = field(root, "dbname");
}

int messages_read(const char *log, int64_t from, struct messages *ret, struct error *err)
{
	CLEANUP(messages_done) struct messages list = {.end = from};
	off_t size = 0;
	CLEANUP(line_reader_done) struct line_reader r = {.each = add_message, .context = &list};
	int64_t whole = 0;

	r.fd = open_log(log, from, &size);
	if (r.fd < 0)
		return fail(err, ERR_DATA, "the scratch server's log '%s' is not as the server makes it (%m): look at what the "
			    "dump runs", log);
	/* what was logged is gone with it */
	if (size < from)
		return fail(err, ERR_DATA, "the scratch server's log was shortened while it was written: look at what the dump "
			    "runs");
	if (size - from > MESSAGES_LOG_CAP)
		return fail(err, ERR_DATA, "the restore logged more than %lld MB: look at what the dump runs",
			    (long long)(MESSAGES_LOG_CAP >> 20));
	if (read_lines(&r, log, &whole, err) < 0)
		return -1;
	list.end = from + whole;
	*ret = list;
	list = (struct messages){0};
	return 0;
}

void messages_done(struct messages *m)
{
	for (size_t i = 0; i < m->count; i++)
		message_done(&m->items[i]);
	free(m->items);
	*m = (struct messages){0};
}

struct last_words {
	char *text;
	char sqlstate[6];
	bool panic; /* it says itself why it gave up: the signal that ended it then says less */
};

static void note_last_words(void *context, const char *line, size_t n, bool cut)
{
	struct last_words *last = context;
	CLEANUP(json_free) struct json *root = parse_line(line, n, cut);
	const char *severity = root ? json_get_text(root, "error_severity") : NULL;
	const char *text = root ? json_get_text(root, "message") : NULL;
	const char *backend = root ? json_get_text(root, "backend_type") : NULL;

	if (!severity || !text)
		return;
	/* a session's FATAL is the session's; the cause of a crash comes before the shutdown it leads to */
	if (strcmp(severity, "PANIC") == 0 || strstr(text, "was terminated by signal") ||
	    (strcmp(severity, "FATAL") == 0 && backend && strcmp(backend, "postmaster") == 0)) {
		if (last->text && (last->panic || !strstr(text, "was terminated by signal")))
			return;
		last->panic = strcmp(severity, "PANIC") == 0;
		set_text(&last->text, text);
		copy_word(last->sqlstate, sizeof(last->sqlstate), json_get_text(root, "state_code"));
	}
}

char *messages_last_words(const char *log, enum error_kind *ret_kind)
{
	struct last_words last = {0};
	CLEANUP(line_reader_done) struct line_reader r = {.each = note_last_words, .context = &last};
	struct stat st;
	int64_t whole = 0, from = 0;
	off_t size = 0;
	struct error ignored;

	if (lstat(log, &st) == 0 && st.st_size > LAST_WORDS)
		from = st.st_size - LAST_WORDS;
	r.fd = open_log(log, from, &size);
	if (r.fd < 0 || read_lines(&r, log, &whole, &ignored) < 0 || !last.text)
		return last.text;
	if (starts_with(last.sqlstate, "53") || strstr(last.text, "No space left"))
		*ret_kind = ERR_SPACE;
	return last.text;
}

/* --- what it means --- */

/* One of these holds when all that it names is found. The first that holds decides. */
struct message_rule {
	const char *name;
	const char *sqlstate;	/* codes separated by blanks, each may be a class ("53"); "": none; NULL: any */
	const char *text;	/* found in the message; NULL: any */
	const char *statement;	/* the statement begins so; NULL: any */
	enum { ALWAYS, IN_FUNCTION, BY_SEARCH_PATH, OLDER_THAN_17, OTHER_MAJOR, LACKS, FAILED, ROWS_FAILED, GAVE_UP, SUBSTITUTED,
	       SORTED_OTHERWISE, UNKNOWN_LOCALE, UNKNOWN_ROLES, OLDER, NEWER, BOX_FAILED } when;
	enum meaning meaning;
	const char *sentence;	/* {message}, {name}, {last}, {detail}, {statement}, {function}, {locale}, {sorts},
				 * {major}, {older}, {newer} are filled in */
};

#define NOT_THERE "42704 42883 42P01 42703 3F000"

#define SORTS_OTHERWISE                                                                                                        \
	"the box's library sorts text by other rules than the source's (version {sorts}), which may be why ({message}): restore "  \
	"it by hand on a system like the source's"

static const struct message_rule rules[] = {
	/* pg_restore --create, which restores the database's own entries, insists on making it */
	{"database-exists", "42P04", "already exists", "CREATE DATABASE", ALWAYS, MEANING_EXPECTED, "{message}"},

	/* harmless */
	{"transaction-timeout", "42704", "unrecognized configuration parameter \"transaction_timeout\"",
	 "SET transaction_timeout", OLDER_THAN_17, MEANING_TOLERATED,
	 "transaction_timeout is unknown to this older server"},
	{"public-exists", "42P06", "schema \"public\" already exists", "CREATE SCHEMA public", ALWAYS,
	 MEANING_TOLERATED, "schema public was there already"},
	{"plpgsql-exists", "42710", "extension \"plpgsql\" already exists", "CREATE EXTENSION plpgsql", ALWAYS,
	 MEANING_TOLERATED, "extension plpgsql was there already"},
	{"label-provider", "22023", "security label provider", "SECURITY LABEL", ALWAYS, MEANING_TOLERATED,
	 "security labels were left out: this server knows no provider {name}"},

	/* the box */
	{"disk-full", "53100", NULL, NULL, ALWAYS, MEANING_BOX,
	 "no room was left for the restored database ({message}): give the box more room"},
	{"disk-full", "58", "No space left", NULL, ALWAYS, MEANING_BOX,
	 "no room was left for the restored database ({message}): give the box more room"},
	{"memory", "53200", NULL, NULL, ALWAYS, MEANING_BOX,
	 "the scratch server ran out of memory ({message}): drill with fewer jobs or on a larger box"},
	{"resources", "53", NULL, NULL, ALWAYS, MEANING_BOX,
	 "the scratch server ran out of resources ({message}): drill with fewer jobs or on a larger box"},
	/* pg_restore that gives up takes its statement back; why it does is in its own words */
	{"taken-back", "57014", "canceling statement due to user request", NULL, GAVE_UP, MEANING_FOLLOWS, "{message}"},
	{"stopped", "57", NULL, NULL, ALWAYS, MEANING_BOX, "the restore was interrupted ({message}): drill again"},
	{"scratch-corrupt", "XX001 XX002", NULL, NULL, ALWAYS, MEANING_BOX,
	 "the scratch server found its own files damaged ({message}): check the box's memory and disk"},
	{"unreadable-log", "", NULL, NULL, ALWAYS, MEANING_BOX,
	 "the scratch server's log holds a line that cannot be read: drill again"},
	{"deadlock", "40 55P03", NULL, NULL, ALWAYS, MEANING_AGAIN, "jobs of the restore waited for each other"},
	{"role", "42704", "role \"", NULL, ALWAYS, MEANING_ROLE, "role {name} is not in the manifest"},

	/* what the box does not have */
	{"extension", "0A000 58P01", "extension \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no extension {name}: install its package for this PostgreSQL; the dump itself was not judged"},
	{"extension-file", "58P01", "extension control file", NULL, ALWAYS, MEANING_LACKING,
	 "the box lacks an extension ({message}): install its package; the dump itself was not judged"},
	{"extension-version", "22023", "has no installation script nor update path", NULL, ALWAYS, MEANING_LACKING,
	 "the box has another version of extension {name} ({message}): install the source's"},
	{"library", "58P01", "could not access file", NULL, ALWAYS, MEANING_LACKING,
	 "the box lacks a library of an extension ({message}): install its package"},
	{"preload", NULL, "shared_preload_libraries", NULL, ALWAYS, MEANING_LACKING,
	 "an extension must be preloaded ({message}), which this box does not do: restore it by hand on a server that does"},
	{"preload", NULL, "must be preloaded", NULL, ALWAYS, MEANING_LACKING,
	 "an extension must be preloaded ({message}), which this box does not do: restore it by hand on a server that does"},
	{"collation", "42704", "collation \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no collation {name}: install its locale"},
	{"locale", "22023 42602", "locale", NULL, ALWAYS, MEANING_LACKING,
	 "the box lacks a locale ({message}): install it"},
	{"locale", "22023 0A000 XX000", "collator", NULL, ALWAYS, MEANING_LACKING,
	 "the box lacks a locale ({message}): install it"},
	{"compression", "0A000", "compression method", NULL, ALWAYS, MEANING_LACKING,
	 "this server was built without a compression method the dump uses ({message}): install one that was built with it"},
	{"access-method", "42704", "access method \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no access method {name}, which an extension brings: install its package"},
	{"wrapper", "42704", "foreign-data wrapper \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no foreign-data wrapper {name}, which an extension brings: install its package"},
	{"language", "42704", "language \"", NULL, ALWAYS, MEANING_LACKING,
	 "the box has no language {name}, which an extension brings: install its package"},
	{"parameter", "42704", "unrecognized configuration parameter", NULL, ALWAYS, MEANING_LACKING,
	 "this server has no parameter {name}: install the extension or the PostgreSQL that has it"},
	{"lacking", NOT_THERE " 42P16 42809 42830", NULL, NULL, LACKS, MEANING_LACKING,
	 "this may need what the box lacks ({message}): install that first"},

	/* order by other rules than the source's */
	{"substituted-locale", "23505 23514 23P01 42P17 22023", NULL, NULL, SUBSTITUTED, MEANING_LACKING,
	 "text was sorted by other rules than the source's, because the box has no locale '{locale}' ({message}): "
	 "install it"},
	{"sorts-otherwise", "23514", "partition", NULL, SORTED_OTHERWISE, MEANING_LACKING, SORTS_OTHERWISE},
	{"sorts-otherwise", "23P01 42P17", NULL, NULL, SORTED_OTHERWISE, MEANING_LACKING, SORTS_OTHERWISE},

	{"unknown-locale", "23514 23P01 42P17 22023", NULL, NULL, UNKNOWN_LOCALE, MEANING_LACKING,
	 "text may have been sorted by other rules than the source's, whose locale is not in this dump ({message}): make the dump "
	 "with pg_dump --create, which tells it"},

	{"unknown-roles", "42501", NULL, NULL, UNKNOWN_ROLES, MEANING_LACKING,
	 "a stand-in for a role may not do this ({message}), and what the role itself may is not in this dump: restore it by hand "
	 "on a server that has its roles, or make it without --use-set-session-authorization"},

	/* a table for which there was no room is missed by all that comes later */
	{"after-the-box", NULL, NULL, NULL, BOX_FAILED, MEANING_FOLLOWS, "{message}"},

	/* wrong in the source already, and the consequences of an earlier error */
	{"search-path", NOT_THERE, NULL, NULL, BY_SEARCH_PATH, MEANING_SOURCE,
	 "in the source already: {function} relies on search_path, which a restore leaves empty ({message}); on the "
	 "source: ALTER FUNCTION ... SET search_path"},
	{"follows", "23503", NULL, NULL, ROWS_FAILED, MEANING_FOLLOWS, "{message}"},
	{"follows", NOT_THERE " 25P02 42830 55000", NULL, NULL, FAILED, MEANING_FOLLOWS, "{message}"},
	{"older-extension", "42883 42704", NULL, NULL, OLDER, MEANING_LACKING,
	 "the box has an older {older}, which may lack this ({message}): install the source's version"},
	{"newer-extension", "42723 42710 42P07", "already exists", NULL, NEWER, MEANING_LACKING,
	 "the box has a newer {newer}, which may bring this itself ({message}): install the source's version"},
	{"function", "P0 22 38 39 " NOT_THERE, NULL, NULL, IN_FUNCTION, MEANING_SOURCE,
	 "in the source already: {function} fails while its rows are restored ({message}), as one does that reads other "
	 "tables or goes by settings; on the source: make it depend on the row alone, or a trigger of it"},
	{"foreign-key", "23503", NULL, NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: rows violate the foreign key {last} ({detail}); find and mend them on the source"},
	{"check", "23514", "violates check constraint", NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: rows do not pass CHECK {last} while they are restored; one that reads other tables "
	 "has to become a trigger"},
	{"check-later", "23514", "is violated by some row", NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: rows do not pass CHECK {name}; find and mend them on the source"},
	{"partition", "23514", NULL, NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: rows do not fit where they are stored ({message})"},
	{"duplicates", "23505 23P01", NULL, NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: what should be unique is there twice ({detail}), as after a change of sort order; "
	 "REINDEX there and mend the rows"},
	{"not-null", "23502", NULL, NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: {message}; on the source: mend the rows, and make a generated column depend on its row alone"},
	{"unpopulated", "55000", "has not been populated", NULL, ALWAYS, MEANING_SOURCE,
	 "in the source already: {message}"},

	/* the dump */
	{"rows", "22", NULL, "COPY", ALWAYS, MEANING_DAMAGE,
	 "rows of the dump are not what their table takes: {message}"},
	{"other-major", "42 0A000", NULL, NULL, OTHER_MAJOR, MEANING_LACKING,
	 "this server may not take what PostgreSQL {major} took ({message}): to know, install 'postgresql-{major}' on the box"},
	{"unexplained", NULL, NULL, NULL, ALWAYS, MEANING_DAMAGE, "there is no harmless reason for this: {message}"},
};

static bool sqlstate_matches(const char *codes, const char *sqlstate)
{
	if (!codes)
		return true;
	if (!*codes || !*sqlstate)
		return !*codes && !*sqlstate;
	while (*codes) {
		size_t n = strcspn(codes, " ");

		if (strncmp(codes, sqlstate, n) == 0)
			return true;
		codes += n + strspn(codes + n, " ");
	}
	return false;
}

/*
 * Where the context names the function that failed, the innermost: "public.worth(text) line 1 at RETURN", or in quotes.
 * NULL: the message is of no function. Only lines that begin so: names of tables and columns stand there too.
 */
static const char *function_name(const char *context)
{
	for (const char *line = context; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *word = line + strcspn(line, " \n");

		if ((starts_with(line, "SQL ") || starts_with(line, "PL/")) && starts_with(word, " function "))
			return word + strlen(" function ");
	}
	return NULL;
}

/* Without its quotes: messages do not quote. Owned. */
static char *unquoted(const char *name, size_t n)
{
	struct text out = {0};

	for (size_t i = 0; i < n; i++)
		if (name[i] != '"')
			text_add_bytes(&out, name + i, 1);
	return text_take(&out);
}

/* "public.known(integer, text)" is 'public."known"(a integer, b text)'. Whoever calls it with other types may mean another. */
static bool is_name_of(const char *object, const char *named)
{
	size_t bare = strcspn(named, "(");
	autofree char *clean = unquoted(object, strlen(object));
	const char *wanted = named + bare, *has = clean + bare;

	if (strncmp(clean, named, bare) != 0)
		return false;
	while (*wanted && *has) {
		size_t n = strcspn(++wanted, ",)"), m = strcspn(++has, ",)");

		if (m < n || strncmp(has + m - n, wanted, n) != 0 || (m > n && has[m - n - 1] != ' '))
			return false;
		wanted += n;
		has += m;
		if (*wanted != *has)
			return false;
		if (*wanted == ')')
			return true;
		wanted += wanted[1] == ' ';
		has += has[1] == ' ';
	}
	return !*wanted && !*has;
}

/* What is missing was an object of the source's own, by its name with its schema. */
static bool was_its_own(const struct message *m, const struct manifest *source)
{
	static const struct {
		const char *says;
		const char *class_name;
		const char *ends;
	} kinds[] = {{"function ", "function", ")"}, {"function ", "aggregate", ")"}, {"procedure ", "function", ")"},
		     {"type \"", "type", "\"["}, {"type \"", "table", "\"["}, {"type \"", "view", "\"["}};

	for (size_t k = 0; source && k < COUNT(kinds); k++) {
		const struct object_class *c = manifest_class(source, kinds[k].class_name);
		autofree char *named = NULL;
		const char *at = m->text + strlen(kinds[k].says);

		if (!c || !starts_with(m->text, kinds[k].says))
			continue;
		named = xstrndup(at, strcspn(at, kinds[k].ends) + (*kinds[k].ends == ')'));
		for (size_t i = 0; i < c->count; i++)
			if (is_name_of(c->objects[i].name, named))
				return true;
	}
	return false;
}

/* 'relation "public.rate" does not exist': no search_path would find it. */
static bool names_its_schema(const char *text)
{
	const char *open = strchr(text, '"'), *close = open ? strchr(open + 1, '"') : NULL;

	return close && memchr(open, '.', (size_t)(close - open));
}

static bool is_so(const struct message_rule *rule, const struct message *m, const struct circumstances *c)
{
	switch (rule->when) {
	case IN_FUNCTION:
		return function_name(m->context) != NULL;
	case BY_SEARCH_PATH:
		return function_name(m->context) && !names_its_schema(m->text);
	case OLDER_THAN_17:
		return c->server_version_num < 170000;
	case OTHER_MAJOR:
		return c->source_version_num && c->source_version_num / 10000 != c->server_version_num / 10000;
	case LACKS:
		return c->something_lacked || (c->lacking && c->lacking->count > 0);
	case FAILED:
		return c->something_failed;
	case ROWS_FAILED:
		return c->rows_failed;
	case OLDER:
		/* which objects an extension has is in no manifest; but what is of none is */
		return c->older && c->older->count > 0 && !was_its_own(m, c->source);
	case NEWER:
		return c->newer && c->newer->count > 0;
	case GAVE_UP:
		return c->gave_up;
	case SUBSTITUTED:
		return c->substituted_locale != NULL;
	case UNKNOWN_ROLES:
		return !c->source;
	case UNKNOWN_LOCALE:
		return c->locale_unknown;
	case SORTED_OTHERWISE:
		return c->collation_differs != NULL;
	case BOX_FAILED:
		return c->box_failed;
	case ALWAYS:
	default:
		return true;
	}
}

static bool rule_holds(const struct message_rule *rule, const struct message *m, const struct circumstances *c)
{
	return sqlstate_matches(rule->sqlstate, m->sqlstate) && is_so(rule, m, c) &&
	       (!rule->text || strstr(m->text, rule->text)) &&
	       (!rule->statement || starts_with(m->statement, rule->statement));
}

/* The n-th name in double quotes, "" when there is none. */
static char *quoted_name(const char *text, int n)
{
	const char *open = text, *close;

	for (int i = 0;; i++) {
		open = strchr(open, '"');
		close = open ? strchr(open + 1, '"') : NULL;
		if (!close)
			return xstrdup("");
		if (i == n)
			return xstrndup(open + 1, (size_t)(close - open - 1));
		open = close + 1;
	}
}

/* What a message is about: the first name; of a role, which may have quotes in its name that no message doubles, up to the last. */
static char *subject_name(const char *text)
{
	static const char role[] = "role \"";
	const char *end = strrchr(text, '"');

	if (starts_with(text, role) && end > text + strlen(role))
		return xstrndup(text + strlen(role), (size_t)(end - text) - strlen(role));
	return quoted_name(text, 0);
}

/* "function public.worth(text)", as far as the context tells. */
static char *failing_function(const char *context)
{
	const char *name = function_name(context);
	autofree char *quoted = NULL;
	size_t n;

	if (!name)
		return xstrdup("a function");
	if (*name == '"') {
		quoted = quoted_name(name, 0);
		return format("function %s", quoted);
	}
	n = strcspn(name, ")\n");
	return format("function %.*s%s", (int)n, name, name[n] == ')' ? ")" : "");
}

/* The last name in double quotes, "" when there is none. */
static char *last_name(const char *text)
{
	char *last = xstrdup("");

	for (int i = 0;; i++) {
		char *next = quoted_name(text, i);

		if (!*next) {
			free(next);
			return last;
		}
		free(last);
		last = next;
	}
}

static void add_filled(struct text *out, const char *key, size_t n, const struct message *m,
		       const struct circumstances *c)
{
	autofree char *first = subject_name(m->text), *last = last_name(m->text);
	autofree char *function = failing_function(m->context);
	autofree char *older = c->older ? strings_join(c->older, ", ", VERSIONS_SHOWN) : NULL;
	autofree char *newer = c->newer ? strings_join(c->newer, ", ", VERSIONS_SHOWN) : NULL;
	autofree char *major = format("%d", c->source_version_num / 10000);
	const struct {
		const char *key;
		const char *value;
	} fills[] = {
		{"message", m->text},  {"detail", *m->detail ? m->detail : m->text}, {"name", first},
		{"last", last},	       {"statement", m->statement}, {"function", function},
		{"locale", c->substituted_locale ? c->substituted_locale : ""},
		{"sorts", c->collation_differs ? c->collation_differs : ""},
		{"major", major},      {"older", older ? older : ""}, {"newer", newer ? newer : ""},
	};

	for (size_t i = 0; i < COUNT(fills); i++) {
		if (strlen(fills[i].key) == n && strncmp(fills[i].key, key, n) == 0) {
			autofree char *clean = printable(fills[i].value, false);

			text_add(out, clean);
		}
	}
}

static char *fill(const char *sentence, const struct message *m, const struct circumstances *c)
{
	struct text out = {0};

	while (*sentence) {
		size_t plain = strcspn(sentence, "{"), n;

		text_add_bytes(&out, sentence, plain);
		sentence += plain;
		if (!*sentence)
			break;
		n = strcspn(++sentence, "}");
		add_filled(&out, sentence, n, m, c);
		sentence += n + (sentence[n] == '}');
	}
	return text_take(&out);
}

void message_judge(const struct message *m, const struct circumstances *c, struct judgement *ret)
{
	for (size_t i = 0; i < COUNT(rules); i++) {
		if (!rule_holds(&rules[i], m, c))
			continue;
		ret->meaning = rules[i].meaning;
		ret->rule = rules[i].name;
		ret->sentence = fill(rules[i].sentence, m, c);
		ret->name = subject_name(m->text);
		return;
	}
	abort(); /* the last rule holds for all */
}

bool message_hangs_on_order(const struct message *m, const struct judgement *j)
{
	static const char *const rules_of_order[] = {"check", "function", "not-null"};

	for (size_t i = 0; starts_with(m->statement, "COPY ") && i < COUNT(rules_of_order); i++)
		if (strcmp(j->rule, rules_of_order[i]) == 0)
			return true;
	return false;
}

void judgement_done(struct judgement *j)
{
	free(j->sentence);
	free(j->name);
	*j = (struct judgement){0};
}

/* The identifier or sign that begins at 'at', in 'ret' as it is without quotes; its end. */
static const char *take_token(const char *at, char **ret)
{
	struct text out = {0};

	text_add(&out, "");
	if (*at == '"') {
		for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
			at += *at == '"';
			text_add_bytes(&out, at, 1);
		}
		at += *at == '"';
	} else if (strchr(" ,();", *at)) {
		at += *at != '\0';
	} else {
		size_t n = strcspn(at, " ,();\"");

		text_add_bytes(&out, at, n);
		at += n;
	}
	free(*ret);
	*ret = text_take(&out);
	return at;
}

/* What stands for roles without being the name of one. */
static bool is_keyword_for_roles(const char *at)
{
	static const char *const keywords[] = {"public", "current_role", "current_user", "session_user"};
	size_t n = strcspn(at, " ,;");

	for (size_t i = 0; i < COUNT(keywords); i++)
		if (n == strlen(keywords[i]) && strncasecmp(at, keywords[i], n) == 0)
			return true;
	return false;
}

void message_roles(const struct message *m, struct strings *ret)
{
	const char *at = m->statement;
	autofree char *word = subject_name(m->text);

	if (*word)
		strings_add(ret, word);
	if (!starts_with(at, "CREATE POLICY "))
		return;
	while (*at && !(starts_with(at, "TO ") && at[-1] == ' '))
		at = take_token(at, &word);
	for (at += *at ? strlen("TO ") : 0; *at; at += 2) {
		bool cut, keyword = is_keyword_for_roles(at);

		at = take_token(at, &word);
		/* a statement that was cut ends in half a name */
		cut = *at != ',' && *at != ' ' && *at != ';';
		if (!cut && !keyword && *word && !strings_have(ret, word))
			strings_add(ret, word);
		if (!starts_with(at, ", "))
			return;
	}
}

char *message_subject(const struct message *m)
{
	struct text out = {0};
	bool blank = false;

	for (const char *c = m->statement; *c && out.length < STATEMENT_SHOWN; c++) {
		if (*c == ' ' || *c == '\n' || *c == '\t') {
			blank = out.length > 0;
			continue;
		}
		if (blank)
			text_add(&out, " ");
		blank = false;
		text_add_bytes(&out, c, 1);
	}
	if (!out.length)
		text_add(&out, "the restore");
	autofree char *raw = text_take(&out);

	return printable(raw, false);
}

/* --- what pg_restore says --- */

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
