/*
 * The manifest: what a database was, in one snapshot.
 *
 * A pull takes one of the source in the dump's own snapshot, a drill takes one
 * of the restored database with the same queries (port/survey.h); comparing the
 * two is rungs 6 to 8. On disk it is the JSON beside the dump (store/manifest_file.h).
 * All text is owned and may be NULL where the database has none; relation and
 * object names are quote_ident'ed "schema.name". Zero-initialised is empty.
 */
#ifndef DRILLBOX_MODEL_MANIFEST_H
#define DRILLBOX_MODEL_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define MANIFEST_SCHEMA 1

/* Where an object of one class stands: its name and one value (or NULL) for each key of the class. */
struct object {
	char *name;
	char **values;
};

/*
 * All objects of one class ("table", "column", "index", ...), sorted by name in
 * byte order. A key that begins with '~' holds text deparsed by the server (a
 * view's query, a CHECK's expression), which is not stable between restores: a
 * difference there alone is judged by parsing both on one server. A key that
 * begins with '?' holds what may well differ (a collation's version): a
 * difference there is a note.
 */
struct object_class {
	char *name;
	struct strings keys;
	struct object *objects;
	size_t count;
};

enum relation_kind { RELATION_TABLE, RELATION_MATVIEW, RELATION_UNLOGGED };

/* Why a relation whose rows are in the dump was not counted. */
#define LEFT_OUT_NOT_COUNTED "rows are not counted: [pull] counts = off"

struct relation {
	char *name;
	int64_t rows;	/* -1: not counted, and 'left_out' says why */
	char *left_out; /* NULL when counted */
	int64_t bytes;	/* of its heap, an estimate for progress and scratch */
	bool filtered;	/* rows counted with an extension's condition */
	int64_t widest; /* bytes of its longest row as text, where it may be very long; 0: not measured */
	/*
	 * Of what its rows hold, in any order: "record:SUM" or "text:SUM", by the way in which each row was hashed
	 * (port/survey.h). NULL: not hashed, and 'not_hashed' may say why.
	 */
	char *content;
	char *not_hashed;
};

struct sequence {
	char *name;
	int64_t last_value;
	bool is_called;
	int64_t increment;
	int64_t minimum;
	int64_t maximum;
	bool cycles;
	char *feeds;	   /* "public.orders.id", or several joined by ", "; "" when it feeds none */
	bool max_known;	   /* 'max' holds the farthest value of the fed columns, in the increment's direction */
	int64_t max;
};

struct role {
	char *name;
	char *attributes; /* "login createdb ...", sorted words; never a password */
	struct strings member_of;
	struct strings memberships; /* "group<TAB>inherit set": what each of them is good for, where that is known (16 and newer) */
	char *settings;	  /* ALTER ROLE ... SET, "a=b" lines; NULL when none */
};

struct extension {
	char *name;
	char *version;
	char *schema;
	char *needed_by; /* "3 relations: public.a, public.b, public.c": what hangs on it, the first few by name; NULL: not known */
};

struct large_objects {
	int64_t count;
	int64_t bytes; /* -1: not read */
	char *content; /* as a relation's; NULL: not hashed */
};

struct manifest {
	/* identity */
	char *source;		 /* the source's name on the box */
	char *database;
	char *system_identifier; /* pg_control_system(), or NULL when it may not be read */
	int64_t database_oid;
	bool in_recovery;
	/* versions */
	char *server_version;	 /* "16.14" */
	int server_version_num;	 /* 160014 */
	char *dumped_by;	 /* "pg_dump 17.12" */
	char *format;		 /* "custom", "directory" */
	/* times */
	int64_t snapshot_time;	 /* the source's clock, when the snapshot was taken */
	int64_t box_time;	 /* the box's clock at the same moment */
	/* the database itself */
	char *encoding;
	char *locale_provider;	 /* "libc", "icu", "builtin" */
	char *collate;
	char *ctype;
	char *icu_locale;
	char *collation_version;
	char *owner;
	char *comment;
	char *acl;		 /* aclexplode'd and sorted, one grant a line */
	int connection_limit;
	int64_t bytes;		 /* pg_database_size() */
	int64_t hash_ms;	 /* how long it took to hash the contents of tables */
	bool counts_exact;	 /* false: [pull] counts = off */
	bool hashed;		 /* contents of tables, for drills at level deep */
	bool read_only_default;	 /* default_transaction_read_only as a new session finds it */
	struct strings settings; /* "role<TAB>name=value" of pg_db_role_setting for this database; role "" for all */
	struct strings settings_of_all; /* ALTER ROLE ALL SET: the server's, "name=value" */

	struct extension *extensions;
	size_t extension_count;
	struct role *roles;
	size_t role_count;
	struct relation *relations;
	size_t relation_count;
	struct sequence *sequences;
	size_t sequence_count;
	struct large_objects large_objects;
	struct object_class *classes;
	size_t class_count;
	struct strings not_dumped; /* "subscription x", ...: objects the dump leaves out, with the reason */
};

/* Growing ends: append an empty element and return it, valid until the next append. */
struct relation *manifest_add_relation(struct manifest *m);
struct sequence *manifest_add_sequence(struct manifest *m);
struct role *manifest_add_role(struct manifest *m);
struct extension *manifest_add_extension(struct manifest *m);
struct object_class *manifest_add_class(struct manifest *m, const char *name);
struct object *object_class_add(struct object_class *c, const char *name); /* values: one NULL per key */

/* Sort relations, sequences, roles, extensions, classes and objects by name in byte order. */
void manifest_sort(struct manifest *m);

/* Look-ups in a sorted manifest; NULL when it is not there. */
const struct relation *manifest_relation(const struct manifest *m, const char *name);
const struct sequence *manifest_sequence(const struct manifest *m, const char *name);

/* What the source says of a membership, after "GRANT ... TO ...", for a server of 16 and newer; "" where it does not. */
const char *role_membership_options(const struct role *role, const char *group);
const struct object_class *manifest_class(const struct manifest *m, const char *name);
const struct object *object_class_find(const struct object_class *c, const char *name);

/* Whether the dump holds data of this relation, counted or not. */
bool relation_is_dumped(const struct relation *r);

/* Sum of the rows that were counted; number of tables counted. */
int64_t manifest_rows(const struct manifest *m, size_t *ret_tables);

void manifest_done(struct manifest *m);

#endif
