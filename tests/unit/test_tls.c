#include "unit/unit.h"

#include "base/text.h"
#include "port/dial.h"
#include "port/tls.h"
#include "port/tls_words.h"
#include "unit/peer.h"

/* Files of the peers' folder; NULL: none. */
struct names {
	const char *ca, *cert, *key, *pin;
};

static int identity(const struct names *n, struct tls_identity **ret, struct error *err)
{
	autofree char *ca = peer_file(n->ca ? n->ca : "ca.pem"), *cert = peer_file(n->cert ? n->cert : "");
	autofree char *key = peer_file(n->key ? n->key : "");

	return tls_identity_new(&(struct tls_files){.ca = ca, .client_cert = n->cert ? cert : NULL,
						    .client_key = n->key ? key : NULL, .pin = n->pin},
				ret, err);
}

static int open_as(const struct tls_identity *id, const char *peer, const char *name, int ms, struct tls **ret, struct error *err)
{
	char port[8];
	int fd;

	if (dial("127.0.0.1", peer_port(peer, port), soon(ms), &fd, err) < 0)
		return -1;
	return tls_open(id, fd, name, soon(ms), ret, err);
}

/* Ask for something and read until something comes: with TLS 1.3 a server refuses us only after the handshake. */
static int talk(struct tls *tls, struct error *err)
{
	static const char ask[] = "GET / HTTP/1.1\r\n\r\n";
	char buf[1024];
	size_t n;

	if (tls_write(tls, ask, strlen(ask), soon(5000), err) < 0)
		return -1;
	return tls_read(tls, buf, sizeof(buf), soon(5000), &n, err);
}

/* --- who is let in, and what is said of the others --- */

static const struct {
	const char *peer;
	const char *name; /* NULL: PEER_HOST */
	struct names files;
	const char *told; /* NULL: it succeeds */
} handshakes[] = {
	{"good", NULL, {0}, NULL},
	{"tls12", NULL, {0}, NULL},
	{"chacha", NULL, {0}, NULL},
	{"good", "127.0.0.1", {0}, NULL},
	{"plain-name", NULL, {0}, NULL},
	{"good", NULL, {.ca = "mixed.pem"}, NULL},
	{"client", NULL, {.cert = "client.pem", .key = "client.key"}, NULL},
	{"client12", NULL, {.cert = "client.pem", .key = "client.key"}, NULL},
	{"good", "db.example.com", {0}, "for another name: " PEER_HOST ", 127.0.0.1."},
	{"named", NULL, {0}, NULL},
	{"named", "unused", {0}, "for another name: " PEER_HOST ", other.test."},
	{"good", "127.0.0.2", {0}, "for another name: " PEER_HOST ", 127.0.0.1."},
	{"good", "::1", {0}, "for another name: "},
	/* addresses are neither a wildcard's nor the subject's */
	{"starred", "127.0.0.1", {0}, "for another name: *.0.0.1."},
	{"plain-name", "127.0.0.1", {0}, "for another name: " PEER_HOST "."},
	{"strange", NULL, {0}, "signed by 'somebody else', which leads to none of the authorities in '"},
	{"strange", NULL, {.ca = "mixed.pem"}, "(1 certificates in that file could not be read)"},
	{"self", NULL, {0}, "signed by itself"},
	{"self", NULL, {.ca = "self.pem"}, NULL},
	{"old", NULL, {0}, "expired on 2021-02-03T04:05:06Z"},
	{"early", NULL, {0}, "not valid before 2090-01-02T03:04:05Z"},
	{"early", NULL, {0}, "the clock looks wrong: see `timedatectl`"},
	{"bound", NULL, {0}, "critical extension that is not understood here (Name Constraints"},
	{"weak", NULL, {0}, "too weak"},
	{"client-as-server", NULL, {0}, "for another name: box."},
	{"client-as-server", "box", {0}, "not one for a server"},
	{"tls11", NULL, {0}, "1.2"},
	{"no-cipher", NULL, {0}, "refused the handshake (alert 'handshake_failure')"},
	{"client", NULL, {0}, "wants a client certificate (alert 'certificate_required')"},
	{"client12", NULL, {0}, "wants a client certificate (alert 'handshake_failure')"},
	{"client", NULL, {.cert = "client-strange.pem", .key = "client-strange.key"}, "refused our client certificate '"},
	{"client12", NULL, {.cert = "client-strange.pem", .key = "client-strange.key"}, "(alert 'unknown_ca')"},
	{"http", NULL, {0}, "speaks no TLS"},
	{"good", NULL, {.pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
	 "another than the one that 'pin' names; it is now sha256/"},
	/* a pin comes on top: it does not stand for the rest */
	{"strange", NULL, {.pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "leads to none of the authorities"},
};

static void test_handshakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(handshakes); i++) {
		CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
		CLEANUP(tls_close) struct tls *tls = NULL;
		const char *name = handshakes[i].name ? handshakes[i].name : PEER_HOST;
		struct error err = {0};
		int status;

		if (identity(&handshakes[i].files, &id, &err) < 0)
			fail_msg("%zu, %s: %s", i, handshakes[i].peer, err.text);
		status = open_as(id, handshakes[i].peer, name, 10000, &tls, &err);
		if (status == 0)
			status = talk(tls, &err);
		if (!handshakes[i].told && status < 0)
			fail_msg("%zu, %s as %s: %s", i, handshakes[i].peer, name, err.text);
		if (handshakes[i].told && (status == 0 || !strstr(err.text, handshakes[i].told) || err.kind != ERR_REFUSED))
			fail_msg("%zu, %s as %s came to %s: %s", i, handshakes[i].peer, name, error_word(err.kind), err.text);
	}
}

