#include "port/survey.h"

#include <stdlib.h>
#include <string.h>

#include "port/survey_sql.h"

#define TABLES_PER_SAVEPOINT 100 /* when rows are counted inside a transaction */
#define MAX_NAMED 5		   /* objects without privilege that an error names */

static int major_of(const struct pg *pg)
{
	return pg_server_version(pg) / 10000;
}

static char *owned_or_null(const struct pg_rows *r, int row, int column)
{
	const char *text = pg_text_or_null(r, row, column);

	return text ? xstrdup(text) : NULL;
}

static int ask(struct pg *pg, const char *name, struct pg_rows *ret, struct error *err)
{
	autofree char *sql = survey_sql_query(name, major_of(pg));

	if (pg_query(pg, sql, ret, err) < 0)
		return fail_within(err, "survey of %s", name);
	return 0;
}

static int ask_each(struct pg *pg, const char *name, pg_each each, void *context, struct error *err)
{
	autofree char *sql = survey_sql_query(name, major_of(pg));

	if (pg_query_each(pg, sql, each, context, err) < 0)
		return fail_within(err, "survey of %s", name);
	return 0;
}

/* ---------------------------------------------------------------- identity */

static void take_identity(const struct pg *pg, const struct pg_rows *r, struct manifest *m)
{
	m->database = owned_or_null(r, 0, 0);
	m->database_oid = pg_int(r, 0, 1);
	m->in_recovery = pg_bool(r, 0, 2);
	m->system_identifier = owned_or_null(r, 0, 3);
	m->encoding = owned_or_null(r, 0, 4);
	m->locale_provider = owned_or_null(r, 0, 5);
	m->collate = owned_or_null(r, 0, 6);
	m->ctype = owned_or_null(r, 0, 7);
	m->icu_locale = owned_or_null(r, 0, 8);
	m->collation_version = owned_or_null(r, 0, 9);
	m->owner = owned_or_null(r, 0, 10);
	m->comment = owned_or_null(r, 0, 11);
	m->acl = owned_or_null(r, 0, 12);
	m->connection_limit = (int)pg_int(r, 0, 13);
	m->bytes = pg_int(r, 0, 14);
	m->read_only_default = pg_bool(r, 0, 15);
	m->server_version = xstrdup(pg_server_version_text(pg));
	m->server_version_num = pg_server_version(pg);
}

static int take_setting(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	strings_add(context, pg_text(r, 0, 0));
	return 0;
}

static int take_extension(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct extension *e = manifest_add_extension(context);

	*e = (struct extension){owned_or_null(r, 0, 0), owned_or_null(r, 0, 1), owned_or_null(r, 0, 2),
				owned_or_null(r, 0, 3)};
	return 0;
}

/* The lines of a text, sorted. */
static void take_lines(const char *lines, struct strings *ret)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		strings_add_owned(ret, xstrndup(lines, n));
		lines += n + (lines[n] == '\n');
	}
	strings_sort(ret);
}

static int take_role(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct role *role = manifest_add_role(context);

	role->name = owned_or_null(r, 0, 0);
	role->attributes = owned_or_null(r, 0, 1);
	role->settings = owned_or_null(r, 0, 3);
	take_lines(pg_text(r, 0, 2), &role->member_of);
	take_lines(pg_text(r, 0, 4), &role->memberships);
	return 0;
}

int survey_identity(struct pg *pg, struct manifest *m, struct error *err)
{
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};

	if (pg_server_version(pg) < SURVEY_OLDEST)
		return fail(err, ERR_SOURCE, "the server is PostgreSQL %s, the oldest that can be surveyed is 13: upgrade it",
			    pg_server_version_text(pg));
	if (ask(pg, "identity", &rows, err) < 0)
		return -1;
	if (pg_row_count(&rows) != 1)
		return fail(err, ERR_SOURCE, "the server does not list the database it serves: see pg_database there");
	take_identity(pg, &rows, m);
	if (ask_each(pg, "settings", take_setting, &m->settings, err) < 0 ||
	    ask_each(pg, "settings of all", take_setting, &m->settings_of_all, err) < 0 ||
	    ask_each(pg, "extensions", take_extension, m, err) < 0 || ask_each(pg, "roles", take_role, m, err) < 0 ||
	    ask_each(pg, "not dumped", take_setting, &m->not_dumped, err) < 0)
		return -1;
	strings_sort(&m->settings);
	strings_sort(&m->settings_of_all);
	strings_sort(&m->not_dumped);
	return 0;
}

