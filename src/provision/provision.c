#include "provision/provision.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "provision/record.h"
#include "provision/result.h"
#include "provision/vault.h"

#define REFUSED "run/drillbox-refused"
#define REFUSED_CAP 4096
#define LOCK "run/drillbox-provision.lock"

struct job {
	const struct place *place;
	struct card card;
	char *bytes; /* of the file */
	size_t n;
	struct wanted wanted;
	struct installation files;
};

static void job_done(struct job *j)
{
	card_done(&j->card);
	installation_done(&j->files);
	wanted_done(&j->wanted);
	if (j->bytes)
		explicit_bzero(j->bytes, j->n);
	cleanup_free(&j->bytes);
}

/* ---- the marker of a refusal, for the lights */

static int mark(const char *root, const char *sentence, struct error *err)
{
	autofree char *path = path_join(root, REFUSED), *folder = path_dir(path), *plain = printable(sentence, false);
	autofree char *line = format("%s\n", plain);

	if (make_dirs(folder, 0755, err) < 0)
		return -1;
	return write_file_durably(path, line, strlen(line), 0644, err);
}

static int unmark(const char *root, struct error *err)
{
	autofree char *path = path_join(root, REFUSED);

	if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
		return fail(err, ERR_IO, "remove '%s': %m", path);
	return 0;
}

int provision_refusal(const char *config_dir, struct error *err)
{
	autofree char *root = path_join(config_dir, "../.."), *path = path_join(root, REFUSED), *text = NULL;
	struct error ignored;

	if (!path_exists(path))
		return 0;
	if (read_small_file(path, REFUSED_CAP, &text, &ignored) < 0)
		return fail(err, ERR_CONFIG, PROVISION_FILE " was refused: RESULT.txt beside it says why");
	return fail(err, ERR_CONFIG, "%s", trim(text));
}

/* ---- one step after the other */

static int read_file(struct job *j, struct error *err)
{
	autofree char *path = path_join(j->place->boot, PROVISION_FILE);

	if (read_small_bytes(path, WANTED_CAP, &j->bytes, &j->n, err) == 0)
		return 0;
	if (err->kind == ERR_DATA)
		return fail(err, ERR_CONFIG, PROVISION_FILE " is larger than %zu KiB: it cannot be the file it should be",
			    WANTED_CAP >> 10);
	return -1;
}

/* The file as it is without its secrets. Owned by the caller. */
static char *masked(struct job *j)
{
	char *copy = xcalloc(j->n + 1, 1);
	const struct given *s;

	memcpy(copy, j->bytes, j->n);
	for (size_t i = 0; (s = wanted_secret(&j->wanted, i)); i++)
		if (s->value)
			memset(copy + s->at, '*', s->length);
	return copy;
}

static bool has_secrets(struct job *j)
{
	const struct given *s;

	for (size_t i = 0; (s = wanted_secret(&j->wanted, i)); i++)
		if (s->value && !s->masked)
			return true;
	return j->files.removals.count > 0;
}

/* From here on everything is on the box. A power cut in between is known by the record. */
static int remove_secrets(struct job *j, const char *without, struct error *err)
{
	const struct given *s;

	if (!has_secrets(j))
		return 0;
	if (record_write(j->place->root, j->place->boot, false, without, j->n, &j->wanted, err) < 0)
		return -1;
	for (size_t i = 0; (s = wanted_secret(&j->wanted, i)); i++)
		if (s->value && !s->masked && card_mask(&j->card, s, err) < 0)
			return -1;
	for (size_t i = 0; i < j->files.removals.count; i++)
		if (card_remove(&j->card, j->files.removals.items[i], err) < 0)
			return -1;
	return 0;
}

static int finish(struct job *j, const char *result, struct error *err)
{
	return result_write(&j->card, result, err) < 0 || unmark(j->place->root, err) < 0 ? -1 : 0;
}

/* Nothing is taken off the card and nothing remembered: all of it is gone through again at the next start. */
static int wait_for_data(struct job *j, enum vault why, struct error *err)
{
	autofree char *result = result_waiting(&j->wanted, j->place->root, why), *cure = vault_cure(j->place->root);

	if (finish(j, result, err) < 0)
		return -1;
	if (why == VAULT_NONE)
		return fail(err, ERR_NOTHING,
			    "the data disk is missing: what " PROVISION_FILE " says of sources and panel waits for it");
	return fail(err, ERR_NOTHING, "the data disk is %s: what " PROVISION_FILE " says of sources and panel waits for '%s'",
		    why == VAULT_SHUT ? "locked" : "to be encrypted first", cure);
}

