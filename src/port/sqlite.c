#include "port/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define BUSY_MS 10000
/*
 * Pages in the WAL before they go into the file. The first to open it reads the
 * whole WAL, and every verb is a process of its own: small keeps that short.
 */
#define CHECKPOINT_PAGES "200"

struct sqlite {
	sqlite3 *handle;
	char *path;
};

struct sqlite_statement {
	sqlite3_stmt *handle;
	struct sqlite *db;
};

static const char *file_of(const struct sqlite *db)
{
	return *db->path ? db->path : "(memory)";
}

/* What SQLite's result codes mean to this program. */
static const struct {
	int code;
	enum error_kind kind;
	const char *cure;
} meanings[] = {
	{SQLITE_CORRUPT, ERR_DATA,
	 "it is damaged; move it, with its -wal and -shm files, to another folder, and a new one is begun"},
	{SQLITE_NOTADB, ERR_DATA,
	 "it is damaged; move it, with its -wal and -shm files, to another folder, and a new one is begun"},
	{SQLITE_FULL, ERR_SPACE, "make room on its disk"},
	{SQLITE_BUSY, ERR_BUSY, "another drillbox writes to it for more than 10 s; try again, or look what it does"},
	{SQLITE_LOCKED, ERR_BUSY, "try again"},
	{SQLITE_PERM, ERR_PRIVILEGE, "run as its owner, or for reading as a member of its group"},
	{SQLITE_AUTH, ERR_PRIVILEGE, "run as its owner, or for reading as a member of its group"},
	{SQLITE_READONLY, ERR_PRIVILEGE, "run as its owner, or start the daemon of the box and try again"},
	{SQLITE_CANTOPEN, ERR_IO, "look at the folder and its rights"},
	{SQLITE_IOERR, ERR_IO, "look at the disk"},
	{SQLITE_NOMEM, ERR_SPACE, "memory is out"},
	{SQLITE_TOOBIG, ERR_DATA, "a value is too large for it"},
};

static int fail_sqlite(struct error *err, const struct sqlite *db, int code)
{
	int os = sqlite3_system_errno(db->handle);
	const char *said = sqlite3_errmsg(db->handle);

	errno = os;
	if ((code & 0xff) == SQLITE_CANTOPEN && (os == EACCES || os == EPERM))
		return fail(err, ERR_PRIVILEGE,
			    "'%s' cannot be opened: %m; run as its owner, or for reading as a member of its group",
			    file_of(db));
	if ((code & 0xff) == SQLITE_IOERR && os)
		return fail(err, os == ENOSPC || os == EDQUOT ? ERR_SPACE : ERR_IO, "'%s': %s: %m; look at the disk",
			    file_of(db), said);
	for (size_t i = 0; i < COUNT(meanings); i++)
		if ((code & 0xff) == meanings[i].code)
			return fail(err, meanings[i].kind, "'%s': %s: %s", file_of(db), said, meanings[i].cure);
	return fail(err, ERR_BUG, "'%s': %s", file_of(db), said);
}

/* SQLite gives its -wal and -shm the rights of the file, so the file is made first, with ours. */
static int make_file(const char *path, struct error *err)
{
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd < 0)
		return fail(err, errno == EACCES || errno == EPERM ? ERR_PRIVILEGE : ERR_IO,
			    "cannot write '%s': %m; run as its owner, and look at its folder and its disk", path);
	return 0;
}

static int configure(struct sqlite *db, enum sqlite_mode mode, struct error *err)
{
	int one = 1;

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	/* what stands in the schema of a file is data like the rest of it */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (sqlite_script(db, "PRAGMA cell_size_check = ON", err) < 0)
		return -1;
	if (mode != SQLITE_WRITING)
		return 0;
	if (sqlite3_db_readonly(db->handle, "main"))
		return fail(err, ERR_IO, "cannot write '%s'; run as its owner, and look whether its disk is read-only",
			    db->path);
	/* closing neither syncs nor takes the WAL away: the next reader may be one who cannot make it again */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &one);
	return sqlite_script(db,
			     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
			     "PRAGMA wal_autocheckpoint = " CHECKPOINT_PAGES,
			     err);
}

