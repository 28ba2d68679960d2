/* `watch`: follow whoever holds the data folder's lock, from what it notes there. */
#ifndef DRILLBOX_RUN_WATCHING_H
#define DRILLBOX_RUN_WATCHING_H

#include "run/box.h"

/* Prints until the running verb has ended, or at once that nothing runs. */
MUST_CHECK int watch(const struct box *box, bool json, struct error *err);

#endif
