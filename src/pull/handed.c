#include "pull/handed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "pull/offer.h"
#include "pull/recognise.h"

#define BUFFER ((size_t)1 << 20)
#define LOOK_MS 250
#define TOC "toc.dat"

struct handed {
	const struct handed_request *request;
	struct published *ret;
	struct offer offer;
	const char *called; /* in sentences */
	bool is_input, is_folder;
	int fd;
	struct stat before; /* of the file, when it was opened */
	unsigned char *buffer;
	int64_t bytes; /* copied, of all files */
	int64_t of;    /* -1: not known */
	int64_t next_look_ms;
	bool recognised;
};

static void handed_done(struct handed *h)
{
	cleanup_close(&h->fd);
	free(h->buffer);
	offer_done(&h->offer);
}

/* ---------------------------------------------------------------- what it is before it is read */

static int refuse_kind(const struct handed *h, const char *name, mode_t mode, struct error *err)
{
	const char *what = S_ISDIR(mode)  ? "a folder" :
			   S_ISLNK(mode)  ? "a link" :
			   S_ISFIFO(mode) ? "a pipe" :
			   S_ISSOCK(mode) ? "a socket" :
					    "a device";

	return fail(err, ERR_SOURCE, "'%s%s%s' is %s, and no plain file%s", h->called, *name ? "/" : "", name, what,
		    *name ? ": hand in the folder as pg_dump wrote it" :
			    ": what comes through a pipe is handed in as standard input: drillbox import -");
}

/* Root's sudo has become the box's user by now, and what is root's alone is not that user's to read. */
static int refuse_unreadable(const struct handed *h, bool is_folder, struct error *err)
{
	const struct passwd *user = getpwuid(geteuid());
	const char *name = user ? user->pw_name : "of this box";

	if (is_folder)
		return fail(err, ERR_PRIVILEGE,
			    "the user '%s', as whom the box works, may not read the folder '%s': give that user a copy, or make "
			    "the dump with pg_dump -Fc",
			    name, h->called);
	return fail(err, ERR_PRIVILEGE,
		    "the user '%s', as whom the box works, may not read '%s': hand it in through standard input: sudo cat '%s' | "
		    "sudo drillbox import -",
		    name, h->called, h->called);
}

static int open_failed(const struct handed *h, bool is_folder, struct error *err)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return fail(err, ERR_NOTHING, "there is no file '%s'", h->called);
	if (errno == EACCES || errno == EPERM)
		return refuse_unreadable(h, is_folder, err);
	return fail(err, ERR_IO, "open '%s': %m", h->called);
}

static int open_path(struct handed *h, struct error *err)
{
	const char *path = h->request->path;

	/* looked at before it is opened: to open a device may already do something */
	if (stat(path, &h->before) < 0)
		return open_failed(h, false, err);
	h->is_folder = S_ISDIR(h->before.st_mode);
	if (!h->is_folder && !S_ISREG(h->before.st_mode))
		return refuse_kind(h, "", h->before.st_mode, err);
	h->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (h->is_folder ? O_DIRECTORY : 0));
	if (h->fd < 0 || fstat(h->fd, &h->before) < 0)
		return open_failed(h, h->is_folder, err);
	if (!h->is_folder && !S_ISREG(h->before.st_mode)) /* it was changed for another just now */
		return refuse_kind(h, "", h->before.st_mode, err);
	h->of = h->is_folder ? -1 : h->before.st_size;
	return 0;
}

static int open_input(struct handed *h, struct error *err)
{
	h->called = "standard input";
	h->is_input = true;
	if (isatty(STDIN_FILENO))
		return fail(err, ERR_USAGE, "standard input is a terminal: drillbox import - <FILE");
	h->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (h->fd < 0 || fstat(h->fd, &h->before) < 0)
		return fail(err, ERR_IO, "look at standard input: %m");
	if (S_ISDIR(h->before.st_mode) || S_ISBLK(h->before.st_mode))
		return refuse_kind(h, "", h->before.st_mode, err);
	if (S_ISREG(h->before.st_mode)) /* of which nobody knows how much was read already */
		h->offer.origin.modified = h->before.st_mtime;
	return 0;
}

/* ---------------------------------------------------------------- what lies beside it */

/* "/srv/dumps/shop.d", without a slash at its end. Owned by the caller. */
static char *absolute(const char *path)
{
	autofree char *here = getcwd(NULL, 0);
	char *whole = path_join(here ? here : "", path);

	for (size_t n = strlen(whole); n > 1 && whole[n - 1] == '/'; n--)
		whole[n - 1] = '\0';
	return whole;
}

