/*
 * The first process of the machine that tests/device starts. It mounts what a
 * program expects to find, then does what the test asks for, one line of words
 * between tabs at a time, over the machine's port:
 *
 *     run PROGRAM ARG...            to its end
 *     serve SECONDS PROGRAM ARG...  as a service manager would, with a watchdog of SECONDS
 *     signal NUMBER                 to what is served
 *     served                        how it fares: "running", or how it ended
 *     read FILE                     its bytes
 *     write FILE WORDS
 *     list FOLDER                   the names in it
 *     tell SOCKET WORDS             a line to a socket; its answer
 *     clock yes|no                  what the kernel says: the time is synchronised, or not
 *     load FILE                     a driver
 *     cover FOLDER                  with an empty one
 *     uncover FOLDER
 *     address DEVICE IP             switches a network device on
 *     delegate GROUP USER           makes a control group, and one in it named main, which are the user's
 *     belong GROUP USER             what is started from now on starts in that control group, as that user
 *     poweroff
 *
 * Each is answered by "CODE LENGTH" on a line and LENGTH bytes. What is served
 * writes to the console, which the test keeps as a log.
 *
 * Called pg_dump or pg_restore it says what version it is, and nothing else:
 * nothing is dumped or restored in this machine, but a drill that will not come
 * so far wants to know what it would do it with. One that comes so far finds a
 * pg_restore of the temper that is written in TEMPER: as if the dump had got the
 * better of it. Called true it is that.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT "/dev/vport0p1"
#define NOTIFY "/run/notify"
#define COMPRESSED 4 /* MODULE_INIT_COMPRESSED_FILE */
#define WORDS 32
#define POSTGRESQL "17.12"
#define GROUPS "/sys/fs/cgroup"
#define TEMPER "/usr/lib/temper"
#define BITE ((size_t)16 << 20)

static char answer[8 << 20];
static size_t answer_length;
static int answer_code;

static struct {
	pid_t pid; /* 0: none */
	double watchdog_s, fed_at;
	bool starved;
	int status;
} served;

static struct {
	char procs[256]; /* of its control group; empty: ours */
	uid_t user;
} belongs;

static int notify_fd, child_fd;

static void say(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(answer, sizeof(answer), format, args);
	va_end(args);
	answer_length = strlen(answer);
	answer_code = code;
}

/* All that 'fd' gives becomes the answer. */
static void take_in(int fd)
{
	ssize_t n;

	answer_length = 0;
	while ((n = read(fd, answer + answer_length, sizeof(answer) - answer_length)) > 0)
		answer_length += (size_t)n;
}

/* For what must work before anybody can ask: the kernel then panics, which the log shows. */
static void must(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "init: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Where the kernel has unpacked the archive nobody may pivot_root(2), as a sandbox does: that needs a mount of its own. */
static void mount_root(void)
{
	(void)mkdir("/mnt", 0755);
	must(mount("/", "/mnt", NULL, MS_BIND, NULL) == 0 && chdir("/mnt") == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 &&
		     chroot(".") == 0 && chdir("/") == 0,
	     "/");
}

static void prepare(void)
{
	static const struct {
		const char *kind, *folder;
	} mounts[] = {{"proc", "/proc"}, {"sysfs", "/sys"},   {"cgroup2", GROUPS},
		      {"devtmpfs", "/dev"}, {"tmpfs", "/run"}, {"tmpfs", "/tmp"}};
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = NOTIFY};
	sigset_t child;
	int console;

	mount_root();
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		(void)mkdir(mounts[i].folder, 0755);
		must(mount(mounts[i].kind, mounts[i].folder, mounts[i].kind, 0, NULL) == 0, mounts[i].folder);
	}
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		must(dup2(console, fd) == fd, "/dev/console");
	if (console > 2)
		close(console);

	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(notify_fd >= 0 && bind(notify_fd, (struct sockaddr *)&name, sizeof(name)) == 0, NOTIFY);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	child_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	must(child_fd >= 0, "signalfd");
	setenv("PATH", "/usr/bin", 1);
}

/* The port comes when its driver has found it. */
static int open_port(void)
{
	int fd = -1;

	for (int i = 0; fd < 0 && i < 1000; i++) {
		fd = open(PORT, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			usleep(10000);
	}
	must(fd >= 0, PORT);
	return fd;
}

static int put(const char *path, const char *words)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool done = fd >= 0 && write(fd, words, strlen(words)) == (ssize_t)strlen(words);

	if (fd >= 0)
		close(fd);
	return done ? 0 : -1;
}

static void begin_there(void)
{
	if ((belongs.procs[0] && put(belongs.procs, "0") < 0) || setgid(belongs.user) < 0 || setuid(belongs.user) < 0)
		_exit(126);
}

static pid_t start(char **argv, int output)
{
	pid_t pid = fork();
	sigset_t none;

	if (pid != 0)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (output >= 0 && (dup2(output, 1) < 0 || dup2(output, 2) < 0))
		_exit(126);
	begin_there();
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void run(char **argv)
{
	int ends[2], status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = start(argv, ends[1])) < 0) {
		say(255, "%s: %s", argv[0], strerror(errno));
		return;
	}
	close(ends[1]);
	take_in(ends[0]);
	close(ends[0]);
	(void)waitpid(pid, &status, 0);
	answer_code = code_of(status);
}

