/*
 * The boot partition of the card, which the box reads and, for as long as it has
 * something to write there, writes.
 *
 *     CLEANUP(card_done) struct card card = CARD_INIT(boot, root);
 *     card_mask(&card, &secret, err);      mounted for writing at the first need,
 *                                          read-only again at the end
 */
#ifndef DRILLBOX_PROVISION_CARD_H
#define DRILLBOX_PROVISION_CARD_H

#include <stdbool.h>

#include "base/error.h"
#include "provision/wanted.h"

struct card {
	const char *path;
	bool is_own;		/* the running box's: it may be remounted */
	bool remounted;
	unsigned long flags;	/* what it is mounted with otherwise */
};

#define CARD_INIT(boot, root) ((struct card){.path = (boot), .is_own = same((root), "/")})

/* Overwrite the value in place with '*': no cluster is taken, no length changes. Synced. */
MUST_CHECK int card_mask(struct card *card, const struct given *secret, struct error *err);

/* Overwrite a file with zeros, sync, remove. Not there: fine. */
MUST_CHECK int card_remove(struct card *card, const char *name, struct error *err);

/* Write a file whole. */
MUST_CHECK int card_write(struct card *card, const char *name, const char *text, struct error *err);

/* Read-only again. Where that is refused it stays as it is until the next start. */
void card_done(struct card *card);

#endif
