#include "port/relay.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/errand.h"
#include "base/pace.h"
#include "base/text.h"

#define MOST_PAIRS 80 /* pg_dump has one connection and one more for each job */
#define HELD 65536    /* bytes on their way in one direction */
#define BUFFERED 131072 /* in the kernel, of what the server sends: the rest waits there */

/* One direction of a connection. */
struct way {
	int from, to;
	char bytes[HELD];
	size_t begin, end; /* what was read and not yet written */
	bool ended;	   /* nothing more comes */
	bool shut;	   /* and the other side was told */
	struct pace *pace; /* NULL: as fast as it comes */
};

struct pair {
	int client, server;
	struct way out, back;
};

struct relay {
	struct sockaddr_storage server;
	socklen_t server_size;
	int listener;
	int stop_fd;
	char port[8];
	struct pace pace; /* shared by all that comes back */
	struct pair *pairs[MOST_PAIRS];
	size_t pair_count;
	struct errand *errand;
};

/* ---------------------------------------------------------------- a connection */

static void pair_free(struct pair *p)
{
	close(p->client);
	close(p->server);
	free(p);
}

/* Whether a system call of a descriptor that does not wait has to be tried again later. */
static bool later(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == EINPROGRESS;
}

static size_t may_read(const struct way *w, int64_t now_ms)
{
	size_t room = sizeof(w->bytes) - w->end, portion;

	if (w->ended || !w->pace)
		return w->ended ? 0 : room;
	if (pace_rest_ms(w->pace, now_ms) > 0)
		return 0;
	portion = pace_portion(w->pace);
	return room < portion ? room : portion;
}

/* -1: the connection is over. */
static int take_in(struct way *w, size_t most)
{
	ssize_t n = recv(w->from, w->bytes + w->end, most, 0);

	if (n < 0)
		return later() ? 0 : -1;
	w->ended = n == 0;
	w->end += (size_t)n;
	if (w->pace)
		pace_took(w->pace, (size_t)n, clock_mono_ms());
	return 0;
}

static int give_out(struct way *w)
{
	ssize_t n = send(w->to, w->bytes + w->begin, w->end - w->begin, MSG_NOSIGNAL);

	if (n < 0)
		return later() ? 0 : -1;
	w->begin += (size_t)n;
	if (w->begin == w->end)
		w->begin = w->end = 0;
	return 0;
}

static int step(struct way *w, short from_events, short to_events)
{
	size_t most = may_read(w, clock_mono_ms());

	if ((from_events & (POLLIN | POLLHUP | POLLERR)) && most > 0 && take_in(w, most) < 0)
		return -1;
	if (w->end > w->begin && (to_events & (POLLOUT | POLLHUP | POLLERR)) && give_out(w) < 0)
		return -1;
	if (w->ended && w->begin == w->end && !w->shut) {
		(void)shutdown(w->to, SHUT_WR);
		w->shut = true;
	}
	return 0;
}

/* ---------------------------------------------------------------- all of them */

