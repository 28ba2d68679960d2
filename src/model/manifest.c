#include "model/manifest.h"

#include <stdlib.h>
#include <string.h>

struct relation *manifest_add_relation(struct manifest *m)
{
	m->relations = grow(m->relations, m->relation_count, sizeof(*m->relations));
	return &m->relations[m->relation_count++];
}

struct sequence *manifest_add_sequence(struct manifest *m)
{
	m->sequences = grow(m->sequences, m->sequence_count, sizeof(*m->sequences));
	return &m->sequences[m->sequence_count++];
}

struct role *manifest_add_role(struct manifest *m)
{
	m->roles = grow(m->roles, m->role_count, sizeof(*m->roles));
	return &m->roles[m->role_count++];
}

struct extension *manifest_add_extension(struct manifest *m)
{
	m->extensions = grow(m->extensions, m->extension_count, sizeof(*m->extensions));
	return &m->extensions[m->extension_count++];
}

struct object_class *manifest_add_class(struct manifest *m, const char *name)
{
	struct object_class *c;

	m->classes = grow(m->classes, m->class_count, sizeof(*m->classes));
	c = &m->classes[m->class_count++];
	c->name = xstrdup(name);
	return c;
}

struct object *object_class_add(struct object_class *c, const char *name)
{
	struct object *o;

	c->objects = grow(c->objects, c->count, sizeof(*c->objects));
	o = &c->objects[c->count++];
	o->name = xstrdup(name);
	o->values = xcalloc(c->keys.count, sizeof(*o->values));
	return o;
}

/* Every list below holds structs that begin with their name: one comparison sorts and finds them all. */
#define NAME_FIRST(type) _Static_assert(offsetof(type, name) == 0, "by_name() reads the first member")
NAME_FIRST(struct relation);
NAME_FIRST(struct sequence);
NAME_FIRST(struct role);
NAME_FIRST(struct extension);
NAME_FIRST(struct object_class);
NAME_FIRST(struct object);

static const char *name_of(const void *element)
{
	const char *name;

	memcpy(&name, element, sizeof(name));
	return name;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(name_of(a), name_of(b));
}

static int name_is(const void *name, const void *element)
{
	return strcmp(name, name_of(element));
}

static void sort(void *items, size_t count, size_t size)
{
	if (count > 1)
		qsort(items, count, size, by_name);
}

static const void *find(const char *name, const void *items, size_t count, size_t size)
{
	return count ? bsearch(name, items, count, size, name_is) : NULL;
}

void manifest_sort(struct manifest *m)
{
	sort(m->relations, m->relation_count, sizeof(*m->relations));
	sort(m->sequences, m->sequence_count, sizeof(*m->sequences));
	sort(m->roles, m->role_count, sizeof(*m->roles));
	sort(m->extensions, m->extension_count, sizeof(*m->extensions));
	sort(m->classes, m->class_count, sizeof(*m->classes));
	for (size_t i = 0; i < m->class_count; i++)
		sort(m->classes[i].objects, m->classes[i].count, sizeof(*m->classes[i].objects));
}

const struct relation *manifest_relation(const struct manifest *m, const char *name)
{
	return find(name, m->relations, m->relation_count, sizeof(*m->relations));
}

const char *role_membership_options(const struct role *role, const char *group)
{
	static const char *const options[2][2] = {{" WITH INHERIT FALSE, SET FALSE", " WITH INHERIT FALSE, SET TRUE"},
						  {" WITH INHERIT TRUE, SET FALSE", " WITH INHERIT TRUE, SET TRUE"}};
	size_t n = strlen(group);

	for (size_t i = 0; i < role->memberships.count; i++) {
		const char *line = role->memberships.items[i];

		if (strncmp(line, group, n) == 0 && line[n] == '\t')
			return options[words_have(line + n + 1, "inherit")][words_have(line + n + 1, "set")];
	}
	return "";
}

const struct sequence *manifest_sequence(const struct manifest *m, const char *name)
{
	return find(name, m->sequences, m->sequence_count, sizeof(*m->sequences));
}

const struct object_class *manifest_class(const struct manifest *m, const char *name)
{
	return find(name, m->classes, m->class_count, sizeof(*m->classes));
}

const struct object *object_class_find(const struct object_class *c, const char *name)
{
	return find(name, c->objects, c->count, sizeof(*c->objects));
}

bool relation_is_dumped(const struct relation *r)
{
	return !r->left_out || strcmp(r->left_out, LEFT_OUT_NOT_COUNTED) == 0;
}

int64_t manifest_rows(const struct manifest *m, size_t *ret_tables)
{
	int64_t rows = 0;
	size_t tables = 0;

	for (size_t i = 0; i < m->relation_count; i++) {
		if (m->relations[i].rows < 0)
			continue;
		rows += m->relations[i].rows;
		tables++;
	}
	*ret_tables = tables;
	return rows;
}

static void class_done(struct object_class *c)
{
	for (size_t i = 0; i < c->count; i++) {
		for (size_t k = 0; k < c->keys.count; k++)
			free(c->objects[i].values[k]);
		free(c->objects[i].values);
		free(c->objects[i].name);
	}
	free(c->objects);
	strings_done(&c->keys);
	free(c->name);
}

static void texts_done(struct manifest *m)
{
	char *const texts[] = {
		m->source, m->database, m->system_identifier, m->server_version, m->dumped_by, m->format,
		m->encoding, m->locale_provider, m->collate, m->ctype, m->icu_locale, m->collation_version,
		m->owner, m->comment, m->acl,
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		free(texts[i]);
	strings_done(&m->settings);
	strings_done(&m->settings_of_all);
	strings_done(&m->not_dumped);
}

static void lists_done(struct manifest *m)
{
	for (size_t i = 0; i < m->extension_count; i++) {
		free(m->extensions[i].name);
		free(m->extensions[i].version);
		free(m->extensions[i].schema);
		free(m->extensions[i].needed_by);
	}
	for (size_t i = 0; i < m->role_count; i++) {
		free(m->roles[i].name);
		free(m->roles[i].attributes);
		strings_done(&m->roles[i].member_of);
		strings_done(&m->roles[i].memberships);
		free(m->roles[i].settings);
	}
	for (size_t i = 0; i < m->relation_count; i++) {
		free(m->relations[i].name);
		free(m->relations[i].left_out);
		free(m->relations[i].content);
		free(m->relations[i].not_hashed);
	}
	for (size_t i = 0; i < m->sequence_count; i++) {
		free(m->sequences[i].name);
		free(m->sequences[i].feeds);
	}
	for (size_t i = 0; i < m->class_count; i++)
		class_done(&m->classes[i]);
	free(m->large_objects.content);
}

void manifest_done(struct manifest *m)
{
	texts_done(m);
	lists_done(m);
	free(m->extensions);
	free(m->roles);
	free(m->relations);
	free(m->sequences);
	free(m->classes);
	*m = (struct manifest){0};
}
