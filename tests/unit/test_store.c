#include "unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "port/digest.h"
#include "store/index.h"
#include "store/inner.h"
#include "store/manifest_file.h"
#include "store/store.h"
#include "store/sums.h"
#include "store/tar.h"

#define TAKEN 1763784900 /* 2025-11-22T04:15:00Z */
#define NAME "shop/shop_20251122_041500"
#define BODY "PGDMP and then the rest of it"

static char top[32];  /* of one test */
static char data[64]; /* DATA */

static int make_top(void **state)
{
	(void)state;
	(void)snprintf(top, sizeof(top), "/tmp/store-XXXXXX");
	assert_non_null(mkdtemp(top));
	(void)snprintf(data, sizeof(data), "%s/data", top);
	return 0;
}

static int remove_top(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(remove_tree(top, &err), 0);
	return 0;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_top, remove_top)

/* A path below DATA; the last eight stay valid. */
static const char *below(const char *path)
{
	static char paths[8][512];
	static unsigned next;
	char *out = paths[next++ % COUNT(paths)];

	(void)snprintf(out, sizeof(paths[0]), "%s/%s", data, path);
	return out;
}

static void put(const char *path, const char *text)
{
	struct error err;

	if (write_file_durably(path, text, strlen(text), 0644, &err) < 0)
		print_error("%s\n", err.text);
	assert_true(path_exists(path));
}

static char *get(const char *path)
{
	struct error err;
	char *text = NULL;

	assert_int_equal(read_small_file(path, 1 << 20, &text, &err), 0);
	return text;
}

static struct store *open_store(enum store_use use)
{
	struct store *s = NULL;
	struct error err = {0};

	if (store_open(data, use, &s, &err) < 0)
		print_error("%s\n", err.text);
	assert_non_null(s);
	return s;
}

static void describe(struct manifest *m, const char *database, int64_t taken)
{
	*m = (struct manifest){.snapshot_time = taken, .box_time = taken};
	m->source = xstrdup("shop");
	m->database = xstrdup(database);
}

static const struct {
	const char *name, *text;
} members[] = {{"3001.dat.zst", "one table"}, {"blobs.toc", ""}, {"toc.dat", BODY}};

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), done;

	if (fd < 0)
		return -1;
	done = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return done;
}

/* What pg_dump would do. */
static int write_dump(const char *path, bool as_folder)
{
	if (!as_folder)
		return write_text(path, BODY);
	if (mkdir(path, 0755) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(members); i++) {
		autofree char *file = path_join(path, members[i].name);

		if (write_text(file, members[i].text) < 0)
			return -1;
	}
	return 0;
}

/* A whole pull, without asserts: also run in children. */
static int bring(struct store *s, const char *database, int64_t taken, bool as_folder, struct dump *ret, struct error *err)
{
	CLEANUP(store_abort) struct incoming in = INCOMING_INIT;
	CLEANUP(manifest_done) struct manifest m = {0};

	describe(&m, database, taken);
	if (store_begin(s, "shop", &in, err) < 0)
		return -1;
	if (write_dump(in.path, as_folder) < 0)
		return fail(err, ERR_IO, "write '%s': %m", in.path);
	return store_commit(s, &in, &(struct arriving){.database = m.database, .taken = m.snapshot_time, .manifest = &m},
			    NO_DEADLINE, ret, err);
}

static struct dump brought(struct store *s, int64_t taken, bool as_folder)
{
	struct dump d = {0};
	struct error err = {0};

