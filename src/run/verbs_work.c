/* Verbs that work: they hold the data folder's lock and write rows. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "run/account.h"
#include "run/configuration.h"
#include "run/control.h"
#include "run/gather.h"
#include "run/overview.h"
#include "run/stop_signal.h"
#include "run/work.h"

static enum trigger trigger_of(const struct options *o)
{
	int t = trigger_from_word(o->trigger);

	return t < 0 ? TRIGGER_OPERATOR : (enum trigger)t;
}

/* Of several exit codes the gravest: evidence against a dump over could-not-tell over all is well. */
static int gravest(int a, int b)
{
	static const int order[] = {1, 2, EX_SOFTWARE, EX_CONFIG};

	for (size_t i = 0; i < COUNT(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a ? a : b;
}

static int print_drill(struct box *box, const struct options *o, int64_t row)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(show_done) struct show show = {0};
	struct error err;

	if (show_gather(box, row, &show, &err) < 0)
		return say_error(&err);
	report_show(&r, &show);
	return 0;
}

/* The pull's row, as JSON also where it delivered nothing. Without one there is nothing to tell. */
static int print_pull(struct box *box, const struct options *o, const char *source, int64_t row, const struct dump *dump)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(event_done) struct event pull = {0};
	struct error err;
	bool found;

	if (ledger_newest_pull(box->ledger, source, PULL_ENDED, &found, &pull, &err) < 0)
		return say_error(&err);
	if (found && pull.id == row)
		report_pull(&r, &pull, dump);
	return 0;
}

/* A pull that delivered nothing: the sentence, and for programs its row. */
static int say_undelivered(struct box *box, const struct options *o, const char *source, int64_t row,
			   const struct error *err)
{
	if (o->json && print_pull(box, o, source, row, NULL))
		log_detail("the pull's row could not be read back");
	return say_error(err);
}

/* What came of pulling a source. */
struct pulled {
	struct dump dump;  /* the last that was delivered; where none was, what is newest there and here already, if anything */
	bool delivered;	   /* a dump, */
	bool newest;	   /* and it is the newest there */
	int64_t row;	   /* of the last pull */
	struct error why;  /* the newest did not come */
};

static void pulled_done(struct pulled *p)
{
	dump_done(&p->dump);
}

/* The newest that is there, and before it what had come in part: each has its row. */
static void pull_newest(struct box *box, const struct options *o, const struct source_config *source, int64_t round,
			struct pulled *ret)
{
	CLEANUP(dump_done) struct dump next = {0};
	bool more;

	*ret = (struct pulled){0};
	ret->delivered = work_pull(box, source, trigger_of(o), round, &ret->dump, &ret->row, &more, &ret->why) == 0;
	ret->newest = ret->delivered && !more;
	if (!more)
		return;
	ret->newest = work_pull(box, source, trigger_of(o), round, &next, &ret->row, &more, &ret->why) == 0;
	if (!ret->newest)
		return;
	dump_done(&ret->dump);
	ret->dump = next;
	next = (struct dump){0};
}

int verb_pull(const struct options *o)
{
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(pulled_done) struct pulled pulled = {0};
	const struct source_config *source;
	struct error err;
	int code;

	if (box_open(o, BOX_WORK, "pull", o->args[0], &box, &err) < 0 ||
	    box_source(&box, o->args[0], &source, &err) < 0)
		return say_error(&err);
	pull_newest(&box, o, source, 0, &pulled);
	if (pulled.newest)
		code = print_pull(&box, o, source->name, pulled.row, &pulled.dump);
	else
		code = say_undelivered(&box, o, source->name, pulled.row, &pulled.why);
	control_poke(box.config.box.data);
	return code;
}

/* ---- drill */

/*
 * The configuration a dump is drilled with: its source's, or where that file is
 * gone or broken, the defaults: the dump can be drilled all the same.
 */
static const struct source_config *drilled_with(const struct box *box, const char *name, struct source_config *fallback)
{
	const struct source_config *source = config_source(&box->config, name);

	if (source && !source->broken)
		return source;
	source_config_init(fallback, name);
	return fallback;
}

