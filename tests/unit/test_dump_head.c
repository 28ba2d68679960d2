#include "unit/unit.h"

#include <stdio.h>

#include "base/text.h"
#include "model/dump_head.h"

#define BEGUN 1795320900 /* 2026-11-22T04:15:00Z */
#define STARTED "-- Started on 2026-11-22 04:15:00 UTC\n"
#define PLAIN "--\n-- PostgreSQL database dump\n--\n\n"

/* A head as pg_dump 17 writes it, 2026-11-22 04:15:00 on its wall; the format is the byte at 10. */
static const unsigned char head_17[] = {
	'P', 'G', 'D', 'M', 'P', 1, 16, 0, 4, 8, 1, 2,
	0, 0, 0, 0, 0, 0, 15, 0, 0, 0, 0, 4, 0, 0, 0, 0, 22, 0, 0, 0, 0, 10, 0, 0, 0, 0, 126, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 4, 0, 0, 0, 's', 'h', 'o', 'p', 0, 5, 0, 0, 0, '1', '7', '.', '1', '2',
};

#define TAR_BLOCK 512

struct bytes {
	unsigned char at[2 * TAR_BLOCK];
	size_t n;
};

static struct bytes archive(unsigned char format)
{
	struct bytes b = {.n = sizeof(head_17)};

	memcpy(b.at, head_17, sizeof(head_17));
	b.at[10] = format;
	return b;
}

static struct bytes tar_of(const char *member, unsigned char format)
{
	struct bytes inside = archive(format), b = {.n = TAR_BLOCK + inside.n};

	memcpy(b.at, member, strlen(member));
	memcpy(b.at + 257, "ustar\00000", 8);
	memcpy(b.at + TAR_BLOCK, inside.at, inside.n);
	return b;
}

/* With a copy of its own, so that a sanitizer sees who reads on. */
static int parse(const void *bytes, size_t n, struct dump_head *ret, struct error *err)
{
	autofree unsigned char *copy = xcalloc(1, n ? n : 1);

	memcpy(copy, bytes, n);
	return dump_head_parse(copy, n, ret, err);
}

static void refused(const void *bytes, size_t n, enum error_kind kind, const char *says)
{
	struct dump_head head;
	struct error err = {0};

	assert_int_equal(parse(bytes, n, &head, &err), -1);
	if (!strstr(err.text, says))
		fail_msg("'%s' does not say '%s'", err.text, says);
	assert_int_equal(err.kind, kind);
}

