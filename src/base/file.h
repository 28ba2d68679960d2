/*
 * Files and folders, in the way that survives a power cut: write beside the
 * final name, sync, rename, sync the folder. Made 0600 and 0700.
 */
#ifndef DRILLBOX_BASE_FILE_H
#define DRILLBOX_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* "dir/name"; 'name' as it is when it is absolute. Owned by the caller. */
char *path_join(const char *dir, const char *name);
/* The folder part ("." when there is none) and the last part of a path. Owned by the caller. */
char *path_dir(const char *path);
const char *path_base(const char *path);

bool path_exists(const char *path);
bool path_is_dir(const char *path);
/* A folder whose file system nobody may write to. */
bool path_is_read_only(const char *path);

/* mkdir -p with exactly 'mode' for those it makes; what they stand in is synced. */
MUST_CHECK int make_dirs(const char *path, mode_t mode, struct error *err);

/* Remove a file or a whole tree without following links. Not there: fine. */
MUST_CHECK int remove_tree(const char *path, struct error *err);

/* Flush a file's data, or a folder's entries, to the disk. */
MUST_CHECK int sync_path(const char *path, struct error *err);

/* The whole of a small file as a string, refused above 'cap' bytes. */
MUST_CHECK int read_small_file(const char *path, size_t cap, char **ret_text, struct error *err);

/* The same for one that may hold any bytes; a NUL follows the last of them. */
MUST_CHECK int read_small_bytes(const char *path, size_t cap, char **ret_bytes, size_t *ret_n, struct error *err);

/* Write 'n' bytes to 'path' by way of 'path.part': synced, renamed, folder synced. */
MUST_CHECK int write_file_durably(const char *path, const void *bytes, size_t n, mode_t mode, struct error *err);

/* Whose a file is to be. */
struct owner {
	uid_t uid;
	gid_t gid;
};

#define OWNER_NONE ((struct owner){(uid_t)-1, (gid_t)-1})

/* The same, given away before it has its name: nobody sees it under another owner, and no name that could be a link is followed. */
MUST_CHECK int write_file_durably_for(struct owner owner, const char *path, const void *bytes, size_t n, mode_t mode,
				      struct error *err);

/* Rename within one folder and sync it. Refuses to overwrite. */
MUST_CHECK int rename_durably(const char *from, const char *to, struct error *err);

/* Write all of it, whatever write(2) makes of it. */
MUST_CHECK int write_all(int fd, const void *bytes, size_t n, const char *path, struct error *err);

/* Bytes a process without privileges may still write where 'path' is. */
MUST_CHECK int free_bytes(const char *path, int64_t *ret_bytes, struct error *err);

/* Sum of the sizes of a file, or of all files of a tree. */
MUST_CHECK int tree_bytes(const char *path, int64_t *ret_bytes, struct error *err);

#endif
