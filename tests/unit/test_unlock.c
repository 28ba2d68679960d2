#include "unit/unit.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "port/sqlite.h"
#include "provision/unlock.h"

static void test_a_new_passphrase_is_long_enough(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(passphrase_check("twelve chars", &err), 0);
	assert_int_equal(passphrase_check("zw\xc3\xb6lf-M\xc3\xb6wen!", &err), 0);
	assert_int_equal(passphrase_check("eleven char", &err), -1);
	assert_non_null(strstr(err.text, "at least 12 characters"));
	assert_int_equal(passphrase_check("\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6", &err), -1); /* 12 bytes */
	assert_int_equal(passphrase_check("an arrow \x1b[A key", &err), -1);
	assert_non_null(strstr(err.text, "arrow"));
	assert_int_equal(err.kind, ERR_USAGE);
}

static void put(const char *root, const char *name)
{
	autofree char *path = path_join(root, name), *folder = path_dir(path);
	struct error err;

	assert_int_equal(make_dirs(folder, 0755, &err), 0);
	assert_int_equal(write_file_durably(path, "", 0, 0644, &err), 0);
}

static void keeps(const char *root, const char *what)
{
	autofree char *kept = unlock_kept(root);

	if (what)
		assert_string_equal(kept, what);
	else
		assert_null(kept);
}

static void test_what_may_not_be_lost(void **state)
{
	static const char *const of_a_new_box[] = {
		"config/drillbox.conf", "drillbox/README.txt", "drillbox/lock", "drillbox/daemon.lock", "drillbox/powered-on",
		"drillbox/ledger/ledger.sqlite", "apt/fixes", "drillbox/templates/17/PG_VERSION",
	};
	static const struct {
		const char *path, *said;
	} of_another[] = {
		{"photos", "what is not the box's ('./photos')"},
		{"lost+found/x", "what was found when it was repaired ('lost+found/x')"},
		{"drillbox/ledger/ledger.old", "what the box has worked in the clear ('drillbox/ledger': ledger.old)"},
		{"drillbox/box1/store/shop/a.dump", "what the box has worked in the clear ('drillbox/box1')"},
		{"config/provisioned", "a configuration in the clear ('config/provisioned')"},
		{"config/ca.pem", "a configuration in the clear ('config/ca.pem')"},
		{"config/sources.d/crm.conf", "a configuration in the clear ('config/sources.d/crm.conf')"},
		{"drillbox/store/shop/shop_20261122_041500.dump", "dumps in the clear ('shop/shop_20261122_041500.dump')"},
	};
	char root[] = "/tmp/unlock-XXXXXX";
	autofree char *sources = NULL, *store = NULL;
	struct error err;

	(void)state;
	assert_non_null(mkdtemp(root));
	sources = path_join(root, "config/sources.d");
	store = path_join(root, "drillbox/store");
	keeps(root, NULL);
	for (size_t i = 0; i < COUNT(of_a_new_box); i++)
		put(root, of_a_new_box[i]);
	assert_int_equal(make_dirs(sources, 0755, &err), 0);
	keeps(root, NULL);
	for (size_t i = 0; i < COUNT(of_another); i++) {
		autofree char *path = path_join(root, of_another[i].path), *folder = path_dir(path);

		put(root, of_another[i].path);
		keeps(root, of_another[i].said);
		assert_int_equal(unlink(path), 0);
		while (!same(folder, root) && !same(folder, sources) && rmdir(folder) == 0) {
			autofree char *below = take(folder);

			folder = path_dir(below);
		}
	}
	/* a store that was emptied has been one */
	assert_int_equal(make_dirs(store, 0755, &err), 0);
	keeps(root, "what the box has worked in the clear ('drillbox/store')");
	assert_int_equal(remove_tree(root, &err), 0);
	/* what cannot be looked into */
	assert_int_equal(make_dirs(root, 0755, &err), 0);
	put(root, "drillbox/store");
	keeps(root, "dumps in the clear ('store, which cannot be read')");
	assert_int_equal(remove_tree(root, &err), 0);
}

static void ledger_does(const char *path, const char *sql)
{
	CLEANUP(sqlite_close) struct sqlite *db = NULL;
	struct error err;

	assert_int_equal(sqlite_open(path, SQLITE_WRITING, &db, &err), 0);
	assert_int_equal(sqlite_script(db, sql, &err), 0);
}

/* A box that has started, but had nothing to do; and what makes it one that had. */
static void test_a_ledger_without_rows(void **state)
{
	static const char kept[] = "what the box has worked in the clear ('drillbox/ledger': %s)";
	char root[] = "/tmp/unlock-XXXXXX";
	autofree char *folder = NULL, *path = NULL, *wal = NULL;
	autofree char *sources = format(kept, "sources"), *unread = format(kept, "ledger.sqlite, which cannot be read");
	struct error err;

	(void)state;
	assert_non_null(mkdtemp(root));
	folder = path_join(root, "drillbox/ledger");
	path = path_join(folder, "ledger.sqlite");
	wal = format("%s-wal", path);
	assert_int_equal(make_dirs(folder, 0755, &err), 0);
	ledger_does(path, "CREATE TABLE rounds (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE presses (held INTEGER); "
			  "CREATE TABLE sources (source TEXT PRIMARY KEY) WITHOUT ROWID");
	keeps(root, NULL);
	ledger_does(path, "INSERT INTO presses VALUES (300)");
	keeps(root, NULL);
	ledger_does(path, "INSERT INTO sources VALUES ('shop')");
	keeps(root, sources);
	assert_int_equal(unlink(wal), 0);
	assert_int_equal(write_file_durably(path, "no ledger at all", 16, 0644, &err), 0);
	keeps(root, unread);
	assert_int_equal(remove_tree(root, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_new_passphrase_is_long_enough),
		cmocka_unit_test(test_what_may_not_be_lost),
		cmocka_unit_test(test_a_ledger_without_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
