#include "port/tls_certificates.h"

#include <arpa/inet.h>
#include <mbedtls/oid.h>
#include <psa/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"

#define SYSTEM_STORE "/etc/ssl/certs/ca-certificates.crt"
#define CERTIFICATES_CAP ((size_t)8 << 20) /* bytes of a file of certificates */
#define KEY_CAP 65536
#define PIN_BYTES 32
#define DN_BYTES 512
#define NAME_SHOWN 64

/* --- ours --- */

bool tls_is_critical_extension(int code)
{
	return code == MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_UNEXPECTED_TAG;
}

/* mbedTLS takes PEM with the NUL behind it and DER without. */
static size_t as_parsed(const char *bytes, size_t n)
{
	return strstr(bytes, "-----BEGIN") ? n + 1 : n;
}

/* What is missing, or nobody else's to read, in words that end with what to do. */
static int explain_unread(const char *what, struct error *err)
{
	struct error why = *err;

	return fail(err, ERR_LACKING, "%s: %s: put the file there, readable by the user drillbox runs as", what, why.text);
}

static int read_certificates(const char *path, const char *what, mbedtls_x509_crt *into, int *ret_skipped, struct error *err)
{
	autofree char *bytes = NULL;
	size_t n;
	int code;

	if (read_small_bytes(path, CERTIFICATES_CAP, &bytes, &n, err) < 0)
		return explain_unread(what, err);
	code = mbedtls_x509_crt_parse(into, (const unsigned char *)bytes, as_parsed(bytes, n));
	/* a bundle may hold some that mbedTLS cannot read, as long as there are others: their count is 'code' */
	if (into->version == 0 && (code > 0 || tls_is_critical_extension(code)))
		return fail(err, ERR_LACKING, "%s in '%s' cannot be used: it has a critical extension that is not understood here "
			    "(Name Constraints is such a one), or is damaged: name one without it", what, path);
	if (code < 0)
		return fail(err, ERR_LACKING, "'%s' holds no certificate in PEM or DER (mbedTLS -0x%04x): it was named as %s", path,
			    (unsigned)-code, what);
	*ret_skipped = code;
	return 0;
}

static int read_authorities(struct tls_papers *p, const char *path, struct error *err)
{
	p->ca_file = xstrdup(path ? path : SYSTEM_STORE);
	if (!path && !path_exists(SYSTEM_STORE))
		return fail(err, ERR_LACKING, "this machine has no '%s' to verify certificates by: install the package "
			    "ca-certificates, or name a file of authorities with 'ca'", SYSTEM_STORE);
	return read_certificates(p->ca_file, path ? "the authority ('ca')" : "the system's authorities", &p->ca,
				 &p->ca_skipped, err);
}

static int explain_key(int code, const char *path, struct error *err)
{
	if (code == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || code == MBEDTLS_ERR_PK_PASSWORD_MISMATCH)
		return fail(err, ERR_LACKING, "the client key '%s' is protected by a passphrase: use one without, in a file of "
			    "mode 0600", path);
	return fail(err, ERR_LACKING, "'%s' holds no RSA or ECDSA key in PEM or DER (mbedTLS -0x%04x): it was named as "
		    "'client-key'", path, (unsigned)-code);
}

static int read_client(struct tls_papers *p, const char *cert, const char *key, struct error *err)
{
	autofree char *bytes = NULL;
	size_t n;
	int code, skipped;

	if (!cert != !key)
		return fail(err, ERR_CONFIG, "'client-cert' and 'client-key' go together: give both or none");
	if (!cert)
		return 0;
	p->client_file = xstrdup(cert);
	if (read_certificates(cert, "the client certificate", &p->cert, &skipped, err) < 0)
		return -1;
	if (read_small_bytes(key, KEY_CAP, &bytes, &n, err) < 0)
		return explain_unread("the client key", err);
	code = mbedtls_pk_parse_key(&p->key, (const unsigned char *)bytes, as_parsed(bytes, n), NULL, 0, mbedtls_psa_get_random,
				    MBEDTLS_PSA_RANDOM_STATE);
	explicit_bzero(bytes, n);
	if (code != 0)
		return explain_key(code, key, err);
	if (mbedtls_pk_check_pair(&p->cert.pk, &p->key, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE) != 0)
		return fail(err, ERR_LACKING, "the client key '%s' does not belong to the certificate '%s': name the two that go "
			    "together", key, cert);
	return 0;
}

