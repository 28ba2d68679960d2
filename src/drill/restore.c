#include "drill/restore.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "drill/archive.h"
#include "drill/collations.h"
#include "drill/messages.h"
#include "drill/replay.h"
#include "drill/restore_talk.h"
#include "drill/stand_ins.h"

#define SINGLE_BYTES ((int64_t)2 << 20) /* a dump up to this is tried in one transaction first, ... */
#define SINGLE_DATABASE ((int64_t)64 << 20) /* ... unless its database was larger than this */
#define SINGLE_OBJECTS 1000 /* large objects: each is a lock until the transaction ends */
#define TICK_MS 200
#define LOGGER_MS 3000 /* what the server's logger may need to write down an error that pg_restore knows of */
#define LOGGER_REST_MS 20
#define SHOWN 30	/* errors that get a check of their own */
#define TOLD 3		/* errors in notes, where they could not be judged */
#define BY_ORDER "rows were refused by a CHECK or a function, which may read tables that are filled in no certain order then"
#define STARTS 6	/* of pg_restore: in one transaction, with jobs, with more roles, with one job */

/* One run of pg_restore, or of psql. */
struct attempt {
	bool plain;  /* SQL for psql, which ends at the first error */
	bool single; /* in one transaction, which ends at the first error too */
	int jobs;
	const struct restore_request *request;
	int64_t log_from;
	struct restore_talk talk;
	struct messages messages;
	bool killed;
	int exit_code; /* -1 when it did not exit */
	char *epitaph;
	bool cut_off;  /* a plain dump of which not all was read: 'why' says it */
	struct error why;
};

/* The restore as a whole. */
struct restore {
	const struct restore_request *request;
	struct restore_result *result;
	struct findings *findings;
	struct circumstances circumstances;
	struct stand_ins stand_ins;
	struct strings tolerated; /* reasons */
	size_t shown, hidden, follows;
	char *sorts_otherwise; /* with both versions, where the box's library for collations is another than the source's */
	bool cut_short;
};

static void attempt_done(struct attempt *a)
{
	restore_talk_done(&a->talk);
	messages_done(&a->messages);
	free(a->epitaph);
}

static void restore_forget(struct restore *r)
{
	stand_ins_done(&r->stand_ins);
	strings_done(&r->tolerated);
	free(r->sorts_otherwise);
}

static bool is_plain(const struct restore_request *q)
{
	return dump_form_is_plain(q->drill->dump->form);
}

static void say(const struct restore_request *q, const char *text, int64_t done, int64_t of)
{
	if (q->drill->progress)
		q->drill->progress(q->drill->context, RUNG_RESTORE, text, done, of);
}

/* --- the database --- */

static void add_literal(struct text *sql, const char *key, const char *value)
{
	autofree char *literal = value && *value ? pg_literal(value) : NULL;

	if (literal)
		text_addf(sql, " %s %s", key, literal);
}

static bool owner_exists(const struct restore *r)
{
	const struct manifest *m = r->request->drill->manifest;
	const char *owner = r->request->shape->owner;

	if (!owner || role_is_built_in(owner))
		return false;
	for (size_t i = 0; m && i < m->role_count; i++)
		if (strcmp(m->roles[i].name, owner) == 0)
			return true;
	return false;
}

static char *create_statement(const struct restore *r)
{
	const struct database_shape *s = r->request->shape;
	bool icu = same(s->provider, "icu"), builtin = same(s->provider, "builtin");
	autofree char *name = pg_identifier(r->result->database);
	struct text sql = {0};

	/* copied as files: through the WAL it would be written twice */
	text_addf(&sql, "CREATE DATABASE %s TEMPLATE template0 STRATEGY file_copy", name);
	if (owner_exists(r)) {
		autofree char *owner = pg_identifier(s->owner);

		text_addf(&sql, " OWNER %s", owner);
	}
	add_literal(&sql, "ENCODING", s->encoding);
	if (s->provider)
		text_addf(&sql, " LOCALE_PROVIDER %s", icu ? "icu" : builtin ? "builtin" : "libc");
	add_literal(&sql, "LC_COLLATE", s->collate);
	add_literal(&sql, "LC_CTYPE", s->ctype);
	if (icu || builtin)
		add_literal(&sql, icu ? "ICU_LOCALE" : "BUILTIN_LOCALE", s->icu_locale);
	if (icu)
		add_literal(&sql, "ICU_RULES", s->icu_rules);
	if (s->connection_limit >= 0)
		text_addf(&sql, " CONNECTION LIMIT %d", s->connection_limit);
	return text_take(&sql);
}

