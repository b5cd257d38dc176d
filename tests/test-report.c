/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports of literal guests.  With a number as argument it prints the JSON of that case,
 * for tests/test-schema.py.
 */
#include <config.h>

#include <jansson.h>
#include <stdint.h>

#include "report/report.h"
#include "suite.h"

#define HOSTILE "\x1b[31m\xff\xc3\xa9\xc2\x9b\xed\xa0\x80\xe2\x80\xae"

/* clang-format off */
static char *links[] = { "mapper/vg-data" HOSTILE };
static size_t below[] = { 0, 1 };
static struct device devices[] = {
	{ .name = "disk1", .size = 1 << 30, .type = NULL },
	{ .name = "disk1p1", .part = 1, .offset = 1 << 20, .size = 1 << 29, .type = "ext4",
	  .uuid = "6b1f", .partuuid = "0a-01", .parttype = "0x83", .label = HOSTILE },
	{ .name = "vg/data", .kind = DEVICE_LV, .vg = "vg", .lv = "data", .size = UINT64_MAX,
	  .type = "xfs", .links = { links, 1 }, .below = below, .n_below = 2 },
	{ .name = "disk1p2", .part = 2, .shut = ERR_ENGINE_LACKS, .shut_why = "odd " HOSTILE },
};
static struct mount mounts[] = { { 1, "/" } };
static uint64_t space[] = { 3 << 20 };
static struct check checks[] = {
	{ .device = 1, .found = { .state = SUPERBLOCK_DIRTY, .has_errors = true },
	  .result = CHECK_REPAIRED, .words = "Inode 12, i_blocks is 2, should be 0." },
	{ .device = 2 },
};
static struct boot_entry entries[] = {
	{ "Debian " HOSTILE, "/boot/grub/grub.cfg", "/boot/vmlinuz-6.1", "/boot/initrd.img-6.1",
	  "root=/dev/sda1 ro", true },
	{ .title = "rescue" },
};
static struct module modules[] = { { .name = "nvme", .file = "kernel/nvme.ko" } };
static char *builtin[] = { "virtio_pci" };
static struct kernel kernels[] = {
	{ .version = "6.1", .arch = "x86_64", .image = "/boot/vmlinuz-6.1",
	  .initrd = "/boot/initrd.img-6.1", .initrd_size = 1001, .modules = modules,
	  .n_modules = 1, .builtin = { builtin, 1 }, .generator = "initramfs-tools",
	  .initrd_listed = true, .is_default = true },
	{ .version = "5.10", .initrd = "/boot/i", .initrd_why = "truncated" },
};
static struct guest_file files[] = {
	{ "/etc/fstab", { "/dev/sda1 / ext4\n", 17 }, NULL, 0644 },
	{ "/etc/link", { "", 0 }, "there", 0777 },
	{ "/etc/net", { "gone\n", 5 }, NULL, 0600 },
};
static char *notes[] = { "efi-unread\t/boot/efi\tno file system that is known: " HOSTILE,
			 "no-path\t\ttext\twith a tab" };
static struct guest guest = {
	.os_id = "debian", .os_version = "12", .os_name = "Debian GNU/Linux 12 (bookworm)",
	.hostname = "web" HOSTILE, .init = "systemd", .firmware = FIRMWARE_BIOS, .loader = "grub2",
	.n_disks = 1, .devices = devices, .n_devices = ARRAY_SIZE(devices), .mounts = mounts,
	.n_mounts = 1, .checks = checks, .n_checks = ARRAY_SIZE(checks), .space = space, .entries = entries, .n_entries = ARRAY_SIZE(entries),
	.kernels = kernels, .n_kernels = ARRAY_SIZE(kernels), .files = files,
	.n_files = ARRAY_SIZE(files), .notes = { notes, ARRAY_SIZE(notes) },
};

static struct vm_disk vm_disks[] = {
	{ .file = "a.vmdk", .format = "vmdk", .bus = VM_BUS_SCSI, .unit = 1 }, { 0 } };
