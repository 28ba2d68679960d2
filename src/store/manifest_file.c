#include "store/manifest_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "port/json.h"

/* How a member of a struct stands in JSON. */
enum kind { TEXT, NAME /* never NULL */, NUMBER, SMALL_NUMBER, TRUTH, TIME, TEXTS };

struct field {
	const char *key;
	enum kind kind;
	size_t offset;
	bool later; /* older manifests have it not, and where it is nothing it is not written */
};

struct fields {
	const struct field *items;
	size_t count;
};

#define FIELDS(...) {(const struct field[]){__VA_ARGS__}, COUNT(((const struct field[]){__VA_ARGS__}))}

#define FIELD(type, kind, member, later) {#member, kind, offsetof(type, member), later}
#define M(kind, member) FIELD(struct manifest, kind, member, false)
static const struct fields manifest_fields = FIELDS(
	M(TEXT, source), M(TEXT, database), M(TEXT, system_identifier), M(NUMBER, database_oid), M(TRUTH, in_recovery),
	M(TEXT, server_version), M(SMALL_NUMBER, server_version_num), M(TEXT, dumped_by), M(TEXT, format),
	M(TIME, snapshot_time), M(TIME, box_time), M(TEXT, encoding), M(TEXT, locale_provider), M(TEXT, collate),
	M(TEXT, ctype), M(TEXT, icu_locale), M(TEXT, collation_version), M(TEXT, owner), M(TEXT, comment), M(TEXT, acl),
	M(SMALL_NUMBER, connection_limit), M(NUMBER, bytes), M(TRUTH, counts_exact), M(TRUTH, read_only_default),
	M(TEXTS, settings), M(TEXTS, not_dumped),
	FIELD(struct manifest, TEXTS, settings_of_all, true), FIELD(struct manifest, TRUTH, hashed, true),
	FIELD(struct manifest, NUMBER, hash_ms, true));

#define L(kind, member) FIELD(struct large_objects, kind, member, false)
static const struct fields large_object_fields =
	FIELDS(L(NUMBER, count), L(NUMBER, bytes), FIELD(struct large_objects, TEXT, content, true));

#define E(kind, member) FIELD(struct extension, kind, member, false)
static const struct fields extension_fields = FIELDS(E(NAME, name), E(TEXT, version), E(TEXT, schema),
							FIELD(struct extension, TEXT, needed_by, true));

#define P(kind, member) FIELD(struct role, kind, member, false)
static const struct fields role_fields =
	FIELDS(P(NAME, name), P(TEXT, attributes), P(TEXTS, member_of), P(TEXT, settings),
	       FIELD(struct role, TEXTS, memberships, true));

#define R(kind, member) FIELD(struct relation, kind, member, false)
static const struct fields relation_fields =
	FIELDS(R(NAME, name), R(NUMBER, rows), R(TEXT, left_out), R(NUMBER, bytes), R(TRUTH, filtered),
	       FIELD(struct relation, NUMBER, widest, true),
	       FIELD(struct relation, TEXT, content, true), FIELD(struct relation, TEXT, not_hashed, true));

#define S(kind, member) FIELD(struct sequence, kind, member, false)
static const struct fields sequence_fields =
	FIELDS(S(NAME, name), S(NUMBER, last_value), S(TRUTH, is_called), S(NUMBER, increment), S(NUMBER, minimum),
	       S(NUMBER, maximum), S(TRUTH, cycles), S(TEXT, feeds), S(TRUTH, max_known), S(NUMBER, max));

#define C(kind, member) FIELD(struct object_class, kind, member, false)
static const struct fields class_fields = FIELDS(C(NAME, name), C(TEXTS, keys));

/* The lists of a manifest whose elements are objects of plain fields. */
static void *add_extension(struct manifest *m)
{
	return manifest_add_extension(m);
}

static void *add_role(struct manifest *m)
{
	return manifest_add_role(m);
}

static void *add_relation(struct manifest *m)
{
	return manifest_add_relation(m);
}

static void *add_sequence(struct manifest *m)
{
	return manifest_add_sequence(m);
}

