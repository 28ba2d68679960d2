#include "drill/cluster.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/heir.h"
#include "base/text.h"
#include "drill/server_log.h"
#include "port/digest.h"
#include "port/sandbox.h"

#define FREE_LEAST ((int64_t)64 << 20)
#define OLDEST 150000	 /* the first that logs as JSON */
#define SOCKET_NAME "/.s.PGSQL.5432"
#define LOG_NAME "server.json" /* as postgres makes it of 'server.log' */
#define INSIDE_LOG "/log"
#define INSIDE_LOCALES "/locales"
#define INSIDE_TEMPLATE "/template"
#define FILE_CAP (((int64_t)1 << 30) + ((int64_t)16 << 20)) /* a relation's segment, and a little */
#define SHARED_CAP ((int64_t)256 << 20) /* /dev/shm, for parallel workers */
#define CONNECTIONS 24			/* beside a restore's jobs */
#define READY_PAUSE_MS 2
#define ANSWER_MS 60000 /* for a question that is answered at once by any server that lives */
#define VMSTAT_CAP ((size_t)64 << 10)
#define MIB ((int64_t)1 << 20)

/* --- the template --- */

/* Part of a template's name: one made in another way is another template. */
static const char *const initdb_options[] = {
	"--no-sync",	     "--wal-segsize=1", "--data-checksums",	     "--encoding=UTF8",
	"--locale=C",	     "--auth=trust",	("--username=" CLUSTER_USER), "--no-instructions",
};
/* Leaves one WAL segment instead of eight. From 16 on. */
static const char *const small_wal[] = {"-cwal_recycle=off", "-cmin_wal_size=2MB"};
/* Every drill copies the template: what nobody connects to would be a third of it. */
static const char reduce_sql[] = "DROP DATABASE postgres\n";

static int template_name(const struct tool *tool, char **ret, struct error *err)
{
	CLEANUP(text_done) struct text key = {0};
	char sha256[SHA256_HEX];

	for (size_t i = 0; i < COUNT(initdb_options); i++)
		text_addf(&key, "%s\n", initdb_options[i]);
	text_add(&key, reduce_sql);
	if (digest_bytes(key.data, key.length, sha256, err) < 0)
		return -1;
	*ret = format("%s-%.8s", tool->version, sha256);
	return 0;
}

/* A template in the making. */
struct making {
	const struct tool *tool;
	const char *folder;
	const char *inside;	/* what its programs call the folder: in a sandbox INSIDE_TEMPLATE, else the same */
	struct deadline deadline;
};

/* One of the server's programs on the new template; in a sandbox that is the only place it can write. */
static int run_on_template(const struct making *m, const char *const *argv, int input, struct error *err)
{
	const struct sandbox_bind bind = {m->folder, m->inside, true};
	const struct sandbox sandbox = {.binds = &bind, .bind_count = 1, .shared_bytes = SHARED_CAP};
	const struct process_spec spec = {.argv = argv, .input = input};

	if (same(m->folder, m->inside))
		return process_run(&spec, m->deadline, ERR_LACKING, NULL, err);
	return sandbox_run(&sandbox, &spec, m->deadline, ERR_LACKING, NULL, err);
}

static int run_initdb(const struct making *m, struct error *err)
{
	autofree char *program = path_join(m->tool->bin, "initdb");
	const char *argv[COUNT(initdb_options) + COUNT(small_wal) + 4] = {program, "-D", m->inside};

	memcpy(argv + 3, initdb_options, sizeof(initdb_options));
	if (m->tool->major >= 16)
		memcpy(argv + 3 + COUNT(initdb_options), small_wal, sizeof(small_wal));
	return run_on_template(m, argv, -1, err);
}

static int reduce_template(const struct making *m, struct error *err)
{
	autofree char *program = path_join(m->tool->bin, "postgres");
	const char *const argv[] = {program, "--single", "-D", m->inside, "-cfsync=off", CLUSTER_DATABASE, NULL};
	autoclose int input = memfd_create("sql", MFD_CLOEXEC);

	if (input < 0 || write_all(input, reduce_sql, strlen(reduce_sql), "the reducing SQL", err) < 0 ||
	    lseek(input, 0, SEEK_SET) < 0)
		return fail(err, ERR_LACKING, "make a file in memory: %m");
	return run_on_template(m, argv, input, err);
}

