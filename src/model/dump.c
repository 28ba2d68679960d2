#include "model/dump.h"

#include <stdlib.h>
#include <string.h>

#include "model/config.h"

#define STAMP (sizeof("_YYYYMMDD_HHMMSS") - 1)

const char *dump_state_word(enum dump_state s)
{
	static const char *const words[] = {
		[DUMP_UNPROVEN] = "unproven",
		[DUMP_PROVEN] = "proven",
		[DUMP_REFUTED] = "refuted",
	};

	return words[s];
}

static const char *const suffixes[DUMP_FORMS] = {
	[DUMP_ARCHIVE] = ".dump",
	[DUMP_FOLDER] = ".d",
	[DUMP_PLAIN] = ".sql",
	[DUMP_PLAIN_GZIP] = ".sql.gz",
	[DUMP_PLAIN_ZSTD] = ".sql.zst",
};

const char *dump_suffix(enum dump_form form)
{
	return suffixes[form];
}

int dump_form_of_name(const char *name)
{
	for (int i = 0; i < DUMP_FORMS; i++)
		if (ends_with(name, suffixes[i]) && strlen(name) > strlen(suffixes[i]))
			return i;
	return -1;
}

bool dump_form_is_plain(enum dump_form form)
{
	return form == DUMP_PLAIN || form == DUMP_PLAIN_GZIP || form == DUMP_PLAIN_ZSTD;
}

bool dump_form_is_packed(enum dump_form form)
{
	return form == DUMP_PLAIN_GZIP || form == DUMP_PLAIN_ZSTD;
}

bool dump_name_parse(const char *name, char **ret_source, char **ret_database, int64_t *ret_taken)
{
	const char *slash = strchr(name, '/');
	autofree char *source = slash ? xstrndup(name, (size_t)(slash - name)) : NULL;
	autofree char *encoded = NULL;
	char *database;
	int64_t taken;
	size_t length;

	if (!source || !source_name_valid(source))
		return false;
	length = strlen(slash + 1);
	if (length <= STAMP || slash[1 + length - STAMP] != '_')
		return false;
	taken = time_parse_compact(slash + 1 + length - STAMP + 1);
	encoded = xstrndup(slash + 1, length - STAMP);
	database = taken == TIME_UNKNOWN ? NULL : percent_decode(encoded);
	if (!database)
		return false;
	*ret_source = take(source);
	*ret_database = database;
	*ret_taken = taken;
	return true;
}

char *dump_name(const char *source, const char *database, int64_t taken)
{
	autofree char *encoded = percent_encode(database);
	char stamp[TIME_TEXT];

	return format("%s/%s_%s", source, encoded, time_compact(taken, stamp));
}

bool dump_same_database(const char *name, const char *other)
{
	autofree char *source = NULL, *database = NULL, *other_source = NULL, *other_database = NULL;
	int64_t taken;

	return dump_name_parse(name, &source, &database, &taken) &&
	       dump_name_parse(other, &other_source, &other_database, &taken) && same(database, other_database);
}

static const char *const vouch_words[] = {
	[VOUCH_PULLED] = "",
	[VOUCH_INDEX] = "index",
	[VOUCH_LIST] = "sha256",
	[VOUCH_STORE] = "store",
	[VOUCH_NONE] = "unverified",
};

const char *vouch_word(enum vouch v)
{
	return vouch_words[v];
}

int vouch_from_word(const char *word)
{
	for (size_t i = 0; i < COUNT(vouch_words); i++)
		if (strcmp(vouch_words[i], word) == 0)
			return (int)i;
	return -1;
}

/* Of a dump that a person handed in: a path, or standard input. */
static char *handed_sentence(const struct origin *o)
{
	if (o->vouch != VOUCH_NONE)
		return format("from %s, with the digest that lay beside it", o->where);
	if (o->where[0] != '/')
		return format("origin unverified: it came through %s, without a digest, so nobody can tell whether it is what was "
			      "made",
			      o->where);
	return format("origin unverified: no digest lay beside %s, so nobody can tell whether it is what was made; sha256sum "
		      "writes one, into a file of that name and '.sha256'",
		      o->where);
}

char *origin_sentence(const struct origin *o)
{
	const char *where = o->where ? o->where : "it, at a place that nobody noted";

	if (o->where && !strstr(o->where, "://") && o->vouch != VOUCH_PULLED)
		return handed_sentence(o);

	switch (o->vouch) {
	case VOUCH_INDEX:
		return format("from %s, whose index says its digest", where);
	case VOUCH_LIST:
		return format("from %s, with the digest published beside it", where);
	case VOUCH_STORE:
		return format("from %s, with the digest that the object store has kept since it was put there", where);
	case VOUCH_NONE:
		return format("origin unverified: no digest was published with %s, so nobody can tell whether this is what "
			      "was put there; 'drillbox publish' writes one, and so does sha256sum",
			      where);
	case VOUCH_PULLED:
		break;
	}
	return NULL;
}

void origin_without_manifest(struct origin *o)
{
	if (o->vouch == VOUCH_PULLED)
		o->vouch = VOUCH_NONE;
}

void origin_done(struct origin *o)
{
	free(o->where);
	free(o->version);
	free(o->etag);
	*o = (struct origin){0};
}

struct dump *dumps_add(struct dumps *list)
{
	struct dump *d;

	list->items = grow(list->items, list->count, sizeof(*list->items));
	d = &list->items[list->count++];
	d->taken = TIME_UNKNOWN;
	return d;
}

static int by_source_newest_first(const void *a, const void *b)
{
	const struct dump *x = a, *y = b;
	int order = strcmp(x->source, y->source);

	if (order == 0)
		order = (x->taken < y->taken) - (x->taken > y->taken);
	return order ? order : strcmp(x->name, y->name);
}

void dumps_sort(struct dumps *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), by_source_newest_first);
}

struct dump *dumps_find(const struct dumps *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

static struct dump *newest(const struct dumps *list, const char *source, bool proven, int64_t now)
{
	struct dump *best = NULL;

	for (size_t i = 0; i < list->count; i++) {
		struct dump *d = &list->items[i];

		if (strcmp(d->source, source) != 0 || (proven && d->state != DUMP_PROVEN))
			continue;
		if (now != TIME_UNKNOWN && d->taken > now)
			continue;
		if (!best || d->taken > best->taken)
			best = d;
	}
	return best;
}

struct dump *dumps_newest(const struct dumps *list, const char *source, int64_t now)
{
	return newest(list, source, false, now);
}

struct dump *dumps_newest_proven(const struct dumps *list, const char *source, int64_t now)
{
	return newest(list, source, true, now);
}

void dump_done(struct dump *d)
{
	free(d->name);
	free(d->source);
	free(d->path);
	free(d->kept_because);
	origin_done(&d->origin);
	*d = (struct dump){0};
}

void dumps_done(struct dumps *list)
{
	for (size_t i = 0; i < list->count; i++)
		dump_done(&list->items[i]);
	free(list->items);
	*list = (struct dumps){0};
}
