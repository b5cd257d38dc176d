/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptions of the new machine: reports and what is made of them, what is refused, and
 * that our own readers understand our XML.
 */
#include <config.h>

#include "suite.h"
#include "vm/vm.h"

static const char *const formats[] = { "libvirt", "qemu",	"kubevirt", "openstack",
				       "ec2",	  "ec2-import", "gce",	    "ovf" };

static glob_t corpus;

/* The file beside the report, if there is one; its absence means: refused. */
static bool expected(const char *report, const char *format, struct bytes *ret)
{
	CLEANUP_FREE char *path = NULL;

	ck_assert(asprintf(&path, "%.*s%s", (int)(strlen(report) - strlen("in")), report,
			   format) > 0);
	if (access(path, F_OK) != 0)
		return false;
	*ret = slurp(path);
	return true;
}

START_TEST(test_corpus)
{
	const char *path = corpus.gl_pathv[_i];
	CLEANUP_BYTES struct bytes report = slurp(path);
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		CLEANUP_BYTES struct bytes want = { 0 };
		CLEANUP_FREE char *text = NULL;
		struct cvt_error err = { 0 };
		int r = cvt_describe(report.data, formats[i], &text, &err);

		if (!expected(path, formats[i], &want)) {
			ck_assert_msg(r == -EINVAL &&
					      strstr(err.msg, "does not describe"),
				      "%s as %s: %s", path, formats[i], err.msg);
			ck_assert_ptr_null(text);
			continue;
		}
		n++;
		ck_assert_msg(r == 0, "%s as %s: %s", path, formats[i], err.msg);
		ck_assert_msg(strcmp(text, want.data) == 0, "%s as %s:\n%s", path,
			      formats[i], text);
	}
	ck_assert_uint_gt(n, 0);
}
END_TEST

static void describe_file(const char *name, const char *format, char **ret)
{
	CLEANUP_BYTES struct bytes report = { 0 };
	glob_t found;

	ck_assert_int_eq(corpus_open(name, &found), 0);
	report = slurp(found.gl_pathv[0]);
	globfree(&found);
	ck_assert_int_eq(cvt_describe(report.data, format, ret, NULL), 0);
}

START_TEST(test_read_libvirt)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_VM struct vm vm = { 0 };
	struct cvt_error err = { 0 };

	describe_file("describe/three.in", "libvirt", &text);
	ck_assert_msg(vm_parse(text, strlen(text), &vm, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(vm.name, "three-disks");
	ck_assert_str_eq(vm.firmware, "bios");
	ck_assert_uint_eq(vm.memory_mib, 6144);
	ck_assert_uint_eq(vm.cpus, 3);
	ck_assert_uint_eq(vm.n_disks, 3);
	ck_assert_str_eq(vm.disks[1].file, "/dev/vg/two");
	ck_assert_uint_eq(vm.n_nics, 2);
	ck_assert_str_eq(vm.nics[0].mac, "52:54:00:aa:bb:01");
}
END_TEST

START_TEST(test_read_hostile)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_VM struct vm vm = { 0 };

	describe_file("describe/hostile.in", "libvirt", &text);
	ck_assert_int_eq(vm_parse(text, strlen(text), &vm, NULL), 0);
	ck_assert_str_eq(vm.disks[0].file, "/srv/a,b 'c' \"d\" $(id) <&>%.qcow2");
}
END_TEST

