/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/ini.h"
#include "format/networkd.h"

static bool is_mac_key(const struct ini *i)
{
	return ini_is(i, "Match", "MACAddress") ||
	       ini_is(i, "Match", "PermanentMACAddress");
}

/* The MAC address in a Match section; of a list the first, which stands for all. */
static bool read_pin(const struct ini *i, char mac[NIC_MAC_SIZE])
{
	size_t len, at = word_next(i->text, i->value, i->value + i->value_len, &len);

	return is_mac_key(i) && nic_set_mac(mac, i->text + at, len);
}

static bool is_address_section(const struct ini *i)
{
	return word_is(i->text + i->section, i->section_len, "Address");
}

/* Matches of Name=: literal names become interfaces, a pattern only counts as one. */
static int read_names(const struct ini *i, struct nic *nic, struct nics *ret,
		      struct cvt_error *err)
{
	size_t len, at = i->value, end = i->value + i->value_len;

	for (at = word_next(i->text, at, end, &len); len > 0;
	     at = word_next(i->text, at + len, end, &len)) {
		char name[NIC_NAME_SIZE];
		int r = 0;

		if (!nic_set_name(name, i->text + at, len)) {
			if (len < sizeof(nic->pattern) && !nic_pattern_fits(nic->pattern))
				snprintf(nic->pattern, sizeof(nic->pattern), "%.*s",
					 (int)len, i->text + at);
			continue;
		}
		if (nic->name[0]) /* there is a further one: the last stays in @nic */
			r = nics_add(ret, nic, err);
		if (r < 0)
			return r;
		memcpy(nic->name, name, sizeof(name));
		nic->is_virtual = nic_name_is_virtual(name);
	}
	return 0;
}

static bool is_true(const struct ini *i)
{
	static const char *const words[] = { "1", "yes", "y", "true", "t", "on" };

	for (size_t n = 0; n < ARRAY_SIZE(words); n++)
		if (ini_value_is(i, words[n]))
			return true;
	return false;
}

/* Only what asks for router advertisements itself, not the default. */
static void read_ipv6(const char *text, struct nic *nic)
{
	struct ini i = ini_start(text, true);
	bool accepts = false, has_token = false;

	while (ini_next(&i)) {
		if (ini_is(&i, "Network", "IPv6AcceptRA"))
			accepts = is_true(&i);
		has_token = has_token || ini_is(&i, "Network", "IPv6Token") ||
			    ini_is(&i, "IPv6AcceptRA", "Token");
	}
	nic->is_eui64 = nic->takes_token = accepts && !has_token;
}

int network_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct ini i = ini_start(text, true);
	struct nic nic = { 0 };
	size_t first = ret->n;
	bool matches = false;
	int r = 0;

	while (r == 0 && ini_next(&i)) {
		matches = matches || ini_is(&i, "Match", NULL);
		if (read_pin(&i, nic.mac))
			continue;
		if (ini_is(&i, "Match", "Name"))
			r = read_names(&i, &nic, ret, err);
		else if (ini_is(&i, "Network", "Address") || is_address_section(&i))
			nic.is_static = true;
		else if (ini_is(&i, "Link", "MACAddress"))
			nic_set_mac(nic.set_mac, i.text + i.value, i.value_len);
	}
	if (r < 0 || !matches)
		return r;
	read_ipv6(text, &nic);
	/* One text has one token: of several cards none can have it. */
	nic.takes_token = nic.takes_token && ret->n == first;
	for (size_t n = first; n < ret->n; n++) {
		memcpy(ret->v[n].mac, nic.mac, sizeof(nic.mac));
		ret->v[n].is_static = nic.is_static;
		ret->v[n].is_eui64 = nic.is_eui64;
	}
	nic.is_pattern = !nic.name[0] && !nic.mac[0];
	return nics_add(ret, &nic, err);
}

int netdev_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct ini i = ini_start(text, true);
	struct nic nic = { .is_virtual = true };

	while (ini_next(&i))
		if (ini_is(&i, "NetDev", "Name"))
			nic_set_name(nic.name, i.text + i.value, i.value_len);
		else if (ini_is(&i, "NetDev", "MACAddress"))
			nic_set_mac(nic.set_mac, i.text + i.value, i.value_len);
	return nic.name[0] ? nics_add(ret, &nic, err) : 0;
}

