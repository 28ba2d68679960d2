#include "pull/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pull/listing.h"
#include "pull/web_headers.h"

#define INDEX "index.json"
#define MOST_EXTRA 2 /* headers of one request beside those that let us in */

struct web {
	const struct source_config *source;
	struct web_headers headers;
	struct http *http;
	struct strings beside; /* paths of what the last listing had beside dumps */
};

/* ---------------------------------------------------------------- asking */

/* 'extra' says which part of which revision: it is for whoever has the bytes in the end. */
static int ask(struct web *w, const char *method, const struct web_url *url, const struct http_header *extra, size_t extra_n,
	       struct deadline deadline, struct http_reply *ret, struct error *err)
{
	size_t n = w->headers.names.count;
	autofree struct http_header *headers = xcalloc(n + MOST_EXTRA, sizeof(*headers));
	const struct http_request request = {
		.method = method,
		.url = url,
		.headers = headers,
		.header_count = n + extra_n,
	};

	for (size_t i = 0; i < n; i++)
		headers[i] = (struct http_header){.name = w->headers.names.items[i], .value = w->headers.values.items[i]};
	for (size_t i = 0; i < extra_n; i++)
		headers[n + i] = extra[i];
	return http_ask(w->http, &request, deadline, ret, err);
}

static int refuse(const struct http_reply *reply, const struct web_url *url, struct error *err)
{
	autofree char *what = web_url_shown(url);

	return http_refusal(reply, what, err);
}

/* The URL of something on the source's server; 'where' is a path with its query, as a listing has it. */
static int locate(const struct web *w, const char *where, struct web_url *ret, struct error *err)
{
	size_t n = strcspn(where, "?");

	if (*where != '/')
		return fail(err, ERR_BUG, "'%.100s' is no path on a web server", where);
	*ret = (struct web_url){
		.host = xstrdup(w->source->web.host),
		.port = xstrdup(w->source->web.port),
		.path = xstrndup(where, n),
		.query = where[n] ? xstrdup(where + n + 1) : NULL,
	};
	return 0;
}

static char *where_of(const struct web_url *url)
{
	return format("%s%s%s", url->path, url->query ? "?" : "", url->query ? url->query : "");
}

/* ---------------------------------------------------------------- what an answer says of a file */

/* A tag by which the same bytes are known again; NULL where it is weak, or none (RFC 9110, section 8.8.3). */
static char *strong_tag(const struct http_reply *reply)
{
	const char *tag = http_header(reply, "etag");
	size_t n = tag ? strlen(tag) : 0;

	return n >= 2 && tag[0] == '"' && tag[n - 1] == '"' ? xstrdup(tag) : NULL;
}

static int64_t modified_in(const struct http_reply *reply)
{
	const char *when = http_header(reply, "last-modified");

	return when ? http_time(when) : TIME_UNKNOWN;
}

/* "bytes FROM-TO/TOTAL"; false: it is none of whole numbers that fit together. */
static bool range_in(const struct http_reply *reply, int64_t *ret_from, int64_t *ret_to, int64_t *ret_total)
{
	const char *range = http_header(reply, "content-range");
	autofree char *again = NULL;
	long long from, to, total;

	if (!range || sscanf(range, "bytes %lld-%lld/%lld", &from, &to, &total) != 3)
		return false;
	again = format("bytes %lld-%lld/%lld", from, to, total);
	*ret_from = from;
	*ret_to = to;
	*ret_total = total;
	return same(range, again) && from >= 0 && from <= to && to < total;
}

/* Bytes of a file are wanted as they are: known before anything of what is here already is let go. */
static int refuse_encoded(const struct http_reply *reply, const struct web_url *url, struct error *err)
{
	const char *coding = http_coding(reply);
	autofree char *what = web_url_shown(url), *word = printable(coding ? coding : "", false);

	if (!coding)
		return 0;
	return fail(err, ERR_SOURCE, "'%s' is sent encoded (%.40s) though it was asked for as it is: let the server leave the "
		    "encoding of dumps alone", what, word);
}

/* ---------------------------------------------------------------- looking at one file */

/* Not every server knows HEAD, and a URL that is signed for GET takes nothing else. */
static bool may_take_get(int status)
{
	return status == 403 || status == 405 || status == 501;
}

static void take_look(const struct http_reply *reply, struct remote *r)
{
	int64_t modified = modified_in(reply), from, to, total;

	free(r->etag);
	r->etag = strong_tag(reply);
	if (reply->status == 206)
		r->bytes = range_in(reply, &from, &to, &total) ? total : -1;
	else if (reply->length >= 0)
		r->bytes = reply->length;
	if (modified == TIME_UNKNOWN)
		return;
	r->modified = modified;
	r->modified_to_minute = false;
}

