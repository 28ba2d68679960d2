/*
 * SHA-256, with the fastest of the linked libraries (OpenSSL's libcrypto, here
 * already because libpq brings it).
 */
#ifndef DRILLBOX_PORT_DIGEST_H
#define DRILLBOX_PORT_DIGEST_H

#include <stddef.h>

#include "base/error.h"
#include "model/dump.h"

struct digest;

MUST_CHECK int digest_new(struct digest **ret, struct error *err);
void digest_free(struct digest **d);
void digest_add(struct digest *d, const void *bytes, size_t n);
/* The result as hexadecimal; the digest may not be added to afterwards. */
void digest_end(struct digest *d, char ret_hex[SHA256_HEX]);

#endif
