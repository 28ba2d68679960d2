/*
 * What is to be written on the box for a drillbox.txt, and whether it may be:
 * every file with its bytes, nothing done yet.
 *
 *     CLEANUP(installation_done) struct installation files = {0};
 *     if (installation_make(&wanted, &place, interrupted, has_data, &files, err) < 0)
 *             return refuse(err);
 *     installation_apply(&files, false, err);
 *     installation_apply(&files, true, err);     once the data disk is there
 */
#ifndef DRILLBOX_PROVISION_INSTALLATION_H
#define DRILLBOX_PROVISION_INSTALLATION_H

#include <sys/types.h>

#include "base/error.h"
#include "provision/wanted.h"

/* Where the box is, and what only its other rooms can tell. */
struct place {
	const char *boot, *root;
	int (*panel_fits)(const struct box_config *box, struct error *err); /* NULL: not asked */
};

struct installed {
	char *path;
	char *bytes; /* of a file; where a link leads */
	size_t n;
	mode_t mode; /* 0: a link */
	bool of_daemon; /* owned by the user drillbox, where we may give it away */
	bool of_data;	/* on the data disk; else on what is always in the box */
};

struct installation {
	struct installed *items;
	size_t count;
	struct strings removals; /* names of files on the boot partition that go once everything is on the box */
};

/*
 * ERR_CONFIG: the file asks for what cannot be; the text begins with file and
 * line where a line is to blame. 'interrupted': the secrets of this very file
 * were being removed when the power went, so what is left of one is no new one.
 * Without 'has_data' nobody can tell whether the box holds what stars stand for:
 * that is looked at when the data disk is there.
 */
MUST_CHECK int installation_make(const struct wanted *w, const struct place *place, bool interrupted, bool has_data,
				 struct installation *ret, struct error *err);

/* Write one of the two parts, what is not there already, all of it synced. Can be cut short anywhere and done again. */
MUST_CHECK int installation_apply(const struct installation *files, bool of_data, struct error *err);

void installation_done(struct installation *files);

/*
 * What there is of a configuration without the data disk: the panel as drillbox.txt
 * gave it last; where it gave none, a box without a word. 'config_dir' is the
 * configuration's folder, ROOT/etc/drillbox.
 */
MUST_CHECK int installation_panel(const char *config_dir, struct config *ret, struct error *err);

/* drillbox.conf with these keys in that section: all others of it go unless 'only' names the one that is replaced. Pure. */
char *conf_with(const char *conf, const char *section, const char *only, const struct wanted_keys *keys);

#endif
