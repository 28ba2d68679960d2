/*
 * The daemon: a poll loop over a timer, the child's pidfd, the panel and the
 * control socket. It never works itself: schedule and button start the same
 * verbs an operator would type, as children. So does what is to be told at home:
 * `notify` is a second child beside the one that works, which may take hours.
 *
 * Each look at the facts reads configuration, store and ledger afresh, so that
 * there is no state to go stale: what the lights say is what is there.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "panel/panel.h"
#include "port/process.h"
#include "provision/installation.h"
#include "provision/provision.h"
#include "provision/vault.h"
#include "run/agenda.h"
#include "run/caller.h"
#include "run/child_env.h"
#include "run/configuration.h"
#include "run/control.h"
#include "run/host.h"
#include "run/overview.h"
#include "run/service.h"
#include "run/stop_signal.h"

#define LOOK_EVERY_MS 10000 /* facts that nobody tells us of: disk, network, files, rows of other verbs */
#define FIRST_LOOK_MS 1000 /* after a verb was started */
#define LAMP_TEST_MS 500
#define LIGHT_EVERY_MS 3000 /* lamps that are not written are put out after a while */
#define CHILD_GRACE_MS 20000 /* for a round to close its row when we are asked to stop */
#define RESPITE_MS 60000 /* for what could not even record that it was tried */

struct daemon {
	struct options options; /* its 'config' absolute: children work in another folder */
	char *config;
	char *data;		  /* the folder that 'lock' and 'control' are in; NULL: none was found yet */
	struct lock *lock;
	struct panel *panel;
	struct control *control;
	int stop_fd;
	char *self;

	struct overview overview; /* as of the last look */
	bool ill;
	char *caption;		  /* the headline, or why the box is ill */
	int64_t look_at_ms;

	struct agenda agenda;
	int64_t schedule_from_ms; /* not before */
	int in_vain;		  /* tasks in a row after which something still was due */
	struct task task;	  /* what the child is at */
	struct process child;
	struct process_spec spec;
	const char *argv[10];
	struct child_env env;
	bool running;
	bool working;		  /* that, or somebody else holds the data folder's lock */

	struct caller caller;	  /* who tells what is new */

	struct lights lights;
	bool lit[3];
	int64_t lights_since_ms;
	bool lamp_test;		  /* still to be shown */
	int64_t lamp_test_until_ms;
	int64_t alive_at_ms;
};

static void daemon_done(struct daemon *d)
{
	panel_close(&d->panel); /* dark at once: the child may take its time */
	caller_done(&d->caller);
	if (d->running)
		process_stop(&d->child, SIGTERM, CHILD_GRACE_MS);
	process_done(&d->child);
	task_done(&d->task);
	agenda_done(&d->agenda);
	overview_done(&d->overview);
	control_close(&d->control);
	lock_free(&d->lock);
	cleanup_close(&d->stop_fd);
	free(d->caption);
	free(d->config);
	free(d->data);
	free(d->self);
	child_env_done(&d->env);
}

/* ---- facts */

/* On one line, whatever names are in it: it goes to terminals and to the service manager. */
static void set_caption(struct daemon *d, const char *text)
{
	free(d->caption);
	d->caption = printable(text, false);
}

static void fall_ill(struct daemon *d, const struct error *why)
{
	autofree char *before = take(d->caption);

	set_caption(d, why->text);
	if (!d->ill || !same(before, d->caption))
		log_error("the box is ill: %s", d->caption);
	d->ill = true;
}

static int gather(struct daemon *d, struct overview *ret, struct error *err)
{
	CLEANUP(box_done) struct box box = BOX_INIT;
	int64_t now = clock_wall();

	if (box_open(&d->options, BOX_LOOK, "daemon", NULL, &box, err) < 0 ||
	    host_disk_well(box.config.box.data, err) < 0 || overview_gather(&box, now, ret, err) < 0)
		return -1;
	caller_look(&d->caller, &box, ret, now);
	return 0;
}

