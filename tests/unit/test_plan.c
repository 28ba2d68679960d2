#include "unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "drill/locale.h"
#include "drill/plan.h"

#define MB ((int64_t)1 << 20)
#define GB ((int64_t)1 << 30)

static struct manifest manifest_of(int64_t heap, int64_t whole)
{
	struct manifest m = {.bytes = whole};
	struct relation *r = manifest_add_relation(&m);

	r->name = xstrdup("public.orders");
	r->bytes = heap;
	r = manifest_add_relation(&m);
	r->name = xstrdup("public.far_away");
	r->bytes = 100 * GB;
	r->left_out = xstrdup("a foreign table");
	return m;
}

static void test_history_beats_every_estimate(void **state)
{
	CLEANUP(manifest_done) struct manifest m = manifest_of(GB, 2 * GB);

	(void)state;
	assert_int_equal(plan_estimate(1000 * MB, &m, 1), 1300 * MB);
	assert_int_equal(plan_least(1000 * MB, &m, 1), 1000 * MB);
}

static void test_bloated_source_does_not_block(void **state)
{
	CLEANUP(manifest_done) struct manifest bloated = manifest_of(50 * GB, 100 * GB), sane = manifest_of(GB, 2 * GB);

	(void)state;
	assert_true(plan_estimate(0, &bloated, 10 * MB) < GB);
	assert_true(plan_least(0, &bloated, 10 * MB) <= 250 * MB);
	assert_true(plan_estimate(0, &sane, 500 * MB) > 2 * GB);
	assert_int_equal(plan_least(0, &sane, 500 * MB), GB);
	assert_true(plan_estimate(0, NULL, 100 * MB) > GB);
	assert_int_equal(plan_least(0, NULL, 100 * MB), 100 * MB);
}

static void test_memory_takes_a_third_at_most(void **state)
{
	(void)state;
	assert_true(plan_fits_memory(2 * GB, 9 * GB));
	assert_false(plan_fits_memory(2 * GB + 8, 9 * GB));
	assert_false(plan_fits_memory(GB, -1));
	assert_false(plan_fits_memory(GB, 0));
}

static void test_jobs(void **state)
{
	CLEANUP(manifest_done) struct manifest small = manifest_of(8 * MB, 20 * MB), large = manifest_of(GB, 2 * GB);

	(void)state;
	assert_int_equal(plan_jobs(4, &small, MB), 1);
	assert_int_equal(plan_jobs(4, &large, MB), 4);
	assert_int_equal(plan_jobs(4, &small, 100 * MB), 4);
	assert_int_equal(plan_jobs(4, NULL, MB), 1);
	assert_int_equal(plan_jobs(0, &large, GB), 1);
}

static void test_meminfo(void **state)
{
	(void)state;
	assert_int_equal(plan_parse_meminfo("MemTotal:  8 kB\nMemAvailable:   16384 kB\nBuffers: 1 kB\n"), 16 * MB);
	assert_int_equal(plan_parse_meminfo("MemTotal:  8 kB\n"), -1);
	assert_int_equal(plan_parse_meminfo("MemAvailable: much"), -1);
	assert_int_equal(plan_parse_meminfo("MemAvailable: 99999999999999999999 kB"), -1);
	assert_int_equal(plan_parse_meminfo(""), -1);
}

static void test_cures(void **state)
{
	autofree char *postgis = plan_extension_cure("postgis_raster", 17), *vector = plan_extension_cure("vector", 16),
		      *python = plan_extension_cure("plpython3u", 17), *own = plan_extension_cure("vectors_of_ours", 17);

	(void)state;
	assert_non_null(strstr(postgis, "'postgresql-17-postgis-3'"));
	assert_non_null(strstr(vector, "'postgresql-16-pgvector'"));
	assert_non_null(strstr(python, "'postgresql-plpython3-17'"));
	assert_non_null(strstr(own, "PostgreSQL 17"));
	assert_null(strstr(own, "pgvector"));
}

static void normal(const char *name, const char *expected)
{
	autofree char *is = locale_normal_name(name);

	assert_string_equal(is, expected);
}

