#include "drill/plain_reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "drill/folder.h"
#include "model/plain.h"
#include "port/expand.h"
#include "port/sandbox.h"

#define INSIDE_DUMP "/dump"
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_CAP ((int64_t)0) /* what watches it takes more address space than there is memory */
#else
#define MEMORY_CAP ((int64_t)1 << 30) /* address space: zstd's window, the list, and what was loaded */
#endif
#define FILE_CAP ((int64_t)1 << 20)   /* it has nothing to write */
#define PIECE ((size_t)256 << 10)
#define LIST_CAP ((size_t)60 << 20)   /* whoever captures it takes no more than 64 MiB */
#define SAYS "plain-reader:"	      /* "plain-reader:KIND:SENTENCE\n", the last of its standard error */
#define ITEM "item "
#define ITEM_EVERY_S 0.1
#define KEY_BYTES 16

/* The entries that stand for no row of a catalogue: pg_restore lists them with class 0, by which toc_parse() knows them. */
static const char *const without_class[] = {"TABLE DATA",   "TABLE ATTACH",	 "INDEX ATTACH",
					    "SEQUENCE SET", "SEQUENCE OWNED BY", "MATERIALIZED VIEW DATA"};

/* --- inside --- */

/* What is read, and where it goes. */
struct reader {
	enum plain_use use;
	struct expand *in;
	struct text entries, roles;
	int64_t count;
	int64_t bytes;	   /* unpacked */
	double next_item;
	struct error *err;
	bool failed;	   /* 'err' is filled in: by a callback, which cannot say so otherwise */
};

static void reader_done(struct reader *r)
{
	expand_free(&r->in);
	text_done(&r->entries);
	text_done(&r->roles);
}

/* Standard output is a pipe to psql, or to whoever started us. */
static void put(struct reader *r, const char *bytes, size_t n)
{
	if (!r->failed && write_all(STDOUT_FILENO, bytes, n, "standard output", r->err) < 0)
		r->failed = true;
}

static void hear_sql(void *context, const char *bytes, size_t n)
{
	put(context, bytes, n);
}

static bool has_no_class(const char *type)
{
	for (size_t i = 0; i < COUNT(without_class); i++)
		if (strcmp(type, without_class[i]) == 0)
			return true;
	return false;
}

static void list_entry(struct reader *r, const struct plain_entry *e)
{
	if (r->failed)
		return;
	if (r->entries.length > LIST_CAP) {
		r->failed = true;
		(void)fail(r->err, ERR_SOURCE, "it has more than %lld entries, and no more are taken: restore it by hand",
			   (long long)r->count);
		return;
	}
	text_addf(&r->entries, "%lld; %d 0 %s %s %s %s\n", (long long)r->count, has_no_class(e->type) ? 0 : 1, e->type,
		  e->schema, e->name, e->owner);
}

static void tell_item(struct reader *r, const struct plain_entry *e)
{
	double now = clock_mono();

	if (now < r->next_item)
		return;
	r->next_item = now + ITEM_EVERY_S;
	(void)dprintf(STDERR_FILENO, ITEM "%lld %s %s.%s\n", (long long)r->count, e->type, e->schema, e->name);
}

static void hear_entry(void *context, const struct plain_entry *e)
{
	struct reader *r = context;

	r->count++;
	if (r->use == PLAIN_LIST)
		list_entry(r, e);
	else
		tell_item(r, e);
}

/* One that would be two lines is made when the restore asks for it. */
static void hear_role(void *context, const char *name)
{
	struct reader *r = context;

	if (!strpbrk(name, "\n\r"))
		text_addf(&r->roles, "; Role: %s\n", name);
}

static int read_through(struct reader *r, struct plain *p, struct error *err)
{
	static char piece[PIECE];
	size_t n;

	do {
		if (expand_read(r->in, piece, sizeof(piece), &n, err) < 0 || (n && plain_add(p, piece, n, err) < 0))
			return -1;
		if (r->failed)
			return -1;
		r->bytes += (int64_t)n;
	} while (n);
	return plain_end(p, err);
}

