#include "unit/unit.h"

#include "base/text.h"
#include "model/config.h"
#include "provision/held.h"

#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nTUlJQg==\n-----END PRIVATE KEY-----\n"
#define LOCKED "-----BEGIN ENCRYPTED PRIVATE KEY-----\nTUlJQg==\n-----END ENCRYPTED PRIVATE KEY-----\n"

/* A row that is wrong would put a secret where the daemon does not look for it. */
static void test_the_box_has_each_key(void **state)
{
	(void)state;
	for (enum held held = 0; held < HELDS; held++) {
		const struct held_kind *kind = held_kind(held);
		bool of_source = strchr(kind->section, ' '), found = false;
		autofree char *word = xstrndup(kind->section, strcspn(kind->section, " "));

		for (const struct config_key *k = config_keys(of_source); k->section; k++)
			found = found || (same(k->section, word) && same(k->key, kind->conf_key));
		if (!found)
			fail_msg("[%s] %s: the box has no key '%s'", kind->section, kind->key, kind->conf_key);
		assert_int_equal(held_find(kind->section, kind->key), held);
		assert_int_equal(held_find_in_conf(kind->section, kind->conf_key), held);
		assert_true(held_is_file(held) || kind->leaves);
	}
	assert_int_equal(held_find("source NAME", "url"), HELDS);
	assert_int_equal(held_find("notify NAME", "webhook"), HELDS);
	assert_int_equal(held_find_in_conf("source NAME", "url"), HELDS);
}

/* Every key of the box's that names a file with a secret: none of them may be taken from the card as it is. */
static void test_no_file_of_the_box_is_named_from_outside(void **state)
{
	(void)state;
	for (int of_source = 0; of_source < 2; of_source++)
		for (const struct config_key *k = config_keys(of_source); k->section; k++) {
			autofree char *section = format("%s%s", k->section, of_source ? " NAME" : "");

			if (strstr(k->meaning, "credential:NAME") && held_find_in_conf(section, k->key) == HELDS)
				fail_msg("[%s] %s", section, k->key);
		}
}

/* A source may be called as anything is. */
static void test_no_two_are_the_same_file(void **state)
{
	CLEANUP(strings_done) struct strings paths = {0}, names = {0};

	(void)state;
	strings_add(&names, "shop");
	for (enum held held = 0; held < HELDS; held++) {
		const char *file = held_kind(held)->file;

		strings_add(&names, file[strspn(file, ".-")] ? file + strspn(file, ".-") : "x");
		strings_add_owned(&names, format("shop%s", file));
		strings_add_owned(&names, xstrndup(file, strcspn(file, ".")));
	}
	for (enum held held = 0; held < HELDS; held++) {
		bool of_source = strchr(held_kind(held)->section, ' ');

		for (size_t i = 0; i < (of_source ? names.count : 1); i++) {
			autofree char *path = held_path(held, of_source ? names.items[i] : NULL);
			bool is_second = false;

			for (size_t j = 0; of_source && j < i; j++)
				is_second = is_second || same(names.items[j], names.items[i]);
			if (is_second || (of_source && !source_name_valid(names.items[i])))
				continue;
			if (strings_have(&paths, path))
				fail_msg("%s is given twice", path);
			strings_add(&paths, path);
		}
	}
	assert_true(paths.count > 60);
}

