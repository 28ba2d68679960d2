#include "unit/unit.h"

#include "base/text.h"
#include "port/http.h"
#include "unit/peer.h"

/* A client that believes the peers' authority and dials the loopback. */
static struct http *client_with(struct http_options options)
{
	autofree char *ca = peer_file("ca.pem");
	struct http *http = NULL;
	struct error err = {0};

	if (!options.tls.ca)
		options.tls.ca = ca;
	options.address = options.address ? options.address : "127.0.0.1";
	if (http_new(&options, &http, &err) < 0)
		fail_msg("%s", err.text);
	return http;
}

static struct web_url url_of(const char *peer, const char *path)
{
	struct web_url url = {0};
	struct error err = {0};
	char port[8];
	autofree char *text = format("https://" PEER_HOST ":%s%s", peer_port(peer, port), path);

	if (web_url_parse(text, &url, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return url;
}

/* GET 'path' whole; -1 and *err. */
static int get(struct http *http, const char *peer, const char *path, char **ret_body, size_t *ret_n, struct error *err)
{
	CLEANUP(web_url_done) struct web_url url = url_of(peer, path);
	CLEANUP(http_reply_done) struct http_reply reply = {0};

	if (http_ask(http, &(struct http_request){.url = &url}, soon(10000), &reply, err) < 0)
		return -1;
	return http_read_all(http, 4 << 20, soon(10000), ret_body, ret_n, err);
}

static void test_bodies_come_whole(void **state)
{
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	static const char *const paths[] = {"/big", "/chunks", "/small-chunks", "/bytes"};
	static const size_t sizes[] = {1 << 20, 1 << 20, 30000, 18};

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		autofree char *body = NULL;
		struct error err = {0};
		size_t n = 0;

		if (get(http, "bodies", paths[i], &body, &n, &err) < 0)
			fail_msg("%s: %s", paths[i], err.text);
		assert_int_equal(n, sizes[i]);
		for (size_t k = 0; i < 3 && k < n; k++)
			if ((unsigned char)body[k] != k % 256)
				fail_msg("%s: byte %zu", paths[i], k);
	}
}

/* --- answers that are not taken, and those that are --- */

static const struct {
	const char *path;
	const char *body; /* NULL: it fails */
	enum error_kind kind;
	const char *told;
} answers[] = {
	{"/old-http", "old", ERR_NONE, NULL},
	{"/few-trailers", "abc", ERR_NONE, NULL},
	{"/some-extension", "abc", ERR_NONE, NULL},
	{"/interim", "final", ERR_NONE, NULL},
	{"/surplus", "abc", ERR_NONE, NULL},
	{"/short", NULL, ERR_NETWORK, "ended the connection after 10 B of 100 B"},
	{"/cut-chunk", NULL, ERR_NETWORK, "before the last chunk"},
	{"/no-last-chunk", NULL, ERR_NETWORK, "before the last chunk"},
	{"/no-length", NULL, ERR_NETWORK, "does not say how long its answer is"},
	{"/both", NULL, ERR_DATA, "Transfer-Encoding"},
	{"/two-lengths", NULL, ERR_DATA, "UNEXPECTED_CONTENT_LENGTH"},
	{"/signed-length", NULL, ERR_DATA, "CONTENT_LENGTH"},
	{"/huge-length", NULL, ERR_DATA, "beyond all measure"},
	{"/gzip-coding", NULL, ERR_DATA, "Transfer-Encoding other than chunked"},
	{"/flood", NULL, ERR_DATA, "its headers are beyond all measure"},
	{"/one-header", NULL, ERR_DATA, "its headers are beyond all measure"},
	{"/blanks", NULL, ERR_DATA, "goes on and on"},
	{"/trailers", NULL, ERR_DATA, "its headers are beyond all measure"},
	{"/extension", NULL, ERR_DATA, "extensions are beyond all measure"},
	{"/interims", NULL, ERR_DATA, "again and again"},
	{"/switch", NULL, ERR_DATA, "another protocol"},
	{"/no-http", NULL, ERR_DATA, "is not taken"},
	{"/http2", NULL, ERR_DATA, "another version of HTTP"},
	{"/half-head", NULL, ERR_NETWORK, "in the middle of its answer's headers"},
	{"/nothing", NULL, ERR_NETWORK, "without an answer"},
	{"/gzip", NULL, ERR_DATA, "encoded (gzip)"},
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
		autofree char *body = NULL;
		struct error err = {0};
		size_t n = 0;
		int status = get(http, "answers", answers[i].path, &body, &n, &err);

		if (answers[i].body && (status < 0 || !same(body, answers[i].body)))
			fail_msg("%s: %s", answers[i].path, status < 0 ? err.text : body);
		if (!answers[i].body && (status == 0 || err.kind != answers[i].kind || !strstr(err.text, answers[i].told)))
			fail_msg("%s came to %s: %s", answers[i].path, status == 0 ? body : error_word(err.kind), err.text);
	}
}

