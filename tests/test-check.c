/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that boots, one thing wrong with it, and the rule that says so. */
#include <config.h>

#include "check/check.h"
#include "format/pe.h"
#include "suite.h"

#define NAMES(list)                                \
	{                                          \
		.v = (list), .n = ARRAY_SIZE(list) \
	}
#define CFG "/boot/grub/grub.cfg"
#define UUID "11111111-2222-3333-4444-555555555555"
#define ARGS "root=UUID=" UUID " ro console=tty0 console=ttyS0,115200n8"

/* All that a rule may look at, in places of its own so that a test can spoil it. */
struct fixture {
	struct device devices[4];
	struct mount mounts[1];
	unsigned bios_disks[1];
	struct module modules[8];
	struct kernel kernel;
	struct boot_entry entries[2];
	struct guest_file files[8];
	struct check checks[1];
	struct guest g;
	struct request q;
};

static void put_file(struct fixture *f, const char *path, const char *data, size_t len)
{
	ck_assert_uint_lt(f->g.n_files, ARRAY_SIZE(f->files));
	f->files[f->g.n_files++] =
		(struct guest_file){ (char *)path, { (char *)data, len, 0 }, NULL, 0644 };
}

static void put_text(struct fixture *f, const char *path, const char *text)
{
	for (size_t i = 0; i < f->g.n_files; i++)
		if (strcmp(f->files[i].path, path) == 0) {
			f->files[i].data =
				(struct bytes){ (char *)text, strlen(text), 0 };
			return;
		}
	put_file(f, path, text, strlen(text));
}

/* guest_file() searches a sorted list. */
static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct guest_file *)a)->path,
		      ((const struct guest_file *)b)->path);
}

static void make_storage(struct fixture *f)
{
	f->devices[0] = (struct device){ .name = "disk1p1",
					 .part = 1,
					 .type = "ext4",
					 .uuid = UUID,
					 .partuuid = "aa-01" };
	f->devices[1] = (struct device){
		.name = "disk1p2", .part = 2, .type = "swap", .uuid = "5555"
	};
	f->devices[2] = (struct device){
		.name = "disk1p3", .part = 3, .type = "xfs", .uuid = "6666"
	};
	f->mounts[0] = (struct mount){ 0, "/", 0 };
	f->checks[0] = (struct check){ .was_mounted = true };
	f->g.devices = f->devices;
	f->g.n_devices = 3;
	f->g.n_disks = 1;
	f->g.mounts = f->mounts;
	f->g.n_mounts = 1;
	f->g.checks = f->checks;
	f->g.n_checks = 1;
	f->g.bios_disks = f->bios_disks;
	f->g.n_bios_disks = 1;
	f->g.firmware = FIRMWARE_BIOS;
}

static char *needs[] = { "nvme_core" }, *programs[] = { "lvm" },
	    *present[] = { "dm_mod", "ext4", "nvme", "nvme_core" };

static void make_kernel(struct fixture *f)
{
	static const struct module modules[] = {
		{ "dm_crypt", "dm-crypt.ko", { 0 } },
		{ "dm_mod", "dm-mod.ko", { 0 } },
		{ "ena", "ena.ko", { 0 } },
		{ "ext4", "ext4.ko", { 0 } },
		{ "md_mod", "md-mod.ko", { 0 } },
		{ "nvme", "nvme.ko", NAMES(needs) },
		{ "nvme_core", "nvme-core.ko", { 0 } },
	};

	memcpy(f->modules, modules, sizeof(modules));
	f->kernel = (struct kernel){
		.version = "6.1.0",
		.arch = "x86_64",
		.image = "/boot/vmlinuz-6.1.0",
		.initrd = "/boot/initrd.img-6.1.0",
		.modules_dir = "/lib/modules/6.1.0",
		.modules = f->modules,
		.n_modules = ARRAY_SIZE(modules),
		.generator = "initramfs-tools",
		.initrd_listed = true,
		.initrd_has_udev = true,
		.initrd_has_init = true,
		.is_default = true,
		.initrd_modules = NAMES(present),
		.initrd_programs = NAMES(programs),
	};
	f->g.kernels = &f->kernel;
	f->g.n_kernels = 1;
}

