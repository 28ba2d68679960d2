#include "base/heir.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
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

/* What an heir is there for. */
struct charge {
	void (*task)(void *context);
	void *context;
	int patience_ms; /* 0: none */
};

/* Only an end of the pledge is our death, and only silence is silence: whoever is in doubt does nothing. */
static void wait_for_the_end(int pledge, const struct charge *c)
{
	struct pollfd fd = {.fd = pledge, .events = POLLIN};
	int patience = c->patience_ms ? c->patience_ms : -1;
	char signs[64];

	for (;;) {
		int heard = poll(&fd, 1, patience);
		ssize_t n = heard > 0 ? read(pledge, signs, sizeof(signs)) : -1;

		if (heard == 0 || n == 0)
			c->task(c->context);
		if (n == 0 || (heard != 0 && n < 0 && errno != EINTR))
			return;
		patience = heard == 0 || !c->patience_ms ? -1 : c->patience_ms; /* once for each silence */
	}
}

static void be_heir(int pledge, int keep, const struct charge *c)
{
	int other = keep < 0 ? pledge : keep;

	(void)setsid();
	if (close_all_but((unsigned)(pledge < other ? pledge : other), (unsigned)(pledge < other ? other : pledge)) < 0)
		_exit(1);
	wait_for_the_end(pledge, c);
	_exit(0);
}

void heir_charge(struct heir *h, void (*task)(void *context), void *context, int keep, int patience_ms)
{
	const struct charge charge = {task, context, patience_ms};
	sigset_t all, before;
	int ends[2];

	*h = HEIR_INIT;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	/* blocked from its first moment on: what ends us may be sent to all of our group */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	h->pid = fork();
	if (h->pid == 0)
		be_heir(ends[0], keep, &charge);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(ends[0]);
	h->pledge = ends[1];
	if (h->pid < 0)
		h->pid = 0;
}

void heir_reassure(const struct heir *h)
{
	if (h->pid > 0)
		(void)send(h->pledge, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void heir_appoint(struct heir *h, const char *folder)
{
	heir_charge(h, remove_at_last, (void *)folder, -1, 0);
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
