#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/file.h"
#include "port/digest.h"

#include <cmocka.h> /* last: its fail() is a macro */

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char *folder;

static char *new_folder(const char *base)
{
	char *path = format("%s/digest-XXXXXX", base);

	assert_non_null(mkdtemp(path));
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	folder = new_folder(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	return 0;
}

static int remove_folder(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(remove_tree(folder, &err), 0);
	free(folder);
	return 0;
}

static char *put(const char *dir, const char *name, const void *bytes, size_t n)
{
	char *path = path_join(dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fflush(f), 0);
	assert_int_equal(fsync(fileno(f)), 0);
	assert_int_equal(fclose(f), 0);
	return path;
}

static void test_known_digests(void **state)
{
	char got[SHA256_HEX];
	struct error err;
	CLEANUP(digest_free) struct digest *d = NULL;

	(void)state;
	assert_int_equal(digest_bytes("", 0, got, &err), 0);
	assert_string_equal(got, EMPTY);
	assert_int_equal(digest_new(&d, &err), 0);
	digest_add(d, "a", 1);
	digest_add(d, "bc", 2);
	digest_end(d, got);
	assert_string_equal(got, ABC);
}

static void count_progress(void *context, int64_t done)
{
	*(int64_t *)context = done;
}

static void test_a_file_in_pieces(void **state)
{
	size_t n = (3U << 20) + 17;
	autofree char *bytes = xcalloc(n, 1);
	autofree char *path = NULL;
	int64_t seen = 0;
	struct digest_reading how = {.progress = count_progress, .context = &seen};
	struct digest_result r;
	char expected[SHA256_HEX];
	struct error err;

	(void)state;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 31 + i / 4096);
	path = put(folder, "big", bytes, n);
	assert_int_equal(digest_bytes(bytes, n, expected, &err), 0);
	assert_int_equal(digest_file(path, &how, &r, &err), 0);
	assert_string_equal(r.sha256, expected);
	assert_int_equal(r.bytes, n);
	assert_int_equal(seen, n);
	assert_false(r.from_disk);
}

/* tmpfs is all cache: never "from the disk". */
static void test_tmpfs_is_not_a_disk(void **state)
{
	autofree char *path = put(folder, "cached", "abc", 3);
	struct digest_reading how = {.from_disk = true};
	struct digest_result r;
	struct statfs fs;
	struct error err;

	(void)state;
	if (statfs(folder, &fs) < 0 || fs.f_type != TMPFS_MAGIC)
		skip();
	assert_int_equal(digest_file(path, &how, &r, &err), 0);
	assert_string_equal(r.sha256, ABC);
	assert_false(r.from_disk);
}

/* On a real file system the pages that were just written are gone before the read. */
static void test_reads_below_the_cache(void **state)
{
	const char *build = getenv("BUILD");
	autofree char *dir = new_folder(build ? build : ".");
	size_t n = (2U << 20) + 5;
	autofree char *bytes = xcalloc(n, 1);
	autofree char *path = put(dir, "stored", bytes, n);
	struct digest_reading how = {.from_disk = true};
	struct digest_result cold, warm;
	struct statfs fs;
	struct error err;

	(void)state;
	assert_int_equal(statfs(dir, &fs), 0);
	assert_int_equal(digest_file(path, &how, &cold, &err), 0);
	how.from_disk = false;
	assert_int_equal(digest_file(path, &how, &warm, &err), 0);
	assert_string_equal(cold.sha256, warm.sha256);
	assert_int_equal(cold.bytes, n);
	assert_false(warm.from_disk);
	assert_int_equal(cold.from_disk, fs.f_type != TMPFS_MAGIC);
	assert_int_equal(remove_tree(dir, &err), 0);
}

