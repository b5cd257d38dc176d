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

int main(void)
{
	Suite *s = suite_create("subvolume");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_options, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_id);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
