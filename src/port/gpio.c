#include "port/gpio.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/heir.h"
#include "base/text.h"

#define CONSUMER "drillbox"
#define DEBOUNCE_US 10000
#define SETTLE_US (3 * DEBOUNCE_US) /* until a pull-up has lifted the line and the kernel believes it */
#define EDGES 16 /* what the kernel keeps for a line */

struct gpio {
	struct gpiod_line_request *lamps;
	struct gpiod_line_request *button;
	struct heir heir; /* puts the lamps out when we are killed, or hang */
	struct gpiod_edge_event_buffer *edges;
	size_t edge_count, edge_next;
	unsigned lamp_offsets[3];
	unsigned button_offset;
	unsigned long last_seqno;
};

static void chip_close(struct gpiod_chip *const *chip)
{
	if (*chip)
		gpiod_chip_close(*chip);
}

/* The chip with this label. */
static int find_chip(const char *label, struct gpiod_chip **ret, struct error *err)
{
	CLEANUP(strings_done) struct strings seen = {0};
	autofree char *names = NULL;
	autoclosedir DIR *dev = opendir("/dev");
	struct error closed = {0}; /* a chip that may not be opened, perhaps the one that is meant */
	const struct dirent *e;

	while (dev && (e = readdir(dev))) {
		autofree char *path = format("/dev/%s", e->d_name);
		CLEANUP(chip_close) struct gpiod_chip *chip = NULL;
		struct gpiod_chip_info *info;

		if (!starts_with(e->d_name, "gpiochip") || !gpiod_is_gpiochip_device(path))
			continue;
		chip = gpiod_chip_open(path);
		info = chip ? gpiod_chip_get_info(chip) : NULL;
		if (!info) {
			(void)fail(&closed, ERR_IO, "open '%s': %m: the daemon's user needs the group that owns it", path);
			continue;
		}
		if (strcmp(gpiod_chip_info_get_label(info), label) == 0) {
			gpiod_chip_info_free(info);
			*ret = take(chip);
			return 0;
		}
		strings_add(&seen, gpiod_chip_info_get_label(info));
		gpiod_chip_info_free(info);
	}
	if (closed.kind != ERR_NONE) {
		*err = closed;
		return -1;
	}
	names = strings_join(&seen, ", ", 8);
	return fail(err, ERR_LACKING, "no GPIO chip has the label '%s' (%s%s): set 'chip' in [panel]", label,
		    seen.count ? "there are: " : "there is none", names);
}

/* A line's offset from its name, or from digits. */
static int find_line(struct gpiod_chip *chip, const char *label, const char *line, unsigned *ret, struct error *err)
{
	struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
	size_t lines = info ? gpiod_chip_info_get_num_lines(info) : 0;
	int64_t offset;

	if (info)
		gpiod_chip_info_free(info);
	offset = gpiod_chip_get_line_offset_from_name(chip, line);
	if (offset < 0 && (!isdigit((unsigned char)line[0]) || !parse_int(line, 0, (int64_t)lines - 1, &offset)))
		return fail(err, ERR_LACKING, "chip '%s' has no line '%s': name a line or an offset below %zu in [panel]",
			    label, line, lines);
	*ret = (unsigned)offset;
	return 0;
}

/* Why a request was refused: the first of the lines that somebody holds, and who. */
static int request_failed(struct gpiod_chip *chip, const unsigned *offsets, size_t n, struct error *err)
{
	int why = errno;

	for (size_t i = 0; why == EBUSY && i < n; i++) {
		struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, offsets[i]);
		const char *name, *by;

		if (!info)
			continue;
		name = gpiod_line_info_get_name(info);
		by = gpiod_line_info_get_consumer(info);
		if (gpiod_line_info_is_used(info)) {
			(void)fail(err, ERR_BUSY, "GPIO line %u%s%s is in use by '%s': free it, or name another in [panel]",
				   offsets[i], name ? " " : "", name ? name : "", by ? by : "the kernel");
			gpiod_line_info_free(info);
			return -1;
		}
		gpiod_line_info_free(info);
	}
	errno = why;
	return fail(err, ERR_IO, "taking the panel's GPIO lines: %m");
}

