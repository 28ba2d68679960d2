#include "run/publishing.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "model/retention.h"
#include "port/toolset.h"
#include "pull/postgres.h"
#include "pull/precheck.h"
#include "report/progress.h"
#include "run/box.h"
#include "run/examine.h"
#include "run/secret.h"
#include "store/index.h"

#define ATTEMPTS 2	       /* a dump that was crossed is tried once more */
#define FIRST_GUESS 4	       /* a first dump is taken to need a quarter of the database's size */
#define GROWTH 1.2	       /* a dump may be that much larger than the last one */
#define SPACE_FLOOR (256 << 20) /* left free whatever happens: the disk is another's too */

/* ---------------------------------------------------------------- the index, and what goes */

static void forget(char **goes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(goes[i]);
	free(goes);
}

/* Out of the index first, then off the disk. */
static int index_and_remove(struct publishing *p, const struct dumps *list, char *const *goes, struct error *err)
{
	struct publication *facts = &p->facts;
	struct error why;

	free(take(facts->index));
	if (index_write(p->store, p->source->name, list, goes, &facts->index, &facts->indexed, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		if (!goes[i])
			continue;
		/* the new one is published all the same: a dump that cannot be removed is in the index no more */
		if (store_remove(p->store, &list->items[i], &why) < 0) {
			log_error("%s; it is no longer published, and stays on the disk until the next time", why.text);
			continue;
		}
		facts->freed_bytes += list->items[i].bytes;
		strings_add_owned(&facts->removed, format("%s: %s", list->items[i].name, goes[i]));
	}
	return 0;
}

/* What is not whole is nobody's to pull, and takes no place among what is kept. */
static void set_aside_what_is_not_published(struct dumps *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct dump *d = &list->items[i];

		if (index_takes(d)) {
			list->items[kept++] = *d;
			continue;
		}
		log_notice("'%s' is not in the index, for it is %s: move it away", d->path,
			   d->complete ? "no dump of custom format" : "not whole");
		dump_done(d);
	}
	list->count = kept;
}

/* What was made just now is what was asked for, whatever those say that are dated ahead of it. */
static void keep_own(const struct publishing *p, const struct dumps *list, char **goes)
{
	for (size_t i = 0; p->facts.dump.name && i < list->count; i++)
		if (same(list->items[i].name, p->facts.dump.name))
			free(take(goes[i]));
}

static int settle(struct publishing *p, struct error *err)
{
	const struct source_config *source = p->source;
	struct keep keep = {source->keep_daily, source->keep_weekly, source->keep_monthly};
	CLEANUP(dumps_done) struct dumps list = {0};
	CLEANUP(strings_done) struct strings trouble = {0};
	char **goes;
	int done;

	if (store_list(p->store, source->name, &list, &trouble, err) < 0)
		return -1;
	for (size_t i = 0; i < trouble.count; i++)
		log_notice("%s", trouble.items[i]);
	set_aside_what_is_not_published(&list);
	goes = xcalloc(list.count + 1, sizeof(*goes));
	retention_judge_published(&list, source->name, keep, clock_wall() + SKEW_TOLERANCE_S, goes);
	keep_own(p, &list, goes);
	done = index_and_remove(p, &list, goes, err);
	forget(goes, list.count);
	return done;
}

/* ---------------------------------------------------------------- before */

int publishing_open(struct publishing *p, const struct config *config, const struct source_config *source,
		    const char *folder, struct deadline patience, struct error *err)
{
	autofree char *own = NULL;
	struct sweep swept = {0};

	p->config = config;
	p->source = source;
	p->stop.stop_fd = patience.stop_fd;
	p->facts.source = source->name;
	if (source->type != SOURCE_POSTGRES)
		return fail(err, ERR_CONFIG, "'%s' is no live server: only what is dumped here can be published", source->name);
	if (store_open_published(folder, &p->store, err) < 0 ||
	    lock_take_publish(store_root(p->store), source->name, patience, &p->lock, err) < 0 ||
	    store_sweep_source(p->store, source->name, &swept, err) < 0)
		return -1;
	if (swept.pulls || swept.removals || swept.strays)
		log_notice("cleared away what an interrupted run left of '%s'", source->name);
	own = path_join(store_root(p->store), source->name);
	return path_exists(own) ? settle(p, err) : 0;
}

void publishing_done(struct publishing *p)
{
	publication_done(&p->facts);
	lock_free(&p->lock);
	store_free(&p->store);
	*p = PUBLISHING_INIT;
}

/* ---------------------------------------------------------------- the dump */

/* One dump on its way. */
struct making {
	struct publishing *p;
	struct progress *progress;
	struct toolset tools;
	struct reachable reachable;
	struct source_answers answers;
	struct manifest manifest;
	struct deadline deadline;
	int64_t expected;
	bool dumping;
};

static void making_done(struct making *m)
{
	progress_free(&m->progress);
	toolset_done(&m->tools);
	reachable_done(&m->reachable);
	source_answers_done(&m->answers);
	manifest_done(&m->manifest);
}

