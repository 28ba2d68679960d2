/*
 * The headers by which the box is let in at a web server: a login, a token, and
 * the lines of a file. Their values are never repeated in an error.
 */
#ifndef DRILLBOX_PULL_WEB_HEADERS_H
#define DRILLBOX_PULL_WEB_HEADERS_H

#include "base/error.h"
#include "base/text.h"
#include "pull/place.h"

#define WEB_HEADERS_CAP 50	  /* of a file */
#define WEB_HEADER_VALUE_CAP 8192 /* bytes; servers take no longer ones */

/* Zero-initialised is none. */
struct web_headers {
	struct strings names, values;
};

/*
 * From what a source says. A file's line is "Name: value"; empty ones and those that begin with '#'
 * count for nothing. ERR_CONFIG names the line: no header, one that is ours to set
 * (Host, Range, ...) or given twice, bytes that none can hold.
 */
MUST_CHECK int web_headers_make(const struct source_config *source, const struct place_secrets *secrets,
				struct web_headers *ret, struct error *err);
void web_headers_done(struct web_headers *headers);

#endif
