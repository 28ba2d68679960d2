/* An object store as a place of dumps: ListObjectsV2 and GetObject, signed by pull/sigv4.c. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pull/place_ops.h"
#include "pull/s3_listing.h"
#include "pull/s3_refusal.h"
#include "pull/sigv4.h"

#define PAGES_CAP 10000		       /* of a listing; a full one has 1000 objects */
#define THIN_AFTER 5000		       /* objects more in the list, and those that do not matter go */
#define PAGE_CAP ((size_t)8 << 20)     /* bytes: 1000 keys of 1024, every byte of them encoded, take 4 MB */
#define REFUSAL_CAP ((size_t)64 << 10) /* bytes of an error document */
#define HEADERS_CAP 12		       /* that are sent with a request */
#define SHA256_BYTES ((SHA256_HEX - 1) / 2)

struct s3 {
	const struct source_config *source;
	struct sigv4_key key;
	struct web_url base;	/* host and port; its path is what stands before a key, without the '/' between them */
	struct http *http;
	bool listed;
	struct strings small;	/* keys of the files beside dumps, as last listed */
};

/* One GET. */
struct request {
	const char *key; /* NULL: the bucket itself */
	const struct sigv4_pair *params;
	size_t param_count;
	const struct sigv4_pair *headers;
	size_t header_count;
	const char *if_match; /* NULL: none. Not signed: it may hold runs of spaces, on which signers disagree */
};

static void close_s3(void *state)
{
	struct s3 *s = state;

	http_free(&s->http);
	web_url_done(&s->base);
	strings_done(&s->small);
	free(s);
}

/* Where the bucket is. */
static struct web_url locate(const struct source_config *source)
{
	const struct web_url *end = &source->endpoint;
	size_t n = strlen(end->path);
	int path_n = (int)(n && end->path[n - 1] == '/' ? n - 1 : n);
	bool in_host = source->style == S3_VIRTUAL;

	return (struct web_url){
		.host = in_host ? format("%s.%s", source->bucket, end->host) : xstrdup(end->host),
		.port = xstrdup(end->port),
		.path = in_host ? format("%.*s", path_n, end->path) : format("%.*s/%s", path_n, end->path, source->bucket),
	};
}

static int open_s3(const struct source_config *source, const struct place_secrets *secrets, void **ret, struct error *err)
{
	const struct http_options options = place_http_options(source);
	struct s3 *s = xcalloc(1, sizeof(*s));

	s->source = source;
	s->key = (struct sigv4_key){source->access_key, secrets->secret_key, secrets->session_token};
	s->base = locate(source);
	if (http_new(&options, &s->http, err) < 0) {
		close_s3(s);
		return -1;
	}
	*ret = s;
	return 0;
}

/* --- asking --- */

static int send_signed(struct s3 *s, const struct request *r, const struct sigv4_signed *sent, struct deadline deadline,
		       struct http_reply *ret, struct error *err)
{
	struct web_url url = {.host = s->base.host, .port = s->base.port, .path = sent->path, .query = sent->query};
	struct http_header headers[HEADERS_CAP];
	struct http_request request = {.url = &url, .headers = headers, .no_redirects = true};

	if (sent->names.count >= COUNT(headers))
		return fail(err, ERR_BUG, "a request to an object store has too many headers");
	for (size_t i = 0; i < sent->names.count; i++)
		headers[request.header_count++] = (struct http_header){.name = sent->names.items[i],
								       .value = sent->values.items[i]};
	if (r->if_match)
		headers[request.header_count++] = (struct http_header){.name = "if-match", .value = r->if_match};
	return http_ask(s->http, &request, deadline, ret, err);
}

static int ask(struct s3 *s, const struct request *r, struct deadline deadline, struct http_reply *ret,
	       int64_t *ret_asked_at, struct error *err)
{
	CLEANUP(sigv4_signed_done) struct sigv4_signed sent = {0};
	/* behind a bucket in the host's name there is at least the '/' */
	autofree char *path = format("%s%s%s", s->base.path, r->key || !*s->base.path ? "/" : "", r->key ? r->key : "");
	autofree char *host = web_url_authority(&s->base);
	const struct sigv4_request request = {
		.host = host, .path = path, .params = r->params, .param_count = r->param_count, .headers = r->headers,
		.header_count = r->header_count, .region = s->source->region, .at = clock_wall()};

	if (sigv4_sign(&request, &s->key, &sent, err) < 0)
		return -1;
	*ret_asked_at = request.at;
	return send_signed(s, r, &sent, deadline, ret, err);
}

