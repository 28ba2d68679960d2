#include "port/tls_words.h"

#include <stdlib.h>

#include "base/clock.h"

#define NAMES_TOLD 4
#define DAY INT64_C(86400)

/* Where the box's own clock may be what is wrong, how to see that. */
static const char *on_the_clock(const struct tls_chain *c, const struct tls_wish *w)
{
	if (w->now < w->built || c->wrong_from - w->now > DAY)
		return ", so the clock looks wrong: see `timedatectl`, and set it or give the box a time server";
	return ": wait until then, or see with `timedatectl` whether the clock is right";
}

static int explain_untrusted(const struct tls_chain *c, const struct tls_wish *w, struct error *err)
{
	autofree char *skipped =
		w->ca_skipped ? format(" (%d certificates in that file could not be read)", w->ca_skipped) : xstrdup("");

	if (c->self_signed)
		return fail(err, ERR_REFUSED, "the certificate of '%s' is signed by itself and is not among those in '%s'%s: name "
			    "the certificate to trust with 'ca'", w->name, w->ca, skipped);
	return fail(err, ERR_REFUSED, "the certificate of '%s' is signed by '%s', which leads to none of the authorities in "
		    "'%s'%s: name the file of its authority with 'ca', and see that the server sends all certificates in between",
		    w->name, c->issuer ? c->issuer : "?", w->ca, skipped);
}

static int explain_name(const struct tls_chain *c, const struct tls_wish *w, struct error *err)
{
	autofree char *names = strings_join(&c->names, ", ", NAMES_TOLD);

	if (c->names.count == 0)
		return fail(err, ERR_REFUSED, "the certificate that '%s' shows is for no name at all: give the server one for that "
			    "name", w->name);
	return fail(err, ERR_REFUSED, "the certificate that '%s' shows is for another name: %s. Write the URL with a name that it "
		    "is for ('address' says what to dial), or give the server a certificate for this one", w->name, names);
}

static int explain_not_yet(const struct tls_chain *c, const struct tls_wish *w, struct error *err)
{
	char from[TIME_TEXT], now[TIME_TEXT];

	return fail(err, ERR_REFUSED, "the certificate '%s' of '%s' is not valid before %s, and this box's clock says %s%s",
		    c->wrong_subject ? c->wrong_subject : "?", w->name, time_rfc3339(c->wrong_from, from),
		    time_rfc3339(w->now, now), on_the_clock(c, w));
}

static int explain_expired(const struct tls_chain *c, const struct tls_wish *w, struct error *err)
{
	char to[TIME_TEXT], now[TIME_TEXT];

	return fail(err, ERR_REFUSED, "the certificate '%s' of '%s' expired on %s (this box's clock says %s): renew it there",
		    c->wrong_subject ? c->wrong_subject : "?", w->name, time_rfc3339(c->wrong_to, to), time_rfc3339(w->now, now));
}

static int explain_weak(const struct tls_chain *c, const struct tls_wish *w, struct error *err)
{
	(void)c;
	return fail(err, ERR_REFUSED, "a certificate of '%s' is signed with a hash or has a key that is too weak: renew it with "
		    "SHA-256 and an RSA key of 2048 bits or an ECDSA key", w->name);
}

static int explain_use(const struct tls_chain *c, const struct tls_wish *w, struct error *err)
{
	(void)c;
	return fail(err, ERR_REFUSED, "the certificate of '%s' is not one for a server (its key usage says so): issue it for "
		    "serverAuth", w->name);
}

static int explain_revoked(const struct tls_chain *c, const struct tls_wish *w, struct error *err)
{
	(void)c;
	return fail(err, ERR_REFUSED, "the certificate of '%s' is revoked: renew it there", w->name);
}

static int explain_pin(const struct tls_chain *c, const struct tls_wish *w, struct error *err)
{
	return fail(err, ERR_REFUSED, "the key of '%s' is another than the one that 'pin' names; it is now %s: find out whether "
		    "it was changed on purpose before you change 'pin'", w->name, c->pin ? c->pin : "?");
}

static int explain_otherwise(const struct tls_chain *c, const struct tls_wish *w, struct error *err)
{
	(void)c;
	return fail(err, ERR_REFUSED, "the certificate of '%s' could not be verified: look at it with `openssl s_client -connect "
		    "%s:443 -showcerts`", w->name, w->name);
}

int tls_explain_chain(const struct tls_chain *chain, const struct tls_wish *wish, struct error *err)
{
	static const struct {
		enum tls_fault fault;
		int (*explain)(const struct tls_chain *, const struct tls_wish *, struct error *);
	} rules[] = {
		/* a key that was swapped matters less than a chain that leads nowhere, hence this order */
		{TLS_UNTRUSTED, explain_untrusted}, {TLS_OTHER_NAME, explain_name}, {TLS_NOT_YET, explain_not_yet},
		{TLS_EXPIRED, explain_expired},	    {TLS_REVOKED, explain_revoked}, {TLS_WEAK, explain_weak},
		{TLS_OTHER_USE, explain_use},	    {TLS_OTHER_KEY, explain_pin},
	};

	for (size_t i = 0; i < COUNT(rules); i++)
		if (chain->faults & rules[i].fault)
			return rules[i].explain(chain, wish, err);
	return explain_otherwise(chain, wish, err);
}

