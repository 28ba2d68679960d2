#include "model/compare.h"

#include <stdlib.h>
#include <string.h>

#include "model/dump.h"

#define NAMED_MOST 5	 /* names in one note */
#define DRIFT "drift"	 /* the check's name; no table's, for those have their schema before them */
#define SHRUNK_FROM 1000 /* rows from which halving counts as shrinking */

/* ---------------------------------------------------------------- volume */

/* An extension's own rows come with its version, not with the dump. */
static bool extensions_differ(const struct measure *m)
{
	for (size_t i = 0; i < m->source->extension_count; i++) {
		const struct extension *e = &m->source->extensions[i];

		for (size_t j = 0; j < m->restored->extension_count; j++)
			if (same(e->name, m->restored->extensions[j].name) &&
			    !same(e->version, m->restored->extensions[j].version))
				return true;
	}
	return false;
}

static void volume_missing(const struct measure *m, const struct relation *e, const char *expected, struct findings *f)
{
	char count[UNIT_TEXT];

	findings_add(f, RUNG_VOLUME, m->excuse ? RESULT_UNDECIDED : RESULT_FAIL, e->name, expected, "",
		     "'%s' has %s rows in the source and did not come back at all%s%s", e->name,
		     human_count(e->rows, count), m->excuse ? "; " : "", m->excuse ? m->excuse : "");
}

static void volume_differs(const struct measure *m, const struct relation *e, const struct relation *a,
			   const char *expected, const char *actual, struct findings *f)
{
	char want[UNIT_TEXT], got[UNIT_TEXT];
	const char *excuse = NULL;

	/* COPY loads a table whole or not at all */
	if (a->rows == 0)
		excuse = m->excuse;
	else if (e->filtered && extensions_differ(m))
		excuse = "it belongs to an extension that the box has in another version";
	findings_add(f, RUNG_VOLUME, excuse ? RESULT_UNDECIDED : RESULT_FAIL, e->name, expected, actual,
		     "'%s' has %s rows in the source, %s restored%s%s", e->name, human_count(e->rows, want),
		     human_count(a->rows, got), excuse ? "; " : "", excuse ? excuse : "");
}

static void compare_rows(const struct measure *m, const struct relation *e, const struct relation *a,
			 struct findings *f)
{
	autofree char *expected = format("%lld", (long long)e->rows);
	autofree char *actual = a && a->rows >= 0 ? format("%lld", (long long)a->rows) : NULL;

	if (!a)
		volume_missing(m, e, expected, f);
	else if (a->rows < 0)
		findings_add(f, RUNG_VOLUME, RESULT_UNDECIDED, e->name, expected, "",
			     "'%s' could not be counted in the restored database: %s", e->name,
			     a->left_out ? a->left_out : "no reason is known");
	else if (e->rows != a->rows)
		volume_differs(m, e, a, expected, actual, f);
	else
		findings_add(f, RUNG_VOLUME, RESULT_PASS, e->name, expected, actual, NULL);
}

static void compare_number(const char *name, int64_t expected, int64_t actual, const char *excuse, struct findings *f)
{
	autofree char *e = format("%lld", (long long)expected), *a = format("%lld", (long long)actual);

	if (expected == actual)
		findings_add(f, RUNG_VOLUME, RESULT_PASS, name, e, a, NULL);
	else
		findings_add(f, RUNG_VOLUME, excuse && actual < expected ? RESULT_UNDECIDED : RESULT_FAIL, name, e, a,
			     "%s: %s in the source, %s restored%s%s", name, e, a, excuse ? "; " : "",
			     excuse ? excuse : "");
}

static void compare_large_objects(const struct measure *m, struct findings *f)
{
	const struct large_objects *e = &m->source->large_objects, *a = &m->restored->large_objects;

	if (e->count == 0 && a->count == 0)
		return;
	compare_number("large objects", e->count, a->count, m->excuse, f);
	if (e->bytes >= 0 && a->bytes >= 0)
		compare_number("large object bytes", e->bytes, a->bytes, m->excuse, f);
	else
		findings_add(f, RUNG_VOLUME, RESULT_SKIP, "large object bytes", "", "",
			     "the bytes of large objects were not read");
}

