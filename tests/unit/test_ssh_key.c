#include "unit/unit.h"

#include "base/text.h"
#include "provision/ssh_key.h"

#define ED25519 "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define SK "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAAAABHNzaDo="
#define ECDSA \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBBYuqF83CqkCAonirkpA4oSKdtKacfh3kxjThINdO4IqVu1uNUB2URixNkEnfbE1KbPG" \
	"cTA7OlS356H+HLGnswQ="

/* The fingerprints are ssh-keygen's. */
static void test_what_is_taken(void **state)
{
	static const struct {
		const char *text, *type, *blob, *comment, *fingerprint;
	} cases[] = {
		{"ssh-ed25519 " ED25519 " anna@laptop", "ssh-ed25519", ED25519, "anna@laptop",
		 "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA"},
		{"ssh-ed25519 \t" ED25519, "ssh-ed25519", ED25519, "", "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA"},
		{"sk-ssh-ed25519@openssh.com " SK " the blue one", "sk-ssh-ed25519@openssh.com", SK, "the blue one",
		 "SHA256:/p0CbeE3dk2SyW1OXXsThGc12ezDVD8eGw2/vtztDfk"},
		{"ecdsa-sha2-nistp256 " ECDSA, "ecdsa-sha2-nistp256", ECDSA, "",
		 "SHA256:s4GaEkQcj/FTmZjkdruHO1jniuIR1f7/hgoZvE4a/m4"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(ssh_key_done) struct ssh_key key = {0};
		struct error err;

		if (ssh_key_parse(cases[i].text, &key, &err) < 0)
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_string_equal(key.type, cases[i].type);
		assert_string_equal(key.blob, cases[i].blob);
		assert_string_equal(key.comment, cases[i].comment);
		assert_string_equal(key.fingerprint, cases[i].fingerprint);
	}
}

static void refuses(const char *text, const char *said)
{
	CLEANUP(ssh_key_done) struct ssh_key key = {0};
	struct error err = {0};

	if (ssh_key_parse(text, &key, &err) == 0)
		fail_msg("taken: %s", text);
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!strstr(err.text, said))
		fail_msg("%s\nis said of %s", err.text, text);
	assert_null(strstr(err.text, "AAAAC3NzaC1lZDI1NTE5"));
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"", "no kind of key"},
		{"ssh-ed25519", "cut off"},
		{"ssh-ed25519 ", "cut off"},
		{"ssh-ed25519 AAAA*", "cut off"},
		{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAB", "no such key"},
		{"ssh-ed25519 " ED25519 "AAAA", "no such key"},
		{"ssh-ed25519 " SK, "no such key"},
		{"ssh-rsa " ED25519, "no such key"},
		{"ecdsa-sha2-nistp384 " ECDSA, "no such key"},
		{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5/////w==", "no such key"},
		{"ssh-dss AAAAB3NzaC1kc3M=", "'ssh-dss' is no kind of key"},
		{"ssh-ed25519-cert-v01@openssh.com " ED25519, "no kind of key"},
		{"no-pty ssh-ed25519 " ED25519, "in front of the key: begin with 'ssh-ed25519'"},
		{"command=\"id\" ssh-ed25519 " ED25519, "in front of the key"},
		{"-----BEGIN OPENSSH PRIVATE KEY-----", "private key"},
		{"ssh-ed25519 " ED25519 " a\x1b[31m", "comment"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		refuses(cases[i].text, cases[i].said);
}

/* "ssh-rsa" with a number of that many bits. */
static char *rsa(size_t bits)
{
	unsigned char bytes[4 + 7 + 4 + 3 + 4 + 1 + 2049] = {0, 0, 0, 7, 's', 's', 'h', '-', 'r', 's', 'a', 0, 0, 0, 3, 1, 0, 1};
	size_t n = bits / 8 + 1, at = 18; /* with the bit that would be a sign */
	autofree char *text = NULL;

	bytes[at + 2] = (unsigned char)(n >> 8);
	bytes[at + 3] = (unsigned char)n;
	memset(bytes + at + 4, 0xff, n);
	bytes[at + 4] = (unsigned char)((1U << bits % 8) - 1);
	text = base64_encode(bytes, at + 4 + n);
	return format("ssh-rsa %s", text);
}

static void test_rsa_by_its_bits(void **state)
{
	CLEANUP(ssh_key_done) struct ssh_key key = {0};
	autofree char *good = rsa(3072), *weak = rsa(3071), *old = rsa(1024);
	struct error err;

	(void)state;
	assert_int_equal(ssh_key_parse(good, &key, &err), 0);
	refuses(weak, "3071 bits");
	refuses(old, "1024 bits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_taken),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_rsa_by_its_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
