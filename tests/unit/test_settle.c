#include "unit/unit.h"

#include "drill/settle.h"
#include "unit/shop.h"

static void spells(const struct object_class *c, const char *name, const char *template, const char *text,
		   const char *expected)
{
	autofree char *sql = settle_spell(template, c, object_class_find(c, name), text, 7);

	if (expected)
		assert_string_equal(sql, expected);
	else
		assert_null(sql);
}

static void test_spelling(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {0};
	struct object_class *c = add_class(&m, "index", "table", "~definition");

	(void)state;
	add_object(c, "lonely", NULL, "x");
	add_object(c, "public.\"a.b\".\"c\"\"d.e\"", "public.\"a.b\"", "x");
	add_object(c, "public.f(integer, numeric(1,2))", "public.t", "x");
	add_object(c, "public.t.id", "public.t", "x");
	manifest_sort(&m);
	c = &m.classes[0];
	spells(c, "public.t.id", "ALTER TABLE {owner} ALTER COLUMN {last} SET DEFAULT {text}", "1 + 1",
	       "ALTER TABLE public.t ALTER COLUMN id SET DEFAULT 1 + 1");
	spells(c, "public.t.id", "{name}|{table}|{text} END", "SELECT 1;", "public.t.id|public.t|SELECT 1 END");
	spells(c, "public.t.id", "RENAME TO {spare}", "", "RENAME TO \"drillbox spare 7\"");
	spells(c, "public.\"a.b\".\"c\"\"d.e\"", "{owner}+{last}", "", "public.\"a.b\"+\"c\"\"d.e\"");
	spells(c, "public.f(integer, numeric(1,2))", "{bare}", "", "public.f");
	/* braces in a text are no templates */
	spells(c, "public.t.id", "SET {text}", "'{name}'::text", "SET '{name}'::text");
	/* what is not known is not guessed */
	spells(c, "lonely", "TRUNCATE {table}", "", NULL);
	spells(c, "lonely", "ALTER {owner}", "", NULL);
	spells(c, "public.t.id", "{colour}", "", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
