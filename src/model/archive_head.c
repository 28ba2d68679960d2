#include "model/archive_head.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define NAME_MOST 255	 /* NAMEDATALEN is 64, and may be set higher where PostgreSQL is built */
#define INT_SIZE 4	 /* of every platform that PostgreSQL runs on */
#define VERSION(major, minor) ((major) * 256 + (minor))
#define OLDEST VERSION(1, 10)	   /* pg_dump 8.0 */
#define COMPRESSION_BYTE VERSION(1, 15) /* pg_dump 16: an algorithm in place of a level */
#define NEWEST_MAJOR 1

/* What is left to be read. 'broken' once something was wanted that is not there. */
struct cursor {
	const unsigned char *at;
	size_t left;
	bool broken;
};

static unsigned take_byte(struct cursor *c)
{
	if (c->left == 0) {
		c->broken = true;
		return 0;
	}
	c->left--;
	return *c->at++;
}

/* A sign, then the bytes from the lowest on. */
static int64_t take_int(struct cursor *c)
{
	bool negative = take_byte(c) != 0;
	int64_t value = 0;

	for (int i = 0; i < INT_SIZE; i++)
		value |= (int64_t)take_byte(c) << (8 * i);
	return negative ? -value : value;
}

/* NULL where there is none. Owned by the caller. */
static char *take_text(struct cursor *c)
{
	int64_t n = take_int(c);
	char *text;

	if (c->broken || n <= 0 || n > NAME_MOST || (size_t)n > c->left || memchr(c->at, '\0', (size_t)n)) {
		c->broken = true;
		return NULL;
	}
	text = xstrndup((const char *)c->at, (size_t)n);
	c->at += n;
	c->left -= (size_t)n;
	return text;
}

/* struct tm as it stands in memory, field by field. */
static int64_t take_time(struct cursor *c)
{
	int64_t field[7], t;
	struct tm tm;

	for (size_t i = 0; i < COUNT(field); i++)
		field[i] = take_int(c);
	for (size_t i = 0; i < COUNT(field); i++)
		if (field[i] < -1 || field[i] > 8100)
			c->broken = true;
	if (c->broken)
		return 0;
	tm = (struct tm){.tm_sec = (int)field[0], .tm_min = (int)field[1], .tm_hour = (int)field[2],
			 .tm_mday = (int)field[3], .tm_mon = (int)field[4], .tm_year = (int)field[5]};
	t = timegm(&tm);
	if (t <= 0)
		c->broken = true;
	return t;
}

static int parse(struct cursor *c, struct archive_head *ret, struct error *err)
{
	unsigned major = take_byte(c), minor = take_byte(c), revision = take_byte(c);
	unsigned int_size = take_byte(c), offset_size = take_byte(c), format = take_byte(c);

	if (!c->broken && major > NEWEST_MAJOR)
		return fail(err, ERR_DATA, "it is an archive of version %u.%u, which this drillbox does not know: update it",
			    major, minor);
	if (c->broken || major == 0 || VERSION(major, minor) < OLDEST || int_size != INT_SIZE || offset_size > 8 ||
	    (format != ARCHIVE_CUSTOM && format != ARCHIVE_TAR && format != ARCHIVE_DIRECTORY))
		return fail(err, ERR_DATA, "its head (archive version %u.%u-%u) makes no sense: is it damaged?", major, minor,
			    revision);
	if (VERSION(major, minor) >= COMPRESSION_BYTE)
		(void)take_byte(c);
	else
		(void)take_int(c);
	ret->format = (enum archive_format)format;
	ret->created = take_time(c);
	ret->database = take_text(c);
	if (c->broken)
		return fail(err, ERR_DATA, "its head tells neither a time nor a database: is it damaged?");
	return 0;
}

int archive_head_parse(const unsigned char *bytes, size_t n, struct archive_head *ret, struct error *err)
{
	CLEANUP(archive_head_done) struct archive_head head = {0};
	struct cursor c = {bytes, n, false};

	if (n < strlen(ARCHIVE_MAGIC) || memcmp(bytes, ARCHIVE_MAGIC, strlen(ARCHIVE_MAGIC)) != 0)
		return fail(err, ERR_DATA, "it does not begin as an archive of pg_dump does");
	c.at += strlen(ARCHIVE_MAGIC);
	c.left -= strlen(ARCHIVE_MAGIC);
	if (parse(&c, &head, err) < 0)
		return -1;
	*ret = head;
	head = (struct archive_head){0};
	return 0;
}

void archive_head_done(struct archive_head *h)
{
	free(h->database);
	*h = (struct archive_head){0};
}
