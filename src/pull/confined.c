#include "pull/confined.h"

#include "port/sandbox.h"

#define BINDS_MOST 4

struct binds {
	struct sandbox_bind items[BINDS_MOST];
	size_t count;
};

/* At the path it has outside: its arguments name it so. */
static void add(struct binds *b, const char *path, bool writable)
{
	if (path && *path == '/')
		b->items[b->count++] = (struct sandbox_bind){path, path, writable};
}

int confined_start(struct process *p, const struct process_spec *spec, const struct pull_request *request,
		   struct error *err)
{
	const struct source_config *source = request->source;
	struct binds binds = {0};
	struct sandbox sandbox = {.network = true};

	add(&binds, request->part_path, true);
	add(&binds, source->at.host, false); /* a Unix socket's folder */
	add(&binds, source->ca, false);
	add(&binds, source->client_cert, false);
	sandbox.copy = source->client_key; /* libpq wants to see it owned by its user */
	sandbox.binds = binds.items;
	sandbox.bind_count = binds.count;
	return sandbox_start(p, &sandbox, spec, err);
}