static int get_beside(void *context, const char *suffix, size_t cap, char **ret, size_t *ret_n, struct error *err)
{
	const struct handed *h = context;
	autofree char *path = format("%s%s", h->offer.origin.where, suffix);

	if (!path_exists(path))
		return fail(err, ERR_NOTHING, "there is no '%s'", path);
	return read_small_bytes(path, cap, ret, ret_n, err);
}

static int look_beside(struct handed *h, struct error *err)
{
	struct offer *o = &h->offer;

	if (h->is_input) {
		o->origin.where = xstrdup(h->called);
		o->origin.vouch = VOUCH_NONE;
		o->remote.name = xstrdup(h->called);
		return 0;
	}
	o->origin.where = absolute(h->request->path);
	o->origin.modified = h->before.st_mtime;
	o->remote.name = xstrdup(path_base(o->origin.where));
	return offer_look_beside(o, h->is_folder, get_beside, h, err);
}

/* ---------------------------------------------------------------- bytes */

static int check_size(const struct handed *h, int64_t bytes, struct error *err)
{
	char size[UNIT_TEXT], limit[UNIT_TEXT];

	if (h->request->size_cap == 0 || bytes <= h->request->size_cap)
		return 0;
	return fail(err, ERR_SPACE, "'%s' has %s%s and max-size is %s: raise max-size, or hand it in for another --source",
		    h->called, h->of < 0 ? "more than " : "", human_bytes(h->of < 0 ? h->request->size_cap : bytes, size),
		    human_bytes(h->request->size_cap, limit));
}

static int check_space(const struct handed *h, struct error *err)
{
	char room[UNIT_TEXT], size[UNIT_TEXT], floor[UNIT_TEXT];
	int64_t available;

	if (h->request->space_floor == 0)
		return 0;
	if (free_bytes(h->request->part_path, &available, err) < 0)
		return -1;
	if (available >= h->request->space_floor)
		return 0;
	return fail(err, ERR_SPACE,
		    "only %s are free on the disk after %s of '%s', and %s stay reserved: make room or use a larger disk",
		    human_bytes(available, room), human_bytes(h->bytes, size), h->called,
		    human_bytes(h->request->space_floor, floor));
}

static void tell(struct handed *h)
{
	int64_t now = clock_mono_ms();

	if (now < h->next_look_ms)
		return;
	h->next_look_ms = now + LOOK_MS;
	if (h->request->progress)
		h->request->progress(h->request->context, h->bytes, h->of > 0 ? h->of : 0);
}

/* A pipe is waited for no longer than a stop is. */
static int wait_for_bytes(const struct handed *h, int fd, struct error *err)
{
	const struct deadline *d = &h->request->deadline;
	struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = d->stop_fd, .events = POLLIN}};

	if (h->is_input && poll(ready, COUNT(ready), deadline_left(*d)) < 0 && errno != EINTR)
		return fail(err, ERR_IO, "wait for more of '%s': %m", h->called);
	if (deadline_stopped(*d) || deadline_left(*d) == 0)
		return fail(err, deadline_stopped(*d) ? ERR_STOPPED : ERR_TIMEOUT, "after %lld bytes of '%s'",
			    (long long)h->bytes, h->called);
	return 0;
}

static int take_head(struct handed *h, struct dump_head *head, struct error *err)
{
	h->recognised = true;
	h->ret->database = take(head->database);
	h->ret->created = head->begun;
	h->ret->utc = head->utc;
	return h->request->recognised ? h->request->recognised(h->request->context, h->ret, err) : 0;
}

/* What is no dump is not copied to its end. */
static int recognise_file(struct handed *h, bool whole, struct error *err)
{
	CLEANUP(dump_head_done) struct dump_head head = {0};

	if (h->recognised || h->is_folder || (h->bytes < RECOGNISE_LEAST && !whole))
		return 0;
	if (recognise(h->request->part_path, &head, err) < 0)
		return fail_within(err, "'%s'", h->called);
	return take_head(h, &head, err);
}

