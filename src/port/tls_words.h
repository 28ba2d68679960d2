/*
 * What port/tls.c says when a connection does not come about: one sentence for
 * each reason, from plain facts. Pure but for the clock it is told.
 */
#ifndef DRILLBOX_PORT_TLS_WORDS_H
#define DRILLBOX_PORT_TLS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* What is wrong with a chain of certificates; the first of several is told. */
enum tls_fault {
	TLS_UNTRUSTED = 1 << 0,	   /* leads to none of the authorities */
	TLS_OTHER_NAME = 1 << 1,
	TLS_NOT_YET = 1 << 2,
	TLS_EXPIRED = 1 << 3,
	TLS_WEAK = 1 << 4,	   /* a hash or a key that counts for nothing any more */
	TLS_OTHER_USE = 1 << 5,	   /* a certificate that is none for a server */
	TLS_REVOKED = 1 << 6,
	TLS_OTHER_KEY = 1 << 7,	   /* than the pin's */
	TLS_OTHERWISE = 1 << 8,
};

/* The chain as it was seen. All text owned, fit for a terminal. */
struct tls_chain {
	unsigned faults;       /* of enum tls_fault */
	bool seen;	       /* the server has shown its certificate */
	struct strings names;  /* that the server's certificate is for */
	char *issuer;	       /* who signed it */
	bool self_signed;
	int64_t not_after;     /* of the server's certificate */
	char *wrong_subject;   /* the first certificate that is not valid now, nearest to the root ... */
	int64_t wrong_from, wrong_to; /* ... and when it is */
	char *pin;	       /* of the server's key: "sha256/BASE64" */
};

/* Whom we wanted and by what we judged. */
struct tls_wish {
	const char *name;   /* the server's */
	const char *ca;	    /* the file of authorities */
	int ca_skipped;	    /* certificates in it that could not be read */
	const char *client; /* our certificate; NULL: none */
	int64_t now;	    /* by the wall clock */
	int64_t built;	    /* when this program was made: an earlier clock is wrong */
};

/* ERR_REFUSED from the chain's faults. Returns -1. */
int tls_explain_chain(const struct tls_chain *chain, const struct tls_wish *wish, struct error *err);

/*
 * ERR_REFUSED for an alert of the server's (RFC 8446, section 6). 'shown': it had
 * shown its certificate before. Returns -1.
 */
int tls_explain_alert(int alert, bool shown, const struct tls_wish *wish, struct error *err);

/* ERR_NETWORK for an alert after which no more comes of what had begun to come. Returns -1. */
int tls_explain_break(int alert, const struct tls_wish *wish, struct error *err);

void tls_chain_done(struct tls_chain *chain);

#endif
