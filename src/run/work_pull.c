#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "run/examine.h"
#include "run/pulling.h"

#define ATTEMPTS 2 /* a pull that was crossed is tried once more */
#define GROWTH 1.2 /* a dump may be that much larger than the last one */

void pulling_done(struct pulling *p)
{
	progress_free(&p->progress);
	toolset_done(&p->tools);
	reachable_done(&p->reachable);
	strings_done(&p->notes);
	source_answers_done(&p->answers);
	published_done(&p->published);
	manifest_done(&p->manifest);
	dump_done(&p->here);
}

void pulling_transfer_begins(struct pulling *p, int64_t of)
{
	if (!p->transferring)
		progress_phase(p->progress, "pull", PROGRESS_BYTES, of, p->seconds_before);
	p->transferring = true;
}

void pulling_tell(struct pulling *p, int64_t bytes, int64_t of, const char *waiting_for)
{
	progress_at(p->progress, bytes, waiting_for);
	lock_note(p->box->lock, &(struct lock_work){.phase = "pull", .bytes = true, .done = bytes, .of = of,
						    .rate = p->transferring ? progress_rate(p->progress) : 0,
						    .left = p->transferring ? progress_left(p->progress) : -1,
						    .item = waiting_for});
}

int pulling_estimate(struct pulling *p, int64_t guess, struct error *err)
{
	int64_t last;

	if (ledger_pull_size(p->box->ledger, p->source->name, &last, &p->seconds_before, err) < 0)
		return -1;
	p->expected = last > 0 ? (int64_t)((double)last * GROWTH) : guess;
	if (last <= 0)
		p->seconds_before = -1;
	return 0;
}

int pulling_check_clocks(const struct pulling *p, struct error *err)
{
	return p->clocks.known ? examine_skew(p->source->name, p->clocks.there, p->clocks.here, err) : 0;
}

static int pull_it(struct pulling *p, struct dump *ret, struct error *err)
{
	int (*const pull)(struct pulling *, struct dump *, struct error *) =
		p->source->type == SOURCE_POSTGRES ? pulling_live : pulling_published;

	if (reachable_open(p->source, &p->reachable, err) < 0)
		return -1;
	for (int i = 1; pull(p, ret, err) < 0; i++) {
		if (err->kind != ERR_CHANGED || i == ATTEMPTS)
			return -1;
		log_notice("%s; once more", err->text);
		manifest_done(&p->manifest);
		published_done(&p->published);
		p->transferring = false;
	}
	return 0;
}

/* The window is the schedule's: a person who asks knows what hour it is. */
static int wait_for_window(const struct source_config *source, enum trigger trigger, struct error *err)
{
	autofree char *hours = window_text(&source->window);

	if (trigger != TRIGGER_SCHEDULE || window_is_open(&source->window, clock_wall()))
		return 0;
	return fail(err, ERR_PAUSED, "the window %s for pulls is closed: the schedule waits until it opens, 'drillbox pull %s' "
		    "does not",
		    hours, source->name);
}

static int64_t window_end(const struct source_config *source, enum trigger trigger)
{
	return trigger == TRIGGER_SCHEDULE ? window_closes(&source->window, clock_wall()) : INT64_MAX;
}

static struct deadline deadline_of(const struct pulling *p, int64_t window_ends)
{
	struct deadline d = deadline_in((struct deadline){INT64_MAX, p->box->stop_fd}, p->source->pull_timeout_s * 1000);

	return window_ends == INT64_MAX ? d : deadline_in(d, (window_ends - clock_wall()) * 1000);
}

/* It was the window that ended it: that is no failure, and nothing to be tried in five minutes. */
static void explain_window(const struct pulling *p, int64_t window_ends, struct error *err)
{
	autofree char *hours = window_text(&p->source->window);

	if (err->kind != ERR_TIMEOUT || clock_wall() < window_ends)
		return;
	(void)fail(err, ERR_PAUSED, "the window %s closed before the pull was over: it %s when the window opens again; "
		   "'drillbox pull %s' does not wait for it", hours,
		   p->source->type == SOURCE_POSTGRES ? "begins anew" : "goes on where it stopped", p->source->name);
}

