#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ledger/book.h"
#include "ledger/ledger.h"

#define SCRATCH_WINDOW_S (INT64_C(60) * 86400)
#define ATTEMPTS_LOOKED_AT 1000 /* events of one source that say when it is due: weeks of hourly failures */

static int reading(int r, struct error *err)
{
	return r < 0 ? fail_within(err, "reading the ledger") : 0;
}

static char *text_or_null(struct sqlite_statement *s, int column)
{
	return sqlite_is_null(s, column) ? NULL : xstrdup(sqlite_text(s, column));
}

/* ---- events ---- */

/* What read_event() takes, for each kind; 'opened' is there to be sorted by. */
#define SELECT_EVENT(kind, table, round, dump, bytes, level, restore_seconds)                                    \
	"SELECT " kind " AS kind, id, " round " AS round, source, trigger, " dump " AS dump, verdict, reason, why, " \
	"interrupted, started, ended, seconds, " bytes " AS bytes, " level " AS level, "                         \
	restore_seconds " AS restore_seconds, pid, pid_started, boot, opened FROM " table
#define SELECT_ROUNDS SELECT_EVENT("0", "rounds", "id", "NULL", "NULL", "NULL", "NULL")
#define SELECT_PULLS SELECT_EVENT("1", "pulls", "round", "dump", "bytes", "NULL", "NULL")
#define SELECT_DRILLS SELECT_EVENT("2", "drills", "round", "dump", "scratch_bytes", "level", "restore_seconds")

/* A running row is as old as the wall clock says, one whose process is gone was interrupted, settled or not. */
static void judge_running(const struct ledger *l, struct event *e, const struct worker *w)
{
	int64_t now = clock_wall();

	if (worker_alive(w, l->self.boot)) {
		e->seconds = now > e->started ? (double)(now - e->started) : 0;
		return;
	}
	e->verdict = VERDICT_UNDECIDED;
	e->interrupted = true;
	free(e->reason);
	e->reason = worker_epitaph(w, l->self.boot);
}

static int word(int value, const char *what, const char *text, struct error *err)
{
	if (value < 0)
		return fail(err, ERR_DATA, "the %s '%s' in the ledger is unknown to this drillbox; update it", what, text);
	return value;
}

static int read_event(const struct ledger *l, struct sqlite_statement *s, struct event *e, struct error *err)
{
	struct worker w = {.pid = sqlite_int(s, 16), .started = sqlite_int(s, 17)};
	int trigger = word(trigger_from_word(sqlite_text(s, 4)), "trigger", sqlite_text(s, 4), err);
	int verdict = word(verdict_from_word(sqlite_text(s, 6)), "verdict", sqlite_text(s, 6), err);
	int level = sqlite_is_null(s, 14) ? LEVEL_STANDARD :
					    word(level_from_word(sqlite_text(s, 14)), "level", sqlite_text(s, 14), err);

	if (trigger < 0 || verdict < 0 || level < 0)
		return -1;
	e->kind = (enum event_kind)sqlite_int(s, 0);
	e->id = sqlite_int(s, 1);
	e->round = sqlite_int(s, 2);
	e->source = xstrdup(sqlite_text(s, 3));
	e->trigger = (enum trigger)trigger;
	e->dump = text_or_null(s, 5);
	e->verdict = (enum verdict)verdict;
	e->reason = xstrdup(sqlite_text(s, 7));
	e->why = error_kind_from_word(sqlite_text(s, 8));
	e->interrupted = sqlite_int(s, 9);
	e->started = sqlite_int(s, 10);
	e->ended = sqlite_is_null(s, 11) ? TIME_UNKNOWN : sqlite_int(s, 11);
	e->seconds = sqlite_is_null(s, 12) ? -1 : sqlite_real(s, 12);
	e->bytes = sqlite_int(s, 13);
	e->level = (enum level)level;
	e->restore_seconds = sqlite_is_null(s, 15) ? -1 : sqlite_real(s, 15);
	e->pid = w.pid;
	(void)snprintf(w.boot, sizeof(w.boot), "%s", sqlite_text(s, 18));
	if (e->verdict == VERDICT_RUNNING)
		judge_running(l, e, &w);
	return 0;
}

