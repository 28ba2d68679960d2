#include "drill/media.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "port/digest.h"

static void report_progress(void *context, int64_t done)
{
	const struct drill_request *r = context;

	if (r->progress)
		r->progress(r->context, RUNG_MEDIA, "", done, r->dump->bytes);
}

static struct digest_reading reading(const struct drill_request *r)
{
	return (struct digest_reading){
		.from_disk = true,
		.deadline = &r->deadline,
		.progress = report_progress,
		.context = (void *)(uintptr_t)r,
	};
}

/* A disk that cannot give the bytes back is evidence against what it stores; a file that is gone is not. */
static int judge_unreadable(const char *name, struct findings *f, const struct error *why, struct error *err)
{
	if (why->kind == ERR_STOPPED || why->kind == ERR_TIMEOUT) {
		*err = *why;
		return -1;
	}
	if (why->os_errno == EIO)
		findings_add(f, RUNG_MEDIA, RESULT_FAIL, name, NULL, NULL,
			     "the disk does not give back what was stored (%s): replace it, pull again", why->text);
	else
		findings_add_error(f, RUNG_MEDIA, name, why);
	return 0;
}

static void compare(const char *name, const char *expected, const char *actual, const char *which, struct findings *f)
{
	if (strcmp(expected, actual) == 0)
		findings_add(f, RUNG_MEDIA, RESULT_PASS, name, expected, actual, NULL);
	else
		findings_add(f, RUNG_MEDIA, RESULT_FAIL, name, expected, actual,
			     "the bytes of the %s are not those that were stored%s: the disk or somebody changed them",
			     name, which);
}

/* The ledger's digest counts before the list beside the dump, which whoever changed the dump could change too. */
static const char *expected_digest(const struct drill_request *r)
{
	if (r->expected_sha256 && *r->expected_sha256)
		return r->expected_sha256;
	return *r->dump->sha256 ? r->dump->sha256 : NULL;
}

/* --- which files of a folder it is --- */

#define LIST_CAP ((size_t)128 << 20)
#define NAMED_MOST 3

/* A line of a digest list: where it is, how long, and its name. */
struct line {
	const char *at;
	size_t length;
};

static bool next_line(const char **at, struct line *ret)
{
	size_t n = strcspn(*at, "\n");

	if (n <= SHA256_HEX + 1)
		return false;
	*ret = (struct line){*at, n};
	*at += n + ((*at)[n] == '\n');
	return true;
}

static int compare_names(const struct line *a, const struct line *b)
{
	size_t shorter = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->at + SHA256_HEX + 1, b->at + SHA256_HEX + 1, shorter - SHA256_HEX - 1);

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

static void name_file(struct strings *names, const struct line *l, const char *what)
{
	autofree char *path = xstrndup(l->at + SHA256_HEX + 1, l->length - SHA256_HEX - 1);
	autofree char *clean = printable(path_base(path), false);

	strings_add_owned(names, format("'%s' %s", clean, what));
}

/* One walk along both lists, which are in the order of their names. */
static void compare_lists(const char *stored, const char *found, struct strings *names)
{
	struct line a, b;
	bool has_a = next_line(&stored, &a), has_b = next_line(&found, &b);

	while (has_a || has_b) {
		int order = !has_a ? 1 : !has_b ? -1 : compare_names(&a, &b);

		if (order < 0)
			name_file(names, &a, "is gone");
		else if (order > 0)
			name_file(names, &b, "was added");
		else if (memcmp(a.at, b.at, SHA256_HEX - 1) != 0)
			name_file(names, &b, "was changed");
		if (order <= 0)
			has_a = next_line(&stored, &a);
		if (order >= 0)
			has_b = next_line(&found, &b);
	}
}

/* The lines of the list beside the dump that are of the dump's own files, not of its manifest. */
static char *own_lines(const char *list, const char *path)
{
	autofree char *prefix = format("  %s/", path_base(path));
	struct text own = {0};
	struct line l;

	while (next_line(&list, &l))
		if (strncmp(l.at + SHA256_HEX - 1, prefix, strlen(prefix)) == 0) {
			text_add_bytes(&own, l.at, l.length);
			text_add(&own, "\n");
		}
	return text_take(&own);
}

