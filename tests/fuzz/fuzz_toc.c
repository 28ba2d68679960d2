/* An archive's table of contents, as pg_restore -l --create prints it. */
#include "drill/inspect.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	CLEANUP(toc_done) struct toc toc = {0};
	struct error err;

	if (toc_parse((const char *)bytes, n, &toc, &err) == 0)
		(void)toc_count(&toc, "TABLE DATA");
	return 0;
}
