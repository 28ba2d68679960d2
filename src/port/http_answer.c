#include "port/http_answer.h"

#include <ctype.h>
#include <llhttp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "port/http.h"

#define BETWEEN 4 /* bytes of a header beside its name and value */

struct answer_parser {
	llhttp_t llhttp;
	enum answer_to to;
	struct text name, value;
	bool trailing;	   /* headers that come now are trailers, which nobody wants */
	int interim;
	size_t head;	   /* bytes of names and values, of the head or of the trailers */
	size_t extensions; /* bytes behind this chunk's length */
	size_t overhead;   /* bytes since the beginning, or since the last of the body */
	char *front;	   /* where the body's bytes go */
	const char *why;   /* what a callback found wrong */
};

static struct answer *of(llhttp_t *llhttp)
{
	return llhttp->data;
}

static int refuse(llhttp_t *llhttp, const char *why)
{
	of(llhttp)->parser->why = why;
	return HPE_USER;
}

/* --- head --- */

static void forget_head(struct answer *a)
{
	strings_done(&a->names);
	strings_done(&a->values);
	text_done(&a->parser->name);
	text_done(&a->parser->value);
}

static int on_message_begin(llhttp_t *llhttp)
{
	forget_head(of(llhttp));
	return 0;
}

static int count_head(llhttp_t *llhttp, size_t n)
{
	struct answer_parser *p = of(llhttp)->parser;

	p->head += n;
	return p->head > HTTP_HEADERS_CAP ? refuse(llhttp, "its headers are beyond all measure") : 0;
}

static int on_status(llhttp_t *llhttp, const char *at, size_t n)
{
	(void)at;
	return count_head(llhttp, n);
}

static int on_field(llhttp_t *llhttp, const char *at, size_t n)
{
	struct answer_parser *p = of(llhttp)->parser;

	if (!p->trailing)
		text_add_bytes(&p->name, at, n);
	return count_head(llhttp, n);
}

static int on_value(llhttp_t *llhttp, const char *at, size_t n)
{
	struct answer_parser *p = of(llhttp)->parser;

	if (!p->trailing)
		text_add_bytes(&p->value, at, n);
	return count_head(llhttp, n);
}

static int on_value_complete(llhttp_t *llhttp)
{
	struct answer *a = of(llhttp);
	struct answer_parser *p = a->parser;
	autofree char *name = text_take(&p->name), *value = text_take(&p->value);

	if (!p->trailing) {
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		strings_add(&a->names, name);
		strings_add(&a->values, trim(value));
	}
	return count_head(llhttp, BETWEEN);
}

/* Whether the transfer coding is "chunked" and nothing else: there is no other that we could undo. */
static bool is_chunked(const struct answer *a)
{
	size_t found = 0;

	for (size_t i = 0; i < a->names.count; i++)
		if (same(a->names.items[i], "transfer-encoding")) {
			found++;
			if (strcasecmp(a->values.items[i], "chunked") != 0)
				return false;
		}
	return found == 1;
}

static bool has_no_body(const struct answer *a, int status)
{
	return a->parser->to != ANSWER_TO_ANY || status == 204 || status == 304;
}

/* Where the body ends; a server that leaves that open is refused, for others would read it otherwise. */
static int settle_length(llhttp_t *llhttp)
{
	struct answer *a = of(llhttp);
	bool length = llhttp->flags & F_CONTENT_LENGTH, coded = llhttp->flags & F_TRANSFER_ENCODING;

	if (length && coded)
		return refuse(llhttp, "it has a Content-Length and a Transfer-Encoding, which say different things");
	if (length && llhttp->content_length > INT64_MAX)
		return refuse(llhttp, "its Content-Length is beyond all measure");
	if (coded && !is_chunked(a))
		return refuse(llhttp, "it has a Transfer-Encoding other than chunked");
	a->chunked = coded;
	a->length = length ? (int64_t)llhttp->content_length : -1;
	return 0;
}

