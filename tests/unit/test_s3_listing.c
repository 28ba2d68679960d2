#include "unit/unit.h"

#include "base/clock.h"
#include "base/text.h"
#include "pull/s3_listing.h"

#define BEGIN "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define END "</ListBucketResult>"
#define LAST "<IsTruncated>false</IsTruncated>"
#define ENCODED "<EncodingType>url</EncodingType>"
#define OBJECT(key)                                                                                                             \
	"<Contents><Key>" key "</Key><LastModified>2026-11-22T04:15:07.000Z</LastModified><ETag>&quot;"                         \
	"d41d8cd98f00b204e9800998ecf8427e-3&quot;</ETag><Size>412</Size><StorageClass>STANDARD</StorageClass></Contents>"

static int add(const char *xml, const char *prefix, struct remotes *list, struct s3_page *page, struct error *err)
{
	return s3_listing_add(xml, strlen(xml), prefix, list, page, err);
}

static void test_a_page(void **state)
{
	const char *xml = BEGIN "<Name>backups</Name><Prefix>daily/sh</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>"
				"<Delimiter>/</Delimiter>" ENCODED LAST OBJECT("daily/shop_20261122_041500.dump")
		"<Contents><Key>daily/shop.json</Key></Contents>"
		"<CommonPrefixes><Prefix>daily/shelf/</Prefix></CommonPrefixes>" END;
	CLEANUP(remotes_done) struct remotes list = {0};
	CLEANUP(s3_page_done) struct s3_page page = {0};
	struct error err = {0};

	(void)state;
	if (add(xml, "daily/sh", &list, &page, &err) < 0)
		fail_msg("%s", err.text);
	assert_null(page.next);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].name, "shop_20261122_041500.dump");
	assert_string_equal(list.items[0].where, "daily/shop_20261122_041500.dump");
	assert_int_equal(list.items[0].bytes, 412);
	assert_int_equal(list.items[0].modified, time_parse_rfc3339("2026-11-22T04:15:07Z"));
	assert_false(list.items[0].modified_to_minute);
	assert_string_equal(list.items[0].etag, "\"d41d8cd98f00b204e9800998ecf8427e-3\"");
	/* no digest, whatever an ETag looks like */
	assert_string_equal(list.items[0].sha256, "");
	assert_null(list.items[0].version);
	assert_string_equal(list.items[1].name, "shop.json");
	assert_int_equal(list.items[1].bytes, -1);
	assert_int_equal(list.items[1].modified, TIME_UNKNOWN);
	assert_null(list.items[1].etag);
}

static void test_pages_add_up(void **state)
{
	CLEANUP(remotes_done) struct remotes list = {0};
	struct s3_page page = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(add(BEGIN "<IsTruncated>true</IsTruncated>" OBJECT("a") OBJECT("b/") OBJECT("c")
				     "<NextContinuationToken>1/+=&amp;</NextContinuationToken>" END,
			     "", &list, &page, &err),
			 0);
	assert_string_equal(page.next, "1/+=&");
	s3_page_done(&page);
	assert_int_equal(add(BEGIN LAST OBJECT("d") END, "", &list, &page, &err), 0);
	assert_null(page.next);
	/* an empty bucket */
	assert_int_equal(add(BEGIN LAST END, "", &list, &page, &err), 0);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[1].name, "c");
	assert_string_equal(list.items[2].name, "d");
}

