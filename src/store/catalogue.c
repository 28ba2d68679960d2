#include "store/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "port/digest.h"
#include "store/sums.h"

char *store_manifest_path(const struct dump *d)
{
	return format("%s" MANIFEST_SUFFIX, d->path);
}

char *store_digest_path(const struct dump *d)
{
	return format("%s" DIGEST_SUFFIX, d->path);
}

/* ---------------------------------------------------------------- digests */

struct reading {
	const char *file; /* "shop_20261122_041500.d" */
	size_t length;
	bool is_dir;
	struct digest *lines; /* of a folder's list */
	size_t files;
	struct dump_digests found;
};

/* Whether 'name' is 'file' plus 'rest'. */
static bool is_beside(const struct reading *r, const char *name, const char *rest)
{
	return starts_with(name, r->file) && same(name + r->length, rest);
}

static int take_sum(void *context, const struct sum *sum, struct error *err)
{
	struct reading *r = context;

	if (is_beside(r, sum->name, MANIFEST_SUFFIX)) {
		memcpy(r->found.manifest, sum->sha256, SHA256_HEX);
	} else if (!r->is_dir && is_beside(r, sum->name, "")) {
		memcpy(r->found.dump, sum->sha256, SHA256_HEX);
	} else if (r->is_dir && starts_with(sum->name, r->file) && sum->name[r->length] == '/') {
		autofree char *line = format("%s  %s\n", sum->sha256, sum->name);

		digest_add(r->lines, line, strlen(line));
		r->files++;
	} else {
		return fail(err, ERR_DATA, "the digest list of '%s' names '%s', which is not part of it", r->file, sum->name);
	}
	return 0;
}

int store_digests(const struct dump *d, struct dump_digests *ret, struct error *err)
{
	autofree char *path = store_digest_path(d);
	CLEANUP(digest_free) struct digest *lines = NULL;
	struct reading r = {.file = path_base(d->path), .length = strlen(path_base(d->path)), .is_dir = d->form == DUMP_FOLDER};

	if (digest_new(&lines, err) < 0)
		return -1;
	r.lines = lines;
	if (sums_walk(path, take_sum, &r, err) < 0)
		return -1;
	if (r.files)
		digest_end(lines, r.found.dump);
	*ret = r.found;
	return 0;
}

/* ---------------------------------------------------------------- one entry */

static void complain(struct strings *trouble, char *owned_sentence)
{
	if (trouble)
		strings_add_owned(trouble, owned_sentence);
	else
		free(owned_sentence);
}

/* What goes with a dump, or is on its way: no entry of its own. */
static bool is_company(const char *entry)
{
	static const char *const suffixes[] = {MANIFEST_SUFFIX, DIGEST_SUFFIX};

	if (ends_with(entry, PART) || same(entry, INDEX))
		return true;
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		if (ends_with(entry, suffixes[i])) {
			autofree char *stem = xstrndup(entry, strlen(entry) - strlen(suffixes[i]));

			return dump_form_of_name(stem) >= 0;
		}
	}
	return false;
}

/* The dump's name when 'entry' of 'source' is one, exactly as we write it. Owned by the caller, or NULL. */
static char *name_of_entry(const char *source, const char *entry, int64_t *ret_taken)
{
	int form = dump_form_of_name(entry);
	size_t suffix = form < 0 ? 0 : strlen(dump_suffix(form));
	autofree char *name = suffix ? format("%s/%.*s", source, (int)(strlen(entry) - suffix), entry) : NULL;
	autofree char *same_source = NULL, *database = NULL, *again = NULL;

	if (!name || !dump_name_parse(name, &same_source, &database, ret_taken))
		return NULL;
	again = dump_name(source, database, *ret_taken);
	return same(name, again) ? take(name) : NULL;
}

static void read_digests(struct dump *d, struct strings *trouble)
{
	struct dump_digests digests = {0};
	struct error why;

	if (store_digests(d, &digests, &why) < 0) {
		if (why.kind != ERR_NOTHING)
			complain(trouble, xstrdup(why.text));
		return;
	}
	memcpy(d->sha256, digests.dump, SHA256_HEX);
	d->complete = digests.dump[0] && (d->has_manifest || !digests.manifest[0]);
}

/* Add what 'entry' of the source's folder 'fd' is. */
static void look_at(int fd, const char *folder, const char *source, const char *entry, struct dumps *list,
		    struct strings *trouble)
{
	int64_t taken = TIME_UNKNOWN;
	autofree char *name = is_company(entry) ? NULL : name_of_entry(source, entry, &taken);
	autofree char *manifest = NULL;
	struct error why;
	struct stat st;
	struct dump *d;

