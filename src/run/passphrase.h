/*
 * A passphrase from whoever starts the program: asked for on a terminal, where
 * nothing of it is shown, else the first line of standard input.
 *
 *     CLEANUP(secret_done) char *passphrase = NULL;
 *     if (passphrase_ask("Passphrase: ", 512, stop, &passphrase, err) < 0)
 */
#ifndef DRILLBOX_RUN_PASSPHRASE_H
#define DRILLBOX_RUN_PASSPHRASE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

/* Whether a person is asked, who can be asked again. */
bool passphrase_is_asked(void);

/* ERR_USAGE: none came, or more than 'most' bytes. ERR_STOPPED, ERR_TIMEOUT. The terminal gets its state back in each case. */
MUST_CHECK int passphrase_ask(const char *prompt, size_t most, struct deadline stop, char **ret, struct error *err);

#endif
