#include "port/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "port/cgroup.h"
#include "port/memory_watch.h"
#include "port/seccomp.h"

#define BWRAP "bwrap"
#define SHARED_BYTES ((int64_t)16 << 20)
#define PROCESSES 4096	      /* of the user, anywhere */
#define PROCESSES_INSIDE 512  /* in one sandbox that has an inner half */
#define INNER_FROM "/run/template"
#define INSIDE_ID 1000	      /* of the user inside when we are root, which Postgres refuses to be */
#define DEEPEST 16	      /* levels of folders copied */
#define PIECE ((size_t)1 << 18)
#define STATUS_CAP 4096
#define COPY_CAP ((size_t)256 << 10)
#define INNER_SAYS "inner:"

/* A sandbox in the making: bwrap's argv, and the descriptors it inherits. */
struct plan {
	const struct sandbox *sandbox;
	struct strings argv;
	int fds[8];
	size_t fd_count;
	int status_read;
};

static void plan_done(struct plan *plan)
{
	strings_done(&plan->argv);
	for (size_t i = 0; i < plan->fd_count; i++)
		cleanup_close(&plan->fds[i]);
	cleanup_close(&plan->status_read);
}

static void add(struct plan *plan, const char *a, const char *b, const char *c)
{
	strings_add(&plan->argv, a);
	if (b)
		strings_add(&plan->argv, b);
	if (c)
		strings_add(&plan->argv, c);
}

static void add_number(struct plan *plan, const char *option, int64_t n)
{
	strings_add(&plan->argv, option);
	strings_add_owned(&plan->argv, format("%lld", (long long)n));
}

/* Hand a descriptor to bwrap; it is closed on our side with the plan. Returns its number. */
static int inherit(struct plan *plan, int fd)
{
	if (fd < 0 || plan->fd_count == COUNT(plan->fds))
		abort();
	plan->fds[plan->fd_count++] = fd;
	return fd;
}

/* --- what is visible inside --- */