/* Without close_notify, what has come whole is good, and anything else is cut off. */
static void test_an_abrupt_end(void **state)
{
	static const char *const whole[] = {"/old-http", "/few-trailers", "/interim"};
	static const char *const cut[] = {"/short", "/cut-chunk", "/no-last-chunk", "/half-head", "/nothing"};

	(void)state;
	for (size_t i = 0; i < COUNT(whole) + COUNT(cut); i++) {
		CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
		const char *path = i < COUNT(whole) ? whole[i] : cut[i - COUNT(whole)];
		autofree char *body = NULL;
		struct error err = {0};
		size_t n;
		int status = get(http, "abrupt", path, &body, &n, &err);

		if (i < COUNT(whole) ? status < 0 : status == 0 || err.kind != ERR_NETWORK)
			fail_msg("%s came to %s: %s", path, error_word(err.kind), err.text);
	}
}

/* --- asking --- */

/* Ask and read all; the body in *ret_body, the rest in *ret. */
static void ask(struct http *http, const struct http_request *request, struct http_reply *ret, char **ret_body)
{
	struct error err = {0};
	size_t n;

	free(*ret_body);
	*ret_body = NULL;
	http_reply_done(ret);
	if (http_ask(http, request, soon(10000), ret, &err) < 0 ||
	    http_read_all(http, 4 << 20, soon(10000), ret_body, &n, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_what_is_asked(void **state)
{
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	CLEANUP(web_url_done) struct web_url url = url_of("good", "/dumps/a%20b?list=1");
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	static const struct http_header headers[] = {{"Range", "bytes=5-", true}, {"X-Other", "y", true}};
	autofree char *body = NULL, *host = format("Host: " PEER_HOST ":%s\r\n", url.port);

	(void)state;
	ask(http, &(struct http_request){.url = &url, .headers = headers, .header_count = 2}, &reply, &body);
	assert_int_equal(reply.status, 200);
	assert_int_equal(reply.length, strlen(body));
	assert_non_null(strstr(body, "GET /dumps/a%20b?list=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(body, host));
	assert_non_null(strstr(body, "Accept-Encoding: identity\r\n"));
	assert_non_null(strstr(body, "Range: bytes=5-\r\nX-Other: y"));
	assert_null(strstr(body, "Content-Length"));
	assert_string_equal(reply.url.path, "/dumps/a%20b");
}

static void test_a_header_cannot_smuggle(void **state)
{
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	CLEANUP(web_url_done) struct web_url url = url_of("good", "/");
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	const struct http_header bad = {"X-Bad", "a\r\nHost: other", true};
	struct error err = {0};

	(void)state;
	assert_int_equal(
		http_ask(http, &(struct http_request){.url = &url, .headers = &bad, .header_count = 1}, soon(5000), &reply, &err),
		-1);
	assert_int_equal(err.kind, ERR_BUG);
}

static void test_post(void **state)
{
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	CLEANUP(web_url_done) struct web_url url = url_of("elsewhere", "/hook");
	CLEANUP(web_url_done) struct web_url moved = url_of("elsewhere", "/steps/1");
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	static const char large[20000] = "large";
	autofree char *body = NULL;

	(void)state;
	ask(http, &(struct http_request){.method = "POST", .url = &url, .body = "{\"a\":1}", .body_n = 7}, &reply, &body);
	assert_true(starts_with(body, "connection 0\nPOST /hook HTTP/1.1\r\n"));
	assert_non_null(strstr(body, "Content-Length: 7"));
	assert_true(ends_with(body, "\n{\"a\":1}"));
	/* never on an old connection, which may have been closed without our knowing */
	ask(http, &(struct http_request){.method = "POST", .url = &url, .body = large, .body_n = sizeof(large)}, &reply, &body);
	assert_true(starts_with(body, "connection 1\n"));
	assert_true(reply.length > (int64_t)sizeof(large));
	ask(http, &(struct http_request){.method = "POST", .url = &url}, &reply, &body);
	assert_non_null(strstr(body, "Content-Length: 0"));
	ask(http, &(struct http_request){.method = "POST", .url = &moved, .body = "x", .body_n = 1}, &reply, &body);
	assert_int_equal(reply.status, 301);
	assert_string_equal(http_header(&reply, "location"), "/steps/0");
}

static void test_no_body(void **state)
{
	static const struct {
		const char *method, *path;
		int status;
		int64_t length;
	} cases[] = {{"HEAD", "/head", 200, 1000}, {"GET", "/204", 204, 0}, {"GET", "/304", 304, 0}, {"HEAD", "/304", 304, 77}};
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	autofree char *body = NULL, *last = NULL;
	struct error err = {0};
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(web_url_done) struct web_url url = url_of("bodies", cases[i].path);
		CLEANUP(http_reply_done) struct http_reply reply = {0};

		ask(http, &(struct http_request){.method = cases[i].method, .url = &url}, &reply, &body);
		assert_int_equal(reply.status, cases[i].status);
		assert_int_equal(reply.length, cases[i].length);
		assert_string_equal(body, "");
	}
	/* all of them left the connection as it was */
	assert_int_equal(get(http, "bodies", "/", &last, &n, &err), 0);
	assert_true(starts_with(last, "connection "));
	assert_int_equal(n, strlen(last));
}

/* The number of the connection on which 'peer' answers. */
static int connection_of(struct http *http, const char *peer, const char *path)
{
	autofree char *body = NULL;
	struct error err = {0};
	size_t n;

	if (get(http, peer, path, &body, &n, &err) < 0)
		fail_msg("%s%s: %s", peer, path, err.text);
	assert_true(starts_with(body, "connection "));
	return atoi(body + strlen("connection "));
}

static void test_a_connection_is_kept(void **state)
{
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	CLEANUP(web_url_done) struct web_url url = url_of("bodies", "/chunks");
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	int first = connection_of(http, "bodies", "/");
	struct error err = {0};
	char some[100];
	size_t n;

	(void)state;
	assert_int_equal(connection_of(http, "bodies", "/"), first);
	assert_non_null(http_connection(http));
	/* a long body that nobody reads to its end is not worth it */
	assert_int_equal(http_ask(http, &(struct http_request){.url = &url}, soon(5000), &reply, &err), 0);
	assert_int_equal(reply.length, -1);
	assert_int_equal(http_read(http, some, sizeof(some), soon(5000), &n, &err), 0);
	assert_int_equal(connection_of(http, "bodies", "/"), first + 1);
}

static void test_a_connection_that_was_closed(void **state)
{
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	struct error err = {0};
	autofree char *body = NULL;
	size_t n;

	(void)state;
	assert_int_equal(connection_of(http, "forgetful", "/"), 0);
	usleep(50000);
	assert_int_equal(connection_of(http, "forgetful", "/"), 1);
	assert_int_equal(connection_of(http, "sulking", "/"), 0);
	assert_int_equal(connection_of(http, "sulking", "/"), 1);
	assert_int_equal(connection_of(http, "forward", "/"), 0);
	usleep(200000);
	assert_int_equal(connection_of(http, "forward", "/"), 1);
	/* but a first question that gets no answer is asked once only */
	assert_int_equal(get(http, "reading-only", "/", &body, &n, &err), -1);
	assert_int_equal(err.kind, ERR_NETWORK);
	assert_int_equal(connection_of(http, "reading-only", "/"), 1);
	/* what comes beside an answer is not taken for the next one */
	assert_int_equal(get(http, "answers", "/surplus", &body, &n, &err), 0);
	assert_null(strstr(body, "evl"));
	free(take(body));
	assert_int_equal(get(http, "answers", "/old-http", &body, &n, &err), 0);
	assert_string_equal(body, "old");
}

/* --- redirects --- */

/* A path of 'elsewhere' that points to 'path' of 'peer' by 'host'. */
static char *pointer_to(const char *host, const char *peer, const char *path)
{
	char port[8];
	autofree char *url = format("https://%s:%s%s", host, peer_port(peer, port), path);
	autofree char *coded = hex((const unsigned char *)url, strlen(url));

	return format("/to/%s", coded);
}

static void test_redirects(void **state)
{
	static const struct http_header headers[] = {{"Authorization", "Bearer secret", false}, {"Range", "bytes=7-", true}};
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	autofree char *body = NULL, *same_host = pointer_to(PEER_HOST, "elsewhere", "/there"),
		      *other_port = pointer_to(PEER_HOST, "good", "/there"),
		      *other_host = pointer_to("127.0.0.1", "good", "/there");
	CLEANUP(web_url_done) struct web_url steps = url_of("elsewhere", "/steps/5");
	CLEANUP(web_url_done) struct web_url here = url_of("elsewhere", same_host), there = url_of("elsewhere", other_port);
	CLEANUP(web_url_done) struct web_url away = url_of("elsewhere", other_host);
	struct http_request request = {.url = &steps, .headers = headers, .header_count = COUNT(headers)};
	int connection = connection_of(http, "elsewhere", "/");

	(void)state;
	ask(http, &request, &reply, &body);
	assert_string_equal(reply.url.path, "/steps/0");
	/* the bodies of five redirects were read past */
	assert_int_equal(atoi(body + strlen("connection ")), connection);
	assert_non_null(strstr(body, "Bearer secret"));
	request.url = &here;
	ask(http, &request, &reply, &body);
	assert_non_null(strstr(body, "GET /there"));
	assert_non_null(strstr(body, "Bearer secret"));
	request.url = &there;
	ask(http, &request, &reply, &body);
	assert_non_null(strstr(body, "GET /there"));
	assert_null(strstr(body, "Bearer"));
	request.url = &away;
	ask(http, &request, &reply, &body);
	assert_string_equal(reply.url.host, "127.0.0.1");
	assert_null(strstr(body, "Bearer"));
	/* what is no secret goes along */
	assert_non_null(strstr(body, "Range: bytes=7-"));
	request.no_redirects = true;
	ask(http, &request, &reply, &body);
	assert_int_equal(reply.status, 302);
	assert_string_equal(body, "moved");
}

static void test_redirects_that_are_refused(void **state)
{
	static const char plain[] = "http://" PEER_HOST "/x", file[] = "file:///etc/passwd";
	autofree char *to_plain = hex((const unsigned char *)plain, strlen(plain)),
		      *to_file = hex((const unsigned char *)file, strlen(file));
	autofree char *plain_path = format("/to/%s", to_plain), *file_path = format("/to/%s", to_file);
	const char *const paths[] = {"/circle/1", "/steps/6", plain_path, file_path};
	const char *const told[] = {"in a circle", "after 5 others", "points elsewhere", "points elsewhere"};
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		autofree char *body = NULL, *path = format("%s?key=sesame", paths[i]);
		struct error err = {0};
		size_t n;

		assert_int_equal(get(http, "elsewhere", path, &body, &n, &err), -1);
		if (err.kind != ERR_DATA || !strstr(err.text, told[i]) || strstr(err.text, "sesame"))
			fail_msg("%s came to %s: %s", path, error_word(err.kind), err.text);
	}
}

/* Who we are is not told to a host that another one points to. */
static void test_our_certificate_stays_home(void **state)
{
	autofree char *cert = peer_file("client.pem"), *key = peer_file("client.key"), *body = NULL;
	CLEANUP(http_free) struct http *http = client_with((struct http_options){.tls = {.client_cert = cert, .client_key = key}});
	autofree char *path = pointer_to(PEER_HOST, "client", "/");
	struct error err = {0};
	size_t n;

	(void)state;
	assert_int_equal(get(http, "client", "/", &body, &n, &err), 0);
	free(take(body));
	assert_int_equal(get(http, "elsewhere", path, &body, &n, &err), -1);
	assert_non_null(strstr(err.text, "wants a client certificate"));
}

/* --- time --- */

static void test_slow_ones(void **state)
{
	static const struct {
		const char *path;
		int64_t slowest;
		const char *told;
	} cases[] = {
		{"/stall", 0, "too slow: 0 B a second over 1 s"},
		{"/drip", 1000, "at least 1.0 kB are asked for"},
		{"/silent", 0, "did not answer in time"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(http_free) struct http *http =
			client_with((struct http_options){.slowest = cases[i].slowest, .patience_s = 1});
		int64_t began = clock_mono_ms();
		autofree char *body = NULL;
		struct error err = {0};
		size_t n;
		int status = get(http, "bodies", cases[i].path, &body, &n, &err);

		if (status == 0 || err.kind != ERR_TIMEOUT || !strstr(err.text, cases[i].told))
			fail_msg("%s came to %s: %s", cases[i].path, error_word(err.kind), err.text);
		assert_in_range(clock_mono_ms() - began, 900, 5000);
	}
}

static void test_a_stop_is_heard(void **state)
{
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	CLEANUP(web_url_done) struct web_url url = url_of("bodies", "/stall");
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	struct error err = {0};
	char some[100];
	int ends[2];
	size_t n;

	(void)state;
	assert_int_equal(http_ask(http, &(struct http_request){.url = &url}, soon(5000), &reply, &err), 0);
	assert_int_equal(pipe(ends) | (write(ends[1], "x", 1) != 1), 0);
	/* what came with the head is there already */
	if (http_read(http, some, sizeof(some), (struct deadline){INT64_MAX, ends[0]}, &n, &err) == 0)
		assert_int_equal(http_read(http, some, sizeof(some), (struct deadline){INT64_MAX, ends[0]}, &n, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	close(ends[0]);
	close(ends[1]);
}

/* --- through a proxy --- */

static void test_proxies(void **state)
{
	static const struct {
		const char *peer, *login, *host;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{"proxy", "", "127.0.0.1", ERR_NONE, NULL},
		{"proxy", "", "forbidden", ERR_REFUSED, "does not let us through to forbidden:"},
		{"proxy", "", "unreachable", ERR_NETWORK, "could not reach unreachable:"},
		{"login-proxy", "", "127.0.0.1", ERR_REFUSED, "wants a user and a password (407)"},
		{"login-proxy", "user:wrong@", "127.0.0.1", ERR_REFUSED, "refused the user and password (407)"},
		{"login-proxy", "user:p%40ss@", "127.0.0.1", ERR_NONE, NULL},
		{"mad-proxy", "", "127.0.0.1", ERR_DATA, "more than its answer"},
		{"mute", "", "127.0.0.1", ERR_TIMEOUT, "did not answer in time"},
		{"closing", "", "127.0.0.1", ERR_NETWORK, "the proxy '127.0.0.1'"},
		{"good", "", "127.0.0.1", ERR_NETWORK, "the proxy '127.0.0.1'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char port[8];
		autofree char *url = format("http://%s127.0.0.1:%s", cases[i].login, peer_port(cases[i].peer, port)), *body = NULL;
		CLEANUP(http_free) struct http *http =
			client_with((struct http_options){.proxy = url, .address = cases[i].host, .patience_s = 2});
		struct error err = {0};
		size_t n;
		int status = get(http, "good", "/", &body, &n, &err);

		if (!cases[i].told && (status < 0 || !strstr(body, "GET / HTTP/1.1")))
			fail_msg("%s: %s", url, err.text);
		if (cases[i].told && (status == 0 || err.kind != cases[i].kind || !strstr(err.text, cases[i].told)))
			fail_msg("%s came to %s: %s", url, error_word(err.kind), err.text);
		/* a login for the proxy is none of the server's business */
		assert_true(!body || !strstr(body, "Proxy-Authorization"));
	}
}

static void test_proxies_that_are_none(void **state)
{
	static const char *const urls[] = {"https://p:1", "p:3128", "http://p", "http://p:", "http://p:99999", "http://:3128",
					   "http://p:3128/x", "http://u:%zz@p:1", "http://u%3Ax:secret@p:1",
					   "http://u:%0asecret@p:1"};
	autofree char *ca = peer_file("ca.pem");

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		CLEANUP(http_free) struct http *http = NULL;
		struct error err = {0};

		if (http_new(&(struct http_options){.tls = {.ca = ca}, .proxy = urls[i]}, &http, &err) == 0 ||
		    err.kind != ERR_CONFIG)
			fail_msg("%s came to %s: %s", urls[i], error_word(err.kind), err.text);
		assert_null(strstr(err.text, "secret"));
	}
}

/* --- what answers mean --- */

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t t;
	} cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Tue, 29 Feb 2028 23:59:60 GMT", 1835481600},
		{"Wed, 31 Feb 2027 00:00:00 GMT", TIME_UNKNOWN},
		{"Sun, 06 Nov 1994 08:49:37 CET", TIME_UNKNOWN},
		{"Sun, 06 Nov 1994 24:49:37 GMT", TIME_UNKNOWN},
		{"Sun, 06 Nov 1994 08:49:37 GMT and more", TIME_UNKNOWN},
		{"Sun, 06 Nov", TIME_UNKNOWN},
		{"Sun, 06 Foo 1994 08:49:37 GMT", TIME_UNKNOWN},
		{"Sun, 06 anF 1994 08:49:37 GMT", TIME_UNKNOWN},
		{"1994-11-06T08:49:37Z", TIME_UNKNOWN},
		{"", TIME_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (http_time(cases[i].text) != cases[i].t)
			fail_msg("%s is %lld", cases[i].text, (long long)http_time(cases[i].text));
	/* a year of two digits is never more than 50 years ahead */
	assert_true(http_time("Friday, 01-Jan-99 00:00:00 GMT") < clock_wall());
	assert_true(http_time("Friday, 01-Jan-30 00:00:00 GMT") > 1800000000);
}

static struct http_reply reply_with(int status, const char *name, const char *value)
{
	struct http_reply reply = {.status = status};

	strings_add(&reply.names, "server");
	strings_add(&reply.values, "x");
	strings_add(&reply.names, name);
	strings_add(&reply.values, value);
	return reply;
}

static void test_retry_after(void **state)
{
	static const struct {
		const char *value;
		int64_t low, high;
	} cases[] = {
		{"120", 120, 120}, {"0", 0, 0}, {"99999999", 86400, 86400}, {"99999999999999999999999", 86400, 86400},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 0, 0}, {"Fri, 01 Jan 2100 00:00:00 GMT", 86400, 86400}, {"soon", -1, -1},
		{"-5", -1, -1},
		{"", -1, -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(http_reply_done) struct http_reply reply = reply_with(503, "retry-after", cases[i].value);
		int64_t wait = http_retry_after(&reply);

		if (wait < cases[i].low || wait > cases[i].high)
			fail_msg("%s is %lld", cases[i].value, (long long)wait);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		int status;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{400, ERR_SOURCE, "client certificate"}, {401, ERR_REFUSED, "login"}, {403, ERR_REFUSED, "does not let us"},
		{404, ERR_NOTHING, "no such file"},	 {407, ERR_REFUSED, "proxy"}, {408, ERR_NETWORK, "too slow"},
		{410, ERR_NOTHING, "gone"},		 {418, ERR_SOURCE, "418"},
		{429, ERR_NETWORK, "it asks to wait for 2 min"},
		{500, ERR_NETWORK, "its log"},		 {503, ERR_NETWORK, "2 min"}, {302, ERR_SOURCE, "elsewhere"},
		{204, ERR_SOURCE, "204"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(http_reply_done) struct http_reply reply = reply_with(cases[i].status, "retry-after", "120");
		struct error err = {0};

		assert_int_equal(http_refusal(&reply, "/x", &err), -1);
		if (err.kind != cases[i].kind || !strstr(err.text, cases[i].told) || !strstr(err.text, "'/x'"))
			fail_msg("%d came to %s: %s", cases[i].status, error_word(err.kind), err.text);
	}
}

static void test_a_small_body_is_capped(void **state)
{
	CLEANUP(http_free) struct http *http = client_with((struct http_options){0});
	CLEANUP(web_url_done) struct web_url url = url_of("bodies", "/small-chunks");
	CLEANUP(http_reply_done) struct http_reply reply = {0};
	autofree char *body = NULL;
	struct error err = {0};
	size_t n;

	(void)state;
	assert_int_equal(http_ask(http, &(struct http_request){.url = &url}, soon(5000), &reply, &err), 0);
	assert_int_equal(http_read_all(http, 29999, soon(5000), &body, &n, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_null(body);
	http_reply_done(&reply);
	assert_int_equal(http_ask(http, &(struct http_request){.url = &url}, soon(5000), &reply, &err), 0);
	assert_int_equal(http_read_all(http, 30000, soon(5000), &body, &n, &err), 0);
	assert_int_equal(n, 30000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies_come_whole),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_an_abrupt_end),
		cmocka_unit_test(test_what_is_asked),
		cmocka_unit_test(test_a_header_cannot_smuggle),
		cmocka_unit_test(test_post),
		cmocka_unit_test(test_no_body),
		cmocka_unit_test(test_a_connection_is_kept),
		cmocka_unit_test(test_a_connection_that_was_closed),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_redirects_that_are_refused),
		cmocka_unit_test(test_our_certificate_stays_home),
		cmocka_unit_test(test_slow_ones),
		cmocka_unit_test(test_a_stop_is_heard),
		cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_proxies_that_are_none),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_a_small_body_is_capped),
	};

	return cmocka_run_group_tests(tests, peers_start, peers_stop);
}
