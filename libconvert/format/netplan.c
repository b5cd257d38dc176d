/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/netplan.h"
#include "format/yaml_tree.h"

/* The keys below "network" that hold interfaces. */
static const struct section {
	const char *key;
	bool is_card;
	bool has_dhcp; /* an address of its own to ask DHCP for */
} sections[] = {
	{ "ethernets", true, true },
	{ "bonds", false, true },
	{ "bridges", false, true },
	{ "vlans", false, true },
	{ "dummy-devices", false, false },
	{ "tunnels", false, false },
	{ "virtual-ethernets", false, false },
	{ "vrfs", false, false },
	{ "wifis", false, false },
};

/* Called for each interface: @key its id, the value its settings. */
typedef int (*device_fn)(struct yaml_tree *t, const struct section *s, size_t key,
			 void *data, struct cvt_error *err);

static int for_each_device(struct yaml_tree *t, device_fn fn, void *data,
			   struct cvt_error *err)
{
	int r = 0;

	for (size_t doc = yaml_first(t, 0); r == 0 && doc; doc = t->v[doc].next) {
		size_t network = yaml_get(t, doc, "network");

		for (size_t s = 0; r == 0 && s < ARRAY_SIZE(sections); s++) {
			size_t map = yaml_get(t, network, sections[s].key);
			size_t key = map && t->v[map].kind == YAML_MAPPING
					     ? yaml_first(t, map)
					     : 0;

			for (; r == 0 && key; key = t->v[t->v[key].next].next)
				r = fn(t, &sections[s], key, data, err);
		}
	}
	return r;
}

static bool set_name(const struct yaml_tree *t, size_t node, char name[NIC_NAME_SIZE])
{
	const char *value = yaml_value(t, node);

	return nic_set_name(name, value, strlen(value));
}

static bool set_mac(const struct yaml_tree *t, size_t node, char mac[NIC_MAC_SIZE])
{
	const char *value = yaml_value(t, node);

	return nic_set_mac(mac, value, strlen(value));
}

static bool is_eui64(const struct yaml_tree *t, size_t device)
{
	return strcmp(yaml_value(t, yaml_get(t, device, "ipv6-address-generation")),
		      "eui64") == 0;
}

/* netplan(5): set-name names what match finds; without match the key is the name. */
static int read_device(struct yaml_tree *t, const struct section *s, size_t key,
		       void *data, struct cvt_error *err)
{
	size_t device = t->v[key].next, match = yaml_get(t, device, "match");
	size_t addresses = yaml_get(t, device, "addresses");
	struct nic nic = { .is_virtual = !s->is_card };

	if (strcmp(yaml_value(t, key), "renderer") == 0)
		return 0;
	snprintf(nic.id, sizeof(nic.id), "%s", yaml_value(t, key));
	set_mac(t, yaml_get(t, match, "macaddress"), nic.mac);
	set_mac(t, yaml_get(t, device, "macaddress"), nic.set_mac);
	nic.is_static = addresses && yaml_first(t, addresses);
	if (!set_name(t, yaml_get(t, device, "set-name"), nic.name) &&
	    !set_name(t, yaml_get(t, match, "name"), nic.name) && !match)
		set_name(t, key, nic.name);
	if (!nic.name[0])
		snprintf(nic.pattern, sizeof(nic.pattern), "%s",
			 yaml_value(t, yaml_get(t, match, "name")));
	nic.is_virtual = nic.is_virtual || nic_name_is_virtual(nic.name);
	nic.is_pattern = !nic.name[0] && !nic.mac[0];
	nic.takes_token = is_eui64(t, device);
	nic.is_eui64 =
		nic.takes_token ||
		(strcmp(yaml_value(t, yaml_get(t, device, "accept-ra")), "true") == 0 &&
		 !yaml_key(t, device, "ipv6-address-generation") &&
		 !yaml_key(t, device, "ipv6-address-token"));
	return nics_add(data, &nic, err);
}

int netplan_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	CLEANUP_YAML_TREE struct yaml_tree t = { 0 };
	int r = yaml_tree_parse(text, &t, err);

	return r < 0 ? r : for_each_device(&t, read_device, ret, err);
}

struct rewrite {
	const struct nic_change *change;
	struct splices splices;
};

static void drop(struct yaml_tree *t, size_t map, const char *key)
{
	size_t i = yaml_key(t, map, key);

	if (i)
		t->v[i].is_gone = true;
}

/* Find the card by the name it has got: the key if it is that name, else match: {name}.
 */
static int release_pin(struct yaml_tree *t, size_t key, const struct nic_pin *pin,
		       struct splices *out, struct cvt_error *err)
{
	size_t device = t->v[key].next, match_key = yaml_key(t, device, "match");
	size_t match = t->v[match_key].next;
	char line[sizeof("name: \"e*\"") + NIC_NAME_SIZE];
	int r = 0;

