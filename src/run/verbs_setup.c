/* Verbs for setting up: the configuration as it is understood, and what could stop the next round. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "drill/sql_checks.h"
#include "panel/panel.h"
#include "port/sandbox.h"
#include "port/toolset.h"
#include "provision/provision.h"
#include "provision/vault.h"
#include "pull/precheck.h"
#include "run/account.h"
#include "run/configuration.h"
#include "run/control.h"
#include "run/fixes.h"
#include "run/host.h"
#include "run/overview.h"
#include "run/secret.h"

#define LOOK_MS 60000	  /* for one source */
#define SANDBOX_MS 10000

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

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

/* What is wrong with the operator's checks, a sentence each, and how many are understood. */
static int look_at_checks(const struct config *c, size_t *ret_good, struct strings *wrong, struct error *err)
{
	autofree char *all = path_join(c->dir, "checks.d");

	for (size_t i = 0; i < c->source_count; i++) {
		CLEANUP(sql_checks_done) struct sql_checks checks = {0};
		autofree char *dir = path_join(all, c->sources[i]->name);

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

/* ---- doctor */

static void look_at_config(const struct config *config, struct prechecks *list)
{
	size_t broken = 0;

	for (size_t i = 0; i < config->source_count; i++) {
		if (!config->sources[i]->broken)
			continue;
		prechecks_add_error(list, "config", &config->sources[i]->why);
		broken++;
	}
	if (config->source_count == 0)
		prechecks_add(list, PRECHECK_BAD, ERR_CONFIG, "config", "put a file NAME.conf there; the README shows one",
			      "no source is configured in %s/sources.d", config->dir);
	else if (!broken)
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "config", NULL, "%s and %zu source file%s", config->path,
			      config->source_count, plural(config->source_count));
}

/* A box that never ran: whether its first round can make the data folder. */
static void look_at_new_data(const char *data, struct prechecks *list)
{
	autofree char *parent = path_dir(data);

	if (access(parent, W_OK | X_OK) < 0)
		prechecks_add(list, PRECHECK_BAD, ERR_IO, "disk", "make the folder and give it to the user drillbox runs as",
			      "the data folder '%s' is not there and may not be made in '%s': %m", data, parent);
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "disk", NULL, "a new box: the first round makes '%s'", data);
}

static void look_at_disk(const struct config *config, struct prechecks *list)
{
	CLEANUP(store_free) struct store *store = NULL;
	CLEANUP(store_room_done) struct store_room room = {0};
	CLEANUP(ledger_close) struct ledger *ledger = NULL;
	char free_text[UNIT_TEXT], reserve_text[UNIT_TEXT];
	int64_t reserve;
	struct error err;

	if (host_data_new(config->box.data)) {
		look_at_new_data(config->box.data, list);
		return;
	}
	if (host_data_usable(config->box.data, &err) < 0 ||
	    store_open(config->box.data, STORE_LOOK, &store, &err) < 0 || store_room(store, &room, &err) < 0) {
		prechecks_add_error(list, "disk", &err);
		return;
	}
	if (ledger_open(config->box.data, LEDGER_READ, &ledger, &err) < 0 || ledger_verify(ledger, &err) < 0 ||
	    scratch_reserve(ledger, &reserve, &err) < 0) {
		prechecks_add_error(list, "ledger", &err);
		return;
	}
	prechecks_add(list, PRECHECK_OK, ERR_NONE, "disk", NULL, "%s free on %s, %s of it reserved for the next restore",
		      human_bytes(room.free, free_text), config->box.data, human_bytes(reserve, reserve_text));
}

static void look_at_clock(const struct config *config, struct prechecks *list)
{
	CLEANUP(ledger_close) struct ledger *ledger = NULL;
	autofree char *why = NULL;
	enum clock_state clock;
	struct error err;

	if (ledger_open(config->box.data, LEDGER_READ, &ledger, &err) < 0 ||
	    clock_judge(ledger, clock_wall(), &clock, &why, &err) < 0) {
		prechecks_add_error(list, "clock", &err);
		return;
	}
	if (clock == CLOCK_KNOWN)
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "clock", NULL, "%s",
			      host_clock_synchronised() ? "synchronised" : "a source agreed with it over verified TLS");
	else
		prechecks_add(list, clock == CLOCK_WRONG ? PRECHECK_BAD : PRECHECK_WARN,
			      clock == CLOCK_WRONG ? ERR_CLOCK : ERR_NONE, "clock", NULL, "%s", why);
}

