#include "drill/parity.h"

#include <stdlib.h>

#include "drill/settle.h"
#include "model/structure.h"
#include "port/survey.h"

/* What is counted beside the survey of the catalogue. The manifest holds only that. */
struct counting {
	const struct drill_request *drill;
	struct pg_target target;
	bool rows; /* the source was counted too */
	struct manifest m;
	_Atomic size_t done, of;
	int result;
	struct error err;
};

static void counted(void *context, size_t done, size_t of)
{
	struct counting *c = context;

	c->of = of;
	c->done = done;
}

static int count_all(struct counting *c)
{
	CLEANUP(pg_close) struct pg *pg = NULL;

	if (pg_connect(&c->target, c->drill->deadline, &pg, &c->err) < 0 || survey_relations(pg, &c->m, &c->err) < 0 ||
	    (c->rows && survey_rows(pg, &c->m, counted, c, &c->err) < 0) ||
	    survey_large_objects(pg, &c->m, &c->err) < 0 || survey_sequences(pg, &c->m, &c->err) < 0)
		return -1;
	return survey_sequence_reach(pg, &c->m, &c->err);
}

static void count_beside(void *context)
{
	struct counting *c = context;

	c->result = count_all(c);
}

static void begin_counting(struct parity *p, const struct pg_target *target)
{
	struct counting *c = xcalloc(1, sizeof(*c));

	c->drill = p->drill;
	c->target = *target;
	c->rows = !p->drill->manifest || p->drill->manifest->counts_exact;
	p->counting = c;
	p->errand = errand_start(count_beside, c);
}

static void forget_counting(struct parity *p)
{
	errand_done(&p->errand);
	if (p->counting)
		manifest_done(&p->counting->m);
	free(take(p->counting));
}

/* What was counted, into the manifest of what was restored. */
static int take_counting(struct parity *p, struct error *err)
{
	struct counting *c = p->counting;
	struct manifest *to = &p->restored, *from = &c->m;

	while (!errand_wait(p->errand, 200))
		if (p->drill->progress)
			p->drill->progress(p->drill->context, RUNG_VOLUME, "tables counted", (int64_t)c->done, (int64_t)c->of);
	if (c->result < 0) {
		*err = c->err;
		return -1;
	}
	to->relations = take(from->relations);
	to->relation_count = from->relation_count;
	to->sequences = take(from->sequences);
	to->sequence_count = from->sequence_count;
	to->large_objects = from->large_objects;
	from->relation_count = from->sequence_count = 0;
	if (p->drill->manifest)
		survey_normalise(to, p->drill->manifest->server_version_num);
	else
		manifest_sort(to);
	forget_counting(p);
	return 0;
}

int parity_open(struct parity *p, const struct drill_request *drill, const struct pg_target *target,
		const char *excuse, struct error *err)
{
	p->drill = drill;
	p->excuse = excuse ? xstrdup(excuse) : NULL;
	p->measure = (struct measure){
		.source = drill->manifest,
		.restored = &p->restored,
		.predecessor = drill->accepted ? NULL : drill->predecessor,
		.dump_name = drill->dump->name,
		.predecessor_name = drill->predecessor_name,
		.excuse = p->excuse,
	};
	if (level_has_rung(drill->level, RUNG_VOLUME))
		begin_counting(p, target);
	if (pg_connect(target, drill->deadline, &p->pg, err) < 0)
		return -1;
	return survey_identity(p->pg, &p->restored, err);
}

void parity_done(struct parity *p)
{
	forget_counting(p);
	pg_close(&p->pg);
	manifest_done(&p->restored);
	free(p->excuse);
	*p = (struct parity){0};
}

bool parity_source_has_contents(const struct manifest *m)
{
	static const char *const classes[] = {"view", "function", "aggregate", "type"};

	if (m->relation_count || m->sequence_count || m->large_objects.count)
		return true;
	for (size_t i = 0; i < COUNT(classes); i++) {
		const struct object_class *c = manifest_class(m, classes[i]);

		if (c && c->count)
			return true;
	}
	return false;
}

static size_t amiss(const struct findings *f, enum rung rung)
{
	return findings_count(f, rung, RESULT_FAIL) + findings_count(f, rung, RESULT_UNDECIDED);
}

/* ---------------------------------------------------------------- structure */

/* What the older of two servers cannot have is no difference. */
static int survey_structure(struct parity *p, struct error *err)
{
	if (survey_catalogue(p->pg, &p->restored, err) < 0)
		return -1;
	if (p->drill->manifest)
		survey_normalise(&p->restored, p->drill->manifest->server_version_num);
	else
		manifest_sort(&p->restored);
	return 0;
}

static void note_read_only(const struct manifest *m, struct findings *f)
{
	if (m->read_only_default)
		findings_note(f, "default_transaction_read_only is on, in the source too: after a real recovery nothing could be "
				 "written until it is switched off (ALTER DATABASE ... RESET default_transaction_read_only)");
}

