/*
 * The frame of a tar archive as pg_dump -Ft writes it (POSIX.1-1988 ustar): a
 * header of 512 bytes before each member, two blocks of zeros at the end.
 * pg_restore does not ask for the end, and one that was cut off keeps it busy for ever.
 */
#ifndef DRILLBOX_DRILL_TARBALL_H
#define DRILLBOX_DRILL_TARBALL_H

#include "base/error.h"

/*
 * Walk the headers of the file from first to last. ERR_DATA, evidence against the dump: it ends too early (in which member),
 * or a header is none. ERR_IO: it cannot be read.
 */
MUST_CHECK int tarball_check(const char *path, struct error *err);

#endif
