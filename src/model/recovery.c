#include "model/recovery.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/dump.h"

#define JOBS 4 /* pg_restore's, where nobody has seen it yet: most of what there is to gain */
#define STAMP (sizeof("_YYYYMMDD_HHMMSS") - 1)

/* Settings whose value is a list of names: as one literal they would become one name. */
static const char *const list_settings[] = {
	"local_preload_libraries", "search_path",      "session_preload_libraries",
	"shared_preload_libraries", "temp_tablespaces", "unix_socket_directories",
};

/* A word for the shell, bare where it needs no quotes. */
static void add_word(struct text *t, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";

	if (*word && strspn(word, plain) == strlen(word)) {
		text_add(t, word);
		return;
	}
	text_add(t, "'");
	for (const char *c = word; *c; c++) {
		if (*c == '\'')
			text_add(t, "'\\''");
		else
			text_add_bytes(t, c, 1);
	}
	text_add(t, "'");
}

/* A literal ("'") or identifier ("\"") of SQL; with control characters as U&, so that a line stays one line. */
static void add_quoted(struct text *t, const char *s, char quote)
{
	bool escaped = has_control(s);

	text_add(t, escaped ? "U&" : "");
	text_add_bytes(t, &quote, 1);
	for (; *s; s++) {
		if (*s == quote || (escaped && *s == '\\'))
			text_add_bytes(t, s, 1);
		if (escaped && ((unsigned char)*s < 0x20 || *s == 0x7f))
			text_addf(t, "\\%04X", (unsigned)*s);
		else
			text_add_bytes(t, s, 1);
	}
	text_add_bytes(t, &quote, 1);
}

/* "psql -X ... " on a database whose name may look like a connection string. */
static void add_psql(struct text *t, const char *database)
{
	bool odd = strchr(database, '=') || strstr(database, "://") || database[0] == '-' || database[0] == '\0';

	if (odd) {
		text_add(t, "PGDATABASE=");
		add_word(t, database);
		text_add(t, " ");
	}
	text_add(t, "psql -X -q -v ON_ERROR_STOP=1");
	if (!odd) {
		text_add(t, " -d ");
		add_word(t, database);
	}
}

/* ---- roles ---- */

static const struct {
	const char *word;   /* in the manifest; with "=" what follows is the value */
	const char *sql;
	const char *absent; /* what to say where the word is missing; NULL: nothing */
} attributes[] = {
	{"bypassrls", "BYPASSRLS", NULL},	{"createdb", "CREATEDB", NULL},	      {"createrole", "CREATEROLE", NULL},
	{"inherit", NULL, "NOINHERIT"},		{"login", "LOGIN", NULL},	      {"replication", "REPLICATION", NULL},
	{"superuser", "SUPERUSER", NULL},	{"connections=", "CONNECTION LIMIT", NULL}, {"until=", "VALID UNTIL", NULL},
};

/* The word of a space-separated list that is, or begins with, 'word'; its value, owned, or NULL. */
static char *find_attribute(const char *list, const char *word)
{
	size_t length = strlen(word);
	bool valued = word[length - 1] == '=';

	while (*list) {
		size_t n = strcspn(list, " ");

		if (n >= length && strncmp(list, word, length) == 0 && (valued || n == length))
			return xstrndup(list + length, n - length);
		list += n + strspn(list + n, " ");
	}
	return NULL;
}

static void add_attributes(struct text *t, const char *list)
{
	for (size_t i = 0; i < COUNT(attributes); i++) {
		autofree char *value = find_attribute(list, attributes[i].word);
		int64_t number;

		if (!value) {
			if (attributes[i].absent)
				text_addf(t, " %s", attributes[i].absent);
			continue;
		}
		if (!attributes[i].sql || (*value && strcmp(attributes[i].word, "connections=") == 0 &&
					   !parse_int(value, 0, INT32_MAX, &number)))
			continue;
		text_addf(t, " %s", attributes[i].sql);
		if (strcmp(attributes[i].word, "until=") == 0) {
			text_add(t, " ");
			add_quoted(t, value, '\'');
		} else if (*value) {
			text_addf(t, " %s", value);
		}
	}
}

