#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "port/sandbox.h"
#include "unit/folder.h"
#include "unit/processes.h"

#define SH(script) ((const char *const[]){"/usr/bin/sh", "-c", script, NULL})

static char *put(const char *dir, const char *name, const char *text)
{
	char *path = path_join(dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	return path;
}

static struct deadline soon(void)
{
	return deadline_in(NO_DEADLINE, 20000);
}

static char *inside(const struct sandbox *s, const char *script)
{
	struct process_spec spec = {.argv = SH(script), .capture = true};
	struct error err;
	char *out = NULL;

	if (sandbox_run(s, &spec, soon(), ERR_IO, &out, &err) < 0)
		fail_msg("%s", err.text);
	return out;
}

/*
 * Under qemu-aarch64 there is no limit of memory, and the kernel cannot start
 * our own file a second time: it is another machine's.
 */
static void not_emulated(void)
{
	if (getenv("EMULATED"))
		skip();
}

static void test_runs_a_program(void **state)
{
	static const char *const env[] = {"PGAPPNAME=drill", NULL};
	struct process_spec spec = {.argv = SH("echo $PGAPPNAME; pwd; exit 7"), .env = env, .capture = true, .dir = "/tmp"};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	autofree char *epitaph = NULL;
	struct error err;

	(void)state;
	assert_int_equal(sandbox_start(&p, &(struct sandbox){0}, &spec, &err), 0);
	assert_int_equal(process_wait(&p, soon(), &err), 0);
	epitaph = process_epitaph(&p);
	assert_string_equal(epitaph, "sh ended with 7");
	assert_string_equal(p.output.data, "drill\n/tmp\n");
}

static void test_sees_nothing_else(void **state)
{
	autofree char *secret = put(folder, "secret", "password");
	autofree char *script = format("ls / | xargs; ls -A /etc | xargs; cat %s 2>/dev/null || echo hidden; "
				       "ls /proc | grep -c '^[0-9]'; ls -A /run /tmp | xargs", secret);
	autofree char *out = inside(&(struct sandbox){0}, script);

	(void)state;
	assert_non_null(strstr(out, "\nhidden\n"));
	assert_null(strstr(out, "home"));
	assert_null(strstr(out, "var"));
	assert_null(strstr(out, "shadow"));
	assert_null(strstr(out, "resolv.conf"));
}

static void test_has_no_network_and_no_rights(void **state)
{
	autofree char *out = inside(&(struct sandbox){0}, "grep -c : /proc/net/dev; grep -h '^Cap[PEB]' /proc/self/status | "
				    "cut -f2 | sort -u; id -un; hostname; unshare -U true 2>/dev/null || echo no namespaces; "
				    "ls /proc/self/fd | sort -n | xargs");

	(void)state;
	assert_string_equal(out, "1\n0000000000000000\ndrillbox\nscratch\nno namespaces\n0 1 2 3\n");
}

/* By the kernel's own count, and by what each of them says to somebody who asks. */
static void test_what_may_not_be_asked_of_the_kernel(void **state)
{
	static const char script[] =
		"grep -h '^Seccomp:' /proc/self/status | cut -f2; python3 -c '\n"
		"import ctypes, errno, fcntl, os, socket\n"
		"libc = ctypes.CDLL(None, use_errno=True)\n"
		"def said(what, *args):\n"
		"    ctypes.set_errno(0)\n"
		"    try:\n"
		"        what(*args)\n"
		"        number = ctypes.get_errno()\n"
		"    except OSError as error:\n"
		"        number = error.errno\n"
		"    print(errno.errorcode.get(number, number), end=\" \")\n"
		"for call in (libc.ptrace, 0, 0, 0, 0), (libc.mount, 0, b\"/\", 0, 0, 0), (libc.unshare, 0x10000000), "
		"(libc.setns, 0, 0), \\\n"
		"        (libc.process_vm_readv, 1, 0, 0, 0, 0, 0), (libc.chroot, b\"/\"), (libc.mknod, b\"/tmp/x\", 0o10600, 0), "
		"\\\n"
		"        (libc.open_by_handle_at, 0, 0, 0), (libc.fanotify_init, 0, 0), (libc.acct, 0), (libc.sethostname, "
		"b\"x\", 1):\n"
		"    said(*call)\n"
		"print()\n"
		"for family in socket.AF_PACKET, socket.AF_ALG, socket.AF_VSOCK, 45, socket.AF_NETLINK, socket.AF_INET, "
		"socket.AF_UNIX:\n"
		"    said(socket.socket, family, socket.SOCK_RAW if family == socket.AF_NETLINK else socket.SOCK_DGRAM)\n"
		"said(fcntl.ioctl, 0, 0x5412, b\"x\")\n"
		"print()'";
	autofree char *out = inside(&(struct sandbox){0}, script);

	(void)state;
	not_emulated();
	assert_string_equal(out, "2\nEPERM EPERM EPERM EPERM EPERM EPERM EPERM EPERM EPERM EPERM EPERM \n"
				 "EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT EAFNOSUPPORT 0 0 0 EPERM \n");
}

static void test_writes_nowhere_but_where_it_may(void **state)
{
	autofree char *outside = path_join(folder, "writable");
	autofree char *fixed = path_join(folder, "fixed");
	const struct sandbox_bind binds[] = {{outside, "/out", true}, {fixed, "/dump", false}};
	struct sandbox s = {.binds = binds, .bind_count = COUNT(binds), .scratch_bytes = 1 << 20};
	autofree char *out = NULL, *file = NULL;

	(void)state;
	assert_int_equal(mkdir(outside, 0700) | mkdir(fixed, 0700), 0);
	out = inside(&s, "for d in / /usr /etc /dev /run /proc /dump /out /scratch /tmp /dev/shm; do "
		     "touch $d/x 2>/dev/null && echo $d; done | xargs; stat -c %a /scratch /tmp | xargs; "
		     "for f in /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/sysrq-trigger; do "
		     "(true >> $f) 2>/dev/null && echo $f; done; true");
	assert_string_equal(out, "/out /scratch /tmp /dev/shm\n700 1777\n");
	file = path_join(outside, "x");
	assert_true(path_exists(file));
}

static void test_scratch_is_as_large_as_told(void **state)
{
	struct sandbox s = {.scratch_bytes = 1 << 20};
	autofree char *out = inside(&s, "head -c 2000000 /dev/zero >/scratch/x 2>/dev/null || echo full; "
				    "stat -c %s /scratch/x");

	(void)state;
	assert_string_equal(out, "full\n1048576\n");
}

static void test_caps(void **state)
{
	struct sandbox s = {.file_size_cap = 1 << 20, .memory_cap = 1 << 28};
	autofree char *out = NULL;

	(void)state;
	not_emulated();
	out = inside(&s, "ulimit -f; ulimit -v; ulimit -c; cat /proc/self/oom_score_adj");
	assert_string_equal(out, "2048\n262144\n0\n800\n");
}

#define HOLD "import mmap, os, sys, time\n" \
	"def hold(flags, mb):\n" \
	"    m = mmap.mmap(-1, mb << 20, flags=flags | mmap.MAP_ANONYMOUS)\n" \
	"    for at in range(0, mb << 20, 4096): m[at] = 1\n" \
	"    return m\n"

/* Where a control group caps it there is nothing to watch. */
static bool is_capped(void)
{
	bool capped;
	autofree char *words = sandbox_memory_words(&capped);

	assert_int_equal(starts_with(words, "capped to "), capped);
	return capped;
}

/* What all have together, whoever started them; none of them has more than it may. */
static void test_memory_of_all_is_watched(void **state)
{
	static const struct {
		const char *script;
		bool fits;
	} cases[] = {
		{"python3 -c '" HOLD "for _ in range(3): os.fork() or (hold(mmap.MAP_PRIVATE, 40), time.sleep(100))\nos.wait()'",
		 false},
		{"python3 -c '" HOLD "os.fork() or (os.setsid(), os.fork() and sys.exit(), hold(mmap.MAP_PRIVATE, 120), "
		 "time.sleep(100))\ntime.sleep(100)'", false},
		{"python3 -c '" HOLD "m = hold(mmap.MAP_SHARED, 120)\ntime.sleep(100)'", false},
		{"head -c 50000000 /dev/zero >/scratch/x; head -c 50000000 /dev/zero >/tmp/x; sleep 100", false},
		{"python3 -c '" HOLD "m = hold(mmap.MAP_SHARED, 40)\nfor _ in range(4): os.fork() or (sum(m[::4096]), "
		 "time.sleep(1), os._exit(0))\ntime.sleep(1)'", true},
		{"head -c 30000000 /dev/zero >/scratch/x; sleep 1", true},
	};

	(void)state;
	not_emulated();
	if (is_capped())
		skip();
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sandbox s = {.scratch_bytes = 60 << 20, .watched_cap = 90 << 20};
		struct process_spec spec = {.argv = SH(cases[i].script), .name = "pg_restore"};
		struct error err = {0};

		assert_int_equal(sandbox_run(&s, &spec, soon(), ERR_IO, NULL, &err), cases[i].fits ? 0 : -1);
		if (cases[i].fits)
			continue;
		assert_int_equal(err.kind, ERR_SPACE);
		assert_string_equal(err.text, "pg_restore needed more than the 94 MB of memory that a sandbox may have here: "
					      "take a box with more memory");
	}
}

