/*
 * The daemon's control socket, DATA/control.sock: one line in, one line out.
 *
 *     lights\n    {"pass":"heartbeat","busy":"off","fail":"off","button_held_at_start":false}
 *     look\n      look at the facts again, now; {"ok":true}
 *     drill [SOURCE|DUMP]\n  drill that, or the newest dump of each source, in its turn; {"ok":true} or {"error":"..."}
 *
 * The first two change nothing: whoever may open it may use them. A drill is
 * for root, the daemon's own user, and members of the group CONTROL_DRILLERS.
 */
#ifndef DRILLBOX_RUN_CONTROL_H
#define DRILLBOX_RUN_CONTROL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "model/lights.h"

#define CONTROL_DRILLERS "drillbox-drill"

struct control; /* the daemon's end */

/* What was asked for. Zero-initialised is nothing. */
struct wishes {
	bool look;
	struct strings drills; /* SOURCE or DUMP; "": the newest of each source */
};

void wishes_done(struct wishes *w);

/* Make the socket, taking the place of one that a killed daemon left. */
MUST_CHECK int control_listen(const char *data, struct control **ret, struct error *err);
/* For poll(2): readable when somebody wants something. */
int control_fd(const struct control *c);
/* Answer who waits, never blocking on them, and add to 'wishes' what they ask for. */
void control_serve(struct control *c, const struct lights *lights, bool button_held_at_start, struct wishes *wishes);
void control_close(struct control **c);

/* Whether anybody listens in this data folder: a disk that went and came back took the socket along. */
bool control_stands(const char *data);

/* The lights of the live daemon; false where none answers within 5 seconds. */
bool control_lights(const char *data, struct lights *ret, bool *ret_button_held);
/* Let the daemon, where there is one, look at the facts again. */
void control_poke(const char *data);
/* Let the daemon drill 'what' (NULL: the newest of each source) when its turn comes. ERR_NOTHING: no daemon answers. */
MUST_CHECK int control_drill(const char *data, const char *what, struct error *err);

#endif
