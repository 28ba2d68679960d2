/*
 * What a file is, by its first bytes and never by its name: one of the forms in
 * which dumps are stored, or what else it seems to be, and what to do with that.
 * And what those bytes tell of the dump: its database's name, when it was begun.
 * Pure, and never reads beyond what it is given.
 *
 *     CLEANUP(dump_head_done) struct dump_head head = {0};
 *     if (dump_head_parse(bytes, n, &head, err) < 0)
 *             return -1;
 *     if (dump_form_is_packed(head.form) && dump_head_parse_inside(inside, inside_n, &head, err) < 0)
 *             return -1;
 */
#ifndef DRILLBOX_MODEL_DUMP_HEAD_H
#define DRILLBOX_MODEL_DUMP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/dump.h"

#define DUMP_HEAD_LEAST 1024		  /* bytes that tell the form, and all that an archive tells */
#define DUMP_HEAD_MOST ((size_t)64 << 10) /* and all that plain SQL does */

/* All text owned. Zero-initialised is none. */
struct dump_head {
	enum dump_form form;
	bool tar;	/* of an archive */
	char *database; /* NULL: it does not tell */
	int64_t begun;	/* by the clock on the wall there, as if that were UTC's; TIME_UNKNOWN: it does not tell */
	bool utc;	/* that clock was UTC's */
};

/*
 * The form alone. ERR_SOURCE: it is no dump of one database in a form that can be drilled, or nothing at all: the sentence
 * says what it is, or what it begins with. Whether what is compressed holds plain SQL cannot be seen from outside.
 */
MUST_CHECK int dump_head_form(const unsigned char *bytes, size_t n, enum dump_form *ret, struct error *err);

/* The form, and what the first bytes tell. ERR_SOURCE as above; ERR_DATA: an archive whose head makes no sense. */
MUST_CHECK int dump_head_parse(const unsigned char *bytes, size_t n, struct dump_head *ret, struct error *err);

/* The same of what is in a compressed file, with 'head' from outside: it has to be plain SQL. */
MUST_CHECK int dump_head_parse_inside(const unsigned char *bytes, size_t n, struct dump_head *head, struct error *err);

/* The beginning of the file "toc.dat" of a directory archive. */
MUST_CHECK int dump_head_parse_folder(const unsigned char *bytes, size_t n, struct dump_head *ret, struct error *err);

/* The database that a file's name seems to be of: its last part without endings and without a stamp of ours; NULL: none. Owned. */
char *dump_head_name_of(const char *path);

/* "a custom archive", "plain SQL, compressed by gzip". */
const char *dump_head_words(const struct dump_head *h);

void dump_head_done(struct dump_head *h);

#endif
