/* Facts about the machine and its data disk. None of these waits. */
#ifndef DRILLBOX_RUN_HOST_H
#define DRILLBOX_RUN_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* adjtimex(2): the kernel's clock is disciplined by a time service. */
bool host_clock_synchronised(void);

/* An interface other than lo is up, has a carrier and an address that reaches beyond the link. */
bool host_network_up(void);

/* /proc/sys/kernel/random/boot_id; "" where there is none. Owned by the caller. */
char *host_boot_id(void);

/* That the data folder is on a disk that takes what is written, and has room for it; ERR_IO or ERR_SPACE with the reason. */
MUST_CHECK int host_disk_well(const char *data, struct error *err);

/* That it may be written by us, be there room or not: what removes something needs none. Writes nothing. */
MUST_CHECK int host_data_usable(const char *data, struct error *err);

/* A new box has no data folder yet, and the one above it is there. Where that is not, its disk is missing. */
bool host_data_new(const char *data);

/* Make a new box's data folder; of any other, nothing. */
MUST_CHECK int host_make_data(const char *data, struct error *err);

#endif
