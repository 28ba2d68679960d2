#include "pull/dumping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "model/url.h"
#include "pull/precheck.h"

#define LOOK_MS 500
#define QUEUED_LOCK_MS 10000 /* pg_dump can only wait for one who waits for us: longer would not help, and holds all others up */
#define MAX_ARGUMENTS 16

/* ---------------------------------------------------------------- what it comes to on the disk */

static int look_at_disk(struct dumping *d, struct error *err)
{
	const struct pull_request *r = d->request;
	char size[UNIT_TEXT], limit[UNIT_TEXT];
	int64_t available = INT64_MAX;

	if (tree_bytes(r->part_path, &d->bytes, err) < 0 || free_bytes(r->part_path, &available, err) < 0)
		return -1;
	if (r->size_cap > 0 && d->bytes > r->size_cap)
		return fail(err, ERR_SPACE, "the dump has come to %s and max-size is %s: raise max-size, or see what grew",
			    human_bytes(d->bytes, size), human_bytes(r->size_cap, limit));
	if (r->space_floor > 0 && available < r->space_floor)
		return fail(err, ERR_SPACE,
			    "only %s are free on the disk after %s of the dump, and %s stay reserved: make room or use a larger "
			    "disk",
			    human_bytes(available, (char[UNIT_TEXT]){0}), human_bytes(d->bytes, size),
			    human_bytes(r->space_floor, limit));
	return 0;
}

static int on_tick(void *context, struct error *err)
{
	struct dumping *d = context;

	if (look_at_disk(d, err) < 0)
		return -1;
	return d->tick ? d->tick(d->tick_context, err) : 0;
}

/* ---------------------------------------------------------------- what it is started with */

/* In pgpass's form, which knows ':' and '\' only behind a '\'. */
static char *pgpass_line(const char *password)
{
	struct text line = {0};

	text_add(&line, "*:*:*:*:");
	for (; *password; password++) {
		if (*password == ':' || *password == '\\')
			text_add(&line, "\\");
		text_add_bytes(&line, password, 1);
	}
	text_add(&line, "\n");
	return text_take(&line);
}

