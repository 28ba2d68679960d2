#include "pull/recognise.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "port/expand.h"

/* As much as there is of it: what is not whole yet ends too early, and that is for whoever reads all of it to say. */
static int read_inside(int fd, unsigned char *bytes, size_t *ret_n, struct error *err)
{
	CLEANUP(expand_free) struct expand *e = NULL;
	size_t n = 1;

	*ret_n = 0;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail(err, ERR_IO, "go back to its beginning: %m");
	if (expand_open(fd, &e, err) < 0)
		return -1;
	while (n > 0 && *ret_n < DUMP_HEAD_MOST) {
		if (expand_read(e, (char *)bytes + *ret_n, DUMP_HEAD_MOST - *ret_n, &n, err) < 0)
			return *ret_n > 0 ? 0 : -1;
		*ret_n += n;
	}
	return 0;
}

int recognise(const char *path, struct dump_head *ret, struct error *err)
{
	CLEANUP(dump_head_done) struct dump_head head = {0};
	autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	autofree unsigned char *bytes = xcalloc(1, DUMP_HEAD_MOST);
	ssize_t got = fd < 0 ? -1 : pread(fd, bytes, DUMP_HEAD_MOST, 0);
	size_t n;

	if (got < 0)
		return fail(err, ERR_IO, "read '%s' back: %m", path);
	if (dump_head_parse(bytes, (size_t)got, &head, err) < 0)
		return -1;
	if (dump_form_is_packed(head.form) &&
	    (read_inside(fd, bytes, &n, err) < 0 || dump_head_parse_inside(bytes, n, &head, err) < 0))
		return -1;
	*ret = head;
	head = (struct dump_head){0};
	return 0;
}
