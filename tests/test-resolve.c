/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "guest/guest.h"
#include "suite.h"

/* Two disks: the first with a partition table, the second whole, and a volume group. */
static struct device devices[] = {
	{ .name = "disk1", .disk = 0 },
	{ .name = "disk1p1",
	  .disk = 0,
	  .part = 1,
	  .type = "vfat",
	  .uuid = "8DA1-0C5E",
	  .partuuid = "0b1d-01",
	  .partlabel = "EFI System" },
	{ .name = "disk1p2",
	  .disk = 0,
	  .part = 2,
	  .type = "ext4",
	  .uuid = "11-aa",
	  .label = "my root" },
	{ .name = "disk2", .disk = 1, .type = "xfs", .uuid = "22-bb", .label = "data" },
	{ .name = "sd-a/lv-1",
	  .kind = DEVICE_LV,
	  .vg = "sd-a",
	  .lv = "lv-1",
	  .type = "xfs",
	  .uuid = "33-cc" },
	{ .name = "sdata/x",
	  .kind = DEVICE_LV,
	  .vg = "sdata",
	  .lv = "x",
	  .type = "swap",
	  .uuid = "44-dd" },
};
static const struct guest two = { .n_disks = 2, .devices = devices, .n_devices = 6 };
static const struct guest one = { .n_disks = 1, .devices = devices, .n_devices = 3 };

/* An array of two partitions, and a root inside of an encrypted partition. */
static char *md_links[] = { (char[]){ "md0" }, (char[]){ "md/0" },
			    (char[]){ "disk/by-id/md-uuid-aa:bb" } };
static char *luks_links[] = { (char[]){ "mapper/cryptroot" } };
static size_t on_two[] = { 0, 1 }, on_crypt[] = { 3 };
static struct device stack_devices[] = {
	{ .name = "disk1p1", .part = 1, .type = "linux_raid_member", .uuid = "md" },
	{ .name = "disk2p1", .disk = 1, .part = 1, .type = "linux_raid_member" },
	{ .name = "md:0",
	  .kind = DEVICE_MD,
	  .links = { md_links, 3 },
	  .below = on_two,
	  .n_below = 2,
	  .type = "ext4",
	  .uuid = "55-ee" },
	{ .name = "disk1p2", .part = 2, .type = "crypto_LUKS", .uuid = "luks" },
	{ .name = "luks:disk1p2",
	  .kind = DEVICE_LUKS,
	  .links = { luks_links, 1 },
	  .below = on_crypt,
	  .n_below = 1,
	  .type = "xfs",
	  .uuid = "66-ff" },
};
static const struct guest stack = { .n_disks = 2,
				    .devices = stack_devices,
				    .n_devices = 5 };

/* The two disks given the other way round, a third one absent, and one that is a guess. */
static struct source_disk exchanged_rows[] = {
	{ NULL, 0, 1, false },
	{ NULL, 1, 0, true },
	{ NULL, 2, SOURCE_DISK_ABSENT, false },
	{ (char[]){ "ata-B" }, 0, 1, false },
};
static const struct guest exchanged = { .n_disks = 2,
					.devices = devices,
					.n_devices = 6,
					.source_disks = exchanged_rows,
					.n_source_disks = 4 };

#define ABSENT "absent"
#define OTHER "other"

