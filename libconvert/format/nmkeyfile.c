/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/ini.h"
#include "format/nmkeyfile.h"

/* "802-3-ethernet" is the old name of "ethernet", as type and as section. */
static bool is_ethernet_key(const struct ini *i, const char *key)
{
	return ini_is(i, "ethernet", key) || ini_is(i, "802-3-ethernet", key);
}

/* NetworkManager up to 0.9.8 wrote addresses as decimal bytes: "0;12;41;170;187;204;". */
static bool set_mac_decimal(char mac[NIC_MAC_SIZE], const char *s, size_t len)
{
	char out[NIC_MAC_SIZE] = "";
	size_t at = 0;

	for (int n = 0; n < 6; n++) {
		unsigned byte = 0;
		size_t from = at;

		while (at < len && isdigit((unsigned char)s[at]) && at - from < 3)
			byte = byte * 10 + (unsigned)(s[at++] - '0');
		if (at == from || byte > 255 || (at < len ? s[at++] != ';' : n < 5))
			return false;
		snprintf(out + 3 * n, 4, "%02x%s", byte, n < 5 ? ":" : "");
	}
	if (at != len)
		return false;
	memcpy(mac, out, sizeof(out));
	return true;
}

static bool read_pin(const struct ini *i, char mac[NIC_MAC_SIZE])
{
	const char *value = i->text + i->value;

	return is_ethernet_key(i, "mac-address") &&
	       (nic_set_mac(mac, value, i->value_len) ||
		set_mac_decimal(mac, value, i->value_len));
}

static bool is_set_mac(const struct ini *i)
{
	return is_ethernet_key(i, "cloned-mac-address") ||
	       ini_is(i, "bridge", "mac-address");
}

enum kind {
	KIND_CARD,
	KIND_ON_CARD,
	KIND_OTHER
};

/* A profile without type is for a card: the type follows from the sections that it has.
 */
static enum kind kind_of(const char *text)
{
	static const char *const cards[] = { "ethernet", "802-3-ethernet" };
	static const char *const on_cards[] = { "bond", "bridge", "team", "vlan" };
	struct ini i = ini_start(text, false);
	enum kind kind = KIND_CARD;

	while (ini_next(&i)) {
		if (!ini_is(&i, "connection", "type"))
			continue;
		kind = KIND_OTHER;
		for (size_t n = 0; n < ARRAY_SIZE(cards); n++)
			if (ini_value_is(&i, cards[n]))
				kind = KIND_CARD;
		for (size_t n = 0; n < ARRAY_SIZE(on_cards); n++)
			if (ini_value_is(&i, on_cards[n]))
				kind = KIND_ON_CARD;
	}
	return kind;
}

static bool is_manual(const struct ini *i)
{
	return (ini_is(i, "ipv4", "method") || ini_is(i, "ipv6", "method")) &&
	       ini_value_is(i, "manual");
}

/* Only what says so itself: what a profile without the key gets depends on the version. */
static void read_ipv6(const char *text, struct nic *nic)
{
	struct ini i = ini_start(text, false);
	bool is_eui64 = false, is_auto = true, has_token = false;

	while (ini_next(&i)) {
		if (ini_is(&i, "ipv6", "addr-gen-mode"))
			is_eui64 = ini_value_is(&i, "eui64") || ini_value_is(&i, "0");
		else if (ini_is(&i, "ipv6", "method"))
			is_auto = ini_value_is(&i, "auto");
		else if (ini_is(&i, "ipv6", "token"))
			has_token = true;
	}
	nic->is_eui64 = nic->takes_token = is_eui64 && is_auto && !has_token;
}

int nmkeyfile_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct ini i = ini_start(text, false);
	enum kind kind = kind_of(text);
	struct nic nic = { .is_virtual = kind != KIND_CARD };
	bool is_profile = false;

	if (kind == KIND_OTHER)
		return 0;
	while (ini_next(&i)) {
		is_profile = is_profile || ini_is(&i, "connection", NULL);
		read_pin(&i, nic.mac);
		if (ini_is(&i, "connection", "interface-name"))
			nic_set_name(nic.name, i.text + i.value, i.value_len);
		else if (is_set_mac(&i))
			nic_set_mac(nic.set_mac, i.text + i.value, i.value_len);
		nic.is_static = nic.is_static || is_manual(&i);
	}
	if (!is_profile)
		return 0;
	read_ipv6(text, &nic);
	nic.is_virtual = nic.is_virtual || nic_name_is_virtual(nic.name);
	nic.is_pattern = !nic.name[0] && !nic.mac[0];
	return nics_add(ret, &nic, err);
}

