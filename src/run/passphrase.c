#include "run/passphrase.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "run/secret.h"

bool passphrase_is_asked(void)
{
	return isatty(STDIN_FILENO) == 1;
}

/* Until there is something to read. */
static int await_input(struct deadline stop, struct error *err)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = stop.stop_fd, .events = POLLIN}};
	int ready;

	do
		ready = poll(fds, COUNT(fds), deadline_left(stop));
	while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return fail(err, ERR_IO, "wait for the passphrase: %m");
	if (ready == 0)
		return fail(err, ERR_TIMEOUT, "nobody gave a passphrase in time: start it again");
	return fds[1].revents ? fail(err, ERR_STOPPED, "interrupted") : 0;
}

/* Byte by byte: what stands behind the line is not ours. 'line' has room for 'most' bytes and a NUL. */
static int read_line(size_t most, struct deadline stop, char *line, struct error *err)
{
	size_t n = 0;

	for (;;) {
		ssize_t got;
		char c;

		if (await_input(stop, err) < 0)
			return -1;
		got = read(STDIN_FILENO, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(err, ERR_IO, "read the passphrase: %m");
		if (got == 0 || c == '\n')
			break;
		if (n == most)
			return fail(err, ERR_USAGE, "a passphrase has at most %zu bytes: this is another file", most);
		line[n++] = c;
	}
	if (n && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	if (strlen(line) != n)
		return fail(err, ERR_USAGE, "a passphrase is text: this is another file");
	return n ? 0 : fail(err, ERR_USAGE, "no passphrase was given: type it, or send it as one line to standard input");
}

static int read_unseen(const char *prompt, size_t most, struct deadline stop, char *line, struct error *err)
{
	struct termios before, unseen;
	int result;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return fail(err, ERR_IO, "look at the terminal: %m");
	unseen = before;
	unseen.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen) < 0)
		return fail(err, ERR_IO, "have the terminal show nothing: %m");
	fprintf(stderr, "%s", prompt);
	result = read_line(most, stop, line, err);
	fprintf(stderr, "\n");
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return result;
}

static int read_given(size_t most, struct deadline stop, char *line, struct error *err)
{
	fprintf(stderr, "reading the passphrase from standard input; to type it unseen: ssh -t ...\n");
	return read_line(most, stop, line, err);
}

int passphrase_ask(const char *prompt, size_t most, struct deadline stop, char **ret, struct error *err)
{
	char *line = xcalloc(most + 1, 1);
	int result = passphrase_is_asked() ? read_unseen(prompt, most, stop, line, err) : read_given(most, stop, line, err);

	if (result == 0)
		*ret = xstrdup(line);
	explicit_bzero(line, most + 1);
	cleanup_free(&line);
	return result;
}
