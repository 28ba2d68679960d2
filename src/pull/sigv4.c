#include "pull/sigv4.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "port/digest.h"

#define PATH_CAP 2048 /* bytes: a key has 1024, and bucket and endpoint stand before it */
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* of the body that there is not */
#define ALGORITHM "AWS4-HMAC-SHA256"

/* Percent-encoded by AWS's rule: all but [A-Za-z0-9-._~], and '/' where it parts a path. Owned by the caller. */
static char *encode(const char *s, bool is_path)
{
	CLEANUP(text_done) struct text t = {0};

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < 0x80 && isalnum(c)) || strchr("-._~", c) || (is_path && c == '/'))
			text_add_bytes(&t, s, 1);
		else
			text_addf(&t, "%%%02X", c);
	}
	return text_take(&t);
}

/*
 * Pairs are sorted by name, then by value, which is the order of "NAME\1VALUE":
 * with their own separator between them, a name would come behind one that
 * goes on where it ends ('-' and digits are less than '=' and ':').
 */
#define APART "\1"

static void sort_pairs(struct strings *list, char between)
{
	strings_sort(list);
	for (size_t i = 0; i < list->count; i++)
		list->items[i][strcspn(list->items[i], APART)] = between;
}

/* "name=value&..." NULL: no parameters. */
static char *encode_query(const struct sigv4_pair *params, size_t count)
{
	CLEANUP(strings_done) struct strings list = {0};

	for (size_t i = 0; i < count; i++) {
		autofree char *name = encode(params[i].name, false);
		autofree char *value = encode(params[i].value, false);

		strings_add_owned(&list, format("%s" APART "%s", name, value));
	}
	sort_pairs(&list, '=');
	return list.count ? strings_join(&list, "&", list.count) : NULL;
}

/* A value as it is signed: trimmed, runs of spaces as one. */
static char *canonical_value(const char *value)
{
	CLEANUP(text_done) struct text t = {0};
	autofree char *copy = xstrdup(value);

	for (const char *c = trim(copy); *c; c++)
		if (*c != ' ' || c[1] != ' ')
			text_add_bytes(&t, c, 1);
	return text_take(&t);
}

/* "name:value\n" of each header that is signed, sorted. */
static void canonical_headers(const struct sigv4_request *r, const struct sigv4_signed *sent, struct strings *ret)
{
	strings_add_owned(ret, format("host" APART "%s\n", r->host));
	for (size_t i = 0; i < sent->names.count; i++) {
		autofree char *value = canonical_value(sent->values.items[i]);

		if (!same(sent->names.items[i], "authorization"))
			strings_add_owned(ret, format("%s" APART "%s\n", sent->names.items[i], value));
	}
	sort_pairs(ret, ':');
}

/* "host;range;x-amz-date" */
static char *signed_names(const struct strings *headers)
{
	CLEANUP(text_done) struct text t = {0};

	for (size_t i = 0; i < headers->count; i++) {
		text_add(&t, i ? ";" : "");
		text_add_bytes(&t, headers->items[i], strcspn(headers->items[i], ":"));
	}
	return text_take(&t);
}

char *sigv4_canonical(const struct sigv4_request *r, const struct sigv4_signed *sent)
{
	CLEANUP(strings_done) struct strings headers = {0};
	autofree char *all = NULL, *names = NULL;

	canonical_headers(r, sent, &headers);
	all = strings_join(&headers, "", headers.count);
	names = signed_names(&headers);
	return format("%s\n%s\n%s\n%s\n%s\n%s", r->method ? r->method : "GET", sent->path, sent->query ? sent->query : "",
		      all, names, EMPTY_SHA256);
}

/* --- what can be signed --- */

static bool plain_word(const char *s, const char *never)
{
	for (const char *c = s; *c; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f || strchr(never, *c))
			return false;
	return *s;
}

static int check_key(const struct sigv4_key *key, struct error *err)
{
	if (!plain_word(key->access_key, "/,"))
		return fail(err, ERR_CONFIG, "access-key holds what no access key does: copy it anew, it is letters and digits");
	if (!key->secret_key || !plain_word(key->secret_key, ""))
		return fail(err, ERR_CONFIG, "the file of secret-key-file does not hold one secret key and nothing else: copy it "
			    "anew");
	if (key->session_token && !plain_word(key->session_token, ""))
		return fail(err, ERR_CONFIG, "the file of session-token-file does not hold one token and nothing else: copy it "
			    "anew");
	return 0;
}

