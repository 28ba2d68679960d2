#include "unit/unit.h"

#include "base/text.h"
#include "model/recovery.h"

static char *lines_of(const char *path, const struct manifest *m)
{
	struct text t = {0};

	recovery_lines(path, m, false, 0, &t);
	return text_take(&t);
}

static struct role *add_role(struct manifest *m, const char *name, const char *attributes)
{
	struct role *r = manifest_add_role(m);

	r->name = xstrdup(name);
	r->attributes = xstrdup(attributes);
	return r;
}

static void test_an_archive_with_roles(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {.database = xstrdup("shop")};
	autofree char *text = NULL;
	struct role *app = add_role(&m, "shop_app", "connections=50 inherit login until=2027-01-01T00:00:00+00");

	(void)state;
	strings_add(&app->member_of, "pg_read_all_data");
	app->settings = xstrdup("search_path=\"$user\", public\nstatement_timeout=5s");
	add_role(&m, "it's \"x\"", "createdb");
	text = lines_of("/data/store/shop/shop_20261122_031500.dump", &m);
	assert_string_equal(text,
		"# Whole? Every line has to end in OK.\n"
		"cd /data/store/shop && sha256sum -c shop_20261122_031500.dump.sha256\n"
		"# The roles, without passwords: give new ones to those that log in.\n"
		"psql -X -q -v ON_ERROR_STOP=1 -d postgres <<'SQL'\n"
		"SET client_min_messages = warning;\n"
		"SELECT 'CREATE ROLE \"shop_app\" LOGIN CONNECTION LIMIT 50 VALID UNTIL ''2027-01-01T00:00:00+00''' WHERE "
		"NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop_app') \\gexec\n"
		"SELECT 'CREATE ROLE \"it''s \"\"x\"\"\" CREATEDB NOINHERIT' WHERE "
		"NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'it''s \"x\"') \\gexec\n"
		"GRANT \"pg_read_all_data\" TO \"shop_app\";\n"
		"ALTER ROLE \"shop_app\" SET \"search_path\" TO '$user', 'public';\n"
		"ALTER ROLE \"shop_app\" SET \"statement_timeout\" TO '5s';\n"
		"SQL\n"
		"# The database, under its own name.\n"
		"pg_restore --create --dbname=postgres --jobs=4 /data/store/shop/shop_20261122_031500.dump\n"
		"psql -X -q -v ON_ERROR_STOP=1 -d shop -c ANALYZE\n");
}

static void test_memberships_and_settings_of_all(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {.database = xstrdup("shop")};
	struct role *app = add_role(&m, "app", "login");
	autofree char *text = NULL;

	(void)state;
	strings_add(&app->member_of, "keeper");
	strings_add(&app->member_of, "readers");
	strings_add(&app->memberships, "keeper\tset");
	strings_add(&app->memberships, "readers\tinherit set");
	strings_add(&m.settings_of_all, "search_path=\"$user\", sales");
	text = lines_of("/d/shop_20261122_031500.dump", &m);
	assert_non_null(strstr(text, "GRANT \"keeper\" TO \"app\" WITH INHERIT FALSE, SET TRUE;\n"
				     "GRANT \"readers\" TO \"app\" WITH INHERIT TRUE, SET TRUE;\n"));
	/* the last of all: a restore is not to be hindered by it */
	assert_string_equal(strstr(text, "ANALYZE\n"), "ANALYZE\n# What the source's server had set for all roles.\n"
			    "psql -X -q -v ON_ERROR_STOP=1 -d postgres <<'SQL'\n"
			    "ALTER ROLE ALL SET \"search_path\" TO '$user', 'sales';\nSQL\n");
}

static void test_by_as_many_jobs(void **state)
{
	struct text t = {0}, more = {0};
	autofree char *text = NULL, *by_two = NULL;

	(void)state;
	recovery_lines("/d/shop_20261122_031500.dump", NULL, false, 1, &t);
	text = text_take(&t);
	recovery_lines("/d/shop_20261122_031500.dump", NULL, false, 2, &more);
	by_two = text_take(&more);
	assert_non_null(strstr(by_two, "--dbname=postgres --jobs=2 /d/shop_20261122_031500.dump\n"));
	assert_non_null(strstr(text, "\npg_restore --create --dbname=postgres /d/shop_20261122_031500.dump\n"));
}

static void test_names_no_shell_likes(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {.database = xstrdup("it's $HOME; \"x\"=")};
	autofree char *text = lines_of("/my data/store/s/it%27s_20261122_031500.d", &m);

	(void)state;
	assert_non_null(strstr(text, "cd '/my data/store/s' && sha256sum -c it%27s_20261122_031500.d.sha256\n"));
	assert_non_null(strstr(text, "--jobs=4 '/my data/store/s/it%27s_20261122_031500.d'\n"));
	assert_non_null(strstr(text, "\nPGDATABASE='it'\\''s $HOME; \"x\"=' psql -X -q -v ON_ERROR_STOP=1 -c ANALYZE\n"));
}