static const struct {
	const char *spec, *want;
	const struct guest *g;
} specs[] = {
	{ "UUID=11-aa", "disk1p2", &two },
	{ "UUID=\"11-aa\"", "disk1p2", &two },
	{ "UUID='11-aa'", "disk1p2", &two },
	{ "UUID=8da1-0c5e", "disk1p1", &two },
	{ "UUID=11-aaa", ABSENT, &two },
	{ "UUID=", ABSENT, &two },
	{ "UUID=\"", ABSENT, &two },
	{ "LABEL=my\\x20root", "disk1p2", &two },
	{ "LABEL=my root", "disk1p2", &two },
	{ "LABEL=DATA", ABSENT, &two },
	{ "PARTUUID=0B1D-01", "disk1p1", &two },
	{ "PARTLABEL=\"EFI System\"", "disk1p1", &two },
	{ "/dev/disk/by-uuid/22-bb", "disk2", &two },
	{ "/dev/disk/by-label/my\\x20root", "disk1p2", &two },
	{ "/dev/disk/by-label/my\\x2", ABSENT, &two },
	{ "/dev/disk/by-partuuid/0b1d-01", "disk1p1", &two },
	{ "/dev/disk/by-partlabel/EFI\\x20System", "disk1p1", &two },
	{ "/dev/sda2", "disk1p2", &two },
	{ "/dev/sda", "disk1", &two },
	{ "/dev/sdb", "disk2", &two },
	{ "/dev/sdb1", ABSENT, &two },
	{ "/dev/sdc", ABSENT, &two },
	{ "/dev/sdaa1", ABSENT, &two },
	{ "/dev/sda02x", ABSENT, &two },
	{ "/dev/sda0", ABSENT, &two },
	{ "/dev/sda18446744073709551618", ABSENT, &two },
	{ "/dev/sdaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2", ABSENT, &two },
	{ "/dev/sd", ABSENT, &two },
	{ "/dev/hda2", "disk1p2", &two },
	{ "/dev/vda2", "disk1p2", &two },
	{ "/dev/xvda2", "disk1p2", &two },
	{ "/dev/xvde1", ABSENT, &two },
	{ "/dev/nvme0n1p2", "disk1p2", &two },
	{ "/dev/nvme1n1", "disk2", &two },
	{ "/dev/nvme0n2", "disk2", &two },
	{ "/dev/nvme0n0p1", ABSENT, &two },
	{ "/dev/nvme0", ABSENT, &two },
	{ "/dev/nvme65536n65536", ABSENT, &two },
	{ "/dev/mmcblk0p1", "disk1p1", &two },
	{ "/dev/mmcblk0boot0", ABSENT, &two },
	{ "/dev/cciss/c0d0p1", "disk1p1", &two },
	{ "/dev/cciss/c1d0p1", ABSENT, &two },
	{ "/dev/ida/c0d1", "disk2", &two },
	{ "/dev/sd-a/lv-1", "sd-a/lv-1", &two },
	{ "/dev/mapper/sd--a-lv--1", "sd-a/lv-1", &two },
	{ "/dev/disk/by-id/dm-name-sd--a-lv--1", "sd-a/lv-1", &two },
	{ "/dev/mapper/sd--a-lv--", ABSENT, &two },
	{ "/dev/mapper/sd-a-lv-1", ABSENT, &two },
	{ "/dev/mapper/sd--a", ABSENT, &two },
	{ "/dev/mapper/", ABSENT, &two },
	{ "/dev/sdata/x", "sdata/x", &two },
	{ "/dev/sdata/y", ABSENT, &two },
	{ "/dev/mapper/mpatha-part2", "disk1p2", &two },
	{ "/dev/mapper/mpathap2", "disk1p2", &two },
	{ "/dev/mapper/mpatha2", "disk1p2", &two },
	{ "/dev/mapper/mpathb", "disk2", &two },
	{ "/dev/mapper/mpathc1", ABSENT, &two },
	{ "/dev/mapper/mpath", ABSENT, &two },
	{ "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0-part2", "disk1p2", &two },
	{ "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:0", "disk2", &two },
	{ "/dev/disk/by-path/acpi-VMBUS:01-scsi-0:0:0:1", "disk2", &two },
	{ "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:1", ABSENT, &two },
	{ "/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part1", "disk1p1", &two },
	{ "/dev/disk/by-path/pci-0000:00:1f.2-ata-2.0", "disk2", &two },
	{ "/dev/disk/by-path/pci-0000:00:1f.2-ata-0", ABSENT, &two },
	{ "/dev/disk/by-path/pci-0000:00:05.0-part1", ABSENT, &two },
	{ "/dev/disk/by-path/virtio-pci-0000:00:05.0-part1", "disk1p1", &one },
	{ "/dev/disk/by-path/pci-0000:00:05.0-nvme-1-part1", "disk1p1", &one },
	{ "/dev/disk/by-path/pci-0000:00:05.0-nvme-1-part1", ABSENT, &two },
	{ "/dev/disk/by-path/pci-0000:00:05.0-nvme-2", "disk2", &two },
	{ "/dev/disk/by-id/wwn-0x5000c2900000-part2", "disk1p2", &one },
	{ "/dev/disk/by-id/wwn-0x5000c2900000-part2", ABSENT, &two },
	{ "/dev/dm-0", ABSENT, &two },
	{ "/dev/md0", ABSENT, &two },
	{ "/dev/md/home", ABSENT, &two },
	{ "/dev/", ABSENT, &two },
	{ "/dev/md0", "md:0", &stack },
	{ "/dev/md/0", "md:0", &stack },
	{ "/dev/md1", ABSENT, &stack },
	{ "/dev/sda", "disk2", &exchanged },
	{ "/dev/sdb2", "disk1p2", &exchanged },
	{ "/dev/nvme1n1p2", "disk1p2", &exchanged },
	{ "/dev/sdc", ABSENT, &exchanged },
	{ "/dev/sdd", ABSENT, &exchanged },
	{ "/dev/disk/by-id/ata-B", "disk2", &exchanged },
	{ "/dev/disk/by-id/ata-A", ABSENT, &exchanged },
	{ "/dev/mapper/3600508b400105e210000900000490000", "disk1", &one },
	{ "/dev/mapper/3600508b400105e210000900000490000p2", "disk1p2", &one },
	{ "/dev/mapper/3600508b400105e210000900000490000-part2", "disk1p2", &one },
	{ "/dev/mapper/3600508b400105e210000900000490000_part2", "disk1p2", &one },
	{ "/dev/mapper/3600508b400105e210000900000490000x", ABSENT, &one },
	{ "/dev/mapper/3600508b400105e210000900000490000p2", ABSENT, &two },
	{ "/dev/mapper/mpathaa1", ABSENT, &two },
	{ "/dev/disk/by-id/dm-uuid-mpath-3600508b400105e210000900000490000", "disk1", &one },
	{ "/dev/disk/by-id/dm-uuid-part2-mpath-3600508b400105e210000900000490000", "disk1p2",
	  &one },
	{ "/dev/disk/by-id/dm-uuid-LVM-abc", ABSENT, &one },
	{ "/dev/disk/by-id/dm-name-mpathb", "disk2", &two },
	{ "/dev/disk/by-id/scsi-3600508b400105e210000900000490000-part2", "disk1p2", &one },
	{ "/dev/disk/by-id/md-uuid-aa:bb", "md:0", &stack },
	{ "/dev/mapper/cryptroot", "luks:disk1p2", &stack },
	{ "/dev/disk/by-id/dm-name-cryptroot", "luks:disk1p2", &stack },
	{ "/dev/mapper/other", ABSENT, &stack },
	{ "/dev/sda1", "disk1p1", &stack },
	{ "UUID=55-ee", "md:0", &stack },
	{ "UUID=none", ABSENT, &stack },
	{ "/dev/root", OTHER, &two },
	{ "/dev/loop0", OTHER, &two },
	{ "/dev/sr0", OTHER, &two },
	{ "/dev/cdrom", OTHER, &two },
	{ "/dev/fd0", OTHER, &two },
	{ "proc", OTHER, &two },
	{ "server:/export", OTHER, &two },
	{ "/swapfile", OTHER, &two },
	{ "", OTHER, &two },
};

