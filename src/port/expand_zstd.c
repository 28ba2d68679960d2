#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/text.h"
#include "port/expand.h"
#include "port/expand_inner.h"

/*
 * What fits into the room it is given libzstd takes apart in one go, and then
 * does not ask for a window: with room of our own it says the same whatever the caller's.
 */
struct unzstd {
	ZSTD_DCtx *z;
	bool between;
	size_t at, filled; /* what of 'room' was not handed on yet */
	unsigned char room[(size_t)128 << 10];
};

static void unzstd_free(void *state)
{
	struct unzstd *u = state;

	(void)ZSTD_freeDCtx(u->z);
	free(u);
}

static int unzstd_open(void **ret, struct error *err)
{
	struct unzstd *u = xcalloc(1, sizeof(*u));

	u->z = ZSTD_createDCtx();
	if (u->z && !ZSTD_isError(ZSTD_DCtx_setParameter(u->z, ZSTD_d_windowLogMax, EXPAND_WINDOW_LOG))) {
		*ret = u;
		return 0;
	}
	unzstd_free(u);
	return fail(err, ERR_SPACE, "no memory to decompress zstd");
}

static int refuse(ZSTD_ErrorCode code, struct error *err)
{
	if (code == ZSTD_error_frameParameter_windowTooLarge)
		return fail(err, ERR_LACKING,
			    "its zstd wants more than %d MiB of memory to be decompressed: compress it without --long, or "
			    "with --long=%d at most",
			    1 << (EXPAND_WINDOW_LOG - 20), EXPAND_WINDOW_LOG);
	if (code == ZSTD_error_dictionary_wrong)
		return fail(err, ERR_LACKING, "its zstd was made with a dictionary, which is not here: compress it without one");
	if (code == ZSTD_error_memory_allocation)
		return fail(err, ERR_SPACE, "no memory to decompress zstd");
	if (code == ZSTD_error_prefix_unknown)
		return fail(err, ERR_DATA, "something follows its end that is no zstd");
	return fail(err, ERR_DATA, "its zstd is broken (%s)", ZSTD_getErrorString(code));
}

static int fill_room(struct unzstd *u, struct expand_step *s, struct error *err)
{
	ZSTD_inBuffer in = {s->in, s->in_left, 0};
	ZSTD_outBuffer out = {u->room, sizeof(u->room), 0};
	size_t wanted = ZSTD_decompressStream(u->z, &out, &in);

	if (ZSTD_isError(wanted))
		return refuse(ZSTD_getErrorCode(wanted), err);
	s->in += in.pos;
	s->in_left -= in.pos;
	u->at = 0;
	u->filled = out.pos;
	u->between = wanted == 0;
	return 0;
}

static int unzstd_step(void *state, struct expand_step *s, bool *ret_between, struct error *err)
{
	struct unzstd *u = state;
	size_t n;

	if (u->at == u->filled && fill_room(u, s, err) < 0)
		return -1;
	n = u->filled - u->at < s->out_left ? u->filled - u->at : s->out_left;
	memcpy(s->out, u->room + u->at, n);
	u->at += n;
	s->out += n;
	s->out_left -= n;
	*ret_between = u->between && u->at == u->filled;
	return 0;
}

const struct unpacking unpacking_zstd = {unzstd_open, unzstd_step, unzstd_free};
