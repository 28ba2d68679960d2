/* A dump that comes from where it was published. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "model/archive_head.h"
#include "model/as_of.h"
#include "run/pulling.h"
#include "store/manifest_file.h"

#define WRITTEN_BEFORE_S 3600 /* so much may a file seem older than what is in it: two clocks differ */

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
static int is_rotten(struct pulling *p, const char *name, bool *ret, struct error *err)
{
	CLEANUP(dump_record_done) struct dump_record record = {0};

	if (ledger_dump(p->box->ledger, name, &record, err) < 0)
		return -1;
	*ret = record.rotten;
	return 0;
}

/* What lies beside a dump may be left from the one before; by its size, where that is known, the dump is another. */
static int refuse_stale_digest(const struct origin *origin, const struct dump *stored, int64_t bytes, struct error *err)
{
	return fail(err, ERR_NOTHING,
		    "the digest published for '%.160s' is that of %s, which is here and has %lld bytes, and the file there has "
		    "%lld: it was not written anew with the dump; let each dump be published with its own",
		    origin->where, stored->name, (long long)stored->bytes, (long long)bytes);
}

/* Whether this revision is in the store, whole and sound; the pull then delivers nothing, and says so plainly. */
static int refuse_what_is_here(struct pulling *p, const struct origin *origin, const char *sha256, int64_t bytes,
			       struct error *err)
{
	CLEANUP(dump_done) struct dump stored = {0};
	autofree char *name = NULL;
	bool rotten = false;
	struct error gone;
	char when[TIME_TEXT];

	if (ledger_came_before(p->box->ledger, p->source->name, origin, sha256, bytes, &name, err) < 0 ||
	    find_stored(p, sha256, &name, err) < 0 || (name && is_rotten(p, name, &rotten, err) < 0))
		return -1;
	if (!name || store_find(p->box->store, name, &stored, &gone) < 0 || !stored.complete || rotten)
		return 0;
	if (*sha256 && bytes >= 0 && bytes != stored.bytes)
		return refuse_stale_digest(origin, &stored, bytes, err);
	dump_done(&p->here);
	p->here = stored;
	stored = (struct dump){0};
	return fail(err, ERR_CURRENT,
		    "nothing newer is there than '%.160s', which is here already as %s (data as of %s%s): see to it that dumps go "
		    "on being published",
		    origin->where, name, time_rfc3339(p->here.taken, when), *sha256 ? ", by its sha256" : "");
}

static int on_offered(void *context, const struct origin *origin, const char *sha256, int64_t bytes, struct error *err)
{
	struct pulling *p = context;

	p->clocks = (struct two_clocks){p->published.clock.known, true, p->published.clock.there, p->published.clock.here};
	return pulling_check_clocks(p, err) < 0 ? -1 : refuse_what_is_here(p, origin, sha256, bytes, err);
}

static int on_admit(void *context, int64_t to_come, int64_t of, struct error *err)
{
	struct pulling *p = context;

	if (to_come >= 0)
		p->expected = to_come;
	pulling_transfer_begins(p, of > 0 ? of : 0);
	return pulling_make_room(p, err);
}

static void on_progress(void *context, int64_t bytes, int64_t of)
{
	pulling_tell(context, bytes, of > 0 ? of : 0, NULL);
}

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

/* Without a manifest. */
static int guess_data_as_of(struct pulling *p, int64_t *ret, struct error *err)
{
	const struct published *came = &p->published;
	int64_t now = clock_wall(), zone;
	char when[TIME_TEXT], older[UNIT_TEXT];
	struct as_of guess;

	if (known_zone(p, &zone, err) < 0)
		return -1;
	if (came->clock.known && came->clock.there < now)
		now = came->clock.there;
	guess = as_of_guess(came->created, came->origin.modified, zone, now);
	strings_add_owned(&p->notes,
			  format("no manifest came with the dump: data as of %s is %s, and may be up to %s older",
				 time_rfc3339(guess.at, when),
				 guess.written      ? "when the server says that it was written" :
				 zone == ZONE_LEAST ? "the earliest that the clock can have meant where the dump was begun, "
						      "in a time zone that nobody noted" :
						      "what the clock said where the dump was begun, in the time zone that "
						      "earlier dumps tell of",
				 human_seconds((double)guess.older_by, older)));
	*ret = guess.at;
	return 0;
}

