/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fixed addresses for an interface of netplan: they come first, so that they are found again. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/netplan_device.h"

struct fix {
	const struct nic_fix *f;
	struct splices splices;
	bool is_there;
};

/* What is before the node on its line, in a further line. */
static int start_line(const struct yaml_tree *t, size_t node, char **ret)
{
	size_t at = t->v[node].at, from = at;

	while (from > 0 && t->text[from - 1] != '\n')
		from--;
	if (strspn(t->text + from, " -") < at - from)
		return -ENOTSUP;
	*ret = strndup(t->text + from, at - from);
	return *ret ? 0 : -ENOMEM;
}

/* @pair comes before the first child of @parent, which has one. */
static int insert_first(const struct yaml_tree *t, size_t parent, const char *pair,
			struct fix *x, struct cvt_error *err)
{
	CLEANUP_FREE char *line = NULL;
	size_t first = yaml_first(t, parent);
	int r;

	if (!first)
		return error_set(err, -ENOTSUP, "nothing is set for %s", x->f->name);
	if (t->v[parent].is_flow)
		return splice_add(&x->splices, t->v[first].at, 0, "%s, ", pair) < 0
			       ? error_nomem(err)
			       : 0;
	r = start_line(t, first, &line);
	if (r == -ENOTSUP)
		return error_set(err, r,
				 "the settings of %s start in the line of its name",
				 x->f->name);
	if (r < 0 || splice_add(&x->splices, t->v[first].at, 0, "%s\n%s", pair, line) < 0)
		return error_nomem(err);
	return 0;
}

/* @items of the list or map @key of @device, which is made if it is not there. */
static int insert_items(const struct yaml_tree *t, size_t device, const char *key,
			const char items[2][NIC_TEXT_SIZE], bool is_map, struct fix *x,
			struct cvt_error *err)
{
	char pair[2 * NIC_TEXT_SIZE + 64];
	size_t there = yaml_get(t, device, key);
	int r = 0;

	if (!items[0][0])
		return 0;
	if (!there) {
		snprintf(pair, sizeof(pair), is_map ? "%s: {%s%s%s}" : "%s: [%s%s%s]",
			 key, items[0], items[1][0] ? ", " : "", items[1]);
		return insert_first(t, device, pair, x, err);
	}
	for (size_t i = 0; i < 2 && items[i][0] && r == 0; i++)
		r = insert_first(t, there, items[i], x, err);
	return r;
}

/* What the device has to say of @f, a list of each. */
struct fix_items {
	char addresses[2][NIC_TEXT_SIZE], routes[2][NIC_TEXT_SIZE], dns[2][NIC_TEXT_SIZE];
};

/* netplan before 0.104 does not know the destination "default". */
static void print_items(const struct nic_fix *f, struct fix_items *ret)
{
	const struct nic_address *const both[] = { f->inet, f->inet6 };
	char dns[NIC_TEXT_SIZE];
	char(*address)[NIC_TEXT_SIZE] = ret->addresses,
	(*route)[NIC_TEXT_SIZE] = ret->routes;
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		const struct nic_address *a = both[i];

		if (!a)
			continue;
		snprintf(*address++, NIC_TEXT_SIZE, "\"%s/%u\"", a->address, a->prefix);
		if (a->gateway[0])
			snprintf(*route++, NIC_TEXT_SIZE, "{to: \"%s\", via: \"%s\"}",
				 a->is_inet6 ? "::/0" : "0.0.0.0/0", a->gateway);
		nic_dns_print(a, "\", \"", dns);
		if (dns[0] && at < NIC_TEXT_SIZE)
			at += (size_t)snprintf(ret->dns[0] + at, NIC_TEXT_SIZE - at,
					       "%s\"%s\"", at ? ", " : "addresses: [",
					       dns);
	}
	if (at > 0 && at < NIC_TEXT_SIZE)
		snprintf(ret->dns[0] + at, NIC_TEXT_SIZE - at, "]");
}

static int fix_dhcp(struct yaml_tree *t, size_t device, const char *key, struct fix *x,
		    struct cvt_error *err)
{
	char pair[sizeof("dhcp4: false")];
	size_t value = yaml_get(t, device, key);

	if (value)
		return yaml_set_scalar(t, value, "false", &x->splices, err);
	snprintf(pair, sizeof(pair), "%s: false", key);
	return insert_first(t, device, pair, x, err);
}

static int fix_device(struct yaml_tree *t, const struct netplan_section *s, size_t key,
		      void *data, struct cvt_error *err)
{
	struct fix *x = data;
	size_t device = t->v[key].next;
	struct fix_items items = { 0 };
	int r;

	if (!s->has_dhcp || !netplan_is_named(t, s, key, x->f->name))
		return 0;
	x->is_there = true;
	print_items(x->f, &items);
	r = insert_items(t, device, "addresses", items.addresses, false, x, err);
	if (r == 0)
		r = insert_items(t, device, "routes", items.routes, false, x, err);
	if (r == 0)
		r = insert_items(t, device, "nameservers", items.dns, true, x, err);
	if (r == 0 && x->f->inet)
		r = fix_dhcp(t, device, "dhcp4", x, err);
	return r < 0 || !x->f->inet6 ? r : fix_dhcp(t, device, "dhcp6", x, err);
}

int netplan_fix(const char *text, const struct nic_fix *f, char **ret,
		struct cvt_error *err)
{
	CLEANUP_YAML_TREE struct yaml_tree t = { 0 };
	struct fix x = { .f = f };
	int r = yaml_tree_parse(text, &t, err);

	if (r == 0)
		r = netplan_each_device(&t, fix_device, &x, err);
	if (r == 0 && x.is_there)
		r = splices_text(&x.splices, text, ret, err);
	splices_clear(&x.splices);
	return r;
}
