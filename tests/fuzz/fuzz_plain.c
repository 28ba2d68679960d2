/*
 * A dump in plain SQL. However it is cut into pieces, the same comes of it; and what psql gets of it is, looked at
 * once more, the same again: no statement of it is left out, and no command of psql's is in it.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "model/plain.h"

struct heard {
	struct text sql, entries, roles;
	struct error err;
	struct plain *plain;
	int status;
};

static void hear_sql(void *context, const char *bytes, size_t n)
{
	struct heard *h = context;

	text_add_bytes(&h->sql, bytes, n);
}

static void hear_entry(void *context, const struct plain_entry *e)
{
	struct heard *h = context;

	text_addf(&h->entries, "%s|%s|%s|%s\n", e->type, e->schema, e->name, e->owner);
}

static void hear_role(void *context, const char *name)
{
	struct heard *h = context;

	text_addf(&h->roles, "%s\n", name);
}

static void heard_done(struct heard *h)
{
	text_done(&h->sql);
	text_done(&h->entries);
	text_done(&h->roles);
	plain_free(&h->plain);
}

/* Pieces of 1 to 'most' bytes, as the bytes have it. */
static void hear(struct heard *h, const char *bytes, size_t n, size_t most)
{
	const struct plain_ears ears = {h, hear_sql, hear_entry, hear_role};
	size_t piece;

	*h = (struct heard){.plain = plain_new(&ears, 17)};
	text_add(&h->sql, "");
	text_add(&h->entries, "");
	text_add(&h->roles, "");
	for (size_t at = 0; at < n && h->status == 0; at += piece) {
		piece = most > n ? n : 1 + (unsigned char)bytes[at] % most;
		if (piece > n - at)
			piece = n - at;
		h->status = plain_add(h->plain, bytes + at, piece, &h->err);
	}
	if (h->status == 0)
		h->status = plain_end(h->plain, &h->err);
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_equal(const struct text *a, const struct text *b)
{
	return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

static void must_agree(const struct heard *a, const struct heard *b)
{
	const struct plain_facts *f = plain_facts(a->plain), *g = plain_facts(b->plain);

	must(a->status == b->status && a->err.kind == b->err.kind && strcmp(a->err.text, b->err.text) == 0);
	if (a->status < 0)
		return;
	must(is_equal(&a->sql, &b->sql) && is_equal(&a->entries, &b->entries) && is_equal(&a->roles, &b->roles));
	must(f->lines == g->lines && f->copies == g->copies && f->drops == g->drops && f->tablespaces == g->tablespaces &&
	     f->subscriptions == g->subscriptions && f->statistics == g->statistics && f->makes_public == g->makes_public &&
	     same(f->database, g->database) && same(f->create_database, g->create_database) && same(f->encoding, g->encoding));
}

static void must_stay(const struct heard *h)
{
	CLEANUP(heard_done) struct heard again;
	const struct plain_facts *f, *g;

	hear(&again, h->sql.data, h->sql.length, SIZE_MAX);
	must(again.status == 0);
	f = plain_facts(h->plain);
	g = plain_facts(again.plain);
	must(is_equal(&h->sql, &again.sql) && is_equal(&h->entries, &again.entries));
	must(f->lines == g->lines && f->copies == g->copies && f->makes_public == g->makes_public);
	must(g->drops + g->tablespaces + g->subscriptions + g->statistics + g->timeouts == 0 && !g->create_database);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	CLEANUP(heard_done) struct heard whole, bit_by_bit, in_pieces;

	hear(&whole, (const char *)bytes, n, SIZE_MAX);
	hear(&bit_by_bit, (const char *)bytes, n, 1);
	hear(&in_pieces, (const char *)bytes, n, 97);
	must_agree(&whole, &bit_by_bit);
	must_agree(&whole, &in_pieces);
	if (whole.status == 0)
		must_stay(&whole);
	return 0;
}
