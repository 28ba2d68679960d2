#include "run/host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define LEAST_FREE (1 << 20) /* below it not even a row can be written */

bool host_clock_synchronised(void)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	return state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

/* Not only of this link: 169.254.0.0/16 and fe80::/10 are what an interface gives itself without a network. */
static bool reaches_out(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return (ntohl(in.sin_addr.s_addr) & 0xffff0000U) != 0xa9fe0000U;
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		return !IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr);
	}
	return false;
}

bool host_network_up(void)
{
	struct ifaddrs *all;
	bool up = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *i = all; i && !up; i = i->ifa_next)
		up = i->ifa_addr && !(i->ifa_flags & IFF_LOOPBACK) && (i->ifa_flags & IFF_UP) &&
		     (i->ifa_flags & IFF_RUNNING) && reaches_out(i->ifa_addr); /* RUNNING: there is a carrier */
	freeifaddrs(all);
	return up;
}

char *host_boot_id(void)
{
	autofree char *text = NULL;
	struct error ignored;

	if (read_small_file("/proc/sys/kernel/random/boot_id", 128, &text, &ignored) < 0)
		return xstrdup("");
	return xstrdup(trim(text));
}

/* There, and on a disk that takes what is written. */
static int look_at_disk(const char *data, struct statvfs *ret, struct error *err)
{
	struct stat st;

	if (stat(data, &st) < 0 && errno == ENOENT)
		return fail(err, ERR_IO, "the data folder '%s' is not there: is its disk connected and mounted?", data);
	if (stat(data, &st) < 0 || statvfs(data, ret) < 0)
		return fail(err, ERR_IO, "the data disk at '%s' does not answer: %m; is it connected?", data);
	if (!S_ISDIR(st.st_mode))
		return fail(err, ERR_IO, "'%s' is not a folder: the data folder has to be one", data);
	if (ret->f_flag & ST_RDONLY)
		return fail(err, ERR_IO,
			    "the data disk at '%s' is read-only: a disk that fails is often mounted so; look at the kernel's "
			    "log, then repair or replace it",
			    data);
	return 0;
}

int host_disk_well(const char *data, struct error *err)
{
	struct statvfs vfs = {0};

	if (look_at_disk(data, &vfs, err) < 0)
		return -1;
	if ((int64_t)vfs.f_bavail * (int64_t)vfs.f_frsize < LEAST_FREE)
		return fail(err, ERR_SPACE, "the data disk at '%s' is full: 'drillbox prune' shows what may go", data);
	return 0;
}

int host_data_usable(const char *data, struct error *err)
{
	struct statvfs vfs = {0};

	if (look_at_disk(data, &vfs, err) < 0)
		return -1;
	if (access(data, R_OK | W_OK | X_OK) < 0)
		return fail(err, ERR_IO, "the data folder '%s' may not be written: %m; give it to the user drillbox runs as", data);
	return 0;
}

bool host_data_new(const char *data)
{
	autofree char *parent = path_dir(data);

	return !path_exists(data) && path_is_dir(parent);
}

int host_make_data(const char *data, struct error *err)
{
	return host_data_new(data) ? make_dirs(data, 0755, err) : 0;
}
