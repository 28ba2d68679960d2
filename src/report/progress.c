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
static void add_amount(struct text *t, int64_t bytes, int64_t of)
{
	char done[UNIT_TEXT], expected[UNIT_TEXT];
	size_t number = strcspn(human_bytes(bytes, done), " ");

	human_bytes(of, expected);
	if (of <= 0)
		text_add(t, done);
	else if (strcmp(done + number, expected + strcspn(expected, " ")) == 0) /* the same unit, said once */
		text_addf(t, "%.*s of ~%s", (int)number, done, expected);
	else
		text_addf(t, "%s of ~%s", done, expected);
}

static void add_bytes(struct text *t, const struct progress_facts *f)
{
	char rate[UNIT_TEXT];

	add_amount(t, f->done, f->expected);
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
	if (f->left > 0)
		return f->left;
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

/* No tenths: nobody knows it so well. */
static char *left_text(double seconds, char buf[UNIT_TEXT])
{
	if (seconds >= 10)
		return human_seconds(seconds, buf);
	(void)snprintf(buf, UNIT_TEXT, "%.0f s", seconds);
	return buf;
}

static void add_left(struct text *t, const struct progress_facts *f)
{
	char left[UNIT_TEXT];
	bool guess;
	double seconds = seconds_left(f, &guess);

	if (seconds >= 0)
		text_addf(t, "   %s%s left", guess ? "~" : "", left_text(seconds, left));
}

char *progress_phrase(bool bytes, int64_t done, int64_t of, double rate, double left)
{
	struct text t = {0};
	char number[UNIT_TEXT], total[UNIT_TEXT];

	if (bytes && done > 0)
		add_amount(&t, done, of);
	else if (done > 0 && of > 0)
		text_addf(&t, "%s of %s", human_count(done, number), human_count(of, total));
	if (bytes && rate > 0)
		text_addf(&t, "%s%s/s", t.length ? ", " : "", human_bytes((int64_t)rate, number));
	if (left >= 0)
		text_addf(&t, "%s%s left", t.length ? ", " : "", left_text(left, number));
	return text_take(&t);
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

/* Print it, if it is time to. */
static void say(struct progress *p, double now)
{
	autofree char *line = NULL;

	if (!due(p, now))
		return;
	line = progress_text(&p->facts, p->terminal, p->terminal ? p->width - 1 : 0);
	fprintf(p->to, "%s%s%s", p->terminal ? "\r" : "", line, p->terminal ? "\033[K" : "\n");
	(void)fflush(p->to);
	p->drawn = p->terminal;
	p->printed = now;
}

static void take_in(struct progress *p, int64_t done, const char *item, double now)
{
	p->facts.done = done;
	if (item && !same(item, p->item))
		set_text(&p->item, item);
	p->facts.item = p->item;
	p->facts.elapsed = now - p->begun;
}

void progress_at(struct progress *p, int64_t done, const char *item)
{
	double now = clock_mono();

	if (!p->phase)
		return;
	take_in(p, done, item, now);
	measure_rate(p, now);
	say(p, now);
}

void progress_told(struct progress *p, int64_t done, const char *item, double rate, double left)
{
	double now = clock_mono();

	if (!p->phase)
		return;
	take_in(p, done, item, now);
	p->facts.rate = rate;
	p->facts.left = left > 0 ? left : 0;
	say(p, now);
}

double progress_rate(const struct progress *p)
{
	return p->facts.rate > 0 ? p->facts.rate : 0;
}

double progress_left(const struct progress *p)
{
	bool guess;

	return seconds_left(&p->facts, &guess);
}
