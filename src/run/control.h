/*
 * The daemon's control socket, DATA/control.sock: one line in, one line out.
 *
 *     lights\n    {"pass":"heartbeat","busy":"off","fail":"off","button_held_at_start":false}
 *     look\n      look at the facts again, now; {"ok":true}
 *
 * It tells and nudges, and changes nothing: whoever may open it may use it.
 */
#ifndef DRILLBOX_RUN_CONTROL_H
#define DRILLBOX_RUN_CONTROL_H

#include <stdbool.h>

#include "base/error.h"
#include "model/lights.h"

struct control; /* the daemon's end */

/* Make the socket, taking the place of one that a killed daemon left. */
MUST_CHECK int control_listen(const char *data, struct control **ret, struct error *err);
/* For poll(2): readable when somebody wants something. */
int control_fd(const struct control *c);
/* Answer who waits, never blocking on them; true when somebody asked for a fresh look. */
bool control_serve(struct control *c, const struct lights *lights, bool button_held_at_start);
void control_close(struct control **c);

/* Whether anybody listens in this data folder: a disk that went and came back took the socket along. */
bool control_stands(const char *data);

/* The lights of the live daemon; false where none answers within 5 seconds. */
bool control_lights(const char *data, struct lights *ret, bool *ret_button_held);
/* Let the daemon, where there is one, look at the facts again. */
void control_poke(const char *data);

#endif
