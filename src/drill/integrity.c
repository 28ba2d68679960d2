#include "drill/integrity.h"

#include <stdlib.h>
#include <string.h>

#include "base/errand.h"
#include "model/exempt.h"
#include "port/survey.h"

#define SHOWN 20 /* of what is damaged: then the rest is not looked at */
#define SCHEMA "\"drillbox amcheck\""

/* ---------------------------------------------------------------- amcheck */

/*
 * amcheck's functions under names of our own: what a dump brings along under the
 * extension's is not asked. They are gone again before anybody else looks.
 */
static const char make_functions[] =
	"CREATE SCHEMA " SCHEMA "; "
	"CREATE FUNCTION " SCHEMA ".index_check(pg_catalog.regclass, pg_catalog.bool) RETURNS pg_catalog.void "
	"AS '$libdir/amcheck', 'bt_index_check' LANGUAGE c STRICT; ";
static const char make_heap_function[] = /* 14 and newer */
	"CREATE FUNCTION " SCHEMA ".heap_check(relation pg_catalog.regclass, on_error_stop pg_catalog.bool, "
	"check_toast pg_catalog.bool, skip pg_catalog.text, startblock pg_catalog.int8, endblock pg_catalog.int8, "
	"blkno OUT pg_catalog.int8, offnum OUT pg_catalog.int4, attnum OUT pg_catalog.int4, msg OUT pg_catalog.text) "
	"RETURNS SETOF record AS '$libdir/amcheck', 'verify_heapam' LANGUAGE c";

/*
 * Tables, then indexes; of an index its table, and whether a function or an
 * operator of the database's own had a part in its order: then what is wrong may be wrong in the source.
 */
static const char things_query[] =
	"SELECT 't', c.oid::pg_catalog.regclass, quote_ident(n.nspname) || '.' || quote_ident(c.relname), "
	"quote_ident(n.nspname) || '.' || quote_ident(c.relname), false "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"JOIN pg_catalog.pg_am a ON a.oid = c.relam "
	"WHERE c.relkind IN ('r', 'm') AND a.amname = 'heap' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
	"AND n.nspname <> 'information_schema' "
	"UNION ALL "
	"SELECT 'i', c.oid::pg_catalog.regclass, quote_ident(n.nspname) || '.' || quote_ident(c.relname), "
	"quote_ident(tn.nspname) || '.' || quote_ident(t.relname), "
	"i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_opclass o "
	"JOIN pg_catalog.pg_namespace pn ON pn.oid = o.opcnamespace WHERE o.oid = ANY (i.indclass) AND pn.nspname <> 'pg_catalog') "
	"FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_am a ON a.oid = c.relam "
	"JOIN pg_catalog.pg_class t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace "
	"WHERE c.relkind = 'i' AND a.amname = 'btree' AND i.indisvalid AND i.indisready AND c.relpersistence <> 't' "
	"AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' "
	"ORDER BY 1 DESC, 2";

/* A table or an index to look into. */
struct thing {
	char *name; /* as reports name it */
	char *sql;
	bool index;
	bool own_order; /* of an index: by a function or an operator of the database's own */
};

/* What is wrong with one. */
struct damage {
	size_t thing;
	bool corrupt; /* and not only refused */
	char *words;
};

/* All of it belongs to the errand until that is over. */
struct looking {
	const struct integrity_run *run;
	struct pg *pg;
	bool heaps; /* the server has a function for tables */
	struct thing *things;
	size_t count, left_out;
	size_t from, at; /* of the pipeline that runs */
	_Atomic size_t done;
	struct damage *damages;
	size_t damage_count;
	int result;
	struct error err;
};

static void add_thing(struct looking *l, const struct pg_rows *r)
{
	autofree char *literal = pg_literal(pg_text(r, 0, 1));
	bool index = *pg_text(r, 0, 0) == 'i';

	l->things = grow(l->things, l->count, sizeof(*l->things));
	l->things[l->count++] = (struct thing){
		.name = xstrdup(pg_text(r, 0, 2)),
		.index = index,
		.own_order = pg_bool(r, 0, 4),
		.sql = format(index ? "SELECT " SCHEMA ".index_check(%s, true)"
				    : "SELECT blkno, msg FROM " SCHEMA ".heap_check(%s, true, true, 'none', NULL, NULL) LIMIT 1",
				    literal),
	};
}

