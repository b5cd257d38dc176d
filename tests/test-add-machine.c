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

START_TEST(test_archive)
{
	char ova[1024], full[128];
	FILE *f;

	memset(ova, 0, sizeof(ova));
	strcpy(ova, "web.ovf");
	memcpy(ova + 257, "ustar", 6);
	put("");
	tree_path(full, sizeof(full), "/vm/it");
	f = fopen(full, "we");
	ck_assert(f && fwrite(ova, sizeof(ova), 1, f) == 1 && fclose(f) == 0);
	ck_assert_int_eq(cvt_add_machine(c, file, &err), -EBADMSG);
	ck_assert_int_eq(err.exit, CVT_EXIT_INPUT);
	ck_assert_msg(strstr(err.remedy,
			     "tar -xf, and give the OVF that was in it, web.ovf"),
		      "%s", err.remedy);
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
	suite_add_tcase(s, tc);
	return suite_run(s);
}
