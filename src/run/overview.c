#include "run/overview.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/outbox.h"
#include "provision/provision.h"
#include "provision/vault.h"
#include "run/host.h"
#include "version.h"

int clock_judge(struct ledger *ledger, int64_t now, enum clock_state *ret, char **ret_why, struct error *err)
{
	char here[TIME_TEXT], newest_text[TIME_TEXT];
	int64_t newest, agreed;

	if (ledger_newest_time(ledger, &newest, err) < 0 ||
	    ledger_clock_agreed(ledger, SKEW_TOLERANCE_S, &agreed, NULL, err) < 0)
		return -1;
	*ret = CLOCK_WRONG;
	if (now < DRILLBOX_BUILD_TIME)
		*ret_why = format("the clock says %s, before this program was built: set it", time_rfc3339(now, here));
	else if (newest != TIME_UNKNOWN && now < newest)
		*ret_why = format("the clock says %s, before the ledger's newest row (%s): set it", time_rfc3339(now, here),
				  time_rfc3339(newest, newest_text));
	else
		*ret = host_clock_synchronised() || agreed != TIME_UNKNOWN ? CLOCK_KNOWN : CLOCK_UNCONFIRMED;
	if (*ret == CLOCK_UNCONFIRMED)
		*ret_why = format("the kernel says the clock is not synchronised, and since the start no source has agreed "
				  "with it within 5 minutes: check the network time service, or pull a source");
	return 0;
}

int scratch_reserve(struct ledger *ledger, int64_t *ret_bytes, struct error *err)
{
	int64_t largest;

	if (ledger_scratch_largest(ledger, NULL, &largest, err) < 0)
		return -1;
	*ret_bytes = (int64_t)((double)largest * SCRATCH_FACTOR);
	return 0;
}

/* The proven copy on which everything rests: there, of the size that was stored, looked at lately. */
static int look_at_proven(const struct box *box, const struct dump *d, int64_t now, struct source_overview *s,
			  struct source_status *status, struct error *err)
{
	struct source_facts *facts = &s->facts;
	CLEANUP(dump_record_done) struct dump_record record = {0};

	if (ledger_dump(box->ledger, d->name, &record, err) < 0)
		return -1;
	facts->ever_proven = true;
	facts->proven_copy_present = d->complete && (record.bytes == 0 || record.bytes == d->bytes);
	facts->proven_copy_fresh = record.reread != TIME_UNKNOWN && now - record.reread < REREAD_FRESH_S;
	status->data_as_of = d->taken;
	status->restored_in = record.restore_seconds;
	s->newest_proven = xstrdup(d->name);
	if (!facts->proven_copy_present)
		status->brief = format("its newest proven dump %s is not as it was stored: 'drillbox drill %s'", d->name,
				       d->name);
	else if (!facts->proven_copy_fresh)
		status->brief = xstrdup("its newest proven dump was not re-read for a week");
	return 0;
}

static int is_being_drilled(const struct box *box, const char *dump, bool *ret, struct error *err)
{
	const struct history_filter newest = {.dump = dump, .since = TIME_UNKNOWN, .limit = 1};
	CLEANUP(events_done) struct events rows = {0};

	if (ledger_history(box->ledger, &newest, &rows, err) < 0)
		return -1;
	*ret = rows.count && rows.items[0].kind == EVENT_DRILL && rows.items[0].verdict == VERDICT_RUNNING;
	return 0;
}

static void conclude(struct source_status *status, enum verdict verdict, char *owned_reason)
{
	free(status->reason);
	status->verdict = verdict;
	status->reason = owned_reason;
}

/* What its drills say of the newest dump. One that was refuted stays so when its bytes are gone. */
static int look_at_newest(const struct box *box, const char *name, bool stored, struct source_overview *s,
			  struct source_status *status, struct error *err)
{
	CLEANUP(dump_record_done) struct dump_record record = {0};
	bool working;

