/*
 * TLS 1.2 and 1.3 as a client, through mbedTLS 3.6: the other side's name is
 * always verified, there is no switch to leave that out, and an end without
 * close_notify is an error.
 *
 *     CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
 *     CLEANUP(tls_close) struct tls *tls = NULL;
 *     if (tls_identity_new(&(struct tls_files){.ca = ca}, &id, err) < 0 ||
 *         dial(host, port, deadline, &fd, err) < 0 || tls_open(id, fd, host, deadline, &tls, err) < 0)
 *             return -1;
 *
 * Not to be used in a forked child without exec, nor by two threads at a time.
 */
#ifndef DRILLBOX_PORT_TLS_H
#define DRILLBOX_PORT_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

struct tls_files {
	const char *ca;		 /* file with the certificates to trust; NULL: the system's */
	const char *client_cert; /* file; NULL: none. Goes together with client_key */
	const char *client_key;
	/* "sha256/BASE64" of the server's public key (RFC 7469, section 2.4); NULL: none. Comes on top of the rest */
	const char *pin;
};

/* Whom to trust and who we are: read once, for any number of connections. */
struct tls_identity;

/* ERR_LACKING names the file that is missing, is none, or holds a key that does not fit. */
MUST_CHECK int tls_identity_new(const struct tls_files *files, struct tls_identity **ret, struct error *err);
void tls_identity_free(struct tls_identity **id);

struct tls;

/*
 * Handshake over 'fd', a connected non-blocking socket, which is taken over also
 * on failure. 'name' is what the certificate has to be for: a host's name, or
 * an address as it was written. ChaCha20-Poly1305 is offered first, except where
 * tls_prefers_aes().
 *
 * ERR_REFUSED with a sentence of its own for: another name than the
 * certificate's, an unknown authority, expired, not yet valid (with a word on the
 * clock where it may be wrong), a critical extension that is not understood, another key than the
 * pin's, a handshake that the server ended, a client certificate that it wants, a
 * TLS older than 1.2, no TLS at all.
 * ERR_NETWORK: cut off, or no answer in time.
 */
MUST_CHECK int tls_open(const struct tls_identity *id, int fd, const char *name, struct deadline deadline,
			struct tls **ret, struct error *err);

/* Without waiting for the other side. */
void tls_close(struct tls **tls);

/*
 * At least one byte, up to 'n' of them; 0 bytes: the other side ended the
 * stream as it should, with close_notify. ERR_NETWORK: it was cut off (EOF without it,
 * a reset); ERR_TIMEOUT, ERR_STOPPED.
 */
MUST_CHECK int tls_read(struct tls *tls, void *buf, size_t n, struct deadline deadline, size_t *ret_n, struct error *err);

/* All of it. Whether a peer that has gone away meanwhile took it, and why it went, only tls_read() tells. */
MUST_CHECK int tls_write(struct tls *tls, const void *bytes, size_t n, struct deadline deadline, struct error *err);

/*
 * Whether the connection stands and the other side has sent nothing that was not
 * read: one that was not asked anything has to be silent. Does not wait; the
 * connection is of no use once this has been false.
 */
bool tls_is_quiet(struct tls *tls);

/* What was agreed on, for doctor: "TLS 1.3 (CHACHA20-POLY1305)". Valid as long as the connection. */
const char *tls_version(const struct tls *tls);
/* Who signed the server's certificate, and when that ends (seconds since 1970). Valid as long as the connection. */
const char *tls_issuer(const struct tls *tls, int64_t *ret_not_after);

/*
 * Whether mbedTLS does AES-GCM faster than ChaCha20-Poly1305 on this processor: an arm64 with AES
 * instructions, unlike a Pi 3 or 4.
 */
bool tls_prefers_aes(void);

#endif