/* What the server says of one file. *ret_url is what answered; ERR_NOTHING: it is not there. */
static int look(struct web *w, struct remote *r, struct deadline deadline, struct web_url *ret_url, struct error *err)
{
	const struct http_header first_byte = {"Range", "bytes=0-0", true};
	CLEANUP(web_url_done) struct web_url url = {0};
	CLEANUP(http_reply_done) struct http_reply reply = {0};

	if (locate(w, r->where, &url, err) < 0 || ask(w, "HEAD", &url, NULL, 0, deadline, &reply, err) < 0)
		return -1;
	if (may_take_get(reply.status)) {
		http_reply_done(&reply);
		reply = (struct http_reply){0};
		if (ask(w, "GET", &url, &first_byte, 1, deadline, &reply, err) < 0)
			return -1;
	}
	if (reply.status != 200 && reply.status != 206)
		return refuse(&reply, &url, err);
	if (refuse_encoded(&reply, &url, err) < 0)
		return -1;
	take_look(&reply, r);
	if (ret_url)
		*ret_url = web_url_copy(&reply.url);
	return 0;
}

/* ---------------------------------------------------------------- listing */

static int list_file(struct web *w, struct deadline deadline, struct remotes *ret, struct error *err)
{
	CLEANUP(remotes_done) struct remotes list = {0};
	CLEANUP(web_url_done) struct web_url answered = {0};
	struct remote *r = remotes_add(&list);

	r->name = web_url_file(&w->source->web);
	r->where = where_of(&w->source->web);
	if (look(w, r, deadline, &answered, err) < 0)
		return -1;
	if (ends_with(answered.path, "/"))
		return fail(err, ERR_SOURCE, "url names a file, and it leads to a folder: end it with '/', so that the newest "
			    "dump in the folder is pulled");
	*ret = list;
	list = (struct remotes){0};
	return 0;
}

/* What is listed has to be of the server that the login is for, and to be a folder. */
static int check_folder(const struct web *w, const struct http_reply *reply, struct error *err)
{
	autofree char *to = web_url_shown(&reply->url);

	if (!web_url_same_origin(&w->source->web, &reply->url))
		return fail(err, ERR_SOURCE, "url leads to another server, '%s': write that as 'url'", to);
	if (!ends_with(reply->url.path, "/"))
		return fail(err, ERR_SOURCE, "url leads to '%s', which is no folder: its path does not end with '/'", to);
	return 0;
}

static int read_listing(const struct http_reply *reply, const struct web_url *folder, const char *bytes, size_t n,
			struct remotes *ret, struct error *err)
{
	autofree char *what = web_url_shown(&reply->url);

	return listing_read(folder, bytes, n, ret, err) < 0 ? fail_within(err, "'%s'", what) : 0;
}

/* What may stand for "there is none": who may not list a folder is also denied what is not there. */
static bool is_missing(int status)
{
	return status == 403 || status == 404 || status == 410;
}

/* By index.json. *ret_found false: there is none. */
static int list_index(struct web *w, struct deadline deadline, bool *ret_found, struct remotes *ret, struct error *err)
{
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	CLEANUP(web_url_done) struct web_url url = {0}, folder = {0};
	autofree char *where = format("%s" INDEX, w->source->web.path), *bytes = NULL;
	size_t n;

	*ret_found = false;
	if (locate(w, where, &url, err) < 0 || ask(w, "GET", &url, NULL, 0, deadline, &reply, err) < 0)
		return -1;
	if (is_missing(reply.status))
		return 0;
	if (reply.status != 200)
		return refuse(&reply, &url, err);
	if (http_read_all(w->http, LISTING_JSON_CAP, deadline, &bytes, &n, err) < 0)
		return fail_within(err, INDEX);
	if (listing_kind(bytes, n) != LISTING_INDEX)
		return 0; /* a page that answers to every name */
	if (web_url_resolve(&reply.url, "./", &folder, err) < 0)
		return -1;
	if (!web_url_same_origin(&folder, &w->source->web))
		return check_folder(w, &reply, err);
	*ret_found = true;
	return read_listing(&reply, &folder, bytes, n, ret, err);
}

static int refuse_page(const struct http_reply *reply, const struct web_url *url, struct error *err)
{
	autofree char *what = web_url_shown(url);

	if (reply->status != 403)
		return refuse(reply, url, err);
	return fail(err, ERR_REFUSED, "the server does not let us see what is in '%s' (403): let it list the folder (nginx: "
		    "autoindex on), have an index.json written there by 'drillbox publish', or correct the login", what);
}

