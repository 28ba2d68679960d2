#include "port/http.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "port/dial.h"
#include "port/http_answer.h"
#include "port/http_proxy.h"
#include "version.h"

#define PATIENCE_S 60
#define SLOWEST 1
#define HEAD_BYTES 16384	   /* read at a time until the head is there */
#define LEFT_OVER_CAP (64 << 10) /* of a body that nobody wants: more is not worth keeping the connection */
#define LEFT_OVER_MS 2000	   /* nor is one that takes longer to come */
#define BODY_TOGETHER 8192	   /* a body up to this goes out in one write with the head */

struct http {
	struct tls_files files; /* owned text */
	char *address;
	struct tls_identity *identity;
	struct tls_identity *stranger; /* the same without our certificate, for other hosts; made when it is needed */
	struct http_proxy *proxy;
	int64_t slowest;
	int64_t patience_ms;

	struct tls *tls;    /* NULL: not connected */
	char *host, *port;  /* to whom */
	bool as_stranger;
	bool used;	    /* it has given an answer before */

	struct answer answer;
	char head[HEAD_BYTES];
	size_t early_at, early_n; /* bytes of the body in 'head' that came with it */
	char *coding;	   /* what the body is encoded with although we asked for it as it is; NULL: nothing */

	bool clock_known;   /* of the two below */
	int64_t clock_there, clock_here;

	int64_t slow_ms;    /* time waited, and what came in it, since the pace was last found good */
	int64_t slow_bytes;
};

/* --- its life --- */

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

int http_new(const struct http_options *options, struct http **ret, struct error *err)
{
	CLEANUP(http_free) struct http *h = xcalloc(1, sizeof(*h));

	h->files = (struct tls_files){copy(options->tls.ca), copy(options->tls.client_cert), copy(options->tls.client_key),
				      copy(options->tls.pin)};
	h->address = copy(options->address);
	h->slowest = options->slowest > 0 ? options->slowest : SLOWEST;
	h->patience_ms = (int64_t)(options->patience_s > 0 ? options->patience_s : PATIENCE_S) * 1000;
	if (options->proxy && http_proxy_new(options->proxy, &h->proxy, err) < 0)
		return -1;
	if (tls_identity_new(&h->files, &h->identity, err) < 0)
		return -1;
	*ret = take(h);
	return 0;
}

static void hang_up(struct http *h)
{
	tls_close(&h->tls);
	set_text(&h->host, NULL);
	set_text(&h->port, NULL);
	h->used = false;
}

void http_free(struct http **http)
{
	struct http *h = *http;

	if (!h)
		return;
	hang_up(h);
	answer_done(&h->answer);
	http_proxy_free(&h->proxy);
	tls_identity_free(&h->identity);
	tls_identity_free(&h->stranger);
	free((char *)h->files.ca);
	free((char *)h->files.client_cert);
	free((char *)h->files.client_key);
	free((char *)h->files.pin);
	free(h->address);
	free(h->coding);
	free(h);
	*http = NULL;
}

const struct tls *http_connection(const struct http *http)
{
	return http->tls;
}

/* --- one question, as it is asked on its way through redirects --- */

struct question {
	const struct http_request *request;
	const struct web_url *url;
	bool elsewhere; /* another host and port than the first: neither our certificate nor what lets us in is for it */
};

static const char *method_of(const struct http_request *r)
{
	return r->method ? r->method : "GET";
}

static bool is_head(const struct http_request *r)
{
	return same(method_of(r), "HEAD");
}

/* Methods that may be sent twice without harm (RFC 9110, section 9.2.2). */
static bool may_be_repeated(const struct http_request *r)
{
	static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};

	for (size_t i = 0; i < COUNT(methods); i++)
		if (same(method_of(r), methods[i]))
			return true;
	return false;
}

static bool breaks_line(const char *s)
{
	return strpbrk(s, "\r\n") != NULL;
}

static int compose(const struct question *q, struct text *out, struct error *err)
{
	const struct http_request *r = q->request;
	autofree char *authority = web_url_authority(q->url);

	text_addf(out, "%s %s%s%s HTTP/1.1\r\n", method_of(r), q->url->path, q->url->query ? "?" : "",
		  q->url->query ? q->url->query : "");
	text_addf(out, "Host: %s\r\nUser-Agent: drillbox/" DRILLBOX_VERSION "\r\nAccept-Encoding: identity\r\n", authority);
	if (r->body || !may_be_repeated(r) || same(method_of(r), "PUT"))
		text_addf(out, "Content-Length: %zu\r\n", r->body ? r->body_n : 0);
	for (size_t i = 0; i < r->header_count; i++) {
		const struct http_header *h = &r->headers[i];

		if (breaks_line(h->name) || breaks_line(h->value))
			return fail(err, ERR_BUG, "the header '%s' holds a line end", h->name);
		if (h->harmless || !q->elsewhere)
			text_addf(out, "%s: %s\r\n", h->name, h->value);
	}
	text_add(out, "\r\n");
	return 0;
}

