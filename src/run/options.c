#include "run/verb.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "model/check.h"
#include "model/duration.h"

#define LIMIT_MOST 1000000

static const struct {
	enum option option;
	const char *name;
	const char *value; /* what stands for it in usage; NULL: takes none */
	const char *does;  /* NULL: not shown */
} known[] = {
	{OPT_JSON, "--json", NULL, "print JSON, stable for programs"},
	{OPT_LIMIT, "--limit", "N", "at most N rows"},
	{OPT_SINCE, "--since", "T", "nothing older: 2026-11-22, 2026-11-22T04:15:00Z, or an age: 7d"},
	{OPT_KEEP, "--keep", "TIME", "leave the restored database up that long to look at, e.g. 1h"},
	{OPT_WHY, "--why", "TEXT", "the reason, for the ledger"},
	{OPT_WAIT, "--wait", NULL, "when another verb is at work, wait instead of giving up"},
	{OPT_DRY_RUN, "--dry-run", NULL, "say what would go, remove nothing"},
	{OPT_ALL, "--all", NULL, "every key with its value, default and meaning"},
	{OPT_LEVEL, "--level", "LEVEL", "quick, standard or deep instead of what the source's file says"},
	{OPT_BOOT, "--boot", "FOLDER", "instead of /boot/firmware, where drillbox.txt is"},
	{OPT_ROOT, "--root", "FOLDER", "instead of /, where its files are written"},
	{OPT_KEYS, "--keys", NULL, "only print every key of drillbox.txt, with its meaning"},
	{OPT_TEST, "--test", NULL, "a test message to each target; say what came of it"},
	{OPT_PING, "--ping", NULL, "also call the dead-man's switch, if the panel is green"},
	{OPT_TO, "--to", "FOLDER", "where dumps are published: a folder that a web server serves"},
	{OPT_SANDBOX, "--sandbox", NULL, "whether what runs in the sandbox can get out of it"},
	{OPT_SOURCE, "--source", "NAME", "for which source; it need not be configured (default: imported)"},
	{OPT_DATABASE, "--database", "NAME", "the database's name, of a dump that does not tell it itself"},
	{OPT_AS_OF, "--as-of", "T", "of when the data is, where nothing tells: a day, a moment, an age"},
	{OPT_TRIGGER, "--trigger", "WHO", NULL},
};

int say_error(const struct error *err)
{
	log_error("%s", err->text);
	return error_exit_code(err->kind);
}

static int parse_time(const char *text, int64_t *ret, struct error *err)
{
	autofree char *midnight = format("%sT00:00:00Z", text);
	int64_t age, t = time_parse_rfc3339(text);

	if (t == TIME_UNKNOWN)
		t = time_parse_rfc3339(midnight);
	if (t == TIME_UNKNOWN && duration_parse(text, &age))
		t = clock_wall() - age;
	if (t == TIME_UNKNOWN)
		return fail(err, ERR_USAGE, "'%s' is not a time: write 2026-11-22, 2026-11-22T04:15:00Z or an age such as 7d",
			    text);
	*ret = t;
	return 0;
}