/* ---------------------------------------------------------------- relations and their rows */

static int take_relation(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct relation *relation = manifest_add_relation(context);
	char kind = pg_text(r, 0, 1)[0];
	bool unlogged = pg_text(r, 0, 2)[0] == 'u', in_recovery = pg_bool(r, 0, 5);

	relation->name = owned_or_null(r, 0, 0);
	relation->rows = -1;
	relation->bytes = pg_int(r, 0, 3);
	relation->filtered = pg_bool(r, 0, 4);
	if (kind == 'f')
		relation->left_out = xstrdup("foreign table: its rows are on another server");
	else if (kind == 'm')
		relation->left_out = xstrdup("materialised view: its rows are made again by the restore");
	else if (unlogged && in_recovery)
		relation->left_out = xstrdup("unlogged table: a standby has no rows of it");
	return 0;
}

int survey_relations(struct pg *pg, struct manifest *m, struct error *err)
{
	if (ask_each(pg, "relations", take_relation, m, err) < 0)
		return -1;
	manifest_sort(m);
	return 0;
}

/* More to ask of a relation: a condition ("WHERE ...", or ""), or what its rows' width is. */
struct condition {
	char *relation;
	char *text;
};

/* How the rows of a relation are hashed; none of them has no columns. */
struct hashing {
	char *columns; /* "a, b"; NULL: it is not hashed */
	bool by_text;
};

struct counting {
	struct manifest *m;
	size_t *to_count; /* indices of the relations that are counted, or hashed */
	size_t count;
	struct hashing *hashings; /* one for each of the manifest's relations; NULL: they are counted */
	bool held; /* in a transaction with the tables' locks */
	struct condition *conditions;
	size_t condition_count;
	struct condition *widths; /* only where the tables are held: in a pull */
	size_t width_count;
	struct text sql;
	size_t done;
	survey_progress progress;
	void *context;
};

static void conditions_done(struct condition *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].relation);
		free(list[i].text);
	}
	free(list);
}

static void counting_done(struct counting *c)
{
	conditions_done(c->conditions, c->condition_count);
	conditions_done(c->widths, c->width_count);
	for (size_t i = 0; c->hashings && i < c->m->relation_count; i++)
		free(c->hashings[i].columns);
	free(c->hashings);
	free(c->to_count);
	text_done(&c->sql);
}

static int take_condition(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct counting *c = context;

	c->conditions = grow(c->conditions, c->condition_count, sizeof(*c->conditions));
	c->conditions[c->condition_count++] = (struct condition){owned_or_null(r, 0, 0), owned_or_null(r, 0, 1)};
	return 0;
}

static int take_width(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct counting *c = context;

	c->widths = grow(c->widths, c->width_count, sizeof(*c->widths));
	c->widths[c->width_count++] = (struct condition){owned_or_null(r, 0, 0), owned_or_null(r, 0, 1)};
	return 0;
}

static const char *width_of(const struct counting *c, const struct relation *r)
{
	for (size_t i = 0; i < c->width_count; i++)
		if (strcmp(c->widths[i].relation, r->name) == 0)
			return c->widths[i].text;
	return NULL;
}

/* The sum of whole numbers is a numeric: it does not overflow. */
static void add_hash(struct text *sql, const struct hashing *h)
{
	if (h->by_text)
		text_addf(sql, "SELECT 'text:' || coalesce(pg_catalog.sum(pg_catalog.hashtextextended("
			       "ROW(%s)::pg_catalog.text COLLATE pg_catalog.\"C\", 0)), 0)", h->columns);
	else
		text_addf(sql, "SELECT 'record:' || coalesce(pg_catalog.sum(pg_catalog.hash_record_extended(ROW(%s), 0)), 0)",
			  h->columns);
}

