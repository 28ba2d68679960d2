/* What an answer's status and headers mean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "port/http.h"

#define DAY INT64_C(86400)

const char *http_header(const struct http_reply *reply, const char *name)
{
	for (size_t i = 0; i < reply->names.count; i++)
		if (same(reply->names.items[i], name))
			return reply->values.items[i];
	return NULL;
}

const char *http_coding(const struct http_reply *reply)
{
	const char *coding = http_header(reply, "content-encoding");

	return coding && *coding && strcasecmp(coding, "identity") != 0 ? coding : NULL;
}

void http_reply_done(struct http_reply *reply)
{
	web_url_done(&reply->url);
	strings_done(&reply->names);
	strings_done(&reply->values);
	*reply = (struct http_reply){0};
}

/* --- time --- */

/* RFC 9110: two digits that would lie more than 50 years ahead are of the past. */
static int whole_year(int two_digits)
{
	time_t now = (time_t)clock_wall();
	struct tm tm;
	int year, this_year = gmtime_r(&now, &tm) ? tm.tm_year + 1900 : 1970;

	year = this_year / 100 * 100 + two_digits;
	return year > this_year + 50 ? year - 100 : year;
}

static int64_t time_of(int year, const char *month, int day, int hour, int minute, int second)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = time_month(month), .tm_mday = day, .tm_hour = hour, .tm_min = minute,
			.tm_sec = second};
	time_t t;

	if (tm.tm_mon < 0 || year < 1900 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
	    second > 60)
		return TIME_UNKNOWN;
	t = timegm(&tm);
	/* a 31st of February would have become a day in March */
	return tm.tm_mday == day || second == 60 ? (int64_t)t : TIME_UNKNOWN;
}

int64_t http_time(const char *text)
{
	int day, year, hour, minute, second, used = 0;
	char month[4];

	/* Sun, 06 Nov 1994 08:49:37 GMT */
	if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &day, month, &year, &hour, &minute, &second,
		   &used) == 6 &&
	    used && text[used] == '\0')
		return time_of(year, month, day, hour, minute, second);
	/* Sunday, 06-Nov-94 08:49:37 GMT */
	used = 0;
	if (sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &day, month, &year, &hour, &minute, &second,
		   &used) == 6 &&
	    used && text[used] == '\0' && year >= 0)
		return time_of(whole_year(year), month, day, hour, minute, second);
	/* Sun Nov  6 08:49:37 1994 */
	used = 0;
	if (sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", month, &day, &hour, &minute, &second, &year, &used) == 6 &&
	    used && text[used] == '\0')
		return time_of(year, month, day, hour, minute, second);
	return TIME_UNKNOWN;
}

int64_t http_retry_after(const struct http_reply *reply)
{
	const char *value = http_header(reply, "retry-after");
	int64_t seconds, when;

	if (!value)
		return -1;
	/* digits that no number can hold are still a wish for more than a day */
	if (*value && strspn(value, "0123456789") == strlen(value))
		return parse_int(value, 0, DAY, &seconds) ? seconds : DAY;
	when = http_time(value);
	if (when == TIME_UNKNOWN)
		return -1;
	seconds = when - clock_wall();
	return seconds < 0 ? 0 : seconds > DAY ? DAY : seconds;
}

/* --- refusals --- */

static const struct {
	int status; /* 0: all others of the hundred that stands beside it */
	int hundred;
	enum error_kind kind;
	const char *words; /* follow "the server 'x' answers NNN to '...': " */
} refusals[] = {
	{401, 4, ERR_REFUSED, "it wants a login, or refuses this one: see 'user' and 'password-file', or 'token-file'"},
	{403, 4, ERR_REFUSED, "it does not let us have that: see the login, and what it may read there"},
	{407, 4, ERR_REFUSED, "a proxy wants a login: write user and password into 'proxy'"},
	{404, 4, ERR_NOTHING, "there is no such file: see the URL"},
	{410, 4, ERR_NOTHING, "that file is gone for good: see the URL"},
	{408, 4, ERR_NETWORK, "we were too slow for it; it is tried again"},
	{429, 4, ERR_NETWORK, "we asked too often; it is tried again"},
	{400, 4, ERR_SOURCE, "it does not understand the request, or wants a client certificate (nginx then answers so too): see "
			     "'client-cert' and 'client-key', and its log"},
	{0, 5, ERR_NETWORK, "something is wrong there: see its log; it is tried again"},
	{0, 3, ERR_SOURCE, "it points elsewhere without saying where: give the URL that it means"},
	{0, 0, ERR_SOURCE, "that is no answer to go on with: see the URL and the server's log"},
};

static size_t refusal_of(int status)
{
	size_t i = 0;

	while (i + 1 < COUNT(refusals) && refusals[i].status != status &&
	       (refusals[i].status != 0 || refusals[i].hundred != status / 100))
		i++;
	return i;
}

int http_refusal(const struct http_reply *reply, const char *what, struct error *err)
{
	int64_t wait = http_retry_after(reply);
	char span[UNIT_TEXT];
	size_t i = refusal_of(reply->status);
	autofree char *later = wait > 0 ? format(" (it asks to wait for %s)", human_seconds((double)wait, span)) : xstrdup("");

	return fail(err, refusals[i].kind, "'%s' answers %d to '%s': %s%s", reply->url.host ? reply->url.host : "the server",
		    reply->status, what, refusals[i].words, refusals[i].kind == ERR_NETWORK ? later : "");
}
