#include "unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "ledger/migrations.h"
#include "port/sqlite.h"
#include "unit/of_ledger.h"

#define SHOP_1 "shop/shop_20261121_031500"
#define SHOP_2 "shop/shop_20261122_031500"
#define CRM_1 "crm/crm_20261122_031600"

/* Past the ledger's back. */
static void tamper(struct data *d, const char *sql)
{
	autofree char *path = path_join(d->path, "ledger/ledger.sqlite");
	CLEANUP(sqlite_close) struct sqlite *db = NULL;

	must(sqlite_open(path, SQLITE_WRITING, &db, &d->err));
	must(sqlite_script(db, sql, &d->err));
}

static int64_t ask(struct data *d, const char *sql)
{
	autofree char *path = path_join(d->path, "ledger/ledger.sqlite");
	CLEANUP(sqlite_close) struct sqlite *db = NULL;
	int64_t n = -1;

	must(sqlite_open(path, SQLITE_READING, &db, &d->err));
	must(sqlite_get_int(db, &n, -1, &d->err, sql, ""));
	return n;
}

static int64_t begin_drill(struct data *d, const char *dump, enum level level)
{
	autofree char *source = xstrndup(dump, (size_t)(strchr(dump, '/') - dump));
	int64_t id;

	must(ledger_drill_begin(d->ledger, source, dump, level, TRIGGER_OPERATOR, 0, &id, &d->err));
	return id;
}

static int64_t drill(struct data *d, const char *dump, enum level level, enum verdict verdict)
{
	int64_t id = begin_drill(d, dump, level);
	struct findings findings = {.restore_seconds = verdict == VERDICT_PASS ? 2.5 : -1};
	struct drill_end end = {
		.verdict = verdict,
		.reason = verdict == VERDICT_PASS ? "" : "because",
		.seconds = 3,
		.findings = &findings,
	};

	must(ledger_drill_end(d->ledger, id, &end, &d->err));
	return id;
}

static struct dump a_dump(const char *name, int64_t bytes)
{
	static char source[64];
	autofree char *s = NULL;
	autofree char *database = NULL;
	struct dump dump = {.name = (char *)name, .bytes = bytes, .source = source};

	assert_true(dump_name_parse(name, &s, &database, &dump.taken));
	(void)snprintf(source, sizeof(source), "%s", s);
	memset(dump.sha256, 'a', SHA256_HEX - 1);
	return dump;
}

static void pull(struct data *d, const char *name, int64_t round)
{
	struct dump dump = a_dump(name, 1000);
	struct pull_outcome o = {.seconds = 1.5, .dump = &dump, .manifest_sha256 = "beef", .system_identifier = "7001",
				 .database_oid = 16384, .skew_known = true, .skew_verified = true, .skew_s = -2};
	int64_t id;

	must(ledger_pull_begin(d->ledger, dump.source, TRIGGER_SCHEDULE, round, &id, &d->err));
	must(ledger_pull_end(d->ledger, id, &o, &d->err));
}

static void failed_pull(struct data *d, const char *source, enum error_kind kind, const char *text)
{
	struct error why = {.kind = kind};
	struct pull_outcome o = {.seconds = 0.5, .why = &why};
	int64_t id;

	(void)snprintf(why.text, sizeof(why.text), "%s", text);
	must(ledger_pull_begin(d->ledger, source, TRIGGER_SCHEDULE, 0, &id, &d->err));
	must(ledger_pull_end(d->ledger, id, &o, &d->err));
}

static enum dump_state state_of(struct data *d, const char *dump)
{
	CLEANUP(dump_record_done) struct dump_record r = {0};
	CLEANUP(dumps_done) struct dumps list = {0};
	struct dump *listed = dumps_add(&list);

	listed->name = xstrdup(dump);
	must(ledger_dump(d->ledger, dump, &r, &d->err));
	must(ledger_dump_states(d->ledger, &list, &d->err));
	assert_int_equal(r.state, listed->state); /* both ways to ask say the same */
	assert_int_equal(r.accepted, listed->accepted);
	return r.state;
}

/* ---- the file ---- */

static void test_the_folder_and_file_are_for_owner_and_group(void **state)
{
	struct data *d = *state;
	autofree char *folder = path_join(d->path, "ledger");
	autofree char *path = path_join(folder, "ledger.sqlite");
	struct stat st;

	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02750);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void test_a_reader_of_no_ledger_finds_it_empty_and_makes_none(void **state)
{
	struct data *d = *state;
	autofree char *nowhere = path_join(d->path, "nowhere");
	CLEANUP(ledger_close) struct ledger *l = NULL;
	const struct history_filter all = {.since = TIME_UNKNOWN};
	CLEANUP(events_done) struct events events = {0};
	int64_t newest = 0;

	must(ledger_open(nowhere, LEDGER_READ, &l, &d->err));
	must(ledger_history(l, &all, &events, &d->err));
	assert_int_equal(events.count, 0);
	must(ledger_newest_time(l, &newest, &d->err));
	assert_true(newest == TIME_UNKNOWN);
	assert_false(path_exists(nowhere));
}

static void test_a_ledger_begun_and_killed_at_once_reads_as_empty(void **state)
{
	struct data *d = *state;
	autofree char *other = path_join(d->path, "other");
	autofree char *folder = path_join(other, "ledger");
	autofree char *path = path_join(folder, "ledger.sqlite");
	CLEANUP(ledger_close) struct ledger *l = NULL;

	must(make_dirs(folder, 0700, &d->err));
	must(write_file_durably(path, "", 0, 0640, &d->err));
	must(ledger_open(other, LEDGER_READ, &l, &d->err));
	ledger_close(&l);
	must(ledger_open(other, LEDGER_WRITE, &l, &d->err));
}

static void test_a_newer_ledger_is_refused(void **state)
{
	struct data *d = *state;
	static const enum ledger_mode modes[] = {LEDGER_READ, LEDGER_WRITE};

	ledger_close(&d->ledger);
	tamper(d, "PRAGMA user_version = 99");
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(ledger_open(d->path, modes[i], &d->ledger, &d->err), -1);
		assert_int_equal(d->err.kind, ERR_LACKING);
		assert_int_equal(error_exit_code(d->err.kind), 2);
		assert_non_null(strstr(d->err.text, "this ledger was written by a newer drillbox"));
		assert_null(d->ledger);
	}
	assert_int_equal(ask(d, "PRAGMA user_version"), 99);
}

static void test_some_other_database_is_no_ledger(void **state)
{
	struct data *d = *state;

	ledger_close(&d->ledger);
	tamper(d, "PRAGMA application_id = 1; PRAGMA user_version = 0");
	assert_int_equal(ledger_open(d->path, LEDGER_WRITE, &d->ledger, &d->err), -1);
	assert_int_equal(d->err.kind, ERR_DATA);
	assert_non_null(strstr(d->err.text, "some other SQLite database"));
}

