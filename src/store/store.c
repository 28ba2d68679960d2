#include "store/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "model/config.h"
#include "store/readme.txt.h"

/* ---------------------------------------------------------------- shared by the room */

int open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int folder_names(int fd, const char *path, struct strings *ret, struct error *err)
{
	CLEANUP(strings_done) struct strings names = {0};
	autoclosedir DIR *d = NULL;
	int own = open_folder(fd, ".");
	struct dirent *e;

	if (own < 0 || !(d = fdopendir(own))) {
		cleanup_close(&own);
		return fail(err, ERR_IO, "open folder '%s': %m", path);
	}
	while ((errno = 0, e = readdir(d))) {
		if (same(e->d_name, ".") || same(e->d_name, ".."))
			continue;
		if (names.count == MOST_ENTRIES)
			return fail(err, ERR_DATA,
				    "folder '%s' holds more than %d entries: clear out what drillbox did not put there", path,
				    MOST_ENTRIES);
		strings_add(&names, e->d_name);
	}
	if (errno)
		return fail(err, ERR_IO, "read folder '%s': %m", path);
	strings_sort(&names);
	*ret = names;
	names = (struct strings){0};
	return 0;
}

char *part_name(const char *prefix)
{
	unsigned char bytes[4] = {0};
	autofree char *digits = NULL;

	/* four bytes never fail once the kernel's pool is ready; a clash is seen by whoever makes the name */
	(void)!getrandom(bytes, sizeof(bytes), 0);
	digits = hex(bytes, sizeof(bytes));
	return format("%s%s" PART, prefix, digits);
}

int share_with(gid_t group, int at, const char *name, struct error *err)
{
	struct stat st;
	mode_t mode;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(err, ERR_IO, "look at '%s': %m", name);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return 0;
	/* who is not in the group, or has a file system without owners, cannot give it away: then it is shared with nobody */
	if (group != NOBODY && st.st_gid != group && fchownat(at, name, (uid_t)-1, group, AT_SYMLINK_NOFOLLOW) < 0)
		group = NOBODY;
	mode = S_ISDIR(st.st_mode) ? 0700 : 0600;
	if (group != NOBODY)
		mode |= S_ISDIR(st.st_mode) ? 0050 : 0040;
	if ((st.st_mode & 07777) != mode && fchmodat(at, name, mode, 0) < 0)
		return fail(err, ERR_IO, "set the mode of '%s': %m", name);
	return 0;
}

static gid_t group_called(const char *name)
{
	const struct group *group = getgrnam(name);

	return group ? group->gr_gid : NOBODY;
}

int must_work(const struct store *s, struct error *err)
{
	if (!s->may_work)
		return fail(err, ERR_BUG, "the store was opened to look only");
	return 0;
}

enum error_kind write_kind(int os_errno)
{
	return os_errno == ENOSPC || os_errno == EDQUOT || os_errno == EFBIG ? ERR_SPACE : ERR_IO;
}

