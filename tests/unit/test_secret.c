#include "unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "run/secret.h"

static char *dir; /* of one test */

static int setup(void **state)
{
	char pattern[] = "/tmp/test_secret.XXXXXX";

	(void)state;
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	dir = mkdtemp(pattern) ? xstrdup(pattern) : NULL;
	return dir ? 0 : -1;
}

static int teardown(void **state)
{
	struct error err;
	int gone = remove_tree(dir, &err);

	(void)state;
	free(dir);
	return gone;
}

/* Its path, owned by the caller. */
static char *put(const char *name, const char *content, mode_t mode)
{
	char *path = path_join(dir, name);
	struct error err;

	if (write_file_durably(path, content, strlen(content), mode, &err) < 0)
		fail_msg("%s", err.text);
	return path;
}

static void expect_read(const char *where, const char *wanted)
{
	CLEANUP(secret_done) char *secret = NULL;
	struct error err;

	if (secret_read(where, &secret, &err) < 0)
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

	assert_int_equal(secret_read(where, &secret, &err), -1);
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
	autofree char *missing = path_join(dir, "missing");

	(void)state;
	expect_refused(empty, "is empty");
	expect_refused(missing, "missing' cannot be read");
	expect_refused(dir, dir);
}

static void test_a_credential(void **state)
{
	autofree char *path = put("shop", "from systemd\n", 0444); /* systemd sees to who may read it */

	(void)state;
	expect_refused("credential:shop", "LoadCredential=shop");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	expect_read("credential:shop", "from systemd");
	expect_refused("credential:crm", "crm");
	expect_refused("credential:", "credential");
	expect_refused("credential:../etc/shadow", "credential");
}

/* libpq opens keys and certificates itself: it gets paths, wherever they come from. */
static void test_a_source_with_its_files(void **state)
{
	autofree char *ca = path_join(dir, "ca.pem"), *key = path_join(dir, "key"), *password = put("password", "horse", 0600);
	struct source_config source = {
		.name = (char[]){"shop"}, .password_file = password, .client_cert = (char[]){"/etc/cert.pem"},
		.client_key = (char[]){"credential:key"}, .ca = (char[]){"credential:ca.pem"}};
	CLEANUP(reachable_done) struct reachable r = {0};
	struct error err;

	(void)state;
	assert_int_equal(reachable_open(&source, &r, &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
	assert_null(r.password);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	assert_int_equal(reachable_open(&source, &r, &err), 0);
	assert_string_equal(r.password, "horse");
	assert_string_equal(r.source.name, "shop");
	assert_string_equal(r.source.client_cert, "/etc/cert.pem");
	assert_string_equal(r.source.client_key, key);
	assert_string_equal(r.source.ca, ca);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_line),
		TEST(test_open_to_others),
		TEST(test_nothing_to_read),
		TEST(test_a_credential),
		TEST(test_a_source_with_its_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