/* What an alert is about. */
enum about { ABOUT_TALK, ABOUT_US, ABOUT_VERSION, ABOUT_NAME, ABOUT_WANTED, ABOUT_SERVER };

static const struct {
	const char *name;
	int alert;
	enum about about;
} alerts[] = {
	{"unexpected_message", 10, ABOUT_TALK},
	{"bad_record_mac", 20, ABOUT_TALK},
	{"record_overflow", 22, ABOUT_TALK},
	{"handshake_failure", 40, ABOUT_TALK},
	{"no_certificate", 41, ABOUT_WANTED},
	{"bad_certificate", 42, ABOUT_US},
	{"unsupported_certificate", 43, ABOUT_US},
	{"certificate_revoked", 44, ABOUT_US},
	{"certificate_expired", 45, ABOUT_US},
	{"certificate_unknown", 46, ABOUT_US},
	{"illegal_parameter", 47, ABOUT_TALK},
	{"unknown_ca", 48, ABOUT_US},
	{"access_denied", 49, ABOUT_US},
	{"decode_error", 50, ABOUT_TALK},
	{"decrypt_error", 51, ABOUT_TALK},
	{"protocol_version", 70, ABOUT_VERSION},
	{"insufficient_security", 71, ABOUT_TALK},
	{"internal_error", 80, ABOUT_SERVER},
	{"inappropriate_fallback", 86, ABOUT_VERSION},
	{"user_canceled", 90, ABOUT_SERVER},
	{"missing_extension", 109, ABOUT_TALK},
	{"unsupported_extension", 110, ABOUT_TALK},
	{"unrecognized_name", 112, ABOUT_NAME},
	{"certificate_required", 116, ABOUT_WANTED},
	{"no_application_protocol", 120, ABOUT_TALK},
};

/* "handshake_failure"; NULL for one that no document knows. */
static const char *alert_name(int alert)
{
	for (size_t i = 0; i < COUNT(alerts); i++)
		if (alerts[i].alert == alert)
			return alerts[i].name;
	return NULL;
}

/* With TLS 1.2 servers say no more than handshake_failure, or bad_certificate, when they want a certificate and get none. */
static enum about about(int alert, bool shown, const struct tls_wish *w)
{
	enum about a = ABOUT_TALK;

	for (size_t i = 0; i < COUNT(alerts); i++)
		if (alerts[i].alert == alert)
			a = alerts[i].about;
	if (shown && !w->client && (a == ABOUT_US || alert == 40))
		return ABOUT_WANTED;
	return a;
}

/* Owned by the caller. */
static char *alert_text(int alert)
{
	const char *known = alert_name(alert);

	return known ? format("alert '%s'", known) : format("alert %d", alert);
}

int tls_explain_alert(int alert, bool shown, const struct tls_wish *wish, struct error *err)
{
	autofree char *name = alert_text(alert);

	switch (about(alert, shown, wish)) {
	case ABOUT_WANTED:
		if (!wish->client)
			return fail(err, ERR_REFUSED, "'%s' wants a client certificate (%s): name one with 'client-cert' and "
				    "'client-key'", wish->name, name);
		return fail(err, ERR_REFUSED, "'%s' did not take our client certificate '%s' (%s): see that it is signed by an "
			    "authority that the server asks for", wish->name, wish->client, name);
	case ABOUT_US:
		return fail(err, ERR_REFUSED, "'%s' refused our client certificate '%s' (%s): see that it is in date and signed by "
			    "an authority that the server trusts", wish->name, wish->client ? wish->client : "none", name);
	case ABOUT_VERSION:
		return fail(err, ERR_REFUSED, "'%s' speaks no TLS of version 1.2 or 1.3 (%s): update the server, or switch these "
			    "on there", wish->name, name);
	case ABOUT_NAME:
		return fail(err, ERR_REFUSED, "'%s' knows no site of that name (%s): see the host in the URL", wish->name, name);
	case ABOUT_SERVER:
		return fail(err, ERR_REFUSED, "'%s' broke the handshake off (%s): see the server's log", wish->name, name);
	case ABOUT_TALK:
		break;
	}
	return fail(err, ERR_REFUSED, "'%s' refused the handshake (%s): no way of encryption in common, or see the server's log; "
		    "it needs TLS 1.2 or 1.3 with ECDHE and AES-GCM or ChaCha20-Poly1305", wish->name, name);
}

int tls_explain_break(int alert, const struct tls_wish *wish, struct error *err)
{
	autofree char *name = alert_text(alert);

	return fail(err, ERR_NETWORK, "'%s' broke the stream off (%s): it was damaged on the way, or see the server's log",
		    wish->name,
		    name);
}

void tls_chain_done(struct tls_chain *chain)
{
	strings_done(&chain->names);
	free(chain->issuer);
	free(chain->wrong_subject);
	free(chain->pin);
	*chain = (struct tls_chain){0};
}
