/* A way through an HTTP proxy: CONNECT (RFC 9110, section 9.3.6). Used by port/http.c. */
#ifndef DRILLBOX_PORT_HTTP_PROXY_H
#define DRILLBOX_PORT_HTTP_PROXY_H

#include "base/clock.h"
#include "base/error.h"

struct http_proxy;

/* "http://[user:password@]host:port". ERR_CONFIG, never repeating the password, for what is none. */
MUST_CHECK int http_proxy_new(const char *url, struct http_proxy **ret, struct error *err);
void http_proxy_free(struct http_proxy **proxy);

/*
 * A connection to 'host' through the proxy, as dial() gives one. ERR_REFUSED: the
 * proxy wants a login or does not let us through; ERR_NETWORK.
 */
MUST_CHECK int http_proxy_dial(const struct http_proxy *proxy, const char *host, const char *port, struct deadline deadline,
			       int *ret_fd, struct error *err);

#endif
