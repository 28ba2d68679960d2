/*
 * A program as its command line sees it: global options, then a verb of its
 * table with its words. Usage, help and dispatch walk the same table.
 *
 *     static const struct program program = {.name = "drillbox", .verbs = verbs, .verb_count = COUNT(verbs), ...};
 *     int main(int argc, char **argv) { return program_main(&program, argc, argv); }
 */
#ifndef DRILLBOX_RUN_PROGRAM_H
#define DRILLBOX_RUN_PROGRAM_H

#include <stddef.h>

#include "run/verb.h"

struct program {
	const char *name;
	const char *about;   /* what it does, a few lines */
	const char *options; /* global ones beside --config, --verbose and --version, as usage shows them; "" for none */
	const char *exits;   /* what its exit codes mean */
	const struct verb *verbs;
	size_t verb_count;
	/* Before a verb runs: become who its work is done as. NULL: everything as who calls. */
	int (*settle)(const struct verb *verb, const struct options *o, struct error *err);
};

/* The whole command line; the exit code. */
int program_main(const struct program *p, int argc, char **argv);

/* The verb argv[0] with its words, which it moves about; the exit code. */
int program_run(const struct program *p, int argc, char **argv, struct options *o);

#endif
