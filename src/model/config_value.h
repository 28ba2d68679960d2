/*
 * The kinds of values that the configuration has: how each is read into a
 * field and written back. One line of the tables in config.c names a kind and a field.
 * Only model/config.c uses this.
 */
#ifndef DRILLBOX_MODEL_CONFIG_VALUE_H
#define DRILLBOX_MODEL_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#define MOST_JOBS 64
#define LONGEST_NAME 64 /* of a box, a source, a line */

/*
 * A type reads a value into the field at 'slot' and writes it back. 'shape' ends
 * the sentence "key = 'value' is not ...".
 */
struct config_type {
	bool (*read)(const struct config_type *type, const char *dir, const char *value, void *slot);
	char *(*write)(const struct config_type *type, const void *slot);
	const char *shape;
	int64_t low, high;	  /* of numbers, and of the bytes of a text */
	const char *const *words; /* for those that choose one, ended by NULL */
	bool secret;		  /* never repeated in an error */
};

extern const struct config_type type_name, type_line, type_role, type_url, type_path, type_secret, type_folders, type_address,
	type_backend, type_type, type_style, type_pattern, type_user, type_access_key, type_region,
	type_exempt, type_pin, type_web_url, type_proxy, type_format, type_compress, type_counts, type_level, type_jobs,
	type_kept, type_duration, type_duration_or_none, type_size_or_none, type_rate, type_window,
	type_schedule, type_ping_every, type_body, type_weekly;

/* The words of enum source_type, ended by NULL. */
extern const char *const source_type_words[];

#endif
