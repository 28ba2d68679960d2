#include "unit/unit.h"

#include <dirent.h>
#include <stdio.h>

#include "base/file.h"
#include "model/plain.h"

#define HEAD "--\n-- PostgreSQL database dump\n--\n"			       /* three lines */
#define TAIL "--\n-- PostgreSQL database dump complete\n--\n"
#define SAMPLES "tests/fuzz/seeds/plain"

/* What came of a text. */
struct heard {
	struct text sql, entries, roles; /* "TYPE|schema|name|owner;", "name;" */
	struct plain *plain;
	int status;
	struct error err;
};

static void hear_sql(void *context, const char *bytes, size_t n)
{
	struct heard *h = context;

	text_add_bytes(&h->sql, bytes, n);
}

static void hear_entry(void *context, const struct plain_entry *e)
{
	struct heard *h = context;

	text_addf(&h->entries, "%s|%s|%s|%s;", e->type, e->schema, e->name, e->owner);
}

static void hear_role(void *context, const char *name)
{
	struct heard *h = context;

	text_addf(&h->roles, "%s;", name);
}

static void heard_done(struct heard *h)
{
	text_done(&h->sql);
	text_done(&h->entries);
	text_done(&h->roles);
	plain_free(&h->plain);
}

static void hear(struct heard *h, const char *text, size_t n, size_t piece, int target_major)
{
	struct plain_ears ears = {h, hear_sql, hear_entry, hear_role};

	*h = (struct heard){.plain = plain_new(&ears, target_major)};
	text_add(&h->sql, "");
	text_add(&h->entries, "");
	text_add(&h->roles, "");
	for (size_t at = 0; at < n && h->status == 0; at += piece)
		h->status = plain_add(h->plain, text + at, n - at < piece ? n - at : piece, &h->err);
	if (h->status == 0)
		h->status = plain_end(h->plain, &h->err);
}

static void facts_are_equal(const struct plain_facts *a, const struct plain_facts *b)
{
	assert_true(same(a->server_version, b->server_version) && same(a->dumped_by, b->dumped_by) && same(a->started, b->started));
	assert_true(same(a->database, b->database) && same(a->create_database, b->create_database));
	assert_true(same(a->encoding, b->encoding));
	assert_int_equal(a->makes_public, b->makes_public);
	assert_int_equal(a->copies, b->copies);
	assert_int_equal(a->lines, b->lines);
	assert_int_equal(a->drops, b->drops);
	assert_int_equal(a->tablespaces, b->tablespaces);
	assert_int_equal(a->subscriptions, b->subscriptions);
	assert_int_equal(a->labels, b->labels);
	assert_int_equal(a->statistics, b->statistics);
	assert_int_equal(a->timeouts, b->timeouts);
}

static void heard_the_same(const struct heard *a, const struct heard *b)
{
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->err.kind, b->err.kind);
	assert_string_equal(a->err.text, b->err.text);
	if (a->status < 0)
		return;
	assert_int_equal(a->sql.length, b->sql.length);
	assert_memory_equal(a->sql.data, b->sql.data, a->sql.length);
	assert_string_equal(a->entries.data, b->entries.data);
	assert_string_equal(a->roles.data, b->roles.data);
	facts_are_equal(plain_facts(a->plain), plain_facts(b->plain));
}

/* Whole, by single bytes and by seven: the same each time. */
static void hear_every_way(struct heard *ret, const char *text, size_t n, int target_major)
{
	static const size_t pieces[] = {1, 7};

	hear(ret, text, n, n ? n : 1, target_major);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		CLEANUP(heard_done) struct heard other;

		hear(&other, text, n, pieces[i], target_major);
		heard_the_same(ret, &other);
	}
}

/* Between head and trailer; what psql got between them. Owned by the caller. */
static char *passes(const char *body)
{
	autofree char *whole = format(HEAD "%s\n" TAIL, body);
	CLEANUP(heard_done) struct heard h;

	hear_every_way(&h, whole, strlen(whole), 17);
	if (h.status < 0)
		fail_msg("%s\n-> %s", body, h.err.text);
	assert_true(starts_with(h.sql.data, HEAD) && ends_with(h.sql.data, "\n" TAIL));
	return xstrndup(h.sql.data + strlen(HEAD), h.sql.length - strlen(HEAD) - strlen("\n" TAIL));
}

static void passes_as(const char *body, const char *comes_out)
{
	autofree char *out = passes(body);

	if (strcmp(out, comes_out) != 0)
		fail_msg("%s\n-> %s", body, out);
}

static void is_refused_whole(const char *text, size_t n, enum error_kind kind, const char *told)
{
	CLEANUP(heard_done) struct heard h;

	hear_every_way(&h, text, n, 17);
	if (h.status == 0 || h.err.kind != kind || !strstr(h.err.text, told))
		fail_msg("%.*s\n-> '%s' does not say '%s'", (int)n, text, h.err.text, told);
}

static void is_refused(const char *body, enum error_kind kind, const char *told)
{
	autofree char *whole = format(HEAD "%s\n" TAIL, body);

	is_refused_whole(whole, strlen(whole), kind, told);
}

