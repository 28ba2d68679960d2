#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LONGEST_WORD 64	     /* longer ones are no typing mistakes */
#define SHORTEST_BEGINNING 3 /* of a name that was not written to its end */

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

static void *xrealloc(void *p, size_t n, size_t size)
{
	void *bigger = reallocarray(p, n ? n : 1, size ? size : 1);

	if (!bigger)
		abort();
	return bigger;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t n)
{
	size_t length = strnlen(s, n);
	char *copy = xcalloc(length + 1, 1);

	memcpy(copy, s, length);
	return copy;
}

static char *vformat(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	return s;
}

char *format(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = vformat(fmt, ap);
	va_end(ap);
	return s;
}

void set_text(char **slot, const char *value)
{
	char *fresh = value ? xstrdup(value) : NULL; /* before the free: 'value' may lie within the old one */

	free(*slot);
	*slot = fresh;
}

void *grow(void *items, size_t count, size_t size)
{
	/* full exactly when the count is zero or a power of two */
	if ((count & (count - 1)) == 0)
		items = xrealloc(items, count ? count * 2 : 1, size);
	memset((char *)items + count * size, 0, size);
	return items;
}

static void text_reserve(struct text *t, size_t more)
{
	size_t need = t->length + more + 1;
	size_t capacity = t->capacity ? t->capacity : 64;

	if (need <= t->capacity)
		return;
	if (need < more)
		abort();
	while (capacity < need)
		capacity *= 2;
	t->data = xrealloc(t->data, capacity, 1);
	t->capacity = capacity;
}

void text_add_bytes(struct text *t, const char *bytes, size_t n)
{
	text_reserve(t, n);
	if (n)
		memcpy(t->data + t->length, bytes, n);
	t->length += n;
	t->data[t->length] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_add_bytes(t, s, strlen(s));
}

void text_addf(struct text *t, const char *fmt, ...)
{
	autofree char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = vformat(fmt, ap);
	va_end(ap);
	text_add(t, s);
}

char *text_take(struct text *t)
{
	char *s = t->data ? t->data : xstrdup("");

	*t = (struct text){0};
	return s;
}

void text_done(struct text *t)
{
	free(t->data);
	*t = (struct text){0};
}

void strings_add_owned(struct strings *list, char *s)
{
	list->items = grow(list->items, list->count, sizeof(*list->items));
	list->items[list->count++] = s;
}

void strings_add(struct strings *list, const char *s)
{
	strings_add_owned(list, xstrdup(s));
}

bool strings_have(const struct strings *list, const char *s)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], s) == 0)
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strings_sort(struct strings *list)
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), by_bytes);
}

char *strings_join(const struct strings *list, const char *between, size_t most)
{
	size_t shown = list->count < most ? list->count : most;
	struct text t = {0};

	for (size_t i = 0; i < shown; i++) {
		if (i)
			text_add(&t, between);
		text_add(&t, list->items[i]);
	}
	if (shown < list->count)
		text_addf(&t, "%s%zu more", shown ? " and " : "", list->count - shown);
	return text_take(&t);
}

void strings_done(struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strings){0};
}

bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool ends_with(const char *s, const char *suffix)
{
	size_t length = strlen(s), tail = strlen(suffix);

	return length >= tail && strcmp(s + length - tail, suffix) == 0;
}

bool words_have(const char *words, const char *word)
{
	size_t n = strlen(word);

	while (words && *words) {
		size_t m = strcspn(words, " ");

		if (m == n && strncmp(words, word, n) == 0)
			return true;
		words += m + strspn(words + m, " ");
	}
	return false;
}

bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *trim(char *s)
{
	size_t length;

	while (is_space(*s))
		s++;
	length = strlen(s);
	while (length && is_space(s[length - 1]))
		length--;
	s[length] = '\0';
	return s;
}

