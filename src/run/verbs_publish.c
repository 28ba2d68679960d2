/* Verbs of the host that a source is published on. */
#include <unistd.h>

#include "base/text.h"
#include "pull/precheck.h"
#include "run/account.h"
#include "run/configuration.h"
#include "run/examine.h"
#include "run/publishing.h"
#include "run/secret.h"
#include "run/stop_signal.h"
#include "run/verb.h"
#include "store/store.h"

#define WAIT_LONGEST_MS ((int64_t)24 * 3600 * 1000)
#define LOOK_MS 60000 /* for one source */
#define TOOLS_MS 10000

/* ---- publish */

static int publish(struct publishing *p, const struct config *config, const struct options *o, int stop_fd,
		   struct error *err)
{
	struct deadline patience = deadline_in((struct deadline){INT64_MAX, stop_fd}, o->wait ? WAIT_LONGEST_MS : 0);
	const struct source_config *source;

	if (configuration_source(config, o->args[0], &source, err) < 0 ||
	    publishing_open(p, config, source, o->to, patience, err) < 0)
		return -1;
	return publishing_run(p, err);
}

int verb_publish(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(config_done) struct config config = {0};
	CLEANUP(publishing_done) struct publishing p = PUBLISHING_INIT;
	autoclose int stop_fd = -1;
	struct error err;

	if (!o->to || !*o->to) {
		(void)fail(&err, ERR_USAGE, "say where it goes: %s publish %s --to FOLDER", o->program, o->args[0]);
		return say_error(&err);
	}
	if (config_environment((const char *const *)environ, &err) < 0 || account_settle_on(o->to, &err) < 0 ||
	    configuration_load(o->config, &config, &err) < 0 || stop_signal_open(&stop_fd, &err) < 0)
		return say_error(&err);
	if (publish(&p, &config, o, stop_fd, &err) == 0) {
		report_publish(&r, &p.facts);
		return 0;
	}
	if (err.kind == ERR_STOPPED)
		(void)stop_signal_explain(stop_fd, &err);
	p.facts.why = &err;
	if (o->json && p.facts.source)
		report_publish(&r, &p.facts);
	return say_error(&err);
}

/* ---- doctor */

static void examine_folder(const char *folder, struct prechecks *list)
{
	CLEANUP(store_free) struct store *store = NULL;
	struct error err;

	if (!folder)
		return;
	if (store_open_published(folder, &store, &err) < 0)
		prechecks_add_error(list, "folder", &err);
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "folder", NULL, "%s can be published into", store_root(store));
}

static int examine_host(const struct config *config, const char *folder, const struct toolset *tools,
			const struct error *no_tools, const struct report *r)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};

	examine_config(config, &list);
	examine_tools(tools, no_tools, &list);
	examine_folder(folder, &list);
	report_doctor(r, NULL, &list);
	return prechecks_bad(&list) ? 2 : 0;
}

static int examine_source(const struct source_config *source, const char *folder, const struct toolset *tools,
			  const struct report *r)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};
	CLEANUP(source_answers_done) struct source_answers answers = {0};
	CLEANUP(reachable_done) struct reachable reachable = {0};
	struct error err;

	if (source->broken) {
		prechecks_add_error(&list, "config", &source->why);
	} else if (source->type != SOURCE_POSTGRES) {
		prechecks_add(&list, PRECHECK_BAD, ERR_CONFIG, "config", "name a postgresql:// url, or move the file away",
			      "%s is no live server, so that nothing of it can be published", source->path);
	} else if (reachable_open(source, &reachable, &err) < 0) {
		prechecks_add_error(&list, "password", &err);
	} else {
		prechecks_add(&list, PRECHECK_OK, ERR_NONE, "config", NULL, "%s", source->path);
		if (precheck_postgres(&reachable.source, reachable.password, tools, deadline_in(NO_DEADLINE, LOOK_MS), &list,
				      &answers, &err) < 0)
			prechecks_add_error(&list, "source", &err);
		if (answers.asked)
			examine_clock(answers.box_time - answers.source_time, &list);
	}
	examine_folder(folder, &list);
	report_doctor(r, source->name, &list);
	return prechecks_bad(&list) ? 2 : 0;
}

int verb_publish_doctor(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(config_done) struct config config = {0};
	CLEANUP(toolset_done) struct toolset tools = {0};
	const struct source_config *only = NULL;
	struct error err, no_tools = {0};
	int code;

	if (config_environment((const char *const *)environ, &err) < 0 || (o->to && account_settle_on(o->to, &err) < 0) ||
	    configuration_load(o->config, &config, &err) < 0 ||
	    (o->arg_count && configuration_source(&config, o->args[0], &only, &err) < 0))
		return say_error(&err);
	if (toolset_scan(&tools, &config.box.bins, deadline_in(NO_DEADLINE, TOOLS_MS), &no_tools) < 0 && only)
		return say_error(&no_tools);
	if (only)
		return examine_source(only, o->to, &tools, &r);
	code = examine_host(&config, o->to, &tools, &no_tools, &r);
	for (size_t i = 0; i < config.source_count; i++)
		if (examine_source(config.sources[i], NULL, &tools, &r))
			code = 2;
	return code;
}