static void accept_one(struct relay *r)
{
	int buffered = BUFFERED;
	int client = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int server = client < 0 ? -1 : socket(r->server.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pair *p;

	if (client < 0)
		return;
	if (server >= 0)
		(void)setsockopt(server, SOL_SOCKET, SO_RCVBUF, &buffered, sizeof(buffered));
	if (server < 0 || r->pair_count == MOST_PAIRS ||
	    (connect(server, (const struct sockaddr *)&r->server, r->server_size) < 0 && !later())) {
		close(client);
		if (server >= 0)
			close(server);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->client = client;
	p->server = server;
	p->out.from = p->back.to = client;
	p->out.to = p->back.from = server;
	p->back.pace = &r->pace;
	r->pairs[r->pair_count++] = p;
}

static short wanted(const struct way *reads, const struct way *writes, int64_t now_ms)
{
	return (short)((may_read(reads, now_ms) > 0 ? POLLIN : 0) | (writes->end > writes->begin ? POLLOUT : 0));
}

/* Until something can be done, or those that were too fast may go on. */
static void wait_for_work(struct relay *r, struct pollfd *fds)
{
	int64_t now_ms = clock_mono_ms(), rest_ms = pace_rest_ms(&r->pace, now_ms);
	size_t n = 2;

	fds[0] = (struct pollfd){.fd = r->stop_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = r->listener, .events = POLLIN};
	for (size_t i = 0; i < r->pair_count; i++) {
		const struct pair *p = r->pairs[i];
		short client = wanted(&p->out, &p->back, now_ms), server = wanted(&p->back, &p->out, now_ms);

		/* a hang-up is reported asked or not: who waits for nothing is not looked at */
		fds[n++] = (struct pollfd){.fd = client ? p->client : -1, .events = client};
		fds[n++] = (struct pollfd){.fd = server ? p->server : -1, .events = server};
	}
	(void)poll(fds, n, rest_ms > 0 && r->pair_count ? (int)rest_ms : -1);
}

static void serve(struct relay *r, const struct pollfd *fds)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->pair_count; i++) {
		struct pair *p = r->pairs[i];
		short client = fds[2 + 2 * i].revents, server = fds[3 + 2 * i].revents;

		if (step(&p->out, client, server) < 0 || step(&p->back, server, client) < 0 || (p->out.shut && p->back.shut))
			pair_free(p);
		else
			r->pairs[kept++] = p;
	}
	r->pair_count = kept;
}

static void work(void *context)
{
	struct relay *r = context;
	struct pollfd fds[2 + 2 * MOST_PAIRS];

	for (;;) {
		wait_for_work(r, fds);
		if (fds[0].revents)
			return;
		serve(r, fds);
		if (fds[1].revents)
			accept_one(r);
	}
}

/* ---------------------------------------------------------------- start and stop */

static int find_server(struct relay *r, const char *address, const char *port, struct error *err)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;

	if (getaddrinfo(address, port, &hints, &found) != 0)
		return fail(err, ERR_BUG, "'%s' port '%s' cannot be relayed to: it is no numeric address", address, port);
	memcpy(&r->server, found->ai_addr, found->ai_addrlen);
	r->server_size = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int listen_here(struct relay *r, struct error *err)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(here);
	autoclose int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	autoclose int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (listener < 0 || stop_fd < 0 || bind(listener, (const struct sockaddr *)&here, sizeof(here)) < 0 ||
	    listen(listener, MOST_PAIRS) < 0 || getsockname(listener, (struct sockaddr *)&here, &size) < 0)
		return fail(err, ERR_IO, "listening on the loopback, to hold pg_dump to its limit: %m");
	r->listener = take_fd(&listener);
	r->stop_fd = take_fd(&stop_fd);
	(void)snprintf(r->port, sizeof(r->port), "%u", (unsigned)ntohs(here.sin_port));
	return 0;
}

int relay_start(const char *address, const char *port, int64_t rate, struct relay **ret, struct error *err)
{
	CLEANUP(relay_stop) struct relay *r = xcalloc(1, sizeof(*r));

	r->listener = r->stop_fd = -1;
	r->pace = pace_of(rate);
	if (find_server(r, address, port, err) < 0 || listen_here(r, err) < 0)
		return -1;
	r->errand = errand_beside(work, r);
	if (!r->errand)
		return fail(err, ERR_SPACE,
			    "no thread is to be had, to hold pg_dump to its limit: try again when the box is less busy");
	*ret = take(r);
	return 0;
}

const char *relay_port(const struct relay *r)
{
	return r->port;
}

void relay_stop(struct relay **r)
{
	uint64_t one = 1;

	if (!*r)
		return;
	if ((*r)->errand && write((*r)->stop_fd, &one, sizeof(one)) < 0)
		abort(); /* an eventfd that takes no 1 */
	errand_done(&(*r)->errand);
	for (size_t i = 0; i < (*r)->pair_count; i++)
		pair_free((*r)->pairs[i]);
	cleanup_close(&(*r)->listener);
	cleanup_close(&(*r)->stop_fd);
	free(*r);
	*r = NULL;
}
