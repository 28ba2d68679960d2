/*
 * Fixes that Debian has for the box's packages: what the daily look (note-fixes,
 * on the device) left in its folder, told to `doctor`. Looks at nothing itself.
 */
#ifndef DRILLBOX_RUN_FIXES_H
#define DRILLBOX_RUN_FIXES_H

#include <stdint.h>

#include "model/precheck.h"

#define FIXES_FOLDER "/data/apt"

/* Adds a finding, or none where there is no such folder: a box that Debian's own updates look after. */
void fixes_examine(const char *folder, int64_t now, struct prechecks *list);

#endif