/* What an answer that is no success says about itself. A body that does not come leaves it to status and headers. */
static int read_refusal(struct s3 *s, struct deadline deadline, struct s3_error *ret, struct error *err)
{
	autofree char *body = NULL;
	struct error why = {0};
	size_t n = 0;

	if (http_read_all(s->http, REFUSAL_CAP, deadline, &body, &n, &why) < 0) {
		if (why.kind == ERR_STOPPED) {
			*err = why;
			return -1;
		}
		n = 0;
	}
	*ret = s3_error_read(body ? body : "", n);
	return 0;
}

static int refuse(struct s3 *s, const struct request *r, const struct http_reply *reply, int64_t asked_at,
		  struct deadline deadline, struct error *err)
{
	const struct s3_question q = {.source = s->source, .key = r->key, .asked_at = asked_at};
	CLEANUP(s3_error_done) struct s3_error said = {0};

	if (read_refusal(s, deadline, &said, err) < 0)
		return -1;
	return s3_refusal(&q, reply, &said, err);
}

/* GET that either succeeds with 200 or is an error. */
static int ask_whole(struct s3 *s, const struct request *r, struct deadline deadline, struct http_reply *ret,
		     struct error *err)
{
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	int64_t asked_at;

	if (ask(s, r, deadline, &reply, &asked_at, err) < 0)
		return -1;
	if (reply.status != 200)
		return refuse(s, r, &reply, asked_at, deadline, err);
	*ret = reply;
	reply = (struct http_reply){0};
	return 0;
}

/* --- the listing --- */

static int no_page(const struct s3 *s, struct error *err)
{
	const struct error why = *err;

	if (why.kind != ERR_DATA)
		return fail_within(err, "the list of the bucket '%s' at '%.100s'", s->source->bucket, s->base.host);
	return fail(err, ERR_DATA, "the list of the bucket '%s' at '%.100s' makes no sense (%.200s): see that endpoint is an "
		    "S3-compatible store", s->source->bucket, s->base.host, why.text);
}

static int read_page(struct s3 *s, const char *token, struct deadline deadline, struct remotes *list,
		     struct s3_page *page, struct error *err)
{
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	autofree char *body = NULL;
	struct sigv4_pair params[5] = {{"list-type", "2"}, {"encoding-type", "url"}, {"delimiter", "/"}};
	struct request r = {.params = params, .param_count = 3};
	size_t n = 0;

	if (*s->source->prefix)
		params[r.param_count++] = (struct sigv4_pair){"prefix", s->source->prefix};
	if (token)
		params[r.param_count++] = (struct sigv4_pair){"continuation-token", token};
	if (ask_whole(s, &r, deadline, &reply, err) < 0)
		return -1;
	if (http_read_all(s->http, PAGE_CAP, deadline, &body, &n, err) < 0 ||
	    s3_listing_add(body, n, s->source->prefix, list, page, err) < 0)
		return no_page(s, err);
	return 0;
}

static int read_pages(struct s3 *s, const char *begun, struct deadline deadline, struct remotes *list, struct error *err)
{
	autofree char *token = NULL;
	size_t thin_at = THIN_AFTER;

	for (int pages = 0; pages < PAGES_CAP; pages++) {
		CLEANUP(s3_page_done) struct s3_page page = {0};

		if (read_page(s, token, deadline, list, &page, err) < 0)
			return -1;
		if (!page.next)
			return 0;
		if (same(page.next, token))
			return fail(err, ERR_DATA, "the list of the bucket '%s' at '%.100s' goes round in a circle: see to the "
				    "store",
				    s->source->bucket, s->base.host);
		set_text(&token, page.next);
		if (list->count >= thin_at) {
			remotes_thin(list, s->source->pattern, begun);
			thin_at = list->count + THIN_AFTER;
		}
	}
	return fail(err, ERR_DATA, "the list of the bucket '%s' has more than %d pages: narrow the prefix in url",
		    s->source->bucket,
		    PAGES_CAP);
}

