/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "step-cases.h"

#define DIR "/etc/cloud/cloud.cfg.d/"
#define CLOUD "/etc/cloud/cloud.cfg=x: y\n"
#define OURS DIR "zz-libconvert.cfg"
#define HEAD "# Written by a conversion for its target.\n"

/* The list that is written, NULL: none; "": it is removed. */
static const struct {
	const char *what, *target;
	struct step_guest guest;
	const char *list;
	const char *warning;
	const char *cmdline;
} cases[] = {
	{ "no cloud-init", "aws", { "systemd", "debian", { NULL } }, NULL },
	{ "Azure's pin",
	  "aws",
	  { "systemd", "ubuntu", { DIR "90-azure.cfg=datasource_list: [ Azure ]\n" } },
	  "Ec2" },
	{ "a list as a block, in the main file",
	  "azure",
	  { "systemd",
	    "sles",
	    { "/etc/cloud/cloud.cfg=a: 1\ndatasource_list:\n  - Ec2\n  - None\n" } },
	  "Azure",
	  "cloud-init-new-instance" },
	{ "no cloud on the target",
	  "kvm",
	  { "systemd", "ubuntu", { DIR "90-x.cfg=datasource_list: [ Ec2, None ]\n" } },
	  "NoCloud, ConfigDrive" },
	{ "Debian's long list",
	  "kvm",
	  { "systemd",
	    "debian",
	    { DIR "90_dpkg.cfg=datasource_list: [ NoCloud, ConfigDrive, Azure, Ec2, None "
		  "]\n" } },
	  NULL },
	{ "the last file says it",
	  "gce",
	  { "systemd",
	    "debian",
	    { DIR "90_dpkg.cfg=datasource_list: [ GCE, Azure ]\n",
	      DIR "91-a.cfg=datasource_list: [ Azure ]\n", DIR "92-b.cfg=x: y\n" } },
	  "GCE" },
	{ "an installer's None",
	  "aws",
	  { "systemd", "ubuntu", { DIR "99-installer.cfg=datasource_list: [None]\n" } },
	  NULL },
	{ "no YAML",
	  "aws",
	  { "systemd", "ubuntu", { DIR "90-x.cfg=datasource_list: [ Azure\n: {" } },
	  NULL },
	{ "no list",
	  "aws",
	  { "systemd",
	    "ubuntu",
	    { DIR "90-x.cfg=- datasource_list\n",
	      DIR "91.cfg=datasource_list: Azure\n" } },
	  NULL },
	{ "ours goes where the guest's own list does",
	  "azure",
	  { "systemd",
	    "ubuntu",
	    { DIR "90-azure.cfg=datasource_list: [ Azure ]\n",
	      OURS "=" HEAD "datasource_list: [ Ec2 ]\n" } },
	  "" },
	{ "ds-identify is told something else",
	  "aws",
	  { "systemd",
	    "ubuntu",
	    { CLOUD, "/etc/cloud/ds-identify.cfg=policy: x\ndatasource: Azure\n" } },
	  NULL,
	  "cloud-init-pinned" },
	{ "so is the kernel",
	  "kvm",
	  { "systemd", "ubuntu", { CLOUD } },
	  NULL,
	  "cloud-init-pinned",
	  "root=/dev/sda1 ds=nocloud" },
	{ "switched off",
	  "aws",
	  { "systemd", "ubuntu", { CLOUD, "/etc/cloud/cloud-init.disabled=" } },
	  NULL,
	  "cloud-init-disabled" },
	{ "by the kernel",
	  "aws",
	  { "systemd", "ubuntu", { CLOUD } },
	  NULL,
	  "cloud-init-disabled",
	  "quiet cloud-init=disabled" },
	{ "switched off, and no cloud",
	  "kvm",
	  { "systemd", "ubuntu", { CLOUD, "/etc/cloud/cloud-init.disabled=" } },
	  NULL },
	{ "a cloud",
	  "gce",
	  { "systemd", "ubuntu", { CLOUD } },
	  NULL,
	  "cloud-init-new-instance" },
	{ "no cloud",
	  "kvm",
	  { "systemd", "ubuntu", { CLOUD } },
	  NULL,
	  NULL,
	  "quiet rds=1" },
};

START_TEST(test_case)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	const struct request q = { .target = target_find(cases[_i].target) };
	const char *list = cases[_i].list;

	fill_guest(&g, &cases[_i].guest);
	g.entries = calloc(1, sizeof(*g.entries));
	g.n_entries = 1;
	g.entries[0] = (struct boot_entry){ .config = strdup("/boot/grub/grub.cfg"),
					    .is_default = true };
	if (cases[_i].cmdline)
		g.entries[0].cmdline = strdup(cases[_i].cmdline);
	plan_and_apply(&step_cloud_init, &g, &q, &p);
	wants_all(&step_cloud_init, &g, &q, &p);
	ck_assert_msg(p.n_edits == (list ? 1 : 0), "%s: %zu edits", cases[_i].what,
		      p.n_edits);
	if (list)
		ck_assert_str_eq(p.edits[0].path, OURS);
	if (list && *list) {
		CLEANUP_FREE char *text = NULL;

		ck_assert(asprintf(&text, HEAD "datasource_list: [ %s ]\n", list) > 0);
		ck_assert_str_eq(p.edits[0].data.data, text);
	} else if (list) {
		ck_assert_int_eq(p.edits[0].action, EDIT_REMOVE);
	}
	ck_assert_uint_eq(p.n_warnings, cases[_i].warning ? 1 : 0);
	if (cases[_i].warning)
		ck_assert_str_eq(p.warnings[0].id, cases[_i].warning);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-cloud-init");
	TCase *tc = tcase_create("step-cloud-init");

	tcase_add_loop_test(tc, test_case, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