static void test_control_characters_stay_on_their_line(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {.database = xstrdup("shop")};
	autofree char *text = NULL;

	(void)state;
	add_role(&m, "a\nSQL\n\\b", "superuser");
	text = lines_of("/d/shop_20261122_031500.dump", &m);
	assert_non_null(strstr(text, "rolname = U&'a\\000ASQL\\000A\\\\b') \\gexec\n"));
	assert_null(strstr(text, "a\nSQL"));
}

static void test_a_source_without_the_schema_public(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {.database = xstrdup("shop")};
	struct object_class *schemas = manifest_add_class(&m, "schema");
	autofree char *without = NULL;
	autofree char *with = NULL;

	(void)state;
	object_class_add(schemas, "sales");
	without = lines_of("/d/shop_20261122_031500.dump", &m);
	assert_non_null(strstr(without, "-d shop -c 'DROP SCHEMA public' -c ANALYZE\n"));
	object_class_add(schemas, "public");
	manifest_sort(&m);
	with = lines_of("/d/shop_20261122_031500.dump", &m);
	assert_null(strstr(with, "DROP"));
}

static void test_without_a_manifest(void **state)
{
	autofree char *archive = lines_of("/d/a%20b_20261122_031500.dump", NULL);
	autofree char *plain = lines_of("/d/a%20b_20261122_031500.sql", NULL);

	(void)state;
	assert_non_null(strstr(archive, "# There is no manifest"));
	assert_non_null(strstr(archive, "-d 'a b' -c ANALYZE\n"));
	assert_null(strstr(archive, "<<"));
	assert_non_null(strstr(plain, "createdb --template=template0 'a b'\n"));
	assert_non_null(strstr(plain, "-d 'a b' -f /d/a%20b_20261122_031500.sql\n"));
}

static char *plain_lines(const char *path, bool makes_database)
{
	struct text t = {0};

	recovery_lines(path, NULL, makes_database, 0, &t);
	return text_take(&t);
}

static void test_plain_sql_in_every_form(void **state)
{
	static const struct {
		const char *ending, *psql, *creates;
	} forms[] = {
		{".sql", "psql -X -q -v ON_ERROR_STOP=1 -d shop -f /d/shop_20261122_031500.sql\n",
		 "psql -X -q -v ON_ERROR_STOP=1 -d postgres -f /d/shop_20261122_031500.sql\n"},
		{".sql.gz", "gzip -dc /d/shop_20261122_031500.sql.gz | psql -X -q -v ON_ERROR_STOP=1 -d shop\n",
		 "gzip -dc /d/shop_20261122_031500.sql.gz | psql -X -q -v ON_ERROR_STOP=1 -d postgres\n"},
		{".sql.zst", "zstd -dc /d/shop_20261122_031500.sql.zst | psql -X -q -v ON_ERROR_STOP=1 -d shop\n",
		 "zstd -dc /d/shop_20261122_031500.sql.zst | psql -X -q -v ON_ERROR_STOP=1 -d postgres\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		autofree char *path = format("/d/shop_20261122_031500%s", forms[i].ending);
		autofree char *whole = plain_lines(path, false), *creates = plain_lines(path, true);
		autofree char *wanted = format("# Whole? Every line has to end in OK.\n"
					       "cd /d && sha256sum -c shop_20261122_031500%s.sha256\n"
					       "# There is no manifest to say which roles there were: psql stops at the first "
					       "that it misses.\n"
					       "# Make them (CREATE ROLE name), drop the database, and restore again.\n"
					       "# The database, under its own name.\n"
					       "createdb --template=template0 shop\n%s"
					       "psql -X -q -v ON_ERROR_STOP=1 -d shop -c ANALYZE\n",
					       forms[i].ending, forms[i].psql);

		assert_string_equal(whole, wanted);
		assert_non_null(strstr(creates, forms[i].creates));
		assert_null(strstr(creates, "createdb"));
	}
}

static void test_lists_of_names_in_settings(void **state)
{
	static const struct {
		const char *stored, *set;
	} cases[] = {
		{"search_path=", "TO ''"},
		{"search_path=a", "TO 'a'"},
		{"search_path=\"we\"\"ird, one\", b", "TO 'we\"ird, one', 'b'"},
		{"search_path=\"\"", "TO ''"},
		{"my.list=a, b", "\"my.list\" TO 'a, b'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(manifest_done) struct manifest m = {.database = xstrdup("shop")};
		autofree char *text = NULL;
		autofree char *want = format("%s;\n", cases[i].set);

		add_role(&m, "r", "")->settings = xstrdup(cases[i].stored);
		text = lines_of("/d/shop_20261122_031500.dump", &m);
		if (!strstr(text, want))
			fail_msg("%s: no %s in %s", cases[i].stored, want, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_archive_with_roles),
		cmocka_unit_test(test_memberships_and_settings_of_all),
		cmocka_unit_test(test_by_as_many_jobs),
		cmocka_unit_test(test_names_no_shell_likes),
		cmocka_unit_test(test_control_characters_stay_on_their_line),
		cmocka_unit_test(test_a_source_without_the_schema_public),
		cmocka_unit_test(test_without_a_manifest),
		cmocka_unit_test(test_plain_sql_in_every_form),
		cmocka_unit_test(test_lists_of_names_in_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
