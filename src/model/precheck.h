/*
 * Prechecks: what is looked at before a pull, one finding each, in words for a
 * person. A pull stops at the first that is bad; doctor prints them all.
 *
 *     CLEANUP(prechecks_done) struct prechecks list = {0};
 *     prechecks_add(&list, PRECHECK_WARN, ERR_NONE, "roles", "GRANT ...", "role '%s' ...", name);
 */
#ifndef DRILLBOX_MODEL_PRECHECK_H
#define DRILLBOX_MODEL_PRECHECK_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

enum precheck_level { PRECHECK_OK, PRECHECK_WARN, PRECHECK_BAD };

/* All text owned and never NULL. */
struct precheck {
	enum precheck_level level;
	enum error_kind kind; /* what a pull would end with; ERR_NONE unless bad */
	char *name;	      /* what was looked at: "login", "privileges", "extensions" */
	char *sentence;	      /* what was found */
	char *cure;	      /* what to do, may have several lines (SQL to paste); "" when it is well */
};

struct prechecks {
	struct precheck *items;
	size_t count;
};

/* "ok", "warn", "bad" */
const char *precheck_level_word(enum precheck_level level);

/* 'cure' NULL: there is none needed. */
void prechecks_add(struct prechecks *list, enum precheck_level level, enum error_kind kind, const char *name,
		   const char *cure, const char *fmt, ...) PRINTF_LIKE(6, 7);

/* An error as a bad finding: its sentence, which ends with what to do. */
void prechecks_add_error(struct prechecks *list, const char *name, const struct error *err);

/* The first bad finding; NULL when there is none. */
const struct precheck *prechecks_bad(const struct prechecks *list);

/* -1 with the first bad finding as an error, 0 when there is none. */
MUST_CHECK int prechecks_verdict(const struct prechecks *list, struct error *err);

void prechecks_done(struct prechecks *list);

#endif
