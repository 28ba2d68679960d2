/* A dump that comes from where it was published. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "model/dump_head.h"
#include "run/pulling.h"

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
	char when[TIME_TEXT];

	if (pulling_find_here(p, origin, sha256, bytes, &stored, err) < 0)
		return -1;
	if (!stored.name)
		return 0;
	if (*sha256 && bytes >= 0 && bytes != stored.bytes)
		return refuse_stale_digest(origin, &stored, bytes, err);
	dump_done(&p->here);
	p->here = stored;
	stored = (struct dump){0};
	return fail(err, ERR_CURRENT,
		    "nothing newer is there than '%.160s', which is here already as %s (data as of %s%s): see to it that dumps go "
		    "on being published",
		    origin->where, p->here.name, time_rfc3339(p->here.taken, when), *sha256 ? ", by its sha256" : "");
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

static void add_notes(struct pulling *p)
{
	if (p->published.resumed)
		strings_add(&p->notes, "this download went on where an earlier one was interrupted");
	if (p->published.newer)
		strings_add_owned(&p->notes,
				  format("a part of it was here, so it was finished first: '%.160s' is newer, and comes next",
					 p->published.newer));
	pulling_note_origin(p);
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

/* Plain SQL says of which database it is only where it was made with --create. */
static void name_it(struct pulling *p)
{
	struct published *came = &p->published;

	if (!came->database)
		came->database = dump_head_name_of(came->file);
	if (!came->database)
		came->database = xstrdup(p->source->name);
}

int pulling_published(struct pulling *p, struct dump *ret, struct error *err)
{
	CLEANUP(store_leave) struct incoming in = INCOMING_INIT; /* what has come stays for the next try */

	if (pulling_estimate(p, 0, err) < 0 || store_resume(p->box->store, p->source->name, &in, err) < 0 ||
	    fetch(p, &in, err) < 0 || look_again(p, &in, err) < 0)
		return -1;
	add_notes(p);
	name_it(p);
	if (pulling_take_in(p, &in, ret, err) < 0)
		return -1;
	return store_digests(ret, &p->digests, err);
}
