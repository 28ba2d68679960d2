/* A small manifest to compare with itself, damaged or not. */
#ifndef DRILLBOX_TESTS_SHOP_H
#define DRILLBOX_TESTS_SHOP_H

#include "model/check.h"
#include "model/manifest.h"

UNUSED static struct relation *add_table(struct manifest *m, const char *name, int64_t rows)
{
	struct relation *r = manifest_add_relation(m);

	r->name = xstrdup(name);
	r->rows = rows;
	return r;
}

UNUSED static struct sequence *add_sequence(struct manifest *m, const char *name, int64_t last_value, int64_t max)
{
	struct sequence *s = manifest_add_sequence(m);

	s->name = xstrdup(name);
	s->last_value = last_value;
	s->is_called = true;
	s->increment = 1;
	s->feeds = xstrdup("public.orders.id");
	s->max_known = true;
	s->max = max;
	return s;
}

UNUSED static struct extension *add_extension(struct manifest *m, const char *name, const char *version)
{
	struct extension *e = manifest_add_extension(m);

	e->name = xstrdup(name);
	e->version = xstrdup(version);
	e->schema = xstrdup("public");
	return e;
}

/* The values follow in the order of the class's keys. */
UNUSED static struct object *add_object(struct object_class *c, const char *name, const char *first, const char *second)
{
	struct object *o = object_class_add(c, name);

	set_text(&o->values[0], first);
	set_text(&o->values[1], second);
	return o;
}

UNUSED static struct object_class *add_class(struct manifest *m, const char *name, const char *first, const char *second)
{
	struct object_class *c = manifest_add_class(m, name);

	strings_add(&c->keys, first);
	strings_add(&c->keys, second);
	return c;
}

UNUSED static void shop_catalogue(struct manifest *m)
{
	struct object_class *c = add_class(m, "table", "owner", "acl");

	strings_add(&c->keys, "inherits");
	add_object(c, "public.items", "shop", NULL);
	add_object(c, "public.orders", "shop", "clerk SELECT by shop");
	c = add_class(m, "column", "type", "~default");
	add_object(c, "public.items.name", "text", NULL);
	add_object(c, "public.orders.id", "integer", "nextval('public.orders_id_seq'::regclass)");
	add_object(c, "public.orders.state", "text", "'new'::text");
	c = add_class(m, "collation", "locale", "?version");
	add_object(c, "public.german", "de-DE", "153.120");
	c = add_class(m, "extension", "?version", "schema");
	add_object(c, "hstore", "1.8", "public");
}

UNUSED static void shop(struct manifest *m)
{
	*m = (struct manifest){.server_version_num = 170012, .counts_exact = true, .connection_limit = -1};
	m->database = xstrdup("shop");
	m->system_identifier = xstrdup("7001");
	m->database_oid = 16384;
	m->server_version = xstrdup("17.12");
	m->encoding = xstrdup("UTF8");
	m->collate = xstrdup("en_US.UTF-8");
	m->owner = xstrdup("shop");
	strings_add(&m->settings, "\tsearch_path=public");
	strings_add(&m->settings, "clerk\twork_mem=8MB");
	add_table(m, "public.items", 40);
	add_table(m, "public.orders", 412310);
	add_sequence(m, "public.orders_id_seq", 412310, 412310);
	add_extension(m, "hstore", "1.8");
	m->large_objects = (struct large_objects){.count = 2, .bytes = 4096};
	shop_catalogue(m);
	manifest_sort(m);
}

UNUSED static struct relation *table_of(struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->relation_count; i++)
		if (same(m->relations[i].name, name))
			return &m->relations[i];
	return NULL;
}

UNUSED static struct object *object_of(struct manifest *m, const char *class_name, const char *name)
{
	for (size_t i = 0; i < m->class_count; i++)
		for (size_t j = 0; same(m->classes[i].name, class_name) && j < m->classes[i].count; j++)
			if (same(m->classes[i].objects[j].name, name))
				return &m->classes[i].objects[j];
	return NULL;
}

/* Take an element out of a sorted list of plain structs; what it owned is freed with 'done' before. */
#define REMOVE(items, count, i) \
	(memmove(&(items)[i], &(items)[(i) + 1], ((count) - (i) - 1) * sizeof(*(items))), (count)--)

UNUSED static void lose_object(struct manifest *m, const char *class_name, const char *name)
{
	for (size_t i = 0; i < m->class_count; i++) {
		struct object_class *c = &m->classes[i];

		for (size_t j = 0; same(c->name, class_name) && j < c->count; j++) {
			if (!same(c->objects[j].name, name))
				continue;
			for (size_t k = 0; k < c->keys.count; k++)
				free(c->objects[j].values[k]);
			free(c->objects[j].values);
			free(c->objects[j].name);
			REMOVE(c->objects, c->count, j);
			return;
		}
	}
}

UNUSED static void lose_table(struct manifest *m, const char *name)
{
	struct relation *r = table_of(m, name);

	free(r->name);
	free(r->left_out);
	REMOVE(m->relations, m->relation_count, (size_t)(r - m->relations));
}

UNUSED static const struct check *check_named(const struct findings *f, const char *name)
{
	for (size_t i = 0; i < f->check_count; i++)
		if (same(f->checks[i].name, name))
			return &f->checks[i];
	return NULL;
}

UNUSED static size_t count_result(const struct findings *f, enum result result)
{
	size_t n = 0;

	for (size_t i = 0; i < f->check_count; i++)
		n += f->checks[i].result == result;
	return n;
}

#endif
