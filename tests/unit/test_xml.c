#include "unit/unit.h"

#include "base/text.h"
#include "port/xml.h"

/* Everything that was said, as "+path" and "-path=text;". */
static int note_begin(void *context, const char *path, struct error *err)
{
	(void)err;
	text_addf(context, "+%s;", path);
	return 0;
}

static int note_end(void *context, const char *path, const char *text, struct error *err)
{
	(void)err;
	text_addf(context, "-%s=%s;", path, text);
	return 0;
}

static int read_text(const char *xml, char **ret, struct error *err)
{
	CLEANUP(text_done) struct text said = {0};
	const struct xml_events events = {.begin = note_begin, .end = note_end, .context = &said};

	if (xml_parse(xml, strlen(xml), &events, err) < 0)
		return -1;
	*ret = text_take(&said);
	return 0;
}

static void test_events(void **state)
{
	static const struct {
		const char *xml, *said;
	} cases[] = {
		{"<a/>", "+a;-a=;"},
		{"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a><b>1</b><b> 2 </b></a>\n", "+a;+a/b;-a/b=1;+a/b;-a/b= 2 ;-a=;"},
		{"<a xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><b/></a>", "+a;+a/b;-a/b=;-a=;"},
		{"<s:a xmlns:s='urn:x'><s:b>t</s:b></s:a>", "+a;+a/b;-a/b=t;-a=;"},
		{"<a>x<b>y</b>z</a>", "+a;+a/b;-a/b=y;-a=z;"},
		{"<a>&lt;&amp;&gt;&quot;&apos;&#65;&#xe9;</a>", "+a;-a=<&>\"'A\xc3\xa9;"},
		{"<a><![CDATA[<b>&amp;]]></a>", "+a;-a=<b>&amp;;"},
		{"<a>one<!-- not this --><?nor this?>two</a>", "+a;-a=onetwo;"},
		{"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", "+a;-a=\xc3\xa9;"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *said = NULL;
		struct error err = {0};

		if (read_text(cases[i].xml, &said, &err) < 0)
			fail_msg("%s: %s", cases[i].xml, err.text);
		assert_string_equal(said, cases[i].said);
	}
}

static void test_what_is_refused(void **state)
{
	static const struct {
		const char *xml, *told;
	} cases[] = {
		{"", "no XML"},
		{"{}", "no XML"},
		{"<a>", "no XML"},
		{"<a></b>", "no XML"},
		{"<a/><b/>", "no XML"},
		{"<a/>more", "no XML"},
		{"<a>&nbsp;</a>", "no XML"},
		{"<a>\xff</a>", "no XML"},
		{"<a>\x01</a>", "no XML"},
		{"<p:a/>", "no XML"},
		{"<!DOCTYPE a><a/>", "DOCTYPE"},
		{"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "DOCTYPE"},
		{"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "DOCTYPE"},
		{"<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;&l;&l;&l;&l;&l;&l;&l;'><!ENTITY n "
		 "'&m;&m;&m;&m;&m;&m;&m;&m;&m;&m;'>"
		 "<!ENTITY o '&n;&n;&n;&n;&n;&n;&n;&n;&n;&n;'><!ENTITY p '&o;&o;&o;&o;&o;&o;&o;&o;&o;&o;'>]><a>&p;</a>",
		 "DOCTYPE"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *said = NULL;
		struct error err = {0};

		if (read_text(cases[i].xml, &said, &err) != -1 || err.kind != ERR_DATA || !strstr(err.text, cases[i].told))
			fail_msg("%s came to: %s", cases[i].xml, err.text);
		assert_null(said);
	}
}

static char *repeated(const char *s, size_t n)
{
	CLEANUP(text_done) struct text t = {0};

	while (n--)
		text_add(&t, s);
	return text_take(&t);
}

/* 'xml' is read, or refused with these words. */
static void expect(const char *xml, const char *told)
{
	autofree char *said = NULL;
	struct error err = {0};
	int status = read_text(xml, &said, &err);

	assert_int_equal(status, told ? -1 : 0);
	if (told && !strstr(err.text, told))
		fail_msg("%s", err.text);
}

static void test_caps(void **state)
{
	autofree char *begins = repeated("<a>", XML_DEPTH_CAP), *ends = repeated("</a>", XML_DEPTH_CAP);
	autofree char *deep = format("%s%s", begins, ends), *deeper = format("<a>%s%s</a>", begins, ends);
	autofree char *much = repeated("x", XML_TEXT_CAP), *text = format("<a>%s</a>", much), *more = format("<a>%sx</a>", much);
	autofree char *parts = format("<a>%s<![CDATA[x]]></a>", much);
	autofree char *name = repeated("n", XML_PATH_CAP), *long_name = format("<%s/>", name);
	autofree char *huge = repeated(" ", XML_CAP), *blank = format("<a>%s</a>", huge);

	(void)state;
	expect(deep, NULL);
	expect(deeper, "too deep");
	expect(text, NULL);
	expect(more, "too long");
	expect(parts, "too long");
	expect(long_name, "too deep");
	expect(blank, "16 MB");
}

static int stop_at_b(void *context, const char *path, const char *text, struct error *err)
{
	++*(int *)context;
	return strcmp(path, "a/b") ? 0 : fail(err, ERR_NETWORK, "%s", text);
}

static void test_a_reader_that_has_enough(void **state)
{
	const char *xml = "<a><c/><b>enough</b><c/><c/></a>";
	int ended = 0;
	const struct xml_events events = {.end = stop_at_b, .context = &ended};
	struct error err = {0};

	(void)state;
	assert_int_equal(xml_parse(xml, strlen(xml), &events, &err), -1);
	assert_int_equal(err.kind, ERR_NETWORK);
	assert_string_equal(err.text, "enough");
	assert_int_equal(ended, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_a_reader_that_has_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
