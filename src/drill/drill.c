#include "drill/drill.h"

#include <poll.h>
#include <stdlib.h>

#include "base/errand.h"
#include "drill/cluster.h"
#include "drill/inspect.h"
#include "drill/integrity.h"
#include "drill/inventory.h"
#include "drill/media.h"
#include "drill/parity.h"
#include "drill/plan.h"
#include "drill/restore.h"
#include "drill/sql_checks.h"
#include "drill/writes.h"
#include "port/sandbox.h"

#define NAMED_MOST 5
#define DYING_MS 3000 /* between the first sign of a server's death and its end */

/* A drill on its way up. */
struct climb {
	const struct drill_request *r;
	struct drill_outcome *o;
	struct findings *f; /* of the outcome */
	const struct tool *tool;
	struct toc toc;
	struct plan plan;
	bool planned; /* before the bytes were read */
	struct text plan_summary;
	double plan_seconds;
	struct cluster cluster;
	bool cluster_up;
	struct errand *early; /* in which the cluster starts; it must not end before the cluster does. NULL: none */
	int64_t early_entries;
	int early_result;
	struct error early_error;
	struct restore_result restored;
	struct parity parity;
	char *sorted_otherwise; /* an excuse for what queries find; NULL: none */
	double verified; /* when the bytes were */
	size_t answered; /* of the operator's checks: pass or fail */
};

/* What a rung says to the ones above it. */
enum step { STEP_BROKEN = -1, STEP_ON, STEP_STOP };

static void stop_cluster(struct climb *c)
{
	errand_wait(c->early, -1);
	if (c->cluster_up)
		cluster_stop(&c->cluster);
	c->cluster_up = false;
	errand_done(&c->early);
}

static void climb_done(struct climb *c)
{
	/* the cluster first: whoever still asks it something gets an answer then */
	stop_cluster(c);
	parity_done(&c->parity);
	free(c->sorted_otherwise);
	restore_result_done(&c->restored);
	text_done(&c->plan_summary);
	plan_done(&c->plan);
	toc_done(&c->toc);
}

static void progress(const struct drill_request *r, enum rung rung, const char *text, int64_t done, int64_t of)
{
	if (r->progress)
		r->progress(r->context, rung, text, done, of);
}

/* An error that ends the drill, and not only a rung. */
static bool ends_all(const struct climb *c, const struct error *err)
{
	return err->kind == ERR_STOPPED || (err->kind == ERR_TIMEOUT && deadline_left(c->r->deadline) == 0);
}

/* ---------------------------------------------------------------- before the first rung */

/* Entries that the dump holds, or about as many where it was not looked into yet. */
static int64_t entries(const struct climb *c)
{
	size_t n = 0;

	for (size_t i = 0; c->r->manifest && i < c->r->manifest->class_count; i++)
		n += c->r->manifest->classes[i].count;
	return (int64_t)(c->toc.count > n ? c->toc.count : n);
}

static int start_cluster(struct climb *c, int64_t objects, struct error *err)
{
	struct cluster_request request = {
		.tool = c->tool,
		.data = c->r->data,
		.id = c->r->id,
		.in_memory = c->plan.in_memory,
		.bytes = c->plan.in_memory ? c->plan.memory_bytes : c->plan.estimate,
		.objects = objects,
		.jobs = c->plan.jobs,
		.locales = c->plan.locales,
		.preload = c->plan.preload,
		.deadline = c->r->deadline,
	};

	c->cluster = CLUSTER_INIT;
	if (cluster_start(&request, &c->cluster, err) < 0)
		return -1;
	c->cluster_up = true;
	return 0;
}

static void start_beside(void *context)
{
	struct climb *c = context;

	c->early_result = start_cluster(c, c->early_entries, &c->early_error);
}

/*
 * The manifest says all that a plan needs: the cluster starts while the bytes
 * are read back and the archive is looked into.
 */
static int plan_ahead(struct climb *c, struct error *err)
{
	double began = clock_mono();

	if (!c->r->manifest)
		return 0;
	c->planned = true;
	c->tool = plan_tool(c->r, c->f);
	if (c->tool && plan_make(c->r, c->tool, &c->toc, &c->plan, c->f, &c->plan_summary, err) < 0)
		return -1;
	c->plan_seconds = clock_mono() - began;
	if (c->tool && findings_rung_well(c->f, RUNG_PLAN)) {
		c->early_entries = entries(c); /* before the archive is looked into beside it */
		c->early = errand_start(start_beside, c);
	}
	return 0;
}

/* ---------------------------------------------------------------- 1 to 3: the dump as it lies there */

