/*
 * The first bytes of an archive of pg_dump (-Fc; of -Ft and -Fd the member or file
 * toc.dat, which begins alike): the name of its database and when it was begun. Its layout is that of PostgreSQL's pg_backup_archiver.c
 * (ReadHead), the same since archive version 1.10 but for one field. This much
 * is read here and not by pg_restore in the sandbox, because a dump that comes
 * without a manifest needs a name before it is in the store; the rest is rung 2's.
 * Pure, and never reads beyond what it is given.
 */
#ifndef DRILLBOX_MODEL_ARCHIVE_HEAD_H
#define DRILLBOX_MODEL_ARCHIVE_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define ARCHIVE_MAGIC "PGDMP"
#define ARCHIVE_HEAD_MOST 1024 /* bytes it takes at most, with any name a database can have */

/* As PostgreSQL numbers them. */
enum archive_format { ARCHIVE_OF_NONE = 0, ARCHIVE_CUSTOM = 1, ARCHIVE_TAR = 3, ARCHIVE_DIRECTORY = 5 };

/* All text owned. */
struct archive_head {
	enum archive_format format;
	char *database;
	int64_t created; /* what the clock on the wall said there, read as if it were UTC */
};

/*
 * 'bytes' begin with ARCHIVE_MAGIC, or else that is ERR_DATA too: an archive whose head
 * makes no sense, or one of a newer version.
 */
MUST_CHECK int archive_head_parse(const unsigned char *bytes, size_t n, struct archive_head *ret, struct error *err);

void archive_head_done(struct archive_head *h);

#endif
