#include "port/digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/file.h"

#define PIECE ((size_t)1 << 20)
#define ALIGNMENT 4096	      /* of O_DIRECT buffers and offsets, good for every disk in use */
#define WINDOW ((off_t)256 << 20) /* of a file, mapped at a time to ask what is cached */
#define FILE_NAME_CAP 255
#define WIFI_ROUNDS 4096 /* IEEE 802.11, annex J.4 */

struct digest {
	EVP_MD_CTX *context;
};

int digest_new(struct digest **ret, struct error *err)
{
	struct digest *d = xcalloc(1, sizeof(*d));

	d->context = EVP_MD_CTX_new();
	if (!d->context || EVP_DigestInit_ex(d->context, EVP_sha256(), NULL) != 1) {
		digest_free(&d);
		return fail(err, ERR_LACKING, "OpenSSL does not offer SHA-256: look at its configuration");
	}
	*ret = d;
	return 0;
}

void digest_free(struct digest **d)
{
	if (!*d)
		return;
	EVP_MD_CTX_free((*d)->context);
	free(*d);
	*d = NULL;
}

/* SHA-256 in memory cannot fail once it was begun; if it does, no digest may come of it. */
void digest_add(struct digest *d, const void *bytes, size_t n)
{
	if (EVP_DigestUpdate(d->context, bytes, n) != 1)
		abort();
}

static void write_hex(const unsigned char *bytes, unsigned int n, char ret_hex[SHA256_HEX])
{
	autofree char *text = hex(bytes, n);

	if (n != (SHA256_HEX - 1) / 2)
		abort();
	memcpy(ret_hex, text, SHA256_HEX);
}

void digest_end(struct digest *d, char ret_hex[SHA256_HEX])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (EVP_DigestFinal_ex(d->context, bytes, &n) != 1)
		abort();
	write_hex(bytes, n, ret_hex);
}

int digest_bytes(const void *bytes, size_t n, char ret_hex[SHA256_HEX], struct error *err)
{
	unsigned char result[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (EVP_Digest(bytes, n, result, &length, EVP_sha256(), NULL) != 1)
		return fail(err, ERR_LACKING, "OpenSSL does not offer SHA-256: look at its configuration");
	write_hex(result, length, ret_hex);
	return 0;
}

int digest_wifi_key(const char *password, const char *ssid, char ret_hex[SHA256_HEX], struct error *err)
{
	unsigned char key[(SHA256_HEX - 1) / 2];

	if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password), (const unsigned char *)ssid, (int)strlen(ssid), WIFI_ROUNDS,
			      EVP_sha1(), sizeof(key), key) != 1)
		return fail(err, ERR_LACKING, "OpenSSL does not offer PBKDF2 with SHA-1: look at its configuration");
	write_hex(key, sizeof(key), ret_hex);
	explicit_bzero(key, sizeof(key));
	return 0;
}

int digest_hmac(const void *key, size_t key_n, const void *bytes, size_t n, unsigned char ret[HMAC_BYTES],
		struct error *err)
{
	unsigned char result[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (!HMAC(EVP_sha256(), key, (int)key_n, bytes, n, result, &length) || length != HMAC_BYTES)
		return fail(err, ERR_LACKING, "OpenSSL does not offer HMAC with SHA-256: look at its configuration");
	memcpy(ret, result, HMAC_BYTES);
	explicit_bzero(result, sizeof(result));
	return 0;
}

/* --- below the page cache --- */

/* Pages of [at, at + n) that are in memory; -1 when the kernel does not tell. */
static int64_t cached_pages(int fd, off_t at, size_t n, size_t page)
{
	size_t pages = (n + page - 1) / page;
	autofree unsigned char *seen = xcalloc(pages, 1);
	void *map = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, at);
	int64_t count = 0;
	int told;

	if (map == MAP_FAILED)
		return -1;
	told = mincore(map, n, seen);
	(void)munmap(map, n);
	if (told < 0)
		return -1;
	for (size_t i = 0; i < pages; i++)
		count += seen[i] & 1;
	return count;
}

