#include "unit/unit.h"

#include <stdio.h>

#include "base/text.h"
#include "model/archive_head.h"

/* A head as pg_dump 17 writes it (archive version 1.16), 2026-11-22 04:15:00 on its wall. */
static const unsigned char head_17[] = {
	'P', 'G', 'D', 'M', 'P', 1, 16, 0, 4, 8, 1, 2,
	0, 0, 0, 0, 0, 0, 15, 0, 0, 0, 0, 4, 0, 0, 0, 0, 22, 0, 0, 0, 0, 10, 0, 0, 0, 0, 126, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 4, 0, 0, 0, 's', 'h', 'o', 'p', 0, 5, 0, 0, 0, '1', '7', '.', '1', '2',
};

static void refused(const unsigned char *bytes, size_t n, enum error_kind kind, const char *says)
{
	struct archive_head head;
	struct error err = {0};

	assert_int_equal(archive_head_parse(bytes, n, &head, &err), -1);
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, says))
		fail_msg("'%s' does not say '%s'", err.text, says);
}

static void a_head_is_read(void **state)
{
	CLEANUP(archive_head_done) struct archive_head head = {0};
	struct error err;

	(void)state;
	assert_int_equal(archive_head_parse(head_17, sizeof(head_17), &head, &err), 0);
	assert_string_equal(head.database, "shop");
	assert_int_equal(head.created, 1795320900);
	assert_int_equal(head.format, ARCHIVE_CUSTOM);
}

/* Before version 1.15 a level of compression, an int, stands where the algorithm's byte is now. */
static void an_older_head_is_read(void **state)
{
	CLEANUP(archive_head_done) struct archive_head head = {0};
	unsigned char old[sizeof(head_17) + 4];
	struct error err;

	(void)state;
	memcpy(old, head_17, 11);
	old[6] = 14;
	memcpy(old + 11, (const unsigned char[]){1, 1, 0, 0, 0}, 5); /* -1: the default */
	memcpy(old + 16, head_17 + 12, sizeof(head_17) - 12);
	assert_int_equal(archive_head_parse(old, sizeof(old), &head, &err), 0);
	assert_string_equal(head.database, "shop");
	assert_int_equal(head.created, 1795320900);
}

static void every_shorter_head_is_refused(void **state)
{
	struct archive_head head;
	struct error err;

	(void)state;
	for (size_t n = 0; n < sizeof(head_17) - 10; n++) {
		/* of its own, so that a sanitizer sees who reads on */
		autofree unsigned char *cut = xcalloc(1, n ? n : 1);

		memcpy(cut, head_17, n);
		assert_int_equal(archive_head_parse(cut, n, &head, &err), -1);
	}
}

static void with_byte(size_t at, unsigned char value, enum error_kind kind, const char *says)
{
	unsigned char changed[sizeof(head_17)];

	memcpy(changed, head_17, sizeof(changed));
	changed[at] = value;
	refused(changed, sizeof(changed), kind, says);
}

static void what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	with_byte(5, 2, ERR_DATA, "version 2.16, which this drillbox does not know");
	with_byte(5, 0, ERR_DATA, "makes no sense");
	with_byte(6, 9, ERR_DATA, "makes no sense");
	with_byte(8, 8, ERR_DATA, "makes no sense");
	with_byte(9, 9, ERR_DATA, "makes no sense");
	with_byte(10, 2, ERR_DATA, "makes no sense");
	with_byte(10, 6, ERR_DATA, "makes no sense");
	with_byte(0, 'p', ERR_DATA, "does not begin as an archive");
	with_byte(16, 0xff, ERR_DATA, "neither a time nor a database"); /* a second of 4 billion */
	with_byte(48, 0xff, ERR_DATA, "neither a time nor a database"); /* a name longer than all there is */
	with_byte(47, 1, ERR_DATA, "neither a time nor a database");	/* a name of -4 bytes */
	with_byte(53, 0, ERR_DATA, "neither a time nor a database");	/* a NUL within it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_read),
		cmocka_unit_test(an_older_head_is_read),
		cmocka_unit_test(every_shorter_head_is_refused),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
