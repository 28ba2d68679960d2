/* INI files in systemd's manner, through inih: strict, with line numbers. */
#ifndef DRILLBOX_PORT_INI_H
#define DRILLBOX_PORT_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define INI_CAP ((size_t)1 << 20) /* bytes of one file */

/* One key; -1 with 'err' filled ends the reading, and file and line are put before the text. */
typedef int (*ini_key)(void *context, const char *section, const char *key, const char *value, struct error *err);

/* Read a file key by key. A key given twice in one section, a line that is neither, a file too large: ERR_CONFIG. */
MUST_CHECK int ini_read(const char *path, ini_key each, void *context, struct error *err);

/* Where in a text the key stands that is being taken, or the error that ended the reading. */
struct ini_place {
	int line, section_line; /* of the key, and of the [section] it is in */
	size_t value_at, value_length; /* bytes; of a key only */
};

/*
 * The same for a text that is in memory, with the errors as they are: '*place' is
 * for the caller to put before them. 'repeats' (NULL: none) says which keys may
 * be given more than once.
 */
MUST_CHECK int ini_read_text(const char *text, bool (*repeats)(const char *section, const char *key), ini_key each,
			     void *context, struct ini_place *place, struct error *err);

#endif