/* Unless it is there: an empty server has its superuser, who may be among them. */
static void add_role(struct text *t, const struct role *role)
{
	CLEANUP(text_done) struct text create = {0};

	text_add(&create, "CREATE ROLE ");
	add_quoted(&create, role->name, '"');
	add_attributes(&create, role->attributes ? role->attributes : "");
	text_add(t, "SELECT ");
	add_quoted(t, create.data, '\'');
	text_add(t, " WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ");
	add_quoted(t, role->name, '\'');
	text_add(t, ") \\gexec\n");
}

static void add_memberships(struct text *t, const struct role *role)
{
	for (size_t i = 0; i < role->member_of.count; i++) {
		text_add(t, "GRANT ");
		add_quoted(t, role->member_of.items[i], '"');
		text_add(t, " TO ");
		add_quoted(t, role->name, '"');
		text_addf(t, "%s;\n", role_membership_options(role, role->member_of.items[i]));
	}
}

static bool is_list_setting(const char *name)
{
	for (size_t i = 0; i < COUNT(list_settings); i++)
		if (strcmp(list_settings[i], name) == 0)
			return true;
	return false;
}

/* The elements of a list as it is stored ("$user", public), each as a literal. */
static void add_list(struct text *t, const char *value)
{
	bool first = true;

	while (*value) {
		CLEANUP(text_done) struct text element = {0};
		bool quoted = *value == '"';

		value += quoted;
		while (*value && !(quoted ? *value == '"' && value[1] != '"' : *value == ',' || *value == ' ')) {
			value += quoted && *value == '"';
			text_add_bytes(&element, value++, 1);
		}
		value += quoted && *value == '"';
		value += strspn(value, ", ");
		text_add(t, first ? "" : ", ");
		add_quoted(t, element.data ? element.data : "", '\'');
		first = false;
	}
	if (first)
		text_add(t, "''");
}

/* Of a role; NULL: of all. */
static void add_setting(struct text *t, const struct role *role, const char *line, size_t n)
{
	autofree char *name = xstrndup(line, n);
	char *value = strchr(name, '=');

	if (!value)
		return;
	*value++ = '\0';
	text_add(t, "ALTER ROLE ");
	if (role)
		add_quoted(t, role->name, '"');
	text_addf(t, "%s SET ", role ? "" : "ALL");
	add_quoted(t, name, '"');
	text_add(t, " TO ");
	if (is_list_setting(name))
		add_list(t, value);
	else
		add_quoted(t, value, '\'');
	text_add(t, ";\n");
}

static void add_settings(struct text *t, const struct role *role)
{
	const char *line = role->settings ? role->settings : "";

	while (*line) {
		size_t n = strcspn(line, "\n");

		add_setting(t, role, line, n);
		line += n + (line[n] == '\n');
	}
}

static void add_roles(struct text *t, const struct manifest *m, bool plain)
{
	if (!m) {
		text_addf(t, "# There is no manifest to say which roles there were: %s.\n"
			     "# Make them (CREATE ROLE name), drop the database, and restore again.\n",
			  plain ? "psql stops at the first that it misses" : "pg_restore will name those it misses");
		return;
	}
	if (m->role_count == 0)
		return;
	text_add(t, "# The roles, without passwords: give new ones to those that log in.\n");
	add_psql(t, "postgres");
	text_add(t, " <<'SQL'\nSET client_min_messages = warning;\n");
	for (size_t i = 0; i < m->role_count; i++)
		add_role(t, &m->roles[i]);
	for (size_t i = 0; i < m->role_count; i++)
		add_memberships(t, &m->roles[i]);
	for (size_t i = 0; i < m->role_count; i++)
		add_settings(t, &m->roles[i]);
	text_add(t, "SQL\n");
}

