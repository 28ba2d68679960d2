/* A TCP connection, made without waiting for longer than was told. */
#ifndef DRILLBOX_PORT_DIAL_H
#define DRILLBOX_PORT_DIAL_H

#include "base/clock.h"
#include "base/error.h"

/*
 * Connect to a name or a numeric address, its addresses tried one after the
 * other within the deadline (each gets an even share of what is left). The
 * descriptor is non-blocking and close-on-exec. ERR_NETWORK says what each attempt
 * met (nothing listens, no route, no answer); ERR_STOPPED.
 */
MUST_CHECK int dial(const char *host, const char *port, struct deadline deadline, int *ret_fd, struct error *err);

/*
 * Wait until a socket is ready for 'events' (poll(2)). ERR_TIMEOUT and
 * ERR_STOPPED name 'whom' is waited for.
 */
MUST_CHECK int dial_wait(int fd, short events, struct deadline deadline, const char *whom, struct error *err);

#endif