	if (bring(s, "shop", taken, as_folder, &d, &err) < 0)
		print_error("%s\n", err.text);
	assert_non_null(d.name);
	return d;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static size_t entries_in(const char *path)
{
	autoclosedir DIR *d = opendir(path);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	return n - 2;
}

static int shell(const char *fmt, const char *a, const char *b)
{
	autofree char *line = NULL;
	int status;

	assert_true(asprintf(&line, "( cd '%s' && %s '%s' ) >/dev/null 2>&1", a, fmt, b) > 0);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---------------------------------------------------------------- opening */

static void working_makes_what_it_needs(void **state)
{
	CLEANUP(store_free) struct store *s = NULL;
	autofree char *readme = NULL, *again = NULL;

	(void)state;
	s = open_store(STORE_WORK);
	assert_int_equal(mode_of(below("store")), 0700);
	assert_int_equal(mode_of(below("scratch")), 0700);
	assert_int_equal(mode_of(below("README.txt")), 0644);
	readme = get(below("README.txt"));
	assert_non_null(strstr(readme, "pg_restore --create"));
	assert_non_null(strstr(readme, "sha256sum -c"));
	put(below("README.txt"), "of another version");
	store_free(&s);
	s = open_store(STORE_WORK);
	again = get(below("README.txt"));
	assert_string_equal(again, readme);
}

static void looking_makes_nothing(void **state)
{
	CLEANUP(store_free) struct store *s = NULL;
	CLEANUP(dumps_done) struct dumps list = {0};
	CLEANUP(store_room_done) struct store_room room = {0};
	struct incoming in = INCOMING_INIT;
	struct sweep swept;
	struct error err;

	(void)state;
	s = open_store(STORE_LOOK);
	assert_int_equal(store_list(s, NULL, &list, NULL, &err), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(store_room(s, &room, &err), 0);
	assert_true(room.free > 0 && room.size >= room.free);
	assert_int_equal(store_begin(s, "shop", &in, &err), -1);
	assert_int_equal(err.kind, ERR_BUG);
	assert_int_equal(store_sweep(s, &swept, &err), -1);
	assert_int_equal(err.kind, ERR_BUG);
	assert_false(path_exists(data));
}

static void a_missing_disk_is_told(void **state)
{
	struct store *s = NULL;
	struct error err;

	(void)state;
	(void)snprintf(data, sizeof(data), "%s/disk/data", top);
	assert_int_equal(store_open(data, STORE_WORK, &s, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "is its disk connected and mounted?"));
	assert_int_equal(store_open(data, STORE_LOOK, &s, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
}

static void a_read_only_disk_is_told(void **state)
{
	struct store *s = NULL;
	struct statvfs vfs;
	struct error err;

	(void)state;
	if (statvfs("/usr/share", &vfs) < 0 || !(vfs.f_flag & ST_RDONLY)) {
		print_message("/usr/share is not read-only here\n");
		skip();
	}
	assert_int_equal(store_open("/usr/share", STORE_WORK, &s, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "read-only"));
}

static void links_are_no_folders_of_ours(void **state)
{
	struct store *s = NULL;
	struct error err;

	(void)state;
	assert_int_equal(mkdir(data, 0700), 0);
	assert_int_equal(symlink("/tmp", below("scratch")), 0);
	assert_int_equal(store_open(data, STORE_WORK, &s, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "is a link"));
}

/* ---------------------------------------------------------------- coming in */

static void a_file_comes_in(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false);
	CLEANUP(manifest_done) struct manifest m = {0};
	autofree char *sums = get(below("store/" NAME ".dump.sha256"));
	autofree char *manifest = store_manifest_path(&d);
	struct dump_digests digests;
	struct digest_result hashed;
	struct error err;

	(void)state;
	assert_string_equal(d.name, NAME);
	assert_string_equal(d.source, "shop");
	assert_string_equal(d.path, below("store/" NAME ".dump"));
	assert_int_equal(d.bytes, strlen(BODY));
	assert_true(d.taken == TAKEN && d.complete && d.has_manifest && d.form == DUMP_ARCHIVE);
	assert_int_equal(digest_file(d.path, NULL, &hashed, &err), 0);
	assert_string_equal(d.sha256, hashed.sha256);
	assert_int_equal(entries_in(below("store/shop")), 3);
	assert_int_equal(mode_of(d.path), 0600);
	assert_int_equal(mode_of(manifest), 0600);
	assert_int_equal(mode_of(below("store/shop")), 0700);
	assert_int_equal(shell("sha256sum --strict -c", below("store/shop"), "shop_20251122_041500.dump.sha256"), 0);
	assert_int_equal(store_digests(&d, &digests, &err), 0);
	assert_string_equal(digests.dump, d.sha256);
	assert_int_equal(digest_file(manifest, NULL, &hashed, &err), 0);
	assert_string_equal(digests.manifest, hashed.sha256);
	assert_int_equal(manifest_load(manifest, &m, &err), 0);
	assert_string_equal(m.database, "shop");
	assert_true(strstr(sums, "shop_20251122_041500.dump\n") < strstr(sums, "shop_20251122_041500.dump.json\n"));
}

static void a_folder_comes_in(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, true);
	CLEANUP(digest_list_done) struct digest_list hashed = {0};
	struct dump_digests digests;
	struct error err;

	(void)state;
	assert_string_equal(d.path, below("store/" NAME ".d"));
	assert_true(d.form == DUMP_FOLDER && d.complete && d.has_manifest);
	assert_int_equal(d.bytes, strlen(BODY) + strlen("one table"));
	assert_int_equal(mode_of(d.path), 0700);
	assert_int_equal(mode_of(below("store/" NAME ".d/toc.dat")), 0600);
	assert_int_equal(shell("sha256sum --strict -c", below("store/shop"), "shop_20251122_041500.d.sha256"), 0);
	assert_int_equal(digest_dump(d.path, NULL, NULL, &hashed, &err), 0);
	assert_string_equal(d.sha256, hashed.whole.sha256);
	assert_int_equal(store_digests(&d, &digests, &err), 0);
	assert_string_equal(digests.dump, d.sha256);
	assert_true(digests.manifest[0]);
}

static gid_t group_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_gid;
}

/* Where the two groups exist: readers get the lists, fetchers the dumps, nobody else anything. */
static void groups_may_read(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);

	(void)state;
	s->readers = s->fetchers = getgid();
	for (int folder = 0; folder < 2; folder++) {
		CLEANUP(dump_done) struct dump d = brought(s, TAKEN + folder * 60, folder);
		autofree char *manifest = store_manifest_path(&d), *list = store_digest_path(&d);

		assert_int_equal(mode_of(d.path), folder ? 0750 : 0640);
		assert_int_equal(mode_of(manifest), 0640);
		assert_int_equal(mode_of(list), 0640);
		assert_int_equal(group_of(d.path), getgid());
	}
	assert_int_equal(mode_of(below("store/shop")), 0750);
	assert_int_equal(mode_of(below("store/shop/shop_20251122_041600.d/toc.dat")), 0640);
	assert_int_equal(mode_of(below("scratch")), 0700);
}

/* A group that whoever works is not in: it stays our own. */
static void other_groups_may_not(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = {0};

	(void)state;
	if (geteuid() == 0)
		skip();
	s->readers = s->fetchers = 54321;
	d = brought(s, TAKEN, false);
	assert_int_equal(mode_of(d.path), 0600);
	assert_int_equal(mode_of(below("store/shop")), 0700);
	assert_int_equal(group_of(d.path), getgid());
}

static void plain_sql_is_told_by_its_bytes(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(store_abort) struct incoming in = INCOMING_INIT;
	CLEANUP(manifest_done) struct manifest m = {0};
	CLEANUP(dump_done) struct dump d = {0};
	struct error err;

	(void)state;
	describe(&m, "a/b c", TAKEN);
	assert_int_equal(store_begin(s, "shop", &in, &err), 0);
	put(in.path, "-- PostgreSQL database dump\n");
	assert_int_equal(store_commit(s, &in, &(struct arriving){.database = m.database, .taken = m.snapshot_time, .manifest = &m},
				      NO_DEADLINE, &d, &err),
			 0);
	assert_string_equal(d.path, below("store/shop/a%2Fb%20c_20251122_041500.sql"));
	assert_string_equal(d.name, "shop/a%2Fb%20c_20251122_041500");
}

/* What is written to in.path is called ... or refused, and nothing is left of it. */
static void is_called(const void *bytes, size_t n, const char *suffix, const char *says)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(store_abort) struct incoming in = INCOMING_INIT;
	CLEANUP(dump_done) struct dump d = {0};
	struct error err = {0};
	FILE *f;

