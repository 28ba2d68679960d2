#include "model/config.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "model/duration.h"
#include "model/url.h"

#define MOST_JOBS 64
#define MOST_KEPT 3650
#define TEN_YEARS ((int64_t)3650 * 86400)
#define LONGEST_NAME 64
#define LONGEST_PATH 1000

/*
 * A type reads a value into the field at 'slot' and writes it back. 'shape' ends
 * the sentence "key = 'value' is not ...".
 */
struct config_type {
	bool (*read)(const struct config_type *type, const char *dir, const char *value, void *slot);
	char *(*write)(const struct config_type *type, const void *slot);
	const char *shape;
	int64_t low, high;	  /* of numbers, and of the bytes of a text */
	const char *const *words; /* for those that choose one, ended by NULL */
	bool secret;		  /* never repeated in an error */
};

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static bool read_text(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	(void)dir;
	if (has_control(value) || (int64_t)strlen(value) < type->low || (int64_t)strlen(value) > type->high)
		return false;
	set_text(slot, value);
	return true;
}

static char *write_text(const struct config_type *type, const void *slot)
{
	const char *text = *(char *const *)slot;

	(void)type;
	return xstrdup(text ? text : "");
}

static bool read_path(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	autofree char *path = path_join(dir, value);

	return value[0] && read_text(type, dir, path, slot);
}

static bool read_secret_path(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	const char *credential = "credential:";

	if (!starts_with(value, credential))
		return read_path(type, dir, value, slot);
	/* the name of a file in one folder, never a way out of it */
	value += strlen(credential);
	return *value && !strchr(value, '/') && value[0] != '.' && read_text(type, dir, value - strlen(credential), slot);
}

static bool read_folders(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	CLEANUP(strings_done) struct strings list = {0};
	struct strings *folders = slot, old;

	while (*value) {
		size_t n = strcspn(value, ":");
		autofree char *copy = xstrndup(value, n);
		autofree char *path = NULL;
		const char *name = trim(copy);

		if (!*name || !read_path(type, dir, name, &path))
			return false;
		strings_add(&list, path);
		value += n + (value[n] == ':');
	}
	if (list.count == 0)
		return false;
	old = *folders;
	*folders = list;
	list = old;
	return true;
}

static char *write_folders(const struct config_type *type, const void *slot)
{
	(void)type;
	return strings_join(slot, ":", SIZE_MAX);
}

static int word_index(const struct config_type *type, const char *value)
{
	for (int i = 0; type->words[i]; i++)
		if (same(type->words[i], value))
			return i;
	return -1;
}

static bool read_word(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int i = word_index(type, value);

	(void)dir;
	if (i >= 0)
		*(unsigned *)slot = (unsigned)i;
	return i >= 0;
}

static char *write_word(const struct config_type *type, const void *slot)
{
	return xstrdup(type->words[*(const unsigned *)slot]);
}

static bool read_bool(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int i = word_index(type, value);

	(void)dir;
	if (i >= 0)
		*(bool *)slot = i == 1;
	return i >= 0;
}

static char *write_bool(const struct config_type *type, const void *slot)
{
	return xstrdup(type->words[*(const bool *)slot]);
}

/* A word that is kept as text. */
static bool read_choice(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	(void)dir;
	if (word_index(type, value) < 0)
		return false;
	set_text(slot, value);
	return true;
}

static bool read_number(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int64_t n;

	(void)dir;
	if (!parse_int(value, type->low, type->high, &n))
		return false;
	*(int *)slot = (int)n;
	return true;
}

static char *write_number(const struct config_type *type, const void *slot)
{
	(void)type;
	return format("%d", *(const int *)slot);
}

/* Where 0 is allowed, it is written "none". */
static bool is_none(const struct config_type *type, const char *value)
{
	return type->low == 0 && same(value, "none");
}

static bool read_duration(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int64_t seconds = 0;

	(void)dir;
	if (!is_none(type, value) &&
	    (!duration_parse(value, &seconds) || seconds < type->low || seconds > type->high))
		return false;
	*(int64_t *)slot = seconds;
	return true;
}

static char *write_duration(const struct config_type *type, const void *slot)
{
	int64_t seconds = *(const int64_t *)slot;

	return seconds == 0 && type->low == 0 ? xstrdup("none") : duration_text(seconds);
}

