/* What a client asks for over SSH, behind what its key's line says: two strings with a NUL between them. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/request.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/%:"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	autofree char *command = fuzz_text(bytes, n);
	size_t length = strlen(command);
	autofree char *original = length < n ? fuzz_text(bytes + length + 1, n - length - 1) : NULL;
	CLEANUP(strings_done) struct strings words = {0};
	struct error err;

	if (request_read(command, original, &words, &err) < 0)
		return 0;
	/* no word that came through can mean anything but itself, and none leads out of the store */
	for (size_t i = 0; i < words.count; i++)
		if (!*words.items[i] || words.items[i][strspn(words.items[i], PLAIN)] || strstr(words.items[i], "//"))
			abort();
	if (words.count && same(words.items[0], "fetch") && !starts_with(command, "allow"))
		abort();
	return 0;
}
