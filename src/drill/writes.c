#include "drill/writes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drill/smoke.h"

#define SMOKE_TIMEOUT_MS (10 * 60 * 1000)
#define LOGIN_TIMEOUT_MS 60000
#define NAMED_MOST 5
#define SHOWN 20 /* sequences that get a check of their own */
#define TICK_MS 200
#define READ_ONLY "default_transaction_read_only"

/* A rung on its way. */
struct writing {
	const struct writes_run *run;
	struct findings *f;
	struct text *summary;
	struct pg *pg;	       /* as superuser */
	const char *app;       /* [drill] app-role */
};

/* What the box lacked while it restored may be why something cannot be written: then it is no evidence. */
static void add(const struct writing *w, enum result result, const char *name, const char *expected, const char *actual,
		const char *detail)
{
	const char *excuse = result == RESULT_FAIL ? w->run->excuse : NULL;

	findings_add(w->f, RUNG_WRITES, excuse ? RESULT_UNDECIDED : result, name, expected, actual, "%s%s%s", detail,
		     excuse ? "; " : "", excuse ? excuse : "");
}

/* ---------------------------------------------------------------- left read-only */

/* A database's settings come with the dump, so that without a manifest the source had them too. */
static void check_read_only(const struct writing *w)
{
	const struct manifest *source = w->run->drill->manifest;

	if (!w->run->restored->read_only_default)
		add(w, RESULT_PASS, READ_ONLY, "off", "off", "");
	else if (!source || source->read_only_default)
		add(w, RESULT_PASS, READ_ONLY, "on", "on", source ? "in the source too" : "in the dump");
	else /* no locale nor extension that the box lacks has a part in it */
		findings_add(w->f, RUNG_WRITES, RESULT_FAIL, READ_ONLY, "off", "on",
			     READ_ONLY " came back on, and the source has it off: after a recovery nothing could be written until "
			     "ALTER DATABASE ... RESET " READ_ONLY);
	if (!source && w->run->restored->read_only_default)
		findings_note(w->f, READ_ONLY " is on in the dump: after a real recovery nothing could be written until it is "
			      "switched off (ALTER DATABASE ... RESET " READ_ONLY ")");
}

/* ---------------------------------------------------------------- sequences */

/* It gave its last value, and does not begin anew. */
static bool is_spent(const struct sequence *s)
{
	int64_t next;

	if (s->cycles || !s->is_called)
		return false;
	return __builtin_add_overflow(s->last_value, s->increment, &next) || next > s->maximum || next < s->minimum;
}

/* One statement for each sequence that has a next value. */
struct sequence_walk {
	const struct manifest *m;
	bool back; /* give them their values, instead of asking for the next */
	size_t at; /* among the manifest's sequences */
	char *sql;
};

static const char *next_sequence(void *context, size_t i UNUSED)
{
	struct sequence_walk *walk = context;
	const struct sequence *s;
	autofree char *name = NULL;

	while (walk->at < walk->m->sequence_count && !walk->back && is_spent(&walk->m->sequences[walk->at]))
		walk->at++;
	if (walk->at == walk->m->sequence_count)
		return NULL;
	s = &walk->m->sequences[walk->at++];
	name = pg_literal(s->name);
	free(walk->sql);
	if (walk->back)
		walk->sql = format("SELECT pg_catalog.setval(%s::pg_catalog.regclass, %lld, %s)", name, (long long)s->last_value,
				   s->is_called ? "true" : "false");
	else
		walk->sql = format("SELECT pg_catalog.nextval(%s::pg_catalog.regclass)", name);
	return walk->sql;
}

static int disregard(void *context UNUSED, size_t i UNUSED, const struct pg_rows *rows UNUSED, struct error *err UNUSED)
{
	return 0;
}

/* Whatever refuses here is no sequence at its end: those were not asked. */
static int walk_sequences(const struct writing *w, bool back, struct error *err)
{
	struct sequence_walk walk = {.m = w->run->restored, .back = back};
	int done = pg_pipeline(w->pg, next_sequence, disregard, &walk, err);

	free(walk.sql);
	return done < 0 ? fail_within(err, back ? "setting the sequences back" : "asking each sequence for its next value") : 0;
}

