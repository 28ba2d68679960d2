#include "port/toolset.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "port/process.h"

#define DEFAULT_PLACE "/usr/lib/postgresql" /* /N/bin, as Debian has it */
#define ANSWER_MS 10000
#define CONTROL_CAP ((size_t)64 << 10)

static void tool_done(struct tool *t)
{
	free(t->bin);
	free(t->version);
	*t = (struct tool){0};
}

void toolset_done(struct toolset *tools)
{
	for (size_t i = 0; i < tools->count; i++)
		tool_done(&tools->items[i]);
	free(tools->items);
	*tools = (struct toolset){0};
}

bool toolset_parse_version(const char *text, int *ret_num, char **ret_version)
{
	const char *p = strstr(text, "(PostgreSQL) ");
	int major = 0, minor = 0, used = 0;

	if (!p)
		return false;
	p += strlen("(PostgreSQL) ");
	/* "17.12", but also "18beta1" and "19devel" */
	if (sscanf(p, "%5d%n", &major, &used) != 1 || major < 10)
		return false;
	if (p[used] == '.' && sscanf(p + used + 1, "%4d", &minor) != 1)
		return false;
	*ret_num = major * 10000 + minor;
	*ret_version = xstrndup(p, strcspn(p, " \n"));
	return true;
}

static bool has_program(const char *bin, const char *name)
{
	autofree char *path = path_join(bin, name);

	return access(path, X_OK) == 0;
}

static int ask_program(const char *bin, const char *name, const char *option, struct deadline deadline, char **ret,
		       struct error *err)
{
	autofree char *path = path_join(bin, name);
	const char *const argv[] = {path, option, NULL};
	struct process_spec spec = {.argv = argv, .capture = true};

	return process_run(&spec, deadline_in(deadline, ANSWER_MS), ERR_LACKING, ret, err);
}

static int look_into(const char *bin, struct deadline deadline, struct tool *ret, struct error *err)
{
	bool dumps = has_program(bin, "pg_dump") && has_program(bin, "pg_restore");
	bool serves = has_program(bin, "postgres") && has_program(bin, "initdb");
	const char *program = dumps ? "pg_dump" : "postgres";
	autofree char *answer = NULL;

	*ret = (struct tool){.dumps = dumps, .serves = serves};
	if (!dumps && !serves)
		return 0;
	if (ask_program(bin, program, "--version", deadline, &answer, err) < 0)
		return -1;
	if (!toolset_parse_version(answer, &ret->version_num, &ret->version))
		return fail(err, ERR_LACKING, "'%s/%s' does not say what version it is: see [postgres] bin", bin, program);
	ret->bin = xstrdup(bin);
	ret->major = ret->version_num / 10000;
	return 0;
}

/* Of two of one major the newer stays; the list is kept oldest first. */
static void keep_tool(struct toolset *tools, struct tool *t)
{
	size_t at = 0;

	while (at < tools->count && tools->items[at].major < t->major)
		at++;
	if (at < tools->count && tools->items[at].major == t->major) {
		if (tools->items[at].version_num < t->version_num) {
			struct tool older = tools->items[at];

			tools->items[at] = *t;
			*t = older;
		}
		tool_done(t);
		return;
	}
	tools->items = grow(tools->items, tools->count, sizeof(*tools->items));
	memmove(&tools->items[at + 1], &tools->items[at], (tools->count - at) * sizeof(*tools->items));
	tools->items[at] = *t;
	tools->count++;
}

static int scan_named(struct toolset *ret, const struct strings *bins, struct deadline deadline, struct error *err)
{
	for (size_t i = 0; i < bins->count; i++) {
		struct tool t;

		if (look_into(bins->items[i], deadline, &t, err) < 0)
			return -1;
		if (!t.dumps) {
			tool_done(&t);
			return fail(err, ERR_LACKING, "there is no pg_dump with its pg_restore in '%s': correct [postgres] bin, or "
				    "install the client programs there", bins->items[i]);
		}
		keep_tool(ret, &t);
	}
	return 0;
}

static int scan_default(struct toolset *ret, struct deadline deadline, struct error *err)
{
	autoclosedir DIR *dir = opendir(DEFAULT_PLACE);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		autofree char *bin = NULL;
		int64_t major;
		struct tool t;

		if (!parse_int(entry->d_name, 10, 99, &major))
			continue;
		bin = format("%s/%s/bin", DEFAULT_PLACE, entry->d_name);
		if (look_into(bin, deadline, &t, err) < 0)
			return -1;
		if (t.dumps || t.serves)
			keep_tool(ret, &t);
	}
	if (ret->count == 0)
		return fail(err, ERR_LACKING, "there are no PostgreSQL programs under '%s': install postgresql, or name their "
			    "folder as [postgres] bin", DEFAULT_PLACE);
	return 0;
}

