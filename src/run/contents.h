/*
 * What is in a dump, for `list`: as its manifest has it, or, of one that came without, as pg_restore or the
 * reader of plain SQL finds it, in the sandbox.
 */
#ifndef DRILLBOX_RUN_CONTENTS_H
#define DRILLBOX_RUN_CONTENTS_H

#include "run/box.h"

/* Zero-initialised is empty. */
struct listing {
	struct contents contents;
	struct contents_line *lines;
	char *made_by;
	struct strings names; /* that the lines point to, where the manifest does not hold them */
	struct manifest manifest;
};

/* ERR_DATA: the dump cannot be read, as a drill would say. */
MUST_CHECK int contents_read(const struct box *box, const struct dump *dump, struct listing *ret, struct error *err);
void listing_done(struct listing *l);

#endif
