#include "run/watching.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "port/json.h"
#include "report/progress.h"
#include "run/control.h"

#define LOOK_MS 250

static int print_json(const struct lock_holder *h, const struct lights *lights, bool daemon, struct error *err)
{
	CLEANUP(json_free) struct json *line = json_new_object();
	struct json *lamps = json_new_object();
	char since[TIME_TEXT];

	json_set_int(line, "schema", 1);
	json_set_text(line, "verb", h->verb);
	json_set_text(line, "source", h->source);
	json_set_int(line, "pid", h->pid);
	json_set_text(line, "since", time_rfc3339(h->since, since));
	json_set_text(line, "phase", h->phase);
	json_set_text(line, "item", h->item);
	json_set_int(line, "done", h->done);
	json_set_int(line, "of", h->of);
	json_set_bool(line, "daemon", daemon);
	json_set_text(lamps, "pass", pattern_word(lights->pass));
	json_set_text(lamps, "busy", pattern_word(lights->busy));
	json_set_text(lamps, "fail", pattern_word(lights->fail));
	json_set(line, "lights", lamps);
	if (json_write(line, stdout, false, err) < 0)
		return -1;
	return fflush(stdout) == 0 ? 0 : fail(err, ERR_IO, "writing to standard output: %m");
}

/* "watch  green heartbeat, amber breathe, red off" in front of the progress, when they change. */
static void print_lights(const struct lights *now, bool daemon, struct text *before)
{
	struct text line = {0};

	if (daemon)
		text_addf(&line, "lights: green %s, amber %s, red %s", pattern_word(now->pass), pattern_word(now->busy),
			  pattern_word(now->fail));
	else
		text_add(&line, "lights: dark, no daemon answers");
	if (!before->data || strcmp(before->data, line.data) != 0) {
		fprintf(stderr, "%s%s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", line.data);
		text_done(before);
		*before = line;
		return;
	}
	text_done(&line);
}

int watch(const struct box *box, bool json, struct error *err)
{
	CLEANUP(progress_free) struct progress *progress = NULL;
	CLEANUP(text_done) struct text lamps_before = {0};
	autofree char *phase = NULL;
	bool seen = false;

	for (;;) {
		CLEANUP(lock_holder_done) struct lock_holder h = {0};
		struct lights lights = {0};
		bool held, daemon;

		if (lock_read(box->config.box.data, &h, err) < 0)
			return -1;
		if (!h.pid)
			break;
		daemon = control_lights(box->config.box.data, &lights, &held);
		if (json && print_json(&h, &lights, daemon, err) < 0)
			return -1;
		if (!json) {
			print_lights(&lights, daemon, &lamps_before);
			if (!progress)
				progress = progress_new(stderr, h.source ? h.source : h.verb);
			if (h.phase && !same(phase, h.phase)) {
				progress_phase(progress, h.phase, strcmp(h.phase, "pull") == 0 ? PROGRESS_BYTES : PROGRESS_OBJECTS,
					       h.of, -1);
				set_text(&phase, h.phase);
			}
			progress_at(progress, h.done, h.item);
		}
		seen = true;
		(void)poll(NULL, 0, LOOK_MS);
	}
	if (!seen && !json)
		printf("nothing is running\n");
	return 0;
}
