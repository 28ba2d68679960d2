#include "pull/precheck.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "port/survey.h"

#define EXPIRES_SOON_DAYS 21
#define PROBE_MS 30000
#define NAMES_IN_SENTENCE 60
#define OBJECTS_IN_CURE 40
#define LOCALE_SOURCES "/usr/share/i18n/locales"

/* What all looks share. */
struct look {
	const struct source_config *source;
	struct pg_target target;
	const struct toolset *tools;
	struct deadline deadline;
	struct prechecks *list;
	struct source_answers *answers;
	struct pg *pg;
	struct manifest identity; /* survey_identity()'s part of one */
	const struct tool *restore;
	bool superuser;
	char *role; /* quoted, as SQL wants it */
};

static void look_done(struct look *l)
{
	pg_close(&l->pg);
	manifest_done(&l->identity);
	free(l->role);
}

void source_answers_done(struct source_answers *answers)
{
	free(answers->version);
	free(answers->system_identifier);
	*answers = (struct source_answers){0};
}

struct pg_target source_target(const struct source_config *source, const char *password)
{
	return (struct pg_target){
		.host = source->at.host,
		.address = source->at.address,
		.port = source->at.port,
		.database = source->at.database,
		.user = source->at.user,
		.password = password,
		.ca = source->ca,
		.client_cert = source->client_cert,
		.client_key = source->client_key,
	};
}

#define OK(l, name, ...) prechecks_add((l)->list, PRECHECK_OK, ERR_NONE, name, "", __VA_ARGS__)
#define WARN(l, name, cure, ...) prechecks_add((l)->list, PRECHECK_WARN, ERR_NONE, name, cure, __VA_ARGS__)
#define BAD(l, kind, name, cure, ...) prechecks_add((l)->list, PRECHECK_BAD, kind, name, cure, __VA_ARGS__)

/* ---------------------------------------------------------------- login and TLS */

static bool is_local(const struct look *l)
{
	return l->source->at.host[0] == '/';
}

/* First without md5, so that a login by it can be told; what else is wrong is wrong either way. */
static int log_in(struct look *l, bool *ret_md5, struct error *err)
{
	l->target.scram_only = true;
	*ret_md5 = false;
	if (pg_connect(&l->target, l->deadline, &l->pg, err) == 0)
		return 0;
	l->target.scram_only = false;
	if (err->kind != ERR_REFUSED || !strstr(err->text, "hashed password"))
		return -1;
	*ret_md5 = true;
	return pg_connect(&l->target, l->deadline, &l->pg, err);
}

static void tell_login(struct look *l, bool md5)
{
	const struct source_address *at = &l->source->at;

	if (md5)
		WARN(l, "login", "SET password_encryption = 'scram-sha-256', set the password again, and write scram-sha-256 in "
		     "pg_hba.conf",
		     "'%s' logs in by an md5 hash, which whoever reads it can use", at->user);
	else if (pg_used_password(l->pg))
		OK(l, "login", "'%s' logs in to '%s' by password (SCRAM)", at->user, at->database);
	else if (l->target.password && !is_local(l))
		WARN(l, "login", "write scram-sha-256 in the line of pg_hba.conf that lets the box in",
		     "the server lets '%s' in without asking for the password", at->user);
	else
		OK(l, "login", "'%s' logs in to '%s' %s", at->user, at->database,
		   l->target.client_cert ? "by its client certificate"
		   : is_local(l)	 ? "over a Unix socket"
					 : "without a password");
}

static void tell_tls(struct look *l)
{
	const char *version = pg_tls_version(l->pg);
	autofree char *issuer = NULL;
	int64_t not_after;
	int days;

	if (is_local(l))
		return;
	days = pg_certificate(l->pg, &issuer, &not_after);
	if (!issuer)
		BAD(l, ERR_REFUSED, "tls", "set ssl = on on the server", "the connection to '%s' is not encrypted",
		    l->source->at.host);
	else if (days < EXPIRES_SOON_DAYS)
		WARN(l, "tls", "renew it on the server", "the certificate of '%s' expires in %d days (issued by '%s')",
		     l->source->at.host, days, issuer);
	else
		OK(l, "tls", "%s; the certificate is for '%s', issued by '%s', verified with %s, valid %d more days", version,
		   l->source->at.host, issuer, l->source->ca ? l->source->ca : "the CAs of this system", days);
}

/* ---------------------------------------------------------------- versions */