static int drop_database(struct pg *pg, const char *database, struct error *err)
{
	autofree char *name = pg_identifier(database);
	autofree char *sql = format("DROP DATABASE IF EXISTS %s WITH (FORCE)", name);

	return pg_exec(pg, sql, err);
}

/* The source has no schema public when its manifest lists schemas and that is not among them. */
static bool public_is_gone(const struct manifest *m)
{
	const struct object_class *schemas = m ? manifest_class(m, "schema") : NULL;

	return schemas && !object_class_find(schemas, "public");
}

static int adjust_database(const struct restore *r, struct error *err)
{
	CLEANUP(pg_close) struct pg *pg = NULL;
	struct pg_target target = cluster_target(r->request->cluster, r->result->database);

	const struct strings *collations = r->request->collations;
	bool more = collations && collations->count;
	/* psql would stop at a CREATE SCHEMA of what is there */
	bool without_public = public_is_gone(r->request->drill->manifest) || r->request->toc->makes_public;

	if (!without_public && !more)
		return 0;
	if (pg_connect(&target, r->request->drill->deadline, &pg, err) < 0 ||
	    (more && collations_make(pg, collations, r->request->shape->encoding, err) < 0))
		return -1;
	return without_public ? pg_exec(pg, "DROP SCHEMA public", err) : 0;
}

/* A fresh database under its own name. What the server says against it is the box's matter. */
static int make_database(const struct restore *r, struct pg *pg, struct error *err)
{
	autofree char *sql = create_statement(r);

	if (drop_database(pg, r->result->database, err) < 0 || pg_exec(pg, sql, err) < 0 || adjust_database(r, err) < 0)
		return fail_within(err, "making the database '%s'", r->result->database);
	return 0;
}

/*
 * By which library's version the new database sorts, beside that of the source. A source that does not say may sort
 * otherwise as well; "C" has no version. Where the locale itself is a substitute, that is the cause to name.
 */
static int compare_collation(struct restore *r, struct pg *pg, struct error *err)
{
	const struct manifest *m = r->request->drill->manifest;
	const char *params[1] = {r->result->database}, *here, *there = m ? m->collation_version : NULL;
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};

	if (r->request->substituted_locale)
		return 0;
	if (pg_query_params(pg, "SELECT pg_catalog.to_jsonb(d) ->> 'datcollversion' FROM pg_catalog.pg_database d "
			    "WHERE datname = $1", 1, params, &rows, err) < 0)
		return -1;
	here = pg_row_count(&rows) ? pg_text(&rows, 0, 0) : "";
	if (*here && !same(here, there))
		r->sorts_otherwise = format("%s, here %s", there ? there : "unknown", here);
	r->circumstances.collation_differs = r->sorts_otherwise;
	return 0;
}

/* Its own name, but for the two that a cluster cannot do without. Plain SQL without --create only has it by its file. */
static char *database_name(const struct restore_request *q, struct findings *f)
{
	const struct manifest *m = q->drill->manifest;
	autofree char *source = NULL, *named = NULL;
	int64_t taken;
	bool has_name = dump_name_parse(q->drill->dump->name, &source, &named, &taken);
	const char *own = m && m->database ? m->database : q->toc->database ? q->toc->database : has_name ? named : NULL;

	if (own && strcmp(own, "template0") != 0 && strcmp(own, "template1") != 0)
		return xstrdup(own);
	findings_note(f, "the database was restored as 'restored': its own name is '%s'", own ? own : "unknown");
	return xstrdup("restored");
}

