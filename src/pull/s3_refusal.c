#include "pull/s3_refusal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "port/xml.h"

#define WORDS_CAP 140 /* of what the store says that is repeated */

/*
 * What a sentence may hold:
 * %b the bucket, %h the host, %w who asks (an access key, or nobody), %o what was asked for,
 * %p the permission that this takes, %m the store's own words, %r the region it names, %R ours, %e what else goes with a
 * region, %s its clock, %S ours, %c a storage class.
 */
static const struct rule {
	const char *code;
	enum error_kind kind;
	const char *sentence;
} rules[] = {
	{"RequestTimeTooSkewed", ERR_CLOCK,
	 "%h does not take a request that is signed at %S, as its own clock says %s: see to the box's clock (NTP), or tell who "
	 "runs the store"},
	{"SignatureDoesNotMatch", ERR_REFUSED,
	 "%h does not accept the signature of %w: the secret key in secret-key-file is not that key's, or not whole; copy it anew"},
	{"InvalidAccessKeyId", ERR_REFUSED,
	 "%h does not know %w: correct access-key, or endpoint where the key is another store's; a temporary key needs its "
	 "session-token-file"},
	{"ExpiredToken", ERR_REFUSED,
	 "the session token of %w has expired: renew access-key, secret-key-file and session-token-file together, or use a key "
	 "that needs none"},
	{"TokenRefreshRequired", ERR_REFUSED,
	 "the session token of %w has expired: renew access-key, secret-key-file and session-token-file together, or use a key "
	 "that needs none"},
	{"InvalidToken", ERR_REFUSED,
	 "%h does not accept the session token of %w: renew access-key, secret-key-file and session-token-file together"},
	{"NoSuchBucket", ERR_SOURCE,
	 "there is no bucket '%b' at %h: correct url, or endpoint where the bucket is in another store"},
	{"InvalidBucketName", ERR_SOURCE, "'%b' can be no bucket's name to %h: correct url"},
	{"NoSuchKey", ERR_NOTHING, "%o is not there, or was removed a moment ago: try again"},
	{"NoSuchVersion", ERR_NOTHING, "%o is not there any more in the version that was begun with: try again"},
	{"InvalidObjectState", ERR_SOURCE,
	 "%o was moved to an archive (storage class %c) and cannot be read at once: restore it there, or have the lifecycle rule "
	 "leave the newest dumps alone"},
	{"NotImplemented", ERR_SOURCE, "%h does not know what it was asked for (%m): see that endpoint is an S3-compatible store"},
	/* for the region, where the store did not name one */
	{"PermanentRedirect", ERR_SOURCE, "the bucket '%b' is not at %h (%m): correct region, or endpoint"},
	{"AuthorizationHeaderMalformed", ERR_SOURCE, "%h does not take requests signed for the region '%R' (%m): correct region"},
	{"TemporaryRedirect", ERR_NETWORK, "%h sends for the bucket '%b' elsewhere, as Amazon does while one is new (%m): try "
	 "again in an hour"},
};

static const struct rule denied = {"AccessDenied", ERR_PRIVILEGE, "%h does not let %w read %o (%m): allow it %p"};
static const struct rule denied_to_all = {
	"AccessDenied", ERR_PRIVILEGE,
	"%h does not let everybody read %o (%m): give access-key and secret-key-file of one who has %p"};
static const struct rule elsewhere = {
	"", ERR_SOURCE, "the bucket '%b' is in the region '%r', and was asked for in '%R': write region = %r%e"};

/* --- the error document --- */

static int on_end(void *context, const char *path, const char *text, struct error *err)
{
	struct s3_error *e = context;
	const struct {
		const char *path;
		char **slot;
	} parts[] = {
		{"Error/Code", &e->code},
		{"Error/Message", &e->message},
		{"Error/Region", &e->region},
		{"Error/ServerTime", &e->server_time},
		{"Error/StorageClass", &e->storage_class},
	};

	(void)err;
	for (size_t i = 0; i < COUNT(parts); i++)
		if (strcmp(path, parts[i].path) == 0 && *text)
			set_text(parts[i].slot, text);
	return 0;
}

struct s3_error s3_error_read(const char *bytes, size_t n)
{
	CLEANUP(s3_error_done) struct s3_error e = {0};
	const struct xml_events events = {.end = on_end, .context = &e};
	struct s3_error read = {0};
	struct error why;

	if (xml_parse(bytes, n, &events, &why) == 0) {
		read = e;
		e = (struct s3_error){0};
	}
	return read;
}

void s3_error_done(struct s3_error *e)
{
	free(e->code);
	free(e->message);
	free(e->region);
	free(e->server_time);
	free(e->storage_class);
	*e = (struct s3_error){0};
}

/* --- what a sentence holds --- */

struct answer {
	const struct s3_question *q;
	const struct http_reply *reply;
	const struct s3_error *said;
};

/* "AccessDenied: not authorized to perform ..." */
static char *own_words(const struct answer *a)
{
	const char *message = a->said->message ? a->said->message : "";
	autofree char *both = NULL, *shown = NULL;
	size_t n;

	if (!a->said->code)
		return format("status %d", a->reply->status);
	both = format("%.60s%s%s", a->said->code, *message ? ": " : "", message);
	shown = printable(both, false);
	n = strlen(shown);
	if (n > WORDS_CAP)
		for (n = WORDS_CAP; n > 0 && (shown[n] & 0xc0) == 0x80;)
			n--;
	return format("%.*s%s", (int)n, shown, shown[n] ? "..." : "");
}

