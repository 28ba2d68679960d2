/*
 * The scratch server's jsonlog: what happened, with SQLSTATE and statement (PostgreSQL documentation,
 * "Using JSON-Format Log Output").
 */
#ifndef DRILLBOX_DRILL_SERVER_LOG_H
#define DRILLBOX_DRILL_SERVER_LOG_H

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

#endif
