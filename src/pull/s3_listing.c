#include "pull/s3_listing.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "port/xml.h"

#define ROOT "ListBucketResult"
#define ENTRY ROOT "/Contents"

/* A page while it is read. Keys stay as they came until its end: what says how they are encoded may stand behind them. */
struct reading {
	struct remotes *list;
	size_t first; /* of this page in the list */
	bool begun;   /* the root was seen */
	char *encoding, *truncated, *next;
};

static void reading_done(struct reading *r)
{
	free(r->encoding);
	free(r->truncated);
	free(r->next);
}

/* --- elements --- */

static int set_key(struct remote *r, const char *text, struct error *err)
{
	(void)err;
	set_text(&r->where, text);
	return 0;
}

static int set_size(struct remote *r, const char *text, struct error *err)
{
	if (!parse_int(text, 0, INT64_MAX, &r->bytes))
		return fail(err, ERR_DATA, "an object's Size is no number");
	return 0;
}

static int set_time(struct remote *r, const char *text, struct error *err)
{
	r->modified = time_parse_rfc3339(text);
	if (r->modified == TIME_UNKNOWN)
		return fail(err, ERR_DATA, "an object's LastModified is no time");
	return 0;
}

/* Some stores leave the quotes out, and none takes an If-Match without them. */
static int set_etag(struct remote *r, const char *text, struct error *err)
{
	(void)err;
	free(r->etag);
	r->etag = text[0] == '"' || text[0] == '\0' ? xstrdup(text) : format("\"%s\"", text);
	return 0;
}

static const struct {
	const char *path;
	int (*set)(struct remote *r, const char *text, struct error *err);
} of_entries[] = {
	{ENTRY "/Key", set_key},
	{ENTRY "/Size", set_size},
	{ENTRY "/LastModified", set_time},
	{ENTRY "/ETag", set_etag},
};

static int on_begin(void *context, const char *path, struct error *err)
{
	struct reading *r = context;

	if (!r->begun && strcmp(path, ROOT) != 0)
		return fail(err, ERR_DATA, "it begins with <%.60s>", path);
	r->begun = true;
	if (strcmp(path, ENTRY) != 0)
		return 0;
	if (r->list->count >= REMOTES_CAP)
		return fail(err, ERR_DATA, "there are more than %d objects that may matter: narrow the prefix in url", REMOTES_CAP);
	(void)remotes_add(r->list);
	return 0;
}

static int on_end(void *context, const char *path, const char *text, struct error *err)
{
	struct reading *r = context;
	const struct {
		const char *path;
		char **slot;
	} of_page[] = {
		{ROOT "/EncodingType", &r->encoding},
		{ROOT "/IsTruncated", &r->truncated},
		{ROOT "/NextContinuationToken", &r->next},
	};

	for (size_t i = 0; i < COUNT(of_entries); i++)
		if (strcmp(path, of_entries[i].path) == 0)
			return of_entries[i].set(&r->list->items[r->list->count - 1], text, err);
	for (size_t i = 0; i < COUNT(of_page); i++)
		if (strcmp(path, of_page[i].path) == 0)
			set_text(of_page[i].slot, text);
	return 0;
}

/* --- keys --- */

/* As in a form: '+' is a space. NULL: it is none, or holds a NUL. */
static char *decode_key(const char *s)
{
	CLEANUP(text_done) struct text t = {0};

	for (; *s; s++) {
		char c = *s == '+' ? ' ' : *s;

		if (c == '%') {
			int byte = percent_byte(s, 3);

			if (byte <= 0)
				return NULL;
			c = (char)byte;
			s += 2;
		}
		text_add_bytes(&t, &c, 1);
	}
	return text_take(&t);
}

/* The part of a key that dumps are told apart by. */
static const char *name_in(const char *key, const char *prefix)
{
	const char *slash = strrchr(prefix, '/');

	return slash ? key + (slash + 1 - prefix) : key;
}

static bool could_be_dump(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return *name && !strchr(name, '/') && is_utf8(name);
}

static int finish_entry(struct remote *r, bool encoded, const char *prefix, struct error *err)
{
	char *key;

	if (!r->where)
		return fail(err, ERR_DATA, "an object comes without a Key");
	key = encoded ? decode_key(r->where) : xstrdup(r->where);
	free(r->where);
	r->where = key;
	if (!key)
		return fail(err, ERR_DATA, "an object's Key is not encoded as it says");
	if (strlen(key) > S3_KEY_CAP)
		return fail(err, ERR_DATA, "an object's Key is longer than %d bytes", S3_KEY_CAP);
	if (!starts_with(key, prefix))
		return fail(err, ERR_DATA, "it holds objects that were not asked for: the store does not know what a prefix is");
	r->name = xstrdup(name_in(key, prefix));
	if (r->etag && !*r->etag) {
		free(r->etag);
		r->etag = NULL;
	}
	return 0;
}

/* Give each object its name, and let go of those that are none. */
static int finish_entries(struct reading *r, const char *prefix, struct error *err)
{
	bool encoded = same(r->encoding, "url");
	size_t kept = r->first, end = r->list->count;

	for (size_t i = r->first; i < end; i++)
		if (finish_entry(&r->list->items[i], encoded, prefix, err) < 0)
			return -1;
	for (size_t i = r->first; i < end; i++)
		if (could_be_dump(r->list->items[i].name))
			r->list->items[kept++] = r->list->items[i];
		else
			remote_done(&r->list->items[i]);
	r->list->count = kept;
	return 0;
}

static int finish_page(struct reading *r, struct s3_page *ret, struct error *err)
{
	bool more = same(r->truncated, "true");

	if (!more && !same(r->truncated, "false"))
		return fail(err, ERR_DATA, "it does not say whether it is the last page");
	if (more && (!r->next || !*r->next))
		return fail(err, ERR_DATA, "it is not the last page, and does not say how to ask for the next: the store does not "
			    "know ListObjectsV2");
	ret->next = more ? take(r->next) : NULL;
	return 0;
}

int s3_listing_add(const char *bytes, size_t n, const char *prefix, struct remotes *list, struct s3_page *ret,
		   struct error *err)
{
	CLEANUP(reading_done) struct reading r = {.list = list, .first = list->count};
	const struct xml_events events = {.begin = on_begin, .end = on_end, .context = &r};

	if (xml_parse(bytes, n, &events, err) < 0 || finish_entries(&r, prefix, err) < 0)
		return -1;
	return finish_page(&r, ret, err);
}

void s3_page_done(struct s3_page *page)
{
	free(page->next);
	*page = (struct s3_page){0};
}
