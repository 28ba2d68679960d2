/*
 * The comments that pg_dump writes into a dump in plain SQL before each entry
 * (_printTocEntry() of PostgreSQL's pg_backup_archiver.c) and at its head. Pure.
 */
#ifndef DRILLBOX_MODEL_PLAIN_COMMENT_H
#define DRILLBOX_MODEL_PLAIN_COMMENT_H

#include "model/plain.h"

/*
 * A whole line, "-- Name: orders; Type: TABLE; Schema: public; Owner: shop". False: it
 * names no entry. The line is cut into pieces, which the entry points to.
 */
bool plain_comment_entry(char *line, struct plain_entry *ret);

/* "-- Dumped by pg_dump version 17.12" and the like: fills the fact that it tells, unless it is known. */
void plain_comment_fact(const char *line, struct plain_facts *facts);

#endif
