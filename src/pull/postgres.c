#include "pull/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/pg.h"
#include "model/exempt.h"
#include "port/survey.h"
#include "pull/dumping.h"
#include "pull/precheck.h"

#define WIDE_BYTES ((int64_t)600 << 20)
#define LISTINGS 5	   /* how often a table may appear while we lock the others */
#define TABLES_PER_LOCK 200
#define TICK_MS 500

/* Every table that pg_dump will lock; the oid, so that one made anew under an old name is seen. */
static const char tables_query[] =
	"SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.oid "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
	"AND n.nspname <> 'information_schema' AND (NOT EXISTS (SELECT FROM pg_catalog.pg_depend d "
	"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e') "
	"OR EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig))) ORDER BY c.oid";

static const char snapshot_query[] =
	"SELECT pg_catalog.pg_export_snapshot(), pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp()))::int8";

struct pull {
	const struct pull_request *request;
	struct pg_target target;
	/*
	 * Holds the locks and the snapshot, and takes the survey: on any other
	 * connection a count would queue behind whoever waits for our locks, and
	 * we would wait for it, for ever.
	 */
	struct pg *keeper;
	struct pg *observer; /* sees what is there now, and who is in the way */
	struct manifest *manifest;
	struct dumping dumping;
	struct pull_progress progress;
	struct strings tables; /* to be locked */
	char *listing;	       /* the same with their oids, to compare */
	char *snapshot;
	char *waiting_for;
	char *fingerprint; /* of the catalogue in the snapshot */
	struct text sql;
};

static void pull_done(struct pull *p)
{
	dumping_done(&p->dumping);
	pg_close(&p->observer);
	pg_close(&p->keeper);
	strings_done(&p->tables);
	free(p->listing);
	free(p->snapshot);
	free(p->waiting_for);
	free(p->fingerprint);
	text_done(&p->sql);
}

static int tell(void *context, struct error *err UNUSED)
{
	struct pull *p = context;

	p->progress.bytes = p->dumping.bytes;
	p->progress.waiting_for = p->waiting_for;
	if (p->request->progress)
		p->request->progress(p->request->context, &p->progress);
	return 0;
}

static void enter(struct pull *p, enum pull_stage stage)
{
	p->progress.stage = stage;
	(void)tell(p, NULL);
}

/* ---------------------------------------------------------------- errors that another attempt may not meet */

/* What a server says when the ground moved under a query of ours. */
static const struct {
	const char *sqlstate;
	const char *sentence;
} crossed[] = {
	{"40001", "the standby cancelled us, because it had to apply what we still read: set hot_standby_feedback = on or raise "
		  "max_standby_streaming_delay there"},
	{"40P01", "a deadlock with a change of the schema: try again when it is at rest"},
	{"XX000", "the schema was altered while it was read: try again when it is at rest"},
	{"42P01", "a table vanished while the schema was read: try again when it is at rest"},
	{"42703", "a column vanished while the schema was read: try again when it is at rest"},
	{"42704", "an object vanished while the schema was read: try again when it is at rest"},
	{"42883", "a function vanished while the schema was read: try again when it is at rest"},
	{"3F000", "a schema vanished while it was read: try again when it is at rest"},
};

/* 'err' came from this connection: an error that a second attempt may not meet gets its kind. Returns -1. */
static int judge(const struct pg *pg, struct error *err)
{
	if (err->kind == ERR_PRIVILEGE && *pg_message(pg))
		return fail(err, ERR_PRIVILEGE, "%s: grant it to the role that dumps; 'drillbox doctor' lists all that lacks",
			    pg_message(pg));
	if (err->kind != ERR_SOURCE && err->kind != ERR_NETWORK)
		return -1;
	if (strstr(pg_message(pg), "conflict with recovery"))
		return fail(err, ERR_CHANGED, "%s", crossed[0].sentence);
	for (size_t i = 0; i < COUNT(crossed); i++)
		if (strcmp(pg_sqlstate(pg), crossed[i].sqlstate) == 0)
			return fail(err, ERR_CHANGED, "%s (%s)", crossed[i].sentence, pg_message(pg));
	if (err->kind == ERR_SOURCE && *pg_message(pg))
		return fail(err, ERR_SOURCE, "the survey beside the dump failed (%s): see the server's log", pg_message(pg));
	return -1;
}