/* All rows of a prepared statement over SELECT_EVENTs. */
static int read_events(const struct ledger *l, struct sqlite_statement *s, struct events *list, struct error *err)
{
	int r;

	while ((r = sqlite_step(s, err)) > 0)
		if (read_event(l, s, events_add(list), err) < 0)
			return -1;
	return r;
}

/* The only row, into 'ret'. */
static int read_one_event(const struct ledger *l, struct sqlite_statement *s, bool *ret_found, struct event *ret,
			  struct error *err)
{
	CLEANUP(events_done) struct events list = {0};

	if (read_events(l, s, &list, err) < 0)
		return -1;
	*ret_found = list.count > 0;
	if (list.count == 0)
		return 0;
	*ret = list.items[0];
	list.items[0] = (struct event){0};
	return 0;
}

/*
 * Each kind is asked for by itself, in its order, so that SQLite merges the three
 * and stops at the limit: the last 30 of ten years are found without reading them.
 */
static char *history_sql(const struct history_filter *f)
{
	static const char *const kinds[] = {SELECT_ROUNDS, SELECT_PULLS, SELECT_DRILLS};
	struct text t = {0};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (i == EVENT_ROUND && (!f->rounds || f->dump))
			continue;
		text_addf(&t, "%s%s WHERE started >= ?3%s%s%s", t.length ? " UNION ALL " : "", kinds[i],
			  f->source ? " AND source = ?1" : "", f->dump ? " AND dump = ?2" : "",
			  i == EVENT_PULL && f->not_imported ? " AND NOT imported" : "");
	}
	text_add(&t, " ORDER BY opened DESC, kind DESC LIMIT ?4");
	return text_take(&t);
}

int ledger_history(struct ledger *l, const struct history_filter *filter, struct events *ret, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	CLEANUP(events_done) struct events list = {0};
	autofree char *sql = history_sql(filter);

	if (sqlite_prepare(l->db, &s, err, sql, "ttii", filter->source, filter->dump, filter->since,
			   filter->limit ? (int64_t)filter->limit : INT64_C(-1)) < 0 ||
	    read_events(l, s, &list, err) < 0)
		return reading(-1, err);
	*ret = list;
	list = (struct events){0};
	return 0;
}

int ledger_newest_pull(struct ledger *l, const char *source, enum which_pull which, bool *ret_found, struct event *ret,
		       struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;

	if (sqlite_prepare(l->db, &s, err,
			   SELECT_PULLS " WHERE source = ? AND verdict <> 'running' AND (verdict = 'pass' OR NOT ?) "
					"AND (NOT imported OR ?) ORDER BY opened DESC LIMIT 1",
			   "tbb", source, (int)(which != PULL_ENDED), (int)(which == DUMP_ARRIVED)) < 0)
		return reading(-1, err);
	return reading(read_one_event(l, s, ret_found, ret, err), err);
}

int ledger_attempts(struct ledger *l, const char *source, struct attempts *ret, struct error *err)
{
	const struct history_filter filter = {
		.source = source, .since = TIME_UNKNOWN, .limit = ATTEMPTS_LOOKED_AT, .rounds = true, .not_imported = true};
	CLEANUP(events_done) struct events list = {0};
	int64_t first_seen;

	if (sqlite_get_int(l->db, &first_seen, TIME_UNKNOWN, err, "SELECT first_seen FROM sources WHERE source = ?", "t",
			   source) < 0)
		return reading(-1, err);
	if (ledger_history(l, &filter, &list, err) < 0)
		return -1;
	attempts_of(&list, first_seen, ret);
	return 0;
}

/* ---- drills ---- */

static int read_phases(struct ledger *l, int64_t id, struct findings *f, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r, rung;

	if (sqlite_prepare(l->db, &s, err, "SELECT rung, seconds, summary FROM phases WHERE drill = ? ORDER BY n", "i",
			   id) < 0)
		return -1;
	while ((r = sqlite_step(s, err)) > 0) {
		rung = word(rung_from_word(sqlite_text(s, 0)), "rung", sqlite_text(s, 0), err);
		if (rung < 0)
			return -1;
		findings_add_phase(f, (enum rung)rung, sqlite_real(s, 1), "%s", sqlite_text(s, 2));
	}
	return r;
}

