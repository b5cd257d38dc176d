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
	{ "ifcfg", netformat_read_ifcfg, ifcfg_rewrite },
	{ "interfaces", interfaces_read, interfaces_rewrite },
	{ "link", link_read, netformat_rewrite_link },
	{ "mactab", mactab_read, mactab_rewrite },
	{ "netdev", netdev_read, netdev_rewrite },
	{ "netifrc", netifrc_read, netifrc_rewrite },
	{ "netplan", netplan_read, netplan_rewrite },
	{ "network", network_read, network_rewrite },
	{ "nmkeyfile", nmkeyfile_read, nmkeyfile_rewrite },
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
	NETFORMAT_DHCP
};

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
	pins = netformat_pins(&nics, mode == NETFORMAT_REBIND);
	moves = netformat_moves(&nics);
	c.pins = pins;
	c.n_pins = nics.n;
	c.moves = moves;
	c.n_moves = mode == NETFORMAT_REBIND ? nics.n : 0;
	return pins && moves ? f->rewrite(text, &c, ret, err) : error_nomem(err);
}

#endif