static const struct list {
	const char *key;
	const struct fields *fields;
	size_t items, count; /* offsets of both members */
	size_t size;
	void *(*add)(struct manifest *m);
} lists[] = {
#define LIST(key, name)                                                                                                \
	{key, &name##_fields, offsetof(struct manifest, name##s), offsetof(struct manifest, name##_count),             \
	 sizeof(struct name), add_##name}
	LIST("extensions", extension),
	LIST("roles", role),
	LIST("relations", relation),
	LIST("sequences", sequence),
};

/* ---------------------------------------------------------------- writing */

/* Text that JSON cannot hold. */
static struct json *hex_object(const char *s)
{
	autofree char *digits = hex((const unsigned char *)s, strlen(s));
	struct json *o = json_new_object();

	json_set_text(o, "hex", digits);
	return o;
}

static void set_text_as_is(struct json *object, const char *key, const char *s)
{
	if (s && !is_utf8(s))
		json_set(object, key, hex_object(s));
	else
		json_set_text(object, key, s);
}

static void add_text_as_is(struct json *array, const char *s)
{
	if (s && !is_utf8(s))
		json_add(array, hex_object(s));
	else
		json_add_text(array, s);
}

static struct json *texts_array(const struct strings *texts)
{
	struct json *array = json_new_array();

	for (size_t i = 0; i < texts->count; i++)
		add_text_as_is(array, texts->items[i]);
	return array;
}

static void set_time(struct json *object, const char *key, int64_t t)
{
	char text[TIME_TEXT];

	json_set_text(object, key, t == TIME_UNKNOWN ? NULL : time_rfc3339(t, text));
}

static bool is_nothing(const struct field *f, const void *at)
{
	if (f->kind == TEXT)
		return !*(char *const *)at;
	return f->kind == TRUTH ? !*(const bool *)at : f->kind == NUMBER && *(const int64_t *)at == 0;
}

static struct json *fields_object(const void *base, const struct fields *fields)
{
	struct json *o = json_new_object();

	for (size_t i = 0; i < fields->count; i++) {
		const struct field *f = &fields->items[i];
		const void *at = (const char *)base + f->offset;

		if (f->later && is_nothing(f, at))
			continue;
		switch (f->kind) {
		case TEXT:
		case NAME:
			set_text_as_is(o, f->key, *(char *const *)at);
			break;
		case NUMBER:
			json_set_int(o, f->key, *(const int64_t *)at);
			break;
		case SMALL_NUMBER:
			json_set_int(o, f->key, *(const int *)at);
			break;
		case TRUTH:
			json_set_bool(o, f->key, *(const bool *)at);
			break;
		case TIME:
			set_time(o, f->key, *(const int64_t *)at);
			break;
		case TEXTS:
			json_set(o, f->key, texts_array(at));
			break;
		}
	}
	return o;
}

/* Objects and classes are as many as the schema is large: each is written and forgotten, one a line. */
struct writer {
	FILE *to;
	bool first; /* of the list that is open */
};

static void write_line(struct writer *w, struct json *owned)
{
	autofree char *text = json_text(owned, false);

	json_free(&owned);
	(void)fprintf(w->to, "%s%s", w->first ? "\n" : ",\n", text);
	w->first = false;
}

static void write_lists(struct writer *w, const struct manifest *m)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		const struct list *l = &lists[i];
		const char *items = *(char *const *)((const char *)m + l->items);
		size_t count = *(const size_t *)((const char *)m + l->count);

		(void)fprintf(w->to, ",\n\"%s\":[", l->key);
		w->first = true;
		for (size_t j = 0; j < count; j++)
			write_line(w, fields_object(items + j * l->size, l->fields));
		(void)fputs("]", w->to);
	}
}

static struct json *object_array(const struct object_class *c, const struct object *o)
{
	struct json *array = json_new_array();

	add_text_as_is(array, o->name);
	for (size_t i = 0; i < c->keys.count; i++)
		add_text_as_is(array, o->values[i]);
	return array;
}

/* All but the closing brace of 'owned', so that more members can follow. */
static void write_open_object(struct writer *w, struct json *owned)
{
	autofree char *text = json_text(owned, false);

	json_free(&owned);
	(void)fprintf(w->to, "%.*s", (int)strlen(text) - 1, text);
}

