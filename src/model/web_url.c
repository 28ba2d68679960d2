#include "model/web_url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define SCHEME "https:"
#define PORT_DEFAULT "443"
#define LONGEST_HOST 253
#define LONGEST_FILE 255 /* bytes of a file's name on any disk */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* What a path and a query may hold as it is (RFC 3986, appendix A), and the '?' between them. */
static const char url_bytes[] = LETTERS DIGITS "-._~!$&'()*+,;=:@/?%";

static int check_bytes(const char *text, struct error *err)
{
	const char *odd = text + strspn(text, url_bytes);

	if ((unsigned char)*odd < 0x20 && *odd)
		return fail(err, ERR_CONFIG, "the URL holds a control character: take it out");
	if (*odd)
		return fail(err, ERR_CONFIG, "the URL holds a byte that has to be written as %%%02X: correct it",
			    (unsigned char)*odd);
	for (const char *at = strchr(text, '%'); at; at = strchr(at + 1, '%'))
		if (percent_byte(at, 3) < 0)
			return fail(err, ERR_CONFIG, "a '%%' in the URL is not followed by two hexadecimal digits: write a '%%' "
				    "itself as %%25");
	return 0;
}

/* An address in brackets, in the one spelling that all of its spellings have in common. */
static int take_ipv6(struct web_url *url, const char *from, size_t n, struct error *err)
{
	autofree char *written = xstrndup(from, n);
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (inet_pton(AF_INET6, written, &address) != 1 || !inet_ntop(AF_INET6, &address, text, sizeof(text)))
		return fail(err, ERR_CONFIG, "what the URL has in brackets is no IPv6 address: write it like [2001:db8::1]");
	url->host = xstrdup(text);
	return 0;
}

