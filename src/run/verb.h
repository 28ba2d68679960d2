/*
 * Verbs: what the command line can say. One table (main.c) drives usage,
 * --help and dispatch; each file verbs_*.c holds a group of them.
 */
#ifndef DRILLBOX_RUN_VERB_H
#define DRILLBOX_RUN_VERB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Options a verb may take; a table in options.c says what each looks like. */
enum option {
	OPT_JSON = 1 << 0,
	OPT_LIMIT = 1 << 1,
	OPT_SINCE = 1 << 2,
	OPT_KEEP = 1 << 3,
	OPT_WHY = 1 << 4,
	OPT_WAIT = 1 << 5,
	OPT_DRY_RUN = 1 << 6,
	OPT_ALL = 1 << 7,
	OPT_LEVEL = 1 << 8,
	OPT_TRIGGER = 1 << 9,
	OPT_BOOT = 1 << 10,
	OPT_ROOT = 1 << 11,
	OPT_KEYS = 1 << 12,
	OPT_TEST = 1 << 13,
	OPT_PING = 1 << 14,
	OPT_TO = 1 << 15,
	OPT_SANDBOX = 1 << 16,
	OPT_SOURCE = 1 << 17,
	OPT_DATABASE = 1 << 18,
	OPT_AS_OF = 1 << 19,
};

struct options {
	const char *program; /* as it is called: "drillbox" */
	const char *config; /* --config, before the verb */
	bool remote;	    /* asked over SSH: what works is not done here, the daemon is asked for it */
	bool json, wait, dry_run, all, keys, test, ping, sandbox;
	int64_t limit;	    /* 0: none given */
	int64_t since;	    /* TIME_UNKNOWN: none given */
	int64_t keep_s;	    /* 0: none given */
	const char *why;    /* NULL: none given */
	const char *level;  /* NULL: as configured */
	const char *boot, *root; /* folders; NULL: the device's own */
	const char *to;	    /* a folder; NULL: none given */
	const char *source, *database; /* NULL: none given */
	int64_t as_of;	    /* TIME_UNKNOWN: none given */
	const char *trigger; /* who starts it: "operator", "schedule", "button" */
	const char *const *args; /* what is left: SOURCE, DUMP, ... */
	int arg_count;
};

struct verb {
	const char *name;
	const char *args;    /* as usage shows them */
	const char *does;    /* a line */
	const char *help;    /* more, for 'drillbox VERB --help'; ends with a newline */
	int min_args, max_args;
	unsigned takes;	     /* of enum option */
	int (*run)(const struct options *o); /* returns the exit code */
};

/* Of the verbs that two programs have. */
#define DOCTOR_TO_HELP                                                                                           \
	"With --to it looks at a host that publishes into FOLDER, as the user whose folder\n"                     \
	"that is; asked by root, a login by peer is seen as the timer sees it.\n"
#define PUBLISH_HELP                                                                                             \
	"On the database's own host, for a box that cannot reach the database: dump,\n"                          \
	"manifest and digests go into FOLDER/SOURCE, and index.json there names them. The\n"                     \
	"source is SOURCE.conf as on a box; of drillbox.conf only [postgres] bin is used.\n"                     \
	"What is there is for FOLDER's own group to read, such as the web server's.\n\n"                         \
	"Nobody here knows which dumps are proven: the two newest stay, so that a download\n"                    \
	"under way is not cut off, and the newest of each day, week and month in [keep].\n"                      \
	"256 MB of the disk are always left free.\n\n"                                                           \
	"Exit code: 0 published, 2 not (what was there still is), 64 usage, 78\n"                                \
	"configuration.\n"

/*
 * The words after the verb into 'o', by what the verb takes. ERR_USAGE names
 * the word and the nearest that is known. 'ret_help' is set for --help.
 */
MUST_CHECK int options_parse(const struct verb *verb, int argc, char **argv, struct options *o, bool *ret_help,
			     struct error *err);

/* "  --limit N   at most N rows" for each option the verb takes, to standard output. */
void options_print(unsigned takes);

/* Say the error on standard error; its exit code. */
int say_error(const struct error *err);

/* verbs_work.c */
int verb_pull(const struct options *o);
int verb_drill(const struct options *o);
int verb_round(const struct options *o);
int verb_accept(const struct options *o);
int verb_ack(const struct options *o);
int verb_stop(const struct options *o);
int verb_prune(const struct options *o);
/* verbs_import.c */
int verb_import(const struct options *o);
/* verbs_read.c */
int verb_status(const struct options *o);
int verb_history(const struct options *o);
int verb_show(const struct options *o);
int verb_dumps(const struct options *o);
int verb_list(const struct options *o);
int verb_fetch(const struct options *o);
int verb_watch(const struct options *o);
/* verbs_config.c */
int verb_check(const struct options *o);
int verb_config(const struct options *o);
/* verbs_publish.c */
int verb_publish(const struct options *o);
int verb_publish_doctor(const struct options *o);
/* verbs_setup.c */
int verb_doctor(const struct options *o);
/* verbs_notify.c */
int verb_notify(const struct options *o);
/* verbs_provision.c */
int verb_provision(const struct options *o);
int verb_unlock(const struct options *o);
/* daemon.c */
int verb_daemon(const struct options *o);

#endif