static void write_classes(struct writer *w, const struct manifest *m)
{
	(void)fputs(",\n\"classes\":[", w->to);
	for (size_t i = 0; i < m->class_count; i++) {
		const struct object_class *c = &m->classes[i];

		(void)fputs(i ? ",\n" : "\n", w->to);
		write_open_object(w, fields_object(c, &class_fields));
		(void)fputs(",\"objects\":[", w->to);
		w->first = true;
		for (size_t j = 0; j < c->count; j++)
			write_line(w, object_array(c, &c->objects[j]));
		(void)fputs("]}", w->to);
	}
	(void)fputs("]", w->to);
}

int manifest_write(const struct manifest *m, FILE *to, struct error *err)
{
	struct writer w = {.to = to};
	struct json *head = json_new_object();
	struct json *fields = fields_object(m, &manifest_fields);

	json_set_int(head, "schema", MANIFEST_SCHEMA);
	json_set(head, "database", fields);
	json_set(head, "large_objects", fields_object(&m->large_objects, &large_object_fields));
	write_open_object(&w, head);
	write_lists(&w, m);
	write_classes(&w, m);
	(void)fputs("}\n", to);
	if (ferror(to))
		return fail(err, errno == ENOSPC || errno == EDQUOT ? ERR_SPACE : ERR_IO, "write the manifest: %m");
	return 0;
}

/* ---------------------------------------------------------------- reading */

static int damaged(struct error *err, const char *where, const char *key, const char *what)
{
	return fail(err, ERR_DATA, "in %s, '%s' is %s", where, key, what);
}

/* The bytes of {"hex": ...}; NULL for what is none. */
static char *text_from_hex(const struct json *object)
{
	const char *digits = json_as_text(json_get(object, "hex"));
	size_t n = digits ? strlen(digits) : 1;
	autofree char *bytes = NULL;

	if (n % 2)
		return NULL;
	bytes = xcalloc(n / 2 + 1, 1);
	for (size_t i = 0; i < n; i += 2) {
		int high = hex_digit(digits[i]), low = hex_digit(digits[i + 1]);

		if (high < 0 || low < 0 || (high == 0 && low == 0))
			return NULL;
		bytes[i / 2] = (char)(high << 4 | low);
	}
	return take(bytes);
}

/* A text that may be null. False when 'v' is neither. */
static bool read_text(const struct json *v, char **ret)
{
	if (!v)
		return false;
	if (json_is_nothing(v)) {
		*ret = NULL;
		return true;
	}
	*ret = json_as_text(v) ? xstrdup(json_as_text(v)) : text_from_hex(v);
	return *ret != NULL;
}

static bool read_texts(const struct json *v, struct strings *ret)
{
	if (!json_holds_array(v))
		return false;
	for (size_t i = 0; i < json_count(v); i++) {
		char *s;

		if (!read_text(json_at(v, i), &s) || !s)
			return false;
		strings_add_owned(ret, s);
	}
	return true;
}

static bool read_time(const struct json *v, int64_t *ret)
{
	if (v && json_is_nothing(v)) {
		*ret = TIME_UNKNOWN;
		return true;
	}
	*ret = json_as_text(v) ? time_parse_rfc3339(json_as_text(v)) : TIME_UNKNOWN;
	return *ret != TIME_UNKNOWN;
}

static bool read_number(const struct json *v, int64_t low, int64_t high, int64_t *ret)
{
	if (!json_holds_int(v) || json_as_int(v) < low || json_as_int(v) > high)
		return false;
	*ret = json_as_int(v);
	return true;
}

static bool read_field(const struct json *v, const struct field *f, void *at)
{
	int64_t n;

	switch (f->kind) {
	case TEXT:
		return read_text(v, at);
	case NAME:
		return read_text(v, at) && *(char **)at;
	case NUMBER:
		return read_number(v, INT64_MIN, INT64_MAX, at);
	case SMALL_NUMBER:
		if (!read_number(v, INT_MIN, INT_MAX, &n))
			return false;
		*(int *)at = (int)n;
		return true;
	case TRUTH:
		*(bool *)at = json_as_bool(v);
		return json_holds_bool(v);
	case TIME:
		return read_time(v, at);
	case TEXTS:
		return read_texts(v, at);
	}
	return false;
}

