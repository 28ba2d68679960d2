#include "unit/unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "port/relay.h"

/*
 * A server in a process of its own. Each connection: read a number and a newline, send so many
 * bytes, say "end" when the client ends.
 */
struct server {
	pid_t pid;
	char port[8];
};

static void send_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent <= 0)
			_exit(0);
		bytes += sent;
		n -= (size_t)sent;
	}
}

static void answer(int fd)
{
	static char block[4096];
	char line[32] = "", rest;
	size_t at = 0;
	int64_t n;

	while (at < sizeof(line) - 1 && read(fd, line + at, 1) == 1 && line[at] != '\n')
		at++;
	line[at] = '\0';
	memset(block, 'x', sizeof(block));
	if (!parse_int(line, 0, INT64_MAX, &n))
		_exit(1);
	for (; n > 0; n -= (int64_t)sizeof(block))
		send_all(fd, block, n < (int64_t)sizeof(block) ? (size_t)n : sizeof(block));
	while (read(fd, &rest, 1) == 1)
		;
	send_all(fd, "end", 3);
	_exit(0);
}

static struct server serve(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(here);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct server s = {0};

	assert_int_equal(bind(listener, (const struct sockaddr *)&here, size), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&here, &size), 0);
	(void)snprintf(s.port, sizeof(s.port), "%u", (unsigned)ntohs(here.sin_port));
	s.pid = fork();
	if (s.pid == 0) {
		(void)signal(SIGCHLD, SIG_IGN);
		for (;;) {
			int fd = accept(listener, NULL, NULL);

			if (fork() == 0)
				answer(fd);
			close(fd);
		}
	}
	close(listener);
	return s;
}

static void end(struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

static int connect_to(const char *port)
{
	struct sockaddr_in there = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&there, sizeof(there)), 0);
	return fd;
}

/* Everything until the end; how many bytes, and how they end. */
static int64_t drain(int fd, char tail[4])
{
	static char block[65536];
	int64_t total = 0;
	ssize_t n;

	memset(tail, 0, 4);
	while ((n = recv(fd, block, sizeof(block), 0)) > 0) {
		total += n;
		if (n >= 3)
			memcpy(tail, block + n - 3, 3);
	}
	return n < 0 ? -1 : total;
}

static struct relay *relay_to(const struct server *s, int64_t rate)
{
	struct relay *r = NULL;
	struct error err;

	if (relay_start("127.0.0.1", s->port, rate, &r, &err) < 0)
		fail_msg("%s", err.text);
	return r;
}

static void test_passes_all_on(void **state)
{
	struct server s = serve();
	CLEANUP(relay_stop) struct relay *r = relay_to(&s, 1000000000);
	char tail[4];
	int fd[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		fd[i] = connect_to(relay_port(r));
		assert_int_equal(write(fd[i], "3000000\n", 8), 8);
		shutdown(fd[i], SHUT_WR);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(drain(fd[i], tail), 3000003);
		assert_string_equal(tail, "end"); /* the end of one direction is no end of the other */
		close(fd[i]);
	}
	end(&s);
}

/* Two connections share the pace. */
static void test_keeps_the_pace(void **state)
{
	struct server s = serve();
	CLEANUP(relay_stop) struct relay *r = relay_to(&s, 1000000);
	int64_t began = clock_mono_ms(), took;
	char tail[4];
	int fd[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		fd[i] = connect_to(relay_port(r));
		assert_int_equal(write(fd[i], "300000\n", 7), 7);
		shutdown(fd[i], SHUT_WR);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(drain(fd[i], tail), 300003);
		close(fd[i]);
	}
	took = clock_mono_ms() - began;
	assert_true(took >= 480); /* 600 kB, and a tenth of a second saved up */
	end(&s);
}

static void test_is_stopped_at_once(void **state)
{
	struct server s = serve();
	struct relay *r = relay_to(&s, 1000);
	int fd = connect_to(relay_port(r));
	int64_t began;
	char tail[4];

	(void)state;
	assert_int_equal(write(fd, "10000000\n", 9), 9);
	usleep(50000);
	began = clock_mono_ms();
	relay_stop(&r);
	assert_true(clock_mono_ms() - began < 2000);
	(void)drain(fd, tail); /* it ends, one way or the other */
	close(fd);
	end(&s);
}

static void test_a_server_that_is_gone(void **state)
{
	struct server s = serve();
	CLEANUP(relay_stop) struct relay *r = relay_to(&s, 1000);
	char tail[4];
	int fd;

	(void)state;
	end(&s);
	fd = connect_to(relay_port(r));
	(void)!write(fd, "1\n", 2);
	assert_true(drain(fd, tail) <= 0);
	close(fd);
}

static void test_no_numeric_address(void **state)
{
	struct relay *r = NULL;
	struct error err;

	(void)state;
	assert_int_equal(relay_start("db.example.com", "5432", 1000, &r, &err), -1);
	assert_int_equal(err.kind, ERR_BUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes_all_on),
		cmocka_unit_test(test_keeps_the_pace),
		cmocka_unit_test(test_is_stopped_at_once),
		cmocka_unit_test(test_a_server_that_is_gone),
		cmocka_unit_test(test_no_numeric_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
