#include "run/watching.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
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
	json_set_text(line, "unit", h->bytes ? "bytes" : "objects");
	json_set_real(line, "rate", h->rate);
	if (h->left < 0)
		json_set_null(line, "left");
	else
		json_set_real(line, "left", h->left);
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

/* What a line of progress is about: also within a phase it may become known what is counted, and up to where. */
struct watched {
	struct progress *progress;
	char *phase;
	bool bytes;
	int64_t of;
};

static void watched_done(struct watched *w)
{
	progress_free(&w->progress);
	free(w->phase);
}

static void print_progress(struct watched *w, const struct lock_holder *h)
{
	if (!w->progress)
		w->progress = progress_new(stderr, h->source ? h->source : h->verb);
	if (h->phase && (!same(w->phase, h->phase) || w->bytes != h->bytes || w->of != h->of)) {
		progress_phase(w->progress, h->phase, h->bytes ? PROGRESS_BYTES : PROGRESS_OBJECTS, h->of, -1);
		set_text(&w->phase, h->phase);
		w->bytes = h->bytes;
		w->of = h->of;
	}
	progress_told(w->progress, h->done, h->item, h->rate, h->left);
}

int watch(const struct box *box, bool json, struct error *err)
{
	CLEANUP(watched_done) struct watched watched = {0};
	CLEANUP(text_done) struct text lamps_before = {0};
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
			print_progress(&watched, &h);
		}
		seen = true;
		(void)poll(NULL, 0, LOOK_MS);
	}
	if (!seen && !json)
		printf("nothing is running\n");
	return 0;
}
