#include "pull/offer.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "port/digest.h"

#define DIGITS (SHA256_HEX - 1)
#define LIST_SUFFIX ".sha256"
#define MANIFEST_SUFFIX ".json"

/* ---------------------------------------------------------------- a list of digests */

/* 64 digits, in whichever case, and nothing that goes on with them. */
static bool take_digits(const char *at, size_t n, char ret[SHA256_HEX])
{
	if (n < DIGITS || strspn(at, "0123456789abcdefABCDEF") != DIGITS)
		return false;
	for (size_t i = 0; i < DIGITS; i++)
		ret[i] = at[i] >= 'A' && at[i] <= 'F' ? (char)(at[i] - 'A' + 'a') : at[i];
	ret[DIGITS] = '\0';
	return true;
}

static bool is_named(const char *path, size_t n, const char *name)
{
	const char *slash = memrchr(path, '/', n);
	const char *last = slash ? slash + 1 : path;
	size_t rest = n - (size_t)(last - path);

	return rest == strlen(name) && memcmp(last, name, rest) == 0;
}

/* "HEX  NAME" or "HEX *NAME". */
static bool of_gnu(const char *line, size_t n, const char **ret_path, size_t *ret_n, char ret[SHA256_HEX])
{
	if (n <= DIGITS + 2 || line[DIGITS] != ' ' || (line[DIGITS + 1] != ' ' && line[DIGITS + 1] != '*'))
		return false;
	*ret_path = line + DIGITS + 2;
	*ret_n = n - DIGITS - 2;
	return take_digits(line, n, ret);
}

/* "SHA256 (NAME) = HEX" */
static bool of_bsd(const char *line, size_t n, const char **ret_path, size_t *ret_n, char ret[SHA256_HEX])
{
	static const char before[] = "SHA256 (", between[] = ") = ";
	size_t frame = strlen(before) + strlen(between) + DIGITS;

	if (n <= frame || strncmp(line, before, strlen(before)) != 0 ||
	    strncmp(line + n - DIGITS - strlen(between), between, strlen(between)) != 0)
		return false;
	*ret_path = line + strlen(before);
	*ret_n = n - frame;
	return take_digits(line + n - DIGITS, DIGITS, ret);
}

static bool of_either(const char *line, size_t n, const char **ret_path, size_t *ret_n, char ret[SHA256_HEX])
{
	return of_gnu(line, n, ret_path, ret_n, ret) || of_bsd(line, n, ret_path, ret_n, ret);
}

/* The line without its end, be that of Windows or not. */
static size_t line_length(const char *line)
{
	size_t n = strcspn(line, "\n");

	return n - (n > 0 && line[n - 1] == '\r');
}

bool offer_digest_of(const char *list, const char *name, bool alone, char ret_sha256[SHA256_HEX])
{
	char found[SHA256_HEX] = "", here[SHA256_HEX];

	for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = line_length(line), path_n;
		const char *path;

		if (!(of_either(line, n, &path, &path_n, here) && is_named(path, path_n, name)) &&
		    !(alone && n == DIGITS && strlen(list) <= DIGITS + 2 && take_digits(line, n, here)))
			continue;
		if (*found && strcmp(found, here) != 0)
			return false;
		memcpy(found, here, SHA256_HEX);
	}
	memcpy(ret_sha256, found, SHA256_HEX);
	return *found;
}

char *offer_missing_of(const char *list, const char *folder, const struct strings *files)
{
	autofree char *manifest = format("%s" MANIFEST_SUFFIX, folder);
	char unused[SHA256_HEX];

	for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *path, *slash;
		size_t n;

		if (!of_either(line, line_length(line), &path, &n, unused))
			continue;
		slash = memrchr(path, '/', n);
		autofree char *file = slash ? xstrndup(slash + 1, n - (size_t)(slash + 1 - path)) : xstrndup(path, n);

		if ((slash ? is_named(path, (size_t)(slash - path), folder) : strcmp(file, manifest) != 0) &&
		    !strings_have(files, file))
			return take(file);
	}
	return NULL;
}

/* ---------------------------------------------------------------- what is beside the dump */

/* Where it lies. */
struct beside {
	offer_get get;
	void *context;
};

/* 0 with *ret NULL where there is none. */
static int get_beside(const struct beside *b, const struct offer *o, const char *suffix, size_t cap, char **ret, size_t *ret_n,
		      struct error *err)
{
	if (b->get(b->context, suffix, cap, ret, ret_n, err) == 0)
		return 0;
	if (err->kind != ERR_NOTHING)
		return fail_within(err, "getting '%s%s'", o->remote.name, suffix);
	*ret = NULL;
	*ret_n = 0;
	return 0;
}

