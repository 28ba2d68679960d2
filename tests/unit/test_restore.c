/* The scratch cluster and the restore into it, with a real PostgreSQL: what is dumped here was made here. */
#include "unit/unit.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "drill/cluster.h"
#include "drill/inspect.h"
#include "drill/media.h"
#include "drill/plain_reader.h"
#include "drill/restore.h"
#include "port/digest.h"
#include "port/sandbox.h"
#include "unit/processes.h"

#define ROOM ((int64_t)256 << 20)

static char *data;		/* DATA */
static struct toolset tools;
static const struct tool *tool;
static struct cluster source = CLUSTER_INIT; /* where the dumps are made */
static struct error err;

#define MUST(call)                                                                                                     \
	do {                                                                                                           \
		if ((call) < 0)                                                                                        \
			fail_msg("%s: %s", #call, err.text);                                                           \
	} while (0)

static struct deadline soon(void)
{
	return deadline_in(NO_DEADLINE, 60000);
}

static struct cluster_request request(const char *id, bool in_memory)
{
	return (struct cluster_request){
		.tool = tool, .data = data, .id = id, .in_memory = in_memory, .bytes = ROOM, .jobs = 2, .deadline = soon(),
	};
}

/* A folder of Postgres 15 for tests of other majors; NULL where there is none. */
static const struct tool *older_tool(struct toolset *older)
{
	CLEANUP(strings_done) struct strings bins = {0};

	if (access("/opt/postgresql-15/bin/postgres", X_OK) < 0)
		return NULL;
	strings_add(&bins, "/opt/postgresql-15/bin");
	MUST(toolset_scan(older, &bins, soon(), &err));
	return &older->items[0];
}

static struct pg *connect_to(const struct cluster *c, const char *database)
{
	struct pg_target target = cluster_target(c, database);
	struct pg *pg = NULL;

	MUST(pg_connect(&target, soon(), &pg, &err));
	return pg;
}

static void sql(const struct cluster *c, const char *database, const char *const *statements)
{
	CLEANUP(pg_close) struct pg *pg = connect_to(c, database);

	for (; *statements; statements++) {

		if (pg_exec(pg, *statements, &err) < 0)
			fail_msg("%s: %s", *statements, err.text);
	}
}

#define SQL(c, database, ...) sql(c, database, (const char *const[]){__VA_ARGS__, NULL})

static char *value(const struct cluster *c, const char *database, const char *query)
{
	CLEANUP(pg_close) struct pg *pg = connect_to(c, database);
	char *text = NULL;

	MUST(pg_value(pg, query, &text, &err));
	return text;
}

static int start_source(void **state)
{
	struct strings none = {0};
	struct cluster_request r;

	(void)state;
	data = format("%s/restore-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(data))
		return -1;
	MUST(toolset_scan(&tools, &none, soon(), &err));
	MUST(toolset_for_restore(&tools, 170000, &tool, &err));
	r = request("source", true);
	MUST(cluster_start(&r, &source, &err));
	return 0;
}

static int stop_source(void **state)
{

	(void)state;
	cluster_stop(&source);
	toolset_done(&tools);
	assert_int_equal(remove_tree(data, &err), 0);
	free(data);
	return 0;
}

/* --- the cluster --- */

static void test_a_cluster_answers_and_leaves_nothing(void **state)
{
	(void)state;
	for (int in_memory = 0; in_memory < 2; in_memory++) {
		struct cluster_request r = request("one", in_memory);
		CLEANUP(cluster_stop) struct cluster c = CLUSTER_INIT;
		CLEANUP(pg_close) struct pg *pg = NULL;
		autofree char *place = NULL, *settings = NULL, *psql = NULL;
		int64_t bytes = 0;
		pid_t pid;

		MUST(cluster_start(&r, &c, &err));
		pg = connect_to(&c, CLUSTER_DATABASE);
		MUST(pg_value(pg, "SELECT pg_catalog.string_agg(setting, ' ' ORDER BY name) FROM pg_catalog.pg_settings"
				  " WHERE name IN ('fsync', 'data_checksums', 'wal_level', 'listen_addresses', 'server_encoding')",
			      &settings, &err));
		assert_string_equal(settings, "on off  UTF8 minimal");
		MUST(cluster_bytes(&c, &bytes, &err));
		assert_in_range(bytes, 10 << 20, 60 << 20);
		MUST(cluster_check(&c, &err));
		psql = cluster_psql_line(&c, "it's");
		assert_non_null(strstr(psql, " -U postgres -d 'it'\\''s'"));
		place = xstrdup(c.folder);
		pid = c.process.pid;
		cluster_stop(&c);
		assert_false(path_exists(place));
		assert_int_equal(kill(pid, 0), -1);
	}
}

static void test_a_deep_folder(void **state)
{
	struct cluster_request r = request("one", true);
	CLEANUP(cluster_stop) struct cluster c = CLUSTER_INIT;
	CLEANUP(text_done) struct text deep = {0};
	autofree char *templates = path_join(data, "templates"), *link = NULL, *one = NULL;

	(void)state;
	text_add(&deep, data);
	for (int i = 0; i < 12; i++)
		text_add(&deep, "/a-folder-with-a-name");
	assert_int_equal(make_dirs(deep.data, 0700, &err), 0);
	link = path_join(deep.data, "templates");
	assert_int_equal(symlink(templates, link), 0);
	r.data = deep.data;
	MUST(cluster_start(&r, &c, &err));
	one = value(&c, CLUSTER_DATABASE, "SELECT 1");
	assert_string_equal(one, "1");
	assert_true(strlen(c.sockets) > 108);
}

static void test_a_cluster_without_room(void **state)
{
	struct cluster_request r = request("small", true);
	CLEANUP(cluster_stop) struct cluster c = CLUSTER_INIT;

	(void)state;
	r.bytes = 4 << 20;
	assert_int_equal(cluster_start(&r, &c, &err), -1);
	assert_int_equal(err.kind, ERR_SPACE);
}

static void test_a_dead_cluster_says_so(void **state)
{
	struct cluster_request r = request("dead", true);
	CLEANUP(cluster_stop) struct cluster c = CLUSTER_INIT;
	CLEANUP(pg_close) struct pg *pg = NULL;

	(void)state;
	MUST(cluster_start(&r, &c, &err));
	pg = connect_to(&c, CLUSTER_DATABASE);
	/* a backend that is killed takes the server along: it could have damaged shared memory */
	assert_int_equal(pg_exec(pg, "COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'", &err), -1);
	for (int i = 0; i < 200 && cluster_check(&c, &err) == 0; i++)
		usleep(10000);
	assert_int_equal(cluster_check(&c, &err), -1);
	/* not the kernel did it, so it was not for want of memory */
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "terminated by signal 9"));
}

