#include "model/structure.h"

#include <stdlib.h>
#include <string.h>

#define LISTED_MOST 100	   /* differences of one class that are listed one by one */
#define NAMED_MOST 5	   /* names in one note */
#define EXCERPT 160	   /* bytes of a text shown around its first difference */
#define EXCERPT_BEFORE 40

/* Classes in which a loss is worst, worst first; the others follow in the order of their names. */
static const char *const gravest[] = {
	"schema", "extension", "table", "view", "column", "constraint", "sequence", "function", "type",
};

/*
 * Properties of the database itself. What the dump carries must be equal; the
 * locale is the box's to provide (rung 3 says when it cannot, and what that
 * casts doubt on), and a wrong encoding would be the box's own mistake.
 */
static const struct {
	const char *key;
	size_t offset;
	enum difference_kind kind;
	const char *why;
} properties[] = {
	{"owner", offsetof(struct manifest, owner), DIFFERENCE_VALUE, NULL},
	{"comment", offsetof(struct manifest, comment), DIFFERENCE_VALUE, NULL},
	{"acl", offsetof(struct manifest, acl), DIFFERENCE_VALUE, NULL},
	{"encoding", offsetof(struct manifest, encoding), DIFFERENCE_UNCLEAR,
	 "the box made the scratch database in another encoding"},
	{"locale provider", offsetof(struct manifest, locale_provider), DIFFERENCE_NOTE, "restored under another locale"},
	{"collate", offsetof(struct manifest, collate), DIFFERENCE_NOTE, "restored under another locale"},
	{"ctype", offsetof(struct manifest, ctype), DIFFERENCE_NOTE, "restored under another locale"},
	{"icu locale", offsetof(struct manifest, icu_locale), DIFFERENCE_NOTE, "restored under another locale"},
	{"collation_version", offsetof(struct manifest, collation_version), DIFFERENCE_NOTE,
	 "the box's collation library is another version than the source's"},
};

static int major(const struct manifest *m)
{
	return m->server_version_num / 10000;
}

static struct difference *difference_add(struct structure *s, enum difference_kind kind, const char *class_name,
					 const char *name, const char *key, const char *expected, const char *actual)
{
	struct difference *d;

	s->differences = grow(s->differences, s->count, sizeof(*s->differences));
	d = &s->differences[s->count++];
	*d = (struct difference){.kind = kind, .class_name = class_name, .name = name, .key = key,
				 .expected = expected, .actual = actual};
	return d;
}

static void tally_add(struct structure *s, const char *class_name, size_t expected, size_t actual)
{
	s->tallies = grow(s->tallies, s->tally_count, sizeof(*s->tallies));
	s->tallies[s->tally_count++] = (struct tally){class_name, expected, actual};
}

/* Keep a text that no manifest holds as long as the structure. */
static const char *keep(struct structure *s, char *text)
{
	strings_add_owned(&s->owned, text);
	return text;
}

/* ---------------------------------------------------------------- objects */

/* Where each key of one class stands in the other; SIZE_MAX where it does not. */
static size_t *match_keys(const struct object_class *from, const struct object_class *to, struct structure *s)
{
	size_t *at = xcalloc(from->keys.count, sizeof(*at));

	for (size_t i = 0; i < from->keys.count; i++) {
		at[i] = SIZE_MAX;
		for (size_t j = 0; j < to->keys.count; j++)
			if (same(from->keys.items[i], to->keys.items[j]))
				at[i] = j;
		if (at[i] == SIZE_MAX)
			strings_add_owned(&s->not_compared, format("%s of %s", from->keys.items[i], from->name));
	}
	return at;
}

/* A text that is there on one side only is no matter of wording. */
static enum difference_kind kind_of(const struct measure *m, const char *key, const char *expected, const char *actual)
{
	if (key[0] == '?')
		return DIFFERENCE_NOTE;
	if (key[0] != '~' || !expected || !actual)
		return DIFFERENCE_VALUE;
	return major(m->source) == major(m->restored) ? DIFFERENCE_TEXT : DIFFERENCE_NOTE;
}

