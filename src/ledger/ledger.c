#include "ledger/ledger.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ledger/book.h"
#include "ledger/migrations.h"

#define FOLDER_MODE 02750
#define QUICK_CAP ((int64_t)256 << 10) /* up to so many bytes all of it is read at every start: a few ms; beyond, by doctor */

/* The readers' group and the set-group-ID bit, so that -wal and -shm get that group too. Only its owner can, or need. */
static int share_folder(const char *folder, struct error *err)
{
	const struct group *readers = getgrnam(LEDGER_GROUP);
	struct stat st;

	if (stat(folder, &st) < 0)
		return fail(err, ERR_IO, "look at '%s': %m", folder);
	if (st.st_uid != geteuid())
		return 0;
	if (readers && st.st_gid != readers->gr_gid && chown(folder, (uid_t)-1, readers->gr_gid) < 0 && errno != EPERM)
		return fail(err, ERR_IO, "give '%s' to group '%s': %m", folder, LEDGER_GROUP);
	if ((st.st_mode & 07777) != FOLDER_MODE && chmod(folder, FOLDER_MODE) < 0)
		return fail(err, ERR_IO, "set the rights of '%s': %m", folder);
	return 0;
}

static int open_writing(const char *data, const char *folder, const char *path, struct ledger *l, struct error *err)
{
	if (!path_is_dir(data))
		return fail(err, ERR_IO, "the data folder '%s' is not there; see that its disk is mounted", data);
	if (make_dirs(folder, FOLDER_MODE, err) < 0 || share_folder(folder, err) < 0 ||
	    sqlite_open(path, SQLITE_WRITING, &l->db, err) < 0)
		return -1;
	if (sqlite_verify(l->db, QUICK_CAP, err) < 0)
		return -1;
	return ledger_migrate(l->db, ledger_steps, ledger_step_count, err);
}

static int open_empty(struct ledger *l, struct error *err)
{
	sqlite_close(&l->db);
	if (sqlite_open(NULL, SQLITE_IN_MEMORY, &l->db, err) < 0)
		return -1;
	return ledger_migrate(l->db, ledger_steps, ledger_step_count, err);
}

static int open_reading(const char *path, struct ledger *l, struct error *err)
{
	struct stat st;
	bool empty;

	if (stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return open_empty(l, err);
	if (access(path, R_OK) < 0)
		return fail(err, errno == EACCES ? ERR_PRIVILEGE : ERR_IO,
			    "cannot read the ledger '%s': %m; run as its owner, or as a member of group '%s'", path,
			    LEDGER_GROUP);
	if (sqlite_open(path, SQLITE_READING, &l->db, err) < 0 || sqlite_verify(l->db, QUICK_CAP, err) < 0 ||
	    ledger_version_check(l->db, ledger_step_count, &empty, err) < 0)
		return -1;
	return empty ? open_empty(l, err) : 0;
}

int ledger_open(const char *data, enum ledger_mode mode, struct ledger **ret, struct error *err)
{
	autofree char *folder = path_join(data, "ledger");
	autofree char *path = path_join(folder, "ledger.sqlite");
	CLEANUP(ledger_close) struct ledger *l = xcalloc(1, sizeof(*l));

	worker_self(&l->self);
	if ((mode == LEDGER_WRITE ? open_writing(data, folder, path, l, err) : open_reading(path, l, err)) < 0)
		return fail_within(err, "opening the ledger");
	*ret = take(l);
	return 0;
}

void ledger_close(struct ledger **l)
{
	if (*l) {
		sqlite_close(&(*l)->db);
		free(*l);
		*l = NULL;
	}
}

int ledger_verify(struct ledger *l, struct error *err)
{
	if (sqlite_verify(l->db, INT64_MAX, err) < 0)
		return fail_within(err, "checking the ledger");
	return 0;
}
