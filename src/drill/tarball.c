#include "drill/tarball.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define BLOCK ((int64_t)512)
#define MOST_MEMBERS 10000000

/* Offsets and widths in a header. */
enum { NAME_MOST = 100, SIZE_AT = 124, SIZE_DIGITS = 12, SUM_AT = 148, SUM_DIGITS = 8 };

struct walk {
	int fd;
	int64_t size;
	unsigned char block[BLOCK];
	char *member; /* the last one that began; NULL: none yet */
};

static void walk_done(struct walk *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	free(w->member);
}

/* A number in octal, or from the high bit of its first byte on in binary. -1: neither. */
static int64_t number_at(const unsigned char *field, size_t width)
{
	int64_t n = 0;
	size_t i = 0;

	if (field[0] & 0x80) {
		for (i = 1; i < width; i++) {
			if (n > INT64_MAX >> 9)
				return -1;
			n = n << 8 | field[i];
		}
		return n;
	}
	while (i < width && field[i] == ' ')
		i++;
	for (; i < width && field[i] >= '0' && field[i] <= '7'; i++)
		n = n << 3 | (field[i] - '0');
	return i == width || field[i] == '\0' || field[i] == ' ' ? n : -1;
}

static bool is_zero(const unsigned char *block)
{
	for (int64_t i = 0; i < BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

/* The sum of a header's bytes, its own place being blanks. */
static bool sum_fits(const unsigned char *block)
{
	int64_t sum = 0;

	for (int64_t i = 0; i < BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_DIGITS ? ' ' : block[i];
	return number_at(block + SUM_AT, SUM_DIGITS) == sum;
}

static int cut_off(const struct walk *w, struct error *err)
{
	return fail(err, ERR_DATA, "the tar archive ends at byte %lld, %s%s%s: it was cut short", (long long)w->size,
		    w->member ? "within or after '" : "before its first member", w->member ? w->member : "", w->member ? "'" : "");
}

static int read_block(struct walk *w, int64_t at, struct error *err)
{
	ssize_t n = pread(w->fd, w->block, BLOCK, at);

	if (n < 0)
		return fail(err, ERR_IO, "read the tar archive at byte %lld: %m", (long long)at);
	return n < BLOCK ? cut_off(w, err) : 0;
}

/* The place of the next header in 'at'. */
static int pass_member(struct walk *w, int64_t *at, struct error *err)
{
	int64_t size = number_at(w->block + SIZE_AT, SIZE_DIGITS);
	autofree char *raw = xstrndup((const char *)w->block, strnlen((const char *)w->block, NAME_MOST));

	if (size < 0 || !sum_fits(w->block))
		return fail(err, ERR_DATA, "the tar archive has no header at byte %lld, where one should be: it was damaged",
			    (long long)*at);
	free(w->member);
	w->member = printable(raw, false);
	*at += BLOCK;
	if (size > w->size - *at)
		return cut_off(w, err);
	*at += (size + BLOCK - 1) / BLOCK * BLOCK;
	return 0;
}

int tarball_check(const char *path, struct error *err)
{
	CLEANUP(walk_done) struct walk w = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
	struct stat st;
	int64_t at = 0;

	if (w.fd < 0 || fstat(w.fd, &st) < 0)
		return fail(err, ERR_IO, "open '%s': %m", path);
	w.size = st.st_size;
	for (int i = 0; i < MOST_MEMBERS; i++) {
		if (read_block(&w, at, err) < 0)
			return -1;
		if (is_zero(w.block))
			return read_block(&w, at + BLOCK, err);
		if (pass_member(&w, &at, err) < 0)
			return -1;
	}
	return fail(err, ERR_DATA, "the tar archive has more than %d members, and no more are taken", MOST_MEMBERS);
}