static void test_what_is_not_a_file(void **state)
{
	autofree char *missing = path_join(folder, "missing");
	autofree char *link = path_join(folder, "link");
	autofree char *pipe_path = path_join(folder, "pipe");
	autofree char *target = put(folder, "target", "abc", 3);
	struct digest_result r;
	struct error err;

	(void)state;
	assert_int_equal(digest_file(missing, NULL, &r, &err), -1);
	assert_int_equal(err.kind, ERR_NOTHING);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(digest_file(link, NULL, &r, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(digest_file(pipe_path, NULL, &r, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_non_null(strstr(err.text, "pipe"));
}

static void test_a_deadline(void **state)
{
	autofree char *path = put(folder, "late", "abc", 3);
	struct deadline passed = {.at_ms = 0, .stop_fd = -1};
	struct digest_reading how = {.deadline = &passed};
	struct digest_result r;
	struct error err;

	(void)state;
	assert_int_equal(digest_file(path, &how, &r, &err), -1);
	assert_int_equal(err.kind, ERR_TIMEOUT);
}

static void test_a_dump_that_is_a_file(void **state)
{
	autofree char *path = put(folder, "x.part", "abc", 3);
	CLEANUP(digest_list_done) struct digest_list l = {0};
	struct error err;

	(void)state;
	assert_int_equal(digest_dump(path, "shop.dump", NULL, &l, &err), 0);
	assert_string_equal(l.whole.sha256, ABC);
	assert_string_equal(l.text, ABC "  shop.dump\n");
	assert_int_equal(l.files, 1);
	assert_int_equal(l.whole.bytes, 3);
}

static void test_a_dump_that_is_a_folder(void **state)
{
	autofree char *dir = path_join(folder, "shop.d");
	CLEANUP(digest_list_done) struct digest_list l = {0};
	char expected[SHA256_HEX];
	const char *text = ABC "  shop.d/10.dat\n" EMPTY "  shop.d/9.dat\n" ABC "  shop.d/toc.dat\n";
	autofree char *a = NULL, *b = NULL, *c = NULL, *inner = NULL;
	struct error err;

	(void)state;
	assert_int_equal(mkdir(dir, 0700), 0);
	a = put(dir, "toc.dat", "abc", 3);
	b = put(dir, "9.dat", "", 0);
	c = put(dir, "10.dat", "abc", 3);
	assert_int_equal(digest_dump(dir, NULL, NULL, &l, &err), 0);
	assert_string_equal(l.text, text);
	assert_int_equal(l.files, 3);
	assert_int_equal(l.whole.bytes, 6);
	assert_int_equal(digest_bytes(text, strlen(text), expected, &err), 0);
	assert_string_equal(l.whole.sha256, expected);

	inner = path_join(dir, "folder");
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_int_equal(digest_dump(dir, NULL, NULL, &l, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	digest_list_done(&l);
}

/* The vectors of IEEE 802.11, annex J.4. */
static void test_the_key_of_a_wifi(void **state)
{
	static const struct {
		const char *password, *ssid, *key;
	} cases[] = {
		{"password", "IEEE", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"},
		{"ThisIsAPassword", "ThisIsASSID", "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char key[SHA256_HEX];
		struct error err;

		assert_int_equal(digest_wifi_key(cases[i].password, cases[i].ssid, key, &err), 0);
		assert_string_equal(key, cases[i].key);
	}
}

/* The vectors of RFC 4231, sections 4.2, 4.3 and 4.7 (a key longer than a block). */
static void test_hmac(void **state)
{
	unsigned char eleven[20], long_key[131], got[HMAC_BYTES];
	const struct {
		const void *key;
		size_t key_n;
		const char *text, *hmac;
	} cases[] = {
		{eleven, sizeof(eleven), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"Jefe", 4, "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{long_key, sizeof(long_key), "Test Using Larger Than Block-Size Key - Hash Key First",
		 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	};

	(void)state;
	memset(eleven, 0x0b, sizeof(eleven));
	memset(long_key, 0xaa, sizeof(long_key));
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *text = NULL;
		struct error err;

		assert_int_equal(digest_hmac(cases[i].key, cases[i].key_n, cases[i].text, strlen(cases[i].text), got, &err), 0);
		text = hex(got, sizeof(got));
		assert_string_equal(text, cases[i].hmac);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_digests),
		cmocka_unit_test(test_the_key_of_a_wifi),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_a_file_in_pieces),
		cmocka_unit_test(test_tmpfs_is_not_a_disk),
		cmocka_unit_test(test_reads_below_the_cache),
		cmocka_unit_test(test_what_is_not_a_file),
		cmocka_unit_test(test_a_deadline),
		cmocka_unit_test(test_a_dump_that_is_a_file),
		cmocka_unit_test(test_a_dump_that_is_a_folder),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
