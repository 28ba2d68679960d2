/*
 * The store: where dumps live on the data disk, and how they get there and
 * away so that a power cut at any instant leaves nothing half done that could
 * be taken for whole.
 *
 *     DATA/store/SOURCE/DATABASE_YYYYMMDD_HHMMSS.dump    an archive; see enum dump_form for the others
 *     DATA/store/SOURCE/....dump.json                    the manifest
 *     DATA/store/SOURCE/....dump.sha256                  the digest list, as sha256sum -c takes it
 *     DATA/store/SOURCE/incoming-XXXXXXXX.part/          a pull under way; removing-XXXXXXXX.part: a removal
 *     DATA/store/SOURCE/arriving.part/                   a download that goes on with the next pull: dump, origin.json
 *
 *     CLEANUP(store_free) struct store *store = NULL;
 *     CLEANUP(store_abort) struct incoming in = INCOMING_INIT;
 *     if (store_open(data, STORE_WORK, &store, err) < 0 || store_begin(store, "shop", &in, err) < 0)
 *             return -1;
 *     ... pg_dump writes in.path ...
 *     return store_commit(store, &in, &(struct arriving){.database = "shop", .taken = ..., .manifest = &manifest},
 *                         deadline, &dump, err);
 *
 * Whoever opens with STORE_WORK holds DATA/lock (run/lock.h) and so is alone.
 * Links are never followed below DATA/store. All of it is 0700 and 0600, but for
 * two groups, where they exist and whoever works is in them: members of
 * STORE_READERS may list it and read manifests and digest lists, members of
 * STORE_FETCHERS too may read the dumps themselves.
 */
#ifndef DRILLBOX_STORE_STORE_H
#define DRILLBOX_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "model/dump.h"
#include "model/manifest.h"
#include "port/digest.h"

#define STORE_READERS "drillbox-read"
#define STORE_FETCHERS "drillbox-fetch"

struct store;

/*
 * STORE_LOOK makes and changes nothing; a store that is not there yet is an
 * empty one. STORE_WORK makes DATA (not the folders above it), DATA/store and
 * DATA/scratch, and writes DATA/README.txt where it is absent or another
 * version's. ERR_IO where the disk is missing, unreadable or read-only: the box
 * is ill.
 */
enum store_use { STORE_LOOK, STORE_WORK };

MUST_CHECK int store_open(const char *data, enum store_use use, struct store **ret, struct error *err);
void store_free(struct store **s);

/*
 * A folder of dumps for a web server to be worked on: FOLDER/SOURCE/... as in
 * DATA/store, with no scratch and no README. It has to be there. Its own group,
 * and nobody else, may read what is put there; we have to be in it. A box's own
 * folders are refused (ERR_USAGE). Of one source, whoever opens it is alone
 * (lock_take_publish()).
 */
MUST_CHECK int store_open_published(const char *folder, struct store **ret, struct error *err);

/* The folder above the sources' own, canonical. Valid as long as the store. */
const char *store_root(const struct store *s);

/* ---- a dump comes in */

struct incoming {
	char *source;
	char *folder; /* private to this pull, 0700: what a pg_dump in a sandbox gets writable */
	char *path;   /* the file or folder in it that is written; not there yet, unless store_resume() says otherwise */
	char *origin; /* a file in it, for whoever writes: where the bytes come from, so that they can be gone on with */
	int folder_fd;
};

#define INCOMING_INIT ((struct incoming){.folder_fd = -1})

/* Make the private folder. It stands beside the final name, on the same file system. */
MUST_CHECK int store_begin(struct store *s, const char *source, struct incoming *ret, struct error *err);

/*
 * The same for a pull that may take several tries: the folder is called
 * "arriving.part", and what an earlier try left at in->path and in->origin is
 * still there. store_leave() leaves it for the next one, an empty folder goes;
 * whoever finds that it cannot be gone on with removes it.
 */
MUST_CHECK int store_resume(struct store *s, const char *source, struct incoming *ret, struct error *err);
void store_leave(struct incoming *in);

/* What is known of a dump that has come, beside its bytes. */
struct arriving {
	const char *database;		/* what it is named by ... */
	int64_t taken;			/* ... and its time: data as of */
	const struct manifest *manifest; /* to be written beside it; NULL: none was made here */
	const char *manifest_text;	/* the JSON that came with it, stored byte for byte; NULL: none came */
	size_t manifest_n;
	const struct digest_result *digest; /* of a file, made while it was written; NULL: it is read back for one */
};

/*
 * Take what was written at in->path into the store, named by what->database and
 * what->taken: sync it, read it back once for its digest where none was made on
 * the way, write manifest (if there is one) and digest list, give all their names,
 * the dump last. When this returns 0 the dump is on the disk; a power cut before
 * leaves only leftovers that store_sweep() knows, and of a download all that had come. Five syncs
 * in all (dump, manifest, list, folder twice), for a folder of any size too (one
 * syncfs(2) for its files), and one more for the first dump of a source.
 *
 * A dump of the same second may be there already: this one is then named by the
 * next free second, at most three later, and ret->taken differs from
 * what->taken; with none free it is ERR_BUSY. 'ret' becomes the dump as
 * store_list() would show it. 'in' is spent, also on failure; but what came by
 * store_resume() and is not itself at fault (ERR_DATA) waits for the next one.
 */