/* --- connecting --- */

static int identity_for(struct http *h, bool elsewhere, const struct tls_identity **ret, struct error *err)
{
	const struct tls_files files = {.ca = h->files.ca, .pin = h->files.pin};

	*ret = h->identity;
	if (!elsewhere || !h->files.client_cert)
		return 0;
	if (!h->stranger && tls_identity_new(&files, &h->stranger, err) < 0)
		return -1;
	*ret = h->stranger;
	return 0;
}

static int connect_to(struct http *h, const struct question *q, struct deadline deadline, struct error *err)
{
	const struct tls_identity *id;
	/* 'address' stands for the source's host, not for whatever that points to */
	const char *host = h->address && same(q->url->host, q->request->url->host) ? h->address : q->url->host;
	int fd, status;

	hang_up(h);
	deadline = deadline_in(deadline, h->patience_ms);
	if (identity_for(h, q->elsewhere, &id, err) < 0)
		return -1;
	status = h->proxy ? http_proxy_dial(h->proxy, host, q->url->port, deadline, &fd, err)
			  : dial(host, q->url->port, deadline, &fd, err);
	if (status < 0 || tls_open(id, fd, q->url->host, deadline, &h->tls, err) < 0)
		return -1;
	set_text(&h->host, q->url->host);
	set_text(&h->port, q->url->port);
	h->as_stranger = q->elsewhere;
	return 0;
}

static bool is_connected(const struct http *h, const struct question *q)
{
	return h->tls && same(h->host, q->url->host) && same(h->port, q->url->port) && h->as_stranger == q->elsewhere;
}

/* --- asking --- */

static int send_question(struct http *h, const struct question *q, struct deadline deadline, struct error *err)
{
	const struct http_request *r = q->request;
	CLEANUP(text_done) struct text head = {0};

	int status;

	if (compose(q, &head, err) < 0)
		return -1;
	deadline = deadline_in(deadline, h->patience_ms);
	if (r->body && r->body_n <= BODY_TOGETHER)
		text_add_bytes(&head, r->body, r->body_n);
	status = tls_write(h->tls, head.data, head.length, deadline, err);
	explicit_bzero(head.data, head.length);
	if (status < 0)
		return -1;
	return r->body && r->body_n > BODY_TOGETHER ? tls_write(h->tls, r->body, r->body_n, deadline, err) : 0;
}

/* *ret_silent: the connection ended before a single byte of an answer. */
static int read_head(struct http *h, const struct question *q, struct deadline deadline, bool *ret_silent, struct error *err)
{
	struct deadline patience = deadline_in(deadline, h->patience_ms);
	bool first = true;
	size_t n;

	answer_start(&h->answer, is_head(q->request) ? ANSWER_TO_HEAD : ANSWER_TO_ANY);
	h->early_at = h->early_n = 0;
	while (!h->answer.begun) {
		if (tls_read(h->tls, h->head, sizeof(h->head), patience, &n, err) < 0) {
			*ret_silent = first && err->kind == ERR_NETWORK;
			return -1;
		}
		if (n == 0) {
			*ret_silent = first;
			return fail(err, ERR_NETWORK, "'%s' ended the connection %s", q->url->host,
				    first ? "without an answer: see its log" : "in the middle of its answer's headers: try again");
		}
		if (first)
			patience = deadline_in(deadline, h->patience_ms);
		first = false;
		if (answer_take(&h->answer, h->head, n, &h->early_n, err) < 0)
			return fail_within(err, "'%s'", q->url->host);
	}
	return 0;
}

static int ask_on(struct http *h, const struct question *q, struct deadline deadline, bool *ret_silent, struct error *err)
{
	*ret_silent = false;
	if (send_question(h, q, deadline, err) < 0) {
		/* a server that has gone away meanwhile takes no question either */
		*ret_silent = err->kind == ERR_NETWORK;
		return -1;
	}
	return read_head(h, q, deadline, ret_silent, err);
}

/*
 * An old connection is good only for what may be asked twice: whether the server
 * still listens shows too late. What it has said unasked is no answer to this.
 */