static int request(struct gpiod_chip *chip, struct gpiod_line_settings *settings, const unsigned *offsets, size_t n,
		   struct gpiod_line_request **ret, struct error *err)
{
	struct gpiod_line_config *lines = gpiod_line_config_new();
	struct gpiod_request_config *how = gpiod_request_config_new();
	struct gpiod_line_request *got = NULL;
	int result = 0;

	if (!settings || !lines || !how || gpiod_line_config_add_line_settings(lines, offsets, n, settings) < 0) {
		result = fail(err, ERR_IO, "preparing the panel's GPIO lines: %m");
	} else {
		gpiod_request_config_set_consumer(how, CONSUMER);
		got = gpiod_chip_request_lines(chip, how, lines);
		if (!got)
			result = request_failed(chip, offsets, n, err);
	}
	gpiod_line_config_free(lines);
	gpiod_request_config_free(how);
	gpiod_line_settings_free(settings);
	if (result == 0)
		*ret = got;
	return result;
}

static struct gpiod_line_settings *lamp_settings(void)
{
	struct gpiod_line_settings *s = gpiod_line_settings_new();

	if (s) {
		gpiod_line_settings_set_direction(s, GPIOD_LINE_DIRECTION_OUTPUT);
		gpiod_line_settings_set_output_value(s, GPIOD_LINE_VALUE_INACTIVE);
	}
	return s;
}

static struct gpiod_line_settings *button_settings(bool pull_up)
{
	struct gpiod_line_settings *s = gpiod_line_settings_new();

	if (s) {
		gpiod_line_settings_set_direction(s, GPIOD_LINE_DIRECTION_INPUT);
		gpiod_line_settings_set_active_low(s, true);
		if (pull_up)
			gpiod_line_settings_set_bias(s, GPIOD_LINE_BIAS_PULL_UP);
		gpiod_line_settings_set_edge_detection(s, GPIOD_LINE_EDGE_BOTH);
		gpiod_line_settings_set_debounce_period_us(s, DEBOUNCE_US);
		gpiod_line_settings_set_event_clock(s, GPIOD_LINE_CLOCK_MONOTONIC);
	}
	return s;
}

static int take_button(struct gpio *g, struct gpiod_chip *chip, struct error *err)
{
	/* a chip without pull resistors of its own refuses the bias: the board then has one */
	if (request(chip, button_settings(true), &g->button_offset, 1, &g->button, err) < 0 &&
	    (err->kind != ERR_IO || request(chip, button_settings(false), &g->button_offset, 1, &g->button, err) < 0))
		return -1;
	usleep(SETTLE_US);
	g->edges = gpiod_edge_event_buffer_new(EDGES);
	return g->edges ? 0 : fail(err, ERR_IO, "preparing the button: %m");
}

/* A name and an offset can be the same line. */
static int each_its_own(const struct gpio *g, const struct gpio_lines *lines, struct error *err)
{
	const char *const names[] = {lines->lamps[0], lines->lamps[1], lines->lamps[2], lines->button};
	const unsigned offsets[] = {g->lamp_offsets[0], g->lamp_offsets[1], g->lamp_offsets[2], g->button_offset};

	for (size_t i = 0; i < (lines->button ? COUNT(names) : COUNT(names) - 1); i++)
		for (size_t j = 0; j < i; j++)
			if (offsets[i] == offsets[j])
				return fail(err, ERR_CONFIG,
					    "'%s' and '%s' are both line %u of chip '%s': give each its own in [panel]", names[j],
					    names[i], offsets[i], lines->chip);
	return 0;
}

static int drive(const struct gpio *g, const bool lit[3], struct error *err)
{
	enum gpiod_line_value values[3];

	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = lit[i] ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
	/* values go with the request's own order of lines, which need not be ours */
	if (gpiod_line_request_set_values_subset(g->lamps, COUNT(values), g->lamp_offsets, values) < 0)
		return fail(err, ERR_IO, "driving the lights: %m");
	return 0;
}

static void put_out(void *context)
{
	static const bool dark[3];
	struct error ignored;

	IGNORE(drive(context, dark, &ignored)); /* who lets go of the lines next does not mind */
}

