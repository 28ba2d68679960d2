#include "store/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "model/config.h"
#include "model/dump_head.h"
#include "port/digest.h"
#include "store/manifest_file.h"

#define DUMP ARRIVING_DUMP	     /* names inside the private folder */
#define MANIFEST "manifest"
#define SUMS "sums"
#define ORIGIN "origin.json"
#define SECONDS_TO_TRY 3

/* ---------------------------------------------------------------- begin, abort */

/* The source's folder, where dumps get their names. NULL with an error; owned by the caller. */
static char *make_source_folder(struct store *s, const char *source, struct error *err)
{
	autofree char *folder = path_join(s->root, source);

	if (must_work(s, err) < 0)
		return NULL;
	if (!source_name_valid(source)) {
		(void)fail(err, ERR_BUG, "'%s' cannot be a source's name", source);
		return NULL;
	}
	if (make_dirs(folder, 0700, err) < 0 || share_with(s->readers, AT_FDCWD, folder, err) < 0)
		return NULL;
	return take(folder);
}

/* Take over 'folder', which is there. */
static int open_incoming(const char *source, char *folder, struct incoming *ret, struct error *err)
{
	struct incoming in = {.source = xstrdup(source), .folder = folder};

	in.path = path_join(folder, DUMP);
	in.origin = path_join(folder, ORIGIN);
	in.folder_fd = open_folder(AT_FDCWD, folder);
	if (in.folder_fd < 0) {
		(void)fail(err, write_kind(errno), "make folder '%s' for the dump: %m", folder);
		store_leave(&in);
		return -1;
	}
	*ret = in;
	return 0;
}

int store_begin(struct store *s, const char *source, struct incoming *ret, struct error *err)
{
	autofree char *folder = make_source_folder(s, source, err);
	autofree char *private = NULL;

	if (!folder)
		return -1;
	do {
		autofree char *name = part_name(INCOMING);

		free(private);
		private = path_join(folder, name);
	} while (mkdir(private, 0700) < 0 && errno == EEXIST);
	return open_incoming(source, take(private), ret, err);
}

/* What a commit that came to nothing had written beside the dump. */
static int remove_half_committed(const struct incoming *in, struct error *err)
{
	static const char *const names[] = {MANIFEST, SUMS};

	for (size_t i = 0; i < COUNT(names); i++)
		if (unlinkat(in->folder_fd, names[i], 0) < 0 && errno != ENOENT)
			return fail(err, ERR_IO, "remove the leftover '%s/%s': %m", in->folder, names[i]);
	return 0;
}

int store_resume(struct store *s, const char *source, struct incoming *ret, struct error *err)
{
	autofree char *folder = make_source_folder(s, source, err);
	CLEANUP(store_leave) struct incoming in = INCOMING_INIT;
	autofree char *private = folder ? path_join(folder, ARRIVING) : NULL;

	if (!folder)
		return -1;
	if (mkdir(private, 0700) < 0 && errno != EEXIST)
		return fail(err, write_kind(errno), "make folder '%s' for the dump: %m", private);
	if (open_incoming(source, take(private), &in, err) < 0 || remove_half_committed(&in, err) < 0)
		return -1;
	*ret = in;
	in = INCOMING_INIT;
	return 0;
}

void store_leave(struct incoming *in)
{
	if (in->folder)
		(void)rmdir(in->folder); /* where nothing has come there is nothing to go on with */
	cleanup_close(&in->folder_fd);
	free(in->source);
	free(in->folder);
	free(in->path);
	free(in->origin);
	*in = INCOMING_INIT;
}

void store_abort(struct incoming *in)
{
	struct error ignored;

	if (in->folder)
		(void)!remove_tree(in->folder, &ignored); /* what stays is a leftover for the next sweep */
	store_leave(in);
}

/* ---------------------------------------------------------------- what came */

