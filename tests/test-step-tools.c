/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "step-cases.h"
#include "step/tools.h"

#define ETC "/etc/systemd/system/"
#define USR "/usr/lib/systemd/system/"
#define LIB "/lib/systemd/system/"
#define RECORD TOOLS_RECORD
#define DROP_IN ".d/zz-libconvert.conf"

/* What is in the guest, what is planned for a target, what is told. */
static const struct {
	const char *what, *target;
	struct step_guest guest;
	const char *edits;
	const char *warning;
} cases[] = {
	{ "open-vm-tools of Debian, whose alias is a link",
	  "kvm",
	  { "systemd",
	    "debian",
	    { LIB "open-vm-tools.service=[Install]\n", LIB "vgauth.service=[Install]\n",
	      ETC "vmtoolsd.service>/lib/systemd/system/open-vm-tools.service",
	      ETC "multi-user.target.wants/open-vm-tools.service>/lib/systemd/system/"
		  "open-vm-tools.service",
	      "/etc/init.d/open-vm-tools=#!/bin/sh\n" } },
	  ETC "open-vm-tools.service>/dev/null\n" ETC "vgauth.service>/dev/null\n+" RECORD
	      "\n" },
	{ "open-vm-tools of RHEL",
	  "aws",
	  { "systemd",
	    "rhel",
	    { USR "vmtoolsd.service=[Install]\n", USR "vgauthd.service=[Install]\n" } },
	  ETC "vmtoolsd.service>/dev/null\n" ETC "vgauthd.service>/dev/null\n+" RECORD
	      "\n" },
	{ "its own target leaves it alone",
	  "vmware",
	  { "systemd",
	    "rhel",
	    { USR "vmtoolsd.service=[Install]\nWantedBy=multi-user.target\n",
	      ETC "multi-user.target.wants/vmtoolsd.service>" USR "vmtoolsd.service" } },
	  "" },
	{ "a unit that is a file in /etc",
	  "kvm",
	  { "systemd",
	    "ubuntu",
	    { ETC "snap.amazon-ssm-agent.amazon-ssm-agent.service=[Unit]\n" } },
	  "+" ETC "snap.amazon-ssm-agent.amazon-ssm-agent.service" DROP_IN "\n+" RECORD
	  "\n" },
	{ "a unit that is linked from elsewhere",
	  "kvm",
	  { "systemd",
	    "rhel",
	    { ETC "prltoolsd.service>/usr/lib/parallels-tools/prltoolsd.service" } },
	  "+" ETC "prltoolsd.service" DROP_IN "\n+" RECORD "\n" },
	{ "a script that systemd makes a unit of",
	  "kvm",
	  { "systemd", "centos", { "/etc/init.d/vmware-tools=#!/bin/sh\n" } },
	  ETC "vmware-tools.service>/dev/null\n+" RECORD "\n" },
	{ "and one of another name than its package's unit",
	  "kvm",
	  { "systemd", "ubuntu", { "/etc/init.d/virtualbox-guest-x11=#!/bin/sh\n" } },
	  ETC "virtualbox-guest-x11.service>/dev/null\n+" RECORD "\n" },
	{ "masked by the administrator",
	  "kvm",
	  { "systemd",
	    "debian",
	    { LIB "walinuxagent.service=[Unit]\n",
	      ETC "walinuxagent.service>/dev/null" } },
	  "" },
	{ "masked by an empty file",
	  "kvm",
	  { "systemd",
	    "debian",
	    { LIB "walinuxagent.service=[Unit]\n", ETC "walinuxagent.service=" } },
	  "" },
	{ "timers, and templates",
	  "kvm",
	  { "systemd",
	    "amzn",
	    { USR "refresh-policy-routes@.timer=[Timer]\n",
	      USR "google-oslogin-cache.timer=[Timer]\n" } },
	  ETC "google-oslogin-cache.timer>/dev/null\n" ETC
	      "refresh-policy-routes@.timer>/dev/null\n+" RECORD "\n" },
	{ "the guest agent of RHEL is enabled as its port's",
	  "kvm",
	  { "systemd",
	    "rhel",
	    { USR
	      "qemu-guest-agent.service=[Unit]\n[Install]\nWantedBy=dev-virtio\\x2dports-"
	      "org.qemu.guest_agent.0.device\n" } },
	  ETC "dev-virtio\\x2dports-org.qemu.guest_agent.0.device.wants/"
	      "qemu-guest-agent.service>" USR "qemu-guest-agent.service\n" },
	{ "that of Debian is started by udev",
	  "kvm",
	  { "systemd",
	    "debian",
	    { LIB "qemu-guest-agent.service=[Unit]\n[Service]\n[Install]\n" } },
	  "" },
	{ "a hostile [Install]",
	  "kvm",
	  { "systemd",
	    "debian",
	    { LIB
	      "qemu-guest-agent.service=[Install]\nWantedBy=../../../x.target /etc .. a "
	      "ok.target\n" } },
	  ETC "ok.target.wants/qemu-guest-agent.service>" LIB
	      "qemu-guest-agent.service\n" },
	{ "masked by the administrator, but of use",
	  "kvm",
	  { "systemd",
	    "debian",
	    { LIB "qemu-guest-agent.service=[Install]\n",
	      ETC "qemu-guest-agent.service>/dev/null" } },
	  "",
	  "tool-masked" },
	{ "cloud-init is enabled for a cloud",
	  "openstack",
	  { "systemd",
	    "debian",
	    { LIB "cloud-init.service=[Install]\nWantedBy=cloud-init.target\n" } },
	  ETC "cloud-init.target.wants/cloud-init.service>" LIB "cloud-init.service\n" },
	{ "and never switched off",
	  "hyperv",
	  { "systemd", "debian", { LIB "cloud-init.service=[Install]\n" } },
	  "" },
	{ "SysV links of Debian and EL",
	  "kvm",
	  { "sysvinit",
	    "debian",
	    { "/etc/init.d/vboxadd=#!/bin/sh\n",
	      "/etc/rc2.d/S02vboxadd>../init.d/vboxadd",
	      "/etc/rc0.d/K01vboxadd>../init.d/vboxadd",
	      "/etc/rcS.d/S00vboxadd-service>../init.d/vboxadd-service",
	      "/etc/rc2.d/S02vboxadd2>../init.d/vboxadd2" } },
	  "-/etc/rc2.d/S02vboxadd\n/etc/rc2.d/K98vboxadd>../init.d/vboxadd\n"
	  "-/etc/rcS.d/S00vboxadd-service\n/etc/rcS.d/K99vboxadd-service>../init.d/"
	  "vboxadd-service\n+" RECORD "\n" },
	{ "a K link is there already",
	  "kvm",
	  { "sysvinit",
	    "rhel",
	    { "/etc/rc3.d/K80xe-linux-distribution>../init.d/xe-linux-distribution",
	      "/etc/rc3.d/S20xe-linux-distribution>../init.d/xe-linux-distribution" } },
	  "-/etc/rc3.d/S20xe-linux-distribution\n+" RECORD "\n" },
	{ "SysV links of SUSE",
	  "kvm",
	  { "sysvinit",
	    "sles",
	    { "/etc/init.d/rc3.d/S05vmtoolsd>../vmtoolsd",
	      "/etc/init.d/rc3.d/K02vmtoolsd>../vmtoolsd" } },
	  "-/etc/init.d/rc3.d/S05vmtoolsd\n+" RECORD "\n" },
	{ "upstart of Ubuntu",
	  "kvm",
	  { "upstart",
	    "ubuntu",
	    { "/etc/init/walinuxagent.conf=start on runlevel\n",
	      "/etc/init/vmware-tools.conf=start on x\n",
	      "/etc/init/vmware-tools.override=  manual\n" } },
	  "+/etc/init/walinuxagent.override\n+" RECORD "\n" },
	{ "upstart of EL 6 has no overrides",
	  "kvm",
	  { "upstart",
	    "centos",
	    { "/etc/init/vmware-tools.conf=start on x\n",
	      "/etc/init/vmware-tools-thinprint.conf=start on y\n" } },
	  "+/etc/init/vmware-tools.conf" TOOLS_ASIDE "\n-/etc/init/vmware-tools.conf\n"
	  "+/etc/init/vmware-tools-thinprint.conf" TOOLS_ASIDE
	  "\n-/etc/init/vmware-tools-thinprint.conf\n+" RECORD "\n" },
	{ "nor can a package's file be moved",
	  "kvm",
	  { "upstart", "amzn", { "/etc/init/amazon-ssm-agent.conf=start on x\n" } },
	  "",
	  "tool-left" },
	{ "OpenRC",
	  "kvm",
	  { "openrc",
	    "alpine",
	    { "/etc/init.d/open-vm-tools=#!/sbin/openrc-run\n",
	      "/etc/runlevels/boot/open-vm-tools>/etc/init.d/open-vm-tools",
	      "/etc/init.d/qemu-guest-agent=#!/sbin/openrc-run\n" } },
	  "-/etc/runlevels/boot/open-vm-tools\n"
	  "/etc/runlevels/default/qemu-guest-agent>/etc/init.d/qemu-guest-agent\n+" RECORD
	  "\n" },
	{ "OpenRC, in another runlevel",
	  "kvm",
	  { "openrc",
	    "alpine",
	    { "/etc/init.d/qemu-guest-agent=#!/sbin/openrc-run\n",
	      "/etc/runlevels/boot/qemu-guest-agent>/etc/init.d/qemu-guest-agent" } },
	  "" },
	{ "an agent that was switched off, on EL 6",
	  "kvm",
	  { "upstart",
	    "rhel",
	    { "/etc/init.d/qemu-ga=#!/bin/sh\n# chkconfig: 2345 98 02\n",
	      "/etc/rc3.d/K02qemu-ga>../init.d/qemu-ga",
	      "/etc/rc6.d/K02qemu-ga>../init.d/qemu-ga" } },
	  "/etc/rc2.d/S98qemu-ga>../init.d/qemu-ga\n-/etc/rc3.d/K02qemu-ga\n"
	  "/etc/rc3.d/S98qemu-ga>../init.d/qemu-ga\n"
	  "/etc/rc4.d/S98qemu-ga>../init.d/qemu-ga\n"
	  "/etc/rc5.d/S98qemu-ga>../init.d/qemu-ga\n" },
	{ "on SUSE, with startpar",
	  "kvm",
	  { "sysvinit",
	    "sles",
	    { "/etc/init.d/.depend.start=TARGETS = cron\ncron:\n",
	      "/etc/init.d/qemu-ga=#!/bin/sh\n" } },
	  "/etc/init.d/rc3.d/S20qemu-ga>../qemu-ga\n/etc/init.d/rc5.d/S20qemu-ga>../"
	  "qemu-ga\n"
	  "+/etc/init.d/.depend.start\n" },
	{ "one that starts is left alone",
	  "kvm",
	  { "sysvinit",
	    "devuan",
	    { "/etc/init.d/qemu-guest-agent=#!/bin/sh\n",
	      "/etc/rc2.d/S01qemu-guest-agent>../init.d/qemu-guest-agent" } },
	  "" },
	{ "repositories are told",
	  "kvm",
	  { "systemd", "rhel", { "/etc/yum.repos.d/vmware-tools.repo=[x]\n" } },
	  "",
	  "tool-repository" },
	{ "units that the distribution makes",
	  "aws",
	  { "systemd",
	    "nixos",
	    { "/etc/systemd/system>/etc/static/systemd/system",
	      ETC "qemu-guest-agent.service>/nix/store/x/qemu-guest-agent.service" } },
	  "",
	  "tool-left" },
	{ "what an installer leaves is told",
	  "kvm",
	  { "systemd", "rhel", { "/etc/vmware-tools/locations=x\n" } },
	  "",
	  "tool-installed" },
	{ "but not where it belongs",
	  "vmware",
	  { "systemd", "rhel", { "/etc/vmware-tools/locations=x\n" } },
	  "" },
	{ "what a newer version has switched off",
	  "kvm",
	  { "systemd", "rhel", { RECORD "=other-tool made /etc/x\n" } },
	  "+" RECORD "\n" },
};

