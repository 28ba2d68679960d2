/*
 * The lights: one pure function from facts to what the three lamps show, and
 * what each showing is over time.
 */
#ifndef DRILLBOX_MODEL_LIGHTS_H
#define DRILLBOX_MODEL_LIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pattern {
	PATTERN_OFF,
	PATTERN_ON,
	PATTERN_HEARTBEAT,	/* on, with a short blink off every 2 s */
	PATTERN_BREATHE,	/* 0.5 s on, 0.5 s off */
	PATTERN_DOUBLE,		/* two short flashes every 2 s */
	PATTERN_TRIPLE,		/* three short flashes every 2 s */
	PATTERN_FLASH,		/* 2 Hz */
	PATTERN_FLICKER,	/* 10 Hz, while the button is held long */
	PATTERN_ALTERNATE,	/* 1 Hz; fail and busy are in opposite phase */
};

struct lights {
	enum pattern pass, busy, fail;
};

/* What is known of one source, as far as the lights care. */
struct source_facts {
	bool ever_proven;
	bool in_date;
	bool newest_undecided;	     /* the newest dump's last drill was undecided, or there was none and none is at work */
	bool newest_refuted;	     /* it is refuted, or its last drill failed */
	bool refuted_acknowledged;
	bool older_refuted;	     /* a dump other than the newest is refuted */
	bool proven_copy_present;    /* the newest proven dump is there, at its size */
	bool proven_copy_fresh;	     /* its digest was re-read within a week, and matched */
	bool pull_refused;	     /* login, certificate, privilege */
	bool broken;		     /* its file cannot be used */
};

/* Proven, in date, and nothing is known against it: what green asks of every source, and a source's ping of that one. */
bool source_is_proven(const struct source_facts *s);

enum button { BUTTON_UP, BUTTON_HELD, BUTTON_HELD_LONG, BUTTON_HELD_TOO_LONG };

struct facts {
	bool ill;		     /* no config at all, data missing or read-only, ledger unreadable */
	bool working;		     /* a pull or a drill is running */
	bool network;
	bool clock_known;
	bool tight;		     /* room for fewer than three rounds */
	enum button button;
	const struct source_facts *sources;
	size_t source_count;
};

/*
 * Per lamp, the first line of its table that holds. Never all three off: that is
 * what a dead box shows, so whatever keeps green off and is not for the red lamp
 * is for the amber one.
 */
struct lights lights_of(const struct facts *f);

/* Whether a lamp with this pattern is lit 'ms' after the pattern's common start. 'is_fail' picks the phase of ALTERNATE. */
bool pattern_lit(enum pattern p, int64_t ms, bool is_fail);

/* Milliseconds until any of the lamps changes, at most 500. */
int lights_next_change(const struct lights *l, int64_t ms);

const char *pattern_word(enum pattern p);
int pattern_from_word(const char *word);

#endif
