#include "run/control.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/request.h"
#include "port/json.h"

#define SOCKET_NAME "control.sock"
#define CLIENTS 8
#define LINE_CAP (REQUEST_LONGEST + 2)
#define REPLY_CAP 1024
#define MOST_GROUPS 1024
#define CLIENT_MS 2000 /* how long the daemon keeps a silent client */
#define ANSWER_MS 5000 /* how long a verb waits for the daemon, whose disk may be busy; a dead one refuses at once */

struct client {
	int fd;
	int64_t until_ms;
	size_t length;
	char line[LINE_CAP];
};

struct control {
	int fd;
	int waiting; /* epoll(7): the socket and every client */
	int folder;
	struct client clients[CLIENTS];
};

/*
 * The address through the folder's descriptor: DATA may be longer than the 107
 * bytes a socket's path can have.
 */
static int folder_address(const char *data, struct sockaddr_un *ret)
{
	int folder = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/" SOCKET_NAME, folder);
	return folder;
}

static int watch_fd(const struct control *c, int fd)
{
	struct epoll_event readable = {.events = EPOLLIN};

	return epoll_ctl(c->waiting, EPOLL_CTL_ADD, fd, &readable);
}

int control_listen(const char *data, struct control **ret, struct error *err)
{
	CLEANUP(control_close) struct control *c = xcalloc(1, sizeof(*c));
	struct sockaddr_un at;

	for (size_t i = 0; i < CLIENTS; i++)
		c->clients[i].fd = -1;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	c->waiting = epoll_create1(EPOLL_CLOEXEC);
	c->folder = folder_address(data, &at);
	if (c->fd < 0 || c->waiting < 0 || c->folder < 0 || watch_fd(c, c->fd) < 0)
		return fail(err, ERR_IO, "opening the control socket in '%s': %m", data);
	/* the daemon's lock is ours, so what is there belongs to a dead one */
	(void)unlinkat(c->folder, SOCKET_NAME, 0);
	if (bind(c->fd, (const struct sockaddr *)&at, sizeof(at)) < 0 ||
	    fchmodat(c->folder, SOCKET_NAME, 0666, 0) < 0 || listen(c->fd, CLIENTS) < 0)
		return fail(err, ERR_IO, "opening the control socket in '%s': %m", data);
	*ret = take(c);
	return 0;
}

int control_fd(const struct control *c)
{
	return c->waiting;
}

static void drop(struct client *client)
{
	close(client->fd);
	client->fd = -1;
}

static void admit(struct control *c, int64_t now)
{
	int fd;

	while ((fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct client *place = &c->clients[0];

		/* a free one, else that of who has been silent for longest */
		for (size_t i = 1; i < CLIENTS && place->fd >= 0; i++)
			if (c->clients[i].fd < 0 || c->clients[i].until_ms < place->until_ms)
				place = &c->clients[i];
		if (place->fd >= 0)
			drop(place);
		*place = (struct client){.fd = fd, .until_ms = now + CLIENT_MS};
		if (watch_fd(c, fd) < 0)
			drop(place);
	}
}

void wishes_done(struct wishes *w)
{
	strings_done(&w->drills);
	*w = (struct wishes){0};
}

/* Whether who is at the other end may have something drilled. */
static bool may_drill(int fd)
{
	const struct group *drillers = getgrnam(CONTROL_DRILLERS);
	gid_t groups[MOST_GROUPS];
	struct ucred who = {.uid = (uid_t)-1};
	socklen_t length = sizeof(who), groups_length = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0)
		return false;
	if (who.uid == 0 || who.uid == geteuid())
		return true;
	if (!drillers || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &groups_length) < 0)
		return false;
	for (size_t i = 0; i < groups_length / sizeof(*groups); i++)
		if (groups[i] == drillers->gr_gid)
			return true;
	return who.gid == drillers->gr_gid;
}

static int take_drill(int fd, const char *line, struct wishes *wishes, struct error *err)
{
	CLEANUP(strings_done) struct strings words = {0};

	if (!may_drill(fd))
		return fail(err, ERR_PRIVILEGE, "you may not have the daemon drill: become a member of group '%s'",
			    CONTROL_DRILLERS);
	if (request_parse(line, RIGHT_DRILL, &words, err) < 0)
		return -1;
	strings_add(&wishes->drills, words.count > 1 ? words.items[1] : "");
	return 0;
}

static char *answer(int fd, const char *line, const struct lights *lights, bool held, struct wishes *wishes)
{
	CLEANUP(json_free) struct json *reply = json_new_object();
	struct error err;

	if (strcmp(line, "lights") == 0) {
		json_set_text(reply, "pass", pattern_word(lights->pass));
		json_set_text(reply, "busy", pattern_word(lights->busy));
		json_set_text(reply, "fail", pattern_word(lights->fail));
		json_set_bool(reply, "button_held_at_start", held);
	} else if (strcmp(line, "look") == 0) {
		wishes->look = true;
		json_set_bool(reply, "ok", true);
	} else if (strcmp(line, "drill") != 0 && !starts_with(line, "drill ")) {
		json_set_text(reply, "error", "say 'lights', 'look' or 'drill'");
	} else if (take_drill(fd, line, wishes, &err) < 0) {
		json_set_text(reply, "error", err.text);
	} else {
		json_set_bool(reply, "ok", true);
	}
	return json_text(reply, false);
}