static bool read_size(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	int64_t bytes = 0;

	(void)dir;
	if (!is_none(type, value) && !size_parse(value, &bytes))
		return false;
	*(int64_t *)slot = bytes;
	return true;
}

static char *write_size(const struct config_type *type, const void *slot)
{
	int64_t bytes = *(const int64_t *)slot;

	(void)type;
	return bytes == 0 ? xstrdup("none") : size_text(bytes);
}

static bool read_schedule(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	struct error ignored; /* the type's shape says the same */

	(void)type;
	(void)dir;
	return schedule_parse(value, slot, &ignored) == 0;
}

static char *write_schedule(const struct config_type *type, const void *slot)
{
	(void)type;
	return schedule_text(slot);
}

/* METHOD or METHOD:DETAIL, as pg_dump takes it. */
static bool read_compress(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	static const char detail_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789=,-";
	size_t n = strcspn(value, ":");
	autofree char *method = xstrndup(value, n);
	const char *detail = value[n] ? value + n + 1 : NULL;

	if (word_index(type, method) < 0)
		return false;
	if (detail && (!*detail || same(method, "none") || strspn(detail, detail_bytes) != strlen(detail)))
		return false;
	return read_text(type, dir, value, slot);
}

/* A name or an address to dial, without a port. */
static bool read_address(const struct config_type *type, const char *dir, const char *value, void *slot)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
	bool named = strspn(value, plain) == strlen(value) && value[0] != '-' && value[0] != '.';

	return (named || inet_pton(AF_INET6, value, &(struct in6_addr){0}) == 1) && read_text(type, dir, value, slot);
}

static const char *const backend_words[] = {"auto", "gpio", "terminal", "none", NULL};
static const char *const type_words[] = {"postgres", NULL};
static const char *const format_words[] = {"custom", "directory", NULL};
static const char *const compress_words[] = {"none", "gzip", "lz4", "zstd", NULL};
static const char *const counts_words[] = {"off", "exact", NULL};
static const char *const level_words[] = {"quick", "standard", "deep", NULL};

static const struct config_type type_name = {
	.read = read_text, .write = write_text,
	.shape = "1 to 64 bytes of text", .low = 1, .high = LONGEST_NAME,
};
static const struct config_type type_line = {
	.read = read_text, .write = write_text,
	.shape = "the label or name of a line, or its offset", .low = 1, .high = LONGEST_NAME,
};
static const struct config_type type_role = {
	.read = read_text, .write = write_text,
	.shape = "the name of a role, at most 63 bytes", .low = 1, .high = 63,
};
static const struct config_type type_url = {
	.read = read_text, .write = write_text,
	.shape = "a URL of at most 2000 bytes", .low = 1, .high = 2000, .secret = true,
};
static const struct config_type type_path = {
	.read = read_path, .write = write_text,
	.shape = "a path", .low = 1, .high = LONGEST_PATH,
};
static const struct config_type type_secret = {
	.read = read_secret_path, .write = write_text,
	.shape = "a path or credential:NAME", .low = 1, .high = LONGEST_PATH,
};
static const struct config_type type_folders = {
	.read = read_folders, .write = write_folders,
	.shape = "a list of folders with ':' between", .low = 1, .high = LONGEST_PATH,
};
static const struct config_type type_address = {
	.read = read_address, .write = write_text,
	.shape = "a host's name or address without a port", .low = 1, .high = 253,
};
static const struct config_type type_backend = {
	.read = read_word, .write = write_word,
	.shape = "one of auto, gpio, terminal, none", .words = backend_words,
};
static const struct config_type type_type = {
	.read = read_choice, .write = write_text,
	.shape = "'postgres'", .words = type_words,
};
static const struct config_type type_format = {
	.read = read_word, .write = write_word,
	.shape = "one of custom, directory", .words = format_words,
};
static const struct config_type type_compress = {
	.read = read_compress, .write = write_text,
	.shape = "one of none, gzip, lz4, zstd, with a level as in zstd:3", .low = 1, .high = 64, .words = compress_words,
};
static const struct config_type type_counts = {
	.read = read_bool, .write = write_bool,
	.shape = "one of exact, off", .words = counts_words,
};
static const struct config_type type_level = {
	.read = read_word, .write = write_word,
	.shape = "one of quick, standard, deep", .words = level_words,
};
static const struct config_type type_jobs = {
	.read = read_number, .write = write_number,
	.shape = "a number from 1 to 64", .low = 1, .high = MOST_JOBS,
};
static const struct config_type type_kept = {
	.read = read_number, .write = write_number,
	.shape = "a number from 0 to 3650", .low = 0, .high = MOST_KEPT,
};
static const struct config_type type_duration = {
	.read = read_duration, .write = write_duration,
	.shape = "a time like 90 s, 5 min, 6h or 2d", .low = 1, .high = TEN_YEARS,
};
static const struct config_type type_duration_or_none = {
	.read = read_duration, .write = write_duration,
	.shape = "a time like 90 s, 5 min, 6h or 2d, or none", .low = 0, .high = TEN_YEARS,
};
static const struct config_type type_size_or_none = {
	.read = read_size, .write = write_size,
	.shape = "a size like 20 GB, or none",
};
static const struct config_type type_schedule = {
	.read = read_schedule, .write = write_schedule,
	.shape = "a time of day like 04:15, a weekday and a time like Sun 03:00, or every 6h (from 30 min to 31d)",
};

