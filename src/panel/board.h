/*
 * The boards we know: a file for each (board/NAME/panel.conf, installed as
 * NAME.conf), and which of them this machine is. The file says which chip drives
 * the board's header, which of its lines may be used, and which the wiring
 * picture uses.
 *
 *     CLEANUP(board_done) struct board board = {0};
 *     struct gpio_lines lines;
 *     if (board_here(&board, err) < 0 || board_lines(&board, &config->box, &lines, err) < 0)
 */
#ifndef DRILLBOX_PANEL_BOARD_H
#define DRILLBOX_PANEL_BOARD_H

#include "base/error.h"
#include "base/text.h"
#include "model/config.h"
#include "port/gpio.h"

/* All NULL and empty: a board nobody knows. */
struct board {
	char *name;		   /* of its file: "raspberry-pi-4" */
	char *title;		   /* for people */
	struct strings compatible; /* what device trees call it */
	char *chip;		   /* label of the chip that drives the header */
	struct strings lines;	   /* of the chip, that may be used: names, or offsets where they have none */
	char *pass, *busy, *fail, *button;
};

/* One board's file, checked in itself. ERR_CONFIG begins with file and line. */
MUST_CHECK int board_read(const char *path, struct board *ret, struct error *err);

/*
 * Of the boards in 'folder' the one that 'tree' names: the 'n' bytes of a device
 * tree's "compatible", names that end with NUL, from exact to general. The first
 * that a board answers to decides; where none does, 'ret' is a board nobody knows.
 */
MUST_CHECK int board_find(const char *folder, const char *tree, size_t n, struct board *ret, struct error *err);

/* This machine's board. */
MUST_CHECK int board_here(struct board *ret, struct error *err);

/*
 * The panel's lines: what [panel] says and else the board's own. ERR_CONFIG where
 * they are not the board's to use, or two would be one. 'ret' borrows from both.
 */
MUST_CHECK int board_lines(const struct board *b, const struct box_config *box, struct gpio_lines *ret, struct error *err);

void board_done(struct board *b);

#endif
