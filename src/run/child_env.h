/*
 * What a drillbox that is started by the daemon has of its environment, besides
 * what every child has (port/process.h): the box's time zone, by which windows
 * and weeks are told, and the folder of systemd's credentials.
 */
#ifndef DRILLBOX_RUN_CHILD_ENV_H
#define DRILLBOX_RUN_CHILD_ENV_H

struct child_env {
	char *zone;	      /* "TZ=..." */
	char *credentials;    /* "CREDENTIALS_DIRECTORY=..."; NULL: there are none */
	const char *items[3]; /* for process_spec.env: borrowed from these two, ended by NULL */
};

/* Taken from our own environment. What is returned may be copied, for as long as child_env_done() is called once. */
struct child_env child_env_ours(void);
void child_env_done(struct child_env *e);

#endif
