/*
 * A message as the target takes it: method, URL, headers and body. Pure.
 *
 *     webhook   POST URL, the body by webhook-body
 *     ping      GET URL
 *     ping of   GET URL/start, GET URL, POST URL/fail with the sentence as body (what Healthchecks understands)
 *
 * The JSON of a webhook has the message's number in the outbox, by which one that
 * came twice is known (null: it was in none).
 *
 * A test of a ping goes to URL/log, which changes nothing there: that all is
 * well is never said for a test.
 */
#ifndef DRILLBOX_NOTIFY_LETTER_H
#define DRILLBOX_NOTIFY_LETTER_H

#include <stddef.h>

#include "model/config.h"
#include "model/outbox.h"
#include "model/web_url.h"

#define LETTER_HEADERS 4

/* All text owned. */
struct letter {
	const char *method;
	struct web_url url;
	char *names[LETTER_HEADERS], *values[LETTER_HEADERS];
	size_t header_count;
	char *body; /* NULL: none */
};

/* 'box' is what the box calls itself, 'url' the target's. */
struct letter letter_write(const struct call *m, const char *box, enum webhook_body body, const struct web_url *url);
void letter_done(struct letter *l);

/* "closet: the newest dump of shop is refuted". Owned by the caller. */
char *letter_title(const struct call *m, const char *box);

#endif
