/* What the daemon says to its service manager, and what it must remember over a restart of its own. */
#ifndef DRILLBOX_RUN_SERVICE_H
#define DRILLBOX_RUN_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * sd_notify(3)'s protocol: one datagram of "KEY=value" lines to the socket in
 * $NOTIFY_SOCKET; nothing where there is none. Never waits.
 */
void service_tell(const char *lines);

/* Milliseconds between two signs of life: a third of $WATCHDOG_USEC, 0 without one. */
int64_t service_watchdog_ms(void);

/* True the first time it is asked since this machine was switched on; notes the answer in DATA/powered-on. */
bool service_first_since_boot(const char *data);

#endif
