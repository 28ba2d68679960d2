#include "provision/record.h"

#include <string.h>

#include "base/file.h"
#include "port/digest.h"

#define RECORD "state/provisioned"
#define DATA_DIR "etc/drillbox"
#define DATA_RECORD DATA_DIR "/provisioned"
#define RECORD_CAP ((size_t)1 << 20)
#define APPLIED "applied"
#define REMOVING "removing"
#define REMOVED "-" /* in the place of a digest */

static char *read_record(const char *root, const char *name)
{
	autofree char *path = path_join(root, name), *text = NULL;
	struct error ignored;

	return read_small_file(path, RECORD_CAP, &text, &ignored) < 0 ? xstrdup("") : take(text);
}

/* The line that is to come first for these bytes. NULL where there is no digest. */
static char *first_line(const char *word, const char *bytes, size_t n)
{
	char sha256[SHA256_HEX];
	struct error ignored;

	return digest_bytes(bytes, n, sha256, &ignored) < 0 ? NULL : format("%s %s\n", word, sha256);
}

/* One more line: whether that file is as it was, or gone. */
static bool file_unchanged(const char *boot, const char *line, size_t n)
{
	autofree char *copy = xstrndup(line, n), *path = NULL;
	char *space = strchr(copy, ' ');
	struct digest_result now;
	struct error ignored;

	if (!space)
		return false;
	*space = '\0';
	path = path_join(boot, space + 1);
	if (!path_exists(path))
		return true;
	return !same(copy, REMOVED) && digest_file(path, NULL, &now, &ignored) == 0 && same(now.sha256, copy);
}

char *record_name(const char *root)
{
	autofree char *path = path_join(root, "state/hostname"), *text = NULL;
	struct error ignored;

	if (read_small_file(path, 256, &text, &ignored) < 0 || !*trim(text))
		return xstrdup("drillbox");
	return xstrdup(trim(text));
}

char *record_host(const char *root)
{
	autofree char *name = record_name(root), *path = path_join(root, "state/network/80-wired.network.d/mdns.conf"),
		      *text = NULL;
	struct error ignored;
	bool silent = read_small_file(path, RECORD_CAP, &text, &ignored) == 0 && strstr(text, "MulticastDNS=no");

	return silent ? take(name) : format("%s.local", name);
}

bool record_has_data(const char *root)
{
	autofree char *path = path_join(root, DATA_DIR);

	return path_is_dir(path) && !path_is_read_only(path);
}

bool record_is_applied(const char *root, const char *boot, const char *bytes, size_t n)
{
	autofree char *record = read_record(root, RECORD), *first = first_line(APPLIED, bytes, n);
	autofree char *of_data = read_record(root, DATA_RECORD);

	if (!first || !starts_with(record, first) || (record_has_data(root) && !same(record, of_data)))
		return false;
	for (const char *line = record + strlen(first); *line; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n");

		if (line[length] != '\n' || !file_unchanged(boot, line, length))
			return false;
	}
	return true;
}

bool record_is_interrupted(const char *root, const char *masked, size_t n)
{
	autofree char *record = read_record(root, RECORD), *first = first_line(REMOVING, masked, n);

	return first && starts_with(record, first);
}

static int add_file(const char *boot, enum held held, const char *name, struct text *t, struct error *err)
{
	autofree char *path = path_join(boot, name);
	struct digest_result now;

	if (held_kind(held)->leaves) {
		text_addf(t, REMOVED " %s\n", name);
		return 0;
	}
	if (digest_file(path, NULL, &now, err) < 0)
		return -1;
	text_addf(t, "%s %s\n", now.sha256, name);
	return 0;
}

static int add_files(const char *boot, const struct given *given, struct text *t, struct error *err)
{
	for (enum held held = HELD_SECRETS; held < HELDS; held++)
		if (given[held].value && add_file(boot, held, given[held].value, t, err) < 0)
			return -1;
	return 0;
}

int record_write(const char *root, const char *boot, bool applied, const char *masked, size_t n, const struct wanted *w,
		 struct error *err)
{
	autofree char *path = path_join(root, RECORD), *of_data = path_join(root, DATA_RECORD), *folder = path_dir(path),
		      *first = NULL;
	CLEANUP(text_done) struct text t = {0};
	const struct given *given;

	first = first_line(applied ? APPLIED : REMOVING, masked, n);
	if (!first)
		return fail(err, ERR_LACKING, "OpenSSL does not offer SHA-256: look at its configuration");
	text_add(&t, first);
	for (size_t i = 0; (given = wanted_held(w, i)); i++)
		if (add_files(boot, given, &t, err) < 0)
			return -1;
	if (make_dirs(folder, 0755, err) < 0 ||
	    (applied && write_file_durably(of_data, t.data, t.length, 0644, err) < 0))
		return -1;
	return write_file_durably(path, t.data, t.length, 0644, err);
}
