#include "run/caller.h"

#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "run/calling.h"

#define LONGEST_MS 45000 /* it gives itself 30 s: one that takes longer hangs */
#define PAUSE_MS 5000	 /* after one, before the next */
#define RESPITE_MS 60000 /* after one that broke */
#define AGAIN_MS 60000	 /* a ping that was not heard: another, if green beats then */
#define GRACE_MS 2000

void caller_open(struct caller *c, const char *self, const char *config, const char *const *env)
{
	c->self = self;
	c->config = config;
	c->env = env;
}

void caller_look(struct caller *c, const struct box *box, const struct overview *o, int64_t now)
{
	const struct notify_config *notify = &box->config.box.notify;
	struct error err;

	c->ping_every_ms = notify->ping_file ? notify->ping_every_s * 1000 : 0;
	c->due = TIME_UNKNOWN;
	if (calling_due(box, o, now, &c->due, &err) < 0)
		log_detail("%s", err.text);
}

static void pass_on(void *context UNUSED, const char *bytes, size_t n)
{
	(void)fwrite(bytes, 1, n, stderr);
}

static void start(struct caller *c, bool ping, int64_t now_ms)
{
	const char *const argv[] = {c->self, "--config", c->config, "notify", ping ? "--ping" : NULL, NULL};
	const struct process_spec spec = {.argv = argv, .env = c->env, .on_error = pass_on};
	struct error err;

	c->process = PROCESS_INIT;
	if (process_start(&c->process, &spec, &err) < 0) {
		log_error("%s", err.text);
		c->from_ms = now_ms + RESPITE_MS;
		return;
	}
	c->running = true;
	c->since_ms = now_ms;
	c->pinging = ping;
	if (ping)
		c->ping_at_ms = now_ms + c->ping_every_ms;
}

void caller_turn(struct caller *c, bool well, bool green, int64_t now_ms)
{
	bool ping, news;

	if (c->running) {
		if (now_ms - c->since_ms > LONGEST_MS)
			(void)kill(-c->process.pid, SIGKILL); /* its pidfd tells when the kernel has let it go */
		return;
	}
	if (!well || now_ms < c->from_ms)
		return;
	/* green is asked for once more by the child itself, at the moment of the ping */
	ping = c->ping_every_ms && now_ms >= c->ping_at_ms && green;
	news = c->due != TIME_UNKNOWN && c->due <= clock_wall();
	if (ping || news)
		start(c, ping, now_ms);
}

/* That something was not delivered it has said itself, and the ledger knows it. */
static bool ended_well(const struct process *p)
{
	return process_exit_code(p) == 0 || process_exit_code(p) == 2;
}

bool caller_poll(struct caller *c)
{
	bool well;

	if (!c->running || !process_poll(&c->process))
		return false;
	well = ended_well(&c->process);
	if (!well) {
		autofree char *epitaph = process_epitaph(&c->process);

		log_error("notify: %s", epitaph);
	}
	if (c->pinging && process_exit_code(&c->process) != 0 && c->ping_every_ms > AGAIN_MS)
		c->ping_at_ms = clock_mono_ms() + AGAIN_MS;
	process_done(&c->process);
	c->process = PROCESS_INIT;
	c->running = false;
	c->from_ms = clock_mono_ms() + (well ? PAUSE_MS : RESPITE_MS);
	return true;
}

void caller_done(struct caller *c)
{
	if (c->running)
		process_stop(&c->process, SIGTERM, GRACE_MS);
	process_done(&c->process);
	*c = CALLER_INIT;
}