int gpio_open(const struct gpio_lines *lines, struct gpio **ret, struct error *err)
{
	CLEANUP(gpio_close) struct gpio *g = xcalloc(1, sizeof(*g));
	CLEANUP(chip_close) struct gpiod_chip *chip = NULL;

	g->heir = HEIR_INIT;
	if (find_chip(lines->chip, &chip, err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(g->lamp_offsets); i++)
		if (find_line(chip, lines->chip, lines->lamps[i], &g->lamp_offsets[i], err) < 0)
			return -1;
	if (lines->button && find_line(chip, lines->chip, lines->button, &g->button_offset, err) < 0)
		return -1;
	if (each_its_own(g, lines, err) < 0)
		return -1;
	if (request(chip, lamp_settings(), g->lamp_offsets, COUNT(g->lamp_offsets), &g->lamps, err) < 0)
		return -1;
	/*
	 * Many chips keep a line that nobody holds any more as it was: green, of a process that is dead. And one that
	 * waits in the kernel, for a disk that is gone, keeps its lines whatever the watchdog sends it.
	 */
	heir_charge(&g->heir, put_out, g, gpiod_line_request_get_fd(g->lamps), GPIO_SILENCE_MS);
	if (lines->button && take_button(g, chip, err) < 0)
		return -1;
	*ret = take(g);
	return 0;
}

int gpio_light(struct gpio *g, const bool lit[3], struct error *err)
{
	if (drive(g, lit, err) < 0)
		return -1;
	heir_reassure(&g->heir);
	return 0;
}

int gpio_fd(const struct gpio *g)
{
	return g->button ? gpiod_line_request_get_fd(g->button) : -1;
}

int gpio_button(struct gpio *g, bool *ret_down, struct error *err)
{
	enum gpiod_line_value v;

	if (!g->button) {
		*ret_down = false;
		return 0;
	}
	v = gpiod_line_request_get_value(g->button, g->button_offset);
	if (v == GPIOD_LINE_VALUE_ERROR)
		return fail(err, ERR_IO, "reading the button: %m");
	*ret_down = v == GPIOD_LINE_VALUE_ACTIVE;
	return 0;
}

/* Fetch what the kernel holds, without ever waiting for it. */
static int refill(struct gpio *g, struct error *err)
{
	int ready = gpiod_line_request_wait_edge_events(g->button, 0);
	int n = ready > 0 ? gpiod_line_request_read_edge_events(g->button, g->edges, EDGES) : 0;

	if (ready < 0 || n < 0)
		return fail(err, ERR_IO, "reading the button: %m");
	g->edge_count = (size_t)n;
	g->edge_next = 0;
	return 0;
}

int gpio_read_edge(struct gpio *g, bool *ret_down, int64_t *ret_ms, struct error *err)
{
	struct gpiod_edge_event *e;
	unsigned long seqno;

	if (!g->button)
		return 0;
	if (g->edge_next == g->edge_count && refill(g, err) < 0)
		return -1;
	if (g->edge_next == g->edge_count)
		return 0;
	e = gpiod_edge_event_buffer_get_event(g->edges, g->edge_next++);
	seqno = gpiod_edge_event_get_line_seqno(e);
	*ret_ms = (int64_t)(gpiod_edge_event_get_timestamp_ns(e) / 1000000);
	*ret_down = gpiod_edge_event_get_event_type(e) == GPIOD_EDGE_EVENT_RISING_EDGE;
	if (g->last_seqno && seqno != g->last_seqno + 1 && gpio_button(g, ret_down, err) < 0)
		return -1;
	g->last_seqno = seqno;
	return 1;
}

void gpio_close(struct gpio **g)
{
	if (!*g)
		return;
	if ((*g)->lamps) {
		put_out(*g);
		heir_dismiss(&(*g)->heir);
		gpiod_line_request_release((*g)->lamps);
	}
	if ((*g)->button)
		gpiod_line_request_release((*g)->button);
	if ((*g)->edges)
		gpiod_edge_event_buffer_free((*g)->edges);
	free(*g);
	*g = NULL;
}