static void test_locale_names(void **state)
{
	(void)state;
	normal("en_US.UTF-8", "en_US.utf8");
	normal("en_US.utf8", "en_US.utf8");
	normal("de_DE.ISO-8859-15@euro", "de_DE.iso885915@euro");
	normal("de_DE@euro", "de_DE@euro");
	normal("C", "C");
	normal("", "");
	assert_true(locale_on_system("C"));
	assert_true(locale_on_system("POSIX"));
	assert_true(locale_on_system("C.UTF-8"));
	assert_false(locale_on_system("tlh_KR.UTF-8"));
	assert_false(locale_on_system("../../etc/passwd"));
	assert_false(locale_on_system(""));
}

static void test_locale_sources(void **state)
{
	static const char supported[] = "aa_DJ.UTF-8 UTF-8\nen_US.UTF-8 UTF-8\nen_US ISO-8859-1\n"
					"nds_DE UTF-8\nde_DE@euro ISO-8859-15\nde_DE.ISO-8859-15@euro ISO-8859-15\nbroken\n";
	static const struct {
		const char *name, *input, *charmap;
	} cases[] = {
		{"en_US.utf8", "en_US", "UTF-8"},
		{"en_US.UTF-8", "en_US", "UTF-8"},
		{"en_US", "en_US", "ISO-8859-1"},
		{"de_DE@euro", "de_DE@euro", "ISO-8859-15"},
		{"nds_DE.utf8", "nds_DE", "UTF-8"},
		{"de_DE.iso885915@euro", "de_DE@euro", "ISO-8859-15"},
		{"fr_FR.UTF-8", NULL, NULL},
		{"English_United States.1252", NULL, NULL},
		{"broken", NULL, NULL},
		{"../en_US.UTF-8", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *input = NULL, *charmap = NULL;

		assert_int_equal(locale_find_source(supported, cases[i].name, &input, &charmap), cases[i].input != NULL);
		assert_true(same(input, cases[i].input));
		assert_true(same(charmap, cases[i].charmap));
	}
}

/* Compiles for real where the system has the sources. */
static void test_locale_is_provided_once(void **state)
{
	char data[] = "/tmp/locales-XXXXXX";
	CLEANUP(strings_done) struct strings names = {0}, missing = {0}, missing_again = {0}, plain = {0};
	autofree char *path = NULL, *again = NULL, *none = NULL;
	struct error err = {0};
	bool sources = path_exists("/usr/share/i18n/SUPPORTED") && !locale_on_system("fo_FO.ISO-8859-1");

	(void)state;
	assert_non_null(mkdtemp(data));
	strings_add(&plain, "C");
	assert_int_equal(locale_provide(&plain, data, NO_DEADLINE, &none, &missing, &err), 0);
	assert_null(none);
	strings_add(&names, "C");
	strings_add(&names, "fo_FO.ISO-8859-1");
	strings_add(&names, "tlh_KR.UTF-8");
	assert_int_equal(locale_provide(&names, data, NO_DEADLINE, &path, &missing, &err), 0);
	assert_true(strings_have(&missing, "tlh_KR.UTF-8"));
	if (sources) {
		autofree char *made = format("%s/locales/fo_FO.iso88591/LC_COLLATE", data);

		assert_non_null(path);
		assert_true(path_exists(made));
		assert_int_equal(missing.count, 1);
		assert_int_equal(locale_provide(&names, data, NO_DEADLINE, &again, &missing_again, &err), 0);
		assert_string_equal(path, again);
	} else {
		assert_null(path);
		print_message("no locale sources here: compiling was not tried\n");
	}
	assert_int_equal(remove_tree(data, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history_beats_every_estimate),
		cmocka_unit_test(test_bloated_source_does_not_block),
		cmocka_unit_test(test_memory_takes_a_third_at_most),
		cmocka_unit_test(test_jobs),
		cmocka_unit_test(test_meminfo),
		cmocka_unit_test(test_cures),
		cmocka_unit_test(test_locale_names),
		cmocka_unit_test(test_locale_sources),
		cmocka_unit_test(test_locale_is_provided_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