	drop(t, match, "driver");
	if (strcmp(yaml_value(t, yaml_get(t, device, "set-name")), pin->name) == 0)
		drop(t, device, "set-name");
	if (yaml_key(t, match, "name")) {
		drop(t, match, "macaddress");
	} else if (strcmp(yaml_value(t, key), pin->name) == 0) {
		drop(t, device, "match");
		return yaml_remove_gone(t, key, device, out, err);
	} else {
		snprintf(line, sizeof(line), pin->name[0] ? "name: %s" : "name: \"e*\"%s",
			 pin->name);
		r = yaml_replace_pair(t, yaml_key(t, match, "macaddress"), line, out,
				      err);
	}
	if (r == 0)
		r = yaml_remove_gone(t, match_key, match, out, err);
	return r < 0 ? r : yaml_remove_gone(t, key, device, out, err);
}

static int rewrite_pin(struct yaml_tree *t, size_t key, struct rewrite *w,
		       struct cvt_error *err)
{
	size_t device = t->v[key].next, match_key = yaml_key(t, device, "match");
	size_t match = t->v[match_key].next, mac = yaml_get(t, match, "macaddress");
	const struct nic_pin *pin;
	char text[NIC_MAC_SIZE];
	int r;

	if (!match_key || !set_mac(t, mac, text))
		return 0;
	pin = nic_find_pin(w->change, text);
	if (!pin)
		return 0;
	if (!pin->to[0])
		return release_pin(t, key, pin, &w->splices, err);
	/* cloud-init on Azure matches the driver of the old card as well. */
	drop(t, match, "driver");
	r = yaml_set_scalar(t, mac, pin->to, &w->splices, err);
	return r < 0 ? r : yaml_remove_gone(t, match_key, match, &w->splices, err);
}

/* The address that is given to the interface, often a bond, may be that of a card. */
static int follow_move(struct yaml_tree *t, size_t key, struct rewrite *w,
		       struct cvt_error *err)
{
	size_t mac = yaml_get(t, t->v[key].next, "macaddress");
	const struct nic_move *move = NULL;
	char text[NIC_MAC_SIZE];

	if (set_mac(t, mac, text))
		move = nic_find_move(w->change, "", text);
	return move ? yaml_set_scalar(t, mac, move->to, &w->splices, err) : 0;
}

/* netplan(5): token and generation exclude each other. */
static int keep_token(struct yaml_tree *t, size_t key, struct rewrite *w,
		      struct cvt_error *err)
{
	size_t device = t->v[key].next;
	const struct nic_move *move;
	char line[sizeof("ipv6-address-token: \"\"") + NIC_TOKEN_SIZE];
	char token[NIC_TOKEN_SIZE];
	struct nics nics = { 0 };
	int r;

	if (!is_eui64(t, device))
		return 0;
	r = read_device(t, &sections[0], key, &nics, err);
	if (r < 0 || nics.n == 0)
		return r;
	move = nic_find_move(w->change, nics.v[0].name, nics.v[0].mac);
	nics_clear(&nics);
	if (!move)
		return 0;
	nic_token(move->from, token);
	snprintf(line, sizeof(line), "ipv6-address-token: \"%s\"", token);
	return yaml_replace_pair(t, yaml_key(t, device, "ipv6-address-generation"), line,
				 &w->splices, err);
}

/* A route that the network of a fixed address leads to. */
static bool is_fixed_route(const struct yaml_tree *t, size_t route)
{
	const char *to = yaml_value(t, yaml_get(t, route, "to"));

	return yaml_key(t, route, "via") || strcmp(to, "default") == 0 ||
	       strcmp(to, "0.0.0.0/0") == 0 || strcmp(to, "0/0") == 0 ||
	       strcmp(to, "::/0") == 0;
}

/* Mark the pair of @key in the map @device as gone if all of its items are, else drop those. */
static int drop_items(struct yaml_tree *t, size_t key, struct splices *out,
		      struct cvt_error *err)
{
	size_t items = t->v[key].next;

	for (size_t i = yaml_first(t, items); i; i = t->v[i].next) {
		if (!t->v[i].is_gone)
			return yaml_remove_gone(t, key, items, out, err);
		if (t->v[items].kind == YAML_MAPPING)
			i = t->v[i].next;
	}
	t->v[key].is_gone = true;
	return 0;
}

static int drop_routes(struct yaml_tree *t, size_t device, struct splices *out,
		       struct cvt_error *err)
{
	size_t key = yaml_key(t, device, "routes"), routes = t->v[key].next;

	if (!key || t->v[routes].kind != YAML_SEQUENCE)
		return 0;
	for (size_t i = yaml_first(t, routes); i; i = t->v[i].next)
		t->v[i].is_gone = is_fixed_route(t, i);
	return drop_items(t, key, out, err);
}

/* Search domains stay: they are no addresses. */
static int drop_nameservers(struct yaml_tree *t, size_t device, struct splices *out,
			    struct cvt_error *err)
{
	size_t key = yaml_key(t, device, "nameservers"), map = t->v[key].next;