/* --- pg_restore --- */

static void hear(void *context, const char *bytes, size_t n)
{
	struct attempt *a = context;

	restore_talk_add(&a->talk, bytes, n);
}

/* While it runs: the cluster lives and does not log without end, the disk keeps its reserve. */
static int watch(void *context, struct error *err)
{
	struct attempt *a = context;
	const struct restore_request *q = a->request;

	say(q, a->talk.item ? a->talk.item : "", (int64_t)a->talk.begun, (int64_t)q->toc->count);
	if (cluster_check(q->cluster, err) < 0)
		return -1;
	if (a->talk.last_error && strstr(a->talk.last_error, "No space left on device"))
		return fail(err, ERR_SPACE, "the scratch server has no room left: %s", a->talk.last_error);
	return cluster_leaves_room(q->cluster, q->drill->data, q->keep_free, err);
}

static void common_options(struct strings *o, const struct restore *r)
{
	static const char *const options[] = {
		"--host=" CLUSTER_SOCKETS, "--username=" CLUSTER_USER, "--no-password", "--no-tablespaces",
		"--no-subscriptions",
	};

	for (size_t i = 0; i < COUNT(options); i++)
		strings_add(o, options[i]);
	if (r->request->tool->major >= 18)
		strings_add(o, "--no-statistics");
	strings_add_owned(o, cluster_dbname_option(r->result->database));
}

/*
 * What the server logged. Its logger writes what it gets in its own time, which under load is after pg_restore has told of an
 * error and ended: that is waited for, but not for long, as what pg_restore says may be true of no server.
 */
static int read_log(struct attempt *a, const struct restore_request *q, struct error *err)
{
	struct deadline until = deadline_in(q->drill->deadline, LOGGER_MS);

	for (;;) {
		if (messages_read(q->cluster->log, a->log_from, &a->messages, err) < 0)
			return -1;
		if (a->messages.count + a->messages.dropped >= a->talk.errors || deadline_left(until) == 0 ||
		    deadline_stopped(until))
			return 0;
		messages_done(&a->messages);
		deadline_rest(until, LOGGER_REST_MS);
	}
}

/* Start pg_restore and see it end; -1 when that says nothing about the dump. */
static int run(struct restore *r, struct attempt *a, struct strings *options, const char *list, struct error *err)
{
	const struct restore_request *q = r->request;
	/* the database's own entries come when its event triggers are there: one for logins would fire at pg_restore */
	static const char *const env[] = {"PGOPTIONS=" PG_RESTORED_SETTINGS_OF_SUPERUSER " -c event_triggers=off", NULL};
	const struct process_spec like = {.env = list && q->tool->major >= 17 ? env : NULL,
					  .on_error = hear, .on_tick = watch, .tick_ms = TICK_MS, .context = a};
	CLEANUP(process_done) struct process p = PROCESS_INIT;

	strings_add_owned(options, NULL);
	a->request = q;
	a->log_from = cluster_log_length(q->cluster);
	a->talk.ignored = -1;
	if (cluster_leaves_room(q->cluster, q->drill->data, q->keep_free, err) < 0 ||
	    archive_start(&p, q->drill->dump, q->tool, (const char *const *)options->items, list, q->cluster, &like,
			  err) < 0 ||
	    process_wait(&p, q->drill->deadline, err) < 0)
		return -1;
	restore_talk_end(&a->talk);
	if (cluster_check(q->cluster, err) < 0)
		return -1;
	a->killed = process_signal(&p) != 0;
	a->exit_code = process_exit_code(&p);
	a->epitaph = process_epitaph(&p);
	return read_log(a, q, err);
}

static int restore_all(struct restore *r, struct attempt *a, struct error *err)
{
	CLEANUP(strings_done) struct strings options = {0};

	common_options(&options, r);
	strings_add(&options, "--verbose");
	if (a->single)
		strings_add(&options, "--single-transaction");
	else if (a->jobs > 1)
		strings_add_owned(&options, format("--jobs=%d", a->jobs));
	r->result->jobs = a->single ? 1 : a->jobs;
	return run(r, a, &options, NULL, err);
}