static int read_pin(struct tls_papers *p, const char *pin, struct error *err)
{
	autofree unsigned char *bytes = NULL;
	size_t n = 0;

	if (!pin)
		return 0;
	if (starts_with(pin, "sha256/"))
		bytes = base64_decode(pin + strlen("sha256/"), &n);
	if (!bytes || n != PIN_BYTES)
		return fail(err, ERR_CONFIG,
			    "'pin' is not sha256/ and the base64 of the SHA-256 of a public key, which are 44 "
			    "characters: `openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl "
			    "dgst -sha256 -binary | base64` prints the second part");
	p->pin = xstrdup(pin);
	return 0;
}

int tls_papers_read(const struct tls_files *files, struct tls_papers *papers, struct error *err)
{
	*papers = (struct tls_papers){0};
	mbedtls_x509_crt_init(&papers->ca);
	mbedtls_x509_crt_init(&papers->cert);
	mbedtls_pk_init(&papers->key);
	if (psa_crypto_init() != PSA_SUCCESS)
		return fail(err, ERR_LACKING, "there is no randomness to be had on this machine: see that /dev/urandom is there");
	if (read_authorities(papers, files->ca, err) < 0 || read_client(papers, files->client_cert, files->client_key, err) < 0)
		return -1;
	return read_pin(papers, files->pin, err);
}

void tls_papers_done(struct tls_papers *papers)
{
	mbedtls_x509_crt_free(&papers->ca);
	mbedtls_x509_crt_free(&papers->cert);
	mbedtls_pk_free(&papers->key);
	free(papers->ca_file);
	free(papers->client_file);
	free(papers->pin);
	*papers = (struct tls_papers){0};
}

/* --- the other side's --- */

static int64_t seconds(const mbedtls_x509_time *t)
{
	struct tm tm = {.tm_year = t->year - 1900, .tm_mon = t->mon - 1, .tm_mday = t->day,
			.tm_hour = t->hour, .tm_min = t->min, .tm_sec = t->sec};

	return timegm(&tm);
}

/* Of a name as long as a certificate may have it there is no need to see all. */
static char *shown(const unsigned char *bytes, size_t n)
{
	autofree char *s = xstrndup((const char *)bytes, n < NAME_SHOWN ? n : NAME_SHOWN);

	return printable(s, false);
}

/* The name people call it by: the common name, else the organisation, else all of it. */
static char *called(const mbedtls_x509_name *dn)
{
	static const char *const oids[] = {MBEDTLS_OID_AT_CN, MBEDTLS_OID_AT_ORGANIZATION};
	char all[DN_BYTES];

	for (size_t i = 0; i < COUNT(oids); i++) {
		const mbedtls_asn1_named_data *found = mbedtls_asn1_find_named_data(dn, oids[i], strlen(oids[i]));

		if (found && found->val.len > 0)
			return shown(found->val.p, found->val.len);
	}
	if (mbedtls_x509_dn_gets(all, sizeof(all), dn) < 0)
		return xstrdup("?");
	return printable(all, false);
}

static int san_kind(const mbedtls_x509_sequence *san)
{
	return san->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
}

static void note_names(const mbedtls_x509_crt *crt, struct strings *names)
{
	char address[INET6_ADDRSTRLEN];

	if (!mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME)) {
		strings_add_owned(names, called(&crt->subject));
		return;
	}
	for (const mbedtls_x509_sequence *san = &crt->subject_alt_names; san && san->buf.p; san = san->next)
		if (san_kind(san) == MBEDTLS_X509_SAN_DNS_NAME)
			strings_add_owned(names, shown(san->buf.p, san->buf.len));
		else if (san_kind(san) == MBEDTLS_X509_SAN_IP_ADDRESS && (san->buf.len == 4 || san->buf.len == 16) &&
			 inet_ntop(san->buf.len == 4 ? AF_INET : AF_INET6, san->buf.p, address, sizeof(address)))
			strings_add(names, address);
}