static const char *resolve(const struct guest *g, const char *spec)
{
	const struct device *d = NULL;

	switch (guest_resolve(g, spec, &d)) {
	case RESOLVED_DEVICE:
		return d->name;
	case RESOLVED_ABSENT:
		return ABSENT;
	case RESOLVED_OTHER:
		break;
	}
	return OTHER;
}

START_TEST(test_resolve)
{
	ck_assert_msg(strcmp(resolve(specs[_i].g, specs[_i].spec), specs[_i].want) == 0,
		      "%s: %s, not %s", specs[_i].spec,
		      resolve(specs[_i].g, specs[_i].spec), specs[_i].want);
}
END_TEST

START_TEST(test_the_27th_disk)
{
	struct device d[] = { { .name = "disk27p1", .disk = 26, .part = 1 } };
	struct guest g = { .n_disks = 27, .devices = d, .n_devices = 1 };

	ck_assert_str_eq(resolve(&g, "/dev/sdaa1"), "disk27p1");
	ck_assert_str_eq(resolve(&g, "/dev/xvdaa1"), "disk27p1");
}
END_TEST

/* Nothing is called absent where it may lie inside of something, or nothing is known. */
START_TEST(test_unknown_is_not_absent)
{
	static const char *const types[] = { "crypto_LUKS", "linux_raid_member",
					     "bcache" };
	static const char *const hidden[] = { "UUID=x", "/dev/vg/lv",
					      "/dev/mapper/luks-x", "/dev/md0" };
	struct device d[] = { { .name = "disk1p1", .part = 1 } };
	struct guest g = { .n_disks = 1, .devices = d, .n_devices = 1 }, none = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		d[0].type = (char *)types[i];
		for (size_t k = 0; k < ARRAY_SIZE(hidden); k++)
			ck_assert_str_eq(resolve(&g, hidden[k]), OTHER);
		ck_assert_str_eq(resolve(&g, "/dev/sdb1"), ABSENT);
		ck_assert_str_eq(resolve(&g, "PARTUUID=x"), ABSENT);
	}
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		ck_assert_str_eq(resolve(&none, specs[i].spec), OTHER);
}
END_TEST