static int open_handle(struct sqlite *db, const char *name, int flags, enum sqlite_mode mode, struct error *err)
{
	int code = sqlite3_open_v2(name, &db->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);

	return code == SQLITE_OK ? configure(db, mode, err) : fail_sqlite(err, db, code);
}

/* "file:/path?immutable=1", with what has a meaning in a URI encoded. */
static char *immutable_name(const char *path)
{
	struct text t = {0};

	text_add(&t, "file:");
	for (; *path; path++)
		text_addf(&t, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
	text_add(&t, "?immutable=1");
	return text_take(&t);
}

/*
 * A WAL database without its -wal and -shm (some tool tidied them away) cannot
 * be read by who may not make them. Then nobody has it open either, and all of
 * it is in the file itself.
 */
static int read_alone(struct sqlite *db, struct error *err)
{
	autofree char *wal = format("%s-wal", db->path);
	autofree char *name = NULL;
	struct error why;

	if (sqlite_script(db, "SELECT 1 FROM sqlite_schema LIMIT 1", &why) == 0)
		return 0;
	if (why.kind == ERR_DATA || access(wal, F_OK) == 0 || errno != ENOENT)
		return 0; /* let the first real question say it */
	sqlite3_close_v2(db->handle);
	db->handle = NULL;
	name = immutable_name(db->path);
	return open_handle(db, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, SQLITE_READING, err);
}

int sqlite_open(const char *path, enum sqlite_mode mode, struct sqlite **ret, struct error *err)
{
	static const int flags[] = {
		[SQLITE_READING] = SQLITE_OPEN_READONLY,
		[SQLITE_WRITING] = SQLITE_OPEN_READWRITE,
		[SQLITE_IN_MEMORY] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY,
	};
	CLEANUP(sqlite_close) struct sqlite *db = NULL;

	if (mode == SQLITE_WRITING && make_file(path, err) < 0)
		return -1;
	db = xcalloc(1, sizeof(*db));
	db->path = xstrdup(mode == SQLITE_IN_MEMORY ? "" : path);
	if (open_handle(db, mode == SQLITE_IN_MEMORY ? ":memory:" : path, flags[mode], mode, err) < 0 ||
	    (mode == SQLITE_READING && read_alone(db, err) < 0))
		return -1;
	*ret = take(db);
	return 0;
}

void sqlite_close(struct sqlite **db)
{
	int saved = errno;

	if (*db) {
		sqlite3_close_v2((*db)->handle);
		free((*db)->path);
		free(*db);
		*db = NULL;
	}
	errno = saved;
}

int sqlite_script(struct sqlite *db, const char *sql, struct error *err)
{
	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : fail_sqlite(err, db, code);
}

int sqlite_verify(struct sqlite *db, int64_t cap, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	struct stat st;

	if (*db->path && stat(db->path, &st) == 0 && st.st_size > cap)
		return 0;
	if (sqlite_prepare(db, &s, err, "PRAGMA quick_check(1)", "") < 0)
		return -1;
	switch (sqlite_step(s, err)) {
	case 1:
		break;
	case 0:
		return fail(err, ERR_DATA, "'%s' could not be checked: its check gave no answer", file_of(db));
	default:
		return -1;
	}
	if (strcmp(sqlite_text(s, 0), "ok") != 0)
		return fail(err, ERR_DATA,
			    "'%s' is damaged (%s); move it, with its -wal and -shm files, to another folder, and a "
			    "new one is begun",
			    file_of(db), sqlite_text(s, 0));
	return 0;
}

int sqlite_begin(struct sqlite *db, struct error *err)
{
	return sqlite_script(db, "BEGIN IMMEDIATE", err);
}

int sqlite_commit(struct sqlite *db, struct error *err)
{
	return sqlite_script(db, "COMMIT", err);
}

void sqlite_rollback(struct sqlite *db)
{
	int saved = errno;

	if (!sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	errno = saved;
}

static int bind(struct sqlite_statement *s, const char *types, va_list ap, struct error *err)
{
	int code = SQLITE_OK;
	const int64_t *number;
	const char *text;

	if ((int)strlen(types) != sqlite3_bind_parameter_count(s->handle))
		return fail(err, ERR_BUG, "%d values for the %d parameters of '%s'", (int)strlen(types),
			    sqlite3_bind_parameter_count(s->handle), sqlite3_sql(s->handle));
	for (int i = 0; types[i] && code == SQLITE_OK; i++) {
		switch (types[i]) {
		case 'i':
			code = sqlite3_bind_int64(s->handle, i + 1, va_arg(ap, int64_t));
			break;
		case 'd':
			code = sqlite3_bind_double(s->handle, i + 1, va_arg(ap, double));
			break;
		case 'b':
			code = sqlite3_bind_int(s->handle, i + 1, va_arg(ap, int) != 0);
			break;
		case 't':
			text = va_arg(ap, const char *);
			code = text ? sqlite3_bind_text(s->handle, i + 1, text, -1, SQLITE_TRANSIENT) :
				      sqlite3_bind_null(s->handle, i + 1);
			break;
		case 'o':
			number = va_arg(ap, const int64_t *);
			code = number ? sqlite3_bind_int64(s->handle, i + 1, *number) :
					sqlite3_bind_null(s->handle, i + 1);
			break;
		default:
			return fail(err, ERR_BUG, "unknown parameter type '%c' of '%s'", types[i],
				    sqlite3_sql(s->handle));
		}
	}
	return code == SQLITE_OK ? 0 : fail_sqlite(err, s->db, code);
}

static int prepare(struct sqlite *db, struct sqlite_statement **ret, struct error *err, const char *sql,
		   const char *types, va_list ap)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = xcalloc(1, sizeof(*s));
	int code;

	s->db = db;
	code = sqlite3_prepare_v2(db->handle, sql, -1, &s->handle, NULL);
	if (code != SQLITE_OK)
		return fail_sqlite(err, db, code);
	if (bind(s, types, ap, err) < 0)
		return -1;
	*ret = take(s);
	return 0;
}

int sqlite_prepare(struct sqlite *db, struct sqlite_statement **ret, struct error *err, const char *sql,
		   const char *types, ...)
{
	va_list ap;
	int r;

	va_start(ap, types);
	r = prepare(db, ret, err, sql, types, ap);
	va_end(ap);
	return r;
}

int sqlite_step(struct sqlite_statement *s, struct error *err)
{
	int code = sqlite3_step(s->handle);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : fail_sqlite(err, s->db, code);
}

int sqlite_again(struct sqlite_statement *s, struct error *err, const char *types, ...)
{
	va_list ap;
	int r;

	sqlite3_reset(s->handle);
	va_start(ap, types);
	r = bind(s, types, ap, err);
	va_end(ap);
	return r;
}

void sqlite_finish(struct sqlite_statement **s)
{
	int saved = errno;

	if (*s) {
		sqlite3_finalize((*s)->handle);
		free(*s);
		*s = NULL;
	}
	errno = saved;
}

int64_t sqlite_int(struct sqlite_statement *s, int column)
{
	return sqlite3_column_int64(s->handle, column);
}

double sqlite_real(struct sqlite_statement *s, int column)
{
	return sqlite3_column_double(s->handle, column);
}

const char *sqlite_text(struct sqlite_statement *s, int column)
{
	const unsigned char *text = sqlite3_column_text(s->handle, column);

	return text ? (const char *)text : "";
}

bool sqlite_is_null(struct sqlite_statement *s, int column)
{
	return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

int sqlite_run(struct sqlite *db, struct error *err, const char *sql, const char *types, ...)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	va_list ap;
	int r;

	va_start(ap, types);
	r = prepare(db, &s, err, sql, types, ap);
	va_end(ap);
	if (r < 0)
		return -1;
	while ((r = sqlite_step(s, err)) > 0)
		continue;
	return r;
}

int sqlite_get_int(struct sqlite *db, int64_t *ret, int64_t fallback, struct error *err, const char *sql,
		   const char *types, ...)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	va_list ap;
	int r;

	va_start(ap, types);
	r = prepare(db, &s, err, sql, types, ap);
	va_end(ap);
	if (r < 0 || (r = sqlite_step(s, err)) < 0)
		return -1;
	*ret = r == 0 || sqlite_is_null(s, 0) ? fallback : sqlite_int(s, 0);
	return 0;
}

int64_t sqlite_last_id(struct sqlite *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int64_t sqlite_changes(struct sqlite *db)
{
	return sqlite3_changes64(db->handle);
}
