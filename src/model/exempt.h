/*
 * Tables that are left out of something, each with the reason for it, as the
 * operator writes them: "public.log: 2 TB that only grow; audit.*: ...".
 * A table is named as reports name it (quote_ident'ed "schema.name"); '*' and '?'
 * stand for any characters. Pure.
 */
#ifndef DRILLBOX_MODEL_EXEMPT_H
#define DRILLBOX_MODEL_EXEMPT_H

#include <stdbool.h>

/* Whether it is such a list, each table with a reason. */
bool exempt_valid(const char *list);

/* Why 'table' is in the list; NULL: it is not, or there is no list. Owned by the caller. */
char *exempt_reason(const char *list, const char *table);

#endif