static bool is_numbered(const struct ini *i, const char *key)
{
	size_t n = strlen(key);

	if (i->key_len < n || strncmp(i->text + i->key, key, n) != 0)
		return false;
	while (n < i->key_len && isdigit((unsigned char)i->text[i->key + n]))
		n++;
	return n == i->key_len;
}

/* "route1_options" */
static bool is_route_options(const struct ini *i)
{
	const size_t n = strlen("_options");
	struct ini route = *i;

	if (i->key_len <= n || !word_is(i->text + i->key + i->key_len - n, n, "_options"))
		return false;
	route.key_len -= n;
	return is_numbered(&route, "route");
}

static bool is_address_key(const struct ini *i)
{
	static const char *const keys[] = { "address", "addresses", "dns",
					    "gateway", "route",	    "routes" };

	/* What DHCP and routers say was not wanted beside the fixed address. */
	if (word_is(i->text + i->key, i->key_len, "ignore-auto-dns") ||
	    word_is(i->text + i->key, i->key_len, "ignore-auto-routes"))
		return true;
	for (size_t n = 0; n < ARRAY_SIZE(keys); n++)
		if (is_numbered(i, keys[n]))
			return true;
	return is_route_options(i);
}

/* The fixed addresses of the section @family, "ipv4" or "ipv6". */
static int rewrite_dhcp(const char *text, const char *family, struct splices *out)
{
	struct ini i = ini_start(text, false);
	bool manual = false;
	int r = 0;

	while (ini_next(&i))
		if (ini_is(&i, family, "method"))
			manual = ini_value_is(&i, "manual");
	i = ini_start(text, false);
	while (manual && r == 0 && ini_next(&i)) {
		if (ini_is(&i, family, "method"))
			r = ini_set(&i, "auto", out);
		else if (ini_is(&i, family, NULL) && is_address_key(&i))
			r = ini_remove(&i, out);
	}
	return r;
}

/* The profile is from now on for the interface @name; "": any card, which needs no line.
 */
static int insert_name(const char *text, const char *name, struct splices *out)
{
	struct ini i = ini_start(text, false);
	size_t at = 0;

	while (ini_next(&i)) {
		if (ini_is(&i, "connection", "interface-name"))
			return 0;
		if (at == 0 && i.key_len == 0 &&
		    word_is(text + i.section, i.section_len, "connection"))
			at = i.next;
	}
	if (!name[0] || at == 0)
		return 0;
	return splice_add(out, at, 0, "%sinterface-name=%s\n",
			  text[at - 1] == '\n' ? "" : "\n", name);
}

/* The last address counts, and what becomes of it becomes of all. */
static int rewrite_pins(const char *text, const struct nic_change *c, struct splices *out)
{
	struct ini i = ini_start(text, false);
	char mac[NIC_MAC_SIZE] = "";
	const struct nic_pin *pin;
	int r = 0;

	while (ini_next(&i))
		read_pin(&i, mac);
	pin = nic_find_pin(c, mac);
	i = ini_start(text, false);
	while (pin && r == 0 && ini_next(&i))
		if (is_ethernet_key(&i, "mac-address"))
			r = pin->to[0] ? ini_set(&i, pin->to, out) : ini_remove(&i, out);
	return pin && !pin->to[0] && r == 0 ? insert_name(text, pin->name, out) : r;
}

static int rewrite_moves(const char *text, const struct nic_change *c,
			 struct splices *out, struct cvt_error *err)
{
	CLEANUP_NICS struct nics nics = { 0 };
	struct ini i = ini_start(text, false);
	int r = nmkeyfile_read(text, &nics, err);
	const struct nic_move *move = NULL;
	char token[NIC_TOKEN_SIZE];

	if (r == 0 && nics.n > 0 && nics.v[0].is_eui64)
		move = nic_find_move(c, nics.v[0].name, nics.v[0].mac);
	while (r == 0 && ini_next(&i)) {
		if (is_set_mac(&i))
			r = ini_follow(&i, c, out);
		if (!move || !ini_is(&i, "ipv6", "addr-gen-mode"))
			continue;
		nic_token(move->from, token);
		r = splice_add(out, i.value + i.value_len, 0, "\ntoken=%s", token);
		move = NULL;
	}
	return r;
}

int nmkeyfile_rewrite(const char *text, const struct nic_change *c, char **ret,
		      struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	bool ours = kind_of(text) != KIND_OTHER;
	int r = 0;

	if (ours && !c->dhcp)
		r = rewrite_pins(text, c, &out);
	if (r == 0 && ours)
		r = rewrite_moves(text, c, &out, err);
	if (ours && c->dhcp)
		r = rewrite_dhcp(text, "ipv4", &out);
	if (r == 0 && ours && c->dhcp)
		r = rewrite_dhcp(text, "ipv6", &out);
	return r < 0 ? error_nomem(err) : splices_text(&out, text, ret, err);
}
