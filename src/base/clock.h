/*
 * Time: the wall clock for what people and files read, the monotonic clock for
 * waiting. Wall times are seconds since 1970 UTC (int64_t); TIME_UNKNOWN stands
 * for none.
 */
#ifndef DRILLBOX_BASE_CLOCK_H
#define DRILLBOX_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_UNKNOWN INT64_MIN
#define TIME_TEXT 32 /* room for any text below */

/* Seconds since 1970 UTC by the wall clock. */
int64_t clock_wall(void);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t clock_mono_ms(void);

/* Seconds of CLOCK_MONOTONIC with its fraction, for measuring phases. */
double clock_mono(void);

/* "2026-11-22T04:15:00Z" into 'buf' of TIME_TEXT bytes; "" for TIME_UNKNOWN. Returns 'buf'. */
char *time_rfc3339(int64_t t, char *buf);

/* Parse what time_rfc3339() writes, and any RFC 3339 offset; TIME_UNKNOWN if it is not one. */
int64_t time_parse_rfc3339(const char *text);

/* "20261122_041500" (UTC), the form in dump names. Returns 'buf'. */
char *time_compact(int64_t t, char *buf);

/* Parse time_compact()'s form; TIME_UNKNOWN if it is not one. */
int64_t time_parse_compact(const char *text);

/* 0 to 11 for "Jan" to "Dec", as servers write them whatever their locale; -1: the first three bytes are none of these. */
int time_month(const char *name);

/*
 * The moment of a wall time of this machine's zone, on the day of 'of' plus 'days'. One that comes
 * twice, at the end of summer time, is taken at its first coming; one that is left
 * out is as much later. TIME_UNKNOWN where there is no such day.
 */
int64_t time_local(int64_t of, int days, int hour, int minute);

/* "22:00", exactly so, as the minute of the day. */
bool time_of_day_parse(const char *text, int *ret_minute);

/*
 * When to stop waiting: at 'at_ms' of clock_mono_ms() (INT64_MAX: never), or as
 * soon as 'stop_fd' is readable (-1: there is none). Every blocking function
 * takes one.
 */
struct deadline {
	int64_t at_ms;
	int stop_fd;
};

#define NO_DEADLINE ((struct deadline){INT64_MAX, -1})

/* A deadline 'ms' from now that also ends with 'outer'. */
struct deadline deadline_in(struct deadline outer, int64_t ms);

/* Milliseconds left for poll(2): -1 for never, 0 when passed. */
int deadline_left(struct deadline d);

/* Rest for 'ms', or until the deadline passes or a stop is asked for. */
void deadline_rest(struct deadline d, int64_t ms);

/* True once the stop descriptor is readable. */
bool deadline_stopped(struct deadline d);

#endif
