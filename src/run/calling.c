#include "run/calling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ledger/outbox.h"
#include "model/duration.h"
#include "notify/delivery.h"
#include "notify/news.h"
#include "run/secret.h"

#define LETTER_MS 10000	     /* for one target: the others are to have their turn */
#define ROWS_LOOKED_AT 60    /* of a source's history: what is older was told, or is no news */
#define PATIENCE_S 10

/* ---- who is told ---- */

/* Every target of the configuration, in the order in which they are tested and listed. */
static void list_targets(const struct config *config, struct strings *ret)
{
	if (config->box.notify.webhook_file)
		strings_add(ret, TARGET_WEBHOOK);
	if (config->box.notify.ping_file)
		strings_add(ret, TARGET_PING);
	for (size_t i = 0; i < config->source_count; i++)
		if (config->sources[i]->ping_file)
			strings_add_owned(ret, target_of_source(config->sources[i]->name));
}

/* Where a target's URL is; NULL where the configuration has no such target. */
static const char *file_of(const struct config *config, const char *target)
{
	const char *name = target_source(target);
	const struct source_config *source = name ? config_source(config, name) : NULL;

	if (same(target, TARGET_WEBHOOK))
		return config->box.notify.webhook_file;
	if (same(target, TARGET_PING))
		return config->box.notify.ping_file;
	return source ? source->ping_file : NULL;
}

/* A file that was broken meanwhile may still have a ping: nothing of it is forgotten. */
static bool is_gone(const struct config *config, const char *target)
{
	const char *name = target_source(target);
	const struct source_config *source = name ? config_source(config, name) : NULL;

	return !file_of(config, target) && !(source && source->broken);
}

static int url_of(const struct config *config, const char *target, struct web_url *ret, struct error *err)
{
	CLEANUP(secret_done) char *text = NULL;
	const char *file = file_of(config, target);
	struct error why;

	if (!file)
		return fail(err, ERR_CONFIG, "there is no %s in the configuration any more", target);
	if (secret_read_as(file, "URL", &text, err) < 0)
		return -1;
	if (web_url_parse(text, ret, &why) < 0)
		return fail(err, ERR_CONFIG, "what '%s' holds is no URL to call: write one line like https://host/path into it",
			    file);
	return 0;
}

/* ---- what there is to tell ---- */

static int look_at_source(const struct box *box, const struct overview *o, size_t i, int64_t now, const struct tolds *told,
			  struct calling *c, struct error *err)
{
	const struct source_config *source = config_source(&box->config, o->status.sources[i].source);
	const struct told *before = tolds_find(told, o->status.sources[i].source);
	CLEANUP(events_done) struct events rows = {0};
	const struct history_filter latest = {
		.source = o->status.sources[i].source, .since = TIME_UNKNOWN, .limit = ROWS_LOOKED_AT, .rounds = true};
	struct situation s = {
		.status = &o->status.sources[i],
		.facts = &o->sources[i].facts,
		.refuted = o->sources[i].newest_refuted,
		.let_in = o->sources[i].let_in,
		.rows = &rows,
		.now = now,
		.clock_known = o->facts.clock_known,
		.webhook = box->config.box.notify.webhook_file,
		/* while its file is broken, nobody knows whether it has one: as before */
		.ping = source && (source->ping_file || (source->broken && before->begun != ROW_UNKNOWN)),
	};
	CLEANUP(told_done) struct told after = TOLD_NOTHING;

	if (ledger_ever_proven(box->ledger, latest.source, &s.ever_proven, err) < 0 ||
	    (s.ping && ledger_history(box->ledger, &latest, &rows, err) < 0))
		return -1;
	after = news_of_source(before, &s, &c->news);
	if (!told_same(before, &after))
		tolds_add(&c->told, &after);
	return 0;
}

static void look_at_box(const struct box *box, const struct overview *o, int64_t now, const struct tolds *told,
			struct calling *c)
{
	const struct notify_config *notify = &box->config.box.notify;
	const struct told *before = tolds_find(told, "");
	const struct summary summary = {
		.status = &o->status,
		.weekly = notify->webhook_file && notify->weekly.hour >= 0 ? &notify->weekly : NULL,
		.now = now,
		.clock_known = o->facts.clock_known,
	};
	CLEANUP(told_done) struct told after = news_of_box(before, &summary, &c->news);

	if (!told_same(before, &after))
		tolds_add(&c->told, &after);
}

