/* The digest list beside a dump. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/sums.h"

static int seen(void *context, const struct sum *sum, struct error *err)
{
	(void)err;
	*(size_t *)context += strlen(sum->sha256) + strlen(sum->name);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	size_t length = 0;
	struct error err;

	if (sums_walk(fuzz_file(bytes, n), seen, &length, &err) == 0 && length > n)
		abort();
	return 0;
}
