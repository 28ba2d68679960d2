#include "pull/html.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LONGEST_REFERENCE 10 /* "&#x10FFFF;" */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Where 'word' begins at or behind 'from', whatever its case; 'end' when it does not. */
static const char *find(const char *from, const char *end, const char *word)
{
	size_t n = strlen(word);

	for (; (size_t)(end - from) >= n; from++)
		if (strncasecmp(from, word, n) == 0)
			return from;
	return end;
}

/* The '>' of a tag, past those within quotes; 'end' when there is none. */
static const char *end_of_tag(const char *at, const char *end)
{
	char quote = '\0', before = '\0';

	for (; at < end; at++) {
		if (quote ? *at == quote : *at == '>') {
			if (!quote)
				return at;
			quote = '\0';
		} else if (!quote && before == '=' && (*at == '"' || *at == '\'')) {
			quote = *at;
		}
		if (!is_blank(*at))
			before = *at;
	}
	return end;
}

/* <!-- -->, <!DOCTYPE>, <?xml?>: past it. */
static const char *past_declaration(const char *at, const char *end)
{
	bool comment = end - at >= 4 && strncmp(at, "<!--", 4) == 0;
	const char *close = find(at + (comment ? 4 : 0), end, comment ? "-->" : ">");

	return close < end ? close + (comment ? 3 : 1) : end;
}

/* "<a", "</a", "<!" and "<?" begin something; every other '<' is text. */
static bool begins_tag(const char *at, const char *end)
{
	if (end - at < 2 || *at != '<')
		return false;
	return is_letter(at[1]) || at[1] == '!' || at[1] == '?' || (at[1] == '/' && end - at > 2 && is_letter(at[2]));
}

static void take_tag(struct html *h, struct html_piece *ret)
{
	const char *at = h->at + 1, *close;
	size_t n = 0;

	*ret = (struct html_piece){.is_tag = true, .closes = *at == '/'};
	at += ret->closes;
	close = end_of_tag(at, h->end);
	for (; at < close && !is_blank(*at) && *at != '/'; at++)
		if (n + 1 < sizeof(ret->name))
			ret->name[n++] = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
	ret->from = at;
	ret->n = (size_t)(close - at);
	h->at = close < h->end ? close + 1 : h->end;
}

/* What is no page's text follows these, up to where they close. */
static void skip_inside(struct html *h, const struct html_piece *tag)
{
	static const char *const words[][2] = {{"script", "</script"}, {"style", "</style"}, {"title", "</title"}};

	for (size_t i = 0; i < COUNT(words); i++)
		if (!tag->closes && same(tag->name, words[i][0]))
			h->at = find(h->at, h->end, words[i][1]);
}

bool html_next(struct html *h, struct html_piece *ret)
{
	const char *from;

	while (h->at < h->end && begins_tag(h->at, h->end) && (h->at[1] == '!' || h->at[1] == '?'))
		h->at = past_declaration(h->at, h->end);
	if (h->at >= h->end)
		return false;
	if (begins_tag(h->at, h->end)) {
		take_tag(h, ret);
		skip_inside(h, ret);
		return true;
	}
	from = h->at++;
	while (h->at < h->end && !begins_tag(h->at, h->end))
		h->at++;
	*ret = (struct html_piece){.from = from, .n = (size_t)(h->at - from)};
	return true;
}

static void add_utf8(struct text *to, unsigned long code)
{
	char bytes[4];

	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = 0xfffd;
	if (code < 0x80) {
		bytes[0] = (char)code;
		text_add_bytes(to, bytes, 1);
	} else if (code < 0x800) {
		bytes[0] = (char)(0xc0 | code >> 6);
		bytes[1] = (char)(0x80 | (code & 0x3f));
		text_add_bytes(to, bytes, 2);
	} else if (code < 0x10000) {
		bytes[0] = (char)(0xe0 | code >> 12);
		bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (code & 0x3f));
		text_add_bytes(to, bytes, 3);
	} else {
		bytes[0] = (char)(0xf0 | code >> 18);
		bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
		bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[3] = (char)(0x80 | (code & 0x3f));
		text_add_bytes(to, bytes, 4);
	}
}

/* What a reference without its '&' and ';' stands for; false: nothing that is known. */
static bool add_reference(struct text *to, const char *name)
{
	static const struct {
		const char *name;
		unsigned long code;
	} known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0}};
	bool is_hex = name[0] == '#' && (name[1] == 'x' || name[1] == 'X');
	const char *digits = name + (is_hex ? 2 : 1);

	if (name[0] == '#' && *digits && strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789") == strlen(digits)) {
		add_utf8(to, strtoul(digits, NULL, is_hex ? 16 : 10));
		return true;
	}
	for (size_t i = 0; i < COUNT(known); i++)
		if (same(name, known[i].name)) {
			add_utf8(to, known[i].code);
			return true;
		}
	return false;
}

static void undo_references(const char *from, size_t n, struct text *to)
{
	for (size_t i = 0; i < n; i++) {
		size_t most = n - i < LONGEST_REFERENCE ? n - i : LONGEST_REFERENCE;
		const char *end = from[i] == '&' ? memchr(from + i, ';', most) : NULL;
		autofree char *name = end ? xstrndup(from + i + 1, (size_t)(end - from) - i - 1) : NULL;

		if (name && add_reference(to, name))
			i = (size_t)(end - from);
		else
			text_add_bytes(to, from + i, 1);
	}
}

void html_text(const struct html_piece *text, struct text *to)
{
	undo_references(text->from, text->n, to);
}

/* One attribute at 'at', which is moved past it; false: there are no more. */
static bool next_attribute(const char **at, const char *end, const char **name, size_t *name_n, const char **value, size_t *value_n)
{
	const char *p = *at;
	char quote;

	while (p < end && (is_blank(*p) || *p == '/'))
		p++;
	if (p == end)
		return false;
	*name = p;
	do
		p++;
	while (p < end && !is_blank(*p) && *p != '/' && *p != '=');
	*name_n = (size_t)(p - *name);
	while (p < end && is_blank(*p))
		p++;
	*value = p;
	*value_n = 0;
	if (p < end && *p == '=') {
		do
			p++;
		while (p < end && is_blank(*p));
		quote = p < end && (*p == '"' || *p == '\'') ? *p++ : '\0';
		*value = p;
		while (p < end && (quote ? *p != quote : !is_blank(*p)))
			p++;
		*value_n = (size_t)(p - *value);
		p += quote && p < end;
	}
	*at = p;
	return true;
}

char *html_attribute(const struct html_piece *tag, const char *name)
{
	const char *at = tag->from, *end = tag->from + tag->n, *its_name, *value;
	struct text decoded = {0};
	size_t its_n, value_n;

	while (next_attribute(&at, end, &its_name, &its_n, &value, &value_n))
		if (its_n == strlen(name) && strncasecmp(its_name, name, its_n) == 0) {
			undo_references(value, value_n, &decoded);
			return text_take(&decoded);
		}
	return NULL;
}
