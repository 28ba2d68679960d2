/*
 * The panel: three lamps and a button, wherever they are: on GPIO lines, drawn
 * in a terminal (space bar = the button), or nowhere.
 *
 *     CLEANUP(panel_close) struct panel *panel = NULL;
 *     if (panel_open(&config->box, &panel, err) < 0)
 *     ... poll panel_fd(panel) for POLLIN, then panel_read() until INTENT_NONE ...
 *     panel_light(panel, lit, caption, err)
 */
#ifndef DRILLBOX_PANEL_PANEL_H
#define DRILLBOX_PANEL_PANEL_H

#include "base/error.h"
#include "model/config.h"
#include "panel/button.h"

struct panel;

MUST_CHECK int panel_open(const struct box_config *box, struct panel **ret, struct error *err);

/* Which panel panel_open() would open: the board and its lines. Owned by the caller. Opens nothing. */
MUST_CHECK int panel_describe(const struct box_config *box, char **ret, struct error *err);

/* Readable when the button may have moved; -1: there is no button. */
int panel_fd(const struct panel *p);

/*
 * Take in what the button did: 1 with an intent and how long it was held (-1
 * for an edge that ends no press), 0 when nothing more waits.
 */
MUST_CHECK int panel_read(struct panel *p, int64_t now_ms, enum intent *ret, int64_t *ret_held_ms, struct error *err);

/* How the button stands, for the lights. A terminal has no key-up: a press there is over after panel_read(). */
enum button panel_button(const struct panel *p, int64_t now_ms);

/* True while the button is held since before the panel was opened; doctor names it. */
bool panel_held_at_start(const struct panel *p);

/* Pass, busy, fail. 'caption' stands beside the lamps where they are drawn; may be NULL. */
MUST_CHECK int panel_light(struct panel *p, const bool lit[3], const char *caption, struct error *err);

/* Dark, then released; a terminal gets back the state it had. */
void panel_close(struct panel **p);

#endif
