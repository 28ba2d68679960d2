/*
 * DATA/lock: held (flock) by the one verb that works, with what it is doing
 * written inside for everybody else to read. The kernel lets go of it when the
 * holder dies, however that happens.
 */
#ifndef DRILLBOX_RUN_LOCK_H
#define DRILLBOX_RUN_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

struct lock;

/*
 * Take it. While somebody else holds it, wait until 'patience' ends, then
 * ERR_BUSY naming verb, source, pid and start. 'source' NULL: all of them.
 */
MUST_CHECK int lock_take(const char *data, const char *verb, const char *source, struct deadline patience,
			 struct lock **ret, struct error *err);

/* The same for one source in a folder of published dumps, FOLDER/.SOURCE.lock: the others go on beside it. */
MUST_CHECK int lock_take_publish(const char *folder, const char *source, struct deadline patience, struct lock **ret,
				 struct error *err);

/* What is being done now. */
struct lock_work {
	const char *phase; /* "restore" */
	bool bytes;	   /* 'done' and 'of' are bytes, else objects */
	int64_t done, of;  /* of 0: not known */
	double rate;	   /* a second; 0: not known */
	double left;	   /* seconds; < 0: not known */
	const char *item;  /* what is worked on; may be NULL */
};

#define LOCK_WORK(phase_, item_) ((struct lock_work){.phase = (phase_), .item = (item_), .left = -1})

/* For `watch`, `status` and the daemon. Written at most four times a second, a new phase at once; never synced. */
void lock_note(struct lock *lock, const struct lock_work *now);

void lock_free(struct lock **lock);

/* The verb of drillbox-update, which changes the system's packages and must not be cut short. */
#define LOCK_UPDATE "update"

/* Who holds it; pid 0: nobody. All text owned, NULL where there is none. */
struct lock_holder {
	int64_t pid;
	char *verb;
	char *source;
	int64_t since;	 /* wall clock */
	char *phase;
	char *item;
	bool bytes;
	int64_t done, of;
	double rate, left; /* as in lock_work */
};

/* Never waits, never makes the file; needs no more than to read it. */
MUST_CHECK int lock_read(const char *data, struct lock_holder *ret, struct error *err);
void lock_holder_done(struct lock_holder *h);

/* The daemon's own, DATA/daemon.lock: ERR_BUSY names the pid of the other one. */
MUST_CHECK int lock_take_daemon(const char *data, struct lock **ret, struct error *err);

/* Of who calls home, DATA/notify.lock, so that nothing is told twice: beside whoever works. ERR_BUSY names the pid. */
#define LOCK_NOTIFY "notify"
MUST_CHECK int lock_take_notify(const char *data, struct lock **ret, struct error *err);

#endif
