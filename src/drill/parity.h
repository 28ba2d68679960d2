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

#include "drill/drill.h"
#include "model/compare.h"
#include "port/pg.h"

struct parity {
	const struct drill_request *drill;
	struct pg *pg;		  /* one session for all of it */
	struct manifest restored;
	char *excuse;
	struct measure measure;
};

/* Connect to the restored database. 'excuse' is what the box lacked while it restored (model/compare.h), or NULL. */
MUST_CHECK int parity_open(struct parity *p, const struct drill_request *drill, const struct pg_target *target,
			   const char *excuse, struct error *err);

/*
 * Each adds its checks and appends what its phase should say. -1: the survey
 * could not be made, or stopped, out of time.
 */
MUST_CHECK int parity_structure(struct parity *p, struct findings *f, struct text *summary, struct error *err);
MUST_CHECK int parity_volume(struct parity *p, struct findings *f, struct text *summary, struct error *err);
MUST_CHECK int parity_sequences(struct parity *p, struct findings *f, struct text *summary, struct error *err);

/* Whether the manifest holds anything that an empty database does not. */
bool parity_source_has_contents(const struct manifest *m);

void parity_done(struct parity *p);

#endif
