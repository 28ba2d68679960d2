#include "unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/heir.h"
#include "base/text.h"

static char parent[] = "/tmp/heir-XXXXXX";
static char *folder;

static void fill(const char *name)
{
	autofree char *path = path_join(folder, name), *file = path_join(path, "file");
	struct error err;

	if (make_dirs(path, 0700, &err) < 0 || write_file_durably(file, "x", 1, 0600, &err) < 0)
		fail_msg("%s", err.text);
}

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(parent, sizeof(parent), "/tmp/heir-XXXXXX");
	if (!mkdtemp(parent))
		return -1;
	folder = path_join(parent, "scratch");
	fill("a");
	fill("a/b/c");
	return 0;
}

static int remove_folder(void **state)
{
	struct error err;

	(void)state;
	cleanup_free(&folder);
	return chmod(parent, 0700) < 0 ? -1 : remove_tree(parent, &err);
}

static bool gone_within(int ms)
{
	for (int i = 0; i < ms && path_exists(folder); i++)
		usleep(1000);
	return !path_exists(folder);
}

/* One who appoints an heir, tells its pid, and lives until it is killed. */
static pid_t testator(pid_t *ret_heir)
{
	struct heir heir = HEIR_INIT;
	int told[2];
	pid_t pid;

	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		heir_appoint(&heir, folder);
		if (write(told[1], &heir.pid, sizeof(heir.pid)) < 0)
			_exit(1);
		pause();
		_exit(0);
	}
	close(told[1]);
	assert_int_equal(read(told[0], ret_heir, sizeof(*ret_heir)), sizeof(*ret_heir));
	close(told[0]);
	assert_true(*ret_heir > 0);
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Descriptors that a process has open; -1 when there is no such process. */
static int descriptors(pid_t pid)
{
	autofree char *path = format("/proc/%d/fd", (int)pid);
	autoclosedir DIR *d = opendir(path);
	const struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	return d ? n : -1;
}

/* Until it holds its pledge alone. */
static bool settled(pid_t heir)
{
	for (int i = 0; i < 5000 && descriptors(heir) != 1; i++)
		usleep(1000);
	return descriptors(heir) == 1;
}

static void test_removes_after_a_kill(void **state)
{
	pid_t heir, pid = testator(&heir);

	(void)state;
	usleep(50000);
	assert_true(path_exists(folder));
	end(pid);
	assert_true(gone_within(5000));
}

/* What dies a little later than we do may keep it from removing: it tries again. */
static void test_tries_again(void **state)
{
	pid_t heir, pid = testator(&heir);

	(void)state;
	if (geteuid() == 0)
		skip(); /* nothing keeps root from removing */
	assert_int_equal(chmod(parent, 0500), 0);
	end(pid);
	usleep(200000);
	assert_true(path_exists(folder));
	assert_int_equal(chmod(parent, 0700), 0);
	assert_true(gone_within(5000));
}

static void test_dismissed_it_removes_nothing(void **state)
{
	struct heir heir = HEIR_INIT;

	(void)state;
	heir_appoint(&heir, folder);
	assert_true(heir.pid > 0);
	heir_dismiss(&heir);
	assert_int_equal(heir.pid, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	usleep(20000);
	assert_true(path_exists(folder));
	heir_dismiss(&heir);
}

/* A lock that we held is free the moment we are dead, however long the heir still works. */
static void test_holds_nothing_of_ours(void **state)
{
	pid_t heir, pid;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = testator(&heir);
	assert_true(descriptors(pid) >= 6); /* standard, the pipe, the pledge */
	assert_true(settled(heir));
	close(ends[0]);
	close(ends[1]);
	end(pid);
	assert_true(gone_within(5000));
}

static void test_only_kill_ends_it(void **state)
{
	struct heir heir = HEIR_INIT;
	int status;

	(void)state;
	heir_appoint(&heir, folder);
	assert_int_equal(kill(heir.pid, SIGTERM), 0);
	assert_int_equal(kill(heir.pid, SIGINT), 0);
	assert_int_equal(kill(heir.pid, SIGHUP), 0);
	assert_true(settled(heir.pid));
	assert_int_equal(waitpid(heir.pid, &status, WNOHANG), 0);
	assert_int_not_equal(getsid(heir.pid), getsid(0));
	heir_dismiss(&heir);
}

static void write_word(void *context)
{
	const int *fd = context;

	if (write(*fd, "done", 4) < 0)
		_exit(1);
}

/* A task of another kind, with the one descriptor that it needs, which may stand before or behind its pledge. */
static void test_any_task(void **state)
{
	(void)state;
	for (int behind = 0; behind < 2; behind++) {
		struct heir heir = HEIR_INIT;
		int ends[2], started[2];
		char word[8] = "";
		pid_t pid;

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(pipe(started), 0);
		pid = fork();
		if (pid == 0) {
			int fd = behind ? dup2(ends[1], 100) : ends[1];

			heir_charge(&heir, write_word, &fd, fd, 0);
			if (write(started[1], "x", 1) < 0)
				_exit(1);
			pause();
			_exit(0);
		}
		close(ends[1]);
		assert_int_equal(read(started[0], word, 1), 1);
		end(pid);
		assert_int_equal(read(ends[0], word, sizeof(word)), 4);
		assert_memory_equal(word, "done", 4);
		assert_int_equal(read(ends[0], word, sizeof(word)), 0); /* and it has gone */
		close(ends[0]);
		close(started[0]);
		close(started[1]);
	}
}

static void write_byte(void *context)
{
	const int *fd = context;

	if (write(*fd, "x", 1) < 0)
		_exit(1);
}

static bool told_within(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	return poll(&p, 1, ms) == 1 && read(fd, &byte, 1) == 1;
}

/* With patience the task is done after a silence, once for each; signs of life put it off. */
static void test_silence(void **state)
{
	struct heir heir = HEIR_INIT;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	heir_charge(&heir, write_byte, &ends[1], ends[1], 400);
	for (int i = 0; i < 20; i++) {
		heir_reassure(&heir);
		assert_false(told_within(ends[0], 40));
	}
	assert_true(told_within(ends[0], 5000));
	assert_false(told_within(ends[0], 1000));
	heir_reassure(&heir);
	assert_true(told_within(ends[0], 5000));
	heir_dismiss(&heir);
	heir_reassure(&heir); /* in vain, and harmless */
	assert_false(told_within(ends[0], 0));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_removes_after_a_kill, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_tries_again, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_dismissed_it_removes_nothing, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_holds_nothing_of_ours, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_only_kill_ends_it, make_folder, remove_folder),
		cmocka_unit_test(test_any_task),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
