#include "unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "run/configuration.h"
#include "unit/folder.h"

#define GOOD_SOURCE "[source]\nurl = postgresql://drillbox@db.example.com/shop\nca = ca.pem\n"

static void put(const char *name, const char *content)
{
	autofree char *path = path_join(folder, name), *above = path_dir(path);
	struct error err;

	if (make_dirs(above, 0700, &err) < 0 || write_file_durably(path, content, strlen(content), 0600, &err) < 0)
		fail_msg("%s", err.text);
}

static struct config load(void)
{
	autofree char *path = path_join(folder, "drillbox.conf");
	struct config c;
	struct error err;

	if (configuration_load(path, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static void load_fails(const char *said)
{
	autofree char *path = path_join(folder, "drillbox.conf");
	struct config c;
	struct error err = {0};

	assert_int_equal(configuration_load(path, &c, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!strstr(err.text, said))
		fail_msg("%s", err.text);
}

static void test_box_and_sources(void **state)
{
	CLEANUP(config_done) struct config c = {0};
	autofree char *ca = path_join(folder, "ca.pem"), *data = path_join(folder, "data");
	const struct source_config *shop;

	(void)state;
	put("drillbox.conf", "[box]\nname = closet\ndata = data\n[panel]\nbackend = none\n");
	put("sources.d/shop.conf", GOOD_SOURCE "[pull]\nschedule = every 6h\n[keep]\ndaily = 3\n");
	put("sources.d/crm.conf", GOOD_SOURCE);
	put("sources.d/.hidden.conf", "nonsense");
	put("sources.d/shop.conf~", "nonsense");
	put("sources.d/README", "nonsense");
	c = load();
	assert_string_equal(c.box.name, "closet");
	assert_string_equal(c.box.data, data);
	assert_int_equal(c.box.backend, PANEL_NONE);
	assert_string_equal(c.dir, folder);
	assert_int_equal(c.source_count, 2);
	assert_string_equal(c.sources[0]->name, "crm");
	shop = config_source(&c, "shop");
	assert_non_null(shop);
	assert_false(shop->broken);
	assert_string_equal(shop->ca, ca); /* beside drillbox.conf, not in sources.d */
	assert_int_equal(shop->stale_after_s, 8 * 3600);
	assert_int_equal(shop->keep_daily, 3);
	assert_null(config_source(&c, "other"));
}

static void test_a_bad_source_leaves_the_others_running(void **state)
{
	static const struct {
		const char *file, *content, *said;
	} cases[] = {
		{"sources.d/bad.conf", "[source]\nurl = postgresql://db/x\n[pull]\nshedule = 04:15\n",
		 "sources.d/bad.conf:4: unknown key 'shedule' in [pull]: did you mean 'schedule'?"},
		{"sources.d/bad.conf", "[source]\nurl = postgresql://me:pw@db/x\n",
		 "sources.d/bad.conf:2: the URL holds a password"},
		{"sources.d/bad.conf", "[source]\nurl = postgresql://db/x\nurl = postgresql://db/y\n",
		 "sources.d/bad.conf:3: 'url' is given a second time"},
		{"sources.d/bad.conf", "", "sources.d/bad.conf: [source] url is missing"},
		{"sources.d/bad.conf", "garbage\n", "sources.d/bad.conf:1: neither"},
		{"sources.d/bad name.conf", GOOD_SOURCE, "cannot be a source's file"},
	};

	(void)state;
	put("drillbox.conf", "");
	put("sources.d/good.conf", GOOD_SOURCE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(config_done) struct config c = {0};
		autofree char *path = path_join(folder, cases[i].file);
		const struct source_config *good, *bad;

		put(cases[i].file, cases[i].content);
		c = load();
		assert_int_equal(c.source_count, 2);
		bad = c.sources[0];
		good = c.sources[1];
		assert_string_equal(good->name, "good");
		assert_false(good->broken);
		assert_true(bad->broken);
		assert_string_equal(bad->path, path);
		assert_int_equal(bad->why.kind, ERR_CONFIG);
		if (!strstr(bad->why.text, cases[i].said))
			fail_msg("%s", bad->why.text);
		assert_int_equal(unlink(path), 0);
	}
}

static void test_a_source_file_nobody_may_read(void **state)
{
	CLEANUP(config_done) struct config c = {0};
	autofree char *path = path_join(folder, "sources.d/shop.conf");

	(void)state;
	if (geteuid() == 0)
		skip(); /* root reads everything */
	put("drillbox.conf", "");
	put("sources.d/shop.conf", GOOD_SOURCE);
	assert_int_equal(chmod(path, 0), 0);
	c = load();
	assert_true(c.sources[0]->broken);
	assert_non_null(strstr(c.sources[0]->why.text, path));
}

static void test_no_sources_are_no_error(void **state)
{
	CLEANUP(config_done) struct config c = {0};

	(void)state;
	put("drillbox.conf", "# nothing but defaults\n");
	c = load();
	assert_int_equal(c.source_count, 0);
	assert_string_equal(c.box.data, "/var/lib/drillbox");
}

static void test_no_or_a_bad_drillbox_conf_is_an_error(void **state)
{
	(void)state;
	load_fails("there is no configuration at");
	put("drillbox.conf", "[box]\nnam = closet\n");
	load_fails("drillbox.conf:2: unknown key 'nam' in [box]: did you mean 'name'?");
	put("drillbox.conf", "[box]\nname = a\nname = b\n");
	load_fails("drillbox.conf:3: 'name' is given a second time in [box]");
	put("drillbox.conf", "[panel]\npass = 1\nbusy = 1\n");
	load_fails("drillbox.conf: [panel] pass and busy are both line '1'");
	put("drillbox.conf", "[source]\nurl = postgresql://db/x\n");
	load_fails("drillbox.conf:2: section [source] belongs in a source's file");
}

static void test_a_relative_path_is_made_absolute(void **state)
{
	CLEANUP(config_done) struct config c = {0};
	char before[4096];
	struct error err = {0};

	(void)state;
	put("drillbox.conf", "[box]\ndata = data\n");
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(configuration_load("drillbox.conf", &c, &err), 0);
	assert_int_equal(chdir(before), 0);
	assert_string_equal(c.dir, folder);
	assert_true(c.path[0] == '/' && c.box.data[0] == '/');
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_box_and_sources),
		IN_FOLDER(test_a_bad_source_leaves_the_others_running),
		IN_FOLDER(test_a_source_file_nobody_may_read),
		IN_FOLDER(test_no_sources_are_no_error),
		IN_FOLDER(test_no_or_a_bad_drillbox_conf_is_an_error),
		IN_FOLDER(test_a_relative_path_is_made_absolute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
