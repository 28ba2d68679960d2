#include "unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "drill/messages.h"
#include "drill/server_log.h"
#include "unit/folder.h"

static char *put(const char *name, const char *text, size_t n)
{
	char *path = path_join(folder, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	return path;
}

#define LINE(severity, state, message, backend)                                                                        \
	"{\"timestamp\":\"2026-11-22 04:15:04.123 UTC\",\"user\":\"postgres\",\"dbname\":\"shop\",\"pid\":12,"           \
	"\"error_severity\":\"" severity "\",\"state_code\":\"" state "\",\"message\":\"" message "\","                  \
	"\"statement\":\"CREATE TABLE public.t (\\n    id integer\\n);\",\"application_name\":\"pg_restore\","           \
	"\"backend_type\":\"" backend "\",\"query_id\":0}\n"

static void test_reads_errors_of_sessions_only(void **state)
{
	const char *text = LINE("LOG", "00000", "ready", "postmaster") LINE("ERROR", "42P01", "first", "client backend")
		LINE("WARNING", "01000", "no", "client backend") LINE("ERROR", "22012", "worker", "parallel worker")
		LINE("ERROR", "08006", "unexpected EOF on client connection", "client backend")
		LINE("FATAL", "57P01", "second", "client backend") "{\"error_severity\":\"ERROR\",\"not whole";
	autofree char *path = put("log", text, strlen(text));
	CLEANUP(messages_done) struct messages m = {0}, later = {0};
	struct error err;

	(void)state;
	assert_int_equal(messages_read(path, 0, &m, &err), 0);
	assert_int_equal(m.count, 2);
	assert_string_equal(m.items[0].text, "first");
	assert_string_equal(m.items[0].sqlstate, "42P01");
	assert_string_equal(m.items[0].database, "shop");
	assert_string_equal(m.items[0].detail, "");
	assert_string_equal(m.items[1].severity, "FATAL");
	assert_int_equal(m.end, strlen(text) - strlen("{\"error_severity\":\"ERROR\",\"not whole"));
	assert_int_equal(messages_read(path, m.end, &later, &err), 0);
	assert_int_equal(later.count, 0);
}

/* Whoever takes the log away, or shortens it, must not make a restore look as if it had no errors. */
static void test_a_log_that_is_gone(void **state)
{
	autofree char *path = path_join(folder, "none"), *shortened = put("short", "{}\n", 3);
	CLEANUP(messages_done) struct messages m = {0};
	struct error err;

	(void)state;
	assert_int_equal(messages_read(path, 0, &m, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(messages_read(shortened, 4, &m, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(messages_read(shortened, 3, &m, &err), 0);
	assert_int_equal(m.count, 0);
}

/* A dump can write in the log's folder: what is there must be a file. */
static void test_a_log_that_is_none(void **state)
{
	autofree char *path = path_join(folder, "link");
	autofree char *pipe_path = path_join(folder, "pipe");
	CLEANUP(messages_done) struct messages m = {0};
	struct error err;

	(void)state;
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(messages_read(path, 0, &m, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(messages_read(pipe_path, 0, &m, &err), -1);
}

static void test_a_line_that_makes_no_sense_is_an_error(void **state)
{
	static const char text[] =
		"garbage\n{\"error_severity\":\"ERROR\",\"state_code\":\"22021\",\"message\":\"\xff\xfe bad\"}\n";
	autofree char *path = put("garbage", text, sizeof(text) - 1);
	CLEANUP(messages_done) struct messages m = {0};
	CLEANUP(judgement_done) struct judgement j = {0};
	struct circumstances c = {.server_version_num = 170012};
	struct error err;

	(void)state;
	assert_int_equal(messages_read(path, 0, &m, &err), 0);
	assert_int_equal(m.count, 2);
	assert_string_equal(m.items[0].sqlstate, "");
	message_judge(&m.items[0], &c, &j);
	assert_string_equal(j.rule, "unreadable-log");
	assert_string_equal(m.items[1].sqlstate, "22021");
	assert_string_equal(m.items[1].text, "?? bad");
}

/* A statement of several megabytes is cut, also in the middle of an escape. */
static void test_a_long_line_is_cut(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 8; shift++) {
		struct text text = {0};
		autofree char *path = NULL;
		CLEANUP(messages_done) struct messages m = {0};
		struct error err;

		text_add(&text, "{\"error_severity\":\"ERROR\",\"state_code\":\"42601\",\"message\":\"m\",\"statement\":\"");
		for (size_t i = 0; i < shift; i++)
			text_add(&text, "x");
		while (text.length < 3 * MESSAGE_LINE_CAP)
			text_add(&text, "\\u00e9\\\\\\n");
		text_add(&text, "\",\"backend_type\":\"client backend\"}\n" LINE("ERROR", "42P01", "next", "client backend"));
		path = put("long", text.data, text.length);
		text_done(&text);
		assert_int_equal(messages_read(path, 0, &m, &err), 0);
		assert_int_equal(m.count, 2);
		assert_string_equal(m.items[0].sqlstate, "42601");
		assert_string_equal(m.items[1].text, "next");
	}
}

/* More errors than are looked at are counted all the same. */
static void test_too_many(void **state)
{
	struct text text = {0};
	autofree char *path = NULL;
	CLEANUP(messages_done) struct messages m = {0};
	struct error err;

	(void)state;
	for (size_t i = 0; i < MESSAGES_CAP + 5; i++)
		text_add(&text, LINE("ERROR", "42P01", "again", "client backend"));
	path = put("many", text.data, text.length);
	text_done(&text);
	assert_int_equal(messages_read(path, 0, &m, &err), 0);
	assert_int_equal(m.count, MESSAGES_CAP);
	assert_int_equal(m.dropped, 5);
}

static void test_last_words(void **state)
{
	const char *killed = LINE("LOG", "00000", "server process (PID 9) was terminated by signal 9: Killed", "postmaster")
		LINE("FATAL", "57P02", "terminating connection", "client backend");
	const char *full = LINE("PANIC", "53100", "could not write to file: No space left on device", "checkpointer");
	const char *plain = LINE("FATAL", "XX000", "could not load library", "postmaster");
	autofree char *a = put("killed", killed, strlen(killed)), *b = put("full", full, strlen(full));
	autofree char *c = put("plain", plain, strlen(plain)), *none = path_join(folder, "none");
	enum error_kind kind = ERR_IO;
	autofree char *wa = messages_last_words(a, &kind);

	(void)state;
	assert_string_equal(wa, "server process (PID 9) was terminated by signal 9: Killed");
	assert_int_equal(kind, ERR_IO); /* by whom, it does not know */
	kind = ERR_IO;
	autofree char *wb = messages_last_words(b, &kind);
	assert_int_equal(kind, ERR_SPACE);
	assert_non_null(strstr(wb, "No space"));
	kind = ERR_IO;
	autofree char *wc = messages_last_words(c, &kind);
	assert_string_equal(wc, "could not load library");
	assert_int_equal(kind, ERR_IO);
	assert_null(messages_last_words(none, &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_errors_of_sessions_only),
		cmocka_unit_test(test_a_log_that_is_gone),
		cmocka_unit_test(test_a_log_that_is_none),
		cmocka_unit_test(test_a_line_that_makes_no_sense_is_an_error),
		cmocka_unit_test(test_a_long_line_is_cut),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_last_words),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