int pulling_record(struct pulling *p, double started, const struct dump *dump, const struct error *why, bool interrupted,
		   struct error *err)
{
	struct pull_outcome outcome = {
		.why = why,
		.interrupted = interrupted,
		.seconds = clock_mono() - started,
		.dump = why ? NULL : dump,
		.manifest_sha256 = *p->digests.manifest ? p->digests.manifest : NULL,
		.system_identifier = p->manifest.system_identifier,
		.database_oid = p->manifest.database_oid,
		.server_version = p->manifest.server_version,
		.skew_known = p->clocks.known,
		.skew_verified = p->clocks.verified,
		.skew_s = p->clocks.here - p->clocks.there,
		.origin = !p->handed && p->source->type == SOURCE_POSTGRES ? NULL : &p->published.origin,
		.notes = &p->notes,
	};

	return ledger_pull_end(p->box->ledger, p->row, &outcome, err);
}

int work_pull(struct box *box, const struct source_config *source, enum trigger trigger, int64_t round,
	      struct dump *ret, int64_t *ret_row, bool *ret_more, struct error *err)
{
	CLEANUP(pulling_done) struct pulling p = {
		.box = box,
		.source = source,
		.progress = progress_new(stderr, source->name),
	};
	int64_t window_ends = window_end(source, trigger);
	double started = clock_mono();
	bool interrupted = false;
	struct error trouble;
	int result;

	*ret_row = 0;
	*ret_more = false;
	if (ledger_source_seen(box->ledger, source->name, err) < 0 ||
	    ledger_pull_begin(box->ledger, source->name, trigger, round, &p.row, err) < 0)
		return -1;
	*ret_row = p.row;
	lock_note(box->lock, &LOCK_WORK("pull", source->name));
	progress_phase(p.progress, "pull", PROGRESS_TIME, 0, -1);
	p.deadline = deadline_of(&p, window_ends);
	result = wait_for_window(source, trigger, err) < 0 ? -1 : pull_it(&p, ret, err);
	if (result < 0)
		explain_window(&p, window_ends, err);
	if (result < 0 && err->kind == ERR_STOPPED)
		interrupted = box_explain_stop(box, err);
	if (result < 0 && err->kind == ERR_CURRENT) {
		*ret = p.here;
		p.here = (struct dump){0};
	}
	if (pulling_record(&p, started, ret, result < 0 ? err : NULL, interrupted, &trouble) < 0) {
		*err = trouble;
		return -1;
	}
	*ret_more = result == 0 && p.published.newer;
	if (*ret_more)
		log_notice("a part of '%s' was here, so it was finished first, as %s; '%s' is newer, and comes next",
			   p.published.file,
			   ret->name, p.published.newer);
	return result;
}

int work_import(struct box *box, const struct source_config *source, const struct handing *what, struct imported *ret,
		struct error *err)
{
	CLEANUP(pulling_done) struct pulling p = {
		.box = box,
		.handed = what,
		.source = source,
		.progress = progress_new(stderr, source->name),
		.published.created = TIME_UNKNOWN,
		.seconds_before = -1,
		.begun = clock_wall(),
		.deadline = deadline_in((struct deadline){INT64_MAX, box->stop_fd}, source->pull_timeout_s * 1000),
	};
	double started = clock_mono();
	bool interrupted = false;
	struct error trouble;
	int result = pulling_handed(&p, &ret->dump, err);

	ret->seconds = clock_mono() - started;
	if (result < 0 && err->kind == ERR_STOPPED)
		interrupted = box_explain_stop(box, err);
	if (p.row && pulling_record(&p, started, &ret->dump, result < 0 ? err : NULL, interrupted, &trouble) < 0) {
		*err = trouble;
		result = -1;
	}
	ret->notes = p.notes;
	p.notes = (struct strings){0};
	if (result == 0 || err->kind != ERR_CURRENT)
		return result;
	ret->dump = p.here;
	ret->was_here = true;
	p.here = (struct dump){0};
	return 0;
}

void imported_done(struct imported *i)
{
	dump_done(&i->dump);
	strings_done(&i->notes);
}
