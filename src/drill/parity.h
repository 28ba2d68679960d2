/*
 * Rungs 6 to 8: what was restored, surveyed with the queries that surveyed the
 * source, and compared with the manifest; without one, with the last proven dump.
 *
 *     CLEANUP(parity_done) struct parity p = {0};
 *     if (parity_open(&p, request, &target, excuse, err) < 0 ||
 *         parity_structure(&p, &findings, &summary, err) < 0) ...
 */
#ifndef DRILLBOX_DRILL_PARITY_H
#define DRILLBOX_DRILL_PARITY_H

#include "base/errand.h"
#include "drill/drill.h"
#include "model/compare.h"
#include "port/pg.h"

struct counting;

struct parity {
	const struct drill_request *drill;
	struct pg *pg;
	struct counting *counting; /* rows and sequences, counted in a session of their own; NULL: not asked for, or taken */
	struct errand *errand;	   /* in which they are */
	struct manifest restored;
	char *excuse;
	struct measure measure;
};

/*
 * Connect to the restored database, and begin to count beside what else is done
 * where the level asks for it. 'excuse' is what the box lacked while it restored
 * (model/compare.h), or NULL. 'target' must outlive 'p'.
 */
MUST_CHECK int parity_open(struct parity *p, const struct drill_request *drill, const struct pg_target *target,
			   const char *excuse, struct error *err);

/*
 * Each adds its checks and appends what its phase should say. -1: the survey
 * could not be made, or stopped, out of time.
 */
MUST_CHECK int parity_structure(struct parity *p, struct findings *f, struct text *summary, struct error *err);
MUST_CHECK int parity_volume(struct parity *p, struct findings *f, struct text *summary, struct error *err);
/* After parity_volume(), which took what was counted. */
void parity_sequences(struct parity *p, struct findings *f, struct text *summary);

/* Whether the manifest holds anything that an empty database does not. */
bool parity_source_has_contents(const struct manifest *m);

void parity_done(struct parity *p);

#endif
