/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "step/step.h"
#include "suite.h"

static struct device devices[] = {
	{ .name = "disk1", .disk = 0, .part = 0 },
	{ .name = "disk1p1",
	  .disk = 0,
	  .part = 1,
	  .type = "ext4",
	  .uuid = "1111-2222",
	  .partuuid = "7f3a-01" },
	{ .name = "disk1p5", .disk = 0, .part = 5, .type = "swap", .uuid = "3333-4444" },
	{ .name = "disk1p6", .disk = 0, .part = 6, .type = "LVM2_member", .uuid = "x" },
	{ .name = "rhel/root",
	  .kind = DEVICE_LV,
	  .vg = "rhel",
	  .lv = "root",
	  .type = "xfs",
	  .uuid = "5555" },
};
static struct mount mounts[] = { { 1, "/" } };

/* Up to eight files; the tests fill what they need. */
struct fixture {
	struct guest_file files[8];
	struct guest g;
	struct plan p;
};

static void add(struct fixture *f, const char *path, const char *text)
{
	f->files[f->g.n_files++] = (struct guest_file){
		(char *)path,
		{ (char *)text, strlen(text) },
		NULL,
		0644,
	};
	f->g.files = f->files;
	f->g.devices = devices;
	f->g.n_devices = ARRAY_SIZE(devices);
	f->g.mounts = mounts;
	f->g.n_mounts = ARRAY_SIZE(mounts);
	f->g.n_disks = 1;
}

static void plan(struct fixture *f, const char *target)
{
	struct request q = { .target = target_find(target) };
	struct cvt_error err = { 0 };

	ck_assert_int_eq(step_bootloader.plan(&f->g, &q, &f->p, &err), 0);
}

/* Plan, then plan again on the outcome: nothing may be left to do. */
static void plan_twice(struct fixture *f, const char *target)
{
	struct fixture again = { .p = { 0 } };

	plan(f, target);
	for (size_t i = 0; i < f->g.n_files; i++)
		add(&again, f->files[i].path, plan_text(&f->p, &f->g, f->files[i].path));
	plan(&again, target);
	for (size_t i = 0; i < again.p.n_edits; i++)
		ck_abort_msg("second run edits %s:\n%s", again.p.edits[i].path,
			     again.p.edits[i].data.data);
	plan_clear(&again.p);
}

static void expect(struct fixture *f, const char *path, const char *text)
{
	ck_assert_str_eq(plan_text(&f->p, &f->g, path), text);
}

static bool is_warned(const struct fixture *f, const char *id)
{
	for (size_t i = 0; i < f->p.n_warnings; i++)
		if (strcmp(f->p.warnings[i].id, id) == 0)
			return true;
	return false;
}

#define ENTRY(args) "menuentry x {\n\tlinux /vmlinuz " args "\n\tinitrd /initrd\n}\n"
#define CFG "/boot/grub/grub.cfg"
#define DEF "/etc/default/grub"