/* ": 'toc.dat' was changed", where the list beside the folder is the one that was stored; "" where nobody can tell. */
static char *which_files(const struct drill_request *r, const char *expected, const struct digest_list *list)
{
	autofree char *path = format("%s.sha256", r->dump->path);
	autofree char *text = NULL, *own = NULL, *joined = NULL;
	CLEANUP(strings_done) struct strings names = {0};
	char sha256[SHA256_HEX];
	struct error why;

	if (r->dump->form != DUMP_FOLDER || read_small_file(path, LIST_CAP, &text, &why) < 0)
		return xstrdup("");
	own = own_lines(text, r->dump->path);
	if (digest_bytes(own, strlen(own), sha256, &why) < 0 || strcmp(sha256, expected) != 0)
		return xstrdup("");
	compare_lists(own, list->text, &names);
	joined = strings_join(&names, ", ", NAMED_MOST);
	return format(" (%s)", joined);
}

static void compare_dump(const struct drill_request *r, const struct digest_list *list, struct findings *f)
{
	const char *expected = expected_digest(r);
	autofree char *which = NULL;

	if (!expected) {
		findings_add(f, RUNG_MEDIA, RESULT_UNDECIDED, "dump", NULL, list->whole.sha256,
			     "there is no digest to compare with: pull again");
		return;
	}
	which = strcmp(expected, list->whole.sha256) == 0 ? xstrdup("") : which_files(r, expected, list);
	compare("dump", expected, list->whole.sha256, which, f);
	if (!*r->dump->sha256)
		findings_note(f, "the digest list beside the dump names no digest of it: 'sha256sum -c' will not vouch for it");
	else if (strcmp(r->dump->sha256, expected) != 0)
		findings_note(f, "the digest list beside the dump is wrong: it says sha256 %s, the ledger %s",
			      r->dump->sha256, expected);
}

static void add_summary(const struct digest_list *list, struct text *summary)
{
	char size[UNIT_TEXT];

	text_addf(summary, "%s %s, sha256 %.4s...%s", human_bytes(list->whole.bytes, size),
		  list->whole.from_disk ? "read back from the disk" : "read from cache", list->whole.sha256,
		  list->whole.sha256 + SHA256_HEX - 3);
}

static int check_dump(const struct drill_request *r, struct findings *f, struct text *summary, struct error *err)
{
	struct digest_reading how = reading(r);
	CLEANUP(digest_list_done) struct digest_list list = {0};
	struct error why = {0};

	if (digest_dump(r->dump->path, NULL, &how, &list, &why) < 0)
		return judge_unreadable("dump", f, &why, err);
	compare_dump(r, &list, f);
	add_summary(&list, summary);
	return 0;
}

static void check_manifest_digest(const struct drill_request *r, const struct digest_result *got, struct findings *f)
{
	if (!r->expected_manifest_sha256 || !*r->expected_manifest_sha256)
		findings_add(f, RUNG_MEDIA, RESULT_UNDECIDED, "manifest", NULL, got->sha256,
			     "there is no digest to compare the manifest with: pull again");
	else
		compare("manifest", r->expected_manifest_sha256, got->sha256, "", f);
}

static int check_manifest(const struct drill_request *r, struct findings *f, struct error *err)
{
	struct digest_reading how = reading(r);
	struct digest_result got;
	struct error why = {0};

	how.progress = NULL;
	if (r->manifest_state == MANIFEST_NOT_EXPECTED)
		return 0;
	if (r->manifest_state == MANIFEST_MISSING || !r->manifest_path) {
		findings_add(f, RUNG_MEDIA, RESULT_UNDECIDED, "manifest", NULL, NULL,
			     "the manifest is gone, so there is nothing to compare with; the dump may be good: pull again");
		return 0;
	}
	if (digest_file(r->manifest_path, &how, &got, &why) < 0)
		return judge_unreadable("manifest", f, &why, err);
	check_manifest_digest(r, &got, f);
	if (r->manifest_state == MANIFEST_UNREADABLE)
		findings_add(f, RUNG_MEDIA, RESULT_UNDECIDED, "manifest", NULL, NULL, "%s",
			     r->manifest_why ? r->manifest_why : "the manifest cannot be read: pull again");
	return 0;
}

int media_check(const struct drill_request *r, struct findings *f, struct text *summary, struct error *err)
{
	if (check_dump(r, f, summary, err) < 0)
		return -1;
	return check_manifest(r, f, err);
}
