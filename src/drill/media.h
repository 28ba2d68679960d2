/*
 * Rung 1: the stored bytes, read back and compared with the digests that were
 * taken when they were stored.
 */
#ifndef DRILLBOX_DRILL_MEDIA_H
#define DRILLBOX_DRILL_MEDIA_H

#include "drill/drill.h"

/*
 * Adds the checks "dump" and "manifest" and appends to 'summary' what the phase
 * should say ("412 MB read back from the disk, sha256 9c1f...e2"). 0 also when
 * they fail; -1: stopped or out of time.
 */
MUST_CHECK int media_check(const struct drill_request *r, struct findings *f, struct text *summary,
			   struct error *err);

#endif
