/*
 * Child processes: an argv, never a shell; their own session and process group;
 * a clean environment; default signals; no descriptor of ours beyond 0 to 2 and
 * those passed on; killed when we die. A child's death is what ends a wait: poll
 * on its pidfd. What it leaves behind in its group is killed then, so that no
 * grandchild with an open pipe can keep us waiting. When we are killed the kernel
 * ends the child itself; where its own children are to go too, it is 'guarded'.
 *
 *     struct process_spec spec = {.argv = argv, .env = env};
 *     CLEANUP(process_done) struct process p = PROCESS_INIT;
 *     if (process_start(&p, &spec, err) < 0 || process_wait(&p, deadline, err) < 0)
 *             return -1;
 *     if (!process_succeeded(&p)) ... process_epitaph(&p) ...
 */
#ifndef DRILLBOX_PORT_PROCESS_H
#define DRILLBOX_PORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#define STDERR_KEPT 4096		  /* the last bytes of standard error stay for the message */
#define CAPTURE_CAP ((size_t)64 << 20) /* standard output kept by 'capture' at most; more is an error */

/* Called with each piece of the child's standard output or error as it comes. */
typedef void (*process_sink)(void *context, const char *bytes, size_t n);
/* Called every 'tick_ms' while the child lives; -1 ends the child and the wait with this error. */
typedef int (*process_tick)(void *context, struct error *err);

/* A resource limit (setrlimit(2)), for hard and soft, never above what we have ourselves. */
struct process_limit {
	int resource;
	int64_t value;
};

struct process_spec {
	const char *name;	 /* what messages call it; NULL: the last part of argv[0] */
	const char *const *argv; /* argv[0] is an absolute path, or looked up in PATH of 'env' */
	const char *const *env;	 /* "A=b", ended by NULL; added to PATH, LC_ALL=C, TZ=UTC. NULL: only those */
	const char *dir;	 /* working folder; NULL: "/" */
	int input;		 /* descriptor for standard input; 0 or -1: /dev/null */
	int output;		 /* descriptor for standard output; 0 or -1: /dev/null, unless 'capture' or 'on_output' */
	bool capture;		 /* keep standard output in process.output */
	process_sink on_output;
	process_sink on_error;	 /* sees all of standard error; the tail is kept besides */
	void *context;		 /* of the sinks and of on_tick */
	process_tick on_tick;
	int tick_ms;		 /* 0: 500 */
	const int *pass_fds;	 /* stay open in the child under their own numbers */
	size_t pass_fd_count;
	const struct process_limit *limits;
	size_t limit_count;
	bool expendable;	 /* the first to go when memory is short */
	bool guarded;		 /* one more process, in its group, kills the whole group once we are dead */
	int group;		 /* the cgroup.procs of the control group it starts in; 0: ours */
};

struct process {
	pid_t pid;
	int pidfd;
	int out_fd, err_fd;
	char *name;
	struct process_spec spec; /* without what only the start needed: argv, env, pass_fds, limits */
	int64_t next_tick_ms;
	int wrapper_fd;		 /* what the sandbox says of itself; -1: not in one */
	struct text wrapper_said;
	/* Set by the sandbox: once reaped, tell whether the program was ever reached; let go of its group when it is over. */
	int (*reached)(struct process *p, struct error *err);
	void (*let_go)(struct process *p);
	struct cgroup *group;
	struct memory_watch *watch; /* where there is no group */
	bool reaped;
	int status;		 /* wait status, once reaped */
	struct text output;
	struct text errors;	 /* the tail of standard error */
	double cpu_seconds;	 /* user and system of it and its waited-for children */
};

#define PROCESS_INIT ((struct process){.pidfd = -1, .out_fd = -1, .err_fd = -1, .wrapper_fd = -1})

/*
 * A program that cannot be executed is an error that names it (ERR_LACKING when
 * it is not there), not an exit status. 'spec' is needed during the call only.
 */
MUST_CHECK int process_start(struct process *p, const struct process_spec *spec, struct error *err);

/*
 * Until it has ended and its output is drained. When the deadline passes or a
 * stop is asked for, the group gets TERM, after 3 s KILL, and the call returns
 * ERR_TIMEOUT or ERR_STOPPED; the child is then gone and reaped.
 */
MUST_CHECK int process_wait(struct process *p, struct deadline deadline, struct error *err);

/* Both in one; a child that does not exit with 0 is an error of 'kind' with its epitaph. 'ret_output' captures. */
MUST_CHECK int process_run(const struct process_spec *spec, struct deadline deadline, enum error_kind kind,
			   char **ret_output, struct error *err);

/* The second half of process_run(), for a process that was started already. */
MUST_CHECK int process_finish(struct process *p, struct deadline deadline, enum error_kind kind, char **ret_output,
			      struct error *err);

/*
 * For a poll loop, woken by pidfd, out_fd or err_fd: take in what it has said,
 * and reap it if it has ended; true once it has. Does not wait for anything but
 * the output of a dead one.
 */
bool process_poll(struct process *p);

/* Whether it lives; takes up what it has said so far. */
bool process_alive(struct process *p);
/* Rest for 'ms', or until it dies or a stop is asked for. */
void process_rest(struct process *p, int ms, struct deadline deadline);
bool process_succeeded(const struct process *p);

/* What it exited with; -1 when it did not. */
int process_exit_code(const struct process *p);

/* The signal that ended it, so that it says nothing about what it worked on; 0 when none did. */
int process_signal(const struct process *p);

/* "pg_dump ended with 1: error: ..." from the program's name, status and last words. Owned by the caller. */
char *process_epitaph(const struct process *p);

/*
 * End it: 'signal' to the group, after 'grace_ms' KILL, reap. On return all that
 * held its output are gone too, also inside a sandbox.
 */
void process_stop(struct process *p, int signal, int grace_ms);

/* Stop with KILL if it still lives; free. */
void process_done(struct process *p);

#endif