static void what_psql_takes_for_one_thing_passes(void **state)
{
	static const char *const bodies[] = {
		"",
		"SELECT 1;",
		"select 1;select 2;;",
		"INSERT INTO t VALUES ('a;\\b''\\');",
		"INSERT INTO t VALUES (E'a\\'; \\x', e'\\\\');",
		"INSERT INTO t VALUES (E'a''\\'', 'b\\');",
		"INSERT INTO t VALUES (b'0\\', X'\\', n'\\', U&'\\0041', u&'\\');",
		"SELECT e '\\', uE'\\';", /* the letter stands for itself */
		"SELECT u & '\\', u&1, U&\"a\\b;\"\"\\\", \"\\;\"\"\\\";",
		"SELECT $$;\\$$, $a$;\\$$ $b$\\$a$, $é1$\\$é1$, a$b$c;",
		"SELECT $$a$ \\$$;",
		"SELECT $a$ $a \\ $b$a$;",
		"SELECT $1, $2 + $abc; SELECT $E'\\'';",
		"SELECT 0x1F, 1e9, 1.5;",
		"SELECT 1 -- \\; '\n, 2; -- ' \\",
		"SELECT /* ' \\ ; /* nested */ \\ */ 1 /**/ /***/;",
		"SELECT 1 /* a /*/ b */ c */;",
		"SELECT 4 - 2 / 2 -1, a@-b;",
		"SELECT 1 +-- \\\n 2 */* \\ */ 3;",
		"/* between \\; ' */ SELECT 1; --\\x",
		"CREATE RULE r AS ON INSERT TO v DO INSTEAD (SELECT 1; SELECT (2); );",
		"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;",
		"CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC\nEND;",
		"CREATE FUNCTION f(a int DEFAULT (begin)) RETURNS int AS 'x' LANGUAGE sql;",
		"CREATE TABLE begin (a int); CREATE TABLE \"end\" (a int);",
		"COPY t FROM stdin;\n1\t\\N\n\\\\.\n\\.x\n.\n\\\n\\x\n\n;'\n\\.",
		"copy public.\"a;b\" (a, \"b)\") From StdIn WITH (FORMAT csv);\n\\.",
		"COPY t FROM stdin; \t\n\\.\nSELECT 1;",
		"COPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 1;\r",
		"COPY t TO stdout; COPY stdin TO stdout; COPY (SELECT 1 FROM stdin) TO '/x';",
		"COPY t FROM '/stdin'; COPY t FROM \"stdin\";",
		"SET default_tablespace = ''; SET default_table_access_method = heap;",
		"SET transaction_timeout = 0;",
		"ALTER DATABASE shop SET search_path TO 'a';",
		"CREATE TABLE a(); DROP TABLE a; ALTER TABLE a DROP COLUMN b; SELECT pg_catalog.lo_unlink('1');",
		"CREATE TABLE a(); CREATE OR REPLACE VIEW v AS SELECT 1;",
		"-- Name: v _RETURN; Type: RULE; Schema: public; Owner: a\nCREATE OR REPLACE VIEW v AS SELECT 1;",
		"ALTER TABLE a ADD CONSTRAINT b CHECK (drop > 1);",
		"COMMENT ON TABLE subscription IS 'x'; CREATE TABLE subscription(); SELECT pg_catalog.pg_restore('x');",
		"SET xmloption = content; SELECT pg_catalog.setval('s', 1, true);",
		"BEGIN; SELECT pg_catalog.lo_open('1', 131072); COMMIT;",
		"SET standard_conforming_strings = off;\nSELECT 'a\\'; \\x', b'\\', x'\\', U&'\\', N'\\'';",
		"SET standard_conforming_strings TO off; SET standard_conforming_strings = on; SELECT '\\';",
		"SET client_encoding = 'EUC_JP'; SET client_encoding = 'LATIN1';",
		"SELECT '-- PostgreSQL database dump complete\n-- PostgreSQL database dump complete\n';",
		"COPY t FROM stdin;\n-- PostgreSQL database dump complete\n\\connect x\n\\.",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++)
		passes_as(bodies[i], bodies[i]);
}

