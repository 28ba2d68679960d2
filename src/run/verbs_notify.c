/* `notify`: who is to be told is told. It works beside whoever works, and holds no lock but its own. */
#include <stdio.h>

#include "base/log.h"
#include "run/calling.h"
#include "run/control.h"
#include "run/stop_signal.h"

#define NOTIFY_MS 30000 /* for all of it: the daemon, which waits for no one, starts it again */

/* Only what a live daemon shows counts, and only if it still is so. */
static bool is_green(const struct box *box, const struct overview *o)
{
	struct lights shown, now = lights_of(&o->facts);
	bool held;

	return now.pass == PATTERN_HEARTBEAT && control_lights(box->config.box.data, &shown, &held) &&
	       shown.pass == PATTERN_HEARTBEAT;
}

/* The ping goes before the rest: no target that hangs, and no ledger that another holds, may take its time away. */
static int ping(const struct box *box, const struct overview *o, struct deadline deadline, bool *ret_delivered, struct error *err)
{
	*ret_delivered = true;
	if (!box->config.box.notify.ping_file)
		return 0;
	if (!is_green(box, o)) {
		log_detail("the panel is not green, so the dead-man's switch is not called");
		return 0;
	}
	return calling_ping(box, deadline, ret_delivered, err);
}

/* 1: all that was due was delivered; 0: not; -1. */
static int tell(const struct box *box, const struct options *o, struct deadline deadline, struct error *err)
{
	CLEANUP(lock_free) struct lock *lock = NULL;
	CLEANUP(overview_done) struct overview now = {0};
	CLEANUP(calling_done) struct calling news = {0};
	struct calling_tally tally;
	int64_t at = clock_wall();
	bool pinged = true;

	if (lock_take_notify(box->config.box.data, &lock, err) < 0 || overview_gather(box, at, &now, err) < 0 ||
	    (o->ping && ping(box, &now, deadline, &pinged, err) < 0) || calling_look(box, &now, at, &news, err) < 0 ||
	    calling_note(box, &news, at, err) < 0 || calling_deliver(box, &now, deadline, &tally, err) < 0)
		return -1;
	return pinged && !tally.put_off && !tally.given_up;
}

int verb_notify(const struct options *o)
{
	CLEANUP(box_done) struct box box = BOX_INIT;
	struct deadline deadline = deadline_in(NO_DEADLINE, NOTIFY_MS);
	bool all = false;
	struct error err;
	int r;

	if (o->test && o->ping) {
		(void)fail(&err, ERR_USAGE,
			   "--test and --ping do not go together: --test calls the switch's URL/log, and changes nothing; "
			   "give one of them");
		return say_error(&err);
	}
	if (box_open(o, o->test ? BOX_TRY : BOX_NOTE, "notify", NULL, &box, &err) < 0 || stop_signal_open(&box.stop_fd, &err) < 0)
		return say_error(&err);
	deadline.stop_fd = box.stop_fd;
	r = o->test ? calling_test(&box, deadline, &all, &err) : tell(&box, o, deadline, &err);
	if (r < 0)
		return say_error(&err);
	return all || r > 0 ? 0 : 2;
}
