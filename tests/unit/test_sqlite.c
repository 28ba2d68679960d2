#include "unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "port/sqlite.h"
#include "unit/folder.h"

#define CAP ((int64_t)1 << 20)

static struct sqlite *opened(const char *path, enum sqlite_mode mode)
{
	struct sqlite *db = NULL;
	struct error err = {0};

	if (sqlite_open(path, mode, &db, &err) < 0)
		fail_msg("%s", err.text);
	return db;
}

static void run(struct sqlite *db, const char *sql)
{
	struct error err = {0};

	if (sqlite_script(db, sql, &err) < 0)
		fail_msg("%s: %s", sql, err.text);
}

static int64_t number(struct sqlite *db, const char *sql)
{
	struct error err = {0};
	int64_t n;

	if (sqlite_get_int(db, &n, -1, &err, sql, "") < 0)
		fail_msg("%s: %s", sql, err.text);
	return n;
}

static void test_values_go_in_and_come_out(void **state)
{
	CLEANUP(sqlite_close) struct sqlite *db = opened("", SQLITE_IN_MEMORY);
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	const int64_t five = 5;
	struct error err;

	(void)state;
	run(db, "CREATE TABLE t(i INTEGER, d REAL, t TEXT, b INTEGER, n INTEGER) STRICT");
	assert_int_equal(sqlite_prepare(db, &s, &err, "INSERT INTO t VALUES (?, ?, ?, ?, ?)", "idtbo",
					INT64_C(9007199254740993), 1.5, "x'y", 7, NULL), 0);
	assert_int_equal(sqlite_step(s, &err), 0);
	assert_int_equal(sqlite_again(s, &err, "idtbo", INT64_C(-1), 0.0, NULL, 0, &five), 0);
	assert_int_equal(sqlite_step(s, &err), 0);
	sqlite_finish(&s);
	assert_int_equal(sqlite_prepare(db, &s, &err, "SELECT * FROM t ORDER BY i DESC", ""), 0);
	assert_int_equal(sqlite_step(s, &err), 1);
	assert_true(sqlite_int(s, 0) == 9007199254740993);
	assert_true(sqlite_real(s, 1) == 1.5);
	assert_string_equal(sqlite_text(s, 2), "x'y");
	assert_int_equal(sqlite_int(s, 3), 1);
	assert_true(sqlite_is_null(s, 4));
	assert_int_equal(sqlite_step(s, &err), 1);
	assert_true(sqlite_is_null(s, 2));
	assert_string_equal(sqlite_text(s, 2), "");
	assert_int_equal(sqlite_int(s, 4), 5);
	assert_int_equal(sqlite_step(s, &err), 0);
	assert_int_equal(number(db, "SELECT max(i) FROM t WHERE i > 99999999999999999"), -1);
}

static void test_a_wrong_number_of_values_is_a_bug(void **state)
{
	CLEANUP(sqlite_close) struct sqlite *db = opened("", SQLITE_IN_MEMORY);
	struct error err;

	(void)state;
	assert_int_equal(sqlite_run(db, &err, "SELECT ?", ""), -1);
	assert_int_equal(err.kind, ERR_BUG);
	assert_int_equal(sqlite_run(db, &err, "SELECT ?", "x"), -1);
	assert_int_equal(err.kind, ERR_BUG);
	assert_int_equal(sqlite_run(db, &err, "SELEKT", ""), -1);
	assert_int_equal(err.kind, ERR_BUG);
}

static void test_what_is_not_committed_is_undone(void **state)
{
	CLEANUP(sqlite_close) struct sqlite *db = opened("", SQLITE_IN_MEMORY);
	struct error err;

	(void)state;
	run(db, "CREATE TABLE t(i INTEGER) STRICT");
	assert_int_equal(sqlite_begin(db, &err), 0);
	run(db, "INSERT INTO t VALUES (1)");
	sqlite_rollback(db);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
	assert_int_equal(sqlite_begin(db, &err), 0);
	run(db, "INSERT INTO t VALUES (1)");
	assert_int_equal(sqlite_commit(db, &err), 0);
	sqlite_rollback(db);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
}

