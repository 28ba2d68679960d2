#include "drill/archive.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "port/pg.h"
#include "port/sandbox.h"

#define INSIDE_DUMP "/dump"
#define MEMORY_CAP ((int64_t)4 << 30) /* address space of a pg_restore: its list of contents, and buffers */
#define FILE_CAP ((int64_t)1 << 20)   /* it has nothing to write */

/* A list as a file to read, without any on the disk. */
static int list_fd(const char *list, struct error *err)
{
	autoclose int fd = memfd_create("list", MFD_CLOEXEC);

	if (fd < 0)
		return fail(err, ERR_LACKING, "make a list for pg_restore: %m");
	if (write_all(fd, list, strlen(list), "the list for pg_restore", err) < 0 || write_all(fd, "\n", 1, "it", err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail(err, ERR_LACKING, "make a list for pg_restore: %m");
	return take_fd(&fd);
}

int archive_start(struct process *p, const struct dump *dump, const struct tool *tool, const char *const *options,
		  const char *list, const struct cluster *cluster, const struct process_spec *like, struct error *err)
{
	CLEANUP(strings_done) struct strings argv = {0};
	autoclose int input = -1;
	const struct sandbox_bind binds[] = {
		{dump->path, INSIDE_DUMP, false},
		{cluster ? cluster->sockets : NULL, CLUSTER_SOCKETS, false},
	};
	const struct sandbox sandbox = {
		.binds = binds,
		.bind_count = cluster ? 2 : 1,
		.memory_cap = MEMORY_CAP,
		.file_size_cap = FILE_CAP,
	};
	/* a program that comes to the database once it has its own settings must not be stopped by them */
	static const char *const env[] = {"PGOPTIONS=" PG_RESTORED_SETTINGS_OF_SUPERUSER, NULL};
	struct process_spec spec = like ? *like : (struct process_spec){.capture = true};

	strings_add_owned(&argv, path_join(tool->bin, "pg_restore"));
	for (; *options; options++)
		strings_add(&argv, *options);
	if (list) {
		input = list_fd(list, err);
		if (input < 0)
			return -1;
		strings_add(&argv, "--use-list=/dev/stdin");
		spec.input = input;
	}
	strings_add(&argv, INSIDE_DUMP);
	strings_add_owned(&argv, NULL);
	spec.argv = (const char *const *)argv.items;
	if (cluster && !spec.env)
		spec.env = env;
	return sandbox_start(p, &sandbox, &spec, err);
}
