#include "report/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "port/table.h"

#define BAR_COLUMNS 20
#define SOON_S 0.3	  /* on a terminal: shorter phases leave no trace */
#define NOTICED_S 1.0	  /* piped: shorter phases leave no line */
#define DRAW_EVERY_S 0.2
#define SAY_EVERY_S 10.0
#define RATE_WINDOW_S 5.0 /* the rate is that of the last one or two of these */
#define RATE_LEAST_S 0.5

struct progress {
	FILE *to;
	bool terminal;
	size_t width;
	char *source;
	char *phase; /* NULL: none yet */
	char *item;
	struct progress_facts facts;
	double begun;	 /* of the phase, clock_mono() */
	double printed;	 /* when a line was last printed; 0: not in this phase */
	bool drawn;	 /* there is a line to wipe */
	double window_begun[2]; /* the last two windows of the rate */
	int64_t window_done[2];
};

/* ---- the line ---- */

static void add_bar(struct text *t, int64_t done, int64_t expected)
{
	int filled = done >= expected ? BAR_COLUMNS : (int)((double)done / (double)expected * BAR_COLUMNS);

	for (int i = 0; i < BAR_COLUMNS; i++)
		text_add(t, i < filled ? "\xe2\x96\x88" : "\xe2\x96\x91");
	text_add(t, "  ");
}

/* "287 of ~412 MB", or only what is done where that is all there is. */
static void add_bytes(struct text *t, const struct progress_facts *f)
{
	char done[UNIT_TEXT], expected[UNIT_TEXT], rate[UNIT_TEXT];
	size_t number = strcspn(human_bytes(f->done, done), " ");

	human_bytes(f->expected, expected);
	if (f->expected <= 0)
		text_add(t, done);
	else if (strcmp(done + number, expected + strcspn(expected, " ")) == 0) /* the same unit, said once */
		text_addf(t, "%.*s of ~%s", (int)number, done, expected);
	else
		text_addf(t, "%s of ~%s", done, expected);
	if (f->rate > 0)
		text_addf(t, "   %s/s", human_bytes((int64_t)f->rate, rate));
}

static void add_objects(struct text *t, const struct progress_facts *f)
{
	char done[UNIT_TEXT], expected[UNIT_TEXT];

	if (f->expected > 0)
		text_addf(t, "%s of %s", human_count(f->done, done), human_count(f->expected, expected));
	else if (f->done > 0)
		text_add(t, human_count(f->done, done));
	if (f->item && *f->item) {
		autofree char *item = printable(f->item, false);

		text_addf(t, "%s%s", f->done > 0 || f->expected > 0 ? "   " : "", item);
	}
}

/* By what is left at the rate of late, or by how long it took the last time; < 0: nobody knows. */
static double seconds_left(const struct progress_facts *f, bool *ret_guess)
{
	*ret_guess = true;
	if (f->unit == PROGRESS_BYTES && f->rate > 0 && f->expected > f->done) {
		*ret_guess = false;
		return (double)(f->expected - f->done) / f->rate;
	}
	if (f->last_time >= 0)
		return f->last_time > f->elapsed ? f->last_time - f->elapsed : -1;
	if (f->rate > 0 && f->expected > f->done)
		return (double)(f->expected - f->done) / f->rate;
	return -1;
}

static void add_left(struct text *t, const struct progress_facts *f)
{
	char left[UNIT_TEXT];
	bool guess;
	double seconds = seconds_left(f, &guess);

	/* no tenths: nobody knows it so well */
	if (seconds >= 0)
		text_addf(t, "   %s%s left", guess ? "~" : "",
			  seconds < 10 ? ((void)snprintf(left, sizeof(left), "%.0f s", seconds), left) :
					 human_seconds(seconds, left));
}