	assert_int_equal(store_begin(s, "forms", &in, &err), 0);
	f = fopen(in.path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	if (store_commit(s, &in, &(struct arriving){.database = "shop", .taken = TAKEN}, NO_DEADLINE, &d, &err) == 0) {
		assert_non_null(suffix);
		assert_string_equal(path_base(d.path) + strlen("shop_20251122_041500"), suffix);
		assert_int_equal(store_remove(s, &d, &err), 0);
	} else {
		assert_null(suffix);
		assert_non_null(strstr(err.text, says));
	}
	assert_int_equal(entries_in(below("store/forms")), 0);
}

static void every_form_is_told_by_its_bytes(void **state)
{
	static const char ustar[] = "ustar", archive[] = "PGDMP";
	unsigned char tar[1024] = "toc.dat";

	(void)state;
	memcpy(tar + 257, ustar, sizeof(ustar));
	memcpy(tar + 512, archive, sizeof(archive));
	is_called("PGDMP", 5, ".dump", NULL);
	is_called(tar, sizeof(tar), ".dump", NULL);
	is_called("\x1f\x8b\x08", 3, ".sql.gz", NULL);
	is_called("\x28\xb5\x2f\xfd", 4, ".sql.zst", NULL);
	tar[0] = 'x';
	is_called(tar, sizeof(tar), NULL, "a tar archive that pg_dump did not write");
	is_called("SELECT 1;\n", 10, NULL, "the dump of 'forms': it begins with 'SELECT 1;', which is nothing that pg_dump writes");
	is_called("PK\x03\x04", 4, NULL, "a zip file");
}

/* ---- dumps that come from elsewhere */

/* What a download of BODY leaves behind when it has come to its end, or been cut off. */
static int download(struct store *s, const char *bytes, struct incoming *in, struct error *err)
{
	if (store_resume(s, "shop", in, err) < 0)
		return -1;
	return write_file_durably(in->path, bytes, strlen(bytes), 0600, err) < 0 ||
			       write_file_durably(in->origin, "{}", 2, 0600, err) < 0 ?
		       -1 :
		       0;
}

/* One with a digest made on the way, and no manifest. */
static int bring_published(struct store *s, struct dump *ret, struct error *err)
{
	CLEANUP(store_leave) struct incoming in = INCOMING_INIT;
	struct digest_result made = {.bytes = sizeof(BODY) - 1};
	const struct arriving what = {.database = "shop", .taken = TAKEN, .digest = &made};

	if (download(s, BODY, &in, err) < 0 || digest_bytes(BODY, sizeof(BODY) - 1, made.sha256, err) < 0)
		return -1;
	return store_commit(s, &in, &what, NO_DEADLINE, ret, err);
}

static void a_dump_without_manifest_comes_in(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = {0};
	CLEANUP(dumps_done) struct dumps list = {0};
	struct dump_digests digests;
	struct error err = {0};

	(void)state;
	assert_int_equal(bring_published(s, &d, &err), 0);
	assert_string_equal(d.name, NAME);
	assert_true(d.complete);
	assert_false(d.has_manifest);
	assert_int_equal(d.bytes, sizeof(BODY) - 1);
	assert_int_equal(store_digests(&d, &digests, &err), 0);
	assert_string_equal(digests.dump, d.sha256);
	assert_string_equal(digests.manifest, "");
	assert_int_equal(shell("sha256sum --strict -c", below("store/shop"), "shop_20251122_041500.dump.sha256"), 0);
	assert_int_equal(entries_in(below("store/shop")), 2);
	assert_int_equal(store_list(s, NULL, &list, NULL, &err), 0);
	assert_int_equal(list.count, 1);
	assert_true(list.items[0].complete);
	assert_int_equal(store_remove(s, &list.items[0], &err), 0);
	assert_int_equal(entries_in(below("store/shop")), 0);
}

static void a_manifest_that_came_along_stays_as_it_came(void **state)
{
	static const char text[] = "{ \"written\":   \"elsewhere\" }";
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(store_abort) struct incoming in = INCOMING_INIT;
	CLEANUP(dump_done) struct dump d = {0};
	const struct arriving what = {
		.database = "shop", .taken = TAKEN, .manifest_text = text, .manifest_n = sizeof(text) - 1};
	struct error err = {0};
	struct dump_digests digests;
	char sha256[SHA256_HEX];
	autofree char *stored = NULL;

	(void)state;
	assert_int_equal(download(s, BODY, &in, &err), 0);
	assert_int_equal(store_commit(s, &in, &what, NO_DEADLINE, &d, &err), 0);
	assert_true(d.has_manifest && d.complete);
	stored = get(below("store/" NAME ".dump.json"));
	assert_string_equal(stored, text);
	assert_int_equal(store_digests(&d, &digests, &err), 0);
	assert_int_equal(digest_bytes(text, sizeof(text) - 1, sha256, &err), 0);
	assert_string_equal(digests.manifest, sha256);
	assert_int_equal(shell("sha256sum --strict -c", below("store/shop"), "shop_20251122_041500.dump.sha256"), 0);
}

static void a_digest_of_other_bytes_is_refused(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(store_abort) struct incoming in = INCOMING_INIT;
	CLEANUP(dump_done) struct dump d = {0};
	struct digest_result made = {.sha256 = "00", .bytes = 3};
	const struct arriving what = {.database = "shop", .taken = TAKEN, .digest = &made};
	struct error err = {0};

	(void)state;
	assert_int_equal(download(s, BODY, &in, &err), 0);
	assert_int_equal(store_commit(s, &in, &what, NO_DEADLINE, &d, &err), -1);
	assert_int_equal(err.kind, ERR_BUG);
	assert_int_equal(entries_in(below("store/shop")), 0);
}

/* A download that took a night does not go because its name or its manifest found no place. */
static void a_download_outlives_a_commit_that_fails(void **state)
{
	static const char *const bodies[] = {BODY "1", BODY "2", BODY "3", BODY "4", BODY "5"};
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	struct arriving what = {.database = "shop", .taken = TAKEN, .manifest_text = "{}", .manifest_n = 2};
	struct error err = {0};
	int64_t bytes;

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		CLEANUP(store_leave) struct incoming in = INCOMING_INIT;
		CLEANUP(dump_done) struct dump d = {0};

		assert_int_equal(download(s, bodies[i], &in, &err), 0);
		assert_int_equal(store_commit(s, &in, &what, NO_DEADLINE, &d, &err), i < 4 ? 0 : -1);
		assert_null(in.folder);
	}
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(store_arrived(s, "shop", &bytes, &err), 0);
	assert_int_equal(bytes, sizeof(BODY));
	assert_true(path_exists(below("store/shop/arriving.part/origin.json")));

	/* and goes on from there, also after one that had written something beside it */
	for (int i = 0; i < 2; i++) {
		CLEANUP(store_leave) struct incoming in = INCOMING_INIT;
		CLEANUP(dump_done) struct dump d = {0};

		assert_int_equal(store_resume(s, "shop", &in, &err), 0);
		assert_int_equal(store_arrived(s, "shop", &bytes, &err), 0);
		assert_int_equal(bytes, sizeof(BODY));
		what.taken = TAKEN + 10;
		if (i == 0)
			assert_int_equal(mkdir(below("store/shop/shop_20251122_041510.dump.sha256"), 0700), 0);
		assert_int_equal(store_commit(s, &in, &what, NO_DEADLINE, &d, &err), i == 0 ? -1 : 0);
		assert_int_equal(path_exists(below("store/shop/arriving.part")), i == 0);
		assert_false(path_exists(below("store/shop/arriving.part/manifest")));
		assert_false(path_exists(below("store/shop/arriving.part/sums")));
		assert_int_equal(path_exists(below("store/shop/shop_20251122_041510.dump.json")), i == 1);
		if (i == 0)
			assert_int_equal(rmdir(below("store/shop/shop_20251122_041510.dump.sha256")), 0);
	}
}