static const struct sequence *in_source(const struct writing *w, const char *name)
{
	return w->run->drill->manifest ? manifest_sequence(w->run->drill->manifest, name) : NULL;
}

/* One that was spent in the source already is as it was; nobody knows of one without a manifest. Returns how many are. */
static size_t report_spent(const struct writing *w)
{
	CLEANUP(strings_done) struct strings there_too = {0};
	const struct manifest *m = w->run->restored;
	size_t spent = 0, bad = 0;

	for (size_t i = 0; i < m->sequence_count; i++) {
		const struct sequence *s = &m->sequences[i], *source = in_source(w, s->name);

		if (!is_spent(s))
			continue;
		spent++;
		if (!w->run->drill->manifest || (source && is_spent(source)))
			strings_add(&there_too, s->name);
		else if (bad++ < SHOWN)
			add(w, RESULT_FAIL, s->name, "a next value", "none",
			    "it came back at its end, and the source's is not: nothing that takes its values could be inserted");
	}
	if (bad > SHOWN) {
		autofree char *rest = format("%zu more sequences came back at their end", bad - SHOWN);

		add(w, RESULT_FAIL, "sequences", "a next value", "none", rest);
	}
	if (there_too.count) {
		autofree char *names = strings_join(&there_too, ", ", NAMED_MOST);

		findings_note(w->f, "sequence %s has no value left%s: what takes its values can insert nothing (ALTER SEQUENCE ... "
			      "MAXVALUE, or a wider type)", names, w->run->drill->manifest ? ", in the source too" : "");
	}
	return spent;
}

static int check_sequences(struct writing *w, struct error *err)
{
	size_t all = w->run->restored->sequence_count, well = all - report_spent(w);
	autofree char *count = format("%zu", well);

	if (all == 0) {
		findings_add(w->f, RUNG_WRITES, RESULT_SKIP, "nextval", "", "", "there are no sequences");
		text_add(w->summary, "no sequences");
		return 0;
	}
	if (walk_sequences(w, false, err) < 0)
		return -1;
	if (well)
		add(w, RESULT_PASS, "nextval", count, count, "");
	text_addf(w->summary, "%zu of %zu %s a next value", well, all, all == 1 ? "sequence gave" : "sequences gave");
	return 0;
}

/* ---------------------------------------------------------------- the application's role */

/* Of a manifest's roles; NULL: none of that name, or no manifest. */
static const struct role *source_role(const struct writing *w)
{
	const struct manifest *m = w->run->drill->manifest;

	for (size_t i = 0; m && i < m->role_count; i++)
		if (same(m->roles[i].name, w->app))
			return &m->roles[i];
	return NULL;
}

