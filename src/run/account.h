/*
 * As whom the box's work is done: as the user whose data folder it is. A
 * person's sudo makes us root, and what root left there the daemon could not
 * write.
 */
#ifndef DRILLBOX_RUN_ACCOUNT_H
#define DRILLBOX_RUN_ACCOUNT_H

#include "base/error.h"

/*
 * Root becomes the owner of the data folder that the configuration names, with
 * that user's groups, for good. Anybody else, and root where the folder is
 * root's or not there yet, stays who they are.
 */
MUST_CHECK int account_settle(const char *config, struct error *err);

/* The same with a folder that is not the box's own, such as one of published dumps. */
MUST_CHECK int account_settle_on(const char *folder, struct error *err);

/* ERR_PRIVILEGE where the data folder is another user's: what is seen there is not what the box sees. */
MUST_CHECK int account_is_the_box(const char *data, struct error *err);

/* Who is at the keyboard: through sudo the one who called it. Valid until the next call. */
const char *account_caller(void);

#endif