/* --- psql --- */

static int watch_psql(void *context, int64_t begun, const char *item, struct error *err)
{
	const struct restore_request *q = context;

	say(q, item, begun, (int64_t)q->toc->count);
	if (cluster_check(q->cluster, err) < 0)
		return -1;
	return cluster_leaves_room(q->cluster, q->drill->data, q->keep_free, err);
}

static int replay_all(struct restore *r, struct attempt *a, struct error *err)
{
	const struct restore_request *q = r->request;
	CLEANUP(replay_done) struct replay told = {0};
	const struct replay_request request = {
		.dump = q->drill->dump,
		.cluster = q->cluster,
		.tool = q->tool,
		.database = r->result->database,
		.single = a->single,
		.tick = watch_psql,
		.context = (void *)q,
		.deadline = q->drill->deadline,
	};

	r->result->jobs = 1;
	a->log_from = cluster_log_length(q->cluster);
	if (cluster_leaves_room(q->cluster, q->drill->data, q->keep_free, err) < 0 || replay_run(&request, &told, err) < 0 ||
	    cluster_check(q->cluster, err) < 0)
		return -1;
	a->killed = told.killed;
	a->exit_code = told.exit_code;
	a->epitaph = take(told.epitaph);
	a->talk.errors = told.errors;
	a->cut_off = !told.whole;
	a->why = told.why;
	return read_log(a, q, err);
}

/* --- the database's own entries --- */

/* The archive's list, reduced to what belongs to the database itself; NULL when nothing does. */
static char *database_entries(const struct toc *toc)
{
	struct text list = {0};

	for (size_t i = 0; i < toc->count; i++)
		if (toc->items[i].line && strcmp(toc->items[i].type, "DATABASE") != 0)
			text_addf(&list, "%s\n", toc->items[i].line);
	return list.length ? text_take(&list) : NULL;
}

static int restore_database_entries(struct restore *r, struct attempt *a, const char *list, struct error *err)
{
	CLEANUP(strings_done) struct strings options = {0};

	common_options(&options, r);
	strings_add(&options, "--create");
	return run(r, a, &options, list, err);
}

/* --- what came of it --- */

/* Nothing was said and nothing happened. */
static bool clean(const struct attempt *a)
{
	return a->exit_code == 0 && a->messages.count == 0 && a->talk.errors == 0 && !a->cut_off;
}

static bool ran_full(const struct attempt *a)
{
	for (size_t i = 0; i < a->messages.count; i++)
		if (strcmp(a->messages.items[i].sqlstate, "53100") == 0)
			return true;
	return false;
}

static bool ended_by_itself(const struct attempt *a)
{
	if (a->plain)
		return a->exit_code == 0 || a->exit_code == PSQL_FAILED;
	return a->exit_code == 0 || (a->exit_code == 1 && a->talk.ignored >= 0);
}

/*
 * pg_restore's count, its messages and the server's log tell one story. Its
 * count is only good for one job: with several it counts some errors twice.
 */
static bool agree(const struct attempt *a)
{
	int64_t told = a->exit_code == 0 ? 0 : a->talk.ignored;
	int64_t wrote = (int64_t)a->talk.errors;
	int64_t logged = (int64_t)(a->messages.count + a->messages.dropped);

	if (a->plain)
		return wrote == logged && (a->exit_code != 0) == (logged > 0);
	return wrote == logged && (a->jobs > 1 && !a->single ? (told > 0) == (logged > 0) : told == logged);
}

