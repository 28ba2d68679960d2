#include "model/dump_head.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "model/archive_head.h"
#include "model/plain.h"

#define TAR_BLOCK 512
#define TAR_MAGIC_AT 257
#define TAR_MAGIC "ustar"
#define TAR_NAME_MOST 100
#define TOC "toc.dat"
#define GZIP "\x1f\x8b"
#define ZSTD "\x28\xb5\x2f\xfd"
#define SKIPPED_ZSTD "\x2a\x4d\x18" /* after a byte from 0x50 to 0x5f */
#define CLUSTER_HEAD "-- PostgreSQL database cluster dump"
#define DATABASE_ENTRY "; Type: DATABASE; "
#define NAME_ENTRY "-- Name: "
#define STARTED "-- Started on "
#define SHOWN 24 /* bytes of what nobody knows */

/* ---------------------------------------------------------------- lines of text */

struct line {
	const char *at;
	size_t n; /* without its end, be that of Windows or not */
};

/* The next whole line; one that is cut off at the end of what we have is none. */
static bool next_line(const char **at, const char *end, struct line *ret)
{
	const char *newline = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

	if (!newline)
		return false;
	*ret = (struct line){*at, (size_t)(newline - *at)};
	ret->n -= ret->n > 0 && ret->at[ret->n - 1] == '\r';
	*at = newline + 1;
	return true;
}

static bool line_is(const struct line *l, const char *text)
{
	return l->n == strlen(text) && memcmp(l->at, text, l->n) == 0;
}

static bool line_begins(const struct line *l, const char *text)
{
	return l->n >= strlen(text) && memcmp(l->at, text, strlen(text)) == 0;
}

/* Whether, before anything but comments, this line comes. */
static bool is_headed(const unsigned char *bytes, size_t n, const char *head)
{
	const char *at = (const char *)bytes, *end = at + n;
	struct line line;

	while (next_line(&at, end, &line)) {
		if (line_is(&line, head))
			return true;
		if (line.n > 0 && !line_begins(&line, "--"))
			return false;
	}
	return false;
}

/* ---------------------------------------------------------------- what else people hand in */

static const struct {
	const char *magic;
	size_t n;
	const char *says;
} others[] = {
	{"BZh", 3, "it is compressed by bzip2: unpack it first: bunzip2"},
	{"\xfd" "7zXZ", 5, "it is compressed by xz: unpack it first: unxz"},
	{"\x04\x22\x4d\x18", 4, "it is compressed by lz4: unpack it first: unlz4"},
	{"\x1f\x9d", 2, "it is compressed by compress: unpack it first: uncompress"},
	{"PK\x03\x04", 4, "it is a zip file: unpack it first: unzip"},
	{"7z\xbc\xaf\x27\x1c", 6, "it is a 7z file: unpack it first: 7z x"},
	{"age-encryption.org/", 19, "it is encrypted by age: decrypt it first, the box has no key"},
	{"-----BEGIN PGP MESSAGE", 22, "it is encrypted by PGP: decrypt it first, the box has no key"},
	{"Salted__", 8, "it is encrypted by openssl: decrypt it first, the box has no key"},
	{"\xff\xfe", 2, "it is text in UTF-16, as '>' of PowerShell writes it: let pg_dump write the file itself, with -f FILE"},
	{"\xef\xbb\xbf", 3, "it begins with a byte order mark, so something that is no pg_dump wrote it: let pg_dump write the "
			    "file itself, with -f FILE"},
	{"<", 1, "it is a web page, perhaps of a login, and no dump: look at where it came from"},
};

/* What it begins with, as far as a person can read it. Owned by the caller. */
static char *beginning(const unsigned char *bytes, size_t n)
{
	size_t most = n < SHOWN ? n : SHOWN, shown = 0;
	autofree char *text = NULL;

	while (shown < most && bytes[shown] >= ' ' && bytes[shown] < 0x7f)
		shown++;
	if (shown == most || (shown > 0 && (bytes[shown] == '\n' || bytes[shown] == '\r')))
		return format("'%.*s%s'", (int)shown, (const char *)bytes, shown < n && shown == most ? "..." : "");
	text = hex(bytes, most < 8 ? most : 8);
	return format("the bytes %s", text);
}

static int refuse_other(const unsigned char *bytes, size_t n, struct error *err)
{
	autofree char *begins = NULL;

	if (n == 0)
		return fail(err, ERR_SOURCE, "it is empty: whatever was to write it failed");
	if (is_headed(bytes, n, CLUSTER_HEAD))
		return fail(err, ERR_SOURCE, "it is a dump of a whole server, by pg_dumpall: dump each database by itself, with "
			    "pg_dump -Fc");
	for (size_t i = 0; i < COUNT(others); i++)
		if (n >= others[i].n && memcmp(bytes, others[i].magic, others[i].n) == 0)
			return fail(err, ERR_SOURCE, "%s", others[i].says);
	begins = beginning(bytes, n);
	return fail(err, ERR_SOURCE, "it begins with %s, which is nothing that pg_dump writes", begins);
}

