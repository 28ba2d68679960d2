/*
 * Stand-ins for the roles of a dump, without which its owners and grants could
 * not be restored: none may log in, none has a password. What they may do is as
 * at the source where a manifest says it.
 */
#ifndef DRILLBOX_DRILL_STAND_INS_H
#define DRILLBOX_DRILL_STAND_INS_H

#include <stdbool.h>
#include <stddef.h>

#include "drill/inspect.h"
#include "model/check.h"
#include "model/manifest.h"
#include "port/pg.h"

struct stand_ins {
	const struct manifest *manifest; /* NULL: none */
	struct findings *findings;	 /* for notes */
	size_t made;
	struct strings later; /* those that the restore asked for */
};

/* Whether every server has a role of this name. */
bool role_is_built_in(const char *name);

/* Those of the manifest; without one, those that the list of contents names. Of a server of this major. */
MUST_CHECK int stand_ins_make(struct stand_ins *s, struct pg *pg, const struct toc *toc, int major, struct error *err);

/* One more that a restore missed, unless it is there; sets *ret_made where one was made, and notes it. */
MUST_CHECK int stand_ins_add(struct stand_ins *s, struct pg *pg, const char *name, bool *ret_made, struct error *err);

void stand_ins_done(struct stand_ins *s);

#endif
