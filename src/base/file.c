#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"

#define DEEPEST 64 /* levels of folders that tree_bytes() goes down */

static enum error_kind kind_of(int os_errno)
{
	return os_errno == ENOSPC || os_errno == EDQUOT || os_errno == EFBIG ? ERR_SPACE : ERR_IO;
}

char *path_join(const char *dir, const char *name)
{
	if (name[0] == '/' || dir[0] == '\0')
		return xstrdup(name);
	return format("%s%s%s", dir, ends_with(dir, "/") ? "" : "/", name);
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool path_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool path_is_read_only(const char *path)
{
	struct statvfs vfs;

	return path_is_dir(path) && statvfs(path, &vfs) == 0 && (vfs.f_flag & ST_RDONLY);
}

int sync_path(const char *path, struct error *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail(err, ERR_IO, "open '%s': %m", path);
	if (fsync(fd) < 0)
		return fail(err, kind_of(errno), "sync '%s' to the disk: %m", path);
	return 0;
}

static int sync_folder_of(const char *path, struct error *err)
{
	autofree char *dir = path_dir(path);

	return sync_path(dir, err);
}

static int make_dir(const char *path, mode_t mode, struct error *err)
{
	if (mkdir(path, mode & 0777) < 0) {
		if (errno == EEXIST && path_is_dir(path))
			return 0;
		return fail(err, kind_of(errno), "make folder '%s': %m", path);
	}
	/* mkdir(2) heeds the umask and knows no set-group-id bit */
	if (chmod(path, mode) < 0)
		return fail(err, ERR_IO, "set the mode of folder '%s': %m", path);
	return sync_folder_of(path, err);
}

int make_dirs(const char *path, mode_t mode, struct error *err)
{
	autofree char *upto = xstrdup(path);

	for (char *slash = strchr(upto + (upto[0] == '/'), '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (make_dir(upto, mode, err) < 0)
			return -1;
		*slash = '/';
	}
	return ends_with(upto, "/") ? 0 : make_dir(upto, mode, err);
}

/* Open a folder to empty it, even one whose owner shut it. */
static int open_folder(int at, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags);

	if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(at, name, flags);
	return fd;
}

/*
 * Removing a tree. What a restore leaves behind may be nested deeper than any
 * stack or path: folders inside folders are moved up to the top and emptied from there.
 * What somebody else removes meanwhile is removed.
 */
struct removal {
	int top;
	unsigned moved;
};

static int remove_folder(struct removal *r, const char *name);

/* Move a folder up to the top, under a name that no other remover of the same tree takes. */
static int move_up(struct removal *r, int dir, const char *name)
{
	char aside[48];

	do {
		(void)snprintf(aside, sizeof(aside), ".removing-%d-%u", (int)getpid(), r->moved++);
	} while (faccessat(r->top, aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	if (renameat(dir, name, r->top, aside) == 0)
		return 0;
	/* moving a folder writes to its '..' */
	if (errno != EACCES || fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return renameat(dir, name, r->top, aside);
}

static bool is_gone(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* Take one entry out of folder 'dir'. */
static int remove_entry(struct removal *r, int dir, const char *name)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return 0;
	if ((dir == r->top ? remove_folder(r, name) : move_up(r, dir, name)) == 0)
		return 0;
	return is_gone(dir, name) ? 0 : -1;
}

/* One pass over a folder. Returns how many entries it saw, -1 on an error. */
static int sweep(struct removal *r, int dir)
{
	autoclosedir DIR *d = NULL;
	struct dirent *e;
	int seen = 0, fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -1;
	}
	while ((errno = 0, e = readdir(d))) {
		if (same(e->d_name, ".") || same(e->d_name, ".."))
			continue;
		seen++;
		if (remove_entry(r, dir, e->d_name) < 0)
			return -1;
	}
	return errno ? -1 : seen;
}

static int empty_folder(struct removal *r, int dir)
{
	int seen;

	/* entries may be missed or come anew while a folder changes under readdir(3) */
	while ((seen = sweep(r, dir)) > 0)
		;
	return seen;
}

static int remove_folder(struct removal *r, const char *name)
{
	autoclose int dir = open_folder(r->top, name);

	if (dir < 0)
		return -1;
	(void)fchmod(dir, 0700);
	if (empty_folder(r, dir) < 0)
		return -1;
	return unlinkat(r->top, name, AT_REMOVEDIR);
}

int remove_tree(const char *path, struct error *err)
{
	autoclose int top = -1;
	struct removal r = {0};
	int left;

	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fail(err, ERR_IO, "remove '%s': %m", path);
	top = open_folder(AT_FDCWD, path);
	if (top < 0 && errno == ENOENT)
		return 0;
	if (top < 0)
		return fail(err, ERR_IO, "open folder '%s' to remove it: %m", path);
	(void)fchmod(top, 0700);
	r.top = top;
	do
		left = empty_folder(&r, top);
	while (left == 0 && rmdir(path) < 0 && errno == ENOTEMPTY); /* somebody else moved a folder up */
	if (left < 0 || path_exists(path))
		return fail(err, ERR_IO, "remove folder '%s': %m", path);
	return 0;
}

static int read_whole(const char *path, size_t cap, struct text *t, struct error *err)
{
	/* O_NONBLOCK: a pipe in the place of a file is not waited for */
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char piece[4096];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(err, ERR_IO, "open '%s': %m", path);
	if (!S_ISREG(st.st_mode))
		return fail(err, ERR_IO, "'%s' is not a plain file", path);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, ERR_IO, "read '%s': %m", path);
		if (t->length + (size_t)n > cap)
			return fail(err, ERR_DATA, "'%s' is larger than %zu bytes: not the file it should be", path, cap);
		text_add_bytes(t, piece, (size_t)n);
	}
	return 0;
}

int read_small_bytes(const char *path, size_t cap, char **ret_bytes, size_t *ret_n, struct error *err)
{
	CLEANUP(text_done) struct text t = {0};

	if (read_whole(path, cap, &t, err) < 0)
		return -1;
	*ret_n = t.length;
	*ret_bytes = text_take(&t);
	return 0;
}

int read_small_file(const char *path, size_t cap, char **ret_text, struct error *err)
{
	CLEANUP(text_done) struct text t = {0};

	if (read_whole(path, cap, &t, err) < 0)
		return -1;
	if (t.length && memchr(t.data, '\0', t.length))
		return fail(err, ERR_DATA, "'%s' is not a text file", path);
	*ret_text = text_take(&t);
	return 0;
}

int write_all(int fd, const void *bytes, size_t n, const char *path, struct error *err)
{
	const char *p = bytes;

	while (n) {
		ssize_t written = write(fd, p, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail(err, kind_of(errno), "write '%s': %m", path);
		p += written;
		n -= (size_t)written;
	}
	return 0;
}

static int write_part(struct owner owner, const char *part, const void *bytes, size_t n, mode_t mode, struct error *err)
{
	autoclose int fd = -1;

	/* what stands there may be a remnant, or a pipe or a link that somebody planted: it is not written to */
	(void)unlink(part);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(err, kind_of(errno), "make '%s': %m", part);
	if (fchmod(fd, mode) < 0)
		return fail(err, ERR_IO, "set the mode of '%s': %m", part);
	if (owner.uid != OWNER_NONE.uid && fchown(fd, owner.uid, owner.gid) < 0)
		return fail(err, ERR_IO, "set the owner of '%s': %m", part);
	if (write_all(fd, bytes, n, part, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return fail(err, kind_of(errno), "sync '%s' to the disk: %m", part);
	return 0;
}

int write_file_durably(const char *path, const void *bytes, size_t n, mode_t mode, struct error *err)
{
	return write_file_durably_for(OWNER_NONE, path, bytes, n, mode, err);
}

int write_file_durably_for(struct owner owner, const char *path, const void *bytes, size_t n, mode_t mode, struct error *err)
{
	autofree char *part = format("%s.part", path);

	if (write_part(owner, part, bytes, n, mode, err) == 0) {
		if (rename(part, path) == 0)
			return sync_folder_of(path, err);
		(void)fail(err, ERR_IO, "rename '%s' to '%s': %m", part, path);
	}
	(void)unlink(part);
	return -1;
}

int rename_durably(const char *from, const char *to, struct error *err)
{
	int done = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);

	/* a file system that cannot refuse by itself; the data folder has one writer */
	if (done < 0 && errno == EINVAL) {
		if (path_exists(to))
			errno = EEXIST;
		else
			done = rename(from, to);
	}
	if (done < 0)
		return fail(err, kind_of(errno), "rename '%s' to '%s': %m", from, to);
	return sync_folder_of(to, err);
}

int free_bytes(const char *path, int64_t *ret_bytes, struct error *err)
{
	struct statvfs vfs;

	if (statvfs(path, &vfs) < 0)
		return fail(err, ERR_IO, "ask for the free space where '%s' is: %m", path);
	*ret_bytes = (int64_t)vfs.f_bavail * (int64_t)vfs.f_frsize;
	return 0;
}

/* Add up folder 'fd', which is closed on return. Files that go meanwhile count nothing. */
static int folder_bytes(int fd, int depth, int64_t *sum)
{
	autoclosedir DIR *d = fdopendir(fd);
	struct dirent *e;
	struct stat st;

	if (!d) {
		close(fd);
		return -1;
	}
	while ((errno = 0, e = readdir(d))) {
		int inner;

		if (same(e->d_name, ".") || same(e->d_name, ".."))
			continue;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			*sum += st.st_size;
		if (!S_ISDIR(st.st_mode))
			continue;
		if (depth == DEEPEST) {
			errno = ELOOP;
			return -1;
		}
		inner = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner < 0 && errno == ENOENT)
			continue;
		if (inner < 0 || folder_bytes(inner, depth + 1, sum) < 0)
			return -1;
	}
	return errno ? -1 : 0;
}

int tree_bytes(const char *path, int64_t *ret_bytes, struct error *err)
{
	struct stat st;
	int64_t sum = 0;
	int fd;

	if (lstat(path, &st) < 0)
		return fail(err, ERR_IO, "look at '%s': %m", path);
	if (!S_ISDIR(st.st_mode)) {
		*ret_bytes = st.st_size;
		return 0;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || folder_bytes(fd, 0, &sum) < 0)
		return fail(err, ERR_IO, "add up the files of '%s': %m", path);
	*ret_bytes = sum;
	return 0;
}
