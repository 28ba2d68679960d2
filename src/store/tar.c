#include "store/tar.h"

#include <stdio.h>
#include <string.h>

#define LARGEST 077777777777LL /* what eleven octal digits hold: 8 GiB less one */

struct ustar {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link_name[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char unused[12];
};

_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a header is one block");

/* Zero-filled digits and a NUL at the end. */
static void octal(char *field, size_t size, int64_t value)
{
	field[size - 1] = '\0';
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

static void add_block(struct text *to, char type, const char *name, int64_t size, int64_t modified)
{
	struct ustar h = {.type = type, .version = {'0', '0'}};
	const unsigned char *bytes = (const unsigned char *)&h;
	unsigned sum = 0;

	/* a field that is full has no NUL; what does not fit is in the extended header */
	memcpy(h.name, name, strnlen(name, sizeof(h.name)));
	memcpy(h.magic, "ustar", sizeof(h.magic));
	octal(h.mode, sizeof(h.mode), 0600);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), size <= LARGEST ? size : 0);
	octal(h.mtime, sizeof(h.mtime), modified >= 0 && modified <= LARGEST ? modified : 0);
	memset(h.checksum, ' ', sizeof(h.checksum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += bytes[i];
	octal(h.checksum, sizeof(h.checksum) - 1, sum);
	text_add_bytes(to, (const char *)&h, sizeof(h));
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts its own digits too. */
static void add_record(struct text *to, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, length = rest + 1;

	for (size_t again = 0; again != length;) {
		again = length;
		length = rest + (size_t)snprintf(NULL, 0, "%zu", length);
	}
	text_addf(to, "%zu %s=%s\n", length, key, value);
}

static void add_zeros(struct text *to, size_t n)
{
	static const char zeros[TAR_BLOCK];

	text_add_bytes(to, zeros, n);
}

void tar_header(struct text *to, const char *name, int64_t size, int64_t modified)
{
	CLEANUP(text_done) struct text records = {0};

	if (strlen(name) > sizeof(((struct ustar *)NULL)->name))
		add_record(&records, "path", name);
	if (size > LARGEST) {
		autofree char *digits = format("%lld", (long long)size);

		add_record(&records, "size", digits);
	}
	if (records.length) {
		add_block(to, 'x', "pax", (int64_t)records.length, modified);
		text_add_bytes(to, records.data, records.length);
		add_zeros(to, tar_padding((int64_t)records.length));
	}
	add_block(to, '0', name, size, modified);
}

size_t tar_padding(int64_t size)
{
	return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}