/* All files of the new template with one call, then its name. */
static int keep_template(const char *part, const char *final, struct error *err)
{
	autoclose int fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd) < 0)
		return fail(err, ERR_IO, "sync '%s': %m", part);
	return rename_durably(part, final, err);
}

/* Templates of minor versions that were updated away, and what a power cut left. */
static int forget_others(const char *templates, const struct tool *tool, const char *name, struct error *err)
{
	autofree char *major = format("%d.", tool->major);
	autoclosedir DIR *dir = opendir(templates);
	struct dirent *entry;

	if (!dir)
		return fail(err, ERR_IO, "list '%s': %m", templates);
	while ((entry = readdir(dir))) {
		autofree char *path = NULL;

		if (!starts_with(entry->d_name, major) || strcmp(entry->d_name, name) == 0)
			continue;
		path = path_join(templates, entry->d_name);
		if (remove_tree(path, err) < 0)
			return -1;
	}
	return 0;
}

static int make_template(const struct tool *tool, const char *templates, const char *name, bool sandboxed,
			 struct deadline deadline, struct error *err)
{
	autofree char *final = path_join(templates, name);
	autofree char *part = format("%s.part", final);
	const struct making m = {tool, part, sandboxed ? INSIDE_TEMPLATE : part, deadline};
	struct error ignored;

	if (make_dirs(templates, 0700, err) < 0 || forget_others(templates, tool, name, err) < 0 ||
	    make_dirs(part, 0700, err) < 0)
		return -1;
	if (run_initdb(&m, err) == 0 && reduce_template(&m, err) == 0 && keep_template(part, final, err) == 0)
		return 0;
	if (remove_tree(part, &ignored) < 0)
		return fail_within(err, "preparing a cluster of PostgreSQL %s, which left '%s'", tool->version, part);
	return fail_within(err, "preparing a cluster of PostgreSQL %s", tool->version);
}

/* The template's folder: one that came with the program, or the box's own, made now if need be. */
static int find_template(const struct tool *tool, const char *data, struct deadline deadline, char **ret,
			 struct error *err)
{
	autofree char *templates = path_join(data, "templates");
	const char *const places[] = {CLUSTER_SHIPPED, templates};
	autofree char *name = NULL;