static const char *count_of(struct counting *c, size_t i)
{
	const struct relation *r = &c->m->relations[c->to_count[i]];

	if (c->hashings)
		add_hash(&c->sql, &c->hashings[c->to_count[i]]);
	else if (r->filtered)
		text_addf(&c->sql, "SELECT pg_catalog.count(*), (SELECT pg_catalog.count(*) FROM ONLY %s)", r->name);
	else if (width_of(c, r))
		text_addf(&c->sql, "SELECT pg_catalog.count(*), coalesce(pg_catalog.max(%s), 0)", width_of(c, r));
	else
		text_add(&c->sql, "SELECT pg_catalog.count(*)");
	text_addf(&c->sql, " FROM ONLY %s", r->name);
	for (size_t k = 0; r->filtered && k < c->condition_count; k++)
		if (strcmp(c->conditions[k].relation, r->name) == 0)
			text_addf(&c->sql, " %s", c->conditions[k].text);
	return c->sql.data;
}

/*
 * Inside a transaction a SAVEPOINT comes first, and a ROLLBACK TO it after every
 * TABLES_PER_SAVEPOINT counts. Returns the index of the count that statement 'i'
 * is; SIZE_MAX when it is none, with the statement in 'ret_other' (NULL at the
 * end).
 */
static size_t place_of(const struct counting *c, size_t i, const char **ret_other)
{
	size_t rollbacks, index;

	*ret_other = NULL;
	if (!c->held)
		return i < c->count ? i : SIZE_MAX;
	if (i == 0) {
		*ret_other = "SAVEPOINT counting";
		return SIZE_MAX;
	}
	rollbacks = (i - 1) / (TABLES_PER_SAVEPOINT + 1);
	index = i - 1 - rollbacks;
	if ((i - 1) % (TABLES_PER_SAVEPOINT + 1) == TABLES_PER_SAVEPOINT && index <= c->count)
		*ret_other = "ROLLBACK TO SAVEPOINT counting";
	else if (index < c->count)
		return index;
	return SIZE_MAX;
}

static const char *next_count(void *context, size_t i)
{
	struct counting *c = context;
	const char *other;
	size_t index = place_of(c, i, &other);

	text_done(&c->sql);
	return index == SIZE_MAX ? other : count_of(c, index);
}

/* What an extension's condition keeps out of a dump. */
static void note_outside(struct manifest *m, const struct relation *r, int64_t all)
{
	if (all > r->rows)
		strings_add_owned(&m->not_dumped,
				  format("%lld of %lld rows of table %s: its extension says that these are not the user's",
					 (long long)(all - r->rows), (long long)all, r->name));
}

static int take_count(void *context, size_t i, const struct pg_rows *r, struct error *err UNUSED)
{
	struct counting *c = context;
	struct relation *relation;
	const char *other;
	size_t index = place_of(c, i, &other);

	if (index == SIZE_MAX)
		return 0;
	relation = &c->m->relations[c->to_count[index]];
	if (c->hashings) {
		set_text(&relation->content, pg_text(r, 0, 0));
	} else {
		relation->rows = pg_int(r, 0, 0);
		if (relation->filtered)
			note_outside(c->m, relation, pg_int(r, 0, 1));
		else if (width_of(c, relation))
			relation->widest = pg_int(r, 0, 1);
	}
	c->done++;
	if (c->progress)
		c->progress(c->context, c->done, c->count);
	return 0;
}