static void test_a_damaged_ledger_is_told_and_not_written(void **state)
{
	struct data *d = *state;
	autofree char *path = path_join(d->path, "ledger/ledger.sqlite");
	static const enum ledger_mode modes[] = {LEDGER_READ, LEDGER_WRITE};
	autofclose FILE *f = NULL;

	for (int i = 0; i < 50; i++)
		drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	ledger_close(&d->ledger);
	tamper(d, "PRAGMA wal_checkpoint(TRUNCATE)");
	f = fopen(path, "r+");
	assert_non_null(f);
	for (long at = 4096; at < 4096 * 20; at += 4096) {
		assert_int_equal(fseek(f, at, SEEK_SET), 0);
		assert_int_equal(fwrite("\xff\xff\xff\xff", 1, 4, f), 4);
	}
	assert_int_equal(fflush(f), 0);
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(ledger_open(d->path, modes[i], &d->ledger, &d->err), -1);
		assert_int_equal(d->err.kind, ERR_DATA);
		assert_non_null(strstr(d->err.text, "damaged"));
		assert_non_null(strstr(d->err.text, "move it"));
	}
}

static void test_steps_are_taken_once_and_in_order(void **state)
{
	struct data *d = *state;
	static const char *const steps[] = {
		"CREATE TABLE a(i INTEGER) STRICT; INSERT INTO a VALUES (1)",
		"ALTER TABLE a ADD COLUMN j INTEGER NOT NULL DEFAULT 7",
		"CREATE TABLE b(i INTEGER) STRICT",
	};
	CLEANUP(sqlite_close) struct sqlite *db = NULL;
	int64_t n;
	bool empty;

	must(sqlite_open(NULL, SQLITE_IN_MEMORY, &db, &d->err));
	must(ledger_version_check(db, 1, &empty, &d->err));
	assert_true(empty);
	must(ledger_migrate(db, steps, 1, &d->err));
	must(ledger_version_check(db, 1, &empty, &d->err));
	assert_false(empty);
	assert_int_equal(ledger_version_check(db, 2, &empty, &d->err), -1);
	assert_int_equal(d->err.kind, ERR_LACKING);
	assert_non_null(strstr(d->err.text, "older"));
	must(ledger_migrate(db, steps, 3, &d->err));
	must(ledger_migrate(db, steps, 3, &d->err));
	must(sqlite_get_int(db, &n, -1, &d->err, "SELECT sum(j) FROM a", ""));
	assert_int_equal(n, 7);
	must(sqlite_get_int(db, &n, -1, &d->err, "PRAGMA user_version", ""));
	assert_int_equal(n, 3);
	assert_int_equal(ledger_migrate(db, steps, 2, &d->err), -1);
	assert_int_equal(d->err.kind, ERR_LACKING);
}

