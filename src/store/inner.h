/*
 * What the files of the store share among themselves; nobody else includes it.
 */
#ifndef DRILLBOX_STORE_INNER_H
#define DRILLBOX_STORE_INNER_H

#include <dirent.h>
#include <sys/stat.h>

#include "store/store.h"

struct store {
	gid_t readers, fetchers; /* NOBODY: no such group here */
	char *data;    /* canonical */
	char *root;    /* DATA/store; or DATA itself, of published dumps */
	char *scratch; /* DATA/scratch; NULL: a folder of published dumps */
	bool may_work;
};

#define NOBODY ((gid_t)-1)
#define PART ".part"
#define INCOMING "incoming-"
#define REMOVING "removing-"
#define ARRIVING "arriving" PART /* of a source there is one at most */
#define ARRIVING_DUMP "dump"
#define MANIFEST_SUFFIX ".json"
#define DIGEST_SUFFIX ".sha256"
#define INDEX "index.json" /* of what is published */

/* What a store may hold at most: beyond it something else than drillbox wrote there. */
#define MOST_ENTRIES 1000000		  /* of any one folder */
#define LARGEST_LIST ((off_t)512 << 20) /* a digest list */

/* A folder, never by way of a link. -1 with errno. */
int open_folder(int at, const char *name);

/*
 * Names in folder 'fd', sorted, without "." and "..". Refused above
 * MOST_ENTRIES. 'path' is for the sentence.
 */
MUST_CHECK int folder_names(int fd, const char *path, struct strings *ret, struct error *err);

/* "PREFIXxxxxxxxx.part", eight random digits. Owned by the caller. */
char *part_name(const char *prefix);

/* Sources that have a folder in the store, sorted; what is none is a sentence in 'trouble' (may be NULL). */
MUST_CHECK int store_sources(struct store *s, struct strings *ret, struct strings *trouble, struct error *err);

/*
 * Let a group read a file or a folder, and nobody else but its owner: 0640 or
 * 0750. 0600 or 0700 where the group is NOBODY, or cannot be given it. What is
 * neither is left as it is. 'at' as for openat(2).
 */
MUST_CHECK int share_with(gid_t group, int at, const char *name, struct error *err);

/* ERR_BUG unless the store was opened to work. */
MUST_CHECK int must_work(const struct store *s, struct error *err);

/* ERR_SPACE for an errno that says the disk is full, else ERR_IO. */
enum error_kind write_kind(int os_errno);

#endif
