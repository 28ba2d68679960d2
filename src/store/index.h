/*
 * FOLDER/SOURCE/index.json: what a web server has of a source, for whoever
 * pulls it from there.
 *
 *     {"schema":1,"source":"shop","dumps":[{"file":"shop_20261122_041500.dump","bytes":1,"sha256":"...",
 *      "data_as_of":"2026-11-22T04:15:00Z","manifest_sha256":"..."}]}
 *
 * Newest first, and only of custom format, whole and with its digest. It is
 * written after the dumps that it names are, and before those that it no longer
 * names are removed: a reader never sees a name without its whole file.
 */
#ifndef DRILLBOX_STORE_INDEX_H
#define DRILLBOX_STORE_INDEX_H

#include "store/store.h"

/* What stands in the index: a dump of custom format with its digest. */
bool index_takes(const struct dump *d);

/*
 * Write the index of a source from its dumps, as store_list() gave them, less
 * those for which 'goes[i]' is not NULL. One that says so already is left alone.
 * 'ret_path' is owned by the caller, 'ret_count' how many it names.
 */
MUST_CHECK int index_write(struct store *s, const char *source, const struct dumps *list, char *const *goes,
			   char **ret_path, size_t *ret_count, struct error *err);

#endif