/* Index and list: either will do, and where both are there they say the same. */
static int take_digest(struct offer *o, const char *list, struct error *err)
{
	char listed[SHA256_HEX] = "";

	if (list && !offer_digest_of(list, o->remote.name, true, listed))
		return fail(err, ERR_DATA,
			    "'%s" LIST_SUFFIX "' has no line for '%s', or several that differ: write it anew with 'sha256sum %s'",
			    o->remote.name, o->remote.name, o->remote.name);
	if (*listed && *o->remote.sha256 && strcmp(listed, o->remote.sha256) != 0)
		return fail(err, ERR_DATA,
			    "the index and '%s" LIST_SUFFIX "' name different digests of '%s': one of them is not of this dump; "
			    "publish it anew",
			    o->remote.name, o->remote.name);
	memcpy(o->sha256, *listed ? listed : o->remote.sha256, SHA256_HEX);
	o->origin.vouch = *o->remote.sha256 ? VOUCH_INDEX : *listed ? VOUCH_LIST : VOUCH_NONE;
	return 0;
}

/* The digest published for the manifest, by list or index, "" where there is none; where both name one they say the same. */
static int manifest_digest(const struct offer *o, const char *list, const char *name, char ret[SHA256_HEX], struct error *err)
{
	const char *indexed = o->remote.manifest_sha256;
	char listed[SHA256_HEX] = "";

	if (list && offer_digest_of(list, name, false, listed) && *indexed && strcmp(listed, indexed) != 0)
		return fail(err, ERR_DATA,
			    "the index and '%s" LIST_SUFFIX "' name different digests of the manifest '%s': publish dump and "
			    "manifest anew",
			    o->remote.name, name);
	memcpy(ret, *listed ? listed : indexed, SHA256_HEX);
	return 0;
}

/* A manifest for which no digest was published may be of another dump, and would then speak falsely against this one. */
static int take_manifest(const struct beside *b, struct offer *o, struct error *err)
{
	const char *list = o->list;
	autofree char *name = format("%s" MANIFEST_SUFFIX, o->remote.name);
	autofree char *bytes = NULL;
	char expected[SHA256_HEX] = "", found[SHA256_HEX];
	bool vouched;
	size_t n;

	if (manifest_digest(o, list, name, expected, err) < 0)
		return -1;
	vouched = *expected;
	if (get_beside(b, o, MANIFEST_SUFFIX, OFFER_MANIFEST_CAP, &bytes, &n, err) < 0)
		return -1;
	if (!bytes && vouched)
		return fail(err, ERR_DATA,
			    "%s of '%s' names a manifest '%s', and that is not there: publish it with its dump",
			    *o->remote.manifest_sha256 ? "the index" : "the list of digests", o->remote.name, name);
	if (bytes && !vouched)
		o->no_manifest = format("the manifest '%s' was not taken: no digest of it was published, so it could be of "
					"another dump; let '%s" LIST_SUFFIX "' name it too",
					name, o->remote.name);
	if (!bytes || !vouched)
		return 0;
	if (digest_bytes(bytes, n, found, err) < 0)
		return -1;
	if (strcmp(found, expected) != 0)
		return fail(err, ERR_DATA,
			    "the manifest '%s' has not the sha256 that was published for it (%.8s..., published %.8s...): "
			    "publish dump and manifest anew",
			    name, found, expected);
	o->manifest = take(bytes);
	o->manifest_n = n;
	return 0;
}

/* ---------------------------------------------------------------- the offer */

/* As a person would write it; what is behind a '?' may be a key to the place. */
static char *where_it_is(const struct source_config *source, const char *where)
{
	struct web_url url = {.host = source->web.host, .port = source->web.port};
	autofree char *path = xstrndup(where, strcspn(where, "?"));

	if (source->type == SOURCE_S3)
		return format("s3://%s/%s", source->bucket, where);
	url.path = path;
	return web_url_text(&url);
}

int offer_look_beside(struct offer *o, bool folder, offer_get get, void *context, struct error *err)
{
	const struct beside b = {get, context};
	size_t n;

	if (get_beside(&b, o, LIST_SUFFIX, OFFER_LIST_CAP, &o->list, &n, err) < 0)
		return -1;
	if (o->list && (strlen(o->list) != n || digest_bytes(o->list, n, o->list_sha256, err) < 0))
		return fail(err, ERR_DATA, "'%s" LIST_SUFFIX "' is no list of digests: write it anew with sha256sum",
			    o->remote.name);
	if (folder)
		o->origin.vouch = o->list ? VOUCH_LIST : VOUCH_NONE;
	else if (take_digest(o, o->list, err) < 0)
		return -1;
	return take_manifest(&b, o, err);
}