static void compare_object(const struct measure *m, const struct object_class *c, const struct object *expected,
			   const struct object *actual, const size_t *at, struct structure *s)
{
	for (size_t k = 0; k < c->keys.count; k++) {
		const char *key = c->keys.items[k], *e = expected->values[k], *a;
		struct difference *d;

		if (at[k] == SIZE_MAX)
			continue;
		a = actual->values[at[k]];
		if (same(e, a))
			continue;
		d = difference_add(s, kind_of(m, key, e, a), c->name, expected->name, key, e, a);
		if (d->kind == DIFFERENCE_NOTE && key[0] == '~')
			d->why = xstrdup("servers of different majors word the same thing differently");
	}
}

static void compare_class(const struct measure *m, const struct object_class *e, const struct object_class *a,
			  struct structure *s)
{
	autofree size_t *at = match_keys(e, a, s);

	tally_add(s, e->name, e->count, a->count);
	for (size_t i = 0, j = 0; i < e->count || j < a->count;) {
		int order = i == e->count ? 1 : j == a->count ? -1 : strcmp(e->objects[i].name, a->objects[j].name);

		if (order < 0)
			difference_add(s, DIFFERENCE_MISSING, e->name, e->objects[i++].name, NULL, NULL, NULL);
		else if (order > 0)
			difference_add(s, DIFFERENCE_EXTRA, e->name, a->objects[j++].name, NULL, NULL, NULL);
		else
			compare_object(m, e, &e->objects[i++], &a->objects[j++], at, s);
	}
}

static void compare_classes(const struct measure *m, struct structure *s)
{
	for (size_t i = 0; i < m->source->class_count; i++) {
		const struct object_class *e = &m->source->classes[i], *a = manifest_class(m->restored, e->name);

		if (a)
			compare_class(m, e, a, s);
		else
			strings_add(&s->not_compared, e->name);
	}
	for (size_t j = 0; j < m->restored->class_count; j++)
		if (!manifest_class(m->source, m->restored->classes[j].name))
			strings_add(&s->not_compared, m->restored->classes[j].name);
}

/* ---------------------------------------------------------------- the database itself */

static const char *property(const struct manifest *m, size_t i)
{
	const char *value;

	memcpy(&value, (const char *)m + properties[i].offset, sizeof(value));
	return value;
}

static void compare_database(const struct measure *m, struct structure *s)
{
	const char *name = m->source->database;

	tally_add(s, "database", COUNT(properties) + 1, COUNT(properties) + 1);
	for (size_t i = 0; i < COUNT(properties); i++) {
		const char *e = property(m->source, i), *a = property(m->restored, i);
		struct difference *d;

		if (same(e, a))
			continue;
		d = difference_add(s, properties[i].kind, "database", name, properties[i].key, e, a);
		d->why = properties[i].why ? xstrdup(properties[i].why) : NULL;
	}
	if (m->source->connection_limit != m->restored->connection_limit)
		difference_add(s, DIFFERENCE_VALUE, "database", name, "connection limit",
			       keep(s, format("%d", m->source->connection_limit)),
			       keep(s, format("%d", m->restored->connection_limit)));
}

/* "role<TAB>name=value" as people read it. */
static char *setting_text(const char *setting)
{
	const char *tab = strchr(setting, '\t');

	if (!tab)
		return xstrdup(setting);
	if (tab == setting)
		return xstrdup(tab + 1);
	return format("%s (for role %.*s)", tab + 1, (int)(tab - setting), setting);
}