	if (ledger_dump(box->ledger, name, &record, err) < 0 || is_being_drilled(box, name, &working, err) < 0)
		return -1;
	if (record.state == DUMP_REFUTED || (record.last_drill && record.last_verdict == VERDICT_FAIL)) {
		s->newest_refuted = xstrdup(name);
		conclude(status, VERDICT_FAIL,
			 xstrdup(record.state == DUMP_REFUTED ? record.decided_reason : record.last_reason));
	} else if (!stored) {
		conclude(status, VERDICT_UNDECIDED,
			 format("its newest dump %s is no longer in the store: 'drillbox round %s' pulls another", name,
				status->source));
	} else if (record.last_drill && record.last_verdict == VERDICT_UNDECIDED) {
		conclude(status, VERDICT_UNDECIDED, xstrdup(record.last_reason));
	} else if (working) {
		conclude(status, VERDICT_RUNNING, xstrdup(""));
	} else if (!record.last_drill) {
		conclude(status, VERDICT_UNDECIDED, xstrdup("its newest dump was never drilled"));
	} else {
		conclude(status, VERDICT_PASS, xstrdup(""));
	}
	s->facts.newest_refuted = s->newest_refuted != NULL;
	s->facts.refuted_acknowledged = status->acknowledged = s->facts.newest_refuted && record.acknowledged;
	return 0;
}

/* The newest dump by what the store holds and by what the ledger saw arrive: neither may hide a bad one. */
static int find_newest(const struct box *box, const struct dumps *all, int64_t latest, struct source_overview *s,
		       struct source_status *status, struct error *err)
{
	CLEANUP(event_done) struct event pull = {0};
	CLEANUP(dump_record_done) struct dump_record arrived = {0};
	const struct dump *newest = dumps_newest(all, status->source, latest);
	bool found;

	if (ledger_newest_pull(box->ledger, status->source, DUMP_ARRIVED, &found, &pull, err) < 0)
		return -1;
	if (found && !dumps_find(all, pull.dump)) {
		if (ledger_dump(box->ledger, pull.dump, &arrived, err) < 0)
			return -1;
		if (arrived.taken <= latest && (!newest || arrived.taken > newest->taken))
			return look_at_newest(box, pull.dump, false, s, status, err);
	}
	if (newest)
		return look_at_newest(box, newest->name, true, s, status, err);
	conclude(status, VERDICT_UNDECIDED, xstrdup("nothing was pulled yet"));
	return 0;
}

static int look_at_dumps(const struct box *box, const struct dumps *all, int64_t now, struct source_overview *s,
			 struct source_status *status, struct error *err)
{
	int64_t latest = now + SKEW_TOLERANCE_S; /* dumps are named by their source's clock */
	const struct dump *newest = dumps_newest(all, status->source, latest);
	const struct dump *proven = dumps_newest_proven(all, status->source, latest);

	for (size_t i = 0; i < all->count; i++) {
		const struct dump *d = &all->items[i];

		if (strcmp(d->source, status->source) != 0)
			continue;
		status->dumps++;
		status->proven += d->state == DUMP_PROVEN;
		s->facts.older_refuted = s->facts.older_refuted || (d != newest && d->state == DUMP_REFUTED);
	}
	if ((proven && look_at_proven(box, proven, now, s, status, err) < 0) ||
	    find_newest(box, all, latest, s, status, err) < 0)
		return -1;
	/* what is damaged on the disk is not proven any more, whatever was said of it */
	if (proven && !s->facts.proven_copy_present && status->verdict != VERDICT_FAIL)
		conclude(status, VERDICT_UNDECIDED, xstrdup(status->brief));
	s->facts.newest_undecided = status->verdict == VERDICT_UNDECIDED;
	return 0;
}

static int look_at_pulls(const struct box *box, struct source_overview *s, struct source_status *status,
			 struct error *err)
{
	CLEANUP(event_done) struct event tried = {0}, delivered = {0};
	bool found;

