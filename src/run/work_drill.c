#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "drill/drill.h"
#include "model/compare.h"
#include "port/digest.h"
#include "port/toolset.h"
#include "report/progress.h"
#include "run/work.h"
#include "store/manifest_file.h"

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
	struct dump predecessor_dump;
	char *no_measure;
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
	dump_done(&p->predecessor_dump);
	dump_record_done(&p->record);
	drill_record_done(&p->last_proof);
	toolset_done(&p->tools);
	cleanup_free(&p->predecessor_name);
	cleanup_free(&p->no_measure);
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
	lock_note(w->box->lock, &(struct lock_work){.phase = rung_word(rung), .bytes = rung == RUNG_MEDIA, .done = done, .of = of,
						    .rate = progress_rate(w->progress), .left = progress_left(w->progress),
						    .item = text});
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

static void watchers_done(struct watchers *w)
{
	progress_free(&w->progress);
}

/* The verdict stands, the database stays up: the row is written before the wait. */
static void on_kept(void *context, const struct drill_outcome *outcome, const char *psql_line)
{
	struct watchers *w = context;

	progress_free(&w->progress);
	if (record_end(w, outcome, NULL) < 0)
		log_error("%s", w->err->text);
	fprintf(w->work->quiet ? stderr : stdout,
		"drill %lld of %s: %s. The restored database stays up; look at it with\n  %s\nCtrl-C ends it sooner.\n",
		(long long)w->row, w->work->dump->name, verdict_word(outcome->verdict), psql_line);
	(void)fflush(stdout);
	lock_note(w->box->lock, &LOCK_WORK("kept", psql_line));
}

/* Whether it came with one: by the ledger, or where that never saw it come, by the list of digests beside it. */
static bool came_with_manifest(const struct drill_work *work, const struct preparation *p)
{
	struct dump_digests listed;
	struct error why;

	if (*p->record.sha256)
		return *p->record.manifest_sha256;
	return store_digests(work->dump, &listed, &why) < 0 || *listed.manifest;
}

/* After prepare_digests(). */
static void prepare_manifest(const struct drill_work *work, struct preparation *p, struct drill_request *r)
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
		r->manifest_state = came_with_manifest(work, p) ? MANIFEST_MISSING : MANIFEST_NOT_EXPECTED;
	}
	if (r->manifest_state == MANIFEST_NOT_EXPECTED)
		origin_without_manifest(&p->record.origin);
	if (r->manifest_state == MANIFEST_READ || r->manifest_state == MANIFEST_UNREADABLE)
		r->manifest_path = p->manifest_path;
}

/*
 * What a dump without a manifest was found to hold by the drill that proved it:
 * the rows of its tables and which are parts of others, which is all that drift
 * needs (drill/parity.c notes both).
 */
static int rows_as_proven(const struct box *box, const struct dump_record *record, struct manifest *ret, struct error *err)
{
	CLEANUP(drill_record_done) struct drill_record proof = {0};
	const struct findings *f = &proof.findings;
	struct object_class *parts;

	if (!record->decided_by || record->state != DUMP_PROVEN)
		return fail(err, ERR_NOTHING, "it came without a manifest, and no drill has proven it");
	if (ledger_drill(box->ledger, record->decided_by, &proof, err) < 0)
		return -1;
	*ret = (struct manifest){0};
	parts = manifest_add_class(ret, COMPARE_TABLES);
	strings_add(&parts->keys, COMPARE_INHERITS);
	for (size_t i = 0; i < f->check_count; i++) {
		const struct check *c = &f->checks[i];
		int64_t rows;

		if (c->result != RESULT_SKIP || !strchr(c->name, '.') || !*c->actual)
			continue;
		if (c->rung == RUNG_STRUCTURE)
			set_text(&object_class_add(parts, c->name)->values[0], c->actual);
		else if (c->rung == RUNG_VOLUME && parse_int(c->actual, 0, INT64_MAX, &rows))
			*manifest_add_relation(ret) = (struct relation){.name = xstrdup(c->name), .rows = rows};
	}
	manifest_sort(ret);
	return 0;
}

/* The manifest of a stored dump, as it was when it came; of one that came without, what was proven of it. */
static int trusted_manifest(const struct box *box, const struct dump *d, struct manifest *ret, struct error *err)
{
	CLEANUP(dump_record_done) struct dump_record record = {0};
	autofree char *path = store_manifest_path(d);
	const struct digest_reading how = {0};
	struct digest_result found;

	if (ledger_dump(box->ledger, d->name, &record, err) < 0)
		return -1;
	if (*record.sha256 && !*record.manifest_sha256)
		return rows_as_proven(box, &record, ret, err);
	if (digest_file(path, &how, &found, err) < 0)
		return -1;
	if (*record.manifest_sha256 && strcmp(record.manifest_sha256, found.sha256) != 0)
		return fail(err, ERR_DATA, "'%s' is not what it was when it came", path);
	return manifest_load(path, ret, err);
}

