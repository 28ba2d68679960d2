#include "drill/stand_ins.h"

#include <string.h>

#include "drill/cluster.h"

/* Attributes that matter to what a role may own. None may log in, and none gets a password. */
static const struct {
	const char *word;
	const char *option;
} attributes[] = {
	{"superuser", "SUPERUSER"},   {"createdb", "CREATEDB"},	  {"createrole", "CREATEROLE"},
	{"replication", "REPLICATION"}, {"bypassrls", "BYPASSRLS"},
};

bool role_is_built_in(const char *name)
{
	return starts_with(name, "pg_") || strcmp(name, CLUSTER_USER) == 0;
}

static int make_role(struct pg *pg, const char *name, const char *words, struct error *err)
{
	autofree char *quoted = pg_identifier(name);
	CLEANUP(text_done) struct text sql = {0};

	text_addf(&sql, "CREATE ROLE %s NOLOGIN %s", quoted, words_have(words, "inherit") ? "INHERIT" : "NOINHERIT");
	for (size_t i = 0; i < COUNT(attributes); i++)
		if (words_have(words, attributes[i].word))
			text_addf(&sql, " %s", attributes[i].option);
	return pg_exec(pg, sql.data, err);
}

/* A membership that cannot be had is a note: rights of the restored objects do not hang on it. */
static void join_groups(struct stand_ins *s, struct pg *pg, const struct role *role, int major)
{
	autofree char *member = pg_identifier(role->name);
	bool new = major >= 16; /* a server before has the role's own INHERIT for all */
	struct error why;

	for (size_t i = 0; i < role->member_of.count; i++) {
		autofree char *group = pg_identifier(role->member_of.items[i]);
		autofree char *sql = format("GRANT %s TO %s%s", group, member,
					    new ? role_membership_options(role, role->member_of.items[i]) : "");

		if (strcmp(role->name, CLUSTER_USER) != 0 && pg_exec(pg, sql, &why) < 0)
			findings_note(s->findings, "the membership of role '%s' in '%s' was not restored: %s", role->name,
				      role->member_of.items[i], why.text);
	}
}

/*
 * What ALTER ROLE ... SET has set, for the application's own session. Into the catalogue as it stood in the source's: as
 * statements, lists such as search_path would have to be taken apart, and what this server does not know be left out.
 */
static int set_role(struct pg *pg, const struct role *role, struct error *err)
{
	const char *const params[] = {role->name, role->settings};
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};

	if (!role->settings)
		return 0;
	return pg_query_params(pg, "INSERT INTO pg_catalog.pg_db_role_setting (setdatabase, setrole, setconfig) "
			       "SELECT 0, r.oid, pg_catalog.string_to_array($2, E'\n') FROM pg_catalog.pg_roles r WHERE r.rolname "
			       "= $1",
			       2, params, &rows, err);
}

static int make_all(struct stand_ins *s, struct pg *pg, int major, struct error *err)
{
	const struct manifest *m = s->manifest;

	for (size_t i = 0; i < m->role_count; i++) {
		if (role_is_built_in(m->roles[i].name))
			continue;
		if (make_role(pg, m->roles[i].name, m->roles[i].attributes, err) < 0 || set_role(pg, &m->roles[i], err) < 0)
			return fail_within(err, "making a stand-in for role '%s'", m->roles[i].name);
		s->made++;
	}
	for (size_t i = 0; i < m->role_count; i++)
		join_groups(s, pg, &m->roles[i], major);
	return 0;
}

/* Without a manifest the owners are what is known beforehand; of plain SQL it is all whom it names. */
static int make_named(struct stand_ins *s, struct pg *pg, const struct toc *toc, struct error *err)
{
	bool plain = same(toc->format, "PLAIN");
	CLEANUP(strings_done) struct strings owners = {0};

	for (size_t i = 0; !plain && i < toc->count; i++)
		if (*toc->items[i].owner && !role_is_built_in(toc->items[i].owner))
			strings_add(&owners, toc->items[i].owner);
	for (size_t i = 0; i < toc->roles.count; i++)
		if (!role_is_built_in(toc->roles.items[i]))
			strings_add(&owners, toc->roles.items[i]);
	strings_sort(&owners);
	for (size_t i = 0; i < owners.count; i++) {
		if (i > 0 && strcmp(owners.items[i], owners.items[i - 1]) == 0)
			continue;
		if (make_role(pg, owners.items[i], "inherit", err) < 0)
			return fail_within(err, "making a stand-in for role '%s'", owners.items[i]);
		s->made++;
	}
	if (s->made)
		findings_note(s->findings, "what roles may do is not in this dump: stand-ins were made for %zu %s%s",
			      s->made, s->made == 1 ? "role" : "roles",
			      plain ? " that it names" : ", owners of something in it");
	return 0;
}

int stand_ins_make(struct stand_ins *s, struct pg *pg, const struct toc *toc, int major, struct error *err)
{
	return s->manifest ? make_all(s, pg, major, err) : make_named(s, pg, toc, err);
}

int stand_ins_add(struct stand_ins *s, struct pg *pg, const char *name, bool *ret_made, struct error *err)
{
	const char *const params[] = {name};
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};

	if (role_is_built_in(name) || strings_have(&s->later, name))
		return 0;
	if (pg_query_params(pg, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", 1, params, &rows, err) < 0)
		return -1;
	if (pg_row_count(&rows))
		return 0;
	if (make_role(pg, name, "inherit", err) < 0)
		return fail_within(err, "making a stand-in for role '%s'", name);
	findings_note(s->findings, "role '%s' is wanted by the dump %s: a stand-in was made", name,
		      s->manifest ? "but not in its manifest" : "for grants, policies or the like");
	strings_add(&s->later, name);
	s->made++;
	*ret_made = true;
	return 0;
}

void stand_ins_done(struct stand_ins *s)
{
	strings_done(&s->later);
}