/* Whether there is such a role, which may log in where it comes from. What is wrong here is wrong in the configuration. */
static int find_role(struct writing *w, bool *ret_there, struct error *err)
{
	const char *const params[] = {w->app};
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};
	const struct role *role = source_role(w);
	autofree char *detail = NULL;

	*ret_there = false;
	if (pg_query_params(w->pg, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", 1, params, &rows, err) < 0)
		return -1;
	if (pg_row_count(&rows) == 0 || (w->run->drill->manifest && !role))
		detail = format("%s no role '%s': mend app-role in [drill]",
				w->run->drill->manifest ? "the source has" : "the dump, which has no manifest, tells of", w->app);
	else if (role && !words_have(role->attributes, "login"))
		detail = format("role '%s' may not log in to the source: name the one that the application logs in as in [drill] "
				"app-role", w->app);
	if (detail)
		add(w, RESULT_UNDECIDED, "app-role", "a role that logs in", "none", detail);
	*ret_there = !detail;
	return 0;
}

static const char *const libraries[] = {"session_preload_libraries", "local_preload_libraries"};

/*
 * As stand-ins no roles log in. The structure has been compared by now: what the database lets in may be changed. Libraries
 * to be loaded at a login are the server's matter, and the box may not have them.
 */
static int let_in(struct writing *w, struct error *err)
{
	autofree char *role = pg_identifier(w->app), *database = pg_identifier(w->run->target->database);
	CLEANUP(text_done) struct text sql = {0};

	text_addf(&sql, "ALTER ROLE %s LOGIN; ALTER DATABASE %s CONNECTION LIMIT -1", role, database);
	for (size_t i = 0; i < COUNT(libraries); i++)
		text_addf(&sql, "; ALTER ROLE %s RESET %s; ALTER ROLE %s IN DATABASE %s RESET %s; ALTER DATABASE %s RESET %s; "
			  "ALTER ROLE ALL IN DATABASE %s RESET %s", role, libraries[i], role, database, libraries[i], database,
			  libraries[i], database, libraries[i]);
	return pg_exec(w->pg, sql.data, err);
}

/* Whether it may connect. Where it may not by the source's own grants, it is not the role that the application logs in as. */
static int may_connect(struct writing *w, bool *ret, struct error *err)
{
	const char *const params[] = {w->app};
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};
	const struct manifest *source = w->run->drill->manifest;
	autofree char *detail = NULL;
	bool there_too = source && same(source->acl, w->run->restored->acl);

	if (pg_query_params(w->pg, "SELECT pg_catalog.has_database_privilege($1, pg_catalog.current_database(), 'CONNECT')", 1,
			    params, &rows, err) < 0)
		return -1;
	*ret = pg_bool(&rows, 0, 0);
	if (*ret)
		return 0;
	detail = there_too ? format("role '%s' may not connect to the database, in the source either: name the one that the "
				    "application logs in as in [drill] app-role", w->app)
			   : format("the application's role '%s' may not connect to the restored database", w->app);
	add(w, there_too ? RESULT_UNDECIDED : RESULT_FAIL, "login", w->app, "refused", detail);
	return 0;
}

static bool names_libraries(const char *setting)
{
	for (size_t i = 0; i < COUNT(libraries); i++)
		if (starts_with(setting, libraries[i]) && setting[strlen(libraries[i])] == '=')
			return true;
	return false;
}

/*
 * ALTER ROLE ALL SET is the server's and in no dump, but the application has it at home. Only while it logs in: no other
 * session is to have it. Into the catalogue as it stood in the source's (see set_role() in restore.c).
 */
static int set_for_all(const struct writing *w, bool on, struct error *err)
{
	const struct manifest *m = w->run->drill->manifest;
	CLEANUP(text_done) struct text lines = {0};
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};
	const char *params[1];

	for (size_t i = 0; m && i < m->settings_of_all.count; i++)
		if (!names_libraries(m->settings_of_all.items[i]))
			text_addf(&lines, "%s%s", lines.length ? "\n" : "", m->settings_of_all.items[i]);
	if (!lines.length)
		return 0;
	if (!on)
		return pg_exec(w->pg, "DELETE FROM pg_catalog.pg_db_role_setting WHERE setdatabase = 0 AND setrole = 0", err);
	params[0] = lines.data;
	return pg_query_params(w->pg, "INSERT INTO pg_catalog.pg_db_role_setting (setdatabase, setrole, setconfig) "
			       "VALUES (0, 0, pg_catalog.string_to_array($1, E'\n'))", 1, params, &rows, err);
}

/* With its own rights and settings, and none of ours. NULL in 'ret', and why in 'refused', where it is kept out. */
static int log_in(struct writing *w, struct pg **ret, struct error *refused, struct error *err)
{
	struct pg_target target = *w->run->target;

	target.user = w->app;
	target.superuser = false;
	target.own_settings = true;
	*refused = (struct error){0};
	if (set_for_all(w, true, err) < 0)
		return -1;
	if (pg_connect(&target, deadline_in(w->run->drill->deadline, LOGIN_TIMEOUT_MS), ret, refused) < 0 &&
	    refused->kind == ERR_STOPPED) {
		*err = *refused;
		return -1;
	}
	return set_for_all(w, false, err);
}

