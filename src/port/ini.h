/* INI files in systemd's manner, through inih: strict, with line numbers. */
#ifndef DRILLBOX_PORT_INI_H
#define DRILLBOX_PORT_INI_H

#include "base/error.h"

#define INI_CAP ((size_t)1 << 20) /* bytes of one file */

/* One key; -1 with 'err' filled ends the reading, and file and line are put before the text. */
typedef int (*ini_key)(void *context, const char *section, const char *key, const char *value, struct error *err);

/* Read a file key by key. A key given twice in one section, a line that is neither, a file too large: ERR_CONFIG. */
MUST_CHECK int ini_read(const char *path, ini_key each, void *context, struct error *err);

#endif