/* As if the last byte had come then. */
static void came_at(const char *path, time_t when)
{
	const struct timespec times[] = {{.tv_sec = when}, {.tv_sec = when}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void what_has_come_is_gone_on_with(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dumps_done) struct dumps list = {0};
	CLEANUP(strings_done) struct strings trouble = {0};
	struct incoming in = INCOMING_INIT;
	struct sweep swept;
	struct error err = {0};
	int64_t bytes;

	(void)state;
	assert_int_equal(store_arrived(s, "shop", &bytes, &err), 0);
	assert_int_equal(bytes, 0);
	assert_int_equal(download(s, "PGDMP half", &in, &err), 0);
	store_leave(&in);
	put(below("store/shop/arriving.part/manifest"), "of a commit that was killed");
	assert_int_equal(store_list(s, NULL, &list, &trouble, &err), 0);
	assert_int_equal(list.count + trouble.count, 0);
	assert_int_equal(store_sweep(s, &swept, &err), 0);
	assert_int_equal(swept.pulls, 0);
	assert_int_equal(store_arrived(s, "shop", &bytes, &err), 0);
	assert_int_equal(bytes, 10);
	came_at(below("store/shop/arriving.part/dump"), clock_wall() + 86400); /* by a clock that was wrong */
	assert_int_equal(store_sweep(s, &swept, &err), 0);
	assert_int_equal(swept.pulls, 0);

	assert_int_equal(store_resume(s, "shop", &in, &err), 0);
	assert_true(path_exists(in.path) && path_exists(in.origin));
	assert_false(path_exists(below("store/shop/arriving.part/manifest")));
	store_leave(&in);
	came_at(below("store/shop/arriving.part/dump"), clock_wall() - STORE_ARRIVED_KEPT_S - 1);
	assert_int_equal(store_sweep(s, &swept, &err), 0);
	assert_int_equal(swept.pulls, 1);
	assert_int_equal(entries_in(below("store/shop")), 0);
}

static void what_cannot_be_gone_on_with_is_swept(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	struct incoming in = INCOMING_INIT;
	struct sweep swept;
	struct error err = {0};

	(void)state;
	assert_int_equal(store_resume(s, "shop", &in, &err), 0);
	assert_int_equal(write_text(in.origin, "{}"), 0); /* nothing came, or it has its name already */
	store_leave(&in);
	assert_int_equal(store_sweep(s, &swept, &err), 0);
	assert_int_equal(swept.pulls, 1);
	assert_int_equal(entries_in(below("store/shop")), 0);
}

static void downloads_make_room_for_others(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(strings_done) struct strings waiting = {0};
	struct incoming in = INCOMING_INIT;
	struct error err = {0};
	int64_t bytes;

	(void)state;
	assert_int_equal(download(s, "PGDMP half", &in, &err), 0);
	store_leave(&in);
	assert_int_equal(store_all_arrived(s, "shop", &waiting, &bytes, &err), 0);
	assert_int_equal(bytes + (int64_t)waiting.count, 0);
	assert_int_equal(store_all_arrived(s, NULL, &waiting, &bytes, &err), 0);
	assert_int_equal(bytes, 10);
	assert_int_equal(waiting.count, 1);
	assert_string_equal(waiting.items[0], "shop");
	assert_int_equal(entries_in(below("store/shop")), 1);
	assert_int_equal(store_drop_arrived(s, "../shop", &err), -1);
	assert_int_equal(store_drop_arrived(s, "shop", &err), 0);
	assert_int_equal(entries_in(below("store/shop")), 0);
}

/* 'make' puts something at the path that is no dump: refused with what it says, and nothing stays. */
static void refused(void (*make)(const char *path), const char *says)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	struct incoming in = INCOMING_INIT;
	CLEANUP(manifest_done) struct manifest m = {0};
	struct dump d;
	struct error err = {0};

	describe(&m, "shop", TAKEN);
	assert_int_equal(store_begin(s, "shop", &in, &err), 0);
	make(in.path);
	assert_int_equal(store_commit(s, &in, &(struct arriving){.database = m.database, .taken = m.snapshot_time, .manifest = &m},
				      NO_DEADLINE, &d, &err),
			 -1);
	assert_int_equal(err.kind, ERR_DATA);
	if (!strstr(err.text, says))
		print_error("'%s' does not say '%s'\n", err.text, says);
	assert_non_null(strstr(err.text, says));
	assert_int_equal(entries_in(below("store/shop")), 0);
	assert_null(in.folder);
}

static void make_nothing(const char *path)
{
	(void)path;
}

static void make_empty(const char *path)
{
	put(path, "");
}

static void make_link(const char *path)
{
	assert_int_equal(symlink("/etc/passwd", path), 0);
}

static void make_pipe(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_folder_without_contents(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_folder_with_link(const char *path)
{
	autofree char *link = path_join(path, "1.dat");

	assert_int_equal(write_dump(path, true), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
}

static void make_folder_with_folder(const char *path)
{
	autofree char *inner = path_join(path, "inner");

	assert_int_equal(write_dump(path, true), 0);
	assert_int_equal(mkdir(inner, 0700), 0);
}

static void what_is_no_dump_is_refused(void **state)
{
	(void)state;
	refused(make_nothing, "is not there");
	refused(make_empty, "is empty");
	refused(make_link, "neither a file nor a folder");
	refused(make_pipe, "neither a file nor a folder");
	refused(make_folder_without_contents, "no table of contents");
	refused(make_folder_with_link, "link");
	refused(make_folder_with_folder, "'");
}

static void a_second_has_room_for_four(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dumps_done) struct dumps list = {0};
	struct dump d;
	struct error err;

	(void)state;
	for (int i = 0; i < 4; i++) {
		d = brought(s, TAKEN, i % 2);
		assert_true(d.taken == TAKEN + i);
		dump_done(&d);
	}
	assert_int_equal(bring(s, "shop", TAKEN, false, &d, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(store_list(s, "shop", &list, NULL, &err), 0);
	assert_int_equal(list.count, 4);
	assert_int_equal(entries_in(below("store/shop")), 12);
}

static void a_clock_beyond_names_is_refused(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	struct dump d;
	struct error err;

	(void)state;
	assert_int_equal(bring(s, "shop", INT64_C(999999999999), false, &d, &err), -1);
	assert_int_equal(err.kind, ERR_SOURCE);
	assert_int_equal(bring(s, "shop", TIME_UNKNOWN, false, &d, &err), -1);
	assert_int_equal(err.kind, ERR_SOURCE);
	assert_int_equal(entries_in(below("store/shop")), 0);
}

static void a_stop_ends_a_commit(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	struct incoming in = INCOMING_INIT;
	CLEANUP(manifest_done) struct manifest m = {0};
	struct dump d;
	struct error err;
	int stop[2];

	(void)state;
	describe(&m, "shop", TAKEN);
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	assert_int_equal(store_begin(s, "shop", &in, &err), 0);
	assert_int_equal(write_dump(in.path, false), 0);
	assert_int_equal(store_commit(s, &in, &(struct arriving){.database = m.database, .taken = m.snapshot_time, .manifest = &m},
				      (struct deadline){INT64_MAX, stop[0]}, &d, &err),
			 -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_int_equal(entries_in(below("store/shop")), 0);
	close(stop[0]);
	close(stop[1]);
}

static void an_abort_leaves_nothing(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	struct incoming in = INCOMING_INIT;
	struct error err;

	(void)state;
	assert_int_equal(store_begin(s, "shop", &in, &err), 0);
	assert_int_equal(mode_of(in.folder), 0700);
	assert_int_equal(write_dump(in.path, true), 0);
	store_abort(&in);
	assert_int_equal(entries_in(below("store/shop")), 0);
	store_abort(&in);
}

/* ---------------------------------------------------------------- the catalogue */

static bool told(const struct strings *trouble, const char *what)
{
	for (size_t i = 0; i < trouble->count; i++)
		if (strstr(trouble->items[i], what))
			return true;
	return false;
}

static void the_list_is_sorted_and_whole(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dumps_done) struct dumps list = {0}, other = {0};
	CLEANUP(strings_done) struct strings trouble = {0};
	struct dump d;
	struct error err;

	(void)state;
	for (int day = 0; day < 3; day++) {
		d = brought(s, TAKEN + day * 86400, day == 1);
		dump_done(&d);
	}
	assert_int_equal(store_list(s, NULL, &list, &trouble, &err), 0);
	assert_int_equal(trouble.count, 0);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].name, "shop/shop_20251124_041500");
	assert_string_equal(list.items[2].name, NAME);
	assert_true(list.items[1].form == DUMP_FOLDER);
	for (size_t i = 0; i < 3; i++)
		assert_true(list.items[i].complete && list.items[i].has_manifest && list.items[i].sha256[0]);
	assert_int_equal(store_list(s, "crm", &other, NULL, &err), 0);
	assert_int_equal(other.count, 0);
}

static void what_is_foreign_or_damaged_is_named(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false);
	CLEANUP(dumps_done) struct dumps list = {0};
	CLEANUP(strings_done) struct strings trouble = {0};
	struct error err;

	(void)state;
	put(below("store/shop/notes.txt"), "x");
	put(below("store/shop/shop_20251122_0415.dump"), "x");
	put(below("store/shop/sh%6Fp_20251123_041500.dump"), "x"); /* not how we write it */
	put(below("store/shop/shop_20251125_041500.d"), "a file");
	put(below("store/shop/shop_20251126_041500.dump"), "no list");
	put(below("store/shop/shop_20251127_041500.dump"), "damaged list");
	put(below("store/shop/shop_20251127_041500.dump.sha256"), "0123  shop_20251127_041500.dump\n");
	put(below("store/shop/shop_20251122_041500.sql"), "the same name");
	assert_int_equal(symlink("/etc/passwd", below("store/shop/shop_20251128_041500.dump")), 0);
	assert_int_equal(symlink("/etc", below("store/linked")), 0);
	put(below("store/stray"), "x");
	assert_int_equal(store_list(s, NULL, &list, &trouble, &err), 0);
	assert_int_equal(list.count, 3);
	assert_true(told(&trouble, "notes.txt"));
	assert_true(told(&trouble, "shop_20251122_0415.dump"));
	assert_true(told(&trouble, "sh%6Fp"));
	assert_true(told(&trouble, "shop_20251125_041500.d'"));
	assert_true(told(&trouble, "shop_20251127_041500.dump.sha256' is damaged in line 1"));
	assert_true(told(&trouble, "shop_20251128_041500.dump"));
	assert_true(told(&trouble, "has the name of another dump"));
	assert_true(told(&trouble, "/linked'"));
	assert_true(told(&trouble, "/stray'"));
	assert_int_equal(trouble.count, 9);
	assert_string_equal(list.items[0].name, "shop/shop_20251127_041500");
	assert_false(list.items[0].complete);
	assert_false(list.items[1].complete);
	assert_string_equal(list.items[1].sha256, "");
	assert_true(list.items[2].complete);
}

static void a_missing_manifest_shows(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false), again = {0};
	struct error err;

	(void)state;
	assert_int_equal(unlink(below("store/" NAME ".dump.json")), 0);
	assert_int_equal(store_find(s, NAME, &again, &err), 0);
	assert_false(again.has_manifest);
	assert_false(again.complete);
	assert_string_equal(again.sha256, d.sha256);
}