/* Of every relation that is not left out, and where they are hashed has columns. */
static int count_all(struct pg *pg, struct counting *c, struct error *err)
{
	const struct manifest *m = c->m;
	bool filtered = false;

	c->to_count = xcalloc(m->relation_count + 1, sizeof(*c->to_count));
	for (size_t i = 0; i < m->relation_count; i++)
		if (!m->relations[i].left_out && (!c->hashings || c->hashings[i].columns)) {
			c->to_count[c->count++] = i;
			filtered = filtered || m->relations[i].filtered;
		}
	if ((filtered && ask_each(pg, "conditions", take_condition, c, err) < 0) ||
	    (c->held && !c->hashings && ask_each(pg, "widths", take_width, c, err) < 0))
		return -1;
	if (c->count > 0 && pg_pipeline(pg, next_count, take_count, c, err) < 0)
		return fail_within(err, "%s rows of '%s'", c->hashings ? "hashing" : "counting",
				   c->done < c->count ? m->relations[c->to_count[c->done]].name : "the last table");
	return 0;
}

static int count_rows(struct pg *pg, bool held, struct manifest *m, survey_progress done, void *context,
		      struct error *err)
{
	CLEANUP(counting_done) struct counting c = {.m = m, .held = held, .progress = done, .context = context};

	if (count_all(pg, &c, err) < 0)
		return -1;
	m->counts_exact = true;
	return 0;
}

int survey_rows(struct pg *pg, struct manifest *m, survey_progress done, void *context, struct error *err)
{
	return count_rows(pg, false, m, done, context, err);
}

int survey_rows_held(struct pg *pg, struct manifest *m, survey_progress done, void *context, struct error *err)
{
	return count_rows(pg, true, m, done, context, err);
}

/* ---------------------------------------------------------------- contents */

struct choosing {
	struct counting *counting;
	const struct manifest *as;
};

/* Servers before 14 have no hash of a record that is as wide. */
static int take_columns(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct choosing *choosing = context;
	const struct manifest *m = choosing->counting->m;
	const struct relation *relation = manifest_relation(m, pg_text(r, 0, 0));
	const struct relation *like = relation && choosing->as ? manifest_relation(choosing->as, relation->name) : NULL;
	struct hashing *h = relation ? &choosing->counting->hashings[relation - m->relations] : NULL;

	if (!relation || relation->not_hashed || (choosing->as && (!like || !like->content)))
		return 0;
	set_text(&h->columns, pg_text(r, 0, 1));
	h->by_text = like ? starts_with(like->content, "text:") : !pg_bool(r, 0, 2);
	return 0;
}

/* Where nothing was written to a large object there are no bytes, or zeros: after a restore the other of the two. */
static int hash_large_objects(struct pg *pg, struct manifest *m, const struct manifest *as, struct error *err)
{
	autofree char *sum = NULL;

	if (m->large_objects.bytes < 0 || (as && !as->large_objects.content))
		return 0;
	if (pg_value(pg, "SELECT 'text:' || coalesce(pg_catalog.sum(pg_catalog.hashtextextended("
			 "l.loid || ' ' || l.pageno || ' ' || rtrim(encode(l.data, 'hex'), '0') COLLATE pg_catalog.\"C\", 0)), 0) "
			 "FROM pg_catalog.pg_largeobject l WHERE rtrim(encode(l.data, 'hex'), '0') <> ''", &sum, err) < 0)
		return fail_within(err, "hashing large objects");
	m->large_objects.content = take(sum);
	return 0;
}

int survey_contents(struct pg *pg, bool held, struct manifest *m, const struct manifest *as, survey_progress done,
		    void *context, struct error *err)
{
	CLEANUP(counting_done) struct counting c = {.m = m, .held = held, .progress = done, .context = context};
	struct choosing choosing = {.counting = &c, .as = as};

	c.hashings = xcalloc(m->relation_count + 1, sizeof(*c.hashings));
	if (ask_each(pg, "columns", take_columns, &choosing, err) < 0 || count_all(pg, &c, err) < 0 ||
	    hash_large_objects(pg, m, as, err) < 0)
		return -1;
	m->hashed = true;
	return 0;
}

/* ---------------------------------------------------------------- sequences */

