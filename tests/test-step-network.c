/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "step/network.h"
#include "suite.h"

#define LINK "/etc/systemd/network/10-libconvert-"
#define RULES "/etc/udev/rules.d/70-persistent-net.rules"
#define NM "/etc/NetworkManager/system-connections/"
#define CLOUD "/etc/cloud/cloud.cfg.d/zz-libconvert-network.cfg"
#define SUSE "/etc/sysconfig/network/"
#define SCRIPTS "/etc/sysconfig/network-scripts/"
#define RULE(mac, name)                                                               \
	"SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", ATTR{address}==\"" mac \
	"\", "                                                                        \
	"NAME=\"" name "\"\n"
#define PROFILE(name, mac)                                            \
	"[connection]\nid=x\ntype=ethernet\n" name "[ethernet]\n" mac \
	"[ipv4]\nmethod=auto\n"
#define MATCH(pin) \
	"network:\n  ethernets:\n    up:\n      match: {macaddress: \"" pin "\"}\n"

#define MAC1 "52:54:00:00:00:01"
#define MAC2 "52:54:00:00:00:02"
#define OLD1 "00:0c:29:aa:bb:cc"
#define OLD2 "00:0c:29:aa:bb:dd"

struct text {
	const char *path, *text; /* text NULL: nothing may be there */
};