/*
 * mbedTLS compares an address with the certificate's addresses, but with its
 * DNS names ("*.0.0.1") and its common name as well: only the former count.
 */
static bool is_other_address(const mbedtls_x509_crt *crt, const char *name)
{
	unsigned char wanted[16];
	size_t n = inet_pton(AF_INET, name, wanted) == 1 ? 4 : inet_pton(AF_INET6, name, wanted) == 1 ? 16 : 0;

	if (n == 0)
		return false;
	for (const mbedtls_x509_sequence *san = &crt->subject_alt_names; san && san->buf.p; san = san->next)
		if (san_kind(san) == MBEDTLS_X509_SAN_IP_ADDRESS && san->buf.len == n && memcmp(san->buf.p, wanted, n) == 0)
			return false;
	return true;
}

static char *pin_of(const mbedtls_x509_crt *crt)
{
	unsigned char hash[PIN_BYTES];
	autofree char *text = NULL;
	size_t n;

	if (psa_hash_compute(PSA_ALG_SHA_256, crt->pk_raw.p, crt->pk_raw.len, hash, sizeof(hash), &n) != PSA_SUCCESS)
		return xstrdup("");
	text = base64_encode(hash, n);
	return format("sha256/%s", text);
}

/* The server's own certificate, which comes last. */
static void note_leaf(struct tls_chain *c, const mbedtls_x509_crt *crt)
{
	c->seen = true;
	note_names(crt, &c->names);
	c->issuer = called(&crt->issuer);
	c->self_signed = crt->issuer_raw.len == crt->subject_raw.len &&
			 memcmp(crt->issuer_raw.p, crt->subject_raw.p, crt->issuer_raw.len) == 0;
	c->not_after = seconds(&crt->valid_to);
	c->pin = pin_of(crt);
}

void tls_look_at(struct tls_chain *chain, const struct tls_papers *papers, const char *name, const mbedtls_x509_crt *crt,
		 int depth, uint32_t *flags)
{
	if (depth == 0 && !chain->seen)
		note_leaf(chain, crt);
	if (depth == 0 && is_other_address(crt, name))
		*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	if (depth == 0 && papers->pin && !same(papers->pin, chain->pin))
		*flags |= MBEDTLS_X509_BADCERT_OTHER;
	if ((*flags & (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) && !chain->wrong_subject) {
		chain->wrong_subject = called(&crt->subject);
		chain->wrong_from = seconds(&crt->valid_from);
		chain->wrong_to = seconds(&crt->valid_to);
	}
}

unsigned tls_faults(uint32_t flags)
{
	static const struct {
		uint32_t flag;
		enum tls_fault fault;
	} known[] = {
		{MBEDTLS_X509_BADCERT_NOT_TRUSTED, TLS_UNTRUSTED}, {MBEDTLS_X509_BADCERT_CN_MISMATCH, TLS_OTHER_NAME},
		{MBEDTLS_X509_BADCERT_FUTURE, TLS_NOT_YET},	   {MBEDTLS_X509_BADCERT_EXPIRED, TLS_EXPIRED},
		{MBEDTLS_X509_BADCERT_BAD_MD, TLS_WEAK},	   {MBEDTLS_X509_BADCERT_BAD_PK, TLS_WEAK},
		{MBEDTLS_X509_BADCERT_BAD_KEY, TLS_WEAK},	   {MBEDTLS_X509_BADCERT_KEY_USAGE, TLS_OTHER_USE},
		{MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, TLS_OTHER_USE}, {MBEDTLS_X509_BADCERT_REVOKED, TLS_REVOKED},
		{MBEDTLS_X509_BADCERT_OTHER, TLS_OTHER_KEY},
	};
	unsigned faults = 0;

	if (flags == UINT32_MAX)
		return TLS_OTHERWISE;
	for (size_t i = 0; i < COUNT(known); i++)
		if (flags & known[i].flag)
			faults |= known[i].fault;
	return faults ? faults : flags ? TLS_OTHERWISE : 0;
}