static void make_entries(struct fixture *f)
{
	for (size_t i = 0; i < 2; i++)
		f->entries[i] = (struct boot_entry){
			.title = i == 0 ? "Debian" : "Debian, recovery",
			.config = CFG,
			.kernel = "/boot/vmlinuz-6.1.0",
			.initrd = "/boot/initrd.img-6.1.0",
			.cmdline = ARGS,
			.is_default = i == 0,
			.image = "/boot/vmlinuz-6.1.0",
			.initramfs = "/boot/initrd.img-6.1.0",
			.is_kernel = true,
			.image_size = 5000,
			.image_needs = 5000,
		};
	f->g.entries = f->entries;
	f->g.n_entries = 2;
}

static void make(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	make_storage(f);
	make_kernel(f);
	make_entries(f);
	f->g.loader = "grub2";
	f->g.init = "systemd";
	f->g.has_sbin_init = true;
	f->g.files = f->files;
	put_text(f, "/boot/grub/i386-pc/normal.mod", "x");
	put_text(f, "/etc/fstab",
		 "UUID=" UUID " / ext4 defaults 0 1\n"
		 "UUID=5555 none swap sw 0 0\n"
		 "UUID=6666 /data xfs defaults 0 2\n"
		 "/dev/sr0 /cdrom iso9660 noauto 0 0\n");
	put_text(f, "/etc/network/interfaces", "auto eth0\niface eth0 inet dhcp\n");
	for (size_t i = 0; i < 2; i++)
		f->entries[i].cmdline = ARGS " net.ifnames=0";
	f->q.target = target_find("aws");
}

static void ask(struct fixture *f, struct answers *ret)
{
	struct cvt_error err = { 0 };

	qsort(f->files, f->g.n_files, sizeof(*f->files), compare_files);
	ck_assert_msg(check_guest(&f->g, &f->q, ret, &err) == 0, "%s", err.msg);
	for (size_t i = 0; i < ret->n; i++)
		ck_assert(ret->v[i].evidence && ret->v[i].verdict != VERDICT_NONE);
}

START_TEST(test_sound)
{
	CLEANUP_ANSWERS struct answers a = { 0 };
	struct fixture f;

	make(&f);
	ask(&f, &a);
	ck_assert_uint_gt(a.n, 12);
	for (size_t i = 0; i < a.n; i++)
		ck_assert_msg(a.v[i].verdict == VERDICT_PASS, "%s: %s", a.v[i].id,
			      a.v[i].evidence);
	ck_assert_ptr_null(answers_failure(&a));
}
END_TEST

/* ---- one thing wrong ---- */

static void no_firmware(struct fixture *f)
{
	f->g.n_bios_disks = 0;
	f->g.firmware = 0;
}

static void core_lost(struct fixture *f)
{
	static char *why[] = { "disk1: the core image of its GRUB has lost sectors" };

	f->g.bios_broken = (struct names)NAMES(why);
}

static void no_normal(struct fixture *f)
{
	f->files[0].path = "/boot/grub/i386-pc/other.mod";
}

static void no_config(struct fixture *f)
{
	f->g.loader = NULL;
	f->g.n_entries = 0;
}

static void no_entry(struct fixture *f)
{
	f->g.loader = "refind";
	f->g.n_entries = 0;
}

static void from_map(struct fixture *f)
{
	f->g.loader = "lilo";
}

static void no_default(struct fixture *f)
{
	f->entries[0].is_default = false;
}

static void kernel_lost(struct fixture *f)
{
	f->entries[0].image = NULL;
}

static void other_kernel_lost(struct fixture *f)
{
	f->entries[1].image = NULL;
}

static void kernel_cut(struct fixture *f)
{
	f->entries[0].image_size--;
}

static void no_kernel(struct fixture *f)
{
	f->entries[0].is_kernel = false;
}

static void modules_lost(struct fixture *f)
{
	f->g.n_kernels = 0;
}

static void initramfs_lost(struct fixture *f)
{
	f->entries[0].initramfs = NULL;
}

static void initramfs_cut(struct fixture *f)
{
	f->kernel.initrd_broken = true;
	f->kernel.initrd_listed = false;
	f->kernel.initrd_why = "ends in the midst of a segment";
}

static void initramfs_unknown(struct fixture *f)
{
	f->kernel.initrd_listed = false;
}

