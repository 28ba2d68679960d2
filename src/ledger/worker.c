#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "ledger/book.h"

#define STAT_TEXT 1024
#define FIELD_STATE 3 /* in /proc/PID/stat, counted from 1 as proc(5) does */
#define FIELD_STARTTIME 22

/* The beginning of a file of /proc; false when it cannot be read, with errno. */
static bool read_proc(const char *path, char *buf, size_t size)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (n < 0)
		return false;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

/* State and start of a process; false when it is not there, or cannot be seen. */
static bool read_stat(int64_t pid, char *ret_state, int64_t *ret_started)
{
	autofree char *path = format("/proc/%lld/stat", (long long)pid);
	char line[STAT_TEXT];
	char *field;

	if (!read_proc(path, line, sizeof(line)))
		return false;
	field = strrchr(line, ')'); /* the program's name may hold anything, blanks and parentheses too */
	if (!field || field[1] != ' ')
		return false;
	field += 2;
	*ret_state = *field;
	for (int i = FIELD_STATE; i < FIELD_STARTTIME && field; i++) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	if (!field)
		return false;
	*ret_started = strtoll(field, NULL, 10);
	return true;
}

void worker_self(struct worker *ret)
{
	char name[32] = "";
	char state;

	*ret = (struct worker){.pid = getpid()};
	/* by the numbers of this /proc, which is what everybody looks a pid up in */
	if (readlink("/proc/self", name, sizeof(name) - 1) > 0)
		ret->pid = strtoll(name, NULL, 10);
	if (!read_stat(ret->pid, &state, &ret->started))
		ret->started = 0;
	if (!read_proc("/proc/sys/kernel/random/boot_id", ret->boot, sizeof(ret->boot)))
		ret->boot[0] = '\0';
}

bool worker_alive(const struct worker *w, const char *boot_now)
{
	int64_t started;
	char state;

	if (strcmp(w->boot, boot_now) != 0)
		return false;
	if (read_stat(w->pid, &state, &started))
		return started == w->started && state != 'Z' && state != 'X';
	/* where not even the first process can be seen, its absence says nothing (hidepid) */
	return access("/proc/1/stat", F_OK) < 0;
}

char *worker_epitaph(const struct worker *w, const char *boot_now)
{
	if (strcmp(w->boot, boot_now) != 0)
		return xstrdup("interrupted: the box was restarted or lost power while this ran; the daemon repeats it "
			       "once, or run it again");
	return format("interrupted: the process that did it (pid %lld) was killed or crashed; the daemon repeats it once, "
		      "or run it again",
		      (long long)w->pid);
}