#define BOX(field) offsetof(struct box_config, field)
#define SOURCE(field) offsetof(struct source_config, field)

static const struct config_key box_keys[] = {
	{"box", "name", "the host's name", "what the box calls itself", &type_name, BOX(name)},
	{"box", "data", "/var/lib/drillbox", "folder for the dumps, the ledger and the scratch room", &type_path,
	 BOX(data)},
	{"panel", "backend", "auto", "auto (gpio on a known board, else none), gpio, terminal or none", &type_backend,
	 BOX(backend)},
	{"panel", "chip", "the board's", "label of the GPIO chip", &type_line, BOX(chip)},
	{"panel", "pass", "the board's", "name or offset of the green lamp's line", &type_line, BOX(pass)},
	{"panel", "busy", "the board's", "name or offset of the amber lamp's line", &type_line, BOX(busy)},
	{"panel", "fail", "the board's", "name or offset of the red lamp's line", &type_line, BOX(fail)},
	{"panel", "button", "the board's", "name or offset of the button's line", &type_line, BOX(button)},
	{"postgres", "bin", "every /usr/lib/postgresql/*/bin", "folders with PostgreSQL's programs, ':' between",
	 &type_folders, BOX(bins)},
	{0},
};

static const struct config_key source_keys[] = {
	{"source", "type", "postgres", "postgres: a live server", &type_type, SOURCE(type)},
	{"source", "url", "",
	 "postgresql://user@host:port/database, user drillbox and port 5432 unless given; the certificate must name the host",
	 &type_url, SOURCE(url)},
	{"source", "address", "the host of url", "what is dialled instead, for internal names and tunnels", &type_address,
	 SOURCE(at.address)},
	{"source", "password-file", "none", "file with the password, or credential:NAME", &type_secret,
	 SOURCE(password_file)},
	{"source", "client-cert", "none", "file with the client's certificate, or credential:NAME", &type_secret,
	 SOURCE(client_cert)},
	{"source", "client-key", "none", "file with its key, or credential:NAME", &type_secret, SOURCE(client_key)},
	{"source", "ca", "the system's", "file with the certificates to trust, or credential:NAME", &type_secret,
	 SOURCE(ca)},
	{"pull", "schedule", "04:15", "when to pull, in the box's time: 04:15, Sun 03:00, every 6h", &type_schedule,
	 SOURCE(schedule)},
	{"pull", "format", "custom", "of the dumps: custom or directory", &type_format, SOURCE(format)},
	{"pull", "jobs", "1", "tables dumped at a time; more than 1 needs format = directory", &type_jobs,
	 SOURCE(pull_jobs)},
	{"pull", "compress", "zstd:3", "none, gzip, lz4 or zstd, with a level", &type_compress, SOURCE(compress)},
	{"pull", "timeout", "6h", "a pull that takes longer is ended", &type_duration, SOURCE(pull_timeout_s)},
	{"pull", "lock-timeout", "5 min", "how long to wait for a lock on a table", &type_duration,
	 SOURCE(lock_timeout_s)},
	{"pull", "max-size", "none", "a dump that grows larger is ended", &type_size_or_none, SOURCE(max_size)},
	{"pull", "counts", "exact", "exact, or off for a huge source: its rows are then not compared", &type_counts,
	 SOURCE(counts)},
	{"pull", "stale-after", "the schedule's interval and a quarter, at least 2 h more",
	 "a source whose newest proven dump is older is not in date", &type_duration, SOURCE(stale_after_s)},
	{"drill", "level", "standard", "quick, standard or deep", &type_level, SOURCE(level)},
	{"drill", "jobs", "the number of cores", "tables restored at a time", &type_jobs, SOURCE(drill_jobs)},
	{"drill", "timeout", "6h", "a drill that takes longer is ended, undecided", &type_duration,
	 SOURCE(drill_timeout_s)},
	{"drill", "budget", "none", "a restore that takes longer is a fail", &type_duration_or_none, SOURCE(budget_s)},
	{"drill", "app-role", "none", "the role your application logs in as; not used yet", &type_role, SOURCE(app_role)},
	{"drill", "smoke", "none", "SQL file to run as that role and roll back; not used yet", &type_path, SOURCE(smoke)},
	{"keep", "daily", "7", "days of which the newest proven dump is kept", &type_kept, SOURCE(keep_daily)},
	{"keep", "weekly", "4", "weeks of which the newest proven dump is kept", &type_kept, SOURCE(keep_weekly)},
	{"keep", "monthly", "12", "months of which the newest proven dump is kept", &type_kept, SOURCE(keep_monthly)},
	{0},
};

