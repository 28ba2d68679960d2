#include "port/http_proxy.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "port/dial.h"
#include "port/http_answer.h"
#include "version.h"

#define PROXY_SCHEME "http://"

struct http_proxy {
	char *host, *port;
	char *login; /* the header that logs in; NULL: none */
};

/* Undo %XX; false for what is no such text, or holds a control character or a ':' in the name's place. */
static bool decode(const char *from, size_t n, struct text *to)
{
	for (size_t i = 0; i < n; i++) {
		char c = from[i];

		if (c == '%') {
			int byte = percent_byte(from + i, n - i);

			if (byte < 0)
				return false;
			c = (char)byte;
			i += 2;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return false;
		text_add_bytes(to, &c, 1);
	}
	return true;
}

/* "user:password" to the header's value. */
static int take_login(struct http_proxy *p, const char *from, size_t n, struct error *err)
{
	CLEANUP(text_done) struct text plain = {0};
	const char *colon = memchr(from, ':', n);
	size_t user = colon ? (size_t)(colon - from) : n;
	autofree char *coded = NULL;
	bool good;

	good = decode(from, user, &plain) && !(plain.data && strchr(plain.data, ':'));
	text_add(&plain, ":");
	good = good && (!colon || decode(colon + 1, n - user - 1, &plain));
	if (!good)
		return fail(err, ERR_CONFIG, "user or password in 'proxy' cannot be sent: write a '%%' as %%25, an '@' as %%40, a "
			    "'/' as %%2F");
	coded = base64_encode((const unsigned char *)plain.data, plain.length);
	explicit_bzero(plain.data, plain.length);
	p->login = format("Proxy-Authorization: Basic %s\r\n", coded);
	return 0;
}

static bool is_host(const char *host)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:";

	return *host && strlen(host) <= 253 && strspn(host, plain) == strlen(host);
}

static int take_place(struct http_proxy *p, const char *from, struct error *err)
{
	size_t n = strcspn(from, "/?#");
	bool bracketed = *from == '[';
	const char *close = bracketed ? memchr(from, ']', n) : NULL;
	const char *colon = bracketed ? (close ? close + 1 : NULL) : memchr(from, ':', n);
	int64_t port;

	if (colon && *colon == ':' && (from[n] == '\0' || same(from + n, "/"))) {
		p->host = bracketed ? xstrndup(from + 1, (size_t)(close - from - 1)) : xstrndup(from, (size_t)(colon - from));
		p->port = xstrndup(colon + 1, (size_t)(from + n - colon - 1));
	}
	if (!p->port || !is_host(p->host) || !parse_int(p->port, 1, 65535, &port))
		return fail(err, ERR_CONFIG, "'proxy' names no host and port: write http://proxy.example.com:3128");
	return 0;
}

int http_proxy_new(const char *url, struct http_proxy **ret, struct error *err)
{
	CLEANUP(http_proxy_free) struct http_proxy *p = xcalloc(1, sizeof(*p));
	const char *place = url + strlen(PROXY_SCHEME), *at;

	if (!starts_with(url, PROXY_SCHEME))
		return fail(err, ERR_CONFIG, "'proxy' does not begin with " PROXY_SCHEME ": write http://proxy.example.com:3128 "
			    "(what goes through it is TLS to the server all the same)");
	at = memrchr(place, '@', strcspn(place, "/?#"));
	if (at && take_login(p, place, (size_t)(at - place), err) < 0)
		return -1;
	if (take_place(p, at ? at + 1 : place, err) < 0)
		return -1;
	*ret = take(p);
	return 0;
}

void http_proxy_free(struct http_proxy **proxy)
{
	struct http_proxy *p = *proxy;

	if (!p)
		return;
	free(p->host);
	free(p->port);
	if (p->login)
		explicit_bzero(p->login, strlen(p->login));
	free(p->login);
	free(p);
	*proxy = NULL;
}

/* --- CONNECT --- */

static int send_all(const struct http_proxy *p, int fd, const char *text, struct deadline deadline, struct error *err)
{
	for (size_t n = strlen(text); n > 0;) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (dial_wait(fd, POLLOUT, deadline, p->host, err) < 0)
				return -1;
			continue;
		}
		if (sent < 0)
			return fail(err, ERR_NETWORK, "the proxy '%s' cut the connection off (%m): see its log", p->host);
		text += sent;
		n -= (size_t)sent;
	}
	return 0;
}

static int receive_some(const struct http_proxy *p, int fd, char *buf, size_t cap, struct deadline deadline, size_t *ret_n,
			struct error *err)
{
	for (;;) {
		ssize_t came = recv(fd, buf, cap, 0);

		if (came > 0) {
			*ret_n = (size_t)came;
			return 0;
		}
		if (came == 0)
			return fail(err, ERR_NETWORK, "the proxy '%s' ended the connection without an answer: see its log",
				    p->host);
		if (errno != EAGAIN && errno != EINTR)
			return fail(err, ERR_NETWORK, "the proxy '%s' cut the connection off (%m): see its log", p->host);
		if (dial_wait(fd, POLLIN, deadline, p->host, err) < 0)
			return -1;
	}
}

static int read_answer(const struct http_proxy *p, int fd, struct deadline deadline, struct answer *a, struct error *err)
{
	char buf[4096];
	size_t n = 0, body;

	answer_start(a, ANSWER_TO_CONNECT);
	while (!a->complete) {
		if (receive_some(p, fd, buf, sizeof(buf), deadline, &n, err) < 0)
			return -1;
		if (answer_take(a, buf, n, &body, err) < 0)
			return fail_within(err, "the proxy '%s'", p->host);
	}
	return 0;
}

static int explain_status(const struct http_proxy *p, int status, const char *where, struct error *err)
{
	if (status == 407)
		return fail(err, ERR_REFUSED, "the proxy '%s' %s (407): write them into 'proxy', as in "
			    "http://user:password@%s:%s", p->host,
			    p->login ? "refused the user and password" : "wants a user and a password", p->host, p->port);
	if (status == 403 || status == 405)
		return fail(err, ERR_REFUSED, "the proxy '%s' does not let us through to %s (%d): allow that there", p->host, where,
			    status);
	return fail(err, ERR_NETWORK, "the proxy '%s' could not reach %s (%d): see host and port, and the proxy's log", p->host,
		    where, status);
}

int http_proxy_dial(const struct http_proxy *proxy, const char *host, const char *port, struct deadline deadline, int *ret_fd,
		    struct error *err)
{
	autoclose int fd = -1;
	CLEANUP(answer_done) struct answer a = {0};
	const char *open = strchr(host, ':') ? "[" : "", *close = *open ? "]" : "";
	autofree char *where = format("%s%s%s:%s", open, host, close, port), *ask = NULL;
	int status;

	if (dial(proxy->host, proxy->port, deadline, &fd, err) < 0)
		return fail_within(err, "the proxy");
	ask = format("CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: drillbox/" DRILLBOX_VERSION "\r\n%s\r\n", where, where,
		     proxy->login ? proxy->login : "");
	status = send_all(proxy, fd, ask, deadline, err);
	explicit_bzero(ask, strlen(ask));
	if (status < 0 || read_answer(proxy, fd, deadline, &a, err) < 0)
		return -1;
	if (a.status < 200 || a.status > 299)
		return explain_status(proxy, a.status, where, err);
	if (a.surplus)
		return fail(err, ERR_DATA, "the proxy '%s' sent more than its answer: something answers in the server's stead",
			    proxy->host);
	*ret_fd = take_fd(&fd);
	return 0;
}
