#include "unit/unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "port/expand.h"

#define MUCH 700000 /* bytes: more than the module reads at once, packed or not */

/* A file that holds these bytes. */
static int file_of(const void *bytes, size_t n)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* What a program makes of a file: "gzip -c". It finds the file at its standard input. */
static void run_filter(const char *command, int from, struct text *ret)
{
	autoclose int to = memfd_create("made", MFD_CLOEXEC);
	char bytes[65536];
	int status;
	ssize_t n;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(from, 0) < 0 || dup2(to, 1) < 0)
			_exit(126);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s: status %d", command, status);
	assert_int_equal(lseek(to, 0, SEEK_SET), 0);
	while ((n = read(to, bytes, sizeof(bytes))) > 0)
		text_add_bytes(ret, bytes, (size_t)n);
	assert_int_equal(n, 0);
}

static void pack(const char *command, const struct text *plain, struct text *ret)
{
	autoclose int fd = file_of(plain->data, plain->length);

	run_filter(command, fd, ret);
}

/* What expand makes of the file, by so many bytes at a time. */
static int expand_fd(int fd, size_t size, enum packing *ret_packing, struct text *ret, struct error *err)
{
	CLEANUP(expand_free) struct expand *e = NULL;
	autofree char *buffer = xcalloc(1, size);
	size_t n;

	if (expand_open(fd, &e, err) < 0)
		return -1;
	*ret_packing = expand_packing(e);
	do {
		if (expand_read(e, buffer, size, &n, err) < 0)
			return -1;
		assert_true(n <= size);
		text_add_bytes(ret, buffer, n);
	} while (n > 0);
	assert_int_equal(expand_read(e, buffer, size, &n, err), 0);
	assert_int_equal(n, 0); /* the end stays the end */
	assert_int_equal(expand_consumed(e), lseek(fd, 0, SEEK_END));
	return 0;
}

