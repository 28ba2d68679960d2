#include "port/xml.h"

#include <stdbool.h>
#include <string.h>

#include <expat.h>

#include "base/text.h"

#define SEPARATOR '\n' /* between a namespace and a name; neither can hold it */

struct reading {
	XML_Parser parser;
	const struct xml_events *events;
	struct text path, text;
	size_t depth;
	bool failed; /* 'err' is filled: expat may still say a thing or two before it stops */
	struct error *err;
};

static void reading_done(struct reading *r)
{
	if (r->parser)
		XML_ParserFree(r->parser);
	text_done(&r->path);
	text_done(&r->text);
}

static void stop(struct reading *r)
{
	r->failed = true;
	/* it cannot be stopped already: nothing else does that, and this only once */
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static void refuse(struct reading *r, const char *why)
{
	(void)fail(r->err, ERR_DATA, "%s", why);
	stop(r);
}

static void clear(struct text *t)
{
	t->length = 0;
	text_add(t, "");
}

static void on_begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *r = context;
	const char *apart = strrchr(name, SEPARATOR);
	const char *local = apart ? apart + 1 : name;

	(void)attributes;
	if (r->failed)
		return;
	if (++r->depth > XML_DEPTH_CAP || r->path.length + strlen(local) + 1 > XML_PATH_CAP) {
		refuse(r, "its elements are nested too deep");
		return;
	}
	if (r->path.length)
		text_add(&r->path, "/");
	text_add(&r->path, local);
	clear(&r->text);
	if (r->events->begin && r->events->begin(r->events->context, r->path.data, r->err) < 0)
		stop(r);
}

static void leave(struct reading *r)
{
	char *slash = strrchr(r->path.data, '/');

	r->path.length = slash ? (size_t)(slash - r->path.data) : 0;
	r->path.data[r->path.length] = '\0';
	r->depth--;
	clear(&r->text);
}

static void on_end(void *context, const XML_Char *name)
{
	struct reading *r = context;

	(void)name; /* expat has seen to it that it is the innermost */
	if (r->failed)
		return;
	if (r->events->end && r->events->end(r->events->context, r->path.data, r->text.data, r->err) < 0)
		stop(r);
	else
		leave(r);
}

static void on_text(void *context, const XML_Char *bytes, int n)
{
	struct reading *r = context;

	if (r->failed)
		return;
	if (r->text.length + (size_t)n > XML_TEXT_CAP)
		refuse(r, "the text of one of its elements is too long");
	else
		text_add_bytes(&r->text, bytes, (size_t)n);
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	struct reading *r = context;

	(void)name, (void)system, (void)public, (void)internal;
	if (!r->failed)
		refuse(r, "it has a DOCTYPE, which no answer of a server needs");
}

static int open_parser(struct reading *r, struct error *err)
{
	r->parser = XML_ParserCreateNS(NULL, SEPARATOR);
	if (!r->parser)
		return fail(err, ERR_SPACE, "no memory to read XML");
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_begin, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	return 0;
}

int xml_parse(const char *bytes, size_t n, const struct xml_events *events, struct error *err)
{
	CLEANUP(reading_done) struct reading r = {.events = events, .err = err};
	enum XML_Status status;

	if (n > XML_CAP)
		return fail(err, ERR_DATA, "it has more than %zu MB", XML_CAP >> 20);
	if (open_parser(&r, err) < 0)
		return -1;
	status = XML_Parse(r.parser, bytes, (int)n, XML_TRUE);
	if (r.failed)
		return -1;
	if (status != XML_STATUS_OK)
		return fail(err, ERR_DATA, "it is no XML: %s", XML_ErrorString(XML_GetErrorCode(r.parser)));
	return 0;
}
