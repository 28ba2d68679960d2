#include "unit/unit.h"

#include <stdio.h>

#include "drill/messages.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judgements),
		cmocka_unit_test(test_what_no_extension_explains),
		cmocka_unit_test(test_roles_that_are_missed),
		cmocka_unit_test(test_what_hangs_on_the_order),
		cmocka_unit_test(test_the_subject_is_the_statement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
