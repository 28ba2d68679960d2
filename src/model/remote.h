/*
 * Dumps as a web server or an object store lists them, and which of them is to
 * be pulled: the newest by time whose name fits the pattern, never the last by
 * name. Pure.
 */
#ifndef DRILLBOX_MODEL_REMOTE_H
#define DRILLBOX_MODEL_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/dump.h"

#define REMOTES_CAP 100000 /* entries kept of one listing at most */

/* One published file. All text owned; NULL where it is not known. */
struct remote {
	char *name;		 /* the last part of its path, decoded: "shop_20261122_041500.dump" */
	char *where;		 /* how its place finds it again: a path with its query, or a key */
	int64_t bytes;		 /* -1: not known, or rounded (as Apache's listing is) */
	int64_t modified;	 /* TIME_UNKNOWN: not known */
	bool modified_to_minute; /* a listing's time may be cut to the minute */
	char *etag;		 /* with its quotes */
	char *version;		 /* of an object store's */
	bool older;		 /* than another of the list, whatever the times say */
	char sha256[SHA256_HEX]; /* as an index says; "" */
	char manifest_sha256[SHA256_HEX]; /* the same, of the manifest beside it */
};

struct remotes {
	struct remote *items;
	size_t count;
	size_t gone; /* were listed too, until remotes_thin() */
};

/* One of which nothing is known yet. */
struct remote *remotes_add(struct remotes *list);

/* Whether it may be a dump by its name: 'pattern' is fnmatch(3)'s; never a hidden file, nor a .sha256 or .json beside a dump. */
bool remote_fits(const struct remote *r, const char *pattern);

/*
 * The newest that fits 'pattern'. Of several of the very same time, the one with the
 * latest time in its name, where it is named as our own dumps are; else the last by name in byte order.
 * ERR_NOTHING says what was there instead: nothing at all, nothing that fits (with
 * the name that comes nearest), or no times to choose by. One alone needs no time.
 */
MUST_CHECK int remotes_newest(const struct remotes *list, const char *pattern, const struct remote **ret,
			      struct error *err);

/*
 * Mark as 'older', of those that fit 'pattern', all that cannot be the newest by
 * what is known: neither without a time, nor of one that is not before all doubt. Times that are
 * cut to the minute are those of a page for people, and may be in a zone whose clocks are put back by an
 * hour once a year. Of those with a time at most 'cap' are left, the latest. Returns how many are left.
 */
size_t remotes_narrow(struct remotes *list, const char *pattern, size_t cap);

/*
 * Of a listing that comes page by page: let go of all that cannot matter any more, whatever
 * is still to come. What stays: the newest so far that fits 'pattern', those without a time, what stands
 * beside any that would fit, and, while none fits, what remotes_newest() would name instead. And one of which a part
 * has come: that at 'begun', an origin's 'where'; NULL: there is none.
 */
void remotes_thin(struct remotes *list, const char *pattern, const char *begun);

void remote_done(struct remote *r);
void remotes_done(struct remotes *list);

#endif