/* A dump is only ever restored in a sandbox, so it has to be one that can be made here. */
static void look_at_sandbox(struct prechecks *list)
{
	const char *const argv[] = {"/usr/bin/true", NULL};
	const struct process_spec spec = {.argv = argv};
	const struct sandbox sandbox = {0};
	int64_t cap = sandbox_memory_cap();
	char memory[UNIT_TEXT];
	struct error err;

	if (sandbox_run(&sandbox, &spec, deadline_in(NO_DEADLINE, SANDBOX_MS), ERR_LACKING, NULL, &err) < 0)
		prechecks_add_error(list, "sandbox", &err);
	else if (cap > 0)
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "sandbox", NULL,
			      "bubblewrap starts a program in one, capped to %s of memory by a control group",
			      human_bytes(cap, memory));
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "sandbox", NULL,
			      "bubblewrap starts a program in one; no control group is delegated to us here, so each process has "
			      "limits and all together have none");
}

/* The oldest minor versions without known holes in dump and restore. */
static const struct {
	int major, floor;
} floors[] = {{17, 170012}, {16, 160016}, {15, 150020}, {14, 140025}};

static void look_at_minor(const struct tool *tool, struct prechecks *list)
{
	for (size_t i = 0; i < COUNT(floors); i++)
		if (floors[i].major == tool->major && tool->version_num < floors[i].floor)
			prechecks_add(list, PRECHECK_WARN, ERR_NONE, "minor", "update the box",
				      "the bundled PostgreSQL %s in %s has known holes, fixed in %d.%d", tool->version,
				      tool->bin, floors[i].major, floors[i].floor % 10000);
}

static void look_at_tools(const struct toolset *tools, const struct error *no_tools, struct prechecks *list)
{
	struct text names = {0};

	for (size_t i = 0; i < tools->count; i++) {
		text_addf(&names, "%s%s", i ? ", " : "", tools->items[i].version);
		look_at_minor(&tools->items[i], list);
	}
	if (no_tools->kind != ERR_NONE)
		prechecks_add_error(list, "postgres", no_tools);
	else if (names.data)
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "postgres", NULL, "bundled: %s", names.data);
	else
		prechecks_add(list, PRECHECK_BAD, ERR_LACKING, "postgres",
			      "install a package such as postgresql-17, or name the folder of its programs in [postgres] bin",
			      "no PostgreSQL programs are bundled");
	text_done(&names);
}

/* Only where there is one: most boxes never see a drillbox.txt that is refused. */
static void look_at_provision(const struct config *config, struct prechecks *list)
{
	struct error err;

	if (provision_refusal(config->dir, &err) < 0)
		prechecks_add(list, PRECHECK_BAD, err.kind, "provision",
			      "correct drillbox.txt on the boot partition and start the box again", "%s", err.text);
}

/* On the device, where it is drillbox.txt that asks for it. */
static void look_at_vault(const struct config *config, struct prechecks *list)
{
	autofree char *root = path_join(config->dir, "../.."), *state = path_join(root, "state");
	struct error err;

	if (!path_is_dir(state))
		return;
	if (vault_refusal(config->dir, true, &err) < 0)
		prechecks_add_error(list, "encryption", &err);
	else if (vault_look(root) == VAULT_OPEN)
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "encryption", NULL, "the data disk is encrypted, and open until the next start");
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "encryption", NULL,
			      "none: whoever takes the data disk can read the dumps and the sources' passwords");
}

static void look_at_panel(const struct config *config, struct prechecks *list)
{
	autofree char *panel = NULL;
	struct error err;

	if (panel_describe(&config->box, &panel, &err) < 0)
		prechecks_add_error(list, "panel", &err);
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "panel", NULL, "%s", panel);
}

static void look_at_daemon(const struct config *config, struct prechecks *list)
{
	struct lights lights;
	bool held;

	if (!control_lights(config->box.data, &lights, &held))
		prechecks_add(list, PRECHECK_WARN, ERR_NONE, "daemon", "start it: drillbox daemon",
			      "no daemon answers: the lights are dark and nothing is scheduled");
	else if (held)
		prechecks_add(list, PRECHECK_WARN, ERR_NONE, "button", "look for a stuck key or a short in its wires",
			      "the button was held when the daemon started, and is ignored until it is released");
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "daemon", NULL, "alive: pass %s, busy %s, fail %s",
			      pattern_word(lights.pass), pattern_word(lights.busy), pattern_word(lights.fail));
}

