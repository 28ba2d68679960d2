/* What doctor looks at on a box and on a host that publishes alike. */
#ifndef DRILLBOX_RUN_EXAMINE_H
#define DRILLBOX_RUN_EXAMINE_H

#include "model/config.h"
#include "model/precheck.h"
#include "port/toolset.h"

/* Which files of sources cannot be used. */
void examine_config(const struct config *config, struct prechecks *list);

/*
 * The PostgreSQL programs that are there, and which of them have known holes. 'no_tools': of kind
 * ERR_NONE, or why there are none.
 */
void examine_tools(const struct toolset *tools, const struct error *no_tools, struct prechecks *list);

/* How far a source's clock is from ours. */
void examine_clock(int64_t box_minus_source, struct prechecks *list);

/* ERR_CLOCK where the clock of 'source' and ours, at the same moment, are further apart. */
MUST_CHECK int examine_skew(const char *source, int64_t there, int64_t here, struct error *err);

#endif