static bool look_at_version(struct look *l)
{
	const char *version = pg_server_version_text(l->pg);
	int number = pg_server_version(l->pg);
	const struct tool *tool;
	struct error err;

	if (number < SURVEY_OLDEST) {
		BAD(l, ERR_SOURCE, "version", "upgrade the server", "the server is PostgreSQL %s, and 13 is the oldest that can "
		    "be pulled",
		    version);
		return false;
	}
	if (toolset_for_dump(l->tools, number, &tool, &err) < 0) {
		prechecks_add_error(l->list, "version", &err);
		return false;
	}
	l->answers->tool = tool;
	if (tool->major == number / 10000)
		OK(l, "version", "PostgreSQL %s, dumped by pg_dump %s", version, tool->version);
	else
		OK(l, "version", "PostgreSQL %s, dumped by pg_dump %s, the next newer one on the box", version, tool->version);
	if (toolset_for_restore(l->tools, number, &l->restore, &err) < 0)
		WARN(l, "restore", "", "no drill can restore this source: %s", err.text);
	return true;
}

/* ---------------------------------------------------------------- a pooler in the way */

/*
 * A pooler in transaction mode lends one backend to several connections: a
 * second one of ours, in a transaction, then has the backend of the first, or
 * the first has got another meanwhile.
 */
static int shares_backend(struct look *l, bool *ret, struct error *err)
{
	CLEANUP(pg_close) struct pg *second = NULL;
	autofree char *first_pid = NULL, *second_pid = NULL, *again = NULL;
	static const char pid[] = "SELECT pg_catalog.pg_backend_pid()";

	if (pg_value(l->pg, pid, &first_pid, err) < 0 || pg_connect(&l->target, l->deadline, &second, err) < 0 ||
	    pg_exec(second, "BEGIN READ ONLY", err) < 0 || pg_value(second, pid, &second_pid, err) < 0 ||
	    pg_value(l->pg, pid, &again, err) < 0)
		return -1;
	*ret = same(first_pid, second_pid) || !same(first_pid, again);
	return 0;
}

static bool look_for_pooler(struct look *l)
{
	struct error err;
	bool shared;

	if (!pg_behind_proxy(l->pg))
		return true;
	if (shares_backend(l, &shared, &err) < 0) {
		prechecks_add_error(l->list, "pooler", &err);
		return false;
	}
	if (shared)
		BAD(l, ERR_SOURCE, "pooler", "give the server's own port in the url",
		    "a pooler in transaction mode stands in front of '%s': sessions do not stay on one backend, so no snapshot "
		    "can be held",
		    l->source->at.database);
	else
		WARN(l, "pooler", "give the server's own port in the url",
		     "a pooler stands in front of '%s'; it keeps sessions apart, but may end them", l->source->at.database);
	return !shared;
}

/* ---------------------------------------------------------------- the role and the server */

static const char facts_query[] =
	"SELECT r.rolsuper, r.rolbypassrls, pg_catalog.quote_ident(r.rolname), "
	"pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp()))::int8, "
	"coalesce(pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp() - "
	"pg_catalog.pg_last_xact_replay_timestamp())), 0)::int8, "
	"pg_catalog.current_setting('hot_standby_feedback'), "
	"(SELECT s.setting::int8 FROM pg_catalog.pg_settings s WHERE s.name = 'max_standby_streaming_delay'), "
	"pg_catalog.current_setting('max_locks_per_transaction')::int8 * (pg_catalog.current_setting('max_connections')::int8 "
	"+ pg_catalog.current_setting('max_prepared_transactions')::int8), "
	"(SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') "
	"FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";

static void tell_standby(struct look *l, int64_t behind, bool feedback, int64_t delay_ms)
{
	char text[UNIT_TEXT];

	if (!l->answers->in_recovery)
		return;
	if (feedback || delay_ms < 0 || delay_ms >= (int64_t)3600 * 1000)
		OK(l, "standby", "the source is a standby, %s behind; unlogged tables have no rows there",
		   human_seconds((double)behind, text));
	else
		WARN(l, "standby", "set hot_standby_feedback = on there, or raise max_standby_streaming_delay",
		     "the source is a standby, %s behind, that cancels queries older than %lld s: a long dump will be cut",
		     human_seconds((double)behind, text), (long long)delay_ms / 1000);
}