static enum step climb_media(struct climb *c, struct text *summary, struct error *err)
{
	if (media_check(c->r, c->f, summary, err) < 0)
		return STEP_BROKEN;
	c->verified = clock_mono();
	return findings_count(c->f, RUNG_MEDIA, RESULT_FAIL) ? STEP_STOP : STEP_ON;
}

static enum step climb_inspect(struct climb *c, struct text *summary, struct error *err)
{
	struct measure m = {.source = c->r->manifest,
			    .predecessor = c->r->predecessor,
			    .dump_name = c->r->dump->name,
			    .predecessor_name = c->r->predecessor_name};
	size_t gone;

	if (!c->planned)
		c->tool = plan_tool(c->r, c->f);
	if (!c->tool) {
		text_add(summary, "not read: the box has no PostgreSQL that serves");
		return STEP_STOP;
	}
	if (inspect_dump(c->r, c->tool, &c->toc, c->f, summary, err) < 0)
		return STEP_BROKEN;
	if (!c->toc.version)
		return STEP_STOP;
	if (!c->r->manifest && inventory_check(c->r, c->tool, &c->toc, c->f, summary, err) < 0)
		return STEP_BROKEN;
	if (c->r->accepted)
		return STEP_ON;
	compare_identity(&m, c->f);
	gone = compare_gone(&m, c->f);
	if (gone)
		text_addf(summary, "; %zu %s gone since %s", gone, gone == 1 ? "table" : "tables", c->r->predecessor_name);
	return STEP_ON;
}

static enum step climb_plan(struct climb *c, struct text *summary, struct error *err)
{
	if (c->planned)
		text_add(summary, c->plan_summary.data);
	else if (plan_make(c->r, c->tool, &c->toc, &c->plan, c->f, summary, err) < 0)
		return STEP_BROKEN;
	return findings_rung_well(c->f, RUNG_PLAN) ? STEP_ON : STEP_STOP;
}

/* ---------------------------------------------------------------- 4 and 5: back to life */

static int cluster_result(struct climb *c, struct error *err)
{
	if (!c->early)
		return start_cluster(c, entries(c), err);
	errand_wait(c->early, -1);
	*err = c->early_error;
	return c->early_result;
}

static enum step climb_cluster(struct climb *c, struct text *summary, struct error *err)
{
	bool capped;
	autofree char *memory = sandbox_memory_words(&capped);

	if (cluster_result(c, err) < 0 &&
	    (err->kind != ERR_SPACE || !c->plan.in_memory || plan_move_to_disk(c->r, &c->plan, c->f, err) < 0 ||
	     start_cluster(c, entries(c), err) < 0)) {
		if (ends_all(c, err))
			return STEP_BROKEN;
		findings_add_error(c->f, RUNG_CLUSTER, "cluster", err);
		text_add(summary, "it did not start");
		return STEP_STOP;
	}
	set_text(&c->o->postgres, c->tool->version);
	findings_add(c->f, RUNG_CLUSTER, RESULT_PASS, "cluster", c->tool->version, c->tool->version, NULL);
	text_addf(summary, "PostgreSQL %s, %s; %s", c->tool->version, c->plan.in_memory ? "in memory" : "on the disk", memory);
	return STEP_ON;
}

static int restore_once(struct climb *c, struct text *summary, struct error *err)
{
	struct restore_request request = {
		.drill = c->r,
		.cluster = &c->cluster,
		.tool = c->tool,
		.toc = &c->toc,
		.shape = &c->plan.shape,
		.substituted_locale = c->plan.substituted_locale,
		.locale_unknown = c->plan.locale_unknown,
		.collations = &c->plan.collations,
		.older = &c->plan.older,
		.newer = &c->plan.newer,
		.jobs = c->plan.jobs,
		.keep_free = PLAN_KEEP_FREE,
	};

	return restore_run(&request, &c->restored, c->f, summary, err);
}

/* What memory did not hold is restored once more, on the disk. */
static int restore_on_disk(struct climb *c, struct text *summary, struct error *err)
{
	stop_cluster(c);
	restore_result_done(&c->restored);
	text_done(summary);
	if (plan_move_to_disk(c->r, &c->plan, c->f, err) < 0)
		return -1;
	if (!findings_rung_well(c->f, RUNG_PLAN)) {
		text_add(summary, "did not fit into memory, and the disk has no room");
		return 0;
	}
	if (start_cluster(c, entries(c), err) < 0)
		return -1;
	return restore_once(c, summary, err);
}

/*
 * Whether the cluster is dead; 'err' then says why. A connection that was cut
 * comes before the death that cut it: that is waited for a little.
 */
