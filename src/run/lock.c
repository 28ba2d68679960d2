#include "run/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "port/json.h"

#define READER_MS 300	    /* a reader looks for microseconds: so long a try is not yet a refusal */
#define RETRY_MS 20
#define WAIT_MS 200	    /* between tries while waiting */
#define NOTE_MS 250
#define PUBLISH "publish"
#define LARGEST ((size_t)64 << 10) /* a lock file: one object of JSON */
#define ITEM_CAP 4096

struct lock {
	int fd;
	bool held;
	char *path;
	char *verb;
	char *source;
	int64_t since;
	char *phase;
	int64_t noted_ms;
};

/* ---------------------------------------------------------------- writing */

/* In place and never synced: it says what is true now, and nothing that has to survive. */
static void write_note(const struct lock *l, const struct lock_work *now)
{
	CLEANUP(json_free) struct json *o = json_new_object();
	autofree char *text = NULL;
	autofree char *short_item = now->item ? xstrndup(now->item, ITEM_CAP) : NULL;
	char since[TIME_TEXT];
	size_t n;

	json_set_text(o, "verb", l->verb);
	json_set_text(o, "source", l->source);
	json_set_int(o, "pid", getpid());
	json_set_text(o, "since", time_rfc3339(l->since, since));
	json_set_text(o, "phase", l->phase);
	json_set_text(o, "unit", now->bytes ? "bytes" : "objects");
	json_set_int(o, "done", now->done);
	json_set_int(o, "of", now->of);
	json_set_real(o, "rate", now->rate);
	if (now->left >= 0)
		json_set_real(o, "left", now->left);
	json_set_text(o, "item", short_item);
	text = json_text(o, false);
	n = strlen(text);
	/* a reader that comes between the two sees JSON with something after it, and looks again */
	if (pwrite(l->fd, text, n, 0) == (ssize_t)n)
		(void)!ftruncate(l->fd, (off_t)n);
}

void lock_note(struct lock *lock, const struct lock_work *now)
{
	int64_t now_ms = clock_mono_ms();

	if (!lock || (same(lock->phase, now->phase) && now_ms < lock->noted_ms + NOTE_MS))
		return;
	set_text(&lock->phase, now->phase);
	lock->noted_ms = now_ms;
	write_note(lock, now);
}

/* ---------------------------------------------------------------- reading */

static int read_note(int fd, const char *path, struct lock_holder *ret, struct error *err)
{
	autofree char *text = xcalloc(LARGEST + 1, 1);
	CLEANUP(json_free) struct json *o = NULL;
	ssize_t n = pread(fd, text, LARGEST, 0);

	if (n < 0)
		return fail(err, ERR_IO, "read '%s': %m", path);
	if (json_parse(text, (size_t)n, &o, err) < 0 || json_get_int(o, "pid") <= 1 || !json_get_text(o, "verb"))
		return fail(err, ERR_DATA, "'%s' is held, but does not say by whom: look with 'fuser %s'", path, path);
	*ret = (struct lock_holder){
		.pid = json_get_int(o, "pid"),
		.verb = xstrdup(json_get_text(o, "verb")),
		.since = json_get_text(o, "since") ? time_parse_rfc3339(json_get_text(o, "since")) : TIME_UNKNOWN,
		.done = json_get_int(o, "done"),
		.of = json_get_int(o, "of"),
		.bytes = same(json_get_text(o, "unit"), "bytes"),
		.rate = json_get_real(o, "rate"),
		.left = json_is_nothing(json_get(o, "left")) ? -1 : json_get_real(o, "left"),
	};
	set_text(&ret->source, json_get_text(o, "source"));
	set_text(&ret->phase, json_get_text(o, "phase"));
	set_text(&ret->item, json_get_text(o, "item"));
	return 0;
}

/* 1: held by somebody; 0: by nobody; -1: an error. Holds it for a moment itself where it can. */
static int is_held(int fd, const char *path, struct error *err)
{
	if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
		(void)flock(fd, LOCK_UN);
		return 0;
	}
	if (errno == EWOULDBLOCK)
		return 1;
	return fail(err, ERR_IO, "look whether '%s' is held: %m", path);
}

/* The holder may be about to write, or be gone between two looks: look again for a moment. */
static int read_holder(int fd, const char *path, struct lock_holder *ret, struct error *err)
{
	int64_t until = clock_mono_ms() + READER_MS;

	for (;;) {
		int held = is_held(fd, path, err);

		if (held < 0)
			return -1;
		if (!held)
			return 0;
		if (read_note(fd, path, ret, err) == 0)
			return 0;
		if (clock_mono_ms() >= until)
			return -1;
		(void)poll(NULL, 0, RETRY_MS);
	}
}

int lock_read(const char *data, struct lock_holder *ret, struct error *err)
{
	autofree char *path = path_join(data, "lock");
	autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct lock_holder holder = {.since = TIME_UNKNOWN};

	if (fd < 0 && errno != ENOENT)
		return fail(err, ERR_IO, "open '%s': %m", path);
	if (fd >= 0 && read_holder(fd, path, &holder, err) < 0)
		return -1;
	*ret = holder;
	return 0;
}

