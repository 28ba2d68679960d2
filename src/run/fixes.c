#include "run/fixes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

#define CAP ((size_t)256 << 10)	    /* of the file: some thousand packages */
#define STALE_S ((int64_t)7 * 86400) /* it looks once a day */
#define AHEAD_S 300		    /* a clock that was set since */
#define MOST_NAMED 12
#define LOOK_AGAIN "find out why with 'journalctl -u drillbox-fixes', then 'sudo systemctl start drillbox-fixes'"

struct fixes {
	int64_t looked;
	struct strings packages; /* "NAME (INSTALLED, fixed in FIXED)" */
};

static void fixes_done(struct fixes *f)
{
	strings_done(&f->packages);
}

/* "NAME INSTALLED FIXED": three words with one space between. */
static bool take_package(const char *line, struct strings *packages)
{
	size_t name = strcspn(line, " ");
	const char *installed = line + name + (line[name] == ' ');
	size_t length = strcspn(installed, " ");
	const char *fixed = installed + length + (installed[length] == ' ');
	autofree char *shown = NULL;

	if (!name || !length || !*fixed || strchr(fixed, ' '))
		return false;
	shown = format("%.*s (%.*s, fixed in %s)", (int)name, line, (int)length, installed, fixed);
	strings_add_owned(packages, printable(shown, false));
	return true;
}

/* Into 'f', which is empty; after an error nothing in it holds. */
static int fixes_read(const char *path, struct fixes *f, struct error *err)
{
	autofree char *text = NULL;
	char *rest, *line;

	if (read_small_file(path, CAP, &text, err) < 0)
		return -1;
	line = strtok_r(text, "\n", &rest);
	f->looked = line ? time_parse_rfc3339(line) : TIME_UNKNOWN;
	if (f->looked == TIME_UNKNOWN)
		return fail(err, ERR_DATA, "'%s' does not begin with a time: remove it, and " LOOK_AGAIN, path);
	while ((line = strtok_r(NULL, "\n", &rest)))
		if (!take_package(line, &f->packages))
			return fail(err, ERR_DATA, "'%s' has a line that is no package: remove it, and " LOOK_AGAIN, path);
	return 0;
}

static void say_stale(const struct fixes *f, int64_t now, struct prechecks *list)
{
	char ago[UNIT_TEXT];

	if (f->looked > now + AHEAD_S)
		prechecks_add(list, PRECHECK_WARN, ERR_NONE, "fixes", "sudo systemctl start drillbox-fixes",
			      "the last look for fixes was at a time that is yet to come: the clock was wrong then, or is now");
	else
		prechecks_add(list, PRECHECK_WARN, ERR_NONE, "fixes", LOOK_AGAIN, "nobody could look for fixes for %s",
			      human_seconds((double)(now - f->looked), ago));
}

static void say_fixes(const struct fixes *f, struct prechecks *list)
{
	autofree char *names = strings_join(&f->packages, ", ", MOST_NAMED);

	prechecks_add(list, PRECHECK_WARN, ERR_NONE, "fixes", "sudo drillbox-update", "%zu package%s known fixes: %s",
		      f->packages.count, f->packages.count == 1 ? " has" : "s have", names);
}

void fixes_examine(const char *folder, int64_t now, struct prechecks *list)
{
	CLEANUP(fixes_done) struct fixes f = {0};
	autofree char *path = path_join(folder, "fixes");
	char ago[UNIT_TEXT];
	struct error err;
	bool stale;

	if (!path_is_dir(folder))
		return;
	if (!path_exists(path)) {
		prechecks_add(list, PRECHECK_WARN, ERR_NONE, "fixes", "sudo systemctl start drillbox-fixes",
			      "nobody has looked yet which packages have fixes");
		return;
	}
	if (fixes_read(path, &f, &err) < 0) {
		prechecks_add_error(list, "fixes", &err);
		return;
	}
	stale = now - f.looked > STALE_S || f.looked > now + AHEAD_S;
	if (stale)
		say_stale(&f, now, list);
	if (f.packages.count)
		say_fixes(&f, list);
	else if (!stale)
		prechecks_add(list, PRECHECK_OK, ERR_NONE, "fixes", NULL, "none that Debian has and the box has not; looked %s ago",
			      human_seconds((double)(now > f.looked ? now - f.looked : 0), ago));
}
