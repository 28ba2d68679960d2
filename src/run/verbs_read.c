/* Verbs that only read: they answer while others work, and exit 0 when they could answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "report/progress.h"
#include "run/contents.h"
#include "run/control.h"
#include "run/gather.h"
#include "run/overview.h"
#include "run/watching.h"
#include "run/work.h"

#define HISTORY_ROWS 30 /* without --limit or --since */

/* "pull of shop since 22:00:04Z, pid 123: pull, 1.2 of ~4.1 GB, 2 MB/s, 24 min left" */
static char *running_text(const struct lock_holder *h)
{
	autofree char *far = progress_phrase(h->bytes, h->done, h->of, h->rate, h->left);
	char since[TIME_TEXT];

	return format("%s of %s since %s, pid %lld%s%s%s%s", h->verb, h->source ? h->source : "every source",
		      time_rfc3339(h->since, since), (long long)h->pid, h->phase ? ": " : "", h->phase ? h->phase : "",
		      h->phase && *far ? ", " : "", h->phase ? far : "");
}

/* What the overview cannot see: the daemon's lights, and who works. */
static int add_liveness(const struct box *box, struct overview *o, struct error *err)
{
	CLEANUP(lock_holder_done) struct lock_holder holder = {0};
	bool held;

	o->status.daemon = control_lights(box->config.box.data, &o->status.lights, &held);
	if (lock_read(box->config.box.data, &holder, err) < 0)
		return -1;
	if (holder.pid)
		o->status.running = running_text(&holder);
	if (!o->status.daemon)
		for (size_t i = 0; i < o->status.source_count; i++)
			o->status.sources[i].next = TIME_UNKNOWN;
	return 0;
}

int verb_status(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(overview_done) struct overview now = {0};
	struct error err;

	if (box_open(o, BOX_LOOK, "status", NULL, &box, &err) < 0 ||
	    overview_gather(&box, clock_wall(), &now, &err) < 0 || add_liveness(&box, &now, &err) < 0)
		return say_error(&err);
	report_status(&r, &now.status);
	return status_exit_code(&now.status);
}

/* A source that is configured, has dumps, or is in the ledger; anything else is a slip of the finger. */
static int known_source(const struct box *box, const char *name, struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	CLEANUP(events_done) struct events rows = {0};
	const struct history_filter one = {.source = name, .since = TIME_UNKNOWN, .limit = 1};
	const struct source_config *source;

	if (config_source(&box->config, name))
		return 0;
	if (!source_name_valid(name))
		return box_source(box, name, &source, err);
	if (box_dumps(box, name, &list, NULL, err) < 0 || ledger_history(box->ledger, &one, &rows, err) < 0)
		return -1;
	return list.count || rows.count ? 0 : box_source(box, name, &source, err);
}

int verb_history(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(events_done) struct events rows = {0};
	struct history_filter filter = {
		.source = o->arg_count ? o->args[0] : NULL,
		.since = o->since,
		.limit = o->limit ? (size_t)o->limit : o->since == TIME_UNKNOWN ? HISTORY_ROWS : 0,
	};
	struct error err;

	if (box_open(o, BOX_LOOK, "history", NULL, &box, &err) < 0 ||
	    (filter.source && known_source(&box, filter.source, &err) < 0) ||
	    ledger_history(box.ledger, &filter, &rows, &err) < 0)
		return say_error(&err);
	report_history(&r, &rows);
	return 0;
}

/* A drill by its number, or the newest of a source, of a dump, or of all. */
static int find_drill(const struct box *box, const char *what, int64_t *ret, struct error *err)
{
	bool is_dump = what && strchr(what, '/');

	if (what && parse_int(what, 1, INT64_MAX, ret))
		return 0;
	if (what && !is_dump && known_source(box, what, err) < 0)
		return -1;
	if (is_dump) {
		CLEANUP(dump_done) struct dump dump = {0};

		/* also one that left the store: its drills are still in the ledger */
		if (store_find(box->store, what, &dump, err) < 0 && err->kind != ERR_USAGE)
			return -1;
		if (ledger_newest_drill(box->ledger, NULL, dump.name ? dump.name : what, ret, err) < 0)
			return -1;
		if (!*ret && !dump.name)
			return fail(err, ERR_USAGE, "there is no dump '%s': 'drillbox dumps' lists them", what);
	} else if (ledger_newest_drill(box->ledger, what, NULL, ret, err) < 0) {
		return -1;
	}
	if (*ret)
		return 0;
	return fail(err, ERR_NOTHING, "nothing was drilled yet%s%s: 'drillbox drill%s%s' restores what is stored, 'drillbox "
		    "round' pulls before", what ? " of " : "", what ? what : "", what ? " " : "", what ? what : "");
}