static void test_a_step_that_fails_leaves_the_ledger_as_it_was(void **state)
{
	struct data *d = *state;
	static const char *const steps[] = {
		"CREATE TABLE a(i INTEGER) STRICT",
		"CREATE TABLE b(i INTEGER) STRICT; CREATE TABLE a(i INTEGER) STRICT",
	};
	CLEANUP(sqlite_close) struct sqlite *db = NULL;
	int64_t n;

	must(sqlite_open(NULL, SQLITE_IN_MEMORY, &db, &d->err));
	must(ledger_migrate(db, steps, 1, &d->err));
	assert_int_equal(ledger_migrate(db, steps, 2, &d->err), -1);
	assert_non_null(strstr(d->err.text, "bringing the ledger from version 1 to 2"));
	must(sqlite_get_int(db, &n, -1, &d->err, "PRAGMA user_version", ""));
	assert_int_equal(n, 1);
	must(sqlite_get_int(db, &n, -1, &d->err, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'", ""));
	assert_int_equal(n, 0);
}

static void test_readers_see_it_while_a_writer_has_it_and_after(void **state)
{
	struct data *d = *state;
	CLEANUP(ledger_close) struct ledger *reader = NULL;
	int64_t id = drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	int64_t newest = 0;

	must(ledger_open(d->path, LEDGER_READ, &reader, &d->err));
	must(ledger_newest_drill(reader, NULL, NULL, &newest, &d->err));
	assert_int_equal(newest, id);
	id = drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	must(ledger_newest_drill(reader, NULL, NULL, &newest, &d->err));
	assert_int_equal(newest, id);
	assert_int_equal(ledger_press(reader, 10, "nothing", &d->err), -1);
	assert_int_equal(d->err.kind, ERR_PRIVILEGE);
	ledger_close(&reader);
	ledger_close(&d->ledger);
	must(ledger_open(d->path, LEDGER_READ, &reader, &d->err));
	must(ledger_newest_drill(reader, NULL, NULL, &newest, &d->err));
	assert_int_equal(newest, id);
}

/* The ledger as another uid finds it, who may read it and write nothing. */
static void set_rights(struct data *d, mode_t folder_mode, mode_t file_mode)
{
	static const char *const files[] = {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"};
	autofree char *folder = path_join(d->path, "ledger");

	assert_int_equal(chmod(folder, 0700), 0);
	for (size_t i = 0; i < COUNT(files); i++) {
		autofree char *path = path_join(folder, files[i]);

		assert_true(chmod(path, file_mode) == 0 || !path_exists(path));
	}
	assert_int_equal(chmod(folder, folder_mode), 0);
}

static int64_t newest_drill_of_another_uid(struct data *d)
{
	CLEANUP(ledger_close) struct ledger *reader = NULL;
	int64_t id = -1;

	set_rights(d, 0550, 0440);
	must(ledger_open(d->path, LEDGER_READ, &reader, &d->err));
	must(ledger_newest_drill(reader, NULL, NULL, &id, &d->err));
	set_rights(d, 02750, 0640);
	return id;
}

/* As SIGKILL leaves it: nothing closed, nothing undone. */
static void write_and_be_killed(struct data *d)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct ledger *l = NULL;
		int64_t id;

		if (ledger_open(d->path, LEDGER_WRITE, &l, &d->err) == 0 &&
		    ledger_drill_begin(l, "shop", SHOP_2, LEVEL_QUICK, TRIGGER_BUTTON, 0, &id, &d->err) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void test_another_uid_reads_with_a_live_stopped_or_killed_writer(void **state)
{
	struct data *d = *state;
	int64_t id = drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);

	if (geteuid() == 0)
		skip(); /* root may write whatever the rights say: run as somebody else */
	assert_int_equal(newest_drill_of_another_uid(d), id);
	ledger_close(&d->ledger);
	assert_int_equal(newest_drill_of_another_uid(d), id);
	write_and_be_killed(d);
	assert_int_equal(newest_drill_of_another_uid(d), id + 1);
}

static void test_another_uid_reads_after_a_tool_tidied_the_wal_away(void **state)
{
	struct data *d = *state;
	autofree char *wal = path_join(d->path, "ledger/ledger.sqlite-wal");
	autofree char *shm = path_join(d->path, "ledger/ledger.sqlite-shm");
	int64_t id = drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);

	if (geteuid() == 0)
		skip();
	ledger_close(&d->ledger);
	tamper(d, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(unlink(wal), 0);
	assert_int_equal(unlink(shm), 0);
	assert_int_equal(newest_drill_of_another_uid(d), id);
}

static void test_who_may_not_read_is_told_what_to_do(void **state)
{
	struct data *d = *state;
	static const enum ledger_mode modes[] = {LEDGER_READ, LEDGER_WRITE};
	autofree char *folder = path_join(d->path, "ledger");

	if (geteuid() == 0)
		skip();
	ledger_close(&d->ledger);
	set_rights(d, 02750, 0);
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(ledger_open(d->path, modes[i], &d->ledger, &d->err), -1);
		assert_int_equal(d->err.kind, ERR_PRIVILEGE);
		assert_non_null(strstr(d->err.text, "ledger"));
		assert_non_null(strstr(d->err.text, "its owner"));
	}
	set_rights(d, 0, 0640);
	assert_int_equal(ledger_open(d->path, LEDGER_READ, &d->ledger, &d->err), -1);
	assert_int_equal(d->err.kind, ERR_PRIVILEGE);
	assert_int_equal(chmod(folder, 02750), 0);
}

static void test_a_data_folder_that_is_not_there_is_not_made(void **state)
{
	struct data *d = *state;
	autofree char *nowhere = path_join(d->path, "not/mounted");
	struct ledger *l = NULL;

	assert_int_equal(ledger_open(nowhere, LEDGER_WRITE, &l, &d->err), -1);
	assert_int_equal(d->err.kind, ERR_IO);
	assert_non_null(strstr(d->err.text, "mounted"));
	assert_false(path_exists(nowhere));
}

/* ---- what was interrupted ---- */

/* Open rows in a child that dies without closing them. */
static pid_t die_in_the_middle(struct data *d)
{
	pid_t pid;
	int status;

	ledger_close(&d->ledger);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct ledger *l = NULL;
		int64_t round, id;

		_exit(ledger_open(d->path, LEDGER_WRITE, &l, &d->err) < 0 ||
		      ledger_round_begin(l, "shop", TRIGGER_SCHEDULE, &round, &d->err) < 0 ||
		      ledger_pull_begin(l, "shop", TRIGGER_SCHEDULE, round, &id, &d->err) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	open_ledger(d, LEDGER_WRITE);
	return pid;
}

static void test_rows_of_a_dead_process_become_undecided(void **state)
{
	struct data *d = *state;
	const struct history_filter all = {.since = TIME_UNKNOWN, .rounds = true};
	CLEANUP(events_done) struct events before = {0};
	CLEANUP(events_done) struct events after = {0};
	size_t count = 0;
	int64_t alive;

	die_in_the_middle(d);
	alive = begin_drill(d, SHOP_1, LEVEL_STANDARD);
	must(ledger_history(d->ledger, &all, &before, &d->err)); /* unsettled, but nobody believes them */
	must(ledger_settle(d->ledger, &count, &d->err));
	assert_int_equal(count, 2);
	must(ledger_history(d->ledger, &all, &after, &d->err));
	assert_int_equal(before.count, 3);
	assert_int_equal(after.count, 3);
	assert_int_equal(after.items[0].kind, EVENT_DRILL);
	assert_int_equal(after.items[0].id, alive);
	assert_int_equal(after.items[0].verdict, VERDICT_RUNNING);
	assert_true(after.items[0].ended == TIME_UNKNOWN);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(before.items[i].verdict, VERDICT_UNDECIDED);
		assert_int_equal(after.items[i].verdict, VERDICT_UNDECIDED);
		assert_true(after.items[i].interrupted);
		assert_true(starts_with(after.items[i].reason, "interrupted: "));
		assert_string_equal(before.items[i].reason, after.items[i].reason);
		assert_true(after.items[i].seconds < 0);
	}
	must(ledger_settle(d->ledger, &count, &d->err));
	assert_int_equal(count, 0);
}

static void test_a_reused_pid_and_another_boot_are_no_life(void **state)
{
	struct data *d = *state;
	CLEANUP(drill_record_done) struct drill_record r = {0};
	int64_t reused = begin_drill(d, SHOP_1, LEVEL_STANDARD);
	int64_t before_boot;
	size_t count = 0;

	tamper(d, "UPDATE drills SET pid_started = pid_started - 1");
	before_boot = begin_drill(d, SHOP_2, LEVEL_STANDARD);
	tamper(d, "UPDATE drills SET boot = 'an earlier one' WHERE dump = '" SHOP_2 "'");
	must(ledger_settle(d->ledger, &count, &d->err));
	assert_int_equal(count, 2);
	must(ledger_drill(d->ledger, reused, &r, &d->err));
	assert_non_null(strstr(r.event.reason, "killed or crashed"));
	drill_record_done(&r);
	must(ledger_drill(d->ledger, before_boot, &r, &d->err));
	assert_non_null(strstr(r.event.reason, "restarted or lost power"));
}

static void test_nothing_interrupted_is_no_write(void **state)
{
	struct data *d = *state;
	autofree char *wal = path_join(d->path, "ledger/ledger.sqlite-wal");
	struct stat before, after;

	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	assert_int_equal(stat(wal, &before), 0);
	must(ledger_settle(d->ledger, NULL, &d->err));
	assert_int_equal(stat(wal, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
}

static void test_a_row_is_closed_once(void **state)
{
	struct data *d = *state;
	int64_t id = drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	const struct drill_end end = {.verdict = VERDICT_FAIL, .reason = "late"};

	assert_int_equal(ledger_drill_end(d->ledger, id, &end, &d->err), -1);
	assert_int_equal(d->err.kind, ERR_BUG);
	assert_int_equal(state_of(d, SHOP_1), DUMP_PROVEN);
}

/* ---- what a dump is ---- */

static void test_the_latest_pass_or_fail_decides(void **state)
{
	struct data *d = *state;

	assert_int_equal(state_of(d, SHOP_1), DUMP_UNPROVEN);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_UNDECIDED);
	assert_int_equal(state_of(d, SHOP_1), DUMP_UNPROVEN);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	assert_int_equal(state_of(d, SHOP_1), DUMP_PROVEN);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_UNDECIDED);
	assert_int_equal(state_of(d, SHOP_1), DUMP_PROVEN);
	drill(d, SHOP_1, LEVEL_DEEP, VERDICT_FAIL);
	assert_int_equal(state_of(d, SHOP_1), DUMP_REFUTED);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_UNDECIDED);
	assert_int_equal(state_of(d, SHOP_1), DUMP_REFUTED);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	assert_int_equal(state_of(d, SHOP_1), DUMP_PROVEN);
	assert_int_equal(state_of(d, SHOP_2), DUMP_UNPROVEN);
}

static void test_quick_changes_nothing(void **state)
{
	struct data *d = *state;

	drill(d, SHOP_1, LEVEL_QUICK, VERDICT_PASS);
	assert_int_equal(state_of(d, SHOP_1), DUMP_UNPROVEN);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	drill(d, SHOP_1, LEVEL_QUICK, VERDICT_FAIL);
	assert_int_equal(state_of(d, SHOP_1), DUMP_PROVEN);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_FAIL);
	drill(d, SHOP_1, LEVEL_QUICK, VERDICT_PASS);
	assert_int_equal(state_of(d, SHOP_1), DUMP_REFUTED);
}