/* A dump made elsewhere: sha256sum's own list, no manifest. */
static void a_list_made_by_hand_is_enough(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = {0};
	struct error err;

	(void)state;
	assert_int_equal(mkdir(below("store/shop"), 0700), 0);
	put(below("store/" NAME ".dump"), BODY);
	assert_int_equal(shell("for f in *; do sha256sum $f >$f.sha256; done; test -s", below("store/shop"),
			       "shop_20251122_041500.dump.sha256"), 0);
	assert_int_equal(store_find(s, NAME, &d, &err), 0);
	assert_true(d.complete);
	assert_false(d.has_manifest);
	assert_int_equal(strlen(d.sha256), SHA256_HEX - 1);
}

static void dumps_are_found_by_name_and_path(void **state)
{
	static const char *const none[] = {"shop", "shop/shop_20251122_041501", "crm/shop_20251122_041500", "", "/", ".",
					   "/etc/passwd", "../shop/shop_20251122_041500", "shop/../shop/shop_20251122_041500"};
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, true), found = {0};
	autofree char *slashed = format("%s//", d.path);
	autofree char *winding = format("%s/../store/" NAME ".d", below("scratch"));
	const char *const paths[] = {NAME, d.path, slashed, winding};
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_int_equal(store_find(s, paths[i], &found, &err), 0);
		assert_string_equal(found.name, NAME);
		assert_string_equal(found.path, d.path);
		dump_done(&found);
	}
	assert_int_equal(chdir(below("store/shop")), 0);
	assert_int_equal(store_find(s, "shop_20251122_041500.d", &found, &err), 0);
	assert_int_equal(chdir("/"), 0);
	for (size_t i = 0; i < COUNT(none); i++) {
		assert_int_equal(store_find(s, none[i], &found, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

static int count_sum(void *context, const struct sum *sum, struct error *err)
{
	(void)sum;
	(void)err;
	++*(int *)context;
	return 0;
}

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void lists_are_read_strictly(void **state)
{
	static const struct {
		const char *text;
		int lines; /* -1: damaged */
	} lists[] = {
		{HEX64 "  a\n" HEX64 "  b\n", 2},
		{HEX64 " *a\n", 1},
		{"", 0},
		{HEX64 "  a", -1},		   /* torn */
		{HEX64 "  b\n" HEX64 "  a\n", -1}, /* order */
		{HEX64 "  a\n" HEX64 "  a\n", -1}, /* twice */
		{HEX64 "0  a\n", -1},
		{HEX64 "  \n", -1},
		{HEX64 " a\n", -1},
		{"\n", -1},
		{"0123456789ABCDEF" HEX64 "  a\n", -1},
		{HEX64 "  a\n\n", -1},
	};
	autofree char *path = format("%s/list", top);
	autofree char *longest = NULL;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		int seen = 0, done;

		put(path, lists[i].text);
		done = sums_walk(path, count_sum, &seen, &err);
		if (lists[i].lines < 0) {
			assert_int_equal(done, -1);
			assert_int_equal(err.kind, ERR_DATA);
		} else {
			assert_int_equal(done, 0);
			assert_int_equal(seen, lists[i].lines);
		}
	}
	longest = format(HEX64 "  %0600d\n", 1);
	put(path, longest);
	assert_int_equal(sums_walk(path, count_sum, &(int){0}, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sums_walk(path, count_sum, &(int){0}, &err), -1);
	assert_int_equal(err.kind, ERR_NOTHING);
}

static void room_is_counted(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false);
	CLEANUP(store_room_done) struct store_room room = {0};
	struct error err;

	(void)state;
	put(below("scratch/file"), "12345");
	assert_int_equal(store_room(s, &room, &err), 0);
	assert_int_equal(room.share_count, 1);
	assert_string_equal(room.shares[0].source, "shop");
	assert_true(room.shares[0].bytes > d.bytes);
	assert_int_equal(room.scratch, 5);
}

/* Scratch is nobody else's to look into; who reads the rest is not turned away for it. */
static void room_is_counted_as_far_as_it_is_seen(void **state)
{
	CLEANUP(store_room_done) struct store_room room = {0};
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(store_free) struct store *looks = open_store(STORE_LOOK);
	struct error err;

	(void)state;
	if (geteuid() == 0)
		skip();
	assert_int_equal(chmod(below("scratch"), 0), 0);
	assert_int_equal(store_room(s, &room, &err), -1);
	assert_int_equal(store_room(looks, &room, &err), 0);
	assert_int_equal(room.scratch, 0);
	assert_int_equal(chmod(below("scratch"), 0700), 0);
}

static void the_reserve_is_kept(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(store_admit(100, 300, 200, &err), 0);
	assert_int_equal(store_admit(0, 0, 0, &err), 0);
	assert_int_equal(store_admit(101, 300, 200, &err), -1);
	assert_int_equal(err.kind, ERR_SPACE);
	assert_int_equal(store_admit(INT64_MAX, 300, INT64_MAX, &err), -1);
	assert_int_equal(store_admit(412000000, 1200000000, 1900000000, &err), -1);
	assert_non_null(strstr(err.text, "412 MB"));
	assert_non_null(strstr(err.text, "1.9 GB"));
	assert_non_null(strstr(err.text, "1.2 GB"));
	assert_non_null(strstr(err.text, "1.1 GB more"));
}

/* ---------------------------------------------------------------- going out */

static int fetched(const struct dump *d, const char *to, char **ret_damage, struct error *err)
{
	autoclose int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	return store_fetch(d, fd, NO_DEADLINE, NULL, NULL, ret_damage, err);
}

static void flip(const char *path, off_t at)
{
	autoclose int fd = open(path, O_RDWR);
	char byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void a_file_goes_out(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false);
	autofree char *to = format("%s/out", top), *text = NULL, *damage = NULL, *worse = NULL;
	struct error err;

	(void)state;
	assert_int_equal(fetched(&d, to, &damage, &err), 0);
	assert_null(damage);
	text = get(to);
	assert_string_equal(text, BODY);
	flip(d.path, 10);
	assert_int_equal(fetched(&d, to, &damage, &err), 0);
	assert_non_null(damage);
	assert_non_null(strstr(damage, NAME));
	assert_non_null(strstr(damage, d.sha256));
	assert_int_equal(unlink(below("store/" NAME ".dump.sha256")), 0);
	assert_int_equal(fetched(&d, to, &worse, &err), -1);
	assert_int_equal(err.kind, ERR_NOTHING);
	assert_non_null(strstr(err.text, "nothing was sent"));
	free(text);
	text = get(to);
	assert_string_equal(text, "");
}

static void a_folder_goes_out(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, true);
	autofree char *to = format("%s/out.tar", top), *damage = NULL, *twice = NULL;
	struct error err;

	(void)state;
	assert_int_equal(fetched(&d, to, &damage, &err), 0);
	assert_null(damage);
	assert_int_equal(shell("tar xf", top, to), 0);
	for (size_t i = 0; i < COUNT(members); i++) {
		autofree char *path = format("%s/shop_20251122_041500.d/%s", top, members[i].name);
		autofree char *text = get(path);

		assert_string_equal(text, members[i].text);
	}
	flip(below("store/" NAME ".d/toc.dat"), 3);
	assert_int_equal(fetched(&d, to, &damage, &err), 0);
	assert_non_null(strstr(damage, "shop_20251122_041500.d/toc.dat' is not what was stored"));
	assert_int_equal(unlink(below("store/" NAME ".d/3001.dat.zst")), 0);
	put(below("store/" NAME ".d/new.dat"), "x");
	put(below("store/" NAME ".d/newer.dat"), "x");
	assert_int_equal(fetched(&d, to, &twice, &err), 0);
	assert_non_null(strstr(twice, "3001.dat.zst' is missing, and 2 more are wrong"));
	assert_int_equal(shell("tar tf", top, to), 0);
}

static void a_reader_that_leaves_is_told(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false);
	struct deadline soon;
	char *damage = NULL;
	struct error err;
	int ends[2];

	(void)state;
	assert_int_equal(truncate(d.path, 10 << 20), 0); /* more than any pipe holds */
	assert_int_equal(pipe(ends), 0);
	soon = deadline_in(NO_DEADLINE, 200);
	assert_int_equal(store_fetch(&d, ends[1], soon, NULL, NULL, &damage, &err), -1);
	assert_int_equal(err.kind, ERR_TIMEOUT);
	close(ends[0]);
	assert_int_equal(store_fetch(&d, ends[1], NO_DEADLINE, NULL, NULL, &damage, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "went away"));
	close(ends[1]);
}