static void serve(const char *seconds, char **argv)
{
	char usec[32];

	if (served.pid) {
		say(1, "there is one already");
		return;
	}
	served.watchdog_s = strtod(seconds, NULL);
	(void)snprintf(usec, sizeof(usec), "%.0f", served.watchdog_s * 1e6);
	setenv("WATCHDOG_USEC", usec, 1);
	setenv("NOTIFY_SOCKET", NOTIFY, 1);
	served.starved = false;
	served.fed_at = now();
	served.pid = start(argv, -1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("NOTIFY_SOCKET");
	say(0, "%d", served.pid);
}

static void tell_served(void)
{
	if (served.pid)
		say(0, "running");
	else
		say(0, "%s%s %d", served.starved ? "watchdog, " : "", WIFEXITED(served.status) ? "exit" : "signal",
		    WIFEXITED(served.status) ? WEXITSTATUS(served.status) : WTERMSIG(served.status));
}

static void read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		say(1, "%s: %s", path, strerror(errno));
		return;
	}
	take_in(fd);
	answer_code = 0;
	close(fd);
}

static void list_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	answer_length = 0;
	answer_code = dir ? 0 : 1;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			answer_length +=
				(size_t)snprintf(answer + answer_length, sizeof(answer) - answer_length, "%s\n", entry->d_name);
	if (dir)
		closedir(dir);
}

/* As a service manager with Delegate=memory pids and DelegateSubgroup=main. */
static void delegate(const char *group, const char *user)
{
	static const char *const parts[] = {"",	     "/cgroup.procs",	   "/cgroup.subtree_control",	   "/cgroup.threads",
					    "/main", "/main/cgroup.procs", "/main/cgroup.subtree_control", "/main/cgroup.threads"};
	uid_t owner = (uid_t)strtoul(user, NULL, 10);
	char path[256];

	if (put(GROUPS "/cgroup.subtree_control", "+memory +pids") < 0) {
		say(1, "the kernel's controllers: %s", strerror(errno));
		return;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)snprintf(path, sizeof(path), GROUPS "/%s%s", group, parts[i]);
		if ((i % 4 == 0 && mkdir(path, 0755) < 0) || chown(path, owner, owner) < 0) {
			say(1, "%s: %s", path, strerror(errno));
			return;
		}
	}
	say(0, "%s", group);
}

static void belong(const char *group, const char *user)
{
	(void)snprintf(belongs.procs, sizeof(belongs.procs), GROUPS "/%s/cgroup.procs", group);
	belongs.user = (uid_t)strtoul(user, NULL, 10);
	say(0, "%s", belongs.procs);
}

static void tell(const char *path, const char *words)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || dprintf(fd, "%s\n", words) < 0) {
		say(1, "%s: %s", path, strerror(errno));
	} else {
		take_in(fd);
		answer_code = 0;
	}
	close(fd);
}

/* What a time service does once it trusts its servers, and what the kernel does when it has not heard of them for long. */
static void set_clock(bool synchronised)
{
	struct timex t = {.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .status = synchronised ? STA_PLL : STA_UNSYNC};
	int state = adjtimex(&t);

	say(state < 0 ? 1 : 0, "%d", state);
}

static void cover(const char *folder, bool covered)
{
	int result = covered ? mount("tmpfs", folder, "tmpfs", 0, NULL) : umount(folder);

	say(result < 0 ? 1 : 0, "%s", result < 0 ? strerror(errno) : folder);
}

static void load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", COMPRESSED) < 0)
		say(1, "%s: %s", path, strerror(errno));
	else
		say(0, "loaded");
	if (fd >= 0)
		close(fd);
}

static void set_address(const char *device, const char *address)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	inet_pton(AF_INET, address, &in.sin_addr);
	memcpy(&request.ifr_addr, &in, sizeof(in));
	if (ioctl(fd, SIOCSIFADDR, &request) == 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags |= IFF_UP | IFF_RUNNING;
		if (ioctl(fd, SIOCSIFFLAGS, &request) == 0) {
			say(0, "%s", address);
			close(fd);
			return;
		}
	}
	say(1, "%s: %s", device, strerror(errno));
	close(fd);
}

