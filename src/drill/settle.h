/*
 * Texts that a server deparsed are no identity: the same CHECK reads differently
 * after one restore. Where nothing but such a text differs (DIFFERENCE_TEXT),
 * the source's text is given to the scratch server to parse, in the object's own
 * place and in a transaction that is rolled back, and the catalogue is surveyed
 * once more with the very same queries. If the object then reads as the restored
 * one does, the two mean the same; if it does not, they differ. What the server
 * does not take is left open (undecided): text alone never fails a dump.
 */
#ifndef DRILLBOX_DRILL_SETTLE_H
#define DRILLBOX_DRILL_SETTLE_H

#include "model/structure.h"
#include "port/pg.h"

/*
 * Settle every DIFFERENCE_TEXT of 's'. Nothing of it stays in the database.
 * Where the server cannot be asked at all they are left open; -1: the
 * connection is lost, stopped or out of time.
 */
MUST_CHECK int settle_texts(struct pg *pg, const struct measure *m, struct structure *s, struct error *err);

/*
 * A template spelled out for one object: {name}, {owner} (the name without its
 * last part) and {last} (that part), {text}, {spare} (a name of its own for 'n'),
 * {bare} (the name without its arguments), {KEY} for the source's value of a key.
 * NULL when the object has no such value. Owned by the caller.
 */
char *settle_spell(const char *template, const struct object_class *c, const struct object *o, const char *text,
		   size_t n);

#endif
