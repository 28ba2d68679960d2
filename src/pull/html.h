/*
 * Just enough of HTML to read the page of a folder: tags, their attributes and
 * the text between, in one walk that takes whatever comes.
 *
 *     struct html h = {bytes, bytes + n};
 *     while (html_next(&h, &piece))
 *             ...
 *
 * Comments, and what is inside script, style and title, are left out.
 */
#ifndef DRILLBOX_PULL_HTML_H
#define DRILLBOX_PULL_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct html {
	const char *at, *end;
};

/* A tag or some text, in place. */
struct html_piece {
	bool is_tag, closes; /* </name> */
	char name[12];	     /* of a tag, in lower case, cut */
	const char *from;    /* a tag's attributes, or the text */
	size_t n;
};

/* false: that was all. */
bool html_next(struct html *h, struct html_piece *ret);

/* An attribute's value, its character references undone; "" when it has none, NULL when it is not there. Owned by the caller. */
char *html_attribute(const struct html_piece *tag, const char *name);

/* Append text, its character references undone. */
void html_text(const struct html_piece *text, struct text *to);

#endif
