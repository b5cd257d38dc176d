/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each operation of a conversion is made to fail once: it is an error with id, path and exit
 * code, and the guest is what it was.
 */
#include <config.h>

#include "format/initrd.h"
#include "libconvert.h"
#include "tree.h"

#define POINTS_MAX 1000

static const char grub_cfg[] =
	"set default=\"0\"\n"
	"menuentry 'Linux' --class os {\n"
	"\tlinux /boot/vmlinuz-6.1.0 root=UUID=0a1b ro quiet\n"
	"\tinitrd /boot/initrd.img-6.1.0\n"
	"}\n";
static const char elf_header[] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\1\0\76";

static void put_bytes(const char *path, const void *data, size_t len)
{
	char full[512];

	tree_put(path, "");
	tree_path(full, sizeof(full), path);
	CLEANUP_FCLOSE FILE *f = fopen(full, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
}

static void make_kernel(void)
{
	static const struct bytes none = { "", 0 };
	static const char *const drivers[] = { "virtio_blk", "virtio_scsi", "virtio_pci",
					       "virtio_net", "nvme" };
	CLEANUP_CPIO struct cpio c = { 0 };
	CLEANUP_BYTES struct bytes initrd = { 0 }, dep = { 0 };
	char line[128];

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		snprintf(line, sizeof(line), "/lib/modules/6.1.0/kernel/%s.ko", drivers[i]);
		put_bytes(line, elf_header, sizeof(elf_header));
		snprintf(line, sizeof(line), "kernel/%s.ko:\n", drivers[i]);
		ck_assert_int_eq(bytes_append(&dep, line, strlen(line)), 0);
	}
	tree_put("/lib/modules/6.1.0/modules.dep", dep.data);
	tree_put("/lib/modules/6.1.0/modules.builtin", "kernel/ext4.ko\n");
	tree_put("/boot/vmlinuz-6.1.0", "");
	ck_assert_int_eq(cpio_add(&c, "usr/lib/systemd/systemd-udevd", &none, NULL), 0);
	ck_assert_int_eq(initrd_pack(0, &c, &initrd, NULL), 0);
	put_bytes("/boot/initrd.img-6.1.0", initrd.data, initrd.len);
}