/* The same arguments in every generated file. */
static const struct {
	const char *target, *in, *out, *warning;
} lines[] = {
	{ "kvm", "root=/dev/sda1 ro quiet",
	  "root=UUID=1111-2222 ro quiet console=tty0 console=ttyS0,115200n8" },
	{ "kvm", "root=/dev/xvda1",
	  "root=UUID=1111-2222 console=tty0 console=ttyS0,115200n8" },
	{ "vmware", "root=UUID=1111-2222 console=tty0",
	  "root=UUID=1111-2222 console=tty0" },
	{ "vmware", "root=PARTUUID=7f3a-01", "root=PARTUUID=7f3a-01 console=tty0" },
	{ "vmware",
	  "root=/dev/mapper/rhel-root rd.lvm.lv=rhel/root crashkernel=auto console=tty0",
	  "root=/dev/mapper/rhel-root rd.lvm.lv=rhel/root crashkernel=auto "
	  "console=tty0" },
	{ "vmware", "root=/dev/mapper/luks-1 console=tty0",
	  "root=/dev/mapper/luks-1 console=tty0" },
	{ "vmware", "root=/dev/sdb1 console=tty0", "root=/dev/sdb1 console=tty0",
	  "root-absent" },
	{ "vmware", "root=/dev/sda6 console=tty0", "root=UUID=x console=tty0" },
	{ "vmware", "root=/dev/sda1 resume=/dev/sda5 console=tty0",
	  "root=UUID=1111-2222 resume=UUID=3333-4444 console=tty0" },
	{ "vmware", "root=$x resume=/dev/sdb1 console=tty0",
	  "root=$x noresume console=tty0", "resume-absent" },
	{ "vmware", "root=UUID=1111-2222 resume=/dev/mapper/crypt-swap console=tty0",
	  "root=UUID=1111-2222 resume=/dev/mapper/crypt-swap console=tty0",
	  "resume-absent" },
	{ "aws", "root=UUID=1111-2222 console=tty0 console=ttyS0",
	  "root=UUID=1111-2222 console=tty0 console=ttyS0 "
	  "nvme_core.io_timeout=4294967295" },
	{ "aws", "root=UUID=1111-2222 console=tty0 console=ttyS0 nvme_core.io_timeout=9",
	  "root=UUID=1111-2222 console=tty0 console=ttyS0 nvme_core.io_timeout=9" },
	{ "kvm", "root=UUID=1111-2222 console=hvc0",
	  "root=UUID=1111-2222 console=hvc0 console=tty0 console=ttyS0,115200n8" },
	{ "kvm", "quiet", "quiet" },
};

START_TEST(test_line)
{
	CLEANUP_FREE char *in = NULL, *out = NULL;
	struct fixture f = { .p = { 0 } };

	ck_assert(asprintf(&in, ENTRY("%s"), lines[_i].in) > 0);
	ck_assert(asprintf(&out, ENTRY("%s"), lines[_i].out) > 0);
	add(&f, CFG, in);
	plan_twice(&f, lines[_i].target);
	expect(&f, CFG, out);
	ck_assert_uint_eq(f.p.n_warnings, lines[_i].warning ? 1 : 0);
	if (lines[_i].warning)
		ck_assert(is_warned(&f, lines[_i].warning));
	plan_clear(&f.p);
}
END_TEST

START_TEST(test_rules)
{
	struct fixture f = { .p = { 0 } };
	static const char *const rules[] = {
		"loader-root", "loader-resume", "loader-console",
		"loader-args", "grub-hints",
	};

	add(&f, CFG,
	    "search --fs-uuid --hint-bios=hd0 --set=root 1\n" ENTRY(
		    "root=/dev/sda1 resume=/dev/sda5"));
	plan_twice(&f, "aws");
	ck_assert_uint_eq(f.p.n_edits, 1);
	ck_assert_uint_eq(f.p.edits[0].rules.n, ARRAY_SIZE(rules));
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		ck_assert(names_has(&f.p.edits[0].rules, rules[i]));
	plan_clear(&f.p);
}
END_TEST

/* Only a file system UUID, and no initramfs to find it. */
START_TEST(test_no_initrd)
{
	struct fixture f = { .p = { 0 } };

	add(&f, CFG,
	    "menuentry x {\nlinux /a root=/dev/sda1 console=tty0\n}\n"
	    "menuentry y {\nlinux /a root=/dev/sda5 console=tty0\n}\n");
	plan_twice(&f, "vmware");
	expect(&f, CFG,
	       "menuentry x {\nlinux /a root=PARTUUID=7f3a-01 console=tty0\n}\n"
	       "menuentry y {\nlinux /a root=/dev/sda5 console=tty0\n}\n");
	ck_assert(is_warned(&f, "root-unstable"));
	plan_clear(&f.p);
}
END_TEST

