#include "unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "drill/messages.h"
#include "unit/folder.h"

static char *put(const char *name, const char *text, size_t n)
{
	char *path = path_join(folder, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	return path;
}

#define LINE(severity, state, message, backend)                                                                        \
	"{\"timestamp\":\"2026-11-22 04:15:04.123 UTC\",\"user\":\"postgres\",\"dbname\":\"shop\",\"pid\":12,"           \
	"\"error_severity\":\"" severity "\",\"state_code\":\"" state "\",\"message\":\"" message "\","                  \
	"\"statement\":\"CREATE TABLE public.t (\\n    id integer\\n);\",\"application_name\":\"pg_restore\","           \
	"\"backend_type\":\"" backend "\",\"query_id\":0}\n"

static void test_reads_errors_of_sessions_only(void **state)
{
	const char *text = LINE("LOG", "00000", "ready", "postmaster") LINE("ERROR", "42P01", "first", "client backend")
		LINE("WARNING", "01000", "no", "client backend") LINE("ERROR", "22012", "worker", "parallel worker")
		LINE("ERROR", "08006", "unexpected EOF on client connection", "client backend")
		LINE("FATAL", "57P01", "second", "client backend") "{\"error_severity\":\"ERROR\",\"not whole";
	autofree char *path = put("log", text, strlen(text));
	CLEANUP(messages_done) struct messages m = {0}, later = {0};
	struct error err;

	(void)state;
	assert_int_equal(messages_read(path, 0, &m, &err), 0);
	assert_int_equal(m.count, 2);
	assert_string_equal(m.items[0].text, "first");
	assert_string_equal(m.items[0].sqlstate, "42P01");
	assert_string_equal(m.items[0].database, "shop");
	assert_string_equal(m.items[0].detail, "");
	assert_string_equal(m.items[1].severity, "FATAL");
	assert_int_equal(m.end, strlen(text) - strlen("{\"error_severity\":\"ERROR\",\"not whole"));
	assert_int_equal(messages_read(path, m.end, &later, &err), 0);
	assert_int_equal(later.count, 0);
}

/* Whoever takes the log away, or shortens it, must not make a restore look as if it had no errors. */
static void test_a_log_that_is_gone(void **state)
{
	autofree char *path = path_join(folder, "none"), *shortened = put("short", "{}\n", 3);
	CLEANUP(messages_done) struct messages m = {0};
	struct error err;

	(void)state;
	assert_int_equal(messages_read(path, 0, &m, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(messages_read(shortened, 4, &m, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(messages_read(shortened, 3, &m, &err), 0);
	assert_int_equal(m.count, 0);
}

/* A dump can write in the log's folder: what is there must be a file. */
static void test_a_log_that_is_none(void **state)
{
	autofree char *path = path_join(folder, "link");
	autofree char *pipe_path = path_join(folder, "pipe");
	CLEANUP(messages_done) struct messages m = {0};
	struct error err;

	(void)state;
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(messages_read(path, 0, &m, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(messages_read(pipe_path, 0, &m, &err), -1);
}

static void test_a_line_that_makes_no_sense_is_an_error(void **state)
{
	static const char text[] =
		"garbage\n{\"error_severity\":\"ERROR\",\"state_code\":\"22021\",\"message\":\"\xff\xfe bad\"}\n";
	autofree char *path = put("garbage", text, sizeof(text) - 1);
	CLEANUP(messages_done) struct messages m = {0};
	CLEANUP(judgement_done) struct judgement j = {0};
	struct circumstances c = {.server_version_num = 170012};
	struct error err;

	(void)state;
	assert_int_equal(messages_read(path, 0, &m, &err), 0);
	assert_int_equal(m.count, 2);
	assert_string_equal(m.items[0].sqlstate, "");
	message_judge(&m.items[0], &c, &j);
	assert_string_equal(j.rule, "unreadable-log");
	assert_string_equal(m.items[1].sqlstate, "22021");
	assert_string_equal(m.items[1].text, "?? bad");
}

/* A statement of several megabytes is cut, also in the middle of an escape. */
static void test_a_long_line_is_cut(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 8; shift++) {
		struct text text = {0};
		autofree char *path = NULL;
		CLEANUP(messages_done) struct messages m = {0};
		struct error err;

		text_add(&text, "{\"error_severity\":\"ERROR\",\"state_code\":\"42601\",\"message\":\"m\",\"statement\":\"");
		for (size_t i = 0; i < shift; i++)
			text_add(&text, "x");
		while (text.length < 3 * MESSAGE_LINE_CAP)
			text_add(&text, "\\u00e9\\\\\\n");
		text_add(&text, "\",\"backend_type\":\"client backend\"}\n" LINE("ERROR", "42P01", "next", "client backend"));
		path = put("long", text.data, text.length);
		text_done(&text);
		assert_int_equal(messages_read(path, 0, &m, &err), 0);
		assert_int_equal(m.count, 2);
		assert_string_equal(m.items[0].sqlstate, "42601");
		assert_string_equal(m.items[1].text, "next");
	}
}

/* More errors than are looked at are counted all the same. */
static void test_too_many(void **state)
{
	struct text text = {0};
	autofree char *path = NULL;
	CLEANUP(messages_done) struct messages m = {0};
	struct error err;

	(void)state;
	for (size_t i = 0; i < MESSAGES_CAP + 5; i++)
		text_add(&text, LINE("ERROR", "42P01", "again", "client backend"));
	path = put("many", text.data, text.length);
	text_done(&text);
	assert_int_equal(messages_read(path, 0, &m, &err), 0);
	assert_int_equal(m.count, MESSAGES_CAP);
	assert_int_equal(m.dropped, 5);
}

static void test_last_words(void **state)
{
	const char *killed = LINE("LOG", "00000", "server process (PID 9) was terminated by signal 9: Killed", "postmaster")
		LINE("FATAL", "57P02", "terminating connection", "client backend");
	const char *full = LINE("PANIC", "53100", "could not write to file: No space left on device", "checkpointer");
	const char *plain = LINE("FATAL", "XX000", "could not load library", "postmaster");
	autofree char *a = put("killed", killed, strlen(killed)), *b = put("full", full, strlen(full));
	autofree char *c = put("plain", plain, strlen(plain)), *none = path_join(folder, "none");
	enum error_kind kind = ERR_IO;
	autofree char *wa = messages_last_words(a, &kind);

	(void)state;
	assert_string_equal(wa, "server process (PID 9) was terminated by signal 9: Killed");
	assert_int_equal(kind, ERR_IO); /* by whom, it does not know */
	kind = ERR_IO;
	autofree char *wb = messages_last_words(b, &kind);
	assert_int_equal(kind, ERR_SPACE);
	assert_non_null(strstr(wb, "No space"));
	kind = ERR_IO;
	autofree char *wc = messages_last_words(c, &kind);
	assert_string_equal(wc, "could not load library");
	assert_int_equal(kind, ERR_IO);
	assert_null(messages_last_words(none, &kind));
}

static const struct strings no_extensions = {0};
static char postgis[] = "postgis";
static char *lacking_items[] = {postgis};
static const struct strings lacking = {lacking_items, 1};

static const struct circumstances plain = {.server_version_num = 170012, .lacking = &no_extensions};
static const struct circumstances older = {.server_version_num = 160014};
static const struct circumstances lacks = {.server_version_num = 170012, .lacking = &lacking};
static const struct circumstances lacked = {.server_version_num = 170012, .something_lacked = true};
static const struct circumstances failed = {.server_version_num = 170012, .something_failed = true};
static const struct circumstances rows_failed = {.server_version_num = 170012, .something_failed = true,
						 .rows_failed = true};
static const struct circumstances gave_up = {.server_version_num = 170012, .gave_up = true};
static char *other_items[] = {"citext 1.6 (source: 9.0)"};
static const struct strings others = {other_items, 1};
static const struct circumstances older_one = {.server_version_num = 170012, .older = &others, .newer = &no_extensions};
static const struct circumstances newer_one = {.server_version_num = 170012, .older = &no_extensions, .newer = &others};
static const struct circumstances full = {.server_version_num = 170012, .box_failed = true};
static const struct circumstances substituted = {.server_version_num = 170012, .substituted_locale = "en_US.UTF-8"};

static const struct circumstances sorts_otherwise = {.server_version_num = 170012, .collation_differs = "2.31, here 2.41"};

static const struct circumstances from_15 = {.server_version_num = 170012, .source_version_num = 150020};
static const struct circumstances from_17 = {.server_version_num = 170012, .source_version_num = 170009};

static void test_judgements(void **state)
{
	static const struct {
		const char *sqlstate, *text, *detail, *statement, *context;
		const struct circumstances *c;
		const char *rule;
		enum meaning meaning;
		const char *says;
	} cases[] = {
		{"42704", "unrecognized configuration parameter \"transaction_timeout\"", "", "SET transaction_timeout = 0;",
		 "", &older, "transaction-timeout", MEANING_TOLERATED, "older server"},
		/* on a server that knows it, it is not harmless */
		{"42704", "unrecognized configuration parameter \"transaction_timeout\"", "", "SET transaction_timeout = 0;",
		 "", &plain, "parameter", MEANING_LACKING, "transaction_timeout"},
		{"42P06", "schema \"public\" already exists", "", "CREATE SCHEMA public;", "", &plain, "public-exists",
		 MEANING_TOLERATED, "public"},
		/* exactly that line: another schema twice is not harmless */
		{"42P06", "schema \"sales\" already exists", "", "CREATE SCHEMA sales;", "", &plain, "unexplained",
		 MEANING_DAMAGE, "sales"},
		{"42P06", "schema \"public\" already exists", "", "SELECT f()", "", &plain, "unexplained", MEANING_DAMAGE, ""},
		{"53100", "could not extend file \"base/5/2\": No space left on device", "", "COPY", "", &plain, "disk-full",
		 MEANING_BOX, "room"},
		{"53200", "out of memory", "Failed on request of size 8.", "CREATE INDEX", "", &plain, "memory", MEANING_BOX,
		 "memory"},
		{"57P01", "terminating connection due to administrator command", "", "", "", &plain, "stopped", MEANING_BOX,
		 "interrupted"},
		{"57014", "canceling statement due to user request", "", "COPY public.t", "", &plain, "stopped", MEANING_BOX, ""},
		{"57014", "canceling statement due to user request", "", "COPY public.t", "", &gave_up, "taken-back",
		 MEANING_FOLLOWS, ""},
		{"57014", "canceling statement due to statement timeout", "", "COPY public.t", "", &gave_up, "stopped",
		 MEANING_BOX, ""},
		{"XX001", "invalid page in block 0", "", "", "", &plain, "scratch-corrupt", MEANING_BOX, "memory and disk"},
		{"40P01", "deadlock detected", "", "", "", &plain, "deadlock", MEANING_AGAIN, ""},
		{"42704", "role \"webapp\" does not exist", "", "GRANT SELECT ON t TO webapp", "", &plain, "role",
		 MEANING_ROLE, "webapp"},
		{"0A000", "extension \"postgis\" is not available", "", "CREATE EXTENSION", "", &plain, "extension",
		 MEANING_LACKING, "postgis"},
		{"42704", "type \"public.geometry\" does not exist", "", "CREATE TABLE", "", &lacks, "lacking",
		 MEANING_LACKING, "geometry"},
		{"42P01", "relation \"public.places\" does not exist", "", "ALTER TABLE", "", &lacked, "lacking",
		 MEANING_LACKING, "places"},
		{"42704", "type \"public.geometry\" does not exist", "", "CREATE TABLE", "", &plain, "unexplained",
		 MEANING_DAMAGE, "geometry"},
		{"42P01", "relation \"public.places\" does not exist", "", "ALTER TABLE", "", &failed, "follows",
		 MEANING_FOLLOWS, ""},
		{"42P01", "relation \"public.places\" does not exist", "", "ALTER TABLE", "", &full, "after-the-box",
		 MEANING_FOLLOWS, ""},
		{"23503", "insert or update on table \"b\" violates foreign key constraint \"b_a_fkey\"", "", "", "", &full,
		 "after-the-box", MEANING_FOLLOWS, ""},
		{"42P01", "relation \"rates\" does not exist", "", "COPY public.t", "SQL function \"rate\" during inlining",
		 &full, "after-the-box", MEANING_FOLLOWS, ""},
		{"53100", "could not extend file: No space left on device", "", "COPY public.t", "", &full, "disk-full",
		 MEANING_BOX, "room"},
		{"XX000", "pg_cron can only be loaded via shared_preload_libraries", "", "CREATE EXTENSION", "", &plain, "preload",
		 MEANING_LACKING, "pg_cron"},
		{"58P01", "could not access file \"$libdir/pg_partman_bgw\": No such file or directory", "", "", "", &plain,
		 "library", MEANING_LACKING, "pg_partman_bgw"},
		{"42704", "collation \"de-x-icu\" for encoding \"UTF8\" does not exist", "", "", "", &plain, "collation",
		 MEANING_LACKING, "de-x-icu"},
		{"23503", "insert or update on table \"b\" violates foreign key constraint \"b_a_fkey\"",
		 "Key (a)=(5) is not present in table \"a\".", "ALTER TABLE ONLY public.b", "", &plain, "foreign-key",
		 MEANING_SOURCE, "b_a_fkey (Key (a)=(5) is not present in table \"a\".)"},
		{"23503", "insert or update on table \"b\" violates foreign key constraint \"b_a_fkey\"", "", "", "", &rows_failed,
		 "follows", MEANING_FOLLOWS, ""},
		/* without rows that failed it is a cause of its own */
		{"23503", "insert or update on table \"b\" violates foreign key constraint \"b_a_fkey\"", "", "", "", &failed,
		 "foreign-key", MEANING_SOURCE, "b_a_fkey"},
		{"42830", "there is no unique constraint matching given keys for referenced table \"a\"", "", "ALTER TABLE", "",
		 &failed, "follows", MEANING_FOLLOWS, ""},
		{"42830", "there is no unique constraint matching given keys for referenced table \"a\"", "", "ALTER TABLE", "",
		 &lacked, "lacking", MEANING_LACKING, ""},
		{"23514", "new row for relation \"t\" violates check constraint \"t_ok\"", "", "COPY public.t", "", &plain,
		 "check", MEANING_SOURCE, "t_ok"},
		{"23514", "value for domain public.code violates check constraint \"code_listed\"", "", "COPY public.t", "", &plain,
		 "check", MEANING_SOURCE, "CHECK code_listed"},
		{"42P01", "relation \"rates\" does not exist", "", "COPY public.t", "SQL function \"rate\" during inlining",
		 &plain, "search-path", MEANING_SOURCE, "function rate relies on search_path"},
		{"42P01", "relation \"rates\" does not exist", "", "CREATE INDEX", "SQL statement \"SELECT 1\"\nPL/pgSQL function "
		 "public.\"Rate\"(text,integer) line 1 at RETURN\nSQL function \"outer\" statement 1", &plain, "search-path",
		 MEANING_SOURCE, "function public.\"Rate\"(text,integer) relies on"},
		/* with its schema it is not for want of a path */
		{"42P01", "relation \"public.rates\" does not exist", "", "CREATE TABLE", "SQL function \"rate\" during inlining",
		 &plain, "function", MEANING_SOURCE, "function rate fails"},
		{"42P01", "relation \"public.rates\" does not exist", "", "CREATE TABLE", "SQL function \"rate\" during inlining",
		 &failed, "follows", MEANING_FOLLOWS, ""},
		{"42883", "function public.brand_new(integer) does not exist", "", "CREATE VIEW", "", &older_one, "older-extension",
		 MEANING_LACKING, "older citext 1.6 (source: 9.0), which"},
		{"42883", "function public.brand_new(integer) does not exist", "", "CREATE VIEW", "", &newer_one, "unexplained",
		 MEANING_DAMAGE, ""},
		{"42P01", "relation \"public.t\" does not exist", "", "CREATE VIEW", "", &older_one, "unexplained",
		 MEANING_DAMAGE, ""},
		/* a partition's rows, and its bounds, by the order of text; a CHECK that refuses them is another matter */
		{"23514", "new row for relation \"c\" violates partition constraint", "", "COPY public.c", "", &sorts_otherwise,
		 "sorts-otherwise", MEANING_LACKING, "version 2.31, here 2.41"},
		{"42P17", "empty range bound specified for partition \"c\"", "", "CREATE TABLE", "", &sorts_otherwise,
		 "sorts-otherwise", MEANING_LACKING, "empty range bound"},
		{"23514", "new row for relation \"c\" violates partition constraint", "", "COPY public.c", "", &plain,
		 "partition", MEANING_SOURCE, "do not fit"},
		{"23514", "new row for relation \"t\" violates check constraint \"t_ok\"", "", "COPY public.t", "",
		 &sorts_otherwise, "check", MEANING_SOURCE, "t_ok"},
		{"42723", "function \"f\" already exists with same argument types", "", "CREATE FUNCTION", "", &newer_one,
		 "newer-extension", MEANING_LACKING, "newer citext"},
		{"42723", "function \"f\" already exists with same argument types", "", "CREATE FUNCTION", "", &older_one,
		 "unexplained", MEANING_DAMAGE, ""},
		{"P0001", "there is no customer 1", "", "COPY public.t", "PL/pgSQL function public.known(integer) line 2 at RAISE",
		 &plain, "function", MEANING_SOURCE, "function public.known(integer) fails"},
		{"22008", "date/time field value out of range", "", "COPY public.t", "PL/pgSQL function public.day(text) line 1",
		 &plain, "function", MEANING_SOURCE, "function public.day(text) fails"},
		/* names of tables and columns are no functions */
		{"22P02", "invalid input syntax for type integer: \"x\"", "", "COPY public.t",
		 "COPY a function f, line 1, column PL/pgSQL function x: \"x\"", &plain, "rows", MEANING_DAMAGE, "invalid input"},
		{"23505", "could not create unique index \"t_name_key\"", "Key (name)=(a) is duplicated.", "", "", &plain,
		 "duplicates", MEANING_SOURCE, "Key (name)=(a) is duplicated."},
		{"23505", "could not create unique index \"t_name_key\"", "Key (name)=(a) is duplicated.", "", "",
		 &substituted, "substituted-locale", MEANING_LACKING, "en_US.UTF-8"},
		{"22P04", "extra data after last expected column", "", "COPY public.t (id) FROM stdin;", "", &plain, "rows",
		 MEANING_DAMAGE, "extra data"},
		{"42601", "syntax error at or near \"CREAT\"", "", "CREAT TABLE", "", &plain, "unexplained", MEANING_DAMAGE,
		 "syntax error"},
		{"42601", "syntax error at or near \"integer\"", "", "CREATE FUNCTION", "", &from_17, "unexplained", MEANING_DAMAGE,
		 "syntax error"},
		/* what another major took says nothing against the dump */
		{"42601", "syntax error at or near \"integer\"", "", "CREATE FUNCTION", "", &from_15, "other-major",
		 MEANING_LACKING, "PostgreSQL 15 took"},
		{"22P04", "extra data after last expected column", "", "COPY public.t (id) FROM stdin;", "", &from_15, "rows",
		 MEANING_DAMAGE, "extra data"},
		{"P0001", "errors ignored on restore: 0", "", "", "", &plain, "unexplained", MEANING_DAMAGE, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct message m = {
			.text = (char *)(uintptr_t)cases[i].text,
			.detail = (char *)(uintptr_t)cases[i].detail,
			.statement = (char *)(uintptr_t)cases[i].statement,
			.context = (char *)(uintptr_t)cases[i].context,
		};
		CLEANUP(judgement_done) struct judgement j = {0};

		memcpy(m.sqlstate, cases[i].sqlstate, strlen(cases[i].sqlstate) + 1);
		message_judge(&m, cases[i].c, &j);
		if (strcmp(j.rule, cases[i].rule) != 0)
			fail_msg("'%s' was judged by '%s', not by '%s'", cases[i].text, j.rule, cases[i].rule);
		assert_int_equal(j.meaning, cases[i].meaning);
		if (!strstr(j.sentence, cases[i].says))
			fail_msg("'%s' is not in '%s'", cases[i].says, j.sentence);
		assert_null(strchr(j.sentence, '{'));
	}
}

/* The manifest tells what was the source's own: no version of an extension explains that it is missing. */
static void test_what_no_extension_explains(void **state)
{
	static const struct {
		const char *text;
		bool own;
	} cases[] = {
		{"function public.brand_new(integer) does not exist", false},
		{"function public.worth(text, integer) does not exist", true},
		{"function public.worth(text) does not exist", false},
		{"function public.worth(integer, text) does not exist", false},
		{"function public.worth_more(text, integer) does not exist", false},
		{"function public.nothing() does not exist", true},
		{"function nothing() does not exist", false},
		{"procedure public.nothing() does not exist", true},
		{"function sales.Total(\"odd, type\") does not exist", false},
		{"type \"Odd Name.state\" does not exist", true},
		{"type \"Odd Name.state[]\" does not exist", true},
		{"type \"Odd Name.stat\" does not exist", false},
		{"type \"Odd Name.states\" does not exist", false},
		{"function public.worth(text, integer", false},
		{"function public.worth", false},
		{"function ", false},
		{"type \"", false},
	};
	CLEANUP(manifest_done) struct manifest source = {0};
	struct circumstances c = {.server_version_num = 170012, .older = &others, .source = &source};
	struct object_class *functions = manifest_add_class(&source, "function"), *types;

	(void)state;
	(void)object_class_add(functions, "public.\"worth\"(of text, n integer)");
	(void)object_class_add(functions, "public.nothing()");
	types = manifest_add_class(&source, "type");
	(void)object_class_add(types, "\"Odd Name\".state");
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(judgement_done) struct judgement j = {0};
		char text[200], none[] = "", view[] = "CREATE VIEW public.v AS";
		struct message m = {.severity = "ERROR", .text = text, .detail = none, .hint = none, .context = none,
				    .statement = view, .database = none};

		(void)snprintf(text, sizeof(text), "%s", cases[i].text);
		(void)snprintf(m.sqlstate, sizeof(m.sqlstate), "%s", starts_with(text, "type") ? "42704" : "42883");
		message_judge(&m, &c, &j);
		if ((j.meaning == MEANING_DAMAGE) != cases[i].own)
			fail_msg("'%s' was judged '%s'", text, j.rule);
		assert_int_equal(j.meaning, cases[i].own ? MEANING_DAMAGE : MEANING_LACKING);
	}
}

static void test_roles_that_are_missed(void **state)
{
	static const struct {
		const char *statement, *roles;
	} cases[] = {
		{"GRANT SELECT ON TABLE public.t TO a;", "a"},
		{"CREATE POLICY p ON public.t TO a, b, \"C \"\"d\" USING (true);", "a|b|C \"d"},
		{"CREATE POLICY \"x TO y\" ON public.t FOR SELECT TO b, a USING ((s = 'TO z, y'::text));", "a|b"},
		{"CREATE POLICY p ON public.\"TO \" AS RESTRICTIVE TO a;", "a"},
		{"CREATE POLICY p ON public.t TO public, CURRENT_USER, b USING (true);", "a|b"},
		{"CREATE POLICY p ON public.t TO \"Public\", a;", "a|Public"},
		{"CREATE POLICY p ON public.t USING (true);", "a"},
		{"CREATE POLICY p ON public.t TO a, b, half_a_na", "a|b"},
		{"CREATE POLICY p ON public.t TO a, \"half a na", "a"},
		{"CREATE POLICY \"", "a"},
		{"CREATE POLICY p TO ", "a"},
		{"", "a"},
	};
	struct message quoting = {.text = (char[]){"role \"Odd \"one\" does not exist"}, .statement = (char[]){"GRANT"}};
	CLEANUP(strings_done) struct strings quoted = {0};

	(void)state;
	message_roles(&quoting, &quoted);
	assert_string_equal(quoted.items[0], "Odd \"one");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char statement[120], text[] = "role \"a\" does not exist";
		struct message m = {.text = text, .statement = statement};
		CLEANUP(strings_done) struct strings roles = {0};
		autofree char *joined = NULL;

		(void)snprintf(statement, sizeof(statement), "%s", cases[i].statement);
		message_roles(&m, &roles);
		joined = strings_join(&roles, "|", 9);
		assert_string_equal(joined, cases[i].roles);
	}
}

static void test_what_hangs_on_the_order(void **state)
{
	static const struct {
		const char *rule;
		const char *statement;
		bool hangs;
	} cases[] = {
		{"check", "COPY public.a (id) FROM stdin;", true},	  {"function", "COPY public.a (id) FROM stdin", true},
		{"not-null", "COPY public.a (id) FROM stdin", true},	  {"rows", "COPY public.a (id) FROM stdin", false},
		{"search-path", "COPY public.a (id) FROM stdin", false}, {"function", "CREATE INDEX ON public.a", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char statement[40];
		struct message m = {.statement = statement};
		struct judgement j = {.rule = cases[i].rule};

		(void)snprintf(statement, sizeof(statement), "%s", cases[i].statement);
		assert_int_equal(message_hangs_on_order(&m, &j), cases[i].hangs);
	}
}

static void test_the_subject_is_the_statement(void **state)
{
	char statement[] = "ALTER TABLE ONLY public.b\n    ADD CONSTRAINT b_a_fkey FOREIGN KEY (a) REFERENCES public.a(id);";
	char empty[] = "";
	struct message m = {.statement = statement};
	autofree char *a = message_subject(&m);

	(void)state;
	assert_string_equal(a, "ALTER TABLE ONLY public.b ADD CONSTRAINT b_a_fkey FOREIGN KEY (a) REFERENCES public.a(id);");
	m.statement = empty;
	autofree char *b = message_subject(&m);
	assert_string_equal(b, "the restore");
}

static void say(struct restore_talk *t, const char *text)
{
	/* in pieces of every length, as a pipe may give them */
	for (size_t n = strlen(text), at = 0, k = 1; at < n; at += k, k = k % 7 + 1)
		restore_talk_add(t, text + at, at + k < n ? k : n - at);
	restore_talk_end(t);
}

static void test_talk_counts(void **state)
{
	CLEANUP(restore_talk_done) struct restore_talk t = {.ignored = -1};

	(void)state;
	say(&t, "pg_restore: connecting to database for restore\n"
		"pg_restore: creating TABLE \"public.orders\"\n"
		"pg_restore: while PROCESSING TOC:\n"
		"pg_restore: from TOC entry 215; 1259 16386 TABLE orders shop\n"
		"pg_restore: error: could not execute query: ERROR:  type \"x\" does not exist\n"
		"Command was: CREATE TABLE public.orders (\n    id x\n);\n\n"
		"pg_restore: processing data for table \"public.orders\"\n"
		"pg_restore: error: COPY failed for table \"orders\": ERROR:  bad\n"
		"pg_restore: warning: errors ignored on restore: 2\n");
	assert_int_equal(t.errors, 2);
	assert_int_equal(t.ignored, 2);
	assert_int_equal(t.begun, 2);
	assert_string_equal(t.item, "\"public.orders\"");
	assert_string_equal(t.last_error, "COPY failed for table \"orders\": ERROR:  bad");
}

/* A function can raise any text: only the very last line is pg_restore's own count. */
static void test_talk_is_not_taken_in(void **state)
{
	CLEANUP(restore_talk_done) struct restore_talk t = {.ignored = -1};

	(void)state;
	say(&t, "pg_restore: WARNING:  hello\npg_restore: warning: errors ignored on restore: 0\n"
		"pg_restore: warning: errors ignored on restore: 3\n");
	assert_int_equal(t.ignored, 3);
	restore_talk_done(&t);
	t.ignored = -1;
	say(&t,
	    "pg_restore: warning: errors ignored on restore: 0\npg_restore: error: could not read from input file: end of file\n");
	assert_int_equal(t.ignored, -1);
}

/* Two processes of pg_restore write their messages in pieces, at the same time. */
static void test_talk_of_two_at_once(void **state)
{
	static const struct {
		const char *said;
		size_t errors, begun;
		const char *own;
	} cases[] = {
		{"pg_restore: error: pg_restore: error: a worker process died unexpectedly\ncould not read from input file\n", 2, 0,
		 "could not read from input file"},
		{"pg_restore: error: pg_restore: error: could not read from input file\na worker process died unexpectedly\n", 2, 0,
		 "could not read from input file"},
		{"pg_restore:pg_restore:  error: error: first\nsecond\n", 2, 0, "second"},
		{"pg_restore:pg_restore: error: first\n error: second\n", 2, 0, "second"},
		{"pg_restore: pg_restore: error: could not execute query: ERROR:  x\nCommand was: CREATE\n    x;\n\n"
		 "error: second\n", 2, 0, "second"},
		{"pg_restore: pg_restore: creating TABLE \"a\"\nerror: first\n", 1, 1, "first"},
		{"pg_restore: error: pg_restore: creating TABLE \"a\"\nfirst\npg_restore: creating TABLE \"b\"\n", 1, 2,
		 "first"},
		{"pg_restore: pg_restore: warning: error: first\nhello\n", 1, 0, "first"},
		{"pg_restore: pg_restore: creating TABLE \"a\"\ncreating TABLE \"b\"\n", 0, 1, NULL},
		/* one alone: what its own lines look like is nobody else's message */
		{"pg_restore: error: first\nerror: second\n error: third\nx\n", 1, 0, "first"},
		{"pg_restore: error: error: error: first\n", 1, 0, "first"},
		{"error: first\nwarning: error: second\n", 0, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(restore_talk_done) struct restore_talk t = {.ignored = -1};

		say(&t, cases[i].said);
		if (t.errors != cases[i].errors || t.begun != cases[i].begun || !same(t.own_error, cases[i].own))
			fail_msg("%s%zu errors, %zu begun, %s", cases[i].said, t.errors, t.begun,
				 t.own_error ? t.own_error : "none");
	}
}

static void test_endings(void **state)
{
	static const struct {
		const char *last;
		const char *rule;
		enum meaning meaning;
	} cases[] = {
		{"could not read from input file: end of file", "archive", MEANING_DAMAGE},
		{"could not uncompress data: invalid distance", "archive", MEANING_DAMAGE},
		{"could not close data file \"/dump/3425.dat\": Success", "archive", MEANING_DAMAGE},
		{"could not close data file \"/dump/3425.dat\": Input/output error", "disk", MEANING_BOX},
		{"could not decompress data: Corrupted block detected", "archive", MEANING_DAMAGE},
		{"did not find magic string in file header", "archive", MEANING_DAMAGE},
		{"input file does not appear to be a valid archive (too short?)", "archive", MEANING_DAMAGE},
		{"could not open input file \"/dump/3012.dat\": No such file or directory", "archive", MEANING_DAMAGE},
		{"entry ID 9 out of range -- perhaps a corrupt TOC", "archive", MEANING_DAMAGE},
		{"unrecognized data block type (0) while searching archive", "archive", MEANING_DAMAGE},
		{"could not read from input file: Input/output error", "disk", MEANING_BOX},
		{"out of memory", "memory", MEANING_BOX},
		{"unsupported version (1.16) in file header", "archive-version", MEANING_LACKING},
		{"this build does not support compression with zstd", "archive-compression", MEANING_LACKING},
		{"could not execute query: server closed the connection unexpectedly", "gave-up", MEANING_BOX},
		{NULL, "gave-up", MEANING_BOX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(restore_talk_done) struct restore_talk t = {.ignored = -1};
		CLEANUP(judgement_done) struct judgement j = {0};

		if (cases[i].last) {
			autofree char *line = format("pg_restore: error: %s\npg_restore: error: a worker process died "
						     "unexpectedly\n", cases[i].last);

			say(&t, line);
		}
		restore_talk_judge(&t, &j);
		assert_string_equal(j.rule, cases[i].rule);
		assert_int_equal(j.meaning, cases[i].meaning);
		assert_null(strstr(j.sentence, "%s"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_errors_of_sessions_only),
		cmocka_unit_test(test_a_log_that_is_gone),
		cmocka_unit_test(test_a_log_that_is_none),
		cmocka_unit_test(test_a_line_that_makes_no_sense_is_an_error),
		cmocka_unit_test(test_a_long_line_is_cut),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_judgements),
		cmocka_unit_test(test_what_no_extension_explains),
		cmocka_unit_test(test_roles_that_are_missed),
		cmocka_unit_test(test_what_hangs_on_the_order),
		cmocka_unit_test(test_the_subject_is_the_statement),
		cmocka_unit_test(test_talk_counts),
		cmocka_unit_test(test_talk_is_not_taken_in),
		cmocka_unit_test(test_talk_of_two_at_once),
		cmocka_unit_test(test_endings),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
