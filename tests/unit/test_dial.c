#include "unit/unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "port/dial.h"

/* A socket on the loopback that listens, or does not; its port in 'port'. */
static int bound(int backlog, char port[8])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	(void)snprintf(port, 8, "%d", ntohs(at.sin_port));
	return fd;
}

/* One that answers no more: its queue is full. */
static int full(char port[8], int *ret_client)
{
	int fd = bound(0, port);
	struct error err = {0};

	assert_int_equal(dial("127.0.0.1", port, deadline_in(NO_DEADLINE, 5000), ret_client, &err), 0);
	return fd;
}

static void test_connects(void **state)
{
	char port[8];
	autoclose int listener = bound(4, port), fd = -1;
	struct error err = {0};

	(void)state;
	assert_int_equal(dial("127.0.0.1", port, deadline_in(NO_DEADLINE, 5000), &fd, &err), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void test_nothing_listens(void **state)
{
	char port[8];
	autoclose int taken = bound(-1, port);
	struct error err = {0};
	int fd = -2;

	(void)state;
	assert_int_equal(dial("127.0.0.1", port, deadline_in(NO_DEADLINE, 5000), &fd, &err), -1);
	assert_int_equal(err.kind, ERR_NETWORK);
	assert_non_null(strstr(err.text, "nothing listens there (127.0.0.1)"));
	assert_non_null(strstr(err.text, port));
	assert_int_equal(fd, -2);
}

static void test_no_such_name(void **state)
{
	struct error err = {0};
	int fd;

	(void)state;
	assert_int_equal(dial("no such name", "443", deadline_in(NO_DEADLINE, 5000), &fd, &err), -1);
	assert_int_equal(err.kind, ERR_NETWORK);
	assert_non_null(strstr(err.text, "'no such name'"));
}

static void test_one_that_does_not_answer(void **state)
{
	char port[8];
	autoclose int client = -1, listener = full(port, &client);
	int64_t began = clock_mono_ms();
	struct error err = {0};
	int fd;

	(void)state;
	assert_int_equal(dial("127.0.0.1", port, deadline_in(NO_DEADLINE, 200), &fd, &err), -1);
	assert_int_equal(err.kind, ERR_NETWORK);
	assert_non_null(strstr(err.text, "no answer (127.0.0.1)"));
	assert_true(clock_mono_ms() - began >= 200);
	assert_true(clock_mono_ms() - began < 2000);
}

static void test_is_stopped(void **state)
{
	char port[8];
	autoclose int client = -1, listener = full(port, &client);
	struct error err = {0};
	int ends[2], fd;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(dial("127.0.0.1", port, (struct deadline){clock_mono_ms() + 20000, ends[0]}, &fd, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	close(ends[0]);
	close(ends[1]);
}

/* The first of two addresses is silent: it gets half of the time, and the other one the rest. */
static void test_addresses_share_the_time(void **state)
{
	char port[8];
	autoclose int listener = bound(4, port), silent = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), first = -1, fd = -1;
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback, .sin6_port = htons((uint16_t)atoi(port))};
	bool two = bind(silent, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(silent, 0) == 0;
	struct error err = {0};
	int64_t began;

	(void)state;
	if (two)
		assert_int_equal(dial("::1", port, deadline_in(NO_DEADLINE, 5000), &first, &err), 0);
	began = clock_mono_ms();
	if (dial("localhost", port, deadline_in(NO_DEADLINE, 1000), &fd, &err) < 0)
		fail_msg("%s", err.text);
	/* where the machine has IPv6, and 'localhost' stands for both */
	if (two)
		assert_in_range(clock_mono_ms() - began, 0, 900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connects),	       cmocka_unit_test(test_nothing_listens),
		cmocka_unit_test(test_no_such_name),	       cmocka_unit_test(test_one_that_does_not_answer),
		cmocka_unit_test(test_is_stopped),	       cmocka_unit_test(test_addresses_share_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
