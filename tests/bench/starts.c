/*
 * What a sandbox adds to a start: pg_restore that lists a dump, and a server up to its first answer, each as a drill starts it
 * and then the same program without a sandbox. Prints the seconds of each: "pg_restore|0.021|0.009".
 *     starts DUMP DATA TEMPLATE ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "drill/archive.h"
#include "port/sandbox.h"

#define PATIENCE_MS 60000
#define OPTIONS_CAP ((size_t)64 << 10)
#define ROOM ((int64_t)64 << 20)

static const char *data;
static const struct tool *tool;

static struct deadline soon(void)
{
	return deadline_in(NO_DEADLINE, PATIENCE_MS);
}

/* --- pg_restore */

static int list_inside(const struct dump *dump, struct error *err)
{
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	const char *const options[] = {"--list", NULL};

	if (archive_start(&p, dump, tool, options, NULL, NULL, NULL, err) < 0)
		return -1;
	return process_finish(&p, soon(), ERR_IO, NULL, err);
}

static int list_outside(const struct dump *dump, struct error *err)
{
	autofree char *program = path_join(tool->bin, "pg_restore");
	const char *const argv[] = {program, "--list", dump->path, NULL};
	const struct process_spec spec = {.argv = argv, .capture = true};

	return process_run(&spec, soon(), ERR_IO, NULL, err);
}

/* --- postgres */

/* The settings of a server in a sandbox, with the folders they are in outside: from the file that it writes its command line to. */
static int same_settings(const struct cluster *c, const char *folder, struct strings *argv, struct error *err)
{
	autofree char *path = path_join(c->folder, "scratch/data/postmaster.opts");
	autofree char *text = NULL, *own = NULL;
	char *at, *end;

	if (read_small_file(path, OPTIONS_CAP, &text, err) < 0)
		return -1;
	strings_add_owned(argv, path_join(tool->bin, "postgres"));
	for (at = strchr(text, '"'); at && (end = strchr(at + 1, '"')); at = strchr(end + 1, '"')) {
		*end = '\0';
		if (same(at + 1, SANDBOX_DATA))
			strings_add_owned(argv, path_join(folder, "data"));
		else if (starts_with(at + 1, "unix_socket_directories="))
			strings_add_owned(argv, format("unix_socket_directories=%s", folder));
		else if (starts_with(at + 1, "log_directory="))
			strings_add_owned(argv, format("log_directory=%s", folder));
		else
			strings_add(argv, at + 1);
		*end = ' ';
	}
	strings_add_owned(argv, NULL);
	return argv->count > 3 ? 0 : fail(err, ERR_DATA, "'%s' holds no settings", path);
}

static double now(void)
{
	return clock_mono();
}

static int serve_inside(struct strings *settings, const char *folder, double *ret_ready, struct error *err)
{
	CLEANUP(cluster_stop) struct cluster c = CLUSTER_INIT;
	const struct cluster_request r = {.tool = tool, .data = data, .id = "starts", .bytes = ROOM, .jobs = 2, .deadline = soon()};

	if (cluster_start(&r, &c, err) < 0)
		return -1;
	*ret_ready = now();
	return settings->count ? 0 : same_settings(&c, folder, settings, err);
}

static int await_answer(struct process *p, const char *folder, struct error *err)
{
	const struct pg_target target = {.host = folder, .database = CLUSTER_DATABASE, .user = CLUSTER_USER, .scratch = true};
	autofree char *socket = path_join(folder, ".s.PGSQL.5432");

	for (;;) {
		CLEANUP(pg_close) struct pg *pg = NULL;
		struct error not_yet;

		if (!process_alive(p)) {
			autofree char *epitaph = process_poll(p) ? process_epitaph(p) : NULL;

			return fail(err, ERR_IO, "%s", epitaph ? epitaph : "it died");
		}
		if (path_exists(socket) && pg_connect(&target, soon(), &pg, &not_yet) == 0 &&
		    pg_exec(pg, "SELECT 1", &not_yet) == 0)
			return 0;
		process_rest(p, 2, NO_DEADLINE);
	}
}

static int serve_outside(const struct strings *settings, const char *template, const char *folder, double *ret_ready,
			 struct error *err)
{
	CLEANUP(process_done) struct process p = PROCESS_INIT;
	autofree char *copy = path_join(folder, "data");
	const char *const cp[] = {"cp", "-a", template, copy, NULL};
	const struct process_spec copying = {.argv = cp};
	const struct process_spec serving = {.argv = (const char *const *)settings->items};

	if (process_run(&copying, soon(), ERR_IO, NULL, err) < 0 || process_start(&p, &serving, err) < 0 ||
	    await_answer(&p, folder, err) < 0)
		return -1;
	*ret_ready = now();
	return 0;
}

/* --- one beside the other */

static int compare_lists(const struct dump *dump, struct error *err)
{
	double began = now(), between, ended;

	if (list_inside(dump, err) < 0)
		return -1;
	between = now();
	if (list_outside(dump, err) < 0)
		return -1;
	ended = now();
	printf("pg_restore|%.5f|%.5f\n", between - began, ended - between);
	return 0;
}

static int compare_servers(const char *template, const char *folder, struct strings *settings, struct error *err)
{
	double began[2] = {now()}, ready[2];

	if (serve_inside(settings, folder, &ready[0], err) < 0 || make_dirs(folder, 0700, err) < 0)
		return -1;
	began[1] = now();
	if (serve_outside(settings, template, folder, &ready[1], err) < 0 || remove_tree(folder, err) < 0)
		return -1;
	printf("postgres|%.5f|%.5f\n", ready[0] - began[0], ready[1] - began[1]);
	return 0;
}

static int run(char *const *argv, struct error *err)
{
	CLEANUP(toolset_done) struct toolset tools = {0};
	CLEANUP(strings_done) struct strings settings = {0};
	autofree char *folder = path_join(argv[2], "outside");
	const struct dump dump = {.path = argv[1]};

	data = argv[2];
	if (toolset_scan(&tools, &(struct strings){0}, soon(), err) < 0 || toolset_for_restore(&tools, 170000, &tool, err) < 0)
		return -1;
	for (int i = atoi(argv[4]); i > 0; i--)
		if (compare_lists(&dump, err) < 0 || compare_servers(argv[3], folder, &settings, err) < 0)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct error err = {0};

	if (argc > 1 && strcmp(argv[1], SANDBOX_INNER) == 0)
		return sandbox_inner(argc, argv);
	if (argc != 5) {
		fputs("usage: starts DUMP DATA TEMPLATE ROUNDS\n", stderr);
		return EX_USAGE;
	}
	if (run(argv, &err) < 0) {
		fprintf(stderr, "starts: %s\n", err.text);
		return EX_SOFTWARE;
	}
	return EX_OK;
}
