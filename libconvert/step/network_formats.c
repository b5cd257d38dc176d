/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network stacks as rows: where their files are, which of them count, and who reads them. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "core/text.h"
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
#include "step/network.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_ours(const char *path)
{
	return starts_with(path, NET_LINK_PREFIX) || strcmp(path, NET_RULES_PATH) == 0;
}

/* initscripts network-functions, and NetworkManager's utils_should_ignore_file(). */
static bool is_left_over(const char *base)
{
	static const char *const suffixes[] = {
		"~",	    ".bak",	".old",	   ".orig",	".rej",	      ".rpmnew",
		".rpmorig", ".rpmsave", ".augnew", ".augtmp",	".swp",	      ".swpx",
		".pem",	    ".der",	".tmp",	   ".dpkg-old", ".dpkg-dist", ".dpkg-new",
	};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends_with(base, suffixes[i]))
			return true;
	return base[0] == '.' || base[0] == '#' || base[0] == '\0';
}

static bool interfaces_active(const struct guest *g, const struct names *sources,
			      const char *path)
{
	(void)g;
	if (strcmp(path, NET_INTERFACES) == 0)
		return true;
	return interfaces_includes(sources, path);
}

/* netplan(5): a file in /etc hides the one of the same name in /lib. */
static bool netplan_active(const struct guest *g, const struct names *sources,
			   const char *path)
{
	char hides[256];

	(void)sources;
	if (!ends_with(path, ".yaml") || base_name(path)[0] == '.')
		return false;
	if (starts_with(path, "/etc/netplan/"))
		return true;
	snprintf(hides, sizeof(hides), "/etc/netplan/%s", base_name(path));
	return starts_with(path, "/lib/netplan/") && !guest_file(g, hides);
}

static bool in_networkd(const char *path, const char *suffix)
{
	return starts_with(path, NETWORKD_DIR) && ends_with(path, suffix) &&
	       !is_ours(path);
}

static bool network_active(const struct guest *g, const struct names *sources,
			   const char *path)
{
	(void)g;
	(void)sources;
	return in_networkd(path, ".network") ||
	       (in_networkd(path, ".conf") && strstr(path, ".network.d/"));
}

static bool netdev_active(const struct guest *g, const struct names *sources,
			  const char *path)
{
	(void)g;
	(void)sources;
	return in_networkd(path, ".netdev");
}

static bool link_active(const struct guest *g, const struct names *sources,
			const char *path)
{
	(void)g;
	(void)sources;
	return in_networkd(path, ".link");
}

static bool nmkeyfile_active(const struct guest *g, const struct names *sources,
			     const char *path)
{
	(void)g;
	(void)sources;
	return starts_with(path, "/etc/NetworkManager/system-connections/") &&
	       !is_left_over(base_name(path));
}

static bool ifcfg_active(const struct guest *g, const struct names *sources,
			 const char *path)
{
	(void)g;
	(void)sources;
	return (starts_with(path, "/etc/sysconfig/network-scripts/ifcfg-") ||
		starts_with(path, "/etc/sysconfig/network/ifcfg-")) &&
	       !is_left_over(base_name(path) + strlen("ifcfg-")) &&
	       strcmp(base_name(path), "ifcfg-lo") != 0 &&
	       strcmp(base_name(path), "ifcfg.template") != 0;
}

static bool netifrc_active(const struct guest *g, const struct names *sources,
			   const char *path)
{
	(void)g;
	(void)sources;
	return strcmp(path, "/etc/conf.d/net") == 0;
}

static bool mactab_active(const struct guest *g, const struct names *sources,
			  const char *path)
{
	(void)g;
	(void)sources;
	return strcmp(path, "/etc/mactab") == 0 || strcmp(path, "/etc/iftab") == 0;
}

static bool connman_active(const struct guest *g, const struct names *sources,
			   const char *path)
{
	(void)g;
	(void)sources;
	return starts_with(path, CONNMAN_DIR) &&
	       (ends_with(path, ".config") || ends_with(path, "/settings"));
}

static bool wicked_active(const struct guest *g, const struct names *sources,
			  const char *path)
{
	(void)g;
	(void)sources;
	return starts_with(path, "/etc/wicked/ifconfig/") && ends_with(path, ".xml");
}

static bool udev_active(const struct guest *g, const struct names *sources,
			const char *path)
{
	(void)g;
	(void)sources;
	return starts_with(path, "/etc/udev/rules.d/") && ends_with(path, ".rules") &&
	       !is_ours(path);
}

