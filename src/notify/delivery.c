#include "notify/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SAID_CAP 1024	/* bytes of an answer that are looked at ... */
#define SHOWN_CAP 100	/* ... and shown */
#define TELLING 8	/* bytes of a secret that are too many to be seen */

enum fate fate_of_status(int status)
{
	if (status >= 200 && status < 300)
		return FATE_DELIVERED;
	return status >= 400 && status < 500 && status != 408 && status != 429 ? FATE_REFUSED : FATE_AGAIN;
}

static void blank(char *sentence, const char *secret)
{
	size_t n = secret ? strlen(secret) : 0;
	size_t length = strlen(sentence);

	/* a lone "/" is none */
	for (char *at = n > 1 ? strstr(sentence, secret) : NULL; at; at = strstr(at + n, secret))
		memset(at, '*', n);
	/* where the sentence was cut off within it */
	for (size_t k = n; k-- > TELLING;)
		if (k <= length && strncmp(sentence + length - k, secret, k) == 0)
			memset(sentence + length - k, '*', k);
}

/* Each part between 'separators' that is too long to be seen. */
static void blank_parts(char *sentence, const char *text, const char *separators)
{
	for (; text && *text; text += strspn(text, separators)) {
		size_t n = strcspn(text, separators);
		autofree char *part = xstrndup(text, n);

		if (n >= TELLING)
			blank(sentence, part);
		text += n;
	}
}

void conceal(char *sentence, const struct web_url *url)
{
	blank(sentence, url->path);
	blank(sentence, url->query);
	/* a server may name what it did not find */
	blank_parts(sentence, url->path, "/");
	blank_parts(sentence, url->query, "&=");
}

/* " (no_service)": the first line of what it said, as far as that helps; "" for a page or nothing. Owned by the caller. */
static char *what_it_said(struct http *http, const struct web_url *url, struct deadline deadline)
{
	char said[SAID_CAP + 1] = "";
	autofree char *shown = NULL;
	struct error ignored;
	size_t n = 0;

	if (http_read(http, said, SAID_CAP, deadline, &n, &ignored) < 0)
		return xstrdup("");
	said[n] = '\0';
	conceal(said, url); /* before it is cut */
	n = strcspn(said, "\r\n");
	said[n < SHOWN_CAP ? n : SHOWN_CAP] = '\0';
	shown = printable(said, false);
	return *shown && *shown != '<' ? format(" (%s)", shown) : xstrdup("");
}

static void judge(struct http *http, const struct letter *l, const struct http_reply *reply, struct deadline deadline,
		  struct delivery *ret)
{
	autofree char *said = NULL;

	ret->fate = fate_of_status(reply->status);
	if (ret->fate == FATE_DELIVERED)
		return;
	said = what_it_said(http, &l->url, deadline);
	ret->wait_s = http_retry_after(reply);
	if (ret->fate == FATE_REFUSED)
		(void)fail(&ret->why, ERR_REFUSED, "'%s' answered %d%s: look at the URL in its file", l->url.host, reply->status,
			   said);
	else if (reply->status >= 300 && reply->status < 400)
		(void)fail(&ret->why, ERR_NETWORK, "'%s' answered %d, that it is elsewhere now: put the new URL into its file",
			   l->url.host, reply->status);
	else
		(void)fail(&ret->why, ERR_NETWORK, "'%s' answered %d%s: it is tried again", l->url.host, reply->status, said);
}

int deliver(struct http *http, const struct letter *l, struct deadline deadline, struct delivery *ret, struct error *err)
{
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	struct http_header headers[LETTER_HEADERS];
	struct http_request request = {
		.method = l->method,
		.url = &l->url,
		.headers = headers,
		.header_count = l->header_count,
		.body = l->body,
		.body_n = l->body ? strlen(l->body) : 0,
	};

	for (size_t i = 0; i < l->header_count; i++)
		headers[i] = (struct http_header){.name = l->names[i], .value = l->values[i]};
	*ret = (struct delivery){.fate = FATE_AGAIN, .wait_s = -1};
	if (http_ask(http, &request, deadline, &reply, &ret->why) == 0) {
		judge(http, l, &reply, deadline, ret);
	} else if (ret->why.kind == ERR_STOPPED) {
		*err = ret->why;
		return -1;
	}
	conceal(ret->why.text, &l->url);
	return 0;
}
