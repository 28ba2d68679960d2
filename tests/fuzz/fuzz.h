/*
 * What every fuzz target includes: libFuzzer's entry, and the bytes as a string
 * or as a file for parsers that want one.
 */
#ifndef DRILLBOX_TESTS_FUZZ_H
#define DRILLBOX_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"

/* Called with one input after the other; what it returns but 0 is kept out of the corpus. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static UNUSED char *fuzz_text(const uint8_t *bytes, size_t n)
{
	return xstrndup((const char *)bytes, n);
}

static char fuzz_path[] = "/tmp/drillbox-fuzz-XXXXXX";

static void fuzz_unlink(void)
{
	(void)unlink(fuzz_path);
}

/* The path of a file that holds the bytes until the next call. (Not a memfd: sums_walk() follows no links.) */
static UNUSED const char *fuzz_file(const uint8_t *bytes, size_t n)
{
	static int fd = -1;

	if (fd < 0) {
		fd = mkstemp(fuzz_path);
		(void)atexit(fuzz_unlink);
	}
	if (ftruncate(fd, 0) < 0 || pwrite(fd, bytes, n, 0) != (ssize_t)n)
		abort();
	return fuzz_path;
}

#endif
