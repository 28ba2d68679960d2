/* A folder of one test's own, gone after it: cmocka_unit_test_setup_teardown(f, make_folder, remove_folder). */
#ifndef DRILLBOX_TESTS_FOLDER_H
#define DRILLBOX_TESTS_FOLDER_H

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

static char *folder;

UNUSED static int make_folder(void **state)
{
	const char *above = getenv("TMPDIR");

	(void)state;
	folder = format("%s/%s-XXXXXX", above ? above : "/tmp", program_invocation_short_name);
	return mkdtemp(folder) ? 0 : -1;
}

UNUSED static int remove_folder(void **state)
{
	struct error err;
	int result = remove_tree(folder, &err);

	(void)state;
	if (result < 0)
		print_error("%s\n", err.text);
	free(folder);
	return result;
}

#endif
