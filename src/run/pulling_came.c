/* A dump that was made elsewhere, however it came: whether it is here already, of when it is, and into the store with it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "model/archive_head.h"
#include "model/as_of.h"
#include "run/pulling.h"
#include "store/manifest_file.h"

#define WRITTEN_BEFORE_S 3600 /* so much may a file seem older than what is in it: two clocks differ */

/* ---------------------------------------------------------------- what is here */

/* By its digest in the store, should the ledger not know it: the box may have been cut off between the two. */
static int find_stored(const struct pulling *p, const char *sha256, char **ret_name, struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};

	if (*ret_name || !*sha256)
		return 0;
	if (store_list(p->box->store, p->source->name, &list, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count && !*ret_name; i++)
		if (strcmp(list.items[i].sha256, sha256) == 0)
			*ret_name = xstrdup(list.items[i].name);
	return 0;
}

/* A copy whose bytes, when they were last read, were not those that were stored is as good as none. */
static int is_rotten(const struct pulling *p, const char *name, bool *ret, struct error *err)
{
	CLEANUP(dump_record_done) struct dump_record record = {0};

	if (ledger_dump(p->box->ledger, name, &record, err) < 0)
		return -1;
	*ret = record.rotten;
	return 0;
}

int pulling_find_here(const struct pulling *p, const struct origin *origin, const char *sha256, int64_t bytes, struct dump *ret,
		      struct error *err)
{
	CLEANUP(dump_done) struct dump stored = {0};
	autofree char *name = NULL;
	bool rotten = false;
	struct error gone;

	if (ledger_came_before(p->box->ledger, p->source->name, origin, sha256, bytes, &name, err) < 0 ||
	    find_stored(p, sha256, &name, err) < 0 || (name && is_rotten(p, name, &rotten, err) < 0))
		return -1;
	if (!name || store_find(p->box->store, name, &stored, &gone) < 0 || !stored.complete || rotten)
		return 0;
	*ret = stored;
	stored = (struct dump){0};
	return 0;
}

/* A folder's digest is of a list of names with the dump's own before them: as it would be under that dump's name. */
static int digest_as(const struct pulling *p, const struct dump *d, char ret_sha256[SHA256_HEX], struct error *err)
{
	const struct strings *files = &p->published.files;
	CLEANUP(text_done) struct text list = {0};

	for (size_t i = 0; i < files->count; i++) {
		const char *slash = strchr(files->items[i], '/');

		text_addf(&list, "%.*s%s%s\n", (int)(slash - files->items[i]), files->items[i], path_base(d->path), slash);
	}
	return digest_bytes(list.data ? list.data : "", list.length, ret_sha256, err);
}

