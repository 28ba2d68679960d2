#include "base/heir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define DIE_MS 10000 /* how long what writes into the folder may take to die of our death */
#define PAUSE_MS 10

/* What we started dies with us too, but not before us: until then it may write. */
static void remove_at_last(const char *folder)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	struct error ignored;

	for (int i = 0; i < DIE_MS / PAUSE_MS; i++)
		if (remove_tree(folder, &ignored) < 0 || path_exists(folder))
			nanosleep(&pause, NULL);
		else
			return;
}

static void wait_for_the_end(const char *folder, int pledge)
{
	sigset_t all;
	char none;

	(void)setsid();
	(void)dup2(pledge, STDIN_FILENO);
	(void)close_range(STDOUT_FILENO, ~0U, 0);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	while (read(STDIN_FILENO, &none, 1) < 0 && errno == EINTR)
		;
	remove_at_last(folder);
	_exit(0);
}

void heir_appoint(struct heir *h, const char *folder)
{
	int ends[2];

	*h = HEIR_INIT;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	h->pid = fork();
	if (h->pid == 0)
		wait_for_the_end(folder, ends[0]);
	close(ends[0]);
	h->pledge = ends[1];
	if (h->pid < 0)
		h->pid = 0;
}

void heir_dismiss(struct heir *h)
{
	if (h->pid > 0) {
		(void)kill(h->pid, SIGKILL);
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	cleanup_close(&h->pledge);
	*h = HEIR_INIT;
}