static bool cluster_died(struct climb *c, struct error *err)
{
	struct deadline until = deadline_in(NO_DEADLINE, err->kind == ERR_NETWORK ? DYING_MS : 0);
	struct error death;

	if (!errand_wait(c->early, 0) || !c->cluster_up)
		return false;
	do {
		if (cluster_check(&c->cluster, &death) < 0) {
			*err = death;
			return true;
		}
		process_rest(&c->cluster.process, 10, until);
	} while (deadline_left(until) != 0);
	return false;
}

/* No room in memory, by pg_restore's words or by the last ones of the server. */
static bool memory_was_short(struct climb *c, struct error *err)
{
	if (!c->plan.in_memory || ends_all(c, err))
		return false;
	(void)cluster_died(c, err);
	return err->kind == ERR_SPACE;
}

static enum step climb_restore(struct climb *c, struct text *summary, struct error *err)
{
	bool again = false;

	if (restore_once(c, summary, err) < 0) {
		again = memory_was_short(c, err);
		if (!again)
			return STEP_BROKEN;
	}
	if ((again || (c->restored.out_of_space && c->plan.in_memory)) && restore_on_disk(c, summary, err) < 0)
		return STEP_BROKEN;
	c->o->in_memory = c->plan.in_memory;
	c->o->jobs = c->restored.jobs;
	if (!c->restored.usable)
		return STEP_STOP;
	c->f->restore_seconds = clock_mono() - c->verified;
	return STEP_ON;
}

/* ---------------------------------------------------------------- 6 to 8: what came back */

/* A first pull of an empty database is more often a wrong name than a database to protect. */
static void doubt_emptiness(const struct climb *c)
{
	if (c->r->manifest && !c->r->predecessor && !c->r->accepted && !parity_source_has_contents(c->r->manifest))
		findings_add(c->f, RUNG_STRUCTURE, RESULT_UNDECIDED, "contents", "", "",
			     "the source has nothing in it: no table, sequence, view, function or large object, so nothing was "
			     "compared; if it is the right database: drillbox accept %s --why '...'",
			     c->r->dump->name);
}

static enum step climb_structure(struct climb *c, struct text *summary, struct error *err)
{
	struct pg_target target = cluster_target(&c->cluster, c->restored.database);

	if (parity_open(&c->parity, c->r, &target, c->restored.excuse, err) < 0)
		return STEP_BROKEN;
	c->o->restored_bytes = c->parity.restored.bytes;
	if (cluster_bytes(&c->cluster, &c->o->scratch_bytes, err) < 0)
		return STEP_BROKEN;
	doubt_emptiness(c);
	return parity_structure(&c->parity, c->f, summary, err) < 0 ? STEP_BROKEN : STEP_ON;
}

static enum step climb_volume(struct climb *c, struct text *summary, struct error *err)
{
	return parity_volume(&c->parity, c->f, summary, err) < 0 ? STEP_BROKEN : STEP_ON;
}

static enum step climb_sequences(struct climb *c, struct text *summary, struct error *err UNUSED)
{
	parity_sequences(&c->parity, c->f, summary);
	return STEP_ON;
}

/* ---------------------------------------------------------------- 9 to 12 */

static void check_begins(void *context, const char *name, size_t done, size_t of)
{
	const struct climb *c = context;

	progress(c->r, RUNG_CHECKS, name, (int64_t)done, (int64_t)of);
}

/* What the box lacked for what queries find: they see the order of text, which rows and catalogue do not show. */
static const char *excuse_for_queries(struct climb *c)
{
	if (!c->parity.excuse && c->plan.substituted_locale && !c->sorted_otherwise)
		c->sorted_otherwise = format("text is sorted by other rules than the source's here, because the box has no locale "
					     "'%s': install it", c->plan.substituted_locale);
	return c->parity.excuse ? c->parity.excuse : c->sorted_otherwise;
}

static enum step climb_checks(struct climb *c, struct text *summary, struct error *err)
{
	CLEANUP(sql_checks_done) struct sql_checks checks = {0};
	struct pg_target target = cluster_target(&c->cluster, c->restored.database);
	struct sql_checks_run run = {
		.target = &target,
		.dump_time = c->r->dump->taken,
		.last_values = c->r->last_values,
		.last_value_count = c->r->last_value_count,
		.excuse = excuse_for_queries(c),
		.deadline = c->r->deadline,
		.progress = check_begins,
		.context = c,
	};
	autofree char *names = NULL;
	size_t skipped;