/* ---------------------------------------------------------------- a tar archive */

static bool is_archive(const unsigned char *bytes, size_t n)
{
	return n >= strlen(ARCHIVE_MAGIC) && memcmp(bytes, ARCHIVE_MAGIC, strlen(ARCHIVE_MAGIC)) == 0;
}

static bool is_tar(const unsigned char *bytes, size_t n)
{
	return n >= TAR_BLOCK && memcmp(bytes + TAR_MAGIC_AT, TAR_MAGIC, strlen(TAR_MAGIC)) == 0;
}

/* pg_dump writes the table of contents first. */
static bool is_tar_of_pg_dump(const unsigned char *bytes, size_t n)
{
	return is_tar(bytes, n) && memcmp(bytes, TOC, sizeof(TOC)) == 0; /* with its NUL */
}

static int refuse_tar(const unsigned char *bytes, struct error *err)
{
	static const char *const of_a_server[] = {"backup_label", "PG_VERSION", "base/", "./backup_label", "./PG_VERSION",
						  "./base/"};
	autofree char *member = xstrndup((const char *)bytes, TAR_NAME_MOST);
	autofree char *shown = printable(member, false);

	for (size_t i = 0; i < COUNT(of_a_server); i++)
		if (same(member, of_a_server[i]))
			return fail(err, ERR_SOURCE, "it is a copy of a server's own files, as pg_basebackup makes it, and no "
				    "dump: make one with pg_dump -Fc");
	return fail(err, ERR_SOURCE, "it is a tar archive that pg_dump did not write (it begins with '%s'): unpack it first: "
		    "tar -xf", shown);
}

/* ---------------------------------------------------------------- the form */

/* A frame, or one to be skipped, as pzstd begins. */
static bool is_zstd(const unsigned char *bytes, size_t n)
{
	if (n < strlen(ZSTD))
		return false;
	return memcmp(bytes, ZSTD, strlen(ZSTD)) == 0 ||
	       (bytes[0] >> 4 == 5 && memcmp(bytes + 1, SKIPPED_ZSTD, strlen(SKIPPED_ZSTD)) == 0);
}

int dump_head_form(const unsigned char *bytes, size_t n, enum dump_form *ret, struct error *err)
{
	if (is_archive(bytes, n) || is_tar_of_pg_dump(bytes, n))
		*ret = DUMP_ARCHIVE;
	else if (is_tar(bytes, n))
		return refuse_tar(bytes, err);
	else if (n >= strlen(GZIP) && memcmp(bytes, GZIP, strlen(GZIP)) == 0)
		*ret = DUMP_PLAIN_GZIP;
	else if (is_zstd(bytes, n))
		*ret = DUMP_PLAIN_ZSTD;
	else if (is_headed(bytes, n, PLAIN_HEAD))
		*ret = DUMP_PLAIN;
	else
		return refuse_other(bytes, n, err);
	return 0;
}

/* ---------------------------------------------------------------- what an archive tells */

/* The table of contents of a directory archive says of itself that it is a tar's, so that it can be read as one. */
static int take_archive(const unsigned char *bytes, size_t n, bool custom, struct dump_head *ret, struct error *err)
{
	CLEANUP(archive_head_done) struct archive_head head = {0};

	if (archive_head_parse(bytes, n, &head, err) < 0)
		return -1;
	if (custom && head.format != ARCHIVE_CUSTOM)
		return fail(err, ERR_SOURCE, "it is the " TOC " of a directory or tar archive, and only part of it: hand in the "
			    "whole folder, or the tar archive");
	if (!custom && head.format == ARCHIVE_CUSTOM)
		return fail(err, ERR_DATA, "it is a custom archive in the place of a " TOC);
	ret->database = take(head.database);
	ret->begun = head.created;
	return 0;
}

int dump_head_parse_folder(const unsigned char *bytes, size_t n, struct dump_head *ret, struct error *err)
{
	CLEANUP(dump_head_done) struct dump_head head = {.form = DUMP_FOLDER};

	if (take_archive(bytes, n, false, &head, err) < 0)
		return -1;
	*ret = head;
	head = (struct dump_head){0};
	return 0;
}

/* ---------------------------------------------------------------- what plain SQL tells */

/* "-- Name: shop; Type: DATABASE; Schema: -; Owner: postgres", which --create writes. Owned by the caller, or NULL. */
static char *database_in(const struct line *l)
{
	size_t before = strlen(NAME_ENTRY);
	const char *entry, *last = NULL;

	if (!line_begins(l, NAME_ENTRY))
		return NULL;
	for (const char *at = l->at + before;
	     (entry = memmem(at, l->n - (size_t)(at - l->at), DATABASE_ENTRY, strlen(DATABASE_ENTRY))); at = entry + 1)
		last = entry; /* what comes before may be part of the name */
	return last && last > l->at + before ? xstrndup(l->at + before, (size_t)(last - l->at) - before) : NULL;
}