static void a_stop_ends_a_fetch(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, true);
	char *damage = NULL;
	struct error err;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(store_fetch(&d, STDERR_FILENO, (struct deadline){INT64_MAX, ends[0]}, NULL, NULL, &damage, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	close(ends[0]);
	close(ends[1]);
}

static void long_names_and_large_files_are_in_the_archive(void **state)
{
	CLEANUP(text_done) struct text t = {0};
	autofree char *name = format("%0180d.d/toc.dat", 7), *path = format("%s/long.tar", top), *record = NULL;
	autoclose int fd = open(path, O_RDWR | O_CREAT, 0600);
	char end[TAR_END] = {0};

	(void)state;
	tar_header(&t, name, 0, TAKEN);
	assert_int_equal(t.length, 3 * TAR_BLOCK);
	assert_int_equal(write(fd, t.data, t.length), t.length);
	assert_int_equal(write(fd, end, sizeof(end)), sizeof(end));
	assert_int_equal(shell("test 188 = $(tar tf long.tar | tr -d '\\n' | wc -c); tar tf", top, path), 0);
	text_done(&t);
	tar_header(&t, "a", INT64_C(8589934592), TAKEN); /* one more than eleven octal digits hold */
	assert_int_equal(t.length, 3 * TAR_BLOCK);
	record = xstrndup(t.data + TAR_BLOCK, 19);
	assert_string_equal(record, "19 size=8589934592\n");
	text_done(&t);
	tar_header(&t, "a", INT64_C(8589934591), TAKEN);
	assert_int_equal(t.length, TAR_BLOCK);
	assert_int_equal(tar_padding(0), 0);
	assert_int_equal(tar_padding(1), 511);
	assert_int_equal(tar_padding(512), 0);
}

/* ---------------------------------------------------------------- going away */

static void a_removal_takes_all_three(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump file = brought(s, TAKEN, false), folder = brought(s, TAKEN + 60, true);
	struct dump foreign = {.name = "shop/x", .source = "shop", .path = "/etc/passwd"};
	struct error err;

	(void)state;
	assert_int_equal(store_remove(s, &foreign, &err), -1);
	assert_int_equal(err.kind, ERR_BUG);
	assert_int_equal(store_remove(s, &file, &err), 0);
	assert_int_equal(entries_in(below("store/shop")), 3);
	assert_int_equal(store_remove(s, &folder, &err), 0);
	assert_int_equal(entries_in(below("store/shop")), 0);
}

static void pruning_takes_what_it_is_told(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dumps_done) struct dumps list = {0}, rest = {0};
	char *goes[3] = {NULL, "beyond the newest 7", NULL};
	struct error err;
	int64_t bytes;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct dump d = brought(s, TAKEN + i * 3600, false);

		dump_done(&d);
	}
	assert_int_equal(store_list(s, NULL, &list, NULL, &err), 0);
	assert_int_equal(store_prune(s, &list, goes, &bytes, &err), 0);
	assert_int_equal(bytes, strlen(BODY));
	assert_int_equal(store_list(s, NULL, &rest, NULL, &err), 0);
	assert_int_equal(rest.count, 2);
	assert_string_equal(rest.items[0].name, list.items[0].name);
	assert_string_equal(rest.items[1].name, list.items[2].name);
}

