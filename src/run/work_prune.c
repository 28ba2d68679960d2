#include <stdlib.h>

#include "base/text.h"
#include "run/work.h"

void gone_done(char **gone, size_t count)
{
	for (size_t i = 0; gone && i < count; i++)
		free(gone[i]);
	free(gone);
}

int work_prune(struct box *box, const char *source, bool dry, struct dumps *ret_list, char ***ret_gone,
	       int64_t *ret_bytes, struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	int64_t bytes = 0;
	char **gone;

	if (box_dumps(box, source, &list, NULL, err) < 0)
		return -1;
	gone = xcalloc(list.count + 1, sizeof(*gone));
	box_judge(box, &list, gone);
	for (size_t i = 0; dry && i < list.count; i++)
		bytes += gone[i] ? list.items[i].bytes : 0;
	if (!dry && store_prune(box->store, &list, gone, &bytes, err) < 0) {
		gone_done(gone, list.count);
		return -1;
	}
	*ret_bytes = bytes;
	*ret_gone = gone;
	*ret_list = list;
	list = (struct dumps){0};
	return 0;
}