static void add_fact(struct text *out, const char *key, const char *value)
{
	autofree char *line = value ? xstrdup(value) : NULL;

	for (char *c = line; c && *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	if (line)
		text_addf(out, "%s%s\n", key, line);
}

static void add_left_out(struct text *out, size_t n, const char *what)
{
	if (n)
		text_addf(out, "; Left out: %zu %s\n", n, what);
}

/* As pg_restore --list begins its own. */
static void add_head(const struct reader *r, const struct plain_facts *f, struct text *out)
{
	add_fact(out, "; Archive created at ", f->started ? f->started : "a time it does not say");
	add_fact(out, ";     dbname: ", f->database);
	text_addf(out, ";     TOC Entries: %lld\n;     Format: PLAIN\n;     Dump Version: 0\n", (long long)r->count);
	add_fact(out, ";     Dumped from database version: ", f->server_version);
	add_fact(out, ";     Dumped by pg_dump version: ", f->dumped_by);
	add_fact(out, "; Compression: ", packing_word(expand_packing(r->in)));
	text_addf(out, "; Unpacked bytes: %lld\n", (long long)r->bytes);
	add_fact(out, "; Encoding: ", f->encoding);
	add_fact(out, "; Created by: ", f->create_database);
	if (f->makes_public)
		text_add(out, "; Makes public: yes\n");
	add_left_out(out, f->drops, "statements of --clean: the database is new");
	add_left_out(out, f->tablespaces, "choices of a tablespace: the scratch server has one");
	add_left_out(out, f->subscriptions, "statements of subscriptions: nothing is to be fetched from elsewhere");
	add_left_out(out, f->labels, "security labels: the scratch server has no provider of any");
	add_left_out(out, f->statistics, "restored statistics: they are made anew");
	add_left_out(out, f->timeouts, "settings of transaction_timeout, which this server does not know");
	if (r->roles.length)
		text_add(out, r->roles.data);
	text_add(out, ";\n; Selected TOC Entries:\n;\n");
}

static int print_list(struct reader *r, const struct plain *p)
{
	CLEANUP(text_done) struct text head = {0};

	add_head(r, plain_facts(p), &head);
	put(r, head.data, head.length);
	if (r->entries.length)
		put(r, r->entries.data, r->entries.length);
	return r->failed ? -1 : 0;
}

/* psql takes no command of its own any more until it hears the same key, which no dump can know. */
static int restrict_psql(struct reader *r, struct error *err)
{
	unsigned char key[KEY_BYTES];
	CLEANUP(text_done) struct text line = {0};

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return fail(err, ERR_LACKING, "get random bytes: %m");
	text_add(&line, "\\restrict ");
	for (size_t i = 0; i < sizeof(key); i++)
		text_addf(&line, "%02x", key[i]);
	text_add(&line, "\n");
	put(r, line.data, line.length);
	return r->failed ? -1 : 0;
}

static const char *const use_words[] = {[PLAIN_LIST] = "list", [PLAIN_SQL] = "sql", [PLAIN_FOLDER] = "folder"};

static int read_dump(enum plain_use use, int target_major, const char *path, struct error *err)
{
	CLEANUP(reader_done) struct reader r = {.use = use, .err = err};
	const struct plain_ears ears = {.context = &r,
					.sql = use == PLAIN_SQL ? hear_sql : NULL,
					.entry = hear_entry,
					.role = use == PLAIN_LIST ? hear_role : NULL};
	CLEANUP(plain_free) struct plain *p = plain_new(&ears, target_major);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(err, ERR_IO, "open the dump: %m");
	if (expand_open(fd, &r.in, err) < 0 || (use == PLAIN_SQL && restrict_psql(&r, err) < 0) || read_through(&r, p, err) < 0)
		return -1;
	return use == PLAIN_LIST ? print_list(&r, p) : 0;
}

int plain_reader(int argc, char **argv)
{
	struct error err = {0};
	int64_t major = 0;
	int use = -1;

	for (size_t i = 0; argc == 5 && i < COUNT(use_words); i++)
		if (strcmp(argv[2], use_words[i]) == 0)
			use = (int)i;
	if (use < 0 || !parse_int(argv[3], 10, 99, &major)) {
		dprintf(STDERR_FILENO, "%s is how drillbox reads a dump in plain SQL in its sandbox; it is no verb\n",
			PLAIN_READER);
		return error_exit_code(ERR_USAGE);
	}
	if (use == PLAIN_FOLDER ? folder_check(argv[4], &err) == 0 : read_dump((enum plain_use)use, (int)major, argv[4], &err) == 0)
		return 0;
	dprintf(STDERR_FILENO, "%s%s:%s\n", SAYS, error_word(err.kind), err.text);
	return 1;
}

/* --- outside --- */

int plain_reader_start(struct process *p, const struct dump *dump, enum plain_use use, int target_major,
		       const struct process_spec *like, struct error *err)
{
	autofree char *self = NULL, *major = format("%d", target_major);
	const char *const argv[] = {SANDBOX_PROGRAM, PLAIN_READER, use_words[use], major, INSIDE_DUMP, NULL};
	struct process_spec spec = *like;
	struct sandbox_bind binds[] = {{dump->path, INSIDE_DUMP, false}, {NULL, SANDBOX_PROGRAM, false}};
	const struct sandbox sandbox = {
		.binds = binds,
		.bind_count = COUNT(binds),
		.memory_cap = MEMORY_CAP,
		.file_size_cap = FILE_CAP,
	};

	if (sandbox_self(&self, err) < 0)
		return -1;
	binds[1].outside = self;
	spec.argv = argv;
	spec.name = "the reader of plain SQL";
	return sandbox_start(p, &sandbox, &spec, err);
}

/* The last line of what it said, when that is of its own making. */
static int own_error(const char *said, struct error *err)
{
	const char *at = NULL;
	autofree char *kind = NULL;
	char *text;

	for (const char *c = said; (c = strstr(c, SAYS)); c++)
		if (c == said || c[-1] == '\n')
			at = c;
	kind = at ? xstrdup(at + strlen(SAYS)) : NULL;
	text = kind ? strchr(kind, ':') : NULL;
	if (!text)
		return 0;
	*text++ = '\0';
	text[strcspn(text, "\n")] = '\0';
	return fail(err, error_kind_from_word(kind), "%s", text);
}

int plain_reader_end(const struct process *p, struct error *err)
{
	autofree char *epitaph = NULL;

	if (process_succeeded(p))
		return 0;
	if (p->errors.length && own_error(p->errors.data, err) < 0)
		return -1;
	epitaph = process_epitaph(p);
	return fail(err, ERR_LACKING, "%s; drill again", epitaph);
}

bool plain_reader_item(const char *line, int64_t *ret_count, const char **ret_text)
{
	autofree char *number = NULL;
	size_t digits;

	if (!starts_with(line, ITEM))
		return false;
	line += strlen(ITEM);
	digits = strspn(line, "0123456789");
	number = xstrndup(line, digits);
	if (line[digits] != ' ' || !parse_int(number, 0, INT64_MAX, ret_count))
		return false;
	*ret_text = line + digits + 1;
	return true;
}
