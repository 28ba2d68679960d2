/* The verbs by which the box sets itself up from the file on its boot partition, and by which an admin opens its data disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "panel/panel.h"
#include "provision/provision.h"
#include "provision/unlock.h"
#include "provision/wanted.h"
#include "run/passphrase.h"
#include "run/secret.h"
#include "run/stop_signal.h"
#include "run/verb.h"

#define BOOT "/boot/firmware"
#define WIDEST_KEY 14
#define UNLOCK_LOCK "/run/drillbox-unlock.lock"
#define TRIES 3
#define ASK_MS 300000

static void print_key(const char *key, const char *meaning)
{
	printf("%-*s %s\n", WIDEST_KEY, key, meaning);
}

/* 'section' is as in the tables of wanted.h. */
static void print_section(const char *section)
{
	bool of_source = strchr(section, ' ');

	printf("[%s]\n", section);
	for (const struct provision_key *k = wanted_keys(); k->section; k++)
		if (same(k->section, section))
			print_key(k->key, k->meaning);
	for (enum held held = 0; held < HELDS; held++)
		if (same(held_kind(held)->section, section))
			print_key(held_kind(held)->key, held_kind(held)->meaning);
	for (const struct config_key *k = config_keys(of_source); k->section; k++)
		if (wanted_takes_as_it_is(section, k))
			print_key(k->key, k->meaning);
}

static void print_keys(void)
{
	for (const char *const *s = wanted_sections(); *s; s++) {
		printf("%s", s == wanted_sections() ? "" : "\n");
		print_section(*s);
	}
}

static int panel_fits(const struct box_config *box, struct error *err)
{
	autofree char *words = NULL;

	return panel_describe(box, &words, err);
}

/* Apply drillbox.txt as far as it goes, and say how far that was. */
static int apply(const struct place *place)
{
	static const char *const said[] = {
		[PROVISION_NOTHING] = "nothing to do: there is no " PROVISION_FILE ", or it only holds comments",
		[PROVISION_UNCHANGED] = PROVISION_FILE " was applied before and is unchanged",
		[PROVISION_DONE] = PROVISION_FILE " was applied: RESULT.txt beside it says what, and what to do next",
	};
	enum provision_end end;
	struct error err;

	if (provision(place, &end, &err) < 0)
		return say_error(&err);
	printf("%s\n", said[end]);
	return 0;
}

int verb_provision(const struct options *o)
{
	const struct place place = {o->boot ? o->boot : BOOT, o->root ? o->root : "/", panel_fits};

	if (o->keys) {
		print_keys();
		return 0;
	}
	return apply(&place);
}

/* ---- unlock */

/* Two at once would each undo what the other does. */
static int hold(int *ret_fd, struct error *err)
{
	autoclose int fd = -1;

	if (geteuid() != 0)
		return fail(err, ERR_USAGE, "only an admin of the box can unlock it: sudo drillbox unlock");
	fd = open(UNLOCK_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(err, ERR_IO, "open '" UNLOCK_LOCK "': %m");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return fail(err, ERR_BUSY, "somebody else is unlocking the data disk just now: wait for them");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int ask(const char *prompt, struct deadline stop, char **ret, struct error *err)
{
	return passphrase_ask(prompt, PASSPHRASE_MOST, deadline_in(stop, ASK_MS), ret, err);
}

/* A person types it twice: nobody could ever tell what was mistyped once. */
static int ask_new(struct deadline stop, char **ret, struct error *err)
{
	CLEANUP(secret_done) char *first = NULL;
	CLEANUP(secret_done) char *second = NULL;

	if (passphrase_is_asked())
		fprintf(stderr, "The data disk is going to be encrypted. Keep the passphrase well: without it nobody gets the data "
				"back.\n");
	if (ask("New passphrase, at least 12 characters: ", stop, &first, err) < 0 || passphrase_check(first, err) < 0)
		return -1;
	if (passphrase_is_asked() && ask("The same again: ", stop, &second, err) < 0)
		return -1;
	if (second && !same(first, second))
		return fail(err, ERR_USAGE, "these were two passphrases: start again");
	*ret = take(first);
	return 0;
}

static int encrypt(const struct unlock *u, struct deadline stop, struct error *err)
{
	CLEANUP(secret_done) char *passphrase = NULL;
	const char *cipher;

	if (ask_new(stop, &passphrase, err) < 0)
		return -1;
	log_notice("encrypting the data disk");
	if (unlock_encrypt(u, passphrase, stop, &cipher, err) < 0)
		return -1;
	printf("the data disk is encrypted (%s)\n", cipher);
	return 0;
}

static int open_with_its_own(const struct unlock *u, struct deadline stop, struct error *err)
{
	int tries = passphrase_is_asked() ? TRIES : 1;

	while (tries--) {
		CLEANUP(secret_done) char *passphrase = NULL;

		if (ask("Passphrase of the data disk: ", stop, &passphrase, err) < 0)
			return -1;
		if (unlock_open(u, passphrase, stop, err) == 0) {
			printf("the data disk is open\n");
			return 0;
		}
		if (err->kind != ERR_REFUSED)
			return -1;
		if (tries)
			log_error("%s", err->text);
	}
	return -1;
}

static int open_vault(struct deadline stop, bool *ret_opened, struct error *err)
{
	CLEANUP(unlock_done) struct unlock u = {0};

	if (unlock_look(&u, stop, err) < 0)
		return -1;
	*ret_opened = u.need != UNLOCK_NOTHING;
	if (u.need == UNLOCK_NEW)
		return encrypt(&u, stop, err);
	if (u.need == UNLOCK_KNOWN)
		return open_with_its_own(&u, stop, err);
	printf("the data disk is open already\n");
	return 0;
}

int verb_unlock(const struct options *o UNUSED)
{
	static const struct place place = {BOOT, "/", panel_fits};
	struct deadline stop = NO_DEADLINE;
	autoclose int held = -1, stop_fd = -1;
	bool opened = false;
	struct error err;
	int code;

	if (hold(&held, &err) < 0 || stop_signal_open(&stop_fd, &err) < 0)
		return say_error(&err);
	stop.stop_fd = stop_fd;
	if (open_vault(stop, &opened, &err) < 0)
		return say_error(&err);
	code = unlock_mount(stop, &err) < 0 || unlock_is_mounted(&err) < 0 ? say_error(&err) : apply(&place);
	/* whatever came of it, and though somebody wants us to stop: it was stopped for us. A disk that was open may be at work */
	return unlock_rouse_daemon(opened, NO_DEADLINE, &err) < 0 ? say_error(&err) : code;
}