static int take_name(struct web_url *url, const char *from, size_t n, struct error *err)
{
	static const char plain[] = LETTERS DIGITS ".-_";

	if (n == 0)
		return fail(err, ERR_CONFIG, "the URL names no host: write https://host/path");
	if (strspn(from, plain) < n || *from == '-' || *from == '.' || from[n - 1] == '.' || n > LONGEST_HOST)
		return fail(err, ERR_CONFIG, "the URL names a host that can be none: write a name (one with other letters than "
			    "a to z in its xn-- form), an IPv4 address, or an IPv6 address in brackets");
	url->host = xstrndup(from, n);
	for (char *c = url->host; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return 0;
}

static int take_port(struct web_url *url, const char *from, size_t n, struct error *err)
{
	autofree char *port = n ? xstrndup(from, n) : xstrdup(PORT_DEFAULT);
	int64_t number;

	/* never shown: behind a ':' also stands a password that is written where none may be */
	if (!parse_int(port, 1, 65535, &number) || *port == '0')
		return fail(err, ERR_CONFIG, "the port of the URL is not a number from 1 to 65535: correct it");
	url->port = take(port);
	return 0;
}

static int refuse_userinfo(struct error *err)
{
	return fail(err, ERR_CONFIG, "the URL holds a user or a password: write it without them, name the user with 'user', and a "
		    "file with the password with 'password-file'");
}

/* "host", "host:port", "[::1]:port" */
static int take_authority(struct web_url *url, const char *from, size_t n, struct error *err)
{
	const char *end = from + n, *host_end;
	int taken;

	if (n && *from == '[') {
		host_end = memchr(from, ']', n);
		if (!host_end || (host_end + 1 < end && host_end[1] != ':'))
			return fail(err, ERR_CONFIG, "the brackets around an IPv6 address in the URL do not close: write it like "
				    "https://[2001:db8::1]:8443/path");
		taken = take_ipv6(url, from + 1, (size_t)(host_end - from - 1), err);
		host_end++;
	} else {
		host_end = memchr(from, ':', n);
		host_end = host_end ? host_end : end;
		taken = take_name(url, from, (size_t)(host_end - from), err);
	}
	if (taken < 0)
		return -1;
	return host_end < end ? take_port(url, host_end + 1, (size_t)(end - host_end - 1), err) : take_port(url, "", 0, err);
}

/* 1 for ".", 2 for "..", also where a dot is written as %2E: a server sees no difference. 0 for all else. */
static int dots(const char *segment, size_t n)
{
	int count = 0;

	for (size_t i = 0; i < n; count++)
		if (segment[i] == '.')
			i++;
		else if (percent_byte(segment + i, n - i) == '.')
			i += 3;
		else
			return 0;
	return count <= 2 ? count : 0;
}

/* Take the last segment away, and the '/' before it. */
static void cut_segment(struct text *path)
{
	while (path->length && path->data[path->length - 1] != '/')
		path->length--;
	if (path->length)
		path->length--;
}

/* RFC 3986, section 5.2.4. 'path' begins with '/'. */
static char *without_dots(const char *path)
{
	struct text out = {0};

	while (*path == '/') {
		size_t n = strcspn(path + 1, "/");
		int up = dots(path + 1, n);
		bool last = path[1 + n] == '\0';

		if (up == 2)
			cut_segment(&out);
		if (up == 0)
			text_add_bytes(&out, path, 1 + n);
		else if (last)
			text_add(&out, "/");
		path += 1 + n;
	}
	return text_take(&out);
}

static int take_path(struct web_url *url, const char *from, struct error *err)
{
	size_t n = strcspn(from, "#");
	autofree char *text = format("%s%.*s", *from == '/' ? "" : "/", (int)n, from);
	char *query = strchr(text, '?');

	if (check_bytes(text, err) < 0)
		return -1;
	if (query) {
		*query++ = '\0';
		url->query = xstrdup(query);
	}
	url->path = without_dots(text);
	return 0;
}

static int take_apart(struct web_url *url, const char *text, struct error *err)
{
	const char *authority = text + strlen(SCHEME "//"), *path, *at;
	size_t n;

	if (strnlen(text, WEB_URL_CAP + 1) > WEB_URL_CAP)
		return fail(err, ERR_CONFIG, "the URL has more than %d bytes: correct it", WEB_URL_CAP);
	if (strncasecmp(text, SCHEME "//", strlen(SCHEME "//")) != 0)
		return fail(err, ERR_CONFIG, "the URL does not begin with https://: nothing else is taken, as nothing else is "
			    "encrypted");
	n = strcspn(authority, "/?#");
	path = authority + n;
	at = memchr(authority, '@', n);
	if (at)
		return refuse_userinfo(err);
	if (take_authority(url, authority, n, err) < 0) {
		/* a password with a '/' or '?' in it looks like this */
		if (strchr(path, '@') && memchr(authority, ':', n))
			return refuse_userinfo(err);
		return -1;
	}
	return take_path(url, path, err);
}

int web_url_parse(const char *text, struct web_url *ret, struct error *err)
{
	CLEANUP(web_url_done) struct web_url url = {0};

	if (take_apart(&url, text, err) < 0)
		return -1;
	*ret = url;
	url = (struct web_url){0};
	return 0;
}

/*
 * A reference without the white space around it and its fragment; bytes that a
 * URL cannot hold, as pages have them, encoded. NULL: it is none to go by.
 */
static char *tidy(const char *reference, struct error *err)
{
	CLEANUP(text_done) struct text t = {0};
	const char *from = reference + strspn(reference, " \t\n\r\f"), *end;

	if (strnlen(from, WEB_URL_CAP + 1) > WEB_URL_CAP) {
		(void)fail(err, ERR_DATA, "the link has more than %d bytes", WEB_URL_CAP);
		return NULL;
	}
	end = from + strcspn(from, "#");
	while (end > from && strchr(" \t\n\r\f", end[-1]))
		end--;
	for (; from < end; from++) {
		if ((unsigned char)*from < 0x20 || *from == 0x7f) {
			(void)fail(err, ERR_DATA, "the link holds a control character");
			return NULL;
		}
		if (strchr(url_bytes, *from) || *from == '[' || *from == ']')
			text_add_bytes(&t, from, 1);
		else
			text_addf(&t, "%%%02X", (unsigned char)*from);
	}
	return text_take(&t);
}

/* Bytes of "scheme:" at the beginning; 0: the reference is a relative one. */
static size_t scheme_length(const char *reference)
{
	size_t n = strspn(reference, LETTERS DIGITS "+-.");

	return n && reference[n] == ':' && strspn(reference, LETTERS) ? n + 1 : 0;
}

/* Bytes of a path that end with the last of the named byte; 0: there is none. */
static size_t up_to_last(const char *path, char c)
{
	const char *at = strrchr(path, c);

	return at ? (size_t)(at + 1 - path) : 0;
}

/* The whole URL of a relative reference (RFC 3986, section 5.2.2), its dot segments still inside. */
static char *merged(const struct web_url *base, const char *reference)
{
	autofree char *authority = web_url_authority(base);
	const char *query = base->query;

	if (starts_with(reference, "//"))
		return format(SCHEME "%s", reference);
	if (*reference == '/')
		return format(SCHEME "//%s%s", authority, reference);
	if (*reference == '?')
		return format(SCHEME "//%s%s%s", authority, base->path, reference);
	if (!*reference)
		return format(SCHEME "//%s%s%s%s", authority, base->path, query ? "?" : "", query ? query : "");
	return format(SCHEME "//%s%.*s%s", authority, (int)up_to_last(base->path, '/'), base->path, reference);
}

/* Square brackets are a host's only: elsewhere they are bytes that a URL cannot hold. */
static char *brackets_encoded(const char *whole)
{
	size_t authority = starts_with(whole, SCHEME "//") ? strlen(SCHEME "//") : 0;
	size_t head = authority + strcspn(whole + authority, "/?");
	struct text t = {0};

	text_add_bytes(&t, whole, head);
	for (const char *c = whole + head; *c; c++)
		if (*c == '[' || *c == ']')
			text_addf(&t, "%%%02X", (unsigned char)*c);
		else
			text_add_bytes(&t, c, 1);
	return text_take(&t);
}

int web_url_resolve(const struct web_url *base, const char *reference, struct web_url *ret, struct error *err)
{
	autofree char *tidied = tidy(reference, err), *whole = NULL, *text = NULL;
	size_t scheme;

	if (!tidied)
		return -1;
	scheme = scheme_length(tidied);
	if (scheme && strncasecmp(tidied, SCHEME, scheme) != 0)
		return fail(err, ERR_DATA, "the link leads to '%.*s': only https is taken", (int)(scheme < 20 ? scheme : 20),
			    tidied);
	if (scheme && !starts_with(tidied + scheme, "//"))
		return fail(err, ERR_DATA, "the link names no host behind https:");
	whole = scheme ? format(SCHEME "%s", tidied + scheme) : merged(base, tidied);
	text = brackets_encoded(whole);
	if (web_url_parse(text, ret, err) == 0)
		return 0;
	err->kind = ERR_DATA;
	return fail_within(err, "the link is none to go by");
}

char *web_url_authority(const struct web_url *url)
{
	bool ipv6 = strchr(url->host, ':') != NULL, usual = same(url->port, PORT_DEFAULT);

	return format("%s%s%s%s%s", ipv6 ? "[" : "", url->host, ipv6 ? "]" : "", usual ? "" : ":", usual ? "" : url->port);
}

char *web_url_text(const struct web_url *url)
{
	autofree char *authority = web_url_authority(url);

	return format(SCHEME "//%s%s%s%s", authority, url->path, url->query ? "?" : "", url->query ? url->query : "");
}

char *web_url_shown(const struct web_url *url)
{
	const struct web_url plain = {.host = url->host, .port = url->port, .path = url->path};

	return web_url_text(&plain);
}

bool web_url_same_origin(const struct web_url *a, const struct web_url *b)
{
	return same(a->host, b->host) && same(a->port, b->port);
}

char *web_url_file(const struct web_url *url)
{
	CLEANUP(text_done) struct text name = {0};

	for (const char *from = url->path + up_to_last(url->path, '/'); *from; from++) {
		int byte = percent_byte(from, 3);
		char c = byte >= 0 ? (char)byte : *from;

		if ((unsigned char)c < 0x20 || c == 0x7f || c == '/')
			return xstrdup("");
		text_add_bytes(&name, &c, 1);
		if (byte >= 0)
			from += 2;
	}
	return name.length <= LONGEST_FILE ? text_take(&name) : xstrdup("");
}

struct web_url web_url_copy(const struct web_url *url)
{
	struct web_url copy = {0};

	set_text(&copy.host, url->host);
	set_text(&copy.port, url->port);
	set_text(&copy.path, url->path);
	set_text(&copy.query, url->query);
	return copy;
}

void web_url_done(struct web_url *url)
{
	free(url->host);
	free(url->port);
	free(url->path);
	free(url->query);
	*url = (struct web_url){0};
}
