/*
 * One SSH public key as somebody pasted it: looked into, so that a line that
 * sshd would pass over in silence is refused while there is a screen to say so.
 */
#ifndef DRILLBOX_PROVISION_SSH_KEY_H
#define DRILLBOX_PROVISION_SSH_KEY_H

#include "base/error.h"

/* All text is owned. */
struct ssh_key {
	char *type;	   /* "ssh-ed25519" */
	char *blob;	   /* base64 */
	char *comment;	   /* "" when there is none */
	char *fingerprint; /* "SHA256:...", as ssh-keygen -l shows it */
};

/* "TYPE BASE64 [COMMENT]", with nothing in front. ERR_CONFIG says what is wrong with it and never repeats it. */
MUST_CHECK int ssh_key_parse(const char *text, struct ssh_key *ret, struct error *err);
void ssh_key_done(struct ssh_key *key);

#endif