static void add_disagreement(struct restore *r, const struct attempt *a)
{
	autofree char *told = format("%lld", (long long)(a->exit_code == 0 ? 0 : a->talk.ignored));
	autofree char *logged = format("%zu", a->messages.count + a->messages.dropped);

	r->shown++;
	if (a->plain) {
		autofree char *wrote = format("%zu", a->talk.errors);

		findings_add(r->findings, RUNG_RESTORE, RESULT_UNDECIDED, "messages", wrote, logged,
			     "%s and wrote %s errors, the scratch server logged %s: look at the server's messages with --keep",
			     a->epitaph, wrote, logged);
		return;
	}
	findings_add(r->findings, RUNG_RESTORE, RESULT_UNDECIDED, "messages", told, logged,
		     "pg_restore counts %s errors and wrote %zu, the scratch server logged %s: look at the server's "
		     "messages with --keep", told, a->talk.errors, logged);
}

/* What nobody looked at could be anything. */
static void add_dropped(struct restore *r, const struct attempt *a)
{
	autofree char *logged = format("%zu", a->messages.count + a->messages.dropped);

	r->shown++;
	findings_add(r->findings, RUNG_RESTORE, RESULT_UNDECIDED, "messages", NULL, logged,
		     "the restore met %s errors, of which only the first %zu were judged: look at what the dump runs", logged,
		     a->messages.count);
}

/* Which result a meaning is; RESULT_SKIP for those that are none. */
static enum result result_of(enum meaning meaning)
{
	switch (meaning) {
	case MEANING_SOURCE:
	case MEANING_DAMAGE:
		return RESULT_FAIL;
	case MEANING_LACKING:
	case MEANING_BOX:
	case MEANING_AGAIN:
	case MEANING_ROLE:
		return RESULT_UNDECIDED;
	case MEANING_EXPECTED:
	case MEANING_TOLERATED:
	case MEANING_FOLLOWS:
	default:
		return RESULT_SKIP;
	}
}

/* 'subject': the statement it was about. */
static void show_judgement(struct restore *r, const char *subject, const char *actual, const struct judgement *j)
{
	enum result result = result_of(j->meaning);

	if (j->meaning == MEANING_LACKING && !r->result->excuse)
		set_text(&r->result->excuse, j->sentence);
	r->circumstances.something_lacked |= j->meaning == MEANING_LACKING;
	r->circumstances.something_failed |= result == RESULT_FAIL;
	r->circumstances.rows_failed |= result == RESULT_FAIL && starts_with(subject, "COPY ");
	r->circumstances.box_failed |= j->meaning == MEANING_BOX || j->meaning == MEANING_AGAIN;
	r->cut_short |= j->meaning == MEANING_BOX;
	if (r->shown++ >= SHOWN)
		r->hidden++;
	else
		findings_add(r->findings, RUNG_RESTORE, result, subject, NULL, actual, "%s", j->sentence);
}

static void judge(struct restore *r, const struct message *m)
{
	CLEANUP(judgement_done) struct judgement j = {0};
	autofree char *subject = message_subject(m);
	autofree char *text = printable(m->text, false);
	autofree char *actual = format("%s %s", m->sqlstate, text);

	message_judge(m, &r->circumstances, &j);
	if (j.meaning == MEANING_TOLERATED) {
		r->result->tolerated++;
		if (!strings_have(&r->tolerated, j.sentence))
			strings_add(&r->tolerated, j.sentence);
	} else if (j.meaning == MEANING_FOLLOWS) {
		r->follows++;
	} else if (j.meaning != MEANING_EXPECTED) {
		show_judgement(r, subject, actual, &j);
	}
}

/* It ended without being through: its own last words decide, unless it was killed. */
static void judge_ending(struct restore *r, const struct attempt *a)
{
	CLEANUP(judgement_done) struct judgement j = {0};

	r->cut_short = true;
	if (a->exit_code == 1 && !a->plain) {
		restore_talk_judge(&a->talk, &j);
	} else {
		j.meaning = MEANING_BOX;
		j.sentence = format("%s; drill again", a->epitaph);
	}
	show_judgement(r, a->plain ? "psql" : "pg_restore", a->epitaph, &j);
}

