/*
 * The button: presses, by how long they were held, become intents. Pure: time
 * comes in with each call.
 */
#ifndef DRILLBOX_PANEL_BUTTON_H
#define DRILLBOX_PANEL_BUTTON_H

#include <stdbool.h>
#include <stdint.h>

#include "model/lights.h"

#define PRESS_SHORTEST_MS 50  /* below: a bounce */
#define PRESS_LONG_MS 3000    /* from here on: a round of every source */
#define PRESS_TOO_LONG_MS 10000 /* from here on: nothing */

enum intent {
	INTENT_NONE,
	INTENT_SHORT, /* acknowledge if red flashes, else drill now */
	INTENT_LONG,  /* a full round of every source */
};

struct press {
	bool down;
	bool ignored;	 /* was down when we started */
	int64_t since_ms;
};

/* The button's level when the daemon starts: held then, it is ignored until it is released. */
void press_init(struct press *p, bool down);

/*
 * An edge; what it means, once released. 'ret_held_ms' is how long it was held,
 * -1 when this ends no press: it goes down, it was ignored, it bounced.
 */
enum intent press_edge(struct press *p, bool down, int64_t ms, int64_t *ret_held_ms);

/* What the lights should say of it now. */
enum button press_state(const struct press *p, int64_t ms);

#endif
