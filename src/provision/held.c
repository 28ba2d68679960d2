#include "provision/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "model/web_url.h"

#define SECRETS_DIR "secrets"
#define LONGEST_PASSWORD 1000
#define LONGEST_TOKEN 3900  /* bytes that a line of drillbox.txt has room for */
#define LONGEST_HEADERS 4000 /* bytes of the file; who asks with them takes no more */

static bool unfit_bytes(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f)
			return true;
	return false;
}

static bool is_visible(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] <= ' ' || bytes[i] >= 0x7f)
			return false;
	return n > 0;
}

static bool has(const char *bytes, size_t n, const char *word)
{
	return memmem(bytes, n, word, strlen(word)) != NULL;
}

/* ---- what stands in drillbox.txt */

static const char *quarrel_with_password(const char *bytes, size_t n)
{
	return n < 1 || n > LONGEST_PASSWORD || unfit_bytes(bytes, n) ?
		       "is 1 to 1000 bytes of text; leave the line out where the source wants none" : NULL;
}

static const char *quarrel_with_token(const char *bytes, size_t n)
{
	return n > LONGEST_TOKEN || !is_visible(bytes, n) ?
		       "is 1 to 3900 bytes in plain characters, without a space; leave the line out where the source wants none" :
		       NULL;
}

static const char *quarrel_with_url(const char *bytes, size_t n)
{
	autofree char *text = xstrndup(bytes, n);
	CLEANUP(web_url_done) struct web_url url = {0};
	struct error ignored; /* who knows such a URL can speak for the box: nothing of it is said */
	bool is_one = web_url_parse(text, &url, &ignored) == 0;

	explicit_bzero(text, n);
	return is_one ? NULL :
			"is a URL that begins with https://, as the service at the other end gave it to you, without user and "
			"password in it";
}

/* ---- what lies beside it */

static const char *quarrel_with_pem(const char *bytes, size_t n)
{
	return memchr(bytes, '\0', n) || !has(bytes, n, "-----BEGIN ") || !has(bytes, n, "-----END ") ?
		       "is not a PEM file, which begins with -----BEGIN: convert it with 'openssl x509' or 'openssl pkey'" : NULL;
}

static const char *quarrel_with_certificate(const char *bytes, size_t n)
{
	const char *why = quarrel_with_pem(bytes, n);

	if (why)
		return why;
	if (has(bytes, n, "PRIVATE KEY-----"))
		return "holds a private key, which would stay on this card: put the key in a file of its own and name that with "
		       "client-key";
	if (!has(bytes, n, "-----BEGIN CERTIFICATE-----") && !has(bytes, n, "-----BEGIN TRUSTED CERTIFICATE-----"))
		return "holds no certificate: name the file with -----BEGIN CERTIFICATE-----";
	return NULL;
}

static const char *quarrel_with_key(const char *bytes, size_t n)
{
	const char *why = quarrel_with_pem(bytes, n);

	if (why)
		return why;
	if (!has(bytes, n, "PRIVATE KEY-----"))
		return "holds no private key: name the file with -----BEGIN PRIVATE KEY-----";
	if (has(bytes, n, "ENCRYPTED"))
		return "is locked with a passphrase, which nobody types on the box: take it out with 'openssl pkey'";
	return NULL;
}

/* What else there is to say of a header is said when it is sent: 'drillbox doctor' tries it. */
static bool is_header(const char *line)
{
	size_t name = strcspn(line, ":");

	return line[name] == ':' && is_visible(line, name);
}

static const char *quarrel_with_headers(const char *bytes, size_t n)
{
	const char *why = NULL, *end = bytes + n;
	size_t headers = 0;

	if (n > LONGEST_HEADERS || memchr(bytes, '\0', n))
		return "is not a text of at most 4000 bytes";
	for (size_t length; bytes < end && !why; bytes += length) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		autofree char *copy = NULL;
		const char *line;

		length = newline ? (size_t)(newline + 1 - bytes) : (size_t)(end - bytes);
		copy = xstrndup(bytes, length);
		line = trim(copy);
		headers += *line && *line != '#';
		if (*line && *line != '#' && !is_header(line))
			why = "holds a line that is no header: write each as 'Name: value', in plain text";
		explicit_bzero(copy, length);
	}
	return why || headers ? why : "holds no header: write each as 'Name: value'";
}

/* ---- the table */

/*
 * Each 'file' has a byte that is in no source's name: no two of them, of whatever sources, are the
 * same file. The password's was the first.
 */
static const struct held_kind kinds[HELDS] = {
	[HELD_PASSWORD] = {"source NAME", "password", "of its role, or of user; removed from the card once it was applied",
			   "password-file", "", true, quarrel_with_password},
	[HELD_TOKEN] = {"source NAME", "token", "https: a bearer token; removed likewise", "token-file", ".token", true,
			quarrel_with_token},
	[HELD_SECRET_KEY] = {"source NAME", "secret-key", "s3: the secret key; removed likewise", "secret-key-file", ".secret-key",
			     true, quarrel_with_token},
	[HELD_SESSION_TOKEN] = {"source NAME", "session-token", "s3: the token of a session; removed likewise",
				"session-token-file", ".session-token", true, quarrel_with_token},
	[HELD_CA] = {"source NAME", "ca",
		     "the name of a file beside drillbox.txt with the certificates to trust; the system's unless given", "ca",
		     "-ca.pem", false, quarrel_with_certificate},
	[HELD_CLIENT_CERT] = {"source NAME", "client-cert", "the name of a file beside drillbox.txt with the client's certificate",
			      "client-cert", "-cert.pem", false, quarrel_with_certificate},
	[HELD_CLIENT_KEY] = {"source NAME", "client-key", "the same with its key; removed from the card once it was applied",
			     "client-key", "-key.pem", true, quarrel_with_key},
	[HELD_HEADERS] = {"source NAME", "headers",
			  "https: the same with further headers, 'Name: value' a line; removed from the card once it was applied",
			  "headers-file", ".headers", true, quarrel_with_headers},
	[HELD_SOURCE_PING] = {"notify NAME", "ping",
			      "the https URL that is told of each round (URL/start, URL, URL/fail); removed from the card once it "
			      "was applied",
			      "ping-file", ".ping", true, quarrel_with_url},
	[HELD_PING] = {"notify", "ping",
		       "the https URL of a dead-man's switch, called while green beats, and only then; removed from the card once "
		       "it was applied",
		       "ping-file", "ping.url", true, quarrel_with_url},
	[HELD_WEBHOOK] = {"notify", "webhook",
			  "the https URL that is told of a fail, of a source no longer in date, of a refused pull and of recovery; "
			  "removed likewise",
			  "webhook-file", "webhook.url", true, quarrel_with_url},
	[HELD_NOTIFY_CA] = {"notify", "ca",
			    "the name of a file beside drillbox.txt with the certificates to trust there; the system's unless "
			    "given",
			    "ca", "notify.pem", false, quarrel_with_certificate},
};

const struct held_kind *held_kind(enum held held)
{
	return &kinds[held];
}

enum held held_find(const char *section, const char *key)
{
	enum held held = 0;

	while (held < HELDS && !(same(kinds[held].section, section) && same(kinds[held].key, key)))
		held++;
	return held;
}

enum held held_find_in_conf(const char *section, const char *key)
{
	enum held held = 0;

	while (held < HELDS && !(same(kinds[held].section, section) && same(kinds[held].conf_key, key)))
		held++;
	return held;
}

char *held_path(enum held held, const char *source)
{
	return format(SECRETS_DIR "/%s%s", source ? source : "", kinds[held].file);
}
