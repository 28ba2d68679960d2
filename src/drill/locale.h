/*
 * The locales a dump's database was made with: whether the box has them, and if
 * not, compiling them from the system's own sources into DATA/locales, once.
 */
#ifndef DRILLBOX_DRILL_LOCALE_H
#define DRILLBOX_DRILL_LOCALE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

/* "en_US.UTF-8" and "en_US.utf8" are one name: the codeset in small letters and digits. Owned by the caller. */
char *locale_normal_name(const char *name);

/* The line of a SUPPORTED file ("en_US.UTF-8 UTF-8") for a name: what localedef takes as -i and -f. False: none. */
bool locale_find_source(const char *supported, const char *name, char **ret_input, char **ret_charmap);

/* Whether programs of this system find the locale without being told where. */
bool locale_on_system(const char *name);

/*
 * Make all of 'names' available to a server. When the system has them all, or
 * nothing can be compiled, 'ret_path' is NULL; else it is the folder that LOCPATH
 * must name, which then holds every one that could be compiled (a server with
 * LOCPATH looks nowhere else). Those that are to be had in neither way are
 * appended to 'ret_missing'. An error: stopped or out of time.
 */
MUST_CHECK int locale_provide(const struct strings *names, const char *data, struct deadline deadline, char **ret_path,
			      struct strings *ret_missing, struct error *err);

#endif