struct sequences {
	struct manifest *m;
	size_t first;		  /* of the manifest's sequences */
	struct strings forbidden; /* names without SELECT */
	struct strings schemas;	  /* ... and where they are */
	struct text sql;
};

static void sequences_done(struct sequences *s)
{
	strings_done(&s->forbidden);
	strings_done(&s->schemas);
	text_done(&s->sql);
}

static int take_sequence(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct sequences *all = context;
	struct sequence *s;

	/* what a standby has no values of, it cannot be asked for */
	if (pg_bool(r, 0, 6))
		return 0;
	if (!pg_bool(r, 0, 5)) {
		strings_add(&all->forbidden, pg_text(r, 0, 0));
		if (!strings_have(&all->schemas, pg_text(r, 0, 7)))
			strings_add(&all->schemas, pg_text(r, 0, 7));
		return 0;
	}
	s = manifest_add_sequence(all->m);
	s->name = owned_or_null(r, 0, 0);
	s->increment = pg_int(r, 0, 1);
	s->minimum = pg_int(r, 0, 2);
	s->maximum = pg_int(r, 0, 3);
	s->cycles = pg_bool(r, 0, 4);
	return 0;
}

static const char *next_sequence(void *context, size_t i)
{
	struct sequences *s = context;

	if (i >= s->m->sequence_count)
		return NULL;
	text_done(&s->sql);
	text_addf(&s->sql, "SELECT last_value, is_called FROM %s", s->m->sequences[i].name);
	return s->sql.data;
}

static int take_value(void *context, size_t i, const struct pg_rows *r, struct error *err UNUSED)
{
	struct sequences *s = context;

	s->m->sequences[i].last_value = pg_int(r, 0, 0);
	s->m->sequences[i].is_called = pg_bool(r, 0, 1);
	return 0;
}

static struct sequence *sequence_named(struct manifest *m, const char *name)
{
	return (struct sequence *)manifest_sequence(m, name);
}

static int take_feed(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct sequence *s = sequence_named(context, pg_text(r, 0, 0));
	autofree char *before = NULL;

	if (!s)
		return 0;
	before = s->feeds;
	s->feeds = format("%s%s%s.%s", before ? before : "", before ? ", " : "", pg_text(r, 0, 1), pg_text(r, 0, 2));
	return 0;
}

int survey_sequences(struct pg *pg, struct manifest *m, struct error *err)
{
	CLEANUP(sequences_done) struct sequences s = {.m = m};

	if (ask_each(pg, "sequences", take_sequence, &s, err) < 0)
		return -1;
	if (s.forbidden.count > 0) {
		autofree char *names = strings_join(&s.forbidden, ", ", MAX_NAMED);
		autofree char *schemas = strings_join(&s.schemas, ", ", MAX_NAMED);

		return fail(err, ERR_PRIVILEGE,
			    "%zu sequences may not be read (%s): GRANT SELECT ON ALL SEQUENCES IN SCHEMA %s to the role that dumps",
			    s.forbidden.count, names, schemas);
	}
	manifest_sort(m);
	if (m->sequence_count > 0 && pg_pipeline(pg, next_sequence, take_value, &s, err) < 0)
		return fail_within(err, "reading sequences");
	if (m->sequence_count > 0 && ask_each(pg, "feeds", take_feed, m, err) < 0)
		return -1;
	for (size_t i = 0; i < m->sequence_count; i++)
		if (!m->sequences[i].feeds)
			m->sequences[i].feeds = xstrdup("");
	return 0;
}

struct feed {
	struct sequence *sequence;
	char *relation; /* or what stands for it behind FROM */
	char *column;
};

struct reach {
	struct manifest *m;
	struct feed *feeds;
	size_t count;
	struct text sql;
};

static void reach_done(struct reach *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->feeds[i].relation);
		free(r->feeds[i].column);
	}
	free(r->feeds);
	text_done(&r->sql);
}