void compare_volume(const struct measure *m, struct findings *f)
{
	size_t before = f->check_count;

	for (size_t i = 0; i < m->source->relation_count; i++) {
		const struct relation *e = &m->source->relations[i];

		if (e->rows >= 0)
			compare_rows(m, e, manifest_relation(m->restored, e->name), f);
		else if (m->source->counts_exact && e->left_out)
			findings_add(f, RUNG_VOLUME, RESULT_SKIP, e->name, "", "", "'%s' was left out: %s", e->name,
				     e->left_out);
		else if (m->source->counts_exact)
			findings_add(f, RUNG_VOLUME, RESULT_UNDECIDED, e->name, "", "",
				     "the manifest tells neither the rows of '%s' nor why they were left out; pull again",
				     e->name);
	}
	if (!m->source->counts_exact) {
		findings_add(f, RUNG_VOLUME, RESULT_SKIP, "rows", "", "",
			     "rows were not compared: this source is not counted ([pull] counts = off)");
		findings_note(f, "rows were not compared: this source is not counted ([pull] counts = off)");
	}
	compare_large_objects(m, f);
	if (f->check_count == before)
		findings_add(f, RUNG_VOLUME, RESULT_SKIP, "rows", "0", "0", "the source has no tables to count");
}

/* ---------------------------------------------------------------- contents */

/* Rows that are not there are told of by rung 7; then the contents cannot be equal, and need not be told again. */
static bool rows_differ(const struct relation *e, const struct relation *a)
{
	return e->rows >= 0 && a->rows >= 0 && e->rows != a->rows;
}

static void compare_content(const struct measure *m, const struct relation *e, const struct relation *a, struct findings *f)
{
	const char *excuse = NULL;

	if (e->filtered && extensions_differ(m))
		excuse = "it belongs to an extension that the box has in another version";
	if (same(e->content, a->content))
		findings_add(f, RUNG_INTEGRITY, RESULT_PASS, e->name, e->content, a->content, NULL);
	else if (rows_differ(e, a))
		findings_add(f, RUNG_INTEGRITY, RESULT_SKIP, e->name, e->content, a->content, "its rows are not as many as in the "
			     "source");
	else
		findings_add(f, RUNG_INTEGRITY, excuse ? RESULT_UNDECIDED : RESULT_FAIL, e->name, e->content, a->content,
			     "'%s' has as many rows as in the source, and they do not hold the same%s%s", e->name,
			     excuse ? "; " : "",
			     excuse ? excuse : "");
}

static void compare_large_contents(const struct measure *m, struct findings *f)
{
	const struct large_objects *e = &m->source->large_objects, *a = &m->restored->large_objects;

	if (e->count == 0 || e->count != a->count)
		return;
	if (!e->content || !a->content)
		findings_add(f, RUNG_INTEGRITY, RESULT_SKIP, COMPARE_LARGE_OBJECTS, "", "",
			     "they were not hashed: the role that dumps may not read pg_largeobject");
	else if (same(e->content, a->content))
		findings_add(f, RUNG_INTEGRITY, RESULT_PASS, COMPARE_LARGE_OBJECTS, e->content, a->content, NULL);
	else
		findings_add(f, RUNG_INTEGRITY, RESULT_FAIL, COMPARE_LARGE_OBJECTS, e->content, a->content,
			     "as many large objects as in the source, and they do not hold the same");
}

void compare_contents(const struct measure *m, struct findings *f)
{
	for (size_t i = 0; i < m->source->relation_count; i++) {
		const struct relation *e = &m->source->relations[i], *a = manifest_relation(m->restored, e->name);

		if (e->not_hashed)
			findings_add(f, RUNG_INTEGRITY, RESULT_SKIP, e->name, "", "", "left out ([drill] not-hashed): %s",
				     e->not_hashed);
		else if (!e->content && e->rows >= 0)
			findings_add(f, RUNG_INTEGRITY, RESULT_UNDECIDED, e->name, "", "",
				     "the manifest tells neither what '%s' holds nor why it was not hashed; pull again", e->name);
		else if (!e->content || !a)
			continue;
		else if (!a->content)
			findings_add(f, RUNG_INTEGRITY, RESULT_UNDECIDED, e->name, e->content, "",
				     "the contents of '%s' could not be read in the restored database: drill again", e->name);
		else
			compare_content(m, e, a, f);
	}
	compare_large_contents(m, f);
}

