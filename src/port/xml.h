/*
 * XML as servers answer it, read with expat: an event for each element that
 * begins or ends, known by its path from the root. Namespaces and attributes are left
 * out. Nothing is ever fetched or expanded: a document with a DOCTYPE is refused as a
 * whole, and with it every entity but the five of XML itself.
 *
 *     const struct xml_events events = {.end = take_element, .context = &page};
 *     if (xml_parse(bytes, n, &events, err) < 0)
 *             return -1;
 */
#ifndef DRILLBOX_PORT_XML_H
#define DRILLBOX_PORT_XML_H

#include <stddef.h>

#include "base/error.h"

#define XML_CAP ((size_t)16 << 20) /* bytes of a document */
#define XML_DEPTH_CAP 32	   /* elements within each other */
#define XML_TEXT_CAP ((size_t)65536) /* bytes of an element's text */
#define XML_PATH_CAP ((size_t)1024)

/* -1 with 'err' filled ends the reading with that error. NULL: not wanted. */
struct xml_events {
	int (*begin)(void *context, const char *path, struct error *err);
	/*
	 * 'path' is "Result/Item/Name"; 'text' what stood in an element that has no others
	 * in it, white space and all, in UTF-8; of one that has, what followed the last of them.
	 */
	int (*end)(void *context, const char *path, const char *text, struct error *err);
	void *context;
};

/* A whole document. ERR_DATA: no XML, cut short, a DOCTYPE, something after the root, or beyond a cap. */
MUST_CHECK int xml_parse(const char *bytes, size_t n, const struct xml_events *events, struct error *err);

#endif
