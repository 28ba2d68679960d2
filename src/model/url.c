#include "model/url.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LONGEST_NAME 63 /* bytes of a database or role name in PostgreSQL */
#define LONGEST_HOST 253
#define LONGEST_SOCKET 90 /* a socket's address holds 107 bytes, its file name needs some */

const char *url_refused(const char *parameter)
{
	static const struct {
		const char *pattern; /* the first that matches counts */
		const char *instead;
	} refused[] = {
		{"password", "put the password in a file of mode 0600 and name that with 'password-file'"},
		{"passfile", "name a file that holds nothing but the password with 'password-file'"},
		{"sslpassword", "use a key without a passphrase, in a file of mode 0600"},
		{"sslrootcert", "name the certificates to trust with 'ca'"},
		{"sslcert", "name the certificate with 'client-cert'"},
		{"sslkey", "name the key with 'client-key'"},
		{"ssl*", "TLS is always verified in full and has no switch; leave it out"},
		{"requiressl", "TLS is always verified in full and has no switch; leave it out"},
		{"gss*", "connections are made with TLS only; leave it out"},
		{"krb*", "connections are made with TLS only; leave it out"},
		{"channel_binding", "the box settles how a login is protected; leave it out"},
		{"require_auth", "the box settles how a login is protected; leave it out"},
		{"require_peer", "the box settles how a login is protected; leave it out"},
		{"requirepeer", "the box settles how a login is protected; leave it out"},
		{"scram_*", "the box settles how a login is protected; leave it out"},
		{"oauth_*", "the box logs in with a password or a client certificate; leave it out"},
		{"service", "write the address out in 'url'"},
		{"servicefile", "write the address out in 'url'"},
		{"sysconfdir", "write the address out in 'url'"},
		{"hostaddr", "name what is to be dialled with 'address'"},
		{"options", "the box sets what its sessions need by itself; leave it out"},
		{"target_session_attrs", "name the one server to dump in 'url'; leave it out"},
		{"load_balance_hosts", "name the one server to dump in 'url'; leave it out"},
		{"connect_timeout", "'[pull] timeout' ends a pull; leave it out"},
	};

	for (size_t i = 0; i < COUNT(refused); i++)
		if (fnmatch(refused[i].pattern, parameter, FNM_CASEFOLD) == 0)
			return refused[i].instead;
	return NULL;
}

/* Undo %XX in a part of a URL. 'what' is named in errors. */
static int decode(const char *what, const char *from, size_t n, char **ret, struct error *err)
{
	CLEANUP(text_done) struct text t = {0};

	for (size_t i = 0; i < n; i++) {
		char c = from[i];

		if (c == '%') {
			int byte = percent_byte(from + i, n - i);

			if (byte < 0)
				return fail(err, ERR_CONFIG,
					    "a '%%' in the %s of the URL is not followed by two hexadecimal digits: write a "
					    "'%%' itself as %%25", what);
			c = (char)byte;
			i += 2;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return fail(err, ERR_CONFIG, "the %s of the URL holds a control character: take it out", what);
		text_add_bytes(&t, &c, 1);
	}
	free(*ret);
	*ret = text_take(&t);
	return 0;
}

static int take_userinfo(struct url *u, const char *from, size_t n, struct error *err)
{
	if (memchr(from, ':', n))
		return fail(err, ERR_CONFIG, "the URL holds a password: %s", url_refused("password"));
	if (memchr(from, '@', n))
		return fail(err, ERR_CONFIG, "the URL holds two '@': write one that belongs to the user's name as %%40");
	return decode("user", from, n, &u->user, err);
}

/* "host", "host:port", "[::1]:port", ":port" */
static int take_host(struct url *u, const char *from, size_t n, struct error *err)
{
	const char *end = from + n, *colon, *bracket;

	if (memchr(from, ',', n))
		return fail(err, ERR_CONFIG, "the URL names several hosts: a source is one server, so name the one to dump");
	if (n && *from == '[') {
		bracket = memchr(from, ']', n);
		if (!bracket || (bracket + 1 < end && bracket[1] != ':'))
			return fail(err, ERR_CONFIG, "the brackets around an IPv6 address in the URL do not close: write "
				    "postgresql://user@[2001:db8::1]:5432/database");
		colon = bracket + 1 < end ? bracket + 1 : NULL;
		free(u->host);
		u->host = xstrndup(from + 1, (size_t)(bracket - from - 1));
		if (inet_pton(AF_INET6, u->host, &(struct in6_addr){0}) != 1)
			return fail(err, ERR_CONFIG, "'%s' in the brackets of the URL is no IPv6 address", u->host);
	} else {
		colon = memchr(from, ':', n);
		if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
			return fail(err, ERR_CONFIG, "the host of the URL holds several ':': write an IPv6 address in brackets");
		if (decode("host", from, (size_t)((colon ? colon : end) - from), &u->host, err) < 0)
			return -1;
	}
	if (colon && colon + 1 < end)
		return decode("port", colon + 1, (size_t)(end - colon - 1), &u->port, err);
	return 0;
}

static char **slot_of(struct url *u, const char *parameter)
{
	if (same(parameter, "host"))
		return &u->host;
	if (same(parameter, "port"))
		return &u->port;
	if (same(parameter, "user"))
		return &u->user;
	return same(parameter, "dbname") ? &u->database : NULL;
}

static int unknown_parameter(const char *name, struct error *err)
{
	static const char *const taken[] = {"host", "port", "user", "dbname", NULL};
	const char *instead = url_refused(name), *near = nearest_name(name, taken);
	autofree char *shown = printable(name, false);

	if (instead)
		return fail(err, ERR_CONFIG, "the URL may not set '%s': %s", shown, instead);
	return fail(err, ERR_CONFIG, "the URL may not set '%s': %s%s%s", shown, near ? "did you mean '" : "",
		    near ? near : "only host, port, user and dbname can stand there", near ? "'?" : "");
}

/* One "name=value" of the part after '?'. */
static int take_parameter(struct url *u, const char *from, size_t n, struct error *err)
{
	const char *equals = memchr(from, '=', n);
	autofree char *name = NULL;
	char **slot;

	if (!equals)
		return fail(err, ERR_CONFIG, "a parameter of the URL has no '=': write ?name=value");
	if (decode("parameter", from, (size_t)(equals - from), &name, err) < 0)
		return -1;
	slot = slot_of(u, name);
	if (!slot)
		return unknown_parameter(name, err);
	if (*slot && **slot)
		return fail(err, ERR_CONFIG, "the URL gives '%s' twice: leave one out", name);
	return decode(name, equals + 1, (size_t)(from + n - equals - 1), slot, err);
}

static int take_parameters(struct url *u, const char *from, struct error *err)
{
	while (*from) {
		size_t n = strcspn(from, "&");

		if (take_parameter(u, from, n, err) < 0)
			return -1;
		from += n + (from[n] == '&');
	}
	return 0;
}

static int check_host(const char *host, struct error *err)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";

	if (host[0] == '/') {
		if (strlen(host) > LONGEST_SOCKET)
			return fail(err, ERR_CONFIG, "the folder of the Unix socket has more than %d bytes, which no socket's "
				    "address can hold", LONGEST_SOCKET);
		return 0;
	}
	if (strchr(host, ','))
		return fail(err, ERR_CONFIG, "the URL names several hosts: a source is one server, so name the one to dump");
	if (inet_pton(AF_INET6, host, &(struct in6_addr){0}) == 1)
		return 0;
	if (strspn(host, plain) != strlen(host) || host[0] == '-' || host[0] == '.' || strlen(host) > LONGEST_HOST) {
		autofree char *shown = printable(host, false);

		return fail(err, ERR_CONFIG, "'%s' is no host: write a name, an address, or the folder of a Unix socket "
			    "with each '/' as %%2F", shown);
	}
	return 0;
}