/* Where psql stopped, nothing is left to compare. */
static void judge_stop(struct restore *r, const struct attempt *a)
{
	r->cut_short = true;
	if (a->cut_off) {
		r->shown++;
		findings_add(r->findings, RUNG_RESTORE, a->why.kind == ERR_DATA ? RESULT_FAIL : RESULT_UNDECIDED, "plain SQL",
			     "a whole dump", "none", "%s", a->why.text);
	} else if (!r->shown) {
		autofree char *text = a->messages.count ? printable(a->messages.items[0].text, false) : NULL;

		r->shown++;
		findings_add(r->findings, RUNG_RESTORE, RESULT_UNDECIDED, "psql", NULL, a->epitaph,
			     "psql stops at the first error, also at one that would do no harm (%s), and what comes after it was "
			     "not restored: make the dump with pg_dump --format=custom", text ? text : "it did not say which");
	}
}

/* Where the stories differ nobody knows which to believe: the errors are told, but none is held against the dump. */
static void tell_messages(struct restore *r, const struct attempt *a)
{
	for (size_t i = 0; i < a->messages.count && i < TOLD; i++) {
		autofree char *subject = message_subject(&a->messages.items[i]);
		autofree char *text = printable(a->messages.items[i].text, false);

		findings_note(r->findings, "the scratch server logged: %s (%s)", text, subject);
	}
}

static void judge_attempt(struct restore *r, const struct attempt *a)
{
	if (ran_full(a))
		r->cut_short = r->result->out_of_space = true;
	if (a->cut_off) { /* what psql was given ended anywhere */
		judge_stop(r, a);
		tell_messages(r, a);
		return;
	}
	if (ended_by_itself(a) && !agree(a)) {
		/* psql that stopped has left most of it out: whatever is missing then is no evidence */
		r->cut_short |= a->plain && a->exit_code != 0;
		add_disagreement(r, a);
		tell_messages(r, a);
		return;
	}
	r->circumstances.gave_up = !ended_by_itself(a) && a->exit_code == 1;
	for (size_t i = 0; i < a->messages.count; i++)
		judge(r, &a->messages.items[i]);
	if (!ended_by_itself(a))
		judge_ending(r, a);
	else if (a->plain)
		judge_stop(r, a);
	if (a->messages.dropped)
		add_dropped(r, a);
	if (r->hidden || r->follows)
		findings_note(r->findings, "%zu more errors of the restore are not shown, %zu of them follow from others",
			      r->hidden + r->follows, r->follows);
}

/* Roles the dump wants that nobody told us of. True when there was one to make. */
static int make_missing_roles(struct restore *r, struct pg *pg, const struct attempt *a, bool *ret_made,
			      struct error *err)
{
	for (size_t i = 0; i < a->messages.count; i++) {
		CLEANUP(judgement_done) struct judgement j = {0};
		CLEANUP(strings_done) struct strings names = {0};

		message_judge(&a->messages.items[i], &r->circumstances, &j);
		if (j.meaning == MEANING_ROLE)
			message_roles(&a->messages.items[i], &names);
		for (size_t k = 0; k < names.count; k++)
			if (stand_ins_add(&r->stand_ins, pg, names.items[k], ret_made, err) < 0)
				return -1;
	}
	return 0;
}

/* Why several jobs may be what the errors come of; NULL: they are not. */
static const char *fault_of_jobs(const struct restore *r, const struct attempt *a)
{
	bool by_order = false;

	for (size_t i = 0; i < a->messages.count; i++) {
		CLEANUP(judgement_done) struct judgement j = {0};

		message_judge(&a->messages.items[i], &r->circumstances, &j);
		if (j.meaning == MEANING_AGAIN)
			return "they waited for each other";
		by_order |= message_hangs_on_order(&a->messages.items[i], &j);
	}
	if (ended_by_itself(a) && !agree(a))
		return "their messages got mixed up";
	return by_order ? BY_ORDER : NULL;
}