int pulling_find_folder_here(const struct pulling *p, struct dump *ret, struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	char sha256[SHA256_HEX];
	bool rotten;

	if (store_list(p->box->store, p->source->name, &list, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		struct dump *d = &list.items[i];

		if (d->form != DUMP_FOLDER || !d->complete || d->bytes != p->published.digest.bytes)
			continue;
		if (digest_as(p, d, sha256, err) < 0 || is_rotten(p, d->name, &rotten, err) < 0)
			return -1;
		if (rotten || strcmp(sha256, d->sha256) != 0)
			continue;
		*ret = *d;
		*d = (struct dump){0};
		return 0;
	}
	return 0;
}

/* ---------------------------------------------------------------- of when it is */

/* Where it is known when an earlier archive of this source was begun, its clock tells of the zone there. */
static int64_t zone_by(const struct dump *d)
{
	CLEANUP(archive_head_done) struct archive_head head = {0};
	int64_t known = d->has_manifest ? d->taken : d->origin.modified;
	unsigned char bytes[ARCHIVE_HEAD_MOST];
	autoclose int fd = open(d->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
	struct error unread;

	if (n < 0 || archive_head_parse(bytes, (size_t)n, &head, &unread) < 0)
		return ZONE_LEAST;
	return as_of_zone(head.created, known);
}

static int known_zone(const struct pulling *p, int64_t *ret, struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};

	*ret = ZONE_LEAST;
	/* without a source, what lies together may be of many servers */
	if (!config_source(&p->box->config, p->source->name))
		return 0;
	if (box_dumps(p->box, p->source->name, &list, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct dump *d = &list.items[i];
		bool knows = d->complete && d->form != DUMP_FOLDER && d->state != DUMP_REFUTED && d->origin.where &&
			     (d->has_manifest || d->origin.modified != TIME_UNKNOWN);
		int64_t zone = knows ? zone_by(d) : ZONE_LEAST;

		if (zone > *ret)
			*ret = zone;
	}
	return 0;
}

/* Of the clock on a wall where it was begun, in a zone that may be known from earlier ones. */
static int guess_by_clock(struct pulling *p, int64_t now, int64_t *ret, struct error *err)
{
	const struct published *came = &p->published;
	char when[TIME_TEXT], older[UNIT_TEXT];
	struct as_of guess;
	int64_t zone;

	if (known_zone(p, &zone, err) < 0)
		return -1;
	guess = as_of_guess(came->created, came->origin.modified, zone, now);
	strings_add_owned(&p->notes,
			  format("no manifest came with the dump: data as of %s is %s, and may be up to %s older",
				 time_rfc3339(guess.at, when),
				 guess.written      ? (p->handed ? "when the file was written" :
								   "when the server says that it was written") :
				 zone == ZONE_LEAST ? "the earliest that the clock can have meant where the dump was begun, "
						      "in a time zone that nobody noted" :
						      "what the clock said where the dump was begun, in the time zone that "
						      "earlier dumps tell of",
				 human_seconds((double)guess.older_by, older)));
	*ret = guess.at;
	return 0;
}

/* The dump does not say when it was begun. Whoever copied the file may have made it younger than it is. */
static int guess_by_writing(struct pulling *p, int64_t now, int64_t *ret, struct error *err)
{
	int64_t modified = p->published.origin.modified;
	char when[TIME_TEXT];

	if (modified == TIME_UNKNOWN)
		return fail(err, ERR_SOURCE, "nothing tells of when '%s' is, neither the dump nor %s: make it with pg_dump "
			    "--verbose", p->published.file, p->handed ? "a file" : "the server");
	*ret = modified < now ? modified : now;
	strings_add_owned(&p->notes, format("no manifest came with the dump, and it does not say when it was begun: data as of %s "
					    "is when %s, and may be older by any time",
					    time_rfc3339(*ret, when),
					    p->handed ? "the file was written" : "the server says that it was written"));
	return 0;
}

/* Without a manifest. */
static int guess_data_as_of(struct pulling *p, int64_t *ret, struct error *err)
{
	const struct published *came = &p->published;
	int64_t now = clock_wall();
	char when[TIME_TEXT];

	if (came->clock.known && came->clock.there < now)
		now = came->clock.there;
	if (p->handed && p->handed->as_of != TIME_UNKNOWN) {
		*ret = p->handed->as_of;
		strings_add_owned(&p->notes, format("no manifest came with the dump: data as of %s is what was said with --as-of",
						    time_rfc3339(*ret, when)));
		return 0;
	}
	if (came->created == TIME_UNKNOWN)
		return guess_by_writing(p, now, ret, err);
	if (!came->utc)
		return guess_by_clock(p, now, ret, err);
	*ret = came->created < now ? came->created : now;
	strings_add_owned(&p->notes, format("no manifest came with the dump: data as of %s is when it was begun, by its own word",
					    time_rfc3339(*ret, when)));
	return 0;
}

/* What came with its digest may all the same be another dump's, or of a clock that was wrong. */
static int check_times(const struct pulling *p, struct error *err)
{
	const struct published *came = &p->published;
	const char *cure = p->handed ? "hand in the dump with its own manifest" : "publish dump and manifest anew";
	int64_t snapshot = p->manifest.snapshot_time, modified = came->origin.modified;
	char at[TIME_TEXT], other[TIME_TEXT];

	if (came->created != TIME_UNKNOWN && !as_of_fits(snapshot, came->created))
		return fail(err, ERR_DATA,
			    "the manifest beside '%s' is of another dump: it says data as of %s, and the archive was begun when "
			    "the clock there said %.19s; %s",
			    came->file, time_rfc3339(snapshot, at), time_rfc3339(came->created, other), cure);
	if (snapshot > clock_wall() + SKEW_TOLERANCE_S)
		return fail(err, ERR_CLOCK,
			    "the manifest of '%s' says data as of %s, which is in the future: set the clock of its server, "
			    "and %s",
			    came->file, time_rfc3339(snapshot, at), p->handed ? "make the dump anew" : "publish it anew");
	if (modified != TIME_UNKNOWN && snapshot > modified + WRITTEN_BEFORE_S)
		return fail(err, ERR_DATA,
			    "the manifest of '%s' says data as of %s, and %s before that, at %s: a clock was wrong there; set it, "
			    "and %s",
			    came->file, time_rfc3339(snapshot, at),
			    p->handed ? "the file was written" : "the server says that the file was written",
			    time_rfc3339(modified, other), p->handed ? "make the dump anew" : "publish it anew");
	return 0;
}

/* ---------------------------------------------------------------- into the store */

/* One that cannot be read stays beside its dump as it came: the drill says what is wrong with it. */
static void read_manifest(struct pulling *p)
{
	struct error why;

	if (!p->published.manifest ||
	    manifest_parse(p->published.manifest, p->published.manifest_n, &p->manifest, &why) == 0)
		return;
	strings_add(&p->notes, why.text);
	p->manifest = (struct manifest){0};
}

int pulling_take_in(struct pulling *p, struct incoming *in, struct dump *ret, struct error *err)
{
	const struct published *came = &p->published;
	struct arriving what = {
		.database = came->database,
		.manifest_text = came->manifest,
		.manifest_n = came->manifest_n,
		.digest = came->files.count ? NULL : &came->digest,
	};

	read_manifest(p);
	if (p->manifest.database) {
		what.database = p->manifest.database;
		what.taken = p->manifest.snapshot_time;
	}
	if (p->manifest.database ? check_times(p, err) < 0 : guess_data_as_of(p, &what.taken, err) < 0) {
		if (err->kind == ERR_DATA)
			store_abort(in); /* it is never gone on with */
		return -1;
	}
	lock_note(p->box->lock, &LOCK_WORK("store", NULL));
	return store_commit(p->box->store, in, &what, p->deadline, ret, err);
}

void pulling_note_origin(struct pulling *p)
{
	autofree char *unverified = NULL;

	if (p->published.origin.vouch == VOUCH_NONE && (unverified = origin_sentence(&p->published.origin)))
		strings_add(&p->notes, unverified);
}