static struct vm_nic vm_nics[] = { { "00:50:56:00:00:01", "vmxnet3" HOSTILE }, { "", NULL } };
static struct vm vm = { .format = VM_VMX, .name = "web" HOSTILE, .firmware = "bios",
	.memory_mib = 512, .cpus = 1, .disks = vm_disks, .n_disks = 2, .nics = vm_nics, .n_nics = 2 };

/* clang-format on */
static void fill_plan(struct plan *p)
{
	struct bytes tail = { 0 }, binary = { 0 };

	ck_assert_int_eq(bytes_set(&tail, "0707\0", 5), 0);
	ck_assert_int_eq(bytes_set(&binary, "MZ\0", 3), 0);
	ck_assert_int_eq(
		plan_write_text(p, &guest, "/etc/fstab", strdup("UUID=6b1f / ext4\n"),
				WHY("fstab-stable-name", "sda1 is another disk there"),
				NULL),
		0);
	ck_assert_int_eq(plan_append(p, "/boot/initrd.img-6.1", 1001, &tail,
				     WHY("initramfs-drivers", "nvme"), NULL),
			 0);
	ck_assert_int_eq(plan_write(p, &guest, "/boot/efi/EFI/BOOT/BOOTX64.EFI", &binary,
				    WHY("uefi-fallback", "no boot entry there"), NULL),
			 0);
	ck_assert_int_eq(plan_remove(p, &guest, "/etc/net", WHY("net-pin", "MAC changes"),
				     NULL),
			 0);
	ck_assert_int_eq(plan_symlink(p, &guest, "/etc/mask" HOSTILE, "/dev/null",
				      WHY("net-name", HOSTILE), NULL),
			 0);
	ck_assert_int_eq(plan_warn(p, "fstab-absent-device", "/etc/fstab", "replicate it",
				   "line 2: /dev/sdb1 is not there"),
			 0);
	ck_assert_int_eq(plan_warn(p, "general", NULL, NULL, "a \x1b[2J text"), 0);
}

/* What convert.c does, and each thing left out once. */
enum part {
	EMPTY_GUEST = 1,
	NO_PLAN = 2,
	FAILS = 4,
	DHCP = 8,
	NO_TARGET = 16
};
static const struct {
	const char *status;
	unsigned parts;
} cases[] = {
	/* clang-format off */
	{ "inspected", NO_PLAN | NO_TARGET },
	{ "planned", 0 },
	{ "converted", DHCP },
	{ "unchanged", NO_PLAN },
	{ "failed", FAILS },
	{ "failed", FAILS | NO_PLAN | NO_TARGET },
	{ "inspected", EMPTY_GUEST | NO_PLAN | NO_TARGET },
	/* clang-format on */
};

static struct cvt_report *make(int i)
{
	static char *outputs[] = { "/out/a.raw" };
	static const struct request_nic nics[] = { { "52:54:00:12:34:56", "ens192" },
						   { "52:54:00:12:34:57", "" } };
	unsigned parts = cases[i].parts;
	struct request q = { .target = parts & NO_TARGET ? NULL : target_find("aws"),
			     .portable = true,
			     .nics = nics,
			     .n_nics = ARRAY_SIZE(nics),
			     .network = parts & DHCP ? NETWORK_DHCP : NETWORK_KEEP };
	CLEANUP_PLAN struct plan p = { 0 };
	struct guest empty = { 0 };
	struct cvt_report *r = NULL;
	struct cvt_error err;

