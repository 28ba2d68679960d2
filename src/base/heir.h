/*
 * An heir: a process of its own that outlives us for one task, to remove a
 * folder that we did not come to remove ourselves, whatever ended us.
 *
 *     struct heir heir = HEIR_INIT;
 *     heir_appoint(&heir, folder);
 *     ...
 *     remove_tree(folder, err);
 *     heir_dismiss(&heir);
 *
 * Where no process is to be had there is no heir, and the folder waits for the
 * next sweep: it is a second line, never the first.
 */
#ifndef DRILLBOX_BASE_HEIR_H
#define DRILLBOX_BASE_HEIR_H

#include <sys/types.h>

struct heir {
	pid_t pid;  /* 0: none */
	int pledge; /* what it waits on: our death closes it */
};

#define HEIR_INIT ((struct heir){.pledge = -1})

/* 'folder' is absolute and need not be there yet. The heir holds no other descriptor of ours, and only KILL ends it. */
void heir_appoint(struct heir *h, const char *folder);

/* Let it go without removing anything, and reap it. */
void heir_dismiss(struct heir *h);

#endif
