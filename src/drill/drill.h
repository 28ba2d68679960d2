/*
 * The drill: one stored dump restored into a throwaway cluster, then checked,
 * rung by rung, ending in one verdict.
 *
 *     CLEANUP(drill_outcome_done) struct drill_outcome outcome = {0};
 *     if (drill_run(&request, &outcome, err) < 0)
 *             ... could not tell: undecided with err's sentence; outcome holds what was found until then
 *
 * Everything a drill needs to know is in the request: this room reads neither
 * the ledger nor the catalogue nor the configuration.
 */
#ifndef DRILLBOX_DRILL_DRILL_H
#define DRILLBOX_DRILL_DRILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/check.h"
#include "model/config.h"
#include "model/dump.h"
#include "model/manifest.h"

struct toolset; /* port/toolset.h */

/* What became of the manifest beside the dump. */
enum manifest_state {
	MANIFEST_READ,		/* there, and 'manifest' holds it */
	MANIFEST_NOT_EXPECTED,	/* the source makes none (a dump made elsewhere) */
	MANIFEST_MISSING,	/* the source makes one, but it is gone: undecided, "the dump may be good" */
	MANIFEST_UNREADABLE,	/* there, but could not be taken for one; 'manifest_why' says it */
};

/* What a check of the operator's came to in the drill that last proved this source. */
struct drill_value {
	const char *name; /* of the check: "recent-orders" */
	const char *value;
};

/* What a drill came to. Zero-initialised is empty. */
struct drill_outcome {
	struct findings findings;
	enum verdict verdict;	/* pass, fail or undecided; meaningless when drill_run() returned -1 */
	char *reason;		/* one owned sentence, "" for a pass */
	double seconds;		/* the whole drill */
	int64_t scratch_bytes;	/* taken up by the restored cluster; 0 when it did not come so far */
	int64_t restored_bytes; /* pg_database_size() of the restored database */
	bool in_memory;		/* the cluster was on tmpfs */
	int jobs;		/* pg_restore's, as it ran at last */
	char *postgres;		/* version restored on, "17.12"; NULL when it did not come so far */
};

struct drill_request {
	const struct dump *dump;
	/* the ledger's digest of the dump; NULL: the one in the store's list (dump->sha256) */
	const char *expected_sha256;
	const char *manifest_path;	      /* the JSON file, re-read by rung 1; NULL when there is none */
	const char *expected_manifest_sha256; /* the ledger's digest of it; NULL when the ledger has none */
	enum manifest_state manifest_state;
	const struct manifest *manifest;      /* sorted; NULL unless MANIFEST_READ */
	const char *manifest_why;	      /* of MANIFEST_UNREADABLE: one sentence */

	/*
	 * The newest proven or accepted dump of this source that is older than this
	 * one: what it was, for drift and identity. NULL: there is none. 'accepted'
	 * says that the operator vouched for this very dump: then neither drift nor a
	 * changed identity nor the want of a measure is asked about.
	 */
	const struct manifest *predecessor;
	const char *predecessor_name;
	const struct dump *predecessor_dump; /* the same in the store; NULL with 'predecessor' */
	bool listing; /* what is in the dump is all that is asked, and not whether it is whole */
	bool accepted;

	const struct source_config *source;
	enum level level;	   /* source->level, unless the verb says otherwise */
	const char *data;	   /* DATA; the drill writes below DATA/scratch, DATA/templates and DATA/locales */
	const char *id;		   /* a word that names this drill among the folders in scratch, e.g. its ledger id */
	const char *checks_dir;	   /* checks.d/SOURCE; need not exist */
	const struct toolset *tools;
	int64_t known_scratch;	   /* the most scratch_bytes a drill of this source ever took; 0: unknown */
	double restore_median;	   /* of restore_seconds of this source's last passes; < 0: none */
	size_t restore_median_of;  /* of how many */
	const struct drill_value *last_values; /* of the drill that last proved this source, for "within N%" */
	size_t last_value_count;

	struct deadline deadline;  /* of the whole drill; its stop_fd stops it (undecided) */
	int64_t keep_s;		   /* leave the restored database up so long after the verdict; 0: do not */

	/* What is going on, for the terminal and 'watch': a rung begins (of 0), or has done so much. May be NULL. */
	void (*progress)(void *context, enum rung rung, const char *text, int64_t done, int64_t of);
	/*
	 * With keep_s: called when the verdict stands and before the wait, with the
	 * line that opens psql on the restored database. Record and print here; the
	 * outcome does not change any more. May be NULL.
	 */
	void (*kept)(void *context, const struct drill_outcome *outcome, const char *psql_line);
	void *context;
};

/*
 * Climb the rungs. 0: the drill ended by itself, with a verdict. -1: the drill
 * as a whole could not tell (stopped, out of time, a folder that could not be
 * made): undecided, with err's sentence as the reason, which is also among the
 * findings. What was found until then is kept in both cases, and neither leaves
 * a process or a folder behind.
 */
MUST_CHECK int drill_run(const struct drill_request *request, struct drill_outcome *ret, struct error *err);

void drill_outcome_done(struct drill_outcome *o);

#endif
