#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "drill/drill.h"
#include "port/toolset.h"
#include "report/progress.h"
#include "run/work.h"

#define MEDIAN_OF 30

/* What a running drill tells the terminal and, through the lock, everybody else. */
struct watchers {
	struct box *box;
	struct progress *progress;
	const struct drill_work *work;
	int64_t row;
	enum rung rung;
	bool rung_known;
	bool recorded;
	bool interrupted;
	struct error *err;
};

/* All that drill_request points to. */
struct preparation {
	struct manifest manifest;
	struct manifest predecessor;
	char *predecessor_name;
	char *manifest_path;
	char *manifest_why;
	char *checks_dir;
	char id[32];
	struct dump_record record;
	struct dump_digests listed; /* beside the dump, where the ledger never saw it arrive */
	struct drill_record last_proof;
	struct drill_value *last_values;
	struct toolset tools;
};

static void preparation_done(struct preparation *p)
{
	manifest_done(&p->manifest);
	manifest_done(&p->predecessor);
	dump_record_done(&p->record);
	drill_record_done(&p->last_proof);
	toolset_done(&p->tools);
	cleanup_free(&p->predecessor_name);
	cleanup_free(&p->manifest_path);
	cleanup_free(&p->manifest_why);
	cleanup_free(&p->checks_dir);
	cleanup_free(&p->last_values);
}

static void on_progress(void *context, enum rung rung, const char *text, int64_t done, int64_t of)
{
	struct watchers *w = context;

	if (!w->rung_known || rung != w->rung) {
		double seconds = -1;
		struct error ignored;

		/* an estimate: without one, none is shown */
		IGNORE(ledger_phase_seconds(w->box->ledger, w->work->dump->source, rung, &seconds, &ignored));
		progress_phase(w->progress, rung_word(rung), rung == RUNG_MEDIA ? PROGRESS_BYTES : PROGRESS_OBJECTS, of,
			       seconds);
		w->rung = rung;
		w->rung_known = true;
	}
	progress_at(w->progress, done, text);
	lock_note(w->box->lock, rung_word(rung), done, of, text);
}

/* A row that could not be closed now is tried once more at the end. */
static int record_end(struct watchers *w, const struct drill_outcome *o, const struct error *why)
{
	struct drill_end end = {
		.verdict = why ? VERDICT_UNDECIDED : o->verdict,
		.reason = why ? why->text : o->reason ? o->reason : "",
		.why = why ? why->kind : ERR_NONE,
		.interrupted = w->interrupted,
		.seconds = o->seconds,
		.scratch_bytes = o->scratch_bytes,
		.findings = &o->findings,
	};

	if (ledger_drill_end(w->box->ledger, w->row, &end, w->err) < 0)
		return -1;
	w->recorded = true;
	return 0;
}

/* The verdict stands, the database stays up: the row is written before the wait. */
static void on_kept(void *context, const struct drill_outcome *outcome, const char *psql_line)
{
	struct watchers *w = context;

	if (record_end(w, outcome, NULL) < 0)
		log_error("%s", w->err->text);
	fprintf(w->work->quiet ? stderr : stdout,
		"drill %lld of %s: %s. The restored database stays up; look at it with\n  %s\nCtrl-C ends it sooner.\n",
		(long long)w->row, w->work->dump->name, verdict_word(outcome->verdict), psql_line);
	(void)fflush(stdout);
	lock_note(w->box->lock, "kept", 0, 0, psql_line);
}

static int prepare_manifest(const struct drill_work *work, struct preparation *p, struct drill_request *r)
{
	struct error why;

	p->manifest_path = store_manifest_path(work->dump);
	if (box_manifest(work->dump, &p->manifest, &why) == 0) {
		r->manifest_state = MANIFEST_READ;
		r->manifest = &p->manifest;
	} else if (why.kind != ERR_NOTHING) {
		r->manifest_state = MANIFEST_UNREADABLE;
		r->manifest_why = p->manifest_why = xstrdup(why.text);
	} else {
		/* every pull of a live server writes one */
		r->manifest_state = MANIFEST_MISSING;
	}
	if (r->manifest_state != MANIFEST_MISSING)
		r->manifest_path = p->manifest_path;
	return 0;
}

/* The dump this one is measured against, where it and its manifest are still there. */
static int prepare_predecessor(const struct box *box, const struct drill_work *work, struct preparation *p,
			       struct drill_request *r, struct error *err)
{
	CLEANUP(dump_done) struct dump before = {0};
	struct error ignored;

	if (ledger_baseline(box->ledger, work->dump->source, work->dump->taken, &p->predecessor_name, err) < 0)
		return -1;
	if (!p->predecessor_name || store_find(box->store, p->predecessor_name, &before, &ignored) < 0 ||
	    box_manifest(&before, &p->predecessor, &ignored) < 0)
		return 0;
	r->predecessor = &p->predecessor;
	r->predecessor_name = p->predecessor_name;
	return 0;
}

/* What the operator's checks came to in the drill that proved the predecessor, for "within N% of last proven". */
static int prepare_last_values(const struct box *box, const struct drill_work *work, struct preparation *p,
			       struct drill_request *r, struct error *err)
{
	CLEANUP(dumps_done) struct dumps all = {0};
	CLEANUP(dump_record_done) struct dump_record proof = {0};
	const struct dump *proven;
	size_t n = 0;