/* Read what came; a whole line is answered, and the client is done. */
static void hear(struct client *client, const struct lights *lights, bool held, struct wishes *wishes)
{
	ssize_t n = read(client->fd, client->line + client->length, LINE_CAP - 1 - client->length);
	autofree char *reply = NULL;
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(client);
		return;
	}
	client->length += (size_t)n;
	client->line[client->length] = '\0';
	end = strchr(client->line, '\n');
	if (!end) {
		if (client->length == LINE_CAP - 1)
			drop(client);
		return;
	}
	*end = '\0';
	reply = answer(client->fd, client->line, lights, held, wishes);
	/* a reply is far smaller than any socket buffer: one that does not fit is from a client that is gone */
	(void)send(client->fd, reply, strlen(reply), MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)send(client->fd, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	drop(client);
}

void control_serve(struct control *c, const struct lights *lights, bool button_held_at_start, struct wishes *wishes)
{
	int64_t now = clock_mono_ms();

	admit(c, now);
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *client = &c->clients[i];

		if (client->fd < 0)
			continue;
		hear(client, lights, button_held_at_start, wishes);
		if (client->fd >= 0 && now >= client->until_ms)
			drop(client);
	}
}

void control_close(struct control **c)
{
	if (!*c)
		return;
	for (size_t i = 0; i < CLIENTS; i++)
		cleanup_close(&(*c)->clients[i].fd);
	if ((*c)->folder >= 0)
		(void)unlinkat((*c)->folder, SOCKET_NAME, 0);
	cleanup_close(&(*c)->folder);
	cleanup_close(&(*c)->waiting);
	cleanup_close(&(*c)->fd);
	free(*c);
	*c = NULL;
}

/* ---- the other end */

static bool ready(int fd, short events, struct deadline deadline)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, deadline_left(deadline)) > 0;
}

/* -1: nobody listens there. */
static int call(const char *data)
{
	struct sockaddr_un at;
	autoclose int folder = folder_address(data, &at);
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (folder < 0 || fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	return take_fd(&fd);
}

bool control_stands(const char *data)
{
	autoclose int fd = call(data);

	return fd >= 0;
}

/* One line there, one line back into 'reply'; false when nobody answers in time. */
static bool ask(const char *data, const char *line, char *reply, size_t cap)
{
	struct deadline deadline = deadline_in(NO_DEADLINE, ANSWER_MS);
	autoclose int fd = call(data);
	size_t got = 0;
	ssize_t n;

	if (fd < 0 || send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		return false;
	while (got < cap - 1 && ready(fd, POLLIN, deadline)) {
		n = read(fd, reply + got, cap - 1 - got);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	reply[got] = '\0';
	return got > 0 && reply[got - 1] == '\n';
}

static bool light_from(const struct json *reply, const char *key, enum pattern *ret)
{
	const char *word = json_get_text(reply, key);
	int p = word ? pattern_from_word(word) : -1;

	if (p < 0)
		return false;
	*ret = (enum pattern)p;
	return true;
}

bool control_lights(const char *data, struct lights *ret, bool *ret_button_held)
{
	CLEANUP(json_free) struct json *reply = NULL;
	char text[REPLY_CAP];
	struct error ignored;

	*ret_button_held = false;
	if (!ask(data, "lights\n", text, sizeof(text)) || json_parse(text, strlen(text), &reply, &ignored) < 0)
		return false;
	*ret_button_held = json_get_bool(reply, "button_held_at_start");
	return light_from(reply, "pass", &ret->pass) && light_from(reply, "busy", &ret->busy) &&
	       light_from(reply, "fail", &ret->fail);
}

void control_poke(const char *data)
{
	char text[REPLY_CAP];

	(void)ask(data, "look\n", text, sizeof(text));
}

int control_drill(const char *data, const char *what, struct error *err)
{
	autofree char *line = format("drill%s%s\n", what ? " " : "", what ? what : "");
	CLEANUP(json_free) struct json *reply = NULL;
	char text[REPLY_CAP];

	if (!ask(data, line, text, sizeof(text)))
		return fail(err, ERR_NOTHING, "no daemon answers, and it is the daemon that drills for others: see that it runs");
	if (json_parse(text, strlen(text), &reply, err) < 0)
		return fail_within(err, "what the daemon answers");
	if (json_get_text(reply, "error"))
		return fail(err, ERR_PRIVILEGE, "the daemon: %s", json_get_text(reply, "error"));
	return 0;
}
