/*
 * The hours in which a source may be pulled by schedule: "22:00-06:00", by the
 * box's local time, every day. Zero-initialised is always. Pure.
 */
#ifndef DRILLBOX_MODEL_WINDOW_H
#define DRILLBOX_MODEL_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct window {
	int from, to; /* minutes of the day, 'to' not included; equal: always */
};

/* "HH:MM-HH:MM", over midnight too, or "always". False if it is not one, or of no length. */
bool window_parse(const char *text, struct window *ret);
/* The inverse. Owned by the caller. */
char *window_text(const struct window *w);

/* Seconds of a day in which it is closed; 0: none. */
int64_t window_closed_s(const struct window *w);
/* How many of them a minute of the day has before it until it opens; 0: it is open then. */
int64_t window_wait_s(const struct window *w, int minute);

bool window_is_open(const struct window *w, int64_t t);
/* The first moment from 't' on at which it is open: 't' itself when it is. */
int64_t window_opens(const struct window *w, int64_t t);
/* The first moment after 't' at which it is closed; INT64_MAX: never. */
int64_t window_closes(const struct window *w, int64_t t);

#endif
