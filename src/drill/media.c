#include "drill/media.h"

#include <errno.h>
#include <string.h>

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

static void compare(const char *name, const char *expected, const char *actual, struct findings *f)
{
	if (strcmp(expected, actual) == 0)
		findings_add(f, RUNG_MEDIA, RESULT_PASS, name, expected, actual, NULL);
	else
		findings_add(f, RUNG_MEDIA, RESULT_FAIL, name, expected, actual,
			     "the bytes of the %s are not those that were stored: the disk or somebody changed them", name);
}

/* The ledger's digest counts before the list beside the dump, which whoever changed the dump could change too. */
static const char *expected_digest(const struct drill_request *r)
{
	if (r->expected_sha256 && *r->expected_sha256)
		return r->expected_sha256;
	return *r->dump->sha256 ? r->dump->sha256 : NULL;
}

static void compare_dump(const struct drill_request *r, const struct digest_list *list, struct findings *f)
{
	const char *expected = expected_digest(r);

	if (!expected) {
		findings_add(f, RUNG_MEDIA, RESULT_UNDECIDED, "dump", NULL, list->whole.sha256,
			     "there is no digest to compare with: pull again");
		return;
	}
	compare("dump", expected, list->whole.sha256, f);
	if (!*r->dump->sha256)
		findings_note(f, "the digest list beside the dump names no digest of it: 'sha256sum -c' will not vouch for it");
	else if (strcmp(r->dump->sha256, expected) != 0)
		findings_note(f, "the digest list beside the dump is not the ledger's: it says %s", r->dump->sha256);
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
		compare("manifest", r->expected_manifest_sha256, got->sha256, f);
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
