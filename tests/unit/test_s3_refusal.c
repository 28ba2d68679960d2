#include "unit/unit.h"

#include "base/clock.h"
#include "base/text.h"
#include "pull/s3_refusal.h"

#define DOCUMENT(code, more) "<?xml version=\"1.0\"?>\n<Error><Code>" code "</Code>" more "<RequestId>1</RequestId></Error>"

/* What the stores say, and what it must come to. */
static const struct {
	int status;
	const char *body;
	const char *header, *value; /* NULL: none */
	bool of_object, nobody;
	enum error_kind kind;
	const char *told[3]; /* parts of the sentence */
} answers[] = {
	{403, DOCUMENT("RequestTimeTooSkewed", "<ServerTime>2026-11-22T06:15:00Z</ServerTime>"), NULL, NULL, false, false,
	 ERR_CLOCK, {"2026-11-22T04:15:00Z", "2026-11-22T06:15:00Z", "NTP"}},
	{403, DOCUMENT("RequestTimeTooSkewed", ""), "date", "Sun, 22 Nov 2026 06:15:00 GMT", false, false, ERR_CLOCK,
	 {"signed at 2026-11-22T04:15:00Z", "says 2026-11-22T06:15:00Z"}},
	{403, DOCUMENT("RequestTimeTooSkewed", ""), NULL, NULL, false, false, ERR_CLOCK, {"another time"}},
	{403, DOCUMENT("SignatureDoesNotMatch", ""), NULL, NULL, false, false, ERR_REFUSED, {"'AKTEST'", "secret-key-file"}},
	{403, DOCUMENT("InvalidAccessKeyId", ""), NULL, NULL, false, false, ERR_REFUSED,
	 {"does not know", "'AKTEST'", "session-token-file"}},
	{400, DOCUMENT("ExpiredToken", ""), NULL, NULL, false, false, ERR_REFUSED, {"expired", "session-token-file"}},
	{400, DOCUMENT("InvalidToken", ""), NULL, NULL, false, false, ERR_REFUSED, {"session token", "session-token-file"}},
	{404, DOCUMENT("NoSuchBucket", ""), NULL, NULL, false, false, ERR_SOURCE, {"no bucket 'backups'", "correct url"}},
	{404, "", NULL, NULL, false, false, ERR_SOURCE, {"no bucket 'backups'"}},
	{404, DOCUMENT("NoSuchKey", ""), NULL, NULL, true, false, ERR_NOTHING, {"'daily/shop.dump'"}},
	{404, "gone", NULL, NULL, true, false, ERR_NOTHING, {"'daily/shop.dump'"}},
	{404, DOCUMENT("NoSuchVersion", ""), NULL, NULL, true, false, ERR_NOTHING, {"version"}},
	/* listing needs one permission, reading the other */
	{403, DOCUMENT("AccessDenied", "<Message>not\x01authorized</Message>"), NULL, NULL, false, false, ERR_DATA, {NULL}},
	{403, DOCUMENT("AccessDenied", "<Message>not authorized</Message>"), NULL, NULL, false, false, ERR_PRIVILEGE,
	 {"s3:ListBucket on arn:aws:s3:::backups", "AccessDenied: not authorized", "the access key 'AKTEST'"}},
	{403, DOCUMENT("AccessDenied", ""), NULL, NULL, true, false, ERR_PRIVILEGE,
	 {"s3:GetObject on arn:aws:s3:::backups/daily/*", "'daily/shop.dump'"}},
	{403, "", NULL, NULL, true, false, ERR_PRIVILEGE, {"s3:GetObject", "status 403"}},
	{403, DOCUMENT("AccessDenied", ""), NULL, NULL, false, true, ERR_PRIVILEGE,
	 {"everybody", "give access-key", "s3:ListBucket"}},
	{403, DOCUMENT("InvalidObjectState", "<StorageClass>DEEP_ARCHIVE</StorageClass>"), NULL, NULL, true, false, ERR_SOURCE,
	 {"archive", "DEEP_ARCHIVE", "restore it"}},
	{403, DOCUMENT("InvalidObjectState", ""), "x-amz-storage-class", "GLACIER", true, false, ERR_SOURCE, {"class GLACIER)"}},
	/* another region, however it is said */
	{301, DOCUMENT("PermanentRedirect", ""), "x-amz-bucket-region", "eu-west-1", false, false, ERR_SOURCE,
	 {"is in the region 'eu-west-1'", "write region = eu-west-1", "endpoint of that region"}},
	{301, "", "x-amz-bucket-region", "eu-west-1", false, false, ERR_SOURCE, {"write region = eu-west-1"}},
	{307, DOCUMENT("TemporaryRedirect", ""), "x-amz-bucket-region", "eu-west-1", false, false, ERR_SOURCE,
	 {"write region = eu-west-1"}},
	{400, DOCUMENT("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"), NULL, NULL, false, false, ERR_SOURCE,
	 {"write region = eu-west-1"}},
	{400, DOCUMENT("AuthorizationHeaderMalformed", ""), NULL, NULL, false, false, ERR_SOURCE,
	 {"'us-east-1'", "correct region"}},
	{301, DOCUMENT("PermanentRedirect", ""), NULL, NULL, false, false, ERR_SOURCE, {"correct region"}},
	{307, DOCUMENT("TemporaryRedirect", ""), "x-amz-bucket-region", "us-east-1", false, false, ERR_NETWORK, {"try again"}},
	/* a bucket's region is told with other answers too, and means nothing there */
	{403, DOCUMENT("SignatureDoesNotMatch", ""), "x-amz-bucket-region", "eu-west-1", false, false, ERR_REFUSED,
	 {"secret-key-file"}},
	{501, DOCUMENT("NotImplemented", "<Message>A header</Message>"), NULL, NULL, false, false, ERR_SOURCE,
	 {"NotImplemented: A header"}},
	/* what is left to HTTP keeps the store's own words */
	{503, DOCUMENT("SlowDown", "<Message>Please reduce</Message>"), NULL, NULL, false, false, ERR_NETWORK,
	 {"SlowDown: Please reduce"}},
	{500, "<html>", NULL, NULL, false, false, ERR_NETWORK, {"'the list of backups'"}},
	{400, DOCUMENT("KMS.DisabledException", "<Message>arn is disabled.</Message>"), NULL, NULL, true, false, ERR_SOURCE,
	 {"'backups/daily/shop.dump (KMS.DisabledException: arn is disabled.)'"}},
};