static int ask_once(struct http *h, const struct question *q, struct deadline deadline, struct error *err)
{
	bool reused = is_connected(h, q) && may_be_repeated(q->request) && tls_is_quiet(h->tls), silent = false;
	int status;

	if (!reused && connect_to(h, q, deadline, err) < 0)
		return -1;
	status = ask_on(h, q, deadline, &silent, err);
	if (status < 0 && reused && h->used && silent) {
		if (connect_to(h, q, deadline, err) < 0)
			return -1;
		status = ask_on(h, q, deadline, &silent, err);
	}
	if (status < 0)
		hang_up(h);
	h->used = status == 0;
	return status;
}

/* --- the rest of an answer that nobody reads --- */

/* Read past a short one, so that the connection can be used again; else it is not worth it. */
static void drop_answer(struct http *h, struct deadline deadline)
{
	struct answer *a = &h->answer;
	struct error ignored;
	size_t n, came = 0;

	deadline = deadline_in(deadline, LEFT_OVER_MS);
	if (!h->tls)
		return;
	h->early_n = 0;
	while (a->begun && !a->complete && !a->until_close && a->length <= LEFT_OVER_CAP && came <= LEFT_OVER_CAP) {
		if (tls_read(h->tls, h->head, sizeof(h->head), deadline, &n, &ignored) < 0 || n == 0)
			break;
		came += n;
		if (answer_take(a, h->head, n, &n, &ignored) < 0)
			break;
	}
	if (!a->complete || !a->lasting || a->surplus)
		hang_up(h);
}

/* --- redirects --- */

static bool is_redirect(const struct http *h, const struct http_request *r)
{
	static const int statuses[] = {301, 302, 303, 307, 308};

	if (r->no_redirects || !(same(method_of(r), "GET") || is_head(r)))
		return false;
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (h->answer.status == statuses[i])
			return true;
	return false;
}

static const char *header_of(const struct answer *a, const char *name)
{
	for (size_t i = 0; i < a->names.count; i++)
		if (same(a->names.items[i], name))
			return a->values.items[i];
	return NULL;
}

/* The next URL, which has not been asked before. */
static int follow(const struct web_url *from, const char *location, struct strings *seen, struct web_url *ret, struct error *err)
{
	CLEANUP(web_url_done) struct web_url to = {0};
	autofree char *here = web_url_shown(from), *there = NULL, *whole = NULL;

	strings_add_owned(seen, web_url_text(from));
	if (web_url_resolve(from, location, &to, err) < 0)
		return fail_within(err, "'%s' points elsewhere", here);
	whole = web_url_text(&to);
	there = web_url_shown(&to);
	if (strings_have(seen, whole))
		return fail(err, ERR_DATA, "'%s' points to '%s' and so in a circle: give the URL of the file itself", here, there);
	if (seen->count > HTTP_REDIRECTS)
		return fail(err, ERR_DATA, "'%s' points on to '%s', after %d others: give the URL of the file itself", here, there,
			    HTTP_REDIRECTS);
	*ret = to;
	to = (struct web_url){0};
	return 0;
}

/* A cache says when it got the answer, which may be long ago. */
static void note_clock(struct http *h, const struct answer *a)
{
	const char *date = header_of(a, "date");
	int64_t there = date ? http_time(date) : TIME_UNKNOWN;

	if (there == TIME_UNKNOWN || header_of(a, "age"))
		return;
	h->clock_known = true;
	h->clock_there = there;
	h->clock_here = clock_wall();
}

bool http_clock(const struct http *http, int64_t *ret_there, int64_t *ret_here)
{
	*ret_there = http->clock_there;
	*ret_here = http->clock_here;
	return http->clock_known;
}

static void hand_over(struct http *h, struct web_url *url, struct http_reply *ret)
{
	struct answer *a = &h->answer;

	note_clock(h, a);
	*ret = (struct http_reply){.status = a->status, .length = a->length, .url = *url, .names = a->names, .values = a->values};
	*url = (struct web_url){0};
	a->names = a->values = (struct strings){0};
	set_text(&h->coding, ret->status == 200 || ret->status == 206 ? http_coding(ret) : NULL);
	h->slow_ms = h->slow_bytes = 0;
}

int http_ask(struct http *http, const struct http_request *request, struct deadline deadline, struct http_reply *ret,
	     struct error *err)
{
	CLEANUP(web_url_done) struct web_url url = web_url_copy(request->url);
	CLEANUP(strings_done) struct strings seen = {0};
	struct question q = {.request = request, .url = &url};

	for (;;) {
		const char *location;
		struct web_url next;

		drop_answer(http, deadline);
		answer_done(&http->answer);
		if (ask_once(http, &q, deadline, err) < 0)
			return -1;
		location = is_redirect(http, request) ? header_of(&http->answer, "location") : NULL;
		if (!location) {
			hand_over(http, &url, ret);
			return 0;
		}
		if (follow(&url, location, &seen, &next, err) < 0)
			return -1;
		web_url_done(&url);
		url = next;
		/* who has pointed us to a stranger once is not trusted to bring us back */
		q.elsewhere = q.elsewhere || !web_url_same_origin(&url, request->url);
	}
}

