/*
 * Rung 6: the restored database's catalogue against the manifest's, object by
 * object. Pure, and one merge of two sorted lists for each class.
 *
 *     CLEANUP(structure_done) struct structure s = {0};
 *     compare_structure(&measure, &s);
 *     ... what is DIFFERENCE_TEXT may be judged on a server: structure_settle() ...
 *     structure_report(&s, &measure, &findings);
 */
#ifndef DRILLBOX_MODEL_STRUCTURE_H
#define DRILLBOX_MODEL_STRUCTURE_H

#include "model/compare.h"

enum difference_kind {
	DIFFERENCE_MISSING, /* the source has it, the restored database does not */
	DIFFERENCE_VALUE,   /* both have it, and a key differs */
	DIFFERENCE_EXTRA,   /* the restored database has it, the source does not */
	DIFFERENCE_UNCLEAR, /* nobody could tell; 'why' says it */
	DIFFERENCE_TEXT,    /* only deparsed text differs: to be settled, undecided until then */
	DIFFERENCE_NOTE,    /* to be known, no fail: another major's text, another collation version */
	DIFFERENCE_SAME,    /* settled: another text for the same thing */
};

/* One object that differs, or one key of it. Text is borrowed from the manifests, but for 'why'. */
struct difference {
	enum difference_kind kind;
	const char *class_name; /* "column" */
	const char *name;	/* "public.orders.id" */
	const char *key;	/* NULL when the whole object is missing or extra */
	const char *expected;	/* NULL where the database has none */
	const char *actual;
	const char *within;	/* its table, when that is missing or extra too and so explains it; NULL for none */
	char *why;
};

/* How much of one class was compared. */
struct tally {
	const char *class_name;
	size_t expected;
	size_t actual;
};

struct structure {
	struct difference *differences;
	size_t count;
	struct tally *tallies;
	size_t tally_count;
	struct strings not_compared; /* classes and keys that only one of the two surveys knows */
	struct strings owned;	     /* texts that no manifest holds */
};

/*
 * The database's properties, its settings and every class of objects. Keys with
 * '?' (model/manifest.h) and, across majors, texts are notes.
 */
void compare_structure(const struct measure *m, struct structure *ret);

/* Settle a DIFFERENCE_TEXT: the texts mean the same, or do not. */
void structure_settle(struct difference *d, bool means_the_same);
/* Nobody could tell: 'why' is a clause, "the server refuses the source's text: ...". */
void structure_leave_open(struct difference *d, const char *why);

/* The checks and notes of rung 6: one per class that is equal, one per difference (the first hundred of a class). */
void structure_report(const struct structure *s, const struct measure *m, struct findings *f);

void structure_done(struct structure *s);

#endif
