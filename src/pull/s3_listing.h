/*
 * What an object store answers to ListObjectsV2, a page at a time. Pure.
 *
 *     CLEANUP(s3_page_done) struct s3_page page = {0};
 *     if (s3_listing_add(bytes, n, prefix, &list, &page, err) < 0)
 *             return -1;
 *     ... and again with page.next while that is not NULL ...
 */
#ifndef DRILLBOX_PULL_S3_LISTING_H
#define DRILLBOX_PULL_S3_LISTING_H

#include <stddef.h>

#include "base/error.h"
#include "model/remote.h"

#define S3_KEY_CAP 1024 /* bytes of an object's key */

/* All text owned. */
struct s3_page {
	char *next; /* the token to ask for the page behind this one; NULL: it was the last */
};

/*
 * Add a page's objects to 'list': 'where' is the key, 'name' the part of it behind the
 * last '/' of 'prefix', with which all of them begin. Left out are folders and what is in
 * them (common prefixes, names with a '/'), and names no dump has: with control characters, or not UTF-8.
 * ERR_DATA: no such page, one with a key that was not asked for, or that says
 * that it is not the last and not how to go on; more than REMOTES_CAP objects. 'list' is
 * good for nothing but remotes_done() then.
 */
MUST_CHECK int s3_listing_add(const char *bytes, size_t n, const char *prefix, struct remotes *list, struct s3_page *ret,
			      struct error *err);
void s3_page_done(struct s3_page *page);

#endif
