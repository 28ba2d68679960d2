/*
 * The sandbox a dump is handled in: bubblewrap with every namespace unshared,
 * its own network with nothing but lo, a read-only system, and only what is
 * named here visible besides. Dies with us. It cannot be left out: where it
 * cannot be set up, starting is ERR_LACKING.
 */
#ifndef DRILLBOX_PORT_SANDBOX_H
#define DRILLBOX_PORT_SANDBOX_H

#include "port/process.h"

struct sandbox_bind {
	const char *outside; /* absolute path */
	const char *inside;
	bool writable;
};

struct sandbox {
	const struct sandbox_bind *binds;
	size_t bind_count;
	const char *scratch_dir;    /* outside folder bound writable on /scratch; NULL: a tmpfs there */
	int64_t scratch_bytes;	    /* size of that tmpfs */
	const char *scratch_from;   /* folder copied to /scratch/data before argv is started; NULL: none */
	bool network;		    /* keep the network of the box (pg_dump only) */
	int64_t file_size_cap;	    /* RLIMIT_FSIZE; 0: none */
	int64_t memory_cap;	    /* RLIMIT_AS for each process; 0: none */
};

#define SANDBOX_SCRATCH "/scratch"
#define SANDBOX_DATA "/scratch/data"

/*
 * As process_start(), inside. 'spec->argv' and 'spec->env' are as seen inside;
 * argv[0] is absolute. 'spec->dir' is NULL or inside.
 */
MUST_CHECK int sandbox_start(struct process *p, const struct sandbox *sandbox, const struct process_spec *spec,
			     struct error *err);

/* As process_run(), inside. */
MUST_CHECK int sandbox_run(const struct sandbox *sandbox, const struct process_spec *spec, struct deadline deadline,
			   enum error_kind kind, char **ret_output, struct error *err);

/*
 * The inner half: the first program in the sandbox is this binary again (the
 * hidden verb SANDBOX_INNER), which sets the limits, copies scratch_from, and
 * then becomes argv. Called by main() only.
 */
#define SANDBOX_INNER "sandbox-inner"
int sandbox_inner(int argc, char **argv);

#endif