/* Whether this attempt was the last, or how the next one is to be: 'single' and 'jobs' are set for it. */
static int plan_next(struct restore *r, struct pg *pg, const struct attempt *a, bool *single, int *jobs,
		     bool *ret_again, struct error *err)
{
	bool made = false;
	const char *why;

	*ret_again = false;
	if (clean(a) || a->killed || ran_full(a))
		return 0;
	if (make_missing_roles(r, pg, a, &made, err) < 0)
		return -1;
	if (a->plain) {
		*ret_again = made;
		return 0;
	}
	why = *jobs > 1 && !a->single ? fault_of_jobs(r, a) : NULL;
	if (why) {
		findings_note(r->findings, "the restore was repeated with one job: with %d, %s", *jobs, why);
		*jobs = 1;
		made = true;
	}
	/* one transaction stops at its first error: only a run without tells them all, and in the same order */
	*ret_again = made || a->single;
	if (a->single && !made)
		*jobs = 1;
	*single = false;
	return 0;
}

static bool begin_in_one_transaction(const struct restore_request *q)
{
	const struct manifest *m = q->drill->manifest;

	/* psql stops at its first error either way, and gains by it whatever the size; BLOB METADATA as below */
	if (is_plain(q))
		return toc_count(q->toc, "BLOB") <= SINGLE_OBJECTS && toc_count(q->toc, "BLOB METADATA") <= 1;
	if (q->drill->dump->bytes > SINGLE_BYTES || (q->lacking && q->lacking->count > 0))
		return false;
	/* an entry of BLOB METADATA is up to a thousand of them */
	if (!m)
		return toc_count(q->toc, "BLOB METADATA") <= 1;
	return m->bytes <= SINGLE_DATABASE && m->large_objects.count <= SINGLE_OBJECTS;
}

/* At least two save WAL; a tar archive is read by one, and plain SQL too. */
static int jobs_of(const struct restore_request *q)
{
	if (is_plain(q) || same(q->toc->format, "TAR"))
		return 1;
	return q->jobs > 2 ? q->jobs : 2;
}

static int restore_until_told(struct restore *r, struct pg *pg, struct attempt *a, struct error *err)
{
	bool single = begin_in_one_transaction(r->request), again = true;
	int jobs = jobs_of(r->request);

	for (int i = 0; i < STARTS && again; i++) {
		attempt_done(a);
		*a = (struct attempt){.plain = is_plain(r->request), .single = single, .jobs = jobs};
		if (make_database(r, pg, err) < 0 || (i == 0 && compare_collation(r, pg, err) < 0) ||
		    (a->plain ? replay_all(r, a, err) : restore_all(r, a, err)) < 0 ||
		    plan_next(r, pg, a, &single, &jobs, &again, err) < 0)
			return -1;
	}
	return 0;
}

static int apply_database_entries(struct restore *r, struct error *err)
{
	autofree char *list = is_plain(r->request) ? NULL : database_entries(r->request->toc);
	CLEANUP(attempt_done) struct attempt a = {.jobs = 1};

	if (!list || strcmp(r->result->database, "restored") == 0)
		return 0;
	if (restore_database_entries(r, &a, list, err) < 0)
		return fail_within(err, "restoring the settings of the database");
	if (!clean(&a))
		judge_attempt(r, &a);
	return 0;
}

static void add_summary(const struct restore *r, const struct attempt *a, struct text *summary)
{
	autofree char *reasons = strings_join(&r->tolerated, "; ", 3);

	if (a->single)
		text_add(summary, "one transaction");
	else
		text_addf(summary, "%d %s", a->jobs, a->jobs == 1 ? "job" : "jobs");
	if (r->stand_ins.made)
		text_addf(summary, ", %zu %s", r->stand_ins.made,
			  r->stand_ins.made == 1 ? "role as stand-in" : "roles as stand-ins");
	if (r->result->tolerated)
		text_addf(summary, "; %zu %s tolerated: %s", r->result->tolerated,
			  r->result->tolerated == 1 ? "message" : "messages", reasons);
}

