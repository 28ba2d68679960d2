/* A dump that a person hands in. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/as_of.h"
#include "model/dump_head.h"
#include "pull/handed.h"
#include "run/pulling.h"

#define NAME_MOST 190 /* of a database, as it is part of a file's name: with time, form and ".sha256" that is no more than 255 */

/* ---------------------------------------------------------------- whether it is here */

/* What is in the store stays as it is. */
static void note_manifest_beside(struct pulling *p)
{
	autofree char *manifest = format("%s.json", p->handed->path);

	if (!p->here.has_manifest && !same(p->handed->path, HANDED_INPUT) && path_exists(manifest))
		strings_add_owned(&p->notes, format("the manifest '%s' was not taken, for the dump is here without one: hand both "
						    "in for another --source", manifest));
}

static void note_what_was_said_in_vain(struct pulling *p)
{
	if (p->handed->database || p->handed->as_of != TIME_UNKNOWN)
		strings_add_owned(&p->notes, xstrdup("what is here keeps the database and the time it came with: --database and "
						     "--as-of changed nothing; hand it in for another --source"));
}

static int say_it_is_here(struct pulling *p, struct dump *stored, struct error *err)
{
	char when[TIME_TEXT];

	dump_done(&p->here);
	p->here = *stored;
	*stored = (struct dump){0};
	note_manifest_beside(p);
	note_what_was_said_in_vain(p);
	return fail(err, ERR_CURRENT, "'%s' is here already as %s (data as of %s)", p->handed->path, p->here.name,
		    time_rfc3339(p->here.taken, when));
}

/* By the digest beside it; one that is of another file is found when the bytes are read. */
static int on_offered(void *context, const struct origin *origin, const char *sha256, int64_t bytes, struct error *err)
{
	CLEANUP(dump_done) struct dump stored = {0};
	struct pulling *p = context;

	if (!*sha256)
		return 0;
	if (pulling_find_here(p, origin, sha256, bytes, &stored, err) < 0)
		return -1;
	return stored.name && stored.bytes == bytes ? say_it_is_here(p, &stored, err) : 0;
}

static int look_again(struct pulling *p, struct error *err)
{
	const struct published *came = &p->published;
	CLEANUP(dump_done) struct dump stored = {0};

	if (came->files.count ? pulling_find_folder_here(p, &stored, err) < 0 :
				pulling_find_here(p, &came->origin, came->digest.sha256, came->digest.bytes, &stored, err) < 0)
		return -1;
	/* one that lost some of its bytes in the store is not what was handed in */
	return stored.name && stored.bytes == came->digest.bytes ? say_it_is_here(p, &stored, err) : 0;
}

/* ---------------------------------------------------------------- what it is called, and of when it is */

static bool may_be_named(const char *database)
{
	autofree char *encoded = percent_encode(database);

	return *database && strlen(encoded) <= NAME_MOST;
}

/* By its own word, by the person's, or by its file's name. */
static int name_it(struct pulling *p, struct error *err)
{
	const char *said = p->handed->database;
	struct published *came = &p->published;

	if (came->database && said && !same(came->database, said))
		return fail(err, ERR_USAGE, "'%s' is a dump of the database '%s', by its own word: leave --database out",
			    p->handed->path, came->database);
	if (!came->database && said)
		came->database = xstrdup(said);
	if (!came->database && !same(p->handed->path, HANDED_INPUT))
		came->database = dump_head_name_of(came->origin.where);
	if (came->database && may_be_named(came->database))
		return 0;
	return fail(err, ERR_USAGE, "nothing tells of which database '%s' is, or its name is too long: say it with --database NAME",
		    p->handed->path);
}

static int date_it(const struct pulling *p, struct error *err)
{
	const struct published *came = &p->published;
	int64_t said = p->handed->as_of;
	char other[TIME_TEXT];

	if (said != TIME_UNKNOWN && said > clock_wall())
		return fail(err, ERR_USAGE, "--as-of is in the future: say of when the data is");
	if (said != TIME_UNKNOWN && came->created != TIME_UNKNOWN && !as_of_fits(said, came->created))
		return fail(err, ERR_USAGE,
			    "'%s' was begun when the clock there said %.19s, which does not go with --as-of: leave that out",
			    p->handed->path, time_rfc3339(came->created, other));
	if (said != TIME_UNKNOWN || came->created != TIME_UNKNOWN || came->origin.modified != TIME_UNKNOWN)
		return 0;
	return fail(err, ERR_USAGE, "nothing tells of when the data in '%s' is: say it, such as --as-of 2026-11-22T04:15:00Z",
		    p->handed->path);
}

static int on_recognised(void *context, const struct published *so_far UNUSED, struct error *err)
{
	return name_it(context, err) < 0 ? -1 : date_it(context, err);
}

/* ---------------------------------------------------------------- its bytes */

static int on_admit(void *context, int64_t bytes, struct error *err)
{
	struct pulling *p = context;

	p->expected = bytes > 0 ? bytes : 0;
	pulling_transfer_begins(p, p->expected);
	return pulling_make_room(p, err);
}

static void on_progress(void *context, int64_t bytes, int64_t of)
{
	pulling_tell(context, bytes, of, NULL);
}

static int bring(struct pulling *p, const struct incoming *in, struct error *err)
{
	struct handed_request request = {
		.path = p->handed->path,
		.part_path = in->path,
		.size_cap = p->source->max_size,
		.deadline = p->deadline,
		.offered = on_offered,
		.admit = on_admit,
		.recognised = on_recognised,
		.progress = on_progress,
		.context = p,
		.notes = &p->notes,
	};

	if (pulling_floor(p, &request.space_floor, err) < 0)
		return -1;
	return pull_handed(&request, &p->published, err);
}

int pulling_handed(struct pulling *p, struct dump *ret, struct error *err)
{
	CLEANUP(store_abort) struct incoming in = INCOMING_INIT;

	lock_note(p->box->lock, &LOCK_WORK("import", p->source->name));
	if (store_begin(p->box->store, p->source->name, &in, err) < 0 || bring(p, &in, err) < 0 || look_again(p, err) < 0 ||
	    ledger_import_begin(p->box->ledger, p->source->name, p->begun, &p->row, err) < 0)
		return -1;
	pulling_note_origin(p);
	if (pulling_take_in(p, &in, ret, err) < 0)
		return -1;
	return store_digests(ret, &p->digests, err);
}
