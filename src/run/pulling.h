/*
 * A pull under way: what the ways in which a dump arrives have in common.
 * Within run/work_pull.c and the files of those ways only.
 */
#ifndef DRILLBOX_RUN_PULLING_H
#define DRILLBOX_RUN_PULLING_H

#include "port/toolset.h"
#include "pull/precheck.h"
#include "pull/published.h"
#include "report/progress.h"
#include "run/secret.h"
#include "run/work.h"

#define SPACE_FLOOR (64 << 20) /* left free whatever happens, for ledger and journal */

/* The source's clock and ours, at the same moment. */
struct two_clocks {
	bool known;
	bool verified; /* it came over verified TLS: it vouches for ours */
	int64_t there, here;
};

/* What a person hands in, and says of it. */
struct handing {
	const char *path;     /* "-": standard input */
	const char *database; /* NULL: not said */
	int64_t as_of;	      /* TIME_UNKNOWN: not said */
};

struct pulling {
	struct box *box;
	const struct handing *handed; /* NULL: it is pulled */
	const struct source_config *source;
	struct progress *progress;
	struct toolset tools;
	struct reachable reachable;
	struct strings notes;
	struct source_answers answers; /* of a live server */
	struct published published;    /* what came from a place, or was handed in */
	struct manifest manifest;      /* made here, or come with the dump; without a database: there is none */
	struct dump_digests digests;
	struct two_clocks clocks;
	struct deadline deadline;
	int64_t expected;      /* bytes to come; 0: not known */
	double seconds_before; /* the last pull's; < 0: there was none */
	bool transferring;
	struct dump here;      /* what is here already, where nothing newer is there */
	int64_t begun;	       /* by the wall clock */
	int64_t row;	       /* in the ledger; 0: none yet */
};

void pulling_done(struct pulling *p);

/* Ways to arrive. 0: 'ret' is in the store; -1: it is not, and nothing under its name is. */
MUST_CHECK int pulling_live(struct pulling *p, struct dump *ret, struct error *err);
MUST_CHECK int pulling_published(struct pulling *p, struct dump *ret, struct error *err);
/* The same of p->handed; p->row is open from when it is all there. ERR_CURRENT: it is p->here already. */
MUST_CHECK int pulling_handed(struct pulling *p, struct dump *ret, struct error *err);

/* The end of p->row, since 'started' of clock_mono(). 'why' NULL: delivered. */
MUST_CHECK int pulling_record(struct pulling *p, double started, const struct dump *dump, const struct error *why,
			      bool interrupted, struct error *err);

/*
 * The dump of this source that came as this very revision (as ledger_came_before(), or by its digest in the
 * store), where it is still there, whole and sound; 'ret' stays as it is where there is none.
 */
MUST_CHECK int pulling_find_here(const struct pulling *p, const struct origin *origin, const char *sha256, int64_t bytes,
				 struct dump *ret, struct error *err);
/* The same of p->published, which is a folder. */
MUST_CHECK int pulling_find_folder_here(const struct pulling *p, struct dump *ret, struct error *err);

/* p->published into the store: named, dated by its manifest or else by a guess with its note. */
MUST_CHECK int pulling_take_in(struct pulling *p, struct incoming *in, struct dump *ret, struct error *err);

/* That nobody vouches for it, into the notes. */
void pulling_note_origin(struct pulling *p);

/* What the last pull tells of this one: p->seconds_before, and p->expected, or 'guess' for a first one. */
MUST_CHECK int pulling_estimate(struct pulling *p, int64_t guess, struct error *err);

/* ERR_CLOCK where p->clocks are too far from each other. */
MUST_CHECK int pulling_check_clocks(const struct pulling *p, struct error *err);

/*
 * Whether p->expected bytes fit beside the reserve for scratch. Where they do
 * not, downloads that wait to be gone on with and then this source's dumps go, in
 * retention's order, until it fits; nothing where all that may go would not be enough.
 */
MUST_CHECK int pulling_make_room(struct pulling *p, struct error *err);

/* What must stay free on the disk while bytes come. */
MUST_CHECK int pulling_floor(const struct pulling *p, int64_t *ret, struct error *err);

/* For whoever follows: bytes begin to come; so much has come, of so much (0: not known). */
void pulling_transfer_begins(struct pulling *p, int64_t of);
void pulling_tell(struct pulling *p, int64_t bytes, int64_t of, const char *waiting_for);

#endif