static struct request for_target(const char *name)
{
	struct request q = { .target = target_find(name) };

	ck_assert_ptr_nonnull(q.target);
	return q;
}

START_TEST(test_case)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_FREE char *words = NULL;
	const struct request q = for_target(cases[_i].target);

	fill_guest(&g, &cases[_i].guest);
	plan_and_apply(&step_tools, &g, &q, &p);
	words = plan_words(&p);
	ck_assert_msg(strcmp(words, cases[_i].edits) == 0, "%s:\n%s", cases[_i].what,
		      words);
	wants_all(&step_tools, &g, &q, &p);
	ck_assert_uint_eq(p.n_warnings, cases[_i].warning ? 1 : 0);
	if (cases[_i].warning)
		ck_assert_str_eq(p.warnings[0].id, cases[_i].warning);
}
END_TEST

/* To another hypervisor, and back to where the tools belong. */
static const struct {
	const char *what, *to, *back;
	struct step_guest guest;
} trips[] = {
	{ "systemd",
	  "kvm",
	  "vmware",
	  { "systemd",
	    "debian",
	    { LIB "open-vm-tools.service=[Install]\nWantedBy=multi-user.target\n",
	      ETC "multi-user.target.wants/open-vm-tools.service>" LIB
		  "open-vm-tools.service",
	      ETC "vmware-tools.service=[Unit]\n", "/etc/init.d/vmware-tools=x\n" } } },
	{ "masks of the administrator stay",
	  "kvm",
	  "vmware",
	  { "systemd",
	    "debian",
	    { LIB "open-vm-tools.service=[Unit]\n",
	      ETC "open-vm-tools.service>/dev/null" } } },
	{ "SysV",
	  "kvm",
	  "vmware",
	  { "sysvinit",
	    "sles",
	    { "/etc/init.d/rc3.d/S05vmtoolsd>../vmtoolsd",
	      "/etc/rc2.d/S20vmware-tools>../x", "/etc/init.d/vmtoolsd=x\n" } } },
	{ "upstart",
	  "aws",
	  "vmware",
	  { "upstart", "rhel", { "/etc/init/vmware-tools.conf=start on x\n" } } },
	{ "upstart with overrides",
	  "aws",
	  "azure",
	  { "upstart", "ubuntu", { "/etc/init/walinuxagent.conf=start on x\n" } } },
	{ "OpenRC",
	  "aws",
	  "xen",
	  { "openrc",
	    "alpine",
	    { "/etc/init.d/xe-guest-utilities=x\n",
	      "/etc/runlevels/boot/xe-guest-utilities>/etc/init.d/"
	      "xe-guest-utilities" } } },
};