/* One file to its end. */
static int copy(struct handed *h, int from, int to, char ret_sha256[SHA256_HEX], struct error *err)
{
	CLEANUP(digest_free) struct digest *digest = NULL;
	ssize_t n;

	if (digest_new(&digest, err) < 0)
		return -1;
	do {
		if (wait_for_bytes(h, from, err) < 0)
			return -1;
		n = read(from, h->buffer, BUFFER);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return fail(err, ERR_IO, "read '%s': %m", h->called);
		h->bytes += n;
		if (check_size(h, h->bytes, err) < 0 || check_space(h, err) < 0 ||
		    write_all(to, h->buffer, (size_t)n, h->request->part_path, err) < 0 || recognise_file(h, n == 0, err) < 0)
			return -1;
		digest_add(digest, h->buffer, (size_t)n);
		tell(h);
	} while (n != 0);
	digest_end(digest, ret_sha256);
	return 0;
}

/* Its pg_dump may be at work still. */
static int check_unchanged(const struct handed *h, int fd, const struct stat *before, const char *name, int64_t copied,
			   struct error *err)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return fail(err, ERR_IO, "look at '%s': %m", h->called);
	if (now.st_size == before->st_size && now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == before->st_mtim.tv_nsec && copied == before->st_size)
		return 0;
	return fail(err, ERR_CHANGED, "'%s%s%s' was written to while it was read: wait until its pg_dump has ended", h->called,
		    *name ? "/" : "", name);
}

/* ---------------------------------------------------------------- a file */

static int check_digest(const struct handed *h, const char *name, const char *expected, const char *found, struct error *err)
{
	if (!*expected || strcmp(expected, found) == 0)
		return 0;
	return fail(err, ERR_DATA,
		    "'%s%s%s' has not the sha256 that '%s.sha256' says (%.8s..., said %.8s...): it is damaged, or the list is of "
		    "another dump",
		    h->called, *name ? "/" : "", name, h->offer.remote.name, found, expected);
}

