#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "model/retention.h"
#include "port/toolset.h"
#include "pull/postgres.h"
#include "pull/precheck.h"
#include "report/progress.h"
#include "run/overview.h"
#include "run/secret.h"
#include "run/work.h"

#define ATTEMPTS 2	     /* a pull that was crossed is tried once more */
#define FIRST_GUESS 4	     /* a first dump is taken to need a quarter of the database's size */
#define GROWTH 1.2	     /* a dump may be that much larger than the last one */
#define SPACE_FLOOR (64 << 20) /* left free whatever happens, for ledger and journal */

struct pulling {
	struct box *box;
	const struct source_config *source;
	struct progress *progress;
	struct toolset tools;
	struct reachable reachable;
	struct strings notes;
	struct source_answers answers;
	struct manifest manifest;
	struct dump_digests digests;
	struct deadline deadline;
	int64_t expected;
	double seconds_before; /* the last pull's */
	bool dumping;
};

static void pulling_done(struct pulling *p)
{
	progress_free(&p->progress);
	toolset_done(&p->tools);
	reachable_done(&p->reachable);
	strings_done(&p->notes);
	source_answers_done(&p->answers);
	manifest_done(&p->manifest);
}

static void on_progress(void *context, const struct pull_progress *now)
{
	struct pulling *p = context;

	if (now->stage >= PULL_DUMPING && !p->dumping) {
		progress_phase(p->progress, "pull", PROGRESS_BYTES, p->expected, p->seconds_before);
		p->dumping = true;
	}
	if (p->dumping)
		progress_at(p->progress, now->bytes, NULL);
	else
		progress_at(p->progress, 0, now->waiting_for);
	lock_note(p->box->lock, "pull", now->bytes, p->expected, now->waiting_for);
}

/* Remove dumps in this order until what comes fits; what went is in the pull's notes. */
static int remove_until_it_fits(struct pulling *p, const struct dumps *list, const size_t *order, size_t count,
				int64_t reserve, struct error *err)
{
	const char *data = p->box->config.box.data;
	int64_t room;

	for (size_t i = 0;; i++) {
		const struct dump *victim;
		char *note;

		if (free_bytes(data, &room, err) < 0)
			return -1;
		if (store_admit(p->expected, room, reserve, err) == 0)
			return 0;
		if (i == count)
			return -1;
		victim = &list->items[order[i]];
		note = format("the disk was full: %s (%s) went to make room", victim->name, dump_state_word(victim->state));
		log_notice("%s", note);
		strings_add_owned(&p->notes, note);
		if (store_remove(p->box->store, victim, err) < 0)
			return -1;
	}
}

/*
 * Whether what comes fits beside the reserve for scratch. Where it does not, this
 * source's dumps go, in retention's order; none where all that may go would not
 * be enough.
 */
static int make_room(struct pulling *p, struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	const struct source_config *source = p->source;
	struct keep keep = {source->keep_daily, source->keep_weekly, source->keep_monthly};
	autofree size_t *order = NULL;
	int64_t reserve, room;
	struct error hopeless;
	size_t count;

	if (scratch_reserve(p->box->ledger, &reserve, err) < 0 || free_bytes(p->box->config.box.data, &room, err) < 0)
		return -1;
	reserve += SPACE_FLOOR;
	if (store_admit(p->expected, room, reserve, err) == 0)
		return 0;
	if (box_dumps(p->box, source->name, &list, NULL, err) < 0)
		return -1;
	order = xcalloc(list.count + 1, sizeof(*order));
	count = retention_pressure_order(&list, source->name, keep, clock_wall() + SKEW_TOLERANCE_S, order);
	for (size_t i = 0; i < count; i++)
		room += list.items[order[i]].bytes;
	if (store_admit(p->expected, room, reserve, &hopeless) < 0)
		return fail_within(err, "even without every dump of '%s' that may go", source->name);
	return remove_until_it_fits(p, &list, order, count, reserve, err);
}

static int estimate(struct pulling *p, struct error *err)
{
	int64_t last;

	if (ledger_pull_size(p->box->ledger, p->source->name, &last, &p->seconds_before, err) < 0)
		return -1;
	if (last > 0)
		p->expected = (int64_t)((double)last * GROWTH);
	else
		p->expected = p->answers.bytes > 0 ? p->answers.bytes / FIRST_GUESS : 0;
	if (last <= 0)
		p->seconds_before = -1;
	return 0;
}

