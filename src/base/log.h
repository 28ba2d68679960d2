/*
 * What the program says on standard error while it works: one line per event,
 * "drillbox: ..." on a terminal, "<N>..." (sd-daemon(3) priorities) when
 * standard error is the journal. Rooms below run/ return errors instead of
 * logging them.
 */
#ifndef DRILLBOX_BASE_LOG_H
#define DRILLBOX_BASE_LOG_H

#include "base/cleanup.h"

enum log_level { LOG_ERRORS, LOG_NOTICES, LOG_DETAILS };

void log_set_level(enum log_level level);
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_notice(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_detail(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
