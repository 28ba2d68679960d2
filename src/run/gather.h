/* Facts for the verbs that show one thing whole. */
#ifndef DRILLBOX_RUN_GATHER_H
#define DRILLBOX_RUN_GATHER_H

#include "run/box.h"

/* All that `show` says of a drill. */
MUST_CHECK int show_gather(const struct box *box, int64_t drill, struct show *ret, struct error *err);

#endif