	fill_plan(&p);
	ck_assert_int_eq(report_new(&r), 0);
	ck_assert_int_eq(report_disk(r, "/d/a.vmdk", "vmdk", 1 << 30), 0);
	ck_assert_int_eq(report_disk(r, "/d/b" HOSTILE, NULL, 0), 0);
	ck_assert_int_eq(report_request(r, &q, "dir"), 0);
	ck_assert_int_eq(report_guest(r, parts & EMPTY_GUEST ? &empty : &guest), 0);
	if (!(parts & NO_PLAN))
		ck_assert_int_eq(report_plan(r, &guest, &p), 0);
	ck_assert_int_eq(report_timing(r, "open", 3), 0);
	ck_assert_int_eq(report_timing(r, "open", 4), 0);
	ck_assert_int_eq(report_outputs(r, &(struct names){ outputs, 1 }), 0);
	if (!(parts & NO_PLAN))
		ck_assert_int_eq(report_machine(r, &vm, "/d/a.vmx"), 0);
	report_launch(r, parts & DHCP ? 2048 : 0, parts & DHCP ? 2 : 0);
	ck_assert_int_eq(report_status(r, cases[i].status), 0);
	error_raise(&err, ERR_NO_SPACE, "/boot", "has 1 MiB \x1b left");
	if (parts & FAILS)
		ck_assert_int_eq(report_error(r, &err), 0);
	ck_assert_int_eq(report_finish(r), 0);
	return r;
}

/* Neither controls nor invalid UTF-8 reach a terminal, nor any parser. */
START_TEST(test_text_is_safe)
{
	CLEANUP_REPORT struct cvt_report *r = make(_i);
	json_error_t err;
	json_t *json = json_loads(cvt_report_json(r), 0, &err);
	size_t lines = 0;

	ck_assert_msg(json != NULL, "%s", err.text);
	json_decref(json);
	ck_assert_str_eq(cvt_report_status(r), cases[_i].status);
	for (const char *p = cvt_report_text(r); *p; p++) {
		ck_assert((unsigned char)*p >= 0x20 || *p == '\n');
		lines += *p == '\n';
	}
	ck_assert_uint_gt(lines, 0);
	ck_assert_ptr_null(strstr(cvt_report_text(r), "\xc2\x9b"));
	ck_assert_ptr_null(strstr(cvt_report_text(r), "\xe2\x80\xae"));
	ck_assert_ptr_null(strchr(cvt_report_text(r), '\xff'));
	ck_assert_ptr_nonnull(strstr(cvt_report_json(r),
				     _i == 6 ? "null" : "\\u001B[31m\\\\xff\xc3\xa9"));
}
END_TEST

START_TEST(test_same_every_time)
{
	CLEANUP_REPORT struct cvt_report *a = make(1);
	CLEANUP_REPORT struct cvt_report *b = make(1);

	ck_assert_str_eq(cvt_report_json(a), cvt_report_json(b));
	ck_assert_str_eq(cvt_report_text(a), cvt_report_text(b));
}
END_TEST

START_TEST(test_accessors)
{
	CLEANUP_REPORT struct cvt_report *r = make(1);
	const char *path, *action, *text;

	ck_assert_uint_eq(cvt_report_n_edits(r), 5);
	ck_assert_int_eq(cvt_report_edit(r, 0, &path, &action, &text), 0);
	ck_assert_str_eq(path, "/etc/fstab");
	ck_assert_str_eq(action, "write");
	ck_assert_str_eq(text, "sda1 is another disk there");
	ck_assert_int_eq(cvt_report_edit(r, 4, NULL, NULL, NULL), 0);
	ck_assert_int_eq(cvt_report_edit(r, 5, &path, &action, &text), -ERANGE);
	ck_assert_int_eq(cvt_report_warning(r, 1, &action, &path, &text), 0);
	ck_assert_str_eq(action, "no-path");
	ck_assert_str_eq(path, "");
	ck_assert_str_eq(text, "text\twith a tab");
	ck_assert_int_eq(cvt_report_warning(r, 2, &action, &path, NULL), 0);
	ck_assert_str_eq(action, "fstab-absent-device");
	ck_assert_int_eq(cvt_report_warning(r, 4, NULL, NULL, NULL), -ERANGE);
}
END_TEST

START_TEST(test_text)
{
	CLEANUP_REPORT struct cvt_report *r = make(1);
	const char *text = cvt_report_text(r);

	ck_assert_ptr_nonnull(
		strstr(text, "planned for aws, engine dir: 5 files to change\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "  write   /etc/fstab: sda1 is another disk there\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "  append  /boot/initrd.img-6.1 +5 bytes: nvme\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "\nwarning: /etc/fstab: line 2: /dev/sdb1 is not there; "
			     "replicate it [fstab-absent-device]\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "\nlaunch on aws: firmware bios, disk nvme, network ena, "
			     "console ttyS0,115200n8, machine nitro\n"));
}
END_TEST

