#include "base/errand.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

struct errand {
	void (*run)(void *context);
	void *context;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool returned;	/* the function */
	bool dismissed; /* nobody needs the thread any more */
};

static void *go(void *argument)
{
	struct errand *e = argument;

	e->run(e->context);
	pthread_mutex_lock(&e->lock);
	e->returned = true;
	pthread_cond_broadcast(&e->changed);
	while (!e->dismissed)
		pthread_cond_wait(&e->changed, &e->lock);
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

static struct errand *start(void (*run)(void *context), void *context)
{
	struct errand *e = xcalloc(1, sizeof(*e));
	pthread_condattr_t monotonic;

	e->run = run;
	e->context = context;
	pthread_mutex_init(&e->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&e->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	e->has_thread = pthread_create(&e->thread, NULL, go, e) == 0; /* from here on the rest is the thread's, under the lock */
	return e;
}

struct errand *errand_start(void (*run)(void *context), void *context)
{
	struct errand *e = start(run, context);

	if (!e->has_thread) {
		run(context);
		e->returned = true;
	}
	return e;
}

struct errand *errand_beside(void (*run)(void *context), void *context)
{
	struct errand *e = start(run, context);

	if (!e->has_thread)
		errand_done(&e);
	return e;
}

static struct timespec after(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

bool errand_wait(struct errand *e, int ms)
{
	struct timespec until = after(ms > 0 ? ms : 0);
	bool returned;
	int passed = 0;

	if (!e)
		return true;
	pthread_mutex_lock(&e->lock);
	while (!e->returned && passed == 0)
		passed = ms < 0 ? pthread_cond_wait(&e->changed, &e->lock)
				: pthread_cond_timedwait(&e->changed, &e->lock, &until);
	returned = e->returned;
	pthread_mutex_unlock(&e->lock);
	return returned;
}

void errand_done(struct errand **slot)
{
	struct errand *e = take(*slot);

	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	e->dismissed = true;
	pthread_cond_broadcast(&e->changed);
	pthread_mutex_unlock(&e->lock);
	if (e->has_thread)
		pthread_join(e->thread, NULL);
	pthread_cond_destroy(&e->changed);
	pthread_mutex_destroy(&e->lock);
	free(e);
}
