#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/heir.h"
#include "base/text.h"

static char folder[] = "/tmp/heir-XXXXXX";

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
	(void)snprintf(folder, sizeof(folder), "/tmp/heir-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	fill("a");
	fill("a/b/c");
	return 0;
}

static int remove_folder(void **state)
{
	struct error err;

	(void)state;
	return remove_tree(folder, &err);
}

static bool gone_within(int ms)
{
	for (int i = 0; i < ms && path_exists(folder); i++)
		usleep(1000);
	return !path_exists(folder);
}

/* One who appoints an heir, says so, and lives until it is killed. 'held' is a descriptor that it has open. */
static pid_t testator(int held)
{
	struct heir heir = HEIR_INIT;
	int said[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(said), 0);
	pid = fork();
	if (pid == 0) {
		heir_appoint(&heir, folder);
		if (heir.pid <= 0 || write(said[1], "y", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	if (held >= 0)
		close(held);
	close(said[1]);
	assert_int_equal(read(said[0], &c, 1), 1);
	close(said[0]);
	return pid;
}

static void test_removes_after_a_kill(void **state)
{
	int status;
	pid_t pid = testator(-1);

	(void)state;
	usleep(50000);
	assert_true(path_exists(folder));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(gone_within(5000));
}

/* What dies a little later than we do may still write: its first attempts fail, or come too early. */
static void test_outlasts_a_writer(void **state)
{
	pid_t pid = testator(-1), writer = fork();
	autofree char *inner = path_join(folder, "a");
	int status;

	(void)state;
	if (writer == 0) {
		int top = open(inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		/* in a folder that it holds, as a server does: nothing can be made there once it is removed */
		for (int i = 0; i < 100; i++) {
			autofree char *name = format("late-%d", i);

			(void)mkdirat(top, name, 0700);
			usleep(1000);
		}
		_exit(0);
	}
	usleep(5000);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(waitpid(writer, &status, 0), writer);
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
	struct pollfd end;
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = testator(ends[1]);
	end = (struct pollfd){.fd = ends[0], .events = POLLIN};
	assert_int_equal(poll(&end, 1, 0), 0); /* the testator has it open */
	fill("many");
	for (int i = 0; i < 2000; i++) {
		autofree char *path = format("%s/many/%d", folder, i);

		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(poll(&end, 1, 5000), 1);
	assert_true(end.revents & POLLHUP);
	close(ends[0]);
	assert_true(gone_within(5000));
}

static void test_only_kill_ends_it(void **state)
{
	struct heir heir = HEIR_INIT;
	int status;

	(void)state;
	heir_appoint(&heir, folder);
	usleep(50000);
	assert_int_equal(kill(heir.pid, SIGTERM), 0);
	assert_int_equal(kill(heir.pid, SIGINT), 0);
	assert_int_equal(kill(heir.pid, SIGHUP), 0);
	usleep(20000);
	assert_int_equal(waitpid(heir.pid, &status, WNOHANG), 0);
	assert_int_not_equal(getsid(heir.pid), getsid(0));
	heir_dismiss(&heir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_removes_after_a_kill, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_outlasts_a_writer, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_dismissed_it_removes_nothing, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_holds_nothing_of_ours, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_only_kill_ends_it, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
