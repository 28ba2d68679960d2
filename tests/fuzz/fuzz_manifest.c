/* The manifest beside a dump: what is taken can be written and is taken again. */
#include "fuzz/fuzz.h"
#include "store/manifest_file.h"

static void write_and_parse(const struct manifest *m)
{
	CLEANUP(manifest_done) struct manifest again = {0};
	autofree char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);
	struct error err;

	if (!to || manifest_write(m, to, &err) < 0 || fclose(to) != 0 || manifest_parse(text, length, &again, &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	CLEANUP(manifest_done) struct manifest m = {0};
	struct error err;

	if (manifest_parse((const char *)bytes, n, &m, &err) == 0)
		write_and_parse(&m);
	return 0;
}
