#include "run/account.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "run/configuration.h"

static bool began_as_root; /* for only then SUDO_USER is sudo's word */

static int become(const struct passwd *user, struct error *err)
{
	if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
		return fail(err, ERR_IO, "become the user '%s': %m", user->pw_name);
	/* else /proc/self stays root's, and with it what is offered to the OOM killer */
	return prctl(PR_SET_DUMPABLE, 1) < 0 ? fail(err, ERR_IO, "own what is in /proc/self: %m") : 0;
}

int account_settle_on(const char *folder, struct error *err)
{
	const struct passwd *owner;
	struct stat st;

	began_as_root = getuid() == 0;
	if (geteuid() != 0 || stat(folder, &st) < 0 || st.st_uid == 0)
		return 0;
	owner = getpwuid(st.st_uid);
	if (!owner)
		return fail(err, ERR_IO,
			    "the folder '%s' belongs to user %u, whom nobody knows here: give it to the user drillbox runs as",
			    folder, (unsigned)st.st_uid);
	return become(owner, err);
}

int account_settle(const char *config, struct error *err)
{
	CLEANUP(config_done) struct config read = {0};
	struct error ignored;

	began_as_root = getuid() == 0;
	/* a configuration that cannot be read is told by the verb */
	if (geteuid() != 0 || configuration_load(config, &read, &ignored) < 0)
		return 0;
	return account_settle_on(read.box.data, err);
}

int account_is_the_box(const char *data, struct error *err)
{
	const struct passwd *owner;
	struct stat st;

	if (stat(data, &st) < 0 || st.st_uid == geteuid() || geteuid() == 0)
		return 0;
	owner = getpwuid(st.st_uid);
	return fail(err, ERR_PRIVILEGE,
		    "this box is the user %s's, and only as that user you see what it sees: put 'sudo' before it",
		    owner ? owner->pw_name : "of another system");
}

const char *account_caller(void)
{
	const char *caller = getenv("SUDO_USER");
	const struct passwd *pw;

	if (began_as_root && caller && *caller)
		return caller;
	pw = getpwuid(getuid());
	return pw ? pw->pw_name : "unknown";
}
