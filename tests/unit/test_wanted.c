#include "unit/unit.h"

#include "base/text.h"
#include "provision/wanted.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define SOURCE "[source shop]\nurl = postgresql://drillbox@db.example.com/shop\n"

static struct wanted read_text(const char *text)
{
	struct wanted w;
	struct error err;

	if (wanted_read(text, strlen(text), &w, &err) < 0)
		fail_msg("%s", err.text);
	return w;
}

static void refuses(const char *text, const char *said)
{
	struct wanted w;
	struct error err = {0};

	if (wanted_read(text, strlen(text), &w, &err) == 0)
		fail_msg("taken: %s", text);
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!strstr(err.text, said))
		fail_msg("%s\nis said of\n%s", err.text, text);
}

static void test_nothing_is_asked_for(void **state)
{
	static const char *const texts[] = {"", "\n\r\n", "# [box]\n;name = x\n", "\xef\xbb\xbf# x\n", "[box]\n[wifi]\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		CLEANUP(wanted_done) struct wanted w = read_text(texts[i]);

		assert_true(wanted_is_empty(&w));
	}
}

static void test_every_value_is_taken(void **state)
{
	CLEANUP(wanted_done) struct wanted w = read_text(
		"[box]\nname = closet\ntime-zone = Europe/Berlin\nmdns = no\nencrypt = yes\n[ssh]\nadmin = " KEY " anna\nhistory = allow fetch " KEY "\n"
		"[network]\naddress = fd00::2/64\n[panel]\nbackend = none\nchip = x\n[drill shop]\nbudget = 30 min\n" SOURCE
		"ca = my ca.pem\npassword = = x [y] # z\n");
	const struct wanted_source *s = &w.sources[0];

	(void)state;
	assert_false(wanted_is_empty(&w));
	assert_string_equal(w.name, "closet");
	assert_string_equal(w.time_zone, "Europe/Berlin");
	assert_true(w.mdns_given && !w.mdns);
	assert_true(w.encrypt);
	assert_int_equal(w.encrypt_line, 5);
	assert_int_equal(w.admin.count, 1);
	assert_string_equal(w.admin.items[0].key.comment, "anna");
	assert_string_equal(w.history.items[0].allowed, "allow fetch");
	assert_string_equal(w.wire.address, "fd00::2/64");
	assert_int_equal(w.panel_keys.count, 2);
	assert_int_equal(w.source_count, 1);
	assert_string_equal(s->config.password_file, "/secrets/shop");
	assert_string_equal(s->files[PART_CA].name, "my ca.pem");
	assert_string_equal(s->password.value, "= x [y] # z");
	assert_int_equal(s->config.budget_s, 1800);
}

static void test_encryption_is_asked_for_without_a_passphrase(void **state)
{
	CLEANUP(wanted_done) struct wanted no = read_text("[box]\nencrypt = no\n"), silent = read_text("[box]\nname = x\n");

	(void)state;
	assert_false(wanted_is_empty(&no));
	assert_false(no.encrypt);
	assert_int_equal(no.encrypt_line, 2);
	assert_int_equal(silent.encrypt_line, 0);
	refuses("[box]\nencrypt = correct horse\n", "drillbox.txt, line 2: encrypt is yes or no; the passphrase never stands here");
}

