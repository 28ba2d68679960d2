/*
 * The box provisions itself from one file: drillbox.txt on the boot partition
 * is checked, applied, its secrets are taken off the card, and what became of it
 * is written beside it.
 *
 *     if (provision(&place, &end, err) < 0)
 *             return say_error(err);
 *
 * wanted.h reads the file, installation.h settles what is to be written and writes it,
 * card.h takes out the secrets, result.h tells, record.h remembers. Whatever
 * instant the power goes at, the next start brings it to the same end.
 *
 * There are two parts. What the box needs to be reached lives on /state, which is
 * always there; the configuration lives on the data disk, and waits for it.
 */
#ifndef DRILLBOX_PROVISION_PROVISION_H
#define DRILLBOX_PROVISION_PROVISION_H

#include "base/error.h"
#include "provision/installation.h"

enum provision_end {
	PROVISION_NOTHING,   /* no file, or nothing but comments in it */
	PROVISION_UNCHANGED, /* applied before, and not changed since */
	PROVISION_DONE,
};

/*
 * ERR_CONFIG: the file was refused and nothing was changed. ERR_NOTHING: the data
 * disk is missing, locked or to be encrypted, so what lives on it waits, and its
 * secrets stay on the card.
 * Anything else: it could not be brought to its end. Each time RESULT.txt says
 * so, and but for the disk provision_refusal() does.
 */
MUST_CHECK int provision(const struct place *place, enum provision_end *ret, struct error *err);

/*
 * That the last drillbox.txt was not refused since the start; ERR_CONFIG with the
 * sentence. 'config_dir' is the configuration's folder, ROOT/etc/drillbox.
 */
MUST_CHECK int provision_refusal(const char *config_dir, struct error *err);

#endif