/* Of a place. */
struct at_place {
	struct place *place;
	const struct remote *remote;
	struct deadline deadline;
};

static int get_at_place(void *context, const char *suffix, size_t cap, char **ret, size_t *ret_n, struct error *err)
{
	const struct at_place *at = context;

	return place_beside(at->place, at->remote, suffix, cap, at->deadline, ret, ret_n, err);
}

static struct origin origin_of(const struct source_config *source, const struct remote *r)
{
	return (struct origin){
		.where = where_it_is(source, r->where),
		.version = r->version ? xstrdup(r->version) : NULL,
		.etag = r->etag ? xstrdup(r->etag) : NULL,
		.modified = r->modified,
	};
}

int offer_of(struct place *place, const struct source_config *source, struct remote *file, struct deadline deadline,
	     struct offer *ret, struct error *err)
{
	CLEANUP(offer_done) struct offer o = {.remote = *file};
	struct at_place at = {place, &o.remote, deadline};

	*file = (struct remote){0};
	o.origin = origin_of(source, &o.remote);
	if (offer_look_beside(&o, false, get_at_place, &at, err) < 0)
		return -1;
	*ret = o;
	o = (struct offer){0};
	return 0;
}

/* As far as the listing tells. */
static bool is_begun(const struct source_config *source, const struct remote *r, const struct half *half)
{
	CLEANUP(origin_done) struct origin origin = {0};

	if (!remote_fits(r, source->pattern) || (r->bytes >= 0 && r->bytes != half->bytes))
		return false;
	origin = origin_of(source, r);
	return half_is_of(half, &origin);
}

static void take_begun(const struct source_config *source, struct remotes *list, const struct remote *newest,
		       const struct half *half, struct remote *ret)
{
	if (!half || !half_can_go_on(half) || is_begun(source, newest, half))
		return;
	for (size_t i = 0; i < list->count; i++) {
		struct remote *r = &list->items[i];

		if (r == newest || !is_begun(source, r, half))
			continue;
		*ret = *r;
		*r = (struct remote){0};
		return;
	}
}

int offer_find(struct place *place, const struct source_config *source, const struct half *half, struct deadline deadline,
	       struct offer *ret, struct remote *ret_begun, struct error *err)
{
	CLEANUP(remotes_done) struct remotes list = {0};
	const struct remote *newest;

	if (place_list(place, half ? half->where : NULL, deadline, &list, err) < 0)
		return -1;
	if (remotes_newest(&list, source->pattern, &newest, err) < 0) {
		autofree char *where = source->type == SOURCE_S3 ? where_it_is(source, source->prefix) :
								   where_it_is(source, source->web.path);

		return fail_within(err, "at '%s'", where);
	}
	take_begun(source, &list, newest, half, ret_begun);
	if (offer_of(place, source, &list.items[newest - list.items], deadline, ret, err) < 0)
		return -1;
	ret->listed = list.count + list.gone;
	return 0;
}

static int list_stands(struct place *place, const struct offer *offer, struct deadline deadline, bool *ret, struct error *err)
{
	struct at_place at = {place, &offer->remote, deadline};
	const struct beside b = {get_at_place, &at};
	autofree char *list = NULL;
	char now[SHA256_HEX] = "";
	size_t n;

	if (get_beside(&b, offer, LIST_SUFFIX, OFFER_LIST_CAP, &list, &n, err) < 0 ||
	    (list && digest_bytes(list, n, now, err) < 0))
		return -1;
	*ret = strcmp(now, offer->list_sha256) == 0;
	return 0;
}

static int index_stands(struct place *place, const struct offer *offer, struct deadline deadline, bool *ret, struct error *err)
{
	CLEANUP(remotes_done) struct remotes list = {0};

	if (place_list(place, offer->origin.where, deadline, &list, err) < 0)
		return -1;
	*ret = false;
	for (size_t i = 0; i < list.count; i++)
		if (same(list.items[i].where, offer->remote.where))
			*ret = strcmp(list.items[i].sha256, offer->remote.sha256) == 0;
	return 0;
}

int offer_stands(struct place *place, const struct offer *offer, struct deadline deadline, bool *ret, struct error *err)
{
	if (list_stands(place, offer, deadline, ret, err) < 0)
		return -1;
	return *ret && *offer->remote.sha256 ? index_stands(place, offer, deadline, ret, err) : 0;
}

void offer_done(struct offer *o)
{
	remote_done(&o->remote);
	origin_done(&o->origin);
	free(o->list);
	free(o->manifest);
	free(o->no_manifest);
	*o = (struct offer){0};
}