static int check_request(const struct sigv4_request *r, struct error *err)
{
	autofree char *shown = printable(r->path, false), *host = printable(r->host, false);

	if (!plain_word(r->host, "/?#@"))
		return fail(err, ERR_CONFIG, "no request can be signed for the host '%.100s': correct endpoint or the bucket in "
			    "url", host);
	if (!plain_word(r->region, "/,"))
		return fail(err, ERR_CONFIG, "region = '%.100s' is none: write it as eu-west-1", r->region);
	if (r->path[0] != '/' || !is_utf8(r->path) || strlen(r->path) > PATH_CAP)
		return fail(err, ERR_DATA, "'%.200s' is no key that can be asked for (one is UTF-8, and has at most 1024 bytes): "
			    "rename the object",
			    shown);
	return 0;
}

static int amz_date(int64_t at, char date[TIME_TEXT], struct error *err)
{
	if (at < 0 /* TIME_UNKNOWN is */ || strlen(time_compact(at, date)) != strlen("20130524_000000"))
		return fail(err, ERR_CLOCK, "the time is not known, and no request can be signed without it: let the box set its "
			    "clock");
	date[8] = 'T';
	memcpy(date + 15, "Z", 2);
	return 0;
}

/* --- the signature --- */

/* The signing key: the secret, narrowed to a day, a region, a service. */
static int derive_key(const char *secret, const char *day, const char *region, unsigned char ret[HMAC_BYTES],
		      struct error *err)
{
	const char *const steps[] = {region, "s3", "aws4_request"};
	autofree char *first = format("AWS4%s", secret);
	int status = digest_hmac(first, strlen(first), day, strlen(day), ret, err);

	explicit_bzero(first, strlen(first));
	for (size_t i = 0; status == 0 && i < COUNT(steps); i++)
		status = digest_hmac(ret, HMAC_BYTES, steps[i], strlen(steps[i]), ret, err);
	return status;
}

/* The header that says who signed what, and how it came out. */
static int authorize(const struct sigv4_request *r, const struct sigv4_key *key, const char *date,
		     struct sigv4_signed *out, struct error *err)
{
	CLEANUP(strings_done) struct strings headers = {0};
	autofree char *canonical = sigv4_canonical(r, out);
	autofree char *day = xstrndup(date, strlen("20130524"));
	autofree char *scope = format("%s/%s/s3/aws4_request", day, r->region);
	autofree char *to_sign = NULL, *names = NULL, *signature = NULL;
	unsigned char signing[HMAC_BYTES], result[HMAC_BYTES];
	char digest[SHA256_HEX];
	int status;

	if (digest_bytes(canonical, strlen(canonical), digest, err) < 0)
		return -1;
	to_sign = format(ALGORITHM "\n%s\n%s\n%s", date, scope, digest);
	if (derive_key(key->secret_key, day, r->region, signing, err) < 0)
		return -1;
	status = digest_hmac(signing, sizeof(signing), to_sign, strlen(to_sign), result, err);
	explicit_bzero(signing, sizeof(signing));
	if (status < 0)
		return -1;
	canonical_headers(r, out, &headers);
	names = signed_names(&headers);
	signature = hex(result, sizeof(result));
	strings_add(&out->names, "authorization");
	strings_add_owned(&out->values, format(ALGORITHM " Credential=%s/%s,SignedHeaders=%s,Signature=%s", key->access_key,
					       scope, names, signature));
	return 0;
}

static void add_header(struct sigv4_signed *out, const char *name, const char *value)
{
	autofree char *lower = xstrdup(name);

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	strings_add_owned(&out->names, take(lower));
	strings_add(&out->values, value);
}

int sigv4_sign(const struct sigv4_request *r, const struct sigv4_key *key, struct sigv4_signed *ret, struct error *err)
{
	CLEANUP(sigv4_signed_done) struct sigv4_signed out = {0};
	char date[TIME_TEXT];

	if (check_request(r, err) < 0)
		return -1;
	out.path = encode(r->path, true);
	out.query = encode_query(r->params, r->param_count);
	for (size_t i = 0; i < r->header_count; i++)
		add_header(&out, r->headers[i].name, r->headers[i].value);
	if (key->access_key) {
		if (check_key(key, err) < 0 || amz_date(r->at, date, err) < 0)
			return -1;
		add_header(&out, "x-amz-content-sha256", EMPTY_SHA256);
		add_header(&out, "x-amz-date", date);
		if (key->session_token)
			add_header(&out, "x-amz-security-token", key->session_token);
		if (authorize(r, key, date, &out, err) < 0)
			return -1;
	}
	*ret = out;
	out = (struct sigv4_signed){0};
	return 0;
}

void sigv4_signed_done(struct sigv4_signed *s)
{
	free(s->path);
	free(s->query);
	strings_done(&s->names);
	strings_done(&s->values);
	*s = (struct sigv4_signed){0};
}
