/* What became of processes that are not our children. */
#ifndef DRILLBOX_TESTS_PROCESSES_H
#define DRILLBOX_TESTS_PROCESSES_H

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

/* Gone, or dead and left for whoever inherits it to reap. */
static bool gone(pid_t pid)
{
	autofree char *path = format("/proc/%d/stat", pid);
	char line[256] = "";
	FILE *f = fopen(path, "r");
	const char *state;

	if (!f)
		return true;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	(void)fclose(f);
	state = strrchr(line, ')');
	return !state || state[2] == 'Z' || state[2] == 'X';
}

static bool gone_within(pid_t pid, int ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (!gone(pid) && clock_mono_ms() < until)
		usleep(5000);
	return gone(pid);
}

#endif