/* ---- the database ---- */

/* ALTER ROLE ALL SET, when nothing of a restore can be hindered by it any more. */
static void add_settings_of_all(struct text *t, const struct manifest *m)
{
	if (!m || !m->settings_of_all.count)
		return;
	text_add(t, "# What the source's server had set for all roles.\n");
	add_psql(t, "postgres");
	text_add(t, " <<'SQL'\n");
	for (size_t i = 0; i < m->settings_of_all.count; i++)
		add_setting(t, NULL, m->settings_of_all.items[i], strlen(m->settings_of_all.items[i]));
	text_add(t, "SQL\n");
}

/* From the manifest, or from the file's name: DATABASE_YYYYMMDD_HHMMSS.dump. Owned by the caller. */
static char *database_of(const char *path, const struct manifest *m)
{
	const char *base = path_base(path);
	size_t n = strcspn(base, ".");
	autofree char *encoded = NULL;
	char *name;

	if (m && m->database)
		return xstrdup(m->database);
	encoded = xstrndup(base, n > STAMP ? n - STAMP : n);
	name = percent_decode(encoded);
	return name ? name : take(encoded);
}

/* One that was made with --create does so, and goes over to it. */
static void add_plain(struct text *t, const char *path, const char *database, bool makes_database)
{
	int form = dump_form_of_name(path);

	if (!makes_database) {
		text_add(t, "createdb --template=template0 ");
		add_word(t, database);
		text_add(t, "\n");
	}
	if (form != DUMP_PLAIN) {
		text_add(t, form == DUMP_PLAIN_GZIP ? "gzip -dc " : "zstd -dc ");
		add_word(t, path);
		text_add(t, " | ");
	}
	add_psql(t, makes_database ? "postgres" : database);
	if (form == DUMP_PLAIN) {
		text_add(t, " -f ");
		add_word(t, path);
	}
	text_add(t, "\n");
}

/* --create makes it from template0 with its own encoding, locale, settings, grants and comment. */
static void add_archive(struct text *t, const char *path, int jobs)
{
	text_add(t, "pg_restore --create --dbname=postgres ");
	if (jobs != 1)
		text_addf(t, "--jobs=%d ", jobs > 1 ? jobs : JOBS);
	add_word(t, path);
	text_add(t, "\n");
}

/* A source that dropped the schema public has none in its dump; template0 has one. */
static bool lacks_public(const struct manifest *m)
{
	const struct object_class *schemas = m ? manifest_class(m, "schema") : NULL;

	return schemas && !object_class_find(schemas, "public");
}

void recovery_lines(const char *path, const struct manifest *m, bool makes_database, int jobs, struct text *out)
{
	int form = dump_form_of_name(path);
	bool plain = form >= 0 && dump_form_is_plain((enum dump_form)form);
	autofree char *folder = path_dir(path);
	autofree char *database = database_of(path, m);
	autofree char *sums = format("%s.sha256", path_base(path));

	text_add(out, "# Whole? Every line has to end in OK.\ncd ");
	add_word(out, folder);
	text_add(out, " && sha256sum -c ");
	add_word(out, sums);
	text_add(out, "\n");
	add_roles(out, m, plain);
	if (m && m->read_only_default)
		text_add(out, "# It was read-only by default, which would stop its own restore.\n"
			      "export PGOPTIONS='-c default_transaction_read_only=off'\n");
	text_add(out, "# The database, under its own name.\n");
	if (plain)
		add_plain(out, path, database, makes_database);
	else
		add_archive(out, path, jobs);
	add_psql(out, database);
	text_addf(out, "%s -c ANALYZE\n", lacks_public(m) ? " -c 'DROP SCHEMA public'" : "");
	add_settings_of_all(out, m);
}