static void comes_out(const struct text *packed, size_t size, enum packing packing, const struct text *plain)
{
	autoclose int fd = file_of(packed->data, packed->length);
	CLEANUP(text_done) struct text out = {0};
	enum packing seen = PACKING_NONE;
	struct error err = {0};

	if (expand_fd(fd, size, &seen, &out, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(seen, packing);
	assert_int_equal(out.length, plain->length);
	assert_memory_equal(out.data, plain->data, plain->length);
}

/* With whatever size it is read: it is refused with these words. */
static void is_refused(const char *bytes, size_t n, enum error_kind kind, const char *told)
{
	static const size_t sizes[] = {1, 4096, 1 << 20};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		autoclose int fd = file_of(bytes, n);
		CLEANUP(text_done) struct text out = {0};
		enum packing seen;
		struct error err = {0};

		assert_int_equal(expand_fd(fd, sizes[i], &seen, &out, &err), -1);
		if (err.kind != kind || !strstr(err.text, told))
			fail_msg("'%s' (%s) does not say '%s'", err.text, error_word(err.kind), told);
	}
}

/* Text that can be packed and yet takes room, always the same. */
static void make_plain(struct text *ret)
{
	uint32_t seed = 1;

	while (ret->length < MUCH) {
		seed = seed * 1664525 + 1013904223;
		text_addf(ret, "%u\tsome words that come again\t%x\n", seed, seed >> 7);
	}
}

static const struct {
	const char *command;
	enum packing packing;
} commands[] = {
	{"cat", PACKING_NONE},
	{"gzip -1c", PACKING_GZIP},
	{"gzip -9c", PACKING_GZIP},
	{"zstd -qc", PACKING_ZSTD},
	{"zstd -qc -19 --no-check", PACKING_ZSTD},
	{"zstd -qc --ultra -22 --single-thread", PACKING_ZSTD},
	{"zstd -qc --long=27", PACKING_ZSTD},
	{"zstd -qc --format=gzip", PACKING_GZIP},
	/* members and frames in a row, one of them empty */
	{"head -c 1000 | gzip -c; head -c 0 | gzip -c; cat | gzip -c", PACKING_GZIP},
	{"head -c 1000 | zstd -qc; head -c 0 | zstd -qc; zstd -qc", PACKING_ZSTD},
	/* a frame that is to be skipped comes first, as pzstd writes it */
	{"printf '\\120\\052\\115\\030\\003\\0\\0\\0abc'; zstd -qc", PACKING_ZSTD},
};

/* head(1) gives back what it read too much: that is a file. */
static void what_was_packed_comes_out(void **state)
{
	CLEANUP(text_done) struct text plain = {0};

	(void)state;
	make_plain(&plain);
	for (size_t i = 0; i < COUNT(commands); i++) {
		CLEANUP(text_done) struct text packed = {0};

		pack(commands[i].command, &plain, &packed);
		comes_out(&packed, 1, commands[i].packing, &plain);
		comes_out(&packed, 65536, commands[i].packing, &plain);
		comes_out(&packed, 4 << 20, commands[i].packing, &plain);
	}
}

static void little_is_as_it_is(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = {{"", 0}, {"a", 1}, {"\x1f\x8b", 2}, {"\x28\xb5\x2f", 3}, {"PGDM", 4}, {"\x1f\x8c\x08\x00", 4},
		     {"\x60\x2a\x4d\x18", 4}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(text_done) struct text plain = {0};

		text_add_bytes(&plain, cases[i].bytes, cases[i].n);
		comes_out(&plain, 1, PACKING_NONE, &plain);
		comes_out(&plain, 100, PACKING_NONE, &plain);
		assert_int_equal(packing_of((const unsigned char *)cases[i].bytes, cases[i].n), PACKING_NONE);
	}
	assert_string_equal(packing_word(PACKING_NONE), "none");
	assert_string_equal(packing_word(PACKING_GZIP), "gzip");
	assert_string_equal(packing_word(PACKING_ZSTD), "zstd");
}

/* Nothing and an empty text, packed. */
static void an_empty_text_comes_out(void **state)
{
	CLEANUP(text_done) struct text nothing = {0}, gzip = {0}, zstd = {0};

	(void)state;
	text_add(&nothing, "");
	pack("gzip -c", &nothing, &gzip);
	pack("zstd -qc", &nothing, &zstd);
	comes_out(&gzip, 10, PACKING_GZIP, &nothing);
	comes_out(&zstd, 10, PACKING_ZSTD, &nothing);
}

/* Wherever it is cut, from the first byte after which it is told on. */
static void what_is_cut_short_is_refused(void **state)
{
	static const char *const ways[] = {"gzip -c", "zstd -qc", "zstd -qc --no-check"};
	CLEANUP(text_done) struct text plain = {0};

	(void)state;
	text_add(&plain, "-- PostgreSQL database dump, or some of it, and then once more: PostgreSQL database dump\n");
	for (size_t i = 0; i < COUNT(ways); i++) {
		CLEANUP(text_done) struct text packed = {0};

		pack(ways[i], &plain, &packed);
		for (size_t n = PACKING_MAGIC; n < packed.length; n++)
			is_refused(packed.data, n, ERR_DATA, "it ends too early");
		/* and in the middle of a second one */
		text_add_bytes(&packed, packed.data, PACKING_MAGIC + 3);
		is_refused(packed.data, packed.length, ERR_DATA, "it ends too early");
	}
}

/* Each byte of it turned around: refused, or what comes out is the same (a time stamp, a flag). Never other text. */
static void what_was_damaged_is_refused(void **state)
{
	static const char *const ways[] = {"gzip -nc", "zstd -qc"};
	CLEANUP(text_done) struct text plain = {0};

	(void)state;
	text_add(&plain, "one line of a dump\nand another line of a dump\n");
	for (size_t i = 0; i < COUNT(ways); i++) {
		CLEANUP(text_done) struct text packed = {0};
		size_t refused = 0;

		pack(ways[i], &plain, &packed);
		for (size_t at = PACKING_MAGIC; at < packed.length; at++) {
			CLEANUP(text_done) struct text out = {0};
			enum packing seen;
			struct error err = {0};
			int fd, status;

			packed.data[at] = (char)~packed.data[at];
			fd = file_of(packed.data, packed.length);
			packed.data[at] = (char)~packed.data[at];
			status = expand_fd(fd, 4096, &seen, &out, &err);
			(void)close(fd);
			refused += status < 0;
			if (status == 0 && (out.length != plain.length || memcmp(out.data, plain.data, plain.length) != 0))
				fail_msg("%s, byte %zu turned around: other text came out", ways[i], at);
			if (status < 0 && err.kind != ERR_DATA && err.kind != ERR_LACKING)
				fail_msg("%s, byte %zu: %s", ways[i], at, err.text);
		}
		assert_true(refused >= packed.length - PACKING_MAGIC - 6); /* of gzip's head, time and system mean nothing */
	}
}

static void damage_is_told_apart(void **state)
{
	CLEANUP(text_done) struct text plain = {0}, gzip = {0}, zstd = {0};

	(void)state;
	text_add(&plain, "text that is packed");
	pack("gzip -nc", &plain, &gzip);
	pack("zstd -qc", &plain, &zstd);
	gzip.data[gzip.length - 8] ^= 1; /* the first byte of its CRC */
	is_refused(gzip.data, gzip.length, ERR_DATA, "its gzip is broken (incorrect data check)");
	gzip.data[gzip.length - 8] ^= 1;
	zstd.data[zstd.length - 1] ^= 1;
	is_refused(zstd.data, zstd.length, ERR_DATA, "its zstd is broken");
	zstd.data[zstd.length - 1] ^= 1;
	text_add_bytes(&gzip, "\0\0\0", 3);
	comes_out(&gzip, 7, PACKING_GZIP, &plain);
	text_add(&gzip, "something else");
	is_refused(gzip.data, gzip.length, ERR_DATA, "something follows its end that is no gzip");
	text_add(&zstd, "something else");
	is_refused(zstd.data, zstd.length, ERR_DATA, "something follows its end that is no zstd");
	is_refused("\x1f\x8b\x07\x00", 4, ERR_DATA, "its gzip is broken (unknown compression method)");
}

static void what_takes_more_than_is_here_is_lacking(void **state)
{
	/* a frame's head: no single segment, no checksum, a window of 2^28 and of 2^41 bytes; and one with the dictionary 7 */
	static const char larger[] = {0x28, (char)0xb5, 0x2f, (char)0xfd, 0x00, (char)(18 << 3), 1, 0, 0};
	static const char largest[] = {0x28, (char)0xb5, 0x2f, (char)0xfd, 0x00, (char)(31 << 3), 1, 0, 0};
	static const char dictionary[] = {0x28, (char)0xb5, 0x2f, (char)0xfd, 0x01, 0x00, 7, 1, 0, 0};

	/* its text would fit into one go, in which libzstd asks for no window; and is broken */
	static const char one_go[] = {0x28, (char)0xb5, 0x2f, (char)0xfd, 0x40, (char)0x97, 0, 0x1f, 0x0b, 8, 1, 0x29, (char)0xcd,
				      0x2d, 0, (char)0xca, 0x71, 1, 0, (char)0xb5, 0x1f, (char)0x87, (char)0xad, 0, 0, 0x29};

	(void)state;
	is_refused(one_go, sizeof(one_go), ERR_DATA, "its zstd is broken");
	is_refused(larger, sizeof(larger), ERR_LACKING, "more than 128 MiB");
	is_refused(largest, sizeof(largest), ERR_LACKING, "more than 128 MiB");
	is_refused(dictionary, sizeof(dictionary), ERR_LACKING, "dictionary");
}

static void what_cannot_be_read_is_io(void **state)
{
	autoclose int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(expand_free) struct expand *e = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(expand_open(folder, &e, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_null(e);
}

/* From where it stands; a pipe gives what it has. */
static void a_pipe_is_read_from_where_it_stands(void **state)
{
	CLEANUP(text_done) struct text plain = {0}, packed = {0}, out = {0};
	enum packing seen;
	struct error err = {0};
	char bytes[64];
	size_t n;
	int ends[2];
	CLEANUP(expand_free) struct expand *e = NULL;

	(void)state;
	text_add(&plain, "text that is packed");
	pack("gzip -nc", &plain, &packed);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "xx", 2), 2);
	assert_int_equal(write(ends[1], packed.data, packed.length), packed.length);
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], bytes, 2), 2);
	assert_int_equal(expand_open(ends[0], &e, &err), 0);
	seen = expand_packing(e);
	assert_int_equal(seen, PACKING_GZIP);
	while (expand_read(e, bytes, sizeof(bytes), &n, &err) == 0 && n > 0)
		text_add_bytes(&out, bytes, n);
	assert_string_equal(out.data, plain.data);
	assert_int_equal(expand_consumed(e), packed.length);
	(void)close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_out),
		cmocka_unit_test(little_is_as_it_is),
		cmocka_unit_test(an_empty_text_comes_out),
		cmocka_unit_test(what_is_cut_short_is_refused),
		cmocka_unit_test(what_was_damaged_is_refused),
		cmocka_unit_test(damage_is_told_apart),
		cmocka_unit_test(what_takes_more_than_is_here_is_lacking),
		cmocka_unit_test(what_cannot_be_read_is_io),
		cmocka_unit_test(a_pipe_is_read_from_where_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
