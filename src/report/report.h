/*
 * What people and programs read: facts in plain structs in, text or JSON out.
 * Nothing here looks anything up, decides anything or fails, except that the
 * output may not take it (a closed pipe, a full disk), which the caller sees in
 * ferror(). Text is for a person at 80 columns, its times in the box's zone,
 * named. JSON is for programs, and stable as drillbox(8) promises: a field keeps
 * its name and meaning, others may come to stand beside it; times are RFC 3339
 * in UTC, durations seconds, sizes bytes. Text from outside (a dump's object
 * names, a server's messages) goes through printable() on the way.
 */
#ifndef DRILLBOX_REPORT_REPORT_H
#define DRILLBOX_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/config.h"
#include "model/dump.h"
#include "model/history.h"
#include "model/precheck.h"
#include "model/status.h"

/* How to print. */
struct report {
	FILE *to;
	bool json;
	bool colour;	/* never in JSON */
	int width;	/* columns; 0: 80 */
	int64_t now;	/* by the wall clock, for "7 h ago" */
};

/* For 'to': colour on a terminal unless NO_COLOR is set or TERM is dumb, its width, now. */
struct report report_to(FILE *to, bool json);

/* `show`: a drill whole, and how to get the data out. Text may be NULL where there is none. */
struct show {
	struct drill_record drill;
	char *path;		  /* of the dump */
	char *recovery;		  /* recovery_lines() */
	char *last_proven;	  /* newest proven dump of the source */
	int64_t last_proven_taken;
	double median_seconds;	  /* of restore_seconds; < 0: none */
	size_t median_of;
	char *accepted_by, *accepted_why;
	int64_t accepted_at;
	int64_t data_as_of;
	struct origin origin;	  /* where the dump was published */
	bool stored;		  /* the dump is still in the store */
	bool orphan;		  /* its source has no file: there is nothing to pull another from */
	bool own_checks;	  /* the operator has SQL checks for the source */
	bool accepted;
	bool acknowledged;
};

void show_done(struct show *s);
void report_show(const struct report *r, const struct show *s);

/* `history`: newest first. */
void report_history(const struct report *r, const struct events *events);

/* `dumps`: with kept_because filled by retention. 'free_bytes' < 0: not known. */
void report_dumps(const struct report *r, const struct dumps *list, int64_t free_bytes);

/* `list DUMP`: what is in a dump, as its table of contents or manifest says it. */
struct contents_line {
	const char *kind;	/* "table", "index", "large objects", ... */
	const char *name;
	int64_t rows;		/* -1: not counted or nothing to count */
	const char *remark;	/* why it was left out; NULL */
};
struct contents {
	const struct dump *dump;
	const char *made_by;	/* "pg_dump 17.12 of server 16.14, custom format"; NULL: not known */
	const struct contents_line *lines;
	size_t count;
};
void report_contents(const struct report *r, const struct contents *c);

/* `prune`: what went, or with 'dry' would go, and why; and what stays. As retention_judge() leaves it. */
struct prune {
	const struct dumps *list;
	char *const *gone_because; /* list->count; NULL: it stays */
	bool dry;
	int64_t freed_bytes;
};
void report_prune(const struct report *r, const struct prune *p);

void report_status(const struct report *r, const struct status *s);

/* `doctor`: the prechecks of one source, or of the box (source NULL). */
void report_doctor(const struct report *r, const char *source, const struct prechecks *list);

/*
 * `check`: broken source files and checks of the operator's with their sentence,
 * or that all is well. 'wrong' are the checks' sentences, 'good' how many have none.
 */
void report_check(const struct report *r, const struct config *c, const struct strings *wrong, size_t good);

/*
 * `config`: the keys that differ from their default, of the box and of each
 * source, or of 'source' alone (NULL: all); with 'all' every key with its value,
 * default and meaning.
 */
void report_config(const struct report *r, const struct config *c, const struct source_config *source, bool all);

/* A fact or two of a verb that did something: {"schema":1,...} or one line. 'error' NULL for success. */
void report_pull(const struct report *r, const struct event *pull, const struct dump *dump);

/* `publish`: what was put where, or with 'why' only that. The dump has no name where none was made. */
struct publication {
	const char *source;
	const struct error *why; /* NULL: published */
	struct dump dump;
	double seconds;
	char *index;		 /* path of the index; NULL: not written */
	size_t indexed;		 /* dumps in it */
	struct strings removed;	 /* "NAME: why" */
	int64_t freed_bytes;
	struct strings notes;
};

void publication_done(struct publication *p);
void report_publish(const struct report *r, const struct publication *p);

/* `import`: what became of each file. */
struct importation {
	const char *file;	  /* as it was given */
	const struct error *why;  /* NULL: it is in the store, as 'dump' */
	const struct dump *dump;  /* NULL with 'why' */
	bool was_here;		  /* and was before */
	double seconds;
	const struct strings *notes;
};

void report_import(const struct report *r, const struct importation *items, size_t count);

#endif
