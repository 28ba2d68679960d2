/*
 * The memory of a sandbox, where no control group of ours caps it: a thread that
 * adds up a few times a second what all its processes have, and ends them when
 * that is more than they may have. It comes a moment too late by its nature: a
 * second line, behind the limits of each process, before the kernel's own.
 *
 *     CLEANUP(memory_watch_free) struct memory_watch *watch = NULL;
 *     if (memory_watch_start(p->pid, p->pidfd, cap, &watch, err) < 0)
 *             return -1;
 *     ... wait for the child ...
 *     if (memory_watch_has_ended(watch)) ...
 *
 * Memory that several share counts once; so does what lies in the sandbox's
 * tmpfs. What the kernel can take back without writing, a file's pages, does not.
 * What is nowhere mapped and in no tmpfs (a pipe's pages, a memfd's) is not seen:
 * only a cap is a cap, and where there is none that is said.
 */
#ifndef DRILLBOX_PORT_MEMORY_WATCH_H
#define DRILLBOX_PORT_MEMORY_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct memory_watch;

/* Of 'pid', a child of ours, and all its descendants; to end them 'pid' is killed. 'pidfd' is its, and stays the caller's. */
MUST_CHECK int memory_watch_start(pid_t pid, int pidfd, int64_t cap, struct memory_watch **ret, struct error *err);

int64_t memory_watch_cap(const struct memory_watch *w);

/* Whether it was this that ended them. To be asked once the child is dead: nothing is watched any more. NULL: no. */
bool memory_watch_has_ended(struct memory_watch *w);

void memory_watch_free(struct memory_watch **w);

/* For the tests: parent and resident pages in a /proc/PID/stat. */
bool memory_watch_parse_stat(const char *line, pid_t *ret_parent, int64_t *ret_pages);
/* For the tests: bytes in a /proc/PID/smaps_rollup, shared ones in part; -1 when it does not say. */
int64_t memory_watch_parse_rollup(const char *text);

#endif