int link_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct ini i = ini_start(text, true);
	struct nic nic = { 0 };

	while (ini_next(&i)) {
		read_pin(&i, nic.mac);
		if (ini_is(&i, "Link", "Name"))
			nic_set_name(nic.name, i.text + i.value, i.value_len);
		else if (ini_is(&i, "Link", "MACAddress"))
			nic_set_mac(nic.set_mac, i.text + i.value, i.value_len);
	}
	nic.is_pattern = !nic.mac[0];
	return nic.name[0] || nic.mac[0] ? nics_add(ret, &nic, err) : 0;
}

/* One address stands for all in the text: the last, as it is read. */
static const struct nic_pin *find_pin(const char *text, const struct nic_change *c)
{
	struct ini i = ini_start(text, true);
	char mac[NIC_MAC_SIZE] = "";

	while (ini_next(&i))
		read_pin(&i, mac);
	return nic_find_pin(c, mac);
}

static int rewrite_pin(const struct ini *i, const struct nic_pin *pin, bool has_name,
		       struct splices *out)
{
	CLEANUP_FREE char *line = NULL;

	if (pin->to[0])
		return ini_set(i, pin->to, out);
	if (has_name)
		return ini_remove(i, out);
	if (asprintf(&line, "Name=%s", pin->name[0] ? pin->name : NIC_ANY) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return ini_replace(i, line, out);
}

static int rewrite_pins(const char *text, const struct nic_change *c, struct splices *out)
{
	struct ini i = ini_start(text, true);
	const struct nic_pin *pin = find_pin(text, c);
	bool has_name = false;
	int r = 0;

	while (ini_next(&i))
		has_name = has_name || ini_is(&i, "Match", "Name");
	i = ini_start(text, true);
	while (pin && r == 0 && ini_next(&i)) {
		if (!is_mac_key(&i))
			continue;
		r = rewrite_pin(&i, pin, has_name, out);
		has_name = has_name || !pin->to[0];
	}
	return r;
}

/* IPv6Token= of systemd 219 to 249 is still read by the later ones that call it Token=. */
static int rewrite_moves(const char *text, const struct nic_change *c,
			 struct splices *out, struct cvt_error *err)
{
	CLEANUP_NICS struct nics nics = { 0 };
	struct ini i = ini_start(text, true);
	const struct nic_move *move = NULL;
	char token[NIC_TOKEN_SIZE];
	int r = network_read(text, &nics, err);

