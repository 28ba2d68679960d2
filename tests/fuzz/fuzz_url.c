/* The URL of a source. */
#include "fuzz/fuzz.h"
#include "model/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	autofree char *text = fuzz_text(bytes, n);
	CLEANUP(url_done) struct url url = {0};
	struct error err;

	if (url_parse(text, &url, &err) == 0 && !(url.host && url.port && url.database && url.user))
		abort();
	return 0;
}