static int list_s3(void *state, const char *begun, struct deadline deadline, struct remotes *ret, struct error *err)
{
	struct s3 *s = state;
	CLEANUP(remotes_done) struct remotes list = {0};

	if (read_pages(s, begun, deadline, &list, err) < 0)
		return -1;
	strings_done(&s->small);
	for (size_t i = 0; i < list.count; i++)
		if (ends_with(list.items[i].where, ".sha256") || ends_with(list.items[i].where, ".json"))
			strings_add(&s->small, list.items[i].where);
	s->listed = true;
	*ret = list;
	list = (struct remotes){0};
	return 0;
}

/* --- an object --- */

/* What has no version has "null" for one. */
static const char *version_in(const char *version)
{
	return same(version, "null") ? NULL : version;
}

static char *copy_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

/*
 * The store's own SHA-256, only where it is that of the whole object: that of an
 * upload in parts is the digest of the parts' digests, and ends with "-N".
 */
static void read_checksum(const struct http_reply *reply, char ret_hex[SHA256_HEX])
{
	const char *type = http_header(reply, "x-amz-checksum-type");
	const char *sum = http_header(reply, "x-amz-checksum-sha256");
	autofree unsigned char *bytes = NULL;
	autofree char *text = NULL;
	size_t n = 0;

	if (!sum || (type && !same(type, "FULL_OBJECT")))
		return;
	bytes = base64_decode(sum, &n);
	if (!bytes || n != SHA256_BYTES)
		return;
	text = hex(bytes, n);
	memcpy(ret_hex, text, SHA256_HEX);
}

static void read_part(const struct http_reply *reply, int64_t from, int64_t bytes, struct place_part *ret)
{
	const char *etag = http_header(reply, "etag");
	const char *modified = http_header(reply, "last-modified");

	*ret = (struct place_part){
		.from = from,
		.bytes = bytes,
		.etag = etag && etag[0] == '"' ? xstrdup(etag) : NULL, /* If-Match knows no weak ones */
		.version = copy_or_null(version_in(http_header(reply, "x-amz-version-id"))),
		.modified = modified ? http_time(modified) : TIME_UNKNOWN,
	};
	if (from == 0)
		read_checksum(reply, ret->sha256);
}

/* With it a store says its digest, where it has one. */
#define ASK_FOR_CHECKSUM {"x-amz-checksum-mode", "ENABLED"}

static int get_whole(struct s3 *s, const struct remote *r, struct deadline deadline, struct place_part *ret,
		     struct error *err)
{
	static const struct sigv4_pair checksum[] = {ASK_FOR_CHECKSUM};
	const struct request request = {.key = r->where, .headers = checksum, .header_count = COUNT(checksum)};
	CLEANUP(http_reply_done) struct http_reply reply = {0};

	if (ask_whole(s, &request, deadline, &reply, err) < 0)
		return -1;
	if (reply.length < 0)
		return fail(err, ERR_DATA, "'%.100s' does not say how long the object '%.200s' is: see that endpoint is an "
			    "S3-compatible store", s->base.host, r->name);
	read_part(&reply, 0, reply.length, ret);
	return 0;
}

/* Whether an answer is exactly the rest of what 'r' was. */
static bool is_the_rest(const struct http_reply *reply, const struct remote *r, int64_t from)
{
	const char *range = http_header(reply, "content-range");
	autofree char *expected = format("bytes %lld-%lld/%lld", (long long)from, (long long)(from + reply->length - 1),
					 (long long)(from + reply->length));

	return reply->length > 0 && same(range, expected) && same(http_header(reply, "etag"), r->etag) &&
	       (r->bytes < 0 || r->bytes == from + reply->length);
}

enum outcome { FAILED = -1, BEGUN, ANEW, WITHOUT_VERSION };

