#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "drill/inspect.h"

#include <cmocka.h> /* last: its fail() is a macro */

static const char head[] =
	";\n; Archive created at 2026-11-22 04:15:04 UTC\n"
	";     dbname: my shop\n"
	";     TOC Entries: 1204\n"
	";     Compression: zstd\n"
	";     Dump Version: 1.16-0\n"
	";     Format: CUSTOM\n"
	";     Integer: 4 bytes\n"
	";     Offset: 8 bytes\n"
	";     Dumped from database version: 16.14 (Debian 16.14-1.pgdg13+1)\n"
	";     Dumped by pg_dump version: 17.12 (Debian 17.12-0+deb13u1)\n"
	";\n;\n; Selected TOC Entries:\n;\n";

static void parse(const char *entries, struct toc *toc)
{
	autofree char *text = format("%s%s", head, entries);
	struct error err;

	if (toc_parse(text, strlen(text), toc, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_the_head(void **state)
{
	CLEANUP(toc_done) struct toc toc = {0};

	(void)state;
	parse("", &toc);
	assert_string_equal(toc.database, "my shop");
	assert_string_equal(toc.format, "CUSTOM");
	assert_string_equal(toc.version, "1.16-0");
	assert_string_equal(toc.server_version, "16.14");
	assert_int_equal(toc.server_version_num, 160014);
	assert_string_equal(toc.dumped_by, "17.12");
	assert_int_equal(toc.count, 0);
}

/* As the reader of plain SQL prints it. */
static void test_the_head_of_plain_sql(void **state)
{
	static const char text[] =
		"; Archive created at a time it does not say\n;     TOC Entries: 1\n;     Format: PLAIN\n;     Dump Version: 0\n"
		";     Dumped from database version: 15.20\n; Compression: gzip\n; Unpacked bytes: 4711\n; Encoding: LATIN1\n"
		"; Created by: CREATE DATABASE a WITH TEMPLATE = template0 ENCODING = 'LATIN1' LOCALE = 'de_DE'\n"
		"; Makes public: yes\n"
		"; Left out: 3 statements of --clean: the database is new\n; Role: app\n"
		"; Role: Odd \"one\n;\n; Selected TOC Entries:\n;\n"
		"1; 1 0 TABLE public t app\n";
	CLEANUP(toc_done) struct toc toc = {0};
	CLEANUP(database_shape_done) struct database_shape shape = {0};
	struct error err;

	(void)state;
	if (toc_parse(text, strlen(text), &toc, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(toc.format, "PLAIN");
	assert_null(toc.database);
	assert_int_equal(toc.unpacked, 4711);
	assert_true(toc.makes_public);
	assert_int_equal(toc.roles.count, 2);
	assert_string_equal(toc.roles.items[1], "Odd \"one");
	assert_string_equal(toc.left_out.items[0], "3 statements of --clean: the database is new");
	assert_int_equal(toc.count, 1);
	database_shape(NULL, &toc, &shape);
	assert_string_equal(shape.collate, "de_DE");
	set_text(&toc.create_database, NULL);
	database_shape_done(&shape);
	database_shape(NULL, &toc, &shape);
	assert_string_equal(shape.encoding, "LATIN1");
	assert_null(shape.collate);
}

static void test_entries(void **state)
{
	static const struct {
		const char *line, *type, *schema, *name, *owner;
	} cases[] = {
		{"215; 1259 16386 TABLE public orders shop", "TABLE", "public", "orders", "shop"},
		{"3500; 0 16386 TABLE DATA public orders shop", "TABLE DATA", "public", "orders", "shop"},
		{"216; 1259 16390 TABLE DATA orders shop", "TABLE", "DATA", "orders", "shop"},
		{"3501; 0 16386 TABLE ATTACH public orders_2026 shop", "TABLE ATTACH", "public", "orders_2026", "shop"},
		{"3502; 0 0 SEQUENCE SET public orders_id_seq shop", "SEQUENCE SET", "public", "orders_id_seq", "shop"},
		{"3; 3079 16400 EXTENSION - pg_trgm ", "EXTENSION", "-", "pg_trgm", ""},
		{"3600; 0 0 ACL - DATABASE shop postgres", "ACL", "-", "DATABASE shop", "postgres"},
		{"3601; 0 0 DATABASE PROPERTIES - shop postgres", "DATABASE PROPERTIES", "-", "shop", "postgres"},
		{"3602; 2606 16500 FK CONSTRAINT public b b_a_fkey shop", "FK CONSTRAINT", "public", "b b_a_fkey", "shop"},
		{"3603; 1259 16501 TABLE public my table shop", "TABLE", "public", "my table", "shop"},
		{"3604; 9999 16501 NEW KIND public x shop", "?", "NEW", "KIND public x", "shop"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(toc_done) struct toc toc = {0};
		autofree char *line = format("%s\n", cases[i].line);

		parse(line, &toc);
		assert_int_equal(toc.count, 1);
		assert_string_equal(toc.items[0].type, cases[i].type);
		assert_string_equal(toc.items[0].schema, cases[i].schema);
		assert_string_equal(toc.items[0].name, cases[i].name);
		assert_string_equal(toc.items[0].owner, cases[i].owner);
		if (strstr(cases[i].line, "DATABASE"))
			assert_string_equal(toc.items[0].line, cases[i].line);
		else
			assert_null(toc.items[0].line);
	}
}

static void test_counts(void **state)
{
	CLEANUP(toc_done) struct toc toc = {0};

	(void)state;
	parse("1; 1259 1 TABLE a t o\n2; 1259 2 TABLE a u o\n3; 0 1 TABLE DATA a t o\n", &toc);
	assert_int_equal(toc_count(&toc, "TABLE"), 2);
	assert_int_equal(toc_count(&toc, "TABLE DATA"), 1);
	assert_int_equal(toc_count(&toc, "INDEX"), 0);
}

static void test_what_is_no_list(void **state)
{
	static const char *const broken[] = {"nonsense\n", "12; TABLE public x y\n", "-4; 0 0 TABLE public x y\n"};
	CLEANUP(toc_done) struct toc toc = {0};
	struct error err;

	(void)state;
	assert_int_equal(toc_parse("", 0, &toc, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(toc_parse("hello\n", 6, &toc, &err), -1);
	for (size_t i = 0; i < COUNT(broken); i++) {
		autofree char *text = format("%s%s", head, broken[i]);

		assert_int_equal(toc_parse(text, strlen(text), &toc, &err), -1);
		assert_int_equal(err.kind, ERR_DATA);
	}
}

static void test_the_shape_without_a_manifest(void **state)
{
	static char statement[] = "CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = icu "
				  "LOCALE = 'de_DE.UTF-8' ICU_LOCALE = 'de-u-co-phonebk' ICU_RULES = '&a < ''b''';";
	struct toc toc = {.create_database = statement};
	CLEANUP(database_shape_done) struct database_shape s = {0};

	(void)state;
	database_shape(NULL, &toc, &s);
	assert_string_equal(s.encoding, "UTF8");
	assert_string_equal(s.provider, "icu");
	assert_string_equal(s.collate, "de_DE.UTF-8");
	assert_string_equal(s.ctype, "de_DE.UTF-8");
	assert_string_equal(s.icu_locale, "de-u-co-phonebk");
	assert_string_equal(s.icu_rules, "&a < 'b'");
	assert_int_equal(s.connection_limit, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_head),
		cmocka_unit_test(test_the_head_of_plain_sql),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_what_is_no_list),
		cmocka_unit_test(test_the_shape_without_a_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
