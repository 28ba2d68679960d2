#include "notify/letter.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "port/json.h"

/* What is said of each, around its sentence. '%s' is the source. */
static const struct {
	enum news news;
	const char *title;
	const char *priority, *tags; /* ntfy's: 1 to 5, and names of its emoji */
} manners[] = {
	{NEWS_FAIL, "the newest dump of %s is refuted", "5", "rotating_light"},
	{NEWS_STALE, "%s is no longer in date", "4", "hourglass"},
	{NEWS_REFUSED, "the pull of %s was refused", "4", "no_entry"},
	{NEWS_RECOVERED, "%s is proven and in date again", "3", "white_check_mark"},
	{NEWS_WEEKLY, "this week", "2", "calendar"},
	{NEWS_TEST, "a test", "3", "test_tube"},
};

/* Of pings: what is put behind the URL's path. */
static const struct {
	enum news news;
	const char *suffix;
} endings[] = {
	{NEWS_START, "/start"},
	{NEWS_FAILURE, "/fail"},
	{NEWS_TEST, "/log"},
};

static size_t manner_of(enum news news)
{
	for (size_t i = 0; i < COUNT(manners); i++)
		if (manners[i].news == news)
			return i;
	return COUNT(manners) - 1;
}

char *letter_title(const struct call *m, const char *box)
{
	const char *title = manners[manner_of(m->news)].title, *at = strstr(title, "%s");

	if (!at)
		return format("%s: %s", box, title);
	return format("%s: %.*s%s%s", box, (int)(at - title), title, m->source ? m->source : "", at + strlen("%s"));
}

static void add_header(struct letter *l, const char *name, char *owned_value)
{
	l->names[l->header_count] = xstrdup(name);
	l->values[l->header_count++] = owned_value;
}

/* ---- bodies ---- */

static char *json_body(const struct call *m, const char *box)
{
	CLEANUP(json_free) struct json *root = json_new_object();
	char at[TIME_TEXT];

	json_set_int(root, "schema", 1);
	if (m->id)
		json_set_int(root, "id", m->id);
	else
		json_set_null(root, "id");
	json_set_text(root, "event", news_word(m->news));
	json_set_text(root, "box", box);
	json_set_text(root, "source", m->source);
	json_set_text(root, "sentence", m->sentence);
	json_set_text(root, "at", time_rfc3339(m->at, at));
	return json_text(root, false);
}

static char *one_line(const struct call *m, const char *box)
{
	autofree char *title = letter_title(m, box);

	return *m->sentence ? format("%s: %s", title, m->sentence) : take(title);
}

/* Its three characters of control are the only ones that could address anybody (<!channel>) or hide a link. */
static char *slack_escape(const char *text)
{
	struct text out = {0};

	for (; *text; text++) {
		if (*text == '&')
			text_add(&out, "&amp;");
		else if (*text == '<')
			text_add(&out, "&lt;");
		else if (*text == '>')
			text_add(&out, "&gt;");
		else
			text_add_bytes(&out, text, 1);
	}
	return text_take(&out);
}

static char *slack_body(const struct call *m, const char *box)
{
	CLEANUP(json_free) struct json *root = json_new_object();
	autofree char *line = one_line(m, box);
	autofree char *escaped = slack_escape(line);

	json_set_text(root, "text", escaped);
	return json_text(root, false);
}

/* A header's value: ASCII as it is, else as RFC 2047 has it. */
static char *header_text(const char *text)
{
	autofree char *clean = printable(text, false);
	autofree char *encoded = NULL;

	for (const char *s = clean; *s; s++)
		if ((unsigned char)*s > 0x7e) {
			encoded = base64_encode((const unsigned char *)clean, strlen(clean));
			return format("=?UTF-8?B?%s?=", encoded);
		}
	return take(clean);
}

static void write_ntfy(const struct call *m, const char *box, struct letter *l)
{
	size_t manner = manner_of(m->news);
	autofree char *title = letter_title(m, box);

	add_header(l, "Content-Type", xstrdup("text/plain; charset=utf-8"));
	add_header(l, "Title", header_text(title));
	add_header(l, "Priority", xstrdup(manners[manner].priority));
	add_header(l, "Tags", xstrdup(manners[manner].tags));
	l->body = xstrdup(*m->sentence ? m->sentence : title);
}

static void write_webhook(const struct call *m, const char *box, enum webhook_body body, struct letter *l)
{
	l->method = "POST";
	if (body == BODY_NTFY) {
		write_ntfy(m, box, l);
		return;
	}
	add_header(l, "Content-Type", xstrdup("application/json"));
	l->body = body == BODY_SLACK ? slack_body(m, box) : json_body(m, box);
}

/* ---- pings ---- */

static void write_ping(const struct call *m, struct letter *l)
{
	const char *ending = "";
	size_t n = strlen(l->url.path);
	char *path;

	for (size_t i = 0; i < COUNT(endings); i++)
		if (endings[i].news == m->news)
			ending = endings[i].suffix;
	while (*ending && n > 0 && l->url.path[n - 1] == '/')
		n--;
	path = format("%.*s%s", (int)n, l->url.path, ending);
	free(l->url.path);
	l->url.path = path;
	l->method = *m->sentence ? "POST" : "GET";
	if (!*m->sentence)
		return;
	add_header(l, "Content-Type", xstrdup("text/plain; charset=utf-8"));
	l->body = xstrdup(m->sentence);
}

struct letter letter_write(const struct call *m, const char *box, enum webhook_body body, const struct web_url *url)
{
	struct letter l = {.url = web_url_copy(url)};

	if (same(m->target, TARGET_WEBHOOK))
		write_webhook(m, box, body, &l);
	else
		write_ping(m, &l);
	return l;
}

void letter_done(struct letter *l)
{
	for (size_t i = 0; i < l->header_count; i++) {
		free(l->names[i]);
		free(l->values[i]);
	}
	free(l->body);
	web_url_done(&l->url);
	*l = (struct letter){0};
}
