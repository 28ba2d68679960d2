#include "model/config.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/config_value.h"
#include "model/duration.h"
#include "model/url.h"

#define COMPRESS_DEFAULT "zstd:3"
#define LOCK_TIMEOUT_DEFAULT 300
#define REGION_DEFAULT "us-east-1"
#define LONGEST_KEY 1024 /* bytes of an object's key */

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
	{"notify", "ping-file", "none",
	 "file with the https URL of a dead-man's switch, or credential:NAME; it is called while green beats, and only then",
	 &type_secret, BOX(notify.ping_file)},
	{"notify", "ping-every", "5 min", "how often it is called", &type_ping_every, BOX(notify.ping_every_s)},
	{"notify", "webhook-file", "none",
	 "file with the https URL that is told of a fail, of a source no longer in date, of a refused pull and of recovery, or "
	 "credential:NAME",
	 &type_secret, BOX(notify.webhook_file)},
	{"notify", "webhook-body", "json", "what it takes: json, slack (and what is like it) or ntfy", &type_body,
	 BOX(notify.body)},
	{"notify", "weekly", "Mon 08:00", "when it gets one line on how all is, in the box's time; or none", &type_weekly,
	 BOX(notify.weekly)},
	{"notify", "ca", "the system's", "file with the certificates to trust there, or credential:NAME", &type_secret,
	 BOX(notify.ca)},
	{"notify", "proxy", "none", "http://host:port, asked to CONNECT", &type_proxy, BOX(notify.proxy)},
	{0},
};