static void test_a_running_or_interrupted_drill_changes_nothing(void **state)
{
	struct data *d = *state;

	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	begin_drill(d, SHOP_1, LEVEL_STANDARD);
	assert_int_equal(state_of(d, SHOP_1), DUMP_PROVEN);
	tamper(d, "UPDATE drills SET boot = 'an earlier one' WHERE verdict = 'running'");
	must(ledger_settle(d->ledger, NULL, &d->err));
	assert_int_equal(state_of(d, SHOP_1), DUMP_PROVEN);
}

static void test_accepting_proves_nothing(void **state)
{
	struct data *d = *state;
	CLEANUP(dump_record_done) struct dump_record r = {0};

	must(ledger_accept(d->ledger, SHOP_1, "anna", "first of its kind", &d->err));
	assert_int_equal(state_of(d, SHOP_1), DUMP_UNPROVEN);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_FAIL);
	must(ledger_accept(d->ledger, SHOP_1, "bert", "shrank on purpose", &d->err));
	assert_int_equal(state_of(d, SHOP_1), DUMP_REFUTED);
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_true(r.accepted);
	assert_string_equal(r.accepted_by, "bert");
	assert_string_equal(r.accepted_why, "shrank on purpose");
}

static void test_an_acknowledgement_belongs_to_one_dump(void **state)
{
	struct data *d = *state;
	CLEANUP(dump_record_done) struct dump_record one = {0};
	CLEANUP(dump_record_done) struct dump_record two = {0};

	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_FAIL);
	drill(d, SHOP_2, LEVEL_STANDARD, VERDICT_FAIL);
	must(ledger_acknowledge(d->ledger, SHOP_1, "button", &d->err));
	must(ledger_acknowledge(d->ledger, SHOP_1, "anna", &d->err));
	must(ledger_dump(d->ledger, SHOP_1, &one, &d->err));
	must(ledger_dump(d->ledger, SHOP_2, &two, &d->err));
	assert_true(one.acknowledged);
	assert_false(two.acknowledged);
	assert_int_equal(one.state, DUMP_REFUTED);
	assert_int_equal(ask(d, "SELECT count(*) FROM acknowledgements WHERE who = 'button'"), 1);
}

/* Once it had passed, a new fail of the same dump is news. */
static void test_an_acknowledgement_ends_with_a_pass(void **state)
{
	struct data *d = *state;
	CLEANUP(dump_record_done) struct dump_record r = {0};

	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_FAIL);
	must(ledger_acknowledge(d->ledger, SHOP_1, "button", &d->err));
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_FAIL);
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_true(r.acknowledged);
	dump_record_done(&r);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	tamper(d, "UPDATE acknowledgements SET at = at - 10"); /* a test is quicker than a second */
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_FAIL);
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_false(r.acknowledged);
	dump_record_done(&r);
	must(ledger_acknowledge(d->ledger, SHOP_1, "anna", &d->err));
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_true(r.acknowledged);
	assert_int_equal(ask(d, "SELECT count(*) FROM acknowledgements WHERE who = 'anna'"), 1);
}

static void test_a_dump_is_remembered_as_it_came(void **state)
{
	struct data *d = *state;
	CLEANUP(dump_record_done) struct dump_record r = {0};
	struct dump again = a_dump(SHOP_1, 5);

	pull(d, SHOP_1, 0);
	must(ledger_dump_found(d->ledger, &again, NULL, &d->err)); /* known already: as it came */
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_string_equal(r.source, "shop");
	assert_int_equal(r.bytes, 1000);
	assert_int_equal(strlen(r.sha256), 64);
	assert_string_equal(r.manifest_sha256, "beef");
	assert_string_equal(r.system_identifier, "7001");
	assert_int_equal(r.database_oid, 16384);
	assert_int_equal(r.skew_s, -2);
	assert_true(r.reread == TIME_UNKNOWN);
	assert_false(r.rotten);
	assert_int_equal(r.last_drill, 0);
	dump_record_done(&r);
	again = a_dump(CRM_1, 5);
	must(ledger_dump_found(d->ledger, &again, NULL, &d->err));
	must(ledger_dump(d->ledger, CRM_1, &r, &d->err));
	assert_int_equal(r.bytes, 5);
	assert_string_equal(r.manifest_sha256, "");
	assert_null(r.system_identifier);
	dump_record_done(&r);
	must(ledger_dump(d->ledger, SHOP_2, &r, &d->err));
	assert_string_equal(r.source, "shop"); /* from its name */
	assert_string_equal(r.sha256, "");
}

static void pull_published(struct data *d, const char *name, const struct origin *origin)
{
	struct dump dump = a_dump(name, 1000);
	struct pull_outcome o = {.seconds = 1.5, .dump = &dump, .origin = origin};
	int64_t id;

	must(ledger_pull_begin(d->ledger, dump.source, TRIGGER_SCHEDULE, 0, &id, &d->err));
	must(ledger_pull_end(d->ledger, id, &o, &d->err));
}

#define PLACE "https://db.example.com/shop/a.dump"

static void test_where_a_dump_came_from_is_remembered(void **state)
{
	struct data *d = *state;
	CLEANUP(dump_record_done) struct dump_record r = {0};
	CLEANUP(dumps_done) struct dumps list = {0};
	struct origin origin = {.where = PLACE, .version = "v1", .etag = "\"e1\"", .modified = 77, .vouch = VOUCH_NONE};

	dumps_add(&list)->name = xstrdup(SHOP_1);
	dumps_add(&list)->name = xstrdup(SHOP_2);
	pull_published(d, SHOP_1, &origin);
	pull(d, SHOP_2, 0);
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_string_equal(r.origin.where, PLACE);
	assert_string_equal(r.origin.version, "v1");
	assert_string_equal(r.origin.etag, "\"e1\"");
	assert_int_equal(r.origin.modified, 77);
	assert_int_equal(r.origin.vouch, VOUCH_NONE);
	dump_record_done(&r);
	must(ledger_dump(d->ledger, SHOP_2, &r, &d->err));
	assert_null(r.origin.where);
	assert_int_equal(r.origin.vouch, VOUCH_PULLED);
	for (int twice = 0; twice < 2; twice++) {
		must(ledger_dump_states(d->ledger, &list, &d->err));
		assert_string_equal(list.items[0].origin.where, PLACE);
		assert_int_equal(list.items[0].origin.vouch, VOUCH_NONE);
		assert_null(list.items[1].origin.where);
	}
}

