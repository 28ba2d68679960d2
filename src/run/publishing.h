/*
 * Publishing a source on its own host: the pull room's dump, the store's writer,
 * and an index, into a folder that a web server serves. There is no ledger and
 * no data folder here; what was published is what the folder says.
 *
 *     CLEANUP(publishing_done) struct publishing p = PUBLISHING_INIT;
 *     if (publishing_open(&p, &config, source, folder, patience, err) < 0 || publishing_run(&p, err) < 0)
 *             return say_error(err);
 *     ... p.facts ...
 */
#ifndef DRILLBOX_RUN_PUBLISHING_H
#define DRILLBOX_RUN_PUBLISHING_H

#include "base/clock.h"
#include "base/error.h"
#include "model/config.h"
#include "report/report.h"
#include "run/lock.h"
#include "store/store.h"

struct publishing {
	const struct config *config;
	const struct source_config *source;
	struct store *store;
	struct lock *lock;
	struct deadline stop;	   /* ends with a signal */
	struct publication facts;
};

#define PUBLISHING_INIT ((struct publishing){.stop = {INT64_MAX, -1}})

/*
 * Take the source's lock in 'folder' (ERR_BUSY after 'patience'; its stop_fd
 * counts for all that follows) and clear away what a killed run left. A dump
 * that it had whole gets into the index.
 */
MUST_CHECK int publishing_open(struct publishing *p, const struct config *config, const struct source_config *source,
			       const char *folder, struct deadline patience, struct error *err);

/*
 * A fresh dump, then the index, then retention: each is whole on the disk before
 * the next begins. On an error what was published before still is.
 */
MUST_CHECK int publishing_run(struct publishing *p, struct error *err);

void publishing_done(struct publishing *p);

#endif