START_TEST(test_diff)
{
	CLEANUP_REPORT struct cvt_report *r = make(1);
	CLEANUP_REPORT struct cvt_report *none = make(0);
	const char *diff = cvt_report_diff(r);

	ck_assert_str_eq(cvt_report_diff(none), "");
	ck_assert_ptr_nonnull(strstr(
		diff, "--- a/etc/fstab\n+++ b/etc/fstab\n@@ -1 +1 @@\n"
		      "-/dev/sda1 / ext4\n+UUID=6b1f / ext4\n"
		      "Binary file /boot/initrd.img-6.1: append 5 bytes (sha256 "));
	ck_assert_ptr_nonnull(strstr(
		diff, "Binary file /boot/efi/EFI/BOOT/BOOTX64.EFI: write 3 bytes"));
	ck_assert_ptr_nonnull(
		strstr(diff, "--- a/etc/net\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"));
	ck_assert_ptr_nonnull(strstr(
		diff, "new file mode 120000\n--- /dev/null\n+++ \"b/etc/mask\\033"));
}
END_TEST

START_TEST(test_launch)
{
	CLEANUP_REPORT struct cvt_report *sized = make(2), *described = make(1);
	CLEANUP_REPORT struct cvt_report *unsized = make(3);
	json_t *a = json_loads(cvt_report_json(sized), 0, NULL);
	json_t *b = json_loads(cvt_report_json(described), 0, NULL);
	json_t *c = json_loads(cvt_report_json(unsized), 0, NULL);
	json_t *launch = json_object_get(a, "launch");
	json_t *nic = json_array_get(json_object_get(launch, "nics"), 1);

	ck_assert_int_eq(json_integer_value(json_object_get(launch, "memory_mib")), 2048);
	ck_assert_int_eq(json_integer_value(json_object_get(launch, "cpus")), 2);
	ck_assert_str_eq(json_string_value(json_object_get(nic, "mac")), "52:54:00:12:34:57");
	ck_assert_str_eq(json_string_value(json_object_get(nic, "model")), "ena");
	launch = json_object_get(b, "launch");
	ck_assert_int_eq(json_integer_value(json_object_get(launch, "memory_mib")), 512);
	launch = json_object_get(c, "launch");
	ck_assert(json_is_null(json_object_get(launch, "cpus")));
	json_decref(a);
	json_decref(b);
	json_decref(c);
}
END_TEST

START_TEST(test_error)
{
	CLEANUP_REPORT struct cvt_report *r = make(4);

	ck_assert_ptr_nonnull(strstr(cvt_report_json(r), "\"exit\": 5"));
	ck_assert_ptr_nonnull(strstr(cvt_report_json(r), "\"launch\": null"));
	ck_assert_ptr_nonnull(
		strstr(cvt_report_text(r), ": /boot: has 1 MiB ? left; free space"));
}
END_TEST

START_TEST(print_case)
{
	CLEANUP_REPORT struct cvt_report *r = make(_i);

	fputs(cvt_report_json(r), stdout);
}
END_TEST

/* In this process and silent, so that standard output is the JSON. */
static int print(int i)
{
	Suite *s = suite_create("print");
	TCase *tc = tcase_create("all");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, print_case, i, i + 1);
	suite_add_tcase(s, tc);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	Suite *s;
	TCase *tc;

	if (argc > 1)
		return atoi(argv[1]) < (int)ARRAY_SIZE(cases) ? print(atoi(argv[1]))
							      : EXIT_FAILURE;
	s = suite_create("report");
	tc = tcase_create("all");
	tcase_add_loop_test(tc, test_text_is_safe, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_same_every_time);
	tcase_add_test(tc, test_accessors);
	tcase_add_test(tc, test_text);
	tcase_add_test(tc, test_diff);
	tcase_add_test(tc, test_launch);
	tcase_add_test(tc, test_error);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
