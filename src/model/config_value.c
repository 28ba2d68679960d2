#include "model/config_value.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "model/config.h"
#include "model/duration.h"
#include "model/exempt.h"

#define MOST_KEPT 3650
#define TEN_YEARS ((int64_t)3650 * 86400)
#define LONGEST_PATH 1000
#define SLOWEST_RATE 1000 /* bytes a second; slower, and no dump ever arrives */

static bool read_text(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	(void)dir;
	if (has_control(value) || (int64_t)strlen(value) < type->low || (int64_t)strlen(value) > type->high)
		return false;
	set_text(slot, value);
	return true;
}

static char *write_text(const struct config_type *type, const void *slot)
{
	const char *text = *(char *const *)slot;

	(void)type;
	return xstrdup(text ? text : "");
}

/* As it is for screens: what stands behind the '?' of one that was signed beforehand is a password. */
static char *write_url(const struct config_type *type, const void *slot)
{
	const char *url = *(char *const *)slot, *query = url && starts_with(url, "https://") ? strchr(url, '?') : NULL;

	return query ? format("%.*s?***", (int)(query - url), url) : write_text(type, slot);
}

static bool read_path(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	autofree char *path = path_join(dir, value);

	return value[0] && read_text(type, dir, path, slot);
}

static bool read_secret_path(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	const char *credential = "credential:";

	/* what belongs into the file, and as a path would be told to everybody */
	if (strstr(value, "://"))
		return false;
	if (!starts_with(value, credential))
		return read_path(type, dir, value, slot);
	/* the name of a file in one folder, never a way out of it */
	value += strlen(credential);
	return *value && !strchr(value, '/') && value[0] != '.' && read_text(type, dir, value - strlen(credential), slot);
}

static bool read_folders(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	CLEANUP(strings_done) struct strings list = {0};
	struct strings *folders = slot, old;

	while (*value) {
		size_t n = strcspn(value, ":");
		autofree char *copy = xstrndup(value, n);
		autofree char *path = NULL;
		const char *name = trim(copy);

		if (!*name || !read_path(type, dir, name, &path))
			return false;
		strings_add(&list, path);
		value += n + (value[n] == ':');
	}
	if (list.count == 0)
		return false;
	old = *folders;
	*folders = list;
	list = old;
	return true;
}

static char *write_folders(const struct config_type *type, const void *slot)
{
	(void)type;
	return strings_join(slot, ":", SIZE_MAX);
}

static int word_index(const struct config_type *type, const char *value)
{
	for (int i = 0; type->words[i]; i++)
		if (same(type->words[i], value))
			return i;
	return -1;
}

static bool read_word(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int i = word_index(type, value);

	(void)dir;
	if (i >= 0)
		*(unsigned *)slot = (unsigned)i;
	return i >= 0;
}

static char *write_word(const struct config_type *type, const void *slot)
{
	return xstrdup(type->words[*(const unsigned *)slot]);
}

static bool read_bool(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int i = word_index(type, value);

	(void)dir;
	if (i >= 0)
		*(bool *)slot = i == 1;
	return i >= 0;
}

static char *write_bool(const struct config_type *type, const void *slot)
{
	return xstrdup(type->words[*(const bool *)slot]);
}

static bool read_number(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int64_t n;

	(void)dir;
	if (!parse_int(value, type->low, type->high, &n))
		return false;
	*(int *)slot = (int)n;
	return true;
}

static char *write_number(const struct config_type *type, const void *slot)
{
	(void)type;
	return format("%d", *(const int *)slot);
}

/* Where 0 is allowed, it is written "none". */
static bool is_none(const struct config_type *type, const char *value)
{
	return type->low == 0 && same(value, "none");
}

static bool read_duration(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int64_t seconds = 0;

	(void)dir;
	if (!is_none(type, value) &&
	    (!duration_parse(value, &seconds) || seconds < type->low || seconds > type->high))
		return false;
	*(int64_t *)slot = seconds;
	return true;
}

static char *write_duration(const struct config_type *type, const void *slot)
{
	int64_t seconds = *(const int64_t *)slot;

	return seconds == 0 && type->low == 0 ? xstrdup("none") : duration_text(seconds);
}

