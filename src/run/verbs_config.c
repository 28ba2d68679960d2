/* Verbs that tell the configuration as it is understood. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "drill/smoke.h"
#include "drill/sql_checks.h"
#include "report/report.h"
#include "run/configuration.h"
#include "run/verb.h"

/* ---- check */

static bool is_source(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->source_count; i++)
		if (same(c->sources[i]->name, name))
			return true;
	return false;
}

/* A folder that no drill will ever look into. */
static int look_for_strays(const struct config *c, const char *checks, struct strings *wrong, struct error *err)
{
	autoclosedir DIR *d = opendir(checks);
	const struct dirent *e;

	if (!d && errno != ENOENT)
		return fail(err, ERR_IO, "open folder '%s': %m; make it readable or remove it", checks);
	while (d && (errno = 0, e = readdir(d)))
		if (e->d_name[0] != '.' && !is_source(c, e->d_name))
			strings_add_owned(wrong, format("checks.d/%s: there is no source '%s', so nothing asks these checks; give "
							"it the name of a source, or remove it",
							e->d_name, e->d_name));
	if (d && errno)
		return fail(err, ERR_IO, "read folder '%s': %m; look at the disk", checks);
	return 0;
}

static void look_at_smoke(const struct source_config *source, struct strings *wrong)
{
	autofree char *sql = NULL;
	struct error why;

	if (source->smoke && smoke_read(source->smoke, &sql, &why) < 0)
		strings_add_owned(wrong, format("sources.d/%s.conf: %s", source->name, why.text));
}

/* What is wrong with the operator's SQL, a sentence each, and how many checks are understood. */
static int look_at_checks(const struct config *c, size_t *ret_good, struct strings *wrong, struct error *err)
{
	autofree char *all = path_join(c->dir, "checks.d");

	for (size_t i = 0; i < c->source_count; i++) {
		CLEANUP(sql_checks_done) struct sql_checks checks = {0};
		autofree char *dir = path_join(all, c->sources[i]->name);

		look_at_smoke(c->sources[i], wrong);
		if (sql_checks_read(dir, &checks, err) < 0)
			return -1;
		for (size_t k = 0; k < checks.count; k++)
			if (checks.items[k].broken)
				strings_add_owned(wrong, format("checks.d/%s: %s", c->sources[i]->name,
								checks.items[k].why_broken.text));
			else
				++*ret_good;
	}
	if (look_for_strays(c, all, wrong, err) < 0)
		return -1;
	strings_sort(wrong);
	return 0;
}

int verb_check(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(config_done) struct config config = {0};
	CLEANUP(strings_done) struct strings wrong = {0};
	struct error err;
	size_t good = 0;

	if (config_environment((const char *const *)environ, &err) < 0 ||
	    configuration_load(o->config, &config, &err) < 0 || look_at_checks(&config, &good, &wrong, &err) < 0)
		return say_error(&err);
	report_check(&r, &config, &wrong, good);
	for (size_t i = 0; i < config.source_count; i++)
		if (config.sources[i]->broken)
			return EX_CONFIG;
	return wrong.count ? EX_CONFIG : 0;
}

int verb_config(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(config_done) struct config config = {0};
	const struct source_config *source = NULL;
	struct error err;

	if (configuration_load(o->config, &config, &err) < 0 ||
	    (o->arg_count && configuration_source(&config, o->args[0], &source, &err) < 0))
		return say_error(&err);
	report_config(&r, &config, source, o->all);
	return 0;
}