static int take_thing(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct looking *l = context;
	autofree char *reason = exempt_reason(l->run->drill->source->not_hashed, pg_text(r, 0, 3));

	if (reason)
		l->left_out++;
	else if (l->heaps || *pg_text(r, 0, 0) == 'i')
		add_thing(l, r);
	return 0;
}

static void add_damage(struct looking *l, size_t thing, bool corrupt, char *owned_words)
{
	l->damages = grow(l->damages, l->damage_count, sizeof(*l->damages));
	l->damages[l->damage_count++] = (struct damage){thing, corrupt, owned_words};
}

static const char *next_thing(void *context, size_t i)
{
	const struct looking *l = context;

	return l->from + i < l->count ? l->things[l->from + i].sql : NULL;
}

/* An index is well when its function returns, a table when its function has nothing to tell. */
static int take_answer(void *context, size_t i, const struct pg_rows *r, struct error *err UNUSED)
{
	struct looking *l = context;
	size_t at = l->from + i;

	if (!l->things[at].index && pg_row_count(r) > 0)
		add_damage(l, at, true, format("block %s: %s", pg_text(r, 0, 0), pg_text(r, 0, 1)));
	l->at = at + 1;
	l->done = at + 1;
	return 0;
}

/* Behind one that is refused the others are asked anew. */
static int look_at_all(struct looking *l)
{
	while (l->from < l->count && l->damage_count < SHOWN) {
		if (pg_pipeline(l->pg, next_thing, take_answer, l, &l->err) == 0)
			return 0;
		if (!*pg_sqlstate(l->pg) || l->err.kind == ERR_STOPPED || l->err.kind == ERR_NETWORK || l->err.kind == ERR_SPACE)
			return -1;
		add_damage(l, l->at, starts_with(pg_sqlstate(l->pg), "XX00"), xstrdup(pg_message(l->pg)));
		l->from = ++l->at;
	}
	return 0;
}

static int look_with_functions(struct looking *l)
{
	autofree char *sql = format("%s%s", make_functions, l->heaps ? make_heap_function : "");

	if (pg_exec(l->pg, sql, &l->err) < 0)
		return fail_within(&l->err, "amcheck: install PostgreSQL's contrib modules on the box");
	if (pg_query_each(l->pg, things_query, take_thing, l, &l->err) < 0 || look_at_all(l) < 0)
		return -1;
	return pg_exec(l->pg, "DROP SCHEMA " SCHEMA " CASCADE", &l->err);
}

static void look(void *context)
{
	struct looking *l = context;

	l->result = pg_connect(l->run->target, l->run->drill->deadline, &l->pg, &l->err);
	if (l->result < 0)
		return;
	l->heaps = pg_server_version(l->pg) >= 140000;
	l->result = look_with_functions(l);
	pg_close(&l->pg);
}

static void looking_done(struct looking *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->things[i].name);
		free(l->things[i].sql);
	}
	for (size_t i = 0; i < l->damage_count; i++)
		free(l->damages[i].words);
	free(l->things);
	free(l->damages);
	pg_close(&l->pg);
}

/*
 * The restore has built it a moment ago, by the rules of this server: where those
 * rules are the database's own, a function or an operator of it breaks them, in the source
 * too. Else nothing but this box can have damaged it.
 */
static void report_damage(const struct looking *l, const struct damage *d, struct findings *f)
{
	const struct thing *t = &l->things[d->thing];
	const char *kind = t->index ? "index" : "table";

	if (!d->corrupt)
		findings_add(f, RUNG_INTEGRITY, RESULT_UNDECIDED, t->name, "whole", "", "%s '%s' could not be looked into: %s",
			     kind, t->name, d->words);
	else if (t->own_order)
		findings_add(f, RUNG_INTEGRITY, RESULT_FAIL, t->name, "whole", "broken",
			     "in the source already: what the index '%s' is ordered by does not always give the same for the same "
			     "row (%s): a function in it is not as IMMUTABLE as it says; mend it there, and REINDEX", t->name,
			     d->words);
	else
		findings_add(f, RUNG_INTEGRITY, RESULT_UNDECIDED, t->name, "whole", "broken",
			     "%s '%s', which this box has just built, is damaged (%s): look at the box's memory and disk, and "
			     "drill again", kind, t->name, d->words);
}

