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
#include "model/manifest.h"

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
};

struct messages {
	struct message *items;
	size_t count;
	size_t dropped; /* more than MESSAGES_CAP came */
	int64_t end;	/* the log's length up to the last whole line */
};

#define MESSAGES_CAP 2000
#define MESSAGE_FIELD_CAP 2048 /* bytes of each text that are kept */
#define MESSAGE_LINE_CAP ((size_t)1 << 20) /* a longer line is cut, not an error */
#define MESSAGES_LOG_CAP ((int64_t)256 << 20) /* a longer log is ERR_DATA: nothing sane writes that much */

/*
 * Errors of sessions in the jsonlog from byte 'from' on, in their order. Not those of
 * parallel workers, whose leaders report them again, nor of sessions whose other
 * end went away. A file that is gone, or shorter than 'from', is ERR_DATA: the server
 * makes it before anybody can log in, and only adds to it. A line that makes no
 * sense is an error with an empty SQLSTATE.
 */
MUST_CHECK int messages_read(const char *log, int64_t from, struct messages *ret, struct error *err);
void messages_done(struct messages *m);

/*
 * What a server that died said last: its own FATAL or PANIC, or that it lost a
 * process to a signal. NULL when it said nothing. Sets 'ret_kind' to ERR_SPACE
 * when that was for want of disk or memory by its own words, else leaves it. Owned by the caller.
 */
char *messages_last_words(const char *log, enum error_kind *ret_kind);

enum meaning {
	MEANING_EXPECTED,  /* comes of how we restore; nothing to tell */
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
	int source_version_num;		  /* of the source; 0: unknown */
	const struct strings *lacking;	  /* extensions the box does not have; may be NULL */
	const struct strings *older, *newer; /* extensions of another version than the source's, with both; may be NULL */
	const struct manifest *source;	  /* tells what was the source's own, and what its roles may do; may be NULL */
	const char *collation_differs;	  /* "2.31, here 2.41": another version of the library that sorts; NULL: the same */
	const char *substituted_locale;	  /* the locale the box has not, when another took its place; NULL: none */
	bool locale_unknown;		  /* the dump does not say under which it was */
	bool something_failed;		  /* another message of this restore was a fail */
	bool rows_failed;		  /* ... and rows of a table did not come back by it */
	bool something_lacked;		  /* another message was of something lacking */
	bool gave_up;			  /* pg_restore was not through, and said why */
	bool box_failed;		  /* an earlier message was of the box's own failing: nothing after it is evidence */
};

struct judgement {
	enum meaning meaning;
	const char *rule; /* a stable word for tests */
	char *sentence;	  /* cause and cure; owned */
	char *name;	  /* what it is about, from the message ("role", "extension"), "" when unknown; owned */
};

void message_judge(const struct message *m, const struct circumstances *c, struct judgement *ret);

/*
 * Whether tables filled in another order could have ended otherwise: rows that a function refuses which may read other
 * tables. With several jobs that order is nobody's.
 */
bool message_hangs_on_order(const struct message *m, const struct judgement *j);

void judgement_done(struct judgement *j);

/*
 * The roles that a message of MEANING_ROLE may be about: the one it names; and all of a policy's, for the server only tells
 * of the first that it misses.
 */
void message_roles(const struct message *m, struct strings *ret);

/* The statement it was about, on one line and cut: "ALTER TABLE ONLY public.b ADD CONSTRAINT ...". Owned. */
char *message_subject(const struct message *m);

/*
 * pg_restore's standard error, as it comes. Zero-initialised is empty. What a
 * dump raises can look like anything, so only the last line tells the count.
 */
struct restore_talk {
	struct text line;   /* the one that is not whole yet */
	size_t errors;	    /* messages that begin "pg_restore: error:" */
	size_t open, owed;  /* messages of which the text is still to come, and how many of those are errors */
	int64_t ignored;    /* of "errors ignored on restore: N" as the very last line; -1: another was last */
	size_t begun;	    /* entries begun, when it is verbose */
	char *item;	    /* the one begun last: "TABLE DATA public.orders"; may be NULL */
	char *last_error;   /* may be NULL */
	char *own_error;    /* the last one that is not the server's but its own; may be NULL */
};

void restore_talk_add(struct restore_talk *t, const char *bytes, size_t n);
/* After the last byte. */
void restore_talk_end(struct restore_talk *t);
void restore_talk_done(struct restore_talk *t);

/*
 * Why pg_restore gave up before it was through, from its own last error: damage (the
 * archive cannot be read), lacking (it is of a newer kind) or the box (anything
 * else). 'ret' as of message_judge().
 */
void restore_talk_judge(const struct restore_talk *t, struct judgement *ret);

#endif
