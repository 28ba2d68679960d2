/*
 * What a place offers to be pulled: its newest dump, or an older one of which a part is here,
 * and what was published beside it to know it by.
 *
 *     CLEANUP(offer_done) struct offer offer = {0};
 *     CLEANUP(remote_done) struct remote begun = {0};
 *     if (offer_find(place, source, half, deadline, &offer, &begun, err) < 0)
 *             return -1;
 *
 * Only pull/published.c uses this, and pull/handed.c for what lies beside a file that is handed in.
 */
#ifndef DRILLBOX_PULL_OFFER_H
#define DRILLBOX_PULL_OFFER_H

#include "model/dump.h"
#include "pull/half.h"
#include "pull/place.h"

#define OFFER_MANIFEST_CAP ((size_t)64 << 20) /* as much as a drill reads */
#define OFFER_LIST_CAP ((size_t)1 << 20) /* a .sha256 */

/* All text owned. Zero-initialised is none. */
struct offer {
	struct remote remote;
	struct origin origin;	 /* of it, as far as the listing tells */
	size_t listed;		 /* files in the listing, whatever they are */
	char sha256[SHA256_HEX]; /* published for it; "" when none is (origin.vouch says who by) */
	char *list;		 /* the .sha256 as it was read; NULL: there is none */
	char list_sha256[SHA256_HEX]; /* of the .sha256 as it was read; "": there is none */
	char *manifest;		 /* whole, and of the digest published for it; NULL: none was taken */
	size_t manifest_n;
	char *no_manifest;	 /* why not, in one sentence; NULL: it was, or none is there */
};

/*
 * The newest and what is beside it. 'ret_begun' is the file that 'half' (NULL: there is none) is a part of, where that is
 * another one and still listed; else it stays as it is. ERR_NOTHING: the place has no dump. ERR_DATA:
 * what is published about it contradicts itself (index and .sha256, or the
 * manifest and its digest): the sentence says which.
 */
MUST_CHECK int offer_find(struct place *place, const struct source_config *source, const struct half *half,
			  struct deadline deadline, struct offer *ret, struct remote *ret_begun, struct error *err);

/* One file of the listing, which it takes over also on an error, and what is beside it. */
MUST_CHECK int offer_of(struct place *place, const struct source_config *source, struct remote *file,
			struct deadline deadline, struct offer *ret, struct error *err);

/* Reads what lies beside the dump with this after its name; ERR_NOTHING: nothing does. The text has a NUL after its last byte. */
typedef int (*offer_get)(void *context, const char *suffix, size_t cap, char **ret, size_t *ret_n, struct error *err);

/*
 * What lies beside a dump of which o->remote.name is known: its digest, or of a 'folder' the list of those of its
 * files alone (o->list), and its manifest. ERR_DATA as offer_find().
 */
MUST_CHECK int offer_look_beside(struct offer *o, bool folder, offer_get get, void *context, struct error *err);

/* Whether what the digest was taken from, .sha256 and index, still says what it said when the offer was made. */
MUST_CHECK int offer_stands(struct place *place, const struct offer *offer, struct deadline deadline, bool *ret,
			    struct error *err);

/*
 * The digest of 'name' in a list as sha256sum(1) writes it, text or binary mode,
 * or BSD's "SHA256 (NAME) = HEX"; a list of one line may be the bare digest.
 * The last part of a path in it counts. False: the list does not name it, or more than once with
 * different digests.
 */
bool offer_digest_of(const char *list, const char *name, bool alone, char ret_sha256[SHA256_HEX]);

/* A file of 'folder' that such a list names, as FOLDER/FILE or by FILE alone, and that is not among 'files'; NULL: none. Owned. */
char *offer_missing_of(const char *list, const char *folder, const struct strings *files);

void offer_done(struct offer *o);

#endif
