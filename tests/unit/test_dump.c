#include "unit/unit.h"

#include "model/dump.h"

#define NOVEMBER 1795320900 /* 2026-11-22T04:15:00Z */

static void test_names_go_both_ways(void **state)
{
	static const struct {
		const char *source, *database, *name;
	} cases[] = {
		{"shop", "shop", "shop/shop_20261122_041500"},
		{"my-shop_2", "prod_db", "my-shop_2/prod_db_20261122_041500"},
		{"shop", "my shop/prod", "shop/my%20shop%2Fprod_20261122_041500"},
		{"shop", "..", "shop/%2E%2E_20261122_041500"},
		{"shop", "_", "shop/__20261122_041500"},
		{"shop", "a_20200101_000000", "shop/a_20200101_000000_20261122_041500"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *name = dump_name(cases[i].source, cases[i].database, NOVEMBER);
		autofree char *source = NULL, *database = NULL;
		int64_t taken = 0;

		assert_string_equal(name, cases[i].name);
		assert_true(dump_name_parse(name, &source, &database, &taken));
		assert_string_equal(source, cases[i].source);
		assert_string_equal(database, cases[i].database);
		assert_int_equal(taken, NOVEMBER);
	}
}

static void test_what_is_no_name(void **state)
{
	static const char *const bad[] = {
		"",
		"shop",
		"shop/",
		"shop/shop",
		"shop/_20261122_041500",
		"shop/shop_20261122_041500.dump",
		"shop/shop_20261122_0415",
		"shop/shop_20261322_041500",
		"shop/shop-20261122_041500",
		"/shop_20261122_041500",
		"../shop_20261122_041500",
		"shop/../x_20261122_041500",
		"shop/a/b_20261122_041500",
		"shop/a b_20261122_041500",
		"shop/a%2fb_20261122_041500",
		"shop/a%00b_20261122_041500",
		"sh op/shop_20261122_041500",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		char *source = NULL, *database = NULL;
		int64_t taken = 7;

		if (dump_name_parse(bad[i], &source, &database, &taken))
			fail_msg("'%s' was taken", bad[i]);
		assert_null(source);
		assert_null(database);
		assert_int_equal(taken, 7);
	}
}

static struct dump *add(struct dumps *list, const char *source, int64_t taken, enum dump_state dump_state)
{
	struct dump *d = dumps_add(list);

	d->source = xstrdup(source);
	d->name = dump_name(source, "db", taken);
	d->taken = taken;
	d->state = dump_state;
	return d;
}

static void test_the_newest_is_never_of_the_future(void **state)
{
	CLEANUP(dumps_done) struct dumps list = {0};

	(void)state;
	add(&list, "shop", NOVEMBER - 200, DUMP_PROVEN);
	add(&list, "shop", NOVEMBER + 100, DUMP_PROVEN);
	add(&list, "crm", NOVEMBER - 50, DUMP_PROVEN);
	add(&list, "shop", NOVEMBER, DUMP_REFUTED);
	add(&list, "shop", NOVEMBER - 100, DUMP_UNPROVEN);

	assert_int_equal(dumps_newest(&list, "shop", NOVEMBER)->taken, NOVEMBER);
	assert_int_equal(dumps_newest(&list, "shop", NOVEMBER - 1)->taken, NOVEMBER - 100);
	assert_int_equal(dumps_newest(&list, "shop", TIME_UNKNOWN)->taken, NOVEMBER + 100);
	assert_int_equal(dumps_newest_proven(&list, "shop", NOVEMBER)->taken, NOVEMBER - 200);
	assert_int_equal(dumps_newest_proven(&list, "shop", TIME_UNKNOWN)->taken, NOVEMBER + 100);
	assert_null(dumps_newest_proven(&list, "shop", NOVEMBER - 201));
	assert_null(dumps_newest(&list, "none", NOVEMBER));

	dumps_sort(&list);
	assert_string_equal(list.items[0].source, "crm");
	for (size_t i = 2; i < list.count; i++)
		assert_true(list.items[i - 1].taken > list.items[i].taken);
	assert_ptr_equal(dumps_find(&list, list.items[3].name), &list.items[3]);
	assert_null(dumps_find(&list, "shop/db_20200101_000000"));
}

static void test_state_words(void **state)
{
	(void)state;
	assert_string_equal(dump_state_word(DUMP_PROVEN), "proven");
	assert_string_equal(dump_state_word(DUMP_REFUTED), "refuted");
	assert_string_equal(dump_state_word(DUMP_UNPROVEN), "unproven");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_go_both_ways),
		cmocka_unit_test(test_what_is_no_name),
		cmocka_unit_test(test_the_newest_is_never_of_the_future),
		cmocka_unit_test(test_state_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
