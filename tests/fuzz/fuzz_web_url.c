/* An https URL, and a link taken relative to one: the first line is the URL, the rest the link. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/web_url.h"

/* What came out of either is read back as the same, and names no file outside its folder. */
static void check(const struct web_url *url)
{
	CLEANUP(web_url_done) struct web_url again = {0};
	autofree char *text = web_url_text(url), *file = web_url_file(url), *second = NULL;
	struct error err;

	if (url->path[0] != '/' || strchr(file, '/') || strcmp(file, "..") == 0 || strcmp(file, ".") == 0)
		abort();
	if (strlen(text) > WEB_URL_CAP + 8) /* "/" and a port may have been added */
		abort();
	if (web_url_parse(text, &again, &err) < 0) {
		if (strlen(text) <= WEB_URL_CAP)
			abort();
		return;
	}
	second = web_url_text(&again);
	if (strcmp(text, second) != 0 || !web_url_same_origin(url, &again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	autofree char *text = fuzz_text(bytes, n);
	CLEANUP(web_url_done) struct web_url url = {0}, linked = {0};
	char *link = strchr(text, '\n');
	struct error err;

	if (link)
		*link++ = '\0';
	if (web_url_parse(text, &url, &err) < 0)
		return 0;
	check(&url);
	if (link && web_url_resolve(&url, link, &linked, &err) == 0)
		check(&linked);
	return 0;
}