/* By what the server itself makes of a folder. */
static int list_page(struct web *w, struct deadline deadline, struct remotes *ret, struct error *err)
{
	const struct http_header accept = {"Accept", "application/json, text/html;q=0.9, */*;q=0.1", true};
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	autofree char *bytes = NULL;
	size_t n;

	if (ask(w, "GET", &w->source->web, &accept, 1, deadline, &reply, err) < 0)
		return -1;
	if (reply.status != 200)
		return refuse_page(&reply, &w->source->web, err);
	if (check_folder(w, &reply, err) < 0)
		return -1;
	if (http_read_all(w->http, LISTING_CAP, deadline, &bytes, &n, err) < 0)
		return fail_within(err, "what is in the folder");
	return read_listing(&reply, &reply.url, bytes, n, ret, err);
}

/* ---------------------------------------------------------------- which is the newest */

static bool is_candidate(const struct web *w, const struct remote *r)
{
	return !r->older && remote_fits(r, w->source->pattern);
}

/* Whether the listing leaves open which is the newest, or what it is. */
static bool is_open(const struct web *w, const struct remotes *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct remote *r = &list->items[i];

		if (is_candidate(w, r) && (r->modified == TIME_UNKNOWN || r->modified_to_minute || r->bytes < 0))
			return true;
	}
	return false;
}

/* One that is gone by now was there when the listing was made. */
static int look_closer(struct web *w, struct remote *r, struct deadline deadline, struct error *err)
{
	if (look(w, r, deadline, NULL, err) == 0)
		return 0;
	if (err->kind != ERR_NOTHING)
		return -1;
	r->older = true;
	return 0;
}

/* Where only some of the files tell a time of their own, those of the page cannot be compared with them. */
static void drop_page_times(const struct web *w, struct remotes *list)
{
	bool exact = false;

	for (size_t i = 0; i < list->count; i++)
		exact |= is_candidate(w, &list->items[i]) && !list->items[i].modified_to_minute;
	for (size_t i = 0; exact && i < list->count; i++)
		if (is_candidate(w, &list->items[i]) && list->items[i].modified_to_minute)
			list->items[i].modified = TIME_UNKNOWN;
}

/* Times of a page and those of the files themselves are not to be compared: all that can be the newest are asked about. */
static int refine(struct web *w, struct remotes *list, struct deadline deadline, struct error *err)
{
	size_t left = remotes_narrow(list, w->source->pattern, WEB_LOOKS);

	if (left > WEB_LOOKS)
		return fail(err, ERR_NOTHING, "%zu files there fit the pattern and are listed without a time, and more than %d "
			    "are not looked "
			    "at one by one: narrow 'pattern', or have an index.json written there by 'drillbox publish'", left,
			    WEB_LOOKS);
	if (!is_open(w, list))
		return 0;
	for (size_t i = 0; i < list->count; i++)
		if (is_candidate(w, &list->items[i]) && look_closer(w, &list->items[i], deadline, err) < 0)
			return -1;
	drop_page_times(w, list);
	return 0;
}

static void remember_beside(struct web *w, const struct remotes *list)
{
	strings_done(&w->beside);
	for (size_t i = 0; i < list->count; i++)
		if (ends_with(list->items[i].name, ".sha256") || ends_with(list->items[i].name, ".json"))
			strings_add(&w->beside, list->items[i].where);
}

static int list_folder(struct web *w, struct deadline deadline, struct remotes *ret, struct error *err)
{
	CLEANUP(remotes_done) struct remotes list = {0};
	bool by_index;

	if (list_index(w, deadline, &by_index, &list, err) < 0)
		return -1;
	if (!by_index && (list_page(w, deadline, &list, err) < 0 || refine(w, &list, deadline, err) < 0))
		return -1;
	remember_beside(w, &list);
	*ret = list;
	list = (struct remotes){0};
	return 0;
}

static int list_web(void *state, const char *begun, struct deadline deadline, struct remotes *ret, struct error *err)
{
	struct web *w = state;

	(void)begun; /* all is listed */
	return ends_with(w->source->web.path, "/") ? list_folder(w, deadline, ret, err) : list_file(w, deadline, ret, err);
}

/* ---------------------------------------------------------------- getting one */

static int get_whole(struct web *w, const struct web_url *url, struct deadline deadline, struct http_reply *ret, struct error *err)
{
	if (ask(w, "GET", url, NULL, 0, deadline, ret, err) < 0)
		return -1;
	return ret->status == 200 ? 0 : refuse(ret, url, err);
}

enum outcome { FAILED = -1, REST, WHOLE, ANEW };

/* Whether a 206 brings exactly what was asked for, of the same revision. */
static bool is_the_rest(const struct http_reply *reply, const char *tag, int64_t from)
{
	const char *its = http_header(reply, "etag");
	int64_t begin, end, total;

	return range_in(reply, &begin, &end, &total) && begin == from && end == total - 1 && same(its, tag) &&
	       (reply->length < 0 || reply->length == total - from);
}