static int check(struct url *u, struct error *err)
{
	int64_t port;

	if (!u->host || !u->host[0])
		return fail(err, ERR_CONFIG, "the URL names no host: write postgresql://user@host:5432/database");
	if (check_host(u->host, err) < 0)
		return -1;
	if (!u->port || !u->port[0])
		set_text(&u->port, URL_PORT_DEFAULT);
	if (!parse_int(u->port, 1, 65535, &port) || u->port[0] == '0') {
		autofree char *shown = printable(u->port, false);

		return fail(err, ERR_CONFIG, "port '%s' of the URL is not a number from 1 to 65535", shown);
	}
	if (!u->database || !u->database[0])
		return fail(err, ERR_CONFIG, "the URL names no database: write postgresql://user@host:5432/database");
	if (!u->user || !u->user[0])
		set_text(&u->user, URL_USER_DEFAULT);
	if (strlen(u->database) > LONGEST_NAME || strlen(u->user) > LONGEST_NAME)
		return fail(err, ERR_CONFIG, "the %s of the URL has more than %d bytes, which PostgreSQL cuts off: correct it",
			    strlen(u->database) > LONGEST_NAME ? "database" : "user", LONGEST_NAME);
	return 0;
}

static const char *after_scheme(const char *text)
{
	static const char *const schemes[] = {"postgresql://", "postgres://"};

	for (size_t i = 0; i < COUNT(schemes); i++)
		if (starts_with(text, schemes[i]))
			return text + strlen(schemes[i]);
	return NULL;
}

static int take_apart(struct url *u, const char *text, struct error *err)
{
	const char *authority = after_scheme(text), *at, *path;
	size_t n;

	if (!authority)
		return fail(err, ERR_CONFIG, "the URL does not begin with postgresql://: write "
			    "postgresql://user@host:5432/database");
	n = strcspn(authority, "/?");
	path = authority + n;
	at = memrchr(authority, '@', n);
	/* a password with a '/' or '?' in it looks like this; so does a database with an '@', which can be written otherwise */
	if (!at && strchr(path, '@') && memchr(authority, ':', n))
		return fail(err, ERR_CONFIG, "the URL holds a password: %s (or else an '@' of the database's name: write it "
			    "as %%40)", url_refused("password"));
	if (at && take_userinfo(u, authority, (size_t)(at - authority), err) < 0)
		return -1;
	if (at)
		n -= (size_t)(at + 1 - authority);
	if (take_host(u, at ? at + 1 : authority, n, err) < 0)
		return -1;
	if (*path == '/') {
		n = strcspn(path + 1, "?");
		if (decode("database", path + 1, n, &u->database, err) < 0)
			return -1;
		path += 1 + n;
	}
	return *path == '?' ? take_parameters(u, path + 1, err) : 0;
}

int url_parse(const char *text, struct url *ret, struct error *err)
{
	CLEANUP(url_done) struct url u = {0};

	if (take_apart(&u, text, err) < 0 || check(&u, err) < 0)
		return -1;
	*ret = u;
	u = (struct url){0};
	return 0;
}

void url_done(struct url *url)
{
	free(url->host);
	free(url->port);
	free(url->database);
	free(url->user);
	*url = (struct url){0};
}
