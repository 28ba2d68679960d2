/*
 * A dump in plain SQL, as pg_dump -Fp writes it for psql: told apart into what
 * psql may be given and what not, while it streams by. The lexical rules are
 * those of psql (PostgreSQL documentation, psql, "Entering Queries" and
 * "Meta-Commands"; section 4.1 of the SQL language), the comments before each
 * entry those of pg_backup_archiver.c (_printTocEntry).
 *
 * Whoever wrote the file may want to fool this: nothing hangs on it but the
 * verdict. psql runs restricted and in a sandbox, and would refuse a command
 * that came through.
 *
 * Line ends of Windows are as good as others, to psql and here: what stands in
 * strings over several lines is then not quite what it was, and comparison
 * tells. A byte order mark at the beginning is left out, as psql does in UTF-8.
 *
 * Left out are the statements that are counted below, CREATE and DROP DATABASE,
 * and pg_dump's own commands: \restrict KEY, \unrestrict KEY (the caller gives
 * psql a restriction of its own), and of --create \connect to the database that it has just
 * created, with nothing created in it yet, and \encoding SQL_ASCII before that. The ends of their lines
 * stay: what psql says of a line N is true of the dump's line N.
 *
 *     struct plain_ears ears = {.context = to, .sql = write_it};
 *     struct plain *p = plain_new(&ears, 17);
 *     while (... bytes ...)
 *             if (plain_add(p, bytes, n, err) < 0) ...
 *     if (plain_end(p, err) < 0) ...
 */
#ifndef DRILLBOX_MODEL_PLAIN_H
#define DRILLBOX_MODEL_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define PLAIN_HEAD "-- PostgreSQL database dump"	    /* with "--" lines around it */
#define PLAIN_TRAILER "-- PostgreSQL database dump complete" /* since \unrestrict not always the last line */

struct plain;

/* "-- Name: orders; Type: TABLE; Schema: public; Owner: shop"; of "-- Data for Name: ..." the type is "TABLE DATA" or "BLOBS". */
struct plain_entry {
	const char *type, *schema, *name, *owner; /* "-" and "" where it has none */
};

/* Any may be NULL. */
struct plain_ears {
	void *context;
	/* What psql gets, in pieces; statements that are left out are not among it. */
	void (*sql)(void *context, const char *bytes, size_t n);
	/* What the next statements are, by pg_dump's own comment. Valid during the call. */
	void (*entry)(void *context, const struct plain_entry *e);
	/*
	 * A role that is named by OWNER TO, GRANT, REVOKE, FOR ROLE, AUTHORIZATION, a policy, a user mapping,
	 * ALTER ROLE ... IN DATABASE or SET ROLE; unquoted, each once.
	 */
	void (*role)(void *context, const char *name);
};

/* What was seen so far. Text is the plain's, NULL where it was not said. */
struct plain_facts {
	char *server_version; /* "16.14 (Debian 16.14-1)" */
	char *dumped_by;      /* "17.12 (Debian 17.12-0+deb13u1)" */
	char *started;	      /* of --verbose: "2026-11-22 04:15:00 UTC" */
	char *database;	      /* of --create: what it connects to */
	char *create_database; /* of --create: the whole statement, without the semicolon */
	char *encoding;	      /* of SET client_encoding */
	bool makes_public;    /* CREATE SCHEMA public */
	size_t copies;	      /* COPY ... FROM stdin blocks */
	size_t lines;
	/* statements that were left out, by why; each is worth a note */
	size_t drops;	      /* of --clean, before the first CREATE: the database is new; and DROP DATABASE */
	size_t tablespaces;   /* SET default_tablespace, other than '' */
	size_t subscriptions;
	size_t labels;	      /* SECURITY LABEL, other than a subscription's */
	size_t statistics;    /* pg_restore_relation_stats() and the like, of pg_dump 18 */
	size_t timeouts;      /* SET transaction_timeout, for a server older than 17 */
};

#define PLAIN_ROLES_MOST 10000	/* distinct ones; more are ERR_DATA */
#define PLAIN_HEAD_OF_STATEMENT 8192 /* bytes by which a statement is known; a longer one is only followed from there on */

/* 'target_major': of the server it is restored on. Free with plain_free(). */
struct plain *plain_new(const struct plain_ears *ears, int target_major);

/*
 * The next bytes, in pieces of any size: what comes out does not depend on how
 * they are cut. Memory stays flat. ERR_DATA, evidence against the dump: a command
 * of psql's that pg_dump does not write (which, and in what line), a byte of zero, something after
 * the trailer that is no blank, comment or \unrestrict, or another
 * file than a plain dump (what it begins with). ERR_SOURCE, a dump that is what it says but that no drill can take:
 * one of pg_dumpall (several databases, or roles), one in an encoding whose letters may hold a
 * backslash (SJIS, BIG5, GBK, UHC, GB18030, JOHAB, SHIFT_JIS_2004), with what to do instead.
 * After an error, call plain_free() alone.
 */
MUST_CHECK int plain_add(struct plain *p, const char *bytes, size_t n, struct error *err);

/*
 * After the last byte. ERR_DATA: it ends within a statement, a string, a comment
 * or the rows of a COPY (of which table, in what line), or without the trailer.
 */
MUST_CHECK int plain_end(struct plain *p, struct error *err);

const struct plain_facts *plain_facts(const struct plain *p);
void plain_free(struct plain **p);

#endif
