#include "port/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS 500
#define TERM_GRACE_MS 3000
#define REAP_MS 10000 /* how long a killed child may hang in the kernel */
#define DRAIN_MS 2000 /* how long output may stay open once the child is dead */
#define PIECE 65536
#define SEARCH_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

/* How far the child came before it could not go on; told over a pipe that an exec closes. */
enum step { STEP_EXEC, STEP_GUARD, STEP_GROUP, STEP_FOLDER, STEP_DESCRIPTORS, STEP_LIMITS };

struct trouble {
	enum step step;
	int os_errno;
};

/* What the child needs, prepared before the fork. All descriptors are above 2. */
struct launch {
	const struct process_spec *spec;
	char *program;
	char **env;
	int in, out, err;
	int report; /* write end of the pipe for a struct trouble */
	pid_t parent;
	int parent_fd; /* its pidfd, for the guard; -1: none is wanted */
	sigset_t mask; /* to be restored in the parent */
};

/* --- environment and program --- */

static bool same_variable(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strncmp(a, b, n + 1) == 0;
}

/* The few variables every child has, then the caller's, which win. The strings are not copied. */
static char **environment(const char *const *extra)
{
	static const char *const always[] = {"PATH=" SEARCH_PATH, "LC_ALL=C", "TZ=UTC"};
	size_t count = 0, n = 0;
	char **env;

	while (extra && extra[count])
		count++;
	env = xcalloc(COUNT(always) + count + 1, sizeof(*env));
	for (size_t i = 0; i < COUNT(always); i++) {
		bool replaced = false;

		for (size_t k = 0; k < count; k++)
			replaced = replaced || same_variable(always[i], extra[k]);
		if (!replaced)
			env[n++] = (char *)(uintptr_t)always[i];
	}
	for (size_t k = 0; k < count; k++)
		env[n++] = (char *)(uintptr_t)extra[k];
	return env;
}

/* The program's path: as it is when it has a '/', else the first that can be executed in PATH. */
static int find_program(const char *name, char *const *env, char **ret_path, struct error *err)
{
	const char *path = SEARCH_PATH;

	if (strchr(name, '/')) {
		*ret_path = xstrdup(name);
		return 0;
	}
	for (; *env; env++)
		if (starts_with(*env, "PATH="))
			path = *env + strlen("PATH=");
	while (*path) {
		size_t n = strcspn(path, ":");
		autofree char *candidate = format("%.*s/%s", (int)n, path, name);

		if (access(candidate, X_OK) == 0) {
			*ret_path = take(candidate);
			return 0;
		}
		path += n + (path[n] == ':');
	}
	return fail(err, ERR_LACKING, "there is no program '%s' on this machine: install it", name);
}

/* --- the child's side, between fork and exec: only system calls --- */

static _Noreturn void give_up(const struct launch *l, enum step step)
{
	struct trouble t = {step, errno};

	while (write(l->report, &t, sizeof(t)) < 0 && errno == EINTR)
		;
	_exit(127);
}

static void default_signals(void)
{
	struct sigaction act = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &act, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void apply_limits(const struct launch *l)
{
	for (size_t i = 0; i < l->spec->limit_count; i++) {
		const struct process_limit *want = &l->spec->limits[i];
		struct rlimit have, now;

		if (getrlimit((__rlimit_resource_t)want->resource, &have) < 0)
			give_up(l, STEP_LIMITS);
		now.rlim_cur = (rlim_t)want->value < have.rlim_max ? (rlim_t)want->value : have.rlim_max;
		now.rlim_max = now.rlim_cur;
		if (setrlimit((__rlimit_resource_t)want->resource, &now) < 0)
			give_up(l, STEP_LIMITS);
	}
}

/* Raising the score needs no privilege; where it cannot be done nothing else gets worse. */
static void offer_to_the_oom_killer(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "800", 3) < 0)
		errno = 0;
	close(fd);
}

