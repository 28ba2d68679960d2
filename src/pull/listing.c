#include "pull/listing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "port/http.h"
#include "port/json.h"
#include "pull/html.h"

#define INDEX_SCHEMA 1
#define ROW_CAP 512 /* bytes of text behind a link: date and size stand among the first */
#define MOST_BYTES (INT64_C(1) << 53)

/* ---------------------------------------------------------------- one file */

/* The next byte of a path, its %XX undone; an encoded '/' is 256, as it divides nothing. 0 at the end. */
static int next_byte(const char **at)
{
	int byte = percent_byte(*at, 3);

	if (byte < 0)
		return **at ? (unsigned char)*(*at)++ : 0;
	*at += 3;
	return byte == '/' ? 256 : byte;
}

/* Whether 'url' names something directly inside 'folder'. */
static bool is_inside(const struct web_url *folder, const struct web_url *url)
{
	const char *a = folder->path, *b = url->path;

	if (!web_url_same_origin(folder, url))
		return false;
	while (*a)
		if (next_byte(&a) != next_byte(&b))
			return false;
	return *b && !strchr(b, '/');
}

static int too_many(struct error *err)
{
	return fail(err, ERR_DATA, "it lists more than %d files: publish into a folder of its own, and have old dumps removed "
		    "there",
		    LISTING_FILES_CAP);
}

static struct remote *last_of(struct remotes *list)
{
	return list->count ? &list->items[list->count - 1] : NULL;
}

/* A link as a listing has it. *ret is its file's entry, NULL where it leads elsewhere. */
static int take_link(const struct web_url *folder, const struct web_url *base, const char *link, struct remotes *list,
		     struct remote **ret, struct error *err)
{
	CLEANUP(web_url_done) struct web_url url = {0};
	struct error ignored; /* a link to nowhere is none of ours */
	autofree char *name = NULL, *where = NULL;
	struct remote *last = last_of(list);

	*ret = NULL;
	if (web_url_resolve(base, link, &url, &ignored) < 0 || !is_inside(folder, &url))
		return 0;
	name = web_url_file(&url);
	if (!*name)
		return 0;
	where = format("%s%s%s", url.path, url.query ? "?" : "", url.query ? url.query : "");
	if (last && same(last->where, where)) { /* its icon was a link, too */
		*ret = last;
		return 0;
	}
	if (list->count >= LISTING_FILES_CAP)
		return too_many(err);
	*ret = remotes_add(list);
	(*ret)->name = take(name);
	(*ret)->where = take(where);
	return 0;
}

/* The link to a file of that name. */
static char *link_to(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	struct text link = {0};

	text_add(&link, "./");
	for (; *name; name++)
		if (strchr(plain, *name))
			text_add_bytes(&link, name, 1);
		else
			text_addf(&link, "%%%02X", (unsigned char)*name);
	return text_take(&link);
}

/* ---------------------------------------------------------------- date and size of a page */

static bool take_number(const char **at, size_t digits, int *ret)
{
	int n = 0;

	for (size_t i = 0; i < digits; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		n = n * 10 + (**at - '0');
	}
	*ret = n;
	return true;
}

static bool take_month(const char **at, int *ret)
{
	*ret = time_month(*at);
	*at += *ret >= 0 ? 3 : 0;
	return *ret >= 0;
}

/* By a shape: Y year, m month in digits, b by name, d day, H hour, M minute; all else stands for itself. */
static bool take_shape(const char **at, const char *shape, struct tm *tm)
{
	bool good = true;

	for (; *shape && good; shape++)
		switch (*shape) {
		case 'Y':
			good = take_number(at, 4, &tm->tm_year);
			tm->tm_year -= 1900;
			break;
		case 'm':
			good = take_number(at, 2, &tm->tm_mon);
			tm->tm_mon--;
			break;
		case 'b':
			good = take_month(at, &tm->tm_mon);
			break;
		case 'd':
			good = take_number(at, 2, &tm->tm_mday);
			break;
		case 'H':
			good = take_number(at, 2, &tm->tm_hour);
			break;
		case 'M':
			good = take_number(at, 2, &tm->tm_min);
			break;
		default:
			good = **at == *shape;
			(*at)++;
		}
	return good;
}