/* Rows of a verb that died without closing them are closed for it. */
static void settle(const struct daemon *d)
{
	CLEANUP(box_done) struct box box = BOX_INIT;
	struct error err;

	if (box_open(&d->options, BOX_NOTE, "daemon", NULL, &box, &err) < 0 ||
	    ledger_settle(box.ledger, NULL, &err) < 0)
		log_error("%s", err.text);
}

/* Its drillbox.txt was refused, and may have asked for encryption: until one is right nothing is written in the clear. */
static int setup_refusal(const struct config *config, struct error *err)
{
	return config->source_count ? 0 : provision_refusal(config->dir, err);
}

/*
 * The data folder, once there is one: our lock on it, and the control socket in
 * it. Once more when the configuration names another, or its disk was away.
 */
static int attach(struct daemon *d, struct error *err)
{
	CLEANUP(config_done) struct config config = {0};

	/* a folder that was there and is gone is a disk that is gone */
	if (configuration_load(d->config, &config, err) < 0 || vault_refusal(config.dir, true, err) < 0 ||
	    setup_refusal(&config, err) < 0 || (!d->data && host_make_data(config.box.data,
									   err) < 0) || host_data_usable(config.box.data, err) < 0)
		return -1;
	if (d->control && same(d->data, config.box.data) && control_stands(d->data))
		return 0;
	control_close(&d->control);
	lock_free(&d->lock);
	set_text(&d->data, config.box.data);
	if (lock_take_daemon(d->data, &d->lock, err) < 0 || control_listen(d->data, &d->control, err) < 0)
		return -1;
	d->lamp_test = service_first_since_boot(d->data);
	settle(d);
	return 0;
}

static void look(struct daemon *d)
{
	struct overview now = {0};
	autofree char *headline = NULL;
	struct error err;

	d->look_at_ms = clock_mono_ms() + LOOK_EVERY_MS;
	if (attach(d, &err) < 0 || gather(d, &now, &err) < 0) {
		fall_ill(d, &err);
		return;
	}
	if (d->ill)
		log_notice("the box is well again");
	d->ill = false;
	overview_done(&d->overview);
	d->overview = now;
	headline = status_headline(&d->overview.status);
	set_caption(d, headline);
}

/* Who works, we or a verb of somebody else's. When they are done there is something new to see. */
static void notice_work(struct daemon *d)
{
	CLEANUP(lock_holder_done) struct lock_holder holder = {0};
	bool before = d->working;
	struct error ignored;

	d->working = d->running || (d->data && lock_read(d->data, &holder, &ignored) == 0 && holder.pid);
	if (!before || d->working)
		return;
	settle(d); /* it may have died */
	d->look_at_ms = 0;
}

/* ---- lights */

static void choose_lights(struct daemon *d, int64_t now_ms)
{
	struct facts facts = d->overview.facts;
	struct lights before = d->lights;

	facts.ill = d->ill || facts.ill; /* a refused drillbox.txt is shown, and stops no work */
	facts.working = d->working;
	facts.button = panel_button(d->panel, now_ms);
	d->lights = lights_of(&facts);
	if (memcmp(&before, &d->lights, sizeof(before)) != 0)
		d->lights_since_ms = now_ms;
}

/* Write the lamps; only then is there a sign of life. */
static int show_lights(struct daemon *d, int64_t now_ms, struct error *err)
{
	int64_t ms = now_ms - d->lights_since_ms, watchdog = service_watchdog_ms();
	const enum pattern patterns[3] = {d->lights.pass, d->lights.busy, d->lights.fail};

	if (d->lamp_test)
		d->lamp_test_until_ms = now_ms + LAMP_TEST_MS;
	d->lamp_test = false;
	for (size_t i = 0; i < COUNT(patterns); i++)
		d->lit[i] = now_ms < d->lamp_test_until_ms || pattern_lit(patterns[i], ms, i == 2);
	if (panel_light(d->panel, d->lit, d->caption, err) < 0)
		return -1;
	if (watchdog && now_ms >= d->alive_at_ms) {
		autofree char *words = format("WATCHDOG=1\nSTATUS=%s", d->caption ? d->caption : "");

		service_tell(words);
		d->alive_at_ms = now_ms + watchdog;
	}
	return 0;
}

