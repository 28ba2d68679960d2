/* Room on the disk for what is to come. */
#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"
#include "model/retention.h"
#include "run/overview.h"
#include "run/pulling.h"

/* What may go for it, in this order: what has come of other downloads, then dumps of the source. */
struct expendable {
	struct strings arrived; /* names of sources */
	struct dumps dumps;
	size_t *order; /* into dumps */
	size_t dump_count;
	int64_t bytes; /* of all that */
};

static void expendable_done(struct expendable *e)
{
	strings_done(&e->arrived);
	dumps_done(&e->dumps);
	free(e->order);
}

int pulling_floor(const struct pulling *p, int64_t *ret, struct error *err)
{
	if (scratch_reserve(p->box->ledger, ret, err) < 0)
		return -1;
	*ret += SPACE_FLOOR;
	return 0;
}

/* Half of a dump goes before a whole one. That of this source is what is to be gone on with. */
static int find_expendable(const struct pulling *p, struct expendable *e, struct error *err)
{
	const struct source_config *source = p->source;
	const char *except = source->type == SOURCE_POSTGRES ? NULL : source->name;
	struct keep keep = {source->keep_daily, source->keep_weekly, source->keep_monthly};

	if (store_all_arrived(p->box->store, except, &e->arrived, &e->bytes, err) < 0 ||
	    box_dumps(p->box, source->name, &e->dumps, NULL, err) < 0)
		return -1;
	e->order = xcalloc(e->dumps.count + 1, sizeof(*e->order));
	e->dump_count = retention_pressure_order(&e->dumps, source->name, keep, clock_wall() + SKEW_TOLERANCE_S, e->order);
	for (size_t i = 0; i < e->dump_count; i++)
		e->bytes += e->dumps.items[e->order[i]].bytes;
	return 0;
}

/* What goes is in the pull's notes. */
static void tell(struct pulling *p, char *note)
{
	log_notice("%s", note);
	strings_add_owned(&p->notes, note);
}

static int remove_one(struct pulling *p, const struct expendable *e, size_t i, struct error *err)
{
	const struct dump *dump;

	if (i < e->arrived.count) {
		tell(p, format("the disk was full: what had come of a download of '%s' went to make room", e->arrived.items[i]));
		return store_drop_arrived(p->box->store, e->arrived.items[i], err);
	}
	dump = &e->dumps.items[e->order[i - e->arrived.count]];
	tell(p, format("the disk was full: %s (%s) went to make room", dump->name, dump_state_word(dump->state)));
	return store_remove(p->box->store, dump, err);
}

/* Whether it would fit, were so much more free. 0: it does; -1 with why not, or that nobody can tell. */
static int admit(const struct pulling *p, int64_t more, int64_t reserve, struct error *err)
{
	int64_t room;

	if (free_bytes(p->box->config.box.data, &room, err) < 0)
		return -1;
	return store_admit(p->expected, room + more, reserve, err);
}

/* One after the other, and none more than it takes. */
static int remove_until_it_fits(struct pulling *p, const struct expendable *e, int64_t reserve, struct error *err)
{
	for (size_t i = 0; admit(p, 0, reserve, err) < 0; i++)
		if (err->kind != ERR_SPACE || i == e->arrived.count + e->dump_count || remove_one(p, e, i, err) < 0)
			return -1;
	return 0;
}

int pulling_make_room(struct pulling *p, struct error *err)
{
	CLEANUP(expendable_done) struct expendable e = {0};
	struct error hopeless;
	int64_t reserve;

	if (pulling_floor(p, &reserve, err) < 0)
		return -1;
	if (admit(p, 0, reserve, err) == 0)
		return 0;
	if (err->kind != ERR_SPACE || find_expendable(p, &e, err) < 0)
		return -1;
	if (admit(p, e.bytes, reserve, &hopeless) < 0) /* what is asked for may be beyond all measure: nothing goes for that */
		return admit(p, 0, reserve, err) == 0 ?
			       0 :
			       fail_within(err, "even without every dump of '%s' that may go", p->source->name);
	return remove_until_it_fits(p, &e, reserve, err);
}
