/*
 * A dump: one stored artefact of a source. What the store knows of it from its
 * files (store/), joined with what the ledger knows of its drills.
 */
#ifndef DRILLBOX_MODEL_DUMP_H
#define DRILLBOX_MODEL_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"

enum dump_state { DUMP_UNPROVEN, DUMP_PROVEN, DUMP_REFUTED };

const char *dump_state_word(enum dump_state s);

#define SHA256_HEX 65 /* 64 digits and the NUL */

/* Who vouches that the bytes of a dump that was published elsewhere are those that were published. */
enum vouch {
	VOUCH_PULLED, /* not published: pg_dump wrote it for the box, or nobody knows how it came */
	VOUCH_INDEX,  /* the index of the place says its digest */
	VOUCH_LIST,   /* the .sha256 beside it does */
	VOUCH_STORE,  /* the object store does, which has kept it since the object was put there */
	VOUCH_NONE,   /* nobody: "origin unverified" */
};

/* "", "index", "sha256", "store", "unverified": as the ledger and JSON have it. */
const char *vouch_word(enum vouch v);
int vouch_from_word(const char *word); /* -1: unknown */

/* Where a published dump came from. All text owned, NULL where it is not known. Zero-initialised: it was pulled. */
struct origin {
	char *where;	  /* "https://db.example.com/dumps/shop/shop_20261122_041500.dump", "s3://bucket/key"; holds no secret */
	char *version;	  /* of an object store */
	char *etag;
	int64_t modified; /* TIME_UNKNOWN, or 0 of one that was pulled: not known */
	enum vouch vouch;
};

/* "origin unverified: ..." with why, or where it came from and who vouches; NULL of one that was pulled. Owned by the caller. */
char *origin_sentence(const struct origin *o);
void origin_done(struct origin *o);

/*
 * Every pull of a live server makes a manifest: a dump that came without one was published,
 * and where nobody noted its origin (the box was cut off just then, or its ledger is a new one) that is unverified.
 */
void origin_without_manifest(struct origin *o);

/*
 * How its bytes are to be taken; in the store that is said by the end of its name, which was chosen by its
 * first bytes. A tar archive is an archive too: pg_restore tells it apart itself.
 */
enum dump_form {
	DUMP_ARCHIVE,	 /* ".dump" */
	DUMP_FOLDER,	 /* ".d" */
	DUMP_PLAIN,	 /* ".sql" */
	DUMP_PLAIN_GZIP, /* ".sql.gz" */
	DUMP_PLAIN_ZSTD, /* ".sql.zst" */
};

#define DUMP_FORMS 5

/* ".dump". */
const char *dump_suffix(enum dump_form form);
/* The form by the end of a file's name, which has something before it; -1: none of them. */
int dump_form_of_name(const char *name);
/* SQL text, compressed or not: for psql, not pg_restore. */
bool dump_form_is_plain(enum dump_form form);
/* Of those, one that was compressed. */
bool dump_form_is_packed(enum dump_form form);

struct dump {
	char *name;	 /* "shop/shop_20261122_041500", as on the command line */
	char *source;	 /* "shop" */
	char *path;	 /* absolute, of the .dump file or .d folder */
	enum dump_form form;
	bool complete;	 /* digest list, and manifest where one belongs, are there */
	bool has_manifest;
	int64_t bytes;	 /* of a folder: the sum of its files */
	int64_t taken;	 /* data as of: the snapshot's time by the source's clock */
	/*
	 * Of a folder: that of its list of digests, one line "HEX  NAME.d/FILE\n" for
	 * each file, sorted by FILE in byte order: what sha256sum prints for every file in NAME.d
	 * under LC_ALL=C. "" when unknown.
	 */
	char sha256[SHA256_HEX];
	/* from the ledger */
	enum dump_state state;
	struct origin origin;
	bool accepted;
	char *kept_because; /* filled by retention; NULL before */
	bool orphan;	 /* its source's file is gone from the configuration */
};

struct dumps {
	struct dump *items; /* by source, then newest first */
	size_t count;
};

/* Take "SOURCE/DATABASE_YYYYMMDD_HHMMSS" apart; false if it is not one. Outputs owned by the caller. */
bool dump_name_parse(const char *name, char **ret_source, char **ret_database, int64_t *ret_taken);
/* Whether both are names of dumps of databases of the same name. */
bool dump_same_database(const char *name, const char *other);
/* The inverse; the database is percent-encoded. */
char *dump_name(const char *source, const char *database, int64_t taken);

struct dump *dumps_add(struct dumps *list);
void dumps_sort(struct dumps *list);
struct dump *dumps_find(const struct dumps *list, const char *name);
/* The newest of a source that is not dated after 'now' (TIME_UNKNOWN: whatever its date); NULL if none. */
struct dump *dumps_newest(const struct dumps *list, const char *source, int64_t now);
struct dump *dumps_newest_proven(const struct dumps *list, const char *source, int64_t now);
void dump_done(struct dump *d);
void dumps_done(struct dumps *list);

#endif
