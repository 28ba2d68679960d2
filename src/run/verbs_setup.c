/* The verb for setting up: what could stop the next round. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "panel/panel.h"
#include "port/escape.h"
#include "port/sandbox.h"
#include "port/toolset.h"
#include "provision/provision.h"
#include "provision/vault.h"
#include "pull/precheck.h"
#include "pull/published.h"
#include "run/account.h"
#include "run/calling.h"
#include "run/configuration.h"
#include "run/control.h"
#include "run/examine.h"
#include "run/fixes.h"
#include "run/host.h"
#include "run/overview.h"
#include "run/secret.h"

#define LOOK_MS 60000	  /* for one source */
#define SANDBOX_MS 10000
#define ESCAPE_MS 30000
#define ESCAPE_SCRATCH ((int64_t)16 << 20)

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
	bool capped;
	autofree char *memory = sandbox_memory_words(&capped);
	struct error err;

	if (sandbox_run(&sandbox, &spec, deadline_in(NO_DEADLINE, SANDBOX_MS), ERR_LACKING, NULL, &err) < 0)
		prechecks_add_error(list, "sandbox", &err);
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "sandbox", NULL, "bubblewrap starts a program in one, %s%s", memory,
			      capped ? "" : ": no control group is delegated to us here");
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
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "encryption", NULL,
			      "the data disk is encrypted, and open until the next start");
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

	examine_config(config, &list);
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
	examine_tools(tools, no_tools, &list);
	fixes_examine(FIXES_FOLDER, clock_wall(), &list);
	look_at_panel(config, &list);
	look_at_daemon(config, &list);
	calling_examine(config, &list);
	report_doctor(r, NULL, &list);
	return prechecks_bad(&list) ? 2 : 0;
}

/* What a source said of the time also counts for the clock, where the ledger can be written. */
static void note_clock(const struct config *config, const char *source, int64_t skew, bool verified)
{
	CLEANUP(ledger_close) struct ledger *ledger = NULL;
	struct error err;

	if (vault_refusal(config->dir, true, &err) < 0 || ledger_open(config->box.data, LEDGER_WRITE, &ledger, &err) < 0 ||
	    ledger_clock_seen(ledger, source, skew, verified, &err) < 0)
		log_detail("%s", err.text);
}

static void look_at_source_clock(const struct config *config, const char *source, int64_t box_minus_source, bool verified,
				 struct prechecks *list)
{
	note_clock(config, source, box_minus_source, verified);
	examine_clock(box_minus_source, list);
}

static int examine_live(const struct config *config, const struct reachable *reachable, const struct toolset *tools,
			struct prechecks *list, struct error *err)
{
	CLEANUP(source_answers_done) struct source_answers answers = {0};

	if (precheck_postgres(&reachable->source, reachable->password, tools, deadline_in(NO_DEADLINE, LOOK_MS), list, &answers,
			      err) < 0)
		return -1;
	if (answers.asked)
		look_at_source_clock(config, reachable->source.name, answers.box_time - answers.source_time,
				     answers.time_verified, list);
	return 0;
}

static int examine_place(const struct config *config, const struct reachable *reachable, struct prechecks *list,
			 struct error *err)
{
	const struct place_secrets secrets = reachable_secrets(reachable);
	struct published_clock clock;

	if (precheck_published(&reachable->source, &secrets, deadline_in(NO_DEADLINE, LOOK_MS), list, &clock, err) < 0)
		return -1;
	if (clock.known)
		look_at_source_clock(config, reachable->source.name, clock.here - clock.there, true, list);
	return 0;
}

static int examine_source(const struct config *config, const struct source_config *source,
			  const struct toolset *tools, const struct report *r)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};
	CLEANUP(reachable_done) struct reachable reachable = {0};
	struct error err;

	if (source->broken) {
		prechecks_add_error(&list, "config", &source->why);
	} else {
		prechecks_add(&list, PRECHECK_OK, ERR_NONE, "config", NULL, "%s", source->path);
		if (reachable_open(source, &reachable, &err) < 0)
			prechecks_add_error(&list, "password", &err);
		else if ((source->type == SOURCE_POSTGRES ? examine_live(config, &reachable, tools, &list, &err) :
							    examine_place(config, &reachable, &list, &err)) < 0)
			prechecks_add_error(&list, "source", &err);
	}
	report_doctor(r, source->name, &list);
	return prechecks_bad(&list) ? 2 : 0;
}

/* As a drill's, with nothing of a drill in it. */
static int examine_sandbox(const struct config *config, const struct report *r)
{
	CLEANUP(prechecks_done) struct prechecks list = {0};
	autofree char *ledger = path_join(config->box.data, "ledger/ledger.sqlite");
	const struct escape_outside outside = {config->box.data, ledger, config->dir};
	const struct sandbox sandbox = {.scratch_bytes = ESCAPE_SCRATCH};

	look_at_sandbox(&list);
	if (!prechecks_bad(&list))
		escape_try(&sandbox, &outside, deadline_in(NO_DEADLINE, ESCAPE_MS), &list);
	report_doctor(r, NULL, &list);
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

	if (o->to)
		return verb_publish_doctor(o);
	if (o->sandbox && o->arg_count) {
		(void)fail(&err, ERR_USAGE, "the sandbox is the box's, not a source's: drillbox doctor --sandbox");
		return say_error(&err);
	}
	if (config_environment((const char *const *)environ, &err) < 0 ||
	    configuration_load(o->config, &config, &err) < 0 ||
	    (o->arg_count && configuration_source(&config, o->args[0], &only, &err) < 0) ||
	    account_is_the_box(config.box.data, &err) < 0)
		return say_error(&err);
	if (o->sandbox)
		return examine_sandbox(&config, &r);
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
