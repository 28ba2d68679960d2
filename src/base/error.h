/*
 * Errors: why something could not be done, in one sentence.
 *
 * A function that can fail takes a 'struct error *' of its caller, returns 0 or
 * -1, and on -1 has filled it in; its ret_ outputs are then untouched. "The
 * dump is bad" is never an error but a result (model/check.h): every error of a
 * drill means "could not tell".
 */
#ifndef DRILLBOX_BASE_ERROR_H
#define DRILLBOX_BASE_ERROR_H

#include "base/cleanup.h"

enum error_kind {
	ERR_NONE,
	ERR_BUG,	/* a defect of this program */
	ERR_USAGE,	/* the command line; an unknown source, drill or dump */
	ERR_CONFIG,	/* the configuration */
	ERR_IO,		/* a file, a folder, a device */
	ERR_SPACE,	/* no room on a disk or in memory */
	ERR_NETWORK,	/* could not reach, cut off, no answer in time */
	ERR_REFUSED,	/* login, certificate or name refused */
	ERR_PRIVILEGE,	/* something at the source may not be read */
	ERR_SOURCE,	/* the source is not as a pull needs it */
	ERR_CHANGED,	/* the source's schema moved during the pull: try again */
	ERR_LACKING,	/* the box lacks a program, an extension, a locale, a sandbox */
	ERR_BUSY,	/* another verb holds the data folder */
	ERR_TIMEOUT,	/* a deadline of ours passed */
	ERR_STOPPED,	/* asked to stop */
	ERR_PAUSED,	/* the window for pulls closed */
	ERR_CLOCK,	/* the time is not known */
	ERR_DATA,	/* bytes from outside that make no sense */
	ERR_NOTHING,	/* nothing to do the verb on */
	ERR_CURRENT,	/* what is newest is here already */
	ERR_KINDS
};

struct error {
	enum error_kind kind;
	int os_errno;	/* 0 where no system call is behind it */
	char text[512]; /* lower case, no full stop; ends with what to do */
};

/* Fill 'err' and return -1. %m in 'fmt' is errno at the call. 'err' may not be NULL. */
int fail(struct error *err, enum error_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Put context before the text of an error that is already there ("drilling 'x': ...") and return -1. */
int fail_within(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The exit code of the program for this kind (sysexits.h where one fits). */
int error_exit_code(enum error_kind kind);

/* A stable word for the kind, as the ledger stores it ("network"). */
const char *error_word(enum error_kind kind);

/* The kind for a word of error_word(); ERR_BUG if there is none. */
enum error_kind error_kind_from_word(const char *word);

#endif
