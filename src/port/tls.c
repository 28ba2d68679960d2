#include "port/tls.h"

#include <errno.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "port/dial.h"
#include "port/tls_certificates.h"
#include "port/tls_words.h"
#include "version.h"

#define RAW_BYTES ((size_t)64 << 10) /* taken from the socket at a time: four records */

struct tls_identity {
	struct tls_papers papers;
	mbedtls_ssl_config config;
};

struct tls {
	mbedtls_ssl_context ssl;
	const struct tls_identity *id;
	char *name;
	int fd;
	bool open; /* the handshake is done */
	bool answered; /* the other side has said something: it has let us in, which TLS 1.3 tells only after the handshake */
	struct tls_chain chain;
	unsigned char *raw; /* came from the socket and was not yet asked for */
	size_t raw_at, raw_n;
	int first;   /* the first byte that came; -1: none yet */
	int os_errno; /* of the last call on the socket that failed */
	int over;    /* what ended the stream, as mbedTLS calls it; 0: nothing yet */
	char version[64];
};

/* --- whom to trust and who we are --- */

bool tls_prefers_aes(void)
{
#if defined(__aarch64__)
	return getauxval(AT_HWCAP) & HWCAP_AES;
#else
	return false;
#endif
}

/*
 * Forward secrecy and authenticated encryption only; what mbedTLS does fastest
 * on this processor comes first. Its ChaCha20-Poly1305 is 1.5 times its AES-GCM
 * even where x86-64 has AES instructions (613 and 404 MB/s on an EPYC).
 */
static const int *ciphersuites(void)
{
	static const int aes_first[] = {
		MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
		MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
		MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		0,
	};
	static const int chacha_first[] = {
		MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
		MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		0,
	};

	return tls_prefers_aes() ? aes_first : chacha_first;
}