static char *permission(const struct answer *a)
{
	const struct source_config *source = a->q->source;

	return a->q->key ? format("s3:GetObject on arn:aws:s3:::%s/%.60s*", source->bucket, source->prefix)
			 : format("s3:ListBucket on arn:aws:s3:::%s", source->bucket);
}

static char *object(const struct answer *a)
{
	autofree char *key = printable(a->q->key ? a->q->key : "", false);

	return a->q->key ? format("the object '%.100s' of the bucket '%s'", key, a->q->source->bucket)
			 : format("the list of the bucket '%s'", a->q->source->bucket);
}

static char *who(const struct answer *a)
{
	const char *key = a->q->source->access_key;

	return key ? format("the access key '%.100s'", key) : xstrdup("a request without a key");
}

/* An endpoint that is named after a region and stands in the source's own file does not follow it. */
static char *and_endpoint(const struct answer *a)
{
	const char *host = a->q->source->endpoint.host, *ours = a->q->source->region;
	autofree char *derived = format("s3.%s.amazonaws.com", ours);
	bool of_region = strstr(host, ours) || ends_with(host, ".amazonaws.com");

	return xstrdup(of_region && !same(host, derived) ? ", and the endpoint of that region" : "");
}

static char *time_text(int64_t t)
{
	char buf[TIME_TEXT];

	return xstrdup(t == TIME_UNKNOWN ? "another time" : time_rfc3339(t, buf));
}

static char *server_clock(const struct answer *a)
{
	int64_t t = a->said->server_time ? time_parse_rfc3339(a->said->server_time) : TIME_UNKNOWN;
	const char *date = http_header(a->reply, "date");

	return time_text(t == TIME_UNKNOWN && date ? http_time(date) : t);
}

static char *own_clock(const struct answer *a)
{
	return time_text(a->q->asked_at);
}

/* NULL: it names none. */
static const char *named_region(const struct answer *a)
{
	const char *region = http_header(a->reply, "x-amz-bucket-region");

	return region ? region : a->said->region;
}

static char *region(const struct answer *a)
{
	const char *named = named_region(a);

	return printable(named ? named : "", false);
}

static char *own_region(const struct answer *a)
{
	return xstrdup(a->q->source->region);
}

static char *bucket(const struct answer *a)
{
	return xstrdup(a->q->source->bucket);
}

static char *host(const struct answer *a)
{
	return format("'%.100s'", a->q->source->endpoint.host);
}

static char *storage_class(const struct answer *a)
{
	const char *name = a->said->storage_class ? a->said->storage_class : http_header(a->reply, "x-amz-storage-class");

	return name ? printable(name, false) : xstrdup("GLACIER or DEEP_ARCHIVE");
}

static const struct {
	char letter;
	char *(*say)(const struct answer *a);
} parts[] = {
	{'b', bucket},	   {'h', host},		{'w', who},	     {'o', object},	  {'p', permission}, {'m', own_words},
	{'r', region},	   {'R', own_region},	{'e', and_endpoint}, {'s', server_clock}, {'S', own_clock},  {'c', storage_class},
};

static int tell(const struct rule *rule, const struct answer *a, struct error *err)
{
	CLEANUP(text_done) struct text t = {0};

	for (const char *c = rule->sentence; *c; c++) {
		size_t i = 0;

		if (*c != '%') {
			text_add_bytes(&t, c, 1);
			continue;
		}
		c++;
		while (parts[i].letter != *c)
			i++;
		autofree char *said = parts[i].say(a);

		text_add(&t, said);
	}
	return fail(err, rule->kind, "%s", t.data);
}

/* --- which sentence --- */

static bool is_elsewhere(const struct answer *a)
{
	const char *named = named_region(a);
	int status = a->reply->status;

	return named && *named && !same(named, a->q->source->region) && (status == 301 || status == 307 || status == 400);
}

/* A store that is asked for the head of something, and some in any case, gives a status and no document. */
static const char *code_of(const struct answer *a)
{
	static const struct {
		int status;
		const char *code;
	} usual[] = {{301, "PermanentRedirect"}, {307, "TemporaryRedirect"}, {403, "AccessDenied"}};

	if (a->said->code)
		return a->said->code;
	if (a->reply->status == 404)
		return a->q->key ? "NoSuchKey" : "NoSuchBucket";
	for (size_t i = 0; i < COUNT(usual); i++)
		if (a->reply->status == usual[i].status)
			return usual[i].code;
	return "";
}

/* "backups/daily/shop.dump (SlowDown: Please reduce your request rate.)" */
static char *plain_question(const struct answer *a)
{
	autofree char *key = printable(a->q->key ? a->q->key : "", false);
	autofree char *words = own_words(a);

	return format("%s%s%s%.120s%s%s%s", a->q->key ? "" : "the list of ", a->q->source->bucket, a->q->key ? "/" : "", key,
		      a->said->code ? " (" : "",
		      a->said->code ? words : "", a->said->code ? ")" : "");
}

int s3_refusal(const struct s3_question *q, const struct http_reply *reply, const struct s3_error *said,
	       struct error *err)
{
	const struct answer a = {q, reply, said};
	const char *code = code_of(&a);
	autofree char *what = NULL;

	if (is_elsewhere(&a))
		return tell(&elsewhere, &a, err);
	if (same(code, denied.code))
		return tell(q->source->access_key ? &denied : &denied_to_all, &a, err);
	for (size_t i = 0; i < COUNT(rules); i++)
		if (same(code, rules[i].code))
			return tell(&rules[i], &a, err);
	what = plain_question(&a);
	return http_refusal(reply, what, err);
}
