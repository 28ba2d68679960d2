/*
 * A pace: so many bytes a second and no more, with a tenth of a second's worth
 * saved up at most.
 *
 *     struct pace pace = pace_of(2000000);
 *     ... n bytes came ...
 *     pace_took(&pace, n, clock_mono_ms());
 *     rest for pace_rest_ms(&pace, clock_mono_ms());
 */
#ifndef DRILLBOX_BASE_PACE_H
#define DRILLBOX_BASE_PACE_H

#include <stddef.h>
#include <stdint.h>

struct pace {
	int64_t rate;	 /* bytes a second; 0: as fast as they come */
	int64_t free_ms; /* when all that was taken is paid for */
	int64_t rest;	 /* of a millisecond, in bytes times 1000 */
};

struct pace pace_of(int64_t rate);

/* 'n' bytes were taken at 'now_ms' of clock_mono_ms(). */
void pace_took(struct pace *p, size_t n, int64_t now_ms);

/* Milliseconds until the next ones may be taken; 0: now. */
int64_t pace_rest_ms(const struct pace *p, int64_t now_ms);

/* How many may be taken at once without a burst: a tenth of a second's worth, at least 1; SIZE_MAX without a rate. */
size_t pace_portion(const struct pace *p);

#endif