	if (sql_checks_read(c->r->checks_dir, &checks, err) < 0) {
		findings_add_error(c->f, RUNG_CHECKS, "checks", err);
		text_add(summary, "the folder could not be read");
		return STEP_ON;
	}
	if (checks.count == 0) {
		findings_add(c->f, RUNG_CHECKS, RESULT_SKIP, "checks", "", "", "no checks of your own");
		text_add(summary, "no checks of your own");
		return STEP_ON;
	}
	c->answered = sql_checks_run(&checks, &run, c->f);
	names = sql_checks_names(&checks);
	skipped = findings_count(c->f, RUNG_CHECKS, RESULT_SKIP);
	text_addf(summary, "%zu of %zu: %s", findings_count(c->f, RUNG_CHECKS, RESULT_PASS), checks.count, names);
	if (skipped)
		text_addf(summary, "; %zu skipped: no proven value to compare with yet", skipped);
	return STEP_ON;
}

static enum step climb_writes(struct climb *c, struct text *summary, struct error *err)
{
	struct pg_target target = cluster_target(&c->cluster, c->restored.database);
	const struct writes_run run = {.drill = c->r,
				       .cluster = &c->cluster,
				       .keep_free = PLAN_KEEP_FREE,
				       .target = &target,
				       .restored = &c->parity.restored,
				       .excuse = excuse_for_queries(c)};

	return writes_check(&run, c->f, summary, err) < 0 ? STEP_BROKEN : STEP_ON;
}

static enum step climb_integrity(struct climb *c, struct text *summary, struct error *err)
{
	struct pg_target target = cluster_target(&c->cluster, c->restored.database);
	const struct integrity_run run = {.drill = c->r,
					  .target = &target,
					  .measure = &c->parity.measure,
					  .restored = &c->parity.restored};

	return integrity_check(&run, c->f, summary, err) < 0 ? STEP_BROKEN : STEP_ON;
}

static enum step climb_time(struct climb *c, struct text *summary, struct error *err UNUSED)
{
	char took[UNIT_TEXT], budget[UNIT_TEXT], median[UNIT_TEXT];
	double seconds = c->f->restore_seconds;
	int64_t allowed = c->r->source->budget_s;

	human_seconds(seconds, took);
	human_seconds((double)allowed, budget);
	text_addf(summary, "%s from verified bytes to a usable database on this box", took);
	if (allowed && seconds > (double)allowed)
		findings_add(c->f, RUNG_TIME, RESULT_FAIL, "budget", budget, took,
			     "the restore took %s on this box, more than its budget of %s ([drill] budget)", took, budget);
	else
		findings_add(c->f, RUNG_TIME, RESULT_PASS, allowed ? "budget" : "restore", allowed ? budget : "", took, NULL);
	if (allowed)
		text_addf(summary, "; budget %s", budget);
	if (c->r->restore_median_of)
		text_addf(summary, "; median of %zu: %s", c->r->restore_median_of,
			  human_seconds(c->r->restore_median, median));
	return STEP_ON;
}

/* ---------------------------------------------------------------- the way up */

static const struct {
	enum rung rung;
	enum step (*climb)(struct climb *c, struct text *summary, struct error *err);
} ladder[] = {
	{RUNG_MEDIA, climb_media},	   {RUNG_INSPECT, climb_inspect},     {RUNG_PLAN, climb_plan},
	{RUNG_CLUSTER, climb_cluster},	   {RUNG_RESTORE, climb_restore},     {RUNG_STRUCTURE, climb_structure},
	{RUNG_VOLUME, climb_volume},	   {RUNG_SEQUENCES, climb_sequences}, {RUNG_CHECKS, climb_checks},
	/* what writes may not leave all as it was */
	{RUNG_INTEGRITY, climb_integrity}, {RUNG_WRITES, climb_writes},	      {RUNG_TIME, climb_time},
};

/* Time and stop are asked for between the rungs too: not every rung ends with an error then. */
static int still_in_time(const struct climb *c, struct error *err)
{
	char timeout[UNIT_TEXT];

	if (deadline_stopped(c->r->deadline))
		return fail(err, ERR_STOPPED, "the drill was stopped");
	if (deadline_left(c->r->deadline) == 0)
		return fail(err, ERR_TIMEOUT, "the drill did not end in time ([drill] timeout = %s); give it more, or less to do",
			    human_seconds((double)c->r->source->drill_timeout_s, timeout));
	return 0;
}