static int copy_file(struct handed *h, struct error *err)
{
	autoclose int to = open(h->request->part_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char *sha256 = h->ret->digest.sha256;

	if (to < 0)
		return fail(err, ERR_IO, "make '%s': %m", h->request->part_path);
	if (copy(h, h->fd, to, sha256, err) < 0 || check_digest(h, "", h->offer.sha256, sha256, err) < 0)
		return -1;
	return h->is_input ? 0 : check_unchanged(h, h->fd, &h->before, "", h->bytes, err);
}

/* ---------------------------------------------------------------- a folder */

static int list_folder(struct handed *h, struct strings *ret, struct error *err)
{
	int own = openat(h->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autoclosedir DIR *d = own < 0 ? NULL : fdopendir(own);
	const struct dirent *e;

	if (!d) {
		cleanup_close(&own);
		return open_failed(h, true, err);
	}
	while ((errno = 0, e = readdir(d))) {
		if (same(e->d_name, ".") || same(e->d_name, ".."))
			continue;
		if (ret->count == HANDED_FILES_CAP)
			return fail(err, ERR_SOURCE, "'%s' holds more than %d files, and so is no directory archive", h->called,
				    HANDED_FILES_CAP);
		strings_add(ret, e->d_name);
	}
	if (errno)
		return fail(err, ERR_IO, "read folder '%s': %m", h->called);
	strings_sort(ret);
	return 0;
}

/* How much there is of it, and that all of it is plain files. */
static int measure(struct handed *h, const struct strings *names, struct error *err)
{
	struct stat st;

	if (!strings_have(names, TOC))
		return fail(err, ERR_SOURCE,
			    "the folder '%s' holds no " TOC ", and so is no directory archive: hand in the files in it by name",
			    h->called);
	h->of = 0;
	for (size_t i = 0; i < names->count; i++) {
		if (fstatat(h->fd, names->items[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			return open_failed(h, true, err);
		if (!S_ISREG(st.st_mode))
			return refuse_kind(h, names->items[i], st.st_mode, err);
		h->of += st.st_size;
	}
	return 0;
}

/* A list that names more than there is vouches for another folder, or for what this one was. */
static int check_all_there(const struct handed *h, const struct strings *names, struct error *err)
{
	autofree char *missing = h->offer.list ? offer_missing_of(h->offer.list, h->offer.remote.name, names) : NULL;
	autofree char *shown = missing ? printable(missing, false) : NULL;

	if (!missing)
		return 0;
	return fail(err, ERR_DATA,
		    "'%s.sha256' names '%s', and that is not in '%s': part of it was lost, or the list is of another dump",
		    h->offer.remote.name, shown, h->called);
}

static int recognise_folder(struct handed *h, struct error *err)
{
	CLEANUP(dump_head_done) struct dump_head head = {0};
	autoclose int fd = openat(h->fd, TOC, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	unsigned char bytes[DUMP_HEAD_LEAST];
	ssize_t n;

	if (fd < 0 || (n = read(fd, bytes, sizeof(bytes))) < 0)
		return open_failed(h, true, err);
	if (dump_head_parse_folder(bytes, (size_t)n, &head, err) < 0)
		return fail_within(err, "'%s/" TOC "'", h->called);
	return take_head(h, &head, err);
}

static int copy_one(struct handed *h, int folder, const char *name, struct error *err)
{
	autoclose int from = openat(h->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char sha256[SHA256_HEX], listed[SHA256_HEX] = "";
	int64_t begun_at = h->bytes;
	autoclose int to = -1;
	struct stat before;

	if (from < 0 || fstat(from, &before) < 0)
		return open_failed(h, true, err);
	if (!S_ISREG(before.st_mode))
		return refuse_kind(h, name, before.st_mode, err);
	if (h->offer.list && !offer_digest_of(h->offer.list, name, false, listed))
		return fail(err, ERR_DATA, "'%s.sha256' has no line for '%s', or several that differ: write it anew with sha256sum",
			    h->offer.remote.name, name);
	to = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return fail(err, errno == ENOSPC ? ERR_SPACE : ERR_IO, "make '%s/%s': %m", h->request->part_path, name);
	if (copy(h, from, to, sha256, err) < 0 || check_digest(h, name, listed, sha256, err) < 0 ||
	    check_unchanged(h, from, &before, name, h->bytes - begun_at, err) < 0)
		return -1;
	strings_add_owned(&h->ret->files, format("%s  /%s", sha256, name));
	return 0;
}

static int copy_folder(struct handed *h, const struct strings *names, struct error *err)
{
	autoclose int folder = -1;

	if (mkdir(h->request->part_path, 0700) < 0)
		return fail(err, ERR_IO, "make folder '%s': %m", h->request->part_path);
	folder = open(h->request->part_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return fail(err, ERR_IO, "open folder '%s': %m", h->request->part_path);
	for (size_t i = 0; i < names->count; i++)
		if (copy_one(h, folder, names->items[i], err) < 0)
			return -1;
	return 0;
}

/* ---------------------------------------------------------------- the whole */

/* What is known by now is told with what is recognised, and after an error. */
static void hand_over(struct handed *h)
{
	struct published *ret = h->ret;

	ret->file = xstrdup(h->offer.remote.name);
	ret->origin = h->offer.origin;
	h->offer.origin = (struct origin){0};
	ret->manifest = take(h->offer.manifest);
	ret->manifest_n = h->offer.manifest_n;
	if (h->offer.no_manifest && h->request->notes)
		strings_add(h->request->notes, h->offer.no_manifest);
}

static int bring(struct handed *h, struct error *err)
{
	const struct handed_request *r = h->request;
	CLEANUP(strings_done) struct strings names = {0};

	if ((same(r->path, HANDED_INPUT) ? open_input(h, err) : open_path(h, err)) < 0)
		return -1;
	if (h->is_folder && (list_folder(h, &names, err) < 0 || measure(h, &names, err) < 0))
		return -1;
	if (look_beside(h, err) < 0 || (h->is_folder && check_all_there(h, &names, err) < 0) ||
	    (h->of >= 0 && check_size(h, h->of, err) < 0) ||
	    (r->offered && r->offered(r->context, &h->offer.origin, h->offer.sha256, h->of, err) < 0))
		return -1;
	hand_over(h);
	if ((h->is_folder && recognise_folder(h, err) < 0) || (r->admit && r->admit(r->context, h->of, err) < 0))
		return -1;
	return h->is_folder ? copy_folder(h, &names, err) : copy_file(h, err);
}

int pull_handed(const struct handed_request *request, struct published *ret, struct error *err)
{
	CLEANUP(handed_done) struct handed h = {
		.request = request,
		.ret = ret,
		.offer.origin.modified = TIME_UNKNOWN,
		.called = request->path,
		.fd = -1,
		.of = -1,
		.buffer = xcalloc(1, BUFFER),
	};

	ret->created = TIME_UNKNOWN;
	if (bring(&h, err) < 0)
		return -1;
	ret->digest.bytes = h.bytes;
	return 0;
}