/* A dump on its way from the private folder to its name. */
struct arrival {
	const struct store *store;
	struct incoming *in;
	const struct arriving *what;
	struct deadline deadline;
	char *folder;	    /* DATA/store/SOURCE */
	int folder_fd;
	enum dump_form form;
	int64_t taken;
	char *file;	    /* "shop_20261122_041500.dump" */
	char *manifest_file;
	char *sums_file;
	struct digest_list digests;
	bool half_named;    /* manifest or list have their names, the dump has not */
};

static void arrival_done(struct arrival *a)
{
	if (a->half_named) {
		(void)unlinkat(a->folder_fd, a->manifest_file, 0);
		(void)unlinkat(a->folder_fd, a->sums_file, 0);
	}
	cleanup_close(&a->folder_fd);
	digest_list_done(&a->digests);
	free(a->folder);
	free(a->file);
	free(a->manifest_file);
	free(a->sums_file);
}

/* A file by its first bytes. What is inside of a compressed one is for whoever brought it to look at. */
static int recognise_file(struct arrival *a, struct error *err)
{
	autoclose int fd = openat(a->in->folder_fd, DUMP, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	unsigned char head[DUMP_HEAD_LEAST];
	ssize_t n;

	if (fd < 0 || (n = pread(fd, head, sizeof(head), 0)) < 0)
		return fail(err, ERR_IO, "read the dump '%s' back: %m", a->in->path);
	if (n == 0)
		return fail(err, ERR_DATA, "the dump of '%s' is empty: nothing was written to it", a->in->source);
	if (dump_head_form(head, (size_t)n, &a->form, err) < 0)
		return fail_within(err, "the dump of '%s'", a->in->source);
	return 0;
}

static int recognise(struct arrival *a, struct error *err)
{
	struct stat st;

	if (fstatat(a->in->folder_fd, DUMP, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(err, ERR_DATA, "the dump of '%s' is not there: nothing was written to '%s'", a->in->source,
			    a->in->path);
	if (S_ISREG(st.st_mode))
		return recognise_file(a, err);
	if (!S_ISDIR(st.st_mode))
		return fail(err, ERR_DATA, "the dump '%s' is neither a file nor a folder", a->in->path);
	a->form = DUMP_FOLDER;
	if (faccessat(a->in->folder_fd, DUMP "/toc.dat", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(err, ERR_DATA, "the dump of '%s' has no table of contents: '%s/toc.dat' was not written",
			    a->in->source, a->in->path);
	return 0;
}

/* ---------------------------------------------------------------- its name */

static bool name_taken(const struct arrival *a, const char *base)
{
	for (int form = 0; form < DUMP_FORMS; form++) {
		autofree char *file = format("%s%s", base, dump_suffix(form));

		if (faccessat(a->folder_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

static int choose_name(struct arrival *a, struct error *err)
{
	const char *source = a->in->source;
	const struct arriving *what = a->what;

	for (a->taken = what->taken; a->taken <= what->taken + SECONDS_TO_TRY; a->taken++) {
		autofree char *name = dump_name(source, what->database, a->taken);
		autofree char *source_again = NULL, *database = NULL;
		int64_t taken;

		if (!dump_name_parse(name, &source_again, &database, &taken) || taken != a->taken)
			return fail(err, ERR_SOURCE, "the time by the source's clock cannot be part of a name: set its clock");
		if (name_taken(a, path_base(name)))
			continue;
		a->file = format("%s%s", path_base(name), dump_suffix(a->form));
		a->manifest_file = format("%s" MANIFEST_SUFFIX, a->file);
		a->sums_file = format("%s" DIGEST_SUFFIX, a->file);
		return 0;
	}
	return fail(err, ERR_BUSY, "'%s' has dumps of this very second and of the next %d already: pull again, or import it with "
		    "--as-of another time", source, SECONDS_TO_TRY);
}

/* ---------------------------------------------------------------- its bytes */

/* Whatever umask pg_dump had: the dump is for those who may fetch, a folder's list of files for every reader. */
static int set_modes(const struct arrival *a, struct error *err)
{
	CLEANUP(strings_done) struct strings names = {0};
	autoclose int fd = -1;

	if (share_with(a->form == DUMP_FOLDER ? a->store->readers : a->store->fetchers, a->in->folder_fd, DUMP, err) < 0)
		return -1;
	if (a->form != DUMP_FOLDER)
		return 0;
	fd = open_folder(a->in->folder_fd, DUMP);
	if (fd < 0)
		return fail(err, ERR_IO, "open folder '%s': %m", a->in->path);
	if (folder_names(fd, a->in->path, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (share_with(a->store->fetchers, fd, names.items[i], err) < 0)
			return fail_within(err, "%s", a->in->path);
	return 0;
}

/* One fsync for a file. A folder may hold thousands: one syncfs(2), which since Linux 5.8 also tells of failed writes. */
static int sync_dump(const struct arrival *a, struct error *err)
{
	if (a->form != DUMP_FOLDER)
		return sync_path(a->in->path, err);
	if (syncfs(a->in->folder_fd) < 0)
		return fail(err, write_kind(errno), "sync '%s' to the disk: %m", a->in->path);
	return 0;
}

/* A digest made on the way is of every byte that was written, or else it is of something else. */
static int take_digest(struct arrival *a, struct error *err)
{
	const struct digest_result *made = a->what->digest;
	struct stat st;

	if (a->form == DUMP_FOLDER || fstatat(a->in->folder_fd, DUMP, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_size != made->bytes)
		return fail(err, ERR_BUG, "the digest of '%s' is not of the file that is there", a->in->path);
	a->digests = (struct digest_list){
		.text = format("%s  %s\n", made->sha256, a->file),
		.files = 1,
		.whole = *made,
	};
	return 0;
}

/*
 * The digest of what pg_dump wrote, from the page cache as far as it is still
 * there: it is what a later read of the disk is compared with.
 */
static int read_back(struct arrival *a, struct error *err)
{
	const struct digest_reading how = {.deadline = &a->deadline};

	if (a->what->digest)
		return take_digest(a, err);
	if (digest_dump(a->in->path, a->file, &how, &a->digests, err) < 0)
		return fail_within(err, "reading the dump of '%s' back", a->in->source);
	return 0;
}

/* A new file in the private folder. NULL with an error. */
static FILE *create_beside(const struct arrival *a, const char *name, struct error *err)
{
	autoclose int fd = openat(a->in->folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (f)
		(void)take_fd(&fd);
	else
		(void)fail(err, write_kind(errno), "make '%s/%s': %m", a->in->folder, name);
	return f;
}

static int flush_and_sync(FILE *f, const char *what, struct error *err)
{
	if (ferror(f) || fflush(f) != 0 || fsync(fileno(f)) < 0)
		return fail(err, write_kind(errno), "write the %s to the disk: %m", what);
	return 0;
}

static bool has_manifest(const struct arrival *a)
{
	return a->what->manifest || a->what->manifest_text;
}

/* One that came with the dump stays as it came: its digest was made where it was made. */
static int print_manifest(const struct arrival *a, FILE *f, struct error *err)
{
	if (a->what->manifest)
		return manifest_write(a->what->manifest, f, err);
	(void)fwrite(a->what->manifest_text, 1, a->what->manifest_n, f); /* seen by flush_and_sync() */
	return 0;
}

static int write_manifest(const struct arrival *a, struct digest_result *ret, struct error *err)
{
	autofree char *path = path_join(a->in->folder, MANIFEST);
	const struct digest_reading how = {.deadline = &a->deadline};
	autofclose FILE *f = NULL;

	if (!has_manifest(a))
		return 0;
	f = create_beside(a, MANIFEST, err);
	if (!f || share_with(a->store->readers, a->in->folder_fd, MANIFEST, err) < 0 || print_manifest(a, f, err) < 0 ||
	    flush_and_sync(f, "manifest", err) < 0)
		return -1;
	return digest_file(path, &how, ret, err);
}

/* Sorted all through: "x.dump" before "x.dump.json", but "x.d.json" before "x.d/toc.dat". */
static int write_sums(const struct arrival *a, const char *manifest_sha256, struct error *err)
{
	autofclose FILE *f = create_beside(a, SUMS, err);

	if (!f || share_with(a->store->readers, a->in->folder_fd, SUMS, err) < 0)
		return -1;
	if (a->form != DUMP_FOLDER)
		(void)fputs(a->digests.text, f);
	if (has_manifest(a))
		(void)fprintf(f, "%s  %s\n", manifest_sha256, a->manifest_file);
	if (a->form == DUMP_FOLDER)
		(void)fputs(a->digests.text, f);
	return flush_and_sync(f, "digest list", err);
}

/* ---------------------------------------------------------------- commit */

static int move(const struct arrival *a, const char *from, const char *to, struct error *err)
{
	if (renameat2(a->in->folder_fd, from, a->folder_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* a file system that cannot refuse by itself: whoever works in the store is alone */
	if (errno == EINVAL) {
		if (faccessat(a->folder_fd, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			errno = EEXIST;
		else if (renameat(a->in->folder_fd, from, a->folder_fd, to) == 0)
			return 0;
	}
	return fail(err, write_kind(errno), "give '%s/%s' its name: %m", a->folder, to);
}

static int sync_folder(const struct arrival *a, struct error *err)
{
	if (fsync(a->folder_fd) < 0)
		return fail(err, write_kind(errno), "sync folder '%s' to the disk: %m", a->folder);
	return 0;
}

/* The dump last: until it has its name, the other two are strays. */
static int give_names(struct arrival *a, struct error *err)
{
	if (has_manifest(a) && move(a, MANIFEST, a->manifest_file, err) < 0)
		return -1;
	a->half_named = true;
	if (move(a, SUMS, a->sums_file, err) < 0 || sync_folder(a, err) < 0 || move(a, DUMP, a->file, err) < 0)
		return -1;
	a->half_named = false;
	return sync_folder(a, err);
}

static void describe(const struct arrival *a, struct dump *ret)
{
	*ret = (struct dump){
		.name = dump_name(a->in->source, a->what->database, a->taken),
		.source = xstrdup(a->in->source),
		.path = path_join(a->folder, a->file),
		.form = a->form,
		.complete = true,
		.has_manifest = has_manifest(a),
		.bytes = a->digests.whole.bytes,
		.taken = a->taken,
	};
	memcpy(ret->sha256, a->digests.whole.sha256, SHA256_HEX);
}

static int commit(struct arrival *a, struct dump *ret, struct error *err)
{
	struct digest_result manifest = {0};

	a->folder_fd = open_folder(AT_FDCWD, a->folder);
	if (a->folder_fd < 0)
		return fail(err, ERR_IO, "open folder '%s': %m", a->folder);
	if (recognise(a, err) < 0 || choose_name(a, err) < 0 || set_modes(a, err) < 0 || sync_dump(a, err) < 0 ||
	    read_back(a, err) < 0 || write_manifest(a, &manifest, err) < 0 ||
	    write_sums(a, manifest.sha256, err) < 0 || give_names(a, err) < 0)
		return -1;
	describe(a, ret);
	return 0;
}

/* A download whose bytes are good, and for which there was no room, no free name or no time: the next try has it all but whole. */
static bool may_be_tried_again(const struct incoming *in, const struct error *why)
{
	return same(path_base(in->folder), ARRIVING) && why->kind != ERR_DATA && why->kind != ERR_BUG &&
	       faccessat(in->folder_fd, DUMP, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int store_commit(struct store *s, struct incoming *in, const struct arriving *what, struct deadline deadline,
		 struct dump *ret, struct error *err)
{
	CLEANUP(arrival_done) struct arrival a = {
		.store = s,
		.in = in,
		.what = what,
		.deadline = deadline,
		.folder = path_join(s->root, in->source),
		.folder_fd = -1,
	};
	struct error ignored;

	if (commit(&a, ret, err) < 0) {
		if (may_be_tried_again(in, err) && remove_half_committed(in, &ignored) == 0)
			store_leave(in);
		store_abort(in);
		return -1;
	}
	store_abort(in);
	return 0;
}