/* Nothing of the file is in the page cache: a read now comes from below it. */
static bool nothing_cached(int fd, off_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (off_t at = 0; at < size; at += WINDOW) {
		off_t n = size - at < WINDOW ? size - at : WINDOW;

		if (cached_pages(fd, at, (size_t)n, page) != 0)
			return false;
	}
	return true;
}

/* A file system that is nothing but page cache has no disk below it, whatever it says to O_DIRECT. */
static bool has_disk(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC;
}

/* Make reads from 'fd' come from the disk, by either way. */
static bool leave_cache(int fd, off_t size)
{
	int flags;

	if (!has_disk(fd))
		return false;
	if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0 && nothing_cached(fd, size))
		return true;
	flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_DIRECT) == 0;
}

/* --- files --- */

struct reader {
	const struct digest_reading *how;
	void *piece;	/* of PIECE bytes, aligned */
	int64_t before; /* bytes of the files before this one, for progress */
};

static int check_time(const struct reader *r, const char *path, struct error *err)
{
	if (!r->how->deadline)
		return 0;
	if (deadline_stopped(*r->how->deadline))
		return fail(err, ERR_STOPPED, "reading '%s' was stopped", path);
	if (deadline_left(*r->how->deadline) == 0)
		return fail(err, ERR_TIMEOUT, "'%s' was not read in time: raise the timeout", path);
	return 0;
}

/* A disk that refuses O_DIRECT for the odd end of a file gets an ordinary read for what is left. */
static ssize_t read_piece(int fd, void *piece, off_t at, struct digest_result *result)
{
	ssize_t n;
	int flags;

	do
		n = pread(fd, piece, PIECE, at);
	while (n < 0 && errno == EINTR);
	if (n >= 0 || errno != EINVAL)
		return n;
	flags = fcntl(fd, F_GETFL);
	if (!(flags & O_DIRECT) || fcntl(fd, F_SETFL, flags & ~O_DIRECT) < 0)
		return n;
	result->from_disk = false;
	return pread(fd, piece, PIECE, at);
}

/* To the size the file had at first: a read at the ragged end would no longer be aligned. */
static int read_through(struct reader *r, int fd, off_t size, const char *path, struct digest *d,
			struct digest_result *result, struct error *err)
{
	while (result->bytes < size) {
		ssize_t n;

		if (check_time(r, path, err) < 0)
			return -1;
		n = read_piece(fd, r->piece, result->bytes, result);
		if (n < 0)
			return fail(err, ERR_IO, "read '%s' at byte %lld: %m", path, (long long)result->bytes);
		if (n == 0)
			break;
		digest_add(d, r->piece, (size_t)n);
		result->bytes += n;
		if (r->how->progress)
			r->how->progress(r->how->context, r->before + result->bytes);
	}
	return 0;
}

static int check_size(int fd, const char *path, int64_t read, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(err, ERR_IO, "look at '%s': %m", path);
	if (read != st.st_size)
		return fail(err, ERR_IO, "'%s' has %lld bytes, but %lld could be read: look whether something writes it",
			    path, (long long)st.st_size, (long long)read);
	return 0;
}

static int open_regular(int dir, const char *name, const char *path, struct stat *st, struct error *err)
{
	autoclose int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && errno == ENOENT)
		return fail(err, ERR_NOTHING, "there is no file '%s'", path);
	if (fd < 0 && errno == ELOOP)
		return fail(err, ERR_DATA, "'%s' is a link where a file should be", path);
	if (fd < 0 || fstat(fd, st) < 0)
		return fail(err, ERR_IO, "open '%s': %m", path);
	if (!S_ISREG(st->st_mode))
		return fail(err, ERR_DATA, "'%s' is not a regular file", path);
	return take_fd(&fd);
}

