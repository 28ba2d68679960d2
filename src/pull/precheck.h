/*
 * What is looked at before a pull from a live PostgreSQL, each with its own
 * sentence and cure: login and TLS, versions, privileges on every object to be
 * dumped, row security, extensions, locale and roles the restore will need, a
 * pooling proxy in the way. The same list serves doctor.
 */
#ifndef DRILLBOX_PULL_PRECHECK_H
#define DRILLBOX_PULL_PRECHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/config.h"
#include "model/precheck.h"
#include "port/pg.h"
#include "port/toolset.h"

/* What the source said of itself; holds only where 'reached'. Zero-initialised is empty. */
struct source_answers {
	bool reached;		   /* a login succeeded */
	bool asked;		   /* everything below was answered */
	int version_num;
	char *version;
	char *system_identifier;   /* NULL: may not be read */
	int64_t database_oid;
	bool in_recovery;
	int64_t bytes;		   /* pg_database_size(); -1: not known */
	int64_t relations;	   /* tables to be dumped */
	int64_t source_time;	   /* the source's clock ... */
	int64_t box_time;	   /* ... and the box's at the same moment */
	bool time_verified;	   /* over TLS, so that the time may serve as a clock */
	const struct tool *tool;   /* that would dump it; NULL: none is new enough */
};

/*
 * Look at everything. Findings go to 'list' in the order of a pull; nothing is
 * an error here except being stopped.
 */
MUST_CHECK int precheck_postgres(const struct source_config *source, const char *password,
				 const struct toolset *tools, struct deadline deadline, struct prechecks *list,
				 struct source_answers *ret, struct error *err);

void source_answers_done(struct source_answers *answers);

/* How the source is reached. Points into 'source' and 'password'. */
struct pg_target source_target(const struct source_config *source, const char *password);

#endif
