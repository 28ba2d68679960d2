/*
 * An HTTP server's answer. The first byte says to what it is one and how large
 * the pieces are in which it comes: however it is cut, it must come to the same.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "port/http.h"
#include "port/http_answer.h"

#define PIECES_CAP 65536

struct outcome {
	int status;
	bool begun, complete, failed;
	int64_t length;
	size_t headers;
	struct text body;
};

static void take_in_pieces(const uint8_t *bytes, size_t n, enum answer_to to, size_t size, struct outcome *ret)
{
	CLEANUP(answer_done) struct answer a = {0};
	char piece[PIECES_CAP];
	struct error err;

	answer_start(&a, to);
	for (size_t at = 0, part; at < n && !a.complete && !ret->failed; at += part) {
		size_t body = 0;

		part = n - at < size ? n - at : size;
		memcpy(piece, bytes + at, part);
		ret->failed = answer_take(&a, piece, part, &body, &err) < 0;
		if (body > part)
			abort();
		if (!ret->failed)
			text_add_bytes(&ret->body, piece, body);
	}
	ret->begun = a.begun;
	ret->status = a.status;
	ret->complete = a.complete;
	ret->length = a.length;
	ret->headers = a.names.count;
	if (a.names.count != a.values.count || (a.begun && (a.status < 200 || a.status > 599)))
		abort();
	if (a.complete && !ret->failed && to == ANSWER_TO_ANY && a.length >= 0 && (int64_t)ret->body.length != a.length)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct outcome whole = {0}, cut = {0};
	enum answer_to to;

	if (n == 0)
		return 0;
	to = (enum answer_to)(bytes[0] % 3);
	take_in_pieces(bytes + 1, n - 1, to, PIECES_CAP, &whole);
	take_in_pieces(bytes + 1, n - 1, to, 1 + bytes[0] / 3, &cut);
	/* a failure is found earlier or later, but it is one either way */
	if (whole.failed != cut.failed || (!whole.failed && (whole.complete != cut.complete || whole.status != cut.status ||
							     whole.length != cut.length || whole.headers != cut.headers ||
							     whole.body.length != cut.body.length)))
		abort();
	if (!whole.failed && whole.body.length && memcmp(whole.body.data, cut.body.data, whole.body.length) != 0)
		abort();
	text_done(&whole.body);
	text_done(&cut.body);
	return 0;
}
