/* The verb by which the box sets itself up from the file on its boot partition. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "panel/panel.h"
#include "provision/provision.h"
#include "provision/wanted.h"
#include "run/verb.h"

#define BOOT "/boot/firmware"
#define WIDEST_KEY 14

static void print_key(const char **section, const char *of, const char *key, const char *meaning)
{
	if (!same(*section, of))
		printf("%s[%s]\n", *section ? "\n" : "", of);
	*section = of;
	printf("%-*s %s\n", WIDEST_KEY, key, meaning);
}

/* Those of the box's own files that stand in drillbox.txt as they stand there. */
static void print_config_keys(bool of_source, const char *section, const char *shown, const char **last)
{
	const struct provision_key *own = wanted_keys();

	for (const struct config_key *k = config_keys(of_source); k->section; k++) {
		bool is_own = false;

		for (const struct provision_key *o = own; o->section; o++)
			is_own = is_own || (same(o->key, k->key) && same(o->section, shown));
		if (same(k->section, section) && !is_own)
			print_key(last, shown, k->key, k->meaning);
	}
}

static void print_keys(void)
{
	static const char *const sections[][2] = {{"pull", "pull NAME"}, {"drill", "drill NAME"}, {"keep", "keep NAME"}};
	const char *last = NULL;

	for (const struct provision_key *k = wanted_keys(); k->section; k++)
		if (k->meaning)
			print_key(&last, k->section, k->key, k->meaning);
	print_config_keys(true, "source", "source NAME", &last);
	for (size_t i = 0; i < COUNT(sections); i++)
		print_config_keys(true, sections[i][0], sections[i][1], &last);
	print_config_keys(false, "panel", "panel", &last);
}

static int panel_fits(const struct box_config *box, struct error *err)
{
	autofree char *words = NULL;

	return panel_describe(box, &words, err);
}

int verb_provision(const struct options *o)
{
	static const char *const said[] = {
		[PROVISION_NOTHING] = "nothing to do: there is no " PROVISION_FILE ", or it only holds comments",
		[PROVISION_UNCHANGED] = PROVISION_FILE " was applied before and is unchanged",
		[PROVISION_DONE] = PROVISION_FILE " was applied: RESULT.txt beside it says what, and what to do next",
	};
	const struct place place = {o->boot ? o->boot : BOOT, o->root ? o->root : "/", panel_fits};
	enum provision_end end;
	struct error err;

	if (o->keys) {
		print_keys();
		return 0;
	}
	if (provision(&place, &end, &err) < 0)
		return say_error(&err);
	printf("%s\n", said[end]);
	return 0;
}