	if (r == 0 && nics.n == 1 && nics.v[0].takes_token)
		move = nic_find_move(c, nics.v[0].name, nics.v[0].mac);
	while (r == 0 && ini_next(&i)) {
		if (ini_is(&i, "Link", "MACAddress"))
			r = ini_follow(&i, c, out);
		if (!move || !ini_is(&i, "Network", "IPv6AcceptRA"))
			continue;
		nic_token(move->from, token);
		r = splice_add(out, i.value + i.value_len, 0, "\nIPv6Token=%s", token);
		move = NULL;
	}
	return r;
}

/* A route that the network of a fixed address leads to: its gateway is no longer known to be
 * there, "_dhcp4" excepted, and networkd gives up an interface of which a route fails.
 */
static bool is_fixed_route(const char *text, const struct ini *section)
{
	struct ini i = *section;
	bool leads_out = false, is_default = true;

	if (!word_is(text + section->section, section->section_len, "Route"))
		return false;
	while (ini_next(&i) && i.key_len > 0) {
		if (ini_is(&i, "Route", "Gateway"))
			leads_out = i.value_len > 0 && text[i.value] != '_' &&
				    !ini_value_is(&i, "dhcp4") &&
				    !ini_value_is(&i, "dhcp6");
		if (ini_is(&i, "Route", "Gateway") && !leads_out)
			return false;
		if (ini_is(&i, "Route", "Destination"))
			is_default =
				ini_value_is(&i, "0.0.0.0/0") || ini_value_is(&i, "::/0");
	}
	return leads_out || is_default;
}

/* The whole of the section that starts at @i goes; its trailing comments stay. */
static int remove_section(const struct ini *section, struct splices *out)
{
	struct ini i = *section;
	size_t next = i.next;

	while (ini_next(&i) && i.key_len > 0)
		next = i.next;
	return splice_drop(out, section->at, next - section->at);
}

static bool is_address_key(const struct ini *i)
{
	static const char *const keys[] = { "Address", "Gateway", "DNS" };

	/* Routers are heard again: they are where IPv6 addresses come from. */
	if (ini_is(i, "Network", "IPv6AcceptRA"))
		return ini_value_is(i, "no") || ini_value_is(i, "false") ||
		       ini_value_is(i, "off") || ini_value_is(i, "0");
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
		if (ini_is(i, "Network", keys[k]))
			return true;
	return false;
}

/* DHCP=yes comes in the place of the first fixed address, or behind [Network]. */
static int rewrite_dhcp(const char *text, struct splices *out)
{
	struct ini i = ini_start(text, true);
	size_t network = 0;
	bool has_network = false, has_dhcp = false;
	int r = 0;

	while (r == 0 && ini_next(&i)) {
		if (i.key_len == 0 &&
		    (is_address_section(&i) || is_fixed_route(text, &i))) {
			r = remove_section(&i, out);
		} else if (i.key_len == 0 &&
			   word_is(text + i.section, i.section_len, "Network") &&
			   !has_network) {
			has_network = true;
			network = i.next;
		} else if (ini_is(&i, "Network", "DHCP")) {
			has_dhcp = true;
			r = ini_value_is(&i, "yes") ? 0 : ini_set(&i, "yes", out);
		} else if (is_address_key(&i)) {
			r = ini_remove(&i, out);
		}
	}
	if (r < 0 || has_dhcp)
		return r;
	if (!has_network)
		return splice_add(out, strlen(text), 0, "\n[Network]\nDHCP=yes\n");
	return splice_add(out, network, 0, "%sDHCP=yes\n",
			  text[network - 1] == '\n' ? "" : "\n");
}

static bool is_static(const char *text)
{
	struct ini i = ini_start(text, true);
	bool fixed = false, loopback = false;

	while (ini_next(&i)) {
		fixed = fixed || ini_is(&i, "Network", "Address") ||
			is_address_section(&i);
		loopback = loopback ||
			   (ini_is(&i, "Match", "Name") && ini_value_is(&i, "lo"));
	}
	return fixed && !loopback;
}

int network_rewrite(const char *text, const struct nic_change *c, char **ret,
		    struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	int r = 0;

	if (!c->dhcp)
		r = rewrite_pins(text, c, &out);
	else if (is_static(text))
		r = rewrite_dhcp(text, &out);
	if (r == 0)
		r = rewrite_moves(text, c, &out, err);
	return r < 0 ? error_nomem(err) : splices_text(&out, text, ret, err);
}

bool network_has_rules(const char *text)
{
	struct ini i = ini_start(text, true);

	while (ini_next(&i))
		if (word_is(text + i.section, i.section_len, "RoutingPolicyRule"))
			return true;
	return false;
}

int netdev_rewrite(const char *text, const struct nic_change *c, char **ret,
		   struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	struct ini i = ini_start(text, true);
	int r = 0;

	while (r == 0 && ini_next(&i))
		if (ini_is(&i, "NetDev", "MACAddress"))
			r = ini_follow(&i, c, &out);
	return r < 0 ? error_nomem(err) : splices_text(&out, text, ret, err);
}

int link_rewrite(const char *text, const struct nic_change *c, const char *drivers,
		 char **ret, struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	CLEANUP_FREE char *line = NULL;
	struct ini i = ini_start(text, true);
	const struct nic_pin *pin = find_pin(text, c);
	bool released = false;
	int r = 0;

	if (asprintf(&line, "Driver=%s", drivers) < 0) {
		line = NULL;
		return error_nomem(err);
	}
	while (r == 0 && ini_next(&i)) {
		if (ini_is(&i, "Link", "MACAddress"))
			r = ini_follow(&i, c, &out);
		if (!pin || !is_mac_key(&i))
			continue;
		if (pin->to[0]) {
			r = ini_set(&i, pin->to, &out);
		} else {
			r = released ? ini_remove(&i, &out) : ini_replace(&i, line, &out);
			released = true;
		}
	}
	return r < 0 ? error_nomem(err) : splices_text(&out, text, ret, err);
}
