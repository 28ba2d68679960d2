#include "drill/server_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/json.h"

#define PIECE 65536
#define LAST_WORDS ((off_t)65536) /* of the log, to find why a server died */

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