static bool read_size(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int64_t bytes = 0;

	(void)dir;
	if (!is_none(type, value) && !size_parse(value, &bytes))
		return false;
	*(int64_t *)slot = bytes;
	return true;
}

static char *write_size(const struct config_type *type, const void *slot)
{
	int64_t bytes = *(const int64_t *)slot;

	(void)type;
	return bytes == 0 ? xstrdup("none") : size_text(bytes);
}

/* "2 MB/s" */
static bool read_rate(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	autofree char *bytes = ends_with(value, "/s") ? xstrndup(value, strlen(value) - strlen("/s")) : NULL;
	int64_t rate = 0;

	if (!is_none(type, value) && (!bytes || !size_parse(bytes, &rate) || rate < SLOWEST_RATE))
		return false;
	(void)dir;
	*(int64_t *)slot = rate;
	return true;
}

static char *write_rate(const struct config_type *type, const void *slot)
{
	int64_t rate = *(const int64_t *)slot;
	autofree char *bytes = size_text(rate);

	(void)type;
	return rate == 0 ? xstrdup("none") : format("%s/s", bytes);
}

static bool read_window(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	(void)type;
	(void)dir;
	return window_parse(value, slot);
}

static char *write_window(const struct config_type *type, const void *slot)
{
	(void)type;
	return window_text(slot);
}

static bool read_schedule(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	struct error ignored; /* the type's shape says the same */

	(void)type;
	(void)dir;
	return schedule_parse(value, slot, &ignored) == 0;
}

static char *write_schedule(const struct config_type *type, const void *slot)
{
	(void)type;
	return schedule_text(slot);
}

static bool read_weekly(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	struct schedule weekly = {.weekday = -1, .hour = -1};
	struct error ignored; /* the type's shape says the same */

	(void)type;
	(void)dir;
	if (!same(value, "none") && (schedule_parse(value, &weekly, &ignored) < 0 || weekly.every_s || weekly.weekday < 0))
		return false;
	*(struct schedule *)slot = weekly;
	return true;
}

static char *write_weekly(const struct config_type *type, const void *slot)
{
	const struct schedule *weekly = slot;

	(void)type;
	return weekly->hour < 0 ? xstrdup("none") : schedule_text(weekly);
}

/* METHOD or METHOD:DETAIL, as pg_dump takes it. */
static bool read_compress(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	static const char detail_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789=,-";
	size_t n = strcspn(value, ":");
	autofree char *method = xstrndup(value, n);
	const char *detail = value[n] ? value + n + 1 : NULL;

	if (word_index(type, method) < 0)
		return false;
	if (detail && (!*detail || same(method, "none") || strspn(detail, detail_bytes) != strlen(detail)))
		return false;
	return read_text(type, dir, value, slot);
}

/* A name or an address to dial, without a port. */
static bool read_address(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
	bool named = strspn(value, plain) == strlen(value) && value[0] != '-' && value[0] != '.';

	return (named || inet_pton(AF_INET6, value, &(struct in6_addr){0}) == 1) && read_text(type, dir, value, slot);
}

static bool read_region(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	return strspn(value, plain) == strlen(value) && read_text(type, dir, value, slot);
}

static bool read_pin(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	autofree unsigned char *hash = NULL;
	size_t n = 0;

	if (starts_with(value, "sha256/"))
		hash = base64_decode(value + strlen("sha256/"), &n);
	return hash && n == 32 && read_text(type, dir, value, slot);
}

static bool read_web_url(const struct config_type *type UNUSED, const char *dir UNUSED, const char *value, void *slot)
{
	struct error ignored; /* the type's shape says the same */
	struct web_url url;

	if (web_url_parse(value, &url, &ignored) < 0)
		return false;
	web_url_done(slot);
	*(struct web_url *)slot = url;
	return true;
}

static char *write_web_url(const struct config_type *type UNUSED, const void *slot)
{
	const struct web_url *url = slot;

	return url->host ? web_url_text(url) : xstrdup("");
}

