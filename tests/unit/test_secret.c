#include "unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "run/secret.h"
#include "unit/folder.h"

static int set_up(void **state)
{
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	return make_folder(state);
}

/* Its path, owned by the caller. */
static char *put(const char *name, const char *content, mode_t mode)
{
	char *path = path_join(folder, name);
	struct error err;

	if (write_file_durably(path, content, strlen(content), mode, &err) < 0)
		fail_msg("%s", err.text);
	return path;
}

static void expect_read(const char *where, const char *wanted)
{
	CLEANUP(secret_done) char *secret = NULL;
	struct error err;

	if (secret_read_as(where, "password", &secret, &err) < 0)
		fail_msg("%s", err.text);
	if (wanted)
		assert_string_equal(secret, wanted);
	else
		assert_null(secret);
}

static void expect_refused(const char *where, const char *said)
{
	char *secret = NULL;
	struct error err;

	assert_int_equal(secret_read_as(where, "password", &secret, &err), -1);
	assert_null(secret);
	assert_int_equal(err.kind, ERR_LACKING);
	if (!strstr(err.text, said))
		fail_msg("%s", err.text);
}

static void test_the_first_line(void **state)
{
	autofree char *plain = put("plain", "correct horse", 0600), *line = put("line", "correct horse\r\nbattery\n", 0400);

	(void)state;
	expect_read(plain, "correct horse");
	expect_read(line, "correct horse");
	expect_read(NULL, NULL);
}

static void test_open_to_others(void **state)
{
	static const mode_t open[] = {0644, 0604, 0602, 0601, 0660};
	autofree char *path = put("secret", "horse", 0600);

	(void)state;
	for (size_t i = 0; i < COUNT(open); i++) {
		assert_int_equal(chmod(path, open[i]), 0);
		expect_refused(path, "open to other users: chmod 600");
	}
}

static void test_nothing_to_read(void **state)
{
	autofree char *empty = put("empty", "\nsecond line\n", 0600);
	autofree char *missing = path_join(folder, "missing");

	(void)state;
	expect_refused(empty, "is empty");
	expect_refused(missing, "missing' cannot be read");
	expect_refused(folder, folder);
}

static void test_a_credential(void **state)
{
	autofree char *path = put("shop", "from systemd\n", 0444); /* systemd sees to who may read it */

	(void)state;
	expect_refused("credential:shop", "LoadCredential=shop");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	expect_read("credential:shop", "from systemd");
	expect_refused("credential:crm", "crm");
	expect_refused("credential:", "credential");
	expect_refused("credential:../etc/shadow", "credential");
}

/* libpq opens keys and certificates itself: it gets paths, wherever they come from. */
static void test_a_source_with_its_files(void **state)
{
	autofree char *ca = path_join(folder, "ca.pem"), *key = path_join(folder, "key"),
		      *password = put("password", "horse", 0600);
	struct source_config source = {
		.name = (char[]){"shop"}, .password_file = password, .client_cert = (char[]){"/etc/cert.pem"},
		.client_key = (char[]){"credential:key"}, .ca = (char[]){"credential:ca.pem"}};
	CLEANUP(reachable_done) struct reachable r = {0};
	struct error err;

	(void)state;
	assert_int_equal(reachable_open(&source, &r, &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
	assert_null(r.password);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	assert_int_equal(reachable_open(&source, &r, &err), 0);
	assert_string_equal(r.password, "horse");
	assert_string_equal(r.source.name, "shop");
	assert_string_equal(r.source.client_cert, "/etc/cert.pem");
	assert_string_equal(r.source.client_key, key);
	assert_string_equal(r.source.ca, ca);
}

/* In place of a file's name some write the password: it is in no sentence. */
static void test_a_password_where_its_file_should_be_named(void **state)
{
	autofree char *path = path_join(folder, "sources.d/shop.conf"), *bare = path_join(folder, "hunter2");
	autofree char *below = path_join(folder, "secrets/shop"), *there = path_dir(below);
	struct source_config source = {.name = (char[]){"shop"}, .path = path, .password_file = bare};
	CLEANUP(reachable_done) struct reachable r = {0};
	struct error err;

	(void)state;
	assert_int_equal(reachable_open(&source, &r, &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
	assert_null(strstr(err.text, "hunter2"));
	assert_non_null(strstr(err.text, "write the password into a file, and name that"));
	source.password_file = below; /* as a key with a '/' in it would be */
	assert_int_equal(reachable_open(&source, &r, &err), -1);
	assert_null(strstr(err.text, "shop"));
	assert_int_equal(mkdir(there, 0700), 0);
	assert_int_equal(reachable_open(&source, &r, &err), -1);
	assert_non_null(strstr(err.text, "secrets/shop' cannot be read: No such file"));
	assert_int_equal(rmdir(there), 0);
}

/* A place wants other secrets; headers are more than a line. */
static void test_what_a_place_wants(void **state)
{
	autofree char *token = put("token", "abc\n", 0600), *headers = put("headers", "X-A: 1\nX-B: 2\n", 0600);
	autofree char *key = put("secret", "s3cr3t\n", 0600), *session = put("session", "t0ken\n", 0600);
	struct source_config source = {.name = (char[]){"shop"}, .token_file = token, .headers_file = headers,
				       .secret_key_file = key, .session_token_file = session};
	CLEANUP(reachable_done) struct reachable r = {0};
	struct place_secrets wanted;
	struct error err;

	(void)state;
	assert_int_equal(reachable_open(&source, &r, &err), 0);
	wanted = reachable_secrets(&r);
	assert_null(wanted.password);
	assert_string_equal(wanted.token, "abc");
	assert_string_equal(wanted.headers, "X-A: 1\nX-B: 2\n");
	assert_string_equal(wanted.secret_key, "s3cr3t");
	assert_string_equal(wanted.session_token, "t0ken");
	reachable_done(&r);
	assert_int_equal(chmod(key, 0644), 0);
	assert_int_equal(reachable_open(&source, &r, &err), -1);
	assert_non_null(strstr(err.text, "the secret key file"));
	assert_non_null(strstr(err.text, "is open to other users"));
}

/* As long as a header can be, which some tokens are; and many of them. */
static void test_long_ones(void **state)
{
	autofree char *long_one = xcalloc(8192 + 1, 1), *text = NULL, *too_long = xcalloc((512 << 10) + 2, 1);
	CLEANUP(reachable_done) struct reachable r = {0};
	autofree char *token = NULL, *headers = NULL, *far = NULL;
	struct source_config source = {.name = (char[]){"shop"}};
	struct error err;

	(void)state;
	memset(long_one, 'x', 8192);
	memset(too_long, 'x', (512 << 10) + 1);
	text = format("X-A: %s\nX-B: %s\n", long_one, long_one);
	source.token_file = source.session_token_file = token = put("token", long_one, 0600);
	source.headers_file = headers = put("headers", text, 0600);
	if (reachable_open(&source, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(r.token, long_one);
	assert_string_equal(r.session_token, long_one);
	assert_string_equal(r.headers, text);
	far = put("far", too_long, 0600);
	expect_refused(far, "far");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_line),
		TEST(test_open_to_others),
		TEST(test_nothing_to_read),
		TEST(test_a_credential),
		TEST(test_a_source_with_its_files),
		TEST(test_a_password_where_its_file_should_be_named),
		TEST(test_what_a_place_wants),
		TEST(test_long_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
