#include "port/memory_watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/errand.h"
#include "base/text.h"

#define PAUSE_MS 200
#define PAUSE_MOST_MS 1000
#define SHARE 50 /* a look is followed by a pause of so many times its length */
#define KERNEL_TEXT 4096
#define INSIDE 2 /* from so many steps below the outer half on a process has the sandbox's root */

struct memory_watch {
	pid_t top;
	int pidfd;
	int64_t cap;
	int64_t page;
	int stop; /* readable: that is enough */
	struct errand *errand;
	bool over; /* written by the errand */
};

/* A process at one look. */
struct seen {
	pid_t pid, parent;
	int64_t bytes; /* resident, shared ones in full */
	int depth;     /* steps below the watched one; -1: not of its */
};

struct look {
	struct seen *all;
	size_t count;
};

static void look_done(struct look *l)
{
	free(l->all);
}

/* --- what the kernel says --- */

/* A short file of /proc; false when its process is gone or keeps it to itself. */
static bool read_proc(pid_t pid, const char *name, char text[KERNEL_TEXT])
{
	char path[64];
	autoclose int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, KERNEL_TEXT - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return true;
}

/* What stands 'n' words behind the program's name, which may hold anything. */
static const char *word_after_name(const char *line, int n)
{
	const char *at = strrchr(line, ')');

	while (at && n-- > 0) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at;
}

bool memory_watch_parse_stat(const char *line, pid_t *ret_parent, int64_t *ret_pages)
{
	const char *parent = word_after_name(line, 2), *pages = word_after_name(line, 22);

	if (!parent || !pages)
		return false;
	*ret_parent = (pid_t)strtol(parent, NULL, 10);
	*ret_pages = strtoll(pages, NULL, 10);
	return true;
}