/* clang-format off */
/* A guest, what is asked, and all that comes of it: files as they are then, and warnings. */
static const struct {
	const char *what;
	const char *init;
	struct text files[6];
	const char *cmdline;
	struct request_nic nics[3];
	struct request_nic leases[3]; /* which name had which address */
	enum network_mode mode;
	size_t n_edits;
	struct text want[5];		/* text: must contain; starts with '!': must not */
	const char *warnings;
} cases[] = {
	{
		.what = "lab: ifupdown",
		.init = "systemd",
		.files = { { "/etc/network/interfaces", "auto lo\niface lo inet loopback\n"
			     "auto ens192\niface ens192 inet dhcp\n" },
			   { RULES, RULE(OLD1, "ens192") } },
		.n_edits = 2,
		.want = { { RULES, NULL },
			  { LINK "ens192.link", "[Match]\nDriver=virtio_net ena" },
			  { LINK "ens192.link", "[Link]\nName=ens192\n" },
			  { LINK "ens192.link", " vif" } },
	},
	{
		.what = "ifupdown, in a file of another place",
		.init = "systemd",
		.files = { { "/etc/network/interfaces", "source /etc/network/lan/*\n" },
			   { "/etc/network/lan/primary", "auto ens192\niface ens192 inet static\n"
			     " address 192.0.2.1/24\n" },
			   { "/etc/network/other/primary", "auto ens9\niface ens9 inet dhcp\n" } },
		.nics = { { MAC1, "" } },
		.n_edits = 1,
		.want = { { LINK "ens192.link", "MACAddress=" MAC1 "\n" } },
	},
	{
		.what = "lab: NetworkManager",
		.init = "systemd",
		.files = { { NM "ens192.nmconnection",
			     PROFILE("interface-name=ens192\n", "mac-address=00:0C:29:AA:BB:CC\n") } },
		.n_edits = 2,
		.want = { { NM "ens192.nmconnection", "!mac-address" },
			  { NM "ens192.nmconnection", "interface-name=ens192\n" },
			  { LINK "ens192.link", "Name=ens192\n" } },
	},
	{
		.what = "lab: netplan",
		.init = "systemd",
		.files = { { "/etc/netplan/01-netcfg.yaml",
			     "network:\n  version: 2\n  renderer: networkd\n  ethernets:\n"
			     "    # uplink\n    ens160:\n      match:\n"
			     "        macaddress: 00:50:56:11:22:33\n      set-name: ens160\n"
			     "      dhcp4: true\n" } },
		.n_edits = 2,
		.want = { { "/etc/netplan/01-netcfg.yaml",
			    "    # uplink\n    ens160:\n      dhcp4: true\n" },
			  { LINK "ens160.link", "Driver=" } },
	},
	{
		.what = "--nic MAC binds the only card",
		.init = "systemd",
		.files = { { NM "a", PROFILE("interface-name=ens192\n", "mac-address=" OLD1 "\n") } },
		.nics = { { MAC1, "" } },
		.n_edits = 2,
		.want = { { LINK "ens192.link", "[Match]\nMACAddress=" MAC1 "\nDriver=virtio_net " },
			  { NM "a", "!mac-address" } },
	},
	{
		.what = "--nic MAC in the natural order of names",
		.init = "systemd",
		.files = { { SCRIPTS "ifcfg-ens10", "DEVICE=ens10\nHWADDR=" OLD1 "\n" },
			   { SCRIPTS "ifcfg-ens9", "DEVICE=ens9\nHWADDR=" OLD2 "\n" } },
		.nics = { { MAC1, "" }, { MAC2, "" } },
		.n_edits = 4,
		.want = { { LINK "ens9.link", "MACAddress=" MAC1 "\n" },
			  { LINK "ens10.link", "MACAddress=" MAC2 "\n" },
			  { SCRIPTS "ifcfg-ens9", "!HWADDR" },
			  { SCRIPTS "ifcfg-ens10", "!HWADDR" } },
	},
	{
		.what = "a given name goes first, and what nobody speaks of is told",
		.init = "systemd",
		.files = { { SCRIPTS "ifcfg-ens1", "DEVICE=ens1\nHWADDR=" OLD1 "\n" },
			   { SCRIPTS "ifcfg-ens2", "DEVICE=ens2\n" },
			   { SCRIPTS "ifcfg-ens3", "DEVICE=ens3\nHWADDR=" OLD2 "\n" } },
		.nics = { { MAC1, "" }, { MAC2, "ens1" } },
		.n_edits = 3,
		.want = { { LINK "ens1.link", MAC2 }, { LINK "ens2.link", MAC1 },
			  { SCRIPTS "ifcfg-ens3", "HWADDR=" OLD2 } },
		.warnings = "nic-unbound ",
	},
	{
		.what = "more --nic than cards",
		.init = "systemd",
		.files = { { SCRIPTS "ifcfg-ens1", "DEVICE=ens1\n" } },
		.nics = { { MAC1, "" }, { MAC2, "" } },
		.n_edits = 1,
		.want = { { LINK "ens1.link", MAC1 } },
		.warnings = "nic-unused ",
	},
	{
		.what = "nobody knows which of several is which",
		.init = "systemd",
		.files = { { SCRIPTS "ifcfg-ens1", "DEVICE=ens1\nHWADDR=" OLD1 "\n" },
			   { SCRIPTS "ifcfg-ens2", "DEVICE=ens2\nHWADDR=" OLD2 "\n" } },
		.warnings = "nic-several ",
	},
	{
		.what = "kernel names need nothing",
		.init = "systemd",
		.files = { { SCRIPTS "ifcfg-eth0", "DEVICE=eth0\n" },
			   { SCRIPTS "ifcfg-eth1", "DEVICE=eth1\n" } },
		.cmdline = "ro net.ifnames=0 quiet",
	},
	{
		.what = "eth0 with a pin",
		.init = "systemd",
		.files = { { SCRIPTS "ifcfg-eth0", "DEVICE=eth0\nHWADDR=" OLD1 "\n" } },
		.cmdline = "ro net.ifnames=0 quiet",
		.n_edits = 2,
		.want = { { LINK "eth0.link", "Name=eth0" }, { SCRIPTS "ifcfg-eth0", "!HWADDR" } },
	},
	{
		.what = "a profile for any card",
		.init = "systemd",
		.files = { { NM "a", PROFILE("", "mac-address=" OLD1 "\n") } },
		.n_edits = 1,
		.want = { { NM "a", "!mac-address" } },
	},
	{
		.what = "a card without name is rebound",
		.init = "systemd",
		.files = { { "/etc/netplan/a.yaml", MATCH(OLD1) } },
		.nics = { { MAC1, "" } },
		.n_edits = 1,
		.want = { { "/etc/netplan/a.yaml", "{macaddress: \"" MAC1 "\"}" } },
	},
	{
		.what = "a card without name, alone",
		.init = "systemd",
		.files = { { "/etc/netplan/a.yaml", MATCH(OLD1) } },
		.n_edits = 1,
		.want = { { "/etc/netplan/a.yaml", "match: {name: \"e*\"}" } },
	},
	{
		.what = "a rule tells the name of a profile's card",
		.init = "systemd",
		.files = { { NM "a", PROFILE("", "mac-address=" OLD1 "\n") },
			   { RULES, "# mine\n" RULE(OLD1, "lan0") RULE(OLD2, "lan1") } },
		.n_edits = 3,
		.want = { { NM "a", "[connection]\ninterface-name=lan0\n" },
			  { LINK "lan0.link", "Name=lan0" },
			  { RULES, "# mine\n" RULE(OLD2, "lan1") } },
	},
	{
		.what = "the guest's own link goes on",
		.init = "systemd",
		.files = { { "/etc/network/interfaces", "iface lan0 inet dhcp\n" },
			   { "/etc/systemd/network/05-a.link",
			     "[Match]\nMACAddress=" OLD1 "\n[Link]\nName=lan0\nMTUBytes=9000\n" } },
		.nics = { { MAC1, "" } },
		.n_edits = 2,
		.want = { { "/etc/systemd/network/05-a.link", "[Match]\nMACAddress=" MAC1 "\n" },
			  { LINK "lan0.link", MAC1 } },
	},
	{
		.what = "old udev: a rule, and no generator",
		.init = "upstart",
		.files = { { SCRIPTS "ifcfg-eth0", "DEVICE=eth0\nHWADDR=" OLD1 "\n" },
			   { RULES, RULE(OLD1, "eth0") },
			   { "/lib/udev/rules.d/75-persistent-net-generator.rules", "x\n" } },
		.n_edits = 4,
		.want = { { NET_RULES_PATH, "|vif|" }, { NET_RULES_PATH, "NAME=\"eth0\"\n" },
			  { RULES, NULL }, { SCRIPTS "ifcfg-eth0", "!HWADDR" } },
	},
	{
		.what = "old udev with --nic",
		.init = "sysvinit",
		.files = { { SCRIPTS "ifcfg-eth0", "DEVICE=eth0\n" } },
		.nics = { { MAC1, "eth0" }, { MAC2, "eth1" } },
		.n_edits = 1,
		.want = { { NET_RULES_PATH, "ATTR{address}==\"" MAC2 "\", ATTR{type}==\"1\", NAME=\"eth1\"\n" } },
	},
	{
		.what = "systemd before 240: a rule",
		.init = "systemd",
		.files = { { "/etc/netplan/a.yaml", "network: {ethernets: {ens3: {dhcp4: true}}}\n" },
			   { "/lib/systemd/libsystemd-shared-237.so", "" } },
		.n_edits = 1,
		.want = { { NET_RULES_PATH, "NAME=\"ens3\"" } },
	},
	{
		.what = "SUSE's generator beside systemd",
		.init = "systemd",
		.files = { { "/etc/sysconfig/network/ifcfg-eth0", "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n" },
			   { RULES, RULE(OLD1, "eth0") },
			   { "/usr/lib/udev/rules.d/75-persistent-net-generator.rules", "x\n" } },
		.n_edits = 3,
		.want = { { RULES, NULL }, { LINK "eth0.link", "Name=eth0" } },
	},
	{
		.what = "names that only udev knows",
		.init = "systemd",
		.files = { { RULES, RULE(OLD1, "lan0") } },
		.n_edits = 2,
		.want = { { RULES, NULL }, { LINK "lan0.link", "Name=lan0" } },
	},
	{
		.what = "--nic gives names to slaves that MAC addresses find",
		.init = "systemd",
		.files = { { NM "a", PROFILE("", "mac-address=" OLD1 "\n") },
			   { NM "b", PROFILE("", "mac-address=" OLD2 "\n") } },
		.nics = { { MAC1, "lan0" }, { MAC2, "lan1" } },
		.n_edits = 4,
		.want = { { NM "a", "interface-name=lan0\n" }, { NM "b", "interface-name=lan1\n" },
			  { NM "b", "!mac-address" }, { LINK "lan1.link", MAC2 } },
	},
	{
		.what = "udev is systemd's without systemd",
		.init = "sysvinit",
		.files = { { "/etc/network/interfaces", "iface lan0 inet dhcp\n" },
			   { "/lib/systemd/systemd-udevd", "" } },
		.n_edits = 1,
		.want = { { LINK "lan0.link", "Name=lan0" } },
	},
	{
		.what = "DHCP, also on a bridge; the card keeps its name",
		.init = "systemd",
		.files = { { "/etc/network/interfaces",
			     "iface br0 inet static\n address 10.0.0.2/24\n bridge_ports ens3\n" } },
		.mode = NETWORK_DHCP,
		.n_edits = 3,
		.want = { { "/etc/network/interfaces", "iface br0 inet dhcp\n bridge_ports ens3\n" },
			  { "/etc/network/.interfaces.before-conversion", " address 10.0.0.2/24\n" },
			  { LINK "ens3.link", "Name=ens3" } },
	},
	{
		.what = "DHCP: what was kept before is not the address of now",
		.init = "systemd",
		.files = { { "/etc/netplan/.a.yaml.before-conversion", "old" },
			   { "/etc/netplan/a.yaml", "network: {ethernets: {eth0: {addresses: [10.0.0.2/24]}}}\n" },
			   { "/etc/netplan/b.yaml", "network: {ethernets: {eth1: {dhcp4: true}}}\n" } },
		.cmdline = "net.ifnames=0",
		.mode = NETWORK_DHCP,
		.n_edits = 2,
		.want = { { "/etc/netplan/a.yaml", "{eth0: {dhcp4: true}}" },
			  { "/etc/netplan/.a.yaml.before-conversion", "{eth0: {addresses: [10.0.0.2/24]}}" } },
	},
	{
		.what = "DHCP: routes and settings of initscripts",
		.init = "sysvinit",
		.files = { { SCRIPTS "ifcfg-eth0", "DEVICE=eth0\nIPADDR=10.0.0.2\n" },
			   { SCRIPTS "ifcfg-eth1", "DEVICE=eth1\nBOOTPROTO=dhcp\n" },
			   { SCRIPTS "route-eth0", "10.1.0.0/16 via 10.0.0.9\n" },
			   { SCRIPTS "route-eth1", "10.2.0.0/16 via 10.0.0.9\n" },
			   { "/etc/sysconfig/network", "NETWORKING=yes\nGATEWAY=10.0.0.1\nHOSTNAME=x\n" } },
		.mode = NETWORK_DHCP,
		.n_edits = 6,
		.want = { { SCRIPTS "route-eth0", NULL },
			  { SCRIPTS ".route-eth0.before-conversion", "10.1.0.0/16" },
			  { SCRIPTS "route-eth1", "10.2.0.0/16" },
			  { "/etc/sysconfig/network", "NETWORKING=yes\nHOSTNAME=x\n" },
			  { "/etc/sysconfig/.network.before-conversion", "GATEWAY=" } },
	},
	{
		.what = "DHCP: routes and settings of SUSE",
		.init = "systemd",
		.files = { { SUSE "ifcfg-eth0", "BOOTPROTO='static'\nIPADDR='10.0.0.2/24'\n" },
			   { SUSE "ifroute-eth0", "10.1.0.0/16 10.0.0.9 - -\n" },
			   { SUSE "routes", "default 10.0.0.1 - -\n" },
			   { SUSE "config", "NETCONFIG_DNS_POLICY=\"auto\"\n"
			     "NETCONFIG_DNS_STATIC_SERVERS=\"10.0.0.53\"\n" } },
		.cmdline = "net.ifnames=0",
		.mode = NETWORK_DHCP,
		.n_edits = 8,
		.want = { { SUSE "ifcfg-eth0", "BOOTPROTO='dhcp'\n" },
			  { SUSE "ifroute-eth0", NULL },
			  { SUSE "routes", NULL },
			  { SUSE ".routes.before-conversion", "default 10.0.0.1 - -\n" },
			  { SUSE "config", "NETCONFIG_DNS_STATIC_SERVERS=\"\"\n" } },
	},
	{
		.what = "DHCP: the settings stay where nothing has a fixed address",
		.init = "systemd",
		.files = { { SUSE "ifcfg-eth0", "BOOTPROTO='dhcp'\n" },
			   { SUSE "routes", "10.1.0.0/16 10.0.0.9 - -\n" },
			   { SUSE "config", "NETCONFIG_DNS_STATIC_SERVERS=\"10.0.0.53\"\n" } },
		.cmdline = "net.ifnames=0",
		.mode = NETWORK_DHCP,
	},
	{
		.what = "DHCP and a pin in one file",
		.init = "systemd",
		.files = { { SCRIPTS "ifcfg-ens3", "DEVICE=ens3\nHWADDR=" OLD1 "\nIPADDR=10.0.0.2\n" } },
		.mode = NETWORK_DHCP,
		.n_edits = 3,
		.want = { { SCRIPTS "ifcfg-ens3", "DEVICE=ens3\nBOOTPROTO=dhcp\n" },
			  { SCRIPTS ".ifcfg-ens3.before-conversion", "HWADDR=" OLD1 "\n" } },
	},
	{
		.what = "what the stack does not read is not touched",
		.init = "systemd",
		.files = { { "/etc/network/interfaces", "source-directory interfaces.d\n" },
			   { "/etc/network/interfaces.d/a.bak", "iface ens1 inet static\n address 1\n" },
			   { SCRIPTS "ifcfg-ens2.bak", "DEVICE=ens2\nHWADDR=" OLD1 "\n" },
			   { SCRIPTS "ifcfg-lo", "DEVICE=lo\nIPADDR=127.0.0.1\n" },
			   { NM "a~", PROFILE("", "mac-address=" OLD1 "\n") } },
		.mode = NETWORK_DHCP,
	},
	{
		.what = "patterns and nothing else",
		.init = "systemd",
		.files = { { "/etc/systemd/network/a.network", "[Match]\nName=en*\n[Network]\nDHCP=yes\n" },
			   { "/etc/systemd/network/b.network", "[Match]\nName=ens*\n[Network]\nDHCP=yes\n" },
			   { "/etc/systemd/network/c.netdev", "[NetDev]\nName=x0\nKind=bond\n" },
			   { "/etc/systemd/network/c.network", "[Match]\nName=x0\n[Network]\nDHCP=yes\n" } },
		.warnings = "nic-pattern ",
	},
	{
		.what = "netplan: a second file says more of the same card",
		.init = "systemd",
		.files = { { "/etc/netplan/a.yaml",
			     "network: {ethernets: {up: {match: {macaddress: '" OLD1 "'}, set-name: lan0}}}\n" },
			   { "/etc/netplan/b.yaml", "network: {ethernets: {up: {dhcp4: true}}}\n" } },
		.n_edits = 2,
		.want = { { "/etc/netplan/a.yaml", "{up: {match: {name: lan0}}}" },
			  { LINK "lan0.link", "Name=lan0" } },
	},
	{
		.what = "a broken file, an own address, cloud-init, ifname=",
		.init = "systemd",
		.files = { { "/etc/netplan/50-cloud-init.yaml", "network: [\n" },
			   { "/etc/netplan/b.yaml",
			     "network: {ethernets: {eth0: {macaddress: '" OLD1 "'}}}\n" } },
		.cmdline = "net.ifnames=0 ifname=eth0:" OLD1,
		.warnings = "net-file net-cmdline nic-mac-set ",
	},
	{
		.what = "cloud-init would write its file again",
		.init = "systemd",
		.files = { { "/etc/cloud/cloud.cfg", "users: [default]\n" },
			   { "/etc/cloud/cloud.cfg.d/05_logging.cfg", "# network: {config: disabled}\n" },
			   { "/etc/netplan/50-cloud-init.yaml",
			     "network: {ethernets: {eth0: {addresses: [10.0.0.2/24]}}}\n" } },
		.cmdline = "net.ifnames=0",
		.n_edits = 1,
		.want = { { CLOUD, "\nnetwork: {config: disabled}\n" } },
	},
	{
		.what = "cloud-init has written ifcfg, by its head",
		.init = "systemd",
		.files = { { "/etc/cloud/cloud.cfg", "users: [default]\n" },
			   { SCRIPTS "ifcfg-eth0", "# Created by cloud-init on instance boot automatically, "
			     "do not edit.\n#\nBOOTPROTO=dhcp\nDEVICE=eth0\n" } },
		.cmdline = "net.ifnames=0",
		.n_edits = 1,
		.want = { { CLOUD, "disabled" } },
	},
	{
		.what = "cloud-init leaves the network alone already",
		.init = "systemd",
		.files = { { "/etc/cloud/cloud.cfg", "users: [default]\n" },
			   { "/etc/cloud/cloud.cfg.d/99-disable.cfg", "network:\n  config: disabled\n" },
			   { "/etc/netplan/50-cloud-init.yaml", "network: {ethernets: {eth0: {dhcp4: true}}}\n" } },
		.cmdline = "net.ifnames=0",
	},
	{
		.what = "what cloud-init has not written it does not write again",
		.init = "systemd",
		.files = { { "/etc/cloud/cloud.cfg", "users: [default]\n" }, { CLOUD, "network: {config: disabled}\n" },
			   { "/etc/netplan/a.yaml", "network: {ethernets: {eth0: {dhcp4: true}}}\n" } },
		.cmdline = "net.ifnames=0",
		.n_edits = 1,
		.want = { { CLOUD, NULL } },
	},
	{
		.what = "cloud-init is not there",
		.init = "systemd",
		.files = { { "/etc/netplan/50-cloud-init.yaml", "network: {ethernets: {eth0: {dhcp4: true}}}\n" } },
		.cmdline = "net.ifnames=0",
	},
	{
		.what = "an anchor is in the way",
		.init = "systemd",
		.files = { { "/etc/netplan/a.yaml",
			     "network:\n  ethernets:\n    ens3:\n      match: &m\n"
			     "        macaddress: " OLD1 "\n      set-name: ens3\n"
			     "other: {match: *m}\n" } },
		.n_edits = 1,
		.want = { { "/etc/netplan/a.yaml", "macaddress: " OLD1 },
			  { LINK "ens3.link", "Name=ens3" } },
		.warnings = "net-file ",
	},
	{
		.what = "an IPv6 address of the MAC address is kept by a token",
		.init = "systemd",
		.files = { { NM "a", PROFILE("interface-name=ens3\n", "")
			     "[ipv6]\naddr-gen-mode=eui64\n" },
			   { RULES, RULE(OLD1, "ens3") } },
		.nics = { { MAC1, "" } },
		.n_edits = 3,
		.want = { { NM "a", "eui64\ntoken=::20c:29ff:feaa:bbcc\n" }, { RULES, NULL } },
	},
	{
		.what = "an IPv6 address of the MAC address that nothing can keep",
		.init = "systemd",
		.files = { { "/etc/network/interfaces", "iface ens3 inet6 auto\n" },
			   { RULES, RULE(OLD1, "ens3") } },
		.nics = { { MAC1, "" } },
		.n_edits = 2,
		.want = { { RULES, NULL } },
		.warnings = "nic-eui64 ",
	},
	{
		.what = "an IPv6 address of a MAC address that nothing tells",
		.init = "systemd",
		.files = { { NM "a", PROFILE("interface-name=ens3\n", "")
			     "[ipv6]\naddr-gen-mode=eui64\n" } },
		.nics = { { MAC1, "" } },
		.n_edits = 1,
		.want = { { NM "a", "!token" } },
		.warnings = "nic-eui64 ",
	},
	{
		.what = "wicked: an interface that an address finds, and a bond with it",
		.init = "systemd",
		.files = { { "/etc/wicked/ifconfig/lan.xml",
			     "<interface>\n  <name namespace=\"ethernet\"><permanent-address>" OLD1
			     "</permanent-address></name>\n</interface>\n<interface><name>bond0</name>"
			     "<bond/><ethernet><address>" OLD1 "</address></ethernet></interface>\n" } },
		.nics = { { MAC1, "" } },
		.n_edits = 1,
		.want = { { "/etc/wicked/ifconfig/lan.xml", "<permanent-address>" MAC1 "</" },
			  { "/etc/wicked/ifconfig/lan.xml", "<bond/><ethernet><address>" MAC1 "</" } },
	},
	{
		.what = "wicked: what nothing but an address finds stays, and is told",
		.init = "systemd",
		.files = { { "/etc/wicked/ifconfig/lan.xml",
			     "<interface><name namespace=\"ethernet\"><permanent-address>" OLD1
			     "</permanent-address></name></interface>\n" },
			   { "/etc/sysconfig/network/ifcfg-eth-id-" OLD1, "BOOTPROTO='dhcp'\n" } },
		.warnings = "net-file net-file ",
	},
	{
		.what = "connman: settings and a fixed service go to the new card",
		.init = "systemd",
		.files = { { "/var/lib/connman/ethernet_000c29aabbcc_cable/settings",
			     "[ethernet_000c29aabbcc_cable]\nIPv4.method=manual\n" },
			   { "/var/lib/connman/lan.config",
			     "[service_lan]\nType=ethernet\nMAC=00:0C:29:AA:BB:CC\n" } },
		.nics = { { MAC1, "" } },
		.n_edits = 3,
		.want = { { "/var/lib/connman/ethernet_000c29aabbcc_cable/settings", NULL },
			  { "/var/lib/connman/ethernet_525400000001_cable/settings",
			    "[ethernet_525400000001_cable]\nIPv4.method=manual\n" },
			  { "/var/lib/connman/lan.config", "MAC=" MAC1 "\n" } },
	},
	{
		.what = "connman: settings of a card that has a name",
		.init = "systemd",
		.files = { { "/var/lib/connman/ethernet_000c29aabbcc_cable/settings",
			     "[ethernet_000c29aabbcc_cable]\nIPv4.method=manual\n" },
			   { RULES, RULE(OLD1, "lan0") } },
		.nics = { { MAC1, "lan0" } },
		.n_edits = 4,
		.want = { { "/var/lib/connman/ethernet_525400000001_cable/settings",
			    "[ethernet_525400000001_cable]\nIPv4.method=manual\n" },
			  { RULES, NULL } },
	},
	{
		.what = "connman: a fixed address that only the old card gets is told",
		.init = "systemd",
		.files = { { "/var/lib/connman/ethernet_000c29aabbcc_cable/settings",
			     "[ethernet_000c29aabbcc_cable]\nIPv4.method=manual\n" } },
		.warnings = "net-file ",
	},
	{
		.what = "a bond has the address of its first card, also the new one",
		.init = "systemd",
		.files = { { SCRIPTS "ifcfg-ens1", "DEVICE=ens1\nHWADDR=" OLD1 "\nMASTER=bond0\n" },
			   { SCRIPTS "ifcfg-ens2", "DEVICE=ens2\nHWADDR=" OLD2 "\nMASTER=bond0\n" },
			   { SCRIPTS "ifcfg-bond0", "DEVICE=bond0\nMACADDR=" OLD1 "\n" },
			   { "/etc/systemd/network/b.netdev",
			     "[NetDev]\nName=br0\nKind=bridge\nMACAddress=" OLD2 "\n" } },
		.nics = { { MAC1, "" }, { MAC2, "" } },
		.n_edits = 6,
		.want = { { SCRIPTS "ifcfg-bond0", "MACADDR=" MAC1 "\n" },
			  { "/etc/systemd/network/b.netdev", "MACAddress=" MAC2 "\n" } },
	},
	{
		.what = "netifrc: by name, and by an address that gets a name",
		.init = "openrc",
		.files = { { "/etc/conf.d/net", "config_ens33=\"dhcp\"\nconfig_000C29AABBCC=\"192.0.2.2/24\"\n" },
			   { RULES, RULE(OLD1, "lan0") } },
		.nics = { { MAC1, "ens33" }, { MAC2, "lan0" } },
		.n_edits = 3,
		.want = { { "/etc/conf.d/net", "config_ens33=\"dhcp\"\nconfig_lan0=\"192.0.2.2/24\"\n" },
			  { NET_RULES_PATH, "NAME=\"ens33\"\n" }, { NET_RULES_PATH, MAC2 } },
	},
	{
		.what = "DHCP: what is not made dynamic is told",
		.init = "systemd",
		.files = { { "/etc/conf.d/net", "config_eth0=\"192.0.2.2/24\"\nconfig_lo=\"127.0.0.1/8\"\n" },
			   { "/etc/wicked/ifconfig/lan.xml", "<interface><name>eth0</name><ipv4:static/></interface>"
			     "<interface><name>lo</name><ipv4:static/></interface>\n" },
			   { "/var/lib/connman/lan.config", "[service_lan]\nType=ethernet\nIPv4=192.0.2.2/24\n" } },
		.cmdline = "net.ifnames=0",
		.mode = NETWORK_DHCP,
		.warnings = "net-fixed net-fixed net-fixed ",
	},
	{
		.what = "DHCP: what is dynamic already needs no word",
		.init = "systemd",
		.files = { { "/etc/conf.d/net", "config_eth0=\"dhcp\"\n" },
			   { "/etc/wicked/ifconfig/lan.xml", "<interface><name>eth0</name><ipv4:dhcp/></interface>\n" } },
		.cmdline = "net.ifnames=0",
		.mode = NETWORK_DHCP,
	},
	{
		.what = "DHCP: a drop-in of networkd has the fixed address",
		.init = "systemd",
		.files = { { "/etc/systemd/network/a.network", "[Match]\nName=eth0\n[Network]\nDescription=x\n" },
			   { "/etc/systemd/network/a.network.d/b.conf", "[Network]\nAddress=192.0.2.2/24\n" },
			   { "/etc/systemd/network/a.network.d/c", "[Network]\nAddress=192.0.2.3/24\n" } },
		.cmdline = "net.ifnames=0",
		.mode = NETWORK_DHCP,
		.n_edits = 2,
		.want = { { "/etc/systemd/network/a.network.d/b.conf", "[Network]\nDHCP=yes\n" },
			  { "/etc/systemd/network/a.network.d/.b.conf.before-conversion", "Address=192.0.2.2/24\n" } },
	},
	{
		.what = "DHCP: routing rules of networkd stay, and are told",
		.init = "systemd",
		.files = { { "/etc/systemd/network/a.network", "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.2/24\n"
			     "[RoutingPolicyRule]\nFrom=192.0.2.2\nTable=7\n" } },
		.cmdline = "net.ifnames=0",
		.mode = NETWORK_DHCP,
		.n_edits = 2,
		.want = { { "/etc/systemd/network/a.network", "DHCP=yes\n[RoutingPolicyRule]\nFrom=192.0.2.2\n" } },
		.warnings = "net-fixed ",
	},
	{
		.what = "a lease tells the name of a card that only an address finds",
		.init = "systemd",
		.files = { { NM "a", PROFILE("", "mac-address=00:0C:29:AA:BB:CC\n") },
			   { NM "b", PROFILE("", "mac-address=00:0C:29:AA:BB:DD\n") } },
		.nics = { { MAC1, "" }, { MAC2, "" } },
		.leases = { { OLD2, "ens192" }, { OLD1, "ens224" } },
		.n_edits = 4,
		.want = { { LINK "ens192.link", MAC1 }, { LINK "ens224.link", MAC2 },
			  { NM "b", "interface-name=ens192\n" }, { NM "a", "interface-name=ens224\n" } },
	},
	{
		.what = "a lease tells the name, without --nic",
		.init = "systemd",
		.files = { { NM "a", PROFILE("", "mac-address=00:0C:29:AA:BB:CC\n") } },
		.leases = { { OLD1, "ens192" } },
		.n_edits = 2,
		.want = { { LINK "ens192.link", "Driver=virtio_net" },
			  { NM "a", "interface-name=ens192\n" } },
	},
	{
		.what = "a rule of udev counts more than a lease",
		.init = "systemd",
		.files = { { NM "a", PROFILE("", "mac-address=00:0C:29:AA:BB:CC\n") },
			   { RULES, RULE(OLD1, "lan0") } },
		.nics = { { MAC1, "" } },
		.leases = { { OLD1, "ens192" } },
		.n_edits = 3,
		.want = { { LINK "lan0.link", MAC1 }, { NM "a", "interface-name=lan0\n" } },
	},
	{
		.what = "leases that do not agree tell nothing",
		.init = "systemd",
		.files = { { NM "a", PROFILE("", "mac-address=00:0C:29:AA:BB:CC\n") } },
		.nics = { { MAC1, "" } },
		.leases = { { OLD1, "ens192" }, { OLD1, "eth0" } },
		.n_edits = 1,
		.want = { { NM "a", "mac-address=52:54:00:00:00:01\n" } },
	},
	{
		.what = "the lease of a bridge with the address of its card",
		.init = "systemd",
		.files = { { NM "a", PROFILE("", "mac-address=00:0C:29:AA:BB:CC\n") },
			   { "/etc/systemd/network/l.netdev", "[NetDev]\nName=lan\nKind=bridge\n" } },
		.nics = { { MAC1, "" } },
		.leases = { { OLD1, "lan" }, { OLD1, "br0" } },
		.n_edits = 1,
		.want = { { NM "a", "mac-address=52:54:00:00:00:01\n" } },
	},
	{
		.what = "the lease of a name that another card has by now",
		.init = "systemd",
		.files = { { NM "a", PROFILE("", "mac-address=00:0C:29:AA:BB:CC\n") },
			   { NM "b", PROFILE("interface-name=ens192\n", "mac-address=00:0C:29:AA:BB:DD\n") } },
		.nics = { { MAC2, "ens192" }, { MAC1, "" } },
		.leases = { { OLD1, "ens192" } },
		.n_edits = 3,
		.want = { { NM "a", "mac-address=52:54:00:00:00:01\n" }, { LINK "ens192.link", MAC2 } },
	},
	{
		.what = "what leases tell of other cards makes none of them",
		.init = "systemd",
		.files = { { "/etc/network/interfaces", "iface eth0 inet dhcp\n" } },
		.cmdline = "net.ifnames=0",
		.leases = { { OLD1, "eth0" }, { OLD2, "eth1" } },
	},
	{
		.what = "nameif gives the name to the new card",
		.init = "sysvinit",
		.files = { { "/etc/network/interfaces", "iface lan0 inet dhcp\n" },
			   { "/etc/mactab", "lan0 " OLD1 "\n" } },
		.nics = { { MAC1, "" } },
		.n_edits = 2,
		.want = { { "/etc/mactab", "lan0 " MAC1 "\n" }, { NET_RULES_PATH, MAC1 } },
	},
	{
		.what = "several kernel names cannot be swapped",
		.init = "systemd",
		.files = { { SCRIPTS "ifcfg-eth0", "DEVICE=eth0\n" },
			   { SCRIPTS "ifcfg-eth1", "DEVICE=eth1\n" } },
		.nics = { { MAC1, "eth1" }, { MAC2, "eth0" } },
		.n_edits = 2,
		.want = { { LINK "eth1.link", MAC1 }, { LINK "eth0.link", MAC2 } },
		.warnings = "nic-kernel-names ",
	},
};
/* clang-format on */

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct guest_file *)a)->path,
		      ((const struct guest_file *)b)->path);
}