static void test_the_network_when_asked_for(void **state)
{
	struct sandbox s = {.network = true};
	autofree char *out = inside(&s, "readlink /proc/self/ns/net; ls /etc/nsswitch.conf");
	char own[64] = "";
	autofree char *expected = NULL;

	(void)state;
	assert_true(readlink("/proc/self/ns/net", own, sizeof(own) - 1) > 0);
	expected = format("%s\n/etc/nsswitch.conf\n", own);
	assert_string_equal(out, expected);
}

static void test_a_sandbox_that_cannot_be_is_not_a_death_inside(void **state)
{
	const struct sandbox_bind binds[] = {{"/nowhere/at/all", "/x", false}};
	struct sandbox s = {.binds = binds, .bind_count = 1};
	struct process_spec spec = {.argv = SH("exit 0")};
	struct error err;

	(void)state;
	assert_int_equal(sandbox_run(&s, &spec, soon(), ERR_SOURCE, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

static void test_a_program_that_is_not_there(void **state)
{
	const char *const argv[] = {"/usr/lib/postgresql/1/bin/postgres", NULL};
	struct process_spec spec = {.argv = argv};
	struct error err;

	(void)state;
	assert_int_equal(sandbox_run(&(struct sandbox){0}, &spec, soon(), ERR_SOURCE, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
	assert_non_null(strstr(err.text, "'postgres'"));
}

/* A Postgres that was installed elsewhere is seen with its libraries and data. */
static void test_a_program_outside_the_system(void **state)
{
	autofree char *prefix = path_join(folder, "pg");
	autofree char *bin = path_join(prefix, "lib/postgresql/17/bin");
	autofree char *share = path_join(prefix, "share");
	autofree char *link = path_join(folder, "pg-link");
	autofree char *program = NULL, *data = NULL, *out = NULL;
	const char *argv[] = {NULL, NULL};
	struct process_spec spec = {.argv = argv, .capture = true};
	struct error err;

	(void)state;
	assert_int_equal(make_dirs(bin, 0700, &err) | make_dirs(share, 0700, &err), 0);
	data = put(share, "data", "found\n");
	program = put(bin, "program", "#!/bin/sh\ncat $(dirname $0)/../../../../share/data\n");
	assert_int_equal(chmod(program, 0700) | symlink(program, link), 0);
	argv[0] = link;
	if (sandbox_run(&(struct sandbox){0}, &spec, soon(), ERR_IO, &out, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(out, "found\n");
}

static void test_no_bubblewrap(void **state)
{
	static const char *const env[] = {"PATH=/nowhere", NULL};
	struct process_spec spec = {.argv = SH("exit 0"), .env = env};
	struct error err;

	(void)state;
	assert_int_equal(sandbox_run(&(struct sandbox){0}, &spec, soon(), ERR_SOURCE, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
	assert_non_null(strstr(err.text, "install the package bubblewrap"));
}

static void test_a_death_inside_is_one(void **state)
{
	/* the signal of pid 2 becomes the sandbox's exit status */
	struct process_spec spec = {.argv = SH("kill -9 $$"), .name = "pg_restore"};
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	struct error err;

	(void)state;
	assert_int_equal(sandbox_start(&p, &(struct sandbox){0}, &spec, &err), 0);
	assert_int_equal(process_wait(&p, soon(), &err), 0);
	assert_int_equal(process_signal(&p), SIGKILL);
}

static char *make_template(const char *name)
{
	char *path = path_join(folder, name);
	autofree char *base = path_join(path, "base");
	autofree char *file = NULL, *inner = NULL, *large = NULL;

	assert_int_equal(mkdir(path, 0700) | mkdir(base, 0700), 0);
	file = put(path, "PG_VERSION", "17\n");
	inner = put(base, "1", "");
	large = put(base, "2", "");
	assert_int_equal(truncate(large, 3000001), 0);
	assert_int_equal(chmod(file, 0600) | chmod(inner, 0640) | chmod(large, 0600), 0);
	return path;
}

static void test_the_inner_half_copies_a_template(void **state)
{
	autofree char *template = make_template("template");
	autofree char *disk = path_join(folder, "disk");
	struct sandbox in_memory = {.scratch_from = template, .scratch_bytes = 8 << 20};
	struct sandbox on_disk = {.scratch_from = template, .scratch_dir = disk};
	const char *script = "cd /scratch/data && cat PG_VERSION && stat -c '%n %a %s' . base base/* | xargs; "
			     "sed -n 's/^Max processes *\\([0-9]*\\).*/\\1/p' /proc/self/limits; "
			     "ls /proc/self/fd | sort -n | xargs";
	autofree char *a = NULL, *b = NULL;

	(void)state;
	not_emulated();
	a = inside(&in_memory, script);
	assert_string_equal(a, "17\n. 700 80 base 700 80 base/1 600 0 base/2 600 3000001\n512\n0 1 2 3\n");
	assert_int_equal(mkdir(disk, 0700), 0);
	b = inside(&on_disk, script);
	assert_non_null(strstr(b, "base/2 600 3000001\n512\n0 1 2 3\n"));
}

static void test_the_inner_half_tells_its_own_failures(void **state)
{
	autofree char *template = make_template("template2");
	struct sandbox small = {.scratch_from = template, .scratch_bytes = 1 << 20};
	struct sandbox fits = {.scratch_from = template, .scratch_bytes = 8 << 20};
	const char *const nothing[] = {"/usr/bin/no-such-postgres", NULL};
	struct process_spec spec = {.argv = SH("exit 0")};
	struct error err;

	(void)state;
	not_emulated();
	assert_int_equal(sandbox_run(&small, &spec, soon(), ERR_SOURCE, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_SPACE);
	assert_non_null(strstr(err.text, "'2'"));
	spec.argv = nothing;
	assert_int_equal(sandbox_run(&fits, &spec, soon(), ERR_SOURCE, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
	assert_non_null(strstr(err.text, "no-such-postgres"));
}

static bool has_two_children(pid_t pid)
{
	autofree char *path = format("/proc/%d/task/%d/children", pid, pid), *said = NULL;
	struct error ignored;

	return read_small_file(path, 4096, &said, &ignored) == 0 && strchr(said, ' ') && strchr(said, ' ')[1];
}

static void test_stopping_leaves_no_process(void **state)
{
	struct process_spec spec = {.argv = SH("sleep 100 & setsid sleep 100 & echo up; wait"), .capture = true};
	struct process p = PROCESS_INIT;
	autofree char *children = NULL;
	struct error err;
	char line[64] = "", *second;
	FILE *f;
	pid_t guard, init;

	(void)state;
	assert_int_equal(sandbox_start(&p, &(struct sandbox){0}, &spec, &err), 0);
	for (int i = 0; i < 2000 && p.output.length == 0; i++)
		process_rest(&p, 10, NO_DEADLINE);
	assert_int_equal(process_wait(&p, deadline_in(NO_DEADLINE, 100), &err), -1);
	assert_int_equal(err.kind, ERR_TIMEOUT);
	assert_string_equal(p.output.data, "up\n");
	process_done(&p);

	assert_int_equal(sandbox_start(&p, &(struct sandbox){0}, &spec, &err), 0);
	for (int i = 0; i < 2000 && !has_two_children(p.pid); i++)
		process_rest(&p, 10, NO_DEADLINE);
	children = format("/proc/%d/task/%d/children", p.pid, p.pid);
	f = fopen(children, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(fclose(f), 0);
	guard = (pid_t)strtol(line, &second, 10);
	init = (pid_t)strtol(second, NULL, 10);
	assert_true(guard > 1 && init > 1 && !gone(guard) && !gone(init));
	process_stop(&p, SIGKILL, 0);
	assert_true(gone_within(init, 1000) && gone_within(guard, 1000));
	process_done(&p);
}

/* Somebody who starts a sandbox in which 'script' runs, and lives until he is killed. */
static pid_t starter(const char *script, const char *const *env)
{
	struct process_spec spec = {.argv = SH(script), .env = env};
	struct process p = PROCESS_INIT;
	struct error err;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (sandbox_start(&p, &(struct sandbox){0}, &spec, &err) < 0)
		_exit(1);
	pause();
	_exit(1);
}

/* Descendants whose own parents are gone become ours: none is left when there is nobody to wait for. */
static bool none_left_within(int ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (waitpid(-1, NULL, WNOHANG) >= 0) {
		if (clock_mono_ms() > until)
			return false;
		usleep(500);
	}
	return errno == ECHILD;
}

/* What was left is ours by now: end it, so that the next is counted by itself. */
static void end_the_left(void)
{
	autofree char *path = format("/proc/self/task/%d/children", getpid()), *said = NULL;
	struct error ignored;

	if (read_small_file(path, 4096, &said, &ignored) < 0)
		return;
	for (char *at = said, *end; *at; at = end + strspn(end, " ")) {
		pid_t pid = (pid_t)strtol(at, &end, 10);

		if (end == at)
			break;
		(void)kill(pid, SIGKILL);
	}
}

/* The only child of a starter is bwrap's outer half, whose children are its guard and the inner half. */
static pid_t outer_half(pid_t starter_pid)
{
	autofree char *path = format("/proc/%d/task/%d/children", starter_pid, starter_pid);

	for (int i = 0; i < 5000; i++) {
		autofree char *said = NULL;
		struct error ignored;
		pid_t pid = read_small_file(path, 4096, &said, &ignored) == 0 ? (pid_t)strtol(said, NULL, 10) : 0;

		if (pid > 0 && has_two_children(pid))
			return pid;
		usleep(1000);
	}
	return 0;
}

/* bwrap, held while its inner half has set everything up and has not yet asked to die with the outer one. */
static void test_dies_with_us_while_it_is_made(void **state)
{
	autofree char *bin = path_join(folder, "held"), *path = format("PATH=%s:/usr/bin:/bin", bin), *script = NULL;
	const char *const env[] = {path, NULL};
	autofree char *wrapper = NULL;
	pid_t pid;

	(void)state;
	assert_int_equal(mkdir(bin, 0700), 0);
	script = format("#!/bin/sh\nmkfifo %s/gate\nexec 9<>%s/gate\nexec /usr/bin/bwrap --block-fd 9 \"$@\"\n", bin, bin);
	wrapper = put(bin, "bwrap", script);
	assert_int_equal(chmod(wrapper, 0700), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	pid = starter("sleep 300", env);
	assert_true(outer_half(pid) > 0);
	usleep(300000); /* into the gate */
	assert_false(none_left_within(0));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_true(none_left_within(5000));
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

/* KILLS=1000 for more of them. */
static void test_dies_with_us_at_any_moment(void **state)
{
	const char *told = getenv("KILLS");
	int kills = told ? atoi(told) : 100, left = 0;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	for (int i = 0; i < kills; i++) {
		pid_t pid = starter("sleep 300", NULL);

		usleep((useconds_t)(i * 7919 % 30000));
		assert_int_equal(kill(pid, SIGKILL), 0);
		if (none_left_within(2000))
			continue;
		left++;
		while (!none_left_within(20))
			end_the_left();
	}
	if (left)
		fail_msg("after %d of %d kills something was left", left, kills);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

/* We are killed with KILL: nothing of the sandbox stays. */
static void test_dies_with_us(void **state)
{
	autofree char *alive = path_join(folder, "alive");
	struct sandbox_bind bind = {folder, "/out", true};
	struct sandbox s = {.binds = &bind, .bind_count = 1};
	struct stat before, after;
	pid_t parent;

	(void)state;
	parent = fork();
	if (parent == 0) {
		struct process_spec spec = {.argv = SH("while :; do date >/out/alive; sleep 0.02; done")};
		struct process p = PROCESS_INIT;
		struct error err;

		if (sandbox_start(&p, &s, &spec, &err) < 0)
			_exit(1);
		pause();
		_exit(1);
	}
	for (int i = 0; i < 200 && !path_exists(alive); i++)
		usleep(20000);
	assert_true(path_exists(alive));
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	usleep(200000);
	assert_int_equal(stat(alive, &before), 0);
	usleep(200000);
	assert_int_equal(stat(alive, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(after.st_mtim));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_a_program),
		cmocka_unit_test(test_sees_nothing_else),
		cmocka_unit_test(test_has_no_network_and_no_rights),
		cmocka_unit_test(test_what_may_not_be_asked_of_the_kernel),
		cmocka_unit_test(test_writes_nowhere_but_where_it_may),
		cmocka_unit_test(test_scratch_is_as_large_as_told),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_memory_of_all_is_watched),
		cmocka_unit_test(test_the_network_when_asked_for),
		cmocka_unit_test(test_a_sandbox_that_cannot_be_is_not_a_death_inside),
		cmocka_unit_test(test_a_program_that_is_not_there),
		cmocka_unit_test(test_a_program_outside_the_system),
		cmocka_unit_test(test_no_bubblewrap),
		cmocka_unit_test(test_a_death_inside_is_one),
		cmocka_unit_test(test_the_inner_half_copies_a_template),
		cmocka_unit_test(test_the_inner_half_tells_its_own_failures),
		cmocka_unit_test(test_stopping_leaves_no_process),
		cmocka_unit_test(test_dies_with_us),
		cmocka_unit_test(test_dies_with_us_while_it_is_made),
		cmocka_unit_test(test_dies_with_us_at_any_moment),
	};

	if (argc > 1 && strcmp(argv[1], SANDBOX_INNER) == 0)
		return sandbox_inner(argc, argv);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
