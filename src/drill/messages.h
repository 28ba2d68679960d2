/*
 * What a restore's errors mean. The scratch server's jsonlog says what happened
 * (SQLSTATE, statement); pg_restore's standard error says where, and how often;
 * the rules are a table.
 */
#ifndef DRILLBOX_DRILL_MESSAGES_H
#define DRILLBOX_DRILL_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* An error as the server logged it. Text is owned and never NULL. */
struct message {
	char severity[8];    /* "ERROR", "FATAL", "PANIC" */
	char sqlstate[6];
	char *text;
	char *detail;
	char *hint;
	char *context;
	char *statement;
	char *database;
	char *program;	     /* application_name */
};

struct messages {
	struct message *items;
	size_t count;
	size_t dropped; /* more than MESSAGES_CAP came */
	int64_t end;	/* the log's length up to the last whole line */
};

#define MESSAGES_CAP 10000
#define MESSAGE_LINE_CAP ((size_t)1 << 20) /* a longer line is cut, not an error */
#define MESSAGES_LOG_CAP ((int64_t)256 << 20) /* a longer log is ERR_DATA: nothing sane writes that much */

/* Errors in the jsonlog from byte 'from' on. A file that is not there yet has none. */
MUST_CHECK int messages_read(const char *log, int64_t from, struct messages *ret, struct error *err);
void messages_done(struct messages *m);

enum meaning {
	MEANING_TOLERATED, /* harmless, with a reason; a note */
	MEANING_SOURCE,	   /* wrong in the source already: a real recovery would stop here too; fail */
	MEANING_DAMAGE,	   /* the dump does not come back whole; fail */
	MEANING_LACKING,   /* the box lacks something: undecided */
	MEANING_BOX,	   /* disk, memory, time, killed: undecided */
	MEANING_FOLLOWS,   /* comes of an earlier error: counted there */
	MEANING_AGAIN,	   /* start over with one job (deadlock) */
	MEANING_ROLE,	   /* a role is missing: make a stand-in and start over */
};

/* What is known besides, when a message is judged. */
struct circumstances {
	int server_version_num;		  /* of the scratch server */
	const struct strings *lacking;	  /* extensions the box does not have; may be NULL */
	const char *substituted_locale;	  /* the locale the box has not, when another took its place; NULL: none */
	bool something_failed;		  /* an earlier message of this restore was not tolerated */
	bool something_lacked;		  /* an earlier message was of something lacking */
};

struct judgement {
	enum meaning meaning;
	const char *rule; /* a stable word for tests */
	char *sentence;	  /* cause and cure; owned */
	char *name;	  /* what it is about, from the message ("role", "extension"), "" when unknown; owned */
};

void message_judge(const struct message *m, const struct circumstances *c, struct judgement *ret);
void judgement_done(struct judgement *j);

/* pg_restore's standard error, as it comes. Zero-initialised is empty. */
struct restore_talk {
	struct text line;	 /* the one that is not whole yet */
	size_t errors;		 /* "pg_restore: error:" */
	int64_t ignored;	 /* of "errors ignored on restore: N"; -1 when it did not say */
	bool said_ignored;
	size_t items_done;	 /* for progress: entries finished */
	char *item;		 /* the entry in work: "TABLE DATA orders" */
	char *last_error;
	struct strings places;	 /* for each error, the entry it was reported from, "" when unknown */
	char *place;
};

void restore_talk_add(struct restore_talk *t, const char *bytes, size_t n);
void restore_talk_end(struct restore_talk *t);
void restore_talk_done(struct restore_talk *t);

#endif
