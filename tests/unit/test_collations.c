#include "unit/unit.h"

#include "drill/collations.h"

static void test_which_are_wanted(void **state)
{
	static const struct {
		const char *key, *value, *wanted;
	} cases[] = {
		{"collation", "pg_catalog.\"de_DE\"", "de_DE"},
		{"collation", "pg_catalog.\"de_DE.utf8\"", "de_DE.utf8"},
		{"collation", "pg_catalog.\"sr_RS@latin\"", "sr_RS@latin"},
		{"collation", "pg_catalog.\"C\"", ""},
		{"collation", "pg_catalog.\"de-x-icu\"", ""},
		{"collation", "pg_catalog.ucs_basic", ""},
		{"collation", "pg_catalog.\"pg_c_utf8\"", ""},
		{"collation", "public.\"de_DE\"", ""},
		{"~definition", "CREATE INDEX i ON public.t USING btree (a COLLATE \"de_DE\", "
				"b COLLATE \"sv_SE\" DESC, c COLLATE \"C\")",
		 "de_DE|sv_SE"},
		{"~definition", "SELECT 'COLLATE ' AS x, a COLLATE public.own FROM t", ""},
		{"~definition", "SELECT a COLLATE \"de_DE", ""},
		{"~definition", "SELECT a COLLATE \"\" COLLATE \"de_DE\"\"x\" COLLATE ", "de_DE"},
		{"owner", NULL, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(manifest_done) struct manifest m = {0};
		struct object_class *c = manifest_add_class(&m, "index");
		CLEANUP(strings_done) struct strings names = {0};
		autofree char *joined = NULL;

		strings_add(&c->keys, cases[i].key);
		object_class_add(c, "public.i")->values[0] = cases[i].value ? xstrdup(cases[i].value) : NULL;
		collations_wanted(&m, &names);
		joined = strings_join(&names, "|", 9);
		assert_string_equal(joined, cases[i].wanted);
	}
}

static void test_no_manifest_wants_none(void **state)
{
	CLEANUP(strings_done) struct strings names = {0};

	(void)state;
	collations_wanted(NULL, &names);
	assert_int_equal(names.count, 0);
}

static void test_their_locales(void **state)
{
	static const struct {
		const char *name, *encoding, *locale;
	} cases[] = {
		{"de_DE", "UTF8", "de_DE.UTF-8"},	    {"de_DE.utf8", "UTF8", "de_DE.utf8"},
		{"sr_RS@latin", "UTF8", "sr_RS.UTF-8@latin"}, {"de_DE", "LATIN1", "de_DE"},
		{"de_DE", NULL, "de_DE"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *locale = collation_locale(cases[i].name, cases[i].encoding);

		assert_string_equal(locale, cases[i].locale);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_are_wanted),
		cmocka_unit_test(test_no_manifest_wants_none),
		cmocka_unit_test(test_their_locales),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
