/*
 * Text and memory: allocation that dies when there is none, growing strings,
 * lists of strings, and the few encodings the box uses. All text is UTF-8,
 * NUL-terminated, owned by the caller unless it says otherwise.
 */
#ifndef DRILLBOX_BASE_TEXT_H
#define DRILLBOX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/* Our own allocations: zeroed, abort() when memory is out. */
void *xcalloc(size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *format(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Replace an owned string. */
void set_text(char **slot, const char *value);

/*
 * Room for one more element in an array that doubles: arrays of plain structs
 * carry their length, their capacity is the next power of two.
 *     list->items = grow(list->items, list->count, sizeof(*list->items));
 */
void *grow(void *items, size_t count, size_t size);

/* A string that grows. Zero-initialised is empty; text is never NULL after the first append. */
struct text {
	char *data;
	size_t length;
	size_t capacity;
};

void text_add(struct text *t, const char *s);
void text_add_bytes(struct text *t, const char *bytes, size_t n);
void text_addf(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Hand over the string ("" when nothing was added); 't' is empty again. */
char *text_take(struct text *t);
void text_done(struct text *t);

/* A list of owned strings. Zero-initialised is empty. */
struct strings {
	char **items;
	size_t count;
};

void strings_add(struct strings *list, const char *s);
void strings_add_owned(struct strings *list, char *s);
bool strings_have(const struct strings *list, const char *s);
void strings_sort(struct strings *list);
/* "a, b, c and 4 more": at most 'most' names. */
char *strings_join(const struct strings *list, const char *between, size_t most);
void strings_done(struct strings *list);

bool starts_with(const char *s, const char *prefix);
bool ends_with(const char *s, const char *suffix);
/* Equal, with NULL equal to NULL only. */
bool same(const char *a, const char *b);
/* Whether 'word' is among 'words', which blanks separate; NULL has none. */
bool words_have(const char *words, const char *word);
/* Cut leading and trailing white space in place; returns the first character that stays. */
char *trim(char *s);

/* Percent-encode bytes outside [A-Za-z0-9_-]; the inverse returns NULL for what is not such a name. */
char *percent_encode(const char *s);
char *percent_decode(const char *s);

/* What a digit of either case stands for, 0 to 15; -1: it is none. */
int hex_digit(char c);
/* The byte that %XX stands for, of either case; -1: the first of at most 'n' bytes are none. */
int percent_byte(const char *s, size_t n);

/* Lower-case hexadecimal of 'n' bytes. */
char *hex(const unsigned char *bytes, size_t n);

/* Standard base64 with its padding. Decoding takes one encoding of each value and nothing else; NULL for what is none. */
char *base64_encode(const unsigned char *bytes, size_t n);
unsigned char *base64_decode(const char *s, size_t *ret_n);

/* A number from the whole of 's' within [low, high]; false if it is not one. */
bool parse_int(const char *s, int64_t low, int64_t high, int64_t *ret);

/* "412 MB", "1.9 GB": SI units as disks are sold. Into 'buf' of UNIT_TEXT bytes; returns 'buf'. */
#define UNIT_TEXT 32
char *human_bytes(int64_t bytes, char *buf);
/* "0.2 s", "94 s", "31 h", "3 days". */
char *human_seconds(double seconds, char *buf);
/* "9 214 553" */
char *human_count(int64_t n, char *buf);

/* The nearest of 'names' (ended by NULL) for a mistyped or unfinished word, or NULL when none is near. */
const char *nearest_name(const char *word, const char *const *names);

/* Whether there is a control byte in it (below 0x20, or 0x7f). */
bool has_control(const char *s);

/* Whether all of 's' is UTF-8. */
bool is_utf8(const char *s);

/* 's' made fit for a terminal: control bytes and broken UTF-8 become '?'. Keep newlines if told. */
char *printable(const char *s, bool keep_newlines);

#endif