	if (!key || t->v[map].kind != YAML_MAPPING)
		return 0;
	drop(t, map, "addresses");
	return drop_items(t, key, out, err);
}

static bool has_family(const struct yaml_tree *t, size_t addresses, bool is_inet6)
{
	for (size_t i = yaml_first(t, addresses); i; i = t->v[i].next) {
		/* With options the address is a key: {192.0.2.2/24: {label: …}}. */
		size_t value = t->v[i].kind == YAML_MAPPING ? yaml_first(t, i) : i;

		if ((strchr(yaml_value(t, value), ':') != NULL) == is_inet6)
			return true;
	}
	return false;
}

/* Let @key be true: 1 if it is not there yet. */
static int set_true(struct yaml_tree *t, size_t device, const char *key,
		    struct splices *out, struct cvt_error *err)
{
	size_t value = yaml_get(t, device, key);

	if (!value)
		return 1;
	return strcmp(yaml_value(t, value), "true") == 0
		       ? 0
		       : yaml_set_scalar(t, value, "true", out, err);
}

/* Routers are where IPv6 addresses come from, at a link-local one. */
static void hear_routers(struct yaml_tree *t, size_t device)
{
	size_t local = yaml_get(t, device, "link-local"), i = yaml_first(t, local);

	if (strcmp(yaml_value(t, yaml_get(t, device, "accept-ra")), "true") != 0)
		drop(t, device, "accept-ra");
	while (i && strcmp(yaml_value(t, i), "ipv6") != 0)
		i = t->v[i].next;
	if (local && !i)
		drop(t, device, "link-local");
}

/* The two may need a line each, in the place of the addresses. */
static int replace_addresses(struct yaml_tree *t, size_t device, size_t addresses,
			     bool dhcp4, bool dhcp6, struct splices *out,
			     struct cvt_error *err)
{
	CLEANUP_FREE char *lines = NULL;
	size_t at = t->v[addresses].at, indent = 0;

	while (indent < at && t->text[at - indent - 1] != '\n')
		indent++;
	if (!dhcp4 && !dhcp6) {
		t->v[addresses].is_gone = true;
		return 0;
	}
	if (!dhcp4 || !dhcp6)
		return yaml_replace_pair(t, addresses,
					 dhcp4 ? "dhcp4: true" : "dhcp6: true", out, err);
	if (t->v[device].is_flow ? asprintf(&lines, "dhcp4: true, dhcp6: true") < 0
				 : asprintf(&lines, "dhcp4: true\n%*sdhcp6: true",
					    (int)indent, "") < 0) {
		lines = NULL;
		return error_nomem(err);
	}
	return yaml_replace_pair(t, addresses, lines, out, err);
}

static int make_dynamic(struct yaml_tree *t, size_t key, struct splices *out,
			struct cvt_error *err)
{
	size_t device = t->v[key].next, addresses = yaml_key(t, device, "addresses");
	size_t values = t->v[addresses].next;
	int dhcp4 = 0, dhcp6 = 0, r;

	if (!addresses || !yaml_first(t, values))
		return 0;
	if (has_family(t, values, false))
		dhcp4 = set_true(t, device, "dhcp4", out, err);
	if (dhcp4 >= 0 && has_family(t, values, true)) {
		dhcp6 = set_true(t, device, "dhcp6", out, err);
		hear_routers(t, device);
	}
	if (dhcp4 < 0 || dhcp6 < 0)
		return dhcp4 < 0 ? dhcp4 : dhcp6;
	drop(t, device, "gateway4");
	drop(t, device, "gateway6");
	r = replace_addresses(t, device, addresses, dhcp4 > 0, dhcp6 > 0, out, err);
	if (r == 0)
		r = drop_nameservers(t, device, out, err);
	if (r == 0)
		r = drop_routes(t, device, out, err);
	return r < 0 ? r : yaml_remove_gone(t, key, device, out, err);
}

static int rewrite_device(struct yaml_tree *t, const struct section *s, size_t key,
			  void *data, struct cvt_error *err)
{
	struct rewrite *w = data;
	int r;

	if (w->change->dhcp)
		return s->has_dhcp && strcmp(yaml_value(t, key), "lo") != 0
			       ? make_dynamic(t, key, &w->splices, err)
			       : 0;
	r = follow_move(t, key, w, err);
	if (r < 0 || !s->is_card)
		return r;
	r = rewrite_pin(t, key, w, err);
	return r < 0 ? r : keep_token(t, key, w, err);
}

int netplan_rewrite(const char *text, const struct nic_change *c, char **ret,
		    struct cvt_error *err)
{
	CLEANUP_YAML_TREE struct yaml_tree t = { 0 };
	struct rewrite w = { .change = c };
	int r = yaml_tree_parse(text, &t, err);

	if (r == 0)
		r = for_each_device(&t, rewrite_device, &w, err);
	if (r == 0)
		r = splices_text(&w.splices, text, ret, err);
	splices_clear(&w.splices);
	return r;
}