/* ---- children */

static void pass_on(void *context UNUSED, const char *bytes, size_t n)
{
	(void)fwrite(bytes, 1, n, stderr);
}

static int start_task(struct daemon *d, struct error *err)
{
	size_t n = 0;

	d->argv[n++] = d->self;
	d->argv[n++] = "--config";
	d->argv[n++] = d->config;
	d->argv[n++] = d->task.verb;
	d->argv[n++] = d->task.what;
	d->argv[n++] = "--wait";
	d->argv[n++] = "--trigger";
	d->argv[n++] = trigger_word(d->task.trigger);
	d->argv[n] = NULL;
	d->spec = (struct process_spec){.argv = d->argv, .env = d->env.items, .on_error = pass_on};
	d->child = PROCESS_INIT;
	if (process_start(&d->child, &d->spec, err) < 0)
		return -1;
	d->running = true;
	d->look_at_ms = clock_mono_ms() + FIRST_LOOK_MS; /* by then its row is there, and can be told */
	log_notice("%s of %s begins (%s)", d->task.verb, d->task.what, trigger_word(d->task.trigger));
	return 0;
}

static void put_off_schedule(struct daemon *d)
{
	d->schedule_from_ms = clock_mono_ms() + RESPITE_MS;
}

/* How it ended. What it had to say it has said: its standard error is ours. */
static void log_end(const struct daemon *d)
{
	static const char *const words[] = {"pass", "fail", "undecided"};
	int status = d->child.status;

	if (WIFEXITED(status) && (size_t)WEXITSTATUS(status) < COUNT(words)) {
		log_notice("%s of %s ended: %s", d->task.verb, d->task.what, words[WEXITSTATUS(status)]);
	} else {
		autofree char *epitaph = process_epitaph(&d->child);

		log_error("%s of %s: %s", d->task.verb, d->task.what, epitaph);
	}
}

static void end_task(struct daemon *d)
{
	int64_t due;

	log_end(d);
	process_done(&d->child);
	d->child = PROCESS_INIT;
	d->running = false;
	task_done(&d->task);
	settle(d);
	look(d);
	agenda_drop_not_due(&d->agenda, &d->overview, clock_wall());
	due = agenda_next_due(&d->overview);
	d->in_vain = due != TIME_UNKNOWN && due <= clock_wall() ? d->in_vain + 1 : 0;
	if (d->in_vain > 1)
		put_off_schedule(d);
}

static void start_next(struct daemon *d)
{
	int64_t now_ms = clock_mono_ms();
	struct error err;

	if (d->running || d->ill)
		return;
	/*
	 * A clock that nobody vouches for is asked about by a pull; one that is wrong
	 * plans nothing. What somebody else is at may be just what is due.
	 */
	if (d->agenda.count == 0 && !d->working && d->overview.clock != CLOCK_WRONG && now_ms >= d->schedule_from_ms)
		(void)agenda_add_due(&d->agenda, &d->overview, clock_wall(), now_ms);
	if (!agenda_next(&d->agenda, &d->task))
		return;
	if (start_task(d, &err) < 0) {
		log_error("%s", err.text);
		task_done(&d->task);
		put_off_schedule(d);
	}
}

/* ---- the button */

