#include "unit/unit.h"

#include "base/text.h"
#include "provision/installation.h"

static void becomes(const char *conf, const char *section, const char *only, const char *expected)
{
	char *of = (char *)section;
	struct wanted_key items[] = {{of, "name", "new"}, {"other", "name", "no"}, {of, "chip", "x"}};
	struct wanted_keys keys = {items, only ? 2 : 3};
	autofree char *once = conf_with(conf, section, only, &keys);
	autofree char *twice = conf_with(once, section, only, &keys);

	assert_string_equal(once, expected);
	assert_string_equal(twice, expected);
}

static void test_one_key_is_replaced(void **state)
{
	(void)state;
	becomes("", "box", "name", "[box]\nname = new\n");
	becomes("[box]\nname = old\ndata = /d\n", "box", "name", "[box]\nname = new\ndata = /d\n");
	becomes("# us\n\n[ box]\nname = a\n[box]\n# n\n  data=/d\n\tname:old\r\n[panel]\nname = b", "box", "name",
		"# us\n\n[ box]\nname = a\n[box]\nname = new\n# n\n  data=/d\n[panel]\nname = b\n");
	becomes("[panel]\nchip = c\n", "box", "name", "[panel]\nchip = c\n\n[box]\nname = new\n");
	becomes("[box]\n#name = old\n;name = old\nnames = x\n", "box", "name",
		"[box]\nname = new\n#name = old\n;name = old\nnames = x\n");
	becomes("[box]\nname = a\n[x]\ny = z\n[box]\nname = b\n", "box", "name", "[box]\nname = new\n[x]\ny = z\n[box]\n");
}

static void test_a_section_is_replaced(void **state)
{
	(void)state;
	becomes("[box]\ndata = /d\n[panel]\n# why\nbackend = gpio\npass = 17\n[postgres]\nbin = /b\n", "panel", NULL,
		"[box]\ndata = /d\n[panel]\nname = new\nchip = x\n# why\n[postgres]\nbin = /b\n");
	becomes("[box]\ndata = /d", "panel", NULL, "[box]\ndata = /d\n\n[panel]\nname = new\nchip = x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_key_is_replaced),
		cmocka_unit_test(test_a_section_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
