/*
 * Being asked to stop: SIGTERM, SIGINT and SIGHUP, blocked and read from a
 * descriptor, so that every wait ends with them and nothing is cut in two.
 */
#ifndef DRILLBOX_RUN_STOP_SIGNAL_H
#define DRILLBOX_RUN_STOP_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Block them; 'ret_fd' is readable from the first one on (struct deadline's stop_fd). Owned by the caller. */
MUST_CHECK int stop_signal_open(int *ret_fd, struct error *err);

/*
 * Who asked, put into 'err' (kind ERR_STOPPED): "stopped by 'anna' (drillbox
 * stop)", "interrupted at the terminal", "stopped by a shutdown". True when it
 * was no person's wish to end this very run: a shutdown, so that it is repeated.
 * Reads the signal: call it once, at the end.
 */
bool stop_signal_explain(int fd, struct error *err);

/* What `drillbox stop` does: a SIGTERM that says a person asked. */
MUST_CHECK int stop_signal_send(int64_t pid, struct error *err);

#endif
