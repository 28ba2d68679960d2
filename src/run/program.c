#include "run/program.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/text.h"
#include "run/configuration.h"
#include "version.h"

static void print_usage(const struct program *p, FILE *to)
{
	fprintf(to, "usage: %s [--config FILE] [--verbose] VERB [ARGUMENTS] [OPTIONS]\n\n%s\n", p->name, p->about);
	for (size_t i = 0; i < p->verb_count; i++) {
		autofree char *call = format("%s %s", p->verbs[i].name, p->verbs[i].args);

		fprintf(to, "  %-26s %s\n", call, p->verbs[i].does);
	}
	fprintf(to,
		"\n  --config FILE   instead of " CONFIGURATION_DEFAULT "; stands before the verb\n"
		"  --verbose       also say what else was seen on the way\n"
		"  --version       the version, and the commit it was built from\n%s\n"
		"'%s VERB --help' tells more of one. %s\n",
		p->options, p->name, p->exits);
}

static void print_verb_help(const struct program *p, const struct verb *verb)
{
	printf("usage: %s %s%s%s%s\n\n%s\n", p->name, verb->name, *verb->args ? " " : "", verb->args,
	       verb->takes & ~(unsigned)OPT_TRIGGER ? " [OPTIONS]" : "", verb->does);
	if (*verb->help)
		printf("\n%s", verb->help);
	if (verb->takes & ~(unsigned)OPT_TRIGGER) {
		printf("\n");
		options_print(verb->takes);
	}
}

static const struct verb *find_verb(const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->verb_count; i++)
		if (strcmp(p->verbs[i].name, name) == 0)
			return &p->verbs[i];
	return NULL;
}

static int unknown_verb(const struct program *p, const char *name)
{
	autofree const char **names = xcalloc(p->verb_count + 1, sizeof(*names));
	struct error err;
	const char *near;

	for (size_t i = 0; i < p->verb_count; i++)
		names[i] = p->verbs[i].name;
	near = nearest_name(name, names);
	(void)fail(&err, ERR_USAGE, "there is no verb '%s'%s%s%s: see '%s --help'", name,
		   near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", p->name);
	return say_error(&err);
}

/* What stands before the verb. Returns how many words it took, or -1 with 'ret_code' set: the program ends. */
static int parse_globals(const struct program *p, int argc, char **argv, struct options *o, int *ret_code)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_usage(p, stdout);
			*ret_code = EX_OK;
			return -1;
		}
		if (strcmp(argv[i], "--version") == 0) {
			printf("%s %s\n", p->name, DRILLBOX_VERSION);
			*ret_code = EX_OK;
			return -1;
		}
		if (strcmp(argv[i], "--verbose") == 0) {
			log_set_level(LOG_DETAILS);
		} else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			o->config = argv[++i];
		} else if (starts_with(argv[i], "--config=")) {
			o->config = argv[i] + strlen("--config=");
		} else {
			log_error("'%s' does not stand before the verb: see '%s --help'", argv[i], p->name);
			*ret_code = EX_USAGE;
			return -1;
		}
	}
	if (i < argc)
		return i;
	print_usage(p, stderr);
	*ret_code = EX_USAGE;
	return -1;
}

int program_run(const struct program *p, int argc, char **argv, struct options *o)
{
	const struct verb *verb = find_verb(p, argv[0]);
	struct error err;
	bool help;
	int code;

	o->program = p->name;
	if (!verb)
		return unknown_verb(p, argv[0]);
	if (options_parse(verb, argc - 1, argv + 1, o, &help, &err) < 0)
		return say_error(&err);
	if (help) {
		print_verb_help(p, verb);
		return EX_OK;
	}
	if (p->settle && p->settle(verb, o, &err) < 0)
		return say_error(&err);
	code = verb->run(o);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("writing to standard output failed: what you read may be cut off");
		return code ? code : 2;
	}
	return code;
}

int program_main(const struct program *p, int argc, char **argv)
{
	struct options o = {.config = CONFIGURATION_DEFAULT};
	int code = EX_OK;
	int at = parse_globals(p, argc, argv, &o, &code);

	if (at < 0)
		return code;
	if (strcmp(argv[at], "help") == 0) {
		print_usage(p, stdout);
		return EX_OK;
	}
	return program_run(p, argc - at, argv + at, &o);
}