/*
 * The dump this one is measured against: the newest proven or accepted one before
 * it that still is in the store. Where none of their manifests can be trusted any
 * more, nobody can tell whether the source shrank, and 'no_measure' says so.
 */
static int prepare_predecessor(const struct box *box, const struct drill_work *work, struct preparation *p,
			       struct drill_request *r, struct error *err)
{
	int64_t before = work->dump->taken;
	struct error why;

	for (;;) {
		CLEANUP(dump_done) struct dump stored = {0};
		autofree char *name = NULL, *source = NULL, *database = NULL;

		if (ledger_baseline(box->ledger, work->dump->source, before, &name, err) < 0)
			return -1;
		if (!name || !dump_name_parse(name, &source, &database, &before))
			return 0;
		/* dumps that were handed in for no source may be of any databases: another one is no measure */
		if (!config_source(&box->config, work->dump->source) && !dump_same_database(name, work->dump->name))
			continue;
		if (store_find(box->store, name, &stored, &why) < 0)
			continue; /* retention let it go */
		if (trusted_manifest(box, &stored, &p->predecessor, &why) == 0) {
			set_text(&p->no_measure, NULL);
			r->predecessor = &p->predecessor;
			r->predecessor_name = p->predecessor_name = take(name);
			p->predecessor_dump = stored;
			stored = (struct dump){0};
			r->predecessor_dump = &p->predecessor_dump;
			return 0;
		}
		if (!p->no_measure)
			p->no_measure = format("%s was to be compared with %s, but that cannot be relied on: %s",
					       work->dump->name, name, why.text);
	}
}

/* What the operator's checks came to in the drill that proved the predecessor, for "within N% of last proven". */
static int prepare_last_values(const struct box *box, struct preparation *p, struct drill_request *r, struct error *err)
{
	CLEANUP(dump_record_done) struct dump_record proof = {0};
	const struct findings *f = &p->last_proof.findings;
	size_t n = 0;

	if (!p->predecessor_name)
		return 0;
	if (ledger_dump(box->ledger, p->predecessor_name, &proof, err) < 0)
		return -1;
	if (proof.state != DUMP_PROVEN) /* accepted as it is: what its checks came to says nothing */
		return 0;
	if (ledger_drill(box->ledger, proof.decided_by, &p->last_proof, err) < 0)
		return -1;
	p->last_values = xcalloc(f->check_count + 1, sizeof(*p->last_values));
	for (size_t i = 0; i < f->check_count; i++) {
		const struct check *c = &f->checks[i];

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
	if (toolset_scan(&p->tools, &box->config.box.bins, r->deadline, err) < 0 ||
	    prepare_digests(box, work, p, r, err) < 0)
		return -1;
	prepare_manifest(work, p, r);
	if (prepare_predecessor(box, work, p, r, err) < 0 ||
	    prepare_last_values(box, p, r, err) < 0 ||
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

/* For ever after: what nobody vouches for may prove to be restorable, and still be something else than was published. */
static void note_origin(const struct preparation *p, struct findings *f)
{
	autofree char *said = origin_sentence(&p->record.origin);

	if (said)
		findings_note(f, "%s", said);
}

static int prepare_and_run(struct preparation *p, const struct watchers *w, struct drill_request *r,
			   struct drill_outcome *outcome, struct error *err)
{
	if (prepare(w->box, w->work, w->row, p, r, err) < 0)
		return -1;
	note_origin(p, &outcome->findings);
	if (p->no_measure && !r->accepted && level_has_rung(r->level, RUNG_VOLUME))
		findings_add(&outcome->findings, RUNG_VOLUME, RESULT_UNDECIDED, "last proven dump", "", "",
			     "%s; when you know that the source has not shrunk: drillbox accept %s --why '...'", p->no_measure,
			     r->dump->name);
	return drill_run(r, outcome, err);
}

int work_drill(struct box *box, const struct drill_work *work, struct drilled *ret, struct error *err)
{
	CLEANUP(preparation_done) struct preparation p = {0};
	CLEANUP(drill_outcome_done) struct drill_outcome outcome = {0};
	CLEANUP(watchers_done) struct watchers watchers = {
		.box = box, .work = work, .progress = progress_new(stderr, work->dump->source), .err = err};
	struct drill_request request = {.progress = on_progress, .kept = on_kept, .context = &watchers};
	const struct error *why = NULL;
	struct error trouble;

	if (ledger_drill_begin(box->ledger, work->dump->source, work->dump->name, work->level, work->trigger, work->round,
			       &watchers.row, err) < 0)
		return -1;
	lock_note(box->lock, &LOCK_WORK("drill", work->dump->name));
	if (prepare_and_run(&p, &watchers, &request, &outcome, &trouble) < 0) {
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
