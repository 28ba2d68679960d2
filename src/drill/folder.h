/*
 * The files of a directory archive, each read to its end. pg_restore takes a file
 * of rows that was cut short for a shorter one, whatever compressed it but gzip,
 * and an empty one even then: rows would be gone, and nobody told.
 */
#ifndef DRILLBOX_DRILL_FOLDER_H
#define DRILLBOX_DRILL_FOLDER_H

#include "base/error.h"

/*
 * Of the rows of a table: that what compressed them came to its end, and that they end as pg_dump
 * ends them. Of large objects: that the lists name as many as there are. What was not compressed
 * and is no row cannot be told. ERR_DATA: which file, and what is wrong with it. ERR_LACKING, ERR_IO, ERR_SPACE.
 */
MUST_CHECK int folder_check(const char *path, struct error *err);

#endif
