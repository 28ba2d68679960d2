#include "unit/unit.h"

#include "base/text.h"
#include "pull/postgres.h"

/* pg_dump's standard error as it was seen, and what it must come to. */
static const struct {
	const char *words;
	enum error_kind kind;
	const char *told;
} endings[] = {
	{"pg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 17.12; pg_dump version: "
	 "15.20\n",
	 ERR_LACKING, "older than the server"},
	{"pg_dump: error: query failed: ERROR:  permission denied for table secret\npg_dump: detail: Query was: LOCK TABLE a, b IN "
	 "ACCESS SHARE MODE\n",
	 ERR_PRIVILEGE, "(permission denied for table secret)"},
	{"pg_dump: error: query failed: ERROR:  permission denied for large object 77777\n", ERR_PRIVILEGE,
	 "GRANT SELECT ON LARGE OBJECT"},
	{"pg_dump: error: query failed: ERROR:  canceling statement due to statement timeout\npg_dump: detail: Query was: LOCK "
	 "TABLE a IN ACCESS SHARE MODE\n",
	 ERR_CHANGED, "behind ours"},
	{"pg_dump: error: Dumping the contents of table \"big\" failed: PQgetResult() failed.\npg_dump: detail: Error message from "
	 "server: ERROR:  canceling statement due to statement timeout\n",
	 ERR_SOURCE, "at table 'big'"},
	{"pg_dump: error: Dumping the contents of table \"big\" failed: PQgetResult() failed.\npg_dump: detail: Error message from "
	 "server: ERROR:  canceling statement due to conflict with recovery\n",
	 ERR_CHANGED, "hot_standby_feedback"},
	{"pg_dump: error: Dumping the contents of table \"big\" failed: PQgetCopyData() failed.\npg_dump: detail: Error message "
	 "from server: server closed the connection unexpectedly\n",
	 ERR_NETWORK, "at table 'big'"},
	{"pg_dump: error: could not write to output file: No space left on device\n", ERR_SPACE, "disk is full"},
	{"pg_dump: error: query failed: ERROR:  query would be affected by row-level security policy for table \"t\"\n",
	 ERR_PRIVILEGE, "BYPASSRLS"},
	{"pg_dump: error: Dumping the contents of table \"wide\" failed: PQgetResult() failed.\npg_dump: detail: Error message "
	 "from server: ERROR:  invalid memory alloc request size 1200000003\n",
	 ERR_SOURCE, "too wide"},
	{"pg_dump: error: Dumping the contents of table \"wide\" failed: PQgetResult() failed.\npg_dump: detail: Error message "
	 "from server: ERROR:  out of memory\nDETAIL:  Cannot enlarge string buffer containing 566231044 bytes by 566231042 more "
	 "bytes.\n",
	 ERR_SOURCE, "a row at table 'wide' is too wide"},
	{"pg_dump: error: query failed: ERROR:  cache lookup failed for relation 1234\n", ERR_CHANGED, "altered under pg_dump"},
	{"pg_dump: error: nobody has seen this\n", ERR_SOURCE, "pg_dump ended with 1"},
	{"", ERR_SOURCE, "pg_dump ended with 1"},
};

static void test_last_words_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(endings); i++) {
		struct error err = {0};

		assert_int_equal(pull_explain_dump_error(endings[i].words, "pg_dump ended with 1", &err), -1);
		if (err.kind != endings[i].kind || !strstr(err.text, endings[i].told))
			fail_msg("%s\ncame to %s: %s", endings[i].words, error_word(err.kind), err.text);
	}
}

static void test_words_from_the_source_cannot_paint_the_terminal(void **state)
{
	struct error err = {0};

	(void)state;
	(void)pull_explain_dump_error("pg_dump: error: query failed: ERROR:  permission denied for table \033[2Jx\n", "", &err);
	assert_null(strchr(err.text, '\033'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_words_are_understood),
		cmocka_unit_test(test_words_from_the_source_cannot_paint_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