/* ---------------------------------------------------------------- drift and identity */

static const struct manifest *present(const struct measure *m)
{
	return m->source ? m->source : m->restored;
}

static bool shrank(int64_t before, int64_t now)
{
	return before > 0 && (now == 0 || (before >= SHRUNK_FROM && now < before - now));
}

/* Partitions and children come and go with time while their parent stays. */
static bool is_rotated(const struct measure *m, const char *table)
{
	const struct object_class *before = manifest_class(m->predecessor, COMPARE_TABLES);
	const struct object_class *now = manifest_class(present(m), COMPARE_TABLES);
	const struct object *o = before ? object_class_find(before, table) : NULL;

	for (size_t k = 0; o && now && k < before->keys.count; k++)
		if (same(before->keys.items[k], COMPARE_INHERITS) && o->values[k])
			return object_class_find(now, o->values[k]) != NULL;
	return false;
}

/* Only a manifest knows. */
static const char *in_the_source_too(const struct measure *m)
{
	return m->source ? ", in the source too" : "";
}

static void table_gone(const struct measure *m, const struct relation *was, struct findings *f)
{
	autofree char *expected = format("%lld", (long long)was->rows);
	char before[UNIT_TEXT];

	findings_add(f, RUNG_VOLUME, RESULT_UNDECIDED, was->name, expected, "",
		     "source shrank: '%s' had %s rows in '%s' and is gone%s; if that is meant: "
		     "drillbox accept %s --why '...'",
		     was->name, human_count(was->rows, before), m->predecessor_name, in_the_source_too(m), m->dump_name);
}

static void drift_found(const struct measure *m, const struct relation *was, const struct relation *is,
			struct findings *f)
{
	autofree char *expected = format("%lld", (long long)was->rows), *actual = format("%lld", (long long)is->rows);
	char before[UNIT_TEXT], now[UNIT_TEXT];

	findings_add(f, RUNG_VOLUME, RESULT_UNDECIDED, is->name, expected, actual,
		     "source shrank: '%s' had %s rows in '%s' and has %s now%s; if that is meant: "
		     "drillbox accept %s --why '...'",
		     is->name, human_count(was->rows, before), m->predecessor_name, human_count(is->rows, now),
		     in_the_source_too(m), m->dump_name);
}

void compare_drift(const struct measure *m, struct findings *f)
{
	const struct manifest *now = present(m);
	size_t compared = 0, found = 0;

	if (!m->predecessor)
		return;
	for (size_t i = 0; i < m->predecessor->relation_count; i++) {
		const struct relation *was = &m->predecessor->relations[i];
		const struct relation *is = manifest_relation(now, was->name);

		if (!is && was->rows > 0 && !is_rotated(m, was->name)) {
			found++;
			table_gone(m, was, f);
		}
		if (!is || is->rows < 0 || was->rows < 0)
			continue;
		compared++;
		if (shrank(was->rows, is->rows)) {
			found++;
			drift_found(m, was, is, f);
		}
	}
	if (compared == 0 && found == 0)
		findings_add(f, RUNG_VOLUME, RESULT_SKIP, DRIFT, "", "",
			     "no table was counted both in '%s' and now, so nothing tells whether the source shrank",
			     m->predecessor_name);
	else if (found == 0) {
		autofree char *actual = format("0 of %zu", compared);

		findings_add(f, RUNG_VOLUME, RESULT_PASS, DRIFT, "no table emptied or halved", actual,
			     "compared with '%s'", m->predecessor_name);
	}
}

