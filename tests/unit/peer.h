/* The web servers of tests/unit/peer.py, and what the tests of TLS and HTTP have in common. */
#ifndef DRILLBOX_TESTS_UNIT_PEER_H
#define DRILLBOX_TESTS_UNIT_PEER_H

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "port/process.h"

#ifndef PEER_SCRIPT /* another one may add peers to those of the first */
#define PEER_SCRIPT "tests/unit/peer.py"
#endif
#define PEER_HOST "db.drillbox.test"
#define PEER_SECONDS 30

/* A folder with certificates, and the peers that listen. */
struct peers {
	char folder[64];
	struct process process;
	int input; /* they serve until it is closed */
};

static struct peers peers;

/* All of them, once for a test program. */
static int peers_start(void **state)
{
	autofree char *here = getcwd(NULL, 0), *script = path_join(here, PEER_SCRIPT);
	struct process_spec spec = {.argv = (const char *const[]){"python3", script, peers.folder, NULL}, .capture = true};
	struct error err = {0};
	int ends[2];

	(void)state;
	(void)snprintf(peers.folder, sizeof(peers.folder), "%s/peers-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(peers.folder) || pipe(ends) < 0)
		return -1;
	spec.input = ends[0];
	peers.process = PROCESS_INIT;
	peers.input = ends[1];
	if (process_start(&peers.process, &spec, &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	close(ends[0]);
	for (int64_t until = clock_mono_ms() + PEER_SECONDS * 1000LL; clock_mono_ms() < until;) {
		if (!process_alive(&peers.process))
			break;
		if (peers.process.output.data && strstr(peers.process.output.data, "\n.\n"))
			return 0;
		process_rest(&peers.process, 20, NO_DEADLINE);
	}
	print_error("the peers did not start: %s\n", peers.process.errors.data ? peers.process.errors.data : "");
	return -1;
}

static int peers_stop(void **state)
{
	struct error err = {0};

	(void)state;
	close(peers.input);
	process_done(&peers.process);
	return remove_tree(peers.folder, &err);
}

/* The port that 'name' listens on; 'buf' has room for it. */
static const char *peer_port(const char *name, char buf[8])
{
	autofree char *line = format("\n%s ", name);
	const char *all = peers.process.output.data, *at = strstr(all, line);

	if (starts_with(all, line + 1))
		at = all - 1;
	assert_non_null(at);
	(void)snprintf(buf, 8, "%d", atoi(at + strlen(line)));
	return buf;
}

static char *peer_file(const char *name)
{
	return path_join(peers.folder, name);
}

static UNUSED struct deadline soon(int ms)
{
	return deadline_in(NO_DEADLINE, ms);
}

#endif