static void leftovers_are_swept_and_dumps_are_not(void **state)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false);
	struct sweep swept;
	struct error err;

	(void)state;
	assert_int_equal(mkdir(below("store/shop/incoming-1.part"), 0700), 0);
	assert_int_equal(write_dump(below("store/shop/incoming-1.part/dump"), true), 0);
	assert_int_equal(write_dump(below("store/shop/removing-1.part"), true), 0);
	put(below("store/shop/gone_20251122_041500.dump.json"), "{}");
	put(below("store/shop/gone_20251122_041500.dump.sha256"), "x");
	put(below("store/shop/unlisted_20251122_041500.dump"), "foreign, and still somebody's");
	put(below("store/shop/notes.txt"), "x");
	put(below("store/shop/notes.json"), "{}");
	put(below("scratch/file"), "x");
	assert_int_equal(mkdir(below("scratch/cluster"), 0700), 0);
	assert_int_equal(write_dump(below("scratch/cluster/x"), true), 0);
	put(below("precious"), "x");
	assert_int_equal(symlink(below("precious"), below("scratch/link")), 0);
	assert_int_equal(symlink(data, below("scratch/cluster/link")), 0);
	assert_int_equal(store_sweep(s, &swept, &err), 0);
	assert_int_equal(swept.pulls, 1);
	assert_int_equal(swept.removals, 1);
	assert_int_equal(swept.strays, 2);
	assert_int_equal(swept.scratch, 3);
	assert_int_equal(entries_in(below("scratch")), 0);
	assert_int_equal(entries_in(below("store/shop")), 6);
	assert_true(path_exists(below("precious")));
	assert_int_equal(store_sweep(s, &swept, &err), 0);
	assert_int_equal(swept.pulls + swept.removals + swept.strays + swept.scratch, 0);
}

/* ---------------------------------------------------------------- killed at every system call */

/* 'work' in a child that is killed when it enters its n-th system call. True: it ended by itself before, well. */
static bool killed_at(int (*work)(void), long n)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(125);
		(void)raise(SIGSTOP);
		_exit(work() == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		return false; /* no ptrace here: see can_trace() */
	(void)ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (long stops = 0;; stops++) {
		if (stops == n) {
			assert_int_equal(kill(pid, SIGKILL), 0);
			assert_int_equal(waitpid(pid, &status, 0), pid);
			assert_true(WIFSIGNALED(status));
			return false;
		}
		/* to the next entry or return */
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return true;
		}
		assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80)); /* no signal of its own */
	}
}

static bool can_trace(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(1);
		(void)raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(pid, &status, WUNTRACED) == pid && WIFEXITED(status))
		return false;
	(void)kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid;
}

static int work_pull(bool as_folder)
{
	CLEANUP(store_free) struct store *s = NULL;
	CLEANUP(dump_done) struct dump d = {0};
	struct error err;

	return store_open(data, STORE_WORK, &s, &err) < 0 ? -1 : bring(s, "shop", TAKEN, as_folder, &d, &err);
}

static int pull_file(void)
{
	return work_pull(false);
}

static int pull_folder(void)
{
	return work_pull(true);
}

static int pull_published(void)
{
	CLEANUP(store_free) struct store *s = NULL;
	CLEANUP(dump_done) struct dump d = {0};
	struct error err;

	return store_open(data, STORE_WORK, &s, &err) < 0 ? -1 : bring_published(s, &d, &err);
}

static int remove_it(void)
{
	CLEANUP(store_free) struct store *s = NULL;
	CLEANUP(dump_done) struct dump d = {0};
	struct error err;

	if (store_open(data, STORE_WORK, &s, &err) < 0 || store_find(s, NAME, &d, &err) < 0)
		return -1;
	return store_remove(s, &d, &err);
}

/* Whatever has a dump's name is whole, at once and after the sweep, which leaves nothing else. Returns how many. */
static size_t all_is_whole(void)
{
	CLEANUP(store_free) struct store *s = open_store(STORE_WORK);
	struct sweep swept;
	struct error err;
	size_t count = 0, files = 0;

	for (int swept_yet = 0; swept_yet < 2; swept_yet++) {
		CLEANUP(dumps_done) struct dumps list = {0};
		CLEANUP(strings_done) struct strings trouble = {0};
		size_t with = 0;

		assert_int_equal(store_list(s, NULL, &list, &trouble, &err), 0);
		assert_int_equal(trouble.count, 0);
		for (size_t i = 0; i < list.count; i++) {
			CLEANUP(digest_list_done) struct digest_list hashed = {0};

			assert_true(list.items[i].complete);
			with += list.items[i].has_manifest;
			assert_int_equal(digest_dump(list.items[i].path, NULL, NULL, &hashed, &err), 0);
			assert_string_equal(hashed.whole.sha256, list.items[i].sha256);
		}
		count = list.count;
		files = 2 * list.count + with;
		assert_int_equal(store_sweep(s, &swept, &err), 0);
	}
	if (path_exists(below("store/shop/arriving.part/dump")))
		files++;
	if (path_exists(below("store/shop")))
		assert_int_equal(entries_in(below("store/shop")), files);
	assert_false(path_exists(below("README.txt.part")) && !path_exists(below("README.txt")));
	return count;
}

/* Kill 'work' everywhere; before each time DATA is as 'prepare' leaves it. */
static void survives(int (*prepare)(void), int (*work)(void), size_t before, size_t after)
{
	struct error err;
	long points = 0;
	bool ended = false;

	if (!can_trace()) {
		print_message("no ptrace here\n");
		skip();
	}
	for (; !ended; points++) {
		size_t count;

		assert_int_equal(remove_tree(data, &err), 0);
		if (prepare)
			assert_int_equal(prepare(), 0);
		ended = killed_at(work, points);
		count = all_is_whole();
		assert_true(ended ? count == after : count == before || count == after);
	}
	assert_true(points > 50); /* else nothing was killed */
}

static void a_pull_survives_a_kill_anywhere(void **state)
{
	(void)state;
	survives(NULL, pull_file, 0, 1);
}

static void a_pull_of_a_folder_survives_a_kill_anywhere(void **state)
{
	(void)state;
	survives(NULL, pull_folder, 0, 1);
}

static void a_download_survives_a_kill_anywhere(void **state)
{
	(void)state;
	survives(NULL, pull_published, 0, 1);
}

static void a_removal_survives_a_kill_anywhere(void **state)
{
	(void)state;
	survives(pull_folder, remove_it, 1, 0);
}

/* ---------------------------------------------------------------- a folder for a web server */

static struct store *open_published(void)
{
	struct store *s = NULL;
	struct error err = {0};

	if (mkdir(data, 0750) < 0 && errno != EEXIST)
		print_error("%s: %m\n", data);
	if (store_open_published(data, &s, &err) < 0)
		print_error("%s\n", err.text);
	assert_non_null(s);
	return s;
}

static char *index_of(struct store *s, char *const *goes, size_t *ret_count)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	autofree char *path = NULL;
	struct error err = {0};

	assert_int_equal(store_list(s, "shop", &list, NULL, &err), 0);
	assert_int_equal(index_write(s, "shop", &list, goes, &path, ret_count, &err), 0);
	assert_string_equal(path, below("shop/index.json"));
	return get(path);
}

static void what_is_published_lies_in_the_folder_itself(void **state)
{
	CLEANUP(store_free) struct store *s = open_published();
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false);

	(void)state;
	assert_string_equal(d.path, below(NAME ".dump"));
	assert_int_equal(mode_of(d.path), 0640);
	assert_int_equal(mode_of(below("shop")), 0750);
	assert_int_equal(entries_in(data), 1);
}

