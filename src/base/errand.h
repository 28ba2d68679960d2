/*
 * An errand: one function that runs beside its caller, in a thread of its own,
 * so that what waits for a disk or a server need not wait in a row.
 *
 *     CLEANUP(errand_done) struct errand *e = errand_start(fetch, &order);
 *     ...
 *     errand_wait(e, -1);
 *
 * What the function writes belongs to it until errand_wait() said true. Its
 * thread lives until errand_done(): children that it started with
 * PR_SET_PDEATHSIG live as long.
 */
#ifndef DRILLBOX_BASE_ERRAND_H
#define DRILLBOX_BASE_ERRAND_H

#include <stdbool.h>

struct errand;

/* Run 'run' beside the caller; where no thread is to be had, before this returns. */
struct errand *errand_start(void (*run)(void *context), void *context);

/* The same for one that does not return by itself: NULL where no thread is to be had. */
struct errand *errand_beside(void (*run)(void *context), void *context);

/* Wait 'ms' (-1: as long as it takes) for the function to return. Whether it has. NULL is an errand that has. */
bool errand_wait(struct errand *e, int ms);

/* Wait for it, end its thread, free. */
void errand_done(struct errand **e);

#endif