int store_sources(struct store *s, struct strings *ret, struct strings *trouble, struct error *err)
{
	CLEANUP(strings_done) struct strings names = {0};
	autoclose int fd = open_folder(AT_FDCWD, s->root);
	struct stat st;

	if (fd < 0 && errno == ENOENT && !s->may_work)
		return 0;
	if (fd < 0)
		return fail(err, ERR_IO, "open the store '%s': %m", s->root);
	if (folder_names(fd, s->root, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];

		if (source_name_valid(name) && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
			strings_add(ret, name);
		else if (trouble)
			strings_add_owned(trouble, format("'%s/%s' is no source's folder: move it away", s->root, name));
	}
	return 0;
}

/* ---------------------------------------------------------------- opening */

/* DATA as it is there, canonical; made where only it is missing. */
static int find_data(const char *data, enum store_use use, char **ret, struct error *err)
{
	autofree char *parent = path_dir(data);

	if (!path_exists(data)) {
		if (!path_is_dir(parent))
			return fail(err, ERR_IO, "the data folder '%s' is not there: is its disk connected and mounted?", data);
		if (use == STORE_LOOK) {
			*ret = xstrdup(data);
			return 0;
		}
		if (make_dirs(data, 0755, err) < 0)
			return fail_within(err, "the data folder cannot be made");
	}
	*ret = realpath(data, NULL);
	if (!*ret)
		return fail(err, ERR_IO, "the data folder '%s' cannot be used: %m; is its disk connected and mounted?", data);
	return 0;
}

static int check_writable(const char *data, struct error *err)
{
	struct statvfs vfs;

	if (statvfs(data, &vfs) < 0)
		return fail(err, ERR_IO, "the data disk at '%s' does not answer: %m; is it connected?", data);
	if (vfs.f_flag & ST_RDONLY)
		return fail(err, ERR_IO,
			    "the data disk at '%s' is read-only: a disk that fails is often mounted so; look at the kernel's "
			    "log, then repair or replace it",
			    data);
	if (access(data, R_OK | W_OK | X_OK) < 0)
		return fail(err, ERR_IO, "the data folder '%s' may not be written: %m; give it to the user drillbox runs as", data);
	return 0;
}

/* A folder of ours: real, and nobody else's to look into but that group's. */
static int make_folder(const char *path, gid_t group, struct error *err)
{
	autoclose int fd = -1;

	if (!path_exists(path) && make_dirs(path, 0700, err) < 0)
		return -1;
	fd = open_folder(AT_FDCWD, path);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return fail(err, ERR_IO, "'%s' is a link or a file: drillbox wants a folder of its own there", path);
	if (fd < 0)
		return fail(err, ERR_IO, "open folder '%s': %m", path);
	return share_with(group, AT_FDCWD, path, err);
}

static int write_readme(const char *data, struct error *err)
{
	autofree char *path = path_join(data, "README.txt");
	autofree char *now = NULL;
	struct error ignored;

	if (read_small_file(path, sizeof(readme_txt), &now, &ignored) == 0 && same(now, readme_txt))
		return 0;
	return write_file_durably(path, readme_txt, sizeof(readme_txt) - 1, 0644, err);
}

int store_open(const char *data, enum store_use use, struct store **ret, struct error *err)
{
	CLEANUP(store_free) struct store *s = xcalloc(1, sizeof(*s));

	s->may_work = use == STORE_WORK;
	s->readers = group_called(STORE_READERS);
	s->fetchers = group_called(STORE_FETCHERS);
	if (find_data(data, use, &s->data, err) < 0)
		return -1;
	s->root = path_join(s->data, "store");
	s->scratch = path_join(s->data, "scratch");
	if (use == STORE_WORK &&
	    (check_writable(s->data, err) < 0 || make_folder(s->root, s->readers, err) < 0 ||
	     make_folder(s->scratch, NOBODY, err) < 0 || write_readme(s->data, err) < 0))
		return -1;
	*ret = take(s);
	return 0;
}

static bool in_group(gid_t group)
{
	int n = getgroups(0, NULL);
	autofree gid_t *groups = xcalloc((size_t)(n > 0 ? n : 0) + 1, sizeof(*groups));

	n = getgroups(n, groups);
	for (int i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return group == getegid() || geteuid() == 0;
}

/* Only who is in a group may give it to a file, and a web server that may not read would be found out late. */
static int check_group(const char *folder, gid_t gid, struct error *err)
{
	const struct group *group = getgrgid(gid);

	if (in_group(gid))
		return 0;
	return fail(err, ERR_IO,
		    "what is published in '%s' is for its group '%s' to read, and the user drillbox runs as is not in that group: "
		    "put it there with usermod -aG, or give the folder another group",
		    folder, group ? group->gr_name : "without a name");
}

/* A folder of a box's; a source that is called so has an index there. */
static bool holds(const char *folder, const char *name)
{
	autofree char *path = path_join(folder, name);
	autofree char *index = path_join(path, INDEX);

	return path_is_dir(path) && !path_exists(index);
}

static bool is_data(const char *folder)
{
	return holds(folder, "store") && (holds(folder, "ledger") || holds(folder, "scratch"));
}

/* Nothing here knows what is proven, and retention would let it go. */
static int refuse_box(const char *folder, struct error *err)
{
	autofree char *parent = path_dir(folder);

	if (!is_data(folder) && !is_data(parent))
		return 0;
	return fail(err, ERR_USAGE,
		    "'%s' belongs to a box that drills its dumps, and publishing would remove some that are proven: name another "
		    "folder after --to",
		    folder);
}

int store_open_published(const char *folder, struct store **ret, struct error *err)
{
	CLEANUP(store_free) struct store *s = xcalloc(1, sizeof(*s));
	struct stat st;

	s->may_work = true;
	s->data = realpath(folder, NULL);
	if (!s->data)
		return fail(err, ERR_IO,
			    "the folder '%s' cannot be used: %m; make it for us to write and the web server's group to read, such "
			    "as with 'install -d -o drillbox -g www-data -m 750 %s'",
			    folder, folder);
	s->root = xstrdup(s->data);
	if (stat(s->root, &st) < 0 || !S_ISDIR(st.st_mode))
		return fail(err, ERR_IO, "'%s' is not a folder", folder);
	if (refuse_box(s->root, err) < 0)
		return -1;
	if (check_writable(s->root, err) < 0 || check_group(s->root, st.st_gid, err) < 0)
		return -1;
	s->readers = s->fetchers = st.st_gid;
	*ret = take(s);
	return 0;
}

const char *store_root(const struct store *s)
{
	return s->root;
}

void store_free(struct store **s)
{
	if (!*s)
		return;
	free((*s)->data);
	free((*s)->root);
	free((*s)->scratch);
	free(*s);
	*s = NULL;
}

/* ---------------------------------------------------------------- room */

/* Who only looks may not see into all of it: what is hidden from him counts for nothing. */
static int add_up(const struct store *s, const char *path, int64_t *ret, struct error *err)
{
	if (tree_bytes(path, ret, err) == 0)
		return 0;
	*ret = 0;
	return !s->may_work && err->os_errno == EACCES ? 0 : -1;
}

static int add_shares(struct store *s, struct store_room *room, struct error *err)
{
	CLEANUP(strings_done) struct strings sources = {0};

	if (store_sources(s, &sources, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < sources.count; i++) {
		autofree char *path = path_join(s->root, sources.items[i]);
		struct store_share *share;

		room->shares = grow(room->shares, room->share_count, sizeof(*room->shares));
		share = &room->shares[room->share_count++];
		share->source = xstrdup(sources.items[i]);
		if (add_up(s, path, &share->bytes, err) < 0)
			return -1;
	}
	return 0;
}

int store_room(struct store *s, struct store_room *ret, struct error *err)
{
	CLEANUP(store_room_done) struct store_room room = {0};
	autofree char *there = path_exists(s->data) ? xstrdup(s->data) : path_dir(s->data);
	struct statvfs vfs;

	if (statvfs(there, &vfs) < 0)
		return fail(err, ERR_IO, "the data disk at '%s' does not answer: %m; is it connected?", there);
	room.size = (int64_t)vfs.f_blocks * (int64_t)vfs.f_frsize;
	if (free_bytes(there, &room.free, err) < 0 || add_shares(s, &room, err) < 0)
		return -1;
	if (path_exists(s->scratch) && add_up(s, s->scratch, &room.scratch, err) < 0)
		return -1;
	*ret = room;
	room = (struct store_room){0};
	return 0;
}

void store_room_done(struct store_room *r)
{
	for (size_t i = 0; i < r->share_count; i++)
		free(r->shares[i].source);
	free(r->shares);
	*r = (struct store_room){0};
}

int store_admit(int64_t expected, int64_t free, int64_t reserve, struct error *err)
{
	char want[UNIT_TEXT], have[UNIT_TEXT], kept[UNIT_TEXT], lack[UNIT_TEXT];
	int64_t both;

	if (__builtin_add_overflow(expected, reserve, &both))
		both = INT64_MAX;
	if (both <= free)
		return 0;
	return fail(err, ERR_SPACE,
		    "%s are expected and %s are kept for the drill, but %s are free on the data disk: %s more are needed; "
		    "see 'drillbox prune --dry-run', keep fewer dumps, or use a larger disk",
		    human_bytes(expected, want), human_bytes(reserve, kept), human_bytes(free, have),
		    human_bytes(both - free, lack));
}
