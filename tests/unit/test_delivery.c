#include "unit/unit.h"

#include "base/text.h"
#include "notify/delivery.h"

static void test_what_becomes_of_an_answer(void **state)
{
	static const struct {
		int status;
		enum fate fate;
	} cases[] = {
		{200, FATE_DELIVERED}, {202, FATE_DELIVERED}, {204, FATE_DELIVERED}, {301, FATE_AGAIN},	  {400, FATE_REFUSED},
		{401, FATE_REFUSED},   {404, FATE_REFUSED},   {408, FATE_AGAIN},     {410, FATE_REFUSED}, {429, FATE_AGAIN},
		{500, FATE_AGAIN},     {503, FATE_AGAIN},     {599, FATE_AGAIN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (fate_of_status(cases[i].status) != cases[i].fate)
			fail_msg("%d: %d", cases[i].status, (int)fate_of_status(cases[i].status));
}

static void test_no_sentence_tells_the_url(void **state)
{
	char secret[] = "GET https://hooks.example.com/services/T0/B0/abc?key=xyz: /services/T0/B0/abc went in a circle";
	char cut[] = "went in a circle: https://hooks.example.com/services/T0/B";
	char part[] = "no check 0f3a9c51-77aa, nor B0, of key 12345678";
	char stars[] = "GET https://example.com/********: no /******** here";
	char plain[] = "GET https://example.com/: no route";
	CLEANUP(web_url_done) struct web_url url = {0}, parts = {0}, masked = {0}, bare = {0};
	struct error err;

	(void)state;
	assert_int_equal(web_url_parse("https://hooks.example.com/services/T0/B0/abc?key=xyz", &url, &err), 0);
	assert_int_equal(web_url_parse("https://example.com/", &bare, &err), 0);
	conceal(secret, &url);
	assert_string_equal(secret,
			    "GET https://hooks.example.com*******************?*******: ******************* went in a circle");
	conceal(cut, &url);
	assert_string_equal(cut, "went in a circle: https://hooks.example.com**************");
	assert_int_equal(web_url_parse("https://hooks.example.com/ping/B0/0f3a9c51-77aa?key=12345678", &parts, &err), 0);
	conceal(part, &parts);
	assert_string_equal(part, "no check *************, nor B0, of key ********");
	/* a URL pasted as some list shows it */
	assert_int_equal(web_url_parse("https://example.com/********", &masked, &err), 0);
	conceal(stars, &masked);
	assert_string_equal(stars, "GET https://example.com*********: no ********* here");
	conceal(plain, &bare);
	assert_string_equal(plain, "GET https://example.com/: no route");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_becomes_of_an_answer),
		cmocka_unit_test(test_no_sentence_tells_the_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