static void initramfs_without_init(struct fixture *f)
{
	f->kernel.initrd_has_init = false;
}

static void entry_without_initramfs(struct fixture *f)
{
	f->entries[0].initrd = f->entries[0].initramfs = NULL;
}

static void module_lost(struct fixture *f)
{
	static char *some[] = { "dm_mod", "ext4", "nvme" };

	f->kernel.initrd_modules = (struct names){ some, 3 };
}

static void driver_never(struct fixture *f)
{
	f->modules[5].name = "nvme_not";
}

static void root_module_lost(struct fixture *f)
{
	static char *some[] = { "nvme", "nvme_core" };

	f->kernel.initrd_modules = (struct names){ some, 2 };
}

static void root_on(struct fixture *f, enum device_kind kind)
{
	static size_t below[] = { 0 };

	f->devices[3] = f->devices[0];
	f->devices[3].kind = kind;
	f->devices[3].name = "root";
	f->devices[3].below = below;
	f->devices[3].n_below = 1;
	f->devices[0].type = "LVM2_member";
	f->devices[0].uuid = "x";
	f->g.n_devices = 4;
	f->mounts[0].device = 3;
}

static void lvm_lost(struct fixture *f)
{
	root_on(f, DEVICE_LV);
	f->kernel.initrd_programs.n = 0;
}

static void crypt_lost(struct fixture *f)
{
	root_on(f, DEVICE_LUKS);
}

static void mdadm_lost(struct fixture *f)
{
	static char *some[] = { "ext4", "md_mod", "nvme", "nvme_core" };

	root_on(f, DEVICE_MD);
	f->kernel.initrd_modules = (struct names){ some, 4 };
}

static void wrong_root(struct fixture *f)
{
	f->entries[0].cmdline = "root=UUID=9999 net.ifnames=0 console=ttyS0";
}

static void bus_root(struct fixture *f)
{
	f->entries[0].cmdline = "root=/dev/sda1 net.ifnames=0 console=ttyS0";
}

static void twin_root(struct fixture *f)
{
	f->devices[3] = f->devices[0];
	f->devices[3].name = "disk2p1";
	f->devices[3].disk = 1;
	f->g.n_devices = 4;
	f->g.n_disks = 2;
}

static void wrong_resume(struct fixture *f)
{
	f->entries[0].cmdline = ARGS " net.ifnames=0 resume=UUID=9999";
}

static void init_lost(struct fixture *f)
{
	f->g.has_sbin_init = false;
}

static void damaged(struct fixture *f)
{
	f->checks[0].result = CHECK_DAMAGED;
}

static void fstab(struct fixture *f, const char *line)
{
	put_text(f, "/etc/fstab", line);
}

static void fstab_uuid(struct fixture *f)
{
	fstab(f, "UUID=7777 /data xfs defaults 0 2\n");
}

static void fstab_typo(struct fixture *f)
{
	fstab(f, "UUD=6666 /data xfs defaults 0 2\n");
}

static void fstab_type(struct fixture *f)
{
	fstab(f, "UUID=6666 /data etx4 defaults 0 2\n");
}

static void fstab_bus(struct fixture *f)
{
	fstab(f, "/dev/sda3 /data xfs defaults 0 2\n");
}

static void fstab_drive(struct fixture *f)
{
	fstab(f, "/dev/sr0 /cdrom iso9660 ro 0 0\n");
}

static void fstab_shared(struct fixture *f)
{
	fstab(f, ".host:/ /mnt/hgfs fuse.vmhgfs-fuse defaults 0 0\n");
}

static void fstab_swap(struct fixture *f)
{
	fstab(f, "UUID=7777 none swap sw 0 0\n");
}

static void fstab_short(struct fixture *f)
{
	fstab(f, "UUID=7777 /data\n");
}

static void crypttab(struct fixture *f)
{
	put_text(f, "/etc/crypttab", "data UUID=7777 none luks\n");
}

static void mac_pinned(struct fixture *f)
{
	put_text(f, "/etc/udev/rules.d/70-persistent-net.rules",
		 "SUBSYSTEM==\"net\", ATTR{address}==\"00:0c:29:aa:bb:cc\", "
		 "NAME=\"eth0\"\n");
}