static void arrange_descriptors(const struct launch *l)
{
	if (dup2(l->in, 0) < 0 || dup2(l->out, 1) < 0 || dup2(l->err, 2) < 0)
		give_up(l, STEP_DESCRIPTORS);
	if (close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
		give_up(l, STEP_DESCRIPTORS);
	for (size_t i = 0; i < l->spec->pass_fd_count; i++)
		if (fcntl(l->spec->pass_fds[i], F_SETFD, 0) < 0)
			give_up(l, STEP_DESCRIPTORS);
}

/*
 * Our death is seen on a pidfd: unlike the end of a pipe it cannot be put off by
 * another child that has not closed its copy yet.
 */
static _Noreturn void stand_guard(int parent_fd)
{
	struct pollfd fd = {.fd = parent_fd, .events = POLLIN};

	if ((parent_fd > 0 && close_range(0, (unsigned)parent_fd - 1, 0) < 0) ||
	    close_range((unsigned)parent_fd + 1, ~0U, 0) < 0)
		_exit(1);
	while (poll(&fd, 1, -1) < 0 && errno == EINTR)
		;
	(void)kill(0, SIGKILL);
	_exit(0);
}

/*
 * The kernel's signal at our death reaches the child alone. One that is killed
 * before its own children have asked for theirs, as bwrap while it sets up a
 * sandbox, would leave them behind for ever. Only KILL ends a guard, from its
 * first moment on: it never has signals that are not blocked.
 */
static void post_guard(const struct launch *l)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = _Fork();
	if (pid == 0)
		stand_guard(l->parent_fd);
	if (pid < 0)
		give_up(l, STEP_GUARD);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static _Noreturn void become(const struct launch *l)
{
	default_signals();
	(void)setsid();
	/* a parent that died before this line is no longer our parent */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != l->parent)
		_exit(127);
	/* before anything that could have children, and outside of any group with a cap */
	if (l->parent_fd >= 0)
		post_guard(l);
	/* "0" is whoever writes it */
	if (l->spec->group > 0 && write(l->spec->group, "0", 1) < 0)
		give_up(l, STEP_GROUP);
	arrange_descriptors(l);
	if (chdir(l->spec->dir ? l->spec->dir : "/") < 0)
		give_up(l, STEP_FOLDER);
	if (l->spec->expendable)
		offer_to_the_oom_killer();
	apply_limits(l);
	execve(l->program, (char *const *)(uintptr_t)l->spec->argv, l->env);
	give_up(l, STEP_EXEC);
}

/* --- starting --- */

static int explain_trouble(const struct launch *l, struct trouble t, struct error *err)
{
	errno = t.os_errno;
	switch (t.step) {
	case STEP_GUARD:
		return fail(err, ERR_LACKING, "start a process beside '%s' that ends it if we are killed: %m", l->program);
	case STEP_GROUP:
		return fail(err, ERR_LACKING, "enter a control group to run '%s': %m", l->program);
	case STEP_FOLDER:
		return fail(err, ERR_IO, "enter '%s' to run '%s': %m", l->spec->dir, l->program);
	case STEP_DESCRIPTORS:
		return fail(err, ERR_BUG, "arrange descriptors for '%s': %m", l->program);
	case STEP_LIMITS:
		return fail(err, ERR_LACKING, "set limits for '%s': %m", l->program);
	case STEP_EXEC:
	default:
		if (t.os_errno == ENOENT)
			return fail(err, ERR_LACKING, "there is no program '%s' on this machine: install it",
				    l->program);
		return fail(err, ERR_LACKING, "run '%s': %m", l->program);
	}
}

/* Wait for the exec: the end of the pipe, or what went wrong before it. */
static int await_exec(const struct launch *l, int report, struct error *err)
{
	struct trouble t;
	ssize_t n;

	do
		n = read(report, &t, sizeof(t));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	if (n != (ssize_t)sizeof(t))
		return fail(err, ERR_IO, "start '%s': %m", l->program);
	return explain_trouble(l, t, err);
}

/* A copy of 'fd' above 2, or /dev/null when there is none: nothing may be overwritten by the dup2 calls. */
static int above_two(int fd, int flags)
{
	if (fd > 0)
		return fcntl(fd, F_DUPFD_CLOEXEC, 3);
	autoclose int null = open("/dev/null", flags | O_CLOEXEC);

	return null < 0 || null > 2 ? take_fd(&null) : fcntl(null, F_DUPFD_CLOEXEC, 3);
}