static int look_at_server(struct look *l, struct error *err)
{
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};
	int64_t locks;

	if (pg_query(l->pg, facts_query, &rows, err) < 0)
		return -1;
	l->answers->source_time = pg_int(&rows, 0, 3);
	l->answers->box_time = clock_wall();
	l->answers->time_verified = *pg_tls_version(l->pg) != '\0';
	l->answers->relations = pg_int(&rows, 0, 8);
	l->superuser = pg_bool(&rows, 0, 0);
	l->role = xstrdup(pg_text(&rows, 0, 2));
	if (l->superuser)
		WARN(l, "role", "CREATE ROLE drillbox LOGIN BYPASSRLS PASSWORD '...';\nGRANT pg_read_all_data TO drillbox;",
		     "%s is a superuser: a role that may only read is enough", l->role);
	else
		OK(l, "role", "%s is no superuser%s", l->role,
		   pg_bool(&rows, 0, 1) ? ", and row security hides nothing from it" : "");
	tell_standby(l, pg_int(&rows, 0, 4), strcmp(pg_text(&rows, 0, 5), "on") == 0, pg_int(&rows, 0, 6));
	locks = pg_int(&rows, 0, 7);
	if (l->answers->relations > locks)
		WARN(l, "locks", "raise max_locks_per_transaction there",
		     "a dump locks %lld tables, and the server's lock table holds about %lld", (long long)l->answers->relations,
		     (long long)locks);
	return 0;
}

/* ---------------------------------------------------------------- privileges */

/* Tables (LOCK and COPY) and sequences that pg_dump reads. In order, so that a schema's stand together. */
static const char privileges_query[] =
	"SELECT pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), "
	"c.relkind = 'S', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)), "
	"NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE'), "
	"CASE c.relkind WHEN 'S' THEN NOT pg_catalog.has_sequence_privilege(c.oid, 'SELECT') "
	"ELSE NOT pg_catalog.has_table_privilege(c.oid, 'SELECT') END, "
	"c.relkind <> 'S' AND pg_catalog.row_security_active(c.oid) "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
	"AND n.nspname <> 'information_schema' AND (NOT EXISTS (SELECT FROM pg_catalog.pg_depend d "
	"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e') "
	"OR EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig))) ORDER BY 1, 2";

struct forbidden {
	struct look *look;
	struct strings tables, sequences, hidden; /* hidden: by row security */
	struct text cure;
	struct strings granted; /* statements that stand in the cure already */
	size_t readable;
};

static void forbidden_done(struct forbidden *f)
{
	strings_done(&f->tables);
	strings_done(&f->sequences);
	strings_done(&f->hidden);
	strings_done(&f->granted);
	text_done(&f->cure);
}

static void grant(struct forbidden *f, char *statement)
{
	autofree char *line = statement;

	if (strings_have(&f->granted, line))
		return;
	strings_add(&f->granted, line);
	text_addf(&f->cure, "%s%s", f->cure.length ? "\n" : "", line);
}

static int take_privilege(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct forbidden *f = context;
	const char *schema = pg_text(r, 0, 0), *name = pg_text(r, 0, 1), *owner = pg_text(r, 0, 3), *role = f->look->role;
	bool sequence = pg_bool(r, 0, 2), closed = pg_bool(r, 0, 4), unreadable = pg_bool(r, 0, 5);
	const char *kind = sequence ? "SEQUENCES" : "TABLES";

	if (pg_bool(r, 0, 6))
		strings_add(&f->hidden, name);
	if (!closed && !unreadable) {
		f->readable++;
		return 0;
	}
	strings_add(sequence ? &f->sequences : &f->tables, name);
	if (closed)
		grant(f, format("GRANT USAGE ON SCHEMA %s TO %s;", schema, role));
	if (unreadable) {
		grant(f, format("GRANT SELECT ON ALL %s IN SCHEMA %s TO %s;", kind, schema, role));
		/* and those that come later */
		grant(f, format("ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s GRANT SELECT ON %s TO %s;", owner, schema, kind,
				role));
	}
	return 0;
}

static char *counted(const struct strings *names, const char *one, const char *many)
{
	return names->count ? format("%zu %s", names->count, names->count == 1 ? one : many) : xstrdup("");
}

static int look_at_privileges(struct look *l, struct error *err)
{
	CLEANUP(forbidden_done) struct forbidden f = {.look = l};
	autofree char *tables = NULL, *sequences = NULL, *table_names = NULL, *sequence_names = NULL, *hidden = NULL, *cure = NULL;

	if (pg_query_each(l->pg, privileges_query, take_privilege, &f, err) < 0)
		return -1;
	if (f.hidden.count) {
		hidden = strings_join(&f.hidden, ", ", NAMES_IN_SENTENCE);
		cure = format("ALTER ROLE %s BYPASSRLS;", l->role);
		BAD(l, ERR_PRIVILEGE, "row security", cure, "row security would hide rows of %zu %s from the dump (%s)",
		    f.hidden.count,
		    f.hidden.count == 1 ? "table" : "tables", hidden);
	}
	if (!f.tables.count && !f.sequences.count) {
		OK(l, "privileges", "%s may read all %zu tables and sequences", l->role, f.readable);
		return 0;
	}
	tables = counted(&f.tables, "table", "tables");
	sequences = counted(&f.sequences, "sequence", "sequences");
	table_names = strings_join(&f.tables, ", ", NAMES_IN_SENTENCE);
	sequence_names = strings_join(&f.sequences, ", ", NAMES_IN_SENTENCE);
	BAD(l, ERR_PRIVILEGE, "privileges", f.cure.data, "%s may not read %s%s%s (%s%s%s)", l->role, tables,
	    f.tables.count && f.sequences.count ? " and " : "", sequences, f.tables.count ? table_names : "",
	    f.tables.count && f.sequences.count ? ", " : "", f.sequences.count ? sequence_names : "");
	return 0;
}

