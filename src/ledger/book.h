/* Within the ledger only: what its files share. */
#ifndef DRILLBOX_LEDGER_BOOK_H
#define DRILLBOX_LEDGER_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/ledger.h"
#include "port/sqlite.h"

#define BOOT_TEXT 64

/* When the dump ?1 last passed a drill that decides; 0: never. What was acknowledged before that is over. */
#define LAST_PASS \
	"(SELECT ifnull(max(ended), 0) FROM drills WHERE dump = ?1 AND verdict = 'pass' AND level <> 'quick')"

/* Who works: enough to tell a process from a later one of the same number. */
struct worker {
	int64_t pid;
	int64_t started;     /* clock ticks since boot */
	char boot[BOOT_TEXT]; /* the kernel's boot_id; "" when it gives none */
};

struct ledger {
	struct sqlite *db;
	struct worker self;
};

/*
 * A whole transaction, whose writing came to 'r': 0 commits, -1 undoes and says that the ledger was
 * written. Returns what came of it.
 */
MUST_CHECK int book_finish(struct ledger *l, int r, struct error *err);

/* This process. */
void worker_self(struct worker *ret);

/* Whether it still lives; true as well where that cannot be seen. */
bool worker_alive(const struct worker *w, const char *boot_now);

/* Why a row whose worker is gone has no end. Owned by the caller. */
char *worker_epitaph(const struct worker *w, const char *boot_now);

#endif
