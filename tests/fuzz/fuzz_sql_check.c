/* A check of the operator: its header, and a few answers held against it. */
#include "drill/sql_checks.h"
#include "fuzz/fuzz.h"

static const struct sql_answer answers[] = {
	{.rows = 1, .columns = 1, .value = "t"},
	{.rows = 1, .columns = 1, .value = "-1004.50"},
	{.rows = 1, .columns = 1, .value = "NaN"},
	{.rows = 1, .columns = 1, .null = true},
	{.rows = 7, .columns = 3, .value = "seven rows"},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	autofree char *text = fuzz_text(bytes, n);
	CLEANUP(sql_check_done) struct sql_check check = {0};
	struct error err;

	if (sql_check_parse(text, &check, &err) < 0)
		return 0;
	set_text(&check.name, "orders");
	for (size_t i = 0; i < COUNT(answers); i++) {
		autofree char *detail = NULL;

		(void)sql_check_judge(&check, &answers[i], "1004.49", &detail);
	}
	return 0;
}
