/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cvt_add_machine(): which disks a job has then, and what it refuses. */
#include <config.h>

#include "job.h"
#include "suite.h"
#include "tree.h"

#define VMX                                                                    \
	"displayName = \"web\"\nmemsize = \"512\"\nscsi0.present = \"true\"\n" \
	"scsi0:0.present = \"true\"\nscsi0:0.fileName = \"root.vmdk\"\n"

static struct cvt *c;
static struct cvt_error err;
static char file[64];

static void setup(void)
{
	tree_setup();
	ck_assert_int_eq(cvt_new(&c, &err), 0);
	snprintf(file, sizeof(file), "%s/vm/it", tree);
}

static void teardown(void)
{
	cvt_free(c);
	tree_teardown();
}

static void put(const char *text)
{
	tree_put("/vm/it", text);
}

START_TEST(test_disks)
{
	char want[64];

	put(VMX "ide0:0.present = \"true\"\nide0:0.fileName = \"sub/boot.vmdk\"\n");
	ck_assert_int_eq(cvt_add_machine(c, file, &err), 0);
	ck_assert_uint_eq(c->n_disks, 2);
	snprintf(want, sizeof(want), "%s/vm/sub/boot.vmdk", tree);
	ck_assert_str_eq(c->disks[0].path, want);
	ck_assert_str_eq(c->disks[0].format, "vmdk");
	ck_assert_str_eq(c->vm->name, "web");
	ck_assert_int_eq(cvt_add_machine(c, file, &err), -EINVAL);
	ck_assert_uint_eq(c->n_disks, 2);
}
END_TEST

/* They may lie where the description does not lead. */
START_TEST(test_disks_given)
{
	put(VMX "scsi0:1.present = \"true\"\nscsi0:1.fileName = \"/vmfs/b.vmdk\"\n");
	ck_assert_int_eq(cvt_add_disk(c, "/dev/a", "raw", &err), 0);
	ck_assert_int_eq(cvt_add_machine(c, file, &err), 0);
	ck_assert_uint_eq(c->n_disks, 1);
	ck_assert_uint_eq(c->vm->memory_mib, 512);
}
END_TEST

START_TEST(test_empty_disk)
{
	put("<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/1'>"
	    "<References><File id='f' href='a.vmdk'/></References>"
	    "<DiskSection><Disk diskId='e'/><Disk diskId='d' fileRef='f'/></DiskSection>"
	    "<VirtualSystem><VirtualHardwareSection>"
	    "<Item><HostResource>/disk/e</HostResource><ResourceType>17</ResourceType></"
	    "Item>"
	    "<Item><HostResource>/disk/d</HostResource><ResourceType>17</ResourceType></"
	    "Item>"
	    "</VirtualHardwareSection></VirtualSystem></Envelope>");
	ck_assert_int_eq(cvt_add_machine(c, file, &err), 0);
	ck_assert_uint_eq(c->vm->n_disks, 2);
	ck_assert_uint_eq(c->n_disks, 1);
}
END_TEST

static const struct {
	const char *text, *why, *remedy;
} refused[] = {
	{ VMX "scsi0:1.present = \"true\"\nscsi0:1.fileName = \"../b.vmdk\"\n",
	  "disk 2 of the machine, '../b.vmdk', does not lie beside",
	  "name the disks themselves" },
	{ "displayName = \"no disk\"\n", "describes no disk", "name the disks" },
	{ "{\"schema\": \"libconvert/machine-1\", \"disks\": [{\"path\": \"a\", "
	  "\"format\": \"iso\"}]}",
	  "unknown disk format 'iso'", "" },
	{ "<domain", "it: line 1: ", "complete description" },
	{ NULL, "No such file", "complete description" },
};

START_TEST(test_refused)
{
	if (refused[_i].text)
		put(refused[_i].text);
	ck_assert_int_lt(cvt_add_machine(c, file, &err), 0);
	ck_assert_msg(strstr(err.msg, refused[_i].why), "%s", err.msg);
	ck_assert_msg(strstr(err.remedy, refused[_i].remedy), "%s", err.remedy);
	ck_assert_uint_eq(c->n_disks, 0);
	ck_assert_ptr_null(c->vm);
}
END_TEST

/* What its content says is what the OVF is: here a VMX, which is shorter. */
START_TEST(test_archive)
{
	CLEANUP_BYTES struct bytes disk = { 0 };
	char command[256];

	tree_put("/vm/web.ovf", VMX);
	tree_put("/vm/root.vmdk", "the disk");
	snprintf(command, sizeof(command), "cd %s/vm && tar -cf it web.ovf root.vmdk",
		 tree);
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof(command), "rm %s/vm/root.vmdk", tree);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(cvt_set_work_dir(c, tree, &err), 0);
	ck_assert_msg(cvt_add_machine(c, file, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(c->n_disks, 1);
	disk = slurp(c->disks[0].path);
	ck_assert_str_eq(disk.data, "the disk");
	/* Its disks are gone with the job: nothing may lie on them. */
	cvt_set_in_place(c);
	ck_assert_int_eq(cvt_set_target(c, "kvm", &err), 0);
	struct cvt_report *r = NULL;

	ck_assert_int_eq(cvt_convert(c, &r, &err), -EINVAL);
	cvt_report_free(r);
}
END_TEST

static const struct {
	const char *command, *why;
} archives[] = {
	{ "tar -cf it root.vmdk", "without an OVF" },
	{ "tar -cPf it web.ovf ../vm/root.vmdk", "not in its directory" },
	{ "tar -cf it web.ovf root.vmdk && truncate -s 1550 it", "damaged" },
	{ "tar -cf it web.ovf && printf 9 | dd of=it bs=1 seek=124 conv=notrunc "
	  "status=none",
	  "damaged" },
};

START_TEST(test_bad_archive)
{
	char command[256];

	tree_put("/vm/web.ovf", VMX);
	tree_put("/vm/root.vmdk", "the disk, which is longer than what is left of it");
	snprintf(command, sizeof(command), "cd %s/vm && %s", tree, archives[_i].command);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(cvt_set_work_dir(c, tree, &err), 0);
	ck_assert_int_lt(cvt_add_machine(c, file, &err), 0);
	ck_assert_msg(strstr(err.msg, archives[_i].why), "%s", err.msg);
	ck_assert_ptr_null(c->unpacked);
	snprintf(command, sizeof(command), "! ls -d %s/libconvert-ova.* 2> /dev/null",
		 tree);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("add-machine");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_disks);
	tcase_add_test(tc, test_disks_given);
	tcase_add_test(tc, test_empty_disk);
	tcase_add_loop_test(tc, test_refused, 0, (int)ARRAY_SIZE(refused));
	tcase_add_test(tc, test_archive);
	tcase_add_loop_test(tc, test_bad_archive, 0, ARRAY_SIZE(archives));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
