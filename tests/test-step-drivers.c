/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "modprobe-case.h"
#include "step/step.h"
#include "suite.h"

static struct module modules[] = {
	{ "ena", "kernel/ena.ko", { NULL, 0 } },
	{ "hv_storvsc", "kernel/hv_storvsc.ko", { NULL, 0 } },
	{ "nvme", "kernel/nvme.ko", { (char *[]){ "nvme_core" }, 1 } },
	{ "nvme_core", "kernel/nvme-core.ko", { NULL, 0 } },
	{ "virtio_blk", "kernel/virtio_blk.ko", { NULL, 0 } },
	{ "vmxnet3", "kernel/vmxnet3.ko", { NULL, 0 } },
};

static struct kernel kernel(const char *generator)
{
	return (struct kernel){ .version = "6.1.0",
				.modules = modules,
				.n_modules = ARRAY_SIZE(modules),
				.generator = (char *)generator,
				.is_default = true };
}

/* Plan for @path with @text in it (NULL: absent); plan again with the result: it is
 * stable. Returns the text wanted there, NULL if there is no edit.
 */
static char *plan_file(const char *generator, const char *target, bool portable,
		       const char *path, const char *text)
{
	struct guest_file file = {
		(char *)path, { (char *)text, text ? strlen(text) : 0 }, NULL, 0644
	};
	struct kernel k = kernel(generator);
	struct guest g = {
		.kernels = &k, .n_kernels = 1, .files = &file, .n_files = text != NULL
	};
	const struct request q = { .target = target_find(target), .portable = portable };
	CLEANUP_PLAN struct plan p = { 0 }, again = { 0 };
	char *ret;

	ck_assert_int_eq(step_drivers.plan(&g, &q, &p, NULL), 0);
	if (p.n_edits == 0)
		return NULL;
	ck_assert_uint_eq(p.n_edits, 1);
	ck_assert_str_eq(p.edits[0].path, path);
	ret = strdup(p.edits[0].data.data);
	file.data = p.edits[0].data;
	g.n_files = 1;
	ck_assert_int_eq(step_drivers.plan(&g, &q, &again, NULL), 0);
	ck_assert_msg(again.n_edits == 0, "twice is not once:\n%s", ret);
	return ret;
}

#define TOOLS "/etc/initramfs-tools/modules"
#define DRACUT "/etc/dracut.conf.d/50-libconvert.conf"
#define PROBE "/etc/modprobe.d/site.conf"
#define HEAD "# Drivers of the hypervisors this machine may move to.\n"

static const struct {
	const char *what, *generator, *target;
	bool portable;
	const char *path, *in, *out; /* NULL: absent; no edit */
} cases[] = {
	{ "a new file", "initramfs-tools", "aws", false, TOOLS, NULL, "nvme\n" },
	{ "comments stay", "initramfs-tools", "aws", false, TOOLS, "# nvme\nraid1\n",
	  "# nvme\nraid1\nnvme\n" },
	{ "it is there", "initramfs-tools", "aws", false, TOOLS, "raid1\n\tnvme  opt=1",
	  NULL },
	{ "a dash is an underscore", "initramfs-tools", "kvm", false, TOOLS,
	  "virtio-blk\n", NULL },
	{ "no last newline", "initramfs-tools", "aws", true, TOOLS, "raid1",
	  "raid1\nhv_storvsc\nnvme\nvirtio_blk\n" },
	{ "a longer name is another", "initramfs-tools", "aws", false, TOOLS,
	  "nvme_core\n", "nvme_core\nnvme\n" },
	{ "dracut", "dracut", "kvm", true, DRACUT, NULL,
	  HEAD "add_drivers+=\" hv_storvsc nvme virtio_blk \"\n" },
	{ "another target", "dracut", "aws", false, DRACUT,
	  HEAD "add_drivers+=\" virtio_blk \"\n", HEAD "add_drivers+=\" nvme \"\n" },
	{ "only what the kernel has", "dracut", "xen", false, DRACUT, NULL, NULL },
	{ "another generator", "mkinitcpio", "aws", false, "/etc/dracut.conf", "", NULL },
	{ "a blacklist", "", "aws", false, PROBE,
	  "# a\nblacklist floppy\n blacklist nvme\r\n",
	  "# a\nblacklist floppy\n#  blacklist nvme\r\n" },
	{ "of what a driver needs", "", "aws", false, PROBE,
	  "install nvme-core /bin/false", "# install nvme-core /bin/false" },
	{ "an install that does something", "", "aws", false, PROBE,
	  "install nvme /sbin/modprobe -i nvme\noptions nvme x=1\nalias y nvme\n", NULL },
	{ "a line that goes on", "", "aws", false, PROBE,
	  "install nvme /bin/true \\\n x\nblacklist y\n",
	  "# install nvme /bin/true \\\n#  x\nblacklist y\n" },
	{ "a network driver", "", "aws", false, PROBE, "blacklist ena\n",
	  "# blacklist ena\n" },
	{ "not of this target", "", "aws", false, PROBE, "blacklist virtio_net\n", NULL },
	{ "of any target", "", "aws", true, PROBE, "blacklist virtio_net\n",
	  "# blacklist virtio_net\n" },
	{ "half a line", "", "aws", true, PROBE, "blacklist\ninstall nvme\n\n", NULL },
};

