#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/process.h"
#include "unit/processes.h"

#define SH(script) ((const char *const[]){"/bin/sh", "-c", script, NULL})

static struct deadline soon(int ms)
{
	return deadline_in(NO_DEADLINE, ms);
}

static char *output_of(const struct process_spec *like, const char *script)
{
	struct process_spec spec = *like;
	struct error err;
	char *out = NULL;

	spec.argv = SH(script);
	spec.capture = true;
	if (process_run(&spec, soon(10000), ERR_IO, &out, &err) < 0)
		fail_msg("%s", err.text);
	return out;
}

static void test_captures_and_succeeds(void **state)
{
	autofree char *out = output_of(&(struct process_spec){0}, "echo one; echo two >&2; exec echo three");

	(void)state;
	assert_string_equal(out, "one\nthree\n");
}

static void test_output_larger_than_a_pipe(void **state)
{
	autofree char *out = output_of(&(struct process_spec){0}, "head -c 3000000 /dev/zero | tr '\\0' x");

	(void)state;
	assert_int_equal(strlen(out), 3000000);
}

static void test_failure_tells_last_words(void **state)
{
	struct process_spec spec = {.argv = SH("echo 'sh: error: no such database' >&2; echo 'sh: detail: 1' >&2; exit 3")};
	struct error err;

	(void)state;
	assert_int_equal(process_run(&spec, soon(5000), ERR_SOURCE, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_SOURCE);
	assert_string_equal(err.text, "sh ended with 3: error: no such database");
}

static void test_a_signal_is_named(void **state)
{
	struct process_spec spec = {.argv = SH("kill -9 $$"), .name = "server"};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	autofree char *epitaph = NULL;
	struct error err;

	(void)state;
	assert_int_equal(process_start(&p, &spec, &err), 0);
	assert_int_equal(process_wait(&p, soon(5000), &err), 0);
	assert_false(process_succeeded(&p));
	assert_int_equal(process_signal(&p), SIGKILL);
	epitaph = process_epitaph(&p);
	assert_string_equal(epitaph, "server was killed, by hand or for want of memory");
}

static void test_a_missing_program_is_an_error(void **state)
{
	static const char *const names[] = {"/nowhere/pg_dump", "no-such-program-at-all", "/etc/passwd"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const char *const argv[] = {names[i], NULL};
		struct process_spec spec = {.argv = argv};
		CLEANUP(process_done) struct process p = PROCESS_INIT;
		struct error err;

		assert_int_equal(process_start(&p, &spec, &err), -1);
		assert_int_equal(err.kind, ERR_LACKING);
		assert_non_null(strstr(err.text, names[i]));
		assert_false(process_alive(&p));
	}
}

static void test_a_missing_folder_is_an_error(void **state)
{
	struct process_spec spec = {.argv = SH("true"), .dir = "/nowhere"};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	struct error err;

	(void)state;
	assert_int_equal(process_start(&p, &spec, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "/nowhere"));
}

static void test_environment_is_clean(void **state)
{
	static const char *const env[] = {"TZ=Europe/Berlin", "PGAPPNAME=x", NULL};
	struct process_spec plain = {0}, more = {.env = env};
	autofree char *a = NULL, *b = NULL;

	(void)state;
	assert_int_equal(setenv("PGPASSWORD", "secret", 1), 0);
	a = output_of(&plain, "env | grep -v -e ^PWD= -e ^_= -e ^OLDPWD= -e ^SHLVL= | cut -d= -f1 | sort | xargs; pwd");
	assert_string_equal(a, "LC_ALL PATH TZ\n/\n");
	b = output_of(&more, "echo $TZ $PGAPPNAME $LC_ALL");
	assert_string_equal(b, "Europe/Berlin x C\n");
}

static void test_descriptors(void **state)
{
	int kept = fcntl(1, F_DUPFD, 20), leaked = fcntl(1, F_DUPFD, 30);
	struct process_spec spec = {.pass_fds = &kept, .pass_fd_count = 1};
	autofree char *expected = NULL, *out = NULL;

	(void)state;
	assert_true(kept >= 20 && leaked >= 30);
	/* sh reads its script from argv; 3 is ls's own view of the folder */
	out = output_of(&spec, "ls /proc/self/fd | sort -n | xargs");
	expected = format("0 1 2 3 %d\n", kept);
	assert_string_equal(out, expected);
	close(kept);
	close(leaked);
}

static void test_input_and_output_descriptors(void **state)
{
	int in[2], out[2];
	char got[16] = "";
	const char *const argv[] = {"cat", NULL};
	struct process_spec spec = {.argv = argv};
	struct error err;

	(void)state;
	assert_int_equal(pipe(in) | pipe(out), 0);
	assert_int_equal(write(in[1], "hello", 5), 5);
	close(in[1]);
	spec.input = in[0];
	spec.output = out[1];
	assert_int_equal(process_run(&spec, soon(5000), ERR_IO, NULL, &err), 0);
	assert_int_equal(read(out[0], got, sizeof(got)), 5);
	assert_string_equal(got, "hello");
	close(in[0]);
	close(out[0]);
	close(out[1]);
}

static void test_signals_are_default(void **state)
{
	sigset_t usr1;
	autofree char *out = NULL;

	(void)state;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	assert_int_equal(sigprocmask(SIG_BLOCK, &usr1, NULL), 0);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	/* but for 32 and 33, which are the C library's own and can be set by nobody: what we were started with stays */
	out = output_of(&(struct process_spec){0},
			"sed -nE 's/^Sig[BIC][lgt][kt]*n*:.(.{7})[01][08]/\\100/p' /proc/self/status | xargs");
	assert_string_equal(out, "0000000000000000 0000000000000000 0000000000000000\n");
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &usr1, NULL), 0);
	assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
}