static int digest_one(struct reader *r, int dir, const char *name, const char *path, struct digest_result *ret,
		      struct error *err)
{
	CLEANUP(digest_free) struct digest *d = NULL;
	struct digest_result result = {0};
	struct stat st;
	autoclose int fd = open_regular(dir, name, path, &st, err);

	if (fd < 0 || digest_new(&d, err) < 0)
		return -1;
	result.from_disk = r->how->from_disk && leave_cache(fd, st.st_size);
	if (!result.from_disk)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (read_through(r, fd, st.st_size, path, d, &result, err) < 0 || check_size(fd, path, result.bytes, err) < 0)
		return -1;
	digest_end(d, result.sha256);
	*ret = result;
	return 0;
}

static const struct digest_reading read_plainly = {0};

static void *new_piece(void)
{
	void *piece = aligned_alloc(ALIGNMENT, PIECE);

	if (!piece)
		abort();
	return piece;
}

int digest_file(const char *path, const struct digest_reading *how, struct digest_result *ret, struct error *err)
{
	autofree void *piece = new_piece();
	struct reader r = {.how = how ? how : &read_plainly, .piece = piece};

	return digest_one(&r, AT_FDCWD, path, path, ret, err);
}

/* --- dumps --- */

/* A name that can stand in a digest list as it is. */
static bool plain_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == '\\' || *c == 0x7f)
			return false;
	return *name && strlen(name) <= FILE_NAME_CAP;
}

static int list_folder(int fd, const char *path, struct strings *names, struct error *err)
{
	autoclose int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	autoclosedir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!dir)
		return fail(err, ERR_IO, "list '%s': %m", path);
	(void)take_fd(&copy);
	while (errno = 0, (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!plain_name(entry->d_name))
			return fail(err, ERR_DATA, "'%s' holds a file whose name no dump has", path);
		if (names->count >= DIGEST_FILES_CAP)
			return fail(err, ERR_DATA, "'%s' holds more than %d files", path, DIGEST_FILES_CAP);
		strings_add(names, entry->d_name);
	}
	if (errno)
		return fail(err, ERR_IO, "list '%s': %m", path);
	strings_sort(names);
	return 0;
}

static int digest_folder(struct reader *r, int fd, const char *path, const char *name, struct text *list,
			 struct digest_list *ret, struct error *err)
{
	CLEANUP(strings_done) struct strings names = {0};

	if (list_folder(fd, path, &names, err) < 0)
		return -1;
	ret->whole.from_disk = r->how->from_disk && names.count > 0;
	for (size_t i = 0; i < names.count; i++) {
		autofree char *whole = path_join(path, names.items[i]);
		struct digest_result one;

		if (digest_one(r, fd, names.items[i], whole, &one, err) < 0)
			return -1;
		text_addf(list, "%s  %s/%s\n", one.sha256, name, names.items[i]);
		ret->whole.bytes += one.bytes;
		ret->whole.from_disk = ret->whole.from_disk && one.from_disk;
		r->before += one.bytes;
	}
	ret->files = names.count;
	return digest_bytes(list->data ? list->data : "", list->length, ret->whole.sha256, err);
}

int digest_dump(const char *path, const char *name, const struct digest_reading *how, struct digest_list *ret,
		struct error *err)
{
	autofree void *piece = new_piece();
	struct reader r = {.how = how ? how : &read_plainly, .piece = piece};
	struct digest_list result = {0};
	CLEANUP(text_done) struct text list = {0};
	autoclose int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (!name)
		name = path_base(path);
	if (folder < 0) {
		if (digest_one(&r, AT_FDCWD, path, path, &result.whole, err) < 0)
			return -1;
		text_addf(&list, "%s  %s\n", result.whole.sha256, name);
		result.files = 1;
	} else if (digest_folder(&r, folder, path, name, &list, &result, err) < 0) {
		return -1;
	}
	result.text = text_take(&list);
	*ret = result;
	return 0;
}

void digest_list_done(struct digest_list *l)
{
	free(l->text);
	*l = (struct digest_list){0};
}