static int set_option(struct options *o, enum option option, const char *value, struct error *err)
{
	switch (option) {
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_WAIT:
		o->wait = true;
		return 0;
	case OPT_DRY_RUN:
		o->dry_run = true;
		return 0;
	case OPT_ALL:
		o->all = true;
		return 0;
	case OPT_KEYS:
		o->keys = true;
		return 0;
	case OPT_TEST:
		o->test = true;
		return 0;
	case OPT_PING:
		o->ping = true;
		return 0;
	case OPT_SANDBOX:
		o->sandbox = true;
		return 0;
	case OPT_BOOT:
		o->boot = value;
		return 0;
	case OPT_ROOT:
		o->root = value;
		return 0;
	case OPT_TO:
		o->to = value;
		return 0;
	case OPT_WHY:
		o->why = value;
		return 0;
	case OPT_TRIGGER:
		o->trigger = value;
		return 0;
	case OPT_LIMIT:
		if (!parse_int(value, 1, LIMIT_MOST, &o->limit))
			return fail(err, ERR_USAGE, "'--limit %s' is not a number of rows: write 1 or more", value);
		return 0;
	case OPT_SINCE:
		return parse_time(value, &o->since, err);
	case OPT_SOURCE:
		o->source = value;
		return 0;
	case OPT_DATABASE:
		o->database = value;
		return 0;
	case OPT_AS_OF:
		return parse_time(value, &o->as_of, err);
	case OPT_KEEP:
		if (!duration_parse(value, &o->keep_s) || o->keep_s < 1)
			return fail(err, ERR_USAGE, "'--keep %s' is not a time: write 30min or 1h", value);
		return 0;
	case OPT_LEVEL:
		if (level_from_word(value) < 0)
			return fail(err, ERR_USAGE, "'--level %s': the levels are quick, standard and deep", value);
		o->level = value;
		return 0;
	}
	return fail(err, ERR_BUG, "option %d has no setter", (int)option);
}

static int unknown_option(const struct verb *verb, const char *word, const struct options *o, struct error *err)
{
	const char *names[COUNT(known) + 1];
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < COUNT(known); i++)
		if ((verb->takes & known[i].option) && known[i].does)
			names[n++] = known[i].name;
	names[n] = NULL;
	near = nearest_name(word, names);
	return fail(err, ERR_USAGE, "'%s' takes no option '%s'%s%s%s: see '%s %s --help'", verb->name, word,
		    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", o->program, verb->name);
}

/* One option at argv[i], with its value behind '=' or in the next word. Returns the words used, or -1. */
static int take_option(const struct verb *verb, int argc, char **argv, struct options *o, struct error *err)
{
	size_t length = strcspn(argv[0], "=");
	const char *value = argv[0][length] ? argv[0] + length + 1 : NULL;
	int used = 1;

	for (size_t i = 0; i < COUNT(known); i++) {
		if (!(verb->takes & known[i].option) || strlen(known[i].name) != length ||
		    strncmp(known[i].name, argv[0], length) != 0)
			continue;
		if (!known[i].value && value)
			return fail(err, ERR_USAGE, "'%s' takes no value", known[i].name);
		if (known[i].value && !value) {
			if (argc < 2)
				return fail(err, ERR_USAGE, "'%s' wants a value: %s %s", known[i].name, known[i].name,
					    known[i].value);
			value = argv[1];
			used = 2;
		}
		return set_option(o, known[i].option, value, err) < 0 ? -1 : used;
	}
	return unknown_option(verb, argv[0], o, err);
}

int options_parse(const struct verb *verb, int argc, char **argv, struct options *o, bool *ret_help, struct error *err)
{
	bool only_args = false;
	int n = 0;

	*ret_help = false;
	o->since = o->as_of = TIME_UNKNOWN;
	o->trigger = "operator";
	for (int i = 0; i < argc;) {
		if (!only_args && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
			*ret_help = true;
			return 0;
		}
		if (!only_args && strcmp(argv[i], "--") == 0) {
			only_args = true;
			i++;
		} else if (!only_args && argv[i][0] == '-' && argv[i][1]) {
			int used = take_option(verb, argc - i, argv + i, o, err);

			if (used < 0)
				return -1;
			i += used;
		} else {
			argv[n++] = argv[i++]; /* arguments gather at the front */
		}
	}
	o->args = (const char *const *)argv;
	o->arg_count = n;
	if (n < verb->min_args || n > verb->max_args)
		return fail(err, ERR_USAGE, "usage: %s %s%s%s: see '%s %s --help'", o->program, verb->name,
			    *verb->args ? " " : "", verb->args, o->program, verb->name);
	return 0;
}

void options_print(unsigned takes)
{
	for (size_t i = 0; i < COUNT(known); i++) {
		if (!(takes & known[i].option) || !known[i].does)
			continue;
		printf("  %-10s %-6s %s\n", known[i].name, known[i].value ? known[i].value : "", known[i].does);
	}
}