static void test_limits(void **state)
{
	static const struct process_limit limits[] = {{RLIMIT_CORE, 0}, {RLIMIT_FSIZE, 4096 * 1024}};
	struct process_spec spec = {.limits = limits, .limit_count = COUNT(limits), .expendable = true};
	autofree char *out = output_of(&spec, "ulimit -c; ulimit -f; cat /proc/self/oom_score_adj");

	(void)state;
	assert_string_equal(out, "0\n8192\n800\n");
}

static void test_a_deadline_ends_the_group(void **state)
{
	struct process_spec spec = {.argv = SH("sleep 100 & echo $!; wait"), .capture = true};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	int64_t began = clock_mono_ms();
	struct error err;

	(void)state;
	assert_int_equal(process_start(&p, &spec, &err), 0);
	assert_int_equal(process_wait(&p, soon(300), &err), -1);
	assert_int_equal(err.kind, ERR_TIMEOUT);
	assert_true(clock_mono_ms() - began < 2500);
	assert_true(p.reaped);
	assert_true(gone_within(atoi(p.output.data), 1000));
}

static void test_one_that_ignores_term_is_killed(void **state)
{
	struct process_spec spec = {.argv = SH("trap '' TERM; while :; do sleep 0.05; done")};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	struct error err;

	(void)state;
	assert_int_equal(process_start(&p, &spec, &err), 0);
	usleep(100000);
	process_stop(&p, SIGTERM, 200);
	assert_true(p.reaped);
	assert_true(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGKILL);
}

/* A grandchild that keeps the output open, in the group or out of it, does not keep us. */
static void test_a_grandchild_does_not_block(void **state)
{
	static const struct {
		const char *script;
		bool in_group;
	} cases[] = {
		{"sleep 100 & echo $!", true},
		{"setsid sh -c 'echo $$; exec sleep 100' & sleep 0.3", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct process_spec spec = {.argv = SH(cases[i].script), .capture = true};
		CLEANUP(process_done) struct process p = PROCESS_INIT;
		int64_t began = clock_mono_ms();
		pid_t grandchild;
		struct error err;

		assert_int_equal(process_start(&p, &spec, &err), 0);
		assert_int_equal(process_wait(&p, soon(20000), &err), 0);
		assert_true(process_succeeded(&p));
		assert_true(clock_mono_ms() - began < 5000);
		grandchild = atoi(p.output.data);
		assert_true(grandchild > 1);
		if (!cases[i].in_group)
			assert_int_equal(kill(grandchild, SIGKILL), 0);
		assert_true(gone_within(grandchild, 1000));
	}
}

/* The script's "grandchild guard": the guard is the child's first child, from before its exec. */
#define FAMILY "sleep 300 & read children </proc/$$/task/$$/children; echo $! ${children%% *}; "

/* One who starts a child with a grandchild, tells their pids, and lives until he is killed. */
static pid_t family(bool guarded, pid_t *ret_grandchild, pid_t *ret_first)
{
	int told[2], n;
	pid_t pid;
	FILE *f;

	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		struct process_spec spec = {.argv = SH(FAMILY "wait"), .output = told[1], .guarded = guarded};
		struct process p = PROCESS_INIT;
		struct error err;

		if (process_start(&p, &spec, &err) < 0)
			_exit(1);
		pause();
		_exit(1);
	}
	close(told[1]);
	f = fdopen(told[0], "r");
	assert_non_null(f);
	n = fscanf(f, "%d %d", ret_grandchild, ret_first);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(n, 2);
	return pid;
}

/* The kernel kills the child when we die; its group goes along only where a guard was posted, which nothing but KILL ends. */
static void test_a_guard_takes_the_group_along(void **state)
{
	(void)state;
	for (int guarded = 0; guarded < 2; guarded++) {
		pid_t grandchild, first, pid = family(guarded, &grandchild, &first);

		assert_int_equal(first == grandchild, !guarded);
		if (guarded)
			assert_int_equal(kill(first, SIGTERM), 0);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		if (guarded) {
			assert_true(gone_within(grandchild, 5000) && gone_within(first, 5000));
		} else {
			assert_false(gone_within(grandchild, 200));
			assert_int_equal(kill(grandchild, SIGKILL), 0);
		}
	}
}

