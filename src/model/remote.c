#include "model/remote.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MINUTE 60
#define HOUR 3600 /* by which clocks are put back */

struct remote *remotes_add(struct remotes *list)
{
	struct remote *r;

	list->items = grow(list->items, list->count, sizeof(*list->items));
	r = &list->items[list->count++];
	r->bytes = -1;
	r->modified = TIME_UNKNOWN;
	return r;
}

bool remote_fits(const struct remote *r, const char *pattern)
{
	return !ends_with(r->name, ".sha256") && !ends_with(r->name, ".json") &&
	       fnmatch(pattern, r->name, FNM_PERIOD) == 0;
}

/* The time in a name that is one of our own; TIME_UNKNOWN, which is before all others, in every other. */
static int64_t time_in_name(const char *name)
{
	size_t stem = strlen(name) - (ends_with(name, ".dump") ? strlen(".dump") : 0);
	autofree char *source = NULL, *database = NULL, *whole = format("source/%.*s", (int)stem, name);
	int64_t taken = TIME_UNKNOWN;

	return dump_name_parse(whole, &source, &database, &taken) ? taken : TIME_UNKNOWN;
}

static bool is_later(const struct remote *a, const struct remote *b)
{
	int64_t in_a, in_b;

	if (a->modified != b->modified)
		return a->modified > b->modified;
	in_a = time_in_name(a->name);
	in_b = time_in_name(b->name);
	return in_a != in_b ? in_a > in_b : strcmp(a->name, b->name) > 0;
}

/* How much of a name agrees with what a pattern says literally, at its beginning and at its end. */
static size_t agreement(const char *pattern, const char *name)
{
	static const char wild[] = "*?[\\";
	size_t head = 0, tail = 0, pattern_n = strlen(pattern), name_n = strlen(name);

	while (head < name_n && pattern[head] == name[head] && !strchr(wild, pattern[head]))
		head++;
	while (tail < name_n - head && tail < pattern_n - head && pattern[pattern_n - tail - 1] == name[name_n - tail - 1] &&
	       !strchr(wild, pattern[pattern_n - tail - 1]))
		tail++;
	return head + tail;
}

/* The one whose name comes nearest, of a list that is not empty. */
static const struct remote *nearest(const struct remotes *list, const char *pattern)
{
	const struct remote *near = &list->items[0];

	for (size_t i = 1; i < list->count; i++) {
		size_t new = agreement(pattern, list->items[i].name), old = agreement(pattern, near->name);

		if (new > old || (new == old && is_later(&list->items[i], near)))
			near = &list->items[i];
	}
	return near;
}

static int none_fits(const struct remotes *list, const char *pattern, struct error *err)
{
	autofree char *shown = printable(nearest(list, pattern)->name, false);

	return fail(err, ERR_NOTHING, "none of the %zu files there fits the pattern '%.120s'; '%.200s' comes nearest: correct "
		    "'pattern'", list->count + list->gone, pattern, shown);
}

static int no_time(const struct remote *r, struct error *err)
{
	autofree char *shown = printable(r->name, false);

	return fail(err, ERR_NOTHING, "several files there fit the pattern, and '%.200s' comes without a time, so that the newest "
		    "cannot be told: narrow 'pattern' down to one, or have an index.json written beside them", shown);
}

int remotes_newest(const struct remotes *list, const char *pattern, const struct remote **ret, struct error *err)
{
	const struct remote *newest = NULL, *timeless = NULL;
	size_t fit = 0;

	if (list->count == 0)
		return fail(err, ERR_NOTHING, "there are no files: see that dumps are published there, or correct 'url'");
	for (size_t i = 0; i < list->count; i++) {
		const struct remote *r = &list->items[i];

		if (r->older || !remote_fits(r, pattern))
			continue;
		fit++;
		if (r->modified == TIME_UNKNOWN)
			timeless = r;
		if (!newest || is_later(r, newest))
			newest = r;
	}
	if (!newest)
		return none_fits(list, pattern, err);
	if (timeless && fit > 1)
		return no_time(timeless, err);
	*ret = newest;
	return 0;
}

/* How much later than listed a file may be. */
static int64_t doubt(const struct remote *r)
{
	return r->modified_to_minute ? HOUR + MINUTE - 1 : 0;
}

/* Latest first. */
static int by_time(const void *a, const void *b)
{
	const struct remote *const *one = a, *const *other = b;

	return is_later(*one, *other) ? -1 : is_later(*other, *one);
}

size_t remotes_narrow(struct remotes *list, const char *pattern, size_t cap)
{
	autofree struct remote **timed = xcalloc(list->count, sizeof(struct remote *));
	size_t timed_n = 0, left = 0;

	for (size_t i = 0; i < list->count; i++)
		if (!remote_fits(&list->items[i], pattern))
			continue;
		else if (list->items[i].modified == TIME_UNKNOWN)
			left++;
		else
			timed[timed_n++] = &list->items[i];
	if (timed_n > 1)
		qsort(timed, timed_n, sizeof(struct remote *), by_time);
	for (size_t i = 0; i < timed_n; i++) {
		timed[i]->older = i >= cap || timed[i]->modified + doubt(timed[i]) < timed[0]->modified;
		left += !timed[i]->older;
	}
	return left;
}

/* Whether it may stand beside a dump that fits: then its name is the dump's, and more. */
static bool is_beside(const struct remote *r, const char *pattern)
{
	static const char *const suffixes[] = {".sha256", ".json"};

	for (size_t i = 0; i < COUNT(suffixes); i++) {
		size_t n = strlen(r->name) - (ends_with(r->name, suffixes[i]) ? strlen(suffixes[i]) : 0);
		autofree char *dump = xstrndup(r->name, n);

		if (r->name[n] && remote_fits(&(struct remote){.name = dump}, pattern))
			return true;
	}
	return false;
}

static const struct remote *newest_so_far(const struct remotes *list, const char *pattern)
{
	const struct remote *newest = NULL;

	for (size_t i = 0; i < list->count; i++)
		if (remote_fits(&list->items[i], pattern) && (!newest || is_later(&list->items[i], newest)))
			newest = &list->items[i];
	return newest;
}

void remotes_thin(struct remotes *list, const char *pattern, const char *begun)
{
	const struct remote *newest = newest_so_far(list, pattern);
	const struct remote *stays = newest || !list->count ? newest : nearest(list, pattern);
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct remote *r = &list->items[i];
		bool timeless = r->modified == TIME_UNKNOWN && remote_fits(r, pattern);

		if (r == stays || timeless || is_beside(r, pattern) || (begun && ends_with(begun, r->where)))
			continue;
		remote_done(r);
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].name)
			list->items[kept++] = list->items[i];
	list->gone += list->count - kept;
	list->count = kept;
}

void remote_done(struct remote *r)
{
	free(r->name);
	free(r->where);
	free(r->etag);
	free(r->version);
	*r = (struct remote){0};
}

void remotes_done(struct remotes *list)
{
	for (size_t i = 0; i < list->count; i++)
		remote_done(&list->items[i]);
	free(list->items);
	*list = (struct remotes){0};
}
