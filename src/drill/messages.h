/*
 * What a restore's errors mean, which the scratch server logged (drill/server_log.h): a table of rules.
 */
#ifndef DRILLBOX_DRILL_MESSAGES_H
#define DRILLBOX_DRILL_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "drill/server_log.h"
#include "model/manifest.h"

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

#endif
