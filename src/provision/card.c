#include "provision/card.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"

static bool is_mount_point(const char *path)
{
	autofree char *above = path_join(path, "..");
	struct stat here, there;

	return stat(path, &here) == 0 && stat(above, &there) == 0 && here.st_dev != there.st_dev;
}

/* A remount forgets what it is not told again. */
static unsigned long mount_flags(unsigned long of_statvfs)
{
	static const struct {
		unsigned long told, told_again;
	} flags[] = {
		{ST_NOSUID, MS_NOSUID}, {ST_NODEV, MS_NODEV}, {ST_NOEXEC, MS_NOEXEC}, {ST_NOATIME, MS_NOATIME},
		{ST_NODIRATIME, MS_NODIRATIME}, {ST_RELATIME, MS_RELATIME}, {ST_SYNCHRONOUS, MS_SYNCHRONOUS},
	};
	unsigned long result = 0;

	for (size_t i = 0; i < COUNT(flags); i++)
		if (of_statvfs & flags[i].told)
			result |= flags[i].told_again;
	return result;
}

static int make_writable(struct card *card, struct error *err)
{
	struct statvfs vfs;

	if (!card->is_own || card->remounted || statvfs(card->path, &vfs) < 0 || !(vfs.f_flag & ST_RDONLY) ||
	    !is_mount_point(card->path))
		return 0; /* what cannot be written says so itself */
	card->flags = mount_flags(vfs.f_flag);
	if (mount(NULL, card->path, NULL, MS_REMOUNT | card->flags, NULL) < 0)
		return fail(err, ERR_IO, "mounting '%s' for writing: %m; is the card locked?", card->path);
	card->remounted = true;
	return 0;
}

void card_done(struct card *card)
{
	if (card->remounted)
		(void)mount(NULL, card->path, NULL, MS_REMOUNT | MS_RDONLY | card->flags, NULL);
	card->remounted = false;
}

static int overwrite(int fd, const char *path, off_t at, size_t n, char with, struct error *err)
{
	char piece[4096];

	memset(piece, with, sizeof(piece));
	while (n) {
		size_t most = n < sizeof(piece) ? n : sizeof(piece);
		ssize_t written = pwrite(fd, piece, most, at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return fail(err, ERR_IO, "overwrite a secret in '%s': %m", path);
		at += written;
		n -= (size_t)written;
	}
	if (fsync(fd) < 0)
		return fail(err, ERR_IO, "sync '%s' to the card: %m", path);
	return 0;
}

int card_mask(struct card *card, const struct given *secret, struct error *err)
{
	autofree char *path = path_join(card->path, PROVISION_FILE);
	autoclose int fd = -1;

	if (make_writable(card, err) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(err, ERR_IO, "open '%s' to take the passwords out: %m", path);
	return overwrite(fd, path, (off_t)secret->at, secret->length, '*', err);
}

int card_remove(struct card *card, const char *name, struct error *err)
{
	autofree char *path = path_join(card->path, name);
	autoclose int fd = -1;
	struct stat st;

	if (!path_exists(path))
		return 0;
	if (make_writable(card, err) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(err, ERR_IO, "open '%s' to remove the key: %m", path);
	if (overwrite(fd, path, 0, (size_t)st.st_size, '\0', err) < 0)
		return -1;
	if (unlink(path) < 0)
		return fail(err, ERR_IO, "remove '%s': %m", path);
	return sync_path(card->path, err);
}

int card_write(struct card *card, const char *name, const char *text, struct error *err)
{
	autofree char *path = path_join(card->path, name);

	if (make_writable(card, err) < 0)
		return -1;
	return write_file_durably(path, text, strlen(text), 0644, err);
}
