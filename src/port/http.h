/*
 * HTTP/1.1 over TLS as a client (RFC 9110, RFC 9112), answers parsed by llhttp.
 * One connection at a time, kept alive between requests to the same host;
 * straight-line and blocking, everything under a deadline.
 *
 *     CLEANUP(http_free) struct http *http = NULL;
 *     CLEANUP(http_reply_done) struct http_reply reply = {0};
 *     if (http_new(&(struct http_options){.tls = {.ca = ca}}, &http, err) < 0 ||
 *         http_ask(http, &(struct http_request){.url = &url}, deadline, &reply, err) < 0)
 *             return -1;
 *     while ((status = http_read(http, buf, sizeof(buf), deadline, &n, err)) == 0 && n > 0)
 *             ...
 *
 * A body is whole only by its Content-Length or its last chunk: one that is
 * ended by the connection's end alone, or before that, is ERR_NETWORK.
 */
#ifndef DRILLBOX_PORT_HTTP_H
#define DRILLBOX_PORT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "model/web_url.h"
#include "port/tls.h"

#define HTTP_HEADERS_CAP 65536 /* bytes of an answer's status line and headers, and of a body's trailers */
#define HTTP_REDIRECTS 5

struct http_options {
	struct tls_files tls;
	const char *address;	 /* dialled instead of a URL's host, whose name is still what is verified; NULL: the host */
	/* "http://[user:password@]host:port", asked to CONNECT; NULL: none. The environment is not looked at */
	const char *proxy;
	/*
	 * bytes a second: a body that stays slower for 'patience_s' is given up (ERR_TIMEOUT); only
	 * the time in http_read() counts; 0: 1
	 */
	int64_t slowest;
	int patience_s;		 /* 0: 60. A connection, a question and an answer's first byte get as long */
};

struct http;

/* Nothing is connected yet. ERR_LACKING, ERR_CONFIG as tls_identity_new() and for a proxy that is none. */
MUST_CHECK int http_new(const struct http_options *options, struct http **ret, struct error *err);
void http_free(struct http **http);

struct http_header {
	const char *name;
	const char *value; /* without line ends: one that has any is ERR_BUG */
	bool harmless;	   /* no credential, so that a redirect to another host goes with it; all others stay here */
};

struct http_request {
	const char *method;	/* NULL: GET */
	const struct web_url *url;
	const struct http_header *headers; /* beside Host, User-Agent, Accept-Encoding: identity and Content-Length */
	size_t header_count;
	const char *body;
	size_t body_n;
	bool no_redirects;	/* 3xx is an answer like any other */
};

/* An answer's beginning. All text owned. */
struct http_reply {
	int status;
	int64_t length;		/* of the body to come (after HEAD: of the one that is left out); -1: not known (chunked) */
	struct web_url url;	/* what answered, after redirects */
	struct strings names;	/* headers, in lower case ... */
	struct strings values;	/* ... and what they say, trimmed */
};

/*
 * Ask, follow redirects (GET and HEAD only, at most HTTP_REDIRECTS, https only), and take in the answer up to its body.
 * Whatever was left of the answer before is dropped. A connection kept alive that
 * turns out to have been closed meanwhile is made anew, once. Any status is an
 * answer: what it means is for the caller, or for http_refusal(). ERR_DATA: no
 * HTTP, headers beyond the cap, a redirect out of https or in a circle.
 */
MUST_CHECK int http_ask(struct http *http, const struct http_request *request, struct deadline deadline,
			struct http_reply *ret, struct error *err);

/* A header's value; the first of several. NULL: not there. 'name' in lower case. */
const char *http_header(const struct http_reply *reply, const char *name);

/* What the body is encoded with, although it is asked for as it is; NULL: nothing. Such a one http_read() refuses. */
const char *http_coding(const struct http_reply *reply);

/* More of the body: at least one byte; 0 bytes: that was all, and it was whole. */
MUST_CHECK int http_read(struct http *http, void *buf, size_t n, struct deadline deadline, size_t *ret_n,
			 struct error *err);

/* All of a small body, a NUL behind it. ERR_DATA above 'cap' bytes. */
MUST_CHECK int http_read_all(struct http *http, size_t cap, struct deadline deadline, char **ret_bytes, size_t *ret_n,
			     struct error *err);

/*
 * A status that is no success as an error: 401, 403, 407 ERR_REFUSED; 404, 410 ERR_NOTHING;
 * 408, 429, 5xx ERR_NETWORK (to be tried again; the sentence says when the server wants
 * it, by Retry-After); others ERR_SOURCE. 'what' is what was asked for. Returns -1.
 */
int http_refusal(const struct http_reply *reply, const char *what, struct error *err);

/* Seconds that the server asks to wait (Retry-After, RFC 9110 section 10.2.3, both forms), at most a day; -1: it does not. */
int64_t http_retry_after(const struct http_reply *reply);

/* The time in a header (RFC 9110, section 5.6.7, all three forms); TIME_UNKNOWN: it is none. */
int64_t http_time(const char *text);

/*
 * What the server's clock said in the last answer that was made for us (Date, and no Age: not from
 * a cache), and ours as it came, in seconds since 1970; false: in none yet.
 */
bool http_clock(const struct http *http, int64_t *ret_there, int64_t *ret_here);

/* The connection as it stands, for doctor; NULL: there is none. */
const struct tls *http_connection(const struct http *http);

void http_reply_done(struct http_reply *reply);

#endif
