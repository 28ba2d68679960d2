#include "unit/unit.h"

#include "base/text.h"
#include "pull/place_ops.h"

static void read_source(struct source_config *s, const char *url)
{
	struct error err = {0};

	source_config_init(s, "shop");
	if (source_config_set(s, "/", "source", "url", url, &err) < 0 ||
	    source_config_set(s, "/", "source", "address", "127.0.0.1", &err) < 0 || source_config_finish(s, &err) < 0)
		fail_msg("%s: %s", url, err.text);
}

/* Port 1 of the loopback: nothing listens there. */
static void test_each_kind_is_asked_where_it_is(void **state)
{
	static const char *const cases[][3] = {
		{"https://db.drillbox.test:1/dumps/", NULL, NULL},
		{"https://db.drillbox.test:1/shop.dump", NULL, NULL},
		{"s3://bucket/shop/", "endpoint", "https://s3.drillbox.test:1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(source_config_done) struct source_config source = {0};
		CLEANUP(place_close) struct place *place = NULL;
		const struct remote r = {.name = "a", .where = i == 2 ? "shop/a" : "/dumps/a"};
		struct place_part part = {0};
		struct remotes list = {0};
		struct error err = {0};
		int64_t there, here;
		char *bytes = NULL;
		size_t n = 7;

		read_source(&source, cases[i][0]);
		if (cases[i][1])
			assert_int_equal(source_config_set(&source, "/", "source", cases[i][1], cases[i][2], &err), 0);
		assert_int_equal(place_open(&source, &(struct place_secrets){0}, &place, &err), 0);
		assert_false(place_clock(place, &there, &here));
		assert_null(place_connection(place));
		assert_int_equal(place_list(place, NULL, deadline_in(NO_DEADLINE, 5000), &list, &err), -1);
		assert_int_equal(err.kind, ERR_NETWORK);
		assert_int_equal(place_get(place, &r, 0, deadline_in(NO_DEADLINE, 5000), &part, &err), -1);
		assert_int_equal(err.kind, ERR_NETWORK);
		assert_int_equal(place_beside(place, &r, ".sha256", 10, deadline_in(NO_DEADLINE, 5000), &bytes, &n, &err), -1);
		assert_int_equal(err.kind, ERR_NETWORK);
		assert_int_equal(list.count, 0);
		assert_null(bytes);
	}
}

static void test_how_a_server_is_spoken_to(void **state)
{
	CLEANUP(source_config_done) struct source_config source = {0};
	struct http_options options;
	struct error err = {0};

	(void)state;
	read_source(&source, "https://db.drillbox.test:1/dumps/");
	assert_int_equal(source_config_set(&source, "/", "pull", "limit", "1 kB/s", &err), 0);
	assert_int_equal(source_config_set(&source, "/", "source", "proxy", "http://proxy:3128", &err), 0);
	assert_int_equal(source_config_set(&source, "/", "source", "ca", "/ca.pem", &err), 0);
	options = place_http_options(&source);
	assert_string_equal(options.address, "127.0.0.1");
	assert_string_equal(options.proxy, "http://proxy:3128");
	assert_string_equal(options.tls.ca, "/ca.pem");
	/* not what a byte a second keeps alive, and nothing that the narrowest limit could come near */
	assert_in_range(options.slowest, 100, source.limit / 2);
	assert_int_equal(options.patience_s, 0);
}

static void test_a_live_server_is_no_place(void **state)
{
	CLEANUP(source_config_done) struct source_config source = {0};
	CLEANUP(place_close) struct place *place = NULL;
	struct error err = {0};

	(void)state;
	read_source(&source, "postgresql://db/shop");
	assert_int_equal(place_open(&source, &(struct place_secrets){0}, &place, &err), -1);
	assert_int_equal(err.kind, ERR_BUG);
	assert_null(place);
}

static void test_a_part_is_given_back(void **state)
{
	struct place_part part = {.from = 3, .etag = xstrdup("\"x\""), .version = xstrdup("v")};

	(void)state;
	place_part_done(&part);
	assert_null(part.etag);
	assert_null(part.version);
	assert_int_equal(part.from, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_is_asked_where_it_is),
		cmocka_unit_test(test_how_a_server_is_spoken_to),
		cmocka_unit_test(test_a_live_server_is_no_place),
		cmocka_unit_test(test_a_part_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
