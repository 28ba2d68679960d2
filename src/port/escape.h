/*
 * Whether a sandbox holds: this binary is started in one and tries there what a dump could try.
 *
 *     escape_try(&sandbox, &outside, deadline, &list);   a finding for each thing that was tried
 *
 * What was not tried to its end counts as not held.
 */
#ifndef DRILLBOX_PORT_ESCAPE_H
#define DRILLBOX_PORT_ESCAPE_H

#include "base/clock.h"
#include "model/precheck.h"
#include "port/sandbox.h"

/* What must not be reached, as absolute paths. */
struct escape_outside {
	const char *data, *ledger, *config;
};

/* 'sandbox' needs scratch, and gets a 'scratch_from' of its own: as the scratch server's, it has an inner half. */
void escape_try(const struct sandbox *sandbox, const struct escape_outside *outside, struct deadline deadline,
		struct prechecks *list);

/* Every name that is tried gets its finding from the lines "NAME LEVEL SENTENCE" that the probe said. */
void escape_judge(const char *said, struct prechecks *list);

/* Who is tried against: the words of the probe's argv after its own name. */
enum escape_word { ESCAPE_DATA, ESCAPE_LEDGER, ESCAPE_CONFIG, ESCAPE_PORT, ESCAPE_WORDS };

/* The hidden verb that tries it, inside. Called by main() only. */
#define ESCAPE_PROBE "sandbox-probe"
int escape_probe(int argc, char **argv);

#endif