/* The folders it shares with us are no way to fill the disk. */
static void test_a_cluster_that_writes_without_end(void **state)
{
	struct cluster_request r = request("endless", true);
	CLEANUP(cluster_stop) struct cluster c = CLUSTER_INIT;

	(void)state;
	MUST(cluster_start(&r, &c, &err));
	MUST(cluster_check(&c, &err));
	SQL(&c, CLUSTER_DATABASE, "COPY (SELECT 1) TO PROGRAM 'truncate -s 300M /log/more'");
	assert_int_equal(cluster_check(&c, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
}

/* A server that cannot come up says why, and a template of ours that may be the reason is made anew. */
static void test_a_damaged_template_is_replaced(void **state)
{
	struct cluster_request r = request("damaged", true);
	CLEANUP(cluster_stop) struct cluster c = CLUSTER_INIT;
	autofree char *templates = path_join(data, "templates"), *template = NULL, *control = NULL;
	struct dirent *entry;
	DIR *dir = opendir(templates);

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			template = path_join(templates, entry->d_name);
	closedir(dir);
	assert_non_null(template);
	control = path_join(template, "global/pg_control");
	assert_int_equal(truncate(control, 0), 0);
	assert_int_equal(cluster_start(&r, &c, &err), -1);
	assert_non_null(strstr(err.text, "pg_control"));
	MUST(cluster_start(&r, &c, &err));
}

/* KILL takes cluster and sandbox along. */
static void test_killed_with_us(void **state)
{
	autofree char *folder = path_join(data, "scratch/orphan");
	int told[2];
	pid_t parent, server = 0;

	(void)state;
	assert_int_equal(pipe(told), 0);
	parent = fork();
	if (parent == 0) {
		struct cluster_request r = request("orphan", false);
		struct cluster c = CLUSTER_INIT;

		if (cluster_start(&r, &c, &err) < 0 || write(told[1], &c.process.pid, sizeof(pid_t)) < 0)
			_exit(1);
		pause();
		_exit(1);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &server, sizeof(server)), sizeof(server));
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_true(gone_within(server, 2000));
	for (int i = 0; i < 500 && path_exists(folder); i++)
		usleep(10000);
	assert_false(path_exists(folder));
	close(told[0]);
}

/* --- a restore --- */

/* pg_dump of a database of the source, as a file or a folder. */
static struct dump dump_from(const struct cluster *from, const char *database, const char *name,
			     const char *const *more)
{
	autofree char *program = path_join(tool->bin, "pg_dump");
	autofree char *inside = format("--file=/out/%s", name);
	const struct sandbox_bind binds[] = {{data, "/out", true}, {from->sockets, CLUSTER_SOCKETS, false}};
	const struct sandbox sandbox = {.binds = binds, .bind_count = COUNT(binds)};
	const char *argv[12] = {program, ("--host=" CLUSTER_SOCKETS), "--username=postgres", "--compress=zstd:1", inside, database};
	struct process_spec spec = {.argv = argv};
	struct dump d = {0};
	size_t n = 6;

	for (; more && *more; more++)
		argv[n++] = *more;
	if (n == 6)
		argv[n++] = "--format=custom";
	MUST(sandbox_run(&sandbox, &spec, soon(), ERR_SOURCE, NULL, &err));
	d.name = format("shop/%s", name);
	d.path = path_join(data, name);
	d.form = path_is_dir(d.path) ? DUMP_FOLDER : DUMP_ARCHIVE;
	MUST(tree_bytes(d.path, &d.bytes, &err));
	return d;
}

static struct dump dump_of(const char *database, const char *name, const char *const *more)
{
	return dump_from(&source, database, name, more);
}

/* One drill's first rungs and restore. */
struct trial {
	struct drill_request drill;
	struct dump dump;
	struct toc toc;
	struct database_shape shape;
	struct cluster cluster;
	struct restore_result result;
	struct findings findings;
	struct text summary;
	bool on_disk;
	int64_t keep_free;
	int done;
};

static void trial_done(struct trial *t)
{
	cluster_stop(&t->cluster);
	restore_result_done(&t->result);
	findings_done(&t->findings);
	toc_done(&t->toc);
	database_shape_done(&t->shape);
	text_done(&t->summary);
	dump_done(&t->dump);
}

static void inspect_trial(struct trial *t)
{
	t->cluster = CLUSTER_INIT;
	t->drill.dump = &t->dump;
	t->drill.data = data;
	t->drill.deadline = soon();
	MUST(inspect_dump(&t->drill, tool, &t->toc, &t->findings, &t->summary, &err));
}

static void run_trial(struct trial *t, int64_t room)
{
	struct cluster_request r = request("trial", !t->on_disk);
	struct restore_request q = {.drill = &t->drill, .cluster = &t->cluster, .tool = tool, .toc = &t->toc,
				    .shape = &t->shape, .jobs = 2, .keep_free = t->keep_free};

	inspect_trial(t);
	assert_non_null(t->toc.version);
	database_shape(t->drill.manifest, &t->toc, &t->shape);
	r.bytes = room;
	r.objects = (int64_t)t->toc.count;
	MUST(cluster_start(&r, &t->cluster, &err));
	text_done(&t->summary);
	t->done = restore_run(&q, &t->result, &t->findings, &t->summary, &err);
}

static void print_findings(const struct findings *f)
{
	for (size_t i = 0; i < f->check_count; i++)
		print_error("%s %s '%s' expected '%s' actual '%s': %s\n", rung_word(f->checks[i].rung),
			    result_word(f->checks[i].result), f->checks[i].name, f->checks[i].expected, f->checks[i].actual,
			    f->checks[i].detail);
}

static void count_is(const struct findings *f, enum rung rung, enum result result, size_t expected)
{
	if (findings_count(f, rung, result) != expected)
		print_findings(f);
	assert_int_equal(findings_count(f, rung, result), expected);
}

static const struct check *check_that(const struct findings *f, enum result result)
{
	for (size_t i = 0; i < f->check_count; i++)
		if (f->checks[i].rung == RUNG_RESTORE && f->checks[i].result == result)
			return &f->checks[i];
	print_findings(f);
	fail_msg("no check with '%s'", result_word(result));
	return NULL;
}

static void make_shop(const char *database)
{
	autofree char *create = format("CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'", database);
	autofree char *set = format("ALTER DATABASE %s SET statement_timeout = '7min'", database);
	autofree char *comment = format("COMMENT ON DATABASE %s IS 'the shop'", database);

	SQL(&source, CLUSTER_DATABASE, create, set, comment);
	SQL(&source, database, "CREATE TABLE public.customers (id integer PRIMARY KEY, name text)",
	    "CREATE TABLE public.orders (id serial PRIMARY KEY, customer integer, note text)",
	    "INSERT INTO public.customers SELECT i, 'c' || i FROM pg_catalog.generate_series(1, 100) i",
	    "INSERT INTO public.orders (customer, note) SELECT 1 + i % 100, 'xyz' FROM pg_catalog.generate_series(1, 5000) i",
	    "ALTER TABLE public.orders ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer) REFERENCES public.customers");
}

static void test_a_healthy_dump(void **state)
{
	static const char *const folder[] = {"--format=directory", "--jobs=2", NULL};
	const char *const *const formats[] = {NULL, folder};

	(void)state;
	make_shop("shop");
	SQL(&source, "shop", "CREATE ROLE clerk", "GRANT SELECT ON public.orders TO clerk");
	for (size_t i = 0; i < COUNT(formats); i++) {
		CLEANUP(trial_done) struct trial t = {.dump = dump_of("shop", i ? "shop.d" : "shop.dump", formats[i])};
		autofree char *rows = NULL, *settings = NULL, *comment = NULL, *may = NULL, *public = NULL;

		run_trial(&t, ROOM);
		if (t.done < 0)
			fail_msg("%s", err.text);
		assert_string_equal(t.toc.database, "shop");
		assert_int_equal(toc_count(&t.toc, "TABLE"), 2);
		assert_int_equal(toc_count(&t.toc, "TABLE DATA"), 2);
		assert_string_equal(t.shape.encoding, "UTF8");
		assert_string_equal(t.shape.collate, "C");
		check_that(&t.findings, RESULT_PASS);
		count_is(&t.findings, RUNG_RESTORE, RESULT_FAIL, 0);
		assert_true(t.result.usable);
		/* the role that only a grant names came as a stand-in, in a second run */
		assert_non_null(strstr(t.summary.data, "1 role as stand-in"));
		rows = value(&t.cluster, "shop", "SELECT pg_catalog.count(*) FROM public.orders");
		assert_string_equal(rows, "5000");
		settings = value(&t.cluster, "shop", "SELECT setconfig::text FROM pg_catalog.pg_db_role_setting");
		assert_string_equal(settings, "{statement_timeout=7min}");
		comment = value(&t.cluster, "shop", "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM "
						    "pg_catalog.pg_database WHERE datname = 'shop'");
		assert_string_equal(comment, "the shop");
		may = value(&t.cluster, "shop", "SELECT pg_catalog.has_table_privilege('clerk', 'public.orders', 'SELECT')");
		assert_string_equal(may, "t");
	}
}

static void test_one_transaction_when_all_is_known(void **state)
{
	CLEANUP(trial_done) struct trial t = {.dump = dump_of("shop", "single.dump", NULL)};
	CLEANUP(manifest_done) struct manifest m = {0};
	struct object_class *schemas;
	autofree char *attributes = NULL;

	(void)state;
	set_text(&m.database, "shop");
	set_text(&m.encoding, "UTF8");
	set_text(&manifest_add_role(&m)->name, "clerk");
	set_text(&m.roles[0].attributes, "login");
	strings_add(&m.roles[0].member_of, "owner of \"all\"");
	set_text(&manifest_add_role(&m)->name, "owner of \"all\"");
	set_text(&m.roles[1].attributes, "createdb inherit login superuser");
	set_text(&manifest_add_role(&m)->name, "postgres");
	m.connection_limit = -1;
	schemas = manifest_add_class(&m, "schema");
	(void)object_class_add(schemas, "public");
	t.drill.manifest = &m;
	run_trial(&t, ROOM);
	if (t.done < 0)
		fail_msg("%s", err.text);
	check_that(&t.findings, RESULT_PASS);
	assert_string_equal(t.summary.data, "one transaction, 2 roles as stand-ins");
	attributes = value(&t.cluster, "shop",
			   "SELECT pg_catalog.string_agg(pg_catalog.format('%s %s %s %s %s', rolname, rolcanlogin,"
			   " rolsuper, rolcreatedb, pg_catalog.pg_has_role(rolname, 'owner of \"all\"', 'MEMBER')), ',' ORDER BY "
			   "rolname) FROM pg_catalog.pg_roles WHERE rolname !~ '^p'");
	assert_string_equal(attributes, "clerk f f f t,owner of \"all\" f t t t");
}

static void test_a_database_called_postgres_without_public(void **state)
{
	CLEANUP(manifest_done) struct manifest m = {0};
	CLEANUP(trial_done) struct trial t = {0};
	autofree char *schemas = NULL;
	struct object_class *class;

	(void)state;
	SQL(&source, CLUSTER_DATABASE, "CREATE DATABASE postgres TEMPLATE template0");
	SQL(&source, "postgres", "DROP SCHEMA IF EXISTS public", "CREATE SCHEMA \"Sales\"",
	    "CREATE TABLE \"Sales\".t AS SELECT 1 AS a");
	t.dump = dump_of("postgres", "postgres.dump", NULL);
	set_text(&m.database, "postgres");
	m.connection_limit = -1;
	class = manifest_add_class(&m, "schema");
	(void)object_class_add(class, "\"Sales\"");
	t.drill.manifest = &m;
	run_trial(&t, ROOM);
	if (t.done < 0)
		fail_msg("%s", err.text);
	check_that(&t.findings, RESULT_PASS);
	schemas = value(&t.cluster, "postgres", "SELECT pg_catalog.string_agg(nspname, ' ') FROM pg_catalog.pg_namespace "
						"WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'");
	assert_string_equal(schemas, "Sales");
}

/* An archive of one schema makes 'public' itself: that one message is tolerated. */
static void test_public_that_is_there_already(void **state)
{
	static const char *const only[] = {"--schema=public", "--format=custom", NULL};
	CLEANUP(trial_done) struct trial t = {.dump = dump_of("shop", "public.dump", only)};

	(void)state;
	run_trial(&t, ROOM);
	check_that(&t.findings, RESULT_PASS);
	assert_int_equal(t.result.tolerated, 1);
	assert_non_null(strstr(t.summary.data, "1 message tolerated: schema public was there already"));
}

static void test_a_foreign_key_the_source_violates(void **state)
{
	CLEANUP(trial_done) struct trial t = {0};
	const struct check *c;

	(void)state;
	make_shop("broken");
	SQL(&source, "broken", "SET session_replication_role = replica", "DELETE FROM public.customers WHERE id = 7");
	t.dump = dump_of("broken", "broken.dump", NULL);
	run_trial(&t, ROOM);
	assert_int_equal(t.done, 0);
	c = check_that(&t.findings, RESULT_FAIL);
	assert_non_null(strstr(c->detail, "in the source already"));
	assert_non_null(strstr(c->detail, "orders_customer_fkey (Key (customer)=(7)"));
	assert_non_null(strstr(c->name, "ALTER TABLE ONLY public.orders ADD CONSTRAINT"));
	count_is(&t.findings, RUNG_RESTORE, RESULT_UNDECIDED, 0);
	assert_true(t.result.usable);
}

static void test_a_function_that_needs_a_search_path(void **state)
{
	CLEANUP(trial_done) struct trial t = {0};
	const struct check *c;

	(void)state;
	make_shop("path");
	SQL(&source, "path", "SET search_path = public",
	    "CREATE FUNCTION public.known(c integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS "
	    "'SELECT EXISTS (SELECT FROM customers WHERE id = c)'",
	    "ALTER TABLE public.orders ADD CONSTRAINT orders_known CHECK (public.known(customer))");
	t.dump = dump_of("path", "path.dump", NULL);
	run_trial(&t, ROOM);
	c = check_that(&t.findings, RESULT_FAIL);
	assert_non_null(strstr(c->detail, "search_path"));
	count_is(&t.findings, RUNG_RESTORE, RESULT_FAIL, 1);
}

/* What a function raises looks like pg_restore's own words; the server's log is believed. */
static void test_forged_messages(void **state)
{
	CLEANUP(trial_done) struct trial t = {0};

	(void)state;
	make_shop("forged");
	SQL(&source, "forged",
	    "CREATE FUNCTION public.forge() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
	    "IF pg_catalog.current_setting('search_path') = '\"\"' OR pg_catalog.current_setting('search_path') = '' THEN "
	    "RAISE EXCEPTION E'x\\npg_restore: warning: errors ignored on restore: 0\\n'; END IF; RETURN true; END $$",
	    "SET search_path = public", "ALTER TABLE public.customers ADD CONSTRAINT forged CHECK (public.forge())");
	t.dump = dump_of("forged", "forged.dump", NULL);
	run_trial(&t, ROOM);
	(void)check_that(&t.findings, RESULT_FAIL);
	count_is(&t.findings, RUNG_RESTORE, RESULT_UNDECIDED, 0);
}

static void test_no_room_in_memory(void **state)
{
	CLEANUP(trial_done) struct trial t = {0};

	(void)state;
	SQL(&source, CLUSTER_DATABASE, "CREATE DATABASE large TEMPLATE template0");
	SQL(&source, "large",
	    "CREATE TABLE public.t AS SELECT i, pg_catalog.repeat('y', 400) || pg_catalog.md5(i::text) || pg_catalog.md5('a' || i) "
	    "AS y FROM pg_catalog.generate_series(1, 120000) i");
	t.dump = dump_of("large", "large.dump", NULL);
	run_trial(&t, (int64_t)64 << 20);
	assert_int_equal(t.done, 0);
	assert_true(t.result.out_of_space);
	assert_false(t.result.usable);
	count_is(&t.findings, RUNG_RESTORE, RESULT_FAIL, 0);
	count_is(&t.findings, RUNG_RESTORE, RESULT_UNDECIDED, 0);
}

/* On the disk a reserve is kept; what does not fit then is the box's trouble, not the dump's. */
static void test_no_room_on_the_disk(void **state)
{
	CLEANUP(trial_done) struct trial t = {.on_disk = true, .keep_free = INT64_MAX / 2};

	(void)state;
	t.dump = dump_of("large", "large2.dump", NULL);
	run_trial(&t, ROOM);
	assert_int_equal(t.done, -1);
	assert_int_equal(err.kind, ERR_SPACE);
	count_is(&t.findings, RUNG_RESTORE, RESULT_FAIL, 0);
}

static void test_on_the_disk(void **state)
{
	CLEANUP(trial_done) struct trial t = {.on_disk = true};
	autofree char *rows = NULL;

	(void)state;
	t.dump = dump_of("large", "large3.dump", NULL);
	run_trial(&t, ROOM);
	check_that(&t.findings, RESULT_PASS);
	assert_int_equal(t.result.jobs, 2);
	rows = value(&t.cluster, "large", "SELECT pg_catalog.count(*) FROM public.t");
	assert_string_equal(rows, "120000");
}

/* Every 'from' in the file becomes 'to', which is as long. */
static void replace_bytes(const char *path, const char *from, const char *to)
{
	CLEANUP(text_done) struct text all = {0};
	size_t n = strlen(from), count = 0;
	char piece[4096];
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	for (size_t got; (got = fread(piece, 1, sizeof(piece), f)) > 0;)
		text_add_bytes(&all, piece, got);
	for (size_t i = 0; i + n <= all.length; i++)
		if (memcmp(all.data + i, from, n) == 0 && ++count)
			memcpy(all.data + i, to, n);
	assert_true(count > 0);
	rewind(f);
	assert_int_equal(fwrite(all.data, 1, all.length, f), all.length);
	assert_int_equal(fclose(f), 0);
}

/* What hangs on it is undecided too; the rest is restored and judged. */
static void test_an_extension_the_box_has_not(void **state)
{
	static const char *const plain[] = {"--format=custom", "--compress=none", NULL};
	CLEANUP(trial_done) struct trial t = {0};
	autofree char *rows = NULL;

	(void)state;
	make_shop("vectors");
	SQL(&source, "vectors", "CREATE EXTENSION vector SCHEMA public",
	    "CREATE TABLE public.places (id integer PRIMARY KEY, at public.vector(3))",
	    "INSERT INTO public.places VALUES (1, '[1,2,3]')");
	t.dump = dump_of("vectors", "vectors.dump", plain);
	replace_bytes(t.dump.path, "vector", "vectox");
	run_trial(&t, ROOM);
	assert_int_equal(t.done, 0);
	count_is(&t.findings, RUNG_RESTORE, RESULT_FAIL, 0);
	assert_non_null(strstr(check_that(&t.findings, RESULT_UNDECIDED)->detail, "no extension vectox: install its package"));
	assert_non_null(strstr(t.result.excuse, "vectox"));
	assert_true(t.result.usable);
	rows = value(&t.cluster, t.result.database, "SELECT pg_catalog.count(*) FROM public.orders");
	assert_string_equal(rows, "5000");
}

/* 15 -> 17 restores; an archive that a pg_restore of 15 does not know is not called damaged. */
static void test_another_major(void **state)
{
	CLEANUP(toolset_done) struct toolset older = {0};
	const struct tool *fifteen = older_tool(&older);
	CLEANUP(trial_done) struct trial t = {0};
	CLEANUP(cluster_stop) struct cluster old = CLUSTER_INIT;
	struct cluster_request r = request("fifteen", true);
	struct findings f = {0};
	struct toc toc = {0};

	(void)state;
	if (!fifteen)
		skip();
	r.tool = fifteen;
	MUST(cluster_start(&r, &old, &err));
	SQL(&old, CLUSTER_DATABASE, "CREATE DATABASE aged TEMPLATE template0");
	SQL(&old, "aged", "CREATE TABLE public.t AS SELECT 1 AS a");
	t.dump = dump_from(&old, "aged", "aged.dump", NULL);
	run_trial(&t, ROOM);
	check_that(&t.findings, RESULT_PASS);
	assert_int_equal(t.toc.server_version_num / 10000, 15);

	MUST(inspect_dump(&t.drill, fifteen, &toc, &f, &t.summary, &err));
	assert_null(toc.version);
	count_is(&f, RUNG_INSPECT, RESULT_FAIL, 0);
	count_is(&f, RUNG_INSPECT, RESULT_UNDECIDED, 1);
	assert_non_null(strstr(f.checks[0].detail, "newer than this pg_restore"));
	findings_done(&f);
}

static void flip(const char *path, long at)
{
	FILE *f = fopen(path, "r+");
	int c;

	assert_non_null(f);
	assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
	c = fgetc(f);
	assert_int_equal(fseek(f, -1, SEEK_CUR), 0);
	assert_true(fputc(c ^ 0x55, f) != EOF);
	assert_int_equal(fclose(f), 0);
}

static void test_an_archive_that_was_cut(void **state)
{
	CLEANUP(trial_done) struct trial t = {.dump = dump_of("shop", "cut.dump", NULL)};
	const struct check *c;

	(void)state;
	assert_int_equal(truncate(t.dump.path, t.dump.bytes - 300), 0);
	run_trial(&t, ROOM);
	assert_int_equal(t.done, 0);
	c = check_that(&t.findings, RESULT_FAIL);
	assert_non_null(strstr(c->detail, "cannot read the archive"));
	assert_true(findings_count(&t.findings, RUNG_RESTORE, RESULT_PASS) == 0);
}

static void test_an_archive_that_is_none(void **state)
{
	CLEANUP(trial_done) struct trial t = {.dump = dump_of("shop", "none.dump", NULL)};

	(void)state;
	flip(t.dump.path, 1);
	inspect_trial(&t);
	assert_null(t.toc.version);
	count_is(&t.findings, RUNG_INSPECT, RESULT_FAIL, 1);
}

static void test_a_restore_that_is_stopped(void **state)
{
	CLEANUP(trial_done) struct trial t = {.dump = dump_of("shop", "stop.dump", NULL)};
	struct cluster_request r = request("trial", true);
	struct restore_request q = {.drill = &t.drill, .cluster = &t.cluster, .tool = tool, .toc = &t.toc,
				    .shape = &t.shape, .jobs = 2};
	int stop[2];

	(void)state;
	inspect_trial(&t);
	MUST(cluster_start(&r, &t.cluster, &err));
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	t.drill.deadline.stop_fd = stop[0];
	assert_int_equal(restore_run(&q, &t.result, &t.findings, &t.summary, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	close(stop[0]);
	close(stop[1]);
}

/* --- rung 1 --- */

static void media(struct trial *t)
{
	t->drill.dump = &t->dump;
	t->drill.deadline = soon();
	MUST(media_check(&t->drill, &t->findings, &t->summary, &err));
}

static void test_media(void **state)
{
	CLEANUP(trial_done) struct trial t = {.dump = dump_of("shop", "media.dump", NULL)}, damaged = {0}, gone = {0};
	struct digest_result r;

	(void)state;
	MUST(digest_file(t.dump.path, NULL, &r, &err));
	memcpy(t.dump.sha256, r.sha256, SHA256_HEX);
	t.drill.manifest_state = MANIFEST_NOT_EXPECTED;
	media(&t);
	count_is(&t.findings, RUNG_MEDIA, RESULT_PASS, 1);
	assert_int_equal(t.findings.check_count, 1);
	assert_non_null(strstr(t.summary.data, "sha256"));

	/* a changed dump, with its list changed along: the ledger's digest is what counts */
	flip(t.dump.path, -5);
	damaged.dump = (struct dump){.path = xstrdup(t.dump.path)};
	MUST(digest_file(t.dump.path, NULL, &r, &err));
	memcpy(damaged.dump.sha256, r.sha256, SHA256_HEX);
	damaged.drill = (struct drill_request){.expected_sha256 = t.dump.sha256, .manifest_state = MANIFEST_MISSING};
	media(&damaged);
	count_is(&damaged.findings, RUNG_MEDIA, RESULT_FAIL, 1);
	count_is(&damaged.findings, RUNG_MEDIA, RESULT_UNDECIDED, 1);

	gone.dump = (struct dump){.path = path_join(data, "no-such.dump")};
	gone.drill = (struct drill_request){.manifest_state = MANIFEST_READ, .manifest_path = "/nowhere/x.json",
					    .expected_manifest_sha256 = r.sha256};
	media(&gone);
	count_is(&gone.findings, RUNG_MEDIA, RESULT_UNDECIDED, 2);
	count_is(&gone.findings, RUNG_MEDIA, RESULT_FAIL, 0);
}

/* In a folder the files that are not as they were are named. */
static void test_media_of_a_folder(void **state)
{
	static const char *const directory[] = {"--format=directory", NULL};
	struct dump d = dump_of("shop", "media.d", directory);
	CLEANUP(trial_done) struct trial t = {.dump = d};
	CLEANUP(digest_list_done) struct digest_list list = {0};
	autofree char *beside = format("%s.sha256", d.path), *toc = path_join(d.path, "toc.dat");
	autofree char *more = path_join(d.path, "more.dat"), *content = NULL;

	(void)state;
	MUST(digest_dump(d.path, NULL, NULL, &list, &err));
	memcpy(t.dump.sha256, list.whole.sha256, SHA256_HEX);
	content = format("%s%s  media.d.json\n", list.text, list.whole.sha256);
	MUST(write_file_durably(beside, content, strlen(content), 0600, &err));
	flip(toc, 100);
	MUST(write_file_durably(more, "x", 1, 0600, &err));
	t.drill.manifest_state = MANIFEST_NOT_EXPECTED;
	media(&t);
	count_is(&t.findings, RUNG_MEDIA, RESULT_FAIL, 1);
	assert_string_equal(t.findings.checks[0].detail, "the bytes of the dump are not those that were stored ('more.dat' was "
			    "added, 'toc.dat' was changed): the disk or somebody changed them");
	findings_done(&t.findings);
	assert_int_equal(unlink(more) | unlink(toc), 0);
	media(&t);
	assert_non_null(strstr(t.findings.checks[0].detail, "('toc.dat' is gone)"));
}

/* Emulated, this program is not one that a sandbox could start as its inner half. */
static void test_a_real_server_needs_a_real_machine(void **state)
{
	(void)state;
	skip();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest emulated[] = {cmocka_unit_test(test_a_real_server_needs_a_real_machine)};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_cluster_answers_and_leaves_nothing),
		cmocka_unit_test(test_a_deep_folder),
		cmocka_unit_test(test_a_cluster_without_room),
		cmocka_unit_test(test_a_dead_cluster_says_so),
		cmocka_unit_test(test_a_cluster_that_writes_without_end),
		cmocka_unit_test(test_a_damaged_template_is_replaced),
		cmocka_unit_test(test_killed_with_us),
		cmocka_unit_test(test_a_healthy_dump),
		cmocka_unit_test(test_one_transaction_when_all_is_known),
		cmocka_unit_test(test_a_database_called_postgres_without_public),
		cmocka_unit_test(test_public_that_is_there_already),
		cmocka_unit_test(test_a_foreign_key_the_source_violates),
		cmocka_unit_test(test_a_function_that_needs_a_search_path),
		cmocka_unit_test(test_forged_messages),
		cmocka_unit_test(test_no_room_in_memory),
		cmocka_unit_test(test_no_room_on_the_disk),
		cmocka_unit_test(test_on_the_disk),
		cmocka_unit_test(test_an_extension_the_box_has_not),
		cmocka_unit_test(test_another_major),
		cmocka_unit_test(test_an_archive_that_was_cut),
		cmocka_unit_test(test_an_archive_that_is_none),
		cmocka_unit_test(test_a_restore_that_is_stopped),
		cmocka_unit_test(test_media),
		cmocka_unit_test(test_media_of_a_folder),
	};

	if (argc > 1 && strcmp(argv[1], SANDBOX_INNER) == 0)
		return sandbox_inner(argc, argv);
	if (argc > 1 && strcmp(argv[1], PLAIN_READER) == 0)
		return plain_reader(argc, argv);
	if (getenv("EMULATED"))
		return cmocka_run_group_tests(emulated, NULL, NULL);
	return cmocka_run_group_tests(tests, start_source, stop_source);
}
