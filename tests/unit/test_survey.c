#include "unit/unit.h"

#include "base/text.h"
#include "port/survey.h"
#include "port/survey_sql.h"

static void expands_to(const char *sql, int major, const char *expected)
{
	char *s = survey_sql_expand(sql, strlen(sql), major);

	assert_string_equal(s, expected);
	free(s);
}

static void test_lines_for_other_majors_go(void **state)
{
	static const char sql[] = "SELECT a,\n  b -- 15+\n  'c' -- <15\nFROM t -- a comment";

	(void)state;
	expands_to(sql, 15, "SELECT a,\n  b -- 15+\nFROM t -- a comment\n");
	expands_to(sql, 17, "SELECT a,\n  b -- 15+\nFROM t -- a comment\n");
	expands_to(sql, 14, "SELECT a,\n  'c' -- <15\nFROM t -- a comment\n");
}

static void test_macros_take_arguments_apart(void **state)
{
	(void)state;
	expands_to("$name(n.nspname, coalesce(c.relname, 'a, b)'))", 17,
		   "(quote_ident(n.nspname) || '.' || quote_ident(coalesce(c.relname, 'a, b)')))\n");
	/* what is none stays */
	expands_to("x ~ '[\\w$]*$' $1 $none(x)", 17, "x ~ '[\\w$]*$' $1 $none(x)\n");
}

static void test_every_query_is_there_for_every_major(void **state)
{
	static const char *const names[] = {
		"identity", "settings", "settings of all", "extensions", "roles", "not dumped", "relations",
		"conditions", "widths", "sequences", "feeds", "large objects", "fingerprint",
	};

	(void)state;
	for (int major = 13; major <= 18; major++) {
		size_t classes = 0;
		char *sql, *name = NULL;

		for (size_t i = 0; i < COUNT(names); i++) {
			sql = survey_sql_query(names[i], major);
			assert_non_null(strstr(sql, "SELECT"));
			assert_null(strstr(sql, "$ours("));
			free(sql);
		}
		for (; (sql = survey_sql_class(classes, major, &name)); classes++) {
			assert_true(name[0] != '\0');
			assert_non_null(strstr(sql, "AS name"));
			free(sql);
			free(name);
		}
		assert_true(classes > 30);
	}
}

/* The keys of a class must be the same whatever the major, or nothing would compare. */
static void test_no_line_is_for_no_major(void **state)
{
	(void)state;
	for (int major = 13; major <= 18; major++) {
		char *sql = survey_sql_query("identity", major);

		assert_int_equal(strstr(sql, "datlocprovider") != NULL, major >= 15);
		assert_int_equal(strstr(sql, "d.datlocale") != NULL, major >= 17);
		free(sql);
	}
}

static const char *normalised(const char *acl, int other)
{
	static char *last;
	struct manifest m = {0};
	struct object_class *c = manifest_add_class(&m, "table");

	strings_add(&c->keys, "owner");
	strings_add(&c->keys, "acl");
	object_class_add(c, "public.t")->values[1] = xstrdup(acl);
	survey_normalise(&m, other);
	set_text(&last, m.classes[0].objects[0].values[1]);
	manifest_done(&m);
	return last;
}

static void test_what_older_servers_lack_is_left_out(void **state)
{
	(void)state;
	assert_string_equal(normalised("a=INSERT,MAINTAIN,SELECT; b=SELECT", 150020), "a=INSERT,SELECT; b=SELECT");
	assert_string_equal(normalised("a=INSERT,MAINTAIN*; b=MAINTAIN,SELECT", 150020), "a=INSERT; b=SELECT");
	assert_string_equal(normalised("MAINTAIN=SELECT", 150020), "MAINTAIN=SELECT");
	assert_string_equal(normalised("a=INSERT,MAINTAIN", 170012), "a=INSERT,MAINTAIN");
}

/* One name as another server writes it, as a class has it and as a list of tables has it. */
static void expect_name(const char *name, int other, const char *expected)
{
	struct manifest m = {0};
	struct object_class *c = manifest_add_class(&m, "column");

	strings_add(&c->keys, "comment");
	strings_add(&c->keys, "owner");
	object_class_add(c, name)->values[0] = xstrdup(name);
	m.classes[0].objects[0].values[1] = xstrdup(name);
	manifest_add_relation(&m)->name = xstrdup(name);
	survey_normalise(&m, other);
	assert_string_equal(m.classes[0].objects[0].name, expected);
	assert_string_equal(m.classes[0].objects[0].values[0], name);
	assert_string_equal(m.classes[0].objects[0].values[1], expected);
	assert_string_equal(m.relations[0].name, expected);
	manifest_done(&m);
}

static void test_names_are_quoted_as_the_other_server_does(void **state)
{
	(void)state;
	expect_name("public.\"json\".\"json\"", 150020, "public.json.json");
	expect_name("public.\"json\".\"system_user\"", 160016, "public.json.\"system_user\"");
	expect_name("public.\"json\"", 170012, "public.\"json\"");
	expect_name("public.\"a \"\"json\"\" b\"", 150020, "public.\"a \"\"json\"\" b\"");
	expect_name("public.f(\"json\" \"json\", x \"Json\")", 150020, "public.f(json json, x \"Json\")");
}

/* What stands in the right order under one spelling need not under another. */
static void test_a_normalised_manifest_is_sorted(void **state)
{
	struct manifest m = {0};

	(void)state;
	manifest_add_relation(&m)->name = xstrdup("public.\"json\"");
	manifest_add_relation(&m)->name = xstrdup("public.a");
	manifest_sort(&m);
	survey_normalise(&m, 150020);
	assert_non_null(manifest_relation(&m, "public.json"));
	assert_non_null(manifest_relation(&m, "public.a"));
	manifest_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_for_other_majors_go),
		cmocka_unit_test(test_macros_take_arguments_apart),
		cmocka_unit_test(test_every_query_is_there_for_every_major),
		cmocka_unit_test(test_no_line_is_for_no_major),
		cmocka_unit_test(test_what_older_servers_lack_is_left_out),
		cmocka_unit_test(test_names_are_quoted_as_the_other_server_does),
		cmocka_unit_test(test_a_normalised_manifest_is_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
