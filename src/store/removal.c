#include "store/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "model/config.h"

/* ---------------------------------------------------------------- one dump */

/* Take its name from it, for good. 'ret_part' is what it is called then; owned by the caller. */
static int take_name(int folder_fd, const char *folder, const char *file, char **ret_part, struct error *err)
{
	autofree char *part = NULL;

	do {
		free(part);
		part = part_name(REMOVING);
	} while (faccessat(folder_fd, part, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	if (renameat(folder_fd, file, folder_fd, part) < 0)
		return fail(err, write_kind(errno), "rename '%s/%s' to remove it: %m", folder, file);
	if (fsync(folder_fd) < 0)
		return fail(err, write_kind(errno), "sync folder '%s' to the disk: %m", folder);
	*ret_part = path_join(folder, part);
	return 0;
}

int store_remove(struct store *s, const struct dump *d, struct error *err)
{
	autofree char *folder = path_join(s->root, d->source);
	autofree char *path = path_join(folder, path_base(d->path));
	autofree char *manifest = store_manifest_path(d);
	autofree char *sums = store_digest_path(d);
	autofree char *part = NULL;
	autoclose int fd = -1;

	if (must_work(s, err) < 0)
		return -1;
	if (!same(path, d->path) || dump_form_of_name(path) < 0)
		return fail(err, ERR_BUG, "'%s' is no dump of this store", d->path);
	fd = open_folder(AT_FDCWD, folder);
	if (fd < 0)
		return fail(err, ERR_IO, "open folder '%s': %m", folder);
	if (take_name(fd, folder, path_base(path), &part, err) < 0 || remove_tree(part, err) < 0 ||
	    remove_tree(manifest, err) < 0 || remove_tree(sums, err) < 0)
		return fail_within(err, "removing dump '%s'", d->name);
	return 0;
}

int store_prune(struct store *s, const struct dumps *list, char *const *goes, int64_t *ret_bytes, struct error *err)
{
	*ret_bytes = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (!goes[i])
			continue;
		if (store_remove(s, &list->items[i], err) < 0)
			return -1;
		*ret_bytes += list->items[i].bytes;
	}
	return 0;
}

/* ---------------------------------------------------------------- downloads to be gone on with */

static char *arriving_folder(const struct store *s, const char *source)
{
	autofree char *folder = path_join(s->root, source);

	return path_join(folder, ARRIVING);
}

/* Bytes that have come, and when the last of them did; none where nothing waits. */
static int64_t arrived(const char *arriving, int64_t *ret_last)
{
	autofree char *dump = path_join(arriving, ARRIVING_DUMP);
	struct stat st;

	if (lstat(dump, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	*ret_last = st.st_mtime;
	return st.st_size;
}

int store_arrived(struct store *s, const char *source, int64_t *ret_bytes, struct error *err)
{
	autofree char *arriving = arriving_folder(s, source);
	int64_t last;

	if (!source_name_valid(source))
		return fail(err, ERR_BUG, "'%s' cannot be a source's name", source);
	*ret_bytes = arrived(arriving, &last);
	return 0;
}

int store_all_arrived(struct store *s, const char *except, struct strings *ret_sources, int64_t *ret_bytes,
		      struct error *err)
{
	CLEANUP(strings_done) struct strings sources = {0};
	int64_t last;

	*ret_bytes = 0;
	if (store_sources(s, &sources, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < sources.count; i++) {
		autofree char *arriving = arriving_folder(s, sources.items[i]);
		int64_t bytes = arrived(arriving, &last);

		if (bytes == 0 || same(sources.items[i], except))
			continue;
		strings_add(ret_sources, sources.items[i]);
		*ret_bytes += bytes;
	}
	return 0;
}

int store_drop_arrived(struct store *s, const char *source, struct error *err)
{
	autofree char *arriving = arriving_folder(s, source);

	if (!source_name_valid(source))
		return fail(err, ERR_BUG, "'%s' cannot be a source's name", source);
	return must_work(s, err) < 0 ? -1 : remove_tree(arriving, err);
}

/* ---------------------------------------------------------------- leftovers */

/* Whether an interrupted download is worth keeping. A last byte in the future came by another clock: it counts as new. */
static bool may_go_on(const char *arriving)
{
	int64_t last;

	return arrived(arriving, &last) > 0 && clock_wall() - last < STORE_ARRIVED_KEPT_S;
}

/* Whether 'entry' is a manifest or digest list whose dump is not in the folder. */
static bool is_stray(int folder_fd, const char *entry)
{
	const char *suffix = ends_with(entry, MANIFEST_SUFFIX) ? MANIFEST_SUFFIX : DIGEST_SUFFIX;
	autofree char *stem = NULL;

	if (!ends_with(entry, suffix))
		return false;
	stem = xstrndup(entry, strlen(entry) - strlen(suffix));
	return dump_form_of_name(stem) >= 0 && faccessat(folder_fd, stem, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static int sweep_entry(int folder_fd, const char *folder, const char *entry, struct sweep *done, struct error *err)
{
	autofree char *path = path_join(folder, entry);

	if (same(entry, ARRIVING) && may_go_on(path))
		return 0;
	if (ends_with(entry, PART)) {
		if (remove_tree(path, err) < 0)
			return -1;
		*(starts_with(entry, REMOVING) ? &done->removals : &done->pulls) += 1;
	} else if (is_stray(folder_fd, entry)) {
		if (unlinkat(folder_fd, entry, 0) < 0)
			return fail(err, ERR_IO, "remove the leftover '%s': %m", path);
		done->strays++;
	}
	return 0;
}

static int sweep_source(struct store *s, const char *source, struct sweep *done, struct error *err)
{
	CLEANUP(strings_done) struct strings entries = {0};
	autofree char *folder = path_join(s->root, source);
	autoclose int fd = open_folder(AT_FDCWD, folder);

	if (fd < 0)
		return fail(err, ERR_IO, "open folder '%s': %m", folder);
	if (folder_names(fd, folder, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++)
		if (sweep_entry(fd, folder, entries.items[i], done, err) < 0)
			return -1;
	return 0;
}

int store_sweep_source(struct store *s, const char *source, struct sweep *ret, struct error *err)
{
	autofree char *folder = path_join(s->root, source);
	struct sweep done = {0};

	if (must_work(s, err) < 0)
		return -1;
	if (path_exists(folder) && sweep_source(s, source, &done, err) < 0)
		return fail_within(err, "sweeping up after '%s'", source);
	*ret = done;
	return 0;
}

static int sweep_scratch(struct store *s, struct sweep *done, struct error *err)
{
	CLEANUP(strings_done) struct strings entries = {0};
	autoclose int fd = open_folder(AT_FDCWD, s->scratch);

	if (fd < 0)
		return fail(err, ERR_IO, "open folder '%s': %m", s->scratch);
	if (folder_names(fd, s->scratch, &entries, err) < 0)
		return -1;
	for (size_t i = 0; i < entries.count; i++) {
		autofree char *path = path_join(s->scratch, entries.items[i]);

		if (remove_tree(path, err) < 0)
			return -1;
		done->scratch++;
	}
	return 0;
}

int store_sweep(struct store *s, struct sweep *ret, struct error *err)
{
	CLEANUP(strings_done) struct strings sources = {0};
	struct sweep done = {0};

	if (must_work(s, err) < 0 || store_sources(s, &sources, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < sources.count; i++)
		if (sweep_source(s, sources.items[i], &done, err) < 0)
			return fail_within(err, "sweeping up after '%s'", sources.items[i]);
	if (s->scratch && sweep_scratch(s, &done, err) < 0)
		return fail_within(err, "emptying the scratch folder");
	*ret = done;
	return 0;
}