/* Asked with one thing after the other changed. */
static void test_a_revision_is_known_again(void **state)
{
	struct data *d = *state;
	char all_a[SHA256_HEX] = "";
	const struct origin came = {.where = PLACE, .etag = "\"e1\"", .modified = 77, .vouch = VOUCH_LIST};
	const struct origin bare = {.where = PLACE "2", .modified = 78, .vouch = VOUCH_NONE};
	const struct {
		struct origin origin;
		const char *sha256;
		int64_t bytes;
		const char *dump;
	} asked[] = {
		{{.where = "https://elsewhere/", .modified = 1}, all_a, 5, SHOP_1},
		{{.where = PLACE, .etag = "\"e1\"", .modified = 77}, "bb", 1000, NULL},
		{{.where = PLACE, .etag = "\"e1\"", .modified = 99}, "", 1000, SHOP_1},
		{{.where = PLACE, .etag = "\"e2\"", .modified = 77}, "", 1000, NULL},
		{{.where = PLACE, .etag = "\"e1\"", .version = "v2", .modified = 77}, "", 1000, NULL},
		{{.where = PLACE "2", .modified = 78}, "", 1000, SHOP_2},
		{{.where = PLACE "2", .modified = 78}, "", 999, NULL},
		{{.where = PLACE "2", .modified = 79}, "", 1000, NULL},
		{{.where = PLACE "2", .modified = TIME_UNKNOWN}, "", 1000, NULL},
		{{.where = PLACE "3", .modified = 78}, "", 1000, NULL},
	};

	pull_published(d, SHOP_1, &came);
	memset(all_a, 'a', SHA256_HEX - 1);
	pull_published(d, SHOP_2, &bare);
	tamper(d, "UPDATE dumps SET sha256 = 'cc' WHERE dump = '" SHOP_2 "'");
	for (size_t i = 0; i < COUNT(asked); i++) {
		autofree char *dump = NULL;

		must(ledger_came_before(d->ledger, "shop", &asked[i].origin, asked[i].sha256, asked[i].bytes, &dump, &d->err));
		if (!same(dump, asked[i].dump))
			fail_msg("%zu: %s", i, dump ? dump : "none");
		free(take(dump));
		must(ledger_came_before(d->ledger, "crm", &asked[i].origin, asked[i].sha256, asked[i].bytes, &dump, &d->err));
		assert_null(dump);
	}
}

/* The same bytes, touched, renamed or sent by another server: known again from then on, and who vouches stays. */
static void test_the_same_bytes_are_known_by_their_newest_revision(void **state)
{
	struct data *d = *state;
	const struct origin came = {.where = PLACE, .etag = "\"e1\"", .modified = 77, .vouch = VOUCH_LIST};
	const struct origin now = {.where = PLACE "2", .etag = "\"e2\"", .version = "v2", .modified = 99, .vouch = VOUCH_NONE};
	const struct dump found = a_dump(SHOP_2, 1000);
	CLEANUP(dump_record_done) struct dump_record r = {0};
	autofree char *dump = NULL;

	pull_published(d, SHOP_1, &came);
	must(ledger_came_before(d->ledger, "shop", &now, "", 1000, &dump, &d->err));
	assert_null(dump);
	must(ledger_published_as(d->ledger, SHOP_1, &now, &d->err));
	must(ledger_came_before(d->ledger, "shop", &now, "", 1000, &dump, &d->err));
	assert_string_equal(dump, SHOP_1);
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_int_equal(r.origin.vouch, VOUCH_LIST);
	dump_record_done(&r);
	/* one that the ledger never saw arrive has come from there, as far as anybody knows; one of a live server has not */
	must(ledger_dump_found(d->ledger, &found, NULL, &d->err));
	must(ledger_published_as(d->ledger, SHOP_2, &now, &d->err));
	must(ledger_dump(d->ledger, SHOP_2, &r, &d->err));
	assert_int_equal(r.origin.vouch, VOUCH_NONE);
	assert_string_equal(r.origin.where, PLACE "2");
	dump_record_done(&r);
	pull(d, CRM_1, 0);
	must(ledger_published_as(d->ledger, CRM_1, &now, &d->err));
	must(ledger_dump(d->ledger, CRM_1, &r, &d->err));
	assert_null(r.origin.where);
}

/* What a drillbox before origins were noted has written is there afterwards, and dumps can be published. */
static void test_a_ledger_of_version_1_is_brought_up_to_date(void **state)
{
	struct data *d = *state;
	autofree char *path = path_join(d->path, "ledger/ledger.sqlite");
	CLEANUP(dump_record_done) struct dump_record r = {0};
	const struct origin origin = {.where = PLACE, .modified = TIME_UNKNOWN, .vouch = VOUCH_INDEX};
	CLEANUP(sqlite_close) struct sqlite *db = NULL;

	ledger_close(&d->ledger);
	assert_int_equal(unlink(path), 0);
	must(sqlite_open(path, SQLITE_WRITING, &db, &d->err));
	must(ledger_migrate(db, ledger_steps, 1, &d->err));
	must(sqlite_script(db,
			   "INSERT INTO dumps (dump, source, taken, bytes, sha256, seen) VALUES ('" SHOP_1
			   "', 'shop', 5, 1000, 'aa', 6)",
			   &d->err));
	sqlite_close(&db);
	assert_int_equal(ledger_open(d->path, LEDGER_READ, &d->ledger, &d->err), -1);
	assert_int_equal(d->err.kind, ERR_LACKING);
	open_ledger(d, LEDGER_WRITE);
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_int_equal(r.bytes, 1000);
	assert_int_equal(r.origin.vouch, VOUCH_PULLED);
	pull_published(d, SHOP_2, &origin);
	dump_record_done(&r);
	must(ledger_dump(d->ledger, SHOP_2, &r, &d->err));
	assert_int_equal(r.origin.vouch, VOUCH_INDEX);
	assert_true(r.origin.modified == TIME_UNKNOWN);
	assert_int_equal(ask(d, "PRAGMA user_version"), (int64_t)ledger_step_count);
}

static void test_the_baseline_is_proven_or_accepted_and_older(void **state)
{
	struct data *d = *state;
	autofree char *dump = NULL;
	struct dump second = a_dump(SHOP_2, 1);

	pull(d, SHOP_1, 0);
	pull(d, SHOP_2, 0);
	must(ledger_baseline(d->ledger, "shop", TIME_UNKNOWN, &dump, &d->err));
	assert_null(dump);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	must(ledger_baseline(d->ledger, "shop", TIME_UNKNOWN, &dump, &d->err));
	assert_string_equal(dump, SHOP_1);
	set_text(&dump, NULL);
	must(ledger_accept(d->ledger, SHOP_2, "anna", "moved", &d->err));
	must(ledger_baseline(d->ledger, "shop", TIME_UNKNOWN, &dump, &d->err));
	assert_string_equal(dump, SHOP_2);
	set_text(&dump, NULL);
	must(ledger_baseline(d->ledger, "shop", second.taken, &dump, &d->err));
	assert_string_equal(dump, SHOP_1);
	set_text(&dump, NULL);
	must(ledger_baseline(d->ledger, "crm", TIME_UNKNOWN, &dump, &d->err));
	assert_null(dump);
}

/* ---- drills whole ---- */

