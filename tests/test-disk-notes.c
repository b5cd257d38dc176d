/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of format/disk_notes.c: each note that was read as "SPEC=WHAT". */
#include <config.h>

#include "format/disk_notes.h"
#include "suite.h"

static int append(void *data, const char *spec, const char *what)
{
	struct bytes *out = data;

	ck_assert_int_eq(bytes_append(out, spec, strlen(spec)), 0);
	ck_assert_int_eq(bytes_append(out, "=", 1), 0);
	ck_assert_int_eq(bytes_append(out, what, strlen(what)), 0);
	ck_assert_int_eq(bytes_append(out, ";", 1), 0);
	return strcmp(spec, "/dev/stop") == 0 ? -ENOMEM : 0;
}

#define LONG_50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG_300 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 LONG_50

static const struct {
	int (*read)(const char *text, disk_notes_fn fn, void *data);
	const char *text, *want;
	int code;
} cases[] = {
	{ disk_notes_fstab, "", "", 0 },
	{ disk_notes_fstab,
	  "# / was on /dev/sda1 during installation\n"
	  "UUID=1 / ext4\n"
	  "#\t/home  was on /dev/sdb1\n"
	  "# swap was on /dev/sda5 during installation",
	  "/dev/sda1=/;/dev/sdb1=/home;/dev/sda5=swap;", 0 },
	{ disk_notes_fstab, "# /home was in /dev/sdb1\n# was on /dev/x\n#/a was on /dev/b\n", "", 0 },
	{ disk_notes_fstab, "# /home was on\n", "", 0 },
	{ disk_notes_fstab, "# /" LONG_300 " was on /dev/sda1\n# / was on /" LONG_300 "\n", "", 0 },
	{ disk_notes_fstab, "# / was on /dev/stop\n# / was on /dev/sda\n", "/dev/stop=/;", -ENOMEM },
	{ disk_notes_lvm,
	  "vg {\n\tid = \"VG\"\n\tphysical_volumes {\n\t\tpv0 {\n\t\t\tid = \"A-1\"\n"
	  "\t\t\tdevice = \"/dev/sda2\"\t# Hint only\n\t\t}\n\t\tpv1 {\n\t\t\tid = \"B-2\"\n"
	  "\t\t\tdevice = \"/dev/sdb\"\n",
	  "/dev/sda2=A-1;/dev/sdb=B-2;", 0 },
	{ disk_notes_lvm, "device = \"/dev/sda2\"\nid = \"unterminated\ndevice = \"/dev/x", "", 0 },
	{ disk_notes_blkid,
	  "<device DEVNO=\"0x0801\" TIME=\"1\" UUID=\"a-b\" TYPE=\"ext3\">/dev/sda1</device>\n"
	  "<device PARTUUID=\"x\">/dev/sda2</device>\n"
	  "<device DEVNO=\"0x0802\" UUID=\"c\" TYPE=\"swap\">/dev/sdb</device>\n"
	  "<device DEVNO=\"0x0802\" UUID=\"c\" TYPE=\"swap\">/dev/sdb\n",
	  "/dev/sda1=a-b;/dev/sdb=c;", 0 },
};

START_TEST(test_table)
{
	CLEANUP_BYTES struct bytes out = { 0 };

	ck_assert_int_eq(bytes_set(&out, "", 0), 0);
	ck_assert_int_eq(cases[_i].read(cases[_i].text, append, &out), cases[_i].code);
	ck_assert_str_eq(out.data, cases[_i].want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk-notes");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_table, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