static int read_checks(struct ledger *l, int64_t id, struct findings *f, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r, rung, result;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT rung, result, name, expected, actual, detail FROM checks WHERE drill = ? ORDER BY n", "i",
			   id) < 0)
		return -1;
	while ((r = sqlite_step(s, err)) > 0) {
		rung = word(rung_from_word(sqlite_text(s, 0)), "rung", sqlite_text(s, 0), err);
		result = word(result_from_word(sqlite_text(s, 1)), "result", sqlite_text(s, 1), err);
		if (rung < 0 || result < 0)
			return -1;
		findings_add(f, (enum rung)rung, (enum result)result, sqlite_text(s, 2), sqlite_text(s, 3),
			     sqlite_text(s, 4), "%s", sqlite_text(s, 5));
	}
	return r;
}

static int read_notes(struct ledger *l, int64_t id, struct findings *f, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err, "SELECT note FROM notes WHERE drill = ? ORDER BY n", "i", id) < 0)
		return -1;
	while ((r = sqlite_step(s, err)) > 0)
		strings_add(&f->notes, sqlite_text(s, 0));
	return r;
}

int ledger_drill(struct ledger *l, int64_t id, struct drill_record *ret, struct error *err)
{
	CLEANUP(drill_record_done) struct drill_record d = {0};
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	bool found;

	if (sqlite_prepare(l->db, &s, err, SELECT_DRILLS " WHERE id = ?", "i", id) < 0 ||
	    read_one_event(l, s, &found, &d.event, err) < 0)
		return reading(-1, err);
	if (!found)
		return fail(err, ERR_USAGE, "there is no drill %lld; see 'drillbox history'", (long long)id);
	d.findings.restore_seconds = d.event.restore_seconds;
	if (read_phases(l, id, &d.findings, err) < 0 || read_checks(l, id, &d.findings, err) < 0 ||
	    read_notes(l, id, &d.findings, err) < 0)
		return reading(-1, err);
	*ret = d;
	memset(&d, 0, sizeof(d));
	return 0;
}

int ledger_newest_drill(struct ledger *l, const char *source, const char *dump, int64_t *ret_id, struct error *err)
{
	return reading(sqlite_get_int(l->db, ret_id, 0, err,
				      "SELECT id FROM drills WHERE (?1 IS NULL OR source = ?1) "
				      "AND (?2 IS NULL OR dump = ?2) ORDER BY opened DESC LIMIT 1",
				      "tt", source, dump),
		       err);
}

/* ---- dumps ---- */

/* Columns of a statement that goes through drills, oldest first, for dump_state_after(). */
#define JUDGED "id, dump, level, verdict, started, reason, restore_seconds"

static int judged_state(struct sqlite_statement *s, enum dump_state before, enum dump_state *ret, bool *ret_decides,
			struct error *err)
{
	int level = word(level_from_word(sqlite_text(s, 2)), "level", sqlite_text(s, 2), err);
	int verdict = word(verdict_from_word(sqlite_text(s, 3)), "verdict", sqlite_text(s, 3), err);

	if (level < 0 || verdict < 0)
		return -1;
	*ret = dump_state_after(before, (enum level)level, (enum verdict)verdict);
	/* it decides when it would, whatever was before */
	*ret_decides = dump_state_after(DUMP_UNPROVEN, (enum level)level, (enum verdict)verdict) != DUMP_UNPROVEN;
	return 0;
}

#define ORIGIN "origin, origin_version, origin_etag, origin_modified, vouched"

/* From the five columns of ORIGIN on. */
static int read_origin(struct sqlite_statement *s, int column, struct origin *ret, struct error *err)
{
	const char *vouched = sqlite_is_null(s, column + 4) ? "" : sqlite_text(s, column + 4);
	int vouch = word(vouch_from_word(vouched), "voucher", vouched, err);

	if (vouch < 0)
		return -1;
	*ret = (struct origin){
		.where = text_or_null(s, column),
		.version = text_or_null(s, column + 1),
		.etag = text_or_null(s, column + 2),
		.modified = sqlite_is_null(s, column + 3) ? TIME_UNKNOWN : sqlite_int(s, column + 3),
		.vouch = (enum vouch)vouch,
	};
	return 0;
}

static int fill_origins(struct ledger *l, struct dumps *list, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err, "SELECT " ORIGIN ", dump FROM dumps WHERE origin IS NOT NULL", "") < 0)
		return -1;
	while ((r = sqlite_step(s, err)) > 0) {
		struct dump *d = dumps_find(list, sqlite_text(s, 5));

		if (!d)
			continue;
		origin_done(&d->origin);
		if (read_origin(s, 0, &d->origin, err) < 0)
			return -1;
	}
	return r;
}