int toolset_scan(struct toolset *ret, const struct strings *bins, struct deadline deadline, struct error *err)
{
	CLEANUP(toolset_done) struct toolset found = {0};

	if ((bins->count ? scan_named(&found, bins, deadline, err) : scan_default(&found, deadline, err)) < 0)
		return -1;
	*ret = found;
	found = (struct toolset){0};
	return 0;
}

static char *versions(const struct toolset *tools, bool serving)
{
	CLEANUP(strings_done) struct strings list = {0};

	for (size_t i = 0; i < tools->count; i++)
		if (serving ? tools->items[i].serves : tools->items[i].dumps)
			strings_add(&list, tools->items[i].version);
	return list.count ? strings_join(&list, ", ", 5) : xstrdup("none");
}

static int choose(const struct toolset *tools, int server_version_num, bool serving, const struct tool **ret,
		  struct error *err)
{
	int major = server_version_num / 10000;
	autofree char *have = NULL;

	for (size_t i = 0; i < tools->count; i++) {
		const struct tool *t = &tools->items[i];

		if (t->major >= major && t->dumps && (!serving || t->serves)) {
			*ret = t;
			return 0;
		}
	}
	have = versions(tools, serving);
	return fail(err, ERR_LACKING, "the server is PostgreSQL %d.%d, and the box's own %s %s older: install postgresql%s-%d on "
		    "the box", major, server_version_num % 10000, have, strchr(have, ',') ? "are" : "is",
		    serving ? "" : "-client", major);
}

int toolset_for_dump(const struct toolset *tools, int server_version_num, const struct tool **ret, struct error *err)
{
	return choose(tools, server_version_num, false, ret, err);
}

int toolset_for_restore(const struct toolset *tools, int server_version_num, const struct tool **ret,
			struct error *err)
{
	return choose(tools, server_version_num, true, ret, err);
}

/* ---------------------------------------------------------------- extensions */

/* default_version = '1.6' */
static char *default_version(const char *control)
{
	const char *line = control;

	while (line) {
		const char *value = line + strspn(line, " \t");

		if (starts_with(value, "default_version")) {
			value += strlen("default_version");
			value += strspn(value, " \t=");
			value += *value == '\'';
			return xstrndup(value, strcspn(value, "' \t\n#"));
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return xstrdup("");
}

static int by_extension_name(const void *a, const void *b)
{
	return strcmp(((const struct extension *)a)->name, ((const struct extension *)b)->name);
}

static int read_controls(const char *folder, struct extension **ret, size_t *ret_count, struct error *err)
{
	autoclosedir DIR *dir = opendir(folder);
	struct extension *list = NULL;
	size_t count = 0;
	struct dirent *entry;

	if (!dir)
		return fail(err, ERR_LACKING, "the extensions of the box are not in '%s': %m", folder);
	while ((entry = readdir(dir))) {
		autofree char *path = NULL, *control = NULL;

		if (!ends_with(entry->d_name, ".control"))
			continue;
		path = path_join(folder, entry->d_name);
		if (read_small_file(path, CONTROL_CAP, &control, err) < 0) {
			toolset_extensions_done(list, count);
			return -1;
		}
		list = grow(list, count, sizeof(*list));
		list[count++] = (struct extension){
			.name = xstrndup(entry->d_name, strlen(entry->d_name) - strlen(".control")),
			.version = default_version(control),
		};
	}
	if (count > 1)
		qsort(list, count, sizeof(*list), by_extension_name);
	*ret = list;
	*ret_count = count;
	return 0;
}

int toolset_extensions(const struct tool *tool, struct deadline deadline, struct extension **ret, size_t *ret_count,
		       struct error *err)
{
	autofree char *share = NULL, *folder = NULL;

	if (has_program(tool->bin, "pg_config")) {
		if (ask_program(tool->bin, "pg_config", "--sharedir", deadline, &share, err) < 0)
			return -1;
		share[strcspn(share, "\n")] = '\0';
	} else {
		share = format("/usr/share/postgresql/%d", tool->major);
	}
	folder = path_join(share, "extension");
	return read_controls(folder, ret, ret_count, err);
}

void toolset_extensions_done(struct extension *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].name);
		free(list[i].version);
	}
	free(list);
}