/* Which tables are parts of others is kept in the drill's record: a part that is gone from the next dump is no loss. */
static void report_parts(const struct manifest *m, struct findings *f)
{
	const struct object_class *tables = manifest_class(m, COMPARE_TABLES);

	for (size_t k = 0; tables && k < tables->keys.count; k++) {
		if (!same(tables->keys.items[k], COMPARE_INHERITS))
			continue;
		for (size_t i = 0; i < tables->count; i++)
			if (tables->objects[i].values[k])
				findings_add(f, RUNG_STRUCTURE, RESULT_SKIP, tables->objects[i].name, "",
					     tables->objects[i].values[k], "a part of that; no manifest to compare with");
	}
}

int parity_structure(struct parity *p, struct findings *f, struct text *summary, struct error *err)
{
	CLEANUP(structure_done) struct structure s = {0};
	char count[UNIT_TEXT];
	size_t objects = 0;

	if (survey_structure(p, err) < 0)
		return -1;
	if (!p->drill->manifest) {
		findings_add(f, RUNG_STRUCTURE, RESULT_SKIP, "catalogue", "", "",
			     "the dump has no manifest, so there is nothing to compare its structure with");
		report_parts(&p->restored, f);
		text_add(summary, "nothing to compare with: no manifest");
		return 0;
	}
	compare_structure(&p->measure, &s);
	/* settling locks tables that are counted, and empties them for the while */
	if (s.count)
		errand_wait(p->errand, -1);
	if (settle_texts(p->pg, &p->measure, &s, err) < 0)
		return -1;
	structure_report(&s, &p->measure, f);
	note_read_only(p->drill->manifest, f);
	for (size_t i = 0; i < s.tally_count; i++)
		objects += s.tallies[i].expected;
	human_count((int64_t)objects, count);
	if (amiss(f, RUNG_STRUCTURE))
		text_addf(summary, "%s objects, %zu not as in the source", count, amiss(f, RUNG_STRUCTURE));
	else
		text_addf(summary, "%s objects equal", count);
	return 0;
}

/* ---------------------------------------------------------------- volume */

/* What each table came back with is kept in the drill's record: the next dump is measured against it. */
static void report_rows(const struct parity *p, struct findings *f)
{
	for (size_t i = 0; i < p->restored.relation_count; i++) {
		const struct relation *r = &p->restored.relations[i];
		autofree char *rows = format("%lld", (long long)r->rows);

		if (r->rows >= 0)
			findings_add(f, RUNG_VOLUME, RESULT_SKIP, r->name, "", rows, "counted; no manifest to compare with");
	}
}

static void report_uncompared(const struct parity *p, struct findings *f)
{
	size_t tables;
	int64_t rows = manifest_rows(&p->restored, &tables);
	autofree char *actual = format("%lld", (long long)rows);

	findings_add(f, RUNG_VOLUME, RESULT_SKIP, "rows", "", actual,
		     "%lld rows in %zu tables came back; the dump has no manifest to compare them with", (long long)rows, tables);
	report_rows(p, f);
	if (p->measure.predecessor)
		findings_note(f, "without a manifest, rows were compared with '%s' only", p->drill->predecessor_name);
}

static void summarise_volume(const struct parity *p, const struct findings *f, struct text *summary)
{
	char count[UNIT_TEXT];
	size_t tables;
	int64_t rows = manifest_rows(&p->restored, &tables);

	if (!p->drill->manifest)
		text_addf(summary, "%zu %s with %s rows, %s%s", tables, tables == 1 ? "table" : "tables", human_count(rows, count),
			  p->measure.predecessor ? "compared with those of " : "nothing to compare with",
			  p->measure.predecessor ? p->drill->predecessor_name : "");
	else if (!p->drill->manifest->counts_exact)
		text_add(summary, "not compared: this source is not counted");
	else if (amiss(f, RUNG_VOLUME) == 0)
		text_addf(summary, "%zu of %zu tables equal, %s rows", tables, tables, human_count(rows, count));
	else
		text_addf(summary, "%zu tables with %s rows, %zu not as they should be", tables, human_count(rows, count),
			  amiss(f, RUNG_VOLUME));
}

int parity_volume(struct parity *p, struct findings *f, struct text *summary, struct error *err)
{
	if (take_counting(p, err) < 0)
		return -1;
	if (p->drill->manifest)
		compare_volume(&p->measure, f);
	else
		report_uncompared(p, f);
	compare_drift(&p->measure, f);
	summarise_volume(p, f, summary);
	return 0;
}

/* ---------------------------------------------------------------- sequences */

void parity_sequences(struct parity *p, struct findings *f, struct text *summary)
{
	size_t well, all;

	compare_sequences(&p->measure, f);
	well = findings_count(f, RUNG_SEQUENCES, RESULT_PASS);
	all = well + amiss(f, RUNG_SEQUENCES);
	if (all)
		text_addf(summary, "%zu of %zu", well, all);
	else
		text_add(summary, p->drill->manifest ? "the source has none" : "nothing to compare with");
}