	if (ledger_newest_pull(box->ledger, status->source, PULL_DELIVERED, &found, &delivered, err) < 0)
		return -1;
	if (found)
		status->last_pull = delivered.started;
	if (ledger_newest_pull(box->ledger, status->source, PULL_ENDED, &found, &tried, err) < 0)
		return -1;
	if (!found)
		return 0;
	s->let_in = tried.verdict == VERDICT_PASS || tried.why == ERR_CURRENT || tried.why == ERR_NOTHING;
	status->last_try = tried.started;
	status->last_try_result = xstrdup(tried.verdict == VERDICT_PASS ? "pass" : tried.reason);
	s->facts.pull_refused = tried.verdict == VERDICT_UNDECIDED &&
				(tried.why == ERR_REFUSED || tried.why == ERR_PRIVILEGE);
	if (tried.verdict == VERDICT_UNDECIDED && !tried.interrupted)
		set_text(&status->brief, tried.why == ERR_REFUSED ? "pull refused" :
					 tried.why == ERR_PRIVILEGE ? "pull lacks a privilege" :
					 tried.why == ERR_CURRENT ? "nothing newer is published" :
					 tried.why == ERR_NOTHING ? "no dump is published" : "last pull did not deliver");
	return 0;
}

static const char *const due_words[] = {
	[DUE_SCHEDULED] = "scheduled",
	[DUE_RETRY] = "try again",
	[DUE_INTERRUPTED] = "repeat",
};

static int look_at_source(const struct box *box, const struct dumps *all, int64_t now, struct source_overview *s,
			  struct source_status *status, struct error *err)
{
	const struct source_config *source = config_source(&box->config, status->source);
	struct attempts attempts;

	s->due.at = TIME_UNKNOWN;
	if (look_at_dumps(box, all, now, s, status, err) < 0 || look_at_pulls(box, s, status, err) < 0)
		return -1;
	if (!source) {
		status->orphan = true;
		return 0;
	}
	if (source->broken) {
		s->facts.broken = true;
		set_text(&status->brief, "its file cannot be used");
		if (status->verdict != VERDICT_FAIL) /* what was evidence stays evidence */
			conclude(status, VERDICT_UNDECIDED, xstrdup(source->why.text));
		return 0;
	}
	s->usable = true;
	if (ledger_attempts(box->ledger, source->name, &attempts, err) < 0)
		return -1;
	s->delivered = attempts.delivered;
	s->last_try = attempts.last_try;
	s->due = schedule_next(&source->schedule, &source->window, &attempts, now);
	status->next = s->due.at;
	status->next_reason = xstrdup(due_words[s->due.reason]);
	/* a time in the future never is in date: the clock, or the source's, is wrong */
	s->facts.in_date = status->data_as_of != TIME_UNKNOWN && status->data_as_of <= now + SKEW_TOLERANCE_S &&
			   now - status->data_as_of < source->stale_after_s;
	status->in_date = s->facts.in_date;
	return 0;
}

/* What is connected to; NULL of a source whose file cannot be used. */
static const char *dialled_of(const struct source_config *s)
{
	if (s->at.address)
		return s->at.address;
	return s->type == SOURCE_POSTGRES ? s->at.host : s->type == SOURCE_HTTPS ? s->web.host : s->endpoint.host;
}

bool network_needed(const struct config *config)
{
	static const char *const here[] = {"/", "127.", "::1", "localhost"};

	for (size_t i = 0; i < config->source_count; i++) {
		const char *dialled = dialled_of(config->sources[i]);
		bool local = config->sources[i]->broken; /* nobody knows where it is */

		for (size_t k = 0; dialled && k < COUNT(here); k++)
			local = local || starts_with(dialled, here[k]);
		if (!local)
			return true;
	}
	return config->source_count == 0;
}