static int drill_one(struct box *box, const struct options *o, const struct dump *dump, int64_t round, struct drilled *ret)
{
	CLEANUP(source_config_done) struct source_config fallback = {0};
	const struct source_config *source = drilled_with(box, dump->source, &fallback);
	struct drill_work work = {
		.dump = dump,
		.source = source,
		.level = o->level ? (enum level)level_from_word(o->level) : source->level,
		.trigger = trigger_of(o),
		.round = round,
		.keep_s = o->keep_s,
		.quiet = o->json,
	};
	struct error err;

	if (work_drill(box, &work, ret, &err) < 0) {
		*ret = (struct drilled){.verdict = VERDICT_UNDECIDED, .reason = xstrdup(err.text)};
		return say_error(&err);
	}
	return gravest(verdict_exit_code(ret->verdict), print_drill(box, o, ret->row));
}

static int drill_alone(struct box *box, const struct options *o, const struct dump *dump)
{
	CLEANUP(drilled_done) struct drilled drilled = {0};
	int code = drill_one(box, o, dump, 0, &drilled);

	control_poke(box->config.box.data);
	return code;
}

static int drill_newest(struct box *box, const struct options *o, const char *source)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	const struct dump *newest;
	struct error err;

	if (box_dumps(box, source, &list, NULL, &err) < 0)
		return say_error(&err);
	newest = dumps_newest(&list, source, clock_wall() + SKEW_TOLERANCE_S);
	if (!newest)
		newest = dumps_newest(&list, source, TIME_UNKNOWN);
	if (newest)
		return drill_alone(box, o, newest);
	(void)fail(&err, ERR_NOTHING, "there is no dump of '%s' to drill: 'drillbox round %s' pulls one first", source, source);
	return say_error(&err);
}

/* Every source in turn; a broken one counts as undecided and the others go on. */
static int each_source(struct box *box, const struct options *o, int (*one)(struct box *, const struct options *, const char *))
{
	struct error err;
	int code = 0;

	if (box->config.source_count == 0) {
		(void)fail(&err, ERR_NOTHING, "no source is configured: put a file into '%s/sources.d'", box->config.dir);
		return say_error(&err);
	}
	for (size_t i = 0; i < box->config.source_count; i++) {
		const struct source_config *source = box->config.sources[i];

		if (box_stopped(box))
			return gravest(code, 2);
		if (source->broken) {
			log_error("%s", source->why.text);
			code = gravest(code, 2);
			continue;
		}
		code = gravest(code, one(box, o, source->name));
	}
	return code;
}

/* Who reads may not work: the daemon drills, in its turn. Until it has, nothing is proven. A slip of the finger is told here. */
static int drill_by_daemon(const struct options *o)
{
	const char *what = o->arg_count ? o->args[0] : NULL;
	bool is_dump = what && strchr(what, '/');
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(dump_done) struct dump dump = {0};
	struct error err;

	if (box_open(o, BOX_LOOK, "drill", NULL, &box, &err) < 0 ||
	    (is_dump && store_find(box.store, what, &dump, &err) < 0) ||
	    (what && !is_dump && box_has(&box, what, &err) < 0) ||
	    control_drill(box.config.box.data, what, &err) < 0)
		return say_error(&err);
	printf("no verdict yet: %s is drilled when its turn comes; 'history' and 'show' tell how it went\n",
	       what ? what : "the newest dump of each source");
	return verdict_exit_code(VERDICT_UNDECIDED);
}

int verb_drill(const struct options *o)
{
	const char *what = o->arg_count ? o->args[0] : NULL;
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(dump_done) struct dump dump = {0};
	struct error err;

	if (o->remote)
		return drill_by_daemon(o);
	if (box_open(o, BOX_WORK, "drill", what, &box, &err) < 0)
		return say_error(&err);
	if (!what)
		return each_source(&box, o, drill_newest);
	if (!strchr(what, '/'))
		return drill_newest(&box, o, what);
	if (store_find(box.store, what, &dump, &err) < 0)
		return say_error(&err);
	return drill_alone(&box, o, &dump);
}