void lock_holder_done(struct lock_holder *h)
{
	free(h->verb);
	free(h->source);
	free(h->phase);
	free(h->item);
	*h = (struct lock_holder){.since = TIME_UNKNOWN};
}

/* ---------------------------------------------------------------- taking */

/* 1: taken; 0: somebody has it; -1: an error. */
static int try_lock(int fd, const char *path, struct error *err)
{
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		return errno == EWOULDBLOCK ? 0 : fail(err, ERR_IO, "lock '%s': %m", path);
	}
	return 1;
}

static int wait_for(int fd, const char *path, struct deadline patience, struct error *err)
{
	int64_t from_now = clock_mono_ms() + READER_MS;
	int taken;

	while ((taken = try_lock(fd, path, err)) == 0) {
		struct pollfd stop = {.fd = patience.stop_fd, .events = POLLIN};
		bool out_of_patience = deadline_left(patience) == 0;

		if (out_of_patience && clock_mono_ms() >= from_now)
			return 0;
		if (poll(&stop, 1, out_of_patience ? RETRY_MS : WAIT_MS) > 0)
			return fail(err, ERR_STOPPED, "stopped while waiting for '%s'", path);
	}
	return taken;
}

static int say_busy(int fd, const char *path, struct error *err)
{
	CLEANUP(lock_holder_done) struct lock_holder h = {0};
	char since[TIME_TEXT];

	if (read_holder(fd, path, &h, err) < 0) {
		err->kind = ERR_BUSY;
		return -1;
	}
	if (!h.pid)
		return fail(err, ERR_BUSY, "'%s' was held until a moment ago: try again", path);
	if (same(h.verb, "daemon"))
		return fail(err, ERR_BUSY,
			    "a daemon (pid %lld, since %s) has this data folder: stop it first, or give this one another folder",
			    (long long)h.pid, time_rfc3339(h.since, since));
	if (same(h.verb, LOCK_NOTIFY))
		return fail(err, ERR_BUSY, "somebody is told already, since %s (pid %lld): what is due is in good hands",
			    time_rfc3339(h.since, since), (long long)h.pid);
	if (same(h.verb, LOCK_UPDATE))
		return fail(err, ERR_BUSY, "the box's packages are being updated since %s (pid %lld): wait for it with --wait",
			    time_rfc3339(h.since, since), (long long)h.pid);
	if (same(h.verb, PUBLISH))
		return fail(err, ERR_BUSY, "'%s' is being published since %s (pid %lld): wait for it with --wait", h.source,
			    time_rfc3339(h.since, since), (long long)h.pid);
	return fail(err, ERR_BUSY,
		    "%s of %s%s%s is at work since %s (pid %lld): wait for it with --wait, or end it with 'drillbox stop'",
		    h.verb, h.source ? "'" : "", h.source ? h.source : "every source", h.source ? "'" : "",
		    time_rfc3339(h.since, since), (long long)h.pid);
}

static int take_lock(char *owned_path, const char *verb, const char *source, struct deadline patience,
		     struct lock **ret, struct error *err)
{
	CLEANUP(lock_free) struct lock *l = xcalloc(1, sizeof(*l));
	int taken;

	l->path = owned_path;
	l->verb = xstrdup(verb);
	set_text(&l->source, source);
	l->since = clock_wall();
	l->fd = open(l->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	if (l->fd < 0 && errno == EACCES)
		return fail(err, ERR_IO, "open '%s': %m; run it as the user who owns the data folder", l->path);
	if (l->fd < 0)
		return fail(err, errno == ENOSPC ? ERR_SPACE : ERR_IO, "open '%s': %m", l->path);
	(void)fchmod(l->fd, 0644); /* who reads the box asks what is running, whatever our umask */
	taken = wait_for(l->fd, l->path, patience, err);
	if (taken <= 0)
		return taken < 0 ? -1 : say_busy(l->fd, l->path, err);
	l->held = true;
	l->since = clock_wall();
	write_note(l, &LOCK_WORK(NULL, NULL));
	*ret = take(l);
	return 0;
}

int lock_take(const char *data, const char *verb, const char *source, struct deadline patience, struct lock **ret,
	      struct error *err)
{
	return take_lock(path_join(data, "lock"), verb, source, patience, ret, err);
}

int lock_take_publish(const char *folder, const char *source, struct deadline patience, struct lock **ret, struct error *err)
{
	autofree char *name = format(".%s.lock", source);

	return take_lock(path_join(folder, name), PUBLISH, source, patience, ret, err);
}

int lock_take_daemon(const char *data, struct lock **ret, struct error *err)
{
	struct deadline none = {clock_mono_ms(), -1};

	return take_lock(path_join(data, "daemon.lock"), "daemon", NULL, none, ret, err);
}

int lock_take_notify(const char *data, struct lock **ret, struct error *err)
{
	struct deadline none = {clock_mono_ms(), -1};

	return take_lock(path_join(data, "notify.lock"), LOCK_NOTIFY, NULL, none, ret, err);
}

void lock_free(struct lock **lock)
{
	struct lock *l = *lock;

	if (!l)
		return;
	if (l->held)
		(void)!ftruncate(l->fd, 0);
	cleanup_close(&l->fd);
	free(l->path);
	free(l->verb);
	free(l->source);
	free(l->phase);
	free(l);
	*lock = NULL;
}
