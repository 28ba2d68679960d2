/*
 * pg_dump at work: started in an exported snapshot, writing the part file
 * itself, watched for size and space, and its last words understood. Only
 * pull/postgres.c uses this.
 */
#ifndef DRILLBOX_PULL_DUMPING_H
#define DRILLBOX_PULL_DUMPING_H

#include "port/pg.h"
#include "port/process.h"
#include "port/relay.h"
#include "pull/postgres.h"

struct dumping {
	const struct pull_request *request;
	struct process process;
	int password_fd;
	struct relay *relay; /* holds it to [pull] limit; NULL: none */
	int64_t bytes;	     /* of the part file, when last looked at */
	int64_t next_look_ms;
	int (*tick)(void *context, struct error *err); /* of dumping_wait() */
	void *tick_context;
};

#define DUMPING_INIT ((struct dumping){.process = PROCESS_INIT, .password_fd = -1})

/* Start pg_dump to the server and the database that 'keeper' is connected to. */
MUST_CHECK int dumping_start(struct dumping *d, const struct pull_request *request, const char *snapshot,
			     const struct pg *keeper, struct error *err);

/*
 * To be called often while something else is waited for: takes in what pg_dump
 * says and watches the part file; -1 when it has failed or must not go on.
 */
MUST_CHECK int dumping_look(struct dumping *d, struct error *err);

/* Until it has ended well; 'tick' is called about twice a second. */
MUST_CHECK int dumping_wait(struct dumping *d, int (*tick)(void *context, struct error *err), void *context,
			    struct error *err);

/* End it if it still runs. */
void dumping_done(struct dumping *d);

#endif
