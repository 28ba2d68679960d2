#include <zstd.h>
#include <zstd_errors.h>

#include "port/expand.h"
#include "port/expand_inner.h"

/* The state is libzstd's own; whether a frame has ended it says with every step. */
static int unzstd_open(void **ret, struct error *err)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();

	if (!z)
		return fail(err, ERR_SPACE, "no memory to decompress zstd");
	if (ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, EXPAND_WINDOW_LOG))) {
		(void)ZSTD_freeDCtx(z);
		return fail(err, ERR_BUG, "libzstd takes no window of %d MiB", 1 << (EXPAND_WINDOW_LOG - 20));
	}
	*ret = z;
	return 0;
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

static int unzstd_step(void *state, struct expand_step *s, bool *ret_between, struct error *err)
{
	ZSTD_inBuffer in = {s->in, s->in_left, 0};
	ZSTD_outBuffer out = {s->out, s->out_left, 0};
	size_t wanted = ZSTD_decompressStream(state, &out, &in);

	if (ZSTD_isError(wanted))
		return refuse(ZSTD_getErrorCode(wanted), err);
	s->in += in.pos;
	s->in_left -= in.pos;
	s->out += out.pos;
	s->out_left -= out.pos;
	*ret_between = wanted == 0;
	return 0;
}

static void unzstd_free(void *state)
{
	(void)ZSTD_freeDCtx(state);
}

const struct unpacking unpacking_zstd = {unzstd_open, unzstd_step, unzstd_free};