int verb_show(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(show_done) struct show show = {0};
	struct error err;
	int64_t drill;

	if (box_open(o, BOX_LOOK, "show", NULL, &box, &err) < 0 ||
	    find_drill(&box, o->arg_count ? o->args[0] : NULL, &drill, &err) < 0 ||
	    show_gather(&box, drill, &show, &err) < 0)
		return say_error(&err);
	report_show(&r, &show);
	return 0;
}

int verb_dumps(const struct options *o)
{
	const char *source = o->arg_count ? o->args[0] : NULL;
	struct report r = report_to(stdout, o->json);
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(dumps_done) struct dumps list = {0};
	CLEANUP(store_room_done) struct store_room room = {0};
	CLEANUP(strings_done) struct strings trouble = {0};
	struct error err;
	char **gone;

	if (box_open(o, BOX_LOOK, "dumps", NULL, &box, &err) < 0 ||
	    (source && known_source(&box, source, &err) < 0) || box_dumps(&box, source, &list, &trouble, &err) < 0 ||
	    store_room(box.store, &room, &err) < 0)
		return say_error(&err);
	for (size_t i = 0; i < trouble.count; i++)
		log_notice("%s", trouble.items[i]);
	gone = xcalloc(list.count + 1, sizeof(*gone));
	box_judge(&box, &list, gone);
	report_dumps(&r, &list, room.free);
	gone_done(gone, list.count);
	return 0;
}

int verb_list(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(dump_done) struct dump dump = {0};
	CLEANUP(listing_done) struct listing listing = {0};
	struct error err;

	if (box_open(o, BOX_STORE, "list", NULL, &box, &err) < 0 || store_find(box.store, o->args[0], &dump, &err) < 0 ||
	    contents_read(&box, &dump, &listing, &err) < 0)
		return say_error(&err);
	report_contents(&r, &listing.contents);
	return 0;
}

/*
 * The stored bytes were read, and whether they still are what was stored is
 * worth knowing: a proven copy that changed takes green with it. Whoever may
 * not write the ledger fetches all the same.
 */
static void note_reading(const struct box *box, const struct dump *dump, const char *damage)
{
	CLEANUP(ledger_close) struct ledger *ledger = NULL;
	struct error err;

	if (ledger_open(box->config.box.data, LEDGER_WRITE, &ledger, &err) < 0 ||
	    ledger_reread(ledger, dump->name, damage == NULL, damage, &err) < 0)
		log_detail("%s", err.text);
	control_poke(box->config.box.data);
}

int verb_fetch(const struct options *o)
{
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(dump_done) struct dump dump = {0};
	autofree char *damage = NULL;
	struct error err;

	if (isatty(STDOUT_FILENO)) {
		(void)fail(&err, ERR_USAGE, "standard output is a terminal: drillbox fetch %s >FILE", o->args[0]);
		return say_error(&err);
	}
	if (box_open(o, BOX_STORE, "fetch", NULL, &box, &err) < 0 || store_find(box.store, o->args[0], &dump, &err) < 0 ||
	    store_fetch(&dump, STDOUT_FILENO, NO_DEADLINE, NULL, NULL, &damage, &err) < 0)
		return say_error(&err);
	note_reading(&box, &dump, damage);
	if (!damage)
		return 0;
	log_error("%s: do not use what was fetched", damage);
	return 1;
}

int verb_watch(const struct options *o)
{
	CLEANUP(box_done) struct box box = BOX_INIT;
	struct error err;

	if (box_open(o, BOX_LOOK, "watch", NULL, &box, &err) < 0 || watch(&box, o->json, &err) < 0)
		return say_error(&err);
	return 0;
}
