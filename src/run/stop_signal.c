#include "run/stop_signal.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <unistd.h>

#define ASKED 0x64726f70 /* sent along with `stop`'s SIGTERM: a person asked */

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

int stop_signal_open(int *ret_fd, struct error *err)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < COUNT(signals); i++)
		(void)sigaddset(&set, signals[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0) {
		cleanup_close(&fd);
		return fail(err, ERR_IO, "wait for signals: %m");
	}
	*ret_fd = fd;
	return 0;
}

static const char *user_name(uid_t uid, char *buf, size_t size)
{
	const struct passwd *who = getpwuid(uid);

	if (who)
		(void)snprintf(buf, size, "%s", who->pw_name);
	else
		(void)snprintf(buf, size, "user %lu", (unsigned long)uid);
	return buf;
}

bool stop_signal_explain(int fd, struct error *err)
{
	struct signalfd_siginfo info;
	char who[64];

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	(void)user_name(info.ssi_uid, who, sizeof(who));
	if (info.ssi_signo == SIGTERM && info.ssi_code == SI_QUEUE && info.ssi_int == ASKED) {
		(void)fail(err, ERR_STOPPED, "stopped by '%s' (drillbox stop)", who);
		return false;
	}
	if (info.ssi_signo == SIGINT) {
		(void)fail(err, ERR_STOPPED, "interrupted at the terminal");
		return false;
	}
	if (info.ssi_signo == SIGHUP) {
		(void)fail(err, ERR_STOPPED, "interrupted: its terminal was closed");
		return true;
	}
	(void)fail(err, ERR_STOPPED, "stopped by a shutdown (SIGTERM of '%s', pid %lu)", who, (unsigned long)info.ssi_pid);
	return true;
}

int stop_signal_send(int64_t pid, struct error *err)
{
	const union sigval asked = {.sival_int = ASKED};

	/* 0, 1 and negative numbers mean groups, everybody, or init */
	if (pid <= 1 || pid != (pid_t)pid)
		return fail(err, ERR_BUG, "%lld is no process to stop", (long long)pid);
	if (sigqueue((pid_t)pid, SIGTERM, asked) == 0)
		return 0;
	if (errno == ESRCH)
		return fail(err, ERR_NOTHING, "process %lld has ended by itself", (long long)pid);
	return fail(err, ERR_PRIVILEGE, "process %lld may not be stopped: %m; do it as the user it runs as, or as root",
		    (long long)pid);
}