/* ---------------------------------------------------------------- locks and the snapshot */

static int take_table(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct pull *p = context;

	strings_add(&p->tables, pg_text(r, 0, 0));
	text_addf(&p->sql, "%s %s\n", pg_text(r, 0, 1), pg_text(r, 0, 0));
	return 0;
}

/* What tables there are now. 'ret_same' tells whether they are the ones that were there before. */
static int list_tables(struct pull *p, bool *ret_same, struct error *err)
{
	autofree char *before = take(p->listing);

	strings_done(&p->tables);
	text_done(&p->sql);
	if (pg_query_each(p->observer, tables_query, take_table, p, err) < 0)
		return fail_within(err, "listing the tables");
	p->listing = text_take(&p->sql);
	*ret_same = same(before, p->listing);
	return 0;
}

/* Who holds what the keeper waits for; called while it waits. */
static int find_holder(void *context, struct error *err)
{
	static const char query[] =
		"SELECT a.pid, a.usename, a.application_name, a.state, "
		"(SELECT l.relation::pg_catalog.regclass FROM pg_catalog.pg_locks l WHERE l.pid = $1::int4 AND NOT l.granted "
		"LIMIT 1) "
		"FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids($1::int4)) b JOIN pg_catalog.pg_stat_activity a ON a.pid = b "
		"ORDER BY a.xact_start LIMIT 1";
	struct pull *p = context;
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};
	char pid[16];
	const char *params[] = {pid};

	(void)snprintf(pid, sizeof(pid), "%d", pg_backend_pid(p->keeper));
	if (pg_query_params(p->observer, query, 1, params, &rows, err) < 0)
		return -1;
	if (pg_row_count(&rows) > 0) {
		const char *program = pg_text(&rows, 0, 2);

		free(p->waiting_for);
		p->waiting_for = format("process %s of user '%s'%s%s%s%s holds a lock on '%s'", pg_text(&rows, 0, 0),
					pg_text(&rows, 0, 1), *program ? " (" : "", program, *program ? ")" : "",
					strstr(pg_text(&rows, 0, 3), "idle in") ? ", idle in its transaction," : "",
					pg_text(&rows, 0, 4));
	}
	return tell(p, err);
}

/* BEGIN, the timeout, the locks in batches, then the snapshot: all in one pipeline. */
static const char *next_lock(void *context, size_t i)
{
	struct pull *p = context;
	size_t batches = (p->tables.count + TABLES_PER_LOCK - 1) / TABLES_PER_LOCK;
	size_t first = (i - 2) * TABLES_PER_LOCK;

	if (i == 0)
		return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
	if (i == batches + 2)
		return snapshot_query;
	if (i > batches + 2)
		return NULL;
	text_done(&p->sql);
	if (i == 1) {
		text_addf(&p->sql, "SET LOCAL lock_timeout = %lld", (long long)p->request->source->lock_timeout_s * 1000);
		return p->sql.data;
	}
	text_add(&p->sql, "LOCK TABLE");
	for (size_t k = first; k < first + TABLES_PER_LOCK && k < p->tables.count; k++)
		text_addf(&p->sql, "%s ONLY %s", k > first ? "," : "", p->tables.items[k]);
	text_add(&p->sql, " IN ACCESS SHARE MODE");
	return p->sql.data;
}

