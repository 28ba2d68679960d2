#include "unit/unit.h"

#include "base/text.h"
#include "provision/wanted.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define WEB "[source web]\nurl = https://dumps.example.com/web/\n"
#define S3 "[source objects]\nurl = s3://backups/shop/\n"
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
	if (!strstr(err.text, said) || strstr(err.text, "geheim") || strstr(err.text, "-file"))
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
		"[box]\nname = closet\ntime-zone = Europe/Berlin\nmdns = no\nencrypt = yes\n"
		"[ssh]\nadmin = " KEY " anna\nhistory = allow fetch " KEY "\n"
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
	assert_int_equal(w.conf.keys.count, 2);
	assert_int_equal(w.source_count, 1);
	assert_string_equal(s->config.password_file, "/etc/drillbox/secrets/shop");
	assert_string_equal(s->held[HELD_CA].value, "my ca.pem");
	assert_string_equal(s->held[HELD_PASSWORD].value, "= x [y] # z");
	assert_int_equal(s->config.budget_s, 1800);
}

static void test_every_kind_of_source_is_taken(void **state)
{
	CLEANUP(wanted_done) struct wanted w = read_text(
		WEB "type = https\npattern = *.dump\nuser = box\npassword = p\nheaders = my headers.txt\n"
		"proxy = http://proxy:3128\n"
		"[notify web]\nping = https://hc-ping.com/UUID\n" S3
		"region = eu-central-1\nendpoint = https://minio.example.com:9000\n"
		"style = path\naccess-key = AKIA\nsecret-key = s\nsession-token = t\n"
		"[source tok]\nurl = https://x/y/\ntoken = abc\n");
	const struct source_config *web = &w.sources[0].config, *s3 = &w.sources[1].config;

	(void)state;
	assert_int_equal(w.source_count, 3);
	assert_int_equal(web->type, SOURCE_HTTPS);
	assert_string_equal(web->user, "box");
	assert_string_equal(web->password_file, "/etc/drillbox/secrets/web");
	assert_string_equal(web->headers_file, "/etc/drillbox/secrets/web.headers");
	assert_string_equal(web->ping_file, "/etc/drillbox/secrets/web.ping");
	assert_string_equal(w.sources[0].held[HELD_HEADERS].value, "my headers.txt");
	assert_int_equal(s3->type, SOURCE_S3);
	assert_string_equal(s3->access_key, "AKIA");
	assert_string_equal(s3->secret_key_file, "/etc/drillbox/secrets/objects.secret-key");
	assert_string_equal(s3->session_token_file, "/etc/drillbox/secrets/objects.session-token");
	assert_string_equal(w.sources[2].config.token_file, "/etc/drillbox/secrets/tok.token");
}