static void test_the_pin_that_fits(void **state)
{
	CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
	CLEANUP(tls_close) struct tls *tls = NULL;
	autofree char *path = peer_file("pin"), *pin = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(read_small_file(path, 100, &pin, &err), 0);
	assert_int_equal(identity(&(struct names){.pin = pin}, &id, &err), 0);
	if (open_as(id, "good", PEER_HOST, 10000, &tls, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_cut_off_in_the_handshake(void **state)
{
	static const char *const names[] = {"closing", "mute"};
	static const char *const told[] = {"during the handshake", "did not answer in time"};
	CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(identity(&(struct names){0}, &id, &err), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		CLEANUP(tls_close) struct tls *tls = NULL;

		assert_int_equal(open_as(id, names[i], PEER_HOST, 300, &tls, &err), -1);
		if (err.kind != ERR_NETWORK || !strstr(err.text, told[i]))
			fail_msg("%s came to %s: %s", names[i], error_word(err.kind), err.text);
	}
}

/* --- files --- */

static const struct {
	struct names files;
	enum error_kind kind;
	const char *told;
} identities[] = {
	{{.ca = "missing.pem"}, ERR_LACKING, "missing.pem"},
	{{.ca = "ca.key"}, ERR_LACKING, "holds no certificate"},
	{{.ca = "pin"}, ERR_LACKING, "holds no certificate"},
	{{.ca = "bound-root.pem"}, ERR_LACKING, "critical extension that is not understood"},
	{{.cert = "client.pem"}, ERR_CONFIG, "go together"},
	{{.key = "client.key"}, ERR_CONFIG, "go together"},
	{{.cert = "client.pem", .key = "good.key"}, ERR_LACKING, "does not belong to the certificate"},
	{{.cert = "client.pem", .key = "missing.key"}, ERR_LACKING, "missing.key"},
	{{.cert = "client.pem", .key = "client.pem"}, ERR_LACKING, "holds no RSA or ECDSA key"},
	{{.cert = "client.pem", .key = "locked.key"}, ERR_LACKING, "protected by a passphrase"},
	{{.cert = "missing.pem", .key = "client.key"}, ERR_LACKING, "missing.pem"},
	{{.pin = "sha256/AAAA"}, ERR_CONFIG, "'pin' is not"},
	{{.pin = "md5/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, ERR_CONFIG, "'pin' is not"},
};

static void test_files_that_do_not_serve(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(identities); i++) {
		CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
		struct error err = {0};

		assert_int_equal(identity(&identities[i].files, &id, &err), -1);
		assert_null(id);
		if (err.kind != identities[i].kind || !strstr(err.text, identities[i].told))
			fail_msg("%zu came to %s: %s", i, error_word(err.kind), err.text);
	}
}

static void test_the_system_is_believed_by_default(void **state)
{
	CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
	CLEANUP(tls_close) struct tls *tls = NULL;
	struct error err = {0};

	(void)state;
	if (!path_exists("/etc/ssl/certs/ca-certificates.crt")) {
		assert_int_equal(tls_identity_new(&(struct tls_files){0}, &id, &err), -1);
		assert_int_equal(err.kind, ERR_LACKING);
		assert_non_null(strstr(err.text, "ca-certificates, or name a file"));
		return;
	}
	assert_int_equal(tls_identity_new(&(struct tls_files){0}, &id, &err), 0);
	assert_int_equal(open_as(id, "good", PEER_HOST, 10000, &tls, &err), -1);
	assert_non_null(strstr(err.text, "signed by 'drillbox test authority'"));
	assert_non_null(strstr(err.text, "/etc/ssl/certs/ca-certificates.crt"));
}

/* --- what goes over it --- */

static struct tls *stream(const struct tls_identity *id)
{
	struct tls *tls = NULL;
	struct error err = {0};

	if (open_as(id, "stream", PEER_HOST, 10000, &tls, &err) < 0)
		fail_msg("%s", err.text);
	return tls;
}

static void test_ends(void **state)
{
	static const struct {
		const char *say; /* its first byte says how the peer ends */
		enum error_kind kind;
		const char *told;
	} ends[] = {
		{"farewell", ERR_NONE, NULL},
		{"just closed", ERR_NETWORK, "without saying that this was all"},
		{"reset", ERR_NETWORK, "reset"},
	};
	CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(identity(&(struct names){0}, &id, &err), 0);
	for (size_t i = 0; i < COUNT(ends); i++) {
		CLEANUP(tls_close) struct tls *tls = stream(id);
		char got[64] = "";
		size_t n = 0;

		assert_int_equal(tls_write(tls, ends[i].say, strlen(ends[i].say), soon(5000), &err), 0);
		assert_int_equal(tls_read(tls, got, sizeof(got), soon(5000), &n, &err), 0);
		assert_string_equal(got, ends[i].say);
		/* twice: an end stays one */
		for (int again = 0; again < 2; again++) {
			struct error end = {0};
			int status = tls_read(tls, got, sizeof(got), soon(5000), &n, &end);

			assert_int_equal(status, ends[i].told ? -1 : 0);
			assert_int_equal(end.kind, ends[i].kind);
			if (ends[i].told && !strcasestr(end.text, ends[i].told))
				fail_msg("%s: %s", ends[i].say, end.text);
			assert_true(ends[i].told || n == 0);
		}
	}
}

/* Who has answered has let us in: an alert is then no refusal, and what had come can be gone on with. */
static void test_an_alert_in_the_middle(void **state)
{
	static const char damaged[] = "\x17\x03\x03\x00\x20 these are no thirty-two bytes of it";
	CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
	CLEANUP(tls_close) struct tls *tls = NULL;
	struct error err = {0};
	char port[8], got[64];
	size_t n;
	int fd;

	(void)state;
	assert_int_equal(identity(&(struct names){0}, &id, &err), 0);
	assert_int_equal(dial("127.0.0.1", peer_port("stream", port), soon(5000), &fd, &err), 0);
	assert_int_equal(tls_open(id, fd, PEER_HOST, soon(5000), &tls, &err), 0);
	assert_int_equal(tls_write(tls, "listen", 6, soon(5000), &err), 0);
	assert_int_equal(tls_read(tls, got, sizeof(got), soon(5000), &n, &err), 0);
	assert_int_equal(write(fd, damaged, 5 + 0x20), 5 + 0x20);
	assert_int_equal(tls_read(tls, got, sizeof(got), soon(5000), &n, &err), -1);
	if (err.kind != ERR_NETWORK || !strstr(err.text, "broke the stream off (alert 'bad_record_mac')"))
		fail_msg("%s: %s", error_word(err.kind), err.text);
}

static void test_a_read_is_not_held(void **state)
{
	CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
	CLEANUP(tls_close) struct tls *tls = NULL;
	struct error err = {0};
	char got[16];
	int ends[2];
	size_t n;

	(void)state;
	assert_int_equal(identity(&(struct names){0}, &id, &err), 0);
	tls = stream(id);
	assert_int_equal(tls_write(tls, "w", 1, soon(5000), &err), 0);
	assert_int_equal(tls_read(tls, got, sizeof(got), soon(5000), &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(tls_read(tls, got, sizeof(got), soon(100), &n, &err), -1);
	assert_int_equal(err.kind, ERR_TIMEOUT);
	assert_int_equal(pipe(ends) | (write(ends[1], "x", 1) != 1), 0);
	assert_int_equal(tls_read(tls, got, sizeof(got), (struct deadline){INT64_MAX, ends[0]}, &n, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	close(ends[0]);
	close(ends[1]);
}

/* More than the peer takes in: it reads once and then never again. */
static void test_a_write_is_not_held(void **state)
{
	CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
	CLEANUP(tls_close) struct tls *tls = NULL;
	const size_t much = 64 << 20;
	autofree char *bytes = xcalloc(1, much);
	struct error err = {0};

	(void)state;
	assert_int_equal(identity(&(struct names){0}, &id, &err), 0);
	tls = stream(id);
	bytes[0] = 'w';
	assert_int_equal(tls_write(tls, bytes, much, soon(1000), &err), -1);
	assert_int_equal(err.kind, ERR_TIMEOUT);
}

static void test_what_doctor_says(void **state)
{
	static const char *const names[] = {"good", "tls12", "chacha"};
	static const char *const versions[] = {"TLS 1.3 (", "TLS 1.2 (", "TLS 1.2 (CHACHA20-POLY1305)"};
	CLEANUP(tls_identity_free) struct tls_identity *id = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(identity(&(struct names){0}, &id, &err), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		CLEANUP(tls_close) struct tls *tls = NULL;
		int64_t ends = 0;

		assert_int_equal(open_as(id, names[i], PEER_HOST, 10000, &tls, &err), 0);
		assert_true(starts_with(tls_version(tls), versions[i]));
		assert_true(i == 2 || strstr(tls_version(tls), tls_prefers_aes() ? "AES-128-GCM" : "CHACHA20-POLY1305"));
		assert_string_equal(tls_issuer(tls, &ends), "drillbox test authority");
		assert_in_range(ends - clock_wall(), 29 * 86400, 30 * 86400);
	}
}

/* --- words that no peer can be brought to --- */

static void test_words_about_the_clock(void **state)
{
	struct tls_chain chain = {.faults = TLS_NOT_YET, .seen = true, .wrong_subject = xstrdup("x"), .wrong_from = 1800000000};
	struct tls_wish wish = {.name = "h", .ca = "c", .now = 1800000000 - 600, .built = 1700000000};
	struct error err = {0};

	(void)state;
	/* ten minutes early: perhaps it is just new */
	assert_int_equal(tls_explain_chain(&chain, &wish, &err), -1);
	assert_non_null(strstr(err.text, "wait until then"));
	/* a box that wakes in 1970, and one whose clock is before its own making */
	wish.now = 100;
	assert_int_equal(tls_explain_chain(&chain, &wish, &err), -1);
	assert_non_null(strstr(err.text, "1970-01-01T00:01:40Z, so the clock looks wrong"));
	wish.now = 1800000000 - 600;
	wish.built = 1800000000;
	assert_int_equal(tls_explain_chain(&chain, &wish, &err), -1);
	assert_non_null(strstr(err.text, "the clock looks wrong"));
	tls_chain_done(&chain);
}

static void test_words_for_every_alert(void **state)
{
	static const struct {
		int alert;
		bool shown, ours;
		const char *told;
	} cases[] = {
		{112, false, false, "no site of that name (alert 'unrecognized_name')"},
		{70, false, false, "no TLS of version 1.2 or 1.3"},
		{80, false, false, "see the server's log"},
		{116, true, true, "did not take our client certificate 'box.pem'"},
		{45, true, true, "refused our client certificate 'box.pem' (alert 'certificate_expired')"},
		{42, true, false, "wants a client certificate"},
		{40, false, true, "no way of encryption in common"},
		{250, false, false, "alert 250"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct tls_wish wish = {.name = "h", .ca = "c", .client = cases[i].ours ? "box.pem" : NULL};
		struct error err = {0};

		assert_int_equal(tls_explain_alert(cases[i].alert, cases[i].shown, &wish, &err), -1);
		if (err.kind != ERR_REFUSED || !strstr(err.text, cases[i].told))
			fail_msg("%d came to: %s", cases[i].alert, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshakes),
		cmocka_unit_test(test_the_pin_that_fits),
		cmocka_unit_test(test_cut_off_in_the_handshake),
		cmocka_unit_test(test_files_that_do_not_serve),
		cmocka_unit_test(test_the_system_is_believed_by_default),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_an_alert_in_the_middle),
		cmocka_unit_test(test_a_read_is_not_held),
		cmocka_unit_test(test_a_write_is_not_held),
		cmocka_unit_test(test_what_doctor_says),
		cmocka_unit_test(test_words_about_the_clock),
		cmocka_unit_test(test_words_for_every_alert),
	};

	return cmocka_run_group_tests(tests, peers_start, peers_stop);
}
