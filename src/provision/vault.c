#include "provision/vault.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "provision/record.h"

#define NOTE_CAP 256

/* ---- the note */

static const char *const words[] = {
	[STAGE_NONE] = "no", [STAGE_WANTED] = "wanted", [STAGE_BEGUN] = "begun", [STAGE_DONE] = "done",
};

static bool take_id(const char *word, char ret[VAULT_ID])
{
	size_t n = word ? strlen(word) : 0;

	if (n < 1 || n >= VAULT_ID || strspn(word, "0123456789abcdefABCDEF-") != n)
		return false;
	memcpy(ret, word, n + 1);
	return true;
}

struct vault_note vault_note_parse(const char *text)
{
	autofree char *copy = xstrdup(text);
	char *rest = trim(copy), *word = strsep(&rest, " ");
	struct vault_note note = {.stage = STAGE_WANTED};

	for (size_t i = 0; i < COUNT(words); i++)
		if (same(words[i], word))
			note.stage = (enum vault_stage)i;
	if (note.stage == STAGE_BEGUN && (!take_id(strsep(&rest, " "), note.part) || !take_id(rest, note.uuid)))
		return (struct vault_note){.stage = STAGE_WANTED};
	return note;
}

struct vault_note vault_note_read(const char *root)
{
	autofree char *path = path_join(root, VAULT_NOTE), *text = NULL;
	struct error ignored;

	if (!path_exists(path))
		return (struct vault_note){.stage = STAGE_NONE};
	return vault_note_parse(read_small_file(path, NOTE_CAP, &text, &ignored) < 0 ? "" : text);
}

int vault_note_write(const char *root, const struct vault_note *note, struct error *err)
{
	autofree char *path = path_join(root, VAULT_NOTE);
	autofree char *line = note->stage == STAGE_BEGUN ? format("begun %s %s\n", note->part, note->uuid) :
							   format("%s\n", words[note->stage]);

	return write_file_durably(path, line, strlen(line), 0644, err);
}

/* ---- how it stands */

enum vault vault_look(const char *root)
{
	autofree char *mapper = path_join(root, VAULT_MAPPER), *locked = path_join(root, VAULT_LOCKED);
	const struct vault_note note = vault_note_read(root);

	if (note.stage == STAGE_BEGUN)
		return VAULT_BEGUN;
	if (path_exists(mapper))
		return VAULT_OPEN;
	if (path_exists(locked))
		return VAULT_SHUT;
	return note.stage == STAGE_NONE ? VAULT_NONE : VAULT_WANTED;
}

char *vault_cure(const char *root)
{
	autofree char *host = record_host(root);

	return format("ssh -t admin@%s sudo drillbox unlock", host);
}

int vault_refusal(const char *config_dir, bool has_config, struct error *err)
{
	autofree char *root = path_join(config_dir, "../.."), *cure = vault_cure(root);
	enum vault vault = vault_look(root);

	if (vault == VAULT_BEGUN)
		return fail(err, ERR_IO, "encrypting the data disk was cut short; do it again: %s", cure);
	if (vault == VAULT_SHUT && !has_config)
		return fail(err, ERR_IO, "the data disk is locked: %s", cure);
	/* a box that keeps an encrypted disk does not work on another in the clear meanwhile */
	if (vault == VAULT_SHUT && vault_note_read(root).stage != STAGE_NONE)
		return fail(err, ERR_IO,
			    "there is a data disk in the clear beside the locked one: take it away, start the box again, and %s",
			    cure);
	if (vault == VAULT_WANTED && has_config)
		return fail(err, ERR_IO, "the data disk is to be encrypted first: %s", cure);
	/* without it one looks at the root, which cannot be written */
	if (!has_config && (vault == VAULT_WANTED || path_is_read_only(config_dir)))
		return fail(err, ERR_IO, "the data disk is missing: connect it, and start the box again");
	return 0;
}

/* ---- the cipher */

/* A line such as "Features : fp asimd aes", of any core, with that word. */
static bool has_feature(const char *cpuinfo, const char *feature)
{
	for (const char *line = cpuinfo; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		autofree char *copy = xstrndup(line, strcspn(line, "\n"));
		char *rest = copy, *key = strsep(&rest, ":"), *word;

		key = trim(key);
		if (!same(key, "Features") && !same(key, "flags"))
			continue;
		while ((word = strsep(&rest, " \t")))
			if (same(word, feature))
				return true;
	}
	return false;
}

const struct vault_cipher *vault_cipher(const char *cpuinfo)
{
	static const struct vault_cipher aes = {"aes-xts-plain64", "512"}, adiantum = {"xchacha20,aes-adiantum-plain64", "256"};

	return has_feature(cpuinfo, "aes") ? &aes : &adiantum;
}
