/*
 * A control group for what may be hostile: a cap on its memory and its
 * processes, kept by the kernel (Documentation/admin-guide/cgroup-v2.rst).
 *
 *     CLEANUP(cgroup_free) struct cgroup *group = NULL;
 *     if (cgroup_make(&group, err) < 0)
 *             return -1;
 *     ... the child writes "0" to cgroup_entrance(group) before its exec ...
 *     if (cgroup_ran_short(group)) ...
 *
 * There are groups only where the service manager has delegated us a part of the
 * tree and put us into CGROUP_OURS below its top (Delegate=memory pids,
 * DelegateSubgroup=main): a group that has children with limits may hold no
 * process itself. Beside it is CGROUP_THEIRS, capped for all groups together, and
 * in there one for each. Elsewhere (a shell, cgroup v1) there is no group, which
 * is no error: everything here then takes NULL.
 *
 * A group is locked by who made it. What a killed one leaves is killed and
 * removed when the next group is made.
 */
#ifndef DRILLBOX_PORT_CGROUP_H
#define DRILLBOX_PORT_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define CGROUP_OURS "main"
#define CGROUP_THEIRS "sandboxes"
#define CGROUP_PROCESSES 512 /* in one group: a restore has at most some hundred, of a server with 24 + 2 * jobs sessions */

struct cgroup;

/* Sets NULL where nothing is delegated. ERR_LACKING: it is, and yet there is no group to be had. */
MUST_CHECK int cgroup_make(struct cgroup **ret, struct error *err);

/* The descriptor of its cgroup.procs; 0 for no group. */
int cgroup_entrance(const struct cgroup *g);

/* Whether the kernel has killed in it for want of memory. */
bool cgroup_ran_short(const struct cgroup *g);

/* Kill all that is in it, and remove it. */
void cgroup_free(struct cgroup **g);

/* Bytes that a group may have, and all of them together; 0 where there are none. */
int64_t cgroup_memory_cap(void);

/* What a group of ours would have as its cap, were one delegated to us: of the machine, or of what the groups above us may have. */
int64_t cgroup_memory_share(void);

/* What that and the limits of the groups above us leave; INT64_MAX when nothing limits us. */
int64_t cgroup_memory_left(void);

/* For the tests: the delegated group's folder in what /proc/self/cgroup says. NULL when there is none; owned by the caller. */
char *cgroup_delegated(const char *membership);
/* The cap on a box with 'total' bytes. */
int64_t cgroup_cap(int64_t total);
/* The value of 'key' in a file of "KEY VALUE" lines; 0 when it is not there. */
int64_t cgroup_event(const char *lines, const char *key);

#endif