/* A small file of our own making, without any on the disk. */
static int add_made_file(struct plan *plan, const char *mode, const char *inside, const char *content, struct error *err)
{
	autoclose int raw = memfd_create("drillbox", MFD_CLOEXEC);
	autoclose int fd = raw < 0 ? -1 : fcntl(raw, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return fail(err, ERR_LACKING, "make '%s' of the sandbox: %m", inside);
	if (write_all(fd, content, strlen(content), inside, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail(err, ERR_LACKING, "make '%s' of the sandbox: %m", inside);
	add(plan, "--perms", mode, NULL);
	add_number(plan, "--ro-bind-data", inherit(plan, take_fd(&fd)));
	strings_add(&plan->argv, inside);
	return 0;
}

/* /bin and its like: links where the box has links, folders where it has folders. */
static void add_system(struct plan *plan)
{
	static const char *const folders[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64"};
	char target[256];

	add(plan, "--ro-bind", "/usr", "/usr");
	for (size_t i = 0; i < COUNT(folders); i++) {
		ssize_t n = readlink(folders[i], target, sizeof(target) - 1);

		if (n > 0) {
			target[n] = '\0';
			add(plan, "--symlink", target, folders[i]);
		} else if (access(folders[i], F_OK) == 0) {
			add(plan, "--ro-bind", folders[i], folders[i]);
		}
	}
}

static int add_etc(struct plan *plan, struct error *err)
{
	static const char *const always[] = {"/etc/ld.so.cache", "/etc/localtime"};
	static const char *const for_network[] = {"/etc/resolv.conf", "/etc/hosts",	       "/etc/nsswitch.conf",
						  "/etc/host.conf",   "/etc/gai.conf",	       "/etc/services",
						  "/etc/ssl/certs",   "/etc/ssl/openssl.cnf"};
	unsigned int uid = geteuid() ? geteuid() : INSIDE_ID, gid = geteuid() ? getegid() : INSIDE_ID;
	autofree char *passwd = format("drillbox:x:%u:%u:drillbox:/tmp:/usr/sbin/nologin\n", uid, gid);
	autofree char *group = format("drillbox:x:%u:\n", gid);

	for (size_t i = 0; i < COUNT(always); i++)
		add(plan, "--ro-bind-try", always[i], always[i]);
	for (size_t i = 0; plan->sandbox->network && i < COUNT(for_network); i++)
		add(plan, "--ro-bind-try", for_network[i], for_network[i]);
	if (add_made_file(plan, "0644", "/etc/passwd", passwd, err) < 0 ||
	    add_made_file(plan, "0644", "/etc/group", group, err) < 0)
		return -1;
	return 0;
}

static int add_copy(struct plan *plan, struct error *err)
{
	autofree char *content = NULL;
	int done;

	if (!plan->sandbox->copy)
		return 0;
	if (read_small_file(plan->sandbox->copy, COPY_CAP, &content, err) < 0)
		return -1;
	done = add_made_file(plan, "0600", plan->sandbox->copy, content, err);
	explicit_bzero(content, strlen(content));
	return done;
}

static void add_tmpfs(struct plan *plan, const char *mode, int64_t size, const char *inside)
{
	add(plan, "--perms", mode, NULL);
	add_number(plan, "--size", size);
	add(plan, "--tmpfs", inside, NULL);
}

/* Folders last: what is bound lies over what was made. Then everything that was made is sealed. */
static void add_places(struct plan *plan)
{
	const struct sandbox *s = plan->sandbox;

	add(plan, "--proc", "/proc", NULL);
	/* the kernel's settings ask who root is outside, not which rights are left: the machine's own root may write them */
	add(plan, "--ro-bind", "/proc/sys", "/proc/sys");
	add(plan, "--ro-bind-try", "/proc/sysrq-trigger", "/proc/sysrq-trigger");
	add(plan, "--dev", "/dev", NULL);
	add_tmpfs(plan, "1777", s->shared_bytes > 0 ? s->shared_bytes : SHARED_BYTES, "/dev/shm");
	add(plan, "--remount-ro", "/dev", NULL);
	add_tmpfs(plan, "1777", SANDBOX_TMP_BYTES, "/tmp");
	if (s->scratch_dir)
		add(plan, "--bind", s->scratch_dir, SANDBOX_SCRATCH);
	else if (s->scratch_bytes > 0)
		add_tmpfs(plan, "0700", s->scratch_bytes, SANDBOX_SCRATCH);
	for (size_t i = 0; i < s->bind_count; i++)
		add(plan, s->binds[i].writable ? "--bind" : "--ro-bind", s->binds[i].outside, s->binds[i].inside);
}

static bool cut_end(char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	if (n <= m || strcmp(path + n - m, end) != 0)
		return false;
	path[n - m] = '\0';
	return true;
}

/* The folder a program is installed in: it finds its libraries and data relative to itself. */
static void cut_to_prefix(char *path)
{
	char *last = strrchr(path, '/');

	*last = '\0';
	if (!cut_end(path, "/bin"))
		return;
	last = strrchr(path, '/');
	if (!last || !last[1] || strspn(last + 1, "0123456789") != strlen(last + 1))
		return;
	*last = '\0';
	if (!cut_end(path, "/lib/postgresql"))
		*last = '/';
}

/* A program that is not part of the system; it is then run by its real path. */
static void add_program(struct plan *plan, char **program)
{
	autofree char *real = realpath(*program, NULL);
	autofree char *prefix = real ? xstrdup(real) : NULL;

	for (size_t i = 0; i < plan->sandbox->bind_count; i++)
		if (starts_with(*program, plan->sandbox->binds[i].inside))
			return;
	if (!real)
		return;
	if (starts_with(real, "/usr/")) {
		set_text(program, real); /* a link from elsewhere would lead nowhere inside */
		return;
	}
	cut_to_prefix(prefix);
	if (!*prefix)
		return;
	add(plan, "--ro-bind", prefix, prefix);
	set_text(program, real);
}

int sandbox_self(char **ret, struct error *err)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return fail(err, ERR_LACKING, "find this program's own file: %m");
	*ret = xstrndup(self, (size_t)n);
	return 0;
}

/* This very program, which the sandbox runs first. */
static int add_inner_binds(struct plan *plan, struct error *err)
{
	autofree char *self = NULL;

	if (sandbox_self(&self, err) < 0)
		return -1;
	add(plan, "--ro-bind", self, SANDBOX_PROGRAM);
	add(plan, "--ro-bind", plan->sandbox->scratch_from, INNER_FROM);
	return 0;
}

static void add_isolation(struct plan *plan)
{
	strings_add(&plan->argv, BWRAP);
	add(plan, "--unshare-all", "--unshare-user", "--disable-userns");
	/*
	 * No --new-session: bwrap has had a session of its own since before its exec, without a terminal. Both its halves
	 * are to stay in one group, because --die-with-parent holds only once the sandbox stands: see 'guarded'.
	 */
	add(plan, "--die-with-parent", NULL, NULL);
	add(plan, "--cap-drop", "ALL", NULL);
	add(plan, "--hostname", "scratch", NULL);
	if (plan->sandbox->network)
		add(plan, "--share-net", NULL, NULL);
	if (geteuid() == 0) {
		add_number(plan, "--uid", INSIDE_ID);
		add_number(plan, "--gid", INSIDE_ID);
	}
}

/* One pipe tells both that the program was reached (bwrap) and what kept the inner half from it. */
static int add_status(struct plan *plan, int *ret_inner, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail(err, ERR_LACKING, "make a pipe for the sandbox: %m");
	plan->status_read = ends[0];
	add_number(plan, "--json-status-fd", inherit(plan, ends[1]));
	if (!plan->sandbox->scratch_from)
		return 0;
	*ret_inner = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
	if (*ret_inner < 0)
		return fail(err, ERR_LACKING, "make a pipe for the sandbox: %m");
	(void)inherit(plan, *ret_inner);
	return 0;
}

static int add_filter(struct plan *plan, struct error *err)
{
	int fd;

	if (seccomp_filter(&fd, err) < 0)
		return -1;
	add_number(plan, "--seccomp", inherit(plan, fd));
	return 0;
}

static int make_plan(struct plan *plan, const struct process_spec *spec, struct error *err)
{
	bool inner = plan->sandbox->scratch_from != NULL;
	autofree char *program = xstrdup(spec->argv[0]);
	int inner_fd = -1;

	add_isolation(plan);
	add_system(plan);
	if (add_filter(plan, err) < 0 || add_etc(plan, err) < 0)
		return -1;
	add_places(plan);
	if (add_copy(plan, err) < 0)
		return -1;
	add_program(plan, &program);
	if (inner && add_inner_binds(plan, err) < 0)
		return -1;
	add(plan, "--remount-ro", "/", NULL);
	add(plan, "--chdir", spec->dir ? spec->dir : "/", NULL);
	if (add_status(plan, &inner_fd, err) < 0)
		return -1;
	strings_add(&plan->argv, "--");
	if (inner) {
		add(plan, SANDBOX_PROGRAM, SANDBOX_INNER, NULL);
		strings_add_owned(&plan->argv, format("%d", inner_fd));
	}
	strings_add(&plan->argv, program);
	for (const char *const *arg = spec->argv + 1; *arg; arg++)
		strings_add(&plan->argv, *arg);
	return 0;
}

/* --- starting, and what became of it --- */

/* Cures for what bwrap says when it may not. */
static const struct {
	const char *says;
	const char *cure;
} cures[] = {
	{"No permissions to create", "allow unprivileged user namespaces (sysctl user.max_user_namespaces, "
				     "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"},
	{"Creating new namespace failed", "allow user namespaces (sysctl user.max_user_namespaces, and RestrictNamespaces= "
					  "of the service)"},
	{"setting up uid map", "allow user namespaces to set up their ids (sysctl "
			       "kernel.apparmor_restrict_unprivileged_userns)"},
	{"Can't mount proc", "do not protect /proc in the service (ProtectKernelTunables=, ProcSubset=)"},
	{"loopback", "allow network namespaces (RestrictNamespaces= and RestrictAddressFamilies= of the service, "
		     "kernel.apparmor_restrict_unprivileged_userns)"},
	{"Unknown option", "install bubblewrap 0.8 or newer"},
	{"execvp", "look whether that program is installed where the sandbox sees it"},
	{"Can't find source path", "look whether that path is there"},
};

static const char *cure_for(const char *words)
{
	for (size_t i = 0; i < COUNT(cures); i++)
		if (strstr(words, cures[i].says))
			return cures[i].cure;
	return "run `bwrap --unshare-all --ro-bind / / true` as the same user to see why";
}

/* Both ends that wrote to it are gone, or have said what they had to say. */
static void read_status(struct process *p)
{
	char piece[STATUS_CAP];
	ssize_t n;

	while (p->wrapper_said.length < STATUS_CAP && (n = read(p->wrapper_fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		text_add_bytes(&p->wrapper_said, piece, (size_t)n);
	}
	text_add(&p->wrapper_said, "");
}

/* "inner:KIND:TEXT\n", written by sandbox_inner() while no code of a dump was there yet. */
static int inner_failed(const char *message, struct error *err)
{
	autofree char *kind = xstrdup(message + strlen(INNER_SAYS));
	char *text = strchr(kind, ':');

	if (!text)
		return fail(err, ERR_BUG, "the sandbox's inner half failed without a reason");
	*text++ = '\0';
	text[strcspn(text, "\n")] = '\0';
	return fail(err, error_kind_from_word(kind), "%s", text);
}

/* All of it was ended for want of memory: by the kernel, which counts it, or by the watch. */
static int starved(const struct process *p, struct error *err)
{
	char cap[UNIT_TEXT];

	return fail(err, ERR_SPACE,
		    "%s needed more than the %s of memory that a sandbox may have here: take a box with more memory", p->name,
		    human_bytes(p->watch ? memory_watch_cap(p->watch) : cgroup_memory_cap(), cap));
}

static void let_memory_go(struct process *p)
{
	memory_watch_free(&p->watch);
	cgroup_free(&p->group);
}

/* In a group, or else watched. */
static int hold_memory(struct process *p, struct cgroup **group, int64_t cap, struct error *err)
{
	p->group = take(*group);
	p->let_go = let_memory_go;
	if (p->group)
		return 0;
	return memory_watch_start(p->pid, p->pidfd, cap > 0 ? cap : cgroup_memory_share(), &p->watch, err);
}

static int sandbox_reached(struct process *p, struct error *err)
{
	autofree char *words = NULL;
	const char *status, *message;

	if (cgroup_ran_short(p->group) || memory_watch_has_ended(p->watch))
		return starved(p, err);
	read_status(p);
	status = p->wrapper_said.data;
	message = strstr(status, INNER_SAYS);
	if (message)
		return inner_failed(message, err);
	/* bwrap itself killed by somebody says nothing about the sandbox */
	if (strstr(status, "\"exit-code\"") || WIFSIGNALED(p->status))
		return 0;
	words = xstrndup(p->errors.length ? p->errors.data : "", p->errors.length);
	return fail(err, ERR_LACKING, "the sandbox for '%s' could not be set up (%s): %s", p->name,
		    *trim(words) ? trim(words) : "bwrap did not say why", cure_for(words));
}

static size_t limits_of(const struct sandbox *s, struct process_limit limits[4])
{
	size_t n = 0;

	limits[n++] = (struct process_limit){RLIMIT_CORE, 0};
	limits[n++] = (struct process_limit){RLIMIT_NPROC, PROCESSES};
	if (s->file_size_cap > 0)
		limits[n++] = (struct process_limit){RLIMIT_FSIZE, s->file_size_cap};
	if (s->memory_cap > 0)
		limits[n++] = (struct process_limit){RLIMIT_AS, s->memory_cap};
	return n;
}

int sandbox_start(struct process *p, const struct sandbox *sandbox, const struct process_spec *spec,
		  struct error *err)
{
	CLEANUP(plan_done) struct plan plan = {.sandbox = sandbox, .status_read = -1};
	CLEANUP(cgroup_free) struct cgroup *group = NULL;
	struct process_limit limits[4];
	struct process_spec outer = *spec;
	autofree int *fds = NULL;

	if (make_plan(&plan, spec, err) < 0 || cgroup_make(&group, err) < 0)
		return -1;
	strings_add_owned(&plan.argv, NULL);
	fds = xcalloc(plan.fd_count + spec->pass_fd_count, sizeof(*fds));
	memcpy(fds, plan.fds, plan.fd_count * sizeof(*fds));
	if (spec->pass_fd_count)
		memcpy(fds + plan.fd_count, spec->pass_fds, spec->pass_fd_count * sizeof(*fds));

	outer.name = spec->name ? spec->name : path_base(spec->argv[0]);
	outer.argv = (const char *const *)plan.argv.items;
	outer.dir = NULL;
	outer.pass_fds = fds;
	outer.pass_fd_count = plan.fd_count + spec->pass_fd_count;
	outer.limits = limits;
	outer.limit_count = limits_of(sandbox, limits);
	outer.expendable = true;
	outer.guarded = true;
	outer.group = cgroup_entrance(group);
	if (process_start(p, &outer, err) < 0) {
		if (err->kind != ERR_LACKING || !strstr(err->text, "'" BWRAP "'"))
			return -1;
		return fail(err, ERR_LACKING, "there is no sandbox for '%s', because the program '%s' is missing: install "
			    "the package bubblewrap", outer.name, BWRAP);
	}
	p->wrapper_fd = take_fd(&plan.status_read);
	p->reached = sandbox_reached;
	if (hold_memory(p, &group, sandbox->watched_cap, err) == 0)
		return 0;
	process_done(p);
	return -1;
}

char *sandbox_memory_words(bool *ret_capped)
{
	int64_t cap = cgroup_memory_cap();
	char bytes[UNIT_TEXT];

	*ret_capped = cap > 0;
	if (cap > 0)
		return format("capped to %s of memory by a control group", human_bytes(cap, bytes));
	return format("watched up to %s of memory, not capped", human_bytes(cgroup_memory_share(), bytes));
}

int64_t sandbox_memory_left(void)
{
	return cgroup_memory_left();
}

int sandbox_run(const struct sandbox *sandbox, const struct process_spec *spec, struct deadline deadline,
		enum error_kind kind, char **ret_output, struct error *err)
{
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	struct process_spec own = *spec;

	own.capture = own.capture || ret_output;
	if (sandbox_start(&p, sandbox, &own, err) < 0)
		return -1;
	return process_finish(&p, deadline, kind, ret_output, err);
}

/* --- the inner half --- */

static int copy_bytes_by_hand(int from, int to, const char *name, struct error *err)
{
	static char piece[PIECE]; /* one for all files: the inner half does nothing else */
	ssize_t n;

	while ((n = read(from, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, ERR_IO, "read '%s' of the template: %m", name);
		if (write_all(to, piece, (size_t)n, name, err) < 0)
			return -1;
	}
	return 0;
}

/* In the kernel where both ends are on one file system, which may even share the blocks. */
static int copy_bytes(int from, int to, const char *name, struct error *err)
{
	ssize_t n;

	do
		n = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
	while (n > 0);
	if (n == 0)
		return 0;
	if (errno == ENOSPC || errno == EDQUOT)
		return fail(err, ERR_SPACE, "there is no room for '%s' of the template: %m", name);
	return copy_bytes_by_hand(from, to, name, err);
}

static int copy_file(int from_dir, int to_dir, const char *name, struct error *err)
{
	struct stat st;
	autoclose int to = -1;
	autoclose int from = openat(from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (from < 0 || fstat(from, &st) < 0)
		return fail(err, ERR_IO, "open '%s' of the template: %m", name);
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return fail(err, errno == ENOSPC || errno == EDQUOT ? ERR_SPACE : ERR_IO, "make '%s' in scratch: %m", name);
	return st.st_size > 0 ? copy_bytes(from, to, name, err) : 0;
}

static int copy_folder(int from_parent, const char *from_name, int to_parent, const char *to_name, int depth,
		       struct error *err);

static int copy_entry(int from, int to, const char *name, int depth, struct error *err)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(err, ERR_IO, "look at '%s' of the template: %m", name);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, err);
	if (S_ISDIR(st.st_mode))
		return copy_folder(from, name, to, name, depth + 1, err);
	return fail(err, ERR_DATA, "'%s' of the template is neither file nor folder: remove the template", name);
}

static int copy_folder(int from_parent, const char *from_name, int to_parent, const char *to_name, int depth,
		       struct error *err)
{
	struct dirent *entry;
	autoclose int to = -1;
	autoclose int from = openat(from_parent, from_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	autoclose int listed = from < 0 ? -1 : fcntl(from, F_DUPFD_CLOEXEC, 3);
	autoclosedir DIR *dir = listed < 0 ? NULL : fdopendir(listed);

	if (!dir)
		return fail(err, ERR_IO, "open '%s' of the template: %m", from_name);
	(void)take_fd(&listed);
	if (depth > DEEPEST)
		return fail(err, ERR_DATA, "the template is too deep at '%s': remove the template", from_name);
	if (mkdirat(to_parent, to_name, 0700) < 0)
		return fail(err, errno == ENOSPC ? ERR_SPACE : ERR_IO, "make '%s' in scratch: %m", to_name);
	to = openat(to_parent, to_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (to < 0)
		return fail(err, ERR_IO, "open '%s' in scratch: %m", to_name);
	while (errno = 0, (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (copy_entry(from, to, entry->d_name, depth, err) < 0)
			return -1;
	}
	return errno ? fail(err, ERR_IO, "list '%s' of the template: %m", from_name) : 0;
}

/* Fewer processes than outside: they are counted for each user namespace, so only this sandbox is meant. */
static void limit_processes(void)
{
	struct rlimit limit = {PROCESSES_INSIDE, PROCESSES_INSIDE};

	(void)setrlimit(RLIMIT_NPROC, &limit);
}

static int prepare_inside(char *program, struct error *err)
{
	umask(077);
	if (copy_folder(AT_FDCWD, INNER_FROM, AT_FDCWD, SANDBOX_DATA, 0, err) < 0)
		return -1;
	limit_processes();
	if (access(program, X_OK) < 0)
		return fail(err, ERR_LACKING, "run '%s' in the sandbox: %m", program);
	return 0;
}

int sandbox_inner(int argc, char **argv)
{
	struct error err = {0};
	int64_t report = -1;

	if (argc < 4 || !parse_int(argv[2], 3, 1 << 20, &report) || fcntl((int)report, F_SETFD, FD_CLOEXEC) < 0) {
		dprintf(2, "%s is how drillbox starts programs in its sandbox; it is no verb\n", SANDBOX_INNER);
		return error_exit_code(ERR_USAGE);
	}
	if (prepare_inside(argv[3], &err) == 0) {
		execv(argv[3], argv + 3);
		(void)fail(&err, ERR_LACKING, "run '%s' in the sandbox: %m", argv[3]);
	}
	dprintf((int)report, "%s%s:%s\n", INNER_SAYS, error_word(err.kind), err.text);
	return error_exit_code(err.kind);
}