static void told(const void *bytes, size_t n, enum dump_form form, const char *database, int64_t begun, bool utc)
{
	CLEANUP(dump_head_done) struct dump_head head = {0};
	struct error err = {0};

	if (parse(bytes, n, &head, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(head.form, form);
	assert_true(same(head.database, database));
	assert_true(head.begun == begun);
	assert_int_equal(head.utc, utc);
}

static void archives_tell_their_database(void **state)
{
	struct bytes custom = archive(1), tar = tar_of("toc.dat", 3);

	(void)state;
	told(custom.at, custom.n, DUMP_ARCHIVE, "shop", BEGUN, false);
	told(tar.at, tar.n, DUMP_ARCHIVE, "shop", BEGUN, false);
}

static void a_folder_is_told_by_its_table_of_contents(void **state)
{
	CLEANUP(dump_head_done) struct dump_head head = {0};
	struct bytes toc = archive(3), directory = archive(5), custom = archive(1);
	struct error err = {0};

	(void)state;
	assert_int_equal(dump_head_parse_folder(toc.at, toc.n, &head, &err), 0);
	assert_int_equal(head.form, DUMP_FOLDER);
	assert_string_equal(head.database, "shop");
	dump_head_done(&head);
	assert_int_equal(dump_head_parse_folder(directory.at, directory.n, &head, &err), 0);
	dump_head_done(&head);
	assert_int_equal(dump_head_parse_folder(custom.at, custom.n, &head, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_int_equal(dump_head_parse_folder(toc.at, 3, &head, &err), -1);
	refused(toc.at, toc.n, ERR_SOURCE, "only part of it: hand in the whole folder");
	refused(directory.at, directory.n, ERR_SOURCE, "only part of it: hand in the whole folder");
}

static void told_text(const char *text, const char *database, int64_t begun, bool utc)
{
	told(text, strlen(text), DUMP_PLAIN, database, begun, utc);
}

static void plain_sql_tells_what_it_tells(void **state)
{
	(void)state;
	told_text(PLAIN "SET statement_timeout = 0;\n", NULL, TIME_UNKNOWN, false);
	told_text("-- a word of whoever made it\n\n" PLAIN, NULL, TIME_UNKNOWN, false);
	told_text("--\r\n-- PostgreSQL database dump\r\n--\r\n\r\n-- Name: shop; Type: DATABASE; Schema: -; Owner: postgres\r\n",
		  "shop", TIME_UNKNOWN, false);
	told_text(PLAIN "-- Name: a b; Type: TABLE; Schema: public; Owner: x\n", NULL, TIME_UNKNOWN, false);
	told_text(PLAIN "-- Name: x; Type: DATABASE; y; Type: DATABASE; Schema: -; Owner: o\n"
			"-- Name: z; Type: DATABASE; Schema: -\n",
		  "x; Type: DATABASE; y", TIME_UNKNOWN, false);
	told_text(PLAIN "-- Name: ; Type: DATABASE; Schema: -; Owner: o\n", NULL, TIME_UNKNOWN, false);
	told_text(PLAIN "-- Name: shop; Type: DATABASE; Schema: -; Owner: cut off", NULL, TIME_UNKNOWN, false);
	told_text(PLAIN "-- Started on 2026-11-22 04:15:00 UTC\n", NULL, BEGUN, true);
	told_text(PLAIN "-- Started on 2026-11-22 04:15:00 GMT\n", NULL, BEGUN, true);
	told_text(PLAIN "-- Started on 2026-11-22 04:15:00 CET\n", NULL, BEGUN, false);
	told_text(PLAIN "-- Started on 2026-11-22 04:15:00\n", NULL, BEGUN, false);
	told_text(PLAIN "-- Started on 2026-11-22 04:15:00 GMT Standard Time\n", NULL, BEGUN, false);
	told_text(PLAIN "-- Started on yesterday\n", NULL, TIME_UNKNOWN, false);
	told_text(PLAIN "-- Started on 2026-13-22 04:15:00 UTC\n", NULL, TIME_UNKNOWN, false);
}

static void what_is_compressed_is_told_from_inside(void **state)
{
	static const struct {
		const char *bytes;
		enum dump_form form;
	} packed[] = {{"\x1f\x8b\x08\x00", DUMP_PLAIN_GZIP}, {"\x28\xb5\x2f\xfd", DUMP_PLAIN_ZSTD},
		    {"\x50\x2a\x4d\x18", DUMP_PLAIN_ZSTD}}; /* as pzstd begins */
	struct bytes custom = archive(1), tar = tar_of("toc.dat", 3);
	const struct {
		const void *bytes;
		size_t n;
		const char *says[2];
	} wrong[] = {
		{custom.at, custom.n,
		 {"a custom archive, compressed by gzip: unpack it first: gunzip", "zstd: unpack it first: unzstd"}},
		{tar.at, tar.n,
		 {"a tar archive, compressed by gzip: unpack it first: gunzip", "a tar archive, compressed by zstd"}},
		{"\x1f\x8b\x08\x00", 4, {"twice: unpack it once: gunzip", "twice: unpack it once: unzstd"}},
		{"-- PostgreSQL database cluster dump\n", 36,
		 {"compressed by gzip: it is a dump of a whole server", "by zstd: it is a dump of a whole server"}},
		{"", 0, {"compressed by gzip: it is empty", "compressed by zstd: it is empty"}},
		{"words\n", 6, {"compressed by gzip: it begins with 'words'", "compressed by zstd: it begins with 'words'"}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(packed); i++) {
		CLEANUP(dump_head_done) struct dump_head head = {0};
		static const char inside[] = PLAIN STARTED "-- Name: crm; Type: DATABASE; Schema: -; Owner: o\n";
		struct error err = {0};

		told(packed[i].bytes, 4, packed[i].form, NULL, TIME_UNKNOWN, false);
		assert_int_equal(parse(packed[i].bytes, 4, &head, &err), 0);
		assert_int_equal(dump_head_parse_inside((const unsigned char *)inside, sizeof(inside) - 1, &head, &err), 0);
		assert_int_equal(head.form, packed[i].form);
		assert_string_equal(head.database, "crm");
		assert_true(head.begun == BEGUN && head.utc);
		for (size_t k = 0; k < COUNT(wrong); k++) {
			assert_int_equal(dump_head_parse_inside(wrong[k].bytes, wrong[k].n, &head, &err), -1);
			assert_int_equal(err.kind, ERR_SOURCE);
			if (!strstr(err.text, wrong[k].says[packed[i].form == DUMP_PLAIN_ZSTD]))
				fail_msg("'%s' does not say what it is", err.text);
		}
	}
}

static void what_is_no_dump_is_named(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *says;
	} others[] = {
		{"", 0, "it is empty"},
		{"BZh9", 4, "bunzip2"},
		{"\xfd" "7zXZ\0", 6, "unxz"},
		{"\x04\x22\x4d\x18", 4, "unlz4"},
		{"PK\x03\x04", 4, "unzip"},
		{"\xff\xfe-\0-\0", 6, "UTF-16"},
		{"\xef\xbb\xbf--\n", 6, "byte order mark"},
		{"<!DOCTYPE html>", 15, "a web page"},
		{"age-encryption.org/v1\n", 22, "encrypted by age"},
		{"--\n-- PostgreSQL database cluster dump\n--\n", 42, "by pg_dumpall: dump each database by itself"},
		{"-- PostgreSQL database dump", 27, "begins with '-- PostgreSQL database d...'"}, /* no line of its own */
		{"-- PostgreSQL database dump complete\n", 37, "nothing that pg_dump writes"},
		{"SELECT 1;\n" PLAIN, 44, "it begins with 'SELECT 1;', which is nothing that pg_dump writes"},
		{"PGDM", 4, "it begins with 'PGDM', which"},
		{"\x1f", 1, "it begins with the bytes 1f, which"},
		{"\n\n", 2, "it begins with the bytes 0a0a, which"},
		{"abc\0def", 7, "it begins with the bytes 61626300646566, which"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++)
		refused(others[i].bytes, others[i].n, ERR_SOURCE, others[i].says);
}

static void other_tars_are_named(void **state)
{
	static const struct {
		const char *member, *says;
	} others[] = {
		{"shop.d/toc.dat", "that pg_dump did not write (it begins with 'shop.d/toc.dat'): unpack it first: tar -xf"},
		{"toc.data", "did not write"},
		{"./toc.dat", "did not write"},
		{"\033[2J", "it begins with '?[2J'"},
		{"backup_label", "a copy of a server's own files, as pg_basebackup makes it"},
		{"./PG_VERSION", "a copy of a server's own files"},
	};
	struct bytes damaged = tar_of("toc.dat", 9), custom = tar_of("toc.dat", 1);

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		struct bytes b = tar_of(others[i].member, 3);

		refused(b.at, b.n, ERR_SOURCE, others[i].says);
	}
	refused(damaged.at, damaged.n, ERR_DATA, "makes no sense");
	refused(custom.at, custom.n, ERR_DATA, "in the place of a toc.dat");
	refused(tar_of("toc.dat", 3).at, TAR_BLOCK, ERR_DATA, "does not begin as an archive");
}

static void every_shorter_beginning_is_survived(void **state)
{
	static const char text[] = PLAIN STARTED "-- Name: crm; Type: DATABASE; Schema: -; Owner: o\n";
	struct bytes tar = tar_of("toc.dat", 3);
	struct error err;

	(void)state;
	for (size_t n = 0; n < tar.n; n++) {
		CLEANUP(dump_head_done) struct dump_head head = {0};
		int done = parse(tar.at, n, &head, &err);

		assert_int_equal(done, n < tar.n - 10 ? -1 : 0); /* the versions behind the name are not read */
	}
	for (size_t n = 0; n < sizeof(text); n++) {
		CLEANUP(dump_head_done) struct dump_head head = {0};

		assert_int_equal(parse(text, n, &head, &err), n < strlen("--\n-- PostgreSQL database dump\n") ? -1 : 0);
	}
}

static void a_name_is_of_a_database(void **state)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
		{"/srv/dumps/shop.sql.gz", "shop"},
		{"shop.backup", "shop"},
		{"shop.tar", "shop"},
		{"shop", "shop"},
		{"/srv/dumps/shop.d/", "shop"},
		{"shop.2026-11-22.sql", "shop.2026-11-22"},
		{"shop_20261122_041500.sql.zst", "shop"},
		{"a%2Fb_20261122_041500.dump", "a/b"},
		{".sql", ".sql"},
		{"my shop.dump.zst", "my shop"},
		{"/", NULL},
		{"..", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *name = dump_head_name_of(cases[i].path);

		if (!same(name, cases[i].name))
			fail_msg("'%s' gives '%s'", cases[i].path, name ? name : "nothing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(archives_tell_their_database),
		cmocka_unit_test(a_folder_is_told_by_its_table_of_contents),
		cmocka_unit_test(plain_sql_tells_what_it_tells),
		cmocka_unit_test(what_is_compressed_is_told_from_inside),
		cmocka_unit_test(what_is_no_dump_is_named),
		cmocka_unit_test(other_tars_are_named),
		cmocka_unit_test(every_shorter_beginning_is_survived),
		cmocka_unit_test(a_name_is_of_a_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
