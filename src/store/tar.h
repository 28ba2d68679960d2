/*
 * Writing a tar archive, as POSIX.1-2001 (pax) describes it: regular files
 * only, blocks of 512 bytes. For each file: tar_header(), the file's bytes,
 * zeros up to tar_padding(); at the end TAR_END zero bytes.
 */
#ifndef DRILLBOX_STORE_TAR_H
#define DRILLBOX_STORE_TAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define TAR_BLOCK 512
#define TAR_END (2 * TAR_BLOCK)

/* Append the header of a file of 'size' bytes, with an extended one before it where name or size do not fit. */
void tar_header(struct text *to, const char *name, int64_t size, int64_t modified);

/* Zero bytes that follow 'size' bytes of a file: 0 to 511. */
size_t tar_padding(int64_t size);

#endif