static void add_file(struct guest *g, const char *path, const char *text)
{
	struct bytes data = { 0 };

	ck_assert_int_eq(bytes_set(&data, text, strlen(text)), 0);
	ck_assert_int_eq(guest_add_file(g, path, &data, 0644), 0);
}

/* The guest of the case as it is, or as @p made it. */
static void build_guest(int i, const struct plan *p, struct guest *g)
{
	struct guest before = { 0 };

	g->init = strdup(cases[i].init);
	if (cases[i].cmdline) {
		g->entries = calloc(1, sizeof(*g->entries));
		g->n_entries = 1;
		g->entries[0].cmdline = strdup(cases[i].cmdline);
		g->entries[0].config = strdup("/boot/grub/grub.cfg");
	}
	for (size_t n = 0; n < ARRAY_SIZE(cases[i].files) && cases[i].files[n].path; n++)
		add_file(&before, cases[i].files[n].path, cases[i].files[n].text);
	for (size_t n = 0; n < before.n_files; n++)
		if (!p || plan_text(p, &before, before.files[n].path))
			add_file(g, before.files[n].path,
				 p ? plan_text(p, &before, before.files[n].path)
				   : guest_text(&before, before.files[n].path));
	for (size_t n = 0; p && n < p->n_edits; n++)
		if (p->edits[n].is_new)
			add_file(g, p->edits[n].path,
				 p->edits[n].link ? "" : p->edits[n].data.data);
	qsort(g->files, g->n_files, sizeof(*g->files), compare_files);
	for (size_t n = 0; n < ARRAY_SIZE(cases[i].leases) && cases[i].leases[n].mac[0];
	     n++) {
		struct nic nic = { 0 };

		memcpy(nic.name, cases[i].leases[n].name, sizeof(nic.name));
		memcpy(nic.mac, cases[i].leases[n].mac, sizeof(nic.mac));
		ck_assert_int_eq(nics_add(&g->leases, &nic, NULL), 0);
	}
	guest_clear(&before);
}

