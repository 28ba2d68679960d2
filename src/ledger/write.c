#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "ledger/book.h"
#include "ledger/ledger.h"

/* How a row of work begins. */
#define OPENED "started, opened, verdict, pid, pid_started, boot"
#define WORKER "pid, pid_started, boot"

int book_finish(struct ledger *l, int r, struct error *err)
{
	if (r == 0)
		r = sqlite_commit(l->db, err);
	if (r < 0) {
		sqlite_rollback(l->db);
		return fail_within(err, "writing the ledger");
	}
	return 0;
}

static int finish_alone(int r, struct error *err)
{
	return r < 0 ? fail_within(err, "writing the ledger") : 0;
}

/* A running row that was open and is ours to close; anything else is a mistake of the caller. */
static int expect_one(struct ledger *l, const char *what, int64_t id, struct error *err)
{
	if (sqlite_changes(l->db) == 1)
		return 0;
	return fail(err, ERR_BUG, "%s %lld is not running", what, (long long)id);
}

/* ---- what was interrupted ---- */

static int settle_row(struct ledger *l, const char *update, int64_t id, const char *reason, struct error *err)
{
	return sqlite_run(l->db, err, update, "tii", reason, clock_wall(), id);
}

/* Close the rows of one table; called within a transaction. */
static int settle_table(struct ledger *l, const char *select, const char *update, size_t *count, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err, select, "") < 0)
		return -1;
	while ((r = sqlite_step(s, err)) > 0) {
		struct worker w = {.pid = sqlite_int(s, 1), .started = sqlite_int(s, 2)};
		autofree char *reason = NULL;

		(void)snprintf(w.boot, sizeof(w.boot), "%s", sqlite_text(s, 3));
		if (worker_alive(&w, l->self.boot))
			continue;
		reason = worker_epitaph(&w, l->self.boot);
		if (settle_row(l, update, sqlite_int(s, 0), reason, err) < 0)
			return -1;
		(*count)++;
	}
	return r;
}

#define SETTLE(table)                                                                                      \
	{                                                                                                  \
		"SELECT id, " WORKER " FROM " table " WHERE verdict = 'running'",                          \
			"UPDATE " table " SET verdict = 'undecided', interrupted = 1, reason = ?, ended = ? "      \
			"WHERE id = ? AND verdict = 'running'"                                                     \
	}

static int settle_tables(struct ledger *l, size_t *count, struct error *err)
{
	static const struct {
		const char *select, *update;
	} tables[] = {SETTLE("rounds"), SETTLE("pulls"), SETTLE("drills")};

	for (size_t i = 0; i < COUNT(tables); i++)
		if (settle_table(l, tables[i].select, tables[i].update, count, err) < 0)
			return -1;
	return 0;
}