static glob_t corpus;

START_TEST(test_aliases_corpus)
{
	corpus_check(corpus.gl_pathv[_i], edit_modprobe);
}
END_TEST

/* By the drivers that the kernel has; hv_netvsc and ena it has not. */
static const struct {
	const char *target, *path, *in, *out;
} aliases[] = {
	{ "kvm", "/etc/modprobe.conf",
	  "alias eth0 e1000\nalias scsi_hostadapter mptbase\n"
	  "alias scsi_hostadapter1 mptspi\n",
	  "alias eth0 e1000\nalias scsi_hostadapter virtio_blk\n"
	  "# alias scsi_hostadapter1 mptspi\n" },
	{ "aws", PROBE, "alias scsi_hostadapter qla2xxx\n",
	  "alias scsi_hostadapter qla2xxx\nalias scsi_hostadapter1 nvme\n" },
	{ "vmware", PROBE, "alias eth0 xennet\n", "alias eth0 vmxnet3\n" },
	{ "aws", PROBE, "options nvme x=1\n", NULL },
	{ "xen", PROBE, "alias scsi_hostadapter mptspi\n", NULL },
};

START_TEST(test_aliases)
{
	CLEANUP_FREE char *out = plan_file("", aliases[_i].target, false,
					   aliases[_i].path, aliases[_i].in);

	ck_assert_pstr_eq(out, aliases[_i].out);
}
END_TEST

START_TEST(test_table)
{
	CLEANUP_FREE char *out =
		plan_file(cases[_i].generator, cases[_i].target, cases[_i].portable,
			  cases[_i].path, cases[_i].in);

	if (!cases[_i].out)
		ck_assert_msg(!out, "%s: %s", cases[_i].what, out);
	else
		ck_assert_msg(out && strcmp(out, cases[_i].out) == 0, "%s: %s",
			      cases[_i].what, out);
}
END_TEST