const struct config_key *config_keys(bool of_source)
{
	return of_source ? source_keys : box_keys;
}

static const struct config_key *find_key(const struct config_key *keys, const char *section, const char *key)
{
	for (; keys->section; keys++)
		if (same(keys->section, section) && same(keys->key, key))
			return keys;
	return NULL;
}

static bool has_section(const struct config_key *keys, const char *section)
{
	for (; keys->section; keys++)
		if (same(keys->section, section))
			return true;
	return false;
}

/* A section or key that 'keys' does not have: say what comes near, or where it belongs. */
static int unknown_section(const struct config_key *keys, const char *section, struct error *err)
{
	const char *names[COUNT(source_keys) + COUNT(box_keys)] = {0};
	autofree char *shown = printable(section, false);
	const char *near;
	size_t n = 0;

	if (section[0] == '\0')
		return fail(err, ERR_CONFIG, "a key stands before the first [section]");
	if (keys == source_keys && has_section(box_keys, section))
		return fail(err, ERR_CONFIG, "section [%s] belongs in drillbox.conf, not in a source's file", shown);
	if (keys == box_keys && has_section(source_keys, section))
		return fail(err, ERR_CONFIG, "section [%s] belongs in a source's file, sources.d/NAME.conf", shown);
	for (const struct config_key *k = keys; k->section; k++)
		names[n++] = k->section;
	near = nearest_name(section, names);
	if (near)
		return fail(err, ERR_CONFIG, "unknown section [%s]: did you mean [%s]?", shown, near);
	return fail(err, ERR_CONFIG, "unknown section [%s]: 'drillbox config --all' lists what there is", shown);
}

static int unknown_key(const struct config_key *keys, const char *section, const char *key, struct error *err)
{
	const char *names[COUNT(source_keys) + COUNT(box_keys)] = {0};
	autofree char *shown = printable(key, false);
	const char *near;
	size_t n = 0;

	for (const struct config_key *k = keys; k->section; k++)
		if (same(k->section, section))
			names[n++] = k->key;
	near = nearest_name(key, names);
	if (near)
		return fail(err, ERR_CONFIG, "unknown key '%s' in [%s]: did you mean '%s'?", shown, section, near);
	for (const struct config_key *k = keys; k->section; k++)
		if (same(k->key, key))
			return fail(err, ERR_CONFIG, "unknown key '%s' in [%s]: it belongs in [%s]", shown, section, k->section);
	return fail(err, ERR_CONFIG, "unknown key '%s' in [%s]: 'drillbox config --all' lists what there is", shown, section);
}