/* A file that exists in memory only, and for whoever holds the descriptor. */
static int password_file(const char *password, int *ret_fd, struct error *err)
{
	autoclose int fd = memfd_create("password", MFD_CLOEXEC);
	char *line;
	int done;

	if (fd < 0 || fchmod(fd, 0600) < 0)
		return fail(err, ERR_IO, "make a password file in memory: %m");
	line = pgpass_line(password);
	done = write_all(fd, line, strlen(line), "the password file", err);
	explicit_bzero(line, strlen(line));
	free(line);
	if (done < 0)
		return -1;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Before 16 pg_dump knew gzip only, by its level alone; then its own default is taken. */
static char *compress_option(const struct pull_request *r)
{
	const char *wanted = r->source->compress;

	if (r->tool->major >= 16)
		return format("--compress=%s", wanted);
	if (strcmp(wanted, "none") == 0)
		return xstrdup("--compress=0");
	if (starts_with(wanted, "gzip:"))
		return format("--compress=%s", wanted + strlen("gzip:"));
	if (r->notes)
		strings_add_owned(r->notes, format("pg_dump %s does not know compress = %s: the dump is compressed with gzip",
						   r->tool->version, wanted));
	return NULL;
}

static int make_part(const struct pull_request *r, struct error *err)
{
	autoclose int fd = -1;

	if (r->source->format == FORMAT_DIRECTORY)
		return make_dirs(r->part_path, 0700, err);
	fd = open(r->part_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? fail(err, ERR_IO, "create '%s': %m", r->part_path) : 0;
}

static int start(struct dumping *d, const struct pull_request *r, const char *const *argv, struct error *err)
{
	const struct process_spec spec = {
		.name = "pg_dump",
		.argv = argv,
		.pass_fds = &d->password_fd,
		.pass_fd_count = d->password_fd >= 0,
		.on_tick = on_tick,
		.context = d,
		.tick_ms = LOOK_MS,
	};

	if (make_part(r, err) < 0)
		return -1;
	return r->start ? r->start(&d->process, &spec, r, err) : process_start(&d->process, &spec, err);
}

/* To the server as 'keeper' has found it, or to the relay in front of it. The name that is verified stays the server's. */
static int dial_for(struct dumping *d, const struct pg *keeper, const char *passfile, char **ret, struct error *err)
{
	const struct pull_request *r = d->request;
	struct pg_target target = source_target(r->source, NULL);
	const char *address = pg_address(keeper);

	if (r->source->limit) {
		if (relay_start(address, target.port ? target.port : URL_PORT_DEFAULT, r->source->limit, &d->relay, err) < 0)
			return -1;
		address = RELAY_ADDRESS;
		target.port = relay_port(d->relay);
	}
	*ret = pg_conninfo(&target, address, passfile, r->tool->major);
	return 0;
}

int dumping_start(struct dumping *d, const struct pull_request *request, const char *snapshot, const struct pg *keeper,
		  struct error *err)
{
	const struct pull_request *r = request;
	int64_t wait_ms = r->source->lock_timeout_s * 1000;
	autofree char *program = path_join(r->tool->bin, "pg_dump");
	autofree char *passfile = NULL, *conninfo = NULL, *database = NULL, *jobs = NULL;
	autofree char *snapshot_option = format("--snapshot=%s", snapshot);
	/* as it is stored: in another encoding, not every text can be said (nor any of SQL_ASCII) */
	autofree char *encoding = format("--encoding=%s", pg_database_encoding(keeper));
	autofree char *file = format("--file=%s", r->part_path);
	autofree char *compress = compress_option(r);
	autofree char *wait = format("--lock-wait-timeout=%lld",
				     (long long)(wait_ms < QUEUED_LOCK_MS ? wait_ms : QUEUED_LOCK_MS));
	bool directory = r->source->format == FORMAT_DIRECTORY;
	const char *argv[MAX_ARGUMENTS] = {program, "--no-password", "--no-sync"};
	size_t n = 3;

	d->request = r;
	if (r->password && password_file(r->password, &d->password_fd, err) < 0)
		return -1;
	passfile = d->password_fd >= 0 ? format("/proc/self/fd/%d", d->password_fd) : NULL;
	if (dial_for(d, keeper, passfile, &conninfo, err) < 0)
		return -1;
	database = format("--dbname=%s", conninfo);
	jobs = format("--jobs=%d", r->source->pull_jobs);
	argv[n++] = directory ? "--format=directory" : "--format=custom";
	argv[n++] = file;
	argv[n++] = snapshot_option;
	argv[n++] = encoding;
	argv[n++] = wait;
	argv[n++] = database;
	if (compress)
		argv[n++] = compress;
	if (directory)
		argv[n++] = jobs;
	if (r->tool->major >= 18)
		argv[n++] = "--no-statistics";
	return start(d, r, argv, err);
}

/* ---------------------------------------------------------------- while it works */

static int explain(const struct dumping *d, struct error *err)
{
	autofree char *epitaph = process_epitaph(&d->process);
	autofree char *words = xstrndup(d->process.errors.length ? d->process.errors.data : "", d->process.errors.length);

	return pull_explain_dump_error(words, epitaph, err);
}

int dumping_look(struct dumping *d, struct error *err)
{
	if (process_poll(&d->process)) {
		/* one that was never reached did not end */
		if (process_wait(&d->process, d->request->deadline, err) < 0)
			return -1;
		return process_succeeded(&d->process) ? 0 : explain(d, err);
	}
	if (clock_mono_ms() < d->next_look_ms)
		return 0;
	d->next_look_ms = clock_mono_ms() + LOOK_MS;
	return look_at_disk(d, err);
}

int dumping_wait(struct dumping *d, int (*tick)(void *context, struct error *err), void *context, struct error *err)
{
	d->tick = tick;
	d->tick_context = context;
	if (process_wait(&d->process, d->request->deadline, err) < 0)
		return -1;
	if (!process_succeeded(&d->process))
		return explain(d, err);
	return look_at_disk(d, err);
}

void dumping_done(struct dumping *d)
{
	process_done(&d->process);
	relay_stop(&d->relay);
	if (d->password_fd >= 0)
		(void)close(take_fd(&d->password_fd));
}
