/*
 * What pg_restore says: where it is, how often it met an error, and why it gave up.
 */
#ifndef DRILLBOX_DRILL_RESTORE_TALK_H
#define DRILLBOX_DRILL_RESTORE_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "drill/messages.h"

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