static void compare_settings(const struct measure *m, struct structure *s)
{
	const struct strings *e = &m->source->settings, *a = &m->restored->settings;

	tally_add(s, "database setting", e->count, a->count);
	for (size_t i = 0; i < e->count; i++)
		if (!strings_have(a, e->items[i]))
			difference_add(s, DIFFERENCE_MISSING, "database setting", keep(s, setting_text(e->items[i])), NULL,
				       NULL, NULL);
	for (size_t i = 0; i < a->count; i++)
		if (!strings_have(e, a->items[i]))
			difference_add(s, DIFFERENCE_EXTRA, "database setting", keep(s, setting_text(a->items[i])), NULL,
				       NULL, NULL);
}

/* ---------------------------------------------------------------- what explains what */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int text_is(const void *text, const void *element)
{
	return strcmp(text, *(const char *const *)element);
}

/* What 'name' belongs to, if it is among 'names': "public.orders" for "public.orders.id". NULL when there is none. */
static const char *parent_of(const char *name, const char *const *names, size_t count)
{
	autofree char *prefix = xstrdup(name);

	for (size_t cut = strlen(prefix); cut-- > 1;) {
		const char *const *hit;

		if (prefix[cut] != '.' && prefix[cut] != ' ')
			continue;
		prefix[cut] = '\0';
		hit = bsearch(prefix, names, count, sizeof(*names), text_is);
		if (hit)
			return *hit;
	}
	return NULL;
}

/* A table that did not come back, or came from nowhere, takes its columns along: they are not told one by one. */
static void explain(struct structure *s, enum difference_kind kind)
{
	autofree const char **names = xcalloc(s->count, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->differences[i].kind == kind)
			names[count++] = s->differences[i].name;
	if (count)
		qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 0; i < s->count; i++)
		if (s->differences[i].kind == kind)
			s->differences[i].within = parent_of(s->differences[i].name, names, count);
}

void compare_structure(const struct measure *m, struct structure *ret)
{
	*ret = (struct structure){0};
	compare_database(m, ret);
	compare_settings(m, ret);
	compare_classes(m, ret);
	explain(ret, DIFFERENCE_MISSING);
	explain(ret, DIFFERENCE_EXTRA);
}

void structure_settle(struct difference *d, bool means_the_same)
{
	d->kind = means_the_same ? DIFFERENCE_SAME : DIFFERENCE_VALUE;
}

void structure_leave_open(struct difference *d, const char *why)
{
	d->kind = DIFFERENCE_UNCLEAR;
	set_text(&d->why, why);
}

void structure_done(struct structure *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->differences[i].why);
	free(s->differences);
	free(s->tallies);
	strings_done(&s->not_compared);
	strings_done(&s->owned);
	*s = (struct structure){0};
}

/* ---------------------------------------------------------------- the report of rung 6 */

static size_t gravity(const char *class_name)
{
	size_t i = 0;

	while (i < COUNT(gravest) && !same(gravest[i], class_name))
		i++;
	return i;
}

static int by_gravity(const void *a, const void *b)
{
	const struct difference *x = *(const struct difference *const *)a, *y = *(const struct difference *const *)b;
	size_t gx = gravity(x->class_name), gy = gravity(y->class_name);
	int order;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (gx != gy)
		return gx < gy ? -1 : 1;
	order = strcmp(x->class_name, y->class_name);
	return order ? order : strcmp(x->name, y->name);
}

/* A text on one line, every run of white space as one blank. */
static char *one_line(const char *s)
{
	struct text t = {0};

	for (s += strspn(s, " \t\n"); *s; s += strspn(s, " \t\n")) {
		size_t word = strcspn(s, " \t\n");

		if (t.length)
			text_add(&t, " ");
		text_add_bytes(&t, s, word);
		s += word;
	}
	return text_take(&t);
}

static bool inside_character(const char *s)
{
	return ((unsigned char)*s & 0xc0) == 0x80;
}

