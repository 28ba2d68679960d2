/*
 * A pull from a live PostgreSQL: pg_dump in an exported snapshot, and beside it
 * the manifest of that very snapshot.
 *
 * The keeper connection locks every table (ACCESS SHARE, under the source's
 * lock timeout), exports the snapshot and stays open until everything has
 * ended. pg_dump imports the snapshot and writes the part file; meanwhile the
 * keeper, whose locks are granted already, surveys catalogue and rows,
 * pipelined. Afterwards another connection looks at the catalogue once more:
 * what was altered meanwhile cannot be trusted.
 *
 * Nothing is synced and no digest is made: that is the store's.
 */
#ifndef DRILLBOX_PULL_POSTGRES_H
#define DRILLBOX_PULL_POSTGRES_H

#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/config.h"
#include "model/manifest.h"
#include "port/toolset.h"

enum pull_stage { PULL_CONNECTING, PULL_LOCKING, PULL_DUMPING, PULL_COMPARING };

struct pull_progress {
	enum pull_stage stage;
	int64_t bytes;		  /* of the part file so far */
	size_t counted, to_count; /* relations */
	const char *waiting_for;  /* who holds the lock that is waited for; NULL: nobody */
};

struct process;
struct process_spec;

struct pull_request {
	const struct source_config *source;
	const char *password;	  /* read by the caller; NULL: none */
	const struct tool *tool;  /* from toolset_for_dump() */
	const char *part_path;	  /* file, or folder of a directory dump, that pg_dump writes; made 0600/0700 here */
	int64_t size_cap;	  /* bytes; 0: none */
	int64_t space_floor;	  /* stop when the disk's free bytes fall under it; 0: none */
	struct deadline deadline;
	void (*progress)(void *context, const struct pull_progress *now); /* about twice a second; may be NULL */
	void *context;
	struct strings *notes;	  /* gets what the operator should know; may be NULL */
	/* What starts pg_dump: confined_start(), or where that is not to be had NULL, for process_start(). */
	int (*start)(struct process *p, const struct process_spec *spec, const struct pull_request *request, struct error *err);
};

/*
 * 'ret' is complete. On an error the part file may be there: the caller removes
 * it.
 *
 * ERR_CHANGED means that the attempt was crossed (schema altered meanwhile, a
 * waiter queued between the locks, a standby cancelled us): try again, once.
 */
MUST_CHECK int pull_postgres(const struct pull_request *request, struct manifest *ret, struct error *err);

/* What pg_dump's last words mean, as an error. Its name and exit status are in 'epitaph'. */
int pull_explain_dump_error(const char *words, const char *epitaph, struct error *err);

#endif