static struct request build_request(int i)
{
	struct request q = { .target = target_find("kvm"),
			     .network = cases[i].mode,
			     .nics = cases[i].nics };

	while (q.n_nics < ARRAY_SIZE(cases[i].nics) && cases[i].nics[q.n_nics].mac[0])
		q.n_nics++;
	return q;
}

static void check_text(int i, const struct plan *p, const struct guest *g)
{
	for (size_t n = 0; n < ARRAY_SIZE(cases[i].want) && cases[i].want[n].path; n++) {
		const char *want = cases[i].want[n].text;
		const char *text = plan_text(p, g, cases[i].want[n].path);

		if (!want) {
			ck_assert_msg(!text, "%s: %s stays", cases[i].what,
				      cases[i].want[n].path);
			continue;
		}
		ck_assert_msg(text != NULL, "%s: no %s", cases[i].what,
			      cases[i].want[n].path);
		ck_assert_msg(want[0] == '!' ? !strstr(text, want + 1)
					     : strstr(text, want) != NULL,
			      "%s: %s:\n%s", cases[i].what, cases[i].want[n].path, text);
	}
}

START_TEST(test_case)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_GUEST struct guest after = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_PLAN struct plan again = { 0 };
	CLEANUP_BYTES struct bytes warnings = { 0 };
	struct request q = build_request(_i);
	struct cvt_error err = { 0 };

	build_guest(_i, NULL, &g);
	ck_assert_msg(step_network.plan(&g, &q, &p, &err) == 0, "%s: %s", cases[_i].what,
		      err.msg);
	ck_assert_int_eq(bytes_set(&warnings, "", 0), 0);
	for (size_t n = 0; n < p.n_warnings; n++) {
		bytes_append(&warnings, p.warnings[n].id, strlen(p.warnings[n].id));
		bytes_append(&warnings, " ", 1);
	}
	ck_assert_msg(strcmp(warnings.data,
			     cases[_i].warnings ? cases[_i].warnings : "") == 0,
		      "%s: %s", cases[_i].what, warnings.data);
	check_text(_i, &p, &g);
	ck_assert_msg(p.n_edits == cases[_i].n_edits, "%s: %zu edits", cases[_i].what,
		      p.n_edits);
	build_guest(_i, &p, &after);
	ck_assert_int_eq(step_network.plan(&after, &q, &again, &err), 0);
	ck_assert_msg(again.n_edits == 0, "%s: again %s: %s", cases[_i].what,
		      again.n_edits ? again.edits[0].path : "",
		      again.n_edits && again.edits[0].data.data ? again.edits[0].data.data
								: "");
}
END_TEST