static void what_is_left_out(void **state)
{
	static const struct {
		const char *body, *comes_out;
	} cases[] = {
		{"\\restrict Ab1\n\nSELECT 1;\n\\unrestrict Ab1\n", "\n\nSELECT 1;\n\n"},
		{"\\restrict Ab1 \r\n", NULL},
		{"DROP TABLE a; DROP TABLE IF EXISTS \"b;\n\";\nCREATE TABLE a();", " \n\nCREATE TABLE a();"},
		{"ALTER TABLE IF EXISTS ONLY a DROP CONSTRAINT IF EXISTS b;\nALTER TABLE a ALTER COLUMN b DROP DEFAULT;", "\n"},
		{"ALTER TABLE a DETACH PARTITION b;\nALTER TABLE a OWNER TO b;", "\nALTER TABLE a OWNER TO b;"},
		{"CREATE OR REPLACE VIEW a AS\nSELECT\n    NULL::integer AS id;\nDROP VIEW a;\nCREATE TABLE b();",
		 "\n\n\n\nCREATE TABLE b();"},
		{"SELECT pg_catalog.lo_unlink('4711');SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata;",
		 ""},
		{"DROP DATABASE a; CREATE TABLE a(); drop /* x */ database if exists a;", " CREATE TABLE a(); "},
		{"SET default_tablespace = fast;\nSET default_tablespace = 'f';", "\n"},
		{"CREATE SUBSCRIPTION s CONNECTION 'host=x;\n' PUBLICATION p;\nALTER SUBSCRIPTION s OWNER TO o;\n"
		 "COMMENT ON SUBSCRIPTION s IS 'x';\nSECURITY LABEL ON SUBSCRIPTION s IS 'x';\n"
		 "SECURITY LABEL FOR p ON SUBSCRIPTION s IS 'x';DROP SUBSCRIPTION s;",
		 "\n\n\n\n\n"},
		{"SECURITY LABEL FOR selinux ON TABLE a IS 'x';\nSECURITY LABEL ON DATABASE d IS 'x;\n';\nCREATE TABLE security();",
		 "\n\n\nCREATE TABLE security();"},
		{"SELECT * FROM pg_catalog.pg_restore_relation_stats(\n\t'version', '180006'::integer\n);\n"
		 "SELECT pg_catalog.pg_restore_attribute_stats('a');SELECT pg_catalog.pg_clear_relation_stats(1); SELECT 1;",
		 "\n\n\n SELECT 1;"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (cases[i].comes_out)
			passes_as(cases[i].body, cases[i].comes_out);
	is_refused("\\restrict Ab1 \r\n", ERR_DATA, "line 4 holds a command");
}

/* What they are counted as. */
static void what_is_left_out_is_counted(void **state)
{
	static const char body[] = HEAD
		"SET transaction_timeout = 0;\nDROP TABLE a;\nALTER TABLE a DROP CONSTRAINT b;\nDROP SUBSCRIPTION s;\n"
		"CREATE OR REPLACE VIEW v AS SELECT 1;\nSET default_tablespace = a;\nSET default_tablespace = '';\n"
		"CREATE SCHEMA public;\nSELECT * FROM pg_catalog.pg_restore_attribute_stats(1);SECURITY LABEL ON TABLE a IS 'x';\n"
		"COPY a FROM stdin;\n1\n\\.\n"
		"COPY b FROM stdin;\n\\.\n" TAIL;
	CLEANUP(heard_done) struct heard h;
	const struct plain_facts *f;

	(void)state;
	hear_every_way(&h, body, strlen(body), 16);
	assert_int_equal(h.status, 0);
	f = plain_facts(h.plain);
	assert_int_equal(f->timeouts, 1);
	assert_int_equal(f->drops, 3);
	assert_int_equal(f->subscriptions, 1);
	assert_int_equal(f->labels, 1);
	assert_int_equal(f->tablespaces, 1);
	assert_int_equal(f->statistics, 1);
	assert_int_equal(f->copies, 2);
	assert_int_equal(f->lines, 20);
	assert_true(f->makes_public);
	assert_null(f->database);
	assert_null(f->create_database);
	assert_string_equal(h.sql.data, HEAD "\n\n\n\n\n\nSET default_tablespace = '';\nCREATE SCHEMA public;\n\n"
					     "COPY a FROM stdin;\n1\n\\.\nCOPY b FROM stdin;\n\\.\n" TAIL);
}

/* Statements longer than their head: known by it alone. */
static void long_statements_are_known_by_their_head(void **state)
{
	CLEANUP(text_done) struct text blanks = {0}, newlines = {0}, body = {0}, wanted = {0};
	autofree char *out = NULL;

	(void)state;
	for (size_t i = 0; i < 3 * PLAIN_HEAD_OF_STATEMENT; i++) {
		text_add(&blanks, i % 80 ? " " : "\n");
		text_add(&newlines, i % 80 ? "" : "\n");
	}
	text_addf(&body, "DROP %s;", blanks.data);
	passes_as(body.data, newlines.data);
	body.length = 0;
	text_addf(&body, "DROP TABLE a %s;ALTER TABLE a %s DROP CONSTRAINT b;ALTER TABLE b OWNER TO %s x;", blanks.data,
		  blanks.data, blanks.data);
	text_addf(&wanted, "%sALTER TABLE a %s DROP CONSTRAINT b;ALTER TABLE b OWNER TO %s x;", newlines.data, blanks.data,
		  blanks.data);
	out = passes(body.data);
	assert_string_equal(out, wanted.data);
}

/* One with 1600 columns whose names are long, and whose rows follow. */
static void a_long_copy_has_its_rows(void **state)
{
	CLEANUP(text_done) struct text body = {0};
	autofree char *out = NULL;

	(void)state;
	text_add(&body, "COPY public.wide (");
	for (int i = 0; i < 1600; i++)
		text_addf(&body, "%s\"a column whose name; has \"\"%d\"\" in it\"", i ? ", " : "", i);
	text_add(&body, ") FROM stdin;\n\\connect x\n\\.\n");
	out = passes(body.data);
	assert_string_equal(out, body.data);
	/* and cut short */
	body.length -= 3;
	body.data[body.length] = '\0';
	is_refused(body.data, ERR_DATA, "it ends within the rows of 'public.wide', which begin in line 4");
}

static void roles_are_told_once(void **state)
{
	static const struct {
		const char *body, *roles;
	} cases[] = {
		{"ALTER TABLE a OWNER TO Shop; ALTER VIEW owner OWNER TO shop;", "shop;"},
		{"ALTER SCHEMA s OWNER TO \"Odd \"\"role; -- x\"; ALTER LARGE OBJECT 1 OWNER TO b;", "Odd \"role; -- x;b;"},
		{"GRANT SELECT, INSERT(id, \"to\") ON TABLE a TO r WITH GRANT OPTION; GRANT ALL ON a TO PUBLIC;", "r;"},
		{"GRANT ALL ON a TO GROUP g, \"public\", b, CURRENT_USER, c GRANTED BY d;", "g;public;b;c;d;"},
		{"GRANT SELECT ON TABLE public.\"to\" TO x; GRANT SELECT ON TABLE s.to_(a) TO y;", "x;y;"},
		{"REVOKE ALL ON a FROM PUBLIC; REVOKE GRANT OPTION FOR ALL ON a FROM r CASCADE;", "r;"},
		{"ALTER DEFAULT PRIVILEGES FOR ROLE a, b IN SCHEMA s GRANT SELECT ON TABLES TO c;", "a;b;c;"},
		{"ALTER DEFAULT PRIVILEGES FOR USER a REVOKE ALL ON FUNCTIONS FROM PUBLIC, d;", "a;d;"},
		{"ALTER ROLE r IN DATABASE d SET work_mem TO '1MB'; ALTER ROLE ALL IN DATABASE d SET work_mem TO '1MB';", "r;"},
		{"CREATE POLICY p ON t AS PERMISSIVE FOR SELECT TO a, \"B\" USING ((to = other));", "a;B;"},
		{"CREATE POLICY p ON t USING (true); CREATE SCHEMA s AUTHORIZATION a;", "a;"},
		{"CREATE USER MAPPING FOR public SERVER s; CREATE USER MAPPING FOR a SERVER s OPTIONS (for 'b');", "a;"},
		{"SET SESSION AUTHORIZATION 'it''s'; SET SESSION AUTHORIZATION E'a\\\\b'; RESET SESSION AUTHORIZATION;",
		 "it's;a\\b;"},
		{"SET SESSION AUTHORIZATION DEFAULT; SET SESSION AUTHORIZATION a; SET ROLE b; SET ROLE NONE;", "a;b;"},
		{"ALTER TABLE a RENAME TO b; CREATE TABLE c AS SELECT 1 FROM d; COMMENT ON TABLE a IS 'OWNER TO x';", ""},
		{"ALTER SUBSCRIPTION s OWNER TO nobody; CREATE TRIGGER t AFTER INSERT ON a FROM b EXECUTE FUNCTION f();", ""},
		{"INSERT INTO t VALUES ('GRANT a TO b'); SELECT 1 AS owner;", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *whole = format(HEAD "%s\n" TAIL, cases[i].body);
		CLEANUP(heard_done) struct heard h;

		hear_every_way(&h, whole, strlen(whole), 17);
		assert_int_equal(h.status, 0);
		if (strcmp(h.roles.data, cases[i].roles) != 0)
			fail_msg("%s\n-> %s", cases[i].body, h.roles.data);
	}
}

/* A list of grantees longer than the head of a statement, and one longer than there may be roles. */
static void many_roles_are_all_told_or_refused(void **state)
{
	CLEANUP(text_done) struct text body = {0}, wanted = {0};
	autofree char *whole = NULL;
	CLEANUP(heard_done) struct heard h;

	(void)state;
	text_add(&body, "GRANT SELECT ON TABLE a TO ");
	for (int i = 0; i < PLAIN_ROLES_MOST; i++) {
		text_addf(&body, "%srole_%d", i ? ", " : "", i);
		text_addf(&wanted, "role_%d;", i);
	}
	whole = format(HEAD "%s;\n" TAIL, body.data);
	hear_every_way(&h, whole, strlen(whole), 17);
	assert_int_equal(h.status, 0);
	assert_string_equal(h.roles.data, wanted.data);
	text_add(&body, ", one_more;");
	is_refused(body.data, ERR_DATA, "names more than 10000 roles");
}

static void a_name_too_long_for_a_role_is_refused(void **state)
{
	char name[2000];
	autofree char *body = NULL;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	body = format("SELECT 1;\nALTER TABLE a OWNER TO \"%s\";", name);
	is_refused(body, ERR_DATA, "the name of a role in the statement of line 5");
}

static void entries_and_facts_are_told(void **state)
{
	static const char body[] =
		HEAD "\n\\restrict X\n\n-- Dumped from database version 16.14 (Debian 16.14-1)\n"
		"-- Dumped by pg_dump version 17.12 (Debian 17.12-0+deb13u1)\r\n\n-- Started on 2026-11-22 04:15:00 UTC\n"
		"SET client_encoding = 'UTF8';\n--\n-- TOC entry 6 (class 2615 OID 17451)\n"
		"-- Name: odd name; Type: x;; Type: SCHEMA; Schema: -; Owner: o\n--\n"
		"-- Data for Name: t; Type: TABLE DATA; Schema: s; Owner: ; Tablespace: fast\n"
		"-- Name: a; Type: TABLE; Schema: s\n"
		"-- Statistics for Name: t; Type: STATISTICS DATA; Schema: s; Owner: -\n"
		"CREATE TABLE a -- Name: b; Type: TABLE; Schema: s; Owner: o\n();\n"
		"SELECT '\n-- Name: c; Type: TABLE; Schema: s; Owner: o\n';\nCOPY t FROM stdin;\n"
		"-- Name: d; Type: TABLE; Schema: s; Owner: o\n\\.\n/*\n-- Name: e; Type: TABLE; Schema: s; Owner: o\n*/\n" TAIL;
	CLEANUP(heard_done) struct heard h;
	const struct plain_facts *f;

	(void)state;
	hear_every_way(&h, body, strlen(body), 17);
	assert_int_equal(h.status, 0);
	assert_string_equal(h.entries.data, "SCHEMA|-|odd name; Type: x;|o;TABLE DATA|s|t|;STATISTICS DATA|s|t|-;");
	f = plain_facts(h.plain);
	assert_string_equal(f->server_version, "16.14 (Debian 16.14-1)");
	assert_string_equal(f->dumped_by, "17.12 (Debian 17.12-0+deb13u1)");
	assert_string_equal(f->started, "2026-11-22 04:15:00 UTC");
	assert_string_equal(f->encoding, "UTF8");
	assert_false(f->makes_public);
}

static void a_schema_public_that_it_makes_is_told(void **state)
{
	static const struct {
		const char *body;
		bool makes;
	} cases[] = {
		{"CREATE SCHEMA public;\n", true},
		{"CREATE SCHEMA \"public\";\n", true}, /* pg_dump -n public --quote-all-identifiers */
		{"CREATE SCHEMA IF NOT EXISTS public;\n", true},
		{"CREATE SCHEMA IF NOT EXISTS \"public\";\n", true},
		{"CREATE SCHEMA \"Public\";\n", false},
		{"CREATE SCHEMA publicity;\n", false},
		{"CREATE SCHEMA shop AUTHORIZATION public;\n", false},
		{"CREATE TABLE public.schema (i int);\n", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *body = format(HEAD "%s" TAIL, cases[i].body);
		CLEANUP(heard_done) struct heard h;

		hear_every_way(&h, body, strlen(body), 17);
		assert_int_equal(h.status, 0);
		assert_int_equal(plain_facts(h.plain)->makes_public, cases[i].makes);
	}
}

#define CREATED "CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8';\n"

/* What --clean --create writes of a database that is a template. */
static void a_template_database_is_dropped_and_made_anew(void **state)
{
	static const char body[] =
		HEAD "UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'shop';\nDROP DATABASE shop;\n"
		CREATED "\\connect shop\nALTER DATABASE shop IS_TEMPLATE = true;\n\\connect shop\nCREATE TABLE t ();\n"
		"UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'x';\n" TAIL;
	CLEANUP(heard_done) struct heard h;

	(void)state;
	hear_every_way(&h, body, strlen(body), 17);
	assert_int_equal(h.status, 0);
	assert_int_equal(plain_facts(h.plain)->drops, 2);
	assert_string_equal(h.sql.data, HEAD "\n\n\n\nALTER DATABASE shop IS_TEMPLATE = true;\n\nCREATE TABLE t ();\n"
					     "UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'x';\n" TAIL);
}

static void what_create_writes_is_followed(void **state)
{
	static const struct {
		const char *body, *comes_out, *database;
	} cases[] = {
		{"DROP DATABASE IF EXISTS shop;\n" CREATED "ALTER DATABASE shop OWNER TO o;\n"
		 "\\unrestrict K\n\\connect shop\n\\restrict K\n"
		 "SET row_security = off;\nALTER DATABASE shop SET a TO 'b';\nALTER ROLE r IN DATABASE shop SET a TO 'b';\n"
		 "COMMENT ON DATABASE shop IS 'x';\nSECURITY LABEL FOR p ON DATABASE shop IS 'x';\n"
		 "\\connect shop\nCREATE TABLE a();",
		 "\n\nALTER DATABASE shop OWNER TO o;\n\n\n\nSET row_security = off;\nALTER DATABASE shop SET a TO 'b';\n"
		 "ALTER ROLE r IN DATABASE shop SET a TO 'b';\nCOMMENT ON DATABASE shop IS 'x';\n"
		 "\n\nCREATE TABLE a();",
		 "shop"},
		{"CREATE DATABASE \"Shop\";\n\\connect \"Shop\"", "\n", "Shop"},
		{"CREATE DATABASE \"my-db\";\n\\connect \"my-db\"", "\n", "my-db"}, /* pg_dump before 9.5.4 */
		{"CREATE DATABASE \"a'b\\c\"\"d e\";\n\\encoding SQL_ASCII\n"
		 "\\connect -reuse-previous=on \"dbname='a\\'b\\\\c\"\"d e'\"", "\n\n",
		 "a'b\\c\"d e"},
		{"CREATE DATABASE \"a-b\";\n\\connect -reuse-previous=on \"dbname='a-b'\"", "\n", "a-b"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *whole = format(HEAD "%s\n" TAIL, cases[i].body);
		CLEANUP(heard_done) struct heard h;

		hear_every_way(&h, whole, strlen(whole), 17);
		if (h.status < 0)
			fail_msg("%s\n-> %s", cases[i].body, h.err.text);
		assert_string_equal(plain_facts(h.plain)->database, cases[i].database);
		assert_true(starts_with(plain_facts(h.plain)->create_database, "CREATE DATABASE "));
		assert_false(ends_with(plain_facts(h.plain)->create_database, ";"));
		passes_as(cases[i].body, cases[i].comes_out);
	}
}

static void other_commands_are_refused(void **state)
{
	static const struct {
		const char *body, *told;
	} cases[] = {
		{"\\! sh", "line 4 holds a command of psql's that pg_dump does not write: '\\! sh'"},
		{"SELECT 1;\n\n\\copy t from program 'rm -rf /;\tabc'",
		 "line 6 holds a command of psql's that pg_dump does not write: '\\copy t from program 'rm -rf /'"},
		{"SELECT 1 \\gexec", "line 4 holds a command of psql's that pg_dump does not write: '\\gexec'"},
		{"SELECT 1 \\; SELECT 2;", "'\\; SELECT 2;'"},
		{"SELECT (1\n\\x\n);", "line 5 holds a command"},
		{"SELECT 'a'\\x", "'\\x'"},
		{"SELECT $$a$$\\x", "'\\x'"},
		{"SELECT E'a\\\\'\\x';", "'\\x';'"},
		{"SELECT 'a\\'\\x';", "'\\x';'"},
		{"-- a\r\\x", "'\\x'"},
		{"/* a */\\x", "'\\x'"},
		{"\\.", "'\\.'"},
		{"COPY t FROM stdin;\n\\.\n\\.", "line 6"},
		{"COPY t TO stdout;\n\\.", "line 5"},
		{"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;\n\\x\nEND;", "line 5"},
		/* psql itself counts so, and a recovery with it fails there too */
		{"CREATE FUNCTION public.begin() RETURNS int LANGUAGE sql AS 'SELECT 1';\nCOPY t FROM stdin;\n\\.",
		 "END of a BEGIN in the routine of line 4, up to the command '\\.' in line 6"},
		{" \\restrict K", "line 4"},
		{"SELECT 1\n\\restrict K\n;", "line 5"},
		{"SELECT 1; \\unrestrict K", "line 4"},
		{"\\restrict K \\! sh", "line 4"},
		{"\\restrict", "line 4"},
		{"\\restrict K_1", "line 4"},
		{"\\connect shop", "line 4"},
		{"\\encoding UTF8", "line 4"},
		{"CREATE TABLE a();\n\\encoding SQL_ASCII", "line 5"},
		{CREATED "\\connect other", "line 5"},
		{CREATED "\\connect shop postgres", "line 5"},
		{CREATED "\\connect \"host=evil dbname=shop\"", "line 5"},
		{CREATED "\\connect -reuse-previous=on \"host='evil'\"", "line 5"},
		{CREATED "\\connect -reuse-previous=on \"dbname='shop' host='evil'\"", "line 5"},
		{CREATED "CREATE TABLE a();\n\\connect shop", "line 6"},
		{CREATED "\\connect shop\nINSERT INTO a VALUES (1);\n\\connect shop", "line 7"},
		{"\\\xff\x1b[2J", "'\\??[2J'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		is_refused(cases[i].body, ERR_DATA, cases[i].told);
}

static void the_second_word_of_a_quoted_string_is_as_psql_takes_it(void **state)
{
	(void)state;
	/* each on lines of its own: psql forgets that the first was E'' */
	passes_as("SELECT E'a\\''\n'b\\';", "SELECT E'a\\''\n'b\\';");
	is_refused("SELECT E'a'\n'b\\'; \\x'", ERR_DATA, "'\\x'");
}

static void other_faults_are_refused(void **state)
{
	static const struct {
		const char *body;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{"COPY t FROM stdin; SELECT 1;\n\\.", ERR_DATA, "something follows the COPY of line 4"},
		{CREATED "CREATE DATABASE other;", ERR_DATA, "creates a second database, in line 5"},
		{"SELECT 1;\nSET client_encoding = 'SJIS';", ERR_SOURCE, "encoding SJIS"},
		{"SET client_encoding TO shift_jis_2004;", ERR_SOURCE, "pg_dump -E UTF8"},
		{"SET NAMES 'GBK';", ERR_SOURCE, "GBK"},
		{"SET client_encoding = 'Windows-949';", ERR_SOURCE, "Windows-949"},
		{TAIL "SELECT 1;", ERR_DATA, "it goes on after its end, in line 7"},
		{TAIL "\n\n" HEAD ";", ERR_DATA, "two dumps in one file"},
		{TAIL "\\restrict K", ERR_DATA, "line 7 holds a command"},
		{TAIL "COPY t FROM stdin;\n\\.", ERR_DATA, "it goes on after its end"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		is_refused(cases[i].body, cases[i].kind, cases[i].told);
	passes_as(TAIL "\\unrestrict K\n-- Completed\n/* \n*/", TAIL "\n-- Completed\n/* \n*/");
}

static void a_long_dollar_quote_or_database_is_refused(void **state)
{
	char letters[PLAIN_HEAD_OF_STATEMENT + 100];
	autofree char *quote = NULL, *database = NULL;

	(void)state;
	memset(letters, 'x', sizeof(letters) - 1);
	letters[sizeof(letters) - 1] = '\0';
	quote = format("SELECT 1;\nSELECT $%s$a$%s$;", letters, letters);
	is_refused(quote, ERR_DATA, "a dollar quote in the statement of line 5");
	database = format("\n" "CREATE DATABASE a -- %s\n;", letters);
	is_refused(database, ERR_DATA, "the CREATE DATABASE in line 5 has more than 8192 bytes");
}

static void zeros_are_damage(void **state)
{
	static const char rows[] = HEAD "COPY t FROM stdin;\n1\n\0\0\0\n2\n\\.\n" TAIL, first[] = "\0\0\0\0", within[] = "--\n--\0";

	(void)state;
	is_refused_whole(rows, sizeof(rows) - 1, ERR_DATA, "line 6 holds a byte of zero");
	is_refused_whole(first, sizeof(first), ERR_DATA, "begins with a byte of zero");
	is_refused_whole(within, sizeof(within), ERR_DATA, "it does not begin as");
}

static void another_beginning_is_named(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{"", 0, ERR_DATA, "it is empty"},
		{"-", 1, ERR_DATA, "but with '-'"},
		{"PGDMP\x01\x10", 7, ERR_DATA, "but with 'PGDMP?" "?'"},
		{"-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n", 58, ERR_DATA,
		 "but with '-- MySQL dump 10.13  Distrib 8'"},
		{"--\n-- PostgreSQL database cluster dump\n--\n\n", 43, ERR_SOURCE, "dump each database with pg_dump"},
		{"--\n-- PostgreSQL database dump complete\n--\n", 43, ERR_DATA, "does not begin"},
		{"\n--\n-- PostgreSQL database dump\n--\n", 35, ERR_DATA, "does not begin"},
		{"\xff\xfe-\0-\0\n\0", 8, ERR_DATA, "UTF-16"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		is_refused_whole(cases[i].text, cases[i].n, cases[i].kind, cases[i].told);
}

/* A byte order mark is left out, and carriage returns are kept. */
static void what_windows_makes_of_it_passes(void **state)
{
	static const char text[] = "\xef\xbb\xbf--\r\n-- PostgreSQL database dump\r\n--\r\n\\restrict K\r\nDROP TABLE a;\r\n"
				   "-- Name: a; Type: TABLE; Schema: s; Owner: o\r\nCREATE TABLE a();\r\n"
				   "COPY a FROM stdin;\r\n1\r\n\\.\r\n"
				   "--\r\n-- PostgreSQL database dump complete\r\n--\r\n\\unrestrict K\r\n";
	CLEANUP(heard_done) struct heard h;

	(void)state;
	hear_every_way(&h, text, strlen(text), 17);
	if (h.status < 0)
		fail_msg("%s", h.err.text);
	assert_string_equal(h.entries.data, "TABLE|s|a|o;");
	assert_string_equal(h.sql.data, "--\r\n-- PostgreSQL database dump\r\n--\r\n\n\r\n"
					"-- Name: a; Type: TABLE; Schema: s; Owner: o\r\nCREATE TABLE a();\r\n"
					"COPY a FROM stdin;\r\n1\r\n\\.\r\n"
					"--\r\n-- PostgreSQL database dump complete\r\n--\r\n\n");
}

static void what_is_cut_short_says_where(void **state)
{
	static const struct {
		const char *body, *told;
	} cases[] = {
		{"SELECT 1;\n", "it ends without the line '-- PostgreSQL database dump complete'"},
		{"SELECT 1;\n-- PostgreSQL database dump complet", "it ends without the line"},
		{"SELECT 1;\nSELECT\n2", "it ends within a statement, which begins in line 5"},
		{"SELECT 1;\nSELECT\n'2", "it ends within a string of a statement, which begins in line 5"},
		{"SELECT \"", "it ends within a string of a statement, which begins in line 4"},
		{"SELECT $a$ $a", "it ends within a string of a statement, which begins in line 4"},
		{"SELECT E'\\'", "it ends within a string of a statement, which begins in line 4"},
		{"SELECT (1;", "it ends within a statement, which begins in line 4"},
		{"\n\n/*\n/* */", "it ends within a comment, which begins in line 6"},
		{"SELECT 1;\nCOPY public.\"A b\" (a) FROM stdin;\n1\n2",
		 "it ends within the rows of 'public.A b', which begin in line 5"},
		{"COPY t FROM stdin;", "it ends within the rows of 't', which begin in line 4"},
		{"COPY t FROM stdin;\n\\.", "it ends within the rows of 't', which begin in line 4"},
		{"\\! sh", "line 4 holds a command"},
		{"SELECT 1;\n-", "it ends within a statement, which begins in line 5"},
		{"CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;\n\n" TAIL, "it ends within a statement, which begins in line 4"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *whole = format(HEAD "%s", cases[i].body);

		is_refused_whole(whole, strlen(whole), ERR_DATA, cases[i].told);
	}
}

/* ---------------------------------------------------------------- what pg_dump writes */

static const struct {
	const char *file;
	const char *database;
	size_t drops, copies;
} samples[] = {
	{"create-17.sql", "rich", 0, 5},
	{"create-clean-15.sql", "rich", 1, 5},
	{"clean-15.sql", NULL, 50, 5},
	{"clean-if-exists-17.sql", NULL, 50, 5},
	{"inserts-17.sql", NULL, 0, 0},
	{"column-inserts-verbose-15.sql", NULL, 0, 0},
	{"odd-name-17.sql", "a'b\\c\"d e", 0, 0},
};

static char *read_sample(size_t i, size_t *ret_n)
{
	autofree char *path = path_join(SAMPLES, samples[i].file);
	char *text = NULL;
	struct error err = {0};

	if (read_small_bytes(path, (size_t)1 << 20, &text, ret_n, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

static bool is_odd(size_t i)
{
	return strstr(samples[i].file, "odd") != NULL;
}

static void what_pg_dump_writes_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		size_t n;
		autofree char *text = read_sample(i, &n);
		CLEANUP(heard_done) struct heard h, again;
		const struct plain_facts *f;

		hear_every_way(&h, text, n, 17);
		if (h.status < 0)
			fail_msg("%s: %s", samples[i].file, h.err.text);
		f = plain_facts(h.plain);
		assert_true(same(f->database, samples[i].database));
		assert_int_equal(f->drops, samples[i].drops);
		assert_int_equal(f->copies, samples[i].copies);
		assert_int_equal(f->subscriptions, is_odd(i) ? 0 : samples[i].drops > 1 ? 4 : 3);
		assert_string_equal(f->encoding, "UTF8");
		assert_true(is_odd(i) || (strstr(h.roles.data, "Odd \"role; -- x;") && strstr(h.roles.data, "group_a;")));
		assert_true(is_odd(i) || strstr(h.entries.data, "|ta;b\\le|") != NULL);
		/* what was left out is gone, and its lines stay */
		assert_null(strstr(h.sql.data, "CREATE SUBSCRIPTION"));
		assert_null(strstr(h.sql.data, "\\restrict"));
		assert_null(strstr(h.sql.data, "\nDROP "));
		assert_null(strstr(h.sql.data, "lo_unlink"));
		hear(&again, h.sql.data, h.sql.length, h.sql.length, 17);
		assert_int_equal(again.status, 0);
		assert_string_equal(again.sql.data, h.sql.data);
		assert_int_equal(plain_facts(again.plain)->lines, f->lines);
		assert_string_equal(again.entries.data, h.entries.data);
		assert_string_equal(again.roles.data, h.roles.data);
	}
}

/* Wherever it is cut: at every byte of its end, at every 13th before. */
static void no_beginning_of_it_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		size_t n, whole;
		autofree char *text = read_sample(i, &n);
		const char *trailer = text;

		/* the last: a row has it too */
		for (const char *at = text; (at = strstr(at, PLAIN_TRAILER)); at++)
			trailer = at;
		whole = (size_t)(trailer - text) + strlen(PLAIN_TRAILER);
		for (size_t cut = 0; cut <= n; cut += cut + 600 < whole ? 13 : 1) {
			CLEANUP(heard_done) struct heard h;

			hear(&h, text, cut, n, 17);
			/* after it, a cut comment is half of an operator, and a cut \unrestrict is another command */
			if (cut < whole ? h.status == 0 : h.status < 0 && text[cut - 1] != '-' && !strstr(h.err.text, "'\\"))
				fail_msg("%s, cut at %zu: %s", samples[i].file, cut, h.err.text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_psql_takes_for_one_thing_passes),
		cmocka_unit_test(what_is_left_out),
		cmocka_unit_test(what_is_left_out_is_counted),
		cmocka_unit_test(long_statements_are_known_by_their_head),
		cmocka_unit_test(a_long_copy_has_its_rows),
		cmocka_unit_test(roles_are_told_once),
		cmocka_unit_test(many_roles_are_all_told_or_refused),
		cmocka_unit_test(a_name_too_long_for_a_role_is_refused),
		cmocka_unit_test(entries_and_facts_are_told),
		cmocka_unit_test(a_schema_public_that_it_makes_is_told),
		cmocka_unit_test(what_create_writes_is_followed),
		cmocka_unit_test(a_template_database_is_dropped_and_made_anew),
		cmocka_unit_test(other_commands_are_refused),
		cmocka_unit_test(the_second_word_of_a_quoted_string_is_as_psql_takes_it),
		cmocka_unit_test(other_faults_are_refused),
		cmocka_unit_test(a_long_dollar_quote_or_database_is_refused),
		cmocka_unit_test(zeros_are_damage),
		cmocka_unit_test(another_beginning_is_named),
		cmocka_unit_test(what_windows_makes_of_it_passes),
		cmocka_unit_test(what_is_cut_short_says_where),
		cmocka_unit_test(what_pg_dump_writes_passes),
		cmocka_unit_test(no_beginning_of_it_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
