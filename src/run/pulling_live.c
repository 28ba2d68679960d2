/* A dump that pg_dump makes of a live server. */
#include "pull/confined.h"
#include "pull/postgres.h"
#include "run/pulling.h"

#define FIRST_GUESS 4 /* a first dump is taken to need a quarter of the database's size */

static void on_progress(void *context, const struct pull_progress *now)
{
	struct pulling *p = context;

	if (now->stage >= PULL_DUMPING)
		pulling_transfer_begins(p, p->expected);
	pulling_tell(p, p->transferring ? now->bytes : 0, p->expected, now->waiting_for);
}

/* Everything that can be known before the first byte. */
static int look_before(struct pulling *p, struct error *err)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};

	if (p->answers.reached) /* a second attempt: all of this was looked at a moment ago */
		return 0;
	if (toolset_scan(&p->tools, &p->box->config.box.bins, p->deadline, err) < 0 ||
	    precheck_postgres(&p->reachable.source, p->reachable.password, &p->tools, p->deadline, &list, &p->answers,
			      err) < 0)
		return -1;
	p->clocks = (struct two_clocks){p->answers.asked, p->answers.time_verified, p->answers.source_time, p->answers.box_time};
	if (prechecks_verdict(&list, err) < 0 || pulling_check_clocks(p, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].level == PRECHECK_WARN)
			strings_add(&p->notes, list.items[i].sentence);
	if (pulling_estimate(p, p->answers.bytes > 0 ? p->answers.bytes / FIRST_GUESS : 0, err) < 0)
		return -1;
	return pulling_make_room(p, err);
}

/* One attempt: a dump in the store, or an error and nothing left. */
static int attempt(struct pulling *p, struct dump *ret, struct error *err)
{
	CLEANUP(store_abort) struct incoming in = INCOMING_INIT;
	struct pull_request request = {
		.source = &p->reachable.source,
		.password = p->reachable.password,
		.tool = p->answers.tool,
		.size_cap = p->source->max_size,
		.deadline = p->deadline,
		.progress = on_progress,
		.context = p,
		.notes = &p->notes,
		.start = confined_start,
	};

	if (pulling_floor(p, &request.space_floor, err) < 0 ||
	    store_begin(p->box->store, p->source->name, &in, err) < 0)
		return -1;
	request.part_path = in.path;
	if (pull_postgres(&request, &p->manifest, err) < 0)
		return -1;
	set_text(&p->manifest.source, p->source->name);
	lock_note(p->box->lock, &LOCK_WORK("store", NULL));
	if (store_commit(p->box->store, &in,
			 &(struct arriving){.database = p->manifest.database, .taken = p->manifest.snapshot_time,
					    .manifest = &p->manifest},
			 p->deadline, ret, err) < 0)
		return -1;
	return store_digests(ret, &p->digests, err);
}

int pulling_live(struct pulling *p, struct dump *ret, struct error *err)
{
	return look_before(p, err) < 0 ? -1 : attempt(p, ret, err);
}