static int on_headers_complete(llhttp_t *llhttp)
{
	struct answer *a = of(llhttp);
	int status = llhttp_get_status_code(llhttp), code;

	if (llhttp->http_major != 1)
		return refuse(llhttp, "it is of another version of HTTP than 1.0 or 1.1");
	if (status == 101)
		return refuse(llhttp, "it wants to go on with another protocol");
	if (status < 100 || status > 599)
		return refuse(llhttp, "its status is none");
	if (status < 200)
		return 0;
	if ((code = settle_length(llhttp)) != 0)
		return code;
	a->begun = true;
	a->status = status;
	a->parser->trailing = true;
	a->parser->head = 0;
	if (has_no_body(a, status)) {
		if (a->parser->to != ANSWER_TO_HEAD)
			a->length = 0;
		a->chunked = false;
		return 1;
	}
	a->until_close = !a->chunked && a->length < 0;
	return 0;
}

/* --- body --- */

static int on_body(llhttp_t *llhttp, const char *at, size_t n)
{
	struct answer *a = of(llhttp);
	struct answer_parser *p = a->parser;

	/* never behind where they stand: what is left out only makes them fewer */
	memmove(p->front, at, n);
	p->front += n;
	a->body_bytes += (int64_t)n;
	return 0;
}

static int on_chunk_header(llhttp_t *llhttp)
{
	of(llhttp)->parser->extensions = 0;
	return 0;
}

static int on_extension(llhttp_t *llhttp, const char *at, size_t n)
{
	struct answer_parser *p = of(llhttp)->parser;

	(void)at;
	p->extensions += n;
	return p->extensions > ANSWER_EXTENSIONS_CAP ? refuse(llhttp, "a chunk's extensions are beyond all measure") : 0;
}

static int on_message_complete(llhttp_t *llhttp)
{
	struct answer *a = of(llhttp);

	if (a->begun) {
		a->complete = true;
		a->lasting = llhttp_should_keep_alive(llhttp);
		return HPE_PAUSED;
	}
	if (++a->parser->interim > ANSWER_INTERIM_CAP)
		return refuse(llhttp, "it puts off its answer again and again");
	return 0;
}

/* --- feeding --- */

static const llhttp_settings_t settings = {
	.on_message_begin = on_message_begin,
	.on_status = on_status,
	.on_header_field = on_field,
	.on_header_value = on_value,
	.on_header_value_complete = on_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_chunk_header = on_chunk_header,
	.on_chunk_extension_name = on_extension,
	.on_chunk_extension_value = on_extension,
	.on_message_complete = on_message_complete,
};

void answer_start(struct answer *a, enum answer_to to)
{
	answer_done(a);
	a->parser = xcalloc(1, sizeof(*a->parser));
	a->parser->to = to;
	a->length = -1;
	llhttp_init(&a->parser->llhttp, HTTP_RESPONSE, &settings);
	a->parser->llhttp.data = a;
}

static int explain(const struct answer_parser *p, llhttp_errno_t code, struct error *err)
{
	const char *reason = llhttp_get_error_reason(&p->llhttp);

	if (p->why)
		return fail(err, ERR_DATA, "the answer is not taken: %s", p->why);
	return fail(err, ERR_DATA, "the answer is not taken, it is no HTTP: %s (%s)", reason ? reason : "broken",
		    llhttp_errno_name(code));
}

int answer_take(struct answer *a, char *bytes, size_t n, size_t *ret_n, struct error *err)
{
	struct answer_parser *p = a->parser;
	llhttp_errno_t code;

	*ret_n = 0;
	if (a->complete) {
		a->surplus = a->surplus || n > 0;
		return 0;
	}
	p->front = bytes;
	code = llhttp_execute(&p->llhttp, bytes, n);
	if (code != HPE_OK && !(code == HPE_PAUSED && a->complete))
		return explain(p, code, err);
	a->surplus = a->complete && llhttp_get_error_pos(&p->llhttp) != bytes + n;
	*ret_n = (size_t)(p->front - bytes);
	/* blanks and leading zeros are in no callback's count */
	p->overhead = *ret_n ? 0 : p->overhead + n;
	if (p->overhead > 2 * (size_t)HTTP_HEADERS_CAP)
		return fail(err, ERR_DATA, "the answer is not taken: it goes on and on with nothing in it");
	return 0;
}

void answer_done(struct answer *a)
{
	if (a->parser) {
		forget_head(a);
		free(a->parser);
	}
	*a = (struct answer){0};
}
