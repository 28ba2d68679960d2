#include "port/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define MOUNT "/sys/fs/cgroup"
#define KERNEL_CAP ((size_t)64 << 10)
#define CONTROLLERS "+memory +pids"
#define MIB ((int64_t)1 << 20)
#define RESERVE_LEAST (160 * MIB) /* what the system with its services and ourselves take on the smallest board */
#define RESERVE_MOST (512 * MIB)
#define DYING_MS 2000 /* how long the killed may take */
#define DYING_PAUSE_MS 5

struct cgroup {
	char *path;
	int dir; /* locked while we live */
	int entrance;
};

/* --- what the kernel says --- */

/* A file of the kernel's; NULL when it cannot be read. */
static char *kernel_text(const char *dir, const char *name)
{
	autofree char *path = path_join(dir, name);
	struct error ignored;
	char *text = NULL;

	return read_small_file(path, KERNEL_CAP, &text, &ignored) < 0 ? NULL : text;
}

/* A number in such a file; -1 when it is not there or says "max". */
static int64_t kernel_number(const char *dir, const char *name)
{
	autofree char *text = kernel_text(dir, name);
	int64_t n;

	return text && parse_int(trim(text), 0, INT64_MAX, &n) ? n : -1;
}

/* The group that this process is in, as a folder. */
static char *own_folder(const char *membership)
{
	const char *at = starts_with(membership, "0::/") ? membership : strstr(membership, "\n0::/");

	if (!at)
		return NULL;
	at += strcspn(at, "/");
	return format(MOUNT "%.*s", (int)strcspn(at, "\n"), at);
}

char *cgroup_delegated(const char *membership)
{
	autofree char *own = own_folder(membership);
	char *end = own ? strrchr(own, '/') : NULL;

	if (!end || !same(end, "/" CGROUP_OURS))
		return NULL;
	*end = '\0';
	return take(own);
}

int64_t cgroup_event(const char *lines, const char *key)
{
	size_t length = strlen(key);
	int64_t n = 0;

	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (strncmp(lines, key, length) == 0 && lines[length] == ' ') {
			autofree char *value = xstrndup(lines + length + 1, strcspn(lines + length + 1, "\n"));

			return parse_int(value, 0, INT64_MAX, &n) ? n : 0;
		}
	return 0;
}

int64_t cgroup_cap(int64_t total)
{
	int64_t reserve = total / 8;

	if (reserve < RESERVE_LEAST)
		reserve = RESERVE_LEAST;
	if (reserve > RESERVE_MOST)
		reserve = RESERVE_MOST;
	return reserve > total / 2 ? total / 2 : total - reserve;
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && strchr(" \n", at[length]))
			return true;
	return false;
}

/* The top of what was delegated to us, with both controllers; NULL where it was not. */
static char *our_part(void)
{
	autofree char *membership = kernel_text("/proc/self", "cgroup");
	autofree char *top = membership ? cgroup_delegated(membership) : NULL;
	autofree char *controllers = top ? kernel_text(top, "cgroup.controllers") : NULL;
	autofree char *procs = top ? path_join(top, "cgroup.procs") : NULL;

	if (!controllers || !has_word(controllers, "memory") || !has_word(controllers, "pids") || access(procs, W_OK) < 0)
		return NULL;
	return take(top);
}

static int64_t box_bytes(void)
{
	return (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

static int64_t box_cap(void)
{
	return cgroup_cap(box_bytes());
}

int64_t cgroup_memory_cap(void)
{
	autofree char *top = our_part();

	return top ? box_cap() : 0;
}

/* The group above a folder of one; false when that was the top. */
static bool go_up(char *path)
{
	*strrchr(path, '/') = '\0';
	return strlen(path) >= strlen(MOUNT);
}

int64_t cgroup_memory_share(void)
{
	autofree char *membership = kernel_text("/proc/self", "cgroup");
	autofree char *path = membership ? own_folder(membership) : NULL;
	int64_t total = box_bytes();

	if (path)
		do {
			int64_t most = kernel_number(path, "memory.max");

			if (most >= 0 && most < total)
				total = most;
		} while (go_up(path));
	return cgroup_cap(total);
}

int64_t cgroup_memory_left(void)
{
	autofree char *membership = kernel_text("/proc/self", "cgroup");
	autofree char *path = membership ? own_folder(membership) : NULL;
	int64_t left = cgroup_memory_cap();

	if (left == 0)
		left = INT64_MAX;
	if (path)
		do {
			int64_t most = kernel_number(path, "memory.max"), now = kernel_number(path, "memory.current");

			if (most >= 0 && now >= 0 && left > (most > now ? most - now : 0))
				left = most > now ? most - now : 0;
		} while (go_up(path));
	return left;
}

/* --- making one --- */

static int set(const char *group, const char *name, const char *value, struct error *err)
{
	autofree char *path = path_join(group, name);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value))
		return 0;
	return fail(err, ERR_LACKING, "write '%s' to '%s': %m; see Delegate= and ProtectControlGroups= of the service", value,
		    path);
}

