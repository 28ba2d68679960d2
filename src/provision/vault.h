/*
 * The data disk as a vault: whether it is to be encrypted, and how it stands.
 * What was asked for is noted in ROOT/state/encrypt, one line:
 *
 *     wanted               it is to be encrypted, by the first `drillbox unlock`
 *     begun PARTUUID UUID  that partition is being formatted, its LUKS header gets that UUID: nothing on it counts
 *     done                 it is encrypted
 *     no                   that is not asked for any more
 *
 *     if (vault_refusal(config_dir, true, err) < 0)
 *             return say_error(err);   nothing is written in the clear
 *
 * What encrypts and opens it is unlock.h's.
 */
#ifndef DRILLBOX_PROVISION_VAULT_H
#define DRILLBOX_PROVISION_VAULT_H

#include <stdbool.h>

#include "base/error.h"

#define VAULT_NOTE "state/encrypt"
#define VAULT_PLAIN "dev/disk/by-label/drillbox-data"
#define VAULT_LOCKED "dev/disk/by-label/drillbox-locked"
#define VAULT_MAPPER "dev/mapper/drillbox-data"
#define VAULT_ID 37 /* of a partition or a LUKS header, with its NUL */

enum vault_stage { STAGE_NONE, STAGE_WANTED, STAGE_BEGUN, STAGE_DONE };

struct vault_note {
	enum vault_stage stage;
	char part[VAULT_ID], uuid[VAULT_ID]; /* of STAGE_BEGUN */
};

/* What makes no sense counts as wanted: nothing is then written in the clear. Pure. */
struct vault_note vault_note_parse(const char *text);
struct vault_note vault_note_read(const char *root);
/* Synced. */
MUST_CHECK int vault_note_write(const char *root, const struct vault_note *note, struct error *err);

enum vault {
	VAULT_NONE,   /* nobody asks for one */
	VAULT_WANTED, /* asked for: the data disk, if it is there, is in the clear */
	VAULT_BEGUN,  /* encrypting it was cut short */
	VAULT_SHUT,   /* locked */
	VAULT_OPEN,
};

enum vault vault_look(const char *root);

/* "ssh -t admin@HOST sudo drillbox unlock". Owned by the caller. */
char *vault_cure(const char *root);

/*
 * That what wants to work may: ERR_IO says that the data disk is locked, to be
 * encrypted first, or missing, and what to do. 'config_dir' is the configuration's folder,
 * ROOT/etc/drillbox; 'has_config': there is one in it, so a data disk is there.
 */
MUST_CHECK int vault_refusal(const char *config_dir, bool has_config, struct error *err);

struct vault_cipher {
	const char *name;     /* as cryptsetup calls it */
	const char *key_bits;
};

/* AES where the processor of this /proc/cpuinfo does it by itself, else Adiantum, which is several times faster there. Pure. */
const struct vault_cipher *vault_cipher(const char *cpuinfo);

#endif