/* Azure shows a virtual function with the same address: it must not take the name. */
START_TEST(test_hyperv)
{
	static char interfaces[] = "/etc/network/interfaces",
		    text[] = "iface a0 inet dhcp\n";
	struct guest_file files[] = {
		{ interfaces, { text, strlen(text) }, NULL, 0644 }
	};
	struct guest g = { .files = files, .n_files = 1 };
	struct request_nic nic = { MAC1, "" };
	struct request q = { .target = target_find("azure"), .nics = &nic, .n_nics = 1 };
	static char systemd[] = "systemd";

	for (int links = 0; links < 2; links++) {
		CLEANUP_PLAN struct plan p = { 0 };

		g.init = links ? systemd : NULL;
		ck_assert_int_eq(step_network.plan(&g, &q, &p, NULL), 0);
		ck_assert_uint_eq(p.n_edits, 1);
		ck_assert_str_eq(p.edits[0].path,
				 links ? LINK "a0.link" : NET_RULES_PATH);
		ck_assert_ptr_nonnull(
			strstr(p.edits[0].data.data,
			       links ? "Driver=hv_netvsc\n" : "DRIVERS==\"hv_netvsc\""));
	}
}
END_TEST

/* Many files beside a large one are no reason to be slow, nor is a list without end. */
START_TEST(test_hostile)
{
	static const char *const lines[] = { "source interfaces.d/*x\n",
					     "iface a inet dhcp\n",
					     "slaves a a a a a a a a a a a a\n" };
	const size_t len = (size_t)4 << 20, line = strlen(lines[_i]);
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct request q = { .target = target_find("kvm") };
	struct bytes text = { malloc(len + 1), len };
	char path[64];

	ck_assert_ptr_nonnull(text.data);
	for (size_t i = 0; i < len; i++)
		text.data[i] = lines[_i][i % line];
	text.data[len] = '\0';
	ck_assert_int_eq(guest_add_file(&g, "/etc/network/interfaces", &text, 0644), 0);
	for (int i = 0; i < 4000; i++) {
		snprintf(path, sizeof(path), "/etc/network/interfaces.d/%04d", i);
		add_file(&g, path, "iface a0 inet dhcp\n");
	}
	ck_assert_int_eq(step_network.plan(&g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 0);
	ck_assert_uint_eq(p.n_warnings, _i > 0);
}
END_TEST

/* The kept file may hold a secret, as the one that it is made from. */
START_TEST(test_kept_mode)
{
	static const char text[] = "[connection]\ntype=ethernet\ninterface-name=eth0\n"
				   "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\n";
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct request q = { .target = target_find("kvm"), .network = NETWORK_DHCP };
	struct bytes data = { 0 };
	bool found = false;

	ck_assert_int_eq(bytes_set(&data, text, sizeof(text) - 1), 0);
	ck_assert_int_eq(guest_add_file(&g, NM "a", &data, 0600), 0);
	ck_assert_int_eq(step_network.plan(&g, &q, &p, NULL), 0);
	for (size_t i = 0; i < p.n_edits; i++)
		if (strcmp(p.edits[i].path, NM ".a.before-conversion") == 0) {
			ck_assert_uint_eq(p.edits[i].mode, 0600);
			ck_assert_str_eq(p.edits[i].data.data, text);
			found = true;
		}
	ck_assert(found);
}
END_TEST

START_TEST(test_want)
{
	static const struct {
		const char *path;
		enum network_mode mode;
	} wanted[] = {
		{ "/etc/netplan/*.yaml", NETWORK_KEEP },
		{ "/etc/netplan/.*.before-conversion", NETWORK_DHCP },
		{ "/etc/network/.*.before-conversion", NETWORK_DHCP },
		{ "/etc/network/lan/.*.before-conversion", NETWORK_DHCP },
		{ SCRIPTS "route6-*", NETWORK_DHCP },
		{ "/etc/sysconfig/networ[k]", NETWORK_DHCP },
	};
	char *source = (char[]){ "/etc/network/lan/*" };
	const struct guest g = { .network_sources = { &source, 1 } };

	for (size_t n = 0; n < ARRAY_SIZE(wanted); n++)
		for (enum network_mode mode = NETWORK_KEEP; mode <= NETWORK_DHCP;
		     mode++) {
			const struct request q = { .target = target_find("kvm"),
						   .network = mode };
			CLEANUP_WANTS struct wants w = { 0 };
			bool found = false;

			ck_assert_int_eq(step_network.want(&g, &q, &w, NULL), 0);
			for (size_t i = 0; i < w.n; i++)
				found = found || strcmp(w.v[i].path, wanted[n].path) == 0;
			ck_assert_msg(found == (mode >= wanted[n].mode), "%s",
				      wanted[n].path);
		}
}
END_TEST

/* What is asked for of the places that ifupdown is sent to: patterns, so that what is no file
 * there stops nothing.
 */
START_TEST(test_sources)
{
	static const char *const wanted[] = { "/etc/network/lan/*", "/etc/network/more/*",
					      "/etc/network/on[e]" };
	char *sources[] = { "/etc/network/lan/*", "/etc/network/more/",
			    "/etc/network/one", "/etc/../shadow", "/" };
	const struct guest g = { .network_sources = { sources, ARRAY_SIZE(sources) } };
	const struct request q = { .target = target_find("kvm") };
	CLEANUP_WANTS struct wants w = { 0 };

	ck_assert_int_eq(step_network.want(&g, &q, &w, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		size_t k = 0;

		while (k < w.n && strcmp(w.v[k].path, wanted[i]) != 0)
			k++;
		ck_assert_msg(k < w.n, "%s is not asked for", wanted[i]);
	}
	for (size_t k = 0; k < w.n; k++)
		ck_assert_msg(!strstr(w.v[k].path, "shadow"), "%s", w.v[k].path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-network");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, test_sources);
	tcase_add_loop_test(tc, test_case, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_hyperv);
	tcase_add_loop_test(tc, test_hostile, 0, 3);
	tcase_add_test(tc, test_kept_mode);
	tcase_add_test(tc, test_want);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