static int read_fields(const struct json *object, const struct fields *fields, const char *where, void *base,
		       struct error *err)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct field *f = &fields->items[i];
		const struct json *v = json_get(object, f->key);

		if (!v && f->later)
			continue;
		if (!v)
			return damaged(err, where, f->key, "missing");
		if (!read_field(v, f, (char *)base + f->offset))
			return damaged(err, where, f->key, "not what it should be");
	}
	return 0;
}

static int read_lists(const struct json *root, struct manifest *m, struct error *err)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		const struct list *l = &lists[i];
		const struct json *array = json_get(root, l->key);

		if (!json_holds_array(array))
			return damaged(err, "the manifest", l->key, "not a list");
		for (size_t j = 0; j < json_count(array); j++)
			if (read_fields(json_at(array, j), l->fields, l->key, l->add(m), err) < 0)
				return -1;
	}
	return 0;
}

static int read_object(const struct json *array, struct object_class *c, struct error *err)
{
	autofree char *name = NULL;
	struct object *o;

	if (!json_holds_array(array) || json_count(array) != c->keys.count + 1 || !read_text(json_at(array, 0), &name) ||
	    !name)
		return damaged(err, "classes", c->name, "damaged: an object without a name, or with a value too many or too few");
	o = object_class_add(c, name);
	for (size_t i = 0; i < c->keys.count; i++)
		if (!read_text(json_at(array, i + 1), &o->values[i]))
			return damaged(err, c->name, name, "damaged: a value is no text");
	return 0;
}

static int read_class(const struct json *object, struct manifest *m, struct error *err)
{
	const struct json *objects = json_get(object, "objects");
	CLEANUP(strings_done) struct strings keys = {0};
	autofree char *name = NULL;
	struct object_class *c;

	if (!read_text(json_get(object, "name"), &name) || !name || !read_texts(json_get(object, "keys"), &keys) ||
	    !json_holds_array(objects))
		return damaged(err, "the manifest", "classes", "not what it should be");
	c = manifest_add_class(m, name);
	c->keys = keys;
	keys = (struct strings){0};
	for (size_t i = 0; i < json_count(objects); i++)
		if (read_object(json_at(objects, i), c, err) < 0)
			return -1;
	return 0;
}

static int read_classes(const struct json *root, struct manifest *m, struct error *err)
{
	const struct json *classes = json_get(root, "classes");

	if (!json_holds_array(classes))
		return damaged(err, "the manifest", "classes", "not a list");
	for (size_t i = 0; i < json_count(classes); i++)
		if (read_class(json_at(classes, i), m, err) < 0)
			return -1;
	return 0;
}

static int check_schema(const struct json *root, struct error *err)
{
	int64_t schema;

	if (!read_number(json_get(root, "schema"), 1, INT64_MAX, &schema))
		return damaged(err, "the manifest", "schema", "missing: this is no manifest of drillbox");
	if (schema > MANIFEST_SCHEMA)
		return fail(err, ERR_DATA,
			    "the manifest is of schema %lld, this drillbox knows up to %d: it was written by a newer "
			    "drillbox, update this one",
			    (long long)schema, MANIFEST_SCHEMA);
	return 0;
}

int manifest_parse(const char *bytes, size_t n, struct manifest *ret, struct error *err)
{
	CLEANUP(json_free) struct json *root = NULL;
	CLEANUP(manifest_done) struct manifest m = {0};

	if (json_parse(bytes, n, &root, err) < 0)
		return fail_within(err, "the manifest is damaged");
	if (check_schema(root, err) < 0 ||
	    read_fields(json_get(root, "database"), &manifest_fields, "database", &m, err) < 0 ||
	    read_fields(json_get(root, "large_objects"), &large_object_fields, "large_objects", &m.large_objects, err) < 0 ||
	    read_lists(root, &m, err) < 0 || read_classes(root, &m, err) < 0)
		return -1;
	manifest_sort(&m);
	*ret = m;
	m = (struct manifest){0};
	return 0;
}

int manifest_load(const char *path, struct manifest *ret, struct error *err)
{
	autofree char *text = NULL;

	if (!path_exists(path))
		return fail(err, ERR_NOTHING, "there is no manifest '%s'", path);
	if (read_small_file(path, MANIFEST_FILE_CAP, &text, err) < 0)
		return -1;
	if (manifest_parse(text, strlen(text), ret, err) < 0)
		return fail_within(err, "'%s'", path);
	return 0;
}