static int fill_states(struct ledger *l, struct dumps *list, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err, "SELECT " JUDGED " FROM drills ORDER BY id", "") < 0)
		return -1;
	while ((r = sqlite_step(s, err)) > 0) {
		struct dump *d = dumps_find(list, sqlite_text(s, 1));
		bool decides;

		if (d && judged_state(s, d->state, &d->state, &decides, err) < 0)
			return -1;
	}
	return r;
}

static int fill_accepted(struct ledger *l, struct dumps *list, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err, "SELECT DISTINCT dump FROM acceptances", "") < 0)
		return -1;
	while ((r = sqlite_step(s, err)) > 0) {
		struct dump *d = dumps_find(list, sqlite_text(s, 0));

		if (d)
			d->accepted = true;
	}
	return r;
}

int ledger_dump_states(struct ledger *l, struct dumps *list, struct error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		list->items[i].state = DUMP_UNPROVEN;
		list->items[i].accepted = false;
	}
	if (list->count == 0)
		return 0;
	if (fill_states(l, list, err) < 0 || fill_origins(l, list, err) < 0 || fill_accepted(l, list, err) < 0)
		return reading(-1, err);
	return 0;
}

static int read_arrival(struct ledger *l, struct dump_record *d, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT source, sha256, manifest_sha256, bytes, taken, system_identifier, database_oid, skew, " ORIGIN
			   " FROM dumps WHERE dump = ?",
			   "t", d->name) < 0 ||
	    (r = sqlite_step(s, err)) < 0)
		return -1;
	if (r == 0)
		return 0;
	d->source = xstrdup(sqlite_text(s, 0));
	(void)snprintf(d->sha256, sizeof(d->sha256), "%s", sqlite_text(s, 1));
	(void)snprintf(d->manifest_sha256, sizeof(d->manifest_sha256), "%s", sqlite_text(s, 2));
	d->bytes = sqlite_int(s, 3);
	d->taken = sqlite_int(s, 4);
	d->system_identifier = text_or_null(s, 5);
	d->database_oid = sqlite_int(s, 6);
	d->skew_s = sqlite_int(s, 7);
	return read_origin(s, 8, &d->origin, err);
}

/* A running drill decided nothing and is not the last that ended. */
static int read_judgement(struct ledger *l, struct dump_record *d, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT " JUDGED " FROM drills WHERE dump = ? AND verdict <> 'running' ORDER BY id", "t",
			   d->name) < 0)
		return -1;
	while ((r = sqlite_step(s, err)) > 0) {
		bool decides;

		if (judged_state(s, d->state, &d->state, &decides, err) < 0)
			return -1;
		d->last_drill = sqlite_int(s, 0);
		d->last_verdict = (enum verdict)verdict_from_word(sqlite_text(s, 3));
		set_text(&d->last_reason, sqlite_text(s, 5));
		if (!decides)
			continue;
		d->decided_by = sqlite_int(s, 0);
		d->decided_at = sqlite_int(s, 4);
		set_text(&d->decided_reason, sqlite_text(s, 5));
		d->restore_seconds = sqlite_is_null(s, 6) ? -1 : sqlite_real(s, 6);
	}
	return r;
}

static int read_words(struct ledger *l, struct dump_record *d, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int64_t acknowledged, rotten;
	int r;

	/* a look that found other bytes takes back what the ones before it said */
	if (sqlite_get_int(l->db, &d->reread, TIME_UNKNOWN, err,
			   "SELECT iif(matched, at, NULL) FROM rereads WHERE dump = ? ORDER BY id DESC LIMIT 1", "t",
			   d->name) < 0 ||
	    sqlite_get_int(l->db, &rotten, 0, err, "SELECT NOT matched FROM rereads WHERE dump = ? ORDER BY id DESC LIMIT 1", "t",
			   d->name) < 0 ||
	    sqlite_get_int(l->db, &acknowledged, 0, err,
			   "SELECT 1 FROM acknowledgements WHERE dump = ?1 AND at >= " LAST_PASS, "t", d->name) < 0 ||
	    sqlite_prepare(l->db, &s, err,
			   "SELECT who, why, at FROM acceptances WHERE dump = ? ORDER BY id DESC LIMIT 1", "t", d->name) < 0 ||
	    (r = sqlite_step(s, err)) < 0)
		return -1;
	d->acknowledged = acknowledged;
	d->rotten = rotten;
	if (r == 0)
		return 0;
	d->accepted = true;
	d->accepted_by = xstrdup(sqlite_text(s, 0));
	d->accepted_why = xstrdup(sqlite_text(s, 1));
	d->accepted_at = sqlite_int(s, 2);
	return 0;
}