static void test_where_they_are(void **state)
{
	static const struct {
		enum held held;
		const char *source, *path;
	} cases[] = {
		{HELD_PASSWORD, "shop", "secrets/shop"}, {HELD_SECRET_KEY, "shop", "secrets/shop.secret-key"},
		{HELD_CLIENT_KEY, "shop", "secrets/shop-key.pem"}, {HELD_SOURCE_PING, "shop", "secrets/shop.ping"},
		{HELD_PING, NULL, "secrets/ping.url"}, {HELD_NOTIFY_CA, NULL, "secrets/notify.pem"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *path = held_path(cases[i].held, cases[i].source);

		assert_string_equal(path, cases[i].path);
	}
}

static void test_what_they_look_like(void **state)
{
	static const struct {
		enum held held;
		const char *bytes;
		const char *said; /* NULL: right */
	} cases[] = {
		{HELD_PASSWORD, "correct horse \xc3\xa4", NULL}, {HELD_PASSWORD, "", "1 to 1000 bytes"},
		{HELD_PASSWORD, "a\tb", "1 to 1000 bytes"},
		{HELD_TOKEN, "ghp_x.y~z+/=", NULL}, {HELD_TOKEN, "", "1 to 3900 bytes"},
		{HELD_TOKEN, "Bearer x", "without a space"},
		{HELD_SECRET_KEY, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL},
		{HELD_SESSION_TOKEN, "a\xc3\xa4", "plain characters"},
		{HELD_PING, "https://hc-ping.com/UUID", NULL}, {HELD_PING, "hc-ping.com/UUID", "begins with https://"},
		{HELD_SOURCE_PING, "http://hc-ping.com/UUID", "begins with https://"},
		{HELD_WEBHOOK, "https://hooks.slack.com/services/T/B/x", NULL}, {HELD_WEBHOOK, "", "begins with https://"},
		{HELD_WEBHOOK, "https://a:b@host/", "begins with https://"},
		{HELD_CA, CERTIFICATE, NULL}, {HELD_NOTIFY_CA, CERTIFICATE, NULL}, {HELD_CA, "x", "PEM"},
		{HELD_CA, KEY, "private key"},
		{HELD_NOTIFY_CA, CERTIFICATE KEY, "private key"},
		{HELD_CLIENT_CERT, "-----BEGIN X-----\n-----END X-----\n", "no certificate"},
		{HELD_CLIENT_KEY, KEY, NULL}, {HELD_CLIENT_KEY, CERTIFICATE, "no private key"},
		{HELD_CLIENT_KEY, LOCKED, "passphrase"},
		{HELD_HEADERS, "X-Api-Key: a b\r\n\r\n# why\n\tX-Other:c", NULL}, {HELD_HEADERS, "", "no header"},
		{HELD_HEADERS, "# X: y\n", "no header"}, {HELD_HEADERS, "X-Api-Key a\n", "a line that is no header"},
		{HELD_HEADERS, "X: y\nX Y: z\n", "a line that is no header"}, {HELD_HEADERS, ": z\n", "a line that is no header"},
		{HELD_HEADERS, "\xef\xbb\xbfX: y\n", "a line that is no header"},
		{HELD_HEADERS, CERTIFICATE, "a line that is no header"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why = held_kind(cases[i].held)->quarrel(cases[i].bytes, strlen(cases[i].bytes));

		if (!why != !cases[i].said || (why && !strstr(why, cases[i].said)))
			fail_msg("%s '%s': %s", held_kind(cases[i].held)->key, cases[i].bytes, why ? why : "taken");
	}
}

/* Each kind has an end, and bytes that no text has are none of a text. */
static void test_what_is_too_much(void **state)
{
	static const struct {
		enum held held;
		size_t most;
	} cases[] = {{HELD_PASSWORD, 1000}, {HELD_TOKEN, 3900}, {HELD_SECRET_KEY, 3900}, {HELD_HEADERS, 4000}};
	char bytes[5000] = "X:";

	(void)state;
	memset(bytes + 2, 'x', sizeof(bytes) - 2);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_null(held_kind(cases[i].held)->quarrel(bytes, cases[i].most));
		assert_non_null(held_kind(cases[i].held)->quarrel(bytes, cases[i].most + 1));
	}
	assert_non_null(held_kind(HELD_HEADERS)->quarrel("X: y\0z", 6));
	assert_non_null(held_kind(HELD_CA)->quarrel(CERTIFICATE "\0", sizeof(CERTIFICATE)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_box_has_each_key),
		cmocka_unit_test(test_no_file_of_the_box_is_named_from_outside),
		cmocka_unit_test(test_no_two_are_the_same_file),
		cmocka_unit_test(test_where_they_are),
		cmocka_unit_test(test_what_they_look_like),
		cmocka_unit_test(test_what_is_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
