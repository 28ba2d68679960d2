#include "port/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/text.h"

/* 15 digits: what json_set_real() rounded to 3 decimals comes out as it was meant, 3.2 and not 3.2000000000000002 */
#define WRITE_FLAGS JSON_REAL_PRECISION(15)

static json_t *in(const struct json *value)
{
	return (json_t *)value;
}

static struct json *out(json_t *value)
{
	if (!value)
		abort(); /* jansson fails only when memory is out, everything else was ruled out before */
	return (struct json *)value;
}

/* Bytes of the UTF-8 character at 's', 0 when it is not one. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
		   s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0; /* longer than needed, a surrogate, or beyond the last one */
	return n;
}

static json_t *clean_text(const char *value)
{
	autofree char *copy = xstrdup(value);

	for (char *at = copy; *at;) {
		size_t n = utf8_length((const unsigned char *)at);

		if (!n)
			*at = '?';
		at += n ? n : 1;
	}
	return json_string(copy);
}

static json_t *text_value(const char *value)
{
	json_t *text;

	if (!value)
		return json_null();
	text = json_string(value);
	return in(out(text ? text : clean_text(value)));
}

struct json *json_new_object(void)
{
	return out(json_object());
}

struct json *json_new_array(void)
{
	return out(json_array());
}

void json_set(struct json *object, const char *key, struct json *value)
{
	if (json_object_set_new(in(object), key, in(value)) < 0)
		abort();
}

void json_set_text(struct json *object, const char *key, const char *value)
{
	json_set(object, key, (struct json *)text_value(value));
}

void json_set_int(struct json *object, const char *key, int64_t value)
{
	json_set(object, key, out(json_integer(value)));
}

void json_set_real(struct json *object, const char *key, double value)
{
	json_set(object, key, out(isfinite(value) ? json_real(round(value * 1000) / 1000) : json_null()));
}

void json_set_bool(struct json *object, const char *key, bool value)
{
	json_set(object, key, out(json_boolean(value)));
}

void json_set_null(struct json *object, const char *key)
{
	json_set(object, key, out(json_null()));
}

void json_add(struct json *array, struct json *value)
{
	if (json_array_append_new(in(array), in(value)) < 0)
		abort();
}

void json_add_text(struct json *array, const char *value)
{
	json_add(array, (struct json *)text_value(value));
}

static size_t flags_of(bool indent)
{
	return WRITE_FLAGS | (indent ? JSON_INDENT(2) : JSON_COMPACT);
}

int json_write(const struct json *root, FILE *to, bool indent, struct error *err)
{
	if (json_dumpf(in(root), to, flags_of(indent)) < 0 || fputc('\n', to) == EOF)
		return fail(err, ERR_IO, "write JSON: %m");
	return 0;
}

char *json_text(const struct json *root, bool indent)
{
	char *text = json_dumps(in(root), flags_of(indent));

	if (!text)
		abort();
	return text;
}

/*
 * What takes memory beyond its text: lists, objects, names, texts and numbers, each up to 350 bytes, so that a
 * few bytes a piece could fill any machine. A number with an exponent may count twice.
 */
static size_t values_in(const char *bytes, size_t n)
{
	bool in_text = false, in_number = false;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		char c = bytes[i];
		bool number = !in_text && ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.');

		if (in_text && c == '\\')
			i++;
		else if (c == '"')
			in_text = !in_text;
		count += (c == '"' && in_text) || (!in_text && (c == '[' || c == '{')) || (number && !in_number);
		in_number = number;
	}
	return count;
}

int json_parse(const char *bytes, size_t n, struct json **ret, struct error *err)
{
	json_error_t why;
	json_t *root;

	if (values_in(bytes, n) > JSON_VALUES_CAP)
		return fail(err, ERR_DATA, "it holds more than %d values", JSON_VALUES_CAP);
	root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return fail(err, ERR_DATA, "line %d, column %d: %s", why.line, why.column, why.text);
	*ret = out(root);
	return 0;
}

void json_free(struct json **root)
{
	json_decref(in(*root));
	*root = NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
	return (const struct json *)json_object_get(in(object), key);
}

size_t json_count(const struct json *array)
{
	return json_array_size(in(array));
}

const struct json *json_at(const struct json *array, size_t i)
{
	return (const struct json *)json_array_get(in(array), i);
}

const char *json_as_text(const struct json *value)
{
	return json_string_value(in(value));
}

int64_t json_as_int(const struct json *value)
{
	return json_integer_value(in(value));
}

double json_as_real(const struct json *value)
{
	return json_number_value(in(value));
}

bool json_as_bool(const struct json *value)
{
	return json_is_true(in(value));
}

bool json_is_nothing(const struct json *value)
{
	return !value || json_is_null(in(value));
}

bool json_holds_int(const struct json *value)
{
	return json_is_integer(in(value));
}

bool json_holds_bool(const struct json *value)
{
	return json_is_boolean(in(value));
}

bool json_holds_array(const struct json *value)
{
	return json_is_array(in(value));
}

const char *json_get_text(const struct json *object, const char *key)
{
	return json_as_text(json_get(object, key));
}

int64_t json_get_int(const struct json *object, const char *key)
{
	return json_as_int(json_get(object, key));
}

double json_get_real(const struct json *object, const char *key)
{
	return json_as_real(json_get(object, key));
}

bool json_get_bool(const struct json *object, const char *key)
{
	return json_as_bool(json_get(object, key));
}