int calling_look(const struct box *box, const struct overview *o, int64_t now, struct calling *ret, struct error *err)
{
	CLEANUP(calling_done) struct calling c = {0};
	CLEANUP(tolds_done) struct tolds told = {0};
	CLEANUP(targets_done) struct targets targets = {0};

	if (ledger_told(box->ledger, &told, err) < 0 || ledger_targets(box->ledger, &targets, err) < 0)
		return -1;
	for (size_t i = 0; i < o->status.source_count; i++)
		if (!o->status.sources[i].orphan && look_at_source(box, o, i, now, &told, &c, err) < 0)
			return -1;
	look_at_box(box, o, now, &told, &c);
	for (size_t i = 0; i < targets.count; i++)
		if (is_gone(&box->config, targets.items[i].name))
			strings_add(&c.gone, targets.items[i].name);
	*ret = c;
	c = (struct calling){0};
	return 0;
}

void calling_done(struct calling *c)
{
	tolds_done(&c->told);
	calls_done(&c->news);
	strings_done(&c->gone);
}

int calling_due(const struct box *box, const struct overview *o, int64_t now, int64_t *ret, struct error *err)
{
	CLEANUP(calling_done) struct calling c = {0};

	if (calling_look(box, o, now, &c, err) < 0)
		return -1;
	if (c.told.count || c.news.count || c.gone.count) {
		*ret = now;
		return 0;
	}
	return ledger_outbox_next(box->ledger, now, ret, err);
}

int calling_note(const struct box *box, const struct calling *c, int64_t now, struct error *err)
{
	for (size_t i = 0; i < c->gone.count; i++)
		if (ledger_target_forget(box->ledger, c->gone.items[i], err) < 0)
			return -1;
	return c->told.count || c->news.count ? ledger_tell(box->ledger, &c->told, &c->news, now, err) : 0;
}

/* ---- the telling ---- */

static int open_http(const struct config *config, struct http **ret, struct error *err)
{
	const struct notify_config *notify = &config->box.notify;
	autofree char *ca = NULL;
	struct http_options options = {.proxy = notify->proxy, .patience_s = PATIENCE_S};

	if (secret_path(notify->ca, &ca, err) < 0)
		return -1;
	options.tls.ca = ca;
	return http_new(&options, ret, err);
}

/* One message to its target. -1 only where we were asked to stop: all else is in 'ret'. */
static int send_one(const struct box *box, const struct call *m, struct deadline deadline, struct delivery *ret,
		    struct error *err)
{
	CLEANUP(http_free) struct http *http = NULL;
	CLEANUP(web_url_done) struct web_url url = {0};
	CLEANUP(letter_done) struct letter letter = {0};

	*ret = (struct delivery){.fate = FATE_AGAIN, .wait_s = -1};
	if (url_of(&box->config, m->target, &url, &ret->why) < 0 || open_http(&box->config, &http, &ret->why) < 0)
		return 0;
	letter = letter_write(m, box->config.box.name, box->config.box.notify.body, &url);
	return deliver(http, &letter, deadline_in(deadline, LETTER_MS), ret, err);
}

static int record(const struct box *box, const struct call *m, const struct delivery *d, struct calling_tally *tally,
		  struct error *err)
{
	int64_t now = clock_wall(), next = call_next_try(m, d->wait_s, now);

	if (d->fate == FATE_DELIVERED) {
		tally->delivered++;
		printf("%s: %s delivered%s%s\n", m->target, news_word(m->news), *m->sentence ? ": " : "", m->sentence);
		return ledger_outbox_delivered(box->ledger, m, err);
	}
	if (d->fate == FATE_AGAIN && next != TIME_UNKNOWN) {
		tally->put_off++;
		log_error("%s: %s not delivered: %s", m->target, news_word(m->news), d->why.text);
		return ledger_outbox_put_off(box->ledger, m, next, d->why.text, now, err);
	}
	tally->given_up++;
	log_error("%s: %s given up%s: %s", m->target, news_word(m->news),
		  d->fate == FATE_AGAIN ? " after a week of trying" : "", d->why.text);
	return ledger_outbox_give_up(box->ledger, m, d->why.text, now, err);
}

/* A success is of the moment in which it was seen: one that waited may be none any more. */
static bool still_holds(const struct call *m, const struct overview *o)
{
	if (m->news != NEWS_SUCCESS)
		return true;
	for (size_t i = 0; i < o->status.source_count; i++)
		if (same(o->status.sources[i].source, m->source))
			return o->facts.clock_known && source_is_proven(&o->sources[i].facts);
	return false;
}

static int deliver_one(const struct box *box, const struct overview *o, const struct call *m, struct deadline deadline,
		       struct calling_tally *tally, struct error *err)
{
	struct delivery d;

	if (!still_holds(m, o)) {
		log_notice("%s: %s taken back: the source is not proven and in date any more", m->target, news_word(m->news));
		return ledger_outbox_withdraw(box->ledger, m, err);
	}
	return send_one(box, m, deadline, &d, err) < 0 ? -1 : record(box, m, &d, tally, err);
}