static const struct config_key source_keys[] = {
	{"source", "type", "as the url says",
	 "postgres: a live server; https: its dumps on a web server; s3: its dumps in an object store", &type_type,
	 SOURCE(type)},
	{"source", "url", "",
	 "postgresql://user@host:port/database, user drillbox and port 5432 unless given; https://host/folder/ or a file; "
	 "s3://bucket/prefix; the certificate must name the host",
	 &type_url, SOURCE(url)},
	{"source", "address", "the host of url", "what is dialled instead, for internal names and tunnels", &type_address,
	 SOURCE(at.address)},
	{"source", "password-file", "none", "file with the password, or credential:NAME", &type_secret,
	 SOURCE(password_file)},
	{"source", "user", "none", "https: who the password is of", &type_user, SOURCE(user)},
	{"source", "token-file", "none", "https: file with a bearer token, or credential:NAME", &type_secret,
	 SOURCE(token_file)},
	{"source", "headers-file", "none", "https: file with further headers, 'Name: value' a line, or credential:NAME",
	 &type_secret, SOURCE(headers_file)},
	{"source", "pattern", "*.dump", "https, s3: which names in a folder are dumps; the newest by time is pulled", &type_pattern,
	 SOURCE(pattern)},
	{"source", "endpoint", "https://s3.REGION.amazonaws.com", "s3: where the object store is", &type_web_url,
	 SOURCE(endpoint)},
	{"source", "region", "us-east-1", "s3: the region that requests are signed for", &type_region, SOURCE(region)},
	{"source", "style", "auto", "s3: where the bucket's name goes: path, virtual (the host's name), auto (virtual at Amazon)",
	 &type_style, SOURCE(style)},
	{"source", "access-key", "none", "s3: the name of the key, AKIA...", &type_access_key,
	 SOURCE(access_key)},
	{"source", "secret-key-file", "none", "s3: file with the secret key, or credential:NAME", &type_secret,
	 SOURCE(secret_key_file)},
	{"source", "session-token-file", "none", "s3: file with the token of a session, or credential:NAME", &type_secret,
	 SOURCE(session_token_file)},
	{"source", "client-cert", "none", "file with the client's certificate, or credential:NAME", &type_secret,
	 SOURCE(client_cert)},
	{"source", "client-key", "none", "file with its key, or credential:NAME", &type_secret, SOURCE(client_key)},
	{"source", "ca", "the system's", "file with the certificates to trust, or credential:NAME", &type_secret,
	 SOURCE(ca)},
	{"source", "pin", "none", "https, s3: the server's public key as sha256/BASE64, on top of all else that is verified",
	 &type_pin, SOURCE(pin)},
	{"source", "proxy", "none", "https, s3: http://host:port, asked to CONNECT", &type_proxy, SOURCE(proxy)},
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
	{"pull", "limit", "none", "a pull takes no more than that of the line, like 2 MB/s", &type_rate, SOURCE(limit)},
	{"pull", "window", "always",
	 "the hours in which the schedule pulls, in the box's time, like 22:00-06:00; what is not over then goes on at the next",
	 &type_window, SOURCE(window)},
	{"pull", "counts", "exact", "exact, or off for a huge source: its rows are then not compared", &type_counts,
	 SOURCE(counts)},
	{"pull", "stale-after", "the schedule's interval and a quarter, at least 2 h more, and what it may wait for the window",
	 "a source whose newest proven dump is older is not in date", &type_duration, SOURCE(stale_after_s)},
	{"drill", "level", "standard", "quick, standard or deep", &type_level, SOURCE(level)},
	{"drill", "not-hashed", "none", "deep: tables whose contents are not compared, as SCHEMA.TABLE: REASON; SCHEMA.*: REASON",
	 &type_exempt, SOURCE(not_hashed)},
	{"drill", "jobs", "the number of cores", "tables restored at a time", &type_jobs, SOURCE(drill_jobs)},
	{"drill", "timeout", "6h", "a drill that takes longer is ended, undecided", &type_duration,
	 SOURCE(drill_timeout_s)},
	{"drill", "budget", "none", "a restore that takes longer is a fail", &type_duration_or_none, SOURCE(budget_s)},
	{"drill", "app-role", "none", "the role your application logs in as: each drill logs in by it", &type_role,
	 SOURCE(app_role)},
	{"drill", "smoke", "none", "SQL file that each drill runs as that role, and rolls back", &type_path, SOURCE(smoke)},
	{"keep", "daily", "7", "days of which the newest proven dump is kept", &type_kept, SOURCE(keep_daily)},
	{"keep", "weekly", "4", "weeks of which the newest proven dump is kept", &type_kept, SOURCE(keep_weekly)},
	{"keep", "monthly", "12", "months of which the newest proven dump is kept", &type_kept, SOURCE(keep_monthly)},
	{"notify", "ping-file", "none",
	 "file with the https URL that is told of each round (URL/start, URL, URL/fail), or credential:NAME", &type_secret,
	 SOURCE(ping_file)},
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

static int belongs_elsewhere(const struct config_key *keys, const char *what, struct error *err)
{
	if (keys == source_keys)
		return fail(err, ERR_CONFIG, "%s belongs in drillbox.conf, not in a source's file", what);
	return fail(err, ERR_CONFIG, "%s belongs in a source's file, sources.d/NAME.conf", what);
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
	if (has_section(keys == source_keys ? box_keys : source_keys, section)) {
		autofree char *what = format("section [%s]", shown);

		return belongs_elsewhere(keys, what, err);
	}
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

	/* both have a [notify] */
	if (find_key(keys == source_keys ? box_keys : source_keys, section, key)) {
		autofree char *what = format("'%s' of [%s]", shown, section);

		return belongs_elsewhere(keys, what, err);
	}
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

/* It has become a part of the value, which may well be one with a '#'. */
static bool has_comment(const char *value)
{
	for (const char *p = value; *p; p++)
		if ((*p == '#' || *p == ';') && (p == value || p[-1] == ' ' || p[-1] == '\t'))
			return true;
	return false;
}

static int unfit(const struct config_key *k, const char *value, struct error *err)
{
	autofree char *shown = printable(k->type->secret ? "..." : value, false);
	const char *near = k->type->words ? nearest_name(value, k->type->words) : NULL;

	return fail(err, ERR_CONFIG, "%s = '%.100s' is not %s%s%s%s%s", k->key, shown, k->type->shape,
		    near ? ": did you mean '" : "",
		    near ? near : "", near ? "'?" : "", has_comment(value) ? "; a comment stands on a line of its own" : "");
}

static int set(const struct config_key *keys, void *base, const char *dir, const char *section, const char *key,
	       const char *value, struct error *err)
{
	const struct config_key *k = find_key(keys, section, key);

	if (!k && !has_section(keys, section))
		return unknown_section(keys, section, err);
	if (!k)
		return unknown_key(keys, section, key, err);
	return k->type->read(k->type, dir, value, (char *)base + k->offset) ? 0 : unfit(k, value, err);
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

static int set_postgres_url(struct source_config *source, const char *value, struct error *err)
{
	CLEANUP(url_done) struct url url = {0};

	if (url_parse(value, &url, err) < 0)
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

static int set_https_url(struct source_config *source, const char *value, struct error *err)
{
	struct web_url url;

	if (web_url_parse(value, &url, err) < 0)
		return -1;
	web_url_done(&source->web);
	source->web = url;
	return 0;
}

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* s3://bucket/prefix. Keys may hold anything; a bucket's name is a host's, or older and freer. */
static int set_s3_url(struct source_config *source, const char *value, struct error *err)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
	const char *bucket = value + strlen("s3://");
	size_t n = strcspn(bucket, "/");

	/* never shown: people write their keys there */
	if (n < 3 || n > 255 || strspn(bucket, plain) < n || !is_letter_or_digit(bucket[0]) || !is_letter_or_digit(bucket[n - 1]))
		return fail(err, ERR_CONFIG, "the URL does not name a bucket: write s3://bucket/prefix, and keys with 'access-key' "
			    "and 'secret-key-file'");
	if (has_control(value) || strlen(bucket + n) > LONGEST_KEY)
		return fail(err, ERR_CONFIG,
			    "the prefix in the URL can be no key's beginning: it has at most %d bytes, none of them a "
			    "control character",
			    LONGEST_KEY);
	free(source->bucket);
	source->bucket = xstrndup(bucket, n);
	set_text(&source->prefix, bucket[n] ? bucket + n + 1 : "");
	return 0;
}

static int set_no_url(struct source_config *source UNUSED, const char *value, struct error *err)
{
	if (starts_with(value, "http://"))
		return fail(err, ERR_CONFIG, "the URL begins with http://, and nothing is pulled unencrypted: write https://");
	return fail(err, ERR_CONFIG, "the URL does not begin with postgresql://, https:// or s3://: correct it");
}

/* By its scheme; taken apart at once, so that an error has its line. */
static int set_url(struct source_config *source, const char *dir, const char *value, struct error *err)
{
	static const struct {
		const char *scheme;
		int (*set)(struct source_config *source, const char *value, struct error *err);
		enum source_type type;
	} kinds[] = {
		{"postgresql://", set_postgres_url, SOURCE_POSTGRES},
		{"postgres://", set_postgres_url, SOURCE_POSTGRES},
		{"https://", set_https_url, SOURCE_HTTPS},
		{"s3://", set_s3_url, SOURCE_S3},
		{"", set_no_url, SOURCE_POSTGRES},
	};
	size_t i = 0;

	while (!starts_with(value, kinds[i].scheme))
		i++;
	if (kinds[i].set(source, value, err) < 0 ||
	    set(source_keys, source, dir, "source", "url", value, err) < 0)
		return -1;
	source->url_type = kinds[i].type;
	return 0;
}

int source_config_set(struct source_config *source, const char *dir, const char *section, const char *key,
		      const char *value, struct error *err)
{
	if (same(section, "source") && same(key, "type"))
		source->type_given = true;
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

	*box = (struct box_config){
		.data = xstrdup("/var/lib/drillbox"),
		.notify = {.ping_every_s = 300, .weekly = {.weekday = 1, .hour = 8}},
	};
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
		.schedule = {.weekday = -1, .hour = 4, .minute = 15},
		.format = FORMAT_CUSTOM,
		.pull_jobs = 1,
		.compress = xstrdup(COMPRESS_DEFAULT),
		.pull_timeout_s = 6 * 3600,
		.lock_timeout_s = LOCK_TIMEOUT_DEFAULT,
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

static int finish_postgres(const struct source_config *source, struct error *err)
{
	bool on_socket = source->at.host && source->at.host[0] == '/';

	if (on_socket && (source->ca || source->client_cert))
		return fail(err, ERR_CONFIG, "[source] %s has no use where url is a Unix socket: take it out",
			    source->ca ? "ca" : "client-cert");
	if (on_socket && source->at.address)
		return fail(err, ERR_CONFIG, "[source] address has no use where url is a Unix socket: take it out");
	if (on_socket && source->limit)
		return fail(err, ERR_CONFIG, "[pull] limit has no use where url is a Unix socket: take it out");
	return 0;
}

static bool is_folder(const struct web_url *url)
{
	return ends_with(url->path, "/");
}

static int finish_https(const struct source_config *source, struct error *err)
{
	autofree char *file = web_url_file(&source->web);

	if (source->user && !source->password_file)
		return fail(err, ERR_CONFIG, "[source] password-file is missing: user and password-file go together");
	if (source->password_file && !source->user)
		return fail(err, ERR_CONFIG, "[source] user is missing: user and password-file go together");
	if (source->user && source->token_file)
		return fail(err, ERR_CONFIG, "[source] user and token-file are two ways to log in: take one out");
	if (is_folder(&source->web) && source->web.query)
		return fail(err, ERR_CONFIG, "[source] url is a folder with a '?' behind it: take out what begins there");
	if (is_folder(&source->web))
		return 0;
	if (!*file || ends_with(file, ".sha256") || ends_with(file, ".json"))
		return fail(err, ERR_CONFIG,
			    "[source] url names no file that could be a dump: name one, or end it with '/' where it is "
			    "a folder");
	if (source->pattern)
		return fail(err, ERR_CONFIG,
			    "[source] pattern has no use where url is one file: take it out, or end url with '/' where "
			    "it is a folder");
	return 0;
}

static int finish_s3(const struct source_config *source, struct error *err)
{
	if (!source->access_key != !source->secret_key_file)
		return fail(err, ERR_CONFIG, "[source] %s is missing: access-key and secret-key-file go together",
			    source->access_key ? "secret-key-file" : "access-key");
	if (source->session_token_file && !source->access_key)
		return fail(err, ERR_CONFIG, "[source] access-key is missing: session-token-file goes with it");
	if (source->endpoint.query)
		return fail(err, ERR_CONFIG, "[source] endpoint has a '?' in it: take out what begins there");
	return 0;
}

/* A key of another kind of source would be in vain, and nobody would be told. */
static int refuse_others(const struct source_config *source, struct error *err)
{
	enum { POSTGRES = 1 << SOURCE_POSTGRES, HTTPS = 1 << SOURCE_HTTPS, S3 = 1 << SOURCE_S3 };
	const struct {
		const char *section, *key;
		bool given;
		unsigned of;
	} keys[] = {
		{"source", "user", source->user, HTTPS},
		{"source", "token-file", source->token_file, HTTPS},
		{"source", "headers-file", source->headers_file, HTTPS},
		{"source", "password-file", source->password_file, POSTGRES | HTTPS},
		{"source", "pattern", source->pattern, HTTPS | S3},
		{"source", "pin", source->pin, HTTPS | S3},
		{"source", "proxy", source->proxy, HTTPS | S3},
		{"source", "endpoint", source->endpoint.host, S3},
		{"source", "region", source->region, S3},
		{"source", "style", source->style != S3_AUTO, S3},
		{"source", "access-key", source->access_key, S3},
		{"source", "secret-key-file", source->secret_key_file, S3},
		{"source", "session-token-file", source->session_token_file, S3},
		/* what is published has been dumped elsewhere */
		{"pull", "format", source->format != FORMAT_CUSTOM, POSTGRES},
		{"pull", "jobs", source->pull_jobs != 1, POSTGRES},
		{"pull", "compress", !same(source->compress, COMPRESS_DEFAULT), POSTGRES},
		{"pull", "lock-timeout", source->lock_timeout_s != LOCK_TIMEOUT_DEFAULT, POSTGRES},
		{"pull", "counts", !source->counts, POSTGRES},
	};

	for (size_t i = 0; i < COUNT(keys); i++)
		if (keys[i].given && !(keys[i].of & (1U << source->type)))
			return fail(err, ERR_CONFIG, "[%s] %s has no use where type = %s: take it out", keys[i].section,
				    keys[i].key, source_type_words[source->type]);
	return 0;
}

static int finish_connection(struct source_config *source, struct error *err)
{
	if (!source->url)
		return fail(err, ERR_CONFIG,
			    "[source] url is missing: add url = postgresql://user@host:5432/database, or where dumps "
			    "are published, https://host/folder/ or s3://bucket/prefix");
	if (source->type_given && source->type != source->url_type)
		return fail(err, ERR_CONFIG, "[source] type = %s, and url is one of type %s: change one of them",
			    source_type_words[source->type], source_type_words[source->url_type]);
	source->type = source->url_type;
	if (!source->client_cert != !source->client_key)
		return fail(err, ERR_CONFIG, "[source] %s is missing: a client certificate and its key go together",
			    source->client_cert ? "client-key" : "client-cert");
	if (refuse_others(source, err) < 0)
		return -1;
	if (source->type == SOURCE_POSTGRES)
		return finish_postgres(source, err);
	return source->type == SOURCE_HTTPS ? finish_https(source, err) : finish_s3(source, err);
}

/* Amazon's, in the region. */
static struct web_url default_endpoint(const char *region)
{
	return (struct web_url){
		.host = format("s3.%s.amazonaws.com", region),
		.port = xstrdup("443"),
		.path = xstrdup("/"),
	};
}

static enum s3_style default_style(const struct web_url *endpoint, const char *bucket)
{
	/* a bucket with a dot in its name is in no certificate */
	return ends_with(endpoint->host, ".amazonaws.com") && !strchr(bucket, '.') ? S3_VIRTUAL : S3_PATH;
}

void source_config_follow(struct source_config *to, const struct source_config *given)
{
	to->type = given->url_type;
	if (to->stale_after_s == 0)
		to->stale_after_s = schedule_stale_after_s(&given->schedule, &given->window);
	if (given->url_type == SOURCE_POSTGRES)
		return;
	if (!to->pattern)
		to->pattern = xstrdup(given->web.path && !is_folder(&given->web) ? "*" : "*.dump");
	if (given->url_type != SOURCE_S3)
		return;
	if (!to->region)
		to->region = xstrdup(REGION_DEFAULT);
	if (!to->endpoint.host)
		to->endpoint = default_endpoint(given->region ? given->region : REGION_DEFAULT);
	if (to->style == S3_AUTO)
		to->style = default_style(given->endpoint.host ? &given->endpoint : &to->endpoint, given->bucket);
}

int source_config_finish(struct source_config *source, struct error *err)
{
	if (finish_connection(source, err) < 0)
		return -1;
	if (source->pull_jobs > 1 && source->format != FORMAT_DIRECTORY)
		return fail(err, ERR_CONFIG, "[pull] jobs = %d needs format = directory: pg_dump writes one file with one job",
			    source->pull_jobs);
	if (source->level == LEVEL_DEEP && !source->counts)
		return fail(err, ERR_CONFIG, "[drill] level = deep compares every row, which [pull] counts = off forbids: take "
			    "one out");
	if (source->smoke && !source->app_role)
		return fail(err, ERR_CONFIG, "[drill] smoke needs app-role: name the role it is to run as");
	source_config_follow(source, source);
	return 0;
}

char *source_config_doubt(const struct source_config *source)
{
	int64_t closed = source->broken ? 0 : window_closed_s(&source->window);
	autofree char *stale = NULL, *hours = NULL;

	if (closed == 0 || source->stale_after_s >= closed)
		return NULL;
	stale = duration_text(source->stale_after_s);
	hours = duration_text(closed);
	return format("[pull] stale-after of '%s' is %s, and outside its window nothing is pulled for %s: each day it will not be "
		      "in date; make it longer, or leave it out",
		      source->name, stale, hours);
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
		source->name, source->path, source->url, source->bucket, source->prefix, source->pattern, source->user,
		source->token_file, source->headers_file, source->pin, source->proxy, source->region, source->access_key,
		source->secret_key_file, source->session_token_file, source->at.host, source->at.address,
		source->at.port, source->at.database, source->at.user, source->password_file, source->client_cert,
		source->client_key, source->ca, source->compress, source->not_hashed, source->app_role, source->smoke,
		source->ping_file,
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		free(texts[i]);
	web_url_done(&source->web);
	web_url_done(&source->endpoint);
	*source = (struct source_config){0};
}

static void box_config_done(struct box_config *box)
{
	char *const texts[] = {
		box->name, box->data, box->chip, box->pass, box->busy, box->fail, box->button,
		box->notify.ping_file, box->notify.webhook_file, box->notify.ca, box->notify.proxy,
	};

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