/* Acknowledge everything that flashes: what red was seen for, nothing newer. */
static void acknowledge(const struct daemon *d, struct box *box, struct text *said)
{
	struct error err;

	text_add(said, "acknowledge");
	for (size_t i = 0; i < d->overview.status.source_count; i++) {
		const struct source_overview *s = &d->overview.sources[i];

		if (!s->newest_refuted || s->facts.refuted_acknowledged)
			continue;
		if (ledger_acknowledge(box->ledger, s->newest_refuted, "button", &err) < 0) {
			log_error("%s", err.text);
			continue;
		}
		text_addf(said, " %s", s->newest_refuted);
	}
}

/* A press that ended. It answers to what the lights showed. */
static void obey(struct daemon *d, enum intent intent, int64_t held_ms)
{
	CLEANUP(box_done) struct box box = BOX_INIT;
	CLEANUP(text_done) struct text said = {0};
	struct error err;

	if (d->ill || box_open(&d->options, BOX_NOTE, "daemon", NULL, &box, &err) < 0) {
		log_error("the button was pressed, but the box is ill: %s", d->ill ? d->caption : err.text);
		return;
	}
	if (intent == INTENT_NONE) {
		text_add(&said, "nothing: held for too long");
	} else if (intent == INTENT_SHORT && d->lights.fail == PATTERN_FLASH) {
		acknowledge(d, &box, &said);
	} else {
		agenda_add_press(&d->agenda, &d->overview, intent == INTENT_LONG);
		text_add(&said, intent == INTENT_LONG ? "round" : "drill");
	}
	log_notice("button: %s", said.data);
	if (ledger_press(box.ledger, held_ms, said.data, &err) < 0)
		log_error("%s", err.text);
	look(d);
}

static int read_button(struct daemon *d, int64_t now_ms, struct error *err)
{
	enum intent intent = INTENT_NONE;
	int64_t held_ms;
	int got;

	while ((got = panel_read(d->panel, now_ms, &intent, &held_ms, err)) > 0)
		if (held_ms >= 0)
			obey(d, intent, held_ms);
	return got;
}

/* ---- the loop */

/*
 * While the configuration is not there, or not to be gone by, the panel still
 * shows that the box is ill: on the lines that drillbox.txt named, for the
 * board's own may be wired to what is not to be driven.
 */
static void find_panel(const struct daemon *d, struct config *ret)
{
	CLEANUP(config_done) struct config config = {0};
	autofree char *folder = path_dir(d->config);
	struct error why;

	if (configuration_load(d->config, &config, &why) == 0 && vault_refusal(config.dir, true, &why) == 0) {
		*ret = config;
		config = (struct config){0};
		return;
	}
	if (installation_panel(folder, ret, &why) < 0) {
		log_error("%s", why.text);
		box_config_init(&ret->box);
	}
}

static int open_daemon(struct daemon *d, const struct options *o, struct error *err)
{
	CLEANUP(config_done) struct config config = {0};
	autofree char *here = getcwd(NULL, 0);

	if (!here)
		return fail(err, ERR_IO, "finding the working folder: %m");
	d->config = path_join(here, o->config);
	d->options = *o;
	d->options.config = d->config;
	/* only another daemon ends this one; everything else is shown, and may pass */
	if (stop_signal_open(&d->stop_fd, err) < 0 || (attach(d, err) < 0 && err->kind == ERR_BUSY))
		return -1;
	d->self = realpath("/proc/self/exe", NULL);
	if (!d->self)
		return fail(err, ERR_IO, "finding this program's own file: %m");
	d->env = child_env_ours();
	caller_open(&d->caller, d->self, d->config, d->env.items);
	find_panel(d, &config);
	return panel_open(&config.box, &d->panel, err);
}