/* A dead cluster takes every query with it: its death is what to tell. */
static int explain(struct climb *c, enum rung rung, struct error *err)
{
	struct error death;

	if (still_in_time(c, &death) < 0) {
		if (err->kind != ERR_STOPPED)
			*err = death;
	} else {
		(void)cluster_died(c, err);
	}
	findings_add_error(c->f, rung, rung_word(rung), err);
	return -1;
}

static enum step climb_one(struct climb *c, size_t i, struct error *err)
{
	CLEANUP(text_done) struct text summary = {0};
	enum rung rung = ladder[i].rung;
	double began = clock_mono();
	enum step step;

	if (!level_has_rung(c->r->level, rung)) {
		findings_add(c->f, rung, RESULT_SKIP, rung_word(rung), "", "", "a %s drill leaves it out",
			     level_word(c->r->level));
		return STEP_ON;
	}
	progress(c->r, rung, "", 0, 0);
	step = ladder[i].climb(c, &summary, err);
	if (summary.length || step != STEP_ON)
		findings_add_phase(c->f, rung, clock_mono() - began + (rung == RUNG_PLAN ? c->plan_seconds : 0), "%s",
				   summary.length ? summary.data : "did not end");
	if (step == STEP_BROKEN || (step == STEP_ON && still_in_time(c, err) < 0))
		return explain(c, rung, err);
	return step;
}

/* ---------------------------------------------------------------- the verdict */

/* "3 tables came back with fewer rows than the source had: ...", where that and nothing else is wrong. */
static void headline(const struct findings *f, char **reason)
{
	CLEANUP(strings_done) struct strings tables = {0};
	autofree char *names = NULL;

	for (size_t i = 0; i < f->check_count; i++) {
		const struct check *c = &f->checks[i];
		int64_t expected, actual;

		if (c->result != RESULT_FAIL)
			continue;
		if (c->rung != RUNG_VOLUME || !parse_int(c->expected, 0, INT64_MAX, &expected) ||
		    !parse_int(c->actual, 0, INT64_MAX, &actual) || actual >= expected || starts_with(c->name, "large object"))
			return;
		strings_add(&tables, c->name);
	}
	if (tables.count < 2)
		return;
	names = strings_join(&tables, ", ", NAMED_MOST);
	free(*reason);
	*reason = format("%zu tables came back with fewer rows than the source had: %s", tables.count, names);
}

/* A dump before counts where it could be compared with; a quick drill compares with nothing, and proves nothing. */
static bool was_measured(const struct climb *c)
{
	if (c->r->manifest || c->r->accepted || c->answered)
		return true;
	return c->r->predecessor && (!level_has_rung(c->r->level, RUNG_VOLUME) || compare_drift_passed(c->f));
}

static void judge(const struct climb *c)
{
	bool measured = was_measured(c);

	c->o->verdict = findings_verdict(c->f, c->r->level, measured, &c->o->reason);
	if (c->o->verdict == VERDICT_FAIL)
		headline(c->f, &c->o->reason);
}

/* The restored database stays up for a person to look at, until the time is over or a stop is asked for. */
static void keep(struct climb *c)
{
	autofree char *line = cluster_psql_line(&c->cluster, c->restored.database);
	struct deadline until = deadline_in((struct deadline){INT64_MAX, c->r->deadline.stop_fd}, c->r->keep_s * 1000);
	struct pollfd fds[] = {{.fd = until.stop_fd, .events = POLLIN}, {.fd = c->cluster.process.pidfd, .events = POLLIN}};

	/* our own sessions would count against the person's */
	parity_done(&c->parity);
	if (c->r->kept)
		c->r->kept(c->r->context, c->o, line);
	while (deadline_left(until) != 0)
		if (poll(fds, COUNT(fds), deadline_left(until)) > 0)
			return;
}

int drill_run(const struct drill_request *request, struct drill_outcome *ret, struct error *err)
{
	CLEANUP(climb_done) struct climb c = {.r = request, .o = ret, .f = &ret->findings, .cluster = CLUSTER_INIT};
	double began = clock_mono();
	enum step step = STEP_ON;

	ret->findings.restore_seconds = -1;
	if (plan_ahead(&c, err) < 0)
		step = explain(&c, RUNG_PLAN, err);
	for (size_t i = 0; i < COUNT(ladder) && step == STEP_ON; i++)
		step = climb_one(&c, i, err);
	ret->seconds = clock_mono() - began;
	if (step == STEP_BROKEN)
		return -1;
	judge(&c);
	if (request->keep_s > 0 && c.restored.usable)
		keep(&c);
	return 0;
}

void drill_outcome_done(struct drill_outcome *o)
{
	findings_done(&o->findings);
	free(o->reason);
	free(o->postgres);
	*o = (struct drill_outcome){0};
}