static int read_interfaces(const char *text, const char *path, struct nics *ret,
			   struct cvt_error *err)
{
	(void)path;
	return interfaces_read(text, ret, err);
}

static int read_netplan(const char *text, const char *path, struct nics *ret,
			struct cvt_error *err)
{
	(void)path;
	return netplan_read(text, ret, err);
}

static int read_network(const char *text, const char *path, struct nics *ret,
			struct cvt_error *err)
{
	(void)path;
	return network_read(text, ret, err);
}

static int read_netdev(const char *text, const char *path, struct nics *ret,
		       struct cvt_error *err)
{
	(void)path;
	return netdev_read(text, ret, err);
}

static int read_link(const char *text, const char *path, struct nics *ret,
		     struct cvt_error *err)
{
	(void)path;
	return link_read(text, ret, err);
}

static int read_nmkeyfile(const char *text, const char *path, struct nics *ret,
			  struct cvt_error *err)
{
	(void)path;
	return nmkeyfile_read(text, ret, err);
}

static int read_ifcfg(const char *text, const char *path, struct nics *ret,
		      struct cvt_error *err)
{
	return ifcfg_read(text, base_name(path) + strlen("ifcfg-"), ret, err);
}

static int read_netifrc(const char *text, const char *path, struct nics *ret,
			struct cvt_error *err)
{
	(void)path;
	return netifrc_read(text, ret, err);
}

static int read_mactab(const char *text, const char *path, struct nics *ret,
		       struct cvt_error *err)
{
	(void)path;
	return mactab_read(text, ret, err);
}

static int read_connman(const char *text, const char *path, struct nics *ret,
			struct cvt_error *err)
{
	(void)path;
	return connman_read(text, ret, err);
}

static int read_wicked(const char *text, const char *path, struct nics *ret,
		       struct cvt_error *err)
{
	(void)path;
	return wicked_read(text, ret, err);
}

static int read_udev(const char *text, const char *path, struct nics *ret,
		     struct cvt_error *err)
{
	(void)path;
	return udev_net_read(text, ret, err);
}

static int rewrite_link(const char *text, const struct nic_change *c, char **ret,
			struct cvt_error *err)
{
	CLEANUP_FREE char *drivers = NULL;

	if (net_card_drivers(' ', &drivers) < 0)
		return error_nomem(err);
	return link_rewrite(text, c, drivers, ret, err);
}

/* clang-format off */
const struct net_format net_formats[] = {
	{ LIST(NET_INTERFACES, NET_INTERFACES ".d/*"),
	  false, interfaces_active, read_interfaces, interfaces_rewrite },
	{ LIST("/etc/netplan/*.yaml", "/lib/netplan/*.yaml"),
	  false, netplan_active, read_netplan, netplan_rewrite },
	{ LIST("/etc/systemd/network/*.network"), /* and drop-ins, which inspect_network() found */
	  false, network_active, read_network, network_rewrite },
	{ LIST("/etc/systemd/network/*.netdev"),
	  false, netdev_active, read_netdev, netdev_rewrite },
	{ LIST("/etc/NetworkManager/system-connections/*"),
	  false, nmkeyfile_active, read_nmkeyfile, nmkeyfile_rewrite },
	{ LIST("/etc/sysconfig/network-scripts/ifcfg-*", "/etc/sysconfig/network/ifcfg-*"),
	  false, ifcfg_active, read_ifcfg, ifcfg_rewrite },
	{ LIST("/etc/conf.d/ne[t]"),
	  false, netifrc_active, read_netifrc, netifrc_rewrite, .keeps_fixed = true },
	{ LIST(CONNMAN_DIR "*.config"), /* and what inspect_network() found */
	  false, connman_active, read_connman, connman_rewrite,
	  .keeps_fixed = true, .stays_bound = true, .move = connman_move },
	{ LIST("/etc/wicked/ifconfig/*.xml"),
	  false, wicked_active, read_wicked, wicked_rewrite, .keeps_fixed = true },
	{ LIST("/etc/systemd/network/*.link"),
	  true, link_active, read_link, rewrite_link, .stays_bound = true },
	{ LIST("/etc/macta[b]", "/etc/ifta[b]"),
	  true, mactab_active, read_mactab, mactab_rewrite, .stays_bound = true },
	{ LIST("/etc/udev/rules.d/*net*.rules"),
	  true, udev_active, read_udev, udev_net_rewrite },
	{ NULL }
};
/* clang-format on */
