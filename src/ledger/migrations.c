#include "ledger/migrations.h"

#include "base/text.h"
#include "ledger/imported.sql.h"
#include "ledger/origin.sql.h"
#include "ledger/outbox.sql.h"
#include "ledger/schema.sql.h"

const char *const ledger_steps[] = {
	schema_sql,
	origin_sql,
	outbox_sql,
	imported_sql,
};
const size_t ledger_step_count = COUNT(ledger_steps);

static int read_version(struct sqlite *db, int64_t *ret_version, bool *ret_empty, struct error *err)
{
	int64_t version = 0, application = 0, tables = 0;

	if (sqlite_get_int(db, &version, 0, err, "PRAGMA user_version", "") < 0 ||
	    sqlite_get_int(db, &application, 0, err, "PRAGMA application_id", "") < 0 ||
	    sqlite_get_int(db, &tables, 0, err, "SELECT count(*) FROM sqlite_schema", "") < 0)
		return -1;
	if (tables > 0 && application != LEDGER_APPLICATION)
		return fail(err, ERR_DATA,
			    "the file in the ledger's place is some other SQLite database; move it elsewhere, and a new "
			    "ledger is begun");
	*ret_version = version;
	*ret_empty = tables == 0;
	return 0;
}

static int refuse_newer(int64_t version, size_t ours, struct error *err)
{
	if (version <= (int64_t)ours)
		return 0;
	return fail(err, ERR_LACKING,
		    "this ledger was written by a newer drillbox (ledger version %lld, this one knows %zu); update this "
		    "drillbox",
		    (long long)version, ours);
}

static int run_steps(struct sqlite *db, const char *const *steps, size_t count, struct error *err)
{
	autofree char *stamp = format("PRAGMA application_id = %d; PRAGMA user_version = %zu", LEDGER_APPLICATION, count);
	int64_t version = 0;
	bool empty = false;

	/* again, now that nobody else can change it */
	if (read_version(db, &version, &empty, err) < 0)
		return -1;
	for (size_t i = (size_t)version; i < count; i++)
		if (sqlite_script(db, steps[i], err) < 0)
			return fail_within(err, "bringing the ledger from version %zu to %zu", i, i + 1);
	return sqlite_script(db, stamp, err);
}

int ledger_migrate(struct sqlite *db, const char *const *steps, size_t count, struct error *err)
{
	int64_t version = 0;
	bool empty = false;

	if (read_version(db, &version, &empty, err) < 0 || refuse_newer(version, count, err) < 0)
		return -1;
	if (version == (int64_t)count)
		return 0;
	if (sqlite_begin(db, err) < 0)
		return -1;
	if (run_steps(db, steps, count, err) < 0 || sqlite_commit(db, err) < 0) {
		sqlite_rollback(db);
		return -1;
	}
	return 0;
}

int ledger_version_check(struct sqlite *db, size_t count, bool *ret_empty, struct error *err)
{
	int64_t version = 0;

	if (read_version(db, &version, ret_empty, err) < 0 || refuse_newer(version, count, err) < 0)
		return -1;
	if (!*ret_empty && version < (int64_t)count)
		return fail(err, ERR_LACKING,
			    "this ledger is of an older drillbox (ledger version %lld, this one reads %zu); start the daemon "
			    "or any verb that works, which brings it up to date",
			    (long long)version, count);
	return 0;
}