static void obey(char *line)
{
	char *words[WORDS + 1] = {0};
	size_t n = 0;

	for (char *word = strtok(line, "\t\n"); word && n < WORDS; word = strtok(NULL, "\t\n"))
		words[n++] = word;
	if (n >= 2 && strcmp(words[0], "run") == 0)
		run(words + 1);
	else if (n >= 3 && strcmp(words[0], "serve") == 0)
		serve(words[1], words + 2);
	else if (n == 2 && strcmp(words[0], "signal") == 0)
		say(served.pid && kill(served.pid, atoi(words[1])) == 0 ? 0 : 1, "%s", strerror(errno));
	else if (n == 1 && strcmp(words[0], "served") == 0)
		tell_served();
	else if (n == 2 && strcmp(words[0], "read") == 0)
		read_file(words[1]);
	else if (n == 3 && strcmp(words[0], "write") == 0)
		say(put(words[1], words[2]) < 0 ? 1 : 0, "%s", words[1]);
	else if (n == 2 && strcmp(words[0], "list") == 0)
		list_folder(words[1]);
	else if (n == 3 && strcmp(words[0], "delegate") == 0)
		delegate(words[1], words[2]);
	else if (n == 3 && strcmp(words[0], "belong") == 0)
		belong(words[1], words[2]);
	else if (n == 3 && strcmp(words[0], "tell") == 0)
		tell(words[1], words[2]);
	else if (n == 2 && strcmp(words[0], "clock") == 0)
		set_clock(strcmp(words[1], "yes") == 0);
	else if (n == 2 && strcmp(words[0], "load") == 0)
		load(words[1]);
	else if (n == 2 && (strcmp(words[0], "cover") == 0 || strcmp(words[0], "uncover") == 0))
		cover(words[1], words[0][0] == 'c');
	else if (n == 3 && strcmp(words[0], "address") == 0)
		set_address(words[1], words[2]);
	else if (n == 1 && strcmp(words[0], "poweroff") == 0)
		reboot(RB_POWER_OFF);
	else
		say(255, "there is no '%s' of %zu words", n ? words[0] : "", n);
}

static void write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t wrote = write(fd, bytes, n);

		must(wrote > 0, "writing to " PORT);
		bytes += wrote;
		n -= (size_t)wrote;
	}
}

static void serve_port(int port)
{
	static char line[1 << 16];
	static size_t length;
	char head[64];
	ssize_t n = read(port, line + length, sizeof(line) - 1 - length);
	char *end;

	must(n > 0, "reading from " PORT);
	length += (size_t)n;
	line[length] = '\0';
	end = strchr(line, '\n');
	if (!end)
		return;
	*end = '\0';
	obey(line);
	length = 0; /* the test waits for an answer before it asks again */
	(void)snprintf(head, sizeof(head), "%d %zu\n", answer_code, answer_length);
	write_all(port, head, strlen(head));
	write_all(port, answer, answer_length);
}

/* Everything of a dead parent ends up with the first process. */
static void reap(void)
{
	struct signalfd_siginfo ignored;
	int status;
	pid_t pid;

	while (read(child_fd, &ignored, sizeof(ignored)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == served.pid) {
			served.pid = 0;
			served.status = status;
		}
}

static void hear_served(void)
{
	char words[4096];
	ssize_t n = recv(notify_fd, words, sizeof(words) - 1, MSG_DONTWAIT);

	if (n <= 0)
		return;
	words[n] = '\0';
	if (strstr(words, "READY=1") || strstr(words, "WATCHDOG=1"))
		served.fed_at = now();
}

static void watch_served(void)
{
	if (!served.pid || served.starved || now() - served.fed_at < served.watchdog_s)
		return;
	served.starved = true;
	printf("init: no sign of life for %.1f s: killed\n", served.watchdog_s);
	kill(served.pid, SIGKILL);
}

/* All the memory there is, in a process beside the first. */
static int eat(void)
{
	int status = 0;

	if (fork() == 0)
		for (;;) {
			void *bite = mmap(NULL, BITE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			if (bite == MAP_FAILED)
				_exit(3);
			memset(bite, 1, BITE);
		}
	(void)wait(&status);
	fprintf(stderr, "pg_restore: error: the other half alone ended with %d\n", code_of(status));
	return 1;
}

static int breed(void)
{
	int children = 0;
	pid_t pid;

	while ((pid = fork()) > 0)
		children++;
	if (pid == 0)
		for (;;)
			pause();
	fprintf(stderr, "pg_restore: error: %d children and no more: %s\n", children, strerror(errno));
	return 1;
}

/* What becomes of a dump in here. */
static int restore(void)
{
	char temper[32] = "";
	int fd = open(TEMPER, O_RDONLY);

	if (fd < 0 || read(fd, temper, sizeof(temper) - 1) < 0)
		return 1;
	if (strcmp(temper, "eat") == 0)
		return eat();
	if (strcmp(temper, "breed") == 0)
		return breed();
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	int port;

	name = name ? name + 1 : argv[0];
	if (strcmp(name, "true") == 0)
		return 0;
	if (strcmp(name, "init") != 0) {
		if (argc > 1 && strcmp(argv[1], "--version") != 0 && strcmp(name, "pg_restore") == 0)
			return restore();
		printf("%s (PostgreSQL) %s\n", name, POSTGRESQL);
		return argc > 1 ? 0 : 1;
	}
	prepare();
	port = open_port();
	for (;;) {
		struct pollfd fds[] = {
			{.fd = port, .events = POLLIN}, {.fd = notify_fd, .events = POLLIN}, {.fd = child_fd, .events = POLLIN}};

		(void)poll(fds, 3, 50);
		reap();
		if (fds[1].revents)
			hear_served();
		watch_served();
		if (fds[0].revents & POLLIN)
			serve_port(port);
	}
}