static void test_a_drill_comes_back_as_it_went_in(void **state)
{
	struct data *d = *state;
	CLEANUP(findings_done) struct findings f = {.restore_seconds = 71.25};
	CLEANUP(drill_record_done) struct drill_record r = {0};
	CLEANUP(dump_record_done) struct dump_record dump = {0};
	int64_t id = begin_drill(d, SHOP_1, LEVEL_DEEP);
	struct drill_end end = {.verdict = VERDICT_FAIL, .reason = "2 tables", .seconds = 94.5, .scratch_bytes = 77,
				.findings = &f};

	findings_add_phase(&f, RUNG_MEDIA, 2.125, "412 MB read");
	findings_add_phase(&f, RUNG_VOLUME, 6, "%s", "100% of it");
	findings_add(&f, RUNG_MEDIA, RESULT_PASS, "sha256", "ab", "ab", "%s", "");
	findings_add(&f, RUNG_VOLUME, RESULT_FAIL, "public.\"o'rders\"", "412", "0", "%s", "100% gone");
	findings_add(&f, RUNG_CHECKS, RESULT_SKIP, "x", NULL, NULL, "%s", "off");
	findings_note(&f, "in the source too");
	must(ledger_drill_end(d->ledger, id, &end, &d->err));
	must(ledger_drill(d->ledger, id, &r, &d->err));
	assert_int_equal(r.event.verdict, VERDICT_FAIL);
	assert_int_equal(r.event.level, LEVEL_DEEP);
	assert_string_equal(r.event.reason, "2 tables");
	assert_true(r.event.seconds == 94.5);
	assert_true(r.findings.restore_seconds == 71.25);
	assert_int_equal(r.event.bytes, 77);
	assert_int_equal(r.findings.phase_count, 2);
	assert_string_equal(r.findings.phases[1].summary, "100% of it");
	assert_true(r.findings.phases[0].seconds == 2.125);
	assert_int_equal(r.findings.check_count, 3);
	assert_string_equal(r.findings.checks[1].name, "public.\"o'rders\"");
	assert_string_equal(r.findings.checks[1].detail, "100% gone");
	assert_string_equal(r.findings.checks[1].expected, "412");
	assert_int_equal(r.findings.checks[2].result, RESULT_SKIP);
	assert_int_equal(r.findings.notes.count, 1);
	must(ledger_dump(d->ledger, SHOP_1, &dump, &d->err));
	assert_int_equal(dump.decided_by, id);
	assert_string_equal(dump.decided_reason, "2 tables");
	assert_true(dump.reread != TIME_UNKNOWN);
	assert_int_equal(ledger_drill(d->ledger, id + 1, &r, &d->err), -1);
	assert_int_equal(d->err.kind, ERR_USAGE);
}

static void test_bytes_that_do_not_match_are_no_reread(void **state)
{
	struct data *d = *state;
	CLEANUP(findings_done) struct findings f = {.restore_seconds = -1};
	CLEANUP(dump_record_done) struct dump_record r = {0};
	int64_t id = begin_drill(d, SHOP_1, LEVEL_STANDARD);
	struct drill_end end = {.verdict = VERDICT_FAIL, .reason = "damaged", .findings = &f};

	findings_add(&f, RUNG_MEDIA, RESULT_FAIL, "sha256", "ab", "cd", "%s", "the bytes changed");
	must(ledger_drill_end(d->ledger, id, &end, &d->err));
	must(ledger_reread(d->ledger, SHOP_2, false, "the bytes changed", &d->err));
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_true(r.reread == TIME_UNKNOWN);
	assert_true(r.rotten);
	assert_true(r.restore_seconds < 0);
	assert_int_equal(ask(d, "SELECT count(*) FROM rereads WHERE NOT matched AND detail = 'the bytes changed'"), 2);
	dump_record_done(&r);
	must(ledger_reread(d->ledger, SHOP_1, true, NULL, &d->err));
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_true(r.reread != TIME_UNKNOWN);
	assert_false(r.rotten);
	dump_record_done(&r);
	/* the disk forgot in between: the good look of then says nothing of now */
	must(ledger_reread(d->ledger, SHOP_1, false, "the bytes changed", &d->err));
	must(ledger_dump(d->ledger, SHOP_1, &r, &d->err));
	assert_true(r.reread == TIME_UNKNOWN);
}

static void test_a_drill_is_two_commits(void **state)
{
	struct data *d = *state;
	autofree char *path = path_join(d->path, "ledger/ledger.sqlite");
	CLEANUP(sqlite_close) struct sqlite *db = NULL;
	CLEANUP(findings_done) struct findings f = {.restore_seconds = 1};
	struct drill_end end = {.verdict = VERDICT_PASS, .reason = "", .seconds = 1, .findings = &f};
	int64_t before, after, id;

	for (int i = 0; i < 200; i++)
		findings_add(&f, RUNG_VOLUME, RESULT_PASS, "public.t", "1", "1", "%s", "");
	must(sqlite_open(path, SQLITE_READING, &db, &d->err));
	must(sqlite_get_int(db, &before, -1, &d->err, "PRAGMA data_version", ""));
	id = begin_drill(d, SHOP_1, LEVEL_STANDARD);
	must(sqlite_get_int(db, &after, -1, &d->err, "PRAGMA data_version", ""));
	assert_int_equal(after, before + 1);
	must(ledger_drill_end(d->ledger, id, &end, &d->err));
	must(sqlite_get_int(db, &after, -1, &d->err, "PRAGMA data_version", ""));
	assert_int_equal(after, before + 2);
}

/* ---- history ---- */

static void test_history_is_filtered_and_newest_first(void **state)
{
	struct data *d = *state;
	CLEANUP(events_done) struct events e = {0};
	struct history_filter filter = {.since = TIME_UNKNOWN};
	int64_t round;

	must(ledger_round_begin(d->ledger, "shop", TRIGGER_BUTTON, &round, &d->err));
	pull(d, SHOP_1, round);
	drill(d, SHOP_1, LEVEL_STANDARD, VERDICT_PASS);
	must(ledger_round_end(d->ledger, round, VERDICT_PASS, "", false, 4, &d->err));
	failed_pull(d, "crm", ERR_REFUSED, "password refused");
	must(ledger_history(d->ledger, &filter, &e, &d->err));
	assert_int_equal(e.count, 3);
	assert_string_equal(e.items[0].source, "crm");
	assert_int_equal(e.items[0].verdict, VERDICT_UNDECIDED);
	assert_int_equal(e.items[0].why, ERR_REFUSED);
	assert_string_equal(e.items[0].reason, "password refused");
	assert_null(e.items[0].dump);
	assert_int_equal(e.items[1].kind, EVENT_DRILL);
	assert_int_equal(e.items[2].kind, EVENT_PULL);
	assert_int_equal(e.items[2].round, round);
	assert_string_equal(e.items[2].dump, SHOP_1);
	assert_int_equal(e.items[2].bytes, 1000);
	events_done(&e);
	filter = (struct history_filter){.since = TIME_UNKNOWN, .source = "shop", .limit = 2, .rounds = true};
	must(ledger_history(d->ledger, &filter, &e, &d->err));
	assert_int_equal(e.count, 2);
	assert_int_equal(e.items[0].kind, EVENT_DRILL);
	events_done(&e);
	filter = (struct history_filter){.since = clock_wall() + 100};
	must(ledger_history(d->ledger, &filter, &e, &d->err));
	assert_int_equal(e.count, 0);
	filter = (struct history_filter){.since = TIME_UNKNOWN, .dump = SHOP_1, .rounds = true};
	must(ledger_history(d->ledger, &filter, &e, &d->err));
	assert_int_equal(e.count, 2);
}