/* --- the body --- */

static int explain_short(const struct http *h, struct error *err)
{
	const struct answer *a = &h->answer;
	char came[UNIT_TEXT], all[UNIT_TEXT];

	if (a->length >= 0)
		return fail(err, ERR_NETWORK, "'%s' ended the connection after %s of %s: try again", h->host,
			    human_bytes(a->body_bytes, came), human_bytes(a->length, all));
	return fail(err, ERR_NETWORK, "'%s' ended the connection after %s, before the last chunk: try again", h->host,
		    human_bytes(a->body_bytes, came));
}

/*
 * Only the time that we wait for the server counts: a caller may take as long as it likes. Each time so much has
 * come as is asked for over the whole of our patience, patience begins anew.
 */
static int keep_pace(struct http *h, int64_t waited_ms, size_t came, struct error *err)
{
	char pace[UNIT_TEXT], least[UNIT_TEXT];

	h->slow_ms += waited_ms;
	h->slow_bytes += (int64_t)came;
	if (h->slow_bytes >= h->slowest * h->patience_ms / 1000) {
		h->slow_ms = h->slow_bytes = 0;
		return 0;
	}
	if (h->slow_ms < h->patience_ms)
		return 0;
	return fail(err, ERR_TIMEOUT, "what comes from '%s' is too slow: %s a second over %d s, and at least %s are asked for",
		    h->host, human_bytes(h->slow_bytes * 1000 / h->slow_ms, pace), (int)(h->slow_ms / 1000),
		    human_bytes(h->slowest, least));
}

static int read_some(struct http *h, char *buf, size_t n, struct deadline deadline, size_t *ret_n, struct error *err)
{
	struct deadline patience = deadline_in(deadline, h->patience_ms - h->slow_ms);
	int64_t began = clock_mono_ms();
	size_t came = 0;
	int status = tls_read(h->tls, buf, n, patience, &came, err);
	bool ours = status < 0 && err->kind == ERR_TIMEOUT && deadline_left(deadline) != 0;

	if (status < 0 && !ours)
		return fail_within(err, "after %" PRId64 " bytes", h->answer.body_bytes);
	if (status == 0 && came == 0)
		return explain_short(h, err);
	if (status == 0 && answer_take(&h->answer, buf, came, ret_n, err) < 0)
		return fail_within(err, "'%s'", h->host);
	if (ours)
		*ret_n = 0;
	return keep_pace(h, clock_mono_ms() - began, *ret_n, err);
}

static size_t take_early(struct http *h, char *buf, size_t n)
{
	if (n > h->early_n)
		n = h->early_n;
	memcpy(buf, h->head + h->early_at, n);
	h->early_at += n;
	h->early_n -= n;
	return n;
}

int http_read(struct http *http, void *buf, size_t n, struct deadline deadline, size_t *ret_n, struct error *err)
{
	size_t came = 0;

	if (!http->answer.begun)
		return fail(err, ERR_BUG, "a body is read that nobody asked for");
	if (http->answer.until_close)
		return fail(err, ERR_NETWORK,
			    "'%s' does not say how long its answer is, so nobody could tell whether it is whole: have "
			    "it send a Content-Length",
			    http->host);
	if (http->coding)
		return fail(err, ERR_DATA,
			    "'%s' sends it encoded (%s) although it was asked for as it is: switch that off there for "
			    "dumps",
			    http->host, http->coding);
	if (http->early_n > 0)
		came = take_early(http, buf, n);
	while (came == 0 && !http->answer.complete) {
		if (!http->tls)
			return fail(err, ERR_BUG, "a body is read on after it has failed");
		if (read_some(http, buf, n, deadline, &came, err) < 0) {
			hang_up(http);
			return -1;
		}
	}
	*ret_n = came;
	return 0;
}

int http_read_all(struct http *http, size_t cap, struct deadline deadline, char **ret_bytes, size_t *ret_n, struct error *err)
{
	CLEANUP(text_done) struct text all = {0};
	char piece[HEAD_BYTES];
	size_t n = 0;

	do {
		if (http_read(http, piece, sizeof(piece), deadline, &n, err) < 0)
			return -1;
		if (n > cap - all.length)
			return fail(err, ERR_DATA, "'%s' sends more than the %zu bytes that this may have", http->host, cap);
		text_add_bytes(&all, piece, n);
	} while (n > 0);
	*ret_n = all.length;
	*ret_bytes = text_take(&all);
	return 0;
}