static int take_snapshot(void *context, size_t i UNUSED, const struct pg_rows *r, struct error *err UNUSED)
{
	struct pull *p = context;

	if (pg_row_count(r) == 1) {
		set_text(&p->snapshot, pg_text(r, 0, 0));
		p->manifest->snapshot_time = pg_int(r, 0, 1);
		p->manifest->box_time = clock_wall();
	}
	return 0;
}

static int explain_lock(struct pull *p, struct error *err)
{
	if (strcmp(pg_sqlstate(p->keeper), "55P03") == 0)
		return fail(err, ERR_TIMEOUT, "a table stayed locked for %lld s (%s): end that, or raise lock-timeout",
			    (long long)p->request->source->lock_timeout_s,
			    p->waiting_for ? p->waiting_for : "who holds it could not be seen");
	if (err->kind == ERR_TIMEOUT && p->waiting_for)
		return fail_within(err, "waiting for a lock (%s)", p->waiting_for);
	return judge(p->keeper, err);
}

static int lock_and_export(struct pull *p, struct error *err)
{
	int done;

	pg_set_tick(p->keeper, find_holder, p, TICK_MS);
	done = pg_pipeline(p->keeper, next_lock, take_snapshot, p, err);
	pg_set_tick(p->keeper, NULL, NULL, 0);
	if (done < 0)
		return explain_lock(p, err);
	set_text(&p->waiting_for, NULL);
	return 0;
}

/* Locks on all tables there are, and a snapshot from after the last of them was taken. */
static int hold_still(struct pull *p, struct error *err)
{
	bool unchanged;

	if (list_tables(p, &unchanged, err) < 0)
		return -1;
	for (int i = 0; i < LISTINGS; i++) {
		int done = lock_and_export(p, err);

		if (done < 0 && strcmp(pg_sqlstate(p->keeper), "42P01") != 0)
			return -1;
		if (list_tables(p, &unchanged, err) < 0)
			return -1;
		if (done == 0 && unchanged)
			return 0;
		if (pg_exec(p->keeper, "ROLLBACK", err) < 0)
			return -1;
	}
	return fail(err, ERR_CHANGED, "tables are made and dropped faster than they can be locked: pull at a quieter time");
}

/* ---------------------------------------------------------------- the survey */

static int survey_tick(void *context, struct error *err)
{
	struct pull *p = context;

	(void)tell(p, NULL);
	return p->progress.stage == PULL_DUMPING ? dumping_look(&p->dumping, err) : 0;
}

static void on_counted(void *context, size_t counted, size_t of)
{
	struct pull *p = context;

	p->progress.counted = counted;
	p->progress.to_count = of;
}

static void leave_out_counts(struct manifest *m)
{
	m->counts_exact = false;
	for (size_t i = 0; i < m->relation_count; i++)
		if (!m->relations[i].left_out)
			m->relations[i].left_out = xstrdup(LEFT_OUT_NOT_COUNTED);
}

/* For drills at level deep. It costs the source a scan of each table more. */
static int hash_contents(struct pull *p, struct error *err)
{
	struct manifest *m = p->manifest;
	int64_t began = clock_mono_ms();

	for (size_t i = 0; i < m->relation_count; i++)
		m->relations[i].not_hashed = exempt_reason(p->request->source->not_hashed, m->relations[i].name);
	if (survey_contents(p->keeper, true, m, NULL, on_counted, p, err) < 0)
		return -1;
	m->hash_ms = clock_mono_ms() - began;
	return 0;
}

/* Before it is so long that pg_dump fails. */
static void warn_of_width(const struct pull *p)
{
	const struct manifest *m = p->manifest;
	char width[UNIT_TEXT];

	for (size_t i = 0; p->request->notes && i < m->relation_count; i++)
		if (m->relations[i].widest > WIDE_BYTES)
			strings_add_owned(p->request->notes,
					  format("the longest row of %s is %s as text: from 1 GB on pg_dump fails; split its "
						 "values, or keep them as large objects", m->relations[i].name,
						 human_bytes(m->relations[i].widest, width)));
}

