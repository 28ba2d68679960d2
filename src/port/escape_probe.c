/* The inside of port/escape.h: what is tried, and how it went. It leaves by _exit(): nothing of it is to be kept. */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "port/escape.h"

#define MOST_PROCESSES 512 /* what a sandbox may have, see port/sandbox.c */
#define STATUS_CAP ((size_t)64 << 10)

/* A probe returns what it got, or NULL: nothing. */
struct probe {
	const char *name;
	char *(*got)(const char *const words[ESCAPE_WORDS]);
};

static char *got_path(const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? NULL : format("'%s' can be opened in the sandbox", path);
}

static char *got_data(const char *const words[ESCAPE_WORDS])
{
	return got_path(words[ESCAPE_DATA]);
}

static char *got_ledger(const char *const words[ESCAPE_WORDS])
{
	return got_path(words[ESCAPE_LEDGER]);
}

static char *got_config(const char *const words[ESCAPE_WORDS])
{
	const char *const places[] = {words[ESCAPE_CONFIG], "/etc/drillbox", "/etc/shadow", "/root", "/home", "/boot"};

	for (size_t i = 0; i < COUNT(places); i++) {
		char *got = got_path(places[i]);

		if (got)
			return got;
	}
	return NULL;
}

static char *got_written(const char *const words[ESCAPE_WORDS])
{
	const char *const folders[] = {words[ESCAPE_DATA], words[ESCAPE_CONFIG], "/", "/usr", "/usr/bin", "/etc", "/dev", "/run",
				       "/var", "/proc"};
	const char *const files[] = {"/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger"};

	for (size_t i = 0; i < COUNT(folders); i++) {
		autofree char *path = path_join(folders[i], "drillbox-probe");
		autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0)
			continue;
		(void)unlink(path);
		return format("a file can be made in '%s'", folders[i]);
	}
	for (size_t i = 0; i < COUNT(files); i++)
		if (access(files[i], W_OK) == 0)
			return format("'%s' can be written", files[i]);
	return NULL;
}

static bool reached(int family, const struct sockaddr *there, socklen_t size, int type)
{
	autoclose int fd = socket(family, type | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, there, size) == 0;
}

static char *got_loopback(const char *const words[ESCAPE_WORDS])
{
	int64_t port = 0;
	struct sockaddr_in there = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (!parse_int(words[ESCAPE_PORT], 1, 65535, &port))
		return xstrdup("nobody said which port to try");
	there.sin_port = htons((uint16_t)port);
	return reached(AF_INET, (struct sockaddr *)&there, sizeof(there), SOCK_STREAM) ?
		       format("port %d of the machine's loopback answers", (int)port) :
		       NULL;
}

/* Addresses that are nobody's (RFC 5737, 3849): with a route the kernel takes them for a datagram. */
static char *got_network(const char *const words[ESCAPE_WORDS] UNUSED)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(53)};

	if (inet_pton(AF_INET, "192.0.2.1", &four.sin_addr) != 1 || inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr) != 1)
		return xstrdup("no address to try");
	if (reached(AF_INET, (struct sockaddr *)&four, sizeof(four), SOCK_DGRAM) ||
	    reached(AF_INET6, (struct sockaddr *)&six, sizeof(six), SOCK_DGRAM))
		return xstrdup("there is a route out of the sandbox");
	return NULL;
}

/* bwrap, and ourselves. */
static char *got_processes(const char *const words[ESCAPE_WORDS] UNUSED)
{
	autoclosedir DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		autofree char *path = format("/proc/%s/comm", entry->d_name);
		char name[32] = "";
		autoclose int fd = isdigit((unsigned char)entry->d_name[0]) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		ssize_t n = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);

		if (n <= 0 || atoi(entry->d_name) == getpid())
			continue;
		name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, "bwrap") != 0)
			return format("the process '%s' can be seen", name);
	}
	return dir ? NULL : xstrdup("the processes could not be listed");
}