MUST_CHECK int store_commit(struct store *s, struct incoming *in, const struct arriving *what, struct deadline deadline,
			    struct dump *ret, struct error *err);

/* Remove what has come so far. Does nothing after a commit. */
void store_abort(struct incoming *in);

/* What waits in "arriving.part" of a source to be gone on with, in bytes; 0: nothing. */
MUST_CHECK int store_arrived(struct store *s, const char *source, int64_t *ret_bytes, struct error *err);

/* Every source but 'except' (NULL: every one) of which something waits so, and how many bytes of all of them. */
MUST_CHECK int store_all_arrived(struct store *s, const char *except, struct strings *ret_sources, int64_t *ret_bytes,
				 struct error *err);

/* Let go of what waits of a source. */
MUST_CHECK int store_drop_arrived(struct store *s, const char *source, struct error *err);

/* What a sweep removed. Zero-initialised is none. */
struct sweep {
	size_t pulls;	 /* interrupted pulls, and downloads that nobody went on with for STORE_ARRIVED_KEPT_S */
	size_t removals; /* interrupted removals, finished now */
	size_t strays;	 /* manifests and digest lists whose dump is not there */
	size_t scratch;	 /* entries of DATA/scratch */
};

#define STORE_ARRIVED_KEPT_S (7 * 86400)

/*
 * At the start of a verb that works: remove the leftovers of one that was
 * killed, and empty DATA/scratch. Never removes a dump; one without a digest
 * list stays and is listed as not complete. A download that can be gone on with
 * stays for STORE_ARRIVED_KEPT_S after its last byte.
 */
MUST_CHECK int store_sweep(struct store *s, struct sweep *ret, struct error *err);

/* The same for the folder of one source alone; no scratch. */
MUST_CHECK int store_sweep_source(struct store *s, const char *source, struct sweep *ret, struct error *err);

/* ---- what is there */

/*
 * Every dump of every source (or of 'source' alone, when not NULL), sorted as
 * struct dumps is. What could not be read, or is not a dump's name, is a
 * sentence in 'trouble' (may be NULL); the rest is listed all the same.
 */
MUST_CHECK int store_list(struct store *s, const char *source, struct dumps *ret, struct strings *trouble,
			  struct error *err);

/*
 * One dump by its name "SOURCE/DATABASE_YYYYMMDD_HHMMSS", or by a path to its
 * file or folder. ERR_USAGE where there is no such dump.
 */
MUST_CHECK int store_find(struct store *s, const char *name_or_path, struct dump *ret, struct error *err);

/* Paths beside a dump, whether there or not. Owned by the caller. */
char *store_manifest_path(const struct dump *d);
char *store_digest_path(const struct dump *d);

/* Digests of a dump's list, as hexadecimal; "" where the list does not name it. */
struct dump_digests {
	char dump[SHA256_HEX];	   /* as struct dump's: of a folder, that of the lines with its files */
	char manifest[SHA256_HEX];
};

/* ERR_NOTHING: there is no list. ERR_DATA: it is not one. */
MUST_CHECK int store_digests(const struct dump *d, struct dump_digests *ret, struct error *err);

struct store_share {
	char *source;
	int64_t bytes; /* of everything in the source's folder */
};

struct store_room {
	int64_t size;	    /* of the data disk */
	int64_t free;	    /* what may still be written */
	int64_t scratch;    /* in DATA/scratch now */
	struct store_share *shares; /* by source */
	size_t share_count;
};

MUST_CHECK int store_room(struct store *s, struct store_room *ret, struct error *err);
void store_room_done(struct store_room *r);

/*
 * Whether 'expected' more bytes may come in when 'free' are free and 'reserve'
 * of them belong to the next drill's scratch. ERR_SPACE with the numbers if not.
 * Pure.
 */
MUST_CHECK int store_admit(int64_t expected, int64_t free, int64_t reserve, struct error *err);

/* ---- a dump goes out */

/*
 * Stream the stored bytes to 'out', hashing them on the way: a file as it is, a
 * folder as a tar archive (POSIX.1-2001 pax). 0 with *ret_damage NULL: they are
 * what was stored. 0 with an owned sentence: all was sent, but it is not what
 * was stored (evidence against the dump: exit 1). -1: could not be done
 * (ERR_NOTHING: no digest list, nothing was sent; ERR_IO: the reader went away, or the
 * disk fails). 'progress' may be NULL.
 */
typedef void (*store_progress)(void *context, int64_t done, int64_t of);
MUST_CHECK int store_fetch(const struct dump *d, int out, struct deadline deadline, store_progress progress,
			   void *context, char **ret_damage, struct error *err);

/* ---- a dump goes away */

/*
 * Remove one dump with its manifest and digest list: first it loses its name
 * (renamed, synced), then its bytes, so that a power cut never leaves a part of
 * it under its name; store_sweep() ends what was interrupted. One sync.
 */
MUST_CHECK int store_remove(struct store *s, const struct dump *d, struct error *err);

/*
 * Remove the dumps for which 'goes[i]' is not NULL (as retention_judge() fills
 * it: why it goes). Stops at the first that cannot be removed. 'ret_bytes' is what was freed.
 */
MUST_CHECK int store_prune(struct store *s, const struct dumps *list, char *const *goes, int64_t *ret_bytes,
			   struct error *err);

#endif
