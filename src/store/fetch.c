#include "store/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/digest.h"
#include "store/sums.h"
#include "store/tar.h"

#define PIECE ((size_t)256 << 10)

/* A dump on its way out. */
struct fetch {
	const struct dump *dump;
	int out;
	size_t most; /* bytes a write may have and surely not wait, once poll(2) says that there is room */
	struct deadline deadline;
	store_progress progress;
	void *context;
	int64_t done;
	char *piece;
	char *damage;	 /* the first thing found wrong */
	size_t damages;
	size_t files;	 /* that the list names and the folder has */
};

static void note_damage(struct fetch *f, char *owned)
{
	if (f->damages++ == 0)
		f->damage = owned;
	else
		free(owned);
}

/* ---------------------------------------------------------------- out */

static int wait_for_reader(const struct fetch *f, struct error *err)
{
	struct pollfd wait[] = {{.fd = f->out, .events = POLLOUT}, {.fd = f->deadline.stop_fd, .events = POLLIN}};
	int n;

	do
		n = poll(wait, COUNT(wait), deadline_left(f->deadline));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(err, ERR_IO, "wait for the reader: %m");
	if (wait[1].revents)
		return fail(err, ERR_STOPPED, "fetching '%s' was stopped after %lld bytes", f->dump->name, (long long)f->done);
	if (n == 0)
		return fail(err, ERR_TIMEOUT, "nobody read '%s' on in time: it was cut off after %lld bytes", f->dump->name,
			    (long long)f->done);
	return 0;
}

static int send_bytes(struct fetch *f, const char *bytes, size_t n, struct error *err)
{
	while (n) {
		ssize_t written;

		if (wait_for_reader(f, err) < 0)
			return -1;
		written = write(f->out, bytes, n < f->most ? n : f->most);
		if (written < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (written < 0 && errno == EPIPE)
			return fail(err, ERR_IO, "the reader of '%s' went away after %lld bytes: what it has is not whole",
				    f->dump->name, (long long)f->done);
		if (written < 0)
			return fail(err, write_kind(errno), "write '%s' out after %lld bytes: %m", f->dump->name,
				    (long long)f->done);
		bytes += written;
		n -= (size_t)written;
		f->done += written;
	}
	if (f->progress)
		f->progress(f->context, f->done, f->dump->bytes);
	return 0;
}

static int send_zeros(struct fetch *f, int64_t n, struct error *err)
{
	memset(f->piece, 0, n < (int64_t)PIECE ? (size_t)n : PIECE);
	while (n > 0) {
		size_t now = n < (int64_t)PIECE ? (size_t)n : PIECE;

		if (send_bytes(f, f->piece, now, err) < 0)
			return -1;
		n -= (int64_t)now;
	}
	return 0;
}

/* ---------------------------------------------------------------- a file's bytes */

/* Send 'size' bytes of 'fd' and hash them. 'ret_sent' is less where the file ends before. */
static int send_file(struct fetch *f, int fd, const char *path, int64_t size, char ret_sha256[SHA256_HEX],
		     int64_t *ret_sent, struct error *err)
{
	CLEANUP(digest_free) struct digest *d = NULL;
	int64_t sent = 0;

	if (digest_new(&d, err) < 0)
		return -1;
	while (sent < size) {
		size_t want = size - sent < (int64_t)PIECE ? (size_t)(size - sent) : PIECE;
		ssize_t n = read(fd, f->piece, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, ERR_IO, "read '%s' at byte %lld: %m; the disk may be failing", path, (long long)sent);
		if (n == 0)
			break;
		digest_add(d, f->piece, (size_t)n);
		if (send_bytes(f, f->piece, (size_t)n, err) < 0)
			return -1;
		sent += n;
	}
	digest_end(d, ret_sha256);
	*ret_sent = sent;
	return 0;
}

static int open_file(const char *path, struct stat *st, struct error *err)
{
	autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, st) < 0)
		return fail(err, ERR_IO, "open '%s': %m", path);
	if (!S_ISREG(st->st_mode))
		return fail(err, ERR_DATA, "'%s' is not a file", path);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return take_fd(&fd);
}

static void compare(struct fetch *f, const char *name, const char *was, const char *is)
{
	if (!same(was, is))
		note_damage(f, format("'%s' is not what was stored: its sha256 is %s and was %s", name, is, was));
}

/* ---------------------------------------------------------------- a dump in one file */

