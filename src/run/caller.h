/*
 * The daemon's second child: `notify`, beside the one that works, which may
 * take hours. Nothing here waits.
 *
 *     CLEANUP(caller_done) struct caller c = CALLER_INIT;
 *     caller_open(&c, self, config, env);
 *     caller_look(&c, &box, &overview, now);      at each look at the facts
 *     caller_turn(&c, well, green, now_ms);      at each turn of the loop
 *     if (caller_poll(&c)) ...                    woken by pidfd or err_fd: one has ended, look again
 */
#ifndef DRILLBOX_RUN_CALLER_H
#define DRILLBOX_RUN_CALLER_H

#include "port/process.h"
#include "run/overview.h"

struct caller {
	const char *self, *config; /* borrowed */
	const char *const *env;	   /* borrowed */
	int64_t due;		   /* by the wall clock, when somebody is to be told; TIME_UNKNOWN: nobody */
	int64_t ping_every_ms;	   /* 0: there is no dead-man's switch */
	int64_t ping_at_ms, from_ms; /* not before */
	struct process process;	   /* where 'running' */
	bool running;
	bool pinging;		   /* it calls the dead-man's switch, too */
	int64_t since_ms;
};

#define CALLER_INIT ((struct caller){.due = TIME_UNKNOWN, .process = PROCESS_INIT})

/* This program's own file, the configuration, absolute, and what a child gets of our environment. */
void caller_open(struct caller *c, const char *self, const char *config, const char *const *env);

/* Whether there is something to tell. What goes wrong here is no illness of the box, and shows in no light. */
void caller_look(struct caller *c, const struct box *box, const struct overview *o, int64_t now);

/* Start one where it is time and the box 'well', end one that hangs. 'green': the panel's heartbeat is shown now. */
void caller_turn(struct caller *c, bool well, bool green, int64_t now_ms);

/* True once one has ended. */
bool caller_poll(struct caller *c);

void caller_done(struct caller *c);

#endif