	if (box_dumps(box, work->dump->source, &all, err) < 0)
		return -1;
	proven = dumps_newest_proven(&all, work->dump->source, TIME_UNKNOWN);
	if (!proven || ledger_dump(box->ledger, proven->name, &proof, err) < 0 || !proof.decided_by)
		return proven ? (proof.decided_by ? -1 : 0) : 0;
	if (ledger_drill(box->ledger, proof.decided_by, &p->last_proof, err) < 0)
		return -1;
	p->last_values = xcalloc(p->last_proof.findings.check_count + 1, sizeof(*p->last_values));
	for (size_t i = 0; i < p->last_proof.findings.check_count; i++) {
		const struct check *c = &p->last_proof.findings.checks[i];

		/* a first value is a skip: there was nothing to compare it with */
		if (c->rung == RUNG_CHECKS && (c->result == RESULT_PASS || c->result == RESULT_SKIP) && c->actual[0])
			p->last_values[n++] = (struct drill_value){c->name, c->actual};
	}
	r->last_values = p->last_values;
	r->last_value_count = n;
	return 0;
}

/* What was it when it came? The ledger knows; one that is younger than the dump takes the store's list at its word. */
static int prepare_digests(const struct box *box, const struct drill_work *work, struct preparation *p,
			   struct drill_request *r, struct error *err)
{
	struct error said_by_the_drill;

	if (ledger_dump(box->ledger, work->dump->name, &p->record, err) < 0)
		return -1;
	if (*p->record.sha256) {
		r->expected_sha256 = p->record.sha256;
		r->expected_manifest_sha256 = *p->record.manifest_sha256 ? p->record.manifest_sha256 : NULL;
		return 0;
	}
	if (store_digests(work->dump, &p->listed, &said_by_the_drill) < 0)
		return 0;
	r->expected_manifest_sha256 = *p->listed.manifest ? p->listed.manifest : NULL;
	return ledger_dump_found(box->ledger, work->dump, r->expected_manifest_sha256, err);
}

static int prepare(const struct box *box, const struct drill_work *work, int64_t row, struct preparation *p,
		   struct drill_request *r, struct error *err)
{
	autofree char *checks = path_join(box->config.dir, "checks.d");

	r->dump = work->dump;
	r->source = work->source;
	r->level = work->level;
	r->keep_s = work->keep_s;
	r->data = box->config.box.data;
	(void)snprintf(p->id, sizeof(p->id), "drill-%lld", (long long)row);
	r->id = p->id;
	r->checks_dir = p->checks_dir = path_join(checks, work->dump->source);
	r->deadline = deadline_in((struct deadline){INT64_MAX, box->stop_fd}, work->source->drill_timeout_s * 1000);
	if (toolset_scan(&p->tools, &box->config.box.bins, r->deadline, err) < 0 || prepare_manifest(work, p, r) < 0 ||
	    prepare_digests(box, work, p, r, err) < 0 || prepare_predecessor(box, work, p, r, err) < 0 || prepare_last_values(box, work, p, r, err) < 0 ||
	    ledger_scratch_largest(box->ledger, work->dump->source, &r->known_scratch, err) < 0 ||
	    ledger_restore_median(box->ledger, work->dump->source, MEDIAN_OF, &r->restore_median, &r->restore_median_of,
				  err) < 0)
		return -1;
	r->tools = &p->tools;
	r->accepted = p->record.accepted;
	return 0;
}

void drilled_done(struct drilled *d)
{
	free(d->reason);
	*d = (struct drilled){0};
}

int work_drill(struct box *box, const struct drill_work *work, struct drilled *ret, struct error *err)
{
	CLEANUP(preparation_done) struct preparation p = {0};
	CLEANUP(drill_outcome_done) struct drill_outcome outcome = {0};
	CLEANUP(progress_free) struct progress *progress = progress_new(stderr, work->dump->source);
	struct watchers watchers = {.box = box, .work = work, .progress = progress, .err = err};
	struct drill_request request = {.progress = on_progress, .kept = on_kept, .context = &watchers};
	const struct error *why = NULL;
	struct error trouble;

	if (ledger_drill_begin(box->ledger, work->dump->source, work->dump->name, work->level, work->trigger, work->round,
			       &watchers.row, err) < 0)
		return -1;
	lock_note(box->lock, "drill", 0, 0, work->dump->name);
	if (prepare(box, work, watchers.row, &p, &request, &trouble) < 0 ||
	    drill_run(&request, &outcome, &trouble) < 0) {
		why = &trouble;
		if (why->kind == ERR_STOPPED)
			watchers.interrupted = box_explain_stop(box, &trouble);
	}
	/* a kept one was recorded when its verdict stood; the end of the wait changes nothing */
	if (!watchers.recorded && record_end(&watchers, &outcome, why) < 0)
		return -1;
	*ret = (struct drilled){
		.row = watchers.row,
		.verdict = why ? VERDICT_UNDECIDED : outcome.verdict,
		.reason = xstrdup(why ? why->text : outcome.reason ? outcome.reason : ""),
	};
	return 0;
}
