#include "pull/half.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "port/json.h"

#define CAP 65536
#define SCHEMA 1

/* Which start of the machine this is; "" where the kernel does not tell. Owned by the caller. */
static char *this_boot(void)
{
	autofree char *text = NULL;
	struct error ignored;

	if (read_small_file("/proc/sys/kernel/random/boot_id", 128, &text, &ignored) < 0)
		return xstrdup("");
	return xstrdup(trim(text));
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void take_digest(struct half *h, const char *sha256)
{
	if (sha256 && strlen(sha256) == SHA256_HEX - 1)
		memcpy(h->sha256, sha256, SHA256_HEX);
}

struct half half_of(const struct origin *origin, int64_t bytes, const char *sha256)
{
	/* a weak ETag says that it means the same, not that it is the same bytes (RFC 9110, section 8.8.1) */
	bool weak = origin->etag && starts_with(origin->etag, "W/");
	struct half h = {
		.where = copy(origin->where),
		.etag = weak ? NULL : copy(origin->etag),
		.version = copy(origin->version),
		.modified = origin->modified,
		.bytes = bytes,
		.boot = this_boot(),
	};

	take_digest(&h, sha256);
	return h;
}

int half_read(const char *path, struct half *ret, struct error *err)
{
	CLEANUP(json_free) struct json *root = NULL;
	autofree char *text = NULL;

	if (!path_exists(path))
		return fail(err, ERR_NOTHING, "there is no '%s'", path);
	if (read_small_file(path, CAP, &text, err) < 0 || json_parse(text, strlen(text), &root, err) < 0)
		return -1;
	if (json_get_int(root, "schema") != SCHEMA || !json_get_text(root, "where") || !json_get_text(root, "boot"))
		return fail(err, ERR_DATA, "'%s' does not say what is beside it", path);
	*ret = (struct half){
		.where = copy(json_get_text(root, "where")),
		.etag = copy(json_get_text(root, "etag")),
		.version = copy(json_get_text(root, "version")),
		.modified = json_get_int(root, "modified"),
		.bytes = json_get_int(root, "bytes"),
		.kept = json_get_int(root, "kept"),
		.barren = json_get_int(root, "barren"),
		.boot = copy(json_get_text(root, "boot")),
	};
	take_digest(ret, json_get_text(root, "sha256"));
	return 0;
}

int half_write(const char *path, const struct half *h, struct error *err)
{
	CLEANUP(json_free) struct json *root = json_new_object();
	autofree char *text = NULL;

	json_set_int(root, "schema", SCHEMA);
	json_set_text(root, "where", h->where);
	json_set_text(root, "etag", h->etag);
	json_set_text(root, "version", h->version);
	json_set_int(root, "modified", h->modified);
	json_set_int(root, "bytes", h->bytes);
	json_set_int(root, "kept", h->kept);
	json_set_int(root, "barren", h->barren);
	json_set_text(root, "boot", h->boot);
	json_set_text(root, "sha256", *h->sha256 ? h->sha256 : NULL);
	text = json_text(root, true);
	return write_file_durably(path, text, strlen(text), 0600, err);
}

bool half_can_go_on(const struct half *h)
{
	return h->where && h->etag && h->bytes > 0;
}

bool half_is_of(const struct half *h, const struct origin *offered)
{
	return half_can_go_on(h) && same(h->where, offered->where) && (!offered->etag || same(h->etag, offered->etag)) &&
	       (!offered->version || same(h->version, offered->version));
}

bool half_is_newer(const struct half *h, int64_t held)
{
	return half_can_go_on(h) && h->modified > 0 && (held == TIME_UNKNOWN || h->modified > held);
}

int half_usable(const struct half *h, int fd, int64_t *ret, struct error *err)
{
	autofree char *boot = this_boot();
	struct stat st;
	int64_t there;

	if (fstat(fd, &st) < 0)
		return fail(err, ERR_IO, "look at what has come of '%s': %m", h->where);
	there = st.st_size;
	/* a power cut between may have left a length without its bytes */
	if ((!*boot || !same(boot, h->boot)) && there > h->kept)
		there = h->kept;
	if (there >= h->bytes)
		there = h->bytes - 1;
	*ret = there > 0 ? there : 0;
	return 0;
}

void half_done(struct half *h)
{
	free(h->where);
	free(h->etag);
	free(h->version);
	free(h->boot);
	*h = (struct half){0};
}
