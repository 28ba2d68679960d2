#include "store/sums.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/inner.h"

#define DIGITS (SHA256_HEX - 1)

static FILE *open_list(const char *path, struct error *err)
{
	autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	FILE *f;

	if (fd < 0 && errno == ENOENT) {
		(void)fail(err, ERR_NOTHING, "there is no digest list '%s'", path);
		return NULL;
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		(void)fail(err, ERR_IO, "open the digest list '%s': %m", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > LARGEST_LIST) {
		(void)fail(err, ERR_DATA, "'%s' is no digest list", path);
		return NULL;
	}
	f = fdopen(fd, "r");
	if (f)
		(void)take_fd(&fd);
	else
		(void)fail(err, ERR_IO, "open the digest list '%s': %m", path);
	return f;
}

/* "HEX  NAME", or "HEX *NAME" as sha256sum --binary writes it, without the newline. */
static bool parse_sum(const char *line, struct sum *ret)
{
	size_t name = DIGITS + 2;

	if (strspn(line, "0123456789abcdef") != DIGITS || line[DIGITS] != ' ' ||
	    (line[DIGITS + 1] != ' ' && line[DIGITS + 1] != '*') || line[name] == '\0' ||
	    strlen(line + name) >= sizeof(ret->name))
		return false;
	memcpy(ret->sha256, line, DIGITS);
	ret->sha256[DIGITS] = '\0';
	memcpy(ret->name, line + name, strlen(line + name) + 1);
	return true;
}

/* One line into 'line', its newline cut. False at the end and for a line that is too long, torn or holds a NUL. */
static bool next_line(FILE *f, char *line, int size)
{
	char *newline;

	if (!fgets(line, size, f))
		return false;
	newline = strchr(line, '\n');
	if (!newline)
		return false;
	*newline = '\0';
	return true;
}

int sums_walk(const char *path, sum_seen seen, void *context, struct error *err)
{
	autofclose FILE *f = open_list(path, err);
	char line[DIGITS + 2 + sizeof(((struct sum *)NULL)->name) + 2];
	char before[sizeof(((struct sum *)NULL)->name)] = "";
	struct sum sum;
	int number = 0;

	if (!f)
		return -1;
	while (!feof(f)) {
		int c = fgetc(f);

		if (c == EOF)
			break;
		(void)ungetc(c, f);
		number++;
		if (!next_line(f, line, sizeof(line)) || !parse_sum(line, &sum) || strcmp(sum.name, before) <= 0) {
			if (ferror(f))
				break;
			return fail(err, ERR_DATA, "the digest list '%s' is damaged in line %d", path, number);
		}
		memcpy(before, sum.name, sizeof(before));
		if (seen(context, &sum, err) < 0)
			return -1;
	}
	if (ferror(f))
		return fail(err, ERR_IO, "read the digest list '%s': %m", path);
	return 0;
}
