#include "unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "run/lock.h"
#include "unit/folder.h"

static struct deadline at_once(void)
{
	return deadline_in(NO_DEADLINE, 0);
}

/* A process that holds the lock until it is ended. 'noted': after one more note. */
static pid_t another(const char *verb, const char *source, const char *phase)
{
	int told[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(told), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct lock *lock;
		struct error err;

		if (lock_take(folder, verb, source, at_once(), &lock, &err) < 0)
			_exit(1);
		if (phase)
			lock_note(lock, &(struct lock_work){.phase = phase, .bytes = true, .done = 12, .of = 34, .rate = 1.5,
							    .left = 15, .item = "public.orders"});
		(void)!write(told[1], "x", 1);
		for (;;)
			pause();
	}
	close(told[1]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	close(told[0]);
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void nobody_works(void **state)
{
	CLEANUP(lock_holder_done) struct lock_holder h = {.pid = 7};
	struct error err;

	(void)state;
	assert_int_equal(lock_read(folder, &h, &err), 0);
	assert_int_equal(h.pid, 0);
	assert_null(h.verb);
}

static void a_second_one_is_refused_by_name(void **state)
{
	CLEANUP(lock_free) struct lock *lock = NULL;
	CLEANUP(lock_holder_done) struct lock_holder h = {0};
	pid_t pid = another("drill", "shop", "restore");
	struct error err;
	char number[32];

	(void)state;
	assert_int_equal(lock_take(folder, "pull", "crm", at_once(), &lock, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	(void)snprintf(number, sizeof(number), "pid %d", (int)pid);
	assert_non_null(strstr(err.text, "drill of 'shop' is at work since 20"));
	assert_non_null(strstr(err.text, number));
	assert_int_equal(lock_read(folder, &h, &err), 0);
	assert_int_equal(h.pid, pid);
	assert_string_equal(h.verb, "drill");
	assert_string_equal(h.source, "shop");
	assert_string_equal(h.phase, "restore");
	assert_true(h.bytes);
	assert_float_equal(h.rate, 1.5, 0.001);
	assert_float_equal(h.left, 15, 0.001);
	assert_string_equal(h.item, "public.orders");
	assert_int_equal(h.done, 12);
	assert_int_equal(h.of, 34);
	assert_true(h.since <= clock_wall() && h.since > clock_wall() - 60);
	end(pid);
}

static void every_source_is_said_so(void **state)
{
	CLEANUP(lock_free) struct lock *lock = NULL;
	pid_t pid = another("round", NULL, NULL);
	struct error err;

	(void)state;
	assert_int_equal(lock_take(folder, "pull", "crm", at_once(), &lock, &err), -1);
	assert_non_null(strstr(err.text, "round of every source"));
	end(pid);
}

static void death_frees_it(void **state)
{
	CLEANUP(lock_free) struct lock *lock = NULL;
	CLEANUP(lock_holder_done) struct lock_holder h = {0};
	struct error err;

	(void)state;
	end(another("drill", "shop", "restore"));
	/* what the dead one wrote is still there, and nobody believes it */
	assert_int_equal(lock_read(folder, &h, &err), 0);
	assert_int_equal(h.pid, 0);
	assert_int_equal(lock_take(folder, "pull", "crm", at_once(), &lock, &err), 0);
	assert_int_equal(lock_read(folder, &h, &err), 0);
	assert_int_equal(h.pid, getpid());
	assert_string_equal(h.verb, "pull");
	assert_null(h.phase);
	assert_true(h.left < 0);
}

static void release_frees_it(void **state)
{
	struct lock *lock = NULL;
	CLEANUP(lock_holder_done) struct lock_holder h = {0};
	struct error err;

	(void)state;
	assert_int_equal(lock_take(folder, "pull", "crm", at_once(), &lock, &err), 0);
	lock_free(&lock);
	assert_null(lock);
	assert_int_equal(lock_read(folder, &h, &err), 0);
	assert_int_equal(h.pid, 0);
}

/* A failed try leaves what the holder wrote as it is. */
static void a_refusal_changes_nothing(void **state)
{
	struct lock *lock = NULL;
	CLEANUP(lock_holder_done) struct lock_holder h = {0};
	pid_t pid = another("drill", "shop", NULL);
	struct error err;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(lock_take(folder, "pull", "crm", at_once(), &lock, &err), -1);
	assert_int_equal(lock_read(folder, &h, &err), 0);
	assert_string_equal(h.verb, "drill");
	end(pid);
}

static void waiting_ends_when_it_is_free(void **state)
{
	CLEANUP(lock_free) struct lock *lock = NULL;
	pid_t holder = another("drill", "shop", NULL), killer = fork();
	struct error err;

	(void)state;
	if (killer == 0) {
		(void)poll(NULL, 0, 400);
		kill(holder, SIGKILL);
		_exit(0);
	}
	assert_int_equal(lock_take(folder, "pull", "crm", deadline_in(NO_DEADLINE, 20000), &lock, &err), 0);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	assert_int_equal(waitpid(killer, NULL, 0), killer);
}

static void waiting_ends_with_patience_or_a_stop(void **state)
{
	CLEANUP(lock_free) struct lock *lock = NULL;
	pid_t holder = another("drill", "shop", NULL);
	struct error err;
	int stop[2];

	(void)state;
	assert_int_equal(lock_take(folder, "pull", "crm", deadline_in(NO_DEADLINE, 300), &lock, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	assert_int_equal(lock_take(folder, "pull", "crm", (struct deadline){INT64_MAX, stop[0]}, &lock, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	close(stop[0]);
	close(stop[1]);
	end(holder);
}

/* Who only looks holds the file for a moment: that is no reason to refuse. */
static void a_reader_is_no_holder(void **state)
{
	CLEANUP(lock_free) struct lock *lock = NULL;
	autofree char *path = path_join(folder, "lock");
	int told[2];
	char byte;
	struct error err;
	pid_t reader;

	(void)state;
	assert_int_equal(pipe(told), 0);
	reader = fork();
	if (reader == 0) {
		int fd = open(path, O_RDWR | O_CREAT, 0644);

		(void)flock(fd, LOCK_SH);
		(void)!write(told[1], "x", 1);
		(void)poll(NULL, 0, 60);
		_exit(0);
	}
	assert_int_equal(read(told[0], &byte, 1), 1);
	assert_int_equal(lock_take(folder, "pull", "crm", at_once(), &lock, &err), 0);
	assert_int_equal(waitpid(reader, NULL, 0), reader);
	close(told[0]);
	close(told[1]);
}

static void everybody_may_look(void **state)
{
	CLEANUP(lock_free) struct lock *lock = NULL;
	autofree char *path = path_join(folder, "lock");
	mode_t before = umask(077);
	struct error err;
	struct stat st;

	(void)state;
	assert_int_equal(lock_take(folder, "pull", "crm", at_once(), &lock, &err), 0);
	(void)umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

/* Notes come thick and fast while somebody reads: every read is whole, and a new phase is seen at once. */
static void notes_are_read_whole(void **state)
{
	static const char *const items[] = {"a", "public.a_table_with_quite_a_long_name_that_goes_on_and_on", NULL};
	struct lock *lock = NULL;
	struct error err;
	pid_t reader;
	int status;

	(void)state;
	assert_int_equal(lock_take(folder, "drill", "shop", at_once(), &lock, &err), 0);
	reader = fork();
	if (reader == 0) {
		for (int i = 0; i < 2000; i++) {
			struct lock_holder h = {0};

			if (lock_read(folder, &h, &err) < 0 || h.pid != getppid() || !same(h.verb, "drill"))
				_exit(1);
			lock_holder_done(&h);
		}
		_exit(0);
	}
	for (int i = 0; waitpid(reader, &status, WNOHANG) == 0; i++)
		lock_note(lock, &(struct lock_work){.phase = i % 2 ? "restore" : "volume", .done = i, .of = i, .left = -1,
						    .item = items[i % 3]});
	assert_int_equal(status, 0);
	lock_free(&lock);
}

static void one_daemon(void **state)
{
	CLEANUP(lock_free) struct lock *lock = NULL, *work = NULL;
	struct lock *second = NULL;
	struct error err;

	(void)state;
	assert_int_equal(lock_take_daemon(folder, &lock, &err), 0);
	assert_int_equal(lock_take_daemon(folder, &second, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_non_null(strstr(err.text, "a daemon (pid "));
	assert_int_equal(lock_take(folder, "pull", NULL, at_once(), &work, &err), 0);
}

/* flock(2) is by open file: a second one of this very process is refused as another's would be */
static void each_published_source_has_its_own(void **state)
{
	CLEANUP(lock_free) struct lock *shop = NULL, *crm = NULL, *again = NULL;
	autofree char *path = path_join(folder, ".shop.lock"), *other = path_join(folder, ".crm.lock");
	struct error err = {0};

	(void)state;
	assert_int_equal(lock_take_publish(folder, "shop", at_once(), &shop, &err), 0);
	assert_int_equal(lock_take_publish(folder, "crm", at_once(), &crm, &err), 0);
	assert_int_equal(lock_take_publish(folder, "shop", at_once(), &again, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_non_null(strstr(err.text, "'shop' is being published since "));
	assert_non_null(strstr(err.text, "--wait"));
	assert_null(again);
	lock_free(&shop);
	assert_int_equal(lock_take_publish(folder, "shop", at_once(), &again, &err), 0);
	lock_free(&again);
	lock_free(&crm);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(other), 0);
}

static void nonsense_inside_is_told(void **state)
{
	CLEANUP(lock_holder_done) struct lock_holder h = {0};
	autofree char *path = path_join(folder, "lock");
	struct error err;
	autoclose int fd = open(path, O_RDWR | O_CREAT, 0644);

	(void)state;
	assert_int_equal(write(fd, "{\"pid\":-1,\"verb\":\"x\"}", 21), 21);
	assert_int_equal(lock_read(folder, &h, &err), 0);
	assert_int_equal(h.pid, 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(lock_read(folder, &h, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(nobody_works),
		IN_FOLDER(a_second_one_is_refused_by_name),
		IN_FOLDER(every_source_is_said_so),
		IN_FOLDER(death_frees_it),
		IN_FOLDER(release_frees_it),
		IN_FOLDER(a_refusal_changes_nothing),
		IN_FOLDER(waiting_ends_when_it_is_free),
		IN_FOLDER(waiting_ends_with_patience_or_a_stop),
		IN_FOLDER(a_reader_is_no_holder),
		IN_FOLDER(everybody_may_look),
		IN_FOLDER(notes_are_read_whole),
		IN_FOLDER(one_daemon),
		IN_FOLDER(each_published_source_has_its_own),
		IN_FOLDER(nonsense_inside_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
