#include "base/heir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define DIE_MS 10000 /* how long what writes into the folder may take to die of our death */
#define PAUSE_MS 10

/* What we started dies with us too, but not before us: until then it may write. */
static void remove_at_last(void *context)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	struct deadline deadline = deadline_in(NO_DEADLINE, DIE_MS);
	const char *folder = context;
	struct error ignored;

	while (remove_tree(folder, &ignored) < 0 && deadline_left(deadline) != 0)
		nanosleep(&pause, NULL);
}

static int close_all_but(unsigned low, unsigned high)
{
	if ((low > 0 && close_range(0, low - 1, 0) < 0) || (high > low + 1 && close_range(low + 1, high - 1, 0) < 0))
		return -1;
	return close_range(high + 1, ~0U, 0);
}

/* Only an end of the pledge is our death: whoever is in doubt does nothing. */
static void wait_for_the_end(int pledge, int keep, void (*task)(void *context), void *context)
{
	int other = keep < 0 ? pledge : keep;
	ssize_t n;
	char none;

	(void)setsid();
	if (close_all_but((unsigned)(pledge < other ? pledge : other), (unsigned)(pledge < other ? other : pledge)) < 0)
		_exit(1);
	do
		n = read(pledge, &none, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		task(context);
	_exit(0);
}

void heir_charge(struct heir *h, void (*task)(void *context), void *context, int keep)
{
	sigset_t all, before;
	int ends[2];

	*h = HEIR_INIT;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	/* blocked from its first moment on: what ends us may be sent to all of our group */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	h->pid = fork();
	if (h->pid == 0)
		wait_for_the_end(ends[0], keep, task, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(ends[0]);
	h->pledge = ends[1];
	if (h->pid < 0)
		h->pid = 0;
}

void heir_appoint(struct heir *h, const char *folder)
{
	heir_charge(h, remove_at_last, (void *)folder, -1);
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