/* pg_read_all_data does not cover them, and only 18 has a function that tells. */
static const char large_objects_query[] =
	"SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.lomowner)), x.objects, x.some "
	"FROM (SELECT lomowner, lomacl::text AS lomacl, pg_catalog.count(*) AS objects, "
	"pg_catalog.array_to_string((pg_catalog.array_agg(oid ORDER BY oid))[1:40], ', ') AS some "
	"FROM pg_catalog.pg_largeobject_metadata GROUP BY lomowner, lomacl::text) x "
	"WHERE pg_catalog.current_setting('lo_compat_privileges') = 'off' AND NOT EXISTS (SELECT FROM "
	"pg_catalog.aclexplode(coalesce(x.lomacl::pg_catalog.aclitem[], pg_catalog.acldefault('L', x.lomowner))) g WHERE "
	"g.privilege_type = 'SELECT' "
	"AND (g.grantee = 0 OR pg_catalog.pg_has_role(g.grantee, 'USAGE'))) ORDER BY 1";

struct hidden_objects {
	const char *role;
	int64_t objects;
	struct strings owners;
	struct text cure;
};

static int take_large_object(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct hidden_objects *h = context;
	int64_t objects = pg_int(r, 0, 1);

	h->objects += objects;
	if (!strings_have(&h->owners, pg_text(r, 0, 0)))
		strings_add(&h->owners, pg_text(r, 0, 0));
	if (h->cure.length)
		text_add(&h->cure, "\n");
	if (objects <= OBJECTS_IN_CURE)
		text_addf(&h->cure, "GRANT SELECT ON LARGE OBJECT %s TO %s;", pg_text(r, 0, 2), h->role);
	else
		text_addf(&h->cure, "GRANT %s TO %s;  -- or GRANT SELECT ON LARGE OBJECT for each of its %lld", pg_text(r, 0, 0),
			  h->role,
			  (long long)objects);
	return 0;
}

static int look_at_large_objects(struct look *l, struct error *err)
{
	struct hidden_objects h = {.role = l->role};
	autofree char *owners = NULL;
	int done = 0;

	if (l->superuser)
		return 0;
	done = pg_query_each(l->pg, large_objects_query, take_large_object, &h, err);
	if (done == 0 && h.objects > 0) {
		owners = strings_join(&h.owners, ", ", NAMES_IN_SENTENCE);
		BAD(l, ERR_PRIVILEGE, "large objects", h.cure.data, "%s may not read %lld large %s of %s", l->role,
		    (long long)h.objects,
		    h.objects == 1 ? "object" : "objects", owners);
	}
	strings_done(&h.owners);
	text_done(&h.cure);
	return done;
}

/* ---------------------------------------------------------------- what the restore will need */

