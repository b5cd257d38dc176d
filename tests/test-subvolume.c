/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of guest/subvolume.c. */
#include <config.h>

#include "guest/guest.h"
#include "suite.h"

static struct subvolume subvolumes[] = {
	{ 0, 5, (char[]){ "" }, true },
	{ 0, 256, (char[]){ "@rootfs" }, false },
	{ 2, 5, (char[]){ "" }, false },
	{ 2, 256, (char[]){ "@" }, false },
	{ 2, 257, (char[]){ "@/.snapshots/1/snapshot" }, true },
	{ 2, 258, (char[]){ "@home" }, false },
};

static const struct guest guest = { .subvolumes = subvolumes,
				    .n_subvolumes = ARRAY_SIZE(subvolumes) };

static const struct {
	size_t device;
	const char *options;
	int want; /* row of subvolumes; -1: none */
} cases[] = {
	{ 0, "", 0 },
	{ 0, "defaults", 0 },
	{ 0, "subvol=@rootfs", 1 },
	{ 0, "ro,subvol=/@rootfs,noatime", 1 },
	{ 0, "subvol=//@rootfs//", 1 },
	{ 0, "subvol=@rootf", -1 },
	{ 0, "subvol=@rootfs/x", -1 },
	{ 0, "subvol=@home", -1 },
	{ 0, "subvol=", 0 },
	{ 0, "subvol=/", 0 },
	{ 0, "subvolid=0", 0 },
	{ 0, "subvolid=5", 0 },
	{ 0, "subvolid=256", 1 },
	{ 0, "subvolid=0x100", 1 },
	{ 0, "subvolid=256x", -1 },
	{ 0, "subvolid=", -1 },
	{ 0, "subvolid=-256", -1 },
	{ 0, "subvolid=99999999999999999999999", -1 },
	{ 0, "xsubvol=@rootfs", 0 },
	{ 0, "subvol=nowhere,subvol=@rootfs", 1 },
	{ 2, "compress=zstd", 4 },
	{ 2, "subvol=@", 3 },
	{ 2, "subvolid=257,subvol=/@home", 5 },
	{ 2, "subvol=@/.snapshots/1/snapshot", 4 },
	{ 1, "", -1 },
	{ 1, "subvol=@", -1 },
};

START_TEST(test_options)
{
	const struct subvolume *s =
		guest_subvolume_by_options(&guest, cases[_i].device, cases[_i].options);

	ck_assert_msg(s == (cases[_i].want < 0 ? NULL : &subvolumes[cases[_i].want]),
		      "%s: %s", cases[_i].options, s ? s->path : "none");
}
END_TEST

START_TEST(test_id)
{
	ck_assert_ptr_eq(guest_subvolume(&guest, 2, 256), &subvolumes[3]);
	ck_assert_ptr_null(guest_subvolume(&guest, 1, 256));
}
END_TEST

/* The devices of those subvolumes, and what is mounted of them. */
static struct device devices[] = {
	{ .name = (char[]){ "disk1" }, .type = (char[]){ "btrfs" }, .uuid = (char[]){ "a" } },
	{ .name = (char[]){ "disk2" }, .type = (char[]){ "ext4" }, .uuid = (char[]){ "b" } },
	{ .name = (char[]){ "disk3" }, .type = (char[]){ "btrfs" }, .uuid = (char[]){ "b" } },
	{ .name = (char[]){ "disk4" }, .type = (char[]){ "btrfs" }, .uuid = (char[]){ "a" } },
	{ .name = (char[]){ "disk5" }, .type = (char[]){ "btrfs" } },
	{ .name = (char[]){ "disk6" } },
};

static struct mount mounts[] = { { 2, (char[]){ "/" }, 257 },
				 { 2, (char[]){ "/home" }, 258 },
				 { 0, (char[]){ "/boot" }, 256 },
				 { 1, (char[]){ "/usr" }, 0 } };

static const struct guest mounted = { .subvolumes = subvolumes,
				      .n_subvolumes = ARRAY_SIZE(subvolumes),
				      .devices = devices,
				      .n_devices = ARRAY_SIZE(devices),
				      .mounts = mounts,
				      .n_mounts = ARRAY_SIZE(mounts) };

static const struct {
	size_t device;
	const char *path, *want; /* NULL: not mounted */
} paths[] = {
	{ 0, "/@rootfs/vmlinuz", "/boot/vmlinuz" },
	{ 0, "/@rootfs", "/boot" },
	{ 0, "/@rootfs2/vmlinuz", NULL },
	{ 0, "/vmlinuz", NULL },
	{ 1, "/vmlinuz", "/usr/vmlinuz" },
	{ 2, "/@/.snapshots/1/snapshot/boot/vmlinuz", "/boot/vmlinuz" },
	/* counted from the default subvolume */
	{ 2, "/boot/vmlinuz", "/boot/vmlinuz" },
	{ 2, "/@home/x", "/home/x" },
	{ 3, "/@home/x", NULL },
};

START_TEST(test_locate)
{
	CLEANUP_FREE char *path = NULL;
	int r = guest_locate(&mounted, paths[_i].device, paths[_i].path, &path);

	if (!paths[_i].want) {
		ck_assert_int_eq(r, -ENOENT);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(path, paths[_i].want);
}
END_TEST

START_TEST(test_members)
{
	static const size_t first[] = { 0, 1, 2, 0, 4, 5 };

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		ck_assert_uint_eq(guest_first_member(&mounted, i), first[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("subvolume");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_options, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_id);
	tcase_add_loop_test(tc, test_locate, 0, (int)ARRAY_SIZE(paths));
	tcase_add_test(tc, test_members);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
