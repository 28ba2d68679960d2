/*
 * What a refuted dump most likely comes of, and what to do about it: from the first check that failed, for those of later
 * rungs follow from it more often than not.
 *
 *     autofree char *to_do = NULL;
 *     const char *likely = advice_of(&findings, "shop", "shop/shop_20261122_041500", &to_do);
 */
#ifndef DRILLBOX_REPORT_ADVICE_H
#define DRILLBOX_REPORT_ADVICE_H

#include "model/check.h"

/*
 * The cause, NULL where nothing more is known than what the checks say themselves. 'ret_to_do' is set in any case; owned.
 * 'source' is NULL where there is none to pull another dump from.
 */
const char *advice_of(const struct findings *f, const char *source, const char *dump, char **ret_to_do);

#endif