static int take_reach_feed(void *context, const struct pg_rows *r, struct error *err UNUSED)
{
	struct reach *reach = context;
	struct sequence *s = sequence_named(reach->m, pg_text(r, 0, 0));

	/* only whole numbers can be compared with a sequence */
	if (!s || !pg_bool(r, 0, 3))
		return 0;
	reach->feeds = grow(reach->feeds, reach->count, sizeof(*reach->feeds));
	reach->feeds[reach->count++] = (struct feed){s, owned_or_null(r, 0, 4), owned_or_null(r, 0, 2)};
	return 0;
}

static const char *next_reach(void *context, size_t i)
{
	struct reach *r = context;

	if (i >= r->count)
		return NULL;
	text_done(&r->sql);
	text_addf(&r->sql, "SELECT pg_catalog.%s(%s) FROM %s", r->feeds[i].sequence->increment > 0 ? "max" : "min",
		  r->feeds[i].column, r->feeds[i].relation);
	return r->sql.data;
}

static int take_reach(void *context, size_t i, const struct pg_rows *rows, struct error *err UNUSED)
{
	struct reach *r = context;
	struct sequence *s = r->feeds[i].sequence;
	int64_t value = pg_int(rows, 0, 0);

	if (pg_is_null(rows, 0, 0))
		return 0;
	if (!s->max_known || (s->increment > 0 ? value > s->max : value < s->max))
		s->max = value;
	s->max_known = true;
	return 0;
}

int survey_sequence_reach(struct pg *pg, struct manifest *m, struct error *err)
{
	CLEANUP(reach_done) struct reach r = {.m = m};

	if (m->sequence_count == 0)
		return 0;
	if (ask_each(pg, "feeds", take_reach_feed, &r, err) < 0)
		return -1;
	if (r.count > 0 && pg_pipeline(pg, next_reach, take_reach, &r, err) < 0)
		return fail_within(err, "looking how far the columns have come that sequences feed");
	return 0;
}

/* ---------------------------------------------------------------- large objects and the catalogue */

int survey_large_objects(struct pg *pg, struct manifest *m, struct error *err)
{
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};
	autofree char *bytes = NULL;

	if (ask(pg, "large objects", &rows, err) < 0)
		return -1;
	m->large_objects.count = pg_int(&rows, 0, 0);
	m->large_objects.bytes = m->large_objects.count ? -1 : 0;
	if (!m->large_objects.count || !pg_bool(&rows, 0, 1))
		return 0;
	/* from the first byte to the last: between them may be parts that were never written, and are zeros after a restore */
	if (pg_value(pg, "SELECT coalesce(sum(x.bytes), 0) FROM (SELECT max(l.pageno::int8 * (current_setting('block_size')::int8 "
		     "/ 4) "
			 "+ octet_length(l.data)) AS bytes FROM pg_catalog.pg_largeobject l GROUP BY l.loid) x", &bytes, err) < 0)
		return fail_within(err, "reading the size of large objects");
	m->large_objects.bytes = strtoll(bytes, NULL, 10);
	return 0;
}

struct catalogue {
	struct manifest *m;
	int major;
	size_t first;	 /* index of the first class in the manifest */
	char *sql;
};

static const char *next_class(void *context, size_t i)
{
	struct catalogue *c = context;
	autofree char *name = NULL;

	free(c->sql);
	c->sql = survey_sql_class(i, c->major, &name);
	if (c->sql)
		(void)manifest_add_class(c->m, name);
	return c->sql;
}

static int take_objects(void *context, size_t i, const struct pg_rows *r, struct error *err UNUSED)
{
	struct catalogue *c = context;
	struct object_class *class = &c->m->classes[c->first + i];

	if (class->keys.count == 0)
		for (int k = 1; k < r->columns; k++)
			strings_add(&class->keys, pg_column_name(r, k));
	for (int row = 0; row < pg_row_count(r); row++) {
		struct object *o = object_class_add(class, pg_text(r, row, 0));

		for (int k = 1; k < r->columns; k++)
			o->values[k - 1] = owned_or_null(r, row, k);
	}
	return 0;
}