static int look_at_host(const struct box *box, int64_t now, struct overview *o, struct error *err)
{
	CLEANUP(store_room_done) struct store_room room = {0};
	autofree char *why = NULL;
	int64_t reserve, bytes, largest = 0;
	struct error ill;
	double seconds;

	/* a new box has no data folder yet; without rights of our own nothing is said of those of others */
	if ((path_exists(box->config.box.data) && host_disk_well(box->config.box.data, &ill) < 0) ||
	    vault_refusal(box->config.dir, true, &ill) < 0 || provision_refusal(box->config.dir, &ill) < 0)
		o->status.ill = xstrdup(ill.text);
	o->facts.ill = o->status.ill != NULL;

	o->facts.network = host_network_up() || !network_needed(&box->config);
	if (!o->facts.network)
		strings_add(&o->status.box_faults, "no network: check the cable");
	if (clock_judge(box->ledger, now, &o->clock, &why, err) < 0)
		return -1;
	o->facts.clock_known = o->clock == CLOCK_KNOWN;
	o->status.clock_unknown = !o->facts.clock_known;
	if (why)
		strings_add(&o->status.box_faults, why);
	if (store_room(box->store, &room, err) < 0 || scratch_reserve(box->ledger, &reserve, err) < 0)
		return -1;
	for (size_t i = 0; i < box->config.source_count; i++) {
		if (ledger_pull_size(box->ledger, box->config.sources[i]->name, &bytes, &seconds, err) < 0)
			return -1;
		largest += bytes;
	}
	o->facts.tight = largest > 0 && room.free + room.scratch < ROUNDS_OF_ROOM * largest + reserve;
	if (o->facts.tight) {
		char has[UNIT_TEXT], wants[UNIT_TEXT];

		strings_add_owned(&o->status.box_faults,
				  format("room for fewer than three rounds: %s free, a round needs %s and a restore %s",
					 human_bytes(room.free, has), human_bytes(largest, wants),
					 human_bytes(reserve, (char[UNIT_TEXT]){0})));
	}
	return 0;
}

/* One entry for each configured source, then one for each that only has dumps left. */
static void list_sources(const struct box *box, const struct dumps *all, struct overview *o)
{
	for (size_t i = 0; i < box->config.source_count; i++)
		status_add(&o->status, box->config.sources[i]->name);
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].orphan && (i == 0 || strcmp(all->items[i].source, all->items[i - 1].source) != 0))
			status_add(&o->status, all->items[i].source);
	o->sources = xcalloc(o->status.source_count + 1, sizeof(*o->sources));
	o->source_facts = xcalloc(box->config.source_count + 1, sizeof(*o->source_facts));
}

int overview_gather(const struct box *box, int64_t now, struct overview *ret, struct error *err)
{
	CLEANUP(overview_done) struct overview o = {0};
	CLEANUP(strings_done) struct strings trouble = {0};
	CLEANUP(dumps_done) struct dumps all = {0};

	if (box_dumps(box, NULL, &all, &trouble, err) < 0)
		return -1;
	o.status.box = xstrdup(box->config.box.name);
	list_sources(box, &all, &o);
	for (size_t i = 0; i < o.status.source_count; i++)
		if (look_at_source(box, &all, now, &o.sources[i], &o.status.sources[i], err) < 0)
			return -1;
	if (look_at_host(box, now, &o, err) < 0 || ledger_targets(box->ledger, &o.status.targets, err) < 0)
		return -1;
	for (size_t i = 0; i < trouble.count; i++)
		strings_add(&o.status.box_faults, trouble.items[i]);
	for (size_t i = 0; i < box->config.source_count; i++)
		o.source_facts[i] = o.sources[i].facts;
	o.facts.sources = o.source_facts;
	o.facts.source_count = box->config.source_count;
	*ret = o;
	o = (struct overview){0};
	return 0;
}

void overview_done(struct overview *o)
{
	for (size_t i = 0; o->sources && i < o->status.source_count; i++) {
		free(o->sources[i].newest_refuted);
		free(o->sources[i].newest_proven);
	}
	free(o->sources);
	free(o->source_facts);
	status_done(&o->status);
	*o = (struct overview){0};
}
