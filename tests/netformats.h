/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network formats as rows, for the tests that treat them alike. */
#ifndef TESTS_NETFORMATS_H
#define TESTS_NETFORMATS_H

#include "format/connman.h"
#include "format/ifcfg.h"
#include "format/interfaces.h"
#include "format/mactab.h"
#include "format/netifrc.h"
#include "format/netplan.h"
#include "format/networkd.h"
#include "format/nmkeyfile.h"
#include "format/udev_net.h"
#include "format/wicked.h"
#include "suite.h"

struct netformat {
	const char *name; /* its directory below tests/corpus */
	int (*read)(const char *text, struct nics *ret, struct cvt_error *err);
	int (*rewrite)(const char *text, const struct nic_change *c, char **ret,
		       struct cvt_error *err);
	int (*fix)(const char *text, const struct nic_fix *f, char **ret,
		   struct cvt_error *err);
};

static inline int netformat_read_ifcfg(const char *text, struct nics *ret,
				       struct cvt_error *err)
{
	return ifcfg_read(text, "ens192", ret, err);
}

static inline int netformat_rewrite_link(const char *text, const struct nic_change *c,
					 char **ret, struct cvt_error *err)
{
	return link_rewrite(text, c, "virtio_net ena", ret, err);
}

static const struct netformat netformats[] = {
	{ "connman", connman_read, connman_rewrite },
	{ "ifcfg", netformat_read_ifcfg, ifcfg_rewrite, ifcfg_fix },
	{ "interfaces", interfaces_read, interfaces_rewrite, interfaces_fix },
	{ "link", link_read, netformat_rewrite_link },
	{ "mactab", mactab_read, mactab_rewrite },
	{ "netdev", netdev_read, netdev_rewrite },
	{ "netifrc", netifrc_read, netifrc_rewrite },
	{ "netplan", netplan_read, netplan_rewrite, netplan_fix },
	{ "network", network_read, network_rewrite, network_fix },
	{ "nmkeyfile", nmkeyfile_read, nmkeyfile_rewrite, nmkeyfile_fix },
	{ "udev_net", udev_net_read, udev_net_rewrite },
	{ "wicked", wicked_read, wicked_rewrite },
};

/* Every pin of @text: released to the name that is known, or rebound to a new address. */
static inline struct nic_pin *netformat_pins(const struct nics *nics, bool rebind)
{
	struct nic_pin *pins = calloc(nics->n + 1, sizeof(*pins));

	for (size_t i = 0; pins && i < nics->n; i++) {
		memcpy(pins[i].mac, nics->v[i].mac, sizeof(pins[i].mac));
		memcpy(pins[i].name, nics->v[i].name, sizeof(pins[i].name));
		if (rebind)
			snprintf(pins[i].to, sizeof(pins[i].to), "52:54:00:00:00:%02x",
				 (unsigned)(i & 0xff));
	}
	return pins;
}

#define NETFORMAT_OLD_MAC "00:0c:29:aa:bb:cc"

/* All cards get another address: those without pin had NETFORMAT_OLD_MAC. */
static inline struct nic_move *netformat_moves(const struct nics *nics)
{
	struct nic_move *moves = calloc(nics->n + 1, sizeof(*moves));

	for (size_t i = 0; moves && i < nics->n; i++) {
		const struct nic *nic = &nics->v[i];

		memcpy(moves[i].name, nic->name, sizeof(moves[i].name));
		snprintf(moves[i].from, sizeof(moves[i].from), "%s",
			 nic->mac[0] ? nic->mac : NETFORMAT_OLD_MAC);
		snprintf(moves[i].to, sizeof(moves[i].to), "52:54:00:00:00:%02x",
			 (unsigned)(i & 0xff));
	}
	return moves;
}

enum netformat_mode {
	NETFORMAT_RELEASE,
	NETFORMAT_REBIND,
	NETFORMAT_DHCP,
	NETFORMAT_STATIC, /* IPv4 for the first interface that has a name */
	NETFORMAT_BOTH	  /* and IPv6 */
};

/* As the step does it; a text that does not configure the interface stays. */
static inline int netformat_fix(const struct netformat *f, enum netformat_mode mode,
				const struct nics *nics, const char *text, char **ret,
				struct cvt_error *err)
{
	static const struct nic_address inet = { .address = "192.0.2.77",
						 .prefix = 26,
						 .gateway = "192.0.2.65",
						 .dns = { "192.0.2.66", "192.0.2.67" },
						 .n_dns = 2 };
	static const struct nic_address inet6 = { .is_inet6 = true,
						  .address = "2001:db8::77",
						  .prefix = 64,
						  .gateway = "2001:db8::1",
						  .dns = { "2001:db8::53" },
						  .n_dns = 1 };
	struct nic_fix fix = { .inet = &inet,
			       .inet6 = mode == NETFORMAT_BOTH ? &inet6 : NULL };
	struct nic_change c = { .dhcp = true };
	CLEANUP_FREE char *between = NULL;
	int r = 0;

	for (size_t i = 0; i < nics->n && !fix.name; i++)
		if (nics->v[i].name[0] && strcmp(nics->v[i].name, "lo") != 0)
			fix.name = c.only = nics->v[i].name;
	if (f->fix && fix.name)
		r = f->rewrite(text, &c, &between, err);
	if (r == 0 && between)
		r = f->fix(between, &fix, ret, err);
	if (r == 0 && !*ret)
		*ret = strdup(text);
	return r;
}

static inline int netformat_run(const struct netformat *f, enum netformat_mode mode,
				const char *text, char **ret, struct cvt_error *err)
{
	CLEANUP_NICS struct nics nics = { 0 };
	CLEANUP_FREE struct nic_pin *pins = NULL;
	CLEANUP_FREE struct nic_move *moves = NULL;
	struct nic_change c = { .dhcp = mode == NETFORMAT_DHCP };
	int r = f->read(text, &nics, err);

	if (r < 0)
		return r;
	if (mode >= NETFORMAT_STATIC)
		return netformat_fix(f, mode, &nics, text, ret, err);
	pins = netformat_pins(&nics, mode == NETFORMAT_REBIND);
	moves = netformat_moves(&nics);
	c.pins = pins;
	c.n_pins = nics.n;
	c.moves = moves;
	c.n_moves = mode == NETFORMAT_REBIND ? nics.n : 0;
	return pins && moves ? f->rewrite(text, &c, ret, err) : error_nomem(err);
}

#endif
