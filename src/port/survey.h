/*
 * A survey reads a database into a manifest (model/manifest.h): the catalogue
 * as rung 6 compares it, exact row counts, sequences, large objects. A pull
 * surveys the source in the dump's snapshot, a drill surveys what was restored,
 * with the same queries: this file is where both sides are the same.
 *
 * Every query names pg_catalog, identifies by name and never by OID or attnum,
 * and knows the servers it can meet (13 to 18): what an older one lacks is left
 * out, and compared as the newer one would show it.
 */
#ifndef DRILLBOX_PORT_SURVEY_H
#define DRILLBOX_PORT_SURVEY_H

#include "model/manifest.h"
#include "port/pg.h"

#define SURVEY_OLDEST 130000 /* server versions that a survey understands */

/* Identity, versions, settings, extensions, roles, encoding and locale, not_dumped. */
MUST_CHECK int survey_identity(struct pg *pg, struct manifest *m, struct error *err);

/* The relations that are to be counted or left out, with the reason; rows are -1 until survey_rows(). */
MUST_CHECK int survey_relations(struct pg *pg, struct manifest *m, struct error *err);

/*
 * Exact rows of every relation that is not left out, pipelined. 'done' is called after each, may be NULL. Rows that an
 * extension's condition keeps out of a dump are added to 'not_dumped', with their number.
 */
typedef void (*survey_progress)(void *context, size_t counted, size_t of);
MUST_CHECK int survey_rows(struct pg *pg, struct manifest *m, survey_progress done, void *context, struct error *err);

/*
 * The same inside a transaction that holds the tables' locks: what counting
 * locks besides (indexes) is let go every few tables, so that the server's lock
 * table does not fill with it. And where a row may be too long to be dumped its
 * width is measured in passing.
 */
MUST_CHECK int survey_rows_held(struct pg *pg, struct manifest *m, survey_progress done, void *context,
				struct error *err);

/* Every sequence with its value and what it feeds. Reads no snapshot: call it when nothing can move back. */
MUST_CHECK int survey_sequences(struct pg *pg, struct manifest *m, struct error *err);

/* max() of the columns each sequence feeds, in the direction of its increment. */
MUST_CHECK int survey_sequence_reach(struct pg *pg, struct manifest *m, struct error *err);

/*
 * What the rows of every table hold that is counted and has no 'not_hashed', as
 * the sum of a hash of each row, so that their order does not matter: of the
 * columns by name, but for generated ones. Where every column's type hashes by its
 * value, hash_record_extended() of the row ("record"); else hashtextextended() of
 * its text ("text"), as our session's settings print it. And the same of large
 * objects, where they may be read. 'as': hash as was hashed there, and only what was;
 * NULL: choose. 'held' as in survey_rows_held(). Costs one more scan of each table.
 */
MUST_CHECK int survey_contents(struct pg *pg, bool held, struct manifest *m, const struct manifest *as, survey_progress done,
			       void *context, struct error *err);

MUST_CHECK int survey_large_objects(struct pg *pg, struct manifest *m, struct error *err);

/* All object classes. */
MUST_CHECK int survey_catalogue(struct pg *pg, struct manifest *m, struct error *err);

/*
 * A digest of the catalogue as this transaction sees it, cheap: equal texts say
 * that no object was made, altered or dropped between the two; unequal ones
 * only that something was written. Owned by the caller.
 */
MUST_CHECK int survey_fingerprint(struct pg *pg, char **ret, struct error *err);

/*
 * Make a manifest what a server of the other version would have said: without
 * what it cannot have (MAINTAIN below 17), and with names quoted as it quotes
 * them ("json" from 17 on), so that the two compare equal. Sorts it anew.
 */
void survey_normalise(struct manifest *m, int other_version_num);

#endif
