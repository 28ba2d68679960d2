/* What a web server answers for a folder. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "pull/listing.h"

static struct web_url folder;

static void set_up(void)
{
	struct error err;

	if (!folder.host && web_url_parse("https://db.example.com/dumps/", &folder, &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	CLEANUP(remotes_done) struct remotes list = {0};
	const struct remote *newest;
	struct error err;

	set_up();
	if (listing_read(&folder, (const char *)bytes, n, &list, &err) < 0)
		return 0;
	for (size_t i = 0; i < list.count; i++) {
		const struct remote *r = &list.items[i];

		/* a file's name, and a path within the folder that leads to no other host */
		if (!*r->name || strchr(r->name, '/') || strcmp(r->name, "..") == 0 || !starts_with(r->where, "/dumps/") ||
		    strcspn(r->where + strlen("/dumps/"), "/") < strcspn(r->where + strlen("/dumps/"), "?") || r->bytes < -1)
			abort();
	}
	(void)remotes_narrow(&list, "*.dump", 20);
	IGNORE(remotes_newest(&list, "*.dump", &newest, &err)); /* either answer will do */
	return 0;
}
