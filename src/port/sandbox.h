/*
 * The sandbox a dump is handled in: bubblewrap with every namespace unshared,
 * its own network with nothing but lo, a read-only system, only what is named
 * here visible besides, and a filter of system calls (port/seccomp.h). Dies with us.
 * It cannot be left out: where it cannot be set up, that is ERR_LACKING with the
 * cure, from the start or from the wait, and never mistaken for the death of what
 * was to run inside.
 *
 * Where the service has a part of the control groups to itself (port/cgroup.h),
 * each sandbox has a group with a cap on memory and processes. One that takes
 * more memory is killed as a whole, which the wait tells as ERR_SPACE. Elsewhere
 * there are the limits of each process alone, and a watch on the memory of all
 * (port/memory_watch.h), which ends the sandbox with the same error.
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
	const char *copy;	    /* absolute path of a small file: its copy is there inside, 0600; NULL: none */
	const char *scratch_dir;    /* outside folder bound writable on /scratch; NULL: a tmpfs there */
	int64_t scratch_bytes;	    /* size of that tmpfs; 0: no scratch at all without 'scratch_dir' */
	/*
	 * Folder copied to /scratch/data before argv is started, as 0700 and 0600
	 * whatever it has itself (one that came with the program is for all to read); NULL: none.
	 */
	const char *scratch_from;
	bool network;		    /* keep the network of the box (pg_dump only) */
	int64_t file_size_cap;	    /* RLIMIT_FSIZE; 0: none */
	int64_t memory_cap;	    /* RLIMIT_AS for each process; 0: none */
	int64_t watched_cap;	    /* memory of all together, where no group caps it; 0: what the box can spare */
	int64_t shared_bytes;	    /* size of /dev/shm; 0: 16 MiB */
};

#define SANDBOX_SCRATCH "/scratch"
#define SANDBOX_DATA "/scratch/data"
#define SANDBOX_PROGRAM "/run/drillbox" /* this binary, where there is an inner half (scratch_from), or it was bound there */
#define SANDBOX_TMP_BYTES ((int64_t)64 << 20) /* size of /tmp */

/*
 * As process_start(), inside. 'spec->argv' and 'spec->env' are as seen inside;
 * argv[0] is absolute. 'spec->dir' is NULL or inside. A program of this machine
 * that is not below /usr brings the folder it is installed in along, read-only
 * (for PREFIX/bin/X and PREFIX/lib/postgresql/N/bin/X that is PREFIX).
 */
MUST_CHECK int sandbox_start(struct process *p, const struct sandbox *sandbox, const struct process_spec *spec,
			     struct error *err);

/* As process_run(), inside. */
MUST_CHECK int sandbox_run(const struct sandbox *sandbox, const struct process_spec *spec, struct deadline deadline,
			   enum error_kind kind, char **ret_output, struct error *err);

/* The file of this very program, for a bind on SANDBOX_PROGRAM. Owned by the caller. */
MUST_CHECK int sandbox_self(char **ret, struct error *err);

/*
 * What holds a sandbox's memory here: "capped to 7.9 GB of memory by a control group", or "watched up to 7.9 GB of memory, not
 * capped", where none is delegated to us. Owned by the caller.
 */
char *sandbox_memory_words(bool *ret_capped);

/* What the control groups of ours and above us still leave; INT64_MAX when they set no limit. */
int64_t sandbox_memory_left(void);

/*
 * The inner half: the first program in the sandbox is this binary again (the
 * hidden verb SANDBOX_INNER), which sets the limits, copies scratch_from, and
 * then becomes argv. Called by main() only.
 */
#define SANDBOX_INNER "sandbox-inner"
int sandbox_inner(int argc, char **argv);

#endif