/* Where a secret stands is where it will be overwritten. */
static void test_secrets_are_found_in_the_bytes(void **state)
{
	static const char text[] = "\xef\xbb\xbf[wifi]\r\nssid = a\r\n  password\t=  radio waves \t\r\ncountry = DE\r\n" SOURCE
				   "password:hunter2\r\n[source crm]\nurl = postgresql://x@y/z\npassword = ****";
	CLEANUP(wanted_done) struct wanted w = read_text(text);
	const struct secret *wifi = wanted_secret(&w, 0), *shop = wanted_secret(&w, 1), *crm = wanted_secret(&w, 2);

	(void)state;
	assert_memory_equal(text + wifi->at, "radio waves", wifi->length);
	assert_int_equal(wifi->length, strlen("radio waves"));
	assert_int_equal(wifi->line, 3);
	assert_memory_equal(text + shop->at, "hunter2", shop->length);
	assert_int_equal(shop->length, strlen("hunter2"));
	assert_false(wifi->masked || shop->masked);
	assert_true(crm->masked);
	assert_int_equal(crm->at + crm->length, strlen(text));
	assert_null(wanted_secret(&w, 3));
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"[bx]\nname = x\n", "drillbox.txt, line 1: unknown section [bx]: did you mean [box]?"},
		{"\n[kep shop]\n\n# x\ndaily = 1\n", "line 2: unknown section [kep shop]: did you mean [keep NAME]?"},
		{"[postgres]\nbin = /x\n", "line 1: unknown section [postgres]: there are [box], [ssh]"},
		{"[source a b]\nurl = x\n", "needs the source's name"},
		{"[source ../x]\nurl = x\n", "needs the source's name"},
		{"[box]\nadmin = x\n", "line 2: unknown key 'admin' in [box]: it belongs in [ssh]"},
		{"[wifi]\npasword = geheim\n", "did you mean 'password'?"},
		{"[source shop]\nulr = x\n", "did you mean 'url'?"},
		{"[source shop]\nzzz = x\n", "'drillbox provision --keys'"},
		{"[pull shop]\nzzz = x\n", "line 2: unknown key 'zzz' in [pull]"},
		{"[pull shop]\njobs = 2\n", "line 1: there is no [source shop]: a source is given whole"},
		{SOURCE "[pull shop]\njobs = 2\n", "line 1: [pull] jobs = 2 needs format = directory"},
		{"[panel]\nbackend = none\ndata = /x\n", "line 3: unknown key 'data'"},
		{"[panel]\nbackend = terminal\n", "line 2: backend = terminal"},
		{"[network]\naddress = dhcp\ngateway = 10.0.0.1\n", "line 1: gateway needs an address"},
		{"[wifi]\nssid = a\nssid = b\n", "line 3: 'ssid' is given a second time"},
		{"[wifi]\nssid = 123456789012345678901234567890123\n", "1 to 32 bytes"},
		{"[wifi]\npassword = 1234567\n", "8 to 63"},
		{"[box]\nname = a.b\n", "host's name"},
		{"[box]\nname = 12\n", "host's name"},
		{"[box]\ntime-zone = Europe//Berlin\n", "time zone"},
		{"[box]\ntime-zone = posix/../../x\n", "time zone"},
		{"[box]\ntime-zone = localtime\n", "time zone"},
		{"[ssh]\nhistory = allow " KEY "\n", "behind allow"},
		{"[ssh]\nadmin = allow drill " KEY "\n", "in front of the key"},
		{SOURCE "ca = a/b.pem\n", "file beside"},
		{SOURCE "ca = ..\n", "file beside"},
		{SOURCE "ca = credential:x\n", "file beside"},
		{"[source shop]\nurl = postgresql://a:geheim@b/c\n",
		 "line 2: the URL holds a password: take it out, and write the password as password = ... in [source shop]"},
		{"[source shop]\nurl = postgresql://a:ge/heim@b/c\n", "password = ... in [source shop] (or else an '@'"},
		{"[source shop]\nurl = postgresql://a@b/c?password=geheim\n", "password = ... in [source shop]"},
		{"[source shop]\nurl = postgresql://a@b/c?passfile=geheim\n", "password = ... in [source shop]"},
		{SOURCE "password =\n", "line 3: password is 1 to 1000 bytes"},
		{SOURCE "password = \xff\n", "not UTF-8"},
		{"\xff\xfe[\n", "UTF-16"},
		{"[box]\rname = x\r", "old Mac"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		refuses(cases[i].text, cases[i].said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_asked_for),
		cmocka_unit_test(test_every_value_is_taken),
		cmocka_unit_test(test_encryption_is_asked_for_without_a_passphrase),
		cmocka_unit_test(test_secrets_are_found_in_the_bytes),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
