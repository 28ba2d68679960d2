/*
 * The URL of a source, taken apart. What it may say is who, where and which
 * database; how TLS is done and where the password comes from stand elsewhere,
 * so that nothing in it can weaken them.
 */
#ifndef DRILLBOX_MODEL_URL_H
#define DRILLBOX_MODEL_URL_H

#include "base/error.h"

#define URL_USER_DEFAULT "drillbox" /* the role the README tells people to make */
#define URL_PORT_DEFAULT "5432"

/* All text owned; 'host' begins with '/' for the folder of a Unix socket. */
struct url {
	char *host;
	char *port;
	char *database;
	char *user;
};

/*
 * postgresql://[user@]host[:port]/database, with host a name, an IPv4 address,
 * an IPv6 one in brackets, or a percent-encoded folder; host, port, user and
 * dbname may also stand as parameters. ERR_CONFIG for everything else; its text
 * never repeats a password.
 */
MUST_CHECK int url_parse(const char *text, struct url *ret, struct error *err);
void url_done(struct url *url);

/*
 * What to use instead of a libpq parameter that a source may not be given
 * ("sslmode", "password", "service"), in words that follow a colon; NULL for
 * one that this list does not know.
 */
const char *url_refused(const char *parameter);

#endif