/* A list that is no text is not replaced. */
START_TEST(test_no_text)
{
	struct guest_file file = { TOOLS, { "raid1\0\n", 7 }, NULL, 0644 };
	struct kernel k = kernel("initramfs-tools");
	struct guest g = { .kernels = &k, .n_kernels = 1, .files = &file, .n_files = 1 };
	const struct request q = { .target = target_find("aws") };
	CLEANUP_PLAN struct plan p = { 0 };

	ck_assert_int_eq(step_drivers.plan(&g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 0);
	ck_assert_uint_eq(p.n_warnings, 1);
	ck_assert_str_eq(p.warnings[0].id, "initramfs-generator-kept");
}
END_TEST

/* The initramfs does not say what made it: the configuration does. */
START_TEST(test_by_configuration)
{
	struct guest_file file = { "/etc/dracut.conf", { "", 0 }, NULL, 0644 };
	struct kernel k = kernel(NULL);
	struct guest g = { .kernels = &k, .n_kernels = 1, .files = &file, .n_files = 1 };
	const struct request q = { .target = target_find("aws") };
	CLEANUP_PLAN struct plan p = { 0 };

	ck_assert_int_eq(step_drivers.plan(&g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 1);
	ck_assert_str_eq(p.edits[0].path, DRACUT);
}
END_TEST

/* Generators that have a list in a file of their own. */
static const struct {
	const char *generator, *path, *in, *out;
} lists[] = {
	{ "mkinitcpio", "/etc/mkinitcpio.conf",
	  "# MODULES=(x)\nMODULES=()\nHOOKS=(base)\n",
	  "# MODULES=(x)\nMODULES=(nvme)\nHOOKS=(base)\n" },
	{ "mkinitcpio", "/etc/mkinitcpio.conf", "MODULES=\"ext4 nvme\"\n", NULL },
	{ NULL, "/etc/mkinitcpio.conf", "MODULES=(ext4 )\n", "MODULES=(ext4 nvme )\n" },
	{ "mkinitrd", "/etc/sysconfig/kernel", "INITRD_MODULES=\"mptspi ext3\"\n",
	  "INITRD_MODULES=\"mptspi ext3 nvme\"\n" },
	{ NULL, "/etc/sysconfig/kernel", "UPDATEDEFAULT=yes\n", NULL },
	{ "make-initrd", "/etc/initrd.mk", "AUTODETECT = all",
	  "AUTODETECT = all\n# libconvert\nMODULES_ADD += nvme\n" },
};

START_TEST(test_lists)
{
	CLEANUP_FREE char *text = plan_file(lists[_i].generator, "aws", false,
					    lists[_i].path, lists[_i].in);

	ck_assert_pstr_eq(text, lists[_i].out);
}
END_TEST

START_TEST(test_alpine)
{
	static const char conf[] = "/etc/mkinitfs/mkinitfs.conf";
	static char before[] = "features=\"ata base ext4\"\n";
	struct guest_file file = {
		(char *)conf, { before, strlen(before), 0 }, NULL, 0644
	};
	struct kernel k = kernel("mkinitfs");
	struct guest g = { .kernels = &k, .n_kernels = 1, .files = &file, .n_files = 1 };
	const struct request q = { .target = target_find("aws") };
	CLEANUP_PLAN struct plan p = { 0 };

	ck_assert_int_eq(step_drivers.plan(&g, &q, &p, NULL), 0);
	ck_assert_str_eq(plan_text(&p, &g, conf),
			 "features=\"ata base ext4 libconvert\"\n");
	ck_assert_str_eq(plan_text(&p, &g, "/etc/mkinitfs/features.d/libconvert.modules"),
			 "kernel/nvme.ko*\n");
}
END_TEST

/* A list that the shell puts together is left, and told. */
static char *const kept[] = { (char *)"MODULES=($MORE)\n", (char *)"MODULES=\"a\"$MORE\n",
			      (char *)"MODULES='a'b\n" };

START_TEST(test_kept)
{
	struct guest_file file = { (char *)"/etc/mkinitcpio.conf",
				   { kept[_i], strlen(kept[_i]), 0 },
				   NULL,
				   0644 };
	struct kernel k = kernel("mkinitcpio");
	struct guest g = { .kernels = &k, .n_kernels = 1, .files = &file, .n_files = 1 };
	const struct request q = { .target = target_find("aws") };
	CLEANUP_PLAN struct plan p = { 0 };

	ck_assert_int_eq(step_drivers.plan(&g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 0);
	ck_assert_str_eq(p.warnings[0].id, "initramfs-generator-kept");
}
END_TEST

/* Of the kernel that boots: it starts there, and has no network. */
START_TEST(test_network)
{
	struct kernel two[] = { kernel("dracut"), kernel("dracut") };
	struct guest g = { .kernels = two, .n_kernels = 2 };
	const struct request q = { .target = target_find("aws") };
	CLEANUP_PLAN struct plan has = { 0 }, lacks = { 0 };

	two[1].is_default = false;
	two[1].modules++;
	two[1].n_modules--;
	ck_assert_int_eq(step_drivers.plan(&g, &q, &has, NULL), 0);
	ck_assert_uint_eq(has.n_warnings, 0);
	two[0].is_default = false;
	two[1].is_default = true;
	ck_assert_int_eq(step_drivers.plan(&g, &q, &lacks, NULL), 0);
	ck_assert_uint_eq(lacks.n_warnings, 1);
	ck_assert_str_eq(lacks.warnings[0].id, "kernel-lacks-network");
	ck_assert_ptr_nonnull(strstr(lacks.warnings[0].text, "no driver 'ena'"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-drivers");
	TCase *tc = tcase_create("all");

	if (corpus_open("modprobe/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(tc, test_aliases_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_aliases, 0, (int)ARRAY_SIZE(aliases));
	tcase_add_loop_test(tc, test_lists, 0, ARRAY_SIZE(lists));
	tcase_add_test(tc, test_alpine);
	tcase_add_loop_test(tc, test_kept, 0, ARRAY_SIZE(kept));
	tcase_add_test(tc, test_network);
	tcase_add_loop_test(tc, test_table, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_by_configuration);
	tcase_add_test(tc, test_no_text);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
