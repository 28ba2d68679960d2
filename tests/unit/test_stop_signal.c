#include "unit/unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/stop_signal.h"

/* In a child, as signals stay blocked: raise it, and see what is said of it. Exit 0: as expected. */
static void expect(int (*ask)(pid_t pid, struct error *err), bool was_interrupted, const char *says)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct error err = {0};
		int fd;

		if (stop_signal_open(&fd, &err) < 0 || deadline_stopped((struct deadline){INT64_MAX, fd}))
			_exit(1);
		if (ask(getpid(), &err) < 0 || !deadline_stopped((struct deadline){INT64_MAX, fd}))
			_exit(2);
		if (stop_signal_explain(fd, &err) != was_interrupted)
			_exit(3);
		_exit(err.kind == ERR_STOPPED && strstr(err.text, says) ? 0 : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int send_int(pid_t pid, struct error *err)
{
	(void)err;
	return kill(pid, SIGINT);
}

static int send_term(pid_t pid, struct error *err)
{
	(void)err;
	return kill(pid, SIGTERM);
}

static int send_hup(pid_t pid, struct error *err)
{
	(void)err;
	return kill(pid, SIGHUP);
}

static int send_stop(pid_t pid, struct error *err)
{
	return stop_signal_send(pid, err);
}

static void a_person_is_told_from_a_shutdown(void **state)
{
	(void)state;
	expect(send_stop, false, "(drillbox stop)");
	expect(send_int, false, "at the terminal");
	expect(send_term, true, "by a shutdown");
	expect(send_hup, true, "terminal was closed");
}

static void without_a_signal_nothing_is_said(void **state)
{
	struct error err = {.kind = ERR_TIMEOUT};
	int fd;

	(void)state;
	assert_int_equal(stop_signal_open(&fd, &err), 0);
	assert_false(stop_signal_explain(fd, &err));
	assert_int_equal(err.kind, ERR_TIMEOUT);
	close(fd);
}

static void only_a_process_is_stopped(void **state)
{
	static const int64_t none[] = {0, 1, -1, -4711, INT64_MAX, (int64_t)1 << 32};
	struct error err;
	pid_t gone = fork();

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		assert_int_equal(stop_signal_send(none[i], &err), -1);
		assert_int_equal(err.kind, ERR_BUG);
	}
	if (gone == 0)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	assert_int_equal(stop_signal_send(gone, &err), -1);
	assert_int_equal(err.kind, ERR_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_person_is_told_from_a_shutdown),
		cmocka_unit_test(without_a_signal_nothing_is_said),
		cmocka_unit_test(only_a_process_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