static void on_progress(void *context, const struct pull_progress *now)
{
	struct making *m = context;

	if (now->stage >= PULL_DUMPING && !m->dumping) {
		progress_phase(m->progress, "publish", PROGRESS_BYTES, m->expected, -1);
		m->dumping = true;
	}
	if (m->dumping)
		progress_at(m->progress, now->bytes, NULL);
	else
		progress_at(m->progress, 0, now->waiting_for);
	lock_note(m->p->lock, &(struct lock_work){.phase = "publish", .bytes = true, .done = m->dumping ? now->bytes : 0,
						  .of = m->expected, .rate = m->dumping ? progress_rate(m->progress) : 0,
						  .left = m->dumping ? progress_left(m->progress) : -1,
						  .item = now->waiting_for});
}

/* From the last dump, or for the first from the database's size. */
static int estimate(struct making *m, struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	const char *name = m->p->source->name;
	const struct dump *last;

	if (store_list(m->p->store, name, &list, NULL, err) < 0)
		return -1;
	last = dumps_newest(&list, name, TIME_UNKNOWN);
	if (last)
		m->expected = (int64_t)((double)last->bytes * GROWTH);
	else
		m->expected = m->answers.bytes > 0 ? m->answers.bytes / FIRST_GUESS : 0;
	return 0;
}

static int look_at_room(const struct making *m, struct error *err)
{
	const char *folder = store_root(m->p->store);
	char want[UNIT_TEXT], have[UNIT_TEXT], floor[UNIT_TEXT];
	int64_t available;

	if (free_bytes(folder, &available, err) < 0)
		return -1;
	if (m->expected <= available - SPACE_FLOOR)
		return 0;
	return fail(err, ERR_SPACE,
		    "about %s are expected and %s are always left free, but '%s' has %s: keep fewer dumps ([keep]), or make room",
		    human_bytes(m->expected, want), human_bytes(SPACE_FLOOR, floor), folder, human_bytes(available, have));
}

static int look_before(struct making *m, struct error *err)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};

	if (toolset_scan(&m->tools, &m->p->config->box.bins, m->deadline, err) < 0 ||
	    reachable_open(m->p->source, &m->reachable, err) < 0 ||
	    precheck_postgres(&m->reachable.source, m->reachable.password, &m->tools, m->deadline, &list, &m->answers,
			      err) < 0 ||
	    prechecks_verdict(&list, err) < 0 ||
	    (m->answers.asked && examine_skew(m->p->source->name, m->answers.source_time, m->answers.box_time, err) < 0))
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].level == PRECHECK_WARN)
			strings_add(&m->p->facts.notes, list.items[i].sentence);
	if (m->reachable.source.format != FORMAT_CUSTOM)
		strings_add(&m->p->facts.notes,
			    "published in custom format, whatever [pull] format says: a dump there is one file");
	m->reachable.source.format = FORMAT_CUSTOM;
	return estimate(m, err) < 0 ? -1 : look_at_room(m, err);
}

/* One attempt: a dump under its name, or an error and nothing left. */
static int attempt(struct making *m, struct error *err)
{
	CLEANUP(store_abort) struct incoming in = INCOMING_INIT;
	struct publishing *p = m->p;
	struct pull_request request = {
		.source = &m->reachable.source,
		.password = m->reachable.password,
		.tool = m->answers.tool,
		.size_cap = p->source->max_size,
		.space_floor = SPACE_FLOOR,
		.deadline = m->deadline,
		.progress = on_progress,
		.context = m,
		.notes = &p->facts.notes,
	};

	if (store_begin(p->store, p->source->name, &in, err) < 0)
		return -1;
	request.part_path = in.path;
	if (pull_postgres(&request, &m->manifest, err) < 0)
		return -1;
	set_text(&m->manifest.source, p->source->name);
	lock_note(p->lock, &LOCK_WORK("store", NULL));
	return store_commit(p->store, &in,
			    &(struct arriving){.database = m->manifest.database, .taken = m->manifest.snapshot_time,
					       .manifest = &m->manifest},
			    m->deadline, &p->facts.dump, err);
}

static int make(struct making *m, struct error *err)
{
	if (look_before(m, err) < 0)
		return -1;
	for (int i = 1; attempt(m, err) < 0; i++) {
		if (err->kind != ERR_CHANGED || i == ATTEMPTS)
			return -1;
		log_notice("%s; once more", err->text);
		manifest_done(&m->manifest);
		m->manifest = (struct manifest){0};
		m->dumping = false;
	}
	return 0;
}

int publishing_run(struct publishing *p, struct error *err)
{
	CLEANUP(making_done) struct making m = {
		.p = p,
		.progress = progress_new(stderr, p->source->name),
		.deadline = deadline_in(p->stop, p->source->pull_timeout_s * 1000),
	};
	double started = clock_mono();

	progress_phase(m.progress, "publish", PROGRESS_TIME, 0, -1);
	if (make(&m, err) < 0)
		return -1;
	if (settle(p, err) < 0)
		return fail_within(err, "%s is on the disk, but not published", p->facts.dump.name);
	p->facts.seconds = clock_mono() - started;
	return 0;
}
