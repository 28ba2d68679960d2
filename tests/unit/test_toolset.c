#include "unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "port/toolset.h"

static void test_versions(void **state)
{
	static const struct {
		const char *text, *version;
		int num;
	} good[] = {
		{"pg_dump (PostgreSQL) 17.12 (Debian 17.12-0+deb13u1)\n", "17.12", 170012},
		{"postgres (PostgreSQL) 15.20\n", "15.20", 150020},
		{"pg_dump (PostgreSQL) 18beta1\n", "18beta1", 180000},
	};
	static const char *const bad[] = {"", "pg_dump 17.12", "pg_dump (PostgreSQL) ", "pg_dump (PostgreSQL) 9.6.24"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		char *version = NULL;
		int num = 0;

		assert_true(toolset_parse_version(good[i].text, &num, &version));
		assert_int_equal(num, good[i].num);
		assert_string_equal(version, good[i].version);
		free(version);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		char *version = NULL;
		int num = 0;

		assert_false(toolset_parse_version(bad[i], &num, &version));
	}
}

static struct tool tool_of(int num, bool serves)
{
	return (struct tool){.bin = "/x",
			     .version = num / 10000 == 17 ? "17.12" : "15.20",
			     .version_num = num,
			     .major = num / 10000,
			     .dumps = true,
			     .serves = serves};
}

static void test_the_servers_own_else_the_next_newer(void **state)
{
	struct tool items[] = {tool_of(150020, true), tool_of(170012, false), tool_of(180001, true)};
	const struct toolset tools = {items, 3};
	const struct toolset old = {items, 1};
	const struct tool *t = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(toolset_for_dump(&tools, 150003, &t, &err), 0);
	assert_int_equal(t->major, 15);
	assert_int_equal(toolset_for_dump(&tools, 160001, &t, &err), 0);
	assert_int_equal(t->major, 17);
	assert_int_equal(toolset_for_restore(&tools, 160001, &t, &err), 0);
	assert_int_equal(t->major, 18);
	assert_int_equal(toolset_for_dump(&old, 170012, &t, &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
	assert_non_null(strstr(err.text, "17.12"));
	assert_non_null(strstr(err.text, "15.20"));
}

static void program(const char *bin, const char *name, const char *says)
{
	char *path = path_join(bin, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\necho '%s'\n", says);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0700), 0);
	free(path);
}

static void test_folders_are_looked_into(void **state)
{
	char one[] = "/tmp/toolsetXXXXXX", two[] = "/tmp/toolsetXXXXXX";
	struct strings bins = {0};
	struct toolset tools = {0};
	struct error err = {0};

	(void)state;
	assert_non_null(mkdtemp(one));
	assert_non_null(mkdtemp(two));
	program(one, "pg_dump", "pg_dump (PostgreSQL) 16.13");
	program(one, "pg_restore", "");
	program(two, "pg_dump", "pg_dump (PostgreSQL) 16.16");
	strings_add(&bins, one);
	assert_int_equal(toolset_scan(&tools, &bins, deadline_in(NO_DEADLINE, 10000), &err), 0);
	assert_int_equal(tools.count, 1);
	assert_true(tools.items[0].dumps);
	assert_false(tools.items[0].serves);
	toolset_done(&tools);
	/* pg_dump alone is no help */
	strings_add(&bins, two);
	assert_int_equal(toolset_scan(&tools, &bins, deadline_in(NO_DEADLINE, 10000), &err), -1);
	assert_int_equal(err.kind, ERR_LACKING);
	assert_non_null(strstr(err.text, two));
	assert_int_equal(tools.count, 0);
	program(two, "pg_restore", "");
	assert_int_equal(toolset_scan(&tools, &bins, deadline_in(NO_DEADLINE, 10000), &err), 0);
	assert_int_equal(tools.count, 1);
	assert_string_equal(tools.items[0].version, "16.16");
	toolset_done(&tools);
	strings_done(&bins);
	assert_int_equal(remove_tree(one, &err), 0);
	assert_int_equal(remove_tree(two, &err), 0);
}

static void test_the_real_ones(void **state)
{
	struct strings none = {0};
	struct toolset tools = {0};
	struct extension *list = NULL;
	const struct tool *t = NULL;
	struct error err = {0};
	size_t count = 0;
	bool found = false;

	(void)state;
	assert_int_equal(toolset_scan(&tools, &none, deadline_in(NO_DEADLINE, 10000), &err), 0);
	assert_int_equal(toolset_for_restore(&tools, 170000, &t, &err), 0);
	assert_int_equal(toolset_extensions(t, deadline_in(NO_DEADLINE, 10000), &list, &count, &err), 0);
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, "plpgsql") == 0 && strcmp(list[i].version, "1.0") == 0)
			found = true;
	assert_true(found);
	toolset_extensions_done(list, count);
	toolset_done(&tools);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),	   cmocka_unit_test(test_the_servers_own_else_the_next_newer),
		cmocka_unit_test(test_folders_are_looked_into), cmocka_unit_test(test_the_real_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
