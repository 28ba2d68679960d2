#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "drill/inventory.h"

#include <cmocka.h> /* last: its fail() is a macro */

#define HEAD ";     Format: CUSTOM\n;     Dump Version: 1.16-0\n; Selected TOC Entries:\n"

/* What is noted, a line each, and the summary. */
static char *compared(const char *then, const char *now)
{
	CLEANUP(toc_done) struct toc was = {0}, is = {0};
	CLEANUP(findings_done) struct findings f = {0};
	CLEANUP(text_done) struct text summary = {0};
	autofree char *old = format("%s%s", HEAD, then), *new = format("%s%s", HEAD, now);
	struct text out = {0};
	struct error err;

	if (toc_parse(old, strlen(old), &was, &err) < 0 || toc_parse(new, strlen(new), &is, &err) < 0)
		fail_msg("%s", err.text);
	inventory_compare(&was, &is, "shop/a", &f, &summary);
	assert_int_equal(f.check_count, 0);
	for (size_t i = 0; i < f.notes.count; i++)
		text_addf(&out, "%s\n", f.notes.items[i]);
	text_add(&out, summary.data);
	return text_take(&out);
}

static void expect_told(const char *then, const char *now, const char *told)
{
	autofree char *is = compared(then, now);

	assert_string_equal(is, told);
}

static void test_nothing_gone(void **state)
{
	(void)state;
	expect_told("1; 1259 1 TABLE public t shop\n", "9; 1259 7 TABLE public t admin\n8; 1259 8 TABLE public u shop\n",
		    "; nothing gone since shop/a");
}

static void test_gone(void **state)
{
	(void)state;
	expect_told("1; 1259 1 INDEX public t_i shop\n2; 1259 2 TABLE public t shop\n3; 1259 3 TABLE public u shop\n"
		    "4; 2620 4 TRIGGER public t watch shop\n5; 0 5 TABLE DATA public u shop\n6; 3079 6 EXTENSION - citext \n",
		    "3; 1259 3 TABLE other u shop\n",
		    "2 tables of 'shop/a' are not in this dump: public.t, public.u\n"
		    "1 trigger of 'shop/a' is not in this dump: public.t watch\n"
		    "1 index of 'shop/a' is not in this dump: public.t_i\n"
		    "1 extension of 'shop/a' is not in this dump: citext\n; 5 objects gone since shop/a");
}

static void test_a_partition_goes(void **state)
{
	(void)state;
	expect_told("1; 1259 1 TABLE public t shop\n2; 1259 2 TABLE public t_2025 shop\n3; 0 0 TABLE ATTACH public t_2025 shop\n"
		    "4; 2606 4 CONSTRAINT public t_2025 t_2025_pkey shop\n5; 1259 5 INDEX public t_2025_i shop\n"
		    "6; 0 0 INDEX ATTACH public t_2025_i shop\n",
		    "1; 1259 1 TABLE public t shop\n", "; nothing gone since shop/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_gone),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_a_partition_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
