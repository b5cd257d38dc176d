/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/uboot.h"
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
	{ "kvm",
	  "notsc root=UUID=1111-2222 console=xvc0 clocksource=acpi_pm rootdelay=300",
	  "root=UUID=1111-2222 console=tty0 console=ttyS0,115200n8" },
	{ "kvm",
	  "root=UUID=1111-2222 console=hvc0,9600 clocksource=kvm-clock rootdelay=9",
	  "root=UUID=1111-2222 console=tty0 console=ttyS0,115200n8 "
	  "clocksource=kvm-clock rootdelay=9" },
	{ "xen", "root=UUID=1111-2222 console=tty0 console=hvc0 tsc=reliable",
	  "root=UUID=1111-2222 console=tty0 console=hvc0" },
	{ "vmware", "root=UUID=1111-2222 console=tty0 notsc clocksource=acpi_pm",
	  "root=UUID=1111-2222 console=tty0 notsc clocksource=acpi_pm" },
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
	{ "kvm", "root=UUID=1111-2222 console=ttyS1",
	  "root=UUID=1111-2222 console=ttyS1 console=tty0 console=ttyS0,115200n8" },
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
	{ "GRUB_CMDLINE_LINUX=\"console=ttyS1\"\n", "GRUB_TIMEOUT=1\n",
	  "GRUB_CMDLINE_LINUX=\"console=ttyS1 console=tty0 console=ttyS0,115200n8\"\n",
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

START_TEST(test_kernelopts_full)
{
	struct fixture f = { .p = { 0 } };
	static const char head[] =
		"# GRUB Environment Block\nkernelopts=root=/dev/sda1 ro a=";
	char block[1025];

	memset(block, 'a', 1024);
	memcpy(block, head, strlen(head));
	block[1023] = '\n';
	block[1024] = '\0';
	add(&f, "/boot/grub2/grubenv", block);
	plan_twice(&f, "kvm");
	ck_assert_uint_eq(f.p.n_edits, 0);
	ck_assert(is_warned(&f, "grubenv-full"));
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

/* The serial port of another machine than a PC. */
START_TEST(test_arch)
{
	static const struct {
		const char *arch, *target, *out;
	} ports[] = {
		{ "aarch64", "kvm",
		  "root=UUID=x console=tty0 console=ttyAMA0,115200n8\n" },
		{ "aarch64", "vmware", "root=UUID=x console=tty0\n" },
		{ "ppc64le", "openstack", "root=UUID=x console=hvc0\n" },
		{ "s390x", "kvm", "root=UUID=x\n" },
		{ "i686", "kvm", "root=UUID=x console=tty0 console=ttyS0,115200n8\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		struct kernel k = { .arch = (char *)ports[i].arch };
		struct fixture f = { .p = { 0 } };

		f.g.kernels = &k;
		f.g.n_kernels = 1;
		add(&f, "/etc/kernel/cmdline", "root=UUID=x\n");
		plan(&f, ports[i].target);
		expect(&f, "/etc/kernel/cmdline", ports[i].out);
		plan_clear(&f.p);
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

/* Files of other loaders, and what becomes of them on kvm. */
static const struct {
	const char *path, *in, *out;
} others[] = {
	{ "/boot/grub/menu.lst", "title a\nkernel /v root=/dev/sda1\ninitrd /i\n",
	  "title a\nkernel /v root=UUID=1111-2222 console=tty0 "
	  "console=ttyS0,115200n8\ninitrd /i\n" },
	{ "/boot/grub/grub.conf", "title a\nkernel /v root=/dev/sda1\n",
	  "title a\nkernel /v root=PARTUUID=7f3a-01 console=tty0 "
	  "console=ttyS0,115200n8\n" },
	{ "/boot/efi/EFI/redhat/grub.conf",
	  "title a\nkernel /v root=/dev/mapper/rhel-root\ninitrd /i\n",
	  "title a\nkernel /v root=/dev/mapper/rhel-root console=tty0 "
	  "console=ttyS0,115200n8\ninitrd /i\n" },
	{ "/boot/extlinux/extlinux.conf",
	  "label a\nlinux /v\ninitrd /i\nappend root=/dev/sda1\n",
	  "label a\nlinux /v\ninitrd /i\nappend root=UUID=1111-2222 console=tty0 "
	  "console=ttyS0,115200n8\n" },
	{ "/boot/extlinux/linux.cfg",
	  "label a\nlinux /v\nappend initrd=/i root=/dev/sda1 resume=/dev/sda5\n",
	  "label a\nlinux /v\nappend initrd=/i root=UUID=1111-2222 "
	  "resume=UUID=3333-4444 console=tty0 console=ttyS0,115200n8\n" },
	{ "/boot/extlinux.conf", "default v initrd=i root=/dev/sda1\n",
	  "default v initrd=i root=UUID=1111-2222 console=tty0 "
	  "console=ttyS0,115200n8\n" },
	{ "/boot/syslinux/syslinux.cfg",
	  "append root=/dev/sda1\nlabel a\nlinux v\ninitrd i\n",
	  "append root=UUID=1111-2222 console=tty0 console=ttyS0,115200n8\nlabel "
	  "a\nlinux v\ninitrd i\n" },
	{ "/etc/update-extlinux.conf",
	  "# "
	  "root=/dev/sda9\ndefault_kernel_opts=\"quiet\"\nroot=/dev/sda1\nmodules=ext4\n",
	  "# root=/dev/sda9\ndefault_kernel_opts=\"quiet console=tty0 "
	  "console=ttyS0,115200n8\"\nroot=UUID=1111-2222\nmodules=ext4\n" },
	{ "/etc/default/u-boot",
	  "U_BOOT_PARAMETERS=\"ro quiet\"\nU_BOOT_ROOT=\"root=/dev/sda1\"\n"
	  "U_BOOT_PARAMETERS=\"$x\"\n",
	  "U_BOOT_PARAMETERS=\"ro quiet console=tty0 console=ttyS0,115200n8\"\n"
	  "U_BOOT_ROOT=\"root=UUID=1111-2222\"\nU_BOOT_PARAMETERS=\"$x\"\n" },
	{ "/etc/default/extlinux", "EXTLINUX_ROOT=\"root=/dev/sda1\"\n",
	  "EXTLINUX_ROOT=\"root=UUID=1111-2222\"\n" },
	{ "/etc/sysconfig/bootloader",
	  "LOADER_TYPE=\"grub\"\nDEFAULT_APPEND=\"resume=/dev/sda5\"\n",
	  "LOADER_TYPE=\"grub\"\nDEFAULT_APPEND=\"resume=UUID=3333-4444 console=tty0 "
	  "console=ttyS0,115200n8\"\n" },
	{ "/etc/lilo.conf", "image=/v\n\tinitrd=/i\n\troot=/dev/sda1\n",
	  "image=/v\n\tinitrd=/i\n\troot=\"UUID=1111-2222\"\n\tappend=\"console=tty0 "
	  "console=ttyS0,115200n8\"\n" },
	{ "/boot/efi/EFI/SuSE/elilo.conf",
	  "image=v\ninitrd=i\nroot=/dev/sda1\nappend=\"quiet\"\n",
	  "image=v\ninitrd=i\nroot=\"UUID=1111-2222\"\nappend=\"quiet console=tty0 "
	  "console=ttyS0,115200n8\"\n" },
	{ "/etc/yaboot.conf", "image=/v\ninitrd=/i\nroot=/dev/mapper/rhel-root\n",
	  "image=/v\ninitrd=/i\nroot=/dev/mapper/rhel-root\nappend=\"console=tty0 "
	  "console=ttyS0,115200n8\"\n" },
	{ "/etc/zipl.conf", "[a]\nimage=/v\nramdisk=/i\nparameters=\"root=/dev/sda1\"\n",
	  "[a]\nimage=/v\nramdisk=/i\nparameters=\"root=UUID=1111-2222 console=tty0 "
	  "console=ttyS0,115200n8\"\n" },
	{ "/boot/refind_linux.conf", "\"a\" \"root=/dev/sda1\"\n",
	  "\"a\" \"root=UUID=1111-2222 console=tty0 console=ttyS0,115200n8\"\n" },
	{ "/efi/EFI/refind/refind.conf",
	  "menuentry a {\n\tloader /v\n\tinitrd /i\n\toptions \"root=/dev/sda1\"\n}\n",
	  "menuentry a {\n\tloader /v\n\tinitrd /i\n\toptions \"root=UUID=1111-2222 "
	  "console=tty0 console=ttyS0,115200n8\"\n}\n" },
	{ "/boot/armbianEnv.txt", "rootdev=/dev/sda1\nextraargs=quiet\n",
	  "rootdev=UUID=1111-2222\nextraargs=quiet\n" },
	{ "/boot/uEnv.txt", "bootargs=root=/dev/sda1\n",
	  "bootargs=root=UUID=1111-2222 console=tty0 console=ttyS0,115200n8\n" },
	{ "/boot/boot.cmd", "setenv bootargs root=/dev/sda1 ro\n",
	  "setenv bootargs root=UUID=1111-2222 ro console=tty0 "
	  "console=ttyS0,115200n8\n" },
};

START_TEST(test_other)
{
	struct fixture f = { .p = { 0 } };

	add(&f, others[_i].path, others[_i].in);
	plan_twice(&f, "kvm");
	expect(&f, others[_i].path, others[_i].out);
	plan_clear(&f.p);
}
END_TEST

/* A script of U-Boot: the checksums are right again, or it stays. */
START_TEST(test_uboot_script)
{
	CLEANUP_BYTES struct bytes in = { 0 }, want = { 0 };
	const char *srcdir = getenv("srcdir");
	struct fixture f = { .p = { 0 } };
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/corpus/uboot/%s", srcdir ? srcdir : ".",
		 _i ? "damaged.in" : "script.in");
	in = slurp(path);
	add(&f, "/boot/boot.scr", "");
	f.files[0].data = in;
	plan(&f, "kvm");
	ck_assert(is_warned(&f, "uboot-script") == (_i == 1));
	ck_assert_uint_eq(f.p.n_edits, _i ? 0 : 1);
	if (_i) {
		plan_clear(&f.p);
		return;
	}
	want = bytes_take(&f.p.edits[0].data);
	ck_assert(uboot_is_image(want.data, want.len));
	ck_assert_ptr_nonnull(
		memmem(want.data, want.len, "root=UUID=1111-2222 ro console=tty0 ", 36));
	ck_assert_uint_eq(f.p.edits[0].rules.n, 2);
	plan_clear(&f.p);
	f.files[0].data = want;
	plan(&f, "kvm");
	ck_assert_uint_eq(f.p.n_edits, 0);
	plan_clear(&f.p);
}
END_TEST

/* Removed for GRUB 2, which needs none; told for GRUB legacy, whose tools count by it. */
static const struct {
	const char *loader, *text, *warning;
	size_t n_edits;
} maps[] = {
	{ "grub2", "(hd0)\t/dev/sda\n", NULL, 1 },
	{ "grub2", "# x\n(fd0) /dev/fd0\n(hd0) /dev/disk/by-id/ata-VMware_1\n", NULL, 1 },
	{ "grub2", "(fd0) /dev/fd0\n(hd0)\n", NULL, 0 },
	{ "grub-legacy", "(hd0)\t/dev/sda\n", "device-map-kept", 0 },
	{ "extlinux", "(hd0)\t/dev/sda\n", NULL, 0 },
};

START_TEST(test_device_map)
{
	struct fixture f = { .p = { 0 } };

	add(&f, "/boot/grub/device.map", maps[_i].text);
	f.g.loader = (char *)maps[_i].loader;
	plan(&f, "kvm");
	ck_assert_uint_eq(f.p.n_edits, maps[_i].n_edits);
	ck_assert_uint_eq(f.p.n_warnings, maps[_i].warning ? 1 : 0);
	ck_assert(!maps[_i].warning || is_warned(&f, maps[_i].warning));
	plan_clear(&f.p);
}
END_TEST

/* What a loader starts from a map or a copy is told. */
START_TEST(test_map_is_told)
{
	static const char *const loaders[] = { "lilo", "zipl", "elilo", "yaboot" };
	struct fixture f = { .p = { 0 } };

	f.g.loader = (char *)loaders[_i];
	plan(&f, "kvm");
	ck_assert(is_warned(&f, "loader-map") == (_i < 3));
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
	tcase_add_test(tc, test_kernelopts_full);
	tcase_add_test(tc, test_nothing_there);
	tcase_add_test(tc, test_want);
	tcase_add_test(tc, test_arch);
	tcase_add_test(tc, test_bls);
	tcase_add_test(tc, test_link);
	tcase_add_loop_test(tc, test_other, 0, (int)ARRAY_SIZE(others));
	tcase_add_loop_test(tc, test_uboot_script, 0, 2);
	tcase_add_loop_test(tc, test_device_map, 0, (int)ARRAY_SIZE(maps));
	tcase_add_loop_test(tc, test_map_is_told, 0, 4);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