/* The part of a text that matters: where it begins to differ from the other. */
static char *excerpt(const char *text, const char *other_text)
{
	autofree char *s = text ? one_line(text) : xstrdup(""), *other = other_text ? one_line(other_text) : xstrdup("");
	size_t from = 0, length = strlen(s);

	if (length <= EXCERPT)
		return take(s);
	while (s[from] && s[from] == other[from])
		from++;
	from = from > EXCERPT_BEFORE ? from - EXCERPT_BEFORE : 0;
	while (from > 0 && inside_character(s + from))
		from--;
	length -= from;
	if (length > EXCERPT)
		for (length = EXCERPT; inside_character(s + from + length);)
			length--;
	return format("%s%.*s%s", from ? "..." : "", (int)length, s + from, s[from + length] ? "..." : "");
}

/*
 * An absence can be the box's own doing: a whole object, or a value that is not there at all. A column has a place of its own
 * only in a table that has no parent: where it has one and the source's has not, what is absent is the parent.
 */
static bool excusable(const struct difference *d)
{
	if (d->kind != DIFFERENCE_VALUE)
		return d->kind == DIFFERENCE_MISSING;
	return (d->expected && !d->actual) || (!d->expected && same(d->class_name, "column") && same(d->key, "position"));
}

static enum result weigh(const struct difference *d, const char *excuse)
{
	if (d->kind == DIFFERENCE_TEXT || d->kind == DIFFERENCE_UNCLEAR || (excuse && excusable(d)))
		return RESULT_UNDECIDED;
	return RESULT_FAIL;
}

/* A key without the sign that says how to judge it. */
static const char *key_name(const char *key)
{
	return key + (key[0] == '~' || key[0] == '?');
}

static char *describe(const struct difference *d, const char *excuse, size_t followers)
{
	const char *because = excuse && excusable(d) ? format("; %s", excuse) : xstrdup("");
	autofree const char *owned = because;

	switch (d->kind) {
	case DIFFERENCE_MISSING:
		if (followers)
			return format("%s '%s' did not come back, nor did %zu objects that belong to it%s", d->class_name,
				      d->name, followers, because);
		return format("%s '%s' did not come back%s", d->class_name, d->name, because);
	case DIFFERENCE_EXTRA:
		return format("%s '%s' is there, but the source has none", d->class_name, d->name);
	case DIFFERENCE_VALUE:
		return format("%s '%s' came back with another %s%s", d->class_name, d->name, key_name(d->key), because);
	case DIFFERENCE_TEXT:
	case DIFFERENCE_UNCLEAR:
	case DIFFERENCE_NOTE:
	case DIFFERENCE_SAME:
	default:
		return format("%s of %s '%s' is worded differently than in the source: %s", key_name(d->key), d->class_name,
			      d->name, d->why ? d->why : "whether it means the same was not found out");
	}
}

static size_t followers_of(const struct structure *s, const struct difference *parent)
{
	size_t n = 0;

	if (parent->kind != DIFFERENCE_MISSING)
		return 0;
	for (size_t i = 0; i < s->count; i++)
		n += s->differences[i].within && same(s->differences[i].within, parent->name);
	return n;
}

static void report_difference(const struct structure *s, const struct difference *d, const char *excuse,
			      struct findings *f)
{
	autofree char *detail = describe(d, excuse, followers_of(s, d));
	autofree char *expected = NULL, *actual = NULL;

	if (d->kind == DIFFERENCE_MISSING || d->kind == DIFFERENCE_EXTRA) {
		expected = xstrdup(d->kind == DIFFERENCE_MISSING ? "present" : "absent");
		actual = xstrdup(d->kind == DIFFERENCE_MISSING ? "absent" : "present");
	} else {
		expected = excerpt(d->expected, d->actual);
		actual = excerpt(d->actual, d->expected);
	}
	findings_add(f, RUNG_STRUCTURE, weigh(d, excuse), d->name, expected, actual, "%s", detail);
}

static bool is_told(const struct difference *d)
{
	return d->kind != DIFFERENCE_NOTE && d->kind != DIFFERENCE_SAME && !d->within;
}