/* Without isalnum(3), which asks the locale. */
static bool stands_for_itself(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

char *percent_encode(const char *s)
{
	struct text t = {0};

	for (; *s; s++)
		if (stands_for_itself(*s))
			text_add_bytes(&t, s, 1);
		else
			text_addf(&t, "%%%02X", (unsigned char)*s);
	return text_take(&t);
}

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int percent_byte(const char *s, size_t n)
{
	int high = n >= 3 && s[0] == '%' ? hex_digit(s[1]) : -1, low = high >= 0 ? hex_digit(s[2]) : -1;

	return low >= 0 ? high * 16 + low : -1;
}

/* As we write it: with capitals. */
static bool is_our_escape(const char *s)
{
	return percent_byte(s, 3) >= 0 && !(s[1] >= 'a' && s[1] <= 'f') && !(s[2] >= 'a' && s[2] <= 'f');
}

char *percent_decode(const char *s)
{
	struct text t = {0};

	for (; *s; s++) {
		char c = *s;

		if (is_our_escape(s)) {
			c = (char)percent_byte(s, 3);
			s += 2;
			if (c == '\0' || stands_for_itself(c))
				break; /* we never write it so: each name has one encoding */
		} else if (!stands_for_itself(c)) {
			break;
		}
		text_add_bytes(&t, &c, 1);
	}
	if (*s) {
		text_done(&t);
		return NULL;
	}
	return text_take(&t);
}

char *hex(const unsigned char *bytes, size_t n)
{
	struct text t = {0};

	for (size_t i = 0; i < n; i++)
		text_addf(&t, "%02x", bytes[i]);
	return text_take(&t);
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const unsigned char *bytes, size_t n)
{
	struct text t = {0};

	for (size_t i = 0; i < n; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16 | (i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0) |
				 (i + 2 < n ? bytes[i + 2] : 0);
		char four[4];

		for (int k = 0; k < 4; k++)
			four[k] = base64_digits[three >> (18 - 6 * k) & 63];
		if (i + 1 >= n)
			four[2] = '=';
		if (i + 2 >= n)
			four[3] = '=';
		text_add_bytes(&t, four, sizeof(four));
	}
	return text_take(&t);
}

static const char *base64_digit(char c)
{
	return c ? strchr(base64_digits, c) : NULL;
}

unsigned char *base64_decode(const char *s, size_t *ret_n)
{
	size_t digits = 0, used = 0, length = strlen(s);
	unsigned char *bytes;
	uint32_t bits = 0;

	while (base64_digit(s[digits]))
		digits++;
	if (length % 4 != 0 || length - digits > 2 || strspn(s + digits, "=") != length - digits)
		return NULL;
	bytes = xcalloc(length / 4 * 3 + 1, 1);
	for (size_t i = 0; i < digits; i++) {
		bits = bits << 6 | (uint32_t)(base64_digit(s[i]) - base64_digits);
		if (i % 4)
			bytes[used++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	/* what the last digit says beyond the last byte */
	if (bits & ((1U << 2 * (length - digits)) - 1)) {
		free(bytes);
		return NULL;
	}
	*ret_n = used;
	return bytes;
}

bool parse_int(const char *s, int64_t low, int64_t high, int64_t *ret)
{
	const char *digits = *s == '-' ? s + 1 : s;
	int saved = errno;
	bool good;
	long long value;
	char *end;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	value = strtoll(s, &end, 10);
	good = errno == 0 && *end == '\0' && value >= low && value <= high;
	errno = saved;
	if (good)
		*ret = value;
	return good;
}

char *human_bytes(int64_t bytes, char *buf)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;

	/* 999.5 would be written as 1000 */
	while (fabs(value) >= (unit ? 999.5 : 1000) && unit + 1 < COUNT(units)) {
		value /= 1000;
		unit++;
	}
	(void)snprintf(buf, UNIT_TEXT, "%.*f %s", unit && fabs(value) < 9.95 ? 1 : 0, value, units[unit]);
	return buf;
}

char *human_seconds(double seconds, char *buf)
{
	static const struct {
		double below; /* seconds */
		double unit;
		int decimals;
		const char *word;
	} steps[] = {
		{9.95, 1, 1, "s"},
		{119.5, 1, 0, "s"},
		{119.5 * 60, 60, 0, "min"},
		{71.5 * 3600, 3600, 0, "h"},
		{INFINITY, 86400, 0, "days"},
	};
	size_t i = 0;

	while (i + 1 < COUNT(steps) && fabs(seconds) >= steps[i].below)
		i++;
	(void)snprintf(buf, UNIT_TEXT, "%.*f %s", steps[i].decimals, seconds / steps[i].unit, steps[i].word);
	return buf;
}

char *human_count(int64_t n, char *buf)
{
	char digits[UNIT_TEXT];
	size_t length, used = 0;
	uint64_t magnitude = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	length = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)magnitude);
	if (n < 0)
		buf[used++] = '-';
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			buf[used++] = ' ';
		buf[used++] = digits[i];
	}
	buf[used] = '\0';
	return buf;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edit distance without regard to case; two neighbours swapped count as one mistake. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST_WORD + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];
	size_t n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		last[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= n; j++) {
			int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);

			now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]) && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[n];
}

const char *nearest_name(const char *word, const char *const *names)
{
	const char *nearest = NULL, *begun = NULL;
	size_t best = 0;

	if (strlen(word) > LONGEST_WORD)
		return NULL;
	for (; *names; names++) {
		size_t length = strlen(*names);
		size_t d, most = length / 3 ? length / 3 : 1;

		if (length > LONGEST_WORD)
			continue;
		if (strlen(word) >= SHORTEST_BEGINNING && starts_with(*names, word) && !begun)
			begun = *names;
		d = distance(word, *names);
		if (d <= most && d < length && (!nearest || d < best)) {
			nearest = *names;
			best = d;
		}
	}
	return nearest ? nearest : begun;
}

/* The length of the UTF-8 sequence at 's' and its code point; 0 for what is none. */
static size_t utf8_sequence(const unsigned char *s, uint32_t *ret_point)
{
	static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	uint32_t point = length == 1 ? s[0] : s[0] & (0x7fU >> length);

	for (size_t i = 1; i < length; i++) {
		if (s[i] >> 6 != 2) /* also the end of the string */
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (length == 0 || point < lowest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return length;
}

bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

bool is_utf8(const char *s)
{
	uint32_t point;
	size_t length;

	for (; *s; s += length)
		if ((length = utf8_sequence((const unsigned char *)s, &point)) == 0)
			return false;
	return true;
}

/* C0, DEL and C1 controls, line separators, and what turns the reading direction around. */
static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || point == 0x200e ||
	       point == 0x200f || (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

char *printable(const char *s, bool keep_newlines)
{
	struct text t = {0};
	size_t length;

	for (; *s; s += length) {
		uint32_t point = 0;
		bool whole = (length = utf8_sequence((const unsigned char *)s, &point)) > 0;

		if (!whole)
			length = 1;
		if (*s == '\t' && !keep_newlines)
			text_add(&t, " ");
		else if (keep_newlines && (*s == '\n' || *s == '\t'))
			text_add_bytes(&t, s, 1);
		else if (!whole || is_control(point))
			text_add(&t, "?");
		else
			text_add_bytes(&t, s, length);
	}
	return text_take(&t);
}
