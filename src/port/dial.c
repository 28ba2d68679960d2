#include "port/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "port/resolve.h"

/* What an attempt met, in words that follow "at 'host' port N". */
static const char *met(int code)
{
	static const struct {
		int code;
		const char *words;
	} known[] = {
		{ECONNREFUSED, "nothing listens there"},
		{ETIMEDOUT, "no answer"},
		{EHOSTUNREACH, "the host cannot be reached"},
		{ENETUNREACH, "there is no route"},
		{EADDRNOTAVAIL, "there is no route"},
		{ECONNRESET, "the connection was cut off"},
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (known[i].code == code)
			return known[i].words;
	return strerrordesc_np(code);
}

int dial_wait(int fd, short events, struct deadline deadline, const char *whom, struct error *err)
{
	struct pollfd fds[] = {{.fd = fd, .events = events}, {.fd = deadline.stop_fd, .events = POLLIN}};

	for (;;) {
		int left = deadline_left(deadline), n;

		n = poll(fds, COUNT(fds), left);
		if (n > 0 && fds[1].revents)
			return fail(err, ERR_STOPPED, "stopped while waiting for '%s'", whom);
		if (n > 0)
			return 0;
		if (n == 0 && deadline_left(deadline) == 0)
			return fail(err, ERR_TIMEOUT, "'%s' did not answer in time: see whether it is well, and try again", whom);
		if (n < 0 && errno != EINTR)
			return fail(err, ERR_IO, "wait for '%s': %m", whom);
	}
}

/* 0 once it is connected; what went wrong as an errno; -1 and an error when the wait is to end. */
static int await(int fd, struct deadline deadline, const char *host, struct error *err)
{
	int code = 0;
	socklen_t n = sizeof(code);

	if (dial_wait(fd, POLLOUT, deadline, host, err) < 0)
		return err->kind == ERR_TIMEOUT ? ETIMEDOUT : -1;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &n) < 0 ? errno : code;
}

/* As await(). */
static int attempt(const char *host, const struct addrinfo *to, struct deadline deadline, int *ret_fd, struct error *err)
{
	autoclose int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code;

	if (fd < 0)
		return errno;
	/* what is written is written whole: waiting for more to send would only cost time */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	code = connect(fd, to->ai_addr, to->ai_addrlen) == 0 ? 0 : errno;
	if (code == EINPROGRESS || code == EINTR)
		code = await(fd, deadline, host, err);
	if (code == 0)
		*ret_fd = take_fd(&fd);
	return code;
}

/* The same for an address as resolve_name() gives it. */
static int attempt_numeric(const char *host, const char *address, const char *port, struct deadline deadline, int *ret_fd,
			   struct error *err)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *to = NULL;
	int code;

	if (getaddrinfo(address, port, &hints, &to) != 0)
		return EADDRNOTAVAIL;
	code = attempt(host, to, deadline, ret_fd, err);
	freeaddrinfo(to);
	return code;
}

static struct deadline share(struct deadline whole, size_t among)
{
	int left = deadline_left(whole);

	return left < 0 ? whole : deadline_in(whole, left / (int)among);
}

/* "nothing listens there (10.0.0.1); no answer (10.0.0.2, 10.0.0.3)" */
static char *story(const struct addresses *tried, const int *codes)
{
	struct text t = {0};

	for (size_t i = 0; i < tried->count; i++) {
		bool again = i > 0 && codes[i] == codes[i - 1];

		if (again)
			text_addf(&t, ", %s", tried->items[i]);
		else
			text_addf(&t, "%s%s (%s", i ? "); " : "", met(codes[i]), tried->items[i]);
	}
	text_add(&t, ")");
	return text_take(&t);
}

int dial(const char *host, const char *port, struct deadline deadline, int *ret_fd, struct error *err)
{
	struct addresses found = {0};
	int codes[MAX_ADDRESSES] = {0};
	autofree char *told = NULL;

	if (resolve_name(host, deadline, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++) {
		codes[i] = attempt_numeric(host, found.items[i], port, share(deadline, found.count - i), ret_fd, err);
		if (codes[i] <= 0)
			return codes[i];
	}
	told = story(&found, codes);
	return fail(err, ERR_NETWORK, "'%s' port %s could not be reached, %s: is the server up, are host and port right?", host,
		    port, told);
}
