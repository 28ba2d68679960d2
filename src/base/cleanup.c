#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int take_fd(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}

void cleanup_free(void *slot)
{
	int saved = errno;
	void *p;

	memcpy(&p, slot, sizeof(p));
	free(p);
	errno = saved;
}

void cleanup_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

void cleanup_fclose(FILE *const *f)
{
	int saved = errno;

	if (*f)
		(void)fclose(*f);
	errno = saved;
}

void cleanup_closedir(DIR *const *d)
{
	int saved = errno;

	if (*d)
		closedir(*d);
	errno = saved;
}