static void test_whom_to_tell_is_taken(void **state)
{
	CLEANUP(wanted_done) struct wanted w =
		read_text("[notify]\nping = https://hc-ping.com/UUID\nwebhook = https://ntfy.sh/TOPIC\n"
			  "webhook-body = ntfy\nca = own.pem\nweekly = none\n");
	const struct notify_config *notify = &w.conf.config.notify;

	(void)state;
	assert_false(wanted_is_empty(&w));
	assert_int_equal(w.conf.notify_line, 1);
	assert_int_equal(w.conf.panel_line, 0);
	assert_string_equal(notify->ping_file, "/etc/drillbox/secrets/ping.url");
	assert_string_equal(notify->webhook_file, "/etc/drillbox/secrets/webhook.url");
	assert_string_equal(notify->ca, "/etc/drillbox/secrets/notify.pem");
	assert_int_equal(notify->body, BODY_NTFY);
	assert_string_equal(w.conf.held[HELD_PING].value, "https://hc-ping.com/UUID");
	assert_string_equal(w.conf.held[HELD_NOTIFY_CA].value, "own.pem");
	assert_int_equal(w.conf.keys.count, 5);
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
				   "password:hunter2\r\nca = ca.pem\n[source crm]\nurl = https://y/z/\ntoken = ****\n"
				   "[notify crm]\nping = https://a/b*\n[notify]\nwebhook = \t https://c/d";
	CLEANUP(wanted_done) struct wanted w = read_text(text);
	static const char *const expected[] = {"radio waves", "https://c/d", "hunter2", "****", "https://a/b*"};
	const struct given *g;
	size_t found = 0;

	(void)state;
	for (size_t i = 0; (g = wanted_secret(&w, i)); i++) {
		if (!g->value)
			continue;
		assert_true(found < COUNT(expected));
		assert_int_equal(g->length, strlen(expected[found]));
		assert_memory_equal(text + g->at, expected[found], g->length);
		assert_int_equal(g->masked, same(expected[found], "****"));
		found++;
	}
	assert_int_equal(found, COUNT(expected));
	assert_int_equal(wanted_secret(&w, 0)->line, 3);
	assert_ptr_equal(wanted_held(&w, 0), w.conf.held);
	assert_ptr_equal(wanted_held(&w, 2), w.sources[1].held);
	assert_null(wanted_held(&w, 3));
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
		{"[pull shop]\nzzz = x\n", "line 2: unknown key 'zzz' in [pull shop]"},
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
		{WEB "headers = Authorization: geheim\n", "line 3: headers = '...' is not the name of a file beside"},
		{WEB "token-file = /x\n", "line 3: here the token itself is given, as token = ..."},
		{WEB "headers-file = /x\n", "line 3: here it is headers = ... that names a file beside"},
		{S3 "secret-key-file = /x\n", "line 3: here the secret-key itself is given, as secret-key = ..."},
		{S3 "session-token-file = /x\n", "as session-token = ..."},
		{"[notify]\nwebhook-file = /x\n", "line 2: here the webhook itself is given, as webhook = ..."},
		{WEB "[notify web]\nping-file = /x\n", "line 4: here the ping itself is given"},
		{S3 "access-key = a\n", "line 1: [source] secret-key is missing: access-key and secret-key go together"},
		{S3 "session-token = a\n", "line 1: [source] access-key is missing: session-token goes with it"},
		{S3 "token = a\n", "line 1: [source] token has no use where type = s3"},
		{SOURCE "headers = x\n", "line 1: [source] headers has no use where type = postgres"},
		{WEB "user = a\n", "line 1: [source] password is missing: user and password go together"},
		{WEB "user = a\npassword = b\ntoken = c\n", "line 1: [source] user and token are two ways to log in"},
		{WEB "token = ge heim\n", "line 3: token is 1 to 3900 bytes in plain characters"},
		{WEB "proxy = http://a:geheim@proxy:3128\n", "line 3: proxy holds a login, which would stay on this card"},
		{"[notify]\nproxy = http://a:geheim@proxy:3128\n", "line 2: proxy holds a login"},
		{"[notify]\nping = http://hc-ping.com/geheim\n", "line 2: ping is a URL that begins with https://"},
		{"[notify]\nwebhook = https://a:geheim@b/\n", "line 2: webhook is a URL that begins with https://"},
		{"[notify]\npnig = https://a/b\n", "line 2: unknown key 'pnig' in [notify]: did you mean 'ping'?"},
		{"[notify a b]\nping = x\n", "section [notify a b] needs the source's name"},
		{"[notfy]\nping = x\n", "did you mean [notify]?"},
		{"[notfy shop]\nping = x\n", "did you mean [notify NAME]?"},
		{"[notify shop]\nwebhook = https://a/b\n",
		 "line 2: unknown key 'webhook' in [notify shop]: it belongs in [notify]"},
		{"[notify shop]\nping = https://a/b\n", "line 1: there is no [source shop]"},
		{"[source web]\nurl = https://a:geheim@b/c/\n",
		 "line 2: the URL holds a user or a password: take it out, and write the password as "
		 "password = ... in [source web]"},
		{"[source s3]\nurl = s3://AKIA:geheim@b/c\n", "and keys with 'access-key' and 'secret-key'"},
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
		cmocka_unit_test(test_every_kind_of_source_is_taken),
		cmocka_unit_test(test_whom_to_tell_is_taken),
		cmocka_unit_test(test_encryption_is_asked_for_without_a_passphrase),
		cmocka_unit_test(test_secrets_are_found_in_the_bytes),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
