#include "panel/button.h"

void press_init(struct press *p, bool down)
{
	*p = (struct press){.down = down, .ignored = down};
}

enum intent press_edge(struct press *p, bool down, int64_t ms, int64_t *ret_held_ms)
{
	int64_t held;

	*ret_held_ms = -1;
	if (down == p->down)
		return INTENT_NONE;
	p->down = down;
	if (down) {
		p->since_ms = ms;
		return INTENT_NONE;
	}
	if (p->ignored) {
		p->ignored = false;
		return INTENT_NONE;
	}
	held = ms - p->since_ms;
	if (held < PRESS_SHORTEST_MS)
		return INTENT_NONE;
	*ret_held_ms = held;
	if (held >= PRESS_TOO_LONG_MS)
		return INTENT_NONE;
	return held < PRESS_LONG_MS ? INTENT_SHORT : INTENT_LONG;
}

enum button press_state(const struct press *p, int64_t ms)
{
	int64_t held = ms - p->since_ms;

	if (!p->down || p->ignored)
		return BUTTON_UP;
	if (held >= PRESS_TOO_LONG_MS)
		return BUTTON_HELD_TOO_LONG;
	return held >= PRESS_LONG_MS ? BUTTON_HELD_LONG : BUTTON_HELD;
}
