/*
 * SHA-256, with the fastest of the linked libraries (OpenSSL's libcrypto, here
 * already because libpq brings it): of bytes, of a file, of a whole dump. And
 * what else is derived by hashing: the key of a Wi-Fi, a signature.
 */
#ifndef DRILLBOX_PORT_DIGEST_H
#define DRILLBOX_PORT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "model/dump.h"

struct digest;

MUST_CHECK int digest_new(struct digest **ret, struct error *err);
void digest_free(struct digest **d);
void digest_add(struct digest *d, const void *bytes, size_t n);
/* The result as hexadecimal; the digest may not be added to afterwards. */
void digest_end(struct digest *d, char ret_hex[SHA256_HEX]);

/* Of a few bytes in one go. */
MUST_CHECK int digest_bytes(const void *bytes, size_t n, char ret_hex[SHA256_HEX], struct error *err);

/* The key of a Wi-Fi from its password and its name, as hexadecimal: PBKDF2 with HMAC-SHA-1, 4096 rounds, 256 bits. */
MUST_CHECK int digest_wifi_key(const char *password, const char *ssid, char ret_hex[SHA256_HEX], struct error *err);

/* HMAC-SHA-256 (RFC 2104). Raw bytes, because one is the next one's key where a signature is derived; 'ret' may be 'key'. */
#define HMAC_BYTES ((size_t)32)
MUST_CHECK int digest_hmac(const void *key, size_t key_n, const void *bytes, size_t n, unsigned char ret[HMAC_BYTES],
			   struct error *err);

/* How to read. Zero-initialised: through the page cache, for as long as it takes. */
struct digest_reading {
	/*
	 * Past the page cache: pages are dropped first and that is verified
	 * (mincore(2)), else the file is read with O_DIRECT. Where neither is
	 * possible it is read all the same, and 'from_disk' of the result is false.
	 */
	bool from_disk;
	const struct deadline *deadline; /* NULL: none */
	void (*progress)(void *context, int64_t done); /* bytes so far; may be NULL */
	void *context;
};

struct digest_result {
	char sha256[SHA256_HEX];
	int64_t bytes;
	bool from_disk; /* every byte came from below the page cache */
};

/*
 * One regular file; links are not followed. ERR_NOTHING: there is no such file;
 * ERR_DATA: not a regular file; ERR_IO: it cannot be read to its end.
 */
MUST_CHECK int digest_file(const char *path, const struct digest_reading *how, struct digest_result *ret,
			   struct error *err);

/* A dump whole: a file, or a folder of files. */
struct digest_list {
	/*
	 * As sha256sum writes it, one line for each file in byte order of their
	 * names: "HEX  NAME\n", in a folder "HEX  NAME/FILE\n". NAME is what the
	 * caller calls the dump (the last part of its final path).
	 */
	char *text;
	size_t files;
	struct digest_result whole; /* sha256: of a file its own, of a folder that of 'text'; bytes: the sum */
};

#define DIGEST_FILES_CAP 1000000 /* files in one folder at most */

/*
 * 'name' NULL: the last part of 'path'. A folder that holds anything but
 * regular files with plain names is ERR_DATA.
 */
MUST_CHECK int digest_dump(const char *path, const char *name, const struct digest_reading *how,
			   struct digest_list *ret, struct error *err);
void digest_list_done(struct digest_list *l);

#endif