char *progress_text(const struct progress_facts *f, bool bar, size_t width)
{
	struct text t = {0};
	char elapsed[UNIT_TEXT];
	char *line;

	text_addf(&t, "%s  %-9s  ", f->source, f->phase);
	if (bar && f->expected > 0 && f->unit != PROGRESS_TIME)
		add_bar(&t, f->done, f->expected);
	switch (f->unit) {
	case PROGRESS_BYTES:
		add_bytes(&t, f);
		break;
	case PROGRESS_OBJECTS:
		add_objects(&t, f);
		break;
	case PROGRESS_TIME:
		text_add(&t, human_seconds(f->elapsed, elapsed));
		break;
	}
	add_left(&t, f);
	line = text_take(&t);
	if (width)
		cut_columns(line, width);
	return line;
}

/* ---- when it is printed ---- */

struct progress *progress_new(FILE *to, const char *source)
{
	struct progress *p = xcalloc(1, sizeof(*p));
	const char *term = getenv("TERM");

	p->to = to;
	p->terminal = isatty(fileno(to)) && !(term && strcmp(term, "dumb") == 0);
	p->width = (size_t)table_width_of(to);
	p->source = printable(source, false);
	return p;
}

static void wipe(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", p->to);
	p->drawn = false;
}

/* Piped, a phase that had a line gets one for its end. */
static void end_phase(struct progress *p)
{
	char seconds[UNIT_TEXT], bytes[UNIT_TEXT];

	wipe(p);
	if (p->phase && !p->terminal && p->printed > 0) {
		fprintf(p->to, "%s  %s: ended after %s", p->source, p->phase,
			human_seconds(clock_mono() - p->begun, seconds));
		if (p->facts.unit == PROGRESS_BYTES)
			fprintf(p->to, ", %s", human_bytes(p->facts.done, bytes));
		fputs("\n", p->to);
	}
	(void)fflush(p->to);
}

void progress_free(struct progress **p)
{
	if (!*p)
		return;
	end_phase(*p);
	free((*p)->source);
	free((*p)->phase);
	free((*p)->item);
	free(*p);
	*p = NULL;
}

void progress_phase(struct progress *p, const char *phase, enum progress_unit unit, int64_t expected, double seconds)
{
	end_phase(p);
	set_text(&p->phase, phase);
	set_text(&p->item, NULL);
	p->facts = (struct progress_facts){
		.source = p->source,
		.phase = p->phase,
		.unit = unit,
		.expected = expected,
		.last_time = seconds,
	};
	p->begun = clock_mono();
	p->printed = 0;
	for (int i = 0; i < 2; i++) {
		p->window_begun[i] = p->begun;
		p->window_done[i] = 0;
	}
}

static void measure_rate(struct progress *p, double now)
{
	if (now - p->window_begun[1] > RATE_WINDOW_S) {
		p->window_begun[0] = p->window_begun[1];
		p->window_done[0] = p->window_done[1];
		p->window_begun[1] = now;
		p->window_done[1] = p->facts.done;
	}
	p->facts.rate = now - p->window_begun[0] < RATE_LEAST_S ?
				0 :
				(double)(p->facts.done - p->window_done[0]) / (now - p->window_begun[0]);
}

static bool due(const struct progress *p, double now)
{
	double patience = p->terminal ? SOON_S : NOTICED_S;
	double every = p->terminal ? DRAW_EVERY_S : SAY_EVERY_S;

	return now - p->begun >= patience && (p->printed == 0 || now - p->printed >= every);
}

void progress_at(struct progress *p, int64_t done, const char *item)
{
	double now = clock_mono();
	autofree char *line = NULL;

	if (!p->phase)
		return;
	p->facts.done = done;
	if (item && !same(item, p->item))
		set_text(&p->item, item);
	p->facts.item = p->item;
	p->facts.elapsed = now - p->begun;
	measure_rate(p, now);
	if (!due(p, now))
		return;
	line = progress_text(&p->facts, p->terminal, p->terminal ? p->width - 1 : 0);
	fprintf(p->to, "%s%s%s", p->terminal ? "\r" : "", line, p->terminal ? "\033[K" : "\n");
	(void)fflush(p->to);
	p->drawn = p->terminal;
	p->printed = now;
}