bool compare_drift_passed(const struct findings *f)
{
	for (size_t i = 0; i < f->check_count; i++)
		if (f->checks[i].rung == RUNG_VOLUME && f->checks[i].result == RESULT_PASS && same(f->checks[i].name, DRIFT))
			return true;
	return false;
}

size_t compare_gone(const struct measure *m, struct findings *f)
{
	CLEANUP(strings_done) struct strings gone = {0};
	const struct manifest *now = present(m);
	autofree char *joined = NULL;

	if (!m->predecessor || !now)
		return 0;
	for (size_t i = 0; i < m->predecessor->relation_count; i++)
		if (!manifest_relation(now, m->predecessor->relations[i].name))
			strings_add(&gone, m->predecessor->relations[i].name);
	joined = strings_join(&gone, ", ", NAMED_MOST);
	if (gone.count)
		findings_note(f, "%zu %s of '%s' %s no more, in the source too: %s", gone.count,
			      gone.count == 1 ? "table" : "tables", m->predecessor_name, gone.count == 1 ? "is" : "are",
			      joined);
	return gone.count;
}

static void became_another(const struct measure *m, const char *what, const char *was, const char *is,
			   struct findings *f)
{
	findings_add(f, RUNG_INSPECT, RESULT_UNDECIDED, "identity", was, is,
		     "the source became %s since '%s' (%s, now %s); if that is meant: drillbox accept %s --why '...'",
		     what, m->predecessor_name, was, is, m->dump_name);
}

/* All that a dump without a manifest tells of whose it is: what its database is called. */
static void compare_names(const struct measure *m, struct findings *f)
{
	autofree char *source = NULL, *source_before = NULL, *is = NULL, *was = NULL;
	int64_t taken;

	if (dump_name_parse(m->dump_name, &source, &is, &taken) &&
	    dump_name_parse(m->predecessor_name, &source_before, &was, &taken) && !same(was, is))
		became_another(m, "another database", was, is, f);
}

void compare_identity(const struct measure *m, struct findings *f)
{
	const struct manifest *was = m->predecessor, *is = m->source;
	autofree char *old = NULL, *new = NULL;

	if (!was)
		return;
	if (!is || was->database_oid == 0) { /* 0: it came without a manifest */
		compare_names(m, f);
		return;
	}
	if (was->in_recovery != is->in_recovery)
		findings_note(f, "the source %s, and was%s when '%s' was made",
			      is->in_recovery ? "is a standby" : "is a primary", was->in_recovery ? " a standby" : " a primary",
			      m->predecessor_name);
	old = format("database oid %lld", (long long)was->database_oid);
	new = format("database oid %lld", (long long)is->database_oid);
	if (was->system_identifier && is->system_identifier && !same(was->system_identifier, is->system_identifier))
		became_another(m, "another server", was->system_identifier, is->system_identifier, f);
	else if (was->database_oid != is->database_oid)
		became_another(m, "another database of that server", old, new, f);
	else
		findings_add(f, RUNG_INSPECT, RESULT_PASS, "identity",
			     was->system_identifier ? was->system_identifier : old,
			     is->system_identifier ? is->system_identifier : new, "the same server and database as in '%s'",
			     m->predecessor_name);
}

/* ---------------------------------------------------------------- sequences */

/* The last value handed out, as far as the comparison goes: one step back for a sequence not yet used. */
static __int128 handed_out(const struct sequence *s)
{
	return (__int128)s->last_value - (s->is_called ? 0 : s->increment);
}

static bool at_or_past(const struct sequence *s, __int128 value)
{
	return s->increment < 0 ? handed_out(s) <= value : handed_out(s) >= value;
}

static char *position(const struct sequence *s)
{
	return format(s->is_called ? "%lld" : "%lld, not yet used", (long long)s->last_value);
}

struct behind {
	struct strings in_source;
	struct strings unknown;
};

/*
 * Behind the columns it feeds: the next insert would collide. Where rows are
 * equal, the source's own position against the same values tells whether it was
 * so there already; a manifest that holds the source's values tells it outright.
 */