int ledger_dump(struct ledger *l, const char *name, struct dump_record *ret, struct error *err)
{
	CLEANUP(dump_record_done) struct dump_record d = {
		.name = xstrdup(name),
		.taken = TIME_UNKNOWN,
		.state = DUMP_UNPROVEN,
		.decided_at = TIME_UNKNOWN,
		.restore_seconds = -1,
		.last_verdict = VERDICT_UNDECIDED,
		.accepted_at = TIME_UNKNOWN,
		.reread = TIME_UNKNOWN,
	};
	autofree char *database = NULL;

	if (read_arrival(l, &d, err) < 0 || read_judgement(l, &d, err) < 0 || read_words(l, &d, err) < 0)
		return reading(-1, err);
	if (!d.source && !dump_name_parse(name, &d.source, &database, &d.taken))
		d.source = xstrdup("");
	if (!d.decided_reason)
		d.decided_reason = xstrdup("");
	if (!d.last_reason)
		d.last_reason = xstrdup("");
	*ret = d;
	d = (struct dump_record){0};
	return 0;
}

int ledger_came_before(struct ledger *l, const char *source, const struct origin *origin, const char *sha256,
		       int64_t bytes, char **ret_dump, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT dump FROM dumps WHERE source = ?1 AND ((?2 <> '' AND sha256 = ?2) OR (?2 = '' AND origin = ?3 "
			   "AND iif(?4 IS NOT NULL OR ?5 IS NOT NULL, origin_etag IS ?4 AND origin_version IS ?5, "
			   "origin_modified = ?6 AND bytes = ?7))) ORDER BY taken DESC LIMIT 1",
			   "tttttoi", source, sha256, origin->where, origin->etag, origin->version,
			   origin->modified == TIME_UNKNOWN ? NULL : &origin->modified, bytes) < 0 ||
	    (r = sqlite_step(s, err)) < 0)
		return reading(-1, err);
	*ret_dump = r ? xstrdup(sqlite_text(s, 0)) : NULL;
	return 0;
}

int ledger_baseline(struct ledger *l, const char *source, int64_t before, char **ret_dump, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT dump FROM dumps WHERE source = ?1 AND (?2 IS NULL OR taken < ?2) ORDER BY taken DESC", "to",
			   source, before == TIME_UNKNOWN ? NULL : &before) < 0)
		return reading(-1, err);
	while ((r = sqlite_step(s, err)) > 0) {
		CLEANUP(dump_record_done) struct dump_record d = {0};

		if (ledger_dump(l, sqlite_text(s, 0), &d, err) < 0)
			return -1;
		if (d.state == DUMP_PROVEN || d.accepted) {
			*ret_dump = take(d.name);
			return 0;
		}
	}
	if (r < 0)
		return reading(-1, err);
	*ret_dump = NULL;
	return 0;
}

/* ---- figures ---- */

int ledger_pull_size(struct ledger *l, const char *source, int64_t *ret_bytes, double *ret_seconds, struct error *err)
{
	CLEANUP(event_done) struct event e = {0};
	bool found;

	if (ledger_newest_pull(l, source, PULL_DELIVERED, &found, &e, err) < 0)
		return -1;
	*ret_bytes = found ? e.bytes : 0;
	*ret_seconds = found && e.seconds > 0 ? e.seconds : 0;
	return 0;
}

