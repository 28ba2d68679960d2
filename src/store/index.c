#include "store/index.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "port/json.h"
#include "store/inner.h"

#define SCHEMA 1
#define INDEX_CAP ((size_t)64 << 20) /* far above what retention leaves */

bool index_takes(const struct dump *d)
{
	return d->complete && d->form == DUMP_ARCHIVE;
}

static int add_dump(struct json *dumps, const struct dump *d, struct error *err)
{
	struct dump_digests digests = {0};
	struct json *row;
	char taken[TIME_TEXT];

	if (store_digests(d, &digests, err) < 0)
		return -1;
	row = json_new_object();
	json_set_text(row, "file", path_base(d->path));
	json_set_int(row, "bytes", d->bytes);
	json_set_text(row, "sha256", digests.dump);
	json_set_text(row, "data_as_of", time_rfc3339(d->taken, taken));
	json_set_text(row, "manifest_sha256", d->has_manifest && *digests.manifest ? digests.manifest : NULL);
	json_add(dumps, row);
	return 0;
}

static int describe(const char *source, const struct dumps *list, char *const *goes, char **ret_text, size_t *ret_count,
		    struct error *err)
{
	CLEANUP(json_free) struct json *root = json_new_object();
	struct json *dumps = json_new_array();

	json_set_int(root, "schema", SCHEMA);
	json_set_text(root, "source", source);
	json_set(root, "dumps", dumps);
	for (size_t i = 0; i < list->count; i++)
		if (same(list->items[i].source, source) && !goes[i] && index_takes(&list->items[i]) &&
		    add_dump(dumps, &list->items[i], err) < 0)
			return -1;
	*ret_count = json_count(dumps);
	*ret_text = json_text(root, true);
	return 0;
}

int index_write(struct store *s, const char *source, const struct dumps *list, char *const *goes, char **ret_path,
		size_t *ret_count, struct error *err)
{
	autofree char *folder = path_join(s->root, source);
	autofree char *path = path_join(folder, INDEX);
	autofree char *text = NULL, *now = NULL, *whole = NULL;
	const struct owner readers = {geteuid(), s->readers};
	struct error ignored;
	size_t count;

	if (must_work(s, err) < 0 || describe(source, list, goes, &text, &count, err) < 0)
		return -1;
	whole = format("%s\n", text);
	if (read_small_file(path, INDEX_CAP, &now, &ignored) < 0 || !same(now, whole)) {
		if (write_file_durably_for(readers, path, whole, strlen(whole), 0640, err) < 0)
			return fail_within(err, "writing the index of '%s'", source);
	}
	*ret_path = take(path);
	*ret_count = count;
	return 0;
}