/* "-- Started on 2026-11-22 04:15:00 UTC", which --verbose writes. */
static void take_start(const struct line *l, struct dump_head *head)
{
	static const char *const of_utc[] = {" UTC", " GMT"};
	const char *at = l->at + strlen(STARTED);
	size_t n = l->n - strlen(STARTED), day = strlen("2026-11-22"), time = strlen("04:15:00");
	autofree char *text = NULL;

	if (n < day + 1 + time)
		return;
	text = format("%.*sT%.*sZ", (int)day, at, (int)time, at + day + 1);
	head->begun = time_parse_rfc3339(text);
	for (size_t i = 0; i < COUNT(of_utc); i++) {
		const struct line zone = {at + day + 1 + time, n - day - 1 - time};

		head->utc = head->utc || (head->begun != TIME_UNKNOWN && line_is(&zone, of_utc[i]));
	}
}

static void take_plain(const unsigned char *bytes, size_t n, struct dump_head *head)
{
	const char *at = (const char *)bytes, *end = at + n;
	struct line line;

	while (next_line(&at, end, &line)) {
		if (!head->database)
			head->database = database_in(&line);
		if (head->begun == TIME_UNKNOWN && line_begins(&line, STARTED))
			take_start(&line, head);
	}
}

/* ---------------------------------------------------------------- the whole */

static int parse(const unsigned char *bytes, size_t n, struct dump_head *head, struct error *err)
{
	if (dump_head_form(bytes, n, &head->form, err) < 0)
		return -1;
	if (head->form == DUMP_PLAIN)
		take_plain(bytes, n, head);
	if (head->form != DUMP_ARCHIVE)
		return 0;
	head->tar = !is_archive(bytes, n);
	return is_archive(bytes, n) ? take_archive(bytes, n, true, head, err) :
				      take_archive(bytes + TAR_BLOCK, n - TAR_BLOCK, false, head, err);
}

int dump_head_parse(const unsigned char *bytes, size_t n, struct dump_head *ret, struct error *err)
{
	CLEANUP(dump_head_done) struct dump_head head = {.begun = TIME_UNKNOWN};

	if (parse(bytes, n, &head, err) < 0)
		return -1;
	*ret = head;
	head = (struct dump_head){0};
	return 0;
}

int dump_head_parse_inside(const unsigned char *bytes, size_t n, struct dump_head *head, struct error *err)
{
	const char *unpack = head->form == DUMP_PLAIN_GZIP ? "gunzip" : "unzstd";
	const char *by = head->form == DUMP_PLAIN_GZIP ? "gzip" : "zstd";
	enum dump_form inside = DUMP_ARCHIVE;

	if (is_archive(bytes, n) || is_tar(bytes, n))
		return fail(err, ERR_SOURCE, "it is %s, compressed by %s: unpack it first: %s",
			    is_archive(bytes, n) ? "a custom archive" : "a tar archive", by, unpack);
	if (dump_head_form(bytes, n, &inside, err) < 0)
		return fail_within(err, "compressed by %s", by);
	if (inside != DUMP_PLAIN)
		return fail(err, ERR_SOURCE, "it was compressed twice: unpack it once: %s", unpack);
	take_plain(bytes, n, head);
	return 0;
}

const char *dump_head_words(const struct dump_head *h)
{
	static const char *const words[DUMP_FORMS] = {
		[DUMP_ARCHIVE] = "a custom archive",
		[DUMP_FOLDER] = "a directory archive",
		[DUMP_PLAIN] = "plain SQL",
		[DUMP_PLAIN_GZIP] = "plain SQL, compressed by gzip",
		[DUMP_PLAIN_ZSTD] = "plain SQL, compressed by zstd",
	};

	return h->tar ? "a tar archive" : words[h->form];
}

void dump_head_done(struct dump_head *h)
{
	free(h->database);
	*h = (struct dump_head){0};
}

/* ---------------------------------------------------------------- by its name */

char *dump_head_name_of(const char *path)
{
	static const char *const endings[] = {".gz", ".zst", ".sql", ".dump", ".tar", ".backup", ".bak", ".custom", ".pgdump",
					      ".dmp", ".pg", ".out", ".d"};
	autofree char *name = xstrdup(path);
	autofree char *as_ours = NULL, *source = NULL;
	char *database = NULL;
	bool cut = true;
	int64_t taken;

	for (size_t n = strlen(name); n > 1 && name[n - 1] == '/'; n--)
		name[n - 1] = '\0';
	memmove(name, path_base(name), strlen(path_base(name)) + 1);
	while (cut) {
		cut = false;
		for (size_t i = 0; i < COUNT(endings) && !cut; i++) {
			cut = ends_with(name, endings[i]) && strlen(name) > strlen(endings[i]);
			if (cut)
				name[strlen(name) - strlen(endings[i])] = '\0';
		}
	}
	as_ours = format("x/%s", name);
	if (dump_name_parse(as_ours, &source, &database, &taken))
		return database;
	return *name && !same(name, ".") && !same(name, "..") && !same(name, "/") ? take(name) : NULL;
}
