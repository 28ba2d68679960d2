#include "port/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Those that the headers do not know are left to a kernel that does not know them either. */
static const char *const refused[] = {
	/* the kernel's own programs, keys and counters */
	"bpf", "perf_event_open", "add_key", "keyctl", "request_key", "lookup_dcookie", "userfaultfd",
	"io_uring_setup", "io_uring_enter", "io_uring_register", "memfd_secret", "landlock_create_ruleset",
	/* other processes */
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd", "move_pages", "migrate_pages",
	/* mounts, namespaces, files that were not bound */
	"mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree", "open_tree_attr", "move_mount", "fsopen",
	"fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd",
	"fanotify_init", "mknod", "mknodat",
	/* the machine */
	"reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "swapon", "swapoff", "acct",
	"syslog", "iopl", "ioperm", "vhangup", "nfsservctl", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
	"sethostname", "setdomainname", "sysfs", "_sysctl", "uselib", "vm86", "vm86old", "modify_ldt",
};

/* The ways out that a server and its clients take. */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

static int deny(scmp_filter_ctx filter, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR || number < 0) /* nobody's, or another architecture's */
		return 0;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
}

/* Every family but those: what lies below, between and above them. */
static int deny_families(scmp_filter_ctx filter)
{
	int done = 0;

	for (int family = 0; family <= AF_NETLINK && done == 0; family++) {
		bool wanted = false;

		for (size_t i = 0; i < COUNT(families); i++)
			wanted = wanted || families[i] == family;
		if (!wanted)
			done = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
						SCMP_A0(SCMP_CMP_EQ, (unsigned int)family));
	}
	if (done < 0)
		return done;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
}

/* A namespace of one's own is where most holes of the kernel begin. clone3() hides its flags: libc then takes clone(). */
static int deny_namespaces(scmp_filter_ctx filter)
{
	static const unsigned int flags[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
					     CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
	int done = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	for (size_t i = 0; i < COUNT(flags) && done == 0; i++)
		done = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
					SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
	return done;
}

/* Characters put into the terminal that started us are typed by its user. The upper half of the number does not count. */
static int deny_typing(scmp_filter_ctx filter)
{
	int done = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, TIOCSTI));

	if (done < 0)
		return done;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, TIOCLINUX));
}

static int add_rules(scmp_filter_ctx filter)
{
	int done = 0;

	for (size_t i = 0; i < COUNT(refused) && done == 0; i++)
		done = deny(filter, refused[i]);
	if (done == 0)
		done = deny_families(filter);
	if (done == 0)
		done = deny_namespaces(filter);
	return done == 0 ? deny_typing(filter) : done;
}

static void release(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

int seccomp_filter(int *ret_fd, struct error *err)
{
	CLEANUP(release) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	autoclose int raw = memfd_create("drillbox", MFD_CLOEXEC);
	autoclose int fd = raw < 0 ? -1 : fcntl(raw, F_DUPFD_CLOEXEC, 3);
	int done = !filter ? -ENOMEM : fd < 0 ? -errno : add_rules(filter);

	if (done == 0)
		done = seccomp_export_bpf(filter, fd);
	if (done == 0 && lseek(fd, 0, SEEK_SET) < 0)
		done = -errno;
	if (done < 0) {
		errno = -done;
		return fail(err, ERR_LACKING, "make the sandbox's filter of system calls: %m; look at libseccomp");
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