/* ---- round */

/* Retention after a round is housekeeping: what it could not do changes no verdict. */
static void prune_after(struct box *box, const char *source)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	char **gone = NULL;
	struct error err;
	int64_t bytes;

	if (work_prune(box, source, false, &list, &gone, &bytes, &err) < 0) {
		log_error("%s", err.text);
		return;
	}
	for (size_t i = 0; i < list.count; i++)
		if (gone[i])
			log_notice("%s is no longer kept: %s", list.items[i].name, gone[i]);
	gone_done(gone, list.count);
}

/* The schedule asks every hour whether something newer is there: what a drill could not tell it cannot tell an hour later. */
static bool was_drilled_lately(const struct box *box, const struct source_config *source, int64_t drill)
{
	CLEANUP(drill_record_done) struct drill_record last = {0};
	struct error unread;

	return drill && ledger_drill(box->ledger, drill, &last, &unread) == 0 && !last.event.interrupted &&
	       clock_wall() - last.event.started < schedule_interval_s(&source->schedule);
}

/*
 * What is newest at the place is here already. Nothing was delivered, and that stays so;
 * but where no drill has judged it yet (one was cut short, or could not tell), this round does.
 */
static bool is_unjudged(const struct box *box, const struct source_config *source, enum trigger trigger,
			const struct error *err, const struct dump *here)
{
	CLEANUP(dump_record_done) struct dump_record record = {0};
	struct error unread;

	return err->kind == ERR_CURRENT && here->name && ledger_dump(box->ledger, here->name, &record, &unread) == 0 &&
	       record.state == DUMP_UNPROVEN &&
	       (trigger != TRIGGER_SCHEDULE || !was_drilled_lately(box, source, record.last_drill));
}

/*
 * The round's verdict is its drill's; one whose pull delivered nothing is undecided. Where the newest did not
 * come after an older one, its pull's row and the round's reason say so, and it is tried again as if nothing had come.
 */
static int drill_pulled(struct box *box, const struct options *o, const struct pulled *pulled, int64_t round, struct drilled *ret)
{
	int code = drill_one(box, o, &pulled->dump, round, ret);

	if (!pulled->delivered || pulled->newest)
		return code;
	if (!ret->reason || !*ret->reason) {
		free(ret->reason);
		ret->reason = format("the newest did not come: %s", pulled->why.text);
	}
	return gravest(code, say_error(&pulled->why));
}

static int round_one(struct box *box, const struct options *o, const char *name)
{
	CLEANUP(pulled_done) struct pulled pulled = {0};
	CLEANUP(drilled_done) struct drilled drilled = {.verdict = VERDICT_UNDECIDED};
	const struct source_config *source;
	double started = clock_mono();
	struct error err;
	bool unjudged;
	int64_t round;
	int code;

	if (box_source(box, name, &source, &err) < 0 ||
	    ledger_round_begin(box->ledger, name, trigger_of(o), &round, &err) < 0)
		return say_error(&err);
	pull_newest(box, o, source, round, &pulled);
	unjudged = !pulled.delivered && is_unjudged(box, source, trigger_of(o), &pulled.why, &pulled.dump);
	if (unjudged)
		log_notice("%s", pulled.why.text);
	if (pulled.delivered || unjudged) {
		code = drill_pulled(box, o, &pulled, round, &drilled);
	} else {
		drilled.reason = xstrdup(pulled.why.text);
		code = say_undelivered(box, o, name, pulled.row, &pulled.why);
	}
	if (ledger_round_end(box->ledger, round, drilled.verdict, drilled.reason, box->interrupted, clock_mono() - started,
			     &err) < 0)
		code = gravest(code, say_error(&err));
	if (!box_stopped(box))
		prune_after(box, name);
	control_poke(box->config.box.data);
	return code;
}

