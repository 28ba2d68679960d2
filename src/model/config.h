/*
 * The configuration: one plain struct, and the table of every key with its
 * default and meaning, from which parsing, 'config --all' and the nearest-name
 * hints all work. Reading the INI files is port/ini.h's; this file knows keys.
 */
#ifndef DRILLBOX_MODEL_CONFIG_H
#define DRILLBOX_MODEL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "model/check.h"
#include "model/schedule.h"
#include "model/web_url.h"

enum source_type {
	SOURCE_POSTGRES, /* a live server */
	SOURCE_HTTPS,	 /* its dumps, on a web server */
	SOURCE_S3,	 /* its dumps, in an object store */
};
enum s3_style { S3_AUTO, S3_PATH, S3_VIRTUAL };
enum dump_format { FORMAT_CUSTOM, FORMAT_DIRECTORY };
enum panel_backend { PANEL_AUTO, PANEL_GPIO, PANEL_TERMINAL, PANEL_NONE };
enum webhook_body { BODY_JSON, BODY_SLACK, BODY_NTFY };

/* [notify] of drillbox.conf. Who knows one of its URLs can speak for the box: they are in files of their own. */
struct notify_config {
	char *ping_file;     /* with the URL of the box's dead-man's switch; a path or "credential:NAME", NULL: none */
	int64_t ping_every_s;
	char *webhook_file;  /* with the URL that events are posted to; NULL: none */
	enum webhook_body body;
	struct schedule weekly; /* of the one-line summary; hour < 0: none */
	char *ca;	     /* NULL: the system's */
	char *proxy;	     /* NULL: none */
};

/* [box], [panel], [postgres], [notify] of drillbox.conf. */
struct box_config {
	char *name;
	char *data;	 /* absolute */
	struct strings bins; /* folders named in [postgres] bin; empty: every /usr/lib/postgresql/N/bin */
	enum panel_backend backend;
	char *chip;	 /* gpiochip label */
	char *pass;	 /* line name, or offset */
	char *busy;
	char *fail;
	char *button;
	struct notify_config notify;
};

/* A connection as the [source] section says it, taken apart; no secrets inside. */
struct source_address {
	char *host;	 /* a name to verify, or the folder of a Unix socket (begins with '/') */
	char *address;	 /* what is dialled instead; NULL: the host */
	char *port;
	char *database;
	char *user;
};

struct source_config {
	char *name;
	char *path;	      /* of its file */
	bool broken;	      /* the file could not be used; 'why' says it, nothing else below holds */
	struct error why;
	enum source_type type;
	bool type_given;      /* until the last key was read */
	enum source_type url_type;
	char *url;	      /* as written */
	struct source_address at; /* of a live server */
	struct web_url web;   /* https: the file, or the folder (its path ends with '/') */
	struct web_url endpoint; /* s3 */
	char *bucket;	      /* s3 */
	char *prefix;	      /* s3: what keys begin with; "" for all */
	char *pattern;	      /* of the names of dumps, for fnmatch(3); "*" where url is one file; NULL for a live server */
	char *user;	      /* https: for password-file; NULL: none */
	char *token_file;     /* https: a bearer token; a path or "credential:NAME" like all below, NULL: none */
	char *headers_file;   /* https: "Name: value" lines */
	char *pin;	      /* "sha256/BASE64"; NULL: none */
	char *proxy;	      /* NULL: none */
	char *region;	      /* s3; NULL for others */
	enum s3_style style;
	char *access_key;     /* s3: the name of the key; NULL: asked for without a signature */
	char *secret_key_file;
	char *session_token_file;
	char *password_file;  /* absolute path or "credential:NAME"; NULL when none */
	char *client_cert;
	char *client_key;
	char *ca;	      /* NULL: the system's */
	struct schedule schedule;
	enum dump_format format;
	int pull_jobs;
	char *compress;	      /* as pg_dump --compress takes it */
	int64_t pull_timeout_s;
	int64_t lock_timeout_s;
	int64_t max_size;     /* bytes; 0: none */
	int64_t limit;	      /* bytes a second; 0: none */
	struct window window;
	bool counts;
	int64_t stale_after_s;
	enum level level;
	char *not_hashed; /* model/exempt.h; NULL */
	int drill_jobs;
	int64_t drill_timeout_s;
	int64_t budget_s;     /* 0: none */
	char *app_role;
	char *smoke;
	int keep_daily, keep_weekly, keep_monthly;
	char *ping_file;      /* with the URL to be told of its rounds, as Healthchecks takes it; NULL: none */
};

struct config {
	char *path;	      /* of drillbox.conf */
	char *dir;	      /* its folder, against which relative paths are taken */
	struct box_config box;
	struct source_config **sources; /* sorted by name */
	size_t source_count;
};

struct config_type; /* how a value is read and written */

/* A key as 'config --all' prints it. A new key is one more line in a table of config.c, and a field above. */
struct config_key {
	const char *section;
	const char *key;
	const char *fallback; /* default in words; "" when it must be given */
	const char *meaning;
	const struct config_type *type; /* this and 'offset' are config.c's */
	size_t offset;
};

/* Every key of drillbox.conf (of_source false) or of a source's file. Ends with section NULL. */
const struct config_key *config_keys(bool of_source);

/* Set the defaults that need no file. */
void box_config_init(struct box_config *box);
void source_config_init(struct source_config *source, const char *name);

/*
 * Take one key of a file. Errors name the nearest known section or key, or say
 * what the value should look like; the caller adds file and line. A key given
 * twice is refused by the caller, who sees the lines. 'dir' is what relative
 * paths are relative to.
 */
MUST_CHECK int box_config_set(struct box_config *box, const char *dir, const char *section, const char *key,
			      const char *value, struct error *err);
MUST_CHECK int source_config_set(struct source_config *source, const char *dir, const char *section,
				 const char *key, const char *value, struct error *err);

/* After the last key: what must be there, what fits together, defaults that follow from other keys. */
MUST_CHECK int box_config_finish(struct box_config *box, struct error *err);
MUST_CHECK int source_config_finish(struct source_config *source, struct error *err);

/* What may be so and is hardly meant, in a sentence with what to do; NULL: nothing. Owned by the caller. */
char *source_config_doubt(const struct source_config *source);

/* Into 'to', where they were not set: the defaults that follow from what 'given' says. Finishing does it for a source itself. */
void source_config_follow(struct source_config *to, const struct source_config *given);

/*
 * The value of a key in the words a file would use, without the secrets some have; "" when unset.
 * Owned by the caller; NULL for an unknown key.
 */
char *box_config_get(const struct box_config *box, const char *section, const char *key);
char *source_config_get(const struct source_config *source, const char *section, const char *key);

/*
 * Refuse what the environment ("A=b", ended by NULL) would tell libpq behind the
 * configuration's back: PGPASSWORD, PGSERVICE, everything that touches TLS. The
 * error names the variable and what to use instead.
 */
MUST_CHECK int config_environment(const char *const *environment, struct error *err);

/* True for a name that can be a source: [A-Za-z0-9_-]{1,64}, not beginning with '-'. */
bool source_name_valid(const char *name);

/* The source of that name, broken or not; NULL if there is none. */
const struct source_config *config_source(const struct config *c, const char *name);

void source_config_done(struct source_config *source);
void config_done(struct config *c);

#endif
