#include "unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "run/host.h"

static void a_boot_has_a_name(void **state)
{
	autofree char *once = host_boot_id(), *twice = host_boot_id();

	(void)state;
	assert_string_equal(once, twice);
	assert_int_equal(strlen(once), 36);
}

static void a_good_folder_is_usable(void **state)
{
	char dir[] = "/tmp/host-XXXXXX";
	struct error err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(host_data_usable(dir, &err), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void what_is_wrong_is_named(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(host_data_usable("/tmp/not/there", &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "is its disk connected and mounted?"));
	assert_int_equal(host_data_usable("/dev/null", &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "not a folder"));
}

static void a_folder_without_rights_is_named(void **state)
{
	char dir[] = "/tmp/host-XXXXXX";
	struct error err;

	(void)state;
	if (geteuid() == 0) {
		print_message("root may write everywhere\n");
		skip();
	}
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0500), 0);
	assert_int_equal(host_data_usable(dir, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "may not be written"));
	assert_int_equal(rmdir(dir), 0);
}

static void a_read_only_disk_is_named(void **state)
{
	struct statvfs vfs;
	struct error err;

	(void)state;
	if (statvfs("/usr", &vfs) < 0 || !(vfs.f_flag & ST_RDONLY)) {
		print_message("/usr is not read-only here\n");
		skip();
	}
	assert_int_equal(host_data_usable("/usr", &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "read-only"));
}

/* Inside the build root there is nothing but the loopback; elsewhere the kernel's table of routes knows better. */
static void the_loopback_is_no_network(void **state)
{
	autofree char *interfaces = NULL;
	struct error err;
	size_t lines = 0;

	(void)state;
	assert_int_equal(read_small_file("/proc/net/dev", 1 << 20, &interfaces, &err), 0);
	for (const char *at = strchr(interfaces, ':'); at; at = strchr(at + 1, ':'))
		lines++;
	if (lines > 1) {
		print_message("there are other interfaces than the loopback\n");
		skip();
	}
	assert_false(host_network_up());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boot_has_a_name),
		cmocka_unit_test(a_good_folder_is_usable),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_folder_without_rights_is_named),
		cmocka_unit_test(a_read_only_disk_is_named),
		cmocka_unit_test(the_loopback_is_no_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
