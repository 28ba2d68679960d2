/*
 * The bundled PostgreSQL programs: which majors are there, and which of them
 * serves a server of a given version.
 *
 *     CLEANUP(toolset_done) struct toolset tools = {0};
 *     const struct tool *tool;
 *     if (toolset_scan(&tools, &config->box.bins, deadline, err) < 0 ||
 *         toolset_for_dump(&tools, server_version_num, &tool, err) < 0)
 *             return -1;
 *     tool->bin, tool->version
 */
#ifndef DRILLBOX_PORT_TOOLSET_H
#define DRILLBOX_PORT_TOOLSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "model/manifest.h"

/* One folder of programs of one major. */
struct tool {
	char *bin;	  /* folder, absolute */
	char *version;	  /* "17.12" */
	int version_num;  /* 170012 */
	int major;	  /* 17 */
	bool dumps;	  /* pg_dump and pg_restore are there */
	bool serves;	  /* postgres and initdb are there */
};

struct toolset {
	struct tool *items; /* oldest first */
	size_t count;
};

/*
 * Look into 'bins' (none named: every /usr/lib/postgresql/N/bin) and ask each
 * program once for its version. A folder that is named and holds no pg_dump is
 * ERR_LACKING; of two folders of one major the newer minor is kept.
 */
MUST_CHECK int toolset_scan(struct toolset *ret, const struct strings *bins, struct deadline deadline,
			    struct error *err);

/*
 * The programs for a server of this version (170012): of its own major where
 * they are there, else of the next newer one; ERR_LACKING names both versions
 * when all are older. For a restore the server programs must be there too.
 */
MUST_CHECK int toolset_for_dump(const struct toolset *tools, int server_version_num, const struct tool **ret,
				struct error *err);
MUST_CHECK int toolset_for_restore(const struct toolset *tools, int server_version_num, const struct tool **ret,
				   struct error *err);

/*
 * The extensions that a server of this tool could create, with their default
 * versions, sorted by name; from the .control files beside it. 'ret_count' is
 * their number; free with toolset_extensions_done().
 */
MUST_CHECK int toolset_extensions(const struct tool *tool, struct deadline deadline, struct extension **ret,
				  size_t *ret_count, struct error *err);
void toolset_extensions_done(struct extension *list, size_t count);

/* The numbers in "pg_dump (PostgreSQL) 17.12 (Debian 17.12-1)"; false when there is no version in it. */
bool toolset_parse_version(const char *text, int *ret_num, char **ret_version);

void toolset_done(struct toolset *tools);

#endif
