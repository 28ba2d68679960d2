/*
 * Makes the templates of throwaway clusters that an image ships: template FOLDER.
 * One for each PostgreSQL that is installed; it runs where the device's files are
 * the root, in emulation.
 */
#include <stdio.h>
#include <sysexits.h>

#include "drill/cluster.h"
#include "port/toolset.h"

#define PATIENCE_MS (10 * 60 * 1000) /* half a minute each where the processor is emulated */

int main(int argc, char **argv)
{
	const struct deadline deadline = deadline_in((struct deadline){INT64_MAX, -1}, PATIENCE_MS);
	CLEANUP(toolset_done) struct toolset tools = {0};
	struct error err = {0};
	int result;

	if (argc != 2) {
		fputs("usage: template FOLDER\n", stderr);
		return EX_USAGE;
	}
	result = toolset_scan(&tools, &(struct strings){0}, deadline, &err);
	for (size_t i = 0; i < tools.count && result == 0; i++)
		if (tools.items[i].serves)
			result = cluster_prepare(&tools.items[i], argv[1], deadline, &err);
	if (result < 0)
		fprintf(stderr, "template: %s\n", err.text);
	return result < 0 ? EX_SOFTWARE : EX_OK;
}