/* Why the configuration cannot be written; VAULT_OPEN: it can. VAULT_NONE: there is no data disk. */
static enum vault what_data_lacks(const struct job *j)
{
	enum vault vault = vault_look(j->place->root);
	bool has_data = record_has_data(j->place->root), refused = j->wanted.encrypt_line && !j->wanted.encrypt;

	/* a locked disk that this box knows nothing of is not its own */
	if (vault == VAULT_SHUT && has_data && vault_note_read(j->place->root).stage == STAGE_NONE)
		vault = VAULT_NONE;
	if (vault == VAULT_BEGUN || vault == VAULT_SHUT)
		return vault;
	if (!has_data)
		return VAULT_NONE;
	if (vault == VAULT_OPEN || refused)
		return VAULT_OPEN;
	return vault == VAULT_WANTED || j->wanted.encrypt ? VAULT_WANTED : VAULT_OPEN;
}

static int apply(struct job *j, struct error *err)
{
	autofree char *without = masked(j), *result = NULL;
	enum vault lacks = what_data_lacks(j);

	if (installation_make(&j->wanted, j->place, record_is_interrupted(j->place->root, without, j->n), lacks == VAULT_OPEN,
			      &j->files, err) < 0 ||
	    installation_apply(&j->files, false, err) < 0)
		return -1;
	if (lacks != VAULT_OPEN)
		return wait_for_data(j, lacks, err);
	if (installation_apply(&j->files, true, err) < 0 || remove_secrets(j, without, err) < 0)
		return -1;
	result = result_done(&j->wanted, j->place->root);
	return finish(j, result, err) < 0 ? -1 : record_write(j->place->root, j->place->boot, true, without, j->n, &j->wanted, err);
}

static int run(struct job *j, enum provision_end *ret, struct error *err)
{
	if (read_file(j, err) < 0)
		return -1;
	if (record_is_applied(j->place->root, j->place->boot, j->bytes, j->n) && !result_is_bad(j->place->boot)) {
		*ret = PROVISION_UNCHANGED;
		return unmark(j->place->root, err);
	}
	if (wanted_read(j->bytes, j->n, &j->wanted, err) < 0)
		return -1;
	if (wanted_is_empty(&j->wanted)) {
		autofree char *result = result_nothing_asked(j->place->root);

		*ret = PROVISION_NOTHING;
		return finish(j, result, err);
	}
	*ret = PROVISION_DONE;
	return apply(j, err);
}

/* RESULT.txt and the lights say why; where not even that can be written, the caller still does. */
static void tell(struct job *j, const struct error *why)
{
	autofree char *result = why->kind == ERR_CONFIG ? result_refused(why) : result_failed(why);
	bool named = starts_with(why->text, PROVISION_FILE ", line");
	autofree char *sentence = format(PROVISION_FILE " %s%s%s", why->kind == ERR_CONFIG ? "was refused" : "could not be applied",
					 named ? "" : ": ", why->text + (named ? strlen(PROVISION_FILE) : 0));
	struct error ignored;

	IGNORE(result_write(&j->card, result, &ignored));
	IGNORE(mark(j->place->root, sentence, &ignored));
}

/* At a start the box does this itself, and an admin who unlocks the data disk meanwhile has it done, too. */
static int take_turns(const char *root, int *ret_fd, struct error *err)
{
	autofree char *path = path_join(root, LOCK), *folder = path_dir(path);
	autoclose int fd = -1;

	if (make_dirs(folder, 0755, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return fail(err, ERR_IO, "lock '%s': %m", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int provision(const struct place *place, enum provision_end *ret, struct error *err)
{
	autoclose int turn = -1; /* given up after the card is read-only again */
	CLEANUP(job_done) struct job j = {.place = place, .card = CARD_INIT(place->boot, place->root)};
	autofree char *path = path_join(place->boot, PROVISION_FILE);

	if (!path_exists(path)) {
		*ret = PROVISION_NOTHING;
		return unmark(place->root, err);
	}
	if (take_turns(place->root, &turn, err) < 0)
		return -1;
	if (run(&j, ret, err) == 0)
		return 0;
	if (err->kind != ERR_NOTHING) /* which was told already */
		tell(&j, err);
	return -1;
}
