/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/initrd_script.h"
#include "suite.h"

#define A "/lib/modules/6/a.ko"
#define B "/lib/modules/6/virtio-blk.ko.xz"

static const struct {
	const char *generator, *in, *out; /* NULL: there is no place */
} cases[] = {
	{ "nash",
	  "#!/bin/nash\necho x\ninsmod /lib/scsi_mod.ko\n insmod /lib/mpt.ko "
	  "\nmkblkdevs\n",
	  "#!/bin/nash\necho x\ninsmod /lib/scsi_mod.ko\n insmod /lib/mpt.ko \ninsmod " A
	  "\ninsmod " B "\nmkblkdevs\n" },
	{ "nash", "insmod x", "insmod x\ninsmod " A "\ninsmod " B "\n" },
	{ "nash", "#!/bin/nash\nmkblkdevs\n", NULL },
	{ "nash", "", NULL },
	{ "tiny-initramfs", "/ext4.ko\n", "/ext4.ko\n" A "\n" B "\n" },
	{ "tiny-initramfs", "/ext4.ko", "/ext4.ko\n" A "\n" B "\n" },
	{ "tiny-initramfs", "", A "\n" B "\n" },
	{ "mkinitcpio", "MODULES=\"ext4 ahci\"\nHOOKS='x'\n",
	  "MODULES=\"ext4 ahci a virtio-blk\"\nHOOKS='x'\n" },
	{ "mkinitcpio", "H=1\nMODULES=''\n", "H=1\nMODULES=' a virtio-blk'\n" },
	{ "mkinitcpio", "MODULES=\n", "MODULES=\" a virtio-blk\"\n" },
	{ "mkinitcpio", "MODULES=ext4", "MODULES=\"ext4 a virtio-blk\"" },
	{ "mkinitcpio", "MODULES=\"\n\"\n", NULL },
	{ "mkinitcpio", "MODULES=\"", NULL },
	{ "mkinitcpio", "HOOKS=\"x\"\n", NULL },
	{ "booster", "x\n", NULL },
	{ NULL, "x\n", NULL },
};

START_TEST(test_add)
{
	CLEANUP_NAMES struct names files = { 0 };
	CLEANUP_BYTES struct bytes out = { 0 };
	int r;

	ck_assert_int_eq(names_add(&files, A), 0);
	ck_assert_int_eq(names_add(&files, B), 0);
	r = initrd_script_add(cases[_i].generator, cases[_i].in, &files, &out);
	ck_assert_int_eq(r, cases[_i].out ? 0 : -ENOENT);
	ck_assert_pstr_eq(out.data, cases[_i].out);
}
END_TEST

START_TEST(test_member)
{
	ck_assert_str_eq(initrd_script_member("nash"), "init");
	ck_assert(initrd_script_is_program("nash"));
	ck_assert(!initrd_script_is_program("mkinitcpio"));
	ck_assert_ptr_null(initrd_script_member("dracut"));
	ck_assert_ptr_null(initrd_script_member(NULL));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("initrd-script");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, test_add, 0, ARRAY_SIZE(cases));
	tcase_add_test(t, test_member);
	suite_add_tcase(s, t);
	return suite_run(s);
}