static void the_index_names_what_is_there_newest_first(void **state)
{
	CLEANUP(store_free) struct store *s = open_published();
	CLEANUP(dump_done) struct dump older = brought(s, TAKEN, false), newer = brought(s, TAKEN + 60, false);
	CLEANUP(dump_done) struct dump folder = brought(s, TAKEN + 120, true);
	CLEANUP(strings_done) struct strings trouble = {0};
	CLEANUP(dumps_done) struct dumps list = {0};
	struct dump_digests digests = {0};
	char *goes[3] = {0};
	autofree char *text = NULL, *expected = NULL;
	struct error err;
	size_t count;

	(void)state;
	assert_int_equal(store_digests(&newer, &digests, &err), 0);
	text = index_of(s, goes, &count);
	assert_int_equal(count, 2); /* a folder is no one file */
	expected = format("\"file\": \"shop_20251122_041600.dump\",\n      \"bytes\": %zu,\n      \"sha256\": \"%s\",\n"
			  "      \"data_as_of\": \"2025-11-22T04:16:00Z\",\n      \"manifest_sha256\": \"%s\"",
			  strlen(BODY), digests.dump, digests.manifest);
	assert_non_null(strstr(text, expected));
	assert_non_null(strstr(text, "shop_20251122_041500.dump"));
	assert_true(strstr(text, "shop_20251122_041500.dump") > strstr(text, "shop_20251122_041600.dump"));
	assert_int_equal(mode_of(below("shop/index.json")), 0640);
	/* and is no dump that somebody has to move away */
	assert_int_equal(store_list(s, "shop", &list, &trouble, &err), 0);
	assert_int_equal(trouble.count, 0);
	assert_int_equal(list.count, 3);
}

static void the_index_leaves_out_what_goes_or_is_not_whole(void **state)
{
	CLEANUP(store_free) struct store *s = open_published();
	CLEANUP(dump_done) struct dump older = brought(s, TAKEN, false), newer = brought(s, TAKEN + 60, false);
	autofree char *sums = store_digest_path(&newer), *text = NULL, *none = NULL;
	char why[] = "too old", *goes[2] = {NULL, why};
	size_t count;

	(void)state;
	text = index_of(s, goes, &count);
	assert_int_equal(count, 1);
	assert_null(strstr(text, "041500"));
	assert_int_equal(unlink(sums), 0);
	none = index_of(s, goes, &count);
	assert_int_equal(count, 0);
	assert_non_null(strstr(none, "\"dumps\": []"));
}

static void an_index_that_says_so_already_is_left_alone(void **state)
{
	CLEANUP(store_free) struct store *s = open_published();
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false);
	autofree char *first = NULL, *second = NULL;
	struct stat before, after;
	char *goes[1] = {0};
	size_t count;

	(void)state;
	first = index_of(s, goes, &count);
	assert_int_equal(stat(below("shop/index.json"), &before), 0);
	second = index_of(s, goes, &count);
	assert_int_equal(stat(below("shop/index.json"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void only_one_source_is_swept(void **state)
{
	CLEANUP(store_free) struct store *s = open_published();
	CLEANUP(dump_done) struct dump d = brought(s, TAKEN, false);
	struct sweep swept = {0};
	struct error err;

	(void)state;
	assert_int_equal(mkdir(below("crm"), 0700), 0);
	assert_int_equal(mkdir(below("crm/incoming-00000001.part"), 0700), 0);
	assert_int_equal(mkdir(below("shop/incoming-00000002.part"), 0700), 0);
	put(below("shop/index.json.part"), "{");
	assert_int_equal(store_sweep_source(s, "shop", &swept, &err), 0);
	assert_int_equal(swept.pulls, 2);
	assert_int_equal(store_sweep_source(s, "none", &swept, &err), 0);
	assert_true(path_exists(below("crm/incoming-00000001.part")));
	assert_int_equal(entries_in(below("shop")), 3);
}

static void a_folder_to_publish_in_has_to_be_there(void **state)
{
	struct store *s = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(store_open_published(data, &s, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "install -d"));
	put(data, "a file");
	assert_int_equal(store_open_published(data, &s, &err), -1);
	assert_non_null(strstr(err.text, "not a folder"));
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(working_makes_what_it_needs),
		IN_FOLDER(looking_makes_nothing),
		IN_FOLDER(a_missing_disk_is_told),
		IN_FOLDER(a_read_only_disk_is_told),
		IN_FOLDER(links_are_no_folders_of_ours),
		IN_FOLDER(a_file_comes_in),
		IN_FOLDER(a_folder_comes_in),
		IN_FOLDER(groups_may_read),
		IN_FOLDER(other_groups_may_not),
		IN_FOLDER(plain_sql_is_told_by_its_bytes),
		IN_FOLDER(every_form_is_told_by_its_bytes),
		IN_FOLDER(a_dump_without_manifest_comes_in),
		IN_FOLDER(a_manifest_that_came_along_stays_as_it_came),
		IN_FOLDER(a_digest_of_other_bytes_is_refused),
		IN_FOLDER(a_download_outlives_a_commit_that_fails),
		IN_FOLDER(what_has_come_is_gone_on_with),
		IN_FOLDER(what_cannot_be_gone_on_with_is_swept),
		IN_FOLDER(downloads_make_room_for_others),
		IN_FOLDER(what_is_no_dump_is_refused),
		IN_FOLDER(a_second_has_room_for_four),
		IN_FOLDER(a_clock_beyond_names_is_refused),
		IN_FOLDER(a_stop_ends_a_commit),
		IN_FOLDER(an_abort_leaves_nothing),
		IN_FOLDER(the_list_is_sorted_and_whole),
		IN_FOLDER(what_is_foreign_or_damaged_is_named),
		IN_FOLDER(a_missing_manifest_shows),
		IN_FOLDER(a_list_made_by_hand_is_enough),
		IN_FOLDER(dumps_are_found_by_name_and_path),
		IN_FOLDER(lists_are_read_strictly),
		IN_FOLDER(room_is_counted),
		IN_FOLDER(room_is_counted_as_far_as_it_is_seen),
		IN_FOLDER(the_reserve_is_kept),
		IN_FOLDER(a_file_goes_out),
		IN_FOLDER(a_folder_goes_out),
		IN_FOLDER(a_reader_that_leaves_is_told),
		IN_FOLDER(a_stop_ends_a_fetch),
		IN_FOLDER(long_names_and_large_files_are_in_the_archive),
		IN_FOLDER(a_removal_takes_all_three),
		IN_FOLDER(pruning_takes_what_it_is_told),
		IN_FOLDER(leftovers_are_swept_and_dumps_are_not),
		IN_FOLDER(a_pull_survives_a_kill_anywhere),
		IN_FOLDER(a_pull_of_a_folder_survives_a_kill_anywhere),
		IN_FOLDER(a_download_survives_a_kill_anywhere),
		IN_FOLDER(a_removal_survives_a_kill_anywhere),
		IN_FOLDER(what_is_published_lies_in_the_folder_itself),
		IN_FOLDER(the_index_names_what_is_there_newest_first),
		IN_FOLDER(the_index_leaves_out_what_goes_or_is_not_whole),
		IN_FOLDER(an_index_that_says_so_already_is_left_alone),
		IN_FOLDER(only_one_source_is_swept),
		IN_FOLDER(a_folder_to_publish_in_has_to_be_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
