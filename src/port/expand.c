#include "port/expand.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "port/expand_inner.h"

#define PIECE ((size_t)256 << 10)
#define MOST_AT_ONCE ((size_t)1 << 30) /* zlib counts in unsigned int */

struct expand {
	int fd;
	enum packing packing;
	void *state;	    /* of the library; NULL: as it is */
	int64_t consumed;
	bool at_end;	    /* of the file */
	bool between;	    /* members, or frames */
	size_t at, filled;  /* what of 'piece' was not used yet */
	unsigned char piece[PIECE];
};

static const struct {
	const char *word;
	const struct unpacking *library;
} packings[] = {
	[PACKING_NONE] = {"none", NULL},
	[PACKING_GZIP] = {"gzip", &unpacking_gzip},
	[PACKING_ZSTD] = {"zstd", &unpacking_zstd},
};

const char *packing_word(enum packing p)
{
	return packings[p].word;
}

enum packing packing_of(const unsigned char *bytes, size_t n)
{
	if (n < PACKING_MAGIC)
		return PACKING_NONE;
	if (memcmp(bytes, "\x1f\x8b", 2) == 0)
		return PACKING_GZIP;
	/* a frame, or one to be skipped, as pzstd begins */
	if (memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0 || (bytes[0] >> 4 == 5 && memcmp(bytes + 1, "\x2a\x4d\x18", 3) == 0))
		return PACKING_ZSTD;
	return PACKING_NONE;
}

/* Into 'bytes', which have room for 'size'; 0 at the end. */
static int read_some(struct expand *e, void *bytes, size_t size, size_t *ret_n, struct error *err)
{
	ssize_t n;

	do
		n = read(e->fd, bytes, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(err, ERR_IO, "read it: %m");
	if (n == 0)
		e->at_end = true;
	e->consumed += n;
	*ret_n = (size_t)n;
	return 0;
}

static int read_head(struct expand *e, struct error *err)
{
	size_t n = 0;

	while (e->filled < PACKING_MAGIC && !e->at_end) {
		if (read_some(e, e->piece + e->filled, PIECE - e->filled, &n, err) < 0)
			return -1;
		e->filled += n;
	}
	e->packing = packing_of(e->piece, e->filled);
	if (!packings[e->packing].library)
		return 0;
	return packings[e->packing].library->open(&e->state, err);
}

int expand_open(int fd, struct expand **ret, struct error *err)
{
	CLEANUP(expand_free) struct expand *e = xcalloc(1, sizeof(*e));

	e->fd = fd;
	if (read_head(e, err) < 0)
		return -1;
	*ret = take(e);
	return 0;
}

enum packing expand_packing(const struct expand *e)
{
	return e->packing;
}

static int read_as_it_is(struct expand *e, char *buffer, size_t size, size_t *ret_n, struct error *err)
{
	size_t n = e->filled - e->at < size ? e->filled - e->at : size;

	if (n == 0 && !e->at_end)
		return read_some(e, buffer, size, ret_n, err);
	memcpy(buffer, e->piece + e->at, n);
	e->at += n;
	*ret_n = n;
	return 0;
}

static int refill(struct expand *e, struct error *err)
{
	if (e->at < e->filled || e->at_end)
		return 0;
	e->at = 0;
	return read_some(e, e->piece, PIECE, &e->filled, err);
}

/* One call of the library. What it holds back is asked for at the end of the file too. */
static int step(struct expand *e, struct expand_step *s, struct error *err)
{
	size_t room = s->out_left;

	s->in = e->piece + e->at;
	s->in_left = e->filled - e->at;
	if (e->between && s->in_left == 0)
		return 0; /* it would take this for the beginning of another */
	if (packings[e->packing].library->step(e->state, s, &e->between, err) < 0)
		return -1;
	e->at = e->filled - s->in_left;
	if (e->at_end && e->at == e->filled && s->out_left == room && !e->between)
		return fail(err, ERR_DATA, "it ends too early: its %s is cut short", packing_word(e->packing));
	return 0;
}

int expand_read(struct expand *e, char *buffer, size_t size, size_t *ret_n, struct error *err)
{
	size_t room = size < MOST_AT_ONCE ? size : MOST_AT_ONCE;
	struct expand_step s = {.out = (unsigned char *)buffer, .out_left = room};

	if (!e->state)
		return read_as_it_is(e, buffer, size, ret_n, err);
	while (s.out_left == room && !(e->at_end && e->between && e->at == e->filled))
		if (refill(e, err) < 0 || step(e, &s, err) < 0)
			return -1;
	*ret_n = room - s.out_left;
	return 0;
}

int64_t expand_consumed(const struct expand *e)
{
	return e->consumed;
}

void expand_free(struct expand **e)
{
	if (*e && (*e)->state)
		packings[(*e)->packing].library->free((*e)->state);
	free(*e);
	*e = NULL;
}
