/*
 * A manifest on disk: the JSON beside the dump. Writing streams, one object a
 * line; reading is strict, so that a damaged manifest is never taken for a
 * smaller one.
 *
 * Text is a JSON string, or null where struct manifest has NULL; text that is
 * not UTF-8 (a SQL_ASCII database can hold any) is {"hex": "..."}: nothing is
 * lost on the way. Unknown keys are ignored, missing ones are ERR_DATA.
 */
#ifndef DRILLBOX_STORE_MANIFEST_FILE_H
#define DRILLBOX_STORE_MANIFEST_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "model/manifest.h"

#define MANIFEST_FILE_CAP ((size_t)64 << 20) /* of some 500 000 tables and columns; read, it takes eight times as much */

/* Write 'm' as JSON. The stream is neither flushed nor closed. */
MUST_CHECK int manifest_write(const struct manifest *m, FILE *to, struct error *err);

/*
 * The manifest in 'n' bytes of JSON, sorted. Depends on nothing else. ERR_DATA:
 * damaged, or written by a newer drillbox (the sentence says which).
 */
MUST_CHECK int manifest_parse(const char *bytes, size_t n, struct manifest *ret, struct error *err);

/*
 * The same from a file. ERR_NOTHING: there is no such file; ERR_IO: it cannot
 * be read; ERR_DATA: it could not be taken for a manifest.
 */
MUST_CHECK int manifest_load(const char *path, struct manifest *ret, struct error *err);

#endif
