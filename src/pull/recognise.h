/*
 * What a dump that somebody else made is, and what it tells of itself, by the
 * first bytes of the file into which it is written; of a compressed one by what
 * is inside.
 *
 *     if (bytes >= RECOGNISE_LEAST || whole)
 *             if (recognise(part_path, &head, err) < 0) ...
 *
 * Only the files of pull/ that bring such dumps use this.
 */
#ifndef DRILLBOX_PULL_RECOGNISE_H
#define DRILLBOX_PULL_RECOGNISE_H

#include "base/error.h"
#include "model/dump_head.h"

#define RECOGNISE_LEAST ((int64_t)512 << 10) /* bytes that there have to be, unless they are all: several blocks of any zstd */

/* As dump_head_parse(); ERR_DATA too where what is compressed cannot be unpacked, ERR_LACKING where not here. */
MUST_CHECK int recognise(const char *path, struct dump_head *ret, struct error *err);

#endif
