/* A file as it was published: whatever it is read by, the same comes out, or the same refusal. */
#include <fcntl.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "port/expand.h"

#define MOST ((size_t)4 << 20) /* what comes out is looked at so far */

static int expand_file(const char *path, size_t size, struct text *ret, struct error *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(expand_free) struct expand *e = NULL;
	autofree char *buffer = xcalloc(1, size);
	size_t n;

	if (fd < 0)
		abort();
	if (expand_open(fd, &e, err) < 0)
		return -1;
	do {
		if (expand_read(e, buffer, size, &n, err) < 0)
			return -1;
		text_add_bytes(ret, buffer, n);
	} while (n > 0 && ret->length < MOST);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	CLEANUP(text_done) struct text whole = {0}, bit_by_bit = {0};
	struct error err = {0}, again = {0};
	const char *path = fuzz_file(bytes, n);
	int status = expand_file(path, MOST, &whole, &err), other = expand_file(path, 17, &bit_by_bit, &again);
	size_t common = whole.length < bit_by_bit.length ? whole.length : bit_by_bit.length;

	if (common && memcmp(whole.data, bit_by_bit.data, common) != 0)
		abort();
	if (whole.length < MOST && bit_by_bit.length < MOST &&
	    (status != other || err.kind != again.kind || (status == 0 && whole.length != bit_by_bit.length)))
		abort();
	return 0;
}