	if (is_company(entry))
		return;
	if (!name || fstatat(fd, entry, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (dump_form_of_name(entry) == DUMP_FOLDER ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))) {
		complain(trouble, format("'%s/%s' is not a dump: move it away", folder, entry));
		return;
	}
	d = dumps_add(list);
	d->name = take(name);
	d->source = xstrdup(source);
	d->path = path_join(folder, entry);
	d->form = dump_form_of_name(entry);
	d->bytes = st.st_size;
	d->taken = taken;
	if (d->form == DUMP_FOLDER && tree_bytes(d->path, &d->bytes, &why) < 0)
		complain(trouble, xstrdup(why.text));
	manifest = store_manifest_path(d);
	d->has_manifest = path_exists(manifest);
	read_digests(d, trouble);
}

/* ---------------------------------------------------------------- the list */

static void list_source(struct store *s, const char *source, struct dumps *list, struct strings *trouble)
{
	CLEANUP(strings_done) struct strings entries = {0};
	autofree char *folder = path_join(s->root, source);
	autoclose int fd = open_folder(AT_FDCWD, folder);
	struct error why;

	if (fd < 0) {
		if (errno != ENOENT)
			complain(trouble, format("open folder '%s': %m", folder));
		return;
	}
	if (folder_names(fd, folder, &entries, &why) < 0) {
		complain(trouble, xstrdup(why.text));
		return;
	}
	for (size_t i = 0; i < entries.count; i++)
		look_at(fd, folder, source, entries.items[i], list, trouble);
}

/* The same name twice (a file and a folder): neither can be meant by it, so the later one is left out. */
static void drop_doubles(struct dumps *list, struct strings *trouble)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct dump *d = &list->items[i];

		if (kept && same(list->items[kept - 1].name, d->name)) {
			complain(trouble, format("'%s' has the name of another dump beside it: move one away", d->path));
			dump_done(d);
		} else {
			list->items[kept++] = *d;
		}
	}
	list->count = kept;
}

int store_list(struct store *s, const char *source, struct dumps *ret, struct strings *trouble, struct error *err)
{
	CLEANUP(strings_done) struct strings sources = {0};
	struct dumps list = {0};

	if (source)
		strings_add(&sources, source);
	else if (store_sources(s, &sources, trouble, err) < 0)
		return -1;
	for (size_t i = 0; i < sources.count; i++)
		list_source(s, sources.items[i], &list, trouble);
	dumps_sort(&list);
	drop_doubles(&list, trouble);
	*ret = list;
	return 0;
}

/* ---------------------------------------------------------------- one dump */

/* The name of the dump at 'path', if it is one in this store. Owned by the caller, or NULL. */
static char *name_of_path(const struct store *s, const char *path)
{
	autofree char *trimmed = xstrdup(path);
	autofree char *folder = NULL, *folder_found = NULL, *source = NULL;
	size_t root = strlen(s->root);
	int64_t taken;

	for (size_t n = strlen(trimmed); n > 1 && trimmed[n - 1] == '/'; n--)
		trimmed[n - 1] = '\0';
	folder = path_dir(trimmed);
	folder_found = realpath(folder, NULL);
	if (!folder_found || !starts_with(folder_found, s->root) || folder_found[root] != '/')
		return NULL;
	source = xstrdup(folder_found + root + 1);
	return name_of_entry(source, path_base(trimmed), &taken);
}

int store_find(struct store *s, const char *name_or_path, struct dump *ret, struct error *err)
{
	CLEANUP(dumps_done) struct dumps list = {0};
	autofree char *source = NULL, *database = NULL, *name = NULL;
	struct dump *found = NULL;
	int64_t taken;

	if (dump_name_parse(name_or_path, &source, &database, &taken)) {
		name = xstrdup(name_or_path);
	} else if ((name = name_of_path(s, name_or_path))) {
		if (!dump_name_parse(name, &source, &database, &taken))
			return fail(err, ERR_BUG, "'%s' is a name and then is none", name);
	}
	if (name && store_list(s, source, &list, NULL, err) < 0)
		return -1;
	if (name)
		found = dumps_find(&list, name);
	if (!found)
		return fail(err, ERR_USAGE, "there is no dump '%s' in the store: 'drillbox dumps' lists them", name_or_path);
	*ret = *found;
	*found = (struct dump){0};
	return 0;
}
