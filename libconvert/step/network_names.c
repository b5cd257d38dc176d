/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One mechanism keeps the interface names, whatever stack configures them: a
 * .link file where udev is systemd's and not too old, else a udev rule.
 *
 * systemd.link(5): the first file that matches is applied, and Name= counts
 * where NamePolicy= is unset, also with net.ifnames=0.  "10-libconvert-" sorts
 * before netplan's "10-netplan-" and the default 99-default.link.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "step/network.h"

#define UDEVD "/lib/systemd/systemd-udevd"
#define GENERATOR "75-persistent-net-generator.rules"

/* Cards that only source machines show. */
static const char *const more_drivers[] = {
	"8139cp", "8139too", "igb", "igbvf", "igc", "ixgbevf", "pcnet32", "tulip",
};

/* Cards that are handed through to a guest.  They are matched together with an address
 * only: on Azure they stand beside the hv_netvsc card whose address they share, and must
 * not take its name.
 */
static const char passed_through[] = "be2net bnx2x bnxt_en enic i40e i40evf iavf ice "
				     "ixgbe mlx4_core mlx5_core qede sfc tg3";

/* The name of the driver on its bus, which udev sees, is not always that of its module.
 */
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

/* "…/libsystemd-shared-239.so" and older: net_setup_link leaves alone what was renamed
 * before (link-config.c, should_rename()), so that a card that the initramfs has renamed
 * keeps that name.  A rule is obeyed in any case.
 */
static bool is_before_240(const char *path)
{
	const char *version = strstr(path, "/systemd/libsystemd-shared-2");

	version = version ? version + strlen("/systemd/libsystemd-shared-2") : "";
	return version[0] >= '0' && version[0] <= '3';
}

/* sysvinit and OpenRC guests may run systemd's udev too (Debian, Gentoo); eudev has no
 * links. */
bool net_has_links(const struct guest *g)
{
	for (size_t i = 0; i < g->n_files; i++)
		if (is_before_240(g->files[i].path))
			return false;
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

/* A VLAN, bridge or bond has the address of its card: only Driver= tells them apart. */
static int link_text(const struct request *q, const struct net_binding *b, char **ret)
{
	static const char head[] =
		"# Keeps the interface name that this system was set up with.\n[Match]\n";
	CLEANUP_FREE char *cards = NULL;
	int n;

	if (net_card_drivers(' ', &cards) < 0)
		return -ENOMEM;
	if (!b->mac[0])
		n = asprintf(ret, "%sDriver=%s\n\n[Link]\nName=%s\n", head, cards,
			     b->name);
	else if (is_hyperv(q->target))
		n = asprintf(ret,
			     "%sMACAddress=%s\nDriver=hv_netvsc\n\n[Link]\nName=%s\n",
			     head, b->mac, b->name);
	else
		n = asprintf(ret, "%sMACAddress=%s\nDriver=%s %s\n\n[Link]\nName=%s\n",
			     head, b->mac, cards, passed_through, b->name);
	return n < 0 ? -ENOMEM : 0;
}

static int write_link(const struct guest *g, const struct request *q,
		      const struct net_binding *b, struct plan *p, struct cvt_error *err)
{
	char path[sizeof(NET_LINK_PREFIX) + NIC_NAME_SIZE + sizeof(".link")];
	char *text;

	if (link_text(q, b, &text) < 0)
		return error_nomem(err);
	snprintf(path, sizeof(path), "%s%s.link", NET_LINK_PREFIX, b->name);
	return plan_write_text(
		p, g, path, text,
		WHY("net-name", "the interface keeps its name on other hardware"), err);
}

/* "|" between values: udev since version 088. */
static int add_rule(const struct request *q, const struct net_binding *b,
		    struct bytes *text)
{
	CLEANUP_FREE char *drivers = NULL;
	CLEANUP_FREE char *line = NULL;
	int n;

	if (net_card_drivers('|', &drivers) < 0)
		return -ENOMEM;
	if (b->mac[0])
		n = asprintf(&line,
			     "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"%s\", "
			     "ATTR{address}==\"%s\", ATTR{type}==\"1\", NAME=\"%s\"\n",
			     is_hyperv(q->target) ? "hv_netvsc" : "?*", b->mac, b->name);
	else
		n = asprintf(&line,
			     "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"%s\", "
			     "ATTR{type}==\"1\", NAME=\"%s\"\n",
			     drivers, b->name);
	if (n < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return bytes_append(text, line, (size_t)n);
}

/* The generator (udev before 197, SUSE also later) would pin the new card to the next
 * free name. */
static int mask_generator(const struct guest *g, struct plan *p, struct cvt_error *err)
{
	if (!guest_file(g, "/lib/udev/rules.d/" GENERATOR) &&
	    !guest_file(g, "/usr/lib/udev/rules.d/" GENERATOR))
		return 0;
	return plan_symlink(
		p, g, "/etc/udev/rules.d/" GENERATOR, "/dev/null",
		WHY("net-name", "udev must not pin the new card to another name"), err);
}

static int write_rules(const struct guest *g, const struct request *q,
		       const struct net_binding *v, size_t n, struct plan *p,
		       struct cvt_error *err)
{
	static const char head[] =
		"# Keeps the interface names that this system was set up with.\n";
	CLEANUP_BYTES struct bytes text = { 0 };
	int r = bytes_set(&text, head, sizeof(head) - 1);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_rule(q, &v[i], &text);
	if (r < 0)
		return error_nomem(err);
	return plan_write(p, g, NET_RULES_PATH, &text,
			  WHY("net-name",
			      "the interfaces keep their names on other hardware"),
			  err);
}

/* udev since version 197 swaps no names: eth0 cannot become eth1 while there is an eth1.
 */
static int warn_kernel_names(const struct net_binding *v, size_t n, struct plan *p)
{
	size_t kernel_names = 0;

	for (size_t i = 0; i < n; i++)
		kernel_names +=
			strncmp(v[i].name, "eth", 3) == 0 &&
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
	bool links = net_has_links(g);
	int r = 0;

	if (n == 0)
		return 0;
	if (!links)
		r = write_rules(g, q, v, n, p, err);
	for (size_t i = 0; links && r == 0 && i < n; i++)
		r = write_link(g, q, &v[i], p, err);
	if (r == 0)
		r = mask_generator(g, p, err);
	if (r == 0 && links && warn_kernel_names(v, n, p) < 0)
		return error_nomem(err);
	return r;
}

int net_names_pack(const struct plan *p, struct cpio *c, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < p->n_edits && r == 0; i++) {
		const struct edit *e = &p->edits[i];

		if (e->action == EDIT_WRITE && (starts_with(e->path, NET_LINK_PREFIX) ||
						strcmp(e->path, NET_RULES_PATH) == 0))
			r = cpio_add(c, e->path + 1, &e->data, err);
	}
	return r;
}
