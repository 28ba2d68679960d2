/*
 * What nobody in a sandbox may ask of the kernel: a filter of system calls
 * (libseccomp), beside the namespaces. Postgres, pg_restore and pg_dump need none
 * of it; holes of the kernel have been found in most of it.
 */
#ifndef DRILLBOX_PORT_SECCOMP_H
#define DRILLBOX_PORT_SECCOMP_H

#include "base/error.h"

/*
 * The filter as a program for the kernel, in a file without a name, to be read
 * from its start. Calls that are refused fail with EPERM, those of another
 * architecture's numbers kill the process. The descriptor is the caller's.
 * ERR_LACKING: it cannot be made.
 */
MUST_CHECK int seccomp_filter(int *ret_fd, struct error *err);

#endif