/* It may: what keeps it out is a setting or a trigger for logins, which may well let it in elsewhere. */
static void add_refused_login(const struct writing *w, const struct error *err)
{
	autofree char *detail = format("the application's role '%s' was kept from the restored database: %s", w->app, err->text);

	add(w, RESULT_UNDECIDED, "login", w->app, "refused", detail);
}

/* 1: the line ("a=b") sets it on, 0: off, -1: it is about something else. */
static int read_only_by(const char *line)
{
	static const char *const ons[] = {"on", "true", "yes", "1", "t", "y"};
	const char *value = line + strlen(READ_ONLY "=");

	if (!starts_with(line, READ_ONLY "="))
		return -1;
	for (size_t i = 0; i < COUNT(ons); i++)
		if (strncasecmp(value, ons[i], strlen(ons[i])) == 0 && strchr("\n", value[strlen(ons[i])]))
			return 1;
	return 0;
}

/* Of lines "role<TAB>a=b", those of a role; "" for all. */
static int read_only_in_database(const struct manifest *m, const char *role)
{
	size_t n = strlen(role);

	for (size_t i = 0; i < m->settings.count; i++) {
		const char *line = m->settings.items[i];
		int is = strncmp(line, role, n) == 0 && line[n] == '\t' ? read_only_by(line + n + 1) : -1;

		if (is >= 0)
			return is;
	}
	return -1;
}

/* As the application's session finds it in the source: what is nearest to it holds. */
static bool source_sets_read_only(const struct writing *w)
{
	const struct manifest *m = w->run->drill->manifest;
	const struct role *role = source_role(w);
	int is = read_only_in_database(m, w->app);

	for (const char *line = role && role->settings ? role->settings : ""; is < 0 && *line; line += *line == '\n') {
		is = read_only_by(line);
		line = strchrnul(line, '\n');
	}
	if (is < 0)
		is = read_only_in_database(m, "");
	for (size_t i = 0; is < 0 && i < m->settings_of_all.count; i++)
		is = read_only_by(m->settings_of_all.items[i]);
	return is < 0 ? m->read_only_default : is;
}

/* What the application's own session finds: a role can be kept from writing where its database is not. */
static int check_own_read_only(struct writing *w, struct pg *session, struct error *err)
{
	autofree char *value = NULL;
	bool there_too = !w->run->drill->manifest || source_sets_read_only(w);

	if (pg_value(session, "SELECT pg_catalog.current_setting('" READ_ONLY "')", &value, err) < 0)
		return -1;
	if (same(value, "off"))
		return 0;
	if (!there_too)
		findings_add(w->f, RUNG_WRITES, RESULT_FAIL, w->app, READ_ONLY " off", READ_ONLY " on",
			     "the application's role can only read, and the source lets it write");
	else if (!w->run->restored->read_only_default)
		findings_note(w->f, READ_ONLY " is on for role '%s', in the source too: after a real recovery it could write "
			      "nothing until ALTER ROLE ... RESET " READ_ONLY, w->app);
	return 0;
}

/* ---------------------------------------------------------------- the smoke SQL */

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_refusal(const struct writing *w, const struct pg *session, const struct error *err)
{
	const char *message = *pg_message(session) ? pg_message(session) : err->text, *meaning;
	enum result result = smoke_refusal(pg_sqlstate(session), message, &meaning);
	const char *file = file_name(w->run->drill->source->smoke);
	autofree char *detail = format("%s (%s); see '%s'", meaning, message, file);

	add(w, result, "smoke", "goes through", "refused", detail);
}

/* It fires what the dump brings along: that fills neither the disk nor the log. */
static int watch(void *context, struct error *err)
{
	const struct writes_run *run = context;

	if (cluster_check(run->cluster, err) < 0)
		return -1;
	return cluster_leaves_room(run->cluster, run->drill->data, run->keep_free, err);
}

static int disregard_row(void *context UNUSED, const struct pg_rows *row UNUSED, struct error *err UNUSED)
{
	return 0;
}

