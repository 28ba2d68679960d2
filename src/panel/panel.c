#include "panel/panel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "panel/board.h"
#include "port/gpio.h"
#include "port/table.h"

#define LAMPS_WIDTH 28 /* "pass o   busy o   fail o   " and a column that stays free */

struct panel {
	enum panel_backend backend;
	struct gpio *gpio;
	struct press press;
	struct termios terminal; /* as it was before us */
	bool raw;
};

/* What PANEL_AUTO stands for here, and the board where it matters. */
static int choose(const struct box_config *box, enum panel_backend *ret, struct board *ret_board, struct error *err)
{
	bool automatic = box->backend == PANEL_AUTO;

	if ((automatic || box->backend == PANEL_GPIO) && board_here(ret_board, err) < 0)
		return -1;
	*ret = !automatic ? box->backend : box->chip || ret_board->name ? PANEL_GPIO : PANEL_NONE;
	return 0;
}

/* Keys come one by one and unechoed; Ctrl-C still ends the daemon. */
static int open_terminal(struct panel *p, struct error *err)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &p->terminal) < 0)
		return fail(err, ERR_CONFIG, "the panel 'terminal' wants a terminal: start the daemon in one, or set "
					     "'backend = none' in [panel]");
	raw = p->terminal;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return fail(err, ERR_IO, "preparing the terminal: %m");
	p->raw = true;
	return 0;
}

int panel_open(const struct box_config *box, struct panel **ret, struct error *err)
{
	CLEANUP(panel_close) struct panel *p = xcalloc(1, sizeof(*p));
	CLEANUP(board_done) struct board board = {0};
	struct gpio_lines lines;
	bool down = false;

	if (choose(box, &p->backend, &board, err) < 0)
		return -1;
	if (p->backend == PANEL_GPIO && (board_lines(&board, box, &lines, err) < 0 || gpio_open(&lines, &p->gpio, err) < 0 ||
					 gpio_button(p->gpio, &down, err) < 0))
		return -1;
	if (p->backend == PANEL_TERMINAL && open_terminal(p, err) < 0)
		return -1;
	press_init(&p->press, down);
	*ret = take(p);
	return 0;
}

static char *describe_gpio(const struct board *board, const struct gpio_lines *lines)
{
	return format("%s: pass %s, busy %s, fail %s%s%s of chip %s", board->name ? board->title : "a board of your own",
		      lines->lamps[0], lines->lamps[1], lines->lamps[2], lines->button ? ", button " : ", no button",
		      lines->button ? lines->button : "", lines->chip);
}

int panel_describe(const struct box_config *box, char **ret, struct error *err)
{
	CLEANUP(board_done) struct board board = {0};
	enum panel_backend backend;
	struct gpio_lines lines;

	if (choose(box, &backend, &board, err) < 0 || (backend == PANEL_GPIO && board_lines(&board, box, &lines, err) < 0))
		return -1;
	if (backend == PANEL_GPIO)
		*ret = describe_gpio(&board, &lines);
	else if (backend == PANEL_TERMINAL)
		*ret = xstrdup("drawn in the daemon's terminal");
	else if (box->backend == PANEL_NONE)
		*ret = xstrdup("none: so [panel] wants it");
	else
		*ret = xstrdup("none: this board is not one we know, and [panel] names no chip");
	return 0;
}

int panel_fd(const struct panel *p)
{
	if (p->backend == PANEL_GPIO)
		return gpio_fd(p->gpio);
	return p->backend == PANEL_TERMINAL ? STDIN_FILENO : -1;
}

/* A terminal knows no key-up: the space bar is a short press, 'r' one held for a round. */
static int read_key(enum intent *ret, int64_t *ret_held_ms)
{
	char key;

	if (read(STDIN_FILENO, &key, 1) != 1)
		return 0;
	*ret = key == ' ' ? INTENT_SHORT : key == 'r' ? INTENT_LONG : INTENT_NONE;
	*ret_held_ms = *ret == INTENT_SHORT ? PRESS_SHORTEST_MS : *ret == INTENT_LONG ? PRESS_LONG_MS : -1;
	return 1;
}

int panel_read(struct panel *p, int64_t now_ms, enum intent *ret, int64_t *ret_held_ms, struct error *err)
{
	int64_t ms = now_ms;
	bool down;
	int got;

	if (p->backend == PANEL_TERMINAL)
		return read_key(ret, ret_held_ms);
	if (p->backend != PANEL_GPIO)
		return 0;
	got = gpio_read_edge(p->gpio, &down, &ms, err);
	if (got > 0)
		*ret = press_edge(&p->press, down, ms, ret_held_ms);
	return got;
}

enum button panel_button(const struct panel *p, int64_t now_ms)
{
	return press_state(&p->press, now_ms);
}

bool panel_held_at_start(const struct panel *p)
{
	return p->press.ignored;
}

/* All on one line, or the next time it would not be drawn over. */
static void draw(const bool lit[3], const char *caption)
{
	autofree char *words = xstrdup(caption ? caption : "");
	int room = table_width_of(stdout) - LAMPS_WIDTH;
	static const char *const colours[3] = {"\033[32m", "\033[33m", "\033[31m"};
	static const char *const names[3] = {"pass", "busy", "fail"};

	printf("\r\033[K");
	for (size_t i = 0; i < 3; i++)
		printf("%s %s%s\033[0m   ", names[i], lit[i] ? colours[i] : "\033[2m", lit[i] ? "●" : "○");
	cut_columns(words, room > 0 ? (size_t)room : 0);
	fputs(words, stdout);
	(void)fflush(stdout);
}

int panel_light(struct panel *p, const bool lit[3], const char *caption, struct error *err)
{
	if (p->backend == PANEL_GPIO)
		return gpio_light(p->gpio, lit, err);
	if (p->backend == PANEL_TERMINAL)
		draw(lit, caption);
	return 0;
}

void panel_close(struct panel **p)
{
	static const bool dark[3];

	if (!*p)
		return;
	gpio_close(&(*p)->gpio);
	if ((*p)->raw) {
		draw(dark, "stopped");
		printf("\n");
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &(*p)->terminal);
	}
	free(*p);
	*p = NULL;
}