static int set(const struct config_key *keys, void *base, const char *dir, const char *section, const char *key,
	       const char *value, struct error *err)
{
	const struct config_key *k = find_key(keys, section, key);

	if (!k && !has_section(keys, section))
		return unknown_section(keys, section, err);
	if (!k)
		return unknown_key(keys, section, key, err);
	if (!k->type->read(k->type, dir, value, (char *)base + k->offset)) {
		autofree char *shown = printable(k->type->secret ? "..." : value, false);

		return fail(err, ERR_CONFIG, "%s = '%.100s' is not %s", key, shown, k->type->shape);
	}
	return 0;
}

static char *get(const struct config_key *keys, const void *base, const char *section, const char *key)
{
	const struct config_key *k = find_key(keys, section, key);

	return k ? k->type->write(k->type, (const char *)base + k->offset) : NULL;
}

int box_config_set(struct box_config *box, const char *dir, const char *section, const char *key, const char *value,
		   struct error *err)
{
	return set(box_keys, box, dir, section, key, value, err);
}

char *box_config_get(const struct box_config *box, const char *section, const char *key)
{
	return get(box_keys, box, section, key);
}

/* The URL is taken apart at once, so that the error has its line. */
static int set_url(struct source_config *source, const char *dir, const char *value, struct error *err)
{
	CLEANUP(url_done) struct url url = {0};

	if (url_parse(value, &url, err) < 0 || set(source_keys, source, dir, "source", "url", value, err) < 0)
		return -1;
	free(source->at.host);
	free(source->at.port);
	free(source->at.database);
	free(source->at.user);
	source->at.host = take(url.host);
	source->at.port = take(url.port);
	source->at.database = take(url.database);
	source->at.user = take(url.user);
	return 0;
}

int source_config_set(struct source_config *source, const char *dir, const char *section, const char *key,
		      const char *value, struct error *err)
{
	if (same(section, "source") && same(key, "url"))
		return set_url(source, dir, value, err);
	return set(source_keys, source, dir, section, key, value, err);
}

char *source_config_get(const struct source_config *source, const char *section, const char *key)
{
	return get(source_keys, source, section, key);
}

void box_config_init(struct box_config *box)
{
	char host[LONGEST_NAME + 1] = "";

	*box = (struct box_config){.data = xstrdup("/var/lib/drillbox")};
	(void)gethostname(host, sizeof(host) - 1);
	box->name = xstrdup(host[0] ? host : "drillbox");
}

static int cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MOST_JOBS ? MOST_JOBS : (int)n;
}

void source_config_init(struct source_config *source, const char *name)
{
	*source = (struct source_config){
		.name = xstrdup(name),
		.type = xstrdup("postgres"),
		.schedule = {.weekday = -1, .hour = 4, .minute = 15},
		.format = FORMAT_CUSTOM,
		.pull_jobs = 1,
		.compress = xstrdup("zstd:3"),
		.pull_timeout_s = 6 * 3600,
		.lock_timeout_s = 300,
		.counts = true,
		.level = LEVEL_STANDARD,
		.drill_jobs = cores(),
		.drill_timeout_s = 6 * 3600,
		.keep_daily = 7,
		.keep_weekly = 4,
		.keep_monthly = 12,
	};
}

int box_config_finish(struct box_config *box, struct error *err)
{
	const struct {
		const char *key, *line;
	} lines[] = {{"pass", box->pass}, {"busy", box->busy}, {"fail", box->fail}, {"button", box->button}};

	if (box->data[0] != '/' || box->data[strspn(box->data, "/")] == '\0')
		return fail(err, ERR_CONFIG, "[box] data = '%s' is no folder of its own: name an absolute path", box->data);
	for (size_t i = 0; i < COUNT(lines); i++)
		for (size_t j = 0; j < i; j++)
			if (lines[i].line && same(lines[i].line, lines[j].line))
				return fail(err, ERR_CONFIG, "[panel] %s and %s are both line '%s': give each its own",
					    lines[j].key, lines[i].key, lines[i].line);
	return 0;
}

