/* The first bytes of an archive that came without a manifest: read before it is in any sandbox. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/archive_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct archive_head head = {0};
	/* exactly as long, so that a look beyond it is seen */
	uint8_t *copy = xcalloc(n ? n : 1, 1);
	struct error err;

	if (n)
		memcpy(copy, bytes, n);
	if (archive_head_parse(copy, n, &head, &err) == 0 && (!head.database || strlen(head.database) > n))
		abort();
	archive_head_done(&head);
	free(copy);
	return 0;
}