static enum outcome get_rest(struct web *w, const struct web_url *url, const char *tag, int64_t from, struct deadline deadline,
			     struct http_reply *ret, struct error *err)
{
	autofree char *range = format("bytes=%lld-", (long long)from);
	const struct http_header extra[] = {{"Range", range, true}, {"If-Match", tag, true}};

	if (ask(w, "GET", url, extra, COUNT(extra), deadline, ret, err) < 0)
		return FAILED;
	switch (ret->status) {
	case 206:
		return is_the_rest(ret, tag, from) ? REST : ANEW;
	case 200: /* it knows no ranges, or the file is another */
		return WHOLE;
	case 412: /* another revision */
	case 416: /* one that is shorter: of the same there is at least one byte to come (half_usable()) */
		return ANEW;
	default:
		(void)refuse(ret, url, err);
		return FAILED;
	}
}

static void take_part(const struct http_reply *reply, enum outcome outcome, int64_t from, struct place_part *ret)
{
	*ret = (struct place_part){.bytes = reply->length, .modified = modified_in(reply), .etag = strong_tag(reply)};
	if (outcome != REST)
		return;
	ret->from = from;
	(void)range_in(reply, &(int64_t){0}, &(int64_t){0}, &ret->bytes);
}

static int get_web(void *state, const struct remote *r, int64_t from, struct deadline deadline, struct place_part *ret,
		   struct error *err)
{
	struct web *w = state;
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	CLEANUP(web_url_done) struct web_url url = {0};
	enum outcome outcome = ANEW;

	if (locate(w, r->where, &url, err) < 0)
		return -1;
	if (from > 0 && r->etag && r->etag[0] == '"')
		outcome = get_rest(w, &url, r->etag, from, deadline, &reply, err);
	if (outcome == ANEW) {
		http_reply_done(&reply);
		reply = (struct http_reply){0};
		outcome = get_whole(w, &url, deadline, &reply, err) < 0 ? FAILED : WHOLE;
	}
	if (outcome == FAILED)
		return -1;
	if (refuse_encoded(&reply, &url, err) < 0)
		return -1;
	take_part(&reply, outcome, from, ret);
	return 0;
}

static int read_web(void *state, void *buf, size_t n, struct deadline deadline, size_t *ret_n, struct error *err)
{
	struct web *w = state;

	return http_read(w->http, buf, n, deadline, ret_n, err);
}

/* ---------------------------------------------------------------- beside one */

/* Servers that answer to every name do so with a page. */
static bool is_page(const struct http_reply *reply)
{
	const char *type = http_header(reply, "content-type");

	return type && (starts_with(type, "text/html") || starts_with(type, "application/xhtml"));
}

static int beside_web(void *state, const struct remote *r, const char *suffix, size_t cap, struct deadline deadline,
		      char **ret_bytes, size_t *ret_n, struct error *err)
{
	struct web *w = state;
	autofree char *where = format("%s%s", r->where, suffix), *what = NULL;
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	CLEANUP(web_url_done) struct web_url url = {0};

	if (strchr(r->where, '?'))
		return fail(err, ERR_NOTHING, "nothing stands beside a file whose URL has a '?'");
	if (locate(w, where, &url, err) < 0 || ask(w, "GET", &url, NULL, 0, deadline, &reply, err) < 0)
		return -1;
	what = web_url_shown(&url);
	if ((reply.status == 403 && !strings_have(&w->beside, where)) || (reply.status == 200 && is_page(&reply)))
		return fail(err, ERR_NOTHING, "there is no '%s'", what);
	if (reply.status != 200)
		return refuse(&reply, &url, err);
	if (http_read_all(w->http, cap, deadline, ret_bytes, ret_n, err) < 0)
		return fail_within(err, "'%s'", what);
	return 0;
}

/* ---------------------------------------------------------------- open and closed */

static bool clock_web(const void *state, int64_t *ret_there, int64_t *ret_here)
{
	const struct web *w = state;

	return http_clock(w->http, ret_there, ret_here);
}

static const struct tls *connection_web(const void *state)
{
	const struct web *w = state;

	return http_connection(w->http);
}

static void close_web(void *state)
{
	struct web *w = state;

	http_free(&w->http);
	web_headers_done(&w->headers);
	strings_done(&w->beside);
	free(w);
}

static int open_web(const struct source_config *source, const struct place_secrets *secrets, void **ret, struct error *err)
{
	const struct http_options options = place_http_options(source);
	struct web *w = xcalloc(1, sizeof(*w));

	w->source = source;
	if (web_headers_make(source, secrets, &w->headers, err) < 0 || http_new(&options, &w->http, err) < 0) {
		close_web(w);
		return -1;
	}
	*ret = w;
	return 0;
}

const struct place_ops place_web = {
	.open = open_web,
	.close = close_web,
	.list = list_web,
	.get = get_web,
	.read = read_web,
	.beside = beside_web,
	.clock = clock_web,
	.connection = connection_web,
};