static int examine_box(const struct config *config, const struct toolset *tools, const struct error *no_tools,
		       const struct report *r)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};

	look_at_config(config, &list);
	look_at_provision(config, &list);
	look_at_clock(config, &list);
	if (host_network_up())
		prechecks_add(&list, PRECHECK_OK, ERR_NONE, "network", NULL, "up");
	else if (!network_needed(config))
		prechecks_add(&list, PRECHECK_OK, ERR_NONE, "network", NULL, "down, and no source needs it");
	else
		prechecks_add(&list, PRECHECK_BAD, ERR_NETWORK, "network", "check the cable", "no interface has an address");
	look_at_disk(config, &list);
	look_at_vault(config, &list);
	look_at_sandbox(&list);
	look_at_tools(tools, no_tools, &list);
	fixes_examine(FIXES_FOLDER, clock_wall(), &list);
	look_at_panel(config, &list);
	look_at_daemon(config, &list);
	report_doctor(r, NULL, &list);
	return prechecks_bad(&list) ? 2 : 0;
}

/* What a source said of the time also counts for the clock, where the ledger can be written. */
static void note_clock(const struct config *config, const char *source, const struct source_answers *answers)
{
	CLEANUP(ledger_close) struct ledger *ledger = NULL;
	struct error err;

	if (!answers->asked)
		return;
	if (vault_refusal(config->dir, true, &err) < 0 || ledger_open(config->box.data, LEDGER_WRITE, &ledger, &err) < 0 ||
	    ledger_clock_seen(ledger, source, answers->box_time - answers->source_time, answers->time_verified, &err) < 0)
		log_detail("%s", err.text);
}

static void add_source_clock(const struct source_answers *answers, struct prechecks *list)
{
	int64_t skew = llabs(answers->box_time - answers->source_time);

	if (!answers->asked)
		return;
	if (skew > SKEW_TOLERANCE_S)
		prechecks_add(list, PRECHECK_BAD, ERR_CLOCK, "clock", "set the clock that is wrong",
			      "the source's clock and the box's differ by %lld s", (long long)skew);
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "clock", NULL, "%lld s from the source's", (long long)skew);
}

static int examine_source(const struct config *config, const struct source_config *source,
			  const struct toolset *tools, const struct report *r)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};
	CLEANUP(source_answers_done) struct source_answers answers = {0};
	CLEANUP(reachable_done) struct reachable reachable = {0};
	struct error err;

	if (source->broken) {
		prechecks_add_error(&list, "config", &source->why);
	} else {
		prechecks_add(&list, PRECHECK_OK, ERR_NONE, "config", NULL, "%s", source->path);
		if (reachable_open(source, &reachable, &err) < 0)
			prechecks_add_error(&list, "password", &err);
		else if (precheck_postgres(&reachable.source, reachable.password, tools,
					   deadline_in(NO_DEADLINE, LOOK_MS), &list, &answers, &err) < 0)
			prechecks_add_error(&list, "source", &err);
		add_source_clock(&answers, &list);
		note_clock(config, source->name, &answers);
	}
	report_doctor(r, source->name, &list);
	return prechecks_bad(&list) ? 2 : 0;
}

int verb_doctor(const struct options *o)
{
	struct report r = report_to(stdout, o->json);
	CLEANUP(config_done) struct config config = {0};
	CLEANUP(toolset_done) struct toolset tools = {0};
	const struct source_config *only = NULL;
	struct error err, no_tools = {0};
	int code = 0;

	if (config_environment((const char *const *)environ, &err) < 0 ||
	    configuration_load(o->config, &config, &err) < 0 ||
	    (o->arg_count && configuration_source(&config, o->args[0], &only, &err) < 0) ||
	    account_is_the_box(config.box.data, &err) < 0)
		return say_error(&err);
	if (toolset_scan(&tools, &config.box.bins, deadline_in(NO_DEADLINE, SANDBOX_MS), &no_tools) < 0)
		log_detail("%s", no_tools.text);
	if (only)
		return examine_source(&config, only, &tools, &r);
	code = examine_box(&config, &tools, &no_tools, &r);
	for (size_t i = 0; i < config.source_count; i++)
		if (examine_source(&config, config.sources[i], &tools, &r))
			code = 2;
	return code;
}
