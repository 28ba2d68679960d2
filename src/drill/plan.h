/*
 * Rung 3: what the dump needs, and how the box will give it: which PostgreSQL,
 * which extensions, which locale, how much room and where. What the box lacks is
 * undecided, named with its cure; nothing here can fail a dump.
 */
#ifndef DRILLBOX_DRILL_PLAN_H
#define DRILLBOX_DRILL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "drill/drill.h"
#include "drill/inspect.h"
#include "port/toolset.h"

#define PLAN_KEEP_FREE ((int64_t)64 << 20) /* bytes of DATA's disk that a drill leaves free */

struct plan {
	const struct tool *tool;
	struct database_shape shape;  /* as the box can make it */
	char *substituted_locale;     /* what was asked for, when another took its place; NULL: none */
	struct strings collations;    /* of the server's own that the dump asks for (drill/collations.h) */
	char *locales;		      /* LOCPATH of the server; NULL: the system's */
	char *preload;		      /* shared_preload_libraries; NULL: none */
	struct strings newer;	      /* ahead of it; said only where it explains something */
	struct strings older;	      /* "postgis 3.3.2 (source: 3.5.0)": behind the source's */
	bool locale_unknown;	      /* the dump does not say which it was */
	int64_t least;		      /* scratch bytes below which a drill is not begun */
	int64_t estimate;	      /* scratch bytes it will take, rather too much than too little */
	bool in_memory;
	int64_t memory_bytes;	      /* room of the tmpfs, when in memory */
	int jobs;
};

/* Choose the programs; NULL, and an undecided check, when the box has none that serve. */
const struct tool *plan_tool(const struct drill_request *r, struct findings *f);

/*
 * Make the plan. Adds the checks "postgres", "extensions" or one for each that
 * lacks, "locale", "room". 0 also when something lacks: ask findings_rung_well().
 * -1: stopped or out of time.
 */
MUST_CHECK int plan_make(const struct drill_request *r, const struct tool *tool, const struct toc *toc, struct plan *ret,
			 struct findings *f, struct text *summary, struct error *err);

void plan_done(struct plan *p);

/* Not in memory after all: it did not fit. Adds an undecided check when the disk has no room either. */
MUST_CHECK int plan_move_to_disk(const struct drill_request *r, struct plan *p, struct findings *f, struct error *err);

/* ---- parts of it, pure */

/*
 * Scratch bytes a restore takes: 1.3 times the most it ever took where that is
 * known. Else what the database had at its source, but not more than the dump can
 * unfold to: a bloated source must not block its drills.
 */
int64_t plan_estimate(int64_t known_scratch, const struct manifest *m, int64_t dump_bytes);

/* The least it can take: below this a drill is not begun. */
int64_t plan_least(int64_t known_scratch, const struct manifest *m, int64_t dump_bytes);

/* 1.5 times the estimate within a third of the free memory. */
bool plan_fits_memory(int64_t estimate, int64_t free_memory);

/* pg_restore jobs: one where starting more costs more than it gains. */
int plan_jobs(int wanted, const struct manifest *m, int64_t dump_bytes);

/* MemAvailable of a /proc/meminfo in bytes; -1 when it does not say. */
int64_t plan_parse_meminfo(const char *text);

/* "install the package 'postgresql-17-postgis-3'", as far as the name of a Debian package is known. Owned. */
char *plan_extension_cure(const char *extension, int major);

#endif
