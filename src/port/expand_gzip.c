#include <stdlib.h>

#define ZLIB_CONST /* what it reads it does not write to */
#include <zlib.h>

#include "base/text.h"
#include "port/expand_inner.h"

#define GZIP_ONLY (MAX_WBITS + 16) /* of inflateInit2(): no zlib or raw stream */

struct gunzip {
	z_stream z;
	bool between, again; /* 'again': a member ended before this one */
};

static int gunzip_open(void **ret, struct error *err)
{
	struct gunzip *g = xcalloc(1, sizeof(*g));

	if (inflateInit2(&g->z, GZIP_ONLY) != Z_OK) {
		free(g);
		return fail(err, ERR_SPACE, "no memory to decompress gzip");
	}
	*ret = g;
	return 0;
}

static int refuse(const struct gunzip *g, int status, struct error *err)
{
	if (status == Z_MEM_ERROR)
		return fail(err, ERR_SPACE, "no memory to decompress gzip");
	if (g->again && g->z.total_out == 0)
		return fail(err, ERR_DATA, "something follows its end that is no gzip (%s)", g->z.msg ? g->z.msg : "data error");
	return fail(err, ERR_DATA, "its gzip is broken (%s)", g->z.msg ? g->z.msg : "data error");
}

/* Zeros behind the end are what a tape or a device pads with; gzip(1) takes them for that too. */
static void skip_padding(const struct gunzip *g, struct expand_step *s)
{
	while (g->between && s->in_left && *s->in == 0) {
		s->in++;
		s->in_left--;
	}
}

/* What has no bytes to go on with is no error: inflate says Z_BUF_ERROR, or Z_OK. */
static int gunzip_step(void *state, struct expand_step *s, bool *ret_between, struct error *err)
{
	struct gunzip *g = state;
	int status;

	skip_padding(g, s);
	g->z.next_in = s->in;
	g->z.avail_in = (uInt)s->in_left;
	g->z.next_out = s->out;
	g->z.avail_out = (uInt)s->out_left;
	status = inflate(&g->z, Z_NO_FLUSH);
	if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END)
		return refuse(g, status, err);
	if (s->in_left != g->z.avail_in)
		g->between = false;
	if (status == Z_STREAM_END) {
		g->between = g->again = true;
		(void)inflateReset(&g->z); /* cannot fail: the state is a good one */
	}
	s->in += s->in_left - g->z.avail_in;
	s->in_left = g->z.avail_in;
	s->out += s->out_left - g->z.avail_out;
	s->out_left = g->z.avail_out;
	*ret_between = g->between;
	return 0;
}

static void gunzip_free(void *state)
{
	struct gunzip *g = state;

	(void)inflateEnd(&g->z);
	free(g);
}

const struct unpacking unpacking_gzip = {gunzip_open, gunzip_step, gunzip_free};
