/*
 * One answer of an HTTP server as its bytes come in: its head, how its body is
 * delimited, and the body itself with the chunks' lengths taken out. Nothing
 * here knows where the bytes come from. Used by port/http.c and port/http_proxy.c.
 */
#ifndef DRILLBOX_PORT_HTTP_ANSWER_H
#define DRILLBOX_PORT_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define ANSWER_INTERIM_CAP 8	  /* answers with 1xx before the one that counts */
#define ANSWER_EXTENSIONS_CAP 1024 /* bytes of what may stand behind one chunk's length */

enum answer_to { ANSWER_TO_ANY, ANSWER_TO_HEAD, ANSWER_TO_CONNECT };

struct answer {
	/* Valid once 'begun': */
	bool begun;	     /* the head has come */
	int status;
	int64_t length;	     /* Content-Length, of a HEAD too; 0 where there can be no body, -1: not said */
	bool chunked;
	bool until_close;    /* neither of both: only the connection's end would end it */
	struct strings names, values; /* names in lower case, values trimmed */

	bool complete;	     /* the body has come, whole */
	bool lasting;	     /* the server keeps the connection open; once complete */
	bool surplus;	     /* more came than the answer: this connection is good for nothing any more */
	int64_t body_bytes;  /* of the body so far */

	struct answer_parser *parser;
};

/* For a new answer; may be called again for the next one. */
void answer_start(struct answer *a, enum answer_to to);

/*
 * Take in 'n' bytes. Those of the body among them are moved to the front of
 * 'bytes', *ret_n says how many. ERR_DATA: this is no HTTP/1.x, is ambiguous about where it
 * ends, or is beyond a cap.
 */
MUST_CHECK int answer_take(struct answer *a, char *bytes, size_t n, size_t *ret_n, struct error *err);

void answer_done(struct answer *a);

#endif
