/*
 * A relay on the loopback that holds a program of somebody else's to a pace: it
 * passes connections on to one server, and what comes from there no faster, in
 * all, than it may. It sees bytes only; TLS goes through it from end to end.
 *
 *     CLEANUP(relay_stop) struct relay *relay = NULL;
 *     if (relay_start("10.0.0.7", "5432", 2000000, &relay, err) < 0)
 *             return -1;
 *     ... pg_dump connects to RELAY_ADDRESS, port relay_port(relay) ...
 */
#ifndef DRILLBOX_PORT_RELAY_H
#define DRILLBOX_PORT_RELAY_H

#include <stdint.h>

#include "base/error.h"

#define RELAY_ADDRESS "127.0.0.1"

struct relay;

/* To a numeric 'address', 'rate' bytes a second. It works in a thread of its own until it is stopped. */
MUST_CHECK int relay_start(const char *address, const char *port, int64_t rate, struct relay **ret, struct error *err);

/* Valid as long as the relay. */
const char *relay_port(const struct relay *r);

/* Connections that are open are cut. */
void relay_stop(struct relay **r);

#endif