static int finish_connection(const struct source_config *source, struct error *err)
{
	bool on_socket = source->at.host && source->at.host[0] == '/';

	if (!source->url)
		return fail(err, ERR_CONFIG, "[source] url is missing: add url = postgresql://user@host:5432/database");
	if (!source->client_cert != !source->client_key)
		return fail(err, ERR_CONFIG, "[source] %s is missing: a client certificate and its key go together",
			    source->client_cert ? "client-key" : "client-cert");
	if (on_socket && (source->ca || source->client_cert))
		return fail(err, ERR_CONFIG, "[source] %s has no use where url is a Unix socket: take it out",
			    source->ca ? "ca" : "client-cert");
	if (on_socket && source->at.address)
		return fail(err, ERR_CONFIG, "[source] address has no use where url is a Unix socket: take it out");
	return 0;
}

int source_config_finish(struct source_config *source, struct error *err)
{
	if (finish_connection(source, err) < 0)
		return -1;
	if (source->pull_jobs > 1 && source->format != FORMAT_DIRECTORY)
		return fail(err, ERR_CONFIG, "[pull] jobs = %d needs format = directory: pg_dump writes one file with one job",
			    source->pull_jobs);
	if (source->smoke && !source->app_role)
		return fail(err, ERR_CONFIG, "[drill] smoke needs app-role: name the role it is to run as");
	if (source->stale_after_s == 0)
		source->stale_after_s = schedule_stale_after_s(&source->schedule);
	return 0;
}

int config_environment(const char *const *environment, struct error *err)
{
	static const struct {
		const char *pattern, *instead;
	} refused[] = {
		{"PGPASSWORD", "put the password in a file of mode 0600, name that with '[source] password-file'"},
		{"PGPASSFILE", "name a file with the password with '[source] password-file'"},
		{"PGSERVICE", "write the address out in '[source] url'"},
		{"PGSERVICEFILE", "write the address out in '[source] url'"},
		{"PGSYSCONFDIR", "write the address out in '[source] url'"},
		{"PGHOSTADDR", "name what is to be dialled with '[source] address'"},
		{"PGSSLROOTCERT", "name the certificates to trust with '[source] ca'"},
		{"PGSSLCERT", "name the certificate with '[source] client-cert'"},
		{"PGSSLKEY", "name the key with '[source] client-key'"},
		{"PGSSL*", "TLS is always verified in full"},
		{"PGREQUIRESSL", "TLS is always verified in full"},
		{"PGGSS*", "connections are made with TLS only"},
		{"PGKRBSRVNAME", "connections are made with TLS only"},
		{"PGCHANNELBINDING", "the box settles how a login is protected"},
		{"PGREQUIREAUTH", "the box settles how a login is protected"},
		{"PGREQUIREPEER", "the box settles how a login is protected"},
	};

	for (; *environment; environment++) {
		autofree char *name = xstrndup(*environment, strcspn(*environment, "="));

		for (size_t i = 0; i < COUNT(refused); i++)
			if (fnmatch(refused[i].pattern, name, 0) == 0)
				return fail(err, ERR_CONFIG, "the environment sets '%s', which the box does not take: %s; then "
					    "'unset %s'", name, refused[i].instead, name);
	}
	return 0;
}

bool source_name_valid(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t length = strlen(name);

	return length >= 1 && length <= LONGEST_NAME && name[0] != '-' && strspn(name, plain) == length;
}

const struct source_config *config_source(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->source_count; i++)
		if (same(c->sources[i]->name, name))
			return c->sources[i];
	return NULL;
}

void source_config_done(struct source_config *source)
{
	char *const texts[] = {
		source->name, source->path, source->type, source->url, source->at.host, source->at.address,
		source->at.port, source->at.database, source->at.user, source->password_file, source->client_cert,
		source->client_key, source->ca, source->compress, source->app_role, source->smoke,
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		free(texts[i]);
	*source = (struct source_config){0};
}

static void box_config_done(struct box_config *box)
{
	char *const texts[] = {box->name, box->data, box->chip, box->pass, box->busy, box->fail, box->button};

	for (size_t i = 0; i < COUNT(texts); i++)
		free(texts[i]);
	strings_done(&box->bins);
}

void config_done(struct config *c)
{
	for (size_t i = 0; i < c->source_count; i++) {
		source_config_done(c->sources[i]);
		free(c->sources[i]);
	}
	free(c->sources);
	box_config_done(&c->box);
	free(c->path);
	free(c->dir);
	*c = (struct config){0};
}
