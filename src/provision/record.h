/*
 * What the box remembers of the drillbox.txt it applied last, so that the same
 * one is not applied at every start: its digest once its secrets were out, and
 * those of the files it named. In ROOT/state/provisioned:
 *
 *     applied HEX          or: removing HEX, while the secrets are taken out
 *     HEX ca.pem
 *     - client.key         one that is removed from the card
 *
 * The same, once it says applied, is kept beside the configuration: another data
 * disk has to be given what this one was.
 */
#ifndef DRILLBOX_PROVISION_RECORD_H
#define DRILLBOX_PROVISION_RECORD_H

#include <stdbool.h>

#include "base/error.h"
#include "provision/wanted.h"

/*
 * Whether the file was applied as it is now, and nothing it named was laid beside
 * it anew. Files that are gone since do not count, nor does a data disk that is
 * not there.
 */
bool record_is_applied(const char *root, const char *boot, const char *bytes, size_t n);

/* What the box is called as of now, and as what one finds it: with .local, unless it does not say its name. Owned by the caller. */
char *record_name(const char *root);
char *record_host(const char *root);

/* Whether the data disk is there, for its folder is also without it: on a root that cannot be written. */
bool record_has_data(const char *root);

/* Whether the power went while the secrets of this very file were taken out. */
bool record_is_interrupted(const char *root, const char *masked, size_t n);

/* Remember the file as it is, or will be, without its secrets. */
MUST_CHECK int record_write(const char *root, const char *boot, bool applied, const char *masked, size_t n,
			    const struct wanted *w, struct error *err);

#endif