/* It goes with the child, and where none could be started. */
static void test_a_guard_stays_no_longer_than_the_child(void **state)
{
	const char *const nothing[] = {"/nowhere/at/all", NULL};
	struct process_spec spec = {.argv = SH(FAMILY), .guarded = true, .capture = true};
	struct process p = PROCESS_INIT;
	struct error err;
	int grandchild, guard;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(process_start(&p, &spec, &err) | process_wait(&p, soon(10000), &err), 0);
	assert_int_equal(sscanf(p.output.data, "%d %d", &grandchild, &guard), 2);
	assert_true(gone_within(guard, 1000) && gone_within(grandchild, 1000));
	process_done(&p);

	spec.argv = nothing;
	assert_int_equal(process_start(&p, &spec, &err), -1);
	for (int i = 0; i < 1000 && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		usleep(1000);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

static void test_a_stop_descriptor(void **state)
{
	struct process_spec spec = {.argv = SH("sleep 100")};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	struct deadline d = soon(20000);
	int stop[2];
	struct error err;

	(void)state;
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	d.stop_fd = stop[0];
	assert_int_equal(process_start(&p, &spec, &err), 0);
	assert_int_equal(process_wait(&p, d, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_true(p.reaped);
	close(stop[0]);
	close(stop[1]);
}

static int tick(void *context, struct error *err)
{
	int *left = context;

	return --*left > 0 ? 0 : fail_within(err, "watching");
}

static void test_a_tick_can_end_it(void **state)
{
	int left = 3;
	struct process_spec spec = {.argv = SH("sleep 100"), .on_tick = tick, .tick_ms = 20, .context = &left};
	struct error err = {.kind = ERR_SPACE, .text = "the disk is full"};

	(void)state;
	assert_int_equal(process_run(&spec, soon(20000), ERR_IO, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_SPACE);
	assert_string_equal(err.text, "watching: the disk is full");
	assert_int_equal(left, 0);
}

static void test_only_the_tail_of_errors_is_kept(void **state)
{
	struct process_spec spec = {.argv = SH("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done")};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	struct error err;

	(void)state;
	assert_int_equal(process_start(&p, &spec, &err), 0);
	assert_int_equal(process_wait(&p, soon(10000), &err), 0);
	assert_int_equal(p.errors.length, STDERR_KEPT);
	assert_memory_equal(p.errors.data + STDERR_KEPT - 10, "line 2999\n", 10);
}

static void test_cpu_is_measured(void **state)
{
	struct process_spec spec = {.argv = SH("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	struct error err;

	(void)state;
	assert_int_equal(process_start(&p, &spec, &err), 0);
	assert_int_equal(process_wait(&p, soon(30000), &err), 0);
	assert_true(p.cpu_seconds > 0.005);
}

/* Killed with KILL, the parent takes its child along. */
static void test_a_child_dies_with_its_parent(void **state)
{
	int told[2];
	pid_t parent, child = 0;

	(void)state;
	assert_int_equal(pipe(told), 0);
	parent = fork();
	if (parent == 0) {
		struct process_spec spec = {.argv = SH("exec sleep 100")};
		struct process p = PROCESS_INIT;
		struct error err;

		if (process_start(&p, &spec, &err) < 0)
			_exit(1);
		if (write(told[1], &p.pid, sizeof(p.pid)) < 0)
			_exit(1);
		pause();
		_exit(1);
	}
	assert_int_equal(read(told[0], &child, sizeof(child)), sizeof(child));
	assert_false(gone(child));
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_true(gone_within(child, 2000));
	close(told[0]);
	close(told[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures_and_succeeds),
		cmocka_unit_test(test_output_larger_than_a_pipe),
		cmocka_unit_test(test_failure_tells_last_words),
		cmocka_unit_test(test_a_signal_is_named),
		cmocka_unit_test(test_a_missing_program_is_an_error),
		cmocka_unit_test(test_a_missing_folder_is_an_error),
		cmocka_unit_test(test_environment_is_clean),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_input_and_output_descriptors),
		cmocka_unit_test(test_signals_are_default),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_a_deadline_ends_the_group),
		cmocka_unit_test(test_one_that_ignores_term_is_killed),
		cmocka_unit_test(test_a_grandchild_does_not_block),
		cmocka_unit_test(test_a_guard_takes_the_group_along),
		cmocka_unit_test(test_a_guard_stays_no_longer_than_the_child),
		cmocka_unit_test(test_a_stop_descriptor),
		cmocka_unit_test(test_a_tick_can_end_it),
		cmocka_unit_test(test_only_the_tail_of_errors_is_kept),
		cmocka_unit_test(test_cpu_is_measured),
		cmocka_unit_test(test_a_child_dies_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