static char *got_rights(const char *const words[ESCAPE_WORDS] UNUSED)
{
	static const char *const lines[] = {"CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n",
					    "CapBnd:\t0000000000000000\n", "NoNewPrivs:\t1\n", "Seccomp:\t2\n"};
	static char status[STATUS_CAP];
	autoclose int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, status, sizeof(status) - 1);

	if (n <= 0)
		return xstrdup("the rights could not be read");
	for (size_t i = 0; i < COUNT(lines); i++)
		if (!strstr(status, lines[i]))
			return format("the kernel does not say '%.*s'", (int)strcspn(lines[i], "\n"), lines[i]);
	return NULL;
}

static char *got_namespaces(const char *const words[ESCAPE_WORDS] UNUSED)
{
	static const int flags[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWIPC};

	for (size_t i = 0; i < COUNT(flags); i++)
		if (unshare(flags[i]) == 0)
			return format("a namespace of kind %#x can be made", (unsigned int)flags[i]);
	return NULL;
}

static char *got_mounts(const char *const words[ESCAPE_WORDS] UNUSED)
{
	if (mount("none", "/tmp", "tmpfs", 0, NULL) == 0 || mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
		return xstrdup("a file system can be mounted");
	return umount2("/proc", MNT_DETACH) == 0 ? xstrdup("a file system can be taken off") : NULL;
}

static char *got_ptrace(const char *const words[ESCAPE_WORDS] UNUSED)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 || ptrace(PTRACE_SEIZE, 1, NULL, NULL) == 0)
		return xstrdup("a process can be traced");
	return NULL;
}

static char *got_families(const char *const words[ESCAPE_WORDS] UNUSED)
{
	static const int families[] = {AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH, AF_TIPC, AF_RDS, AF_XDP, AF_CAN};

	for (size_t i = 0; i < COUNT(families); i++) {
		autoclose int fd = socket(families[i], SOCK_DGRAM | SOCK_CLOEXEC, 0);

		/* one that only this kernel does not know says the same as one that is refused */
		if (fd >= 0 || errno != EAFNOSUPPORT)
			return format("a socket of family %d is not refused", families[i]);
	}
	return NULL;
}

/* Children that wait until the pipe is closed; how many there could be, up to one more than may be. */
static int count_forks(void)
{
	int ends[2], n = 0;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	for (; n <= MOST_PROCESSES; n++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0) {
			close(ends[1]);
			_exit(read(ends[0], &byte, 1) != 0);
		}
	}
	close(ends[1]);
	close(ends[0]);
	while (wait(NULL) > 0)
		;
	return n;
}

/* Not of the others' kind: a limit that is there and does not hold is the kernel's way with the machine's own root. */
static void try_forks(void)
{
	struct rlimit limit;
	int n;

	if (getrlimit(RLIMIT_NPROC, &limit) < 0 || limit.rlim_max > MOST_PROCESSES) {
		puts("forks bad the number of processes has no limit");
		return;
	}
	n = count_forks();
	if (n < 0)
		return;
	if (n <= MOST_PROCESSES)
		puts("forks ok");
	else
		printf("forks warn the limit of %d processes does not hold: the kernel exempts the machine's root, and no control "
		       "group counts them\n", MOST_PROCESSES);
}

int escape_probe(int argc, char **argv)
{
	static const struct probe probes[] = {
		{"data", got_data},	    {"ledger", got_ledger},	  {"configuration", got_config},
		{"writing", got_written},   {"loopback", got_loopback},	  {"network", got_network},
		{"processes", got_processes}, {"rights", got_rights},	  {"namespaces", got_namespaces},
		{"mounts", got_mounts},	    {"ptrace", got_ptrace},	  {"families", got_families},
	};

	if (argc != 2 + ESCAPE_WORDS || getppid() != 1) {
		dprintf(2, "%s is what drillbox doctor --sandbox starts in its sandbox; it is no verb\n", ESCAPE_PROBE);
		return error_exit_code(ERR_USAGE);
	}
	for (size_t i = 0; i < COUNT(probes); i++) {
		char *got = probes[i].got((const char *const *)argv + 2);

		printf("%s %s%s\n", probes[i].name, got ? "bad " : "ok", got ? got : "");
		free(got);
	}
	fflush(stdout); /* or every child would say it again */
	try_forks();
	fflush(stdout);
	_exit(0);
}