/* How a key is named, by what was asked for; NULL: it is left out. */
static void test_keys_and_names(void **state)
{
	static const struct {
		const char *prefix, *head, *key, *where, *name;
	} cases[] = {
		{"", ENCODED, "a+b%2Bc%3Ad%25%C3%A9.dump", "a b+c:d%\xc3\xa9.dump", "a b+c:d%\xc3\xa9.dump"},
		{"", ENCODED, "a%20b", "a b", "a b"},
		{"", "", "a+b%2Bc", "a+b%2Bc", "a+b%2Bc"},
		{"", "", "x &amp; &lt;y&gt;", "x & <y>", "x & <y>"},
		{"x/y/", ENCODED, "x%2Fy%2Fz", "x/y/z", "z"},
		{"x/y", "", "x/yz", "x/yz", "yz"},
		{"x/", "", "x/y/z", NULL, NULL},
		{"x/", "", "x/", NULL, NULL},
		{"x/", "", "x/y/", NULL, NULL},
		{"", ENCODED, "a%0Ab", NULL, NULL},
		{"", ENCODED, "a%FFb", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(remotes_done) struct remotes list = {0};
		CLEANUP(s3_page_done) struct s3_page page = {0};
		autofree char *xml = format(BEGIN LAST "<Contents><Key>%s</Key></Contents>%s" END, cases[i].key, cases[i].head);
		struct error err = {0};

		if (add(xml, cases[i].prefix, &list, &page, &err) < 0)
			fail_msg("%s: %s", cases[i].key, err.text);
		assert_int_equal(list.count, cases[i].name ? 1 : 0);
		if (!cases[i].name)
			continue;
		assert_string_equal(list.items[0].where, cases[i].where);
		assert_string_equal(list.items[0].name, cases[i].name);
	}
}

static void test_an_etag_without_quotes(void **state)
{
	CLEANUP(remotes_done) struct remotes list = {0};
	CLEANUP(s3_page_done) struct s3_page page = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(add(BEGIN LAST "<Contents><Key>a</Key><ETag>abc</ETag></Contents><Contents><ETag/><Key>b</Key></"
					"Contents>" END,
			     "", &list, &page, &err),
			 0);
	assert_string_equal(list.items[0].etag, "\"abc\"");
	assert_null(list.items[1].etag);
}

static void test_what_is_no_page(void **state)
{
	autofree char *key = xcalloc(S3_KEY_CAP + 2, 1);
	autofree char *long_key =
		(memset(key, 'k', S3_KEY_CAP + 1), format(BEGIN LAST "<Contents><Key>%s</Key></Contents>" END, key));
	const struct {
		const char *prefix, *xml, *told;
	} cases[] = {
		{"", "", "no XML"},
		{"", "<html><body>hello</body></html>", "<html>"},
		{"", "<Error><Code>X</Code></Error>", "<Error>"},
		{"", BEGIN END, "whether it is the last"},
		{"", BEGIN "<IsTruncated>maybe</IsTruncated>" END, "whether it is the last"},
		{"", BEGIN "<IsTruncated>true</IsTruncated>" END, "ListObjectsV2"},
		{"", BEGIN "<IsTruncated>true</IsTruncated><NextContinuationToken/>" END, "ListObjectsV2"},
		{"", BEGIN LAST "<Contents><Size>1</Size></Contents>" END, "without a Key"},
		{"", BEGIN LAST "<Contents><Key>a</Key><Size>-1</Size></Contents>" END, "Size"},
		{"", BEGIN LAST "<Contents><Key>a</Key><Size>99999999999999999999</Size></Contents>" END, "Size"},
		{"", BEGIN LAST "<Contents><Key>a</Key><LastModified>yesterday</LastModified></Contents>" END, "LastModified"},
		{"", BEGIN ENCODED LAST "<Contents><Key>a%2</Key></Contents>" END, "encoded"},
		{"", BEGIN ENCODED LAST "<Contents><Key>a%</Key></Contents>" END, "encoded"},
		{"", BEGIN ENCODED LAST "<Contents><Key>a%00b</Key></Contents>" END, "encoded"},
		{"", BEGIN ENCODED LAST "<Contents><Key>a%zz</Key></Contents>" END, "encoded"},
		{"x/", BEGIN LAST OBJECT("y/z") END, "not asked for"},
		{"", long_key, "1024"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(remotes_done) struct remotes list = {0};
		struct s3_page page = {0};
		struct error err = {0};

		if (add(cases[i].xml, cases[i].prefix, &list, &page, &err) != -1 || err.kind != ERR_DATA ||
		    !strstr(err.text, cases[i].told))
			fail_msg("%s: %s", cases[i].xml, err.text);
		assert_null(page.next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_page),		       cmocka_unit_test(test_pages_add_up),
		cmocka_unit_test(test_keys_and_names),	       cmocka_unit_test(test_an_etag_without_quotes),
		cmocka_unit_test(test_what_is_no_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