/* What grub-mkconfig reads: file, drop-in, and what becomes of them on kvm. */
static const struct {
	const char *def, *drop_in, *def_out, *drop_in_out;
} defaults[] = {
	{ "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n", "",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
	  "GRUB_CMDLINE_LINUX=\"console=tty0 console=ttyS0,115200n8\"\n",
	  "" },
	{ "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\nGRUB_CMDLINE_LINUX=\"\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1 console=ttyS0\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\nGRUB_CMDLINE_LINUX=\"\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1 console=ttyS0\"\n" },
	{ "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1\"\nGRUB_CMDLINE_LINUX=\"\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1\"\n"
	  "GRUB_CMDLINE_LINUX=\"console=tty0 console=ttyS0,115200n8\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n" },
	{ "GRUB_CMDLINE_LINUX=\"a\"\n", "GRUB_CMDLINE_LINUX='b resume=/dev/sda5'\n",
	  "GRUB_CMDLINE_LINUX=\"a\"\n",
	  "GRUB_CMDLINE_LINUX='b resume=UUID=3333-4444 console=tty0 "
	  "console=ttyS0,115200n8'\n" },
	{ "GRUB_CMDLINE_LINUX=\"console=hvc0\"\n", "GRUB_TIMEOUT=1\n",
	  "GRUB_CMDLINE_LINUX=\"console=hvc0 console=tty0 console=ttyS0,115200n8\"\n",
	  "GRUB_TIMEOUT=1\n" },
	{ "GRUB_CMDLINE_LINUX+=\" x\"\n", "GRUB_TIMEOUT=1\n",
	  "GRUB_CMDLINE_LINUX+=\" x\"\n"
	  "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX console=tty0 "
	  "console=ttyS0,115200n8\"\n",
	  "GRUB_TIMEOUT=1\n" },
	{ "GRUB_CMDLINE_LINUX=\"console=tty0 "
	  "console=ttyS0\"\nGRUB_DISABLE_LINUX_UUID=true\n",
	  "",
	  "GRUB_CMDLINE_LINUX=\"console=tty0 "
	  "console=ttyS0\"\nGRUB_DISABLE_LINUX_UUID=false\n",
	  "" },
};

START_TEST(test_default)
{
	struct fixture f = { .p = { 0 } };

	add(&f, CFG, "");
	add(&f, DEF, defaults[_i].def);
	add(&f, "/etc/default/grub.d/50-cloud.cfg", defaults[_i].drop_in);
	plan_twice(&f, "kvm");
	expect(&f, DEF, defaults[_i].def_out);
	expect(&f, "/etc/default/grub.d/50-cloud.cfg", defaults[_i].drop_in_out);
	plan_clear(&f.p);
}
END_TEST

START_TEST(test_kernelopts)
{
	struct fixture f = { .p = { 0 } };
	static const char head[] =
		"# GRUB Environment Block\nkernelopts=root=/dev/sda1 ro \n";
	char block[1025];

	memset(block, '#', 1024);
	block[1024] = '\0';
	memcpy(block, head, strlen(head));
	add(&f, "/boot/grub2/grubenv", block);
	plan_twice(&f, "kvm");
	ck_assert_uint_eq(f.p.n_edits, 1);
	ck_assert_uint_eq(f.p.edits[0].data.len, 1024);
	ck_assert_ptr_nonnull(strstr(f.p.edits[0].data.data,
				     "\nkernelopts=root=UUID=1111-2222 ro "
				     "console=tty0 console=ttyS0,115200n8 \n##"));
	plan_clear(&f.p);
}
END_TEST

START_TEST(test_nothing_there)
{
	struct fixture f = { .p = { 0 } };
	struct guest none = { 0 };

	add(&f, "/etc/grub.d/40_custom", "#!/bin/sh\necho linux /a root=/dev/sda1\n");
	plan(&f, "kvm");
	ck_assert_uint_eq(f.p.n_edits, 0);
	ck_assert(is_warned(&f, "no-bootloader"));
	f.g = none;
	plan(&f, "kvm");
	ck_assert_uint_eq(f.p.n_edits, 0);
	plan_clear(&f.p);
}
END_TEST

