/*
 * pg_dump in a sandbox of its own (port/sandbox.h): a server that is hostile, or
 * was taken over, may turn a hole in it against the box. It has the network, what
 * it logs in with and the part file; no store, no ledger, no other credential.
 */
#ifndef DRILLBOX_PULL_CONFINED_H
#define DRILLBOX_PULL_CONFINED_H

#include "port/process.h"
#include "pull/postgres.h"

/* As process_start(), for pull_request.start. ERR_LACKING: there is no sandbox to be had; it is never run without. */
MUST_CHECK int confined_start(struct process *p, const struct process_spec *spec, const struct pull_request *request,
			      struct error *err);

#endif