static void judge_reach(const struct sequence *e, const struct sequence *a, struct behind *behind, bool *ret_fail)
{
	*ret_fail = false;
	if (!a->max_known || a->cycles || at_or_past(a, a->max))
		return;
	if (!e)
		strings_add_owned(&behind->unknown, format("%s is behind max(%s)", a->name, a->feeds));
	else if (!at_or_past(e, e->max_known ? e->max : a->max))
		strings_add_owned(&behind->in_source, format("%s is behind max(%s)", a->name, a->feeds));
	else
		*ret_fail = true;
}

static void compare_sequence(const struct sequence *e, const struct sequence *a, struct behind *behind,
			     struct findings *f)
{
	autofree char *expected = position(e), *actual = position(a);
	bool behind_max;

	judge_reach(e, a, behind, &behind_max);
	if (!at_or_past(a, handed_out(e)) && (e->cycles || a->cycles)) {
		findings_add(f, RUNG_SEQUENCES, RESULT_PASS, e->name, expected, actual,
			     "it cycles, so being behind says nothing");
		findings_note(f, "sequence %s came back behind the source's value, but it cycles", e->name);
	} else if (!at_or_past(a, handed_out(e))) {
		findings_add(f, RUNG_SEQUENCES, RESULT_FAIL, e->name, expected, actual,
			     "sequence '%s' came back at %s, behind the source's %s", e->name, actual, expected);
	} else if (behind_max) {
		findings_add(f, RUNG_SEQUENCES, RESULT_FAIL, e->name, expected, actual,
			     "sequence '%s' is at %s, behind max(%s) = %lld, and was not so in the source", e->name, actual,
			     a->feeds, (long long)a->max);
	} else {
		findings_add(f, RUNG_SEQUENCES, RESULT_PASS, e->name, expected, actual, NULL);
	}
}

static void sequences_with_source(const struct measure *m, struct behind *behind, struct findings *f)
{
	for (size_t i = 0; i < m->source->sequence_count; i++) {
		const struct sequence *e = &m->source->sequences[i], *a = manifest_sequence(m->restored, e->name);
		autofree char *expected = position(e);

		if (a)
			compare_sequence(e, a, behind, f);
		else
			findings_add(f, RUNG_SEQUENCES, m->excuse ? RESULT_UNDECIDED : RESULT_FAIL, e->name, expected, "",
				     "sequence '%s' did not come back%s%s", e->name, m->excuse ? "; " : "",
				     m->excuse ? m->excuse : "");
	}
}

static void sequences_alone(const struct measure *m, struct behind *behind, struct findings *f)
{
	for (size_t i = 0; i < m->restored->sequence_count; i++) {
		const struct sequence *a = &m->restored->sequences[i];
		size_t before = behind->unknown.count;
		autofree char *actual = position(a);
		bool never;

		judge_reach(NULL, a, behind, &never);
		if (behind->unknown.count == before && a->max_known)
			findings_add(f, RUNG_SEQUENCES, RESULT_PASS, a->name, "", actual, "past max(%s)", a->feeds);
		else if (behind->unknown.count > before)
			findings_add(f, RUNG_SEQUENCES, RESULT_UNDECIDED, a->name, "", actual,
				     "%s, and no manifest tells whether it was so in the source",
				     behind->unknown.items[before]);
	}
}

void compare_sequences(const struct measure *m, struct findings *f)
{
	struct behind behind = {0};
	size_t before = f->check_count;

	if (m->source)
		sequences_with_source(m, &behind, f);
	else
		sequences_alone(m, &behind, f);
	if (behind.in_source.count) {
		autofree char *joined = strings_join(&behind.in_source, ", ", NAMED_MOST);

		findings_note(f, "sequence %s: in the source too", joined);
	}
	if (f->check_count == before)
		findings_add(f, RUNG_SEQUENCES, RESULT_SKIP, "sequences", "", "",
			     m->source ? "the source has no sequences"
				       : "no sequence feeds a column with values, and there is no manifest to compare with");
	strings_done(&behind.in_source);
	strings_done(&behind.unknown);
}
