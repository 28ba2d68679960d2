#include "run/examine.h"

#include <stdlib.h>

#include "base/text.h"
#include "run/box.h"

void examine_config(const struct config *config, struct prechecks *list)
{
	size_t broken = 0;

	for (size_t i = 0; i < config->source_count; i++) {
		autofree char *doubt = source_config_doubt(config->sources[i]);

		if (doubt)
			prechecks_add(list, PRECHECK_WARN, ERR_NONE, "window", NULL, "%s", doubt);
		if (!config->sources[i]->broken)
			continue;
		prechecks_add_error(list, "config", &config->sources[i]->why);
		broken++;
	}
	if (config->source_count == 0)
		prechecks_add(list, PRECHECK_BAD, ERR_CONFIG, "config", "put a file NAME.conf there; the README shows one",
			      "no source is configured in %s/sources.d", config->dir);
	else if (!broken)
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "config", NULL, "%s and %zu source file%s", config->path,
			      config->source_count, config->source_count == 1 ? "" : "s");
}

/* The oldest minor versions without known holes in dump and restore. */
static const struct {
	int major, floor;
} floors[] = {{17, 170012}, {16, 160016}, {15, 150020}, {14, 140025}};

static void look_at_minor(const struct tool *tool, struct prechecks *list)
{
	for (size_t i = 0; i < COUNT(floors); i++)
		if (floors[i].major == tool->major && tool->version_num < floors[i].floor)
			prechecks_add(list, PRECHECK_WARN, ERR_NONE, "minor", "update the box",
				      "the bundled PostgreSQL %s in %s has known holes, fixed in %d.%d", tool->version,
				      tool->bin, floors[i].major, floors[i].floor % 10000);
}

void examine_tools(const struct toolset *tools, const struct error *no_tools, struct prechecks *list)
{
	struct text names = {0};

	for (size_t i = 0; i < tools->count; i++) {
		text_addf(&names, "%s%s", i ? ", " : "", tools->items[i].version);
		look_at_minor(&tools->items[i], list);
	}
	if (no_tools->kind != ERR_NONE)
		prechecks_add_error(list, "postgres", no_tools);
	else if (names.data)
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "postgres", NULL, "bundled: %s", names.data);
	else
		prechecks_add(list, PRECHECK_BAD, ERR_LACKING, "postgres",
			      "install a package such as postgresql-17, or name the folder of its programs in [postgres] bin",
			      "no PostgreSQL programs are bundled");
	text_done(&names);
}

void examine_clock(int64_t box_minus_source, struct prechecks *list)
{
	int64_t skew = llabs(box_minus_source);

	if (skew > SKEW_TOLERANCE_S)
		prechecks_add(list, PRECHECK_BAD, ERR_CLOCK, "clock", "set the clock that is wrong",
			      "the source's clock and the box's differ by %lld s", (long long)skew);
	else
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "clock", NULL, "%lld s from the source's", (long long)skew);
}

int examine_skew(const char *source, int64_t there, int64_t here, struct error *err)
{
	long long skew = llabs(here - there);
	char ours[TIME_TEXT], theirs[TIME_TEXT];

	if (skew <= SKEW_TOLERANCE_S)
		return 0;
	return fail(err, ERR_CLOCK, "the clocks differ by %lld s: it is %s here, '%s' says %s: set the one that is wrong", skew,
		    time_rfc3339(here, ours), source, time_rfc3339(there, theirs));
}
