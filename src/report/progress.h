/*
 * How far long work has come. On a terminal one line that is drawn over, a few
 * times a second; piped, a plain line when a phase begins or ends and one every
 * ten seconds between. Nothing is printed for work that is over in a moment.
 *
 *     struct progress *p = progress_new(stderr, "shop");
 *     progress_phase(p, "pull", PROGRESS_BYTES, 412000000);
 *     progress_at(p, bytes, NULL);	as often as the caller likes
 *     progress_free(&p);		wipes the line
 */
#ifndef DRILLBOX_REPORT_PROGRESS_H
#define DRILLBOX_REPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum progress_unit {
	PROGRESS_BYTES,	  /* "287 of ~412 MB   38 MB/s   3 s left" */
	PROGRESS_OBJECTS, /* "120 of 184 objects   orders_pkey   ~40 s left" */
	PROGRESS_TIME,	  /* no count: "12 s" and an estimate where there is one */
};

struct progress;

/* 'source' is what stands at the front of every line. */
struct progress *progress_new(FILE *to, const char *source);
void progress_free(struct progress **p);

/*
 * A new phase. 'expected' is how much there will be (0: not known), 'seconds'
 * how long it took the last time (< 0: not known), for the time left.
 */
void progress_phase(struct progress *p, const char *phase, enum progress_unit unit, int64_t expected, double seconds);

/* So much of it is done; 'item' (may be NULL) is what is being worked on. */
void progress_at(struct progress *p, int64_t done, const char *item);

/*
 * The same of work that somebody else does, who also reckons how fast it goes (0: not known) and
 * how long it takes yet (< 0: not known).
 */
void progress_told(struct progress *p, int64_t done, const char *item, double rate, double left);

/* How fast it goes of late, in units a second; 0: not known yet. */
double progress_rate(const struct progress *p);

/* Seconds that are left; < 0: nobody knows. */
double progress_left(const struct progress *p);

/*
 * "1.2 of ~4.1 GB, 2 MB/s, 24 min left": how far work has come, as part of a sentence; "" where
 * nothing is known of it. Owned by the caller.
 */
char *progress_phrase(bool bytes, int64_t done, int64_t of, double rate, double left);

/* What a line says. */
struct progress_facts {
	const char *source;
	const char *phase;
	enum progress_unit unit;
	int64_t expected; /* 0: not known */
	int64_t done;
	const char *item; /* NULL: none */
	double elapsed;	  /* seconds in this phase */
	double rate;	  /* units a second of late; 0: not known */
	double last_time; /* seconds it took the last time; < 0: not known */
	double left;	  /* seconds, as whoever does it reckons; 0: not told */
};

/* The line, with a bar or without, cut to 'width' columns (0: not cut). Owned by the caller. */
char *progress_text(const struct progress_facts *f, bool bar, size_t width);

#endif