static void test_the_file_is_private_and_its_wal_stays(void **state)
{
	autofree char *path = path_join(folder, "stays.sqlite");
	struct sqlite *db = opened(path, SQLITE_WRITING);
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	(void)state;
	run(db, "CREATE TABLE t(i INTEGER) STRICT; INSERT INTO t VALUES (1)");
	assert_int_equal(number(db, "PRAGMA synchronous"), 2);
	sqlite_close(&db);
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		autofree char *name = format("%s%s", path, suffixes[i]);
		struct stat st;

		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
	db = opened(path, SQLITE_READING);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
	sqlite_close(&db);
}

static void test_a_reader_cannot_write(void **state)
{
	autofree char *path = path_join(folder, "read.sqlite");
	CLEANUP(sqlite_close) struct sqlite *writer = opened(path, SQLITE_WRITING);
	CLEANUP(sqlite_close) struct sqlite *reader = NULL;
	struct error err;

	(void)state;
	run(writer, "CREATE TABLE t(i INTEGER) STRICT");
	reader = opened(path, SQLITE_READING);
	assert_int_equal(sqlite_script(reader, "INSERT INTO t VALUES (1)", &err), -1);
	assert_int_equal(err.kind, ERR_PRIVILEGE);
	run(writer, "INSERT INTO t VALUES (1)");
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
}

static void test_a_missing_file_is_an_error_to_a_reader(void **state)
{
	autofree char *path = path_join(folder, "gone.sqlite");
	struct sqlite *db = NULL;
	struct error err;

	(void)state;
	assert_int_equal(sqlite_open(path, SQLITE_READING, &db, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_false(path_exists(path));
}

static void overwrite(const char *path, long at, const char *bytes, size_t n)
{
	autofclose FILE *f = fopen(path, "r+");

	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
}

/* A file of several pages, with nothing left in its WAL. */
static void make_settled(const char *path)
{
	CLEANUP(sqlite_close) struct sqlite *db = opened(path, SQLITE_WRITING);

	run(db, "CREATE TABLE t(i INTEGER, x TEXT) STRICT");
	run(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
		"INSERT INTO t SELECT i, hex(randomblob(100)) FROM n");
	run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static void test_damage_is_told_as_damage(void **state)
{
	autofree char *path = path_join(folder, "damaged.sqlite");
	struct sqlite *db;
	struct error err;

	(void)state;
	make_settled(path);
	db = opened(path, SQLITE_READING);
	assert_int_equal(sqlite_verify(db, CAP, &err), 0);
	sqlite_close(&db);
	overwrite(path, 4096 * 3, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	db = opened(path, SQLITE_READING);
	assert_int_equal(sqlite_verify(db, CAP, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_non_null(strstr(err.text, "damaged"));
	assert_non_null(strstr(err.text, "move it"));
	assert_int_equal(sqlite_verify(db, 4096, &err), 0); /* too large to be read now */
	sqlite_close(&db);
}

static void test_a_file_of_something_else_is_damage(void **state)
{
	autofree char *path = path_join(folder, "letter.sqlite");
	static const char letter[] = "Dear box,\nthis is long enough to be taken for the first page of something else, "
				     "but SQLite's it is not, whatever its name may say to whoever reads it.\n";
	struct sqlite *db = NULL;
	struct error err;
	int r;

	(void)state;
	assert_int_equal(write_file_durably(path, letter, strlen(letter), 0640, &err), 0);
	r = sqlite_open(path, SQLITE_READING, &db, &err);
	if (r == 0)
		r = sqlite_verify(db, CAP, &err);
	assert_int_equal(r, -1);
	assert_int_equal(err.kind, ERR_DATA);
	sqlite_close(&db);
	assert_int_equal(sqlite_open(path, SQLITE_WRITING, &db, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
}

static void test_a_folder_that_cannot_be_written_is_said(void **state)
{
	struct sqlite *db = NULL;
	struct error err;

	(void)state;
	assert_int_equal(sqlite_open("/proc/none/l.sqlite", SQLITE_WRITING, &db, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "cannot write '/proc/none/l.sqlite'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_go_in_and_come_out),
		cmocka_unit_test(test_a_wrong_number_of_values_is_a_bug),
		cmocka_unit_test(test_what_is_not_committed_is_undone),
		cmocka_unit_test(test_the_file_is_private_and_its_wal_stays),
		cmocka_unit_test(test_a_reader_cannot_write),
		cmocka_unit_test(test_a_missing_file_is_an_error_to_a_reader),
		cmocka_unit_test(test_damage_is_told_as_damage),
		cmocka_unit_test(test_a_file_of_something_else_is_damage),
		cmocka_unit_test(test_a_folder_that_cannot_be_written_is_said),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