static void name_unknown(struct fixture *f)
{
	put_text(f, "/etc/network/interfaces", "auto ens192\niface ens192 inet dhcp\n");
}

static void several_cards(struct fixture *f)
{
	put_text(f, "/etc/network/interfaces",
		 "auto ens192\niface ens192 inet dhcp\nauto ens224\niface ens224 inet "
		 "dhcp\n");
}

static void no_network(struct fixture *f)
{
	put_text(f, "/etc/network/interfaces", "# nothing\n");
}

static void no_card_driver(struct fixture *f)
{
	f->modules[2].name = "enb";
}

static void no_console(struct fixture *f)
{
	f->entries[0].cmdline = "root=UUID=" UUID " net.ifnames=0 console=ttyS01";
}

/* ---- UEFI ---- */

static char efi[0x400];

static void put32(size_t at, unsigned v)
{
	for (int i = 0; i < 4; i++)
		efi[at + (size_t)i] = (char)(v >> 8 * i);
}

static void make_uefi(struct fixture *f)
{
	f->g.n_bios_disks = 0;
	f->g.firmware = FIRMWARE_UEFI;
	f->g.esp = "/boot/efi";
	memset(efi, 0, sizeof(efi));
	memcpy(efi, "MZ", 2);
	put32(0x3c, 0x80);
	memcpy(efi + 0x80, "PE\0\0", 4);
	put32(0x84, PE_X86_64 | 1 << 16);
	put32(0x80 + 24 + 16, 0x200);
	put32(0x80 + 24 + 20, 0x200);
	put_file(f, "/boot/efi/EFI/BOOT/BOOTX64.EFI", efi, sizeof(efi));
}

static void uefi_no_fallback(struct fixture *f)
{
	make_uefi(f);
	f->files[f->g.n_files - 1].path = "/boot/efi/EFI/debian/grubx64.efi";
}

static void uefi_cut(struct fixture *f)
{
	make_uefi(f);
	f->files[f->g.n_files - 1].data.len--;
}

static void uefi_other_arch(struct fixture *f)
{
	make_uefi(f);
	put32(0x84, PE_ARM64 | 1 << 16);
}

static void uefi_shim_alone(struct fixture *f)
{
	static const char next[] = "g\0r\0u\0b\0x\0006\0004\0.\0e\0f\0i\0";

	make_uefi(f);
	memcpy(efi + 0x200, next, sizeof(next) - 1);
}

static void uefi_wrapper(struct fixture *f)
{
	make_uefi(f);
	put_text(f, "/boot/efi/EFI/debian/grub.cfg",
		 "search.fs_uuid 99999999-2222-3333-4444-555555555555 root\n"
		 "set prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n");
}

static void uefi_embedded(struct fixture *f)
{
	static const char text[] = "search.fs_uuid 99999999-2222-3333 root\n";

	make_uefi(f);
	memcpy(efi + 0x200, text, sizeof(text));
}