START_TEST(test_read_ovf)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_VM struct vm vm = { 0 };
	struct cvt_error err = { 0 };

	describe_file("describe/vmware.in", "ovf", &text);
	ck_assert_msg(vm_parse(text, strlen(text), &vm, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(vm.name, "web-db-1");
	ck_assert_str_eq(vm.firmware, "uefi");
	ck_assert_uint_eq(vm.n_disks, 17);
	ck_assert_str_eq(vm.disks[0].file, "web db.vmdk");
	for (unsigned i = 0; i < 17; i++) {
		ck_assert_int_eq(vm.disks[i].bus, VM_BUS_SCSI);
		ck_assert_uint_eq(vm.disks[i].controller, i / 15);
		ck_assert_uint_eq(vm.disks[i].unit, i % 15 < 7 ? i % 15 : i % 15 + 1);
	}
	ck_assert_str_eq(vm.nics[0].mac, "00:50:56:00:00:01");
	ck_assert_str_eq(vm.nics[0].model, "vmxnet3");
}
END_TEST

#define REPORT(target, rest) \
	"{\"schema\":\"libconvert/report-1\",\"target\":\"" target "\"," rest "}"
#define LAUNCH "\"launch\":{\"firmware\":[\"bios\"],\"nics\":[]}"
#define DISK(format, size) \
	"\"disks\":[{\"path\":\"/a\",\"format\":" format ",\"size\":" size "}]"

static const struct {
	const char *report, *format, *why;
	int code;
} refused[] = {
	{ REPORT("kvm", LAUNCH), "vbox",
	  "unknown description 'vbox', not one of libvirt,", -EINVAL },
	{ "", "libvirt", "line 1: ", -EBADMSG },
	{ "[]", "libvirt", "is no report of libconvert", -EBADMSG },
	{ "{\"schema\":\"libconvert/job-1\"}", "libvirt", "is no report", -EBADMSG },
	{ REPORT("kvm", "\"status\":\"failed\",\"launch\":null"), "libvirt",
	  "its status is failed", -EBADMSG },
	{ REPORT("kvm", LAUNCH), "libvirt", "0 disks", -EBADMSG },
	{ REPORT("kvm", LAUNCH "," DISK("null", "1")), "libvirt",
	  "does not say what disk 1 is", -EBADMSG },
	{ REPORT("kvm", LAUNCH "," DISK("\"raw,x=\"", "1")), "libvirt",
	  "does not say what disk 1 is", -EBADMSG },
	{ REPORT("kvm", LAUNCH "," DISK("\"raw\"", "1") ",\"outputs\":[\"b\",\"c\"]"),
	  "libvirt", "1 disks and 2 results", -EBADMSG },
	{ REPORT("kvm", LAUNCH ",\"disks\":[{\"path\":\"/a\\n\",\"format\":\"raw\"}]"),
	  "libvirt", "a character that XML has not", -EBADMSG },
	{ REPORT("aws", LAUNCH "," DISK("\"raw\"", "null")), "ec2",
	  "does not say how large disk 1 is", -EBADMSG },
	{ REPORT("aws", LAUNCH "," DISK("\"raw\"", "17592186044417")), "ec2",
	  "larger than the 16 TiB", -EINVAL },
	{ REPORT("aws", LAUNCH "," DISK("\"qcow2\"", "1")), "ec2-import",
	  "does not import qcow2", -EINVAL },
	{ REPORT("vmware", LAUNCH "," DISK("\"raw\"", "null")), "ovf",
	  "does not say how large disk 1 is", -EBADMSG },
	{ REPORT("vmware", LAUNCH), "libvirt", "0 disks", -EBADMSG },
};

START_TEST(test_refused)
{
	struct cvt_error err = { 0 };
	char *text = NULL;

	ck_assert_int_eq(cvt_describe(refused[_i].report, refused[_i].format, &text,
				      &err),
			 refused[_i].code);
	ck_assert_msg(strstr(err.msg, refused[_i].why), "%s", err.msg);
	ck_assert(err.remedy[0]);
	ck_assert_ptr_null(text);
}
END_TEST

static const struct {
	const char *hostname, *name;
} names[] = {
	{ "\"Web_01.example.com\"", "web-01-example-com" },
	{ "\"---\"", "converted" },
	{ "null", "converted" },
	{ "\"-a--b-\"", "a-b" },
	{ "\"0123456789012345678901234567890123456789012345678901234567890123456789\"",
	  "012345678901234567890123456789012345678901234567890123456789012" },
};

START_TEST(test_name)
{
	CLEANUP_FREE char *report = NULL, *text = NULL, *want = NULL;

	ck_assert(
		asprintf(&report,
			 REPORT("kvm", LAUNCH
				"," DISK("\"raw\"", "1") ",\"guest\":{\"hostname\":%s}"),
			 names[_i].hostname) > 0);
	ck_assert(asprintf(&want, "<name>%s</name>", names[_i].name) > 0);
	ck_assert_int_eq(cvt_describe(report, "libvirt", &text, NULL), 0);
	ck_assert_msg(strstr(text, want), "%s", text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("describe");
	TCase *tc = tcase_create("all");

	if (corpus_open("describe/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(tc, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_test(tc, test_read_libvirt);
	tcase_add_test(tc, test_read_hostile);
	tcase_add_test(tc, test_read_ovf);
	tcase_add_loop_test(tc, test_refused, 0, (int)ARRAY_SIZE(refused));
	tcase_add_loop_test(tc, test_name, 0, (int)ARRAY_SIZE(names));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
