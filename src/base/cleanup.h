/*
 * Scope-bound release of resources.
 *
 *     autofree char *path = path_join(dir, name);
 *     autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
 *     CLEANUP(manifest_done) struct manifest m = {0};
 *
 * Destructors accept half-built objects and keep errno. Hand a resource to the
 * caller with take(), which leaves NULL behind.
 */
#ifndef DRILLBOX_BASE_CLEANUP_H
#define DRILLBOX_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUSED __attribute__((unused))
/* Say that a MUST_CHECK result does not matter here; a comment says why. */
#define IGNORE(call)                                                                               \
	do {                                                                                       \
		__typeof__(call) ignored_ UNUSED = (call);                                         \
	} while (0)

#define CLEANUP(f) __attribute__((cleanup(f)))
#define autofree CLEANUP(cleanup_free)
#define autoclose CLEANUP(cleanup_close)
#define autofclose CLEANUP(cleanup_fclose)
#define autoclosedir CLEANUP(cleanup_closedir)

/* The value of a pointer variable; the variable becomes NULL. */
#define take(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) *slot_ = &(p);                                                       \
		__typeof__(p) value_ = *slot_;                                                     \
		*slot_ = NULL;                                                                     \
		value_;                                                                            \
	})

/* The value of a descriptor variable; the variable becomes -1. */
int take_fd(int *fd);

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void cleanup_free(void *slot);
void cleanup_close(const int *fd);
void cleanup_fclose(FILE *const *f);
void cleanup_closedir(DIR *const *d);

#endif