static const struct {
	const char *name;
	void (*spoil)(struct fixture *f);
	const char *rule;
	enum verdict verdict;
} cases[] = {
	{ "no loader", no_firmware, "firmware-loader", VERDICT_FAIL },
	{ "core image lost", core_lost, "firmware-loader", VERDICT_FAIL },
	{ "no fallback loader", uefi_no_fallback, "firmware-loader", VERDICT_FAIL },
	{ "fallback loader cut", uefi_cut, "firmware-loader", VERDICT_FAIL },
	{ "loader of another arch", uefi_other_arch, "firmware-loader", VERDICT_FAIL },
	{ "shim without GRUB", uefi_shim_alone, "firmware-loader", VERDICT_FAIL },
	{ "wrapper's UUID", uefi_wrapper, "loader-config", VERDICT_FAIL },
	{ "embedded UUID", uefi_embedded, "loader-config", VERDICT_FAIL },
	{ "normal.mod lost", no_normal, "loader-config", VERDICT_FAIL },
	{ "no grub.cfg", no_config, "loader-config", VERDICT_FAIL },
	{ "no entry", no_entry, "loader-config", VERDICT_FAIL },
	{ "a map", from_map, "loader-config", VERDICT_WARN },
	{ "no default entry", no_default, "boot-entry", VERDICT_WARN },
	{ "kernel lost", kernel_lost, "kernel-image", VERDICT_FAIL },
	{ "another kernel lost", other_kernel_lost, "kernel-image", VERDICT_WARN },
	{ "kernel cut", kernel_cut, "kernel-image", VERDICT_FAIL },
	{ "no kernel", no_kernel, "kernel-image", VERDICT_FAIL },
	{ "modules lost", modules_lost, "kernel-modules", VERDICT_FAIL },
	{ "initramfs lost", initramfs_lost, "initramfs", VERDICT_FAIL },
	{ "initramfs cut", initramfs_cut, "initramfs", VERDICT_FAIL },
	{ "initramfs unknown", initramfs_unknown, "initramfs", VERDICT_WARN },
	{ "initramfs without init", initramfs_without_init, "initramfs", VERDICT_FAIL },
	{ "no initramfs", entry_without_initramfs, "initramfs", VERDICT_FAIL },
	{ "dependency lost", module_lost, "disk-driver", VERDICT_FAIL },
	{ "kernel without driver", driver_never, "disk-driver", VERDICT_FAIL },
	{ "ext4 lost", root_module_lost, "root-storage", VERDICT_FAIL },
	{ "lvm lost", lvm_lost, "root-storage", VERDICT_FAIL },
	{ "dm-crypt lost", crypt_lost, "root-storage", VERDICT_FAIL },
	{ "mdadm lost", mdadm_lost, "root-storage", VERDICT_FAIL },
	{ "wrong root", wrong_root, "root-device", VERDICT_FAIL },
	{ "root by bus", bus_root, "root-device", VERDICT_FAIL },
	{ "root twice", twin_root, "root-device", VERDICT_FAIL },
	{ "wrong resume", wrong_resume, "resume-device", VERDICT_WARN },
	{ "no init", init_lost, "root-init", VERDICT_FAIL },
	{ "damaged", damaged, "file-systems", VERDICT_FAIL },
	{ "fstab, UUID", fstab_uuid, "fstab", VERDICT_FAIL },
	{ "fstab, typo", fstab_typo, "fstab", VERDICT_FAIL },
	{ "fstab, type", fstab_type, "fstab", VERDICT_FAIL },
	{ "fstab, bus name", fstab_bus, "fstab", VERDICT_FAIL },
	{ "fstab, empty drive", fstab_drive, "fstab", VERDICT_FAIL },
	{ "fstab, shared folder", fstab_shared, "fstab", VERDICT_FAIL },
	{ "fstab, swap", fstab_swap, "fstab", VERDICT_WARN },
	{ "fstab, short line", fstab_short, "fstab", VERDICT_WARN },
	{ "crypttab", crypttab, "crypttab", VERDICT_FAIL },
	{ "MAC pinned", mac_pinned, "network-config", VERDICT_FAIL },
	{ "name of the source", name_unknown, "network-config", VERDICT_FAIL },
	{ "several cards", several_cards, "network-config", VERDICT_FAIL },
	{ "no network", no_network, "network-config", VERDICT_WARN },
	{ "no card driver", no_card_driver, "network-driver", VERDICT_FAIL },
	{ "no console", no_console, "console", VERDICT_WARN },
};

START_TEST(test_spoiled)
{
	CLEANUP_ANSWERS struct answers a = { 0 };
	const struct answer *found = NULL;
	struct fixture f;

	make(&f);
	cases[_i].spoil(&f);
	ask(&f, &a);
	for (size_t i = 0; i < a.n; i++) {
		if (strcmp(a.v[i].id, cases[_i].rule) == 0)
			found = &a.v[i];
		else
			ck_assert_msg(a.v[i].verdict <= VERDICT_WARN ||
					      f.g.n_kernels == 0 || f.g.n_entries == 0,
				      "%s: %s says %s", cases[_i].name, a.v[i].id,
				      a.v[i].evidence);
	}
	ck_assert_msg(found, "%s", cases[_i].name);
	ck_assert_msg(found->verdict == cases[_i].verdict, "%s: %s: %s", cases[_i].name,
		      verdict_name(found->verdict), found->evidence);
	ck_assert_int_eq(answers_failure(&a) != NULL, cases[_i].verdict == VERDICT_FAIL);
}
END_TEST