/* All actions have to do: write, write anew, append, remove. */
static void make_guest(void)
{
	tree_put("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
	tree_put("/etc/hostname", "vm1\n");
	tree_put("/etc/fstab", "UUID=0a1b / ext4 defaults 0 1\n");
	tree_put("/sbin/init", "");
	tree_put("/usr/lib/systemd/systemd", "");
	tree_put("/boot/grub/grub.cfg", grub_cfg);
	tree_put("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet\"\n");
	tree_put("/etc/network/interfaces", "auto ens192\niface ens192 inet dhcp\n");
	tree_put("/etc/udev/rules.d/70-persistent-net.rules",
		 "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", "
		 "ATTR{address}==\"00:50:56:12:34:56\", ATTR{dev_id}==\"0x0\", "
		 "ATTR{type}==\"1\", KERNEL==\"eth*\", NAME=\"ens192\"\n");
	make_kernel();
}

/* Everything below the tree as text; directories that the conversion made do not count. */
static struct bytes snapshot;

static int add_file(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	char line[600];

	(void)ftw;
	if (kind == FTW_D || kind == FTW_DP)
		return 0;
	snprintf(line, sizeof(line), "%s %o\n", path, st->st_mode);
	ck_assert_int_eq(bytes_append(&snapshot, line, strlen(line)), 0);
	if (kind == FTW_F) {
		CLEANUP_BYTES struct bytes data = slurp(path);

		ck_assert_int_eq(bytes_append(&snapshot, data.data, data.len), 0);
	}
	return 0;
}

static void take_snapshot(char hex[SHA256_HEX])
{
	bytes_clear(&snapshot);
	ck_assert_int_eq(nftw(tree, add_file, 8, FTW_PHYS), 0);
	bytes_sha256(snapshot.data, snapshot.len, hex);
	bytes_clear(&snapshot);
}

static int convert(const char *rule, struct cvt_report **ret, struct cvt_error *err)
{
	char engine[128];
	struct cvt *c = NULL;
	int r;

	snprintf(engine, sizeof(engine), "trace:dir,%s", rule);
	ck_assert_int_eq(cvt_new(&c, err), 0);
	ck_assert_msg(cvt_set_engine(c, engine, err) == 0, "%s", err->msg);
	ck_assert_int_eq(cvt_add_disk(c, tree, NULL, err), 0);
	ck_assert_int_eq(cvt_set_target(c, "kvm", err), 0);
	cvt_set_in_place(c);
	r = cvt_convert(c, ret, err);
	cvt_free(c);
	return r;
}

static const struct {
	const char *what, *how; /* rule, before and after the number */
	int exit;
	const char *id;
	int at_least; /* points that there are */
} faults[] = {
	{ "fail=any", ":EIO", CVT_EXIT_ENGINE, "engine-failed", 150 },
	{ "cancel=any", "", CVT_EXIT_INTERRUPTED, "interrupted", 150 },
	{ "fail=change", ":EIO", CVT_EXIT_ENGINE, "engine-failed", 5 },
	{ "fail=change", ":ENOSPC", CVT_EXIT_TARGET, "no-space", 5 },
	{ "fail=change", ":EROFS", CVT_EXIT_CONVERSION, "apply-failed", 5 },
	{ "fail=read", ":EIO", CVT_EXIT_ENGINE, "engine-failed", 20 },
};

static void check_failure(const char *rule, int i, const struct cvt_error *err,
			  const struct cvt_report *report)
{
	ck_assert_msg(err->exit == faults[i].exit && strcmp(err->id, faults[i].id) == 0,
		      "%s: exit %d, %s: %s", rule, err->exit, err->id, err->msg);
	ck_assert_msg(err->path[0] && strstr(err->msg, err->path), "%s: no path: %s", rule,
		      err->msg);
	ck_assert_str_eq(cvt_report_status(report), "failed");
}

START_TEST(test_every_operation)
{
	char before[SHA256_HEX], after[SHA256_HEX], rule[64];
	struct cvt_report *report = NULL;
	int n, r;

	make_guest();
	take_snapshot(before);
	for (n = 1; n < POINTS_MAX; n++) {
		struct cvt_error err = { 0 };

		snprintf(rule, sizeof(rule), "%s:%d%s", faults[_i].what, n, faults[_i].how);
		r = convert(rule, &report, &err);
		if (r == 0)
			break;
		check_failure(rule, _i, &err, report);
		cvt_report_free(report);
		take_snapshot(after);
		ck_assert_msg(strcmp(before, after) == 0, "%s: %s, and the guest changed",
			      rule, err.msg);
	}
	ck_assert_int_gt(n, faults[_i].at_least);
	ck_assert_str_eq(cvt_report_status(report), "converted");
	cvt_report_free(report);
	printf("%s: %d points\n", faults[_i].what, n - 1);
}
END_TEST

static const struct {
	const char *name, *says;
} names[] = {
	{ "trace:", "unknown engine" },
	{ "trace:none", "unknown engine" },
	{ "dir,fail=read:1:EIO", "unknown engine" },
	{ "trace:trace:dir", "unknown engine" },
	{ "trace:dir,read:1:EIO", "begins with neither" },
	{ "trace:dir,fail=", "names no operation" },
	{ "trace:dir,fail=run:1:EIO", "names no operation" },
	{ "trace:dir,fail=read", "says neither" },
	{ "trace:dir,fail=read:0:EIO", "says neither" },
	{ "trace:dir,fail=read:-1:EIO", "says neither" },
	{ "trace:dir,fail=read:1x:EIO", "says neither" },
	{ "trace:dir,fail=read:99999999999999999999:EIO", "says neither" },
	{ "trace:dir,fail=read:etc:EIO", "says neither" },
	{ "trace:dir,fail=read:1", "no errno" },
	{ "trace:dir,fail=read:1:EVIL", "no errno" },
	{ "trace:dir,cancel=read:1:EIO", "more than" },
	{ "trace:dir,fail=read:1:EIO,", NULL },
	{ "trace:dir", NULL },
	{ "trace:auto,cancel=any:7,fail=read:/etc/fstab:ENOSPC", NULL },
};

START_TEST(test_names)
{
	struct cvt_error err = { 0 };
	struct cvt *c = NULL;
	int r;

	ck_assert_int_eq(cvt_new(&c, &err), 0);
	r = cvt_set_engine(c, names[_i].name, &err);
	ck_assert_msg((r == 0) == !names[_i].says, "%s: %s", names[_i].name, err.msg);
	if (names[_i].says) {
		ck_assert_int_eq(err.exit, CVT_EXIT_USAGE);
		ck_assert_msg(strstr(err.msg, names[_i].says), "%s", err.msg);
	}
	cvt_free(c);
}
END_TEST

static unsigned n_traced;

static void count_traced(enum cvt_log_level level, const char *line, void *data)
{
	(void)data;
	n_traced += level == CVT_LOG_DEBUG && strncmp(line, "trace: ", 7) == 0;
}

/* A path is hit each time, and what is not asked for is only logged. */
START_TEST(test_path_and_log)
{
	struct cvt_report *report = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c = NULL;

	make_guest();
	ck_assert_int_lt(convert("fail=read:/etc/fstab:EIO", &report, &err), 0);
	ck_assert_str_eq(err.path, "/etc/fstab");
	ck_assert_str_eq(err.msg, "/etc/fstab: cannot read: Input/output error");
	cvt_report_free(report);
	ck_assert_int_eq(cvt_new(&c, &err), 0);
	ck_assert_int_eq(cvt_set_engine(c, "trace:dir", &err), 0);
	ck_assert_int_eq(cvt_add_disk(c, tree, NULL, &err), 0);
	cvt_set_log(c, count_traced, NULL);
	ck_assert_int_eq(cvt_inspect(c, &report, &err), 0);
	ck_assert_uint_gt(n_traced, 20);
	ck_assert_ptr_nonnull(strstr(cvt_report_json(report), "\"engine\": \"dir\""));
	cvt_report_free(report);
	cvt_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("faults");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, tree_setup, tree_teardown);
	tcase_add_loop_test(tc, test_every_operation, 0, (int)ARRAY_SIZE(faults));
	tcase_add_loop_test(tc, test_names, 0, (int)ARRAY_SIZE(names));
	tcase_add_test(tc, test_path_and_log);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