/* What an answer to a request for a rest means. */
static enum outcome judge(struct s3 *s, const struct request *request, const struct http_reply *reply, int64_t asked_at,
			  const struct remote *r, int64_t from, struct deadline deadline, struct error *err)
{
	switch (reply->status) {
	case 206:
		return is_the_rest(reply, r, from) ? BEGUN : ANEW;
	case 200: /* knows no ranges, and sends the whole */
		return reply->length < 0 ? ANEW : BEGUN;
	case 412: /* another revision */
	case 416: /* one that is shorter */
		return ANEW;
	default:
		/* the version is gone, or it takes s3:GetObjectVersion to ask for one: the newest may still be the same */
		if (request->param_count && (reply->status == 403 || reply->status == 404 || reply->status == 405))
			return WITHOUT_VERSION;
		return refuse(s, request, reply, asked_at, deadline, err) < 0 ? FAILED : ANEW;
	}
}

static enum outcome get_rest(struct s3 *s, const struct remote *r, const char *version, int64_t from,
			     struct deadline deadline, struct place_part *ret, struct error *err)
{
	autofree char *range = format("bytes=%lld-", (long long)from);
	const struct sigv4_pair headers[] = {{"range", range}, ASK_FOR_CHECKSUM}, params[] = {{"versionId", version}};
	const struct request request = {.key = r->where, .headers = headers, .header_count = COUNT(headers), .params = params,
					.param_count = version ? 1 : 0, .if_match = r->etag};
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	enum outcome outcome;
	int64_t asked_at, begin;

	if (ask(s, &request, deadline, &reply, &asked_at, err) < 0)
		return FAILED;
	outcome = judge(s, &request, &reply, asked_at, r, from, deadline, err);
	begin = reply.status == 206 ? from : 0;
	if (outcome == BEGUN)
		read_part(&reply, begin, begin + reply.length, ret);
	return outcome;
}

static int get_s3(void *state, const struct remote *r, int64_t from, struct deadline deadline, struct place_part *ret,
		  struct error *err)
{
	struct s3 *s = state;
	const char *version = version_in(r->version);
	enum outcome outcome = ANEW;

	if (from > 0 && r->etag) {
		outcome = get_rest(s, r, version, from, deadline, ret, err);
		if (outcome == WITHOUT_VERSION)
			outcome = get_rest(s, r, NULL, from, deadline, ret, err);
	}
	if (outcome == ANEW)
		return get_whole(s, r, deadline, ret, err);
	return outcome == BEGUN ? 0 : -1;
}

static int read_s3(void *state, void *buf, size_t n, struct deadline deadline, size_t *ret_n, struct error *err)
{
	struct s3 *s = state;

	return http_read(s->http, buf, n, deadline, ret_n, err);
}

/*
 * Who may list only below a prefix is told "denied", not "not there", of a
 * missing object. The listing says which of the two it is.
 */
static int beside_s3(void *state, const struct remote *r, const char *suffix, size_t cap, struct deadline deadline,
		     char **ret_bytes, size_t *ret_n, struct error *err)
{
	struct s3 *s = state;
	autofree char *key = format("%s%s", r->where, suffix);
	const struct request request = {.key = key};
	CLEANUP(http_reply_done) struct http_reply reply = {0};

	if (ask_whole(s, &request, deadline, &reply, err) < 0) {
		if (err->kind == ERR_PRIVILEGE && s->listed && starts_with(key, s->source->prefix) && !strings_have(&s->small, key))
			return fail(err, ERR_NOTHING, "there is no object '%.300s'", key);
		return -1;
	}
	if (http_read_all(s->http, cap, deadline, ret_bytes, ret_n, err) < 0)
		return fail_within(err, "the object '%.200s'", key);
	return 0;
}

static bool clock_s3(const void *state, int64_t *ret_there, int64_t *ret_here)
{
	const struct s3 *s = state;

	return http_clock(s->http, ret_there, ret_here);
}

static const struct tls *connection_s3(const void *state)
{
	const struct s3 *s = state;

	return http_connection(s->http);
}

const struct place_ops place_s3 = {
	.open = open_s3,
	.close = close_s3,
	.list = list_s3,
	.get = get_s3,
	.read = read_s3,
	.beside = beside_s3,
	.clock = clock_s3,
	.connection = connection_s3,
};
