#include "run/service.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "run/host.h"

#define BOOT_ID_CAP 128

void service_tell(const char *lines)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	autoclose int fd = -1;
	size_t n;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
		return;
	n = strlen(path);
	memcpy(to.sun_path, path, n);
	if (path[0] == '@') /* an abstract socket: its name begins with a NUL */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&to,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

int64_t service_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t n;

	if (!usec || !parse_int(usec, 1, INT64_MAX, &n))
		return 0;
	if (pid && strtoll(pid, NULL, 10) != getpid())
		return 0;
	return n / 3000 ? n / 3000 : 1;
}

bool service_first_since_boot(const char *data)
{
	autofree char *path = path_join(data, "powered-on");
	autofree char *now = host_boot_id();
	autofree char *before = NULL;
	struct error ignored;

	if (read_small_file(path, BOOT_ID_CAP, &before, &ignored) == 0 && strcmp(before, now) == 0)
		return false;
	/* where it cannot be noted the lamps stay as they are: a test on every restart would show a green nobody proved */
	return write_file_durably(path, now, strlen(now), 0600, &ignored) == 0;
}
