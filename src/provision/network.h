/*
 * How the box is reached: addresses as a person writes them, checked, and the
 * files that systemd-networkd and wpa_supplicant read. Pure.
 */
#ifndef DRILLBOX_PROVISION_NETWORK_H
#define DRILLBOX_PROVISION_NETWORK_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/* One link: the wire, or the Wi-Fi. All text is owned, NULL where it is not given. */
struct link {
	char *address; /* "192.168.1.10/24", "fd00::10/64"; "dhcp" */
	char *gateway;
	char *dns; /* addresses with a space between */
};

/* That it is an address with the length of its net, and one that a machine can have. ERR_CONFIG as "address = '...' ...". */
MUST_CHECK int link_set_address(struct link *link, const char *value, struct error *err);
MUST_CHECK int link_set_gateway(struct link *link, const char *value, struct error *err);
MUST_CHECK int link_set_dns(struct link *link, const char *value, struct error *err);

/* After the last key: what fits together. */
MUST_CHECK int link_finish(const struct link *link, struct error *err);

/* The .network file for it. */
char *link_networkd(const struct link *link, bool is_wifi);

void link_done(struct link *link);

/* wpa_supplicant.conf; 'key' as hexadecimal. */
char *wifi_supplicant(const char *ssid, const char *key, const char *country);

/* The key that such a file holds for the Wi-Fi of that name; NULL: none. Owned by the caller. */
char *wifi_held_key(const char *supplicant, const char *ssid);

#endif