static int wait_ms(const struct daemon *d, int64_t now_ms)
{
	int64_t ms = lights_next_change(&d->lights, now_ms - d->lights_since_ms), watchdog = service_watchdog_ms();

	if (d->lamp_test_until_ms > now_ms && d->lamp_test_until_ms - now_ms < ms)
		ms = d->lamp_test_until_ms - now_ms;
	if (d->look_at_ms - now_ms < ms)
		ms = d->look_at_ms - now_ms;
	if (watchdog && watchdog < ms)
		ms = watchdog;
	if (ms > LIGHT_EVERY_MS)
		ms = LIGHT_EVERY_MS;
	return ms < 0 ? 0 : (int)ms;
}

enum { POLL_STOP, POLL_PANEL, POLL_CONTROL, POLL_CHILD, POLL_SAYS, POLL_CALLER, POLL_CALLER_SAYS, POLLED };

/* Until something happens or a lamp changes: as it was at 'now_ms', when the lamps were written. */
static void wait_for_news(const struct daemon *d, int64_t now_ms, struct pollfd fds[POLLED])
{
	const struct pollfd all[POLLED] = {
		[POLL_STOP] = {.fd = d->stop_fd, .events = POLLIN},
		[POLL_PANEL] = {.fd = panel_fd(d->panel), .events = POLLIN},
		[POLL_CONTROL] = {.fd = d->control ? control_fd(d->control) : -1, .events = POLLIN},
		[POLL_CHILD] = {.fd = d->running ? d->child.pidfd : -1, .events = POLLIN},
		[POLL_SAYS] = {.fd = d->running ? d->child.err_fd : -1, .events = POLLIN},
		[POLL_CALLER] = {.fd = d->caller.running ? d->caller.process.pidfd : -1, .events = POLLIN},
		[POLL_CALLER_SAYS] = {.fd = d->caller.running ? d->caller.process.err_fd : -1, .events = POLLIN},
	};

	memcpy(fds, all, sizeof(all));
	(void)poll(fds, POLLED, wait_ms(d, now_ms));
}

/* What came by the control socket. */
static void grant(struct daemon *d)
{
	CLEANUP(wishes_done) struct wishes wishes = {0};

	if (!d->control)
		return;
	control_serve(d->control, &d->lights, panel_held_at_start(d->panel), &wishes);
	if (wishes.look)
		d->look_at_ms = 0;
	for (size_t i = 0; i < wishes.drills.count; i++)
		agenda_add_drill(&d->agenda, &d->overview, wishes.drills.items[i]);
}

static int turn(struct daemon *d, bool *ret_stop, struct error *err)
{
	struct pollfd fds[POLLED];
	int64_t now_ms;

	notice_work(d);
	if (clock_mono_ms() >= d->look_at_ms)
		look(d);
	start_next(d);
	now_ms = clock_mono_ms(); /* a look takes its time */
	choose_lights(d, now_ms);
	if (show_lights(d, now_ms, err) < 0)
		return -1;
	caller_turn(&d->caller, !d->ill, d->lights.pass == PATTERN_HEARTBEAT, now_ms);
	wait_for_news(d, now_ms, fds);
	*ret_stop = fds[POLL_STOP].revents != 0;
	grant(d);
	if (d->running && process_poll(&d->child))
		end_task(d);
	if (caller_poll(&d->caller))
		d->look_at_ms = 0; /* there may be more to tell */
	return fds[POLL_PANEL].revents ? read_button(d, clock_mono_ms(), err) : 0;
}

int verb_daemon(const struct options *o)
{
	CLEANUP(daemon_done) struct daemon d = {.stop_fd = -1, .child = PROCESS_INIT, .caller = CALLER_INIT};
	bool stop = false;
	struct error err;

	if (open_daemon(&d, o, &err) < 0)
		return say_error(&err);
	look(&d);
	if (panel_held_at_start(d.panel))
		log_notice("the button was held at the start: ignored until it is released");
	service_tell("READY=1");
	while (!stop)
		if (turn(&d, &stop, &err) < 0)
			return say_error(&err);
	service_tell("STOPPING=1");
	log_notice("stopping%s", d.running ? ": the running verb is recorded as undecided" : "");
	return 0;
}