static void report(const struct looking *l, struct findings *f, struct text *summary)
{
	autofree char *count = format("%zu", l->count);
	size_t looked = l->damage_count < SHOWN ? l->count : l->done, indexes = 0;

	for (size_t i = 0; i < looked; i++)
		indexes += l->things[i].index;
	for (size_t i = 0; i < l->damage_count; i++)
		report_damage(l, &l->damages[i], f);
	if (looked < l->count)
		findings_add(f, RUNG_INTEGRITY, RESULT_UNDECIDED, "amcheck", count, "",
			     "after %d that are not whole the rest was not looked into", SHOWN);
	else if (l->count && l->damage_count == 0)
		findings_add(f, RUNG_INTEGRITY, RESULT_PASS, "amcheck", count, count, NULL);
	text_addf(summary, "; amcheck of %zu tables and %zu indexes", looked - indexes, indexes);
	if (l->left_out)
		text_addf(summary, ", %zu left out", l->left_out);
	if (!l->heaps)
		findings_note(f, "amcheck of PostgreSQL 13 looks into indexes only");
}

/* ---------------------------------------------------------------- contents */

static void counted(void *context, size_t done, size_t of)
{
	const struct drill_request *r = context;

	if (r->progress)
		r->progress(r->context, RUNG_INTEGRITY, "tables hashed", (int64_t)done, (int64_t)of);
}

/* What there is to compare with; else why not, which is also a note. */
static const char *nothing_to_compare_with(const struct integrity_run *run)
{
	if (!run->drill->manifest)
		return "the dump has no manifest";
	if (!run->drill->manifest->hashed)
		return "they were not hashed when it was pulled, which is done while [drill] level is deep: pull again";
	return NULL;
}

static int hash_contents(const struct integrity_run *run, struct error *err)
{
	CLEANUP(pg_close) struct pg *pg = NULL;

	if (pg_connect(run->target, run->drill->deadline, &pg, err) < 0)
		return -1;
	return survey_contents(pg, false, run->restored, run->drill->manifest, counted, (void *)(uintptr_t)run->drill, err);
}

/* Checks of tables that came to 'result'. */
static size_t tables_with(const struct findings *f, enum result result)
{
	size_t n = 0;

	for (size_t i = 0; i < f->check_count; i++)
		n += f->checks[i].rung == RUNG_INTEGRITY && f->checks[i].result == result && !same(f->checks[i].name,
												   COMPARE_LARGE_OBJECTS);
	return n;
}

static int check_contents(const struct integrity_run *run, struct findings *f, struct text *summary, struct error *err)
{
	const char *why = nothing_to_compare_with(run);
	double began = clock_mono();
	char here[UNIT_TEXT], there[UNIT_TEXT];
	size_t equal, all;

	if (why) {
		findings_add(f, RUNG_INTEGRITY, RESULT_SKIP, "contents", "", "", "contents were not compared: %s", why);
		findings_note(f, "contents of tables were not compared: %s", why);
		text_add(summary, "contents not compared");
		return 0;
	}
	if (hash_contents(run, err) < 0)
		return -1;
	compare_contents(run->measure, f);
	equal = tables_with(f, RESULT_PASS);
	all = equal + tables_with(f, RESULT_FAIL) + tables_with(f, RESULT_UNDECIDED);
	if (all == 0)
		findings_add(f, RUNG_INTEGRITY, RESULT_SKIP, "contents", "0", "0", "the source has no tables whose contents were "
			     "hashed");
	text_addf(summary, "contents of %zu of %zu tables equal, hashed in %s here, in %s in the source", equal, all,
		  human_seconds(clock_mono() - began, here), human_seconds((double)run->drill->manifest->hash_ms / 1000, there));
	return 0;
}

/* ---------------------------------------------------------------- the rung */

int integrity_check(const struct integrity_run *run, struct findings *f, struct text *summary, struct error *err)
{
	CLEANUP(looking_done) struct looking l = {.run = run};
	CLEANUP(errand_done) struct errand *errand = errand_start(look, &l);
	int done = check_contents(run, f, summary, err);

	while (!errand_wait(errand, 200))
		if (run->drill->progress)
			run->drill->progress(run->drill->context, RUNG_INTEGRITY, "tables and indexes looked into", (int64_t)l.done,
					     0);
	if (done < 0)
		return -1;
	if (l.result < 0 && (l.err.kind == ERR_STOPPED || l.err.kind == ERR_NETWORK || deadline_left(run->drill->deadline) == 0)) {
		*err = l.err;
		return -1;
	}
	if (l.result < 0)
		findings_add_error(f, RUNG_INTEGRITY, "amcheck", &l.err);
	else
		report(&l, f, summary);
	return 0;
}
