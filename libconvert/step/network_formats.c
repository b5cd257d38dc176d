/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network stacks as rows: where their files are, which of them count, and who reads them. */
#include <config.h>

#include <fnmatch.h>
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

static bool connman_active(const struct guest *g, const struct names *sources,
			   const char *path)
{
	(void)g;
	(void)sources;
	return starts_with(path, CONNMAN_DIR) &&
	       (ends_with(path, ".config") || ends_with(path, "/settings"));
}

static bool udev_active(const struct guest *g, const struct names *sources,
			const char *path)
{
	(void)g;
	(void)sources;
	return starts_with(path, "/etc/udev/rules.d/") && ends_with(path, ".rules") &&
	       !is_ours(path);
}

static int rewrite_link(const char *text, const struct nic_change *c, char **ret,
			struct cvt_error *err)
{
	CLEANUP_FREE char *drivers = NULL;

	if (net_card_drivers(' ', &drivers) < 0)
		return error_nomem(err);
	return link_rewrite(text, c, drivers, ret, err);
}

static bool matches(const struct net_format *f, const char *path)
{
	for (size_t i = 0; f->wants[i]; i++)
		if (fnmatch(f->wants[i], path, FNM_PATHNAME | FNM_PERIOD) == 0)
			return !is_ours(path);
	return false;
}

bool net_is_active(const struct net_format *f, const struct guest *g,
		   const struct names *sources, const char *path)
{
	return f->is_active ? f->is_active(g, sources, path) : matches(f, path);
}

int net_read(const struct net_format *f, const char *text, const char *path,
	     struct nics *ret, struct cvt_error *err)
{
	if (f->read)
		return f->read(text, ret, err);
	return f->read_named(text, base_name(path) + strlen("ifcfg-"), ret, err);
}

/* clang-format off */
const struct net_format net_formats[] = {
	{ LIST(NET_INTERFACES, NET_INTERFACES ".d/*"),
	  false, interfaces_active, interfaces_read, interfaces_rewrite },
	{ LIST("/etc/netplan/*.yaml", "/lib/netplan/*.yaml"),
	  false, netplan_active, netplan_read, netplan_rewrite },
	{ LIST("/etc/systemd/network/*.network"), /* and drop-ins, which inspect_network() found */
	  false, network_active, network_read, network_rewrite },
	{ LIST("/etc/systemd/network/*.netdev"),
	  false, NULL, netdev_read, netdev_rewrite },
	{ LIST("/etc/NetworkManager/system-connections/*"),
	  false, nmkeyfile_active, nmkeyfile_read, nmkeyfile_rewrite },
	{ LIST("/etc/sysconfig/network-scripts/ifcfg-*", "/etc/sysconfig/network/ifcfg-*"),
	  false, ifcfg_active, NULL, ifcfg_rewrite, .read_named = ifcfg_read },
	{ LIST("/etc/conf.d/ne[t]"),
	  false, NULL, netifrc_read, netifrc_rewrite, .keeps_fixed = true },
	{ LIST(CONNMAN_DIR "*.config"), /* and what inspect_network() found */
	  false, connman_active, connman_read, connman_rewrite,
	  .keeps_fixed = true, .stays_bound = true, .move = connman_move },
	{ LIST("/etc/wicked/ifconfig/*.xml"),
	  false, NULL, wicked_read, wicked_rewrite, .keeps_fixed = true },
	{ LIST("/etc/systemd/network/*.link"),
	  true, NULL, link_read, rewrite_link, .stays_bound = true },
	{ LIST("/etc/macta[b]", "/etc/ifta[b]"),
	  true, NULL, mactab_read, mactab_rewrite, .stays_bound = true },
	{ LIST("/etc/udev/rules.d/*net*.rules"),
	  true, udev_active, udev_net_read, udev_net_rewrite },
	{ NULL }
};
/* clang-format on */
