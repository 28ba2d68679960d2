/*
 * RESULT.txt: what became of drillbox.txt, in plain words beside it. ASCII with
 * Windows line ends, for whatever shows it; never a secret.
 */
#ifndef DRILLBOX_PROVISION_RESULT_H
#define DRILLBOX_PROVISION_RESULT_H

#include "provision/card.h"
#include "provision/vault.h"

#define RESULT_FILE "RESULT.txt"

/* Each tells the whole but for when. Owned by the caller. */
char *result_done(const struct wanted *w, const char *root);
char *result_refused(const struct error *why);
char *result_failed(const struct error *why);
/* What lives on the data disk waits. 'why' VAULT_NONE: it is missing. */
char *result_waiting(const struct wanted *w, const char *root, enum vault why);
char *result_nothing_asked(const char *root);

/* Write it with the time, unless what is there says the same but for that. */
MUST_CHECK int result_write(struct card *card, const char *text, struct error *err);

/* Whether what is there says that the last try came to nothing. */
bool result_is_bad(const char *boot);

#endif