/* What stands behind the '@' of a proxy's URL, or else behind its scheme. */
static const char *proxy_host(const char *value)
{
	const char *rest = value + strlen("http://"), *at = strrchr(rest, '@');

	return at ? at + 1 : rest;
}

/* http://[user:password@]host:port */
static bool read_proxy(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	CLEANUP(web_url_done) struct web_url url = {0};
	autofree char *as_web = NULL;
	struct error ignored; /* the type's shape says the same */

	if (!starts_with(value, "http://"))
		return false;
	as_web = format("https://%s", proxy_host(value));
	return web_url_parse(as_web, &url, &ignored) == 0 && ends_with(as_web, url.port) && same(url.path, "/") && !url.query &&
	       read_text(type, dir, value, slot);
}

/* Without its password, as it is for screens. */
static char *write_proxy(const struct config_type *type, const void *slot)
{
	const char *value = *(char *const *)slot, *user, *colon;

	if (!value || proxy_host(value) == value + strlen("http://"))
		return write_text(type, slot);
	user = value + strlen("http://");
	colon = memchr(user, ':', (size_t)(proxy_host(value) - user));
	return format("%.*s%s@%s", (int)((colon ? colon : proxy_host(value) - 1) - value), value, colon ? ":***" : "",
		      proxy_host(value));
}

/* Basic authentication ends it at the first ':' (RFC 7617, section 2). */
static bool read_user(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	return !strchr(value, ':') && read_text(type, dir, value, slot);
}

/* It stands in a list of parts between '/' and ','. */
static bool read_access_key(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	for (const char *c = value; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || *c == '/' || *c == ',')
			return false;
	return read_text(type, dir, value, slot);
}

/* Of names, which have no '/'. */
static bool read_pattern(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	return !strchr(value, '/') && read_text(type, dir, value, slot);
}

static bool read_exempt(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	return exempt_valid(value) && read_text(type, dir, value, slot);
}

static const char *const backend_words[] = {"auto", "gpio", "terminal", "none", NULL};
const char *const source_type_words[] = {"postgres", "https", "s3", NULL};
static const char *const style_words[] = {"auto", "path", "virtual", NULL};
static const char *const format_words[] = {"custom", "directory", NULL};
static const char *const compress_words[] = {"none", "gzip", "lz4", "zstd", NULL};
static const char *const counts_words[] = {"off", "exact", NULL};
static const char *const body_words[] = {"json", "slack", "ntfy", NULL};
static const char *const level_words[] = {"quick", "standard", "deep", NULL};