int ledger_scratch_largest(struct ledger *l, const char *source, int64_t *ret_bytes, struct error *err)
{
	static const char of_all[] = "SELECT max(scratch_bytes) FROM drills "
				     "WHERE opened >= (SELECT max(opened) FROM drills) - ?2 AND ?1 IS NULL";
	static const char of_source[] =
		"SELECT max(scratch_bytes) FROM drills WHERE source = ?1 "
		"AND opened >= (SELECT max(opened) FROM drills WHERE source = ?1) - ?2";

	return reading(sqlite_get_int(l->db, ret_bytes, 0, err, source ? of_source : of_all, "ti", source,
				      SCRATCH_WINDOW_S * 1000000),
		       err);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int ledger_ever_proven(struct ledger *l, const char *source, bool *ret, struct error *err)
{
	int64_t proven;

	if (sqlite_get_int(l->db, &proven, 0, err,
			   "SELECT 1 FROM drills WHERE source = ? AND verdict = 'pass' AND level <> 'quick' LIMIT 1", "t",
			   source) < 0)
		return reading(-1, err);
	*ret = proven != 0;
	return 0;
}

int ledger_restore_median(struct ledger *l, const char *source, size_t most, double *ret_seconds, size_t *ret_of,
			  struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	autofree double *seconds = NULL;
	size_t n = 0;
	int r;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT restore_seconds FROM drills WHERE source = ? AND verdict = 'pass' "
			   "AND restore_seconds IS NOT NULL ORDER BY opened DESC LIMIT ?",
			   "ti", source, (int64_t)most) < 0)
		return reading(-1, err);
	while ((r = sqlite_step(s, err)) > 0) {
		seconds = grow(seconds, n, sizeof(*seconds));
		seconds[n++] = sqlite_real(s, 0);
	}
	if (r < 0)
		return reading(-1, err);
	if (n > 0)
		qsort(seconds, n, sizeof(*seconds), by_size);
	*ret_of = n;
	*ret_seconds = n == 0 ? -1 : (seconds[(n - 1) / 2] + seconds[n / 2]) / 2;
	return 0;
}

int ledger_phase_seconds(struct ledger *l, const char *source, enum rung rung, double *ret_seconds, struct error *err)
{
	CLEANUP(sqlite_finish) struct sqlite_statement *s = NULL;
	int r;

	if (sqlite_prepare(l->db, &s, err,
			   "SELECT sum(seconds) FROM phases WHERE rung = ? AND drill = "
			   "(SELECT id FROM drills WHERE source = ? AND verdict = 'pass' ORDER BY opened DESC LIMIT 1)",
			   "tt", rung_word(rung), source) < 0 ||
	    (r = sqlite_step(s, err)) < 0)
		return reading(-1, err);
	*ret_seconds = r == 0 || sqlite_is_null(s, 0) ? -1 : sqlite_real(s, 0);
	return 0;
}

/* ---- time ---- */

/* Of a table of work: rows that were opened long ago also ended long ago. */
#define NEWEST_OF(table)                                                                                    \
	"SELECT max(max(started, ifnull(ended, started))) FROM "                                            \
	"(SELECT started, ended FROM " table " ORDER BY opened DESC LIMIT 100)"

int ledger_newest_time(struct ledger *l, int64_t *ret, struct error *err)
{
	return reading(sqlite_get_int(l->db, ret, TIME_UNKNOWN, err,
				      "SELECT max(t) FROM (SELECT NULL AS t UNION ALL " NEWEST_OF("rounds")
				      " UNION ALL " NEWEST_OF("pulls") " UNION ALL " NEWEST_OF("drills")
				      " UNION ALL SELECT max(first_seen) FROM sources "
				      "UNION ALL SELECT max(at) FROM rereads UNION ALL SELECT max(at) FROM acceptances "
				      "UNION ALL SELECT max(at) FROM acknowledgements UNION ALL SELECT max(at) FROM presses "
				      "UNION ALL SELECT max(at) FROM clocks)",
				      ""),
		       err);
}

int ledger_clock_agreed(struct ledger *l, int64_t tolerance_s, int64_t *ret_at, int64_t *ret_skew, struct error *err)
{
	int64_t skew;

	if (sqlite_get_int(l->db, ret_at, TIME_UNKNOWN, err,
			   "SELECT max(at) FROM clocks WHERE boot = ? AND verified AND abs(skew) <= ?", "ti", l->self.boot,
			   tolerance_s) < 0 ||
	    sqlite_get_int(l->db, &skew, 0, err,
			   "SELECT skew FROM clocks WHERE boot = ? ORDER BY id DESC LIMIT 1", "t", l->self.boot) < 0)
		return reading(-1, err);
	if (ret_skew)
		*ret_skew = skew;
	return 0;
}
