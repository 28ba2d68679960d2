/*
 * pg_restore in the sandbox, with one dump bound read-only and nothing else of
 * the box: to ask an archive something, or to restore it into a cluster.
 */
#ifndef DRILLBOX_DRILL_ARCHIVE_H
#define DRILLBOX_DRILL_ARCHIVE_H

#include "drill/cluster.h"
#include "model/dump.h"

/*
 * Start pg_restore with 'options' (ended by NULL) on the dump. 'list' is what
 * --use-list gets, NULL for none. With a cluster its socket is at
 * CLUSTER_SOCKETS. 'like' gives sinks, tick, context and environment; NULL: standard output is captured.
 */
MUST_CHECK int archive_start(struct process *p, const struct dump *dump, const struct tool *tool,
			     const char *const *options, const char *list, const struct cluster *cluster,
			     const struct process_spec *like, struct error *err);

#endif
