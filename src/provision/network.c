#include "provision/network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DNS 8
#define DHCP "dhcp"

struct address {
	bool v6;
	unsigned char bytes[16];
	size_t length;
};

static bool parse_address(const char *text, struct address *ret)
{
	ret->v6 = strchr(text, ':') != NULL;
	ret->length = ret->v6 ? 16 : 4;
	return inet_pton(ret->v6 ? AF_INET6 : AF_INET, text, ret->bytes) == 1;
}

/* Bit by bit: whether two addresses are in one net, and whether one is the net's own or its last. */
static bool same_net(const struct address *a, const struct address *b, int64_t prefix)
{
	for (int64_t i = 0; i < prefix; i++)
		if ((a->bytes[i / 8] ^ b->bytes[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

static bool rest_is(const struct address *a, int64_t prefix, bool set)
{
	for (int64_t i = prefix; i < (int64_t)a->length * 8; i++)
		if (!(a->bytes[i / 8] & (0x80 >> i % 8)) == set)
			return false;
	return true;
}

/* Loopback, multicast, nothing at all: no machine's own. */
static bool is_special(const struct address *a)
{
	static const unsigned char loopback[16] = {[15] = 1};

	if (a->v6)
		return a->bytes[0] == 0xff || rest_is(a, 0, false) || memcmp(a->bytes, loopback, sizeof(loopback)) == 0;
	return a->bytes[0] == 0 || a->bytes[0] == 127 || a->bytes[0] >= 224;
}

static bool parse_with_prefix(const char *text, struct address *ret, int64_t *ret_prefix)
{
	const char *slash = strchr(text, '/');
	autofree char *plain = slash ? xstrndup(text, (size_t)(slash - text)) : NULL;

	return plain && parse_address(plain, ret) && parse_int(slash + 1, 1, (int64_t)ret->length * 8, ret_prefix);
}

int link_set_address(struct link *link, const char *value, struct error *err)
{
	autofree char *shown = printable(value, false);
	struct address a;
	int64_t prefix;

	if (same(value, DHCP)) {
		set_text(&link->address, value);
		return 0;
	}
	if (parse_address(value, &a))
		return fail(err, ERR_CONFIG, "address = '%s' lacks the length of its net: write %s/%d, or what your net has", shown,
			    shown, a.v6 ? 64 : 24);
	if (!parse_with_prefix(value, &a, &prefix) || is_special(&a))
		return fail(err, ERR_CONFIG, "address = '%.100s' is not an address with its net, as in 192.168.1.10/24, nor dhcp",
			    shown);
	if (!a.v6 && prefix <= 30 && (rest_is(&a, prefix, false) || rest_is(&a, prefix, true)))
		return fail(err, ERR_CONFIG, "address = '%s' is the net itself or its broadcast: write the box's own address in it",
			    shown);
	set_text(&link->address, value);
	return 0;
}

int link_set_gateway(struct link *link, const char *value, struct error *err)
{
	autofree char *shown = printable(value, false);
	struct address a;

	if (!parse_address(value, &a) || is_special(&a))
		return fail(err, ERR_CONFIG, "gateway = '%.100s' is not an address, as in 192.168.1.1", shown);
	set_text(&link->gateway, value);
	return 0;
}

int link_set_dns(struct link *link, const char *value, struct error *err)
{
	CLEANUP(strings_done) struct strings list = {0};

	for (const char *at = value + strspn(value, " \t,"); *at; at += strspn(at, " \t,")) {
		size_t n = strcspn(at, " \t,");
		struct address a;

		strings_add_owned(&list, xstrndup(at, n));
		if (!parse_address(list.items[list.count - 1], &a)) {
			autofree char *shown = printable(list.items[list.count - 1], false);

			return fail(err, ERR_CONFIG, "dns: '%.100s' is not an address, as in 192.168.1.1", shown);
		}
		at += n;
	}
	if (list.count == 0 || list.count > MOST_DNS)
		return fail(err, ERR_CONFIG, "dns wants 1 to %d addresses with a space between", MOST_DNS);
	free(link->dns);
	link->dns = strings_join(&list, " ", SIZE_MAX);
	return 0;
}

int link_finish(const struct link *link, struct error *err)
{
	struct address a, gateway;
	int64_t prefix;

	if (!link->gateway)
		return 0;
	if (!link->address || same(link->address, DHCP))
		return fail(err, ERR_CONFIG, "gateway needs an address beside it: by DHCP the box is told both");
	if (!parse_with_prefix(link->address, &a, &prefix) || !parse_address(link->gateway, &gateway))
		return fail(err, ERR_BUG, "an address was not checked");
	if (a.v6 != gateway.v6)
		return fail(err, ERR_CONFIG, "gateway and address are not of one kind: both IPv4 or both IPv6");
	if (memcmp(a.bytes, gateway.bytes, a.length) == 0)
		return fail(err, ERR_CONFIG, "gateway is the box's own address: write the router's");
	/* a router's link-local address is in every net */
	if (!same_net(&a, &gateway, prefix) && !(a.v6 && gateway.bytes[0] == 0xfe && (gateway.bytes[1] & 0xc0) == 0x80))
		return fail(err, ERR_CONFIG, "gateway = '%s' is not in the net of address = '%s': one of the two is wrong",
			    link->gateway, link->address);
	return 0;
}

char *link_networkd(const struct link *link, bool is_wifi)
{
	bool by_dhcp = !link->address || same(link->address, DHCP);
	struct text t = {0};

	text_add(&t, "# Made from drillbox.txt.\n[Match]\n");
	text_add(&t, is_wifi ? "Type=wlan\n" : "Kind=!*\nType=ether\n");
	text_add(&t, "\n[Network]\n");
	if (by_dhcp)
		text_add(&t, "DHCP=yes\n");
	else
		text_addf(&t, "Address=%s\n", link->address);
	if (link->gateway)
		text_addf(&t, "Gateway=%s\n", link->gateway);
	if (link->dns)
		text_addf(&t, "DNS=%s\n", link->dns);
	text_add(&t, "MulticastDNS=yes\n");
	if (is_wifi)
		text_add(&t, "IgnoreCarrierLoss=3s\n"); /* from one access point to the next */
	if (by_dhcp)
		text_add(&t, "\n[DHCPv4]\nClientIdentifier=mac\n");
	if (by_dhcp && is_wifi)
		text_add(&t, "RouteMetric=2048\n"); /* the wire comes first */
	return text_take(&t);
}

void link_done(struct link *link)
{
	free(link->address);
	free(link->gateway);
	free(link->dns);
	*link = (struct link){0};
}

/* ---- Wi-Fi */

/* In hexadecimal nothing in a name can be taken for syntax. */
static char *ssid_line(const char *ssid)
{
	autofree char *digits = hex((const unsigned char *)ssid, strlen(ssid));

	return format("\tssid=%s\n", digits);
}

char *wifi_supplicant(const char *ssid, const char *key, const char *country)
{
	autofree char *line = ssid_line(ssid);

	return format("# Made from drillbox.txt.\nctrl_interface=/run/wpa_supplicant\ncountry=%s\nnetwork={\n%s"
		      "\tscan_ssid=1\n\tkey_mgmt=WPA-PSK WPA-PSK-SHA256\n\tpsk=%s\n}\n",
		      country, line, key);
}

char *wifi_held_key(const char *supplicant, const char *ssid)
{
	autofree char *line = ssid_line(ssid);
	const char *key = strstr(supplicant, "\tpsk=");

	if (!strstr(supplicant, line) || !key)
		return NULL;
	key += strlen("\tpsk=");
	return strspn(key, "0123456789abcdef") == 64 ? xstrndup(key, 64) : NULL;
}