/* All but the sequences, which were read before; while pg_dump is at work. */
static int survey(struct pull *p, struct error *err)
{
	struct manifest *m = p->manifest;
	struct pg *pg = p->keeper;
	size_t known;

	if (survey_identity(pg, m, err) < 0 || survey_relations(pg, m, err) < 0 || survey_catalogue(pg, m, err) < 0 ||
	    survey_fingerprint(pg, &p->fingerprint, err) < 0 || survey_large_objects(pg, m, err) < 0 ||
	    survey_sequence_reach(pg, m, err) < 0)
		return -1;
	if (!p->request->source->counts) {
		leave_out_counts(m);
		return 0;
	}
	known = m->not_dumped.count;
	if (survey_rows_held(pg, m, on_counted, p, err) < 0)
		return -1;
	for (size_t i = known; p->request->notes && i < m->not_dumped.count; i++)
		strings_add_owned(p->request->notes, format("not in the dump: %s", m->not_dumped.items[i]));
	warn_of_width(p);
	return p->request->source->level == LEVEL_DEEP ? hash_contents(p, err) : 0;
}

/* ---------------------------------------------------------------- altered meanwhile */

/* Applications make and unlink large objects all the time: that is no change of the schema. */
static bool is_schema(const struct object_class *c)
{
	return strcmp(c->name, "large object") != 0;
}

/* A REFRESH is none either. */
static bool is_definition(const char *key)
{
	return strcmp(key, "populated") != 0;
}

static int compare_object(const struct object_class *c, const struct object *was, const struct object_class *now_class,
			  struct error *err)
{
	const struct object *now = now_class ? object_class_find(now_class, was->name) : NULL;

	if (!now)
		return fail(err, ERR_CHANGED, "the %s '%s' was dropped during the pull: try again when the schema is at rest",
			    c->name,
			    was->name);
	for (size_t k = 0; k < c->keys.count; k++)
		if (is_definition(c->keys.items[k]) && !same(was->values[k], now->values[k]))
			return fail(err, ERR_CHANGED, "the %s '%s' was altered during the pull (%s): try again when the schema is "
				    "at rest",
				    c->name, was->name, c->keys.items[k]);
	return 0;
}

/* What was made meanwhile is not in the snapshot and does no harm. */
static int compare_catalogues(const struct manifest *was, const struct manifest *now, struct error *err)
{
	for (size_t i = 0; i < was->class_count; i++) {
		const struct object_class *c = &was->classes[i], *now_class = manifest_class(now, c->name);

		for (size_t o = 0; is_schema(c) && o < c->count; o++)
			if (compare_object(c, &c->objects[o], now_class, err) < 0)
				return -1;
	}
	return 0;
}

/* Some functions that print definitions lock the table, and so queue behind whoever waits for the keeper to let go. */
#define OBSERVER_LOCK_TIMEOUT "'10s'"

/*
 * Functions that print definitions show the newest, whatever the snapshot: so
 * both the dump and the survey may hold what was altered after it. The digest
 * is cheap and says mostly that nothing was.
 */
static int look_again(struct pull *p, struct error *err)
{
	CLEANUP(manifest_done) struct manifest now = {0};
	autofree char *fingerprint = NULL;

	if (survey_fingerprint(p->observer, &fingerprint, err) < 0)
		return -1;
	if (same(fingerprint, p->fingerprint))
		return 0;
	if (pg_exec(p->observer, "SET lock_timeout = " OBSERVER_LOCK_TIMEOUT, err) < 0 ||
	    pg_exec(p->observer, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err) < 0 ||
	    survey_catalogue(p->observer, &now, err) < 0 || pg_exec(p->observer, "COMMIT", err) < 0) {
		if (strcmp(pg_sqlstate(p->observer), "55P03") == 0)
			return fail(err, ERR_CHANGED, "the schema was altered during the pull, and somebody waits behind our "
						      "locks to alter more: try again when the schema is at rest");
		return judge(p->observer, err);
	}
	return compare_catalogues(p->manifest, &now, err);
}