/* What the differences of one class left unsaid when there were too many. */
static void report_rest(const struct difference *last, enum result result, size_t rest, struct findings *f)
{
	if (rest)
		findings_add(f, RUNG_STRUCTURE, result, last->class_name, "", "",
			     "and %zu more of class %s differ in the same way", rest, last->class_name);
}

static void report_differences(const struct structure *s, const char *excuse, struct findings *f)
{
	autofree const struct difference **order = xcalloc(s->count, sizeof(*order));
	size_t count = 0, listed = 0, rest = 0;

	for (size_t i = 0; i < s->count; i++)
		if (is_told(&s->differences[i]))
			order[count++] = &s->differences[i];
	if (count)
		qsort(order, count, sizeof(*order), by_gravity);
	for (size_t i = 0; i < count; i++) {
		bool first = i == 0 || order[i]->kind != order[i - 1]->kind ||
			     !same(order[i]->class_name, order[i - 1]->class_name);

		if (first && i > 0)
			report_rest(order[i - 1], weigh(order[i - 1], excuse), rest, f);
		if (first)
			listed = rest = 0;
		if (listed++ < LISTED_MOST)
			report_difference(s, order[i], excuse, f);
		else
			rest++;
	}
	if (count)
		report_rest(order[count - 1], weigh(order[count - 1], excuse), rest, f);
}

static bool class_differs(const struct structure *s, const char *class_name)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct difference *d = &s->differences[i];

		if (d->kind != DIFFERENCE_NOTE && d->kind != DIFFERENCE_SAME && same(d->class_name, class_name))
			return true;
	}
	return false;
}

static void report_classes(const struct structure *s, struct findings *f)
{
	for (size_t i = 0; i < s->tally_count; i++) {
		const struct tally *t = &s->tallies[i];
		autofree char *expected = format("%zu", t->expected), *actual = format("%zu", t->actual);

		if ((t->expected || t->actual) && !class_differs(s, t->class_name))
			findings_add(f, RUNG_STRUCTURE, RESULT_PASS, t->class_name, expected, actual, NULL);
	}
}

/* Differences that are no fail: one note for each class and reason, with the first names. */
static void report_notes(const struct structure *s, struct findings *f)
{
	autofree bool *told = xcalloc(s->count, sizeof(*told));

	for (size_t i = 0; i < s->count; i++) {
		const struct difference *d = &s->differences[i];
		CLEANUP(strings_done) struct strings names = {0};
		autofree char *joined = NULL;

		if (d->kind != DIFFERENCE_NOTE || told[i])
			continue;
		for (size_t j = i; j < s->count; j++) {
			const struct difference *o = &s->differences[j];

			if (o->kind != DIFFERENCE_NOTE || !same(o->class_name, d->class_name) || !same(o->key, d->key))
				continue;
			told[j] = true;
			strings_add_owned(&names, d->key[0] == '~' || !o->expected || !o->actual
							  ? xstrdup(o->name)
							  : format("%s (%s, here %s)", o->name, o->expected, o->actual));
		}
		joined = strings_join(&names, ", ", NAMED_MOST);
		findings_note(f, "%s of %s differs: %s: %s", key_name(d->key), d->class_name,
			      joined, d->why ? d->why : "it changes no verdict");
	}
}

void structure_report(const struct structure *s, const struct measure *m, struct findings *f)
{
	autofree char *not_compared = strings_join(&s->not_compared, ", ", NAMED_MOST);

	report_differences(s, m->excuse, f);
	report_classes(s, f);
	report_notes(s, f);
	if (s->not_compared.count)
		findings_note(f, "not compared, because the manifest was made by another version of drillbox: %s",
			      not_compared);
	if (m->source->class_count == 0)
		findings_add(f, RUNG_STRUCTURE, RESULT_UNDECIDED, "catalogue", "", "",
			     "the manifest holds no catalogue, so there is nothing to compare the structure with; pull again");
}