static const struct extension *extension_named(const struct extension *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

static void look_at_extensions(struct look *l)
{
	CLEANUP(strings_done) struct strings lacking = {0}, packages = {0};
	autofree char *names = NULL, *cure = NULL, *list = NULL;
	struct extension *have = NULL;
	size_t count = 0;
	struct error err;

	if (!l->restore || l->identity.extension_count == 0)
		return;
	if (toolset_extensions(l->restore, l->deadline, &have, &count, &err) < 0) {
		WARN(l, "extensions", "", "what extensions the box has could not be seen: %s", err.text);
		return;
	}
	for (size_t i = 0; i < l->identity.extension_count; i++) {
		const struct extension *e = &l->identity.extensions[i];

		if (extension_named(have, count, e->name))
			continue;
		strings_add_owned(&lacking, format("%s %s", e->name, e->version));
		strings_add_owned(&packages, format("postgresql-%d-%s", l->restore->major, e->name));
	}
	toolset_extensions_done(have, count);
	if (lacking.count == 0) {
		OK(l, "extensions", "the box has %zu of %zu", l->identity.extension_count, l->identity.extension_count);
		return;
	}
	names = strings_join(&lacking, ", ", NAMES_IN_SENTENCE);
	list = strings_join(&packages, " ", NAMES_IN_SENTENCE);
	cure = format("install what brings %s for PostgreSQL %d (on Debian perhaps %s)", lacking.count == 1 ? "it" : "them",
		      l->restore->major, list);
	WARN(l, "extensions", cure, "the box has no extension %s: a drill could not judge what needs %s", names,
	     lacking.count == 1 ? "it" : "them");
}

/* "en_US.UTF-8" has its source in the file en_US. */
static bool can_compile(const char *name)
{
	autofree char *source = xstrndup(name, strcspn(name, "."));
	autofree char *path = path_join(LOCALE_SOURCES, source);

	return path_exists("/usr/bin/localedef") && path_exists(path);
}

static bool has_locale(const char *name)
{
	locale_t locale = newlocale(LC_COLLATE_MASK | LC_CTYPE_MASK, name, (locale_t)0);

	if (locale == (locale_t)0)
		return false;
	freelocale(locale);
	return true;
}

static void look_at_locale(struct look *l)
{
	const char *names[] = {l->identity.collate, l->identity.ctype};
	bool compile = false;

	for (size_t i = 0; i < COUNT(names); i++) {
		if (!names[i] || has_locale(names[i]))
			continue;
		if (!can_compile(names[i])) {
			WARN(l, "locale", "install the packages locales and libc-bin on the box",
			     "the box cannot make the locale '%s': drills use C instead, and order differs", names[i]);
			return;
		}
		compile = true;
	}
	OK(l, "locale", "%s, %s%s%s", l->identity.encoding, l->identity.collate ? l->identity.collate : "no collation of libc",
	   l->identity.icu_locale ? ", " : "", l->identity.icu_locale ? l->identity.icu_locale : "");
	if (compile)
		OK(l, "locale", "the first drill compiles it for the box");
}

static void look_at_roles(struct look *l)
{
	OK(l, "roles", "%zu roles, restored as stand-ins that cannot log in; their passwords are not in the dump",
	   l->identity.role_count);
	for (size_t i = 0; i < l->identity.not_dumped.count; i++)
		WARN(l, "left out", "", "not in the dump: %s", l->identity.not_dumped.items[i]);
}

static int look_at_identity(struct look *l, struct error *err)
{
	struct manifest *m = &l->identity;

	if (survey_identity(l->pg, m, err) < 0)
		return -1;
	l->answers->version_num = m->server_version_num;
	l->answers->version = xstrdup(m->server_version);
	l->answers->system_identifier = m->system_identifier ? xstrdup(m->system_identifier) : NULL;
	l->answers->database_oid = m->database_oid;
	l->answers->in_recovery = m->in_recovery;
	l->answers->bytes = m->bytes;
	if (!m->system_identifier)
		WARN(l, "identity", "GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_system() to the role",
		     "the server's system identifier may not be read, so another server in its place would not be noticed by it");
	return 0;
}

/* ---------------------------------------------------------------- the whole */

/* In this order: who is asked first can make those behind it senseless. */
static int look_at_all(struct look *l, struct error *err)
{
	if (look_at_identity(l, err) < 0 || look_at_server(l, err) < 0 || look_at_privileges(l, err) < 0 ||
	    look_at_large_objects(l, err) < 0)
		return -1;
	look_at_extensions(l);
	look_at_locale(l);
	look_at_roles(l);
	l->answers->asked = true;
	return 0;
}

int precheck_postgres(const struct source_config *source, const char *password, const struct toolset *tools,
		      struct deadline deadline, struct prechecks *list, struct source_answers *ret, struct error *err)
{
	CLEANUP(look_done) struct look l = {
		.source = source,
		.target = source_target(source, password),
		.tools = tools,
		.deadline = deadline_in(deadline, PROBE_MS * 4),
		.list = list,
		.answers = ret,
	};
	bool md5;

	*ret = (struct source_answers){.bytes = -1};
	if (log_in(&l, &md5, err) < 0) {
		if (err->kind == ERR_STOPPED)
			return -1;
		prechecks_add_error(list, "login", err);
		return 0;
	}
	ret->reached = true;
	/* all looks go where the first one went */
	if (*pg_address(l.pg))
		l.target.address = pg_address(l.pg);
	tell_login(&l, md5);
	tell_tls(&l);
	if (!look_at_version(&l) || !look_for_pooler(&l))
		return 0;
	if (look_at_all(&l, err) < 0) {
		if (err->kind == ERR_STOPPED)
			return -1;
		prechecks_add_error(list, "source", err);
	}
	return 0;
}
