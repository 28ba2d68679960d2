/*
 * The structure of a dump that came without a manifest, beside that of the last
 * proven one: what the older one's list of contents has and this one's has not.
 * No more than a note, since an application may give up what it had; but one that
 * nobody else could tell.
 */
#ifndef DRILLBOX_DRILL_INVENTORY_H
#define DRILLBOX_DRILL_INVENTORY_H

#include "drill/drill.h"
#include "drill/inspect.h"

/*
 * Notes each kind of object of which some are gone, most serious first, and adds to the
 * summary how many. Partitions that are gone while others came are everyday life, and not told. Pure.
 */
void inventory_compare(const struct toc *then, const struct toc *now, const char *then_name, struct findings *f,
		       struct text *summary);

/*
 * The same with r->predecessor_dump, whose list is read in the sandbox too. Nothing without one;
 * one that cannot be listed any more is a note. -1: stopped or out of time.
 */
MUST_CHECK int inventory_check(const struct drill_request *r, const struct tool *tool, const struct toc *now, struct findings *f,
			       struct text *summary, struct error *err);

#endif
