/*
 * Looking up a host's name without being held past a deadline by a name server
 * that does not answer.
 */
#ifndef DRILLBOX_PORT_RESOLVE_H
#define DRILLBOX_PORT_RESOLVE_H

#include <netdb.h>

#include "base/clock.h"
#include "base/error.h"

#define MAX_ADDRESSES 8

/* Numeric, in the order in which they are to be tried. */
struct addresses {
	char items[MAX_ADDRESSES][NI_MAXHOST];
	size_t count;
};

/* At least one address, or ERR_NETWORK (ERR_STOPPED). A numeric 'name' stands for itself. */
MUST_CHECK int resolve_name(const char *name, struct deadline deadline, struct addresses *ret, struct error *err);

#endif
