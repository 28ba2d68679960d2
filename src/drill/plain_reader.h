/*
 * Who reads a dump in plain SQL: this binary again, in a sandbox with that dump
 * and nothing else of the box, as pg_restore is for archives. So bytes that
 * somebody else wrote are unpacked and told apart where there is nothing to gain.
 *
 *     list: prints what pg_restore --list --create would of an archive, for toc_parse()
 *     sql:  prints what psql is to be given (model/plain.h), and how far it is
 *     folder: of a directory archive, whether its files are whole (drill/folder.h)
 */
#ifndef DRILLBOX_DRILL_PLAIN_READER_H
#define DRILLBOX_DRILL_PLAIN_READER_H

#include "model/dump.h"
#include "port/process.h"

#define PLAIN_READER "plain-reader"

enum plain_use { PLAIN_LIST, PLAIN_SQL, PLAIN_FOLDER };

/*
 * Start it on a dump that is restored on a server of 'target_major'. 'like' gives output, sinks, tick and
 * context. Once it has ended, ask plain_reader_end().
 */
MUST_CHECK int plain_reader_start(struct process *p, const struct dump *dump, enum plain_use use, int target_major,
				  const struct process_spec *like, struct error *err);

/*
 * What became of one that has ended: 0, it came to the end of a whole dump. -1
 * with its own error: ERR_DATA is evidence against the dump, all else is not. One that was killed is ERR_LACKING.
 */
MUST_CHECK int plain_reader_end(const struct process *p, struct error *err);

/* A line of its standard error says how far it is, "item 12 TABLE public.orders"; false: another. 'ret_text' points into it. */
bool plain_reader_item(const char *line, int64_t *ret_count, const char **ret_text);

/* The inner half: called by main() only. */
int plain_reader(int argc, char **argv);

#endif