int ledger_settle(struct ledger *l, size_t *ret_count, struct error *err)
{
	int64_t running;
	size_t count = 0;

	if (sqlite_get_int(l->db, &running, 0, err,
			   "SELECT (SELECT count(*) FROM rounds WHERE verdict = 'running') + "
			   "(SELECT count(*) FROM pulls WHERE verdict = 'running') + "
			   "(SELECT count(*) FROM drills WHERE verdict = 'running')",
			   "") < 0)
		return fail_within(err, "reading the ledger");
	if (running > 0) {
		if (sqlite_begin(l->db, err) < 0)
			return finish_alone(-1, err);
		if (book_finish(l, settle_tables(l, &count, err), err) < 0)
			return -1;
	}
	if (ret_count)
		*ret_count = count;
	return 0;
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* ---- sources and rounds ---- */

int ledger_source_seen(struct ledger *l, const char *source, struct error *err)
{
	int64_t known;

	if (sqlite_get_int(l->db, &known, 0, err, "SELECT 1 FROM sources WHERE source = ?", "t", source) < 0)
		return fail_within(err, "reading the ledger");
	if (known)
		return 0;
	return finish_alone(sqlite_run(l->db, err,
				       "INSERT INTO sources (source, first_seen) VALUES (?, ?) ON CONFLICT DO NOTHING", "ti",
				       source, clock_wall()),
			    err);
}

int ledger_round_begin(struct ledger *l, const char *source, enum trigger trigger, int64_t *ret_id, struct error *err)
{
	int64_t opened = now_us();

	if (sqlite_run(l->db, err,
		       "INSERT INTO rounds (source, trigger, " OPENED ") VALUES (?, ?, ?, ?, 'running', ?, ?, ?)",
		       "ttiiiit", source, trigger_word(trigger), opened / 1000000, opened, l->self.pid,
		       l->self.started, l->self.boot) < 0)
		return finish_alone(-1, err);
	*ret_id = sqlite_last_id(l->db);
	return 0;
}

int ledger_round_end(struct ledger *l, int64_t id, enum verdict verdict, const char *reason, bool interrupted,
		     double seconds, struct error *err)
{
	if (sqlite_run(l->db, err,
		       "UPDATE rounds SET verdict = ?, reason = ?, interrupted = ?, seconds = ?, ended = ? "
		       "WHERE id = ? AND verdict = 'running'",
		       "ttbdii", verdict_word(verdict), reason, (int)interrupted, seconds, clock_wall(), id) < 0)
		return finish_alone(-1, err);
	return expect_one(l, "round", id, err);
}

/* ---- pulls ---- */

static int begin_pull(struct ledger *l, const char *source, enum trigger trigger, int64_t round, int64_t started, bool imported,
		      int64_t *ret_id, struct error *err)
{
	int64_t opened = now_us();

	if (sqlite_run(l->db, err,
		       "INSERT INTO pulls (round, source, trigger, imported, " OPENED ") "
		       "VALUES (nullif(?, 0), ?, ?, ?, ?, ?, 'running', ?, ?, ?)",
		       "ittbiiiit", round, source, trigger_word(trigger), (int)imported,
		       started == TIME_UNKNOWN ? opened / 1000000 : started, opened, l->self.pid, l->self.started,
		       l->self.boot) < 0)
		return finish_alone(-1, err);
	*ret_id = sqlite_last_id(l->db);
	return 0;
}

int ledger_pull_begin(struct ledger *l, const char *source, enum trigger trigger, int64_t round, int64_t *ret_id,
		      struct error *err)
{
	return begin_pull(l, source, trigger, round, TIME_UNKNOWN, false, ret_id, err);
}

int ledger_import_begin(struct ledger *l, const char *source, int64_t started, int64_t *ret_id, struct error *err)
{
	return begin_pull(l, source, TRIGGER_OPERATOR, 0, started, true, ret_id, err);
}

static int close_pull(struct ledger *l, int64_t id, const struct pull_outcome *o, struct error *err)
{
	const struct dump *dump = o->why ? NULL : o->dump;

	if (sqlite_run(l->db, err,
		       "UPDATE pulls SET verdict = ?, reason = ?, why = ?, interrupted = ?, seconds = ?, ended = ?, "
		       "dump = ?, bytes = ?, skew = ? WHERE id = ? AND verdict = 'running'",
		       "tttbditooi", verdict_word(dump ? VERDICT_PASS : VERDICT_UNDECIDED), o->why ? o->why->text : "",
		       error_word(o->why ? o->why->kind : ERR_NONE), (int)o->interrupted, o->seconds, clock_wall(),
		       dump ? dump->name : NULL, dump ? &dump->bytes : NULL, o->skew_known ? &o->skew_s : NULL, id) < 0)
		return -1;
	return expect_one(l, "pull", id, err);
}

static int add_pulled_dump(struct ledger *l, int64_t id, const struct pull_outcome *o, struct error *err)
{
	static const struct origin pulled = {0};
	const struct origin *from = o->origin ? o->origin : &pulled;
	const struct dump *d = o->dump;

	return sqlite_run(l->db, err,
			  "INSERT OR REPLACE INTO dumps (dump, source, taken, bytes, sha256, manifest_sha256, pull, seen, "
			  "system_identifier, database_oid, server_version, skew, origin, origin_version, origin_etag, "
			  "origin_modified, vouched) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''))",
			  "ttiittiitototttot", d->name, d->source, d->taken, d->bytes, d->sha256, o->manifest_sha256, id,
			  clock_wall(), o->system_identifier, o->database_oid ? &o->database_oid : NULL, o->server_version,
			  o->skew_known ? &o->skew_s : NULL, from->where, from->version, from->etag,
			  from->where && from->modified != TIME_UNKNOWN ? &from->modified : NULL, vouch_word(from->vouch));
}

static int add_texts(struct ledger *l, const char *insert, int64_t id, const struct strings *texts, struct error *err)
{
	for (size_t i = 0; texts && i < texts->count; i++)
		if (sqlite_run(l->db, err, insert, "iit", id, (int64_t)i, texts->items[i]) < 0)
			return -1;
	return 0;
}

static int end_pull(struct ledger *l, int64_t id, const struct pull_outcome *o, struct error *err)
{
	if (close_pull(l, id, o, err) < 0 || (!o->why && add_pulled_dump(l, id, o, err) < 0) ||
	    add_texts(l, "INSERT INTO pull_notes (pull, n, note) VALUES (?, ?, ?)", id, o->notes, err) < 0)
		return -1;
	if (!o->skew_known)
		return 0;
	return sqlite_run(l->db, err,
			  "INSERT INTO clocks (source, at, skew, verified, boot) SELECT source, ?, ?, ?, ? FROM pulls "
			  "WHERE id = ?",
			  "iibti", clock_wall(), o->skew_s, (int)o->skew_verified, l->self.boot, id);
}

int ledger_pull_end(struct ledger *l, int64_t id, const struct pull_outcome *o, struct error *err)
{
	if (!o->why && !o->dump)
		return fail(err, ERR_BUG, "pull %lld delivered nothing and gives no reason", (long long)id);
	if (sqlite_begin(l->db, err) < 0)
		return finish_alone(-1, err);
	return book_finish(l, end_pull(l, id, o, err), err);
}

int ledger_dump_found(struct ledger *l, const struct dump *dump, const char *manifest_sha256, struct error *err)
{
	int64_t known;

	if (sqlite_get_int(l->db, &known, 0, err, "SELECT 1 FROM dumps WHERE dump = ?", "t", dump->name) < 0)
		return fail_within(err, "reading the ledger");
	if (known)
		return 0;
	return finish_alone(sqlite_run(l->db, err,
				       "INSERT INTO dumps (dump, source, taken, bytes, sha256, manifest_sha256, seen) "
				       "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
				       "ttiitti", dump->name, dump->source, dump->taken, dump->bytes, dump->sha256,
				       manifest_sha256, clock_wall()),
			    err);
}

int ledger_published_as(struct ledger *l, const char *dump, const struct origin *origin, struct error *err)
{
	return finish_alone(
		sqlite_run(l->db, err,
			   "UPDATE dumps SET origin = ?, origin_version = ?, origin_etag = ?, origin_modified = ?, "
			   "vouched = coalesce(vouched, nullif(?, '')) WHERE dump = ? AND (origin IS NOT NULL OR pull IS NULL)",
			   "tttott", origin->where, origin->version, origin->etag,
			   origin->modified != TIME_UNKNOWN ? &origin->modified : NULL, vouch_word(origin->vouch), dump),
		err);
}

/* ---- drills ---- */

int ledger_drill_begin(struct ledger *l, const char *source, const char *dump, enum level level,
		       enum trigger trigger, int64_t round, int64_t *ret_id, struct error *err)
{
	int64_t opened = now_us();

	if (sqlite_run(l->db, err,
		       "INSERT INTO drills (round, source, dump, level, trigger, " OPENED ") "
		       "VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?)",
		       "ittttiiiit", round, source, dump, level_word(level), trigger_word(trigger), opened / 1000000,
		       opened, l->self.pid, l->self.started, l->self.boot) < 0)
		return finish_alone(-1, err);
	*ret_id = sqlite_last_id(l->db);
	return 0;
}

static int close_drill(struct ledger *l, int64_t id, const struct drill_end *o, struct error *err)
{
	/* a restore that did not come to its end has no seconds */
	if (sqlite_run(l->db, err,
		       "UPDATE drills SET verdict = ?, reason = ?, why = ?, interrupted = ?, seconds = ?, "
		       "restore_seconds = iif(?6 < 0, NULL, ?6), scratch_bytes = nullif(?, 0), ended = ? "
		       "WHERE id = ? AND verdict = 'running'",
		       "tttbddiii", verdict_word(o->verdict), o->reason ? o->reason : "", error_word(o->why),
		       (int)o->interrupted, o->seconds, o->findings ? o->findings->restore_seconds : -1.0,
		       o->scratch_bytes, clock_wall(), id) < 0)
		return -1;
	return expect_one(l, "drill", id, err);
}

static int add_phases(struct ledger *l, int64_t id, const struct findings *f, struct error *err)
{
	for (size_t i = 0; i < f->phase_count; i++)
		if (sqlite_run(l->db, err,
			       "INSERT INTO phases (drill, n, rung, seconds, summary) VALUES (?, ?, ?, ?, ?)", "iitdt", id,
			       (int64_t)i, rung_word(f->phases[i].rung), f->phases[i].seconds, f->phases[i].summary) < 0)
			return -1;
	return 0;
}

/* The only list that grows with the database: prepared once. */
static int add_checks(struct ledger *l, int64_t id, const struct findings *f, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;

	if (sqlite_prepare(l->db, &s, err,
			   "INSERT INTO checks (drill, n, rung, result, name, expected, actual, detail) "
			   "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			   "iitttttt", id, INT64_C(0), "", "", "", "", "", "") < 0)
		return -1;
	for (size_t i = 0; i < f->check_count; i++) {
		const struct check *c = &f->checks[i];

		if (sqlite_again(s, err, "iitttttt", id, (int64_t)i, rung_word(c->rung), result_word(c->result), c->name,
				 c->expected, c->actual, c->detail) < 0 ||
		    sqlite_step(s, err) < 0)
			return -1;
	}
	return 0;
}

/* The media rung has read the stored bytes: how that ended counts as a re-read of the dump. */
static int add_reread(struct ledger *l, int64_t id, const struct findings *f, struct error *err)
{
	size_t passed = findings_count(f, RUNG_MEDIA, RESULT_PASS);
	bool well = findings_rung_well(f, RUNG_MEDIA);
	const char *detail = "";

	if (well ? passed == 0 : findings_count(f, RUNG_MEDIA, RESULT_FAIL) == 0)
		return 0;
	for (size_t i = 0; i < f->check_count && !well; i++)
		if (f->checks[i].rung == RUNG_MEDIA && f->checks[i].result == RESULT_FAIL) {
			detail = f->checks[i].detail;
			break;
		}
	return sqlite_run(l->db, err,
			  "INSERT INTO rereads (dump, at, matched, detail) SELECT dump, ?, ?, ? FROM drills WHERE id = ?",
			  "ibti", clock_wall(), (int)well, detail, id);
}

static int end_drill(struct ledger *l, int64_t id, const struct drill_end *o, struct error *err)
{
	const struct findings *f = o->findings;

	if (close_drill(l, id, o, err) < 0)
		return -1;
	if (!f)
		return 0;
	if (add_phases(l, id, f, err) < 0 || add_checks(l, id, f, err) < 0 ||
	    add_texts(l, "INSERT INTO notes (drill, n, note) VALUES (?, ?, ?)", id, &f->notes, err) < 0)
		return -1;
	return add_reread(l, id, f, err);
}

int ledger_drill_end(struct ledger *l, int64_t id, const struct drill_end *o, struct error *err)
{
	if (sqlite_begin(l->db, err) < 0)
		return finish_alone(-1, err);
	return book_finish(l, end_drill(l, id, o, err), err);
}

/* ---- single facts ---- */

int ledger_reread(struct ledger *l, const char *dump, bool matched, const char *detail, struct error *err)
{
	return finish_alone(sqlite_run(l->db, err, "INSERT INTO rereads (dump, at, matched, detail) VALUES (?, ?, ?, ?)",
				       "tibt", dump, clock_wall(), (int)matched, detail ? detail : ""),
			    err);
}

int ledger_press(struct ledger *l, int64_t held_ms, const char *outcome, struct error *err)
{
	return finish_alone(sqlite_run(l->db, err, "INSERT INTO presses (at, held_ms, outcome) VALUES (?, ?, ?)", "iit",
				       clock_wall(), held_ms, outcome),
			    err);
}

int ledger_accept(struct ledger *l, const char *dump, const char *who, const char *why, struct error *err)
{
	return finish_alone(sqlite_run(l->db, err, "INSERT INTO acceptances (dump, at, who, why) VALUES (?, ?, ?, ?)",
				       "titt", dump, clock_wall(), who, why),
			    err);
}

int ledger_acknowledge(struct ledger *l, const char *dump, const char *who, struct error *err)
{
	return finish_alone(sqlite_run(l->db, err,
				       "INSERT INTO acknowledgements (dump, at, who) VALUES (?1, ?2, ?3) "
				       "ON CONFLICT DO UPDATE SET at = ?2, who = ?3 WHERE at < " LAST_PASS,
				       "tit", dump, clock_wall(), who),
			    err);
}

int ledger_clock_seen(struct ledger *l, const char *source, int64_t skew_s, bool verified, struct error *err)
{
	return finish_alone(sqlite_run(l->db, err,
				       "INSERT INTO clocks (source, at, skew, verified, boot) VALUES (?, ?, ?, ?, ?)",
				       "tiibt", source, clock_wall(), skew_s, (int)verified, l->self.boot),
			    err);
}