int calling_deliver(const struct box *box, const struct overview *o, struct deadline deadline, struct calling_tally *ret,
		    struct error *err)
{
	*ret = (struct calling_tally){0};
	for (;;) {
		CLEANUP(calls_done) struct calls due = {0};

		if (ledger_outbox_due(box->ledger, clock_wall(), &due, err) < 0)
			return -1;
		if (due.count == 0)
			return 0;
		for (size_t i = 0; i < due.count; i++) {
			int left = deadline_left(deadline);

			/* one that is cut short by us would be its target's fault in the ledger */
			if (left >= 0 && left < LETTER_MS)
				return 0;
			if (deliver_one(box, o, &due.items[i], deadline, ret, err) < 0)
				return -1;
		}
	}
}

int calling_ping(const struct box *box, struct deadline deadline, bool *ret_delivered, struct error *err)
{
	CLEANUP(calls_done) struct calls list = {0};
	const struct call *alive = calls_add(&list, TARGET_PING, NEWS_ALIVE, NULL, NULL, clock_wall());
	struct delivery d;

	if (send_one(box, alive, deadline, &d, err) < 0)
		return -1;
	*ret_delivered = d.fate == FATE_DELIVERED;
	if (*ret_delivered) {
		printf("%s: delivered\n", TARGET_PING);
		return ledger_target_well(box->ledger, TARGET_PING, err);
	}
	log_error("%s: not delivered: %s", TARGET_PING, d.why.text);
	return ledger_target_ill(box->ledger, TARGET_PING, d.why.text, clock_wall(), err);
}

static int test_one(const struct box *box, const char *target, struct deadline deadline, bool *ret_delivered,
		    struct error *err)
{
	CLEANUP(calls_done) struct calls list = {0};
	autofree char *sentence = format("'drillbox notify --test' was called on %s", box->config.box.name);
	const struct call *m =
		calls_add(&list, target, NEWS_TEST, target_source(target), sentence, clock_wall());
	struct delivery d;

	if (send_one(box, m, deadline, &d, err) < 0)
		return -1;
	*ret_delivered = d.fate == FATE_DELIVERED;
	printf("%s: %s%s%s\n", target, *ret_delivered ? "delivered" : "not delivered: ", *ret_delivered ? "" : d.why.text,
	       *ret_delivered || same(target, TARGET_WEBHOOK) ? "" : " (a test goes to URL/log, which changes nothing there)");
	return *ret_delivered ? ledger_target_well(box->ledger, target, err) : 0;
}

int calling_test(const struct box *box, struct deadline deadline, bool *ret_all, struct error *err)
{
	CLEANUP(strings_done) struct strings targets = {0};
	bool delivered;

	list_targets(&box->config, &targets);
	if (targets.count == 0)
		return fail(err, ERR_NOTHING, "nobody is to be told: name ping-file or webhook-file in [notify] of '%s'",
			    box->config.path);
	*ret_all = true;
	for (size_t i = 0; i < targets.count; i++) {
		if (test_one(box, targets.items[i], deadline, &delivered, err) < 0)
			return -1;
		*ret_all = *ret_all && delivered;
	}
	return 0;
}

/* ---- doctor ---- */

static void examine_target(const struct config *config, const char *target, struct prechecks *list)
{
	CLEANUP(web_url_done) struct web_url url = {0};
	autofree char *every = duration_text(config->box.notify.ping_every_s);
	bool is_ping = same(target, TARGET_PING);
	struct error err;

	if (url_of(config, target, &url, &err) < 0)
		prechecks_add_error(list, "notify", &err);
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "notify", NULL, "%s: '%s'%s%s", target, url.host,
			      is_ping ? " while green beats, every " : "", is_ping ? every : "");
}

static void examine_troubles(const struct config *config, struct prechecks *list)
{
	CLEANUP(ledger_close) struct ledger *ledger = NULL;
	CLEANUP(targets_done) struct targets targets = {0};
	char since[TIME_TEXT];
	struct error err;

	if (ledger_open(config->box.data, LEDGER_READ, &ledger, &err) < 0 || ledger_targets(ledger, &targets, &err) < 0)
		return; /* the ledger has a line of its own */
	for (size_t i = 0; i < targets.count; i++)
		if (targets.items[i].failing_since != TIME_UNKNOWN)
			prechecks_add(list, PRECHECK_WARN, ERR_NONE, "notify", "drillbox notify --test",
				      "%s not reached since %s: %s", targets.items[i].name,
				      time_rfc3339(targets.items[i].failing_since, since), targets.items[i].trouble);
}

void calling_examine(const struct config *config, struct prechecks *list)
{
	CLEANUP(strings_done) struct strings targets = {0};

	list_targets(config, &targets);
	for (size_t i = 0; i < targets.count; i++)
		examine_target(config, targets.items[i], list);
	if (targets.count == 0)
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "notify", NULL, "nobody is told: only the lights and 'status' say how "
			      "it is");
	examine_troubles(config, list);
}
