/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One mechanism keeps the interface names, whatever stack configures them: a
 * .link file where udev is systemd's, else a udev rule.
 *
 * systemd.link(5): the first file that matches is applied, and Name= counts
 * where NamePolicy= is unset, also with net.ifnames=0.  "10-libconvert-" sorts
 * before netplan's "10-netplan-" and the default 99-default.link.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "step/network.h"

#define UDEVD "/lib/systemd/systemd-udevd"
#define GENERATOR "75-persistent-net-generator.rules"

/* Cards that only source machines show, or that are handed through to a guest.  The Mellanox
 * cards are left out: on Azure they carry the MAC address of the hv_netvsc card they belong
 * to, and must not take its name.
 */
static const char *const more_drivers[] = {
	"8139cp", "8139too", "igb", "igbvf", "igc", "ixgbevf", "pcnet32", "tulip",
};

/* The name of the driver on its bus, which udev sees, is not always that of its module. */
static const char *bus_driver(const char *module)
{
	return strcmp(module, "xen_netfront") == 0 ? "vif" : module;
}

static int list_drivers(struct names *ret)
{
	const struct target *t;
	int r = 0;

	for (size_t i = 0; r == 0 && (t = target_at(i)); i++)
		for (size_t j = 0; r == 0 && j < t->n_drivers; j++)
			if (t->drivers[j].flags & DRIVER_NET)
				r = names_add_new(ret, bus_driver(t->drivers[j].module));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(more_drivers); i++)
		r = names_add_new(ret, more_drivers[i]);
	return r;
}

int net_card_drivers(char separator, char **ret)
{
	CLEANUP_NAMES struct names drivers = { 0 };
	CLEANUP_BYTES struct bytes text = { 0 };
	int r = list_drivers(&drivers);

	for (size_t i = 0; r == 0 && i < drivers.n; i++) {
		if (i > 0)
			r = bytes_append(&text, &separator, 1);
		if (r == 0)
			r = bytes_append(&text, drivers.v[i], strlen(drivers.v[i]));
	}
	if (r == 0)
		*ret = bytes_take(&text).data;
	return r;
}

/* sysvinit and OpenRC guests may run systemd's udev too (Debian, Gentoo); eudev has none. */
bool net_has_links(const struct guest *g)
{
	return (g->init && strcmp(g->init, "systemd") == 0) || guest_file(g, UDEVD);
}

/* Hyper-V shows a virtual function with the same address beside its own card. */
static bool is_hyperv(const struct target *t)
{
	for (size_t i = 0; t && i < t->n_drivers; i++)
		if (strcmp(t->drivers[i].module, "hv_netvsc") == 0)
			return true;
	return false;
}

static int write_link(const struct guest *g, const struct request *q,
		      const struct net_binding *b, struct plan *p, struct cvt_error *err)
{
	CLEANUP_FREE char *drivers = NULL;
	char path[sizeof(NET_LINK_PREFIX) + NIC_NAME_SIZE + sizeof(".link")];
	char *text;
	int n;

	if (net_card_drivers(' ', &drivers) < 0)
		return error_nomem(err);
	if (b->mac[0])
		n = asprintf(&text,
			     "# Keeps the interface name that this system was set up with.\n"
			     "[Match]\nMACAddress=%s\n%s\n[Link]\nName=%s\n",
			     b->mac, is_hyperv(q->target) ? "Driver=hv_netvsc\n" : "", b->name);
	else
		n = asprintf(&text,
			     "# Keeps the interface name that this system was set up with.\n"
			     "[Match]\nDriver=%s\n\n[Link]\nName=%s\n",
			     drivers, b->name);
	if (n < 0)
		return error_nomem(err);
	snprintf(path, sizeof(path), "%s%s.link", NET_LINK_PREFIX, b->name);
	return plan_write_text(p, g, path, text,
			       WHY("net-name", "the interface keeps its name on other hardware"),
			       err);
}

/* "|" between values: udev since version 088. */
static int add_rule(const struct net_binding *b, struct bytes *text)
{
	CLEANUP_FREE char *drivers = NULL;
	CLEANUP_FREE char *line = NULL;
	int n;

	if (net_card_drivers('|', &drivers) < 0)
		return -ENOMEM;
	if (b->mac[0])
		n = asprintf(&line,
			     "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", "
			     "ATTR{address}==\"%s\", ATTR{type}==\"1\", NAME=\"%s\"\n",
			     b->mac, b->name);
	else
		n = asprintf(&line,
			     "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"%s\", "
			     "ATTR{type}==\"1\", KERNEL==\"eth0\", NAME=\"%s\"\n",
			     drivers, b->name);
	if (n < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return bytes_append(text, line, (size_t)n);
}

/* The generator of udev before 197 would pin the new card as the next free name. */
static int mask_generator(const struct guest *g, struct plan *p, struct cvt_error *err)
{
	if (!guest_file(g, "/lib/udev/rules.d/" GENERATOR))
		return 0;
	return plan_symlink(p, g, "/etc/udev/rules.d/" GENERATOR, "/dev/null",
			    WHY("net-name", "udev must not pin the new card to another name"),
			    err);
}

static int write_rules(const struct guest *g, const struct net_binding *v, size_t n,
		       struct plan *p, struct cvt_error *err)
{
	static const char head[] =
		"# Keeps the interface names that this system was set up with.\n";
	CLEANUP_BYTES struct bytes text = { 0 };
	int r = bytes_set(&text, head, sizeof(head) - 1);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_rule(&v[i], &text);
	if (r < 0)
		return error_nomem(err);
	r = plan_write(p, g, NET_RULES_PATH, &text,
		       WHY("net-name", "the interfaces keep their names on other hardware"), err);
	return r < 0 ? r : mask_generator(g, p, err);
}

/* udev since version 197 swaps no names: eth0 cannot become eth1 while there is an eth1. */
static int warn_kernel_names(const struct net_binding *v, size_t n, struct plan *p)
{
	size_t kernel_names = 0;

	for (size_t i = 0; i < n; i++)
		kernel_names += strncmp(v[i].name, "eth", 3) == 0 &&
				strspn(v[i].name + 3, "0123456789") == strlen(v[i].name + 3);
	if (kernel_names < 2)
		return 0;
	return plan_warn(p, "nic-kernel-names", NULL,
			 "attach the cards in the order of their names",
			 "names like %s are also the kernel's: udev cannot exchange them",
			 v[0].name);
}

int net_plan_names(const struct guest *g, const struct request *q,
		   const struct net_binding *v, size_t n, struct plan *p,
		   struct cvt_error *err)
{
	int r = 0;

	if (n == 0)
		return 0;
	if (!net_has_links(g))
		return write_rules(g, v, n, p, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = write_link(g, q, &v[i], p, err);
	if (r == 0 && warn_kernel_names(v, n, p) < 0)
		return error_nomem(err);
	return r;
}
