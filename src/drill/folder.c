#include "drill/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "port/expand.h"

#define PIECE ((size_t)256 << 10)
#define TAIL 5 /* bytes: of the longest end */
#define LZ4_MAGIC "\x04\x22\x4d\x18"

struct folder {
	int fd;
	int64_t objects, listed; /* large ones */
};

/* The last bytes that went by. */
struct tail {
	char bytes[TAIL];
	size_t n;
};

static void tail_add(struct tail *t, const char *bytes, size_t n)
{
	size_t taken = n < TAIL ? n : TAIL, kept = t->n + taken > TAIL ? TAIL - taken : t->n;

	memmove(t->bytes, t->bytes + t->n - kept, kept);
	memcpy(t->bytes + kept, bytes + n - taken, taken);
	t->n = kept + taken;
}

static bool tail_is(const struct tail *t, const char *end)
{
	return t->n >= strlen(end) && memcmp(t->bytes + t->n - strlen(end), end, strlen(end)) == 0;
}

/* After COPY's end mark; after the last INSERT; of INSERTs for a table without rows. */
static int check_rows_end(const struct tail *t, struct error *err)
{
	if (tail_is(t, "\\.\n\n\n") || tail_is(t, ";\n\n\n") || (t->n == 2 && tail_is(t, "\n\n")))
		return 0;
	return fail(err, ERR_DATA, "it does not end as pg_dump ends the rows of a table: it was cut short");
}

/* PACKING_NONE: as it is, whatever it begins with. */
static int read_through(int fd, enum packing packing, struct tail *tail, int64_t *ret_lines, struct error *err)
{
	CLEANUP(expand_free) struct expand *e = NULL;
	static char piece[PIECE];
	size_t n = 0;

	if (packing != PACKING_NONE && expand_open(fd, &e, err) < 0)
		return -1;
	if (e && expand_packing(e) != packing)
		return fail(err, ERR_DATA, "it does not begin as %s does: it is damaged", packing_word(packing));
	do {
		ssize_t got = e ? expand_read(e, piece, sizeof(piece), &n, err) : read(fd, piece, sizeof(piece));

		if (got < 0)
			return e ? -1 : fail(err, ERR_IO, "read it: %m");
		n = e ? n : (size_t)got;
		tail_add(tail, piece, n);
		for (const char *at = piece; (at = memchr(at, '\n', (size_t)(piece + n - at))); at++)
			++*ret_lines;
	} while (n);
	return 0;
}

/* ---------------------------------------------------------------- lz4 */

/* There is no library for it here, and none is needed: each block says its length, and the last one that it is that. */
struct lz4 {
	int fd;
	int64_t at, size;
};

static int lz4_take(struct lz4 *l, unsigned char *bytes, size_t n, struct error *err)
{
	ssize_t got = pread(l->fd, bytes, n, l->at);

	if (got < 0)
		return fail(err, ERR_IO, "read it: %m");
	if ((size_t)got < n)
		return fail(err, ERR_DATA, "it ends too early: its lz4 is cut short");
	l->at += got;
	return 0;
}

static int lz4_frame(struct lz4 *l, struct error *err)
{
	unsigned char head[6], word[4];
	uint32_t length;

	if (lz4_take(l, head, sizeof(head), err) < 0)
		return -1;
	if (memcmp(head, LZ4_MAGIC, strlen(LZ4_MAGIC)) != 0)
		return fail(err, ERR_DATA, "it does not begin as lz4 does: it is damaged");
	/* of the flags: the size of what is inside, a dictionary's number; then one byte, a sum of these */
	l->at += (head[4] & 8 ? 8 : 0) + (head[4] & 1 ? 4 : 0) + 1;
	do {
		if (lz4_take(l, word, sizeof(word), err) < 0)
			return -1;
		length = (uint32_t)word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16 | (uint32_t)(word[3] & 0x7f) << 24;
		l->at += length ? length + (head[4] & 16 ? 4 : 0) : 0;
	} while (length);
	l->at += head[4] & 4 ? 4 : 0;
	return l->at > l->size ? fail(err, ERR_DATA, "it ends too early: its lz4 is cut short") : 0;
}

static int check_lz4(int fd, int64_t size, bool rows, struct error *err)
{
	struct lz4 l = {fd, 0, size};

	if (size == 0 && rows)
		return fail(err, ERR_DATA, "it is empty: its lz4 is cut short");
	while (l.at < size)
		if (lz4_frame(&l, err) < 0)
			return -1;
	return 0;
}

/* ---------------------------------------------------------------- each by its name */

static int check_open(struct folder *f, int fd, int64_t size, const char *name, struct error *err)
{
	bool rows = *name >= '0' && *name <= '9', list = starts_with(name, "blobs") && ends_with(name, ".toc");
	enum packing packing = ends_with(name, ".gz") ? PACKING_GZIP : ends_with(name, ".zst") ? PACKING_ZSTD : PACKING_NONE;
	struct tail tail = {0};
	int64_t lines = 0;

	f->objects += starts_with(name, "blob_");
	if (ends_with(name, ".lz4"))
		return check_lz4(fd, size, rows, err);
	/* of a large object that is empty zstd writes nothing either */
	if (!rows && !list && (packing == PACKING_NONE || (packing == PACKING_ZSTD && size == 0)))
		return 0;
	if (read_through(fd, packing, &tail, &lines, err) < 0)
		return -1;
	if (list)
		f->listed += lines;
	return rows ? check_rows_end(&tail, err) : 0;
}

static int check_file(struct folder *f, const char *name, struct error *err)
{
	autoclose int fd = openat(f->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	autofree char *shown = printable(name, false);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(err, ERR_IO, "open '%s': %m", shown);
	if (!S_ISREG(st.st_mode))
		return fail(err, ERR_DATA, "'%s' is no plain file", shown);
	return check_open(f, fd, st.st_size, name, err) < 0 ? fail_within(err, "'%s'", shown) : 0;
}

static int list_names(const char *path, struct strings *ret, struct error *err)
{
	autoclosedir DIR *d = opendir(path);
	const struct dirent *e;

	if (!d)
		return fail(err, ERR_IO, "open the folder: %m");
	while ((errno = 0, e = readdir(d)))
		if (!same(e->d_name, ".") && !same(e->d_name, ".."))
			strings_add(ret, e->d_name);
	if (errno)
		return fail(err, ERR_IO, "read the folder: %m");
	strings_sort(ret);
	return 0;
}

int folder_check(const char *path, struct error *err)
{
	CLEANUP(strings_done) struct strings names = {0};
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct folder f = {.fd = fd};

	if (fd < 0)
		return fail(err, ERR_IO, "open the folder: %m");
	if (list_names(path, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (check_file(&f, names.items[i], err) < 0)
			return -1;
	if (f.listed != f.objects)
		return fail(err, ERR_DATA, "it holds %lld large objects, and its list names %lld: part of it was lost",
			    (long long)f.objects, (long long)f.listed);
	return 0;
}