const struct config_type type_name = {
	.read = read_text, .write = write_text,
	.shape = "1 to 64 bytes of text", .low = 1, .high = LONGEST_NAME,
};
const struct config_type type_line = {
	.read = read_text, .write = write_text,
	.shape = "the label or name of a line, or its offset", .low = 1, .high = LONGEST_NAME,
};
const struct config_type type_role = {
	.read = read_text, .write = write_text,
	.shape = "the name of a role, at most 63 bytes", .low = 1, .high = 63,
};
const struct config_type type_url = {
	.read = read_text, .write = write_url,
	.shape = "a URL of at most 2000 bytes", .low = 1, .high = 2000, .secret = true,
};
const struct config_type type_path = {
	.read = read_path, .write = write_text,
	.shape = "a path", .low = 1, .high = LONGEST_PATH,
};
const struct config_type type_secret = {
	.read = read_secret_path, .write = write_text,
	.shape = "a path or credential:NAME: what is secret is written into that file", .low = 1, .high = LONGEST_PATH,
	.secret = true,
};
const struct config_type type_folders = {
	.read = read_folders, .write = write_folders,
	.shape = "a list of folders with ':' between", .low = 1, .high = LONGEST_PATH,
};
const struct config_type type_address = {
	.read = read_address, .write = write_text,
	.shape = "a host's name or address without a port", .low = 1, .high = 253,
};
const struct config_type type_backend = {
	.read = read_word, .write = write_word,
	.shape = "one of auto, gpio, terminal, none", .words = backend_words,
};
const struct config_type type_type = {
	.read = read_word, .write = write_word,
	.shape = "one of postgres, https, s3", .words = source_type_words,
};
const struct config_type type_style = {
	.read = read_word, .write = write_word,
	.shape = "one of auto, path, virtual", .words = style_words,
};
const struct config_type type_pattern = {
	.read = read_pattern, .write = write_text,
	.shape = "a pattern of file names of at most 255 bytes, with * and ?, without a '/'", .low = 1, .high = 255,
};
const struct config_type type_exempt = {
	.read = read_exempt, .write = write_text,
	.shape = "tables as SCHEMA.TABLE: REASON; SCHEMA.*: REASON", .low = 1, .high = 4000,
};
const struct config_type type_user = {
	.read = read_user, .write = write_text,
	.shape = "a name of at most 255 bytes without a ':'", .low = 1, .high = 255, .secret = true,
};
const struct config_type type_access_key = {
	.read = read_access_key, .write = write_text,
	.shape = "the name of a key, as AKIAIOSFODNN7EXAMPLE is one", .low = 1, .high = 255, .secret = true,
};
const struct config_type type_region = {
	.read = read_region, .write = write_text,
	.shape = "the name of a region like eu-central-1", .low = 1, .high = 64,
};
const struct config_type type_pin = {
	.read = read_pin, .write = write_text,
	.shape = "sha256/ and the 44 characters of base64 behind it", .low = 51, .high = 51,
};
const struct config_type type_web_url = {
	.read = read_web_url, .write = write_web_url,
	.shape = "a URL like https://storage.example.com", .secret = true,
};
const struct config_type type_proxy = {
	.read = read_proxy, .write = write_proxy,
	.shape = "a URL like http://proxy.example.com:3128", .low = 1, .high = 500, .secret = true,
};
const struct config_type type_format = {
	.read = read_word, .write = write_word,
	.shape = "one of custom, directory", .words = format_words,
};
const struct config_type type_compress = {
	.read = read_compress, .write = write_text,
	.shape = "one of none, gzip, lz4, zstd, with a level as in zstd:3", .low = 1, .high = 64, .words = compress_words,
};
const struct config_type type_counts = {
	.read = read_bool, .write = write_bool,
	.shape = "one of exact, off", .words = counts_words,
};
const struct config_type type_level = {
	.read = read_word, .write = write_word,
	.shape = "one of quick, standard, deep", .words = level_words,
};
const struct config_type type_jobs = {
	.read = read_number, .write = write_number,
	.shape = "a number from 1 to 64", .low = 1, .high = MOST_JOBS,
};
const struct config_type type_kept = {
	.read = read_number, .write = write_number,
	.shape = "a number from 0 to 3650", .low = 0, .high = MOST_KEPT,
};
const struct config_type type_duration = {
	.read = read_duration, .write = write_duration,
	.shape = "a time like 90 s, 5 min, 6h or 2d", .low = 1, .high = TEN_YEARS,
};
const struct config_type type_duration_or_none = {
	.read = read_duration, .write = write_duration,
	.shape = "a time like 90 s, 5 min, 6h or 2d, or none", .low = 0, .high = TEN_YEARS,
};
const struct config_type type_size_or_none = {
	.read = read_size, .write = write_size,
	.shape = "a size like 20 GB, or none",
};
const struct config_type type_rate = {
	.read = read_rate, .write = write_rate,
	.shape = "a rate of at least 1 kB/s like 2 MB/s, or none", .low = 0,
};
const struct config_type type_window = {
	.read = read_window, .write = write_window,
	.shape = "hours like 22:00-06:00, or always",
};
const struct config_type type_schedule = {
	.read = read_schedule, .write = write_schedule,
	.shape = "a time of day like 04:15, a weekday and a time like Sun 03:00, or every 6h (from 30 min to 31d)",
};
const struct config_type type_ping_every = {
	.read = read_duration, .write = write_duration,
	.shape = "a time from 10 s to 1d", .low = 10, .high = 86400,
};
const struct config_type type_body = {
	.read = read_word, .write = write_word,
	.shape = "one of json, slack, ntfy", .words = body_words,
};
const struct config_type type_weekly = {
	.read = read_weekly, .write = write_weekly,
	.shape = "a weekday and a time like Mon 08:00, or none",
};
