/*
 * Rung 2: what the dump says it holds, read in the sandbox: of an archive by
 * pg_restore -l, of plain SQL by drill/plain_reader.h, to its end.
 */
#ifndef DRILLBOX_DRILL_INSPECT_H
#define DRILLBOX_DRILL_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include "drill/drill.h"
#include "port/toolset.h"

/*
 * An entry of the archive's table of contents. The list separates its fields by
 * blanks and quotes nothing, so a blank within a schema's or an owner's name
 * ends up in 'name'; 'type' is exact.
 */
struct toc_entry {
	int id;
	const char *type; /* "TABLE", "TABLE DATA", "FK CONSTRAINT"; "?" for one this program does not know */
	char *schema;	  /* "-" when it has none */
	char *name;
	char *owner;	  /* "" when it has none */
	char *line;	  /* the list's line, for pg_restore -L; NULL unless it belongs to the database itself */
};

struct toc {
	char *database;
	char *created;	     /* as written there */
	char *format;	     /* "CUSTOM", "DIRECTORY", "TAR", "PLAIN" */
	char *version;	     /* of the archive's format, "1.16-0" */
	char *server_version; /* "16.14" */
	int server_version_num; /* 160014; 0 when it does not say */
	char *dumped_by;     /* "17.12" */
	struct toc_entry *items;
	size_t count;
	char *create_database; /* the statement in the archive; NULL unless inspected without a manifest */
	/* of plain SQL only */
	char *encoding;		/* NULL when it does not say */
	bool makes_public;	/* it has CREATE SCHEMA public */
	struct strings roles;	/* that it names, owners or not */
	struct strings left_out; /* of what is not given to psql, and why: "12 statements of --clean: the database is new" */
	int64_t unpacked;	/* bytes of SQL; 0 of an archive */
};

/* Of 'text' as pg_restore -l --create, or the reader of plain SQL, printed it. ERR_DATA: it is not such a list. */
MUST_CHECK int toc_parse(const char *text, size_t n, struct toc *ret, struct error *err);

/* How many entries are of this type. */
size_t toc_count(const struct toc *toc, const char *type);

void toc_done(struct toc *toc);

/* Encoding and locale a database is to be made with. All may be NULL: as the cluster has them. */
struct database_shape {
	char *encoding;
	char *provider;	  /* "libc", "icu", "builtin" */
	char *collate;
	char *ctype;
	char *icu_locale; /* also the builtin provider's locale */
	char *icu_rules;
	char *owner;
	int connection_limit; /* -1: none */
};

/* From the manifest, or without one from the archive's own statement. */
void database_shape(const struct manifest *m, const struct toc *toc, struct database_shape *ret);
void database_shape_done(struct database_shape *s);

/*
 * Have the list made and read it into 'ret'. Adds the checks "archive" or "plain SQL"
 * (fail: the bytes make no sense, or plain SQL is cut off; undecided: it could not be
 * asked) and, where rows are not counted later, "tables with data". 0 with an empty
 * 'ret' (no version) when the archive could not be read; -1: stopped or out of time.
 */
MUST_CHECK int inspect_dump(const struct drill_request *r, const struct tool *tool, struct toc *ret,
			    struct findings *f, struct text *summary, struct error *err);

#endif