/* The bus of virtio is PCI, but on s390x. */
static const struct {
	const char *arch;
	enum verdict verdict;
} machines[] = {
	{ "x86_64", VERDICT_PASS },
	{ "aarch64", VERDICT_PASS },
	{ "s390x", VERDICT_FAIL },
};

START_TEST(test_machine)
{
	static const struct module modules[] = {
		{ "ext4", "ext4.ko", { 0 } },
		{ "virtio_blk", "virtio_blk.ko", { 0 } },
		{ "virtio_net", "virtio_net.ko", { 0 } },
		{ "virtio_pci", "virtio_pci.ko", { 0 } },
	};
	static char *some[] = { "ext4", "virtio_blk", "virtio_pci" };
	CLEANUP_ANSWERS struct answers a = { 0 };
	size_t found = 0;
	struct fixture f;

	make(&f);
	memcpy(f.modules, modules, sizeof(modules));
	f.kernel.n_modules = ARRAY_SIZE(modules);
	f.kernel.initrd_modules = (struct names){ some, 3 };
	f.kernel.arch = (char *)machines[_i].arch;
	f.q.target = target_find("kvm");
	ask(&f, &a);
	for (size_t i = 0; i < a.n; i++)
		if (strcmp(a.v[i].id, "disk-driver") == 0) {
			ck_assert_int_eq(a.v[i].verdict, machines[_i].verdict);
			found++;
		}
	ck_assert_uint_eq(found, 1);
}
END_TEST

START_TEST(test_uefi)
{
	CLEANUP_ANSWERS struct answers a = { 0 };
	struct fixture f;

	make(&f);
	make_uefi(&f);
	ask(&f, &a);
	ck_assert_str_eq(a.v[0].id, "firmware-loader");
	ck_assert_int_eq(a.v[0].verdict, VERDICT_PASS);
	ck_assert_ptr_null(answers_failure(&a));
}
END_TEST

/* Names of the bus, where the target has that bus. */
static const struct {
	const char *target, *root;
	bool found;
} names[] = {
	{ "aws", "/dev/nvme0n1p1", true }, { "aws", "/dev/nvme1n1p1", false },
	{ "kvm", "/dev/vda1", true },	   { "kvm", "/dev/sda1", false },
	{ "vmware", "/dev/sda1", true },   { "xen", "/dev/xvda1", true },
	{ "gce", "/dev/sda1", true },	   { "gce", "/dev/vda1", false },
};

START_TEST(test_names)
{
	CLEANUP_ANSWERS struct answers a = { 0 };
	struct fixture f;
	char cmdline[64];

	make(&f);
	f.q.target = target_find(names[_i].target);
	snprintf(cmdline, sizeof(cmdline), "root=%s", names[_i].root);
	f.entries[0].cmdline = f.entries[1].cmdline = cmdline;
	ask(&f, &a);
	for (size_t i = 0; i < a.n; i++)
		if (strcmp(a.v[i].id, "root-device") == 0)
			ck_assert_int_eq(a.v[i].verdict == VERDICT_PASS, names[_i].found);
}
END_TEST

/* Of a directory nothing is known of the disks; those rules give no answer. */
START_TEST(test_directory)
{
	CLEANUP_ANSWERS struct answers a = { 0 };
	struct fixture f;

	make(&f);
	f.g.n_disks = 0;
	f.g.n_devices = f.g.n_mounts = f.g.n_checks = f.g.n_bios_disks = 0;
	ask(&f, &a);
	ck_assert_uint_gt(a.n, 5);
	for (size_t i = 0; i < a.n; i++)
		ck_assert_msg(strcmp(a.v[i].id, "root-device") != 0 &&
				      a.v[i].verdict != VERDICT_FAIL,
			      "%s: %s", a.v[i].id, a.v[i].evidence);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("check");
	TCase *tc = tcase_create("check");

	tcase_add_test(tc, test_sound);
	tcase_add_loop_test(tc, test_spoiled, 0, ARRAY_SIZE(cases));
	tcase_add_loop_test(tc, test_machine, 0, ARRAY_SIZE(machines));
	tcase_add_test(tc, test_uefi);
	tcase_add_loop_test(tc, test_names, 0, ARRAY_SIZE(names));
	tcase_add_test(tc, test_directory);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
