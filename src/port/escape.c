#include "port/escape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define CURE "trust no verdict until it is mended: update bubblewrap and the kernel, and report what stands here"

static const struct {
	const char *name, *held;
} tried[] = {
	{"data", "the data folder cannot be opened"},
	{"ledger", "the ledger cannot be opened"},
	{"configuration", "neither the configuration nor a secret can be opened"},
	{"writing", "nothing can be written outside scratch"},
	{"loopback", "the machine's loopback cannot be reached"},
	{"network", "there is no network"},
	{"processes", "no process outside can be seen"},
	{"rights", "no capability, no new one, and a filter of system calls"},
	{"namespaces", "no namespace can be made"},
	{"mounts", "nothing can be mounted"},
	{"ptrace", "no process can be traced"},
	{"families", "no socket of another family can be made"},
	{"forks", "the number of processes has its limit"},
};

/* The rest of the line that begins with 'name' and a space; NULL: none. */
static char *line_of(const char *said, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = said; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (strncmp(line, name, n) == 0 && line[n] == ' ')
			return xstrndup(line + n + 1, strcspn(line + n + 1, "\n"));
	return NULL;
}

void escape_judge(const char *said, struct prechecks *list)
{
	for (size_t i = 0; i < COUNT(tried); i++) {
		autofree char *line = line_of(said, tried[i].name);

		if (line && strcmp(line, "ok") == 0)
			prechecks_add(list, PRECHECK_OK, ERR_NONE, tried[i].name, NULL, "%s", tried[i].held);
		else if (line && starts_with(line, "warn "))
			prechecks_add(list, PRECHECK_WARN, ERR_NONE, tried[i].name,
				      "run drillbox as another user than root, or with a control group delegated to it", "%s",
				      line + strlen("warn "));
		else if (line && starts_with(line, "bad "))
			prechecks_add(list, PRECHECK_BAD, ERR_LACKING, tried[i].name, CURE, "%s", line + strlen("bad "));
		else
			prechecks_add(list, PRECHECK_BAD, ERR_LACKING, tried[i].name, CURE,
				      "it was not tried to its end whether %s", tried[i].held);
	}
}

/* Somebody on the machine's loopback who is not to be reached; returns the descriptor. */
static int listen_on_loopback(int *ret_port, struct error *err)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(here);
	autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&here, size) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)&here, &size) < 0)
		return fail(err, ERR_LACKING, "listen on the loopback: %m; bring the interface lo up");
	*ret_port = ntohs(here.sin_port);
	return take_fd(&fd);
}

/* As it would be found from anywhere; one that is not there is tried as it is. */
static char *from_root(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

static int run_probe(const struct sandbox *sandbox, const struct escape_outside *outside, int port, struct deadline deadline,
		     char **ret, struct error *err)
{
	autofree char *port_text = format("%d", port);
	autofree char *data = from_root(outside->data), *ledger = from_root(outside->ledger), *config = from_root(outside->config);
	const char *const argv[] = {SANDBOX_PROGRAM, ESCAPE_PROBE, data, ledger, config, port_text, NULL};
	const struct process_spec spec = {.argv = argv, .name = "the probe"};
	const char *base = getenv("TMPDIR");
	autofree char *empty = format("%s/drillbox-XXXXXX", base && *base == '/' ? base : "/tmp");
	struct sandbox with_inner = *sandbox;
	int done;

	if (!mkdtemp(empty))
		return fail(err, ERR_IO, "make the folder '%s': %m", empty);
	with_inner.scratch_from = empty;
	done = sandbox_run(&with_inner, &spec, deadline, ERR_LACKING, ret, err);
	if (rmdir(empty) < 0)
		errno = 0;
	return done;
}

void escape_try(const struct sandbox *sandbox, const struct escape_outside *outside, struct deadline deadline,
		struct prechecks *list)
{
	autofree char *said = NULL;
	autoclose int ear = -1, came = -1;
	struct error err;
	int port = 0;

	ear = listen_on_loopback(&port, &err);
	if (ear < 0 || run_probe(sandbox, outside, port, deadline, &said, &err) < 0) {
		prechecks_add_error(list, "sandbox", &err);
		return;
	}
	escape_judge(said, list);
	came = accept4(ear, NULL, NULL, SOCK_CLOEXEC);
	if (came >= 0)
		prechecks_add(list, PRECHECK_BAD, ERR_LACKING, "loopback", CURE, "somebody came to the machine's loopback");
}