static void test_the_newest_pull_delivered_or_not(void **state)
{
	struct data *d = *state;
	CLEANUP(event_done) struct event e = {0};
	int64_t bytes = -1;
	double seconds = -1;
	bool found = true;

	must(ledger_newest_pull(d->ledger, "shop", PULL_ENDED, &found, &e, &d->err));
	assert_false(found);
	must(ledger_pull_size(d->ledger, "shop", &bytes, &seconds, &d->err));
	assert_int_equal(bytes, 0);
	pull(d, SHOP_1, 0);
	failed_pull(d, "shop", ERR_NETWORK, "unreachable");
	must(ledger_newest_pull(d->ledger, "shop", PULL_ENDED, &found, &e, &d->err));
	assert_true(found);
	assert_string_equal(e.reason, "unreachable");
	event_done(&e);
	must(ledger_newest_pull(d->ledger, "shop", PULL_DELIVERED, &found, &e, &d->err));
	assert_true(found);
	assert_string_equal(e.dump, SHOP_1);
	must(ledger_pull_size(d->ledger, "shop", &bytes, &seconds, &d->err));
	assert_int_equal(bytes, 1000);
	assert_true(seconds == 1.5);
}

/* It arrived, and is no pull: neither what the last one came to nor how large they are. */
static void test_what_was_handed_in_is_no_pull(void **state)
{
	struct data *d = *state;
	CLEANUP(event_done) struct event e = {0};
	CLEANUP(events_done) struct events all = {0};
	struct dump handed = {.name = (char *)SHOP_1, .source = (char *)"shop", .bytes = 7, .taken = 1000, .sha256 = "ab"};
	const struct pull_outcome outcome = {.dump = &handed, .seconds = 9};
	struct history_filter filter = {.since = TIME_UNKNOWN};
	struct attempts attempts;
	int64_t id, bytes;
	double seconds;
	bool found;

	failed_pull(d, "shop", ERR_REFUSED, "password refused");
	must(ledger_import_begin(d->ledger, "shop", 1795320900, &id, &d->err));
	must(ledger_pull_end(d->ledger, id, &outcome, &d->err));
	must(ledger_newest_pull(d->ledger, "shop", PULL_ENDED, &found, &e, &d->err));
	assert_string_equal(e.reason, "password refused");
	event_done(&e);
	must(ledger_newest_pull(d->ledger, "shop", PULL_DELIVERED, &found, &e, &d->err));
	assert_false(found);
	must(ledger_newest_pull(d->ledger, "shop", DUMP_ARRIVED, &found, &e, &d->err));
	assert_true(found);
	assert_string_equal(e.dump, SHOP_1);
	assert_int_equal(e.started, 1795320900);
	must(ledger_pull_size(d->ledger, "shop", &bytes, &seconds, &d->err));
	assert_int_equal(bytes, 0);
	must(ledger_attempts(d->ledger, "shop", &attempts, &d->err));
	assert_true(attempts.last_failed && attempts.failures == 1 && attempts.why == ERR_REFUSED);
	must(ledger_history(d->ledger, &filter, &all, &d->err));
	assert_int_equal(all.count, 2);
	events_done(&all);
	filter.not_imported = true;
	must(ledger_history(d->ledger, &filter, &all, &d->err));
	assert_int_equal(all.count, 1);
}

/* ---- when is it due ---- */

static void test_attempts_count_failures_in_a_row(void **state)
{
	struct data *d = *state;
	struct attempts a;

	must(ledger_attempts(d->ledger, "shop", &a, &d->err));
	assert_true(a.first_seen == TIME_UNKNOWN && a.last_round == TIME_UNKNOWN && a.last_try == TIME_UNKNOWN);
	must(ledger_source_seen(d->ledger, "shop", &d->err));
	must(ledger_source_seen(d->ledger, "shop", &d->err));
	failed_pull(d, "shop", ERR_REFUSED, "refused");
	pull(d, SHOP_1, 0);
	failed_pull(d, "shop", ERR_REFUSED, "refused");
	failed_pull(d, "shop", ERR_NETWORK, "unreachable");
	must(ledger_attempts(d->ledger, "shop", &a, &d->err));
	assert_true(a.first_seen != TIME_UNKNOWN);
	assert_int_equal(a.failures, 2);
	assert_true(a.last_failed);
	assert_int_equal(a.why, ERR_NETWORK);
	assert_true(a.last_try != TIME_UNKNOWN);
	assert_true(a.last_round == TIME_UNKNOWN); /* nothing was drilled */
	pull(d, SHOP_2, 0);
	must(ledger_attempts(d->ledger, "shop", &a, &d->err));
	assert_int_equal(a.failures, 0);
	assert_false(a.last_failed);
}

static void a_round(struct data *d, const char *dump, bool pulled, bool drilled, bool interrupted)
{
	int64_t round, id;

	must(ledger_round_begin(d->ledger, "shop", TRIGGER_SCHEDULE, &round, &d->err));
	if (pulled)
		pull(d, dump, round);
	if (drilled) {
		const struct drill_end end = {.verdict = VERDICT_UNDECIDED, .reason = "no disk"};

		must(ledger_drill_begin(d->ledger, "shop", dump, LEVEL_STANDARD, TRIGGER_SCHEDULE, round, &id, &d->err));
		must(ledger_drill_end(d->ledger, id, &end, &d->err));
	}
	must(ledger_round_end(d->ledger, round, VERDICT_UNDECIDED, "x", interrupted, 1, &d->err));
}

static void test_attempts_know_complete_and_interrupted_rounds(void **state)
{
	struct data *d = *state;
	struct attempts a;

	a_round(d, SHOP_1, false, false, false);
	a_round(d, SHOP_1, true, false, true);
	must(ledger_attempts(d->ledger, "shop", &a, &d->err));
	assert_true(a.last_round == TIME_UNKNOWN);
	assert_true(a.last_end != TIME_UNKNOWN);
	assert_int_equal(a.interrupted, 1);
	a_round(d, SHOP_1, true, false, true);
	must(ledger_attempts(d->ledger, "shop", &a, &d->err));
	assert_int_equal(a.interrupted, 2);
	a_round(d, SHOP_2, true, true, false);
	must(ledger_attempts(d->ledger, "shop", &a, &d->err));
	assert_int_equal(a.interrupted, 0);
	assert_true(a.last_round != TIME_UNKNOWN);
	assert_int_equal(a.failures, 0);
}

/* ---- figures and time ---- */

static void drill_of(struct data *d, enum level level, enum verdict verdict)
{
	struct findings f = {.restore_seconds = 1};
	struct drill_end end = {.verdict = verdict, .reason = "", .findings = &f};

	must(ledger_drill_end(d->ledger, begin_drill(d, SHOP_1, level), &end, &d->err));
}

