/* drillbox.txt, as anybody who holds the card may have written it; and what is made of it for the box. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "provision/installation.h"

/* What will be overwritten is the very value. */
static void look_at_secrets(struct wanted *w, const char *text, size_t n)
{
	const struct given *s;

	for (size_t i = 0; (s = wanted_secret(w, i)); i++)
		if (s->value && (s->at + s->length > n || strlen(s->value) != s->length ||
				 memcmp(text + s->at, s->value, s->length) != 0))
			abort();
}

/* Applied twice is applied once. */
static void look_at_conf(const char *text, const struct wanted_keys *keys)
{
	autofree char *once = conf_with(text, "panel", NULL, keys), *twice = conf_with(once, "panel", NULL, keys);

	if (!same(once, twice))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct place place = {.boot = "/nowhere", .root = "/nowhere"};
	autofree char *text = xcalloc(n + 1, 1);
	CLEANUP(wanted_done) struct wanted w = {0};
	CLEANUP(installation_done) struct installation files = {0};
	struct error err;

	memcpy(text, bytes, n);
	if (wanted_read(text, n, &w, &err) < 0)
		return 0;
	look_at_secrets(&w, text, n);
	look_at_conf(text, &w.conf.keys);
	IGNORE(installation_make(&w, &place, false, n % 2, &files, &err)); /* either answer will do */
	return 0;
}