/* In a transaction whose number tells afterwards whether it still is the same. */
static int begin_smoke(const struct writing *w, struct pg *session, char **ret_transaction, struct error *err)
{
	pg_set_deadline(session, deadline_in(w->run->drill->deadline, SMOKE_TIMEOUT_MS));
	pg_set_tick(session, watch, (void *)(uintptr_t)w->run, TICK_MS);
	if (pg_exec(session, "BEGIN READ WRITE", err) < 0)
		return -1;
	return pg_value(session, "SELECT pg_catalog.pg_current_xact_id()", ret_transaction, err);
}

static void run_smoke(struct writing *w, struct pg *session, const char *sql)
{
	autofree char *before = NULL, *after = NULL;
	struct error err = {0};

	/* what is checked when a transaction ends is checked now: it never ends */
	if (begin_smoke(w, session, &before, &err) < 0 ||
	    pg_query_each(session, sql, disregard_row, NULL, &err) < 0 ||
	    pg_exec(session, "SET CONSTRAINTS ALL IMMEDIATE", &err) < 0) {
		add_refusal(w, session, &err);
	} else if (pg_value(session, "SELECT pg_catalog.pg_current_xact_id()", &after, &err) < 0) {
		findings_add_error(w->f, RUNG_WRITES, "smoke", &err);
	} else if (!same(before, after)) {
		add(w, RESULT_UNDECIDED, "smoke", "goes through", "ended its transaction",
		    "it ends its transaction itself, so that it could not be rolled back: leave BEGIN, COMMIT and ROLLBACK out");
	} else {
		add(w, RESULT_PASS, "smoke", "goes through", "went through", "");
		text_addf(w->summary, ", %s goes through", file_name(w->run->drill->source->smoke));
	}
}

static void check_smoke(struct writing *w, struct pg **session)
{
	const char *path = w->run->drill->source->smoke;
	autofree char *sql = NULL;
	struct error err = {0};

	if (!path) {
		findings_add(w->f, RUNG_WRITES, RESULT_SKIP, "smoke", "", "", "no smoke SQL of your own ([drill] smoke)");
		return;
	}
	if (smoke_read(path, &sql, &err) < 0) {
		findings_add_error(w->f, RUNG_WRITES, "smoke", &err);
		return;
	}
	run_smoke(w, *session, sql);
	if (pg_exec(*session, "ROLLBACK", &err) < 0)
		pg_close(session); /* whose end does it */
}

static int check_application(struct writing *w, struct error *err)
{
	CLEANUP(pg_close) struct pg *session = NULL;
	struct error refused = {0};
	bool there;

	if (!w->app) {
		findings_add(w->f, RUNG_WRITES, RESULT_SKIP, "app-role", "", "", "no role of your application is named ([drill] "
			     "app-role)");
		return 0;
	}
	if (find_role(w, &there, err) < 0 || (there && let_in(w, err) < 0))
		return -1;
	if (there && may_connect(w, &there, err) < 0)
		return -1;
	if (!there)
		return 0;
	if (log_in(w, &session, &refused, err) < 0)
		return -1;
	if (!session) {
		add_refused_login(w, &refused);
		return 0;
	}
	add(w, RESULT_PASS, "login", w->app, w->app, "");
	text_addf(w->summary, ", '%s' logs in", w->app);
	if (check_own_read_only(w, session, err) < 0)
		return -1;
	check_smoke(w, &session);
	return 0;
}

/* ---------------------------------------------------------------- the rung */

static int check_all(struct writing *w, struct error *err)
{
	if (pg_connect(w->run->target, w->run->drill->deadline, &w->pg, err) < 0)
		return -1;
	check_read_only(w);
	if (check_sequences(w, err) < 0 || check_application(w, err) < 0)
		return -1;
	/* sequences know no transaction: what was asked of them, here and by the smoke SQL, is taken back */
	return walk_sequences(w, true, err);
}

int writes_check(const struct writes_run *run, struct findings *f, struct text *summary, struct error *err)
{
	struct writing w = {.run = run, .f = f, .summary = summary, .app = run->drill->source->app_role};
	int done = check_all(&w, err);

	pg_close(&w.pg);
	return done;
}
