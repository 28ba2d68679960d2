/*
 * What a web server answers for a folder, read into a list of files: the pages
 * of nginx, Apache, Caddy and their like, the JSON of nginx and Caddy, and the index.json
 * that 'drillbox publish' writes. Which of them it is, is told by the content.
 *
 *     if (listing_kind(bytes, n) == LISTING_NONE || listing_read(&folder, bytes, n, &list, err) < 0)
 *             ...
 *
 * Only files directly inside the folder are taken: none of another host, above it
 * or below it, and no folders.
 */
#ifndef DRILLBOX_PULL_LISTING_H
#define DRILLBOX_PULL_LISTING_H

#include "model/remote.h"
#include "model/web_url.h"

#define LISTING_CAP ((size_t)16 << 20)	   /* bytes of a page */
#define LISTING_JSON_CAP ((size_t)4 << 20) /* bytes of JSON, of which a tree is made */
#define LISTING_FILES_CAP 100000	   /* files of one folder */

enum listing_kind {
	LISTING_NONE,
	LISTING_PAGE,  /* HTML */
	LISTING_JSON,  /* an array, nginx's or Caddy's */
	LISTING_INDEX, /* our own index.json */
};

enum listing_kind listing_kind(const char *bytes, size_t n);

/*
 * 'folder' is what answered: its path ends with '/'. Times that a page gives for
 * people are marked 'modified_to_minute', whatever their zone; sizes that are rounded are -1. ERR_DATA:
 * none of those kinds, beyond a cap, an index that is not as 'publish' writes it.
 */
MUST_CHECK int listing_read(const struct web_url *folder, const char *bytes, size_t n, struct remotes *ret, struct error *err);

#endif