START_TEST(test_trip)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 }, back = { 0 };
	CLEANUP_FREE char *before = NULL, *after = NULL;
	const struct request there = for_target(trips[_i].to),
			     here = for_target(trips[_i].back);

	fill_guest(&g, &trips[_i].guest);
	before = guest_words(&g);
	plan_and_apply(&step_tools, &g, &there, &p);
	plan_and_apply(&step_tools, &g, &here, &back);
	after = guest_words(&g);
	ck_assert_str_eq(after, before);
	wants_all(&step_tools, &g, &here, &back);
	/* There and somewhere else keeps what is known of the way back. */
	plan_clear(&p);
	plan_clear(&back);
	plan_and_apply(&step_tools, &g, &there, &p);
	const struct request further = for_target("gce");
	CLEANUP_PLAN struct plan q = { 0 };

	plan_and_apply(&step_tools, &g, &further, &q);
	ck_assert_uint_eq(q.n_edits, 0);
	plan_and_apply(&step_tools, &g, &here, &back);
	CLEANUP_FREE char *again = guest_words(&g);

	ck_assert_str_eq(again, before);
}
END_TEST

/* A record that a guest has made up does nothing but to what we would have made. */
START_TEST(test_hostile_record)
{
	static const struct step_guest guest = {
		"systemd",
		"debian",
		{ RECORD "=open-vm-tools made /etc/shadow\n"
			 "open-vm-tools made /etc/systemd/system/../../shadow\n"
			 "open-vm-tools gone /etc/passwd ../x\n"
			 "open-vm-tools gone /etc/rc2.d/\n"
			 "open-vm-tools gone\nopen-vm-tools moved \nopen-vm-tools\n"
			 "open-vm-tools moved /etc/init/x.conf\n"
			 "open-vm-tools made " ETC "mine.service\n",
		  "/etc/shadow=root", ETC "mine.service=[Unit]\n" }
	};
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_FREE char *words = NULL;
	const struct request q = for_target("vmware");

	fill_guest(&g, &guest);
	plan_and_apply(&step_tools, &g, &q, &p);
	words = plan_words(&p);
	ck_assert_str_eq(words, "-" RECORD "\n");
}
END_TEST

/* What is the same for all rows. */
START_TEST(test_rows)
{
	for (size_t i = 0; i < n_tools; i++) {
		const struct tool *t = &tools[i];

		ck_assert_ptr_null(strchr(t->name, ' '));
		for (size_t j = 0; t->targets[j]; j++)
			ck_assert_ptr_nonnull(target_find(t->targets[j]));
		for (size_t j = 0; t->units[j]; j++)
			ck_assert_ptr_nonnull(strrchr(t->units[j], '.'));
		for (size_t j = 0; t->scripts[j]; j++)
			ck_assert_ptr_null(strpbrk(t->scripts[j], "./*?["));
		for (size_t j = 0; j < i; j++)
			for (size_t k = 0; t->units[k]; k++)
				for (size_t l = 0; tools[j].units[l]; l++)
					ck_assert_str_ne(t->units[k], tools[j].units[l]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-tools");
	TCase *tc = tcase_create("step-tools");

	tcase_add_loop_test(tc, test_case, 0, (int)ARRAY_SIZE(cases));
	tcase_add_loop_test(tc, test_trip, 0, (int)ARRAY_SIZE(trips));
	tcase_add_test(tc, test_hostile_record);
	tcase_add_test(tc, test_rows);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