/* Every place and kind of file is asked for, those of the ESP in any case. */
START_TEST(test_want)
{
	static const char *const wanted[] = {
		"/boot/grub/grub.cfg",		 "/boot/grub2/grubenv",
		"/etc/default/grub.d/*.cfg",	 "/esp/[Ee][Ff][Ii]/*/grub.cfg",
		"/boot/[Ee][Ff][Ii]/*/grub.cfg", "/efi/[Ee][Ff][Ii]/*/grubenv",
	};
	struct request q = { .target = target_find("kvm") };
	struct guest g = { .esp = "/esp" };
	CLEANUP_WANTS struct wants w = { 0 };

	ck_assert_int_eq(step_bootloader.want(&g, &q, &w, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		size_t k = 0;

		while (k < w.n && strcmp(w.v[k].path, wanted[i]) != 0)
			k++;
		ck_assert_msg(k < w.n, "%s is not asked for", wanted[i]);
	}
}
END_TEST

/* Entries on either partition, and what the next one is made from. */
START_TEST(test_bls)
{
	struct fixture f = { .p = { 0 } };

	f.g.esp = "/efi";
	add(&f, "/boot/loader/entries/a.conf",
	    "linux /v\ninitrd /i\noptions root=/dev/sda1 ro\n");
	add(&f, "/efi/loader/entries/b.conf", "linux /v\noptions root=/dev/sda1\n");
	add(&f, "/etc/kernel/cmdline", "root=/dev/sda1 quiet\n");
	plan_twice(&f, "vmware");
	expect(&f, "/boot/loader/entries/a.conf",
	       "linux /v\ninitrd /i\noptions root=UUID=1111-2222 ro console=tty0\n");
	expect(&f, "/efi/loader/entries/b.conf",
	       "linux /v\noptions root=PARTUUID=7f3a-01 console=tty0\n");
	expect(&f, "/etc/kernel/cmdline", "root=UUID=1111-2222 quiet console=tty0\n");
	ck_assert(!is_warned(&f, "no-bootloader"));
	plan_clear(&f.p);
}
END_TEST

/* A link that the loader follows: either its end is edited as well, or nothing is. */
START_TEST(test_link)
{
	static const char real[] = "/boot/efi/EFI/centos/grub.cfg";
	struct boot_entry entries[] = {
		{ .title = "x", .config = CFG, .cmdline = "root=/dev/sda1" },
		{ .title = "x", .config = (char *)real, .cmdline = "root=/dev/sda1" },
	};
	struct request q = { .target = target_find("kvm") };
	struct cvt_error err = { 0 };
	struct fixture f = { .p = { 0 } };

	add(&f, real, ENTRY("root=/dev/sda1"));
	add(&f, CFG, "");
	f.files[1].link = "../efi/EFI/centos/grub.cfg";
	f.g.loader = "grub2";
	f.g.entries = entries;
	f.g.n_entries = 2;
	plan(&f, "kvm");
	ck_assert_int_eq(f.p.n_edits, 1);
	plan_clear(&f.p);
	f.g.n_entries = 1;
	ck_assert_int_lt(step_bootloader.plan(&f.g, &q, &f.p, &err), 0);
	ck_assert_str_eq(err.id, "file-not-regular");
	ck_assert_str_eq(err.path, CFG);
	plan_clear(&f.p);
	/* The loader cannot follow it either. */
	f.g.n_entries = 0;
	f.g.loader = NULL;
	f.g.files = &f.files[1];
	f.g.n_files = 1;
	plan(&f, "kvm");
	ck_assert(is_warned(&f, "no-bootloader"));
	plan_clear(&f.p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step_bootloader");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_line, 0, (int)ARRAY_SIZE(lines));
	tcase_add_test(tc, test_rules);
	tcase_add_test(tc, test_no_initrd);
	tcase_add_loop_test(tc, test_default, 0, (int)ARRAY_SIZE(defaults));
	tcase_add_test(tc, test_kernelopts);
	tcase_add_test(tc, test_nothing_there);
	tcase_add_test(tc, test_want);
	tcase_add_test(tc, test_bls);
	tcase_add_test(tc, test_link);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