static int configure(struct tls_identity *id, struct error *err)
{
	int code = mbedtls_ssl_config_defaults(&id->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
					       MBEDTLS_SSL_PRESET_DEFAULT);

	mbedtls_ssl_conf_rng(&id->config, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
	mbedtls_ssl_conf_authmode(&id->config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_min_tls_version(&id->config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_renegotiation(&id->config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
	mbedtls_ssl_conf_session_tickets(&id->config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
	mbedtls_ssl_conf_ciphersuites(&id->config, ciphersuites());
	mbedtls_ssl_conf_ca_chain(&id->config, &id->papers.ca, NULL);
	if (code == 0 && id->papers.client_file)
		code = mbedtls_ssl_conf_own_cert(&id->config, &id->papers.cert, &id->papers.key);
	return code == 0 ? 0 : fail(err, ERR_BUG, "TLS cannot be set up (mbedTLS -0x%04x)", (unsigned)-code);
}

int tls_identity_new(const struct tls_files *files, struct tls_identity **ret, struct error *err)
{
	CLEANUP(tls_identity_free) struct tls_identity *id = xcalloc(1, sizeof(*id));

	mbedtls_ssl_config_init(&id->config);
	if (tls_papers_read(files, &id->papers, err) < 0 || configure(id, err) < 0)
		return -1;
	*ret = take(id);
	return 0;
}

void tls_identity_free(struct tls_identity **id)
{
	if (!*id)
		return;
	mbedtls_ssl_config_free(&(*id)->config);
	tls_papers_done(&(*id)->papers);
	free(*id);
	*id = NULL;
}

/* --- what went wrong --- */

static struct tls_wish wish(const struct tls *t)
{
	return (struct tls_wish){.name = t->name, .ca = t->id->papers.ca_file,
				 .ca_skipped = t->id->papers.ca_skipped, .client = t->id->papers.client_file, .now = clock_wall(),
				 .built = DRILLBOX_BUILD_TIME};
}

static int explain_alert(struct tls *t, struct error *err)
{
	const struct tls_wish w = wish(t);
	int alert = t->ssl.MBEDTLS_PRIVATE(in_msg)[1]; /* there is no call for this: an alert's second byte says what it is */

	return t->answered ? tls_explain_break(alert, &w, err) : tls_explain_alert(alert, t->chain.seen, &w, err);
}

static int explain_cut(struct tls *t, const char *when, struct error *err)
{
	errno = t->os_errno;
	if (errno)
		return fail(err, ERR_NETWORK, "'%s' cut the connection off %s: %m", t->name, when);
	return fail(err, ERR_NETWORK, "'%s' ended the connection %s, without saying that this was all: it was cut off", t->name,
		    when);
}

static bool is_cut(int code)
{
	return code == MBEDTLS_ERR_SSL_CONN_EOF || code == MBEDTLS_ERR_NET_CONN_RESET || code == MBEDTLS_ERR_NET_RECV_FAILED ||
	       code == MBEDTLS_ERR_NET_SEND_FAILED;
}

/* A record begins with its type, 20 to 23. */
static bool speaks_no_tls(const struct tls *t)
{
	return t->first >= 0 && (t->first < MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC || t->first > MBEDTLS_SSL_MSG_APPLICATION_DATA);
}

static int explain_handshake(struct tls *t, int code, struct error *err)
{
	const struct tls_wish w = wish(t);
	bool certificate = code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || code == MBEDTLS_ERR_SSL_BAD_CERTIFICATE;

	t->chain.faults = certificate ? tls_faults(mbedtls_ssl_get_verify_result(&t->ssl)) : 0;
	if (t->chain.faults && t->chain.seen)
		return tls_explain_chain(&t->chain, &w, err);
	if (tls_is_critical_extension(code))
		return fail(err, ERR_REFUSED, "a certificate that '%s' sends has a critical extension that is not understood here "
			    "(Name Constraints is such a one): have the server use a chain without it", t->name);
	if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
		return explain_alert(t, err);
	if (code == MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION)
		return fail(err, ERR_REFUSED, "'%s' speaks only a TLS that is older than 1.2: update the server, or switch TLS 1.2 "
			    "or 1.3 on there", t->name);
	if (speaks_no_tls(t))
		return fail(err, ERR_REFUSED, "'%s' speaks no TLS on that port: see the port, and that the server has TLS on",
			    t->name);
	if (is_cut(code))
		return explain_cut(t, "during the handshake", err);
	return fail(err, ERR_REFUSED, "the TLS handshake with '%s' failed (mbedTLS -0x%04x): try `openssl s_client` with it, and "
		    "see the server's log", t->name, (unsigned)-code);
}

static int explain_stream(struct tls *t, int code, struct error *err)
{
	if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
		return explain_alert(t, err);
	if (is_cut(code))
		return explain_cut(t, "in the middle", err);
	return fail(err, ERR_NETWORK, "what came from '%s' is no valid TLS (mbedTLS -0x%04x): it was damaged on the way", t->name,
		    (unsigned)-code);
}

/* --- the socket below --- */

static bool would_block(int code)
{
	return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

static int give(void *context, const unsigned char *bytes, size_t n)
{
	struct tls *t = context;
	ssize_t sent = send(t->fd, bytes, n, MSG_NOSIGNAL);

	if (sent >= 0)
		return (int)sent;
	if (would_block(errno))
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	t->os_errno = errno;
	/* a peer that has gone may have left word why: that is found by reading on, which fails if there is none */
	if (errno == EPIPE || errno == ECONNRESET)
		return (int)n;
	return MBEDTLS_ERR_NET_SEND_FAILED;
}

/* mbedTLS asks for five bytes of header and then for a record: what it gets comes in larger pieces. */
static int get(void *context, unsigned char *bytes, size_t n)
{
	struct tls *t = context;

	if (t->raw_n == 0) {
		ssize_t came = recv(t->fd, t->raw, RAW_BYTES, 0);

		if (came < 0 && would_block(errno))
			return MBEDTLS_ERR_SSL_WANT_READ;
		if (came < 0)
			t->os_errno = errno;
		if (came <= 0)
			return came < 0 ? MBEDTLS_ERR_NET_RECV_FAILED : 0;
		t->raw_at = 0;
		t->raw_n = (size_t)came;
		if (t->first < 0)
			t->first = t->raw[0];
	}
	if (n > t->raw_n)
		n = t->raw_n;
	memcpy(bytes, t->raw + t->raw_at, n);
	t->raw_at += n;
	t->raw_n -= n;
	return (int)n;
}

static bool is_wait(int code)
{
	return code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE;
}

/* What mbedTLS interrupts itself for, to be called again as it was. */
static bool is_interruption(int code)
{
	return code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET || code == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS ||
	       code == MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS;
}

static int await(const struct tls *t, int code, struct deadline deadline, struct error *err)
{
	return dial_wait(t->fd, code == MBEDTLS_ERR_SSL_WANT_WRITE ? POLLOUT : POLLIN, deadline, t->name, err);
}

/* A peer that always has something for us must not keep us past the deadline either. */
static int in_time(const struct tls *t, struct deadline deadline, struct error *err)
{
	if (deadline_stopped(deadline))
		return fail(err, ERR_STOPPED, "stopped while talking to '%s'", t->name);
	if (deadline_left(deadline) == 0)
		return fail(err, ERR_TIMEOUT, "the time for talking to '%s' is over", t->name);
	return 0;
}

/* --- a connection --- */

static int look_at(void *context, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	struct tls *t = context;

	tls_look_at(&t->chain, &t->id->papers, t->name, crt, depth, flags);
	return 0;
}

/* "TLS 1.3 (CHACHA20-POLY1305)" */
static void note_version(struct tls *t)
{
	static const char *const ciphers[] = {"CHACHA20-POLY1305", "AES-128-GCM", "AES-256-GCM"};
	const char *suite = mbedtls_ssl_get_ciphersuite(&t->ssl), *cipher = suite ? suite : "?";
	bool newest = mbedtls_ssl_get_version_number(&t->ssl) == MBEDTLS_SSL_VERSION_TLS1_3;

	for (size_t i = 0; suite && i < COUNT(ciphers); i++)
		if (strstr(suite, ciphers[i]))
			cipher = ciphers[i];
	(void)snprintf(t->version, sizeof(t->version), "TLS %s (%s)", newest ? "1.3" : "1.2", cipher);
}

static int handshake(struct tls *t, struct deadline deadline, struct error *err)
{
	int code;

	while ((code = mbedtls_ssl_handshake(&t->ssl)) != 0) {
		if (in_time(t, deadline, err) < 0 || (is_wait(code) && await(t, code, deadline, err) < 0)) {
			if (err->kind == ERR_TIMEOUT)
				err->kind = ERR_NETWORK;
			return fail_within(err, "TLS handshake");
		}
		if (!is_wait(code) && !is_interruption(code))
			return explain_handshake(t, code, err);
	}
	/* VERIFY_REQUIRED has seen to this already; a look costs nothing */
	if (!t->chain.seen || mbedtls_ssl_get_verify_result(&t->ssl) != 0)
		return fail(err, ERR_REFUSED, "the certificate of '%s' was not verified", t->name);
	t->open = true;
	note_version(t);
	return 0;
}

int tls_open(const struct tls_identity *id, int fd, const char *name, struct deadline deadline, struct tls **ret,
	     struct error *err)
{
	CLEANUP(tls_close) struct tls *t = xcalloc(1, sizeof(*t));
	int code;

	t->fd = fd;
	t->id = id;
	t->first = -1;
	t->name = xstrdup(name);
	t->raw = xcalloc(1, RAW_BYTES);
	mbedtls_ssl_init(&t->ssl);
	code = mbedtls_ssl_setup(&t->ssl, &id->config);
	if (code == 0)
		code = mbedtls_ssl_set_hostname(&t->ssl, name);
	if (code != 0)
		return fail(err, code == MBEDTLS_ERR_SSL_BAD_INPUT_DATA ? ERR_CONFIG : ERR_SPACE,
			    "TLS with '%s' cannot be set up (mbedTLS -0x%04x)", name, (unsigned)-code);
	mbedtls_ssl_set_verify(&t->ssl, look_at, t);
	mbedtls_ssl_set_bio(&t->ssl, t, give, get, NULL);
	if (handshake(t, deadline, err) < 0)
		return -1;
	*ret = take(t);
	return 0;
}

void tls_close(struct tls **tls)
{
	struct tls *t = *tls;
	int saved = errno;

	if (!t)
		return;
	if (t->open && !t->over)
		(void)mbedtls_ssl_close_notify(&t->ssl);
	mbedtls_ssl_free(&t->ssl);
	tls_chain_done(&t->chain);
	close(t->fd);
	free(t->name);
	free(t->raw);
	free(t);
	*tls = NULL;
	errno = saved;
}

int tls_read(struct tls *tls, void *buf, size_t n, struct deadline deadline, size_t *ret_n, struct error *err)
{
	unsigned char *to = buf;
	size_t got = 0;

	while (got < n && !tls->over) {
		int code;

		if (got == 0 && in_time(tls, deadline, err) < 0)
			return -1;
		code = mbedtls_ssl_read(&tls->ssl, to + got, n - got);
		tls->answered |= code > 0;
		if (code > 0)
			got += (size_t)code;
		else if (is_wait(code) && got > 0)
			break;
		else if (is_wait(code) && await(tls, code, deadline, err) < 0)
			return -1;
		else if (!is_wait(code) && !is_interruption(code))
			tls->over = code == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : code;
	}
	/* what came before the end is handed out first */
	if (got == 0 && tls->over && tls->over != MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return explain_stream(tls, tls->over, err);
	*ret_n = got;
	return 0;
}

int tls_write(struct tls *tls, const void *bytes, size_t n, struct deadline deadline, struct error *err)
{
	const unsigned char *from = bytes;

	while (n > 0) {
		int code;

		if (in_time(tls, deadline, err) < 0)
			return -1;
		code = mbedtls_ssl_write(&tls->ssl, from, n);
		if (code > 0) {
			from += code;
			n -= (size_t)code;
		} else if (is_wait(code)) {
			if (await(tls, code, deadline, err) < 0)
				return -1;
		} else if (!is_interruption(code)) {
			tls->over = code;
			return explain_stream(tls, code, err);
		}
	}
	return 0;
}

bool tls_is_quiet(struct tls *tls)
{
	unsigned char unasked;
	int code;

	if (tls->over)
		return false;
	do
		code = mbedtls_ssl_read(&tls->ssl, &unasked, 1);
	while (is_interruption(code) && tls->raw_n > 0);
	if (!is_wait(code) && !is_interruption(code) && code <= 0)
		tls->over = code == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : code;
	return code < 0 && !tls->over;
}

const char *tls_version(const struct tls *tls)
{
	return tls->version;
}

const char *tls_issuer(const struct tls *tls, int64_t *ret_not_after)
{
	*ret_not_after = tls->chain.not_after;
	return tls->chain.issuer;
}
