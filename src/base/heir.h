/*
 * An heir: a process of its own that outlives us for one task that we did not
 * come to do ourselves, whatever ended us: to remove a folder, to put out lamps.
 *
 *     struct heir heir = HEIR_INIT;
 *     heir_appoint(&heir, folder);
 *     ...
 *     remove_tree(folder, err);
 *     heir_dismiss(&heir);
 *
 * Where no process is to be had there is no heir, and the folder waits for the
 * next sweep: it is a second line, never the first. Only KILL ends an heir.
 */
#ifndef DRILLBOX_BASE_HEIR_H
#define DRILLBOX_BASE_HEIR_H

#include <sys/types.h>

struct heir {
	pid_t pid;  /* 0: none */
	int pledge; /* what it listens to: our death closes it */
};

#define HEIR_INIT ((struct heir){.pledge = -1})

/* 'folder' is absolute and need not be there yet. The heir holds no other descriptor of ours. */
void heir_appoint(struct heir *h, const char *folder);

/*
 * For a task of another kind: 'task' is called with a copy of all we are now; of our descriptors it has 'keep' (-1: none).
 * With 'patience_ms' (0: none) it is also done whenever we give no sign of life for so long: a process that hangs in the
 * kernel is not dead, whatever is sent to it.
 */
void heir_charge(struct heir *h, void (*task)(void *context), void *context, int keep, int patience_ms);

/* A sign of life. Never waits. */
void heir_reassure(const struct heir *h);

/* Let it go with nothing done, and reap it. */
void heir_dismiss(struct heir *h);

#endif