	if (tool->version_num < OLDEST)
		return fail(err, ERR_LACKING, "PostgreSQL %s is too old to be restored on: install 15 or newer",
			    tool->version);
	if (template_name(tool, &name, err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(places); i++) {
		autofree char *path = path_join(places[i], name);

		if (path_is_dir(path)) {
			*ret = take(path);
			return 0;
		}
	}
	if (make_template(tool, templates, name, true, deadline, err) < 0)
		return -1;
	*ret = path_join(templates, name);
	return 0;
}

int cluster_prepare(const struct tool *tool, const char *templates, struct deadline deadline, struct error *err)
{
	autofree char *name = NULL, *path = NULL;

	if (template_name(tool, &name, err) < 0)
		return -1;
	path = path_join(templates, name);
	return path_is_dir(path) ? 0 : make_template(tool, templates, name, false, deadline, err);
}

/* --- settings --- */

/* What a cluster that lives for one drill needs not do; see postgresql.conf for each. */
static const char *const settings[] = {
	"listen_addresses=",
	("unix_socket_directories=" CLUSTER_SOCKETS),
	"unix_socket_permissions=0700",
	"fsync=off",
	"full_page_writes=off",
	"synchronous_commit=off",
	"autovacuum=off",
	"jit=off",
	"wal_level=minimal",
	"max_wal_senders=0",
	"max_replication_slots=0",
	"max_logical_replication_workers=0",
	"wal_init_zero=off",
	"wal_recycle=on",
	"checkpoint_timeout=1d",
	"maintenance_work_mem=64MB",
	"restart_after_crash=off", /* a crash ends the cluster, so that it is seen */
	"update_process_title=off",
	"password_encryption=scram-sha-256",
	/* the log is where a restore's errors are read from */
	"logging_collector=on",
	"log_destination=jsonlog",
	("log_directory=" INSIDE_LOG),
	"log_filename=server.log",
	"log_file_mode=0600",
	"log_rotation_age=0",
	"log_rotation_size=0",
	"log_min_messages=error",
	"log_min_error_statement=error",
	"log_statement=none",
	"log_checkpoints=off",
	"log_autovacuum_min_duration=-1",
	"lc_messages=C",
};

static void set(struct strings *argv, char *setting)
{
	strings_add(argv, "-c");
	strings_add_owned(argv, setting);
}

static int64_t between(int64_t low, int64_t value, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* Sizes that follow from how much room and how many objects there are. */
static void set_sizes(struct strings *argv, const struct cluster_request *r)
{
	int connections = CONNECTIONS + 2 * r->jobs;
	int64_t memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	/* in memory every buffer is there twice, so few will do */
	int64_t buffers = r->in_memory ? between(32, r->bytes / MIB / 16, 128) : between(32, memory / MIB / 16, 128);
	int64_t wal = r->in_memory ? between(64, r->bytes / MIB / 8, 1024) : 1024;
	/* who leads them works too: more only get in the way of the restore's other jobs */
	int64_t workers = between(0, sysconf(_SC_NPROCESSORS_ONLN) - 1, 8);

	set(argv, format("max_connections=%d", connections));
	set(argv, format("max_locks_per_transaction=%lld", (long long)between(64, 64 + 2 * r->objects / connections, 1000000)));
	set(argv, format("shared_buffers=%lldMB", (long long)buffers));
	set(argv, format("max_wal_size=%lldMB", (long long)wal));
	set(argv, format("max_parallel_workers=%lld", (long long)workers));
	if (r->preload)
		set(argv, format("shared_preload_libraries=%s", r->preload));
}

static void server_argv(struct strings *argv, const struct cluster_request *r)
{
	strings_add_owned(argv, path_join(r->tool->bin, "postgres"));
	strings_add(argv, "-D");
	strings_add(argv, SANDBOX_DATA);
	for (size_t i = 0; i < COUNT(settings); i++)
		set(argv, xstrdup(settings[i]));
	set_sizes(argv, r);
	strings_add_owned(argv, NULL);
}

/* --- starting --- */

/* A socket's path has to fit into sockaddr_un: where DATA is deep, the folder's descriptor stands in for it. */
static char *short_host(const char *sockets, int fd)
{
	if (strlen(sockets) + strlen(SOCKET_NAME) < sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return xstrdup(sockets);
	return format("/proc/self/fd/%d", fd);
}

static int make_folders(const struct cluster_request *r, struct cluster *c, struct error *err)
{
	autofree char *scratch = path_join(r->data, "scratch");
	autofree char *log_folder = NULL, *data = NULL;

	c->folder = path_join(scratch, r->id);
	c->sockets = path_join(c->folder, "sock");
	log_folder = path_join(c->folder, "log");
	data = path_join(c->folder, "scratch");
	c->log = path_join(log_folder, LOG_NAME);
	heir_appoint(&c->heir, c->folder);
	if (remove_tree(c->folder, err) < 0 || make_dirs(c->sockets, 0700, err) < 0 ||
	    make_dirs(log_folder, 0700, err) < 0 || make_dirs(data, 0700, err) < 0)
		return -1;
	c->sockets_fd = open(c->sockets, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->sockets_fd < 0)
		return fail(err, ERR_IO, "open '%s': %m", c->sockets);
	c->host = short_host(c->sockets, c->sockets_fd);
	return 0;
}

static int start_server(const struct cluster_request *r, const char *template, struct cluster *c, struct error *err)
{
	CLEANUP(strings_done) struct strings argv = {0};
	autofree char *log_folder = path_dir(c->log);
	autofree char *data = path_join(c->folder, "scratch");
	const struct sandbox_bind binds[] = {
		{c->sockets, CLUSTER_SOCKETS, true},
		{log_folder, INSIDE_LOG, true},
		{r->locales, INSIDE_LOCALES, false},
	};
	const struct sandbox sandbox = {
		.binds = binds,
		.bind_count = r->locales ? 3 : 2,
		.scratch_dir = r->in_memory ? NULL : data,
		.scratch_bytes = r->bytes,
		.scratch_from = template,
		.file_size_cap = FILE_CAP,
		.shared_bytes = SHARED_CAP,
	};
	const char *const env[] = {r->locales ? "LOCPATH=" INSIDE_LOCALES : NULL, NULL};
	struct process_spec spec = {.env = env};

	server_argv(&argv, r);
	spec.argv = (const char *const *)argv.items;
	return sandbox_start(&c->process, &sandbox, &spec, err);
}

/* 1: it answered; 0: not yet; -1: it never will. */
static int ask(struct cluster *c, struct deadline deadline, struct error *err)
{
	CLEANUP(pg_close) struct pg *pg = NULL;
	struct pg_target target = cluster_target(c, CLUSTER_DATABASE);
	struct error why;

	if (cluster_check(c, err) < 0)
		return -1;
	if (deadline_stopped(deadline))
		return fail(err, ERR_STOPPED, "starting the scratch server was stopped");
	if (deadline_left(deadline) == 0)
		return fail(err, ERR_TIMEOUT, "the scratch server was not ready in time: look whether the box is overloaded");
	if (faccessat(c->sockets_fd, SOCKET_NAME + 1, F_OK, 0) < 0)
		return 0;
	return pg_connect(&target, deadline, &pg, &why) == 0 && pg_exec(pg, "SELECT 1", &why) == 0;
}

static int await_ready(struct cluster *c, struct deadline deadline, struct error *err)
{
	int answer;

	while ((answer = ask(c, deadline, err)) == 0)
		process_rest(&c->process, READY_PAUSE_MS, deadline);
	return answer < 0 ? -1 : 0;
}

/* How many processes the kernel has killed for want of memory; 0 when it does not say. */
static int64_t kills_for_memory(void)
{
	autofree char *text = NULL, *number = NULL;
	struct error ignored;
	const char *at;
	int64_t n = 0;

	if (read_small_file("/proc/vmstat", VMSTAT_CAP, &text, &ignored) < 0 || !(at = strstr(text, "\noom_kill ")))
		return 0;
	at += strlen("\noom_kill ");
	number = xstrndup(at, strcspn(at, "\n"));
	return parse_int(number, 0, INT64_MAX, &n) ? n : 0;
}

/* A template of ours that no server comes up on is made anew next time. */
static void distrust_template(const struct cluster_request *r, const struct cluster *c, const char *template,
			      const struct error *why)
{
	autofree char *own = path_join(r->data, "templates");
	struct error ignored;

	/* one that was killed says nothing about what it was started on */
	if (why->kind == ERR_IO && process_signal(&c->process) != SIGKILL && starts_with(template, own) &&
	    remove_tree(template, &ignored) < 0)
		errno = 0;
}

int cluster_start(const struct cluster_request *r, struct cluster *ret, struct error *err)
{
	CLEANUP(cluster_stop) struct cluster c = CLUSTER_INIT;
	autofree char *template = NULL;

	c.tool = r->tool;
	c.in_memory = r->in_memory;
	c.kills_before = kills_for_memory();
	if (find_template(r->tool, r->data, r->deadline, &template, err) < 0 || make_folders(r, &c, err) < 0)
		return -1;
	if (start_server(r, template, &c, err) < 0 || await_ready(&c, r->deadline, err) < 0) {
		distrust_template(r, &c, template, err);
		return fail_within(err, "starting a scratch server of PostgreSQL %s", r->tool->version);
	}
	*ret = c;
	c = CLUSTER_INIT;
	return 0;
}

/* --- while it runs --- */

struct pg_target cluster_target(const struct cluster *c, const char *database)
{
	return (struct pg_target){
		.host = c->host,
		.database = database,
		.user = CLUSTER_USER,
		.scratch = true,
		.superuser = true,
		.bound = CLUSTER_SOCKETS SOCKET_NAME,
	};
}

/*
 * What runs in there can write to two folders outside, its socket's and its
 * log's: they must not fill the disk. A folder that changes while it is looked
 * at is looked at again the next time.
 */
static int check_outside(const struct cluster *c, struct error *err)
{
	autofree char *log_folder = path_dir(c->log);
	int64_t log = 0, sockets = 0;
	struct error ignored;

	if (tree_bytes(log_folder, &log, &ignored) < 0 || tree_bytes(c->sockets, &sockets, &ignored) < 0 ||
	    log + sockets <= MESSAGES_LOG_CAP)
		return 0;
	return fail(err, ERR_DATA, "the scratch server wrote more than %lld MB of messages: look at what the dump runs",
		    (long long)(MESSAGES_LOG_CAP / MIB));
}

int cluster_check(struct cluster *c, struct error *err)
{
	autofree char *epitaph = NULL, *words = NULL;
	enum error_kind kind = ERR_IO;

	if (process_alive(&c->process))
		return check_outside(c, err);
	if (process_wait(&c->process, NO_DEADLINE, err) < 0)
		return -1;
	epitaph = process_epitaph(&c->process);
	words = messages_last_words(c->log, &kind);
	/* the kernel kills for want of memory, and counts it; anybody else just kills */
	if (kills_for_memory() != c->kills_before &&
	    (process_signal(&c->process) == SIGKILL || (words && strstr(words, "by signal 9"))))
		kind = ERR_SPACE;
	return fail(err, kind, "the scratch server died: %s%s%s", epitaph, words ? ": " : "", words ? words : "");
}

int cluster_leaves_room(const struct cluster *c, const char *data, int64_t least, struct error *err)
{
	int64_t wanted = least > FREE_LEAST ? least : FREE_LEAST, have;

	if (c->in_memory)
		return 0;
	if (free_bytes(data, &have, err) < 0)
		return -1;
	if (have < wanted)
		return fail(err, ERR_SPACE, "what was restored left only %lld MB free on the disk of '%s', %lld MB are to stay: "
			    "make room", (long long)(have >> 20), data, (long long)(wanted >> 20));
	return 0;
}

int64_t cluster_log_length(const struct cluster *c)
{
	struct stat st;

	return lstat(c->log, &st) == 0 ? st.st_size : 0;
}

int cluster_bytes(const struct cluster *c, int64_t *ret, struct error *err)
{
	struct pg_target target = cluster_target(c, CLUSTER_DATABASE);
	CLEANUP(pg_close) struct pg *pg = NULL;
	CLEANUP(pg_rows_done) struct pg_rows rows = {0};

	if (pg_connect(&target, deadline_in(NO_DEADLINE, ANSWER_MS), &pg, err) < 0 ||
	    pg_query(pg,
		     "SELECT (SELECT pg_catalog.sum(pg_catalog.pg_database_size(oid)) FROM pg_catalog.pg_database)"
		     " OPERATOR(pg_catalog.+) (SELECT pg_catalog.sum(size) FROM pg_catalog.pg_ls_waldir())",
		     &rows, err) < 0)
		return -1;
	*ret = pg_int(&rows, 0, 0);
	return 0;
}

char *cluster_dbname_option(const char *database)
{
	struct text option = {0};

	text_add(&option, "--dbname=dbname='");
	for (const char *at = database; *at; at++)
		text_addf(&option, "%s%c", *at == '\'' || *at == '\\' ? "\\" : "", *at);
	text_add(&option, "'");
	return text_take(&option);
}

char *cluster_psql_line(const struct cluster *c, const char *database)
{
	autofree char *host = starts_with(c->host, "/proc/self/")
				      ? format("/proc/%d/fd/%d", getpid(), c->sockets_fd)
				      : xstrdup(c->host);
	CLEANUP(text_done) struct text quoted = {0};

	for (const char *at = database; *at; at++)
		text_add_bytes(&quoted, *at == '\'' ? "'\\''" : at, *at == '\'' ? 4 : 1);
	return format("psql -h '%s' -U " CLUSTER_USER " -d '%s'", host, quoted.data ? quoted.data : "");
}

void cluster_stop(struct cluster *c)
{
	struct error ignored;

	process_done(&c->process);
	cleanup_close(&c->sockets_fd);
	if (c->folder && remove_tree(c->folder, &ignored) < 0)
		errno = 0;
	heir_dismiss(&c->heir);
	free(c->folder);
	free(c->sockets);
	free(c->host);
	free(c->log);
	*c = CLUSTER_INIT;
}