static int cap_memory(const char *group, int64_t bytes, struct error *err)
{
	autofree char *value = format("%lld", (long long)bytes);
	autofree char *swap = path_join(group, "memory.swap.max");

	if (set(group, "memory.max", value, err) < 0)
		return -1;
	/* a kernel without swap has no such file */
	return path_exists(swap) ? set(group, "memory.swap.max", "0", err) : 0;
}

static int make_common(const char *top, const char *common, struct error *err)
{
	if (mkdir(common, 0755) < 0 && errno != EEXIST)
		return fail(err, ERR_LACKING, "make the control group '%s': %m; see ProtectControlGroups= of the service", common);
	if (set(top, "cgroup.subtree_control", CONTROLLERS, err) < 0 ||
	    set(common, "cgroup.subtree_control", CONTROLLERS, err) < 0)
		return -1;
	return cap_memory(common, box_cap(), err);
}

/* A group is gone when the last process in it has died, a moment after it was killed. */
static void destroy(const char *path)
{
	int64_t until = clock_mono_ms() + DYING_MS;
	struct error ignored;

	if (set(path, "cgroup.kill", "1", &ignored) < 0)
		errno = 0;
	while (rmdir(path) < 0 && errno == EBUSY && clock_mono_ms() < until)
		(void)poll(NULL, 0, DYING_PAUSE_MS);
}

/* Whoever made it is gone when nobody holds its lock. */
static void sweep(const char *common)
{
	autoclosedir DIR *dir = opendir(common);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		autofree char *path = path_join(common, entry->d_name);
		autoclose int fd = -1;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			destroy(path);
	}
}

static int make_group(struct cgroup *g, const char *common, struct error *err)
{
	autofree char *procs = NULL;

	g->path = path_join(common, "XXXXXX");
	if (!mkdtemp(g->path)) {
		set_text(&g->path, NULL);
		return fail(err, ERR_LACKING, "make a control group in '%s': %m", common);
	}
	g->dir = open(g->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->dir < 0 || flock(g->dir, LOCK_EX | LOCK_NB) < 0)
		return fail(err, ERR_LACKING, "lock the control group '%s': %m", g->path);
	if (cap_memory(g->path, box_cap(), err) < 0 || set(g->path, "memory.oom.group", "1", err) < 0)
		return -1;
	procs = format("%d", CGROUP_PROCESSES);
	if (set(g->path, "pids.max", procs, err) < 0)
		return -1;
	set_text(&procs, NULL);
	procs = path_join(g->path, "cgroup.procs");
	g->entrance = open(procs, O_WRONLY | O_CLOEXEC);
	return g->entrance < 0 ? fail(err, ERR_LACKING, "open '%s': %m", procs) : 0;
}

int cgroup_make(struct cgroup **ret, struct error *err)
{
	CLEANUP(cgroup_free) struct cgroup *g = NULL;
	autofree char *top = our_part();
	autofree char *common = top ? path_join(top, CGROUP_THEIRS) : NULL;
	autoclose int door = -1;

	*ret = NULL;
	if (!top)
		return 0;
	if (make_common(top, common, err) < 0)
		return -1;
	/* nobody sweeps away what is made and not yet locked */
	door = open(common, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (door < 0 || flock(door, LOCK_EX) < 0)
		return fail(err, ERR_LACKING, "lock the control group '%s': %m", common);
	sweep(common);
	g = xcalloc(1, sizeof(*g));
	*g = (struct cgroup){.dir = -1, .entrance = -1};
	if (make_group(g, common, err) < 0)
		return -1;
	*ret = take(g);
	return 0;
}

int cgroup_entrance(const struct cgroup *g)
{
	return g ? g->entrance : 0;
}

bool cgroup_ran_short(const struct cgroup *g)
{
	autofree char *events = g ? kernel_text(g->path, "memory.events") : NULL;

	return events && (cgroup_event(events, "oom_kill") > 0 || cgroup_event(events, "oom_group_kill") > 0);
}

void cgroup_free(struct cgroup **slot)
{
	struct cgroup *g = take(*slot);
	int kept = errno;

	if (!g)
		return;
	cleanup_close(&g->entrance);
	if (g->path)
		destroy(g->path);
	cleanup_close(&g->dir);
	free(g->path);
	free(g);
	errno = kept;
}
