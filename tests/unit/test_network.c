#include "unit/unit.h"

#include "provision/network.h"

static void test_addresses(void **state)
{
	static const struct {
		const char *value, *said; /* NULL: taken */
	} cases[] = {
		{"192.168.1.10/24", NULL},
		{"10.0.0.1/8", NULL},
		{"10.0.0.0/31", NULL},
		{"fd00::10/64", NULL},
		{"2001:db8::5/48", NULL},
		{"dhcp", NULL},
		{"192.168.1.10", "write 192.168.1.10/24"},
		{"fd00::10", "write fd00::10/64"},
		{"192.168.1.0/24", "the net itself"},
		{"192.168.1.255/24", "the net itself"},
		{"192.168.1.10/33", "not an address"},
		{"192.168.1.10/0", "not an address"},
		{"192.168.1.10/", "not an address"},
		{"192.168.1/24", "not an address"},
		{"192.168.1.010/24", "not an address"},
		{"127.0.0.1/8", "not an address"},
		{"0.0.0.0/8", "not an address"},
		{"224.0.0.5/24", "not an address"},
		{"::1/128", "not an address"},
		{"::/64", "not an address"},
		{"ff02::1/64", "not an address"},
		{"box.example.com", "not an address"},
		{"10.0.0.1/8\nGateway=1.1.1.1", "not an address"},
		{"", "not an address"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(link_done) struct link link = {0};
		struct error err = {0};
		int done = link_set_address(&link, cases[i].value, &err);

		if (done != (cases[i].said ? -1 : 0) || (cases[i].said && !strstr(err.text, cases[i].said)))
			fail_msg("'%s': %d %s", cases[i].value, done, err.text);
	}
}

static void test_what_fits_together(void **state)
{
	static const struct {
		const char *address, *gateway, *said;
	} cases[] = {
		{"192.168.1.10/24", "192.168.1.1", NULL},
		{"192.168.1.10/23", "192.168.0.1", NULL},
		{"fd00::10/64", "fd00::1", NULL},
		{"fd00::10/64", "fe80::1", NULL},
		{"192.168.1.10/24", "192.168.2.1", "not in the net"},
		{"192.168.1.10/25", "192.168.1.129", "not in the net"},
		{"192.168.1.10/24", "192.168.1.10", "own address"},
		{"192.168.1.10/24", "fd00::1", "of one kind"},
		{"dhcp", "192.168.1.1", "needs an address"},
		{NULL, "192.168.1.1", "needs an address"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(link_done) struct link link = {0};
		struct error err = {0};
		int done;

		assert_true(!cases[i].address || link_set_address(&link, cases[i].address, &err) == 0);
		assert_int_equal(link_set_gateway(&link, cases[i].gateway, &err), 0);
		done = link_finish(&link, &err);
		if (done != (cases[i].said ? -1 : 0) || (cases[i].said && !strstr(err.text, cases[i].said)))
			fail_msg("%s by %s: %d %s", cases[i].address, cases[i].gateway, done, err.text);
	}
}

static void test_name_servers(void **state)
{
	CLEANUP(link_done) struct link link = {0};
	struct error err;

	(void)state;
	assert_int_equal(link_set_dns(&link, "192.168.1.1, 9.9.9.9  2620:fe::fe", &err), 0);
	assert_string_equal(link.dns, "192.168.1.1 9.9.9.9 2620:fe::fe");
	assert_int_equal(link_set_dns(&link, "one.one.one.one", &err), -1);
	assert_int_equal(link_set_dns(&link, " ", &err), -1);
	assert_int_equal(link_set_dns(&link, "1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1 1.1.1.1", &err), -1);
	assert_string_equal(link.dns, "192.168.1.1 9.9.9.9 2620:fe::fe");
}

static void test_files(void **state)
{
	CLEANUP(link_done) struct link fixed = {0}, told = {0};
	autofree char *wire = NULL, *air = NULL;
	struct error err;

	(void)state;
	assert_int_equal(link_set_address(&fixed, "192.168.1.10/24", &err), 0);
	assert_int_equal(link_set_gateway(&fixed, "192.168.1.1", &err), 0);
	assert_int_equal(link_set_dns(&told, "9.9.9.9", &err), 0);
	wire = link_networkd(&fixed, false);
	air = link_networkd(&told, true);
	assert_string_equal(wire, "# Made from drillbox.txt.\n[Match]\nKind=!*\nType=ether\n\n[Network]\nAddress=192.168.1.10/24\n"
				  "Gateway=192.168.1.1\nMulticastDNS=yes\n");
	assert_string_equal(air,
			    "# Made from drillbox.txt.\n[Match]\nType=wlan\n\n[Network]\nDHCP=yes\nDNS=9.9.9.9\nMulticastDNS=yes\n"
			    "IgnoreCarrierLoss=3s\n\n[DHCPv4]\nClientIdentifier=mac\n"
			    "RouteMetric=2048\n");
}

static void test_wifi(void **state)
{
	static const char key[] = "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e";
	autofree char *conf = wifi_supplicant("a\"}\n#", key, "DE"), *held = wifi_held_key(conf, "a\"}\n#");

	(void)state;
	assert_non_null(strstr(conf, "\tssid=61227d0a23\n"));
	assert_string_equal(held, key);
	assert_null(wifi_held_key(conf, "a"));
	assert_null(wifi_held_key("network={\n\tssid=61\n\tpsk=\"plain\"\n}\n", "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_what_fits_together),
		cmocka_unit_test(test_name_servers),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_wifi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
