#include "unit/unit.h"

#include "drill/restore_talk.h"

static void say(struct restore_talk *t, const char *text)
{
	/* in pieces of every length, as a pipe may give them */
	for (size_t n = strlen(text), at = 0, k = 1; at < n; at += k, k = k % 7 + 1)
		restore_talk_add(t, text + at, at + k < n ? k : n - at);
	restore_talk_end(t);
}

static void test_talk_counts(void **state)
{
	CLEANUP(restore_talk_done) struct restore_talk t = {.ignored = -1};

	(void)state;
	say(&t, "pg_restore: connecting to database for restore\n"
		"pg_restore: creating TABLE \"public.orders\"\n"
		"pg_restore: while PROCESSING TOC:\n"
		"pg_restore: from TOC entry 215; 1259 16386 TABLE orders shop\n"
		"pg_restore: error: could not execute query: ERROR:  type \"x\" does not exist\n"
		"Command was: CREATE TABLE public.orders (\n    id x\n);\n\n"
		"pg_restore: processing data for table \"public.orders\"\n"
		"pg_restore: error: COPY failed for table \"orders\": ERROR:  bad\n"
		"pg_restore: warning: errors ignored on restore: 2\n");
	assert_int_equal(t.errors, 2);
	assert_int_equal(t.ignored, 2);
	assert_int_equal(t.begun, 2);
	assert_string_equal(t.item, "\"public.orders\"");
	assert_string_equal(t.last_error, "COPY failed for table \"orders\": ERROR:  bad");
}

/* A function can raise any text: only the very last line is pg_restore's own count. */
static void test_talk_is_not_taken_in(void **state)
{
	CLEANUP(restore_talk_done) struct restore_talk t = {.ignored = -1};

	(void)state;
	say(&t, "pg_restore: WARNING:  hello\npg_restore: warning: errors ignored on restore: 0\n"
		"pg_restore: warning: errors ignored on restore: 3\n");
	assert_int_equal(t.ignored, 3);
	restore_talk_done(&t);
	t.ignored = -1;
	say(&t,
	    "pg_restore: warning: errors ignored on restore: 0\npg_restore: error: could not read from input file: end of file\n");
	assert_int_equal(t.ignored, -1);
}

/* Two processes of pg_restore write their messages in pieces, at the same time. */
static void test_talk_of_two_at_once(void **state)
{
	static const struct {
		const char *said;
		size_t errors, begun;
		const char *own;
	} cases[] = {
		{"pg_restore: error: pg_restore: error: a worker process died unexpectedly\ncould not read from input file\n", 2, 0,
		 "could not read from input file"},
		{"pg_restore: error: pg_restore: error: could not read from input file\na worker process died unexpectedly\n", 2, 0,
		 "could not read from input file"},
		{"pg_restore:pg_restore:  error: error: first\nsecond\n", 2, 0, "second"},
		{"pg_restore:pg_restore: error: first\n error: second\n", 2, 0, "second"},
		{"pg_restore: pg_restore: error: could not execute query: ERROR:  x\nCommand was: CREATE\n    x;\n\n"
		 "error: second\n", 2, 0, "second"},
		{"pg_restore: pg_restore: creating TABLE \"a\"\nerror: first\n", 1, 1, "first"},
		{"pg_restore: error: pg_restore: creating TABLE \"a\"\nfirst\npg_restore: creating TABLE \"b\"\n", 1, 2,
		 "first"},
		{"pg_restore: pg_restore: warning: error: first\nhello\n", 1, 0, "first"},
		{"pg_restore: pg_restore: creating TABLE \"a\"\ncreating TABLE \"b\"\n", 0, 1, NULL},
		/* one alone: what its own lines look like is nobody else's message */
		{"pg_restore: error: first\nerror: second\n error: third\nx\n", 1, 0, "first"},
		{"pg_restore: error: error: error: first\n", 1, 0, "first"},
		{"error: first\nwarning: error: second\n", 0, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(restore_talk_done) struct restore_talk t = {.ignored = -1};

		say(&t, cases[i].said);
		if (t.errors != cases[i].errors || t.begun != cases[i].begun || !same(t.own_error, cases[i].own))
			fail_msg("%s%zu errors, %zu begun, %s", cases[i].said, t.errors, t.begun,
				 t.own_error ? t.own_error : "none");
	}
}

static void test_endings(void **state)
{
	static const struct {
		const char *last;
		const char *rule;
		enum meaning meaning;
	} cases[] = {
		{"could not read from input file: end of file", "archive", MEANING_DAMAGE},
		{"could not uncompress data: invalid distance", "archive", MEANING_DAMAGE},
		{"could not close data file \"/dump/3425.dat\": Success", "archive", MEANING_DAMAGE},
		{"could not close data file \"/dump/3425.dat\": Input/output error", "disk", MEANING_BOX},
		{"could not decompress data: Corrupted block detected", "archive", MEANING_DAMAGE},
		{"did not find magic string in file header", "archive", MEANING_DAMAGE},
		{"input file does not appear to be a valid archive (too short?)", "archive", MEANING_DAMAGE},
		{"could not open input file \"/dump/3012.dat\": No such file or directory", "archive", MEANING_DAMAGE},
		{"entry ID 9 out of range -- perhaps a corrupt TOC", "archive", MEANING_DAMAGE},
		{"unrecognized data block type (0) while searching archive", "archive", MEANING_DAMAGE},
		{"could not read from input file: Input/output error", "disk", MEANING_BOX},
		{"out of memory", "memory", MEANING_BOX},
		{"unsupported version (1.16) in file header", "archive-version", MEANING_LACKING},
		{"this build does not support compression with zstd", "archive-compression", MEANING_LACKING},
		{"could not execute query: server closed the connection unexpectedly", "gave-up", MEANING_BOX},
		{NULL, "gave-up", MEANING_BOX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(restore_talk_done) struct restore_talk t = {.ignored = -1};
		CLEANUP(judgement_done) struct judgement j = {0};

		if (cases[i].last) {
			autofree char *line = format("pg_restore: error: %s\npg_restore: error: a worker process died "
						     "unexpectedly\n", cases[i].last);

			say(&t, line);
		}
		restore_talk_judge(&t, &j);
		assert_string_equal(j.rule, cases[i].rule);
		assert_int_equal(j.meaning, cases[i].meaning);
		assert_null(strstr(j.sentence, "%s"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talk_counts),
		cmocka_unit_test(test_talk_is_not_taken_in),
		cmocka_unit_test(test_talk_of_two_at_once),
		cmocka_unit_test(test_endings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