static void test_each_has_its_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct source_config source = {.bucket = "backups",
					       .prefix = "daily/",
					       .region = "us-east-1",
					       .endpoint = {.host = "s3.us-east-1.example.com"},
					       .access_key = answers[i].nobody ? NULL : "AKTEST"};
		const struct s3_question q = {&source, answers[i].of_object ? "daily/shop.dump" : NULL,
					      time_parse_rfc3339("2026-11-22T04:15:00Z")};
		CLEANUP(s3_error_done) struct s3_error said = s3_error_read(answers[i].body, strlen(answers[i].body));
		CLEANUP(http_reply_done) struct http_reply reply = {.status = answers[i].status};
		struct error err = {0};

		if (answers[i].kind == ERR_DATA) {
			assert_null(said.code); /* no XML */
			continue;
		}
		if (answers[i].header) {
			strings_add(&reply.names, answers[i].header);
			strings_add(&reply.values, answers[i].value);
		}
		assert_int_equal(s3_refusal(&q, &reply, &said, &err), -1);
		for (size_t k = 0; k < COUNT(answers[i].told) && answers[i].told[k]; k++)
			if (err.kind != answers[i].kind || !strstr(err.text, answers[i].told[k]))
				fail_msg("%d %s\ncame to %s: %s", answers[i].status, answers[i].body, error_word(err.kind),
					 err.text);
		assert_null(strchr(err.text, '%'));
		assert_true(strlen(err.text) < sizeof(err.text) - 1);
	}
}

/* Only an endpoint that is a region's, and is not derived from it, has to be changed with it. */
static void test_which_endpoint_goes_with_a_region(void **state)
{
	static const struct {
		char *host;
		bool told;
	} cases[] = {
		{"s3.us-east-1.amazonaws.com", false}, {"s3.amazonaws.com", true}, {"s3.us-east-1.wasabisys.com", true},
		{"nas.example.com", false}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct source_config source = {
			.bucket = "b", .prefix = "", .region = "us-east-1", .endpoint = {.host = cases[i].host}};
		const struct s3_question q = {.source = &source};
		CLEANUP(http_reply_done) struct http_reply reply = {.status = 301};
		const struct s3_error said = {.code = "PermanentRedirect", .region = "eu-west-1"};
		struct error err = {0};

		assert_int_equal(s3_refusal(&q, &reply, &said, &err), -1);
		assert_true(ends_with(err.text, cases[i].told ? "and the endpoint of that region" : "write region = eu-west-1"));
	}
}

/* A store may say as much as it likes, and what it likes. */
static void test_long_and_hostile_words(void **state)
{
	CLEANUP(text_done) struct text words = {0};
	autofree char *body = NULL;
	struct source_config source = {.bucket = "b", .prefix = "", .region = "r", .endpoint = {.host = "h"}, .access_key = "AK"};
	const struct s3_question q = {.source = &source};
	CLEANUP(s3_error_done) struct s3_error said = {0};
	CLEANUP(http_reply_done) struct http_reply reply = {.status = 403};
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < 2500; i++)
		text_add(&words, "\xc3\xa9");
	body = format("<Error><Code>AccessDenied</Code><Message>\xc2\x9b%%s\n&#13;%s</Message></Error>", words.data);
	said = s3_error_read(body, strlen(body));
	assert_non_null(said.message);
	assert_int_equal(s3_refusal(&q, &reply, &said, &err), -1);
	assert_true(is_utf8(err.text));
	assert_null(strchr(err.text, '\n'));
	assert_null(strchr(err.text, '\r'));
	assert_non_null(strstr(err.text, "..."));
	assert_true(ends_with(err.text, "allow it s3:ListBucket on arn:aws:s3:::b"));
}

static void test_no_error_document(void **state)
{
	static const char *const bodies[] = {"", "<html/>", "<Error>", "<!DOCTYPE Error><Error><Code>AccessDenied</Code></Error>",
					     "<Other><Error><Code>AccessDenied</Code></Error></Other>", "<Error><Code/></Error>"};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		CLEANUP(s3_error_done) struct s3_error said = s3_error_read(bodies[i], strlen(bodies[i]));

		assert_null(said.code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_has_its_sentence),
		cmocka_unit_test(test_which_endpoint_goes_with_a_region),
		cmocka_unit_test(test_long_and_hostile_words),
		cmocka_unit_test(test_no_error_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
