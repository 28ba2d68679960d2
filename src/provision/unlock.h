/*
 * Encrypting the data disk, and opening it after each start: cryptsetup, mkfs and
 * systemd as children, each with a deadline. Root's business, on the box itself.
 *
 *     CLEANUP(unlock_done) struct unlock u = {0};
 *     if (unlock_look(&u, stop, err) < 0)
 *             return say_error(err);
 *     if (u.need == UNLOCK_NEW)     unlock_encrypt(&u, passphrase, stop, err);
 *     if (u.need == UNLOCK_KNOWN)   unlock_open(&u, passphrase, stop, err);
 *     unlock_mount(stop, err);
 *
 * It never formats a disk that the box has worked on in the clear, that holds
 * anything else, or that it cannot look into. The
 * power may go at any instant: what was begun is noted (vault.h), and begun anew
 * by the next call.
 */
#ifndef DRILLBOX_PROVISION_UNLOCK_H
#define DRILLBOX_PROVISION_UNLOCK_H

#include "base/clock.h"
#include "base/error.h"
#include "provision/vault.h"

#define PASSPHRASE_LEAST 12  /* characters of a new one */
#define PASSPHRASE_MOST 512  /* bytes */

enum unlock_need {
	UNLOCK_NOTHING, /* it is open */
	UNLOCK_KNOWN,	/* the passphrase it was encrypted with */
	UNLOCK_NEW,	/* one it will be encrypted with */
};

struct unlock {
	enum unlock_need need;
	char *device;	       /* of the partition */
	char part[VAULT_ID];   /* its PARTUUID, for UNLOCK_NEW */
	bool in_clear;	       /* it has an empty file system, mounted on /data */
};

/* ERR_NOTHING: there is nothing to unlock; ERR_CONFIG: it cannot be encrypted as it is. Each with what to do. */
MUST_CHECK int unlock_look(struct unlock *ret, struct deadline stop, struct error *err);

/* That a new passphrase is long enough, and nothing an arrow key left. Pure. */
MUST_CHECK int passphrase_check(const char *passphrase, struct error *err);

/* The name of the cipher is told in 'ret_cipher'. When it fails the daemon is at work again, to show it. */
MUST_CHECK int unlock_encrypt(const struct unlock *u, const char *passphrase, struct deadline stop, const char **ret_cipher,
			      struct error *err);

/* ERR_REFUSED: it is another passphrase. */
MUST_CHECK int unlock_open(const struct unlock *u, const char *passphrase, struct deadline stop, struct error *err);

/* Mount what lies on it; is it mounted, nothing. */
MUST_CHECK int unlock_mount(struct deadline stop, struct error *err);

/* That it is the opened disk that is mounted; ERR_CONFIG: it is another, in the clear. */
MUST_CHECK int unlock_is_mounted(struct error *err);

/* Have the daemon at work: 'anew' ends one that runs and what it is at, for it holds what was there before. */
MUST_CHECK int unlock_rouse_daemon(bool anew, struct deadline stop, struct error *err);

/*
 * The first thing in a data disk's folder that a new box would not have: "dumps in the clear
 * ('shop/...')". NULL: nothing. Owned by the caller.
 */
char *unlock_kept(const char *data);

void unlock_done(struct unlock *u);

#endif