int verb_round(const struct options *o)
{
	const char *name = o->arg_count ? o->args[0] : NULL;
	CLEANUP(box_done) struct box box = BOX_INIT;
	struct error err;

	if (box_open(o, BOX_WORK, "round", name, &box, &err) < 0)
		return say_error(&err);
	return name ? round_one(&box, o, name) : each_source(&box, o, round_one);
}

/* ---- a person's word */

int verb_accept(const struct options *o)
{
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(dump_done) struct dump dump = {0};
	struct error err;

	if (!o->why || !*o->why) {
		(void)fail(&err, ERR_USAGE, "say why you vouch for it: drillbox accept %s --why 'source was archived'",
			   o->args[0]);
		return say_error(&err);
	}
	if (box_open(o, BOX_NOTE, "accept", NULL, &box, &err) < 0 || store_find(box.store, o->args[0], &dump, &err) < 0 ||
	    ledger_accept(box.ledger, dump.name, account_caller(), o->why, &err) < 0)
		return say_error(&err);
	control_poke(box.config.box.data);
	printf("%s is the baseline from now on, says %s: %s\nIt proves nothing by itself: drillbox drill %s\n", dump.name,
	       account_caller(), o->why, dump.name);
	return 0;
}

int verb_ack(const struct options *o)
{
	const char *only = o->arg_count ? o->args[0] : NULL;
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(overview_done) struct overview now = {0};
	const struct source_config *source;
	size_t done = 0;
	struct error err;

	if (box_open(o, BOX_NOTE, "ack", NULL, &box, &err) < 0 || (only && box_source(&box, only, &source, &err) < 0) ||
	    overview_gather(&box, clock_wall(), &now, &err) < 0)
		return say_error(&err);
	for (size_t i = 0; i < now.status.source_count; i++) {
		const struct source_overview *s = &now.sources[i];

		if (!s->newest_refuted || s->facts.refuted_acknowledged ||
		    (only && strcmp(now.status.sources[i].source, only) != 0))
			continue;
		if (ledger_acknowledge(box.ledger, s->newest_refuted, account_caller(), &err) < 0)
			return say_error(&err);
		printf("acknowledged: %s is refuted: %s\n", s->newest_refuted, now.status.sources[i].reason);
		done++;
	}
	if (done == 0)
		printf("nothing to acknowledge%s%s\n", only ? " of " : "", only ? only : "");
	control_poke(box.config.box.data);
	return 0;
}

int verb_stop(const struct options *o)
{
	CLEANUP(config_done) struct config config = {0};
	CLEANUP(lock_holder_done) struct lock_holder holder = {0};
	struct error err;

	if (configuration_load(o->config, &config, &err) < 0 || lock_read(config.box.data, &holder, &err) < 0)
		return say_error(&err);
	if (!holder.pid) {
		printf("nothing is running\n");
		return 0;
	}
	if (same(holder.verb, LOCK_UPDATE)) {
		(void)fail(&err, ERR_BUSY, "the box's packages are being updated, and that is not cut short: it ends by itself");
		return say_error(&err);
	}
	if (stop_signal_send(holder.pid, &err) < 0)
		return say_error(&err);
	printf("asked the %s of %s (pid %lld) to stop; it becomes undecided\n", holder.verb,
	       holder.source ? holder.source : "every source", (long long)holder.pid);
	return 0;
}

int verb_prune(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(dumps_done) struct dumps list = {0};
	struct prune facts = {.dry = o->dry_run};
	char **gone = NULL;
	struct error err;

	if (box_open(o, o->dry_run ? BOX_LOOK : BOX_WORK, "prune", NULL, &box, &err) < 0 ||
	    work_prune(&box, NULL, o->dry_run, &list, &gone, &facts.freed_bytes, &err) < 0)
		return say_error(&err);
	facts.list = &list;
	facts.gone_because = gone;
	report_prune(&r, &facts);
	gone_done(gone, list.count);
	if (!o->dry_run)
		control_poke(box.config.box.data);
	return 0;
}
