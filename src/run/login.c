#include "run/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <syslog.h>
#include <unistd.h>

#include "model/request.h"

#define LOGGED 200 /* bytes of a refused request that the system log gets */

bool login_asked(int argc, char **argv)
{
	return argv[0][0] == '-' || (argc > 1 && strcmp(argv[1], "-c") == 0);
}

/* ---- a place with nothing in it */

/* A value that can do nothing but name a terminal. */
static bool is_plain(const char *value)
{
	size_t length = strlen(value);

	return length >= 1 && length <= 32 &&
	       strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._") == length;
}

static int clean_environment(struct error *err)
{
	static const char *const kept[] = {"TERM", "NO_COLOR"};
	char *values[COUNT(kept)] = {NULL};
	bool done = true;

	for (size_t i = 0; i < COUNT(kept); i++)
		set_text(&values[i], getenv(kept[i]));
	done = clearenv() == 0;
	for (size_t i = 0; i < COUNT(kept); i++) {
		if (values[i] && is_plain(values[i]))
			done = setenv(kept[i], values[i], 1) == 0 && done;
		free(values[i]);
	}
	return done ? 0 : fail(err, ERR_IO, "clearing the environment: %m");
}

static int close_all_but_output(struct error *err)
{
	if (!freopen("/dev/null", "r", stdin) || close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		return fail(err, ERR_IO, "closing what was open: %m");
	return 0;
}

/* Threads count as processes too: an errand then runs in its caller. */
static int give_up_starting(struct error *err)
{
	static const struct rlimit none = {0, 0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_NPROC, &none) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0 || chdir("/") < 0)
		return fail(err, ERR_IO, "giving up what a reader does not need: %m");
	return 0;
}

/* ---- the request */

/* sshd sets it itself: "CLIENT-IP PORT SERVER-IP PORT". Owned by the caller. */
static char *whence(void)
{
	const char *connection = getenv("SSH_CONNECTION");
	autofree char *address = connection ? xstrndup(connection, strcspn(connection, " ")) : xstrdup("here");

	return printable(address, false);
}

static void log_refusal(const char *from, const char *asked)
{
	autofree char *start = xstrndup(asked, LOGGED);
	autofree char *safe = printable(start, false);

	openlog("drillbox", LOG_PID, LOG_AUTH);
	syslog(LOG_WARNING, "refused to user %u from %s: '%s'%s", (unsigned)getuid(), from, safe,
	       strlen(asked) > LOGGED ? "..." : "");
	closelog();
}

static int read_words(int argc, char **argv, const char *original, struct strings *ret, struct error *err)
{
	if (argc == 1)
		return request_read(NULL, NULL, ret, err);
	if (argc == 3 && strcmp(argv[1], "-c") == 0)
		return request_read(argv[2], original, ret, err);
	return request_parse("", 0, ret, err);
}

int login_open(int argc, char **argv, struct strings *ret_words, struct error *err)
{
	const char *sent = getenv("SSH_ORIGINAL_COMMAND");
	autofree char *original = xstrdup(sent ? sent : ""), *from = whence();

	if (clean_environment(err) < 0 || close_all_but_output(err) < 0 || give_up_starting(err) < 0)
		return -1;
	if (read_words(argc, argv, original, ret_words, err) == 0)
		return 0;
	log_refusal(from, *original ? original : argc > 2 ? argv[2] : "");
	return -1;
}

void login_greet(void)
{
	autofree char *all = request_list(0, "\n  "), *more = request_list(RIGHTS_ALL, "\n  ");

	printf("\nThere is no shell here. What can be asked, as in 'ssh history@BOX history':\n  %s\n"
	       "each with --json, and where the key's line allows it:\n  %s\n",
	       all, more);
}
