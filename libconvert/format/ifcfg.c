/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "format/assignment.h"
#include "format/ifcfg.h"
#include "format/splice.h"

static bool is_key(const char *text, const struct assignment *a, const char *key)
{
	return word_is(text + a->key, a->key_len, key);
}

/* @key, or @key and a number. */
static bool is_numbered(const char *text, const struct assignment *a, const char *key)
{
	size_t n = strlen(key);

	if (a->key_len < n || strncmp(text + a->key, key, n) != 0)
		return false;
	while (n < a->key_len &&
	       (isdigit((unsigned char)text[a->key + n]) || text[a->key + n] == '_'))
		n++;
	return n == a->key_len;
}

static bool has_value(const char *text, const struct assignment *a, const char *value)
{
	return strlen(value) == a->value_len &&
	       strncasecmp(text + a->value, value, a->value_len) == 0;
}

/* What makes the file that of no Ethernet card: initscripts sysconfig.txt, SUSE ifcfg(5).
 */
static bool makes_virtual(const char *text, const struct assignment *a)
{
	static const char *const keys[] = {
		"BONDING_MASTER",
		"BONDING_OPTS",
		"BONDING_MODULE_OPTS",
		"BRIDGE_PORTS",
		"ETHERDEVICE",
		"PHYSDEV",
		"STP",
		"TEAM_CONFIG",
		"TUNNEL",
		"VLAN_ID",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (is_key(text, a, keys[i]))
			return true;
	if (is_key(text, a, "VLAN") || is_key(text, a, "BRIDGE"))
		return is_key(text, a, "VLAN") && has_value(text, a, "yes");
	return (is_key(text, a, "TYPE") || is_key(text, a, "DEVICETYPE")) &&
	       !has_value(text, a, "ethernet") && !has_value(text, a, "eth") &&
	       !has_value(text, a, "TeamPort");
}

/* What of IPv6 depends on the MAC address: by the initscripts, which know no token, or by
 * NetworkManager, which takes one beside the mode that is called so.
 */
static void read_ipv6(const char *text, struct nic *nic)
{
	bool is_auto = false, has_mode = false, has_token = false;
	struct assignment a;

	for (size_t at = 0; assignment_next(text, at, &a); at = a.next) {
		if (is_key(text, &a, "IPV6_AUTOCONF")) {
			is_auto = has_value(text, &a, "yes");
		} else if (is_key(text, &a, "IPV6_ADDR_GEN_MODE")) {
			has_mode = true;
			nic->takes_token = has_value(text, &a, "eui64");
		} else if (is_key(text, &a, "IPV6_TOKEN")) {
			has_token = true;
		}
	}
	nic->takes_token = nic->takes_token && !has_token;
	nic->is_eui64 = nic->takes_token || (is_auto && !has_mode && !has_token);
}

static bool is_set_mac(const char *text, const struct assignment *a)
{
	return is_key(text, a, "MACADDR") || is_key(text, a, "LLADDR");
}

static void read_assignment(const char *text, const struct assignment *a, struct nic *nic,
			    bool *other_name, const char *suffix)
{
	const char *value = text + a->value;

	if (is_key(text, a, "DEVICE"))
		nic_set_name(nic->name, value, a->value_len);
	else if (is_key(text, a, "HWADDR"))
		nic_set_mac(nic->mac, value, a->value_len);
	else if (is_set_mac(text, a))
		nic_set_mac(nic->set_mac, value, a->value_len);
	else if (is_key(text, a, "NAME"))
		*other_name = !word_is(value, a->value_len, suffix);
	else if ((is_numbered(text, a, "IPADDR") || is_key(text, a, "IPV6ADDR")) &&
		 a->value_len > 0)
		nic->is_static = true;
	nic->is_virtual = nic->is_virtual || makes_virtual(text, a);
}

int ifcfg_read(const char *text, const char *suffix, struct nics *ret,
	       struct cvt_error *err)
{
	struct nic nic = { 0 };
	struct assignment a;
	bool other_name = false;

	/* SUSE up to SLES 10 */
	if (strncmp(suffix, "eth-id-", 7) == 0 || strncmp(suffix, "eth-bus-", 8) == 0)
		return error_set(err, -ENOTSUP,
				 "its name finds the card by address or slot");
	for (size_t at = 0; assignment_next(text, at, &a); at = a.next)
		read_assignment(text, &a, &nic, &other_name, suffix);
	/* Without DEVICE the file is for the interface that it is called after, unless it
	 * is the profile of some other name that NetworkManager wrote.
	 */
	if (!nic.name[0] && !other_name)
		nic_set_name(nic.name, suffix, strlen(suffix));
	read_ipv6(text, &nic);
	nic.is_virtual = nic.is_virtual || nic_name_is_virtual(nic.name);
	nic.is_pattern = !nic.name[0] && !nic.mac[0];
	return nics_add(ret, &nic, err);
}

/* @line in the place of the assignment; "": the line goes, with its comment, or the value
 * if there is more on the line.
 */
static int replace(const struct assignment *a, const char *line, struct splices *out)
{
	if (!line[0] && a->alone)
		return splice_drop(out, a->at, a->next - a->at);
	if (!line[0])
		return splice_drop(out, a->raw, a->raw_len);
	return splice_add(out, a->key, a->raw + a->raw_len - a->key, "%s", line);
}

static int release_pin(const struct assignment *a, const char *device,
		       struct splices *out)
{
	CLEANUP_FREE char *line = NULL;

	if (!device[0])
		return replace(a, "", out);
	if (asprintf(&line, "DEVICE=%s", device) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return replace(a, line, out);
}

/* The last HWADDR counts, and what becomes of it becomes of all. */
static int rewrite_pins(const char *text, const struct nic_change *c, struct splices *out)
{
	char mac[NIC_MAC_SIZE] = "";
	const struct nic_pin *pin;
	struct assignment a;
	bool has_device = false;
	int r = 0;

	for (size_t at = 0; assignment_next(text, at, &a); at = a.next) {
		has_device =
			has_device || (is_key(text, &a, "DEVICE") && a.value_len > 0);
		if (is_key(text, &a, "HWADDR"))
			nic_set_mac(mac, text + a.value, a.value_len);
	}
	pin = nic_find_pin(c, mac);
	for (size_t at = 0; pin && r == 0 && assignment_next(text, at, &a); at = a.next) {
		if (!is_key(text, &a, "HWADDR"))
			continue;
		if (pin->to[0]) {
			r = splice_add(out, a.value, a.value_len, "%s", pin->to);
		} else {
			r = release_pin(&a, has_device ? "" : pin->name, out);
			has_device = true;
		}
	}
	return r;
}

static int follow(const char *text, const struct assignment *a,
		  const struct nic_change *c, struct splices *out)
{
	const struct nic_move *move = NULL;
	char mac[NIC_MAC_SIZE];

	if (nic_set_mac(mac, text + a->value, a->value_len))
		move = nic_find_move(c, "", mac);
	return move ? splice_add(out, a->value, a->value_len, "%s", move->to) : 0;
}

static int rewrite_moves(const char *text, const struct nic_change *c,
			 struct splices *out, struct cvt_error *err)
{
	CLEANUP_NICS struct nics nics = { 0 };
	const struct nic_move *move = NULL;
	char token[NIC_TOKEN_SIZE];
	struct assignment a;
	int r = ifcfg_read(text, "", &nics, err);

	if (r == 0 && nics.v[0].takes_token)
		move = nic_find_move(c, nics.v[0].name, nics.v[0].mac);
	for (size_t at = 0; r == 0 && assignment_next(text, at, &a); at = a.next) {
		if (is_set_mac(text, &a))
			r = follow(text, &a, c, out);
		if (!move || !is_key(text, &a, "IPV6_ADDR_GEN_MODE"))
			continue;
		nic_token(move->from, token);
		r = splice_add(out, a.raw + a.raw_len, 0, "\nIPV6_TOKEN=%s", token);
		move = NULL;
	}
	return r;
}

static bool is_one_of(const char *text, const struct assignment *a,
		      const char *const *keys)
{
	for (; *keys; keys++)
		if (is_numbered(text, a, *keys))
			return true;
	return false;
}

/* What is said of fixed addresses, and that DHCP is not asked for the rest. */
static bool is_address_key(const char *text, const struct assignment *a)
{
	static const char *const keys[] = { "BROADCAST", "DNS",	    "GATEWAY", "IPADDR",
					    "LABEL",	 "NETMASK", "NETWORK", "PREFIX",
					    "PREFIXLEN", "SCOPE",   NULL };

	return is_one_of(text, a, keys) ||
	       (is_key(text, a, "PEERDNS") && has_value(text, a, "no"));
}

static bool is_address6_key(const char *text, const struct assignment *a)
{
	static const char *const keys[] = { "IPV6ADDR", "IPV6ADDR_SECONDARIES",
					    "IPV6_DEFAULTGW", NULL };

	return is_one_of(text, a, keys);
}

/* What becomes dynamic, and the keys that there is a place for already. */
struct fixed {
	bool v4, v6, is_dynamic, is_alias;
	bool has_proto, has_autoconf, has_onparent;
};

static struct fixed find_fixed(const char *text)
{
	struct fixed f = { 0 };
	struct assignment a;

	for (size_t at = 0; assignment_next(text, at, &a); at = a.next) {
		bool is_set = a.value_len > 0;

		if (is_key(text, &a, "BOOTPROTO")) {
			f.has_proto = true;
			f.is_dynamic = is_set && !has_value(text, &a, "none") &&
				       !has_value(text, &a, "static");
		}
		f.v4 = f.v4 || (is_set && is_numbered(text, &a, "IPADDR"));
		f.v6 = f.v6 || (is_set && is_key(text, &a, "IPV6ADDR"));
		f.has_autoconf = f.has_autoconf || is_key(text, &a, "IPV6_AUTOCONF");
		f.has_onparent = f.has_onparent || is_key(text, &a, "ONPARENT");
		if (is_key(text, &a, "DEVICE"))
			f.is_alias = memchr(text + a.value, ':', a.value_len) != NULL;
	}
	f.v4 = f.v4 && !f.is_dynamic;
	return f;
}

/* The first address makes room for what is said now, unless that has a place. */
static int rewrite_address(const char *text, const struct assignment *a, struct fixed *f,
			   struct splices *out)
{
	const char *line = "";

	if (f->v4 && is_key(text, a, "BOOTPROTO") && !f->is_alias)
		return splice_add(out, a->value, a->value_len, "dhcp");
	if (f->v4 && f->is_alias && is_key(text, a, "ONPARENT"))
		return splice_add(out, a->value, a->value_len, "no");
	if (f->v6 && is_key(text, a, "IPV6_AUTOCONF"))
		return splice_add(out, a->value, a->value_len, "yes");
	if (f->v4 && is_address_key(text, a)) {
		if (f->is_alias && !f->has_onparent)
			line = "ONPARENT=no";
		else if (!f->is_alias && !f->has_proto)
			line = "BOOTPROTO=dhcp";
		f->has_proto = f->has_onparent = true;
		return replace(a, line, out);
	}
	if (!f->v6 || !is_address6_key(text, a))
		return 0;
	line = f->has_autoconf ? "" : "IPV6_AUTOCONF=yes";
	f->has_autoconf = true;
	return replace(a, line, out);
}

static int rewrite_dhcp(const char *text, struct splices *out)
{
	struct fixed f = find_fixed(text);
	struct assignment a;
	int r = 0;

	for (size_t at = 0; (f.v4 || f.v6) && r == 0 && assignment_next(text, at, &a);
	     at = a.next)
		r = rewrite_address(text, &a, &f, out);
	return r;
}

static bool is_loopback(const char *text)
{
	struct assignment a;

	for (size_t at = 0; assignment_next(text, at, &a); at = a.next)
		if (is_key(text, &a, "DEVICE"))
			return has_value(text, &a, "lo") ||
			       (a.value_len > 3 &&
				strncmp(text + a.value, "lo:", 3) == 0);
	return false;
}

int ifcfg_rewrite(const char *text, const struct nic_change *c, char **ret,
		  struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	int r = 0;

	if (!c->dhcp)
		r = rewrite_pins(text, c, &out);
	else if (!is_loopback(text))
		r = rewrite_dhcp(text, &out);
	if (r == 0)
		r = rewrite_moves(text, c, &out, err);
	return r < 0 ? error_nomem(err) : splices_text(&out, text, ret, err);
}

/* Of /etc/sysconfig/network (RHEL) and network/config (SUSE): what would stand in for what
 * DHCP says.  dhclient-script takes no router where GATEWAY is set.
 */
int ifcfg_rewrite_global(const char *text, char **ret, struct cvt_error *err)
{
	static const char *const keys[] = { "GATEWAY", "IPV6_DEFAULTGW", NULL };
	CLEANUP_SPLICES struct splices out = { 0 };
	struct assignment a;
	int r = 0;

	for (size_t at = 0; r == 0 && assignment_next(text, at, &a); at = a.next) {
		if (is_one_of(text, &a, keys))
			r = replace(&a, "", &out);
		else if (is_key(text, &a, "NETCONFIG_DNS_STATIC_SERVERS"))
			r = splice_drop(&out, a.value, a.value_len);
	}
	return r < 0 ? error_nomem(err) : splices_text(&out, text, ret, err);
}