static int64_t kilobytes(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

int64_t memory_watch_parse_rollup(const char *text)
{
	int64_t all = kilobytes(text, "\nPss:"), swapped = kilobytes(text, "\nSwapPss:");
	int64_t own = kilobytes(text, "\nPss_Anon:"), shared = kilobytes(text, "\nPss_Shmem:");

	if (all < 0)
		return -1;
	return ((own >= 0 && shared >= 0 ? own + shared : all) + (swapped > 0 ? swapped : 0)) * 1024;
}

/* --- a look --- */

static void see(struct look *l, pid_t pid, int64_t page)
{
	char text[KERNEL_TEXT];
	struct seen s = {.pid = pid, .depth = -1};
	int64_t pages;

	if (!read_proc(pid, "stat", text) || !memory_watch_parse_stat(text, &s.parent, &pages))
		return;
	s.bytes = pages * page;
	l->all = grow(l->all, l->count, sizeof(*l->all));
	l->all[l->count++] = s;
}

/* Everybody's children: those of one process alone would have to be asked of each of its threads. */
static void see_all(struct look *l, int64_t page)
{
	autoclosedir DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int64_t pid;

	while (proc && (entry = readdir(proc)))
		if (parse_int(entry->d_name, 1, INT32_MAX, &pid))
			see(l, (pid_t)pid, page);
}

static int by_pid(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static void find_descendants(struct look *l, pid_t top)
{
	bool found = true;

	qsort(l->all, l->count, sizeof(*l->all), by_pid);
	for (size_t i = 0; i < l->count; i++)
		if (l->all[i].pid == top)
			l->all[i].depth = 0;
	while (found) {
		found = false;
		for (size_t i = 0; i < l->count; i++) {
			const struct seen key = {.pid = l->all[i].parent};
			const struct seen *parent = l->all[i].depth < 0
							    ? bsearch(&key, l->all, l->count, sizeof(key), by_pid)
							    : NULL;

			if (!parent || parent->depth < 0)
				continue;
			l->all[i].depth = parent->depth + 1;
			found = true;
		}
	}
}

/* What lies in a tmpfs of the sandbox, as one of its processes sees it; -1 when it cannot be asked. */
static int64_t tmpfs_bytes(pid_t pid, const char *inside)
{
	struct statfs fs;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/root/%s", (int)pid, inside);
	if (statfs(path, &fs) < 0)
		return errno == ENOENT ? 0 : -1;
	return fs.f_type == TMPFS_MAGIC ? (int64_t)(fs.f_blocks - fs.f_bfree) * (int64_t)fs.f_bsize : 0;
}

static int64_t all_tmpfs_bytes(const struct look *l)
{
	static const char *const places[] = {"scratch", "tmp", "dev/shm"};

	for (size_t i = 0; i < l->count; i++) {
		int64_t sum = 0, n = 0;

		if (l->all[i].depth < INSIDE)
			continue;
		for (size_t k = 0; k < COUNT(places) && n >= 0; k++) {
			n = tmpfs_bytes(l->all[i].pid, places[k]);
			sum += n;
		}
		if (n >= 0)
			return sum;
	}
	return 0;
}

/* One that lets nobody look has all that is resident in it. */
static int64_t exact_bytes(const struct seen *s)
{
	char text[KERNEL_TEXT];
	int64_t n = read_proc(s->pid, "smaps_rollup", text) ? memory_watch_parse_rollup(text) : -1;

	return n < 0 ? s->bytes : n;
}

/* Most looks end with what is told at no cost: more than all that is resident it cannot be. */
static bool is_over(const struct memory_watch *w)
{
	CLEANUP(look_done) struct look l = {0};
	int64_t files, most, sum;

	see_all(&l, w->page);
	find_descendants(&l, w->top);
	files = most = sum = all_tmpfs_bytes(&l);
	for (size_t i = 0; i < l.count; i++)
		most += l.all[i].depth < 0 ? 0 : l.all[i].bytes;
	if (most <= w->cap || files > w->cap)
		return most > w->cap;
	for (size_t i = 0; i < l.count && sum <= w->cap; i++)
		sum += l.all[i].depth < 0 ? 0 : exact_bytes(&l.all[i]);
	return sum > w->cap;
}

/* --- the watch --- */

static void watch(void *context)
{
	struct memory_watch *w = context;
	struct pollfd fd = {.fd = w->stop, .events = POLLIN};
	int64_t pause = PAUSE_MS;

	while (poll(&fd, 1, (int)pause) <= 0) {
		int64_t began = clock_mono_ms();

		if (is_over(w)) {
			w->over = true;
			(void)pidfd_send_signal(w->pidfd, SIGKILL, NULL, 0);
			return;
		}
		pause = (clock_mono_ms() - began) * SHARE;
		pause = pause < PAUSE_MS ? PAUSE_MS : pause > PAUSE_MOST_MS ? PAUSE_MOST_MS : pause;
	}
}

int memory_watch_start(pid_t pid, int pidfd, int64_t cap, struct memory_watch **ret, struct error *err)
{
	CLEANUP(memory_watch_free) struct memory_watch *w = xcalloc(1, sizeof(*w));

	w->top = pid;
	w->cap = cap;
	w->page = sysconf(_SC_PAGESIZE);
	w->pidfd = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
	w->stop = eventfd(0, EFD_CLOEXEC);
	if (w->pidfd < 0 || w->stop < 0 || !(w->errand = errand_beside(watch, w)))
		return fail(err, ERR_LACKING, "watch the memory of a sandbox: %m");
	*ret = take(w);
	return 0;
}

int64_t memory_watch_cap(const struct memory_watch *w)
{
	return w->cap;
}

static void come_to_an_end(struct memory_watch *w)
{
	const uint64_t one = 1;

	if (w->errand && write(w->stop, &one, sizeof(one)) < 0)
		abort(); /* it holds one number, and nobody else writes */
	errand_done(&w->errand);
}

bool memory_watch_has_ended(struct memory_watch *w)
{
	if (!w)
		return false;
	come_to_an_end(w);
	return w->over;
}

void memory_watch_free(struct memory_watch **slot)
{
	struct memory_watch *w = take(*slot);

	if (!w)
		return;
	come_to_an_end(w);
	cleanup_close(&w->pidfd);
	cleanup_close(&w->stop);
	free(w);
}
