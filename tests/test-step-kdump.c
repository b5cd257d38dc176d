/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "step-cases.h"

#define CONF "/etc/kdump.conf="
#define SUSE "/etc/sysconfig/kdump="
#define NOTE \
	"# Changed by a conversion, so that the initramfs of kdump is made anew for: "

static const struct {
	const char *what, *target, *cmdline;
	struct step_guest guest;
	const char *out; /* what there is then */
	const char *warning;
} cases[] = {
	{ "a file system",
	  "kvm",
	  "",
	  { NULL, NULL, { CONF "# x\next4 /dev/sda1\npath /sda1\n" } },
	  CONF "# x\next4 UUID=1111\npath /sda1\n\n",
	  NULL },
	{ "a partition",
	  "kvm",
	  "",
	  { NULL, NULL, { CONF "raw\t/dev/xvda2" } },
	  CONF "raw\t/dev/disk/by-partuuid/7f-02\n",
	  NULL },
	{ "names that last",
	  "kvm",
	  "",
	  { NULL, NULL, { CONF "ext4 LABEL=x\nnfs h:/x\nxfs\n" } },
	  CONF "ext4 LABEL=x\nnfs h:/x\nxfs\n\n",
	  NULL },
	{ "not there",
	  "kvm",
	  "",
	  { NULL, NULL, { CONF "xfs /dev/sdb1\n" } },
	  CONF "xfs /dev/sdb1\n\n",
	  "kdump-target" },
	{ "no name of its own",
	  "kvm",
	  "",
	  { NULL, NULL, { CONF "raw /dev/sda\n" } },
	  CONF "raw /dev/sda\n\n",
	  "kdump-target" },
	{ "its initramfs",
	  "kvm",
	  "ro crashkernel=auto",
	  { NULL, NULL, { CONF "path /x", SUSE "x=1\n" } },
	  CONF "path /x\n" NOTE "kvm\n\n" SUSE "x=1\n\n",
	  NULL },
	{ "another target",
	  "xen",
	  "crashkernel=1M",
	  { NULL, NULL, { CONF NOTE "kvm\nx\n" } },
	  CONF NOTE "xen\nx\n\n",
	  NULL },
	{ "SUSE",
	  "xen",
	  "crashkernel=1M",
	  { NULL, NULL, { SUSE "" } },
	  SUSE NOTE "xen\n\n",
	  NULL },
	{ "Debian",
	  "kvm",
	  "crashkernel=1M",
	  { NULL, NULL, { "/var/lib/kdump/latest_sysctls-6.1.0=x" } },
	  "",
	  NULL },
	{ "no crash kernel",
	  "kvm",
	  "ro",
	  { NULL, NULL, { CONF "path /x", "/var/lib/kdump/latest_sysctls-6.1.0=x" } },
	  CONF "path /x\n/var/lib/kdump/latest_sysctls-6.1.0=x\n",
	  NULL },
};

static void add_device(struct guest *g, unsigned part, const char *type, const char *uuid,
		       const char *partuuid)
{
	struct device *d = guest_add_device(g);

	ck_assert(d && asprintf(&d->name, "disk1p%u", part) > 0);
	d->part = part;
	d->type = type ? strdup(type) : NULL;
	d->uuid = uuid ? strdup(uuid) : NULL;
	d->partuuid = partuuid ? strdup(partuuid) : NULL;
}

START_TEST(test_step)
{
	const struct request q = { .target = target_find(cases[_i].target) };
	CLEANUP_GUEST struct guest g = { .n_disks = 1 };
	CLEANUP_GUEST struct guest before = { 0 };

	fill_guest(&g, &cases[_i].guest);
	fill_guest(&before, &cases[_i].guest);
	add_device(&g, 0, NULL, NULL, NULL);
	add_device(&g, 1, "ext4", "1111", "7f-01");
	add_device(&g, 2, NULL, NULL, "7f-02");
	g.entries = calloc(1, sizeof(*g.entries));
	g.entries[0].cmdline = strdup(cases[_i].cmdline);
	g.n_entries = 1;
	check_case(cases[_i].what, &step_kdump, &before, &g, &q, cases[_i].out,
		   cases[_i].warning);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-kdump");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, test_step, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, t);
	return suite_run(s);
}