/* A date at the very beginning of 'text'; *ret_end is what stands behind it. TIME_UNKNOWN: none. */
static int64_t date_at(const char *text, const char **ret_end)
{
	static const char *const shapes[] = {
		"d-b-Y H:M", /* nginx, and Apache with UseOldDateFormat */
		"Y-m-d H:M", /* Apache */
		"Y-b-d H:M", /* lighttpd */
	};

	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct tm tm = {0}, again;
		const char *at = text;
		int64_t t;

		if (!take_shape(&at, shapes[i], &tm) || tm.tm_hour > 23 || tm.tm_min > 59)
			continue;
		again = tm;
		t = timegm(&again);
		if (again.tm_mday != tm.tm_mday || again.tm_mon != tm.tm_mon)
			continue; /* no day that there is */
		if (*at == ':') {
			at++;
			if (!take_number(&at, 2, &tm.tm_sec) || tm.tm_sec > 60)
				continue;
		}
		*ret_end = at;
		return t + tm.tm_sec;
	}
	return TIME_UNKNOWN;
}

/* A size that is all digits; -1 for "1.2M", "20 MB", "-" and all else. */
static int64_t size_at(const char *text)
{
	static const char units[] = "kKMGTPEBb";
	const char *digits = text + strspn(text, " \t\r\n"), *end = digits + strspn(digits, "0123456789");
	autofree char *number = xstrndup(digits, (size_t)(end - digits));
	int64_t bytes;

	if (*end && !strchr(" \t\r\n", *end))
		return -1;
	end += strspn(end, " \t");
	if (*end && strchr(units, *end))
		return -1;
	return parse_int(number, 0, MOST_BYTES, &bytes) ? bytes : -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The first date in the text behind a link, and the size that follows it. */
static void take_row_text(struct remote *r, const char *text)
{
	const char *end = NULL;

	for (const char *at = text; *at; at++) {
		int64_t t = is_digit(*at) && (at == text || !is_digit(at[-1])) ? date_at(at, &end) : TIME_UNKNOWN;

		if (t == TIME_UNKNOWN)
			continue;
		if (r->modified == TIME_UNKNOWN) {
			r->modified = t;
			r->modified_to_minute = true;
		}
		if (r->bytes < 0)
			r->bytes = size_at(end);
		return;
	}
}

/* ---------------------------------------------------------------- a page */

struct page {
	const struct web_url *folder;
	struct web_url base; /* what links are relative to */
	struct remotes *list;
	bool in_row;	     /* the last of the list has its date and size still to come */
	bool in_link;
	struct text text;    /* of the row, behind its link */
};

static void page_done(struct page *page)
{
	web_url_done(&page->base);
	text_done(&page->text);
}

static void end_row(struct page *page)
{
	if (page->in_row && page->text.length)
		take_row_text(last_of(page->list), page->text.data);
	page->in_row = false;
	page->text.length = 0;
}

static void take_base(struct page *page, const struct html_piece *tag)
{
	autofree char *href = html_attribute(tag, "href");
	struct error ignored; /* then links are relative to the folder */
	struct web_url base;

	if (!href || web_url_resolve(page->folder, href, &base, &ignored) < 0)
		return;
	web_url_done(&page->base);
	page->base = base;
}

static int take_anchor(struct page *page, const struct html_piece *tag, struct error *err)
{
	autofree char *href = html_attribute(tag, "href");
	struct remote *r;

	if (!href)
		return 0;
	end_row(page);
	if (take_link(page->folder, &page->base, href, page->list, &r, err) < 0)
		return -1;
	page->in_row = r != NULL;
	page->in_link = true;
	return 0;
}

/* What Caddy says exactly beside what it shows. */
static void take_exact(struct page *page, const struct html_piece *tag)
{
	static const char *const names[] = {"data-size", "data-order"};
	struct remote *r = last_of(page->list);
	autofree char *when = same(tag->name, "time") ? html_attribute(tag, "datetime") : NULL;
	int64_t t = when ? time_parse_rfc3339(trim(when)) : TIME_UNKNOWN;

	if (t != TIME_UNKNOWN)
		r->modified = t;
	for (size_t i = 0; i < COUNT(names) && same(tag->name, "td"); i++) {
		autofree char *value = html_attribute(tag, names[i]);

		if (value && r->bytes < 0)
			(void)parse_int(value, 0, MOST_BYTES, &r->bytes);
	}
}

static bool ends_row(const struct html_piece *tag)
{
	static const char *const closing[] = {"tr", "li", "pre", "table", "ul"};

	for (size_t i = 0; i < COUNT(closing); i++)
		if (tag->closes && same(tag->name, closing[i]))
			return true;
	return same(tag->name, "hr") || same(tag->name, "address");
}

static int take_tag(struct page *page, const struct html_piece *tag, struct error *err)
{
	if (same(tag->name, "a") && !tag->closes)
		return take_anchor(page, tag, err);
	if (same(tag->name, "a"))
		page->in_link = false;
	else if (same(tag->name, "base"))
		take_base(page, tag);
	else if (ends_row(tag))
		end_row(page);
	else if (page->in_row && !tag->closes)
		take_exact(page, tag);
	if (page->in_row && page->text.length < ROW_CAP)
		text_add(&page->text, " "); /* so that two cells are two words */
	return 0;
}

static int read_page(const struct web_url *folder, const char *bytes, size_t n, struct remotes *list, struct error *err)
{
	CLEANUP(page_done) struct page page = {.folder = folder, .base = web_url_copy(folder), .list = list};
	struct html html = {bytes, bytes + n};
	struct html_piece piece;

	while (html_next(&html, &piece)) {
		if (piece.is_tag && take_tag(&page, &piece, err) < 0)
			return -1;
		if (!piece.is_tag && page.in_row && !page.in_link && page.text.length < ROW_CAP) {
			piece.n = piece.n < ROW_CAP ? piece.n : ROW_CAP;
			html_text(&piece, &page.text);
		}
	}
	end_row(&page);
	return 0;
}

/* ---------------------------------------------------------------- JSON */

static int64_t size_of(const struct json *item, const char *key)
{
	const struct json *value = json_get(item, key);
	int64_t bytes = json_holds_int(value) ? json_as_int(value) : -1;

	return bytes >= 0 && bytes <= MOST_BYTES ? bytes : -1;
}

/* Of an array: what nginx calls "mtime" (as in a header) and "type", Caddy calls "mod_time" and "is_dir". */
static int read_item(const struct web_url *folder, const struct json *item, struct remotes *list, struct error *err)
{
	const char *name = json_get_text(item, "name"), *url = json_get_text(item, "url"), *type = json_get_text(item, "type");
	const char *mtime = json_get_text(item, "mtime"), *mod_time = json_get_text(item, "mod_time");
	autofree char *link = url ? xstrdup(url) : name ? link_to(name) : NULL;
	struct remote *r;

	if (!link || json_get_bool(item, "is_dir") || (type && !same(type, "file")))
		return 0;
	if (take_link(folder, folder, link, list, &r, err) < 0)
		return -1;
	if (!r)
		return 0;
	r->bytes = size_of(item, "size");
	/* of a symbolic link Caddy tells the link's own time */
	if (mod_time && !json_get_bool(item, "is_symlink"))
		r->modified = time_parse_rfc3339(mod_time);
	else if (mtime)
		r->modified = http_time(mtime);
	return 0;
}

static int read_array(const struct web_url *folder, const struct json *root, struct remotes *list, struct error *err)
{
	for (size_t i = 0; i < json_count(root); i++)
		if (read_item(folder, json_at(root, i), list, err) < 0)
			return -1;
	return 0;
}

static bool take_digest(const struct json *dump, const char *key, char *ret)
{
	const char *text = json_get_text(dump, key);

	if (!text || strlen(text) != SHA256_HEX - 1 || strspn(text, "0123456789abcdef") != SHA256_HEX - 1)
		return false;
	memcpy(ret, text, SHA256_HEX);
	return true;
}

/* One of index.json's dumps: we wrote it, so all of it has to be there. */
static int read_dump(const struct web_url *folder, const struct json *dump, size_t i, struct remotes *list, struct error *err)
{
	const char *file = json_get_text(dump, "file"), *as_of = json_get_text(dump, "data_as_of");
	autofree char *link = link_to(file ? file : ""), *shown = printable(file ? file : "", false);
	struct remote *r = NULL;
	const char *wrong = NULL;

	if (take_link(folder, folder, link, list, &r, err) < 0)
		return -1;
	if (!r || !same(r->name, file))
		return fail(err, ERR_DATA, "dump %zu of it has no name that a file beside it can have: publish anew", i + 1);
	r->bytes = size_of(dump, "bytes");
	r->modified = as_of ? time_parse_rfc3339(as_of) : TIME_UNKNOWN;
	if (r->bytes < 0)
		wrong = "bytes";
	else if (r->modified == TIME_UNKNOWN)
		wrong = "data_as_of";
	else if (!take_digest(dump, "sha256", r->sha256))
		wrong = "sha256";
	else if (!json_is_nothing(json_get(dump, "manifest_sha256")) && !take_digest(dump, "manifest_sha256", r->manifest_sha256))
		wrong = "manifest_sha256";
	return wrong ? fail(err, ERR_DATA, "it has no usable '%s' of '%.200s': publish anew", wrong, shown) : 0;
}

static int read_index(const struct web_url *folder, const struct json *root, struct remotes *list, struct error *err)
{
	const struct json *dumps = json_get(root, "dumps");
	int64_t schema = json_get_int(root, "schema");

	if (schema > INDEX_SCHEMA)
		return fail(err, ERR_DATA, "it was written by a newer drillbox (schema %lld, known is %d): update this one",
			    (long long)schema, INDEX_SCHEMA);
	if (schema != INDEX_SCHEMA || !json_holds_array(dumps))
		return fail(err, ERR_DATA, "it is none that 'drillbox publish' wrote: take it away, or publish anew");
	for (size_t i = 0; i < json_count(dumps); i++)
		if (read_dump(folder, json_at(dumps, i), i, list, err) < 0)
			return -1;
	return 0;
}

static int read_json(const struct web_url *folder, const char *bytes, size_t n, bool index, struct remotes *list, struct error *err)
{
	CLEANUP(json_free) struct json *root = NULL;

	if (n > LISTING_JSON_CAP)
		return fail(err, ERR_DATA, "it has more than %zu bytes: have old dumps removed there", LISTING_JSON_CAP);
	if (json_parse(bytes, n, &root, err) < 0)
		return -1;
	return index ? read_index(folder, root, list, err) : read_array(folder, root, list, err);
}

/* ---------------------------------------------------------------- whichever it is */

static size_t mark_length(const char *bytes, size_t n)
{
	return n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

enum listing_kind listing_kind(const char *bytes, size_t n)
{
	size_t i = mark_length(bytes, n);

	while (i < n && strchr(" \t\r\n", bytes[i]) && bytes[i])
		i++;
	if (i == n)
		return LISTING_NONE;
	if (bytes[i] == '{')
		return LISTING_INDEX;
	if (bytes[i] == '[')
		return LISTING_JSON;
	return bytes[i] == '<' ? LISTING_PAGE : LISTING_NONE;
}

int listing_read(const struct web_url *folder, const char *bytes, size_t n, struct remotes *ret, struct error *err)
{
	CLEANUP(remotes_done) struct remotes list = {0};
	enum listing_kind kind = listing_kind(bytes, n);
	size_t mark = mark_length(bytes, n);
	int done;

	if (kind == LISTING_NONE || memchr(bytes, '\0', n))
		return fail(err, ERR_DATA, "it is no listing of a folder: let the server make one (nginx: autoindex on), or "
			    "publish an index.json with 'drillbox publish'");
	if (n > LISTING_CAP)
		return fail(err, ERR_DATA, "it has more than %zu bytes: have old dumps removed there", LISTING_CAP);
	bytes += mark;
	n -= mark;
	if (kind == LISTING_PAGE)
		done = read_page(folder, bytes, n, &list, err);
	else
		done = read_json(folder, bytes, n, kind == LISTING_INDEX, &list, err);
	if (done < 0)
		return -1;
	*ret = list;
	list = (struct remotes){0};
	return 0;
}
