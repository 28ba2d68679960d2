/* The first bytes of whatever somebody hands in for a dump: told apart before it is in any sandbox. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/dump_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct dump_head head = {0}, folder = {0};
	/* exactly as long, so that a look beyond it is seen */
	uint8_t *copy = xcalloc(n ? n : 1, 1);
	struct error err;

	if (n)
		memcpy(copy, bytes, n);
	if (dump_head_parse(copy, n, &head, &err) == 0 && head.database && strlen(head.database) > n)
		abort();
	dump_head_done(&head);
	head.form = DUMP_PLAIN_GZIP;
	IGNORE(dump_head_parse_inside(copy, n, &head, &err));
	IGNORE(dump_head_parse_folder(copy, n, &folder, &err));
	dump_head_done(&head);
	dump_head_done(&folder);
	free(copy);
	return 0;
}
