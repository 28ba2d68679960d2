/*
 * Collations of the server's own that a dump asks for by name: a server has those of the locales that there were when its
 * cluster was made, so "de_DE" of the source's is mostly missing in ours, though the box can compile its locale.
 *
 *     collations_wanted(manifest, &names);             the plan: each with its locale, to be provided
 *     collations_make(pg, &names, encoding, err)       once the database is there
 */
#ifndef DRILLBOX_DRILL_COLLATIONS_H
#define DRILLBOX_DRILL_COLLATIONS_H

#include "model/manifest.h"
#include "port/pg.h"

/*
 * The names under pg_catalog that columns, domains, keys, views and the like of the source's collate by and that
 * are of libc's locales.
 */
void collations_wanted(const struct manifest *m, struct strings *ret);

/* "de_DE" is "de_DE.UTF-8" in a database of that encoding; "sr_RS@latin" is "sr_RS.UTF-8@latin". Owned. */
char *collation_locale(const char *name, const char *encoding);

/*
 * Make those that the database lacks. One whose locale the server has not is left out: the restore will miss it, and say
 * so. -1: nothing can be asked any more.
 */
MUST_CHECK int collations_make(struct pg *pg, const struct strings *names, const char *encoding, struct error *err);

#endif
