/*
 * An https URL, taken apart (RFC 3986, sections 3 and 5). No other scheme is
 * known: there is no way to have bytes come unencrypted.
 */
#ifndef DRILLBOX_MODEL_WEB_URL_H
#define DRILLBOX_MODEL_WEB_URL_H

#include <stdbool.h>

#include "base/error.h"

#define WEB_URL_CAP 4096 /* bytes of a URL at most */

/* All text owned. Zero-initialised is none. */
struct web_url {
	char *host; /* a name in lower case, or an address; an IPv6 one without its brackets */
	char *port; /* "443" unless given */
	char *path; /* as written, percent-encoded, dot segments removed; begins with '/', without query or fragment */
	char *query; /* as written, without the '?'; NULL: none */
};

/*
 * https://host[:port][/path][?query]. ERR_CONFIG for everything else: another
 * scheme, user or password inside (the sentence says where they go, and never
 * repeats them), bytes that a URL cannot hold. A fragment is left out.
 */
MUST_CHECK int web_url_parse(const char *text, struct web_url *ret, struct error *err);

/*
 * A reference as a page or a Location header holds it, taken relative to 'base'
 * (RFC 3986, section 5.2). ERR_DATA where that is no https URL.
 */
MUST_CHECK int web_url_resolve(const struct web_url *base, const char *reference, struct web_url *ret, struct error *err);

/* "https://host:port/path?query" with what is usual left out. Owned by the caller. */
char *web_url_text(const struct web_url *url);

/* The same for people and logs: without the query, which may be a key to the place. Owned by the caller. */
char *web_url_shown(const struct web_url *url);

/* What the Host header says: host, and the port unless it is 443. Owned by the caller. */
char *web_url_authority(const struct web_url *url);

/* Whether both name the same host and port: credentials go to no other. */
bool web_url_same_origin(const struct web_url *a, const struct web_url *b);

/* The last part of the path, percent-decoded; "" for a folder, or for one that could be no file's name. Owned by the caller. */
char *web_url_file(const struct web_url *url);

struct web_url web_url_copy(const struct web_url *url);
void web_url_done(struct web_url *url);

#endif
