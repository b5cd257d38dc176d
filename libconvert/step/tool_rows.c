/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tools, as rows.  Names of units and scripts are those of the packages and installers
 * named with them.
 */
#include <config.h>

#include <string.h>

#include "step/tools.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NONE ((const char *const[]){ NULL })

/* clang-format off */
const struct tool tools[] = {
	/* Debian, Ubuntu: open-vm-tools, vgauth; Fedora, RHEL, SUSE, Photon: vmtoolsd, vgauthd.
	 * Alpine and SLES 11 have scripts.  The mount of open-vm-tools-desktop is itself bound
	 * to VMware, by its ConditionVirtualization=.
	 */
	{ "open-vm-tools", "open-vm-tools is of VMware", TOOL_ENABLE, LIST("vmware"),
	  LIST("open-vm-tools.service", "vmtoolsd.service", "vgauth.service",
	       "vgauthd.service"),
	  LIST("open-vm-tools", "vmtoolsd"), NONE },
	/* The tarball's installer writes them; so do VMware's own packages ("OSPs"), whose
	 * job is vmware-tools-services.  /etc/init.d/vmware-tools may be a link to
	 * /etc/vmware-tools/services.sh.
	 */
	{ "vmware-tools", "VMware Tools are of VMware", TOOL_UNPACKED, LIST("vmware"),
	  LIST("vmware-tools.service", "vmware-tools-services.service",
	       "vmware-tools-thinprint.service", "vmware-tools-vgauth.service"),
	  LIST("vmware-tools", "vmware-tools-services", "vmware-tools-thinprint",
	       "vmware-tools-vgauth"),
	  LIST("/etc/yum.repos.d/vmware*.repo", "/etc/zypp/repos.d/vmware*.repo",
	       "/etc/apt/sources.list.d/vmware*.list"),
	  "/etc/vmware-tools/locations", "run vmware-uninstall-tools.pl in the guest" },
	/* Oracle's installer: vboxadd*; Debian, Ubuntu: virtualbox-guest-utils; Fedora, Arch,
	 * SUSE: vboxservice, vboxclient; Alpine, Gentoo: virtualbox-guest-additions.
	 */
	{ "virtualbox", "guest additions are of VirtualBox", TOOL_UNPACKED, NONE,
	  LIST("vboxadd.service", "vboxadd-service.service", "vboxadd-x11.service",
	       "virtualbox-guest-utils.service", "vboxservice.service",
	       "vboxclient.service"),
	  LIST("vboxadd", "vboxadd-service", "vboxadd-x11", "virtualbox-guest-utils",
	       "virtualbox-guest-x11", "virtualbox-guest-additions"), NONE,
	  "/var/lib/VBoxGuestAdditions/config", "run vbox-uninstall-guest-additions in the guest" },
	/* XenServer and XCP-ng: xe-linux-distribution, since 7.30 xe-daemon; Ubuntu: xe-daemon;
	 * Alpine: xe-guest-utilities; XCP-ng's successor: xen-guest-agent.
	 */
	{ "xen-tools", "this guest agent is of XenServer and XCP-ng", TOOL_ENABLE, LIST("xen"),
	  LIST("xe-linux-distribution.service", "xe-daemon.service", "xen-guest-agent.service"),
	  LIST("xe-linux-distribution", "xe-daemon", "xe-guest-utilities"), NONE },
	/* Debian, Ubuntu: hv-*-daemon; Fedora, RHEL: hyperv*d; SUSE and Microsoft's LIS:
	 * hv_*_daemon; the uio one came with Linux 6.10.
	 */
	{ "hyperv-daemons", "these daemons are of Hyper-V", 0, LIST("hyperv", "azure"),
	  LIST("hv-kvp-daemon.service", "hv-vss-daemon.service", "hv-fcopy-daemon.service",
	       "hv-fcopy-uio-daemon.service", "hypervkvpd.service", "hypervvssd.service",
	       "hypervfcopyd.service", "hv_kvp_daemon.service", "hv_vss_daemon.service",
	       "hv_fcopy_daemon.service"),
	  LIST("hv-kvp-daemon", "hv-vss-daemon", "hv-fcopy-daemon", "hypervkvpd",
	       "hypervvssd", "hypervfcopyd", "hv_kvp_daemon", "hv_vss_daemon",
	       "hv_fcopy_daemon"), NONE },
	{ "parallels-tools", "Parallels Tools are of Parallels", TOOL_UNPACKED, NONE,
	  LIST("prltoolsd.service", "prl-x11.service"), LIST("prltoolsd", "prl-x11"), NONE,
	  "/usr/lib/parallels-tools/install", "run it in the guest with -r" },
	{ "nutanix-guest-tools", "this agent is of Nutanix AHV and its controller", TOOL_UNPACKED,
	  NONE, LIST("ngt_guest_agent.service", "ngt_self_service_restore.service"),
	  LIST("ngt_guest_agent", "ngt_self_service_restore"), NONE },
	/* Debian, Ubuntu: walinuxagent; RHEL, SUSE: waagent; azure-vm-utils.  The repositories of
	 * images from Azure's marketplace answer to Azure's addresses only.
	 */
	{ "azure-agent", "this agent is of Azure", TOOL_ENABLE, LIST("azure"),
	  LIST("walinuxagent.service", "waagent.service", "walinuxagent-network-setup.service",
	       "waagent-network-setup.service", "azure-ephemeral-disk-setup.service"),
	  LIST("walinuxagent", "waagent"), LIST("/etc/yum.repos.d/rh-cloud*.repo") },
	/* google-guest-agent, google-compute-engine, google-osconfig-agent, gce-disk-expand;
	 * up to 2019 python-google-compute-engine with a daemon for each task.
	 */
	{ "google-guest-agent", "this agent is of Google Compute Engine", TOOL_ENABLE, LIST("gce"),
	  LIST("google-guest-agent.service", "google-guest-agent-manager.service",
	       "google-guest-compat-manager.service", "google-startup-scripts.service",
	       "google-shutdown-scripts.service", "google-osconfig-agent.service",
	       "google-oslogin-cache.service", "google-oslogin-cache.timer",
	       "gce-disk-expand.service", "google-disk-expand.service",
	       "gce-workload-cert-refresh.service", "gce-workload-cert-refresh.timer",
	       "google-instance-setup.service", "google-network-daemon.service",
	       "google-accounts-daemon.service", "google-clock-skew-daemon.service"),
	  LIST("google-guest-agent", "google-startup-scripts", "google-shutdown-scripts",
	       "google-osconfig-agent", "google-instance-setup", "google-network-daemon",
	       "google-accounts-daemon", "google-clock-skew-daemon"),
	  LIST("/etc/yum.repos.d/google-cloud*.repo",
	       "/etc/apt/sources.list.d/google-cloud*.list") },
	/* A snap's units are files of snapd's in /etc.  Amazon Linux 2: ec2-net-utils; 2023:
	 * amazon-ec2-net-utils.
	 */
	{ "amazon-ssm-agent", "this agent is of Amazon EC2", 0, LIST("aws"),
	  LIST("amazon-ssm-agent.service", "snap.amazon-ssm-agent.amazon-ssm-agent.service"),
	  LIST("amazon-ssm-agent"), NONE },
	{ "ec2-utils", "this asks the metadata service of Amazon EC2", 0, LIST("aws"),
	  LIST("hibinit-agent.service", "ec2-instance-connect.service", "ec2net-scan.service",
	       "elastic-network-interfaces.service", "policy-routes@.service",
	       "refresh-policy-routes@.service", "refresh-policy-routes@.timer",
	       "set-hostname-imds.service"),
	  LIST("hibinit-agent", "elastic-network-interfaces"),
	  LIST("/etc/yum.repos.d/redhat-rhui*.repo", "/etc/yum.repos.d/amzn2*.repo") },
	{ "oracle-cloud-agent", "this agent is of Oracle Cloud", 0, NONE,
	  LIST("oracle-cloud-agent.service", "oracle-cloud-agent-updater.service",
	       "snap.oracle-cloud-agent.oracle-cloud-agent.service",
	       "snap.oracle-cloud-agent.oracle-cloud-agent-updater.service", "ocid.service"),
	  LIST("oracle-cloud-agent", "oracle-cloud-agent-updater"), NONE },
	{ "aliyun-agent", "this agent is of Alibaba Cloud", TOOL_UNPACKED, NONE,
	  LIST("aliyun.service", "AssistDaemon.service", "aegis.service", "cloudmonitor.service"),
	  LIST("aliyun-service", "aegis", "agentwatch", "cloudmonitor"), NONE },
	/* Fedora, RHEL, Debian, Ubuntu: qemu-guest-agent; openSUSE: qemu-ga@; EL 6: qemu-ga.  Most
	 * have no [Install] for a target: udev starts it when its port appears.
	 */
	{ "qemu-guest-agent", "this agent is of QEMU", TOOL_ENABLE, LIST("kvm", "openstack"),
	  LIST("qemu-guest-agent.service", "qemu-ga.service", "qemu-ga@.service"),
	  LIST("qemu-guest-agent", "qemu-ga"), NONE },
	{ "spice-vdagent", "this agent is of QEMU with SPICE", 0, LIST("kvm", "openstack"),
	  LIST("spice-vdagentd.service", "spice-vdagentd.socket"),
	  LIST("spice-vdagentd", "spice-vdagent"), NONE },
	/* Before 17.2 its services were of multi-user.target; since then a generator starts their
	 * target.  24.3 added the main and the network one.
	 */
	{ "cloud-init", "", TOOL_ENABLE | TOOL_KEEP, LIST("aws", "gce", "azure", "openstack"),
	  LIST("cloud-init-local.service", "cloud-init.service", "cloud-init-main.service",
	       "cloud-init-network.service", "cloud-config.service", "cloud-final.service"),
	  LIST("cloud-init-local", "cloud-init", "cloud-config", "cloud-final"), NONE },
};
/* clang-format on */
const size_t n_tools = ARRAY_SIZE(tools);

bool tool_serves(const struct tool *t, const struct target *target)
{
	for (size_t i = 0; t->targets[i]; i++)
		if (strcmp(t->targets[i], target->name) == 0)
			return true;
	return false;
}
