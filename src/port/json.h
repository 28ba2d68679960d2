/*
 * JSON, through jansson: building in order, reading with caps. (No name here is
 * one of jansson's own: a symbol of ours would stand in for it within the library.)
 */
#ifndef DRILLBOX_PORT_JSON_H
#define DRILLBOX_PORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct json; /* a value; freed with json_free of the root only */

/*
 * Building. Objects keep the order in which keys are set; a NULL text and a
 * number that is none become null; text that is not UTF-8 has the wrong bytes
 * replaced by '?'.
 */
struct json *json_new_object(void);
struct json *json_new_array(void);
void json_set_text(struct json *object, const char *key, const char *value);
void json_set_int(struct json *object, const char *key, int64_t value);
void json_set_real(struct json *object, const char *key, double value); /* rounded to 3 decimals */
void json_set_bool(struct json *object, const char *key, bool value);
void json_set_null(struct json *object, const char *key);
void json_set(struct json *object, const char *key, struct json *value); /* takes 'value' over */
void json_add_text(struct json *array, const char *value);
void json_add(struct json *array, struct json *value); /* takes 'value' over */

/* One line without 'indent', pretty with; a newline ends it. */
MUST_CHECK int json_write(const struct json *root, FILE *to, bool indent, struct error *err);
/* The same as an owned string, without the newline. */
char *json_text(const struct json *root, bool indent);

#define JSON_VALUES_CAP 4000000 /* of a text; some hundreds of bytes each once they are read */

/* Reading: errors are ERR_DATA with line and reason. Duplicate keys are refused, depth is capped by jansson. */
MUST_CHECK int json_parse(const char *bytes, size_t n, struct json **ret, struct error *err);
void json_free(struct json **root);

/* Looking in: wrong type or absent gives the neutral value (NULL, 0, false). */
const struct json *json_get(const struct json *object, const char *key);
size_t json_count(const struct json *array);
const struct json *json_at(const struct json *array, size_t i);
const char *json_as_text(const struct json *value);
int64_t json_as_int(const struct json *value);
double json_as_real(const struct json *value); /* also of a whole number */
bool json_as_bool(const struct json *value);
bool json_is_nothing(const struct json *value); /* null, or absent */
bool json_holds_int(const struct json *value);
bool json_holds_bool(const struct json *value);
bool json_holds_array(const struct json *value);
const char *json_get_text(const struct json *object, const char *key);
int64_t json_get_int(const struct json *object, const char *key);
double json_get_real(const struct json *object, const char *key);
bool json_get_bool(const struct json *object, const char *key);

#endif
