/*
 * One statement of a dump in plain SQL, told from its tokens while they come
 * by: whether psql gets it, whom it names, whether rows follow. Where tokens
 * begin and end is plain.c's, which nobody but it includes this for.
 *
 *     statement_begin(&s, &scene);
 *     for each token: statement_token(&s, &t), then look at s.fate and s.role
 *     statement_end(&s);
 */
#ifndef DRILLBOX_MODEL_PLAIN_STATEMENT_H
#define DRILLBOX_MODEL_PLAIN_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_WORD,   /* a key word or a name, in lower case */
	TOKEN_QUOTED, /* a name in "", as it is without them */
	TOKEN_STRING, /* of whatever kind; what stands in dollar quotes is not told */
	TOKEN_SIGN,   /* one sign; "0" for a number */
};

#define TOKEN_MOST 512 /* bytes of one that are told: PostgreSQL's names have 63 */

struct token {
	enum token_kind kind;
	char text[TOKEN_MOST + 1];
	size_t length;
	bool cut;    /* it has more bytes than these */
	bool within; /* parentheses */
	bool beyond; /* the head of the statement: it decides nothing any more */
};

/* What becomes of a statement. */
enum fate {
	FATE_OPEN,     /* more has to be seen */
	FATE_KEPT,
	FATE_PREAMBLE, /* kept; a setting, or one of the database itself */
	FATE_DATABASE, /* CREATE DATABASE: left out and told */
	/* left out and counted */
	FATE_DROP,
	FATE_TABLESPACE,
	FATE_SUBSCRIPTION,
	FATE_LABEL,
	FATE_STATISTICS,
	FATE_TIMEOUT,
};

/* What was seen before it, and where it is to go. */
struct scene {
	bool made;  /* something was created */
	bool named; /* pg_dump named an entry */
	int target_major;
};

#define STATEMENT_FIRST 8 /* tokens by which a statement is known */

struct statement {
	struct scene scene;
	struct token first[STATEMENT_FIRST];
	size_t count;	     /* of tokens */
	enum fate fate;
	bool wanted;	     /* whether it matters what other tokens are in it */
	bool dropping;	     /* DROP or DETACH was seen, outside of parentheses */
	bool rows_follow;    /* COPY ... FROM stdin */
	int blocks;	     /* BEGIN ATOMIC and CASE that are open: a semicolon is none of ours */
	const char *role;    /* of the token that was told last: a role it names; NULL: none */
	bool role_cut;	     /* such a name had more than TOKEN_MOST bytes */
	/* of what came last */
	char last[16];	     /* the word; "" where it was none, or a longer one */
	int routine;	     /* words of CREATE [OR REPLACE] FUNCTION that were seen in a row; -1: it is none */
	enum { ROLES_NO, ROLES_NEXT, ROLES_COMMA } roles;
};

void statement_begin(struct statement *s, const struct scene *scene);
void statement_token(struct statement *s, const struct token *t);
/* No more tokens: s->fate is not FATE_OPEN after this. Also when its head is over; tokens may follow then. */
void statement_end(struct statement *s);

/* Whether psql gets it. */
bool fate_is_kept(enum fate f);

/* The value of "SET name = value" (or TO, or SET NAMES, which is client_encoding); NULL: it is none of 'name'. */
const char *statement_setting(const struct statement *s, const char *name);
/* Whether it begins with these words; "?" is any token, "pg_*" any word that begins so. */
bool statement_is(const struct statement *s, const char *words);

#endif