int survey_catalogue(struct pg *pg, struct manifest *m, struct error *err)
{
	struct catalogue c = {.m = m, .major = major_of(pg), .first = m->class_count};
	int done = pg_pipeline(pg, next_class, take_objects, &c, err);

	free(c.sql);
	if (done < 0)
		return fail_within(err, "survey of the catalogue");
	manifest_sort(m);
	return 0;
}

int survey_fingerprint(struct pg *pg, char **ret, struct error *err)
{
	autofree char *sql = survey_sql_query("fingerprint", major_of(pg));

	if (pg_value(pg, sql, ret, err) < 0)
		return fail_within(err, "looking whether the catalogue was written to");
	return 0;
}

/* ---------------------------------------------------------------- what only newer servers have */

/* Take the word out of "app=INSERT,MAINTAIN*,SELECT; other=MAINTAIN" in place. */
static void forget_privilege(char *acl, const char *word)
{
	size_t n = strlen(word);
	char *p = acl;

	while ((p = strstr(p, word))) {
		char *end = p + n + (p[n] == '*');
		bool begins = p > acl && (p[-1] == '=' || p[-1] == ',');
		bool ends = *end == ',' || *end == ';' || *end == '\n' || *end == '\0';

		if (!begins || !ends) {
			p += n;
			continue;
		}
		if (*end == ',')
			end++;
		else if (p[-1] == ',')
			p--;
		memmove(p, end, strlen(end) + 1);
	}
}

/* Words that have to be quoted as names from some major on. */
static const struct {
	const char *word;
	int since;
} keywords[] = {
	{"\"json_array\"", 16},  {"\"json_arrayagg\"", 16},  {"\"json_object\"", 16}, {"\"json_objectagg\"", 16},
	{"\"system_user\"", 16}, {"\"json\"", 17},	      {"\"json_exists\"", 17}, {"\"json_query\"", 17},
	{"\"json_scalar\"", 17}, {"\"json_serialize\"", 17}, {"\"json_table\"", 17},  {"\"json_value\"", 17},
	{"\"merge_action\"", 17},
};

/* Write names as a server of 'major' would, in place. */
static void forget_quotes(char *text, int major)
{
	for (size_t i = 0; text && i < COUNT(keywords); i++) {
		size_t n = strlen(keywords[i].word);

		for (char *p = text; keywords[i].since > major && (p = strstr(p, keywords[i].word));) {
			/* a part of another name that holds quotes */
			if ((p > text && p[-1] == '"') || p[n] == '"') {
				p += n;
				continue;
			}
			memmove(p, p + 1, n - 2);
			memmove(p + n - 2, p + n, strlen(p + n) + 1);
		}
	}
}

/* Keys that hold anything but names. */
static bool holds_names(const char *key)
{
	static const char *const others[] = {"comment", "options", "toast options", "server options", "labels", "settings",
					     "source",	"library"};

	for (size_t i = 0; i < COUNT(others); i++)
		if (strcmp(key, others[i]) == 0)
			return false;
	return key[0] != '~';
}

static void normalise_object(const struct object_class *c, struct object *o, int major)
{
	forget_quotes(o->name, major);
	for (size_t k = 0; k < c->keys.count; k++) {
		if (major < 17 && strcmp(c->keys.items[k], "acl") == 0 && o->values[k])
			forget_privilege(o->values[k], "MAINTAIN");
		if (holds_names(c->keys.items[k]))
			forget_quotes(o->values[k], major);
	}
}

void survey_normalise(struct manifest *m, int other_version_num)
{
	int major = other_version_num / 10000;

	for (size_t i = 0; i < m->class_count; i++)
		for (size_t o = 0; o < m->classes[i].count; o++)
			normalise_object(&m->classes[i], &m->classes[i].objects[o], major);
	for (size_t i = 0; i < m->relation_count; i++)
		forget_quotes(m->relations[i].name, major);
	for (size_t i = 0; i < m->sequence_count; i++) {
		forget_quotes(m->sequences[i].name, major);
		forget_quotes(m->sequences[i].feeds, major);
	}
	manifest_sort(m);
}