static int fetch_file(struct fetch *f, struct error *err)
{
	struct dump_digests digests;
	char sha256[SHA256_HEX];
	struct stat st;
	int64_t sent;
	autoclose int fd = -1;

	if (store_digests(f->dump, &digests, err) < 0)
		return -1;
	if (!digests.dump[0])
		return fail(err, ERR_NOTHING, "the digest list of '%s' does not name it", f->dump->name);
	fd = open_file(f->dump->path, &st, err);
	if (fd < 0 || send_file(f, fd, f->dump->path, st.st_size, sha256, &sent, err) < 0)
		return -1;
	compare(f, f->dump->name, digests.dump, sha256);
	return 0;
}

/* ---------------------------------------------------------------- a dump in a folder */

static int fetch_member(void *context, const struct sum *sum, struct error *err)
{
	struct fetch *f = context;
	const char *base = strrchr(f->dump->path, '/') + 1;
	CLEANUP(text_done) struct text header = {0};
	autofree char *path = NULL;
	char sha256[SHA256_HEX];
	struct stat st;
	int64_t sent;
	autoclose int fd = -1;

	if (!starts_with(sum->name, base) || sum->name[strlen(base)] != '/')
		return 0; /* the manifest */
	if (strchr(sum->name + strlen(base) + 1, '/'))
		return fail(err, ERR_DATA, "the digest list of '%s' names '%s', which no dump has", f->dump->name, sum->name);
	path = format("%s%s", f->dump->path, sum->name + strlen(base));
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT) {
		note_damage(f, format("'%s' is missing", sum->name));
		return 0;
	}
	f->files++;
	fd = open_file(path, &st, err);
	if (fd < 0)
		return -1;
	tar_header(&header, sum->name, st.st_size, f->dump->taken);
	if (send_bytes(f, header.data, header.length, err) < 0 ||
	    send_file(f, fd, path, st.st_size, sha256, &sent, err) < 0)
		return -1;
	compare(f, sum->name, sum->sha256, sha256);
	return send_zeros(f, st.st_size - sent + (int64_t)tar_padding(st.st_size), err);
}

/* Files that are in the folder and not in the list. */
static int look_for_more(struct fetch *f, struct error *err)
{
	CLEANUP(strings_done) struct strings names = {0};
	autoclose int fd = open_folder(AT_FDCWD, f->dump->path);

	if (fd < 0)
		return fail(err, ERR_IO, "open folder '%s': %m", f->dump->path);
	if (folder_names(fd, f->dump->path, &names, err) < 0)
		return -1;
	if (names.count > f->files)
		note_damage(f, format("'%s' holds %zu files more than its digest list", f->dump->name, names.count - f->files));
	return 0;
}

static int fetch_folder(struct fetch *f, struct error *err)
{
	struct dump_digests digests;
	autofree char *list = store_digest_path(f->dump);

	/* read whole before the first byte goes out: a list that is damaged must not show in the middle */
	if (store_digests(f->dump, &digests, err) < 0)
		return -1;
	if (!digests.dump[0])
		return fail(err, ERR_NOTHING, "the digest list of '%s' names no file of it", f->dump->name);
	if (sums_walk(list, fetch_member, f, err) < 0 || send_zeros(f, TAR_END, err) < 0)
		return -1;
	return look_for_more(f, err);
}

/* ---------------------------------------------------------------- the whole */

/* A pipe that poll(2) calls writable has room for that much; a file never waits. */
static size_t most_at_once(int out)
{
	struct stat st;

	return fstat(out, &st) == 0 && S_ISREG(st.st_mode) ? PIECE : PIPE_BUF;
}

int store_fetch(const struct dump *d, int out, struct deadline deadline, store_progress progress, void *context,
		char **ret_damage, struct error *err)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	autofree char *piece = xcalloc(PIECE, 1);
	struct fetch f = {
		.dump = d,
		.out = out,
		.most = most_at_once(out),
		.deadline = deadline,
		.progress = progress,
		.context = context,
		.piece = piece,
	};
	int done;

	(void)sigaction(SIGPIPE, &ignore, &before);
	done = d->form == DUMP_FOLDER ? fetch_folder(&f, err) : fetch_file(&f, err);
	(void)sigaction(SIGPIPE, &before, NULL);
	if (done < 0) {
		free(f.damage);
		if (err->kind == ERR_NOTHING)
			return fail_within(err, "nothing was sent; '%s' can still be copied by hand", d->path);
		return -1;
	}
	if (f.damages > 1) {
		autofree char *first = f.damage;

		f.damage = format("%s, and %zu more are wrong", first, f.damages - 1);
	}
	*ret_damage = f.damage;
	return 0;
}
