/*
 * The certificates of a TLS connection: those that we trust and our own, read
 * from files, and those of the other side, looked at. Used by port/tls.c only.
 */
#ifndef DRILLBOX_PORT_TLS_CERTIFICATES_H
#define DRILLBOX_PORT_TLS_CERTIFICATES_H

#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "port/tls.h"
#include "port/tls_words.h"

/* What struct tls_files names. */
struct tls_papers {
	mbedtls_x509_crt ca, cert;
	mbedtls_pk_context key;
	char *ca_file, *client_file; /* client_file NULL: no certificate of ours */
	int ca_skipped;		     /* certificates in ca_file that mbedTLS could not read */
	char *pin;		     /* NULL: none */
};

/* Errors as tls_identity_new(). What it has filled in is released by tls_papers_done() also on failure. */
MUST_CHECK int tls_papers_read(const struct tls_files *files, struct tls_papers *papers, struct error *err);
void tls_papers_done(struct tls_papers *papers);

/*
 * For mbedTLS's verify callback, which is called for each certificate from the
 * root's to the server's (depth 0). Notes it in 'chain', and may add to 'flags',
 * never take away: for an address that is none of the certificate's, for another
 * key than the pin's.
 */
void tls_look_at(struct tls_chain *chain, const struct tls_papers *papers, const char *name, const mbedtls_x509_crt *crt,
		 int depth, uint32_t *flags);

/* enum tls_fault from what mbedTLS found. */
unsigned tls_faults(uint32_t flags);

/* Whether this error of mbedTLS is about a critical extension that it knows nothing of. */
bool tls_is_critical_extension(int code);

#endif