/* What is not restored on purpose. Without a manifest nothing else tells of it. */
static void note_subscriptions(const struct restore *r)
{
	const struct toc *toc = r->request->toc;
	CLEANUP(strings_done) struct strings names = {0};
	autofree char *joined = NULL;

	for (size_t i = 0; i < toc->count; i++)
		if (same(toc->items[i].type, "SUBSCRIPTION"))
			strings_add(&names, toc->items[i].name);
	joined = strings_join(&names, ", ", TOLD);
	if (names.count)
		findings_note(r->findings, "subscription %s was not restored: after a recovery it comes back switched off", joined);
}

static void conclude(struct restore *r, const struct attempt *a, struct text *summary)
{
	if (!r->shown)
		findings_add(r->findings, RUNG_RESTORE, RESULT_PASS, a->plain ? "psql" : "pg_restore", "0", "0", NULL);
	for (size_t i = 0; i < r->request->toc->left_out.count; i++)
		findings_note(r->findings, "not given to psql: %s", r->request->toc->left_out.items[i]);
	for (size_t i = 0; i < r->tolerated.count; i++)
		findings_note(r->findings, "tolerated while restoring: %s", r->tolerated.items[i]);
	note_subscriptions(r);
	r->result->usable = !r->cut_short;
	add_summary(r, a, summary);
}

static int restore_whole(struct restore *r, struct text *summary, struct error *err)
{
	CLEANUP(attempt_done) struct attempt a = {0};
	CLEANUP(pg_close) struct pg *pg = NULL;
	struct pg_target target = cluster_target(r->request->cluster, CLUSTER_DATABASE);

	if (pg_connect(&target, r->request->drill->deadline, &pg, err) < 0 ||
	    stand_ins_make(&r->stand_ins, pg, r->request->toc, r->request->tool->major, err) < 0 ||
	    restore_until_told(r, pg, &a, err) < 0)
		return -1;
	if (!clean(&a))
		judge_attempt(r, &a);
	if (!r->cut_short && apply_database_entries(r, err) < 0)
		return -1;
	if (!r->result->out_of_space || !r->request->cluster->in_memory)
		conclude(r, &a, summary);
	return 0;
}

/* A full scratch takes many forms; in memory all of them mean: once more, on the disk. */
static bool ran_out_of_space(const struct restore_request *q, const struct error *err)
{
	struct error why;

	if (cluster_check(q->cluster, &why) < 0 && why.kind == ERR_SPACE)
		return true;
	return err->kind == ERR_SPACE;
}

/* What was found on the way, now that it counts. */
static void keep_findings(const struct findings *from, struct findings *to)
{
	for (size_t i = 0; i < from->check_count; i++) {
		const struct check *c = &from->checks[i];

		findings_add(to, c->rung, c->result, c->name, c->expected, c->actual, "%s", c->detail);
	}
	for (size_t i = 0; i < from->notes.count; i++)
		findings_note(to, "%s", from->notes.items[i]);
}

int restore_run(const struct restore_request *request, struct restore_result *ret, struct findings *f,
		struct text *summary, struct error *err)
{
	CLEANUP(findings_done) struct findings found = {0};
	CLEANUP(restore_forget) struct restore r = {.request = request, .result = ret, .findings = &found,
						  .stand_ins = {.manifest = request->drill->manifest, .findings = &found}};
	int done;

	*ret = (struct restore_result){.database = database_name(request, &found)};
	r.circumstances = (struct circumstances){
		.server_version_num = request->tool->version_num,
		.source_version_num = request->drill->manifest ? request->drill->manifest->server_version_num
							       : request->toc->server_version_num,
		.lacking = request->lacking,
		.source = request->drill->manifest,
		.older = request->older,
		.newer = request->newer,
		.substituted_locale = request->substituted_locale,
		.locale_unknown = request->locale_unknown,
	};
	done = restore_whole(&r, summary, err);
	if (done < 0)
		ret->out_of_space = ran_out_of_space(request, err);
	if (ret->out_of_space && request->cluster->in_memory)
		return 0;
	keep_findings(&found, f);
	return done;
}

void restore_result_done(struct restore_result *r)
{
	free(r->database);
	free(r->excuse);
	*r = (struct restore_result){0};
}
