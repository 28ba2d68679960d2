#include "unit/unit.h"

#include <stdio.h>

#include "model/manifest.h"

static void test_an_empty_manifest_has_nothing(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {0};
	size_t tables = 7;

	(void)state;
	manifest_sort(&m);
	assert_null(manifest_relation(&m, "public.a"));
	assert_null(manifest_sequence(&m, "public.a"));
	assert_null(manifest_class(&m, "table"));
	assert_int_equal(manifest_rows(&m, &tables), 0);
	assert_int_equal(tables, 0);
}

static void test_relations_are_found_by_bytes(void **state)
{
	/* in the order of the bytes: quotes, then capitals, then small letters */
	static const char *const names[] = {"public.b", "public.\"A b\"", "public.Z", "public.a", "billing.x"};
	CLEANUP(manifest_done) struct manifest m = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct relation *r = manifest_add_relation(&m);

		r->name = xstrdup(names[i]);
		r->rows = (int64_t)i;
	}
	manifest_sort(&m);
	assert_string_equal(m.relations[0].name, "billing.x");
	assert_string_equal(m.relations[1].name, "public.\"A b\"");
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_non_null(manifest_relation(&m, names[i]));
		assert_int_equal(manifest_relation(&m, names[i])->rows, i);
	}
	assert_null(manifest_relation(&m, "public.c"));
	assert_null(manifest_relation(&m, ""));
}

static void test_rows_count_only_what_was_counted(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {0};
	static const int64_t rows[] = {412, -1, 0, 5000000000};
	size_t tables;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct relation *r = manifest_add_relation(&m);

		r->name = format("public.t%zu", i);
		r->rows = rows[i];
		if (rows[i] < 0)
			r->left_out = xstrdup("a foreign table");
	}
	assert_int_equal(manifest_rows(&m, &tables), 5000000412);
	assert_int_equal(tables, 3);
}

static void test_classes_hold_objects_with_their_values(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {0};
	struct object_class *c;
	const struct object *o;

	(void)state;
	c = manifest_add_class(&m, "view");
	strings_add(&c->keys, "owner");
	strings_add(&c->keys, "~query");
	o = object_class_add(c, "public.v2");
	assert_null(o->values[0]);
	assert_null(o->values[1]);
	object_class_add(c, "public.v1")->values[0] = xstrdup("shop_owner");
	manifest_add_class(&m, "index");
	manifest_sort(&m);
	assert_string_equal(m.classes[0].name, "index");
	assert_non_null(manifest_class(&m, "view"));
	o = object_class_find(manifest_class(&m, "view"), "public.v1");
	assert_non_null(o);
	assert_string_equal(o->values[0], "shop_owner");
	assert_null(object_class_find(manifest_class(&m, "view"), "public.v3"));
	assert_null(object_class_find(manifest_class(&m, "index"), "public.v1"));
	assert_null(manifest_class(&m, "table"));
}

static void test_everything_is_freed(void **state)
{
	struct manifest m = {0};
	struct role *r;

	(void)state;
	m.source = xstrdup("shop");
	m.acl = xstrdup("x");
	m.comment = xstrdup("x");
	strings_add(&m.settings, "\tx=y");
	strings_add(&m.not_dumped, "subscription x");
	manifest_add_extension(&m)->name = xstrdup("hstore");
	r = manifest_add_role(&m);
	r->name = xstrdup("app");
	strings_add(&r->member_of, "readers");
	manifest_add_sequence(&m)->feeds = xstrdup("public.orders.id");
	manifest_done(&m);
	assert_null(m.source);
	assert_int_equal(m.role_count, 0);
	manifest_done(&m);
}

static void test_twenty_thousand_objects_are_quickly_found(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {0};
	struct object_class *c = manifest_add_class(&m, "table");
	char name[32];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(name, sizeof(name), "public.t%d", (i * 7919) % 20000);
		object_class_add(c, name);
	}
	manifest_sort(&m);
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(name, sizeof(name), "public.t%d", i);
		assert_non_null(object_class_find(c, name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_manifest_has_nothing),
		cmocka_unit_test(test_relations_are_found_by_bytes),
		cmocka_unit_test(test_rows_count_only_what_was_counted),
		cmocka_unit_test(test_classes_hold_objects_with_their_values),
		cmocka_unit_test(test_everything_is_freed),
		cmocka_unit_test(test_twenty_thousand_objects_are_quickly_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