/* What was opened hides nothing; what stays shut may hold anything. */
START_TEST(test_shut)
{
	ck_assert_str_eq(resolve(&stack, "UUID=x"), ABSENT);
	stack_devices[3].shut = ERR_ENGINE_LACKS;
	ck_assert_str_eq(resolve(&stack, "UUID=x"), OTHER);
	ck_assert_str_eq(resolve(&stack, "UUID=66-ff"), "luks:disk1p2");
	stack_devices[3].shut = ERR_INTERNAL;
}
END_TEST

START_TEST(test_is_stable)
{
	ck_assert(guest_spec_is_stable(&stack, "/dev/md0"));
	ck_assert(guest_spec_is_stable(&stack, "/dev/mapper/cryptroot"));
	ck_assert(!guest_spec_is_stable(&stack, "/dev/sda1"));
	ck_assert(guest_spec_is_stable(&two, "UUID=nobody"));
	ck_assert(guest_spec_is_stable(&two, "/dev/disk/by-label/data"));
	ck_assert(guest_spec_is_stable(&two, "/dev/sdata/x"));
	ck_assert(!guest_spec_is_stable(&two, "/dev/sda1"));
	ck_assert(!guest_spec_is_stable(&two, "/dev/mapper/mpatha1"));
	ck_assert(!guest_spec_is_stable(
		&two, "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0-part2"));
}
END_TEST

static const struct {
	struct device d;
	const char *want; /* NULL: -ENOENT */
} names[] = {
	{ { .uuid = "11-aa", .partuuid = "p", .label = "l" }, "UUID=11-aa" },
	{ { .partuuid = "p", .label = "l" }, "PARTUUID=p" },
	{ { .label = "l" }, "LABEL=l" },
	{ { .label = "my root" }, NULL },
	{ { .label = "a\nb" }, NULL },
	{ { .uuid = "" }, NULL },
	{ { .uuid = "\" init=/x", .label = "l" }, "LABEL=l" },
	{ { 0 }, NULL },
	{ { .kind = DEVICE_LV, .vg = "sd-a", .lv = "lv-1", .uuid = "33" },
	  "/dev/mapper/sd--a-lv--1" },
	{ { .kind = DEVICE_LV, .vg = "rhel", .lv = "root" }, "/dev/mapper/rhel-root" },
	{ { .kind = DEVICE_LV, .vg = "rh el", .lv = "root" }, NULL },
};

START_TEST(test_stable_name)
{
	char out[256] = "kept";
	int r = device_stable_name(&names[_i].d, out, sizeof(out));

	ck_assert_int_eq(r, names[_i].want ? 0 : -ENOENT);
	ck_assert_str_eq(out, names[_i].want ? names[_i].want : "kept");
	if (!names[_i].want)
		return;
	ck_assert_int_eq(device_stable_name(&names[_i].d, out, strlen(out)),
			 -ENAMETOOLONG);
	ck_assert_int_eq(device_stable_name(&names[_i].d, out, strlen(out) + 1), 0);
}
END_TEST

START_TEST(test_endless_names)
{
	CLEANUP_FREE char *long_name = malloc(100001);
	struct device d = { .kind = DEVICE_LV, .vg = long_name, .lv = "x" };
	char out[256];

	ck_assert_ptr_nonnull(long_name);
	memset(long_name, '-', 100000);
	long_name[100000] = '\0';
	ck_assert_int_eq(device_stable_name(&d, out, sizeof(out)), -ENAMETOOLONG);
	d.vg = "x";
	d.lv = long_name;
	ck_assert_int_eq(device_stable_name(&d, out, sizeof(out)), -ENAMETOOLONG);
	memcpy(long_name, "LABEL=", 6);
	ck_assert_str_eq(resolve(&two, long_name), ABSENT);
	memcpy(long_name, "/dev/mapper/mpatha", 18);
	ck_assert_str_eq(resolve(&two, long_name), ABSENT);
}
END_TEST

START_TEST(test_guess)
{
	ck_assert(!guest_spec_is_guess(&exchanged, "/dev/sda"));
	ck_assert(guest_spec_is_guess(&exchanged, "/dev/sdb2"));
	ck_assert(!guest_spec_is_guess(&exchanged, "/dev/sdd"));
	ck_assert(!guest_spec_is_guess(&exchanged, "UUID=11-aa"));
	ck_assert(!guest_spec_is_guess(&two, "/dev/sdb2"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("resolve");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, test_guess);
	tcase_add_loop_test(tc, test_resolve, 0, (int)ARRAY_SIZE(specs));
	tcase_add_test(tc, test_the_27th_disk);
	tcase_add_test(tc, test_unknown_is_not_absent);
	tcase_add_test(tc, test_shut);
	tcase_add_test(tc, test_is_stable);
	tcase_add_loop_test(tc, test_stable_name, 0, (int)ARRAY_SIZE(names));
	tcase_add_test(tc, test_endless_names);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