/* A pipe whose ends are both above 2; the read end does not block. */
static int make_pipe(int *ret_read, int *ret_write)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	autoclose int r = fcntl(ends[0], F_DUPFD_CLOEXEC, 3);
	autoclose int w = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);

	close(ends[0]);
	close(ends[1]);
	if (r < 0 || w < 0 || fcntl(r, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	*ret_read = take_fd(&r);
	*ret_write = take_fd(&w);
	return 0;
}

/* No handler of ours may run in the child: signals stay blocked from before the fork until it has reset them. */
static pid_t fork_blocked(struct launch *l)
{
	sigset_t all;
	pid_t pid;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &l->mask);
	l->parent = getpid();
	pid = fork();
	if (pid == 0)
		become(l);
	(void)sigprocmask(SIG_SETMASK, &l->mask, NULL);
	return pid;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void keep_spec(struct process *p, const struct process_spec *spec)
{
	p->name = xstrdup(spec->name ? spec->name : base_name(spec->argv[0]));
	p->spec = *spec;
	p->spec.name = p->name;
	p->spec.argv = NULL;
	p->spec.env = NULL;
	p->spec.dir = NULL;
	p->spec.pass_fds = NULL;
	p->spec.limits = NULL;
	p->spec.group = 0;
	p->spec.tick_ms = spec->tick_ms > 0 ? spec->tick_ms : TICK_MS;
	p->next_tick_ms = clock_mono_ms() + p->spec.tick_ms;
}

static void forget(struct process *p)
{
	if (p->let_go)
		p->let_go(p);
	cleanup_close(&p->pidfd);
	cleanup_close(&p->out_fd);
	cleanup_close(&p->err_fd);
	cleanup_close(&p->wrapper_fd);
	free(p->name);
	text_done(&p->output);
	text_done(&p->errors);
	text_done(&p->wrapper_said);
	*p = PROCESS_INIT;
}

int process_start(struct process *p, const struct process_spec *spec, struct error *err)
{
	bool piped = spec->capture || spec->on_output;
	autofree char **env = environment(spec->env);
	autofree char *program = NULL;
	autoclose int in = -1, out = -1, out_read = -1, errors = -1, errors_read = -1, report = -1, report_read = -1;
	autoclose int self = spec->guarded ? pidfd_open(getpid(), 0) : -1;
	struct launch l = {.spec = spec, .env = env, .parent_fd = self};

	if (spec->guarded && self < 0)
		return fail(err, ERR_LACKING, "watch ourselves for '%s': %m", spec->argv[0]);
	if (find_program(spec->argv[0], env, &program, err) < 0)
		return -1;
	in = above_two(spec->input, O_RDONLY);
	if (piped && make_pipe(&out_read, &out) < 0)
		return fail(err, ERR_IO, "make a pipe for '%s': %m", program);
	if (!piped)
		out = above_two(spec->output, O_WRONLY);
	if (in < 0 || out < 0 || make_pipe(&errors_read, &errors) < 0 || make_pipe(&report_read, &report) < 0 ||
	    fcntl(report_read, F_SETFL, 0) < 0)
		return fail(err, ERR_IO, "prepare descriptors for '%s': %m", program);
	l.program = program;
	l.in = in;
	l.out = out;
	l.err = errors;
	l.report = report;

	p->pid = fork_blocked(&l);
	if (p->pid < 0)
		return fail(err, ERR_LACKING, "start '%s': %m", program);
	p->pidfd = pidfd_open(p->pid, 0);
	cleanup_close(&report);
	report = -1;
	if (await_exec(&l, report_read, err) < 0 || p->pidfd < 0) {
		if (p->pidfd < 0)
			(void)fail(err, ERR_LACKING, "watch '%s': %m", program);
		(void)kill(-p->pid, SIGKILL);
		(void)kill(p->pid, SIGKILL);
		(void)waitpid(p->pid, NULL, 0);
		forget(p);
		return -1;
	}
	p->out_fd = take_fd(&out_read);
	p->err_fd = take_fd(&errors_read);
	keep_spec(p, spec);
	return 0;
}

/* --- output --- */

static void keep_tail(struct text *t, const char *bytes, size_t n)
{
	if (n > STDERR_KEPT) {
		bytes += n - STDERR_KEPT;
		n = STDERR_KEPT;
	}
	if (t->length + n > STDERR_KEPT) {
		size_t drop = t->length + n - STDERR_KEPT;

		memmove(t->data, t->data + drop, t->length - drop);
		t->length -= drop;
	}
	text_add_bytes(t, bytes, n);
}

static void take_output(struct process *p, const char *bytes, size_t n)
{
	if (p->spec.on_output)
		p->spec.on_output(p->spec.context, bytes, n);
	/* one byte past the cap is how the wait sees that there was more */
	if (p->spec.capture && p->output.length <= CAPTURE_CAP) {
		size_t room = CAPTURE_CAP + 1 - p->output.length;

		text_add_bytes(&p->output, bytes, n < room ? n : room);
	}
}

static void take_errors(struct process *p, const char *bytes, size_t n)
{
	if (p->spec.on_error)
		p->spec.on_error(p->spec.context, bytes, n);
	keep_tail(&p->errors, bytes, n);
}

/* Read what is there; at the end of the pipe close it. */
static void drain(struct process *p, int *fd, void (*sink)(struct process *, const char *, size_t))
{
	char piece[PIECE];

	for (int rounds = 0; *fd >= 0 && rounds < 64; rounds++) {
		ssize_t n = read(*fd, piece, sizeof(piece));

		if (n > 0) {
			sink(p, piece, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		close(take_fd(fd));
	}
}

static void drain_both(struct process *p)
{
	drain(p, &p->out_fd, take_output);
	drain(p, &p->err_fd, take_errors);
}

/* Until output comes, the child dies, or 'ms' are over; 'also' may be one more descriptor to wake for. */
static void wait_for_event(struct process *p, int also, int ms, bool watch_death)
{
	struct pollfd fds[4] = {
		{.fd = watch_death ? p->pidfd : -1, .events = POLLIN},
		{.fd = p->out_fd, .events = POLLIN},
		{.fd = p->err_fd, .events = POLLIN},
		{.fd = also, .events = POLLIN},
	};

	(void)poll(fds, COUNT(fds), ms);
	drain_both(p);
}

/* --- the end --- */

static bool is_dead(const struct process *p)
{
	struct pollfd fd = {.fd = p->pidfd, .events = POLLIN};

	return p->reaped || p->pidfd < 0 || poll(&fd, 1, 0) > 0;
}

/* The child is dead but not reaped, so its group's number is still its own. */
static void reap(struct process *p)
{
	struct rusage usage = {0};
	int64_t until;
	pid_t got;

	(void)kill(-p->pid, SIGKILL);
	until = clock_mono_ms() + DRAIN_MS;
	drain_both(p);
	while ((p->out_fd >= 0 || p->err_fd >= 0) && clock_mono_ms() < until)
		wait_for_event(p, -1, (int)(until - clock_mono_ms()), false);
	do
		got = wait4(p->pid, &p->status, 0, &usage);
	while (got < 0 && errno == EINTR);
	p->cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	p->reaped = true;
}

static bool await_death(struct process *p, int ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (!is_dead(p)) {
		int64_t left = until - clock_mono_ms();

		if (left <= 0)
			return false;
		wait_for_event(p, -1, (int)left, true);
	}
	return true;
}

void process_stop(struct process *p, int signal, int grace_ms)
{
	if (p->pid <= 0 || p->reaped)
		return;
	if (signal != SIGKILL) {
		(void)kill(-p->pid, signal);
		if (await_death(p, grace_ms)) {
			reap(p);
			return;
		}
	}
	(void)kill(-p->pid, SIGKILL);
	/* one that the kernel does not let go is left to init: it dies with its system call */
	if (await_death(p, REAP_MS))
		reap(p);
}

static int stop_with(struct process *p, enum error_kind kind, const char *what, struct error *err)
{
	process_stop(p, SIGTERM, TERM_GRACE_MS);
	return fail(err, kind, "'%s' %s", p->name, what);
}

/* Reasons to end the wait before the child ends. */
static int look_around(struct process *p, struct deadline deadline, struct error *err)
{
	if (deadline_stopped(deadline))
		return stop_with(p, ERR_STOPPED, "was stopped", err);
	if (deadline_left(deadline) == 0)
		return stop_with(p, ERR_TIMEOUT, "was not done in time: raise the timeout if it only needs longer", err);
	if (p->output.length > CAPTURE_CAP)
		return stop_with(p, ERR_DATA, "wrote more than 64 MB where a short answer was expected", err);
	if (!p->spec.on_tick || clock_mono_ms() < p->next_tick_ms)
		return 0;
	p->next_tick_ms = clock_mono_ms() + p->spec.tick_ms;
	if (p->spec.on_tick(p->spec.context, err) == 0)
		return 0;
	process_stop(p, SIGTERM, TERM_GRACE_MS);
	return -1;
}

static int wait_ms(const struct process *p, struct deadline deadline)
{
	int left = deadline_left(deadline);
	int64_t tick = p->next_tick_ms - clock_mono_ms();

	if (!p->spec.on_tick)
		return left;
	if (tick < 0)
		tick = 0;
	return left < 0 || tick < left ? (int)tick : left;
}

int process_wait(struct process *p, struct deadline deadline, struct error *err)
{
	while (!p->reaped && !is_dead(p)) {
		wait_for_event(p, deadline.stop_fd, wait_ms(p, deadline), true);
		if (!is_dead(p) && look_around(p, deadline, err) < 0)
			return -1;
	}
	if (!p->reaped)
		reap(p);
	if (p->output.length > CAPTURE_CAP)
		return fail(err, ERR_DATA, "'%s' wrote more than 64 MB where a short answer was expected", p->name);
	return p->reached ? p->reached(p, err) : 0;
}

bool process_poll(struct process *p)
{
	drain_both(p);
	if (!p->reaped && is_dead(p))
		reap(p);
	return p->reaped;
}

bool process_alive(struct process *p)
{
	if (p->pid <= 0 || p->reaped)
		return false;
	drain_both(p);
	return !is_dead(p);
}

void process_rest(struct process *p, int ms, struct deadline deadline)
{
	int left = deadline_left(deadline);

	wait_for_event(p, deadline.stop_fd, left >= 0 && left < ms ? left : ms, true);
}

bool process_succeeded(const struct process *p)
{
	return p->reaped && WIFEXITED(p->status) && WEXITSTATUS(p->status) == 0;
}

int process_run(const struct process_spec *spec, struct deadline deadline, enum error_kind kind, char **ret_output,
		struct error *err)
{
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	struct process_spec own = *spec;

	own.capture = own.capture || ret_output;
	if (process_start(&p, &own, err) < 0)
		return -1;
	return process_finish(&p, deadline, kind, ret_output, err);
}

int process_finish(struct process *p, struct deadline deadline, enum error_kind kind, char **ret_output,
		   struct error *err)
{
	if (process_wait(p, deadline, err) < 0)
		return -1;
	if (!process_succeeded(p)) {
		autofree char *epitaph = process_epitaph(p);

		return fail(err, kind, "%s", epitaph);
	}
	if (ret_output)
		*ret_output = text_take(&p->output);
	return 0;
}

/* --- last words --- */

/* The signal that ended it, 0 if none did. A sandbox hands its program's on as 128 + N. */
static int ended_by_signal(const struct process *p)
{
	if (WIFSIGNALED(p->status))
		return WTERMSIG(p->status);
	if (p->wrapper_fd >= 0 && WIFEXITED(p->status) && WEXITSTATUS(p->status) > 128)
		return WEXITSTATUS(p->status) - 128;
	return 0;
}

/* The line that says most: the last one with an error in it, else the last one. */
static char *last_words(const struct process *p)
{
	autofree char *all = xstrndup(p->errors.length ? p->errors.data : "", p->errors.length);
	autofree char *prefix = format("%s: ", p->name);
	char *best = NULL, *last = NULL, *rest = all, *line;

	while ((line = strsep(&rest, "\n"))) {
		line = trim(line);
		if (!*line)
			continue;
		last = line;
		if (strstr(line, "error:") || strstr(line, "ERROR:") || strstr(line, "FATAL:") || strstr(line, "PANIC:"))
			best = line;
	}
	best = best ? best : last;
	if (!best)
		return NULL;
	return printable(starts_with(best, prefix) ? best + strlen(prefix) : best, false);
}

char *process_epitaph(const struct process *p)
{
	autofree char *words = last_words(p);
	const char *colon = words ? ": " : "";
	int sig;

	if (!p->reaped)
		return format("%s has not ended", p->name ? p->name : "it");
	sig = ended_by_signal(p);
	if (sig == SIGKILL)
		return format("%s was killed, by hand or for want of memory%s%s", p->name, colon, words ? words : "");
	if (sig)
		return format("%s was ended by signal %d (%s)%s%s", p->name, sig, strsignal(sig), colon,
			      words ? words : "");
	return format("%s ended with %d%s%s", p->name, WEXITSTATUS(p->status), colon, words ? words : "");
}

int process_exit_code(const struct process *p)
{
	return p->reaped && WIFEXITED(p->status) && !ended_by_signal(p) ? WEXITSTATUS(p->status) : -1;
}

int process_signal(const struct process *p)
{
	return p->reaped ? ended_by_signal(p) : 0;
}

void process_done(struct process *p)
{
	process_stop(p, SIGKILL, 0);
	forget(p);
}
