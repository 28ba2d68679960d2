#include "pull/web_headers.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a header's name is made of (RFC 9110, section 5.6.2). */
static const char name_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";

static bool unfit_for_header(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return true;
	return false;
}

static bool has(const struct web_headers *h, const char *name)
{
	for (size_t i = 0; i < h->names.count; i++)
		if (strcasecmp(h->names.items[i], name) == 0)
			return true;
	return false;
}

static void add(struct web_headers *h, const char *name, char *value)
{
	strings_add(&h->names, name);
	strings_add_owned(&h->values, value);
}

static int add_login(const char *user, const char *password, struct web_headers *h, struct error *err)
{
	autofree char *plain = format("%s:%s", user, password), *encoded = NULL;

	if (unfit_for_header(plain) || strchr(plain, '\t'))
		return fail(err, ERR_CONFIG, "the password holds a control character, which no login can: correct the file that "
			    "'password-file' names");
	encoded = base64_encode((const unsigned char *)plain, strlen(plain));
	explicit_bzero(plain, strlen(plain));
	add(h, "Authorization", format("Basic %s", encoded));
	explicit_bzero(encoded, strlen(encoded));
	return 0;
}

static int add_token(const char *token, struct web_headers *h, struct error *err)
{
	for (const char *c = token; *c; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return fail(err, ERR_CONFIG, "the token holds white space, or a byte that no token can: correct the file "
				    "that 'token-file' names");
	if (strlen(token) > WEB_HEADER_VALUE_CAP)
		return fail(err, ERR_CONFIG, "the token has more than %d bytes: correct the file that 'token-file' names",
			    WEB_HEADER_VALUE_CAP);
	add(h, "Authorization", format("Bearer %s", token));
	return 0;
}

/* Those by which a request is made one. */
static bool is_ours(const char *name)
{
	static const char *const patterns[] = {
		"host",	 "content-*", "transfer-encoding", "te",	"trailer",   "connection", "keep-alive", "upgrade",
		"expect", "range",    "if-*",		   "accept",	"accept-encoding", "user-agent", "proxy-*",
	};

	for (size_t i = 0; i < COUNT(patterns); i++)
		if (fnmatch(patterns[i], name, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

static int add_line(char *line, size_t number, struct web_headers *h, struct error *err)
{
	char *colon = strchr(line, ':'), *value;

	if (!colon || colon == line || strspn(line, name_bytes) != (size_t)(colon - line))
		return fail(err, ERR_CONFIG, "line %zu of the file that 'headers-file' names is no header: write 'Name: value'",
			    number);
	*colon = '\0';
	value = trim(colon + 1);
	if (is_ours(line))
		return fail(err, ERR_CONFIG, "line %zu of the file that 'headers-file' names sets '%.60s', which the box sets "
			    "itself: take it out", number, line);
	if (has(h, line))
		return fail(err, ERR_CONFIG, "line %zu of the file that 'headers-file' names sets '%.60s' a second time%s: take "
			    "it out", number, line,
			    strcasecmp(line, "authorization") == 0
				    ? ", after 'user' or 'token-file', or a line before it" : "");
	if (unfit_for_header(value) || strlen(value) > WEB_HEADER_VALUE_CAP)
		return fail(err, ERR_CONFIG, "line %zu of the file that 'headers-file' names holds a control character, or more "
			    "than %d bytes: correct it", number, WEB_HEADER_VALUE_CAP);
	if (h->names.count > WEB_HEADERS_CAP)
		return fail(err, ERR_CONFIG, "the file that 'headers-file' names has more than %d headers", WEB_HEADERS_CAP);
	add(h, line, xstrdup(value));
	return 0;
}

static int add_lines(const char *text, struct web_headers *h, struct error *err)
{
	for (size_t number = 1; *text; number++) {
		size_t n = strcspn(text, "\n");
		autofree char *copy = xstrndup(text, n);
		char *line = trim(copy);

		if (*line && *line != '#' && add_line(line, number, h, err) < 0) {
			explicit_bzero(copy, n);
			return -1;
		}
		explicit_bzero(copy, n);
		text += n + (text[n] == '\n');
	}
	return 0;
}

int web_headers_make(const struct source_config *source, const struct place_secrets *secrets, struct web_headers *ret,
		     struct error *err)
{
	CLEANUP(web_headers_done) struct web_headers h = {0};

	if (source->user && secrets->password && add_login(source->user, secrets->password, &h, err) < 0)
		return -1;
	if (secrets->token && add_token(secrets->token, &h, err) < 0)
		return -1;
	if (secrets->headers && add_lines(secrets->headers, &h, err) < 0)
		return -1;
	*ret = h;
	h = (struct web_headers){0};
	return 0;
}

void web_headers_done(struct web_headers *headers)
{
	for (size_t i = 0; i < headers->values.count; i++)
		explicit_bzero(headers->values.items[i], strlen(headers->values.items[i]));
	strings_done(&headers->names);
	strings_done(&headers->values);
}
