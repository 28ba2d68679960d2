#include "drill/replay.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "drill/plain_reader.h"
#include "port/pg.h"
#include "port/sandbox.h"

#define MEMORY_CAP ((int64_t)4 << 30) /* address space of a psql: it holds one statement at a time */
#define FILE_CAP ((int64_t)1 << 20)   /* it has nothing to write */
#define TICK_MS 200
#define WORDS_CAP ((size_t)64 << 10) /* of psql's words that are looked at: it stops at the first error */
#define LINE_CAP ((size_t)4096)	     /* of the reader's */
#define READER_MS 1000 /* in which a reader learns that nobody reads it any more */

struct run {
	const struct replay_request *q;
	struct process reader, psql;
	struct text said; /* by psql */
	struct text line; /* of the reader's, not whole yet */
	int64_t begun;
	char *item;
};

static void run_done(struct run *r)
{
	process_done(&r->psql);
	process_done(&r->reader);
	text_done(&r->said);
	text_done(&r->line);
	free(r->item);
}

static void take_line(struct run *r)
{
	const char *text;

	if (r->line.length && plain_reader_item(r->line.data, &r->begun, &text))
		set_text(&r->item, text);
	text_done(&r->line);
}

static void hear_reader(void *context, const char *bytes, size_t n)
{
	struct run *r = context;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			take_line(r);
		else if (r->line.length < LINE_CAP)
			text_add_bytes(&r->line, &bytes[i], 1);
	}
}

static void hear_psql(void *context, const char *bytes, size_t n)
{
	struct run *r = context;
	size_t room = WORDS_CAP - r->said.length;

	text_add_bytes(&r->said, bytes, n < room ? n : room);
}

/* The reader's words are taken in here: it must not wait for anybody to read them. */
static int tick(void *context, struct error *err)
{
	struct run *r = context;

	(void)process_poll(&r->reader);
	return r->q->tick(r->q->context, r->begun, r->item ? r->item : "", err);
}

static int start_reader(struct run *r, int output, struct error *err)
{
	const struct process_spec like = {.output = output, .on_error = hear_reader, .context = r};

	return plain_reader_start(&r->reader, r->q->dump, PLAIN_SQL, r->q->tool->major, &like, err);
}

static int start_psql(struct run *r, int input, struct error *err)
{
	const struct replay_request *q = r->q;
	autofree char *program = path_join(q->tool->bin, "psql"), *target = cluster_dbname_option(q->database);
	static const char host[] = "--host=" CLUSTER_SOCKETS, user[] = "--username=" CLUSTER_USER;
	const char *const argv[] = {
		program,
		target,
		host,
		user,
		"--no-psqlrc",
		"--quiet",
		"--no-password",
		"--set=ON_ERROR_STOP=1",
		"--set=VERBOSITY=sqlstate",
		"--file=-",
		q->single ? "--single-transaction" : NULL,
		NULL,
	};
	/* once the dump has set the database's own settings, they must not stop what comes to it */
	static const char *const env[] = {"PGOPTIONS=" PG_RESTORED_SETTINGS_OF_SUPERUSER, NULL};
	const struct process_spec spec = {.argv = argv, .env = env, .input = input, .on_error = hear_psql, .on_tick = tick,
					  .tick_ms = TICK_MS, .context = r};
	const struct sandbox_bind bind = {q->cluster->sockets, CLUSTER_SOCKETS, false};
	const struct sandbox sandbox = {.binds = &bind, .bind_count = 1, .memory_cap = MEMORY_CAP, .file_size_cap = FILE_CAP};

	return sandbox_start(&r->psql, &sandbox, &spec, err);
}

/* Each end of the pipe is held by the one that uses it: then the other learns of its end. */
static int start_both(struct run *r, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, ERR_LACKING, "make a pipe for psql: %m");
	autoclose int from = ends[0];
	autoclose int to = ends[1];

	if (start_reader(r, to, err) < 0)
		return -1;
	(void)close(take_fd(&to));
	return start_psql(r, from, err);
}

/*
 * Of a reader that died nobody knows how far it came: a row or a statement that it left cut in two is then what psql
 * stops at, and no evidence. One that lives on or that a broken pipe ended had a psql that gave up first.
 */
static int ask_reader(struct run *r, struct replay *ret, struct error *err)
{
	bool at_end = ret->exit_code == 0;
	struct deadline until = at_end ? r->q->deadline : deadline_in(r->q->deadline, READER_MS);
	struct error why;

	ret->whole = true;
	if (process_wait(&r->reader, until, &why) < 0) {
		if (!at_end && why.kind == ERR_TIMEOUT)
			return 0;
		*err = why;
		return -1;
	}
	if (at_end || process_signal(&r->reader) != SIGPIPE)
		ret->whole = plain_reader_end(&r->reader, &ret->why) == 0;
	return 0;
}

int replay_run(const struct replay_request *q, struct replay *ret, struct error *err)
{
	CLEANUP(run_done) struct run r = {.q = q, .reader = PROCESS_INIT, .psql = PROCESS_INIT};

	if (start_both(&r, err) < 0 || process_wait(&r.psql, q->deadline, err) < 0)
		return -1;
	*ret = (struct replay){
		.exit_code = process_exit_code(&r.psql),
		.killed = process_signal(&r.psql) != 0,
		.errors = replay_count_errors(r.said.length ? r.said.data : ""),
		.epitaph = process_epitaph(&r.psql),
	};
	if (ask_reader(&r, ret, err) == 0)
		return 0;
	replay_done(ret);
	return -1;
}

void replay_done(struct replay *r)
{
	free(r->epitaph);
	*r = (struct replay){0};
}

size_t replay_count_errors(const char *said)
{
	static const char head[] = "psql:<stdin>:";
	size_t n = 0;

	for (const char *line = said; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *rest = line + strlen(head);

		if (!starts_with(line, head))
			continue;
		rest += strspn(rest, "0123456789");
		rest += *rest == ':'; /* at line 0 there is neither */
		n += starts_with(rest, " ERROR:") || starts_with(rest, " FATAL:") || starts_with(rest, " PANIC:");
	}
	return n;
}
