/* What an object store answers: a page of its listing, or an error document. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "pull/s3_listing.h"
#include "pull/s3_refusal.h"

static void list(const uint8_t *bytes, size_t n, const char *prefix)
{
	CLEANUP(remotes_done) struct remotes found = {0};
	CLEANUP(s3_page_done) struct s3_page page = {0};
	struct error err;

	if (s3_listing_add((const char *)bytes, n, prefix, &found, &page, &err) < 0)
		return;
	for (size_t i = 0; i < found.count; i++) {
		const struct remote *r = &found.items[i];

		if (!*r->name || !ends_with(r->where, r->name) || !starts_with(r->where, prefix) || strlen(r->where) > S3_KEY_CAP ||
		    r->bytes < -1)
			abort();
	}
	if (page.next && !*page.next)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	CLEANUP(s3_error_done) struct s3_error e = s3_error_read((const char *)bytes, n);

	list(bytes, n, "");
	list(bytes, n, "daily/s");
	return 0;
}
