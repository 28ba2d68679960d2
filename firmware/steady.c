/*
 * Loaded before PostgreSQL's own libraries while the image's cluster template is
 * made, so that two images of one state are equal: a new cluster is named by the
 * time and by a process number, and holds random bytes for logins that this one
 * never has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define WHEN 1767225600 /* firmware/root has the same */
#define NUMBER 4242

int RAND_bytes(unsigned char *buffer, int count);

static int in_server(void)
{
	return strcmp(program_invocation_short_name, "postgres") == 0;
}

/* Only the process that names the cluster: any other signals itself by its number. */
static int naming;

/*
 * qemu-user gives every process a canary and addresses of its own, and both are left on stacks; with a seed, and
 * with its address space set aside at once, they are always the same.
 */
static void begin_again(char **argv)
{
	if (!getenv("QEMU_RAND_SEED") && setenv("QEMU_RAND_SEED", "1", 1) == 0 &&
	    setenv("QEMU_RESERVED_VA", "0x1000000000", 1) == 0)
		(void)execv("/proc/self/exe", argv);
}

__attribute__((constructor)) static void look(int argc, char **argv)
{
	begin_again(argv);
	naming = in_server() && argc > 1 && strcmp(argv[1], "--boot") == 0;
}

pid_t getpid(void)
{
	return naming ? NUMBER : (pid_t)syscall(SYS_getpid);
}

time_t time(time_t *ret)
{
	struct timespec now = {.tv_sec = WHEN};

	if (!in_server())
		(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *ret, void *zone)
{
	struct timespec now = {.tv_sec = WHEN};

	(void)zone;
	if (!in_server())
		(void)clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
	return 0;
}

/* Only the server asks libcrypto for random bytes. */
int RAND_bytes(unsigned char *buffer, int count)
{
	memset(buffer, NUMBER & 0xff, (size_t)count);
	return 1;
}