/* Where the next value comes from, in the direction of the increment. */
static __int128 position(const struct sequence *s)
{
	__int128 last = (__int128)s->last_value - (s->is_called ? 0 : s->increment);

	return s->increment < 0 ? -last : last;
}

/*
 * No lock and no snapshot holds a sequence still. One that was set back after we
 * read it may be in the dump with the lower value, which would look like a loss.
 * Those that cycle come back to where they began by themselves.
 */
static int look_at_sequences_again(struct pull *p, struct error *err)
{
	CLEANUP(manifest_done) struct manifest now = {0};

	if (p->manifest->sequence_count == 0)
		return 0;
	/* by the keeper: its locks are held already, where anybody else would queue behind who waits for them */
	if (survey_sequences(p->keeper, &now, err) < 0)
		return judge(p->keeper, err);
	for (size_t i = 0; i < p->manifest->sequence_count; i++) {
		const struct sequence *was = &p->manifest->sequences[i], *is = manifest_sequence(&now, was->name);

		if (is && !was->cycles && was->increment == is->increment && position(is) < position(was))
			return fail(err, ERR_CHANGED, "the sequence '%s' was set back during the pull: try again", was->name);
	}
	return 0;
}

/* ---------------------------------------------------------------- the whole */

static int connect_both(struct pull *p, struct error *err)
{
	struct deadline deadline = p->request->deadline;

	if (pg_connect(&p->target, deadline, &p->keeper, err) < 0)
		return -1;
	/* a name may stand for several servers: all connections go where the first one went */
	if (*pg_address(p->keeper))
		p->target.address = pg_address(p->keeper);
	return pg_connect(&p->target, deadline, &p->observer, err);
}

static int dump_and_survey(struct pull *p, struct error *err)
{
	if (survey_sequences(p->keeper, p->manifest, err) < 0)
		return explain_lock(p, err);
	enter(p, PULL_DUMPING);
	if (dumping_start(&p->dumping, p->request, p->snapshot, p->keeper, err) < 0)
		return -1;
	pg_set_tick(p->keeper, survey_tick, p, TICK_MS);
	if (survey(p, err) < 0)
		return explain_lock(p, err);
	pg_set_tick(p->keeper, NULL, NULL, 0);
	return dumping_wait(&p->dumping, tell, p, err);
}

static void describe(struct pull *p)
{
	struct manifest *m = p->manifest;

	m->dumped_by = format("pg_dump %s", p->request->tool->version);
	m->format = xstrdup(p->request->source->format == FORMAT_DIRECTORY ? "directory" : "custom");
	m->source = xstrdup(p->request->source->name);
	manifest_sort(m);
}

int pull_postgres(const struct pull_request *request, struct manifest *ret, struct error *err)
{
	CLEANUP(manifest_done) struct manifest manifest = {0};
	CLEANUP(pull_done) struct pull p = {
		.request = request,
		.target = source_target(request->source, request->password),
		.manifest = &manifest,
		.dumping = DUMPING_INIT,
	};

	enter(&p, PULL_CONNECTING);
	if (connect_both(&p, err) < 0)
		return -1;
	enter(&p, PULL_LOCKING);
	if (hold_still(&p, err) < 0 || dump_and_survey(&p, err) < 0)
		return -1;
	enter(&p, PULL_COMPARING);
	if (look_again(&p, err) < 0 || look_at_sequences_again(&p, err) < 0)
		return -1;
	/* that the locks were lost on the way would not go unseen */
	if (pg_exec(p.keeper, "COMMIT", err) < 0)
		return fail_within(err, "the connection that held the snapshot");
	describe(&p);
	*ret = manifest;
	manifest = (struct manifest){0};
	return 0;
}