/* What was published with its digest may all the same be another dump's, or of a clock that was wrong. */
static int check_times(const struct pulling *p, struct error *err)
{
	const struct published *came = &p->published;
	int64_t snapshot = p->manifest.snapshot_time, modified = came->origin.modified;
	char at[TIME_TEXT], other[TIME_TEXT];

	if (!as_of_fits(snapshot, came->created))
		return fail(err, ERR_DATA,
			    "the manifest beside '%s' is of another dump: it says data as of %s, and the archive was begun when "
			    "the clock there said %.19s; publish dump and manifest anew",
			    came->file, time_rfc3339(snapshot, at), time_rfc3339(came->created, other));
	if (snapshot > clock_wall() + SKEW_TOLERANCE_S)
		return fail(err, ERR_CLOCK,
			    "the manifest of '%s' says data as of %s, which is in the future: set the clock of its server, "
			    "and publish it anew",
			    came->file, time_rfc3339(snapshot, at));
	if (modified != TIME_UNKNOWN && snapshot > modified + WRITTEN_BEFORE_S)
		return fail(err, ERR_DATA,
			    "the manifest of '%s' says data as of %s, and the server says that the file was written before that, "
			    "at %s: a clock was wrong there; set it, and publish it anew",
			    came->file, time_rfc3339(snapshot, at), time_rfc3339(modified, other));
	return 0;
}

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

static int commit(struct pulling *p, struct incoming *in, struct dump *ret, struct error *err)
{
	const struct published *came = &p->published;
	struct arriving what = {
		.database = came->database,
		.manifest_text = came->manifest,
		.manifest_n = came->manifest_n,
		.digest = &came->digest,
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

static void add_notes(struct pulling *p)
{
	autofree char *unverified = NULL;

	if (p->published.resumed)
		strings_add(&p->notes, "this download went on where an earlier one was interrupted");
	if (p->published.newer)
		strings_add_owned(&p->notes,
				  format("a part of it was here, so it was finished first: '%.160s' is newer, and comes next",
					 p->published.newer));
	if (p->published.origin.vouch == VOUCH_NONE && (unverified = origin_sentence(&p->published.origin)))
		strings_add(&p->notes, unverified);
}

/* By the store: what was refuted and is gone does not count, what the ledger never saw does. */
static int newest_held(const struct pulling *p, int64_t *ret, struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	const struct dump *newest;

	if (store_list(p->box->store, p->source->name, &list, NULL, err) < 0)
		return -1;
	newest = dumps_newest(&list, p->source->name, clock_wall() + SKEW_TOLERANCE_S);
	*ret = newest ? newest->taken : TIME_UNKNOWN;
	return 0;
}

static int fetch(struct pulling *p, const struct incoming *in, struct error *err)
{
	const struct place_secrets secrets = reachable_secrets(&p->reachable);
	struct published_request request = {
		.source = &p->reachable.source,
		.secrets = &secrets,
		.part_path = in->path,
		.origin_path = in->origin,
		.size_cap = p->source->max_size,
		.deadline = p->deadline,
		.offered = on_offered,
		.admit = on_admit,
		.progress = on_progress,
		.context = p,
		.notes = &p->notes,
	};
	int done;

	if (pulling_floor(p, &request.space_floor, err) < 0 || newest_held(p, &request.held, err) < 0)
		return -1;
	done = pull_published(&request, &p->published, err);
	p->clocks = (struct two_clocks){p->published.clock.known, true, p->published.clock.there, p->published.clock.here};
	return done;
}

/*
 * Where nobody told their digest, only the bytes themselves say that they came before: a file that was
 * touched, copied or sent by another server is no fresher for that. As what they are published now is noted.
 */
static int look_again(struct pulling *p, struct incoming *in, struct error *err)
{
	const struct published *came = &p->published;
	struct error unnoted;

	if (refuse_what_is_here(p, &came->origin, came->digest.sha256, came->digest.bytes, err) == 0)
		return 0;
	if (err->kind != ERR_CURRENT)
		return -1;
	store_abort(in);
	if (ledger_published_as(p->box->ledger, p->here.name, &came->origin, &unnoted) < 0)
		*err = unnoted;
	return -1;
}

int pulling_published(struct pulling *p, struct dump *ret, struct error *err)
{
	CLEANUP(store_leave) struct incoming in = INCOMING_INIT; /* what has come stays for the next try */

	if (pulling_estimate(p, 0, err) < 0 || store_resume(p->box->store, p->source->name, &in, err) < 0 ||
	    fetch(p, &in, err) < 0 || look_again(p, &in, err) < 0)
		return -1;
	add_notes(p);
	if (commit(p, &in, ret, err) < 0)
		return -1;
	return store_digests(ret, &p->digests, err);
}
