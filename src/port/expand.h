/*
 * Bytes of a file as they were before somebody compressed it: as they are, gzip
 * (RFC 1952, several members in a row too, zeros behind them being padding) or zstd
 * (RFC 8878, several frames in a row too), told by its first bytes and never by its
 * name. zlib and libzstd do the work.
 *
 *     CLEANUP(expand_free) struct expand *e = NULL;
 *     if (expand_open(fd, &e, err) < 0)
 *             return -1;
 *     while ((status = expand_read(e, buffer, sizeof(buffer), &n, err)) == 0 && n > 0)
 *             ...
 */
#ifndef DRILLBOX_PORT_EXPAND_H
#define DRILLBOX_PORT_EXPAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

#define PACKING_MAGIC 4 /* bytes by which it is told */
#define EXPAND_WINDOW_LOG 27 /* 128 MiB: what zstd itself takes at most unless it is told to */

const char *packing_word(enum packing p); /* "none", "gzip", "zstd" */
/* 'n' may be less than PACKING_MAGIC: then it is none. */
enum packing packing_of(const unsigned char *bytes, size_t n);

struct expand;

/* Reads from where 'fd' stands, which stays the caller's and blocks. ERR_IO: it cannot be read. ERR_SPACE: no memory. */
MUST_CHECK int expand_open(int fd, struct expand **ret, struct error *err);
enum packing expand_packing(const struct expand *e);

/*
 * The next bytes, at most 'size' (1 or more): *ret_n of them, 0 at the end. ERR_DATA, evidence
 * against the file: it ends too early, its checksum is another, or something follows that is none of
 * it. ERR_LACKING: a zstd window beyond 128 MiB (--long), which takes more memory than is had here; a
 * zstd dictionary. ERR_IO, ERR_SPACE. After an error, call expand_free() alone.
 */
MUST_CHECK int expand_read(struct expand *e, char *buffer, size_t size, size_t *ret_n, struct error *err);

/* Bytes of the file itself that were read so far. */
int64_t expand_consumed(const struct expand *e);
void expand_free(struct expand **e);

#endif
