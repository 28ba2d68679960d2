/*
 * The panel's lines on a GPIO character device, through libgpiod 2: three
 * outputs, active high, and a button to ground with the pull-up of the chip,
 * debounced by the kernel.
 *
 * The chip is found by its label and lines by name or offset, never by the
 * chip's number, which moves. Lines are requested once and held: whoever reads
 * them from outside sees them as long as the process lives. They are driven low
 * before they are released, by an heir where the process was killed; and by the same
 * where no lamp was driven for GPIO_SILENCE_MS, until one is driven again.
 */
#ifndef DRILLBOX_PORT_GPIO_H
#define DRILLBOX_PORT_GPIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define GPIO_SILENCE_MS 12000

struct gpio;

struct gpio_lines {
	const char *chip;    /* label: "pinctrl-bcm2711" */
	const char *lamps[3]; /* pass, busy, fail: a line's name, or its offset in digits */
	const char *button;  /* the same; NULL: there is none */
};

/*
 * Take the lines, lamps off. Lets the button's line settle first (30 ms). Errors: ERR_LACKING (no such chip or line, with
 * the labels there are), ERR_CONFIG (two are one line), ERR_BUSY (a line is in use: by whom), ERR_IO.
 */
MUST_CHECK int gpio_open(const struct gpio_lines *lines, struct gpio **ret, struct error *err);

/* Drive all three lamps at once. To be called again well within GPIO_SILENCE_MS, changed or not. */
MUST_CHECK int gpio_light(struct gpio *g, const bool lit[3], struct error *err);

/* For poll(2): readable when the button moved; -1 without a button. Not to be closed. */
int gpio_fd(const struct gpio *g);

/*
 * The oldest edge that waits: 1 with 'ret_down' and the time on CLOCK_MONOTONIC,
 * 0 when there is none. Where the kernel dropped edges, the button's level now
 * is reported as the edge.
 */
MUST_CHECK int gpio_read_edge(struct gpio *g, bool *ret_down, int64_t *ret_ms, struct error *err);

/* Whether the button is down now; false without one. */
MUST_CHECK int gpio_button(struct gpio *g, bool *ret_down, struct error *err);

/* Dark, then released. */
void gpio_close(struct gpio **g);

#endif
