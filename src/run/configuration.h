/*
 * The configuration from its files: drillbox.conf, and sources.d/NAME.conf
 * beside it for each source.
 *
 *     CLEANUP(config_done) struct config config = {0};
 *     if (configuration_load(options->config, &config, err) < 0)
 *             return say_error(err);
 *
 * Errors are ERR_CONFIG and begin with file and line; ERR_IO where it lies on a
 * data disk that is locked or missing.
 */
#ifndef DRILLBOX_RUN_CONFIGURATION_H
#define DRILLBOX_RUN_CONFIGURATION_H

#include "model/config.h"

#define CONFIGURATION_DEFAULT "/etc/drillbox/drillbox.conf"

/*
 * No or a bad drillbox.conf is an error. A bad source file is not: that source
 * is 'broken' with the reason in 'why', and the others stand. 'path' NULL: the
 * default one.
 */
MUST_CHECK int configuration_load(const char *path, struct config *ret, struct error *err);

/* The source of that name; ERR_USAGE names the nearest when there is none, a broken file is its own error. */
MUST_CHECK int configuration_source(const struct config *c, const char *name, const struct source_config **ret,
				    struct error *err);

#endif
