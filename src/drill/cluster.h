/*
 * The throwaway cluster (rung 4): postgres itself in the sandbox, on a copy of a
 * prepared template, reached over its socket and nothing else.
 *
 *     CLEANUP(cluster_stop) struct cluster cluster = CLUSTER_INIT;
 *     struct pg_target target;
 *     if (cluster_start(&request, &cluster, err) < 0)
 *             return -1;
 *     target = cluster_target(&cluster, "shop");
 *
 * It dies with us, whatever kills us, and its heir then removes what it had in
 * DATA/scratch. Where the heir was killed too, or the power, the next start
 * sweeps it.
 */
#ifndef DRILLBOX_DRILL_CLUSTER_H
#define DRILLBOX_DRILL_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/heir.h"
#include "port/pg.h"
#include "port/process.h"
#include "port/toolset.h"

#define CLUSTER_USER "postgres"	   /* its superuser */
#define CLUSTER_DATABASE "template1" /* to connect to before there is another */
#define CLUSTER_SOCKETS "/sock"	   /* the socket's folder as seen in another sandbox that binds cluster.sockets */

/* Where templates stand that came with the program, one folder for each version. */
#define CLUSTER_SHIPPED "/usr/lib/drillbox/templates"

struct cluster_request {
	const struct tool *tool;
	const char *data;	/* DATA: scratch in DATA/scratch/ID, templates in DATA/templates */
	const char *id;
	bool in_memory;		/* on a tmpfs of 'bytes', else on the disk */
	int64_t bytes;		/* room for it; on the disk only a measure for its settings */
	int64_t objects;	/* entries of the dump: as many locks may be held at once */
	int jobs;		/* sessions that a restore will open */
	const char *locales;	/* folder of compiled locales (LOCPATH); NULL: the system's */
	const char *preload;	/* shared_preload_libraries; NULL: none */
	struct deadline deadline; /* until it is ready */
};

struct cluster {
	struct process process;
	const struct tool *tool;
	bool in_memory;
	char *folder;	 /* DATA/scratch/ID */
	struct heir heir; /* of that folder */
	char *sockets;	 /* its socket folder outside, to be bound into another sandbox */
	int sockets_fd;	 /* the same, open */
	char *host;	 /* the same, short enough to connect to */
	char *log;	 /* its jsonlog */
	int64_t kills_before; /* by the kernel, for want of memory, on this machine */
};

#define CLUSTER_INIT ((struct cluster){.process = PROCESS_INIT, .heir = HEIR_INIT, .sockets_fd = -1})

/*
 * Prepare the template if there is none yet, start, and wait until a query is
 * answered over the socket. ERR_SPACE: it does not fit (take the disk, or stop);
 * ERR_LACKING: no sandbox, no server programs.
 */
MUST_CHECK int cluster_start(const struct cluster_request *request, struct cluster *ret, struct error *err);

/*
 * Only the template, into the folder of those that come with the program, unless
 * it is there. For the build of an image, whose emulation of the device's
 * programs knows no namespaces: without a sandbox, for no dump has a part in it.
 */
MUST_CHECK int cluster_prepare(const struct tool *tool, const char *templates, struct deadline deadline,
			       struct error *err);

/* How to reach a database of it, as its superuser. Valid as long as both. */
struct pg_target cluster_target(const struct cluster *c, const char *database);

/*
 * Whether it still lives. A cluster that died takes every query with it: ask
 * before believing an error, for its death is what speaks. -1 with why it died
 * (ERR_SPACE when for want of memory or disk), or that it writes without end
 * where it may write outside (ERR_DATA).
 */
MUST_CHECK int cluster_check(struct cluster *c, struct error *err);

/* Where it is on the disk: that of 'data' keeps 'least' bytes free (64 MiB at least); else ERR_SPACE. */
MUST_CHECK int cluster_leaves_room(const struct cluster *c, const char *data, int64_t least, struct error *err);

/* How long its log is now; with messages_read() it tells what came after. */
int64_t cluster_log_length(const struct cluster *c);

/* Bytes its databases and its WAL take up, as it tells itself. */
MUST_CHECK int cluster_bytes(const struct cluster *c, int64_t *ret, struct error *err);

/*
 * "--dbname=dbname='shop'" for pg_restore and psql: as a connection string of its own, since some names
 * would be taken for one, and for another server. Owned by the caller.
 */
char *cluster_dbname_option(const char *database);

/* "psql -h ... -U postgres DATABASE", to be typed by a person. Owned by the caller. */
char *cluster_psql_line(const struct cluster *c, const char *database);

/* Kill it and remove all it had. Errors of the removal are left to the next sweep. */
void cluster_stop(struct cluster *c);

#endif