static void test_ever_proven(void **state)
{
	struct data *d = *state;
	bool proven = true;

	drill_of(d, LEVEL_QUICK, VERDICT_PASS);
	drill_of(d, LEVEL_STANDARD, VERDICT_UNDECIDED);
	must(ledger_ever_proven(d->ledger, "shop", &proven, &d->err));
	assert_false(proven);
	drill_of(d, LEVEL_DEEP, VERDICT_PASS);
	drill_of(d, LEVEL_STANDARD, VERDICT_FAIL);
	must(ledger_ever_proven(d->ledger, "shop", &proven, &d->err));
	assert_true(proven);
	must(ledger_ever_proven(d->ledger, "crm", &proven, &d->err));
	assert_false(proven);
}

static void test_medians_and_scratch(void **state)
{
	struct data *d = *state;
	static const double seconds[] = {100, 9, 1, 3, 2};
	double median = 0;
	size_t of = 9;
	int64_t bytes = -1;

	must(ledger_restore_median(d->ledger, "shop", 30, &median, &of, &d->err));
	assert_true(median < 0);
	assert_int_equal(of, 0);
	for (size_t i = 0; i < COUNT(seconds); i++) {
		struct findings f = {.restore_seconds = seconds[i]};
		struct drill_end end = {.verdict = i == 1 ? VERDICT_FAIL : VERDICT_PASS, .reason = "",
					.scratch_bytes = 10 * (int64_t)(i + 1), .findings = &f};

		findings_add_phase(&f, RUNG_RESTORE, seconds[i] / 2, "x");
		must(ledger_drill_end(d->ledger, begin_drill(d, SHOP_1, LEVEL_STANDARD), &end, &d->err));
		findings_done(&f);
	}
	must(ledger_restore_median(d->ledger, "shop", 30, &median, &of, &d->err));
	assert_int_equal(of, 4);
	assert_true(median == 2.5); /* of 1 2 3 100 */
	must(ledger_restore_median(d->ledger, "shop", 3, &median, &of, &d->err));
	assert_int_equal(of, 3);
	assert_true(median == 2);
	must(ledger_phase_seconds(d->ledger, "shop", RUNG_RESTORE, &median, &d->err));
	assert_true(median == 1);
	must(ledger_phase_seconds(d->ledger, "shop", RUNG_MEDIA, &median, &d->err));
	assert_true(median < 0);
	must(ledger_scratch_largest(d->ledger, NULL, &bytes, &d->err));
	assert_int_equal(bytes, 50);
	must(ledger_scratch_largest(d->ledger, "shop", &bytes, &d->err));
	assert_int_equal(bytes, 50);
	must(ledger_scratch_largest(d->ledger, "crm", &bytes, &d->err));
	assert_int_equal(bytes, 0);
	tamper(d, "UPDATE drills SET opened = opened - 100 * 86400000000 WHERE scratch_bytes = 50");
	must(ledger_scratch_largest(d->ledger, NULL, &bytes, &d->err));
	assert_int_equal(bytes, 40);
}

static void test_only_this_boot_and_verified_tls_vouch_for_the_clock(void **state)
{
	struct data *d = *state;
	int64_t at = 0, skew = 0;

	must(ledger_clock_agreed(d->ledger, 300, &at, &skew, &d->err));
	assert_true(at == TIME_UNKNOWN);
	must(ledger_clock_seen(d->ledger, "shop", 10, false, &d->err));
	must(ledger_clock_seen(d->ledger, "shop", -301, true, &d->err));
	must(ledger_clock_agreed(d->ledger, 300, &at, &skew, &d->err));
	assert_true(at == TIME_UNKNOWN);
	assert_int_equal(skew, -301);
	pull(d, SHOP_1, 0); /* two seconds off, over verified TLS */
	must(ledger_clock_agreed(d->ledger, 300, &at, &skew, &d->err));
	assert_true(at != TIME_UNKNOWN);
	assert_int_equal(skew, -2);
	tamper(d, "UPDATE clocks SET boot = 'an earlier one'");
	must(ledger_clock_agreed(d->ledger, 300, &at, &skew, &d->err));
	assert_true(at == TIME_UNKNOWN);
}

static void test_the_newest_time_of_any_row(void **state)
{
	struct data *d = *state;
	int64_t now = clock_wall();
	int64_t newest = 0;

	must(ledger_press(d->ledger, 120, "drill", &d->err));
	must(ledger_newest_time(d->ledger, &newest, &d->err));
	assert_true(newest >= now && newest <= now + 5);
	begin_drill(d, SHOP_1, LEVEL_STANDARD);
	tamper(d, "UPDATE drills SET started = 4102444800");
	must(ledger_newest_time(d->ledger, &newest, &d->err));
	assert_true(newest == 4102444800);
}

#define with_data(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_data(test_the_folder_and_file_are_for_owner_and_group),
		with_data(test_a_reader_of_no_ledger_finds_it_empty_and_makes_none),
		with_data(test_a_ledger_begun_and_killed_at_once_reads_as_empty),
		with_data(test_a_newer_ledger_is_refused),
		with_data(test_some_other_database_is_no_ledger),
		with_data(test_a_damaged_ledger_is_told_and_not_written),
		with_data(test_steps_are_taken_once_and_in_order),
		with_data(test_a_step_that_fails_leaves_the_ledger_as_it_was),
		with_data(test_readers_see_it_while_a_writer_has_it_and_after),
		with_data(test_another_uid_reads_with_a_live_stopped_or_killed_writer),
		with_data(test_another_uid_reads_after_a_tool_tidied_the_wal_away),
		with_data(test_who_may_not_read_is_told_what_to_do),
		with_data(test_a_data_folder_that_is_not_there_is_not_made),
		with_data(test_rows_of_a_dead_process_become_undecided),
		with_data(test_a_reused_pid_and_another_boot_are_no_life),
		with_data(test_nothing_interrupted_is_no_write),
		with_data(test_a_row_is_closed_once),
		with_data(test_the_latest_pass_or_fail_decides),
		with_data(test_quick_changes_nothing),
		with_data(test_a_running_or_interrupted_drill_changes_nothing),
		with_data(test_accepting_proves_nothing),
		with_data(test_an_acknowledgement_belongs_to_one_dump),
		with_data(test_an_acknowledgement_ends_with_a_pass),
		with_data(test_a_dump_is_remembered_as_it_came),
		with_data(test_where_a_dump_came_from_is_remembered),
		with_data(test_a_revision_is_known_again),
		with_data(test_the_same_bytes_are_known_by_their_newest_revision),
		with_data(test_a_ledger_of_version_1_is_brought_up_to_date),
		with_data(test_the_baseline_is_proven_or_accepted_and_older),
		with_data(test_a_drill_comes_back_as_it_went_in),
		with_data(test_bytes_that_do_not_match_are_no_reread),
		with_data(test_a_drill_is_two_commits),
		with_data(test_history_is_filtered_and_newest_first),
		with_data(test_the_newest_pull_delivered_or_not),
		with_data(test_what_was_handed_in_is_no_pull),
		with_data(test_attempts_count_failures_in_a_row),
		with_data(test_attempts_know_complete_and_interrupted_rounds),
		with_data(test_ever_proven),
		with_data(test_medians_and_scratch),
		with_data(test_only_this_boot_and_verified_tls_vouch_for_the_clock),
		with_data(test_the_newest_time_of_any_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