static int check_clocks(const struct pulling *p, struct error *err)
{
	int64_t skew = p->answers.box_time - p->answers.source_time;
	char here[TIME_TEXT], there[TIME_TEXT];

	if (!p->answers.asked || llabs(skew) <= SKEW_TOLERANCE_S)
		return 0;
	return fail(err, ERR_CLOCK, "the clocks differ by %lld s: the box says %s, '%s' says %s: set the one that is wrong",
		    (long long)llabs(skew), time_rfc3339(p->answers.box_time, here), p->source->name,
		    time_rfc3339(p->answers.source_time, there));
}

/* Everything that can be known before the first byte. */
static int look_before(struct pulling *p, struct error *err)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};

	if (toolset_scan(&p->tools, &p->box->config.box.bins, p->deadline, err) < 0 ||
	    reachable_open(p->source, &p->reachable, err) < 0 ||
	    precheck_postgres(&p->reachable.source, p->reachable.password, &p->tools, p->deadline, &list, &p->answers,
			      err) < 0 ||
	    prechecks_verdict(&list, err) < 0 || check_clocks(p, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].level == PRECHECK_WARN)
			strings_add(&p->notes, list.items[i].sentence);
	return estimate(p, err) < 0 ? -1 : make_room(p, err);
}

/* One attempt: a dump in the store, or an error and nothing left. */
static int attempt(struct pulling *p, struct dump *ret, struct error *err)
{
	CLEANUP(store_abort) struct incoming in = INCOMING_INIT;
	int64_t reserve;
	struct pull_request request = {
		.source = &p->reachable.source,
		.password = p->reachable.password,
		.tool = p->answers.tool,
		.size_cap = p->source->max_size,
		.deadline = p->deadline,
		.progress = on_progress,
		.context = p,
		.notes = &p->notes,
	};

	if (scratch_reserve(p->box->ledger, &reserve, err) < 0 ||
	    store_begin(p->box->store, p->source->name, &in, err) < 0)
		return -1;
	request.part_path = in.path;
	request.space_floor = reserve + SPACE_FLOOR;
	if (pull_postgres(&request, &p->manifest, err) < 0)
		return -1;
	set_text(&p->manifest.source, p->source->name);
	lock_note(p->box->lock, "store", 0, 0, NULL);
	if (store_commit(p->box->store, &in, &p->manifest, p->deadline, ret, err) < 0)
		return -1;
	return store_digests(ret, &p->digests, err);
}

static int pull_it(struct pulling *p, struct dump *ret, struct error *err)
{
	if (look_before(p, err) < 0)
		return -1;
	for (int i = 1; attempt(p, ret, err) < 0; i++) {
		if (err->kind != ERR_CHANGED || i == ATTEMPTS)
			return -1;
		log_notice("%s; once more", err->text);
		manifest_done(&p->manifest);
		p->manifest = (struct manifest){0};
		p->dumping = false;
	}
	return 0;
}

static int record(struct pulling *p, int64_t row, double started, const struct dump *dump, const struct error *why,
		  bool interrupted, struct error *err)
{
	struct pull_outcome outcome = {
		.why = why,
		.interrupted = interrupted,
		.seconds = clock_mono() - started,
		.dump = why ? NULL : dump,
		.manifest_sha256 = p->digests.manifest,
		.system_identifier = p->manifest.system_identifier,
		.database_oid = p->manifest.database_oid,
		.server_version = p->manifest.server_version,
		.skew_known = p->answers.asked,
		.skew_verified = p->answers.time_verified,
		.skew_s = p->answers.box_time - p->answers.source_time,
		.notes = &p->notes,
	};

	return ledger_pull_end(p->box->ledger, row, &outcome, err);
}

int work_pull(struct box *box, const struct source_config *source, enum trigger trigger, int64_t round,
	      struct dump *ret, int64_t *ret_row, struct error *err)
{
	CLEANUP(pulling_done) struct pulling p = {
		.box = box,
		.source = source,
		.progress = progress_new(stderr, source->name),
		.deadline = deadline_in((struct deadline){INT64_MAX, box->stop_fd}, source->pull_timeout_s * 1000),
	};
	double started = clock_mono();
	bool interrupted = false;
	struct error trouble;
	int result;

	*ret_row = 0;
	if (ledger_source_seen(box->ledger, source->name, err) < 0 ||
	    ledger_pull_begin(box->ledger, source->name, trigger, round, ret_row, err) < 0)
		return -1;
	lock_note(box->lock, "pull", 0, 0, source->name);
	progress_phase(p.progress, "pull", PROGRESS_TIME, 0, -1);
	result = pull_it(&p, ret, err);
	if (result < 0 && err->kind == ERR_STOPPED)
		interrupted = box_explain_stop(box, err);
	if (record(&p, *ret_row, started, ret, result < 0 ? err : NULL, interrupted, &trouble) < 0) {
		*err = trouble;
		return -1;
	}
	return result;
}
